"""The log: which steps a writer was asked to take, and which it had acknowledged when it died.

It is independent of the records: writers keep it where no crash of theirs can reach it. From it
follows what the records may say. After a crash between two steps that is one thing; inside of a
step it is what was before that step, or after it, and for the journal anything in between.
"""

from __future__ import annotations

import json
import os
from collections.abc import Mapping
from functools import cached_property
from typing import TYPE_CHECKING

from attrs import define, frozen

from launchfsm.records.documents import JOURNAL_FILE, LOCK_FILE, STATE_FILE
from launchfsm.system.folders import TEMPORARY_PREFIX
from tests.crash.script import Document, Script

if TYPE_CHECKING:
    from pathlib import Path

LOCK_FOLDER = LOCK_FILE.partition("/")[0]


def is_stale(path: str) -> bool:
    """Whether something is there only while it is being written, or when its writer died."""
    return any(part.startswith(TEMPORARY_PREFIX) for part in path.split("/"))


@frozen
class Tree:
    """What stands in a team's folder: the bytes of files, and `None` for folders, by path.

    Attributes:
        entries: All of it; `None` when there is no folder at all.
    """

    entries: Mapping[str, bytes | None] | None

    @classmethod
    def read(cls, folder: Path) -> Tree:
        """Take down what is there."""
        if not folder.exists():
            return cls(None)
        return cls(
            {
                str(path.relative_to(folder)): path.read_bytes() if path.is_file() else None
                for path in sorted(folder.rglob("*"))
            }
        )

    def write(self, folder: Path) -> None:
        """Lay it out where nothing is, temporary files as if they were left long ago."""
        if self.entries is None:
            return
        folder.mkdir()
        for path, content in sorted(self.entries.items()):
            if content is None:
                (folder / path).mkdir()
            else:
                (folder / path).write_bytes(content)
                if is_stale(path):
                    os.utime(folder / path, (0, 0))

    @property
    def state(self) -> bytes | None:
        """The bytes of the state."""
        return (self.entries or {}).get(STATE_FILE)

    @property
    def journal(self) -> bytes:
        """The bytes of the journal; none where there is no journal."""
        return (self.entries or {}).get(JOURNAL_FILE) or b""

    @property
    def lock(self) -> Document | None:
        """The lock's metadata; `None` where there is no lock.

        Raises:
            ValueError: There is a lock that does not say whose it is.
        """
        entries = self.entries or {}
        if LOCK_FOLDER not in entries:
            return None
        found = json.loads(entries.get(LOCK_FILE) or b"")
        if not isinstance(found, dict):
            raise TypeError(f"the lock's metadata is {found!r}")
        return found


@define(slots=False)
class Log:
    """How far a writer came.

    Attributes:
        script: What it was to do.
        run_id: Its run.
        pid: Its pid, by which its records are signed.
        before: The folder before it began.
        began: How many steps it was asked for.
        done: How many of these it acknowledged.
        synced: How many steps a power cut cannot undo; `None` when there was no power cut.
        lossy: Whether lines of the journal may be lost, of this run or of one before.
    """

    script: Script
    run_id: str
    pid: int
    before: Tree
    began: int = 0
    done: int = 0
    synced: int | None = None
    lossy: bool = False

    @property
    def ended(self) -> bool:
        """Whether leaving the block was asked for."""
        return self.began == len(self.script.steps)

    def states(self) -> list[Document | None]:
        """The documents that the state may be, of which `None` is that of before."""
        counts = dict.fromkeys((self.done, self.began))
        return [
            self.script.state_after(count, self.run_id, self.pid, self.taken) for count in counts
        ]

    @cached_property
    def begin(self) -> tuple[Document, ...]:
        """The journal's records of beginning."""
        found = self.before.lock
        taken: Document = {"type": "lock", "action": "acquired", "ownerPid": self.pid}
        if found is not None:
            taken["action"] = "stolen"
            taken |= {"previousPid": found["pid"], "previousRunId": found["runId"]}
        earlier = json.loads(self.before.state)["runId"] if self.taken and self.before.state else ""
        resumed: list[Document] = [
            {
                "type": "member",
                "name": name,
                "action": "resumed",
                "detail": f"pid {member['runtimePid']} of the run {earlier}",
            }
            for name, member in self.taken.items()
        ]
        return taken, {"type": "phase", "phase": "validating_spec"}, *resumed

    @cached_property
    def taken(self) -> Mapping[str, Document]:
        """The members that it takes over: those that the state before calls confirmed."""
        if not self.script.resume or self.before.state is None:
            return {}
        return {
            member["name"]: member
            for member in json.loads(self.before.state)["members"]
            if member["status"] == "bootstrap_confirmed" and member["name"] in self.script.members
        }

    def records(self, first: int, count: int) -> list[Document]:
        """The journal's records of the steps from one on, up to so many."""
        return [
            record
            for index in range(first, count)
            for record in self.script.records_of(index, self.run_id, self.begin)
        ]

"""Replay: every instant of a run, and everything that a crash then may leave.

A run is recorded once, call by call. Then its writer dies, and the machine loses its power, before
every call, after every call, and after every byte of every write; `disk` says what may be left.
Each of it is laid out, judged, and taken over by the next run. What is the same for a reader is
looked at once.
"""

from __future__ import annotations

import os
from collections import Counter
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, Final

from attrs import define, evolve, field, frozen

from launchfsm.launcher import Durability
from launchfsm.records.documents import JOURNAL_FILE, LARGEST_FILE
from launchfsm.testing import FakeProcesses, FaultyFileSystem, FileCall
from tests.crash.disk import Disk
from tests.crash.judge import MisclassifiedError, judge, lines, recover
from tests.crash.log import Log, Tree, is_stale
from tests.crash.script import AT, CANCELED, CROWD, RESUMED, SUCCESS, TEAM, TROUBLE, Script

_MOST_BYTES: Final = 10_000  # of one write to look after each; a rotation writes more
DURABILITIES: Final[tuple[Durability, ...]] = ("every_change", "phases")


@frozen
class Recording:
    """A run, call by call.

    Attributes:
        root: Where the teams root was.
        log: Of the whole run.
        durability: What it waited for.
        calls: All calls.
        starts: How many calls were made before each step.
        ends: How many were made after it.
    """

    root: str
    log: Log
    durability: Durability
    calls: tuple[FileCall, ...]
    starts: tuple[int, ...]
    ends: tuple[int, ...]

    def log_at(self, count: int, *, within: bool = False, power_cut: bool = False) -> Log:
        """How far the run was after so many calls, or within the one after these."""
        began = sum(start < count + within for start in self.starts)
        done = sum(end <= count for end in self.ends)
        synced = self._synced(done) if power_cut else None
        lossy = power_cut and self.durability != "every_change"
        return evolve(self.log, began=began, done=done, synced=synced, lossy=lossy)

    def _synced(self, done: int) -> int:
        if self.durability == "every_change":
            return done
        waits = [index for index in range(done) if self.log.script.steps[index].waits]
        return waits[-1] + 1 if waits else 0


def record(
    script: Script,
    before: Tree,
    durability: Durability,
    *,
    run_id: str = "run",
    started_at: int = 2,
) -> Recording:
    """Run a script over what was there before, and write down every call.

    Args:
        script: What to do.
        before: What to do it over.
        durability: What to wait for.
        run_id: What to call the run.
        started_at: When the process that does it began, which is not when this one did: whoever
            comes next finds that another process has its pid by now.

    Raises:
        MisclassifiedError: Something was written by no call that was written down.
    """
    processes = FakeProcesses(alive={os.getpid()}, started_at={os.getpid(): started_at})
    log = Log(script, run_id, os.getpid(), before)
    starts, ends = [], []
    with TemporaryDirectory() as name:
        root = Path(name)
        before.write(root / TEAM)
        filesystem = FaultyFileSystem()
        run = script.run(
            root, run_id, durability=durability, processes=processes, filesystem=filesystem
        )
        for step in script.steps:
            starts.append(len(filesystem.calls))
            step.says(run)
            ends.append(len(filesystem.calls))
        disk = Disk(name, TEAM, before)
        for call in filesystem.calls:
            disk.apply(call)
        if disk.as_seen() != Tree.read(root / TEAM):
            raise MisclassifiedError("not all writes were recorded")
    calls = tuple(filesystem.calls)
    return Recording(name, log, durability, calls, tuple(starts), tuple(ends))


@define
class Walk:
    """A walk through recordings, and what was seen on the way.

    Attributes:
        stride: After how many bytes of a write to look again; 1 is after each.
        real: Of how many next runs one is on a real disk, and not in memory.
        figures: How much was seen of what.
    """

    stride: int = 1
    real: int = 50
    figures: Counter[str] = field(factory=Counter)
    _judged: set[Any] = field(factory=set)
    _recovered: set[Any] = field(factory=set)

    def through(self, recording: Recording) -> None:
        """Crash at every instant of a recording."""
        self._judged.clear()
        disk = Disk(recording.root, TEAM, recording.log.before)
        self._crash(disk, recording, 0)
        for count, call in enumerate(recording.calls):
            if call.method == "write":
                stride = max(self.stride, call.result // _MOST_BYTES)
                for cut in disk.tear(call):
                    if cut % stride and cut not in {1, call.result - 1}:
                        continue
                    self._crash(disk, recording, count, within=True)
            else:
                disk.apply(call)
            self._crash(disk, recording, count + 1)
        self.figures["recorded runs"] += 1
        self.figures["calls"] += len(recording.calls)

    def _crash(self, disk: Disk, recording: Recording, count: int, *, within: bool = False) -> None:
        self.figures["instants"] += 1
        self._look(disk.as_seen(), recording.log_at(count, within=within))
        log = recording.log_at(count, within=within, power_cut=True)
        for tree in disk.survivals():
            self._look(tree, log)

    def _look(self, tree: Tree, log: Log) -> None:
        self.figures["survivals"] += 1
        looks = _looks(tree)
        key = (looks, log.began, log.done, log.synced)
        if key in self._judged:
            return
        self._judged.add(key)
        self.figures["judged"] += 1
        judge(tree, log)
        if looks in self._recovered:
            return
        self._recovered.add(looks)
        self.figures["next runs"] += 1
        recover(tree, lossy=log.lossy)
        if self.figures["next runs"] % self.real == 0:
            self._recover_on_disk(tree, lossy=log.lossy)

    def _recover_on_disk(self, tree: Tree, *, lossy: bool) -> None:
        self.figures["next runs on a real disk"] += 1
        with TemporaryDirectory() as root:
            tree.write(Path(root, TEAM))
            recover(tree, root=Path(root), lossy=lossy)


def _looks(tree: Tree) -> Any:
    """All that anybody reads of it: of stale files that they are there."""
    if tree.entries is None:
        return None
    kept, stale = [], []
    for path, content in tree.entries.items():
        if is_stale(path):
            stale.append((path.count("/"), content is None))
        else:
            kept.append((path, content))
    return tuple(sorted(kept)), tuple(sorted(stale))


# -- What was there before -------------------------------------------------------------------------

NOTHING: Final = Tree(None)
TEAM_ONLY: Final = Tree({})


def wreck(instant: str) -> Tree:
    """What a run left that was killed in the middle.

    Args:
        instant: `journal` is within the line of a member, `state` before the renaming of a state,
            `confirmed` when two members are confirmed, `lock` before the renaming of the lock, and
            `release` within its removal.
    """
    recording = record(SUCCESS, NOTHING, "every_change", run_id="wrecked", started_at=1)
    first, method = {
        "journal": (recording.starts[6], "write"),
        "state": (recording.starts[6], "rename"),
        "confirmed": (recording.starts[11], "write"),
        "lock": (recording.starts[0], "rename"),
        "release": (recording.starts[-1], "unlink"),
    }[instant]
    disk = Disk(recording.root, TEAM, NOTHING)
    for count, call in enumerate(recording.calls):
        if count < first or call.method != method:
            disk.apply(call)
        elif instant == "journal":
            return next(disk.as_seen() for cut in disk.tear(call) if cut == call.result // 2)
        else:
            break
    return disk.as_seen()


def full_journal() -> Tree:
    """A team whose journal takes some lines more, and not all that a run has."""
    room, number, journal = LARGEST_FILE - 700, 0, bytearray()
    while len(journal) < room:
        record = {"ts": AT, "type": "phase", "runId": f"long ago {number}", "phase": "completed"}
        journal += lines([record])
        number += 1
    return Tree({JOURNAL_FILE: bytes(journal)})


def scenarios() -> list[tuple[Script, Tree]]:
    """The runs to record, each with what it finds."""
    return [
        (SUCCESS, NOTHING),
        (TROUBLE, TEAM_ONLY),
        (CANCELED, NOTHING),
        (CROWD, TEAM_ONLY),
        *((CANCELED, wreck(instant)) for instant in ("journal", "state", "lock", "release")),
        (CANCELED, full_journal()),
        (RESUMED, wreck("confirmed")),
    ]

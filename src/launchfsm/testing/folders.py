"""Folders: a team's four files as a test wants them, whole or damaged, and what may stand there.

Here: one team's folder as a value that can be written to a disk or handed over in memory. Not here:
generating such folders (`strategies`), which needs hypothesis, or anything that judges them.
"""

from __future__ import annotations

import os
from pathlib import Path
from typing import Literal, TypeAlias

import attrs

from launchfsm.documents import (
    BOUNDS,
    JOURNAL_FILE,
    LAUNCH_FILE,
    LOCK_FILE,
    STATE_FILE,
    TeamFiles,
)
from launchfsm.files import ReadProblem, team_folder

StandIn: TypeAlias = Literal["symlink", "folder", "fifo", "oversized"]
"""What can stand where a file should be; `oversized` is a file of one byte over its bound."""

_LINK_TARGET = b'{"version": 1, "phase": "completed"}'


@attrs.frozen(kw_only=True)
class TeamFolder:
    """One team's folder: its name, and for each file bytes, a stand-in, or nothing.

    Attributes:
        team: The folder's name.
        state: `bootstrap-state.json`.
        journal: `bootstrap-journal.jsonl`.
        lock: `.bootstrap.lock/metadata.json`.
        launch: `launch-state.json`.
    """

    team: str = "demo"
    state: bytes | StandIn | None = None
    journal: bytes | StandIn | None = None
    lock: bytes | StandIn | None = None
    launch: bytes | StandIn | None = None

    def write(self, root: str | os.PathLike[str]) -> Path:
        """Lay the folder into a teams root, which is created when it is missing.

        Args:
            root: The teams root; it must not have this team yet.

        Returns:
            The team's folder.

        Raises:
            TeamNameError: The team's name is not one plain path component.
            OSError: It could not be written.
        """
        folder = Path(team_folder(os.fspath(root), self.team))
        folder.mkdir(parents=True)
        for name, content in self._contents().items():
            if content is not None:
                path = folder / name
                path.parent.mkdir(exist_ok=True)
                _put(path, content, BOUNDS[name])
        return folder

    def files(self) -> TeamFiles:
        """What reading the folder would give, without a disk."""
        contents = self._contents()
        return TeamFiles(
            state=_read(contents[STATE_FILE], BOUNDS[STATE_FILE]),
            journal=_read(contents[JOURNAL_FILE], BOUNDS[JOURNAL_FILE]),
            lock=_read(contents[LOCK_FILE], BOUNDS[LOCK_FILE]),
            launch=_read(contents[LAUNCH_FILE], BOUNDS[LAUNCH_FILE]),
        )

    def _contents(self) -> dict[str, bytes | StandIn | None]:
        return {
            STATE_FILE: self.state,
            JOURNAL_FILE: self.journal,
            LOCK_FILE: self.lock,
            LAUNCH_FILE: self.launch,
        }


def _put(path: Path, content: bytes | StandIn, bound: int) -> None:
    match content:
        case "symlink":
            # To a readable file, so that a reader that follows it is found out.
            target = path.with_name(f"{path.name}.target")
            target.write_bytes(_LINK_TARGET)
            path.symlink_to(target.name)
        case "folder":
            path.mkdir()
        case "fifo":
            os.mkfifo(path)
        case "oversized":
            path.write_bytes(b" " * (bound + 1))
        case bytes():
            path.write_bytes(content)


def _read(content: bytes | StandIn | None, bound: int) -> bytes | ReadProblem:
    match content:
        case None:
            return ReadProblem("absent", "there is no such file")
        case bytes() if len(content) <= bound:
            return content
        case bytes() | "oversized":
            return ReadProblem("oversized", f"it is over the bound of {bound}")
        case _:
            return ReadProblem("not_regular", f"it is a {content}")

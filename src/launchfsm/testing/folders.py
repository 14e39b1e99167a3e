"""A team's folder as a test wants it: each file whole, damaged, or something else."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any, Final, Literal, TypeAlias, get_args

import attrs

from launchfsm.engine.text import did_you_mean
from launchfsm.records.documents import (
    BOUNDS,
    JOURNAL_FILE,
    LAUNCH_FILE,
    LOCK_FILE,
    STATE_FILE,
    TeamFiles,
)
from launchfsm.records.fields import shown
from launchfsm.system.files import ReadProblem
from launchfsm.system.folders import team_folder

StandIn: TypeAlias = Literal["symlink", "folder", "fifo", "oversized"]
"""What can stand where a file should be; `oversized` is a file of one byte over its bound."""

_STAND_INS: Final[tuple[str, ...]] = get_args(StandIn)
_PLAIN: Final = frozenset({bytes, type(None)})

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

    Raises:
        TypeError: A file is neither bytes, nor text, nor `None`.
        ValueError: A file is text that is no stand-in.
    """

    team: str = "demo"
    state: bytes | StandIn | None = None
    journal: bytes | StandIn | None = None
    lock: bytes | StandIn | None = None
    launch: bytes | StandIn | None = None

    def __attrs_post_init__(self) -> None:
        # Fuzzing makes folders by the hundred thousand: what is right costs no call.
        if not (
            (type(self.state) in _PLAIN or self.state in _STAND_INS)
            and (type(self.journal) in _PLAIN or self.journal in _STAND_INS)
            and (type(self.lock) in _PLAIN or self.lock in _STAND_INS)
            and (type(self.launch) in _PLAIN or self.launch in _STAND_INS)
        ):
            self._require_contents()

    def _require_contents(self) -> None:
        for name in ("state", "journal", "lock", "launch"):
            _require_content(name, getattr(self, name))

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


def _require_content(name: str, content: Any) -> None:
    if content is None or isinstance(content, bytes):
        return
    takes = f"{name}= of a TeamFolder is bytes, one of {', '.join(_STAND_INS)}, or None"
    if not isinstance(content, str):
        raise TypeError(f"{takes}; not {type(content).__name__}{_as_bytes(name, content)}")
    if content not in _STAND_INS:
        raise ValueError(
            f"{takes}; not {shown(content)}{did_you_mean(content, _STAND_INS)}."
            " For a file with this text in it, pass the text's .encode()"
        )


def _as_bytes(name: str, content: Any) -> str:
    """How to make bytes of what is none, where that can be guessed."""
    if isinstance(content, bytearray | memoryview):
        return ". Pass bytes(…) of it"
    if not isinstance(content, dict | list):
        return ""
    if name == "journal":
        return ". Pass for each record json.dumps(…).encode() and a b'\\n'"
    return ". Pass json.dumps(…).encode()"


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

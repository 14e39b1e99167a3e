"""A team's folder as a test wants it: each file whole, damaged, or something else."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any, Final, Literal, TypeAlias, get_args

import attrs

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
        for name in ("state", "journal", "lock", "launch"):
            content: Any = getattr(self, name)
            if not (content is None or isinstance(content, bytes) or content in _STAND_INS):
                raise _no_content(name, content)

    def write(self, root: str | os.PathLike[str]) -> Path:
        """Lay the folder into a teams root, which may be missing, and return its path.

        Raises:
            TeamNameError: The team's name is not one plain path component.
            OSError: It could not be written, or is there already.
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
        contents = self._contents().items()
        state, journal, lock, launch = (_read(content, BOUNDS[name]) for name, content in contents)
        return TeamFiles(state, journal, lock, launch)

    def _contents(self) -> dict[str, bytes | StandIn | None]:
        return {
            STATE_FILE: self.state,
            JOURNAL_FILE: self.journal,
            LOCK_FILE: self.lock,
            LAUNCH_FILE: self.launch,
        }


def _no_content(name: str, content: Any) -> Exception:
    takes = f"{name}= of a TeamFolder is bytes, one of {', '.join(_STAND_INS)}, or None; not "
    if isinstance(content, str):
        from launchfsm.engine.text import did_you_mean  # noqa: PLC0415 - only who errs pays for it

        near = did_you_mean(content, _STAND_INS)
        return ValueError(
            f"{takes}{shown(content)}{near}."
            " For a file with this text in it, pass the text's .encode()"
        )
    hint = ""
    if isinstance(content, bytearray | memoryview):
        hint = ". Pass bytes(…) of it"
    elif isinstance(content, dict | list) and name == "journal":
        hint = ". Pass for each record json.dumps(…).encode() and a b'\\n'"
    elif isinstance(content, dict | list):
        hint = ". Pass json.dumps(…).encode()"
    return TypeError(f"{takes}{type(content).__name__}{hint}")


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

"""The measured cases: loading them, and laying one case's files into a teams root.

What the specification says of them is not here: see `tests.oracle`.
"""

from __future__ import annotations

import base64
import json
import os
from pathlib import Path
from typing import Any, Final, Literal

from attrs import field, frozen

HERE: Final = Path(__file__).parent
PATHS: Final = {
    "state": "bootstrap-state.json",
    "journal": "bootstrap-journal.jsonl",
    "lock": ".bootstrap.lock/metadata.json",
}
BOUNDS: Final = {"state": 262_144, "journal": 262_144, "lock": 65_536}
FileKind = Literal["bytes", "symlink", "dir", "fifo", "oversize"]
Read = bytes | Literal["absent", "not_regular", "oversized", "invalid"]


@frozen
class CaseFile:
    """One file of a case: its bytes, or what stands in its place."""

    kind: FileKind
    content: bytes = field(default=b"", repr=False)
    size: int = 0

    def read(self, bound: int) -> Read:
        """What a bounded read (§1 of the specification) of this file gives."""
        if self.kind == "bytes" and len(self.content) <= bound:
            return self.content
        return "oversized" if self.kind in ("bytes", "oversize") else "not_regular"

    def write(self, path: Path) -> None:
        """Put this file at `path`, whose folder exists."""
        if self.kind == "symlink":
            # To a readable file, so that a reader that follows it is found out.
            target = path.with_name(f"{path.name}.target")
            target.write_bytes(b'{"version": 1}')
            path.symlink_to(target.name)
        elif self.kind == "dir":
            path.mkdir()
        elif self.kind == "fifo":
            os.mkfifo(path)
        elif self.kind == "oversize":
            path.write_bytes(b" " * self.size)
        else:
            path.write_bytes(self.content)


@frozen
class BootstrapCase:
    """A team's three files, a clock, the processes that answer, and what was measured."""

    id: str
    team: str
    now_ms: int
    alive: frozenset[int]
    refused: frozenset[int]
    files: dict[str, CaseFile]
    expect: dict[str, Any] = field(repr=False)

    @property
    def answering(self) -> frozenset[int]:
        """The pids that are alive (§3 of the specification): signal 0 reaches or is refused."""
        return self.alive | self.refused

    def reads(self) -> dict[str, Read]:
        """What bounded reads of the three files give, by `state`, `journal` and `lock`."""
        files = self.files
        return {
            name: files[name].read(bound) if name in files else "absent"
            for name, bound in BOUNDS.items()
        }

    def materialise(self, teams_root: Path) -> Path:
        """Lay the case's files into `teams_root` and return the team's folder."""
        folder = teams_root / self.team
        folder.mkdir(parents=True)
        for name, file in self.files.items():
            path = folder / PATHS[name]
            path.parent.mkdir(exist_ok=True)
            file.write(path)
        return folder


@frozen
class LaunchCase:
    """Two parsed documents of a team, a clock, and what was measured."""

    id: str
    team: str
    now_ms: int
    document: Any = field(repr=False)
    other: Any = field(repr=False)
    expect: dict[str, Any] = field(repr=False)


def bootstrap_cases() -> list[BootstrapCase]:
    """All cases of `bootstrap.jsonl`."""
    return [_bootstrap_case(row) for row in _rows("bootstrap.jsonl")]


def launch_cases() -> list[LaunchCase]:
    """All cases of `launch.jsonl`."""
    return [LaunchCase(**row) for row in _rows("launch.jsonl")]


def _rows(name: str) -> list[dict[str, Any]]:
    # Split at "\n" alone: a text may hold other line ends.
    lines = (HERE / name).read_text(encoding="utf-8").split("\n")
    return [json.loads(line) for line in lines if line]


def _bootstrap_case(row: dict[str, Any]) -> BootstrapCase:
    return BootstrapCase(
        id=row["id"],
        team=row["team"],
        now_ms=row["now_ms"],
        alive=frozenset(row["alive"]),
        refused=frozenset(row["refused"]),
        files={name: _case_file(given) for name, given in row["files"].items()},
        expect=row["expect"],
    )


def _case_file(given: dict[str, Any]) -> CaseFile:
    if "b64" in given:
        return CaseFile("bytes", content=base64.b64decode(given["b64"]))
    return CaseFile(given["kind"], size=given.get("size", 0))

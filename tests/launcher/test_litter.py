"""Litter: what killed writers left goes, what a living one needs stays."""

from __future__ import annotations

import errno
import os
from typing import TYPE_CHECKING

from launchfsm.launcher.litter import discard, lock_litter_name, tidy
from launchfsm.system.files import FILE_SYSTEM
from launchfsm.testing import FaultyFileSystem, InjectedFault

if TYPE_CHECKING:
    from pathlib import Path

NOW = 1_700_000_000
LOCK = ".bootstrap.lock"


def names(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.iterdir())


def put(path: Path, *, age: int) -> None:
    path.write_text("")
    os.utime(path, (NOW - age, NOW - age))


def test_a_lock_that_never_got_into_place_is_removed(tmp_path: Path) -> None:
    left = lock_litter_name(str(tmp_path))
    FILE_SYSTEM.mkdir(left)
    (tmp_path / left / "metadata.json").write_text("{}")

    tidy(str(tmp_path), str(tmp_path / LOCK), now=NOW, filesystem=FILE_SYSTEM)

    assert names(tmp_path) == []


def test_only_temporary_files_that_no_write_can_still_need_are_removed(tmp_path: Path) -> None:
    put(tmp_path / ".launchfsm-aged", age=61)
    put(tmp_path / ".launchfsm-fresh", age=59)
    put(tmp_path / ".launchfsm-from-the-future", age=-61)
    put(tmp_path / "bootstrap-state.json", age=10**6)
    (tmp_path / ".launchfsm-folder").mkdir()
    os.utime(tmp_path / ".launchfsm-folder", (0, 0))

    tidy(str(tmp_path), str(tmp_path / LOCK), now=NOW, filesystem=FILE_SYSTEM)

    assert names(tmp_path) == [
        ".launchfsm-folder",
        ".launchfsm-fresh",
        ".launchfsm-from-the-future",
        "bootstrap-state.json",
    ]


def test_what_a_killed_taker_left_in_a_lock_is_removed_however_young(tmp_path: Path) -> None:
    (tmp_path / LOCK).mkdir()
    put(tmp_path / LOCK / ".launchfsm-new", age=0)
    put(tmp_path / LOCK / "metadata.json", age=0)

    tidy(str(tmp_path), str(tmp_path / LOCK), now=NOW, filesystem=FILE_SYSTEM)

    assert names(tmp_path / LOCK) == ["metadata.json"]


def test_what_cannot_be_removed_is_left_without_an_error(tmp_path: Path) -> None:
    left = lock_litter_name(str(tmp_path))
    FILE_SYSTEM.mkdir(left)
    (tmp_path / left / "folder").mkdir()
    put(tmp_path / ".launchfsm-aged", age=61)

    for at in range(1, 8):
        tidy(
            str(tmp_path),
            str(tmp_path / LOCK),
            now=NOW,
            filesystem=FaultyFileSystem(InjectedFault(errno.EACCES, at=at)),
        )
        put(tmp_path / ".launchfsm-aged", age=61)
    discard(str(tmp_path / "nowhere"), filesystem=FILE_SYSTEM)

    assert (tmp_path / left).exists()

"""Stale files: what killed writers left goes, what a living one needs stays."""

from __future__ import annotations

import errno
import os
from typing import TYPE_CHECKING

from launchfsm.launcher.lock import clean_up, discard_lock, temporary_lock_name
from launchfsm.system.files import FILE_SYSTEM, FileSystem
from launchfsm.system.folders import open_folder
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


def clean(folder: Path, filesystem: FileSystem = FILE_SYSTEM) -> None:
    """Clean up as the holder of a lock that was written at ``NOW``."""
    (folder / LOCK).mkdir(exist_ok=True)
    put(folder / LOCK / "metadata.json", age=0)
    with open_folder(str(folder), filesystem=filesystem) as team:
        clean_up(team)


def test_a_lock_that_never_got_into_place_is_removed(tmp_path: Path) -> None:
    left = tmp_path / temporary_lock_name()
    left.mkdir()
    (left / "metadata.json").write_text("{}")
    (left / ".launchfsm-new").write_text("{}")

    clean(tmp_path)

    assert names(tmp_path) == [LOCK]


def test_only_temporary_files_that_no_write_can_still_need_are_removed(tmp_path: Path) -> None:
    put(tmp_path / ".launchfsm-aged", age=61)
    put(tmp_path / ".launchfsm-fresh", age=59)
    put(tmp_path / ".launchfsm-from-the-future", age=-61)
    put(tmp_path / "bootstrap-state.json", age=10**6)
    (tmp_path / ".launchfsm-folder").mkdir()
    os.utime(tmp_path / ".launchfsm-folder", (0, 0))

    clean(tmp_path)

    assert names(tmp_path) == [
        LOCK,
        ".launchfsm-folder",
        ".launchfsm-fresh",
        ".launchfsm-from-the-future",
        "bootstrap-state.json",
    ]


def test_what_a_killed_taker_left_in_a_lock_is_removed_however_young(tmp_path: Path) -> None:
    (tmp_path / LOCK).mkdir()
    put(tmp_path / LOCK / ".launchfsm-new", age=0)
    put(tmp_path / LOCK / "metadata.json", age=0)

    clean(tmp_path)

    assert names(tmp_path / LOCK) == ["metadata.json"]


def test_what_cannot_be_removed_is_left_without_an_error(tmp_path: Path) -> None:
    left = tmp_path / temporary_lock_name()
    (left / "folder").mkdir(parents=True)
    put(tmp_path / ".launchfsm-aged", age=61)

    for at in range(1, 30):
        clean(tmp_path, FaultyFileSystem(InjectedFault(errno.EACCES, at=at + 1)))
        put(tmp_path / ".launchfsm-aged", age=61)
    with open_folder(str(tmp_path)) as team:
        discard_lock(team, "nowhere")

    assert (left / "folder").exists()


def test_nothing_is_removed_that_no_writer_would_have_made(tmp_path: Path) -> None:
    """Whoever may write to the team's folder can give anything a name like ours."""
    precious = tmp_path / "precious"
    (precious / "folder").mkdir(parents=True)
    (precious / "thesis.tex").write_text("years of work")
    (precious / "metadata.json").write_text("{}")
    team = tmp_path / "team"
    (team / LOCK).mkdir(parents=True)
    kept = temporary_lock_name()
    (team / kept).mkdir()
    (team / kept / "thesis.tex").write_text("years of work")
    (team / temporary_lock_name()).symlink_to(precious)
    (team / LOCK / ".launchfsm-link").symlink_to(precious / "thesis.tex")
    (team / ".launchfsm-link").symlink_to(precious / "thesis.tex")
    os.utime(team / ".launchfsm-link", (0, 0), follow_symlinks=False)

    clean(team)

    assert names(precious) == ["folder", "metadata.json", "thesis.tex"]
    assert (team / kept / "thesis.tex").read_text() == "years of work"
    assert (team / ".launchfsm-link").is_symlink()

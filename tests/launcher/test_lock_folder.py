"""The folder lock: one at a time, and free again whatever becomes of its holder."""

from __future__ import annotations

import errno
import os
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING

import pytest

from launchfsm.launcher import lock as lock_module
from launchfsm.launcher.errors import FolderBusyError
from launchfsm.launcher.lock import locked_folder
from launchfsm.system.files import FILE_SYSTEM
from launchfsm.testing import FaultyFileSystem, InjectedFault

if TYPE_CHECKING:
    from pathlib import Path


@pytest.fixture(autouse=True)
def impatience(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(lock_module, "PATIENCE", 0.05)


def is_free(folder: Path) -> bool:
    try:
        with locked_folder(str(folder), filesystem=FILE_SYSTEM):
            return True
    except FolderBusyError:
        return False


def test_it_is_held_inside_of_the_block_alone_and_leaves_nothing(tmp_path: Path) -> None:
    with locked_folder(str(tmp_path), filesystem=FILE_SYSTEM):
        assert not is_free(tmp_path)
    assert is_free(tmp_path)
    assert list(tmp_path.iterdir()) == []


def test_it_is_free_after_an_exception(tmp_path: Path) -> None:
    with pytest.raises(ZeroDivisionError), locked_folder(str(tmp_path), filesystem=FILE_SYSTEM):
        raise ZeroDivisionError

    assert is_free(tmp_path)


def test_letting_go_never_fails_as_what_was_done_under_it_is_done(tmp_path: Path) -> None:
    faults = [
        InjectedFault(errno.EIO, method="flock", at=2),
        InjectedFault(errno.EIO, method="close"),
    ]
    for fault in faults:
        filesystem = FaultyFileSystem(fault)
        with locked_folder(str(tmp_path), filesystem=filesystem):
            pass
        assert errno.EIO in {call.error for call in filesystem.calls}
        assert is_free(tmp_path)


def test_of_two_teams_each_has_its_own(tmp_path: Path) -> None:
    (tmp_path / "one").mkdir()
    (tmp_path / "two").mkdir()

    with locked_folder(str(tmp_path / "one"), filesystem=FILE_SYSTEM):
        assert is_free(tmp_path / "two")


def test_threads_exclude_each_other_too(tmp_path: Path) -> None:
    counter = [0]

    def count(_: int) -> None:
        with locked_folder(str(tmp_path), filesystem=FILE_SYSTEM):
            read = counter[0]
            os.stat(tmp_path)  # noqa: PTH116 - any call that lets other threads run
            counter[0] = read + 1

    lock_module.PATIENCE = 60  # type: ignore[misc]  # undone by the fixture
    with ThreadPoolExecutor(8) as pool:
        list(pool.map(count, range(200)))

    assert counter == [200]


def test_a_child_that_was_forked_inside_of_the_block_does_not_keep_it(tmp_path: Path) -> None:
    reading, writing = os.pipe()
    with locked_folder(str(tmp_path), filesystem=FILE_SYSTEM):
        child = os.fork()
        if child == 0:
            os.close(writing)
            os.read(reading, 1)
            os._exit(0)
    os.close(reading)

    assert is_free(tmp_path)
    os.close(writing)
    os.waitpid(child, 0)


def test_a_link_to_a_folder_is_not_locked_and_says_why(tmp_path: Path) -> None:
    (tmp_path / "folder").mkdir()
    (tmp_path / "link").symlink_to("folder")

    linked = locked_folder(str(tmp_path / "link"), filesystem=FILE_SYSTEM)
    with pytest.raises(OSError, match="symbolic links"), linked:
        raise AssertionError


WITHOUT_POSIX = """
import sys
from tests.system.without_posix import take_posix_away
take_posix_away()
from launchfsm.launcher import BootstrapRun, RecordWriteError
try:
    BootstrapRun(sys.argv[1], "demo").__enter__()
except RecordWriteError as error:
    print(error)
"""


def test_where_a_folder_cannot_be_locked_nothing_is_written(tmp_path: Path) -> None:
    command = [sys.executable, "-c", WITHOUT_POSIX, str(tmp_path)]
    done = subprocess.run(command, capture_output=True, text=True, check=False)

    assert done.stderr == ""
    assert "(launches are only read on this system)" in done.stdout
    assert "Launch on Linux or macOS." in done.stdout
    assert list(tmp_path.iterdir()) == []

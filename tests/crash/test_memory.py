"""The file system in memory: it does what a real one does, as far as a run can tell."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, Any

import pytest

from tests.crash.judge import Quick
from tests.crash.log import Tree
from tests.crash.memory import MemoryFileSystem
from tests.crash.replay import NOTHING, TEAM_ONLY, wreck
from tests.crash.script import SUCCESS, TEAM, TROUBLE, Script

if TYPE_CHECKING:
    from pathlib import Path

    from launchfsm.system.files import FileSystem


@pytest.mark.parametrize(
    ("script", "before"),
    [(SUCCESS, NOTHING), (TROUBLE, TEAM_ONLY), (TROUBLE, wreck("release"))],
    ids=["nothing", "team only", "wreck"],
)
def test_a_run_leaves_the_same_in_memory_as_on_a_disk(
    tmp_path: Path, script: Script, before: Tree
) -> None:
    before.write(tmp_path / TEAM)
    memory = MemoryFileSystem(str(tmp_path / TEAM), before)
    filesystems: list[FileSystem] = [Quick(), memory]
    for filesystem in filesystems:
        run = script.run(tmp_path, "run", filesystem=filesystem)
        for step in script.steps:
            step.says(run)

    assert memory.tree() == Tree.read(tmp_path / TEAM)


START = Tree({"file": b"12345", "folder": None, "folder/inner": b"", "empty": None})
CALLS: list[tuple[Any, ...]] = [
    ("open", "nowhere", os.O_RDONLY),
    ("open", "file", os.O_RDONLY | os.O_DIRECTORY),
    ("open", "folder", os.O_WRONLY),
    ("open", "file", os.O_WRONLY | os.O_CREAT | os.O_EXCL),
    ("open", "nowhere/file", os.O_WRONLY | os.O_CREAT | os.O_EXCL),
    ("open", "file/file", os.O_WRONLY | os.O_CREAT | os.O_EXCL),
    ("lstat", "nowhere"),
    ("rename", "nowhere", "file"),
    ("rename", "file", "other"),
    ("rename", "file", "folder/inner"),
    ("rename", "empty", "folder"),
    ("rename", "folder", "empty"),
    ("unlink", "nowhere"),
    ("unlink", "folder"),
    ("unlink", "file"),
    ("mkdir", "file"),
    ("mkdir", "folder"),
    ("mkdir", "nowhere/folder"),
    ("mkdir", "folder/new"),
    ("rmdir", "folder"),
    ("rmdir", "empty"),
    ("rmdir", "file"),
    ("rmdir", "nowhere"),
]


@pytest.mark.parametrize("call", CALLS, ids=lambda call: " ".join(map(str, call)))
def test_each_call_does_and_refuses_what_the_real_one_does(
    tmp_path: Path, call: tuple[Any, ...]
) -> None:
    START.write(tmp_path / TEAM)
    memory = MemoryFileSystem(str(tmp_path / TEAM), START)

    def outcome(filesystem: FileSystem) -> Any:
        method, *arguments = call
        paths = [
            f"{tmp_path / TEAM}/{name}" if isinstance(name, str) else name for name in arguments
        ]
        try:
            return getattr(filesystem, method)(*paths)
        except OSError as error:
            return error.errno

    assert outcome(Quick()) == outcome(memory)
    assert Tree.read(tmp_path / TEAM) == memory.tree()


def test_a_file_can_be_written_read_and_cut(tmp_path: Path) -> None:
    START.write(tmp_path / TEAM)
    for filesystem in (Quick(), MemoryFileSystem(str(tmp_path / TEAM), START)):
        path = str(tmp_path / TEAM / "file")
        descriptor = filesystem.open(path, os.O_RDWR | os.O_APPEND)
        assert 3 == filesystem.write(descriptor, b"678")
        filesystem.ftruncate(descriptor, 7)
        assert b"4567" == filesystem.pread(descriptor, 99, 3)
        assert 7 == filesystem.fstat(descriptor).st_size == filesystem.lstat(path).st_size
        filesystem.close(descriptor)


def test_an_open_folder_is_listed_and_worked_in_by_name(tmp_path: Path) -> None:
    START.write(tmp_path / TEAM)
    memory = MemoryFileSystem(str(tmp_path / TEAM), START)
    for filesystem in (Quick(), memory):
        folder = filesystem.open(str(tmp_path / TEAM), os.O_RDONLY | os.O_DIRECTORY)
        assert ["empty", "file", "folder"] == sorted(filesystem.listdir(folder))
        filesystem.rename("file", "moved", dir_fd=folder)
        filesystem.rmdir("empty", dir_fd=folder)
        filesystem.mkdir("new", dir_fd=folder)
        inner = filesystem.open("folder", os.O_RDONLY | os.O_DIRECTORY, dir_fd=folder)
        filesystem.unlink("inner", dir_fd=inner)
        assert [] == filesystem.listdir(inner)
        assert 5 == filesystem.lstat("moved", dir_fd=folder).st_size
        file = filesystem.open("moved", os.O_RDONLY, dir_fd=folder)
        with pytest.raises(NotADirectoryError):
            filesystem.listdir(file)
        for descriptor in (folder, inner, file):
            filesystem.close(descriptor)

    assert Tree.read(tmp_path / TEAM) == memory.tree()

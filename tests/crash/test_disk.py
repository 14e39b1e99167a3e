"""The disk that forgets: nothing unsynced has to survive, and everything may."""

from __future__ import annotations

import itertools
import os
from typing import TYPE_CHECKING

import pytest

from launchfsm.testing import FaultyFileSystem
from tests.crash.disk import Disk
from tests.crash.log import Tree
from tests.system.test_folders import append_line, replace_file

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from launchfsm.system.files import FileSystem

Left = dict[str, bytes | None]


def left_after(
    root: Path, calls: Callable[[FileSystem, str], None], before: Left | None = None
) -> list[Left | None]:
    """All that may be left after some calls, of which the model must see what the system does."""
    tree = Tree(before)
    tree.write(root / "team")
    filesystem = FaultyFileSystem()
    calls(filesystem, str(root / "team"))
    disk = Disk(str(root), "team", tree)
    for call in filesystem.calls:
        disk.apply(call)
    assert disk.as_seen() == Tree.read(root / "team")
    return [None if left.entries is None else dict(left.entries) for left in disk.survivals()]


def test_of_a_new_file_that_is_not_synced_nothing_or_any_part_may_be_left(tmp_path: Path) -> None:
    def write(filesystem: FileSystem, team: str) -> None:
        descriptor = filesystem.open(f"{team}/file", os.O_WRONLY | os.O_CREAT)
        filesystem.write(descriptor, b"ab")
        filesystem.close(descriptor)

    left = left_after(tmp_path, write, {})

    assert all(found in left for found in ({}, {"file": b""}, {"file": b"ab"}, {"file": b"\0\0"}))


def test_a_synced_file_whose_folder_is_not_synced_is_whole_or_missing(tmp_path: Path) -> None:
    def write(filesystem: FileSystem, team: str) -> None:
        descriptor = filesystem.open(f"{team}/file", os.O_WRONLY | os.O_CREAT)
        filesystem.write(descriptor, b"ab")
        filesystem.fsync(descriptor)
        filesystem.close(descriptor)

    assert [{"file": b"ab"}, {}] == left_after(tmp_path, write, {})


def test_a_folder_that_is_not_synced_in_its_root_may_be_missing_with_all_in_it(
    tmp_path: Path,
) -> None:
    def make(filesystem: FileSystem, team: str) -> None:
        filesystem.mkdir(team)

    assert [{}, None] == left_after(tmp_path, make)


def test_each_change_of_a_folder_may_survive_without_the_others(tmp_path: Path) -> None:
    def change(filesystem: FileSystem, team: str) -> None:
        filesystem.rename(f"{team}/one", f"{team}/two")
        filesystem.unlink(f"{team}/three")

    left = left_after(tmp_path, change, {"one": b"1", "three": b"3"})

    assert [{"two": b"1"}, {"two": b"1", "three": b"3"}, {"one": b"1"}] == left[:3]
    assert {"one": b"1", "three": b"3"} == left[3]


def test_what_was_replaced_durably_is_new_and_what_was_not_is_anything(tmp_path: Path) -> None:
    def replace(filesystem: FileSystem, team: str, *, durable: bool) -> None:
        replace_file(f"{team}/file", b"new", durable=durable, filesystem=filesystem)

    sure = left_after(
        tmp_path, lambda system, team: replace(system, team, durable=True), {"file": b"old"}
    )
    (tmp_path / "again").mkdir()
    unsure = left_after(
        tmp_path / "again",
        lambda system, team: replace(system, team, durable=False),
        {"file": b"old"},
    )

    assert [{"file": b"new"}] == sure
    assert all({"file": found} in unsure for found in (b"old", b"new", b"", b"\0\0\0"))


def test_lines_that_are_not_synced_may_be_lost_one_by_one(tmp_path: Path) -> None:
    def append(filesystem: FileSystem, team: str) -> None:
        for line in (b"1", b"2"):
            append_line(f"{team}/file", line, durable=False, filesystem=filesystem)

    left = left_after(tmp_path, append, {"file": b"0\n"})

    ends = {
        b"",
        *(b"".join(lines) for lines in itertools.product([b"1\n", b"\0\0"], [b"2\n", b"\0\0"])),
    }
    assert ends <= {(found or {})["file"][2:] for found in left}  # type: ignore[index]  # it is there


def test_a_line_that_is_synced_stays_with_all_before_it(tmp_path: Path) -> None:
    def append(filesystem: FileSystem, team: str) -> None:
        append_line(f"{team}/file", b"1", durable=False, filesystem=filesystem)
        append_line(f"{team}/file", b"2", filesystem=filesystem)

    assert [{"file": b"0\n1\n2\n"}] == left_after(tmp_path, append, {"file": b"0\n"})


def test_a_write_can_be_seen_byte_by_byte(tmp_path: Path) -> None:
    filesystem = FaultyFileSystem()
    Tree({}).write(tmp_path / "team")
    append_line(str(tmp_path / "team" / "file"), b"123", filesystem=filesystem)
    disk = Disk(str(tmp_path), "team", Tree({}))
    seen = []
    for call in filesystem.calls:
        if call.method == "write":
            seen += [(disk.as_seen().entries or {})["file"] for _ in disk.tear(call)]
        else:
            disk.apply(call)

    assert [b"1", b"12", b"123"] == seen
    assert {"file": b"123\n"} == disk.as_seen().entries


def test_a_call_that_the_model_does_not_know_is_an_error(tmp_path: Path) -> None:
    filesystem = FaultyFileSystem()
    Tree({"file": b""}).write(tmp_path / "team")
    filesystem.rename(str(tmp_path / "team" / "file"), str(tmp_path / "file"))

    with pytest.raises(AssertionError):
        Disk(str(tmp_path), "team", Tree({"file": b""})).apply(filesystem.calls[0])

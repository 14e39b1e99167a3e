"""Folders: every write at every failure, and nothing through a link."""

from __future__ import annotations

import errno
import os
import re
import resource
import stat
import subprocess
import sys
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from hypothesis import given
from hypothesis import strategies as st

from launchfsm.system.files import (
    FILE_SYSTEM,
    FileEnd,
    FileSystem,
    ReadProblem,
    read_bounded,
)
from launchfsm.system.folders import (
    TEMPORARY_PREFIX,
    Folder,
    Listing,
    NotDurableError,
    TeamNameError,
    open_folder,
    team_folder,
)
from launchfsm.testing import FaultyFileSystem, InjectedFault
from tests.system.tools import (
    limited,
    names,
    open_descriptors,
    outcome,
    running,
)

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

# Those that a folder tells apart, and what disks say; to the code all others are one.
ERRNOS = [
    *(errno.ENOENT, errno.EEXIST, errno.ENOTDIR, errno.EISDIR, errno.ELOOP, errno.EINVAL),
    *(errno.ENOTSUP, errno.EINTR, errno.EIO, errno.ENOSPC, errno.EROFS, errno.EACCES, errno.EMFILE),
]


def replace_file(
    path: str, data: bytes, *, durable: bool = True, filesystem: FileSystem = FILE_SYSTEM
) -> None:
    """Replace a file through its folder."""
    folder, name = os.path.split(path)
    with open_folder(folder or os.curdir, filesystem=filesystem) as opened:
        opened.replace(name, data, durable=durable)


def append_line(
    path: str, line: bytes, *, durable: bool = True, filesystem: FileSystem = FILE_SYSTEM
) -> None:
    """Append a line through the file's folder."""
    folder, name = os.path.split(path)
    with open_folder(folder or os.curdir, filesystem=filesystem) as opened:
        opened.append_line(name, line, durable=durable)


def methods(filesystem: FaultyFileSystem) -> str:
    return " ".join(call.method for call in filesystem.calls)


def contents(folder: Path) -> dict[str, bytes]:
    return {path.name: path.read_bytes() for path in folder.iterdir()}


class ThreeBytes(FileSystem):
    """Writes at most three bytes a call."""

    def write(self, descriptor: int, data: bytes) -> int:
        return super().write(descriptor, data[:3])


class Interrupted(FileSystem):
    """Is interrupted from the keyboard in one of its methods."""

    def __init__(self, method: str) -> None:
        def interrupt(*_: object, **_more: object) -> object:
            raise KeyboardInterrupt

        setattr(self, method, interrupt)


class TestReplaceFile:
    @given(data=st.binary(max_size=1000))
    def test_what_is_written_is_read_back(self, folder: Path, data: bytes) -> None:
        replace_file(str(folder / "replaced"), data, durable=False)

        assert data == read_bounded(str(folder / "replaced"), limit=1000)

    def test_a_new_file_is_private_whatever_the_umask(self, tmp_path: Path) -> None:
        old = os.umask(0)
        try:
            replace_file(str(tmp_path / "new"), b"")
        finally:
            os.umask(old)

        assert 0o600 == stat.S_IMODE((tmp_path / "new").stat().st_mode)

    @pytest.mark.parametrize("mode", [0o600, 0o640, 0o644, 0o444, 0o666])
    def test_the_permissions_of_the_old_file_are_kept(self, file: Path, mode: int) -> None:
        file.chmod(mode)
        replace_file(str(file), b"new")

        assert (mode, b"new") == (stat.S_IMODE(file.stat().st_mode), file.read_bytes())

    def test_a_set_user_bit_is_not_kept(self, file: Path) -> None:
        file.chmod(0o4755)
        replace_file(str(file), b"new")

        assert 0o755 == stat.S_IMODE(file.stat().st_mode)

    def test_a_link_is_replaced_itself_and_its_target_left_alone(self, file: Path) -> None:
        link = file.with_name("link")
        link.symlink_to(file)
        replace_file(str(link), b"new")

        assert {"file": b"0123456789", "link": b"new"} == contents(file.parent)
        assert not link.is_symlink()
        assert 0o600 == stat.S_IMODE(link.stat().st_mode)

    def test_a_path_without_a_folder_is_in_the_current_one(
        self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.chdir(tmp_path)
        replace_file("plain", b"new")

        assert {"plain": b"new"} == contents(tmp_path)

    def test_bytes_reach_the_disk_before_the_name_and_then_the_folder_does(
        self, file: Path
    ) -> None:
        filesystem = FaultyFileSystem()
        replace_file(str(file), b"new", filesystem=filesystem)

        expected = "open lstat open write fchmod fsync close rename fsync close"
        assert expected == methods(filesystem)
        renamed = next(call for call in filesystem.calls if call.method == "rename")
        temporary = Path(renamed.arguments[0])
        assert file.parent == temporary.parent
        assert temporary.name.startswith(TEMPORARY_PREFIX)
        folder, synced = filesystem.calls[0], filesystem.calls[-2]
        assert (folder.result,) == synced.arguments

    def test_without_durability_it_is_still_a_rename(self, file: Path) -> None:
        filesystem = FaultyFileSystem()
        file.chmod(0o600)
        replace_file(str(file), b"new", durable=False, filesystem=filesystem)

        assert "open lstat open write close rename close" == methods(filesystem)

    def test_temporary_names_differ(self, file: Path) -> None:
        filesystem = FaultyFileSystem()
        for _ in range(20):
            replace_file(str(file), b"new", durable=False, filesystem=filesystem)

        renamed = [call.arguments[0] for call in filesystem.calls if call.method == "rename"]
        assert 20 == len(set(renamed))

    def test_what_stands_at_the_temporary_name_is_neither_used_nor_removed(
        self, file: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(os, "urandom", bytes)
        squatter = file.with_name(f"{TEMPORARY_PREFIX}{'0' * 16}")
        squatter.write_bytes(b"mine")
        with pytest.raises(FileExistsError):
            replace_file(str(file), b"new")

        assert {"file": b"0123456789", squatter.name: b"mine"} == contents(file.parent)

    def test_short_writes_are_continued(self, file: Path) -> None:
        replace_file(str(file), b"abcdefgh", filesystem=ThreeBytes())

        assert {"file": b"abcdefgh"} == contents(file.parent)

    def test_a_file_that_takes_nothing_is_an_error_and_no_endless_loop(self, file: Path) -> None:
        class TakesNothing(FileSystem):
            def write(self, descriptor: int, data: bytes) -> int:  # noqa: ARG002 - the seam's
                return 0

        with pytest.raises(OSError, match="takes no more bytes"):
            replace_file(str(file), b"new", filesystem=TakesNothing())
        assert {"file": b"0123456789"} == contents(file.parent)

    @pytest.mark.usefixtures("_quick_fsync")
    @pytest.mark.parametrize("durable", [True, False])
    @pytest.mark.parametrize("exists", [True, False])
    def test_any_error_at_any_call_leaves_the_old_file_or_the_new_one_whole(
        self, tmp_path: Path, *, exists: bool, durable: bool
    ) -> None:
        path = tmp_path / "file"
        old = {"file": b"old"} if exists else {}
        opened = open_descriptors()
        for code, call, filesystem in every_fault(
            lambda filesystem: replace_file(
                str(path), b"new", durable=durable, filesystem=filesystem
            ),
            lambda: restore(tmp_path, old),
        ):
            raised = None
            try:
                replace_file(str(path), b"new", durable=durable, filesystem=filesystem)
            except OSError as error:
                raised = error
            renamed = any(done.method == "rename" and not done.error for done in filesystem.calls)
            place = (errno.errorcode[code], call, methods(filesystem))
            assert (place, {"file": b"new"} if renamed else old) == (place, contents(tmp_path))
            assert (place, renamed) == (
                place,
                raised is None or isinstance(raised, NotDurableError),
            )
            assert (place, code) == (place, code if raised is None else raised.errno)
        assert opened == open_descriptors()

    def test_only_the_folders_fsync_leaves_the_new_file_with_an_error(self, file: Path) -> None:
        filesystem = FaultyFileSystem(InjectedFault(errno.EIO, at=2, method="fsync"))
        with pytest.raises(NotDurableError, match="may not survive a power cut") as caught:
            replace_file(str(file), b"new", filesystem=filesystem)

        assert (errno.EIO, str(file)) == (caught.value.errno, caught.value.filename)
        assert {"file": b"new"} == contents(file.parent)

    def test_a_file_system_that_cannot_sync_folders_is_no_error(self, file: Path) -> None:
        filesystem = FaultyFileSystem(InjectedFault(errno.EINVAL, at=2, method="fsync"))
        replace_file(str(file), b"new", filesystem=filesystem)

        assert b"new" == file.read_bytes()

    def test_errors_of_descriptors_name_the_file(self, file: Path) -> None:
        filesystem = FaultyFileSystem(InjectedFault(errno.ENOSPC, method="write"))
        with pytest.raises(OSError, match="No space left on device") as caught:
            replace_file(str(file), b"new", filesystem=filesystem)

        assert str(file) == caught.value.filename

    def test_the_first_error_is_told_when_tidying_up_fails_too(self, file: Path) -> None:
        filesystem = FaultyFileSystem(
            InjectedFault(errno.ENOSPC, method="fsync"),
            InjectedFault(errno.EIO, method="close"),
            InjectedFault(errno.EROFS, method="unlink"),
        )
        with pytest.raises(OSError, match="No space left on device"):
            replace_file(str(file), b"new", filesystem=filesystem)

        assert b"0123456789" == file.read_bytes()
        left, kept = names(file.parent)
        assert left.startswith(TEMPORARY_PREFIX)
        assert "file" == kept

    @pytest.mark.parametrize("method", ["write", "fsync", "fchmod", "rename"])
    def test_an_interrupt_leaves_nothing_behind(self, file: Path, method: str) -> None:
        file.chmod(0o644)
        opened = open_descriptors()
        with pytest.raises(KeyboardInterrupt):
            replace_file(str(file), b"new", filesystem=Interrupted(method))

        assert {"file": b"0123456789"} == contents(file.parent)
        assert opened == open_descriptors()

    def test_a_folder_in_the_way_stays(self, tmp_path: Path) -> None:
        (tmp_path / "folder").mkdir()
        with pytest.raises(IsADirectoryError):
            replace_file(str(tmp_path / "folder"), b"new")

        assert ["folder"] == names(tmp_path)

    def test_a_vanished_folder_is_not_created_again(self, tmp_path: Path) -> None:
        with pytest.raises(FileNotFoundError):
            replace_file(str(tmp_path / "gone" / "file"), b"new")

        assert [] == names(tmp_path)

    def test_a_file_that_may_grow_no_more_leaves_the_old_one(self, file: Path) -> None:
        """The kernel's own short write, then its own refusal."""
        with limited(resource.RLIMIT_FSIZE, 1000), pytest.raises(OSError, match="too large"):
            replace_file(str(file), b"x" * 5000)

        assert {"file": b"0123456789"} == contents(file.parent)


def restore(folder: Path, old: dict[str, bytes]) -> None:
    for path in folder.iterdir():
        path.unlink()
    for name, data in old.items():
        (folder / name).write_bytes(data)
        (folder / name).chmod(0o644)


def every_fault(
    act: Callable[[FaultyFileSystem], object], prepare: Callable[[], object]
) -> Iterator[tuple[int, int, FaultyFileSystem]]:
    """Yield a file system for every errno at every call that ``act`` makes when nothing fails."""
    prepare()
    recorder = FaultyFileSystem()
    act(recorder)
    assert len(recorder.calls) > 3
    for call in range(1, len(recorder.calls) + 1):
        for code in ERRNOS:
            prepare()
            yield code, call, FaultyFileSystem(InjectedFault(code, at=call))


class TestAppendLine:
    @given(
        lines=st.lists(
            st.binary(max_size=50).map(lambda line: line.replace(b"\n", b"")), min_size=1
        )
    )
    def test_lines_stand_one_after_another(self, folder: Path, lines: list[bytes]) -> None:
        path = folder / "appended"
        with suppress(FileNotFoundError):
            path.unlink()
        for line in lines:
            append_line(str(path), line, durable=False)

        assert b"".join(line + b"\n" for line in lines) == path.read_bytes()

    def test_a_new_file_is_private_and_its_folder_synced(self, tmp_path: Path) -> None:
        filesystem = FaultyFileSystem()
        old = os.umask(0)
        try:
            append_line(str(tmp_path / "new"), b"line", filesystem=filesystem)
        finally:
            os.umask(old)

        assert {"new": b"line\n"} == contents(tmp_path)
        assert 0o600 == stat.S_IMODE((tmp_path / "new").stat().st_mode)
        expected = "open open open fstat write fsync close fsync close"
        assert expected == methods(filesystem)

    @pytest.mark.parametrize(
        ("durable", "expected"),
        [
            (True, "open open fstat write fsync close close"),
            (False, "open open fstat write close close"),
        ],
    )
    def test_a_line_is_one_write(self, file: Path, *, durable: bool, expected: str) -> None:
        filesystem = FaultyFileSystem()
        append_line(str(file), b"line" * 1000, durable=durable, filesystem=filesystem)

        assert expected == methods(filesystem)
        assert b"0123456789" + b"line" * 1000 + b"\n" == file.read_bytes()

    def test_a_line_end_inside_is_refused_before_anything_is_touched(self, tmp_path: Path) -> None:
        with pytest.raises(ValueError, match="must be one line"):
            append_line(str(tmp_path / "new"), b"two\nlines")

        assert [] == names(tmp_path)

    def test_links_are_not_followed(self, tmp_path: Path, file: Path) -> None:
        for target in (file, "nowhere"):
            link = tmp_path / "link"
            link.symlink_to(target)
            with pytest.raises(OSError, match="symbolic links"):
                append_line(str(link), b"line")
            link.unlink()

        assert {"file": b"0123456789"} == contents(tmp_path)

    def test_a_fifo_is_refused_and_gets_nothing(self, tmp_path: Path) -> None:
        os.mkfifo(tmp_path / "fifo")
        with pytest.raises(OSError, match="No such device"):  # nobody reads it
            append_line(str(tmp_path / "fifo"), b"line")
        reader = os.open(tmp_path / "fifo", os.O_RDONLY | os.O_NONBLOCK)
        try:
            with pytest.raises(OSError, match="regular files only"):
                append_line(str(tmp_path / "fifo"), b"line")
            assert b"" == os.read(reader, 9)
        finally:
            os.close(reader)

    def test_devices_and_folders_are_refused(self, tmp_path: Path) -> None:
        with pytest.raises(OSError, match="regular files only") as caught:
            append_line("/dev/null", b"line")
        assert "/dev/null" == caught.value.filename
        with pytest.raises(IsADirectoryError):
            append_line(str(tmp_path), b"line")

    @pytest.mark.usefixtures("_quick_fsync")
    @pytest.mark.parametrize("durable", [True, False])
    @pytest.mark.parametrize("exists", [True, False])
    def test_any_error_at_any_call_leaves_the_file_as_it_was_or_with_the_whole_line(
        self, tmp_path: Path, *, exists: bool, durable: bool
    ) -> None:
        path = tmp_path / "file"
        old = {"file": b"old\n"} if exists else {}
        new = {"file": b"old\nline\n" if exists else b"line\n"}
        opened = open_descriptors()
        for code, call, filesystem in every_fault(
            lambda filesystem: append_line(
                str(path), b"line", durable=durable, filesystem=filesystem
            ),
            lambda: restore(tmp_path, old),
        ):
            raised = None
            try:
                append_line(str(path), b"line", durable=durable, filesystem=filesystem)
            except OSError as error:
                raised = error
            in_place = raised is None or isinstance(raised, NotDurableError)
            place = (errno.errorcode[code], call, methods(filesystem))
            assert (place, new if in_place else old) == (place, contents(tmp_path))
        assert opened == open_descriptors()

    def test_a_failure_after_the_line_is_safe_says_so(self, file: Path) -> None:
        filesystem = FaultyFileSystem(InjectedFault(errno.EIO, method="close"))
        with pytest.raises(NotDurableError, match="the new content is in place"):
            append_line(str(file), b"line", filesystem=filesystem)

        assert b"0123456789line\n" == file.read_bytes()

    @pytest.mark.parametrize("written", [1, 2, 3, 4])
    def test_a_part_of_a_line_is_taken_back(self, file: Path, written: int) -> None:
        filesystem = FaultyFileSystem(InjectedFault(errno.ENOSPC, method="write", written=written))
        with pytest.raises(OSError, match=f"only {written} of 5 bytes were written") as caught:
            append_line(str(file), b"line", filesystem=filesystem)

        assert str(file) == caught.value.filename
        assert b"0123456789" == file.read_bytes()

    def test_a_part_of_the_first_line_takes_the_file_with_it(self, tmp_path: Path) -> None:
        filesystem = FaultyFileSystem(InjectedFault(errno.ENOSPC, method="write", written=2))
        with pytest.raises(OSError, match="only 2 of 5 bytes"):
            append_line(str(tmp_path / "new"), b"line", filesystem=filesystem)

        assert [] == names(tmp_path)

    def test_somebody_elses_bytes_are_never_cut_off(self, file: Path) -> None:
        class Shared(FileSystem):
            """Somebody else appends right after our short write."""

            def write(self, descriptor: int, data: bytes) -> int:
                written = super().write(descriptor, data[:2])
                with file.open("ab") as other:
                    other.write(b"other\n")
                return written

        with pytest.raises(OSError, match="only 2 of 5 bytes"):
            append_line(str(file), b"line", filesystem=Shared())

        assert b"0123456789liother\n" == file.read_bytes()

    def test_a_torn_line_stays_where_it_cannot_be_taken_back(self, file: Path) -> None:
        filesystem = FaultyFileSystem(
            InjectedFault(errno.ENOSPC, method="write", written=2),
            InjectedFault(errno.EIO, method="ftruncate"),
        )
        with pytest.raises(OSError, match="only 2 of 5 bytes"):
            append_line(str(file), b"line", filesystem=filesystem)

        assert b"0123456789li" == file.read_bytes()

    def test_an_interrupted_sync_takes_the_line_back(self, file: Path) -> None:
        opened = open_descriptors()
        with pytest.raises(KeyboardInterrupt):
            append_line(str(file), b"line", filesystem=Interrupted("fsync"))

        assert b"0123456789" == file.read_bytes()
        assert opened == open_descriptors()

    def test_a_file_that_may_grow_no_more_keeps_its_old_end(self, file: Path) -> None:
        with limited(resource.RLIMIT_FSIZE, 12), pytest.raises(OSError, match="only 2 of 5"):
            append_line(str(file), b"line")

        assert b"0123456789" == file.read_bytes()

    def test_lines_of_several_processes_are_neither_torn_nor_lost(self, file: Path) -> None:
        writing = f"""
            import sys
            from launchfsm.system.folders import open_folder
            print(flush=True)
            name = input().encode()
            folder = open_folder({str(file.parent)!r})
            for turn in range(500):
                folder.append_line("file", name * 100 + b"%d" % turn, durable=False)
            print("done", flush=True)
            input()
        """
        file.write_bytes(b"")
        with running(writing) as one, running(writing) as two:
            for name, process in (("a", one), ("b", two)):
                assert process.stdin is not None
                process.stdin.write(f"{name}\n")
                process.stdin.flush()
            for process in (one, two):
                assert process.stdout is not None
                assert "done\n" == process.stdout.readline()

        lines = file.read_bytes().splitlines()
        for letter in (b"a", b"b"):
            expected = [letter * 100 + b"%d" % turn for turn in range(500)]
            assert expected == [line for line in lines if line.startswith(letter)]
        assert 1000 == len(lines)


@pytest.fixture
def opened(tmp_path: Path) -> Iterator[Folder]:
    """An open folder that holds a file, a folder with a file, and links to both."""
    team = tmp_path / "team"
    (team / "inner").mkdir(parents=True)
    (team / "file").write_bytes(b"0123456789")
    (team / "inner/file").write_bytes(b"inside")
    (team / "to_file").symlink_to("file")
    (team / "to_inner").symlink_to("inner")
    with open_folder(str(team)) as folder:
        yield folder


class TestFolder:
    def test_a_link_to_a_folder_is_not_opened(self, tmp_path: Path, opened: Folder) -> None:
        (tmp_path / "link").symlink_to(opened.path)
        before = open_descriptors()

        for path in (tmp_path / "link", tmp_path / "none", tmp_path / "team/file"):
            with pytest.raises(OSError, match=str(path)):
                open_folder(str(path))
        with pytest.raises(OSError, match="to_inner"):
            opened.open_folder("to_inner")
        assert before == open_descriptors()

    def test_files_in_it_are_read_and_links_are_not(self, opened: Folder) -> None:
        link = ReadProblem("not_regular", "it is a symbolic link")

        assert b"0123456789" == opened.read("file", limit=10)
        assert "oversized" == outcome(opened.read("file", limit=9))
        assert b"inside" == opened.read("inner/file", limit=10)
        assert link == opened.read("to_file", limit=10)
        assert link == opened.read_end("to_file", limit=10)
        assert "absent" == outcome(opened.read("none/file", limit=9))
        assert "invalid" == outcome(opened.read("file/file", limit=9))
        assert "invalid" == outcome(opened.read("inner\0/file", limit=9))
        assert ReadProblem(
            "not_regular", "its folder to_inner: it is a symbolic link"
        ) == opened.read("to_inner/file", limit=10)

    def test_it_stays_the_folder_that_was_opened(self, tmp_path: Path, opened: Folder) -> None:
        (tmp_path / "team").rename(tmp_path / "moved")
        (tmp_path / "elsewhere").mkdir()
        (tmp_path / "team").symlink_to("elsewhere")

        opened.replace("file", b"new")
        opened.append_line("lines", b"one")
        opened.mkdir("made")
        opened.rename("made", "renamed")
        opened.rmdir("renamed")
        opened.unlink("to_file")
        opened.sync()

        assert [] == names(tmp_path / "elsewhere")
        assert ["file", "inner", "lines", "to_inner"] == names(tmp_path / "moved")
        assert (b"new", b"one\n") == (opened.read("file", limit=9), opened.read("lines", limit=9))

    def test_a_sync_that_fails_names_the_folder(self, opened: Folder) -> None:
        failing = FaultyFileSystem(InjectedFault(errno.EIO, method="fsync"))
        with (
            open_folder(opened.path, filesystem=failing) as folder,
            pytest.raises(OSError, match="Input/output error") as caught,
        ):
            folder.sync()
        assert opened.path == caught.value.filename

    def test_what_is_written_at_a_link_is_never_written_through_it(self, opened: Folder) -> None:
        with pytest.raises(OSError, match="to_file"):
            opened.append_line("to_file", b"line")
        opened.replace("to_file", b"own")

        assert b"0123456789" == opened.read("file", limit=10)
        assert b"own" == opened.read("to_file", limit=10)

    def test_the_end_of_a_file_is_read_whatever_its_size(self, opened: Folder) -> None:
        assert FileEnd(b"789", 10) == opened.read_end("file", limit=3)
        assert not FileEnd(b"789", 10).whole
        found = opened.read_end("file", limit=10)
        assert isinstance(found, FileEnd)
        assert (b"0123456789", True) == (found.data, found.whole)
        assert FileEnd(b"ide", 6) == opened.read_end("inner/file", limit=3)
        assert "absent" == outcome_of_end(opened.read_end("none", limit=3))
        assert "not_regular" == outcome_of_end(opened.read_end("inner", limit=3))

    def test_a_writer_that_reads_an_end_is_told_of_errors(self, opened: Folder) -> None:
        assert FileEnd(b"789", 10) == opened.tail("file", 3)
        with pytest.raises(FileNotFoundError):
            opened.tail("none", 3)
        with pytest.raises(OSError, match="regular"):
            opened.tail("inner", 3)
        with pytest.raises(OSError, match="to_file") as caught:
            opened.tail("to_file", 3)
        assert errno.ELOOP == caught.value.errno

    def test_one_listing_tells_what_there_is(self, opened: Folder) -> None:
        expected = frozenset({"file", "inner", "to_file", "to_inner"})

        assert Listing(expected) == opened.listing()
        assert Listing(expected) == opened.listing()  # and once more
        assert sorted(expected) == sorted(opened.names())

    def test_of_a_crowded_folder_any_name_may_be_there(
        self, monkeypatch: pytest.MonkeyPatch, opened: Folder
    ) -> None:
        monkeypatch.setattr("launchfsm.system.folders._MOST_ENTRIES", 2)
        listing = opened.listing()

        assert (2, False) == (len(listing.names), listing.whole)
        assert listing.may_have("anything")
        assert not Listing().may_have("anything")

    def test_of_a_folder_that_cannot_be_listed_any_name_may_be_there(
        self, monkeypatch: pytest.MonkeyPatch, opened: Folder
    ) -> None:
        def refused(_path: object) -> object:
            raise OSError(errno.EIO, "no")

        monkeypatch.setattr(os, "scandir", refused)

        assert opened.listing().may_have("anything")


def outcome_of_end(found: FileEnd | ReadProblem) -> str:
    return found.outcome if isinstance(found, ReadProblem) else "read"


WITHOUT_POSIX = """
import pathlib, sys
from tests.system.without_posix import take_posix_away
take_posix_away()
from launchfsm.system.folders import open_folder
from launchfsm.system.files import ReadProblem
from launchfsm.records.documents import TeamSource
folder = sys.argv[1]
with open_folder(folder) as opened:
    assert opened.read("file", limit=10) == b"0123456789", opened.read("file", limit=10)
    assert opened.read("inner/file", limit=10) == b"inside"
    assert opened.read("to_file", limit=10) == ReadProblem("not_regular", "it is a symbolic link")
    assert opened.read("to_inner/file", limit=10).outcome == "not_regular"
    assert opened.read_end("file", limit=3).data == b"789"
    assert sorted(opened.listing().names) == ["file", "inner", "to_file", "to_inner"]
    opened.replace("file", b"new", durable=False, mode=0o644)
    assert opened.read("file", limit=10) == b"new"
from launchfsm import LaunchEvaluator, parse_launch_snapshot
path = pathlib.Path(folder)
evaluator = LaunchEvaluator(path.parent)
assert evaluator.evaluate(path.name).verdict.severity
(path / "bootstrap-state.json").write_bytes(b'{"version": 1, "phase": "completed"}')
snapshot = evaluator.evaluate(path.name).bootstrap_snapshot
for write in (evaluator.clear, lambda name: evaluator.save_snapshot(name, snapshot)):
    try:
        write(path.name)
    except OSError as error:
        print(error.strerror, "of", error.filename)
assert (path / "bootstrap-state.json").exists()
"""


def test_reading_works_where_the_system_has_no_descriptors_of_folders(opened: Folder) -> None:
    done = subprocess.run(
        [sys.executable, "-c", WITHOUT_POSIX, opened.path], capture_output=True, check=False
    )
    assert (0, b"") == (done.returncode, done.stderr)
    refused = f"launches are only read on this system of {opened.path}\n"
    assert refused * 2 == done.stdout.decode()


READING = (
    "tests/system/test_imports.py", "tests/conformance/test_conformance.py",
    "tests/evaluation/test_evaluator.py",
    "tests/test_examples.py",
)  # fmt: skip
# They need POSIX themselves, or start other programs.
NOT_THERE = "pool or settled_team_pays or page_shows or clear"


@pytest.mark.slow
def test_the_reading_half_of_the_suite_passes_on_a_machine_that_is_not_posix() -> None:
    command = [sys.executable, "-m", "tests.system.without_posix", *READING]
    done = subprocess.run(
        [*command, "-k", f"not ({NOT_THERE})"], capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stdout
    assert int(re.findall(r"(\d+) passed", done.stdout)[0]) > 250


class TestTeamFolder:
    @pytest.mark.parametrize(
        "team", ["demo", "Team One", "ünïcode", " ", "...", ".hidden", "a\\b", "-", "~", "\n", "小"]
    )
    def test_a_plain_component_of_any_script_is_a_team(self, tmp_path: Path, team: str) -> None:
        path = team_folder(str(tmp_path), team)
        Path(path).mkdir()

        assert f"{tmp_path}/{team}" == path
        assert [team] == names(tmp_path)

    @pytest.mark.parametrize(
        ("team", "why"),
        [
            ("", "the name is empty"),
            (".", "leads to the teams root itself or out of it"),
            ("..", "leads to the teams root itself or out of it"),
            ("/", "a slash"),
            ("../other", "a slash"),
            ("demo/", "a slash"),
            ("/etc", "a slash"),
            ("a\0b", "a NUL"),
            ("\ud800", "cannot spell it"),
            ("x" * 256, "it takes 256 bytes"),
            ("ü" * 128, "it takes 256 bytes"),
        ],
    )
    def test_any_other_name_is_refused(self, team: str, why: str) -> None:
        with pytest.raises(TeamNameError) as caught:
            team_folder("/teams", team)

        what, _, rest = str(caught.value).partition(": ")
        reason, _, remedy = rest.partition(". ")
        assert "No team can be called '" == what[:23]
        assert why in reason
        assert "Pass the plain name of a folder" == remedy[:31]
        assert str(caught.value).isprintable()
        assert len(str(caught.value)) < 500

    @pytest.mark.parametrize("team", ["a\\b", "..\\b", "C:", "C:b"])
    def test_on_windows_there_are_more_of_them(
        self, monkeypatch: pytest.MonkeyPatch, team: str
    ) -> None:
        monkeypatch.setattr(os, "sep", "\\")

        with pytest.raises(TeamNameError, match="a backslash or a colon"):
            team_folder("/teams", team)

    @pytest.mark.parametrize("team", ["x" * 255, "ü" * 127])
    def test_the_longest_names_are_fine(self, tmp_path: Path, team: str) -> None:
        Path(team_folder(str(tmp_path), team)).mkdir()

        assert [team] == names(tmp_path)

    @given(st.text(st.characters(codec=None)))
    def test_a_name_is_refused_or_stays_inside_the_root(self, team: str) -> None:
        try:
            path = team_folder("/teams", team)
        except TeamNameError:
            return
        assert ("/teams", team) == os.path.split(path)
        assert path == os.path.normpath(path)

    @pytest.mark.parametrize("team", [None, 1, b"demo", Path("demo")])
    def test_what_is_no_text_is_a_mistake_of_the_caller(self, team: object) -> None:
        with pytest.raises(TypeError, match="a team's name must be text"):
            team_folder("/teams", team)  # type: ignore[arg-type]

    def test_no_file_is_touched(self, monkeypatch: pytest.MonkeyPatch) -> None:
        for name in ("stat", "lstat", "open", "listdir", "readlink"):
            monkeypatch.setattr(os, name, pytest.fail)

        assert "/nowhere/demo" == team_folder("/nowhere", "demo")


def test_a_path_through_very_many_folders_is_no_path_of_a_file(tmp_path: Path) -> None:
    name = "/".join(["d"] * 100)
    (tmp_path / name).mkdir(parents=True)
    (tmp_path / name / "file").write_bytes(b"data")

    with open_folder(str(tmp_path)) as folder:
        found = [read(f"{name}/file", limit=9) for read in (folder.read, folder.read_end)]

    assert ["invalid", "invalid"] == [one.outcome for one in found if isinstance(one, ReadProblem)]

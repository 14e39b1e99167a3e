"""Files: real ones, of every kind, changing under the read; and every write at every failure."""

from __future__ import annotations

import errno
import os
import resource
import socket
import stat
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from hypothesis import given
from hypothesis import strategies as st

from launchfsm.system.files import (
    FileSystem,
    ReadProblem,
    read_bounded,
)
from tests.system.tools import (
    as_nobody,
    before,
    fail,
    limited,
    open_descriptors,
    outcome,
    running,
)

if TYPE_CHECKING:
    from collections.abc import Callable


ERRNOS = sorted(errno.errorcode)


class TestReadBounded:
    def test_a_regular_file_is_read_whole(self, file: Path) -> None:
        assert b"0123456789" == read_bounded(str(file), limit=100)

    def test_an_empty_file_is_read_even_with_no_byte_allowed(self, tmp_path: Path) -> None:
        (tmp_path / "empty").touch()

        assert b"" == read_bounded(str(tmp_path / "empty"), limit=0)

    @given(data=st.binary(max_size=64), limit=st.integers(0, 64))
    def test_the_bound_is_exact(self, folder: Path, data: bytes, limit: int) -> None:
        path = folder / "bound"
        path.write_bytes(data)

        found = read_bounded(str(path), limit=limit)

        if len(data) <= limit:
            assert data == found
        else:
            detail = f"it holds {len(data)} bytes, over the bound of {limit}"
            assert ReadProblem("oversized", detail) == found

    def test_a_missing_file_and_a_missing_folder_are_absent(self, tmp_path: Path) -> None:
        assert "absent" == outcome(read_bounded(str(tmp_path / "no"), limit=9))
        assert "absent" == outcome(read_bounded(str(tmp_path / "no" / "no"), limit=9))
        assert "absent" == outcome(read_bounded("", limit=9))

    def test_symbolic_links_are_never_followed(self, tmp_path: Path, file: Path) -> None:
        for target in (file, tmp_path, Path("nowhere")):
            link = tmp_path / f"to_{target.name}"
            link.symlink_to(target)

            found = read_bounded(str(link), limit=100)

            assert ReadProblem("not_regular", "it is a symbolic link") == found

    def test_a_symbolic_link_to_itself_is_not_regular(self, tmp_path: Path) -> None:
        (tmp_path / "loop").symlink_to("loop")

        assert "not_regular" == outcome(read_bounded(str(tmp_path / "loop"), limit=9))

    def test_a_linked_folder_on_the_way_is_followed(self, tmp_path: Path, file: Path) -> None:
        (tmp_path / "linked").symlink_to(tmp_path)

        assert b"0123456789" == read_bounded(str(tmp_path / "linked" / file.name), limit=10)

    def test_a_folder_is_not_regular(self, tmp_path: Path) -> None:
        expected = ReadProblem("not_regular", "it is a folder")

        assert expected == read_bounded(str(tmp_path), limit=9)

    def test_a_fifo_does_not_make_the_reader_wait(self, tmp_path: Path) -> None:
        os.mkfifo(tmp_path / "fifo")
        expected = ReadProblem("not_regular", "it is a FIFO")

        assert expected == read_bounded(str(tmp_path / "fifo"), limit=9)

    def test_a_fifo_with_bytes_in_it_keeps_them(self, tmp_path: Path) -> None:
        os.mkfifo(tmp_path / "fifo")
        descriptor = os.open(tmp_path / "fifo", os.O_RDWR | os.O_NONBLOCK)
        try:
            os.write(descriptor, b"for somebody else")

            assert "not_regular" == outcome(read_bounded(str(tmp_path / "fifo"), limit=99))
            assert b"for somebody else" == os.read(descriptor, 99)
        finally:
            os.close(descriptor)

    def test_a_socket_which_refuses_to_be_opened_is_not_regular(
        self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.chdir(tmp_path)  # a socket's path must be short
        with socket.socket(socket.AF_UNIX) as listening:
            listening.bind("socket")

            expected = ReadProblem("not_regular", "it is a socket")
            assert expected == read_bounded("socket", limit=9)

    @pytest.mark.parametrize("device", ["/dev/zero", "/dev/null", "/dev/full", "/dev/tty"])
    def test_devices_are_not_regular(self, device: str) -> None:
        expected = ReadProblem("not_regular", "it is a character device")

        assert expected == read_bounded(device, limit=9)

    def test_a_file_where_a_folder_should_be_is_invalid(self, file: Path) -> None:
        expected = ReadProblem("invalid", os.strerror(errno.ENOTDIR))

        assert expected == read_bounded(str(file / "below"), limit=9)

    def test_a_loop_on_the_way_is_invalid(self, tmp_path: Path) -> None:
        (tmp_path / "loop").symlink_to("loop")

        found = read_bounded(str(tmp_path / "loop" / "file"), limit=9)

        assert "invalid" == outcome(found)

    @pytest.mark.parametrize("name", ["\0", "a\0b", "\ud800", "x" * 256, "x/" * 3000])
    def test_a_path_that_no_file_can_have_is_invalid(self, tmp_path: Path, name: str) -> None:
        assert "invalid" == outcome(read_bounded(f"{tmp_path}/{name}", limit=9))

    def test_a_name_that_is_no_text_to_anybody_is_still_read(self, tmp_path: Path) -> None:
        (tmp_path / "\udcff").write_bytes(b"here")

        assert b"here" == read_bounded(f"{tmp_path}/\udcff", limit=9)

    def test_a_file_that_we_may_not_open_is_invalid(self, file: Path) -> None:
        file.chmod(0)
        with as_nobody():
            found = read_bounded(str(file), limit=99)

        assert ReadProblem("invalid", os.strerror(errno.EACCES)) == found

    def test_running_out_of_descriptors_is_invalid(self, file: Path) -> None:
        with limited(resource.RLIMIT_NOFILE, 0):
            found = read_bounded(str(file), limit=99)

        assert ReadProblem("invalid", os.strerror(errno.EMFILE)) == found

    def test_a_file_whose_size_is_not_told_is_read(self) -> None:
        """Files of /proc say that they have no bytes."""
        found = read_bounded("/proc/self/status", limit=100_000)

        assert isinstance(found, bytes)
        assert b"Name:" == found[:5]
        assert b"\n" == found[-1:]

    def test_bytes_past_the_bound_that_were_not_told_are_invalid(self) -> None:
        expected = ReadProblem("invalid", "it grew past 10 bytes while being read")

        assert expected == read_bounded("/proc/self/status", limit=10)

    def test_arguments_of_the_wrong_kind_are_refused(self, file: Path) -> None:
        with pytest.raises(ValueError, match="limit must be 0 bytes or more, not -1"):
            read_bounded(str(file), limit=-1)
        with pytest.raises(TypeError):
            read_bounded(None, limit=1)  # type: ignore[arg-type]


class TestReadBoundedWhenCallsFail:
    @pytest.mark.parametrize("call", ["open", "fstat", "read", "close"])
    def test_any_error_is_an_answer_and_no_exception(
        self, file: Path, monkeypatch: pytest.MonkeyPatch, call: str
    ) -> None:
        real_close = os.close
        opened = open_descriptors()
        for code in ERRNOS:
            with monkeypatch.context() as patched:
                if call == "close":  # as on Linux: the descriptor is gone, whatever is said
                    patched.setattr(os, "close", lambda fd: (real_close(fd), fail(code)())[1])  # noqa: B023 - used within the turn
                else:
                    before(patched, call, *[fail(code)] * 10)
                found = read_bounded(str(file), limit=99)

            expected = "absent" if code == errno.ENOENT else "invalid"
            assert (code, expected) == (code, outcome(found))
        assert opened == open_descriptors()

    @pytest.mark.parametrize("code", [errno.EINTR, errno.ESTALE, errno.ELOOP, errno.ENXIO])
    def test_a_passing_error_is_tried_again(
        self, file: Path, monkeypatch: pytest.MonkeyPatch, code: int
    ) -> None:
        before(monkeypatch, "open", fail(code))

        assert b"0123456789" == read_bounded(str(file), limit=99)

    def test_the_details_are_what_the_system_said(
        self, file: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        before(monkeypatch, "read", fail(errno.EIO))

        assert ReadProblem("invalid", "Input/output error") == read_bounded(str(file), limit=99)

    def test_an_error_without_words_still_has_a_detail(
        self, file: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        def wordless() -> object:
            raise OSError("out of order")

        before(monkeypatch, "read", wordless)

        assert ReadProblem("invalid", "out of order") == read_bounded(str(file), limit=99)

    def test_the_kind_counts_before_the_permission(
        self, tmp_path: Path, file: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        os.mkfifo(tmp_path / "fifo")
        before(monkeypatch, "open", *[fail(errno.EACCES)] * 3)

        assert "not_regular" == outcome(read_bounded(str(tmp_path / "fifo"), limit=9))
        assert "oversized" == outcome(read_bounded(str(file), limit=9))
        assert "invalid" == outcome(read_bounded(str(file), limit=10))

    def test_no_outcome_leaks_a_descriptor(self, tmp_path: Path, file: Path) -> None:
        os.mkfifo(tmp_path / "fifo")
        opened = open_descriptors()
        for path in (file, tmp_path, tmp_path / "fifo", tmp_path / "absent"):
            for limit in (5, 50):
                read_bounded(str(path), limit=limit)

        assert opened == open_descriptors()


class TestReadBoundedWhenTheFileChanges:
    """The changes come between two system calls of the reader, at the place a test names."""

    def grow(self, file: Path, by: int) -> Callable[[], object]:
        def action() -> object:
            with file.open("ab") as opened:
                return opened.write(b"+" * by)

        return action

    def test_a_file_that_grows_is_read_to_its_new_end(
        self, file: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        before(monkeypatch, "read", self.grow(file, 3), self.grow(file, 2))

        assert b"0123456789+++++" == read_bounded(str(file), limit=99)

    def test_a_file_may_grow_up_to_the_bound_and_no_further(
        self, file: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        before(monkeypatch, "read", self.grow(file, 90))
        assert b"0123456789" + b"+" * 90 == read_bounded(str(file), limit=100)

        file.write_bytes(b"0123456789")
        monkeypatch.undo()
        before(monkeypatch, "read", self.grow(file, 91))
        assert "invalid" == outcome(read_bounded(str(file), limit=100))

    def test_an_endlessly_growing_file_costs_no_more_than_the_bound(
        self, file: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        calls = before(monkeypatch, "read", *[self.grow(file, 10)] * 1000)

        assert "invalid" == outcome(read_bounded(str(file), limit=100))
        assert len(calls) <= 12

    def test_a_file_that_lost_bytes_is_read_again(
        self, file: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        before(monkeypatch, "read", lambda: file.write_bytes(b"new"))

        assert b"new" == read_bounded(str(file), limit=99)

    def test_a_file_that_loses_bytes_every_time_is_invalid_after_ten_attempts(
        self, file: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        before(monkeypatch, "read", *[lambda: os.truncate(file, 5)] * 100)
        calls = before(monkeypatch, "fstat", *[lambda: os.truncate(file, 10)] * 100)

        expected = ReadProblem("invalid", "it kept changing: ten attempts to read it failed")
        assert expected == read_bounded(str(file), limit=99)
        assert 10 == len(calls)

    def test_a_file_replaced_before_the_read_is_the_old_one_whole(
        self, file: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        def replace() -> None:
            file.with_name("new").write_bytes(b"n")
            file.with_name("new").rename(file)

        before(monkeypatch, "fstat", replace)

        assert b"0123456789" == read_bounded(str(file), limit=99)
        assert b"n" == read_bounded(str(file), limit=99)

    def test_a_file_that_vanishes_before_the_read_was_still_there(
        self, file: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        before(monkeypatch, "fstat", file.unlink)

        assert b"0123456789" == read_bounded(str(file), limit=99)
        assert "absent" == outcome(read_bounded(str(file), limit=99))

    def test_a_file_swapped_for_a_fifo_after_it_was_opened_is_read(
        self, file: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        def swap() -> None:
            file.unlink()
            os.mkfifo(file)

        before(monkeypatch, "fstat", swap)

        assert b"0123456789" == read_bounded(str(file), limit=99)
        assert "not_regular" == outcome(read_bounded(str(file), limit=99))

    def test_a_link_swapped_for_a_file_is_read(
        self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        path = tmp_path / "path"
        path.symlink_to("nowhere")

        def swap() -> None:
            path.unlink()
            path.write_bytes(b"a file now")

        before(monkeypatch, "lstat", swap)

        assert b"a file now" == read_bounded(str(path), limit=99)

    def test_a_link_that_vanishes_is_absent(
        self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        path = tmp_path / "path"
        path.symlink_to("nowhere")
        before(monkeypatch, "lstat", path.unlink)

        assert "absent" == outcome(read_bounded(str(path), limit=99))

    def test_a_file_that_is_handed_out_byte_by_byte_is_read_whole(
        self, file: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        real = os.read
        monkeypatch.setattr(os, "read", lambda fd, size: real(fd, min(size, 1)))

        assert b"0123456789" == read_bounded(str(file), limit=10)
        assert "oversized" == outcome(read_bounded(str(file), limit=9))


class TestReadBoundedAgainstARealWriter:
    def test_a_writer_that_renames_is_never_seen_as_damaged_or_absent(self, tmp_path: Path) -> None:
        """1,000 reads at least, and as many more as it takes to have seen 50 of its files."""
        path = tmp_path / "state"
        writing = f"""
            import itertools
            import os
            from launchfsm.system.folders import open_folder
            folder = open_folder(os.path.dirname({str(path)!r}))
            for turn in itertools.count():
                data = b"%d:" % turn
                text = data + data[:1] * (turn % 5000)
                folder.replace(os.path.basename({str(path)!r}), text, durable=False)
                if turn == 0:
                    print(flush=True)
        """
        turns: set[int] = set()
        reads = 0
        with running(writing) as writer:
            while reads < 1000 or len(turns) < 50:
                found = read_bounded(str(path), limit=6000)
                assert isinstance(found, bytes), found
                number, _, rest = found.partition(b":")
                assert number[:1] * (int(number) % 5000) == rest
                turns.add(int(number))
                reads += 1
                assert writer.poll() is None

    def test_a_writer_that_appends_is_seen_as_far_as_it_came(self, tmp_path: Path) -> None:
        path = tmp_path / "journal"
        writing = f"""
            from launchfsm.system.folders import open_folder
            folder = open_folder({str(tmp_path)!r})
            for turn in range(5_000):
                folder.append_line("journal", b"%d" % turn, durable=False)
                if turn == 0:
                    print(flush=True)
            input()
        """
        whole = b"".join(b"%d\n" % turn for turn in range(5_000))
        sizes = set()
        with running(writing) as writer:
            while len(whole) not in sizes:
                found = read_bounded(str(path), limit=len(whole))
                assert isinstance(found, bytes), found
                assert whole[: len(found)] == found
                sizes.add(len(found))
                assert writer.poll() is None


class TestFileSystem:
    def test_every_method_is_the_call_of_its_name(self, tmp_path: Path) -> None:
        filesystem = FileSystem()
        folder, path, moved = (str(tmp_path / name) for name in ("folder", "a", "b"))

        filesystem.mkdir(folder)
        descriptor = filesystem.open(path, os.O_RDWR | os.O_CREAT)
        assert 5 == filesystem.write(descriptor, b"bytes")
        filesystem.ftruncate(descriptor, 3)
        filesystem.fchmod(descriptor, 0o640)
        filesystem.fsync(descriptor)
        status = filesystem.fstat(descriptor)
        filesystem.close(descriptor)
        filesystem.rename(path, moved)

        assert (3, 0o640) == (status.st_size, stat.S_IMODE(status.st_mode))
        assert status.st_ino == filesystem.lstat(moved).st_ino
        assert ["b", "folder"] == sorted(filesystem.listdir(str(tmp_path)))
        assert 0o700 == stat.S_IMODE(filesystem.lstat(folder).st_mode)
        filesystem.unlink(moved)
        filesystem.rmdir(folder)
        assert [] == filesystem.listdir(str(tmp_path))

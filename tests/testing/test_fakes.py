"""Fakes: they do as they are told, and judge numbers as the real ones do."""

from __future__ import annotations

import errno
import fcntl
import os
import re
import sys
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta, timezone
from typing import TYPE_CHECKING, Any, get_args

import pytest
from hypothesis import given
from hypothesis import strategies as st

from launchfsm.system.files import FileSystem
from launchfsm.system.processes import Processes, ProcessEvidence, ProcessIdentity, SystemProcesses
from launchfsm.testing import (
    FakeClock,
    FakeProcesses,
    FaultyFileSystem,
    FileCall,
    FileMethod,
    InjectedFault,
)

if TYPE_CHECKING:
    from pathlib import Path

NOON = datetime(2023, 11, 14, 12, tzinfo=UTC)


class TestFakeClock:
    def test_it_stands_still(self) -> None:
        clock = FakeClock(NOON)

        assert (NOON, NOON) == (clock(), clock())

    def test_time_passes_when_told(self) -> None:
        clock = FakeClock(NOON)
        clock.advance(timedelta(minutes=3))
        clock.advance(1.5)
        clock.advance(0)

        assert NOON + timedelta(minutes=3, seconds=1.5) == clock()

    def test_it_can_be_set_both_ways(self) -> None:
        clock = FakeClock(NOON)
        for moment in (NOON.replace(year=2033), NOON.replace(year=2013)):
            clock.jump_to(moment)
            assert moment == clock()

    @pytest.mark.parametrize("by", [-1, -0.001, timedelta(microseconds=-1)])
    def test_time_does_not_pass_backwards(self, by: timedelta | float) -> None:
        clock = FakeClock(NOON)
        with pytest.raises(ValueError, match=r"use jump_to\(\) to set it back"):
            clock.advance(by)

        assert NOON == clock()

    def test_a_moment_needs_a_time_zone(self) -> None:
        naive = NOON.replace(tzinfo=None)
        with pytest.raises(ValueError, match="is naive"):
            FakeClock(naive)
        clock = FakeClock(NOON)
        with pytest.raises(ValueError, match="is naive"):
            clock.jump_to(naive)

        assert NOON == clock()

    def test_any_time_zone_is_kept(self) -> None:
        east = NOON.astimezone(timezone(timedelta(hours=5, minutes=30)))

        assert east.utcoffset() == FakeClock(east)().utcoffset()


class TestFakeProcesses:
    def test_it_answers_as_the_table_says(self) -> None:
        fakes: Processes = FakeProcesses(alive={1}, refused={2}, unknown={3}, zombies={4})

        assert ProcessEvidence(1, "alive", "reached") == fakes.check(1)
        assert ProcessEvidence(2, "alive", "refused") == fakes.check(2)
        assert ("unknown", "error") == (fakes.check(3).liveness, fakes.check(3).basis)
        assert ProcessEvidence(4, "alive", "reached") == fakes.check(4)
        assert ProcessEvidence(5, "dead", "no_such_process") == fakes.check(5)

    def test_a_table_may_be_empty(self) -> None:
        assert "dead" == FakeProcesses().check(1).liveness

    @given(st.one_of(st.integers(max_value=0), st.integers(2**31), st.floats(), st.booleans()))
    def test_impossible_pids_are_judged_as_by_the_real_one(self, pid: float) -> None:
        fakes = FakeProcesses(alive={pid}, zombies={pid}, started_at={pid: 1})
        with pytest.MonkeyPatch.context() as patched:
            patched.setattr(os, "kill", lambda *_: None)
            real = SystemProcesses().check(pid)

        assert repr(real) == repr(fakes.check(pid))
        if real.basis == "impossible_pid":
            assert fakes.identify(pid) is None

    def test_a_whole_number_may_be_spelled_with_a_point(self) -> None:
        for alive in ({4242}, {4242.0}):
            fakes = FakeProcesses(alive=alive, started_at={4242: 7})

            assert ProcessEvidence(4242, "alive", "reached") == fakes.check(4242.0)
            assert ProcessIdentity(7, zombie=False, since_boot=7) == fakes.identify(4242.0)

    def test_who_can_be_looked_at(self) -> None:
        fakes = FakeProcesses(
            alive={1, 2}, refused={3, 4}, unknown={5}, started_at={2: 20, 4: 40}, zombies={6}
        )

        assert ProcessIdentity(None, zombie=False) == fakes.identify(1)
        assert ProcessIdentity(20, zombie=False, since_boot=20) == fakes.identify(2)
        assert fakes.identify(3) is None
        assert ProcessIdentity(40, zombie=False, since_boot=40) == fakes.identify(4)
        assert fakes.identify(5) is None
        assert ProcessIdentity(None, zombie=True) == fakes.identify(6)
        assert fakes.identify(7) is None

    @pytest.mark.parametrize("table", ["alive", "refused", "unknown", "zombies"])
    def test_every_process_can_die(self, table: str) -> None:
        fakes = FakeProcesses(**{table: {1, 2}})  # type: ignore[arg-type]
        fakes.die(1)

        assert "no_such_process" == fakes.check(1).basis
        assert "no_such_process" != fakes.check(2).basis

    def test_a_process_that_is_not_reaped_stays_as_a_zombie(self) -> None:
        fakes = FakeProcesses(alive={1}, started_at={1: 10})
        fakes.die(1, reaped=False)

        assert "alive" == fakes.check(1).liveness
        assert ProcessIdentity(10, zombie=True, since_boot=10) == fakes.identify(1)
        fakes.die(1)
        assert "dead" == fakes.check(1).liveness

    def test_a_pid_can_be_given_to_another_process(self) -> None:
        fakes = FakeProcesses(zombies={1}, started_at={1: 10})
        fakes.start(1, started_at=20)
        assert ProcessIdentity(20, zombie=False, since_boot=20) == fakes.identify(1)

        fakes.start(1, refused=True)
        assert "refused" == fakes.check(1).basis
        assert fakes.identify(1) is None

    def test_the_dead_do_not_die(self) -> None:
        with pytest.raises(ValueError, match="pid 1 cannot die"):
            FakeProcesses().die(1)
        with pytest.raises(ValueError, match="pid True cannot die"):
            FakeProcesses(alive=[1]).die(True)  # noqa: FBT003 - a strange pid

    @pytest.mark.parametrize("pid", [0, -1, 2**31, True])
    def test_a_process_is_not_started_with_an_impossible_pid(self, pid: int) -> None:
        with pytest.raises(ValueError, match="no process can have it"):
            FakeProcesses().start(pid)

    def test_the_callers_sets_are_left_alone(self) -> None:
        alive = {1}
        FakeProcesses(alive=alive).die(1)

        assert {1} == alive


def use_every_method(filesystem: FileSystem, folder: Path) -> None:
    inner, path, moved = (str(folder / name) for name in ("inner", "path", "moved"))
    filesystem.mkdir(inner)
    descriptor = filesystem.open(path, os.O_RDWR | os.O_CREAT)
    filesystem.write(descriptor, b"bytes")
    filesystem.pread(descriptor, 3, 1)
    filesystem.fstat(descriptor)
    filesystem.flock(descriptor, fcntl.LOCK_EX)
    filesystem.ftruncate(descriptor, 3)
    filesystem.fchmod(descriptor, 0o640)
    filesystem.fsync(descriptor)
    filesystem.close(descriptor)
    filesystem.lstat(path)
    filesystem.rename(path, moved)
    filesystem.listdir(inner)
    filesystem.unlink(moved)
    filesystem.rmdir(inner)


class TestFaultyFileSystem:
    def test_it_covers_every_method_of_the_seam(self) -> None:
        methods = {name for name in vars(FileSystem) if not name.startswith("_")}

        assert methods == set(get_args(FileMethod))
        assert methods <= set(vars(FaultyFileSystem))

    def test_it_records_what_was_called_and_what_came_of_it(self, tmp_path: Path) -> None:
        filesystem = FaultyFileSystem()
        use_every_method(filesystem, tmp_path)

        assert set(get_args(FileMethod)) == {call.method for call in filesystem.calls}
        assert FileCall("mkdir", (str(tmp_path / "inner"), 0o700)) == filesystem.calls[0]
        opened, written = filesystem.calls[1:3]
        path = str(tmp_path / "path")
        assert ("open", (path, os.O_RDWR | os.O_CREAT, 0o600)) == (opened.method, opened.arguments)
        assert FileCall("write", (opened.result, b"bytes"), 5) == written
        assert all(call.error is None for call in filesystem.calls)
        assert [] == list(tmp_path.iterdir())

    @pytest.mark.parametrize("at", range(1, 16))
    def test_a_fault_strikes_at_the_call_of_its_number(self, tmp_path: Path, at: int) -> None:
        filesystem = FaultyFileSystem(InjectedFault(errno.EDQUOT, at=at))
        with pytest.raises(OSError, match="quota") as caught:
            use_every_method(filesystem, tmp_path)

        assert errno.EDQUOT == caught.value.errno
        assert [None] * (at - 1) + [errno.EDQUOT] == [call.error for call in filesystem.calls]
        for call in filesystem.calls:  # the descriptor, when it was still open
            if call.method == "open" and call.result is not None and at < 10:
                os.close(call.result)

    @pytest.mark.parametrize("method", get_args(FileMethod))
    def test_a_fault_may_wait_for_one_method(self, tmp_path: Path, method: FileMethod) -> None:
        filesystem = FaultyFileSystem(InjectedFault(errno.EIO, method=method, at=2))
        use_every_method(filesystem, tmp_path)
        with pytest.raises(OSError, match="Input/output error"):
            use_every_method(filesystem, tmp_path)

        assert (method, errno.EIO) == (filesystem.calls[-1].method, filesystem.calls[-1].error)
        opened = [call.result for call in filesystem.calls if call.method == "open"]
        closed = [call for call in filesystem.calls if call.method == "close"]
        if len(closed) < 2 and opened[-1] is not None and len(opened) == 2:
            os.close(opened[-1])

    def test_a_failing_call_has_no_effect_and_names_its_path(self, tmp_path: Path) -> None:
        filesystem = FaultyFileSystem(InjectedFault(errno.ENOSPC, method="mkdir"))
        with pytest.raises(OSError, match="No space left") as caught:
            filesystem.mkdir(str(tmp_path / "new"))

        assert str(tmp_path / "new") == caught.value.filename
        assert [] == list(tmp_path.iterdir())
        filesystem.mkdir(str(tmp_path / "new"))  # it strikes once

    def test_a_failing_close_has_closed(self, tmp_path: Path) -> None:
        filesystem = FaultyFileSystem(InjectedFault(errno.EIO, method="close"))
        descriptor = filesystem.open(str(tmp_path), os.O_RDONLY)
        with pytest.raises(OSError, match="Input/output error"):
            filesystem.close(descriptor)

        with pytest.raises(OSError, match="Bad file descriptor"):
            os.fstat(descriptor)

    def test_a_disk_fills_up_within_a_write_and_is_full_at_the_next(self, tmp_path: Path) -> None:
        filesystem = FaultyFileSystem(InjectedFault(errno.ENOSPC, method="write", at=2, written=3))
        descriptor = filesystem.open(str(tmp_path / "file"), os.O_WRONLY | os.O_CREAT)
        try:
            assert (2, 3) == (
                filesystem.write(descriptor, b"ab"),
                filesystem.write(descriptor, b"cdefgh"),
            )
            with pytest.raises(OSError, match="No space left"):
                filesystem.write(descriptor, b"fgh")
            assert 3 == filesystem.write(descriptor, b"fgh")
        finally:
            os.close(descriptor)

        assert b"abcdefgh" == (tmp_path / "file").read_bytes()
        assert FileCall("write", (descriptor, b"cdefgh"), 3) == filesystem.calls[2]

    def test_several_faults_strike_one_after_another(self, tmp_path: Path) -> None:
        filesystem = FaultyFileSystem(
            InjectedFault(errno.EIO, method="rmdir"),
            InjectedFault(errno.EROFS, method="rmdir", at=2),
        )
        raised = []
        for _ in range(2):
            with pytest.raises(OSError, match=r".") as caught:
                filesystem.rmdir(str(tmp_path))
            raised.append(caught.value.errno)

        assert [errno.EIO, errno.EROFS] == raised

    def test_threads_may_share_it(self, tmp_path: Path) -> None:
        """The last of all calls fails only when none went uncounted."""
        filesystem = FaultyFileSystem(InjectedFault(errno.EIO, at=1500))
        failed = []

        def look(_: int) -> None:
            try:
                filesystem.lstat(str(tmp_path))
            except OSError as error:
                failed.append(error.errno)

        interval = sys.getswitchinterval()
        sys.setswitchinterval(1e-6)
        try:
            with ThreadPoolExecutor(8) as pool:
                list(pool.map(look, range(1500)))
        finally:
            sys.setswitchinterval(interval)

        assert [errno.EIO] == failed
        assert 1500 == len(filesystem.calls)

    def test_an_error_of_the_system_itself_is_recorded_too(self, tmp_path: Path) -> None:
        filesystem = FaultyFileSystem()
        with pytest.raises(FileNotFoundError):
            filesystem.unlink(str(tmp_path / "absent"))

        expected = FileCall("unlink", (str(tmp_path / "absent"),), error=errno.ENOENT)
        assert [expected] == filesystem.calls

    @pytest.mark.parametrize("wrong", [{"at": 0}, {"at": -1}, {"written": -1}])
    def test_counting_begins_at_one(self, wrong: dict[str, int]) -> None:
        with pytest.raises(ValueError, match="count from 1"):
            InjectedFault(errno.EIO, **wrong)  # type: ignore[arg-type]

    @pytest.mark.parametrize("wrong", ["2", 1.5, True, None])
    @pytest.mark.parametrize("counted", ["at", "written"])
    def test_what_is_counted_is_whole(self, counted: str, wrong: Any) -> None:
        with pytest.raises(TypeError, match=rf"{counted} is a whole number; not {wrong!r}"):
            InjectedFault(errno.EIO, **{counted: wrong})

    @pytest.mark.parametrize("wrong", ["ENOSPC", "disk full", None, True, 5.0])
    def test_an_error_is_given_by_its_number(self, wrong: Any) -> None:
        with pytest.raises(TypeError, match=rf"such as errno\.EIO; not {wrong!r}"):
            InjectedFault(wrong)

    @pytest.mark.parametrize("wrong", [0, -errno.EIO])
    def test_what_is_no_error_does_not_strike(self, wrong: int) -> None:
        with pytest.raises(ValueError, match=rf"count from 1, .*error={wrong}"):
            InjectedFault(wrong)

    @pytest.mark.parametrize(
        ("wrong", "hint"), [("wirte", r" \(did you mean 'write'\?\)"), ("", ""), (5, ""), ([], "")]
    )
    def test_a_fault_waits_for_no_method_that_is_never_called(self, wrong: Any, hint: str) -> None:
        with pytest.raises(
            ValueError, match=r"FileSystem has no method .*open, write, .*listdir"
        ) as e:
            InjectedFault(errno.EIO, method=wrong)

        assert re.search(rf"no method {re.escape(repr(wrong))}{hint}; ", str(e.value))

    @pytest.mark.parametrize("wrong", ["x", errno.EIO, None, [InjectedFault(errno.EIO)]])
    def test_only_faults_can_strike(self, wrong: Any) -> None:
        with pytest.raises(
            TypeError,
            match=r"as in FaultyFileSystem\(InjectedFault\(errno\.EIO\)\), and of a list"
            r" FaultyFileSystem\(\*faults\); not ",
        ) as caught:
            FaultyFileSystem(InjectedFault(errno.EIO), wrong)

        assert repr(wrong) in str(caught.value)

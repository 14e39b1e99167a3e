"""Processes: real ones that live, end and linger; and numbers that no process can have."""

from __future__ import annotations

import errno
import os
import subprocess
import sys
import time
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any
from unittest.mock import Mock
from uuid import UUID

import psutil
import pytest
from attrs.exceptions import FrozenInstanceError
from hypothesis import given
from hypothesis import strategies as st

from launchfsm.system import processes
from launchfsm.system.processes import (
    HIGHEST_PID,
    AskedOnce,
    Place,
    Processes,
    ProcessEvidence,
    ProcessIdentity,
    StatedProcesses,
    SystemProcesses,
    UnknownProcesses,
    impossible_pid,
)

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

TEN_YEARS = 10 * 365 * 86_400 * 1000  # ms

IMPOSSIBLE: list[float] = [
    0,
    -0.0,
    -1,
    -4242,
    4242.5,
    0.5,
    True,
    False,
    HIGHEST_PID + 1,
    float(2**31),
    2**53 + 1,
    2**64,
    10**5000,
    -(10**5000),
    1e300,
    float("inf"),
    float("-inf"),
    float("nan"),
]


@contextmanager
def child(code: str = "input()") -> Iterator[subprocess.Popen[bytes]]:
    """Run a child that lives until its input ends."""
    process = subprocess.Popen([sys.executable, "-c", code], stdin=subprocess.PIPE)
    with process:
        try:
            yield process
        finally:
            process.kill()


def end_unreaped(process: subprocess.Popen[bytes]) -> None:
    """End a child and wait until it has, leaving it a zombie."""
    process.kill()
    os.waitid(os.P_PID, process.pid, os.WEXITED | os.WNOWAIT)


def hidden_proc(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(processes, "_from_proc", lambda _: None)


class TestCheck:
    def test_a_child_is_alive_until_it_is_reaped(self) -> None:
        with child() as process:
            alive = SystemProcesses().check(process.pid)
            end_unreaped(process)
            zombie = SystemProcesses().check(process.pid)
            process.wait()
            dead = SystemProcesses().check(process.pid)

        assert ProcessEvidence(process.pid, "alive", "reached") == alive
        assert ProcessEvidence(process.pid, "alive", "reached") == zombie
        assert ProcessEvidence(process.pid, "dead", "no_such_process") == dead

    def test_pid_1_is_alive_whether_it_lets_itself_be_reached_or_not(self) -> None:
        evidence = SystemProcesses().check(1)

        assert "alive" == evidence.liveness
        assert evidence.basis in {"reached", "refused"}

    def test_a_process_that_refuses_is_alive(self) -> None:
        """Signal 0 as a user who may not signal us, where we can become one."""
        if os.geteuid() != 0:
            assert "refused" == SystemProcesses().check(1).basis
            return
        with child() as process:
            os.setresuid(65534, 65534, 0)
            try:
                evidence = SystemProcesses().check(process.pid)
            finally:
                os.setresuid(0, 0, 0)

        assert ProcessEvidence(process.pid, "alive", "refused") == evidence

    def test_every_error_is_an_answer(self, monkeypatch: pytest.MonkeyPatch) -> None:
        known = {
            errno.ESRCH: ProcessEvidence(4242, "dead", "no_such_process"),
            errno.EPERM: ProcessEvidence(4242, "alive", "refused"),
            errno.EACCES: ProcessEvidence(4242, "alive", "refused"),
        }
        for code in sorted(errno.errorcode):
            error = OSError(code, os.strerror(code))
            monkeypatch.setattr(os, "kill", Mock(side_effect=error))
            unknown = ProcessEvidence(4242, "unknown", "error", os.strerror(code))

            assert known.get(code, unknown) == SystemProcesses().check(4242)

    @pytest.mark.parametrize("pid", IMPOSSIBLE, ids=lambda pid: f"{type(pid).__name__}")
    def test_an_impossible_pid_is_dead_and_gets_no_signal(
        self, monkeypatch: pytest.MonkeyPatch, pid: float
    ) -> None:
        monkeypatch.setattr(os, "kill", lambda *_: pytest.fail("a signal was sent"))
        evidence = SystemProcesses().check(pid)

        assert ("dead", "impossible_pid") == (evidence.liveness, evidence.basis)
        assert SystemProcesses().identify(pid) is None
        assert evidence.text()
        assert repr(evidence)

    @given(st.one_of(st.integers(), st.floats(), st.booleans()))
    def test_only_a_single_process_is_ever_signalled(self, pid: float) -> None:
        asked: list[tuple[Any, int]] = []
        with pytest.MonkeyPatch.context() as patched:
            patched.setattr(os, "kill", lambda *arguments: asked.append(arguments))
            evidence = SystemProcesses().check(pid)

        possible = type(pid) is not bool and 1 <= pid < 2**31 and pid % 1 == 0
        assert ([(pid, 0)] if possible else []) == asked
        assert ("alive" if possible else "dead") == evidence.liveness
        assert all(type(number) is int for number, _ in asked)

    def test_a_whole_number_may_be_spelled_with_a_point(self) -> None:
        evidence = SystemProcesses().check(float(os.getpid()))

        assert SystemProcesses().check(os.getpid()) == evidence
        assert int is type(evidence.pid)

    def test_the_highest_pid_can_be_asked(self) -> None:
        assert impossible_pid(HIGHEST_PID) is None
        assert "no_such_process" == SystemProcesses().check(HIGHEST_PID).basis

    @pytest.mark.parametrize("pid", [None, "4242", [1], 1j])
    def test_what_is_no_number_is_a_mistake_of_the_caller(self, pid: Any) -> None:
        with pytest.raises(TypeError, match="a pid must be a number"):
            SystemProcesses().check(pid)
        with pytest.raises(TypeError, match="a pid must be a number"):
            SystemProcesses().identify(pid)


class TestEvidence:
    @pytest.mark.parametrize(
        ("evidence", "text"),
        [
            (
                ProcessEvidence(4242, "alive", "reached"),
                "pid 4242 is alive: signal 0 reached it",
            ),
            (
                ProcessEvidence(4242, "alive", "refused"),
                "pid 4242 is alive: it is somebody else's and refused signal 0",
            ),
            (
                ProcessEvidence(4242, "dead", "no_such_process"),
                "pid 4242 is dead: there is no such process",
            ),
            (
                ProcessEvidence(-1, "dead", "impossible_pid"),
                (
                    "pid -1 is dead: no process can have it, "
                    "as pids are whole numbers from 1 to 2147483647"
                ),
            ),
            (
                ProcessEvidence(4242, "unknown", "error", "Function not implemented"),
                "pid 4242 may be alive or dead: it could not be asked (Function not implemented)",
            ),
        ],
        ids=lambda value: getattr(value, "basis", ""),
    )
    def test_it_says_itself_in_a_sentence(self, evidence: ProcessEvidence, text: str) -> None:
        assert text == evidence.text()

    @pytest.mark.parametrize(
        ("pid", "printed"),
        [
            (4242.5, "4242.5"),
            (True, "True"),
            (-3.0, "-3"),
            (10**5000, "inf"),
            (2.0**40, str(2**40)),
        ],
        ids=["fraction", "boolean", "whole float", "5000 digits", "large float"],
    )
    def test_any_number_can_be_printed(self, pid: float, printed: str) -> None:
        evidence = SystemProcesses().check(pid)

        assert printed == str(evidence.pid)

    def test_it_cannot_be_changed(self) -> None:
        evidence = ProcessEvidence(1, "alive", "reached")
        with pytest.raises(FrozenInstanceError):
            evidence.liveness = "dead"  # type: ignore[misc]


class TestIdentify:
    def test_a_child_began_when_it_was_started_and_is_no_zombie(self) -> None:
        earliest = time.time() * 1000
        with child() as process:
            latest = time.time() * 1000
            identity = SystemProcesses().identify(process.pid)

        assert identity is not None
        assert identity.started_at is not None
        assert earliest - 20 <= identity.started_at <= latest + 20  # a tick, and two clocks
        assert identity.zombie is False

    def test_a_zombie_is_known_as_one_and_keeps_its_start(self) -> None:
        with child() as process:
            alive = SystemProcesses().identify(process.pid)
            end_unreaped(process)
            zombie = SystemProcesses().identify(process.pid)

        assert alive is not None
        assert zombie is not None
        assert (False, True) == (alive.zombie, zombie.zombie)
        assert alive.since_boot == zombie.since_boot

    def test_a_reaped_process_cannot_be_looked_at(self) -> None:
        with child() as process:
            process.kill()
            process.wait()

            assert SystemProcesses().identify(process.pid) is None

    def test_the_start_since_boot_is_the_same_at_every_look(self) -> None:
        looks = {
            identity.since_boot
            for _ in range(50)
            if (identity := SystemProcesses().identify(os.getpid()))
        }

        assert 1 == len(looks)
        assert None not in looks

    @pytest.mark.parametrize("jump", [TEN_YEARS, -TEN_YEARS])
    def test_a_jump_of_the_clock_moves_the_wall_time_alone(
        self, monkeypatch: pytest.MonkeyPatch, jump: int
    ) -> None:
        here = SystemProcesses().identify(os.getpid())
        real = time.time_ns
        monkeypatch.setattr(time, "time_ns", lambda: real() + jump * 1_000_000)
        there = SystemProcesses().identify(os.getpid())

        assert here is not None
        assert there is not None
        assert here.started_at is not None
        assert there.started_at is not None
        assert here.since_boot == there.since_boot
        assert abs(there.started_at - here.started_at - jump) < 1000

    def test_time_that_the_machine_slept_is_counted(self, monkeypatch: pytest.MonkeyPatch) -> None:
        """The start counts from the boot, sleep included, so the boot is that far back as well."""
        awake = SystemProcesses().identify(os.getpid())
        real = time.clock_gettime_ns
        hour = 3_600_000

        def after_sleep(clock: int) -> int:
            return real(clock) + (hour * 1_000_000 if clock == time.CLOCK_BOOTTIME else 0)

        monkeypatch.setattr(time, "clock_gettime_ns", after_sleep)
        slept = SystemProcesses().identify(os.getpid())

        assert awake is not None
        assert slept is not None
        assert awake.started_at is not None
        assert slept.started_at is not None
        assert abs(awake.started_at - hour - slept.started_at) < 1000

    def test_psutil_sees_the_same_to_the_second(self, monkeypatch: pytest.MonkeyPatch) -> None:
        with child() as process:
            direct = SystemProcesses().identify(process.pid)
            hidden_proc(monkeypatch)
            other = SystemProcesses().identify(process.pid)
            end_unreaped(process)
            zombie = SystemProcesses().identify(process.pid)

        assert direct is not None
        assert other is not None
        assert zombie is not None
        assert direct.started_at is not None
        assert other.started_at is not None
        assert abs(direct.started_at - other.started_at) <= 1100  # its boot time has no fractions
        assert (False, None) == (other.zombie, other.since_boot)
        assert zombie.zombie is True

    @pytest.mark.parametrize(
        ("error", "expected"),
        [
            (psutil.AccessDenied(4242), None),
            (psutil.NoSuchProcess(4242), None),
            (psutil.ZombieProcess(4242), ProcessIdentity(None, zombie=True)),
            (psutil.Error("anything"), None),
            (OSError(errno.EIO, "Input/output error"), None),
        ],
        ids=lambda value: type(value).__name__,
    )
    def test_what_psutil_refuses_is_no_evidence(
        self,
        monkeypatch: pytest.MonkeyPatch,
        error: Exception,
        expected: ProcessIdentity | None,
    ) -> None:
        def refuse(_self: object) -> float:
            raise error

        hidden_proc(monkeypatch)
        monkeypatch.setattr(psutil.Process, "create_time", refuse)

        assert expected == SystemProcesses().identify(os.getpid())

    def test_a_name_full_of_parentheses_confuses_nobody(self, tmp_path: Path) -> None:
        program = tmp_path / ") Z 1 (("
        program.symlink_to("/bin/cat")
        with subprocess.Popen([program], stdin=subprocess.PIPE) as process:
            try:
                identity = SystemProcesses().identify(process.pid)
            finally:
                process.kill()

        assert identity is not None
        assert identity.zombie is False

    def test_a_process_whose_first_thread_ended_is_no_zombie(self) -> None:
        """The system shows it as one, and signals still reach its other threads."""
        code = """
import ctypes, os, sys, threading
def rest():
    main = f"/proc/self/task/{os.getpid()}/stat"
    while open(main).read().rpartition(")")[2].split()[0] != "Z":
        pass
    print("ended", flush=True)
    sys.stdin.readline()
    os._exit(0)
threading.Thread(target=rest).start()
ctypes.CDLL(None).pthread_exit(None)
"""
        with subprocess.Popen(
            [sys.executable, "-c", code], stdin=subprocess.PIPE, stdout=subprocess.PIPE
        ) as process:
            try:
                assert process.stdout is not None
                assert b"ended\n" == process.stdout.readline()
                identity = SystemProcesses().identify(process.pid)
            finally:
                process.kill()

        assert identity is not None
        assert identity.zombie is False

    @pytest.mark.parametrize("stat", [b"", b"nonsense", b"1 (x) S 1 2", b"1 (x) S" + b" x" * 50])
    def test_a_process_table_that_makes_no_sense_is_left_to_psutil(
        self, monkeypatch: pytest.MonkeyPatch, stat: bytes
    ) -> None:
        with monkeypatch.context() as patched:
            patched.setattr(os, "read", lambda *_: stat)
            identity = SystemProcesses().identify(os.getpid())

        assert identity is not None
        assert identity.since_boot is None

    def test_psutil_is_not_imported_where_the_process_table_can_be_read(self) -> None:
        code = (
            "import os, sys; from launchfsm.system.processes import SystemProcesses; "
            "assert SystemProcesses().identify(os.getpid()); print('psutil' in sys.modules)"
        )
        done = subprocess.run([sys.executable, "-c", code], capture_output=True, check=True)

        assert b"False\n" == done.stdout


class TestTrueIsNotPid1:
    """To Python `True` equals 1, so what is kept by pid may be told of it."""

    STATED = StatedProcesses([1], started_at={1: 1_000})

    def test_where_processes_are_stated(self) -> None:
        assert "reached" == self.STATED.check(1).basis
        assert "impossible_pid" == self.STATED.check(True).basis  # noqa: FBT003 - a strange pid
        assert self.STATED.identify(1) is not None
        assert self.STATED.identify(True) is None  # noqa: FBT003 - the same

    @pytest.mark.parametrize("pids", [(True, 1), (1, True)])
    def test_where_answers_are_kept(self, pids: tuple[int, int]) -> None:
        once = AskedOnce(self.STATED)

        checked = {type(pid): once.check(pid).basis for pid in pids}
        identified = {type(pid): once.identify(pid) is not None for pid in pids}

        assert {int: "reached", bool: "impossible_pid"} == checked
        assert {int: True, bool: False} == identified

    def test_every_table_calls_the_same_numbers_impossible(self) -> None:
        for table in (SystemProcesses(), UnknownProcesses(), self.STATED, AskedOnce(self.STATED)):
            for pid in IMPOSSIBLE:
                assert str(impossible_pid(pid)) == str(table.check(pid))  # NaN equals nothing
                assert table.identify(pid) is None


class TestPlace:
    def test_a_boot_has_an_id_that_stays(self) -> None:
        first = Place.here()

        assert first.boot_id is not None
        assert first.boot_id == str(UUID(first.boot_id))
        assert os.uname().nodename == first.host
        assert first == Place.here()

    def test_a_machine_without_boot_ids_has_none(
        self, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
    ) -> None:
        monkeypatch.setattr(processes, "_BOOT_ID_FILE", str(tmp_path / "none"))
        assert Place.here().boot_id is None

        (tmp_path / "none").write_bytes(b"\n")
        assert Place.here().boot_id is None

    def test_the_real_processes_fulfil_the_protocol(self) -> None:
        real: Processes = SystemProcesses()

        assert "alive" == real.check(os.getpid()).liveness

"""Processes: whether a pid is alive, and which process it is, with the evidence.

On clocks. A process's `since_boot` counts from the boot and no change of the wall clock moves
it: with `boot_id` it names one process for good, so it is what to write into a lock and to
compare later. `started_at` is the same moment on the wall clock as it is set *now*. It is for
comparison with records that know wall time only, and it jumps when the wall clock does: after the
clock was set forward an hour, every process seems to have begun an hour later than it did.
"""

from __future__ import annotations

import os
import platform
import sys
import time
from collections.abc import Iterable, Mapping
from contextlib import suppress
from typing import Any, Final, Protocol

from attrs import define, field, frozen

from launchfsm.system.files import READ, ReadProblem, read_bounded
from launchfsm.vocabulary import Basis, Liveness

HIGHEST_PID: Final = 2**31 - 1
"""The highest number that can be a process's (§3 of the specification)."""

_EXACT: Final = 2**53  # past it a number from JSON is a double; one from Python may not even print
_LONGEST_STAT: Final = 4096
_LONGEST_BOOT_ID: Final = 128
_BOOT_ID_FILE: Final = "/proc/sys/kernel/random/boot_id"
_TICKS_A_SECOND: Final = os.sysconf("SC_CLK_TCK") if hasattr(os, "sysconf") else 100


@frozen(slots=False)
class ProcessEvidence:
    """Whether a pid is alive, and what that rests on (§3 of the specification)."""

    pid: float  # a whole number as an `int`
    liveness: Liveness
    basis: Basis
    detail: str = ""  # what the operating system said, when `basis` is `error`

    def text(self) -> str:
        """Say it in one sentence."""
        return f"pid {self.pid} {_SAID[self.basis].format(self.detail)}"


_SAID: Final[Mapping[Basis, str]] = {
    "reached": "is alive: signal 0 reached it",
    "refused": "is alive: it is somebody else's and refused signal 0",
    "no_such_process": "is dead: there is no such process",
    "impossible_pid": (
        f"is dead: no process can have it, as pids are whole numbers from 1 to {HIGHEST_PID}"
    ),
    "error": "may be alive or dead: it could not be asked ({})",
}


@frozen
class ProcessIdentity:
    """What tells a process from another one that has, or had, the same pid."""

    started_at: int | None  # in ms since 1970 on today's wall clock; good to some 10 ms
    zombie: bool | None  # whether it has ended and only waits for its parent to take note
    since_boot: int | None = None  # in ms after the boot; exact, untouched by the wall clock


class Processes(Protocol):
    """The processes of a machine, as an evaluator asks after them.

    A pid is any number found in a record; 4242.0 is 4242. What is no number at all raises a
    `TypeError`.
    """

    def check(self, pid: float) -> ProcessEvidence:
        """Say whether a process is there (§3 of the specification)."""

    def identify(self, pid: float) -> ProcessIdentity | None:
        """Say which process it is; `None` when it could not be looked at.

        `None` is no evidence of death: the process may be hidden, or of another user.
        """


class SystemProcesses:
    """The processes of this machine."""

    def check(self, pid: float) -> ProcessEvidence:
        """Send signal 0, which reaches and does nothing, to a possible pid."""
        impossible = impossible_pid(pid)
        if impossible is not None:
            return impossible
        number = int(pid)
        if sys.platform == "win32":  # there os.kill ends a process, whatever the signal
            import psutil  # noqa: PLC0415 - 40 ms that only machines without signals have to pay

            if psutil.pid_exists(number):
                return ProcessEvidence(number, "alive", "reached")
            return ProcessEvidence(number, "dead", "no_such_process")
        try:
            os.kill(number, 0)
        except ProcessLookupError:
            return ProcessEvidence(number, "dead", "no_such_process")
        except PermissionError:
            return ProcessEvidence(number, "alive", "refused")
        except OSError as error:
            return ProcessEvidence(number, "unknown", "error", error.strerror or str(error))
        return ProcessEvidence(number, "alive", "reached")

    def identify(self, pid: float) -> ProcessIdentity | None:
        """Look at the process table: in `/proc` where there is one, else through psutil."""
        if impossible_pid(pid) is not None:
            return None
        return _from_proc(int(pid)) or _from_psutil(int(pid))


class UnknownProcesses:
    """The processes of another machine, or of another day: nothing is known of any pid.

    For records that were copied here, such as a failure's artifacts: a process of this machine
    that happens to have a recorded pid proves nothing.
    """

    def check(self, pid: float) -> ProcessEvidence:
        """Answer that a possible pid cannot be looked up."""
        return impossible_pid(pid) or ProcessEvidence(
            int(pid), "unknown", "error", "its machine is not this one"
        )

    def identify(self, pid: float) -> ProcessIdentity | None:
        """Answer that the process cannot be looked at."""
        impossible_pid(pid)
        return None


class StatedProcesses:
    """Processes of which somebody states that they are alive; others are looked up elsewhere.

    Args:
        alive: The pids that are alive.
        refused: Pids that are alive and somebody else's.
        started_at: When such processes began, in ms since 1970, by pid; else that is not known.
        others: Answers for all other pids; `UnknownProcesses` by default.
    """

    def __init__(
        self,
        alive: Iterable[float] = (),
        *,
        refused: Iterable[float] = (),
        started_at: Mapping[float, int] | None = None,
        others: Processes | None = None,
    ) -> None:
        self._alive = frozenset(alive)
        self._refused = frozenset(refused)
        self._started_at = dict(started_at or {})
        self._others = others or UnknownProcesses()

    def check(self, pid: float) -> ProcessEvidence:
        """Answer as stated; an impossible pid stays dead."""
        if impossible_pid(pid) is None:
            if pid in self._alive:
                return ProcessEvidence(int(pid), "alive", "reached")
            if pid in self._refused:
                return ProcessEvidence(int(pid), "alive", "refused")
        return self._others.check(pid)

    def identify(self, pid: float) -> ProcessIdentity | None:
        """Answer as stated; of a stated process whose start is not, nothing is known."""
        if impossible_pid(pid) is not None or pid not in self._alive | self._refused:
            return self._others.identify(pid)
        started_at = self._started_at.get(pid)
        return None if started_at is None else ProcessIdentity(started_at, zombie=False)


@define(eq=False)
class AskedOnce:
    """Processes of which each is looked at once; asked again, they answer the same.

    A pickle keeps the answers alone. Those of impossible pids are not kept: `True` would be found
    as pid 1.
    """

    _processes: Processes
    _checked: dict[float, ProcessEvidence] = field(factory=dict)
    _identified: dict[float, ProcessIdentity | None] = field(factory=dict)

    def __reduce__(self) -> tuple[Any, ...]:
        return AskedOnce, (UnknownProcesses(), self._checked, self._identified)

    @property
    def pids(self) -> tuple[float, ...]:
        """The pids that were asked after."""
        return tuple({**self._checked, **self._identified})

    @property
    def identified(self) -> frozenset[float]:
        """The pids of which it was asked which process has them."""
        return frozenset(self._identified)

    def check(self, pid: float) -> ProcessEvidence:
        """Whether a process is there."""
        found = impossible_pid(pid) or self._checked.get(pid)
        if found is None:
            found = self._checked[pid] = self._processes.check(pid)
        return found

    def identify(self, pid: float) -> ProcessIdentity | None:
        """Which process it is; `None` when it could not be looked at."""
        if impossible_pid(pid) is not None:
            return None
        if pid not in self._identified:
            self._identified[pid] = self._processes.identify(pid)
        return self._identified[pid]


def impossible_pid(pid: float) -> ProcessEvidence | None:
    """Return the evidence of death that a number is by itself; `None` when it may be a pid.

    A boolean, a fraction, an infinity or NaN is no pid. Every implementation of `Processes` asks
    this first: to the operating system 0 and negative numbers are groups of processes, and `True`
    is pid 1.

    Raises:
        TypeError: `pid` is not a number at all.
    """
    if type(pid) not in {int, float, bool}:
        raise TypeError(f"a pid must be a number, not {type(pid).__name__}")
    if type(pid) is not bool and 1 <= pid <= HIGHEST_PID and pid == int(pid):
        return None
    return ProcessEvidence(_printable(pid), "dead", "impossible_pid")


@frozen
class Place:
    """Where a process runs, as far as its pid and its start are concerned."""

    host: str
    boot_id: str | None  # `None` where nothing tells boots apart
    namespaces: str | None  # in which pids, and times since the boot, count, where there are any

    @classmethod
    def here(cls) -> Place:
        """Return the place of the calling process."""
        found = read_bounded(_BOOT_ID_FILE, limit=_LONGEST_BOOT_ID)
        boot = b"" if isinstance(found, ReadProblem) else found.strip()
        namespaces = None
        with suppress(OSError):
            links = [os.readlink(f"/proc/self/ns/{kind}") for kind in ("pid", "time")]  # noqa: PTH115 - names to compare, no paths to follow
            namespaces = " ".join(links)
        return cls(platform.node(), boot.decode("ascii", "replace") or None, namespaces)


def _printable(pid: float) -> float:
    """Keep a number printable: Python refuses to spell whole numbers of some thousand digits."""
    if -_EXACT <= pid <= _EXACT:
        return int(pid) if type(pid) is float and pid.is_integer() else pid
    try:
        return float(pid)
    except OverflowError:
        return float("inf") if pid > 0 else float("-inf")


def _from_proc(pid: int) -> ProcessIdentity | None:
    """Read state and start in one go, so that both are of one process."""
    try:
        # Not as `read_bounded` does: it is the system's own file, and a second read costs as much.
        descriptor = os.open(f"/proc/{pid}/stat", READ)
        try:
            found = os.read(descriptor, _LONGEST_STAT)
        finally:
            os.close(descriptor)
        # The command's name, in parentheses, may hold spaces and parentheses itself.
        fields = found[found.rindex(b")") + 1 :].split(None, 20)
        state, threads, ticks = fields[0], int(fields[17]), int(fields[19])
    except (OSError, ValueError, IndexError):
        return None
    since_boot = ticks * 1000 // _TICKS_A_SECOND
    # Not the boot time of /proc/stat: that is cut to whole seconds.
    booted_at = (time.time_ns() - time.clock_gettime_ns(time.CLOCK_BOOTTIME)) // 1_000_000
    # A process whose first thread ended before the others is shown as Z too, and lives.
    zombie = state in {b"Z", b"X"} and threads <= 1
    return ProcessIdentity(booted_at + since_boot, zombie, since_boot)


def _from_psutil(pid: int) -> ProcessIdentity | None:
    import psutil  # noqa: PLC0415 - 40 ms that only machines without /proc have to pay

    try:
        process = psutil.Process(pid)
        with process.oneshot():
            started_at = int(process.create_time() * 1000)
            zombie = process.status() in {psutil.STATUS_ZOMBIE, psutil.STATUS_DEAD}
    except psutil.ZombieProcess:
        return ProcessIdentity(None, zombie=True)
    except (psutil.Error, OSError):
        return None
    return ProcessIdentity(started_at, zombie)

"""A clock, a process table and a file system that do what a test tells them to."""

from __future__ import annotations

import functools
import os
from collections import Counter
from collections.abc import Callable, Iterable, Mapping
from datetime import datetime, timedelta
from threading import Lock
from typing import Any, Final, Literal, TypeVar, get_args

from attrs import field, frozen

from launchfsm.ecma.dates import from_datetime
from launchfsm.system.files import FileSystem
from launchfsm.system.processes import ProcessEvidence, ProcessIdentity, impossible_pid
from launchfsm.vocabulary import Basis, Liveness

FileMethod = Literal[
    "open", "write", "pread", "fstat", "lstat", "fchmod", "ftruncate", "fsync", "flock", "close",
    "rename", "unlink", "mkdir", "rmdir", "listdir",
]  # fmt: skip
"""The methods of ``FileSystem``."""

_T = TypeVar("_T")
_Kind = Literal["alive", "refused", "unknown", "zombie"]

# What `check` says of each kind: liveness, basis, and what the operating system said.
_CHECKED: Final[Mapping[_Kind | None, tuple[Liveness, Basis, str]]] = {
    "alive": ("alive", "reached", ""),
    "zombie": ("alive", "reached", ""),
    "refused": ("alive", "refused", ""),
    "unknown": ("unknown", "error", "the test says so"),
    None: ("dead", "no_such_process", ""),
}
# How many arguments a call has with the mode that it may leave out, and that mode.
_MODES: Final = {"open": (3, 0o600), "mkdir": (2, 0o700)}


class FakeClock:
    """A clock that shows ``now`` until it is moved.

    Raises:
        ValueError: ``now`` has no time zone.
    """

    def __init__(self, now: datetime) -> None:
        self.jump_to(now)

    def __call__(self) -> datetime:
        """Return the moment it shows."""
        return self._now

    def advance(self, by: timedelta | float) -> None:
        """Let time pass, by a ``timedelta`` or by seconds.

        Raises:
            ValueError: ``by`` is negative; time that runs backwards is a ``jump_to``.
        """
        step = by if isinstance(by, timedelta) else timedelta(seconds=by)
        if step < timedelta(0):
            raise ValueError(f"time passes forwards, not by {by!r}: use jump_to() to set it back")
        self._now += step

    def jump_to(self, moment: datetime) -> None:
        """Set the clock, forwards or back, as an operator does.

        Raises:
            ValueError: ``moment`` has no time zone.
        """
        from_datetime(moment)  # which says of a naive one what to do
        self._now = moment


class FakeProcesses:
    """A process table that holds what a test puts into it; every other pid is dead.

    Judges impossible pids as ``SystemProcesses`` does, whatever the table says of them. A process
    that refuses signals can be looked at only when its start is given. The machine was booted at
    the epoch and its clock was never set, so a process's ``since_boot`` is its ``started_at``.

    Args:
        alive: Pids that signal 0 reaches.
        refused: Pids that refuse signal 0 for permission, and so are alive too.
        unknown: Pids that cannot be asked.
        started_at: When processes began, in ms since 1970, by pid.
        zombies: Pids that have ended and wait for their parent; signal 0 reaches them.
    """

    def __init__(
        self,
        *,
        alive: Iterable[float] = (),
        refused: Iterable[float] = (),
        unknown: Iterable[float] = (),
        started_at: Mapping[float, int] | None = None,
        zombies: Iterable[float] = (),
    ) -> None:
        kinds: dict[_Kind, Iterable[float]] = {
            "unknown": unknown, "refused": refused, "alive": alive, "zombie": zombies,
        }  # fmt: skip
        self._kinds = {pid: kind for kind, pids in kinds.items() for pid in pids}
        self._started_at = dict(started_at or {})

    def check(self, pid: float) -> ProcessEvidence:
        """Say what the table holds (§3 of the specification)."""
        return impossible_pid(pid) or ProcessEvidence(int(pid), *_CHECKED[self._kinds.get(pid)])

    def identify(self, pid: float) -> ProcessIdentity | None:
        """Say which process the table holds; ``None`` for none, and for one that is hidden."""
        evidence = self.check(pid)
        started_at = self._started_at.get(pid)
        hidden = evidence.basis == "refused" and started_at is None
        if evidence.liveness != "alive" or hidden:
            return None
        return ProcessIdentity(started_at, self._kinds[pid] == "zombie", since_boot=started_at)

    def start(self, pid: int, *, started_at: int | None = None, refused: bool = False) -> None:
        """Let a process have ``pid``: a new one, whoever had the pid before.

        Args:
            pid: Its pid.
            started_at: When it began, in ms since 1970.
            refused: Whether it refuses signals for permission.

        Raises:
            ValueError: No process can have this pid.
        """
        impossible = impossible_pid(pid)
        if impossible is not None:
            raise ValueError(f"{impossible.text()}; start one that a process can have")
        self._kinds[pid] = "refused" if refused else "alive"
        self._started_at.pop(pid, None)
        if started_at is not None:
            self._started_at[pid] = started_at

    def die(self, pid: int, *, reaped: bool = True) -> None:
        """Let a process end; not ``reaped`` by its parent, it stays as a zombie.

        Raises:
            ValueError: The table holds no such process.
        """
        if pid not in self._kinds or impossible_pid(pid) is not None:  # `True` would be pid 1
            raise ValueError(f"pid {pid} cannot die, as it is not alive: start() it first")
        if reaped:
            del self._kinds[pid]
            self._started_at.pop(pid, None)
        else:
            self._kinds[pid] = "zombie"


@frozen
class FileCall:
    """One call that a file system was asked for, and what came of it.

    Attributes:
        method: The system call.
        arguments: What it was called with; a path in an open folder is told whole.
        result: What it returned; ``None`` also when it raised.
        error: The errno that it raised, if any.
    """

    method: FileMethod
    arguments: tuple[Any, ...]
    result: Any = None
    error: int | None = None


@frozen
class InjectedFault:
    """A system call that fails.

    Attributes:
        error: The errno that it raises.
        at: The number of the call that fails, the first being 1.
        method: Which calls are counted; ``None`` counts all of them.
        written: How many bytes a failing ``write`` still gets down, as a disk that fills up does:
            when above 0 the call returns that count, and the next ``write`` raises.

    Raises:
        TypeError: ``error``, ``at`` or ``written`` is no whole number.
        ValueError: ``error`` or ``at`` is below 1, ``written`` below 0, or there is no such method.
    """

    error: int
    at: int = field(default=1, kw_only=True)
    method: FileMethod | None = field(default=None, kw_only=True)
    written: int = field(default=0, kw_only=True)

    def __attrs_post_init__(self) -> None:
        numbers: dict[str, Any] = {"error": self.error, "at": self.at, "written": self.written}
        for name, value in numbers.items():
            if not isinstance(value, int) or isinstance(value, bool):
                such = ", such as errno.EIO" if name == "error" else ""
                raise TypeError(f"a fault's {name} is a whole number{such}; not {value!r}")
        if self.error < 1 or self.at < 1 or self.written < 0:
            raise ValueError(f"errors and calls count from 1, written bytes from 0; not {self}")
        known = get_args(FileMethod)
        if self.method is not None and self.method not in known:
            from launchfsm.engine.text import did_you_mean  # noqa: PLC0415 - only who errs pays for it

            raise ValueError(
                f"a fault cannot strike: FileSystem has no method {self.method!r}"
                f"{did_you_mean(str(self.method), known)}; there are: {', '.join(known)}"
            )


class FaultyFileSystem(FileSystem):
    """The real file system, recording every call and failing those it is told to.

    A failing call has no effect, but for ``close``: as on a real system its descriptor is gone.
    Each fault strikes once. Threads may share one.

    Args:
        faults: What fails, and when. Without any this is a recorder.

    Attributes:
        calls: Every call so far, in order.

    Raises:
        TypeError: One of them is no fault.
    """

    def __init__(self, *faults: InjectedFault) -> None:
        if not all(isinstance(fault, InjectedFault) for fault in faults):
            raise TypeError(
                "FaultyFileSystem takes faults, as in FaultyFileSystem(InjectedFault(errno.EIO)),"
                f" and of a list FaultyFileSystem(*faults); not {faults!r}"
            )
        self.calls: list[FileCall] = []
        self._paths: dict[int, str] = {}
        self._faults = list(faults)
        self._counts: Counter[FileMethod | None] = Counter()
        self._counting = Lock()

    def _whole(self, path: str, dir_fd: int | None) -> str:
        """The path as it would be without an open folder: what is recorded of a call."""
        return path if dir_fd is None else os.path.join(self._paths[dir_fd], path)  # noqa: PTH118 - paths are plain text here

    def _record(
        self, method: FileMethod, arguments: tuple[Any, ...], inside: dict[str, int]
    ) -> Any:
        """Make a call whose arguments are recorded with every path whole."""
        real = getattr(super(), method)
        if method in _MODES and len(arguments) < _MODES[method][0]:
            arguments = (*arguments, _MODES[method][1])
        if method == "listdir":
            return self._call(
                method, lambda _: real(*arguments), self._paths.get(arguments[0], arguments[0])
            )
        if not isinstance(arguments[0], str):
            return self._call(method, real, *arguments)
        folder = inside.get("dir_fd")
        whole = [self._whole(part, folder) if isinstance(part, str) else part for part in arguments]
        result = self._call(method, lambda *_: real(*arguments, **inside), *whole)
        if method == "open":
            self._paths[result] = whole[0]
        return result

    def _call(self, method: FileMethod, real: Callable[..., _T], *arguments: Any) -> _T:
        fault = self._due(method)
        try:
            if fault is None:
                result = real(*arguments)
            else:
                result = self._strike(fault, method, real, arguments)
        except OSError as error:
            self.calls.append(FileCall(method, arguments, error=error.errno))
            raise
        self.calls.append(FileCall(method, arguments, result))
        return result

    def _due(self, method: FileMethod) -> InjectedFault | None:
        """Count this call and return the fault that is due at it, taking it off the list."""
        with self._counting:
            self._counts[method] += 1
            self._counts[None] += 1
            for fault in self._faults:
                if fault.method in {method, None} and self._counts[fault.method] >= fault.at:
                    self._faults.remove(fault)
                    return fault
        return None

    def _strike(
        self,
        fault: InjectedFault,
        method: FileMethod,
        real: Callable[..., _T],
        arguments: tuple[Any, ...],
    ) -> _T:
        if method == "write" and fault.written:
            self._faults.append(InjectedFault(fault.error, method="write"))
            descriptor, data = arguments
            return real(descriptor, data[: fault.written])
        if method == "close":
            real(*arguments)
        path = arguments[0] if isinstance(arguments[0], str) else None
        raise OSError(fault.error, os.strerror(fault.error), path)


def _recorded(method: FileMethod) -> Callable[..., Any]:
    def call(self: FaultyFileSystem, *arguments: Any, **inside: int) -> Any:
        return self._record(method, arguments, inside)

    return functools.wraps(getattr(FileSystem, method))(call)


for _method in get_args(FileMethod):
    setattr(FaultyFileSystem, _method, _recorded(_method))

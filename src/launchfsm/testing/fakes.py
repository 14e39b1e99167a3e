"""A clock, a process table and a file system that do what a test tells them to."""

from __future__ import annotations

import errno
import os
from collections import Counter
from datetime import datetime, timedelta
from threading import Lock
from typing import TYPE_CHECKING, Any, Literal, TypeVar, get_args

from attrs import field, frozen

from launchfsm.ecma.dates import from_datetime
from launchfsm.system.files import FileSystem
from launchfsm.system.processes import ProcessEvidence, ProcessIdentity, impossible_pid

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping

FileMethod = Literal[
    "open",
    "write",
    "pread",
    "fstat",
    "lstat",
    "fchmod",
    "ftruncate",
    "fsync",
    "flock",
    "close",
    "rename",
    "unlink",
    "mkdir",
    "rmdir",
    "listdir",
]
"""The methods of ``FileSystem``."""

_T = TypeVar("_T")


class FakeClock:
    """A clock that stands still until it is moved.

    Args:
        now: The moment it shows, with a time zone.

    Raises:
        ValueError: ``now`` has no time zone.
    """

    def __init__(self, now: datetime) -> None:
        self._now = _aware(now)

    def __call__(self) -> datetime:
        """Return the moment it shows."""
        return self._now

    def advance(self, by: timedelta | float) -> None:
        """Let time pass.

        Args:
            by: How much, as a ``timedelta`` or in seconds.

        Raises:
            ValueError: ``by`` is negative; time that runs backwards is a ``jump_to``.
        """
        step = by if isinstance(by, timedelta) else timedelta(seconds=by)
        if step < timedelta(0):
            raise ValueError(f"time passes forwards, not by {by!r}: use jump_to() to set it back")
        self._now += step

    def jump_to(self, moment: datetime) -> None:
        """Set the clock, forwards or back, as an operator does.

        Args:
            moment: What it shows from now on, with a time zone.

        Raises:
            ValueError: ``moment`` has no time zone.
        """
        self._now = _aware(moment)


def _aware(moment: datetime) -> datetime:
    from_datetime(moment)  # which says of a naive one what to do
    return moment


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
        self._zombies = set(zombies)
        self._alive = set(alive) | self._zombies
        self._refused = set(refused)
        self._unknown = set(unknown)
        self._started_at = dict(started_at or {})

    def check(self, pid: float) -> ProcessEvidence:
        """Say what the table holds (§3 of the specification)."""
        impossible = impossible_pid(pid)
        if impossible is not None:
            return impossible
        number = int(pid)
        if number in self._alive:
            return ProcessEvidence(number, "alive", "reached")
        if number in self._refused:
            return ProcessEvidence(number, "alive", "refused")
        if number in self._unknown:
            return ProcessEvidence(number, "unknown", "error", "the test says so")
        return ProcessEvidence(number, "dead", "no_such_process")

    def identify(self, pid: float) -> ProcessIdentity | None:
        """Say which process the table holds; ``None`` for none, and for one that is hidden."""
        evidence = self.check(pid)
        started_at = self._started_at.get(pid)
        hidden = evidence.basis == "refused" and started_at is None
        if evidence.liveness != "alive" or hidden:
            return None
        return ProcessIdentity(started_at, zombie=pid in self._zombies, since_boot=started_at)

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
        self._forget(pid)
        (self._refused if refused else self._alive).add(pid)
        if started_at is not None:
            self._started_at[pid] = started_at

    def die(self, pid: int, *, reaped: bool = True) -> None:
        """Let a process end.

        Args:
            pid: Its pid.
            reaped: Whether its parent took note; if not, it stays as a zombie.

        Raises:
            ValueError: The table holds no such process.
        """
        if pid not in self._alive | self._refused | self._unknown:
            raise ValueError(f"pid {pid} cannot die, as it is not alive: start() it first")
        if reaped:
            self._forget(pid)
        else:
            self._zombies.add(pid)

    def _forget(self, pid: int) -> None:
        for pids in (self._alive, self._refused, self._unknown, self._zombies):
            pids.discard(pid)
        self._started_at.pop(pid, None)


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
        _require_errno(self.error)
        _require_whole("at", self.at)
        _require_whole("written", self.written)
        if self.method is not None:
            _require_method(self.method)
        if self.at < 1 or self.written < 0:
            raise ValueError(f"calls count from 1 and written bytes from 0, which rules out {self}")


def _require_errno(error: Any) -> None:
    if not _whole(error):
        named = isinstance(error, str) and error in errno.errorcode.values()
        raise TypeError(
            "a fault's error is an errno number, such as"
            f" errno.{error if named else 'EIO'}; not {error!r}"
        )
    if error < 1:
        raise ValueError(f"a fault raises an error, and errno numbers count from 1; not {error}")


def _require_whole(name: str, value: Any) -> None:
    if not _whole(value):
        raise TypeError(f"a fault's {name} is a whole number; not {value!r}")


def _whole(value: Any) -> bool:
    return isinstance(value, int) and not isinstance(value, bool)


def _require_method(method: Any) -> None:
    known = get_args(FileMethod)
    if method not in known:
        from launchfsm.engine.text import did_you_mean  # noqa: PLC0415 - only who errs pays for it

        near = did_you_mean(method, known) if isinstance(method, str) else ""
        raise ValueError(
            f"a fault cannot strike: FileSystem has no method {method!r}{near}; "
            f"there are: {', '.join(known)}"
        )


def _require_fault(fault: Any) -> None:
    if not isinstance(fault, InjectedFault):
        raise TypeError(
            "FaultyFileSystem takes faults, as in FaultyFileSystem(InjectedFault(errno.EIO)),"
            f" and of a list FaultyFileSystem(*faults); not {fault!r}"
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
        for fault in faults:
            _require_fault(fault)
        self.calls: list[FileCall] = []
        self._paths: dict[int, str] = {}
        self._faults = list(faults)
        self._counts: Counter[FileMethod | None] = Counter()
        self._counting = Lock()

    def open(self, path: str, flags: int, mode: int = 0o600, *, dir_fd: int | None = None) -> int:
        """Open, or fail."""
        real, whole = super().open, self._whole(path, dir_fd)
        descriptor = self._call(
            "open", lambda *_: real(path, flags, mode, dir_fd=dir_fd), whole, flags, mode
        )
        self._paths[descriptor] = whole
        return descriptor

    def write(self, descriptor: int, data: bytes) -> int:
        """Write all, or a part, or fail."""
        return self._call("write", super().write, descriptor, data)

    def pread(self, descriptor: int, length: int, offset: int) -> bytes:
        """Read, or fail."""
        return self._call("pread", super().pread, descriptor, length, offset)

    def fstat(self, descriptor: int) -> os.stat_result:
        """Look at an open file, or fail."""
        return self._call("fstat", super().fstat, descriptor)

    def lstat(self, path: str, *, dir_fd: int | None = None) -> os.stat_result:
        """Look at a path, or fail."""
        real = super().lstat
        return self._call("lstat", lambda _: real(path, dir_fd=dir_fd), self._whole(path, dir_fd))

    def fchmod(self, descriptor: int, mode: int) -> None:
        """Change permissions, or fail."""
        return self._call("fchmod", super().fchmod, descriptor, mode)

    def ftruncate(self, descriptor: int, length: int) -> None:
        """Cut, or fail."""
        return self._call("ftruncate", super().ftruncate, descriptor, length)

    def fsync(self, descriptor: int) -> None:
        """Sync, or fail."""
        return self._call("fsync", super().fsync, descriptor)

    def flock(self, descriptor: int, operation: int) -> None:
        """Lock or unlock, or fail."""
        return self._call("flock", super().flock, descriptor, operation)

    def close(self, descriptor: int) -> None:
        """Close, and perhaps fail."""
        return self._call("close", super().close, descriptor)

    def rename(self, source: str, target: str, *, dir_fd: int | None = None) -> None:
        """Rename, or fail."""
        real = super().rename
        paths = self._whole(source, dir_fd), self._whole(target, dir_fd)
        return self._call("rename", lambda *_: real(source, target, dir_fd=dir_fd), *paths)

    def unlink(self, path: str, *, dir_fd: int | None = None) -> None:
        """Remove a file's name, or fail."""
        real = super().unlink
        return self._call("unlink", lambda _: real(path, dir_fd=dir_fd), self._whole(path, dir_fd))

    def mkdir(self, path: str, mode: int = 0o700, *, dir_fd: int | None = None) -> None:
        """Create a folder, or fail."""
        real = super().mkdir
        whole = self._whole(path, dir_fd)
        return self._call("mkdir", lambda *_: real(path, mode, dir_fd=dir_fd), whole, mode)

    def rmdir(self, path: str, *, dir_fd: int | None = None) -> None:
        """Remove a folder, or fail."""
        real = super().rmdir
        return self._call("rmdir", lambda _: real(path, dir_fd=dir_fd), self._whole(path, dir_fd))

    def listdir(self, path: str | int) -> list[str]:
        """List a folder, or fail."""
        real = super().listdir
        whole = self._paths[path] if isinstance(path, int) else path
        return self._call("listdir", lambda _: real(path), whole)

    def _whole(self, path: str, dir_fd: int | None) -> str:
        """The path as it would be without an open folder: what is recorded of a call."""
        return path if dir_fd is None else os.path.join(self._paths[dir_fd], path)  # noqa: PTH118 - paths are plain text here

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

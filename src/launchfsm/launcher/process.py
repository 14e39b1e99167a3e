"""A member's process: one real process with a group of its own.

It leads a new session, so that it and what it starts can be ended together. Its error output goes
to a file and not through a pipe: nobody has to drain it, it cannot block the member, and a member
that outlives its launcher can go on writing. Its end is seen on a descriptor, a pidfd where the
system has them, and leaves it a zombie: for as long as it is not reaped, its pid and its group's
number, which are the same, cannot become another process's.

Here: starting, looking, signalling. Not here: when (``watcher``, ``members``).
"""

from __future__ import annotations

import os
import signal
import subprocess
import tempfile
import threading
from contextlib import suppress
from typing import IO, TYPE_CHECKING, Final

from launchfsm.launcher.check_in import CheckInReader, check_in_environment

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from launchfsm.launcher.check_in import CheckIn

_LONGEST_TAIL: Final = 1_000  # bytes of error output that a reason repeats
_CHUNK: Final = 65_536
_PRIVATE: Final = 0o600


class MemberProcess:
    """A process that was spawned for a member.

    Attributes:
        name: The member.
        pid: Its pid, which is the number of its process group too.
        exit_descriptor: A descriptor that becomes readable when it has ended.
        check_in_descriptor: The reading end of what it checks in by.
    """

    def __init__(
        self,
        name: str,
        command: Sequence[str | os.PathLike[str]],
        *,
        cwd: str | os.PathLike[str] | None = None,
        env: Mapping[str, str] | None = None,
        stdin: int | IO[bytes] | None = None,
        stdout: int | IO[bytes] | None = None,
        log: str | os.PathLike[str] | None = None,
    ) -> None:
        """Start the process.

        Raises:
            OSError: There is no such command, or the system has no room for it.
        """
        self.name = name
        self._log = _open_log(log)
        self._log_start = os.fstat(self._log).st_size
        self.check_in_descriptor, writing_end = os.pipe()
        os.set_blocking(self.check_in_descriptor, False)
        self._reader = CheckInReader()
        environment = dict(os.environ if env is None else env)
        try:
            self._process = subprocess.Popen(  # noqa: S603 - to run a command is the purpose
                command,
                cwd=cwd,
                env=environment | check_in_environment(writing_end),
                stdin=subprocess.DEVNULL if stdin is None else stdin,
                stdout=stdout,
                stderr=self._log,
                pass_fds=(writing_end,),
                start_new_session=True,
            )
        except BaseException:
            os.close(self._log)
            os.close(self.check_in_descriptor)
            raise
        finally:
            os.close(writing_end)
        self.pid = self._process.pid
        self.exit_descriptor = _exit_descriptor(self._process)

    @property
    def returncode(self) -> int | None:
        """How it ended, as ``subprocess`` says it; ``None`` while it lives."""
        if self._process.returncode is not None or not hasattr(os, "waitid"):
            return self._process.poll()
        try:
            ended = os.waitid(os.P_PID, self.pid, os.WEXITED | os.WNOWAIT | os.WNOHANG)
        except ChildProcessError:  # another thread reaped it just now
            return self._process.poll()
        if ended is None:
            return None
        return ended.si_status if ended.si_code == os.CLD_EXITED else -ended.si_status

    def ending(self) -> str:
        """Say in words how it ended."""
        code = self.returncode or 0
        return f"exited with status {code}" if code >= 0 else f"was killed by {_signal_name(-code)}"

    def tail(self) -> str:
        """Return the end of its error output, from the beginning of a line on where that fits."""
        size = os.fstat(self._log).st_size
        start = max(self._log_start, size - _LONGEST_TAIL)
        text = os.pread(self._log, _LONGEST_TAIL, start).decode(errors="replace")
        if start > self._log_start and "\n" in text.rstrip("\n"):
            text = text.partition("\n")[2]
        return text.strip()

    def check_ins(self) -> list[tuple[CheckIn, str]] | None:
        """Return what arrived since the last time; ``None`` when nothing more can arrive."""
        try:
            data = os.read(self.check_in_descriptor, _CHUNK)
        except BlockingIOError:
            return []
        return self._reader.feed(data) if data else None

    def signal_group(self, number: int) -> bool:
        """Send a signal to the whole group; return whether there is any process left in it."""
        try:
            os.killpg(self.pid, number)
        except ProcessLookupError:
            return False
        except PermissionError:  # it changed its user; it is there all the same
            return True
        return True

    def group_lives(self) -> bool:
        """Tell whether any process is left in the group of a leader that has ended.

        A zombie is none: it only waits for a parent, which may be slow to take note of it.
        """
        left = _living_in_group(self.pid)
        if left is not None:
            return left
        # An empty group cannot be told from one that has its leader's zombie until that is reaped.
        self.wait()
        return self.signal_group(0)

    def wait(self, *, timeout: float | None = None) -> int:
        """Wait for its end and take note of it; from then on its number may be another's.

        Returns:
            How it ended, as ``subprocess`` says it.

        Raises:
            subprocess.TimeoutExpired: It lives on.
        """
        return self._process.wait(timeout)

    def kill(self) -> None:
        """End the group at once, and take note of it."""
        self.signal_group(signal.SIGKILL)
        self.wait()
        self.close()

    def close(self) -> None:
        """Close what it was watched by; the process itself is left alone."""
        for descriptor in (self._log, self.check_in_descriptor, self.exit_descriptor):
            with suppress(OSError):
                os.close(descriptor)
        self._log = self.check_in_descriptor = self.exit_descriptor = -1


def _open_log(log: str | os.PathLike[str] | None) -> int:
    """Open the file for the error output, one without a name when none is given."""
    if log is not None:
        return os.open(log, os.O_RDWR | os.O_APPEND | os.O_CREAT | os.O_CLOEXEC, _PRIVATE)
    with tempfile.TemporaryFile() as unnamed:
        return os.dup(unnamed.fileno())


def _exit_descriptor(process: subprocess.Popen[bytes]) -> int:
    if hasattr(os, "pidfd_open"):
        with suppress(OSError):  # an old kernel, or a sandbox that does not allow it
            return os.pidfd_open(process.pid)
    readable, writable = os.pipe()

    def wait() -> None:
        process.wait()
        os.close(writable)

    threading.Thread(target=wait, name=f"launchfsm-wait-{process.pid}", daemon=True).start()
    return readable


def _living_in_group(group: int) -> bool | None:
    """Tell whether a group has a process that is no zombie; ``None`` where that cannot be seen."""
    try:
        names = os.listdir("/proc")  # noqa: PTH208 - names are what is needed
    except OSError:
        return None
    stats = [_stat(name) for name in names if name.isdigit()]
    return any(stat[2] == str(group) and stat[0] not in {"Z", "X"} for stat in stats if stat)


def _stat(pid: str) -> list[str]:
    """Return what ``/proc`` says of a process from its state on; nothing when it is gone."""
    try:
        with open(f"/proc/{pid}/stat", encoding="utf-8", errors="replace") as file:  # noqa: PTH123 - likewise
            return file.read().rpartition(")")[2].split()
    except OSError:
        return []


def _signal_name(number: int) -> str:
    try:
        return signal.Signals(number).name
    except ValueError:
        return f"signal {number}"

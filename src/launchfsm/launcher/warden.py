"""The warden: a small process that ends the members when their launcher cannot any more.

A launcher that is killed with SIGKILL runs no code, and its members would live on. So a warden is
started with them, in a session of its own. It is told which process groups there are, ``+4242`` and
``-4242`` on a line each, over a pipe whose other end the launcher alone holds. When that ends with
groups left, the launcher is gone, and the warden ends them: SIGTERM, and SIGKILL after a grace.

A group that the launcher started but did not come to tell of, in the microseconds before it was
killed, is missed. Asked to, a launcher does without a warden (``members``).

Here: both ends of that pipe. The warden's end runs as a script and imports nothing but the standard
library, so that it starts fast and needs no installation.
"""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from contextlib import suppress
from typing import IO

_LOOK_AGAIN = 0.02  # seconds


class Warden:
    """The launcher's end: a warden that knows nobody yet.

    Args:
        grace: For how many seconds members may take to end after SIGTERM.
    """

    def __init__(self, *, grace: float) -> None:
        self._process = subprocess.Popen(  # noqa: S603 - this very file
            [sys.executable, "-I", "-S", __file__, str(grace)],
            stdin=subprocess.PIPE,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            start_new_session=True,
            bufsize=0,
        )

    def add(self, group: int) -> None:
        """Have a process group ended when this process dies."""
        self._tell(f"+{group}\n")

    def remove(self, group: int) -> None:
        """Let a process group be: it is gone, or is to live on."""
        self._tell(f"-{group}\n")

    def dismiss(self) -> None:
        """End the warden; those that it still knows are ended by it first."""
        self._process.communicate()

    def _tell(self, line: str) -> None:
        if self._process.stdin is not None:
            with suppress(BrokenPipeError):  # somebody ended the warden
                self._process.stdin.write(line.encode())


def watch_over(lines: IO[bytes], *, grace: float) -> None:
    """Be the warden: read which groups there are, and end those that are left at the end.

    Args:
        lines: What the launcher tells, up to its death.
        grace: For how many seconds groups may take to end after SIGTERM.
    """
    groups: set[int] = set()
    for line in lines:
        with suppress(ValueError):
            number = int(line[1:])
            (groups.add if line[:1] == b"+" else groups.discard)(number)
    left = {group for group in groups if _signal(group, signal.SIGTERM)}
    deadline = time.monotonic() + grace
    while left and time.monotonic() < deadline:
        time.sleep(_LOOK_AGAIN)
        left = {group for group in left if _signal(group, 0)}
    for group in left:
        _signal(group, signal.SIGKILL)


def _signal(group: int, number: int) -> bool:
    """Signal a group; return whether there is any process in it."""
    try:
        os.killpg(group, number)
    except ProcessLookupError:
        return False
    except PermissionError:
        return True
    return True


if __name__ == "__main__":
    watch_over(sys.stdin.buffer, grace=float(sys.argv[1]))

"""The guard: one process at a time judges a team's lock, or writes under it.

An exclusive ``flock`` on the team's folder itself, held for the few milliseconds of one judgement
or one write. It leaves no file behind, the kernel lets go of it when its holder dies, whatever the
way, and it is no lock on the bootstrap: who holds that is written in ``.bootstrap.lock`` for every
reader to see (``lock``).

A forked child shares the parent's ``flock``, so it is given back expressly and not by closing
alone. On a network file system it binds the processes of one host.
"""

from __future__ import annotations

import fcntl
import os
import time
from contextlib import contextmanager, suppress
from typing import TYPE_CHECKING, Final

from launchfsm.launcher.errors import FolderBusyError

if TYPE_CHECKING:
    from collections.abc import Iterator

    from launchfsm.system.files import FileSystem

PATIENCE: Final = 10.0
"""For how many seconds to wait for the guard; only a stopped process or a stuck disk holds it."""

_FOLDER: Final = os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC
_FIRST_PAUSE: Final = 0.000_5
_LONGEST_PAUSE: Final = 0.02


@contextmanager
def guarded(folder: str, *, filesystem: FileSystem) -> Iterator[None]:
    """Hold the guard of a team's folder inside the block.

    Args:
        folder: The team's folder.
        filesystem: The system calls to use.

    Raises:
        FolderBusyError: Another process, or thread, kept it for ``PATIENCE`` seconds.
        OSError: The folder cannot be opened, or its file system has no locks.
    """
    descriptor = filesystem.open(folder, _FOLDER)
    try:
        _wait(descriptor, folder, filesystem)
        try:
            yield
        finally:
            with suppress(OSError):  # closing lets go too, and what was written is written
                filesystem.flock(descriptor, fcntl.LOCK_UN)
    finally:
        with suppress(OSError):  # nothing was written through it, so nothing can be lost here
            filesystem.close(descriptor)


def _wait(descriptor: int, folder: str, filesystem: FileSystem) -> None:
    deadline = time.monotonic() + PATIENCE
    pause = _FIRST_PAUSE
    while not _try(descriptor, folder, filesystem):
        if time.monotonic() >= deadline:
            raise FolderBusyError(
                f"{folder} has been in use by another launcher for {PATIENCE:g} seconds, though no"
                " write takes that long. Is that process stopped (SIGSTOP, a debugger), or the disk"
                " stuck? Continue or end it, then try again."
            )
        time.sleep(pause)
        pause = min(2 * pause, _LONGEST_PAUSE)


def _try(descriptor: int, folder: str, filesystem: FileSystem) -> bool:
    try:
        filesystem.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    except OSError as error:
        error.filename = folder
        raise
    return True

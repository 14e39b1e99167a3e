"""The folder lock: one process at a time judges a team's bootstrap lock, or writes under it.

An exclusive ``flock`` on the team's folder itself, held for the few milliseconds of one judgement
or one write. It leaves no file behind, and the kernel releases it however its holder dies. Who
holds the bootstrap is another matter: ``.bootstrap.lock`` says so, for every reader to see.

A forked child shares its parent's ``flock``, so it is released expressly and not by closing alone.
On a network file system it binds the processes of one host.
"""

from __future__ import annotations

import time
from contextlib import contextmanager, suppress
from typing import TYPE_CHECKING, Final

from launchfsm.launcher.errors import FolderBusyError
from launchfsm.system.folders import open_folder

with suppress(ImportError):  # Windows has none
    import fcntl

if TYPE_CHECKING:
    from collections.abc import Iterator

    from launchfsm.system.files import FileSystem
    from launchfsm.system.folders import Folder

PATIENCE: Final = 10.0
"""For how many seconds to wait for the folder lock; only a stopped process or a stuck disk has it
for so long."""

_FIRST_PAUSE: Final = 0.000_5
_LONGEST_PAUSE: Final = 0.02


@contextmanager
def locked_folder(path: str, *, filesystem: FileSystem) -> Iterator[Folder]:
    """Open a team's folder and hold its folder lock inside the block.

    Args:
        path: The team's folder.
        filesystem: The system calls to use.

    Raises:
        FolderBusyError: Another process, or thread, kept the lock for ``PATIENCE`` seconds.
        OSError: The folder cannot be opened, is a symbolic link, or its file system has no locks.
    """
    with open_folder(path, filesystem=filesystem) as folder:
        descriptor = folder.demand_writable()
        deadline, pause = time.monotonic() + PATIENCE, _FIRST_PAUSE
        while True:
            try:
                filesystem.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
                break
            except BlockingIOError:
                if time.monotonic() >= deadline:
                    raise FolderBusyError(
                        f"{path} has been in use by another launcher for {PATIENCE:g} seconds, and"
                        " no write takes that long. Is that process stopped (SIGSTOP, a debugger),"
                        " or the disk stuck? Continue or end it, then try again."
                    ) from None
            except OSError as error:
                error.filename = path
                raise
            time.sleep(pause)
            pause = min(2 * pause, _LONGEST_PAUSE)
        try:
            yield folder
        finally:
            with suppress(OSError):  # closing releases it too, and what was written is written
                filesystem.flock(descriptor, fcntl.LOCK_UN)

"""Litter: what killed writers leave in a team's folder, and when it may be taken away.

Folders of locks in the making, or put aside, and temporary files inside of a lock exist only while
somebody holds the guard; whoever holds it may remove those that are there. Temporary files beside
the records may be another writer's, who needs no guard, and go only when they are so old that no
write is still going on.
"""

# Paths as plain text, as in ``files``:
# ruff: noqa: PTH118

from __future__ import annotations

import os
import stat
from contextlib import suppress
from typing import TYPE_CHECKING, Final

from launchfsm.system.files import TEMPORARY_PREFIX

if TYPE_CHECKING:
    from launchfsm.system.files import FileSystem

LOCK_PREFIX: Final = f"{TEMPORARY_PREFIX}lock-"
"""How the names of lock folders begin that are not in place yet, or not any more."""

_LONGEST_WRITE: Final = 60  # seconds; whoever does take longer gets an error, and breaks nothing


def lock_litter_name(folder: str) -> str:
    """Return a path for a lock folder that is not in place, unpredictable and so its own."""
    return os.path.join(folder, LOCK_PREFIX + os.urandom(8).hex())


def discard(path: str, *, filesystem: FileSystem) -> None:
    """Remove a folder with the files in it, as far as that goes; what cannot go is left."""
    with suppress(OSError):
        for name in filesystem.listdir(path):
            with suppress(OSError):
                filesystem.unlink(os.path.join(path, name))
        filesystem.rmdir(path)


def tidy(folder: str, lock_folder: str, *, now: float, filesystem: FileSystem) -> None:
    """Remove the litter of killed writers, as far as that goes; the caller holds the guard.

    Args:
        folder: The team's folder.
        lock_folder: The lock in it.
        now: The time by the file system's own clock, in seconds since 1970.
        filesystem: The system calls to use.
    """
    with suppress(OSError):
        for name in filesystem.listdir(folder):
            path = os.path.join(folder, name)
            if name.startswith(LOCK_PREFIX):
                discard(path, filesystem=filesystem)
            elif name.startswith(TEMPORARY_PREFIX):
                _remove_if_old(path, now, filesystem)
    with suppress(OSError):
        for name in filesystem.listdir(lock_folder):
            if name.startswith(TEMPORARY_PREFIX):
                filesystem.unlink(os.path.join(lock_folder, name))


def _remove_if_old(path: str, now: float, filesystem: FileSystem) -> None:
    with suppress(OSError):
        status = filesystem.lstat(path)
        if stat.S_ISREG(status.st_mode) and now - status.st_mtime > _LONGEST_WRITE:
            filesystem.unlink(path)

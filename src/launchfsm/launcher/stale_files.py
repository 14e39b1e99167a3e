"""Stale files: what killed writers leave in a team's folder, and when it is removed.

Lock folders under a temporary name, and temporary files inside a lock, exist only while somebody
holds the folder lock, so whoever holds it may remove those that are there. Temporary files beside
the records may belong to a writer that needs no folder lock; they are removed once no write can
still be going on. Nothing is removed that a writer would not have made: no symbolic link, no other
name, no folder that holds something else.
"""

from __future__ import annotations

import os
import stat
from contextlib import suppress
from typing import TYPE_CHECKING, Final

from launchfsm.launcher.inspect import LOCK_FOLDER, METADATA
from launchfsm.system.folders import TEMPORARY_PREFIX

if TYPE_CHECKING:
    from launchfsm.system.folders import Folder

LOCK_PREFIX: Final = f"{TEMPORARY_PREFIX}lock-"
"""How the names of lock folders begin that are not in place yet, or not any more."""

_LONGEST_WRITE: Final = 60  # seconds; whoever does take longer gets an error, and breaks nothing


def temporary_lock_name() -> str:
    """Return a name for a lock folder that is not in place, unpredictable and so its own."""
    return LOCK_PREFIX + os.urandom(8).hex()


def discard_lock(team: Folder, name: str) -> None:
    """Remove a lock folder that is not in place, as far as that goes."""
    with suppress(OSError):
        with team.open_folder(name) as lock:
            for inner in lock.names():
                if inner == METADATA or inner.startswith(TEMPORARY_PREFIX):
                    with suppress(OSError):
                        lock.unlink(inner)
        team.rmdir(name)


def clean_up(team: Folder) -> None:
    """Remove what killed writers left in a team's folder, as far as that goes.

    The caller holds the folder lock, and has just written the bootstrap lock's metadata.
    """
    with suppress(OSError):
        with team.open_folder(LOCK_FOLDER) as lock:
            # When the metadata was written is what time it is by the file system's own clock.
            now = lock.lstat(METADATA).st_mtime
            for name in lock.names():
                if name.startswith(TEMPORARY_PREFIX):
                    with suppress(OSError):
                        lock.unlink(name)
        for name in team.names():
            if name.startswith(LOCK_PREFIX):
                discard_lock(team, name)
            elif name.startswith(TEMPORARY_PREFIX):
                with suppress(OSError):
                    status = team.lstat(name)
                    if stat.S_ISREG(status.st_mode) and now - status.st_mtime > _LONGEST_WRITE:
                        team.unlink(name)

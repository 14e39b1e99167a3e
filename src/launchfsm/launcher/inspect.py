"""Inspect a team's lock without touching it: is there one, who holds it, does that process live."""

from __future__ import annotations

import errno
from typing import Final

import attrs

from launchfsm.ecma.dates import iso_from_ms
from launchfsm.ecma.json import JsonError, parse_json
from launchfsm.records.documents import LARGEST_LOCK, LOCK_FILE
from launchfsm.records.lock import HolderVerdict, LockRecord, escaped, judge_holder, read_lock
from launchfsm.system.folders import Folder, open_folder
from launchfsm.system.processes import Place, Processes, SystemProcesses

LOCK_FOLDER, _, METADATA = LOCK_FILE.partition("/")
_LOOKS: Final = 3

NO_FILE: Final = frozenset({errno.ENOTDIR, errno.EISDIR, errno.EINVAL, errno.ELOOP, errno.ENXIO})
"""Errors that say of what is there that it is no file, or folder, and will be none next time."""


@attrs.frozen
class FoundLock:
    """A lock that is there.

    Attributes:
        holder: Its metadata; all fields are ``None`` where none could be read.
        verdict: Whether its holder lives.
    """

    holder: LockRecord
    verdict: HolderVerdict

    def text(self) -> str:
        """Say who holds it since when, as far as it says so."""
        holder = self.holder
        run = "" if holder.run_id is None else f" for the run {escaped(holder.run_id)}"
        since = None if holder.created_at is None else iso_from_ms(holder.created_at)
        who = "it does not say who" if holder.pid is None else f"pid {holder.pid:.0f}{run}"
        return who if since is None else f"{who}, since {since}"


def find_lock(
    folder: str, *, processes: Processes | None = None, here: Place | None = None
) -> FoundLock | None:
    """Look at a team's lock without touching it; ``None`` when there is none.

    Args:
        folder: The team's folder.
        processes: Whom to ask about its holder; the system when ``None``.
        here: Where this process runs; found out when ``None``.
    """
    processes, here = processes or SystemProcesses(), here or Place.here()
    try:
        with open_folder(folder) as team:
            return inspect_lock(team, processes=processes, here=here)
    except FileNotFoundError:
        return None
    except OSError as error:
        return _unprovable(_unreadable(error))


def inspect_lock(team: Folder, *, processes: Processes, here: Place) -> FoundLock | None:
    """Look at a team's lock as ``find_lock`` does, for somebody who may take it.

    An ``OSError`` says that nothing can be said of it now, as for want of descriptors.
    """
    try:
        found = read_metadata(team)
    except PermissionError as error:  # another user's, whose metadata is not for everybody
        return _unprovable(_unreadable(error))
    if found is None:
        return None
    if isinstance(found, str):
        return _unprovable(found)
    return FoundLock(found, judge_holder(found, here=here, processes=processes))


def _unprovable(why: str) -> FoundLock:
    return FoundLock(LockRecord(), HolderVerdict("unprovable", why))


def read_metadata(team: Folder) -> LockRecord | str | None:
    """Return a lock's metadata, why there is none to use, or ``None`` when there is no lock.

    An ``OSError`` says that it cannot be read now, for a reason that says nothing about the lock.
    """
    for _ in range(_LOOKS):  # it may be taken between the two looks, and then has metadata
        try:
            with team.open_folder(LOCK_FOLDER) as lock:
                found = lock.tail(METADATA, LARGEST_LOCK)
            if found.size > LARGEST_LOCK:
                return (
                    f"its metadata cannot be read: it holds {found.size} bytes, over {LARGEST_LOCK}"
                )
            document = parse_json(found.data)
            no_object = "its metadata is damaged: it is no object"
            return read_lock(document) if isinstance(document, dict) else no_object
        except JsonError as error:
            return f"its metadata is damaged: {error}"
        except FileNotFoundError:
            try:
                team.lstat(LOCK_FOLDER)
            except FileNotFoundError:
                return None
        except OSError as error:
            if error.errno not in NO_FILE:
                raise
            return _unreadable(error)
    return "its metadata cannot be read: there is no such file"


def _unreadable(error: OSError) -> str:
    if error.errno == errno.ELOOP:
        return "its metadata cannot be read: a symbolic link is in its place"
    return f"its metadata cannot be read: {error.strerror}"

"""The lock on a team's bootstrap: taken whole, taken over by one, and never written past.

Who holds the lock is what ``.bootstrap.lock/metadata.json`` says (§8, §13 of the specification).
It is there from the first instant: the folder is made ready under another name, synced, and
renamed into place, which fails when somebody else's stands there. It is given up the same way, by
renaming it aside first. So there is never a lock that does not say whose it is.

Why exactly one takes a dead owner's lock
=========================================

A contender that finds the lock free, or its owner provably dead, takes the *folder lock*, an
exclusive ``flock`` on the team's folder that is held for one judgement or one write and leaves no
file behind. It inspects the lock *again*, and only then acts, still under the folder lock: it
renames its prepared folder into place, or its metadata over the dead owner's. Both are one step
for every reader. Every other contender inspects the lock after that, under the folder lock too, and
finds a holder that lives: the winner. A verdict never outlives the folder lock that it was reached
under, so no living lock is broken by a contender that fell asleep between looking and acting.

A contender looks without the folder lock first and, while the owner lives, never takes it. So
contenders cannot keep an owner from writing, not even stopped ones.

Why a run that lost its lock cannot write
=========================================

Every write happens under the folder lock, after the lock's nonce was read and found to be the run's
own (``writing``). A taker waits for the folder lock, so it cannot take the lock between the check
and the write; a run that was paused in between holds the folder lock, and nobody passes it. A run
that was paused before finds another nonce, and refuses, then and ever after.

Why nobody is led elsewhere
===========================

The team's folder and the lock's are opened without following links, and everything in them is
reached by name from there. A lock that is a link is unprovable: it is never written through and
never removed, also not with ``break_unprovable``.

What is left: launchers that take locks some other way do not know the folder lock. One that creates
``.bootstrap.lock`` in the instant between our look and our rename sees it replaced, and one that
removes a lock can do so in the middle of a write of ours, of which there is then at most that one.
And a network file system may hold the folder lock for the processes of one host only, which is why
a lock of another host is never taken over unless asked for.

What killed writers leave
=========================

Lock folders under a temporary name, and temporary files inside a lock, exist only while somebody
holds the folder lock, so whoever holds it may remove those that are there. Temporary files beside
the records may belong to a writer that needs no folder lock; they are removed once no write can
still be going on. Nothing is removed that a writer would not have made: no symbolic link, no other
name, no folder that holds something else.
"""

from __future__ import annotations

import errno
import os
import stat
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from typing import Final

from launchfsm.ecma.json import json_bytes
from launchfsm.launcher.errors import FolderBusyError, LockHeldError, LockLostError
from launchfsm.launcher.inspect import LOCK_FOLDER, METADATA, FoundLock, inspect_lock, read_metadata
from launchfsm.records.documents import LARGEST_LOCK, parse_document
from launchfsm.records.lock import LOCK, HolderVerdict, LockRecord
from launchfsm.system.files import FILE_SYSTEM, FileSystem
from launchfsm.system.folders import TEMPORARY_PREFIX, Folder, open_folder
from launchfsm.system.processes import Place, Processes, SystemProcesses

with suppress(ImportError):  # Windows has none
    import fcntl

LOOK_AGAIN: Final = 0.02
"""After how many seconds a contender looks at a lock again."""

PATIENCE: Final = 10.0
"""For how many seconds to wait for the folder lock; only a stopped process or a stuck disk has it
for so long."""

LOCK_PREFIX: Final = f"{TEMPORARY_PREFIX}lock-"
"""How the names of lock folders begin that are not in place yet, or not any more."""

_FIRST_PAUSE: Final = 0.000_5  # seconds between two tries for the folder lock
_LONGEST_PAUSE: Final = 0.02
_LONGEST_WRITE: Final = 60  # seconds; whoever does take longer gets an error, and breaks nothing
_IN_THE_WAY: Final = frozenset({errno.ENOTEMPTY, errno.EEXIST})  # a lock of somebody else's kind
_APPEARED: Final = HolderVerdict("unprovable", "it appeared just now")


@contextmanager
def locked_folder(path: str, *, filesystem: FileSystem) -> Iterator[Folder]:
    """Open a team's folder and hold its folder lock inside the block.

    A forked child shares the lock, so it is released expressly and not by closing alone.

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


class BootstrapLock:
    """A lock that this process has taken. ``take`` makes one.

    Attributes:
        folder: The team's folder.
        holder: The metadata that this process wrote.
        taken_from: The lock that it was taken over from; ``None`` when it was free.
    """

    def __init__(
        self,
        folder: str,
        holder: LockRecord,
        *,
        taken_from: FoundLock | None = None,
        filesystem: FileSystem = FILE_SYSTEM,
    ) -> None:
        self.folder = folder
        self.holder = holder
        self.taken_from = taken_from
        self._filesystem = filesystem
        self._pid = os.getpid()
        self._released = False

    @classmethod
    def take(
        cls,
        folder: str,
        claim: Callable[[], LockRecord],
        *,
        timeout: float = 0.0,
        break_unprovable: bool = False,
        processes: Processes | None = None,
        filesystem: FileSystem = FILE_SYSTEM,
    ) -> BootstrapLock:
        """Take a team's lock, if need be over from an owner that is provably dead.

        Args:
            folder: The team's folder, which exists.
            claim: Makes the metadata to write, with a nonce of its own; called when it is written.
            timeout: For how many seconds to wait for the lock; 0 is one look.
            break_unprovable: Whether to take the lock over as well when its owner may live: it is
                of another host, of nobody one may look at, or does not say whose it is. A lock
                whose owner is known to live is never taken.
            processes: Whom to ask about owners; the system when ``None``.
            filesystem: The system calls to write with.

        Raises:
            LockHeldError: It is held, and was so for all of ``timeout``.
            FolderBusyError: Another process stands still while it writes.
            ValueError: Readers would not read what ``claim`` made as it is; nothing was written.
            OSError: The lock could not be written; nothing of it is left.
        """
        deadline = time.monotonic() + timeout
        here, processes = Place.here(), processes or SystemProcesses()
        breakable = {"dead", "unprovable"} if break_unprovable else {"dead"}
        while True:
            with open_folder(folder, filesystem=filesystem) as team:
                found = inspect_lock(team, processes=processes, here=here)
            if found is None or found.verdict.standing in breakable:
                with locked_folder(folder, filesystem=filesystem) as team:
                    found = inspect_lock(team, processes=processes, here=here)
                    if found is None or found.verdict.standing in breakable:
                        lock = cls(folder, claim(), taken_from=found, filesystem=filesystem)
                        if lock.place(team):
                            return lock
                        found = FoundLock(LockRecord(), _APPEARED)
            left = deadline - time.monotonic()
            if left <= 0:
                raise _held(folder, found, timeout)
            time.sleep(min(left, LOOK_AGAIN))

    def place(self, team: Folder) -> bool:
        """Write the lock into the team's folder, which the caller has locked and just inspected.

        Return whether it is in place: not so when something else appeared there.

        Raises:
            ValueError: Readers would not read the metadata as it is.
            OSError: It could not be written; nothing of it is left.
        """
        # Else nobody could take the lock over.
        data = json_bytes(self.holder.document())
        if len(data) > LARGEST_LOCK:
            raise ValueError(f"metadata of {len(data)} bytes is over the {LARGEST_LOCK} of readers")
        if self.holder.nonce is None or LOCK.read(parse_document(data)) != self.holder:
            raise ValueError(f"readers would not read this lock as it is: {self.holder}")
        try:
            if self.taken_from is None:
                prepared = temporary_lock_name()
                team.mkdir(prepared)
                try:
                    self._write_metadata(team, prepared)
                    team.rename(prepared, LOCK_FOLDER)
                except BaseException:
                    discard_lock(team, prepared)
                    raise
                team.sync()
            else:
                self._write_metadata(team, LOCK_FOLDER)
            clean_up(team)
        except BaseException as error:
            with suppress(OSError, LockLostError):
                self._remove(team)
            if isinstance(error, OSError) and error.errno in _IN_THE_WAY:
                return False
            raise
        return True

    def _write_metadata(self, team: Folder, name: str) -> None:
        # Synced, because a power cut could otherwise leave a lock that does not say whose it is.
        with team.open_folder(name) as lock:
            lock.replace(METADATA, json_bytes(self.holder.document()))

    @contextmanager
    def writing(self) -> Iterator[Folder]:
        """Keep the lock from being taken over inside the block, in which records are written.

        The block is given the team's folder to write them in.

        Raises:
            LockLostError: The lock was released, or is another's, or gone; nothing may be written.
            FolderBusyError: Another process stands still while it writes.
            OSError: The team's folder is gone, or has no locks.
        """
        if os.getpid() != self._pid:
            raise LockLostError(
                f"{self._name()} belongs to pid {self._pid}, and this is a forked child, pid"
                f" {os.getpid()}: let the parent do the reporting."
            )
        with locked_folder(self.folder, filesystem=self._filesystem) as team:
            self._demand(team)
            yield team

    def release(self) -> None:
        """Give the lock up; without effect when it is not, or not any more, this process's.

        Raises:
            LockLostError: It does not say any more whose it is, and so was left alone.
            FolderBusyError: Another process stands still while it writes.
            OSError: It could not be removed, and so stays until this process has ended.
        """
        if os.getpid() != self._pid or self._released:
            return
        with locked_folder(self.folder, filesystem=self._filesystem) as team:
            self._remove(team)
        self._released = True

    def _remove(self, team: Folder) -> None:
        """Remove the lock in one step, if it is this run's; the caller holds the folder lock."""
        try:
            self._demand(team)
        except LockLostError as loss:
            if loss.provable:
                return
            raise
        aside = temporary_lock_name()
        team.rename(LOCK_FOLDER, aside)
        # First the new name, then the removal: else a power cut could leave an empty lock in place.
        team.sync()
        discard_lock(team, aside)

    def _demand(self, team: Folder) -> None:
        """Make sure that the lock is still this run's; the caller holds the folder lock."""
        found, provable = None if self._released else read_metadata(team), True
        if self._released:
            what = "was released: the run is over, and its records are final."
        elif found is None:
            what = "was removed by somebody."
        elif isinstance(found, str):
            what, provable = f"is not to be relied on: {found}.", False
        elif found.nonce == self.holder.nonce:
            return
        else:
            who = FoundLock(found, HolderVerdict("unprovable", "")).text()
            what = f"was taken over ({who}): the records are that run's now."
        raise LockLostError(f"{self._name()} {what}", provable=provable)

    def _name(self) -> str:
        return f"the lock of the run {self.holder.run_id!r} in {self.folder}"


def _held(folder: str, found: FoundLock, timeout: float) -> LockHeldError:
    provable = found.verdict.standing == "alive"
    waited = f" It was waited for {timeout:g} s." if timeout else ""
    remedy = (
        "Wait longer for it (lock_timeout), or end that run."
        if provable
        else "Make sure that nobody is launching this team, then pass break_unprovable=True."
    )
    return LockHeldError(
        f"the bootstrap lock in {folder} is held: {found.text()}. Its owner"
        f" {'lives' if provable else 'may live'}: {found.verdict.reason}.{waited} {remedy}",
        provable=provable,
    )


# -- Lock folders that are not in place, and what killed writers left ------------------------------


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

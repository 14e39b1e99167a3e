"""Errors of the writing side: what went wrong with a run, and what a launcher can do about it.

Mistakes in the calling code, such as a word that is no status, are ``ValueError``s.
"""

from __future__ import annotations

import errno
from typing import Final

from launchfsm.errors import LaunchfsmError
from launchfsm.lifecycle.machines import BOOTSTRAP, LifecycleError, Refusal


class LauncherError(LaunchfsmError):
    """A launcher's run cannot go on as asked."""


class EventRefusedError(LauncherError, LifecycleError):
    """An event that the run's machines refuse; nothing changed, on disk or in memory.

    Attributes:
        refusal: What was refused, in which state, and what would have been allowed.
        member: The member that the event was about; ``None`` for the bootstrap itself.
    """

    def __init__(self, refusal: Refusal, *, member: str | None = None) -> None:
        super().__init__(refusal)
        self.member = member

    def __str__(self) -> str:
        text = self.refusal.text()
        if self.member is None:
            return text
        if self.refusal.machine == BOOTSTRAP.name and self.refusal.allowed:
            text += " Members are reported from spawning_members on."
        return f"{self.member}: {text}"


class RunStateError(LauncherError):
    """The run was used before its block was entered, after it was left, or entered twice."""


class UnknownMemberError(LauncherError, ValueError):
    """The run has no member of this name: a mistake in the calling code."""


class _LockError(LauncherError):
    def __init__(self, message: str, *, provable: bool = True) -> None:
        super().__init__(message)
        self.provable = provable


class LockHeldError(_LockError):
    """The team's lock is another run's, or may be.

    Attributes:
        provable: Whether its owner is known to live. If not, it may be gone, but that cannot be
            proven from here, and the lock is broken only on request.
    """


class LockLostError(_LockError):
    """The run does not hold its lock any more, so it may not write.

    Attributes:
        provable: Whether that is known. If not, the lock is there and does not say whose it is.
    """


class FolderBusyError(LauncherError):
    """Somebody else has been writing to the team's folder for longer than any write takes."""


_REMEDIES: Final = {
    errno.ENOSPC: "The disk is full: make room and try again.",
    errno.EDQUOT: "The quota is used up: make room and try again.",
    errno.EROFS: "The file system is read-only: mount it writable, or choose another teams root.",
    errno.EACCES: "This user may not write there: look at the owner and mode of the folder.",
    errno.EPERM: "This user may not write there: look at the owner and mode of the folder.",
    errno.ENOENT: "The folder is not there, or not any more: who removed it?",
    errno.ENOTDIR: "Something that is no folder is in the way: move it aside.",
    errno.EISDIR: "A folder is in the way: move it aside.",
    errno.EINVAL: "Something that is no regular file is in the way: move it aside.",
    errno.ELOOP: "A symbolic link is in the way, and links are not followed: move it aside.",
    errno.ENOTSUP: "Launch on Linux or macOS.",
    errno.EIO: "The disk reports an error: look at the system's log.",
}


class RecordWriteError(LauncherError, OSError):
    """A record could not be written; the one before it is intact, and the event did not happen.

    An ``OSError`` too: ``errno``, ``strerror`` and ``filename`` say what the system said.
    """

    _consequence = "What was recorded before is intact."

    def __str__(self) -> str:
        remedy = _REMEDIES.get(self.errno or 0, "")
        what = f"{self.filename or 'a record'} could not be written ({self.strerror})."
        return f"{what} {self._consequence} {remedy}".rstrip()


class RecordNotDurableError(RecordWriteError):
    """A record was written and counts, but may not survive a power cut."""

    _consequence = "It is in place, and counts, but may not survive a power cut."


class TeamsRootMissingError(RecordWriteError):
    """There is no teams root, so no team can be launched in it."""

    def __str__(self) -> str:
        return f"there is no teams root {self.filename}: create it, or pass another one."

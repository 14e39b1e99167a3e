"""The writing side: a launcher's run, whose records every reader understands at every instant."""

from __future__ import annotations

from launchfsm.launcher.errors import (
    EventRefusedError,
    FolderBusyError,
    LauncherError,
    LockHeldError,
    LockLostError,
    RecordNotDurableError,
    RecordWriteError,
    RunStateError,
    TeamsRootMissingError,
    UnknownMemberError,
)
from launchfsm.launcher.inspect import FoundLock, find_lock
from launchfsm.launcher.lock import BootstrapLock
from launchfsm.launcher.run import BootstrapRun, Durability
from launchfsm.launcher.state import MemberEntry, RunState
from launchfsm.records.lock import HolderVerdict, LockRecord

__all__ = [
    "BootstrapLock",
    "BootstrapRun",
    "Durability",
    "EventRefusedError",
    "FolderBusyError",
    "FoundLock",
    "HolderVerdict",
    "LauncherError",
    "LockHeldError",
    "LockLostError",
    "LockRecord",
    "MemberEntry",
    "RecordNotDurableError",
    "RecordWriteError",
    "RunState",
    "RunStateError",
    "TeamsRootMissingError",
    "UnknownMemberError",
    "find_lock",
]

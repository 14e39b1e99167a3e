"""The writing side: a launcher's run, whose records every reader understands at every instant.

Here: the public names, sorted, nothing else.
"""

from __future__ import annotations

from launchfsm.launcher.check_in import CheckIn, check_in
from launchfsm.launcher.errors import (
    EventRefusedError,
    FolderBusyError,
    LauncherError,
    LockHeldError,
    LockLostError,
    RecordNotDurableError,
    RecordWriteError,
    RunStateError,
    UnknownMemberError,
)
from launchfsm.launcher.lock import BootstrapLock
from launchfsm.launcher.looking import FoundLock, find_lock
from launchfsm.launcher.members import Keep, MemberProcesses
from launchfsm.launcher.process import MemberProcess
from launchfsm.launcher.run import BootstrapRun, Durability
from launchfsm.launcher.state import MemberEntry, RunState
from launchfsm.records.lock import HolderVerdict, LockHolder

__all__ = [
    "BootstrapLock",
    "BootstrapRun",
    "CheckIn",
    "Durability",
    "EventRefusedError",
    "FolderBusyError",
    "FoundLock",
    "HolderVerdict",
    "Keep",
    "LauncherError",
    "LockHeldError",
    "LockHolder",
    "LockLostError",
    "MemberEntry",
    "MemberProcess",
    "MemberProcesses",
    "RecordNotDurableError",
    "RecordWriteError",
    "RunState",
    "RunStateError",
    "UnknownMemberError",
    "check_in",
    "find_lock",
]

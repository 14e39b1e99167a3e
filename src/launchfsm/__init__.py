"""launchfsm says, with reasons, how a launch of agent processes stands."""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING, Any, Final

if TYPE_CHECKING:
    from launchfsm.ecma.json import JsonError as JsonError
    from launchfsm.errors import LaunchfsmError as LaunchfsmError
    from launchfsm.evaluation.evaluator import Evaluation as Evaluation
    from launchfsm.evaluation.evaluator import LaunchEvaluator as LaunchEvaluator
    from launchfsm.evaluation.evaluator import (
        choose_preferred_snapshot as choose_preferred_snapshot,
    )
    from launchfsm.evaluation.evaluator import has_mixed_metadata as has_mixed_metadata
    from launchfsm.evaluation.evaluator import is_expired_pending as is_expired_pending
    from launchfsm.evaluation.evaluator import member_spawn_statuses as member_spawn_statuses
    from launchfsm.evaluation.evaluator import parse_launch_snapshot as parse_launch_snapshot
    from launchfsm.evaluation.launch_state import SnapshotRefusedError as SnapshotRefusedError
    from launchfsm.evaluation.many import ExecutorFailedError as ExecutorFailedError
    from launchfsm.evaluation.many import Row as Row
    from launchfsm.evaluation.many import evaluate_many as evaluate_many
    from launchfsm.launcher.errors import EventRefusedError as EventRefusedError
    from launchfsm.launcher.errors import FolderBusyError as FolderBusyError
    from launchfsm.launcher.errors import LauncherError as LauncherError
    from launchfsm.launcher.errors import LockHeldError as LockHeldError
    from launchfsm.launcher.errors import LockLostError as LockLostError
    from launchfsm.launcher.errors import RecordNotDurableError as RecordNotDurableError
    from launchfsm.launcher.errors import RecordWriteError as RecordWriteError
    from launchfsm.launcher.errors import RunStateError as RunStateError
    from launchfsm.launcher.errors import TeamsRootMissingError as TeamsRootMissingError
    from launchfsm.launcher.errors import UnknownMemberError as UnknownMemberError
    from launchfsm.lifecycle.machines import LifecycleError as LifecycleError
    from launchfsm.lifecycle.machines import UnknownNameError as UnknownNameError
    from launchfsm.policies import load_policy as load_policy
    from launchfsm.policy.diagnostics import PolicyError as PolicyError
    from launchfsm.policy.discovery import PolicyNotFoundError as PolicyNotFoundError
    from launchfsm.policy.loader import PolicyChangedError as PolicyChangedError
    from launchfsm.records.fields import Finding as Finding
    from launchfsm.records.journal import Journal as Journal
    from launchfsm.records.journal import JournalRun as JournalRun
    from launchfsm.records.journal import read_journal as read_journal
    from launchfsm.records.results import BootstrapCandidate as BootstrapCandidate
    from launchfsm.records.results import LaunchIdentity as LaunchIdentity
    from launchfsm.records.results import LaunchSnapshot as LaunchSnapshot
    from launchfsm.records.results import LaunchSummary as LaunchSummary
    from launchfsm.records.results import MemberLaunch as MemberLaunch
    from launchfsm.records.results import MemberSpawnStatus as MemberSpawnStatus
    from launchfsm.records.results import Progress as Progress
    from launchfsm.records.results import RuntimeState as RuntimeState
    from launchfsm.records.results import Sources as Sources
    from launchfsm.records.wire import WireError as WireError
    from launchfsm.records.wire import from_wire as from_wire
    from launchfsm.records.wire import to_wire as to_wire
    from launchfsm.system.folders import NotDurableError as NotDurableError
    from launchfsm.system.folders import TeamNameError as TeamNameError
    from launchfsm.system.processes import StatedProcesses as StatedProcesses
    from launchfsm.system.processes import SystemProcesses as SystemProcesses
    from launchfsm.system.processes import UnknownProcesses as UnknownProcesses

# Where the public names live. They are imported when first asked for (PEP 562), so that the
# command's `--help` and a launcher's start do not pay for what they do not use.
_NAMES: Final = {
    "ecma.json": "JsonError",
    "errors": "LaunchfsmError",
    "evaluation.evaluator": (
        "Evaluation LaunchEvaluator choose_preferred_snapshot has_mixed_metadata "
        "is_expired_pending member_spawn_statuses parse_launch_snapshot"
    ),
    "evaluation.launch_state": "SnapshotRefusedError",
    "evaluation.many": "ExecutorFailedError Row evaluate_many",
    "launcher.errors": (
        "EventRefusedError FolderBusyError LauncherError LockHeldError LockLostError "
        "RecordNotDurableError RecordWriteError RunStateError TeamsRootMissingError "
        "UnknownMemberError"
    ),
    "lifecycle.machines": "LifecycleError UnknownNameError",
    "policies": "load_policy",
    "policy.diagnostics": "PolicyError",
    "policy.loader": "PolicyChangedError",
    "policy.discovery": "PolicyNotFoundError",
    "records.fields": "Finding",
    "records.results": (
        "BootstrapCandidate LaunchIdentity LaunchSnapshot LaunchSummary MemberLaunch "
        "MemberSpawnStatus Progress RuntimeState Sources"
    ),
    "records.journal": "Journal JournalRun read_journal",
    "records.wire": "WireError from_wire to_wire",
    "system.folders": "NotDurableError TeamNameError",
    "system.processes": "StatedProcesses SystemProcesses UnknownProcesses",
}
_HOMES: Final = {name: home for home, names in _NAMES.items() for name in names.split()}

__all__ = ["__version__", *sorted(_HOMES)]  # noqa: PLE0604 - all of them are texts


def __getattr__(name: str) -> Any:
    if name == "__version__":
        from importlib.metadata import version  # noqa: PLC0415 - for those who ask

        value: Any = version("launchfsm")
    elif name in _HOMES:
        value = getattr(importlib.import_module(f"launchfsm.{_HOMES[name]}"), name)
    else:
        raise AttributeError(f"module 'launchfsm' has no attribute {name!r}")
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    return sorted(__all__)

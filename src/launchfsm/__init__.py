"""launchfsm says, with reasons, how a launch of agent processes stands."""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from launchfsm.errors import (
        LaunchfsmError,
    )
    from launchfsm.evaluation.evaluator import (
        Evaluation,
        LaunchEvaluator,
        choose_preferred_snapshot,
        has_mixed_metadata,
        is_expired_pending,
        member_spawn_statuses,
        parse_launch_snapshot,
    )
    from launchfsm.evaluation.launch_state import (
        SnapshotRefusedError,
    )
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
    from launchfsm.lifecycle.machines import (
        LifecycleError,
        UnknownNameError,
    )
    from launchfsm.policy.diagnostics import (
        PolicyError,
    )
    from launchfsm.policy.discovery import (
        PolicyNotFoundError,
    )
    from launchfsm.records.wire import (
        WireError,
        to_wire,
    )
    from launchfsm.system.files import (
        TeamNameError,
    )
    from launchfsm.system.processes import (
        StatedProcesses,
        SystemProcesses,
        UnknownProcesses,
    )

# Where each public name lives. They are imported when first asked for (PEP 562), so that the
# command's `--help` and a launcher's start do not pay for what they do not use.
_HOMES = {
    "Evaluation": "evaluation.evaluator",
    "EventRefusedError": "launcher.errors",
    "FolderBusyError": "launcher.errors",
    "LaunchEvaluator": "evaluation.evaluator",
    "LauncherError": "launcher.errors",
    "LaunchfsmError": "errors",
    "LifecycleError": "lifecycle.machines",
    "LockHeldError": "launcher.errors",
    "LockLostError": "launcher.errors",
    "PolicyError": "policy.diagnostics",
    "PolicyNotFoundError": "policy.discovery",
    "RecordNotDurableError": "launcher.errors",
    "RecordWriteError": "launcher.errors",
    "RunStateError": "launcher.errors",
    "SnapshotRefusedError": "evaluation.launch_state",
    "StatedProcesses": "system.processes",
    "SystemProcesses": "system.processes",
    "TeamNameError": "system.files",
    "UnknownMemberError": "launcher.errors",
    "UnknownNameError": "lifecycle.machines",
    "UnknownProcesses": "system.processes",
    "WireError": "records.wire",
    "choose_preferred_snapshot": "evaluation.evaluator",
    "has_mixed_metadata": "evaluation.evaluator",
    "is_expired_pending": "evaluation.evaluator",
    "member_spawn_statuses": "evaluation.evaluator",
    "parse_launch_snapshot": "evaluation.evaluator",
    "to_wire": "records.wire",
}

__all__ = [
    "Evaluation",
    "EventRefusedError",
    "FolderBusyError",
    "LaunchEvaluator",
    "LauncherError",
    "LaunchfsmError",
    "LifecycleError",
    "LockHeldError",
    "LockLostError",
    "PolicyError",
    "PolicyNotFoundError",
    "RecordNotDurableError",
    "RecordWriteError",
    "RunStateError",
    "SnapshotRefusedError",
    "StatedProcesses",
    "SystemProcesses",
    "TeamNameError",
    "UnknownMemberError",
    "UnknownNameError",
    "UnknownProcesses",
    "WireError",
    "choose_preferred_snapshot",
    "has_mixed_metadata",
    "is_expired_pending",
    "member_spawn_statuses",
    "parse_launch_snapshot",
    "to_wire",
]


def __getattr__(name: str) -> Any:
    if name not in _HOMES:
        raise AttributeError(f"module 'launchfsm' has no attribute {name!r}")
    value = getattr(importlib.import_module(f"launchfsm.{_HOMES[name]}"), name)
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    return sorted(__all__)

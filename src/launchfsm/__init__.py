"""launchfsm says, with reasons, how a launch of agent processes stands."""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from launchfsm.evaluation.evaluator import (
        Evaluation,
        LaunchEvaluator,
        choose_preferred_snapshot,
        has_mixed_metadata,
        is_expired_pending,
        member_spawn_statuses,
        parse_launch_snapshot,
    )
    from launchfsm.records.wire import to_wire
    from launchfsm.system.processes import StatedProcesses, SystemProcesses, UnknownProcesses

# Where each public name lives. They are imported when first asked for (PEP 562), so that the
# command's `--help` and a launcher's start do not pay for what they do not use.
_HOMES = {
    "Evaluation": "evaluation.evaluator",
    "LaunchEvaluator": "evaluation.evaluator",
    "StatedProcesses": "system.processes",
    "SystemProcesses": "system.processes",
    "UnknownProcesses": "system.processes",
    "choose_preferred_snapshot": "evaluation.evaluator",
    "has_mixed_metadata": "evaluation.evaluator",
    "is_expired_pending": "evaluation.evaluator",
    "member_spawn_statuses": "evaluation.evaluator",
    "parse_launch_snapshot": "evaluation.evaluator",
    "to_wire": "records.wire",
}

__all__ = [
    "Evaluation",
    "LaunchEvaluator",
    "StatedProcesses",
    "SystemProcesses",
    "UnknownProcesses",
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

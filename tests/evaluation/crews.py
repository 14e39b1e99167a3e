"""Crews: folders of one team of today, with times in seconds after its launch began.

The launcher's snapshot is written a minute after the launch began, and every member was spawned as
it began and looked at as the snapshot was written, unless a test says otherwise.
"""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any, Final

from launchfsm import Evaluation, LaunchEvaluator
from launchfsm.ecma.dates import iso_from_ms
from launchfsm.testing import FakeProcesses

if TYPE_CHECKING:
    from pathlib import Path

Json = dict[str, Any]

START: Final = datetime(2026, 9, 10, 10, tzinfo=UTC)
TEAM: Final = "crew"
LANE: Final = {
    "providerId": "opencode",
    "laneId": "secondary:opencode:lo",
    "laneKind": "secondary",
    "laneOwnerProviderId": "opencode",
}
CLEAN_UP: Final = "Launch ended before teammate bootstrap completed."
"""A reason that gives way to every confirmation."""
STANDS: Final = "quota exceeded"
"""A reason that gives way to none."""


def ms(seconds: float) -> int:
    """A moment of the launch, in ms since 1970."""
    return round((START.timestamp() + seconds) * 1000)


def at(seconds: float) -> str:
    """A moment of the launch, as records write it."""
    found = iso_from_ms(ms(seconds))
    assert found is not None
    return found


def member(state: str, *, spawn: float | None = 0, looked: float = 60, **fields: Any) -> Json:
    """The launcher's record of a member."""
    return {
        "launchState": state,
        "agentToolAccepted": True,
        "runtimeAlive": False,
        "bootstrapConfirmed": state == "confirmed_alive",
        "hardFailure": state == "failed_to_start",
        "lastEvaluatedAt": at(looked),
        **({} if spawn is None else {"firstSpawnAcceptedAt": at(spawn)}),
        **fields,
    }


def failed(reason: str | None = CLEAN_UP, **fields: Any) -> Json:
    """The launcher's record of a member that failed."""
    return member("failed_to_start", **{"hardFailureReason": reason} | fields)


def pending(**fields: Any) -> Json:
    """The launcher's record of a member that did not check in yet."""
    return member("runtime_pending_bootstrap", **fields)


def launcher(*, phase: str = "finished", written: float = 60, **members: Json) -> Json:
    """`launch-state.json`."""
    return {
        "version": 2,
        "teamName": TEAM,
        "updatedAt": at(written),
        "launchPhase": phase,
        "expectedMembers": list(members),
        "members": {name: {"name": name, **fields} for name, fields in members.items()},
    }


def bootstrap(*members: Json, written: float = 50, phase: str = "completed", **fields: Any) -> Json:
    """`bootstrap-state.json`, a little older than the launcher's record."""
    return {
        "version": 1,
        "teamName": TEAM,
        "updatedAt": at(written),
        "phase": phase,
        "members": list(members),
        **fields,
    }


def config(*members: Json) -> Json:
    """`config.json`, with a lead."""
    return {"name": TEAM, "members": [{"name": "team-lead", "agentType": "team-lead"}, *members]}


def event(kind: str, seconds: float, **fields: Any) -> Json:
    """A line of what a member's process reported."""
    return {"version": 1, "type": kind, "timestamp": at(seconds), "teamName": TEAM, **fields}


def judge(
    root: Path,
    *,
    now: float = 100,
    policy: str = "default",
    processes: FakeProcesses | None = None,
    state: Json | None = None,
    roster: Json | None = None,
    inbox: list[Json] | None = None,
    events: list[Json] | None = None,
    owner: str = "ann",
    phase: str = "finished",
    **members: Any,
) -> Evaluation:
    """What is said of a crew of which the launcher recorded these members.

    Args:
        root: An empty folder.
        now: The time, in seconds after the launch began.
        policy: The policy.
        processes: The processes of the machine; none by default.
        state: The bootstrap's state.
        roster: `config.json`.
        inbox: The messages to the lead.
        events: What the process of `owner` reported.
        owner: Whose process that is.
        phase: The launch's phase, as the launcher records it.
        members: The launcher's records by name.
    """
    files: Json = {"launch-state.json": launcher(phase=phase, **members)}
    files |= {} if state is None else {"bootstrap-state.json": state}
    files |= {} if roster is None else {"config.json": roster}
    files |= {} if inbox is None else {"inboxes/team-lead.json": inbox}
    for name, value in files.items():
        path = root / TEAM / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(json.dumps(value), encoding="utf-8")
    if events is not None:
        path = root / TEAM / "runtime" / f"{owner}.runtime.jsonl"
        path.parent.mkdir(exist_ok=True)
        path.write_text("".join(f"{json.dumps(line)}\n" for line in events), encoding="utf-8")
    moment = START + timedelta(seconds=now)
    evaluator = LaunchEvaluator(
        root, clock=lambda: moment, policy=policy, processes=processes or FakeProcesses()
    )
    return evaluator.evaluate(TEAM)

"""The members of a launch: what is true of each, and the snapshot that they add up to (§5, §6).

Every judgement is asked of the policy, and every change of state goes through the member's machine.
Nothing depends on a name or a date, so an answer is worked out once for all members alike.
"""

from __future__ import annotations

import functools
from collections.abc import Callable, Collection, Iterable, Mapping
from operator import attrgetter
from typing import Any, Final, TypeAlias, TypeVar

import attrs

from launchfsm.decisions.facts import AboutMember, OverMembers
from launchfsm.decisions.members import (
    DIAGNOSTICS,
    LIVENESS,
    NEVER_SPAWNED,
    PENDING,
    STANDING,
    TEAM_STATE,
    TeamStateFacts,
)
from launchfsm.engine.decision import Decision, R
from launchfsm.engine.engine import Engine
from launchfsm.evaluation.causes import classify, reason_text
from launchfsm.lifecycle import machines
from launchfsm.lifecycle.machines import MemberEvent
from launchfsm.records.names import member_names
from launchfsm.records.results import LaunchSnapshot, LaunchSummary, MemberLaunch
from launchfsm.vocabulary import LaunchPhase, LaunchState

A = TypeVar("A", bound=AboutMember)

ASKED_OF_ALL: Final = (NEVER_SPAWNED, STANDING, PENDING, LIVENESS, DIAGNOSTICS)
"""What completing a member asks, wherever it is known from."""

Counts: TypeAlias = tuple[str, ...]
"""The fields of `LaunchSummary` that a member adds to; the first says where it stands."""


@attrs.define(eq=False)
class MemberResult:
    """A member as a completed snapshot has it, and what it adds to the summary."""

    member: MemberLaunch
    counts: Counts


# -- Asking about a member -------------------------------------------------------------------------


_MEMBER_FACTS: Final[Mapping[str, str]] = {
    "launch_state": "launch_state",
    "accepted": "agent_tool_accepted",
    "alive": "runtime_alive",
    "confirmed": "bootstrap_confirmed",
    "failed": "hard_failure",
    "failure_reason": "hard_failure_reason",
    "skipped": "is_skipped",
    "skip_reason": "skip_reason",
    "stalled": "is_stalled",
    "stopped": "was_stopped",
    "waiting": "waits_for_permission",
    "permission_pending": "asks_permission",
    "pid": "has_pid",
    "liveness_kind": "liveness_kind",
    "respawn_blocked": "is_respawn_blocked",
    "config_drift": "has_config_drift",
    "severity": "runtime_diagnostic_severity",
    "provider": "provider_id",
    "lane": "has_own_lane",
    "lane_id": "lane_id",
    "lane_kind": "lane_kind",
    "lane_owner": "lane_owner_provider_id",
}
"""The facts that a member's own record tells, and the attribute that tells each."""


FactsReader: TypeAlias = Callable[[MemberLaunch], tuple[Any, ...]]


@functools.cache
def member_facts_of(*decisions: Decision[Any, Any]) -> tuple[tuple[str, ...], FactsReader]:
    """The facts that a member's own record tells some decisions, and a function to their values."""
    fields = [field for one in decisions for field in attrs.fields(one.facts)]
    told = [field.name for field in fields if not field.inherited and field.name in _MEMBER_FACTS]
    facts = tuple(dict.fromkeys(told))
    attributes = [_MEMBER_FACTS[fact] for fact in facts]
    if len(attributes) > 1:
        return facts, attrgetter(*attributes)  # of fewer it would give no tuple
    return facts, lambda member: tuple([getattr(member, name) for name in attributes])


def decide_about(
    engine: Engine,
    decision: Decision[A, R],
    member: MemberLaunch,
    *,
    reason: str | None = None,
    **facts: Any,
) -> R:
    """The policy's answer about a member, by what its record tells and by further facts.

    `reason` is why it failed, where that is not what its record says. Who it is is told where a
    rule asks for that.
    """
    names, tell = member_facts_of(decision)
    told = dict(zip(names, tell(member), strict=True))
    known = decision.facts(**told | facts)
    if decision.name in engine.policy.individual:
        known.name = member.name
        known.provider, known.lane_kind = member.provider_id, member.lane_kind
        reason = reason or member.hard_failure_reason
        if reason is not None and engine.policy.reads(decision, "cause"):
            known.cause = classify(engine, reason, member.name).name
    return engine.decide(decision, known, member.name)


def name_members(
    engine: Engine,
    decision: Decision[Any, Any],
    facts: OverMembers,
    members: Mapping[str, MemberLaunch],
    counts: Mapping[str, Counts],
) -> None:
    """Add to facts about a launch who of its members failed or waits, where a rule asks."""
    if engine.policy.reads(decision, "failed_names", "blocked_names"):
        facts.failed_names = tuple(
            name for name in members if "failed_count" in counts.get(name, ())
        )
        facts.blocked_names = tuple(
            name for name, member in members.items() if member.waits_for_permission
        )


# -- A launch (§5) ---------------------------------------------------------------------------------

_UNRECORDED: Final = MemberLaunch("", skipped_for_launch=False, diagnostics=())
"""An expected member of whom nothing is known; its launch's record was the last look at it."""


def complete_snapshot(
    engine: Engine,
    *,
    launch_phase: LaunchPhase,
    updated_at: str,
    expected: Iterable[str],
    recorded: Collection[str],
    complete: Callable[..., MemberResult],
    bootstrap_expected: Iterable[str] = (),
    **fields: Any,
) -> LaunchSnapshot:
    """Complete a launch's records to a snapshot; completing one twice changes nothing (§5).

    `expected` and `bootstrap_expected` are names as found; `recorded` are those that have a record,
    which are kept also of nobody expected. `complete` completes the record of a name, called as
    `(name, *, expected)`: only whom the launch expects can be missed.
    """
    names, others = member_names(expected), member_names(bootstrap_expected)
    found: dict[str, MemberResult] = {}
    for name in names:
        if name in recorded:
            found[name] = complete(name, expected=True)
        else:
            member = _UNRECORDED.like(name=name, last_evaluated_at=updated_at)
            found[name] = complete_member(engine, member, launch_phase, expected=True)
    for name in recorded:
        if name not in found:
            found[name] = complete(name, expected=False)
    return LaunchSnapshot(
        updated_at=updated_at,
        launch_phase=launch_phase,
        expected_members=names,
        bootstrap_expected_members=others if others and others != names else None,
        **fields,
        **sum_up(
            engine,
            {name: one.member for name, one in found.items()},
            {name: one.counts for name, one in found.items()},
        ),
    )


def changed_snapshot(
    engine: Engine, snapshot: LaunchSnapshot, changed: Mapping[str, MemberLaunch]
) -> LaunchSnapshot:
    """A completed snapshot with some of its members changed, by name, and counted anew.

    The sweep has passed all of them: nobody was never spawned for what was found since.
    """
    members, counts = dict(snapshot.members), dict(snapshot.counts)
    for name, member in changed.items():
        found = complete_member(engine, member, snapshot.launch_phase, expected=False)
        members[name], counts[name] = found.member, found.counts
    return snapshot.like(**sum_up(engine, members, counts))


def sum_up(
    engine: Engine,
    members: Mapping[str, MemberLaunch],
    counts: Mapping[str, Counts],
    *,
    bootstrap_failed: bool = False,
) -> dict[str, Any]:
    """The fields of a snapshot that its completed members and their counts make (§5).

    `bootstrap_failed` is whether the bootstrap says that it failed, or its owner is dead.
    """
    added: dict[str, int] = {}
    for fields in counts.values():
        for field in fields:
            added[field] = added.get(field, 0) + 1
    summary = LaunchSummary(**added)
    facts = TeamStateFacts(
        summary.names,
        summary.confirmed_count,
        summary.pending_count,
        summary.failed_count,
        summary.skipped_count,
        bootstrap_failed,
    )
    name_members(engine, TEAM_STATE, facts, members, counts)
    return {
        "members": members,
        "counts": counts,
        "summary": summary,
        "team_launch_state": engine.decide(TEAM_STATE, facts).team_state,
    }


# -- A member (§5) ---------------------------------------------------------------------------------

_all_facts_of: Final = member_facts_of(*ASKED_OF_ALL)[1]


def complete_member(
    engine: Engine, member: MemberLaunch, launch_phase: LaunchPhase, *, expected: bool
) -> MemberResult:
    """A member once the never-spawned sweep has passed it, if it is expected, and counted (§5)."""
    alike = (  # all that the answer depends on
        "completed",
        launch_phase,
        expected,
        *_all_facts_of(member),
        member.lane_id is not None,
    )
    changes, counts = engine.cached(
        alike,
        member.name,
        lambda: _sweep_and_count(engine, member, launch_phase, expected=expected),
        asks=ASKED_OF_ALL,
    )
    return MemberResult(member.like(**changes) if changes else member, counts)


def _sweep_and_count(
    engine: Engine, member: MemberLaunch, launch_phase: LaunchPhase, *, expected: bool
) -> tuple[dict[str, Any], Counts]:
    """The fields that the sweep changes, and what the member counts as after it."""
    changes: dict[str, Any] = {}
    if expected:
        lane = member.lane_id is not None
        verdict = decide_about(engine, NEVER_SPAWNED, member, launch_phase=launch_phase, lane=lane)
        changes = failure_of(engine, member, verdict.event, verdict.reason)
        if changes:
            member = member.like(**changes)
            changes["diagnostics"] = diagnose(engine, member)
    standing = decide_about(engine, STANDING, member).standing
    if standing != "pending":
        return changes, (f"{standing}_count",)
    strong = decide_about(engine, LIVENESS, member).strong
    further = decide_about(engine, PENDING, member, strongly_alive=strong)
    return changes, ("pending_count", *[f"{found.count}_pending_count" for found in further])


def walk(
    engine: Engine,
    events: Iterable[MemberEvent],
    subject: str,
    *,
    start: LaunchState = machines.MEMBER.initial,
) -> LaunchState:
    """Where a member stands after some events; refused ones did not happen."""
    state = start
    for event in events:
        state = engine.step(machines.MEMBER, state, event, subject) or state
    return state


def failure_of(
    engine: Engine, member: MemberLaunch, event: MemberEvent | None, reason: str | None
) -> dict[str, Any]:
    """What an event that fails a member changes: nothing, when its machine refuses the event."""
    if event is None:
        return {}
    after = engine.step(machines.MEMBER, member.launch_state, event, member.name)
    if after is None:
        return {}
    return {"launch_state": after, "hard_failure": True, "hard_failure_reason": reason}


_diagnosed_facts_of: Final = member_facts_of(DIAGNOSTICS)[1]


def diagnose(engine: Engine, member: MemberLaunch) -> tuple[str, ...]:
    """The lines about a member, rebuilt from what it is (§6)."""

    def lines() -> tuple[str, ...]:
        reason = member.hard_failure_reason
        told = None if reason is None else reason_text(reason)
        found = decide_about(engine, DIAGNOSTICS, member, failure_reason=told)
        return tuple(line.text for line in found)

    alike = "diagnosed", *_diagnosed_facts_of(member)
    return engine.cached(alike, member.name, lines, asks=(DIAGNOSTICS,))

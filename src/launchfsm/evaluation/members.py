"""The members of a launch: what is true of each, and the snapshot that they add up to (§5, §6).

Every judgement is asked of the policy, and every change of state goes through the member's machine.
Nothing depends on a name or a date, so an answer is worked out once for all members alike.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Mapping
from typing import Any, Final, TypeAlias

import attrs

from launchfsm.decisions.facts import OverMembers
from launchfsm.decisions.members import (
    DIAGNOSTICS,
    LIVENESS,
    NEVER_SPAWNED,
    PENDING,
    STANDING,
    TEAM_STATE,
    DiagnosticFacts,
    LivenessFacts,
    NeverSpawnedFacts,
    PendingFacts,
    StandingFacts,
    TeamStateFacts,
)
from launchfsm.engine.decision import Decision
from launchfsm.engine.engine import Engine
from launchfsm.evaluation.causes import decide_about, reason_text
from launchfsm.lifecycle import machines
from launchfsm.lifecycle.machines import MemberEvent
from launchfsm.records.names import member_names
from launchfsm.records.results import LaunchSnapshot, LaunchSummary, MemberLaunch, Sources
from launchfsm.vocabulary import LaunchPhase, LaunchState, TeamLaunchState

ASKED_OF_ALL: Final = (
    NEVER_SPAWNED,
    STANDING,
    PENDING,
    LIVENESS,
    DIAGNOSTICS,
)
"""What completing a member asks, wherever it is known from."""

Counts: TypeAlias = tuple[str, ...]
"""The fields of `LaunchSummary` that a member adds to; the first says where it stands."""


@attrs.define(eq=False)
class MemberResult:
    """A member as a completed snapshot has it, and what it adds to the summary."""

    member: MemberLaunch
    counts: Counts


# -- A launch (§5) ---------------------------------------------------------------------------------


def complete_snapshot(
    engine: Engine,
    *,
    team_name: str,
    updated_at: str,
    launch_phase: LaunchPhase,
    expected: Iterable[str],
    recorded: Collection[str],
    complete: Callable[..., MemberResult],
    bootstrap_expected: Iterable[str] = (),
    lead_session_id: str | None = None,
    publication_run_id: str | None = None,
) -> LaunchSnapshot:
    """Complete a launch's records to a snapshot; completing one twice changes nothing (§5).

    Args:
        engine: Applies the policy.
        team_name: The team.
        updated_at: When the records were written.
        launch_phase: Whether the launch is going on.
        expected: The expected names, as found.
        recorded: The names that have a record; those of nobody expected are kept.
        complete: Completes the record of a name, `(name, *, expected)`: only whom the launch
            expects can be missed.
        bootstrap_expected: Whom the bootstrap expected, as found.
        lead_session_id: The session of the team's lead.
        publication_run_id: The run that published the records.
    """
    names = member_names(expected)
    found = {
        name: complete(name, expected=True)
        if name in recorded
        else _starting_member(engine, name, launch_phase, updated_at)
        for name in names
    }
    for name in recorded:
        if name not in found:
            found[name] = complete(name, expected=False)
    members = {name: one.member for name, one in found.items()}
    counts = {name: one.counts for name, one in found.items()}
    summary, team_state = sum_up(engine, members, counts)
    others = member_names(bootstrap_expected)
    return LaunchSnapshot(
        team_name=team_name,
        updated_at=updated_at,
        launch_phase=launch_phase,
        expected_members=names,
        members=members,
        summary=summary,
        team_launch_state=team_state,
        bootstrap_expected_members=others if others and others != names else None,
        lead_session_id=lead_session_id,
        publication_run_id=publication_run_id,
        counts=counts,
    )


def _starting_member(
    engine: Engine, name: str, launch_phase: LaunchPhase, updated_at: str
) -> MemberResult:
    """An expected member of whom nothing is known; its launch's record was the last look at it."""
    known = engine.cache("starting", launch_phase, asks=ASKED_OF_ALL)
    member = MemberLaunch(name=name, skipped_for_launch=False, diagnostics=())
    alike = known.answer(
        None,
        name,
        lambda: complete_member(engine, member, launch_phase, expected=True, subject=name),
    )
    return MemberResult(alike.member.like(name=name, last_evaluated_at=updated_at), alike.counts)


def changed_snapshot(
    engine: Engine, snapshot: LaunchSnapshot, changed: Mapping[str, MemberLaunch]
) -> LaunchSnapshot:
    """A completed snapshot with some of its members changed, by name, and completed anew."""
    expected = frozenset(snapshot.expected_members)
    members, counts = dict(snapshot.members), dict(snapshot.counts)
    for name, member in changed.items():
        found = complete_member(
            engine, member, snapshot.launch_phase, expected=name in expected, subject=name
        )
        members[name], counts[name] = found.member, found.counts
    summary, team_state = sum_up(engine, members, counts)
    return snapshot.like(
        members=members, counts=counts, summary=summary, team_launch_state=team_state
    )


def sum_up(
    engine: Engine,
    members: Mapping[str, MemberLaunch],
    counts: Mapping[str, Counts],
    *,
    bootstrap_failed: bool = False,
) -> tuple[LaunchSummary, TeamLaunchState]:
    """The summary of completed members, and the verdict over all of them (§5).

    `counts` is what each adds to the summary, by name; a bootstrap failed that says so, or whose
    owner is dead.
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
    return summary, engine.decide(TEAM_STATE, facts).team_state


# -- A member (§5) ---------------------------------------------------------------------------------


def complete_member(
    engine: Engine, member: MemberLaunch, launch_phase: LaunchPhase, *, expected: bool, subject: str
) -> MemberResult:
    """A member once the never-spawned sweep has passed it, if it is expected, and counted (§5)."""
    if expected:
        facts = NeverSpawnedFacts(
            launch_phase,
            member.launch_state,
            member.agent_tool_accepted,
            member.runtime_alive,
            member.bootstrap_confirmed,
            member.hard_failure,
            member.skipped_for_launch is True,
            member.lane_kind,
            member.lane_owner_provider_id,
            member.lane_id is not None,
            member.hard_failure_reason,
        )
        verdict = decide_about(engine, NEVER_SPAWNED, facts, subject, member)
        swept = fail_member(engine, member, verdict.event, verdict.reason, subject)
        if swept is not member:
            member = swept.like(diagnostics=diagnose(engine, swept, subject))
    return MemberResult(member, count_member(engine, member, subject))


def count_member(engine: Engine, member: MemberLaunch, subject: str) -> Counts:
    """What a completed member adds to the summary (§5)."""
    state, skipped = member.launch_state, member.skipped_for_launch is True
    alike = StandingFacts(state, skipped)
    standing = decide_about(engine, STANDING, alike, subject, member).standing
    if standing != "pending":
        return (f"{standing}_count",)
    strong = strongly_alive(engine, member, subject)
    facts = PendingFacts(strong, state, member.liveness_kind)
    further = decide_about(engine, PENDING, facts, subject, member)
    return ("pending_count", *(f"{found.count}_pending_count" for found in further))


def strongly_alive(engine: Engine, member: MemberLaunch, subject: str) -> bool:
    """Whether a member's life is more than hearsay (§5)."""
    facts = LivenessFacts(member.runtime_alive, member.bootstrap_confirmed, member.liveness_kind)
    return decide_about(engine, LIVENESS, facts, subject, member).strong


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


def fail_member(
    engine: Engine,
    member: MemberLaunch,
    event: MemberEvent | None,
    reason: str | None,
    subject: str,
) -> MemberLaunch:
    """A member whom an event fails; itself when there is no event, or the machine refuses it."""
    after = (
        None if event is None else engine.step(machines.MEMBER, member.launch_state, event, subject)
    )
    if after is None:
        return member
    return member.like(launch_state=after, hard_failure=True, hard_failure_reason=reason)


def diagnose(engine: Engine, member: MemberLaunch, subject: str) -> tuple[str, ...]:
    """The lines about a member, rebuilt from what it is (§6)."""
    sources = member.sources or Sources()
    reason = member.hard_failure_reason
    facts = DiagnosticFacts(
        member.agent_tool_accepted,
        member.runtime_alive,
        member.bootstrap_confirmed,
        member.hard_failure,
        member.skipped_for_launch is True,
        bool(member.pending_permission_request_ids),
        member.bootstrap_stalled is True,
        None if reason is None else reason_text(reason),
        member.skip_reason,
        sources.duplicate_respawn_blocked is True,
        sources.config_drift is True,
    )
    lines = decide_about(engine, DIAGNOSTICS, facts, subject, member)
    return tuple(line.text for line in lines)


# -- Who they are ----------------------------------------------------------------------------------


def waits_for_permission(member: MemberLaunch) -> bool:
    """Whether a member waits for a person's permission, and for nothing else (e11)."""
    if member.launch_state in {"confirmed_alive", "failed_to_start", "skipped_for_launch"}:
        return False
    return member.launch_state == "runtime_pending_permission" or bool(
        member.pending_permission_request_ids
    )


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
            name for name, member in members.items() if waits_for_permission(member)
        )

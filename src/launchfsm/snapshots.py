"""Snapshots: how a launch stands, built from the bootstrap's state and completed.

`complete_snapshot` is the one way to a `LaunchSnapshot`: the bootstrap's and the launcher's own
records both pass it, so nothing of §5 and §6 is said twice.

Here: building from the bootstrap's state (§4), completing and counting (§5). Not here: one member
(`members`), reading the launcher's record (`saved_snapshots`), choosing (`preference`).
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from launchfsm import decisions
from launchfsm.facts import LaunchPhaseFacts, PhaseKind, TeamStateFacts
from launchfsm.members import count, judge_recorded_member, member_like, sweep
from launchfsm.names import is_recorded_member, member_names
from launchfsm.results import LaunchSnapshot, LaunchSummary, MemberLaunch
from launchfsm.timestamps import iso

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from launchfsm.outcomes import OwnerVerdict
    from launchfsm.policy.engine import Judge
    from launchfsm.records import BootstrapState, MemberRecord
    from launchfsm.vocabulary import LaunchPhase


def snapshot_of_state(
    judge: Judge,
    state: BootstrapState,
    phase_kind: PhaseKind | None,
    owner: OwnerVerdict,
    *,
    folder: str,
    now: str,
) -> LaunchSnapshot | None:
    """The launch as the bootstrap's state tells it (§4).

    Args:
        judge: Applies the policy.
        state: The state.
        phase_kind: What sort of phase the state records.
        owner: Whether the owner is dead.
        folder: The name of the team's folder, in case the state names no team.
        now: The time of the evaluation, as a text.

    Returns:
        The snapshot; `None` when a date in it is a number that has no date.
    """
    updated_at = iso(state.updated_at, now)
    if updated_at is None:
        return None
    members: dict[str, MemberLaunch] = {}
    for record in state.members:
        if record.name is None or not is_recorded_member(record.name):
            continue
        member = _member(judge, record, record.name, owner, updated_at)
        if member is None:
            return None
        members[record.name] = member
    facts = LaunchPhaseFacts(phase_kind, state.terminal.status, owner.dead)
    return complete_snapshot(
        judge,
        team_name=state.team_name or folder,
        updated_at=updated_at,
        launch_phase=judge.decide(decisions.LAUNCH_PHASE, facts).launch_phase,
        expected=members,
        members=members,
    )


def _member(
    judge: Judge, record: MemberRecord, name: str, owner: OwnerVerdict, updated_at: str
) -> MemberLaunch | None:
    """One member with its name and dates; `None` when one of them has no date."""
    judged = judge_recorded_member(judge, record.status, record.failure_reason, owner, name)
    observed = iso(record.last_observed_at, updated_at)
    accepted_at = None
    if judged.agent_tool_accepted:
        accepted_at = iso(record.last_attempt_at, updated_at)
        if accepted_at is None:
            return None
    if observed is None:
        return None
    return member_like(
        judged,
        name=name,
        first_spawn_accepted_at=accepted_at,
        last_heartbeat_at=observed if judged.bootstrap_confirmed else None,
        last_runtime_alive_at=observed if judged.runtime_alive else None,
        last_evaluated_at=observed,
    )


def complete_snapshot(
    judge: Judge,
    *,
    team_name: str,
    updated_at: str,
    launch_phase: LaunchPhase,
    expected: Iterable[str],
    members: Mapping[str, MemberLaunch],
    bootstrap_expected: Iterable[str] = (),
    lead_session_id: str | None = None,
) -> LaunchSnapshot:
    """Complete a launch's records to a snapshot; completing one twice changes nothing (§5).

    Args:
        judge: Applies the policy.
        team_name: The team.
        updated_at: When the records were written.
        launch_phase: Whether the launch is going on.
        expected: The expected names, as found.
        members: The records by name; those of nobody expected are kept.
        bootstrap_expected: Whom the bootstrap expected, as found.
        lead_session_id: The session of the team's lead.
    """
    names = member_names(expected)
    known = dict(members)
    for name in names:
        member = known.get(name) or _starting(name, updated_at)
        known[name] = sweep(judge, launch_phase, member)
    ordered = {name: known[name] for name in dict.fromkeys([*names, *known])}
    summary = _summary(judge, ordered.values())
    other = member_names(bootstrap_expected)
    return LaunchSnapshot(
        team_name=team_name,
        updated_at=updated_at,
        launch_phase=launch_phase,
        expected_members=names,
        members=ordered,
        summary=summary,
        team_launch_state=judge.decide(decisions.TEAM_STATE, _team_facts(summary)).team_state,
        bootstrap_expected_members=other if other and other != names else None,
        lead_session_id=lead_session_id,
    )


def _starting(name: str, updated_at: str) -> MemberLaunch:
    """An expected member of whom nothing is known."""
    return MemberLaunch(
        name=name, skipped_for_launch=False, last_evaluated_at=updated_at, diagnostics=()
    )


def _summary(judge: Judge, members: Iterable[MemberLaunch]) -> LaunchSummary:
    counts: dict[str, int] = {}
    for member in members:
        counted = count(judge, member)
        key = f"{counted.standing}_count"
        counts[key] = counts.get(key, 0) + 1
        for pending in counted.pending:
            key = f"{pending}_pending_count"
            counts[key] = counts.get(key, 0) + 1
    return LaunchSummary(**counts)


def _team_facts(summary: LaunchSummary) -> TeamStateFacts:
    confirmed, pending = summary.confirmed_count, summary.pending_count
    failed, skipped = summary.failed_count, summary.skipped_count
    names = confirmed + pending + failed + skipped
    return TeamStateFacts(names, confirmed, pending, failed, skipped)

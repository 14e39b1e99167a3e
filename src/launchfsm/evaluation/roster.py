"""Roster: how a display lists the members of a launch (§10, spawn statuses)."""

from __future__ import annotations

from typing import TYPE_CHECKING

from launchfsm.decisions.members import SPAWN_STATUS, SpawnStatusFacts
from launchfsm.evaluation.causes import decide_about
from launchfsm.evaluation.members import strongly_alive
from launchfsm.records.results import LaunchSnapshot, MemberLaunch, MemberSpawnStatus

if TYPE_CHECKING:
    from launchfsm.engine.engine import Engine


def spawn_statuses(engine: Engine, snapshot: LaunchSnapshot) -> dict[str, MemberSpawnStatus]:
    """The roster of a snapshot by member name, one entry a record (§10)."""
    return {name: _status(engine, member) for name, member in snapshot.members.items()}


def _status(engine: Engine, member: MemberLaunch) -> MemberSpawnStatus:
    skipped = member.skipped_for_launch is True or member.launch_state == "skipped_for_launch"
    strong = not skipped and strongly_alive(engine, member, member.name)
    facts = SpawnStatusFacts(
        launch_state=member.launch_state,
        accepted=member.agent_tool_accepted,
        strongly_alive=strong,
        confirmed=member.bootstrap_confirmed,
        failed=member.hard_failure,
        stalled=member.bootstrap_stalled is True,
        provider=member.provider_id,
        lane_kind=member.lane_kind,
        lane_owner=member.lane_owner_provider_id,
        stopped=member.stopped is True,
    )
    verdict = decide_about(engine, SPAWN_STATUS, facts, member.name, member)
    return MemberSpawnStatus(
        status=verdict.status,
        launch_state=member.launch_state,
        agent_tool_accepted=not skipped and member.agent_tool_accepted,
        runtime_alive=strong,
        bootstrap_confirmed=not skipped and member.bootstrap_confirmed,
        hard_failure=not skipped and member.hard_failure,
        bootstrap_stalled=member.bootstrap_stalled is True,
        liveness_last_checked_at=member.runtime_last_seen_at or member.last_evaluated_at,
        updated_at=member.last_evaluated_at,
        error=member.hard_failure_reason if member.hard_failure else None,
        hard_failure_reason=member.hard_failure_reason,
        liveness_source=verdict.source,
        liveness_kind=member.liveness_kind,
        last_heartbeat_at=member.last_heartbeat_at,
        first_spawn_accepted_at=member.first_spawn_accepted_at,
        runtime_diagnostic=member.runtime_diagnostic,
        runtime_diagnostic_severity=member.runtime_diagnostic_severity,
        skipped_for_launch=member.skipped_for_launch,
        skipped_at=member.skipped_at,
        skip_reason=member.skip_reason,
        bootstrap_mode=member.bootstrap_mode,
        bootstrap_evidence_source=member.bootstrap_evidence_source,
        pending_permission_request_ids=member.pending_permission_request_ids,
        app_managed_bootstrap_candidate=member.app_managed_bootstrap_candidate,
    )


def has_lanes(snapshot: LaunchSnapshot) -> bool:
    """Whether a snapshot tells of lanes, or of whom else its bootstrap expected, in any order."""
    other = snapshot.bootstrap_expected_members
    if other is not None and set(other) != set(snapshot.expected_members):
        return True
    return any(map(_is_mixed_member, snapshot.members.values()))


def is_mixed(snapshot: LaunchSnapshot) -> bool:
    """Whether a snapshot's metadata is of more than one kind of launch (§10)."""
    other = snapshot.bootstrap_expected_members
    if other is not None and other != snapshot.expected_members:
        return True
    return any(map(_is_mixed_member, snapshot.members.values()))


def _is_mixed_member(member: MemberLaunch) -> bool:
    return (
        member.lane_id is not None
        or member.lane_kind is not None
        or member.lane_owner_provider_id is not None
        or member.launch_identity is not None
    )

"""Roster: how a display lists the members of a launch (§10, spawn statuses)."""

from __future__ import annotations

from typing import Final

import attrs

from launchfsm.decisions.members import SPAWN_STATUS
from launchfsm.engine.engine import Engine
from launchfsm.evaluation.members import decide_about, strongly_alive
from launchfsm.records.results import LaunchSnapshot, MemberLaunch, MemberSpawnStatus


def spawn_statuses(engine: Engine, snapshot: LaunchSnapshot) -> dict[str, MemberSpawnStatus]:
    """The roster of a snapshot by member name, one entry a record (§10)."""
    return {name: _status(engine, member) for name, member in snapshot.members.items()}


def _status(engine: Engine, member: MemberLaunch) -> MemberSpawnStatus:
    skipped = member.skipped_for_launch is True or member.launch_state == "skipped_for_launch"
    strong = not skipped and strongly_alive(engine, member)
    verdict = decide_about(engine, SPAWN_STATUS, member, strongly_alive=strong)
    told = {name: getattr(member, name) for name in _SAME}
    told |= {
        "agent_tool_accepted": not skipped and member.agent_tool_accepted,
        "runtime_alive": strong,
        "bootstrap_confirmed": not skipped and member.bootstrap_confirmed,
        "hard_failure": not skipped and member.hard_failure,
        "bootstrap_stalled": member.bootstrap_stalled is True,
    }
    return MemberSpawnStatus(
        **told,
        status=verdict.status,
        liveness_source=verdict.source,
        liveness_last_checked_at=member.runtime_last_seen_at or member.last_evaluated_at,
        updated_at=member.last_evaluated_at,
        error=member.hard_failure_reason if member.hard_failure else None,
    )


_SAME: Final = attrs.fields_dict(MemberSpawnStatus).keys() & attrs.fields_dict(MemberLaunch).keys()
"""The fields that a member has under the same names."""


def has_lanes(snapshot: LaunchSnapshot) -> bool:
    """Whether a snapshot tells of lanes, or of whom else its bootstrap expected, in any order."""
    other = snapshot.bootstrap_expected_members
    differs = other is not None and set(other) != set(snapshot.expected_members)
    return differs or any(map(_is_mixed_member, snapshot.members.values()))


def is_mixed(snapshot: LaunchSnapshot) -> bool:
    """Whether a snapshot's metadata is of more than one kind of launch (§10)."""
    other = snapshot.bootstrap_expected_members
    differs = other is not None and other != snapshot.expected_members
    return differs or any(map(_is_mixed_member, snapshot.members.values()))


def _is_mixed_member(member: MemberLaunch) -> bool:
    return (
        member.lane_id is not None
        or member.lane_kind is not None
        or member.lane_owner_provider_id is not None
        or member.launch_identity is not None
    )

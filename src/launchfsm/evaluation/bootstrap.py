"""How a launch stands, built from the bootstrap's state (§4)."""

from __future__ import annotations

from typing import Final

from launchfsm.decisions.bootstrap import LAUNCH_PHASE, LaunchPhaseFacts, OwnerVerdict
from launchfsm.decisions.members import DOWNGRADE, MEMBER
from launchfsm.ecma.dates import iso
from launchfsm.engine.engine import Engine
from launchfsm.evaluation.evidence import Evidence
from launchfsm.evaluation.members import (
    ASKED_OF_ALL,
    Counts,
    MemberResult,
    complete_member,
    decide_about,
    fail_member,
    sum_up,
    walk,
)
from launchfsm.evaluation.owner import phase_kind_of
from launchfsm.records.bootstrap import BootstrapState
from launchfsm.records.names import is_lead, is_recorded_member
from launchfsm.records.results import LaunchSnapshot, MemberLaunch, Sources
from launchfsm.vocabulary import LaunchPhase, MemberStatus

_ASKED: Final = (MEMBER, DOWNGRADE, *ASKED_OF_ALL)


def snapshot_of_state(
    engine: Engine,
    evidence: Evidence,
    state: BootstrapState,
    owner: OwnerVerdict,
    *,
    without: frozenset[str],
) -> LaunchSnapshot | None:
    """The launch as the bootstrap's state tells it (§4), without some names in lower case.

    The folder's name and the time of the evidence stand in for what the state does not say. `None`
    when a date in it is a number that has no date.
    """
    updated_at = iso(state.updated_at, evidence.now_text)
    if updated_at is None:
        return None
    facts = LaunchPhaseFacts(phase_kind_of(state.phase), state.terminal.status, owner.dead)
    launch_phase = engine.decide(LAUNCH_PHASE, facts).launch_phase
    members: dict[str, MemberLaunch] = {}
    counts: dict[str, Counts] = {}
    names: list[str] = []
    for record in state.members:  # of a repeated name the last one counts
        name = record.name
        if not is_recorded_member(name) or (without and name.lower() in without):
            continue
        expected = not is_lead(name)
        if expected:
            names.append(name)
        key = (record.status, record.failure_reason, expected)
        alike, observed_dates = engine.cached(
            ("recorded", owner.dead, owner.reason, launch_phase, *key),
            name,
            lambda: _recorded_alike(engine, owner, launch_phase, name, *key),  # noqa: B023 - called at once
            asks=_ASKED,
        )
        observed = accepted = iso(record.last_observed_at, updated_at)
        if alike.member.agent_tool_accepted:
            accepted = iso(record.last_attempt_at, updated_at)
        if observed is None or accepted is None:
            return None
        fields = alike.member.__dict__.copy()
        fields["name"] = name
        if alike.member.agent_tool_accepted:
            fields["first_spawn_accepted_at"] = accepted
        for date in observed_dates:
            fields[date] = observed
        members[name] = member = MemberLaunch.__new__(MemberLaunch)
        object.__setattr__(member, "__dict__", fields)  # half the time of `like`
        counts[name] = alike.counts
    failed = owner.dead or state.phase == "failed" or state.terminal.status == "failed"
    return LaunchSnapshot(
        team_name=state.team_name or evidence.team,
        updated_at=updated_at,
        launch_phase=launch_phase,
        expected_members=tuple(dict.fromkeys(names)),
        **sum_up(engine, members, counts, bootstrap_failed=failed),
    )


def _recorded_alike(
    engine: Engine,
    owner: OwnerVerdict,
    launch_phase: LaunchPhase,
    name: str,
    status: MemberStatus | None,
    failure_reason: str | None,
    expected: bool,  # noqa: FBT001 - the parts of the key, in order
) -> tuple[MemberResult, tuple[str, ...]]:
    """What becomes of members recorded alike, and which of its dates the last look at one gives.

    The status is brought in as events, from the machine's initial state; a dead owner and the end
    of the launch are further events, which the machine may refuse. The launch expects every member,
    but nobody whose name is a spelling of the lead's.
    """
    told = MemberLaunch(name, hard_failure_reason=failure_reason)
    verdict = decide_about(engine, MEMBER, told, status=status)
    sources = Sources(
        config_registered=verdict.registered,
        process_alive=verdict.alive or None,
        hard_failure_signal=verdict.failed or None,
    )
    recorded = told.like(
        launch_state=walk(engine, verdict.events, name),
        agent_tool_accepted=verdict.accepted,
        runtime_alive=verdict.alive,
        bootstrap_confirmed=verdict.confirmed,
        hard_failure=verdict.failed,
        hard_failure_reason=None if verdict.skipped else failure_reason,
        skipped_for_launch=verdict.skipped or None,
        skip_reason=failure_reason if verdict.skipped else None,
        sources=sources,
        diagnostics=verdict.diagnostics,
    )
    lost = decide_about(
        engine, DOWNGRADE, recorded, owner_dead=owner.dead, owner_reason=owner.reason
    )
    after = fail_member(engine, recorded, lost.event, lost.reason)
    if after is not recorded:
        sources = sources.like(hard_failure_signal=True)
        after = after.like(sources=sources, diagnostics=lost.diagnostics)
    found = complete_member(engine, after, launch_phase, expected=expected)
    dates = {
        "last_evaluated_at": True,
        "last_heartbeat_at": found.member.bootstrap_confirmed,
        "last_runtime_alive_at": found.member.runtime_alive,
        "skipped_at": found.member.skipped_for_launch,
    }
    return found, tuple(date for date, is_observed in dates.items() if is_observed)

"""Healing: what the bootstrap knows better of a member than the launcher, who is believed.

Here: the members of a believed launcher's snapshot, held against the bootstrap's. Not here: which
snapshot is believed (`selection`); whether anything is healed is the policy's `reconciliation` table.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import attrs

from launchfsm.decisions import catalogue
from launchfsm.decisions.facts import ReconciliationFacts
from launchfsm.ecma.dates import read_time
from launchfsm.evaluation.bootstrap import complete_snapshot
from launchfsm.evaluation.members import KnownMembers, diagnose, member_like
from launchfsm.evaluation.runs import is_same_run, run_of
from launchfsm.lifecycle import machines
from launchfsm.records.results import Sources

if TYPE_CHECKING:
    from launchfsm.decisions.outcomes import ReconciliationVerdict
    from launchfsm.engine.engine import Engine
    from launchfsm.engine.table import Policy
    from launchfsm.evaluation.selection import SelectionContext
    from launchfsm.records.results import LaunchSnapshot, MemberLaunch


def heal(
    engine: Engine,
    launch: LaunchSnapshot,
    bootstrap: LaunchSnapshot,
    *,
    now: int,
    context: SelectionContext,
) -> LaunchSnapshot:
    """The launcher's snapshot, its members healed; the same object when nobody was.

    Args:
        engine: Applies the policy.
        launch: The launcher's snapshot, which is believed.
        bootstrap: The bootstrap's.
        now: The time, in ms since 1970.
        context: What is known beyond the two.
    """
    if context.state is None or not _can_heal(engine.policy):
        return launch
    run = run_of(context.state)
    saved_at = None if "launcher" in context.undated else read_time(launch.updated_at)
    stand_in = bootstrap.updated_at if "bootstrap" in context.undated else None
    members = dict(launch.members)
    for name, member in launch.members.items():
        known = bootstrap.members.get(name)
        if known is None:
            continue
        facts = ReconciliationFacts(
            believed_state=member.launch_state,
            bootstrap_state=known.launch_state,
            same_run=is_same_run(run, member, saved_at),
            bootstrap_later=None,
            skipped=member.skipped_for_launch is True,
        )
        if known.last_evaluated_at != stand_in:
            _add_times(facts, known, member, now)
        verdict = engine.decide(catalogue.RECONCILIATION, facts, name)
        if verdict.events:
            members[name] = _walked(engine, member, known, verdict)
    if all(members[name] is member for name, member in launch.members.items()):
        return launch
    return complete_snapshot(
        engine,
        team_name=launch.team_name,
        updated_at=launch.updated_at,
        launch_phase=launch.launch_phase,
        expected=launch.expected_members,
        members=members,
        settler=KnownMembers(engine, launch.launch_phase),
        bootstrap_expected=launch.bootstrap_expected_members or (),
        lead_session_id=launch.lead_session_id,
    )


def _can_heal(policy: Policy) -> bool:
    return any(rule.then for rule in policy.tables[catalogue.RECONCILIATION.name].rules)


def _add_times(
    facts: ReconciliationFacts, known: MemberLaunch, member: MemberLaunch, now: int
) -> None:
    """Add when the bootstrap heard from the member, which the launcher looked at on its own."""
    heard_at, looked_at = _read(known.last_evaluated_at), _read(member.last_evaluated_at)
    if heard_at is not None:
        facts.heard_ahead = heard_at - now
        facts.bootstrap_later = None if looked_at is None else heard_at > looked_at


def _read(text: str | None) -> int | None:
    return None if text is None else read_time(text)


def _walked(
    engine: Engine, member: MemberLaunch, known: MemberLaunch, verdict: ReconciliationVerdict
) -> MemberLaunch:
    """The member after the events; unchanged when its machine refuses one of them."""
    state = member.launch_state
    for event in verdict.events:
        after = engine.step(machines.MEMBER, state, event, member.name)
        if after is None:
            return member
        state = after
    healed = member_like(
        member,
        launch_state=state,
        agent_tool_accepted=known.agent_tool_accepted,
        runtime_alive=known.runtime_alive,
        bootstrap_confirmed=known.bootstrap_confirmed,
        hard_failure=known.hard_failure,
        hard_failure_reason=known.hard_failure_reason,
        last_heartbeat_at=known.last_heartbeat_at,
        last_runtime_alive_at=known.last_runtime_alive_at,
        first_spawn_accepted_at=member.first_spawn_accepted_at or known.first_spawn_accepted_at,
        last_evaluated_at=known.last_evaluated_at,
        sources=attrs.evolve(member.sources or Sources(), hard_failure_signal=None),
    )
    lines = diagnose(engine, healed, member.name)
    noted = lines if verdict.note is None else (*lines, verdict.note)
    return member_like(healed, diagnostics=noted)

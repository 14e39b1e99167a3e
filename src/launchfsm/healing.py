"""Healing: what the bootstrap knows better of a member than the launcher, who is believed.

Here: the members of a believed launcher's snapshot, held against the bootstrap's. Not here: which
snapshot is believed (`preference`); whether anything is healed is the policy's `healing` table.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from launchfsm import decisions, machines
from launchfsm.facts import HealingFacts
from launchfsm.members import diagnose, member_like
from launchfsm.runs import Run, is_same_run
from launchfsm.snapshots import complete_snapshot
from launchfsm.timestamps import read_time

if TYPE_CHECKING:
    from launchfsm.outcomes import HealingVerdict
    from launchfsm.policy.engine import Judge
    from launchfsm.results import LaunchSnapshot, MemberLaunch


def heal(
    judge: Judge, launch: LaunchSnapshot, bootstrap: LaunchSnapshot, run: Run
) -> LaunchSnapshot:
    """The launcher's snapshot, its members healed; the same object when nobody was.

    Args:
        judge: Applies the policy.
        launch: The launcher's snapshot, which is believed.
        bootstrap: The bootstrap's.
        run: The run of the bootstrap's.
    """
    if not judge.policy.reads(decisions.HEALING, "bootstrap_state"):
        return launch
    launch_time = read_time(launch.updated_at)
    members = {
        name: _healed(judge, member, bootstrap.members.get(name), run, launch_time)
        for name, member in launch.members.items()
    }
    if all(members[name] is member for name, member in launch.members.items()):
        return launch
    return complete_snapshot(
        judge,
        team_name=launch.team_name,
        updated_at=launch.updated_at,
        launch_phase=launch.launch_phase,
        expected=launch.expected_members,
        members=members,
        bootstrap_expected=launch.bootstrap_expected_members or (),
        lead_session_id=launch.lead_session_id,
    )


def _healed(
    judge: Judge,
    member: MemberLaunch,
    known: MemberLaunch | None,
    run: Run,
    launch_time: float | None,
) -> MemberLaunch:
    if known is None:
        return member
    facts = HealingFacts(
        believed_state=member.launch_state,
        bootstrap_state=known.launch_state,
        same_run=is_same_run(run, member, launch_time),
        bootstrap_later=_later(known.last_evaluated_at, member.last_evaluated_at),
    )
    verdict = judge.decide(decisions.HEALING, facts, member.name)
    return _walked(judge, member, known, verdict) if verdict.events else member


def _later(mine: str | None, theirs: str | None) -> bool | None:
    first, second = read_time(mine or ""), read_time(theirs or "")
    return None if first is None or second is None else first > second


def _walked(
    judge: Judge, member: MemberLaunch, known: MemberLaunch, verdict: HealingVerdict
) -> MemberLaunch:
    """The member after the events; unchanged when its machine refuses one of them."""
    state = member.launch_state
    for event in verdict.events:
        after = judge.step(machines.MEMBER, state, event, member.name)
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
        last_evaluated_at=known.last_evaluated_at,
    )
    lines = diagnose(judge, healed, member.name)
    noted = lines if verdict.note is None else (*lines, verdict.note)
    return member_like(healed, diagnostics=noted)

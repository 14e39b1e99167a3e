"""Members: what is true of one member, from its record or its flags.

Every judgement here is asked of the policy and every change of state goes through the member's
machine; what this module adds is the order in which that happens. Nothing here depends on a name
or a date, so an answer is worked out once for all members alike and remembered.

Here: one member. Not here: the launch around it (`snapshots`), or the launcher's richer record of
it (`saved_members`).
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import attrs

from launchfsm import decisions, machines
from launchfsm.facts import (
    DiagnosticFacts,
    DowngradeFacts,
    LivenessFacts,
    MemberFacts,
    NeverSpawnedFacts,
    PendingFacts,
    StandingFacts,
)
from launchfsm.outcomes import OwnerVerdict, PendingCount, Standing
from launchfsm.reasons import reason_text
from launchfsm.results import MemberLaunch, Sources

if TYPE_CHECKING:
    from collections.abc import Iterable

    from launchfsm.machines import MemberEvent
    from launchfsm.policy.engine import Judge
    from launchfsm.records import MemberRecord
    from launchfsm.vocabulary import LaunchPhase, LaunchState, MemberStatus


def member_like(member: MemberLaunch, **changes: Any) -> MemberLaunch:
    """A copy of a member with some fields changed.

    What `attrs.evolve` does, in a tenth of its time: it sets forty fields one by one, and eight
    members are made for every launch that is evaluated.
    """
    made = object.__new__(MemberLaunch)
    object.__setattr__(made, "__dict__", {**member.__dict__, **changes})
    return made


@attrs.frozen
class Counted:
    """What a member adds to the summary: one standing, and any number of pending counts."""

    standing: Standing
    pending: tuple[PendingCount, ...]


@attrs.frozen
class Settled:
    """A member as a completed snapshot has it, and what it adds to the summary."""

    member: MemberLaunch
    counted: Counted


# -- From the bootstrap's record (§4) --------------------------------------------------------------


def settle_recorded(
    judge: Judge,
    record: MemberRecord,
    owner: OwnerVerdict,
    launch_phase: LaunchPhase,
    *,
    expected: bool,
) -> Settled:
    """A member as the bootstrap recorded it, settled, still without name and dates (§4, §5).

    The status is brought in as events, from the machine's initial state; a dead owner and the end
    of the launch are further events, which the machine may refuse.
    """
    status, reason, subject = record.status, record.failure_reason, record.name or ""
    key = ("recorded", status, reason, owner.dead, owner.reason, launch_phase, expected)

    def work_out() -> Settled:
        recorded = _recorded(judge, status, reason, subject)
        after = _lose_owner(judge, recorded, owner, subject)
        return settle(judge, after, launch_phase, expected=expected, subject=subject)

    return judge.remembered(key, work_out)


def _recorded(
    judge: Judge, status: MemberStatus | None, failure_reason: str | None, subject: str
) -> MemberLaunch:
    verdict = judge.decide(decisions.MEMBER, MemberFacts(status, failure_reason), subject)
    return MemberLaunch(
        name="",
        launch_state=walk(judge, verdict.events, subject),
        agent_tool_accepted=verdict.accepted,
        runtime_alive=verdict.alive,
        bootstrap_confirmed=verdict.confirmed,
        hard_failure=verdict.failed,
        hard_failure_reason=failure_reason,
        sources=Sources(
            config_registered=verdict.registered,
            process_alive=verdict.alive or None,
            hard_failure_signal=verdict.failed or None,
        ),
        diagnostics=verdict.diagnostics,
    )


def _lose_owner(
    judge: Judge, member: MemberLaunch, owner: OwnerVerdict, subject: str
) -> MemberLaunch:
    facts = DowngradeFacts(owner.dead, owner.reason, member.launch_state)
    verdict = judge.decide(decisions.DOWNGRADE, facts, subject)
    if verdict.event is None:
        return member
    after = judge.step(machines.MEMBER, member.launch_state, verdict.event, subject)
    if after is None:
        return member
    return member_like(
        member,
        launch_state=after,
        hard_failure=True,
        hard_failure_reason=verdict.reason,
        sources=attrs.evolve(member.sources or Sources(), hard_failure_signal=True),
        diagnostics=verdict.diagnostics,
    )


def walk(judge: Judge, events: Iterable[MemberEvent], subject: str) -> LaunchState:
    """Where a member stands after some events, from the start; refused ones did not happen."""
    state = machines.MEMBER.initial
    for event in events:
        state = judge.step(machines.MEMBER, state, event, subject) or state
    return state


# -- Completing and counting (§5) ------------------------------------------------------------------


def settle(
    judge: Judge, member: MemberLaunch, launch_phase: LaunchPhase, *, expected: bool, subject: str
) -> Settled:
    """A member once the never-spawned sweep has passed it, if it is expected, and counted (§5)."""
    settled = _swept(judge, member, launch_phase, subject) if expected else member
    return Settled(settled, _count(judge, settled, subject))


def _swept(
    judge: Judge, member: MemberLaunch, launch_phase: LaunchPhase, subject: str
) -> MemberLaunch:
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
        member.lane_id,
        member.hard_failure_reason,
    )
    verdict = judge.decide(decisions.NEVER_SPAWNED, facts, subject)
    if verdict.event is None:
        return member
    after = judge.step(machines.MEMBER, member.launch_state, verdict.event, subject)
    if after is None:
        return member
    swept = member_like(
        member, launch_state=after, hard_failure=True, hard_failure_reason=verdict.reason
    )
    return member_like(swept, diagnostics=diagnose(judge, swept, subject))


def _count(judge: Judge, member: MemberLaunch, subject: str) -> Counted:
    state, skipped = member.launch_state, member.skipped_for_launch is True
    alive, confirmed = member.runtime_alive, member.bootstrap_confirmed
    kind = member.liveness_kind

    def work_out() -> Counted:
        standing = judge.decide(decisions.STANDING, StandingFacts(state, skipped), subject)
        if standing.standing != "pending":
            return Counted(standing.standing, ())
        strong = strongly_alive(judge, member, subject)
        counts = judge.decide(decisions.PENDING, PendingFacts(strong, state, kind), subject)
        return Counted(standing.standing, tuple(found.count for found in counts))

    return judge.remembered(("counted", state, skipped, alive, confirmed, kind), work_out)


def strongly_alive(judge: Judge, member: MemberLaunch, subject: str) -> bool:
    """Whether a member's life is more than hearsay (§5)."""
    facts = LivenessFacts(member.runtime_alive, member.bootstrap_confirmed, member.liveness_kind)
    return judge.decide(decisions.LIVENESS, facts, subject).strong


# -- What people are told (§6) ---------------------------------------------------------------------


def diagnose(judge: Judge, member: MemberLaunch, subject: str) -> tuple[str, ...]:
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
    return tuple(line.text for line in judge.decide(decisions.DIAGNOSTICS, facts, subject))

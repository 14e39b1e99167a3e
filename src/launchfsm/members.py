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
from launchfsm.results import LaunchSummary, MemberLaunch, Sources

if TYPE_CHECKING:
    from collections.abc import Iterable

    from launchfsm.machines import MemberEvent
    from launchfsm.policy.engine import Judge
    from launchfsm.records import MemberRecord
    from launchfsm.vocabulary import LaunchPhase, LaunchState, MemberStatus


def member_like(member: MemberLaunch, **changes: Any) -> MemberLaunch:
    """A copy of a member with some fields changed: `attrs.evolve`, in a tenth of its time."""
    return _with_fields(member.__dict__ | changes)


def dated(
    member: MemberLaunch, name: str, *, accepted_at: str | None, observed_at: str
) -> MemberLaunch:
    """A copy of a member with its name and its dates, which follow from its flags (§4)."""
    fields = member.__dict__.copy()
    fields["name"] = name
    fields["first_spawn_accepted_at"] = accepted_at
    if member.bootstrap_confirmed:
        fields["last_heartbeat_at"] = observed_at
    if member.runtime_alive:
        fields["last_runtime_alive_at"] = observed_at
    fields["last_evaluated_at"] = observed_at
    return _with_fields(fields)


def pattern(member: MemberLaunch) -> MemberLaunch:
    """An equal member that holds only the fields that say something, to be copied by `dated`."""
    defaults = type(member).__dict__
    said = {
        name: value
        for name, value in member.__dict__.items()
        if name not in defaults or value != defaults[name]
    }
    return _with_fields(said)


def _with_fields(fields: dict[str, Any]) -> MemberLaunch:
    """A member of ready fields. Its `__init__` would set them one by one, forty times."""
    made = object.__new__(MemberLaunch)
    object.__setattr__(made, "__dict__", fields)
    return made


@attrs.frozen
class Counted:
    """What a member adds to the summary.

    Attributes:
        standing: The one count of the first four that it is in.
        pending: The further counts of pending members that it is in.
        positions: Where these stand among the fields of `LaunchSummary`.
    """

    standing: Standing
    pending: tuple[PendingCount, ...]
    positions: tuple[int, ...] = attrs.field(init=False)

    def __attrs_post_init__(self) -> None:
        names = [field.name for field in attrs.fields(LaunchSummary)]
        counts = [f"{self.standing}_count", *(f"{name}_pending_count" for name in self.pending)]
        object.__setattr__(self, "positions", tuple(names.index(name) for name in counts))


@attrs.frozen
class Settled:
    """A member as a completed snapshot has it, and what it adds to the summary."""

    member: MemberLaunch
    counted: Counted


# -- From the bootstrap's record (§4) --------------------------------------------------------------


class RecordedMembers:
    """Settles members as the bootstrap recorded them, in one launch (§4, §5).

    What becomes of a member depends on its status, its failure reason and the launch, so it is
    worked out once for all members alike.

    Args:
        judge: Applies the policy.
        owner: Whether the bootstrap's owner is dead.
        launch_phase: Whether the launch is going on.
    """

    def __init__(self, judge: Judge, owner: OwnerVerdict, launch_phase: LaunchPhase) -> None:
        self._judge = judge
        self._owner = owner
        self._launch_phase = launch_phase
        self._known = judge.memory("recorded", owner.dead, owner.reason, launch_phase)

    def settle(self, record: MemberRecord, *, expected: bool) -> Settled:
        """A member, settled, still without name and dates; `dated` adds them.

        The status is brought in as events, from the machine's initial state; a dead owner and the
        end of the launch are further events, which the machine may refuse.
        """
        key = (record.status, record.failure_reason, expected)
        found: Settled | None = self._known.get(key)
        return self._known.put(key, self._work_out(record, expected)) if found is None else found

    def _work_out(self, record: MemberRecord, expected: bool) -> Settled:  # noqa: FBT001 - named by its caller
        judge, subject = self._judge, record.name or ""
        recorded = _recorded(judge, record.status, record.failure_reason, subject)
        after = _lose_owner(judge, recorded, self._owner, subject)
        phase = self._launch_phase
        settled = settle(judge, after, phase, expected=expected, subject=subject)
        return Settled(pattern(settled.member), settled.counted)


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
    standing = judge.decide(decisions.STANDING, StandingFacts(state, skipped), subject)
    if standing.standing != "pending":
        return Counted(standing.standing, ())
    strong = strongly_alive(judge, member, subject)
    facts = PendingFacts(strong, state, member.liveness_kind)
    counts = judge.decide(decisions.PENDING, facts, subject)
    return Counted(standing.standing, tuple(found.count for found in counts))


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

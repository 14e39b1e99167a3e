"""What is true of one member, from its record or its flags (§4, §5, §6).

Every judgement is asked of the policy, and every change of state goes through the member's machine.
Nothing depends on a name or a date, so an answer is worked out once for all members alike.
"""

from __future__ import annotations

import functools
from typing import TYPE_CHECKING, Any, Final

import attrs

from launchfsm.decisions import catalogue
from launchfsm.decisions.facts import (
    DiagnosticFacts,
    DowngradeFacts,
    LivenessFacts,
    MemberFacts,
    NeverSpawnedFacts,
    OverMembers,
    PendingFacts,
    StandingFacts,
)
from launchfsm.decisions.outcomes import OwnerVerdict, PendingCount, Standing
from launchfsm.evaluation.causes import decide_about, reason_text
from launchfsm.lifecycle import machines
from launchfsm.records.names import is_member
from launchfsm.records.results import LaunchSummary, MemberLaunch, Sources

if TYPE_CHECKING:
    from collections.abc import Iterable

    from launchfsm.engine.decision import Decision
    from launchfsm.engine.engine import Engine
    from launchfsm.lifecycle.machines import MemberEvent
    from launchfsm.records.bootstrap import MemberRecord
    from launchfsm.vocabulary import LaunchPhase, LaunchState, MemberStatus


ASKED_OF_ALL: Final = (
    catalogue.NEVER_SPAWNED,
    catalogue.STANDING,
    catalogue.PENDING,
    catalogue.LIVENESS,
    catalogue.DIAGNOSTICS,
)
"""What completing a member asks, wherever it is known from."""


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
    positions: tuple[int, ...]


@functools.cache
def counted(standing: Standing, *pending: PendingCount) -> Counted:
    """What a member in these counts adds to the summary; there are few ways to be counted."""
    names = [field.name for field in attrs.fields(LaunchSummary)]
    counts = [f"{standing}_count", *(f"{name}_pending_count" for name in pending)]
    return Counted(standing, pending, tuple(names.index(name) for name in counts))


@attrs.define(eq=False)
class MemberResult:
    """A member as a completed snapshot has it, and what it adds to the summary."""

    member: MemberLaunch
    counted: Counted


# -- From the bootstrap's record (§4) --------------------------------------------------------------


@attrs.define(eq=False)
class RecordedAlike:
    """What becomes of the members that the bootstrap recorded alike: all but name and dates.

    Attributes:
        pattern: One of them, without its own name and dates.
        observed: Which of the fields are the date of the last observation.
        accepted: Whether the spawn was accepted, so that it has a date.
        expected: Whether the launch expects them.
        counted: What each adds to the summary.
    """

    pattern: MemberLaunch
    observed: tuple[str, ...]
    accepted: bool
    expected: bool
    counted: Counted

    @classmethod
    def of(cls, result: MemberResult, *, expected: bool) -> RecordedAlike:
        """What members have in common that were completed alike."""
        member = result.member
        observed = ["last_evaluated_at"]
        if member.bootstrap_confirmed:
            observed.append("last_heartbeat_at")
        if member.runtime_alive:
            observed.append("last_runtime_alive_at")
        if member.skipped_for_launch:
            observed.append("skipped_at")
        return cls(member, tuple(observed), member.agent_tool_accepted, expected, result.counted)

    def member(self, name: str, accepted_at: str | None, observed_at: str) -> MemberLaunch:
        """One of these members, with its name and its dates (§4)."""
        member = self.pattern.like()
        fields = member.__dict__  # nobody else has it yet: in half the time of giving changes
        fields["name"] = name
        if self.accepted:
            fields["first_spawn_accepted_at"] = accepted_at
        for date in self.observed:
            fields[date] = observed_at
        return member


class RecordedMembers:
    """Completes members as the bootstrap recorded them, in one launch (§4, §5).

    What becomes of a member depends on its status, its failure reason and the launch, so it is
    worked out once for all members alike.

    Args:
        engine: Applies the policy.
        owner: Whether the bootstrap's owner is dead.
        launch_phase: Whether the launch is going on.
    """

    def __init__(self, engine: Engine, owner: OwnerVerdict, launch_phase: LaunchPhase) -> None:
        self._engine = engine
        self._owner = owner
        self._launch_phase = launch_phase
        self._known = engine.cache(
            "recorded",
            owner.dead,
            owner.reason,
            launch_phase,
            asks=(catalogue.MEMBER, catalogue.DOWNGRADE, *ASKED_OF_ALL),
        )

    def complete(self, name: str, record: MemberRecord) -> RecordedAlike:
        """What becomes of a member, by its name and its record.

        The status is brought in as events, from the machine's initial state; a dead owner and the
        end of the launch are further events, which the machine may refuse. The launch expects
        every member, but nobody whose name is a spelling of the lead's.
        """
        key = (record.status, record.failure_reason, is_member(name))
        return self._known.answer(key, name, lambda: self._work_out(name, *key))

    def _work_out(
        self,
        subject: str,
        status: MemberStatus | None,
        failure_reason: str | None,
        expected: bool,  # noqa: FBT001 - the parts of the key, in order
    ) -> RecordedAlike:
        engine = self._engine
        recorded = _recorded(engine, status, failure_reason, subject)
        after = _lose_owner(engine, recorded, self._owner, subject)
        completed = complete_member(
            engine, after, self._launch_phase, expected=expected, subject=subject
        )
        return RecordedAlike.of(completed, expected=expected)


def _recorded(
    engine: Engine, status: MemberStatus | None, failure_reason: str | None, subject: str
) -> MemberLaunch:
    facts = MemberFacts(status, failure_reason)
    verdict = decide_about(engine, catalogue.MEMBER, facts, subject, reason=failure_reason)
    return MemberLaunch(
        name="",
        launch_state=walk(engine, verdict.events, subject),
        agent_tool_accepted=verdict.accepted,
        runtime_alive=verdict.alive,
        bootstrap_confirmed=verdict.confirmed,
        hard_failure=verdict.failed,
        hard_failure_reason=None if verdict.skipped else failure_reason,
        skipped_for_launch=verdict.skipped or None,
        skip_reason=failure_reason if verdict.skipped else None,
        sources=Sources(
            config_registered=verdict.registered,
            process_alive=verdict.alive or None,
            hard_failure_signal=verdict.failed or None,
        ),
        diagnostics=verdict.diagnostics,
    )


def _lose_owner(
    engine: Engine, member: MemberLaunch, owner: OwnerVerdict, subject: str
) -> MemberLaunch:
    facts = DowngradeFacts(owner.dead, owner.reason, member.launch_state)
    verdict = decide_about(engine, catalogue.DOWNGRADE, facts, subject, member)
    if verdict.event is None:
        return member
    after = engine.step(machines.MEMBER, member.launch_state, verdict.event, subject)
    if after is None:
        return member
    return member.like(
        launch_state=after,
        hard_failure=True,
        hard_failure_reason=verdict.reason,
        sources=(member.sources or Sources()).like(hard_failure_signal=True),
        diagnostics=verdict.diagnostics,
    )


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


# -- Completing and counting (§5) ------------------------------------------------------------------


def complete_member(
    engine: Engine, member: MemberLaunch, launch_phase: LaunchPhase, *, expected: bool, subject: str
) -> MemberResult:
    """A member once the never-spawned sweep has passed it, if it is expected, and counted (§5)."""
    swept = _swept(engine, member, launch_phase, subject) if expected else member
    return MemberResult(swept, count_member(engine, swept, subject))


class KnownMembers:
    """Completes members that are known whole, in one launch (§5).

    Args:
        engine: Applies the policy.
        launch_phase: Whether the launch is going on.
    """

    def __init__(self, engine: Engine, launch_phase: LaunchPhase) -> None:
        self._engine = engine
        self._launch_phase = launch_phase

    def complete(self, name: str, member: MemberLaunch, *, expected: bool) -> MemberResult:
        """A member as the completed snapshot has it; only an expected one can be missed."""
        return complete_member(
            self._engine, member, self._launch_phase, expected=expected, subject=name
        )


class StartingMembers:
    """Completes expected members of whom nothing is known, in one launch (§5).

    Args:
        engine: Applies the policy.
        launch_phase: Whether the launch is going on.
        updated_at: When the launch's record was written: the last that was heard of them.
    """

    def __init__(self, engine: Engine, launch_phase: LaunchPhase, updated_at: str) -> None:
        self._engine = engine
        self._launch_phase = launch_phase
        self._updated_at = updated_at
        self._known = engine.cache("starting", launch_phase, asks=ASKED_OF_ALL)

    def complete(self, name: str) -> MemberResult:
        """A member as the completed snapshot has it: all are alike but for the name."""
        like = self._known.answer(None, name, lambda: self._work_out(name))
        member = like.member.like(name=name, last_evaluated_at=self._updated_at)
        return MemberResult(member, like.counted)

    def _work_out(self, name: str) -> MemberResult:
        member = MemberLaunch(name=name, skipped_for_launch=False, diagnostics=())
        return complete_member(
            self._engine, member, self._launch_phase, expected=True, subject=name
        )


def _swept(
    engine: Engine, member: MemberLaunch, launch_phase: LaunchPhase, subject: str
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
        member.lane_id is not None,
        member.hard_failure_reason,
    )
    verdict = decide_about(engine, catalogue.NEVER_SPAWNED, facts, subject, member)
    if verdict.event is None:
        return member
    after = engine.step(machines.MEMBER, member.launch_state, verdict.event, subject)
    if after is None:
        return member
    swept = member.like(launch_state=after, hard_failure=True, hard_failure_reason=verdict.reason)
    return swept.like(diagnostics=diagnose(engine, swept, subject))


def count_member(engine: Engine, member: MemberLaunch, subject: str) -> Counted:
    """What a completed member adds to the summary (§5)."""
    state, skipped = member.launch_state, member.skipped_for_launch is True
    alike = StandingFacts(state, skipped)
    standing = decide_about(engine, catalogue.STANDING, alike, subject, member)
    if standing.standing != "pending":
        return counted(standing.standing)
    strong = strongly_alive(engine, member, subject)
    facts = PendingFacts(strong, state, member.liveness_kind)
    counts = decide_about(engine, catalogue.PENDING, facts, subject, member)
    return counted(standing.standing, *(found.count for found in counts))


def strongly_alive(engine: Engine, member: MemberLaunch, subject: str) -> bool:
    """Whether a member's life is more than hearsay (§5)."""
    facts = LivenessFacts(member.runtime_alive, member.bootstrap_confirmed, member.liveness_kind)
    return decide_about(engine, catalogue.LIVENESS, facts, subject, member).strong


# -- What people are told (§6) ---------------------------------------------------------------------


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
    lines = decide_about(engine, catalogue.DIAGNOSTICS, facts, subject, member)
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
    members: Iterable[MemberLaunch],
) -> None:
    """Add to facts about a launch who of its members failed or waits, where a rule asks."""
    if engine.policy.reads(decision, "failed_names", "blocked_names"):
        found = tuple(members)
        facts.failed_names = tuple(
            member.name
            for member in found
            if count_member(engine, member, member.name).standing == "failed"
        )
        facts.blocked_names = tuple(member.name for member in found if waits_for_permission(member))

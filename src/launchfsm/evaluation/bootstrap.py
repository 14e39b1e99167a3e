"""Whether the bootstrap's owner is there (§3), and how the launch stands by its state (§4)."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from launchfsm.decisions.bootstrap import (
    LAUNCH_PHASE,
    OWNER,
    LaunchPhaseFacts,
    OwnerFacts,
    OwnerVerdict,
)
from launchfsm.decisions.facts import PhaseKind
from launchfsm.decisions.members import DOWNGRADE, MEMBER
from launchfsm.ecma.dates import iso, read_instant
from launchfsm.engine.engine import Engine
from launchfsm.evaluation.evidence import Evidence
from launchfsm.evaluation.members import (
    ASKED_OF_ALL,
    Counts,
    MemberResult,
    complete_member,
    decide_about,
    failure_of,
    sum_up,
    walk,
)
from launchfsm.evaluation.runs import minus, moment_of
from launchfsm.lifecycle.machines import BOOTSTRAP
from launchfsm.records.bootstrap import BootstrapState, MemberRecord
from launchfsm.records.journal import named_run
from launchfsm.records.lock import LockRecord, is_replaced
from launchfsm.records.names import is_lead, is_recorded_member
from launchfsm.records.results import LaunchSnapshot, MemberLaunch, Sources
from launchfsm.system.processes import ProcessEvidence
from launchfsm.vocabulary import LaunchPhase, Liveness

_KINDS: Final[Mapping[str, PhaseKind]] = {
    phase: "terminal" if phase in BOOTSTRAP.terminal else "active" for phase in BOOTSTRAP.states
}


def phase_kind_of(phase: str | None) -> PhaseKind | None:
    """What sort of phase a recorded text is; `None` when it is absent or empty."""
    return _KINDS.get(phase, "other") if phase else None


def goes_on(state: BootstrapState) -> bool:
    """Whether a bootstrap is under way, as its phase and its status say."""
    return phase_kind_of(state.phase) in {"active", "other"} and state.terminal.status is None


def judge_owner(engine: Engine, evidence: Evidence, state: BootstrapState) -> OwnerVerdict:
    """Whether the owner of a readable state is dead, and why (§3)."""
    updated_at = read_instant(state.updated_at)
    lock, run_id = evidence.lock, named_run(state.run_id)
    if lock is not None and (lock.pid != state.owner_pid or run_id not in {None, lock.run_id}):
        lock = None  # another's, or left by an older one with the same pid
    facts = OwnerFacts(
        phase_kind=phase_kind_of(state.phase),
        owner=None,
        owner_pid=state.owner_pid,
        state_age=minus(evidence.now, updated_at),
        state_ahead=minus(updated_at, evidence.now),
        terminal_status=state.terminal.status,
    )
    # To look at a process takes as long as to read two files, and most bootstraps have ended.
    look = goes_on(state)
    _add_process(facts, evidence, evidence.owner, lock, state.started_at, look=look)
    return engine.decide(OWNER, facts)


def judge_lock_owner(engine: Engine, evidence: Evidence, lock: LockRecord) -> OwnerVerdict:
    """Whether the owner of a lock is dead, where no state tells how far its bootstrap is (§8)."""
    # Nobody holds the lock of a bootstrap that ended.
    facts = OwnerFacts(phase_kind="active", owner=None, owner_pid=lock.pid, state_age=None)
    _add_process(facts, evidence, evidence.lock_owner, lock, None, look=True)
    return engine.decide(OWNER, facts)


def _add_process(
    facts: OwnerFacts,
    evidence: Evidence,
    owner: ProcessEvidence | None,
    lock: LockRecord | None,
    started_at: object,
    *,
    look: bool,
) -> None:
    """Add whether the process is there, which it is, and where the owner took its lock."""
    if owner is not None:
        facts.owner, facts.basis = owner.liveness, owner.basis
    identity = evidence.identity_of(owner) if look else None
    if identity is not None:
        began = moment_of(started_at)
        taken = None if lock is None else moment_of(lock.created_at)
        if began is None or (taken is not None and taken < began):
            began = taken
        facts.zombie, facts.began_after = identity.zombie, minus(identity.started_at, began)
    if lock is not None:
        other = evidence.other
        facts.replaced, facts.other_host = is_replaced(lock, identity, other), other.host
        # Whoever held a lock before this machine was started is gone, wherever its pid counted.
        facts.other_namespace = None if other.boot else other.namespace


def known_liveness(process: ProcessEvidence | None, owner: OwnerVerdict) -> Liveness | None:
    """Whether an owner is there, by its process and the answer; `None` if nobody knows who."""
    if process is None:
        return None
    if owner.unsure:
        return "unknown"
    return "dead" if owner.dead else process.liveness


# -- The launch (§4) -------------------------------------------------------------------------------

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
        status, reason = record.status, record.failure_reason
        alike, observed_dates = engine.cached(
            ("recorded", owner.dead, owner.reason, launch_phase, expected, status, reason),
            name,
            lambda: _recorded_alike(engine, owner, launch_phase, record, expected=expected),  # noqa: B023 - called at once
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
        members[name] = MemberLaunch.of_all(fields)
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
    record: MemberRecord,
    *,
    expected: bool,
) -> tuple[MemberResult, tuple[str, ...]]:
    """What becomes of members recorded alike, and their dates that are that of the last look.

    The status is brought in as events, from the machine's initial state; a dead owner and the end
    of the launch are further events, which the machine may refuse. The launch expects every member,
    but nobody whose name is a spelling of the lead's.
    """
    name, failure_reason = record.name or "", record.failure_reason
    told = MemberLaunch(name, hard_failure_reason=failure_reason)
    verdict = decide_about(engine, MEMBER, told, status=record.status)
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
    if failure := failure_of(engine, recorded, lost.event, lost.reason):
        failed = sources.like(hard_failure_signal=True)
        recorded = recorded.like(**failure, sources=failed, diagnostics=lost.diagnostics)
    found = complete_member(engine, recorded, launch_phase, expected=expected)
    dates = {
        "last_evaluated_at": True,
        "last_heartbeat_at": found.member.bootstrap_confirmed,
        "last_runtime_alive_at": found.member.runtime_alive,
        "skipped_at": found.member.skipped_for_launch,
    }
    return found, tuple(date for date, is_observed in dates.items() if is_observed)

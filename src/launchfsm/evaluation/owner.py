"""Owners: whether the process that owns the bootstrap is still there (§3)."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from launchfsm.decisions.bootstrap import OWNER, OwnerFacts, OwnerVerdict
from launchfsm.decisions.facts import PhaseKind
from launchfsm.ecma.dates import read_instant
from launchfsm.engine.engine import Engine
from launchfsm.evaluation.evidence import Evidence
from launchfsm.evaluation.runs import moment_of
from launchfsm.lifecycle.machines import BOOTSTRAP
from launchfsm.records.bootstrap import BootstrapState
from launchfsm.records.journal import named_run
from launchfsm.records.lock import LockRecord, is_replaced
from launchfsm.system.processes import ProcessEvidence
from launchfsm.vocabulary import Liveness

_KINDS: Final[Mapping[str, PhaseKind]] = {
    phase: "terminal" if phase in BOOTSTRAP.terminal else "active" for phase in BOOTSTRAP.states
}


def phase_kind_of(phase: str | None) -> PhaseKind | None:
    """What sort of phase a recorded text is; `None` when it is absent or empty."""
    return _KINDS.get(phase, "other") if phase else None


def judge_owner(engine: Engine, evidence: Evidence, state: BootstrapState) -> OwnerVerdict:
    """Whether the owner of a readable state is dead, and why (§3)."""
    updated_at = read_instant(state.updated_at)
    age = None if updated_at is None else evidence.now - updated_at
    owner = evidence.owner
    lock, run_id = evidence.lock, named_run(state.run_id)
    if lock is not None and (lock.pid != state.owner_pid or run_id not in {None, lock.run_id}):
        lock = None  # another's, or left by an older one with the same pid
    # To look at a process takes as long as to read two files, and most bootstraps have ended.
    ended = state.terminal.status is not None or phase_kind_of(state.phase) in {None, "terminal"}
    facts = OwnerFacts(
        phase_kind=phase_kind_of(state.phase),
        owner=None if owner is None else owner.liveness,
        owner_pid=state.owner_pid,
        state_age=age,
        state_ahead=None if age is None else -age,
        terminal_status=state.terminal.status,
        basis=None if owner is None else owner.basis,
        **_process_of(evidence, lock, None if ended else owner, moment_of(state.started_at)),
    )
    return engine.decide(OWNER, facts)


def judge_lock_owner(engine: Engine, evidence: Evidence, lock: LockRecord) -> OwnerVerdict:
    """Whether the owner of a lock is dead, where no state tells how far its bootstrap is (§8)."""
    owner = evidence.lock_owner
    facts = OwnerFacts(
        phase_kind="active",  # nobody holds the lock of a bootstrap that ended
        owner=None if owner is None else owner.liveness,
        owner_pid=lock.pid,
        state_age=None,
        basis=None if owner is None else owner.basis,
        **_process_of(evidence, lock, owner, None),
    )
    return engine.decide(OWNER, facts)


def _process_of(
    evidence: Evidence,
    lock: LockRecord | None,
    owner: ProcessEvidence | None,
    started_at: float | None,
) -> dict[str, Any]:
    """Where an owner took its lock, and which process has its pid, whose run began then."""
    identity = evidence.identity_of(owner)
    locked_at = None if lock is None else moment_of(lock.created_at)
    recorded = [moment for moment in (started_at, locked_at) if moment is not None]
    began = None if identity is None else identity.started_at
    facts = {
        "zombie": None if identity is None else identity.zombie,
        "began_after": began - min(recorded) if began is not None and recorded else None,
    }
    if lock is None:
        return facts
    # Whoever held a lock before this machine was started is gone, wherever its pid counted.
    other = evidence.other
    return facts | {
        "replaced": is_replaced(lock, identity, other),
        "other_host": other.host,
        "other_namespace": None if other.boot else other.namespace,
    }


def known_liveness(process: ProcessEvidence | None, owner: OwnerVerdict) -> Liveness | None:
    """Whether an owner is there, by its process and the answer; `None` if nobody knows who."""
    if process is None:
        return None
    if owner.unsure:
        return "unknown"
    return "dead" if owner.dead else process.liveness

"""Owners: whether the process that owns the bootstrap is still there (§3).

Here: the facts about the owner and the verdict. Not here: asking the system (`processes`), or what
a dead owner means for members (`members`) and for a display (`progress`).
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from launchfsm import decisions
from launchfsm.facts import OwnerFacts, PhaseKind
from launchfsm.machines import BOOTSTRAP
from launchfsm.timestamps import read_instant

if TYPE_CHECKING:
    from launchfsm.evidence import Evidence
    from launchfsm.outcomes import OwnerVerdict
    from launchfsm.policy.engine import Judge
    from launchfsm.processes import Liveness, ProcessIdentity
    from launchfsm.records import BootstrapState, LockRecord


def phase_kind_of(phase: str | None) -> PhaseKind | None:
    """What sort of phase a recorded text is; `None` when it is absent or empty."""
    if not phase:
        return None
    if phase not in BOOTSTRAP.states:
        return "other"
    return "terminal" if phase in BOOTSTRAP.terminal else "active"


def judge_owner(judge: Judge, evidence: Evidence, state: BootstrapState) -> OwnerVerdict:
    """Whether the owner of a readable state is dead, and why (§3)."""
    updated_at = read_instant(state.updated_at)
    age = None if updated_at is None else evidence.now - updated_at
    owner = evidence.owner
    facts = OwnerFacts(
        phase_kind=phase_kind_of(state.phase),
        owner=None if owner is None else owner.liveness,
        owner_pid=state.owner_pid,
        state_age=age,
        state_ahead=None if age is None else -age,
        terminal_status=state.terminal.status,
        basis=None if owner is None else owner.basis,
    )
    if evidence.identity is not None or evidence.lock is not None:
        _identify(facts, evidence, state)
    return judge.decide(decisions.OWNER, facts)


def _identify(facts: OwnerFacts, evidence: Evidence, state: BootstrapState) -> None:
    """Add what is known of which process it is that has the owner's pid."""
    identity, lock = evidence.identity, evidence.lock
    ours = lock if lock is not None and lock.pid == state.owner_pid else None
    if ours is not None:
        facts.other_host = evidence.other_host
        facts.replaced = _replaced(identity, ours, other_boot=evidence.other_boot)
    if identity is None:
        return
    facts.zombie = identity.zombie
    started_at = read_instant(state.started_at)
    if started_at is None and ours is not None:
        started_at = ours.created_at
    if identity.started_at is not None and started_at is not None:
        facts.began_after = identity.started_at - started_at


def _replaced(
    identity: ProcessIdentity | None, lock: LockRecord, *, other_boot: bool | None
) -> bool | None:
    """Whether the lock's exact start is another process's; no wall clock is asked."""
    if other_boot is None or other_boot:
        return other_boot
    if identity is None or identity.since_boot is None or lock.since_boot is None:
        return None
    return identity.since_boot != lock.since_boot


def known_liveness(evidence: Evidence, owner: OwnerVerdict) -> Liveness | None:
    """Whether the owner is there as far as anybody knows; `None` when nobody knows who it is."""
    if evidence.owner is None:
        return None
    if owner.unsure:
        return "unknown"
    return "dead" if owner.dead else evidence.owner.liveness

"""Owners: whether the process that owns the bootstrap is still there (§3)."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from launchfsm.decisions.bootstrap import OWNER, OwnerFacts
from launchfsm.ecma.dates import read_instant
from launchfsm.evaluation.runs import moment_of
from launchfsm.lifecycle.machines import BOOTSTRAP
from launchfsm.records.journal import named_run
from launchfsm.records.lock import is_replaced

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from launchfsm.decisions.bootstrap import OwnerVerdict
    from launchfsm.decisions.facts import PhaseKind
    from launchfsm.engine.engine import Engine
    from launchfsm.evaluation.evidence import Evidence
    from launchfsm.records.bootstrap import BootstrapState
    from launchfsm.records.lock import LockRecord
    from launchfsm.system.processes import ProcessEvidence, ProcessIdentity
    from launchfsm.vocabulary import Liveness


_KINDS: Final[Mapping[str, PhaseKind]] = {
    phase: "terminal" if phase in BOOTSTRAP.terminal else "active" for phase in BOOTSTRAP.states
}


def phase_kind_of(phase: str | None) -> PhaseKind | None:
    """What sort of phase a recorded text is; `None` when it is absent or empty."""
    return _KINDS.get(phase, "other") if phase else None


_OF_PROCESS: Final = ("zombie", "began_after", "replaced")


class _LookedUp(OwnerFacts):
    """Facts of which those about the process are looked up when a rule first asks.

    To look at a process takes as long as to read two files, and most bootstraps have ended.
    """

    __slots__ = ("_look",)

    def later(self, look: Callable[[OwnerFacts], None]) -> None:
        """Call this once somebody asks for one of `_OF_PROCESS`: it adds them to the facts."""
        self._look = look
        for name in _OF_PROCESS:
            delattr(self, name)

    def __getattr__(self, name: str) -> Any:  # asked for what is not set
        if name not in _OF_PROCESS:
            raise AttributeError(name)
        for fact in _OF_PROCESS:
            setattr(self, fact, None)
        self._look(self)
        return getattr(self, name)


def judge_owner(engine: Engine, evidence: Evidence, state: BootstrapState) -> OwnerVerdict:
    """Whether the owner of a readable state is dead, and why (§3)."""
    updated_at = read_instant(state.updated_at)
    age = None if updated_at is None else evidence.now - updated_at
    owner = evidence.owner
    facts = _LookedUp(
        phase_kind=phase_kind_of(state.phase),
        owner=liveness_of(owner),
        owner_pid=state.owner_pid,
        state_age=age,
        state_ahead=None if age is None else -age,
        terminal_status=state.terminal.status,
        basis=None if owner is None else owner.basis,
    )
    lock = evidence.lock if _is_lock_of(evidence.lock, state) else None
    _add_place(facts, evidence, lock)
    facts.later(
        lambda known: _identify(
            known, evidence, lock, evidence.identity, moment_of(state.started_at)
        )
    )
    return engine.decide(OWNER, facts)


def judge_lock_owner(engine: Engine, evidence: Evidence, lock: LockRecord) -> OwnerVerdict:
    """Whether the owner of a lock is dead, where no state tells how far its bootstrap is (§8)."""
    owner = evidence.lock_owner
    facts = OwnerFacts(
        phase_kind="active",  # nobody holds the lock of a bootstrap that ended
        owner=liveness_of(owner),
        owner_pid=lock.pid,
        state_age=None,
        basis=None if owner is None else owner.basis,
    )
    _add_place(facts, evidence, lock)
    _identify(facts, evidence, lock, evidence.lock_identity, None)
    return engine.decide(OWNER, facts)


def _is_lock_of(lock: LockRecord | None, state: BootstrapState) -> bool:
    """Whether a lock is held by a state's owner, and not left by an older one with the same pid."""
    if lock is None or lock.pid != state.owner_pid:
        return False
    run_id = named_run(state.run_id)
    return run_id is None or run_id == lock.run_id


def _add_place(facts: OwnerFacts, evidence: Evidence, lock: LockRecord | None) -> None:
    """Add where the owner's lock was taken, if it is known."""
    if lock is not None:
        facts.other_host = evidence.other_host
        # Whoever held a lock before this machine was started is gone, wherever its pid counted.
        facts.other_namespace = None if evidence.other_boot else evidence.other_namespace


def _identify(
    facts: OwnerFacts,
    evidence: Evidence,
    lock: LockRecord | None,
    identity: ProcessIdentity | None,
    started_at: float | None,
) -> None:
    """Add what is known of which process it is that has the owner's pid.

    Args:
        facts: The facts to add to.
        evidence: What is known of the host and the boot.
        lock: The owner's lock, if it is known.
        identity: Which process has the owner's pid, if that is known.
        started_at: When the owner says that its run began.
    """
    locked_at = None
    if lock is not None:
        facts.replaced = is_replaced(
            lock,
            identity,
            other_host=evidence.other_host,
            other_boot=evidence.other_boot,
            other_namespace=evidence.other_namespace,
        )
        locked_at = moment_of(lock.created_at)
    if identity is None:
        return
    facts.zombie = identity.zombie
    recorded = [moment for moment in (started_at, locked_at) if moment is not None]
    if identity.started_at is not None and recorded:
        facts.began_after = identity.started_at - min(recorded)


def liveness_of(process: ProcessEvidence | None) -> Liveness | None:
    """Whether a process is there; `None` when nobody knows which it is."""
    return None if process is None else process.liveness


def known_liveness(found: Liveness | None, owner: OwnerVerdict) -> Liveness | None:
    """Whether an owner is there as far as anybody knows; `None` when nobody knows who it is.

    Args:
        found: What was found of its process.
        owner: The answer about it.
    """
    if found is None:
        return None
    if owner.unsure:
        return "unknown"
    return "dead" if owner.dead else found

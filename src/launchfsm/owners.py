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
    from launchfsm.records import BootstrapState


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
    facts = OwnerFacts(
        phase_kind=phase_kind_of(state.phase),
        owner=None if evidence.owner is None else evidence.owner.liveness,
        owner_pid=state.owner_pid,
        state_age=None if updated_at is None else evidence.now - updated_at,
    )
    return judge.decide(decisions.OWNER, facts)

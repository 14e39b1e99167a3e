"""Judgement: one evidence, one answer.

The whole evaluation right of the facts, in the order in which it happens. It is pure: no file, no
clock and no process is touched, so running it again with a judge that takes notes is its own
explanation.

Here: that order. Not here: each step.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import attrs

from launchfsm.decisions import catalogue
from launchfsm.decisions.facts import Side
from launchfsm.ecma.dates import iso
from launchfsm.evaluation.bootstrap import snapshot_of_state
from launchfsm.evaluation.evidence import EvidenceRequest
from launchfsm.evaluation.launch_state import snapshot_of_document
from launchfsm.evaluation.owner import (
    judge_lock_owner,
    judge_owner,
    known_liveness,
    liveness_of,
    phase_kind_of,
)
from launchfsm.evaluation.progress import runtime_of_beginning, runtime_of_lock, runtime_of_state
from launchfsm.evaluation.reconciliation import heal
from launchfsm.evaluation.selection import SelectionContext, choose
from launchfsm.records.documents import LAUNCH_FILE, LOCK_FILE, STATE_FILE
from launchfsm.records.results import LaunchSnapshot, RuntimeState
from launchfsm.vocabulary import RealTaskSubmission

if TYPE_CHECKING:
    from launchfsm.engine.engine import Engine
    from launchfsm.engine.table import Policy
    from launchfsm.evaluation.evidence import Evidence
    from launchfsm.records.bootstrap import LockRecord
    from launchfsm.system.processes import Liveness


@attrs.define(eq=False)
class Judgement:
    """What follows from a team's evidence; each `None` means that there is none.

    Attributes:
        bootstrap_snapshot: The launch as the bootstrap tells it (§4).
        runtime_state: What a progress display shows (§7, §8).
        real_task_submission: Whether the team was given its first task (§12).
        launcher_snapshot: The launch as the launcher tells it (§10).
        preferred_snapshot: The one of the two that is believed (§11); of the launcher's, the
            members may be healed.
        preferred_source: Whose that is.
        background: What else was known when they were chosen from.
    """

    bootstrap_snapshot: LaunchSnapshot | None
    runtime_state: RuntimeState | None
    real_task_submission: RealTaskSubmission | None
    launcher_snapshot: LaunchSnapshot | None
    preferred_snapshot: LaunchSnapshot | None
    preferred_source: Side | None
    background: SelectionContext


def judge_team(engine: Engine, evidence: Evidence) -> Judgement:
    """Everything that a policy says of a team's evidence."""
    bootstrap = runtime = task = owner_there = None
    state, lock = evidence.state, evidence.lock
    engine.turn_to(STATE_FILE)
    if state is not None:
        owner, phase_kind = judge_owner(engine, evidence, state), phase_kind_of(state.phase)
        bootstrap = snapshot_of_state(
            engine,
            state,
            phase_kind,
            owner,
            folder=evidence.team,
            now=evidence.now_text,
        )
        runtime = runtime_of_state(engine, evidence, state, owner)
        task = state.real_task_submission
        if phase_kind in {"active", "other"} and state.terminal.status is None:
            owner_there = known_liveness(liveness_of(evidence.owner), owner)
    elif lock is not None:
        engine.turn_to(LOCK_FILE)
        owner = judge_lock_owner(engine, evidence, lock)
        owner_there = known_liveness(liveness_of(evidence.lock_owner), owner)
        runtime = _runtime_without_state(engine, evidence, lock, owner_there)
    engine.turn_to(LAUNCH_FILE)
    saved = snapshot_of_document(
        engine, evidence.team, evidence.launch_document.value, now=evidence.now_text
    )
    engine.turn_to("")
    background = SelectionContext(state, owner_there, _undated(evidence, bootstrap, saved))
    choice = choose(engine, bootstrap, saved, now=evidence.now, background=background)
    believed = choice.snapshot
    if choice.source == "launcher" and believed is not None and bootstrap is not None:
        believed = heal(engine, believed, bootstrap, now=evidence.now, background=background)
    return Judgement(bootstrap, runtime, task, saved, believed, choice.source, background)


def _runtime_without_state(
    engine: Engine, evidence: Evidence, lock: LockRecord, owner: Liveness | None
) -> RuntimeState | None:
    fault = evidence.state_document.fault
    if owner is None:
        return None
    if fault is None:
        return runtime_of_beginning(engine, evidence, lock, owner)
    return runtime_of_lock(engine, evidence, fault, lock, owner)


def _undated(
    evidence: Evidence, bootstrap: LaunchSnapshot | None, saved: LaunchSnapshot | None
) -> tuple[Side, ...]:
    """Whose record does not say when it was written: the time of the evaluation stands in."""
    now, state, document = evidence.now_text, evidence.state, evidence.launch_document.value
    found: list[Side] = []
    if bootstrap is not None and state is not None and bootstrap.updated_at == now:
        found += ["bootstrap"] if iso(state.updated_at, "") != now else []
    if saved is not None and saved.updated_at == now:
        found += ["launcher"] if document.get("updatedAt") != now else []
    return tuple(found)


def wanted_by(policy: Policy) -> EvidenceRequest | None:
    """What evidence a policy asks for beyond what every evaluation gathers; `None` when nothing."""
    lock = ("replaced", "other_host", "began_after")
    identity = ("zombie", "began_after", "replaced")
    wanted = EvidenceRequest(
        identity=policy.reads(catalogue.OWNER, *identity),
        lock=_tells_beginnings(policy) or policy.reads(catalogue.OWNER, *lock),
    )
    return wanted if wanted.identity or wanted.lock else None


def _tells_beginnings(policy: Policy) -> bool:
    return any(rule.then for rule in policy.tables[catalogue.BEGINNING.name].rules)

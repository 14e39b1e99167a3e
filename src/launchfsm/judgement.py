"""Judgement: one evidence, one answer.

The whole evaluation right of the facts, in the order in which it happens. It is pure: no file, no
clock and no process is touched, so running it again with a judge that takes notes is its own
explanation.

Here: that order. Not here: each step.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import attrs

from launchfsm import decisions
from launchfsm.evidence import Wanted
from launchfsm.facts import Side
from launchfsm.healing import heal
from launchfsm.owners import judge_owner, known_liveness, phase_kind_of
from launchfsm.preference import choose
from launchfsm.progress import runtime_of_beginning, runtime_of_lock, runtime_of_state
from launchfsm.results import LaunchSnapshot, RuntimeState
from launchfsm.runs import run_of
from launchfsm.saved_snapshots import snapshot_of_document
from launchfsm.snapshots import snapshot_of_state
from launchfsm.vocabulary import RealTaskSubmission

if TYPE_CHECKING:
    from launchfsm.evidence import Evidence
    from launchfsm.policy.engine import Judge
    from launchfsm.policy.rules import Policy


@attrs.frozen(eq=False)
class Judgement:
    """What follows from a team's evidence; each `None` means that there is none.

    Attributes:
        launch_snapshot: The launch as the bootstrap tells it (§4).
        runtime_state: What a progress display shows (§7, §8).
        real_task_submission: Whether the team was given its first task (§12).
        saved_snapshot: The launch as the launcher tells it (§10).
        preferred_snapshot: The one of the two that is believed (§11).
        preferred_source: Whose that is.
    """

    launch_snapshot: LaunchSnapshot | None
    runtime_state: RuntimeState | None
    real_task_submission: RealTaskSubmission | None
    saved_snapshot: LaunchSnapshot | None
    preferred_snapshot: LaunchSnapshot | None
    preferred_source: Side | None


def judge_team(judge: Judge, evidence: Evidence) -> Judgement:
    """Everything that a policy says of a team's evidence."""
    bootstrap = runtime = task = run = owner_there = None
    state = evidence.state
    if state is not None:
        owner = judge_owner(judge, evidence, state)
        bootstrap = snapshot_of_state(
            judge,
            state,
            phase_kind_of(state.phase),
            owner,
            folder=evidence.team,
            now=evidence.now_text,
        )
        runtime = runtime_of_state(judge, evidence, state, owner)
        task = state.real_task_submission
        run, owner_there = run_of(state), known_liveness(evidence, owner)
    elif evidence.state_document.fault is not None:
        runtime = runtime_of_lock(judge, evidence, evidence.state_document.fault)
    else:
        runtime = runtime_of_beginning(judge, evidence)
    saved = snapshot_of_document(
        judge, evidence.team, evidence.launch_document.value, now=evidence.now_text
    )
    choice = choose(judge, bootstrap, saved, now=evidence.now, run=run, owner=owner_there)
    believed = choice.snapshot
    if choice.source == "launch" and believed is not None and bootstrap is not None and run:
        believed = heal(judge, believed, bootstrap, run)
    return Judgement(bootstrap, runtime, task, saved, believed, choice.source)


def wanted_by(policy: Policy) -> Wanted:
    """What evidence a policy asks for beyond what every evaluation gathers."""
    lock = ("replaced", "other_host")
    identity = ("zombie", "began_after", "replaced")
    return Wanted(
        identity=any(policy.reads(decisions.OWNER, fact) for fact in identity),
        lock=policy.reads(decisions.BEGINNING, "owner")
        or any(policy.reads(decisions.OWNER, fact) for fact in lock),
    )

"""Judgement: one evidence, one answer.

The whole evaluation right of the facts, in the order in which it happens. It is pure: no file, no
clock and no process is touched, so running it again with a judge that takes notes is its own
explanation.

Here: that order. Not here: each step.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import attrs

from launchfsm.facts import Side
from launchfsm.owners import judge_owner, phase_kind_of
from launchfsm.preference import choose
from launchfsm.progress import runtime_of_lock, runtime_of_state
from launchfsm.results import LaunchSnapshot, RuntimeState
from launchfsm.saved_snapshots import snapshot_of_document
from launchfsm.snapshots import snapshot_of_state
from launchfsm.vocabulary import RealTaskSubmission

if TYPE_CHECKING:
    from launchfsm.evidence import Evidence
    from launchfsm.policy.engine import Judge


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
    bootstrap = runtime = task = None
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
    elif evidence.state_document.fault is not None:
        runtime = runtime_of_lock(judge, evidence, evidence.state_document.fault)
    saved = snapshot_of_document(
        judge, evidence.team, evidence.launch_document.value, now=evidence.now_text
    )
    choice = choose(judge, bootstrap, saved, now=evidence.now)
    return Judgement(bootstrap, runtime, task, saved, choice.snapshot, choice.source)

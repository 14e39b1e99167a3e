"""Launches: a real run in a real folder, driven by the model's events; and what has to agree.

Theory. A `BootstrapRun` takes reports of members in the phases in which members have any, and none
after its end, when its records are final. It has no words for permissions, and
skips are not modelled: a state file has no word for them (§4). `run_model` says that:
the model with a synchronization of its own. What it says of
members after an end, and after the owner was lost, no run writes down: it is what an evaluator
makes of the records (§4, §5), and so it is there that it has to agree.
"""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any, Final

import attrs

from launchfsm import LaunchEvaluator, to_wire
from launchfsm.ecma.dates import from_datetime
from launchfsm.lifecycle.machines import PHASE_EVENTS, MemberEvent
from launchfsm.lifecycle.product import LaunchModel, Member
from launchfsm.lifecycle.synchronization import (
    SYNCHRONIZATION,
    PhaseSynchronization,
    Synchronization,
)
from launchfsm.system.files import read_bounded
from launchfsm.vocabulary import ActivePhase, Phase, values
from tests.conformance.cases import BOUNDS, PATHS
from tests.oracle import bootstrap as oracle

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from launchfsm.evaluation.evaluator import Evaluation
    from launchfsm.launcher import BootstrapRun
    from launchfsm.testing import FakeClock, FakeProcesses
    from launchfsm.vocabulary import LaunchState

TEAM: Final = "demo"

REPORTS: Final[tuple[MemberEvent, ...]] = ("accept_spawn", "confirm", "fail", "retry")
"""The events of members that a run has a method for."""

RUN_SYNCHRONIZATION: Final = Synchronization(
    phases={
        phase: PhaseSynchronization(
            tuple(event for event in row.one if event in REPORTS)
            if phase in values(ActivePhase)
            else (),
            row.on_entering,
            row.on_owner_lost,
        )
        for phase, row in SYNCHRONIZATION.phases.items()
    },
    after_owner_lost=(),
)
"""What is sent to a run's members, and when."""

_PHASES: Final = {event: phase for phase, event in PHASE_EVENTS.items()}
_ENDS: Final[Mapping[str, tuple[str, ...]]] = {
    "complete": ("completed", "partial_success"),
    "fail": ("failed",),
    "cancel": ("canceled",),
}


def run_model(*, attach: bool) -> LaunchModel:
    """Return the model of the launches that a run can make."""
    return LaunchModel(attach=attach, synchronization=RUN_SYNCHRONIZATION)


def ways(event: str, name: str | None) -> list[Callable[[BootstrapRun], object]]:
    """Return every way to tell a run that an event of the model happened.

    Args:
        event: An event of the bootstrap, or of a member.
        name: The member.
    """
    if name is not None:
        return [_reports(name)[event]]
    if event in _ENDS:
        return [lambda run, status=status: run.finish(status) for status in _ENDS[event]]  # type: ignore[misc]  # a word of its own
    phase: Any = _PHASES[event]  # type: ignore[index]  # an event of the bootstrap
    return [lambda run: run.enter(phase)]


def _reports(name: str) -> dict[str, Callable[[BootstrapRun], object]]:
    return {
        "accept_spawn": lambda run: run.accept_spawn(name, runtime_pid=77),
        "confirm": lambda run: run.confirm(name),
        "fail": lambda run: run.fail(name, "it did not start"),
        "retry": lambda run: run.retry(name),
    }


@contextmanager
def acting_as(pid: int) -> Iterator[None]:
    """Let the code inside the block be a process of its own, as far as it can tell."""
    own = os.getpid
    os.getpid = lambda: pid
    try:
        yield
    finally:
        os.getpid = own


def contents(folder: Path) -> dict[str, bytes | None]:
    """Return everything that stands in a folder, byte by byte; folders as `None`."""
    return {
        str(path.relative_to(folder)): None if path.is_dir() else path.read_bytes()
        for path in sorted(folder.rglob("*"))
    }


# -- What has to agree -----------------------------------------------------------------------------

PROGRESS: Final[dict[str, str]] = {phase: word for phase, (word, _) in oracle.PROGRESS.items()}


@attrs.frozen(kw_only=True)
class Expected:
    """What the model says of a launch, by name where it speaks of members.

    Attributes:
        phase: The phase that is recorded.
        owner_lost: Whether the owner is gone before the end.
        members: What each member is, in order.
        failed: Those of whom it is recorded that they failed.
        updated_at: When it was last recorded that something happened, in ms since 1970.
        pid: The owner's pid.
    """

    phase: Phase
    owner_lost: bool
    members: Mapping[str, Member]
    failed: Sequence[str]
    updated_at: int
    pid: int

    def agree(self, evaluation: Evaluation) -> None:
        """Hold what an evaluator answers against it."""
        snapshot = evaluation.bootstrap_snapshot
        assert snapshot is not None
        assert () == evaluation.findings
        states: dict[str, LaunchState] = {
            name: member.state for name, member in self.members.items()
        }
        assert states == {name: one.launch_state for name, one in snapshot.members.items()}
        assert tuple(states) == snapshot.expected_members
        # Of who failed, the state does not say whether the spawn was accepted: §4 says yes.
        assert {
            name: member.accepted or name in self.failed for name, member in self.members.items()
        } == {name: one.agent_tool_accepted for name, one in snapshot.members.items()}
        ended = self.owner_lost or self.phase not in PROGRESS
        assert ("finished" if ended else "active") == snapshot.launch_phase
        self._agree_progress(evaluation)

    def _agree_progress(self, evaluation: Evaluation) -> None:
        runtime, snapshot = evaluation.runtime_state, evaluation.bootstrap_snapshot
        assert snapshot is not None
        if self.phase not in PROGRESS:
            assert runtime is None
            return
        assert runtime is not None
        if not self.owner_lost:
            assert PROGRESS[self.phase] == runtime.progress.state
            return
        assert "failed" == runtime.progress.state
        assert self._loss(evaluation) == runtime.progress.error
        lost = [name for name in self.members if self._was_lost(name)]
        assert {name: self._loss(evaluation) for name in lost} == {
            name: snapshot.members[name].hard_failure_reason for name in lost
        }

    def _was_lost(self, name: str) -> bool:
        return name not in self.failed and self.members[name].state == "failed_to_start"

    def _loss(self, evaluation: Evaluation) -> str:
        stale = from_datetime(evaluation.evaluated_at) - self.updated_at >= oracle.STALE_AFTER_MS
        why = (
            "persisted bootstrap state is stale"
            if stale
            else "before bootstrap reached a terminal state"
        )
        return f"bootstrap owner pid {self.pid} is gone {'and ' if stale else ''}{why}"


def agree_with_oracle(
    evaluation: Evaluation, root: Path, clock: FakeClock, processes: FakeProcesses
) -> None:
    """Hold what an evaluator answers against the tests' own reading of the specification."""
    reads: Any = {}
    for kind, path in PATHS.items():
        found = read_bounded(str(root / TEAM / path), limit=BOUNDS[kind])
        reads[kind] = found if isinstance(found, bytes) else found.outcome
    expected = oracle.evaluate(
        TEAM,
        from_datetime(clock()),
        is_alive=lambda pid: processes.check(pid).liveness == "alive",
        **reads,
    )
    snapshot, runtime = evaluation.bootstrap_snapshot, evaluation.runtime_state
    assert expected["launch_snapshot"] == (None if snapshot is None else to_wire(snapshot))
    assert expected["runtime_state"] == (None if runtime is None else to_wire(runtime))


def evaluator(
    root: Path, clock: FakeClock, processes: FakeProcesses, *, policy: str = "reference"
) -> LaunchEvaluator:
    """Return an evaluator of a teams root."""
    return LaunchEvaluator(root, clock=clock, processes=processes, policy=policy)

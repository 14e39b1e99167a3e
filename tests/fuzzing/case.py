"""A case: a team's bytes, a moment, what the processes say; and what is demanded of all of them.

Here: the value, how it is evaluated, how it is written for a test. Not here: how it came about, or
what it may cost.
"""

from __future__ import annotations

import json
from functools import cache
from typing import Any, Final, Literal

import attrs

from launchfsm.engine.engine import Engine
from launchfsm.evaluation.evaluator import (
    Evaluation,
    choose_preferred_snapshot,
    has_mixed_metadata,
    is_expired_pending,
    member_spawn_statuses,
)
from launchfsm.evaluation.evidence import EvidenceRequest, build_evidence, requested_by
from launchfsm.policies import load_policy
from launchfsm.records.results import LaunchSnapshot, RuntimeState
from launchfsm.records.wire import from_wire, to_wire
from launchfsm.system.processes import ProcessEvidence, ProcessIdentity, impossible_pid
from launchfsm.testing import TeamFolder
from launchfsm.vocabulary import Liveness

PolicyName = Literal["reference", "default"]
POLICIES: Final[tuple[PolicyName, ...]] = ("reference", "default")

_BASES: Final[dict[Liveness, Any]] = {
    "alive": "reached",
    "dead": "no_such_process",
    "unknown": "error",
}


@attrs.frozen
class Everybody:
    """A process table in which every possible pid is the same.

    Attributes:
        liveness: Whether they live.
        started_at: When they began, in ms since 1970; `None` hides them.
        zombie: Whether they have ended unreaped.
    """

    liveness: Liveness = "dead"
    started_at: int | None = None
    zombie: bool = False

    def check(self, pid: float) -> ProcessEvidence:
        """Say the same of every pid, but of the impossible ones."""
        impossible = impossible_pid(pid)
        if impossible is not None:
            return impossible
        return ProcessEvidence(int(pid), self.liveness, _BASES[self.liveness])

    def identify(self, pid: float) -> ProcessIdentity | None:
        """Say the same of every pid that lives."""
        if self.check(pid).liveness != "alive" or self.started_at is None:
            return None
        return ProcessIdentity(self.started_at, zombie=self.zombie, since_boot=self.started_at)


@attrs.frozen(kw_only=True)
class Case:
    """What one evaluation is given.

    Attributes:
        folder: The team's files.
        now: The moment, in ms since 1970.
        processes: Who answers for pids.
    """

    folder: TeamFolder = attrs.field(factory=TeamFolder)
    now: int = 1_700_000_600_000
    processes: Everybody = attrs.field(factory=Everybody)

    def evaluate(self, policy: PolicyName) -> Evaluation:
        """Do what `LaunchEvaluator` does once it has read the files; and the verdict with it."""
        engine, wanted = _judge(policy)
        evidence = build_evidence(
            self.folder.files(), "demo", now=self.now, processes=self.processes, wanted=wanted
        )
        evaluation = Evaluation(engine, evidence)
        evaluation.verdict  # noqa: B018 - worked out when first asked for
        return evaluation

    def check(self) -> None:
        """Evaluate by both policies, ask everything, write and read back what is answered.

        Whatever is wrong with that is raised.
        """
        for policy in POLICIES:
            _ask_everything(self.evaluate(policy))

    def text(self) -> str:
        """Return a test of this case, to be pasted."""
        return (
            "def test_found_by_fuzzing() -> None:\n"
            f"    Case(\n        folder={self.folder!r},\n        now={self.now},\n"
            f"        processes={self.processes!r},\n    ).check()\n"
        )


@cache
def _judge(policy: PolicyName) -> tuple[Engine, EvidenceRequest]:
    engine = Engine(load_policy(policy))
    return engine, requested_by(engine.policy)


def _ask_everything(evaluation: Evaluation) -> None:
    assert evaluation.recheck_at is None or evaluation.recheck_at >= evaluation.evaluated_at
    for finding in evaluation.findings:
        assert finding.text()
    explanation = evaluation.explain()
    assert explanation.text()
    json.dumps(to_wire(explanation))
    json.dumps(to_wire(evaluation.verdict))
    for snapshot in (evaluation.bootstrap_snapshot, evaluation.launcher_snapshot):
        if snapshot is not None:
            _reads_back(LaunchSnapshot, snapshot)
            member_spawn_statuses(snapshot, policy=evaluation.policy)
            has_mixed_metadata(snapshot)
            is_expired_pending(snapshot, now=evaluation.evaluated_at, policy=evaluation.policy)
    if evaluation.runtime_state is not None:
        _reads_back(RuntimeState, evaluation.runtime_state)
    choose_preferred_snapshot(
        evaluation.bootstrap_snapshot,
        evaluation.launcher_snapshot,
        now=evaluation.evaluated_at,
        policy=evaluation.policy,
    )


def _reads_back(cls: type[Any], result: object) -> None:
    written = json.dumps(to_wire(result), allow_nan=False)
    assert result == from_wire(cls, json.loads(written)), f"{result!r} does not read back equal"

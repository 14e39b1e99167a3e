"""Judgement: what an evaluation asks of whom, and in which order."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from launchfsm import LaunchEvaluator
from launchfsm.engine.trace import TracedDecision
from launchfsm.testing import FakeProcesses

if TYPE_CHECKING:
    from pathlib import Path

NOW = datetime(2023, 11, 14, 22, 20, tzinfo=UTC)


def test_each_of_two_members_alike_has_decisions_of_its_own_in_the_explanation(
    tmp_path: Path,
) -> None:
    members = [{"name": name, "status": "registered"} for name in ("alice", "bob")]
    (tmp_path / "demo").mkdir()
    state = {"version": 1, "phase": "spawning_members", "members": members}
    (tmp_path / "demo/bootstrap-state.json").write_text(json.dumps(state))
    evaluator = LaunchEvaluator(
        tmp_path, clock=lambda: NOW, processes=FakeProcesses(), policy="reference"
    )

    explanation = evaluator.evaluate("demo").explain()

    assert ("registered",) == explanation.of("member", "alice").won
    assert ("registered",) == explanation.of("member", "bob").won


def test_only_a_launchers_record_is_healed(tmp_path: Path) -> None:
    """The bootstrap's is what it would be healed with."""
    (tmp_path / "demo").mkdir()
    members = [{"name": "alice", "status": "bootstrap_confirmed"}]
    state = {"version": 1, "runId": "r", "phase": "completed", "members": members}
    (tmp_path / "demo/bootstrap-state.json").write_text(json.dumps(state))
    evaluator = LaunchEvaluator(
        tmp_path, policy="default", clock=lambda: NOW, processes=FakeProcesses()
    )

    evaluation = evaluator.evaluate("demo")

    assert "bootstrap" == evaluation.preferred_source
    assert "reconciliation" not in {decision.table for decision in evaluation.explain().decisions}


def test_a_launchers_record_beside_a_state_that_has_no_date_is_as_it_is(tmp_path: Path) -> None:
    (tmp_path / "demo").mkdir()
    state = {"version": 1, "runId": "r", "phase": "completed", "updatedAt": 9e15}
    launch = {
        "version": 2,
        "teamName": "demo",
        "expectedMembers": ["alice"],
        "members": {"alice": {}},
    }
    (tmp_path / "demo/bootstrap-state.json").write_text(json.dumps(state))
    (tmp_path / "demo/launch-state.json").write_text(json.dumps(launch))
    evaluator = LaunchEvaluator(
        tmp_path, policy="default", clock=lambda: NOW, processes=FakeProcesses()
    )

    evaluation = evaluator.evaluate("demo")

    assert evaluation.bootstrap_snapshot is None
    assert evaluation.launcher_snapshot is evaluation.preferred_snapshot is not None


def test_an_explanation_says_which_record_each_decision_is_about(tmp_path: Path) -> None:
    (tmp_path / "demo/.bootstrap.lock").mkdir(parents=True)
    lock = {"pid": 4242, "runId": "r"}
    (tmp_path / "demo/.bootstrap.lock/metadata.json").write_text(json.dumps(lock))
    (tmp_path / "demo/bootstrap-state.json").write_text("torn")
    (tmp_path / "demo/launch-state.json").write_text('{"version": 2, "members": {"alice": {}}}')
    evaluator = LaunchEvaluator(
        tmp_path, clock=lambda: NOW, processes=FakeProcesses(alive=[4242]), policy="reference"
    )

    entries = evaluator.evaluate("demo").record()
    sources = {
        entry.table.decision.name: entry.source
        for entry in entries
        if isinstance(entry, TracedDecision)
    }

    assert ".bootstrap.lock/metadata.json" == sources["owner"] == sources["recovery"]
    assert "launch-state.json" == sources["member_state"]
    assert "" == sources["selection"] == sources["verdict"]

"""Judgement: what an evaluation asks of whom, and in which order."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from launchfsm import LaunchEvaluator
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
    evaluator = LaunchEvaluator(tmp_path, clock=lambda: NOW, processes=FakeProcesses())

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
        tmp_path, policy="strict", clock=lambda: NOW, processes=FakeProcesses()
    )

    evaluation = evaluator.evaluate("demo")

    assert "bootstrap" == evaluation.preferred_source
    assert "healing" not in {decision.table for decision in evaluation.explain().decisions}

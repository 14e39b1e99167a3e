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

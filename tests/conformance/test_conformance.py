"""Every measured case through the public names, on real files.

What was measured is in `bootstrap.jsonl` and `launch.jsonl`; here is only how a case is asked.
"""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

import pytest

from launchfsm import (
    LaunchEvaluator,
    choose_preferred_snapshot,
    has_mixed_metadata,
    is_expired_pending,
    member_spawn_statuses,
    parse_launch_snapshot,
    to_wire,
)
from launchfsm.testing import FakeProcesses
from tests.conformance.cases import BootstrapCase, LaunchCase, bootstrap_cases, launch_cases

if TYPE_CHECKING:
    from pathlib import Path

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


def moment(now_ms: int) -> datetime:
    return EPOCH + timedelta(milliseconds=now_ms)


@pytest.mark.parametrize("case", bootstrap_cases(), ids=lambda case: case.id)
def test_bootstrap_case(case: BootstrapCase, tmp_path: Path) -> None:
    case.materialise(tmp_path)
    evaluator = LaunchEvaluator(
        tmp_path,
        clock=lambda: moment(case.now_ms),
        processes=FakeProcesses(alive=case.alive, refused=case.refused),
        policy="reference",
    )

    evaluation = evaluator.evaluate(case.team)

    assert case.expect == {
        "launch_snapshot": to_wire(evaluation.bootstrap_snapshot),
        "runtime_state": to_wire(evaluation.runtime_state),
        "real_task_submission": to_wire(evaluation.real_task_submission),
    }
    assert evaluation.launcher_snapshot is None
    assert all(finding.text() for finding in evaluation.findings)


@pytest.mark.parametrize("case", launch_cases(), ids=lambda case: case.id)
def test_launch_case(case: LaunchCase) -> None:
    now = moment(case.now_ms)
    snapshot = parse_launch_snapshot(case.team, case.document, now=now, policy="reference")
    other = parse_launch_snapshot(case.team, case.other, now=now, policy="reference")
    preferred = choose_preferred_snapshot(snapshot, other, now=now, policy="reference")
    alone = choose_preferred_snapshot(snapshot, None, now=now, policy="reference")
    without = choose_preferred_snapshot(None, other, now=now, policy="reference")

    assert case.expect == {
        "snapshot": to_wire(snapshot),
        "spawn_statuses": None
        if snapshot is None
        else to_wire(member_spawn_statuses(snapshot, policy="reference")),
        "mixed": has_mixed_metadata(snapshot),
        "expired_pending": None
        if snapshot is None
        else is_expired_pending(snapshot, now=now, policy="reference"),
        "preferred": (
            None if preferred is None else "bootstrap" if preferred is snapshot else "launch"
        ),
        "preferred_without_launch": None if alone is None else "bootstrap",
        "preferred_without_bootstrap": None if without is None else "launch",
    }
    assert alone in (None, snapshot)
    assert without in (None, other)


@pytest.mark.parametrize("case", launch_cases(), ids=lambda case: case.id)
def test_launch_case_from_disk(case: LaunchCase, tmp_path: Path) -> None:
    folder = tmp_path / case.team
    folder.mkdir()
    (folder / "launch-state.json").write_text(json.dumps(case.document), encoding="utf-8")
    evaluator = LaunchEvaluator(
        tmp_path, clock=lambda: moment(case.now_ms), processes=FakeProcesses(), policy="reference"
    )

    evaluation = evaluator.evaluate(case.team)

    assert case.expect["snapshot"] == to_wire(evaluation.launcher_snapshot)
    assert evaluation.launcher_snapshot is evaluation.preferred_snapshot
    assert evaluation.bootstrap_snapshot is None
    assert (evaluation.launcher_snapshot is None) <= bool(evaluation.findings)

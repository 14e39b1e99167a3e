"""What a type checker says of the public API: `mypy` reads this file, and the tests run it."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any, Literal, assert_type

import launchfsm
from launchfsm import (
    Evaluation,
    Finding,
    LaunchEvaluator,
    LaunchSnapshot,
    LaunchSummary,
    MemberLaunch,
    Row,
    RuntimeState,
    UnknownProcesses,
    evaluate_many,
    load_policy,
    to_wire,
)
from launchfsm.engine import Policy
from tests.readme import ROOT

TEAMS = ROOT / "examples" / "teams"


def test_what_an_evaluation_offers() -> None:
    evaluator = LaunchEvaluator(TEAMS, policy="default", processes=UnknownProcesses())
    evaluation = evaluator.evaluate("member-failed")

    assert_type(evaluation, Evaluation)
    assert_type(evaluation.preferred_snapshot, LaunchSnapshot | None)
    assert_type(evaluation.preferred_source, Literal["bootstrap", "launcher"] | None)
    assert_type(evaluation.runtime_state, RuntimeState | None)
    assert_type(evaluation.recheck_at, datetime | None)
    assert_type(evaluation.findings, tuple[Finding, ...])
    assert_type(evaluation.verdict.text, str)
    assert_type(evaluation.to_dict(), dict[str, Any])


def test_what_a_snapshot_offers() -> None:
    snapshot = LaunchEvaluator(TEAMS).evaluate("member-failed").preferred_snapshot
    assert snapshot is not None

    assert_type(snapshot.members, Mapping[str, MemberLaunch])
    assert_type(snapshot.summary, LaunchSummary)
    assert_type(snapshot.summary.failed_count, int)
    assert_type(to_wire(snapshot), Any)


def test_what_many_teams_and_a_policy_are() -> None:
    assert_type(load_policy("reference"), Policy)
    for row in evaluate_many(TEAMS, ["member-failed"]):
        assert_type(row, Row)
        assert_type(row.team, str)


def test_every_public_name_is_there() -> None:
    missing = [name for name in launchfsm.__all__ if not hasattr(launchfsm, name)]
    assert missing == []

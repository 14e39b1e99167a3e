"""No workers: a failed bootstrap without members is a failure, not a clean success."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from launchfsm.testing import FakeProcesses
from tests.default_policy.launches import (
    ADA,
    OWNER,
    Both,
    Json,
    both,
    nobody,
    rule,
    state,
)

if TYPE_CHECKING:
    from pathlib import Path


def team_states(found: Both) -> tuple[str, str]:
    """The state of all members together, under both policies."""
    assert found.default.bootstrap_snapshot is not None
    assert found.reference.bootstrap_snapshot is not None
    return (
        found.default.bootstrap_snapshot.team_launch_state,
        found.reference.bootstrap_snapshot.team_launch_state,
    )


@pytest.mark.parametrize(
    "failed",
    [
        state(phase="failed"),
        state(phase="auditing_truth", terminal={"status": "failed"}),
        state({"name": "team-lead", "status": "registered"}, phase="failed"),
    ],
    ids=["phase", "terminal status", "nobody but the lead"],
)
def test_a_failed_bootstrap_without_members_is_a_failure(tmp_path: Path, failed: Json) -> None:
    found = both(tmp_path, state=failed)

    assert team_states(found) == ("partial_failure", "clean_success")
    assert rule(found.default, "team_state") == "failed-without-members"
    assert found.default.verdict.severity == "failed"
    assert found.default.verdict.text == "bootstrap failed before it had a member"


@pytest.mark.parametrize("processes", [nobody(), FakeProcesses(zombies={OWNER})])
def test_a_bootstrap_whose_owner_died_before_it_had_members_failed(
    tmp_path: Path, processes: FakeProcesses
) -> None:
    found = both(tmp_path, state=state(phase="creating_team"), processes=processes)

    assert team_states(found) == ("partial_failure", "clean_success")
    assert rule(found.default, "verdict") == "bootstrap-failed"


def test_nobody_failed_all_the_same(tmp_path: Path) -> None:
    found = both(tmp_path, state=state(phase="failed"))

    assert found.default.bootstrap_snapshot is not None
    assert found.default.bootstrap_snapshot.summary.failed_count == 0


@pytest.mark.parametrize(
    "well",
    [
        state(phase="completed"),
        state(phase="creating_team"),
        state(phase="canceled"),
        state(ADA, phase="failed"),
        state(phase="failed") | {"phase": "unheard of"},
    ],
    ids=["completed", "under way", "canceled", "with a member", "no phase of ours"],
)
def test_anything_else_is_none(tmp_path: Path, well: Json) -> None:
    default, reference = team_states(both(tmp_path, state=well))

    assert default == reference == "clean_success"

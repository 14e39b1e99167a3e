"""Healing: whom the launcher marked failed and the bootstrap confirmed later, is confirmed."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from launchfsm import to_wire
from launchfsm.engine.trace import ExplainedStep
from launchfsm.records.results import LaunchSnapshot
from launchfsm.records.wire import from_wire
from tests.default_policy.launches import (
    BEGAN,
    MINUTE,
    NOW,
    RUN,
    SECOND,
    WRITTEN,
    Both,
    Json,
    both,
    nobody,
    rule,
    saved,
    state,
    text,
)

if TYPE_CHECKING:
    from pathlib import Path

    from launchfsm.records.results import MemberLaunch

LOOKED = NOW - 2 * MINUTE
HEARD = NOW - MINUTE
NOTE = "failed for the launcher, confirmed by its bootstrap later in the same run"
FAILED: Json = {
    "agentToolAccepted": True,
    "hardFailure": True,
    "hardFailureReason": "no check-in in time",
    "lastEvaluatedAt": text(LOOKED),
    "runtimeRunId": RUN,
    "providerId": "codex",
    "laneId": "lane-1",
    "laneKind": "primary",
    "sources": {"hardFailureSignal": True, "configRegistered": True},
}
CONFIRMED: Json = {"name": "ada", "status": "bootstrap_confirmed", "lastObservedAt": HEARD}


def launched(bootstrap: Json, launcher: Json, root: Path, **others: Any) -> Both:
    """Both policies on a member that the bootstrap and the launcher knew as they say."""
    return both(
        root,
        state=state(bootstrap, phase="completed", **others),
        launch=saved(ada=launcher),
    )


def believed(found: Both) -> tuple[MemberLaunch, MemberLaunch]:
    """The member as it is believed under both policies, from the launcher."""
    assert found.default.preferred_source == found.reference.preferred_source == "launcher"
    assert found.default.preferred_snapshot is not None
    assert found.reference.preferred_snapshot is not None
    return (
        found.default.preferred_snapshot.members["ada"],
        found.reference.preferred_snapshot.members["ada"],
    )


def test_a_failure_that_was_confirmed_later_is_confirmed(tmp_path: Path) -> None:
    found = launched(CONFIRMED, FAILED, tmp_path)

    healed, unhealed = believed(found)
    assert healed.launch_state == "confirmed_alive"
    assert healed.bootstrap_confirmed
    assert healed.runtime_alive
    assert not healed.hard_failure
    assert healed.hard_failure_reason is None
    assert healed.last_heartbeat_at == text(HEARD)
    assert unhealed.launch_state == "failed_to_start"


def test_the_trace_says_so(tmp_path: Path) -> None:
    explanation = launched(CONFIRMED, FAILED, tmp_path).default.explain()

    assert explanation.of("reconciliation", "ada").won == ("confirmed-later",)
    steps = [entry for entry in explanation.entries if isinstance(entry, ExplainedStep)]
    assert [(step.subject, step.event, step.after) for step in steps[-3:]] == [
        ("ada", "retry", "starting"),
        ("ada", "accept_spawn", "runtime_pending_bootstrap"),
        ("ada", "confirm", "confirmed_alive"),
    ]
    assert NOTE in explanation.text()


def test_a_person_is_told_too(tmp_path: Path) -> None:
    healed, _ = believed(launched(CONFIRMED, FAILED, tmp_path))

    assert healed.diagnostics == (
        "spawn accepted",
        "runtime alive",
        "late heartbeat received",
        NOTE,
    )


def test_the_launch_is_counted_again(tmp_path: Path) -> None:
    found = launched(CONFIRMED, FAILED, tmp_path)

    snapshot = found.default.preferred_snapshot
    assert snapshot is not None
    assert (snapshot.summary.confirmed_count, snapshot.summary.failed_count) == (1, 0)
    assert snapshot.team_launch_state == "clean_success"
    assert found.default.verdict.severity == "ok"
    assert found.reference.verdict.severity == "failed"


def test_what_else_the_launcher_knows_is_kept(tmp_path: Path) -> None:
    healed, _ = believed(launched(CONFIRMED, FAILED, tmp_path))

    assert (healed.provider_id, healed.lane_id, healed.runtime_run_id) == ("codex", "lane-1", RUN)
    assert healed.sources is not None
    assert healed.sources.config_registered
    assert healed.sources.hard_failure_signal is None


def test_the_launchers_own_snapshot_stays_as_it_was_written(tmp_path: Path) -> None:
    found = launched(CONFIRMED, FAILED, tmp_path)

    assert found.default.launcher_snapshot is not None
    assert found.default.launcher_snapshot.members["ada"].launch_state == "failed_to_start"
    assert found.default.preferred_snapshot != found.default.launcher_snapshot


def test_a_healed_snapshot_survives_the_wire(tmp_path: Path) -> None:
    snapshot = launched(CONFIRMED, FAILED, tmp_path).default.preferred_snapshot

    assert from_wire(LaunchSnapshot, to_wire(snapshot)) == snapshot


def test_a_member_that_the_launcher_only_expected_heals_as_well(tmp_path: Path) -> None:
    """It has no record, so the end of the launch counts as its failure."""
    expected = saved(at=LOOKED, bob={"bootstrapConfirmed": True, "laneId": "lane-1"} | RICH)
    expected["expectedMembers"] = ["ada", "bob"]

    found = both(tmp_path, state=state(CONFIRMED, phase="completed"), launch=expected)

    healed, unhealed = believed(found)
    assert unhealed.hard_failure_reason == "Teammate was never spawned during launch."
    assert healed.launch_state == "confirmed_alive"
    assert healed.first_spawn_accepted_at == text(WRITTEN)


RICH = {"providerId": "codex", "laneKind": "primary", "laneOwnerProviderId": "codex"}

# -- When it is not healed -------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("heard", "heals"),
    [(LOOKED + 1, True), (LOOKED, False), (LOOKED - 1, False)],
    ids=["a millisecond later", "at once", "a millisecond earlier"],
)
def test_the_bootstrap_has_to_know_better_because_it_heard_later(
    tmp_path: Path, heard: int, *, heals: bool
) -> None:
    found = launched(CONFIRMED | {"lastObservedAt": heard}, FAILED, tmp_path)

    assert (believed(found)[0].launch_state == "confirmed_alive") is heals


@pytest.mark.parametrize(("heard", "heals"), [(NOW + MINUTE, True), (NOW + MINUTE + 1, False)])
def test_what_was_heard_in_the_future_heals_nobody(
    tmp_path: Path, heard: int, *, heals: bool
) -> None:
    found = launched(CONFIRMED | {"lastObservedAt": heard}, FAILED, tmp_path)

    assert (believed(found)[0].launch_state == "confirmed_alive") is heals


@pytest.mark.parametrize(
    ("launcher", "heals"),
    [
        ({"runtimeRunId": RUN}, True),
        ({"runtimeRunId": None}, True),
        ({"runtimeRunId": None, "firstSpawnAcceptedAt": text(BEGAN)}, True),
        ({"runtimeRunId": None, "firstSpawnAcceptedAt": text(BEGAN - 1)}, False),
        ({"runtimeRunId": "run-1"}, False),
    ],
    ids=["named", "by time", "spawned in it", "spawned before it", "another"],
)
def test_it_has_to_be_the_same_run(tmp_path: Path, launcher: Json, *, heals: bool) -> None:
    """Beside a member that is certainly of the run, so that the snapshot as a whole is."""
    found = both(
        tmp_path,
        state=state(CONFIRMED, phase="completed"),
        launch=saved(ada=FAILED | launcher, bob=FAILED),
    )

    assert (believed(found)[0].launch_state == "confirmed_alive") is heals


def test_where_nobody_can_say_which_run_nobody_is_healed(tmp_path: Path) -> None:
    found = launched(CONFIRMED, FAILED | {"runtimeRunId": None}, tmp_path, startedAt=None)

    assert believed(found)[0].launch_state == "failed_to_start"


@pytest.mark.parametrize("status", ["pending", "spawn_started", "registered", "runtime_alive", "x"])
def test_less_than_a_confirmation_heals_nobody(tmp_path: Path, status: str) -> None:
    found = launched(CONFIRMED | {"status": status}, FAILED, tmp_path)

    assert believed(found)[0].launch_state == "failed_to_start"


@pytest.mark.parametrize(
    "launcher",
    [
        {"hardFailure": False, "launchState": "runtime_pending_bootstrap"},
        {"hardFailure": False, "launchState": "skipped_for_launch"},
        {"launchState": "failed_to_start", "skippedForLaunch": True},
        {"hardFailure": False, "bootstrapConfirmed": True},
    ],
    ids=["pending", "skipped", "skipped and failed", "confirmed"],
)
def test_only_the_failed_are_healed(tmp_path: Path, launcher: Json) -> None:
    healed, unhealed = believed(launched(CONFIRMED, FAILED | launcher, tmp_path))

    assert healed == unhealed


def test_a_confirmation_of_which_nobody_knows_when_heals_nobody(tmp_path: Path) -> None:
    """Without any time the moment of the evaluation stands in, which is later than everything."""
    undated = {"name": "ada", "status": "bootstrap_confirmed"}

    found = launched(undated, FAILED, tmp_path, updatedAt=None)

    assert believed(found)[0].launch_state == "failed_to_start"


def test_a_confirmation_dated_by_its_record_heals(tmp_path: Path) -> None:
    undated = {"name": "ada", "status": "bootstrap_confirmed"}

    found = launched(undated, FAILED, tmp_path, updatedAt=LOOKED + SECOND)

    assert believed(found)[0].launch_state == "confirmed_alive"


def test_a_dead_owner_keeps_nobody_whom_it_confirmed_from_healing(tmp_path: Path) -> None:
    found = both(tmp_path, state=state(CONFIRMED), launch=saved(ada=FAILED), processes=nobody())

    assert believed(found)[0].launch_state == "confirmed_alive"
    assert rule(found.default, "owner") == "owner-gone"

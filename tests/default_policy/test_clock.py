"""Clock: a time in the future wins no comparison, is not fresh, and is reported."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from launchfsm import is_expired_pending
from launchfsm.testing import FakeProcesses
from tests.default_policy.launches import (
    ADA,
    BEGAN,
    BOB,
    DAY,
    MINUTE,
    NOW,
    SECOND,
    TEN_YEARS,
    WRITTEN,
    both,
    event,
    is_dead,
    judged,
    lay,
    nobody,
    refused,
    rule,
    saved,
    shown,
    standing,
    state,
    text,
)

if TYPE_CHECKING:
    from pathlib import Path

TOLERATED = NOW + MINUTE
AHEAD = NOW + MINUTE + 1
WAITING = {"agentToolAccepted": True}
CONFIRMED = {"bootstrapConfirmed": True}
RICH = {"providerId": "codex", "laneId": "lane-1", "laneKind": "primary", "model": "m"}


# -- Reported --------------------------------------------------------------------------------------


@pytest.mark.parametrize("ahead", [AHEAD, text(AHEAD), NOW + TEN_YEARS])
def test_an_active_record_from_the_future_is_reported(tmp_path: Path, ahead: Any) -> None:
    found = both(tmp_path, state=state(ADA, BOB, updatedAt=ahead))

    state_shown, severity, message = shown(found.default)
    assert rule(found.default, "progress") == "from-the-future"
    assert (state_shown, severity) == ("assembling", "warning")
    assert "but its record is" in message
    assert message.endswith("ahead of the clock")
    assert found.default.verdict.severity == "warning"
    assert found.reference.verdict.severity == "pending"


@pytest.mark.parametrize("ahead", [TOLERATED, text(TOLERATED), NOW, BEGAN])
def test_clocks_may_disagree_by_a_minute(tmp_path: Path, ahead: Any) -> None:
    found = both(tmp_path, state=state(ADA, BOB, updatedAt=ahead))

    assert rule(found.default, "progress") == "active"
    assert found.default.verdict.severity == "pending"


@pytest.mark.parametrize(("at", "won"), [(AHEAD, "journal-from-the-future"), (TOLERATED, "active")])
def test_a_journal_from_the_future_is_reported_and_hides_no_silence(
    tmp_path: Path, at: int, won: str
) -> None:
    found = both(tmp_path, state=state(BOB, updatedAt=NOW - DAY), journal=[event(at=at)])

    assert rule(found.default, "progress") == won


def test_once_the_clock_was_set_back_it_is_the_last_record_that_counts(tmp_path: Path) -> None:
    journal = [event(at=NOW + DAY), event(at=NOW - SECOND)]

    found = both(tmp_path, state=state(BOB, updatedAt=NOW - DAY), journal=journal)

    assert rule(found.default, "progress") == "active"


@pytest.mark.parametrize(("at", "word"), [(AHEAD, "warning"), (TOLERATED, "ok")])
def test_a_finished_record_from_the_future_is_reported(tmp_path: Path, at: int, word: str) -> None:
    found = both(tmp_path, state=state(ADA, phase="completed", updatedAt=at))

    assert found.default.verdict.severity == word
    assert found.reference.verdict.severity == "ok"


def test_the_report_says_how_far(tmp_path: Path) -> None:
    found = both(tmp_path, launch=saved(at=NOW + 2 * DAY, ada=CONFIRMED))

    assert found.default.verdict.text == "a record of it is 2d ahead of the clock"


def test_a_record_that_is_not_believed_is_reported_as_well(tmp_path: Path) -> None:
    """Under way or over, the operator hears of the launcher's record of another year."""
    launch = saved(at=NOW + TEN_YEARS, ada=CONFIRMED)
    over = both(tmp_path / "over", state=state(ADA, phase="completed"), launch=launch)
    going_on = both(tmp_path / "on", state=state(ADA, BOB), launch=launch)

    assert rule(over.default, "verdict") == "from-the-future"
    assert rule(going_on.default, "verdict") == "under-way-from-the-future"
    assert over.default.preferred_source == going_on.default.preferred_source == "bootstrap"


def test_a_failure_is_worse_than_a_time(tmp_path: Path) -> None:
    eve = {"name": "eve", "status": "failed"}

    found = both(tmp_path, state=state(eve, phase="failed", updatedAt=AHEAD))

    assert found.default.verdict.severity == "failed"


# -- Not fresh -------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("since", "won"), [(3 * MINUTE, "owner-gone-stale"), (3 * MINUTE - 1, "owner-gone")]
)
def test_what_a_dead_owner_left_three_minutes_ago_is_stale_as_ever(
    tmp_path: Path, since: int, won: str
) -> None:
    found = both(tmp_path, state=state(BOB, updatedAt=NOW - since), processes=nobody())

    assert rule(found.default, "owner") == rule(found.reference, "owner") == won


@pytest.mark.parametrize(("at", "won"), [(AHEAD, "owner-gone-stale"), (TOLERATED, "owner-gone")])
def test_what_a_dead_owner_left_in_the_future_is_stale(tmp_path: Path, at: int, won: str) -> None:
    found = both(tmp_path, state=state(BOB, updatedAt=at), processes=nobody())

    assert rule(found.default, "owner") == won
    assert rule(found.reference, "owner") == "owner-gone"


@pytest.mark.parametrize(("at", "expired"), [(AHEAD, True), (TOLERATED, False)])
@pytest.mark.parametrize("phase", ["completed", "spawning_members"])
def test_what_is_pending_in_the_future_has_expired(
    tmp_path: Path, at: int, phase: str, *, expired: bool
) -> None:
    ownerless = state(BOB, phase=phase, ownerPid=None, updatedAt=at)

    found = both(tmp_path, state=ownerless)

    assert (found.default.preferred_snapshot is None) is expired
    assert found.reference.preferred_source == "bootstrap"


def test_nothing_but_the_future_says_nothing_of_now(tmp_path: Path) -> None:
    found = both(tmp_path, state=state(BOB, phase="completed", updatedAt=NOW + DAY))

    assert found.default.verdict.severity == "unknown"
    assert (
        found.default.verdict.text == "its record is 1d ahead of the clock and says nothing of now"
    )


def test_a_living_owner_keeps_its_launch_whatever_the_clock_says(tmp_path: Path) -> None:
    found = both(tmp_path, state=state(BOB, updatedAt=NOW + DAY))

    assert found.default.preferred_source == "bootstrap"
    assert standing(found.default, "bob") == "runtime_pending_bootstrap"


# -- Wins no comparison ----------------------------------------------------------------------------


@pytest.mark.parametrize(("at", "source"), [(AHEAD, "bootstrap"), (TOLERATED, "launcher")])
def test_a_launchers_snapshot_from_the_future_never_wins(
    tmp_path: Path, at: int, source: str
) -> None:
    wide = saved(at=at, ada=CONFIRMED, bob=WAITING, cid=WAITING)

    found = both(tmp_path, state=state(ADA, BOB, phase="completed"), launch=wide)

    assert found.default.preferred_source == source
    assert found.reference.preferred_source == "launcher"


@pytest.mark.parametrize(("at", "source"), [(AHEAD, "launcher"), (TOLERATED, "bootstrap")])
def test_a_bootstraps_snapshot_from_the_future_never_wins(
    tmp_path: Path, at: int, source: str
) -> None:
    wide = state(ADA, BOB, phase="completed", updatedAt=at)

    found = both(tmp_path, state=wide, launch=saved(ada=CONFIRMED))

    assert found.default.preferred_source == source
    assert found.reference.preferred_source == "bootstrap"


def test_of_two_from_the_future_the_newer_one_does_not_win_by_being_newer(tmp_path: Path) -> None:
    ahead = state(ADA, phase="completed", updatedAt=AHEAD)
    further = saved(at=NOW + DAY, ada=CONFIRMED)

    found = both(tmp_path, state=ahead, launch=further)

    assert rule(found.default, "selection") == "bootstrap-by-default"
    assert rule(found.reference, "selection") == "launcher-newer"


@pytest.mark.parametrize("at", [WRITTEN + 1, TOLERATED])
def test_of_two_of_now_the_newer_one_wins_as_ever(tmp_path: Path, at: int) -> None:
    found = both(tmp_path, state=state(ADA, phase="completed"), launch=saved(at=at, ada=CONFIRMED))

    assert (
        rule(found.default, "selection") == rule(found.reference, "selection") == "launcher-newer"
    )


@pytest.mark.parametrize(
    ("bootstrap_at", "launch_at", "won"),
    [
        (TOLERATED, AHEAD, "launcher-from-the-future"),
        (AHEAD, TOLERATED, "bootstrap-from-the-future"),
        (TOLERATED, TOLERATED, "bootstrap-by-default"),
        (AHEAD, AHEAD, "bootstrap-by-default"),
    ],
)
def test_the_future_begins_a_minute_from_now_for_both(
    tmp_path: Path, bootstrap_at: int, launch_at: int, won: str
) -> None:
    mine = state(ADA, phase="completed", updatedAt=bootstrap_at)

    found = both(tmp_path, state=mine, launch=saved(at=launch_at, ada=CONFIRMED))

    assert rule(found.default, "selection") == won


def test_a_run_that_began_in_the_future_makes_no_snapshot_an_older_runs(tmp_path: Path) -> None:
    future = state(ADA, phase="completed", startedAt=NOW + DAY, updatedAt=NOW + DAY)

    found = both(tmp_path, state=future, launch=saved(ada=CONFIRMED))

    assert found.default.preferred_source == "launcher"


def test_a_run_cannot_have_begun_after_its_record_was_written(tmp_path: Path) -> None:
    """A start in the future with a record of now is as good as a start now."""
    damaged = state(ADA, phase="completed", startedAt=NOW + DAY)

    found = both(tmp_path, state=damaged, launch=saved(ada=CONFIRMED | RICH))

    assert found.default.preferred_source == "launcher"


def test_whoever_asks_of_a_snapshot_alone_is_told_the_same(tmp_path: Path) -> None:
    lay(tmp_path, launch=saved(at=AHEAD, bob=WAITING))
    found = judged(tmp_path)
    assert found.launcher_snapshot is not None

    assert is_expired_pending(found.launcher_snapshot, now=found.evaluated_at, policy="default")
    assert not is_expired_pending(
        found.launcher_snapshot, now=found.evaluated_at, policy="reference"
    )


# -- Ten years either way --------------------------------------------------------------------------


@pytest.mark.parametrize("jump", [-TEN_YEARS, TEN_YEARS])
@pytest.mark.parametrize(
    ("processes", "dead"),
    [
        (None, False),
        (nobody(), True),
        (refused(), False),
        (FakeProcesses(zombies={4242}), True),
        (FakeProcesses(alive={4242}, started_at={4242: NOW}), True),
    ],
    ids=["there", "gone", "refused", "zombie", "younger"],
)
def test_no_clock_kills_an_owner_or_brings_it_back(
    tmp_path: Path, jump: int, processes: FakeProcesses | None, *, dead: bool
) -> None:
    lay(tmp_path, state=state(ADA, BOB))

    jumped = judged(tmp_path, processes=processes, now=NOW + jump)

    assert is_dead(jumped) is dead
    assert standing(jumped, "ada") == "confirmed_alive"
    assert (standing(jumped, "bob") == "failed_to_start") is dead

"""Hung: the owner lives and nothing is written; still pending, and said with severity and age."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from launchfsm.vocabulary import ActivePhase, values
from tests.default_policy.launches import (
    ADA,
    BOB,
    HOUR,
    MINUTE,
    NOW,
    SECOND,
    both,
    event,
    nobody,
    refused,
    rule,
    shown,
    standing,
    state,
    text,
)

if TYPE_CHECKING:
    from pathlib import Path

QUIET = NOW - 15 * MINUTE


@pytest.mark.parametrize("phase", values(ActivePhase))
def test_a_silence_of_fifteen_minutes_is_told_with_severity_and_age(
    tmp_path: Path, phase: str
) -> None:
    found = both(tmp_path, state=state(ADA, BOB, phase=phase, updatedAt=QUIET))

    _, severity, message = shown(found.default)
    assert severity == "warning"
    assert message.endswith(", but nothing was written for 15m")
    assert rule(found.default, "progress") == "hung"
    assert found.default.verdict.severity == "warning"
    assert found.default.verdict.text == message
    assert found.reference.verdict.severity == "pending"


def test_what_is_hung_is_still_pending(tmp_path: Path) -> None:
    found = both(tmp_path, state=state(ADA, BOB, updatedAt=NOW - 4 * HOUR))

    assert shown(found.default)[0] == shown(found.reference)[0] == "assembling"
    assert standing(found.default, "bob") == "runtime_pending_bootstrap"
    assert found.default.preferred_source == "bootstrap"


@pytest.mark.parametrize(
    ("written", "won"),
    [(QUIET, "hung"), (QUIET + 1, "active"), (NOW - 3 * MINUTE, "active"), (text(QUIET), "hung")],
)
def test_a_millisecond_less_is_waiting(tmp_path: Path, written: Any, won: str) -> None:
    found = both(tmp_path, state=state(BOB, updatedAt=written))

    assert rule(found.default, "progress") == won


@pytest.mark.parametrize(
    ("state_at", "journal_at", "won"),
    [
        (NOW - HOUR, QUIET, "hung"),
        (NOW - HOUR, QUIET + 1, "active"),
        (QUIET, NOW - HOUR, "hung"),
        (QUIET + 1, NOW - HOUR, "active"),
        ("no time", QUIET, "hung"),
        ("no time", QUIET + 1, "active"),
    ],
)
def test_the_later_of_state_and_journal_counts(
    tmp_path: Path, state_at: Any, journal_at: int, won: str
) -> None:
    journal = [event(phase="creating_team", at=journal_at)]

    found = both(tmp_path, state=state(BOB, updatedAt=state_at), journal=journal)

    assert rule(found.default, "progress") == won


def test_another_runs_journal_does_not_make_this_one_lively(tmp_path: Path) -> None:
    journal = [event(run="run-3", at=NOW - SECOND)]

    found = both(tmp_path, state=state(BOB, updatedAt=QUIET), journal=journal)

    assert rule(found.default, "progress") == "hung"


def test_a_journal_without_a_run_is_taken_for_this_ones(tmp_path: Path) -> None:
    journal = [event(run=None, at=NOW - SECOND)]

    found = both(tmp_path, state=state(BOB, updatedAt=QUIET), journal=journal)

    assert rule(found.default, "progress") == "active"


def test_a_silence_since_nobody_knows_when_is_no_silence(tmp_path: Path) -> None:
    found = both(tmp_path, state=state(BOB, updatedAt=None), journal=[event() | {"ts": None}])

    assert rule(found.default, "progress") == "active"


@pytest.mark.parametrize("phase", ["completed", "failed", "canceled", "resting"])
def test_only_an_active_phase_hangs(tmp_path: Path, phase: str) -> None:
    found = both(tmp_path, state=state(BOB, phase=phase, updatedAt=QUIET))

    assert rule(found.default, "progress") == "over"


def test_only_a_living_owner_hangs(tmp_path: Path) -> None:
    gone = both(tmp_path / "gone", state=state(BOB, updatedAt=QUIET), processes=nobody())
    hidden = both(tmp_path / "hidden", state=state(BOB, updatedAt=QUIET), processes=refused())

    assert rule(gone.default, "progress") == "owner-dead-stale"
    assert rule(hidden.default, "progress") == "active"

"""Never forever: what nobody is known to drive expires, after a longer grace."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from launchfsm import Evaluation, is_expired_pending
from launchfsm.testing import FakeProcesses
from tests.default_policy.launches import (
    ADA,
    BOB,
    DAY,
    EVE,
    HOUR,
    MINUTE,
    NOW,
    OWNER,
    SECOND,
    Json,
    both,
    event,
    judged,
    lay,
    lock,
    nobody,
    owner_alive,
    refused,
    rule,
    saved,
    state,
    text,
)

if TYPE_CHECKING:
    from pathlib import Path

LONG_AGO = NOW - HOUR
HIDDEN = FakeProcesses(unknown={OWNER})
WAITING = {"agentToolAccepted": True}
CONFIRMED = {"bootstrapConfirmed": True}


def expiry(evaluation: Evaluation) -> str:
    """The rule by which the snapshot that the verdict is about has expired or not."""
    last = [found for found in evaluation.explain().decisions if found.table == "expired"][-1]
    return last.won[0]


# -- The bootstrap's snapshot ----------------------------------------------------------------------


@pytest.mark.parametrize(
    ("owner_pid", "processes"),
    [(None, nobody()), ("4242", owner_alive()), (OWNER, HIDDEN), (OWNER, refused())],
    ids=["none", "no number", "not asked", "refused"],
)
@pytest.mark.parametrize("members", [(ADA, BOB), (ADA,), ()], ids=["pending", "confirmed", "none"])
def test_an_active_launch_of_an_unknown_owner_expires(
    tmp_path: Path, owner_pid: Any, processes: FakeProcesses, members: tuple[Json, ...]
) -> None:
    old = state(*members, ownerPid=owner_pid, updatedAt=LONG_AGO)

    found = both(tmp_path, state=old, processes=processes)

    assert found.default.bootstrap_snapshot is not None
    assert found.default.preferred_snapshot is None
    assert found.default.runtime_state is None
    assert expiry(found.default) == "forgotten"
    assert rule(found.default, "progress") == "forgotten"
    assert rule(found.default, "verdict") == "forgotten"
    assert found.default.verdict.severity == "unknown"
    assert (
        found.default.verdict.text
        == "it never ended, nobody is known to drive it, and it is 1h old"
    )
    assert found.reference.preferred_source == "bootstrap"
    assert found.reference.verdict.severity == "pending"


@pytest.mark.parametrize("processes", [HIDDEN, refused()], ids=["not asked", "refused"])
def test_a_millisecond_less_is_within_the_grace(tmp_path: Path, processes: FakeProcesses) -> None:
    found = both(tmp_path, state=state(BOB, updatedAt=LONG_AGO + 1), processes=processes)

    assert found.default.preferred_source == "bootstrap"
    assert expiry(found.default) == "not-expired"
    assert found.default.verdict.severity == "pending"


def test_a_living_owner_keeps_its_launch(tmp_path: Path) -> None:
    found = both(tmp_path, state=state(BOB, updatedAt=NOW - 4 * DAY))

    assert found.default.preferred_source == "bootstrap"
    assert expiry(found.default) == "not-expired"
    assert rule(found.default, "progress") == "hung"


def test_a_journal_that_is_still_written_shows_progress(tmp_path: Path) -> None:
    """But a snapshot is as old as its record: what it says of members is not believed any more."""
    old = state(BOB, ownerPid=None, updatedAt=LONG_AGO)

    found = both(tmp_path, state=old, journal=[event(phase="creating_team")])

    assert rule(found.default, "progress") == "active"
    assert found.default.preferred_snapshot is None
    assert found.default.verdict.severity == "pending"


def test_what_failed_already_does_not_expire(tmp_path: Path) -> None:
    old = state(ADA, BOB, EVE, ownerPid=None, updatedAt=LONG_AGO)

    found = both(tmp_path, state=old)

    assert found.default.preferred_source == "bootstrap"
    assert found.default.verdict.severity == "failed"


@pytest.mark.parametrize("written", [None, "soon", 0, -NOW, " "])
@pytest.mark.parametrize("ended", [True, False])
def test_a_record_that_does_not_say_when_it_was_written_is_of_any_day(
    tmp_path: Path, written: Any, *, ended: bool
) -> None:
    """The time of the evaluation stands in for it, and would keep it young for ever."""
    phase = "completed" if ended else "spawning_members"

    found = both(tmp_path, state=state(BOB, phase=phase, ownerPid=None, updatedAt=written))

    assert found.default.preferred_snapshot is None
    assert rule(found.default, "verdict") == "any-day"
    assert found.default.verdict.severity == "unknown"
    assert found.reference.verdict.severity == "pending"


@pytest.mark.parametrize("written", [NOW, float(NOW) + 0.5, text(NOW)])
def test_a_record_of_this_very_millisecond_is_young(tmp_path: Path, written: Any) -> None:
    found = both(tmp_path, state=state(BOB, ownerPid=None, updatedAt=written))

    assert found.default.preferred_source == "bootstrap"
    assert found.default.verdict.severity == "pending"


# -- The launcher's snapshot -----------------------------------------------------------------------


@pytest.mark.parametrize(
    ("at", "word", "won"),
    [
        (NOW - 5 * MINUTE, "warning", "overdue"),
        (NOW - 5 * MINUTE + 1, "pending", "members-pending"),
    ],
)
def test_an_active_launch_that_only_its_launcher_knows_expires(
    tmp_path: Path, at: int, word: str, won: str
) -> None:
    found = both(tmp_path, launch=saved("active", at=at, ada=CONFIRMED, bob=WAITING))

    assert found.default.preferred_source == "launcher"
    assert (found.default.verdict.severity, rule(found.default, "verdict")) == (word, won)
    assert found.reference.verdict.severity == "pending"


def test_a_launcher_that_holds_the_lock_keeps_its_launch(tmp_path: Path) -> None:
    old = saved("active", at=LONG_AGO, bob=WAITING)

    found = both(tmp_path, launch=old, lock=lock(createdAt=NOW - MINUTE))

    assert expiry(found.default) == "driven"
    assert found.default.verdict.severity == "pending"


def test_an_owner_that_ended_long_ago_drives_no_later_launch(tmp_path: Path) -> None:
    """The state is of a bootstrap that ended; its pid is anybody's, or nobody's."""
    ended = state(ADA, phase="completed", updatedAt=NOW - 2 * HOUR, startedAt=NOW - 3 * HOUR)
    active = saved("active", at=LONG_AGO, ada=CONFIRMED, bob=WAITING)

    found = both(tmp_path, state=ended, launch=active, processes=nobody())

    assert found.default.preferred_source == "launcher"
    assert rule(found.default, "verdict") == "overdue"


@pytest.mark.parametrize(
    ("at", "won"), [(NOW - 5 * MINUTE, "overdue"), (NOW - 5 * MINUTE + 1, "members-pending")]
)
def test_a_reconciled_launch_waits_for_nobody_either(tmp_path: Path, at: int, won: str) -> None:
    found = both(tmp_path, launch=saved("reconciled", at=at, ada=CONFIRMED, bob=WAITING))

    assert rule(found.default, "verdict") == won
    assert rule(found.reference, "verdict") == "members-pending"


@pytest.mark.parametrize(
    ("written", "won"),
    [
        (None, "overdue-any-day"),
        ("soon", "overdue-any-day"),
        (text(NOW + MINUTE + 1), "from-the-future"),
        (text(NOW + MINUTE), "members-pending"),
    ],
)
def test_a_reconciled_launch_of_no_known_time_has_expired(
    tmp_path: Path, written: str | None, won: str
) -> None:
    undated = saved("reconciled", bob=WAITING) | {"updatedAt": written}

    found = both(tmp_path, launch=undated)

    assert rule(found.default, "verdict") == won
    assert expiry(found.default) == ("not-expired" if won == "members-pending" else "untimed")


def test_a_reconciled_launch_with_everybody_there_stays_well(tmp_path: Path) -> None:
    found = both(tmp_path, launch=saved("reconciled", at=NOW - 400 * DAY, ada=CONFIRMED))

    assert found.default.verdict.severity == "ok"


@pytest.mark.parametrize("written", [None, "", "soon", NOW])
def test_a_launchers_record_of_any_day_is_overdue(tmp_path: Path, written: Any) -> None:
    undated = saved(bob=WAITING) | {"updatedAt": written}

    found = both(tmp_path, launch=undated)

    assert found.default.verdict.severity == "warning"
    assert found.reference.verdict.severity == "pending"


def test_a_launchers_record_of_this_very_millisecond_is_young(tmp_path: Path) -> None:
    found = both(tmp_path, launch=saved("active", at=NOW, bob=WAITING))

    assert found.default.verdict.severity == "pending"


@pytest.mark.parametrize("over", [{"phase": "completed"}, {"terminal": {"status": "completed"}}])
def test_a_launcher_that_lives_on_drives_no_bootstrap_that_ended(
    tmp_path: Path, over: Json
) -> None:
    active = saved("active", at=LONG_AGO, ada=CONFIRMED, bob=WAITING)
    ended: Json = {"startedAt": LONG_AGO - MINUTE, "updatedAt": LONG_AGO} | over

    found = both(tmp_path, state=state(ADA, **ended), launch=active)

    assert rule(found.default, "verdict") == "overdue"


@pytest.mark.parametrize("phase", [None, ""])
@pytest.mark.parametrize("processes", [owner_alive(), refused(), FakeProcesses(zombies={OWNER})])
def test_a_bootstrap_that_never_said_how_far_it_is_is_driven_by_nobody(
    tmp_path: Path, phase: str | None, processes: FakeProcesses
) -> None:
    found = both(tmp_path, state=state(BOB, phase=phase, updatedAt=LONG_AGO), processes=processes)

    assert rule(found.default, "verdict") == "forgotten"


@pytest.mark.parametrize(
    ("processes", "word"), [(owner_alive(), "pending"), (refused(), "unknown")]
)
def test_in_a_phase_that_is_none_of_ours_its_owner_counts(
    tmp_path: Path, processes: FakeProcesses, word: str
) -> None:
    found = both(
        tmp_path, state=state(BOB, phase="resting", updatedAt=LONG_AGO), processes=processes
    )

    assert found.default.verdict.severity == word


# -- As finished ones do ---------------------------------------------------------------------------


@pytest.mark.parametrize("policy", ["default", "reference"])
def test_a_finished_launch_expires_after_five_minutes_as_ever(tmp_path: Path, policy: str) -> None:
    at = NOW - 5 * MINUTE
    lay(tmp_path, state=state(BOB, phase="completed", updatedAt=at))

    assert judged(tmp_path, policy).preferred_snapshot is None
    assert judged(tmp_path, policy, now=NOW - 1).preferred_snapshot is not None


def test_whoever_asks_of_a_snapshot_alone_knows_no_owner(tmp_path: Path) -> None:
    lay(tmp_path, state=state(BOB, updatedAt=LONG_AGO))
    found = judged(tmp_path)
    assert found.bootstrap_snapshot is not None

    now = found.evaluated_at

    assert is_expired_pending(found.bootstrap_snapshot, now=now, policy="default")
    assert not is_expired_pending(found.bootstrap_snapshot, now=now, policy="reference")


@pytest.mark.parametrize("since", [0, SECOND, 59 * MINUTE])
def test_nothing_has_expired_before_its_time(tmp_path: Path, since: int) -> None:
    old = state(BOB, ownerPid=None, updatedAt=NOW - since)

    assert both(tmp_path, state=old).default.verdict.severity == "pending"

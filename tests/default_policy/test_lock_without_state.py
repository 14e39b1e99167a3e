"""Lock without state: a living lock is a launch that begins, a dead one one that failed to."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from launchfsm.testing import FakeProcesses
from tests.default_policy.launches import (
    BEGAN,
    DAY,
    HOUR,
    MINUTE,
    NOW,
    OWNER,
    RUN,
    SECOND,
    both,
    event,
    lock,
    nobody,
    owner_alive,
    refused,
    rule,
    shown,
    text,
)

if TYPE_CHECKING:
    from pathlib import Path

NOTHING_YET = "Deterministic bootstrap has recorded nothing yet, and its owner cannot be looked at"


def test_a_living_lock_is_a_beginning(tmp_path: Path) -> None:
    found = both(tmp_path, lock=lock())

    assert shown(found.default) == ("configuring", None, "Deterministic bootstrap is beginning")
    assert rule(found.default, "beginning") == "beginning"
    assert found.default.verdict.severity == "pending"
    assert found.default.bootstrap_snapshot is None
    assert found.reference.runtime_state is None
    assert found.reference.verdict.severity == "unknown"


def test_a_dead_lock_is_a_failed_beginning(tmp_path: Path) -> None:
    found = both(tmp_path, lock=lock(), processes=nobody())

    assert found.default.runtime_state is not None
    progress = found.default.runtime_state.progress
    assert (progress.state, progress.message_severity) == ("failed", "error")
    assert progress.error == "bootstrap owner pid 4242 is gone before bootstrap recorded anything"
    assert found.default.verdict.severity == "failed"
    assert found.reference.runtime_state is None


def test_what_is_shown_is_the_locks(tmp_path: Path) -> None:
    found = both(tmp_path, lock=lock(runId=f" {RUN} "), journal=[event(run=RUN, phase="x")])

    runtime = found.default.runtime_state
    assert runtime is not None
    assert (runtime.run_id, runtime.progress.run_id) == (RUN, RUN)
    assert (runtime.team_name, runtime.progress.team_name) == ("demo", "demo")
    assert runtime.progress.pid == OWNER
    assert runtime.progress.started_at == text(BEGAN)
    assert runtime.progress.updated_at == text(NOW)
    assert runtime.progress.warnings == (
        "Recent deterministic bootstrap events: bootstrap phase: x",
    )


@pytest.mark.parametrize(
    ("processes", "won"),
    [
        (FakeProcesses(zombies={OWNER}), "failed-to-begin"),
        (owner_alive(started_at=BEGAN + 5 * SECOND + 1), "failed-to-begin"),
        (owner_alive(started_at=BEGAN + 5 * SECOND), "beginning"),
        (refused(), "nothing-recorded"),
        (refused(started_at=BEGAN), "beginning"),
        (FakeProcesses(unknown={OWNER}), "nothing-recorded"),
    ],
    ids=["zombie", "younger", "as young as may be", "hidden", "refused", "not asked"],
)
def test_the_locks_owner_is_identified(tmp_path: Path, processes: FakeProcesses, won: str) -> None:
    found = both(tmp_path, lock=lock(), processes=processes)

    assert rule(found.default, "beginning") == won


@pytest.mark.parametrize("processes", [nobody(), owner_alive(), refused()])
def test_a_lock_of_another_host_may_be_a_beginning_there(
    tmp_path: Path, processes: FakeProcesses
) -> None:
    found = both(tmp_path, lock=lock(host="another-host.example"), processes=processes)

    assert shown(found.default)[:2] == ("configuring", "warning")
    assert rule(found.default, "beginning") == "other-host"
    assert found.default.verdict.severity == "warning"


def test_a_beginning_that_nobody_can_look_at_is_told_as_one(tmp_path: Path) -> None:
    found = both(tmp_path, lock=lock(), processes=refused())

    assert shown(found.default) == ("configuring", "warning", NOTHING_YET)


@pytest.mark.parametrize(
    ("created", "won"),
    [
        (NOW - 15 * MINUTE, "hung"),
        (NOW - 15 * MINUTE + 1, "beginning"),
        (NOW - DAY, "hung"),
        (NOW, "beginning"),
        (NOW + DAY, "beginning"),
        (0, "beginning"),
        (None, "beginning"),
        ("yesterday", "beginning"),
    ],
)
def test_a_beginning_without_a_word_for_fifteen_minutes_is_hung(
    tmp_path: Path, created: Any, won: str
) -> None:
    found = both(tmp_path, lock=lock(createdAt=created), processes=owner_alive(NOW - 2 * DAY))

    assert rule(found.default, "beginning") == won


def test_a_hung_beginning_says_for_how_long(tmp_path: Path) -> None:
    found = both(
        tmp_path, lock=lock(createdAt=NOW - 2 * HOUR), processes=owner_alive(NOW - 2 * DAY)
    )

    assert shown(found.default) == (
        "configuring",
        "warning",
        "Deterministic bootstrap is beginning, but has recorded nothing for 2h",
    )


@pytest.mark.parametrize(("created", "shows"), [(NOW - HOUR, False), (NOW - HOUR + 1, True)])
@pytest.mark.parametrize("host", [None, "another-host.example"])
def test_a_beginning_of_nobody_known_is_forgotten(
    tmp_path: Path, created: int, host: str | None, *, shows: bool
) -> None:
    found = both(tmp_path, lock=lock(createdAt=created, host=host), processes=refused())

    assert (found.default.runtime_state is not None) is shows
    assert found.default.verdict.severity == ("warning" if shows else "unknown")


@pytest.mark.parametrize(
    "unusable", [{"pid": None}, {"pid": 0}, {"pid": "4242"}, {"runId": None}, {"runId": " "}]
)
def test_an_unusable_lock_tells_nothing(tmp_path: Path, unusable: dict[str, Any]) -> None:
    found = both(tmp_path, lock=lock(**unusable))

    assert found.default.runtime_state is None
    assert found.default.verdict.severity == "unknown"


def test_without_a_lock_nothing_begins(tmp_path: Path) -> None:
    found = both(tmp_path, journal=[event(phase="creating_team")])

    assert found.default.runtime_state is None

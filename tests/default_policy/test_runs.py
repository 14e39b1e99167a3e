"""Runs: an older run's snapshot never wins, and its events are not this run's."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from tests.default_policy.launches import (
    ADA,
    BEGAN,
    BOB,
    HOUR,
    MINUTE,
    NOW,
    RUN,
    SECOND,
    WRITTEN,
    Both,
    Json,
    both,
    event,
    lock,
    nobody,
    rule,
    saved,
    shown,
    state,
    text,
)

if TYPE_CHECKING:
    from pathlib import Path

RICH: Json = {
    "providerId": "codex",
    "providerBackendId": "codex-native",
    "laneId": "lane-1",
    "laneKind": "primary",
    "laneOwnerProviderId": "codex",
    "bootstrapConfirmed": True,
}
NAMES = ("ada", "bob", "cid", "dot")
BEFORE = "run-1"
AFTER = "run-3"


def rich(*, at: int, run: str | None = None, spawned: int | None = None, **others: Any) -> Json:
    """The launcher's snapshot of four members of whom it knows more than any bootstrap."""
    member = RICH | others
    if run is not None:
        member["runtimeRunId"] = run
    if spawned is not None:
        member["firstSpawnAcceptedAt"] = text(spawned)
    return saved("finished", at=at, **dict.fromkeys(NAMES, member))


def poor(*, at: int, run: str | None = None, spawned: int | None = None) -> Json:
    """The launcher's snapshot of one member of whom it knows hardly anything."""
    member: Json = {"agentToolAccepted": True}
    if run is not None:
        member["runtimeRunId"] = run
    if spawned is not None:
        member["firstSpawnAcceptedAt"] = text(spawned)
    return saved(at=at, ada=member)


def ended(*members: Json, **others: Any) -> Json:
    return state(*members, phase="completed", **others)


# -- Which snapshot is believed --------------------------------------------------------------------


@pytest.mark.parametrize("run", [None, BEFORE, AFTER])
def test_what_was_saved_before_the_run_began_is_of_an_older_one(
    tmp_path: Path, run: str | None
) -> None:
    found = both(tmp_path, state=ended(ADA), launch=rich(at=BEGAN - 1, run=run))

    assert rule(found.default, "selection") == "launcher-of-an-older-run"
    assert found.default.preferred_source == "bootstrap"
    assert found.reference.preferred_source == "launcher"


def test_what_was_saved_as_the_run_began_may_be_of_it(tmp_path: Path) -> None:
    found = both(tmp_path, state=ended(ADA), launch=rich(at=BEGAN))

    assert found.default.preferred_source == "launcher"


@pytest.mark.parametrize("at", [BEGAN - HOUR, BEGAN, WRITTEN])
@pytest.mark.parametrize("spelled", [RUN, f" {RUN}\n"])
def test_what_names_the_same_run_is_of_it_whatever_the_times(
    tmp_path: Path, at: int, spelled: str
) -> None:
    """Ids are the better evidence: a clock may have been set between the two."""
    found = both(tmp_path, state=ended(ADA), launch=rich(at=at, run=spelled))

    assert found.default.preferred_source == "launcher"


def test_what_was_saved_again_but_spawned_before_the_run_is_of_an_older_one(
    tmp_path: Path,
) -> None:
    again = rich(at=NOW, run=BEFORE, spawned=BEGAN - 1)

    found = both(tmp_path, state=ended(ADA), launch=again)

    assert rule(found.default, "selection") == "launcher-of-an-older-run"
    assert found.reference.preferred_source == "launcher"


def test_times_of_spawning_alone_make_no_other_run(tmp_path: Path) -> None:
    """A launcher keeps the first spawn of a member that it spawned again."""
    found = both(tmp_path, state=ended(ADA), launch=rich(at=NOW, spawned=BEGAN - 1))

    assert found.default.preferred_source == "launcher"


@pytest.mark.parametrize("spawned", [None, WRITTEN + 1, BEGAN])
def test_a_bootstrap_of_an_older_run_does_not_beat_the_launcher(
    tmp_path: Path, spawned: int | None
) -> None:
    newer = poor(at=WRITTEN + 1, run=AFTER, spawned=spawned)

    found = both(tmp_path, state=ended(ADA, BOB), launch=newer)

    assert rule(found.default, "selection") == "bootstrap-of-an-older-run"
    assert found.default.preferred_source == "launcher"
    assert found.reference.preferred_source == "bootstrap"


@pytest.mark.parametrize(("at", "source"), [(WRITTEN - 1, "bootstrap"), (WRITTEN + 1, "launcher")])
def test_of_two_different_runs_the_one_written_to_last_is_believed(
    tmp_path: Path, at: int, source: str
) -> None:
    other = rich(at=at, run="who knows which")

    found = both(tmp_path, state=ended(ADA, BOB), launch=other)

    assert found.default.preferred_source == source


def test_of_two_different_runs_written_at_once_neither_is_older(tmp_path: Path) -> None:
    found = both(tmp_path, state=ended(ADA), launch=rich(at=WRITTEN, run=BEFORE))

    assert rule(found.default, "selection") == "launcher-richer"


@pytest.mark.parametrize("written", [None, "soon", " "])
def test_a_record_that_tells_no_time_is_of_no_older_run(tmp_path: Path, written: Any) -> None:
    undated = ended(ADA, updatedAt=written, startedAt=None)

    found = both(tmp_path, state=undated, launch=rich(at=WRITTEN, run=BEFORE))

    assert rule(found.default, "selection") == "launcher-richer"


def test_a_launchers_record_that_tells_no_time_is_of_no_newer_run(tmp_path: Path) -> None:
    undated = poor(at=NOW, run=BEFORE) | {"updatedAt": None}

    found = both(tmp_path, state=ended(ADA, BOB), launch=undated)

    assert rule(found.default, "selection") == "bootstrap-richer"


@pytest.mark.parametrize("run_id", [None, "", " ", 7])
def test_a_state_that_names_no_run_has_only_times(tmp_path: Path, run_id: Any) -> None:
    nameless = ended(ADA, runId=run_id)
    older = both(tmp_path / "older", state=nameless, launch=rich(at=BEGAN - 1, run=BEFORE))
    other = both(tmp_path / "other", state=nameless, launch=rich(at=WRITTEN - 1, run=BEFORE))

    assert older.default.preferred_source == "bootstrap"
    assert other.default.preferred_source == "launcher"


# -- What the journal says -------------------------------------------------------------------------


def warnings(found: Both) -> tuple[tuple[str, ...] | None, tuple[str, ...] | None]:
    """What is told of the journal under both policies."""
    assert found.default.runtime_state is not None
    assert found.reference.runtime_state is not None
    return (
        found.default.runtime_state.progress.warnings,
        found.reference.runtime_state.progress.warnings,
    )


RECENT = "Recent deterministic bootstrap events: "


def test_events_of_another_run_are_not_shown(tmp_path: Path) -> None:
    journal = [
        event("terminal", run=BEFORE, status="failed"),
        event("lock", action="acquired"),
        event("phase", run=f" {RUN} ", phase="creating_team"),
    ]

    found = both(tmp_path, state=state(BOB), journal=journal)

    assert warnings(found) == (
        (f"{RECENT}bootstrap lock acquired | bootstrap phase: creating_team",),
        (f"{RECENT}bootstrap failed | bootstrap lock acquired | bootstrap phase: creating_team",),
    )


def test_the_explanation_names_the_rule(tmp_path: Path) -> None:
    found = both(tmp_path, state=state(BOB), journal=[event(run=BEFORE, phase="failed")])

    assert rule(found.default, "journal") == "another-run"


def test_a_journal_of_other_runs_alone_is_not_unreadable(tmp_path: Path) -> None:
    found = both(tmp_path, state=state(BOB), journal=[event(run=BEFORE, phase="failed")])

    default, reference = warnings(found)
    assert default is None
    assert reference == (f"{RECENT}bootstrap phase: failed",)


def test_a_journal_that_says_nothing_at_all_still_is(tmp_path: Path) -> None:
    found = both(tmp_path, state=state(BOB), journal=[{"type": "unheard of"}])

    default, reference = warnings(found)
    assert default == reference
    assert default is not None


@pytest.mark.parametrize("run", [None, "", "  ", 7])
def test_an_event_that_names_no_run_is_shown(tmp_path: Path, run: Any) -> None:
    nameless = event(run=None, phase="creating_team") | {"runId": run}

    found = both(tmp_path, state=state(BOB), journal=[nameless])

    default, reference = warnings(found)
    assert default == reference == (f"{RECENT}bootstrap phase: creating_team",)


@pytest.mark.parametrize("run_id", [None, "", "  ", 7])
def test_where_the_state_names_no_run_every_event_is_shown(tmp_path: Path, run_id: Any) -> None:
    journal = [event(run=BEFORE, phase="creating_team")]

    found = both(tmp_path, state=state(BOB, runId=run_id), journal=journal)

    default, reference = warnings(found)
    assert default == reference


def test_in_a_degraded_recovery_the_lock_names_the_run(tmp_path: Path) -> None:
    """And the last phase of another run is not taken for this one's."""
    journal = [
        event(phase="creating_team"),
        event(run=BEFORE, phase="auditing_truth"),
    ]

    found = both(tmp_path, state=b"{", lock=lock(), journal=journal)

    assert shown(found.default)[::2] == ("assembling", "Creating team config (degraded recovery)")
    assert shown(found.reference)[0] == "finalizing"


def test_a_dead_owners_events_are_told_apart_as_well(tmp_path: Path) -> None:
    journal = [event(run=BEFORE, at=NOW - SECOND, phase="failed")]

    found = both(tmp_path, state=state(BOB), journal=journal, processes=nobody())

    assert warnings(found)[0] is None


def test_a_run_may_be_older_by_a_minute_or_by_a_millisecond(tmp_path: Path) -> None:
    for number, since in enumerate((1, MINUTE, HOUR)):
        found = both(tmp_path / str(number), state=ended(ADA), launch=rich(at=BEGAN - since))
        assert found.default.preferred_source == "bootstrap"

"""Runs: an older run's snapshot never wins, and its events are not this run's."""

from __future__ import annotations

import json
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
    judged,
    lay,
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

    from launchfsm import Evaluation

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


# -- Which record is of the present ----------------------------------------------------------------


def runs(found: Evaluation) -> str:
    """The rule that says which records are of an older run."""
    return rule(found, "runs")


@pytest.mark.parametrize("run", [None, BEFORE, AFTER])
def test_what_was_saved_before_the_run_began_is_of_an_older_one(
    tmp_path: Path, run: str | None
) -> None:
    found = both(tmp_path, state=ended(ADA), launch=rich(at=BEGAN - 1, run=run))

    assert runs(found.default) == "written-before-the-run"
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


def test_a_state_written_after_the_snapshot_is_not_newer_by_that(tmp_path: Path) -> None:
    """A rewrite moves the time of a state; only its start says when its run began."""
    launch = rich(at=WRITTEN - 1) | {"members": {"ada": RICH | {"hardFailure": True}}}

    found = both(tmp_path, state=ended(ADA, startedAt=None), launch=launch)

    assert runs(found.default) == "all-present"


@pytest.mark.parametrize(("spawned", "source"), [(BEGAN + 1, "launcher"), (BEGAN, "bootstrap")])
def test_members_of_another_run_that_were_spawned_later_are_of_a_newer_one(
    tmp_path: Path, spawned: int, source: str
) -> None:
    newer = poor(at=WRITTEN + 1, run=AFTER, spawned=spawned)

    found = both(tmp_path, state=ended(ADA, BOB), launch=newer)

    assert found.default.preferred_source == source


def test_the_run_of_a_lane_is_never_held_against_the_bootstraps(tmp_path: Path) -> None:
    lane = poor(at=WRITTEN + 1, run=AFTER, spawned=BEGAN + 1)
    lane["members"]["ada"] |= {"providerId": "opencode"}

    found = both(tmp_path, state=ended(ADA, BOB), launch=lane)

    assert runs(found.default) == "all-present"


@pytest.mark.parametrize(
    ("spawned", "won"),
    [
        (BEGAN + 1, "launcher-began-later"),
        (BEGAN - 1, "bootstrap-began-later"),
        (None, "two-runs"),
    ],
)
def test_of_two_known_runs_the_later_start_is_the_newer(
    tmp_path: Path, spawned: int | None, won: str
) -> None:
    launch = rich(at=WRITTEN + 1, spawned=spawned) | {"publicationRunId": AFTER}

    found = both(tmp_path, state=ended(ADA), launch=launch)

    assert runs(found.default) == won
    assert ("two-runs" == won) == (found.default.preferred_snapshot is None)


@pytest.mark.parametrize(
    ("first", "second", "won"),
    [
        (RUN, AFTER, "bootstrap-first-in-journal"),
        (AFTER, RUN, "launcher-first-in-journal"),
    ],
)
def test_of_two_known_runs_the_journal_says_which_came_first(
    tmp_path: Path, first: str, second: str, won: str
) -> None:
    journal = [event("phase", run=one, phase="validating_spec") for one in (first, second, first)]
    launch = rich(at=WRITTEN + 1) | {"publicationRunId": AFTER}

    found = both(tmp_path, state=ended(ADA), launch=launch, journal=journal)

    assert runs(found.default) == won


def fresh(run: str) -> Json:
    return {"version": 1, "teamName": "demo", "kind": "launch", "runId": run}


@pytest.mark.parametrize(
    ("current", "published", "won", "source"),
    [
        (RUN, AFTER, "launcher-before-the-fresh-one", "bootstrap"),
        (AFTER, AFTER, "bootstrap-before-the-fresh-one", "launcher"),
        (BEFORE, AFTER, "both-before-the-fresh-one", None),
        (RUN, RUN, "one-run", "launcher"),
    ],
)
def test_the_freshness_names_the_present_run(
    tmp_path: Path, current: str, published: str, won: str, source: str | None
) -> None:
    launch = rich(at=WRITTEN + 1) | {"publicationRunId": published}
    lay(tmp_path, state=ended(ADA), launch=launch)
    (tmp_path / "demo/launch-freshness.json").write_text(json.dumps(fresh(current)))

    found = judged(tmp_path)

    assert runs(found) == won
    assert found.preferred_source == source


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


DONE: Json = {"phase": "completed", "updatedAt": NOW - HOUR, "terminal": {"status": "completed"}}
"""The state of run-2, which completed an hour ago."""


def relaunched(root: Path, **others: Any) -> Both:
    """A run that completed, and the lock of another run; `others` are of the lock."""
    taken = {"runId": AFTER, "createdAt": NOW - MINUTE} | others
    return both(root, state=state(ADA, **DONE), lock=lock(**taken))


def test_a_lock_taken_after_the_state_was_written_begins_a_newer_run(tmp_path: Path) -> None:
    found = relaunched(tmp_path)

    assert found.default.verdict.severity == "pending"
    assert shown(found.default) == ("configuring", None, "Deterministic bootstrap is beginning")
    assert found.default.preferred_snapshot is None
    assert any("run run-2: 1 of 1 confirmed" in note for note in found.default.verdict.also)
    assert found.reference.verdict.severity == "ok"


@pytest.mark.parametrize(
    "others",
    [
        {"createdAt": NOW - 2 * HOUR},  # left over from before
        {"createdAt": NOW + HOUR},  # a clock that jumped
        {"createdAt": None},
        {"runId": RUN},
        {"runId": None},
    ],
)
def test_any_other_lock_leaves_the_state_what_it_was(tmp_path: Path, others: Json) -> None:
    found = relaunched(tmp_path, **others)

    assert found.default.verdict.severity == "ok"
    assert found.default.preferred_snapshot is not None


def test_a_newer_run_whose_owner_is_gone_failed_to_begin(tmp_path: Path) -> None:
    found = both(
        tmp_path,
        state=state(ADA, **DONE),
        lock=lock(runId=AFTER, createdAt=NOW - MINUTE),
        processes=nobody(),
    )

    assert found.default.verdict.severity == "failed"
    assert "gone before bootstrap recorded anything" in found.default.verdict.text


def test_the_launchers_snapshot_of_the_locks_run_is_the_present(tmp_path: Path) -> None:
    launch = saved("active", bob={"agentToolAccepted": True}) | {"publicationRunId": AFTER}
    found = both(
        tmp_path,
        state=state(ADA, **DONE),
        lock=lock(runId=AFTER, createdAt=NOW - MINUTE),
        launch=launch,
    )

    assert found.default.preferred_source == "launcher"
    assert found.default.verdict.severity == "pending"

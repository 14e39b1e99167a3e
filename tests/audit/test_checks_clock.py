"""Times are held against the clock and against each other, as far as clocks can be trusted."""

from __future__ import annotations

from typing import Any

import pytest

from tests.audit.teams import (
    BEGAN,
    MINUTE,
    NOW,
    OWNER,
    audit,
    codes,
    finished,
    finished_state,
    journal,
    metadata,
    only,
    phase,
    phases,
    record,
    saved,
)

DONE = journal(finished())
TOLERANCE = MINUTE


@pytest.mark.parametrize(
    ("files", "place"),
    [
        ({"state": {"startedAt": BEGAN}}, "bootstrap-state.json $.startedAt"),
        ({"state": {"updatedAt": BEGAN}}, "bootstrap-state.json $.updatedAt"),
        ({"state": {"updatedAt": "2026-03-02T09:00:00Z"}}, "bootstrap-state.json $.updatedAt"),
        ({"lock": {"createdAt": BEGAN}}, ".bootstrap.lock/metadata.json $.createdAt"),
        (
            {"launch": {"version": 2, "updatedAt": "2026-03-02T09:00:00Z"}},
            "launch-state.json $.updatedAt",
        ),
        ({"journal": journal([phase("validating_spec")])}, "bootstrap-journal.jsonl:1 $.ts"),
    ],
)
def test_a_time_ahead_of_the_clock_is_told_past_a_tolerance(
    files: dict[str, Any], place: str
) -> None:
    if "state" in files:
        files["state"] |= {"version": 1}

    def told(now: int) -> list[str]:
        audited = audit(**files, now=now)
        return [found.place for found in audited.findings if found.code == "time-ahead"]

    assert [] == told(BEGAN - TOLERANCE)
    assert [place] == told(BEGAN - TOLERANCE - 1)


def test_of_a_journal_the_time_that_is_furthest_ahead_is_told() -> None:
    records = [told | {"ts": ts} for told, ts in zip(finished()[:3], (3, 9, 7), strict=True)]
    audited = audit(journal=journal(records), now=-2 * MINUTE)

    (found,) = [one for one in audited.findings if one.code == "time-ahead"]
    assert (2, "it is 2m in the future") == (found.line, found.message)


def test_a_state_that_was_written_before_it_began() -> None:
    audited = audit(journal=DONE, state=finished_state(startedAt=BEGAN + MINUTE + 10_001))

    assert "it lies 10s before startedAt" == only(audited, "time-backwards").message
    assert (
        () == audit(journal=DONE, state=finished_state(startedAt=BEGAN + MINUTE + 10_000)).findings
    )


@pytest.mark.parametrize(("late", "expected"), [(5_000, []), (5_001, ["state-older"])])
def test_a_state_is_as_young_as_the_journals_last_event(late: int, expected: list[str]) -> None:
    task = record("real_task", state="submitted", ts=BEGAN + MINUTE + late)
    state = finished_state(realTaskSubmissionState="submitted")

    assert expected == codes(audit(journal=journal([*finished()[:-1], task]), state=state))


def test_a_state_may_be_older_while_it_may_be_on_its_way() -> None:
    late = BEGAN + 2 * MINUTE
    records = [*finished()[:-1], record("real_task", state="submitted", ts=late)]
    state = finished_state(realTaskSubmissionState="submitted")
    files: dict[str, Any] = {"journal": journal(records), "state": state}

    only(audit(**files, now=late + 59_999), "between-writes")
    only(audit(**files, now=late + 60_000), "state-older")


def test_the_release_of_a_lock_is_no_event_of_a_state() -> None:
    records = [*finished()[:-1], finished()[-1] | {"ts": BEGAN + 20 * MINUTE}]

    assert () == audit(journal=journal(records), state=finished_state()).findings


def test_another_runs_events_do_not_make_a_state_older() -> None:
    records = [told | {"ts": BEGAN + 9 * MINUTE} for told in phases("creating_team", "run-0")]

    audited = audit(journal=journal(records) + DONE, state=finished_state())

    assert ["time-backwards", "other-run"] == codes(audited)


def test_times_that_are_further_apart_than_any_dates_are_told_so() -> None:
    records = [told | {"ts": ts} for told, ts in zip(finished()[:2], (1e20, -1e20), strict=True)]
    said = finished_state(startedAt=1e308, updatedAt=-1e308)

    audited = audit(journal=journal(records), state=said)

    times = ("time-ahead", "time-backwards", "state-older")
    assert {
        "run 'run-1': more than 500,000 years before the record that it follows",
        "it is more than 500,000 years in the future",
        "it lies more than 500,000 years before the journal's last event (line 2)",
        "it lies more than 500,000 years before startedAt",
    } == {found.message for found in audited.findings if found.code in times}


def test_a_state_that_ended_before_it_began() -> None:
    def ended(at: Any, **others: Any) -> Any:
        went_well = {"status": "completed", "finishedAt": at}
        return audit(journal=DONE, state=finished_state(terminal=went_well, **others))

    found = only(ended(BEGAN - 10_001), "time-backwards")
    assert ("bootstrap-state.json $.terminal.finishedAt", "it lies 10s before startedAt") == (
        found.place,
        found.message,
    )
    assert () == ended(BEGAN - 10_000).findings
    assert ["time-backwards"] == codes(ended("2026-03-02T08:59:49Z"))
    assert "time-backwards" in codes(ended(BEGAN - 10_001, updatedAt=None))


def test_an_end_whose_time_is_none_is_of_the_wrong_type() -> None:
    went_well = {"status": "completed", "finishedAt": []}
    audited = audit(journal=DONE, state=finished_state(terminal=went_well))

    assert "bootstrap-state.json $.terminal.finishedAt" == only(audited, "wrong-type").place


@pytest.mark.parametrize("time", [None, "noon", True, [], 10**400, 1e300, -1e300, 0, 5e-324])
def test_whatever_stands_for_a_time_is_compared_or_let_be(time: Any) -> None:
    records = [told | {"ts": time} for told in finished()]
    launch = saved(("ada", "confirmed_alive"), updatedAt=time)
    terminal = {"status": "completed", "finishedAt": time}
    state = finished_state(startedAt=time, updatedAt=time, terminal=terminal)

    audited = audit(
        journal=journal(records),
        state=state,
        launch=launch,
        lock=metadata(createdAt=time),
        alive={OWNER},
        now=NOW,
    )

    assert "unreadable-file" not in codes(audited)

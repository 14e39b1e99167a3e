"""What a person is told of a bootstrap's last events (§9)."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import given

from launchfsm.evaluation.progress import judge_journal
from launchfsm.system.files import ReadProblem
from launchfsm.testing.strategies import ExampleJournal, journal_runs, journals
from tests.oracle import bootstrap
from tests.teams import JUDGE, journal_bytes, judging, oracle_read

if TYPE_CHECKING:
    from pathlib import Path

INVALID = (
    "Persisted deterministic bootstrap journal is unreadable because bootstrap-journal.jsonl is"
    " invalid, truncated, inaccessible, or changed while being read."
)


def warnings(*records: Any) -> tuple[str, ...]:
    return judge_journal(JUDGE, journal_bytes(records)).warnings


PHASE = {"type": "phase"}
LOCK = {"type": "lock", "action": "stolen"}
BOB = {"type": "member", "name": "bob", "action": "failed"}
END = {"type": "terminal", "status": "failed"}
TASK = {"type": "real_task", "state": "submitted"}

# a record, its message
MESSAGES: list[tuple[dict[str, Any], str]] = [
    ({**PHASE, "phase": "creating_team"}, "bootstrap phase: creating_team"),
    ({**PHASE, "phase": ""}, "bootstrap phase: "),
    ({**PHASE, "phase": " resting "}, "bootstrap phase:  resting "),
    (LOCK, "bootstrap lock stolen"),
    ({**LOCK, "action": " ", "ownerPid": 4242.0}, "bootstrap lock   (pid 4242)"),
    ({**LOCK, "ownerPid": -0.5}, "bootstrap lock stolen (pid -0.5)"),
    ({**LOCK, "ownerPid": 10**400}, "bootstrap lock stolen (pid Infinity)"),
    ({**LOCK, "ownerPid": "4242"}, "bootstrap lock stolen"),
    ({**LOCK, "ownerPid": True}, "bootstrap lock stolen"),
    (BOB, "bob: failed"),
    ({**BOB, "name": "", "action": ""}, ": "),
    ({**BOB, "name": " b ", "detail": "\ufeff exit 1\n"}, " b : failed (exit 1)"),
    ({**BOB, "detail": " "}, "bob: failed"),
    ({**BOB, "detail": 1}, "bob: failed"),
    (END, "bootstrap failed"),
    ({**END, "reason": " no slots "}, "bootstrap failed: no slots"),
    ({**END, "status": "over", "reason": ""}, "bootstrap over"),
    ({**TASK, "detail": "to bob"}, "first task submitted: to bob"),
    ({**TASK, "state": ""}, "first task "),
    ({**TASK, "reason": "not shown"}, "first task submitted"),
]

SILENT: list[Any] = [
    {"type": "phase"},
    {"type": "phase", "phase": 1},
    {"type": "lock"},
    {"type": "lock", "action": None, "ownerPid": 4242},
    {"type": "member", "name": "bob"},
    {"type": "member", "action": "failed"},
    {"type": "member", "name": 1, "action": "failed"},
    {"type": "terminal", "reason": "no slots"},
    {"type": "real_task", "detail": "to bob"},
    {"type": "Phase", "phase": "creating_team"},
    {"type": ["phase"], "phase": "creating_team"},
    {"phase": "creating_team"},
    {},
    [],
    ["phase"],
    "phase",
    1,
]


@pytest.mark.parametrize(("record", "message"), MESSAGES)
def test_a_record_has_its_message(record: dict[str, Any], message: str) -> None:
    assert (f"Recent deterministic bootstrap events: {message}",) == warnings(record)


@pytest.mark.parametrize("record", SILENT, ids=repr)
def test_a_record_without_a_message_is_passed_over(record: Any) -> None:
    told = {"type": "terminal", "status": "failed"}

    assert ("Recent deterministic bootstrap events: bootstrap failed",) == warnings(record, told)
    assert (INVALID,) == warnings(record)


def test_the_last_three_lines_are_told_in_their_order() -> None:
    records = [{"type": "terminal", "status": status} for status in "abcd"]

    assert (
        "Recent deterministic bootstrap events: bootstrap b | bootstrap c | bootstrap d",
    ) == warnings(*records)


def test_a_line_that_says_nothing_counts_among_the_three() -> None:
    records = [{"type": "terminal", "status": status} for status in "ab"]

    assert ("Recent deterministic bootstrap events: bootstrap b",) == warnings(*records, {}, {})
    assert (INVALID,) == warnings(*records, {}, {}, {})


@pytest.mark.parametrize("data", [b"", b"\n\n", b" \t\r\n\xef\xbb\xbf\n"])
def test_a_journal_without_a_line_says_nothing(data: bytes) -> None:
    assert () == judge_journal(JUDGE, data).warnings


# what stands in its place, what is said of it
UNREADABLE = [
    ("absent", ()),
    ("not_regular", ("is a symlink or not a regular file.",)),
    ("oversized", ("is oversized.",)),
    ("invalid", ("is invalid, truncated, inaccessible, or changed while being read.",)),
]


@pytest.mark.parametrize(("outcome", "reasons"), UNREADABLE)
def test_an_unreadable_journal_says_why(outcome: Any, reasons: tuple[str, ...]) -> None:
    found = judge_journal(JUDGE, ReadProblem(outcome, "whatever"))
    begin = (
        "Persisted deterministic bootstrap journal is unreadable because bootstrap-journal.jsonl"
    )

    assert tuple(f"{begin} {reason}" for reason in reasons) == found.warnings
    assert found.last_phase is None


# records, the last phase
LAST_PHASES: list[tuple[list[Any], str | None]] = [
    ([], None),
    ([{"type": "phase", "phase": "a"}, {"type": "phase", "phase": "b"}], "b"),
    ([{"type": "phase", "phase": "a"}, {"type": "phase", "phase": 1}], "a"),
    ([{"type": "phase", "phase": "a"}, {"type": "phase", "phase": ""}], ""),
    ([{"type": "phase", "phase": "a"}, {"type": "lock", "phase": "b"}], "a"),
    ([{"type": "phase", "phase": "a"}, {}, {}, {}], None),
]


@pytest.mark.parametrize(("records", "phase"), LAST_PHASES)
def test_the_last_phase_is_that_of_the_last_phase_record(
    records: list[Any], phase: str | None
) -> None:
    assert phase == judge_journal(JUDGE, journal_bytes(records)).last_phase


@given(data=journals(damaged=True))
def test_a_journal_says_what_the_page_says(data: bytes) -> None:
    stated = bootstrap.read_journal(oracle_read(data))
    found = judge_journal(JUDGE, data)

    assert (tuple(stated.warnings), stated.last_phase) == (found.warnings, found.last_phase)


@given(run=journal_runs())
def test_a_legal_run_is_readable_to_its_last_line(run: ExampleJournal) -> None:
    (warning,) = judge_journal(JUDGE, run.data()).warnings

    assert warning.startswith("Recent deterministic bootstrap events: ")
    assert min(3, len(run.records)) == warning.count(" | ") + 1


def test_the_journal_was_written_when_its_last_dated_record_says() -> None:
    def written_at(*records: dict[str, Any]) -> float | None:
        return judge_journal(JUDGE, journal_bytes(records)).written_at

    first, second = {"type": "phase", "ts": 1_000}, {"type": "phase", "ts": 2_000.5}
    assert [None, 2_000.5, 2_000.5, 1_000] == [
        written_at(PHASE),
        written_at(first, second),
        written_at(first, second, PHASE),
        written_at(PHASE, second, first, {"type": "phase", "ts": "soon"}),
    ]


def test_records_of_other_runs_are_counted_one_by_one(tmp_path: Path) -> None:
    rule = 'id = "mine"\nbefore = "recent-events"\nthen = { warning = "{foreign}" }'
    engine = judging(tmp_path, "journal_warning", rule, extends="default")
    records = [{**PHASE, "phase": "completed", "runId": run} for run in ("theirs", "ours", "x")]

    assert ("2",) == judge_journal(engine, journal_bytes(records), "ours").warnings

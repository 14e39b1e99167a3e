"""Every line of a journal is read, and what is wrong with it is told with its number."""

from __future__ import annotations

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from launchfsm.audit.journal import JournalReading, read_lines
from launchfsm.system.files import ReadProblem
from launchfsm.testing.strategies import hostile_bytes, journal_records, journals
from tests.audit.teams import finished, journal, member, record

PHASE = b'{"ts": 1, "type": "phase", "runId": "run-1", "phase": "creating_team"}'


def told(reading: JournalReading) -> list[tuple[str, int | None, str | None]]:
    return [(found.code, found.line, found.path) for found in reading.findings.kept()]


def test_a_whole_journal_is_read_line_by_line() -> None:
    reading = read_lines(journal(finished()))

    assert list(range(1, 16)) == [record.line for _, record in reading.records]
    assert {"run-1"} == {record.run_id for _, record in reading.records}
    assert (0, []) == (reading.gaps, told(reading))


def test_an_absent_journal_is_empty() -> None:
    assert read_lines(ReadProblem("absent", "")).empty


@pytest.mark.parametrize("data", [b"", b"\n", b" \n\t\r\n\xef\xbb\xbf\n"])
def test_blank_lines_are_nothing(data: bytes) -> None:
    reading = read_lines(data)

    assert (True, []) == (reading.empty, told(reading))


@pytest.mark.parametrize("outcome", ["not_regular", "oversized", "invalid"])
def test_a_journal_that_cannot_be_read_may_tell_anything(outcome: str) -> None:
    reading = read_lines(ReadProblem(outcome, "why"))  # type: ignore[arg-type]  # parametrised

    assert (False, 1) == (reading.empty, reading.gaps)
    assert [("unreadable-file", None, None)] == told(reading)


@pytest.mark.parametrize(
    "line", [PHASE, b"  " + PHASE + b"\t\r", b"\xef\xbb\xbf" + PHASE, b"\xc2\xa0" + PHASE]
)
def test_white_space_around_a_record_is_nothing(line: bytes) -> None:
    reading = read_lines(b"\n" + line + b"\n")

    assert ([2], []) == ([record.line for _, record in reading.records], told(reading))


@pytest.mark.parametrize(
    ("line", "message"),
    [
        (b"null", "it is no JSON object: 'null'"),
        (b"[1]", "it is no JSON object: '[1]'"),
        (b"x\x1b[31m", r"it is no JSON object: 'x\u001b[31m'"),
        (b'{"ts": 1, "ty', """it breaks off, and ends in '{"ts": 1, "ty'"""),
        (b"{a}", "it is no JSON: Expecting property name enclosed in double quotes (column 2)"),
        (b'{"a": NaN}', "it is no JSON: Expecting value (column 7)"),
    ],
)
def test_a_line_that_is_no_object_is_told_with_why(line: bytes, message: str) -> None:
    reading = read_lines(PHASE + b"\n" + line + b"\n" + PHASE + b"\n")

    assert [("unreadable-line", 2, None)] == told(reading)
    assert message == reading.findings.kept()[0].message
    assert [0, 1] == [gaps for gaps, _ in reading.records]


def test_only_the_last_line_can_be_torn() -> None:
    reading = read_lines(b"x\n" + PHASE + b"\nx")

    assert [("unreadable-line", 1, None), ("torn-line", 3, None)] == told(reading)


def test_a_last_record_without_line_end_counts() -> None:
    reading = read_lines(PHASE)

    assert [("line-end-missing", 1, None)] == told(reading)
    assert 1 == len(reading.records)


def test_all_that_a_record_lacks_is_one_finding() -> None:
    reading = read_lines(b'{"type": "member", "name": " "}\n')

    assert ["it has no ts, no runId, no name, no action"] == [
        found.message for found in reading.findings.kept()
    ]
    assert ([], 1) == (reading.records, reading.gaps)


@pytest.mark.parametrize(
    ("change", "is_told"),
    [
        ({"ts": "soon"}, True),
        ({"detail": 7}, True),
        ({"runId": 7}, False),
        ({"name": []}, False),
        ({"type": 7}, False),
    ],
)
def test_a_record_counts_without_what_it_can_do_without(
    change: dict[str, object],
    is_told: bool,  # noqa: FBT001 - parametrised
) -> None:
    (key,) = change
    record = {"ts": 1} | member("ada", "registered") | change

    reading = read_lines(json.dumps(record).encode() + b"\n")

    assert [("wrong-type", 1, f"$.{key}")] == told(reading)
    assert is_told == bool(reading.records)
    assert is_told == (reading.gaps == 0)


def test_a_record_of_an_unknown_type_hides_nothing() -> None:
    reading = read_lines(b'{"type": "telemetry", "phase": 7}\n')

    assert [("unknown-type", 1, "$.type")] == told(reading)
    assert ([], 0) == (reading.records, reading.gaps)


@pytest.mark.parametrize(
    "record",
    [
        record("member", name="ada", action="failed", detail=" "),
        record("terminal", status="failed", reason=""),
    ],
)
def test_what_may_be_left_out_may_be_blank(record: dict[str, object]) -> None:
    assert [] == told(read_lines(journal([record])))


def test_a_run_is_known_by_its_trimmed_name() -> None:
    reading = read_lines(PHASE.replace(b"run-1", b" run-1 ") + b"\n")

    assert ["run-1"] == [record.run_id for _, record in reading.records]


@given(journals())
def test_of_what_writers_write_nothing_is_wrong(data: bytes) -> None:
    assert [] == told(read_lines(data))


@given(st.lists(journal_records(damaged=True).map(lambda found: json.dumps(found).encode())))
def test_a_record_is_told_or_a_gap_or_of_another_type(lines: list[bytes]) -> None:
    reading = read_lines(b"".join(line + b"\n" for line in lines))
    unknown = [code for code, _, _ in told(reading) if code == "unknown-type"]

    assert len(lines) == len(reading.records) + reading.gaps + len(unknown)


@given(hostile_bytes(journal_records(damaged=True)) | journals(damaged=True) | st.binary())
def test_any_bytes_are_read(data: bytes) -> None:
    reading = read_lines(data)

    assert len(reading.records) <= data.count(b"\n") + 1
    assert all(found.line is not None for found in reading.findings.kept())

"""Types of fields: each one of §2, the generated reader, and what a finding says."""

from __future__ import annotations

import math
from typing import Annotated, Any, Literal

import attrs
from hypothesis import given
from hypothesis import strategies as st

from launchfsm.records.fields import (
    BOOLEAN,
    FINITE,
    ISO_TIME,
    NON_BLANK,
    NUMBER,
    SECRET,
    TEXT,
    TIME,
    TRIMMED,
    At,
    FieldType,
    Finding,
    fields_reader_of,
    findings_of,
    one_of,
    placed_fields,
    reader_of,
    rows_reader_of,
    shown,
    type_error,
)
from launchfsm.testing.strategies import odd_values

ON_OFF = Literal["on", "off"]


@attrs.define
class Record:
    """One field of each type, and one that is no field of the document."""

    text: Annotated[str | None, At("theText", TEXT)] = None
    trimmed: Annotated[str | None, At("trimmed", TRIMMED)] = None
    number: Annotated[float | None, At("number", NUMBER)] = None
    flag: Annotated[bool | None, At("flag", BOOLEAN)] = None
    word: Annotated[str | None, At("word", one_of(ON_OFF))] = None
    time: Annotated[Any, At("time", TIME)] = None
    other: int = 0


read_record = reader_of(Record)

# type, a value, what a record carries of it
READ = [
    (TEXT, "x", "x"),
    (TEXT, "", ""),
    (TEXT, " x ", " x "),
    (TEXT, 1, None),
    (TEXT, None, None),
    (TEXT, ["x"], None),
    (TRIMMED, "\ufeff x\u00a0\n", "x"),
    (TRIMMED, "\u0085x\x1c", "\u0085x\x1c"),
    (TRIMMED, " ", None),
    (TRIMMED, "", None),
    (TRIMMED, 5, None),
    (NON_BLANK, " x ", " x "),
    (NON_BLANK, "\ufeff", None),
    (NON_BLANK, {}, None),
    (NUMBER, 0, 0),
    (NUMBER, -1.5, -1.5),
    (NUMBER, math.inf, math.inf),
    (NUMBER, 10**400, math.inf),
    (NUMBER, True, None),
    (NUMBER, "1", None),
    (FINITE, 1e300, 1e300),
    (FINITE, math.inf, None),
    (FINITE, -(10**400), None),
    (FINITE, False, None),
    (BOOLEAN, True, True),
    (BOOLEAN, False, False),
    (BOOLEAN, 1, None),
    (BOOLEAN, "true", None),
    (TIME, 1, 1),
    (TIME, 0.5, 0.5),
    (TIME, " not a time ", " not a time "),
    (TIME, 0, None),
    (TIME, -1, None),
    (TIME, " ", None),
    (TIME, True, None),
    (TIME, math.inf, None),
    (TIME, 8.64e15, 8.64e15),
    (TIME, 8.64e15 + 1, None),
    (one_of(ON_OFF), "on", "on"),
    (one_of(ON_OFF), "On", None),
    (one_of(ON_OFF), " on", None),
    (one_of(ON_OFF), ["on"], None),
    (one_of(ON_OFF), {}, None),
]


def test_a_type_carries_what_is_of_it() -> None:
    for kind, value, read in READ:
        assert (kind.expected, value, repr(read)) == (
            kind.expected,
            value,
            repr(kind.read(value)),
        )


def test_a_record_is_read_from_its_keys() -> None:
    raw = {
        "theText": " x ",
        "trimmed": " x ",
        "number": 4242,
        "flag": False,
        "word": "off",
        "time": -1,
        "unknown": "is ignored",
    }

    assert Record(" x ", "x", 4242, flag=False, word="off", time=-1) == read_record(raw)


def test_what_is_missing_or_of_another_type_is_absent() -> None:
    wrong = {"theText": 1, "trimmed": "\t", "number": "1", "flag": "no", "word": "on "}

    assert Record() == read_record({})
    assert Record() == read_record(wrong)
    assert Record() == read_record(dict.fromkeys([*wrong, "time"]))


def test_a_time_is_passed_on_as_it_stands_because_each_use_has_its_own_fallback() -> None:
    odd: tuple[object, ...] = (0, " ", [], 1e300)

    assert [Record(time=value) for value in odd] == [read_record({"time": value}) for value in odd]


def test_fields_that_are_not_in_the_document_are_not_read_from_it() -> None:
    assert Record(text="x", other=7) == Record(
        **fields_reader_of(Record)({"theText": "x", "other": 8}), other=7
    )


def test_only_fields_with_a_place_stand_in_the_document() -> None:
    assert {
        "text": "theText",
        "trimmed": "trimmed",
        "number": "number",
        "flag": "flag",
        "word": "word",
        "time": "time",
    } == {name: place.key for name, place in placed_fields(Record).items()}


@given(raw=st.dictionaries(st.sampled_from(("theText", "number", "word", "flag")), odd_values()))
def test_a_reader_reads_what_the_types_read(raw: dict[str, Any]) -> None:
    expected = {
        name: place.type.read(raw[place.key])
        for name, place in placed_fields(Record).items()
        if place.key in raw
    }

    assert Record(**expected) == read_record(raw)


@given(raw=st.dictionaries(st.sampled_from(("theText", "trimmed", "time", "flag")), odd_values()))
def test_there_is_a_finding_for_each_field_of_another_type_and_for_no_other(
    raw: dict[str, Any],
) -> None:
    wrong = {
        f"$.x.{place.key}"
        for place in placed_fields(Record).values()
        if raw.get(place.key) is not None and place.type.read(raw[place.key]) is None
    }

    assert wrong == {finding.path for finding in findings_of(Record, raw, "f", "$.x")}


def test_a_finding_says_where_what_and_what_was_expected() -> None:
    found = list(findings_of(Record, {"word": "of", "flag": 1}, "some.json", "$.members[3]"))

    assert [
        "some.json: $.members[3].flag: expected true or false, got 1",
        "some.json: $.members[3].word: expected one of on, off, got 'of'",
    ] == [finding.text() for finding in found]


def test_a_misfit_shows_its_value() -> None:
    assert Finding("f", "$", "null", "a text") == type_error("f", "$", None, "a text")


NAMES = FieldType(
    "a list of names", lambda value: value if isinstance(value, list) else None, items=TRIMMED
)


@attrs.define
class Listing:
    """A record with a list."""

    names: Annotated[list[str] | None, At("names", NAMES)] = None


def test_an_empty_list_is_of_the_type_asked_for() -> None:
    assert [] == list(findings_of(Listing, {"names": []}, "f", "$"))


def test_the_items_of_a_list_are_found_one_by_one() -> None:
    found = findings_of(Listing, {"names": ["x", 1, " ", "y"]}, "f", "$")

    assert [
        "f: $.names[1]: expected a text that is not blank, got 1",
        "f: $.names[2]: expected a text that is not blank, got ' '",
    ] == [finding.text() for finding in found]


def test_what_is_no_list_is_found_as_a_whole() -> None:
    found = findings_of(Listing, {"names": "x"}, "f", "$")

    assert ["f: $.names: expected a list of names, got 'x'"] == [one.text() for one in found]


# a value, how a finding shows it
SHOWN: list[tuple[object, str]] = [
    (None, "null"),
    (True, "true"),
    (False, "false"),
    (0, "0"),
    (-1.5, "-1.5"),
    (1e300, "1e+300"),
    (math.inf, "Infinity"),
    (4242.0, "4242"),
    ({"a": 1, "b": 2}, "an object of 2 keys"),
    ([], "a list of 0"),
    ("x", "'x'"),
    ("\x1b[31m\n", r"'\u001b[31m\n'"),
    ("\ud800", r"'\ud800'"),
    ("x" * 60, "'" + "x" * 60 + "'"),
    ("x" * 61, "'" + "x" * 60 + "'…"),
]


def test_a_value_is_shown_short_and_printable() -> None:
    assert SHOWN == [(value, shown(value)) for value, _ in SHOWN]


@given(value=st.integers() | st.just(10**5_000) | st.just(-(10**5_000)))
def test_a_number_of_any_length_can_be_shown(value: int) -> None:
    assert len(shown(value)) <= 100


# -- Keys, secrets, defaults -----------------------------------------------------------------------


@attrs.define
class Derived:
    """Fields whose keys are derived, one of them secret."""

    run_id: Annotated[str | None, TEXT] = None
    proof_token: Annotated[str | None, SECRET] = None
    seen_at: Annotated[int | None, ISO_TIME] = None
    other: int = 0


def test_the_key_of_a_field_is_the_camel_case_of_its_name() -> None:
    read = reader_of(Derived)
    raw = {"runId": "r", "proofToken": " t ", "seenAt": "2026-09-20T10:00:00Z", "other": 5}

    assert Derived("r", "t", 1_789_898_400_000) == read(raw | {"other": 5})
    assert Derived() == read({"runId": 5, "seenAt": 5})


def test_a_secret_of_the_wrong_type_is_not_shown() -> None:
    (finding,) = findings_of(Derived, {"proofToken": {"hush": 1}}, "f", "$")
    assert "a value that is not shown" == finding.got


@attrs.define
class Row:
    """A record of a list: its fields, and the object that they were read from."""

    text: Annotated[str | None, TEXT] = None
    word: Annotated[str | None, one_of(ON_OFF)] = None
    time: Annotated[Any, TIME] = None
    raw: Any = attrs.field(default=None, eq=False)


@given(rows=st.lists(st.dictionaries(st.sampled_from(("text", "word", "time")), odd_values())))
def test_rows_are_read_as_records_are_one_by_one(rows: list[dict[str, Any]]) -> None:
    found = rows_reader_of(Row)(rows)

    assert [reader_of(Row)(row) for row in rows] == found
    assert all(row is one.raw for row, one in zip(rows, found, strict=True))

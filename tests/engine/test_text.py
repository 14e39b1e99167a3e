"""What a message shows is bounded and visible; durations and numbers read as people expect."""

from __future__ import annotations

import ast
import datetime as dt
import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from launchfsm.ecma import text as ecma
from launchfsm.engine.text import (
    did_you_mean,
    duration_text,
    listing,
    literal,
    number_text,
    parse_duration,
    pictured,
    quoted,
    show,
    visible,
    visible_lines,
    write_duration,
)

LAST_MS = 8_640_000_000_000_000
ANY_NUMBER = st.one_of(st.integers(), st.floats())


# -- Durations and numbers -------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("ms", "text"),
    [
        (0, "0s"),
        (0.9, "0s"),
        (-0.9, "0s"),
        (1, "1ms"),
        (250, "250ms"),
        (999.9, "999ms"),
        (1_000, "1s"),
        (1_999, "1s"),
        (59_999, "59s"),
        (60_000, "1m"),
        (200_000, "3m 20s"),
        (3_599_999, "59m 59s"),
        (3_600_000, "1h"),
        (3_659_000, "1h"),
        (7_500_000, "2h 5m"),
        (86_400_000, "1d"),
        (4 * 86_400_000, "4d"),
        (4 * 86_400_000 + 3_599_999, "4d"),
        (4 * 86_400_000 + 3_600_000, "4d 1h"),
        (-200_000, "-3m 20s"),
        (-250, "-250ms"),
        (2 * LAST_MS, "200000000d"),
        (2 * LAST_MS + 2, "unknown"),
        (-2 * LAST_MS, "-200000000d"),
        (-2 * LAST_MS - 2, "unknown"),
        (10**4_000, "unknown"),
        (math.inf, "unknown"),
        (-math.inf, "unknown"),
        (math.nan, "unknown"),
    ],
)
def test_durations_print_in_their_two_largest_units(ms: float, text: str) -> None:
    assert duration_text(ms) == text


@given(st.integers(0, 2 * LAST_MS))
def test_a_printed_duration_reads_back_as_what_it_shows(ms: int) -> None:
    shown = parse_duration(duration_text(ms))
    assert shown <= ms < shown + max(1_000, shown / 24)
    assert duration_text(shown) == duration_text(ms)


@given(ANY_NUMBER)
def test_every_number_has_a_duration_text(ms: float) -> None:
    assert duration_text(ms)


@pytest.mark.parametrize(
    ("text", "ms"),
    [
        ("3m", 180_000),
        ("90s", 90_000),
        ("1h30m", 5_400_000),
        ("1h 30m", 5_400_000),
        ("250ms", 250),
        ("2d", 172_800_000),
        ("0s", 0),
        ("007m", 420_000),
        ("1d2h3m4s5ms", 93_784_005),
        ("1m1ms", 60_001),
        ("999999999999d", 999_999_999_999 * 86_400_000),
    ],
)
def test_durations_of_rule_files_are_read(text: str, ms: int) -> None:
    assert parse_duration(text) == ms


@pytest.mark.parametrize(
    "text",
    [
        *["", " ", "3", "m", "3 m", " 3m", "3m ", "3m\n", "1h  30m", "-3m", "+3m", "1.5h", "3M"],
        *["3min", "30m1h", "1m1m", "3w", "1e3s", "\u0663m", "3m,20s", "P1D", "PT3M", "3m\x00"],
        *["9999999999999d", "d", "1h30"],
    ],
)
def test_what_is_no_duration_is_refused_with_the_form(text: str) -> None:
    with pytest.raises(ValueError, match=r"is not a duration\. Write whole numbers.*1h30m"):
        parse_duration(text)


@given(st.text())
def test_any_text_is_a_duration_or_refused(text: str) -> None:
    try:
        assert parse_duration(text) >= 0
    except ValueError as error:
        assert "is not a duration" in str(error)  # noqa: PT017 - either answer will do


@pytest.mark.parametrize(
    ("ms", "text"),
    [(1, "1ms"), (-1, "-1ms"), (-999, "-999ms")],
)
def test_the_shortest_durations(ms: float, text: str) -> None:
    assert text == duration_text(ms)


@given(st.integers(-LAST_MS, LAST_MS))
def test_a_written_duration_reads_back(ms: int) -> None:
    text = write_duration(ms)

    assert abs(ms) == parse_duration(text.removeprefix("-"))
    assert (ms < 0) is text.startswith("-")


def test_what_is_not_finite_is_no_duration() -> None:
    assert ("inf", "nan") == (write_duration(math.inf), write_duration(math.nan))


@given(st.one_of(ANY_NUMBER, st.floats(1e-9, 1e-5), st.floats(1e15, 1e23)))
def test_a_number_prints_as_ecmascript_prints_it(number: float) -> None:
    assert ecma.number_text(number) == number_text(number)
    assert ecma.number_text(-number) == number_text(-number)


# -- Values in messages ----------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (True, "true"),
        ("it's", '"it\'s"'),
        ([1, "a", [2]], "[1, 'a', […]]"),
        (("a",), "['a']"),
        ({"a": 1}, "a table of keys and values"),
        pytest.param(10**5000, "a number of thousands of digits", id="digits"),
        (None, "None"),
    ],
)
def test_a_value_is_shown_as_a_condition_writes_it(value: object, text: str) -> None:
    assert text == literal(value)
    assert text == show(value)


@pytest.mark.parametrize(
    "value",
    ["x" * 10**6, ["x" * 1_000] * 1_000, [["x"]] * 10_000, [1] * 10**6, "\x1b" * 10**6],
)
def test_however_long_a_value_is_a_message_shows_little_of_it(value: object) -> None:
    assert len(show(value)) < 3_000
    assert "more" in show(value)


def test_of_many_names_a_message_lists_few_and_counts_the_others() -> None:
    assert "none" == listing([])
    assert "a, b" == listing(["a", "b"])
    assert listing([f"n{number}" for number in range(1_000)]).endswith("n29 and 970 more")
    assert len(listing(["x" * 10**6] * 1_000)) < 3_000


def test_the_nearest_name_is_meant() -> None:
    assert " (did you mean 'owner'?)" == did_you_mean("onwer", ["phase", "owner"])
    assert "" == did_you_mean("zzz", ["phase", "owner"])
    assert "" == did_you_mean("x" * 10**6, ["x" * 10**6])
    assert " (did you mean 'n7'?)" == did_you_mean("n7", (f"n{number}" for number in range(10**6)))


@pytest.mark.parametrize(
    "char",
    [
        *"\x00\x07\x1b\x7f\x85\x9b\n\r\t",
        *"\u200b\u202e\u2028\u2066\ufeff\ud800\U000e0001",
        *"\u034f\u115f\u1160\u17b4\u180b\u180f\u3164\ufe00\ufe0f\uffa0\U000e0100\u2800",
    ],
)
def test_a_character_that_nobody_sees_or_that_does_something_is_escaped(char: str) -> None:
    told = visible(f"prod{char}")

    assert told.startswith("prod\\")
    assert told.isascii()
    assert char == "\t" or char not in pictured(f"a{char}b")
    assert len("a?b") == len(pictured(f"a{char}b"))


@pytest.mark.parametrize("text", ["", "a b", "émoji 🙂", "日本\u3000", "e\u0301"])
def test_a_text_that_everybody_sees_stays_as_it_is(text: str) -> None:
    assert text == visible(text) == pictured(text) == visible_lines(text)


def test_of_lines_the_ends_and_the_tabs_stay() -> None:
    assert "a\tb\n\\u001bc" == visible_lines("a\tb\n\x1bc")


@pytest.mark.parametrize(
    ("said", "written"),
    [
        ("it", "'it'"),
        ("it's", '"it\'s"'),
        ("a\x1b\n", r"'a\u001b\n'"),
        ("a\\x1b", r"'a\\x1b'"),
        ("\\\x85\u2800\U000e0041", r"'\\\u0085\u2800\U000e0041'"),
    ],
)
def test_a_text_is_quoted_so_that_every_character_of_it_is_seen(said: str, written: str) -> None:
    assert written == quoted(said) == literal(said)


@given(st.text())
def test_a_quoted_text_is_read_back(text: str) -> None:
    assert text == ast.literal_eval(quoted(text))
    assert text == ast.literal_eval(ecma.quoted(text))


def test_a_date_is_shown_as_toml_has_it() -> None:
    assert "[2026-12-01, 09:30:00]" == show([dt.date(2026, 12, 1), dt.time(9, 30)])

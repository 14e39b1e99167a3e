"""ECMAScript's white space and numbers; the tables were measured on Node.js 20."""

from __future__ import annotations

import math
import sys

import pytest
from hypothesis import given
from hypothesis import strategies as st

from launchfsm.ecma.text import is_blank, number_text, read_finite, read_number, trim

TRIMMED = frozenset(
    [9, 10, 11, 12, 13, 32, 160, 5760, *range(8192, 8203), 8232, 8233, 8239, 8287, 12288, 65279]
)

NUMBER_TEXTS = [
    (0, "0"),
    (0.0, "0"),
    (-0.0, "0"),
    (-1, "-1"),
    (4242, "4242"),
    (4242.0, "4242"),
    (4242.5, "4242.5"),
    (-0.1, "-0.1"),
    (0.1 + 0.2, "0.30000000000000004"),
    (123456.789, "123456.789"),
    (1700000000000.75, "1700000000000.75"),
    (1e16, "10000000000000000"),
    (1e20, "100000000000000000000"),
    (123456789012345680000.0, "123456789012345680000"),
    (999999999999999900000.0, "999999999999999900000"),
    (1e21, "1e+21"),
    (-1e21, "-1e+21"),
    (1.5e21, "1.5e+21"),
    (1.2345678901234567e25, "1.2345678901234566e+25"),
    (1e100, "1e+100"),
    (sys.float_info.max, "1.7976931348623157e+308"),
    (sys.float_info.min, "2.2250738585072014e-308"),
    (5e-324, "5e-324"),
    (0.00001234, "0.00001234"),
    (0.000001, "0.000001"),
    (0.0000015, "0.0000015"),
    (1e-7, "1e-7"),
    (-1.25e-9, "-1.25e-9"),
    (2**53 - 1, "9007199254740991"),
    (2**53, "9007199254740992"),
    (2**53 + 1, "9007199254740992"),
    (-(2**53) - 1, "-9007199254740992"),
    (2**53 + 2, "9007199254740994"),
    (12345678901234567, "12345678901234568"),
    (2**60, "1152921504606847000"),
    (2**64, "18446744073709552000"),
    (10**21, "1e+21"),
    (10**400, "Infinity"),
    (-(10**4000), "-Infinity"),
    (math.inf, "Infinity"),
    (-math.inf, "-Infinity"),
    (math.nan, "NaN"),
]


def test_trim_removes_what_ecmascript_removes_and_nothing_else() -> None:
    removed = {code for code in range(sys.maxunicode + 1) if not trim(chr(code))}
    assert removed == TRIMMED


def test_trim_works_on_both_ends_and_leaves_the_inside() -> None:
    for code in TRIMMED:
        space = chr(code) * 3
        assert trim(f"{space}a{space}b{space}") == f"a{space}b"


def test_trim_keeps_what_only_python_calls_space() -> None:
    assert trim("\x1c\x1d\x1e\x1f\x85") == "\x1c\x1d\x1e\x1f\x85"


@given(st.text())
def test_trim_is_idempotent(text: str) -> None:
    assert trim(trim(text)) == trim(text)


@given(st.text(), st.text(st.sampled_from(sorted(map(chr, TRIMMED)))))
def test_trim_does_not_see_white_space_that_is_added(text: str, space: str) -> None:
    assert trim(space + text + space) == trim(text)


@given(st.text() | st.text(st.sampled_from(sorted(map(chr, TRIMMED)))))
def test_is_blank_is_when_nothing_is_left_after_trim(text: str) -> None:
    assert is_blank(text) == (not trim(text))


def test_numbers_print_as_ecmascript_prints_them() -> None:
    assert [(number, number_text(number)) for number, _ in NUMBER_TEXTS] == NUMBER_TEXTS


@given(st.floats(allow_nan=False, allow_infinity=False))
def test_a_printed_double_reads_back_as_itself(number: float) -> None:
    assert float(number_text(number)) == number


@given(st.floats(min_value=0.001, max_value=1e15))
def test_usual_fractions_print_as_python_prints_them(number: float) -> None:
    assert number_text(number) == repr(number).removesuffix(".0")


@given(st.integers(min_value=-(2**53), max_value=2**53))
def test_an_integer_prints_the_same_as_its_double(number: int) -> None:
    assert number_text(number) == number_text(float(number)) == str(number)


@pytest.mark.parametrize("value", [True, False, None, "1", "", [], [1], {}, 1j, b"1"])
def test_what_is_not_a_json_number_is_no_number(value: object) -> None:
    assert read_number(value) is None
    assert read_finite(value) is None


@given(st.integers(min_value=-(2**53), max_value=2**53))
def test_an_exact_integer_stays_one(value: int) -> None:
    number = read_number(value)
    assert (type(number), number) == (int, value)


@given(st.integers(min_value=2**53 + 1, max_value=2**1023))
def test_an_integer_past_the_exact_ones_becomes_a_double(value: int) -> None:
    assert repr(read_number(value)) == repr(float(value))
    assert repr(read_number(-value)) == repr(-float(value))


@pytest.mark.parametrize("digits", [310, 5_000])
def test_an_integer_past_every_double_becomes_an_infinity(digits: int) -> None:
    assert read_number(10**digits) == math.inf
    assert read_number(-(10**digits)) == -math.inf
    assert read_finite(10**digits) is None


@given(st.floats())
def test_a_float_stays_itself(value: float) -> None:
    assert repr(read_number(value)) == repr(value)


@pytest.mark.parametrize("value", [math.inf, -math.inf, math.nan])
def test_read_finite_knows_no_infinity_and_no_nan(value: float) -> None:
    assert read_finite(value) is None


@given(st.integers() | st.floats(allow_nan=False, allow_infinity=False))
def test_read_finite_returns_every_other_number(value: float) -> None:
    assert read_finite(value) == read_number(value)

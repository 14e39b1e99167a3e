"""Nothing that is printed does anything, and JSON is JSON whatever stands in it."""

from __future__ import annotations

import json
import math
import unicodedata
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from launchfsm.cli.output import json_text, shown
from launchfsm.engine.text import visible_lines

NUMBERS = st.floats() | st.integers()
VALUES = st.recursive(
    st.none() | st.booleans() | NUMBERS | st.text(st.characters(codec=None)),
    lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
)


def refuse(word: str) -> Any:
    pytest.fail(f"{word} is no JSON")


@given(VALUES)
def test_any_value_becomes_plain_ascii_that_every_parser_takes(value: object) -> None:
    text = json_text(value)

    json.loads(text, parse_constant=refuse)
    assert text.isascii()
    assert {char for char in text if not char.isprintable()} <= {"\n"}


@given(VALUES)
def test_only_numbers_that_json_lacks_change(value: object) -> None:
    assert _with_texts(value) == json.loads(json_text(value))


def _with_texts(value: Any) -> Any:
    if isinstance(value, dict):
        return {key: _with_texts(item) for key, item in value.items()}
    if isinstance(value, list):
        return [_with_texts(item) for item in value]
    return str(value) if isinstance(value, float) and not math.isfinite(value) else value


# -- Texts -----------------------------------------------------------------------------------------

ANY_TEXT = st.text(st.characters(codec=None))
DOING_SOMETHING = {"Cc", "Cf", "Cs", "Zl", "Zp"}


def test_no_character_of_all_there_are_comes_through_with_an_effect() -> None:
    """Beyond the second plane only tags do something; all else there is letters or unassigned."""
    everything = "".join(map(chr, [*range(0x20000), *range(0xE0000, 0xE1000)]))

    categories = {unicodedata.category(char) for char in shown(everything)}

    assert set() == categories & DOING_SOMETHING


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("plain", "plain"),
        ("naïve 日本語 🚀", "naïve 日本語 🚀"),
        ("wide\u3000and\u00a0fixed spaces", "wide\u3000and\u00a0fixed spaces"),
        ("\x1b[31m", r"\u001b[31m"),
        ("a\nb\tc\x00", r"a\u000ab\u0009c\u0000"),
        ("\x9b\x7f\x85", r"\u009b\u007f\u0085"),
        ("\u202e\u2066\u2028", r"\u202e\u2066\u2028"),
        ("\ud800", r"\ud800"),
        ("\U000e0041", r"\U000e0041"),
    ],
)
def test_harmless_text_stays_and_the_rest_becomes_visible(text: str, expected: str) -> None:
    assert expected == shown(text)


@given(ANY_TEXT)
def test_what_is_shown_can_be_encoded_and_stays_as_it_is(text: str) -> None:
    once = shown(text)

    assert once == once.encode().decode()
    assert once == shown(once)


@given(ANY_TEXT, st.integers(0, 20))
def test_a_long_text_is_cut_and_says_how_much_is_missing(text: str, most: int) -> None:
    cut = shown(text, most=most)

    if len(text) <= most:
        assert shown(text) == cut
    else:
        assert f"{shown(text[:most])}… ({len(text) - most} more characters)" == cut


@given(ANY_TEXT)
def test_lines_keep_their_ends_and_tabs_alone(text: str) -> None:
    safe = visible_lines(text)

    assert text.count("\n") == safe.count("\n")
    assert text.count("\t") == safe.count("\t")
    assert safe.replace("\n", "").replace("\t", "") == shown(
        text.replace("\n", "").replace("\t", "")
    )

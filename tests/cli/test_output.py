"""JSON is JSON, whatever numbers stand in it."""

from __future__ import annotations

import json
import math
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from launchfsm.cli.output import json_text

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

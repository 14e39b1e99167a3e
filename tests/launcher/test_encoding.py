"""Encoding: JSON that reads back, texts that keep both their ends."""

from __future__ import annotations

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from launchfsm.launcher.encoding import json_bytes, shorten

ANY_TEXT = st.text(st.characters(exclude_categories=()))


@given(st.dictionaries(ANY_TEXT, ANY_TEXT | st.integers() | st.booleans()))
def test_what_is_encoded_reads_back_on_one_line_whatever_the_text(document: object) -> None:
    data = json_bytes(document)

    assert json.loads(data) == document
    assert b"\n" not in data


def test_text_is_written_as_it_is_read() -> None:
    assert json_bytes({"name": "Zoë"}) == '{"name":"Zoë"}'.encode()


def test_a_lone_surrogate_is_escaped() -> None:
    assert json_bytes({"name": "\udcff"}) == b'{"name":"\\udcff"}'


def test_a_number_that_json_does_not_have_is_refused() -> None:
    with pytest.raises(ValueError, match="Out of range"):
        json_bytes({"at": float("nan")})


@given(ANY_TEXT, st.integers(min_value=0, max_value=40))
def test_a_shortened_text_is_no_longer_than_the_limit(text: str, limit: int) -> None:
    short = shorten(text, limit)

    assert len(short) <= limit
    assert short == text or len(text) > limit


def test_a_shortened_text_keeps_its_beginning_and_its_end() -> None:
    assert shorten("abcdefghijklmnopqrstuvwxyz", 11) == "abcd … wxyz"

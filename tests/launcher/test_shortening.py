"""Shortening: what is cut keeps its ends."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from launchfsm.launcher.shortening import shorten

ANY_TEXT = st.text(st.characters(exclude_categories=()))


@given(ANY_TEXT, st.integers(min_value=0, max_value=40))
def test_a_shortened_text_is_no_longer_than_the_limit(text: str, limit: int) -> None:
    short = shorten(text, limit)

    assert len(short) <= limit
    assert short == text or len(text) > limit


def test_a_shortened_text_keeps_its_beginning_and_its_end() -> None:
    assert shorten("abcdefghijklmnopqrstuvwxyz", 11) == "abcd … wxyz"

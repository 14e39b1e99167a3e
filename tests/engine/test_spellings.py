"""What other languages write is told, and nothing that a condition may write is."""

from __future__ import annotations

import pytest
from hypothesis import given

from launchfsm.engine.spellings import foreign
from tests.policy.synthetic import Drawn, conditions


@pytest.mark.parametrize(
    ("theirs", "ours"),
    [
        ("&&", "and"),
        ("&", "and"),
        ("||", "or"),
        ("|", "or"),
        ("!", "not"),
        ("=", "=="),
        ("===", "=="),
        ("!==", "!="),
        ("<>", "!="),
        ("=>", ">="),
        ("=<", "<="),
        ("AND", "and"),
        ("Is", "is"),
    ],
)
def test_what_other_languages_write_is_told_where_it_stands(theirs: str, ours: str) -> None:
    (problem,) = foreign(f"a {theirs} b")

    assert f"this is not a condition: write `{ours}` for `{theirs}`" == problem.message
    assert (2, len(theirs)) == (problem.offset, problem.length)


@given(conditions())
def test_nothing_that_a_condition_writes_is_foreign(drawn: Drawn) -> None:
    assert [] == list(foreign(drawn.condition.text()))

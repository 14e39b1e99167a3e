"""A decision point knows its facts, its outcome and what cannot be."""

from __future__ import annotations

import attrs
import pytest

from launchfsm.engine.conditions import parse_condition
from launchfsm.engine.decision import many, one
from tests.policy.synthetic import Answer, Facts


def test_a_point_at_which_one_rule_answers() -> None:
    point = one("p", Facts, Answer, "What?", impossible=("flag and found",))

    assert (False, "What?", ("flag and found",)) == (point.collects, point.doc, point.impossible)
    assert list(attrs.fields_dict(Facts)) == list(point.fact_fields)
    assert list(attrs.fields_dict(Answer)) == list(point.outcome_fields)


def test_a_point_at_which_every_rule_answers() -> None:
    assert many("p", Facts, Answer, "What?").collects


def test_what_is_impossible_is_read_as_conditions() -> None:
    point = one("p", Facts, Answer, "What?", impossible=("flag and found", "count == 3"))

    read = tuple(
        parse_condition(text, facts=point.fact_fields, params={}).condition
        for text in point.impossible
    )
    assert read == point.impossible_conditions


def test_what_is_no_condition_is_a_mistake_in_the_point() -> None:
    point = one("p", Facts, Answer, "What?", impossible=("flag", "flg"))

    with pytest.raises(ValueError, match="decision point 'p', 'flg': flg is no fact"):
        _ = point.impossible_conditions

"""A decision knows its facts, its outcome and what always holds."""

from __future__ import annotations

import attrs
import pytest

from launchfsm.engine.decision import Decision, Sum
from launchfsm.engine.parser import parse_condition
from tests.policy.synthetic import Answer, Facts

ALL = Sum("names", ("confirmed", "failed"))


def test_a_decision_that_one_rule_answers() -> None:
    decision = Decision("p", Facts, Answer, "What?", preconditions=("flag or found",))

    assert (False, "What?", ("flag or found",)) == (
        decision.collect,
        decision.doc,
        decision.preconditions,
    )
    assert list(attrs.fields_dict(Facts)) == list(decision.fact_fields)
    assert list(attrs.fields_dict(Answer)) == list(decision.outcome_fields)


def test_a_decision_that_every_firing_rule_answers() -> None:
    assert Decision("p", Facts, Answer, "What?", collect=True).collect


def test_what_always_holds_is_read_as_conditions() -> None:
    decision = Decision(
        "p", Facts, Answer, "What?", preconditions=("flag", "count == 3"), postconditions=("yes",)
    )

    assert decision.required == tuple(
        parse_condition(text, facts=decision.fact_fields, params={}).condition
        for text in decision.preconditions
    )
    assert ["yes"] == [condition.text() for condition in decision.ensured]


def test_what_is_no_condition_is_a_mistake_in_the_declaration() -> None:
    decision = Decision(
        "p", Facts, Answer, "What?", preconditions=("flag", "flg"), postconditions=("flag",)
    )

    with pytest.raises(ValueError, match="decision 'p' declares 'flg': flg is no fact"):
        _ = decision.required
    with pytest.raises(ValueError, match="decision 'p' declares 'flag': flag is no fact"):
        _ = decision.ensured


def test_facts_add_up_or_do_not() -> None:
    assert ALL.holds({"names": 5, "confirmed": 2, "failed": 3, "else": None})
    assert not ALL.holds({"names": 4, "confirmed": 2, "failed": 3})


def test_a_sum_reads_like_a_condition() -> None:
    assert "names == confirmed + failed" == ALL.text()
    assert ("names", "confirmed", "failed") == ALL.facts

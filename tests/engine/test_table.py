"""Rules and tables: which facts they ask for, and what a table sees of a value."""

from __future__ import annotations

from typing import Any

import attrs
from hypothesis import assume, given
from hypothesis import strategies as st

from launchfsm.decisions import catalogue
from launchfsm.engine.conditions import Group, Not
from launchfsm.engine.conditions import Test as Leaf
from launchfsm.engine.templates import read_template
from launchfsm.policies import load_policy
from tests.engine.tables import rule, table
from tests.policy.synthetic import FIELDS, POINT, Drawn, Facts, conditions, facts

KNOWN, YOUNG, LATE = Leaf("age", "is not"), Leaf("age", "<", 5, "'5ms'"), Leaf("age", ">=", 9)
RED = Leaf("colour", "==", "red", "'red'")
SAYS = read_template("{name} is {age} old", facts=POINT.fact_fields, params={}).template


def test_a_table_that_asks_nothing_of_a_fact_sees_no_difference() -> None:
    see = table(rule("red", RED)).classes["age"]

    assert see(1) == see(10**9)


def test_a_table_that_only_asks_whether_a_fact_is_known_sees_no_difference() -> None:
    see = table(rule("known", Group("and", (RED, Not(KNOWN))))).classes["age"]

    assert see(1) == see(10**9)


def test_a_table_sees_on_which_side_of_its_thresholds_a_value_is() -> None:
    see = table(rule("young", YOUNG), rule("late", Group("or", (RED, LATE, KNOWN)))).classes["age"]

    assert see(0) == see(4) != see(5) == see(8) != see(9) == see(10**9)


def test_a_table_whose_texts_mention_a_fact_sees_its_value() -> None:
    classes = table(rule("young", YOUNG, text=SAYS)).classes

    assert (3, "bob") == (classes["age"](3), classes["name"]("bob"))


@given(drawn=conditions(), asked=facts(), other=facts(), fact=st.sampled_from(list(FIELDS)))
def test_what_a_table_sees_alike_it_answers_alike(
    drawn: Drawn, asked: Facts, other: Facts, fact: str
) -> None:
    whole = table(rule("some", drawn.condition, yes=True), rule("rest"))
    values = getattr(asked, fact), getattr(other, fact)
    assume(None not in values)

    if whole.classes[fact](values[0]) == whole.classes[fact](values[1]):
        assert whole.decide(asked) == whole.decide(attrs.evolve(asked, **{fact: values[1]}))


def test_every_fact_of_a_shipped_table_has_its_sight() -> None:
    stalled: Any = load_policy("reference").tables[catalogue.STALLED.name]

    assert list(stalled.point.fact_fields) == list(stalled.classes)
    assert [False, True, True] == [
        bool(stalled.classes["runtime_pid"](pid)[0]) for pid in (0, 1, 2)
    ]

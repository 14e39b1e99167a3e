"""A space has every situation once, and sets of situations are what they say."""

from __future__ import annotations

import itertools
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import assume, given

from launchfsm.engine.conditions import parse_condition
from launchfsm.engine.decision import Decision
from launchfsm.policy.analysis.space import Space, lowest, members
from launchfsm.policy.analysis.spanning import space_of
from tests.policy.analysis.doors import (
    DOOR,
    DoorFacts,
    DoorVerdict,
    any_table,
    conditions,
    facts_strategy,
    occurs,
    rule,
    table_of,
)

if TYPE_CHECKING:
    from launchfsm.engine.conditions import Condition
    from launchfsm.engine.table import Table


def condition(text: str) -> Condition:
    parsed = parse_condition(text, facts=DOOR.fact_fields, params={})
    assert not parsed.problems
    return parsed.condition


def situation_of(space: Space, facts: dict[str, Any]) -> int:
    return space.inside(space.box_of(facts))


def test_situations_are_counted_by_classes_not_by_cells() -> None:
    point = Decision("door", DoorFacts, DoorVerdict, "Does it open?")
    space = space_of(table_of(rule("r", "guard == 'ann' and locked", {}), point=point))
    assert (4, 10) == (space.size, space.count(space.possible))


def test_what_cannot_occur_is_left_out() -> None:
    space = space_of(table_of(rule("r", "alarm", {})))
    # Of 3 alarms by 5 guards one combination.
    assert (15, 14) == (space.count(space.everything), space.count(space.possible))
    for facts in map(space.facts_of, members(space.possible)):
        assert occurs(facts)


def test_a_value_that_is_none_of_its_fact_is_refused() -> None:
    space = space_of(table_of(rule("r", "colour == 'red'", {})))
    facts = dict.fromkeys(space.facts)
    with pytest.raises(ValueError, match="None is no value of the fact colour"):
        space.box_of(facts)


def test_sets_are_walked_through_in_order() -> None:
    assert [0, 3, 70] == list(members(1 | 8 | 1 << 70))
    assert 3 == lowest(8 | 16)


@given(any_table(), facts_strategy())
def test_facts_are_in_one_situation_and_it_can_occur(table: Table, facts: dict[str, Any]) -> None:
    space = space_of(table)
    assert 1 == situation_of(space, facts).bit_count()
    assert situation_of(space, facts) & space.possible


@given(any_table())
def test_concrete_facts_of_a_situation_are_in_it(table: Table) -> None:
    space = space_of(table)
    for number in itertools.islice(members(space.everything), 60):
        for choice in range(2):
            facts = space.facts_of(number, choice)
            assert 1 << number == situation_of(space, facts)
            assert bool(space.possible >> number & 1) is occurs(facts)


@given(any_table(), facts_strategy())
def test_a_condition_holds_for_facts_as_in_their_situation(
    table: Table, facts: dict[str, Any]
) -> None:
    space = space_of(table)
    here = situation_of(space, facts)
    for row in table.rules:
        assert row.when.holds(facts) is bool(space.where(row.when) & here)


@given(any_table())
def test_counting_adds_up_over_the_situations(table: Table) -> None:
    space = space_of(table)
    assume(space.size <= 2_000)
    weights = []
    for number in members(space.possible):
        weight = 1
        for cell in space.cells_of(number):
            weight *= cell.weight
        weights.append(weight)
    assert sum(weights) == space.count(space.possible)
    assert space.count(space.everything) == space.count(space.possible) + space.count(
        space.everything & ~space.possible
    )


@given(any_table())
def test_narrowing_an_axis_keeps_what_is_left(table: Table) -> None:
    space = space_of(table)
    assume(space.axes)
    axis = space.axes[0]
    parts = [space.narrowed({0: number}) for number in axis.present]
    assert space.count(space.possible) == sum(part.count(part.possible) for part in parts)
    for part in parts:
        facts = part.facts_of(0)
        assert (
            1
            == situation_of(part, facts)
            == situation_of(space, facts) >> lowest(situation_of(space, facts))
        )


@given(conditions(), facts_strategy())
def test_a_space_of_a_condition_is_as_exact_for_its_opposite(
    text: str, facts: dict[str, Any]
) -> None:
    space = space_of(table_of(rule("r", text, {})))
    here = situation_of(space, facts)
    held = space.where(condition(text))
    assert condition(text).holds(facts) is bool(held & here)
    assert condition(f"not ({text})").holds(facts) is not bool(held & here)

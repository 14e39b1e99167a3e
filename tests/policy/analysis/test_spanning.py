"""A space tells apart the facts that have a bearing on what a table answers, and no others."""

from __future__ import annotations

import pytest
from hypothesis import given

from launchfsm.decisions.catalogue import CATALOGUE
from launchfsm.engine.decision import Decision
from launchfsm.policy.analysis.declared import impossible_at
from launchfsm.policy.analysis.space import members
from launchfsm.policy.analysis.spanning import space_of
from tests.policy.analysis import brute
from tests.policy.analysis.doors import (
    NOTICES,
    DoorFacts,
    DoorVerdict,
    conditions,
    occurs,
    rule,
    table_of,
)


def roles(*rules: str, always: tuple[str, ...] | None = None) -> dict[str, str]:
    if always is None:
        table = table_of("".join(rules))
    else:
        point = Decision("door", DoorFacts, DoorVerdict, "?", preconditions=always)
        table = table_of("".join(rules), point=point)
    return {axis.field.name: axis.role for axis in space_of(table).axes}


def test_facts_that_conditions_ask_for_or_texts_mention_have_an_axis() -> None:
    expected = {"locked": "tested", "name": "printed"}
    assert expected == roles(rule("r", "locked", {"text": "{name}"}))


def test_a_table_that_reads_nothing_has_one_situation() -> None:
    space = space_of(table_of(rule("r", None, {})))
    assert (1, 1, ()) == (space.size, space.count(space.possible), space.facts)


def test_a_fact_that_a_read_one_may_need_is_tied_to_it() -> None:
    assert {"alarm": "tested", "guard": "tied"} == roles(rule("r", "alarm", {}))
    assert {"note": "printed", "visitors": "tied"} == roles(rule("r", None, {"text": "{note}"}))


def test_a_fact_that_can_always_be_at_rest_is_free() -> None:
    # Without a guard the alarm is off, and off is how it rests.
    assert {"guard": "tested"} == roles(rule("r", "guard is None", {}))


def test_ties_reach_as_far_as_they_must() -> None:
    chain = (
        "not locked or alarm is not None",
        "alarm is None or guard is not None",
        "not guard == 'ann'",
    )
    expected = {"locked": "tested", "alarm": "tied", "guard": "tied"}
    assert expected == roles(rule("r", "locked", {}), always=chain)
    assert {"visitors": "tested"} == roles(rule("r", "visitors > 1", {}), always=chain)


def test_an_impossibility_of_read_facts_alone_cuts_them() -> None:
    table = table_of(
        rule("r", "visitors > 5", {}),
        point=Decision("door", DoorFacts, DoorVerdict, "?", preconditions=("visitors <= 9",)),
    )
    space = space_of(table)
    assert (3, 2) == (space.count(space.everything), space.count(space.possible))


def test_a_fact_both_tested_and_mentioned_keeps_its_values_apart() -> None:
    table = table_of(rule("r", "guard == 'ann'", {"text": "{guard}"}))
    (axis,) = (axis for axis in space_of(table).axes if axis.field.name == "guard")
    assert ("tested", [1] * 5) == (axis.role, [cell.weight for cell in axis.cells])


def test_tables_of_different_points_share_no_space() -> None:
    door, notices = table_of(""), table_of("", point=NOTICES, hit="collect")
    with pytest.raises(ValueError, match="one decision point"):
        space_of(door, notices)
    with pytest.raises(ValueError, match="none"):
        space_of()


def test_a_declaration_that_is_no_condition_is_a_mistake_in_the_code() -> None:
    point = Decision(
        "door", DoorFacts, DoorVerdict, "?", preconditions=("lokced",), postconditions=("x",)
    )
    with pytest.raises(ValueError, match="did you mean 'locked'"):
        impossible_at(point)
    with pytest.raises(ValueError, match="x is no fact"):
        _ = point.ensured


@pytest.mark.parametrize("name", CATALOGUE)
def test_every_declaration_of_a_shipped_point_is_a_condition(name: str) -> None:
    assert len(CATALOGUE[name].required) == len(CATALOGUE[name].preconditions)
    assert len(CATALOGUE[name].ensured) == len(CATALOGUE[name].postconditions)


@given(conditions(brute.WORDS_AND_COUNTS))
def test_what_occurs_is_what_some_values_of_the_other_facts_allow(text: str) -> None:
    space = space_of(table_of(rule("r", text, {})))
    assert all(occurs(space.facts_of(number)) for number in members(space.possible))
    reached = 0
    for facts in brute.situations(brute.WORDS_AND_COUNTS):
        reached |= space.inside(space.box_of(facts))
    assert reached == space.possible

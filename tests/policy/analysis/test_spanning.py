"""A space tells apart the facts that have a bearing on what a table answers, and no others."""

from __future__ import annotations

import pytest
from hypothesis import given

from launchfsm.decisions.catalogue import CATALOGUE
from launchfsm.engine.decision import one
from launchfsm.policy.analysis.declared import impossible_at, inconsistent_at
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


def roles(*rules: str, impossible: tuple[str, ...] | None = None) -> dict[str, str]:
    if impossible is None:
        table = table_of("".join(rules))
    else:
        point = one("door", DoorFacts, DoorVerdict, "?", impossible=impossible)
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
    chain = ("locked and alarm is None", "alarm is not None and guard is None", "guard == 'ann'")
    expected = {"locked": "tested", "alarm": "tied", "guard": "tied"}
    assert expected == roles(rule("r", "locked", {}), impossible=chain)
    assert {"visitors": "tested"} == roles(rule("r", "visitors > 1", {}), impossible=chain)


def test_an_impossibility_of_read_facts_alone_cuts_them() -> None:
    table = table_of(
        rule("r", "visitors > 5", {}),
        point=one("door", DoorFacts, DoorVerdict, "?", impossible=("visitors > 9",)),
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
    point = one("door", DoorFacts, DoorVerdict, "?", impossible=("lokced",), inconsistent=("x",))
    with pytest.raises(ValueError, match="did you mean 'locked'"):
        impossible_at(point)
    with pytest.raises(ValueError, match="x is no fact"):
        inconsistent_at(point)


@pytest.mark.parametrize("name", CATALOGUE)
def test_every_declaration_of_a_shipped_point_is_a_condition(name: str) -> None:
    impossible_at(CATALOGUE[name])
    inconsistent_at(CATALOGUE[name])


@given(conditions(brute.WORDS_AND_COUNTS))
def test_what_occurs_is_what_some_values_of_the_other_facts_allow(text: str) -> None:
    space = space_of(table_of(rule("r", text, {})))
    assert all(occurs(space.facts_of(number)) for number in members(space.possible))
    reached = 0
    for facts in brute.situations(brute.WORDS_AND_COUNTS):
        reached |= space.inside(space.box_of(facts))
    assert reached == space.possible

"""A space has every situation once, and sets of situations are what they say."""

from __future__ import annotations

import itertools
from typing import TYPE_CHECKING, Annotated, Any

import attrs
import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from launchfsm.decisions.catalogue import CATALOGUE
from launchfsm.engine.decision import Decision, Sum
from launchfsm.engine.parser import parse_condition
from launchfsm.engine.trace import TracedDecision
from launchfsm.engine.types import Doc
from launchfsm.policy.analysis.space import Space, regions_of, space_of
from tests.policy.analysis import brute
from tests.policy.analysis.doors import (
    DOOR,
    NOTICES,
    DoorFacts,
    DoorVerdict,
    any_table,
    conditions,
    facts_strategy,
    occurs,
    rule,
    table_of,
    verify_table,
)

if TYPE_CHECKING:
    from launchfsm.engine.conditions import Condition
    from launchfsm.engine.table import Table
    from launchfsm.policy.analysis.sets import Situations


def condition(text: str) -> Condition:
    parsed = parse_condition(text, facts=DOOR.fact_fields, params={})
    assert not parsed.problems
    return parsed.condition


def situation_of(space: Space, facts: dict[str, Any]) -> Situations:
    return space.inside(space.box_of(facts))


def test_every_class_of_a_facts_values_counts() -> None:
    decision = Decision("door", DoorFacts, DoorVerdict, "Does it open?")
    space = space_of(table_of(rule("r", "guard == 'ann' and locked", {}), decision=decision))
    assert (10, 10) == (space.size, space.possible.count())


def test_what_cannot_occur_is_left_out() -> None:
    space = space_of(table_of(rule("r", "alarm", {})))
    # Of 3 alarms by 5 guards one combination.
    assert (15, 14) == (space.everything.count(), space.possible.count())
    for facts in map(space.facts_of, space.possible):
        assert occurs(facts)


def test_a_value_that_is_none_of_its_fact_is_refused() -> None:
    space = space_of(table_of(rule("r", "colour == 'red'", {})))
    facts = dict.fromkeys(space.facts)
    with pytest.raises(ValueError, match="None is no value of the fact colour"):
        space.box_of(facts)


@given(any_table(), facts_strategy())
def test_facts_are_in_one_situation_and_it_can_occur(table: Table, facts: dict[str, Any]) -> None:
    space = space_of(table)
    assert 1 == sum(1 for _ in situation_of(space, facts))
    assert situation_of(space, facts) & space.possible


@given(any_table())
def test_concrete_facts_of_a_situation_are_in_it(table: Table) -> None:
    space = space_of(table)
    for situation in itertools.islice(space.everything, 60):
        for choice in range(2):
            facts = space.facts_of(situation, choice)
            assert [situation] == list(situation_of(space, facts))
            assert bool(situation_of(space, facts) & space.possible) is occurs(facts)


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
    assert sum(1 for _ in space.possible) == space.possible.count()
    assert (
        space.everything.count()
        == space.possible.count() + (space.everything - space.possible).count()
    )


@given(any_table(), st.integers(0, 50))
def test_a_part_of_a_space_has_at_most_so_many_of_its_situations(table: Table, most: int) -> None:
    space = space_of(table)
    part = space.narrowed(most)
    whole = set(itertools.islice(space.possible, 2_000))
    assume(len(whole) < 2_000)
    assert part.size <= max(1, most)
    assert set(part.possible) <= whole
    assert part.is_whole is (space.size <= max(1, most))


@given(conditions(), facts_strategy())
def test_a_space_of_a_condition_is_as_exact_for_its_opposite(
    text: str, facts: dict[str, Any]
) -> None:
    space = space_of(table_of(rule("r", text, {})))
    here = situation_of(space, facts)
    held = space.where(condition(text))
    assert condition(text).holds(facts) is bool(held & here)
    assert condition(f"not ({text})").holds(facts) is not bool(held & here)


# -- Which facts a space tells apart ---------------------------------------------------------------


def roles(*rules: str, always: tuple[str, ...] | None = None) -> dict[str, str]:
    if always is None:
        table = table_of("".join(rules))
    else:
        decision = Decision("door", DoorFacts, DoorVerdict, "?", preconditions=always)
        table = table_of("".join(rules), decision=decision)
    return {axis.field.name: axis.role for axis in space_of(table).axes}


def test_facts_that_conditions_ask_for_or_texts_mention_have_an_axis() -> None:
    expected = {"locked": "tested", "name": "printed"}
    assert expected == roles(rule("r", "locked", {"text": "{name}"}))


def test_a_table_that_reads_nothing_has_one_situation() -> None:
    space = space_of(table_of(rule("r", None, {})))
    assert (1, 1, ()) == (space.size, space.possible.count(), space.facts)


def test_a_fact_that_a_read_one_may_need_is_tied_to_it() -> None:
    assert {"alarm": "tested", "guard": "tied"} == roles(rule("r", "alarm", {}))
    assert {"note": "printed", "visitors": "tied"} == roles(rule("r", None, {"text": "{note}"}))


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
        decision=Decision("door", DoorFacts, DoorVerdict, "?", preconditions=("visitors <= 9",)),
    )
    space = space_of(table)
    assert (3, 2) == (space.everything.count(), space.possible.count())


def test_a_fact_both_tested_and_mentioned_keeps_its_values_apart() -> None:
    table = table_of(rule("r", "guard == 'ann'", {"text": "{guard}"}))
    (axis,) = (axis for axis in space_of(table).axes if axis.field.name == "guard")
    assert ("tested", [(guard,) for guard in (None, "ann", "bob", "cem", "dia")]) == (
        axis.role,
        [values.examples for values in axis.classes],
    )


def test_tables_of_different_points_share_no_space() -> None:
    door, notices = table_of(""), table_of("", decision=NOTICES, hit="collect")
    with pytest.raises(ValueError, match="one decision"):
        space_of(door, notices)
    with pytest.raises(ValueError, match="none"):
        space_of()


def test_a_declaration_that_is_no_condition_is_a_mistake_in_the_code() -> None:
    decision = Decision(
        "door", DoorFacts, DoorVerdict, "?", preconditions=("lokced",), postconditions=("x",)
    )
    with pytest.raises(ValueError, match="did you mean 'locked'"):
        assert decision.required
    with pytest.raises(ValueError, match="x is no fact"):
        _ = decision.ensured


@pytest.mark.parametrize("name", CATALOGUE)
def test_every_declaration_of_a_shipped_point_is_a_condition(name: str) -> None:
    assert len(CATALOGUE[name].required) == len(CATALOGUE[name].preconditions)
    assert len(CATALOGUE[name].ensured) == len(CATALOGUE[name].postconditions)


@given(conditions(brute.WORDS_AND_COUNTS))
def test_what_occurs_is_what_some_values_of_the_other_facts_allow(text: str) -> None:
    space = space_of(table_of(rule("r", text, {})))
    assert all(occurs(space.facts_of(number)) for number in space.possible)
    reached = space.nothing
    for facts in brute.situations(brute.WORDS_AND_COUNTS):
        reached |= situation_of(space, facts)
        if facts["guard"] == "cem":  # nothing tells dia from him
            reached |= situation_of(space, {**facts, "guard": "dia"})
    assert reached == space.possible


# -- Facts that are the sum of others --------------------------------------------------------------


@attrs.define
class QueueFacts:
    """People at a door: all of them, and those inside and outside."""

    all: Annotated[int, Doc("How many there are.", low=0)]
    inside: Annotated[int, Doc("How many are inside.", low=0)]
    outside: Annotated[int, Doc("How many are outside.", low=0)]
    late: Annotated[bool, Doc("It is late.")] = False


QUEUE = Decision(
    "queue",
    QueueFacts,
    DoorVerdict,
    "Who waits?",
    preconditions=("not late or inside == 0",),
    sums=(Sum("all", ("inside", "outside")),),
)
COUNTS = range(9)
"""Enough: no constant of the conditions below is larger than 3."""


def space_where(*conditions: str) -> Space:
    rules = (rule(f"r{number}", when, {}) for number, when in enumerate(conditions))
    return space_of(table_of("".join(rules), decision=QUEUE))


TESTS = st.builds(
    lambda fact, op, number: f"{fact} {op} {number}",
    st.sampled_from(["all", "inside", "outside"]),
    st.sampled_from(["<", "<=", ">", ">=", "==", "!="]),
    st.integers(0, 3),
) | st.sampled_from(["late", "inside in [1, 3]", "all not in [0, 2]"])


@given(st.lists(TESTS, min_size=1, max_size=4))
def test_a_situation_occurs_exactly_when_some_counts_of_it_add_up(conditions: list[str]) -> None:
    space = space_where(*conditions)
    reached = space.nothing
    for inside, outside, late in itertools.product(COUNTS, COUNTS, (False, True)):
        if not (late and inside):
            facts = {"all": inside + outside, "inside": inside, "outside": outside, "late": late}
            reached |= space.inside(space.box_of(facts))
    assert reached == space.possible


@given(st.lists(TESTS, min_size=1, max_size=4), st.integers(0, 3))
def test_concrete_facts_are_in_their_situation_and_add_up(
    conditions: list[str], choice: int
) -> None:
    space = space_where(*conditions)
    for number in space.possible:
        facts = space.facts_of(number, choice)
        assert [number] == list(space.inside(space.box_of(facts)))
        assert facts["all"] == facts["inside"] + facts["outside"]


def test_other_choices_are_other_counts() -> None:
    space = space_where("all > 1")
    number = max(number for number in space.possible if not number[-1])  # not late
    found = [space.facts_of(number, choice) for choice in range(4)]
    assert [(2, 2, 0), (3, 1, 2), (4, 4, 0), (5, 1, 4)] == [
        (facts["all"], facts["inside"], facts["outside"]) for facts in found
    ]


def test_one_count_that_is_read_ties_all_of_them_and_what_they_are_tied_to() -> None:
    roles = {axis.field.name: axis.role for axis in space_where("outside > 1").axes}
    assert {"all": "tied", "inside": "tied", "outside": "tested", "late": "tied"} == roles


def test_a_tie_reaches_through_a_sum() -> None:
    decision = Decision(
        "queue",
        QueueFacts,
        DoorVerdict,
        "Who waits?",
        preconditions=("inside > 0 or late",),
        sums=QUEUE.sums,
    )
    space = space_of(table_of(rule("r", "outside > 0", {}), decision=decision))
    assert ("all", "inside", "outside", "late") == space.facts


def test_a_rule_that_needs_what_does_not_add_up_unreachable() -> None:
    table = table_of(
        rule("r", "inside > 3 and all < 2", {}) + rule("rest", None, {"level": 1}), decision=QUEUE
    )
    _, (found,) = verify_table(table)
    assert ("unreachable", None) == (found.code, found.example)
    assert "holds in no situation" in found.message


@pytest.mark.parametrize("name", ["late", "nobody"])
def test_only_facts_that_count_add_up(name: str) -> None:
    decision: Any = Decision(
        "queue", QueueFacts, DoorVerdict, "?", sums=(Sum("all", ("inside", name)),)
    )
    with pytest.raises(ValueError, match=f"{name} is no fact that counts"):
        decision.check()


# -- Which rule fires and which wins where ---------------------------------------------------------


def test_the_first_rule_that_fires_wins() -> None:
    table = table_of(rule("a", "locked", {}) + rule("b", None, {}))
    space = space_of(table)
    regions = regions_of(table, space)
    assert (regions.fires[0], space.possible) == regions.fires
    assert (regions.fires[0], space.possible - regions.fires[0]) == regions.wins
    assert not regions.nothing


def test_a_table_without_rules_answers_nothing() -> None:
    table = table_of("")
    space = space_of(table)
    assert space.possible == regions_of(table, space).nothing


@given(any_table(), facts_strategy())
def test_the_winner_for_facts_is_the_winner_of_their_situation(
    table: Table, facts: dict[str, Any]
) -> None:
    space = space_of(table)
    regions = regions_of(table, space)
    here = space.inside(space.box_of(facts))
    fired = [row.when.holds(facts) for row in table.rules]
    assert fired == [bool(where & here) for where in regions.fires]
    winners = [rule.id for rule in TracedDecision(table, "", facts, None).winners]
    found = [row.id for row, where in zip(table.rules, regions.wins, strict=True) if where & here]
    assert winners == found
    assert (not winners) is bool(regions.nothing & here)


@given(any_table())
def test_wins_and_nothing_are_all_that_can_occur(table: Table) -> None:
    space = space_of(table)
    regions = regions_of(table, space)
    joined = regions.nothing
    for where in regions.wins:
        if table.hit != "collect":
            assert not joined & where
        joined |= where
    assert space.possible == joined

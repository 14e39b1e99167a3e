"""Counts that are declared to add up do so in every situation that can occur, and in no other."""

from __future__ import annotations

import itertools
from typing import Annotated, Any

import attrs
import pytest
from hypothesis import given
from hypothesis import strategies as st

from launchfsm.engine.decision import Decision, Sum
from launchfsm.engine.types import Doc
from launchfsm.policy.analysis.declared import sums_at
from launchfsm.policy.analysis.space import Space, members
from launchfsm.policy.analysis.spanning import space_of
from launchfsm.policy.analysis.verification import verify_table
from tests.policy.analysis.doors import DoorVerdict, rule, table_of


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
    return space_of(table_of("".join(rules), point=QUEUE))


TESTS = st.builds(
    lambda fact, op, number: f"{fact} {op} {number}",
    st.sampled_from(["all", "inside", "outside"]),
    st.sampled_from(["<", "<=", ">", ">=", "==", "!="]),
    st.integers(0, 3),
) | st.sampled_from(["late", "inside in [1, 3]", "all not in [0, 2]"])


@given(st.lists(TESTS, min_size=1, max_size=4))
def test_a_situation_occurs_exactly_when_some_counts_of_it_add_up(conditions: list[str]) -> None:
    space = space_where(*conditions)
    reached = 0
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
    for number in members(space.possible):
        facts = space.facts_of(number, choice)
        assert 1 << number == space.inside(space.box_of(facts))
        assert facts["all"] == facts["inside"] + facts["outside"]


def test_other_choices_are_other_counts() -> None:
    space = space_where("all > 1")
    number = max(members(space.possible))
    found = [space.facts_of(number, choice) for choice in range(4)]
    assert [(2, 2, 0), (3, 0, 3), (4, 4, 0), (5, 0, 5)] == [
        (facts["all"], facts["inside"], facts["outside"]) for facts in found
    ]


def test_one_count_that_is_read_ties_all_of_them_and_what_they_are_tied_to() -> None:
    roles = {axis.field.name: axis.role for axis in space_where("outside > 1").axes}
    assert {"all": "tied", "inside": "tied", "outside": "tested"} == roles
    roles = {axis.field.name: axis.role for axis in space_where("late").axes}
    assert {"late": "tested"} == roles  # nobody need be inside, and then nothing follows


def test_a_tie_reaches_through_a_sum() -> None:
    point = Decision(
        "queue",
        QueueFacts,
        DoorVerdict,
        "Who waits?",
        preconditions=("inside > 0 or late",),
        sums=QUEUE.sums,
    )
    space = space_of(table_of(rule("r", "outside > 0", {}), point=point))
    assert ("all", "inside", "outside", "late") == space.facts


def test_a_rule_that_needs_what_does_not_add_up_never_wins() -> None:
    table = table_of(
        rule("r", "inside > 3 and all < 2", {}) + rule("rest", None, {"level": 1}), point=QUEUE
    )
    _, (found,) = verify_table(table)
    assert ("never-wins", None) == (found.code, found.example)
    assert "holds in no situation" in found.message


@pytest.mark.parametrize("name", ["late", "nobody"])
def test_only_facts_that_count_add_up(name: str) -> None:
    point: Any = Decision(
        "queue", QueueFacts, DoorVerdict, "?", sums=(Sum("all", ("inside", name)),)
    )
    with pytest.raises(ValueError, match=f"{name} is no fact that counts"):
        sums_at(point)

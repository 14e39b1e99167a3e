"""Every value of a fact is in exactly one class, and all values of a class answer alike."""

from __future__ import annotations

import math
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from launchfsm.engine.conditions import Test as Leaf
from launchfsm.engine.parser import parse_condition
from launchfsm.engine.types import Field, ValueType
from launchfsm.policy.analysis.partitions import (
    Interval,
    Singleton,
    Texts,
    example_of,
    is_single,
    partition_of,
)
from tests.policy.analysis.doors import DOOR, facts_strategy, leaves

FIELDS = DOOR.fact_fields


def leaf(text: str) -> Leaf:
    condition = parse_condition(text, facts=FIELDS, params={}).condition
    assert isinstance(condition, Leaf)
    return condition


def classes(fact: str, *tests: str) -> tuple[Any, ...]:
    return partition_of(FIELDS[fact], tuple(map(leaf, tests))).classes


def test_a_boolean_has_two_classes_and_may_be_unknown_besides() -> None:
    assert (Singleton(value=False), Singleton(value=True)) == classes("locked")
    assert (Singleton(None), Singleton(value=False), Singleton(value=True)) == classes("alarm")


def test_a_word_has_a_class_for_each_word() -> None:
    expected = (
        Singleton(None),
        Singleton("ann"),
        Singleton("bob"),
        Singleton("cem"),
        Singleton("dia"),
    )
    assert expected == classes("guard", "guard == 'ann'")


def test_a_text_is_unknown_or_a_constant_or_any_other() -> None:
    unknown, other, *known = classes("note", "note == 'b'", "note in ['a', 'b']")
    assert isinstance(other, Texts)
    assert ("b", "a") == other.known
    assert [Singleton(None), Singleton("b"), Singleton("a")] == [unknown, *known]


def test_a_number_that_nobody_compares_is_one_stretch() -> None:
    assert (Singleton(None), Interval(None, None)) == classes("weight", "weight is None")


@pytest.mark.parametrize(
    ("test", "expected"),
    [
        ("weight >= 5", (Interval(None, (5, 0)), Interval((5, 0), None))),
        ("weight < 5", (Interval(None, (5, 0)), Interval((5, 0), None))),
        ("weight > 5", (Interval(None, (5, 1)), Interval((5, 1), None))),
        ("weight <= 5", (Interval(None, (5, 1)), Interval((5, 1), None))),
        ("weight == 5", (Interval(None, (5, 0)), Interval((5, 0), (5, 1)), Interval((5, 1), None))),
    ],
)
def test_a_threshold_cuts_only_where_its_comparison_changes(
    test: str, expected: tuple[Interval, ...]
) -> None:
    assert (Singleton(None), *expected) == classes("weight", test)


@pytest.mark.parametrize("test", ["visitors >= 3", "visitors > 2", "visitors > 2.5"])
def test_whole_numbers_are_cut_where_the_next_one_begins(test: str) -> None:
    expected = (Interval((0, 0), (3, 0), whole=True), Interval((3, 0), None, whole=True))
    assert expected == classes("visitors", test)


def test_nothing_lies_below_the_least_number() -> None:
    assert (Interval((0, 0), None, whole=True),) == classes("visitors", "visitors >= 0")
    assert (Interval((0, 0), None, whole=True),) == classes("visitors", "visitors < -3")


def test_a_whole_stretch_of_one_number_is_a_single_value() -> None:
    zero, more = classes("visitors", "visitors == 0")
    assert (True, False) == (is_single(zero), is_single(more))


def test_only_a_point_is_a_single_real_value() -> None:
    assert [True, False, True, False] == [
        is_single(found) for found in classes("weight", "weight == 2")
    ]


def test_no_number_lies_between_two_neighbouring_doubles() -> None:
    above = math.nextafter(1, 2)
    found = classes("weight", "weight <= 1", f"weight >= {above!r}")
    assert (Singleton(None), Interval(None, (1, 1)), Interval((above, 0), None)) == found


def test_infinities_and_nan_cut_nothing_that_is_not_there() -> None:
    infinite = partition_of(
        FIELDS["weight"],
        [Leaf("weight", op, value) for op in ("<", "<=", ">", ">=", "==") for value in NUMBERS],
    ).classes
    assert (
        Singleton(None),
        Interval((-math.inf, 0), (-math.inf, 1)),
        Interval((-math.inf, 1), (math.inf, 0)),
        Interval((math.inf, 0), (math.inf, 1)),
    ) == infinite


NUMBERS = (math.inf, -math.inf, math.nan)


def test_examples_begin_at_a_threshold_where_an_error_by_one_shows() -> None:
    _, young, old = classes("age", "age >= '3m'")
    assert (179_999, 180_000) == (young.examples[0], old.examples[0])


def test_examples_of_different_facts_differ() -> None:
    assert classes("note")[1].examples[0] != classes("name")[0].examples[0]


def test_a_text_that_is_none_of_many_known_ones_is_found() -> None:
    taken = classes("name")[0].examples
    other, *_ = classes("name", f"name in {list(taken)}")
    assert other.examples
    assert all(text in other for text in other.examples)


@given(facts_strategy(), st.lists(leaves(), max_size=6))
def test_every_value_is_in_exactly_one_class_whose_example_answers_alike(
    facts: dict[str, Any], texts: list[str]
) -> None:
    tests = [leaf(text) for text in texts]
    for name, field in FIELDS.items():
        mine = tuple(test for test in tests if test.fact == name)
        homes = [found for found in partition_of(field, mine).classes if facts[name] in found]
        assert 1 == len(homes)
        for test in mine:
            expected = test.holds(facts)
            assert [expected] * len(homes[0].examples) == [
                test.holds({name: example}) for example in homes[0].examples
            ]


@given(st.lists(leaves(), max_size=6))
def test_every_class_has_examples_that_are_in_it(texts: list[str]) -> None:
    tests = [leaf(text) for text in texts]
    for name, field in FIELDS.items():
        mine = tuple(test for test in tests if test.fact == name)
        for found in partition_of(field, mine).classes:
            assert found.examples
            assert all(example in found for example in found.examples)
            assert all(example_of(found, choice) in found for choice in range(5))


def test_a_huge_whole_constant_does_not_overflow() -> None:
    field = Field("", name="weight", kind=ValueType("number"), default=0)
    tests = [Leaf("weight", ">", 10**400), Leaf("weight", "<", 10**400 + 1)]
    assert all(found.examples for found in partition_of(field, tests).classes)


def test_a_list_of_which_it_is_only_asked_whether_it_is_empty_has_two_classes() -> None:
    field = Field("", name="names", kind=ValueType("text", many=True), default=())

    classes = partition_of(field, (Leaf("names", "true"),)).classes

    assert {False, True} == {
        Leaf("names", "true").holds({"names": one.examples[0]}) for one in classes
    }

"""Sets of situations are what sets of Python would be, and never larger than they must be."""

from __future__ import annotations

import itertools
from typing import TYPE_CHECKING

import pytest
from hypothesis import given
from hypothesis import strategies as st

from launchfsm.policy.analysis.sets import Diagrams, OutOfWorkError, Situations, Work

if TYPE_CHECKING:
    from collections.abc import Iterable

FULL = (0b11, 0b1011, 0b10100)
ALL = tuple(itertools.product((0, 1), (0, 1, 3), (2, 4)))
SETS = st.sets(st.sampled_from(ALL))


def made(diagrams: Diagrams, situations: Iterable[tuple[int, ...]]) -> Situations:
    found = diagrams.nothing
    for situation in situations:
        found |= diagrams.inside([1 << number for number in situation])
    return found


@given(SETS, SETS)
def test_sets_are_joined_met_and_subtracted(
    one: set[tuple[int, ...]], other: set[tuple[int, ...]]
) -> None:
    diagrams = Diagrams(FULL, Work())
    left, right = made(diagrams, one), made(diagrams, other)

    assert sorted(one | other) == list(left | right)
    assert sorted(one & other) == list(left & right)
    assert sorted(one - other) == list(left - right)
    assert bool(one & other) is bool(left & right)
    assert (one == other) is (left == right)
    assert bool(one) is bool(left)


@given(SETS)
def test_a_set_is_counted_looked_into_and_projected(one: set[tuple[int, ...]]) -> None:
    diagrams = Diagrams(FULL, Work())
    left = made(diagrams, one)

    assert len(one) == left.count()
    for axis in range(len(FULL)):
        assert sum(1 << number for number in {each[axis] for each in one}) == left.classes(axis)
    if one:
        assert min(one) == left.first()
    assert left is made(diagrams, sorted(one))


@given(SETS)
def test_the_same_set_is_the_same_node_however_it_was_made(one: set[tuple[int, ...]]) -> None:
    diagrams = Diagrams(FULL, Work())
    everything = diagrams.everything
    others = made(diagrams, set(ALL) - one)

    assert everything - others == made(diagrams, one)
    assert everything == made(diagrams, one) | others


def test_a_condition_of_many_facts_is_a_small_set() -> None:
    work = Work(10_000)
    diagrams = Diagrams([2**10 - 1] * 40, work)
    every_third = diagrams.everything
    for axis in range(0, 40, 3):
        every_third &= diagrams.within(axis, 0b1010)

    assert 2**14 * 10**26 == every_third.count()
    assert 10**40 - 2**14 * 10**26 == (diagrams.everything - every_third).count()


def test_every_step_is_counted() -> None:
    diagrams = Diagrams([0b11] * 9, Work(5))
    with pytest.raises(OutOfWorkError):
        made(diagrams, itertools.product((0, 1), repeat=9))


def test_no_axis_is_one_situation() -> None:
    diagrams = Diagrams((), Work())
    assert [()] == list(diagrams.everything)
    assert 1 == diagrams.everything.count()
    assert () in diagrams.everything

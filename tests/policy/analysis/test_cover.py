"""Boxes cover a set exactly, are as large as can be, and none is superfluous."""

from __future__ import annotations

from typing import TYPE_CHECKING

from hypothesis import given
from hypothesis import strategies as st

from launchfsm.policy.analysis.cover import minimised, narrow, united
from launchfsm.policy.analysis.spanning import space_of
from tests.policy.analysis.doors import conditions, rule, table_of

if TYPE_CHECKING:
    from collections.abc import Iterable

    from launchfsm.policy.analysis.space import Box, Space


def covered(space: Space, boxes: Iterable[Box]) -> int:
    found = 0
    for box in boxes:
        found |= space.inside(box)
    return found


def test_nothing_needs_no_box() -> None:
    assert () == minimised(space_of(table_of("")), 0)


def test_everything_is_one_box_that_says_nothing() -> None:
    space = space_of(table_of(rule("r", "locked and weight > 2", {})))
    boxes = minimised(space, space.possible)
    assert [()] == [narrow(space, box) for box in boxes]


def test_what_cannot_occur_makes_a_box_shorter() -> None:
    # With the alarm on there is always a guard.
    space = space_of(table_of(rule("r", "alarm and guard is not None", {})))
    target = space.where(table_of(rule("r", "alarm", {})).rules[0].when) & space.possible
    boxes = minimised(space, target)
    names = [[space.axes[at].field.name for at in narrow(space, box)] for box in boxes]
    assert [["alarm"]] == names


def test_a_disjunction_takes_a_box_for_each_part() -> None:
    table = table_of(rule("r", "locked or weight > 2 and colour == 'red'", {}))
    space = space_of(table)
    boxes = minimised(space, space.where(table.rules[0].when) & space.possible)
    names = [[space.axes[at].field.name for at in narrow(space, box)] for box in boxes]
    assert [["colour", "weight"], ["locked"]] == sorted(names)


def target_of(first: str, second: str) -> tuple[Space, int]:
    """The situations in which the one condition holds and the other does not."""
    table = table_of(rule("a", first, {}) + rule("b", second, {}))
    space = space_of(table)
    held, other = (space.where(row.when) for row in table.rules)
    return space, held & ~other & space.possible


@given(conditions(), conditions())
def test_boxes_cover_exactly_their_set(first: str, second: str) -> None:
    space, target = target_of(first, second)
    boxes = minimised(space, target)
    assert target == covered(space, boxes) & space.possible


@given(conditions(), conditions())
def test_no_box_is_superfluous(first: str, second: str) -> None:
    space, target = target_of(first, second)
    boxes = minimised(space, target)
    for box in boxes:
        others = [other for other in boxes if other != box]
        assert target & ~covered(space, others)


@given(conditions(), conditions())
def test_no_box_can_be_larger(first: str, second: str) -> None:
    space, target = target_of(first, second)
    for box in minimised(space, target):
        for index, axis in enumerate(space.axes):
            for number in axis.present:
                wider = (*box[:index], box[index] | 1 << number, *box[index + 1 :])
                grown = space.inside(wider) & space.possible & ~target
                assert wider == box or grown


@given(conditions(), conditions())
def test_a_set_reads_the_same_every_time(first: str, second: str) -> None:
    space, target = target_of(first, second)
    again, _ = target_of(first, second)
    assert minimised(space, target) == minimised(again, target)


@given(st.lists(st.tuples(*[st.integers(1, 3)] * 3), max_size=6))
def test_uniting_boxes_changes_nothing_that_they_cover(boxes: list[Box]) -> None:
    table = table_of(rule("r", "locked and weight > 2 and colour == 'red'", {}))
    space = space_of(table).narrowed({})
    whole = [(*box, *(axis.full for axis in space.axes[3:])) for box in boxes]
    found = united(whole)
    assert covered(space, whole) == covered(space, found)
    assert len(found) <= len(set(whole))


def test_boxes_that_differ_in_one_axis_are_made_one() -> None:
    assert ((3, 3),) == united([(1, 1), (1, 2), (2, 3)])
    assert ((1, 2), (2, 1)) == united([(1, 2), (2, 1)])

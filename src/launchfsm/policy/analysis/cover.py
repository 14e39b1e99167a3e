"""Cover: a set of situations as few, large boxes, and boxes as conditions of the rule files.

Each box is as large as can be: no fact can be left out of it, no value added. What cannot occur may
be in or out, whichever is shorter. The boxes are chosen greedily, always in the same order, so the
same set always reads the same; they cover the set exactly, and none is superfluous.
"""

from __future__ import annotations

import contextlib
import functools
import itertools
import operator
from collections.abc import Iterable, Iterator, Sequence
from typing import Any, Literal

import attrs

from launchfsm.engine.conditions import Condition, Group, Not, Test
from launchfsm.engine.text import show, write_duration
from launchfsm.engine.types import Field
from launchfsm.policy.analysis.partitions import (
    UNKNOWN,
    Bound,
    Interval,
    Singleton,
    Texts,
    Values,
    example_of,
    is_single,
)
from launchfsm.policy.analysis.sets import OutOfWorkError, Situations
from launchfsm.policy.analysis.space import Axis, Box, Space

_FREED_FIRST = ("tied", "printed", "tested")


def cover(
    space: Space,
    target: Situations,
    *,
    forbidden: Situations | None = None,
    most: int | None = None,
) -> tuple[Box, ...]:
    """The boxes that cover a set of situations.

    Args:
        space: The space.
        target: The situations to cover.
        forbidden: The situations that no box may hold; by default all others that can occur.
        most: How many boxes there may be; then they cover only part of the set.
    """
    if forbidden is None:
        forbidden = space.possible - target
    orders = list(_orders(space, forbidden.axes()))
    boxes: list[Box] = []
    rest = target
    while rest and (most is None or len(boxes) < most):
        start = [
            1 << number if index in orders[0] else space.everything.classes(index)
            for index, number in enumerate(rest.first())
        ]
        largest = dict.fromkeys(_widened(space, start, forbidden, order) for order in orders)
        covered = {box: (space.inside(box) & rest).count() for box in largest}
        boxes.append(max(largest, key=lambda box: (covered[box], -len(narrow(space, box)))))
        rest -= space.inside(boxes[-1])
    needed = list(boxes)
    for box in reversed(boxes):  # without those that the others cover together
        others = [other for other in needed if other != box]
        if not functools.reduce(operator.sub, map(space.inside, others), target - rest):
            needed = others
    return tuple(needed)


def narrow(space: Space, box: Box) -> tuple[int, ...]:
    """The axes that a box says something about."""
    return tuple(
        index
        for index, (axis, classes) in enumerate(zip(space.axes, box, strict=True))
        if classes != axis.full
    )


def _orders(space: Space, axes: Iterable[int]) -> Iterator[list[int]]:
    """The orders in which some axes are widened; each fact has a turn at being widened last.

    Facts that no condition asks for go first: a condition without them is always possible.
    """
    usual = sorted(axes, key=lambda index: (_FREED_FIRST.index(space.axes[index].role), -index))
    yield usual
    for last in usual[:-1]:
        if space.axes[last].role == "tested":
            yield [*(index for index in usual if index != last), last]


def _widened(space: Space, box: Sequence[int], forbidden: Situations, order: Sequence[int]) -> Box:
    """The box with each axis as wide as the others allow, one axis after another."""
    classes = list(box)
    for index in order:
        classes[index] = full = space.everything.classes(index)
        classes[index] = full & ~(space.inside(classes) & forbidden).classes(index)
    return tuple(classes)


# -- A set as conditions ---------------------------------------------------------------------------


def describe(space: Space, target: Situations) -> tuple[str, ...]:
    """Conditions of which one holds in each of some situations, and in no other.

    Where they would be too many, the last entry says in how many more situations it is so.
    """
    told: list[str] = []
    unsaid = target.count()
    with contextlib.suppress(OutOfWorkError), space.work.share(_PARTS_OF_WORK):
        boxes = cover(space, target, most=_MOST_BOXES)
        said = functools.reduce(operator.or_, map(space.inside, boxes), space.nothing)
        readable_boxes = readable(space, boxes, target & said)
        unsaid = (target - said).count()
        told = [condition_text(condition_of(space, box)) for box in readable_boxes]
    return (*told, *((f"… in {unsaid:,} situations more",) if unsaid else ()))


_PARTS_OF_WORK = 32
"""Which part of the work that is left it may take to say where something is."""

_MOST_BOXES = 64
"""How many conditions say where something is."""


def condition_text(condition: Condition) -> str:
    """A condition as a rule file writes it; `always` when it says nothing."""
    return condition.text() or "always"


def condition_of(space: Space, box: Box) -> Condition:
    """The condition that holds in the situations of a box."""
    parts: list[Condition] = []
    for index in narrow(space, box):
        part = literal(space.axes[index], box[index])
        nested = isinstance(part, Group) and part.joint == "and"
        parts += part.parts if isinstance(part, Group) and nested else [part]
    return _joined("and", parts)


def _joined(joint: Literal["and", "or"], parts: Sequence[Condition]) -> Condition:
    return parts[0] if len(parts) == 1 else Group(joint, tuple(parts))


def readable(space: Space, boxes: Iterable[Box], target: Situations) -> list[Box]:
    """Boxes that cover the same set, without the values that they are not needed for.

    Values that do not occur in a box, or only where another box covers them, are dropped where that
    reads no longer: `state != 'failed'` may say more than it must, and say it better than a list.
    """
    found = list(boxes)
    for place, box in enumerate(found):
        others = (*found[:place], *found[place + 1 :])
        needed = functools.reduce(operator.sub, map(space.inside, others), target)
        needed &= space.inside(box)
        classes = list(box)
        for index in narrow(space, box):
            axis = space.axes[index]
            fewer = box[index] & needed.classes(index)
            if _length(literal(axis, fewer)) <= _length(literal(axis, box[index])):
                classes[index] = fewer
        found[place] = tuple(classes)
    return found


def literal(axis: Axis, classes: int) -> Condition:
    """The condition that a fact is in some of its classes, but not in any."""
    chosen, others = _split(axis, classes)
    unknown_in, unknown_out = UNKNOWN in chosen, UNKNOWN in others
    name = axis.field.name
    if len(chosen) == unknown_in:
        return Test(name, "is", None, "None")
    if len(others) == unknown_out:
        return Test(name, "is not", None, "None")
    if not unknown_in:
        return _known(axis, classes, optional=unknown_out)
    inside = _known(axis, classes, optional=True)
    outside = _known(axis, axis.full & ~classes, optional=True)
    listed = Group("or", (Test(name, "is", None, "None"), inside))
    doubly_negative = isinstance(outside, Test) and outside.op in _NEGATIVE
    if doubly_negative or _length(listed) < _length(Not(outside)):
        return listed
    return Not(outside)


def _split(axis: Axis, chosen: int) -> tuple[list[Values], list[Values]]:
    """Some of the classes, and the others."""
    sides: tuple[list[Values], list[Values]] = ([], [])
    for number, values in enumerate(axis.classes):
        sides[not chosen >> number & 1].append(values)
    return sides


def _length(condition: Condition) -> tuple[int, int]:
    """How long a condition is to read: its tests, then its letters."""
    return (sum(1 for _ in condition.tests()), len(condition.text()))


def _known(axis: Axis, classes: int, *, optional: bool) -> Condition:
    """The condition that a fact is known and in some of its classes, but not in any other."""
    field = axis.field
    chosen, others = (
        [values for values in side if values != UNKNOWN] for side in _split(axis, classes)
    )
    if field.kind.name == "boolean" and not field.kind.many:
        true = Test(field.name, "true")
        if Singleton(True) in chosen:  # noqa: FBT003 - the value itself
            return true
        known = Test(field.name, "is not", None, "None")
        return Group("and", (known, Not(true))) if optional else Not(true)
    if field.kind.name in {"number", "duration"}:
        return _numeric(field, chosen, others)
    texts = [[values for values in side if isinstance(values, Texts)] for side in (chosen, others)]
    if any(values.tests for values in (*texts[0], *texts[1])):
        return _matching(axis, classes, optional=optional)
    listed = [values.value for values in chosen if isinstance(values, Singleton)]
    unlisted = [values.value for values in others if isinstance(values, Singleton)]
    negative = bool(texts[0]) or (len(unlisted) < len(listed) and not texts[1])
    words = tuple(unlisted if negative else listed)
    if len(words) == 1:
        return Test(field.name, "!=" if negative else "==", words[0], show(words[0]))
    return Test(field.name, "not in" if negative else "in", words, show(words))


# -- Texts that rules look into --------------------------------------------------------------------

_POSITIVE_OF = {"!=": "==", "not in": "in", "lacks": "contains"}
_NEGATIVE_OF = {positive: negative for negative, positive in _POSITIVE_OF.items()}
_NEGATIVE = frozenset(_POSITIVE_OF)


def _matching(axis: Axis, classes: int, *, optional: bool) -> Condition:
    """What a text has and has not in some classes: as few tests as tell them from the others.

    A class is taken that no way covers yet, with what every test answers there; of these answers
    all are dropped, negative ones first, that are not needed to keep the other classes out.
    """
    rows = _rows(axis)
    known = sum(1 << number for number in axis.present if axis.classes[number] != UNKNOWN)
    target, others = classes & known, known & ~classes
    ways: list[Condition] = []
    rest = target
    while rest:
        seed = rest & -rest
        held = [(test, where, bool(where & seed)) for test, where in rows]
        held.sort(key=lambda one: not one[2])  # those that hold first; dropped from the end
        sides = [where if holds else known & ~where for _, where, holds in held]
        needed, inside = [True] * len(held), known
        behind = list(itertools.accumulate(sides[:-1], operator.and_, initial=known))
        for index in range(len(held) - 1, -1, -1):
            # Everything ahead is still there; of those behind, what was kept.
            if behind[index] & inside & others:
                inside &= sides[index]
            else:
                needed[index] = False
        rest &= ~inside
        parts = [
            test if holds else _opposite(test)
            for (test, _, holds), keep in zip(held, needed, strict=True)
            if keep
        ]
        if optional and all(isinstance(part, Not) for part in parts):
            parts.insert(0, Test(axis.field.name, "is not", None, "None"))
        ways.append(_joined("and", parts))
    return _joined("or", ways)


def _opposite(test: Test) -> Condition:
    if test.op in _NEGATIVE_OF and not test.each:
        return attrs.evolve(test, op=_NEGATIVE_OF[test.op])
    return Not(test)


@functools.lru_cache(maxsize=64)
def _rows(axis: Axis) -> tuple[tuple[Test, int], ...]:
    """The tests that tell the classes of a text apart, each with the classes in which it holds."""
    asked: dict[tuple[str, Any, str], Test] = {}
    for test in next(values.tests for values in axis.classes if isinstance(values, Texts)):
        op = test.op if test.each else _POSITIVE_OF.get(test.op, test.op)
        asked.setdefault((op, test.value, test.each), attrs.evolve(test, op=op))
    for values in axis.classes:
        if isinstance(values, Singleton) and values.value is not None:
            equal = Test(axis.field.name, "==", values.value, show(values.value))
            asked.setdefault(("==", values.value, ""), equal)
    return tuple((test, axis.holding(test)) for test in asked.values())


# -- Numbers ---------------------------------------------------------------------------------------


def _numeric(field: Field, chosen: Iterable[Values], others: Sequence[Values]) -> Condition:
    runs: list[Interval] = []
    for values in chosen:  # from the lowest; those that touch are joined
        if isinstance(values, Interval):
            low = runs.pop().low if runs and runs[-1].high == values.low else values.low
            runs.append(Interval(low, values.high, values.whole))
    if len(runs) > 1 and len(others) == 1 and is_single(others[0]):
        return _compared(field, "!=", example_of(others[0]))
    return _joined("or", [_within(field, run) for run in runs])


def _within(field: Field, run: Interval) -> Condition:
    if is_single(run):
        return _compared(field, "==", example_of(run))
    ends = []
    if run.low is not None and run.low != (field.kind.low, 0):
        ends.append(_end(field, run.low, ">=", ">"))
    if run.high is not None:
        ends.append(_end(field, run.high, "<", "<="))
    return _joined("and", ends)


def _end(field: Field, bound: Bound, before: str, behind: str) -> Test:
    """The comparison with a bound; of whole numbers with the neighbour where that is shorter."""
    number, side = bound
    if side == 0 and field.kind.whole:
        at, under = _compared(field, before, number), _compared(field, behind, number - 1)
        return min((at, under), key=lambda test: len(test.shown))
    return _compared(field, behind if side else before, number)


def _compared(field: Field, op: str, number: float) -> Test:
    shown = repr(write_duration(number)) if field.kind.name == "duration" else show(number)
    return Test(field.name, op, number, shown)

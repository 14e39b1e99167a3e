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
from collections.abc import Iterable, Sequence
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


def cover(
    space: Space,
    target: Situations,
    *,
    forbidden: Situations | None = None,
    most: int | None = None,
) -> tuple[Box, ...]:
    """Boxes that cover a set of situations and hold none that are forbidden.

    Forbidden are all others that can occur, unless told. With `most` boxes it may be only a part.
    """
    if forbidden is None:
        forbidden = space.possible - target
    # Facts that no condition asks for are widened first: a condition without them is always
    # possible. Each other fact has a turn at being widened last.
    ranks = ("tied", "printed", "tested")
    usual = sorted(
        forbidden.axes(), key=lambda index: (ranks.index(space.axes[index].role), -index)
    )
    turns = (index for index in usual[:-1] if space.axes[index].role == "tested")
    orders = [usual, *([*(one for one in usual if one != last), last] for last in turns)]
    boxes: list[Box] = []
    rest = target
    while rest and (most is None or len(boxes) < most):
        start = [
            1 << number if index in usual else space.everything.classes(index)
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


def narrow(space: Space, box: Box) -> list[int]:
    """The axes that a box says something about."""
    return [index for index, axis in enumerate(space.axes) if box[index] != axis.full]


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
    unsaid = target
    with contextlib.suppress(OutOfWorkError), space.work.share(_PARTS_OF_WORK):
        boxes = cover(space, target, most=_MOST_BOXES)
        rest = functools.reduce(operator.sub, map(space.inside, boxes), target)
        readable_boxes = readable(space, boxes, target - rest)
        told = [condition_text(condition_of(space, box)) for box in readable_boxes]
        unsaid = rest
    return (*told, *((f"… in {unsaid.count():,} situations more",) if unsaid else ()))


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
        match literal(space.axes[index], box[index]):
            case Group(joint="and", parts=nested):
                parts += nested
            case part:
                parts.append(part)
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
    unknown, known = (Test(axis.field.name, op, None, "None") for op in ("is", "is not"))
    if chosen in ([], [UNKNOWN]):
        return unknown
    if others in ([], [UNKNOWN]):
        return known
    if UNKNOWN not in chosen:
        return _known(axis, classes, optional=UNKNOWN in others)
    inside = _known(axis, classes, optional=True)
    outside = _known(axis, axis.full & ~classes, optional=True)
    listed = Group("or", (unknown, inside))
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
    listed, unlisted = (
        [values.value for values in side if isinstance(values, Singleton)]
        for side in (chosen, others)
    )
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
    parts: list[Condition] = []
    for run in runs:
        if is_single(run):
            parts.append(_compared(field, "==", example_of(run)))
            continue
        ends = []
        if run.low is not None and run.low != (field.kind.low, 0):
            ends.append(_end(field, run.low, ">=", ">"))
        if run.high is not None:
            ends.append(_end(field, run.high, "<", "<="))
        parts.append(_joined("and", ends))
    return _joined("or", parts)


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

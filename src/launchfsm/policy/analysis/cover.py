"""Minimising: a set of situations as few, large boxes, so that it reads as a short condition.

Each box is as large as can be: no fact can be left out of it, no value added. What cannot occur may
be in or out, whichever is shorter. The boxes are chosen greedily, always in the same order, so the
same set always reads the same; they cover the set exactly, and none is superfluous.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from launchfsm.policy.analysis.space import Box, Situations, Space, lowest

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

_FREED_FIRST = ("tied", "printed", "tested")


def minimised(
    space: Space, target: Situations, *, forbidden: Situations | None = None
) -> tuple[Box, ...]:
    """The boxes that cover a set of situations.

    Args:
        space: The space.
        target: The situations to cover.
        forbidden: The situations that no box may hold; by default all others that can occur.
    """
    if forbidden is None:
        forbidden = space.possible & ~target
    boxes: list[Box] = []
    rest = target
    while rest:
        box = _best_box(space, lowest(rest), forbidden, rest)
        boxes.append(box)
        rest &= ~space.inside(box)
    return _needed(space, boxes, target)


def _best_box(space: Space, seed: int, forbidden: Situations, rest: Situations) -> Box:
    """Of the largest boxes around a situation the one that covers most of what is left."""
    start = tuple(1 << cell.number for cell in space.cells_of(seed))
    boxes = dict.fromkeys(_widened(space, start, forbidden, order) for order in _orders(space))
    return max(
        boxes, key=lambda box: ((space.inside(box) & rest).bit_count(), -len(narrow(space, box)))
    )


def narrow(space: Space, box: Box) -> tuple[int, ...]:
    """The axes that a box says something about."""
    return tuple(
        index
        for index, (axis, cells) in enumerate(zip(space.axes, box, strict=True))
        if cells != axis.full
    )


def _orders(space: Space) -> Iterator[list[int]]:
    """The orders in which axes are widened; each fact has a turn at being widened last.

    Facts that no condition asks for go first: a condition without them is always possible.
    """
    usual = sorted(
        (index for index, axis in enumerate(space.axes) if len(axis.cells) > 1),
        key=lambda index: (_FREED_FIRST.index(space.axes[index].role), -index),
    )
    yield usual
    for last in usual[:-1]:
        if space.axes[last].role == "tested":
            yield [*(index for index in usual if index != last), last]


def _widened(space: Space, box: Box, forbidden: Situations, order: Sequence[int]) -> Box:
    """The box with each axis as wide as the others allow, one axis after another."""
    cells = list(box)
    for index in order:
        others = space.inside(
            tuple(
                space.axes[index].full if other == index else chosen
                for other, chosen in enumerate(cells)
            )
        )
        barred = others & forbidden
        wide = [number for number, here in space.slices[index].items() if not here & barred]
        cells[index] = sum(1 << number for number in wide)
    return tuple(cells)


def _needed(space: Space, boxes: list[Box], target: Situations) -> tuple[Box, ...]:
    """The boxes without those that the others cover together."""
    needed = list(boxes)
    for box in reversed(boxes):
        others = [other for other in needed if other != box]
        covered = 0
        for other in others:
            covered |= space.inside(other)
        if not target & ~covered:
            needed = others
    return tuple(needed)


def united(boxes: Iterable[Box]) -> tuple[Box, ...]:
    """The boxes with those made one that differ in one axis alone.

    The boxes of a large space are found part by part; this puts together what a cut went through.
    """
    found = tuple(dict.fromkeys(boxes))
    while True:
        fewer = found
        for axis in range(len(found[0]) if found else 0):
            fewer = _united_along(axis, fewer)
        if fewer == found:
            return found
        found = fewer


def _united_along(axis: int, boxes: Iterable[Box]) -> tuple[Box, ...]:
    cells: dict[tuple[Box, Box], int] = {}
    for box in boxes:
        others = (box[:axis], box[axis + 1 :])
        cells[others] = cells.get(others, 0) | box[axis]
    return tuple((*before, chosen, *after) for (before, after), chosen in cells.items())

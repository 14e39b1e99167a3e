"""Adding: in which situations a fact can be the sum that it is declared to be.

The cells of a count are stretches of whole numbers, and the sums of some of them are a stretch
again: a situation can occur when that and the total's own cell have a number in common.
"""

from __future__ import annotations

import itertools
import math
from typing import TYPE_CHECKING, TypeAlias

from launchfsm.policy.analysis.partitions import Stretch

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from launchfsm.engine.decision import Sum
    from launchfsm.policy.analysis.partitions import Cell
    from launchfsm.policy.analysis.space import Situations, Space

Extent: TypeAlias = tuple[int, float]
"""The least and the greatest number of a stretch; the greatest may be infinite."""


def adds_up(space: Space, declared: Sum) -> Situations:
    """The situations of a space in which some values of the facts add up."""
    found = 0
    for low, high, where in _added(space, declared.parts, 0, 0, space.everything):
        for least, most, here in _extents(space, declared.total):
            if least <= high and low <= most:
                found |= where & here
    return found


def _added(
    space: Space, parts: Sequence[str], low: int, high: float, where: Situations
) -> Iterator[tuple[int, float, Situations]]:
    """What facts can add up to, beginning with what others do, and in which situations."""
    if not parts:
        yield low, high, where
        return
    for least, most, here in _extents(space, parts[0]):
        if where & here:
            yield from _added(space, parts[1:], low + least, high + most, where & here)


def _extents(space: Space, fact: str) -> Iterator[tuple[int, float, Situations]]:
    index = space.facts.index(fact)
    for number, here in space.slices[index].items():
        for least, most in _extents_of(space.axes[index].cells[number]):
            yield least, most, here


def _extents_of(cell: Cell) -> Iterator[Extent]:
    """The stretches of a cell, which need not touch."""
    for values in cell.classes:
        if isinstance(values, Stretch) and values.low is not None:
            yield int(values.low[0]), math.inf if values.high is None else values.high[0] - 1


def counts_in(declared: Sum, cells: Mapping[str, Cell], choice: int = 0) -> dict[str, int]:
    """Counts that are in some cells and add up, as small as can be.

    Args:
        declared: What adds up.
        cells: The cell of each fact of it.
        choice: Other choices give other counts, where the cells leave any.

    Returns:
        The counts by fact; none when no counts in these cells add up.
    """
    for total, *parts in itertools.product(*(_extents_of(cells[fact]) for fact in declared.facts)):
        low = max(total[0], sum(least for least, _ in parts))
        high = min(total[1], sum(most for _, most in parts))
        if low <= high:
            wanted = int(min(low + choice, high))
            return {declared.total: wanted, **_shared(declared.parts, parts, wanted, choice)}
    return {}


def _shared(
    facts: Sequence[str], extents: Sequence[Extent], wanted: int, choice: int
) -> dict[str, int]:
    """A count for each fact, together as many as wanted; the choice says which grows first."""
    counts = {fact: least for fact, (least, _) in zip(facts, extents, strict=True)}
    rest = wanted - sum(counts.values())
    for turn in range(len(facts)):
        index = (turn + choice) % len(facts)
        fact, (least, most) = facts[index], extents[index]
        more = int(min(rest, most - least))
        counts[fact] += more
        rest -= more
    return counts

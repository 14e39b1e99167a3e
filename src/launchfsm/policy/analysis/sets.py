"""Sets of situations: decision diagrams that share what they have in common.

A situation is a cell of every axis. A set of them is a diagram that asks one axis after another: a
node has an axis and, for groups of its cells, the diagram of what may follow. Alike diagrams are
one node, an axis on which nothing depends is not asked, so a set of 10^13 situations that some
conditions describe is a few hundred nodes, and two sets are the same when their nodes are.
"""

from __future__ import annotations

import contextlib
import functools
import math
from typing import TYPE_CHECKING, Literal, TypeAlias

from launchfsm.errors import LaunchfsmError

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

Situation: TypeAlias = tuple[int, ...]
"""The number of a cell for every axis."""

_Node: TypeAlias = int
_NOTHING: _Node = 0
_EVERYTHING: _Node = 1
_Branches: TypeAlias = tuple[tuple[int, _Node], ...]
"""Groups of cells, bit n for the cell number n, each with what follows; together all cells."""

_Operation: TypeAlias = Literal["and", "or", "without"]


class OutOfWorkError(LaunchfsmError):
    """An analysis has taken the work that it may take; it says what it looked at until then."""


class Work:
    """The work that an analysis may still take, in steps through diagrams.

    Work is counted, not timed, so that the same policy gets the same answer on every machine.

    Args:
        steps: How much that is.
        of: A larger work that this is part of.
    """

    def __init__(self, steps: float = math.inf, of: Work | None = None) -> None:
        self.left = steps
        self._of = of

    def spend(self, steps: int = 1) -> None:
        """Count some steps.

        Raises:
            OutOfWorkError: No work is left.
        """
        self.left -= steps
        if self._of is not None:
            self._of.spend(steps)
        if self.left < 0:
            raise OutOfWorkError

    @contextlib.contextmanager
    def share(self, part: int) -> Iterator[None]:
        """Let what is done in the block take only a part of the work that is left."""
        kept = 0.0 if math.isinf(self.left) else self.left - self.left / part
        self.left -= kept
        try:
            yield
        finally:
            self.left = max(self.left, 0) + kept


class Situations:
    """A set of situations, of those of one space.

    Sets are joined with `|`, met with `&` and subtracted with `-`; one is false when it is empty.
    """

    __slots__ = ("_of", "node")

    def __init__(self, of: Diagrams, node: _Node) -> None:
        self._of = of
        self.node = node

    def __and__(self, other: Situations) -> Situations:
        return Situations(self._of, self._of.combined("and", self.node, other.node))

    def __or__(self, other: Situations) -> Situations:
        return Situations(self._of, self._of.combined("or", self.node, other.node))

    def __sub__(self, other: Situations) -> Situations:
        return Situations(self._of, self._of.combined("without", self.node, other.node))

    def __bool__(self) -> bool:
        return self.node != _NOTHING

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Situations) and self.node == other.node and self._of is other._of

    def __hash__(self) -> int:
        return hash(self.node)

    def __contains__(self, situation: Situation) -> bool:
        return self._of.holds(self.node, situation)

    def __iter__(self) -> Iterator[Situation]:
        """Every situation, the cells of the first axis in order, and so on."""
        return self._of.members(self.node)

    def meets(self, other: Situations) -> bool:
        """Whether the two have a situation in common."""
        self._of.work.spend()
        return self._of.meet(self.node, other.node)

    def first(self) -> Situation:
        """The first situation of a set that is not empty."""
        return next(iter(self))

    def count(self) -> int:
        """How many situations there are, every class of every fact's values counted on its own."""
        return self._of.count(self.node)

    def cells(self, axis: int) -> int:
        """The cells of an axis that occur in some situation, bit n for the cell number n."""
        return self._of.projected(self.node, axis)


class Diagrams:
    """The nodes of the sets of one space.

    Args:
        weights: For each axis, the numbers of its cells with how many classes each stands for.
        work: What counts the steps.
    """

    def __init__(self, weights: Sequence[Mapping[int, int]], work: Work) -> None:
        self._weights = weights
        self._full = tuple(sum(1 << number for number in cells) for cells in weights)
        self.work = work
        self._axes: list[int] = [len(weights), len(weights)]
        self._branches: list[_Branches] = [(), ()]
        self._known: dict[tuple[int, _Branches], _Node] = {}
        self._combined: dict[tuple[_Operation, _Node, _Node], _Node] = {}
        self._meet: dict[tuple[_Node, _Node], bool] = {}
        self._counts: dict[_Node, int] = {}
        self._projected: dict[tuple[_Node, int], int] = {}
        self._totals = [1]
        for cells in reversed(weights):
            self._totals.insert(0, self._totals[0] * sum(cells.values()))

    @functools.cached_property
    def everything(self) -> Situations:
        """All situations, also those that cannot occur."""
        return Situations(self, _EVERYTHING)

    @functools.cached_property
    def nothing(self) -> Situations:
        """No situation."""
        return Situations(self, _NOTHING)

    def within(self, axis: int, cells: int) -> Situations:
        """The situations in any of some cells of an axis."""
        return Situations(self, self._within(axis, cells, _EVERYTHING))

    def inside(self, box: Sequence[int]) -> Situations:
        """The situations that are, on every axis, in one of some cells."""
        node = _EVERYTHING
        for axis in range(len(box) - 1, -1, -1):
            node = self._within(axis, box[axis], node)
        return Situations(self, node)

    def branching(self, axis: int, branches: Mapping[Situations, int]) -> Situations:
        """What follows in which cells of an axis; what follows asks later axes alone."""
        return Situations(
            self, self.node(axis, {then.node: cells for then, cells in branches.items()})
        )

    def _within(self, axis: int, cells: int, then: _Node) -> _Node:
        cells &= self._full[axis]
        if then == _NOTHING or cells == self._full[axis]:
            return then
        return self.node(axis, {then: cells, _NOTHING: self._full[axis] & ~cells})

    def node(self, axis: int, branches: Mapping[_Node, int]) -> _Node:
        """The node of an axis with some branches: what follows, by the cells that it follows."""
        kept = sorted((cells, node) for node, cells in branches.items() if cells)
        if len(kept) == 1:
            return kept[0][1]
        if not kept:
            return _NOTHING
        key = (axis, tuple(kept))
        known = self._known.get(key)
        if known is None:
            known = self._known[key] = len(self._axes)
            self._axes.append(axis)
            self._branches.append(key[1])
            self.work.spend()
        return known

    def combined(self, operation: _Operation, one: _Node, other: _Node) -> _Node:
        """The node of what two sets have together, in common, or the one without the other."""
        done = _plain(operation, one, other)
        if done is not None:
            return done
        if operation != "without" and one > other:
            one, other = other, one
        key = (operation, one, other)
        found = self._combined.get(key)
        if found is None:
            axis = min(self._axes[one], self._axes[other])
            mine, others = self._at(one, axis), self._at(other, axis)
            self.work.spend(len(mine) * len(others))
            branches: dict[_Node, int] = {}
            for cells, node in mine:
                for further, second in others:
                    if both := cells & further:
                        then = self.combined(operation, node, second)
                        branches[then] = branches.get(then, 0) | both
            found = self._combined[key] = self.node(axis, branches)
        return found

    def _at(self, node: _Node, axis: int) -> _Branches:
        """The branches of a node on an axis, which it may not ask."""
        if self._axes[node] == axis:
            return self._branches[node]
        return ((self._full[axis], node),)

    def meet(self, one: _Node, other: _Node) -> bool:
        """Whether two sets have a situation in common."""
        if _NOTHING in (one, other):
            return False
        if one in (_EVERYTHING, other) or other == _EVERYTHING:
            return True
        key = (one, other) if one < other else (other, one)
        found = self._meet.get(key)
        if found is None:
            axis = min(self._axes[one], self._axes[other])
            mine, others = self._at(one, axis), self._at(other, axis)
            self.work.spend(len(mine) * len(others))
            found = self._meet[key] = any(
                cells & further and self.meet(node, second)
                for cells, node in mine
                for further, second in others
            )
        return found

    def count(self, node: _Node) -> int:
        """How many classes of situations a set has."""
        return self._totals[0] // self._totals[self._axes[node]] * self._counted(node)

    def _counted(self, node: _Node) -> int:
        """The same, of the axes from the one on that the node asks."""
        if node <= _EVERYTHING:
            return node
        found = self._counts.get(node)
        if found is None:
            axis = self._axes[node]
            weights = self._weights[axis]
            found = 0
            for cells, then in self._branches[node]:
                if then:
                    weight = sum(each for number, each in weights.items() if cells >> number & 1)
                    skipped = self._totals[axis + 1] // self._totals[self._axes[then]]
                    found += weight * skipped * self._counted(then)
            self._counts[node] = found
        return found

    def projected(self, node: _Node, axis: int) -> int:
        """The cells of an axis that occur in a set."""
        if node == _NOTHING:
            return 0
        if self._axes[node] > axis:
            return self._full[axis]
        if self._axes[node] == axis:
            return sum(cells for cells, then in self._branches[node] if then)
        key = (node, axis)
        found = self._projected.get(key)
        if found is None:
            found = 0
            for _, then in self._branches[node]:
                if found == self._full[axis]:
                    break
                found |= self.projected(then, axis)
            self.work.spend(len(self._branches[node]))
            self._projected[key] = found
        return found

    def holds(self, node: _Node, situation: Situation) -> bool:
        """Whether a situation is in a set."""
        while node > _EVERYTHING:
            cell = situation[self._axes[node]]
            node = next(then for cells, then in self._branches[node] if cells >> cell & 1)
        return node == _EVERYTHING

    def members(self, node: _Node, axis: int = 0) -> Iterator[Situation]:
        """Every situation of a set, as far as the axes from one on."""
        if node == _NOTHING:
            return
        if axis == len(self._full):
            yield ()
            return
        branches = self._at(node, axis)
        for number in self._weights[axis]:
            then = next(then for cells, then in branches if cells >> number & 1)
            for rest in self.members(then, axis + 1):
                yield (number, *rest)


def _plain(operation: _Operation, one: _Node, other: _Node) -> _Node | None:
    """The node of two sets where that is plain to see."""
    if operation == "without":
        if one in (other, _NOTHING) or other == _EVERYTHING:
            return _NOTHING
        return one if other == _NOTHING else None
    neutral, final = (_EVERYTHING, _NOTHING) if operation == "and" else (_NOTHING, _EVERYTHING)
    if one in (other, final) or other == neutral:
        return one
    return other if other == final or one == neutral else None

"""Sets of situations: decision diagrams that share what they have in common.

A situation is a class of every axis. A set of them is a diagram that asks one axis after another: a
node has an axis and, for groups of its classes, the diagram of what may follow. Alike diagrams are
one node, an axis on which nothing depends is not asked, so a set of 10^13 situations that some
conditions describe is a few hundred nodes, and two sets are the same when their nodes are.
"""

from __future__ import annotations

import contextlib
import math
from collections.abc import Iterator, Mapping, Sequence
from typing import Literal, TypeAlias

from launchfsm.errors import LaunchfsmError

Situation: TypeAlias = tuple[int, ...]
"""The number of a class for every axis."""

_Branches: TypeAlias = "tuple[tuple[int, Situations], ...]"
"""Groups of classes, bit n for the class number n, each with what follows; together all classes."""

_Operation: TypeAlias = Literal["and", "or", "without"]


class OutOfWorkError(LaunchfsmError):
    """An analysis has taken the work that it may take; it says what it looked at until then."""


class Work:
    """The work that an analysis may still take, in steps through diagrams.

    Work is counted, not timed, so that the same policy gets the same answer on every machine. It
    may be a part `of` a larger work, and is without a bound unless `steps` says how much it is.
    """

    def __init__(self, steps: float = math.inf, of: Work | None = None) -> None:
        if steps < 1:
            raise ValueError(f"an analysis takes one step of work at least, not {steps}")
        self.left = steps
        self._of = of

    def spend(self, steps: int = 1) -> None:
        """Count some steps; `OutOfWorkError` when no work is left."""
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
    """A set of situations, of those of one space; two sets are the same when they are one object.

    Sets are joined with `|`, met with `&` and subtracted with `-`, each of which takes a step of
    work at least; one is false when it is empty. `axis` is the axis that it asks, behind the last
    one where nothing is asked any more; `branches` say what follows in which classes of it.
    """

    __slots__ = ("_of", "axis", "branches")

    def __init__(self, of: Diagrams, axis: int, branches: _Branches) -> None:
        self._of = of
        self.axis = axis
        self.branches = branches

    def __and__(self, other: Situations) -> Situations:
        self._of.work.spend()
        return self._of.combined("and", self, other)

    def __or__(self, other: Situations) -> Situations:
        self._of.work.spend()
        return self._of.combined("or", self, other)

    def __sub__(self, other: Situations) -> Situations:
        self._of.work.spend()
        return self._of.combined("without", self, other)

    def __bool__(self) -> bool:
        return self is not self._of.nothing

    def __iter__(self) -> Iterator[Situation]:
        """Every situation, the classes of the first axis in order, and so on."""
        return self.members(0)

    def members(self, axis: int) -> Iterator[Situation]:
        """The same, as far as the axes from one on."""
        full = self._of.full
        if axis == len(full):
            yield from [()] if self else []
            return
        branches = self.at(axis)
        for number in range(full[axis].bit_length()):
            for classes, then in branches:
                if then and classes >> number & 1:
                    yield from ((number, *rest) for rest in then.members(axis + 1))

    def at(self, axis: int) -> _Branches:
        """The branches on an axis, which may not be the one that is asked."""
        return self.branches if self.axis == axis else ((self._of.full[axis], self),)

    def first(self) -> Situation:
        """The first situation of a set that is not empty."""
        return next(iter(self))

    def count(self, axis: int = 0) -> int:
        """How many situations there are, of the axes from one on."""
        counts, totals = self._of.counts, self._of.totals
        if self not in counts:
            counts[self] = sum(
                classes.bit_count() * then.count(self.axis + 1) for classes, then in self.branches
            )
        return totals[axis] // totals[self.axis] * counts[self]

    def axes(self) -> set[int]:
        """The axes on which it depends what is in."""
        seen: set[Situations] = set()
        left = [self]
        while left:
            found = left.pop()
            if found.branches and found not in seen:
                seen.add(found)
                left += [then for _, then in found.branches]
        return {found.axis for found in seen}

    def classes(self, axis: int) -> int:
        """The classes of an axis that occur in some situation, bit n for the class number n."""
        if self.axis > axis:
            return self._of.full[axis] if self else 0
        if self.axis == axis:
            return sum(classes for classes, then in self.branches if then)
        occurring = self._of.occurring.get((self, axis))
        if occurring is None:
            self._of.work.spend(len(self.branches))
            occurring = 0
            for _, then in self.branches:
                occurring |= then.classes(axis)
            self._of.occurring[self, axis] = occurring
        return occurring


class Diagrams:
    """Makes the sets of one space, each only once, and remembers what is known of them.

    `full` has for each axis the classes that there are, as bits; `everything` is all situations,
    also those that cannot occur.
    """

    def __init__(self, full: Sequence[int], work: Work) -> None:
        self.full = tuple(full)
        self.work = work
        self.everything = Situations(self, len(full), ())
        self.nothing = Situations(self, len(full), ())
        self.totals = [1]  # the situations of the axes from each on
        for classes in reversed(full):
            self.totals.insert(0, self.totals[0] * classes.bit_count())
        self.counts = {self.everything: 1, self.nothing: 0}
        self.occurring: dict[tuple[Situations, int], int] = {}
        self._known: dict[tuple[int, _Branches], Situations] = {}
        self._combined: dict[tuple[_Operation, Situations, Situations], Situations] = {}

    def within(self, axis: int, classes: int, then: Situations | None = None) -> Situations:
        """The situations in any of some classes of an axis, and then in a set of later axes."""
        then = self.everything if then is None else then
        chosen, others = classes & self.full[axis], self.full[axis] & ~classes
        return self.branching(axis, {then: chosen, self.nothing: others})

    def inside(self, box: Sequence[int]) -> Situations:
        """The situations that are, on every axis, in one of some classes."""
        found = self.everything
        for axis in range(len(box) - 1, -1, -1):
            found = self.within(axis, box[axis], found)
        return found

    def branching(self, axis: int, branches: Mapping[Situations, int]) -> Situations:
        """What follows in which classes of an axis; what follows asks later axes alone."""
        kept = [(classes, then) for then, classes in branches.items() if classes]
        if len(kept) < 2:  # noqa: PLR2004 - the axis makes no difference
            return kept[0][1] if kept else self.nothing
        kept.sort()  # by their classes, which no two have in common
        key = (axis, tuple(kept))
        found = self._known.get(key)
        if found is None:
            self.work.spend()
            found = self._known[key] = Situations(self, axis, key[1])
        return found

    def combined(self, operation: _Operation, one: Situations, other: Situations) -> Situations:
        """What two sets have together, in common, or the one without the other."""
        everything, nothing = self.everything, self.nothing
        if operation == "without":
            if one is other or one is nothing or other is everything:
                return nothing
            if other is nothing:
                return one
        else:
            final, neutral = (everything, nothing) if operation == "or" else (nothing, everything)
            if one is other or one is final or other is neutral:
                return one
            if other is final or one is neutral:
                return other
        key = (operation, one, other)
        found = self._combined.get(key)
        if found is None:
            axis = min(one.axis, other.axis)
            mine, others = one.at(axis), other.at(axis)
            self.work.spend(len(mine) * len(others))
            branches: dict[Situations, int] = {}
            for classes, then in mine:
                for further, second in others:
                    if both := classes & further:
                        follows = self.combined(operation, then, second)
                        branches[follows] = branches.get(follows, 0) | both
            found = self._combined[key] = self.branching(axis, branches)
        return found

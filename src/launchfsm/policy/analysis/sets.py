"""Sets of situations: decision diagrams that share what they have in common.

A situation is a class of every axis. A set of them is a diagram that asks one axis after another: a
node has an axis and, for groups of its classes, the diagram of what may follow. Alike diagrams are
one node, an axis on which nothing depends is not asked, so a set of 10^13 situations that some
conditions describe is a few hundred nodes, and two sets are the same when their nodes are.
"""

from __future__ import annotations

import contextlib
import math
from typing import TYPE_CHECKING, Literal, TypeAlias

from launchfsm.errors import LaunchfsmError

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

Situation: TypeAlias = tuple[int, ...]
"""The number of a class for every axis."""

_Branches: TypeAlias = "tuple[tuple[int, Situations], ...]"
"""Groups of classes, bit n for the class number n, each with what follows; together all classes."""

_Operation: TypeAlias = Literal["and", "or", "without"]


class OutOfWorkError(LaunchfsmError):
    """An analysis has taken the work that it may take; it says what it looked at until then."""


class Work:
    """The work that an analysis may still take, in steps through diagrams.

    Work is counted, not timed, so that the same policy gets the same answer on every machine.

    Args:
        steps: How much that is; `math.inf`: without a bound.
        of: A larger work that this is part of.

    Raises:
        ValueError: It is less than one step.
    """

    def __init__(self, steps: float = math.inf, of: Work | None = None) -> None:
        if steps < 1:
            raise ValueError(f"an analysis takes one step of work at least, not {steps}")
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
    """A set of situations, of those of one space; two sets are the same when they are one object.

    Sets are joined with `|`, met with `&` and subtracted with `-`; one is false when it is empty.
    Iterating gives every situation, the classes of the first axis in order, and so on.

    Attributes:
        axis: The axis that it asks; behind the last one where nothing is asked any more.
        branches: What follows in which classes of it.
    """

    __slots__ = ("_of", "axis", "branches")

    def __init__(self, of: Diagrams, axis: int, branches: _Branches) -> None:
        self._of = of
        self.axis = axis
        self.branches = branches

    def __and__(self, other: Situations) -> Situations:
        return self._of.combined("and", self, other)

    def __or__(self, other: Situations) -> Situations:
        return self._of.combined("or", self, other)

    def __sub__(self, other: Situations) -> Situations:
        return self._of.combined("without", self, other)

    def __bool__(self) -> bool:
        return self is not self._of.nothing

    def __iter__(self) -> Iterator[Situation]:
        return self._of.members(self)

    def first(self) -> Situation:
        """The first situation of a set that is not empty."""
        return next(iter(self))

    def count(self) -> int:
        """How many situations there are."""
        return self._of.counted(self, 0)

    def classes(self, axis: int) -> int:
        """The classes of an axis that occur in some situation, bit n for the class number n."""
        return self._of.projected(self, axis)


class Diagrams:
    """Makes the sets of one space, each only once.

    Attributes:
        everything: All situations, also those that cannot occur.
        nothing: No situation.
        work: What counts the steps.
    """

    def __init__(self, full: Sequence[int], work: Work) -> None:
        self.work = work
        self._full = tuple(full)  # for each axis the classes that there are, as bits
        self._totals = [1]  # the situations of the axes from each on
        for classes in reversed(full):
            self._totals.insert(0, self._totals[0] * classes.bit_count())
        self.everything = Situations(self, len(full), ())
        self.nothing = Situations(self, len(full), ())
        self._known: dict[tuple[int, _Branches], Situations] = {}
        self._combined: dict[tuple[_Operation, Situations, Situations], Situations] = {}
        self._counts = {self.everything: 1, self.nothing: 0}
        self._projected: dict[tuple[Situations, int], int] = {}

    def within(self, axis: int, classes: int, then: Situations | None = None) -> Situations:
        """The situations in any of some classes of an axis, and then in a set of later axes."""
        then = self.everything if then is None else then
        classes &= self._full[axis]
        if not then or classes == self._full[axis]:
            return then
        return self.branching(axis, {then: classes, self.nothing: self._full[axis] & ~classes})

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
            neutral, final = (everything, nothing) if operation == "and" else (nothing, everything)
            if one is other or one is final or other is neutral:
                return one
            if other is final or one is neutral:
                return other
        key = (operation, one, other)
        found = self._combined.get(key)
        if found is None:
            axis = min(one.axis, other.axis)
            mine, others = self._at(one, axis), self._at(other, axis)
            self.work.spend(len(mine) * len(others))
            branches: dict[Situations, int] = {}
            for classes, then in mine:
                for further, second in others:
                    if both := classes & further:
                        follows = self.combined(operation, then, second)
                        branches[follows] = branches.get(follows, 0) | both
            found = self._combined[key] = self.branching(axis, branches)
        return found

    def _at(self, found: Situations, axis: int) -> _Branches:
        """The branches of a set on an axis, which it may not ask."""
        return found.branches if found.axis == axis else ((self._full[axis], found),)

    def counted(self, found: Situations, axis: int) -> int:
        """How many situations a set has, of the axes from one on."""
        if found not in self._counts:
            self._counts[found] = sum(
                classes.bit_count() * self.counted(then, found.axis + 1)
                for classes, then in found.branches
            )
        return self._totals[axis] // self._totals[found.axis] * self._counts[found]

    def projected(self, found: Situations, axis: int) -> int:
        """The classes of an axis that occur in a set."""
        if not found:
            return 0
        if found.axis > axis:
            return self._full[axis]
        if found.axis == axis:
            return sum(classes for classes, then in found.branches if then)
        key = (found, axis)
        occurring = self._projected.get(key)
        if occurring is None:
            occurring = 0
            for _, then in found.branches:
                if occurring == self._full[axis]:
                    break
                occurring |= self.projected(then, axis)
            self.work.spend(len(found.branches))
            self._projected[key] = occurring
        return occurring

    def members(self, found: Situations, axis: int = 0) -> Iterator[Situation]:
        """Every situation of a set, as far as the axes from one on."""
        if not found:
            return
        if axis == len(self._full):
            yield ()
            return
        for number in range(self._full[axis].bit_length()):
            for classes, then in self._at(found, axis):
                if classes >> number & 1:
                    yield from ((number, *rest) for rest in self.members(then, axis + 1))

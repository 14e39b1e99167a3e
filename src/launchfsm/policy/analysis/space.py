"""Spaces: every situation that one decision table, or two of a kind, can tell apart.

An axis is a fact and its cells, a situation a cell of every axis, and a set of situations one
Python integer with a bit for each: joining, meeting and subtracting sets of thousands of situations
are single operations.
"""

from __future__ import annotations

import functools
import itertools
import math
from typing import TYPE_CHECKING, Any, Literal, TypeAlias

import attrs

from launchfsm.engine.conditions import Condition, Group, Not, Test
from launchfsm.engine.types import Field
from launchfsm.policy.analysis.adding import adds_up, counts_in
from launchfsm.policy.analysis.partitions import Cell, resting

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from launchfsm.engine.decision import Decision, Sum

Situations: TypeAlias = int
"""A set of situations of one space: bit n is the situation number n."""

Box: TypeAlias = tuple[int, ...]
"""For each axis the cells that are in, bit n for the cell number n; all combinations of them."""

Role: TypeAlias = Literal["tested", "printed", "tied"]
"""Why a fact is an axis: conditions ask for it, texts mention it, or it is tied to such facts."""


@attrs.frozen(eq=False)
class Axis:
    """A fact and the cells of its values.

    Attributes:
        field: The fact.
        role: Why it is an axis.
        cells: All of its cells.
        present: The numbers of the cells that the space has; all, but in a part of a larger space.
    """

    field: Field
    role: Role
    cells: tuple[Cell, ...]
    present: tuple[int, ...]

    @property
    def full(self) -> int:
        """All of the fact's cells, as boxes have them."""
        return (1 << len(self.cells)) - 1

    def number_of(self, value: Any) -> int:
        """The number of the cell that a value is in.

        Raises:
            ValueError: It is in none: it is no value of the fact.
        """
        for cell in self.cells:
            if value in cell:
                return cell.number
        raise ValueError(
            f"{value!r} is no value of the fact {self.field.name}, "
            f"which is a {self.field.kind.text()}"
        )


class Space:
    """The situations of one or two tables of a decision point.

    Args:
        point: The decision point.
        axes: The facts that matter.
        impossible: What cannot occur.
        sums: What has to add up; all facts of each have an axis.
    """

    def __init__(
        self,
        point: Decision[Any, Any],
        axes: tuple[Axis, ...],
        impossible: tuple[Condition, ...],
        sums: tuple[Sum, ...] = (),
    ) -> None:
        self.point = point
        self.axes = axes
        self.impossible = impossible
        self.sums = sums
        self.size = math.prod(len(axis.present) for axis in axes)
        self._index = {axis.field.name: index for index, axis in enumerate(axes)}
        self._strides = _strides([len(axis.present) for axis in axes]) if axes else ()
        self._answers: dict[tuple[str, str, Any], Situations] = {}

    @property
    def facts(self) -> tuple[str, ...]:
        """The facts that have an axis."""
        return tuple(self._index)

    @functools.cached_property
    def everything(self) -> Situations:
        """All situations, also those that cannot occur."""
        return (1 << self.size) - 1

    @functools.cached_property
    def possible(self) -> Situations:
        """All situations that can occur."""
        left_out = 0
        for condition in self.impossible:
            left_out |= self.where(condition)
        found = self.everything & ~left_out
        for declared in self.sums:
            found &= adds_up(self, declared)
        return found

    # -- Sets of situations ------------------------------------------------------------------------

    @functools.cached_property
    def slices(self) -> tuple[Mapping[int, Situations], ...]:
        """For each axis, the situations in each of its present cells, by the cell's number."""
        return tuple(
            {
                number: _comb(place, stride, len(axis.present), self.size)
                for place, number in enumerate(axis.present)
            }
            for axis, stride in zip(self.axes, self._strides, strict=True)
        )

    def within(self, axis: int, cells: int) -> Situations:
        """The situations in any of some cells of an axis."""
        found = 0
        for number, situations in self.slices[axis].items():
            if cells >> number & 1:
                found |= situations
        return found

    def inside(self, box: Box) -> Situations:
        """The situations in a box."""
        found = self.everything
        for index, (axis, cells) in enumerate(zip(self.axes, box, strict=True)):
            if cells != axis.full:
                found &= self.within(index, cells)
        return found

    def where(self, condition: Condition) -> Situations:
        """The situations in which a condition holds, also those that cannot occur.

        Raises:
            KeyError: The condition asks for a fact that has no axis here.
        """
        match condition:
            case Test():
                return self._where_test(condition)
            case Not():
                return self.everything & ~self.where(condition.part)
            case Group(joint="and"):
                found = self.everything
                for part in condition.parts:
                    found &= self.where(part)
                return found
            case Group():
                found = 0
                for part in condition.parts:
                    found |= self.where(part)
                return found

    def _where_test(self, test: Test) -> Situations:
        key = (test.fact, test.op, test.value)
        if key not in self._answers:
            index = self._index[test.fact]
            cells = sum(
                1 << cell.number
                for cell in self.axes[index].cells
                if test.holds({test.fact: cell.example()})
            )
            self._answers[key] = self.within(index, cells)
        return self._answers[key]

    def count(self, situations: Situations) -> int:
        """How many situations a set has, every class of every fact's values counted on its own."""
        known: dict[tuple[int, Situations], int] = {}

        def build_evidence(index: int, rest: Situations) -> int:
            if not rest:
                return 0
            if index == len(self.axes):
                return 1
            found = known.get((index, rest))
            if found is None:
                found = 0
                axis, stride = self.axes[index], self._strides[index]
                for place, number in enumerate(axis.present):
                    part = (rest >> (place * stride)) & ((1 << stride) - 1)
                    found += axis.cells[number].weight * build_evidence(index + 1, part)
                known[index, rest] = found
            return found

        return build_evidence(0, situations)

    # -- Single situations -------------------------------------------------------------------------

    def cells_of(self, situation: int) -> tuple[Cell, ...]:
        """The cells of a situation, axis by axis."""
        cells = []
        for axis, stride in zip(self.axes, self._strides, strict=True):
            place, situation = divmod(situation, stride)
            cells.append(axis.cells[axis.present[place]])
        return tuple(cells)

    def facts_of(self, situation: int, choice: int = 0) -> dict[str, Any]:
        """Concrete facts in a situation: every fact of the decision point.

        Args:
            situation: The situation's number.
            choice: Other choices give other values, where the situation leaves any.
        """
        cells = dict(zip(self.facts, self.cells_of(situation), strict=True))
        told = {name: cell.example(choice) for name, cell in cells.items()}
        for declared in self.sums:
            told |= counts_in(declared, cells, choice)
        fields = self.point.fact_fields
        return {name: told.get(name, resting(fields[name])) for name in fields}

    def box_of(self, facts: Mapping[str, Any]) -> Box:
        """The one situation that facts are in, as a box.

        Raises:
            ValueError: A value is none of its fact.
        """
        return tuple(1 << axis.number_of(facts[axis.field.name]) for axis in self.axes)

    # -- Parts -------------------------------------------------------------------------------------

    def narrowed(self, pinned: Mapping[int, int]) -> Space:
        """The part of the space in which some axes are in one cell: axis index to cell number."""
        axes = tuple(
            attrs.evolve(axis, present=(pinned[index],)) if index in pinned else axis
            for index, axis in enumerate(self.axes)
        )
        return Space(self.point, axes, self.impossible, self.sums)


def lowest(situations: Situations) -> int:
    """The number of the first situation of a set that is not empty."""
    return (situations & -situations).bit_length() - 1


def members(situations: Situations) -> Iterator[int]:
    """The numbers of a set's situations, ascending."""
    while situations:
        number = lowest(situations)
        yield number
        situations &= situations - 1


def _strides(counts: list[int]) -> tuple[int, ...]:
    """How far apart neighbouring cells of each axis are; the last axis changes fastest."""
    after = itertools.accumulate(reversed(counts[1:]), lambda left, right: left * right, initial=1)
    return tuple(reversed(tuple(after)))


def _comb(place: int, stride: int, count: int, size: int) -> Situations:
    """The situations of one cell: `stride` bits out of every `stride * count`."""
    comb = ((1 << stride) - 1) << (place * stride)
    width = stride * count
    while width < size:
        comb |= comb << width
        width *= 2
    return comb & ((1 << size) - 1)

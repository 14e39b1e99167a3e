"""Spaces: every situation that one decision table, or two of a kind, can tell apart.

An axis is a fact and its cells, and a situation a cell of every axis. Conditions are sets of
situations (`sets`), so that a space is never gone through one situation after another.

Facts that rules read have an axis. A fact that no rule reads has one only where a precondition of
the decision ties it to facts that are read, and only when its resting value is not always possible
beside them; or where they are added up together. All others are free: whatever they are, the answer
is the same.
"""

from __future__ import annotations

import functools
import itertools
import math
import operator
from typing import TYPE_CHECKING, Any, Literal, TypeAlias

import attrs

from launchfsm.engine.conditions import Condition, Group, Not, Test, whatever
from launchfsm.engine.types import Field
from launchfsm.policy.analysis.partitions import Cell, Interval, cells_of
from launchfsm.policy.analysis.sets import Diagrams, Situation, Situations, Work

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence

    from launchfsm.engine.decision import Decision, Sum
    from launchfsm.engine.table import Table

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
        left_out: Classes of values that are in no cell because there are too many.
    """

    field: Field
    role: Role
    cells: tuple[Cell, ...]
    present: tuple[int, ...]
    left_out: int = 0

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


class Space(Diagrams):
    """The situations of one or two tables of a decision, of which it makes sets.

    Args:
        decision: The decision.
        axes: The facts that matter.
        impossible: What cannot occur.
        sums: What has to add up; all facts of each have an axis.
        work: What counts the work on its sets.
    """

    def __init__(
        self,
        decision: Decision[Any, Any],
        axes: tuple[Axis, ...],
        impossible: tuple[Condition, ...],
        sums: tuple[Sum, ...] = (),
        *,
        work: Work | None = None,
    ) -> None:
        weights = [{number: axis.cells[number].weight for number in axis.present} for axis in axes]
        super().__init__(weights, work or Work())
        self.decision = decision
        self.axes = axes
        self.impossible = impossible
        self.sums = sums
        self.size = math.prod(len(axis.present) for axis in axes)
        self._index = {axis.field.name: index for index, axis in enumerate(axes)}
        self._answers: dict[tuple[str, str, Any, str], int] = {}  # which the parts of a space share

    @property
    def facts(self) -> tuple[str, ...]:
        """The facts that have an axis."""
        return tuple(self._index)

    @functools.cached_property
    def possible(self) -> Situations:
        """All situations that can occur."""
        found = self.everything
        for condition in self.impossible:
            found -= self.where(condition)
        for declared in self.sums:
            found &= adds_up(self, declared)
        return found

    # -- Sets of situations ------------------------------------------------------------------------

    def added(
        self, axes: Sequence[int], follow: Callable[[Any, int, Cell], Any], start: Any
    ) -> Situations:
        """The situations whose cells of some axes, one after another, lead to a true end.

        Args:
            axes: The axes, in their order.
            follow: From what was found so far, the place among the axes and the cell: what is found
                then; hashable. After the last axis, whether it is true says whether it is in.
            start: What is found before the first.
        """
        known: dict[tuple[int, Any], Situations] = {}

        def after(place: int, found: Any) -> Situations:
            if not found:
                return self.nothing
            if place == len(axes):
                return self.everything
            key = (place, found)
            if key not in known:
                axis = axes[place]
                branches: dict[Situations, int] = {}
                for number in self.axes[axis].present:
                    self.work.spend()
                    then = after(place + 1, follow(found, place, self.axes[axis].cells[number]))
                    branches[then] = branches.get(then, 0) | 1 << number
                known[key] = self.branching(axis, branches)
            return known[key]

        return after(0, start)

    def where(self, condition: Condition) -> Situations:
        """The situations in which a condition holds, also those that cannot occur.

        Raises:
            KeyError: The condition asks for a fact that has no axis here.
        """
        match condition:
            case Test(fact=fact):
                index = self._index[fact]
                key = (fact, condition.op, condition.value, condition.each)
                if key not in self._answers:
                    self._answers[key] = sum(
                        1 << cell.number
                        for cell in self.axes[index].cells
                        if condition.holds({fact: cell.example()})
                    )
                return self.within(index, self._answers[key])
            case Not():
                return self.everything - self.where(condition.part)
            case Group(joint="and"):
                parts = map(self.where, condition.parts)
                return functools.reduce(operator.and_, parts, self.everything)
            case Group():
                return functools.reduce(
                    operator.or_, map(self.where, condition.parts), self.nothing
                )

    # -- Single situations -------------------------------------------------------------------------

    def cells_of(self, situation: Situation) -> tuple[Cell, ...]:
        """The cells of a situation, axis by axis."""
        return tuple(axis.cells[number] for axis, number in zip(self.axes, situation, strict=True))

    def facts_of(self, situation: Situation, choice: int = 0) -> dict[str, Any]:
        """Concrete facts in a situation: every fact of the decision.

        Args:
            situation: The situation.
            choice: Other choices give other values, where the situation leaves any.
        """
        cells = dict(zip(self.facts, self.cells_of(situation), strict=True))
        told = {name: cell.example(choice) for name, cell in cells.items()}
        for declared in self.sums:
            told |= counts_in(declared, cells, choice)
        fields = self.decision.fact_fields
        return {name: told.get(name, fields[name].resting) for name in fields}

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
        part = Space(self.decision, axes, self.impossible, self.sums, work=self.work)
        part._answers = self._answers
        return part


# -- Which facts a space tells apart ---------------------------------------------------------------


def space_of(
    *tables: Table, facts: Mapping[str, Any] | None = None, work: Work | None = None
) -> Space:
    """The space that some tables of one decision share: each of them is exact on it.

    Args:
        tables: The tables.
        facts: Facts that are to have a situation.
        work: What counts the work on its sets; `None`: without a bound.

    Raises:
        ValueError: The tables are of different decisions, or what a decision says can never
            occur is no condition over its facts.
    """
    points = {table.decision.name for table in tables}
    if len(points) != 1:
        raise ValueError(f"a space is of tables of one decision, not of {sorted(points) or 'none'}")
    decision = tables[0].decision
    tested = {fact for table in tables for rule in table.rules for fact in rule.reads()}
    known = decision.fact_fields.keys()
    printed = known & {fact for table in tables for rule in table.rules for fact in rule.mentions()}
    roles: dict[str, Role] = dict.fromkeys(printed, "printed")
    roles |= dict.fromkeys(tested, "tested")
    impossible, sums = _tying(decision, frozenset(roles))
    for fact in (*_facts(*impossible), *(fact for declared in sums for fact in declared.facts)):
        roles.setdefault(fact, "tied")
    asked = (*(rule.when for table in tables for rule in table.rules), *impossible)
    tests: dict[str, list[Test]] = {}
    for condition in asked:
        for test in condition.tests():
            tests.setdefault(test.fact, []).append(test)
    axes = []
    for name, field in decision.fact_fields.items():
        if name in roles:
            cells, left_out = cells_of(
                field,
                tests.get(name, ()),
                printed=name in printed,
                conditions=asked,
                value=facts.get(name) if facts else None,
            )
            axes.append(Axis(field, roles[name], cells, tuple(range(len(cells))), left_out))
    return Space(decision, tuple(axes), impossible, sums, work=work)


def _tying(
    decision: Decision[Any, Any], read: frozenset[str]
) -> tuple[tuple[Condition, ...], tuple[Sum, ...]]:
    """The impossibilities and the sums that have a bearing on facts that are read.

    A sum with one fact that is read needs all of its facts, and those may be tied to more.
    """
    lazy = {name for name, field in decision.fact_fields.items() if field.lazy} - read
    required = (condition for condition in decision.required if not lazy & _facts(condition))
    impossible = tuple(map(Not, required))
    sums = decision.counted
    while True:
        conditions = _bearing(decision, impossible, read)
        reached = read | _facts(*conditions)
        reached |= {fact for one in sums if reached & set(one.facts) for fact in one.facts}
        if reached == read:
            return conditions, tuple(one for one in sums if read & set(one.facts))
        read = reached


def _bearing(
    decision: Decision[Any, Any], impossible: tuple[Condition, ...], read: frozenset[str]
) -> tuple[Condition, ...]:
    """The impossibilities that have a bearing on facts that are read.

    A set of unread facts is free when, all of them at rest, none of the impossibilities that
    mention them can hold: then every situation of the other facts occurs with them at rest. Such
    impossibilities, and with them the facts, are left out.
    """
    free = frozenset(decision.fact_fields) - read
    rest = {name: field.resting for name, field in decision.fact_fields.items()}
    while True:
        held = {
            fact
            for condition in impossible
            if free & (facts := _facts(condition))
            and whatever(condition, rest, facts - free) is not False
            for fact in facts
        }
        if not free & held:
            return tuple(found for found in impossible if not free & _facts(found))
        free -= held


def _facts(*conditions: Condition) -> frozenset[str]:
    return frozenset(test.fact for condition in conditions for test in condition.tests())


# -- Facts that are the sum of others --------------------------------------------------------------


Extent: TypeAlias = tuple[int, float]
"""The least and the greatest number of a interval; the greatest may be infinite."""


def adds_up(space: Space, declared: Sum) -> Situations:
    """The situations of a space in which some values of the facts add up.

    From one count to the next it is kept what those so far can add up to, and what the total can
    be.
    """
    facts = sorted(declared.facts, key=space.facts.index)

    def follow(found: _Adding, place: int, cell: Cell) -> _Adding | None:
        sums, totals = found
        extents = tuple(_extents_of(cell))
        if facts[place] == declared.total:
            totals = extents
        else:
            sums = _joined(
                (low + least, high + most) for low, high in sums for least, most in extents
            )
        if place + 1 < len(facts):
            return sums, totals
        fits = any(low <= most and least <= high for low, high in sums for least, most in totals)
        return (sums, totals) if fits else None

    axes = [space.facts.index(fact) for fact in facts]
    return space.added(axes, follow, (((0, 0),), ()))


_Adding: TypeAlias = tuple[tuple[Extent, ...], tuple[Extent, ...]]


def _joined(extents: Iterable[Extent]) -> tuple[Extent, ...]:
    """The same numbers in as few stretches as can be, ascending."""
    joined: list[Extent] = []
    for low, high in sorted(extents):
        if joined and low <= joined[-1][1] + 1:
            joined[-1] = (joined[-1][0], max(high, joined[-1][1]))
        else:
            joined.append((low, high))
    return tuple(joined)


def _extents_of(cell: Cell) -> Iterator[Extent]:
    """The intervals of a cell, which need not touch."""
    for values in cell.classes:
        if isinstance(values, Interval) and values.low is not None:
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
        if low > high:
            continue
        wanted = int(min(low + choice, high))
        counts = {fact: least for fact, (least, _) in zip(declared.parts, parts, strict=True)}
        rest = wanted - sum(counts.values())
        for turn in range(len(parts)):  # the choice says which grows first
            index = (turn + choice) % len(parts)
            more = int(min(rest, parts[index][1] - parts[index][0]))
            counts[declared.parts[index]] += more
            rest -= more
        return {declared.total: wanted, **counts}
    return {}


# -- Which rule fires and which wins where ---------------------------------------------------------


@attrs.frozen
class Regions:
    """Where a table's rules fire and win; situations that cannot occur are in none.

    Attributes:
        fires: For each rule, where its condition holds.
        wins: For each rule, where it answers; under *collect* wherever it fires.
        nothing: Where no rule fires.
    """

    fires: tuple[Situations, ...]
    wins: tuple[Situations, ...]
    nothing: Situations


def regions_of(table: Table, space: Space) -> Regions:
    """The regions of a table over a space that was made of it."""
    rest = space.possible
    fires, wins = [], []
    for rule in table.rules:
        here = space.where(rule.when) & space.possible
        fires.append(here)
        wins.append(here if table.hit == "collect" else here & rest)
        rest -= here
    return Regions(tuple(fires), tuple(wins), rest)

"""Spaces: every situation that one decision table, or two of a kind, can tell apart.

An axis is a fact and the classes of its values, and a situation a class of every axis. Facts that
rules read have an axis, and those that a precondition or a sum of the decision ties to them. All
others are free: whatever they are, the answer is the same.
"""

from __future__ import annotations

import contextlib
import functools
import math
import operator
from collections.abc import Callable, Collection, Mapping, Sequence
from typing import Any, Final, Literal, TypeAlias, TypeVar

import attrs

from launchfsm.engine.conditions import ALWAYS, Condition, Group, Not, Test
from launchfsm.engine.decision import Decision, Sum
from launchfsm.engine.table import Table
from launchfsm.engine.types import Field
from launchfsm.policy.analysis.partitions import (
    MOST_ANSWERS,
    UNKNOWN,
    Partition,
    Values,
    example_of,
    partition_of,
)
from launchfsm.policy.analysis.sets import Diagrams, OutOfWorkError, Situation, Situations, Work

Box: TypeAlias = tuple[int, ...]
"""For each axis the classes that are in, as bits; all combinations of them."""

Role: TypeAlias = Literal["tested", "printed", "tied"]
"""Why a fact is an axis: conditions ask for it, texts mention it, or it is tied to such facts."""


@attrs.frozen(eq=False)
class Axis:
    """A fact and the classes of its values.

    `present` has the numbers of the classes that the space has: all, unless they are too many.
    """

    field: Field
    role: Role
    partition: Partition
    present: tuple[int, ...]

    @property
    def classes(self) -> tuple[Values, ...]:
        """All classes of the fact that there are."""
        return self.partition.classes

    @property
    def is_whole(self) -> bool:
        """Whether the space has all values of the fact."""
        return len(self.present) == len(self.classes) and not self.partition.left_out

    @property
    def full(self) -> int:
        """All of the fact's classes, as boxes have them."""
        return (1 << len(self.classes)) - 1

    def number_of(self, value: Any) -> int:
        """The number of the class that a value is in; `ValueError` when it is no value."""
        for number, values in enumerate(self.classes):
            if value in values:
                return number
        raise ValueError(
            f"{value!r} is no value of the fact {self.field.name}, "
            f"which is a {self.field.kind.text()}"
        )

    def holding(self, test: Test) -> int:
        """The classes whose values answer a test yes, as bits."""
        return sum(
            1 << number
            for number in self.present
            if test.holds({test.fact: example_of(self.classes[number])})
        )


class Space(Diagrams):
    """The situations of one or two tables of a decision, of which it makes sets.

    All facts of a sum have an axis; `size` counts the situations that cannot occur, too.
    """

    def __init__(
        self,
        decision: Decision[Any, Any],
        axes: tuple[Axis, ...],
        impossible: tuple[Condition, ...],
        sums: tuple[Sum, ...],
        work: Work,
    ) -> None:
        super().__init__([sum(1 << number for number in axis.present) for axis in axes], work)
        self.decision = decision
        self.axes = axes
        self.impossible = impossible
        self.sums = sums
        self.size = math.prod(len(axis.present) for axis in axes)
        self._index = {axis.field.name: index for index, axis in enumerate(axes)}
        self._answers: dict[tuple[str, str, Any, str], Situations] = {}

    @property
    def facts(self) -> tuple[str, ...]:
        """The facts that have an axis."""
        return tuple(self._index)

    @property
    def is_whole(self) -> bool:
        """Whether no class of values is left out."""
        return all(axis.is_whole for axis in self.axes)

    @functools.cached_property
    def possible(self) -> Situations:
        """All situations that can occur."""
        found = self.everything
        for condition in self.impossible:
            found -= self.where(condition)
        for declared in self.sums:
            found &= _adds_up(self, declared)
        return found

    def where(self, condition: Condition) -> Situations:
        """The situations in which a condition holds, also those that cannot occur."""
        match condition:
            case Test(fact=fact):
                index = self._index[fact]
                key = (fact, condition.op, condition.value, condition.each)
                if key not in self._answers:
                    self._answers[key] = self.within(index, self.axes[index].holding(condition))
                return self._answers[key]
            case Not():
                return self.everything - self.where(condition.part)
            case Group(joint="and", parts=parts):
                return functools.reduce(operator.and_, map(self.where, parts), self.everything)
            case Group(parts=parts):
                return functools.reduce(operator.or_, map(self.where, parts), self.nothing)

    def facts_of(self, situation: Situation, choice: int = 0) -> dict[str, Any]:
        """Every fact of the decision, in a situation; other choices give other values of it."""
        classes = {
            axis.field.name: axis.classes[number]
            for axis, number in zip(self.axes, situation, strict=True)
        }
        told = {name: example_of(values, choice) for name, values in classes.items()}
        for declared in self.sums:
            told |= _counts_in(declared, classes, choice)
        fields = self.decision.fact_fields
        return {name: told.get(name, fields[name].resting) for name in fields}

    def box_of(self, facts: Mapping[str, Any]) -> Box:
        """The one situation that facts are in, as a box; `ValueError` when a value is none."""
        return tuple(1 << axis.number_of(facts[axis.field.name]) for axis in self.axes)

    def narrowed(self, most: int) -> Space:
        """A part of the space with at most so many situations.

        Of the fact with the most classes every other one is left out, again and again.
        """
        present = [axis.present for axis in self.axes]
        while math.prod(map(len, present)) > max(1, most):
            widest = max(range(len(present)), key=lambda index: len(present[index]))
            present[widest] = present[widest][::2]
        axes = (
            attrs.evolve(axis, present=numbers)
            for axis, numbers in zip(self.axes, present, strict=True)
        )
        return Space(self.decision, tuple(axes), self.impossible, self.sums, self.work)


# -- Which facts a space tells apart ---------------------------------------------------------------


def space_of(
    *tables: Table,
    also: Condition = ALWAYS,
    facts: Mapping[str, Any] | None = None,
    work: Work | None = None,
) -> Space:
    """The space that some tables of one decision share: each of them is exact on it.

    It also tells apart a further condition, and has a situation for some facts. `work` counts the
    work on its sets; `None` is without a bound.
    """
    points = {table.decision.name for table in tables}
    if len(points) != 1:
        raise ValueError(f"a space is of tables of one decision, not of {sorted(points) or 'none'}")
    decision = tables[0].decision
    rules = [rule for table in tables for rule in table.rules]
    conditions = (*(rule.when for rule in rules), also)
    printed = decision.fact_fields.keys() & {fact for rule in rules for fact in rule.mentions()}
    roles: dict[str, Role] = dict.fromkeys(printed, "printed")
    roles |= dict.fromkeys(_facts(*conditions), "tested")
    impossible, sums = _tied(decision, frozenset(roles))
    for fact in (*_facts(*impossible), *(fact for declared in sums for fact in declared.facts)):
        roles.setdefault(fact, "tied")
    asked = (*conditions, *impossible)
    tests: dict[str, dict[Test, None]] = {}  # each once, in their order
    for condition in asked:
        for test in condition.tests():
            tests.setdefault(test.fact, {})[test] = None
    axes = (
        _axis(field, roles[name], tests.get(name, {}), asked, facts.get(name) if facts else None)
        for name, field in decision.fact_fields.items()
        if name in roles
    )
    return Space(decision, tuple(axes), impossible, sums, work or Work())


def _axis(
    field: Field, role: Role, tests: Collection[Test], conditions: Sequence[Condition], value: Any
) -> Axis:
    """A fact with its classes, one of which a value is in; of too many some are left out."""
    text = value if isinstance(value, str | tuple) else None
    partition = partition_of(field, tests, conditions=conditions, value=text)
    # To ask whether a number is in a list takes a look at each number of the list.
    each = sum(len(test.constants) or 1 for test in tests)
    step = math.ceil(len(partition.classes) * each / MOST_ANSWERS) or 1
    present = (
        number
        for number, values in enumerate(partition.classes)
        if step == 1 or number % step == 0 or values == UNKNOWN or value in values
    )
    return Axis(field, role, partition, tuple(present))


def _tied(
    decision: Decision[Any, Any], read: frozenset[str]
) -> tuple[tuple[Condition, ...], tuple[Sum, ...]]:
    """What cannot occur, and the sums, of facts that are read or tied to such facts."""
    lazy = {name for name, field in decision.fact_fields.items() if field.lazy} - read
    required = [condition for condition in decision.required if not lazy & _facts(condition)]
    while True:
        conditions = [condition for condition in required if read & _facts(condition)]
        sums = tuple(one for one in decision.counted if read & set(one.facts))
        reached = read | _facts(*conditions) | {fact for one in sums for fact in one.facts}
        if reached == read:
            return tuple(map(Not, conditions)), sums
        read = reached


def _facts(*conditions: Condition) -> frozenset[str]:
    return frozenset(test.fact for condition in conditions for test in condition.tests())


# -- Facts that are the sum of others --------------------------------------------------------------


def _adds_up(space: Space, declared: Sum) -> Situations:
    """The situations of a space in which some values of the facts add up.

    From one count to the next it is kept what those so far can add up to, and what the total can
    be.
    """
    axes = [index for index, axis in enumerate(space.axes) if axis.field.name in declared.facts]
    known: dict[tuple[int, _Extent, _Extent], Situations] = {}

    def after(place: int, parts: _Extent, total: _Extent) -> Situations:
        """The situations that follow on the counts from a place on."""
        if place == len(axes):
            fits = parts[0] <= total[1] and total[0] <= parts[1]
            return space.everything if fits else space.nothing
        key = (place, parts, total)
        if key not in known:
            axis = space.axes[axes[place]]
            branches: dict[Situations, int] = {}
            for number in axis.present:
                space.work.spend()
                low, high = _extent_of(axis.classes[number])
                if axis.field.name == declared.total:
                    then = after(place + 1, parts, (low, high))
                else:
                    then = after(place + 1, (parts[0] + low, parts[1] + high), total)
                branches[then] = branches.get(then, 0) | 1 << number
            known[key] = space.branching(axes[place], branches)
        return known[key]

    return after(0, (0, 0), (0, math.inf))


_Extent: TypeAlias = tuple[int, float]
"""The least and the greatest number of an interval; the greatest may be infinite."""


def _extent_of(values: Any) -> _Extent:
    """The numbers of an interval of counts; `Decision.counted` sees to it that it is one."""
    return int(values.low[0]), math.inf if values.high is None else values.high[0] - 1


def _counts_in(declared: Sum, classes: Mapping[str, Values], choice: int) -> dict[str, int]:
    """Counts that are in some classes and add up, as small as can be; none when none do."""
    total, *parts = (_extent_of(classes[fact]) for fact in declared.facts)
    low = max(total[0], sum(least for least, _ in parts))
    high = min(total[1], sum(most for _, most in parts))
    if low > high:
        return {}
    wanted = int(min(low + choice, high))
    counts = {fact: least for fact, (least, _) in zip(declared.parts, parts, strict=True)}
    rest = wanted - sum(counts.values())
    for turn in range(len(parts)):  # the choice says which grows first
        index = (turn + choice) % len(parts)
        more = int(min(rest, parts[index][1] - parts[index][0]))
        counts[declared.parts[index]] += more
        rest -= more
    return {declared.total: wanted, **counts}


# -- Which rule fires and which wins where ---------------------------------------------------------


@attrs.frozen
class Regions:
    """For each rule where it is tried, fires, and answers; and where no rule fires.

    Under *collect* every rule is tried everywhere, else where no earlier one fires. Situations that
    cannot occur are nowhere.
    """

    tried: tuple[Situations, ...]
    fires: tuple[Situations, ...]
    wins: tuple[Situations, ...]
    nothing: Situations


def regions_of(table: Table, space: Space) -> Regions:
    """The regions of a table over a space that was made of it."""
    rest = space.possible
    tried, fires, wins = [], [], []
    for rule in table.rules:
        tried.append(space.possible if table.hit == "collect" else rest)
        fires.append(space.where(rule.when) & space.possible)
        wins.append(fires[-1] & tried[-1])
        rest -= fires[-1]
    return Regions(tuple(tried), tuple(fires), tuple(wins), rest)


# -- As much of a space as the work allows ---------------------------------------------------------

WORK: Final = 2**20
"""Steps through sets of situations that an analysis of one table may take; some seconds."""

MOST_TABLES: Final = 8
"""Of so many tables the work may be all that a table may take; of more, they share it."""

_SMALLER: Final = 16
"""How many times smaller a part of a space is than the one that was too much work."""

T = TypeVar("T")


def look_at(space: Space, look: Callable[[Space], T]) -> tuple[Space, T | None]:
    """Look at a space whole, or at as much of it as its work allows: some values are left out.

    Gives what was looked at, and what that has shown: `None` when even one situation was too much
    work. What was found in a part is true, and what was not found there is not proven.
    """
    while True:
        with contextlib.suppress(OutOfWorkError), space.work.share(2):
            found = look(space)
            space.possible.count()
            return space, found
        if space.size == 1:
            return space, None
        space = space.narrowed(min(space.size // _SMALLER, WORK))

"""Spaces: every situation that one decision table, or two of a kind, can tell apart.

An axis is a fact and its cells, a situation a cell of every axis, and a set of situations one
Python integer with a bit for each: joining, meeting and subtracting sets of thousands of situations
are single operations.

Facts that rules read have an axis. A fact that no rule reads has one only where a precondition of
the decision ties it to facts that are read, and only when its resting value is not always possible
beside them; or where they are added up together. All others are free: whatever they are, the answer
is the same.
"""

from __future__ import annotations

import contextlib
import functools
import itertools
import math
from types import MappingProxyType
from typing import TYPE_CHECKING, Any, Literal, TypeAlias

import attrs

from launchfsm.engine.conditions import Condition, Group, Not, Test
from launchfsm.engine.templates import template_names
from launchfsm.engine.types import Field
from launchfsm.errors import LaunchfsmError
from launchfsm.policy.analysis.partitions import Cell, Interval, cells_of, resting

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence

    from launchfsm.engine.decision import Decision, Sum
    from launchfsm.engine.table import Table
    from launchfsm.engine.types import ValueType

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


class OutOfWorkError(LaunchfsmError):
    """An analysis has taken the work that it may take; it says what it looked at until then."""


class Work:
    """The work that an analysis may still take, in bits of sets of situations gone through.

    Work is counted, not timed, so that the same policy gets the same answer on every machine.

    Args:
        bits: How much that is.
        of: A larger work that this is part of.
    """

    _EACH = 2**13  # what an operation takes, however small its sets are

    def __init__(self, bits: float = math.inf, of: Work | None = None) -> None:
        self.left = bits
        self._of = of

    def spend(self, bits: int, times: int = 1) -> None:
        """Count operations on sets of some size.

        Raises:
            OutOfWorkError: No work is left.
        """
        self.left -= (bits + self._EACH) * times
        if self._of is not None:
            self._of.spend(bits, times)
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


class Space:
    """The situations of one or two tables of a decision.

    Args:
        decision: The decision.
        axes: The facts that matter.
        impossible: What cannot occur.
        sums: What has to add up; all facts of each have an axis.
        tests: How many tests the conditions have that are asked of it.
        work: What counts the work on its sets.
    """

    def __init__(
        self,
        decision: Decision[Any, Any],
        axes: tuple[Axis, ...],
        impossible: tuple[Condition, ...],
        sums: tuple[Sum, ...] = (),
        *,
        tests: int = 0,
        work: Work | None = None,
    ) -> None:
        self.tests = tests
        self.work = work or Work()
        self.decision = decision
        self.axes = axes
        self.impossible = impossible
        self.sums = sums
        self.size = math.prod(len(axis.present) for axis in axes)
        self._index = {axis.field.name: index for index, axis in enumerate(axes)}
        self._strides = _strides([len(axis.present) for axis in axes]) if axes else ()
        self._answers: dict[tuple[str, str, Any], Situations] = {}
        self._cells: dict[tuple[str, str, Any], int] = {}  # which the parts of a space share

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
        present, stride = self.axes[axis].present, self._strides[axis]
        found = start = 0
        while start < len(present):
            end = start
            while end < len(present) and cells >> present[end] & 1:
                end += 1
            if end > start:  # cells side by side are one comb, with broader teeth
                self.work.spend(self.size, 2)
                found |= _comb(start, stride, len(present), self.size, broad=end - start)
            start = end + 1
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
                self.work.spend(self.size)
                return self.everything & ~self.where(condition.part)
            case Group(joint="and"):
                self.work.spend(self.size, len(condition.parts))
                found = self.everything
                for part in condition.parts:
                    found &= self.where(part)
                return found
            case Group():
                self.work.spend(self.size, len(condition.parts))
                found = 0
                for part in condition.parts:
                    found |= self.where(part)
                return found

    def _where_test(self, test: Test) -> Situations:
        key = (test.fact, test.op, test.value)
        if key not in self._answers:
            index = self._index[test.fact]
            if key not in self._cells:
                self._cells[key] = sum(
                    1 << cell.number
                    for cell in self.axes[index].cells
                    if test.holds({test.fact: cell.example()})
                )
            self._answers[key] = self.within(index, self._cells[key])
        return self._answers[key]

    def count(self, situations: Situations) -> int:
        """How many situations a set has, every class of every fact's values counted on its own."""
        known: dict[tuple[int, Situations], int] = {}
        self.work.spend(self.size, 1 + len(self.axes))

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
        """Concrete facts in a situation: every fact of the decision.

        Args:
            situation: The situation's number.
            choice: Other choices give other values, where the situation leaves any.
        """
        cells = dict(zip(self.facts, self.cells_of(situation), strict=True))
        told = {name: cell.example(choice) for name, cell in cells.items()}
        for declared in self.sums:
            told |= counts_in(declared, cells, choice)
        fields = self.decision.fact_fields
        return {name: told.get(name, resting(fields[name])) for name in fields}

    def box_of(self, facts: Mapping[str, Any]) -> Box:
        """The one situation that facts are in, as a box.

        Raises:
            ValueError: A value is none of its fact.
        """
        return tuple(1 << axis.number_of(facts[axis.field.name]) for axis in self.axes)

    # -- Parts -------------------------------------------------------------------------------------

    def narrowed(self, pinned: Mapping[int, int], work: Work | None = None) -> Space:
        """The part of the space in which some axes are in one cell: axis index to cell number.

        Args:
            pinned: The cells.
            work: What counts the work on its sets; `None`: what counts it here.
        """
        axes = tuple(
            attrs.evolve(axis, present=(pinned[index],)) if index in pinned else axis
            for index, axis in enumerate(self.axes)
        )
        part = Space(
            self.decision,
            axes,
            self.impossible,
            self.sums,
            tests=self.tests,
            work=work or self.work,
        )
        part._cells = self._cells
        return part


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


def _comb(place: int, stride: int, count: int, size: int, *, broad: int = 1) -> Situations:
    """The situations of one cell, or of some side by side: bits out of every `stride * count`."""
    comb = ((1 << (stride * broad)) - 1) << (place * stride)
    width = stride * count
    while width < size:
        comb |= comb << width
        width *= 2
    return comb & ((1 << size) - 1)


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
        ValueError: The tables are of different points, or a point's declaration of what cannot
            occur is no condition over its facts.
    """
    points = {table.decision.name for table in tables}
    if len(points) != 1:
        raise ValueError(f"a space is of tables of one decision, not of {sorted(points) or 'none'}")
    decision = tables[0].decision
    tested = {fact for table in tables for rule in table.rules for fact in rule.reads()}
    printed = frozenset(_printed(tables))
    roles: dict[str, Role] = dict.fromkeys(printed, "printed")
    roles |= dict.fromkeys(tested, "tested")
    impossible, sums = _tying(decision, frozenset(roles))
    for fact in (*_facts(*impossible), *(fact for declared in sums for fact in declared.facts)):
        roles.setdefault(fact, "tied")
    whens = [rule.when for table in tables for rule in table.rules]
    return _spanned(
        decision, roles, whens, impossible, sums, printed=printed, facts=facts or {}, work=work
    )


def _printed(tables: Iterable[Table]) -> Iterator[str]:
    for table in tables:
        for rule in table.rules:
            for value in rule.then.values():
                names = template_names(value)
                yield from (name for name in names if name in table.decision.fact_fields)


def _spanned(
    decision: Decision[Any, Any],
    roles: Mapping[str, Role],
    conditions: Iterable[Condition],
    impossible: tuple[Condition, ...] = (),
    sums: tuple[Sum, ...] = (),
    *,
    printed: frozenset[str] = frozenset(),
    facts: Mapping[str, Any] = MappingProxyType({}),
    work: Work | None = None,
) -> Space:
    """The space of some facts, cut by every test of some conditions."""
    asked = (*conditions, *impossible)
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
                value=facts.get(name),
            )
            axes.append(Axis(field, roles[name], cells, tuple(range(len(cells))), left_out))
    number = sum(map(len, tests.values()))
    return Space(decision, tuple(axes), impossible, sums, tests=number, work=work)


def _tying(
    decision: Decision[Any, Any], read: frozenset[str]
) -> tuple[tuple[Condition, ...], tuple[Sum, ...]]:
    """The impossibilities and the sums that have a bearing on facts that are read.

    A sum with one fact that is read needs all of its facts, and those may be tied to more.
    """
    impossible = tuple(Not(condition) for condition in decision.required)
    sums = sums_at(decision)
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
    while True:
        held = {
            fact
            for condition in impossible
            if _holds_somewhere(decision, condition, free)
            for fact in _facts(condition)
        }
        if not free & held:
            return tuple(found for found in impossible if not free & _facts(found))
        free -= held


def _facts(*conditions: Condition) -> frozenset[str]:
    return frozenset(test.fact for condition in conditions for test in condition.tests())


def _holds_somewhere(
    decision: Decision[Any, Any], condition: Condition, free: frozenset[str]
) -> bool:
    """Whether a condition that mentions free facts can hold while those are at rest."""
    facts = _facts(condition)
    if not facts & free:
        return False
    rest = {name: resting(field) for name, field in decision.fact_fields.items() if name in free}
    condition = _given(condition, rest)
    roles: dict[str, Role] = dict.fromkeys(facts - free, "tied")
    return _spanned(decision, roles, (condition,)).where(condition) != 0


def _given(condition: Condition, known: Mapping[str, Any]) -> Condition:
    """The condition with the tests of some facts decided by their values."""
    match condition:
        case Test():
            if condition.fact not in known:
                return condition
            return Group("and" if condition.holds(known) else "or", ())
        case Not():
            return Not(_given(condition.part, known))
        case Group():
            return Group(condition.joint, tuple(_given(part, known) for part in condition.parts))


# -- Facts that are the sum of others --------------------------------------------------------------


def sums_at(decision: Decision[Any, Any]) -> tuple[Sum, ...]:
    """The facts of a decision that are others added up.

    Raises:
        ValueError: Singleton of them is no whole number that is always known and never negative.
    """
    for declared in decision.sums:
        for name in declared.facts:
            field = decision.fact_fields.get(name)
            if field is None or not _counts(field.kind):
                raise ValueError(
                    f"decision {decision.name!r} declares {declared.text()!r}: {name} is no "
                    "fact that counts; it takes an `int` with `low=0`, never unknown"
                )
    return decision.sums


def _counts(kind: ValueType) -> bool:
    return kind.name == "number" and kind.whole and kind.low == 0 and not kind.optional


Extent: TypeAlias = tuple[int, float]
"""The least and the greatest number of a interval; the greatest may be infinite."""


def adds_up(space: Space, declared: Sum) -> Situations:
    """The situations of a space in which some values of the facts add up."""
    found = 0
    for low, high, where in _added(space, declared.parts, 0, 0, space.everything):
        for least, most, here in _extents(space, declared.total):
            space.work.spend(space.size)
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
        space.work.spend(space.size)
        if where & here:
            yield from _added(space, parts[1:], low + least, high + most, where & here)


def _extents(space: Space, fact: str) -> Iterator[tuple[int, float, Situations]]:
    index = space.facts.index(fact)
    for number, here in space.slices[index].items():
        for least, most in _extents_of(space.axes[index].cells[number]):
            yield least, most, here


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
    space.work.spend(space.size, 4 * len(table.rules))
    for rule in table.rules:
        here = space.where(rule.when) & space.possible
        fires.append(here)
        wins.append(here if table.hit == "collect" else here & rest)
        rest &= ~here
    return Regions(tuple(fires), tuple(wins), rest)


class Meeting:
    """Sets of situations in an order, asked which of them meet another set.

    A tree of unions answers without a look at each of the sets.

    Args:
        sets: The sets.
        space: The space that they are of.
    """

    def __init__(self, sets: Sequence[Situations], space: Space) -> None:
        self._space = space
        self._levels: list[list[Situations]] = [list(sets)]
        while len(self._levels[-1]) > 1:
            below = self._levels[-1]
            pairs = itertools.zip_longest(below[::2], below[1::2], fillvalue=0)
            self._levels.append([left | right for left, right in pairs])
        space.work.spend(space.size, 2 * len(sets))

    def first(self, where: Situations, start: int = 0) -> int | None:
        """The number of the first set from some number on that meets a set; `None` for none."""
        number, level = start, 0
        while True:
            if number >= len(self._levels[level]):
                return None
            self._space.work.spend(self._space.size)
            if self._levels[level][number] & where:
                if level == 0:
                    return number
                number, level = 2 * number, level - 1
            elif number % 2:
                # The next one is under another branch, which may be passed over as a whole.
                number += 1
                while number % 2 == 0 and level + 1 < len(self._levels) and number:
                    number, level = number // 2, level + 1
            else:
                number += 1

    def all(self, where: Situations, start: int = 0) -> Iterator[int]:
        """The numbers of all sets from some number on that meet a set, ascending."""
        number = self.first(where, start)
        while number is not None:
            yield number
            number = self.first(where, number + 1)

"""Moving: a claim about two situations of a table, one of which comes of the other.

Time passes, or more is known of a death, and nothing else changes. Every situation is taken with
every next step from it, so that what holds for each step holds for any number of them.

Here: `MoveClaim`, and the two kinds of moves. Not here: what is claimed of them (`shipped`).
"""

from __future__ import annotations

import itertools
from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import TYPE_CHECKING, Any, Final, Protocol, TypeAlias

import attrs

from launchfsm.auditing.policies.asking import (
    ONE_BY_ONE,
    condition_over,
    occurring,
    situations_of,
    space_with,
)
from launchfsm.auditing.policies.pasting import inline_test, won_text
from launchfsm.auditing.policies.reports import Counterexample, Part
from launchfsm.policy.analysis.coverage import cut
from launchfsm.policy.engine import Judge
from launchfsm.policy.kinds import show, write_value

if TYPE_CHECKING:
    from launchfsm.auditing.policies.asking import Asked
    from launchfsm.auditing.policies.reports import Status
    from launchfsm.policy.analysis.space import Space
    from launchfsm.policy.kinds import Field
    from launchfsm.policy.rules import Table

Facts: TypeAlias = Mapping[str, Any]
Pair: TypeAlias = tuple[Facts, Facts]
Worsened: TypeAlias = Callable[[Any, Any], str | None]
"""What is wrong with an answer that follows another; `None` when nothing is."""

_A_SECOND: Final = 1_000


class Moves(Protocol):
    """How the facts of a table change while nothing else does."""

    @property
    def apart(self) -> tuple[str, ...]:
        """Conditions over the facts that have to be told apart, besides those of the rules."""

    @property
    def what(self) -> str:
        """What moves, in words."""

    def pairs(self, table: Table, space: Space) -> Iterator[Pair]:
        """Every situation with every situation that is one step further."""


@attrs.frozen(kw_only=True)
class MoveClaim:
    """That no move of a table's facts makes of its answer what it must not become.

    Attributes:
        table: The decision table.
        moves: How the facts move.
        complaint: What is wrong with the answer after a move, given the one before it.
        sentence: What is claimed, in words.
    """

    table: str
    moves: Moves = attrs.field(repr=False)
    complaint: Worsened = attrs.field(repr=False)
    sentence: str

    def settle(self, asked: Asked) -> Part:
        """Go through every move from every situation."""
        table, judge = asked.policy.tables[self.table], Judge(asked.policy)
        point = table.point
        apart = [condition_over(text, point.fact_fields, "apart") for text in self.moves.apart]
        parts, looked_at = cut(space_with(table, *apart), ONE_BY_ONE), 0
        occurs = occurring(point)
        for pair in self._pairs(table, parts.parts()):
            before, after = (point.facts(**facts) for facts in pair)
            if not (occurs(before) and occurs(after)):
                continue
            looked_at += 1
            complaint = self.complaint(judge.decide(point, before), judge.decide(point, after))
            if complaint:
                return self._part("refuted", looked_at, _wrong(table, pair, complaint))
        if parts.complete:
            return self._part("proven", looked_at)
        unseen = parts.coverage(len(table.rules)).unseen
        return attrs.evolve(self._part("not_all", looked_at), unseen=unseen)

    def _pairs(self, table: Table, spaces: Iterable[Space]) -> Iterator[Pair]:
        for space in spaces:
            yield from self.moves.pairs(table, space)

    def _part(self, status: Status, looked_at: int, found: Counterexample | None = None) -> Part:
        return Part(
            about=f"{self.table}: {self.moves.what}, {self.sentence}",
            status=status,
            looked_at=looked_at,
            unit="pairs of situations",
            counterexample=found,
        )


def _wrong(table: Table, pair: Pair, complaint: str) -> Counterexample:
    said = ("before", "after")
    tests = [inline_test(table, facts, word) for facts, word in zip(pair, said, strict=True)]
    return Counterexample(
        complaint=f"{complaint}, after {_changed(table, *pair)}",
        facts=pair,
        won=tuple(line for facts in pair for line in won_text(table, facts)),
        paste="\n\n".join(tests),
    )


def _changed(table: Table, before: Facts, after: Facts) -> str:
    fields = table.point.fact_fields
    return ", ".join(
        f"{name} went from {_told(fields[name], value)} to {_told(fields[name], after[name])}"
        for name, value in before.items()
        if value != after[name]
    )


def _told(field: Field, value: Any) -> str:
    return "unknown" if value is None else show(write_value(field.kind, value))


# -- More evidence ---------------------------------------------------------------------------------


@attrs.frozen(kw_only=True)
class Steps:
    """Moves from what is known to what is known next.

    Attributes:
        apart: Conditions that tell apart all that a step looks at.
        steps: From facts, those that are one step further.
        what: What moves, in words.
    """

    apart: tuple[str, ...]
    steps: Callable[[Facts], Iterable[Facts]]
    what: str

    def pairs(self, table: Table, space: Space) -> Iterator[Pair]:  # noqa: ARG002 - the protocol's
        """Every situation of the space with every step from it."""
        return ((facts, after) for _, facts in situations_of(space) for after in self.steps(facts))


# -- Passing time ----------------------------------------------------------------------------------

Ages: TypeAlias = Mapping[str, float | None]
"""How old each record is, in ms; negative when it is from the future, `None` when unknown."""


@attrs.frozen(kw_only=True)
class PassingTime:
    """Moves by passing time: all records grow older by as much.

    How old a record is decides several facts at once, so their values are made of the ages and
    not taken from the space: what is 3 minutes old is never a minute ahead as well. What a table
    tells of an age is where it is among the thresholds, at one or in a stretch between two; and
    from one place in time to the next every record that is at a threshold leaves it, or, where
    none is at one, some of them reach theirs, any of them first or together. All of that is looked
    at, so that there is no other way for time to pass.

    Attributes:
        records: What the records are called.
        facts: The facts that ages make: each an age, the same with a minus, or the least of them.
        what: What moves, in words.
    """

    records: tuple[str, ...]
    facts: Callable[[Ages], dict[str, float | None]]
    what: str

    @property
    def apart(self) -> tuple[str, ...]:
        """Nothing but what the rules ask."""
        return ()

    def pairs(self, table: Table, space: Space) -> Iterator[Pair]:
        """Every situation of what stands still with every age, and the next moment."""
        moving = frozenset(self.facts(dict.fromkeys(self.records)))
        thresholds = _thresholds(table, self.facts(dict.fromkeys(self.records, 1)))
        if not thresholds:
            return
        moment = _moment(thresholds)
        known = tuple(_places(thresholds, moment))
        for still in _standing(space, moving):
            for places in itertools.product((_UNKNOWN, *known), repeat=len(self.records)):
                for ages in _ages(places):
                    later = [None if age is None else age + moment for age in ages]
                    yield self._facts(still, ages), self._facts(still, later)

    def _facts(self, still: Facts, ages: Iterable[float | None]) -> Facts:
        return {**still, **self.facts(dict(zip(self.records, ages, strict=True)))}


def _standing(space: Space, moving: frozenset[str]) -> Iterator[Facts]:
    """The situations, each once, of those that differ in moving facts alone."""
    seen = set()
    for _, facts in situations_of(space):
        key = tuple(value for name, value in facts.items() if name not in moving)
        if key not in seen:
            seen.add(key)
            yield facts


def _thresholds(table: Table, signs: Mapping[str, float | None]) -> tuple[float, ...]:
    """The ages at which a comparison may turn; a fact grows with an age, or shrinks (-1)."""
    compared = {
        value * (signs[test.fact] or 1)
        for rule in table.rules
        for test in rule.when.tests()
        if test.fact in signs
        for value in test.constants
    }
    return tuple(sorted(compared))


@attrs.frozen
class _Place:
    """Where an age is among the thresholds.

    Attributes:
        stays: An age there that a moment later has reached no threshold; `None` is unknown.
        arrives: One that has reached the next by then; `None` when there is none to reach.
        leaves: Whether it is at a threshold, which it leaves at once.
    """

    stays: float | None
    arrives: float | None = None
    leaves: bool = False


_UNKNOWN: Final = _Place(None)


def _moment(thresholds: tuple[float, ...]) -> float:
    """A time so short that nothing gets half through a stretch: a second, or less."""
    widths = [high - low for low, high in itertools.pairwise(thresholds)]
    return min(_A_SECOND, _part(min(widths), 4)) if widths else _A_SECOND


def _places(thresholds: tuple[float, ...], moment: float) -> Iterator[_Place]:
    """Every place, in order of time."""
    first, last = thresholds[0], thresholds[-1]
    yield _Place(first - 2 * moment, first - moment)
    for low, high in itertools.pairwise(thresholds):
        yield _Place(low, leaves=True)
        yield _Place(low + _part(high - low, 2), high - moment)
    yield _Place(last, leaves=True)
    yield _Place(last + moment)


def _part(width: float, pieces: int) -> float:
    """A piece of a stretch, in whole milliseconds where there are enough."""
    return width // pieces if width >= pieces else width / pieces


def _ages(places: tuple[_Place, ...]) -> Iterator[list[float | None]]:
    """Ages in some places, one for each way in which a moment can change a place."""
    if any(place.leaves for place in places):
        yield [place.stays for place in places]
        return
    ways = [
        (place.stays,) if place.arrives is None else (place.stays, place.arrives)
        for place in places
    ]
    for ages in itertools.product(*ways):
        if any(age != place.stays for age, place in zip(ages, places, strict=True)):
            yield list(ages)

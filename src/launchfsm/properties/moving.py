"""Moving: a claim about two situations of a table, one of which comes of the other.

Time passes, or more is known of a death, and nothing else changes. Every situation is taken with
every next step from it, so that what holds for each step holds for any number of them.

Here: `MoveClaim`, the two kinds of moves, and holding moves against a claim. Not here: how time
passes (`ages`), moves that go through another table (`through_owner`), what is claimed (`shipped`).
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import TYPE_CHECKING, Any, Protocol, TypeAlias

import attrs

from launchfsm.engine.engine import Engine
from launchfsm.engine.types import show, write_value
from launchfsm.policy.analysis.coverage import cut
from launchfsm.properties.ages import FactsOfAges, passing, thresholds_of
from launchfsm.properties.check_context import (
    ONE_BY_ONE,
    condition_over,
    occurring,
    situations_of,
    space_with,
)
from launchfsm.properties.report import Counterexample, Part
from launchfsm.properties.reproducers import inline_test, won_text

if TYPE_CHECKING:
    from launchfsm.engine.table import Table
    from launchfsm.engine.types import Field
    from launchfsm.policy.analysis.space import Space
    from launchfsm.properties.check_context import Asked
    from launchfsm.properties.report import Status

Facts: TypeAlias = Mapping[str, Any]
Pair: TypeAlias = tuple[Facts, Facts]


@attrs.frozen
class Answered:
    """What a table was asked, and its answer.

    Attributes:
        facts: The situation.
        outcome: The answer.
    """

    facts: Facts
    outcome: Any


Worsened: TypeAlias = Callable[[Answered, Answered], str | None]
"""What is wrong with an answer that follows another; `None` when nothing is."""


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
        table, engine = asked.policy.tables[self.table], Engine(asked.policy)
        fields = table.point.fact_fields
        apart = [condition_over(text, fields, "apart") for text in self.moves.apart]
        parts = cut(space_with(table, *apart), ONE_BY_ONE)
        return part_of(
            f"{self.table}: {self.moves.what}, {self.sentence}",
            held_against(engine, table, self._pairs(table, parts.parts()), self.complaint),
            unseen=parts.unseen(),
        )

    def _pairs(self, table: Table, spaces: Iterable[Space]) -> Iterator[Pair]:
        for space in spaces:
            yield from self.moves.pairs(table, space)


# -- Holding moves against a claim -----------------------------------------------------------------


def held_against(
    engine: Engine, table: Table, pairs: Iterable[Pair], complaint: Worsened
) -> tuple[int, Counterexample | None]:
    """How many moves that can occur were looked at, and the first that a claim complains of."""
    point, looked_at = table.point, 0
    occurs = occurring(point)
    for pair in pairs:
        before, after = (point.facts(**facts) for facts in pair)
        if not (occurs(before) and occurs(after)):
            continue
        looked_at += 1
        answered = (
            Answered(facts, engine.decide(point, asked))
            for facts, asked in zip(pair, (before, after), strict=True)
        )
        wrong = complaint(*answered)
        if wrong:
            return looked_at, _wrong(table, pair, wrong)
    return looked_at, None


def part_of(about: str, found: tuple[int, Counterexample | None], *, unseen: int) -> Part:
    """What came of a claim about moves.

    Args:
        about: What is claimed, of what.
        found: How many moves were looked at, and what was found.
        unseen: How many situations were left out, because there are too many.
    """
    looked_at, counterexample = found
    status: Status = "proven"
    if counterexample is not None:
        status = "refuted"
    elif unseen:
        status = "not_all" if looked_at else "asked_of_nothing"
    return Part(
        about=about,
        status=status,
        looked_at=looked_at,
        unit="pairs of situations",
        unseen=unseen,
        counterexample=counterexample,
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


@attrs.frozen(kw_only=True)
class PassingTime:
    """Moves by passing time: all records grow older by as much.

    Attributes:
        records: What the records are called.
        facts: The facts that their ages make; they are not taken from the space.
        what: What moves, in words.
    """

    records: tuple[str, ...]
    facts: FactsOfAges
    what: str

    @property
    def apart(self) -> tuple[str, ...]:
        """Nothing but what the rules ask."""
        return ()

    def pairs(self, table: Table, space: Space) -> Iterator[Pair]:
        """Every situation of what stands still with every age, and the next moment."""
        moving = frozenset(self.facts(dict.fromkeys(self.records)))
        steps = [
            (self.facts(ages), self.facts(later))
            for ages, later in passing(thresholds_of(table, self.facts, self.records), self.records)
        ]
        for still in standing(space, moving):
            for before, after in steps:
                yield {**still, **before}, {**still, **after}


def standing(space: Space, moving: frozenset[str]) -> Iterator[Facts]:
    """The situations of a space, each once of those that differ in moving facts alone."""
    seen = set()
    for _, facts in situations_of(space):
        key = tuple(value for name, value in facts.items() if name not in moving)
        if key not in seen:
            seen.add(key)
            yield facts

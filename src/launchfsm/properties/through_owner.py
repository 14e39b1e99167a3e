"""Through the owner: moves of tables that are told what the table `owner` has answered.

What such a table is told of the owner is no free choice of facts: it follows, by the policy's own
table `owner`, from what is known of the owner's process and of how old the state is. So the moves
are made there, and what follows from each is held against the claim.

Here: `OwnerMoveClaim`, and its two kinds of moves. Not here: moves of a table's own facts
(`moving`), or what is claimed (`shipped`).
"""

from __future__ import annotations

import itertools
from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import TYPE_CHECKING, Any, Final, Protocol, TypeAlias

import attrs

from launchfsm.decisions.catalogue import OWNER
from launchfsm.decisions.outcomes import OwnerVerdict
from launchfsm.engine.engine import Engine
from launchfsm.policy.analysis.coverage import cut
from launchfsm.properties.ages import FactsOfAges, known_ages, passing, thresholds_of
from launchfsm.properties.check_context import (
    ONE_BY_ONE,
    condition_over,
    occurring,
    space_with,
)
from launchfsm.properties.moving import Facts, Worsened, held_against, part_of, standing

if TYPE_CHECKING:
    from launchfsm.engine.conditions import Condition
    from launchfsm.engine.table import Table
    from launchfsm.policy.analysis.coverage import Cut
    from launchfsm.properties.ages import Ages
    from launchfsm.properties.check_context import Asked
    from launchfsm.properties.moving import Pair
    from launchfsm.properties.report import Part

Followed: TypeAlias = tuple[tuple[str, Any], ...]
"""What a table is told of an owner: facts, in a form that can be counted once."""

Owners: TypeAlias = Sequence["Facts"]
"""What can be known of an owner, whatever the ages of the records."""

Moments: TypeAlias = tuple[float | None, ...]
"""Ages of the state."""


def state_ages(ages: Ages) -> dict[str, float | None]:
    """The facts about an owner that the age of the state makes."""
    age = ages["state"]
    return {"state_age": age, "state_ahead": None if age is None else -age}


_OF_AGE: Final = frozenset(state_ages({"state": None}))


@attrs.frozen(kw_only=True)
class Told:
    """How a table comes to know of the owner.

    Attributes:
        follows: From the facts about an owner and the answer about it, the facts of the table.
        records: The records whose ages matter, the state first; empty where there is no state.
        ages: The facts of the table that their ages make.
        fixed: What is known of every such owner, as that who holds a lock is at work.
        recorded: Whether it is told only of owners whose pid is recorded.
    """

    follows: Callable[[Facts, OwnerVerdict], dict[str, Any]]
    records: tuple[str, ...] = ()
    ages: FactsOfAges = lambda _: {}
    fixed: Facts = attrs.Factory(dict)
    recorded: bool = False

    def thresholds(self, owner: Table, table: Table) -> tuple[float, ...]:
        """The ages at which a comparison of either table may turn, ascending."""
        if not self.records:
            return ()
        both = {
            *thresholds_of(owner, state_ages, ("state",)),
            *thresholds_of(table, self.ages, self.records),
        }
        return tuple(sorted(both))


@attrs.frozen(kw_only=True)
class OwnerMoveClaim:
    """That no move of what is known of an owner makes of a table's answer what it must not become.

    Attributes:
        table: The decision table.
        told: How it comes to know of the owner.
        moves: How that changes.
        complaint: What is wrong with the answer after a move, given the one before it.
        sentence: What is claimed, in words.
    """

    table: str
    told: Told = attrs.field(repr=False)
    moves: OwnerMoves = attrs.field(repr=False)
    complaint: Worsened = attrs.field(repr=False)
    sentence: str

    def settle(self, asked: Asked) -> Part:
        """Go through every move from every situation of an owner."""
        owner, table = (asked.policy.tables[name] for name in (OWNER.name, self.table))
        engine = Engine(asked.policy)
        owners = cut(space_with(owner, *self._apart(table)), ONE_BY_ONE)
        others = cut(space_with(table), ONE_BY_ONE)
        known = _Owners(engine, self.told, self.told.thresholds(owner, table))
        every = [facts for facts in _whatever(owners, _OF_AGE) if known.occurs(facts)]
        return part_of(
            f"{self.table}: {self.moves.what}, {self.sentence}",
            held_against(engine, table, self._pairs(known, every, others), self.complaint),
            unseen=owners.unseen() + others.unseen(),
        )

    def _apart(self, table: Table) -> Iterator[Condition]:
        """What has to be told apart of an owner because the moves or the table ask for it."""
        for text in self.moves.apart:
            yield condition_over(text, OWNER.fact_fields, "apart")
        for rule in table.rules:
            for test in rule.when.tests():
                if test.fact in OWNER.fact_fields and test.fact not in _OF_AGE:
                    yield test

    def _pairs(self, known: _Owners, owners: Owners, others: Cut) -> Iterator[Pair]:
        moved = dict.fromkeys(self.moves.pairs(known, owners))
        told = frozenset(name for before, _ in moved for name, _ in before)
        for rest in _whatever(others, told):
            for before, after in moved:
                yield {**rest, **dict(before)}, {**rest, **dict(after)}


def _whatever(parts: Cut, moving: frozenset[str]) -> Owners:
    """The situations of all parts, whatever some facts are."""
    return [facts for space in parts.parts() for facts in standing(space, moving)]


class _Owners:
    """What a table is told of owners, at every age of the records.

    Args:
        engine: Applies the policy.
        told: How the table comes to know of the owner.
        thresholds: The ages at which a comparison may turn.
    """

    def __init__(self, engine: Engine, told: Told, thresholds: tuple[float, ...]) -> None:
        self._engine, self._told = engine, told
        self._occurs = occurring(OWNER)
        self._at: dict[tuple[tuple[Any, ...], Moments], tuple[Followed, ...]] = {}
        self.records, self.thresholds = told.records, thresholds

    def occurs(self, owner: Facts) -> bool:
        """Whether that can be known of an owner that the table is told of."""
        if self._told.recorded and owner["owner"] is None:
            return False
        return self._occurs(OWNER.facts(**self._of_age(owner, None)))

    def at(self, owner: Facts, moments: Moments) -> tuple[Followed, ...]:
        """What the table is told of an owner, for some ages of the state."""
        key = tuple(owner.values()), moments
        if key not in self._at:
            self._at[key] = tuple([self._followed(owner, age) for age in moments])
        return self._at[key]

    def _followed(self, owner: Facts, age: float | None) -> Followed:
        facts = self._of_age(owner, age)
        verdict = self._engine.decide(OWNER, OWNER.facts(**facts))
        return tuple(self._told.follows(facts, verdict).items())

    def _of_age(self, owner: Facts, age: float | None) -> Facts:
        return {**owner, **state_ages({"state": age}), **self._told.fixed}

    def dated(self, followed: Followed, ages: Ages) -> Followed:
        """The same with what the table is told of ages."""
        return (*followed, *self._told.ages(ages).items())


class OwnerMoves(Protocol):
    """How what is known of an owner changes while nothing else does."""

    @property
    def apart(self) -> tuple[str, ...]:
        """Conditions over the owner's facts that have to be told apart, besides the rules'."""

    @property
    def what(self) -> str:
        """What moves, in words."""

    def pairs(self, known: _Owners, owners: Owners) -> Iterator[tuple[Followed, Followed]]:
        """What the table is told of every owner, and of what is one step further."""


@attrs.frozen(kw_only=True)
class OwnersAge:
    """Moves by passing time: all records grow older by as much.

    Attributes:
        what: What moves, in words.
    """

    what: str

    @property
    def apart(self) -> tuple[str, ...]:
        """Nothing but what the rules ask."""
        return ()

    def pairs(self, known: _Owners, owners: Owners) -> Iterator[tuple[Followed, Followed]]:
        """Every owner with every age of the records, and the next moment."""
        steps = list(passing(known.thresholds, known.records))
        moments = tuple(dict.fromkeys(ages["state"] for step in steps for ages in step))
        for told in dict.fromkeys(known.at(owner, moments) for owner in owners):
            at = dict(zip(moments, told, strict=True))
            for before, after in steps:
                yield (
                    known.dated(at[before["state"]], before),
                    known.dated(at[after["state"]], after),
                )


@attrs.frozen(kw_only=True)
class OwnersDeath:
    """Moves from what is known of an owner to what speaks more for its death.

    Attributes:
        apart: Conditions that tell apart all that a step looks at.
        steps: From facts, those that are one step further.
        rising: A fact that speaks the more for its death the larger it is.
        what: What moves, in words.
    """

    apart: tuple[str, ...]
    steps: Callable[[Facts], Iterable[Facts]]
    rising: str
    what: str

    def pairs(self, known: _Owners, owners: Owners) -> Iterator[tuple[Followed, Followed]]:
        """Every owner with every step from it, at every age of the records."""
        moments = tuple(known_ages(known.thresholds))
        moved = dict.fromkeys(
            (known.at(owner, moments), known.at(after, moments))
            for owner, after in self._steps(owners)
            if known.occurs(after)
        )
        everywhen = [
            dict(zip(known.records, ages, strict=True))
            for ages in itertools.product(moments, repeat=len(known.records))
        ]
        for before, after in moved:
            was, now = (dict(zip(moments, told, strict=True)) for told in (before, after))
            for ages in everywhen:
                age = ages.get("state")
                yield known.dated(was[age], ages), known.dated(now[age], ages)

    def _steps(self, owners: Owners) -> Iterator[tuple[Facts, Facts]]:
        values = sorted({owner[self.rising] for owner in owners} - {None})
        for owner in owners:
            yield from ((owner, after) for after in self.steps(owner))
            value = owner[self.rising]
            if value is not None:
                yield from (
                    (owner, {**owner, self.rising: larger}) for larger in values if larger > value
                )

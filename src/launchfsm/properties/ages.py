"""Ages: how old records are, and how time passes for several of them at once.

How old a record is decides several facts at once: what is 3 minutes old is never a minute ahead as
well. So the facts are made of ages. What a table tells of an age is where it is among the
thresholds, at one or in a stretch between two; and from one place in time to the next every record
that is at a threshold leaves it, or, where none is at one, some of them reach theirs, any of them
first or together. All of that is looked at, so that there is no other way for time to pass.

Here: thresholds, the places between them, and the ways from one to the next. Not here: claims about
what time does (`moving`, `through_owner`).
"""

from __future__ import annotations

import itertools
from collections.abc import Callable, Iterator, Mapping
from typing import TYPE_CHECKING, Final, TypeAlias

import attrs

if TYPE_CHECKING:
    from launchfsm.engine.table import Table

Ages: TypeAlias = Mapping[str, float | None]
"""How old each record is, in ms; negative when it is from the future, `None` when unknown."""

FactsOfAges: TypeAlias = Callable[[Ages], dict[str, float | None]]
"""The facts that ages make: each an age, the same with a minus, or the least of them."""

_A_SECOND: Final = 1_000


def thresholds_of(table: Table, facts: FactsOfAges, records: tuple[str, ...]) -> tuple[float, ...]:
    """The ages at which a comparison of a table may turn, ascending."""
    signs = facts(dict.fromkeys(records, 1))  # a fact grows with an age, or shrinks
    compared = {
        value * (signs[test.fact] or 1)
        for rule in table.rules
        for test in rule.when.tests()
        if test.fact in signs
        for value in test.constants
    }
    return tuple(sorted(compared))


def known_ages(thresholds: tuple[float, ...]) -> Iterator[float | None]:
    """An age for every place among the thresholds, and the unknown one."""
    yield from (place.stays for place in (UNKNOWN, *places(thresholds, moment_of(thresholds))))


def passing(thresholds: tuple[float, ...], records: tuple[str, ...]) -> Iterator[tuple[Ages, Ages]]:
    """The ages of some records, and what they are a moment later, for every way time can pass."""
    moment = moment_of(thresholds)
    anywhere = (UNKNOWN, *places(thresholds, moment))
    for chosen in itertools.product(anywhere, repeat=len(records)):
        for ages in ages_at(chosen):
            later = [None if age is None else age + moment for age in ages]
            yield dict(zip(records, ages, strict=True)), dict(zip(records, later, strict=True))


@attrs.frozen
class Place:
    """Where an age is among the thresholds.

    Attributes:
        stays: An age there that a moment later has reached no threshold; `None` is unknown.
        arrives: One that has reached the next by then; `None` when there is none to reach.
        leaves: Whether it is at a threshold, which it leaves at once.
    """

    stays: float | None
    arrives: float | None = None
    leaves: bool = False


UNKNOWN: Final = Place(None)


def moment_of(thresholds: tuple[float, ...]) -> float:
    """A time so short that nothing gets half through a stretch: a second, or less."""
    widths = [high - low for low, high in itertools.pairwise(thresholds)]
    return min(_A_SECOND, _part(min(widths), 4)) if widths else _A_SECOND


def places(thresholds: tuple[float, ...], moment: float) -> Iterator[Place]:
    """Every place, in order of time; none when nothing is compared with."""
    if not thresholds:
        return
    first, last = thresholds[0], thresholds[-1]
    yield Place(first - 2 * moment, first - moment)
    for low, high in itertools.pairwise(thresholds):
        yield Place(low, leaves=True)
        yield Place(low + _part(high - low, 2), high - moment)
    yield Place(last, leaves=True)
    yield Place(last + moment)


def _part(width: float, pieces: int) -> float:
    """A piece of a stretch, in whole milliseconds where there are enough."""
    return width // pieces if width >= pieces else width / pieces


def ages_at(chosen: tuple[Place, ...]) -> Iterator[list[float | None]]:
    """Ages in some places, one for each way in which a moment can change a place."""
    if any(place.leaves for place in chosen):
        yield [place.stays for place in chosen]
        return
    ways = [
        (place.stays,) if place.arrives is None else (place.stays, place.arrives)
        for place in chosen
    ]
    for ages in itertools.product(*ways):
        if any(age != place.stays for age, place in zip(ages, chosen, strict=True)):
            yield list(ages)

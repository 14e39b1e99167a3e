"""Doors by brute force: every combination of values near every constant, one after another.

It shares nothing with the analysis but the tables themselves: no cells, no sets, no patterns.

Here: the combinations, and what they show of one table or two. Not here: any test.
"""

from __future__ import annotations

import functools
import itertools
import math
from typing import TYPE_CHECKING, Any

import attrs
from hypothesis import settings

from tests.policy.analysis.doors import RESTING, occurs

if TYPE_CHECKING:
    from collections.abc import Mapping

    from launchfsm.engine.table import Rule, Table

WORDS_AND_COUNTS = ("alarm", "guard", "visitors", "note")
NUMBERS = ("locked", "weight", "age")
WHOLE = ("visitors", "since", "locked")
FEWER = settings(max_examples=settings().max_examples * 3 // 10)
"""For tests that look at every situation of a table, once for each group of facts."""

GROUPS = (WORDS_AND_COUNTS, NUMBERS, WHOLE)
"""Facts few enough to go through all of their values, and tied to none outside their group."""

VALUES: Mapping[str, tuple[Any, ...]] = {
    "locked": (False, True),
    "alarm": (None, False, True),
    "guard": (None, "ann", "bob", "cem"),
    "visitors": (0, 1, 2, 3, 4),
    "note": (None, "", "closed", "unknown", "else"),
    "weight": (None, -2, -1.5, 0, 1, 2, 2.25, 2.5, 3, 1e300, math.inf),
    "age": (None, -5000, 0, 0.5, 1, 5000, 180_000, 200_000, 300_000, 900_000),
    "since": (None, -1, 0, 1, 5000, 180_000, 180_001, 300_000, 900_000),
}


@functools.cache
def situations(facts: tuple[str, ...]) -> tuple[dict[str, Any], ...]:
    """Every combination of values of some facts that can occur, the other facts at rest."""
    combinations = itertools.product(*(VALUES[fact] for fact in facts))
    found = ({**RESTING, **dict(zip(facts, values, strict=True))} for values in combinations)
    return tuple(facts for facts in found if occurs(facts))


def fired(table: Table, facts: Mapping[str, Any]) -> list[Rule]:
    """The rules whose condition holds."""
    return [rule for rule in table.rules if rule.when.holds(facts)]


def answers(table: Table, facts: Mapping[str, Any]) -> list[Any]:
    """What the table answers; nothing when no rule fires."""
    if not fired(table, facts):
        return []
    found = table.decide(table.decision.facts(**facts))
    return list(found) if table.hit == "collect" else [found]


@attrs.define
class Seen:
    """What going through all situations shows of a table."""

    wins: set[str] = attrs.field(factory=set)
    fires: set[str] = attrs.field(factory=set)
    overlaps: set[tuple[str, str]] = attrs.field(factory=set)
    gap: bool = False


def look(table: Table, facts: tuple[str, ...]) -> Seen:
    """Go through all situations."""
    seen = Seen()
    for found in situations(facts):
        rules = [rule.id for rule in fired(table, found)]
        seen.fires.update(rules)
        seen.wins.update(rules if table.hit == "collect" else rules[:1])
        seen.gap = seen.gap or (not rules and table.hit != "collect")
        if table.hit == "unique":
            seen.overlaps.update(itertools.combinations(rules, 2))
    return seen

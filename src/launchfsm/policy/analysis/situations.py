"""Situations: which rule fires and which wins where."""

from __future__ import annotations

from typing import TYPE_CHECKING

import attrs

from launchfsm.policy.analysis.space import Situations, Space

if TYPE_CHECKING:
    from launchfsm.engine.table import Table


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
        rest &= ~here
    return Regions(tuple(fires), tuple(wins), rest)

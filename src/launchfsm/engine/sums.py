"""Sums: facts that are other facts added up, as all members are those of each standing.

A condition compares one fact with constants, so that it cannot say this; a decision point declares
it beside what cannot occur together.

Here: such a declaration. Not here: which there are (`launchfsm.decisions.catalogue`), or what they rule out
in a space of situations (`launchfsm.policy.analysis.adding`).
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import attrs

if TYPE_CHECKING:
    from collections.abc import Mapping


@attrs.frozen
class Sum:
    """A fact that is always other facts added up.

    Attributes:
        total: The fact; as each of the others a whole number that is never unknown or negative.
        parts: What it is added up of.
    """

    total: str
    parts: tuple[str, ...]

    @property
    def facts(self) -> tuple[str, ...]:
        """All facts that it ties together, the total first."""
        return (self.total, *self.parts)

    def holds(self, facts: Mapping[str, Any]) -> bool:
        """Whether facts add up."""
        return bool(facts[self.total] == sum(facts[part] for part in self.parts))

    def text(self) -> str:
        """For people, spelled like a condition."""
        return f"{self.total} == {' + '.join(self.parts)}"

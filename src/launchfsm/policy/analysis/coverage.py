"""Coverage: how many situations an analysis looks at, and what it does when that is too much work.

A space is looked at whole when the work allows it. Else some classes of values are left out, more
and more of them; the coverage says how many situations that are. Then what was found is still true,
but what was not found is not proven.
"""

from __future__ import annotations

import contextlib
import math
from collections.abc import Callable
from typing import Final, Generic, TypeVar

import attrs

from launchfsm.policy.analysis.partitions import patterns_text
from launchfsm.policy.analysis.sets import OutOfWorkError
from launchfsm.policy.analysis.space import Space

WORK: Final = 2**20
"""Steps through sets of situations that an analysis of one table may take; some seconds."""

MOST_TABLES: Final = 8
"""Of so many tables the work may be all that a table may take; of more, they share it."""

_SMALLER: Final = 16
"""How many times smaller a part of a space is than the one that was too much work."""


@attrs.frozen(kw_only=True)
class Coverage:
    """What an analysis of a table looked at.

    Attributes:
        table: The table.
        rules: How many rules it has; of two tables, the first's.
        facts: The facts that were told apart: rules read them, or they are tied to such facts.
        free: The facts that nothing asks for; whatever they are, the answer is the same.
        situations: How many situations were looked at: every combination of booleans, words,
            intervals between thresholds and unknowns that can occur.
        impossible: How many more were left out because they cannot occur.
        unseen: At most how many more were not looked at because the space is too large; 0 when
            complete.
        sampled: The facts of which only some values were looked at then.
        texts: For each text that rules look into, which patterns were looked for together.
    """

    table: str
    rules: int
    facts: tuple[str, ...]
    free: tuple[str, ...]
    situations: int
    impossible: int
    unseen: int
    sampled: tuple[str, ...] = ()
    texts: tuple[str, ...] = ()

    @property
    def complete(self) -> bool:
        """Whether every situation that can occur was looked at."""
        return self.unseen == 0

    def text(self) -> str:
        """The coverage in a line."""
        what = f"{self.situations:,} situations of {', '.join(self.facts) or 'no fact'}"
        notes = list(self.texts)
        if self.impossible:
            notes.append(f"{self.impossible:,} more cannot occur")
        if self.unseen:
            sampled = (
                f", only some values of {', '.join(self.sampled)} were" if self.sampled else ""
            )
            notes.append(
                f"NOT ALL: up to {self.unseen:,} more were not looked at{sampled}, the space is "
                "too large; what was found is true, what was not found is not proven"
            )
        return f"{self.table}: {what}" + (f" ({'; '.join(notes)})" if notes else "")


T = TypeVar("T")


@attrs.frozen(eq=False)
class Looked(Generic[T]):
    """What was looked at of a space.

    Attributes:
        space: The whole space, or the part of it that the work allowed to look at.
        found: What looking at it has shown; `None` when even one situation was too much work.
    """

    space: Space
    found: T | None

    def coverage(self, rules: int) -> Coverage:
        """What that covers, of a table with some number of rules."""
        space = self.space
        everything = 0 if self.found is None else space.everything.count()
        situations = 0 if self.found is None else space.possible.count()
        return Coverage(
            table=space.decision.name,
            rules=rules,
            facts=space.facts,
            free=tuple(name for name in space.decision.fact_fields if name not in space.facts),
            situations=situations,
            impossible=everything - situations,
            unseen=math.prod(len(axis.classes) for axis in space.axes) - everything,
            sampled=tuple(
                axis.field.name for axis in space.axes if len(axis.present) < len(axis.classes)
            ),
            texts=tuple(
                text
                for axis in space.axes
                if (text := patterns_text(axis.field.name, axis.classes))
            ),
        )


def look_at(space: Space, look: Callable[[Space], T]) -> Looked[T]:
    """Look at a space: whole, or at as much of it as its work allows.

    Args:
        space: The space.
        look: Looks at the whole, or at a part; it may run out of work.
    """
    while True:
        with contextlib.suppress(OutOfWorkError), space.work.share(2):
            found = look(space)
            space.possible.count()
            return Looked(space, found)
        if space.size == 1:
            return Looked(space, None)
        space = space.narrowed(min(space.size // _SMALLER, WORK))

"""Coverage: how many situations an analysis looks at, and what it does when they are too many.

A space of up to `Limits.at_once` situations is taken whole. A larger one is cut into parts, each of
them with some facts pinned to one cell, and every part is looked at. When even the parts are too
many, some are left out, evenly, and the coverage says how many: then what was found is still true,
but what was not found is not proven.
"""

from __future__ import annotations

import itertools
import math
from typing import TYPE_CHECKING

import attrs

from launchfsm.policy.analysis.cover import ALWAYS_TEXT, condition_of, cover, readable, united
from launchfsm.policy.analysis.partitions import texts_of
from launchfsm.policy.analysis.space import Box, Situations, Space, lowest

if TYPE_CHECKING:
    from collections.abc import Iterator


@attrs.frozen(kw_only=True)
class Limits:
    """How large a space may be.

    Attributes:
        at_once: Situations that are held in memory together; a set of them has as many bits.
        parts: Parts of a larger space that are looked at.
    """

    at_once: int = attrs.field(default=2**21, validator=attrs.validators.ge(1))
    parts: int = attrs.field(default=64, validator=attrs.validators.ge(1))


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
        parts: How many parts the space was looked at in.
        texts: For each text that rules look into, which patterns were looked for together.
    """

    table: str
    rules: int
    facts: tuple[str, ...]
    free: tuple[str, ...]
    situations: int
    impossible: int
    unseen: int
    parts: int
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
        if self.parts > 1:
            notes.append(f"in {self.parts:,} parts, too many to hold at once")
        if self.unseen:
            notes.append(
                f"NOT ALL: up to {self.unseen:,} more were not looked at, the space is too large; "
                "what was found is true, what was not found is not proven"
            )
        return f"{self.table}: {what}" + (f" ({'; '.join(notes)})" if notes else "")


@attrs.frozen(eq=False)
class Split:
    """A space and the parts in which it is looked at.

    Attributes:
        space: The whole space.
        pinned: For each part, axis index to cell number; one empty mapping when it is not cut.
        complete: Whether the parts are all of the space.
    """

    space: Space
    pinned: tuple[dict[int, int], ...]
    complete: bool

    def parts(self) -> Iterator[Space]:
        """The parts, each built when it is asked for, so that only one is in memory."""
        for pinned in self.pinned:
            yield self.space.narrowed(pinned) if pinned else self.space

    def unseen(self) -> int:
        """At most how many situations are in no part; 0 when the parts are all of the space."""
        return 0 if self.complete else self.coverage(rules=0).unseen

    def coverage(self, rules: int) -> Coverage:
        """What looking at these parts covers, of a table with some number of rules."""
        point, axes = self.space.point, self.space.axes
        situations = impossible = 0
        for part in self.parts():
            situations += part.count(part.possible)
            impossible += part.count(part.everything & ~part.possible)
        total = math.prod(sum(cell.weight for cell in axis.cells) for axis in axes)
        return Coverage(
            table=point.name,
            rules=rules,
            facts=self.space.facts,
            free=tuple(name for name in point.fact_fields if name not in self.space.facts),
            situations=situations,
            impossible=impossible,
            unseen=total - situations - impossible,
            parts=len(self.pinned),
            texts=tuple(note for axis in axes if (note := texts_of(axis.field.name, axis.cells))),
        )


def split(space: Space, limits: Limits) -> Split:
    """Split a space into parts that can be held in memory; one part when it can be whole."""
    pinned: list[int] = []
    size = space.size
    by_cells = sorted(
        range(len(space.axes)), key=lambda index: (-len(space.axes[index].present), index)
    )
    for index in by_cells:
        if size <= limits.at_once:
            break
        pinned.append(index)
        size //= len(space.axes[index].present)
    count = space.size // size
    ways = itertools.product(*(space.axes[index].present for index in pinned))
    step = max(1, math.ceil(count / limits.parts))
    chosen = itertools.islice(ways, 0, None, step)
    parts = tuple(dict(zip(pinned, numbers, strict=True)) for numbers in chosen)
    return Split(space, parts, complete=len(parts) == count)


class Area:
    """A set of situations that is collected part by part, and what is said of it in the end.

    Args:
        space: The whole space.
    """

    def __init__(self, space: Space) -> None:
        self._space = space
        self._boxes: list[Box] = []
        self.situations = 0
        self.sample: tuple[Space, int] | None = None

    def add(self, part: Space, situations: Situations) -> None:
        """Add the situations that it has in a part."""
        if not situations:
            return
        self._boxes += readable(part, cover(part, situations), situations)
        self.situations += part.count(situations)
        if self.sample is None:
            self.sample = (part, lowest(situations))

    def when(self) -> tuple[str, ...]:
        """The conditions of which one holds in each of its situations, and in no other."""
        boxes = united(self._boxes)
        return tuple(condition_of(self._space, box).text() or ALWAYS_TEXT for box in boxes)

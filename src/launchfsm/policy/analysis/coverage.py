"""Coverage: how many situations an analysis looks at, and what it does when they are too many.

A space of up to `Limits.at_once` situations is taken whole. A larger one is cut into parts, each of
them with some facts pinned to one cell, and every part is looked at. When even the parts are too
many, or the work on them is too much, some are left out, evenly, and the coverage says how many: then
what was found is still true, but what was not found is not proven.
"""

from __future__ import annotations

import contextlib
import math
from typing import TYPE_CHECKING

import attrs

from launchfsm.policy.analysis.cover import ALWAYS_TEXT, condition_of, cover, readable, united
from launchfsm.policy.analysis.partitions import texts_of
from launchfsm.policy.analysis.space import Box, OutOfWorkError, Situations, Space, Work, lowest

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence


MOST_TABLES = 8
"""Of so many tables the work may be all that a table may take; of more, they share it."""


@attrs.frozen(kw_only=True)
class Limits:
    """How large a space may be.

    Attributes:
        at_once: Situations that are held in memory together; a set of them has as many bits.
        parts: Parts of a larger space that are looked at.
        work: How much work a table may take, in bits of sets of situations gone through; 2^36 are
            some seconds.
    """

    at_once: int = attrs.field(default=2**21, validator=attrs.validators.ge(1))
    parts: int = attrs.field(default=64, validator=attrs.validators.ge(1))
    work: int = attrs.field(default=2**36, validator=attrs.validators.ge(1))


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
        unasked: How many of the rules were not asked whether they change anything, because that
            would have been too much work.
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
    unasked: int = 0

    @property
    def complete(self) -> bool:
        """Whether every situation that can occur was looked at, for every rule."""
        return self.unseen == 0 and self.unasked == 0

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
        if self.unasked:
            notes.append(
                f"NOT ALL: {self.unasked:,} of {self.rules:,} rules were not asked whether they "
                "change anything, which is too much work"
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

    def parts(self, work: Work | None = None) -> Iterator[Space]:
        """The parts, each built when it is asked for, so that only one is in memory."""
        for pinned in self.pinned:
            yield self.space.narrowed(pinned, work) if pinned else self.space

    def first(self, count: int) -> Split:
        """The first parts alone, when there was no work left for more."""
        complete = self.complete and count == len(self.pinned)
        return attrs.evolve(self, pinned=self.pinned[:count], complete=complete)

    def unseen(self) -> int:
        """At most how many situations are in no part; 0 when the parts are all of the space."""
        return 0 if self.complete else self.coverage(rules=0).unseen

    def coverage(self, rules: int, *, unasked: int = 0) -> Coverage:
        """What looking at these parts covers, of a table with some number of rules."""
        decision, axes = self.space.decision, self.space.axes
        situations = impossible = 0
        with contextlib.suppress(OutOfWorkError):
            for part in self.parts(Work()):  # what was looked at is counted in any case
                possible = part.possible
                situations += part.count(possible)
                impossible += part.count(part.everything & ~possible)
        total = math.prod(axis.left_out + sum(cell.weight for cell in axis.cells) for axis in axes)
        return Coverage(
            table=decision.name,
            rules=rules,
            facts=self.space.facts,
            free=tuple(name for name in decision.fact_fields if name not in self.space.facts),
            situations=situations,
            impossible=impossible,
            unseen=total - situations - impossible,
            parts=len(self.pinned),
            texts=tuple(note for axis in axes if (note := texts_of(axis.field.name, axis.cells))),
            unasked=unasked,
        )


def split(space: Space, limits: Limits) -> Split:
    """Split a space into parts that can be held in memory; one part when it can be whole.

    As many parts are taken, evenly spread, as half of the work allows to look at.
    """
    pinned: list[int] = []
    counts = [len(axis.present) for axis in space.axes]
    for index in sorted(range(len(counts)), key=lambda index: (-counts[index], index)):
        if math.prod(counts) <= limits.at_once and _effort(space, counts) <= limits.work // 8:
            break
        pinned.append(index)
        counts[index] = 1
    count = math.prod(len(space.axes[index].present) for index in pinned)
    affordable = int(limits.work // 2 // max(1, _effort(space, counts)))
    chosen = min(count, limits.parts, max(1, affordable))
    parts = tuple(_pins(space, pinned, part * count // chosen) for part in range(chosen))
    return Split(space, parts, complete=chosen == count and not any(a.left_out for a in space.axes))


def _pins(space: Space, pinned: Sequence[int], number: int) -> dict[int, int]:
    """The cells of a part: the part's number, written with a digit for each axis."""
    pins = {}
    for index in reversed(pinned):
        present = space.axes[index].present
        number, place = divmod(number, len(present))
        pins[index] = present[place]
    return pins


def _effort(space: Space, counts: Sequence[int]) -> int:
    """About how much work it is to look at a part with some numbers of cells once."""
    by_fact = dict(zip(space.facts, counts, strict=True))
    sums = sum(math.prod(by_fact[fact] for fact in declared.facts) for declared in space.sums)
    operations = 8 * (sum(counts) + space.tests) + sums
    return operations * (math.prod(counts) + 2**13)


_PARTS_OF_WORK = 32
"""Which part of the work that is left it may take to say where something is."""

_MOST_BOXES = 64
"""How many conditions say where something is, in one part of a space."""


class Area:
    """A set of situations that is collected part by part, and what is said of it in the end.

    Args:
        space: The whole space.
    """

    def __init__(self, space: Space) -> None:
        self._space = space
        self._boxes: list[Box] = []
        self._unsaid = 0
        self.situations = 0
        self.sample: tuple[Space, int] | None = None

    def add(self, part: Space, situations: Situations) -> None:
        """Add the situations that it has in a part."""
        if not situations:
            return
        if self.sample is None:
            self.sample = (part, lowest(situations))
        self.situations += part.count(situations)
        try:
            with part.work.share(_PARTS_OF_WORK):
                boxes = cover(part, situations, most=_MOST_BOXES)
                said = 0
                for box in boxes:
                    said |= part.inside(box)
                self._boxes += readable(part, boxes, situations & said)
                self._unsaid += part.count(situations & ~said)
        except OutOfWorkError:
            self._unsaid += situations.bit_count()

    def when(self) -> tuple[str, ...]:
        """The conditions of which one holds in each of its situations, and in no other.

        Where they would be too many, the last entry says in how many more situations it is so.
        """
        boxes = united(self._boxes)
        said = tuple(condition_of(self._space, box).text() or ALWAYS_TEXT for box in boxes)
        more = (f"… in {self._unsaid:,} situations more",) if self._unsaid else ()
        return (*said, *more)

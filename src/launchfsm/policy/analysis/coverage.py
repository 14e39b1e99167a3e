"""Coverage: how many situations an analysis looks at, and what it does when that is too much work.

A space is looked at whole when the work allows it. Else it is cut into parts, each of them with
some facts pinned to one cell, and as many are looked at as the work allows, evenly spread; the
coverage says how many situations were left out. Then what was found is still true, but what was not
found is not proven.
"""

from __future__ import annotations

import contextlib
import math
from typing import TYPE_CHECKING, Generic, TypeVar

import attrs

from launchfsm.policy.analysis.cover import ALWAYS_TEXT, condition_of, cover, readable, united
from launchfsm.policy.analysis.partitions import texts_of
from launchfsm.policy.analysis.sets import OutOfWorkError, Situation, Situations
from launchfsm.policy.analysis.space import Box, Space

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator


MOST_TABLES = 8
"""Of so many tables the work may be all that a table may take; of more, they share it."""


@attrs.frozen(kw_only=True)
class Limits:
    """How much an analysis of one table may take.

    Attributes:
        work: Steps through sets of situations; 2^20 are some seconds.
        at_once: Situations of a part, where the work does not allow to look at the whole.
        parts: Parts that are looked at then.
    """

    work: int = attrs.field(default=2**20, validator=attrs.validators.ge(1))
    at_once: int = attrs.field(default=2**14, validator=attrs.validators.ge(1))
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
            notes.append(f"in {self.parts:,} parts")
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


T = TypeVar("T")


@attrs.frozen(eq=False)
class Looked(Generic[T]):
    """A space, and what was looked at of it.

    Attributes:
        space: The whole space.
        parts: What was looked at: the whole, or parts of it.
        found: What looking at each part has shown.
        complete: Whether the parts are all of the space.
    """

    space: Space
    parts: tuple[Space, ...]
    found: tuple[T, ...]
    complete: bool

    def coverage(self, rules: int, *, unasked: int = 0) -> Coverage:
        """What that covers, of a table with some number of rules."""
        decision, axes = self.space.decision, self.space.axes
        situations = sum(part.possible.count() for part in self.parts)
        impossible = sum(part.everything.count() for part in self.parts) - situations
        total = math.prod(axis.left_out + sum(cell.weight for cell in axis.cells) for axis in axes)
        return Coverage(
            table=decision.name,
            rules=rules,
            facts=self.space.facts,
            free=tuple(name for name in decision.fact_fields if name not in self.space.facts),
            situations=situations,
            impossible=impossible,
            unseen=total - situations - impossible,
            parts=len(self.parts),
            texts=tuple(note for axis in axes if (note := texts_of(axis.field.name, axis.cells))),
            unasked=unasked,
        )


def look_at(space: Space, limits: Limits, look: Callable[[Space], T]) -> Looked[T]:
    """Look at a space: whole, or at as many of its parts as the work allows.

    Args:
        space: The space, whose work is counted.
        limits: How large parts are.
        look: Looks at the whole, or at a part; it may run out of work.
    """
    everywhere = not any(axis.left_out for axis in space.axes)
    with contextlib.suppress(OutOfWorkError), space.work.share(2):
        found = look(space)
        space.possible.count()
        return Looked(space, (space,), (found,), complete=everywhere)
    parts: list[Space] = []
    shown: list[T] = []
    with contextlib.suppress(OutOfWorkError):
        for part in split(space, limits):
            found = look(part)
            part.possible.count()
            parts.append(part)
            shown.append(found)
    whole = sum(part.everything.count() for part in parts) == space.everything.count()
    return Looked(space, tuple(parts), tuple(shown), complete=everywhere and whole)


def split(space: Space, limits: Limits) -> Iterator[Space]:
    """Parts of a space that are small enough, evenly spread; the whole when it is."""
    pinned: list[int] = []
    counts = [len(axis.present) for axis in space.axes]
    for index in sorted(range(len(counts)), key=lambda index: (-counts[index], index)):
        if math.prod(counts) <= limits.at_once:
            break
        pinned.append(index)
        counts[index] = 1
    count = math.prod(len(space.axes[index].present) for index in pinned)
    chosen = min(count, limits.parts)
    for part in range(chosen):
        pins, number = {}, part * count // chosen  # written with a digit for each axis
        for index in reversed(pinned):
            number, place = divmod(number, len(space.axes[index].present))
            pins[index] = space.axes[index].present[place]
        yield space.narrowed(pins)


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
        self.sample: tuple[Space, Situation] | None = None

    def add(self, part: Space, situations: Situations) -> None:
        """Add the situations that it has in a part."""
        if not situations:
            return
        if self.sample is None:
            self.sample = (part, situations.first())
        number = situations.count()
        self.situations += number
        try:
            with part.work.share(_PARTS_OF_WORK):
                boxes = cover(part, situations, most=_MOST_BOXES)
                said = part.nothing
                for box in boxes:
                    said |= part.inside(box)
                self._boxes += readable(part, boxes, situations & said)
                self._unsaid += (situations - said).count()
        except OutOfWorkError:
            self._unsaid += number

    def when(self) -> tuple[str, ...]:
        """The conditions of which one holds in each of its situations, and in no other.

        Where they would be too many, the last entry says in how many more situations it is so.
        """
        boxes = united(self._boxes)
        said = tuple(condition_of(self._space, box).text() or ALWAYS_TEXT for box in boxes)
        more = (f"… in {self._unsaid:,} situations more",) if self._unsaid else ()
        return (*said, *more)

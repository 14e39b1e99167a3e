"""Partitions: a fact's values, cut into classes that nothing in a table tells apart.

A boolean has two values, a word as many as its vocabulary, and each may be unknown besides. Numbers
and durations are cut by the constants that they are compared with, and only on the side on which
the comparison changes: `age >= 5m` makes two intervals, `age == 5m` three. A text is unknown, one
of the constants that it is compared with, or any other text.
"""

from __future__ import annotations

import itertools
import math
from typing import TYPE_CHECKING, Any, Literal, TypeAlias

import attrs

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from launchfsm.engine.conditions import Test
    from launchfsm.engine.types import Field

Bound: TypeAlias = tuple[float, Literal[0, 1]]
"""A place on the number line: right before a number (0), or right behind it (1)."""

_OPENS_BEFORE = frozenset({">=", "<", "==", "!=", "in", "not in"})
_OPENS_BEHIND = frozenset({">", "<=", "==", "!=", "in", "not in"})
_SAMPLE_NUMBERS = (4242, 1, 7, 0)


@attrs.frozen
class Singleton:
    """A single value; `Singleton(None)` is the unknown."""

    value: Any

    @property
    def examples(self) -> tuple[Any, ...]:
        """Values of the class, the most telling first."""
        return (self.value,)

    def __contains__(self, value: Any) -> bool:
        return value == self.value and (value is None) is (self.value is None)


@attrs.frozen
class OtherText:
    """Every text but some.

    Attributes:
        fact: The fact's name, from which examples are made.
        known: The texts that are classes of their own.
    """

    fact: str
    known: tuple[str, ...] = ()

    @property
    def examples(self) -> tuple[Any, ...]:
        """Values of the class; no two facts share one, so that texts made of them differ."""
        noun = self.fact.replace("_", " ")
        candidates = (f"{word} {noun}" for word in ("some", "another", "one more", "a last"))
        return tuple(text for text in candidates if text not in self.known) or (self._fresh(),)

    def _fresh(self) -> str:
        """A text that is longer than every known one, and so none of them."""
        return self.fact + "'" * (1 + max(map(len, self.known)))

    def __contains__(self, value: Any) -> bool:
        return value is not None and value not in self.known


@attrs.frozen
class Interval:
    """The numbers between two bounds.

    Attributes:
        low: Where it begins; `None` at the end of the line.
        high: Where it ends; `None` at the end of the line.
        whole: Whether only whole numbers count.
    """

    low: Bound | None
    high: Bound | None
    whole: bool = False

    def __contains__(self, value: Any) -> bool:
        if value is None:
            return False
        behind_low = self.low is None or (value, 0) >= self.low
        return behind_low and (self.high is None or (value, 1) <= self.high)

    @property
    def examples(self) -> tuple[Any, ...]:
        """Numbers of the interval: its ends first, where a threshold off by one shows."""
        return tuple(dict.fromkeys(value for value in self._candidates() if value in self))

    def _candidates(self) -> Iterator[float]:
        if self.low is not None:
            yield self.low[0]
        if self.high is not None:
            yield self.high[0]
        for bound, step in ((self.low, 1), (self.high, -1)):
            if bound is not None and _is_finite(bound[0]):
                near = math.floor(bound[0]) if step > 0 else math.ceil(bound[0])
                yield from (near + step, near + 2 * step)
        if not self.whole:
            yield from self._between()
        yield from _SAMPLE_NUMBERS

    def _between(self) -> Iterator[float]:
        """Numbers strictly between two bounds with no whole number between them."""
        if self.low is None or self.high is None:
            return
        low, high = self.low[0], self.high[0]
        try:
            yield from (low + (high - low) / 2, math.nextafter(low, math.inf))
        except OverflowError:  # integers that are past every double, so none lies between
            return


Values: TypeAlias = Singleton | OtherText | Interval
"""A class of values."""

UNKNOWN = Singleton(None)


def is_single(values: Values) -> bool:
    """Whether the class has one value, so that a text that mentions the fact is known."""
    if isinstance(values, Singleton):
        return True
    return isinstance(values, Interval) and _is_point(values)


def _is_point(interval: Interval) -> bool:
    low, high = interval.low, interval.high
    if low is None or high is None:
        return False
    width = high[0] - low[0]
    return width == 1 if interval.whole else width == 0


def classes_of(field: Field, tests: Iterable[Test]) -> tuple[Values, ...]:
    """The classes of a fact's values, resting ones first; together they are all of its values.

    Args:
        field: The fact.
        tests: The tests that ask for it.
    """
    kind = field.kind
    unknown: tuple[Values, ...] = (UNKNOWN,) if kind.optional else ()
    match kind.name:
        case "boolean":
            return (*unknown, Singleton(False), Singleton(True))  # noqa: FBT003 - the values themselves
        case "word":
            return unknown + tuple(Singleton(word) for word in kind.words)
        case "text":
            known = tuple(dict.fromkeys(value for test in tests for value in test.constants))
            return (*unknown, OtherText(field.name, known), *(Singleton(text) for text in known))
        case _:
            return unknown + tuple(_intervals(field, tests))


def _intervals(field: Field, tests: Iterable[Test]) -> Iterator[Interval]:
    kind = field.kind
    bounds = {bound for test in tests for bound in _bounds(test)}
    if kind.whole:
        bounds = {_whole_bound(bound) for bound in bounds if _is_finite(bound[0])}
    least: Bound | None = None if kind.low is None else (kind.low, 0)
    places = [least, *sorted(bound for bound in bounds if least is None or bound > least), None]
    for low, high in itertools.pairwise(places):
        interval = Interval(low, high, kind.whole)
        if interval.examples:
            yield interval


def _bounds(test: Test) -> Iterator[Bound]:
    for number in test.constants:
        if number != number:  # noqa: PLR0124 - NaN; every number answers a comparison with it alike
            continue
        if test.op in _OPENS_BEFORE:
            yield (number, 0)
        if test.op in _OPENS_BEHIND:
            yield (number, 1)


def _is_finite(number: float) -> bool:
    """As `math.isfinite`, for integers past every double too."""
    return -math.inf < number < math.inf


def _whole_bound(bound: Bound) -> Bound:
    """The same bound among whole numbers: `> 2`, `> 2.5` and `>= 3` are one."""
    number, side = bound
    return (math.ceil(number) if side == 0 else math.floor(number) + 1, 0)


@attrs.frozen
class Cell:
    """Classes of values on which all tests of a table agree.

    Attributes:
        number: Its place among the cells of its fact.
        classes: The classes; at least one.
    """

    number: int
    classes: tuple[Values, ...]

    @property
    def weight(self) -> int:
        """How many classes of values it stands for."""
        return len(self.classes)

    def example(self, choice: int = 0) -> Any:
        """A value of it; other choices give other values as long as there are any."""
        examples = self.classes[0].examples
        return examples[choice % len(examples)]

    def __contains__(self, value: Any) -> bool:
        return any(value in values for values in self.classes)


def cells_of(field: Field, tests: tuple[Test, ...], *, printed: bool) -> tuple[Cell, ...]:
    """The cells of a fact: its classes, those together that answer all tests alike.

    Args:
        field: The fact.
        tests: The tests that ask for it.
        printed: Whether a text mentions it, so that each class of its values reads differently.
    """
    alike: dict[Any, list[Values]] = {}
    for index, values in enumerate(classes_of(field, tests)):
        facts = {field.name: values.examples[0]}
        answers = tuple(test.holds(facts) for test in tests)
        alike.setdefault((answers, index if printed else None), []).append(values)
    return tuple(Cell(number, tuple(found)) for number, found in enumerate(alike.values()))


def resting(field: Field) -> Any:
    """A value of a fact that nobody asks for, as an inline test that leaves it out has it."""
    if field.default is not None or field.kind.optional:
        return field.default
    return field.kind.words[0] if field.kind.words else OtherText(field.name).examples[0]

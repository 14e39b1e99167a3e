"""Partitions: a fact's values, cut into classes that nothing in a table tells apart.

Numbers are cut by the constants that they are compared with, and only on the side on which the
comparison changes: `age >= 5m` makes two intervals, `age == 5m` three. Where rules look into a
text, as in `'quota' in reason`, texts are composed of the patterns that they look for, and those
that every test answers alike are one class: that one pattern implies another shows in the answers.
"""

from __future__ import annotations

import contextlib
import functools
import itertools
import math
from collections.abc import Iterable, Iterator, Sequence
from typing import Any, Final, Literal, TypeAlias

import attrs

from launchfsm.engine.conditions import TEXT_OPERATORS, Condition, Group, Not, Test
from launchfsm.engine.types import Field

Bound: TypeAlias = tuple[float, Literal[0, 1]]
"""A place on the number line: right before a number (0), or right behind it (1)."""

_OPENS_BEFORE = frozenset({">=", "<", "==", "!=", "in", "not in"})
_OPENS_BEHIND = frozenset({">", "<=", "==", "!=", "in", "not in"})
_SAMPLE_NUMBERS = (4242, 1, 7, 0)

MOST_ANSWERS: Final = 2**21
"""How many answers of tests are asked for to tell the classes of one fact apart."""


@attrs.frozen
class Singleton:
    """A single value; `Singleton(None)` is the unknown."""

    value: Any

    @property
    def examples(self) -> tuple[Any, ...]:
        """The value."""
        return (self.value,)

    def __contains__(self, value: Any) -> bool:
        return value == self.value and (value is None) is (self.value is None)


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

    @functools.cached_property
    def examples(self) -> tuple[Any, ...]:
        """Numbers of the interval: its ends first, where a threshold off by one shows."""
        bounds = ((self.low, 1), (self.high, -1))
        found: list[float] = [bound[0] for bound, _ in bounds if bound is not None]
        for bound, step in bounds:
            if bound is not None and _is_finite(bound[0]):
                near = math.floor(bound[0]) if step > 0 else math.ceil(bound[0])
                found += [near + step, near + 2 * step]
        if not self.whole and self.low is not None and self.high is not None:
            low, high = self.low[0], self.high[0]
            with contextlib.suppress(OverflowError):  # integers past every double: none between
                found += [low + (high - low) / 2, math.nextafter(low, math.inf)]
        found += _SAMPLE_NUMBERS
        return tuple(dict.fromkeys(value for value in found if value in self))


@attrs.frozen
class Texts:
    """Every text, or list, that is none of the known ones and that some tests answer alike.

    Attributes:
        examples: Some of them, the most telling first.
        known: The texts that are classes of their own.
        tests: The tests that look into the text or list.
        answers: What each of them answers.
        together: How many patterns were put together in one text at most, besides those of one
            rule; 0: all of them, in every combination.
    """

    examples: tuple[Any, ...]
    known: tuple[str, ...]
    tests: tuple[Test, ...] = attrs.field(default=(), repr=False)
    answers: tuple[bool, ...] = attrs.field(default=(), repr=False)
    together: int = attrs.field(default=0, repr=False)

    def __contains__(self, value: Any) -> bool:
        if value is None or value in self.known:
            return False
        return self.answers == _answers(self.tests, value)


Values: TypeAlias = Singleton | Texts | Interval
"""A class of values."""

UNKNOWN = Singleton(None)


def example_of(values: Values, choice: int = 0) -> Any:
    """A value of a class; other choices give other values as long as there are any."""
    return values.examples[choice % len(values.examples)]


def is_single(values: Values) -> bool:
    """Whether the class has one value, so that a text that mentions the fact is known."""
    match values:
        case Interval(low=(low, _), high=(high, _), whole=whole):
            return high - low == (1 if whole else 0)
    return isinstance(values, Singleton)


def classes_of(
    field: Field,
    tests: Sequence[Test],
    *,
    conditions: Sequence[Condition] = (),
    value: Any = None,
) -> tuple[Values, ...]:
    """The classes of a fact's values, resting ones first; together they are all of its values.

    Of a text that rules look into they are those of the texts that were composed.

    Args:
        field: The fact.
        tests: The tests that ask for it.
        conditions: The conditions that the tests are of, so that texts are composed for each.
        value: A text, or a list, that is to have a class in any case.
    """
    kind, tests = field.kind, tuple(dict.fromkeys(tests))
    unknown: tuple[Values, ...] = (UNKNOWN,) if kind.optional else ()
    if kind.many:
        return unknown + tuple(_list_classes(field, tests, value))
    match kind.name:
        case "boolean":
            return (*unknown, Singleton(False), Singleton(True))  # noqa: FBT003 - the values themselves
        case "word":
            return unknown + tuple(Singleton(word) for word in kind.words)
        case "text":
            asked = tuple(test for test in tests if test.constants)
            equal = [test for test in asked if test.op not in TEXT_OPERATORS]
            known = tuple(dict.fromkeys(text for test in equal for text in test.constants))
            others = [Texts(_texts_beside(known, field.name), known)]
            if len(equal) < len(asked):
                others = list(_text_classes(field, asked, known, conditions, value))
            return (*unknown, *others, *map(Singleton, known))
        case _:
            return unknown + tuple(_intervals(field, tests))


def _intervals(field: Field, tests: Iterable[Test]) -> Iterator[Interval]:
    kind = field.kind
    # No bound at NaN: every number answers a comparison with it alike.
    numbers = [
        (test.op, number)
        for test in tests
        for number in test.constants
        if number == number  # noqa: PLR0124
    ]
    bounds: set[Bound] = {(number, 0) for op, number in numbers if op in _OPENS_BEFORE}
    bounds |= {(number, 1) for op, number in numbers if op in _OPENS_BEHIND}
    if kind.whole:  # among whole numbers `> 2`, `> 2.5` and `>= 3` are one
        bounds = {
            (math.floor(number) + 1 if side else math.ceil(number), 0)
            for number, side in bounds
            if _is_finite(number)
        }
    least: Bound | None = None if kind.low is None else (kind.low, 0)
    places = [least, *sorted(bound for bound in bounds if least is None or bound > least), None]
    for low, high in itertools.pairwise(places):
        interval = Interval(low, high, kind.whole)
        if interval.examples:
            yield interval


def _texts_beside(known: Sequence[str], fact: str) -> tuple[str, ...]:
    """Texts that are none of some; no two facts share one, so that texts made of them differ."""
    noun = fact.replace("_", " ")
    found = [f"{word} {noun}" for word in ("some", "another", "one more", "a last")]
    longer = fact + "'" * (1 + max(map(len, known), default=0))  # than every known one
    return tuple(text for text in found if text not in known) or (longer,)


def _is_finite(number: float) -> bool:
    """As `math.isfinite`, for integers past every double too."""
    return -math.inf < number < math.inf


# -- Texts that rules look into --------------------------------------------------------------------

_ALL_TOGETHER = 8
"""Up to so many patterns every combination of them is composed; of more, every two."""

_MOST_PAIRED = 128
"""Of more patterns each is looked for alone, and with the others of its rule."""

_MOST_WAYS = 32
"""Ways to fulfil one condition for which texts are composed."""

_Pattern: TypeAlias = tuple[str, str]
"""A kind, one of `==`, `startswith`, `endswith` and `contains`, and a text."""

_POSITIVE = {"in": "==", "==": "==", "!=": "==", "not in": "==", "lacks": "contains"}
_ASKS_FOR_NONE = frozenset({"!=", "not in", "lacks"})


def _text_classes(
    field: Field,
    tests: tuple[Test, ...],
    known: tuple[str, ...],
    conditions: Sequence[Condition],
    value: str | None,
) -> Iterator[Texts]:
    composed, together = _composed(field, tests, conditions)
    constants = frozenset(known)
    seen: dict[tuple[bool, ...], str] = {}
    for text in (*composed, *(() if value is None else (value,))):
        if text not in constants:
            seen.setdefault(_answers(tests, text), text)
    for answers, text in seen.items():
        yield Texts((text,), known, tests, answers, together)


def _list_classes(
    field: Field, tests: Iterable[Test], value: tuple[str, ...] | None
) -> Iterator[Texts]:
    """The classes of a list: without items, and with each, several and all kinds of items."""
    asked = tuple(test for test in tests if not test.asks_presence)
    of_item = tuple(test.of_item() for test in asked if test.op != "true")
    items: list[Any] = list(field.kind.words)
    if not items:
        items = [
            *_composed(field, of_item, ())[0],
            *(text for test in of_item for text in test.constants),
        ]
    seen: dict[tuple[bool, ...], str] = {}
    for item in items:
        seen.setdefault(_answers(of_item, item), item)
    kinds = tuple(seen.values())
    few = len(kinds) <= _ALL_TOGETHER
    counts = range(len(kinds) + 1) if few else (0, 1, 2, len(kinds))
    classes: dict[tuple[bool, ...], Any] = {}
    found_lists = (each for n in counts for each in itertools.combinations(kinds, n))
    for found in (*(() if value is None else (value,)), *found_lists):
        classes.setdefault(_answers(asked, found), found)
    for answers, found in classes.items():
        yield Texts((found,), (), asked, answers, 0 if few else 2)


def _answers(tests: Iterable[Test], value: Any) -> tuple[bool, ...]:
    """What some tests answer of a value of their fact."""
    facts = {test.fact: value for test in tests}
    return tuple([test.holds(facts) for test in tests])


def _composed(
    field: Field, tests: Sequence[Test], conditions: Sequence[Condition]
) -> tuple[list[str], int]:
    """Texts with none, each and several of the patterns, and how many together at most."""
    alone = {pattern: None for test in tests for pattern in _patterns(test)}
    ways = {
        tuple(dict.fromkeys(way)): None
        for condition in conditions
        for way in itertools.islice(_ways(condition, field.name), _MOST_WAYS)
    }
    first = dict.fromkeys(_patterns(test)[0] for test in tests if test.constants)
    wanted: dict[tuple[_Pattern, ...], None] = {(): None}
    wanted |= dict.fromkeys((pattern,) for pattern in alone)
    wanted |= ways
    if len(alone) <= _ALL_TOGETHER:
        together = 0
        for count in range(2, len(alone) + 1):
            wanted |= dict.fromkeys(itertools.combinations(alone, count))
    else:
        units = tuple(dict.fromkeys((*((pattern,) for pattern in first), *ways)))
        together = 2 if len(units) <= _MOST_PAIRED else 1
        if together > 1:
            wanted |= {one + other: None for one, other in itertools.combinations(units, 2)}
    each = sum(len(test.constants) for test in tests) or 1
    most = max(1, MOST_ANSWERS // (4 * each))  # each text is chosen of three, and asked again
    if len(wanted) > most:
        together = min(together or 2, 1)
        wanted = dict.fromkeys(itertools.islice(wanted, most))
    # A text in which no pattern is found, as far as there is one.
    letters = {letter for _, text in alone for letter in text}
    rare = next((letter for letter in "…~§^|" if letter not in letters), "…")
    asked = [Test("text", kind, (text,) if kind != "==" else text) for kind, text in alone]
    usual = _texts_beside((), field.name)[0]
    filler = min((usual, rare), key=lambda text: sum(_answers(asked, text)))
    return [_text_with(patterns, tests, filler) for patterns in wanted], together


def patterns_text(fact: str, classes: Iterable[Values]) -> str:
    """Which patterns were looked for together in the texts of a fact; empty when it has none."""
    for values in classes:
        if isinstance(values, Texts) and values.tests:
            patterns = {pattern for test in values.tests for pattern in _patterns(test)}
            return f"{fact} with {_COMBINED[values.together].format(count=len(patterns))}"
    return ""


_COMBINED = {
    0: "every combination of {count} patterns",
    1: "none and each of {count} patterns, and those that a rule asks for together",
    2: "none, each and any two of {count} patterns, and those that a rule asks for together",
}


def _patterns(test: Test) -> tuple[_Pattern, ...]:
    """What a text may have for a test to answer yes, or no where it asks for none of them."""
    kind = _POSITIVE.get(test.op, test.op)
    return tuple((kind, text) for text in test.constants)


def _ways(
    condition: Condition, fact: str, *, wanted: bool = True
) -> Iterator[tuple[_Pattern, ...]]:
    """The patterns that a text needs for a condition to hold, whatever else it asks for."""
    match condition:
        case Test():
            needed = (condition.op in _ASKS_FOR_NONE) is not wanted
            if condition.fact != fact or not condition.constants or not needed:
                yield ()
            else:
                yield from ((pattern,) for pattern in _patterns(condition))
        case Not():
            yield from _ways(condition.part, fact, wanted=not wanted)
        case Group():
            if (condition.joint == "and") is wanted:
                parts = (
                    tuple(itertools.islice(_ways(part, fact, wanted=wanted), _MOST_WAYS))
                    for part in condition.parts
                )
                for chosen in itertools.product(*parts):
                    yield tuple(pattern for way in chosen for pattern in way)
            else:
                for part in condition.parts:
                    yield from _ways(part, fact, wanted=wanted)


def _text_with(patterns: Sequence[_Pattern], tests: Sequence[Test], filler: str) -> str:
    """A text with some patterns and, as far as can be, with no others."""
    same = [text for kind, text in patterns if kind == "=="]
    if same:
        return max(same, key=len)
    start = max((text for kind, text in patterns if kind == "startswith"), key=len, default="")
    end = max((text for kind, text in patterns if kind == "endswith"), key=len, default="")
    within = [
        text
        for kind, text in patterns
        if kind == "contains" and text not in start and text not in end
    ]
    within = [
        text
        for index, text in enumerate(within)
        if not any(text in other for other in within[index + 1 :])
        and not any(text in other and text != other for other in within[:index])
    ]
    if not (start or end or within):
        return filler
    lean = " ".join(text for text in (start, *within, end) if text)
    full = " ".join(text for text in (start or filler, *within, end or filler))
    tight = f"{start}{' '.join(within)}{end}"
    return min(dict.fromkeys((lean, full, tight)), key=lambda text: sum(_answers(tests, text)))

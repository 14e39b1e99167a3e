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
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from typing import Any, Final, Literal, TypeAlias, TypeVar

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

_T = TypeVar("_T")


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
    """The numbers, or whole numbers, between two bounds; `None` at the ends of the line."""

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
    """The texts, or lists, besides the known ones that each of some tests answers alike.

    `examples` are some of them, the most telling first.
    """

    examples: tuple[Any, ...]
    known: tuple[str, ...]
    tests: tuple[Test, ...] = attrs.field(default=(), repr=False)
    answers: tuple[bool, ...] = attrs.field(default=(), repr=False)

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


@attrs.frozen
class Partition:
    """The classes of a fact's values, resting ones first; together they are all of its values.

    Of a text, or a list, that rules look into they are those of the ones that were composed:
    `patterns` says of what, and `left_out` is at most how many more there are where these would be
    too many.
    """

    classes: tuple[Values, ...]
    left_out: int = 0
    patterns: str = ""


def partition_of(
    field: Field, tests: Iterable[Test], *, conditions: Sequence[Condition] = (), value: Any = None
) -> Partition:
    """The classes of a fact's values that some tests, which stand in some conditions, tell apart.

    A `value` that is a text, or a list, has a class in any case.
    """
    kind, tests = field.kind, tuple(dict.fromkeys(tests))
    unknown: tuple[Values, ...] = (UNKNOWN,) if kind.optional else ()
    if kind.many or any(test.op in TEXT_OPERATORS for test in tests):
        make = _lists if kind.many else _texts
        found = make(field, tests, conditions, value)
        return attrs.evolve(found, classes=unknown + found.classes)
    classes: Iterable[Values]
    match kind.name:
        case "boolean":
            classes = map(Singleton, (False, True))
        case "word":
            classes = map(Singleton, kind.words)
        case "text":
            known = tuple(dict.fromkeys(text for test in tests for text in test.constants))
            classes = (Texts(_texts_beside(known, field.name), known), *map(Singleton, known))
        case _:
            classes = _intervals(field, tests)
    return Partition((*unknown, *classes))


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


# -- Texts and lists that rules look into ----------------------------------------------------------

_ALL_TOGETHER = 8
"""Up to so many kinds of patterns every combination of them is composed; of more, every two."""

_MOST_WAYS = 32
"""Ways to fulfil one condition for which texts are composed."""

_Pattern: TypeAlias = tuple[str, str]
"""A kind, one of `==`, `startswith`, `endswith` and `contains`, and a text."""

_POSITIVE = {"in": "==", "==": "==", "!=": "==", "not in": "==", "lacks": "contains"}
_ASKS_FOR_NONE = frozenset({"!=", "not in", "lacks"})


def _texts(
    field: Field, tests: Iterable[Test], conditions: Sequence[Condition], value: str | None
) -> Partition:
    """The classes of a text: with none, each and several patterns, then each whole text."""
    asked = tuple(test for test in tests if test.constants)
    patterns = _patterns(asked)
    # A text in which no pattern is found, as far as there is one.
    letters = {letter for _, text in patterns for letter in text}
    rare = next((letter for letter in "…~§^|" if letter not in letters), "…")
    each = [Test("text", kind, (text,) if kind != "==" else text) for kind, text in patterns]
    usual = _texts_beside((), field.name)[0]
    filler = min((usual, rare), key=lambda text: sum(_answers(each, text)))
    compose = functools.partial(_text_with, tests=asked, filler=filler)
    most = _most(asked)
    alike: dict[tuple[bool, ...], _Pattern] = {}
    kind_of: dict[_Pattern, _Pattern | None] = dict.fromkeys(patterns)
    tried = _spread(patterns, most)
    for pattern in tried:
        kind_of[pattern] = alike.setdefault(_answers(asked, compose((pattern,))), pattern)
    missing = len(patterns) - len(tried)
    found, left_out, said = _combined(
        tuple(alike.values()), kind_of, field, conditions, most, missing=missing
    )
    equal = (test for test in asked if test.op not in TEXT_OPERATORS)
    known = tuple(dict.fromkeys(text for test in equal for text in test.constants))
    texts = [*map(compose, found), *([] if value is None else [value])]
    unknown = (text for text in texts if text not in known)
    told = _told_apart(unknown, known, asked)
    classes: tuple[Values, ...] = (*told, *map(Singleton, known))
    return Partition(classes, left_out, said)


def _lists(
    field: Field, tests: Iterable[Test], conditions: Sequence[Condition], value: Any
) -> Partition:
    """The classes of a list: without items, and with each, several and all kinds of items."""
    asked = tuple(test for test in tests if not test.asks_presence)
    of_item = tuple(test.of_item() for test in asked if test.op != "true")
    of_one = partition_of(
        attrs.evolve(field, kind=attrs.evolve(field.kind, many=False, optional=False)), of_item
    )
    most = _most(asked)
    tried = _spread(of_one.classes, most)
    kinds = tuple(example_of(values) for values in _told_apart(map(example_of, tried), (), of_item))
    missing = of_one.left_out + len(of_one.classes) - len(tried)
    patterns = _patterns(of_item)
    kind_of: dict[_Pattern, Any] = dict.fromkeys(patterns)
    for kind, text in _spread(patterns, most):
        test = Test("item", kind, (text,) if kind != "==" else text)
        kind_of[kind, text] = next((one for one in kinds if test.holds({"item": one})), None)
    found, left_out, said = _combined(kinds, kind_of, field, conditions, most, missing=missing)
    classes = _told_apart([*([] if value is None else [value]), *found, kinds], (), asked)
    return Partition(tuple(classes), left_out, said)


def _spread(values: Sequence[_T], most: int) -> Sequence[_T]:
    """At most so many of some values, evenly chosen."""
    return values[:: math.ceil(len(values) / most) or 1]


def _told_apart(
    values: Iterable[Any], known: tuple[str, ...], tests: tuple[Test, ...]
) -> Iterator[Texts]:
    """The classes of some texts, or lists, by what tests answer of each."""
    seen: dict[tuple[bool, ...], Any] = {}
    for value in values:
        seen.setdefault(_answers(tests, value), value)
    return (Texts((value,), known, tests, answers) for answers, value in seen.items())


def _answers(tests: Iterable[Test], value: Any) -> tuple[bool, ...]:
    """What some tests answer of a value of their fact."""
    facts = {test.fact: value for test in tests}
    return tuple([test.holds(facts) for test in tests])


def _patterns(tests: Iterable[Test]) -> tuple[_Pattern, ...]:
    """What a text may have for a test to answer yes, or no where it asks for none of them."""
    found = ((_POSITIVE.get(test.op, test.op), text) for test in tests for text in test.constants)
    return tuple(dict.fromkeys(found))


def _most(tests: Iterable[Test]) -> int:
    """How many texts or lists are composed: each is chosen of three, and asked again.

    Looking for eight texts more takes a test as long as another test.
    """
    each = sum(1 + len(test.constants) // 8 for test in tests) or 1
    return max(1, MOST_ANSWERS // (4 * each))


def _combined(
    kinds: Collection[_T],
    kind_of: Mapping[_Pattern, _T | None],
    field: Field,
    conditions: Sequence[Condition],
    most: int,
    *,
    missing: int = 0,
) -> tuple[list[tuple[_T, ...]], int, str]:
    """Combinations of kinds: none, each and any two; of a few kinds, all combinations.

    What a condition asks for together counts as one kind, unless there are few. The number says how
    many combinations are left out, as they are too many or have a kind that is missing; the text
    says what was combined.
    """
    units: list[tuple[_T, ...]] = [(kind,) for kind in kinds]
    few = len(units) + missing <= _ALL_TOGETHER
    left_out = 0
    if not few:
        ways: dict[tuple[_T, ...], None] = {}
        for condition in conditions:
            found, count = _ways(condition, field, kind_of)
            together = [tuple(dict.fromkeys(way)) for way in found if len(set(way)) > 1]
            ways |= dict.fromkeys(together)
            left_out += count - len(found) if together else 0
        units += ways
    counts = range(len(units) + 1 if few else 3)
    joined = (
        tuple(itertools.chain(*each)) for n in counts for each in itertools.combinations(units, n)
    )
    total, made = (sum(math.comb(n, k) for k in counts) for n in (len(units) + missing, len(units)))
    left_out += total - min(made, most)
    said = f"{field.name} with {{}} of {len(kind_of)} patterns"
    if left_out:
        said = said.format("some combinations")
    elif few:
        said = said.format("every combination")
    else:
        said = said.format("none, each and any two") + ", and those that a rule asks for together"
    return list(itertools.islice(joined, most)), left_out, said if kind_of else ""


def _ways(
    condition: Condition,
    field: Field,
    kind_of: Mapping[_Pattern, _T | None],
    *,
    wanted: bool = True,
) -> tuple[list[tuple[_T, ...]], int]:
    """Ways to make a condition hold, each the kinds that a text or a list has to have then.

    The number says how many ways there are; of too many only some are listed, longer ones first.
    """
    ways: list[tuple[_T, ...]]
    match condition:
        case Test():
            needed = (condition.op in _ASKS_FOR_NONE) is not wanted
            if condition.fact != field.name or not condition.constants or not needed:
                return [()], 1
            patterns = _patterns([condition.of_item() if field.kind.many else condition])
            found = dict.fromkeys(kind_of[pattern] for pattern in patterns)
            ways = [(kind,) for kind in found if kind is not None]
            count = len(ways)
        case Not():
            return _ways(condition.part, field, kind_of, wanted=not wanted)
        case Group():
            parts = [_ways(part, field, kind_of, wanted=wanted) for part in condition.parts]
            if (condition.joint == "and") is wanted:
                chosen = itertools.product(*(listed for listed, _ in parts))
                few = itertools.islice(chosen, _MOST_WAYS)
                ways = [tuple(itertools.chain(*each)) for each in few]
                count = math.prod(number for _, number in parts)
            else:
                ways = [way for listed, _ in parts for way in listed]
                count = sum(number for _, number in parts)
    if len(ways) > _MOST_WAYS:
        ways = sorted(ways, key=len, reverse=True)[:_MOST_WAYS]
    return ways, count


def _text_with(patterns: Sequence[_Pattern], tests: Sequence[Test], filler: str) -> str:
    """A text with some patterns and, as far as can be, with no others."""
    same = [text for kind, text in patterns if kind == "=="]
    if same:
        return max(same, key=len)
    start = max((text for kind, text in patterns if kind == "startswith"), key=len, default="")
    end = max((text for kind, text in patterns if kind == "endswith"), key=len, default="")
    looked_for = dict.fromkeys(text for kind, text in patterns if kind == "contains")
    within = [
        text
        for text in looked_for
        if not any(text in other for other in (start, end))
        and not any(text in other for other in looked_for if other != text)
    ]
    if not (start or end or within):
        return filler
    lean = " ".join(text for text in (start, *within, end) if text)
    full = " ".join(text for text in (start or filler, *within, end or filler))
    tight = f"{start}{' '.join(within)}{end}"
    return min(dict.fromkeys((lean, full, tight)), key=lambda text: sum(_answers(tests, text)))

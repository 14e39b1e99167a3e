"""Conditions: the `when` of a rule, as a tree that is asked, compiled and explained.

A condition is a boolean subset of Python: `and`, `or`, `not`, a boolean fact on its own,
`fact op constant-or-param` with one of `== != < <= > >= in`, `not in`, and `fact is None` or
`fact is not None`. A text can be looked into with `fact.startswith('a')`, `fact.endswith('a')`,
`'a' in fact` and `'a' not in fact`, where `['a', 'b']` or a param that is a list stands for any of
its texts; letters count as they are written. A list on its own holds when anything is in it,
`'a' in fact` asks for an item, and `any(x.startswith('a') for x in fact)` or `all(…)` ask of all
items. There is nothing else: no arithmetic, no chained comparisons, no other calls.

A comparison with an unknown fact (`None`) is false whatever its operator, and an unknown boolean
fact is false; `not` turns that around like any other false.
"""

from __future__ import annotations

import operator
from collections.abc import Callable, Collection, Iterator, Mapping
from typing import Any, Final, Literal

import attrs

from launchfsm.engine.text import MOST_SHOWN

Facts = Mapping[str, Any]
"""Values by fact name; `None` is unknown."""


def contains_any(value: str | tuple[str, ...], texts: tuple[str, ...]) -> bool:
    """Whether a text, or a list, contains any of some texts."""
    for text in texts:  # noqa: SIM110 - in a third of the time
        if text in value:
            return True
    return False


_OPERATORS: Mapping[str, Callable[[Any, Any], bool]] = {
    "==": operator.eq,
    "!=": operator.ne,
    "<": operator.lt,
    "<=": operator.le,
    ">": operator.gt,
    ">=": operator.ge,
    "in": lambda value, listed: value in listed,
    "not in": lambda value, listed: value not in listed,
    "is": operator.is_,
    "is not": operator.is_not,
    "true": lambda value, _: bool(value),
    "startswith": str.startswith,
    "endswith": str.endswith,
    "contains": contains_any,
    "lacks": lambda value, texts: not contains_any(value, texts),
}
"""What a test asks of a known fact and of its own value."""
_WRITTEN: Mapping[str, str] = {
    "true": "{fact}",
    "startswith": "{fact}.startswith({value})",
    "endswith": "{fact}.endswith({value})",
    "contains": "{value} in {fact}",
    "lacks": "{value} not in {fact}",
}
"""How a rule file writes an operator that does not stand between fact and value."""
PRESENCE: Final = frozenset({"is", "is not"})
AFFIXES: Final = ("startswith", "endswith")
CONTAINMENT: Final = {"contains": "in", "lacks": "not in"}
TEXT_OPERATORS: Final = frozenset({*AFFIXES, *CONTAINMENT})
"""The operators of a `Test` that look into a text; its value is the tuple of texts looked for."""
COMPARISONS: Final = _OPERATORS.keys() - _WRITTEN.keys()
_FALSE_OF_NONE = frozenset({"==", "in"})  # Python itself says False when the left side is None


@attrs.frozen
class Test:
    """One question about one fact: the leaf of every condition.

    Attributes:
        op: A comparison, `is`/`is not` (against `None`), `true` for a boolean on its own, or one of
            `TEXT_OPERATORS`.
        value: As facts carry it: durations in ms, lists as tuples. For a text operator always a
            tuple of texts, any of which will do.
        shown: The value as rule files write it.
        param: The param that holds the value; empty for a constant.
        each: Set for a question about the items of a list, of which the rule file calls one `item`.
    """

    __test__ = False  # pytest: this is no test class

    fact: str
    op: str
    value: Any = None
    shown: str = ""
    param: str = ""
    each: Literal["", "any", "all"] = ""
    item: str = attrs.field(default="", eq=False)

    @property
    def asks_presence(self) -> bool:
        """Whether it only asks if the fact is known."""
        return self.op in PRESENCE

    @property
    def constants(self) -> tuple[Any, ...]:
        """What the fact is compared with; nothing when it is asked for presence or truth."""
        if self.asks_presence or self.op == "true":
            return ()
        return self.value if isinstance(self.value, tuple) else (self.value,)

    def holds(self, facts: Facts) -> bool:
        """Whether the question is answered yes; an unknown fact answers only `is None`."""
        value, asks = facts[self.fact], _OPERATORS[self.op]
        if value is None and not self.asks_presence:
            return False
        if self.each:
            join = any if self.each == "any" else all
            return join(asks(item, self.value) for item in value)
        return asks(value, self.value)

    def of_item(self) -> Test:
        """What a question about a list asks of one item."""
        if self.each:
            return attrs.evolve(self, fact=self.item, each="")
        return attrs.evolve(self, op=CONTAINMENT[self.op])

    def code(self, constant: Callable[[Any], str]) -> str:
        """The Python expression of a compiled table; `constant` names a constant's place."""
        if self.asks_presence or self.op == "true":
            return self.text()
        if self.each:
            asked = attrs.evolve(self, fact="_item", each="").code(constant)
            items = f"{asked} for _item in {self.fact}"
            return f"({self.fact} is not None and _{self.each}({items}))"
        if self.op in CONTAINMENT and len(self.value) != 1:
            asks = constant(_OPERATORS[self.op])
            compared = f"{asks}({self.fact}, {constant(self.value)})"
        else:
            value = self.value[0] if self.op in CONTAINMENT else self.value
            compared = self._written(constant(value))
        return (
            compared if self.op in _FALSE_OF_NONE else f"({self.fact} is not None and {compared})"
        )

    def tests(self) -> Iterator[Test]:
        """The leaves, in order."""
        yield self

    def text(self) -> str:
        """As a rule file writes it."""
        if self.each:
            return f"{self.each}({self.of_item().text()} for {self.item} in {self.fact})"
        return self._written(self.param or self.shown)

    def _written(self, value: str) -> str:
        return _WRITTEN.get(self.op, "{fact} {op} {value}").format(
            fact=self.fact, op=self.op, value=value
        )


@attrs.frozen
class Not:
    """The opposite of a condition."""

    part: Condition

    def holds(self, facts: Facts) -> bool:
        """Whether the part does not hold."""
        return not self.part.holds(facts)

    def code(self, constant: Callable[[Any], str]) -> str:
        """The Python expression of a compiled table."""
        return f"(not {self.part.code(constant)})"

    def tests(self) -> Iterator[Test]:
        """The leaves, in order."""
        return self.part.tests()

    def text(self) -> str:
        """As a rule file writes it."""
        inner = self.part.text()
        return f"not ({inner})" if isinstance(self.part, Group) else f"not {inner}"


@attrs.frozen
class Group:
    """Conditions joined by `and` or `or`. The empty `and` always holds: a rule without `when`."""

    joint: Literal["and", "or"]
    parts: tuple[Condition, ...]

    def holds(self, facts: Facts) -> bool:
        """Whether every part holds, or at least one."""
        join = all if self.joint == "and" else any
        return join(part.holds(facts) for part in self.parts)

    def code(self, constant: Callable[[Any], str]) -> str:
        """The Python expression of a compiled table."""
        if not self.parts:
            return str(self.joint == "and")
        return f"({f' {self.joint} '.join(part.code(constant) for part in self.parts)})"

    def tests(self) -> Iterator[Test]:
        """The leaves, in order."""
        for part in self.parts:
            yield from part.tests()

    def text(self) -> str:
        """As a rule file writes it."""
        return f" {self.joint} ".join(
            f"({part.text()})" if isinstance(part, Group) else part.text() for part in self.parts
        )


Condition = Test | Not | Group
ALWAYS = Group("and", ())


def whatever(
    condition: Condition, facts: Mapping[str, Any], missing: Collection[str]
) -> bool | None:
    """Whether a condition holds whatever the missing facts are.

    `None` when it may depend on them; which does not ask whether parts of it exclude each other.
    """
    match condition:
        case Test():
            return None if condition.fact in missing else condition.holds(facts)
        case Not(part=part):
            inner = whatever(part, facts, missing)
            return None if inner is None else not inner
        case Group(joint=joint, parts=parts):
            found = [whatever(part, facts, missing) for part in parts]
            decisive = joint == "or"
            if decisive in found:
                return decisive
            return None if None in found else not decisive


@attrs.frozen
class FailedTest:
    """One test that keeps a condition from holding: what it asks for, and what its fact is."""

    wanted: str
    fact: str
    value: Any


def unmet(condition: Condition, facts: Facts, *, wanted: bool = True) -> tuple[FailedTest, ...]:
    """The tests that keep a condition from being `wanted`; empty when it already is.

    Of an `and` only the parts that fail are named; of a failing `or` all are, since any would do.
    """
    if condition.holds(facts) is wanted:
        return ()
    match condition:
        case Test():
            text = (condition if wanted else Not(condition)).text()
            shown = condition.shown
            shown = shown if len(shown) <= MOST_SHOWN else f"{shown[:MOST_SHOWN]}…"
            param = f" ({shown})" if condition.param else ""
            return (FailedTest(f"{text}{param}", condition.fact, facts[condition.fact]),)
        case Not(part=part):
            return unmet(part, facts, wanted=not wanted)
        case Group(parts=parts):
            return tuple(found for part in parts for found in unmet(part, facts, wanted=wanted))

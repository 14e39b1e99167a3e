"""Rules, the tables they stand in, and the policy that holds the tables.

Here: the objects, checked and ready. Not here: reading them from TOML (`loading`), turning them
into functions (`compiling`), applying and explaining them (`engine`).
"""

from __future__ import annotations

import functools
from collections.abc import Callable, Iterator, Mapping
from typing import Any, Literal

import attrs

from launchfsm.policy.conditions import Condition
from launchfsm.policy.faults import Place
from launchfsm.policy.points import DecisionPoint, F, R

HitPolicy = Literal["first", "unique", "collect"]
"""Which firing rules answer: the first in file order, the only one, or all of them."""


@attrs.frozen
class Template:
    """A text of an outcome: literal parts, and the names of facts or params between them.

    Attributes:
        source: As the rule file writes it.
        parts: Pairs (literal, name); the name is `""` behind the last literal.
    """

    source: str
    parts: tuple[tuple[str, str], ...]

    def names(self) -> Iterator[str]:
        """The facts and params that the text mentions."""
        return (name for _, name in self.parts if name)


@attrs.frozen
class RuleTest:
    """An inline test of one rule, or of a whole table.

    Attributes:
        facts: Every fact of the decision point, those left out at their resting value.
        fires: Whether the rule's condition holds; `None` for a test of the table.
        decides: The id of the rule that wins, or `"nothing"`; `None` when not asked.
        then: Fields that the table's outcome must have; empty when not asked.
        place: Where the test stands.
    """

    facts: Mapping[str, Any]
    fires: bool | None
    decides: str | None
    then: Mapping[str, Any]
    place: Callable[[], Place] = attrs.field(eq=False, repr=False)


@attrs.frozen
class Rule:
    """One row of a decision table.

    Attributes:
        id: Its name, unique in the table.
        when: The condition; the empty `and` when the rule always fires.
        then: Field name to constant or `Template`; the fields left out take their default.
        why: The author's reason, shown by explanations; may be empty.
        tests: The inline tests below it.
        origin: The name of the policy that wrote it last.
        place: Where it stands.
    """

    id: str
    when: Condition
    then: Mapping[str, Any]
    why: str
    tests: tuple[RuleTest, ...]
    origin: str
    place: Callable[[], Place] = attrs.field(eq=False, repr=False)

    def reads(self) -> tuple[str, ...]:
        """The facts that the condition asks for, each once, in order."""
        return tuple(dict.fromkeys(test.fact for test in self.when.tests()))


@attrs.frozen(eq=False)
class Table:
    """A decision table: one decision point's rules, in the order in which they are tried.

    Attributes:
        point: The decision point that it answers.
        hit: Its hit policy.
        params: Params by name, as facts carry them where a condition compares with them.
        rules: The rules.
        tests: Tests of the table as a whole.
        decide: The compiled table: facts to outcome, or to a tuple of outcomes for *collect*.
    """

    point: DecisionPoint[Any, Any]
    hit: HitPolicy
    params: Mapping[str, Any]
    rules: tuple[Rule, ...]
    tests: tuple[RuleTest, ...]
    decide: Callable[[Any], Any]

    @functools.cached_property
    def reads(self) -> frozenset[str]:
        """The facts that any of its conditions or texts ask for."""
        fields = self.point.fact_fields
        asked = {fact for rule in self.rules for fact in rule.reads()}
        for rule in self.rules:
            for value in rule.then.values():
                asked.update(name for name in template_names(value) if name in fields)
        return frozenset(asked)


def template_names(value: object) -> Iterator[str]:
    """The names that an outcome's value mentions: none for a constant."""
    if isinstance(value, Template):
        yield from value.names()
    elif isinstance(value, tuple):
        for item in value:
            yield from template_names(item)


@attrs.frozen(eq=False)
class Policy:
    """A set of decision tables, one for each decision point; made by `load_policy`.

    Attributes:
        name: As its `policy.toml` says.
        description: One or two sentences.
        lineage: The names of the policies that it extends, itself first.
        tables: By table name.
    """

    name: str
    description: str
    lineage: tuple[str, ...]
    tables: Mapping[str, Table]

    def decider(self, point: DecisionPoint[F, R]) -> Callable[[F], R]:
        """The compiled function that answers at a decision point."""
        return self.tables[point.name].decide

    def param(self, point: DecisionPoint[Any, Any], name: str) -> Any:
        """A param that evaluation itself reads; durations in ms.

        Raises:
            KeyError: The decision point declares no such param.
        """
        return self.tables[point.name].params[name]

    def reads(self, point: DecisionPoint[Any, Any], fact: str) -> bool:
        """Whether any rule at the point asks for the fact, so that a costly one may be skipped."""
        return fact in self.tables[point.name].reads

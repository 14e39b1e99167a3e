"""Rules, the tables they stand in, and the policy that holds the tables.

Here: the objects, checked and ready. Not here: reading them from TOML (`loading`), turning them
into functions (`compiling`), applying and explaining them (`engine`), running their tests
(`testing`).
"""

from __future__ import annotations

import functools
from collections.abc import Callable, Hashable, Mapping
from typing import Any, Literal

import attrs

from launchfsm.engine.compiling import compile_table
from launchfsm.engine.conditions import Condition
from launchfsm.engine.decision import Decision, F, R
from launchfsm.engine.templates import template_names
from launchfsm.policy.diagnostics import Place

HitPolicy = Literal["first", "unique", "collect"]
"""Which firing rules answer: the first in file order, the only one, or all of them."""

NOTHING = "nothing"
"""What a test of a table writes for the winner when no rule may answer."""


@attrs.frozen
class RuleTest:
    """An inline test of one rule, or of a whole table.

    Attributes:
        facts: Every fact of the decision point, those left out at their resting value.
        fires: Whether the rule's condition holds; `None` for a test of the table.
        decides: The id of the only rule that answers, or `NOTHING`; `None` when not asked.
        then: Fields that the table's outcome must have, of several outcomes one of them; empty
            when not asked.
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

    def mentions(self) -> tuple[str, ...]:
        """The facts that the texts of the outcome mention, each once, in order."""
        return tuple(
            dict.fromkeys(fact for value in self.then.values() for fact in template_names(value))
        )


@attrs.frozen(eq=False)
class Table:
    """A decision table: one decision point's rules, in the order in which they are tried.

    Attributes:
        point: The decision point that it answers.
        hit: Its hit policy.
        params: Params by name: as facts carry them where the point declares them, else as TOML has
            them.
        rules: The rules.
        tests: Tests of the table as a whole.
    """

    point: Decision[Any, Any]
    hit: HitPolicy
    params: Mapping[str, Any]
    rules: tuple[Rule, ...]
    tests: tuple[RuleTest, ...]

    @functools.cached_property
    def decide(self) -> Callable[[Any], Any]:
        """The compiled table: facts to outcome, or to a tuple of outcomes for *collect*.

        Compiled when somebody asks the first question, so that loading a policy does not pay for
        tables that nobody asks.
        """
        return compile_table(self.point, self.hit, self.rules)

    @functools.cached_property
    def reads(self) -> frozenset[str]:
        """The facts that any of its conditions or texts ask for."""
        return frozenset(fact for rule in self.rules for fact in (*rule.reads(), *rule.mentions()))

    @functools.cached_property
    def classes(self) -> Mapping[str, Callable[[Any], Hashable]]:
        """By fact, the class of a known value: the table cannot tell apart the values of one."""
        return {fact: self._class_of(fact) for fact in self.point.fact_fields}

    def _class_of(self, fact: str) -> Callable[[Any], Hashable]:
        if any(fact in rule.mentions() for rule in self.rules):
            return lambda value: value
        tests = {test for rule in self.rules for test in rule.when.tests() if test.fact == fact}
        asked = [test for test in tests if not test.asks_presence]
        return lambda value: tuple([test.holds({fact: value}) for test in asked])


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

    def decider(self, point: Decision[F, R]) -> Callable[[F], R]:
        """The compiled function that answers at a decision point."""
        return self.tables[point.name].decide

    def param(self, point: Decision[Any, Any], name: str) -> Any:
        """A param that evaluation itself reads; durations in ms.

        Raises:
            KeyError: The decision point declares no such param.
        """
        return self.tables[point.name].params[name]

    @functools.cached_property
    def needs(self) -> frozenset[str]:
        """What has to be looked at for the facts that its rules ask for (`Doc.needs`)."""
        return frozenset(
            need
            for table in self.tables.values()
            for name, field in table.point.fact_fields.items()
            if name in table.reads
            for need in field.needs
        )

    def reads(self, point: Decision[Any, Any], *facts: str) -> bool:
        """Whether any rule at the point asks for any of the facts, so that costly ones may wait."""
        return not self.tables[point.name].reads.isdisjoint(facts)

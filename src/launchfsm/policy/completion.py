"""Completion: facts that may be left out, as what is asked does not depend on them."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from typing import Any, Final

from launchfsm.engine.conditions import whatever
from launchfsm.engine.decision import Decision
from launchfsm.engine.table import Rule, Table
from launchfsm.engine.templates import template_names

MOST_ASKED: Final = 5_000_000
"""Conditions, and parts of them and of texts, that a policy's tests ask at most.

While the policy is loaded those count that leave facts open; while its tests are run, all of them.
"""

Facts = dict[str, Any]


def at_rest(decision: Decision[Any, Any], given: Mapping[str, Any]) -> tuple[Facts, frozenset[str]]:
    """All facts, those left out at rest and totals as their sum, and the names of the open ones.

    A fact is open when it has no resting value, or cannot be at rest beside what is given.
    """
    facts = {name: field.default for name, field in decision.fact_fields.items()} | dict(given)
    for declared in decision.counted:
        if declared.total not in given:
            facts[declared.total] = sum(facts[part] for part in declared.parts)
    missing = set(_unsaid(decision, facts))
    said = {*given, *(declared.total for declared in decision.sums)}
    for condition in decision.required:
        if not condition.holds(facts):
            missing |= {test.fact for test in condition.tests()} - said
    return facts, frozenset(missing)


def completed(
    table: Table,
    facts: Facts,
    missing: frozenset[str],
    *,
    rule: Rule | None = None,
    then: Collection[str] = (),
) -> tuple[Facts, frozenset[str], tuple[str, ...]]:
    """Give open facts some value where the answer does not depend on them.

    Args:
        rule: The rule of which it is asked whether it fires; `None`: which rules answer.
        then: The fields of the outcome that are asked for.

    Returns:
        The facts; the names of those that could as well be something else; and of those that have
        to be given.
    """
    decision = table.decision
    missing -= set(_needed(table, facts, missing, rule, then))
    facts = facts | {name: decision.fact_fields[name].resting for name in missing}
    return facts, missing, tuple(_unsaid(decision, facts))


def cost(table: Table, rule: Rule | None, then: Collection[str]) -> int:
    """How many conditions, and parts of them and of texts, `completed` asks at most."""
    return rule.size if rule is not None and _alone(table, then) else table.size


def _alone(table: Table, then: Collection[str]) -> bool:
    """Whether a test of a rule asks that rule only."""
    return not then and table.hit != "unique"


def _unsaid(decision: Decision[Any, Any], facts: Mapping[str, Any]) -> Iterable[str]:
    """The facts that nobody gave and that are never unknown."""
    fields = decision.fact_fields
    return (
        name for name, value in facts.items() if value is None and not fields[name].kind.optional
    )


def _needed(
    table: Table,
    facts: Mapping[str, Any],
    missing: Collection[str],
    rule: Rule | None,
    then: Collection[str],
) -> Iterable[str]:
    """The facts on which an answer may depend, missing ones and others."""
    if rule is not None and whatever(rule.when, facts, missing) is None:
        yield from rule.reads()
    if rule is not None and _alone(table, then):
        return
    for other in table.rules:
        fires = whatever(other.when, facts, missing)
        if fires is None:
            yield from other.reads()
        elif fires:
            for name in then:
                yield from template_names(other.then.get(name))
            if table.hit == "first":
                return

"""Completion: facts that may be left out, as what is asked does not depend on them."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from typing import Any

from launchfsm.engine.conditions import whatever
from launchfsm.engine.decision import Decision
from launchfsm.engine.table import Rule, Table
from launchfsm.engine.templates import template_names


def completed(
    table: Table,
    given: Mapping[str, Any],
    *,
    rule: Rule | None = None,
    then: Collection[str] = (),
) -> tuple[dict[str, Any], frozenset[str], tuple[str, ...]]:
    """Every fact, some of which are given.

    Args:
        table: The table that is asked.
        given: The facts that are given.
        rule: The rule of which it is asked whether it fires; `None`: which rules answer.
        then: The fields of the outcome that are asked for.

    Returns:
        The facts: those given, totals that are not as their sum, the others at rest; the names of
        those that could as well be something else; and of those that have to be given.
    """
    decision, fields = table.decision, table.decision.fact_fields
    facts = {name: field.default for name, field in fields.items()} | dict(given)
    for declared in decision.counted:
        if declared.total not in given:
            facts[declared.total] = sum(facts[part] for part in declared.parts)
    # What has no resting value, or cannot be at rest beside what is given, may be left out where
    # what is asked does not depend on it.
    missing = {name for name in _unsaid(decision, facts) if name not in given}
    said = {*given, *(declared.total for declared in decision.sums)}
    for condition in decision.required:
        if not condition.holds(facts):
            missing |= {test.fact for test in condition.tests()} - said
    if missing:
        missing -= set(_needed(table, facts, missing, rule, then))
        facts |= {name: fields[name].resting for name in missing}
    return facts, frozenset(missing), tuple(_unsaid(decision, facts))


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
    """The facts of some missing ones, and others, that an answer may depend on."""
    conditions = [] if rule is None else [rule.when]
    winners: list[Rule] = []
    if rule is None or then or table.hit == "unique":
        for other in table.rules:
            conditions.append(other.when)
            if fires := whatever(other.when, facts, missing):
                winners.append(other)
            if fires and table.hit == "first":
                break
    for condition in conditions:
        if whatever(condition, facts, missing) is None:
            yield from (test.fact for test in condition.tests())
    for winner in winners:
        for name in then:
            yield from template_names(winner.then.get(name))

"""Completion: facts that may be left out, as what is asked does not depend on them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from launchfsm.engine.conditions import whatever
from launchfsm.engine.templates import template_names

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping, Sequence

    from launchfsm.engine.decision import Decision
    from launchfsm.engine.table import HitPolicy, Rule


def added_up(decision: Decision[Any, Any], given: Mapping[str, Any]) -> dict[str, Any]:
    """Every fact: those given, totals that are not as their sum, and the others at rest."""
    facts = {name: field.default for name, field in decision.fact_fields.items()} | dict(given)
    for declared in decision.counted:
        if declared.total not in given:
            facts[declared.total] = sum(facts[part] for part in declared.parts)
    return facts


def left_out(decision: Decision[Any, Any], given: Mapping[str, Any]) -> frozenset[str]:
    """The facts that a test has to say something of, unless it does not depend on them.

    Those that are never unknown and have no resting value; and those that cannot be at rest beside
    what is given, so that a precondition is broken.
    """
    fields, facts = decision.fact_fields, added_up(decision, given)
    missing = {
        name
        for name, field in fields.items()
        if name not in given and field.default is None and not field.kind.optional
    }
    said = {*given, *(declared.total for declared in decision.sums)}
    for condition in decision.required:
        if not condition.holds(facts):
            missing |= {test.fact for test in condition.tests()} - said
    return frozenset(missing)


def needed(
    facts: Mapping[str, Any],
    missing: frozenset[str],
    rules: Sequence[Rule],
    hit: HitPolicy,
    *,
    rule: Rule | None = None,
    then: Collection[str] = (),
) -> frozenset[str]:
    """The facts of some missing ones that an answer may depend on.

    Args:
        facts: What is known.
        missing: The facts that are not.
        rules: The rules of the table.
        hit: The table's hit policy.
        rule: The rule of which it is asked whether it fires; `None`: which rules answer.
        then: The fields of the outcome that are asked for.
    """
    conditions = [] if rule is None else [rule.when]
    winners: list[Rule] = []
    if rule is None or then or hit == "unique":
        for other in rules:
            conditions.append(other.when)
            if fires := whatever(other.when, facts, missing):
                winners.append(other)
            if fires and hit == "first":
                break
    asked = {
        one.fact
        for condition in conditions
        if whatever(condition, facts, missing) is None
        for one in condition.tests()
    }
    for winner in winners:
        for name in then:
            asked |= set(template_names(winner.then.get(name)))
    return frozenset(asked & missing)

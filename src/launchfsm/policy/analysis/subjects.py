"""Subjects: the rules and examples that reports speak of, made from tables and situations."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import attrs

from launchfsm.policy.analysis.render import facts_text
from launchfsm.policy.analysis.reports import Example, RuleRef, Side

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from launchfsm.engine.decision import Decision
    from launchfsm.engine.table import Rule, Table


def rule_ref(rule: Rule) -> RuleRef:
    """A rule as reports name it."""
    return RuleRef(id=rule.id, place=rule.place().text(), origin=rule.origin)


def rule_refs(rules: Iterable[Rule]) -> tuple[RuleRef, ...]:
    """Rules as reports name them."""
    return tuple(rule_ref(rule) for rule in rules)


def example_of(point: Decision[Any, Any], facts: Mapping[str, Any]) -> Example:
    """Facts as reports show them."""
    return Example(facts=facts, written=facts_text(point, facts))


def side_of(policy: str, table: Table, facts: Mapping[str, Any]) -> Side:
    """What a table answers to facts, asked of the table itself."""
    return Side(
        policy=policy, rules=rule_refs(winners(table, facts)), outcome=outcome_of(table, facts)
    )


def winners(table: Table, facts: Mapping[str, Any]) -> tuple[Rule, ...]:
    """The rules that answer: the first that fires, or all that do under *collect*."""
    fired = tuple(rule for rule in table.rules if rule.when.holds(facts))
    return fired if table.hit == "collect" else fired[:1]


def outcome_of(table: Table, facts: Mapping[str, Any]) -> Any:
    """What a table answers to facts, as JSON has it; `None` when it has no answer."""
    outcome = table.decide(table.point.facts(**facts))
    if table.hit == "collect":
        return [_said(answer) for answer in outcome]
    return None if outcome is None else _said(outcome)


def _said(outcome: Any) -> dict[str, Any]:
    return {
        name: list(value) if isinstance(value, tuple) else value
        for name, value in attrs.asdict(outcome, recurse=False).items()
        if value is not None
    }

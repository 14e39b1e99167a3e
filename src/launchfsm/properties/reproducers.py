"""Pasting: a situation of a table as inline tests, ready to stand in the table's file.

Here: facts and answers as TOML, and the rules that answered. Not here: launches, which are pasted
as Python (`launches`).
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import attrs

from launchfsm.engine.types import write_value
from launchfsm.policy.analysis.render import table_text
from launchfsm.policy.analysis.subjects import outcome_of, rule_ref, winners

if TYPE_CHECKING:
    from collections.abc import Mapping

    from launchfsm.engine.table import Rule, Table


def inline_test(table: Table, facts: Mapping[str, Any], comment: str = "") -> str:
    """An inline test of the table as it is: it passes today, and fails once the flaw is gone.

    Args:
        table: The table.
        facts: Every fact of its decision point.
        comment: What to write above it.
    """
    lines = [f"# {comment}"] if comment else []
    fields = table.point.fact_fields
    known = {
        name: write_value(fields[name].kind, value)
        for name, value in facts.items()
        if value != fields[name].default
    }
    lines += ["[[test]]", f"facts = {table_text(known)}"]
    won = winners(table, facts)
    if len(won) > 1:
        lines.append(f"then = {_answer_text(table, outcome_of(table, facts)[0])}")
    else:
        lines.append(f'decides = "{won[0].id if won else "nothing"}"')
    return "\n".join(lines)


def won_text(table: Table, facts: Mapping[str, Any]) -> tuple[str, ...]:
    """The rules that answer to facts, each with its place and what came of it."""
    answers = table.decide(table.point.facts(**facts))
    answers = answers if table.point.collect else (answers,)
    won = winners(table, facts)
    if not won:
        return ("no rule",)
    return tuple(
        f"{_named(rule)} -> {_answer_text(table, attrs.asdict(answer, recurse=False))}"
        for rule, answer in zip(won, answers, strict=True)
    )


def _named(rule: Rule) -> str:
    return rule_ref(rule).text()


def _answer_text(table: Table, answer: Mapping[str, Any]) -> str:
    """An answer as a rule's `then` writes it, without the fields at their default."""
    fields = table.point.outcome_fields
    return table_text(
        {
            name: write_value(fields[name].kind, value)
            for name, value in answer.items()
            if fields[name].required or value != fields[name].default
        }
    )

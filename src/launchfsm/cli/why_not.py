"""Why not: what would have to be different about a team for a rule to win.

Here: from the rule that a person names to the decisions that it is asked of. Not here: working out
the answer (`launchfsm.policy.analysis`), or the command (`explain`).
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import attrs
import click

from launchfsm.cli.escaping import shown, shown_lines
from launchfsm.engine.engine import TracedDecision
from launchfsm.engine.types import did_you_mean
from launchfsm.policy.analysis import WhyNot, why_not

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from launchfsm.engine.table import Policy, Table
    from launchfsm.evaluation.evaluator import Evaluation


@attrs.frozen
class SubjectWhyNot:
    """The answer for one decision.

    Attributes:
        subject: Whom or what the decision is about; empty for the launch as a whole.
        answer: What would have to be different.
    """

    subject: str
    answer: WhyNot


def why_not_of(
    evaluation: Evaluation, rule: str, about: str | None = None
) -> tuple[SubjectWhyNot, ...]:
    """The answers for each decision that the rule could have won, alike ones once.

    Args:
        evaluation: What was evaluated.
        rule: `table.rule`, or the rule alone where one table has it.
        about: The member or other subject to which the answer is confined.

    Raises:
        ClickException: There is no such rule, or nothing was decided about such a subject.
    """
    table, name = _named(evaluation.policy, rule)
    asked = [
        entry
        for entry in evaluation.record()
        if isinstance(entry, TracedDecision) and entry.table is table
    ]
    answers = (
        SubjectWhyNot(decision.subject, why_not(table, decision.known, name))
        for decision in _about(asked, table, about)
    )
    return tuple(dict.fromkeys(answers))


def why_not_text(answers: Iterable[SubjectWhyNot], rule: str) -> str:
    """The answers for people."""
    blocks = [
        f"{shown(found.subject)}:\n{shown_lines(found.answer.text())}"
        if found.subject
        else shown_lines(found.answer.text())
        for found in answers
    ]
    if not blocks:
        return f"{shown(rule)} was not tried: its table was not asked anything about this team"
    return "\n\n".join(blocks)


def _about(asked: list[TracedDecision], table: Table, about: str | None) -> list[TracedDecision]:
    if about is None:
        return asked
    chosen = [decision for decision in asked if about in _subjects(decision)]
    if not chosen:
        known = list(dict.fromkeys(name for decision in asked for name in _subjects(decision)))
        listed = ", ".join(shown(name) for name in known) or "nobody in particular"
        raise click.ClickException(
            f"table {table.point.name!r} decided nothing about {shown(about)!r}"
            f"{shown(did_you_mean(about, known))}; it did about: {listed}"
        )
    return chosen


def _subjects(decision: TracedDecision) -> Iterator[str]:
    """A subject as it is, and the last part of one such as `launch snapshot, ada`."""
    if decision.subject:
        yield decision.subject
        _, comma, last = decision.subject.partition(", ")
        if comma:
            yield last


def _named(policy: Policy, text: str) -> tuple[Table, str]:
    """The table and the id that a person means."""
    name, _, rest = text.partition(".")
    table = policy.tables.get(name)
    if table is not None and rest in _ids(table):
        return table, rest
    having = [table for table in policy.tables.values() if text in _ids(table)]
    if len(having) == 1:
        return having[0], text
    if having:
        full = ", ".join(f"{table.point.name}.{text}" for table in having)
        raise click.ClickException(f"more than one table has a rule {shown(text)!r}: {full}")
    raise click.ClickException(shown(_unknown(policy, text, table)))


def _unknown(policy: Policy, text: str, table: Table | None) -> str:
    if table is not None:
        rest = text.partition(".")[2]
        ids = _ids(table)
        near = did_you_mean(rest, ids)
        return f"table {table.point.name!r} has no rule {rest!r}{near}; rules: {', '.join(ids)}"
    known = [
        name
        for table in policy.tables.values()
        for rule in _ids(table)
        for name in (rule, f"{table.point.name}.{rule}")
    ]
    near = did_you_mean(text, known)
    return (
        f"policy {policy.name!r} has no rule {text!r}{near}; write `table.rule`, one of the tables "
        f"{', '.join(policy.tables)}"
    )


def _ids(table: Table) -> list[str]:
    return [rule.id for rule in table.rules]

"""`launchfsm explain`: every decision behind a verdict, or what would make another rule win."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from launchfsm.cli.completion import (
    complete_members_and_tables,
    complete_rules,
    complete_teams,
)
from launchfsm.cli.options import Teams, judges, short_rules
from launchfsm.cli.output import safe, show_json, show_text, shown
from launchfsm.engine.text import did_you_mean
from launchfsm.engine.trace import TracedDecision
from launchfsm.records.wire import to_wire

if TYPE_CHECKING:
    from collections.abc import Iterator

    from launchfsm.engine.table import Policy, Table
    from launchfsm.evaluation.evaluator import Evaluation
    from launchfsm.policy.analysis import WhyNot


@click.command("explain")
@click.argument("name", metavar="TEAM", shell_complete=complete_teams)
@click.option(
    "--why-not",
    "rule",
    metavar="RULE",
    shell_complete=complete_rules,
    help="Tell instead what would have to be different for this rule to win: `table.rule`, or the "
    "rule alone where one table has it.",
)
@click.option(
    "--about",
    metavar="MEMBER_OR_TABLE",
    shell_complete=complete_members_and_tables,
    help="Only about this member or this table, such as `verdict`; with --why-not this member.",
)
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
@judges
def explain(teams: Teams, *, name: str, rule: str | None, about: str | None, as_json: bool) -> None:
    """Explain a verdict, decision by decision.

    For each decision: the rule that won, the facts it read, and why the rules before it did not
    fire. Between the decisions: the steps of the two machines.
    """
    evaluation = teams.evaluate(name)
    if rule is not None:
        answers = _why_not(evaluation, rule, about)
        if as_json:
            show_json([{"subject": about, "answer": to_wire(answer)} for about, answer in answers])
        else:
            texts = (
                f"{subject}:\n{answer.text()}" if subject else answer.text()
                for subject, answer in map(safe, answers)
            )
            nothing = f"{shown(rule)} was not tried: its table decided nothing about this team"
            show_text(short_rules("\n\n".join(texts)) or nothing)
        return
    explanation = evaluation.explain()
    if about is not None:
        try:
            explanation = explanation.about(about)
        except LookupError as error:
            raise click.ClickException(shown(str(error))) from None
    if as_json:
        show_json(to_wire(explanation))
    else:
        show_text(short_rules(safe(explanation).text()))


# -- Why not ---------------------------------------------------------------------------------------


def _why_not(
    evaluation: Evaluation, rule: str, about: str | None = None
) -> tuple[tuple[str, WhyNot], ...]:
    """The answers for each decision that the rule could have won, each with its subject, once.

    Args:
        evaluation: What was evaluated.
        rule: `table.rule`, or the rule alone where one table has it.
        about: The member or other subject to which the answer is confined.

    Raises:
        ClickException: There is no such rule, or nothing was decided about such a subject.
    """
    from launchfsm.policy.analysis import why_not  # noqa: PLC0415 - 50 ms that only this costs

    table, name = _named(evaluation.policy, rule)
    asked = [
        entry
        for entry in evaluation.record()
        if isinstance(entry, TracedDecision) and entry.table is table
    ]
    chosen = [one for one in asked if about is None or about in _subjects(one)]
    if about is not None and not chosen:
        known = list(dict.fromkeys(name for decision in asked for name in _subjects(decision)))
        listed = ", ".join(shown(name) for name in known) or "nobody in particular"
        raise click.ClickException(
            f"table {table.decision.name!r} decided nothing about {shown(about)!r}"
            f"{shown(did_you_mean(about, known))}; it did about: {listed}"
        )
    return tuple(dict.fromkeys((one.subject, why_not(table, one.known, name)) for one in chosen))


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
        full = ", ".join(f"{table.decision.name}.{text}" for table in having)
        raise click.ClickException(f"more than one table has a rule {shown(text)!r}: {full}")
    raise click.ClickException(shown(_unknown(policy, text, table)))


def _unknown(policy: Policy, text: str, table: Table | None) -> str:
    if table is not None:
        rest = text.partition(".")[2]
        ids = _ids(table)
        near = did_you_mean(rest, ids)
        return f"table {table.decision.name!r} has no rule {rest!r}{near}; rules: {', '.join(ids)}"
    known = [
        name
        for table in policy.tables.values()
        for rule in _ids(table)
        for name in (rule, f"{table.decision.name}.{rule}")
    ]
    near = did_you_mean(text, known)
    return (
        f"policy {policy.name!r} has no rule {text!r}{near}; write `table.rule`, one of the tables "
        f"{', '.join(policy.tables)}"
    )


def _ids(table: Table) -> list[str]:
    return [rule.id for rule in table.rules]

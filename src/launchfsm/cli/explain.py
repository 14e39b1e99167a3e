"""`launchfsm explain`: every decision behind a verdict.

Here: the command, and making an explanation's texts safe to show. Not here: what an explanation
says (`launchfsm.engine.trace`), or what else would have made one (`why_not`).
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import attrs
import click

from launchfsm.cli.escaping import shown, shown_lines
from launchfsm.cli.judging import Teams, judges
from launchfsm.cli.output import json_text
from launchfsm.engine.trace import ExplainedDecision, ExplainedRule, ExplainedStep, Explanation
from launchfsm.records.wire import to_wire

if TYPE_CHECKING:
    from launchfsm.evaluation.evaluator import Evaluation


@click.command("explain")
@click.argument("name", metavar="TEAM")
@click.option(
    "--why-not",
    "rule",
    metavar="RULE",
    help="Say instead what would have to be different for this rule to win: `table.rule`, or the "
    "rule alone where one table has it.",
)
@click.option(
    "--about",
    metavar="MEMBER_OR_TABLE",
    help="Of this member or this table alone, such as `verdict`; with --why-not of this member.",
)
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
@judges
def command(teams: Teams, *, name: str, rule: str | None, about: str | None, as_json: bool) -> None:
    """Say why: every decision behind a verdict.

    For each decision the rule that won, the facts it read, and why the rules before it did not
    fire; between them the steps of the two machines.
    """
    if rule is not None:
        _say_why_not(teams.evaluate(name), rule, about, as_json=as_json)
        return
    explanation = _of(teams.evaluate(name).explain(), about)
    if as_json:
        click.echo(json_text(to_wire(explanation)))
    else:
        click.echo(safe_explanation(explanation).text())


def _of(explanation: Explanation, about: str | None) -> Explanation:
    if about is None:
        return explanation
    try:
        return explanation.about(about)
    except LookupError as error:
        raise click.ClickException(shown_lines(str(error))) from None


def _say_why_not(evaluation: Evaluation, rule: str, about: str | None, *, as_json: bool) -> None:
    # The analysis is for who asks for it.
    from launchfsm.cli.why_not import why_not_of, why_not_text  # noqa: PLC0415 - as just said

    answers = why_not_of(evaluation, rule, about)
    click.echo(json_text(to_wire(answers)) if as_json else why_not_text(answers, rule))


def safe_explanation(explanation: Explanation) -> Explanation:
    """The same explanation, safe to show.

    Facts and outcomes are left alone: the explanation's text quotes them as Python does, which
    escapes them.
    """
    entries = tuple(
        _safe_decision(entry) if isinstance(entry, ExplainedDecision) else _safe_step(entry)
        for entry in explanation.entries
    )
    team, policy = shown(explanation.team), shown(explanation.policy)
    return attrs.evolve(explanation, team=team, policy=policy, entries=entries)


def _safe_decision(decision: ExplainedDecision) -> ExplainedDecision:
    return attrs.evolve(
        decision,
        subject=shown(decision.subject),
        rule_results=tuple(_safe_trial(trial) for trial in decision.rule_results),
    )


def _safe_trial(trial: ExplainedRule) -> ExplainedRule:
    return attrs.evolve(
        trial,
        when=shown(trial.when),
        because=tuple(shown(text) for text in trial.because),
        why=shown(trial.why),
        place=shown(trial.place),
    )


def _safe_step(step: ExplainedStep) -> ExplainedStep:
    refusal = None if step.refusal is None else shown(step.refusal)
    return attrs.evolve(step, subject=shown(step.subject), refusal=refusal)

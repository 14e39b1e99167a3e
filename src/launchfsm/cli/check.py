"""`launchfsm check`: a verdict by exit status, for scripts.

Here: the statuses, and why. Not here: the verdict (`launchfsm.evaluation.verdict` and the policy).
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import click

from launchfsm.cli.escaping import shown
from launchfsm.cli.judging import Teams, judges
from launchfsm.cli.lines import member_line, note_lines, verdict_line
from launchfsm.cli.views import view_of

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from launchfsm.decisions.outcomes import VerdictSeverity
    from launchfsm.evaluation.evaluator import Evaluation

EXIT_STATUS: Final[Mapping[VerdictSeverity, int]] = {
    "ok": 0,
    "pending": 1,
    "warning": 1,
    "failed": 2,
    "unknown": 3,
}

_UNREMARKABLE: Final = frozenset({"confirmed_alive", "skipped_for_launch"})


@click.command("check")
@click.argument("name", metavar="TEAM")
@judges
@click.pass_context
def command(ctx: click.Context, teams: Teams, *, name: str) -> None:
    """Say it by exit status, for scripts.

    0: fine. 1: still pending, or a warning. 2: failed. 3: unknown, or there was nothing to check:
    no such team, wrong usage, a faulty policy. Prints the verdict's line and what it rests on.
    """
    evaluation = teams.evaluate(name)
    click.echo("\n".join(_lines(evaluation)))
    ctx.exit(EXIT_STATUS[evaluation.verdict.severity])


def _lines(evaluation: Evaluation) -> Iterator[str]:
    view = view_of(evaluation)
    yield verdict_line(view)
    for member in view.members:
        if member.state not in _UNREMARKABLE:
            yield member_line(view, member)
    yield from note_lines(view)
    yield f"  because  {_reason(evaluation)}"


def _reason(evaluation: Evaluation) -> str:
    """The rule that had the last word."""
    rule = evaluation.explain().of("verdict").rule_results[-1]
    held = f"{rule.rule}: {rule.when or 'no rule before it fired'} ({rule.place})"
    return shown(f"{held}. {rule.why}" if rule.why else held)

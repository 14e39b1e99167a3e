"""`launchfsm wait`: until a launch has come so far.

Here: the goals and the exit statuses. Not here: what has changed (`launchfsm.evaluation.watch`).
"""

from __future__ import annotations

import time
from datetime import timedelta
from typing import TYPE_CHECKING, Final, get_args

import click

from launchfsm.cli.judging import Teams, judges, watcher_of
from launchfsm.cli.lines import verdict_line
from launchfsm.cli.views import view_of
from launchfsm.decisions.outcomes import VerdictSeverity
from launchfsm.ecma.dates import parse_duration
from launchfsm.evaluation.watch import has_reached

if TYPE_CHECKING:
    from launchfsm.evaluation.evaluator import Evaluation
    from launchfsm.evaluation.watch import Watcher

TIMED_OUT: Final = 1

_GOALS: Final = ("finished", *get_args(VerdictSeverity))
_MOST: Final = timedelta(seconds=0.25)


def _read_timeout(
    _ctx: click.Context, _parameter: click.Parameter, text: str | None
) -> float | None:
    if text is None:
        return None
    try:
        return parse_duration(text) / 1000
    except ValueError as error:
        raise click.BadParameter(str(error)) from None


@click.command("wait")
@click.argument("name", metavar="TEAM")
@click.option(
    "--for",
    "goal",
    type=click.Choice(_GOALS),
    default="finished",
    show_default=True,
    help="What to wait for: that the launch is over, or a verdict.",
)
@click.option(
    "--timeout",
    metavar="DURATION",
    callback=_read_timeout,
    help="How long to wait at most, such as 5m or 90s.  [default: for ever]",
)
@judges
@click.pass_context
def command(
    ctx: click.Context, teams: Teams, *, name: str, goal: str, timeout: float | None
) -> None:
    """Wait until a launch has come so far.

    0: it has. 1: the time was over before. 3: there was nothing to wait for: no such team, wrong
    usage, a faulty policy. Prints the verdict's line that it ended with.
    """
    watcher = watcher_of(teams, (name,))
    evaluation, reached = _wait(watcher, goal, timeout)
    click.echo(verdict_line(view_of(evaluation)))
    ctx.exit(0 if reached else TIMED_OUT)


def _wait(watcher: Watcher, goal: str, timeout: float | None) -> tuple[Evaluation, bool]:
    deadline = None if timeout is None else time.monotonic() + timeout
    while True:
        watcher.look()
        (evaluation,) = watcher.evaluations
        if has_reached(evaluation, goal):
            return evaluation, True
        left = _MOST if deadline is None else timedelta(seconds=deadline - time.monotonic())
        if left <= timedelta(0):
            return evaluation, False
        time.sleep(watcher.until_due(min(left, _MOST)).total_seconds())

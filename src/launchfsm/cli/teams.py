"""The commands about teams: `status`, `check`, `watch` and `wait`."""

from __future__ import annotations

import time
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any, Final, get_args

import attrs
import click

from launchfsm.cli.options import Teams, judges, read_interval, read_wait
from launchfsm.cli.output import (
    is_terminal,
    show,
    show_if_possible,
    show_json,
    show_json_list,
    shown,
)
from launchfsm.cli.render import team_lines, verdict_line, view_of
from launchfsm.decisions.outcomes import VerdictSeverity
from launchfsm.ecma.dates import from_datetime, iso_from_ms
from launchfsm.evaluation.watch import has_reached

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from launchfsm.evaluation.evaluator import Evaluation
    from launchfsm.evaluation.watch import Watcher

EXIT_STATUS: Final[Mapping[VerdictSeverity, int]] = {
    "ok": 0,
    "pending": 1,
    "blocked": 1,
    "warning": 1,
    "stopped": 1,
    "failed": 2,
    "unknown": 3,
}
"""The exit status of `check`."""

TIMED_OUT: Final = 1

_GOALS: Final = ("finished", *get_args(VerdictSeverity))
_MOST_BETWEEN_LOOKS: Final = timedelta(seconds=0.25)
_UNREMARKABLE: Final = frozenset({"confirmed", "running", "skipped"})


# -- status ----------------------------------------------------------------------------------------


@click.command("status")
@click.argument("names", metavar="[TEAM]...", nargs=-1)
@click.option("--json", "as_json", is_flag=True, help="Print a JSON list, one object per team.")
@judges
def status(teams: Teams, *, names: tuple[str, ...], as_json: bool) -> None:
    """Show the state of each team's launch.

    One line has the verdict; the lines below it have the members, as the preferred of the team's
    two snapshots tells of them. A table on a terminal, plain lines elsewhere. Without a TEAM, all
    teams of the root.
    """
    asked = teams.asked(names)
    evaluations = (teams.evaluate(name) for name in asked)
    if as_json:
        show_json_list(evaluation.to_dict() for evaluation in evaluations)
    elif not asked:
        show(f"There are no teams under {shown(teams.root)}.", err=True)
    elif is_terminal():
        from launchfsm.cli.tables import print_tables  # noqa: PLC0415 - rich is for terminals alone

        print_tables(view_of(evaluation) for evaluation in evaluations)
    else:
        for evaluation in evaluations:
            show(*team_lines(view_of(evaluation)))


# -- check -----------------------------------------------------------------------------------------


@click.command("check")
@click.argument("name", metavar="TEAM")
@judges
@click.pass_context
def check(ctx: click.Context, teams: Teams, *, name: str) -> None:
    """Report the verdict as an exit status.

    0: ok. 1: pending, blocked, stopped or a warning. 2: failed. 3: unknown, or there was nothing
    to check: no such team, a faulty policy. Prints the verdict, the members that need
    attention, and the rule that decided.
    """
    evaluation = teams.evaluate(name)
    show_if_possible(*_check_lines(evaluation))
    ctx.exit(EXIT_STATUS[evaluation.verdict.severity])


def _check_lines(evaluation: Evaluation) -> Iterator[str]:
    view = view_of(evaluation)
    members = tuple(member for member in view.members if member.word not in _UNREMARKABLE)
    yield from team_lines(attrs.evolve(view, members=members))
    rule = evaluation.explain_verdict().rule_results[-1]
    held = f"{rule.rule}: {rule.when or 'no rule before it fired'} ({rule.location})"
    yield f"  because     {shown(f'{held}. {rule.why}' if rule.why else held)}"


# -- watch -----------------------------------------------------------------------------------------


@click.command("watch")
@click.argument("names", metavar="[TEAM]...", nargs=-1)
@click.option("--json", "as_json", is_flag=True, help="Print JSON Lines, one object per change.")
@click.option(
    "--interval",
    metavar="SECONDS",
    type=float,
    callback=read_interval,
    default=0.5,
    show_default=True,
    help="How often to look at the files and processes.",
)
@click.option(
    "--looks",
    metavar="N",
    type=click.IntRange(min=1),
    help="Stop after so many looks, instead of never.",
)
@judges
def watch(
    teams: Teams,
    *,
    names: tuple[str, ...],
    as_json: bool,
    interval: timedelta,
    looks: int | None,
) -> None:
    """Print a line whenever a verdict changes.

    A changed file, the death of a process and passing time can each change a verdict. On a terminal
    a table stays current; elsewhere each change is a line with its time. Without a TEAM, all teams
    of the root, also those that come later. Ends when it is interrupted.
    """
    watcher = teams.watcher(names)
    if is_terminal() and not as_json:
        from launchfsm.cli.tables import show_live  # noqa: PLC0415 - rich is for terminals alone

        show_live(watcher, interval, looks)
        return
    done = 0
    while True:
        for evaluation in watcher.look():
            if as_json:
                show_json(_change_document(evaluation), indent=None)
            else:
                show(f"{_time(evaluation.evaluated_at)}  {verdict_line(view_of(evaluation))}")
        done += 1
        if looks is not None and done >= looks:
            return
        time.sleep(watcher.until_due(interval).total_seconds())


def _change_document(evaluation: Evaluation) -> dict[str, Any]:
    due = evaluation.recheck_at
    return {**evaluation.to_dict(), "recheckAt": None if due is None else _time(due)}


def _time(moment: datetime) -> str:
    return iso_from_ms(from_datetime(moment)) or ""


# -- wait ------------------------------------------------------------------------------------------


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
    callback=read_wait,
    help="How long to wait at most, such as 5m or 90s.  [default: for ever]",
)
@judges
@click.pass_context
def wait(
    ctx: click.Context, teams: Teams, *, name: str, goal: str, timeout: timedelta | None
) -> None:
    """Wait for a launch to reach a state.

    0: it did. 1: the timeout came first. 3: there was nothing to wait for: no such team, wrong
    usage, a faulty policy. Prints the verdict at the end of the wait.
    """
    evaluation, reached = _wait(teams.watcher((name,)), goal, timeout)
    show_if_possible(verdict_line(view_of(evaluation)))
    ctx.exit(0 if reached else TIMED_OUT)


def _wait(watcher: Watcher, goal: str, timeout: timedelta | None) -> tuple[Evaluation, bool]:
    begun = time.monotonic()
    while True:
        watcher.look()
        (evaluation,) = watcher.evaluations
        if has_reached(evaluation, goal):
            return evaluation, True
        left = _MOST_BETWEEN_LOOKS
        if timeout is not None:
            left = min(left, timeout - timedelta(seconds=time.monotonic() - begun))
        if left <= timedelta(0):
            return evaluation, False
        time.sleep(watcher.until_due(left).total_seconds())

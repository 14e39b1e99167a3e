"""`launchfsm watch`: a line each time a verdict changes.

Here: the endless look, in three forms. Not here: what has changed (`launchfsm.evaluation.watch`).
"""

from __future__ import annotations

import time
from datetime import timedelta
from typing import TYPE_CHECKING, Any

import click

from launchfsm.cli.judging import Teams, judges, watcher_of
from launchfsm.cli.lines import verdict_line
from launchfsm.cli.output import is_terminal, json_line
from launchfsm.cli.status import status_document
from launchfsm.cli.views import view_of
from launchfsm.ecma.dates import from_datetime, iso_from_ms

if TYPE_CHECKING:
    from launchfsm.evaluation.evaluator import Evaluation
    from launchfsm.evaluation.watch import Watcher


@click.command("watch")
@click.argument("names", metavar="[TEAM]...", nargs=-1)
@click.option("--json", "as_json", is_flag=True, help="Print JSON Lines, one object a change.")
@click.option(
    "--interval",
    metavar="SECONDS",
    type=click.FloatRange(min=0.01),
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
def command(
    teams: Teams,
    *,
    names: tuple[str, ...],
    as_json: bool,
    interval: float,
    looks: int | None,
) -> None:
    """Say it again each time a verdict changes.

    By a change of a file, the death of a process or passing time alike. A table that stays current
    on a terminal; elsewhere a line a change, with its time. Without a TEAM, all teams of the root,
    also those that come later. Ends when it is interrupted.
    """
    watcher = watcher_of(teams, names)
    most = timedelta(seconds=interval)
    if is_terminal() and not as_json:
        from launchfsm.cli.live import watch_live  # noqa: PLC0415 - rich is for terminals alone

        watch_live(watcher, most, looks)
        return
    _watch(watcher, most, looks, as_json=as_json)


def _watch(watcher: Watcher, most: timedelta, looks: int | None, *, as_json: bool) -> None:
    done = 0
    while True:
        for evaluation in watcher.look():
            click.echo(_json_line(evaluation) if as_json else _line(evaluation))
        done += 1
        if looks is not None and done >= looks:
            return
        time.sleep(watcher.until_due(most).total_seconds())


def _line(evaluation: Evaluation) -> str:
    return f"{_time(evaluation)}  {verdict_line(view_of(evaluation))}"


def _json_line(evaluation: Evaluation) -> str:
    document: dict[str, Any] = status_document(evaluation)
    recheck_at = evaluation.recheck_at
    document["recheckAt"] = None if recheck_at is None else iso_from_ms(from_datetime(recheck_at))
    return json_line(document)


def _time(evaluation: Evaluation) -> str:
    return iso_from_ms(from_datetime(evaluation.evaluated_at)) or ""

"""The commands about a team's journal: `timeline` and `runs`."""

from __future__ import annotations

import click

from launchfsm.cli.completion import complete_teams
from launchfsm.cli.options import Root, rooted
from launchfsm.cli.output import LONGEST_NAME, show, show_json, shown
from launchfsm.engine.text import did_you_mean
from launchfsm.records.documents import JOURNAL_FILE
from launchfsm.records.journal import Journal, JournalRun, read_journal
from launchfsm.report.timeline import (
    LEGEND,
    chart_lines,
    chart_of,
    journal_document,
    run_line,
)


@click.command("timeline")
@click.argument("name", metavar="TEAM", shell_complete=complete_teams)
@click.option("--run", "run_id", metavar="ID", help="Show only this run.")
@click.option("--json", "as_json", is_flag=True, help="Print JSON; times are in ms since 1970.")
@rooted
def timeline(teams: Root, *, name: str, run_id: str | None, as_json: bool) -> None:
    """Draw the runs of a team's journal as bars over time.

    For each run a line, then its phases and its members: when each was spawned, registered,
    confirmed or failed, how long that took, and why. The run that wrote last comes last.

    Exit status 3: no such team, or no such run.
    """
    team = teams.known(name)
    journal = read_journal(teams.root, team)
    runs = journal.runs if run_id is None else (_run(journal, team, run_id),)
    if as_json:
        show_json(journal_document(team, journal, runs))
        return
    _show_problems(team, journal)
    for run in runs:
        show(*chart_lines(chart_of(run)), "")
    if runs:
        show(LEGEND)


@click.command("runs")
@click.argument("name", metavar="TEAM", shell_complete=complete_teams)
@click.option("--json", "as_json", is_flag=True, help="Print JSON; times are in ms since 1970.")
@rooted
def runs(teams: Root, *, name: str, as_json: bool) -> None:
    """List the runs of a team's journal.

    For each run: how it ended, its id, when it began, how long it took, how many members were
    confirmed, and the cause. The run that wrote last comes last.

    Exit status 3: no such team.
    """
    team = teams.known(name)
    journal = read_journal(teams.root, team)
    if as_json:
        show_json(journal_document(team, journal, journal.runs))
        return
    _show_problems(team, journal)
    for run in journal.runs:
        show(run_line(chart_of(run)))


def _run(journal: Journal, team: str, run_id: str) -> JournalRun:
    found = journal.run(run_id)
    if found is None:
        known = [run.id for run in journal.runs if run.id is not None]
        near = shown(did_you_mean(run_id, known))
        listed = ", ".join(shown(one, most=LONGEST_NAME) for one in known) or "none"
        raise click.ClickException(
            f"the journal of {shown(team)} has no run {shown(run_id, most=LONGEST_NAME)!r}{near}; "
            f"it has: {listed}"
        )
    return found


def _show_problems(team: str, journal: Journal) -> None:
    """Say beside the output what of the journal is not in it."""
    notes = []
    if journal.problem is not None:
        notes.append(f"there is nothing to show of {JOURNAL_FILE}: {journal.problem}")
    elif not journal.runs:
        notes.append(f"{JOURNAL_FILE} has no records")
    if journal.cut:
        notes.append(f"{JOURNAL_FILE} is long; only its end was read")
    if journal.unreadable:
        notes.append(f"{journal.unreadable} lines of {JOURNAL_FILE} could not be read")
    for note in notes:
        show(f"{team}: {note}", err=True)

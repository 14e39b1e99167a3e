"""The commands that write pages: `report` about teams, `policy report` about a policy."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from launchfsm.cli.options import Teams, judges
from launchfsm.cli.output import show, shown
from launchfsm.report.page import write_team_report

if TYPE_CHECKING:
    from collections.abc import Callable

output_option = click.option(
    "-o", "--output", "file", metavar="FILE", required=True, help="The file to write or replace."
)


@click.command("report")
@click.argument("names", metavar="[TEAM]...", nargs=-1)
@output_option
@click.option(
    "--redact",
    is_flag=True,
    help="Replace the names, ids, paths and texts of records, each by the same stand-in "
    "everywhere, for a bug report. Times, numbers and the words of rules stay.",
)
@judges
def report(teams: Teams, *, names: tuple[str, ...], file: str, redact: bool) -> None:
    """Write a page about teams, for a browser.

    One HTML file that needs nothing else: an overview, the worst first, then for each team the
    verdict and its reasons, the members, the timeline, the lifecycles, and what is wrong in its
    records. Without a TEAM, all teams of the root.

    Exit status 3: no such team, a faulty policy, or the file cannot be written.
    """
    asked = teams.asked(names)
    _write(file, lambda: write_team_report(teams.evaluator, asked, file, redact=redact))
    show(f"wrote {shown(file)}: {len(asked)} {'team' if len(asked) == 1 else 'teams'}")


def _write(file: str, write: Callable[[], None]) -> None:
    try:
        write()
    except OSError as error:
        why = error.strerror or str(error)
        raise click.ClickException(f"{shown(file)} cannot be written: {shown(why)}") from None

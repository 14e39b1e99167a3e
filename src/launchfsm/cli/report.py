"""The commands that write pages: `report` about teams, `policy report` about a policy."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from launchfsm.cli.completion import complete_teams
from launchfsm.cli.options import Teams, judges, loaded, policy_argument
from launchfsm.cli.output import show, shown, writing
from launchfsm.report.page import write_policy_report, write_team_report

if TYPE_CHECKING:
    from launchfsm.policy.loader import Catalogue

output_option = click.option(
    "-o", "--output", "file", metavar="FILE", required=True, help="The file to write or replace."
)


@click.command("report")
@click.argument("names", metavar="[TEAM]...", nargs=-1, shell_complete=complete_teams)
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
    with writing(file):
        write_team_report(teams.evaluator, asked, file, redact=redact)
    show(f"wrote {shown(file)}: {len(asked)} {'team' if len(asked) == 1 else 'teams'}")


@click.command("report")
@policy_argument
@output_option
def policy_report(*, name: str, catalogue: Catalogue, file: str) -> None:
    """Write a page about a policy, for a browser.

    One HTML file that needs nothing else: each decision table as a table, each rule with its tests
    and what they leave out, and what the policy changes of the one that it extends, side by side.

    Exit status 3: no such policy, one that does not load (see `launchfsm policy check`), or the
    file cannot be written.
    """
    policy = loaded(name, catalogue)
    with writing(file):
        write_policy_report(name, file, catalogue=catalogue)
    show(f"wrote {shown(file)}: policy {shown(policy.name)}, {len(policy.tables)} tables")

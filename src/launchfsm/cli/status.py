"""`launchfsm status`: how launches stand, team by team.

Here: which teams, in which of three forms, and the JSON one. Not here: the two for people (`lines`,
`tables`).
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import click

from launchfsm.cli.escaping import shown
from launchfsm.cli.judging import Teams, judges
from launchfsm.cli.lines import team_lines
from launchfsm.cli.output import is_terminal, json_text
from launchfsm.cli.views import view_of
from launchfsm.ecma.dates import from_datetime, iso_from_ms
from launchfsm.evaluation.evaluator import Evaluation, member_spawn_statuses
from launchfsm.records.wire import to_wire

if TYPE_CHECKING:
    from collections.abc import Iterable


@click.command("status")
@click.argument("names", metavar="[TEAM]...", nargs=-1)
@click.option("--json", "as_json", is_flag=True, help="Print a JSON list, one object a team.")
@judges
def command(teams: Teams, *, names: tuple[str, ...], as_json: bool) -> None:
    """Say how launches stand, team by team.

    One line says how a team stands, then its members follow, as the believed one of its two
    snapshots tells of them. A table on a terminal, plain lines elsewhere. Without a TEAM, all
    teams of the root.
    """
    asked = [teams.known(name) for name in names] or teams.names()
    evaluations = (teams.evaluator.evaluate(name) for name in asked)
    if as_json:
        click.echo(json_text([status_document(evaluation) for evaluation in evaluations]))
    elif not asked:
        click.echo(f"There are no teams under {shown(teams.root)}.", err=True)
    else:
        _print(evaluations)


def _print(evaluations: Iterable[Evaluation]) -> None:
    views = (view_of(evaluation) for evaluation in evaluations)
    if is_terminal():
        from launchfsm.cli.tables import print_tables  # noqa: PLC0415 - rich is for terminals alone

        print_tables(views)
        return
    for view in views:
        click.echo("\n".join(team_lines(view)))


def status_document(evaluation: Evaluation) -> dict[str, Any]:
    """Everything that an evaluation says, for JSON."""
    snapshot = evaluation.preferred_snapshot
    roster = {} if snapshot is None else member_spawn_statuses(snapshot, policy=evaluation.policy)
    return {
        "team": evaluation.team,
        "policy": evaluation.policy.name,
        "evaluatedAt": iso_from_ms(from_datetime(evaluation.evaluated_at)),
        "verdict": to_wire(evaluation.verdict),
        "preferredSource": evaluation.preferred_source,
        "preferredSnapshot": to_wire(snapshot),
        "spawnStatuses": to_wire(roster),
        "launchSnapshot": to_wire(evaluation.bootstrap_snapshot),
        "savedSnapshot": to_wire(evaluation.launcher_snapshot),
        "runtimeState": to_wire(evaluation.runtime_state),
        "realTaskSubmission": evaluation.real_task_submission,
        "findings": to_wire(evaluation.findings),
    }

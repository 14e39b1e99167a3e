"""`launchfsm policy new`: the folder of a new policy.

Here: the command. Not here: what is written (`launchfsm.policy.authoring.scaffold`).
"""

from __future__ import annotations

from pathlib import Path

import click

from launchfsm.cli.escaping import shown, shown_lines
from launchfsm.policy.authoring.scaffold import shell_path, write_new_policy


@click.command("new")
@click.argument("folder", metavar="FOLDER", type=click.Path(path_type=Path))
def command(folder: Path) -> None:
    """Start a policy of your own.

    Writes commented files that pass check, test and verify, into a folder that is empty or not
    there yet. The policy gets the folder's name and extends `reference`.

    Exit status 3: something stands in the folder; nothing was written.
    """
    try:
        written = write_new_policy(folder)
    except FileExistsError as error:
        raise click.ClickException(shown_lines(str(error))) from None
    for file in written:
        click.echo(f"wrote {shown(str(file))}")
    click.echo(f"next: launchfsm policy check {shown(shell_path(folder))}")

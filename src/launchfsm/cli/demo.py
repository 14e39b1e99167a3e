"""`launchfsm demo`: three real launches, shown while they happen.

Here: the temporary root, and printing. Not here: the launches (`launchfsm.demo`).
"""

from __future__ import annotations

import tempfile
from pathlib import Path

import click

from launchfsm.cli.escaping import shown
from launchfsm.demo.showing import show


@click.command("demo")
@click.option(
    "--keep",
    metavar="FOLDER",
    type=click.Path(file_okay=False),
    help="Use this folder as the teams root, and leave the records there to look at.",
)
def command(*, keep: str | None) -> None:
    """Launch three teams and say how they stand.

    One launch succeeds, one has a member that fails, and one loses its owner to SIGKILL half way.
    Each step is shown with what an evaluator says of the records at that instant. It takes some
    seconds, and leaves nothing behind.
    """
    if keep is not None:
        _show(str(keep))
        return
    with tempfile.TemporaryDirectory(prefix="launchfsm-demo-") as root:
        _show(root)


def _show(root: str) -> None:
    Path(root).mkdir(parents=True, exist_ok=True)
    for line in show(root):
        click.echo(shown(line))

"""`launchfsm policy catalogue`: every fact and every outcome, with its meaning.

Here: the command. Not here: the catalogue (`launchfsm.policy.authoring.reference`).
"""

from __future__ import annotations

import click

from launchfsm.policy.authoring.reference import catalogue


@click.command("catalogue")
def command() -> None:
    """Print what rules may ask and answer.

    Every decision point as Markdown: its facts, its outcome, what cannot occur together.
    """
    click.echo(catalogue(), nl=False)

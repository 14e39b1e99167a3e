"""`launchfsm policy show`: a policy as one merged document.

Here: the command. Not here: the document (`launchfsm.policy.authoring.render`).
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from launchfsm.cli.escaping import shown_lines
from launchfsm.cli.policy.named import policy_argument
from launchfsm.policy.authoring.render import policy_toml
from launchfsm.policy.diagnostics import PolicyError
from launchfsm.policy.discovery import PolicyNotFoundError
from launchfsm.policy.loader import merge_policy

if TYPE_CHECKING:
    from launchfsm.policy.diagnostics import Diagnostic


@click.command("show")
@policy_argument
def command(name: str) -> None:
    """Show it whole, each rule with its origin.

    One TOML document with everything that is inherited in its place; written to a file it is a
    policy that decides alike. Conditions are shown as they are, sound or not.

    Exit status 3: no such policy, or files that cannot be merged.
    """
    faults: list[Diagnostic] = []
    try:
        merged = merge_policy(name, faults)
    except PolicyNotFoundError as error:
        raise click.ClickException(shown_lines(str(error))) from None
    if faults:
        raise click.ClickException(shown_lines(str(PolicyError(faults))))
    click.echo(policy_toml(merged), nl=False)

"""Named policies: the argument that every subcommand here takes, and what it leads to.

Here: loading a policy that has to be sound for there to be anything to say. Not here: saying what
is wrong with one (`check`).
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from launchfsm.cli.escaping import shown_lines
from launchfsm.policy.diagnostics import PolicyError
from launchfsm.policy.discovery import PolicyNotFoundError
from launchfsm.policy.loader import load_policy

if TYPE_CHECKING:
    from launchfsm.engine.table import Policy

policy_argument = click.argument("name", metavar="POLICY")
"""A policy's name or path, passed as `name`."""


def loaded(name: str) -> Policy:
    """The policy of a name or path.

    Raises:
        ClickException: There is none, or it has faults; all of them are told.
    """
    try:
        return load_policy(name)
    except (PolicyNotFoundError, PolicyError) as error:
        raise click.ClickException(shown_lines(str(error))) from None

"""`launchfsm policy`: what authors of policies do, one module a subcommand.

Here: the table of these subcommands. Not here: any of them, and any judgement of a policy
(`launchfsm.policy`).
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import click

from launchfsm.cli.lazy import LazyCommand, LazyGroup

if TYPE_CHECKING:
    from collections.abc import Mapping

SUBCOMMANDS: Final[Mapping[str, LazyCommand]] = {
    "new": LazyCommand("launchfsm.cli.policy.new", "Start a policy of your own."),
    "check": LazyCommand(
        "launchfsm.cli.policy.check", "Say everything that keeps it from loading."
    ),
    "test": LazyCommand("launchfsm.cli.policy.testing", "Run the tests that stand in it."),
    "verify": LazyCommand(
        "launchfsm.cli.policy.verify", "Look at every situation: dead rules, gaps, differences."
    ),
    "audit": LazyCommand(
        "launchfsm.cli.policy.audit", "Ask what it guarantees: proven, or searched for."
    ),
    # The same command as without `policy`: whoever writes rules looks for it here.
    "explain": LazyCommand("launchfsm.cli.explain", "Say why: every decision behind a verdict."),
    "show": LazyCommand("launchfsm.cli.policy.show", "Show it whole, each rule with its origin."),
    "list": LazyCommand("launchfsm.cli.policy.listing", "List the policies that have a name."),
    "catalogue": LazyCommand(
        "launchfsm.cli.policy.catalogue", "Print what rules may ask and answer."
    ),
    "schema": LazyCommand(
        "launchfsm.cli.policy.schema", "Print the JSON Schema of rule files, for editors."
    ),
}


@click.command("policy", cls=LazyGroup, subcommands=SUBCOMMANDS, invoke_without_command=True)
@click.pass_context
def command(ctx: click.Context) -> None:
    """Write policies: check, test, verify, compare and show them.

    A POLICY is a name that `launchfsm policy list` lists, or the path of a folder or a file, as in
    ./mine.
    """
    if ctx.invoked_subcommand is None:
        click.echo(ctx.get_help())

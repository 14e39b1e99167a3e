"""`launchfsm policy check`: everything that keeps a policy from loading.

Here: the command and its three forms. Not here: finding faults (`launchfsm.policy.loader`), or
SARIF (`launchfsm.policy.sarif`).
"""

from __future__ import annotations

from importlib import metadata
from typing import TYPE_CHECKING

import click

from launchfsm.cli.escaping import shown, shown_lines
from launchfsm.cli.output import json_text
from launchfsm.cli.policy.named import policy_argument
from launchfsm.policy.diagnostics import Diagnostic, PolicyError
from launchfsm.policy.discovery import PolicyNotFoundError
from launchfsm.policy.loader import load_policy
from launchfsm.policy.sarif import sarif_log
from launchfsm.records.wire import to_wire

if TYPE_CHECKING:
    from collections.abc import Sequence

    from launchfsm.engine.table import Policy


@click.command("check")
@policy_argument
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
@click.option("--sarif", "as_sarif", is_flag=True, help="Print SARIF 2.1.0, for annotations.")
@click.pass_context
def command(ctx: click.Context, *, name: str, as_json: bool, as_sarif: bool) -> None:
    """Say everything that keeps it from loading.

    All faults at once, each as file:line:column with the line and a caret: unknown facts, wrong
    types, words that are none, keys that mean nothing, overrides of nothing.

    Exit status 0: nothing is wrong. 1: it has faults. 3: no such policy, wrong usage.
    """
    if as_json and as_sarif:
        raise click.UsageError("--json and --sarif are two forms; ask for one of them")
    policy, faults = _look(name)
    if as_json:
        click.echo(json_text({"policy": name, "faults": to_wire(faults)}))
    elif as_sarif:
        click.echo(json_text(sarif_log(faults, version=metadata.version("launchfsm"))))
    else:
        click.echo(shown_lines(_text(name, policy, faults)))
    ctx.exit(1 if faults else 0)


def _look(name: str) -> tuple[Policy | None, tuple[Diagnostic, ...]]:
    try:
        return load_policy(name), ()
    except PolicyError as error:
        return None, error.faults
    except PolicyNotFoundError as error:
        raise click.ClickException(shown_lines(str(error))) from None


def _text(name: str, policy: Policy | None, faults: Sequence[Diagnostic]) -> str:
    if policy is None:
        count = f"{len(faults)} {'fault' if len(faults) == 1 else 'faults'}"
        return "\n\n".join([*(fault.text() for fault in faults), f"{shown(name)}: {count}"])
    rules = sum(len(table.rules) for table in policy.tables.values())
    lineage = "".join(f", extending {parent}" for parent in policy.lineage[1:])
    return f"{policy.name}: nothing is wrong ({len(policy.tables)} tables, {rules} rules{lineage})"

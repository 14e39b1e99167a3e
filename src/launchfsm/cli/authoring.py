"""The commands that show what a policy does: `policy eval`."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

import click

from launchfsm.cli.options import loaded
from launchfsm.cli.output import is_terminal, safe, show_json, show_text, shown
from launchfsm.engine.text import did_you_mean, listing
from launchfsm.policy.authoring.ask import FactsError, ask_table, missing_facts
from launchfsm.records.wire import to_wire

if TYPE_CHECKING:
    from launchfsm.engine.types import Field

# -- eval ------------------------------------------------------------------------------------------


@click.command("eval")
@click.argument("table", metavar="TABLE")
@click.argument("facts", metavar="[FACT=VALUE]...", nargs=-1)
@click.option(
    "--policy",
    metavar="NAME_OR_PATH",
    default="default",
    show_default=True,
    help="The policy whose table is asked.",
)
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
def evaluate(*, table: str, facts: tuple[str, ...], policy: str, as_json: bool) -> None:
    """Ask one table, and show its answer and why.

    A FACT is a name that `launchfsm policy catalogue` lists, a VALUE as rule files write it,
    without quotes: owner=dead, state_age=3m, zombie=true. The items of a list are separated by
    commas. A fact that is left out is unknown, false or 0; where it cannot be, you are asked for it
    at a terminal.

    Exit status 3: no such policy or table, or wrong facts; all that is wrong is listed.
    """
    tables = loaded(policy).tables
    if table not in tables:
        raise click.ClickException(
            f"there is no table {shown(table)!r}{shown(did_you_mean(table, tables))}; "
            f"there are: {listing(tables)}"
        )
    given = []
    for fact in facts:
        name, equals, value = fact.partition("=")
        if not equals:
            raise click.ClickException(f"{shown(fact)!r} is no fact; write its name, =, its value")
        given.append((name.strip(), value.strip()))
    if is_terminal(sys.stdin) and is_terminal(sys.stderr):
        missing = missing_facts(tables[table], dict(given))
        given += [(field.name, _asked(field)) for field in missing]
    try:
        decision = ask_table(tables[table], given)
    except FactsError as error:
        raise click.ClickException("\n".join(map(shown, error.problems))) from None
    if as_json:
        show_json(to_wire(decision))
    else:
        show_text(safe(decision).text())


def _asked(field: Field) -> str:
    """The value of a fact that has no neutral one, asked at the terminal."""
    words = click.Choice(field.kind.words) if field.kind.words and not field.kind.many else None
    answer: str = click.prompt(f"{field.name}: {field.doc}\n{field.name}", type=words, err=True)
    return answer

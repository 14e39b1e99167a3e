"""The commands that print what there is: policies, their tables, the catalogue, the lifecycles."""

from __future__ import annotations

import itertools
import json
import textwrap
from collections.abc import Iterator, Sequence
from importlib import metadata
from shutil import get_terminal_size
from typing import Any, Final

import click

from launchfsm.cli.options import (
    catalogue_option,
    complete_tables,
    json_option,
    known_table,
    policy_argument,
)
from launchfsm.cli.output import is_terminal, safe, show, show_json, show_text, shown
from launchfsm.engine.table import Table
from launchfsm.lifecycle.machines import BOOTSTRAP, MEMBER, Lifecycle
from launchfsm.policies import load_policy
from launchfsm.policy.authoring.drawing import draw
from launchfsm.policy.authoring.reference import reference
from launchfsm.policy.authoring.render import policy_toml
from launchfsm.policy.authoring.schema import rule_file_schema
from launchfsm.policy.discovery import (
    ENTRY_POINTS,
    PolicyNotFoundError,
    find_policy,
    is_shipped,
    policy_names,
)
from launchfsm.policy.loader import Catalogue

# -- show ------------------------------------------------------------------------------------------


_WIDEST: Final = 10_000
"""Columns of a drawing that nobody sees on a terminal."""

_LONGEST_WORD: Final = 30
"""The longest word that a column of a drawing is made wide enough for."""

_GAP: Final = 2  # columns of a terminal between two of a drawing

_EVERY_TABLE: Final = "\0"  # what `--table` alone stands for; no table has this name


@click.command("show")
@policy_argument
@click.option(
    "--table",
    "only",
    metavar="[NAME]",
    is_flag=False,
    flag_value=_EVERY_TABLE,
    shell_complete=complete_tables,
    help="Draw the decision table of this name, rules down and facts across; without a name, each "
    "of them. Stands behind POLICY.",
)
@click.option("--markdown", is_flag=True, help="With --table: draw in Markdown.")
def show_policy(*, name: str, catalogue: Catalogue, only: str | None, markdown: bool) -> None:
    """Print a policy as one merged document.

    One TOML document with everything that is inherited in its place, each rule with its origin.
    Written to a file it is a policy that decides the same. Conditions are not checked.

    With --table, a grid instead: a cell says what its fact has to be, a dash that it may be
    anything. `!= x` asks for a fact that is known, `not x` does not. What does not fit the grid
    stands in the column "and": conditions over several facts, and on a narrow terminal the facts
    that the fewest rules ask.

    Exit status 3: no such policy or table, files that cannot be merged, or, with --table, a policy
    that does not load.
    """
    if only is not None:
        policy = load_policy(name, catalogue=catalogue)
        every = only == _EVERY_TABLE
        chosen = policy.tables.values() if every else [known_table(policy, only)]
        drawings = (draw(table).markdown() if markdown else _grid_text(table) for table in chosen)
        show_text("\n".join(drawings))
        return
    if markdown:
        raise click.UsageError("--markdown draws what --table names; give both")
    show_text(policy_toml(name, catalogue=catalogue))


def _grid_text(table: Table) -> str:
    """A table for a terminal, at most as wide as it is; as wide as it needs elsewhere."""
    width = get_terminal_size().columns if is_terminal() else _WIDEST
    drawn = draw(table)
    for most in range(len(drawn.facts), -1, -1):
        drawn = safe(draw(table, most_facts=most))
        widths = _widths(drawn.grid(), width)
        if sum(widths) + _GAP * len(widths) <= width:
            break
    params = [f"{name} = {value}" for name, value in drawn.params.items()]
    head = f"{drawn.name}: {drawn.doc} (hit policy: {drawn.hit})"
    return "\n".join([head, *params, "", *_grid_lines(drawn.grid(), widths), ""])


def _widths(grid: Sequence[Sequence[str]], width: int) -> list[int]:
    """How wide each column is: no word is broken, and what is left goes where it is needed."""
    columns = list(zip(*grid, strict=True))
    words = [[column[0], *" ".join(column[1:]).split()] for column in columns]
    widths = [min(max(map(len, found)), _LONGEST_WORD) for found in words]
    needs = [max(map(len, column)) for column in columns]
    left = width - sum(widths) - _GAP * len(widths)
    by_need = sorted(range(len(widths)), key=lambda index: needs[index] - widths[index])
    for place, index in enumerate(by_need):
        more = max(0, min(needs[index] - widths[index], left // (len(by_need) - place)))
        widths[index] += more
        left -= more
    return widths


def _grid_lines(grid: Sequence[Sequence[str]], widths: Sequence[int]) -> Iterator[str]:
    """Rows of wrapped cells below their heads; an empty line between them where any is wrapped."""
    folded = [
        [
            textwrap.wrap(cell, most, break_on_hyphens=False) or [""]
            for cell, most in zip(row, widths, strict=True)
        ]
        for row in grid
    ]
    spaced = any(len(cell) > 1 for row in folded[1:] for cell in row)
    for number, row in enumerate(folded):
        if spaced and number > 1:
            yield ""
        for line in itertools.zip_longest(*row, fillvalue=""):
            cells = (text.ljust(most) for text, most in zip(line, widths, strict=True))
            yield (" " * _GAP).join(cells).rstrip()
        if number == 0:
            yield (" " * _GAP).join("─" * most for most in widths)


# -- list ------------------------------------------------------------------------------------------


_TAKEN: Final = "launchfsm has a policy of this name, which is used; give the package's another one"


@click.command("list")
@json_option
def list_policies(*, as_json: bool) -> None:
    """List the policies by name.

    The policies of launchfsm, then those that installed packages bring through the entry point
    group `launchfsm.policies`: name, package, location.
    """
    policies = list(_named_policies())
    if as_json:
        show_json(policies)
        return
    names, packages = ([shown(one[key]) for one in policies] for key in ("name", "package"))
    for one, name, package in zip(policies, names, packages, strict=True):
        place = one.get("place") or f"unusable: {one['trouble']}"
        columns = f"{name:<{max(map(len, names))}}  {package:<{max(map(len, packages))}}"
        show(f"{columns}  {place}")


def _named_policies() -> Iterator[dict[str, str]]:
    """The name, the package and the place of each policy; the trouble with one that has no place.

    A name that several packages bring comes once for each of them.
    """
    points = metadata.entry_points(group=ENTRY_POINTS)
    for name in policy_names():
        taken = is_shipped(name)
        if taken:
            package = f"launchfsm {metadata.version('launchfsm')}"
            yield {"name": name, "package": package, "place": str(find_policy(name))}
        for point in points.select(name=name):
            package = f"{point.dist.name} {point.dist.version}" if point.dist else "?"
            try:
                found = {"trouble": _TAKEN} if taken else {"place": str(find_policy(name))}
            except PolicyNotFoundError as error:
                found = {"trouble": str(error)}
            yield {"name": name, "package": package, **found}


# -- catalogue, schema, machines -------------------------------------------------------------------


@click.command("catalogue")
@catalogue_option
def show_catalogue(*, catalogue: Catalogue) -> None:
    """Print the facts and outcomes that rules can use.

    Every decision as Markdown: its facts, its outcome, what cannot occur together.
    """
    show_text(reference(catalogue))


@click.command("schema")
@catalogue_option
def schema(*, catalogue: Catalogue) -> None:
    """Print the JSON Schema of rule files, for editors.

    A rule file names it in its first line, as in `#:schema rules.schema.json`.
    """
    show_text(json.dumps(rule_file_schema(catalogue), indent=1, ensure_ascii=False))


_MACHINES: Final[dict[str, Lifecycle[Any, Any]]] = {"bootstrap": BOOTSTRAP, "member": MEMBER}


@click.command("machines")
@click.argument(
    "name", metavar="[bootstrap|member]", type=click.Choice(tuple(_MACHINES)), required=False
)
def machines(name: str | None) -> None:
    """Print the lifecycles as Mermaid diagrams.

    Without a name, both, each below a comment with its name.
    """
    if name is not None:
        show_text(_MACHINES[name].mermaid())
        return
    diagrams = [f"%% {name}\n{machine.mermaid()}" for name, machine in _MACHINES.items()]
    show_text("\n".join(diagrams))

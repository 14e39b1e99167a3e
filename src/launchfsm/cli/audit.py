"""`launchfsm audit`: the records of launches, held against the machines and against each other.

Here: the command, its progress bar and its exit statuses. Not here: the audit
(`launchfsm.audit`), or which finding is how grave (its table of codes).
"""

from __future__ import annotations

import os
import sys
from typing import TYPE_CHECKING, Final

import attrs
import click

from launchfsm.audit import Audit, audit_team, codes_table
from launchfsm.cli.escaping import LONGEST_NAME, LONGEST_TEXT, shown
from launchfsm.cli.judging import Teams, judges
from launchfsm.cli.output import is_coloured, json_text
from launchfsm.records.wire import to_wire

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from launchfsm.vocabulary import Severity

EXIT_STATUS: Final[Mapping[Severity | None, int]] = {None: 0, "info": 0, "warning": 1, "error": 2}

_COLOURS: Final = {"ok": "green", "info": "cyan", "warning": "yellow", "error": "red"}
_WORD: Final = 8  # columns for a severity


def _print_codes(ctx: click.Context, _parameter: click.Parameter, wanted: bool) -> None:  # noqa: FBT001 - click's signature
    if wanted:
        click.echo(codes_table(), nl=False)
        ctx.exit()


@click.command("audit")
@click.argument("names", metavar="TEAM...", nargs=-1)
@click.option("--all", "every", is_flag=True, help="Audit all teams of the root.")
@click.option("--json", "as_json", is_flag=True, help="Print a JSON list, one object a team.")
@click.option(
    "--codes",
    is_flag=True,
    is_eager=True,
    expose_value=False,
    callback=_print_codes,
    help="Print what can be found, as a Markdown table, and exit.",
)
@judges
@click.pass_context
def command(
    ctx: click.Context, teams: Teams, *, names: tuple[str, ...], every: bool, as_json: bool
) -> None:
    """Hold a launch's records against each other.

    Replays the whole journal through the two lifecycles, and holds it against the state, the lock
    and the launcher's snapshot. 0: nothing was found, or nothing that is wrong. 1: a warning. 2: an
    error. 3: no such team, wrong usage, a faulty policy.
    """
    if bool(names) == every:
        raise click.UsageError("name the teams to audit, or pass --all")
    asked = teams.names() if every else tuple(teams.known(name) for name in names)
    audits = list(_with_progress(teams, asked) if every else _audits(teams, asked))
    if as_json:
        click.echo(json_text(to_wire(audits)))
    elif not asked:
        click.echo(f"There are no teams under {shown(teams.root)}.", err=True)
    for audit in () if as_json else audits:
        _print(audit)
    ctx.exit(max((EXIT_STATUS[audit.severity] for audit in audits), default=0))


def _audits(teams: Teams, names: Sequence[str]) -> Iterator[Audit]:
    return (audit_team(teams.evaluator, name) for name in names)


# -- Progress --------------------------------------------------------------------------------------


def _with_progress(teams: Teams, names: Sequence[str]) -> Iterator[Audit]:
    """The audits, with a progress bar for whoever waits for them at a terminal."""
    if not _is_watched():
        yield from _audits(teams, names)
        return
    from rich.console import Console  # noqa: PLC0415 - rich is for terminals alone
    from rich.progress import track  # noqa: PLC0415 - the same

    console = Console(stderr=True, force_terminal=True)
    audits = _audits(teams, names)
    yield from track(audits, "Auditing", total=len(names), console=console, transient=True)


def _is_watched() -> bool:
    """Whether a person sees standard error, on a terminal that can be drawn on."""
    stream = sys.stderr
    return stream is not None and stream.isatty() and os.environ.get("TERM") not in {"dumb", ""}


# -- For people ------------------------------------------------------------------------------------


def _print(audit: Audit) -> None:
    named = attrs.evolve(audit, team=shown(audit.team, most=LONGEST_NAME))
    for line in named.text().split("\n"):
        text = shown(line, most=LONGEST_TEXT)
        click.echo(_coloured(text) if is_coloured() else text)


def _coloured(line: str) -> str:
    """A line with its severity in colour."""
    indent = len(line) - len(line.lstrip())
    word = line[indent : indent + _WORD]
    return line[:indent] + click.style(word, fg=_COLOURS[word.strip()]) + line[indent + _WORD :]

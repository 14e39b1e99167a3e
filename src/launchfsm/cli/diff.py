"""`launchfsm diff`: where a team's two snapshots disagree.

Here: the command and its two forms. Not here: the comparison (`differences`).
"""

from __future__ import annotations

import itertools
import json
from typing import TYPE_CHECKING, Any, Final

import click

from launchfsm.cli.differences import ABSENT, Difference, differences
from launchfsm.cli.escaping import LONGEST_NAME, LONGEST_TEXT, shown
from launchfsm.cli.judging import Teams, judges
from launchfsm.cli.output import is_coloured, json_text
from launchfsm.records.documents import LAUNCH_FILE, STATE_FILE

if TYPE_CHECKING:
    from collections.abc import Iterator

    from launchfsm.evaluation.evaluator import Evaluation

_SAME: Final = 0
_DIFFERENT: Final = 1


@click.command("diff")
@click.argument("name", metavar="TEAM")
@click.option("--full", is_flag=True, help="Show the values of fields that one side leaves out.")
@click.option("--json", "as_json", is_flag=True, help="Print JSON, always in full.")
@judges
@click.pass_context
def command(ctx: click.Context, teams: Teams, *, name: str, full: bool, as_json: bool) -> None:
    """Show where a team's two snapshots disagree.

    Member by member, field by field: `-` is what the bootstrap's state says, `+` what the
    launcher's own snapshot says. Fields that only one of them has are named on one line. Exits like
    diff: 0 when they are the same, 1 when they differ, and 3 when there are not two to compare.
    """
    evaluation = teams.evaluate(name)
    found = _found(evaluation)
    if as_json:
        click.echo(json_text(diff_document(evaluation, found)))
    elif found:
        _print(_lines(evaluation, found, full=full))
    ctx.exit(_DIFFERENT if found else _SAME)


def _found(evaluation: Evaluation) -> list[Difference]:
    bootstrap, launch = evaluation.bootstrap_snapshot, evaluation.launcher_snapshot
    if bootstrap is None or launch is None:
        sides = ((STATE_FILE, bootstrap), (LAUNCH_FILE, launch))
        lacking = " and ".join(file for file, snapshot in sides if snapshot is None)
        raise click.ClickException(
            f"team {shown(evaluation.team)} has no two snapshots to compare: none comes from "
            f"{lacking}; `launchfsm status` says what is wrong with it, if it is there"
        )
    return list(differences(bootstrap, launch))


def diff_document(evaluation: Evaluation, found: list[Difference]) -> dict[str, Any]:
    """The differences, for JSON; an absent value is left out, the launch's own member is null."""
    return {
        "team": evaluation.team,
        "preferredSource": evaluation.preferred_source,
        "differences": [
            {"member": one.member, "field": one.field}
            | {
                side: value
                for side, value in (("bootstrap", one.bootstrap), ("launcher", one.launch))
                if value is not ABSENT
            }
            for one in found
        ],
    }


def _print(lines: Iterator[str]) -> None:
    colours = {"-": "red", "+": "green", "@": "cyan"} if is_coloured() else {}
    for line in lines:
        click.echo(click.style(line, fg=colours.get(line[0])) if colours else line)


def _lines(evaluation: Evaluation, found: list[Difference], *, full: bool) -> Iterator[str]:
    team = shown(evaluation.team)
    yield f"--- {team}/{STATE_FILE}"
    yield f"+++ {team}/{LAUNCH_FILE}"
    for member, group in itertools.groupby(found, lambda one: one.member):
        about = "the launch" if member is None else f"member {shown(member, most=LONGEST_NAME)}"
        yield f"@@ {about} @@"
        fields = list(group)
        for one in fields:
            if full or ABSENT not in (one.bootstrap, one.launch):
                yield from _field_lines(one)
        if not full:
            yield from _one_sided(fields)


def _field_lines(one: Difference) -> Iterator[str]:
    if one.bootstrap is not ABSENT:
        yield f"-{one.field}: {_value(one.bootstrap)}"
    if one.launch is not ABSENT:
        yield f"+{one.field}: {_value(one.launch)}"


def _one_sided(fields: list[Difference]) -> Iterator[str]:
    """What only one side has, a line a side."""
    only_bootstrap = [one.field for one in fields if one.launch is ABSENT]
    only_launch = [one.field for one in fields if one.bootstrap is ABSENT]
    if only_bootstrap:
        yield f"-only here: {_keys(only_bootstrap)}"
    if only_launch:
        yield f"+only here: {_keys(only_launch)}"


def _keys(paths: list[str]) -> str:
    """The keys that paths begin with; of a member that the other side lacks, just that."""
    if "name" in paths:
        return "the whole member"
    return ", ".join(dict.fromkeys(path.split(".", 1)[0] for path in paths))


def _value(value: Any) -> str:
    """As JSON, so that a text, a number and a word cannot be taken for one another."""
    return shown(json.dumps(value, ensure_ascii=False), most=LONGEST_TEXT)

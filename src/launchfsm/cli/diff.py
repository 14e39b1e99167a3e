"""`launchfsm diff`: where a team's two snapshots disagree, member by member, field by field.

The wire form is compared: fields are named as in the files, and a field that one snapshot lacks
differs from one that has a value.
"""

from __future__ import annotations

import itertools
import json
from typing import TYPE_CHECKING, Any, Final

import attrs
import click

from launchfsm.cli.completion import complete_teams
from launchfsm.cli.options import Teams, judges
from launchfsm.cli.output import LONGEST_NAME, LONGEST_TEXT, show, show_json, shown
from launchfsm.records.documents import LAUNCH_FILE, STATE_FILE
from launchfsm.records.wire import to_wire

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from launchfsm.evaluation.evaluator import Evaluation
    from launchfsm.records.results import LaunchSnapshot

_SAME: Final = 0
_DIFFERENT: Final = 1
_COLOURS: Final = {"-": "red", "+": "green", "@": "cyan"}


@click.command("diff")
@click.argument("name", metavar="TEAM", shell_complete=complete_teams)
@click.option("--full", is_flag=True, help="Show the values of fields that only one snapshot has.")
@click.option("--json", "as_json", is_flag=True, help="Print JSON, always in full.")
@judges
@click.pass_context
def diff(ctx: click.Context, teams: Teams, *, name: str, full: bool, as_json: bool) -> None:
    """Compare a team's two snapshots.

    Member by member, field by field: `-` is what the bootstrap's state says, `+` what the
    launcher's own snapshot says. Fields that only one of them has are named on one line. Exits like
    diff: 0 when they are the same, 1 when they differ, and 3 when there are not two to compare.
    """
    evaluation = teams.evaluate(name)
    found = _found(evaluation)
    if as_json:
        show_json(diff_document(evaluation, found))
    elif found:
        for line in _lines(evaluation, found, full=full):
            show(line, paint=lambda line: click.style(line, fg=_COLOURS[line[0]]))
    ctx.exit(_DIFFERENT if found else _SAME)


# -- Comparing -------------------------------------------------------------------------------------

ABSENT: Final = object()
"""The value of a field that a snapshot does not have."""


@attrs.frozen
class Difference:
    """One field about which two snapshots disagree.

    Attributes:
        member: The member; `None` for the launch as a whole.
        field: The field's path on the wire, such as `sources.configRegistered`.
        bootstrap: What the bootstrap's snapshot says, or `ABSENT`.
        launcher: What the launcher's says, or `ABSENT`.
    """

    member: str | None
    field: str
    bootstrap: Any
    launcher: Any


def differences(bootstrap: LaunchSnapshot, launcher: LaunchSnapshot) -> Iterator[Difference]:
    """Every disagreement: about the launch first, then about each member in turn."""
    mine, theirs = to_wire(bootstrap), to_wire(launcher)
    members, others = mine.pop("members"), theirs.pop("members")
    yield from _disagreements(None, mine, theirs)
    for name in dict.fromkeys([*members, *others]):
        yield from _disagreements(name, members.get(name, {}), others.get(name, {}))


def _disagreements(
    member: str | None, mine: Mapping[str, Any], theirs: Mapping[str, Any]
) -> Iterator[Difference]:
    ours, others = dict(_flat(mine)), dict(_flat(theirs))
    for path in dict.fromkeys([*ours, *others]):
        said, denied = ours.get(path, ABSENT), others.get(path, ABSENT)
        if said != denied:
            yield Difference(member, path, said, denied)


def _flat(document: Mapping[str, Any], above: str = "") -> Iterator[tuple[str, Any]]:
    """The leaves of a document by path; a list is a leaf."""
    for key, value in document.items():
        if value and isinstance(value, dict):
            yield from _flat(value, f"{above}{key}.")
        else:
            yield f"{above}{key}", value


def _found(evaluation: Evaluation) -> list[Difference]:
    bootstrap, launcher = evaluation.bootstrap_snapshot, evaluation.launcher_snapshot
    if bootstrap is None or launcher is None:
        sides = ((STATE_FILE, bootstrap), (LAUNCH_FILE, launcher))
        lacking = " and ".join(file for file, snapshot in sides if snapshot is None)
        raise click.ClickException(
            f"team {shown(evaluation.team)} has no two snapshots to compare: none comes from "
            f"{lacking}; `launchfsm status` says what is wrong with it, if it is there"
        )
    return list(differences(bootstrap, launcher))


def diff_document(evaluation: Evaluation, found: list[Difference]) -> dict[str, Any]:
    """The differences, for JSON; an absent value is left out, the launch's own member is null."""
    return {
        "team": evaluation.team,
        "preferredSource": evaluation.preferred_source,
        "differences": [
            attrs.asdict(one, recurse=False, filter=lambda _, value: value is not ABSENT)
            for one in found
        ],
    }


def _lines(evaluation: Evaluation, found: list[Difference], *, full: bool) -> Iterator[str]:
    team = shown(evaluation.team)
    yield f"--- {team}/{STATE_FILE}"
    yield f"+++ {team}/{LAUNCH_FILE}"
    for member, group in itertools.groupby(found, lambda one: one.member):
        about = "the launch" if member is None else f"member {shown(member, most=LONGEST_NAME)}"
        yield f"@@ {about} @@"
        one_sided: dict[str, list[str]] = {"-": [], "+": []}
        for one in group:
            values = {"-": one.bootstrap, "+": one.launcher}
            known = {mark: value for mark, value in values.items() if value is not ABSENT}
            for mark, value in known.items():
                if full or len(known) == len(values):
                    # As JSON, so that a text, a number and a word cannot be taken for one another.
                    said = json.dumps(value, ensure_ascii=False)
                    yield f"{mark}{one.field}: {shown(said, most=LONGEST_TEXT)}"
                else:
                    one_sided[mark].append(one.field)
        for mark, paths in one_sided.items():
            keys = ", ".join(dict.fromkeys(path.split(".", 1)[0] for path in paths))
            if paths:
                yield f"{mark}only here: {'the whole member' if 'name' in paths else keys}"

"""The commands for authors of policies: `policy new`, `check`, `verify`, `test` and so on."""

from __future__ import annotations

import functools
import itertools
import json
import textwrap
from collections.abc import Iterator, Sequence
from importlib import metadata
from pathlib import Path
from shutil import get_terminal_size
from typing import Any, Final

import click

from launchfsm.cli import options
from launchfsm.cli.output import (
    is_terminal,
    safe,
    show,
    show_json,
    show_result,
    show_sarif,
    show_text,
    shown,
    wire_with,
    writing,
)
from launchfsm.engine.table import Policy, Table
from launchfsm.engine.text import quoted
from launchfsm.policies import load_policy
from launchfsm.policy import analysis
from launchfsm.policy.authoring.ask import ask_table
from launchfsm.policy.authoring.drawing import draw
from launchfsm.policy.authoring.reference import reference
from launchfsm.policy.authoring.render import policy_toml
from launchfsm.policy.authoring.runner import TestCoverage, TestResult, coverage, run_tests
from launchfsm.policy.authoring.sarif import SarifResult
from launchfsm.policy.authoring.scaffold import shell_path, write_new_policy
from launchfsm.policy.authoring.schema import rule_file_schema
from launchfsm.policy.authoring.suggest import Suggestion, suggest_tests
from launchfsm.policy.diagnostics import Diagnostic, PolicyError
from launchfsm.policy.discovery import (
    ENTRY_POINTS,
    PolicyNotFoundError,
    find_policy,
    is_shipped,
    policy_names,
)
from launchfsm.policy.loader import Catalogue
from launchfsm.records.wire import to_wire

# -- new -------------------------------------------------------------------------------------------


@click.command("new")
@click.argument("folder", metavar="FOLDER", type=click.Path(path_type=Path))
def new(folder: Path) -> None:
    """Create the folder of a new policy.

    Writes commented files that pass check, test and verify. The policy has the folder's name and
    extends `default`.

    Exit status 3: the folder is not empty; nothing was written.
    """
    try:
        written = write_new_policy(folder)
    except (OSError, ValueError) as error:
        told = getattr(error, "strerror", None)
        raise click.ClickException(shown(f"{folder}: {told}" if told else str(error))) from None
    show(*(f"wrote {shown(str(file))}" for file in written))
    show(
        "next: edit or delete owner.toml, a sample that changes nothing yet",
        f"next: launchfsm policy check {shown(shell_path(folder))}",
    )


# -- check -----------------------------------------------------------------------------------------


@click.command("check")
@options.policy_argument
@options.report_forms
def check(*, name: str, catalogue: Catalogue, as_json: bool, as_sarif: bool) -> int:
    """List everything wrong with a policy.

    Everything at once, each as file:line:column with the line and a caret: unknown facts, wrong
    types, unknown words, keys without a meaning, overrides of nothing.

    Exit status 0: nothing is wrong. 1: something is. 3: no such policy.
    """
    policy: Policy | None = None
    faults: tuple[Diagnostic, ...] = ()
    try:
        policy = load_policy(name, catalogue=catalogue)
    except PolicyError as error:
        faults = error.faults
    if as_json:
        show_json({"policy": name, "faults": to_wire(faults)})
    elif as_sarif:
        show_sarif(map(SarifResult.of_fault, faults))
    elif policy is None:
        count = f"{len(faults)} {'fault' if len(faults) == 1 else 'faults'}"
        show_text("\n\n".join([*(fault.text() for fault in faults), f"{shown(name)}: {count}"]))
    else:
        rules = sum(len(table.rules) for table in policy.tables.values())
        lineage = "".join(f", extending {parent}" for parent in policy.lineage[1:])
        tables = "1 table" if len(policy.tables) == 1 else f"{len(policy.tables)} tables"
        counts = f"{tables}, {rules} {'rule' if rules == 1 else 'rules'}"
        show_text(f"{shown(policy.name)}: nothing is wrong ({counts}{shown(lineage)})")
    return 1 if faults else 0


# -- verify ----------------------------------------------------------------------------------------


@click.command("verify")
@options.policy_argument
@click.option(
    "--against", metavar="POLICY", help="Show every situation that this policy decides otherwise."
)
@click.option("--tables", "by_table", is_flag=True, help="Tell what was looked at in each table.")
@options.report_forms
def verify(
    *,
    name: str,
    catalogue: Catalogue,
    against: str | None,
    by_table: bool,
    as_json: bool,
    as_sarif: bool,
) -> int:
    """Check every situation: unreachable rules, incomplete tables.

    Finds rules that never win or never change the outcome, situations that no rule decides, rules
    that overlap under hit policy `unique`, outcomes that break a postcondition, and fields that a
    rule sets although nobody looks at them. Tells how many situations that covered, and when there
    were too many to look at all.

    Exit status 0: nothing is wrong. 1: something is, and that is proven; a field at which nobody
    looks is a warning, and no more. With --against, 1 also when the two policies differ. 3: no such
    policy, or one that does not load (see `launchfsm policy check`).
    """
    policy = load_policy(name, catalogue=catalogue)
    comparison = (
        None
        if against is None
        else analysis.compare(policy, load_policy(against, catalogue=catalogue))
    )
    verification = analysis.verify(policy)
    if as_json:
        document = wire_with(verification, "holds", "complete")
        if comparison is not None:
            document["comparison"] = wire_with(comparison, "same", "complete")
        show_json(document)
    elif as_sarif:
        show_sarif(map(SarifResult.of_finding, verification.findings))
    else:
        show_text(safe(verification).text(by_table=by_table))
        if comparison is not None:
            show_text("\n" + safe(comparison).text(by_table=by_table))
    faulty = any(finding.is_error for finding in verification.findings)
    return 1 if faulty or (comparison is not None and not comparison.same) else 0


# -- test ------------------------------------------------------------------------------------------


@click.command("test")
@options.policy_argument
@click.option(
    "--coverage",
    "measured",
    is_flag=True,
    help="Also list the rules that no test makes fire, and the conditions that the tests show only "
    "true or only false.",
)
@click.option(
    "--suggest",
    is_flag=True,
    help="Also print tests that show what --coverage lists; they pass when they are appended to "
    "the file that is named above them.",
)
@options.json_option
def test(*, name: str, catalogue: Catalogue, measured: bool, suggest: bool, as_json: bool) -> int:
    """Run the tests in a policy's files.

    A test below a rule tells whether the rule fires, a test below a table which rule decides and
    with which outcome. A failed test is shown with its facts and every rule that was tried. The
    tests of an extended policy are not run.

    Exit status 0: no test failed. 1: a test failed. 3: no such policy, or one that does not load
    (see `launchfsm policy check`).
    """
    policy = load_policy(name, catalogue=catalogue)
    results = run_tests(policy)
    untested = coverage(policy) if measured or suggest else None
    suggested: tuple[Suggestion, ...] = ()
    if suggest:
        suggested = suggest_tests(policy, in_one_file=find_policy(name).is_file())
    if as_json:
        tests = [wire_with(result, "passed") for result in results]
        document: dict[str, Any] = {"policy": policy.name, "tests": tests}
        if untested is not None:
            document["coverage"] = wire_with(untested, "complete")
        if suggest:
            document["suggested"] = to_wire(suggested)
        show_json(document)
    else:
        show_text("\n".join(_test_lines(policy.name, results, untested)))
        for line in _suggested_lines(suggested):
            show_text(line)
    return 0 if all(result.passed for result in results) else 1


def _test_lines(
    policy: str, results: tuple[TestResult, ...], untested: TestCoverage | None
) -> Iterator[str]:
    failed = [result for result in results if not result.passed]
    for result in failed:
        yield f"{safe(result).text()}\n"
    if untested is not None:
        yield safe(untested).text()
    few = {0: "it has no tests", 1: "the only test passed"}
    passed = few.get(len(results), f"all {len(results)} tests passed")
    said = f"{len(failed)} of {len(results)} tests failed" if failed else passed
    yield f"{shown(policy)}: {said}"


def _suggested_lines(suggested: tuple[Suggestion, ...]) -> Iterator[str]:
    for one in suggested:
        if not one.toml:
            yield f"# no situation was found in which {shown(one.shows)}"
    tests = (one for one in suggested if one.toml)
    for file, appended in itertools.groupby(tests, key=lambda one: one.file):
        yield f"\n# to append to {shown(file)}"
        yield from (f"\n{test.toml}" for test in appended)


# -- eval ------------------------------------------------------------------------------------------


@click.command("eval")
@click.argument("table", metavar="TABLE", shell_complete=options.complete_tables)
@click.argument("facts", metavar="[FACT=VALUE]...", nargs=-1)
@options.policy_option("--policy", "The policy whose table is asked.")
@options.json_option
@options.catalogue_option
def evaluate(
    *, table: str, facts: tuple[str, ...], policy: str, catalogue: Catalogue, as_json: bool
) -> None:
    """Ask one table, and show its answer and why.

    A FACT is a name that `launchfsm policy catalogue` lists, a VALUE as rule files write it,
    without quotes: owner=dead, state_age=3m, zombie=true. The items of a list are separated by
    commas. A fact that is left out is unknown, false or 0; one that cannot be has to be given where
    the answer depends on it.

    Exit status 3: no such policy or table, or wrong facts; all that is wrong is listed.
    """
    asked = options.known_table(load_policy(policy, catalogue=catalogue), table)
    given = []
    for fact in facts:
        name, equals, value = fact.partition("=")
        if not equals:
            raise click.ClickException(f"{quoted(fact)} is no fact; write its name, =, its value")
        given.append((name.strip(), value.strip()))
    show_result(ask_table(asked, given), as_json=as_json)


# -- impact ----------------------------------------------------------------------------------------


@click.command("impact")
@click.argument("name", metavar="POLICY", shell_complete=options.complete_policies)
@options.json_option
@functools.partial(options.judges, option="--against", told="The policy that judges now.")
def impact(teams: options.Teams, *, name: str, as_json: bool) -> int:
    """Tell which recorded teams a policy would judge otherwise.

    Judges all teams of the root by both policies, at one instant. Prints how many verdicts change
    and how, then each of these teams with the rules that did it.

    Exit status 0: all teams are judged alike. 1: a team is judged otherwise. 3: no such policy, or
    one that does not load (see `launchfsm policy check`).
    """
    from launchfsm.properties.impact import policy_impact  # noqa: PLC0415 - for this alone

    found = policy_impact(teams.evaluator, load_policy(name), teams.names())
    show_result(found, as_json=as_json)
    return 1 if found.changed else 0


# -- report ----------------------------------------------------------------------------------------


@click.command("report")
@options.policy_argument
@options.output_option
def report(*, name: str, catalogue: Catalogue, file: str) -> None:
    """Write a page about a policy, for a browser.

    One HTML file that needs nothing else: each decision table as a table, each rule with its tests
    and what they leave out, and what the policy changes of the one that it extends, side by side.

    Exit status 3: no such policy, one that does not load (see `launchfsm policy check`), or the
    file cannot be written.
    """
    from launchfsm.report.page import write_policy_report  # noqa: PLC0415 - for this alone

    policy = load_policy(name, catalogue=catalogue)
    with writing(file):
        write_policy_report(policy, file)
    show(f"wrote {shown(file)}: policy {shown(policy.name)}, {len(policy.tables)} tables")


# -- show ------------------------------------------------------------------------------------------


_WIDEST: Final = 10_000
"""Columns of a drawing that nobody sees on a terminal."""

_LONGEST_WORD: Final = 30
"""The longest word that a column of a drawing is made wide enough for."""

_GAP: Final = 2  # columns of a terminal between two of a drawing

_EVERY_TABLE: Final = "\0"  # what `--table` alone stands for; no table has this name


@click.command("show")
@options.policy_argument
@click.option(
    "--table",
    "only",
    metavar="[NAME]",
    is_flag=False,
    flag_value=_EVERY_TABLE,
    shell_complete=options.complete_tables,
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
        chosen = policy.tables.values() if every else [options.known_table(policy, only)]
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
        grid = safe(draw(table, most_facts=most).grid())
        widths = _widths(grid, width)
        if sum(widths) + _GAP * len(widths) <= width:
            break
    params = [shown(f"{name} = {value}") for name, value in drawn.params.items()]
    head = shown(f"{drawn.name}: {drawn.doc} (hit policy: {drawn.hit})")
    return "\n".join([head, *params, "", *_grid_lines(grid, widths), ""])


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
@options.json_option
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


# -- catalogue and schema --------------------------------------------------------------------------


@click.command("catalogue")
@options.catalogue_option
def show_catalogue(*, catalogue: Catalogue) -> None:
    """Print the facts and outcomes that rules can use.

    Every decision as Markdown: its facts, its outcome, what cannot occur together.
    """
    show_text(reference(catalogue))


@click.command("schema")
@options.catalogue_option
def schema(*, catalogue: Catalogue) -> None:
    """Print the JSON Schema of rule files, for editors.

    A rule file names it in its first line, as in `#:schema rules.schema.json`.
    """
    show_text(json.dumps(rule_file_schema(catalogue), indent=1, ensure_ascii=False))

"""The commands that show what a policy does: `policy test`, `policy eval`, `policy impact`."""

from __future__ import annotations

import itertools
from typing import TYPE_CHECKING, Any

import click

from launchfsm.cli.completion import complete_policies, complete_tables
from launchfsm.cli.options import Teams, catalogue_option, judges_by, loaded, policy_argument
from launchfsm.cli.output import safe, show_json, show_text, shown
from launchfsm.engine.text import did_you_mean, listing
from launchfsm.policy.authoring.ask import FactsError, ask_table
from launchfsm.policy.authoring.runner import coverage, run_tests
from launchfsm.policy.authoring.suggest import suggest_tests
from launchfsm.policy.discovery import find_policy
from launchfsm.records.wire import to_wire

if TYPE_CHECKING:
    from collections.abc import Iterator

    from launchfsm.policy.authoring.runner import TestCoverage, TestResult
    from launchfsm.policy.authoring.suggest import Suggestion
    from launchfsm.policy.loader import Catalogue

# -- test ------------------------------------------------------------------------------------------


@click.command("test")
@policy_argument
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
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
@click.pass_context
def test(
    ctx: click.Context,
    *,
    name: str,
    catalogue: Catalogue,
    measured: bool,
    suggest: bool,
    as_json: bool,
) -> None:
    """Run the tests in a policy's files.

    A test below a rule tells whether the rule fires, a test below a table which rule decides and
    with which outcome. A failed test is shown with its facts and every rule that was tried. The
    tests of an extended policy are not run.

    Exit status 0: no test failed. 1: a test failed. 3: no such policy, or one that does not load
    (see `launchfsm policy check`).
    """
    policy = loaded(name, catalogue)
    results = run_tests(policy)
    untested = coverage(policy) if measured or suggest else None
    suggested: tuple[Suggestion, ...] = ()
    if suggest:
        suggested = suggest_tests(policy, in_one_file=find_policy(name).is_file())
    if as_json:
        tests = [{**to_wire(result), "passed": result.passed} for result in results]
        document: dict[str, Any] = {"policy": policy.name, "tests": tests}
        if untested is not None:
            document["coverage"] = {**to_wire(untested), "complete": untested.complete}
        if suggest:
            document["suggested"] = to_wire(suggested)
        show_json(document)
    else:
        show_text("\n".join(_test_lines(policy.name, results, untested)))
        for line in _suggested_lines(suggested):
            show_text(line)
    ctx.exit(0 if all(result.passed for result in results) else 1)


def _test_lines(
    policy: str, results: tuple[TestResult, ...], untested: TestCoverage | None
) -> Iterator[str]:
    failed = [result for result in results if not result.passed]
    for result in failed:
        yield f"{safe(result).text()}\n"
    if untested is not None:
        yield safe(untested).text()
    few = {0: "it has no tests", 1: "the only test passed"}
    said = few.get(len(results), f"all {len(results)} tests passed")
    if failed:
        said = f"{len(failed)} of {len(results)} tests failed"
    yield f"{shown(policy)}: {said}"


def _suggested_lines(suggested: tuple[Suggestion, ...]) -> Iterator[str]:
    tests = [one for one in suggested if one.toml]
    for one in suggested:
        if not one.toml:
            yield f"# no situation was found in which {shown(one.shows)}"
    for file, appended in itertools.groupby(tests, key=lambda one: one.file):
        yield f"\n# to append to {shown(file)}"
        yield from (f"\n{test.toml}" for test in appended)


# -- eval ------------------------------------------------------------------------------------------


@click.command("eval")
@click.argument("table", metavar="TABLE", shell_complete=complete_tables)
@click.argument("facts", metavar="[FACT=VALUE]...", nargs=-1)
@click.option(
    "--policy",
    metavar="NAME_OR_PATH",
    default="default",
    show_default=True,
    shell_complete=complete_policies,
    help="The policy whose table is asked.",
)
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
@catalogue_option
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
    tables = loaded(policy, catalogue).tables
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
    try:
        decision = ask_table(tables[table], given)
    except FactsError as error:
        raise click.ClickException("\n".join(map(shown, error.problems))) from None
    if as_json:
        show_json(to_wire(decision))
    else:
        show_text(safe(decision).text())


# -- impact ----------------------------------------------------------------------------------------


@click.command("impact")
@click.argument("name", metavar="POLICY", shell_complete=complete_policies)
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
@judges_by("--against", "The policy that judges now.")
@click.pass_context
def impact(ctx: click.Context, teams: Teams, *, name: str, as_json: bool) -> None:
    """Tell which recorded teams a policy would judge otherwise.

    Judges all teams of the root by both policies, at one instant. Prints how many verdicts change
    and how, then each of these teams with the rules that did it.

    Exit status 0: all teams are judged alike. 1: a team is judged otherwise. 3: no such policy, or
    one that does not load (see `launchfsm policy check`).
    """
    from launchfsm.properties.impact import policy_impact  # noqa: PLC0415 - for this alone

    found = policy_impact(teams.evaluator, loaded(name), teams.names())
    if as_json:
        show_json(to_wire(found))
    else:
        show_text(safe(found).text())
    ctx.exit(1 if found.changed else 0)

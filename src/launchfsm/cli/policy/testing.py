"""`launchfsm policy test`: the tests that stand in a policy's files.

Here: the command. Not here: running them, and what they leave untested
(`launchfsm.policy.authoring.runner`).
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import click

from launchfsm.cli.escaping import shown_lines
from launchfsm.cli.output import json_text
from launchfsm.cli.policy.named import loaded, policy_argument
from launchfsm.policy.authoring.runner import coverage, run_tests
from launchfsm.records.wire import to_wire

if TYPE_CHECKING:
    from collections.abc import Iterator

    from launchfsm.policy.authoring.runner import Coverage, TestResult


@click.command("test")
@policy_argument
@click.option(
    "--coverage",
    "measured",
    is_flag=True,
    help="Also list the rules that no test makes fire, and the conditions of which the tests show "
    "one side only.",
)
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
@click.pass_context
def command(ctx: click.Context, *, name: str, measured: bool, as_json: bool) -> None:
    """Run the tests that stand in it.

    Below a rule stands whether it fires, below a table which rule decides and what it answers. A
    test that fails is shown with its facts and every rule that was tried. The tests of a policy
    that is extended are its own.

    Exit status 0: no test failed. 1: a test failed. 3: no such policy, or one that does not load
    (see `launchfsm policy check`), wrong usage.
    """
    policy = loaded(name)
    results = run_tests(policy)
    untested = coverage(policy) if measured else None
    if as_json:
        click.echo(json_text(_document(policy.name, results, untested)))
    else:
        click.echo(shown_lines("\n".join(_lines(policy.name, results, untested))))
    ctx.exit(0 if all(result.passed for result in results) else 1)


def _lines(
    policy: str, results: tuple[TestResult, ...], untested: Coverage | None
) -> Iterator[str]:
    failed = [result for result in results if not result.passed]
    for result in failed:
        yield f"{result.text()}\n"
    if untested is not None:
        yield untested.text()
    said = f"{len(failed)} of {len(results)} tests failed" if failed else _passed(len(results))
    yield f"{policy}: {said}"


def _passed(number: int) -> str:
    if number == 0:
        return "it has no tests"
    return "the only test passed" if number == 1 else f"all {number} tests passed"


def _document(
    policy: str, results: tuple[TestResult, ...], untested: Coverage | None
) -> dict[str, Any]:
    """What came of each test, for JSON."""
    tests = [{**to_wire(result), "passed": result.passed} for result in results]
    document: dict[str, Any] = {"policy": policy, "tests": tests}
    if untested is not None:
        document["coverage"] = {**to_wire(untested), "complete": untested.complete}
    return document

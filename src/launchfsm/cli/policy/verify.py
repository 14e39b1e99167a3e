"""`launchfsm policy verify`: a policy proven by looking at every situation.

Here: the command, its exit status, and what is printed. Not here: the analysis
(`launchfsm.policy.analysis`), or files of differences (`lists`).
"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import attrs
import click

from launchfsm.cli.escaping import shown_lines
from launchfsm.cli.output import json_text
from launchfsm.cli.policy.lists import departures_from, publish
from launchfsm.cli.policy.named import loaded, policy_argument
from launchfsm.policy.analysis import Comparison, Departures, Verification, compare, verify
from launchfsm.policy.analysis.reports import coverage_lines
from launchfsm.records.wire import to_wire

if TYPE_CHECKING:
    from collections.abc import Iterator

    from launchfsm.policy.analysis import Coverage

_FILE = click.Path(path_type=Path)


@attrs.frozen
class _Found:
    """What was found.

    Attributes:
        verification: What is wrong in the policy itself.
        comparison: On what it differs from another; `None` when none was named.
        departures: In what that is otherwise than a list says; `None` when none was named.
    """

    verification: Verification
    comparison: Comparison | None
    departures: Departures | None

    @property
    def status(self) -> int:
        """The exit status; what was only not seen, where not all was looked at, is no fault."""
        faulty = any(finding.proven for finding in self.verification.findings)
        meant = self.comparison is None or self.comparison.same
        if self.departures is not None:
            meant = self.departures.none
        return 0 if meant and not faulty else 1


@click.command("verify")
@policy_argument
@click.option("--against", metavar="POLICY", help="Show every situation that it decides otherwise.")
@click.option("--expect", metavar="FILE", type=_FILE, help="The differences that are meant.")
@click.option(
    "--publish",
    "published",
    metavar="FILE",
    type=_FILE,
    help="Write the differences: a list for --expect, or a page for people into a FILE that ends "
    "in .md.",
)
@click.option("--tables", "by_table", is_flag=True, help="Say what was looked at in each table.")
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
@click.pass_context
def command(
    ctx: click.Context,
    *,
    name: str,
    against: str | None,
    expect: Path | None,
    published: Path | None,
    by_table: bool,
    as_json: bool,
) -> None:
    """Look at every situation: dead rules, gaps, differences.

    Finds rules that never win or never change the outcome, situations that no rule decides, rules
    that overlap under hit policy `unique`, and answers that break a postcondition. Says
    how many situations that covered; where there are too many to look at all, it says so.

    Exit status 0: nothing is wrong. 1: something is, and that is proven; with --against, also when
    the two differ at all; with --expect, when they differ otherwise than the list says. 3: no such
    policy, or one that does not load (see `launchfsm policy check`), no such list, wrong usage.
    """
    if against is None and (expect is not None or published is not None):
        raise click.UsageError("a list of differences needs --against: the policy to differ from")
    policy = loaded(name)
    comparison = departures = None
    if against is not None:
        comparison = compare(policy, loaded(against))
        departures = None if expect is None else departures_from(comparison, expect)
        if published is not None:
            publish(comparison, published)
    found = _Found(verify(policy), comparison, departures)
    text = json_text(_document(found)) if as_json else "\n".join(_lines(found, expect, by_table))
    click.echo(shown_lines(text))
    ctx.exit(found.status)


def _lines(found: _Found, expect: Path | None, by_table: bool) -> Iterator[str]:  # noqa: FBT001 - it is what the option said
    verification, comparison = found.verification, found.comparison
    for finding in verification.findings:
        yield finding.text()
    said = _counted(len(verification.findings), "finding") or "nothing is wrong"
    yield f"{verification.policy}: {said}{_unless(verification.complete)}"
    yield from _coverage(verification.tables, by_table)
    if comparison is not None:
        yield ""
        yield from _difference_lines(comparison, found.departures, expect)
        yield from _coverage(comparison.tables, by_table)


def _difference_lines(
    comparison: Comparison, departures: Departures | None, expect: Path | None
) -> Iterator[str]:
    said = _counted(len(comparison.differences) + len(comparison.params), "difference")
    said = (said or "the same") + _unless(comparison.complete)
    head = f"{comparison.policy} against {comparison.against}: {said}"
    if departures is None:
        yield from (param.text() for param in comparison.params)
        yield from (difference.text() for difference in comparison.differences)
        yield head
        return
    if not departures.none:
        yield departures.text()
    yield f"{head}, {'as' if departures.none else 'otherwise than'} published in {expect}"


def _counted(number: int, noun: str) -> str:
    """A number of things; empty for none."""
    if number == 0:
        return ""
    return f"{number} {noun}" if number == 1 else f"{number} {noun}s"


def _unless(complete: bool) -> str:  # noqa: FBT001 - the same
    """What is added to a claim that does not rest on everything."""
    return "" if complete else " in what was looked at, which is NOT ALL"


def _coverage(tables: tuple[Coverage, ...], by_table: bool) -> Iterator[str]:  # noqa: FBT001 - the same
    """What was looked at: in all, and in each table that could not be looked at in one."""
    total, *each = coverage_lines(tables)
    yield total
    for table, line in zip(tables, each, strict=True):
        if by_table or table.parts > 1 or not table.complete:
            yield line


def _document(found: _Found) -> dict[str, Any]:
    """Everything that was found, for JSON."""
    verification, comparison = found.verification, found.comparison
    document = {
        **to_wire(verification),
        "holds": verification.holds,
        "complete": verification.complete,
    }
    if comparison is not None:
        summary = {"same": comparison.same, "complete": comparison.complete}
        document["comparison"] = {**to_wire(comparison), **summary}
    if found.departures is not None:
        document["departures"] = to_wire(found.departures)
    return document

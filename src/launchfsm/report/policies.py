"""A policy as a page: tables as tables, rules with their tests, what it changes side by side."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Mapping
from typing import Final, Literal

import attrs

from launchfsm.engine.table import Policy, RuleTest, Table
from launchfsm.engine.text import literal, show
from launchfsm.policies import parent_of
from launchfsm.policy.authoring.drawing import DrawnTable, draw
from launchfsm.policy.authoring.runner import TestResult, coverage, run_tests

_MOST_FACTS: Final = 7  # columns of a grid; the other facts stay in the rules' conditions


@attrs.frozen
class ShownTest:
    """An inline test: its facts, what it expects, and what came otherwise."""

    facts: str
    expected: str
    problems: tuple[str, ...]


@attrs.frozen
class ParentChange:
    """A rule, a param or the order of the rules that is not as in the parent.

    `parent` and `here` are how either policy has it, line by line; empty when it does not.
    """

    kind: Literal["added", "changed", "removed", "moved"]
    name: str
    parent: tuple[str, ...]
    here: tuple[str, ...]


@attrs.frozen
class ShownTable:
    """A decision table as a grid, and what is known of it.

    Attributes:
        drawn: The grid.
        tests: Its tests, by the rule below which they are; those of the table have `""`.
        uncovered: What no test shows, by rule.
        changes: What is not as in the parent.
    """

    drawn: DrawnTable
    tests: Mapping[str, list[ShownTest]]
    uncovered: Mapping[str, list[str]]
    changes: tuple[ParentChange, ...]


def shown_tables(policy: Policy) -> tuple[ShownTable, ...]:
    """Run the tests of a loaded policy, compare it with its parent, and say what a page shows.

    Args:
        policy: The policy.

    Raises:
        PolicyError: The files changed while they were read.
    """
    parent, covered = parent_of(policy), coverage(policy)
    gaps = [(rule.table, rule.rule, "no test makes it fire") for rule in covered.unfired]
    for side in covered.one_sided:
        seen = {None: "is never asked", True: "never fails", False: "never holds"}[side.seen]
        gaps.append((side.table, side.rule, f"`{side.condition}` {seen}"))
    uncovered: dict[str, defaultdict[str, list[str]]] = defaultdict(lambda: defaultdict(list))
    for table_name, rule_id, gap in gaps:
        uncovered[table_name][rule_id].append(gap)
    tests: dict[str, defaultdict[str, list[ShownTest]]] = defaultdict(lambda: defaultdict(list))
    written = {
        test.location().text(): test
        for table in policy.tables.values()
        for test in (*(one for rule in table.rules for one in rule.tests), *table.tests)
    }
    for result in run_tests(policy):
        tests[result.table][result.rule].append(_test(result, written.get(result.location)))
    return tuple(
        ShownTable(
            draw(table, most_facts=_MOST_FACTS),
            dict(tests[table_name]),
            dict(uncovered[table_name]),
            () if parent is None else tuple(_changes(table, parent.tables.get(table_name))),
        )
        for table_name, table in policy.tables.items()
    )


def _test(result: TestResult, test: RuleTest | None) -> ShownTest:
    facts = ", ".join(f"{name} = {show(value)}" for name, value in result.facts.items())
    expected = []
    if test is not None and test.fires is not None:
        expected.append("fires" if test.fires else "does not fire")
    if test is not None and test.decides is not None:
        expected.append(f"{test.decides} decides")
    if test is not None and test.then:
        expected.append(", ".join(f"{name} = {show(value)}" for name, value in test.then.items()))
    return ShownTest(facts, "; ".join(expected), result.problems)


def _changes(table: Table, parent: Table | None) -> Iterator[ParentChange]:
    """What is not as in the parent: params, rules, and their order."""
    if parent is None:
        yield ParentChange("added", "the whole table", (), (table.decision.doc,))
        return
    before, after = _said(parent), _said(table)
    for name in {**after, **before}:
        was, now = before.get(name, ()), after.get(name, ())
        if was != now:
            kind: Literal["changed", "added", "removed"]
            kind = "changed" if was and now else "added" if now else "removed"
            yield ParentChange(kind, name, was, now)
    orders = [
        [rule.id for rule in one.rules if rule.id in before and rule.id in after]
        for one in (parent, table)
    ]
    if orders[0] != orders[1]:
        yield ParentChange("moved", "order of the rules", tuple(orders[0]), tuple(orders[1]))


def _said(table: Table) -> dict[str, tuple[str, ...]]:
    """What each param and each rule of a table says, line by line."""
    said: dict[str, tuple[str, ...]] = {
        f"param {name}": (literal(value),) for name, value in table.params.items()
    }
    drawn = draw(table)
    for rule, row in zip(table.rules, drawn.rules, strict=True):
        pairs = zip(drawn.outcome, row.answers, strict=True)
        answers = [f"{name} = {value}" for name, value in pairs if value]
        when = rule.when.text()
        said[rule.id] = (
            f"when {when}" if when else "always",
            *(answers or ["answers nothing"]),
            *([f"why: {rule.why}"] if rule.why else []),
        )
    return said

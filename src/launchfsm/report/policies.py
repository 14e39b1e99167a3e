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
from launchfsm.policy.authoring.runner import TestResult, Untested, coverage, run_tests

_MOST_FACTS: Final = 7  # columns of a grid; the other facts stay in the rules' conditions


@attrs.frozen
class ShownTest:
    """An inline test: its facts, what it expects, and what came otherwise."""

    facts: str
    expected: str
    problems: tuple[str, ...]


@attrs.frozen
class ParentChange:
    """A rule, a param or the order of the rules that is not as in the parent."""

    kind: Literal["added", "changed", "removed", "moved"]
    name: str
    parent: tuple[str, ...]  # how the parent has it, line by line; empty when it does not
    here: tuple[str, ...]


@attrs.frozen
class ShownTable:
    """A decision table as a grid, and what is known of it."""

    drawn: DrawnTable
    tests: Mapping[str, list[ShownTest]]  # by the rule above them; those of the table have ""
    uncovered: Mapping[str, list[Untested]]  # by rule
    changes: tuple[ParentChange, ...]


def shown_tables(policy: Policy) -> Iterator[ShownTable]:
    """Run the tests of a loaded policy, compare it with its parent, and say what a page shows.

    Raises:
        PolicyError: The files changed while they were read.
    """
    parent, covered, results = parent_of(policy), coverage(policy), run_tests(policy)
    for name, table in policy.tables.items():
        tests: dict[str, list[ShownTest]] = defaultdict(list)
        written = [*(test for rule in table.rules for test in rule.tests), *table.tests]
        by_location = {test.location().text(): test for test in written}
        for result in results:
            if result.table == name:
                tests[result.rule].append(_test(result, by_location.get(result.location)))
        uncovered: dict[str, list[Untested]] = defaultdict(list)
        for gap in (*covered.unfired, *covered.one_sided):
            if gap.table == name:
                uncovered[gap.rule].append(gap)
        changes = () if parent is None else tuple(_changes(table, parent.tables.get(name)))
        drawn = draw(table, most_facts=_MOST_FACTS)
        yield ShownTable(drawn, dict(tests), dict(uncovered), changes)


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
        if not was or not now:
            yield ParentChange("added" if now else "removed", name, was, now)
        elif was != now:
            yield ParentChange("changed", name, was, now)
    old, new = (
        tuple(rule.id for rule in one.rules if rule.id in before and rule.id in after)
        for one in (parent, table)
    )
    if old != new:
        yield ParentChange("moved", "order of the rules", old, new)


def _said(table: Table) -> dict[str, tuple[str, ...]]:
    """What each param and each rule of a table says, line by line."""
    said: dict[str, tuple[str, ...]] = {
        f"param {name}": (literal(value),) for name, value in table.params.items()
    }
    drawn = draw(table)
    for row in drawn.rules:
        rule = row.rule
        pairs = zip(drawn.outcome, row.answers, strict=True)
        answers = [f"{name} = {value}" for name, value in pairs if value]
        when = rule.when.text()
        said[rule.id] = (
            f"when {when}" if when else "always",
            *(answers or ["answers nothing"]),
            *([f"why: {rule.why}"] if rule.why else []),
        )
    return said

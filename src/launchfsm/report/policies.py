"""A policy as a page: tables as tables, rules with their tests, what it changes side by side."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING, Any, Final, Literal, TypeAlias

import attrs

from launchfsm.decisions.catalogue import CATALOGUE
from launchfsm.engine.text import literal, show
from launchfsm.policies import load_policy, merge_policy
from launchfsm.policy.authoring.drawing import DrawnRule, DrawnTable, draw
from launchfsm.policy.authoring.runner import TestResult, coverage, run_tests

if TYPE_CHECKING:
    import os
    from collections.abc import Iterator, Mapping

    from launchfsm.engine.table import RuleTest, Table
    from launchfsm.policy.loader import Catalogue

ChangeKind: TypeAlias = Literal["added", "changed", "removed", "moved"]
"""What a policy does to its parent's table; `moved` is about the order of its rules."""

_MOST_FACTS: Final = 7  # columns of a grid; the other facts stay in the rules' conditions


@attrs.frozen
class ShownTest:
    """An inline test.

    Attributes:
        facts: What it gives; empty when all facts are at rest.
        expected: What it expects.
        problems: What came otherwise; empty when it passed.
    """

    facts: str
    expected: str
    problems: tuple[str, ...]


@attrs.frozen
class ShownRule:
    """A rule.

    Attributes:
        drawn: Its row.
        change: What the policy did to it; empty when it is inherited as it is.
        tests: The tests below it.
        uncovered: What no test shows of it.
    """

    drawn: DrawnRule
    change: ChangeKind | Literal[""]
    tests: tuple[ShownTest, ...]
    uncovered: tuple[str, ...]


@attrs.frozen
class Change:
    """A rule, a param or an order that is not as in the parent.

    Attributes:
        kind: What became of it.
        name: The rule's id, or what else it is.
        parent: How the parent has it, line by line; empty when it does not.
        here: How the policy has it; empty when it does not.
    """

    kind: ChangeKind
    name: str
    parent: tuple[str, ...]
    here: tuple[str, ...]


@attrs.frozen
class ShownTable:
    """A decision table.

    Attributes:
        drawn: The table as a grid.
        rules: Its rules, in order.
        tests: The tests of the table as a whole.
        changes: What is not as in the parent.
    """

    drawn: DrawnTable
    rules: tuple[ShownRule, ...]
    tests: tuple[ShownTest, ...]
    changes: tuple[Change, ...]

    @property
    def all_tests(self) -> tuple[ShownTest, ...]:
        """All its tests, those below its rules first."""
        return (*(test for rule in self.rules for test in rule.tests), *self.tests)

    @property
    def failed(self) -> int:
        """How many of its tests failed."""
        return sum(bool(test.problems) for test in self.all_tests)

    @property
    def uncovered(self) -> int:
        """How many things no test shows."""
        return sum(len(rule.uncovered) for rule in self.rules)


@attrs.frozen
class ShownPolicy:
    """A policy.

    Attributes:
        name: Its name.
        description: What its author says of it.
        lineage: What it extends, the nearest first.
        tables: Its tables, in the order in which they are asked.
    """

    name: str
    description: str
    lineage: tuple[str, ...]
    tables: tuple[ShownTable, ...]


def shown_policy(
    policy: str | os.PathLike[str], *, catalogue: Catalogue = CATALOGUE
) -> ShownPolicy:
    """Load a policy, run its tests, compare it with its parent, and say what a page shows of it.

    Args:
        policy: Its name, or the path of its folder or file.
        catalogue: The decisions that its tables answer, by name.

    Raises:
        PolicyNotFoundError: There is no such policy.
        PolicyError: It has faults.
    """
    loaded, merged = (
        load_policy(policy, catalogue=catalogue),
        merge_policy(policy, catalogue=catalogue),
    )
    parent = None
    if len(merged.sources) > 1:
        parent = load_policy(str(merged.sources[1].place), catalogue=catalogue)
    found = coverage(loaded)
    uncovered: dict[tuple[str, str], list[str]] = {}
    for rule in found.unfired:
        uncovered.setdefault((rule.table, rule.rule), []).append("no test makes it fire")
    for side in found.one_sided:
        seen = {None: "is never asked", True: "never fails", False: "never holds"}[side.seen]
        uncovered.setdefault((side.table, side.rule), []).append(f"`{side.condition}` {seen}")
    results: dict[str, list[TestResult]] = {}
    for result in run_tests(loaded):
        results.setdefault(result.table, []).append(result)
    tables = []
    for name, table in loaded.tables.items():
        inherited = None if parent is None else parent.tables.get(name)
        tables.append(_table(table, inherited, results.get(name, []), uncovered))
    return ShownPolicy(loaded.name, loaded.description, loaded.lineage[1:], tuple(tables))


def _table(
    table: Table,
    parent: Table | None,
    results: list[TestResult],
    uncovered: Mapping[tuple[str, str], list[str]],
) -> ShownTable:
    drawn = draw(table, most_facts=_MOST_FACTS)
    changes = () if parent is None else tuple(_changes(table, parent))
    kinds = {change.name: change.kind for change in changes}
    below: dict[str, list[ShownTest]] = {}
    told = {
        test.location().text(): test
        for test in (*(one for rule in table.rules for one in rule.tests), *table.tests)
    }
    for result in results:
        below.setdefault(result.rule, []).append(_test(result, told.get(result.location)))
    rules = tuple(
        ShownRule(
            row,
            kinds.get(row.id, ""),
            tuple(below.get(row.id, ())),
            tuple(uncovered.get((drawn.name, row.id), ())),
        )
        for row in drawn.rules
    )
    return ShownTable(drawn, rules, tuple(below.get("", ())), changes)


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


def _changes(table: Table, parent: Table) -> Iterator[Change]:
    """What is not as in the parent: params, rules, and their order."""
    for name in {**parent.params, **table.params}:
        values = [
            (literal(one.params[name]),) if name in one.params else () for one in (parent, table)
        ]
        if values[0] != values[1]:
            yield Change(_kind(*values), f"param {name}", *values)
    before, after = _said(parent), _said(table)
    for name in {**after, **before}:
        was, now = before.get(name, ()), after.get(name, ())
        if was != now:
            yield Change(_kind(was, now), name, was, now)
    orders = [[rule for rule in one if rule in before and rule in after] for one in (before, after)]
    if orders[0] != orders[1]:
        yield Change("moved", "order of the rules", tuple(orders[0]), tuple(orders[1]))


def _kind(was: object, now: object) -> ChangeKind:
    return "changed" if was and now else "added" if now else "removed"


def _said(table: Table) -> dict[str, tuple[str, ...]]:
    """What each rule of a table says, line by line."""
    drawn = draw(table)
    said: dict[str, tuple[str, ...]] = {}
    for rule, row in zip(table.rules, drawn.rules, strict=True):
        answers = [
            f"{name} = {value}"
            for name, value in zip(drawn.outcome, row.answers, strict=True)
            if value
        ]
        when = rule.when.text()
        why = (f"why: {rule.why}",) if rule.why else ()
        said[rule.id] = (
            f"when {when}" if when else "always",
            *(answers or ["answers nothing"]),
            *why,
        )
    return said


def counts_of(policy: ShownPolicy) -> dict[str, Any]:
    """What there is in a policy, counted."""
    tests = [test for table in policy.tables for test in table.all_tests]
    changes = Counter(change.kind for table in policy.tables for change in table.changes)
    return {
        "tables": len(policy.tables),
        "rules": sum(len(table.rules) for table in policy.tables),
        "tests": len(tests),
        "failed": sum(bool(test.problems) for test in tests),
        "uncovered": sum(table.uncovered for table in policy.tables),
        "changes": sum(changes.values()),
    }

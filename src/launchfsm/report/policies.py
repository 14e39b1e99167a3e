"""A policy as a page: tables as tables, rules with their tests, what it changes side by side."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Final, Literal, TypeAlias, TypeVar

import attrs

from launchfsm.decisions.catalogue import CATALOGUE
from launchfsm.engine.text import literal, show
from launchfsm.policies import load_policy, merge_policy
from launchfsm.policy.authoring.drawing import DrawnTable, draw
from launchfsm.policy.authoring.runner import TestResult, coverage, run_tests

if TYPE_CHECKING:
    import os
    from collections.abc import Iterable, Iterator

    from launchfsm.engine.table import Policy, RuleTest, Table
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
class PolicyChange:
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
        tests: Its tests, by the rule below which they are; those of the table have `""`.
        uncovered: What no test shows, by rule.
        changes: What is not as in the parent.
    """

    drawn: DrawnTable
    tests: Mapping[str, tuple[ShownTest, ...]]
    uncovered: Mapping[str, tuple[str, ...]]
    changes: tuple[PolicyChange, ...]


def shown_tables(
    name: str | os.PathLike[str], policy: Policy, catalogue: Catalogue = CATALOGUE
) -> tuple[ShownTable, ...]:
    """Run the tests of a policy, compare it with its parent, and say what a page shows of it.

    Args:
        name: Its name, or the path of its folder or file.
        policy: The policy, loaded.
        catalogue: The decisions that its tables answer, by name.

    Raises:
        PolicyError: The files changed while they were read.
    """
    sources, parent = merge_policy(name, catalogue=catalogue).sources, None
    if len(sources) > 1:
        place = sources[1].place  # in a zip file it is no path, and a shipped policy's
        named = place if isinstance(place, Path) else policy.lineage[1]
        parent = load_policy(named, catalogue=catalogue)
    found, results = coverage(policy), run_tests(policy)
    gaps = [(rule.table, rule.rule, "no test makes it fire") for rule in found.unfired]
    for side in found.one_sided:
        seen = {None: "is never asked", True: "never fails", False: "never holds"}[side.seen]
        gaps.append((side.table, side.rule, f"`{side.condition}` {seen}"))
    tables = []
    for table in policy.tables.values():
        drawn = draw(table, most_facts=_MOST_FACTS)
        expected = {
            test.location().text(): test
            for test in (*(one for rule in table.rules for one in rule.tests), *table.tests)
        }
        own = [result for result in results if result.table == drawn.name]
        tests = ((one.rule, _test(one, expected.get(one.location))) for one in own)
        untested = ((rule, gap) for of, rule, gap in gaps if of == drawn.name)
        inherited = None if parent is None else parent.tables.get(drawn.name)
        changes = () if inherited is None else tuple(_changes(table, inherited))
        if parent is not None and inherited is None:
            changes = (PolicyChange("added", "the whole table", (), (drawn.doc,)),)
        tables.append(ShownTable(drawn, _by_rule(tests), _by_rule(untested), changes))
    return tuple(tables)


T = TypeVar("T")


def _by_rule(pairs: Iterable[tuple[str, T]]) -> dict[str, tuple[T, ...]]:
    found: dict[str, list[T]] = {}
    for rule, one in pairs:
        found.setdefault(rule, []).append(one)
    return {rule: tuple(all_of) for rule, all_of in found.items()}


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


def _changes(table: Table, parent: Table) -> Iterator[PolicyChange]:
    """What is not as in the parent: params, rules, and their order."""
    for name in {**parent.params, **table.params}:
        values = [
            (literal(one.params[name]),) if name in one.params else () for one in (parent, table)
        ]
        if values[0] != values[1]:
            yield PolicyChange(_kind(*values), f"param {name}", *values)
    before, after = _said(parent), _said(table)
    for name in {**after, **before}:
        was, now = before.get(name, ()), after.get(name, ())
        if was != now:
            yield PolicyChange(_kind(was, now), name, was, now)
    orders = [[rule for rule in one if rule in before and rule in after] for one in (before, after)]
    if orders[0] != orders[1]:
        yield PolicyChange("moved", "order of the rules", tuple(orders[0]), tuple(orders[1]))


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

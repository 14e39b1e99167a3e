"""Spanning: which facts a space of tables has to tell apart.

Facts that rules read have an axis. A fact that no rule reads has one only where a declared
impossibility ties it to facts that are read, and only when its resting value is not always possible
beside them; or where they are added up together. All others are free: whatever they are, the answer
is the same.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from launchfsm.engine.conditions import Condition, Group, Not, Test
from launchfsm.engine.templates import template_names
from launchfsm.policy.analysis.declared import impossible_at, sums_at
from launchfsm.policy.analysis.partitions import cells_of, resting
from launchfsm.policy.analysis.space import Axis, Role, Space

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

    from launchfsm.engine.decision import Decision, Sum
    from launchfsm.engine.table import Table


def space_of(*tables: Table) -> Space:
    """The space that some tables of one decision point share: each of them is exact on it.

    Raises:
        ValueError: The tables are of different points, or a point's declaration of what cannot
            occur is no condition over its facts.
    """
    points = {table.point.name for table in tables}
    if len(points) != 1:
        raise ValueError(
            f"a space is of tables of one decision point, not of {sorted(points) or 'none'}"
        )
    point = tables[0].point
    tested = {fact for table in tables for rule in table.rules for fact in rule.reads()}
    printed = frozenset(_printed(tables))
    roles: dict[str, Role] = dict.fromkeys(printed, "printed")
    roles |= dict.fromkeys(tested, "tested")
    impossible, sums = _tying(point, frozenset(roles))
    for fact in (*_facts(*impossible), *(fact for declared in sums for fact in declared.facts)):
        roles.setdefault(fact, "tied")
    whens = [rule.when for table in tables for rule in table.rules]
    return _spanned(point, roles, whens, impossible, sums, printed=printed)


def _printed(tables: Iterable[Table]) -> Iterator[str]:
    for table in tables:
        for rule in table.rules:
            for value in rule.then.values():
                names = template_names(value)
                yield from (name for name in names if name in table.point.fact_fields)


def _spanned(
    point: Decision[Any, Any],
    roles: Mapping[str, Role],
    conditions: Iterable[Condition],
    impossible: tuple[Condition, ...] = (),
    sums: tuple[Sum, ...] = (),
    *,
    printed: frozenset[str] = frozenset(),
) -> Space:
    """The space of some facts, cut by every test of some conditions."""
    tests: dict[str, list[Test]] = {}
    for condition in (*conditions, *impossible):
        for test in condition.tests():
            tests.setdefault(test.fact, []).append(test)
    axes = []
    for name, field in point.fact_fields.items():
        if name in roles:
            cells = cells_of(field, tuple(tests.get(name, ())), printed=name in printed)
            axes.append(Axis(field, roles[name], cells, tuple(range(len(cells)))))
    return Space(point, tuple(axes), impossible, sums)


# -- Ties ------------------------------------------------------------------------------------------


def _tying(
    point: Decision[Any, Any], read: frozenset[str]
) -> tuple[tuple[Condition, ...], tuple[Sum, ...]]:
    """The impossibilities and the sums that have a bearing on facts that are read.

    A sum with one fact that is read needs all of its facts, and those may be tied to more.
    """
    impossible, sums = impossible_at(point), sums_at(point)
    while True:
        conditions = _bearing(point, impossible, read)
        reached = read | _facts(*conditions)
        reached |= {fact for one in sums if reached & set(one.facts) for fact in one.facts}
        if reached == read:
            return conditions, tuple(one for one in sums if read & set(one.facts))
        read = reached


def _bearing(
    point: Decision[Any, Any], impossible: tuple[Condition, ...], read: frozenset[str]
) -> tuple[Condition, ...]:
    """The impossibilities that have a bearing on facts that are read.

    A set of unread facts is free when, all of them at rest, none of the impossibilities that
    mention them can hold: then every situation of the other facts occurs with them at rest. Such
    impossibilities, and with them the facts, are left out.
    """
    free = frozenset(point.fact_fields) - read
    while True:
        held = {
            fact
            for condition in impossible
            if _holds_somewhere(point, condition, free)
            for fact in _facts(condition)
        }
        if not free & held:
            return tuple(found for found in impossible if not free & _facts(found))
        free -= held


def _facts(*conditions: Condition) -> frozenset[str]:
    return frozenset(test.fact for condition in conditions for test in condition.tests())


def _holds_somewhere(point: Decision[Any, Any], condition: Condition, free: frozenset[str]) -> bool:
    """Whether a condition that mentions free facts can hold while those are at rest."""
    facts = _facts(condition)
    if not facts & free:
        return False
    rest = {name: resting(field) for name, field in point.fact_fields.items() if name in free}
    condition = _given(condition, rest)
    roles: dict[str, Role] = dict.fromkeys(facts - free, "tied")
    return _spanned(point, roles, (condition,)).where(condition) != 0


def _given(condition: Condition, known: Mapping[str, Any]) -> Condition:
    """The condition with the tests of some facts decided by their values."""
    match condition:
        case Test():
            if condition.fact not in known:
                return condition
            return Group("and" if condition.holds(known) else "or", ())
        case Not():
            return Not(_given(condition.part, known))
        case Group():
            return Group(condition.joint, tuple(_given(part, known) for part in condition.parts))

"""Differences: every class of situations in which two policies answer differently.

Both are looked at over one space, cut by the thresholds of both. Situations in which the difference
is the same, this answer instead of that one, are one class, with one condition.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING, TypeAlias

import attrs

from launchfsm.policy.analysis.coverage import MOST_TABLES, Area, Coverage, Limits, look_at
from launchfsm.policy.analysis.outputs import (
    Answer,
    answer_of,
    resting_answer,
    same,
    settled_pieces,
)
from launchfsm.policy.analysis.reports import (
    Comparison,
    Difference,
    ParamDifference,
    example_of,
    outcome_of,
    said,
    side_of,
)
from launchfsm.policy.analysis.sets import Situations, Work
from launchfsm.policy.analysis.space import Space, regions_of, space_of

if TYPE_CHECKING:
    from launchfsm.engine.table import Policy, Table

_CHOICES = 4
"""How many sets of concrete values are tried for an example in which the texts do differ."""


@attrs.frozen
class _Change:
    """How two tables differ somewhere; what a class of situations has in common.

    Attributes:
        before: What only the other table answers.
        after: What only the table answers.
        reordered: Whether they answer the same in another order.
    """

    before: tuple[Answer, ...]
    after: tuple[Answer, ...]
    reordered: bool = False


_Found: TypeAlias = Iterator[tuple[_Change, Situations]]


def compare(policy: Policy, against: Policy, *, limits: Limits | None = None) -> Comparison:
    """Everything on which a policy differs from another.

    Args:
        policy: The policy.
        against: The one that it is held against, such as the one that it extends.
        limits: How much work it may take; see `Limits`.
    """
    pairs = list(_pairs(policy, against))
    names = (policy.name, against.name)
    limits = limits or Limits()
    work = Work(MOST_TABLES * limits.work)
    compared = [_compared(*pair, names, limits, work) for pair in pairs]
    return Comparison(
        policy=policy.name,
        against=against.name,
        tables=tuple(coverage for coverage, _ in compared),
        params=tuple(
            ParamDifference(table=table.decision.name, param=name, before=before, after=after)
            for table, other in pairs
            for name in table.decision.params
            if (before := other.params[name]) != (after := table.params[name])
        ),
        differences=tuple(found for _, differences in compared for found in differences),
    )


def _pairs(policy: Policy, against: Policy) -> Iterator[tuple[Table, Table]]:
    """The tables of both by decision; an own table that one lacks answers nothing there.

    The same is so of two own tables of one name that stand on different decisions. Of two that
    answer different fields, each answers the default of the other's.
    """
    for name in dict.fromkeys((*policy.tables, *against.tables)):
        table, other = policy.tables.get(name), against.tables.get(name)
        if table is None or other is None or table.decision.facts is not other.decision.facts:
            if table is not None:
                yield table, attrs.evolve(table, rules=(), tests=())
            if other is not None:
                yield attrs.evolve(other, rules=(), tests=()), other
        elif table.decision.outcome is other.decision.outcome:
            yield table, other
        elif {*other.decision.outcome_fields} <= {*table.decision.outcome_fields}:
            yield table, attrs.evolve(other, decision=table.decision)
        else:
            yield attrs.evolve(table, decision=other.decision), other


def _compared(
    table: Table, against: Table, names: tuple[str, str], limits: Limits, work: Work
) -> tuple[Coverage, tuple[Difference, ...]]:
    same_rules = table.rules == against.rules and table.params == against.params

    def look(part: Space) -> list[tuple[_Change, Situations]]:
        return [] if same_rules else list(_changes(against, table, part))

    space = space_of(against, table, work=Work(limits.work, of=work))
    looked = look_at(space, limits, look)
    areas: dict[_Change, Area] = {}
    for part, changes in zip(looked.parts, looked.found, strict=True):
        for change, situations in changes:
            areas.setdefault(change, Area(space)).add(part, situations)
    differences = tuple(
        _difference(change, area, table, against, names) for change, area in areas.items()
    )
    return looked.coverage(len(table.rules)), differences


def _changes(before: Table, after: Table, space: Space) -> _Found:
    """The changes from one table to another, each with all of its situations."""
    changes = _changes_of_many if before.decision.collect else _changes_of_one
    return changes(_told(before, space), _told(after, space), space)


_Told: TypeAlias = list[tuple[Answer | None, Situations]]
"""Answers in the order of the rules that give them, each with the situations in which it is given;
`None` is no answer at all."""


def _told(table: Table, space: Space) -> _Told:
    regions = regions_of(table, space)
    told: _Told = [
        (answer_of(table, rule), where)
        for rule, where in zip(table.rules, regions.wins, strict=True)
        if where
    ]
    if not table.decision.collect:
        needy = any(field.required for field in table.decision.outcome_fields.values())
        told.append((None if needy else resting_answer(table), regions.nothing))
    return told


# -- One answer ------------------------------------------------------------------------------------


def _changes_of_one(before: _Told, after: _Told, space: Space) -> _Found:
    found: dict[_Change, Situations] = {}
    for old, was in before:
        for new, now in after:
            if not was.meets(now):
                continue
            where = (was & now) - _alike(old, new, space)
            if where:
                change = _Change(_only(old), _only(new))
                found[change] = found.get(change, space.nothing) | where
    yield from found.items()


def _only(answer: Answer | None) -> tuple[Answer, ...]:
    return () if answer is None else (answer,)


def _alike(old: Answer | None, new: Answer | None, space: Space) -> Situations:
    if old is None or new is None:
        return space.everything if old is new else space.nothing
    return same(old, new, space)


# -- Any number of answers -------------------------------------------------------------------------


def _changes_of_many(before: _Told, after: _Told, space: Space) -> _Found:
    """What is no longer said and what is newly said where, then where only the order differs."""
    old, new = _counted(before, space), _counted(after, space)
    lost = _surplus(old, new, before, space)
    gained = _surplus(new, old, after, space)
    accounted = space.nothing
    for where in dict.fromkeys([*lost.values(), *gained.values()]):
        accounted |= where
        yield _Change(_at(lost, where), _at(gained, where)), where
    reordered = space.possible - accounted - _alike_in_order(before, after, space)
    if reordered:
        yield _Change((), (), reordered=True), reordered


def _at(answers: dict[Answer, Situations], where: Situations) -> tuple[Answer, ...]:
    return tuple(answer for answer, situations in answers.items() if situations == where)


_Counted: TypeAlias = dict[Answer, list[Situations]]
"""For each answer as it reads in a situation, where it is given at least once, twice, …"""


def _counted(told: _Told, space: Space) -> _Counted:
    counted: _Counted = {}
    for answer, where in told:
        for piece, situations in _pieces(answer, space):
            times, rest = counted.setdefault(piece, []), where & situations
            for index, already in enumerate(times):
                times[index], rest = already | rest, already & rest
            times.append(rest)
    return counted


def _pieces(answer: Answer | None, space: Space) -> Iterable[tuple[Answer, Situations]]:
    return () if answer is None else settled_pieces(answer, space)


def _surplus(
    here: _Counted, there: _Counted, told: _Told, space: Space
) -> dict[Answer, Situations]:
    """The answers that are given more often here than there, as the rules write them, and where."""
    surplus: dict[Answer, Situations] = {}
    for answer, where in told:
        for piece, situations in _pieces(answer, space):
            for index, times in enumerate(here[piece]):
                others = there.get(piece, [])
                more = times - (others[index] if index < len(others) else space.nothing)
                if answer is not None and (found := more & where & situations):
                    surplus[answer] = surplus.get(answer, space.nothing) | found
    return surplus


def _alike_in_order(before: _Told, after: _Told, space: Space) -> Situations:
    """Where two lists of answers are the same, one answer after another.

    In a single situation it is plain to say: strike from both lists the rules that do not fire, and
    compare what is left. For all situations at once, that is told from the ends of the lists. Let
    `alike[m]` be the situations in which the answers from rule i of the one list on are the same as
    those from rule m of the other on. Of the two rules i and m, in any situation, either

    - i does not fire, and it is as if the one list began behind it: `alike[m]` of i + 1;
    - or i fires and m does not, and it is as if the other list began behind it: `alike[m + 1]`;
    - or both fire: they have to answer the same, and the rest from i + 1 and m + 1 on as well.

    Past the end of both lists everything is alike, and a rule that fires against the end of the
    other list is not.
    """
    alike = [
        space.everything
    ]  # the one list is at its end: alike where none of the other's is left
    for _, now in reversed(after):
        alike.insert(0, alike[0] - now)
    for old, was in reversed(before):
        row = [alike[-1] - was]
        for index in range(len(after) - 1, -1, -1):
            new, now = after[index]
            both = was & now & alike[index + 1]
            both = both & _alike(old, new, space) if both else both
            row.insert(0, (alike[index] - was) | ((row[0] & was) - now) | both)
        alike = row
    return alike[0]


# -- What is said of a class -----------------------------------------------------------------------


def _difference(
    change: _Change, area: Area, table: Table, against: Table, names: tuple[str, str]
) -> Difference:
    if area.sample is None:
        raise ValueError("a class without situations is no difference")
    part, situation = area.sample
    candidates = [part.facts_of(situation, choice) for choice in range(_CHOICES)]
    differing = (
        facts for facts in candidates if outcome_of(table, facts) != outcome_of(against, facts)
    )
    facts = next(differing, candidates[0])
    decision = table.decision
    return Difference(
        table=decision.name,
        when=area.when(),
        situations=area.situations,
        before=tuple(said(decision, answer) for answer in change.before),
        after=tuple(said(decision, answer) for answer in change.after),
        reordered=change.reordered,
        example=example_of(decision, facts),
        was=side_of(names[1], against, facts),
        now=side_of(names[0], table, facts),
    )

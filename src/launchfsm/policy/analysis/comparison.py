"""Differences: every class of situations in which two policies answer differently.

Both are looked at over one space, cut by the thresholds of both. Situations in which the difference
is the same, this answer instead of that one, are one class, with one condition.
"""

from __future__ import annotations

import functools
from collections.abc import Iterator, Mapping
from typing import Any, TypeAlias

import attrs

from launchfsm.engine.decision import Decision
from launchfsm.engine.table import Policy, Table
from launchfsm.engine.templates import Template
from launchfsm.policy.analysis.cover import describe
from launchfsm.policy.analysis.outputs import Answer, Outputs, outputs_of, readings, same, settled
from launchfsm.policy.analysis.reports import (
    Coverage,
    Example,
    Report,
    RuleRef,
    conditions_text,
    coverage_of,
    example,
    rule_refs,
    rules_text,
)
from launchfsm.policy.analysis.sets import Situations, Work
from launchfsm.policy.analysis.space import MOST_TABLES, WORK, Space, look_at, space_of
from launchfsm.policy.documents import toml_text


@attrs.frozen(kw_only=True)
class Side:
    """What one of two policies answers in an example."""

    policy: str
    rules: tuple[RuleRef, ...]  #: that answer
    outcome: Any  #: the fields of the answer; of several answers, a list of them


@attrs.frozen(kw_only=True)
class TableDifference:
    """A class of situations in which two policies answer differently, all in the same way.

    `before` is what the other policy answers, as its rules' `then` say it, params filled in; of a
    table whose firing rules all answer, what only it answers. `after` is what the policy answers
    instead.
    """

    table: str
    when: tuple[str, ...]  #: conditions of which one holds in each of the situations
    situations: int  #: how many there are
    before: tuple[Mapping[str, Any], ...]
    after: tuple[Mapping[str, Any], ...]
    reordered: bool  #: whether both give the same answers, in another order or number
    example: Example  #: one of the situations
    was: Side  #: the other policy's answer to it
    now: Side  #: the policy's answer to it

    def text(self) -> str:
        """The class of situations, both answers, and the example."""
        sides = ((self.was, self.before), (self.now, self.after))
        lines = [f"{self.table}: when {conditions_text(self.when)}"]
        if self.reordered:
            lines.append("    the same answers in another order or number")
        else:
            lines += [
                f"    {side.policy}: {', '.join(map(toml_text, answers)) or 'nothing'}"
                for side, answers in sides
            ]
        lines.append(f"    for example {self.example.written}")
        lines += [f"      {side.policy}: {rules_text(side.rules)}" for side, _ in sides]
        return "\n".join(lines)


@attrs.frozen(kw_only=True)
class ParamDifference:
    """What two policies set differently for a whole table."""

    table: str
    param: str  #: one that evaluation itself reads, or `show`, the line of a table of one's own
    before: Any  #: the other policy's value; durations in ms
    after: Any  #: the policy's value

    def text(self) -> str:
        """The param and both values."""
        return f"{self.table}: {self.param} was {self.before!r}, is {self.after!r}"


@attrs.frozen(kw_only=True)
class Comparison(Report):
    """Everything on which two policies differ."""

    against: str  #: the name of the one that the policy was compared with
    params: tuple[ParamDifference, ...]
    differences: tuple[TableDifference, ...]

    @property
    def same(self) -> bool:
        """Whether they differ in nothing that was looked at."""
        return not self.differences and not self.params

    def text(self, *, by_table: bool = False) -> str:
        """The differences, then what was looked at; as for a verification."""
        lines = [param.text() for param in self.params]
        lines += [difference.text() for difference in self.differences]
        about = f"{self.policy} against {self.against}"
        return self._text(lines, "difference", "the same", about, by_table=by_table)


def compare(policy: Policy, against: Policy, *, work: int = WORK) -> Comparison:
    """Everything on which a policy differs from another.

    Args:
        policy: The policy.
        against: The one that it is held against, such as the one that it extends.
        work: How much work a table may take; see `WORK`.
    """
    shared = Work(MOST_TABLES * work)
    params: list[ParamDifference] = []
    tables: list[Coverage] = []
    differences: list[TableDifference] = []
    for table, other in _pairs(policy, against):
        sides = ((against.name, other), (policy.name, table))
        space = space_of(other, table, work=Work(work, of=shared))
        looked, found = look_at(space, functools.partial(_changes, other, table))
        tables.append(coverage_of(table, looked, found))
        params += _set_differently(table, other)
        differences += [_difference(change, where, looked, sides) for change, where in found or ()]
    return Comparison(
        policy=policy.name,
        against=against.name,
        tables=tuple(tables),
        params=tuple(params),
        differences=tuple(differences),
    )


def _set_differently(table: Table, other: Table) -> Iterator[ParamDifference]:
    """What is set for two tables as a whole."""
    lines = [None if one.show is None else _plain(settled(one.show, {})) for one in (other, table)]
    found = [(name, other.params[name], table.params[name]) for name in table.decision.params]
    for name, before, after in (*found, ("show", lines[0], lines[1])):
        if before != after:
            yield ParamDifference(table=table.decision.name, param=name, before=before, after=after)


def _pairs(policy: Policy, against: Policy) -> Iterator[tuple[Table, Table]]:
    """The tables of both by decision; an own table that one lacks answers nothing there.

    The same is so of two own tables of one name whose answers cannot be held against each other.
    Of two that answer different fields, one answers the default of the other's.
    """
    for name in dict.fromkeys((*policy.tables, *against.tables)):
        table, other = policy.tables.get(name), against.tables.get(name)
        if table is None or other is None or not _comparable(table.decision, other.decision):
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


def _comparable(decision: Decision[Any, Any], other: Decision[Any, Any]) -> bool:
    """Whether both ask the same facts, for as many answers, and one has all fields of the other.

    A field of both has one type and default; its words may differ, as a policy may add some.
    """
    mine, theirs = (
        {name: (of.kind.name, of.kind.many, of.default) for name, of in fields.items()}
        for fields in (decision.outcome_fields, other.outcome_fields)
    )
    return (
        decision.facts is other.facts
        and decision.collect == other.collect
        and (mine.items() <= theirs.items() or theirs.items() <= mine.items())
    )


_Change: TypeAlias = tuple[tuple[Answer, ...], tuple[Answer, ...]]
"""What only the other table answers somewhere, and what only the table answers there; nothing and
nothing where they answer the same in another order or number."""


def _changes(before: Table, after: Table, space: Space) -> list[tuple[_Change, Situations]]:
    """What is no longer said, and what is newly said, where."""
    if before.rules == after.rules and before.params == after.params:
        return []
    old, new = outputs_of(before, space), outputs_of(after, space)
    lost, gained = _missing(old, new, space), _missing(new, old, space)
    found: list[tuple[_Change, Situations]] = []
    if after.decision.collect:
        accounted = space.nothing
        for where in dict.fromkeys([*lost.values(), *gained.values()]):
            accounted |= where
            gone, come = (
                tuple(answer for answer, there in answers.items() if there is where)
                for answers in (lost, gained)
            )
            found.append(((gone, come), where))
        if reordered := space.possible - accounted - _alike_in_order(old, new, space):
            found.append((((), ()), reordered))
        return found
    # Each says one thing or nothing: what is lost makes way for what is gained.
    for gone, was in _or_nothing(lost, space):
        for come, now in _or_nothing(gained, space):
            if (gone or come) and (both := was & now):
                found.append(((gone, come), both))
    return found


def _missing(here: Outputs, there: Outputs, space: Space) -> dict[Answer, Situations]:
    """The answers that are given here and not there, as the rules write them, and where."""
    as_written: dict[Answer, Situations] = {}
    for answer, where in there:
        as_written[answer] = as_written.get(answer, space.nothing) | where
    left = [(answer, where - as_written.get(answer, space.nothing)) for answer, where in here]
    if not any(where for _, where in left):
        return {}
    as_read: dict[Answer, Situations] = {}
    for answer, where in there:
        for read, situations in readings(answer, space).items():
            as_read[read] = as_read.get(read, space.nothing) | (where & situations)
    missing: dict[Answer, Situations] = {}
    for answer, where in left:
        for read, situations in readings(answer, space).items() if where else ():
            if found := (where & situations) - as_read.get(read, space.nothing):
                missing[answer] = missing.get(answer, space.nothing) | found
    return missing


def _or_nothing(
    answers: Mapping[Answer, Situations], space: Space
) -> Iterator[tuple[tuple[Answer, ...], Situations]]:
    """Each answer with its situations, and no answer with all others."""
    rest = space.possible
    for answer, where in answers.items():
        yield (answer,), where
        rest -= where
    yield (), rest


def _alike_in_order(before: Outputs, after: Outputs, space: Space) -> Situations:
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
    # The one list is at its end: alike where none of the other's is left.
    alike = [space.everything]
    for _, now in reversed(after):
        alike.insert(0, alike[0] - now)
    for old, was in reversed(before):
        row = [alike[-1] - was]
        for index in range(len(after) - 1, -1, -1):
            new, now = after[index]
            both = was & now & alike[index + 1]
            both = both & same(old, new, space) if both else both
            row.insert(0, (alike[index] - was) | ((row[0] & was) - now) | both)
        alike = row
    return alike[0]


# -- What is said of a class -----------------------------------------------------------------------

_CHOICES = 4
"""How many sets of concrete values are tried for an example in which the texts do differ."""


def _difference(
    change: _Change, where: Situations, space: Space, sides: tuple[tuple[str, Table], ...]
) -> TableDifference:
    for choice in (*range(_CHOICES), 0):  # the first again, where both always say the same
        facts = space.facts_of(where.first(), choice)
        was, now = (_side(policy, table, facts) for policy, table in sides)
        if now.outcome != was.outcome:
            break
    decision = sides[1][1].decision
    before, after = (tuple(_said(decision, answer) for answer in side) for side in change)
    return TableDifference(
        table=decision.name,
        when=describe(space, where),
        situations=where.count(),
        before=before,
        after=after,
        reordered=change == ((), ()),
        example=example(decision, facts),
        was=was,
        now=now,
    )


def _side(policy: str, table: Table, facts: Mapping[str, Any]) -> Side:
    """What a table answers to facts, asked of the table itself; as JSON has it."""
    found = table.decide(table.decision.facts(**facts))
    answers = found if table.hit == "collect" else () if found is None else (found,)
    plain = [
        {
            name: list(value) if isinstance(value, tuple) else value
            for name, value in attrs.asdict(answer, recurse=False).items()
            if value is not None
        }
        for answer in answers
    ]
    outcome = plain if table.hit == "collect" else plain[0] if plain else None
    return Side(policy=policy, rules=rule_refs(table.winners(facts)), outcome=outcome)


def _said(decision: Decision[Any, Any], answer: Answer) -> dict[str, Any]:
    """The fields of an answer that a rule has to say."""
    fields = decision.outcome_fields
    return {
        name: _plain(value)
        for name, value in answer
        if fields[name].required or value != fields[name].default
    }


def _plain(value: Any) -> Any:
    """A value of an answer as JSON has it: patterns, and braces of texts, as a rule writes them."""
    if isinstance(value, Template):
        return value.source
    if isinstance(value, str):
        return value.replace("{", "{{").replace("}", "}}")
    return [_plain(item) for item in value] if isinstance(value, tuple) else value

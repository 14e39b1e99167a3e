"""Why not: what would have to be different for a rule to win.

Of all situations in which the rule wins, the nearest are those that differ from the given one in
the fewest facts. A fact that cannot stay what it is because of another one counts as well, unless
the table has no use for it.
"""

from __future__ import annotations

import itertools
from collections.abc import Mapping
from typing import Any

import attrs

from launchfsm.engine.conditions import unmet
from launchfsm.engine.table import Table
from launchfsm.engine.text import choices, quoted
from launchfsm.policy.analysis.cover import cover, literal
from launchfsm.policy.analysis.reports import RuleRef, fact_text, rule_refs, rules_text
from launchfsm.policy.analysis.sets import OutOfWorkError, Situations, Work
from launchfsm.policy.analysis.space import WORK, Box, Space, regions_of, space_of


@attrs.frozen(kw_only=True)
class Need:
    """One fact that would have to be different."""

    fact: str
    now: str  #: what it is, as an inline test writes it
    wanted: str  #: a condition that it would have to fulfil


@attrs.frozen(kw_only=True)
class WhyNot:
    """Why a rule does not win, and the nearest situations in which it would.

    Each of the `ways` in which it would win is a list of all that would have to be different, as
    few facts as possible. There is none when it wins, and when it never can.
    """

    table: str
    rule: RuleRef
    wins: bool  #: whether it wins as it is
    winners: tuple[RuleRef, ...]  #: the rules that win as it is
    unmet: tuple[str, ...]  #: the tests of its condition that fail; none if an earlier rule wins
    ways: tuple[tuple[Need, ...], ...]
    possible: bool  #: whether there is any situation in which it wins
    complete: bool  #: whether every situation was looked at

    def text(self) -> str:
        """The answer for people."""
        name = f"{self.table}: rule {self.rule.text()}"
        if self.wins:
            return f"{name} wins"
        if not self.possible:
            where = "no situation" if self.complete else "no situation that was looked at"
            return f"{name} does not win, and wins in {where}"
        lines = [f"{name} does not win; {rules_text(self.winners)} does"]
        lines += [f"  it asks for {text}" for text in self.unmet]
        lines.append("  it would win if")
        for index, way in enumerate(self.ways):
            needs = ", and ".join(f"{need.wanted} ({need.fact} is {need.now})" for need in way)
            lines.append(f"  {'or ' if index else '   '}{needs}")
        return "\n".join(lines)


def why_not(table: Table, facts: object, rule: str, *, work: int = WORK) -> WhyNot:
    """What would have to be different for a rule to win.

    Args:
        table: The rule's table.
        facts: Every fact of its decision: the facts object, or a mapping by name.
        rule: The rule's id.
        work: How much work it may take; see `WORK`.

    Raises:
        LookupError: The table has no such rule.
        ValueError: A value is none of its fact.
    """
    ids = [known.id for known in table.rules]
    if rule not in ids:
        near = choices(rule, ids, "rules")
        raise LookupError(f"table {table.decision.name!r} has no rule {quoted(rule)}{near}")
    number = ids.index(rule)
    known = facts
    if not isinstance(known, Mapping):
        known = {name: getattr(facts, name) for name in table.decision.fact_fields}
    asked, won = table.rules[number], table.winners(known)
    wins = asked in won
    space = space_of(table, facts=known, work=Work(work))
    complete = space.is_whole
    ways: list[tuple[Need, ...]] = []
    try:
        if not wins:
            ways = _ways(space, regions_of(table, space).wins[number], known)
    except OutOfWorkError:
        complete = False
    (ref,) = rule_refs((asked,))
    return WhyNot(
        table=table.decision.name,
        rule=ref,
        wins=wins,
        winners=rule_refs(won),
        unmet=tuple(found.wanted for found in unmet(asked.when, known)),
        ways=tuple(ways),
        possible=wins or bool(ways),
        complete=complete,
    )


def _ways(space: Space, wins: Situations, facts: Mapping[str, Any]) -> list[tuple[Need, ...]]:
    """What differs in the situations in which a rule wins and the fewest facts do."""
    start = space.box_of(facts)
    axes = sorted(wins.axes())
    for distance in range(1, len(axes) + 1):
        boxes: list[Box] = []
        for changed in itertools.combinations(axes, distance):
            around = space.inside(
                [
                    axis.full if index in changed else start[index]
                    for index, axis in enumerate(space.axes)
                ]
            )
            near = wins & around
            boxes += cover(space, near, forbidden=around - near)
        if boxes:
            return [
                tuple(
                    Need(
                        fact=axis.field.name,
                        now=fact_text(axis.field, facts[axis.field.name]),
                        wanted=literal(axis, classes).text(),
                    )
                    for axis, classes, here in zip(space.axes, box, start, strict=True)
                    if not classes & here
                )
                for box in boxes
            ]
    return []

"""Nearest: what would have to be different for a rule to win.

Of all situations in which the rule wins, the nearest are those that differ from the given one in
the fewest facts. A fact that cannot stay what it is because of another one counts as well, unless
the table has no use for it.
"""

from __future__ import annotations

import itertools
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from launchfsm.engine.conditions import unmet
from launchfsm.engine.text import did_you_mean
from launchfsm.policy.analysis.cover import cover, literal, united
from launchfsm.policy.analysis.coverage import Limits
from launchfsm.policy.analysis.reports import Need, WhyNot, fact_text, rule_ref, rule_refs, winners
from launchfsm.policy.analysis.sets import OutOfWorkError, Work
from launchfsm.policy.analysis.space import regions_of, space_of

if TYPE_CHECKING:
    from collections.abc import Iterator

    from launchfsm.engine.table import Table
    from launchfsm.policy.analysis.sets import Situations
    from launchfsm.policy.analysis.space import Box, Space


def why_not(table: Table, facts: object, rule: str, *, limits: Limits | None = None) -> WhyNot:
    """What would have to be different for a rule to win.

    Args:
        table: The rule's table.
        facts: Every fact of its decision: the facts object, or a mapping by name.
        rule: The rule's id.
        limits: How much work it may take; see `Limits`.

    Raises:
        LookupError: The table has no such rule.
        ValueError: A value is none of its fact.
    """
    ids = [known.id for known in table.rules]
    if rule not in ids:
        raise LookupError(
            f"table {table.decision.name!r} has no rule {rule!r}{did_you_mean(rule, ids)}; "
            f"rules: {', '.join(ids)}"
        )
    number = ids.index(rule)
    known = facts
    if not isinstance(known, Mapping):
        known = {name: getattr(facts, name) for name in table.decision.fact_fields}
    asked = table.rules[number]
    won = winners(table, known)
    wins = asked in won
    space = space_of(table, facts=known, work=Work((limits or Limits()).work))
    complete = not any(axis.left_out for axis in space.axes)
    ways: tuple[Box, ...] = ()
    try:
        ways = () if wins else _ways(table, number, known, space)
    except OutOfWorkError:
        complete = False
    return WhyNot(
        table=table.decision.name,
        rule=rule_ref(asked),
        wins=wins,
        winners=rule_refs(won),
        unmet=tuple(found.wanted for found in unmet(asked.when, known)),
        ways=tuple(
            tuple(
                Need(
                    fact=axis.field.name,
                    now=fact_text(axis.field, known[axis.field.name]),
                    wanted=literal(axis, cells).text(),
                )
                for axis, cells in zip(space.axes, box, strict=True)
                if not cells & (1 << axis.number_of(known[axis.field.name]))
            )
            for box in ways
        ),
        possible=wins or bool(ways),
        complete=complete,
    )


def _ways(table: Table, number: int, facts: Mapping[str, Any], space: Space) -> tuple[Box, ...]:
    """The nearest situations in which a rule wins, as boxes; none when there is none."""
    start = space.box_of(facts)
    wins = regions_of(table, space).wins[number]
    if not wins:
        return ()
    for distance in range(1, len(space.axes) + 1):
        if found := tuple(_ways_at(space, wins, start, distance)):
            return united(found)
    return ()


def _ways_at(part: Space, wins: Situations, start: Box, distance: int) -> Iterator[Box]:
    """The boxes in which a rule wins and exactly some number of facts is changed."""
    for changed in itertools.combinations(range(len(part.axes)), distance):
        around = part.everything
        for index in range(len(part.axes)):
            if index not in changed:
                around &= part.within(index, start[index])
        near = wins & around
        for box in cover(part, near, forbidden=around - near):
            yield tuple(
                cells if index in changed else start[index] for index, cells in enumerate(box)
            )

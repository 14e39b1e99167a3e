"""Asking: what every claim is settled with, and the situations of a table one by one.

Here: the policy and how hard to look, and the way through a table's space. Not here: what a space
is (`launchfsm.policy.analysis`), or any claim.
"""

from __future__ import annotations

import itertools
from typing import TYPE_CHECKING, Any, Final

import attrs

from launchfsm.decisions.catalogue import CATALOGUE
from launchfsm.engine.compiling import compile_table
from launchfsm.engine.conditions import ALWAYS, Condition, Not, parse_condition
from launchfsm.engine.decision import Decision
from launchfsm.engine.table import Policy, Rule
from launchfsm.engine.types import did_you_mean
from launchfsm.policy.analysis.coverage import Limits
from launchfsm.policy.analysis.spanning import space_of
from launchfsm.policy.diagnostics import Place

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

    from launchfsm.engine.table import Table
    from launchfsm.engine.types import Field
    from launchfsm.policy.analysis.space import Space

EXAMPLES: Final = 200
"""How many launches a search looks at unless told."""

ONE_BY_ONE: Final = Limits(at_once=2**19, parts=8)
"""How large a space may be whose situations are gone through one by one, not as sets."""


@attrs.frozen(eq=False, kw_only=True)
class Asked:
    """Whom claims are asked of, and how hard to look.

    Attributes:
        policy: The policy.
        source: What to load it by again: its name or its path.
        examples: How many launches a search looks at.
        seed: Where a search begins.
        limits: How large a space may be, of which sets of situations are looked at.
    """

    policy: Policy
    source: str
    examples: int = EXAMPLES
    seed: int = 0
    limits: Limits = attrs.Factory(Limits)


def point_of(table: str) -> Decision[Any, Any]:
    """The decision point that a table answers.

    Raises:
        ValueError: There is no such table.
    """
    if table not in CATALOGUE:
        raise ValueError(
            f"there is no table {table!r}{did_you_mean(table, CATALOGUE)}; "
            f"there are: {', '.join(CATALOGUE)}"
        )
    return CATALOGUE[table]


def condition_over(text: str, fields: Mapping[str, Field], what: str) -> Condition:
    """A condition over facts, or over the fields of an outcome; the empty text always holds.

    Args:
        text: The condition, spelled as in rule files.
        fields: What it may ask for.
        what: What the condition is, for the message.

    Raises:
        ValueError: It is none.
    """
    if not text.strip():
        return ALWAYS
    parsed = parse_condition(text, facts=fields, params={})
    if parsed.problems:
        reasons = "; ".join(problem.message for problem in parsed.problems)
        raise ValueError(f"{what} `{text}`: {reasons}")
    return parsed.condition


def space_with(table: Table, *conditions: Condition) -> Space:
    """The space of a table in which some conditions are told apart, too.

    They stand in a table beside it, so that all of them cut the same facts and what cannot occur
    together is left out of both alike.
    """
    asked = tuple(
        Rule(f"asked-{number}", condition, {}, "", (), "audit", _nowhere)
        for number, condition in enumerate(conditions)
    )
    return space_of(table, attrs.evolve(table, rules=asked, tests=()))


def _nowhere() -> Place:
    return Place("audit", 1)


def situations_of(space: Space) -> Iterator[tuple[int, dict[str, Any]]]:
    """Every situation that can occur, with its number and concrete facts, in order.

    `Space.facts_of` for all of them, in a tenth of the time.
    """
    rest = space.facts_of(0) if space.size else {}
    names = [axis.field.name for axis in space.axes]
    examples = [[axis.cells[number].example() for number in axis.present] for axis in space.axes]
    occurs = f"{space.possible:b}".zfill(space.size)[::-1]  # one look a situation, not a shift
    added = [names.index(fact) for declared in space.sums for fact in declared.facts]
    counts: dict[tuple[Any, ...], dict[str, Any]] = {}
    for number, values in enumerate(itertools.product(*examples)):
        if occurs[number] == "1":
            facts = rest | dict(zip(names, values, strict=True))
            if added:
                cells = tuple(values[index] for index in added)
                if cells not in counts:
                    told = space.facts_of(number)
                    counts[cells] = {names[index]: told[names[index]] for index in added}
                facts |= counts[cells]
            yield number, facts


@attrs.frozen
class _Impossible:
    """Whether facts cannot occur together."""

    yes: bool = False


def occurring(point: Decision[Any, Any]) -> Callable[[Any], bool]:
    """Whether facts of a decision point can occur together; compiled, as tables are."""
    asked = Decision(point.name, point.facts, _Impossible, point.doc)
    rules = tuple(
        Rule(f"impossible-{number}", Not(condition), {"yes": True}, "", (), "audit", _nowhere)
        for number, condition in enumerate(point.required)
    )
    decide = compile_table(asked, "first", rules)
    return lambda facts: (
        not decide(facts).yes
        and all(
            declared.holds({name: getattr(facts, name) for name in declared.facts})
            for declared in point.sums
        )
    )

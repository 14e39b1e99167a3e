"""A small decision of the tests' own, with a fact of every kind, and tables written for it.

Here: the doors, their tables from text, and random tables and facts. Not here: any test.
"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Annotated, Any, Literal

import attrs
from hypothesis import strategies as st

from launchfsm.engine.decision import Decision
from launchfsm.engine.table import Policy
from launchfsm.engine.text import write_duration
from launchfsm.engine.types import Doc
from launchfsm.policy.analysis import WORK, compare, verify
from launchfsm.policy.checker import check_tables
from launchfsm.policy.diagnostics import Diagnostics
from launchfsm.policy.documents import TABLE_FILE
from tests.policy.written import laid

if TYPE_CHECKING:
    from collections.abc import Mapping

    from launchfsm.engine.table import Table
    from launchfsm.policy.analysis import Coverage, TableDifference, TableFinding


@attrs.define
class DoorFacts:
    """A door that somebody wants to pass."""

    locked: Annotated[bool, Doc("It is locked.")]
    alarm: Annotated[bool | None, Doc("Its alarm is on; unknown when it has none.")]
    colour: Annotated[Literal["red", "green", "blue", "grey"], Doc("Its colour.")]
    guard: Annotated[Literal["ann", "bob", "cem", "dia"] | None, Doc("Who guards it.")]
    visitors: Annotated[int, Doc("How many want to pass.", low=0)]
    weight: Annotated[float | None, Doc("What it weighs.")]
    age: Annotated[float | None, Doc("How old it is.", unit="ms")]
    since: Annotated[int | None, Doc("How long it stands there.", unit="ms")]
    note: Annotated[str | None, Doc("What is written on it.")]
    name: Annotated[str, Doc("What it is called.")]


@attrs.frozen
class DoorVerdict:
    """What becomes of it. The resting answer: nothing."""

    opens: Annotated[bool, Doc("It opens.")] = False
    level: Annotated[int, Doc("How loudly.")] = 0
    text: Annotated[str | None, Doc("What is said.")] = None
    lines: Annotated[tuple[str, ...], Doc("What else is said.")] = ()


@attrs.frozen
class Notice:
    """A line on a board."""

    text: Annotated[str, Doc("The line.")]


ALWAYS = ("guard is not None or not alarm", "visitors > 0 or note is None")

DOOR = Decision("door", DoorFacts, DoorVerdict, "Does the door open?", preconditions=ALWAYS)
NOTICES = Decision(
    "notices", DoorFacts, Notice, "What is on the board?", collect=True, preconditions=ALWAYS
)

RESTING: Mapping[str, Any] = {
    "locked": False,
    "alarm": None,
    "colour": "red",
    "guard": None,
    "visitors": 0,
    "weight": None,
    "age": None,
    "since": None,
    "note": None,
    "name": "front",
}


def door(**told: Any) -> dict[str, Any]:
    """Facts of a door, those not told at rest."""
    return {**RESTING, **told}


def policy_of(name: str, table: Table) -> Policy:
    """A policy of one table."""
    return Policy(name, "", (name,), {table.decision.name: table})


def verify_table(table: Table, *, work: int = WORK) -> tuple[Coverage, tuple[TableFinding, ...]]:
    """What was looked at of a table, and what is wrong with it."""
    found = verify(policy_of("doors", table), work=work)
    return found.tables[0], found.findings


def compare_tables(
    table: Table, against: Table, *, work: int = WORK
) -> tuple[Coverage, tuple[TableDifference, ...]]:
    """What was looked at of a table and one that it is compared with, and how they differ."""
    found = compare(policy_of("after", table), policy_of("before", against), work=work)
    return found.tables[0], found.differences


def table_of(
    rules: str, *, decision: Decision[Any, Any] = DOOR, hit: str = "first", head: str = ""
) -> Table:
    """The table that a rule file makes, checked as any other; its faults are the test's."""
    text = f'table = "{decision.name}"\nhit = "{hit}"\n{head}\n{rules}'
    faults = Diagnostics()
    merged = laid(
        text, faults, name=decision.name, path="doors.toml", origin="doors", shape=TABLE_FILE
    )
    table = check_tables({decision.name: merged}, {decision.name: decision}, faults)[decision.name]
    assert () == faults.told()
    return table


def rule(rule_id: str, when: str | None, then: Mapping[str, Any]) -> str:
    """A rule as a rule file writes it."""
    outcome = ", ".join(f"{name} = {json.dumps(value)}" for name, value in then.items())
    condition = "" if when is None else f"when = {json.dumps(when)}\n"
    return f'[[rule]]\nid = "{rule_id}"\n{condition}then = {{ {outcome} }}\n'


def occurs(facts: Mapping[str, Any]) -> bool:
    """Whether a door's facts can occur together."""
    return all(condition.holds(facts) for condition in DOOR.required)


# -- Random doors and tables -----------------------------------------------------------------------

WEIGHTS = (-1.5, 0, 2, 2.5, 1e300)
VISITORS = (0, 1, 3, 2.5)
AGES = (0, 1, 180_000, 300_000)
NOTES = ("", "closed", "unknown")


def facts_strategy() -> st.SearchStrategy[dict[str, Any]]:
    """Facts of doors that can occur, thresholds and their neighbours most of all."""
    near = st.sampled_from((-1, -0.5, 0, 0.5, 1))
    weights = st.builds(float.__add__, st.sampled_from(WEIGHTS).map(float), near.map(float))
    ages = st.builds(lambda age, step: age + step, st.sampled_from(AGES), near)
    texts = st.one_of(st.sampled_from(NOTES), st.text(max_size=3))
    facts = st.fixed_dictionaries(
        {
            "locked": st.booleans(),
            "alarm": st.none() | st.booleans(),
            "colour": st.sampled_from(("red", "green", "blue", "grey")),
            "guard": st.none() | st.sampled_from(("ann", "bob", "cem", "dia")),
            "visitors": st.integers(0, 5),
            "weight": st.none() | weights | st.floats(allow_nan=False),
            "age": st.none() | ages | st.integers(-(10**12), 10**12),
            "since": st.none() | st.integers(-1, 10**6) | st.sampled_from(AGES),
            "note": st.none() | texts,
            "name": texts,
        }
    )
    return facts.filter(occurs)


EVERY_FACT = tuple(RESTING)


def leaves(facts: tuple[str, ...] = EVERY_FACT) -> st.SearchStrategy[str]:
    """Tests of a single one of some facts, as a condition writes them."""
    return st.sampled_from([fact for fact in facts if fact in LEAVES]).flatmap(
        lambda fact: st.one_of(LEAVES[fact])
    )


def _compared(fact: str, *constants: object) -> st.SearchStrategy[str]:
    compare = st.sampled_from(("==", "!=", "<", "<=", ">", ">="))
    return st.builds(f"{fact} {{}} {{!r}}".format, compare, st.sampled_from(constants))


def _listed(fact: str, *constants: object) -> st.SearchStrategy[str]:
    listed = st.lists(st.sampled_from(constants), max_size=3)
    return st.builds(f"{fact} {{}} {{}}".format, st.sampled_from(("in", "not in")), listed)


def _same(fact: str, *constants: object) -> st.SearchStrategy[str]:
    same = st.sampled_from(("==", "!="))
    return st.builds(f"{fact} {{}} {{!r}}".format, same, st.sampled_from(constants))


def _presence(fact: str) -> st.SearchStrategy[str]:
    return st.sampled_from((f"{fact} is None", f"{fact} is not None"))


LEAVES: Mapping[str, list[st.SearchStrategy[str]]] = {
    "locked": [st.just("locked")],
    "alarm": [st.just("alarm"), _presence("alarm")],
    "colour": [_same("colour", "red", "green"), _listed("colour", "red", "green", "blue")],
    "guard": [_same("guard", "ann", "bob"), _listed("guard", "ann", "bob"), _presence("guard")],
    "visitors": [_compared("visitors", *VISITORS)],
    "weight": [_compared("weight", *WEIGHTS), _listed("weight", *WEIGHTS), _presence("weight")],
    "age": [_compared("age", *map(write_duration, AGES)), _presence("age")],
    "since": [_compared("since", *map(write_duration, AGES)), _presence("since")],
    "note": [_same("note", *NOTES), _listed("note", *NOTES), _presence("note")],
}


def conditions(facts: tuple[str, ...] = EVERY_FACT) -> st.SearchStrategy[str]:
    """Conditions over some of a door's facts."""
    return st.recursive(
        leaves(facts),
        lambda part: st.one_of(
            part.map("not ({})".format),
            st.lists(part, min_size=2, max_size=3).map(lambda parts: f"({' and '.join(parts)})"),
            st.lists(part, min_size=2, max_size=3).map(lambda parts: f"({' or '.join(parts)})"),
        ),
        max_leaves=5,
    )


def texts(facts: tuple[str, ...] = EVERY_FACT) -> st.SearchStrategy[str]:
    """Texts of an outcome, with some of a door's facts in them."""
    pieces = ("open", "unknown", "{{", *(f"{{{fact}}}" for fact in facts))
    return st.lists(st.sampled_from(pieces), max_size=3).map("".join)


def outcomes(
    decision: Decision[Any, Any], facts: tuple[str, ...] = EVERY_FACT
) -> st.SearchStrategy[dict[str, Any]]:
    """What a rule answers at a decision."""
    if decision is NOTICES:
        return st.fixed_dictionaries({"text": texts(facts)})
    return st.fixed_dictionaries(
        {},
        optional={
            "opens": st.booleans(),
            "level": st.integers(0, 1),
            "text": texts(facts),
            "lines": st.lists(texts(facts), max_size=2),
        },
    )


def tables(
    decision: Decision[Any, Any] = DOOR,
    *,
    hit: str = "first",
    facts: tuple[str, ...] = EVERY_FACT,
) -> st.SearchStrategy[Table]:
    """Tables of up to four rules, the last of which may be without a condition."""
    conditional = st.tuples(conditions(facts), outcomes(decision, facts))
    last = st.lists(st.tuples(st.none(), outcomes(decision, facts)), max_size=1)
    rules = st.tuples(st.lists(conditional, max_size=4), last).map(lambda both: both[0] + both[1])
    return rules.map(
        lambda rows: table_of(
            "\n".join(rule(f"r{index}", *row) for index, row in enumerate(rows)),
            decision=decision,
            hit=hit,
        )
    )


def any_table(facts: tuple[str, ...] = EVERY_FACT) -> st.SearchStrategy[Table]:
    """Tables of every hit policy."""
    return st.one_of(
        tables(hit="first", facts=facts),
        tables(hit="unique", facts=facts),
        tables(NOTICES, hit="collect", facts=facts),
    )

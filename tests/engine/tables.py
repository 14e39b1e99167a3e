"""Rules, tables and policies without files."""

from __future__ import annotations

import functools
from typing import TYPE_CHECKING, Any

from launchfsm.engine.conditions import ALWAYS, Condition
from launchfsm.engine.conditions import Test as Leaf
from launchfsm.engine.parser import Parsed, parse_condition
from launchfsm.engine.table import HitPolicy, Policy, Rule, Table
from launchfsm.engine.templates import read_template
from launchfsm.engine.types import Location
from tests.policy.synthetic import FIELDS, POINT

if TYPE_CHECKING:
    from launchfsm.engine.decision import Decision


def parse(source: str, **params: object) -> Parsed:
    return parse_condition(source, facts=FIELDS, params=params)


def condition_of(source: str, **params: object) -> Condition:
    parsed = parse(source, **params)
    assert () == parsed.problems
    return parsed.condition


def rule(name: str, when: Any = ALWAYS, **then: Any) -> Rule:
    return Rule(name, when, then, "", (), "here", functools.partial(Location, "x.toml", 1))


def table(*rules: Rule, hit: HitPolicy = "first", decision: Decision[Any, Any] = POINT) -> Table:
    return Table(decision, hit, {}, rules, ())


def policy_of(*tables: Table) -> Policy:
    return Policy("here", "", ("here",), {one.decision.name: one for one in tables})


SAYS = read_template("{name} is {age} old", facts=POINT.fact_fields, params={}).template
RED, FLAG = Leaf("colour", "==", "red", "'red'"), Leaf("flag", "true")
LATE = Leaf("age", ">=", 5, "'5ms'", "grace")
RULES = (
    rule("flag", FLAG, yes=True),
    rule("late", LATE, said=SAYS),
    rule("red", RED),
    rule("last"),
)

"""A compiled table answers as its rules say, and is made of nothing that a rule file wrote."""

from __future__ import annotations

import dis
import functools
from typing import TYPE_CHECKING, Any

import attrs
import pytest
from hypothesis import given
from hypothesis import strategies as st

from launchfsm.engine.conditions import ALWAYS, Condition, Group, Not
from launchfsm.engine.conditions import Test as Leaf
from launchfsm.engine.table import HitPolicy, Rule, compile_table
from launchfsm.engine.templates import Template, read_template
from launchfsm.engine.types import Location
from launchfsm.policies import load_policy
from tests.policy.synthetic import MANY, NEEDED, POINT, Answer, Facts, conditions, facts

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from launchfsm.engine.decision import Decision
    from tests.policy.synthetic import Drawn


def rule(name: str, when: Condition = ALWAYS, **then: Any) -> Rule:
    return Rule(name, when, then, "", (), "here", functools.partial(Location, "x.toml", 1))


def template(text: str) -> Template:
    found = read_template(text, facts=POINT.fact_fields, params={})
    assert () == found.problems
    return found.template


def decide(
    rules: Sequence[Rule], hit: HitPolicy = "first", decision: Decision[Any, Any] = POINT
) -> Callable[[Any], Any]:
    return compile_table(decision, hit, rules)


@given(conditions(), facts())
def test_compiled_conditions_hold_when_conditions_hold(drawn: Drawn, known: Facts) -> None:
    answers = decide([rule("a", drawn.condition, yes=True)])

    assert drawn.condition.holds(attrs.asdict(known)) is answers(known).yes


@given(st.lists(conditions(), max_size=4), facts())
def test_the_first_rule_that_fires_answers_or_all_that_do(drawn: list[Drawn], known: Facts) -> None:
    rules = [rule(str(at), one.condition, said=template(str(at))) for at, one in enumerate(drawn)]
    fired = [one.id for one in rules if one.when.holds(attrs.asdict(known))]

    assert Answer(said=fired[0] if fired else None) == decide(rules)(known)
    assert Answer(said=fired[0] if fired else None) == decide(rules, "unique")(known)
    assert tuple(Answer(said=one) for one in fired) == decide(rules, "collect", MANY)(known)


def test_without_a_rule_that_fires_the_outcome_is_at_rest() -> None:
    assert Answer() == decide([])(Facts())
    assert () == decide([], "collect", MANY)(Facts())
    assert Answer() == decide([rule("a", Not(ALWAYS), yes=True)])(Facts())


def test_an_outcome_that_mentions_no_fact_is_built_once() -> None:
    answers = decide([rule("a", said=template("plain {{text}}"), texts=(template("a"),), yes=True)])

    assert Answer("plain {text}", ("a",), True) == answers(Facts())  # noqa: FBT003 - the field's order
    assert answers(Facts()) is answers(Facts(flag=True))
    assert decide([])(Facts()) is not answers(Facts())


def test_an_outcome_that_mentions_facts_is_built_of_each() -> None:
    said = template("{name} {count} {c1} {age} {flag} {found} {colour} {outcome}!")
    answers = decide([rule("a", said=said, texts=(template("{name}"), template("b")))])

    assert Answer("é 3 4242.5 3m 20s true unknown red unknown!", ("é", "b")) == answers(
        Facts(name="é", count=3, c1=4242.5, age=200_000, flag=True)
    )
    assert "unknown" in answers(Facts()).said


def test_a_fact_may_be_named_like_a_variable_of_the_engine() -> None:
    """`facts`, `found`, `outcome` and `c1` are facts here, and nothing is mixed up."""
    when = Group("and", (Leaf("found", "true"), Leaf("c1", "==", 7), Leaf("facts", "==", "green")))
    said = template("{facts} {found} {outcome} {c1}")
    answers = decide([rule("a", when, said=said)], "collect", MANY)

    (found,) = answers(Facts(facts="green", found=True, outcome="x", c1=7))
    assert "green true x 7" == found.said
    assert () == answers(Facts())


def test_constants_are_not_built_again_at_every_call() -> None:
    """Whatever a rule compares with or says is a name to the function, never a literal of it."""
    when = Leaf("count", "in", (1, 2, 3), "[1, 2, 3]")
    answers = decide([rule("a", when, said=template("b"), texts=(template("c"),))])

    names = [instruction.opname for instruction in dis.get_instructions(answers)]
    assert not [name for name in names if name.startswith("BUILD")]
    assert (1, 2, 3) in answers.__globals__.values()


def test_each_fact_that_conditions_ask_for_is_read_once() -> None:
    class Watched:
        def __init__(self) -> None:
            self.read: list[str] = []

        def __getattr__(self, name: str) -> object:
            self.read.append(name)
            return getattr(Facts(), name)

    watched = Watched()
    asked = [Leaf("count", "==", 1), Leaf("flag", "true"), Leaf("count", "==", 2)]
    decide([rule(test.text(), test, said=template("x")) for test in asked])(watched)

    assert ["count", "flag"] == watched.read


HOSTILE = [
    "'); import os; ('",
    "\n    raise SystemExit",
    "{{}}",
    '"""',
    "\\",
    "\0",
    "\ud800",
    "é",
    "#",
]


@given(st.lists(st.one_of(st.sampled_from(HOSTILE), st.text(min_size=1)), min_size=1, max_size=4))
def test_no_text_of_a_rule_file_reaches_the_compiled_source(texts: list[str]) -> None:
    """Such a text is a value and no part of the code: the code is the same without it."""

    def compiled(said: list[str]) -> tuple[object, ...]:
        rules = [
            rule(
                text,
                Leaf("name", "==", text, repr(text)),
                said=Template(text, ((text, "name"), (text, ""))),
                texts=(text,),
            )
            for text in said
        ]
        code = decide(rules).__code__
        return code.co_code, code.co_consts, code.co_names, code.co_varnames

    assert compiled(["x"] * len(texts)) == compiled(texts)


@pytest.mark.parametrize("policy", ["reference", "default"])
def test_every_shipped_table_is_one_function_of_its_facts(policy: str) -> None:
    for name, table in load_policy(policy).tables.items():
        code = table.decide.__code__

        assert f"<table {name}>" == code.co_filename
        assert set(code.co_varnames) - {"_facts", "_found"} <= set(table.decision.fact_fields)


def test_a_table_whose_rules_always_answer_needs_no_outcome_at_rest() -> None:
    answers = decide([rule("a", colour="red")], decision=NEEDED)

    assert "red" == answers(Facts()).colour

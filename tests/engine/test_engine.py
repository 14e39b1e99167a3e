"""An engine applies a policy, and steps machines."""

from __future__ import annotations

import pytest

from launchfsm.engine.conditions import Test as Leaf
from launchfsm.engine.engine import Engine, engine_for
from launchfsm.lifecycle.machines import MEMBER
from launchfsm.policies import load_policy
from tests.engine.tables import RULES, policy_of, rule, table
from tests.policy.synthetic import MANY, POINT, Answer, Facts

# -- Answers ---------------------------------------------------------------------------------------


def test_an_engine_answers_as_its_policy_says() -> None:
    engine = Engine(policy_of(table(*RULES)))

    assert Answer(yes=True) == engine.decide(POINT, Facts(flag=True))
    assert Answer(said="x is 7ms old") == engine.decide(POINT, Facts(age=7, name="x"))
    assert Answer() == engine.decide(POINT, Facts())


def test_a_table_is_compiled_when_it_is_first_asked() -> None:
    never = table(rule("nested", Leaf("count", "no operator", 1)), decision=MANY)
    asked = table(*RULES)
    Engine(policy_of(asked, never)).decide(POINT, Facts())

    assert asked.decide is asked.decide
    with pytest.raises(SyntaxError):
        _ = never.decide


def test_an_engine_asked_for_a_table_that_its_policy_has_not_says_so() -> None:
    with pytest.raises(KeyError, match="synthetic"):
        Engine(policy_of()).decide(POINT, Facts())


def test_a_step_goes_where_the_machine_goes_or_nowhere() -> None:
    engine = Engine(load_policy("reference"))

    assert "runtime_pending_bootstrap" == engine.step(MEMBER, "starting", "accept_spawn")
    assert engine.step(MEMBER, "confirmed_alive", "lose_owner") is None


def test_a_cache_keeps_what_was_worked_out_by_all_that_it_depends_on() -> None:
    engine = Engine(policy_of())
    engine.cache("a", 1).answer("key", "", lambda: "answer")

    assert "answer" == engine.cache("a", 1).answer("key", "", lambda: "another")
    assert "another" == engine.cache("a", 2).answer("key", "", lambda: "another")
    assert "another" == engine.cache("b", 1).answer("key", "", lambda: "another")


def test_an_engine_remembers_no_long_texts() -> None:
    engine = Engine(policy_of())
    for number in range(200):
        text = f"{number} " + "x" * 300
        assert text == engine.cache("a").answer(text, "", lambda: text)  # noqa: B023
        assert text == engine.cache("b").answer(text * 9, "", lambda: text)  # noqa: B023

    assert 200 == len(engine.cache("a"))
    assert 0 == len(engine.cache("b"))  # a long text is of one team


def test_what_an_engine_remembers_is_bounded_by_its_size() -> None:
    engine = Engine(policy_of())
    for number in range(7_900):
        engine.cache("a").answer(number, "", lambda: "answer")

    assert 3_000 < len(engine.cache("a")) < 4_000  # all were forgotten when they were too many


def test_an_engine_for_a_policy_applies_it() -> None:
    policy = policy_of(table(*RULES))

    assert policy is engine_for(policy).policy

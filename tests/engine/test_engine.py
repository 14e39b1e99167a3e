"""An engine applies a policy, and steps machines."""

from __future__ import annotations

import pytest

from launchfsm.engine.conditions import Test as Leaf
from launchfsm.engine.decision import OwnDecision
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


def knows(engine: Engine, *key: object) -> bool:
    """Whether an engine had an answer for a key; if not, it is told one."""
    now = object()
    return engine.cached(key, "", lambda: now) is not now


def test_an_answer_is_kept_by_all_that_it_depends_on() -> None:
    engine = Engine(policy_of())
    engine.cached(("a", 1), "", lambda: "answer")

    assert "answer" == engine.cached(("a", 1), "", lambda: "another")
    assert "another" == engine.cached(("a", 2), "", lambda: "another")
    assert "another" == engine.cached(("b", 1), "", lambda: "another")


def test_an_engine_remembers_no_long_texts() -> None:
    engine = Engine(policy_of())
    text = "x" * 300

    assert [False, True] == [knows(engine, text) for _ in range(2)]
    assert [False, False] == [knows(engine, text * 9) for _ in range(2)]  # it is of one team


@pytest.mark.parametrize(("said", "kept"), [("yes", True), ("x" * 8_000, False)])
def test_an_answer_counts_with_what_own_decisions_said(said: str, *, kept: bool) -> None:
    own = OwnDecision("own", POINT, (), "Why is this asked? " * 1_000)
    engine = Engine(policy_of())

    def work_out() -> object:
        engine.record(own, "", {"said": said}, ())
        return object()

    assert kept is (engine.cached(("a",), "", work_out) is engine.cached(("a",), "", work_out))


def test_what_an_engine_remembers_is_bounded_by_its_size() -> None:
    engine = Engine(policy_of())
    for number in range(7_900):
        assert not knows(engine, number)

    assert not knows(engine, 0)  # all were forgotten when they were too many
    assert all(knows(engine, number) for number in range(4_900, 7_900))


def test_an_engine_for_a_policy_applies_it() -> None:
    policy = policy_of(table(*RULES))

    assert policy is engine_for(policy).policy

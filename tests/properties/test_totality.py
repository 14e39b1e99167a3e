"""That every table answers, and answers the same, is asked of the tables themselves."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import attrs
import pytest

from launchfsm.engine.engine import Engine
from launchfsm.policy.analysis import verify
from launchfsm.policy.analysis.coverage import Limits
from launchfsm.policy.loader import load_policy
from launchfsm.properties.check_context import Asked
from launchfsm.properties.totality import AnswersAreSettled, EveryTableAnswers

if TYPE_CHECKING:
    from launchfsm.engine.table import Policy, Table
    from launchfsm.properties import Part


def settled(claim: EveryTableAnswers | AnswersAreSettled, policy: Policy) -> Part:
    return claim.settle(Asked(policy=policy, source=policy.name))


def with_table(name: str, **changes: Any) -> Policy:
    """`reference` with one table changed, as loading it from files would refuse."""
    policy = load_policy("reference")
    table: Table = attrs.evolve(policy.tables[name], **changes)
    return attrs.evolve(policy, tables={**policy.tables, name: table})


@pytest.mark.parametrize("claim", [EveryTableAnswers(), AnswersAreSettled()], ids=repr)
def test_as_many_situations_are_asked_as_verify_covers(
    claim: EveryTableAnswers | AnswersAreSettled,
) -> None:
    policy = load_policy("reference")
    part = settled(claim, policy)

    assert "proven" == part.status
    assert sum(table.situations for table in verify(policy).tables) == part.looked_at


def test_a_table_without_a_last_rule_does_not_answer() -> None:
    rules = load_policy("reference").tables["team_state"].rules
    part = settled(EveryTableAnswers(), with_table("team_state", rules=rules[:-1]))

    assert part.counterexample is not None
    assert "team_state has no answer" == part.counterexample.complaint
    assert ("no rule",) == part.counterexample.won
    assert part.counterexample.paste.endswith('decides = "nothing"')


def test_a_table_that_raises_does_not_answer(monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*_: object) -> None:
        raise ArithmeticError("no")

    monkeypatch.setattr(Engine, "decide", refuse)
    part = settled(EveryTableAnswers(), load_policy("reference"))

    assert part.counterexample is not None
    assert "unreadable raises ArithmeticError: no" == part.counterexample.complaint


def test_of_rules_that_compete_under_unique_both_are_named() -> None:
    part = settled(AnswersAreSettled(), with_table("member_state", hit="unique"))

    assert part.counterexample is not None
    assert part.counterexample.complaint.endswith(" only one may fire")


def test_an_answer_that_depends_on_what_was_asked_before_is_found(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    asked: list[object] = []
    decide = Engine.decide

    def forgetful(engine: Engine, point: Any, facts: Any, subject: str = "") -> Any:
        asked.append(facts)
        return len(asked) if point.name == "pending" else decide(engine, point, facts, subject)

    monkeypatch.setattr(Engine, "decide", forgetful)
    part = settled(AnswersAreSettled(), load_policy("reference"))

    assert part.counterexample is not None
    assert "pending answers otherwise when asked again" == part.counterexample.complaint


def test_a_space_that_is_too_large_is_not_called_proven(monkeypatch: pytest.MonkeyPatch) -> None:
    few = Limits(at_once=100, parts=1)
    monkeypatch.setattr("launchfsm.properties.totality.ONE_BY_ONE", few)
    part = settled(EveryTableAnswers(), load_policy("reference"))

    assert "not_all" == part.status
    assert part.unseen > 0

"""A tracing engine answers as any other, and its notes say why."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import attrs
from hypothesis import given
from hypothesis import strategies as st

from launchfsm.decisions.catalogue import CATALOGUE
from launchfsm.engine.conditions import FailedTest
from launchfsm.engine.engine import Engine
from launchfsm.engine.parser import parse_condition
from launchfsm.engine.trace import (
    TracedDecision,
    TracedStep,
    TracingEngine,
    explained,
)
from launchfsm.evaluation.evidence import gather
from launchfsm.evaluation.pipeline import judge_team
from launchfsm.lifecycle.machines import BOOTSTRAP, MEMBER
from launchfsm.policies import load_policy
from launchfsm.records.documents import TeamSource
from launchfsm.testing import FakeProcesses
from tests.conformance.cases import bootstrap_cases
from tests.engine.tables import RULES, policy_of, rule, table
from tests.policy.synthetic import MANY, POINT, Facts, facts

if TYPE_CHECKING:
    from pathlib import Path

    from launchfsm.engine.decision import Decision

RESULTS = [
    "bootstrap_snapshot",
    "runtime_state",
    "launcher_snapshot",
    "preferred_snapshot",
    "preferred_source",
]


# -- Its notes -------------------------------------------------------------------------------------


def test_a_decision_tells_the_winner_what_it_read_and_why_the_rules_before_did_not_fire() -> None:
    engine = TracingEngine(policy_of(table(*RULES)))
    outcome = engine.decide(POINT, Facts(age=7, name="x", count=3), "alice")

    (decision,) = engine.entries
    assert isinstance(decision, TracedDecision)
    assert (POINT, "alice", outcome) == (decision.asked, decision.subject, decision.outcome)
    failed = FailedTest("flag", "flag", value=False)
    assert [("flag", (failed,)), ("late", ())] == [(one.id, why) for one, why in decision.tried]
    assert ("late",) == tuple(one.id for one in decision.winners)
    assert {"flag": False, "age": 7, "name": "x"} == decision.facts
    assert 3 == decision.known["count"]


def test_a_decision_of_all_rules_tells_all_that_fired() -> None:
    engine = TracingEngine(policy_of(table(*RULES, hit="collect", decision=MANY)))
    outcome = engine.decide(MANY, Facts(age=1, flag=True))

    (decision,) = engine.entries
    assert isinstance(decision, TracedDecision)
    assert 3 == len(outcome)
    assert ["flag", "red", "last"] == [one.id for one in decision.winners]
    assert ["flag", "late", "red", "last"] == [one.id for one, _ in decision.tried]
    assert {"flag": True, "age": 1, "colour": "red"} == decision.facts


def test_a_decision_that_no_rule_made_has_no_winner() -> None:
    engine = TracingEngine(policy_of(table(RULES[0])))
    engine.decide(POINT, Facts())

    (decision,) = engine.entries
    assert isinstance(decision, TracedDecision)
    assert ((), {"flag": False}) == (decision.winners, decision.facts)


def test_what_is_unmet_of_a_param_tells_its_value() -> None:
    decision = TracedDecision(table(RULES[1]), "", attrs.asdict(Facts(age=1)), None)
    ((_, failed),) = decision.tried

    assert ["age >= grace ('5ms')"] == [one.wanted for one in failed]


def test_what_is_explained_is_short_however_long_facts_and_params_are() -> None:
    many = [f"word {number}" for number in range(1_000)]
    parsed = parse_condition("many in name", facts=POINT.fact_fields, params={"many": many})
    engine = TracingEngine(policy_of(table(rule("words", parsed.condition))))
    engine.decide(POINT, Facts(name="x" * 100_000))

    explanation = explained("team", "here", engine.entries)

    (because,) = explanation.of("synthetic").rule_results[0].because
    assert because.startswith("name is 'xxx")
    assert "more characters), not: many in name (['word 0', 'word 1'," in because
    assert len(explanation.text()) < 2_000


def test_steps_are_noted_with_where_they_went_or_why_they_did_not() -> None:
    engine = TracingEngine(policy_of())
    engine.step(MEMBER, "starting", "accept_spawn", "alice")
    engine.step(MEMBER, "confirmed_alive", "lose_owner", "bob")

    went, refused = engine.entries
    assert went == TracedStep(
        "member", "alice", "starting", "accept_spawn", "runtime_pending_bootstrap", None
    )
    assert isinstance(refused, TracedStep)
    assert ("confirmed_alive", "confirmed_alive") == (refused.state, refused.after)
    assert refused.refusal is not None
    assert "'lose_owner' is refused" in refused.refusal


def test_an_engine_that_takes_notes_remembers_no_answer() -> None:
    engine = TracingEngine(policy_of())

    for answer in ("answer", "another"):
        assert answer == engine.cached(("a",), "", lambda: answer)  # noqa: B023


# -- Both ------------------------------------------------------------------------------------------


@given(st.lists(facts(), max_size=3), st.booleans())
def test_both_answer_alike_and_the_notes_agree_with_the_answers(
    asked: list[Facts],
    collects: bool,  # noqa: FBT001 - hypothesis draws it
) -> None:
    decision: Decision[Any, Any] = MANY if collects else POINT
    policy = policy_of(table(*RULES, hit="collect" if collects else "first", decision=decision))
    plain, noting = Engine(policy), TracingEngine(policy)

    for known in asked:
        assert plain.decide(decision, known) == noting.decide(decision, known)
    for known, noted in zip(asked, noting.entries, strict=True):
        assert isinstance(noted, TracedDecision)
        fired = tuple(one for one, failed in noted.tried if not failed)
        assert fired == noted.winners
        assert collects or not fired or not noted.tried[-1][1]
        assert noted.facts.items() <= attrs.asdict(known).items()


def test_both_judge_every_measured_case_alike(tmp_path: Path) -> None:
    policies = [load_policy("reference"), load_policy("default")]
    engines = [(Engine(policy), TracingEngine(policy)) for policy in policies]
    for case in bootstrap_cases():
        source = TeamSource(str(case.materialise(tmp_path / case.id)))
        processes = FakeProcesses(alive=set(case.alive), refused=set(case.refused))
        evidence = gather(source, case.team, now=case.now_ms, processes=processes)
        for plain, noting in engines:
            expected, judged = judge_team(plain, evidence), judge_team(noting, evidence)
            for name in RESULTS:
                assert getattr(expected, name) == getattr(judged, name)
    for _, noting in engines:
        for entry in noting.entries:
            if isinstance(entry, TracedDecision) and not entry.asked.collect:
                known = entry.table.decision.facts(**entry.known)
                assert entry.outcome == entry.table.decide(known)


def test_every_decision_point_and_step_is_named_by_what_it_is() -> None:
    assert set(CATALOGUE) == set(load_policy("reference").tables)
    assert {"bootstrap", "member"} == {BOOTSTRAP.name, MEMBER.name}

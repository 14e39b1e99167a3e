"""Asking a table takes facts as people type them, and tells everything that is wrong with them."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from hypothesis import given
from hypothesis import strategies as st

from launchfsm.engine.types import write_value
from launchfsm.policies import load_policy
from launchfsm.policy.authoring.ask import FactsError, ask_table

if TYPE_CHECKING:
    from launchfsm.engine.table import RuleTest, Table

TABLES = load_policy("default").tables
OWNER, VERDICT = TABLES["owner"], TABLES["verdict"]
TESTED = [
    (table, test)
    for table in load_policy("reference").tables.values()
    for test in (*table.tests, *(test for rule in table.rules for test in rule.tests))
]


def problems(table: Table, *given: tuple[str, str]) -> tuple[str, ...]:
    with pytest.raises(FactsError) as raised:
        ask_table(table, given)
    return raised.value.problems


def test_it_answers_with_the_trace() -> None:
    facts = ("phase_kind=active", "owner=dead", "owner_pid=42", "state_age=4m")
    decision = ask_table(
        OWNER, [(name, value) for name, _, value in (f.partition("=") for f in facts)]
    )

    assert ("owner-gone-stale",) == decision.won
    assert decision.outcome["dead"] is True
    assert "4m" == decision.facts["state_age"]
    assert "bootstrap-ended" == decision.rule_results[0].rule


def test_what_is_left_out_is_neutral() -> None:
    assert ("bootstrap-ended",) == ask_table(OWNER, []).won


def test_the_total_of_facts_that_are_added_up_follows_from_them() -> None:
    counts = [("team_state", "partial_failure"), ("confirmed", "2"), ("failed", "1")]

    known = [("records", "readable"), ("launch_phase", "finished"), *counts]
    assert ask_table(VERDICT, known).won


def test_all_that_is_wrong_is_told_at_once() -> None:
    told = problems(
        OWNER, ("ownr", "dead"), ("owner", "dad"), ("zombie", "yes"), ("zombie", "true")
    )

    assert 4 == len(told)
    assert "(did you mean 'owner'?)" in told[0]
    assert "(did you mean 'dead'?)" in told[1]
    assert "zombie: expected true or false, got 'yes'" == told[2]
    assert "zombie is given twice; give it once" == told[3]


def test_what_cannot_be_left_out_is_named_with_its_type() -> None:
    (told,) = problems(VERDICT)

    assert told.startswith("records has no neutral value, and the answer depends on it; ")


def test_facts_that_cannot_occur_together_are_refused() -> None:
    given = (("owner", "dead"), ("phase_kind", "active"))
    assert problems(OWNER, *given)[0].startswith("these facts cannot occur together")
    told = problems(VERDICT, ("records", "readable"), ("names", "3"), ("failed", "1"))
    assert any("names == " in problem for problem in told)


@pytest.mark.parametrize("value", ["3", "-1", "nan", "1e999", "9" * 5_000, "", "[", "\x1b"])
def test_a_value_of_another_type_is_refused_and_never_raises_otherwise(value: str) -> None:
    assert problems(OWNER, ("state_age", value))
    assert problems(OWNER, ("owner", value))
    assert problems(OWNER, ("zombie", value))


@given(st.sampled_from(TESTED))
def test_every_inline_test_can_be_asked(tested: tuple[Table, RuleTest]) -> None:
    table, test = tested
    kinds = {name: field.kind for name, field in table.decision.fact_fields.items()}
    given = []
    for name, value in test.facts.items():
        if value != table.decision.fact_fields[name].default:
            said = write_value(kinds[name], value)
            said = ",".join(said) if isinstance(said, list) else said
            given.append((name, str(said).lower() if isinstance(said, bool) else str(said)))

    decision = ask_table(table, given)

    if test.decides not in {None, "nothing"}:
        assert (test.decides,) == decision.won

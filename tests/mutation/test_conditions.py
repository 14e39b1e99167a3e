"""The mistakes in a condition."""

from __future__ import annotations

from typing import Any

import pytest

from launchfsm.decisions.bootstrap import OWNER
from launchfsm.decisions.members import STALLED
from launchfsm.engine.types import ValueType
from tests.mutation.conditions import other_conditions, other_values


@pytest.mark.parametrize(
    ("kind", "value", "others"),
    [
        (ValueType("boolean"), True, [False]),
        (ValueType("word", ("a", "b", "c")), "c", ["a"]),
        (ValueType("number"), 3, [4, 2]),
        (ValueType("duration"), "3m", ["3m1ms", "2m59s999ms"]),
        (ValueType("duration"), "0s", ["1ms", "-1ms"]),
        (ValueType("text"), "x", ["x?"]),
    ],
    ids=str,
)
def test_a_value_and_the_nearest_mistakes(kind: ValueType, value: Any, others: list[Any]) -> None:
    assert others == list(other_values(kind, value))


def test_a_condition_and_its_mistakes() -> None:
    text = "owner == 'dead' and state_age >= stale_after"

    assert [
        "owner == 'dead' or state_age >= stale_after",
        "state_age >= stale_after",
        "owner == 'dead'",
        "owner != 'dead' and state_age >= stale_after",
        "owner == 'unknown' and state_age >= stale_after",
        "owner == 'dead' and state_age > stale_after",
        "owner == 'dead' and state_age < stale_after",
    ] == list(other_conditions(text, OWNER.fact_fields))


def test_negations_numbers_and_lists() -> None:
    facts = STALLED.fact_fields

    assert ["reported"] == list(other_conditions("not reported", facts))
    assert [
        "owner_pid >= 0",
        "owner_pid <= 0",
        "owner_pid > 1",
        "owner_pid > -1",
    ] == list(other_conditions("owner_pid > 0", OWNER.fact_fields))
    assert [
        "provider not in ['codex', 'gemini']",
        "provider in ['gemini']",
        "provider in ['codex']",
    ] == list(other_conditions("provider in ['codex', 'gemini']", facts))
    assert ["provider is None"] == list(other_conditions("provider is not None", facts))

"""`policy eval` asks one table, and shows the answer with its trace."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

from tests.cli.policy.policies import lay_policy
from tests.cli.running import invoke

if TYPE_CHECKING:
    from pathlib import Path

GONE = ("owner", "phase_kind=active", "owner=dead", "owner_pid=42", "state_age=4m")


def test_the_answer_stands_first_and_below_it_why() -> None:
    asked = invoke("policy", "eval", *GONE)

    assert (0, "") == (asked.status, asked.errors)
    assert asked.out.startswith("owner: owner-gone-stale -> dead=true, stale=true, reason=")
    assert "- bootstrap-ended (" in asked.out
    assert "x owner-gone-stale (" in asked.out


def test_as_json_it_is_the_decision() -> None:
    decision = json.loads(invoke("policy", "eval", *GONE, "--json").out)

    assert ["owner-gone-stale"] == decision["won"]
    assert decision["outcome"]["dead"] is True
    assert "4m" == decision["facts"]["state_age"]


def test_a_policy_of_ones_own_is_asked(tmp_path: Path) -> None:
    facts = ("phase_kind=active", "owner=dead", "owner_pid=42")
    asked = invoke("policy", "eval", "owner", *facts, "--policy", lay_policy(tmp_path / "mine"))

    assert asked.out.startswith("owner: never-updated -> ")


def test_everything_wrong_is_told() -> None:
    asked = invoke("policy", "eval", "owner", "ownr=dead", "zombie=yes", "owner=d\x1bad")

    assert (3, "") == (asked.status, asked.out)
    assert "did you mean 'owner'?" in asked.errors
    assert "zombie: expected true or false, got 'yes'" in asked.errors
    assert "\x1b" not in asked.errors


def test_an_unknown_table_and_what_is_no_fact_are_told() -> None:
    assert "did you mean 'verdict'?" in invoke("policy", "eval", "verdct").errors
    assert "write its name, =, its value" in invoke("policy", "eval", "owner", "dead").errors

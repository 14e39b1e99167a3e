"""`policy verify` ends with 1 when there is something to look at; lists of differences."""

from __future__ import annotations

import json
from functools import partial
from typing import TYPE_CHECKING

import pytest

from launchfsm.policies import load_policy
from launchfsm.policy.analysis import verify
from tests.cli.policy.policies import lay_policy
from tests.cli.running import invoke

if TYPE_CHECKING:
    from pathlib import Path

DEAD_RULE = """
[[rule]]
id = "long-gone"
after = "owner-gone-stale"
when = "owner == 'dead' and state_age >= '4m'"
then = { dead = true, reason = "pid {owner_pid} is long gone" }
"""
"""A rule that never wins: whoever is gone for four minutes is gone for three."""

TABLES = len(load_policy("reference").tables)


@pytest.fixture
def mine(tmp_path: Path) -> Path:
    return lay_policy(tmp_path / "mine")


# -- The policy itself -----------------------------------------------------------------------------


@pytest.mark.parametrize("name", ["reference", "default"])
def test_nothing_is_wrong_with_the_shipped_policies(name: str) -> None:
    verified = invoke("policy", "verify", name)

    assert (0, "") == (verified.status, verified.errors)
    first, second, *_ = verified.out.splitlines()
    assert f"{name}: nothing is wrong" == first
    assert second.startswith("looked at every situation that can occur: ")


def test_a_rule_that_unreachable_is_found(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    lay_policy(tmp_path / "mine", DEAD_RULE)
    monkeypatch.chdir(tmp_path)

    verified = invoke("policy", "verify", "./mine")
    finding, when, example, *rest = verified.out.splitlines()

    assert 1 == verified.status
    assert finding.startswith("mine/owner.toml:3:1: rule 'long-gone' never wins: ")
    assert finding.endswith("[unreachable]")
    assert "    when owner == 'dead' and state_age >= '4m'" == when
    assert example.startswith("    for example { ")
    assert "mine: 1 finding" == rest[0]


def test_each_table_says_on_demand_what_was_looked_at() -> None:
    brief, long = (
        invoke("policy", "verify", "reference"),
        invoke("policy", "verify", "reference", "--tables"),
    )

    assert 2 == len(brief.out.splitlines())
    assert 2 + TABLES == len(long.out.splitlines())
    assert brief.out.splitlines() == long.out.splitlines()[:2]


def test_a_table_with_too_many_situations_says_so_unasked(monkeypatch: pytest.MonkeyPatch) -> None:
    """And what it did instead: never silently less."""
    few = partial(verify, work=5_000)
    monkeypatch.setattr("launchfsm.policy.analysis.verify", few)

    verified = invoke("policy", "verify", "reference")
    cut = [line for line in verified.out.splitlines() if "NOT ALL: up to " in line]

    assert " in what was looked at, which is NOT ALL\n" in verified.out
    assert "\nlooked at all but up to " in verified.out
    assert {"verdict"} <= {line.split(":")[0].strip() for line in cut}
    assert len(cut) + 1 < len(invoke("policy", "verify", "reference", "--tables").out.splitlines())


def test_what_is_not_proven_is_told_and_is_no_fault(monkeypatch: pytest.MonkeyPatch) -> None:
    few = partial(verify, work=5_000)
    monkeypatch.setattr("launchfsm.policy.analysis.verify", few)

    verified = invoke("policy", "verify", "reference")

    assert 0 == verified.status
    assert " never wins: " in verified.out
    assert " (in the situations looked at, which are not all) [unreachable]\n" in verified.out


def test_json_has_the_findings_and_what_was_looked_at(tmp_path: Path) -> None:
    verified = invoke("policy", "verify", lay_policy(tmp_path / "mine", DEAD_RULE), "--json")
    document = json.loads(verified.out)

    assert 1 == verified.status
    assert ("mine", False, True) == (document["policy"], document["holds"], document["complete"])
    assert [("unreachable", "owner")] == [
        (finding["code"], finding["table"]) for finding in document["findings"]
    ]
    assert TABLES == len(document["tables"])
    assert "comparison" not in document


# -- Against another -------------------------------------------------------------------------------


def test_a_policy_does_not_differ_from_itself() -> None:
    verified = invoke("policy", "verify", "reference", "--against", "reference")

    assert 0 == verified.status
    assert "reference against reference: the same\n" in verified.out


def test_every_difference_is_shown_with_both_answers_and_an_example(mine: Path) -> None:
    verified = invoke("policy", "verify", mine, "--against", "reference")
    shown = verified.out[verified.out.index("\n\n") + 2 :].splitlines()

    assert 1 == verified.status
    assert (
        "owner: when phase_kind != 'terminal' and owner == 'dead' and state_age is None" == shown[0]
    )
    assert shown[1].startswith("    reference: { dead = true, reason = ")
    assert '    mine: { dead = true, stale = true, reason = "pid {owner_pid} is gone" }' == shown[2]
    assert shown[3].startswith("    for example { ")
    assert shown[4].startswith("      reference: owner-gone (")
    assert shown[5].startswith("      mine: never-updated (")
    assert "mine against reference: 1 difference" == shown[6]


def test_a_text_or_a_number_alone_is_a_difference(tmp_path: Path) -> None:
    reworded = '[[rule]]\nid = "owner-gone"\noverride = true\nthen = { reason = "it is gone" }\n'
    weighed = 'policy = "weighed"\nextends = "reference"\n[[tables.richness.rule]]\n'
    weighed += 'id = "name"\noverride = true\nthen = { points = 11 }\n'
    (tmp_path / "weighed.toml").write_text(weighed)

    for policy in (lay_policy(tmp_path / "mine", reworded), tmp_path / "weighed.toml"):
        assert 1 == invoke("policy", "verify", policy, "--against", "reference").status


def test_json_has_the_differences(mine: Path) -> None:
    verified = invoke("policy", "verify", mine, "--against", "reference", "--json")
    comparison = json.loads(verified.out)["comparison"]

    assert 1 == verified.status
    assert ("mine", "reference") == (comparison["policy"], comparison["against"])
    assert (False, True) == (comparison["same"], comparison["complete"])
    (difference,) = comparison["differences"]
    assert {"dead": True, "stale": True, "reason": "pid {owner_pid} is gone"} == difference[
        "after"
    ][0]


def test_the_other_policy_has_to_be_sound_too(mine: Path) -> None:
    assert 3 == invoke("policy", "verify", mine, "--against", "nobody").status

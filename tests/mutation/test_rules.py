"""The mutants of the shipped rule files."""

from __future__ import annotations

import tomllib
from collections import Counter
from typing import Final

import pytest

from launchfsm.policies import load_policy
from launchfsm.policy.authoring.runner import coverage
from tests.mutation.code import ROOT
from tests.mutation.mutants import RuleMutant
from tests.mutation.rules import POLICIES, RULES, rule_mutants, toml_of, without_tests

pytestmark = pytest.mark.slow

MUTANTS: Final = {policy: rule_mutants(policy) for policy in POLICIES}


def of(file: str, where: str) -> list[str]:
    policy, _, name = file.partition("/")
    return [
        mutant.change
        for mutant in MUTANTS[policy]
        if mutant.file == f"rules/{policy}/{name}.toml" and mutant.where == where
    ]


@pytest.mark.parametrize("policy", POLICIES)
def test_every_mutant_has_a_name_of_its_own_and_says_something_else(policy: str) -> None:
    assert {1} == set(Counter(mutant.key for mutant in MUTANTS[policy]).values())
    originals = {
        path.relative_to(ROOT).as_posix(): tomllib.loads(path.read_text(encoding="utf-8"))
        for path in (RULES / policy).glob("*.toml")
    }
    for mutant in MUTANTS[policy]:
        original = originals[mutant.file]
        assert original != mutant.document, mutant.key
        assert mutant.table == original["table"]


@pytest.mark.parametrize("policy", POLICIES)
def test_a_mutant_is_written_as_it_is_meant(policy: str) -> None:
    for mutant in MUTANTS[policy][::7]:
        assert mutant.document == tomllib.loads(toml_of(mutant.document)), mutant.key


def test_what_is_written_keeps_odd_texts() -> None:
    document = {"text": 'a "\\\n\t\u00e9', "list": [1, 1.5, True], "table": {"a b": {"c": []}}}

    assert document == tomllib.loads(toml_of(document))


def test_thresholds_are_a_millisecond_off() -> None:
    assert ['stale_after = "3m1ms"', 'stale_after = "2m59s999ms"'] == of("reference/owner", "")
    assert [
        "recent_lines = 4",
        "recent_lines = 2",
        'separator = " | ?"',
    ] == of("reference/journal_warning", "")


def test_a_rule_is_dropped_swapped_and_changed_in_every_part() -> None:
    assert [
        "rule dropped",
        "swapped with owner-gone",
        "when owner == 'dead' or state_age >= stale_after",
        "when state_age >= stale_after",
        "when owner == 'dead'",
        "when owner != 'dead' and state_age >= stale_after",
        "when owner == 'unknown' and state_age >= stale_after",
        "when owner == 'dead' and state_age > stale_after",
        "when owner == 'dead' and state_age < stale_after",
        "when dropped",
        "dead = false",
        "dead dropped",
        "stale = false",
        "stale dropped",
        (
            'reason = "bootstrap owner pid {owner_pid} is gone and persisted bootstrap state is'
            ' stale?"'
        ),
        "reason dropped",
    ] == of("reference/owner", "owner-gone-stale")


def test_a_rule_of_an_extending_policy_is_also_put_elsewhere() -> None:
    changes = of("default/owner", "other-host")

    assert {"after owner-gone-stale", "before dropped"} <= {*changes}


def test_lists_are_shortened_and_turned_around() -> None:
    changes = of("default/reconciliation", "says-it-failed")

    assert {
        'events = ["fail"]',
        'events = ["accept_spawn"]',
        'events = ["fail", "accept_spawn"]',
        "events dropped",
    } <= {*changes}


def test_tests_can_be_left_out() -> None:
    mutant = MUTANTS["reference"][0]
    assert isinstance(mutant, RuleMutant)
    bare = without_tests(mutant.document)

    assert "test" not in bare
    assert not any("test" in rule for rule in bare["rule"])
    assert [rule["id"] for rule in mutant.document["rule"]] == [rule["id"] for rule in bare["rule"]]


@pytest.mark.parametrize("policy", POLICIES)
def test_the_inline_tests_show_every_rule_and_condition_from_both_sides(policy: str) -> None:
    assert coverage(load_policy(policy)).complete

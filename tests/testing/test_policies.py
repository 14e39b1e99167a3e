"""Mutated policies load, differ where they say, and print as a file to keep."""

from __future__ import annotations

import tomllib

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from launchfsm.auditing.policies.answering import EveryTableAnswers
from launchfsm.auditing.policies.asking import Asked
from launchfsm.policy.analysis import compare, verify
from launchfsm.policy.loading import load_policy
from launchfsm.testing.strategies import MutatedPolicy, mutated_policies

DEFAULT = load_policy("default")


@settings(max_examples=8)
@given(mutated=mutated_policies())
def test_every_mutation_loads_and_answers(mutated: MutatedPolicy) -> None:
    policy = mutated.policy

    assert ("mutated", "default") == policy.lineage
    assert "proven" == EveryTableAnswers().settle(Asked(policy=policy, source="mutated")).status
    assert verify(policy).complete


@settings(max_examples=8)
@given(mutated=mutated_policies())
def test_only_the_tables_that_it_names_differ(mutated: MutatedPolicy) -> None:
    written = tomllib.loads(mutated.text)["tables"]
    compared = compare(mutated.policy, DEFAULT)
    different = {found.table for found in compared.differences}
    different |= {found.table for found in compared.params}

    assert 1 <= sum(len(table.get("rule", [0])) for table in written.values()) <= 3
    assert different <= set(written)


@settings(max_examples=4)
@given(data=st.data())
def test_a_policy_of_ones_own_is_mutated_by_its_path(
    data: st.DataObject, tmp_path_factory: pytest.TempPathFactory
) -> None:
    path = tmp_path_factory.mktemp("policy") / "mine.toml"
    path.write_text('policy = "mine"\nextends = "strict"\n')
    mutated = data.draw(mutated_policies(path, max_changes=1))

    assert ("mutated", "mine", "strict", "default") == mutated.policy.lineage
    assert 1 == mutated.text.count("[tables.")


@settings(max_examples=4)
@given(mutated=mutated_policies("strict"))
def test_it_prints_as_what_makes_it_again(
    mutated: MutatedPolicy, tmp_path_factory: pytest.TempPathFactory
) -> None:
    kept = tmp_path_factory.mktemp("policy") / "mutated.toml"
    kept.write_text(mutated.text)

    assert mutated == eval(repr(mutated))  # noqa: S307 - that it is code is the point
    assert load_policy(kept).lineage == mutated.policy.lineage


def test_what_does_not_load_is_said_not_to() -> None:
    assert not MutatedPolicy('policy = "broken"\nextends = "nobody"\n').loads()
    assert MutatedPolicy('policy = "plain"\nextends = "default"\n').loads()


def test_a_mutation_makes_a_change() -> None:
    with pytest.raises(ValueError, match="1 change at least"):
        mutated_policies(max_changes=0)

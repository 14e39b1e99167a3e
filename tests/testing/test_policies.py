"""Mutated policies load, differ where they say, and print as a file to keep."""

from __future__ import annotations

import tomllib
from typing import TYPE_CHECKING, Any, Final

import pytest
from hypothesis import Phase, find, given, settings
from hypothesis import strategies as st

from launchfsm.policies import load_policy
from launchfsm.policy.analysis import compare, verify
from launchfsm.properties.claims import EVERY_TABLE_ANSWERS, CheckContext
from launchfsm.testing.strategies import MutatedPolicy, mutated_policies

if TYPE_CHECKING:
    import os

    from hypothesis.strategies import SearchStrategy

REFERENCE = load_policy("reference")
STRICT = load_policy("default")

# So many changes at once that they often meet in one table.
MANY: Final = 6


def all_written(policy: str | os.PathLike[str]) -> SearchStrategy[MutatedPolicy]:
    """Mutations as they are written, before those that do not load are dropped."""
    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(MutatedPolicy, "loads", lambda _: True)
        return mutated_policies(policy, max_changes=MANY)


def tables_of(mutated: MutatedPolicy) -> dict[str, Any]:
    tables: dict[str, Any] = tomllib.loads(mutated.text)["tables"]
    return tables


@settings(max_examples=4)
@given(mutated=mutated_policies("reference"))
def test_every_mutation_loads_and_answers(mutated: MutatedPolicy) -> None:
    policy = mutated.policy

    assert ("mutated", "reference") == policy.lineage
    assert (
        "proven" == EVERY_TABLE_ANSWERS.check(CheckContext(policy=policy, source="mutated")).status
    )
    assert verify(policy).complete


@settings(max_examples=5)
@given(mutated=mutated_policies("reference"))
def test_only_the_tables_that_it_names_differ(mutated: MutatedPolicy) -> None:
    written = tables_of(mutated)
    compared = compare(mutated.policy, REFERENCE)
    different = {found.table for found in compared.differences}
    different |= {found.table for found in compared.params}

    assert 1 <= changes(written) <= 3
    assert different <= set(written)


def changes(written: dict[str, Any]) -> int:
    return sum(
        len(table.get("rule", ())) + len(table.get("params", ())) for table in written.values()
    )


@settings(max_examples=100)
@given(mutated=all_written("default"))
def test_whatever_is_changed_at_once_is_written_as_toml(mutated: MutatedPolicy) -> None:
    """If not, it does not load, and that which is never made is never missed."""
    written = tables_of(mutated)

    assert 1 <= changes(written) <= MANY
    for name, table in written.items():
        rules = [rule["id"] for rule in table.get("rule", ())]
        assert len(rules) == len(set(rules))
        for param, value in table.get("params", {}).items():
            assert value != STRICT.tables[name].params[param]


def test_two_params_of_one_table_are_changed_at_once() -> None:
    def two_of_one(mutated: MutatedPolicy) -> bool:
        return any(len(table.get("params", ())) > 1 for table in tables_of(mutated).values())

    bounded = settings(max_examples=300, phases=(Phase.generate,))
    mutated = find(all_written("default"), two_of_one, settings=bounded)
    assert mutated.loads()

    for name, table in tables_of(mutated).items():
        of_strict = STRICT.tables[name].params
        differing = {
            param
            for param, value in mutated.policy.tables[name].params.items()
            if value != of_strict[param]
        }
        assert set(table.get("params", ())) == differing


@pytest.mark.parametrize("name", ["plain", "\N{ROCKET}", "\x7f", 'quo"te', "back\\slash", "tab\t"])
def test_a_policy_is_mutated_whatever_characters_its_path_has(
    name: str, tmp_path_factory: pytest.TempPathFactory
) -> None:
    path = tmp_path_factory.mktemp("policy") / f"{name}.toml"
    path.write_text('policy = "mine"\nextends = "reference"\n')

    @settings(max_examples=2)
    @given(mutated=mutated_policies(path))
    def extends_it(mutated: MutatedPolicy) -> None:
        assert str(path.resolve()) == tomllib.loads(mutated.text)["extends"]
        assert ("mutated", "mine", "reference") == mutated.policy.lineage

    extends_it()


@settings(max_examples=2)
@given(data=st.data())
def test_a_policy_of_ones_own_is_mutated_by_its_path(
    data: st.DataObject, tmp_path_factory: pytest.TempPathFactory
) -> None:
    path = tmp_path_factory.mktemp("policy") / "mine.toml"
    path.write_text('policy = "mine"\nextends = "default"\n')
    mutated = data.draw(mutated_policies(path, max_changes=1))

    assert ("mutated", "mine", "default", "reference") == mutated.policy.lineage
    assert 1 == mutated.text.count("[tables.")


@settings(max_examples=2)
@given(mutated=mutated_policies("default"))
def test_it_prints_as_what_makes_it_again(
    mutated: MutatedPolicy, tmp_path_factory: pytest.TempPathFactory
) -> None:
    kept = tmp_path_factory.mktemp("policy") / "mutated.toml"
    kept.write_text(mutated.text)

    assert mutated == eval(repr(mutated))  # noqa: S307 - that it is code is the point
    assert load_policy(kept).lineage == mutated.policy.lineage


def test_what_does_not_load_is_said_not_to() -> None:
    assert not MutatedPolicy('policy = "broken"\nextends = "nobody"\n').loads()
    assert MutatedPolicy('policy = "plain"\nextends = "reference"\n').loads()


def test_a_mutation_makes_a_change() -> None:
    with pytest.raises(ValueError, match="1 change at least"):
        mutated_policies(max_changes=0)

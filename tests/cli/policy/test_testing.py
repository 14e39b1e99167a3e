"""`policy test` ends with 1 when an example does not come true, and shows why."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest

from tests.cli.policy.policies import SOUND, lay_policy
from tests.cli.running import invoke

if TYPE_CHECKING:
    from pathlib import Path

FAILING = (
    SOUND
    + """
[[test]]
facts = { phase_kind = "active", owner = "dead", owner_pid = 4242, state_age = "3m" }
decides = "owner-gone"
then = { stale = false }
"""
)
"""A test in line 17 that says of the inherited rules what they do not do."""


@pytest.mark.parametrize("name", ["reference", "default"])
def test_the_tests_of_the_shipped_policies_pass(name: str) -> None:
    tested = invoke("policy", "test", name)

    assert (0, "") == (tested.status, tested.errors)
    assert tested.out.startswith(f"{name}: all ")
    assert 1 == len(tested.out.splitlines())


def test_only_a_policys_own_tests_are_run(tmp_path: Path) -> None:
    assert (
        "mine: all 2 tests passed\n" == invoke("policy", "test", lay_policy(tmp_path / "mine")).out
    )


def test_one_test_and_none_are_told_so(tmp_path: Path) -> None:
    none = '[[rule]]\nid = "owner-gone"\noverride = true\nthen = { stale = true }\n'
    one = none + "[[rule.test]]\nfacts = { owner = 'dead', owner_pid = 1 }\nfires = true\n"

    for name, text, said in (
        ("none", none, "it has no tests"),
        ("one", one, "the only test passed"),
    ):
        tested = invoke("policy", "test", lay_policy(tmp_path / name, text))
        assert (0, f"{name}: {said}\n") == (tested.status, tested.out)


def test_a_test_that_fails_is_shown_with_its_facts_and_the_trace(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    lay_policy(tmp_path / "mine", FAILING)
    monkeypatch.chdir(tmp_path)

    tested = invoke("policy", "test", "./mine")

    assert 1 == tested.status
    assert tested.out.startswith("mine/owner.toml:17:1: ")
    for told in ("owner-gone", "owner-gone-stale", "stale", "state_age = '3m'", "never-updated"):
        assert told in tested.out
    assert tested.out.endswith("\nmine: 1 of 3 tests failed\n")


def test_coverage_lists_what_no_test_shows(tmp_path: Path) -> None:
    untested = '[[rule]]\nid = "owner-gone"\noverride = true\nthen = { stale = true }\n'

    tested = invoke("policy", "test", lay_policy(tmp_path / "mine", untested), "--coverage")

    assert 0 == tested.status
    assert ": no test makes rule 'owner-gone' of table 'owner' fire\n" in tested.out
    assert "`owner == 'dead'` of rule 'owner-gone'" in tested.out
    assert tested.out.endswith("\nmine: it has no tests\n")


def test_json_has_each_test_and_on_demand_the_coverage(tmp_path: Path) -> None:
    folder = lay_policy(tmp_path / "mine", FAILING)

    tested = invoke("policy", "test", folder, "--json")
    document = json.loads(tested.out)
    measured = json.loads(invoke("policy", "test", folder, "--json", "--coverage").out)

    assert 1 == tested.status
    assert "mine" == document["policy"]
    assert [True, True, False] == [test["passed"] for test in document["tests"]]
    assert "owner" == document["tests"][2]["table"]
    assert "coverage" not in document
    assert measured.pop("coverage")["complete"] is False
    assert document == measured


def test_nothing_that_a_test_says_acts_on_a_terminal(tmp_path: Path) -> None:
    hostile = (
        SOUND.replace("is gone", "\\u001b[31m\\u202e")
        + '[[test]]\nfacts = { owner = "dead", owner_pid = 1, phase_kind = "active" }\n'
        + 'decides = "owner-gone"\nthen = { reason = "\\u009b31m" }\n'
    )

    tested = invoke("policy", "test", lay_policy(tmp_path / "mine", hostile))

    assert 1 == tested.status
    assert tested.out.replace("\n", "").isprintable()


def test_suggested_tests_can_be_appended_and_complete_the_coverage(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    untested = '[[rule]]\nid = "owner-gone"\noverride = true\nthen = { stale = true }\n'
    folder = lay_policy(tmp_path / "mine", untested)

    suggested = invoke("policy", "test", folder, "--coverage", "--suggest").out
    head, _, tests = suggested.partition("\n# to append to mine/owner.toml\n")
    with (folder / "owner.toml").open("a") as file:
        file.write(tests)
    again = invoke("policy", "test", folder, "--suggest")

    assert "mine: it has no tests\n" in head
    assert tests.startswith("\n# rule 'owner-gone' answers\n[[test]]\nfacts = { ")
    assert again.out.startswith("1 of 1 rules fired, 1 of 1 conditions were seen from both sides\n")
    assert "[[test]]" not in again.out


def test_suggestions_of_a_policy_in_one_file_name_its_table(tmp_path: Path) -> None:
    file = tmp_path / "mine.toml"
    file.write_text(
        'policy = "mine"\nextends = "reference"\n'
        '[[tables.owner.rule]]\nid = "owner-gone"\noverride = true\nthen = { stale = true }\n'
    )
    document = json.loads(invoke("policy", "test", file, "--suggest", "--json").out)

    assert document["suggested"]
    assert all("[[tables.owner.test]]" in one["toml"] for one in document["suggested"])

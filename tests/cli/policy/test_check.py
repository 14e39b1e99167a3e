"""`policy check` tells everything that keeps a policy from loading, for people and for tools."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest

from launchfsm.policies import load_policy
from tests.cli.policy.policies import FAULTY, SOUND, lay_policy
from tests.cli.running import invoke, run

if TYPE_CHECKING:
    from pathlib import Path

TABLES = len(load_policy("reference").tables)


@pytest.mark.parametrize("name", ["reference", "default"])
def test_the_shipped_policies_are_sound(name: str) -> None:
    checked = invoke("policy", "check", name)

    assert (0, "") == (checked.status, checked.errors)
    assert checked.out.startswith(f"{name}: nothing is wrong ({TABLES} tables, ")


def test_a_sound_policy_is_said_to_extend_what_it_extends(tmp_path: Path) -> None:
    said = invoke("policy", "check", lay_policy(tmp_path / "mine")).out

    assert said.startswith(f"mine: nothing is wrong ({TABLES} tables, ")
    assert said.endswith(" rules, extending reference)\n")


def test_every_fault_is_told_with_place_line_and_caret(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    lay_policy(tmp_path / "mine", FAULTY)
    monkeypatch.chdir(tmp_path)

    checked = invoke("policy", "check", "./mine")

    assert (1, "") == (checked.status, checked.errors)
    *faults, summary = checked.out.split("\n\n")
    unknown, wrong, unused = sorted(faults)
    assert "./mine: 3 faults\n" == summary
    assert unknown.startswith("mine/owner.toml:5:9: ownr is no fact (did you mean 'owner'?)")
    assert [
        "    when = \"ownr == 'dead' and state_age is None\"",
        "            ^^^^",
    ] == unknown.splitlines()[1:]
    assert wrong.startswith("mine/owner.toml:6:")
    assert unused.startswith("mine/owner.toml:9:6: ")
    assert "did you mean 'owner-gone'?" in unused


def test_json_has_each_fault_with_its_place(tmp_path: Path) -> None:
    folder = lay_policy(tmp_path / "mine", FAULTY)

    checked = invoke("policy", "check", folder, "--json")
    document = json.loads(checked.out)

    assert 1 == checked.status
    assert str(folder) == document["policy"]
    assert {("unknown-fact", 5), ("wrong-type", 6), ("unused-override", 9)} == {
        (fault["code"], fault["location"]["line"]) for fault in document["faults"]
    }


def test_json_and_sarif_of_a_sound_policy_have_no_fault(tmp_path: Path) -> None:
    folder = lay_policy(tmp_path / "mine")

    as_json, as_sarif = (invoke("policy", "check", folder, form) for form in ("--json", "--sarif"))

    assert (0, 0) == (as_json.status, as_sarif.status)
    assert [] == json.loads(as_json.out)["faults"]
    assert [] == json.loads(as_sarif.out)["runs"][0]["results"]


def test_sarif_has_each_fault_where_the_host_shows_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    lay_policy(tmp_path / "mine", FAULTY)
    monkeypatch.chdir(tmp_path)

    checked = invoke("policy", "check", "./mine", "--sarif")
    places = [
        result["locations"][0]["physicalLocation"]
        for result in json.loads(checked.out)["runs"][0]["results"]
    ]

    assert 1 == checked.status
    assert {"mine/owner.toml"} == {place["artifactLocation"]["uri"] for place in places}
    assert [5, 6, 9] == sorted(place["region"]["startLine"] for place in places)


def test_a_fault_of_an_extended_policy_is_told_too(tmp_path: Path) -> None:
    lay_policy(tmp_path / "theirs", FAULTY)
    folder = lay_policy(tmp_path / "mine", SOUND, extends="../theirs")

    checked = invoke("policy", "check", folder)

    assert 1 == checked.status
    assert "theirs/owner.toml:5:9: " in checked.out


@pytest.mark.parametrize("command", ["check", "test", "verify", "show"])
def test_an_unknown_policy_is_told_which_there_are(command: str) -> None:
    ended = invoke("policy", command, "defualt")

    assert (3, "") == (ended.status, ended.out)
    assert "Error: no policy is named 'defualt' (did you mean 'default'?)" in ended.errors
    assert "known: default, reference" in ended.errors


@pytest.mark.parametrize("command", ["test", "verify"])
def test_a_faulty_policy_is_nothing_to_say_anything_else_of(command: str, tmp_path: Path) -> None:
    ended = invoke("policy", command, lay_policy(tmp_path / "mine", FAULTY))

    assert (3, "") == (ended.status, ended.out)
    assert "Error: 3 faults in the policy\n" in ended.errors
    assert "owner.toml:5:9: " in ended.errors


def test_two_forms_at_once_are_wrong_usage() -> None:
    ended = invoke("policy", "check", "reference", "--json", "--sarif")

    assert (64, "") == (ended.status, ended.out)
    assert "ask for one of them" in ended.errors


def test_nothing_that_a_rule_file_says_acts_on_a_terminal(tmp_path: Path) -> None:
    hostile = '[[rule]]\nid = "a\\u001b[31m\\u202e"\nwhen = "\x9b31m\u2028ownr"\nthen = {}\n'

    said = invoke("policy", "check", lay_policy(tmp_path / "mi\x1b[31mne", hostile)).out

    assert "owner.toml" in said
    assert said.replace("\n", "").isprintable()


def test_a_folder_that_may_not_be_read_ends_without_a_trace(tmp_path: Path) -> None:
    (tmp_path / "policy.toml").mkdir()

    ended = run("policy", "check", tmp_path)

    assert 1 == ended.status
    assert "policy.toml:1:1: " in ended.out
    assert "Traceback" not in ended.errors

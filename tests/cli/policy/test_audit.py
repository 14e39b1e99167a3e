"""`policy audit` ends with 1 when a property is refuted, and says what against it."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest

from launchfsm.properties import PROPERTIES
from tests.cli.policy.policies import FAULTY, lay_policy
from tests.cli.running import invoke
from tests.policy.authoring.test_sarif import checked
from tests.properties.flawed import HEALS, flawed

if TYPE_CHECKING:
    from pathlib import Path

FEW = ("--examples", "2")
SILENT = "verdict: team_state == 'partial_failure' -> severity == 'ok'"
DEAD = "owner: terminal_status is not None -> dead"


@pytest.fixture
def mine(tmp_path: Path) -> Path:
    flawed(tmp_path, HEALS)
    return tmp_path / "flawed.toml"


def test_a_property_that_holds_says_how_far_it_was_looked() -> None:
    audited = invoke("policy", "audit", "reference", "--property", "confirmed-stays", *FEW)

    assert (0, "") == (audited.status, audited.errors)
    assert "\n  proven over 2 situations: standing: " in audited.out
    assert "\n  not refuted in 2 launches: whole evaluations\n" in audited.out
    assert audited.out.endswith("\nreference: 1 property: 1 not refuted\n")


def test_a_property_that_is_refuted_is_shown_with_a_test_to_paste(mine: Path) -> None:
    audited = invoke("policy", "audit", mine, "--property", "time-never-heals")

    assert 1 == audited.status
    assert audited.out.startswith("REFUTED   time-never-heals: ")
    assert "\n    a bootstrap that was shown as failed is not any more 1 day" in audited.out
    assert "\n      launch = Launch(\n" in audited.out


def test_all_shipped_properties_are_asked_for_unless_some_are_named() -> None:
    two = ("--property", "total", "--property", "order-irrelevant")
    document = json.loads(invoke("policy", "audit", "reference", *two, *FEW, "--json").out)

    assert ["total", "order-irrelevant"] == [one["name"] for one in document["verdicts"]]


def test_a_property_can_be_written_in_the_command() -> None:
    named = ("--property", "order-irrelevant", *FEW)
    silent = invoke("policy", "audit", "reference", *named, "--never", SILENT)
    dead = invoke("policy", "audit", "reference", *named, "--never", DEAD)
    always = invoke(
        "policy",
        "audit",
        "reference",
        *named,
        "--always",
        "team_state: -> team_state == 'clean_success'",
    )

    assert 0 == silent.status
    assert "\nproven    never: verdict: when team_state == 'partial_failure', never " in silent.out
    assert 1 == dead.status == always.status
    assert "\nREFUTED   always: team_state: always team_state == 'clean_success'\n" in always.out


def test_json_has_the_verdicts_and_the_counterexamples() -> None:
    named = ("--property", "order-irrelevant", *FEW)
    audited = invoke("policy", "audit", "reference", *named, "--never", DEAD, "--json")
    document = json.loads(audited.out)
    order, dead = document["verdicts"]
    (part,) = dead["parts"]

    assert 1 == audited.status
    assert ("reference", False) == (document["policy"], document["holds"])
    assert ("not_refuted", True) == (order["status"], order["holds"])
    assert ("refuted", False) == (dead["status"], dead["holds"])
    assert "refuted" == part["status"]
    assert "dead" == part["counterexample"]["facts"][0]["owner"]


def test_without_hypothesis_it_ends_as_unusable(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("importlib.util.find_spec", lambda _: None)
    audited = invoke("policy", "audit", "reference", "--property", "order-irrelevant")

    assert 3 == audited.status
    assert "\n  not searched, hypothesis is missing; pip install hypothesis: " in audited.out


@pytest.mark.parametrize(
    ("args", "told"),
    [
        (("--property", "totale"), "there is no property 'totale' (did you mean 'total'?); there"),
        (("--never", "verdict"), "'verdict' is not 'TABLE: WHEN -> THEN'"),
        (("--never", "verdict: severity == 'ok'"), "the arrow may not"),
        (("--never", "verdikt: -> severity == 'ok'"), "(did you mean 'verdict'?)"),
        (("--always", "verdict: -> severity == 'okay'"), "'okay' is none of ok"),
        (("--examples", "0"), "0 is not in the range 1<=x<=1000000"),
    ],
)
def test_wrong_usage_is_told(args: tuple[str, ...], told: str) -> None:
    audited = invoke("policy", "audit", "reference", *args)

    assert (64, "") == (audited.status, audited.out)
    assert told in audited.errors


def test_the_policy_has_to_be_sound(tmp_path: Path) -> None:
    faulty = lay_policy(tmp_path / "mine", FAULTY)

    assert 3 == invoke("policy", "audit", faulty).status
    assert 3 == invoke("policy", "audit", "nobody").status


def test_the_docs_name_every_property() -> None:
    """They are also all that `--property` takes."""
    told = invoke("policy", "audit", "reference", "--property", "none").errors

    assert all(prop.name in told for prop in PROPERTIES)


def test_several_written_properties_are_told_apart() -> None:
    both = ("--never", SILENT, "--never", "owner: owner == 'alive' -> dead")
    audited = invoke("policy", "audit", "reference", "--property", "order-irrelevant", *FEW, *both)

    assert 0 == audited.status
    assert "\nproven    never: verdict: " in audited.out
    assert "\nproven    never-2: owner: " in audited.out


def test_a_property_about_nothing_is_no_success() -> None:
    nothing = "verdict: names > 0 and names < 0 -> severity == 'ok'"
    audited = invoke(
        "policy", "audit", "reference", "--property", "order-irrelevant", *FEW, "--never", nothing
    )

    assert 3 == audited.status
    assert "\n  asked of nothing, there are no situations that it is about: " in audited.out


def test_what_is_inherited_is_reported_on_demand(tmp_path: Path) -> None:
    path = tmp_path / "mine.toml"
    path.write_text('policy = "mine"\nextends = "reference"\n')
    asked = ("policy", "audit", path, "--property", "order-irrelevant", *FEW, "--never", DEAD)
    quiet, told = invoke(*asked), invoke(*asked, "--inherited")

    assert (0, 1) == (quiet.status, told.status)
    assert "\ninherited never: owner: " in quiet.out
    assert quiet.out.endswith("held against reference: 1 not refuted, 1 inherited\n")
    assert "\nREFUTED   never: owner: " in told.out


def test_sarif_has_each_refuted_claim_at_the_rule_that_answers() -> None:
    asked = ("--property", "order-irrelevant", *FEW, "--never", DEAD, "--sarif")
    audited = invoke("policy", "audit", "reference", *asked)
    (result,) = checked(json.loads(audited.out))["runs"][0]["results"]
    place = result["locations"][0]["physicalLocation"]

    assert 1 == audited.status
    assert "never" == result["ruleId"]
    assert place["artifactLocation"]["uri"].endswith("rules/reference/owner.toml")
    assert place["region"]["startLine"] > 1

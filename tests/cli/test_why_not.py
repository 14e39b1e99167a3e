"""`explain --why-not` names the rule that is meant, and what would have made it win."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from tests.cli.running import DEAD, NOW, NOW_MS, Run, invoke, lay, lay_hostile, member, state


@pytest.fixture
def root(tmp_path: Path) -> Path:
    members = [member("ada"), member("bob", "failed"), member("cy", "failed")]
    lay(tmp_path, "demo", state=state("spawning_members", *members, ownerPid=DEAD))
    return tmp_path


def ask(root: Path, *args: str) -> Run:
    return invoke("--root", root, "explain", "demo", "--now", NOW, "--policy", "reference", *args)


def test_a_rule_is_told_the_nearest_way_to_win(root: Path) -> None:
    said = ask(root, "--why-not", "owner-gone-stale").out.splitlines()

    assert [
        "  it asks for state_age >= stale_after ('3m')",
        "  it would win if",
        (
            "     state_age >= '3m' (state_age is \"0s\"), "
            "and not state_ahead >= '0s' (state_ahead is \"0s\")"
        ),
    ] == said[1:]
    assert said[0].startswith("owner: rule owner-gone-stale (")
    assert "does not win; owner-gone (" in said[0]


def test_what_it_is_told_comes_true(root: Path) -> None:
    lay(root, "older", state=state("spawning_members", ownerPid=DEAD, updatedAt=NOW_MS - 180_000))

    said = invoke("--root", root, "explain", "older", "--now", NOW, "--why-not", "owner-gone-stale")

    assert said.out.endswith(") wins\n")


def test_where_several_tables_have_a_rule_the_table_is_asked_for(root: Path) -> None:
    ended = ask(root, "--why-not", "confirmed")

    assert 3 == ended.status
    assert "more than one table has a rule 'confirmed': member.confirmed, " in ended.errors
    assert 0 == ask(root, "--why-not", "member.confirmed").status


def test_each_member_gets_an_answer_and_alike_decisions_one(root: Path) -> None:
    answers = json.loads(ask(root, "--why-not", "member.confirmed", "--json").out)

    assert [("ada", True), ("bob", False), ("cy", False)] == [
        (found["subject"], found["answer"]["wins"]) for found in answers
    ]
    assert "\nbob:\nmember: rule confirmed" in ask(root, "--why-not", "member.confirmed").out


def test_an_answer_can_be_confined_to_one_member(root: Path) -> None:
    said = ask(root, "--why-not", "member.confirmed", "--about", "bob").out

    assert said.startswith("bob:\nmember: rule confirmed")
    assert "ada" not in said
    assert "status == 'bootstrap_confirmed' (status is \"failed\")" in said


def test_a_member_of_one_of_two_snapshots_is_found_by_its_name() -> None:
    teams = Path(__file__).parents[2] / "examples" / "teams"

    asked = ("--why-not", "richness.provider", "--about", "reviewer", "--json")
    answers = json.loads(invoke("--root", teams, "explain", "two-snapshots", *asked).out)

    assert {"bootstrap snapshot, reviewer", "launcher snapshot, reviewer"} == {
        found["subject"] for found in answers
    }


def test_nobody_of_a_name_is_told_who_there_is(root: Path) -> None:
    ended = ask(root, "--why-not", "member.confirmed", "--about", "bop")

    assert 3 == ended.status
    assert "decided nothing about 'bop' (did you mean 'bob'?)" in ended.errors
    assert "it did about: ada, bob, cy" in ended.errors


@pytest.mark.parametrize(
    ("rule", "said"),
    [
        ("owner-gone-stail", "has no rule 'owner-gone-stail' (did you mean 'owner-gone-stale'?)"),
        ("owner.gone-stale", "table 'owner' has no rule 'gone-stale' (did you mean 'owner-gone"),
        ("ownr.owner-gone-stale", "(did you mean 'owner.owner-gone-stale'?)"),
        ("", "has no rule ''"),
    ],
)
def test_an_unknown_rule_is_told_the_nearest(root: Path, rule: str, said: str) -> None:
    ended = ask(root, "--why-not", rule)

    assert (3, "") == (ended.status, ended.out)
    assert said in ended.errors


def test_a_rule_whose_table_was_not_asked_is_told_so(root: Path) -> None:
    said = ask(root, "--why-not", "recovery.owner-gone")

    assert 0 == said.status
    assert (
        "recovery.owner-gone was not tried: its table decided nothing about this team\n"
    ) == said.out
    assert "[]\n" == ask(root, "--why-not", "recovery.owner-gone", "--json").out


@pytest.mark.parametrize("rule", ["owner-gone-stale", "member.confirmed", "members-pending"])
def test_hostile_texts_are_shown_escaped(tmp_path: Path, rule: str) -> None:
    lay_hostile(tmp_path)

    said = invoke("--root", tmp_path, "explain", "hostile", "--why-not", rule)

    assert 0 == said.status
    assert said.out.replace("\n", "").isprintable()


def test_a_number_that_no_clock_shows_is_a_fact_like_others(tmp_path: Path) -> None:
    lay(tmp_path, "demo", state='{"version": 1, "phase": "creating_team", "ownerPid": 1e400}')

    assert 0 == ask(tmp_path, "--why-not", "owner-there").status
    assert 0 == ask(tmp_path, "--why-not", "owner-gone-stale").status

"""`policy impact` ends with 1 when a recorded team would be judged otherwise, and says which."""

from __future__ import annotations

import json
from pathlib import Path

from tests.cli.running import invoke

TEAMS = Path(__file__).parents[3] / "examples" / "teams"
AT = ("--now", "2026-03-02T09:05:00Z", "--alive", "1")


def test_it_says_first_how_many_then_which() -> None:
    told = invoke("--root", TEAMS, "policy", "impact", "reference", *AT)

    assert 1 == told.status
    assert told.out.startswith("10 of 13 teams would be judged otherwise by 'reference' than by")
    assert "\n\nended-since: stopped -> ok\n" in told.out


def test_alike_ends_with_0() -> None:
    told = invoke("policy", "impact", "reference", "--against", "reference", "--root", TEAMS, *AT)

    assert 0 == told.status


def test_json_has_the_same() -> None:
    told = invoke("policy", "impact", "reference", "--root", TEAMS, *AT, "--json")
    document = json.loads(told.out)

    assert 1 == told.status
    assert (13, 10) == (document["teams"], document["changed"])
    assert 10 == len(document["told"])


def test_a_faulty_policy_and_a_missing_root_are_told(tmp_path: Path) -> None:
    assert 3 == invoke("policy", "impact", "nobodys", "--root", TEAMS).status
    assert 3 == invoke("policy", "impact", "reference", "--root", tmp_path / "none").status

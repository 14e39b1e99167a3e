"""What another policy would change is told with the rules that did it, and nothing else is."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from launchfsm import LaunchEvaluator, StatedProcesses, SystemProcesses
from launchfsm.properties import impact as impact_module
from launchfsm.properties.impact import policy_impact
from tests.cli.running import lay, member, state

if TYPE_CHECKING:
    from launchfsm.properties.impact import Impact

TEAMS = Path(__file__).parents[2] / "examples" / "teams"
FORGIVES = """
policy = "forgiving"
extends = "default"

[[tables.foremost.rule]]
id = "forgiven"
before = "members-failed-alike"
when = "members == 'failed'"
then = { severity = "warning", text = "somebody failed" }
"""
RENAMES = """
policy = "renaming"
extends = "default"

[[tables.member_word.rule]]
id = "seen"
before = "gone-since"
when = "launch_state == 'confirmed_alive'"
then = { word = "confirmed" }
"""


def evaluator(root: Path = TEAMS, policy: str = "default") -> LaunchEvaluator:
    return LaunchEvaluator(
        root,
        policy=policy,
        clock=lambda: datetime(2026, 3, 2, 9, 5, tzinfo=UTC),
        processes=StatedProcesses(alive={1}, others=SystemProcesses()),
    )


@pytest.fixture
def forgiving(tmp_path: Path) -> Path:
    path = tmp_path / "forgiving.toml"
    path.write_text(FORGIVES)
    return path


def test_the_same_policy_changes_nothing() -> None:
    found = policy_impact(evaluator(), "default")

    assert (13, 0, {}, ()) == (found.teams, found.changed, found.verdicts, found.told)
    assert "0 of 13 teams would be judged otherwise by 'default' than by 'default'" == found.text()


def test_each_team_is_told_with_the_rule_that_did_it(forgiving: Path) -> None:
    found = policy_impact(evaluator(), forgiving)
    first = found.told[0]
    (change,) = first.rules

    assert ["member-failed", "owner-gone"] == [one.team for one in found.told]
    assert {"failed -> warning": 2} == found.verdicts
    assert ("failed", "warning", "somebody failed") == (first.before, first.after, first.becomes)
    assert "foremost" == change.table
    assert ["members-failed-alike"] == [rule.id for rule in change.before]
    assert ["forgiven"] == [rule.id for rule in change.after]
    assert change.after[0].place.endswith("forgiving.toml:5:1")
    summary, _, rest = found.text().partition("\n\n")
    assert summary.startswith("2 of 13 teams would be judged otherwise by 'forgiving' than by ")
    assert "  because  foremost: forgiven (" in rest


def test_a_members_word_alone_is_an_impact(tmp_path: Path) -> None:
    path = tmp_path / "renaming.toml"
    path.write_text(RENAMES)

    found = {one.team: one for one in policy_impact(evaluator(), path).told}

    assert "planner: gone -> confirmed" in found["ended-since"].besides
    assert "member_word" in {change.table for change in found["ended-since"].rules}


def test_a_table_that_one_policy_leaves_silent_is_named() -> None:
    found = {one.team: one for one in policy_impact(evaluator(), "reference").told}

    assert "blocked" == found["waits-for-permission"].before
    assert "foremost" in {change.table for change in found["waits-for-permission"].rules}


def test_what_an_own_table_answers_otherwise_is_an_impact(tmp_path: Path) -> None:
    paging = TEAMS.parent / "policies" / "paging.toml"
    sleeps = (
        '[[tables.paging.rule]]\nid = "members-failed"\noverride = true\nthen = { page = false }'
    )
    path = tmp_path / "sleeps.toml"
    path.write_text(f'policy = "sleeps"\nextends = "{paging}"\n{sleeps}\n')

    first, *_ = policy_impact(evaluator(policy=str(paging)), path).told

    assert ("member-failed", ("paging answers otherwise",)) == (first.team, first.besides)
    assert "paging" == first.rules[0].table


def test_it_asks_of_the_teams_that_are_named(forgiving: Path) -> None:
    found = policy_impact(evaluator(), forgiving, ["starting", "owner-gone"])

    assert (2, 1) == (found.teams, found.changed)


def test_many_teams_are_counted_and_few_told(
    forgiving: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(impact_module, "MOST_TEAMS", 2)
    root = tmp_path / "teams"
    for number in range(5):
        lay(root, f"team-{number}", state=state("completed", member("a", "failed")))

    found: Impact = policy_impact(evaluator(root), forgiving)

    assert (5, 5, 2) == (found.teams, found.changed, len(found.told))
    assert found.text().endswith("\n\nand 3 more")

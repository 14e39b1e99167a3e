"""The sample teams show what their README says they show, on any machine and at any time."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import pytest

from launchfsm import Evaluation, LaunchEvaluator
from launchfsm.testing import FakeProcesses
from tests.cli.running import invoke

HERE = Path(__file__).parents[1]
TEAMS = HERE / "examples" / "teams"
README = (TEAMS / "README.md").read_text(encoding="utf-8")
AFTERWARDS = ("--now", "2026-03-02T09:05:00Z")

# Team, exit status of `check`, and the verdict's line.
VERDICTS = [
    ("finished", 0, "every member is confirmed"),
    ("member-failed", 2, "1 of 3 members failed"),
    (
        "never-confirmed",
        3,
        "it ended with members still pending, too long ago to say anything of now",
    ),
    ("not-launched", 3, "no launch is recorded"),
    ("one-skipped", 0, "1 of 2 members confirmed, 1 skipped"),
    (
        "owner-gone",
        2,
        "bootstrap owner pid 2147483646 is gone and persisted bootstrap state is stale",
    ),
    ("starting", 1, "Spawning teammate runtimes (4)"),
    ("state-unreadable", 1, "Spawning teammate runtimes (degraded recovery)"),
    ("torn-journal", 1, "Auditing registered teammates and bootstrap truth"),
    ("two-snapshots", 1, "2 of 5 members still pending"),
]


def evaluate(team: str) -> Evaluation:
    return LaunchEvaluator(TEAMS, processes=FakeProcesses(alive={1})).evaluate(team)


@pytest.mark.parametrize(("team", "status", "text"), VERDICTS)
def test_a_sample_has_its_verdict(team: str, status: int, text: str) -> None:
    ended = invoke("--root", TEAMS, "check", team)

    assert status == ended.status
    assert text == evaluate(team).verdict.text
    assert f" {team}  {text}" in ended.out.splitlines()[0]


def test_every_sample_is_pinned_and_told_of() -> None:
    teams = [folder.name for folder in sorted(TEAMS.iterdir()) if folder.is_dir()]

    assert [team for team, _, _ in VERDICTS] == teams
    assert teams == re.findall(r"^\| `([^`]+)` \|", README, re.MULTILINE)


def test_the_readme_shows_what_status_says(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(HERE)
    shown = README.partition("$ launchfsm --root examples/teams status\n")[2].partition("```")[0]

    assert stable(invoke("--root", "examples/teams", "status").out) == stable(shown)


def stable(lines: str) -> list[str]:
    """What a finding got is in the words of whichever parser said it."""
    return [line.partition(", got ")[0] for line in lines.splitlines()]


@pytest.mark.parametrize(
    "line", re.findall(r"^launchfsm (--root examples/teams [^;#\n]+)", README, re.MULTILINE)
)
def test_every_command_of_the_readme_has_something_to_say(
    line: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(HERE)

    ended = invoke(*line.split())

    assert ended.out
    assert "" == ended.errors


def test_they_are_judged_the_same_whoever_runs_here() -> None:
    pids = {
        found["ownerPid"]
        for found in (read(path) for path in TEAMS.glob("*/bootstrap-state.json"))
        if found is not None and found["phase"] not in ("completed", "failed", "canceled")
    }
    locks = {json.loads(path.read_text())["pid"] for path in TEAMS.glob("*/*/metadata.json")}

    # Pid 1 is there on every machine; the other is above what any kernel gives out.
    assert {1, 2**31 - 2} == pids == locks


def read(path: Path) -> Any:
    try:
        return json.loads(path.read_text())
    except ValueError:
        return None


def test_only_what_is_meant_to_be_damaged_is() -> None:
    found = {team: evaluate(team).findings for team, _, _ in VERDICTS}
    damaged = {team: findings for team, findings in found.items() if findings}

    assert {"state-unreadable", "torn-journal"} == set(damaged)
    assert ["bootstrap-state.json: $"] == places(damaged["state-unreadable"])
    assert ["bootstrap-journal.jsonl: line 11: $"] == places(damaged["torn-journal"])


def places(findings: Any) -> list[str]:
    return [f"{finding.file}: {finding.path}" for finding in findings]


def test_the_same_launch_was_still_pending_soon_after() -> None:
    ended = invoke("--root", TEAMS, "check", "never-confirmed", *AFTERWARDS)

    assert 1 == ended.status
    assert "builder  runtime_pending_bootstrap" in ended.out


def test_of_the_two_snapshots_the_richer_is_believed() -> None:
    evaluation = evaluate("two-snapshots")
    snapshot = evaluation.preferred_snapshot

    assert evaluation.launcher_snapshot is snapshot
    assert snapshot is not None
    assert ("launcher-richer",) == evaluation.explain().of("selection").won
    assert {"primary", "secondary"} == {each.lane_kind for each in snapshot.members.values()}
    assert ("per_8f21", "per_8f22") == snapshot.members["scout"].pending_permission_request_ids
    assert snapshot.members["tester"].bootstrap_stalled is True


def test_the_two_snapshots_disagree_about_a_member_that_confirmed_late() -> None:
    shown = invoke("--root", TEAMS, "diff", "two-snapshots").out
    reviewer = shown.partition("@@ member reviewer @@\n")[2].partition("@@")[0].splitlines()

    assert [
        '-launchState: "runtime_pending_bootstrap"',
        '+launchState: "confirmed_alive"',
    ] == reviewer[:2]

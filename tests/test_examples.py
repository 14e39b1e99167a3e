"""The sample teams show what their page says, on any machine and at any time."""

from __future__ import annotations

import json
import re
from datetime import UTC, datetime
from typing import Any

import pytest

from launchfsm import Evaluation, LaunchEvaluator
from launchfsm.testing import FakeProcesses
from tests.cli.running import DEAD, invoke
from tests.readme import SAMPLES, blocks, commands, comparable, run

TEAMS = SAMPLES.parent
PAGE = SAMPLES.read_text(encoding="utf-8")
THEN = ("--now", "2026-03-02T09:05:00Z", "--alive", "1")

# Team, exit status of `check`, severity, and the verdict's line.
VERDICTS = [
    ("ended-since", 1, "stopped", "every member that was confirmed has ended since"),
    ("finished", 0, "ok", "every member is confirmed"),
    (
        "member-failed",
        2,
        "failed",
        "1 of 3 members failed: tmux pane exited with status 127: claude: command not found",
    ),
    ("never-confirmed", 1, "pending", "1 of 2 members still pending"),
    ("not-launched", 3, "unknown", "no launch is recorded"),
    ("one-skipped", 0, "ok", "1 of 2 members confirmed, 1 skipped"),
    (
        "owner-gone",
        2,
        "failed",
        f"bootstrap owner pid {DEAD} is gone and persisted bootstrap state is stale",
    ),
    ("starting", 1, "pending", "Spawning teammate runtimes (4)"),
    ("state-unreadable", 1, "warning", "Spawning teammate runtimes (degraded recovery)"),
    ("stopped", 1, "stopped", "stopped at 2026-03-02T09:03:20.000Z"),
    ("torn-journal", 1, "pending", "Auditing registered teammates and bootstrap truth"),
    ("two-snapshots", 1, "blocked", "scout waits for permission per_8f21, per_8f22"),
    ("waits-for-permission", 1, "blocked", "scout waits for permission per_5c07"),
]


def evaluate(team: str) -> Evaluation:
    then = datetime(2026, 3, 2, 9, 5, tzinfo=UTC)
    processes = FakeProcesses(alive={1})
    return LaunchEvaluator(TEAMS, clock=lambda: then, processes=processes).evaluate(team)


@pytest.mark.parametrize(("team", "status", "severity", "text"), VERDICTS)
def test_a_sample_has_its_verdict(team: str, status: int, severity: str, text: str) -> None:
    ended = invoke("--root", TEAMS, "check", team, *THEN)
    verdict = evaluate(team).verdict

    assert severity == verdict.severity
    assert verdict.text.startswith(text)
    assert status == ended.status
    assert ended.out.startswith(f"{severity:<8} {team}  {text}")


def test_every_sample_is_pinned_and_told_of() -> None:
    teams = [folder.name for folder in sorted(TEAMS.iterdir()) if folder.is_dir()]

    assert [team for team, *_ in VERDICTS] == teams
    assert teams == re.findall(r"^\| `([^`]+)` \|", PAGE, re.MULTILINE)


def test_the_page_shows_what_its_commands_print() -> None:
    """If not: `python tests/readme.py update`."""
    consoles = [block for block in blocks(SAMPLES) if block.language == "console"]
    assert consoles
    for block in consoles:
        for command in commands(block):
            assert comparable(command.shown) == comparable(run(command.line)), command.line


def test_they_are_judged_the_same_whoever_runs_here() -> None:
    """Pid 1 is there on every machine; the other is above what any kernel gives out."""
    pids = {
        int(pid)
        for path in TEAMS.rglob("*.json*")
        for pid in re.findall(r'"(?:pid|ownerPid|runtimePid)": (\d+)', path.read_text())
    }

    assert {1, DEAD} == pids


def test_only_what_is_meant_to_be_damaged_is() -> None:
    found = {team: evaluate(team).findings for team, *_ in VERDICTS}
    damaged = {team: findings for team, findings in found.items() if findings}

    assert {"state-unreadable", "torn-journal"} == set(damaged)
    assert ["bootstrap-state.json: $"] == places(damaged["state-unreadable"])
    assert ["bootstrap-journal.jsonl: line 11: $"] == places(damaged["torn-journal"])


def places(findings: Any) -> list[str]:
    return [f"{finding.file}: {finding.path}" for finding in findings]


def test_of_the_two_snapshots_the_richer_is_believed() -> None:
    evaluation = evaluate("two-snapshots")
    snapshot = evaluation.preferred_snapshot

    assert "launcher" == evaluation.preferred_source
    assert snapshot is not None
    assert {"primary", "secondary"} == {each.lane_kind for each in snapshot.members.values()}
    assert ("per_8f21", "per_8f22") == snapshot.members["scout"].pending_permission_request_ids
    assert snapshot.members["tester"].bootstrap_stalled is True


def test_the_two_snapshots_disagree_about_a_member_that_confirmed_late() -> None:
    shown = invoke("--root", TEAMS, "diff", "two-snapshots", *THEN).out
    reviewer = shown.partition("@@ member reviewer @@\n")[2].partition("@@")[0].splitlines()

    assert [
        '-launchState: "runtime_pending_bootstrap"',
        '+launchState: "confirmed_alive"',
    ] == reviewer[:2]


def test_the_stopped_team_had_finished_before() -> None:
    state = json.loads((TEAMS / "stopped" / "bootstrap-state.json").read_text())

    assert "completed" == state["phase"]
    assert "before it was stopped: 3 of 3 confirmed" in evaluate("stopped").verdict.also

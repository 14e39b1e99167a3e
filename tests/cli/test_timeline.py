"""`timeline` and `runs`: the runs of a journal, for people and for programs."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest

from tests.audit.teams import finished, journal
from tests.cli.running import invoke, lay, lay_hostile

if TYPE_CHECKING:
    from pathlib import Path


@pytest.fixture
def root(tmp_path: Path) -> Path:
    runs = journal(finished("one")) + journal(finished("two")[:8])
    lay(tmp_path, "demo", journal=runs.decode())
    return tmp_path


def test_a_run_is_a_line_its_phases_and_its_members(root: Path) -> None:
    shown = invoke("--root", root, "timeline", "demo").out

    assert "completed        one  2026-03-02T09:00:00.000Z  took 13s  2/2 confirmed" in shown
    assert "open             two" in shown
    assert 4 == shown.count("  member  ")


def test_one_run_can_be_asked_for(root: Path) -> None:
    assert "two" not in invoke("--root", root, "timeline", "demo", "--run", "one").out
    missing = invoke("--root", root, "timeline", "demo", "--run", "tow")
    assert (3, True) == (missing.status, "did you mean 'two'" in missing.errors)


def test_runs_are_listed_a_line_each(root: Path) -> None:
    lines = invoke("runs", "demo", "--root", root).out.splitlines()

    assert [["completed", "one"], ["open", "two"]] == [line.split()[:2] for line in lines]


@pytest.mark.parametrize("command", ["timeline", "runs"])
def test_as_json_it_has_all_times(root: Path, command: str) -> None:
    document = json.loads(invoke("--root", root, command, "demo", "--json").out)

    assert ["completed", None] == [run.get("status") for run in document["runs"]]
    (attempt,) = document["runs"][0]["members"]["ada"]["attempts"]
    assert ("confirmed", 3000) == (
        attempt["outcome"],
        attempt["endedAt"] - attempt["spawnedAt"],
    )
    assert 13_000 == document["runs"][0]["durationMs"]


@pytest.mark.parametrize("command", ["timeline", "runs"])
def test_what_cannot_be_shown_is_said(root: Path, command: str) -> None:
    lay(root, "empty", journal="\n")
    lay(root, "torn", journal='{"ts": 1, "ty')
    lay(root, "bare", state={})
    said = {team: invoke("--root", root, command, team) for team in ("empty", "torn", "bare")}

    assert {0} == {run.status for run in said.values()}
    assert "has no records" in said["empty"].errors
    assert "1 lines of bootstrap-journal.jsonl could not be read" in said["torn"].errors
    assert "there is no such file" in said["bare"].errors
    assert 3 == invoke("--root", root, command, "nobody").status


def test_hostile_texts_are_shown_as_text(root: Path) -> None:
    lay_hostile(root)
    for command in ("timeline", "runs"):
        shown = invoke("--root", root, command, "hostile")
        assert all(char == "\n" or char.isprintable() for char in shown.out + shown.errors)
        assert 2000 > max(map(len, shown.out.splitlines()), default=0)

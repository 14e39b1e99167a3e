"""The demo, run as its first line says: what it shows, and that no process outlives it."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import psutil
import pytest

from launchfsm import LaunchEvaluator

if TYPE_CHECKING:
    from collections.abc import Callable

EXAMPLE = Path(__file__).parents[2] / "examples" / "demo.py"


def start(*arguments: str) -> subprocess.Popen[str]:
    """Start the demo as the leader of a process group of its own."""
    return subprocess.Popen(
        [sys.executable, str(EXAMPLE), *arguments],
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        text=True,
        start_new_session=True,
    )


def left_behind(group: int) -> list[str]:
    """The processes of a group that still run."""
    found = []
    for process in psutil.process_iter():
        try:
            if os.getpgid(process.pid) == group and process.status() != psutil.STATUS_ZOMBIE:
                found.append(" ".join(process.cmdline()))
        except (psutil.Error, ProcessLookupError):
            continue
    return found


def test_three_launches_are_shown_and_explained_and_no_process_is_left(tmp_path: Path) -> None:
    with start(str(tmp_path)) as demo:
        shown, _ = demo.communicate(timeout=60)

    assert demo.returncode == 0
    assert left_behind(demo.pid) == []
    teams = dict(part.split(":\n", 1) for part in split(shown))
    assert set(teams) == {"all-well", "one-fails", "owner-killed"}
    assert "   ended as completed                 ok " in teams["all-well"]
    assert "because team_state: all-confirmed" in teams["all-well"]
    assert "failed_to_start  ended with status 3, saying: no model" in teams["one-fails"]
    before, after = teams["owner-killed"].split("SIGKILL to the launcher")
    assert all(" pending " in line for line in before.splitlines()[:-1])
    assert after.split()[0] == "failed"
    assert "but the lifecycle of researcher refuses lose_owner in confirmed_alive" in after
    evaluator = LaunchEvaluator(tmp_path)
    assert {team: evaluator.evaluate(team).verdict.severity for team in teams} == {
        "all-well": "stopped",  # as everybody who was confirmed has ended since
        "one-fails": "failed",
        "owner-killed": "failed",
    }


def split(shown: str) -> list[str]:
    parts: list[str] = []
    for line in shown.splitlines(keepends=True):
        if line.startswith(" "):
            parts[-1] += line
        else:
            parts.append(line)
    return parts


@pytest.mark.parametrize(
    ("at", "interrupt"),
    [("took the lock", os.killpg), ("researcher: spawned", os.kill)],
    ids=["at the beginning, all processes", "with members, the demo alone"],
)
def test_an_interrupted_demo_leaves_no_process(
    at: str, interrupt: Callable[[int, int], None], tmp_path: Path
) -> None:
    with start(str(tmp_path)) as demo:
        assert demo.stdout is not None
        for line in demo.stdout:
            if at in line:
                break
        interrupt(demo.pid, signal.SIGINT)
        demo.communicate(timeout=60)

    assert demo.returncode == 130
    assert left_behind(demo.pid) == []

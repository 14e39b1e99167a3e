"""The example of a launcher, run as its first line says."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

from launchfsm import LaunchEvaluator

EXAMPLE = Path(__file__).parents[2] / "examples" / "launcher.py"


def launch(*arguments: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, str(EXAMPLE), *arguments]
    return subprocess.run(command, capture_output=True, text=True, check=False)


def test_the_example_launches_a_team_of_which_one_member_fails(tmp_path: Path) -> None:
    done = launch(str(tmp_path), "demo")

    assert done.stderr == ""
    assert done.stdout == (
        "researcher: bootstrap_confirmed \n"
        "writer: failed exited with status 3 before it confirmed: no model\n"
        "partial_success\n"
    )
    snapshot = LaunchEvaluator(tmp_path).evaluate("demo").bootstrap_snapshot
    assert snapshot is not None
    assert snapshot.launch_phase == "finished"
    assert snapshot.summary.confirmed_count == 1
    assert snapshot.summary.failed_count == 1


def test_the_example_says_why_it_launched_nothing(tmp_path: Path) -> None:
    done = launch(str(tmp_path / "nowhere"), "demo")

    assert done.returncode == 1
    assert done.stderr.startswith("not launched: ")
    assert "The folder is not there" in done.stderr

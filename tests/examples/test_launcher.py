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


def test_it_launches_members_that_check_in_fail_and_time_out(tmp_path: Path) -> None:
    done = launch(str(tmp_path), "demo")

    assert done.stderr == ""
    told = done.stdout.splitlines()
    assert {
        "researcher: bootstrap_confirmed",
        "writer: ended with status 3, saying: no model",
        "reviewer: did not confirm within 2 seconds",
    } < set(told)
    assert told[-1] == "ended as partial_success"
    evaluation = LaunchEvaluator(tmp_path).evaluate("demo")
    assert not evaluation.findings
    assert evaluation.bootstrap_snapshot is not None
    assert evaluation.bootstrap_snapshot.launch_phase == "finished"
    assert evaluation.bootstrap_snapshot.summary.confirmed_count == 1
    assert evaluation.bootstrap_snapshot.summary.failed_count == 2


def test_it_says_why_it_launched_nothing(tmp_path: Path) -> None:
    done = launch(str(tmp_path / "nowhere"), "demo")

    assert done.returncode == 1
    nowhere = tmp_path / "nowhere"
    assert done.stderr == (
        f"not launched: there is no teams root {nowhere}: create it, or pass another one.\n"
    )


def test_it_stays_short_enough_to_be_read() -> None:
    assert len(EXAMPLE.read_text(encoding="utf-8").splitlines()) < 100

"""Contention: of any number of processes that race for a lock exactly one gets it."""

from __future__ import annotations

import json
import subprocess
import sys
from typing import Any


def contention(processes: int, rounds: int) -> dict[str, Any]:
    """In a process of its own: it forks, which a process with threads must not."""
    command = [sys.executable, "-m", "tests.launcher.contention"]
    options = ["--processes", str(processes), "--rounds", str(rounds)]
    done = subprocess.run([*command, *options], capture_output=True, text=True, check=False)
    assert (done.returncode, done.stderr) == (0, "")
    figures = json.loads(done.stdout)
    assert isinstance(figures, dict)
    return figures


def test_of_fifty_processes_one_gets_the_lock_whatever_became_of_its_last_holder() -> None:
    figures = contention(processes=50, rounds=10)

    assert figures["winners"] == 10


def test_two_processes_are_enough_to_race() -> None:
    assert contention(processes=2, rounds=20)["winners"] == 20

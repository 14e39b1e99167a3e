"""Writers that are killed at random instants: whatever one leaves is what its log says."""

from __future__ import annotations

import subprocess
import sys

import pytest

pytestmark = pytest.mark.slow

KILL = """
import sys

from tests.crash.kills import Campaign
figures = Campaign(int(sys.argv[1])).kill(int(sys.argv[2]))
print(figures["kills"], figures["next runs"] >= figures["kills"], figures["within a step"] > 0)
"""


def test_whatever_a_killed_writer_leaves_is_classified_as_its_log_says_and_taken_over() -> None:
    """In a process of its own: it forks, which a process with threads must not."""
    command = [sys.executable, "-c", KILL, "2026", "20"]
    done = subprocess.run(command, capture_output=True, text=True, check=False)

    assert (done.returncode, done.stdout, done.stderr) == (0, "20 True True\n", "")

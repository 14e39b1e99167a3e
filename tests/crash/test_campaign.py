"""The campaign: what its workers return comes together, and its command is there."""

from __future__ import annotations

import re
import subprocess
import sys

import pytest

from tests.crash.campaign import main

pytestmark = pytest.mark.slow

# Without replays and errors, which take minutes.
CODE = """
import sys
import tests.crash.campaign as campaign
campaign.scenarios = campaign.ordeals = lambda: []
sys.exit(campaign.main())
"""


def test_workers_share_the_kills_and_the_figures_are_those_of_all() -> None:
    options = ["--kills", "4", "--workers", "2", "--processes", "3", "--rounds", "3"]
    command = [sys.executable, "-c", CODE, *options]
    done = subprocess.run(command, capture_output=True, text=True, check=False)

    assert (done.returncode, done.stderr) == (0, "")
    lines = done.stdout.splitlines()
    assert [line.split()[0] for line in lines] == [
        "kill", "replay", "errors", "contention", "misclassifications:",
    ]  # fmt: skip
    assert re.search(r"\b4 kills\b", lines[0])
    assert "3 processes, 3 rounds, 3 winners" in lines[3]


def test_the_command_is_told_what_to_do(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(sys, "argv", ["crash", "--help"])

    with pytest.raises(SystemExit) as ended:
        main()

    assert ended.value.code == 0
    assert "--kills" in capsys.readouterr().out

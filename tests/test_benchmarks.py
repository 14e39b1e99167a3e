"""The benchmarks run; what they measure on a busy machine is nobody's claim here."""

from __future__ import annotations

import importlib
import re
import subprocess
import sys

import pytest

from tests.readme import ROOT

FOLDER = ROOT / "benchmarks"


@pytest.mark.slow
def test_a_fleet_is_measured_by_one_command() -> None:
    command = [sys.executable, str(FOLDER / "fleet.py"), "--teams", "6", "--executors", "processes"]

    out = subprocess.run(command, capture_output=True, text=True, check=True, timeout=300).stdout

    assert "6 teams, 2 workers" in out
    for kind in ("loop", "loop, rows kept", "processes", "status --jsonl"):
        assert re.search(rf"^  {kind} +[\d,]+ +[\d.]+ +[\d.]+ +[\d.]+ +[\d.]+$", out, re.MULTILINE)
    assert "recheck_at: " in out
    unchanged = re.search(r"of unchanged teams ([\d.]+) µs each", out)
    assert unchanged is not None
    assert float(unchanged[1]) > 0


def test_the_largest_fleet_is_compared_with_the_smallest(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.syspath_prepend(FOLDER)
    small, large = {"loop": {"seconds": 1, "peak": 0}}, {"loop": {"seconds": 3, "peak": 900}}

    importlib.import_module("fleet").show_growth([100, 200, 1000], [small, small, large])

    out = capsys.readouterr().out
    assert "loop              0.30 times as long a team,       1 bytes a team more" in out

"""The hooks for pre-commit run commands that there are, and end as a hook has to."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from tests.cli.policy.policies import FAULTY, SOUND, lay_policy
from tests.cli.running import invoke

HOOKS = Path(__file__).parents[3] / ".pre-commit-hooks.yaml"
ENTRIES = re.findall(r"^  entry: launchfsm (.+)$", HOOKS.read_text(), re.MULTILINE)


def test_there_is_a_hook_for_check_and_for_test() -> None:
    assert ["policy check", "policy test"] == ENTRIES
    assert 2 == HOOKS.read_text().count("  pass_filenames: false\n")


@pytest.mark.parametrize("entry", ENTRIES)
def test_a_hook_passes_a_sound_policy_and_stops_a_faulty_one(entry: str, tmp_path: Path) -> None:
    sound = invoke(*entry.split(), lay_policy(tmp_path / "sound"))
    faulty = invoke(*entry.split(), lay_policy(tmp_path / "faulty", FAULTY))
    failing = SOUND.replace("fires = true", "fires = false")
    failed = invoke(*entry.split(), lay_policy(tmp_path / "failing", failing))

    assert 0 == sound.status
    assert 0 != faulty.status
    assert (0 if "check" in entry else 1) == failed.status

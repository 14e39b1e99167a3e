"""The plugin costs a suite nothing until its fixture is used, and then audits a policy."""

from __future__ import annotations

import os
import subprocess
import sys
from importlib import metadata
from typing import TYPE_CHECKING

import pytest

from tests.properties.flawed import HEALS

if TYPE_CHECKING:
    from pathlib import Path

    from launchfsm.properties.pytest_plugin import AuditLaunchPolicy

SUITE = """
import pathlib, sys

HEAVY = {"attrs", "attr", "cattrs", "hypothesis"}
HEAVY |= {"launchfsm.evaluation.evaluator", "launchfsm.policy"}

def test_the_plugin_was_light():
    assert "launchfsm.properties.pytest_plugin" in sys.modules
    assert not HEAVY & set(sys.modules)

def test_our_policy(audit_launch_policy):
    from launchfsm.properties import TIME_NEVER_HEALS

    ours = pathlib.Path(__file__).parent / "ours.toml"
    assert audit_launch_policy(ours, properties=[TIME_NEVER_HEALS], examples=2)

def test_a_flawed_one(audit_launch_policy):
    from launchfsm.properties import TIME_NEVER_HEALS

    audit_launch_policy("./flawed.toml", properties=[TIME_NEVER_HEALS])
"""


def test_in_a_suite_of_its_own_a_sound_policy_passes_and_a_flawed_one_fails(
    tmp_path: Path,
) -> None:
    """A small project that has nothing of ours but the plugin, with all warnings as errors."""
    head = 'policy = "ours"\nextends = "default"\n'
    (tmp_path / "ours.toml").write_text(head)
    (tmp_path / "flawed.toml").write_text(f"{head}{HEALS}")
    (tmp_path / "test_ours.py").write_text(SUITE)
    (tmp_path / "pyproject.toml").write_text(
        '[tool.pytest.ini_options]\nfilterwarnings = ["error"]\n'
    )
    done = subprocess.run(
        # Hypothesis's own plugin is left out: whether it imports hypothesis is its own affair.
        [sys.executable, "-m", "pytest", "-p", "no:cacheprovider", "-p", "no:hypothesispytest"],
        cwd=tmp_path,
        env={key: value for key, value in os.environ.items() if "PYTEST" not in key},
        capture_output=True,
        text=True,
        check=False,
    )

    assert 1 == done.returncode
    assert "1 failed, 2 passed" in done.stdout, done.stdout
    assert "REFUTED   time-never-heals: " in done.stdout
    assert "launch = Launch(" in done.stdout
    assert "Traceback" not in done.stdout
    assert "warning" not in done.stdout


def test_importing_the_plugin_imports_pytest_and_nothing_of_ours_that_is_heavy() -> None:
    script = """
import sys, pytest
before = set(sys.modules)
import launchfsm.properties.pytest_plugin
print(*sorted({name for name in set(sys.modules) - before if "." not in name or "fsm" in name}))
"""
    done = subprocess.run(
        [sys.executable, "-c", script], capture_output=True, text=True, check=True
    )

    assert ["launchfsm", "launchfsm.properties", "launchfsm.properties.pytest_plugin"] == (
        done.stdout.split()
    )


def test_it_is_found_through_its_entry_point() -> None:
    (plugin,) = metadata.entry_points(group="pytest11", name="launchfsm")

    assert "launchfsm.properties.pytest_plugin" == plugin.value


def test_the_fixture_returns_the_audit(audit_launch_policy: AuditLaunchPolicy) -> None:
    from launchfsm.properties import Property  # noqa: PLC0415 - not before it is needed

    failed, fine = "team_state == 'partial_failure'", "severity == 'ok'"
    prop = Property.never("it", table="verdict", when=failed, then=fine)
    found = audit_launch_policy("default", properties=[prop])

    assert "default: 1 property: 1 proven" == found.summary()


def test_the_fixture_fails_the_test(audit_launch_policy: AuditLaunchPolicy) -> None:
    from launchfsm.properties import Property  # noqa: PLC0415 - not before it is needed

    never = Property.never("never-dead", table="owner", then="dead")
    with pytest.raises(pytest.fail.Exception, match="REFUTED   never-dead"):
        audit_launch_policy("reference", properties=[never])

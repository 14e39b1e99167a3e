"""The plugin costs a suite nothing until its fixture is used, and then audits a policy."""

from __future__ import annotations

import os
import subprocess
import sys
from importlib import metadata
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path
    from typing import Any

PLUGIN = "launchfsm.properties.pytest_plugin"
SUITE = """
import pathlib, sys

OURS = {"launchfsm", "launchfsm.properties", "launchfsm.properties.pytest_plugin"}

def test_the_plugin_was_light():
    assert OURS == {name for name in sys.modules if name.partition(".")[0] == "launchfsm"}
    assert not {"attrs", "attr", "cattrs", "hypothesis"} & set(sys.modules)

def test_our_policy(audit_launch_policy):
    from launchfsm.properties import Property

    failed = "team_state == 'partial_failure'"
    never = Property.never("honest", table="verdict", when=failed, then="severity == 'ok'")
    assert audit_launch_policy(pathlib.Path(__file__).parent / "ours.toml", properties=[never])

def test_a_flawed_one(audit_launch_policy):
    from launchfsm.properties import Property

    never = Property.never("never-dead", table="owner", then="dead")
    audit_launch_policy("./ours.toml", properties=[never], inherited=True)
"""


def test_in_a_suite_of_its_own_a_sound_policy_passes_and_a_flawed_one_fails(
    tmp_path: Path,
) -> None:
    """A small project that has nothing of ours but the plugin, with all warnings as errors."""
    head = 'policy = "ours"\nextends = "default"\n'
    (tmp_path / "ours.toml").write_text(head)
    (tmp_path / "test_ours.py").write_text(SUITE)
    (tmp_path / "pyproject.toml").write_text(
        '[tool.pytest.ini_options]\nfilterwarnings = ["error"]\n'
    )
    done = subprocess.run(
        # Without the plugins of others: what those import is their own affair.
        [sys.executable, "-m", "pytest", "-p", "no:cacheprovider", "-p", PLUGIN],
        cwd=tmp_path,
        env={key: value for key, value in os.environ.items() if "PYTEST" not in key}
        | {"PYTEST_DISABLE_PLUGIN_AUTOLOAD": "1"},
        capture_output=True,
        text=True,
        check=False,
    )

    assert 1 == done.returncode
    assert "1 failed, 2 passed" in done.stdout, done.stdout
    assert "REFUTED   never-dead: " in done.stdout
    assert "to paste:" in done.stdout
    assert "Traceback" not in done.stdout
    assert "warning" not in done.stdout


def test_it_is_found_through_its_entry_point() -> None:
    (plugin,) = metadata.entry_points(group="pytest11", name="launchfsm")

    assert plugin.value == PLUGIN


def test_the_fixture_returns_the_audit(audit_launch_policy: Callable[..., Any]) -> None:
    from launchfsm.properties import Property  # noqa: PLC0415 - not before it is needed

    failed, fine = "team_state == 'partial_failure'", "severity == 'ok'"
    prop = Property.never("it", table="verdict", when=failed, then=fine)
    found = audit_launch_policy("default", properties=[prop])

    assert "default: 1 property, held against reference: 1 proven" == found.summary()


def test_the_fixture_fails_the_test(audit_launch_policy: Callable[..., Any]) -> None:
    from launchfsm.properties import Property  # noqa: PLC0415 - not before it is needed

    never = Property.never("never-dead", table="owner", then="dead")
    with pytest.raises(pytest.fail.Exception, match="REFUTED   never-dead"):
        audit_launch_policy("reference", properties=[never])


# -- Inline tests ----------------------------------------------------------------------------------

pytest_plugins = "pytester"

INI = """
[tool.pytest.ini_options]
testpaths = ["tests"]
filterwarnings = ["error"]
launchfsm_policies = ["policies/ours", "one.toml"]
"""
OWNER = """
table = "owner"

[[rule]]
id = "never-updated"
before = "owner-gone-stale"
when = "owner == 'dead' and state_age is None"
then = { dead = true, stale = true }

[[rule.test]]
facts = { phase_kind = "active", owner = "dead", owner_pid = 42 }
fires = true

[[test]]
facts = { phase_kind = "active", owner = "dead", owner_pid = 42, state_age = "3m" }
decides = "never-updated"
"""
ONE = """
policy = "one"
extends = "reference"

[[tables.owner.test]]
facts = {}
decides = "bootstrap-ended"
"""


@pytest.fixture
def project(pytester: pytest.Pytester) -> pytest.Pytester:
    """A project with a suite of its own, a policy in a folder, and one in a file."""
    pytester.makepyprojecttoml(INI)
    for name, text in {
        "tests/test_theirs.py": "def test_theirs(): pass\n",
        "policies/ours/policy.toml": 'policy = "ours"\nextends = "reference"\n',
        "policies/ours/owner.toml": OWNER,
        "policies/ours/.hidden.toml": "no TOML",
        "policies/other.toml": "no TOML",
        "one.toml": ONE,
    }.items():
        path = pytester.path / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
    return pytester


def test_each_inline_test_is_an_item_and_fails_as_policy_test_prints_it(
    project: pytest.Pytester,
) -> None:
    done = project.runpytest_inprocess("-p", "no:cacheprovider", "-v")

    done.assert_outcomes(passed=3, failed=1)
    done.stdout.fnmatch_lines(
        [
            "tests/test_theirs.py::test_theirs PASSED*",
            "policies/ours/owner.toml::owner[[]never-updated:10[]] PASSED*",
            "policies/ours/owner.toml::owner[[]14[]] FAILED*",
            "one.toml::owner[[]5[]] PASSED*",
            "policies/ours/owner.toml:14:1: a test of table 'owner' failed",
            "  rule 'never-updated' should decide; 'owner-gone-stale' did",
            "  given: phase_kind = 'active', *",
            "    x owner-gone-stale (*",
        ]
    )
    assert "Traceback" not in done.stdout.str()


@pytest.mark.parametrize(
    ("args", "passed", "failed"),
    [
        (("tests",), 1, 0),
        (("policies/ours",), 1, 1),
        (("policies/ours/owner.toml::owner[14]",), 0, 1),
        ((".",), 3, 1),
        (("-k", "never-updated"), 1, 0),
    ],
    ids=lambda value: " ".join(value) if isinstance(value, tuple) else str(value),
)
def test_they_are_chosen_as_any_item_is(
    project: pytest.Pytester, args: tuple[str, ...], passed: int, failed: int
) -> None:
    outcomes = project.runpytest_inprocess(*args).parseoutcomes()

    assert (passed, failed) == (outcomes.get("passed", 0), outcomes.get("failed", 0))


def test_a_policy_that_does_not_load_is_told_with_its_faults(project: pytest.Pytester) -> None:
    (project.path / "one.toml").write_text(ONE.replace("facts", "fcats"))

    done = project.runpytest_inprocess("one.toml")

    done.assert_outcomes(errors=1)
    done.stdout.fnmatch_lines(["*one.toml:*'fcats' is no key here (did you mean 'facts'?)*"])


def test_a_policy_that_is_not_there_is_wrong_usage(project: pytest.Pytester) -> None:
    (project.path / "one.toml").unlink()

    done = project.runpytest_inprocess()

    assert pytest.ExitCode.USAGE_ERROR == done.ret
    done.stderr.fnmatch_lines(["*launchfsm_policies: no policy stands at *one.toml*"])


def test_a_shipped_policy_is_named(pytester: pytest.Pytester) -> None:
    pytester.makeini("[pytest]\nlaunchfsm_policies = reference\n")

    done = pytester.runpytest_inprocess("-q", "-k", "owner")

    assert done.parseoutcomes()["passed"] > 1

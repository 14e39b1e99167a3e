"""`policy list` says which names there are, and what they stand for."""

from __future__ import annotations

import json
import sys
from importlib import metadata
from typing import TYPE_CHECKING

import pytest

from tests.cli.policy.policies import lay_policy
from tests.cli.running import invoke

if TYPE_CHECKING:
    from pathlib import Path


@pytest.fixture
def packages(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder of installed packages: one brings a policy, one a path to nowhere."""
    for name, place in (("ours", "ours"), ("gone", "nowhere")):
        package, about = tmp_path / f"{name}_policy", tmp_path / f"{name}_policy-1.2.dist-info"
        package.mkdir()
        about.mkdir()
        (package / "__init__.py").write_text(
            f"from pathlib import Path\nFOLDER = Path(__file__).parent / '{place}'\n"
        )
        (about / "METADATA").write_text(
            f"Metadata-Version: 2.1\nName: {name}-policy\nVersion: 1.2\n"
        )
        (about / "entry_points.txt").write_text(
            f"[launchfsm.policies]\n{name} = {name}_policy:FOLDER\n"
        )
        monkeypatch.delitem(sys.modules, package.name, raising=False)
    lay_policy(tmp_path / "ours_policy" / "ours")
    monkeypatch.syspath_prepend(tmp_path)
    return tmp_path


def listed() -> dict[str, list[str]]:
    lines = invoke("policy", "list").out.splitlines()
    return {line.split()[0]: line.split(maxsplit=3)[1:] for line in lines}


def test_the_shipped_policies_are_listed_with_their_folders() -> None:
    version = metadata.version("launchfsm")

    found = listed()

    assert {"reference", "default"} <= found.keys()
    assert ["launchfsm", version] == found["default"][:2]
    assert found["default"][2].endswith("rules/default")


def test_a_policy_of_an_installed_package_is_listed_and_can_be_used(packages: Path) -> None:
    assert ["ours-policy", "1.2", str(packages / "ours_policy" / "ours")] == listed()["ours"]
    assert 0 == invoke("policy", "check", "ours").status


def test_a_package_that_takes_the_name_of_a_shipped_policy_is_told(packages: Path) -> None:
    points = packages / "gone_policy-1.2.dist-info" / "entry_points.txt"
    points.write_text("[launchfsm.policies]\ndefault = gone_policy:FOLDER\n")

    found = json.loads(invoke("policy", "list", "--json").out)

    shipped, taken = (entry for entry in found if entry["name"] == "default")
    assert shipped["place"].endswith("rules/default")
    assert ("gone-policy 1.2", True) == (taken["package"], "place" not in taken)
    assert "launchfsm has a policy of this name" in taken["trouble"]


@pytest.mark.usefixtures("packages")
def test_a_name_that_leads_nowhere_is_told_and_spoils_nothing() -> None:
    listing = json.loads(invoke("policy", "list", "--json").out)
    entries = {entry["name"]: entry for entry in listing}

    assert "place" not in entries["gone"]
    assert "nowhere" in entries["gone"]["trouble"]
    assert "trouble" not in entries["ours"]
    assert listed()["gone"][2].startswith("unusable: ")


@pytest.mark.parametrize("code", ["raise SystemExit(0)", "import sys; sys.exit('bye')", "1 / 0"])
@pytest.mark.parametrize("command", ["check", "test", "verify", "show", "audit"])
def test_a_package_that_ends_the_program_ends_it_with_3(
    packages: Path, code: str, command: str
) -> None:
    (packages / "ours_policy" / "__init__.py").write_text(code)

    ended = invoke("policy", command, "ours")

    assert (3, "") == (ended.status, ended.out)
    assert "the package 'ours-policy' brings the policy 'ours'" in ended.errors

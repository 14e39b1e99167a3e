"""What contributors and releases rely on: workflows, hooks, sessions and forms fit together."""

from __future__ import annotations

import ast
import re
import shlex
import tomllib
from typing import TYPE_CHECKING, Any

import pytest
import yaml

from tests.readme import ROOT, blocks, run

if TYPE_CHECKING:
    from pathlib import Path

GITHUB = ROOT / ".github"
WORKFLOWS = sorted((GITHUB / "workflows").glob("*.yml"))
FORMS = sorted((GITHUB / "ISSUE_TEMPLATE").glob("*.yml"))
PAGE = ROOT / "docs" / "continuous-integration.md"


def steps(workflow: dict[str, Any]) -> list[dict[str, Any]]:
    return [step for job in workflow["jobs"].values() for step in job["steps"]]


def sessions() -> set[str]:
    """The sessions of the noxfile, those of several Pythons by each name."""
    text = (ROOT / "noxfile.py").read_text(encoding="utf-8")
    names = {one.name for one in ast.parse(text).body if isinstance(one, ast.FunctionDef)}
    return names | {f"tests-{python}" for python in re.findall(r'"(3\.\d+)"', text)}


@pytest.mark.parametrize("path", WORKFLOWS, ids=lambda path: path.stem)
def test_a_workflow_uses_versions_and_runs_what_there_is(path: Path) -> None:
    workflow = yaml.safe_load(path.read_text(encoding="utf-8"))

    assert workflow["permissions"]["contents"] == "read"
    for step in steps(workflow):
        if "uses" in step:
            assert re.fullmatch(r"[\w-]+/[\w-]+@[\w./]+", step["uses"])
        for session in re.findall(r"nox -s (\S+?)(?:-\$|$)", step.get("run", "")):
            assert session in sessions()


def test_every_supported_python_is_tried() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    said = {one for one in project["classifiers"] if re.search(r":: 3\.\d+$", one)}
    tried = yaml.safe_load((GITHUB / "workflows" / "ci.yml").read_text(encoding="utf-8"))

    pythons = tried["jobs"]["tests"]["strategy"]["matrix"]["python"]
    assert {f"Programming Language :: Python :: {python}" for python in pythons} == said
    assert {f"tests-{python}" for python in pythons} <= sessions()


@pytest.mark.parametrize("path", FORMS, ids=lambda path: path.stem)
def test_an_issue_form_asks_something(path: Path) -> None:
    form = yaml.safe_load(path.read_text(encoding="utf-8"))

    if path.stem == "config":
        assert all(link["url"].startswith("https://") for link in form["contact_links"])
        return
    assert form["name"]
    assert form["description"]
    assert all(field["attributes"]["label"] for field in form["body"])


def shown(key: str) -> dict[str, Any]:
    """The file that the page shows and that has a key."""
    files = [yaml.safe_load(block.text) for block in blocks(PAGE)]
    [found] = [file for file in files if key in file]
    return found  # type: ignore[no-any-return]


@pytest.fixture
def policy(tmp_path: Path) -> Path:
    """A folder with a policy of its own, as the page takes for granted."""
    run("launchfsm policy new ./policy", cwd=tmp_path)
    return tmp_path


def test_what_the_page_runs_on_a_policy_passes(policy: Path) -> None:
    for step in steps(shown("jobs")):
        command = step.get("run", "")
        if command.startswith("launchfsm"):
            assert "error" not in run(command, cwd=policy).lower()
    assert (policy / "policy.sarif").stat().st_size > 0


def test_the_hooks_of_the_page_are_offered_and_pass(policy: Path) -> None:
    offered = yaml.safe_load((ROOT / ".pre-commit-hooks.yaml").read_text(encoding="utf-8"))
    entries = {hook["id"]: hook["entry"] for hook in offered}

    for hook in shown("repos")["repos"][0]["hooks"]:
        command = shlex.join([*shlex.split(entries[hook["id"]]), *hook["args"]])
        assert run(f"{command} && echo passed", cwd=policy).endswith("passed\n")


def test_a_fragment_has_a_kind_that_the_changelog_knows() -> None:
    settings = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["tool"]
    kinds = {kind["directory"] for kind in settings["towncrier"]["type"]}
    names = [path.name for path in (ROOT / "changes").glob("*.md") if path.name != "README.md"]

    assert all(re.fullmatch(r"(\d+|\+[\w-]+)\.(\w+)\.md", name) for name in names)
    assert {name.split(".")[-2] for name in names} <= kinds
    assert settings["towncrier"]["start_string"] in (ROOT / "CHANGELOG.md").read_text("utf-8")

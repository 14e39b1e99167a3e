"""However launchfsm is installed, it finds its policies, and brings what it says it brings."""

from __future__ import annotations

import os
import subprocess
import sys
import tarfile
import zipfile
from pathlib import Path

import pytest

pytestmark = pytest.mark.slow

ROOT = Path(__file__).parents[1]

_PROBE = """
import sys
sys.path[:0] = {paths!r}
import launchfsm
from launchfsm.policies import load_policy
from launchfsm.report.page import write_policy_report
write_policy_report("default", "page.html")
print(launchfsm.__file__)
print(*load_policy("default").lineage, len(load_policy("reference").tables))
"""

_EDITABLE = """
import sys
from hatchling.build import build_editable
build_editable(sys.argv[1])
"""


def python(*arguments: str, cwd: Path = ROOT) -> list[str]:
    """Run Python away from the checkout's own import path, and return the lines it prints."""
    done = subprocess.run(
        [sys.executable, "-P", *arguments],
        cwd=cwd,
        check=True,
        stdout=subprocess.PIPE,
        text=True,
        env={**os.environ, "PYTHONPATH": ""},
    )
    return done.stdout.splitlines()


def probe(tmp_path: Path, *paths: Path) -> None:
    """Import launchfsm from these paths, load its policies, and write a page."""
    home, policies = python("-c", _PROBE.format(paths=[str(path) for path in paths]), cwd=tmp_path)
    assert home.startswith(str(paths[0]))
    assert policies.startswith("default reference ")


def built(folder: Path, kind: str) -> Path:
    python("-m", "hatchling", "build", "-t", kind, "-d", str(folder))
    (found,) = folder.iterdir()
    return found


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return built(tmp_path_factory.mktemp("wheel"), "wheel")


@pytest.fixture(scope="module")
def sdist(tmp_path_factory: pytest.TempPathFactory) -> Path:
    archive = built(tmp_path_factory.mktemp("sdist"), "sdist")
    with tarfile.open(archive) as opened:
        opened.extraction_filter = getattr(tarfile, "data_filter", None)  # from 3.11.4 on
        opened.extractall(archive.parent)
    return archive.parent / archive.name.removesuffix(".tar.gz")


def test_an_unpacked_wheel_finds_its_policies(tmp_path: Path, wheel: Path) -> None:
    with zipfile.ZipFile(wheel) as opened:
        opened.extractall(tmp_path / "site")

    probe(tmp_path, tmp_path / "site")


def test_an_unpacked_sdist_finds_its_policies(tmp_path: Path, sdist: Path) -> None:
    probe(tmp_path, sdist / "src")


def test_an_editable_install_finds_the_policies_of_its_checkout(tmp_path: Path) -> None:
    python("-c", _EDITABLE, str(tmp_path))
    (editable,) = tmp_path.glob("*.whl")
    with zipfile.ZipFile(editable) as opened:
        (pth,) = [name for name in opened.namelist() if name.endswith(".pth")]
        path = Path(opened.read(pth).decode().strip())

    assert ROOT / "src" == path
    probe(tmp_path, path)


def test_a_wheel_brings_types_licence_policies_and_the_command_but_no_tests(wheel: Path) -> None:
    with zipfile.ZipFile(wheel) as opened:
        names = opened.namelist()
        (points,) = [name for name in names if name.endswith("entry_points.txt")]
        commands = opened.read(points).decode()

    assert "launchfsm/py.typed" in names
    assert "launchfsm/rules/reference/owner.toml" in names
    assert "launchfsm/policy/authoring/template/policy.toml" in names
    assert any(name.endswith("licenses/LICENSE") for name in names)
    assert "launchfsm = launchfsm.cli:main" in commands
    assert not [name for name in names if "/test_" in name or name.startswith("tests/")]


def test_an_sdist_brings_all_that_its_tests_need(sdist: Path) -> None:
    needed = ("tests/conformance/bootstrap.jsonl", "examples/teams/README.md", "docs/catalogue.md")

    assert [] == [name for name in needed if not (sdist / name).exists()]
    assert (sdist / "README.md").read_text() == (ROOT / "README.md").read_text()

"""`report`: the command that writes the page about teams."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

import pytest

from tests.cli.running import invoke, lay, state

if TYPE_CHECKING:
    from pathlib import Path


@pytest.fixture
def root(tmp_path: Path) -> Path:
    for team in ("one", "two"):
        lay(tmp_path / "teams", team, state=state("spawning_members"))
    return tmp_path / "teams"


def test_it_writes_all_teams_or_those_named(root: Path, tmp_path: Path) -> None:
    file = tmp_path / "page.html"
    all_teams = invoke("--root", root, "report", "-o", file)
    assert (0, f"wrote {file}: 2 teams\n") == (all_teams.status, all_teams.out)
    assert 2 == file.read_text().count("<section")

    assert f"wrote {file}: 1 team\n" == invoke("--root", root, "report", "two", "-o", file).out
    assert ">one<" not in file.read_text()


def test_redacted_it_names_nobody(root: Path, tmp_path: Path) -> None:
    file = tmp_path / "page.html"
    invoke("--root", root, "report", "-o", file, "--redact")

    assert ">team-1<" in file.read_text()
    assert ">one<" not in file.read_text()
    assert str(root) not in file.read_text()


def test_it_says_what_it_cannot_do(root: Path, tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe")  # a device would be taken away just so: `-o /dev/stdout`
    (tmp_path / "link").symlink_to("pipe")
    nowhere = invoke("--root", root, "report", "-o", tmp_path / "no" / "page.html")
    nobody = invoke("--root", root, "report", "none", "-o", tmp_path / "page.html")

    assert (3, True) == (nowhere.status, "No such file or directory" in nowhere.errors)
    assert (3, True) == (nobody.status, "there is no team" in nobody.errors)
    assert not (tmp_path / "page.html").exists()
    for command in (["--root", root, "report"], ["policy", "report", "reference"]):
        for name in ("pipe", "link"):
            found = invoke(*command, "-o", tmp_path / name)
            assert (3, True) == (found.status, "no regular file" in found.errors)
    assert (tmp_path / "pipe").is_fifo()

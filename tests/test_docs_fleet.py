"""Whoever follows `docs/fleet.md` to the letter gets what it shows, as far as the libraries go."""

from __future__ import annotations

import importlib.util
import re
import shlex
import shutil
from configparser import ConfigParser
from typing import TYPE_CHECKING, Final

import pytest

from tests.pages import follow
from tests.readme import ROOT, Block, blocks, run

if TYPE_CHECKING:
    from pathlib import Path

PAGE: Final = ROOT / "docs" / "fleet.md"
TEXT: Final = PAGE.read_text(encoding="utf-8")
BLOCKS: Final = [block for block in blocks(PAGE) if block.language in {"python", "console"}]
NEEDS: Final = {"on_dask.py": "distributed", "on_loky.py": "loky", "archives.py": "dask"}
"""What the scripts need that the extra `test` does not bring; Ray's is large, and only compiled."""


def file_of(block: Block) -> str | None:
    """The file that a block of Python is, which the paragraph above it names last."""
    above = "\n".join(TEXT.splitlines()[: block.line - 1]).rstrip().rpartition("\n\n")[2]
    named = re.findall(r"`(\w+\.py)`", above)
    return named[-1] if named and block.language == "python" else None


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder like a clone, with the files of the page."""
    clone = tmp_path_factory.mktemp("fleet")
    shutil.copytree(ROOT / "examples" / "teams", clone / "examples" / "teams")
    for block in BLOCKS:
        if name := file_of(block):
            (clone / name).write_text(block.text, encoding="utf-8")
    return clone


@pytest.mark.parametrize("block", BLOCKS, ids=lambda block: f"line-{block.line}")
@pytest.mark.slow
def test_the_block_does_what_the_page_shows(block: Block, folder: Path) -> None:
    for script, library in NEEDS.items():
        runs = block.language == "console" and script in block.text
        if runs and importlib.util.find_spec(library) is None:
            pytest.skip(f"{script} needs {library}")
    if file_of(block) is None:
        follow(block, folder, file=None, prepared="{}".format)
    else:
        compile(block.text, str(file_of(block)), "exec")


def test_the_crontab_and_the_unit_write_the_metrics_of_the_page(folder: Path) -> None:
    (crontab,) = [block.text for block in blocks(PAGE) if block.language == "crontab"]
    service, timer = (block.text for block in blocks(PAGE) if block.language == "ini")
    unit = ConfigParser()
    unit.optionxform = str  # type: ignore[assignment,method-assign]  # systemd's keys have capitals
    unit.read_string(service)
    unit.read_string(timer)

    commands = {crontab.strip().split(maxsplit=5)[5], unit["Service"]["ExecStart"]}
    (command,) = commands
    program, *_, target = shlex.split(command)
    here = command.replace(program, "launchfsm").replace(target, "launchfsm.prom")
    printed = run(f"LAUNCHFSM_ROOT=examples/teams {here}", cwd=folder)

    assert target.endswith(".prom")
    assert "" == printed
    assert unit["Timer"]["OnCalendar"] == "minutely"
    written = (folder / "launchfsm.prom").read_text(encoding="utf-8")
    named = re.findall(r"^\| `(launchfsm_\w+)", TEXT, re.MULTILINE)
    assert named == re.findall(r"^# TYPE (\w+) gauge$", written, re.MULTILINE)

"""Every block of the README and of the tour is run, and shows what it says it shows."""

from __future__ import annotations

import re
import subprocess
import sys
from typing import TYPE_CHECKING, Any

import pytest

from launchfsm.cli.teams import EXIT_STATUS
from tests.readme import README, ROOT, TOUR, Block, blocks, commands, comparable, run

if TYPE_CHECKING:
    from pathlib import Path

BLOCKS = blocks()
BOTH = [*BLOCKS, *blocks(TOUR)]


def named(block: Block) -> str:
    return f"line-{block.line}"


def test_every_block_is_of_a_kind_that_something_runs() -> None:
    """`sh` by `.ci/run`, on a machine with nothing installed; the others below."""
    assert {"sh", "console", "python"} == {block.language for block in BOTH}


@pytest.mark.parametrize(
    "block", [block for block in BOTH if block.language == "console"], ids=named
)
def test_a_console_block_prints_what_it_shows(block: Block) -> None:
    for command in commands(block):
        assert comparable(command.shown) == comparable(run(command.line)), command.line


@pytest.mark.parametrize("page", [README, TOUR], ids=lambda page: page.stem)
def test_the_python_blocks_run_one_after_another_and_print_what_they_show(
    page: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Lines that begin with `# > ` are what the block prints."""
    monkeypatch.chdir(ROOT)
    namespace: dict[str, Any] = {}
    found = [block for block in blocks(page) if block.language == "python"]
    for block in found:
        exec(compile(block.text, f"{page.name}:{block.line}", "exec"), namespace)  # noqa: S102 - the README's own code
        shown = [line[4:] for line in block.text.splitlines() if line.startswith("# > ")]
        assert shown == capsys.readouterr().out.splitlines()
    assert found


def test_to_install_and_to_test_is_a_line_each() -> None:
    lines = [block.text.count("\n") for block in BLOCKS if block.language == "sh"]

    assert [1, 1] == lines[:2]


def test_the_blocks_are_printed_where_nothing_is_installed() -> None:
    """`-S` leaves out what is installed, as on the machine on which `.ci/run` begins."""
    script = [sys.executable, "-S", "-E", "tests/readme.py", "sh"]
    printed = subprocess.run(script, cwd=ROOT, check=True, capture_output=True, text=True).stdout

    assert "pip install" in printed


def test_the_exit_status_of_every_verdict_is_told() -> None:
    rows = re.findall(r"(\d) for ((?:`\w+`(?:, | and )?)+)", README.read_text(encoding="utf-8"))
    told = {word: int(status) for status, words in rows for word in re.findall(r"`(\w+)`", words)}

    assert EXIT_STATUS == told

"""Every block of the README is run, and shows what it says it shows."""

from __future__ import annotations

from typing import Any

import pytest

from launchfsm.lifecycle.machines import BOOTSTRAP, MEMBER
from tests.readme import ROOT, Block, blocks, commands, comparable, run

BLOCKS = blocks()


def named(block: Block) -> str:
    return f"line-{block.line}"


def test_every_block_is_of_a_kind_that_something_runs() -> None:
    """`sh` by `.ci/run`, on a machine with nothing installed; the others below."""
    assert {"sh", "console", "python", "mermaid"} == {block.language for block in BLOCKS}


@pytest.mark.parametrize(
    "block", [block for block in BLOCKS if block.language == "console"], ids=named
)
def test_a_console_block_prints_what_it_shows(block: Block) -> None:
    for command in commands(block):
        assert comparable(command.shown) == comparable(run(command.line)), command.line


def test_the_python_blocks_run_one_after_another_and_print_what_they_show(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Lines that begin with `# > ` are what the block prints."""
    monkeypatch.chdir(ROOT)
    namespace: dict[str, Any] = {}
    found = [block for block in BLOCKS if block.language == "python"]
    for block in found:
        exec(compile(block.text, f"README.md:{block.line}", "exec"), namespace)  # noqa: S102 - the README's own code
        shown = [line[4:] for line in block.text.splitlines() if line.startswith("# > ")]
        assert shown == capsys.readouterr().out.splitlines()
    assert found


@pytest.mark.parametrize("machine", [BOOTSTRAP, MEMBER], ids=lambda machine: machine.name)
def test_the_diagrams_are_current(machine: Any) -> None:
    """If not: `launchfsm machines bootstrap`, `launchfsm machines member`."""
    shown = [block.text for block in BLOCKS if block.language == "mermaid"]

    assert machine.mermaid() in [text.removesuffix("\n") for text in shown] or (
        machine.mermaid() in shown
    )

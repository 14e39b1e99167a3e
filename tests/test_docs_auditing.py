"""Whoever follows `docs/auditing.md` to the letter, in an empty folder, gets what it shows."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final

import pytest

from launchfsm.properties import PROPERTIES
from launchfsm.testing import strategies
from tests.pages import follow
from tests.readme import ROOT, Block, blocks

if TYPE_CHECKING:
    from pathlib import Path

PAGE: Final = ROOT / "docs" / "auditing.md"
TEXT: Final = PAGE.read_text(encoding="utf-8")


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder in which the page was followed from its first block to its last."""
    empty = tmp_path_factory.mktemp("auditor")
    for block in blocks(PAGE):
        follow(block, empty, file=file_of(block), prepared="unset PYTEST_ADDOPTS\n{}".format)
    return empty


def file_of(block: Block) -> str | None:
    """The file that a block is, which the paragraph above it names at its end."""
    above = "\n".join(TEXT.splitlines()[: block.line - 1]).rstrip()
    found = re.search(r"`([\w./-]+\.(?:json|py))`:$", above)
    return found[1] if found else None


@pytest.mark.slow
def test_every_block_does_what_the_page_shows(folder: Path) -> None:
    assert {"careful", "our_properties.py", "teams", "test_launches.py", "test_policy.py"} <= {
        item.name for item in folder.iterdir()
    }


# -- Tables ----------------------------------------------------------------------------------------


def test_every_property_is_on_the_page_with_its_sentence() -> None:
    """If not: the table is the names and sentences of `PROPERTIES`."""
    for prop in PROPERTIES:
        sentence = prop.sentence[0].upper() + prop.sentence[1:]
        assert f"| `{prop.name}` | {sentence}. |\n" in TEXT


def test_every_strategy_is_on_the_page_and_there() -> None:
    functions = {name for name in strategies.__all__ if name[0].islower()}
    rows = "\n".join(line for line in TEXT.splitlines() if line.startswith("| `"))

    assert functions == set(re.findall(r"`(\w+)\(", rows))

"""Whoever follows `docs/writing-rules.md` to the letter, in an empty folder, gets what it shows."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, Any, Final, get_args

import pytest

from launchfsm.decisions.bootstrap import JOURNAL, OWNER
from launchfsm.decisions.members import MEMBER, TEAM_STATE
from launchfsm.engine.parser import parse_condition
from launchfsm.policy.analysis.verification import FindingCode
from launchfsm.policy.diagnostics import MEANINGS
from tests.cli.running import invoke
from tests.pages import file_of, follow
from tests.readme import ROOT, blocks

if TYPE_CHECKING:
    from pathlib import Path

PAGE: Final = ROOT / "docs" / "writing-rules.md"
TEXT: Final = PAGE.read_text(encoding="utf-8")

FACTS: Final = {**OWNER.fact_fields, **MEMBER.fact_fields, **JOURNAL.fact_fields}
"""What the conditions of the reference ask."""

# The page's own command, and the same without a network and beside the environment of the tests.
INSTALL: Final = "pip install --quiet ."
INSTALL_HERE: Final = (
    "pip install --quiet --no-index --no-deps --no-build-isolation --target site ."
)


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder in which the page was followed from its first block to its last."""
    empty = tmp_path_factory.mktemp("author")
    for block in blocks(PAGE):
        follow(block, empty, file=file_of(block, PAGE), prepared=lambda line: at_home(line, empty))
    return empty


def at_home(command: str, folder: Path) -> str:
    """The command in this environment: what is installed by the page is found in `site`."""
    paths = [str(folder / "site"), *os.environ.get("PYTHONPATH", "").split(os.pathsep)]
    path = os.pathsep.join(filter(None, paths))
    return f"export PYTHONPATH='{path}'\n{command.replace(INSTALL, INSTALL_HERE)}"


@pytest.mark.slow
def test_every_block_does_what_the_page_shows(folder: Path) -> None:
    assert {"our_launches", "quiet.toml", "teams", "pyproject.toml"} <= {
        item.name for item in folder.iterdir()
    }


@pytest.mark.slow
def test_the_policy_that_comes_of_it_is_sound(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(folder)

    for command in ("check", "test", "verify"):
        assert 0 == invoke("policy", command, "./our_launches").status, command
    assert 0 == invoke("policy", "verify", "quiet.toml").status


def test_every_file_block_names_its_file() -> None:
    files = [file_of(block, PAGE) for block in blocks(PAGE) if block.language in {"toml", "json"}]

    assert None not in files


# -- Tables of the reference -----------------------------------------------------------------------


def rows(head: str) -> list[list[str]]:
    """The rows of the table under a head line."""
    below = TEXT[TEXT.index(head) :].splitlines()[2:]
    lines = below[: next(index for index, line in enumerate(below) if not line.startswith("|"))]
    return [[cell.strip() for cell in line.strip("|").split(" | ")] for line in lines]


@pytest.mark.parametrize("row", rows("| condition | holds when |"), ids=lambda row: row[0])
def test_every_condition_of_the_reference_is_one(row: list[str]) -> None:
    params: dict[str, Any] = {"stale_after": "3m", "quotas": ["quota", "429"], "optional": "opt-"}

    facts = TEAM_STATE.fact_fields if "failed_names" in row[0] else FACTS
    parsed = parse_condition(row[0].strip("`"), facts=facts, params=params)

    assert () == parsed.problems


def test_every_fault_is_in_the_reference() -> None:
    """If not: the table is the codes and meanings of `launchfsm.policy.diagnostics`."""
    assert [[f"`{code}`", meaning] for code, meaning in MEANINGS.items()] == rows(
        "| code | meaning |"
    )


def test_every_finding_is_in_the_reference() -> None:
    assert {f"`{code}`" for code in get_args(FindingCode)} == {
        row[0] for row in rows("| finding | meaning |")
    }

"""Whoever follows `docs/engine.md` in an empty folder has a deploy gate, as the page shows it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

import attrs

import launchfsm.engine
import launchfsm.policy
from launchfsm.engine import Decision
from launchfsm.policy import analysis, authoring
from tests.pages import file_of, follow
from tests.readme import ROOT, blocks

if TYPE_CHECKING:
    from pathlib import Path

PAGE: Final = ROOT / "docs" / "engine.md"
TEXT: Final = PAGE.read_text(encoding="utf-8")


def test_every_block_does_what_the_page_shows(tmp_path: Path) -> None:
    for block in blocks(PAGE):
        follow(block, tmp_path, file=file_of(block, PAGE), prepared=lambda line: line)

    written = {str(path.relative_to(tmp_path)) for path in tmp_path.rglob("*.toml")}
    assert {"gate/policy.toml", "gate/deploy.toml", "late.toml", "payments.toml"} == written


def listed(package: str) -> set[str]:
    """The names that the page says there are to import from a package."""
    (row,) = (line for line in TEXT.splitlines() if line.startswith(f"| `{package}` |"))
    return {name for name in row.split("`")[3::2] if name.isidentifier()}


def test_what_the_page_says_there_is_to_import_is_there() -> None:
    packages: dict[str, Any] = {
        "launchfsm.engine": launchfsm.engine,
        "launchfsm.policy": launchfsm.policy,
        "launchfsm.policy.analysis": analysis,
        "launchfsm.policy.authoring": authoring,
    }
    for name, package in packages.items():
        assert listed(name) <= set(package.__all__), name
    assert set(launchfsm.engine.__all__) == listed("launchfsm.engine")


def test_the_page_names_everything_that_a_decision_declares() -> None:
    rows = TEXT[TEXT.index("| argument | what it says |") :]

    decision: Any = Decision
    for field in attrs.fields(decision):
        assert f"`{field.name}" in rows, field.name

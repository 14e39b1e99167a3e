"""What is published of `default` is what is true of it."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from tests.cli.running import invoke

if TYPE_CHECKING:
    import pytest

ROOT = Path(__file__).parents[3]
AGAINST = ("policy", "verify", "default", "--against", "reference")


def test_default_differs_from_default_as_published() -> None:
    """If it is meant to: `launchfsm policy verify default --against reference --publish FILE`."""
    verified = invoke(*AGAINST, "--expect", ROOT / "rules" / "default" / "differences.json")

    assert 0 == verified.status, verified.out


def test_the_page_of_the_differences_is_current(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """If not: `launchfsm policy verify default --against reference --publish docs/differences.md`."""
    monkeypatch.chdir(tmp_path)

    invoke(*AGAINST, "--publish", "differences.md")

    page = ROOT / "docs" / "differences.md"
    assert Path("differences.md").read_text(encoding="utf-8") == page.read_text(encoding="utf-8")

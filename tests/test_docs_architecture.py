"""The page for the next owner names what is there, and all rooms that there are."""

from __future__ import annotations

import re
from typing import Final

import pytest

from tests.readme import ROOT

PAGE: Final = ROOT / "docs" / "architecture.md"
TEXT: Final = PAGE.read_text(encoding="utf-8")
SOURCE: Final = ROOT / "src" / "launchfsm"
_ROOMS: Final = TEXT[TEXT.index("| room of") :].partition("\n\n")[0]
PATHS: Final = sorted(set(re.findall(r"`([\w./-]+(?:/|\.py|\.toml|\.json))`", TEXT)))


def test_every_room_is_on_the_page_and_no_other() -> None:
    named = {
        name.rstrip("/")
        for row in _ROOMS.splitlines()[2:]
        for name in re.findall(r"`([\w./]+)`", row.split("|")[1])
    }
    rooms = {
        path.name
        for path in SOURCE.iterdir()
        if (path / "__init__.py").exists() or (path.suffix == ".py" and "__" not in path.name)
    }

    assert rooms == named


@pytest.mark.parametrize("path", PATHS)
def test_every_path_on_the_page_exists(path: str) -> None:
    rooms = [SOURCE, SOURCE / "policy", ROOT]

    assert any((room / path).exists() for room in rooms)


def test_the_threshold_is_where_the_page_says() -> None:
    assert "`stale_after` in `rules/reference/owner.toml`" in TEXT
    assert 'stale_after = "3m"' in (ROOT / "rules/reference/owner.toml").read_text(encoding="utf-8")


def test_it_is_one_screen() -> None:
    assert 60 >= len(TEXT.splitlines())

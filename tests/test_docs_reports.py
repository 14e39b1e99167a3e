"""The page about pages: its blocks print what they show, and its pictures are there."""

from __future__ import annotations

import os
import re
from typing import TYPE_CHECKING

from tests.pages import follow
from tests.readme import ROOT, blocks

if TYPE_CHECKING:
    from pathlib import Path

    import pytest

PAGE = ROOT / "docs" / "reports.md"


def test_the_blocks_print_what_they_show(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "examples").symlink_to(ROOT / "examples")
    monkeypatch.setenv("PYTHONPATH", os.pathsep.join([str(ROOT / "src"), str(ROOT)]))
    found = blocks(PAGE)
    for block in found:
        follow(block, tmp_path, file=None, prepared=str)

    assert {"console", "python"} == {block.language for block in found}
    assert {"report.html", "policy.html", "examples"} == {file.name for file in tmp_path.iterdir()}


def test_the_pictures_are_small_and_all_used() -> None:
    pictures = {file.name: file for file in (ROOT / "docs" / "pictures").iterdir()}
    pages = [*(ROOT / "docs").glob("*.md"), ROOT / "README.md"]
    used = {name for page in pages for name in re.findall(r"pictures/([\w.-]+)", page.read_text())}

    assert used == {*pictures}
    assert all(200_000 > file.stat().st_size for file in pictures.values())

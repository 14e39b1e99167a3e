"""The guide for launchers: its blocks run one after another, and print what they show."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

from tests.readme import ROOT, blocks

if TYPE_CHECKING:
    from pathlib import Path

    import pytest

PAGE = ROOT / "docs" / "launchers.md"


def test_the_blocks_print_what_they_show(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "teams").mkdir()
    monkeypatch.chdir(tmp_path)
    namespace: dict[str, Any] = {}
    found = blocks(PAGE)
    for block in found:
        shown = [line[4:] for line in block.text.splitlines() if line.startswith("# > ")]
        exec(compile(block.text, f"{PAGE.name}:{block.line}", "exec"), namespace)  # noqa: S102 - the page's own code
        printed = capsys.readouterr().out.splitlines()
        assert (block.line, shown) == (block.line, [pids_hidden(line) for line in printed])
    assert {"python"} == {block.language for block in found}
    assert len(found) >= 10


def pids_hidden(line: str) -> str:
    return re.sub(r"\bpid \d+", "pid 4242", line)

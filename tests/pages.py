"""Pages of the docs: followed block by block in a folder, and held against what they show.

Here: doing what a block says. Not here: finding the blocks (`tests.readme`).
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from tests.readme import Block, commands, run

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path


def follow(block: Block, folder: Path, *, file: str | None, prepared: Callable[[str], str]) -> None:
    """Do what a block says: write the file, or run the commands and look at what they print.

    Args:
        block: The block.
        folder: Where the page is followed.
        file: The file that the block is; `None` when it is to be run.
        prepared: Makes of a command as the page has it one that runs beside the tests.
    """
    if file is not None:
        (folder / file).parent.mkdir(parents=True, exist_ok=True)
        (folder / file).write_text(block.text, encoding="utf-8")
        return
    for command, shown in _calls(block):
        printed = run(prepared(command), cwd=folder)
        assert _matches(shown, printed), f"line {block.line}: {command}\n{printed}"


def file_of(block: Block, page: Path) -> str | None:
    """The file that a block is: the last one that the paragraph above names; `None` for no file."""
    lines = page.read_text(encoding="utf-8").splitlines()
    above = "\n".join(lines[: block.line - 1]).rpartition("\n\n")
    paragraph = above[2] or above[0].rpartition("\n\n")[2]
    suffix = {"toml": "toml", "json": "json", "python": "py"}.get(block.language, "none")
    named = re.findall(rf"`([\w./-]+\.{suffix})`", paragraph)
    return named[-1] if named else None


def _calls(block: Block) -> Iterator[tuple[str, str]]:
    """Each command of a block, and what is shown below it."""
    if block.language == "console":
        yield from commands(block)
    else:
        assert "python" == block.language, f"line {block.line}: nobody runs this block"
        shown = [line[4:] for line in block.text.splitlines() if line.startswith("# > ")]
        yield f"python <<'END'\n{block.text}\nEND", "".join(f"{line}\n" for line in shown)


def _matches(shown: str, printed: str) -> bool:
    """Whether a command printed what the page shows; `…` is anything, alone on a line any lines."""
    lines = [
        r"(?:.*\n)*?" if line.strip() == "…" else re.escape(line).replace("…", ".*") + r"\n"
        for line in shown.splitlines()
    ]
    return re.fullmatch("".join(lines), printed) is not None

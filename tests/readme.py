"""The README's blocks: found, run, and held against what the README shows.

Run as a script it prints the shell blocks, which set a fresh machine up and need the network:
`python tests/readme.py sh` is what `.ci/run` executes. All other blocks are run by
`tests/test_readme.py`; `python tests/readme.py update` writes anew what the consoles show.
"""

from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path
from typing import NamedTuple

ROOT = Path(__file__).parents[1]
README = ROOT / "README.md"

_BLOCK = re.compile(r"^```(\w+)\n(.*?)^```$", re.DOTALL | re.MULTILINE)


class Block(NamedTuple):
    """One fenced block: its language, its text, and the line on which it opens."""

    language: str
    text: str
    line: int


class Command(NamedTuple):
    """One command of a console block, and what is shown below it."""

    line: str
    shown: str


def blocks(page: Path = README) -> list[Block]:
    """The fenced blocks of a page, in order."""
    text = page.read_text(encoding="utf-8")
    return [
        Block(found[1], found[2], text.count("\n", 0, found.start()) + 1)
        for found in _BLOCK.finditer(text)
    ]


def commands(block: Block) -> list[Command]:
    """The commands of a console block: lines after `$ `, each with the lines below it."""
    parts = re.split(r"^\$ ", block.text, flags=re.MULTILINE)[1:]
    return [Command(*part.split("\n", 1)) for part in parts]


def run(command: str, *, cwd: Path = ROOT) -> str:
    """What a command prints, its errors too; the installed `launchfsm` is found first."""
    path = os.pathsep.join([str(Path(sys.executable).parent), os.environ["PATH"]])
    done = subprocess.run(  # noqa: S602 - the README's own commands are shell commands
        command,
        shell=True,
        cwd=cwd,
        env={"PATH": path, "HOME": str(cwd), "LC_ALL": "C.UTF-8"},
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        check=False,
        timeout=120,
    )
    return done.stdout


def comparable(text: str) -> str:
    """A text without what differs: the pids of a demo's processes, where rules are installed."""
    text = re.sub(r"owner pid \d+ is gone before", "owner pid … is gone before", text)
    return re.sub(r"[^\s(]*rules/(reference|default)/", r"rules/\1/", text)


def updated(text: str) -> str:
    """A page's text in which each console shows what its commands print now."""
    for block in blocks():
        if block.language == "console":
            for command in commands(block):
                printed = run(command.line)
                if comparable(command.shown) != comparable(printed):
                    was, now = (f"$ {command.line}\n{shown}" for shown in (command.shown, printed))
                    text = text.replace(was, now)
    return text


if __name__ == "__main__":
    wanted = sys.argv[1]
    if wanted == "update":
        README.write_text(updated(README.read_text(encoding="utf-8")), encoding="utf-8")
    else:
        print("\n".join(block.text for block in blocks() if block.language == wanted))  # noqa: T201 - its output is its work

"""The blocks of README pages: found, run, and compared with what the pages show.

`python tests/readme.py sh` prints the shell blocks of the README, which set up a fresh machine and
need the network: `.ci/run` executes them. The tests run all other blocks, and those of the tour and
of the sample teams' page. `python tests/readme.py update` writes anew what the consoles of these
pages show.
"""

from __future__ import annotations

import os
import re
import shlex
import subprocess
import sys
from contextlib import chdir
from pathlib import Path
from typing import NamedTuple

ROOT = Path(__file__).parents[1]
README = ROOT / "README.md"
TOUR = ROOT / "docs" / "tour.md"
SAMPLES = ROOT / "examples" / "teams" / "README.md"

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
    """What a command prints, its errors too; the `launchfsm` of this environment is found first.

    A line that asks nothing of the shell but `launchfsm`, and perhaps its exit status, is run in
    this process, which is quicker.
    """
    plain = re.fullmatch(r"launchfsm ([^|&;<>$`*?~]*)(; echo \"exit status \$\?\")?", command)
    if plain is not None:
        # `.ci/run` prints the blocks before anything is installed.
        from click.testing import CliRunner  # noqa: PLC0415

        from launchfsm.cli.program import program  # noqa: PLC0415

        with chdir(cwd):
            runner = CliRunner(
                env={"HOME": str(cwd), "COLUMNS": "80", "LAUNCHFSM_ROOT": None, "NO_COLOR": None}
            )
            result = runner.invoke(program, shlex.split(plain[1]), prog_name="launchfsm")
        if result.exception is not None and not isinstance(result.exception, SystemExit):
            raise result.exception
        return result.output + (f"exit status {result.exit_code}\n" if plain[2] else "")
    path = os.pathsep.join([str(Path(sys.executable).parent), os.environ["PATH"]])
    env = {"PATH": path, "HOME": str(cwd), "LC_ALL": "C.UTF-8"}
    if "PYTHONPATH" in os.environ:
        env["PYTHONPATH"] = os.environ["PYTHONPATH"]
    done = subprocess.run(  # noqa: S602 - the README's own commands are shell commands
        command,
        shell=True,
        cwd=cwd,
        env=env,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        check=False,
        timeout=120,
    )
    return done.stdout


def comparable(text: str) -> str:
    """A text without what differs: a parser's own words, and where rules are."""
    text = re.sub(r", got .*", "", text)
    return re.sub(r"(rules/\w+/\w+\.toml):\d+:\d+", r"\1", _in_a_checkout(text))


def _in_a_checkout(text: str) -> str:
    """A text with the paths of rules as in a checkout, wherever they are installed."""
    return re.sub(r"[^\s(]*rules/(reference|default)/", r"rules/\1/", text)


def updated(page: Path) -> str:
    """A page's text in which each console shows what its commands print now."""
    text = page.read_text(encoding="utf-8")
    for block in blocks(page):
        if block.language == "console":
            for command in commands(block):
                printed = _in_a_checkout(run(command.line))
                was, now = (f"$ {command.line}\n{shown}" for shown in (command.shown, printed))
                text = text.replace(was, now)
    return text


if __name__ == "__main__":
    wanted = sys.argv[1]
    if wanted == "update":
        for page in map(Path, sys.argv[2:] or (README, TOUR, SAMPLES)):
            page.write_text(updated(page), encoding="utf-8")
    else:
        print("\n".join(block.text for block in blocks() if block.language == wanted))  # noqa: T201 - its output is its work

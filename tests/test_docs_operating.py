"""The page for operators: its commands print what it shows, its lines are what others can read."""

from __future__ import annotations

import re
import shlex
import shutil
from typing import TYPE_CHECKING, Final

import pytest
from click.testing import CliRunner

from launchfsm.cli.program import program
from launchfsm.cli.teams import EXIT_STATUS
from launchfsm.decisions.verdict import WORST_FIRST
from tests.cli.running import completed
from tests.readme import ROOT, Block, blocks, commands, comparable, run

if TYPE_CHECKING:
    from pathlib import Path

PAGE: Final = ROOT / "docs" / "operating.md"
BLOCKS: Final = blocks(PAGE)


def of(language: str) -> list[Block]:
    return [block for block in BLOCKS if block.language == language]


def test_every_block_is_of_a_kind_that_something_below_looks_at() -> None:
    kinds = {"console", "nagios", "crontab", "bash", "zsh", "fish"}

    assert kinds == {block.language for block in BLOCKS}


@pytest.mark.parametrize("block", of("console"), ids=lambda block: f"line-{block.line}")
def test_a_console_block_prints_what_it_shows(block: Block) -> None:
    for command in commands(block):
        if "| jq" in command.line and shutil.which("jq") is None:
            pytest.skip("jq is not installed")
        assert comparable(command.shown) == comparable(run(command.line)), command.line


def test_the_table_of_statuses_is_that_of_check() -> None:
    rows = re.findall(r"^\| (\d) \| [A-Z]+ \| (.*?) \|", PAGE.read_text("utf-8"), re.MULTILINE)
    told = {word: int(status) for status, words in rows for word in re.findall(r"`(\w+)`", words)}

    assert EXIT_STATUS == told


def test_the_order_of_verdicts_is_told() -> None:
    order = ", ".join(f"`{verdict}`" for verdict in WORST_FIRST)

    assert f"The order is {order}." in PAGE.read_text("utf-8")


@pytest.mark.parametrize(
    ("line", "status"),
    [
        ("status", 0),
        ("explain nobody", 3),
        ("check finished", 0),
        ("check starting not-launched", 3),
        ("check starting not-launched two-snapshots", 1),
        ("check starting not-launched two-snapshots owner-gone", 2),
        ("diff two-snapshots", 1),
        ("diff finished", 3),
        ("audit finished", 0),
        ("audit state-unreadable", 2),
        ("wait finished --for ok --timeout 0s", 0),
        ("status --bogus", 64),
    ],
)
def test_commands_exit_as_the_table_says(line: str, status: int) -> None:
    at = [] if "bogus" in line else ["--now", "2026-03-02T09:05:00Z", "--alive", "1"]
    words = ["--root", str(ROOT / "examples" / "teams"), *line.split(), *at]

    assert status == CliRunner().invoke(program, words).exit_code


def test_the_command_of_nagios_is_one() -> None:
    (block,) = of("nagios")
    found = re.search(r"command_line\s+(.*)", block.text)
    assert found is not None
    program, *arguments = shlex.split(
        found[1].replace("/home/agents/.claude/teams", "examples/teams")
    )

    assert "/usr/local/bin/launchfsm" == program
    assert run(shlex.join(["launchfsm", *arguments])).startswith("failed   13 teams: ")


@pytest.mark.parametrize(("team", "told"), [("owner-gone", True), ("finished", False)])
def test_the_line_of_cron_tells_of_failed_teams_alone(team: str, *, told: bool) -> None:
    (block,) = of("crontab")
    minute, *_, line = block.text.strip().split(" ", 5)
    check = f"launchfsm --root {ROOT}/examples/teams check {team} --now 2026-03-02T09:05:00Z"

    printed = run(line.replace("launchfsm check", check))

    assert "*/5" == minute
    assert told is ("failed" in printed)


@pytest.mark.parametrize(
    ("typed", "offered"),
    [
        (("sta",), ["status"]),
        (("check", "ow"), ["owner-gone"]),
        (("wait", "x", "--for", "ok,fa"), ["ok,failed"]),
        (("explain", "starting", "--about", "buil"), ["builder"]),
        (("explain", "starting", "--about", "verd"), ["verdict"]),
        (("explain", "starting", "--why-not", "owner.owner-th"), ["owner.owner-there"]),
        (("status", "--policy", "ref"), ["reference"]),
        (("policy", "verify", "def"), ["default"]),
        (("policy", "ev"), ["eval"]),
        (("policy", "eval", "verd"), ["verdict"]),
        (("policy", "show", "reference", "--table", "verd"), ["verdict"]),
        (("report", "owner-g"), ["owner-gone"]),
        (("statsu", "x"), []),
        (("check", "--root", "/nowhere", "x"), []),
    ],
)
def test_the_arguments_that_the_page_names_are_completed(
    typed: tuple[str, ...], offered: list[str]
) -> None:
    assert offered == completed("--root", ROOT / "examples" / "teams", *typed)


def test_a_name_that_would_forge_an_answer_is_not_offered(tmp_path: Path) -> None:
    (tmp_path / "te\nplain,forged").mkdir()
    (tmp_path / "team").mkdir()

    assert ["team"] == completed("--root", tmp_path, "check", "te")


def test_the_line_for_bash_defines_what_bash_calls() -> None:
    (block,) = of("bash")
    script = f"""
{block.text}
COMP_WORDS=(launchfsm --root examples/teams check ow); COMP_CWORD=4
_launchfsm_completion launchfsm
echo "${{COMPREPLY[@]}}"
"""
    assert "owner-gone\n" == run(f"bash -c {shlex.quote(script)}")


@pytest.mark.parametrize("shell", ["zsh", "fish"])
def test_other_shells_are_given_their_own(shell: str) -> None:
    (block,) = of(shell)
    found = re.search(r"_LAUNCHFSM_COMPLETE=\w+ launchfsm", block.text)
    assert found is not None

    assert f"_LAUNCHFSM_COMPLETE={shell}_complete" in run(found[0])

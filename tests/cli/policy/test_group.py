"""The group tells of each subcommand what it tells itself."""

from __future__ import annotations

import pytest

from launchfsm.cli.program import POLICY_SUBCOMMANDS as SUBCOMMANDS
from tests.cli.running import invoke


@pytest.mark.parametrize("name", SUBCOMMANDS)
def test_the_table_tells_of_each_subcommand_what_it_tells_itself(name: str) -> None:
    command = SUBCOMMANDS[name].load()

    assert name == command.name
    assert SUBCOMMANDS[name].summary == (command.help or "").splitlines()[0]


@pytest.mark.parametrize("name", ["new", "check", "test", "verify", "eval", "show"])
def test_help_says_what_the_exit_status_means(name: str) -> None:
    assert "Exit status " in invoke("policy", name, "--help").out


def test_without_a_subcommand_there_is_help() -> None:
    assert invoke("policy", "--help") == invoke("policy")


@pytest.mark.parametrize(
    "line", ["chekc", "check", "check one two", "test", "verify", "verify --bogus", "new", "show"]
)
def test_wrong_usage_ends_with_64_and_says_how_to_go_on(line: str) -> None:
    ended = invoke("policy", *line.split())

    assert (64, "") == (ended.status, ended.out)
    assert "Error: " in ended.errors
    assert "--help" in ended.errors


def test_a_misspelt_subcommand_is_told_the_nearest() -> None:
    assert "(did you mean 'check'?)" in invoke("policy", "chekc").errors

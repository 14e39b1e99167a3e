from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from launchfsm.demo.scenarios import SCENARIOS
from launchfsm.demo.showing import show
from tests.cli.running import invoke

if TYPE_CHECKING:
    from pathlib import Path


@pytest.fixture(scope="module")
def shown(tmp_path_factory: pytest.TempPathFactory) -> list[str]:
    """What the demo shows; it is real, so it is run once."""
    return list(show(str(tmp_path_factory.mktemp("demo"))))


def section(shown: list[str], number: int) -> list[str]:
    text = "\n".join(shown)
    return text.split("\n\n")[number].splitlines()


def test_every_scenario_is_shown(shown: list[str]) -> None:
    titles = [line for line in shown if line and not line.startswith(" ")]

    expected = [f"{n}. {found.title}" for n, found in enumerate(SCENARIOS.values(), start=1)]
    assert expected == titles


def test_the_first_ends_with_everybody_confirmed(shown: list[str]) -> None:
    lines = section(shown, 0)

    assert "   ended as completed                 ok       every member is confirmed" in lines
    assert ["confirmed_alive"] * 2 == [line.split()[1] for line in lines if "_alive" in line][-2:]


def test_the_second_says_which_member_failed_and_why(shown: list[str]) -> None:
    lines = section(shown, 1)

    told = "   writer       failed_to_start  exited with status 3 before it confirmed: no model"
    assert told in lines


def test_the_third_is_pending_until_its_owner_is_killed_and_failed_from_then_on(
    shown: list[str],
) -> None:
    lines = section(shown, 2)
    killed = next(n for n, line in enumerate(lines) if "SIGKILL" in line)

    assert all(" pending " in line for line in lines[1:killed])
    assert " failed " in lines[killed]
    assert "is gone before bootstrap reached a terminal state" in lines[killed]


def test_the_third_keeps_its_confirmed_member_because_a_machine_refuses(
    shown: list[str],
) -> None:
    lines = section(shown, 2)

    assert "   researcher   confirmed_alive" in lines
    assert "           but its machine refuses lose_owner in confirmed_alive" in lines


def test_the_command_leaves_the_records_where_it_was_told_to(tmp_path: Path) -> None:
    root = tmp_path / "kept"

    ended = invoke("demo", "--keep", root)

    assert 0 == ended.status
    assert set(SCENARIOS) == {folder.name for folder in root.iterdir()}
    assert 2 == invoke("--root", root, "check", "owner-killed").status

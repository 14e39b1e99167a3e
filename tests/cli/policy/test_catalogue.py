"""`--catalogue`: every command for authors works for decisions that are not those of a launch."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.cli.running import invoke
from tests.policy.test_other_domain import HOUSE
from tests.policy.written import write

if TYPE_CHECKING:
    from pathlib import Path

OTHER = ("--catalogue", "tests.policy.test_other_domain:CATALOGUE")


@pytest.fixture
def house(tmp_path: Path) -> Path:
    """A policy of changes that somebody wants to deploy."""
    return write(tmp_path, {"house.toml": HOUSE}) / "house.toml"


@pytest.mark.parametrize(
    ("command", "said"),
    [
        (("check",), "house: nothing is wrong (2 tables, 5 rules)"),
        (("test", "--coverage"), "2 of 5 rules fired"),
        (("verify", "--tables"), "deploy: "),
        (("show",), 'id = "stale"'),
    ],
)
def test_a_policy_of_another_catalogue_is_worked_on(
    house: Path, command: tuple[str, ...], said: str
) -> None:
    ended = invoke("policy", *command, house, *OTHER)

    assert (0, "") == (ended.status, ended.errors)
    assert said in ended.out


def test_a_table_of_it_is_asked(house: Path) -> None:
    facts = ("branch=main", "tests=passed", "waited=3d")

    asked = invoke("policy", "eval", "deploy", *facts, "--policy", house, *OTHER)

    assert asked.out.startswith("deploy: stale -> open=false, reason='approved 3d ago'")


def test_two_of_them_are_compared(house: Path) -> None:
    other = house.with_name("other.toml")
    other.write_text(house.read_text().replace("'2d'", "'3d'").replace('"house"', '"other"'))

    ended = invoke("policy", "verify", other, "--against", house, *OTHER)

    assert 1 == ended.status
    assert "other against house: 1 difference" in ended.out


def test_what_rules_may_ask_and_how_editors_know_it_comes_with_it() -> None:
    assert "## deploy\n\nDoes a change go out?" in invoke("policy", "catalogue", *OTHER).out
    assert '"deploy-rule"' in invoke("policy", "schema", *OTHER).out


@pytest.mark.parametrize(
    ("catalogue", "said"),
    [
        ("gate", "write module:NAME"),
        ("no.such.module:CATALOGUE", "ModuleNotFoundError: No module named"),
        ("tests.policy.test_other_domain:CATALOG", "AttributeError: "),
        ("tests.policy.test_other_domain:DEPLOY", "a catalogue is a mapping of names to decisions"),
        ("tests.cli.policy.catalogues:UNNAMED", "'deploy' stands under the name 'gate'"),
        ("tests.cli.policy.catalogues:NO_DECISION", "'deploy' is 3, and no Decision"),
        ("tests.cli.policy.catalogues:UNWRITABLE", "Unwritable.when is a <class 'complex'>"),
        (
            "tests.cli.policy.catalogues:UNSOUND",
            "'gate' declares 'brnch is None': brnch is no fact",
        ),
    ],
)
def test_a_catalogue_that_cannot_be_used_is_told(house: Path, catalogue: str, said: str) -> None:
    ended = invoke("policy", "check", house, "--catalogue", catalogue)

    assert (64, "") == (ended.status, ended.out)
    assert said in " ".join(ended.errors.split())

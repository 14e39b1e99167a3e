"""`policy show` prints a policy whole; `schema` and `catalogue` print what authors look up."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING

from launchfsm.decisions.catalogue import CATALOGUE
from launchfsm.policy.authoring.reference import reference
from launchfsm.policy.authoring.schema import rule_file_schema
from tests.cli.policy.policies import FAULTY, lay_policy
from tests.cli.running import invoke

if TYPE_CHECKING:
    import pytest

ROOT = Path(__file__).parents[3]


def test_what_is_shown_decides_alike(tmp_path: Path) -> None:
    shown = tmp_path / "shown.toml"
    shown.write_text(invoke("policy", "show", lay_policy(tmp_path / "mine")).out)

    again = invoke("policy", "verify", shown, "--against", tmp_path / "mine")

    assert 0 == again.status
    assert "mine against mine: the same\n" in again.out


def test_each_rule_says_where_it_came_from(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    lay_policy(tmp_path / "mine")
    monkeypatch.chdir(tmp_path)

    lines = invoke("policy", "show", "./mine").out.splitlines()

    assert "# mine: mine/owner.toml:3" == lines[lines.index('id = "never-updated"') - 2]


def test_a_condition_that_is_not_sound_is_shown_as_it_is(tmp_path: Path) -> None:
    unsound = '[[rule]]\nid = "odd"\nwhen = "ownr"\nthen = {}\n'

    shown = invoke("policy", "show", lay_policy(tmp_path / "mine", unsound))

    assert 0 == shown.status
    assert 'when = "ownr"\n' in shown.out


def test_files_that_cannot_be_merged_are_not_shown(tmp_path: Path) -> None:
    ended = invoke("policy", "show", lay_policy(tmp_path / "mine", FAULTY))

    assert (3, "") == (ended.status, ended.out)
    assert "owner.toml:9:6: " in ended.errors


def test_the_schema_is_printed_as_it_is_shipped() -> None:
    printed = invoke("policy", "schema").out

    assert rule_file_schema(CATALOGUE) == json.loads(printed)
    assert printed == (ROOT / "rules" / "rules.schema.json").read_text(encoding="utf-8")


def test_the_catalogue_is_printed() -> None:
    assert reference(CATALOGUE) == invoke("policy", "catalogue").out

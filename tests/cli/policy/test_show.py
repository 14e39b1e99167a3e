"""`policy show` prints a policy whole; `schema` and `catalogue` print what authors look up."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING

from launchfsm.decisions.catalogue import CATALOGUE
from launchfsm.policy.authoring.reference import reference
from launchfsm.policy.authoring.schema import rule_file_schema
from tests.cli.policy.policies import FAULTY, lay_policy
from tests.cli.running import invoke, run_on_terminal

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


DRAWN = """\
team_state: What is the state of all members together? (§5) (hit policy: first)

rule                    names  pending  failed  skipped  bootstrap_failed  → team_state
──────────────────────  ─────  ───────  ──────  ───────  ────────────────  ───────────────
some-failed             –      –        > 0     –        –                 partial_failure
some-pending            –      > 0      –       –        –                 partial_pending
some-skipped            –      –        –       > 0      –                 partial_skipped
failed-without-members  0      –        –       –        yes               partial_failure
all-confirmed           –      –        –       –        –                 clean_success
"""  # noqa: RUF001 - dashes


def test_a_table_is_drawn() -> None:
    assert DRAWN == invoke("policy", "show", "default", "--table", "team_state").out


def test_every_table_is_drawn_in_markdown() -> None:
    drawn = invoke("policy", "show", "default", "--table", "--markdown").out

    assert list(CATALOGUE) == [line[3:] for line in drawn.splitlines() if line.startswith("## ")]
    assert "\n| some-failed | – | – | > 0 | – | – | partial_failure |\n" in drawn  # noqa: RUF001


def test_on_a_narrow_terminal_some_facts_stay_in_conditions_and_no_line_is_too_long() -> None:
    drawn = run_on_terminal("policy", "show", "default", "--table", "team_state", columns=80).out
    lines = drawn.splitlines()

    assert 80 >= max(map(len, lines))
    assert "rule                    pending  failed  and" in drawn
    assert any("names == 0 and" in line for line in lines)


def test_a_table_that_is_not_there_is_told() -> None:
    ended = invoke("policy", "show", "default", "--table", "verdcit")

    assert (3, "") == (ended.status, ended.out)
    assert "there is no table 'verdcit' in default (did you mean 'verdict'?)" in ended.errors


def test_markdown_of_no_table_is_told() -> None:
    assert "give both" in invoke("policy", "show", "reference", "--markdown").errors


def test_the_schema_is_printed_as_it_is_shipped() -> None:
    printed = invoke("policy", "schema").out

    assert rule_file_schema(CATALOGUE) == json.loads(printed)
    assert printed == (ROOT / "rules" / "rules.schema.json").read_text(encoding="utf-8")


def test_the_catalogue_is_printed() -> None:
    assert reference(CATALOGUE) == invoke("policy", "catalogue").out

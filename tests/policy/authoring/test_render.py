from __future__ import annotations

import json
import re
import tomllib
from typing import TYPE_CHECKING

import pytest

from launchfsm.decisions.catalogue import CATALOGUE
from launchfsm.policies import load_policy
from launchfsm.policy.authoring.render import policy_toml

if TYPE_CHECKING:
    from pathlib import Path


@pytest.mark.parametrize("name", ["reference", "default"])
def test_what_is_shown_loads_and_has_the_same_rules_and_params(name: str, tmp_path: Path) -> None:
    shown = tmp_path / "shown.toml"
    shown.write_text(policy_toml(name, catalogue=CATALOGUE))

    original, again = load_policy(name), load_policy(shown)

    assert original.tables.keys() == again.tables.keys()
    for table in original.tables:
        mine, theirs = original.tables[table], again.tables[table]
        assert mine.params == theirs.params
        assert mine.hit == theirs.hit
        assert [(rule.id, rule.when, rule.then, rule.why) for rule in mine.rules] == [
            (rule.id, rule.when, rule.then, rule.why) for rule in theirs.rules
        ]


def test_each_rule_and_param_says_where_it_came_from() -> None:
    text = policy_toml("default", catalogue=CATALOGUE)

    assert re.search(r"^# default: \S*rules/default/owner\.toml:\d", text, re.MULTILINE)
    assert re.search(r"^# reference: \S*rules/reference/owner\.toml:\d", text, re.MULTILINE)
    assert re.search(
        r'^start_tolerance = "5s"  # \S*rules/default/owner\.toml:\d', text, re.MULTILINE
    )


HOSTILE = "line\nend \x1b[31m\x7f\u202e\U000e0041"


def test_nothing_that_a_policy_says_leaves_its_line_or_acts_on_a_terminal(tmp_path: Path) -> None:
    text = json.dumps(HOSTILE).replace("\\udb40\\udc41", "\\U000e0041")
    policy = tmp_path / "hostile.toml"
    policy.write_text(
        f'policy = "hostile"\nextends = "reference"\n[[tables.owner.rule]]\nid = "owner-gone"\n'
        f"override = true\nwhy = {text}\n"
    )

    text = policy_toml(policy, catalogue=CATALOGUE)
    shown = tmp_path / "shown.toml"
    shown.write_text(text)

    assert text.replace("\n", "").isprintable()
    assert HOSTILE in {rule.why for rule in load_policy(shown).tables["owner"].rules}


def test_texts_that_toml_reads_otherwise_than_json_are_shown_so_that_they_load(
    tmp_path: Path,
) -> None:
    policy = tmp_path / "odd.toml"
    policy.write_text(
        'policy = "odd"\nextends = "reference"\n[[tables.owner.rule]]\nid = "owner-gone"\n'
        'override = true\nthen = { reason = "\\u007f \\" \\\\ \\t ü {{braces}}" }\n'
    )
    shown = tmp_path / "shown.toml"
    shown.write_text(policy_toml(policy, catalogue=CATALOGUE))

    rules = {rule.id: rule for rule in load_policy(shown).tables["owner"].rules}

    assert '\x7f " \\ \t ü {{braces}}' == rules["owner-gone"].then["reason"].source


ODD_VALUES = """\
policy = "odd"
extends = "reference"
[tables.owner.params]
day = 2026-12-01
hour = 09:30:00.5
instant = 2026-12-01T09:30:00+01:00
most = inf
least = -inf
none = nan
huge = 0xHUGE
"a param" = [1e3, { "a key" = true, "" = 1 }]
[tables."a table"]
on = "owner"
[tables."a table".outcome."a field"]
type = "number"
default = inf
[[tables."a table".rule]]
id = "one"
then = { "a field" = 1979-05-27 }
"""


def test_every_value_and_key_that_toml_has_is_shown_as_toml(tmp_path: Path) -> None:
    policy = tmp_path / "odd.toml"
    policy.write_text(ODD_VALUES.replace("HUGE", "f" * 5_000))

    written = tomllib.loads(policy.read_text())["tables"]
    shown = tomllib.loads(policy_toml(policy, catalogue=CATALOGUE))["tables"]

    for name, value in written["owner"]["params"].items():
        again = shown["owner"]["params"][name]
        assert again == value or value != value, name  # noqa: PLR0124 - not a number
    assert written["a table"] == shown["a table"]

"""The page about a policy: its tables, its tests, what they leave out, and what it changes."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from launchfsm.policies import load_policy
from launchfsm.policy.diagnostics import PolicyError
from launchfsm.policy.discovery import PolicyNotFoundError
from launchfsm.report.page import write_policy_report
from launchfsm.report.policies import ShownTable, shown_tables
from tests.cli.running import invoke
from tests.report.pages import Outline

if TYPE_CHECKING:
    from pathlib import Path

OWNER = """
table = "owner"

[params]
stale_after = "5m"

[[rule]]
id = "owner-gone-stale"
override = true
then = { dead = true, reason = "gone" }

[[rule]]
id = "mine"
before = "owner-there"
when = "owner == 'alive' and owner_pid == 7"
then = { dead = true, reason = "seven <b>is</b> gone" }
why = "Seven is </td><script>alert(1)</script>."

[[rule.test]]
facts = { phase_kind = "active", owner = "alive", owner_pid = 7 }
fires = true

[[rule.test]]
facts = { phase_kind = "active", owner = "dead", owner_pid = 7 }
fires = true

[[rule]]
id = "owner-gone"
disable = true
"""


def tables_of(policy: str | Path) -> dict[str, ShownTable]:
    return {table.drawn.name: table for table in shown_tables(load_policy(policy))}


@pytest.fixture
def policy(tmp_path: Path) -> Path:
    folder = tmp_path / "mine"
    folder.mkdir()
    (folder / "policy.toml").write_text(
        'policy = "mine"\ndescription = "One."\nextends = "reference"'
    )
    (folder / "owner.toml").write_text(OWNER)
    return folder


def test_it_shows_what_became_of_the_parents_rules(policy: Path) -> None:
    found = tables_of(policy)
    changes = {change.name: change for change in found["owner"].changes}

    assert {
        "param stale_after": "changed",
        "owner-gone-stale": "changed",
        "mine": "added",
        "owner-gone": "removed",
    } == {name: change.kind for name, change in changes.items()}
    assert (("'3m'",), ("'5m'",)) == (
        changes["param stale_after"].parent,
        changes["param stale_after"].here,
    )
    assert () == changes["mine"].parent == changes["owner-gone"].here
    assert "reason = gone" in changes["owner-gone-stale"].here
    assert ["owner"] == [name for name, table in found.items() if table.changes]


def test_it_shows_tests_and_what_they_leave_out(policy: Path) -> None:
    owner = tables_of(policy)["owner"]

    passed, failed = owner.tests["mine"]
    assert ("fires", ()) == (passed.expected, passed.problems)
    assert "owner_pid = 7" in passed.facts
    assert ("rule 'mine' should fire, and does not",) == failed.problems
    seen = {gap.condition: gap.seen for gap in owner.uncovered["mine"]}
    assert True is seen["owner_pid == 7"]


def test_a_moved_rule_is_a_change(tmp_path: Path) -> None:
    parent = tmp_path / "parent.toml"
    child = tmp_path / "child.toml"
    parent.write_text('policy = "parent"\nextends = "reference"\n')
    child.write_text(
        'policy = "child"\nextends = "parent.toml"\n'
        '[[tables.owner.rule]]\nid = "owner-gone"\noverride = true\nbefore = "owner-gone-stale"\n'
    )
    (change,) = [change for table in tables_of(child).values() for change in table.changes]

    assert ("moved", "order of the rules") == (change.kind, change.name)
    assert sorted(change.parent) == sorted(change.here)


def test_a_table_of_ones_own_is_a_change(tmp_path: Path) -> None:
    own = tmp_path / "own.toml"
    own.write_text(
        'policy = "own"\nextends = "reference"\n'
        '[tables.crowd]\non = "verdict"\nhit = "first"\ndoc = "Are they many?"\n'
        '[tables.crowd.outcome]\nlarge = { type = "boolean" }\n'
        '[[tables.crowd.rule]]\nid = "any"\nthen = { large = true }\n'
    )
    changed = {name: table.changes for name, table in tables_of(own).items() if table.changes}

    assert {"crowd": ["added"]} == {
        name: [one.kind for one in all_of] for name, all_of in changed.items()
    }


@pytest.fixture(scope="module")
def default(tmp_path_factory: pytest.TempPathFactory) -> tuple[list[ShownTable], str]:
    file = tmp_path_factory.mktemp("page") / "default.html"
    write_policy_report("default", file)
    return [*tables_of("default").values()], file.read_text(encoding="utf-8")


def test_every_table_rule_and_change_is_on_the_page(default: tuple[list[ShownTable], str]) -> None:
    tables, page = default
    found = Outline(page)
    tests = sum(len(tests) for table in tables for tests in table.tests.values())

    assert [] == found.faults
    assert len(tables) == page.count("<section ")
    assert sum(len(table.drawn.rules) for table in tables) == page.count('<th scope="row">')
    assert sum(len(table.changes) for table in tables) == page.count('<div class="sides">')
    assert tests == page.count('<b class="w confirmed">passed</b>')
    assert f"{tests} of {tests} tests passed" in found.text
    assert {link.removeprefix("#") for link in found.links} <= {*found.ids}


def test_texts_of_a_policy_stay_text(policy: Path, tmp_path: Path) -> None:
    write_policy_report(policy, tmp_path / "page.html")
    page = (tmp_path / "page.html").read_text(encoding="utf-8")
    found = Outline(page)

    assert [] == found.faults
    assert "script" not in found.tags
    assert "Seven is </td><script>alert(1)</script>." in found.text
    assert "style-src 'sha256-" in page


def test_the_command_writes_it_and_says_what_it_cannot(policy: Path, tmp_path: Path) -> None:
    file = tmp_path / "page.html"
    done = invoke("policy", "report", policy, "-o", file)
    assert (0, True) == (done.status, f"wrote {file}: policy mine" in done.out)

    with pytest.raises(PolicyNotFoundError):
        write_policy_report("nobody", file)
    (policy / "owner.toml").write_text(OWNER.replace("owner_pid == 7", "pid == 7"))
    with pytest.raises(PolicyError):
        write_policy_report(policy, file)
    faulty = invoke("policy", "report", policy, "-o", file)
    assert (3, True) == (faulty.status, "unknown-fact" in faulty.errors)
    assert "Policy mine" in file.read_text(encoding="utf-8")

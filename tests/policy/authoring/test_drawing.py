"""A drawn table says of each rule what its condition says: in cells, and else in words."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from launchfsm.engine.parser import parse_condition
from launchfsm.policies import load_policy
from launchfsm.policy import load_policy as load
from launchfsm.policy.authoring.drawing import ANY, DrawnRule, DrawnTable, draw
from tests.policy.test_other_domain import CATALOGUE, HOUSE
from tests.policy.written import write

if TYPE_CHECKING:
    from pathlib import Path


def drawn(folder: Path, when: str, *, most_facts: int | None = None) -> DrawnTable:
    """The table `deploy` with a condition in its first rule."""
    text = HOUSE.replace("tests == 'failed' or tests is None", when)
    path = write(folder, {"house.toml": text}) / "house.toml"
    return draw(load(path, catalogue=CATALOGUE).tables["deploy"], most_facts=most_facts)


def cell(table: DrawnTable, fact: str) -> str:
    """What the first rule says of a fact."""
    return table.rules[0].cells[table.facts.index(fact)] if fact in table.facts else ANY


@pytest.mark.parametrize(
    ("when", "fact", "said"),
    [
        ("tests == 'failed'", "tests", "failed"),
        ("tests != 'failed'", "tests", "!= failed"),
        ("not tests == 'failed'", "tests", "not failed"),
        ("tests in ['failed', 'passed']", "tests", "failed or passed"),
        ("tests not in ['failed', 'passed']", "tests", "!= failed and != passed"),
        ("not (tests == 'failed' or tests == 'passed')", "tests", "not failed and not passed"),
        ("not (tests != 'failed' and tests != 'passed')", "tests", "not (!= failed and != passed)"),
        ("tests is None", "tests", "unknown"),
        ("not tests is None", "tests", "known"),
        ("tests is None or tests == 'failed'", "tests", "unknown or failed"),
        ("waited >= '2d' and waited < '3d'", "waited", ">= '2d' and < '3d'"),
        ("waited > window", "waited", "> window"),
        ("branch.startswith(trusted)", "branch", "starts with trusted"),
        ("not branch.endswith('x')", "branch", "not ends with 'x'"),
        ("'main' in branch", "branch", "contains 'main'"),
        ("'main' not in branch", "branch", "lacks 'main'"),
    ],
)
def test_a_cell_is_the_question_without_its_fact(
    tmp_path: Path, when: str, fact: str, said: str
) -> None:
    table = drawn(tmp_path, when)

    assert said == cell(table, fact)
    assert "" == table.rules[0].condition


def test_what_does_not_fit_the_grid_shows_its_condition(tmp_path: Path) -> None:
    table = drawn(tmp_path, "tests == 'failed' and (waited > '1d' or branch == 'main')")

    assert ("failed", ANY) == (cell(table, "tests"), cell(table, "waited"))
    assert "waited > '1d' or branch == 'main'" == table.rules[0].condition


def test_the_facts_that_the_fewest_rules_ask_go_first_where_there_is_no_room(
    tmp_path: Path,
) -> None:
    when = "tests == 'failed' and branch == 'main' and not waited > '1d'"

    assert ("branch", "tests", "waited") == drawn(tmp_path, when).facts
    narrow = drawn(tmp_path, when, most_facts=1)
    assert ("branch",) == narrow.facts
    assert "tests == 'failed' and not waited > '1d'" == narrow.rules[0].condition


def test_a_row_says_what_its_rule_answers_and_where_it_stands(tmp_path: Path) -> None:
    table = drawn(tmp_path, "tests == 'failed'")

    assert ("open", "reason") == table.outcome
    assert ("no", "its tests {tests}") == table.rules[0].answers
    assert [("red", "house"), ("stale", "house"), ("rest", "house")] == [
        (row.rule.id, row.rule.origin) for row in table.rules
    ]
    assert {"window": "'2d'", "trusted": "['release/', 'hotfix/']"} == table.params


def test_markdown_is_a_table_of_the_grid(tmp_path: Path) -> None:
    text = drawn(tmp_path, "'|' in branch and tests is None").markdown()

    assert text.startswith("## deploy\n\nDoes a change go out? Hit policy: first.\n")
    assert "| rule | branch | tests | waited | → open | → reason |\n| --- |" in text
    assert "| red | contains '\\|' | unknown | \u2013 | no | its tests {tests} |" in text


@pytest.mark.parametrize("name", ["reference", "default"])
def test_no_question_of_a_shipped_rule_is_left_out_of_its_row(name: str) -> None:
    for table in load_policy(name).tables.values():
        drawing = draw(table)
        assert len(table.rules) == len(drawing.rules)
        for rule, row in zip(table.rules, drawing.rules, strict=True):
            assert set(rule.reads()) == facts_of(row, drawing)


def facts_of(row: DrawnRule, drawing: DrawnTable) -> set[str]:
    """The facts that a row asks, in its cells and in its condition."""
    table = load_policy("default").tables[drawing.name]
    asked = {fact for fact, said in zip(drawing.facts, row.cells, strict=True) if said != ANY}
    if row.condition:
        read = parse_condition(
            row.condition, facts=table.decision.fact_fields, params=table.params
        ).condition
        asked |= {test.fact for test in read.tests()}
    return asked

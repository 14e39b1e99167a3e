"""A pattern stands for every text that a rule says in a situation."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from hypothesis import given

from launchfsm.ecma.text import number_text
from launchfsm.engine.templates import template_names
from launchfsm.engine.text import duration_text
from launchfsm.policy.analysis.outputs import (
    Answer,
    answer_of,
    readings,
    same,
    settled,
)
from launchfsm.policy.analysis.space import regions_of, space_of
from tests.policy.analysis.doors import any_table, door, facts_strategy, rule, table_of, tables

if TYPE_CHECKING:
    from launchfsm.engine.table import Table


def printed(facts: dict[str, Any]) -> dict[str, str]:
    """Facts as a text shows them: a second statement of how it does."""
    texts = {name: str(value) for name, value in facts.items()}
    for name in ("visitors", "weight"):
        if facts[name] is not None:
            texts[name] = number_text(facts[name])
    for name in ("age", "since"):
        if facts[name] is not None:
            texts[name] = duration_text(facts[name])
    return {name: "unknown" if facts[name] is None else text for name, text in texts.items()}


def said(answer: Answer, facts: dict[str, Any]) -> dict[str, Any]:
    return dict(settled(answer, printed(facts)))


def outcome(table: Table, facts: dict[str, Any]) -> Any:
    found = table.decide(table.decision.facts(**facts))
    fields = tuple(table.decision.outcome_fields)
    if table.hit != "collect":
        return {name: getattr(found, name) for name in fields}
    return [{name: getattr(item, name) for name in fields} for item in found]


def test_params_are_filled_in_and_facts_stay() -> None:
    table = table_of(
        rule("r", None, {"text": "{{{greeting} {name}}}", "level": 1}),
        head="params.greeting = 'hi'",
    )
    answer = dict(answer_of(table, table.rules[0]))
    assert (("{hi ", "name"), ("}", "")) == answer["text"].parts
    assert "{{hi {name}}}" == answer["text"].source
    assert (False, 1, ()) == (answer["opens"], answer["level"], answer["lines"])


def test_a_text_without_facts_is_just_a_text() -> None:
    table = table_of(rule("r", None, {"text": "{{", "lines": ["", "a{b}"]}), head="params.b = 'c'")
    answer = dict(answer_of(table, table.rules[0]))
    assert ("{", ("", "ac")) == (answer["text"], answer["lines"])


def test_the_facts_of_an_answer_are_found_in_its_lists_too() -> None:
    table = table_of(rule("r", None, {"text": "{name}", "lines": ["{note}", "{name}"]}))
    assert ["name", "note", "name"] == list(template_names(answer_of(table, table.rules[0])))


def test_a_fact_with_one_value_becomes_part_of_the_text() -> None:
    table = table_of(
        rule("a", "visitors == 0", {"text": "0 of them"})
        + rule("b", None, {"text": "{visitors} of them"})
    )
    space = space_of(table)
    first, second = (answer_of(table, row) for row in table.rules)
    alike = same(first, second, space)
    assert space.where(table.rules[0].when) == alike


def test_an_unknown_fact_reads_as_unknown() -> None:
    table = table_of(
        rule("a", "note is None", {"text": "unknown"}) + rule("b", None, {"text": "{note}"})
    )
    space = space_of(table)
    first, second = (answer_of(table, row) for row in table.rules)
    alike = same(first, second, space)
    assert space.where(table.rules[0].when) == alike


@given(any_table(), facts_strategy())
def test_a_rule_says_what_its_pattern_says_in_every_situation(
    table: Table, facts: dict[str, Any]
) -> None:
    space = space_of(table)
    regions = regions_of(table, space)
    here = space.inside(space.box_of(facts))
    told = []
    for row, where in zip(table.rules, regions.wins, strict=True):
        if where & here:
            pieces = [
                piece
                for piece, area in readings(answer_of(table, row), space).items()
                if area & here
            ]
            assert 1 == len(pieces)
            told.append(said(pieces[0], facts))
    if table.hit == "collect":
        assert told == outcome(table, facts)
    else:
        assert (told or [dict(answer_of(table, None))]) == [outcome(table, facts)]


@given(tables(), facts_strategy())
def test_answers_that_are_the_same_somewhere_read_the_same_there(
    table: Table, facts: dict[str, Any]
) -> None:
    space = space_of(table)
    here = space.inside(space.box_of(facts))
    answers = [answer_of(table, row) for row in table.rules]
    for left in answers:
        for right in answers:
            if same(left, right, space) & here:
                assert said(left, facts) == said(right, facts)


def test_a_door_at_rest_can_be_decided() -> None:
    table = table_of(rule("r", None, {"text": "{guard} {weight}"}))
    assert "unknown unknown" == outcome(table, door())["text"]

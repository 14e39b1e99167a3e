"""Texts of outcomes: facts and params in braces, and what is wrong with one where it stands."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from launchfsm.engine.templates import (
    ReadTemplate,
    Template,
    param_text,
    plain,
    read_template,
    template_names,
    writer,
)
from launchfsm.engine.types import ValueType

if TYPE_CHECKING:
    from launchfsm.engine.types import TypeName


FACTS = ["owner", "owner_pid", "age"]
PARAMS = {"grace": "3m", "most": 3, "weight": 2.0, "loud": True, "few": [1], "odd": {"a": 1}}


def read(source: str) -> ReadTemplate:
    return read_template(source, facts=FACTS, params=PARAMS)


@pytest.mark.parametrize(
    ("source", "parts"),
    [
        ("", [("", "")]),
        ("plain", [("plain", "")]),
        ("{owner}", [("", "owner"), ("", "")]),
        ("pid {owner_pid} of {owner}!", [("pid ", "owner_pid"), (" of ", "owner"), ("!", "")]),
        ("{owner}{age}", [("", "owner"), ("", "age"), ("", "")]),
        ("{{owner}}", [("{owner}", "")]),
        ("{{{owner}}}", [("{", "owner"), ("}", "")]),
        ("a}}b{{c", [("a}b{c", "")]),
        ("after {grace}, {owner}!", [("after 3m, ", "owner"), ("!", "")]),
        ("{most} of {weight}: {loud}", [("3 of 2: true", "")]),
    ],
)  # fmt: skip
def test_what_a_text_is_made_of(source: str, parts: list[tuple[str, str]]) -> None:
    found = read(source)

    assert () == found.problems
    assert Template(source, tuple(parts)) == found.template


def test_the_params_that_a_text_names_count_as_used() -> None:
    assert {"grace", "most"} == read("{grace} {owner} {most} {grace}").params


@pytest.mark.parametrize(
    ("source", "code", "underlined", "said"),
    [
        ("a {onwer}", "unknown-fact", "{onwer}", "'onwer' is no fact or param (did you mean 'owne"),
        ("{ owner }", "unknown-fact", "{ owner }", "' owner ' is no fact or param (did you "),
        ("{x}", "unknown-fact", "{x}", "known here: owner, owner_pid, age, grace, most, weight, "),
        ("é {age:>3}", "template", "{age:>3}", "'{age:>3}': in braces stands the name of"),
        ("{age!r}", "template", "{age!r}", "in braces stands the name"),
        ("{age.real}", "template", "{age.real}", "in braces stands the name"),
        ("{age[0]}", "template", "{age[0]}", "in braces stands the name"),
        ("{}", "template", "{}", "in braces stands the name"),
        ("{0}", "unknown-fact", "{0}", "'0' is no fact or param"),
        ("a { b", "template", "{", "this { stands alone; a brace itself is written twice: {{"),
        ("a } b", "template", "}", "this } stands alone; a brace itself is written twice: }}"),
        ("{few}", "wrong-type", "{few}", "param few is [1], which has no place in a text"),
        ("{odd}", "wrong-type", "{odd}", "param odd is a table of keys and values, which"),
    ],
)  # fmt: skip
def test_what_is_wrong_with_a_text_is_told_where_it_stands(
    source: str, code: str, underlined: str, said: str
) -> None:
    (problem,) = read(source).problems

    assert code == problem.code
    assert underlined == source[problem.offset : problem.offset + problem.length]
    assert said in problem.message


def test_a_brace_is_written_twice_and_no_more_often() -> None:
    (problem,) = read("a { b").problems

    assert problem.message.endswith(" twice: {{")


def test_a_param_that_has_no_place_in_a_text_is_to_blame() -> None:
    assert ["few", ""] == [problem.param for problem in read("{few} {x}").problems]


def test_all_problems_of_a_text_are_told_in_order() -> None:
    problems = read("{onwer} and {age} and {x:1} }").problems

    assert ["unknown-fact", "template", "template"] == [problem.code for problem in problems]


@given(st.one_of(st.text(), st.text(st.sampled_from("{}ownerag:![] 0"))))
def test_no_text_makes_reading_raise(source: str) -> None:
    found = read(source)

    for problem in found.problems:
        assert problem.length >= 1
        assert problem.offset + problem.length <= len(source)


@given(st.text(), st.text())
def test_a_text_with_its_braces_doubled_says_what_it_said(before: str, behind: str) -> None:
    doubled = [re.sub(r"([{}])", r"\1\1", text) for text in (before, behind)]

    assert ((before, "owner"), (behind, "")) == read("{owner}".join(doubled)).template.parts


@pytest.mark.parametrize(
    ("value", "text"),
    [
        ("3m", "3m"),
        (True, "true"),
        (3, "3"),
        (2.0, "2"),
        (1e21, "1e+21"),
        ([1], None),
        ({}, None),
        (None, None),
    ],
)
def test_what_a_param_says_in_a_text(value: object, text: str | None) -> None:
    assert text == param_text(value)


@pytest.mark.parametrize(
    ("kind", "value", "text"),
    [
        ("number", 4242.0, "4242"),
        ("number", 4242.5, "4242.5"),
        ("number", 1e21, "1e+21"),
        ("duration", 200_000, "3m 20s"),
        ("boolean", False, "false"),
        ("text", "as it is", "as it is"),
        ("word", "dead", "dead"),
        ("text", None, "unknown"),
        ("number", None, "unknown"),
        ("duration", None, "unknown"),
        ("boolean", None, "unknown"),
    ],
)
def test_how_a_fact_prints_in_a_text(kind: TypeName, value: Any, text: str) -> None:
    assert text == writer(ValueType(kind))(value)


def test_a_list_prints_with_commas() -> None:
    assert writer(ValueType("duration", many=True))((60_000, 1000)) == "1m, 1s"
    assert writer(ValueType("text", many=True, optional=True))(None) == "unknown"


def test_the_facts_of_an_outcome_are_those_of_its_texts() -> None:
    template = read("{owner} {age} {owner} {grace}").template

    assert ["owner", "age", "owner"] == list(template_names(template))
    assert ["owner", "age", "owner"] == list(template_names((template, "constant", 3)))
    assert [] == list(template_names(3))


def test_an_outcome_without_facts_is_its_texts() -> None:
    assert ("a {b}", 3, None) == plain((read("a {{b}}").template, 3, None))
    assert "3m" == plain(read("{grace}").template)

"""The readable part of a failure reason that is a whole routing answer."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from launchfsm.ecma.text import trim
from launchfsm.evaluation.causes import reason_text
from launchfsm.testing.strategies import failure_reasons
from tests.oracle import launch


def answer(routing: Any, **others: Any) -> str:
    return json.dumps({"success": True, "routing": routing, **others})


# a reason, what a person is shown
REASONS = [
    ("exit 1", "exit 1"),
    ('{"summary": "not a routing answer"}', '{"summary": "not a routing answer"}'),
    ("Message sent to lead", "Message sent to lead"),
    (answer({"summary": " Boot failed ", "content": "no tool\n"}), "Boot failed: no tool"),
    (answer({"content": "no tool", "summary": "Boot failed"}), "Boot failed: no tool"),
    (answer({"summary": "same", "content": " same "}), "same"),
    (answer({"summary": "", "content": "no tool"}), "no tool"),
    (answer({"summary": 5, "content": "no tool"}), "no tool"),
    (answer({"summary": " ", "content": "\ufeff"}), answer({"summary": " ", "content": "\ufeff"})),
    (answer({}), answer({})),
    (answer([]), answer([])),
    (answer([], summary="beside it"), answer([], summary="beside it")),
    # not a successful answer with a routing: the first fields found in the text
    (answer(None, summary="beside it"), "beside it"),
    (answer("text", content="beside it"), "beside it"),
    (answer({"summary": "inside"}, success=1), "inside"),
    (answer({"summary": "inside"}, success=False), "inside"),
    ('Message sent to lead: "summary": "one" and "summary": "two"', "one"),
    ('"routing" "summary" :\n "one", "content":"two"', "one: two"),
    ('[{"routing": 1, "summary": "in a list"}]', "in a list"),
    # whose fields they are
    ('{"summary": "out", "success": true, "routing": {"summary": "inside"}}', "inside"),
    ('{"summary": "outside", "success": false, "routing": {"summary": "in"}}', "outside"),
    # cut off
    ('{"success": true, "routing": {"summary": "Boot fai', "Boot fai"),
    ('{"success": true, "routing": {"summary": "Boot failed", "con', "Boot failed"),
    ('{"success": true, "routing": {"summary": "one", "content": "tw', "one: tw"),
    ('{"success": true, "routing": {"summary": "', '{"success": true, "routing": {"summary": "'),
    (r'"routing" "summary": "a \"b\" \u0063"', 'a "b" c'),
    (r'"routing" "summary": "cut in an escape \u00', r"cut in an escape \u00"),
    ('"routing" "summary": "cut at a backslash \\', "cut at a backslash"),
    ('"routing" "summary": "a\nline end is no JSON"', "a\nline end is no JSON"),
    (r'"routing" "summary": "\ud800"', "\ud800"),
    ("Message sent to " + "[" * 100_000, "Message sent to " + "[" * 100_000),
]


@pytest.mark.parametrize(("reason", "shown"), REASONS, ids=range(len(REASONS)))
def test_a_person_is_shown_summary_and_content(reason: str, shown: str) -> None:
    assert shown == reason_text(reason)
    assert shown == launch.reason_text(reason)


@given(reason=failure_reasons() | st.text())
def test_what_is_shown_is_never_blank_unless_the_reason_is(reason: str) -> None:
    assert trim(reason_text(reason)) or not trim(reason)


@given(text=st.text(st.characters(exclude_categories=["Cs"])), cut=st.integers(0, 60))
def test_wherever_an_answer_is_cut_off_there_is_a_text(text: str, cut: int) -> None:
    whole = answer({"summary": text, "content": text})

    assert reason_text(whole[: len(whole) - cut]) == launch.reason_text(whole[: len(whole) - cut])

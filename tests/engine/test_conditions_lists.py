"""Conditions over lists: whether anything is in them, which items, and what is true of each."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any, Literal

import attrs
import pytest
from hypothesis import given
from hypothesis import strategies as st

from launchfsm.engine.decision import Decision
from launchfsm.engine.parser import parse_condition
from launchfsm.engine.table import Rule, compile_table
from launchfsm.engine.types import Doc, Location, fields_of

if TYPE_CHECKING:
    from launchfsm.engine.conditions import Condition


@attrs.frozen
class Facts:
    """Lists."""

    names: Annotated[tuple[str, ...], Doc("Names.")] = ()
    events: Annotated[tuple[Literal["go", "stop"], ...] | None, Doc("Events.")] = None
    counts: Annotated[tuple[int, ...], Doc("Numbers.")] = ()
    flag: Annotated[bool | None, Doc("No list.")] = None


@attrs.frozen
class Answer:
    """An answer."""

    yes: Annotated[bool, Doc("Yes.")] = False


DECISION = Decision("lists", Facts, Answer, "What?")
PARAMS = {"few": ["a", "bb"], "one": "a"}

# a condition, and the same for Python
CONDITIONS = {
    "names": "bool(names)",
    "not names": "not names",
    "'a' in names": "'a' in names",
    "'a' not in names": "'a' not in names",
    "['a', 'bb'] in names": "'a' in names or 'bb' in names",
    "few not in names": "'a' not in names and 'bb' not in names",
    "one in names": "'a' in names",
    "any(x.startswith('b') for x in names)": "any(x.startswith('b') for x in names)",
    "all(x.endswith(few) for x in names)": "all(x.endswith(('a', 'bb')) for x in names)",
    "all(x in few for x in names)": "all(x in ('a', 'bb') for x in names)",
    "any('b' in x for x in names)": "any('b' in x for x in names)",
    "any(x != 'a' for x in names)": "any(x != 'a' for x in names)",
    "'go' in events": "events is not None and 'go' in events",
    "all(x == 'go' for x in events)": "events is not None and all(x == 'go' for x in events)",
    "not any(x == 'go' for x in events)": (
        "not (events is not None and any(x == 'go' for x in events))"
    ),
    "events is None or counts": "events is None or bool(counts)",
}


def read(text: str) -> Condition:
    parsed = parse_condition(text, facts=fields_of(Facts), params=PARAMS)
    assert () == parsed.problems
    return parsed.condition


@pytest.mark.parametrize("text", CONDITIONS)
@given(
    names=st.lists(st.sampled_from(["", "a", "b", "ab", "bb"]), max_size=4),
    events=st.none() | st.lists(st.sampled_from(["go", "stop"]), max_size=2),
    counts=st.lists(st.integers(), max_size=1),
)
def test_a_condition_holds_where_python_says_so(
    text: str, names: list[str], events: list[str] | None, counts: list[int]
) -> None:
    facts: dict[str, Any] = {
        "names": tuple(names),
        "events": None if events is None else tuple(events),
        "counts": tuple(counts),
        "flag": None,
    }
    condition = read(text)
    expected = eval(CONDITIONS[text], facts.copy())  # noqa: S307 - our own

    rule = Rule("one", condition, {"yes": True}, "", (), "", lambda: Location("", 1))
    decide = compile_table(DECISION, "first", [rule])

    assert expected == condition.holds(facts)
    assert expected == decide(Facts(**facts)).yes


@pytest.mark.parametrize("text", CONDITIONS)
def test_a_condition_reads_back_as_itself(text: str) -> None:
    assert read(text) == read(read(text).text())


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("names == 'a'", "names is a list; ask it as `names`, `'…' in names` or `any(item == "),
        ("names.startswith('a')", "names is a list; ask it as"),
        ("'g' in events", "'g' is none of go, stop"),
        ("1 in counts", "counts is a list; ask it as"),
        ("any(x > 1 for x in counts)", "only texts and words have items here"),
        ("any(x == 'a' for x in flag)", "only texts and words have items here"),
        ("any(flag == 'a' for flag in names)", "call an item by another name"),
        ("any(few == 'a' for few in names)", "call an item by another name"),
        ("any(x == 'a' and x == 'b' for x in names)", "ask one question of x"),
        ("any(not x == 'a' for x in names)", "ask one question of x"),
        ("any(x == 'a' for x in names if flag)", "write `any(question for item in a_list)`"),
        ("any(flag for x in names)", "flag is no fact"),
        ("all(x == 'a' for x in nams)", "nams is no fact (did you mean 'names'?)"),
        ("any(x for x in names)", "x is a text, not a boolean"),
        ("any(x == 'a' for x in 'a')", "'a' is no fact"),
        ("any(names)", "write `any(question for item in a_list)`"),
    ],
)
def test_what_cannot_be_asked_is_told(text: str, said: str) -> None:
    parsed = parse_condition(text, facts=fields_of(Facts), params=PARAMS)
    assert said in parsed.problems[0].message

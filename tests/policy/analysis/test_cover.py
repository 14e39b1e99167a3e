"""Boxes cover a set exactly, are as large as can be, and none is superfluous."""

from __future__ import annotations

import tomllib
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from launchfsm.engine.conditions import ALWAYS
from launchfsm.engine.parser import parse_condition
from launchfsm.engine.text import write_duration
from launchfsm.policy.analysis.cover import (
    condition_of,
    condition_text,
    cover,
    literal,
    narrow,
    readable,
)
from launchfsm.policy.analysis.reports import fact_text, facts_text
from launchfsm.policy.analysis.space import space_of
from launchfsm.policy.documents import toml_text
from tests.policy.analysis.doors import DOOR, conditions, door, facts_strategy, rule, table_of

if TYPE_CHECKING:
    from collections.abc import Iterable

    from launchfsm.policy.analysis.sets import Situations
    from launchfsm.policy.analysis.space import Axis, Box, Space


def covered(space: Space, boxes: Iterable[Box]) -> Situations:
    found = space.nothing
    for box in boxes:
        found |= space.inside(box)
    return found


def test_nothing_needs_no_box() -> None:
    space = space_of(table_of(""))
    assert () == cover(space, space.nothing)


def test_everything_is_one_box_that_says_nothing() -> None:
    space = space_of(table_of(rule("r", "locked and weight > 2", {})))
    boxes = cover(space, space.possible)
    assert [[]] == [narrow(space, box) for box in boxes]


def test_what_cannot_occur_makes_a_box_shorter() -> None:
    # With the alarm on there is always a guard.
    space = space_of(table_of(rule("r", "alarm and guard is not None", {})))
    target = space.where(table_of(rule("r", "alarm", {})).rules[0].when) & space.possible
    boxes = cover(space, target)
    names = [[space.axes[at].field.name for at in narrow(space, box)] for box in boxes]
    assert [["alarm"]] == names


def test_a_disjunction_takes_a_box_for_each_part() -> None:
    table = table_of(rule("r", "locked or weight > 2 and colour == 'red'", {}))
    space = space_of(table)
    boxes = cover(space, space.where(table.rules[0].when) & space.possible)
    names = [[space.axes[at].field.name for at in narrow(space, box)] for box in boxes]
    assert [["colour", "weight"], ["locked"]] == sorted(names)


def target_of(first: str, second: str) -> tuple[Space, Situations]:
    """The situations in which the one condition holds and the other does not."""
    table = table_of(rule("a", first, {}) + rule("b", second, {}))
    space = space_of(table)
    held, other = (space.where(row.when) for row in table.rules)
    return space, (held - other) & space.possible


@given(conditions(), conditions())
def test_boxes_cover_exactly_their_set(first: str, second: str) -> None:
    space, target = target_of(first, second)
    boxes = cover(space, target)
    assert target == covered(space, boxes) & space.possible


@given(conditions(), conditions())
def test_no_box_is_superfluous(first: str, second: str) -> None:
    space, target = target_of(first, second)
    boxes = cover(space, target)
    for box in boxes:
        others = [other for other in boxes if other != box]
        assert target - covered(space, others)


@given(conditions(), conditions())
def test_no_box_can_be_larger(first: str, second: str) -> None:
    space, target = target_of(first, second)
    for box in cover(space, target):
        for index, axis in enumerate(space.axes):
            for number in axis.present:
                wider = (*box[:index], box[index] | 1 << number, *box[index + 1 :])
                grown = space.inside(wider) & (space.possible - target)
                assert wider == box or grown


@given(conditions(), conditions())
def test_a_set_reads_the_same_every_time(first: str, second: str) -> None:
    space, target = target_of(first, second)
    again, same = target_of(first, second)
    assert cover(space, target) == cover(again, same)


# -- Boxes as conditions, facts as texts -----------------------------------------------------------


def axis_of(fact: str, *tests: str) -> Axis:
    table = table_of("".join(rule(f"r{n}", test, {}) for n, test in enumerate(tests)))
    return next(axis for axis in space_of(table).axes if axis.field.name == fact)


def words(fact: str, *values: Any, tests: tuple[str, ...] = ()) -> str:
    """The condition that a fact is one of some values, told by an example of each cell."""
    axis = axis_of(fact, *tests)
    return literal(axis, sum(1 << number for number in {axis.number_of(v) for v in values})).text()


def parsed(text: str) -> Any:
    found = parse_condition(text, facts=DOOR.fact_fields, params={})
    assert not found.problems, (text, found.problems)
    return found.condition


YES, NO = True, False
GUARDS = tuple(f"guard == {name!r}" for name in ("ann", "bob", "cem", "dia"))
COLOURS = tuple(f"colour == {name!r}" for name in ("red", "green", "blue", "grey"))
NOTES = ("note == 'a'", "note == 'b'", "note is None")


@pytest.mark.parametrize(
    ("expected", "actual"),
    [
        ("locked", words("locked", YES, tests=("locked",))),
        ("not locked", words("locked", NO, tests=("locked",))),
        ("alarm is None", words("alarm", None, tests=("alarm", "alarm is None"))),
        ("not alarm", words("alarm", None, NO, tests=("alarm", "alarm is None"))),
        ("alarm is not None", words("alarm", YES, NO, tests=("alarm", "alarm is None"))),
        (
            "alarm is not None and not alarm",
            words("alarm", NO, tests=("alarm", "alarm is None")),
        ),
        ("alarm is None or alarm", words("alarm", None, YES, tests=("alarm", "alarm is None"))),
        ("colour == 'red'", words("colour", "red", tests=COLOURS)),
        ("colour != 'red'", words("colour", "green", "blue", "grey", tests=COLOURS)),
        ("colour in ['red', 'grey']", words("colour", "red", "grey", tests=COLOURS)),
        ("guard == 'ann'", words("guard", "ann", tests=GUARDS)),
        ("guard != 'ann'", words("guard", "bob", "cem", "dia", tests=(*GUARDS, "guard is None"))),
        ("not guard == 'ann'", words("guard", None, "bob", "cem", "dia", tests=GUARDS)),
        ("guard is None or guard == 'ann'", words("guard", None, "ann", tests=GUARDS)),
        ("guard is None", words("guard", None, tests=GUARDS)),
        ("guard is not None", words("guard", "ann", "bob", "cem", "dia", tests=GUARDS)),
        ("note == 'a'", words("note", "a", tests=NOTES)),
        ("note in ['a', 'b']", words("note", "a", "b", tests=NOTES)),
        ("note not in ['a', 'b']", words("note", "c", tests=NOTES)),
        ("note != 'a'", words("note", "b", "c", tests=NOTES)),
        ("not note == 'a'", words("note", "b", "c", None, tests=NOTES)),
        ("not note in ['a', 'b']", words("note", "c", None, tests=NOTES)),
        ("note is None or note == 'a'", words("note", "a", None, tests=NOTES)),
        ("weight > 2", words("weight", 3, tests=("weight > 2",))),
        ("weight <= 2", words("weight", 2, tests=("weight > 2", "weight is None"))),
        ("not weight > 2", words("weight", 2, None, tests=("weight > 2", "weight is None"))),
        ("weight == 2", words("weight", 2, tests=("weight == 2",))),
        ("weight != 2", words("weight", 1, 3, tests=("weight == 2", "weight is None"))),
        ("weight >= 1 and weight < 2", words("weight", 1.5, tests=("weight >= 1", "weight < 2"))),
        (
            "weight < 1 or weight > 2",
            words("weight", 0, 3, tests=("weight >= 1", "weight <= 2", "weight is None")),
        ),
        ("visitors == 0", words("visitors", 0, tests=("visitors > 0",))),
        ("visitors >= 1", words("visitors", 4, tests=("visitors > 0",))),
        ("visitors < 3", words("visitors", 0, 2, tests=("visitors > 0", "visitors > 2"))),
        ("visitors == 2", words("visitors", 2, tests=("visitors >= 2", "visitors > 2"))),
        ("since > '3m'", words("since", 180_001, tests=("since > '3m'",))),
        ("since <= '3m'", words("since", 0, tests=("since > '3m'", "since is None"))),
        ("since >= '3m'", words("since", 180_000, tests=("since >= '3m'",))),
        ("since < '3m'", words("since", 0, tests=("since >= '3m'", "since is None"))),
        ("age >= '2m59s999ms'", words("age", 180_000, tests=("age >= '179999ms'",))),
    ],
)
def test_a_literal_reads_as_a_person_would_write_it(expected: str, actual: str) -> None:
    assert expected == actual


def test_a_condition_that_says_nothing_reads_always() -> None:
    assert "always" == condition_text(ALWAYS)
    assert "locked" == condition_text(parsed("locked"))


@given(conditions(), conditions(), facts_strategy())
def test_the_conditions_of_boxes_hold_exactly_where_the_boxes_are(
    first: str, second: str, facts: dict[str, Any]
) -> None:
    table = table_of(rule("a", first, {}) + rule("b", second, {}))
    space = space_of(table)
    held, other = (space.where(row.when) for row in table.rules)
    target = (held - other) & space.possible
    boxes = readable(space, cover(space, target), target)
    texts = [condition_of(space, box).text() for box in boxes]
    expected = bool(space.inside(space.box_of(facts)) & target)
    assert expected is any(not text or parsed(text).holds(facts) for text in texts)


@given(conditions(), facts_strategy())
def test_a_shown_condition_is_the_condition(text: str, facts: dict[str, Any]) -> None:
    space: Space = space_of(table_of(rule("a", text, {})))
    for box in cover(space, space.where(parsed(text)) & space.possible):
        shown = condition_of(space, box)
        assert not shown.text() or parsed(shown.text()).holds(facts) is shown.holds(facts)


def test_values_that_do_not_occur_are_listed_only_where_that_reads_shorter() -> None:
    # With the alarm on there is always a guard, so both say the same of it.
    table = table_of(rule("r", "alarm and (guard is None or guard == 'ann')", {}))
    space = space_of(table)
    target = space.where(table.rules[0].when) & space.possible
    (wide,) = cover(space, target)
    (box,) = readable(space, [wide], target)
    assert "alarm and (guard is None or guard == 'ann')" == condition_of(space, wide).text()
    assert "alarm and guard == 'ann'" == condition_of(space, box).text()


def test_values_that_another_box_covers_are_not_listed_again() -> None:
    table = table_of(rule("r", "guard == 'ann' or guard == 'bob' and locked", {}))
    space = space_of(table)
    target = space.where(table.rules[0].when) & space.possible
    texts = [
        {condition_of(space, box).text() for box in boxes}
        for boxes in (
            cover(space, target),
            readable(space, cover(space, target), target),
        )
    ]
    expected = [
        {"guard == 'ann'", "locked and guard in ['ann', 'bob']"},
        {"guard == 'ann'", "locked and guard == 'bob'"},
    ]
    assert expected == texts


@given(facts_strategy())
def test_facts_are_written_as_an_inline_test_writes_them(facts: dict[str, Any]) -> None:
    said = tomllib.loads(f"facts = {facts_text(DOOR, facts)}")["facts"]
    fields = DOOR.fact_fields
    resting = {name: field.default for name, field in fields.items()}
    plain = {name: value for name, value in facts.items() if value != resting[name]}
    for name in {"age", "since"} & plain.keys():
        plain[name] = write_duration(plain[name])
    assert plain == said


def test_facts_at_rest_are_left_out() -> None:
    assert '{ colour = "red", name = "front" }' == facts_text(DOOR, door())


def test_an_unknown_fact_reads_unknown() -> None:
    assert "unknown" == fact_text(DOOR.fact_fields["note"], None)
    assert '"3m"' == fact_text(DOOR.fact_fields["age"], 180_000)


@given(
    st.dictionaries(
        st.from_regex(r"[a-z]{1,4}", fullmatch=True),
        st.booleans() | st.integers(-9, 9) | st.text() | st.lists(st.text()),
    )
)
def test_an_answer_reads_back_as_toml(values: dict[str, Any]) -> None:
    assert values == tomllib.loads(f"a = {toml_text(values)}")["a"]

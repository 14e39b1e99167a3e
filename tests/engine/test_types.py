"""What facts and outcomes may be is read off their classes, and rule files are held to it."""

from __future__ import annotations

import datetime as dt
import math
from typing import Annotated, Any, Literal

import attrs
import pytest
from hypothesis import given
from hypothesis import strategies as st

from launchfsm.engine.text import did_you_mean, show
from launchfsm.engine.types import Doc, ValueType, fields_of, read_many, read_value, write_value

Colour = Literal["red", "green"]
Shade = Literal["light", "dark"]


@attrs.define
class Everything:
    flag: Annotated[bool, Doc("A flag.")]
    colour: Annotated[Colour, Doc("A colour.")]
    any_colour: Annotated[Colour | Shade | None, Doc("A colour or a shade.")]
    count: Annotated[int, Doc("How many.")]
    weight: Annotated[float | None, Doc("How heavy.")]
    age: Annotated[float | None, Doc("How old.", unit="ms")]
    name: Annotated[str, Doc("Its name.", needs=("a book",))]
    texts: Annotated[tuple[str, ...] | None, Doc("Texts.")]
    colours: Annotated[tuple[Colour, ...], Doc("Colours.")] = ("red",)
    undocumented: bool | None = None


KINDS = {
    "flag": (ValueType("boolean"), "boolean"),
    "colour": (ValueType("word", ("red", "green")), "red | green"),
    "any_colour": (
        ValueType("word", ("red", "green", "light", "dark"), optional=True),
        "red | green | light | dark, or unknown",
    ),
    "count": (ValueType("number", whole=True), "whole number"),
    "weight": (ValueType("number", optional=True), "number, or unknown"),
    "age": (ValueType("duration", optional=True), "duration, or unknown"),
    "name": (ValueType("text"), "text"),
    "texts": (ValueType("text", optional=True, many=True), "list of text, or unknown"),
    "colours": (ValueType("word", ("red", "green"), many=True), "list of red | green"),
    "undocumented": (ValueType("boolean", optional=True), "boolean, or unknown"),
}


def test_every_kind_is_read_off_its_annotation() -> None:
    fields = fields_of(Everything)

    assert list(KINDS) == list(fields)
    assert {name: (field.kind, field.kind.text()) for name, field in fields.items()} == KINDS


def test_a_field_knows_its_sentence_its_cost_and_what_it_is_when_nobody_says() -> None:
    fields = fields_of(Everything)

    assert ("A flag.", False, True, False) == _told(fields["flag"])
    assert ("A colour.", False, True, None) == _told(fields["colour"])
    assert ("How many.", False, True, 0) == _told(fields["count"])
    assert ("How old.", False, True, None) == _told(fields["age"])
    assert ("Its name.", True, True, None) == _told(fields["name"])
    assert ("Colours.", False, False, ("red",)) == _told(fields["colours"])
    assert ("", False, False, None) == _told(fields["undocumented"])


def _told(field: Any) -> tuple[Any, ...]:
    return field.doc, bool(field.needs), field.required, field.default


FLAG: Any = Annotated[bool, Doc("x")]


def test_annotations_that_are_no_texts_any_more_are_read_as_well() -> None:
    resolved = attrs.make_class("Resolved", {"flag": attrs.field(type=FLAG)})

    assert "x" == fields_of(resolved)["flag"].doc


@pytest.mark.parametrize(
    "annotation",
    [
        dt.datetime,
        dict[str, str],
        list[str],
        tuple[str, int],
        tuple[str],
        bytes,
        int | str,
        Colour | str,
        Literal[1, 2],
        Literal["a", 1],
        tuple[dict[str, int], ...],
        None,
        object,
    ],
    ids=str,
)
def test_a_type_that_rule_files_cannot_write_is_a_mistake_of_whoever_wrote_it(
    annotation: Any,
) -> None:
    cls = attrs.make_class("Odd", {"thing": attrs.field(type=annotation)})

    with pytest.raises(TypeError, match=r"Odd\.thing is a .*, which rule files cannot write"):
        fields_of(cls)


def test_a_private_field_is_a_mistake_of_whoever_wrote_it() -> None:
    cls = attrs.make_class("Shy", {"_thing": attrs.field(type=bool)})

    with pytest.raises(TypeError, match=r"Shy\._thing: a fact or a field is public"):
        fields_of(cls)


GOOD: list[tuple[ValueType, Any, Any]] = [
    (ValueType("boolean"), True, True),
    (ValueType("number"), 3, 3),
    (ValueType("number"), -2.5, -2.5),
    (ValueType("number", whole=True), -3, -3),
    (ValueType("text"), "", ""),
    (ValueType("text"), "3", "3"),
    (ValueType("duration"), "1h30m", 5_400_000),
    (ValueType("duration"), "-1h30m", -5_400_000),
    (ValueType("duration"), "0s", 0),
    (ValueType("word", ("red", "green")), "green", "green"),
    (ValueType("word", ("red", "green"), many=True), ["green", "red"], ("green", "red")),
    (ValueType("duration", many=True), ["1s", "250ms"], (1_000, 250)),
    (ValueType("text", many=True, optional=True), [], ()),
]  # fmt: skip


@pytest.mark.parametrize(("kind", "written", "value"), GOOD)
def test_a_value_of_a_kind_is_taken_as_facts_carry_it(
    kind: ValueType, written: Any, value: Any
) -> None:
    read = read_value(kind, written)

    assert value == read
    assert type(value) is type(read)


BAD: list[tuple[ValueType, Any, str]] = [
    (ValueType("boolean"), 1, "expected true or false, got 1"),
    (ValueType("boolean"), "true", "expected true or false, got 'true'"),
    (ValueType("number"), True, "expected a number, got true"),
    (ValueType("number"), "3", "expected a number, got '3'"),
    (ValueType("number"), math.inf, "expected a number that is finite, got inf"),
    (ValueType("number"), math.nan, "expected a number that is finite, got nan"),
    (ValueType("number"), 10**310, "expected a number that is finite, got 1000"),
    (ValueType("number", whole=True), 3.0, "expected a whole number, got 3.0"),
    (ValueType("number", whole=True), False, "expected a whole number, got false"),
    (ValueType("text"), 3, "expected a text, got 3"),
    (ValueType("text"), ["a"], "expected a text, got ['a']"),
    (ValueType("duration"), 3, "expected a duration such as '3m' or '90s', got 3"),
    (ValueType("duration"), "soon", "'soon' is not a duration. Write whole numbers"),
    (ValueType("duration"), "--3m", "'-3m' is not a duration"),
    (ValueType("duration"), "", "'' is not a duration"),
    (ValueType("word", ("red", "green")), "blue", "'blue' is none of red, green"),
    (ValueType("word", ("red", "green")), "gren", "'gren' is none of red, green (did you mean 'gr"),
    (ValueType("word", ("red", "green")), 3, "3 is none of red, green"),
    (ValueType("word", ("red", "green")), ["red"], "['red'] is none of red, green"),
    (ValueType("word", ("red",), many=True), "red", "expected a list of words, got 'red'"),
    (ValueType("number", many=True), [1, "2"], "expected a number, got '2'"),
    (ValueType("number", many=True), [1, [2]], "expected a number, got [2]"),
    (ValueType("number", many=True), {}, "expected a list of numbers, got a table of keys and"),
    (ValueType("text"), dt.date(2023, 1, 2), "expected a text, got 2023-01-02"),
]  # fmt: skip


@pytest.mark.parametrize(("kind", "written", "message"), BAD, ids=[bad[2][:40] for bad in BAD])
def test_nothing_is_coerced(kind: ValueType, written: Any, message: str) -> None:
    with pytest.raises(ValueError, match=r"^") as caught:
        read_value(kind, written)

    assert str(caught.value).startswith(message)


def test_a_list_is_read_of_any_kind() -> None:
    assert (1, 2) == read_many(ValueType("number"), [1, 2])


WRITTEN = {
    ValueType("boolean"): st.booleans(),
    ValueType("number"): st.one_of(st.integers(), st.floats(allow_nan=False, allow_infinity=False)),
    ValueType("number", whole=True): st.integers(),
    ValueType("text"): st.text(),
    ValueType("duration"): st.integers(-(10**18), 10**18),
    ValueType("word", ("red", "green")): st.sampled_from(["red", "green"]),
}


@given(st.sampled_from(list(WRITTEN)), st.booleans(), st.data())
def test_what_is_written_is_read_back(kind: ValueType, many: bool, data: st.DataObject) -> None:  # noqa: FBT001 - hypothesis draws it
    values = WRITTEN[kind]
    value = data.draw(st.lists(values).map(tuple) if many else values)
    kind = attrs.evolve(kind, many=many, optional=True)

    written = write_value(kind, value)

    assert not isinstance(written, tuple)
    assert value == read_value(kind, written)
    assert write_value(kind, None) is None


@pytest.mark.parametrize(
    ("ms", "text"),
    [
        (0, "0s"),
        (179_999, "2m59s999ms"),
        (-6_400_000, "-1h46m40s"),
        (86_400_000, "1d"),
        (0.9, "0s"),
        (1.9, "1ms"),
        (math.inf, "inf"),
        (math.nan, "nan"),
    ],
)
def test_a_duration_is_written_with_all_its_units(ms: float, text: str) -> None:
    assert text == write_value(ValueType("duration"), ms)


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (True, "true"),
        (False, "false"),
        ("it's", '"it\'s"'),
        (-2.5, "-2.5"),
        ([1, "a", True], "[1, 'a', true]"),
        (("a",), "['a']"),
        ([[1], {"a": 1}], "[[…], a table of keys and values]"),
    ],
)
def test_a_value_is_shown_as_a_rule_file_would_write_it(value: object, text: str) -> None:
    assert text == show(value)


def test_a_number_that_python_does_not_print_is_shown_all_the_same() -> None:
    assert "[a number of thousands of digits, 3]" == show([16**5000, 3])


def test_a_value_that_nests_without_end_is_shown_all_the_same() -> None:
    deep: Any = {}
    listed: Any = []
    for _ in range(10_000):
        deep, listed = {"a": deep}, [listed]

    assert ("a table of keys and values", "[[…]]") == (show(deep), show(listed))


def test_the_nearest_known_name_is_offered_and_no_far_one() -> None:
    assert " (did you mean 'owner'?)" == did_you_mean("onwer", ["state_age", "owner"])
    assert "" == did_you_mean("x", ["state_age", "owner"])

"""The classes of a list's values: every list is in one, and its example is told from no other."""

from __future__ import annotations

from typing import Annotated, Literal

import attrs
import pytest
from hypothesis import given
from hypothesis import strategies as st

from launchfsm.engine.parser import parse_condition
from launchfsm.engine.types import Doc, fields_of
from launchfsm.policy.analysis.partitions import UNKNOWN, Partition, example_of, partition_of


@attrs.frozen
class Facts:
    """Lists."""

    names: Annotated[tuple[str, ...], Doc("Names.")] = ()
    counts: Annotated[tuple[int, ...], Doc("Counts.")] = ()
    flags: Annotated[tuple[bool, ...], Doc("Flags.")] = ()
    events: Annotated[tuple[Literal["go", "stop"], ...] | None, Doc("Events.")] = None


ASKED = {
    "names": [
        "names and 'lead' in names",
        "all(x.startswith('optional-') for x in names)",
        "any('lead' in x for x in names) or 'optional-lead' in names",
    ],
    "events": ["'go' in events", "all(x == 'stop' for x in events)", "events is None"],
}
ITEMS = {
    "names": st.sampled_from(["lead", "optional-", "optional-lead", "a lead", "other", ""]),
    "events": st.sampled_from(["go", "stop"]),
}


@pytest.mark.parametrize("fact", ASKED)
@given(data=st.data())
def test_a_list_is_in_one_class_whose_example_answers_as_it_does(
    fact: str, data: st.DataObject
) -> None:
    field = fields_of(Facts)[fact]
    conditions = [
        parse_condition(text, facts=fields_of(Facts), params={}).condition for text in ASKED[fact]
    ]
    tests = [test for condition in conditions for test in condition.tests()]
    classes = partition_of(field, tests, conditions=conditions).classes
    value = tuple(data.draw(st.lists(ITEMS[fact], max_size=5)))

    (found,) = [values for values in classes if value in values]

    assert [one.holds({fact: value}) for one in conditions] == [
        one.holds({fact: example_of(found)}) for one in conditions
    ]
    assert field.kind.optional == (UNKNOWN in classes)


def partition(fact: str, *texts: str) -> Partition:
    fields = fields_of(Facts)
    conditions = [parse_condition(text, facts=fields, params={}).condition for text in texts]
    tests = [test for condition in conditions for test in condition.tests()]
    return partition_of(fields[fact], tests, conditions=conditions)


@pytest.mark.parametrize(("fact", "kind"), [("counts", int), ("flags", bool)])
def test_the_items_of_an_example_are_of_their_type(fact: str, kind: type) -> None:
    examples = [example_of(values) for values in partition(fact, fact).classes]

    assert {False, True} == {bool(example) for example in examples}
    assert {kind} == {type(item) for example in examples for item in example}


def test_a_list_has_what_a_rule_asks_for_together_beside_a_dozen_other_names() -> None:
    others = [f"'n{number}' in names" for number in range(12)]
    three = "'n0' in names and 'n1' in names and 'n2' in names and not 'n3' in names"
    condition = parse_condition(three, facts=fields_of(Facts), params={}).condition

    found = partition("names", three, *others)

    assert not found.left_out
    assert any(condition.holds({"names": example_of(values)}) for values in found.classes)


def test_of_more_names_than_can_be_combined_some_lists_are_left_out(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("launchfsm.policy.analysis.partitions.MOST_ANSWERS", 2**14)
    found = partition("names", *(f"any(x.startswith('n{n:02}') for x in names)" for n in range(30)))

    assert found.left_out
    assert "names with some combinations of 30 patterns" == found.patterns

"""The classes of a list's values: every list is in one, and its example is told from no other."""

from __future__ import annotations

from typing import Annotated, Literal

import attrs
import pytest
from hypothesis import given
from hypothesis import strategies as st

from launchfsm.engine.parser import parse_condition
from launchfsm.engine.types import Doc, fields_of
from launchfsm.policy.analysis.partitions import UNKNOWN, example_of, partition_of


@attrs.frozen
class Facts:
    """Lists."""

    names: Annotated[tuple[str, ...], Doc("Names.")] = ()
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

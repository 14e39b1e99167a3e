"""A published list is held against what is found, and says what anybody can notice."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import attrs
import pytest
from hypothesis import given

from launchfsm.policy.analysis import Comparison, compare_tables, departures, published
from launchfsm.policy.analysis.reports import ParamDifference
from launchfsm.records.wire import WireError, to_wire
from tests.policy.analysis import brute
from tests.policy.analysis.doors import NOTICES, rule, table_of, tables

if TYPE_CHECKING:
    from launchfsm.engine.table import Table


def comparison(after: Table, before: Table) -> Comparison:
    coverage, differences = compare_tables(after, before)
    return Comparison(
        policy="a",
        against="b",
        tables=(coverage,),
        params=(ParamDifference(table="door", param="many", before=(1, 2), after="3"),),
        differences=differences,
    )


def of_rules(after: str, before: str) -> Comparison:
    return comparison(table_of(after), table_of(before))


LOUD = rule("loud", "locked", {"level": 1, "lines": ["{name}"]})


def test_the_list_says_situations_and_answers_and_nothing_else() -> None:
    assert [
        {
            "table": "door",
            "when": ["param many"],
            "before": [{"many": [1, 2]}],
            "after": [{"many": "3"}],
            "reordered": False,
        },
        {
            "table": "door",
            "when": ["locked"],
            "before": [{}],
            "after": [{"level": 1, "lines": ["{name}"]}],
            "reordered": False,
        },
    ] == to_wire(published(of_rules(LOUD, "")))


@given(tables(facts=brute.NUMBERS), tables(facts=brute.NUMBERS))
def test_a_list_that_was_kept_in_a_file_is_as_published(after: Table, before: Table) -> None:
    found = comparison(after, before)
    document = json.loads(json.dumps(to_wire(published(found))))
    assert departures(found, document).none
    assert "as published" == departures(found, document).text()


def test_another_name_or_place_of_a_rule_is_no_departure() -> None:
    document = to_wire(published(of_rules(LOUD, "")))
    renamed = rule("first", "visitors < 0", {}) + LOUD.replace("loud", "louder")
    assert departures(of_rules(renamed, ""), document).none


def test_a_difference_that_is_not_in_the_list_is_a_departure() -> None:
    found = departures(of_rules(LOUD, ""), to_wire(published(of_rules("", ""))))
    assert ((("locked",),), ()) == (tuple(one.when for one in found.unpublished), found.missing)
    assert not found.none
    assert (
        'not in the list: door: when locked\n    was {}\n    is  { level = 1, lines = ["{name}"] }'
    ) == found.text()


def test_a_difference_that_is_in_the_list_only_is_a_departure() -> None:
    found = departures(of_rules("", ""), to_wire(published(of_rules(LOUD, ""))))
    assert ((), 1) == (found.unpublished, len(found.missing))
    assert found.text().startswith("only in the list: door: when locked")


def test_a_difference_listed_twice_has_to_be_found_twice() -> None:
    found = of_rules(LOUD, "")
    document = to_wire(published(found))
    assert 1 == len(departures(found, [*document, document[-1]]).missing)


def test_another_threshold_departs_both_ways() -> None:
    kept = to_wire(published(of_rules(rule("a", "visitors > 2", {"level": 1}), "")))
    found = departures(of_rules(rule("a", "visitors > 3", {"level": 1}), ""), kept)
    assert (1, 1) == (len(found.unpublished), len(found.missing))


def test_another_order_of_lines_is_listed_as_such() -> None:
    lines = [rule(name, None, {"text": name}) for name in "ab"]
    first, second = (
        table_of("".join(order), point=NOTICES, hit="collect") for order in (lines, lines[::-1])
    )
    found = published(attrs.evolve(comparison(first, second), params=()))
    assert [True] == [one.reordered for one in found]
    assert "notices: when always\n    the same answers in another order" == found[0].text()


@pytest.mark.parametrize("document", [None, {}, [1], [{"table": "door"}], [{"tabel": 1}]])
def test_what_is_no_such_list_is_refused(document: object) -> None:
    with pytest.raises(WireError, match=r"no (list of published differences|PublishedDifference)"):
        departures(of_rules("", ""), document)

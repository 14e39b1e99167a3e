"""Why a rule does not win: the nearest situations in which it would, and no farther ones."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from launchfsm.engine.parser import parse_condition
from launchfsm.policies import load_policy
from launchfsm.policy.analysis import why_not
from launchfsm.policy.analysis.space import space_of
from launchfsm.records.wire import to_wire
from tests.policy.analysis import brute
from tests.policy.analysis.doors import (
    DOOR,
    NOTICES,
    DoorFacts,
    any_table,
    door,
    facts_strategy,
    rule,
    table_of,
)

if TYPE_CHECKING:
    from launchfsm.engine.table import Table
    from launchfsm.policy.analysis import WhyNot

TABLE = table_of(
    rule("a", "locked", {"level": 1})
    + rule("b", "visitors > 2 and colour == 'red'", {"level": 2})
    + rule("c", None, {})
)


def wanted(found: WhyNot) -> list[list[str]]:
    return [[need.wanted for need in way] for way in found.ways]


def test_a_rule_that_wins_says_so() -> None:
    found = why_not(TABLE, door(locked=True), "a")
    assert (True, True, ()) == (found.wins, found.possible, found.ways)
    assert "door: rule a (doors.toml:4:1) wins" == found.text()


def test_the_one_fact_that_is_missing_is_named() -> None:
    found = why_not(TABLE, door(visitors=2), "b")
    assert [["visitors >= 3"]] == wanted(found)
    assert (["c"], ("visitors > 2",)) == ([ref.id for ref in found.winners], found.unmet)
    assert (
        "door: rule b (doors.toml:8:1) does not win; c (doors.toml:12:1) does\n"
        "  it asks for visitors > 2\n"
        "  it would win if\n"
        "     visitors >= 3 (visitors is 2)"
    ) == found.text()


def test_a_rule_that_an_earlier_one_takes_lacks_nothing_itself() -> None:
    found = why_not(TABLE, door(locked=True, visitors=3), "b")
    assert ((), [["not locked"]]) == (found.unmet, wanted(found))


def test_several_facts_have_to_change_together() -> None:
    found = why_not(TABLE, door(locked=True, visitors=0, colour="blue"), "b")
    assert [["not locked", "colour == 'red'", "visitors >= 3"]] == wanted(found)


def test_several_ways_are_all_named() -> None:
    found = why_not(TABLE, door(visitors=3), "c")
    assert [["colour != 'red'"], ["visitors < 3"]] == wanted(found)
    assert "     colour != 'red' (colour is \"red\")\n  or visitors < 3" in found.text()


def test_a_fact_that_cannot_stay_counts_as_well() -> None:
    table = table_of(rule("a", "alarm", {"level": 1}) + rule("b", None, {}))
    found = why_not(table, door(), "a")
    assert [["alarm", "guard is not None"]] == wanted(found)


def test_a_rule_that_unreachable_says_so() -> None:
    table = table_of(rule("a", None, {}) + rule("b", "locked", {"level": 1}))
    found = why_not(table, door(), "b")
    assert (False, False, ()) == (found.wins, found.possible, found.ways)
    assert found.text().endswith("does not win, and wins in no situation")


def test_under_collect_a_rule_wins_whenever_it_fires() -> None:
    table = table_of(
        rule("a", "locked", {"text": "a"}) + rule("b", "alarm", {"text": "b"}),
        decision=NOTICES,
        hit="collect",
    )
    found = why_not(table, door(locked=True, guard="ann"), "b")
    assert ([["alarm"]], ["a"]) == (wanted(found), [ref.id for ref in found.winners])


def test_facts_may_be_given_as_the_evaluation_has_them() -> None:
    found = why_not(TABLE, DoorFacts(**door(visitors=2)), "b")
    assert [["visitors >= 3"]] == wanted(found)


def test_an_unknown_rule_is_an_error_that_names_the_rules() -> None:
    with pytest.raises(LookupError, match=r"'door' has no rule 'd'.*rules: a, b, c"):
        why_not(TABLE, door(), "d")


def test_a_value_that_is_none_of_its_fact_is_an_error() -> None:
    with pytest.raises(ValueError, match="'pink' is no value of the fact colour"):
        why_not(TABLE, door(colour="pink"), "b")


def test_the_answer_is_json_ready() -> None:
    wire = json.loads(json.dumps(to_wire(why_not(TABLE, door(visitors=2), "b"))))
    assert [[{"fact": "visitors", "now": "2", "wanted": "visitors >= 3"}]] == wire["ways"]


def test_a_space_too_large_for_an_answer_says_so() -> None:
    found = why_not(TABLE, door(locked=True), "b", work=1)
    assert (False, False) == (found.possible, found.complete)
    assert found.text().endswith("wins in no situation that was looked at")


@given(any_table(), facts_strategy(), st.data())
def test_every_way_leads_there_and_changes_only_what_it_names(
    table: Table, facts: dict[str, Any], data: st.DataObject
) -> None:
    if not table.rules:
        return
    asked = data.draw(st.sampled_from(table.rules))
    found = why_not(table, facts, asked.id)
    space = space_of(table)
    for way in found.ways:
        named = {need.fact for need in way}
        assert len(named) == len(found.ways[0])
        conditions = [
            parse_condition(need.wanted, facts=DOOR.fact_fields, params={}).condition
            for need in way
        ]
        assert not any(condition.holds(facts) for condition in conditions)
        box = list(space.box_of(facts))
        for index, axis in enumerate(space.axes):
            if axis.field.name in named:
                box[index] = axis.full
        reached = space.inside(tuple(box)) & space.possible
        for condition in conditions:
            reached &= space.where(condition)
        assert reached
        example = {**facts, **_only(space.facts_of(reached.first()), named)}
        assert asked.id in [row.id for row in _winners(table, example)]


def _only(facts: dict[str, Any], names: set[str]) -> dict[str, Any]:
    return {name: value for name, value in facts.items() if name in names}


def _winners(table: Table, facts: dict[str, Any]) -> list[Any]:
    rules = brute.fired(table, facts)
    return rules if table.hit == "collect" else rules[:1]


@pytest.mark.parametrize("facts", brute.GROUPS)
@brute.FEWER
@given(data=st.data())
def test_no_way_is_shorter(facts: tuple[str, ...], data: st.DataObject) -> None:
    table = data.draw(any_table(facts).filter(lambda found: found.rules))
    here = data.draw(st.sampled_from(brute.situations(facts)))
    asked = data.draw(st.sampled_from(table.rules))
    found = why_not(table, here, asked.id)
    told_apart = space_of(table).facts
    distances = [
        sum(here[name] != there[name] for name in told_apart)
        for there in brute.situations(facts)
        if asked in _winners(table, there)
    ]
    assert found.possible is bool(distances)
    if found.ways:
        assert min(distances) == len(found.ways[0])


def test_a_shipped_rule_is_explained() -> None:
    table = load_policy("reference").tables["owner"]
    told = {"phase_kind": "active", "owner": "dead", "owner_pid": 42, "state_age": 20_000}
    found = why_not(
        table, {**dict.fromkeys(table.decision.fact_fields), **told}, "owner-gone-stale"
    )
    assert [["state_age >= '3m'"]] == wanted(found)
    assert '(state_age is "20s")' in found.text()

"""Every seeded flaw of a table is found, nothing else is, and each finding says where."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import attrs
import pytest
from hypothesis import given
from hypothesis import strategies as st

from launchfsm.engine.decision import Decision
from launchfsm.engine.parser import parse_condition
from launchfsm.engine.table import Policy, Table
from launchfsm.policies import load_policy
from launchfsm.policy.analysis import RuleRef, TableFinding, verify
from launchfsm.policy.analysis.space import space_of
from launchfsm.records.wire import to_wire
from tests.policy.analysis import brute
from tests.policy.analysis.doors import (
    DOOR,
    NOTICES,
    DoorFacts,
    DoorVerdict,
    any_table,
    rule,
    table_of,
    tables,
    verify_table,
)

if TYPE_CHECKING:
    from launchfsm.engine.table import Rule


def findings(table: Table) -> tuple[TableFinding, ...]:
    return verify_table(table)[1]


def the_finding(table: Table) -> TableFinding:
    (finding,) = findings(table)
    return finding


def test_a_table_that_answers_everything_in_its_own_way_has_no_finding() -> None:
    table = table_of(rule("a", "locked", {"opens": True}) + rule("b", None, {}))
    assert () == findings(table)


def test_a_rule_whose_condition_cannot_hold_unreachable() -> None:
    table = table_of(rule("a", "weight > 2 and weight < 2", {}) + rule("b", None, {"level": 1}))
    finding = the_finding(table)
    assert "unreachable" == finding.code
    assert "rule 'a' never wins: its condition holds in no situation" == finding.message
    assert ((), 0, None) == (finding.when, finding.situations, finding.example)


def test_a_rule_that_earlier_ones_take_unreachable_and_they_are_named() -> None:
    table = table_of(
        rule("a", "locked", {"level": 1})
        + rule("b", "not locked", {"level": 2})
        + rule("c", "colour == 'red'", {"level": 3})
    )
    finding = the_finding(table)
    expected = (
        "rule 'c' never wins: wherever it fires, 'a' or 'b' wins before it; "
        'put it ahead with `before = "a"`'
    )
    assert expected == finding.message
    assert ["a", "b"] == [ref.id for ref in finding.instead]
    assert ("colour == 'red'",) == finding.when
    assert finding.example is not None
    assert "red" == finding.example.facts["colour"]


def test_of_many_that_take_it_the_one_that_always_fires_is_named_alone() -> None:
    rules = rule("a", "locked", {}) + rule("b", "weight > 2", {"level": 1})
    table = table_of(rules + rule("rest", None, {"level": 2}) + rule("late", "visitors > 2", {}))
    finding = the_finding(table)
    expected = (
        "rule 'late' never wins: wherever it fires, 'rest' fires before it; "
        'put it ahead with `before = "rest"`'
    )
    assert expected == finding.message
    assert ["a", "b", "rest"] == [ref.id for ref in finding.instead]
    ahead = table_of(rules + rule("late", "visitors > 2", {}) + rule("rest", None, {"level": 2}))
    assert () == findings(ahead)


def test_the_condition_of_a_rule_that_unreachable_is_the_authors_own() -> None:
    table = table_of(
        rule("rest", None, {"level": 1}) + rule("late", "visitors > few or age > '7m'", {}),
        head="[params]\nfew = 2\n",
    )
    assert ("visitors > few or age > '7m'",) == the_finding(table).when


def test_under_unique_no_place_helps_a_rule_that_unreachable() -> None:
    table = table_of(rule("a", None, {}) + rule("b", "locked", {"level": 1}), hit="unique")
    (never,) = (found for found in findings(table) if found.code == "unreachable")
    assert never.message.endswith("wherever it fires, 'a' fires before it")


@given(tables(hit="first"))
def test_the_rule_that_is_named_alone_fires_wherever_the_other_does(table: Table) -> None:
    for found in findings(table):
        named = found.message.partition("wherever it fires, '")[2].partition("' fires before")[0]
        if found.code == "unreachable" and " fires before it" in found.message:
            rules = {one.id: one for one in table.rules}
            space = space_of(table)
            late, early = (space.where(rules[one].when) for one in (found.rules[0].id, named))
            assert not (late - early) & space.possible


def test_numbers_on_both_sides_of_one_are_said_whichever_comes_first() -> None:
    rows = ("locked", "weight < -1.5", "not locked", "not weight == -1.5")
    table = table_of("\n".join(rule(f"r{index}", row, {}) for index, row in enumerate(rows)))

    assert ["unreachable"] == [found.code for found in findings(table) if "r3" in found.message][:1]


def test_what_cannot_occur_makes_no_rule_win() -> None:
    table = table_of(rule("a", "alarm and guard is None", {}) + rule("b", None, {"level": 1}))
    assert ["unreachable"] == [finding.code for finding in findings(table)]


def test_situations_without_a_rule_are_a_gap() -> None:
    table = table_of(rule("a", "locked", {}) + rule("b", "weight >= 2", {"level": 1}))
    finding = the_finding(table)
    assert ("incomplete", "table 'door' is incomplete: no rule fires") == (
        finding.code,
        finding.message,
    )
    assert ("not locked and not weight >= 2",) == finding.when
    assert "doors.toml:8:1" == finding.place


def test_a_table_that_collects_has_no_gaps() -> None:
    table = table_of(rule("a", "locked", {"text": "x"}), decision=NOTICES, hit="collect")
    assert () == findings(table)


def test_rules_that_fire_together_overlap_under_unique_alone() -> None:
    rules = rule("a", "locked", {}) + rule("b", "visitors > 2", {"level": 1})
    rules += rule("c", "not locked and visitors <= 2", {"level": 2})
    assert () == findings(table_of(rules))
    finding = the_finding(table_of(rules, hit="unique"))
    assert "rules 'a' and 'b' both fire, under hit policy 'unique'" == finding.message
    assert ("overlap", ("locked and visitors >= 3",)) == (finding.code, finding.when)
    assert finding.example is not None
    assert (True, 3) == (finding.example.facts["locked"], finding.example.facts["visitors"])


def test_a_rule_whose_answer_another_would_give_never_changes_the_outcome() -> None:
    table = table_of(
        rule("a", "locked and colour == 'red'", {"level": 1})
        + rule("b", "locked", {"level": 1})
        + rule("c", None, {})
    )
    finding = the_finding(table)
    expected = "rule 'a' never changes the outcome: without it 'b' would answer the same"
    assert ("redundant", expected) == (finding.code, finding.message)
    assert ("locked and colour == 'red'",) == finding.when
    assert ["b"] == [ref.id for ref in finding.instead]


def test_texts_are_compared_as_they_read_in_each_situation() -> None:
    never = rule("a", "visitors == 0", {"text": "0 of them"})
    always = rule("b", None, {"text": "{visitors} of them"})
    assert ["redundant"] == [finding.code for finding in findings(table_of(never + always))]
    changed = rule("a", "visitors == 1", {"text": "0 of them"})
    assert () == findings(table_of(changed + always))


def test_a_rule_that_keeps_a_gap_closed_has_an_effect() -> None:
    # Without the last rule nothing would fire, though the resting answer would be the same.
    table = table_of(rule("a", "locked", {"opens": True}) + rule("b", None, {}))
    assert () == findings(table)


def test_of_two_rules_that_say_the_same_only_the_second_is_superfluous() -> None:
    table = table_of(
        rule("a", "locked", {"level": 1}) + rule("b", "locked", {"level": 1}) + rule("c", None, {})
    )
    assert [("unreachable", "b")] == [(found.code, found.rules[0].id) for found in findings(table)]


def test_an_answer_that_breaks_a_postcondition_is_found() -> None:
    decision = Decision(
        "door", DoorFacts, DoorVerdict, "?", postconditions=("not opens or text is not None",)
    )
    table = table_of(
        rule("a", "locked", {"opens": True}) + rule("b", None, {"opens": True, "text": "{name}"}),
        decision=decision,
    )
    finding = the_finding(table)
    assert ("inconsistent-answer", "a") == (finding.code, finding.rules[0].id)
    assert finding.message.endswith("rely on: not opens or text is not None")


def test_a_finding_names_the_rules_and_where_they_stand() -> None:
    table = table_of(rule("a", None, {}) + rule("b", "locked", {"level": 1}))
    finding = the_finding(table)
    assert (RuleRef(id="b", place="doors.toml:7:1", origin="doors"),) == finding.rules
    assert (
        "doors.toml:7:1: rule 'b' never wins: wherever it fires, 'a' fires before it; "
        'put it ahead with `before = "a"` [unreachable]\n'
        "    when locked\n"
        '    for example { locked = true, colour = "red", name = "some name" }'
    ) == finding.text()


def test_findings_are_json_ready() -> None:
    table = table_of(rule("a", "age > '3m'", {}) + rule("b", "locked", {"level": 1}))
    wire = json.loads(json.dumps(to_wire(findings(table))))
    assert ["incomplete", "doors.toml"] == [wire[0]["code"], wire[0]["place"].split(":")[0]]


# -- Coverage --------------------------------------------------------------------------------------


def test_coverage_says_what_was_looked_at() -> None:
    table = table_of(rule("a", "locked and note == 'x'", {}) + rule("b", None, {"level": 1}))
    coverage, _ = verify_table(table)
    # A note is none, x or another; visitors are some or none, and then there is no note.
    assert ("door: 8 situations of locked, visitors, note (4 more cannot occur)") == coverage.text()
    assert coverage.complete


def test_a_space_that_is_too_large_is_said_to_be() -> None:
    table = table_of(
        rule("a", "colour == 'red' and weight > 2 and age > '3m'", {})
        + rule("b", "weight == 5 and weight == 6", {})
        + rule("c", "weight in [1, 3, 7, 9, 11] and age in ['1m', '5m', '7m', '9m']", {})
    )
    tried = (verify_table(table, work=work) for work in range(9, 999))
    coverage, found = next(one for one in tried if one[0].situations > 1)
    assert not coverage.complete
    assert "NOT ALL: up to" in coverage.text()
    assert "only some values of" in coverage.text()
    assert {"incomplete": True, "unreachable": False} == {one.code: one.proven for one in found}
    assert "in the situations looked at, which are not all" in found[0].text()


def test_without_any_work_nothing_can_be_looked_at() -> None:
    with pytest.raises(ValueError, match="one step of work at least, not 0"):
        verify_table(table_of(""), work=0)


# -- Against brute force ---------------------------------------------------------------------------


@pytest.mark.parametrize("facts", brute.GROUPS)
@brute.FEWER
@given(data=st.data())
def test_findings_are_those_of_brute_force(facts: tuple[str, ...], data: st.DataObject) -> None:
    table = data.draw(any_table(facts))
    seen = brute.look(table, facts)
    found = findings(table)
    never = {one.rules[0].id for one in found if one.code == "unreachable"}
    assert {row.id for row in table.rules} - seen.wins == never
    assert seen.gap is any(one.code == "incomplete" for one in found)
    overlaps = {(one.rules[0].id, one.rules[1].id) for one in found if one.code == "overlap"}
    assert seen.overlaps == overlaps
    idle = {one.rules[0].id for one in found if one.code == "redundant"}
    assert _idle(table, seen.wins, facts) == idle


def _idle(table: Table, wins: set[str], facts: tuple[str, ...]) -> set[str]:
    """The rules without which the rules that ever win would answer the same everywhere."""
    if table.hit == "collect":
        return set()
    used = tuple(row for row in table.rules if row.id in wins)
    full = _with(table, used)
    idle = set()
    for row in used:
        less = _with(table, tuple(other for other in used if other is not row))
        if all(
            brute.answers(full, found) == brute.answers(less, found)
            for found in brute.situations(facts)
        ):
            idle.add(row.id)
    return idle


def _with(table: Table, rules: tuple[Rule, ...]) -> Table:
    return attrs.evolve(table, rules=rules)


@pytest.mark.parametrize("facts", brute.GROUPS)
@brute.FEWER
@given(data=st.data())
def test_the_conditions_of_a_finding_hold_where_brute_force_sees_it(
    facts: tuple[str, ...], data: st.DataObject
) -> None:
    table = data.draw(any_table(facts))
    for finding in findings(table):
        if finding.code != "incomplete":
            continue
        conditions = [_parsed(text) for text in finding.when]
        for found in brute.situations(facts):
            expected = not brute.fired(table, found)
            held = any(condition is None or condition.holds(found) for condition in conditions)
            assert expected is held


def _parsed(text: str) -> Any:
    if text == "always":
        return None
    parsed = parse_condition(text, facts=DOOR.fact_fields, params={})
    assert not parsed.problems
    return parsed.condition


# -- Whole policies --------------------------------------------------------------------------------


def policy_of(*tables: Table) -> Policy:
    named = {table.decision.name: table for table in tables}
    return Policy("doors", "The tests' own.", ("doors",), named)


def test_a_policy_is_verified_table_by_table() -> None:
    door = table_of(rule("a", "locked", {}))
    notices = table_of(rule("a", None, {"text": "x"}), decision=NOTICES, hit="collect")
    verification = verify(policy_of(door, notices))
    assert ["door", "notices"] == [table.table for table in verification.tables]
    assert (False, True) == (verification.holds, verification.complete)
    assert not verification
    assert "doors: 1 finding\nlooked at every situation that can occur: " in verification.text()


def test_a_policy_that_was_not_looked_at_whole_is_not_said_to_be_sound() -> None:
    table = table_of(rule("a", None, {"text": "{note}"}))
    verification = verify(policy_of(table), work=1)
    assert not verification.complete
    expected = "doors: nothing is wrong in what was looked at, which is NOT ALL\nlooked at all but"
    assert expected in verification.text()


def test_the_shipped_policy_is_looked_at_whole() -> None:
    verification = verify(load_policy("reference"))
    assert verification.complete
    assert set(load_policy("reference").tables) == {table.table for table in verification.tables}
    assert all(table.situations > 0 for table in verification.tables)


# -- Fields at which nobody looks ------------------------------------------------------------------


@attrs.frozen
class Sign:
    """What a sign shows."""

    shown: bool = False
    text: str | None = None
    colour: str = "white"


SIGN = Decision(
    "sign", DoorFacts, Sign, "?", matters={"text": "shown", "colour": "text is not None"}
)


def test_a_field_at_which_nobody_looks_is_a_warning() -> None:
    rules = rule("a", "locked", {"text": "hidden {weight}"}) + rule("b", None, {"shown": True})

    finding = the_finding(table_of(rules, decision=SIGN))

    assert ("ignored-field", False) == (finding.code, finding.is_error)
    assert "rule 'a' sets text, at which nobody looks: that takes shown" == finding.message
    assert ("locked",) == finding.when


def test_a_field_is_looked_at_where_its_condition_holds_or_it_is_at_rest() -> None:
    rules = (
        rule("a", "locked", {"shown": True, "text": "closed", "colour": "red"})
        + rule("b", "weight > 2", {"shown": True, "colour": "white", "text": "heavy"})
        + rule("c", None, {})
    )
    assert () == findings(table_of(rules, decision=SIGN))


def test_what_a_decision_declares_of_no_field_of_its_own_is_told() -> None:
    declared = Decision("sign", DoorFacts, Sign, "?", matters={"lamp": "shown"})

    with pytest.raises(ValueError, match="lamp is no field of its outcome"):
        declared.check()

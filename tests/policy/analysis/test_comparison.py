"""Two tables differ exactly where the differences say, and each says how."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from launchfsm.ecma.text import number_text
from launchfsm.engine.parser import parse_condition
from launchfsm.engine.table import Policy, Table
from launchfsm.engine.text import duration_text
from launchfsm.policies import load_policy
from launchfsm.policy.analysis import TableDifference, compare
from launchfsm.records.wire import to_wire
from tests.policy.analysis import brute
from tests.policy.analysis.doors import DOOR, NOTICES, compare_tables, door, rule, table_of, tables

if TYPE_CHECKING:
    from collections.abc import Callable

FEW_FACTS = tables(facts=brute.WORDS_AND_COUNTS)
FEW_NOTICES = tables(NOTICES, hit="collect", facts=brute.WORDS_AND_COUNTS)
LEVELS = [rule(f"level-{n}", None, {"level": n}) for n in range(3)]


def differences(before: str, after: str, **options: Any) -> tuple[TableDifference, ...]:
    return compare_tables(table_of(after, **options), table_of(before, **options))[1]


def the_difference(before: str, after: str, **options: Any) -> TableDifference:
    (difference,) = differences(before, after, **options)
    return difference


def test_a_table_does_not_differ_from_itself() -> None:
    rules = rule("a", "locked", {"text": "{note}"}) + rule("b", None, {})
    assert () == differences(rules, rules)


def test_the_same_said_otherwise_is_no_difference() -> None:
    before = rule("a", "visitors > 2 or locked", {"opens": True, "level": 0}) + rule("b", None, {})
    after = rule("x", "locked", {"opens": True}) + rule("y", "visitors >= 3", {"opens": True})
    assert () == differences(before, after + rule("z", "not locked and visitors <= 2", {}))


def test_a_threshold_off_by_one_is_the_one_number_between() -> None:
    found = the_difference(
        rule("a", "visitors > 2", {"level": 1}), rule("a", "visitors > 3", {"level": 1})
    )
    assert ("visitors == 3",) == found.when
    assert (({"level": 1},), ({},)) == (found.before, found.after)
    assert 3 == found.example.facts["visitors"]


def test_a_threshold_off_by_a_millisecond_is_found() -> None:
    found = the_difference(
        rule("a", "age >= '3m'", {"level": 1}), rule("a", "age >= '2m59s999ms'", {"level": 1})
    )
    assert ("age >= '2m59s999ms' and age < '3m'",) == found.when
    assert 179_999 == found.example.facts["age"]


def test_an_operator_off_by_one_is_the_threshold_itself() -> None:
    found = the_difference(
        rule("a", "weight >= 2", {"level": 1}), rule("a", "weight > 2", {"level": 1})
    )
    assert ("weight == 2",) == found.when


def test_a_wrong_word_is_two_classes_for_it_was_there_and_is_here() -> None:
    found = differences(
        rule("a", "guard == 'ann'", {"level": 1}), rule("a", "guard == 'bob'", {"level": 1})
    )
    assert [("guard == 'ann'",), ("guard == 'bob'",)] == [one.when for one in found]


def test_swapped_rules_differ_where_both_fire() -> None:
    first, second = rule("a", "locked", {"level": 1}), rule("b", "visitors > 2", {"level": 2})
    found = the_difference(first + second, second + first)
    assert ("locked and visitors >= 3",) == found.when
    assert (["a"], ["b"]) == ([r.id for r in found.was.rules], [r.id for r in found.now.rules])


def test_a_changed_text_is_found_in_all_situations_in_which_it_reads_differently() -> None:
    before = rule("a", "locked", {"text": "{note}"}) + rule("b", None, {})
    after = rule("a", "locked", {"text": "unknown"}) + rule("b", None, {})
    found = the_difference(before, after)
    assert ("locked and note is not None",) == found.when
    assert (({"text": "{note}"},), ({"text": "unknown"},)) == (found.before, found.after)
    assert ("some note", "unknown") == (found.was.outcome["text"], found.now.outcome["text"])


def test_rules_that_answer_the_same_are_one_class() -> None:
    before = rule("a", "locked", {"level": 1}) + rule("b", "visitors > 2", {"level": 1})
    found = the_difference(before + LEVELS[0], LEVELS[0])
    assert {"locked", "visitors >= 3"} == set(found.when)


def test_no_rule_answers_nothing_but_the_resting_answer() -> None:
    found = the_difference(rule("a", "locked", {"level": 1}), "")
    assert ({},) == found.after
    assert () == found.now.rules


def test_what_cannot_occur_is_no_difference() -> None:
    assert () == differences(rule("a", "alarm and guard is None", {"level": 1}), "")


def test_a_difference_reads_as_text_and_as_json() -> None:
    rules = rule("a", "locked", {"text": "{{x}} {name}"})
    found = the_difference(rules + LEVELS[1], LEVELS[1])
    assert (
        "door: when not locked\n"
        "    before: {}\n"
        "    after: { level = 1 }\n"
        '    for example { colour = "red", name = "some name" }\n'
        "      before: no rule\n"
        "      after: level-1 (doors.toml:4:1)"
    ) == differences(rule("a", "locked", {"level": 1}), LEVELS[1])[0].text()
    wire = json.loads(json.dumps(to_wire(found)))
    assert [{"text": "{{x}} {name}"}] == wire["before"]
    assert "{x} some name" == wire["was"]["outcome"]["text"]


# -- Any number of answers -------------------------------------------------------------------------

BOARD: dict[str, Any] = {"decision": NOTICES, "hit": "collect"}


def notice(name: str, when: str | None, text: str | None = None) -> str:
    return rule(name, when, {"text": name if text is None else text})


def test_a_changed_line_is_one_class_wherever_else_it_stands() -> None:
    others = notice("a", "alarm") + notice("b", "visitors > 2")
    found = the_difference(
        others + notice("c", "locked"), others + notice("c", "locked", "C"), **BOARD
    )
    assert ("locked",) == found.when
    assert (({"text": "c"},), ({"text": "C"},)) == (found.before, found.after)


def test_a_dropped_line_is_missed_where_it_was_said() -> None:
    found = the_difference(
        notice("a", "alarm") + notice("b", "locked"), notice("a", "alarm"), **BOARD
    )
    assert (("locked",), ({"text": "b"},), ()) == (found.when, found.before, found.after)


def test_a_line_said_twice_is_not_the_same_as_once() -> None:
    once, twice = notice("a", "locked", "x"), notice("b", "alarm", "x")
    alone, both = differences(once + twice, once, **BOARD)
    assert ("not locked and alarm",) == alone.when
    assert (("locked and alarm",), True) == (both.when, both.reordered)
    assert () == differences(once + twice, twice + once, **BOARD)


def test_swapped_lines_differ_in_order_where_both_are_said() -> None:
    first, second = notice("a", "locked"), notice("b", "alarm")
    found = the_difference(first + second, second + first, **BOARD)
    assert (True, ("locked and alarm",)) == (found.reordered, found.when)
    assert ["a", "b"] == [line["text"] for line in found.was.outcome]
    assert ["b", "a"] == [line["text"] for line in found.now.outcome]
    assert "    the same answers in another order or number\n" in found.text()


# -- Against brute force ---------------------------------------------------------------------------


def parsed(text: str) -> Any:
    found = parse_condition(text, facts=DOOR.fact_fields, params={})
    assert text == "always" or not found.problems
    return None if text == "always" else found.condition


def concerns(difference: TableDifference) -> Callable[[dict[str, Any]], bool]:
    """Whether facts are in a difference's class of situations."""
    conditions = list(map(parsed, difference.when))
    return lambda facts: any(one is None or one.holds(facts) for one in conditions)


WRITERS: dict[str, Callable[[Any], str]] = {
    "locked": json.dumps,
    "alarm": json.dumps,
    "visitors": number_text,
    "weight": number_text,
    "age": duration_text,
    "since": duration_text,
}


def read(answer: Any, facts: dict[str, Any]) -> dict[str, Any]:
    """An answer of a difference as it reads for facts: a second statement of what texts do."""
    texts = {name: "unknown" if value is None else str(value) for name, value in facts.items()}
    for name, write in WRITERS.items():
        if facts[name] is not None:
            texts[name] = write(facts[name])
    full = {"opens": False, "level": 0, "text": None, "lines": [], **answer}
    if full["text"] is not None:
        full["text"] = full["text"].format(**texts)
    full["lines"] = tuple(line.format(**texts) for line in full["lines"])
    return full


@pytest.mark.parametrize("facts", brute.GROUPS)
@brute.FEWER
@given(data=st.data())
def test_two_tables_differ_exactly_where_it_is_said_and_as_it_is_said(
    facts: tuple[str, ...], data: st.DataObject
) -> None:
    before, after = (data.draw(tables(facts=facts)) for _ in range(2))
    found = [(one, concerns(one)) for one in compare_tables(after, before)[1]]
    for situation in brute.situations(facts):
        sides = [table.decide(DOOR.facts(**situation)) for table in (before, after)]
        here = [one for one, concerned in found if concerned(situation)]
        assert sides[0] == sides[1] or here
        assert len(here) <= 1
        for one in here:
            names = ("opens", "level", "text", "lines")
            told = [{name: getattr(side, name) for name in names} for side in sides]
            assert [read(one.before[0], situation), read(one.after[0], situation)] == told


@pytest.mark.parametrize("facts", brute.GROUPS)
@brute.FEWER
@given(data=st.data())
def test_two_boards_differ_exactly_where_it_is_said(
    facts: tuple[str, ...], data: st.DataObject
) -> None:
    before, after = (data.draw(tables(NOTICES, hit="collect", facts=facts)) for _ in range(2))
    found = [(one, concerns(one)) for one in compare_tables(after, before)[1]]
    for situation in brute.situations(facts):
        here = [one for one, concerned in found if concerned(situation)]
        same = brute.answers(before, situation) == brute.answers(after, situation)
        assert same is not bool(here) or (same and _coincide(here, situation))


def _coincide(here: list[TableDifference], facts: dict[str, Any]) -> bool:
    """Whether texts that are composed differently happen to read the same for some facts."""
    lost = [read(answer, facts)["text"] for one in here for answer in one.before]
    gained = [read(answer, facts)["text"] for one in here for answer in one.after]
    return any(one.reordered for one in here) or sorted(lost) == sorted(gained)


@brute.FEWER
@given(tables(), tables())
def test_every_example_is_one(before: Table, after: Table) -> None:
    for found in compare_tables(after, before)[1]:
        assert concerns(found)(dict(found.example.facts))
        assert found.was.outcome != found.now.outcome
        assert found.situations > 0


def told(differences: tuple[TableDifference, ...], *, backwards: bool = False) -> list[str]:
    """What differences say, without the words that a condition is put in."""
    sides = [(one.before, one.after)[:: -1 if backwards else 1] for one in differences]
    counts = [one.situations for one in differences]
    return sorted(json.dumps(both) for both in zip(sides, counts, strict=True))


@brute.FEWER
@given(FEW_FACTS, FEW_FACTS)
def test_what_differs_one_way_differs_the_other(before: Table, after: Table) -> None:
    there, back = compare_tables(after, before)[1], compare_tables(before, after)[1]
    assert told(there) == told(back, backwards=True)


@brute.FEWER
@given(FEW_NOTICES, FEW_NOTICES)
def test_the_same_comparison_reads_the_same_every_time(before: Table, after: Table) -> None:
    texts = [[one.text() for one in compare_tables(after, before)[1]] for _ in range(2)]
    assert texts[0] == texts[1]


# -- Whole policies --------------------------------------------------------------------------------


def test_policies_are_compared_table_by_table() -> None:
    names = ("door", "notices")
    before = Policy("b", "", ("b",), dict(zip(names, _both("locked", "x"), strict=True)))
    after = Policy("a", "", ("a",), dict(zip(names, _both("alarm", "y"), strict=True)))
    comparison = compare(after, before)
    assert ["door", "door", "notices"] == [one.table for one in comparison.differences]
    assert (False, True, ()) == (comparison.same, comparison.complete, comparison.params)
    assert "a against b: 3 differences\nlooked at every situation" in comparison.text()


def test_policies_that_were_not_compared_whole_are_not_said_to_be_the_same() -> None:
    table = table_of(rule("a", "locked and alarm", {"level": 1}) + rule("b", None, {}))
    policy = Policy("a", "", ("a",), {"door": table})
    comparison = compare(policy, policy, work=1)
    assert not comparison.complete
    assert "a against a: the same in what was looked at, which is NOT ALL" in comparison.text()


def _both(when: str, text: str) -> tuple[Table, Table]:
    return table_of(rule("a", when, {"level": 1})), table_of(
        rule("a", None, {"text": text}), decision=NOTICES, hit="collect"
    )


def test_a_policy_is_the_same_as_itself() -> None:
    comparison = compare(load_policy("reference"), load_policy("reference"))
    assert comparison.same
    assert "reference against reference: the same" in comparison.text()


def test_a_door_is_a_door() -> None:
    assert read({}, door()) == {"opens": False, "level": 0, "text": None, "lines": ()}


# -- The whole report ------------------------------------------------------------------------------

GOLDEN = """\
door: when locked and 'late' in note
    b: { level = 2 }
    a: { level = 1 }
    for example { locked = true, colour = "red", visitors = 1, note = "late", name = \
"some name" }
      b: quiet (doors.toml:8:1)
      a: loud (doors.toml:4:1)
a against b: 1 difference
looked at every situation that can occur: 8 in 1 tables with 2 rules
  door: 8 situations of locked, visitors, note (note with every combination of 1 \
patterns; 4 more cannot occur)"""


def test_a_comparison_reads_like_this() -> None:
    tables = [
        table_of(rule("loud", when, {"level": 1}) + rule("quiet", None, {"level": 2}))
        for when in ("locked and 'late' in note", "locked and visitors == 0 and 'late' in note")
    ]
    policies = [
        Policy(name, "", (name,), {"door": one}) for name, one in zip("ab", tables, strict=True)
    ]

    assert GOLDEN == compare(*policies).text(by_table=True)

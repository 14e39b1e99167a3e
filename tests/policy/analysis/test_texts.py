"""Tables that look into texts are looked at as exhaustively as others, with real texts."""

from __future__ import annotations

import itertools
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from launchfsm.policy.analysis import why_not
from launchfsm.policy.analysis.cover import condition_of, cover
from launchfsm.policy.analysis.space import space_of
from tests.policy.analysis.doors import compare_tables, door, rule, table_of, verify_table

if TYPE_CHECKING:
    from launchfsm.engine.table import Table


def table(*whens: str | None, **options: Any) -> Table:
    """A table with a rule of its own answer for each condition."""
    rules = (rule(f"r{number}", when, {"level": number}) for number, when in enumerate(whens))
    return table_of("\n".join(rules), **options)


def found(made: Table) -> set[tuple[str, str]]:
    return {(one.code, one.rules[0].id if one.rules else "") for one in verify_table(made)[1]}


@pytest.mark.parametrize(
    ("first", "second"),
    [
        ("'quota' in note", "'quota exceeded' in note"),
        ("'quota' in note", "note == 'the quota'"),
        ("note.startswith('a')", "note.startswith('ab')"),
        ("note.endswith('.')", "note.endswith('...')"),
        ("'b' in note", "note.startswith('abc')"),
        ("'a' in note or 'b' in note", "'a' in note and 'c' in note"),
        ("'a' not in note", "'b' in note and 'a' not in note"),
        ("['a', 'b'] in note", "'b' in note"),
    ],
)
def test_a_pattern_that_implies_an_earlier_one_is_unreachable(first: str, second: str) -> None:
    assert {("unreachable", "r1")} == found(table(first, second, None))
    assert set() == found(table(second, first, None))


@pytest.mark.parametrize(
    "when",
    [
        "note.startswith('a') and note.startswith('b')",
        "'quota' in note and 'quota' not in note",
        "note == 'open' and 'shut' in note",
        "note.endswith('x') and not note.endswith('x')",
    ],
)
def test_patterns_that_exclude_one_another_are_known_to(when: str) -> None:
    (finding,) = verify_table(table(when, None))[1]

    assert "unreachable" == finding.code
    assert "its condition holds in no situation" in finding.message


def test_what_no_rule_decides_is_shown_with_a_real_text() -> None:
    made = table("'quota' in note", "note.startswith('auth')")
    (finding,) = verify_table(made)[1]

    assert "incomplete" == finding.code
    assert finding.example is not None
    assert not any(one.when.holds(finding.example.facts) for one in made.rules)
    assert ("not ('quota' in note or note.startswith('auth'))",) == finding.when


def test_a_rule_that_wins_only_with_three_patterns_together_is_not_called_unreachable() -> None:
    many = [f"'p{number:02}' in note" for number in range(30)]
    made = table("'a' in note and 'b' in note and 'c' in note and 'd' in note", *many, None)

    assert set() == found(made)


def test_thirty_rules_of_patterns_are_verified_by_work_that_stays_small() -> None:
    made = table(
        *(f"['p{number:02}', 'q{number:02}'] in note and not locked" for number in range(30)), None
    )
    coverage, findings = verify_table(made)

    assert () == findings
    assert coverage.complete
    assert coverage.situations < 5_000
    assert "note with none, each and any two of 60 patterns" in coverage.text()


@pytest.mark.parametrize(
    ("count", "most"),
    [(30, 2**16), *(pytest.param(n, 2**21, marks=pytest.mark.slow) for n in (130, 260))],
)
def test_where_patterns_are_too_many_for_pairs_nothing_is_called_complete(
    count: int, most: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("launchfsm.policy.analysis.partitions.MOST_ANSWERS", most)
    patterns = [f"p{number:03}" for number in range(count)]
    alone = " and ".join(f"'{pattern}' not in note" for pattern in patterns[:-1])
    # The second rule wins where the last pattern stands beside any other.
    first = f"'{patterns[-1]}' in note and {alone}"
    made = table(first, *(f"'{pattern}' in note" for pattern in reversed(patterns)), None)
    coverage, findings = verify_table(made)

    assert not coverage.complete
    assert coverage.unseen > 0
    assert ("note",) == coverage.sampled
    assert "note with some combinations of" in coverage.text()
    assert not [one for one in findings if one.code == "unreachable" and one.proven]


def test_ways_to_fulfil_a_rule_that_are_too_many_are_not_called_all() -> None:
    either = [f"['a{n}', 'b{n}'] in note" for n in range(6)]
    apart = [f"'{letter}{n}' in note and alarm" for n in range(6) for letter in "ab"]

    coverage, _ = verify_table(table(" and ".join(either), *apart, None))

    assert not coverage.complete
    assert coverage.unseen >= 2**6 - 32


def test_two_rules_that_fire_together_are_found_by_pairs() -> None:
    many = [f"'p{number:02}' in note" for number in range(12)]
    findings = verify_table(table(*many, hit="unique"))[1]

    overlaps = [one for one in findings if one.code == "overlap"]
    assert 12 * 11 // 2 == len(overlaps)
    for one in overlaps:
        assert one.example is not None
        assert "p" in one.example.facts["note"]


def test_where_two_tables_differ_is_told_in_patterns() -> None:
    before = table("'quota' in note", None)
    after = table("'quota' in note and 'exceeded' not in note", None)
    (difference,) = compare_tables(after, before)[1]

    assert ("'quota' in note and 'exceeded' in note",) == difference.when
    assert "quota" in difference.example.facts["note"]
    assert difference.was.outcome != difference.now.outcome


def test_why_not_is_asked_of_any_text() -> None:
    made = table("note.startswith('the ') and 'quota' in note", "'lock' in note", None)
    told = why_not(made, door(note="the lock, the key, a quotum", guard="ann"), "r0")

    assert ("'quota' in note",) == told.unmet
    assert told.possible
    assert any("quota" in need.wanted for way in told.ways for need in way)


# -- Against every short text ----------------------------------------------------------------------

SHORT = [
    "",
    *("".join(letters) for n in range(1, 7) for letters in itertools.product("ab", repeat=n)),
]
PIECE = st.sampled_from(["a", "b", "ab", "ba", "aa", "aab", "bb"])
TEST = st.one_of(
    PIECE.map(lambda piece: f"note.startswith('{piece}')"),
    PIECE.map(lambda piece: f"note.endswith('{piece}')"),
    PIECE.map(lambda piece: f"'{piece}' in note"),
    PIECE.map(lambda piece: f"'{piece}' not in note"),
    PIECE.map(lambda piece: f"note == '{piece}'"),
)
WHEN = st.lists(TEST, min_size=1, max_size=3).flatmap(
    lambda tests: st.sampled_from([" and ".join(tests), " or ".join(tests)])
)


@settings(max_examples=60)
@given(whens=st.lists(WHEN, min_size=1, max_size=3))
def test_no_rule_is_called_unreachable_that_wins_on_a_short_text(whens: list[str]) -> None:
    made = table(*whens, None)
    unreachable = {one.rules[0].id for one in verify_table(made)[1] if one.code == "unreachable"}
    winners = {
        next(one.id for one in made.rules if one.when.holds(door(note=text))) for text in SHORT
    }

    assert set() == unreachable & winners


@settings(max_examples=60)
@given(when=WHEN)
def test_a_set_of_texts_reads_as_a_condition_that_holds_in_it_alone(when: str) -> None:
    made = table(when, None)
    space = space_of(made)
    target = space.where(made.rules[0].when) & space.possible
    conditions = [condition_of(space, box) for box in cover(space, target)]

    for situation in space.possible:
        facts = space.facts_of(situation)
        holds = any(condition.holds(facts) for condition in conditions)
        assert holds is (situation in target)

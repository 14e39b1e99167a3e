"""What is wrong with a condition is told where it stands, whatever is written."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING, Annotated, Any

import attrs
import pytest
from hypothesis import given
from hypothesis import strategies as st

from launchfsm.engine.conditions import ALWAYS, Condition, Group, Not, Test
from launchfsm.engine.parser import Parsed, parse_condition
from launchfsm.engine.types import Doc, fields_of
from tests.engine.tables import condition_of, parse
from tests.policy.synthetic import Facts

if TYPE_CHECKING:
    from collections.abc import Mapping


@attrs.define
class Waited:
    """A duration that is always known."""

    waited: Annotated[float, Doc("How long.", unit="ms")] = 0


RED = Test("colour", "==", "red", "'red'")
FLAG = Test("flag", "true")
FOUND = Test("found", "true")


# -- How they may be written -----------------------------------------------------------------------


@pytest.mark.parametrize(
    ("source", "expected"),
    [
        ("  flag\t", FLAG),
        ("\n  flag\n  and\n\n  found\n", Group("and", (FLAG, FOUND))),
        ("flag and\r\nfound", Group("and", (FLAG, FOUND))),
        ("flag or flag and found", Group("or", (FLAG, Group("and", (FLAG, FOUND))))),
        ("not flag and found", Group("and", (Not(FLAG), FOUND))),
        ("(flag)", FLAG),
        ('colour == "red"', RED),
        ("name == 'a#b'", Test("name", "==", "a#b", "'a#b'")),
        ("name == 'a\\nb'", Test("name", "==", "a\nb", "'a\\nb'")),
        ("c1 == -2.5", Test("c1", "==", -2.5, "-2.5")),
        ("count > 2.5", Test("count", ">", 2.5, "2.5")),
        ("c1 == 1e2", Test("c1", "==", 100.0, "100.0")),
        ("count not  in\n(1,)", Test("count", "not in", (1,), "[1]")),
        ("age < '-1m'", Test("age", "<", -60_000, "'-1m'")),
    ],
)
def test_what_can_be_written(source: str, expected: Condition) -> None:
    assert expected == condition_of(source)


PROBLEMS: list[tuple[str, str, str, str]] = [
    # the condition, the code, what is underlined, what the message says
    ("onwer", "unknown-fact", "onwer", "onwer is no fact; facts here: flag, found, colour, facts"),
    ("flg and flag", "unknown-fact", "flg", "flg is no fact (did you mean 'flag'?); facts here: "),
    ("limit > 3", "unknown-fact", "limit", "limit is a param, where a fact has to stand"),
    ("flag and\n  colour", "not-boolean", "colour", "colour is a word, not a boolean; compare it,"),
    ("colour", "not-boolean", "colour", "as in `colour == 'red'`"),
    ("facts", "not-boolean", "facts", "as in `facts is not None`"),
    ("count", "not-boolean", "count", "as in `count > 0`"),
    ("name", "not-boolean", "name", "as in `name == 'a text'`"),
    ("flag == True", "operator", "flag == True", "write `flag` or `not flag`: it is a boolean"),
    ("flag in [True]", "operator", "flag in [True]", "write `flag` or `not flag`"),
    ("colour < 'red'", "operator", "colour < 'red'", "colour is a word and has no order"),
    ("name >= 'a'", "operator", "name >= 'a'", "name is a text and has no order"),
    ("0 < count < 3", "chained", "<", "comparisons cannot be chained; join two with `and`"),
    ("3 < count", "left-side", "3", "the left side must be a fact's name"),
    ("'é' == name", "left-side", "'é'", "the left side must be a fact's name"),
    (
        "name.x == 'a'",
        "not-allowed",
        "x",
        "a condition has no .x(); a text is looked into with name.",
    ),
    ("name.stratswith('a')", "not-allowed", "stratswith", "(did you mean 'startswith'?)"),
    ("name.lower()", "not-allowed", "lower", "no .lower(); a text is looked into with name"),
    ("name.startswith", "not-allowed", "startswith", "takes one text, a list of texts or a param"),
    ("name.startswith()", "syntax", ")", "`)` cannot stand here; write `fact op value` joined by"),
    ("name.startswith('a', 1)", "not-allowed", "startswith", "takes one text"),
    ("name.startswith(a='a')", "syntax", "=", "write `==` for `=`"),
    ("name.startswith(3)", "wrong-type", "3", "expected a text, got 3"),
    (
        "name.startswith(['a', 3])",
        "wrong-type",
        "['a', 3]",
        "expected a text, got 3",
    ),
    ("name.startswith('')", "wrong-type", "''", "every text contains an empty one"),
    ("name.startswith(lmit)", "unknown-param", "lmit", "table's params (did you mean 'limit'?)"),
    (
        "name.startswith(outcome)",
        "unknown-param",
        "outcome",
        "outcome is a fact; compare with a constant",
    ),
    ("nme.startswith('a')", "unknown-fact", "nme", "nme is no fact (did you mean 'name'?)"),
    ("limit.startswith('a')", "unknown-fact", "limit", "limit is a param, where a fact has to sta"),
    (
        "count.startswith('a')",
        "operator",
        "count.startswith('a')",
        "only a text can be looked into",
    ),
    ("'a' in colour", "operator", "'a' in colour", "colour is a word; only a text can be looked i"),
    ("'' in name", "wrong-type", "''", "every text contains an empty one"),
    ("3 in name", "wrong-type", "3", "expected a text, got 3"),
    ("lmit in name", "unknown-param", "lmit", "lmit is no param; compare with a constant"),
    ("'a' in nme", "unknown-fact", "nme", "nme is no fact (did you mean 'name'?)"),
    ("'a' in limit", "unknown-fact", "limit", "limit is a param, where a fact has to stand"),
    ("count is 3", "not-none", "3", "`is` asks only for None; use == to compare"),
    ("c1 is not 3", "not-none", "3", "`is not` asks only for None; use == to compare"),
    ("count is None", "always-known", "None", "count is always known; asking decides nothing"),
    (
        "count == limt",
        "unknown-param",
        "limt",
        "limt is no param; compare with a constant (texts and words stand in quotes) or with one",
    ),
    ("count == limt", "unknown-param", "limt", "the table's params (did you mean 'limit'?)"),
    ("count == c1", "unknown-param", "c1", "c1 is a fact; compare with a constant (texts and"),
    (
        "count == limit",
        "wrong-type",
        "limit",
        "in `count == limit`: expected a number, got '3'",
    ),
    ("colour == 'redd'", "wrong-type", "'redd'", "in `colour == 'redd'`: 'redd' is none of red, "),
    ("colour == 'redd'", "wrong-type", "'redd'", "(did you mean 'red'?)"),
    ("colour == 3", "wrong-type", "3", "in `colour == 3`: 3 is none of red, green, dark blue"),
    ("colour in 'red'", "wrong-type", "'red'", "expected a list of words, got 'red'"),
    ("colour == ['red']", "wrong-type", "['red']", "['red'] is none of red, green, dark blue"),
    ("colour in ['red', 'rd']", "wrong-type", "['red', 'rd']", "'rd' is none of red"),
    ("count in [[1]]", "syntax", "[", "`[` cannot stand here"),
    ("count > True", "wrong-type", "True", "in `count > true`: expected a number, got true"),
    ("count > -True", "syntax", "-", "`-` cannot stand here"),
    ("c1 > 1e999", "wrong-type", "1e999", "expected a number that is finite, got inf"),
    ("c1 > 0xf", "syntax", "0xf", "0xf is no number"),
    ("c1 > " + "9" * 5000, "syntax", "9" * 5000, "999… is no number"),
    ("c1 == None", "not-allowed", "None", "nothing equals None; write `c1 is None`"),
    ("c1 != None", "not-allowed", "None", "nothing equals None; write `c1 is not None`"),
    (
        "c1 == null",
        "unknown-param",
        "null",
        "null is no param; nothing equals None; write `c1 is N",
    ),
    *[
        (f"c1 == {word}", "unknown-param", word, "nothing equals None; write `c1 is None`")
        for word in ("none", "nil", "unknown", "NULL")
    ],
    ("c1 > null", "unknown-param", "null", "null is no param; compare with a constant (texts"),
    *[
        (
            f"colour {op} 'red'",
            "operator",
            f"colour {op} 'red'",
            "colour is a word and has no order",
        )
        for op in ("<", "<=", ">", ">=")
    ],
    ("count == None", "not-allowed", "None", "count is always known, so it is never None"),
    ("c1 < None", "wrong-type", "None", "in `c1 < None`: expected a number, got None"),
    (
        "colour == red",
        "unknown-param",
        "red",
        "a word of colour, and words stand in quotes; write 'r",
    ),
    (
        "colour == rde",
        "unknown-param",
        "rde",
        "compare with a constant (texts and words stand in quotes)",
    ),
    ("colour == gren", "unknown-param", "gren", "(did you mean 'green'?)"),
    ("colour in [red]", "syntax", "red", "`red` cannot stand here; write `fact op value` joined"),
    (
        "name == bob",
        "unknown-param",
        "bob",
        "compare with a constant (texts and words stand in quotes)",
    ),
    ("flag & found", "syntax", "&", "write `and` for `&`"),
    ("count > 0 | c1 > 0", "syntax", "|", "write `or` for `|`"),
    ("c1 == 1 + 2", "syntax", "+", "`+` cannot stand here"),
    ("c1 == 1j", "syntax", "1j", "1j is no number"),
    ("name == b'a'", "syntax", "'a'", "`'a'` cannot stand here"),
    ("count == (1 and 2)", "syntax", "and", "`and` cannot stand here"),
    (
        "age > 3",
        "wrong-type",
        "3",
        "in `age > 3`: expected a duration such as '3m' or '90s', got 3",
    ),
    ("age > '3x'", "wrong-type", "'3x'", "in `age > '3x'`: '3x' is not a duration"),
    ("len(name) > 3", "syntax", "(", "`(` cannot stand here"),
    ("name.x", "not-allowed", "x", "a condition has no .x(); a text is looked into with name."),
    ("name[0]", "syntax", "[", "`[` cannot stand here"),
    ("count + 1", "syntax", "+", "`+` cannot stand here"),
    ("-count", "syntax", "-", "`-` cannot stand here"),
    ("flag if found else flag", "syntax", "if", "`if` cannot stand here"),
    ("lambda: flag", "syntax", ":", "`:` cannot stand here"),
    ("(flag := found)", "syntax", ":=", "`:=` cannot stand here"),
    ("[flag]", "syntax", "flag", "`flag` cannot stand here"),
    ("'flag'", "constant", "'flag'", "a constant decides nothing; leave `when` out"),
    ("True", "constant", "True", "a constant decides nothing; leave `when` out"),
    ("flag or False", "constant", "False", "a constant decides nothing; leave `when` out"),
    ("flag # and found", "syntax", "#", "a condition holds no comment"),
    ("name == 'a\nb'", "syntax", "'", "a text ends on its line; write \\n for"),
    ("name == 'a\rb'", "syntax", "'", "a text ends on its line; write \\n for"),
    ('name == "a\nb"', "syntax", '"', "a text ends on its line; write \\n for"),
    ("name == 'a\nor name == 'b'", "syntax", "'", "a text ends on its line"),
    ("name == 'a\\\nb'", "syntax", "'", "a text ends on its line; write \\n for"),
    ("name == '''a\nb'''", "syntax", "'", "a text ends on its line; write \\n for"),
    ("name == '''a\rb'''", "syntax", "'", "a text ends on its line; write \\n for"),
    ("count == (flag == found)", "syntax", "flag", "`flag` cannot stand here"),
    ("count in [flag]", "syntax", "flag", "`flag` cannot stand here"),
    ("flag is found", "not-none", "found", "`is` asks only for None; use == to compare"),
    ("flag = found", "syntax", "=", "this is not a condition: write `==` for `=`"),
    ("count === 3", "syntax", "===", "write `==` for `===`"),
    ("count <> 3", "syntax", "<>", "write `!=` for `<>`"),
    ("count => 3", "syntax", "=>", "write `>=` for `=>`"),
    ("flag && found", "syntax", "&&", "write `and` for `&&`"),
    ("flag || found", "syntax", "||", "write `or` for `||`"),
    ("flag and !found", "syntax", "!", "write `not` for `!`"),
    ("flag AND found", "syntax", "AND", "write `and` for `AND`"),
    ("Not found", "syntax", "Not", "write `not` for `Not`"),
    ("age > 5m", "syntax", "5m", "5m is no number; if it is a duration, write '5m'"),
    ("age > 1h30m", "syntax", "1h30m", "if it is a duration, write '1h30m'"),
    ("name == '&& 5m' !", "syntax", "!", "write `not` for `!`"),
    ("flag and", "syntax", "", "this is not a condition: "),
    ("", "syntax", "", "this is not a condition: "),
    ("name == 'é", "syntax", "'", "a text ends on its line; write \\n for"),
    ("flag and (found", "syntax", "(", "this is not a condition: nothing closes this `(`"),
    ("  é flag", "syntax", "flag", "`flag` cannot stand here"),
    ("name == '\\d'", "syntax", "'", "and \\\\ for \\"),
    ("name == '\\d & 5m'", "syntax", "'", "and \\\\ for \\"),
    ("flag & name == '\\d & 5m'", "syntax", "&", "write `and` for `&`"),
    ("flag\0", "syntax", "\0", "this is not a condition: "),
]


@pytest.mark.parametrize(
    ("source", "code", "underlined", "said"), PROBLEMS, ids=[f"{row[0][:30]!r}" for row in PROBLEMS]
)
def test_what_cannot_be_written_is_told_where_it_stands(
    source: str, code: str, underlined: str, said: str
) -> None:
    parsed = parse(source, limit="3")

    (problem,) = parsed.problems
    assert code == problem.code
    assert underlined == source[problem.offset : problem.offset + problem.length]
    assert said in problem.message


def test_the_offset_counts_characters_whatever_their_width() -> None:
    source = "\n\t name == 'é日𝄞'\tand\n   onwer and\r\n\tothr"
    first, second = parse(source).problems

    assert "onwer" == source[first.offset : first.offset + first.length]
    assert "othr" == source[second.offset : second.offset + second.length]


def test_what_cannot_be_read_is_told_behind_what_is_wrong_before_it() -> None:
    assert [("unknown-fact", 0), ("syntax", 10)] == [
        (problem.code, problem.offset) for problem in parse("onwer and ").problems
    ]


def test_all_problems_of_a_condition_are_told_in_the_order_of_its_text() -> None:
    parsed = parse("(onwer or flag > 1) and not (count == 'x' or 3 < count) and flag")

    assert ["unknown-fact", "operator", "wrong-type", "left-side"] == [
        problem.code for problem in parsed.problems
    ]
    assert [problem.offset for problem in parsed.problems] == sorted(
        problem.offset for problem in parsed.problems
    )
    expected = Group(
        "and", (Group("or", (ALWAYS, ALWAYS)), Not(Group("or", (ALWAYS, ALWAYS))), FLAG)
    )
    assert expected == parsed.condition


def test_all_that_is_spelled_as_in_another_language_is_told() -> None:
    told = [problem.message for problem in parse("count = 3 && !(age > 5m)").problems]

    expected = ["`==` for `=`", "`and` for `&&`", "`not` for `!`", "'5m'"]
    assert expected == [message.partition("write ")[2] for message in told]


def test_a_problem_with_the_value_of_a_param_names_the_param() -> None:
    (problem,) = parse("age > grace", grace="soon").problems

    assert "grace" == problem.param
    assert problem.message.startswith("in `age > grace`: 'soon' is not a duration")


def test_a_param_that_is_asked_for_counts_as_named_even_when_it_does_not_fit() -> None:
    assert {"grace", "few"} == parse(
        "age > grace and count in few", grace=3, few=[], other=3
    ).params


def test_a_duration_that_is_always_known_is_compared_with_one() -> None:
    (problem,) = parse_condition("waited", facts=fields_of(Waited), params={}).problems

    assert "compare it, as in `waited >= '3m'`" in problem.message


# -- Hostile text ----------------------------------------------------------------------------------


@given(st.one_of(st.text(), st.text(st.sampled_from("flag count'\"\\#\n()[]=<>!,.0129x:-+\0é"))))
def test_no_text_makes_reading_raise(source: str) -> None:
    parsed = parse(source, limit="3")

    for problem in parsed.problems:
        assert 0 <= problem.offset <= len(source)
        assert problem.length >= 1
    assert isinstance(parsed.condition.holds(attrs.asdict(Facts())), bool)


@pytest.mark.parametrize(
    "source",
    [
        "(" * 100_000,
        "(" * 16_000,
        "not " * 4_000 + "flag",
        "-" * 16_000 + "1",
        "flag." * 3_200 + "x",
        "count == 1" + " + 1" * 4_000,
        "1if " * 4_000,
        "'" * 16_001,
        "(" * 150 + "flag" + ")" * 150,
        "not " * 500 + "flag",
        "not " * 100_000 + "flag",
        "not (flag or " * 150 + "flag" + ")" * 150,
        "count in " + "[" * 150 + "]" * 150,
        "-" * 50_000 + "1",
        "flag." * 50_000 + "x",
        "count == 1" + " + 1" * 20_000,
        "1if " * 5_000,
        "'" * 100_001,
    ],
    ids=lambda source: f"{source[:12]}… {len(source)}",
)
def test_no_nesting_makes_reading_raise(source: str) -> None:
    parsed = parse(source)

    if parsed.problems:
        assert {"syntax", "too-deep", "too-long", "not-allowed", "left-side", "wrong-type"} >= {
            problem.code for problem in parsed.problems
        }
    else:
        assert FLAG == parsed.condition


def test_what_nests_too_deep_to_be_read_is_refused_and_what_is_not_is_taken() -> None:
    def nested(depth: int) -> Parsed:
        return parse("not " * depth + "flag")

    assert () == nested(32).problems
    (problem,) = nested(33).problems
    assert ("too-deep", 33 * 4) == (problem.code, problem.offset)


def test_a_wide_condition_is_fine() -> None:
    source = " and ".join(f"count != {number}" for number in range(800))

    assert condition_of(source).holds(attrs.asdict(Facts(count=-1)))


def test_reading_a_condition_leaves_the_stack_of_its_caller_alone() -> None:
    def at_depth(depth: int) -> Mapping[str, Any] | Parsed:
        return at_depth(depth - 1) if depth else parse("not " * 300 + "flag")

    limit = sys.getrecursionlimit()
    assert isinstance(at_depth(limit // 2), Parsed)


# -- What other languages write ------------------------------------------------------------------


@pytest.mark.parametrize(
    ("theirs", "ours"),
    [
        ("&&", "and"),
        ("&", "and"),
        ("||", "or"),
        ("|", "or"),
        ("!", "not"),
        ("=", "=="),
        ("===", "=="),
        ("!==", "!="),
        ("<>", "!="),
        ("=>", ">="),
        ("=<", "<="),
        ("AND", "and"),
        ("Is", "is"),
    ],
)
def test_what_other_languages_write_is_told_where_it_stands(theirs: str, ours: str) -> None:
    (problem,) = parse(f"a {theirs} b").problems

    assert f"this is not a condition: write `{ours}` for `{theirs}`" == problem.message
    assert (2, len(theirs)) == (problem.offset, problem.length)

"""Conditions say what Python would say, of what is known."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import attrs
import pytest
from hypothesis import given

from launchfsm.engine.conditions import ALWAYS, Condition, Group, Not, Test, unmet
from tests.engine.tables import condition_of, parse
from tests.policy.synthetic import Drawn, Facts, conditions, facts

if TYPE_CHECKING:
    pass


def holds(source: str, **known: object) -> bool:
    return condition_of(source).holds(attrs.asdict(Facts(**known)))  # type: ignore[arg-type]  # by name


@given(conditions())
def test_the_text_of_a_condition_reads_as_the_condition(drawn: Drawn) -> None:
    text = drawn.condition.text()
    parsed = parse(text, **drawn.params)

    assert () == parsed.problems
    assert drawn.condition == parsed.condition
    assert parsed.params == {test.param for test in drawn.condition.tests()} - {""}


@pytest.mark.parametrize(
    "text", ["flag and found", "flag and (found or flag)", "not (flag or found)", "not flag"]
)
def test_parentheses_stand_where_they_are_needed_and_nowhere_else(text: str) -> None:
    assert text == condition_of(text).text()


@given(conditions(), facts())
def test_a_condition_holds_when_python_would_say_so_of_the_known(
    drawn: Drawn, known: Facts
) -> None:
    """A second account of what a condition means: Python's own, with unknown tests made false."""
    values = attrs.asdict(known)

    def spelled(condition: Condition) -> str:
        match condition:
            case Not(part):
                return f"(not {spelled(part)})"
            case Group(joint, parts):
                return f"({f' {joint} '.join(map(spelled, parts))})"
            case Test(fact, "is" | "is not"):
                return f"({condition.fact} {condition.op} None)"
            case Test(fact, "true"):
                return f"({fact} is True)"
            case Test(fact, "startswith" | "endswith" as op, texts):
                return f"({fact} is not None and {fact}.{op}({texts!r}))"
            case Test(fact, "contains" | "lacks" as op, texts):
                found = f"any(text in {fact} for text in {texts!r})"
                wanted = found if op == "contains" else f"not {found}"
                return f"({fact} is not None and {wanted})"
            case Test(fact, op, value):
                return "False" if values[fact] is None else f"({fact} {op} {value!r})"

    expected = eval(spelled(drawn.condition), dict(values))  # noqa: S307 - text of this test's making
    assert expected is drawn.condition.holds(values)


@given(conditions(), facts())
def test_what_is_unmet_is_nothing_exactly_when_a_condition_holds(
    drawn: Drawn, known: Facts
) -> None:
    values = attrs.asdict(known)
    condition = drawn.condition
    failed = unmet(condition, values)

    assert condition.holds(values) is (not failed)
    assert condition.holds(values) is bool(unmet(Not(condition), values))
    assert condition.holds(values) is bool(unmet(condition, values, wanted=False))
    asked = {test.fact for test in condition.tests()}
    assert asked >= {found.fact for found in failed}
    assert all(values[found.fact] == found.value for found in failed)


@pytest.mark.parametrize(
    ("source", "known", "expected"),
    [
        ("c1 == 1", {"c1": None}, False),
        ("c1 != 1", {"c1": None}, False),
        ("not c1 != 1", {"c1": None}, True),
        ("c1 > 1 or c1 <= 1", {"c1": None}, False),
        ("facts in ['red']", {"facts": None}, False),
        ("facts not in ['red']", {"facts": None}, False),
        ("found", {"found": None}, False),
        ("not found", {"found": None}, True),
        ("found is None", {"found": None}, True),
        ("found is not None", {"found": False}, True),
        ("age < '0s'", {"age": -1}, True),
        ("age >= '3m'", {"age": 180_000}, True),
        ("age >= '3m'", {"age": 179_999.9}, False),
        ("name in []", {"name": ""}, False),
        ("count in (1, 2)", {"count": 2}, True),
        ('name == "it\'s"', {"name": "it's"}, True),
        ("name.startswith('optional-')", {"name": "optional-3"}, True),
        ("name.startswith('optional-')", {"name": "Optional-3"}, False),
        ("name.startswith(['a', 'b'])", {"name": "bob"}, True),
        ("name.endswith(('a', 'b'))", {"name": "bob"}, True),
        ("name.endswith([])", {"name": "bob"}, False),
        ("'quota' in outcome", {"outcome": "out of quota"}, True),
        ("'quota' in outcome", {"outcome": None}, False),
        ("'quota' not in outcome", {"outcome": None}, False),
        ("'quota' not in outcome", {"outcome": "timed out"}, True),
        ("['429', 'quota'] in outcome", {"outcome": "HTTP 429"}, True),
        ("['429', 'quota'] not in outcome", {"outcome": "HTTP 429"}, False),
        ("not outcome.startswith('a')", {"outcome": None}, True),
    ],
)
def test_what_is_unknown_answers_no_comparison(
    source: str,
    known: dict[str, Any],
    expected: bool,  # noqa: FBT001 - a table's column
) -> None:
    assert expected is holds(source, **known)


def test_a_condition_without_parts_always_holds() -> None:
    assert ALWAYS.holds({})
    assert () == unmet(ALWAYS, {})
    assert "" == ALWAYS.text()


def test_of_an_and_the_failing_parts_are_unmet_and_of_an_or_all() -> None:
    condition = condition_of("flag and count > 1 and not (colour == 'red' or name == 'x')")
    values = attrs.asdict(Facts(flag=False, count=3, colour="red", name="y"))

    assert [("flag", "flag", False), ("not colour == 'red'", "colour", "red")] == [
        attrs.astuple(found) for found in unmet(condition, values)
    ]
    assert ["flag", "count > 3"] == [
        found.wanted for found in unmet(condition_of("flag or count > 3"), values)
    ]


def test_what_is_unmet_tells_the_value_of_a_param() -> None:
    condition = condition_of("age >= grace and not count in few", grace="3m", few=[1, 2])
    values = attrs.asdict(Facts(age=5, count=2))

    assert ["age >= grace ('3m')", "not count in few ([1, 2])"] == [
        found.wanted for found in unmet(condition, values)
    ]


def test_a_param_that_is_looked_for_is_a_text_or_any_of_a_list() -> None:
    words = {"one": "quota", "many": ["429", "quota"]}

    assert Test("name", "contains", ("quota",), "'quota'", "one") == condition_of(
        "one in name", **words
    )
    assert Test("name", "lacks", ("429", "quota"), "['429', 'quota']", "many") == condition_of(
        "many not in name", **words
    )
    assert Test("name", "startswith", ("429", "quota"), "['429', 'quota']", "many") == condition_of(
        "name.startswith(many)", **words
    )


def test_what_is_unmet_of_a_text_that_is_looked_into_reads_like_the_rule() -> None:
    source = "quotas in name or name.startswith('a') or not 'x' not in name"
    condition = condition_of(source, quotas=["429", "quota"])

    assert [
        "quotas in name (['429', 'quota'])",
        "name.startswith('a')",
        "not 'x' not in name",
    ] == [found.wanted for found in unmet(condition, attrs.asdict(Facts(name="bob")))]


def test_a_test_says_what_it_compares_with() -> None:
    asked = {
        "c1 is not None": (),
        "flag": (),
        "count > 3": (3,),
        "colour in ['red', 'green']": ("red", "green"),
        "age == '3m'": (180_000,),
        "['a', 'b'] in name": ("a", "b"),
    }

    for source, constants in asked.items():
        (test,) = parse(source).condition.tests()
        assert constants == test.constants
        assert test.asks_presence is (source == "c1 is not None")

"""A test may leave out the facts that what it asks does not depend on, and no others."""

from __future__ import annotations

import itertools
from typing import TYPE_CHECKING, Annotated, Any, Literal, get_args

import attrs
import pytest
from hypothesis import given
from hypothesis import strategies as st

from launchfsm.engine import Decision, Doc, Sum
from launchfsm.engine.conditions import whatever
from launchfsm.engine.parser import parse_condition
from launchfsm.policy import PolicyError, load_policy
from launchfsm.policy.authoring.ask import FactsError, ask_table
from launchfsm.policy.authoring.runner import coverage, run_tests
from tests.policy.written import write

if TYPE_CHECKING:
    from pathlib import Path

    from launchfsm.engine import Policy
    from launchfsm.policy.authoring.runner import TestCoverage

Colour = Literal["red", "green", "blue"]


@attrs.frozen
class Light:
    """A light at a crossing."""

    colour: Annotated[Colour, Doc("What it shows.")]
    street: Annotated[str, Doc("Where.")]
    dark: Annotated[bool, Doc("It is night.")] = False
    cars: Annotated[int, Doc("How many wait.", low=0)] = 0
    buses: Annotated[int, Doc("How many of them are buses.", low=0)] = 0
    lorries: Annotated[int, Doc("How many are lorries.", low=0)] = 0
    driver: Annotated[str | None, Doc("Who waits first.")] = None


@attrs.frozen
class Move:
    """What to do."""

    go: Annotated[bool, Doc("Drive.")]
    said: Annotated[str, Doc("What is said.")] = ""


CROSSING = Decision(
    "crossing",
    Light,
    Move,
    "Who drives?",
    preconditions=("cars == 0 or driver is not None",),
    sums=(Sum("cars", ("buses", "lorries")),),
)
TABLE = """\
policy = "crossing"
[tables.crossing]
hit = "first"

[[tables.crossing.rule]]
id = "night"
when = "dark and street.startswith('Oak')"
then = {{ go = true, said = "{{street}} is empty" }}

[[tables.crossing.rule]]
id = "red"
when = "colour == 'red' and not buses > 1"
then = {{ go = false, said = "{{street}}: {{driver}} waits" }}
{below}

[[tables.crossing.rule]]
id = "rest"
then = {{ go = true }}

[[tables.crossing.test]]
{table}
"""
FINE = 'facts = { colour = "green" }\ndecides = "rest"'


def load(folder: Path, *, below: str = "", table: str = FINE) -> Policy:
    """The policy with a test below the rule `red`, and one of the table."""
    if below:
        below = f"[[tables.crossing.rule.test]]\n{below}"
    text = TABLE.format(below=below, table=table)
    return load_policy(
        write(folder, {"crossing.toml": text}) / "crossing.toml",
        catalogue={CROSSING.name: CROSSING},
    )


@pytest.mark.parametrize(
    "test",
    [
        'facts = { colour = "red" }\nfires = true',
        'facts = { colour = "green" }\nfires = false',
        'facts = { buses = 2, lorries = 1, driver = "Ann" }\nfires = false',
        'facts = { colour = "red", buses = 1 }\nfires = true',
        'facts = { colour = "red" }\nfires = true\nthen = { go = false }',
    ],
)
def test_below_a_rule_it_leaves_out_what_the_rule_does_not_ask(tmp_path: Path, test: str) -> None:
    assert [True, True] == [result.passed for result in run_tests(load(tmp_path, below=test))]


@pytest.mark.parametrize(
    "test",
    [
        'facts = { colour = "red" }\ndecides = "red"',
        'facts = { dark = true, street = "Oak Lane" }\ndecides = "night"',
        'facts = { dark = true, street = "Elm", colour = "blue" }\nthen = { go = true }',
        'facts = { street = "Elm", colour = "red" }\nthen = { said = "Elm: unknown waits" }',
        'facts = { buses = 2 }\ndecides = "rest"',
    ],
)
def test_of_the_table_it_leaves_out_what_does_not_decide(tmp_path: Path, test: str) -> None:
    (result,) = run_tests(load(tmp_path, table=test))

    assert result.passed, result.text()
    assert not result.facts.keys() - {"colour", "street", "dark", "buses", "cars"}


@pytest.mark.parametrize(
    ("place", "test", "said"),
    [
        ("below", "facts = {}\nfires = true", "depends on and is never unknown: colour (red | gr"),
        ("table", 'facts = { dark = true, colour = "red" }\ndecides = "red"', "street (text)"),
        ("table", 'facts = { colour = "red" }\nthen = { said = "x" }', "unknown: street (text)"),
        # The driver is named in the text, and where a bus waits there is one.
        (
            "table",
            'facts = { colour = "red", street = "Elm", buses = 1 }\nthen = { said = "x" }',
            "cannot occur together: always cars == 0 or driver is not None",
        ),
        (
            "below",
            'facts = { cars = 3, buses = 1, driver = "Ann", colour = "red" }\nfires = true',
            "always cars == buses + lorries, but 3 is not 1 + 0",
        ),
    ],
)
def test_what_it_depends_on_it_has_to_say(tmp_path: Path, place: str, test: str, said: str) -> None:
    with pytest.raises(PolicyError) as caught:
        load(tmp_path, **{place: test})

    (fault,) = caught.value.faults
    assert "test" == fault.code
    assert said in fault.message


def test_a_question_may_leave_it_out_as_well(tmp_path: Path) -> None:
    table = load(tmp_path).tables["crossing"]

    assert ("rest",) == ask_table(table, [("colour", "green"), ("buses", "2")]).won
    with pytest.raises(FactsError, match="always cars == 0 or driver is not None"):
        ask_table(table, [("colour", "red"), ("street", "Elm"), ("buses", "1")])


def test_what_it_leaves_out_it_does_not_show(tmp_path: Path) -> None:
    def sides(test: str) -> TestCoverage:
        return coverage(load(tmp_path, below=f"facts = {{ {test} }}\nfires = false", table=FINE))

    whole = sides('colour = "red", buses = 2, driver = "Ann"')
    without = sides('buses = 2, driver = "Ann"')

    assert {"colour == 'red'"} == {gap.condition for gap in without.one_sided} - {
        gap.condition for gap in whole.one_sided
    }


CONDITIONS = st.recursive(
    st.sampled_from(
        ["colour == 'red'", "colour != 'blue'", "colour in ['red', 'green']", "dark", "buses > 1"]
    ),
    lambda parts: (
        parts.map("not ({})".format)
        | st.tuples(parts, st.sampled_from(["and", "or"]), parts).map(
            lambda three: f"({three[0]}) {three[1]} ({three[2]})"
        )
    ),
    max_leaves=6,
)


@given(
    text=CONDITIONS,
    dark=st.booleans(),
    missing=st.sets(st.sampled_from(["colour", "dark"]), min_size=1),
)
def test_what_holds_whatever_facts_are_holds_for_all_of_them(
    *,
    text: str,
    dark: bool,
    missing: set[str],
) -> None:
    condition = parse_condition(text, facts=CROSSING.fact_fields, params={}).condition
    facts: dict[str, Any] = {"colour": "red", "dark": dark, "buses": 2}
    choices = {"colour": get_args(Colour), "dark": (False, True)}
    names = sorted(missing)
    answers = {
        condition.holds(facts | dict(zip(names, values, strict=True)))
        for values in itertools.product(*(choices[name] for name in names))
    }

    found = whatever(condition, facts, missing)

    assert found is None or {found} == answers

"""Everything that can be wrong with a table is found at load, and told where it stands."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any

import attrs
import pytest

from launchfsm.engine.decision import Decision
from launchfsm.engine.types import Doc, ValueType
from launchfsm.policy.checker import check_tables
from launchfsm.policy.diagnostics import Diagnostic, Diagnostics
from tests.policy.synthetic import MANY, NEEDED, POINT, Answer, Colour, Facts
from tests.policy.written import laid, marked, spot_of

if TYPE_CHECKING:
    from launchfsm.engine.table import Table

Point = Any


@attrs.define
class StrictFacts:
    """Facts of which some must be said."""

    colour: Annotated[Colour, Doc("A colour.")]
    name: Annotated[str, Doc("A name.")]
    flag: Annotated[bool, Doc("A flag.")]
    found: Annotated[bool | None, Doc("Another.")]
    count: Annotated[int, Doc("How many.")]


TUNED = Decision(
    "tuned",
    Facts,
    Answer,
    "What is said?",
    params={"lines": ValueType("number", whole=True, low=0), "pause": ValueType("duration")},
    preconditions=("not flag or not found", "count != 3"),
)


def check(text: str, decision: Decision[Any, Any] = POINT) -> tuple[Table | None, list[Diagnostic]]:
    """What becomes of a table's text, without anything that it extends."""
    faults = Diagnostics()
    merged = laid(text, faults, name=decision.name)
    table = check_tables({decision.name: merged}, {decision.name: decision}, faults)[decision.name]
    told = list(faults.told())
    return None if told else table, told


def test_a_table_without_faults_is_ready() -> None:
    text = """\
hit = "unique"
params.grace = "3m"

[[rule]]
id = "one"
when = "age >= grace"
then = { said = "{name} {grace}" }
why = "Because."

[[rule.test]]
facts = { age = "3m" }
fires = true

[[test]]
facts = {}
decides = "nothing"
then = { yes = false }
"""
    table, faults = check(text)

    assert [] == faults
    assert table is not None
    (rule,) = table.rules
    assert ("unique", {"grace": "3m"}) == (table.hit, table.params)
    assert ("one", "Because.", "mine") == (rule.id, rule.why, rule.origin)
    assert ("age >= grace", ("age",), ("name",)) == (
        rule.when.text(),
        rule.reads(),
        rule.mentions(),
    )
    assert {"age", "name"} == table.reads
    assert ("x.toml:4:1", "x.toml:10:1") == (
        rule.location().text(),
        rule.tests[0].location().text(),
    )
    assert (True, None, 180_000, False) == (
        rule.tests[0].fires,
        rule.tests[0].decides,
        rule.tests[0].facts["age"],
        rule.tests[0].facts["flag"],
    )
    assert (None, "nothing", {"yes": False}) == (
        table.tests[0].fires,
        table.tests[0].decides,
        table.tests[0].then,
    )


def test_a_param_that_evaluation_reads_is_as_facts_carry_it() -> None:
    table, faults = check("hit = 'first'\nparams = { lines = 3, pause = '3m' }\n", TUNED)

    assert [] == faults
    assert table is not None
    assert {"lines": 3, "pause": 180_000} == table.params


def test_a_condition_is_found_in_whatever_string_it_is_written() -> None:
    for when in [
        "'«flg»'",
        '"flag and «flg»"',
        '"name == \\"é\\" and «flg»"',
        "\"name == '\\u00e9' and «flg»\"",
        "'\t«flg»\t'",
        "'''\nflag and\n\n  «flg»'''",
        '"""flag \\\n   and «flg» or found"""',
    ]:
        clean, spot, _ = marked(f"hit = 'first'\n[[rule]]\nid = 'x'\nthen = {{}}\nwhen = {when}\n")
        _, (fault,) = check(clean)

        assert ("unknown-fact", "$.rule[0].when", spot) == (
            fault.code,
            fault.path,
            spot_of(fault.location),
        )


RULE = "[[rule]]\nid = 'one'\nwhen = 'flag'\nthen = { yes = true }\n"
TEST = f"hit = 'first'\n{RULE}«[[rule.test]]»\n"
TABLE_TEST = f"hit = 'first'\n{RULE}«[[test]]»\n"


def rule(body: str) -> str:
    return f"hit = 'first'\n[[rule]]\nid = 'one'\n{body}\n"


def unmarked(text: str, body: str) -> str:
    return marked(text)[0] + body


FAULTS: list[tuple[Point, str, str, str]] = [
    # the decision, the table's text with its marks, the code, what is said
    # -- the hit policy
    (POINT, "«»" + RULE, "missing-key", "has no hit policy; give it `hit = 'first' or 'unique'`"),
    (POINT, "hit = «'frist'»\n", "hit-policy", "'first' or 'unique', got 'frist': one rule ans"),
    (POINT, "hit = «'collect'»\n", "hit-policy", "'first' or 'unique', got 'collect': one rule"),
    (MANY, "hit = «'first'»\n", "hit-policy", "needs hit policy 'collect', got 'first': every fir"),
    # -- params
    (
        POINT,
        "hit = 'first'\nparams = { «x» = 1 }\n",
        "unused-param",
        "x is used by no rule; remove",
    ),
    (
        POINT,
        rule("when = 'name != name'\nthen = {}\n[params]\n«name» = 'a'"),
        "param-name",
        "param ",
    ),
    (
        POINT,
        rule("then.said = '{a-b}'\n[params]\n«a-b» = 'a'"),
        "param-name",
        "'a-b' cannot be nam",
    ),
    (TUNED, "«»hit = 'first'\nparams.lines = 3\n", "missing-key", "needs the param pause, a durat"),
    (TUNED, "hit = 'first'\nparams = { lines = «2.5», pause = '1s' }", "wrong-type", "whole numbe"),
    (TUNED, "hit = 'first'\nparams = { lines = «-1», pause = '1s' }", "wrong-type", "at least 0"),
    (TUNED, "hit = 'first'\nparams = { lines = 3, pause = «3» }", "wrong-type", "a duration such "),
    (
        POINT,
        rule("when = 'age > ⟦grace⟧'\nthen = {}\n[params]\ngrace = «'soon'»"),
        "wrong-type",
        "in `age > grace`: 'soon' is not a duration",
    ),
    (
        POINT,
        rule("then = { said = 'of ⟦{few}⟧' }\n[params]\nfew = «[1]»"),
        "wrong-type",
        "param few is [1], which has no place in a text",
    ),
    # -- rules
    (POINT, "hit = 'first'\n[[rule]]\nid = «''»\nthen = {}\n", "rule-id", "cannot be named ''"),
    (POINT, "hit = 'first'\n[[rule]]\nid = «'nothing'»\nthen = {}\n", "rule-id", "tests say that"),
    (POINT, "hit = 'first'\n«[[rule]]»\nid = 'x'\n", "missing-outcome", "'x' has no outcome; give"),
    (NEEDED, "hit = 'first'\n«[[rule]]»\nid = 'x'\nthen = { count = 1 }\n", "missing-outcome", ""),
    (NEEDED, "«»hit = 'first'\n[[rule]]\nid='x'\nwhen='flag'\nthen.colour='red'", "no-default", ""),
    # -- conditions
    (POINT, rule("when = '«flg»'\nthen = {}"), "unknown-fact", "no fact (did you mean 'flag'?)"),
    (
        POINT,
        rule("when = \"flag or colour == «'rd'»\"\nthen = {}"),
        "wrong-type",
        "did you mean 're",
    ),
    # -- outcomes
    (
        POINT,
        rule("then = { «sad» = 'x' }"),
        "unknown-field",
        "did you mean 'said'?); fields: said, ",
    ),
    (POINT, rule("then = { said = «3» }"), "wrong-type", "said: expected a text, got 3"),
    (
        POINT,
        rule("then = { yes = «'true'» }"),
        "wrong-type",
        "yes: expected true or false, got 'tr",
    ),
    (
        POINT,
        rule("then = { texts = «'a'» }"),
        "wrong-type",
        "texts: expected a list of texts, got ",
    ),
    (POINT, rule("then = { texts = «['a', 3]» }"), "wrong-type", "texts: expected a text, got 3"),
    (
        NEEDED,
        rule("then = { colour = «'rd'» }"),
        "wrong-type",
        "'rd' is none of red, green, dark b",
    ),
    (
        NEEDED,
        rule("then = { colour = 'red', count = «1.5» }"),
        "wrong-type",
        "count: expected a wh",
    ),
    (POINT, rule("then = { said = 'of «{nme}»' }"), "unknown-fact", "did you mean 'name'?"),
    (POINT, rule('then = { said = "é\\t«{nme}»" }'), "unknown-fact", "'nme' is no fact or param"),
    (POINT, rule("then = { texts = ['{name}', 'of «{nme}»'] }"), "unknown-fact", "'nme' is no fac"),
    (POINT, rule("then.said = '«{»'"), "template", "a brace itself is written twice"),
    (POINT, rule("[rule.then]\nsaid = 'a«{age:>3}»'"), "template", "'{age:>3}': in braces stands"),
    # -- tests below a rule
    (POINT, TEST + "facts = {}", "test", "a test below a rule needs `fires = true` or `false`"),
    (POINT, TEST + "decides = 'one'", "test", "below a rule says `fires`; `decides` belongs to"),
    (
        POINT,
        unmarked(TEST, "fires = true\nfacts = { «flg» = 1 }"),
        "unknown-fact",
        "'flg' is no fact",
    ),
    (
        POINT,
        unmarked(TEST, "fires = true\nfacts.flag = «1»"),
        "wrong-type",
        "flag: expected true o",
    ),
    (
        POINT,
        unmarked(TEST, "fires = true\nfacts.age = «3»"),
        "wrong-type",
        "age: expected a durati",
    ),
    (
        POINT,
        unmarked(TEST, "fires = true\nfacts.count = «1.5»"),
        "wrong-type",
        "count: expected a w",
    ),
    (
        POINT,
        unmarked(TEST, "fires = true\nthen = { «sad» = 1 }"),
        "unknown-field",
        "'sad' is no fi",
    ),
    (POINT, unmarked(TEST, "fires = true\nthen.said = «1»"), "wrong-type", "said: expected a text"),
    # -- tests of the table
    (
        POINT,
        TABLE_TEST + "facts = {}",
        "test",
        "this test asks nothing; give it `decides` or `then`",
    ),
    (POINT, TABLE_TEST + "fires = true", "test", "which rule `decides`; `fires` belongs below a r"),
    (POINT, unmarked(TABLE_TEST, "decides = «'on'»"), "unknown-id", "'on' (did you mean 'one'?); "),
    (POINT, unmarked(TABLE_TEST, "decides = «'on'»"), "unknown-id", "ids: one, nothing"),
]


@pytest.mark.parametrize(
    ("decision", "text", "code", "said"), FAULTS, ids=[f"{row[2]} {row[3]}"[:60] for row in FAULTS]
)
def test_what_is_wrong_with_a_table_is_told_where_it_stands(
    decision: Point, text: str, code: str, said: str
) -> None:
    clean, spot, other = marked(text)
    table, faults = check(clean, decision)

    assert [code] == [fault.code for fault in faults], [fault.text() for fault in faults]
    (fault,) = faults
    assert table is None
    assert said in fault.message
    assert spot is not None
    assert (spot.line, spot.column) == (fault.location.line, fault.location.column)
    assert spot.text in {spot_of(fault.location).text, ""}
    assert other == (spot_of(fault.related) if fault.related else None)


def test_an_outcome_that_lacks_what_it_needs_says_what() -> None:
    _, (fault,) = check("hit = 'first'\n[[rule]]\nid = 'x'\nthen = { count = 1 }\n", NEEDED)

    assert "the outcome of rule 'x' lacks colour" == fault.message


def test_where_every_rule_has_a_condition_the_needs_are_told() -> None:
    text = "hit = 'first'\n[[rule]]\nid = 'x'\nwhen = 'flag'\nthen = { colour = 'red' }\n"

    (fault,) = check(text, NEEDED)[1]

    assert (
        "table 'needed' must end in a rule without `when`: "
        "its outcome needs colour in every situation"
    ) == fault.message
    assert [] == check(text.replace("when = 'flag'\n", ""), NEEDED)[1]


def test_where_every_rule_answers_no_rule_needs_to() -> None:
    text = "hit = 'collect'\n[[rule]]\nid = 'x'\nwhen = 'flag'\nthen = { said = 'a' }\n"

    assert [] == check(text, MANY)[1]


@pytest.mark.parametrize(
    ("facts", "said"),
    [
        (
            "colour = 'red', name = '', count = 3",
            "these facts cannot occur together: always count != 3",
        ),
        (
            "colour='red', name='', flag=true, found=true",
            "cannot occur together: always not flag or not",
        ),
    ],
)
def test_a_test_of_what_cannot_be_proves_nothing(facts: str, said: str) -> None:
    decision = Decision(
        "default",
        StrictFacts,
        Answer,
        "What?",
        preconditions=("not flag or not found", "count != 3"),
    )
    text = f"hit = 'first'\n{RULE}«[[rule.test]]»\nfires = true\nfacts = {{ {facts} }}\n"
    clean, spot, _ = marked(text)

    _, (fault,) = check(clean, decision)

    assert ("test", spot) == (fault.code, spot_of(fault.location))
    assert said in fault.message


def test_what_follows_from_another_fault_is_not_told_as_well() -> None:
    text = """\
hit = "first"
params = { grace = "3m" }

[[rule]]
id = "one"
when = "age >= grace and flg"
then = { said = "{name" }

[[rule.test]]
facts = { colour = "rd", flg = 1 }
fires = true
"""
    assert ["unknown-fact", "template", "wrong-type", "unknown-fact"] == [
        fault.code for fault in check(text)[1]
    ]


def test_what_a_part_that_cannot_be_read_may_hold_is_not_missed() -> None:
    text = """\
hit = 3

[params]
grace = "3m"

[[rule]]
id = "one"
when = 3
then = { colour = "red" }

[[rule]]
when = "age > grace"
then = { colour = "red" }

[[rule]]
id = "three"
then = "red"

[[rule]]
id = "four"
when = "flag"
then = { colour = "rd" }
"""
    assert ["wrong-type", "wrong-type", "missing-key", "wrong-type", "wrong-type"] == [
        fault.code for fault in check(text, NEEDED)[1]
    ]


def test_all_faults_of_a_table_are_told_from_its_top() -> None:
    text = """\
hit = "frist"
params = { x = 1 }

[[rule]]
id = "one"
when = "flg and colour == 'rd'"
then = { sad = 1, said = 2 }

[[rule]]
id = "two"
when = "flag"

[[test]]
"""
    faults = check(text)[1]

    assert [
        (1, "hit-policy"),
        (6, "unknown-fact"),
        (6, "wrong-type"),
        (7, "unknown-field"),
        (7, "wrong-type"),
        (9, "missing-outcome"),
        (13, "test"),
    ] == [(fault.location.line, fault.code) for fault in faults]

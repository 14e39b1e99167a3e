"""Own tables: a policy adds decisions, each asked after another, and everything works on them."""

from __future__ import annotations

import itertools
import pickle
from typing import TYPE_CHECKING, Any

import attrs
import pytest

from launchfsm.decisions.catalogue import CATALOGUE
from launchfsm.engine.text import listing
from launchfsm.engine.trace import TracingEngine, explained
from launchfsm.policies import load_policy
from launchfsm.policy.analysis import compare, why_not
from launchfsm.policy.authoring.render import policy_toml
from launchfsm.policy.authoring.runner import coverage, run_tests
from launchfsm.policy.own_tables import MOST_CHAINED, MOST_OWN
from launchfsm.properties import Property, audit_policy
from tests.policy.analysis.doors import verify_table
from tests.policy.written import faults_of, spot_of, write

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from launchfsm.engine.table import Policy

PAGING = """\
policy = "ours"
extends = "reference"

[tables.paging]
on = "verdict"
doc = "Does somebody have to get up?"
hit = "first"
show = "who: {who} ({failed} failed)"
params = { few = 1 }

[tables.paging.outcome.page]
type = "boolean"
doc = "Whether to wake somebody."
[tables.paging.outcome.who]
type = "word"
words = ["oncall", "owner", "nobody"]
default = "nobody"

[[tables.paging.rule]]
id = "failed-members"
when = "severity == 'failed' and failed > few"
then = { page = true, who = "oncall" }
[[tables.paging.rule.test]]
fires = true
then = { page = true, who = "oncall" }
[tables.paging.rule.test.facts]
severity = "failed"
failed = 2
names = 2
team_state = "partial_failure"
launch_phase = "active"
[[tables.paging.rule.test]]
facts = { severity = "ok" }
fires = false
"""

URGENCY = """
[tables.urgency]
on = "paging"
hit = "first"
[tables.urgency.outcome.within]
type = "duration"
[tables.urgency.outcome.channels]
type = "text"
list = true
[[tables.urgency.rule]]
id = "now"
when = "page and who == 'oncall' and failed > 3"
then = { within = "5m", channels = ["phone", "{who}"] }
"""


def load(tmp_path: Path, text: str, name: str = "ours.toml") -> Policy:
    return load_policy(write(tmp_path, {name: text}) / name)


def answers(policy: Policy, table: str, **facts: Any) -> Mapping[str, Any]:
    """The answer of an own table, to facts of which all others are at rest."""
    decision: Any = policy.tables[table].decision
    answer: Mapping[str, Any] = decision.said(policy.tables[table].decide(decision.facts(**facts)))
    return answer


# -- What they ask and answer ----------------------------------------------------------------------


def test_an_own_table_asks_the_facts_and_the_answer_of_what_it_stands_on(tmp_path: Path) -> None:
    policy = load(tmp_path, PAGING)
    verdict, paging = policy.tables["verdict"].decision, policy.tables["paging"].decision

    assert {*verdict.fact_fields, *verdict.outcome_fields} == {*paging.fact_fields}
    assert paging.fact_fields["severity"].kind == verdict.outcome_fields["severity"].kind
    assert paging.preconditions == verdict.preconditions
    assert paging.sums == verdict.sums
    assert "Does somebody have to get up?" == paging.doc
    assert {"page": True, "who": "oncall"} == answers(policy, "paging", severity="failed", failed=2)


def test_what_no_rule_answers_is_the_default(tmp_path: Path) -> None:
    policy = load(tmp_path, PAGING + URGENCY)
    assert {"page": False, "who": "nobody"} == answers(policy, "paging", severity="ok")
    assert {"within": None, "channels": ()} == answers(policy, "urgency", failed=4)


def test_a_chain_asks_all_facts_and_answers_before_it(tmp_path: Path) -> None:
    policy = load(tmp_path, PAGING + URGENCY)
    engine = TracingEngine(policy)
    verdict: Any = policy.tables["verdict"].decision
    facts = verdict.facts(
        team_state="partial_failure",
        launch_phase="finished",
        names=5,
        confirmed=0,
        pending=0,
        failed=5,
        skipped=0,
        expired=False,
        progress_state=None,
        progress_severity=None,
        progress_message=None,
        progress_error=None,
        ended=None,
        records="readable",
    )

    engine.decide(verdict, facts)

    told = explained("team", "ours", engine.entries)
    assert ["verdict", "paging", "urgency"] == [one.table for one in told.decisions]
    outcome = told.of("urgency").outcome
    assert {"within": 300_000, "channels": ["phone", "oncall"]} == outcome
    assert {"failed": 5, "page": True, "who": "oncall"} == told.of("urgency").facts


def test_own_tables_stand_behind_what_they_stand_on_in_any_order(tmp_path: Path) -> None:
    head, tail = PAGING.split("[tables.paging]")
    policy = load(tmp_path, f"{head}{URGENCY}\n[tables.paging]{tail}")
    assert ["paging", "urgency"] == list(policy.tables)[-2:]


def test_of_a_decision_with_many_answers_the_facts_are_lists(tmp_path: Path) -> None:
    text = """\
policy = "ours"
extends = "reference"
[tables.loud]
on = "notes"
hit = "collect"
[tables.loud.outcome.line]
type = "text"
[[tables.loud.rule]]
id = "all"
then = { line = "told: {text}" }
"""
    policy = load(tmp_path, text)
    notes, loud = policy.tables["notes"].decision, policy.tables["loud"].decision
    facts = loud.asked(notes.facts(), (notes.outcome("a"), notes.outcome("b")))  # type: ignore[attr-defined]
    assert ("a", "b") == facts.text
    assert ({"line": "told: a, b"},) == loud.said(policy.tables["loud"].decide(facts))  # type: ignore[attr-defined]


def test_a_policy_without_own_tables_has_none() -> None:
    assert {} == load_policy("default").own


# -- What works on them ----------------------------------------------------------------------------


def test_inline_tests_and_their_coverage_work(tmp_path: Path) -> None:
    policy = load(tmp_path, PAGING)
    assert [True, True] == [result.passed for result in run_tests(policy)]
    assert coverage(policy).complete


CHILD = """\
policy = "child"
extends = "ours.toml"
[tables.paging]
params.few = 3
show = "{who}: {channel}"
[tables.paging.outcome.channel]
type = "text"
default = "none"
[[tables.paging.rule]]
id = "failed-members"
override = true
then = { who = "owner", channel = "mail" }
"""


def test_another_policy_extends_overrides_and_adds_fields(tmp_path: Path) -> None:
    write(tmp_path, {"ours.toml": PAGING})
    policy = load(tmp_path, CHILD, "child.toml")

    expected = {"page": True, "who": "owner", "channel": "mail"}
    assert expected == answers(policy, "paging", severity="failed", failed=4)
    assert "nobody" == answers(policy, "paging", severity="failed", failed=3)["who"]
    assert "Does somebody have to get up?" == policy.tables["paging"].decision.doc


def test_one_declaration_makes_one_class_of_answers(tmp_path: Path) -> None:
    first, again = load(tmp_path, PAGING), load(tmp_path, PAGING)
    assert first.tables["paging"].decision.outcome is again.tables["paging"].decision.outcome


def test_a_policy_with_own_tables_can_be_pickled(tmp_path: Path) -> None:
    policy = pickle.loads(pickle.dumps(load(tmp_path, PAGING + URGENCY)))  # noqa: S301 - our own
    assert "oncall" == answers(policy, "paging", severity="failed", failed=2)["who"]
    assert ["paging"] == [one.name for one in policy.own["verdict"]]


def test_the_whole_document_loads_as_the_same_policy(tmp_path: Path) -> None:
    write(tmp_path, {"ours.toml": PAGING + URGENCY})
    write(tmp_path, {"child.toml": CHILD})
    shown = policy_toml(tmp_path / "child.toml", catalogue=CATALOGUE)

    policy = load(tmp_path, shown, "whole.toml")

    assert "mail" == answers(policy, "paging", severity="failed", failed=4)["channel"]
    assert "oncall" in policy.tables["paging"].decision.outcome_fields["who"].kind.words


def changes(tmp_path: Path, text: str, against: Policy) -> list[list[Any]]:
    """By table, what was answered and what is answered now, where two policies differ."""
    found = compare(load(tmp_path, text, "other.toml"), against).differences
    return [[one.table, one.before[0], one.after[0]] for one in found]


def test_a_table_that_only_one_policy_has_answers_nothing_in_the_other(tmp_path: Path) -> None:
    without, paging = load_policy("reference"), load(tmp_path, PAGING)
    page = {"page": True, "who": "oncall"}
    assert [["paging", {}, page]] == changes(tmp_path, PAGING, without)
    plain = 'policy = "plain"\nextends = "reference"\n'
    assert [["paging", page, {}]] == changes(tmp_path, plain, paging)
    assert [] == changes(tmp_path, PAGING, paging)


def test_an_extended_table_is_compared_with_what_it_extends(tmp_path: Path) -> None:
    paging = load(tmp_path, PAGING)
    page = {"page": True, "who": "oncall"}
    mail = {"page": True, "who": "owner", "channel": "mail"}
    found = changes(tmp_path, CHILD, paging)
    assert [["paging", page, mail], ["paging", page, {}]] == found
    back = changes(tmp_path, PAGING, load(tmp_path, CHILD, "child.toml"))
    assert sorted(map(str, back)) == sorted(str([name, now, was]) for name, was, now in found)


def test_another_line_to_show_is_told_of_tables_that_answer_alike(tmp_path: Path) -> None:
    ours = load(tmp_path, PAGING)
    other = load(tmp_path, PAGING.replace(*_show('show = "page {who}"')), "other.toml")
    without = load(tmp_path, PAGING.replace(*_show("")), "without.toml")

    comparison = compare(other, ours)
    (changed,) = comparison.params
    assert (False, ()) == (comparison.same, comparison.differences)
    was = "who: {who} ({failed} failed)"
    assert ("paging", "show", was, "page {who}") == attrs.astuple(changed)
    assert f"paging: show was {was!r}, is 'page {{who}}'" in comparison.text()
    assert [(was, None)] == [(one.before, one.after) for one in compare(without, ours).params]
    assert compare(ours, load(tmp_path, PAGING, "same.toml")).same


def _show(line: str) -> tuple[str, str]:
    return 'show = "who: {who} ({failed} failed)"', line


def test_of_two_tables_that_stand_on_different_decisions_each_is_compared_with_nothing(
    tmp_path: Path,
) -> None:
    paging = load(tmp_path, PAGING)
    other = PAGING.replace('on = "verdict"', 'on = "foremost"').partition(
        "[[tables.paging.rule.test"
    )
    assert 2 == len(changes(tmp_path, other[0], paging))


@pytest.mark.parametrize(
    "changed",
    [
        {'default = "nobody"': 'default = "owner"'},
        {'type = "boolean"': 'type = "number"', "page = true": "page = 1"},
        {
            "outcome.page]": "outcome.wake]",
            "page = true": "wake = true",
            "outcome.who]": "outcome.whom]",
            "who = ": "whom = ",
            "{who}": "{whom}",
        },
    ],
    ids=["default", "type", "fields"],
)
def test_of_two_tables_whose_answers_mean_different_things_each_is_compared_with_nothing(
    tmp_path: Path, changed: dict[str, str]
) -> None:
    paging = load(tmp_path, PAGING)
    other = PAGING.partition("[[tables.paging.rule.test")[0]
    for old, new in changed.items():
        assert old in other
        other = other.replace(old, new)

    assert 2 == len(changes(tmp_path, other, paging))


def test_a_table_that_knows_one_more_word_is_compared_answer_by_answer(tmp_path: Path) -> None:
    other = PAGING.replace('["oncall", ', '["boss", "oncall", ').replace(
        'who = "oncall"', 'who = "boss"'
    )

    found = changes(tmp_path, other, load(tmp_path, PAGING))

    assert [["paging", {"page": True, "who": "oncall"}, {"page": True, "who": "boss"}]] == found


NAMED_AS_PYTHON_DOES = """\
policy = "ours"
extends = "reference"

[tables.first]
on = "verdict"
hit = "first"
[tables.first.outcome]
any = { type = "boolean" }
all = { type = "boolean" }
tuple = { type = "boolean" }
marks = { type = "text", list = true }
[[tables.first.rule]]
id = "always"
then = { any = true, tuple = true, marks = ["b"] }

[tables.second]
on = "first"
hit = "collect"
[tables.second.outcome.right]
type = "boolean"
[[tables.second.rule]]
id = "right"
when = "any and tuple and not all and any(x == 'b' for x in marks) and all(x == 'b' for x in marks)"
then = { right = true }
"""


def test_a_field_may_be_called_as_a_function_of_python(tmp_path: Path) -> None:
    policy = load(tmp_path, NAMED_AS_PYTHON_DOES)
    table = policy.tables["second"]
    facts = table.decision.facts(any=True, tuple=True, marks=("b",))

    assert [True] == [answer.right for answer in table.decide(facts)]


def test_verify_finds_what_is_wrong_with_it(tmp_path: Path) -> None:
    never = """
[[tables.paging.rule]]
id = "never"
when = "severity == 'failed' and failed > 2"
then = { who = "owner" }
"""
    policy = load(tmp_path, PAGING + never)
    coverage_of, findings = verify_table(policy.tables["paging"])
    assert ["unreachable"] == [found.code for found in findings]
    assert coverage_of.complete
    assert {"severity", "failed"} <= {*coverage_of.facts}


def test_it_is_said_why_a_rule_does_not_win(tmp_path: Path) -> None:
    table = load(tmp_path, PAGING).tables["paging"]
    facts = table.decision.facts(severity="failed", failed=1, names=1, records="readable")
    found = why_not(table, facts, "failed-members")
    assert {"failed > few (1)"} == {*found.unmet}
    assert found.possible


def test_properties_are_checked_of_it(tmp_path: Path) -> None:
    policy = load(tmp_path, PAGING)
    calm = Property.always("calm", table="paging", when="severity == 'ok'", then="not page")
    loud = Property.never("loud", table="paging", when="failed > 3", then="page")
    found = audit_policy(policy, properties=[calm, loud])
    assert ["proven", "refuted"] == [one.status for one in found.verdicts]


# -- What is wrong with them -----------------------------------------------------------------------


@pytest.mark.parametrize(
    ("old", "new", "code", "where", "message"),
    [
        ('on = "verdict"', 'on = "verdct"', "unknown-table", '"verdct"', "did you mean 'verdict'?"),
        ('on = "verdict"\n', "", "unknown-table", "paging", 'as in `on = "verdict"`'),
        ('type = "boolean"', 'type = "bool"', "wrong-type", '"bool"', "types: boolean, word"),
        ('words = ["oncall", "owner", "nobody"]\n', "", "wrong-type", "who", "needs its words"),
        ('["oncall", "owner", "nobody"]', '["oncall", 1]', "wrong-type", "who", "words are texts"),
        ('["oncall", "owner", "nobody"]', '["a", "a"]', "wrong-type", "who", "each once"),
        ('"oncall", "owner"', f"0x{'f' * 6_000}", "wrong-type", "who", "words are texts"),
        (
            'default = "nobody"',
            'default = "nobdy"',
            "wrong-type",
            '"nobdy"',
            "did you mean 'nobody'",
        ),
        (
            'type = "boolean"',
            'type = "boolean"\nwords = ["a"]',
            "wrong-type",
            "page",
            "has no words",
        ),
        ("outcome.page]", "outcome.Page]", "field-name", "Page", "small letters"),
        ("outcome.page]", "outcome.class]", "field-name", "class", "word of Python"),
        ("outcome.page]", "outcome.self]", "field-name", "self", "word of Python"),
        ("outcome.page]", "outcome.failed]", "field-name", "failed", "choose another name"),
        ("{who} (", "{whom} (", "unknown-fact", "{whom}", "did you mean 'who'?"),
        ('who = "oncall" }\n[[', "whom = 1 }\n[[", "unknown-field", "whom", "did you mean 'who'?"),
        ("failed > few", "faild > few", "unknown-fact", "faild", "did you mean 'failed'?"),
        ('hit = "first"', 'hit = "last"', "hit-policy", '"last"', "'first' or 'unique'"),
        (
            'doc = "Whether to wake somebody."',
            "lst = true",
            "unknown-key",
            "lst",
            "did you mean 'list'?",
        ),
    ],
)
def test_a_fault_is_told_where_it_stands(
    tmp_path: Path, old: str, new: str, code: str, where: str, message: str
) -> None:
    path = write(tmp_path, {"ours.toml": PAGING.replace(old, new, 1)}) / "ours.toml"
    faults = faults_of(path)
    fault = next(fault for fault in faults if fault.code == code)
    assert message in fault.message
    assert where in spot_of(fault.location).text


def test_a_table_that_answers_nothing_is_a_fault(tmp_path: Path) -> None:
    text = (
        'policy = "ours"\nextends = "reference"\n[tables.paging]\non = "verdict"\nhit = "first"\n'
    )
    (fault,) = faults_of(write(tmp_path, {"ours.toml": text}) / "ours.toml")
    assert "missing-outcome" == fault.code
    assert "declare each" in fault.message


def test_an_own_table_has_a_plain_name(tmp_path: Path) -> None:
    text = PAGING.replace("tables.paging", 'tables."a table"')
    (fault,) = faults_of(write(tmp_path, {"ours.toml": text}) / "ours.toml")
    assert ("table-name", '[tables."a table"]') == (fault.code, spot_of(fault.location).text)


def test_own_keys_belong_to_no_decision_that_is_there(tmp_path: Path) -> None:
    text = 'policy = "ours"\nextends = "reference"\n[tables.verdict]\nshow = "a"\n'
    (fault,) = faults_of(write(tmp_path, {"ours.toml": text}) / "ours.toml")
    assert "unknown-key" == fault.code
    assert "give a table of your own another name" in fault.message


def test_a_circle_is_one_fault_with_both_places(tmp_path: Path) -> None:
    text = (PAGING + URGENCY).replace('on = "verdict"', 'on = "urgency"')
    (fault,) = faults_of(write(tmp_path, {"ours.toml": text}) / "ours.toml")
    assert "cycle" == fault.code
    assert "'paging' -> 'urgency' -> 'paging'" in fault.message
    assert fault.related is not None
    assert {5, 37} == {fault.location.line, fault.related.line}


def test_what_a_fault_leaves_without_an_answer_is_not_told_as_well(tmp_path: Path) -> None:
    text = (PAGING + URGENCY).replace('type = "boolean"', 'type = "bool"')
    (fault,) = faults_of(write(tmp_path, {"ours.toml": text}) / "ours.toml")
    assert "wrong-type" == fault.code


def test_to_stand_on_each_other_table_is_offered_once(tmp_path: Path) -> None:
    text = PAGING + URGENCY.replace('on = "paging"', 'on = "urgenci"')
    (fault,) = faults_of(write(tmp_path, {"ours.toml": text}) / "ours.toml")
    assert "'urgency'" not in fault.message
    assert fault.message.endswith(f"there are: {listing([*CATALOGUE, 'paging'])}")


def test_a_table_on_itself_is_a_circle(tmp_path: Path) -> None:
    text = PAGING.replace('on = "verdict"', 'on = "paging"')
    (fault,) = faults_of(write(tmp_path, {"ours.toml": text}) / "ours.toml")
    assert "cycle" == fault.code


@pytest.mark.parametrize("change", ['on = "owner"', '[tables.paging.outcome.page]\ntype = "text"'])
def test_what_is_inherited_cannot_become_something_else(tmp_path: Path, change: str) -> None:
    write(tmp_path, {"ours.toml": PAGING})
    child = f'policy = "child"\nextends = "ours.toml"\n[tables.paging]\n{change}\n'
    (fault,) = faults_of(write(tmp_path, {"child.toml": child}) / "child.toml")
    assert "type-change" == fault.code
    assert fault.related is not None


def own(name: str, on: str) -> str:
    return (
        f'[tables.{name}]\non = "{on}"\nhit = "first"\noutcome.{name}_is = {{ type = "boolean" }}\n'
    )


def test_the_number_of_own_tables_and_the_length_of_chains_are_bounded(tmp_path: Path) -> None:
    head = 'policy = "ours"\nextends = "reference"\n'
    many = head + "".join(own(f"t{number}", "verdict") for number in range(MOST_OWN + 1))
    (fault,) = faults_of(write(tmp_path, {"ours.toml": many}) / "ours.toml")
    assert "too-large" == fault.code

    names = ["verdict", *(f"t{number}" for number in range(MOST_CHAINED + 1))]
    chain = head + "".join(own(name, on) for on, name in itertools.pairwise(names))
    (fault,) = faults_of(write(tmp_path, {"ours.toml": chain}) / "ours.toml")
    assert ("too-large", f"[tables.t{MOST_CHAINED}]") == (fault.code, spot_of(fault.location).text)

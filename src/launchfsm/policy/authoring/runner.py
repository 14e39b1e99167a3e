"""Runner: the inline tests of a policy, run, and what they leave untested."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any, Final

import attrs

from launchfsm.engine.table import NOTHING, Policy, Rule, RuleTest, Table
from launchfsm.engine.text import show
from launchfsm.engine.trace import ExplainedDecision, TracedDecision, explained_decision
from launchfsm.engine.types import Field, write_value

MOST_ASKED: Final = 5_000_000
"""Conditions, and parts of conditions, that are asked for the tests of one table."""


@attrs.frozen
class TestResult:
    """What came of one inline test.

    Attributes:
        table: The table.
        rule: The rule that it stands below; empty for a test of the table.
        location: `file:line:column` of the test.
        problems: What came otherwise than the test says; empty when it passed.
        facts: The facts that are not at rest, as rule files write them.
        decision: What the table made of them: the trace.
    """

    __test__ = False  # pytest: this is no test class

    table: str
    rule: str
    location: str
    problems: tuple[str, ...]
    facts: Mapping[str, Any]
    decision: ExplainedDecision

    @property
    def passed(self) -> bool:
        """Whether all that the test says came true."""
        return not self.problems

    def text(self) -> str:
        """The result for people; of a failed test with its facts and the trace."""
        about = f"rule {self.rule!r} of table" if self.rule else "table"
        head = f"{self.location}: a test of {about} {self.table!r}"
        if self.passed:
            return f"{head} passed"
        facts = ", ".join(f"{name} = {show(value)}" for name, value in self.facts.items())
        lines = [
            f"{head} failed",
            *(f"  {problem}" for problem in self.problems),
            f"  given: {facts or 'all facts at rest'}",
            *(f"  {line}" for line in self.decision.text().split("\n")),
        ]
        return "\n".join(lines)


def run_tests(policy: Policy) -> tuple[TestResult, ...]:
    """Run every inline test of a policy, table by table: those below its rules, then the table's.

    The tests of a policy that it extends are not among them: they say what that policy decides.

    Args:
        policy: The policy.
    """
    return tuple(result for table in policy.tables.values() for result in run_table_tests(table))


def run_table_tests(table: Table) -> tuple[TestResult, ...]:
    """Run every inline test of one table; those over the bound fail, and say that they did not run.

    Args:
        table: The table.
    """
    runs, left = _runs_of(table)
    results = [_run(table, rule, test) for rule, test in runs]
    if left:
        told = f"{left} tests were not run: those before them asked {MOST_ASKED} conditions"
        location = results[-1].location if results else ""
        decision = ExplainedDecision(table.decision.name, table.decision.doc, "", (), {}, None, ())
        results.append(TestResult(table.decision.name, "", location, (told,), {}, decision))
    return tuple(results)


def _runs_of(table: Table) -> tuple[list[tuple[Rule | None, RuleTest]], int]:
    """The tests of a table that are run, each with the rule above it, and how many are not."""
    tests: list[tuple[Rule | None, RuleTest]] = [
        *((rule, test) for rule in table.rules for test in rule.tests),
        *((None, test) for test in table.tests),
    ]
    parts = sum(1 + len(tuple(rule.when.tests())) for rule in table.rules)
    most = MOST_ASKED // max(1, parts)
    return tests[:most], len(tests[most:])


def _run(table: Table, rule: Rule | None, test: RuleTest) -> TestResult:
    decision = _decided(table, test)
    fields = table.decision.fact_fields
    return TestResult(
        table.decision.name,
        rule.id if rule else "",
        test.location().text(),
        tuple(_problems(table, rule, test, decision)),
        {
            name: write_value(fields[name].kind, value)
            for name, value in test.facts.items()
            if value != fields[name].default
        },
        explained_decision(decision),
    )


def _decided(table: Table, test: RuleTest) -> TracedDecision:
    """What the compiled table answers; the trace is worked out from the same rules, uncompiled."""
    outcome = table.decide(table.decision.facts(**test.facts))
    return TracedDecision(table, "", test.facts, outcome)


def _problems(
    table: Table, rule: Rule | None, test: RuleTest, decision: TracedDecision
) -> Iterator[str]:
    if rule is not None and rule.when.holds(test.facts) is not test.fires:
        verb = "should fire, and does not" if test.fires else "should not fire, and does"
        yield f"rule {rule.id!r} {verb}"
    if test.decides is not None:
        yield from _decides(test.decides, decision)
    if table.hit == "unique":
        yield from _overlap(table, test)
    yield from _then(test, decision)


def _decides(wanted: str, decision: TracedDecision) -> Iterator[str]:
    won = tuple(rule.id for rule in decision.winners)
    if won != (() if wanted == NOTHING else (wanted,)):
        should = "no rule should answer" if wanted == NOTHING else f"rule {wanted!r} should decide"
        did = f"{' and '.join(repr(name) for name in won)} did" if won else "none did"
        yield f"{should}; {did}"


def _overlap(table: Table, test: RuleTest) -> Iterator[str]:
    """Under *unique* no two rules may fire: which of them answered were chance."""
    fired = [repr(rule.id) for rule in table.rules if rule.when.holds(test.facts)]
    if len(fired) > 1:
        yield f"rules {' and '.join(fired)} fire together, and hit policy unique allows one"


def _then(test: RuleTest, decision: TracedDecision) -> Iterator[str]:
    """What the outcome has otherwise; of several outcomes, what none of them has."""
    if not test.then:
        return
    if not decision.asked.collect:
        yield from _differences(test.then, decision)
    elif not any(_has(answer, test.then) for answer in decision.outcome):
        yield f"some answer should have {_told(test.then, decision.asked.outcome_fields)}"


def _differences(then: Mapping[str, Any], decision: TracedDecision) -> Iterator[str]:
    for name, value in then.items():
        actual = getattr(decision.outcome, name)
        if actual != value:
            kind = decision.asked.outcome_fields[name].kind
            should, is_now = (show(write_value(kind, said)) for said in (value, actual))
            yield f"{name} should be {should}, and is {'unknown' if actual is None else is_now}"


def _has(answer: object, then: Mapping[str, Any]) -> bool:
    return all(getattr(answer, name) == value for name, value in then.items())


def _told(values: Mapping[str, Any], fields: Mapping[str, Field]) -> str:
    return ", ".join(
        f"{name} = {show(write_value(fields[name].kind, value))}" for name, value in values.items()
    )


# -- Coverage --------------------------------------------------------------------------------------


@attrs.frozen
class UnfiredRule:
    """A rule that no test makes fire.

    Attributes:
        table: The table.
        rule: The rule.
        location: `file:line:column` of the rule.
    """

    table: str
    rule: str
    location: str

    def text(self) -> str:
        """For people, in a line."""
        return f"{self.location}: no test makes rule {self.rule!r} of table {self.table!r} fire"


@attrs.frozen
class OneSided:
    """A condition, or a part of one, of which the tests show one side only.

    Attributes:
        table: The table.
        rule: The rule whose condition it is.
        location: `file:line:column` of the rule.
        condition: The condition, or the part of it.
        seen: The side seen: whether it always held; `None` when it was never asked.
    """

    table: str
    rule: str
    location: str
    condition: str
    seen: bool | None

    def text(self) -> str:
        """For people, in a line."""
        if self.seen is None:
            why = "is asked by no test"
        else:
            why = "holds in every test that asks it" if self.seen else "holds in no test"
        return f"{self.location}: `{self.condition}` of rule {self.rule!r} {why}"


@attrs.frozen
class TestCoverage:
    """What the inline tests of a policy leave untested, of what the policy itself says.

    Attributes:
        rules: How many rules it has or changes.
        conditions: How many conditions, and parts of conditions, those have.
        unfired: The rules that no test makes fire: they are tried and answer in none.
        one_sided: The conditions, and parts of conditions, of which only one side was seen.
        not_run: How many tests were not run, as there are too many.
    """

    __test__ = False  # pytest: this is no test class

    rules: int
    conditions: int
    unfired: tuple[UnfiredRule, ...]
    one_sided: tuple[OneSided, ...]
    not_run: int = 0

    @property
    def complete(self) -> bool:
        """Whether every rule fired and every condition was seen from both sides."""
        return not (self.unfired or self.one_sided or self.not_run)

    def text(self) -> str:
        """For people: a line a gap, and one that counts."""
        fired = self.rules - len(self.unfired)
        seen = self.conditions - len(self.one_sided)
        total = (
            f"{fired} of {self.rules} rules fired, "
            f"{seen} of {self.conditions} conditions were seen from both sides"
        )
        if self.not_run:
            total += f"; {self.not_run} tests were not run"
        unfired = (rule.text() for rule in self.unfired)
        one_sided = (condition.text() for condition in self.one_sided)
        return "\n".join([*unfired, *one_sided, total])


def coverage(policy: Policy) -> TestCoverage:
    """What the inline tests of a policy leave untested.

    A rule counts when the policy wrote or changed it; inherited ones are tested where they come
    from. It fires in a test when it answers; its condition is asked when it is tried.

    Args:
        policy: The policy.
    """
    rules = conditions = not_run = 0
    unfired: list[UnfiredRule] = []
    one_sided: list[OneSided] = []
    for name, table in policy.tables.items():
        runs, left = _runs_of(table)
        not_run += left
        decisions = [_decided(table, test) for _, test in runs]
        fired = {rule.id for decision in decisions for rule in decision.winners}
        asked: dict[str, list[Mapping[str, Any]]] = {rule.id: [] for rule in table.rules}
        for decision in decisions:
            for result in decision.rule_results:
                asked[result.rule.id].append(decision.known)
        for rule in table.rules:
            if rule.origin == policy.name:
                rules += 1
                if rule.id not in fired:
                    unfired.append(UnfiredRule(name, rule.id, rule.location().text()))
                for condition, sides in _sides(rule, asked[rule.id]).items():
                    conditions += 1
                    if len(sides) < 2:  # noqa: PLR2004 - both
                        where = (name, rule.id, rule.location().text())
                        one_sided.append(OneSided(*where, condition, next(iter(sides), None)))
    return TestCoverage(rules, conditions, tuple(unfired), tuple(one_sided), not_run)


def _sides(rule: Rule, asked: list[Mapping[str, Any]]) -> Mapping[str, frozenset[bool]]:
    """The sides seen of a rule's condition, and of each part of it, by its text."""
    parts = {test.text(): test for test in rule.when.tests()}
    conditions = {rule.when.text(): rule.when, **parts} if parts else {}
    return {
        text: frozenset(condition.holds(facts) for facts in asked)
        for text, condition in conditions.items()
    }

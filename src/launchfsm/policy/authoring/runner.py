"""Runner: the inline tests of a policy, run, and what they leave untested."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any, Final, TypeAlias

import attrs

from launchfsm.engine.conditions import Condition, whatever
from launchfsm.engine.table import NOTHING, Policy, Rule, RuleTest, Table
from launchfsm.engine.text import show
from launchfsm.engine.trace import ExplainedDecision, TracedDecision, explained_decision
from launchfsm.engine.types import write_value
from launchfsm.policy.completion import MOST_ASKED

MOST_TRACED: Final = 100_000
"""Conditions, and parts of conditions, that are explained for the tests that failed."""


@attrs.frozen
class TestResult:
    """What came of one inline test.

    Attributes:
        table: The table.
        rule: The rule that it stands below; empty for a test of the table.
        location: `file:line:column` of the test.
        problems: What came otherwise than the test says; empty when it passed.
        facts: The facts that are not at rest, as rule files write them.
        won: The rules that answered.
        decision: Of a test that failed, what the table made of the facts: the trace; `None` behind
            many others that failed.
    """

    __test__ = False  # pytest: this is no test class

    table: str
    rule: str
    location: str
    problems: tuple[str, ...]
    facts: Mapping[str, Any]
    won: tuple[str, ...]
    decision: ExplainedDecision | None = None

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
        lines = [f"{head} failed", *(f"  {problem}" for problem in self.problems)]
        if self.decision is not None:
            lines.append(f"  given: {facts or 'all facts at rest'}")
            lines += [f"  {line}" for line in self.decision.text().split("\n")]
        return "\n".join(lines)


def run_tests(policy: Policy) -> tuple[TestResult, ...]:
    """Run every inline test of a policy, table by table: those below its rules, then the table's.

    The tests of a policy that it extends are not among them: they say what that policy decides.
    Those over the bound fail, and say that they did not run.
    """
    results: list[TestResult] = []
    traced = 0
    for table, runs, left in _runs_of(policy):
        for rule, test in runs:
            result = _run(table, rule, test, traced=traced + table.size <= MOST_TRACED)
            traced += 0 if result.passed else table.size
            results.append(result)
        if left:
            place = left[0][1].location().text()
            told = (
                f"{len(left)} tests were not run: those before them asked {MOST_ASKED} conditions"
            )
            results.append(TestResult(table.decision.name, "", place, (told,), {}, ()))
    return tuple(results)


_Runs: TypeAlias = "list[tuple[Rule | None, RuleTest]]"


def _runs_of(policy: Policy) -> Iterator[tuple[Table, _Runs, _Runs]]:
    """Each table with the tests to run, each with the rule above it, and the tests left out.

    A test asks every rule at worst, so the tests that are run are bounded by what all of them ask.
    """
    left = MOST_ASKED
    for table in policy.tables.values():
        runs: _Runs = [(rule, test) for rule in table.rules for test in rule.tests]
        runs += [(None, test) for test in table.tests]
        most = left // max(1, table.size) if runs else 0
        left -= table.size * min(len(runs), most)
        yield table, runs[:most], runs[most:]


def _run(table: Table, rule: Rule | None, test: RuleTest, *, traced: bool) -> TestResult:
    # The compiled table answers; who won is worked out from the same rules, uncompiled.
    outcome = table.decide(table.decision.facts(**test.facts))
    won = tuple(winner.id for winner in table.winners(test.facts))
    problems = tuple(_problems(table, rule, test, outcome, won))
    explain = problems and traced
    fields = table.decision.fact_fields
    return TestResult(
        table.decision.name,
        rule.id if rule else "",
        test.location().text(),
        problems,
        {
            name: write_value(fields[name].kind, value)
            for name, value in test.facts.items()
            if value != fields[name].default and name not in test.open
        },
        won,
        explained_decision(TracedDecision(table, "", test.facts, outcome)) if explain else None,
    )


def _problems(
    table: Table, rule: Rule | None, test: RuleTest, outcome: Any, won: tuple[str, ...]
) -> Iterator[str]:
    if rule is not None and rule.when.holds(test.facts) is not test.fires:
        verb = "should fire, and does not" if test.fires else "should not fire, and does"
        yield f"rule {rule.id!r} {verb}"
    nothing = test.decides == NOTHING
    if test.decides is not None and won != (() if nothing else (test.decides,)):
        should = "no rule should answer" if nothing else f"rule {test.decides!r} should decide"
        yield f"{should}; {' and '.join(map(repr, won)) or 'none'} did"
    if table.hit == "unique":  # which of several answered were chance
        fired = [repr(other.id) for other in table.rules if other.when.holds(test.facts)]
        if len(fired) > 1:
            yield f"rules {' and '.join(fired)} fire together, and hit policy unique allows one"
    fields = table.decision.outcome_fields
    wanted = {name: show(write_value(fields[name].kind, said)) for name, said in test.then.items()}
    if table.decision.collect:
        if wanted and not any(
            all(getattr(answer, name) == value for name, value in test.then.items())
            for answer in outcome
        ):
            told = ", ".join(f"{name} = {text}" for name, text in wanted.items())
            yield f"some answer should have {told}"
        return
    for name, value in test.then.items():
        actual = getattr(outcome, name)
        if actual != value:
            is_now = "unknown" if actual is None else show(write_value(fields[name].kind, actual))
            yield f"{name} should be {wanted[name]}, and is {is_now}"


# -- Coverage --------------------------------------------------------------------------------------


@attrs.frozen
class Untested:
    """A rule that no test makes fire, or a condition of which the tests show one side only.

    Attributes:
        table: The table.
        rule: The rule, or the one whose condition it is.
        location: `file:line:column` of the rule.
        condition: The condition, or the part of it; empty for the rule as a whole.
        seen: The side seen of a condition: whether it always held; `None` when it was never asked.
    """

    table: str
    rule: str
    location: str
    condition: str = ""
    seen: bool | None = None

    def text(self) -> str:
        """For people, in a line."""
        if not self.condition:
            return f"{self.location}: no test makes rule {self.rule!r} of table {self.table!r} fire"
        sides = {True: "holds in every test that asks it", False: "holds in no test"}
        why = "is asked by no test" if self.seen is None else sides[self.seen]
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
    unfired: tuple[Untested, ...]
    one_sided: tuple[Untested, ...]
    not_run: int = 0

    @property
    def complete(self) -> bool:
        """Whether every rule fired and every condition was seen from both sides."""
        return not (self.unfired or self.one_sided or self.not_run)

    def text(self) -> str:
        """For people: a line for each gap, then the totals."""
        fired = self.rules - len(self.unfired)
        seen = self.conditions - len(self.one_sided)
        total = (
            f"{fired} of {self.rules} rules fired, "
            f"{seen} of {self.conditions} conditions were seen from both sides"
        )
        if self.not_run:
            total += f"; {self.not_run} tests were not run"
        return "\n".join([*(one.text() for one in (*self.unfired, *self.one_sided)), total])


class TableCoverage:
    """What was seen of some rules of a table; others are not measured.

    Attributes:
        rules: The rules by id.
        not_run: How many tests of the table were not run.
        fired: The ids of those that answered.
        conditions: Of each rule its condition, and each part of it, by its text.
        sides: For each of them, by its rule's id and its text, whether it was seen to hold, and not
            to hold.
    """

    def __init__(self, table: Table, rules: Mapping[str, Rule], not_run: int) -> None:
        self.table = table
        self.rules = rules
        self.not_run = not_run
        self.fired: set[str] = set()
        self.conditions: dict[str, dict[str, Condition]] = {}
        for name, rule in rules.items():
            parts: dict[str, Condition] = {test.text(): test for test in rule.when.tests()}
            self.conditions[name] = {rule.when.text(): rule.when, **parts} if parts else {}
        self.sides: dict[tuple[str, str], set[bool]] = {
            (name, text): set() for name, found in self.conditions.items() for text in found
        }

    def add(self, facts: Mapping[str, Any], missing: frozenset[str] = frozenset()) -> None:
        """Note what a test with these facts shows; of `missing` ones it shows nothing."""
        for rule in self.table.rules:
            for text, condition in self.conditions.get(rule.id, {}).items():
                side = whatever(condition, facts, missing)
                self.sides[rule.id, text] |= set() if side is None else {side}
            if whatever(rule.when, facts, missing):
                self.fired.add(rule.id)
                if self.table.hit != "collect":
                    return

    def untested(self) -> Iterator[Untested]:
        """The rules that never answered, then the conditions of which a side was not seen."""
        name = self.table.decision.name
        places = {id_: rule.location().text() for id_, rule in self.rules.items()}
        for id_, place in places.items():
            if id_ not in self.fired:
                yield Untested(name, id_, place)
        for (id_, text), seen in self.sides.items():
            if seen != {True, False}:
                yield Untested(name, id_, places[id_], text, next(iter(seen), None))


def measured(policy: Policy) -> Iterator[TableCoverage]:
    """What the tests of a policy show of each table."""
    for table, runs, left in _runs_of(policy):
        own = {rule.id: rule for rule in table.rules if rule.origin == policy.name}
        covered = TableCoverage(table, own, len(left))
        for _, test in runs:
            covered.add(test.facts, test.open)
        yield covered


def coverage(policy: Policy) -> TestCoverage:
    """What the inline tests of a policy leave untested.

    A rule counts when the policy wrote or changed it; inherited ones are tested where they come
    from. It fires in a test when it answers; its condition is asked when it is tried.
    """
    tables = tuple(measured(policy))
    untested = [one for table in tables for one in table.untested()]
    return TestCoverage(
        rules=sum(len(table.rules) for table in tables),
        conditions=sum(len(table.sides) for table in tables),
        unfired=tuple(one for one in untested if not one.condition),
        one_sided=tuple(one for one in untested if one.condition),
        not_run=sum(table.not_run for table in tables),
    )

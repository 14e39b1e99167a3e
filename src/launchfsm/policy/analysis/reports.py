"""Reports: what analyses found, as immutable values that read as text and go through `to_wire`."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import TYPE_CHECKING, Any, Literal, TypeAlias

import attrs

from launchfsm.engine.templates import Template
from launchfsm.engine.types import write_value
from launchfsm.policy.analysis.coverage import Coverage
from launchfsm.policy.documents import toml_text

if TYPE_CHECKING:
    from launchfsm.engine.decision import Decision
    from launchfsm.engine.table import Rule, Table
    from launchfsm.engine.types import Field

FindingCode: TypeAlias = Literal[
    "unreachable", "redundant", "incomplete", "overlap", "inconsistent-answer", "ignored-field"
]
"""What can be wrong with a table: stable names, for tools and annotations."""

FINDING_MEANINGS: Mapping[FindingCode, str] = {
    "unreachable": "A rule answers in no situation.",
    "redundant": "Without a rule the answers would be the same.",
    "incomplete": "There are situations in which no rule fires.",
    "overlap": "Two rules fire together, under hit policy unique.",
    "inconsistent-answer": "A rule breaks a postcondition that other tables rely on.",
    "ignored-field": "A rule sets a field at which nobody looks in its answer.",
}
"""What each code stands for."""

_NOT_ALL = " in what was looked at, which is NOT ALL"


@attrs.frozen(kw_only=True)
class RuleRef:
    """A rule that a report speaks of.

    Attributes:
        id: Its id.
        place: `file:line:column`.
        origin: The policy that wrote it.
    """

    id: str
    place: str
    origin: str

    def text(self) -> str:
        """The rule's id and where it stands."""
        return f"{self.id} ({self.place})"


@attrs.frozen(kw_only=True)
class Example:
    """Concrete facts in a situation.

    Attributes:
        facts: Every fact of the decision, durations in ms.
        written: The facts as an inline test writes them, those at rest left out.
    """

    facts: Mapping[str, Any]
    written: str


def conditions_text(when: Iterable[str]) -> str:
    """Conditions of which one has to hold, as one text."""
    return "\n    or   ".join(when)


@attrs.frozen(kw_only=True)
class Finding:
    """Something that is wrong with a table.

    Attributes:
        code: What it is.
        table: The table.
        message: What it is, in a sentence.
        rules: The rule that it is about, or the two that overlap; none for a gap.
        instead: Which rules win or answer instead.
        when: The situations that it is about: conditions of which one holds.
        situations: How many there are.
        example: One of them; `None` when there is none.
        proven: Whether every situation was looked at; what is found in some is proven anyway.
        place: `file:line:column` of what to look at.
    """

    code: FindingCode
    table: str
    message: str
    rules: tuple[RuleRef, ...]
    instead: tuple[RuleRef, ...]
    when: tuple[str, ...]
    situations: int
    example: Example | None
    proven: bool
    place: str

    @property
    def is_error(self) -> bool:
        """Whether it is proven and changes what is answered; else it is a warning."""
        return self.proven and self.code != "ignored-field"

    def text(self) -> str:
        """The finding as a compiler would print it, its situations below."""
        doubt = "" if self.proven else " (in the situations looked at, which are not all)"
        lines = [f"{self.place}: {self.message}{doubt} [{self.code}]"]
        if self.when:
            lines.append(f"    when {conditions_text(self.when)}")
        if self.example is not None:
            lines.append(f"    for example {self.example.written}")
        return "\n".join(lines)


@attrs.frozen(kw_only=True)
class Verification:
    """What an exhaustive analysis of a policy found.

    Attributes:
        policy: The policy's name.
        tables: What was looked at, table by table.
        findings: What is wrong.
    """

    policy: str
    tables: tuple[Coverage, ...]
    findings: tuple[Finding, ...]

    @property
    def complete(self) -> bool:
        """Whether every situation of every table was looked at."""
        return all(table.complete for table in self.tables)

    @property
    def holds(self) -> bool:
        """Whether nothing is wrong in what was looked at."""
        return not self.findings

    def __bool__(self) -> bool:
        # Without this `assert verify(policy)` would pass whatever was found.
        return self.holds

    def text(self, *, by_table: bool = False) -> str:
        """The findings, then what was looked at: in all, and of each table or those cut in parts.

        Args:
            by_table: Whether to tell it of every table.
        """
        said = _counted(len(self.findings), "finding") or "nothing is wrong"
        said += "" if self.complete else _NOT_ALL
        lines = [finding.text() for finding in self.findings]
        lines += [f"{self.policy}: {said}", *_coverage_lines(self.tables, by_table=by_table)]
        return "\n".join(lines)


def _counted(number: int, noun: str) -> str:
    """A number of things; empty for none."""
    return f"{number} {noun}{'s' * (number > 1)}" if number else ""


def _coverage_lines(tables: tuple[Coverage, ...], *, by_table: bool) -> Iterator[str]:
    situations = sum(table.situations for table in tables)
    rules = sum(table.rules for table in tables)
    unseen = sum(table.unseen for table in tables)
    extent = f"all but up to {unseen:,} situations" if unseen else "every situation that can occur"
    many = any("every combination" not in text for table in tables for text in table.texts)
    texts = "; of many patterns in a text, any two together" if many else ""
    yield f"looked at {extent}: {situations:,} in {len(tables)} tables with {rules} rules{texts}"
    for table in tables:
        if by_table or table.parts > 1 or not table.complete:
            yield f"  {table.text()}"


@attrs.frozen(kw_only=True)
class Side:
    """What one of two policies answers in an example.

    Attributes:
        policy: The policy's name.
        rules: The rules that answer; none when no rule fires.
        outcome: The fields of the answer; of several answers, a list of them.
    """

    policy: str
    rules: tuple[RuleRef, ...]
    outcome: Any


@attrs.frozen(kw_only=True)
class Difference:
    """A class of situations in which two policies answer differently, all in the same way.

    Attributes:
        table: The table.
        when: The situations: conditions of which one holds in each.
        situations: How many there are.
        before: What the other policy answers, as its rules' `then` say it, params filled in; of a
            table whose firing rules all answer, what only it answers.
        after: What the policy answers instead.
        reordered: Whether both give the same answers, in another order.
        example: One of the situations.
        was: The other policy's answer to the example.
        now: The policy's answer to it.
    """

    table: str
    when: tuple[str, ...]
    situations: int
    before: tuple[Mapping[str, Any], ...]
    after: tuple[Mapping[str, Any], ...]
    reordered: bool
    example: Example
    was: Side
    now: Side

    def text(self) -> str:
        """The class of situations, both answers, and the example."""
        lines = [f"{self.table}: when {conditions_text(self.when)}"]
        if self.reordered:
            lines.append("    the same answers in another order")
        else:
            lines += [_answers_line(self.was, self.before), _answers_line(self.now, self.after)]
        lines.append(f"    for example {self.example.written}")
        lines += [_rules_line(self.was), _rules_line(self.now)]
        return "\n".join(lines)


def _answers_line(side: Side, answers: Iterable[Mapping[str, Any]]) -> str:
    return f"    {side.policy}: {', '.join(map(toml_text, answers)) or 'nothing'}"


def _rules_line(side: Side) -> str:
    return f"      {side.policy}: {', '.join(rule.text() for rule in side.rules) or 'no rule'}"


@attrs.frozen(kw_only=True)
class ParamDifference:
    """A param that evaluation itself reads, and that two policies set differently.

    Attributes:
        table: The table that it belongs to.
        param: Its name.
        before: The other policy's value; durations in ms.
        after: The policy's value.
    """

    table: str
    param: str
    before: Any
    after: Any

    def text(self) -> str:
        """The param and both values."""
        return f"{self.table}: param {self.param} was {self.before!r}, is {self.after!r}"


@attrs.frozen(kw_only=True)
class Comparison:
    """Everything on which two policies differ.

    Attributes:
        policy: The policy's name.
        against: The name of the one that it was compared with.
        tables: What was looked at, table by table.
        params: The params that evaluation itself reads and that differ.
        differences: The classes of situations in which they answer differently.
    """

    policy: str
    against: str
    tables: tuple[Coverage, ...]
    params: tuple[ParamDifference, ...]
    differences: tuple[Difference, ...]

    @property
    def complete(self) -> bool:
        """Whether every situation of every table was looked at."""
        return all(table.complete for table in self.tables)

    @property
    def same(self) -> bool:
        """Whether they differ in nothing that was looked at."""
        return not self.differences and not self.params

    def text(self, *, by_table: bool = False) -> str:
        """The differences, then what was looked at; as for a verification."""
        lines = [param.text() for param in self.params]
        lines += [difference.text() for difference in self.differences]
        said = _counted(len(lines), "difference") or "the same"
        said += "" if self.complete else _NOT_ALL
        lines.append(f"{self.policy} against {self.against}: {said}")
        return "\n".join([*lines, *_coverage_lines(self.tables, by_table=by_table)])


@attrs.frozen(kw_only=True)
class Need:
    """One fact that would have to be different.

    Attributes:
        fact: The fact.
        now: What it is, as an inline test writes it.
        wanted: A condition that it would have to fulfil.
    """

    fact: str
    now: str
    wanted: str


@attrs.frozen(kw_only=True)
class WhyNot:
    """Why a rule does not win, and the nearest situations in which it would.

    Attributes:
        table: The table.
        rule: The rule.
        wins: Whether it wins as it is.
        winners: The rules that win as it is.
        unmet: The tests of its own condition that fail; empty when an earlier rule takes it.
        ways: The ways in which it would win, each of them a list of all that would have to be
            different; as few facts as possible. Empty when it wins, and when it never can.
        possible: Whether there is any situation in which it wins.
        complete: Whether every situation was looked at.
    """

    table: str
    rule: RuleRef
    wins: bool
    winners: tuple[RuleRef, ...]
    unmet: tuple[str, ...]
    ways: tuple[tuple[Need, ...], ...]
    possible: bool
    complete: bool

    def text(self) -> str:
        """The answer for people."""
        name = f"{self.table}: rule {self.rule.text()}"
        if self.wins:
            return f"{name} wins"
        if not self.possible:
            where = "no situation" if self.complete else "no situation that was looked at"
            return f"{name} does not win, and wins in {where}"
        winners = ", ".join(rule.text() for rule in self.winners) or "no rule"
        lines = [f"{name} does not win; {winners} does"]
        lines += [f"  it asks for {text}" for text in self.unmet]
        lines.append("  it would win if")
        for index, way in enumerate(self.ways):
            needs = ", and ".join(f"{need.wanted} ({need.fact} is {need.now})" for need in way)
            lines.append(f"  {'or ' if index else '   '}{needs}")
        return "\n".join(lines)


# -- What reports speak of, made from tables and situations ----------------------------------------


def rule_ref(rule: Rule) -> RuleRef:
    """A rule as reports name it."""
    return RuleRef(id=rule.id, place=rule.location().text(), origin=rule.origin)


def rule_refs(rules: Iterable[Rule]) -> tuple[RuleRef, ...]:
    """Rules as reports name them."""
    return tuple(rule_ref(rule) for rule in rules)


def example_of(decision: Decision[Any, Any], facts: Mapping[str, Any]) -> Example:
    """Facts as reports show them."""
    return Example(facts=facts, written=facts_text(decision, facts))


def side_of(policy: str, table: Table, facts: Mapping[str, Any]) -> Side:
    """What a table answers to facts, asked of the table itself."""
    return Side(
        policy=policy, rules=rule_refs(winners(table, facts)), outcome=outcome_of(table, facts)
    )


def winners(table: Table, facts: Mapping[str, Any]) -> tuple[Rule, ...]:
    """The rules that answer: the first that fires, or all that do under *collect*."""
    fired = tuple(rule for rule in table.rules if rule.when.holds(facts))
    return fired if table.hit == "collect" else fired[:1]


def outcome_of(table: Table, facts: Mapping[str, Any]) -> Any:
    """What a table answers to facts, as JSON has it; `None` when it has no answer."""
    outcome = table.decide(table.decision.facts(**facts))
    if table.hit == "collect":
        return [_said(answer) for answer in outcome]
    return None if outcome is None else _said(outcome)


def _said(outcome: Any) -> dict[str, Any]:
    return {
        name: list(value) if isinstance(value, tuple) else value
        for name, value in attrs.asdict(outcome, recurse=False).items()
        if value is not None
    }


# -- Facts and answers -----------------------------------------------------------------------------


def fact_text(field: Field, value: Any) -> str:
    """A fact's value as an inline test writes it; `unknown` for none, which it leaves out."""
    return "unknown" if value is None else toml_text(write_value(field.kind, value))


def facts_text(decision: Decision[Any, Any], facts: Mapping[str, Any]) -> str:
    """Facts as an inline test writes them: only those that are not at rest."""
    fields = decision.fact_fields
    return toml_text(
        {
            name: write_value(fields[name].kind, value)
            for name, value in facts.items()
            if value != fields[name].default
        }
    )


def said(decision: Decision[Any, Any], answer: Iterable[tuple[str, Any]]) -> dict[str, Any]:
    """The fields of an answer that a rule has to say, as JSON has them, patterns as texts."""
    fields = decision.outcome_fields
    return {
        name: _plain(value)
        for name, value in answer
        if fields[name].required or value != fields[name].default
    }


def _plain(value: Any) -> Any:
    if isinstance(value, Template):
        return value.source
    if isinstance(value, str):
        return value.replace("{", "{{").replace("}", "}}")
    return [_plain(item) for item in value] if isinstance(value, tuple) else value

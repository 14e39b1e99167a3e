"""Traces: every decision and step of an evaluation noted, and explained as objects and as text.

An explanation is the list of decisions and machine steps of one evaluation, in order. What is
noted knows the rules; what is explained is plain data, ready for JSON.
"""

from __future__ import annotations

import functools
from collections.abc import Iterable, Mapping
from typing import Any, Literal

import attrs

from launchfsm.engine.conditions import FailedTest, unmet
from launchfsm.engine.decision import Decision, F, R
from launchfsm.engine.engine import Engine, Machine, S
from launchfsm.engine.table import Policy, Rule, Table
from launchfsm.engine.text import choices, listing, quoted, show, visible_lines
from launchfsm.engine.types import write_value

# -- Noting ----------------------------------------------------------------------------------------


@attrs.frozen(eq=False)
class TracedDecision:
    """One decision: what was asked about whom, with all its facts, and what the table answered.

    Which rules were tried is worked out when somebody asks: most decisions are never looked at.
    """

    table: Table
    subject: str
    known: Mapping[str, Any]
    outcome: Any
    source: str = ""

    @property
    def asked(self) -> Decision[Any, Any]:
        """What was asked."""
        return self.table.decision

    @functools.cached_property
    def tried(self) -> tuple[tuple[Rule, tuple[FailedTest, ...]], ...]:
        """The rules tried, up to a single answer, each with the tests that kept it from firing."""
        found: list[tuple[Rule, tuple[FailedTest, ...]]] = []
        for rule in self.table.rules:
            found.append((rule, unmet(rule.when, self.known)))
            if not found[-1][1] and not self.asked.collect:
                break
        return tuple(found)

    @functools.cached_property
    def winners(self) -> tuple[Rule, ...]:
        """The rules that answered: one, or all that fired under *collect*, or none."""
        return self.table.winners(self.known)

    @functools.cached_property
    def facts(self) -> Mapping[str, Any]:
        """The facts that tried rules asked for or winners' texts mention, and those behind them."""
        asked = {fact for rule, _ in self.tried for fact in rule.reads()}
        asked |= {name for name, field in self.asked.fact_fields.items() if field.behind in asked}
        for rule in self.winners:
            asked.update(rule.mentions())
        return {name: value for name, value in self.known.items() if name in asked}


@attrs.frozen
class TracedStep:
    """One event sent to a machine in a state, and where it went: nowhere when it refused.

    `source` is the record that it is about, as `Engine.about` was told.
    """

    machine: str
    subject: str
    state: str
    event: str
    after: str
    refusal: str | None = None
    source: str = ""
    kind: Literal["step"] = "step"

    def text(self) -> str:
        """The step for people, in a line."""
        about = f" [{self.subject}]" if self.subject else ""
        if self.refusal is not None:
            return f"{self.machine} machine{about}: refused. {self.refusal}"
        return f"{self.machine} machine{about}: {self.state} --{self.event}--> {self.after}"


class TracingEngine(Engine):
    """An engine that remembers every decision and step, in order, in `entries`."""

    _keeps = False  # what a cache answered would not be noted

    def __init__(self, policy: Policy) -> None:
        super().__init__(policy)
        self._concerned = policy.concerned
        self.entries: list[TracedDecision | TracedStep] = []

    def decide(
        self, decision: Decision[F, R], facts: F, subject: str = "", *, follow: bool = True
    ) -> R:
        """As `Engine.decide`, and noted."""
        outcome = super().decide(decision, facts, subject, follow=False)
        known = {name: getattr(facts, name) for name in decision.fact_fields}
        table = self.policy.tables[decision.name]
        self.entries.append(TracedDecision(table, subject, known, outcome, self._source))
        if follow:
            self.follow(decision, facts, outcome, subject)
        return outcome

    def step(self, machine: Machine, state: S, event: str, subject: str = "") -> S | None:
        """As `Engine.step`, and noted."""
        after = super().step(machine, state, event, subject)
        refusal = machine.step(state, event).text() if after is None else None
        where = after or state
        self.entries.append(
            TracedStep(machine.name, subject, state, event, where, refusal, self._source)
        )
        return after


# -- Explaining ------------------------------------------------------------------------------------


@attrs.frozen
class ExplainedRule:
    """One rule that was tried.

    Attributes:
        when: The condition; empty when it always holds.
        because: Of a rule that did not fire: the tests that failed, each with what it met.
        location: `file:line:column` of the rule.
        origin: The policy that wrote it.
    """

    rule: str
    fired: bool
    when: str
    because: tuple[str, ...]
    why: str
    location: str
    origin: str


@attrs.frozen
class ExplainedDecision:
    """One decision.

    Attributes:
        subject: Whom or what it is about; empty for the launch as a whole.
        won: The ids of the rules that answered.
        facts: The facts read, with their values as rule files write them.
        outcome: The fields of the answer; of several answers, a list of them.
        rule_results: The rules tried, in order.
        source: The record that it is about, by its file's name; empty when about all together.
    """

    table: str
    question: str
    subject: str
    won: tuple[str, ...]
    facts: Mapping[str, Any]
    outcome: Any
    rule_results: tuple[ExplainedRule, ...]
    source: str = ""
    kind: Literal["decision"] = "decision"

    def text(self) -> str:
        """The decision for people: what came of it, the rules tried and why, the facts read."""
        about = f" [{self.subject}]" if self.subject else ""
        won = ", ".join(self.won) or "no rule"
        answers = self.outcome if isinstance(self.outcome, list) else [self.outcome]
        told = "; ".join(_pairs(answer) or "nothing" for answer in answers) or "nothing"
        lines = [f"{self.table}{about}: {won} -> {told}", f"  {self.question}"]
        for tried in self.rule_results:
            if tried.fired:
                said = tried.when or "always"
                lines.append(f"  x {tried.rule} ({tried.location}) fired: {said}")
                lines += [f"      {tried.why}"] if tried.why else []
            else:
                lines.append(f"  - {tried.rule} ({tried.location}) {'; '.join(tried.because)}")
        if self.facts:
            lines.append(f"  facts: {_pairs(self.facts)}")
        return visible_lines("\n".join(lines))


@attrs.frozen
class Explanation:
    """Why an evaluation of a team said what it said: its decisions and steps, in order."""

    team: str
    policy: str
    entries: tuple[ExplainedDecision | TracedStep, ...]

    @property
    def decisions(self) -> tuple[ExplainedDecision, ...]:
        """The decisions alone."""
        return tuple(entry for entry in self.entries if isinstance(entry, ExplainedDecision))

    def of(self, table: str, subject: str = "", *, source: str | None = None) -> ExplainedDecision:
        """The first decision of a table about a subject; empty is the launch as a whole.

        `source` is the record that it is about, such as `launch-state.json`; `None` for any.

        Raises:
            LookupError: There was none; the message names those there were.
        """
        for decision in self.decisions:
            known = (decision.table, decision.subject)
            if known == (table, subject) and source in {None, decision.source}:
                return decision
        asked = _called(table, subject, source or "")
        called = (_called(found.table, found.subject, found.source) for found in self.decisions)
        raise LookupError(
            f"there was no decision {asked}; there were: {listing(dict.fromkeys(called))}"
        )

    def about(self, what: str) -> Explanation:
        """The part of the explanation that is about one table, or about one subject by name.

        Raises:
            LookupError: There is no such part; the message names those there are.
        """
        kept = [entry for entry in self.entries if what in _headings(entry)]
        if not kept:
            known = dict.fromkeys(word for entry in self.entries for word in _headings(entry))
            near = choices(what, known, "there is")
            raise LookupError(f"nothing was decided about {quoted(what)}{near}")
        return attrs.evolve(self, entries=tuple(kept))

    def text(self) -> str:
        """The explanation for people, one paragraph a decision, under the record it is about."""
        lines, source = [f"{self.team}, under the policy {self.policy!r}:"], ""
        for entry in self.entries:
            if entry.source != source:
                source = entry.source
                lines += ["", f"== {source or 'all records together'} =="]
            lines += ["", entry.text()] if isinstance(entry, ExplainedDecision) else [entry.text()]
        return visible_lines("\n".join(lines))


def explained(
    team: str, policy: str, entries: Iterable[TracedDecision | TracedStep]
) -> Explanation:
    """The explanation of recorded decisions and steps."""
    told = [
        explained_decision(entry) if isinstance(entry, TracedDecision) else entry
        for entry in entries
    ]
    return Explanation(team, policy, tuple(told))


def explained_decision(decision: TracedDecision) -> ExplainedDecision:
    """The explanation of one recorded decision."""
    asked, outcome = decision.asked, decision.outcome
    fields = asked.fact_fields

    def because(failed: FailedTest) -> str:
        value = _plain(write_value(fields[failed.fact].kind, failed.value))
        return f"{failed.fact} is {value}, not: {failed.wanted}"

    return ExplainedDecision(
        table=asked.name,
        question=asked.doc,
        subject=decision.subject,
        won=tuple(rule.id for rule in decision.winners),
        facts={
            name: write_value(fields[name].kind, value) for name, value in decision.facts.items()
        },
        outcome=[_said(answer) for answer in outcome] if asked.collect else _said(outcome),
        rule_results=tuple(
            ExplainedRule(
                rule=rule.id,
                fired=not failed,
                when=rule.when.text(),
                because=tuple(map(because, failed)),
                why=rule.why,
                location=rule.location().text(),
                origin=rule.origin,
            )
            for rule, failed in decision.tried
        ),
        source=decision.source,
    )


def _said(outcome: Any) -> dict[str, Any]:
    """The fields of an answer that say something, as JSON has them."""
    return {
        name: list(value) if isinstance(value, tuple) else value
        for name, value in attrs.asdict(outcome, recurse=False).items()
        if value is not None
    }


def _headings(entry: ExplainedDecision | TracedStep) -> tuple[str, ...]:
    """What a part of an explanation can be asked for by: its table, its subject."""
    table = (entry.table,) if isinstance(entry, ExplainedDecision) else ()
    return (*table, entry.subject) if entry.subject else table


def _called(table: str, subject: str, source: str) -> str:
    """How a decision is called where one is looked for."""
    about = f" about {quoted(subject)}" if subject else ""
    return f"of table {table!r}{about}" + (f" in {source}" if source else "")


def _pairs(values: Mapping[str, Any]) -> str:
    return ", ".join(f"{name}={_plain(value)}" for name, value in values.items())


def _plain(value: object) -> str:
    return "unknown" if value is None else show(value)

"""Explanation: why an evaluation said what it said, as objects, as JSON and as text.

An explanation is the list of decisions and machine steps of one evaluation, in order. `to_wire`
makes JSON of it like of any result.

Here: how a record of decisions is shaped and reads. Not here: recording them
(`launchfsm.engine.engine`).
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import Any, Literal

import attrs

from launchfsm.engine.engine import RuleResult, TracedDecision, TracedStep
from launchfsm.engine.types import did_you_mean, write_value


@attrs.frozen
class ExplainedRule:
    """One rule that was tried.

    Attributes:
        rule: Its id.
        fired: Whether its condition held.
        when: The condition; empty when it always holds.
        because: Of a rule that did not fire: the tests that failed, each with what it met.
        why: The author's reason for the rule.
        place: `file:line:column` of the rule.
        origin: The policy that wrote it.
    """

    rule: str
    fired: bool
    when: str
    because: tuple[str, ...]
    why: str
    place: str
    origin: str


@attrs.frozen
class ExplainedDecision:
    """One decision.

    Attributes:
        table: The decision table.
        question: What it decides.
        subject: Whom or what it is about; empty for the launch as a whole.
        won: The ids of the rules that answered.
        facts: The facts read, with their values as rule files write them.
        outcome: The fields of the answer; of several answers, a list of them.
        rule_results: The rules tried, in order.
        source: The record that it is about, by its file's name; empty when about all together.
        kind: Always `decision`.
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
        return "\n".join(_decision_lines(self))


@attrs.frozen
class ExplainedStep:
    """One event sent to a machine.

    Attributes:
        machine: The machine's name.
        subject: The member concerned.
        state: Where the machine stood.
        event: What was sent.
        after: Where it went; the same state when it refused.
        refusal: Why it refused.
        source: The record that it is about, as of a decision.
        kind: Always `step`.
    """

    machine: str
    subject: str
    state: str
    event: str
    after: str
    refusal: str | None = None
    source: str = ""
    kind: Literal["step"] = "step"


@attrs.frozen
class Explanation:
    """Why an evaluation said what it said.

    Attributes:
        team: The team.
        policy: The policy's name.
        entries: Its decisions and steps, in order.
    """

    team: str
    policy: str
    entries: tuple[ExplainedDecision | ExplainedStep, ...]

    @property
    def decisions(self) -> tuple[ExplainedDecision, ...]:
        """The decisions alone."""
        return tuple(entry for entry in self.entries if isinstance(entry, ExplainedDecision))

    def of(self, table: str, subject: str = "", *, source: str | None = None) -> ExplainedDecision:
        """The first decision of a table about a subject.

        Args:
            table: The table.
            subject: Whom or what it is about; empty for the launch as a whole.
            source: The record that it is about, such as `launch-state.json`; `None` for any.

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
            f"there was no decision {asked}; there were: {', '.join(dict.fromkeys(called))}"
        )

    def about(self, what: str) -> Explanation:
        """The part of the explanation that is about one table, or about one member.

        Args:
            what: A table's name, or a subject such as a member's name.

        Raises:
            LookupError: There is no such part; the message names those there are.
        """
        kept = [entry for entry in self.entries if what in _headings(entry)]
        if not kept:
            known = dict.fromkeys(word for entry in self.entries for word in _headings(entry))
            raise LookupError(
                f"nothing was decided about {what!r}{did_you_mean(what, known)}; there is: "
                + "; ".join(known)
            )
        return attrs.evolve(self, entries=tuple(kept))

    def text(self) -> str:
        """The explanation for people, one paragraph a decision, under the record it is about."""
        lines, source = [f"{self.team}, under the policy {self.policy!r}:"], ""
        for entry in self.entries:
            if entry.source != source:
                source = entry.source
                lines += ["", f"== {source or 'all records together'} =="]
            lines += (
                ["", entry.text()] if isinstance(entry, ExplainedDecision) else [_step_line(entry)]
            )
        return "\n".join(lines)


def explained(
    team: str, policy: str, entries: Iterable[TracedDecision | TracedStep]
) -> Explanation:
    """The explanation of recorded decisions and steps."""
    return Explanation(
        team,
        policy,
        tuple(
            explained_decision(entry)
            if isinstance(entry, TracedDecision)
            else ExplainedStep(*attrs.astuple(entry))
            for entry in entries
        ),
    )


def explained_decision(decision: TracedDecision) -> ExplainedDecision:
    """The explanation of one recorded decision."""
    outcome = decision.outcome
    fields = decision.point.fact_fields
    return ExplainedDecision(
        table=decision.point.name,
        question=decision.point.doc,
        subject=decision.subject,
        won=tuple(rule.id for rule in decision.winners),
        facts={
            name: write_value(fields[name].kind, value) for name, value in decision.facts.items()
        },
        outcome=(
            [_said(answer) for answer in outcome] if decision.point.collect else _said(outcome)
        ),
        rule_results=tuple(_explained_trial(decision, trial) for trial in decision.rule_results),
        source=decision.source,
    )


def _said(outcome: Any) -> dict[str, Any]:
    """The fields of an answer that say something, as JSON has them."""
    return {
        name: list(value) if isinstance(value, tuple) else value
        for name, value in attrs.asdict(outcome, recurse=False).items()
        if value is not None
    }


def _explained_trial(decision: TracedDecision, trial: RuleResult) -> ExplainedRule:
    because = tuple(
        f"{found.fact} is {_shown_fact(decision, found.fact)}, not: {found.wanted}"
        for found in trial.unmet
    )
    rule = trial.rule
    return ExplainedRule(
        rule.id, trial.fired, rule.when.text(), because, rule.why, rule.place().text(), rule.origin
    )


def _shown_fact(decision: TracedDecision, fact: str) -> str:
    return _plain(write_value(decision.point.fact_fields[fact].kind, decision.facts[fact]))


def _headings(entry: ExplainedDecision | ExplainedStep) -> tuple[str, ...]:
    """What a part of an explanation can be asked for by: its table, its subject."""
    table = (entry.table,) if isinstance(entry, ExplainedDecision) else ()
    return (*table, entry.subject) if entry.subject else table


def _called(table: str, subject: str, source: str) -> str:
    """How a decision is called where one is looked for."""
    about = f" about {subject!r}" if subject else ""
    return f"of table {table!r}{about}" + (f" in {source}" if source else "")


def _decision_lines(decision: ExplainedDecision) -> Iterator[str]:
    about = f" [{decision.subject}]" if decision.subject else ""
    won = ", ".join(decision.won) or "no rule"
    yield f"{decision.table}{about}: {won} -> {_outcome_text(decision.outcome)}"
    yield f"  {decision.question}"
    for trial in decision.rule_results:
        mark = "x" if trial.fired else "-"
        said = trial.when or "always"
        detail = f"fired: {said}" if trial.fired else "; ".join(trial.because)
        yield f"  {mark} {trial.rule} ({trial.place}) {detail}"
        if trial.fired and trial.why:
            yield f"      {trial.why}"
    if decision.facts:
        facts = ", ".join(f"{name}={_plain(value)}" for name, value in decision.facts.items())
        yield f"  facts: {facts}"


def _outcome_text(outcome: Any) -> str:
    if isinstance(outcome, list):
        return "; ".join(_outcome_text(answer) for answer in outcome) or "nothing"
    return ", ".join(f"{name}={_plain(value)}" for name, value in outcome.items()) or "nothing"


def _plain(value: object) -> str:
    if value is None:
        return "unknown"
    if isinstance(value, bool):
        return "true" if value else "false"
    return repr(value) if isinstance(value, str) else str(value)


def _step_line(step: ExplainedStep) -> str:
    about = f" [{step.subject}]" if step.subject else ""
    if step.refusal is not None:
        return f"{step.machine} machine{about}: refused. {step.refusal}"
    return f"{step.machine} machine{about}: {step.state} --{step.event}--> {step.after}"

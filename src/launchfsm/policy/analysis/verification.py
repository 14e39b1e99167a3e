"""Verifying: what is wrong with a policy's tables, by looking at every situation."""

from __future__ import annotations

import contextlib
import functools
import json
from typing import TYPE_CHECKING, Final, Literal, TypeAlias

import attrs

from launchfsm.engine.decision import OwnDecision
from launchfsm.engine.templates import Template
from launchfsm.policy.analysis.cover import condition_text, describe
from launchfsm.policy.analysis.coverage import MOST_TABLES, WORK, look_at
from launchfsm.policy.analysis.outputs import answer_of, same
from launchfsm.policy.analysis.reports import (
    Example,
    Report,
    RuleRef,
    conditions_text,
    counted,
    example,
    rule_refs,
)
from launchfsm.policy.analysis.sets import OutOfWorkError, Situations, Work
from launchfsm.policy.analysis.space import Regions, Space, regions_of, space_of

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from launchfsm.engine.table import Policy, Table

FindingCode: TypeAlias = Literal[
    "unreachable", "redundant", "incomplete", "overlap", "inconsistent-answer", "ignored-field"
]
"""What can be wrong with a table: stable names, for tools and annotations."""

FINDING_MEANINGS: Final[dict[FindingCode, str]] = {
    "unreachable": "A rule answers in no situation.",
    "redundant": "Without a rule the answers would be the same.",
    "incomplete": "There are situations in which no rule fires.",
    "overlap": "Two rules fire together, under hit policy unique.",
    "inconsistent-answer": "A rule breaks a postcondition that other tables rely on.",
    "ignored-field": "A rule sets a field at which nobody looks in its answer.",
}
"""What each code stands for."""


@attrs.frozen(kw_only=True)
class TableFinding:
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
class Verification(Report):
    """What an exhaustive analysis of a policy found. It is true exactly when nothing is wrong.

    Attributes:
        findings: What is wrong.
    """

    findings: tuple[TableFinding, ...]

    @property
    def holds(self) -> bool:
        """Whether nothing is wrong in what was looked at."""
        return not self.findings

    def __bool__(self) -> bool:
        # Without this `assert verify(policy)` would pass whatever was found.
        return self.holds

    def text(self, *, by_table: bool = False) -> str:
        """The findings, then what was looked at.

        Args:
            by_table: Whether to tell it of every table, not only of those not looked at whole.
        """
        said = counted(len(self.findings), "finding") or "nothing is wrong"
        lines = [finding.text() for finding in self.findings]
        return "\n".join([*lines, *self._summary(self.policy, said, by_table=by_table)])


def verify(policy: Policy, *, work: int = WORK) -> Verification:
    """Look at every situation of every table of a policy.

    Args:
        policy: The policy.
        work: How much work a table may take; see `WORK`.
    """
    shared = Work(MOST_TABLES * work)
    tables, findings = [], []
    for table in policy.tables.values():
        space = space_of(table, work=Work(work, of=shared))
        looked = look_at(space, functools.partial(regions_of, table))
        unasked = 0
        if looked.found is not None:
            verifier = _Verifier(table, looked.space, looked.found)
            findings += verifier.findings()
            unasked = len(verifier.unasked)
        tables.append(looked.coverage(len(table.rules), unasked=unasked))
    return Verification(policy=policy.name, tables=tuple(tables), findings=tuple(findings))


_MOST_OVERLAPS = 1_000
"""How many pairs of rules that overlap are told."""

_MOST_NAMES = 8
"""How many rules are named in one message."""


class _Verifier:
    """Looks at every situation of a table. Rules are known by their number.

    Args:
        table: The table.
        space: What was looked at of its space.
        regions: Where its rules fire and win there.

    Attributes:
        unasked: The rules of which it was too much work to ask whether they change anything.
    """

    def __init__(self, table: Table, space: Space, regions: Regions) -> None:
        self.table = table
        self.space = space
        self.regions = regions
        self.answers = tuple(answer_of(table, rule) for rule in table.rules)
        self.unasked: set[int] = set()

    def findings(self) -> list[TableFinding]:
        """Everything that is wrong, in the order of the rules."""
        wins = self.regions.wins
        without = [self._asked(number) for number in range(len(wins))]
        found: list[TableFinding] = []
        for number, rule in enumerate(self.table.rules):
            others, message = without[number], f"rule {rule.id!r} never"
            if not wins[number]:
                message = f"{message} wins: {self._taken(number, others or ())}"
                where = self.regions.fires[number]
                found.append(self._finding("unreachable", message, where, (number,), others or ()))
                continue
            if others is not None:
                message = (
                    f"{message} changes the outcome: "
                    f"without it {self._names(others)} would answer the same"
                )
                found.append(self._finding("redundant", message, wins[number], (number,), others))
            found += self._bad_answers(number)
        # An own decision need not answer: its fields all have a default.
        own = isinstance(self.table.decision, OwnDecision)
        if self.regions.nothing and self.table.hit != "collect" and not own:
            message = f"table {self.table.decision.name!r} is incomplete: no rule fires"
            found.append(self._finding("incomplete", message, self.regions.nothing))
        if self.table.hit == "unique":
            found += self._overlaps()
        return found

    def _asked(self, number: int) -> tuple[int, ...] | None:
        """The rules that answer instead of one that changes nothing; `None` when it does.

        Of a rule that never wins they are those that win where it fires.
        """
        try:
            if not self.regions.wins[number]:
                fires = self.regions.fires[number]
                return tuple(n for n in range(number) if self.regions.wins[n] & fires)
            if self.table.hit != "collect":
                return self._instead(number)
        except OutOfWorkError:
            self.unasked.add(number)
        return None

    def _instead(self, number: int) -> tuple[int, ...] | None:
        """What would answer the same without a rule; rules that never win are left out as well."""
        instead = []
        rest = self.regions.wins[number]
        for later in range(number + 1, len(self.answers)):
            taken = rest & self.regions.fires[later]
            if self.regions.wins[later] and taken:
                if taken - same(self.answers[number], self.answers[later], self.space):
                    return None
                instead.append(later)
                rest -= taken
        return None if rest else tuple(instead)

    def _taken(self, number: int, takers: tuple[int, ...]) -> str:
        """Why a rule never wins: which rules do instead of it, and where it would.

        When one of them fires wherever it does, that one is enough to know of.
        """
        fires = self.regions.fires
        if not fires[number]:
            return "its condition holds in no situation"
        if not takers:
            return "wherever it fires, another wins"
        whole: list[int] = []
        with contextlib.suppress(OutOfWorkError):
            whole = [taker for taker in takers if not fires[number] - fires[taker]]
        told = whole or takers
        remedy = f"; put it ahead with `before = {json.dumps(self.table.rules[told[0]].id)}`"
        return (
            f"wherever it fires, {self._names(told)} {'fires' if whole else 'wins'} before it"
            f"{remedy if self.table.hit == 'first' else ''}"
        )

    def _bad_answers(self, number: int) -> Iterator[TableFinding]:
        """Postconditions that a rule breaks, and fields that it sets and nobody looks at."""
        decision, where = self.table.decision, self.regions.wins[number]
        name = f"rule {self.table.rules[number].id!r}"
        # A text with facts in it is some text.
        said = {
            field: value.source if isinstance(value, Template) else value
            for field, value in self.answers[number]
        }
        for condition in decision.ensured:
            if not condition.holds(said):
                text = condition_text(condition)
                message = f"{name} answers against what other tables rely on: {text}"
                yield self._finding("inconsistent-answer", message, where, (number,))
        for field, condition in decision.looked_at.items():
            if said[field] != decision.outcome_fields[field].default and not condition.holds(said):
                takes = f"that takes {condition_text(condition)}"
                message = f"{name} sets {field}, at which nobody looks: {takes}"
                yield self._finding("ignored-field", message, where, (number,))

    def _overlaps(self) -> Iterator[TableFinding]:
        """The pairs of rules that fire together."""
        fires, pairs = self.regions.fires, []
        for number in range(len(fires)):
            try:
                # What a rule does not win of where it fires, earlier ones fire in as well.
                shared = fires[number] - self.regions.wins[number]
                pairs += [
                    (earlier, number)
                    for earlier in range(number if shared else 0)
                    if fires[earlier] & shared
                ]
            except OutOfWorkError:
                self.unasked.add(number)
            if len(pairs) > _MOST_OVERLAPS:
                self.unasked |= set(range(number, len(fires)))
                break
        for pair in sorted(pairs[:_MOST_OVERLAPS]):
            message = f"rules {self._names(pair, 'and')} both fire, under hit policy 'unique'"
            try:
                where = fires[pair[0]] & fires[pair[1]]
            except OutOfWorkError:
                where = self.space.nothing
            yield self._finding("overlap", message, where, pair)

    def _names(self, numbers: Iterable[int], joint: str = "or") -> str:
        listed = sorted(numbers)
        names = [repr(self.table.rules[number].id) for number in listed[:_MOST_NAMES]]
        if more := len(listed) - len(names):
            names.append(f"{more} more")
        return f" {joint} ".join([", ".join(names[:-1]), names[-1]]) if names[1:] else names[0]

    def _finding(
        self,
        code: FindingCode,
        message: str,
        where: Situations,
        rules: tuple[int, ...] = (),
        instead: Iterable[int] = (),
    ) -> TableFinding:
        decision = self.table.decision
        if code == "unreachable" and where:
            # The author's own words, not the bounds of classes: `failed > few`, not `failed >= 4`.
            when: tuple[str, ...] = (condition_text(self.table.rules[rules[0]].when),)
        else:
            when = describe(self.space, where)
        about = rule_refs(self.table.rules[number] for number in rules)
        at = (*about, *rule_refs(self.table.rules[-1:]))
        complete = self.space.is_whole
        return TableFinding(
            code=code,
            table=decision.name,
            message=message,
            rules=about,
            instead=rule_refs(self.table.rules[number] for number in sorted(instead)),
            when=when,
            situations=where.count(),
            example=example(decision, self.space.facts_of(where.first())) if where else None,
            proven=complete or code not in {"unreachable", "redundant"},
            place=at[0].place if at else decision.name,
        )

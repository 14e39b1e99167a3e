"""Verifying: what is wrong with a policy's tables, by looking at every situation."""

from __future__ import annotations

import functools
import itertools
import json
from collections.abc import Iterator, Sequence
from typing import Any, Final, Literal, TypeAlias

import attrs

from launchfsm.engine.decision import Decision, OwnDecision
from launchfsm.engine.table import Policy, Table
from launchfsm.engine.templates import Template
from launchfsm.policy.analysis.cover import condition_text, describe
from launchfsm.policy.analysis.outputs import Answer, answer_of, same
from launchfsm.policy.analysis.reports import (
    Example,
    Report,
    RuleRef,
    conditions_text,
    coverage_of,
    example,
    rule_refs,
)
from launchfsm.policy.analysis.sets import Situations, Work
from launchfsm.policy.analysis.space import (
    MOST_TABLES,
    WORK,
    Regions,
    Space,
    look_at,
    regions_of,
    space_of,
)

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
    """Something that is wrong with a table."""

    code: FindingCode
    table: str
    message: str  #: what it is, in a sentence
    rules: tuple[RuleRef, ...]  #: the one that it is about, or the two that overlap; none for a gap
    instead: tuple[RuleRef, ...]  #: which rules win or answer instead
    when: tuple[str, ...]  #: conditions of which one holds in each situation that it is about
    situations: int  #: how many there are
    example: Example | None  #: one of them
    proven: bool  #: whether every situation was looked at; what is found in some is proven anyway
    place: str  #: ``file:line:column`` of what to look at

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
    """What an exhaustive analysis of a policy found. It is true exactly when nothing is wrong."""

    findings: tuple[TableFinding, ...]

    @property
    def holds(self) -> bool:
        """Whether nothing is wrong in what was looked at."""
        return not self.findings

    def __bool__(self) -> bool:
        # Without this `assert verify(policy)` would pass whatever was found.
        return self.holds

    def text(self, *, by_table: bool = False) -> str:
        """The findings, then what was looked at; of each table, or of those not looked at whole."""
        lines = [finding.text() for finding in self.findings]
        return self._text(lines, "finding", "nothing is wrong", self.policy, by_table=by_table)


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
        looked, found = look_at(space, functools.partial(_all_wrong, table))
        findings += [_finding(table, looked, wrong) for wrong in found or ()]
        tables.append(coverage_of(table, looked, found))
    return Verification(policy=policy.name, tables=tuple(tables), findings=tuple(findings))


_MOST_OVERLAPS = 1_000
"""How many pairs of rules that overlap are told."""

_MOST_NAMES = 8
"""How many rules are named in one message."""


@attrs.frozen
class _Wrong:
    """What is wrong, in which situations, of which rules, and who answers instead, by number."""

    code: FindingCode
    message: str
    where: Situations
    rules: tuple[int, ...] = ()
    instead: tuple[int, ...] = ()


def _all_wrong(table: Table, space: Space) -> list[_Wrong]:
    """Everything that is wrong, in the order of the rules."""
    found: list[_Wrong] = []
    regions = regions_of(table, space)
    answers = [answer_of(table, rule) for rule in table.rules]
    for number, rule in enumerate(table.rules):
        about, where = f"rule {rule.id!r}", regions.wins[number]
        if not where:
            found.append(_unreachable(table, regions, number))
            continue
        others = None if table.hit == "collect" else _instead(answers, regions, space, number)
        if others is not None:
            message = (
                f"{about} never changes the outcome: "
                f"without it {_names(table, others)} would answer the same"
            )
            found.append(_Wrong("redundant", message, where, (number,), others))
        for code, message in _bad_answer(table.decision, answers[number]):
            found.append(_Wrong(code, f"{about} {message}", where, (number,)))
    # An own decision need not answer: its fields all have a default.
    own = isinstance(table.decision, OwnDecision)
    if regions.nothing and table.hit != "collect" and not own:
        message = f"table {table.decision.name!r} is incomplete: no rule fires"
        found.append(_Wrong("incomplete", message, regions.nothing))
    if table.hit == "unique":
        found += _overlaps(table, regions)
    return found


def _unreachable(table: Table, regions: Regions, number: int) -> _Wrong:
    """A rule that never wins, and those that win where it fires.

    When one of them fires wherever it does, that one is enough to know of.
    """
    fires, about = regions.fires[number], f"rule {table.rules[number].id!r} never wins"
    if not fires:
        message = f"{about}: its condition holds in no situation"
        return _Wrong("unreachable", message, fires, (number,))
    earlier = (taker for taker in range(number) if regions.wins[taker])
    takers = tuple(taker for taker in earlier if regions.wins[taker] & fires)
    whole = [taker for taker in takers if not fires - regions.fires[taker]]
    told = whole or takers
    remedy = f"; put it ahead with `before = {json.dumps(table.rules[told[0]].id)}`"
    message = (
        f"{about}: wherever it fires, {_names(table, told)} {'fires' if whole else 'wins'} "
        f"before it{remedy if table.hit == 'first' else ''}"
    )
    return _Wrong("unreachable", message, fires, (number,), takers)


def _instead(
    answers: list[Answer], regions: Regions, space: Space, number: int
) -> tuple[int, ...] | None:
    """The rules that would answer the same without a rule; `None` when an answer would change.

    Rules that never win are left out as well.
    """
    instead = []
    rest = regions.wins[number]
    for later in range(number + 1, len(answers)):
        if regions.wins[later] and (taken := rest & regions.fires[later]):
            if taken - same(answers[number], answers[later], space):
                return None
            instead.append(later)
            rest -= taken
    return None if rest else tuple(instead)


def _bad_answer(decision: Decision[Any, Any], answer: Answer) -> Iterator[tuple[FindingCode, str]]:
    """Postconditions that an answer breaks, and fields that it sets and nobody looks at."""
    # A text with facts in it is some text.
    said = {name: value.source if isinstance(value, Template) else value for name, value in answer}
    for condition in decision.ensured:
        if not condition.holds(said):
            text = condition_text(condition)
            yield "inconsistent-answer", f"answers against what other tables rely on: {text}"
    for name, condition in decision.looked_at.items():
        if said[name] != decision.outcome_fields[name].default and not condition.holds(said):
            takes = f"that takes {condition_text(condition)}"
            yield "ignored-field", f"sets {name}, at which nobody looks: {takes}"


def _overlaps(table: Table, regions: Regions) -> Iterator[_Wrong]:
    """The pairs of rules that fire together."""
    firing = [number for number, fires in enumerate(regions.fires) if fires]
    pairs = (
        (pair, both)
        for pair in itertools.combinations(firing, 2)
        if (both := regions.fires[pair[0]] & regions.fires[pair[1]])
    )
    for told, (pair, both) in enumerate(pairs, start=1):
        message = f"rules {_names(table, pair, 'and')} both fire, under hit policy 'unique'"
        if told == _MOST_OVERLAPS:
            yield _Wrong("overlap", f"{message}, and so may others", both, pair)
            return
        yield _Wrong("overlap", message, both, pair)


def _names(table: Table, numbers: Sequence[int], joint: str = "or") -> str:
    names = [repr(table.rules[number].id) for number in numbers[:_MOST_NAMES]]
    if more := len(numbers) - len(names):
        names.append(f"{more} more")
    return f" {joint} ".join([", ".join(names[:-1]), names[-1]]) if names[1:] else names[0]


def _finding(table: Table, space: Space, wrong: _Wrong) -> TableFinding:
    where = wrong.where
    about = rule_refs(table.rules[number] for number in wrong.rules)
    at = about or rule_refs(table.rules[-1:])
    if wrong.code == "unreachable" and where:
        # The author's own words, not the bounds of classes: `failed > few`, not `failed >= 4`.
        when: tuple[str, ...] = (condition_text(table.rules[wrong.rules[0]].when),)
    else:
        when = describe(space, where)
    return TableFinding(
        code=wrong.code,
        table=table.decision.name,
        message=wrong.message,
        rules=about,
        instead=rule_refs(table.rules[number] for number in wrong.instead),
        when=when,
        situations=where.count(),
        example=example(table.decision, space.facts_of(where.first())) if where else None,
        proven=space.is_whole or wrong.code not in {"unreachable", "redundant"},
        place=at[0].place if at else table.decision.name,
    )

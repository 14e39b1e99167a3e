"""Verifying: what is wrong with a policy's tables, by looking at every situation."""

from __future__ import annotations

import contextlib
import functools
import json
from collections.abc import Collection, Iterable, Iterator
from typing import TYPE_CHECKING

import attrs

from launchfsm.engine.decision import OwnDecision
from launchfsm.engine.templates import Template
from launchfsm.policy.analysis.cover import condition_text
from launchfsm.policy.analysis.coverage import MOST_TABLES, Area, Limits, Looked, look_at
from launchfsm.policy.analysis.outputs import Answer, answer_of, same
from launchfsm.policy.analysis.reports import (
    Finding,
    FindingCode,
    Verification,
    example_of,
    rule_refs,
)
from launchfsm.policy.analysis.sets import OutOfWorkError, Situations, Work
from launchfsm.policy.analysis.space import Regions, Space, regions_of, space_of

if TYPE_CHECKING:
    from launchfsm.engine.table import Policy, Rule, Table


def verify(policy: Policy, *, limits: Limits | None = None) -> Verification:
    """Look at every situation of every table of a policy.

    Args:
        policy: The policy.
        limits: How much work it may take; see `Limits`.
    """
    limits = limits or Limits()
    work = Work(MOST_TABLES * limits.work)
    verifiers = []
    for table in policy.tables.values():
        space = space_of(table, work=Work(limits.work, of=work))
        looked = look_at(space, limits, functools.partial(regions_of, table))
        verifiers.append(_Verifier(table, looked))
    return Verification(
        policy=policy.name,
        tables=tuple(verifier.coverage for verifier in verifiers),
        findings=tuple(found for verifier in verifiers for found in verifier.findings),
    )


_MOST_OVERLAPS = 1_000
"""How many pairs of rules that overlap are told."""

_MOST_NAMES = 8
"""How many rules are named in one message."""


@attrs.frozen
class _Wrong:
    """A finding that is yet to be told: what is wrong, of which rules, and who answers instead."""

    code: FindingCode
    message: str
    rules: tuple[int, ...] = ()
    instead: Collection[int] = ()

    def where(self, regions: Regions) -> Situations:
        """Where it is so."""
        match self.code, self.rules:
            case "unreachable", (number,):
                return regions.fires[number]
            case "overlap", (one, other):
                return regions.fires[one] & regions.fires[other]
            case _, (number,):
                return regions.wins[number]
        return regions.nothing


class _Verifier:
    """Looks at every situation of a table. Rules are known by their number.

    Args:
        table: The table.
        looked: Its regions in its space, or in parts of it.

    Attributes:
        fires: The rules that fire somewhere.
        wins: Those that win somewhere.
        incomplete: Whether there is a situation in which none fires.
        overlaps: Pairs of rules that fire together, under hit policy `unique`.
        takers: For a rule that never wins, those that win where it fires, and of each whether it
            fires wherever that rule does.
        instead: For a rule that wins, those that would win without it.
        changing: The rules without which an answer would be another.
        unasked: The rules of which not all parts were asked whether they change anything.
    """

    def __init__(self, table: Table, looked: Looked[Regions]) -> None:
        self.table = table
        self.looked = looked
        self.numbers = range(len(table.rules))
        self.answers: tuple[Answer, ...] = tuple(answer_of(table, rule) for rule in table.rules)
        self.fires: set[int] = set()
        self.wins: set[int] = set()
        self.incomplete = False
        self.overlaps: set[tuple[int, int]] = set()
        self.takers: dict[int, dict[int, bool]] = {}
        self.instead: dict[int, set[int]] = {}
        self.changing: set[int] = set()
        self.unasked: set[int] = set()
        for regions in looked.found:
            self._look(regions)
        if table.hit == "collect":
            self.changing |= self.wins  # without any of them there is an answer less
        else:
            self._ask()
        self.coverage = looked.coverage(len(table.rules), unasked=len(self.unasked))
        self.findings = tuple(self._findings()) if looked.parts else ()

    def _look(self, regions: Regions) -> None:
        self.fires |= {number for number in self.numbers if regions.fires[number]}
        self.wins |= {number for number in self.numbers if regions.wins[number]}
        if self.table.hit != "collect":
            self.incomplete = self.incomplete or bool(regions.nothing)
        if self.table.hit == "unique":
            try:
                self._overlapping(regions)
            except OutOfWorkError:
                self.unasked |= set(self.numbers)

    def _overlapping(self, regions: Regions) -> None:
        for number in self.numbers:
            # What a rule does not win of where it fires, earlier ones fire in as well.
            shared = regions.fires[number] - regions.wins[number]
            for earlier in range(number) if shared else ():
                if not regions.fires[earlier].meets(shared):
                    continue
                if len(self.overlaps) >= _MOST_OVERLAPS:
                    self.unasked.add(number)
                    break
                self.overlaps.add((earlier, number))

    def _parts(self) -> Iterator[tuple[Space, Regions]]:
        return zip(self.looked.parts, self.looked.found, strict=True)

    def _ask(self) -> None:
        """What would answer without each of the rules, and who takes those that never win."""
        pending = set(self.numbers)
        try:
            for last, (part, regions) in enumerate(self._parts(), start=1):
                for number in self.numbers:
                    if number not in self.wins:
                        self._take(number, regions)
                    elif number not in self.changing:
                        self._remove(number, part, regions)
                    if last == len(self.looked.parts):
                        pending.discard(number)
        except OutOfWorkError:
            self.unasked |= pending - self.changing

    def _take(self, number: int, regions: Regions) -> None:
        fires = regions.fires[number]
        if not fires:
            return
        takers = self.takers.setdefault(number, {})
        first = not takers  # who takes it only in a later part does not fire wherever it does
        for taker in self.numbers[:number]:
            if regions.wins[taker].meets(fires):
                takers.setdefault(taker, first)
        for taker in takers:
            takers[taker] = takers[taker] and not fires - regions.fires[taker]

    def _remove(self, number: int, part: Space, regions: Regions) -> None:
        """What would answer without a rule; rules that never win are left out as well."""
        rest = regions.wins[number]
        instead = self.instead.setdefault(number, set())
        for later in self.numbers[number + 1 :]:
            if not rest:
                return
            if later not in self.wins or not regions.fires[later].meets(rest):
                continue
            taken = rest & regions.fires[later]
            if taken - same(self.answers[number], self.answers[later], part):
                self.changing.add(number)
                return
            instead.add(later)
            rest -= taken
        if rest:
            self.changing.add(number)

    # -- What is wrong -----------------------------------------------------------------------------

    def _findings(self) -> Iterator[Finding]:
        """Everything that is wrong, in the order of the rules."""
        wrong = tuple(self._wrong())
        areas = [Area(self.looked.space) for _ in wrong]
        with contextlib.suppress(OutOfWorkError):
            for part, regions in self._parts():
                for one, area in zip(wrong, areas, strict=True):
                    area.add(part, one.where(regions))
        for one, area in zip(wrong, areas, strict=True):
            yield self._finding(one, area)

    def _wrong(self) -> Iterator[_Wrong]:
        for number, rule in enumerate(self.table.rules):
            if number not in self.wins:
                message = f"rule {rule.id!r} never wins: {self._taken(number)}"
                yield _Wrong("unreachable", message, (number,), self.takers.get(number, ()))
                continue
            if number not in self.changing and number not in self.unasked:
                others = self.instead[number]
                message = (
                    f"rule {rule.id!r} never changes the outcome: "
                    f"without it {self._names(others)} would answer the same"
                )
                yield _Wrong("redundant", message, (number,), others)
            for code, message in self._answers_badly(number, rule):
                yield _Wrong(code, message, (number,))
        # An own decision need not answer: its fields all have a default.
        if self.incomplete and not isinstance(self.table.decision, OwnDecision):
            message = f"table {self.table.decision.name!r} is incomplete: no rule fires"
            yield _Wrong("incomplete", message)
        for pair in sorted(self.overlaps):
            message = f"rules {self._names(pair, 'and')} both fire, under hit policy 'unique'"
            yield _Wrong("overlap", message, pair)

    def _taken(self, number: int) -> str:
        """Why a rule never wins: which rules do instead of it, and where it would.

        When one of them fires wherever it does, that one is enough to know of.
        """
        if number not in self.fires:
            return "its condition holds in no situation"
        takers = self.takers.get(number, {})
        whole = sorted(taker for taker, everywhere in takers.items() if everywhere)
        told = whole or sorted(takers)
        if not told:
            return "wherever it fires, another wins"
        remedy = f"; put it ahead with `before = {json.dumps(self.table.rules[told[0]].id)}`"
        return (
            f"wherever it fires, {self._names(told)} {'fires' if whole else 'wins'} before it"
            f"{remedy if self.table.hit == 'first' else ''}"
        )

    def _answers_badly(self, number: int, rule: Rule) -> Iterator[tuple[FindingCode, str]]:
        """Postconditions that a rule breaks, and fields that it sets and nobody looks at."""
        decision = self.table.decision
        # A text with facts in it is some text.
        said = {
            name: value.source if isinstance(value, Template) else value
            for name, value in self.answers[number]
        }
        for condition in decision.ensured:
            if not condition.holds(said):
                text = condition_text(condition)
                message = f"rule {rule.id!r} answers against what other tables rely on: {text}"
                yield "inconsistent-answer", message
        for name, condition in decision.looked_at.items():
            if said[name] != decision.outcome_fields[name].default and not condition.holds(said):
                text = condition_text(condition)
                yield (
                    "ignored-field",
                    f"rule {rule.id!r} sets {name}, at which nobody looks: that takes {text}",
                )

    def _names(self, numbers: Iterable[int], joint: str = "or") -> str:
        listed = sorted(numbers)
        names = [repr(self.table.rules[number].id) for number in listed[:_MOST_NAMES]]
        if more := len(listed) - len(names):
            names.append(f"{more} more")
        return f" {joint} ".join([", ".join(names[:-1]), names[-1]]) if names[1:] else names[0]

    def _finding(self, wrong: _Wrong, area: Area) -> Finding:
        rules = self.table.rules
        facts = None if area.sample is None else area.sample[0].facts_of(area.sample[1])
        about = rule_refs(rules[number] for number in wrong.rules)
        when = area.when()
        if wrong.code == "unreachable" and when:
            # The author's own words, not the bounds of cells: `failed > few`, not `failed >= 4`.
            when = (condition_text(rules[wrong.rules[0]].when),)
        at = (*about, *rule_refs(rules[-1:]))
        return Finding(
            code=wrong.code,
            table=self.table.decision.name,
            message=wrong.message,
            rules=about,
            instead=rule_refs(rules[number] for number in sorted(wrong.instead)),
            when=when,
            situations=area.situations,
            example=None if facts is None else example_of(self.table.decision, facts),
            proven=self.coverage.unseen == 0 or wrong.code not in {"unreachable", "redundant"},
            place=at[0].place if at else self.table.decision.name,
        )

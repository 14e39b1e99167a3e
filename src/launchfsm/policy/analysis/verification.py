"""Verifying: what is wrong with a policy's tables, by looking at every situation."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Iterator
from typing import TYPE_CHECKING, TypeAlias

import attrs

from launchfsm.policy.analysis.cover import condition_text
from launchfsm.policy.analysis.coverage import Area, Coverage, Limits, Split, split
from launchfsm.policy.analysis.outputs import Answer, Pattern, answer_of, same
from launchfsm.policy.analysis.reports import (
    Finding,
    FindingCode,
    Verification,
    example_of,
    rule_refs,
)
from launchfsm.policy.analysis.space import Regions, Situations, regions_of, space_of

if TYPE_CHECKING:
    from launchfsm.engine.table import Policy, Rule, Table
    from launchfsm.policy.analysis.space import Space

_Where: TypeAlias = Callable[[Regions], Situations]


def verify(policy: Policy, *, limits: Limits | None = None) -> Verification:
    """Look at every situation of every table of a policy.

    Args:
        policy: The policy.
        limits: How large a space may be; see `Limits`.
    """
    checked = [verify_table(table, limits=limits) for table in policy.tables.values()]
    return Verification(
        policy=policy.name,
        tables=tuple(coverage for coverage, _ in checked),
        findings=tuple(finding for _, findings in checked for finding in findings),
    )


def verify_table(
    table: Table, *, limits: Limits | None = None
) -> tuple[Coverage, tuple[Finding, ...]]:
    """Look at every situation of one table.

    Args:
        table: The table.
        limits: How large a space may be; see `Limits`.

    Returns:
        What was looked at, and what is wrong.
    """
    verifier = _Verifier(table, split(space_of(table), limits or Limits()))
    return verifier.coverage, tuple(verifier.findings())


@attrs.define
class _Seen:
    """What the parts of a space have shown so far; rules by their number.

    `apart` has an earlier and a later rule where the later one fires somewhere alone.
    """

    fires: set[int] = attrs.field(factory=set)
    wins: set[int] = attrs.field(factory=set)
    takes: dict[int, set[int]] = attrs.field(factory=dict)
    apart: set[tuple[int, int]] = attrs.field(factory=set)
    gap: bool = False
    overlaps: set[tuple[int, int]] = attrs.field(factory=set)


@attrs.define
class _Instead:
    """What would answer if a rule were removed: which rules, and whether that changes anything."""

    rules: set[int] = attrs.field(factory=set)
    changed: bool = False


class _Verifier:
    def __init__(self, table: Table, parts: Split) -> None:
        self.table = table
        self.parts = parts
        self.answers: tuple[Answer, ...] = tuple(answer_of(table, rule) for rule in table.rules)
        self.coverage = parts.coverage(len(table.rules))
        self.seen = _Seen()
        for part in parts.parts():
            self._look(regions_of(table, part))
        self.instead = tuple(_Instead() for _ in table.rules)
        for part in parts.parts():
            self._remove_each(part, regions_of(table, part))

    def _look(self, regions: Regions) -> None:
        numbers = range(len(self.table.rules))
        self.seen.fires |= {n for n in numbers if regions.fires[n]}
        self.seen.wins |= {n for n in numbers if regions.wins[n]}
        if self.table.hit == "collect":
            return
        self.seen.gap = self.seen.gap or regions.nothing != 0
        for n in numbers:
            for earlier in range(n):
                if regions.wins[earlier] & regions.fires[n]:
                    self.seen.takes.setdefault(n, set()).add(earlier)
                if regions.fires[n] & ~regions.fires[earlier]:
                    self.seen.apart.add((earlier, n))
                if self.table.hit == "unique" and regions.fires[earlier] & regions.fires[n]:
                    self.seen.overlaps.add((earlier, n))

    def _remove_each(self, part: Space, regions: Regions) -> None:
        """What would answer in a part without each of the rules."""
        for number, instead in enumerate(self.instead):
            if self.table.hit == "collect":
                instead.changed = True  # there is an answer less
            elif not instead.changed:
                self._remove(number, instead, part, regions)

    def _remove(self, number: int, instead: _Instead, part: Space, regions: Regions) -> None:
        """What would answer without a rule; rules that never win are left out as well."""
        rest = regions.wins[number]
        for later in range(number + 1, len(self.answers)):
            taken = rest & regions.fires[later]
            if taken and later in self.seen.wins:
                alike = same(self.answers[number], self.answers[later], part)
                instead.rules.add(later)
                instead.changed = instead.changed or bool(taken & ~alike)
                rest &= ~taken
        instead.changed = instead.changed or rest != 0

    def findings(self) -> Iterator[Finding]:
        """Everything that is wrong, in the order of the rules."""
        for number, rule in enumerate(self.table.rules):
            if number not in self.seen.wins:
                yield self._unreachable(number, rule)
                continue
            if not self.instead[number].changed:
                yield self._redundant(number, rule, sorted(self.instead[number].rules))
            yield from self._inconsistent(number, rule)
        if self.seen.gap:
            yield self._incomplete()
        for pair in sorted(self.seen.overlaps):
            yield self._overlap(*pair)

    # -- Each of them ------------------------------------------------------------------------------

    def _unreachable(self, number: int, rule: Rule) -> Finding:
        message = f"rule {rule.id!r} never wins: its condition holds in no situation"
        takers = sorted(self.seen.takes.get(number, ()))
        if number in self.seen.fires:
            message = f"rule {rule.id!r} never wins: wherever it fires, {self._taken(number)}"
        found = self._finding(
            "unreachable", message, (number,), takers, lambda regions: regions.fires[number]
        )
        # The author's own words, not the bounds of cells: `failed > few` rather than `failed >= 4`.
        return attrs.evolve(found, when=(condition_text(rule.when),)) if found.when else found

    def _taken(self, number: int) -> str:
        """Which rules win instead of one that never does, and where it would: ahead of them.

        When one of them fires wherever it does, that one is enough to know of.
        """
        takers = sorted(self.seen.takes.get(number, ()))
        whole = [taker for taker in takers if (taker, number) not in self.seen.apart]
        first, verb = (whole[0], "fires") if whole else (takers[0], "wins")
        remedy = f"; put it ahead with `before = {json.dumps(self.table.rules[first].id)}`"
        said = f"{self._names(whole or takers)} {verb} before it"
        return said + (remedy if self.table.hit == "first" else "")

    def _redundant(self, number: int, rule: Rule, instead: list[int]) -> Finding:
        message = (
            f"rule {rule.id!r} never changes the outcome: "
            f"without it {self._names(instead)} would answer the same"
        )
        return self._finding(
            "redundant", message, (number,), instead, lambda regions: regions.wins[number]
        )

    def _incomplete(self) -> Finding:
        message = f"table {self.table.point.name!r} is incomplete: no rule fires"
        return self._finding("incomplete", message, (), (), lambda regions: regions.nothing)

    def _overlap(self, one: int, other: int) -> Finding:
        message = f"rules {self._names((one, other), 'and')} both fire, under hit policy 'unique'"
        return self._finding(
            "overlap",
            message,
            (one, other),
            (),
            lambda regions: regions.fires[one] & regions.fires[other],
        )

    def _inconsistent(self, number: int, rule: Rule) -> Iterator[Finding]:
        said = {name: _standing_in(value) for name, value in self.answers[number]}
        for condition in self.table.point.ensured:
            if not condition.holds(said):
                message = (
                    f"rule {rule.id!r} answers against what other tables rely on: "
                    f"{condition_text(condition)}"
                )
                yield self._finding(
                    "inconsistent-answer",
                    message,
                    (number,),
                    (),
                    lambda regions: regions.wins[number],
                )

    # -- What they are made of ---------------------------------------------------------------------

    def _names(self, numbers: Iterable[int], joint: str = "or") -> str:
        names = [repr(self.table.rules[number].id) for number in sorted(numbers)]
        return f" {joint} ".join([", ".join(names[:-1]), names[-1]]) if names[1:] else names[0]

    def _finding(
        self,
        code: FindingCode,
        message: str,
        rules: Iterable[int],
        instead: Iterable[int],
        where: _Where,
    ) -> Finding:
        area = Area(self.parts.space)
        for part in self.parts.parts():
            area.add(part, where(regions_of(self.table, part)))
        facts = None if area.sample is None else area.sample[0].facts_of(area.sample[1])
        about = rule_refs(self.table.rules[number] for number in rules)
        last = rule_refs(self.table.rules[-1:])
        return Finding(
            code=code,
            table=self.table.point.name,
            message=message,
            rules=about,
            instead=rule_refs(self.table.rules[number] for number in instead),
            when=area.when(),
            situations=area.situations,
            example=None if facts is None else example_of(self.table.point, facts),
            proven=self.coverage.complete or code not in {"unreachable", "redundant"},
            place=next((ref.place for ref in (*about, *last)), self.table.point.name),
        )


def _standing_in(value: object) -> object:
    """A value to ask conditions about: a text with facts in it is some text."""
    return value.text() if isinstance(value, Pattern) else value

"""Reports: what those of verifying, comparing and explaining have in common.

They are immutable values that read as text and go through `to_wire`.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping
from typing import Any

import attrs

from launchfsm.engine.decision import Decision
from launchfsm.engine.table import Rule, Table
from launchfsm.engine.types import Field, write_value
from launchfsm.policy.analysis.space import Space
from launchfsm.policy.documents import toml_text


@attrs.frozen(kw_only=True)
class RuleRef:
    """A rule that a report speaks of."""

    id: str
    place: str  #: ``file:line:column``
    origin: str  #: the policy that wrote it

    def text(self) -> str:
        """The rule's id and where it stands."""
        return f"{self.id} ({self.place})"


def rule_refs(rules: Iterable[Rule]) -> tuple[RuleRef, ...]:
    """Rules as reports name them."""
    return tuple(
        RuleRef(id=rule.id, place=rule.location().text(), origin=rule.origin) for rule in rules
    )


def rules_text(rules: Iterable[RuleRef]) -> str:
    """Rules that answer, on a line."""
    return ", ".join(rule.text() for rule in rules) or "no rule"


@attrs.frozen(kw_only=True)
class Example:
    """Concrete facts in a situation."""

    facts: Mapping[str, Any]  #: every fact of the decision, durations in ms
    written: str  #: the facts as an inline test writes them, those at rest left out


def example(decision: Decision[Any, Any], facts: Mapping[str, Any]) -> Example:
    """Facts as reports show them."""
    return Example(facts=facts, written=facts_text(decision, facts))


@attrs.frozen(kw_only=True)
class Coverage:
    """What an analysis of a table looked at.

    A situation is a combination of booleans, words, intervals between thresholds and unknowns.
    """

    table: str
    rules: int  #: how many it has; of two tables, the first's
    facts: tuple[str, ...]  #: that rules read, or that are tied to such facts
    situations: int  #: how many were looked at
    impossible: int  #: how many more were left out because they cannot occur
    unseen: int  #: at most how many more were not looked at because the space is too large
    sampled: tuple[str, ...] = ()  #: the facts of which only some values were looked at then
    texts: tuple[str, ...] = ()  #: which patterns of a text were looked for together

    @property
    def complete(self) -> bool:
        """Whether every situation that can occur was looked at."""
        return self.unseen == 0

    def text(self) -> str:
        """The coverage in a line."""
        what = f"{self.situations:,} situations of {', '.join(self.facts) or 'no fact'}"
        notes = list(self.texts)
        if self.impossible:
            notes.append(f"{self.impossible:,} more cannot occur")
        if self.unseen:
            sampled = (
                f", only some values of {', '.join(self.sampled)} were" if self.sampled else ""
            )
            notes.append(
                f"NOT ALL: up to {self.unseen:,} more were not looked at{sampled}, the space is "
                "too large; what was found is true, what was not found is not proven"
            )
        return f"{self.table}: {what}" + (f" ({'; '.join(notes)})" if notes else "")


def coverage_of(table: Table, space: Space, found: object) -> Coverage:
    """What `look_at` covered of a table: nothing where it found `None`."""
    everything = 0 if found is None else space.everything.count()
    situations = 0 if found is None else space.possible.count()
    whole = math.prod(len(axis.classes) + axis.partition.left_out for axis in space.axes)
    return Coverage(
        table=table.decision.name,
        rules=len(table.rules),
        facts=space.facts,
        situations=situations,
        impossible=everything - situations,
        unseen=whole - everything,
        sampled=tuple(axis.field.name for axis in space.axes if not axis.is_whole),
        texts=tuple(axis.partition.patterns for axis in space.axes if axis.partition.patterns),
    )


@attrs.frozen(kw_only=True)
class Report:
    """What looking at the tables of a policy has shown, table by table."""

    policy: str
    tables: tuple[Coverage, ...]

    @property
    def complete(self) -> bool:
        """Whether every situation of every table was looked at."""
        return all(table.complete for table in self.tables)

    def _text(
        self, lines: list[str], noun: str, nothing: str, about: str, *, by_table: bool
    ) -> str:
        """What was found, and what was looked at: in all, and of each table or those cut short."""
        said = f"{len(lines)} {noun}{'s' * (len(lines) > 1)}" if lines else nothing
        cut = "" if self.complete else " in what was looked at, which is NOT ALL"
        situations = sum(table.situations for table in self.tables)
        rules = sum(table.rules for table in self.tables)
        unseen = sum(table.unseen for table in self.tables)
        extent = (
            f"all but up to {unseen:,} situations" if unseen else "every situation that can occur"
        )
        many = any("any two" in text for table in self.tables for text in table.texts)
        texts = "; of many patterns in a text, any two together" if many else ""
        looked_at = (
            f"looked at {extent}: {situations:,} in {len(self.tables)} tables "
            f"with {rules} rules{texts}"
        )
        tables = (f"  {one.text()}" for one in self.tables if by_table or not one.complete)
        return "\n".join([*lines, f"{about}: {said}{cut}", looked_at, *tables])


def conditions_text(when: Iterable[str]) -> str:
    """Conditions of which one has to hold, as one text."""
    return "\n    or   ".join(when)


# -- Tables asked ----------------------------------------------------------------------------------


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

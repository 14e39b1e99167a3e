"""Decision points: where evaluation asks the policy, with which facts, for which outcome.

Here: what a decision point is. Not here: the points of launchfsm (`launchfsm.decisions.catalogue`), nor
the rules that answer at them (`rules`).
"""

from __future__ import annotations

import functools
from collections.abc import Mapping
from typing import Any, Generic, TypeVar

import attrs

from launchfsm.engine.conditions import Condition, parse_condition
from launchfsm.engine.sums import Sum
from launchfsm.engine.types import Field, ValueType, fields_of

F = TypeVar("F")
O = TypeVar("O")  # noqa: E741 - F asks, O answers
R = TypeVar("R")


@attrs.frozen(eq=False)
class Decision(Generic[F, R]):
    """One question that a policy answers with one decision table.

    Attributes:
        name: The table's name, and its file's.
        facts: The attrs class of what rules may ask; one typed, documented field a fact.
        outcome: The attrs class of what rules answer.
        collects: True when every rule that fires answers (hit policy *collect*), False when one
            does (*first* or *unique*).
        doc: The question, in a sentence.
        params: Params that evaluation itself reads from the table, by name.
        impossible: Conditions over the facts that cannot hold, so that an analysis of all
            situations leaves them out.
        sums: Facts that are always others added up, which no such condition can say.
        inconsistent: Conditions over the outcome's fields that no answer may fulfil, because
            other points take them for impossible.
    """

    name: str
    facts: type[F]
    outcome: type[Any]
    collects: bool
    doc: str
    params: Mapping[str, ValueType] = attrs.field(factory=dict)
    impossible: tuple[str, ...] = ()
    inconsistent: tuple[str, ...] = ()
    sums: tuple[Sum, ...] = ()

    @property
    def fact_fields(self) -> Mapping[str, Field]:
        """The facts that a rule may ask here, by name."""
        return fields_of(self.facts)

    @property
    def outcome_fields(self) -> Mapping[str, Field]:
        """What a rule may answer here, by name."""
        return fields_of(self.outcome)

    @functools.cached_property
    def impossible_conditions(self) -> tuple[Condition, ...]:
        """`impossible`, read.

        Raises:
            ValueError: One of them is no condition over the facts: a mistake in the point.
        """
        return tuple(self._condition(text) for text in self.impossible)

    def _condition(self, text: str) -> Condition:
        parsed = parse_condition(text, facts=self.fact_fields, params={})
        if parsed.problems:
            raise ValueError(
                f"decision point {self.name!r}, {text!r}: {parsed.problems[0].message}"
            )
        return parsed.condition


def one(
    name: str,
    facts: type[F],
    outcome: type[O],
    doc: str,
    *,
    params: Mapping[str, ValueType] | None = None,
    impossible: tuple[str, ...] = (),
    inconsistent: tuple[str, ...] = (),
    sums: tuple[Sum, ...] = (),
) -> Decision[F, O]:
    """A point at which one rule answers."""
    declared = (params or {}, impossible, inconsistent, sums)
    return Decision(name, facts, outcome, False, doc, *declared)  # noqa: FBT003 - named by the field


def many(
    name: str, facts: type[F], outcome: type[O], doc: str, *, impossible: tuple[str, ...] = ()
) -> Decision[F, tuple[O, ...]]:
    """A point at which every rule that fires answers, in file order."""
    return Decision(name, facts, outcome, True, doc, {}, impossible)  # noqa: FBT003 - named by the field

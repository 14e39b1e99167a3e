"""Declared: what decision points say cannot be, as conditions."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from launchfsm.engine.conditions import Condition, Not

if TYPE_CHECKING:
    from launchfsm.engine.decision import Decision, Sum
    from launchfsm.engine.types import ValueType


def impossible_at(point: Decision[Any, Any]) -> tuple[Condition, ...]:
    """The conditions over a point's facts that never hold: its preconditions, turned around.

    Raises:
        ValueError: One of them is no condition over the facts.
    """
    return tuple(Not(condition) for condition in point.required)


def sums_at(point: Decision[Any, Any]) -> tuple[Sum, ...]:
    """The facts of a point that are others added up.

    Raises:
        ValueError: One of them is no whole number that is always known and never negative.
    """
    for declared in point.sums:
        for name in declared.facts:
            field = point.fact_fields.get(name)
            if field is None or not _counts(field.kind):
                raise ValueError(
                    f"decision point {point.name!r} declares {declared.text()!r}: {name} is no "
                    "fact that counts; it takes an `int` with `low=0`, never unknown"
                )
    return point.sums


def _counts(kind: ValueType) -> bool:
    return kind.name == "number" and kind.whole and kind.low == 0 and not kind.optional

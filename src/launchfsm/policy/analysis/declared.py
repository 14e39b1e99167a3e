"""Declared: what decision points say cannot be, as conditions.

Here: reading those declarations; one that is no condition is a mistake in the code and raises.
Not here: the declarations (`launchfsm.decisions.catalogue`), or what they rule out (`space`, `verifying`).
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from launchfsm.engine.conditions import Condition, parse_condition

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

    from launchfsm.engine.decision import Decision
    from launchfsm.engine.sums import Sum
    from launchfsm.engine.types import Field, ValueType


def impossible_at(point: Decision[Any, Any]) -> tuple[Condition, ...]:
    """The conditions over a point's facts that never hold.

    Raises:
        ValueError: One of them is no condition over the facts.
    """
    return tuple(_read(point, point.impossible, point.fact_fields))


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


def inconsistent_at(point: Decision[Any, Any]) -> tuple[Condition, ...]:
    """The conditions over a point's outcome that no answer may fulfil.

    Raises:
        ValueError: One of them is no condition over the outcome's fields.
    """
    return tuple(_read(point, point.inconsistent, point.outcome_fields))


def _read(
    point: Decision[Any, Any], texts: Iterable[str], fields: Mapping[str, Field]
) -> Iterator[Condition]:
    for text in texts:
        parsed = parse_condition(text, facts=fields, params={})
        if parsed.problems:
            reasons = "; ".join(problem.message for problem in parsed.problems)
            raise ValueError(f"decision point {point.name!r} declares {text!r}: {reasons}")
        yield parsed.condition

"""Decisions: a question that a policy answers with one table of rules, declared with its types."""

from __future__ import annotations

import functools
from collections.abc import Collection, Mapping
from typing import Any, Generic, Literal, TypeVar, overload

import attrs

from launchfsm.engine.conditions import Condition, parse_condition, whatever
from launchfsm.engine.types import Field, ValueType, fields_of

F = TypeVar("F")
O = TypeVar("O")  # noqa: E741 - F asks, O answers
R = TypeVar("R")


@attrs.frozen
class Sum:
    """A fact that is always other facts added up, which no condition can say.

    Attributes:
        total: The fact; as each of the others a whole number that is never unknown or negative.
        parts: What it is added up of.
    """

    total: str
    parts: tuple[str, ...]

    @property
    def facts(self) -> tuple[str, ...]:
        """All facts that it ties together, the total first."""
        return (self.total, *self.parts)

    def holds(self, facts: Mapping[str, Any]) -> bool:
        """Whether facts add up."""
        return bool(facts[self.total] == sum(facts[part] for part in self.parts))

    def text(self) -> str:
        """For people, spelled like a condition."""
        return f"{self.total} == {' + '.join(self.parts)}"


@attrs.frozen(eq=False, init=False)
class Decision(Generic[F, R]):
    """One question that a policy answers with one decision table.

    Attributes:
        name: The table's name, and its file's.
        facts: The attrs class of what rules may ask; one typed, documented field a fact.
        outcome: The attrs class of what rules answer.
        doc: The question, in a sentence.
        collect: True when every rule that fires answers (hit policy *collect*), and the answer is a
            tuple of outcomes; False when one rule does (*first* or *unique*).
        params: Params that the asking code itself reads from the table, by name.
        preconditions: Conditions over the facts that always hold: situations that break one cannot
            occur, and an analysis of all situations leaves them out.
        postconditions: Conditions over the outcome's fields that every answer fulfils, because the
            preconditions of other decisions rely on them.
        sums: Facts that are always others added up.
    """

    name: str
    facts: type[F]
    outcome: type[Any]
    doc: str
    collect: bool
    params: Mapping[str, ValueType]
    preconditions: tuple[str, ...]
    postconditions: tuple[str, ...]
    sums: tuple[Sum, ...]

    @overload
    def __init__(
        self: Decision[F, O],
        name: str,
        facts: type[F],
        outcome: type[O],
        doc: str,
        *,
        collect: Literal[False] = ...,
        params: Mapping[str, ValueType] = ...,
        preconditions: tuple[str, ...] = ...,
        postconditions: tuple[str, ...] = ...,
        sums: tuple[Sum, ...] = ...,
    ) -> None: ...

    @overload
    def __init__(
        self: Decision[F, tuple[O, ...]],
        name: str,
        facts: type[F],
        outcome: type[O],
        doc: str,
        *,
        collect: Literal[True],
        params: Mapping[str, ValueType] = ...,
        preconditions: tuple[str, ...] = ...,
        postconditions: tuple[str, ...] = ...,
        sums: tuple[Sum, ...] = ...,
    ) -> None: ...

    def __init__(
        self,
        name: str,
        facts: type[Any],
        outcome: type[Any],
        doc: str,
        *,
        collect: bool = False,
        params: Mapping[str, ValueType] | None = None,
        preconditions: tuple[str, ...] = (),
        postconditions: tuple[str, ...] = (),
        sums: tuple[Sum, ...] = (),
    ) -> None:
        declared = (params or {}, preconditions, postconditions, sums)
        self.__attrs_init__(name, facts, outcome, doc, collect, *declared)

    @property
    def fact_fields(self) -> Mapping[str, Field]:
        """The facts that a rule may ask here, by name."""
        return fields_of(self.facts)

    @property
    def outcome_fields(self) -> Mapping[str, Field]:
        """What a rule may answer here, by name."""
        return fields_of(self.outcome)

    @functools.cached_property
    def required(self) -> tuple[Condition, ...]:
        """`preconditions`, read.

        Raises:
            ValueError: One of them is no condition over the facts: a mistake in the declaration.
        """
        return tuple(self._read(text, self.fact_fields) for text in self.preconditions)

    @functools.cached_property
    def ensured(self) -> tuple[Condition, ...]:
        """`postconditions`, read.

        Raises:
            ValueError: One of them is no condition over the outcome: a mistake in the declaration.
        """
        return tuple(self._read(text, self.outcome_fields) for text in self.postconditions)

    @functools.cached_property
    def counted(self) -> tuple[Sum, ...]:
        """`sums`, looked at.

        Raises:
            ValueError: One of them is not of facts that count: a mistake in the declaration.
        """
        for declared in self.sums:
            for name in declared.facts:
                field = self.fact_fields.get(name)
                kind = None if field is None else field.kind
                if kind != ValueType("number", whole=True, low=0):
                    raise ValueError(
                        f"decision {self.name!r} declares {declared.text()!r}: {name} is no fact "
                        "that counts; it takes an `int` with `low=0`, never unknown"
                    )
        return self.sums

    def broken(self, facts: Mapping[str, Any], *, missing: Collection[str] = ()) -> tuple[str, ...]:
        """Why facts cannot occur together, a sentence for each precondition and sum they break.

        Args:
            facts: Every fact.
            missing: Those of them that may as well be something else.
        """
        told = [
            f"always {text}"
            for text, condition in zip(self.preconditions, self.required, strict=True)
            if whatever(condition, facts, missing) is False
        ]
        for declared in self.counted:
            if not declared.holds(facts):
                added = " + ".join(str(facts[part]) for part in declared.parts)
                told.append(f"always {declared.text()}, but {facts[declared.total]} is not {added}")
        return tuple(f"these facts cannot occur together: {reason}" for reason in told)

    def check(self) -> None:
        """Look at everything that is declared, which is else looked at when it is needed.

        Raises:
            TypeError: A fact or a field has a type that rule files cannot write.
            ValueError: A condition or a sum is not about the facts or the outcome.
        """
        for declared in ("fact_fields", "outcome_fields", "required", "ensured", "counted"):
            getattr(self, declared)

    def _read(self, text: str, fields: Mapping[str, Field]) -> Condition:
        parsed = parse_condition(text, facts=fields, params={})
        if parsed.problems:
            reasons = "; ".join(problem.message for problem in parsed.problems)
            raise ValueError(f"decision {self.name!r} declares {text!r}: {reasons}")
        return parsed.condition

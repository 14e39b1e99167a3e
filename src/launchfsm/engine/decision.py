"""Decisions: a question that a policy answers with one table of rules, declared with its types."""

from __future__ import annotations

import functools
import operator
from collections.abc import Callable, Collection, Mapping
from typing import Any, Generic, Literal, TypeVar, overload

import attrs

from launchfsm.engine.conditions import Condition, parse_condition, whatever
from launchfsm.engine.types import Field, ValueType, class_of, fields_of

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
        matters: For a field of the outcome the condition over the outcome without which nobody
            looks at it, such as a message's `shown`: an analysis warns of rules that set it then.
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
    matters: Mapping[str, str]

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
        matters: Mapping[str, str] = ...,
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
        matters: Mapping[str, str] = ...,
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
        matters: Mapping[str, str] | None = None,
    ) -> None:
        declared = (params or {}, preconditions, postconditions, sums, matters or {})
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
    def each(self) -> bool:
        """Whether it is asked about each of many: some fact tells them apart."""
        return any(field.individual for field in self.fact_fields.values())

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
    def looked_at(self) -> Mapping[str, Condition]:
        """`matters`, read.

        Raises:
            ValueError: One of them is no condition over the outcome: a mistake in the declaration.
        """
        return {name: self._read(text, self.outcome_fields) for name, text in self.matters.items()}

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
        fields = self.fact_fields.values()
        missing = {
            *missing,
            *(one.name for one in fields if one.lazy and facts[one.name] == one.default),
        }
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
            ValueError: A condition, a sum or a field is not about the facts or the outcome.
        """
        for declared in ("fact_fields", "outcome_fields", "required", "ensured", "counted"):
            getattr(self, declared)
        if unknown := self.looked_at.keys() - self.outcome_fields.keys():
            raise ValueError(f"decision {self.name!r}: {min(unknown)} is no field of its outcome")

    def _read(self, text: str, fields: Mapping[str, Field]) -> Condition:
        parsed = parse_condition(text, facts=fields, params={})
        if parsed.problems:
            reasons = "; ".join(problem.message for problem in parsed.problems)
            raise ValueError(f"decision {self.name!r} declares {text!r}: {reasons}")
        return parsed.condition


@attrs.frozen(eq=False, init=False)
class OwnDecision(Decision[Any, Any]):  # type: ignore[override]  # it is made of more
    """A question that a policy itself adds: it is asked after another one.

    Its facts are those of the other, and the fields of the other's answer; a field hides a fact of
    its name. Where the other gives any number of answers, each field is the list of theirs.

    Attributes:
        on: The decision after which it is asked.
        fields: What rules may answer, all of it optional.
    """

    on: Decision[Any, Any]
    fields: tuple[Field, ...]

    def __init__(
        self,
        name: str,
        on: Decision[Any, Any],
        fields: tuple[Field, ...],
        doc: str,
        *,
        collect: bool = False,
    ) -> None:
        told = on.outcome_fields
        known = [field for field in on.fact_fields.values() if field.name not in told]
        answers = [
            attrs.evolve(
                field, kind=attrs.evolve(field.kind, many=True, optional=False), default=()
            )
            if on.collect
            else field
            for field in told.values()
        ]
        ensured = [] if on.collect else zip(on.postconditions, on.ensured, strict=True)
        always = [*zip(on.preconditions, on.required, strict=True), *ensured]
        hidden = on.fact_fields.keys() & told.keys()
        self.__attrs_init__(
            name,
            class_of("OwnFacts", (*known, *answers), frozen=False),
            class_of("OwnAnswer", fields, frozen=True),
            doc,
            collect,
            {},
            tuple(
                text
                for text, condition in always
                if hidden.isdisjoint(test.fact for test in condition.tests())
            ),
            (),
            tuple(one for one in on.sums if hidden.isdisjoint(one.facts)),
            {},
            on,
            fields,
        )

    def __reduce__(self) -> tuple[Any, ...]:
        # The classes of its facts and answers are made again.
        make = functools.partial(OwnDecision, collect=self.collect)
        return make, (self.name, self.on, self.fields, self.doc)

    @functools.cached_property
    def asked(self) -> Callable[[Any, Any], Any]:
        """Makes its facts of those of the other decision, and of the answer, or answers, to it."""
        told = tuple(self.on.outcome_fields)
        known = _values(tuple(name for name in self.on.fact_fields if name not in told))
        make = self.facts
        if not self.on.collect:
            answered = _values(told)
            return lambda facts, answer: make(*known(facts), *answered(answer))

        def of_many(facts: Any, answers: tuple[Any, ...]) -> Any:
            lists: dict[str, list[Any]] = {name: [] for name in told}
            for name, found in lists.items():
                for value in (getattr(one, name) for one in answers):
                    if isinstance(value, tuple):
                        found.extend(value)
                    elif value is not None:
                        found.append(value)
            return make(*known(facts), *map(tuple, lists.values()))

        return of_many

    @functools.cached_property
    def said(self) -> Callable[[Any], Any]:
        """Makes plain data of an answer, or of the answers: a dict by field, or a tuple of them."""
        names = tuple(field.name for field in self.fields)
        values = _values(names)
        if not self.collect:
            return lambda answer: dict(zip(names, values(answer), strict=True))
        return lambda answers: tuple(dict(zip(names, values(one), strict=True)) for one in answers)


def _values(names: tuple[str, ...]) -> Callable[[Any], tuple[Any, ...]]:
    """Reads some attributes."""
    if len(names) > 1:
        return operator.attrgetter(*names)
    return lambda one: tuple(getattr(one, name) for name in names)

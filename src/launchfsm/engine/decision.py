"""Decisions: a question that a policy answers with one table of rules, declared with its types."""

from __future__ import annotations

import functools
from collections.abc import Collection, Mapping
from typing import Any, Generic, Literal, TypedDict, TypeVar, Unpack, overload

import attrs

from launchfsm.engine.conditions import Condition, whatever
from launchfsm.engine.parser import parse_condition
from launchfsm.engine.types import Field, ValueType, fields_of

F = TypeVar("F")
O = TypeVar("O")  # noqa: E741 - F asks, O answers
R = TypeVar("R")


@attrs.frozen
class Sum:
    """A fact that is always other facts added up, which no condition can say.

    Each of them is a whole number that is never unknown or negative.
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


class _Declared(TypedDict, total=False):
    """What a decision may declare besides."""

    params: Mapping[str, ValueType]
    preconditions: tuple[str, ...]
    postconditions: tuple[str, ...]
    sums: tuple[Sum, ...]
    matters: Mapping[str, str]


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
    collect: bool = False
    params: Mapping[str, ValueType] = attrs.Factory(dict)
    preconditions: tuple[str, ...] = ()
    postconditions: tuple[str, ...] = ()
    sums: tuple[Sum, ...] = ()
    matters: Mapping[str, str] = attrs.Factory(dict)

    @overload
    def __init__(
        self: Decision[F, O],
        name: str,
        facts: type[F],
        outcome: type[O],
        doc: str,
        *,
        collect: Literal[False] = ...,
        **declared: Unpack[_Declared],
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
        **declared: Unpack[_Declared],
    ) -> None: ...

    def __init__(self, *asked: Any, **declared: Any) -> None:
        self.__attrs_init__(*asked, **declared)

    @functools.cached_property
    def fact_fields(self) -> Mapping[str, Field]:
        """The facts that a rule may ask here, by name."""
        return fields_of(self.facts)

    @functools.cached_property
    def outcome_fields(self) -> Mapping[str, Field]:
        """What a rule may answer here, by name."""
        return fields_of(self.outcome)

    @functools.cached_property
    def each(self) -> bool:
        """Whether it is asked about each of many: some fact tells them apart."""
        return any(field.individual for field in self.fact_fields.values())

    @functools.cached_property
    def required(self) -> tuple[Condition, ...]:
        """`preconditions`, read; `ValueError` when one is no condition over the facts."""
        return tuple(self._read(text, self.fact_fields) for text in self.preconditions)

    @functools.cached_property
    def ensured(self) -> tuple[Condition, ...]:
        """`postconditions`, read; `ValueError` when one is no condition over the outcome."""
        return tuple(self._read(text, self.outcome_fields) for text in self.postconditions)

    @functools.cached_property
    def looked_at(self) -> Mapping[str, Condition]:
        """`matters`, read; `ValueError` when one is no condition over the outcome."""
        return {name: self._read(text, self.outcome_fields) for name, text in self.matters.items()}

    @functools.cached_property
    def counted(self) -> tuple[Sum, ...]:
        """`sums`, looked at; `ValueError` when one is not of facts that count."""
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

        `missing` are those that may as well be something else.
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
        what = f"decision {self.name!r} declares {text!r}"
        return parse_condition(text, facts=fields, params={}).faultless(what)


@attrs.frozen(eq=False, init=False)
class OwnDecision(Decision[Any, Any]):  # type: ignore[override]  # it is made of more
    """A question that a policy itself adds: it is asked after another one, `on`.

    Its facts are those of the other, and the fields of the other's answer; a field hides a fact of
    its name. Where the other gives any number of answers, each field is the list of theirs.
    Its own `fields`, which rules may answer, are all optional.
    """

    on: Decision[Any, Any] = attrs.field(kw_only=True)
    fields: tuple[Field, ...] = attrs.field(kw_only=True)

    def __init__(
        self,
        name: str,
        on: Decision[Any, Any],
        fields: tuple[Field, ...],
        doc: str,
        *,
        collect: bool = False,
    ) -> None:
        hidden = on.fact_fields.keys() & on.outcome_fields.keys()
        always = [*zip(on.preconditions, on.required, strict=True)]
        if not on.collect:
            always += zip(on.postconditions, on.ensured, strict=True)
        self.__attrs_init__(
            name,
            _class_of("OwnFacts", tuple(_asked_on(on).values()), frozen=False),
            _class_of("OwnAnswer", fields, frozen=True),
            doc,
            collect,
            preconditions=tuple(
                text
                for text, condition in always
                if hidden.isdisjoint(test.fact for test in condition.tests())
            ),
            sums=tuple(one for one in on.sums if hidden.isdisjoint(one.facts)),
            on=on,
            fields=fields,
        )

    @functools.cached_property
    def fact_fields(self) -> Mapping[str, Field]:
        """The facts that a rule may ask here, by name."""
        return _asked_on(self.on)

    @functools.cached_property
    def outcome_fields(self) -> Mapping[str, Field]:
        """What a rule may answer here, by name."""
        return {field.name: field for field in self.fields}

    def asked(self, facts: Any, answer: Any) -> Any:
        """Its facts, made of those of the other decision and of the answer, or answers, to it."""
        told = self.on.outcome_fields
        known = [getattr(facts, name) for name in self.on.fact_fields if name not in told]
        value_of = _values_of_all if self.on.collect else getattr
        return self.facts(*known, *[value_of(answer, name) for name in told])

    def said(self, answer: Any) -> Any:
        """Plain data of an answer, or of the answers: a dict by field, or a tuple of them."""
        if self.collect:
            return tuple(attrs.asdict(one, recurse=False) for one in answer)
        return attrs.asdict(answer, recurse=False)


def _asked_on(on: Decision[Any, Any]) -> Mapping[str, Field]:
    """The facts of an own decision on another one."""
    told = dict(on.outcome_fields)
    if on.collect:
        for name, field in told.items():
            kind = attrs.evolve(field.kind, many=True, optional=False)
            told[name] = attrs.evolve(field, kind=kind, default=())
    return {name: field for name, field in on.fact_fields.items() if name not in told} | told


@functools.lru_cache(maxsize=1_000)
def _class_of(name: str, fields: tuple[Field, ...], *, frozen: bool) -> type[Any]:
    """A class with some fields, all of them optional; the same one for the same fields."""
    attributes = {field.name: attrs.field(default=field.default) for field in fields}
    return attrs.make_class(name, attributes, slots=True, frozen=frozen)


def _values_of_all(answers: tuple[Any, ...], name: str) -> tuple[Any, ...]:
    """The values of a field that some answers have; of a list its items."""
    found: list[Any] = []
    for value in (getattr(one, name) for one in answers):
        if isinstance(value, tuple):
            found.extend(value)
        elif value is not None:
            found.append(value)
    return tuple(found)

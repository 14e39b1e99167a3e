"""Answers: what a rule says, as a pattern that stands for every situation it says it in.

A text is literal pieces and the facts between them. Where a situation leaves a fact one value only,
its text is known and becomes part of the pattern; two patterns are compared piece by piece then.
What is composed differently counts as different, even if some values should make it read alike.
"""

from __future__ import annotations

import itertools
from typing import TYPE_CHECKING, Any, TypeAlias

import attrs

from launchfsm.engine.templates import Template, writer
from launchfsm.policy.analysis.partitions import is_single

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

    from launchfsm.engine.table import Rule, Table
    from launchfsm.policy.analysis.sets import Situations
    from launchfsm.policy.analysis.space import Space


@attrs.frozen
class Mention:
    """A fact's value inside a text."""

    fact: str


@attrs.frozen
class Pattern:
    """A text with facts in it; one without any is just a text.

    Attributes:
        parts: Texts and facts in turn; no text is empty, no two stand side by side.
    """

    parts: tuple[str | Mention, ...]

    def text(self) -> str:
        """As a rule file writes it."""
        return "".join(
            f"{{{part.fact}}}"
            if isinstance(part, Mention)
            else part.replace("{", "{{").replace("}", "}}")
            for part in self.parts
        )


Answer: TypeAlias = tuple[tuple[str, Any], ...]
"""Every field of an outcome with its value: a constant, a `Pattern`, or a tuple of them."""


def answer_of(table: Table, rule: Rule) -> Answer:
    """What a rule answers, its params filled in, fields that it leaves out at their default."""
    return tuple(
        (name, _value(rule.then.get(name, field.default), table))
        for name, field in table.decision.outcome_fields.items()
    )


def resting_answer(table: Table) -> Answer:
    """What a table answers when no rule fires."""
    return tuple((name, field.default) for name, field in table.decision.outcome_fields.items())


def _value(value: Any, table: Table) -> Any:
    if isinstance(value, tuple):
        return tuple(_value(item, table) for item in value)
    if not isinstance(value, Template):
        return value
    facts = table.decision.fact_fields
    parts: list[str | Mention] = []
    for literal, name in value.parts:
        parts.append(literal)
        if name:
            parts.append(Mention(name) if name in facts else str(table.params[name]))
    return _joined(parts)


def _joined(parts: Iterable[str | Mention]) -> Pattern | str:
    joined: list[str | Mention] = []
    for part in parts:
        if isinstance(part, str) and joined and isinstance(joined[-1], str):
            joined[-1] += part
        elif part != "":
            joined.append(part)
    if not joined:
        return ""
    only = joined[0]
    return only if len(joined) == 1 and isinstance(only, str) else Pattern(tuple(joined))


def mentioned(value: Any) -> Iterator[str]:
    """The facts in an answer, or in a value of it."""
    if isinstance(value, Pattern):
        yield from (part.fact for part in value.parts if isinstance(part, Mention))
    elif isinstance(value, tuple):
        for item in value:
            yield from mentioned(item)


def settled(value: Any, known: Mapping[str, str]) -> Any:
    """An answer, or a value of it, with the facts filled in whose text is known."""
    if isinstance(value, Pattern):
        return _joined(
            known.get(part.fact, part) if isinstance(part, Mention) else part
            for part in value.parts
        )
    return tuple(settled(item, known) for item in value) if isinstance(value, tuple) else value


def settled_pieces(answer: Answer, space: Space) -> Iterator[tuple[Answer, Situations]]:
    """An answer in each combination of cells of the facts that it mentions."""
    for known, situations in _readings(mentioned(answer), space):
        yield settled(answer, known), situations


def same(left: Answer, right: Answer, space: Space) -> Situations:
    """The situations in which two answers are the same for all values that the facts can have."""
    if left == right:
        return space.everything
    found = space.nothing
    for known, situations in _readings((*mentioned(left), *mentioned(right)), space):
        if settled(left, known) == settled(right, known):
            found |= situations
    return found


def _readings(facts: Iterable[str], space: Space) -> Iterator[tuple[Mapping[str, str], Situations]]:
    """Each combination of texts of some facts: those that are known, and where they are so."""
    names = set(facts)
    chosen = [index for index, axis in enumerate(space.axes) if axis.field.name in names]
    for texts in itertools.product(*(_texts(space, index) for index in chosen)):
        known: dict[str, str] = {}
        situations = space.everything
        for index, (text, here) in zip(chosen, texts, strict=True):
            if text is not None:
                known[space.axes[index].field.name] = text
            situations &= here
        space.work.spend()
        yield known, situations


def _texts(space: Space, index: int) -> list[tuple[str | None, Situations]]:
    """The texts of a fact in cells that leave it one value, and `None` for all other cells."""
    axis = space.axes[index]
    texts: dict[str | None, int] = {}
    for number in axis.present:
        cell = axis.cells[number]
        single = cell.weight == 1 and is_single(cell.classes[0])
        text = writer(axis.field.kind)(cell.example()) if single else None
        texts[text] = texts.get(text, 0) | 1 << number
    return [(text, space.within(index, cells)) for text, cells in texts.items()]

"""Answers: what a rule says, as a pattern that stands for every situation it says it in.

A text is literal pieces and the facts between them. Where a situation leaves a fact one value only,
its text is known and becomes part of the pattern; two patterns are compared piece by piece then.
What is composed differently counts as different, even if some values should make it read alike.
"""

from __future__ import annotations

import itertools
from collections.abc import Mapping
from typing import Any, TypeAlias

from launchfsm.engine.table import Rule, Table
from launchfsm.engine.templates import Template, template_names, writer
from launchfsm.policy.analysis.partitions import example_of, is_single
from launchfsm.policy.analysis.sets import Situations
from launchfsm.policy.analysis.space import Space, regions_of

Answer: TypeAlias = tuple[tuple[str, Any], ...]
"""Every field of an outcome with its value: a constant, a `Template`, or a tuple of them."""


def answer_of(table: Table, rule: Rule | None) -> Answer:
    """What a rule answers, its params filled in, fields that it leaves out at their default.

    Without a rule, what a table answers when none fires.
    """
    then = {} if rule is None else rule.then
    return tuple(
        (name, settled(then.get(name, field.default), {}))
        for name, field in table.decision.outcome_fields.items()
    )


Outputs: TypeAlias = list[tuple[Answer, Situations]]
"""Answers in the order of the rules that give them, each with the situations in which it is."""


def outputs_of(table: Table, space: Space) -> Outputs:
    """What a table answers where; one that gives one answer has a default where no rule fires."""
    regions = regions_of(table, space)
    rules = zip(table.rules, regions.wins, strict=True)
    found = [(answer_of(table, rule), where) for rule, where in rules if where]
    needy = any(field.required for field in table.decision.outcome_fields.values())
    if not table.decision.collect and not needy:
        found.append((answer_of(table, None), regions.nothing))
    return found


def settled(value: Any, known: Mapping[str, str]) -> Any:
    """An answer, or a value of it, with the facts filled in whose text is known.

    Texts that read alike are alike, however the rule file spells them.
    """
    if isinstance(value, tuple):
        return tuple(settled(item, known) for item in value)
    if not isinstance(value, Template):
        return value
    parts: list[tuple[str, str]] = []
    text = ""
    for literal, fact in value.parts:
        text += literal + known.get(fact, "")
        if fact and fact not in known:
            parts.append((text, fact))
            text = ""
    if not parts:
        return text
    parts.append((text, ""))
    written = (
        literal.replace("{", "{{").replace("}", "}}") + (f"{{{fact}}}" if fact else "")
        for literal, fact in parts
    )
    return Template("".join(written), tuple(parts))


def readings(answer: Answer, space: Space) -> dict[Answer, Situations]:
    """How an answer reads where: in each combination of texts of the facts that it mentions."""
    names = set(template_names(answer))
    chosen = [index for index, axis in enumerate(space.axes) if axis.field.name in names]
    found: dict[Answer, Situations] = {}
    for texts in itertools.product(*(_texts(space, index) for index in chosen)):
        known: dict[str, str] = {}
        situations = space.everything
        for index, (text, here) in zip(chosen, texts, strict=True):
            situations &= here
            if text is not None:
                known[space.axes[index].field.name] = text
        read = settled(answer, known)
        found[read] = found.get(read, space.nothing) | situations
    return found


def same(left: Answer, right: Answer, space: Space) -> Situations:
    """The situations in which two answers are the same for all values that the facts can have."""
    if left == right:
        return space.everything
    found, others = space.nothing, readings(right, space)
    for read, where in readings(left, space).items():
        found |= where & others.get(read, space.nothing)
    return found


def _texts(space: Space, index: int) -> list[tuple[str | None, Situations]]:
    """The texts of a fact in classes of one value, and `None` for all other classes."""
    axis = space.axes[index]
    texts: dict[str | None, int] = {}
    for number in axis.present:
        values = axis.classes[number]
        text = writer(axis.field.kind)(example_of(values)) if is_single(values) else None
        texts[text] = texts.get(text, 0) | 1 << number
    return [(text, space.within(index, classes)) for text, classes in texts.items()]

"""Compiling: a table's rules become one Python function.

The generated source is made of the names of facts and outcome fields, which are attributes of
Python classes, and of numbered constants: never of text from a rule file. A fact is read once, into
a local, where the first rule asks for it; an outcome whose texts mention no fact is built before.
Every name of the source but a fact's or a field's starts with an underscore, which theirs do not.

Here: the generation. Not here: what conditions mean (`conditions`), how texts are read
(`templates`), or applying the function (`engine`).
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from launchfsm.engine.templates import UNKNOWN, Template, plain, template_names, writer

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from launchfsm.engine.decision import Decision
    from launchfsm.engine.table import HitPolicy, Rule


def compile_table(
    point: Decision[Any, Any], hit: HitPolicy, rules: Sequence[Rule]
) -> Callable[[Any], Any]:
    """The function that answers at a decision point: facts object to outcome or outcomes.

    Under *unique* the first rule that fires answers, as under *first*: that no two fire is proven
    before a policy is published, not checked on every call.
    """
    names = _Names(point)
    lines: list[str] = []
    for rule in rules:
        lines += names.readings(rule)
        answer = names.answer(rule)
        act = f"_found.append({answer})" if hit == "collect" else f"return {answer}"
        lines += [f"    if {rule.when.code(names.constant)}:", f"        {act}"]
    if hit == "collect":
        lines = ["    _found = []", *lines, "    return tuple(_found)"]
    elif not any(field.required for field in point.outcome_fields.values()):
        lines.append(f"    return {names.constant(point.outcome())}")
    source = "\n".join(["def _decide(_facts):", *lines])
    exec(compile(source, f"<table {point.name}>", "exec"), names.space)  # noqa: S102 - names and constants of ours only, see above
    decide: Callable[[Any], Any] = names.space["_decide"]
    return decide


class _Names:
    """The names that the source of one table may use, besides facts, by what they stand for."""

    def __init__(self, point: Decision[Any, Any]) -> None:
        self.space: dict[str, Any] = {"_outcome": point.outcome, "_unknown": UNKNOWN}
        self.point = point
        self.known: set[str] = set()

    def constant(self, value: Any) -> str:
        """The name of a constant."""
        name = f"_{len(self.space)}"
        self.space[name] = value
        return name

    def readings(self, rule: Rule) -> list[str]:
        """The statements that read what a rule asks for and none before it did."""
        asked = [fact for fact in rule.reads() if fact not in self.known]
        self.known.update(asked)
        return [f"    {fact} = _facts.{fact}" for fact in asked]

    def answer(self, rule: Rule) -> str:
        """The expression of a rule's outcome: ready, unless a text mentions a fact."""
        if not rule.mentions():
            ready = {name: plain(value) for name, value in rule.then.items()}
            return self.constant(self.point.outcome(**ready))
        # By position, in half the time that it takes by name.
        given = [
            self.value(rule.then.get(name, field.default))
            for name, field in self.point.outcome_fields.items()
        ]
        return f"_outcome({', '.join(given)})"

    def value(self, value: Any) -> str:
        """The expression of one field of an outcome."""
        if next(template_names(value), None) is None:
            return self.constant(plain(value))
        if isinstance(value, tuple):
            return f"({''.join(f'{self.value(item)}, ' for item in value)})"
        return " + ".join(self.parts(value))

    def parts(self, template: Template) -> list[str]:
        """The expressions that a text is put together of."""
        parts = []
        for literal, fact in template.parts:
            if literal:
                parts.append(self.constant(literal))
            if fact:
                parts.append(self.mention(fact))
        return parts

    def mention(self, fact: str) -> str:
        """The expression of a fact inside a text."""
        kind = self.point.fact_fields[fact].kind.name
        value = fact if fact in self.known else f"_facts.{fact}"
        if kind in {"text", "word"}:
            return f"(_unknown if {value} is None else {value})"
        return f"{self.constant(writer(kind))}({value})"

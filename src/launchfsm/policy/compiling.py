"""Compiling: a table's rules become one Python function.

The generated source is made of checked names and numbered constants only, never of text from a
rule file. Facts that conditions ask for are read once, into locals; a rule without templates
answers with an outcome built beforehand.

Here: the generation. Not here: what conditions mean (`conditions`), or applying the function
(`engine`).
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from launchfsm.ecmascript import number_text
from launchfsm.policy.rules import HitPolicy, Rule, Template, template_names
from launchfsm.timestamps import duration_text

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping

    from launchfsm.policy.points import DecisionPoint

_UNKNOWN = "unknown"


def compile_table(
    point: DecisionPoint[Any, Any],
    hit: HitPolicy,
    rules: Iterable[Rule],
    params: Mapping[str, Any],
) -> Callable[[Any], Any]:
    """The function that answers at a decision point: facts object to outcome or outcomes.

    Under *unique* the first rule that fires answers, as under *first*: that no two fire is proven
    before a policy is published, not checked on every call.
    """
    rules = tuple(rules)
    names = _Names(params, point)
    lines = [f"    {fact} = facts.{fact}" for fact in dict.fromkeys(_asked(rules))]
    for rule in rules:
        answer = names.answer(rule)
        act = f"found.append({answer})" if hit == "collect" else f"return {answer}"
        lines += [f"    if {names.condition(rule)}:", f"        {act}"]
    if hit == "collect":
        lines = ["    found = []", *lines, "    return tuple(found)"]
    elif not any(field.required for field in point.outcome_fields.values()):
        lines.append(f"    return {names.constant(point.outcome())}")
    source = "\n".join(["def decide(facts):", *lines])
    exec(compile(source, f"<table {point.name}>", "exec"), names.space)  # noqa: S102 - names and constants of ours only, see above
    decide: Callable[[Any], Any] = names.space["decide"]
    return decide


def _asked(rules: Iterable[Rule]) -> Iterable[str]:
    for rule in rules:
        yield from rule.reads()


class _Names:
    """The names that the source of one table may use, in `space`: `c0`, `c1`, … and facts."""

    def __init__(self, params: Mapping[str, Any], point: DecisionPoint[Any, Any]) -> None:
        self.space: dict[str, Any] = {"outcome": point.outcome, "unknown": _UNKNOWN}
        self.params = params
        self.point = point

    def constant(self, value: Any) -> str:
        """The name of a constant."""
        name = f"c{len(self.space)}"
        self.space[name] = value
        return name

    def condition(self, rule: Rule) -> str:
        """The expression of a rule's condition."""
        return rule.when.code(self.constant)

    def answer(self, rule: Rule) -> str:
        """The expression of a rule's outcome: ready, unless a text mentions a fact."""
        if not any(_has_names(value) for value in rule.then.values()):
            ready = {name: plain(value) for name, value in rule.then.items()}
            return self.constant(self.point.outcome(**ready))
        given = [f"{name}={self.value(value)}" for name, value in rule.then.items()]
        return f"outcome({', '.join(given)})"

    def value(self, value: Any) -> str:
        """The expression of one field of an outcome."""
        if isinstance(value, tuple):
            return "".join(["(", *(f"{self.value(item)}, " for item in value), ")"])
        if not isinstance(value, Template):
            return self.constant(value)
        parts = [
            part
            for literal, name in value.parts
            for part in (self.constant(literal) if literal else "", self.mention(name))
            if part
        ]
        return " + ".join(parts) or self.constant("")

    def mention(self, name: str) -> str:
        """The expression of a fact or a param inside a text."""
        if not name:
            return ""
        if name not in self.point.fact_fields:
            return self.constant(str(self.params[name]))
        kind = self.point.fact_fields[name].kind
        if kind.name in {"text", "word"}:
            return f"(unknown if facts.{name} is None else facts.{name})"
        return f"{self.constant(writer(kind.name))}(facts.{name})"


def _has_names(value: object) -> bool:
    return next(template_names(value), None) is not None


def plain(value: Any) -> Any:
    """An outcome's value that mentions no fact: its text, its texts, or itself."""
    if isinstance(value, Template):
        return "".join(literal for literal, _ in value.parts)
    return tuple(plain(item) for item in value) if isinstance(value, tuple) else value


def writer(kind: str) -> Callable[[Any], str]:
    """How a fact of a kind prints inside a text: numbers as ECMAScript does, durations short."""
    known: Mapping[str, Callable[[Any], str]] = {
        "number": number_text,
        "duration": duration_text,
        "boolean": lambda value: "true" if value else "false",
    }
    write = known.get(kind, str)
    return lambda value: _UNKNOWN if value is None else write(value)

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

    from launchfsm.policy.kinds import Field
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
    constants: list[Any] = []
    lines = [f"    {fact} = facts.{fact}" for fact in dict.fromkeys(_asked(rules))]
    answers: dict[str, Any] = {}
    for index, rule in enumerate(rules):
        answers[f"a{index}"], called = _answer(point, rule, params)
        answer = f"a{index}(facts)" if called else f"a{index}"
        act = f"found.append({answer})" if hit == "collect" else f"return {answer}"
        lines += [f"    if {rule.when.code(constants)}:", f"        {act}"]
    if hit == "collect":
        lines = ["    found = []", *lines, "    return tuple(found)"]
    elif not any(field.required for field in point.outcome_fields.values()):
        answers["nothing"] = point.outcome()
        lines.append("    return nothing")
    namespace = {f"c{index}": value for index, value in enumerate(constants)} | answers
    source = "\n".join(["def decide(facts):", *lines])
    exec(compile(source, f"<table {point.name}>", "exec"), namespace)  # noqa: S102 - names and constants of ours only, see above
    decide: Callable[[Any], Any] = namespace["decide"]
    return decide


def _asked(rules: Iterable[Rule]) -> Iterable[str]:
    for rule in rules:
        yield from rule.reads()


def _answer(
    point: DecisionPoint[Any, Any], rule: Rule, params: Mapping[str, Any]
) -> tuple[Any, bool]:
    """The rule's outcome, ready; or a function of the facts, and True, when it has templates."""
    if not any(_has_names(value) for value in rule.then.values()):
        return point.outcome(**{name: plain(value) for name, value in rule.then.items()}), False
    fill = {name: filler(value, point.fact_fields, params) for name, value in rule.then.items()}

    def answer(facts: Any) -> Any:
        return point.outcome(**{name: value(facts) for name, value in fill.items()})

    return answer, True


def _has_names(value: object) -> bool:
    return next(template_names(value), None) is not None


def plain(value: Any) -> Any:
    """An outcome's value that mentions no fact: its text, its texts, or itself."""
    if isinstance(value, Template):
        return "".join(literal for literal, _ in value.parts)
    return tuple(plain(item) for item in value) if isinstance(value, tuple) else value


def filler(
    value: Any, fields: Mapping[str, Field], params: Mapping[str, Any]
) -> Callable[[Any], Any]:
    """A function from facts to an outcome's value, its templates filled in."""
    if isinstance(value, tuple):
        fillers = [filler(item, fields, params) for item in value]
        return lambda facts: tuple(fill(facts) for fill in fillers)
    if not isinstance(value, Template):
        return lambda _facts: value
    parts = [_part(literal, name, fields, params) for literal, name in value.parts]
    return lambda facts: "".join([part(facts) for part in parts])


def _part(
    literal: str, name: str, fields: Mapping[str, Field], params: Mapping[str, Any]
) -> Callable[[Any], str]:
    if not name:
        return lambda _facts: literal
    if name in fields:
        write = writer(fields[name].kind.name)
        return lambda facts: literal + write(getattr(facts, name))
    text = literal + str(params[name])
    return lambda _facts: text


def writer(kind: str) -> Callable[[Any], str]:
    """How a fact of a kind prints inside a text: numbers as ECMAScript does, durations short."""
    known: Mapping[str, Callable[[Any], str]] = {
        "number": number_text,
        "duration": duration_text,
        "boolean": lambda value: "true" if value else "false",
    }
    write = known.get(kind, str)
    return lambda value: _UNKNOWN if value is None else write(value)

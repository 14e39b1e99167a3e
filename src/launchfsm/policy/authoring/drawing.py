"""Drawing: a decision table as a grid of plain texts, rules down, facts across.

A condition goes into the grid as far as it is an `and` of questions about one fact each. The rest
of it, such as an `or` over two facts, is kept as the rule file writes it.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator, Mapping
from typing import Any, Final

import attrs

from launchfsm.engine.conditions import Condition, Group, Not, Test
from launchfsm.engine.table import Rule, Table
from launchfsm.engine.templates import Template
from launchfsm.engine.text import literal, visible
from launchfsm.engine.types import Field, ValueType, write_value

ANY: Final = "\u2013"
"""The cell of a fact that may be anything: a dash."""


@attrs.frozen(kw_only=True)
class DrawnRule:
    """A rule as a row.

    Attributes:
        rule: The rule.
        cells: For each of the table's facts what it has to be; `ANY` when it may be anything.
        condition: What has to hold as well and does not fit the grid; mostly empty.
        answers: For each of the table's outcome fields what it gets; empty for its default.
    """

    rule: Rule
    cells: tuple[str, ...]
    condition: str
    answers: tuple[str, ...]


@attrs.frozen(kw_only=True)
class DrawnTable:
    """A decision table as a grid.

    Attributes:
        name: The table.
        doc: The question that it answers.
        hit: Its hit policy.
        params: What its params are, as texts.
        facts: The columns that ask: the facts of which some rule says something.
        outcome: The columns that answer: the fields that some rule sets.
        rules: The rows, in the order in which rules are tried.
    """

    name: str
    doc: str
    hit: str
    params: Mapping[str, str]
    facts: tuple[str, ...]
    outcome: tuple[str, ...]
    rules: tuple[DrawnRule, ...]

    def grid(self) -> tuple[tuple[str, ...], ...]:
        """The texts of the grid, row by row, the heads first.

        There is a column of conditions when some rule has one that does not fit.
        """
        heads = ("rule", *self.facts, "and", *(f"→ {name}" for name in self.outcome))
        rows = [(row.rule.id, *row.cells, row.condition, *row.answers) for row in self.rules]
        place = 1 + len(self.facts)
        if not any(row[place] for row in rows):
            return tuple(row[:place] + row[place + 1 :] for row in (heads, *rows))
        return (heads, *rows)

    def markdown(self) -> str:
        """The table as Markdown, below a heading."""
        heads, *rows = (" | ".join(map(_escaped, row)) for row in self.grid())
        ruler = " | ".join("---" for _ in self.grid()[0])
        lines = [f"## {_escaped(self.name)}", "", _escaped(f"{self.doc} Hit policy: {self.hit}.")]
        lines += [""] * bool(self.params)
        lines += [f"- {_escaped(f'{name} = {value}')}" for name, value in self.params.items()]
        return "\n".join([*lines, "", *(f"| {row} |" for row in (heads, ruler, *rows)), ""])


_MARKUP: Final = re.compile(r"[\\`*<\[\]|~&]|\b_|_\b")
"""What Markdown takes for more than a character; not an underscore inside a word."""


def _escaped(text: str) -> str:
    """A text that Markdown shows as it is, on one line."""
    return _MARKUP.sub(r"\\\g<0>", visible(text))


def draw(table: Table, *, most_facts: int | None = None) -> DrawnTable:
    """A decision table as a grid.

    Args:
        table: The table.
        most_facts: How many facts get a column; the others, those that the fewest rules ask, stay
            in the rules' conditions. `None`: all that fit.
    """
    decision, kinds = table.decision, table.decision.params
    split = [_by_fact(rule.when) for rule in table.rules]
    asked = Counter(fact for parts in split for fact in parts if fact)
    columns = {fact for fact, _ in asked.most_common(most_facts)}
    facts = {name: field for name, field in decision.fact_fields.items() if name in columns}
    said = {name for rule in table.rules for name in rule.then}
    outcome = {name: field for name, field in decision.outcome_fields.items() if name in said}
    return DrawnTable(
        name=decision.name,
        doc=decision.doc,
        hit=table.hit,
        params={
            name: literal(write_value(kinds[name], value) if name in kinds else value)
            for name, value in table.params.items()
        },
        facts=tuple(facts),
        outcome=tuple(outcome),
        rules=tuple(
            _row(rule, parts, facts, outcome)
            for rule, parts in zip(table.rules, split, strict=True)
        ),
    )


def _row(
    rule: Rule,
    parts: Mapping[str, list[Condition]],
    facts: Mapping[str, Field],
    outcome: Mapping[str, Field],
) -> DrawnRule:
    rest = [part for fact, found in parts.items() if fact not in facts for part in found]
    return DrawnRule(
        rule=rule,
        cells=tuple(
            _cell(Group("and", tuple(parts[name])), field) if name in parts else ANY
            for name, field in facts.items()
        ),
        condition=(rest[0] if len(rest) == 1 else Group("and", tuple(rest))).text(),
        answers=tuple(
            _answer(field.kind, rule.then[name]) if name in rule.then else ""
            for name, field in outcome.items()
        ),
    )


def _by_fact(condition: Condition) -> dict[str, list[Condition]]:
    """The parts of a condition by the one fact that each asks; `""` for those that ask several."""
    parts: dict[str, list[Condition]] = {}
    for part in _conjuncts(condition):
        facts = {test.fact for test in part.tests()}
        parts.setdefault(facts.pop() if len(facts) == 1 else "", []).append(part)
    return parts


def _conjuncts(condition: Condition) -> Iterator[Condition]:
    """Conditions that hold together exactly when this one does."""
    match condition:
        case Group(joint="and", parts=parts):
            for part in parts:
                yield from _conjuncts(part)
        case Not(part=Group(joint="or", parts=parts)):
            for part in parts:
                yield from _conjuncts(Not(part))
        case Not(part=Not(part=part)):
            yield from _conjuncts(part)
        case _:
            yield condition


def _cell(condition: Condition, field: Field) -> str:
    """What a condition says of its only fact, without the fact's name."""
    match condition:
        case Group(parts=(part,)) | Not(part=Not(part=part)):
            return _cell(part, field)
        case Group(joint=joint, parts=parts):
            inner = (
                f"({_cell(part, field)})"
                if isinstance(part, Group) and len(part.parts) > 1
                else _cell(part, field)
                for part in parts
            )
            return f" {joint} ".join(inner)
        case Not(part=Test(op="true")) if not field.kind.optional:
            return "no"
        case Not(part=Test(op="is")):
            return "known"
        case Not(part=Test(op="is not")):
            return "unknown"
        case Not(part=part):
            inside = _cell(part, field)
            return f"not ({inside})" if " and " in inside or " or " in inside else f"not {inside}"
        case Test():
            return _test(condition, field)


def _test(test: Test, field: Field) -> str:
    if test.each:
        return f"{test.each} {_test(test.of_item(), field)}"
    is_word = field.kind.name == "word"
    value = test.param or (test.value if is_word and isinstance(test.value, str) else test.shown)
    if test.op in {"in", "not in"} and not test.param:
        kind = attrs.evolve(field.kind, many=True, optional=False)
        items = [item if is_word else literal(item) for item in write_value(kind, test.value)]
        return " or ".join(items) if test.op == "in" else " and ".join(f"!= {i}" for i in items)
    return _SAID.get(test.op, "{op} {value}").format(op=test.op, value=value)


_SAID: Final = {
    "true": "yes",
    "is": "unknown",
    "is not": "known",
    "==": "{value}",
    "startswith": "starts with {value}",
    "endswith": "ends with {value}",
}
"""How a cell says an operator; the others stand before their value."""


def _answer(kind: ValueType, value: Any) -> str:
    """A value of an outcome: a text as the rule file writes it."""
    if isinstance(value, Template):
        return value.source
    if isinstance(value, tuple):
        return ", ".join(_answer(attrs.evolve(kind, many=False), item) for item in value)
    if isinstance(value, bool):
        return "yes" if value else "no"
    return value if isinstance(value, str) else literal(write_value(kind, value))

"""Ask: one decision of one table, with facts as a person types them, and its trace."""

from __future__ import annotations

import contextlib
import json
from collections.abc import Iterable
from typing import Any

from launchfsm.engine.table import Table
from launchfsm.engine.text import choices, quoted, short
from launchfsm.engine.trace import ExplainedDecision, TracedDecision, explained_decision
from launchfsm.engine.types import ValueType, read_value
from launchfsm.errors import LaunchfsmError
from launchfsm.policy.completion import at_rest, completed


class FactsError(LaunchfsmError, ValueError):
    """The facts given for a table are wrong; `problems` has a sentence for each mistake."""

    def __init__(self, problems: Iterable[str]) -> None:
        self.problems = tuple(problems)
        super().__init__(self.problems)

    def __str__(self) -> str:
        return "\n".join(self.problems)


def ask_table(table: Table, given: Iterable[tuple[str, str]]) -> ExplainedDecision:
    """What a table answers to facts, and why; `FactsError` when it cannot be asked with them.

    A fact that is left out has its neutral value: unknown, false, 0, or what the others add up to.

    Args:
        given: Names of facts with their values as texts: `true`, `3m`, a word or a text without
            quotes, `unknown`; the items of a list separated by commas.
    """
    decision, known, problems = table.decision, dict[str, Any](), []
    fields = decision.fact_fields
    for name, text in given:
        if name not in fields:
            told = f"{quoted(short(name))} is no fact of the table {decision.name!r}"
            problems.append(told + choices(name, fields, "its facts"))
        elif name in known:
            problems.append(f"{name} is given twice; give it once")
        else:
            try:
                known[name] = _value(fields[name].kind, text)
            except ValueError as error:
                known[name] = None
                problems.append(f"{name}: {error}")
    if problems:
        raise FactsError(problems)
    facts, missing = at_rest(decision, known)
    facts, missing, unsaid = completed(table, facts, missing, then=decision.outcome_fields)
    problems = [
        f"{name} has no neutral value, and the answer depends on it; give {name}=…: "
        f"{fields[name].kind.text()}"
        for name in unsaid
    ]
    if problems := problems or list(decision.broken(facts, missing=missing)):
        raise FactsError(problems)
    outcome = table.decide(decision.facts(**facts))
    return explained_decision(TracedDecision(table, "", facts, outcome))


def _value(kind: ValueType, text: str) -> Any:
    """A text as facts carry a value of the type; `ValueError` when it is none."""
    if text == "unknown" and kind.optional and kind.name != "text" and text not in kind.words:
        return None
    if kind.many:
        return read_value(kind, [_typed(kind, item) for item in text.split(",") if item])
    return read_value(kind, _typed(kind, text))


def _typed(kind: ValueType, text: str) -> object:
    """A text as the TOML value that it stands for; one that is no such value stays a text."""
    if kind.name in {"boolean", "number"}:
        with contextlib.suppress(ValueError, RecursionError):
            return json.loads(text)
    return text

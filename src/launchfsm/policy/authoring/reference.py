"""Reference: every decision with what its rules may ask and answer, as Markdown for authors.

Made from the declarations and their sentences, so it cannot say something else than the code.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from types import MappingProxyType
from typing import Any, Final

from launchfsm.engine.decision import Decision
from launchfsm.engine.types import Field
from launchfsm.policy.loader import Catalogue

_HEAD: Final = """\
# Facts and outcomes

A *decision* is a question that an evaluation asks the policy. The policy answers it with one
*table* of rules, which has the decision's name. Here are all of them: the question, what the
conditions of its rules may ask (*facts*), and what its rules answer (*outcome*).

| type | what it is | in a condition |
| --- | --- | --- |
| boolean | true or false | the fact's name alone, or `not` and its name |
| `a \\| b` | one of these words | `== 'a'`, `in ['a', 'b']` |
| text | any text | `== 'x'`, `.startswith('x')`, `.endswith('x')`, `'x' in` it |
| number | a number that may have a fraction | `> 2.5` |
| whole number | a number that has none | `> 2` |
| duration | a length of time, to the millisecond, with its units | `>= '3m'`, `< '1h30m'` |
| list of … | several of them | `is None`, where it can be unknown |

A fact that can be unknown makes every comparison with it false while it is. A test that leaves a
fact out says that it is unknown, or false or 0 when it never is; a word or a text that is never
unknown has to be given where the test depends on it. A fact marked *costly* is worked out only when
the loaded policy asks for it. A field marked *looked at where* has no effect elsewhere. The
conditions below *Always* hold in every situation: one that breaks them cannot occur, and a test
that asks for it is a fault. Those below *Every answer* are what other tables rely on: `verify`
reports a rule that breaks one.

This page is made by `launchfsm policy catalogue`; do not edit it.
"""


def reference(catalogue: Catalogue) -> str:
    """A catalogue of decisions as Markdown."""
    return "\n".join(
        [_HEAD, *(line for decision in catalogue.values() for line in _point(decision))]
    )


def _point(decision: Decision[Any, Any]) -> Iterator[str]:
    hits = (
        "`collect`: every rule that fires" if decision.collect else "`first` or `unique`: one rule"
    )
    yield f"## {decision.name}\n"
    yield f"{decision.doc} Answered by {hits}.\n"
    yield from _table("fact", decision.fact_fields.values())
    yield from _table("outcome", decision.outcome_fields.values(), decision.matters)
    if decision.params:
        yield "| param that evaluation reads | type |\n| --- | --- |"
        yield from (
            f"| `{name}` | {_cell(kind.text())} |" for name, kind in decision.params.items()
        )
        yield ""
    always = [*(declared.text() for declared in decision.sums), *decision.preconditions]
    for title, conditions in (("Always", always), ("Every answer", decision.postconditions)):
        if conditions:
            yield f"{title}:\n"
            yield from (f"- `{condition}`" for condition in conditions)
            yield ""


def _table(
    what: str, fields: Iterable[Field], matters: Mapping[str, str] = MappingProxyType({})
) -> Iterator[str]:
    yield f"| {what} | type | meaning |\n| --- | --- | --- |"
    for field in fields:
        meaning = _cell(field.doc)
        meaning += " Every rule sets it." if what == "outcome" and field.required else ""
        meaning += " *Costly.*" if field.needs else ""
        if condition := matters.get(field.name):
            meaning += f" Looked at where `{condition}`."
        yield f"| `{field.name}` | {_cell(field.kind.text())} | {meaning} |"
    yield ""


def _cell(text: str) -> str:
    return text.replace("|", "\\|")

"""Page: on what two policies differ, as Markdown for people to read.

Table by table, every class of situations with its condition, both answers and an example. It names
rules but no lines of files, so that it changes when a decision changes and not when a file does.
"""

from __future__ import annotations

import itertools
from operator import attrgetter
from typing import TYPE_CHECKING

from launchfsm.policy.analysis.render import table_text

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping
    from typing import Any

    from launchfsm.policy.analysis.reports import Comparison, Difference, ParamDifference, Side

_HEAD = """\
# How `{policy}` differs from `{against}`

Every class of situations in which the two answer differently, table by table: {count}.
{extent}
In the answers, `{{name}}` stands for a fact.

This page is made by `launchfsm policy verify {policy} --against {against} --publish FILE`; do not
edit it.
"""


def differences_page(comparison: Comparison) -> str:
    """A comparison as Markdown."""
    lines = [_head(comparison)]
    for param in comparison.params:
        lines += _param(param, comparison)
    by_table = itertools.groupby(comparison.differences, key=attrgetter("table"))
    for table, differences in by_table:
        lines.append(f"## {table}\n")
        for difference in differences:
            lines += _difference(difference)
    return "\n".join(lines).rstrip("\n") + "\n"


def _head(comparison: Comparison) -> str:
    number = len(comparison.differences) + len(comparison.params)
    situations = sum(table.situations for table in comparison.tables)
    unseen = sum(table.unseen for table in comparison.tables)
    return _HEAD.format(
        policy=comparison.policy,
        against=comparison.against,
        count=f"{number} {'difference' if number == 1 else 'differences'}",
        extent=(
            f"Of the situations that can occur, {situations:,} were looked at, and up to "
            f"{unseen:,} were not."
            if unseen
            else f"All {situations:,} situations that can occur were looked at."
        ),
    )


def _param(param: ParamDifference, comparison: Comparison) -> Iterator[str]:
    values = ((comparison.against, param.before), (comparison.policy, param.after))
    yield f"## {param.table}: the param `{param.param}`\n"
    for policy, value in values:
        yield f"- `{policy}`: {_code(repr(value))}"
    yield ""


def _difference(difference: Difference) -> Iterator[str]:
    was, now = difference.was, difference.now
    yield f"### {_rules(now)} instead of {_rules(was)}\n"
    yield f"- when {_code(difference.when[0])}"
    yield from (f"  or {_code(condition)}" for condition in difference.when[1:])
    if difference.reordered:
        yield f"- `{now.policy}` gives the answers of `{was.policy}` in another order"
    else:
        yield f"- `{was.policy}` answers {_answers(difference.before)}"
        yield f"- `{now.policy}` answers {_answers(difference.after)}"
    yield f"- for example {_code(difference.example.written)}"
    yield ""


def _rules(side: Side) -> str:
    """The rules that answer to the example."""
    return ", ".join(_code(rule.id) for rule in side.rules) or "no rule"


def _answers(answers: Iterable[Mapping[str, Any]]) -> str:
    return ", ".join(_code(table_text(answer)) for answer in answers) or "nothing"


def _code(text: str) -> str:
    """A text as code, whatever backticks stand in it."""
    if "`" not in text:
        return f"`{text}`"
    return f"`` {text} ``"

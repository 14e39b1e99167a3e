"""Wording: boxes as conditions in the rule files' own language, facts and answers as TOML.

A condition that is shown can be copied into a rule, and an example into an inline test.
"""

from __future__ import annotations

import json
import math
from typing import TYPE_CHECKING, Any

from launchfsm.engine.conditions import Condition, Group, Not, Test
from launchfsm.engine.types import show
from launchfsm.policy.analysis.cover import narrow
from launchfsm.policy.analysis.outputs import Pattern
from launchfsm.policy.analysis.partitions import (
    UNKNOWN,
    Cut,
    One,
    OtherText,
    Stretch,
    Values,
    is_single,
)

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from launchfsm.engine.decision import Decision
    from launchfsm.engine.types import Field
    from launchfsm.policy.analysis.space import Axis, Box, Situations, Space

ALWAYS_TEXT = "always"
"""How a condition reads that says nothing, as that of a rule without `when`."""

_UNITS = (("d", 86_400_000), ("h", 3_600_000), ("m", 60_000), ("s", 1_000), ("ms", 1))


# -- Conditions ------------------------------------------------------------------------------------


def condition_text(condition: Condition) -> str:
    """A condition as a rule file writes it; `always` when it says nothing."""
    return condition.text() or ALWAYS_TEXT


def condition_of(space: Space, box: Box) -> Condition:
    """The condition that holds in the situations of a box."""
    parts: list[Condition] = []
    for index in narrow(space, box):
        part = literal(space.axes[index], box[index])
        nested = isinstance(part, Group) and part.joint == "and"
        parts += part.parts if isinstance(part, Group) and nested else [part]
    return parts[0] if len(parts) == 1 else Group("and", tuple(parts))


def readable(space: Space, boxes: Iterable[Box], target: Situations) -> list[Box]:
    """Boxes that cover the same set, without the values that they are not needed for.

    Values that do not occur in a box, or only where another box covers them, are dropped where that
    reads no longer: `state != 'failed'` may say more than it must, and say it better than a list.
    """
    found = list(boxes)
    for place, box in enumerate(found):
        needed = target
        for other in (*found[:place], *found[place + 1 :]):
            needed &= ~space.inside(other)
        found[place] = _trimmed(space, box, space.inside(box) & needed)
    return found


def _trimmed(space: Space, box: Box, needed: Situations) -> Box:
    """The box without the values in which it holds nothing that is needed."""
    cells = list(box)
    for index in narrow(space, box):
        axis = space.axes[index]
        fewer = sum(
            1 << number
            for number, here in space.slices[index].items()
            if box[index] >> number & 1 and here & needed
        )
        if _length(literal(axis, fewer)) <= _length(literal(axis, box[index])):
            cells[index] = fewer
    return tuple(cells)


def literal(axis: Axis, cells: int) -> Condition:
    """The condition that a fact is in some of its cells, but not in any."""
    chosen, others = _split(axis, cells)
    unknown_in, unknown_out = UNKNOWN in chosen, UNKNOWN in others
    known_in = [values for values in chosen if values != UNKNOWN]
    known_out = [values for values in others if values != UNKNOWN]
    name = axis.field.name
    if not known_in:
        return Test(name, "is", None, "None")
    if not known_out:
        return Test(name, "is not", None, "None")
    if not unknown_in:
        return _known(axis.field, known_in, known_out, optional=unknown_out)
    inside = _known(axis.field, known_in, known_out, optional=True)
    outside = _known(axis.field, known_out, known_in, optional=True)
    listed = Group("or", (Test(name, "is", None, "None"), inside))
    doubly_negative = isinstance(outside, Test) and outside.op in {"!=", "not in"}
    if doubly_negative or _length(listed) < _length(Not(outside)):
        return listed
    return Not(outside)


def _split(axis: Axis, cells: int) -> tuple[list[Values], list[Values]]:
    chosen: list[Values] = []
    others: list[Values] = []
    for cell in axis.cells:
        (chosen if cells >> cell.number & 1 else others).extend(cell.classes)
    return chosen, others


def _length(condition: Condition) -> tuple[int, int]:
    """How long a condition is to read: its tests, then its letters."""
    return (sum(1 for _ in condition.tests()), len(condition.text()))


def _known(
    field: Field, chosen: Sequence[Values], others: Sequence[Values], *, optional: bool
) -> Condition:
    """The condition that a fact is known and in some classes of its values, but not in others."""
    if field.kind.name == "boolean":
        return _boolean(field, chosen, optional=optional)
    if field.kind.name in {"number", "duration"}:
        return _numeric(field, chosen, others)
    listed = [values.value for values in chosen if isinstance(values, One)]
    unlisted = [values.value for values in others if isinstance(values, One)]
    negative = any(isinstance(values, OtherText) for values in chosen) or (
        len(unlisted) < len(listed) and not any(isinstance(values, OtherText) for values in others)
    )
    return _listing(field, unlisted if negative else listed, negative=negative)


def _boolean(field: Field, chosen: Sequence[Values], *, optional: bool) -> Condition:
    true = Test(field.name, "true")
    if One(True) in chosen:  # noqa: FBT003 - the value itself
        return true
    if not optional:
        return Not(true)
    return Group("and", (Test(field.name, "is not", None, "None"), Not(true)))


def _listing(field: Field, words: Sequence[Any], *, negative: bool) -> Condition:
    if len(words) == 1:
        return Test(field.name, "!=" if negative else "==", words[0], show(words[0]))
    listed = tuple(words)
    return Test(field.name, "not in" if negative else "in", listed, show(listed))


def _numeric(field: Field, chosen: Sequence[Values], others: Sequence[Values]) -> Condition:
    conditions = [_run(field, run) for run in _runs(chosen)]
    if len(conditions) == 1:
        return conditions[0]
    if len(others) == 1 and is_single(others[0]):
        return _compared(field, "!=", others[0].examples[0])
    return Group("or", tuple(conditions))


def _runs(chosen: Iterable[Values]) -> list[Stretch]:
    """Stretches that touch, joined, from the lowest; cells have their classes in any order."""
    runs: list[Stretch] = []
    stretches = (values for values in chosen if isinstance(values, Stretch))
    for stretch in sorted(stretches, key=lambda one: (one.low is not None, one.low)):
        if runs and runs[-1].high == stretch.low:
            runs[-1] = Stretch(runs[-1].low, stretch.high, stretch.whole)
        else:
            runs.append(stretch)
    return runs


def _run(field: Field, run: Stretch) -> Condition:
    if is_single(run):
        return _compared(field, "==", run.examples[0])
    ends = []
    if run.low is not None and run.low != (field.kind.low, 0):
        ends.append(_end(field, run.low, ">=", ">"))
    if run.high is not None:
        ends.append(_end(field, run.high, "<", "<="))
    return ends[0] if len(ends) == 1 else Group("and", tuple(ends))


def _end(field: Field, cut: Cut, before: str, behind: str) -> Test:
    """The comparison with a cut; among whole numbers with the neighbour where that is shorter."""
    number, side = cut
    if side == 0 and field.kind.whole:
        at, under = _compared(field, before, number), _compared(field, behind, number - 1)
        return min((at, under), key=lambda test: len(test.shown))
    return _compared(field, behind if side else before, number)


def _compared(field: Field, op: str, number: float) -> Test:
    return Test(field.name, op, number, _number(field, number))


def _number(field: Field, number: float) -> str:
    return repr(duration(number)) if field.kind.name == "duration" else show(number)


def duration(ms: float) -> str:
    """A duration to the millisecond, as rule files write it: `2m59s999ms`.

    Rule files have no word for a negative one or a fraction of a millisecond; it reads all the
    same.
    """
    if ms < 0 or not math.isfinite(ms) or ms != int(ms):
        return f"{ms}ms"
    rest, parts = int(ms), []
    for unit, size in _UNITS:
        count, rest = divmod(rest, size)
        if count:
            parts.append(f"{count}{unit}")
    return "".join(parts) or "0ms"


# -- Facts and answers -----------------------------------------------------------------------------


def fact_text(field: Field, value: Any) -> str:
    """A fact's value as an inline test writes it; `unknown` for none, which it leaves out."""
    if value is None:
        return "unknown"
    return _toml(duration(value) if field.kind.name == "duration" else value)


def facts_text(point: Decision[Any, Any], facts: Mapping[str, Any]) -> str:
    """Facts as an inline test writes them: only those that are not at rest."""
    fields = point.fact_fields
    said = {
        name: fact_text(fields[name], value)
        for name, value in facts.items()
        if value != fields[name].default
    }
    return _braced(said)


def table_text(values: Mapping[str, Any]) -> str:
    """Names and values as an inline table of TOML."""
    return _braced({name: _toml(value) for name, value in values.items()})


def said(point: Decision[Any, Any], answer: Iterable[tuple[str, Any]]) -> dict[str, Any]:
    """The fields of an answer that a rule has to say, as JSON has them, patterns as texts."""
    fields = point.outcome_fields
    return {
        name: _plain(value)
        for name, value in answer
        if fields[name].required or value != fields[name].default
    }


def _plain(value: Any) -> Any:
    if isinstance(value, Pattern):
        return value.text()
    if isinstance(value, str):
        return value.replace("{", "{{").replace("}", "}}")
    return [_plain(item) for item in value] if isinstance(value, tuple) else value


def _braced(pairs: Mapping[str, str]) -> str:
    inner = ", ".join(f"{name} = {value}" for name, value in pairs.items())
    return f"{{ {inner} }}" if inner else "{}"


def _toml(value: Any) -> str:
    if isinstance(value, str):
        return json.dumps(value, ensure_ascii=False).replace("\x7f", "\\u007f")
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, list | tuple):
        return f"[{', '.join(map(_toml, value))}]"
    return str(value)

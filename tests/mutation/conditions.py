"""Conditions: the mutants of a rule's `when`.

Operators to their neighbours, `and` to `or` and back, parts left out, a dropped `not`, numbers one
off, durations a millisecond off, words another of their vocabulary, items left out of lists.

Here: conditions. Not here: the rest of a rule (`rules`).
"""

from __future__ import annotations

import ast
from typing import TYPE_CHECKING, Any

from launchfsm.engine.types import read_one, write_value
from tests.mutation.mutants import Edit
from tests.mutation.trees import (
    boolean_changes,
    comparison_changes,
    not_changes,
)

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from launchfsm.engine.types import Field, ValueType


def other_values(kind: ValueType, value: Any) -> Iterator[Any]:
    """What a rule file may have in the place of a value: the nearest mistakes.

    Args:
        kind: The value's kind.
        value: The value, as rule files write it.
    """
    if kind.name == "boolean":
        yield not value
    elif kind.name == "word":
        yield kind.words[(kind.words.index(value) + 1) % len(kind.words)]
    elif kind.name == "number":
        yield value + 1
        yield value - 1
    elif kind.name == "duration":
        for step in (1, -1):
            yield write_value(kind, read_one(kind, value) + step)
    else:
        yield f"{value}?"


def other_conditions(text: str, facts: Mapping[str, Field]) -> Iterator[str]:
    """The conditions that are one mistake away from one.

    Args:
        text: The condition.
        facts: What it may ask, by name.
    """
    tree = ast.parse(text, mode="eval")
    for edit in list(_edits(tree, facts)):
        old = edit.apply()
        yield ast.unparse(tree)
        edit.put(old)


def _edits(tree: ast.AST, facts: Mapping[str, Field]) -> Iterator[Edit]:
    for parent in ast.walk(tree):
        for name, value in ast.iter_fields(parent):
            places = enumerate(value) if isinstance(value, list) else [(None, value)]
            for index, node in places:
                for new in _changes(node, facts):
                    yield Edit(parent, name, index, new, "")


def _changes(node: object, facts: Mapping[str, Field]) -> Iterator[ast.AST]:
    if isinstance(node, ast.BoolOp):
        yield from boolean_changes(node)
    elif isinstance(node, ast.UnaryOp):
        yield from not_changes(node)
    elif isinstance(node, ast.Compare):
        yield from comparison_changes(node)
        yield from _constant_changes(node, facts)


def _constant_changes(node: ast.Compare, facts: Mapping[str, Field]) -> Iterator[ast.AST]:
    """A comparison with another constant, or with one item less of a list."""
    if isinstance(node.left, ast.Constant):  # a text that is looked for in a fact
        other = ast.Constant(f"{node.left.value!s}?")
        yield ast.Compare(other, node.ops, node.comparators)
        return
    asked = facts.get(ast.unparse(node.left))
    if asked is None:  # a param, which has mutants of its own
        return
    kind = asked.kind
    (constant,) = node.comparators
    if isinstance(constant, ast.List):
        for index in range(len(constant.elts) if len(constant.elts) > 1 else 0):
            rest = [item for number, item in enumerate(constant.elts) if number != index]
            yield ast.Compare(node.left, node.ops, [ast.List(rest, ast.Load())])
    elif isinstance(constant, ast.Constant | ast.UnaryOp):
        value = ast.literal_eval(constant)
        for other in () if value is None else other_values(kind, value):
            yield ast.Compare(node.left, node.ops, [ast.Constant(other)])

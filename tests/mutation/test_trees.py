"""Each operator makes the mistakes that it says, and no others."""

from __future__ import annotations

import ast

import pytest

from tests.mutation.trees import changes_of, source_of

MISTAKES: dict[str, list[str]] = {
    "a < b": ["a <= b", "a >= b"],
    "a >= b": ["a > b", "a < b"],
    "a == b": ["a != b"],
    "a is None": ["a is not None"],
    "a in b": ["a not in b"],
    "a < b <= c": ["a <= b <= c", "a >= b <= c", "a < b < c", "a < b > c"],
    "a and b": ["a or b", "b", "a"],
    "a or b or c": ["a and b and c", "b or c", "a or c", "a or b"],
    "not a": ["a"],
    "-a": ["a"],
    "~a": [],
    "3": ["4", "2"],
    "1.5": ["2.5", "0.5"],
    "True": ["False"],
    "None": [],
    "'text'": [],
    "a if b else c": ["a if True else c", "a if False else c"],
    "a + b": ["a - b"],
    "a * b": ["a // b"],
    "a % b": ["a // b"],
    "a << b": [],
    "any": ["all"],
    "min": ["max"],
    "math.floor": ["math.ceil"],
    "other": [],
    "(1, 2)": ["(2,)", "(1,)"],
    "(a, 2)": [],
    "{1}": [],
    "{1: a, 2: b}": ["{2: b}", "{1: a}"],
}


@pytest.mark.parametrize(("source", "mistakes"), MISTAKES.items(), ids=MISTAKES)
def test_an_expression_and_its_mistakes(source: str, mistakes: list[str]) -> None:
    node = ast.parse(source, mode="eval").body

    assert mistakes == [ast.unparse(change) for change in changes_of(node)]
    assert source == ast.unparse(node), "the original is left as it was"


STATEMENTS: dict[str, list[str]] = {
    "return a": ["return None"],
    "return None": [],
    "return": [],
    "raise a": ["pass"],
    "call()": ["pass"],
    "'a docstring'": [],
    "a = b": [],
    "a.b = c": ["pass"],
    "a[b] = c": ["pass"],
    "a += b": ["a -= b", "pass"],
    "if a:\n    b": ["if True", "if False"],
    "while a:\n    b": ["while False"],
}


@pytest.mark.parametrize(("source", "mistakes"), STATEMENTS.items(), ids=STATEMENTS)
def test_a_statement_and_its_mistakes(source: str, mistakes: list[str]) -> None:
    (node,) = ast.parse(source).body

    assert mistakes == [source_of(change) for change in changes_of(node)]
    assert source == ast.unparse(node), "the original is left as it was"


def test_conditions_of_a_comprehension_are_left_out_one_by_one() -> None:
    tree = ast.parse("[a for a in b if c if d]")
    (loop,) = (node for node in ast.walk(tree) if isinstance(node, ast.comprehension))

    assert ["for a in b if d", "for a in b if c"] == [source_of(new) for new in changes_of(loop)]

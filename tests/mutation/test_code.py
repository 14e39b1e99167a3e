"""The mutants of a module: where mistakes are made, and what each is called."""

from __future__ import annotations

import ast
from collections import Counter
from typing import TYPE_CHECKING

import pytest

from tests.mutation import code
from tests.mutation.code import code_mutants, mutated, parsed
from tests.mutation.modules import MODULES

if TYPE_CHECKING:
    from pathlib import Path

SOURCE = '''\
"""A docstring."""
from typing import Literal
LIMIT = 3
Word: TypeAlias = Literal["a", "b"]
__all__ = ["a", "b"]
if TYPE_CHECKING:
    FIVE = 5

class Shape:
    sides = 4

    @cached(size=9)
    def area(self, scale: Annotated[int, 6] = 2) -> int:
        """A docstring."""
        return [side for side in self if side > 0]

def twice(number):
    def inner():
        return number == 1 or number == 1
    return inner
'''


@pytest.fixture
def module(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> str:
    file = tmp_path / "shapes.py"
    file.write_text(SOURCE, encoding="utf-8")
    monkeypatch.setattr(code, "ROOT", tmp_path)
    monkeypatch.setattr(code, "path_of", lambda _: file)
    return "shapes"


def test_what_nothing_decides_by_is_left_alone(module: str) -> None:
    made = [(mutant.where, mutant.change) for mutant in code_mutants(module)]

    assert [
        ("", "3  ->  4"),
        ("", "3  ->  2"),
        ("Shape", "4  ->  5"),
        ("Shape", "4  ->  3"),
        ("Shape", "2  ->  3"),
        ("Shape", "2  ->  1"),
        ("Shape.area", "return [side for side in self if side > 0]  ->  return None"),
        ("Shape.area", "for side in self if side > 0  ->  for side in self"),
        ("Shape.area", "side > 0  ->  side >= 0"),
        ("Shape.area", "side > 0  ->  side <= 0"),
        ("Shape.area", "0  ->  1"),
        ("Shape.area", "0  ->  -1"),
    ] == made[:12]
    assert not any("5" in change and "4" not in change for _, change in made)
    assert not any("9" in change or "6" in change for _, change in made)


def test_a_mistake_belongs_to_the_outermost_function_unless_it_is_made_at_import(
    module: str,
) -> None:
    functions = {mutant.change: mutant.function for mutant in code_mutants(module)}

    assert functions["3  ->  4"] is None
    assert functions["2  ->  3"] is None, "a default value"
    assert ("Shape.area", 12) == functions["0  ->  1"], "from its decorator on"
    assert ("twice", 17) == functions["number == 1 or number == 1  ->  number == 1"]


def test_mistakes_of_one_kind_are_numbered(module: str) -> None:
    changes = [mutant.change for mutant in code_mutants(module)]

    assert "number == 1  ->  number != 1" in changes
    assert "number == 1  ->  number != 1 #2" in changes


def test_a_mutant_is_the_module_with_that_one_mistake(module: str) -> None:
    original = ast.unparse(parsed(module))
    for mutant in code_mutants(module):
        assert original != ast.unparse(mutated(mutant)), mutant.key

    (one,) = (mutant for mutant in code_mutants(module) if mutant.change == "0  ->  1")
    assert ast.unparse(mutated(one)) == original.replace("side > 0", "side > 1")


@pytest.mark.parametrize("name", MODULES)
def test_every_mutant_of_the_decision_code_has_a_name_of_its_own(name: str) -> None:
    mutants = code_mutants(name)

    assert mutants
    assert {1} == set(Counter(mutant.key for mutant in mutants).values())

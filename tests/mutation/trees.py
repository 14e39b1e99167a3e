"""Trees: the one-place changes of a syntax tree, by the usual operators.

Comparisons to their neighbours, `and` to `or` and back, a dropped `not`, a decided `if`, numbers
one off, flipped booleans, arithmetic swapped, `any`/`all`, `min`/`max` and `floor`/`ceil` swapped,
an answer of `None`, a dropped statement, a dropped item of a display of constants. Texts stay:
most are keys, and one letter off is found at once.

Here: from a node to its changes. Not here: which nodes of a module count (`code`).
"""

from __future__ import annotations

import ast
import copy
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence

COMPARISONS: Final[Mapping[type[ast.cmpop], Sequence[type[ast.cmpop]]]] = {
    ast.Eq: (ast.NotEq,),
    ast.NotEq: (ast.Eq,),
    ast.Lt: (ast.LtE, ast.GtE),
    ast.LtE: (ast.Lt, ast.Gt),
    ast.Gt: (ast.GtE, ast.LtE),
    ast.GtE: (ast.Gt, ast.Lt),
    ast.In: (ast.NotIn,),
    ast.NotIn: (ast.In,),
    ast.Is: (ast.IsNot,),
    ast.IsNot: (ast.Is,),
}
_ARITHMETIC: Final[Mapping[type[ast.operator], type[ast.operator]]] = {
    ast.Add: ast.Sub,
    ast.Sub: ast.Add,
    ast.Mult: ast.FloorDiv,
    ast.FloorDiv: ast.Mult,
    ast.Div: ast.Mult,
    ast.Mod: ast.FloorDiv,
    ast.Pow: ast.Mult,
    ast.BitOr: ast.BitAnd,
    ast.BitAnd: ast.BitOr,
}
_FUNCTIONS: Final = {
    "any": "all",
    "all": "any",
    "min": "max",
    "max": "min",
    "floor": "ceil",
    "ceil": "floor",
}
_DROPPED: Final = (ast.AugAssign, ast.Raise, ast.Break, ast.Continue, ast.Delete, ast.Assert)


def comparison_changes(node: ast.Compare) -> Iterator[ast.AST]:
    """Each operator of a comparison, to its neighbours."""
    for index, op in enumerate(node.ops):
        for other in COMPARISONS[type(op)]:
            changed = copy.deepcopy(node)
            changed.ops[index] = other()
            yield changed


def boolean_changes(node: ast.BoolOp) -> Iterator[ast.AST]:
    """`and` as `or` and back, and each operand left out."""
    changed = copy.deepcopy(node)
    changed.op = ast.Or() if isinstance(node.op, ast.And) else ast.And()
    yield changed
    for index in range(len(node.values)):
        rest = [value for number, value in enumerate(node.values) if number != index]
        yield rest[0] if len(rest) == 1 else ast.BoolOp(node.op, rest)


def not_changes(node: ast.UnaryOp) -> Iterator[ast.AST]:
    """`not x` and `-x` as x."""
    if isinstance(node.op, ast.Not | ast.USub):
        yield node.operand


def number_changes(node: ast.Constant) -> Iterator[ast.AST]:
    """Numbers one off, and booleans flipped."""
    if isinstance(node.value, bool):
        yield ast.Constant(not node.value)
    elif isinstance(node.value, int | float):
        yield ast.Constant(node.value + 1)
        yield ast.Constant(node.value - 1)


def _test_changes(node: ast.If | ast.IfExp | ast.While) -> Iterator[ast.AST]:
    """A condition that is decided; not the endless loop."""
    for decided in (False,) if isinstance(node, ast.While) else (True, False):
        changed = copy.copy(node)
        changed.test = ast.Constant(decided)
        yield changed


def _arithmetic_changes(node: ast.BinOp | ast.AugAssign) -> Iterator[ast.AST]:
    if type(node.op) in _ARITHMETIC:
        changed = copy.copy(node)
        changed.op = _ARITHMETIC[type(node.op)]()
        yield changed


def _comprehension_changes(node: ast.comprehension) -> Iterator[ast.AST]:
    """Each of its conditions left out."""
    for index in range(len(node.ifs)):
        changed = copy.copy(node)
        changed.ifs = [test for number, test in enumerate(node.ifs) if number != index]
        yield changed


def _return_changes(node: ast.Return) -> Iterator[ast.AST]:
    if node.value is not None and not _is_none(node.value):
        yield ast.Return(ast.Constant(None))


def _statement_changes(_: ast.AST) -> Iterator[ast.AST]:
    yield ast.Pass()


def _expression_changes(node: ast.Expr) -> Iterator[ast.AST]:
    if not isinstance(node.value, ast.Constant):  # a docstring
        yield ast.Pass()


def _assignment_changes(node: ast.Assign) -> Iterator[ast.AST]:
    """Left out where something is changed; a name that is never set is found at once."""
    if all(isinstance(target, ast.Attribute | ast.Subscript) for target in node.targets):
        yield ast.Pass()


def _name_changes(node: ast.Name | ast.Attribute) -> Iterator[ast.AST]:
    """`any` as `all`, `math.floor` as `math.ceil`, and the like."""
    name = node.id if isinstance(node, ast.Name) else node.attr
    if name in _FUNCTIONS and isinstance(node.ctx, ast.Load):
        changed = copy.copy(node)
        setattr(changed, "id" if isinstance(node, ast.Name) else "attr", _FUNCTIONS[name])
        yield changed


def _display_changes(node: ast.Tuple | ast.List | ast.Set) -> Iterator[ast.AST]:
    """A display of constants with an item left out; others are unpacked or passed on."""
    if isinstance(node.ctx, ast.Load) if not isinstance(node, ast.Set) else True:
        yield from _shorter(node)


def _shorter(node: ast.Tuple | ast.List | ast.Set) -> Iterator[ast.AST]:
    if all(isinstance(item, ast.Constant | ast.Tuple) for item in node.elts):
        for index in range(len(node.elts)):
            changed = copy.copy(node)
            changed.elts = [item for number, item in enumerate(node.elts) if number != index]
            if changed.elts or not isinstance(node, ast.Set):
                yield changed


def _dict_changes(node: ast.Dict) -> Iterator[ast.AST]:
    """Each entry left out."""
    for index in range(len(node.keys)):
        changed = copy.copy(node)
        changed.keys = [key for number, key in enumerate(node.keys) if number != index]
        changed.values = [value for number, value in enumerate(node.values) if number != index]
        yield changed


def _is_none(node: ast.AST) -> bool:
    return isinstance(node, ast.Constant) and node.value is None


OPERATORS: Final[Mapping[type[ast.AST], Callable[..., Iterator[ast.AST]]]] = {
    ast.Compare: comparison_changes,
    ast.BoolOp: boolean_changes,
    ast.UnaryOp: not_changes,
    ast.Constant: number_changes,
    ast.If: _test_changes,
    ast.IfExp: _test_changes,
    ast.While: _test_changes,
    ast.BinOp: _arithmetic_changes,
    ast.comprehension: _comprehension_changes,
    ast.Return: _return_changes,
    ast.Expr: _expression_changes,
    ast.Assign: _assignment_changes,
    ast.Name: _name_changes,
    ast.Attribute: _name_changes,
    ast.Tuple: _display_changes,
    ast.List: _display_changes,
    ast.Set: _display_changes,
    ast.Dict: _dict_changes,
    **dict.fromkeys(_DROPPED, _statement_changes),
}
"""What may be changed of a node, by its type."""


def changes_of(node: ast.AST) -> Iterator[ast.AST]:
    """Everything that may stand in a node's place; an augmented assignment is also another one."""
    if isinstance(node, ast.AugAssign):
        yield from _arithmetic_changes(node)
    if type(node) in OPERATORS:
        yield from OPERATORS[type(node)](node)


def source_of(node: ast.AST) -> str:
    """A node in a line of source; of a statement with a body its head."""
    if isinstance(node, ast.If | ast.While):
        return f"{type(node).__name__.lower()} {ast.unparse(node.test)}"
    if isinstance(node, ast.comprehension):
        return ast.unparse(node).strip()
    return " ".join(ast.unparse(node).split())

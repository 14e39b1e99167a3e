"""Conditions: the `when` of a rule, parsed, type-checked, compiled and explained.

A condition is a boolean subset of Python: `and`, `or`, `not`, a boolean fact on its own,
`fact op constant-or-param` with one of `== != < <= > >= in`, `not in`, and `fact is None` or
`fact is not None`. No calls, attributes, subscripts, arithmetic or chained comparisons.

A comparison with an unknown fact (`None`) is false whatever its operator, and an unknown boolean
fact is false; `not` turns that around like any other false.

Here: the tree and everything it can do. Not here: which facts exist (`launchfsm.facts`), and
rules and tables (`rules`, `tables`).
"""

from __future__ import annotations

import ast
import operator
from collections.abc import Callable, Iterator, Mapping
from typing import Any, Literal

import attrs

from launchfsm.policy.kinds import Field, did_you_mean, read_value, show

Facts = Mapping[str, Any]
"""Values by fact name; `None` is unknown."""

_COMPARISONS: Mapping[type[ast.cmpop], str] = {
    ast.Eq: "==",
    ast.NotEq: "!=",
    ast.Lt: "<",
    ast.LtE: "<=",
    ast.Gt: ">",
    ast.GtE: ">=",
    ast.In: "in",
    ast.NotIn: "not in",
    ast.Is: "is",
    ast.IsNot: "is not",
}
_FUNCTIONS: Mapping[str, Callable[[Any, Any], bool]] = {
    "==": operator.eq,
    "!=": operator.ne,
    "<": operator.lt,
    "<=": operator.le,
    ">": operator.gt,
    ">=": operator.ge,
    "in": lambda value, listed: value in listed,
    "not in": lambda value, listed: value not in listed,
}
_ORDERING = frozenset({"<", "<=", ">", ">="})
_LISTING = frozenset({"in", "not in"})
_PRESENCE = frozenset({"is", "is not"})
_FALSE_OF_NONE = frozenset({"==", "in"})  # Python itself says False when the left side is None


@attrs.frozen
class Test:
    """One question about one fact: the leaf of every condition.

    Attributes:
        fact: The fact's name.
        op: A comparison, `is`/`is not` (against `None`), or `true` for a boolean on its own.
        value: The constant as facts carry it: durations in ms, lists as tuples.
        shown: The constant as the rule file spells it; a param by its name.
        param: The param's name, or `""` for a constant.
    """

    fact: str
    op: str
    value: Any = None
    shown: str = ""
    param: str = ""

    def holds(self, facts: Facts) -> bool:
        """Whether the question is answered yes; an unknown fact answers only `is None`."""
        value = facts[self.fact]
        if self.op in _PRESENCE:
            return (value is None) is (self.op == "is")
        if self.op == "true":
            return value is True
        return value is not None and _FUNCTIONS[self.op](value, self.value)

    def code(self, constant: Callable[[Any], str]) -> str:
        """The Python expression of a compiled table; `constant` names a constant's place."""
        if self.op in _PRESENCE or self.op == "true":
            return self.text()
        compared = f"{self.fact} {self.op} {constant(self.value)}"
        if self.op in _FALSE_OF_NONE:
            return compared
        return f"({self.fact} is not None and {compared})"

    def tests(self) -> Iterator[Test]:
        """The leaves, in order."""
        yield self

    def text(self) -> str:
        """As a rule file writes it."""
        return self.fact if self.op == "true" else f"{self.fact} {self.op} {self.shown}"


@attrs.frozen
class Not:
    """The opposite of a condition."""

    part: Condition

    def holds(self, facts: Facts) -> bool:
        """Whether the part does not hold."""
        return not self.part.holds(facts)

    def code(self, constant: Callable[[Any], str]) -> str:
        """The Python expression of a compiled table."""
        return f"(not {self.part.code(constant)})"

    def tests(self) -> Iterator[Test]:
        """The leaves, in order."""
        return self.part.tests()

    def text(self) -> str:
        """As a rule file writes it."""
        inner = self.part.text()
        return f"not ({inner})" if isinstance(self.part, Group) else f"not {inner}"


@attrs.frozen
class Group:
    """Conditions joined by `and` or `or`. The empty `and` always holds: a rule without `when`."""

    joint: Literal["and", "or"]
    parts: tuple[Condition, ...]

    def holds(self, facts: Facts) -> bool:
        """Whether every part holds, or at least one."""
        join = all if self.joint == "and" else any
        return join(part.holds(facts) for part in self.parts)

    def code(self, constant: Callable[[Any], str]) -> str:
        """The Python expression of a compiled table."""
        if not self.parts:
            return str(self.joint == "and")
        return f"({f' {self.joint} '.join(part.code(constant) for part in self.parts)})"

    def tests(self) -> Iterator[Test]:
        """The leaves, in order."""
        for part in self.parts:
            yield from part.tests()

    def text(self) -> str:
        """As a rule file writes it."""
        return f" {self.joint} ".join(
            f"({part.text()})" if isinstance(part, Group) else part.text() for part in self.parts
        )


Condition = Test | Not | Group
ALWAYS = Group("and", ())


@attrs.frozen
class Unmet:
    """One test that keeps a condition from holding, with the value that it met."""

    wanted: str
    fact: str
    value: Any


def unmet(condition: Condition, facts: Facts, *, wanted: bool = True) -> tuple[Unmet, ...]:
    """The tests that keep a condition from being `wanted`; empty when it already is.

    Of an `and` only the parts that fail are named; of a failing `or` all are, since any would do.
    """
    if condition.holds(facts) is wanted:
        return ()
    match condition:
        case Test():
            text = condition.text() if wanted else Not(condition).text()
            return (Unmet(text, condition.fact, facts[condition.fact]),)
        case Not():
            return unmet(condition.part, facts, wanted=not wanted)
        case Group():
            return tuple(
                found for part in condition.parts for found in unmet(part, facts, wanted=wanted)
            )


@attrs.frozen
class Problem:
    """What is wrong with a condition's text, and where in it.

    Attributes:
        code: A stable name such as `unknown-fact`.
        message: What, why, what to do.
        line: Line inside the condition, from 0.
        column: Characters into that line, from 0.
        length: Characters concerned.
    """

    code: str
    message: str
    line: int
    column: int
    length: int


@attrs.frozen
class Parsed:
    """A condition read from text: the tree, or what is wrong with it."""

    condition: Condition = ALWAYS
    problems: tuple[Problem, ...] = ()
    params: frozenset[str] = frozenset()


def parse_condition(
    source: str, *, facts: Mapping[str, Field], params: Mapping[str, object]
) -> Parsed:
    """Read and type-check a condition; all its problems are collected, and none is raised.

    Args:
        source: The text of `when`.
        facts: The facts of the decision point, by name.
        params: The table's params as TOML gave them; each is checked against the fact it meets.
    """
    if "#" in source:  # to Python the rest would be a comment, silently not part of the condition
        problem = _problem("syntax", "a condition holds no comment", source, source.index("#"), 1)
        return Parsed(problems=(problem,))
    try:
        tree = ast.parse(_flat(source), mode="eval")
    except (SyntaxError, ValueError, RecursionError, MemoryError) as error:
        return Parsed(problems=(_syntax_problem(source, error),))
    reader = _Reader(source, facts, params)
    condition = reader.read(tree.body)
    return Parsed(condition, tuple(reader.problems), frozenset(reader.params))


def _flat(source: str) -> str:
    """On one line, so that a condition may be broken over lines without parentheses."""
    return source.replace("\n", " ").strip()


def _problem(code: str, message: str, source: str, offset: int, length: int) -> Problem:
    """A problem at an offset of the condition's text, as line and column."""
    before = source[:offset]
    line = before.count("\n")
    column = offset - (before.rfind("\n") + 1)
    return Problem(code, message, line, column, max(1, length))


def _syntax_problem(source: str, error: Exception) -> Problem:
    at, reason = 0, str(error)
    if isinstance(error, SyntaxError):
        at, reason = (error.offset or 1) - 1, error.msg
    indent = len(source) - len(source.lstrip())
    message = f"this is not a condition: {reason}; write `fact op value` joined by and, or, not"
    return _problem("syntax", message, source, min(indent + max(0, at), len(source)), 1)


class _Refused(Exception):  # noqa: N818 - it never leaves this module
    """A part that cannot be read; its problem is noted already."""


class _Reader:
    """Turns one parsed Python expression into a condition, noting what is wrong."""

    def __init__(
        self, source: str, facts: Mapping[str, Field], params: Mapping[str, object]
    ) -> None:
        self.source = source
        self.flat = _flat(source).encode("utf-8", "replace")
        self.indent = len(source) - len(source.lstrip())
        self.facts = facts
        self.known_params = params
        self.params: set[str] = set()
        self.problems: list[Problem] = []

    def read(self, node: ast.expr) -> Condition:
        """The condition of a node; `ALWAYS` stands in for a part that was refused."""
        try:
            return self._read(node)
        except _Refused:
            return ALWAYS

    def _read(self, node: ast.expr) -> Condition:
        match node:
            case ast.BoolOp():
                joint: Literal["and", "or"] = "and" if isinstance(node.op, ast.And) else "or"
                return Group(joint, tuple(self.read(value) for value in node.values))
            case ast.UnaryOp(op=ast.Not()):
                return Not(self.read(node.operand))
            case ast.Name():
                return self._truth(node)
            case ast.Compare():
                return self._comparison(node)
            case ast.Constant(value=bool()):
                raise self._refuse(node, "constant", "a constant decides nothing; leave `when` out")
        raise self._refuse(
            node,
            "not-allowed",
            f"{_called(node)} cannot stand in a condition; "
            "write `fact op value` joined by and, or, not",
        )

    def _truth(self, node: ast.Name) -> Condition:
        field = self._fact(node)
        if field.kind.name != "boolean":
            raise self._refuse(
                node,
                "not-boolean",
                f"{node.id} is a {field.kind.name}, not a boolean; compare it, "
                f"as in `{node.id} is not None`",
            )
        return Test(node.id, "true")

    def _comparison(self, node: ast.Compare) -> Condition:
        if len(node.ops) > 1:
            raise self._refuse(
                node, "chained", "comparisons cannot be chained; join two with `and`"
            )
        if not isinstance(node.left, ast.Name):
            raise self._refuse(node.left, "left-side", "the left side must be a fact's name")
        field = self._fact(node.left)
        op, right = _COMPARISONS[type(node.ops[0])], node.comparators[0]
        if op in _PRESENCE:
            return self._presence(field, op, right)
        self._check_operator(node, field, op)
        if isinstance(right, ast.Name):
            return self._against_param(field, op, right)
        value = self._constant(right)
        return self._test(field, op, value, node=right, shown=show(value))

    def _presence(self, field: Field, op: str, right: ast.expr) -> Condition:
        if not (isinstance(right, ast.Constant) and right.value is None):
            raise self._refuse(right, "not-none", f"`{op}` asks only for None; use == to compare")
        if not field.kind.optional:
            raise self._refuse(
                right, "always-known", f"{field.name} is always known; asking decides nothing"
            )
        return Test(field.name, op, None, "None")

    def _check_operator(self, node: ast.Compare, field: Field, op: str) -> None:
        name = field.kind.name
        if name == "boolean":
            raise self._refuse(
                node, "operator", f"write `{field.name}` or `not {field.name}`: it is a boolean"
            )
        if op in _ORDERING and name not in {"number", "duration"}:
            raise self._refuse(node, "operator", f"{field.name} is a {name} and has no order")

    def _against_param(self, field: Field, op: str, node: ast.Name) -> Condition:
        if node.id not in self.known_params:
            what = "is a fact; the right side" if node.id in self.facts else "is no param; it"
            raise self._refuse(
                node,
                "unknown-param",
                f"{node.id} {what} must be a constant or one of the table's params"
                f"{did_you_mean(node.id, self.known_params)}",
            )
        self.params.add(node.id)
        value = self.known_params[node.id]
        return self._test(field, op, value, node=node, shown=node.id, param=node.id)

    def _test(
        self, field: Field, op: str, value: object, *, node: ast.expr, shown: str, param: str = ""
    ) -> Condition:
        many = op in _LISTING
        try:
            known = read_value(attrs.evolve(field.kind, many=many, optional=False), value)
        except ValueError as error:
            what = f"{field.name} {op} {shown}"
            raise self._refuse(node, "wrong-type", f"in `{what}`: {error}") from None
        return Test(field.name, op, known, shown, param)

    def _constant(self, node: ast.expr) -> object:
        match node:
            case ast.Constant(value=str() | int() | float() as value):
                return value
            case ast.UnaryOp(op=ast.USub(), operand=ast.Constant(value=int() | float() as value)):
                return -value
            case ast.List() | ast.Tuple():
                return [self._constant(item) for item in node.elts]
        raise self._refuse(
            node,
            "not-allowed",
            f"{_called(node)} cannot be compared with; use a constant, a list or a param",
        )

    def _fact(self, node: ast.Name) -> Field:
        if node.id in self.facts:
            return self.facts[node.id]
        what = "a param, and params go on the right" if node.id in self.known_params else "no fact"
        raise self._refuse(
            node,
            "unknown-fact",
            f"{node.id} is {what}{did_you_mean(node.id, self.facts)}; "
            f"facts here: {', '.join(self.facts)}",
        )

    def _refuse(self, node: ast.expr, code: str, message: str) -> _Refused:
        start, end = (self._characters(at or 0) for at in (node.col_offset, node.end_col_offset))
        problem = _problem(code, message, self.source, self.indent + start, end - start)
        self.problems.append(problem)
        return _Refused()

    def _characters(self, byte_offset: int) -> int:
        """Characters before a byte offset: `ast` counts UTF-8 bytes."""
        return len(self.flat[:byte_offset].decode("utf-8", "replace"))


def _called(node: ast.AST) -> str:
    """What a reader calls a piece of Python."""
    names: Mapping[type[ast.AST], str] = {
        ast.Call: "a call",
        ast.Attribute: "an attribute",
        ast.Subscript: "a subscript",
        ast.BinOp: "arithmetic",
        ast.UnaryOp: "arithmetic",
        ast.Constant: "a bare constant",
        ast.Lambda: "a lambda",
        ast.IfExp: "`if`/`else`",
    }
    return names.get(type(node), f"a {type(node).__name__}")

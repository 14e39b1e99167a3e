"""Conditions: the `when` of a rule, parsed, type-checked, compiled and explained.

A condition is a boolean subset of Python: `and`, `or`, `not`, a boolean fact on its own,
`fact op constant-or-param` with one of `== != < <= > >= in`, `not in`, and `fact is None` or
`fact is not None`. A text can be looked into with `fact.startswith('a')`, `fact.endswith('a')`,
`'a' in fact` and `'a' not in fact`, where `['a', 'b']` or a param that is a list stands for any of
its texts; letters count as they are written. A list on its own holds when anything is in it,
`'a' in fact` asks for an item, and `any(x.startswith('a') for x in fact)` or `all(…)` ask of all
items. No other calls, and no attributes, subscripts, arithmetic or chained comparisons.

A comparison with an unknown fact (`None`) is false whatever its operator, and an unknown boolean
fact is false; `not` turns that around like any other false.
"""

from __future__ import annotations

import ast
import functools
import operator
import re
from collections.abc import Callable, Collection, Iterator, Mapping
from typing import Any, Final, Literal, NamedTuple, NoReturn

import attrs

from launchfsm.engine.text import MOST_SHOWN, did_you_mean, listing, literal, short, show
from launchfsm.engine.types import Field, ValueType, read_many, read_one

Facts = Mapping[str, Any]
"""Values by fact name; `None` is unknown."""


def contains_any(value: str | tuple[str, ...], texts: tuple[str, ...]) -> bool:
    """Whether a text, or a list, contains any of some texts."""
    for text in texts:  # noqa: SIM110 - in a third of the time
        if text in value:
            return True
    return False


class _Operator(NamedTuple):
    """What a test asks of a known fact and of its own value, and how a rule file writes it."""

    asks: Callable[[Any, Any], bool]
    python: type[ast.cmpop] | None = None
    written: str = "{fact} {op} {value}"


_OPERATORS: Mapping[str, _Operator] = {
    "==": _Operator(operator.eq, ast.Eq),
    "!=": _Operator(operator.ne, ast.NotEq),
    "<": _Operator(operator.lt, ast.Lt),
    "<=": _Operator(operator.le, ast.LtE),
    ">": _Operator(operator.gt, ast.Gt),
    ">=": _Operator(operator.ge, ast.GtE),
    "in": _Operator(lambda value, listed: value in listed, ast.In),
    "not in": _Operator(lambda value, listed: value not in listed, ast.NotIn),
    "is": _Operator(operator.is_, ast.Is),
    "is not": _Operator(operator.is_not, ast.IsNot),
    "true": _Operator(lambda value, _: bool(value), written="{fact}"),
    "startswith": _Operator(str.startswith, written="{fact}.startswith({value})"),
    "endswith": _Operator(str.endswith, written="{fact}.endswith({value})"),
    "contains": _Operator(contains_any, written="{value} in {fact}"),
    "lacks": _Operator(
        lambda value, texts: not contains_any(value, texts), written="{value} not in {fact}"
    ),
}
_ORDERING = frozenset({"<", "<=", ">", ">="})
_LISTING = frozenset({"in", "not in"})
_PRESENCE = frozenset({"is", "is not"})
_AFFIXES = ("startswith", "endswith")
_CONTAINMENT = {"contains": "in", "lacks": "not in"}
TEXT_OPERATORS = frozenset({*_AFFIXES, *_CONTAINMENT})
"""The operators of a `Test` that look into a text; its value is the tuple of texts looked for."""
_FALSE_OF_NONE = frozenset({"==", "in"})  # Python itself says False when the left side is None


@attrs.frozen
class Test:
    """One question about one fact: the leaf of every condition.

    Attributes:
        fact: The fact's name.
        op: A comparison, `is`/`is not` (against `None`), `true` for a boolean on its own, or one of
            `TEXT_OPERATORS`: `startswith`, `endswith`, `contains`, `lacks`.
        value: What it is compared with, as facts carry it: durations in ms, lists as tuples. For a
            text operator always a tuple of texts, any of which will do.
        shown: The same as rule files write it.
        param: The name of the param that holds it, or `""` for a constant.
        each: `any` or `all` for a question about the items of a list.
        item: What the rule file calls an item then.
    """

    __test__ = False  # pytest: this is no test class

    fact: str
    op: str
    value: Any = None
    shown: str = ""
    param: str = ""
    each: Literal["", "any", "all"] = ""
    item: str = attrs.field(default="", eq=False)

    @property
    def asks_presence(self) -> bool:
        """Whether it only asks if the fact is known."""
        return self.op in _PRESENCE

    @property
    def constants(self) -> tuple[Any, ...]:
        """What the fact is compared with; nothing when it is asked for presence or truth."""
        if self.asks_presence or self.op == "true":
            return ()
        return self.value if isinstance(self.value, tuple) else (self.value,)

    def holds(self, facts: Facts) -> bool:
        """Whether the question is answered yes; an unknown fact answers only `is None`."""
        value, asks = facts[self.fact], _OPERATORS[self.op].asks
        if value is None and not self.asks_presence:
            return False
        if self.each:
            join = any if self.each == "any" else all
            return join(asks(item, self.value) for item in value)
        return asks(value, self.value)

    def of_item(self) -> Test:
        """What a question about a list asks of one item."""
        if self.each:
            return attrs.evolve(self, fact=self.item, each="")
        return attrs.evolve(self, op=_CONTAINMENT[self.op])

    def code(self, constant: Callable[[Any], str]) -> str:
        """The Python expression of a compiled table; `constant` names a constant's place."""
        if self.asks_presence or self.op == "true":
            return self.text()
        if self.each:
            asked = attrs.evolve(self, fact="_item", each="").code(constant)
            items = f"{asked} for _item in {self.fact}"
            return f"({self.fact} is not None and _{self.each}({items}))"
        if self.op in _CONTAINMENT and len(self.value) != 1:
            asks = constant(_OPERATORS[self.op].asks)
            compared = f"{asks}({self.fact}, {constant(self.value)})"
        else:
            value = self.value[0] if self.op in _CONTAINMENT else self.value
            compared = self._written(constant(value))
        return (
            compared if self.op in _FALSE_OF_NONE else f"({self.fact} is not None and {compared})"
        )

    def tests(self) -> Iterator[Test]:
        """The leaves, in order."""
        yield self

    def text(self) -> str:
        """As a rule file writes it."""
        if self.each:
            return f"{self.each}({self.of_item().text()} for {self.item} in {self.fact})"
        return self._written(self.param or self.shown)

    def _written(self, value: str) -> str:
        return _OPERATORS[self.op].written.format(fact=self.fact, op=self.op, value=value)


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


def whatever(
    condition: Condition, facts: Mapping[str, Any], missing: Collection[str]
) -> bool | None:
    """Whether a condition holds whatever the missing facts are.

    `None` when it may depend on them; which does not ask whether parts of it exclude each other.
    """
    match condition:
        case Test():
            return None if condition.fact in missing else condition.holds(facts)
        case Not(part=part):
            inner = whatever(part, facts, missing)
            return None if inner is None else not inner
        case Group(joint=joint, parts=parts):
            found = [whatever(part, facts, missing) for part in parts]
            decisive = joint == "or"
            if decisive in found:
                return decisive
            return None if None in found else not decisive


@attrs.frozen
class FailedTest:
    """One test that keeps a condition from holding.

    Attributes:
        wanted: What it asks for, as a rule file writes it, the value of a param behind it.
        fact: The fact that it asks about.
        value: What the fact is instead.
    """

    wanted: str
    fact: str
    value: Any


def unmet(condition: Condition, facts: Facts, *, wanted: bool = True) -> tuple[FailedTest, ...]:
    """The tests that keep a condition from being `wanted`; empty when it already is.

    Of an `and` only the parts that fail are named; of a failing `or` all are, since any would do.
    """
    if condition.holds(facts) is wanted:
        return ()
    match condition:
        case Test():
            text = (condition if wanted else Not(condition)).text()
            shown = condition.shown
            shown = shown if len(shown) <= MOST_SHOWN else f"{shown[:MOST_SHOWN]}…"
            param = f" ({shown})" if condition.param else ""
            return (FailedTest(f"{text}{param}", condition.fact, facts[condition.fact]),)
        case Not():
            return unmet(condition.part, facts, wanted=not wanted)
        case Group():
            return tuple(
                found for part in condition.parts for found in unmet(part, facts, wanted=wanted)
            )


# -- Reading ---------------------------------------------------------------------------------------

MOST_CHARACTERS: Final = 16_384
"""The longest condition."""

MOST_NESTED: Final = 32
"""Nobody reads a condition that nests deeper, and Python itself parses little more."""

MOST_TEXTS: Final = 1_000
"""The longest list that a fact is compared with."""

MOST_PROBLEMS: Final = 20
"""Problems of one condition or text that are told; behind them nobody reads on."""

_COMPARISONS = {one.python: op for op, one in _OPERATORS.items() if one.python}
_PRESENCE_OF = {"==": "is", "!=": "is not"}
_NOTHING = frozenset({"none", "null", "nil", "unknown"})
"""What other languages call the unknown, in small letters."""
_QUOTED = frozenset({"word", "text"})
_EXAMPLES = {"number": "> 0", "duration": ">= '3m'", "text": "== 'a text'"}
_LISTED = "ask it as `{0}`, `'…' in {0}` or `any(item == '…' for item in {0})`"
_CALLED: Mapping[type[ast.AST], str] = {
    ast.Call: "a call",
    ast.Attribute: "an attribute",
    ast.Subscript: "a subscript",
    ast.BinOp: "arithmetic",
    ast.UnaryOp: "arithmetic",
    ast.BoolOp: "a condition",
    ast.Compare: "a comparison",
    ast.Name: "a name",
    ast.Constant: "a bare constant",
    ast.Lambda: "a lambda",
    ast.IfExp: "`if`/`else`",
    ast.JoinedStr: "an f-string",
}
"""What a reader calls a piece of Python."""


@attrs.frozen
class Problem:
    """What is wrong with a condition or a text of an outcome, and where in it.

    Attributes:
        code: A stable name such as `unknown-fact`.
        message: What, why, what to do.
        offset: Characters before the part concerned.
        length: Characters concerned.
        param: The param whose value is to blame, or `""`.
    """

    code: str
    message: str
    offset: int
    length: int = 1
    param: str = ""


@attrs.frozen
class Parsed:
    """A condition read from text; where there are problems, `ALWAYS` stands in for parts of it."""

    condition: Condition
    problems: tuple[Problem, ...] = ()
    params: frozenset[str] = frozenset()

    def faultless(self, what: str) -> Condition:
        """The condition; `ValueError`, which says what it was to be, when there are problems."""
        if self.problems:
            raise ValueError(f"{what}: {'; '.join(one.message for one in self.problems)}")
        return self.condition


def parse_condition(
    source: str,
    *,
    facts: Mapping[str, Field],
    params: Mapping[str, object],
    cache: dict[Any, Any] | None = None,
) -> Parsed:
    """Read and type-check a condition; its problems are collected, and none is raised.

    Args:
        source: The text of `when`; it may go over several lines.
        facts: The facts of the decision, by name.
        params: The table's params as TOML gave them; each is checked against the fact it meets.
        cache: Keeps the params as they were read, for the next condition over the same params.
    """
    if len(source) > MOST_CHARACTERS:
        message = (
            f"a condition has at most {MOST_CHARACTERS} characters, and this one {len(source)}; "
            "make rules of its parts, or put its texts into a list param"
        )
        return Parsed(ALWAYS, (Problem("too-long", message, 0),))
    text = source.replace("\r", " ").replace("\n", " ")
    indent = len(text) - len(text.lstrip(" \t"))  # Python would refuse it
    try:
        _refuse_what_python_warns_of(source)
        tree = _tree_of(text, indent)
    except _Refused as refused:
        told = suggestions(text) if refused.by_python else ()
        return Parsed(ALWAYS, told or (refused.problem,))
    reader = _Reader(text, indent, facts, params, {} if cache is None else cache)
    condition = reader.read(tree)
    return Parsed(condition, tuple(reader.problems), frozenset(reader.params))


class _Refused(Exception):  # noqa: N818 - it never leaves this module
    """A part that cannot be read."""

    def __init__(self, problem: Problem, *, by_python: bool = False) -> None:
        self.problem, self.by_python = problem, by_python


_TOKEN: Final = re.compile(
    r"""
    (?P<string> (?P<prefix> (?<!\w)[rRbBuUfF]{1,2} | ) (?:
          '{3} (?: [^\\] | \\. )*? '{3}         | "{3} (?: [^\\] | \\. )*? "{3}
        | (?!'{3}) ' (?: [^'\\] | \\. )* '     | (?!"{3}) " (?: [^"\\] | \\. )* " ) )
    | (?P<open> ['"] )
    | (?P<comment> \# )
    | (?P<number> (?<![\w.]) (?: 0[xXoObB][0-9a-fA-F_]*+
        | (?: [0-9][0-9_]*+ \.? | \.[0-9] ) [0-9_]*+ (?: [eE][+-]?[0-9]++ )? ) )
    """,
    re.DOTALL | re.VERBOSE,
)
_BAD_ESCAPE: Final = re.compile(
    r"""(?: [^\\] | \\ (?! [4-7][0-7]{2} ) [\n\\'"abfnrtvxNuU0-7] )*+ \\""",
    re.DOTALL | re.VERBOSE,
)
"""A text up to a backslash that escapes nothing, which Python reads with a mere warning."""


def _refuse_what_python_warns_of(source: str) -> None:
    """Refuse what Python would only warn of, comments, and texts that go over several lines."""
    for token in _TOKEN.finditer(source):
        text, (at, end) = token[0], token.span()
        if token["open"]:  # it has no end, as Python will say
            return
        if token["comment"]:  # to Python the rest would be a comment, and silently lost
            raise _Refused(Problem("syntax", "a condition holds no comment", at))
        if token["number"] and source[end : end + 1].isalpha() and source[end] not in "jJsmhd":
            message = f"write a blank behind the number {show(text)}"
            raise _Refused(Problem("syntax", f"this is not a condition: {message}", end))
        if token["string"] and ("\n" in text or "\r" in text):
            message = "a text in a condition ends on its line; write \\n for a line end"
            raise _Refused(Problem("syntax", message, token.end("prefix")))
        raw = not token["string"] or "r" in token["prefix"].lower()
        if not raw and "\\" in text and (bad := _BAD_ESCAPE.match(text)):
            escape = text[bad.end() - 1 : bad.end() + 1]
            message = f"invalid escape sequence {escape}; write \\{escape}"
            where = at + bad.end() - 1
            raise _Refused(Problem("syntax", f"this is not a condition: {message}", where, 2))


_MOST_TRIES: Final = 100


def _tree_of(text: str, indent: int) -> ast.expr:
    """The tree of an expression, parsed again when CPython 3.11 lost count of its depth.

    It counts for all threads at once, and raises SystemError when they take turns.
    """
    line = f"{text[indent:]}\n"  # without the line end, Python would not say that it stops too soon
    at, reason = 0, ""
    for _ in range(_MOST_TRIES):
        try:
            return ast.parse(line, mode="eval").body
        except SystemError as error:
            reason = str(error)
        except (ValueError, RecursionError, MemoryError) as error:
            reason = str(error)
            break
        except SyntaxError as error:
            at, reason = max(0, (error.offset or 1) - 1), error.msg.partition(" (detected")[0]
            break
    message = f"this is not a condition: {reason}; write `fact op value` joined by and, or, not"
    raise _Refused(Problem("syntax", message, min(indent + at, len(text))), by_python=True)


class _Reader:
    """Turns one parsed Python expression into a condition, noting what is wrong."""

    def __init__(
        self,
        text: str,
        indent: int,
        facts: Mapping[str, Field],
        params: Mapping[str, object],
        cache: dict[Any, Any],
    ) -> None:
        self.indent = indent
        self.text = text[indent:].encode()
        self.facts = facts
        self.known_params = params
        self.cache = cache
        self.params: set[str] = set()
        self.problems: list[Problem] = []

    def read(self, node: ast.expr, depth: int = 0) -> Condition:
        """The condition of a node; `ALWAYS` stands in for a part that was refused."""
        if len(self.problems) >= MOST_PROBLEMS:
            return ALWAYS
        try:
            return self._read(node, depth)
        except _Refused as refused:
            self.problems.append(refused.problem)
            return ALWAYS

    def _read(self, node: ast.expr, depth: int) -> Condition:
        if depth > MOST_NESTED:
            message = "this nests too deep to be read; make rules of its parts"
            self._refuse(node, "too-deep", message)
        match node:
            case ast.BoolOp():
                joint: Literal["and", "or"] = "and" if isinstance(node.op, ast.And) else "or"
                return Group(joint, tuple(self.read(value, depth + 1) for value in node.values))
            case ast.UnaryOp(op=ast.Not()):
                return Not(self.read(node.operand, depth + 1))
            case ast.Name(id=name):
                kind = self._fact(node).kind
                if kind.name == "boolean" or kind.many:
                    return Test(name, "true")
                known = f"== {kind.words[0]!r}" if kind.words else _EXAMPLES[kind.name]
                example = f"{name} {'is not None' if kind.optional else known}"
                message = f"{name} is a {kind.name}, not a boolean; compare it, as in `{example}`"
                self._refuse(node, "not-boolean", message)
            case ast.Compare(left=left, ops=[op], comparators=[right]):
                return self._comparison(node, left, _COMPARISONS[type(op)], right)
            case ast.Compare():
                for part in node.comparators:  # `a > 0 & b > 0` compares `0 & b`
                    self._no_bits(part)
                self._refuse(node, "chained", "comparisons cannot be chained; join two with `and`")
            case ast.Call(func=ast.Attribute(value=ast.Name() as fact, attr=asked)):
                return self._affix(node, self._fact(fact), asked)
            case ast.Call(
                func=ast.Name(id="any" | "all" as each),
                args=[ast.GeneratorExp() as of],
                keywords=[],
            ):
                return self._items(node, each, of, depth)
            case ast.Constant(value=bool()):
                self._refuse(node, "constant", "a constant decides nothing; leave `when` out")
        self._no_bits(node)
        message = "cannot stand in a condition; write `fact op value` joined by and, or, not"
        return self._refuse(node, "not-allowed", f"{_called(node)} {message}")

    def _no_bits(self, node: ast.expr) -> None:
        """Refuse `&` and `|`, which Python has for numbers."""
        if isinstance(node, ast.BinOp) and isinstance(node.op, ast.BitAnd | ast.BitOr):
            ours, theirs = ("and", "&") if isinstance(node.op, ast.BitAnd) else ("or", "|")
            self._refuse(node, "not-allowed", f"`{theirs}` joins no conditions; write `{ours}`")

    # -- Comparing --------------------------------------------------------------------------------

    def _comparison(self, node: ast.expr, left: ast.expr, op: str, right: ast.expr) -> Condition:
        if op in _LISTING and not (isinstance(left, ast.Name) and left.id in self.facts):
            match left, right:
                case _, ast.Name(id=into) if into in self.facts:
                    asked = "contains" if op == "in" else "lacks"
                    return self._text_test(node, self.facts[into], asked, left)
                case ast.Constant(), ast.Name():
                    message = "behind a text and `in` stands the fact that is looked into"
                    self._refuse(right, "unknown-fact", message)
        if not isinstance(left, ast.Name):
            self._refuse(left, "left-side", "the left side must be a fact's name")
        field = self._fact(left)
        if op in _PRESENCE:
            if not (isinstance(right, ast.Constant) and right.value is None):
                self._refuse(right, "not-none", f"`{op}` asks only for None; use == to compare")
            if not field.kind.optional:
                message = f"{field.name} is always known; asking decides nothing"
                self._refuse(right, "always-known", message)
            return Test(field.name, op, None, "None")
        self._no_list(node, field)
        noun = field.kind.name
        if noun == "boolean":
            message = f"write `{field.name}` or `not {field.name}`: it is a boolean"
            self._refuse(node, "operator", message)
        if op in _ORDERING and noun not in {"number", "duration"}:
            self._refuse(node, "operator", f"{field.name} is a {noun} and has no order")
        # Any number may be compared with, also one that the fact itself cannot be.
        kind = ValueType(field.kind.name, field.kind.words)
        read = functools.partial(read_many if op in _LISTING else read_one, kind)
        match right:
            case ast.Name(id=name) if name not in self.known_params:
                self._refuse(right, "unknown-param", self._unknown_param(field, op, name))
            case ast.Constant(value=None) if op in _PRESENCE_OF:
                self._refuse(right, "not-allowed", self._asked_for_none(field, op))
        return self._test(field, op, right, read)

    def _asked_for_none(self, field: Field, op: str) -> str:
        """What to write for a comparison with None."""
        if not field.kind.optional:
            return f"{field.name} is always known, so it is never None"
        return f"nothing equals None; write `{field.name} {_PRESENCE_OF[op]} None`"

    def _unknown_param(self, field: Field, op: str, name: str) -> str:
        """What is wrong with a bare name on the right side."""
        if name in field.kind.words:
            return f"{name} is a word of {field.name}, and words stand in quotes; write {name!r}"
        if name.lower() in _NOTHING and op in _PRESENCE_OF:
            return f"{name} is no param; {self._asked_for_none(field, op)}"
        quoted = " (texts and words stand in quotes)" if field.kind.name in _QUOTED else ""
        return self._no_param(name, "the right side", f"a constant{quoted}", field.kind.words)

    def _no_param(self, name: str, side: str, wanted: str, words: tuple[str, ...] = ()) -> str:
        what = f"is a fact; {side}" if name in self.facts else "is no param; it"
        near = did_you_mean(name, [*self.known_params, *words])
        return f"{short(name)} {what} must be {wanted} or one of the table's params{near}"

    def _no_list(self, node: ast.expr, field: Field) -> None:
        if field.kind.many:
            message = f"{field.name} is a list; {_LISTED.format(field.name)}"
            self._refuse(node, "operator", message)

    # -- Looking into a text ----------------------------------------------------------------------

    def _affix(self, node: ast.Call, field: Field, asked: str) -> Condition:
        """`fact.startswith('…')` or `fact.endswith('…')`."""
        if asked not in _AFFIXES:
            message = (
                f"a condition has no .{short(asked)}(){did_you_mean(asked, _AFFIXES)}; a text is "
                f"looked into with {field.name}.startswith('…'), .endswith('…') or "
                f"'…' in {field.name}"
            )
            self._refuse(node, "not-allowed", message)
        if len(node.args) != 1 or node.keywords:
            message = f"{asked} takes one text, a list of texts or a param"
            self._refuse(node, "not-allowed", message)
        return self._text_test(node, field, asked, node.args[0])

    def _text_test(self, node: ast.expr, field: Field, op: str, wanted: ast.expr) -> Condition:
        kind, read = field.kind, _read_texts
        if kind.many and op in _CONTAINMENT and kind.name in _QUOTED:
            read = functools.partial(_read_texts, kind=kind)
        else:
            self._no_list(node, field)
            if kind.name != "text":
                message = f"{field.name} is a {kind.name}; only a text can be looked into"
                self._refuse(node, "operator", message)
        if isinstance(wanted, ast.Name) and wanted.id not in self.known_params:
            texts = "a text in quotes, a list of texts"
            message = self._no_param(wanted.id, "what is looked for", texts)
            self._refuse(wanted, "unknown-param", message)
        return self._test(field, op, wanted, read)

    def _items(
        self, node: ast.Call, each: Literal["any", "all"], of: ast.GeneratorExp, depth: int
    ) -> Condition:
        """`any(question for item in fact)`, or `all(…)`: one question about an item of a list."""
        match of.generators:
            case [
                ast.comprehension(
                    target=ast.Name(id=item), iter=ast.Name() as of_fact, ifs=[], is_async=0
                )
            ]:
                field = self._fact(of_fact)
            case _:
                self._refuse(node, "not-allowed", f"write `{each}(question for item in a_list)`")
        if not field.kind.many or field.kind.name not in _QUOTED:
            message = f"{field.name} is a {field.kind.text()}; only texts and words have items here"
            self._refuse(of_fact, "operator", message)
        if item in self.facts or item in self.known_params:
            message = f"{item} is a fact or a param; call an item by another name"
            self._refuse(node, "not-allowed", message)
        kind = attrs.evolve(field.kind, many=False, optional=False)
        facts, self.facts = self.facts, {item: attrs.evolve(field, name=item, kind=kind)}
        try:
            asked = self._read(of.elt, depth + 1)
        finally:
            self.facts = facts
        if not isinstance(asked, Test):
            message = f"ask one question of {item}, as in `{item}.startswith('a')`"
            self._refuse(of.elt, "not-allowed", message)
        return attrs.evolve(asked, fact=field.name, each=each, item=item)

    # -- Values -----------------------------------------------------------------------------------

    def _test(
        self, field: Field, op: str, node: ast.expr, read: Callable[[object], Any]
    ) -> Condition:
        """A test against a constant or a param; that is read once for each type that it meets."""
        param = node.id if isinstance(node, ast.Name) else ""
        kind = field.kind
        key = (param, kind.name, kind.words, kind.many, op in _LISTING, op in TEXT_OPERATORS)
        if param and key in self.cache:
            known, shown = self.cache[key]
            return Test(field.name, op, known, shown, param)
        self.params.update([param] if param else [])
        value = self.known_params[param] if param else self._constant(node, field)
        try:
            if isinstance(value, list) and len(value) > MOST_TEXTS:
                raise ValueError(f"a list has at most {MOST_TEXTS} items here, got {len(value)}")  # noqa: TRY301 - as wrong as another type
            known = read(value)
        except ValueError as error:
            what = Test(field.name, op, None, show(value), param).text()
            self._refuse(node, "wrong-type", f"in `{what}`: {error}", param)
        shown = literal(value)
        if param:
            self.cache[key] = known, shown
        return Test(field.name, op, known, shown, param)

    def _constant(self, node: ast.expr, field: Field) -> object:
        match node:
            case ast.Constant(value=str() | int() | float() as value):
                return value
            case ast.UnaryOp(op=ast.USub(), operand=ast.Constant(value=int() | float() as value)):
                if not isinstance(value, bool):
                    return -value
            case ast.List() | ast.Tuple():
                return [self._constant(item, field) for item in node.elts]
            case ast.Name(id=name) if name in field.kind.words:
                self._refuse(node, "not-allowed", self._unknown_param(field, "in", name))
        message = "cannot be compared with; use a constant, a list or a param"
        return self._refuse(node, "not-allowed", f"{_called(node)} {message}")

    def _fact(self, node: ast.Name) -> Field:
        if node.id in self.facts:
            return self.facts[node.id]
        what = "a param, and params go on the right" if node.id in self.known_params else "no fact"
        message = f"{short(node.id)} is {what}{did_you_mean(node.id, self.facts)}; "
        return self._refuse(node, "unknown-fact", f"{message}facts here: {listing(self.facts)}")

    def _refuse(self, node: ast.expr, code: str, message: str, param: str = "") -> NoReturn:
        # `ast` counts UTF-8 bytes.
        start = len(self.text[: node.col_offset].decode())
        length = len(self.text[node.col_offset : node.end_col_offset].decode())
        raise _Refused(Problem(code, message, self.indent + start, max(1, length), param))


def _read_texts(value: object, *, kind: ValueType | None = None) -> tuple[Any, ...]:
    """What a test looks for in a text, or in a list of a kind: one text, or any of some."""
    given = value if isinstance(value, list) else [value]
    if kind is not None:
        return tuple(read_one(kind, item) for item in given)
    for item in given:
        if item == "":
            raise ValueError("every text contains an empty one")
        if not isinstance(item, str):
            raise ValueError(f"expected a text or a list of texts, got {show(item)}")  # noqa: TRY004 - a fault of the file
    return tuple(given)


def _called(node: ast.AST) -> str:
    return _CALLED.get(type(node), f"a {type(node).__name__}")


# -- What other languages write --------------------------------------------------------------------

_OURS: Final[Mapping[str, str]] = {
    "&&": "and",
    "&": "and",
    "||": "or",
    "|": "or",
    "!": "not",
    "=": "==",
    "===": "==",
    "!==": "!=",
    "<>": "!=",
    "=>": ">=",
    "=<": "<=",
    **{word: word for word in ("and", "or", "not", "in", "is")},
}
_FOREIGN: Final = re.compile(
    r"'(?:[^'\\]|\\.)*'|\"(?:[^\"\\]|\\.)*\"|(?P<open>['\"])"
    r"|(?P<duration>\b(?:\d++(?:ms|[smhd]))++\b)"
    r"|(?P<word>[^\W\d]\w*+)"
    r"|(?P<mark>[&|!=<>:]++)"
)


def suggestions(text: str) -> tuple[Problem, ...]:
    """What a text that Python cannot read writes as other languages do, and what to write."""
    found: list[Problem] = []
    for token in _FOREIGN.finditer(text):
        if token["open"] or len(found) == MOST_PROBLEMS:
            break
        theirs = token[0]
        ours = _OURS.get(theirs.lower(), theirs)
        advice = f"write `{ours}` for `{theirs}`"
        if token["duration"]:
            advice = f"a duration stands in quotes; write {show(theirs)}"
        if token["duration"] or ours != theirs:
            message = f"this is not a condition: {advice}"
            found.append(Problem("syntax", message, token.start(), len(theirs)))
    return tuple(found)

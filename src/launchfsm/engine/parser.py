"""Parser: reads the text of a condition and checks its types; says what is wrong where it stands.

`conditions` says what can be written. For what other languages write, such as `&&`, the message
says what to write instead.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping
from typing import Any, Final, Literal, NamedTuple, NoReturn

import attrs

from launchfsm.engine.conditions import (
    AFFIXES,
    ALWAYS,
    COMPARISONS,
    CONTAINMENT,
    PRESENCE,
    TEXT_OPERATORS,
    Condition,
    Group,
    Not,
    Test,
)
from launchfsm.engine.text import choices, did_you_mean, literal, short, show
from launchfsm.engine.types import Field, ValueType, read_many, read_one

MOST_CHARACTERS: Final = 16_384
"""The longest condition."""

MOST_NESTED: Final = 32
"""The deepest nesting of parentheses, `not` and `any(…)`; nobody can read more."""

MOST_TEXTS: Final = 1_000
"""The longest list that a fact is compared with."""

MOST_PROBLEMS: Final = 20
"""The most problems that are reported of one condition or text."""

_ESCAPE: Final = re.compile(
    r"""\\(?:['"\\abfnrtv]|x[0-9a-fA-F]{2}|u[0-9a-fA-F]{4}|U00(?:0[0-9a-fA-F]|10)[0-9a-fA-F]{4})"""
)
# Of more than 400 digits nobody makes a number; `int` refuses thousands of them. No group is
# possessive, only single characters are: Python before 3.11.5 takes half a group for a match.
_TOKEN: Final = re.compile(
    rf"""\s*+ (?:
      (?P<text> ' [^'\\\r\n]*+ (?: {_ESCAPE.pattern} [^'\\\r\n]*+ )* '
              | " [^"\\\r\n]*+ (?: {_ESCAPE.pattern} [^"\\\r\n]*+ )* " )
    | (?P<number> -? (?: [0-9]{{1,400}}+ (?: \.[0-9]*+ )? | \.[0-9]++ )
                  (?: [eE][+-]?[0-9]++ )? (?! \w ) )
    | (?P<mark> \b (?: not\s++in | is\s++not | and | or | not | in | is ) \b
              | [&|!=<>:]++ )
    | (?P<name> \w++ )
    | (?P<other> . )
    | (?P<end> \Z ) )""",
    re.DOTALL | re.VERBOSE,
)
_CONSTANTS: Final = {"True": True, "False": False, "None": None}
_QUOTES: Final = frozenset({"'", '"'})
_CLOSING: Final = {"[": "]", "(": ")"}
_THEIRS: Final = {
    **dict.fromkeys(["&&", "&"], "and"),
    **dict.fromkeys(["||", "|"], "or"),
    "!": "not",
    **dict.fromkeys(["=", "==="], "=="),
    **dict.fromkeys(["!==", "<>"], "!="),
    "=>": ">=",
    "=<": "<=",
    **{word: word for word in ("and", "or", "not", "in", "is")},
}
"""What other languages write, in small letters, and what a condition has for it."""
_NOTHING: Final = frozenset({"none", "null", "nil", "unknown"})
"""What other languages call the unknown, in small letters."""
_ORDERING: Final = frozenset({"<", "<=", ">", ">="})
_LISTING: Final = frozenset({"in", "not in"})
_PRESENCE_OF: Final = {"==": "is", "!=": "is not"}
_QUOTED: Final = frozenset({"word", "text"})
_EXAMPLES: Final = {"number": "> 0", "duration": ">= '3m'", "text": "== 'a text'"}
_LISTED: Final = "ask it as `{0}`, `'…' in {0}` or `any(item == '…' for item in {0})`"


@attrs.frozen
class Problem:
    """What is wrong with a condition or a text of an outcome, and where in it.

    Attributes:
        code: A stable name such as `unknown-fact`.
        offset: Characters before the part concerned; `length` of them are concerned.
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

    Params are as TOML gave them, and checked against the facts that they meet; `cache` keeps them
    as they were read, for the next condition over the same params.
    """
    if len(source) > MOST_CHARACTERS:
        message = (
            f"a condition has at most {MOST_CHARACTERS} characters, and this one {len(source)}; "
            "make rules of its parts, or put its texts into a list param"
        )
        return Parsed(ALWAYS, (Problem("too-long", message, 0),))
    tokens, problems = _read_tokens(source, {*facts, *params})
    if problems:
        return Parsed(ALWAYS, tuple(problems[:MOST_PROBLEMS]))
    parser = _Parser(tokens, facts, params, {} if cache is None else cache)
    condition = parser.parse()
    return Parsed(condition, tuple(parser.problems), frozenset(parser.params))


class _Token(NamedTuple):
    """A name, a value, a mark or the end, from character to character of the condition."""

    kind: str
    text: str
    start: int
    end: int
    value: Any = None

    @property
    def name(self) -> str:
        """The name of a fact or a param; empty for anything else."""
        return self.text if self.kind == "name" else ""


def _read_tokens(source: str, names: Collection[str]) -> tuple[list[_Token], list[Problem]]:
    """The tokens of a condition, and what in them is written as in other languages."""
    tokens, problems = [], []
    for found in _TOKEN.finditer(source):
        kind = str(found.lastgroup)
        start, end = found.span(kind)
        text = " ".join(found[kind].split()) if kind == "mark" else found[kind]
        value: Any = None
        advice = ""
        if kind == "text":
            kind, value = "value", _ESCAPE.sub(_escaped, text[1:-1])
        elif kind == "number":
            kind, value = "value", int(text) if text.lstrip("-").isdigit() else float(text)
        elif text in _CONSTANTS:
            kind, value = "value", _CONSTANTS[text]
        elif kind == "name" and text[0].isdigit():
            advice = f"{short(text)} is no number; if it is a duration, write {show(text)}"
        elif (ours := _THEIRS.get(text.lower(), text)) != text:
            advice = "" if text in names else f"write `{ours}` for `{text}`"
        tokens.append(_Token(kind, text, start, end, value))
        if advice:
            message = f"this is not a condition: {advice}"
            problems.append(Problem("syntax", message, start, len(text)))
    # Where a quote stands open, what follows may be of a text, in which everything can be written.
    opened = next((token.start for token in tokens if token.text in _QUOTES), len(source))
    return tokens, [problem for problem in problems if problem.offset < opened]


def _escaped(escape: re.Match[str]) -> str:
    return escape[0].encode().decode("unicode_escape")


class _Refused(Exception):  # noqa: N818 - it never leaves this module
    """A part that cannot be taken; `fatal` when nothing behind it can be read either."""

    def __init__(self, problem: Problem, *, fatal: bool) -> None:
        self.problem, self.fatal = problem, fatal


@attrs.define
class _Parser:
    """Turns tokens into a condition, noting what is wrong and which params are named."""

    tokens: list[_Token]
    facts: Mapping[str, Field]
    known_params: Mapping[str, object]
    cache: dict[Any, Any]
    at: int = 0
    params: set[str] = attrs.Factory(set)
    problems: list[Problem] = attrs.Factory(list)

    def parse(self) -> Condition:
        """The whole condition."""
        try:
            condition = self._joined(0)
            if self.tokens[self.at].kind != "end":
                self._unexpected()
        except _Refused as refused:
            self.problems.append(refused.problem)
            return ALWAYS
        return condition

    # -- Its form ---------------------------------------------------------------------------------

    def _joined(self, depth: int, joint: Literal["or", "and"] = "or") -> Condition:
        """Parts joined by `or`, each of parts joined by `and`."""
        parts: list[Condition] = []
        while not parts or self._take(joint):
            parts.append(self._joined(depth, "and") if joint == "or" else self._part(depth))
        return parts[0] if len(parts) == 1 else Group(joint, tuple(parts))

    def _part(self, depth: int) -> Condition:
        token = self.tokens[self.at]
        if depth > MOST_NESTED:
            message = "this nests too deep to be read; make rules of its parts"
            self._refuse(token, "too-deep", message, fatal=True)
        if self._take("not"):
            return Not(self._part(depth + 1))
        if self._take("("):
            inner = self._joined(depth + 1)
            if not self._take(")"):
                self._unexpected(token)
            return inner
        try:
            return self._question(depth)
        except _Refused as refused:
            if refused.fatal or len(self.problems) + 1 == MOST_PROBLEMS:
                raise
            self.problems.append(refused.problem)
            return ALWAYS

    def _question(self, depth: int) -> Condition:
        """A test; when it is refused without being fatal, it is read to its end."""
        left = self._operand()
        if left.name and self._take("."):
            return self._affix(left)
        if left.name in {"any", "all"} and self._take("("):
            return self._items(left, depth)
        op, right = self.tokens[self.at].text, None
        if op in COMPARISONS:
            self.at += 1
            right = self._operand()
        behind = self.tokens[self.at]
        if behind.text in COMPARISONS:
            message = "comparisons cannot be chained; join two with `and`"
            self._refuse(behind, "chained", message, fatal=True)
        if behind.text not in {"and", "or", ")", "for", ""}:
            self._unexpected()
        return self._alone(left) if right is None else self._comparison(left, op, right)

    def _take(self, text: str) -> bool:
        """Whether this token comes next; then it is read."""
        taken = self.tokens[self.at].text == text
        self.at += taken
        return taken

    def _operand(self) -> _Token:
        """A name or a value."""
        first = self.tokens[self.at]
        closing = _CLOSING.get(first.text)
        if closing is None and first.kind not in {"name", "value"}:
            self._unexpected()
        self.at += 1
        if closing is None:
            return first
        values = []
        while not self._take(closing):
            item = self.tokens[self.at]
            if item.kind != "value":
                self._unexpected(first)
            values.append(item.value)
            self.at += 1
            if not self._take(",") and self.tokens[self.at].text != closing:
                self._unexpected(first)
        return first._replace(kind="value", end=self.tokens[self.at - 1].end, value=values)

    def _unexpected(self, opened: _Token | None = None) -> NoReturn:
        """Refuse the token that comes next, or the parenthesis that nothing closes."""
        token = self.tokens[self.at]
        reason = f"`{short(token.text)}` cannot stand here"
        if token.kind == "end":
            reason = "it stops too soon"
            if opened is not None:
                token, reason = opened, f"nothing closes this `{opened.text}`"
        advice = "write `fact op value` joined by and, or, not, with texts and words in quotes"
        if token.text in _QUOTES:
            advice = "a text ends on its line; write \\n for a line end, and \\\\ for \\"
        elif token.text == "#":
            advice = "a condition holds no comment"
        message = f"this is not a condition: {reason}; {advice}"
        self._refuse(token, "syntax", message, fatal=True)

    # -- What it asks -----------------------------------------------------------------------------

    def _alone(self, asked: _Token) -> Condition:
        """A boolean or a list on its own."""
        if not asked.name:
            self._refuse(asked, "constant", "a constant decides nothing; leave `when` out")
        field = self._fact(asked)
        name, kind = field.name, field.kind
        if kind.name == "boolean" or kind.many:
            return Test(name, "true")
        known = f"== {kind.words[0]!r}" if kind.words else _EXAMPLES[kind.name]
        example = f"{name} {'is not None' if kind.optional else known}"
        message = f"{name} is a {kind.name}, not a boolean; compare it, as in `{example}`"
        return self._refuse(asked, "not-boolean", message)

    def _comparison(self, left: _Token, op: str, right: _Token) -> Condition:
        whole = left._replace(end=right.end)
        # `'a' in fact`, or `param in fact`; of two unknown names the left one is to be a fact.
        into = right.name and (not left.name or right.name in self.facts)
        if op in _LISTING and into and left.name not in self.facts:
            asked = "contains" if op == "in" else "lacks"
            return self._text_test(whole, self._fact(right), asked, left)
        if not left.name:
            self._refuse(left, "left-side", "the left side must be a fact's name")
        field = self._fact(left)
        if op in PRESENCE:
            if right.name or right.value is not None:
                self._refuse(right, "not-none", f"`{op}` asks only for None; use == to compare")
            if not field.kind.optional:
                message = f"{field.name} is always known; asking decides nothing"
                self._refuse(right, "always-known", message)
            return Test(field.name, op, None, "None")
        self._no_list(whole, field)
        noun = field.kind.name
        if noun == "boolean":
            message = f"write `{field.name}` or `not {field.name}`: it is a boolean"
            self._refuse(whole, "operator", message)
        if op in _ORDERING and noun not in {"number", "duration"}:
            self._refuse(whole, "operator", f"{field.name} is a {noun} and has no order")
        return self._test(field, op, right)

    def _no_list(self, whole: _Token, field: Field) -> None:
        if field.kind.many:
            message = f"{field.name} is a list; {_LISTED.format(field.name)}"
            self._refuse(whole, "operator", message)

    def _affix(self, fact: _Token) -> Condition:
        """Behind `fact.`: `startswith('…')` or `endswith('…')`."""
        asked = self.tokens[self.at]
        if asked.text not in AFFIXES:
            name = short(fact.name)
            message = (
                f"a condition has no .{short(asked.text)}(){did_you_mean(asked.text, AFFIXES)}; "
                f"a text is looked into with {name}.startswith('…'), .endswith('…') or "
                f"'…' in {name}"
            )
            self._refuse(asked, "not-allowed", message, fatal=True)
        self.at += 1
        wanted = self._operand() if self._take("(") else None
        if wanted is None or not self._take(")"):
            message = f"{asked.text} takes one text, a list of texts or a param"
            self._refuse(asked, "not-allowed", message, fatal=True)
        whole = fact._replace(end=self.tokens[self.at - 1].end)
        return self._text_test(whole, self._fact(fact), asked.text, wanted)

    def _text_test(self, whole: _Token, field: Field, op: str, wanted: _Token) -> Condition:
        kind = field.kind
        if not (kind.many and op in CONTAINMENT and kind.name in _QUOTED):
            self._no_list(whole, field)
            if kind.name != "text":
                message = f"{field.name} is a {kind.name}; only a text can be looked into"
                self._refuse(whole, "operator", message)
        return self._test(field, op, wanted)

    def _items(self, asks: _Token, depth: int) -> Condition:
        """Behind `any(` or `all(`: `question for item in fact)`, one question about an item."""
        each: Literal["any", "all"] = "any" if asks.name == "any" else "all"
        first, problems = self.at, len(self.problems)
        while self.tokens[self.at].text not in {"for", ""}:
            self.at += 1
        last = self.at
        of = self.tokens[last : last + 5]
        if [token.text for token in of[::2]] != ["for", "in", ")"]:
            message = f"write `{each}(question for item in a_list)`"
            self._refuse(asks, "not-allowed", message, fatal=True)
        self.at, item, listed = last + 5, of[1].text, of[3]
        field = self._fact(listed)
        if not field.kind.many or field.kind.name not in _QUOTED:
            message = f"{field.name} is a {field.kind.text()}; only texts and words have items here"
            self._refuse(listed, "operator", message)
        if item in self.facts or item in self.known_params:
            message = f"{item} is a fact or a param; call an item by another name"
            self._refuse(of[1], "not-allowed", message)
        kind = attrs.evolve(field.kind, many=False, optional=False)
        facts, self.facts = self.facts, {item: attrs.evolve(field, name=item, kind=kind)}
        self.at = first
        try:
            asked = self._joined(depth + 1)
        finally:
            self.facts = facts
        if self.at != last:
            self._unexpected()
        self.at += 5
        if isinstance(asked, Test):
            return attrs.evolve(asked, fact=field.name, each=each, item=item)
        if len(self.problems) > problems:
            return ALWAYS
        message = f"ask one question of {item}, as in `{item}.startswith('a')`"
        return self._refuse(self.tokens[first], "not-allowed", message)

    # -- Values -----------------------------------------------------------------------------------

    def _test(self, field: Field, op: str, operand: _Token) -> Condition:
        """A test against a constant or a param; that is read once for each type that it meets."""
        param, value, kind = operand.name, operand.value, field.kind
        if param and param not in self.known_params:
            self._refuse(operand, "unknown-param", self._no_param(field, op, param))
        if not param and value is None and op in _PRESENCE_OF:
            self._refuse(operand, "not-allowed", _asked_for_none(field, op))
        key = (param, kind.name, kind.words, kind.many, op in _LISTING, op in TEXT_OPERATORS)
        if param and key in self.cache:
            known, shown = self.cache[key]
            return Test(field.name, op, known, shown, param)
        if param:
            self.params.add(param)
            value = self.known_params[param]
        try:
            known = _read(kind, op, value)
        except ValueError as error:
            what = Test(field.name, op, None, show(value), param).text()
            self._refuse(operand, "wrong-type", f"in `{what}`: {error}", param=param)
        shown = literal(value)
        if param:
            self.cache[key] = known, shown
        return Test(field.name, op, known, shown, param)

    def _no_param(self, field: Field, op: str, name: str) -> str:
        """What is wrong with a name that is compared with."""
        if name in field.kind.words:
            return f"{name} is a word of {field.name}, and words stand in quotes; write {name!r}"
        if name.lower() in _NOTHING and op in _PRESENCE_OF:
            return f"{name} is no param; {_asked_for_none(field, op)}"
        what = "a fact" if name in self.facts else "no param"
        near = did_you_mean(name, [*self.known_params, *field.kind.words])
        return (
            f"{short(name)} is {what}; compare with a constant (texts and words stand in quotes) "
            f"or with one of the table's params{near}"
        )

    def _fact(self, named: _Token) -> Field:
        name = named.text
        if name in self.facts:
            return self.facts[name]
        what = "a param, where a fact has to stand" if name in self.known_params else "no fact"
        message = f"{short(name)} is {what}{choices(name, self.facts, 'facts here')}"
        return self._refuse(named, "unknown-fact", message)

    def _refuse(
        self, part: _Token, code: str, message: str, *, param: str = "", fatal: bool = False
    ) -> NoReturn:
        length = max(1, part.end - part.start)
        raise _Refused(Problem(code, message, part.start, length, param), fatal=fatal)


def _asked_for_none(field: Field, op: str) -> str:
    """What to write for a comparison with None."""
    if not field.kind.optional:
        return f"{field.name} is always known, so it is never None"
    return f"nothing equals None; write `{field.name} {_PRESENCE_OF[op]} None`"


def _read(kind: ValueType, op: str, value: object) -> Any:
    """What a fact is compared with: one value, or the tuple of any of which it is asked."""
    if isinstance(value, list) and len(value) > MOST_TEXTS:
        raise ValueError(f"a list has at most {MOST_TEXTS} items here, got {len(value)}")
    # Any number may be compared with, also one that the fact itself cannot be.
    one = ValueType(kind.name, kind.words)
    if op in TEXT_OPERATORS:
        texts = value if isinstance(value, list) else [value]
        if "" in texts and not kind.many:
            raise ValueError("every text contains an empty one")
        return read_many(one, texts)
    return read_many(one, value) if op in _LISTING else read_one(one, value)

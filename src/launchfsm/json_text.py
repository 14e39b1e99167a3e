r"""JSON as JavaScript reads it: ``JSON.parse`` of a file decoded as UTF-8.

Theory of operation. orjson is given the bytes first, and for nearly every file that is all. It is
stricter than ``JSON.parse`` in a few ways, so what it refuses goes to a second reader, which knows
the difference:

- bytes that are not UTF-8 become replacement characters;
- an escaped lone surrogate (``"\ud800"``) is a character;
- a number too large for a double is an infinity, however many digits it has.

The second reader is the standard library's. It reads by recursion, and how deep it gets depends
on how deep its caller stands; the same bytes must give the same answer to every caller, so texts
that nest deeply are read here level by level instead. Both readers, as orjson does, call nesting
deeper than `MAX_DEPTH` invalid.

What the parsed values mean is not known here. Integers in particular stay exact where a reader
can keep them so; ``ecmascript.read_number`` makes doubles of them.
"""

from __future__ import annotations

import json
import re
from itertools import accumulate
from typing import Any, Final, NoReturn

import attrs
import orjson

MAX_DEPTH: Final = 1_024
"""The most arrays and objects open at once; orjson's own limit, and not to be changed alone."""

_MAX_RECURSION: Final = 100
"""Texts nesting no deeper than this are left to recursion; it leaves callers most of the stack."""

_MAX_INT_DIGITS: Final = 19
"""Signs and digits up to here are an exact int, beyond that a float, much as with orjson."""

_SIMPLE_STRING: Final = re.compile(r'"[^"]*"?')
_NOT_BRACKETS: Final = bytes(set(range(256)) - set(b"[]{}"))
_STEP: Final = {ord("["): 1, ord("{"): 1, ord("]"): -1, ord("}"): -1}


@attrs.define
class JsonError(ValueError):
    """The text is not JSON.

    Attributes:
        problem: What is wrong.
        offset: Where, in characters from the start of the text.
        line: The line of that place, from 1.
        column: The character in that line, from 1.
    """

    problem: str
    offset: int
    line: int
    column: int

    def __str__(self) -> str:
        return f"{self.problem} at line {self.line}, column {self.column} (offset {self.offset})"


def parse_json(data: bytes) -> Any:
    """Parse the bytes of a file as JavaScript does (§1 of the specification).

    ``JSON.parse(buffer.toString("utf8"))``: bytes that are not UTF-8 become replacement
    characters, a byte-order mark stays and so is an error, ``NaN`` and ``Infinity`` are errors, of
    duplicate keys the last value counts, in the place of the first.

    Raises:
        JsonError: The text is not JSON, or nests deeper than `MAX_DEPTH`. Nothing else is raised.
    """
    try:
        return orjson.loads(data)
    except orjson.JSONDecodeError:
        return _parse_leniently(data.decode("utf-8", "replace"))


def parse_json_text(text: str) -> Any:
    """Parse a text, such as a line of a journal, as `parse_json` does a file.

    Raises:
        JsonError: The text is not JSON, or nests deeper than `MAX_DEPTH`. Nothing else is raised.
    """
    try:
        return orjson.loads(text)
    except orjson.JSONDecodeError:
        return _parse_leniently(text)


def json_bytes(document: Any) -> bytes:
    """Write a document as JSON in UTF-8, on one line.

    A lone surrogate, which `parse_json` accepts, has no UTF-8; a document that holds one has
    everything outside ASCII escaped, which every reader takes.

    Raises:
        TypeError: The document holds something that is no JSON value.
        ValueError: It holds a number that is not finite, for which JSON has no word.
    """
    text = json.dumps(document, ensure_ascii=False, allow_nan=False, separators=(",", ":"))
    try:
        return text.encode()
    except UnicodeEncodeError:
        return json.dumps(document, allow_nan=False, separators=(",", ":")).encode()


class _ConstantError(ValueError):
    """``NaN``, ``Infinity`` or ``-Infinity``, which the standard library would accept."""


def _refuse_constant(name: str) -> NoReturn:
    raise _ConstantError(name)


def _read_integer(digits: str) -> int | float:
    return int(digits) if len(digits) <= _MAX_INT_DIGITS else float(digits)


_DECODER: Final = json.JSONDecoder(parse_int=_read_integer, parse_constant=_refuse_constant)


def _parse_leniently(text: str) -> Any:
    """Parse what orjson refused."""
    if _nesting(text) <= _MAX_RECURSION:
        try:
            return _DECODER.decode(text)
        except json.JSONDecodeError as error:
            raise _error_at(error.msg, text, error.pos) from None
        except (_ConstantError, RecursionError):
            # The first does not say where it is, the second is the caller's full stack.
            pass
    return _LevelReader(text).read()


def _nesting(text: str) -> int:
    """Return a depth that no reader of ``text`` exceeds: that of its brackets, outside strings."""
    brackets = text.count("[") + text.count("{")
    if brackets <= _MAX_RECURSION:
        return brackets
    without_escapes = text.replace("\\\\", "").replace('\\"', "")
    without_strings = _SIMPLE_STRING.sub("", without_escapes)
    only_brackets = without_strings.encode("ascii", "replace").translate(None, _NOT_BRACKETS)
    return max(accumulate(map(_STEP.__getitem__, only_brackets)), default=0)


def _error_at(problem: str, text: str, offset: int) -> JsonError:
    line = text.count("\n", 0, offset) + 1
    return JsonError(problem, offset, line, offset - text.rfind("\n", 0, offset))


_Container = list[Any] | dict[str, Any]

_STRING: Final = r'" [^"\\]*+ (?: \\. [^"\\]*+ )*+ "?'
_SCALAR: Final = rf'(?: {_STRING} | (?! -?Infinity | NaN ) [^][{{}}",: \t\n\r]++ )'
_TOKEN: Final = re.compile(
    rf"""
    [ \t\n\r]*
    (?:
        (?P<opening> [\[{{] ) | (?P<closing> [\]}}] )
        | (?P<scalars> {_SCALAR} (?: [ \t\n\r]* , [ \t\n\r]* {_SCALAR} )*+ )
    )
    [ \t\n\r]* (?P<mark> [,:]? ) [ \t\n\r]*
    """,
    re.VERBOSE | re.DOTALL,
)


@attrs.define
class _LevelReader:
    """Reads JSON with a list of the containers that are open, where other readers recurse.

    It goes from token to token: a bracket, or all scalars up to the next bracket or colon, with
    the comma or colon behind it. What may come next follows from the innermost container and from
    what came before.
    """

    _text: str
    _document: list[Any] = attrs.Factory(list)
    """Stands around the whole text, and takes its one value."""
    _container: _Container = attrs.Factory(lambda self: self._document, takes_self=True)
    _enclosing: list[_Container] = attrs.Factory(list)
    _key: str = ""
    _before: str = ","
    """The comma or colon before the next token, "open" after a bracket, "" after a whole value."""

    def read(self) -> Any:
        end = 0
        for token in _TOKEN.finditer(self._text):
            if token.start() != end:
                break
            end = token.end()
            if token["closing"]:
                self._close(token)
            elif not self._before:
                self._fail("Expecting ',' delimiter" if self._enclosing else "Extra data", token)
            elif token["opening"]:
                self._open(token)
            else:
                self._read_scalars(token)
        if end != len(self._text) or self._enclosing or self._before:
            raise _error_at("Expecting value", self._text, end)
        return self._document[0]

    def _open(self, token: re.Match[str]) -> None:
        opened: _Container = [] if token["opening"] == "[" else {}
        if isinstance(self._container, list):
            self._container.append(opened)
        elif self._before == ":":
            self._container[self._key] = opened
        else:
            self._fail("Expecting property name enclosed in double quotes", token)
        if len(self._enclosing) == MAX_DEPTH:
            self._fail(f"Nesting deeper than {MAX_DEPTH}", token)
        if token["mark"]:
            self._fail("Expecting value after this bracket", token)
        self._enclosing.append(self._container)
        self._container = opened
        self._before = "open"

    def _close(self, token: re.Match[str]) -> None:
        bracket = "]" if isinstance(self._container, list) else "}"
        if not self._enclosing or token["closing"] != bracket or self._before in {",", ":"}:
            self._fail("Unexpected closing bracket", token)
        self._container = self._enclosing.pop()
        self._end_value(token)

    def _read_scalars(self, token: re.Match[str]) -> None:
        scalars = self._decode(token)
        if isinstance(self._container, list):
            self._container.extend(scalars)
            self._end_value(token)
            return
        if self._before == ":":
            self._container[self._key] = scalars.pop(0)
            if not scalars:
                self._end_value(token)
                return
        if len(scalars) > 1 or not isinstance(scalars[0], str) or token["mark"] != ":":
            self._fail("Expecting property name enclosed in double quotes, and ':'", token)
        self._key = scalars[0]
        self._before = ":"

    def _end_value(self, token: re.Match[str]) -> None:
        if len(self._document) > 1 or token["mark"] == ":":
            self._fail("Extra data after this value", token)
        self._before = token["mark"]

    def _decode(self, token: re.Match[str]) -> list[Any]:
        try:
            scalars: list[Any] = _DECODER.decode(f"[{token['scalars']}]")
        except json.JSONDecodeError as error:
            offset = token.start("scalars") + error.pos - len("[")
            raise _error_at(error.msg, self._text, offset) from None
        return scalars

    def _fail(self, problem: str, token: re.Match[str]) -> NoReturn:
        blank = len(token[0]) - len(token[0].lstrip(" \t\n\r"))
        raise _error_at(problem, self._text, token.start() + blank)

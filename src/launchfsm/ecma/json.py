r"""JSON as JavaScript reads it: `JSON.parse` of a file decoded as UTF-8.

orjson reads nearly every file. It refuses a little of what `JSON.parse` accepts, so what it refuses
is parsed once more, by a parser that knows the difference:

- bytes that are not UTF-8 become replacement characters;
- an escaped lone surrogate (`"\ud800"`) is a character;
- a number too large for a double is an infinity, however many digits it has.

That parser keeps open arrays and objects on a stack of its own: how deep it can go must not depend
on its caller. Both call nesting deeper than `MAX_DEPTH` invalid. All of it takes time in proportion
to the text: somebody may have written it to be slow.
"""

from __future__ import annotations

import json
import re
from json.decoder import scanstring  # type: ignore[attr-defined]  # typeshed leaves it out
from typing import Any, Final

import attrs
import orjson

from launchfsm.errors import LaunchfsmError

MAX_DEPTH: Final = 1_024
"""The most arrays and objects open at once; orjson's own limit, and not to be changed alone."""


@attrs.define(slots=False)  # slots would lose an error's notes when it is pickled
class JsonError(LaunchfsmError, ValueError):
    """The text is not JSON.

    Attributes:
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
    """Parse the bytes of a file as `JSON.parse(buffer.toString("utf8"))` does (§1).

    A byte-order mark stays and so is an error, `NaN` and `Infinity` are errors, of duplicate keys
    the last value counts, in the place of the first. Nothing but a `JsonError` is raised.
    """
    try:
        return orjson.loads(data)
    except orjson.JSONDecodeError:
        return parse_without_orjson(data.decode("utf-8", "replace"))


def parse_json_text(text: str) -> Any:
    """Parse a text, such as a line of a journal, as `parse_json` does a file."""
    try:
        return orjson.loads(text)
    except orjson.JSONDecodeError:
        return parse_without_orjson(text)


def json_bytes(document: Any) -> bytes:
    """Write a document as JSON in UTF-8, on one line.

    A lone surrogate, which `parse_json` accepts, has no UTF-8; a document that holds one has
    everything outside ASCII escaped, which every reader takes. What JSON has no word for, such as
    an infinity, raises a `TypeError` or a `ValueError`.
    """
    text = json.dumps(document, ensure_ascii=False, allow_nan=False, separators=(",", ":"))
    try:
        return text.encode()
    except UnicodeEncodeError:
        return json.dumps(document, allow_nan=False, separators=(",", ":")).encode()


# -- The second parser -----------------------------------------------------------------------------

_SPACE: Final = re.compile(r"[ \t\n\r]*+")
# No group is possessive: Python before 3.11.5 takes half a group for a match.
_NUMBER: Final = re.compile(r"-?(?:0|[1-9][0-9]*+)(\.[0-9]++)?([eE][-+]?[0-9]++)?")
_WORDS: Final = {"t": ("true", True), "f": ("false", False), "n": ("null", None)}
_CLOSING: Final = {"[": "]", "{": "}"}
_LONGEST_INTEGER: Final = 20  # digits and sign; longer ones are doubles, as orjson has them
_INTEGERS: Final = range(-(2**63), 2**64)


def parse_without_orjson(text: str) -> Any:
    """Parse a text, as `parse_json_text` does with what orjson refuses."""
    opened: list[Any] = []  # arrays and objects that are not closed yet, the outermost first
    keys: list[str] = []  # for each of them the key of the value that comes next; of arrays none
    at = _skip_space(text, 0)
    while True:
        start = text[at : at + 1]
        if start in _CLOSING:
            if len(opened) == MAX_DEPTH:
                raise _error_at(f"Nesting deeper than {MAX_DEPTH}", text, at)
            value: Any = [] if start == "[" else {}
            at = _skip_space(text, at + 1)
            if not text.startswith(_CLOSING[start], at):
                key, at = ("", at) if start == "[" else _read_key(text, at)
                opened.append(value)
                keys.append(key)
                continue
            at += 1
        else:
            value, at = _read_scalar(text, at)
        while True:  # a value ends here, and perhaps what it is in
            at = _skip_space(text, at)
            if not opened:
                if at < len(text):
                    raise _error_at("Extra data", text, at)
                return value
            inside = opened[-1]
            is_array = inside.__class__ is list
            if is_array:
                inside.append(value)
            else:
                inside[keys[-1]] = value
            end = text[at : at + 1]
            if end == ",":
                at = _skip_space(text, at + 1)
                if not is_array:
                    keys[-1], at = _read_key(text, at)
                break
            if end != ("]" if is_array else "}"):
                raise _error_at("Expecting ',' delimiter", text, at)
            value, at = opened.pop(), at + 1
            keys.pop()


def _read_scalar(text: str, at: int) -> tuple[Any, int]:
    start = text[at : at + 1]
    if start == '"':
        return _read_string(text, at)
    word, value = _WORDS.get(start, ("", None))
    if word and text.startswith(word, at):
        return value, at + len(word)
    number = _NUMBER.match(text, at)
    if number is None:
        raise _error_at("Expecting value", text, at)
    written = number[0]
    if number[1] is None and number[2] is None and len(written) <= _LONGEST_INTEGER:
        whole = int(written)
        return whole if whole in _INTEGERS else float(whole), number.end()
    return float(written), number.end()


def _read_key(text: str, at: int) -> tuple[str, int]:
    """Read a key and its colon; what follows is its value."""
    if not text.startswith('"', at):
        raise _error_at("Expecting property name enclosed in double quotes", text, at)
    key, at = _read_string(text, at)
    at = _skip_space(text, at)
    if not text.startswith(":", at):
        raise _error_at("Expecting ':' delimiter", text, at)
    return key, _skip_space(text, at + 1)


def _read_string(text: str, at: int) -> tuple[str, int]:
    try:
        string, end = scanstring(text, at + 1, True)  # noqa: FBT003 - strict, by position only
    except json.JSONDecodeError as error:
        # Where it is, is said in another way.
        raise _error_at(error.msg.removesuffix(" at"), text, error.pos) from None
    return string, end


def _skip_space(text: str, at: int) -> int:
    found = _SPACE.match(text, at)
    return at if found is None else found.end()


def _error_at(problem: str, text: str, offset: int) -> JsonError:
    line = text.count("\n", 0, offset) + 1
    return JsonError(problem, offset, line, offset - text.rfind("\n", 0, offset))

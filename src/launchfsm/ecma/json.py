r"""JSON as JavaScript reads it: ``JSON.parse`` of a file decoded as UTF-8.

Theory of operation. orjson is given the bytes first, and for nearly every file that is all. It is
stricter than ``JSON.parse`` in a few ways, so what it refuses goes to a second reader, which knows
the difference:

- bytes that are not UTF-8 become replacement characters;
- an escaped lone surrogate (``"\ud800"``) is a character;
- a number too large for a double is an infinity, however many digits it has.

The second reader is the standard library's. It reads by recursion, and how deep it gets depends
on how deep its caller stands; the same bytes must give the same answer to every caller. So where
a text nests deeply, whatever orjson refuses in it is written as a mark that it takes, it is given
to orjson again, and in the values that come of it the marks are turned into what they stand for.
Nesting deeper than `MAX_DEPTH` is called invalid, as by orjson.

All of it takes time in proportion to the text, whatever the text is: somebody may have written it
to be slow.

What the parsed values mean is not known here. Integers in particular stay exact where a reader
can keep them so; ``ecmascript.read_number`` makes doubles of them.
"""

from __future__ import annotations

import json
import math
import re
from itertools import accumulate
from typing import TYPE_CHECKING, Any, Final, NoReturn

import attrs
import orjson

if TYPE_CHECKING:
    from collections.abc import Callable

MAX_DEPTH: Final = 1_024
"""The most arrays and objects open at once; orjson's own limit, and not to be changed alone."""


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


# -- The second reader ----------------------------------------------------------------------------

_MAX_RECURSION: Final = 100
"""Texts nesting no deeper than this are left to recursion; it leaves callers most of the stack."""

_LONG_INTEGER: Final = re.compile(r"[0-9]{19}")
"""Up to 18 digits every reader keeps an integer exact."""

_SIMPLE_STRING: Final = re.compile(r'"[^"]*"?')
_NOT_BRACKETS: Final = bytes(set(range(256)) - set(b"[]{}"))
_STEP: Final = {ord("["): 1, ord("{"): 1, ord("]"): -1, ord("}"): -1}


class _ConstantError(ValueError):
    """``NaN``, ``Infinity`` or ``-Infinity``, which the standard library would accept."""


def _refuse_constant(name: str) -> NoReturn:
    raise _ConstantError(name)


_DECODER: Final = json.JSONDecoder(parse_constant=_refuse_constant)
_JUDGE: Final = json.JSONDecoder(parse_constant=_refuse_constant, parse_int=float)
"""Its values do not count; unlike the other it takes integers of any length."""


def _parse_leniently(text: str) -> Any:
    """Parse what orjson refused."""
    if _nesting(text) <= _MAX_RECURSION and not _LONG_INTEGER.search(text):
        try:
            return _DECODER.decode(text)
        except json.JSONDecodeError as error:
            raise _error_at(_problem(error), text, error.pos) from None
        except (_ConstantError, RecursionError):
            # The first does not say where it is, the second is the caller's full stack.
            pass
    return _parse_with_marks(text)


def _problem(error: json.JSONDecodeError) -> str:
    return error.msg.removesuffix(" at")  # where it is, is said in another way


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


# -- What orjson refuses, marked ------------------------------------------------------------------

# A noncharacter, which no text is meant to have in it; one that has is read all the same. What
# follows it says what it stands for: `u` and `r` are a character that was escaped or raw, with its
# code, and a text of nothing else than `i` or `j` is an infinity, above or below 0.
_MARK: Final = "\ufdd0"
_MEANT: Final = {
    f"{_MARK}u": "\\u",
    f"{_MARK}r": "\\u",
    f'"{_MARK}i"': "Infinity",
    f'"{_MARK}j"': "-Infinity",
}

_RAW: Final = re.compile(f"[\ud800-\udfff{_MARK}]")

# Each pattern is for taking a text apart: into what is as it should be, and what may not be. It
# matches wherever it is tried: if it could fail, it would be tried again from every place after.
_ESCAPED: Final = re.compile(
    r"""
    ( [^\\]*+ (?: \\ (?:
        [^u]
        | u [dD][89abAB][0-9a-fA-F]{2} \\u [dD][c-fC-F][0-9a-fA-F]{2}  # a pair is a character
        | u (?! [dD][89a-fA-F] | [fF][dD][dD]0 )
    ) [^\\]*+ )*+ )
    ( \\u [0-9a-fA-F]{4} | \\ | \Z )
    """,
    re.VERBOSE,
)
_MAY_BE_ESCAPED: Final = re.compile(r"\\u(?:[dD][89a-fA-F]|[fF][dD][dD]0)")

# Below 200 digits and an exponent of 100 nothing is too large.
_LARGE_EXPONENT: Final = re.compile(r"[eE]\+?[0-9]{3}")
_MANY_DIGITS: Final = re.compile(r"[0-9]{200}")
_INFINITE: Final = re.compile(
    r"""
    ( [^"0-9-]*+ (?: (?:
        " [^"\\]*+ (?: \\. [^"\\]*+ )*+ "?
        | [-0-9][-+.0-9]{0,199}+ (?: [eE]-?[0-9]{1,2}+ )?+ (?! [-+.0-9eE] )
    ) [^"0-9-]*+ )*+ )
    ( [-0-9][-+.0-9eE]*+ (?: [ \t\n\r]*+ : )?+ | \Z )  # in the place of a key no text may stand
    """,
    re.VERBOSE | re.DOTALL,
)
_NUMBER: Final = re.compile(r"(-?)(?:0|[1-9][0-9]*+)(?:\.[0-9]++)?+(?:[eE][-+]?+[0-9]++)?+")


def _parse_with_marks(text: str) -> Any:
    plain = _RAW.sub(_raw_marked, text)
    if _MAY_BE_ESCAPED.search(plain):
        plain = _marked(plain, _ESCAPED, _escaped_marked)
    if _LARGE_EXPONENT.search(plain) or _MANY_DIGITS.search(plain):
        plain = _marked(plain, _INFINITE, _infinity_marked)
    try:
        document = orjson.loads(plain)
    except orjson.JSONDecodeError:
        raise _fault(text, plain) from None
    return _restored(document) if _MARK in plain else document


def _raw_marked(found: re.Match[str]) -> str:
    return f"{_MARK}r{ord(found[0]):04x}"


def _marked(text: str, apart: re.Pattern[str], mark: Callable[[str], str]) -> str:
    """Take a text apart and put it together again, with what may have to be marked."""
    pieces = apart.split(text)
    marks = {piece: mark(piece) for piece in set(pieces[2::3])}
    pieces[2::3] = map(marks.__getitem__, pieces[2::3])
    return "".join(pieces)


def _escaped_marked(piece: str) -> str:
    return f"{_MARK}{piece[1:].lower()}" if len(piece) > 1 else piece  # as long as it was


def _infinity_marked(piece: str) -> str:
    number = _NUMBER.fullmatch(piece)
    if not number or not math.isinf(float(piece)):
        return piece
    marked = f'"{_MARK}j"' if number[1] else f'"{_MARK}i"'
    return marked.ljust(len(piece))  # as long as it was: the shortest infinity is 2e308


def _restored(document: Any) -> Any:
    """Turn marks into what they stand for, everywhere in a document."""
    around = [document]
    containers: list[Any] = [around]
    places: list[tuple[Any, Any]] = []
    to_rename: list[dict[str, Any]] = []
    for container in containers:  # a queue: those inside of it are appended to it
        is_list = container.__class__ is list
        for key, value in enumerate(container) if is_list else container.items():
            kind = value.__class__
            if kind is str:
                if _MARK in value:
                    places.append((container, key))
            elif (kind is list or kind is dict) and value:
                containers.append(value)
        if not is_list and _MARK in "".join(container):
            to_rename.append(container)
    values = _unmarked([container[key] for container, key in places])
    for (container, key), value in zip(places, values, strict=True):
        container[key] = value
    _rename(to_rename)
    return around[0]


def _rename(containers: list[dict[str, Any]]) -> None:
    keys = iter(_unmarked([key for container in containers for key in container]))
    for container in containers:
        items = [(next(keys), value) for value in container.values()]
        container.clear()
        container.update(items)


def _unmarked(texts: list[str]) -> list[Any]:
    """Turn marks into what they stand for in many texts: the standard library reads what is."""
    written = json.dumps(texts, ensure_ascii=False)
    for mark, meant in _MEANT.items():
        written = written.replace(mark, meant)
    read: list[Any] = json.loads(written)
    return read


_ROOM: Final = " " * 4 * MAX_DEPTH
"""Without room behind it orjson may call a short text of many brackets too large for its memory."""


def _fault(text: str, plain: str) -> JsonError:
    """Say what is wrong with a text, as the standard library does, which says it best."""
    problem, offset = _place(plain)
    if _nesting(text) <= _MAX_RECURSION:
        try:
            _JUDGE.decode(text)
        except json.JSONDecodeError as error:
            return _error_at(_problem(error), text, error.pos)
        except _ConstantError as error:  # it does not say where
            problem, offset = "Expecting value", offset - (str(error) == "-Infinity")
        except RecursionError:  # the caller's stack is full
            pass
    return _error_at(problem, text, offset)


def _place(plain: str) -> tuple[str, int]:
    """Say what orjson says is wrong, and where that is in the text before it was marked."""
    problem, place = "Expecting value", len(plain)
    try:
        orjson.loads(plain + _ROOM)
    except orjson.JSONDecodeError as error:
        problem, place = error.msg[:1].upper() + error.msg[1:], min(error.pos, place)
    if _nesting(plain[: place + 1]) > MAX_DEPTH:
        problem, place = f"Nesting deeper than {MAX_DEPTH}", place - 1
    return problem, place - 5 * plain.count(f"{_MARK}r", 0, place)  # six characters, for one

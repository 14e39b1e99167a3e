"""Locations: at which line and column of a TOML text a key or a value stands.

The parser, `tomli`, keeps no positions. What it has read is scanned a second time, only when a
fault or an explanation has to name a place: the scan knows TOML's headers, keys, arrays, inline
tables and strings, and nothing of what they mean. It never fails: text that is no TOML just has
fewer places, and what has no place of its own stands where the thing around it stands.
"""

from __future__ import annotations

import bisect
import functools
import itertools
import re
import sys
from typing import TYPE_CHECKING, TypeAlias

import attrs

from launchfsm.engine.types import Location

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

KeyPath: TypeAlias = tuple[str | int, ...]
"""The way to a value: `("rule", 2, "when")`."""

_MOST_NESTED = 32
"""Rule files nest a handful deep; what is deeper has the place of what is around it."""

MOST_SOURCE = 400
"""Characters of a line that a location shows."""

_BLANKS = re.compile(r"[ \t]*")
_BLANK_LINES = re.compile(r"(?:[ \t\r\n]|#[^\n]*)*")
_LINE = re.compile(r"[^\n]*\n?")
_BARE_KEY = re.compile(r"[A-Za-z0-9_-]+")
_LONG_STRING = (
    r'"""(?:[^\\]|\\.)*?"{3,5}(?!")'  # up to two quotes may stand right before the closing three
    r"|'''.*?'{3,5}(?!')"
)
_SHORT_STRING = r'"[^"\\\n]*(?:\\.[^"\\\n]*)*"' r"|'[^'\n]*'"
_STRING = re.compile(f"{_LONG_STRING}|{_SHORT_STRING}", re.DOTALL)
_SCALAR = re.compile(r"[^,\]}#\n]*")
_NESTED = re.compile(rf"{_STRING.pattern}|#[^\n]*|[^\[\]{{}}\"'#]+|.", re.DOTALL)
_CLOSED = re.compile(
    rf"{_LONG_STRING}|(?!'{{3}}|\"{{3}})(?:{_SHORT_STRING})|#[^\n]*|[^\"'#]+", re.DOTALL
)
"""What is no beginning of a text that goes on for ever; two quotes before a third are no text."""
_LINE_END = re.compile(r"\r?\n")
_ESCAPE = re.compile(
    r"\\(?:u(?P<short>[0-9A-Fa-f]{4})|U(?P<long>[0-9A-Fa-f]{8})"
    r"|(?P<line_end>[ \t]*\r?\n[ \t\r\n]*)|.)",
    re.DOTALL,
)
_ESCAPED = {"b": "\b", "t": "\t", "n": "\n", "f": "\f", "r": "\r"}


def path_text(path: KeyPath) -> str:
    """A path as faults write it: `$.rule[2].when`; keys that are no bare ones in quotes."""
    return "$" + "".join(_step_text(step) for step in path)


def _step_text(step: str | int) -> str:
    if isinstance(step, str) and _BARE_KEY.fullmatch(step):
        return f".{step}"
    return f"[{step!r}]"


@attrs.frozen
class _Span:
    """Where a key and its value stand, as offsets into the text."""

    key: int
    key_end: int
    value: int
    value_end: int


class Positions:
    """The places of a TOML text by path.

    Args:
        file: The path of the file, to name in places.
        text: The text, which `tomli` has read or could not read.
    """

    def __init__(self, file: str, text: str) -> None:
        self.file = file
        self.text = text
        self.lines = text.split("\n")

    @functools.cached_property
    def _spans(self) -> Mapping[KeyPath, _Span]:
        return _Scanner(self.text).scan()

    def key(self, path: KeyPath) -> Location:
        """Where the key of a path stands, or else the thing around it."""
        span = self._nearest(path)
        return self.at(span.key, span.key_end)

    def value(self, path: KeyPath) -> Location:
        """Where the value of a path stands, or else the key of the thing around it."""
        span = self._spans.get(path)
        return self.key(path) if span is None else self.at(span.value, span.value_end)

    def inside(self, path: KeyPath, offset: int, length: int) -> Location:
        """A stretch of a string value, told in characters of what the string says.

        Args:
            path: The way to the string.
            offset: Characters before the stretch.
            length: Characters in the stretch.
        """
        span = self._spans.get(path)
        if span is None or not _STRING.match(self.text, span.value):
            return self.value(path)
        characters = _characters(self.text, span.value, span.value_end)
        offsets = [at for _, at in itertools.islice(characters, offset + length + 1)]
        offsets.append(span.value_end - _quotes(self.text, span.value))
        last = len(offsets) - 1
        return self.at(offsets[min(offset, last)], offsets[min(offset + length, last)])

    def unclosed(self) -> tuple[Location, str] | None:
        """Where a text begins that is never closed, and its quote; `None` when none does."""
        offset = 0
        while token := _CLOSED.match(self.text, offset):
            offset = token.end()
        if offset == len(self.text):
            return None
        quote = self.text[offset]
        quote *= 3 if self.text.startswith(quote * 3, offset) else 1
        line_end = self.text.find("\n", offset)
        return self.at(offset, len(self.text) if line_end < 0 else line_end), quote

    def at(self, start: int, end: int) -> Location:
        """The place between two offsets into the text, as far as it is on the first one's line."""
        line = bisect.bisect_right(self._starts, start) - 1
        return self._on_line(line, start - self._starts[line], end - start)

    def line(self, number: int, column: int = 1) -> Location:
        """The place of a line, counted from 1; of the last one when there are not as many."""
        return self._on_line(max(1, min(number, len(self.lines))) - 1, column - 1, 1)

    def _on_line(self, line: int, column: int, length: int) -> Location:
        source = self.lines[line].rstrip("\r")
        length = max(1, min(length, len(source) - column))
        first = 0
        if len(source) > MOST_SOURCE:
            first = max(0, min(column - MOST_SOURCE // 4, len(source) - MOST_SOURCE))
            source = source[first : first + MOST_SOURCE]
            length = max(1, min(length, first + len(source) - column))
        return Location(self.file, line + 1, column + 1, length, source, first)

    @functools.cached_property
    def _starts(self) -> list[int]:
        """The offset of each line."""
        lengths = (len(line) + 1 for line in self.lines[:-1])
        return list(itertools.accumulate(lengths, initial=0))

    def _nearest(self, path: KeyPath) -> _Span:
        while path not in self._spans:
            path = path[:-1]
        return self._spans[path]


class _Scanner:
    """Goes over a text once and notes where things stand, in `spans`."""

    def __init__(self, text: str) -> None:
        self.text = text
        self.offset = 0
        self.spans: dict[KeyPath, _Span] = {(): _Span(0, 0, 0, 0)}
        self.last_item: dict[KeyPath, int] = {}

    def scan(self) -> Mapping[KeyPath, _Span]:
        """Everything that the text has a place for."""
        prefix: KeyPath = ()
        while self._skip(_BLANK_LINES) < len(self.text):
            if self._at("["):
                prefix = self._header()
            else:
                self._pair(prefix)
            self._skip(_LINE)
        return self.spans

    def _header(self) -> KeyPath:
        """`[a.b]` or `[[a.b]]`: the path that the lines below it are under."""
        start, brackets = self.offset, 2 if self._at("[[") else 1
        self.offset += brackets
        keys = self._keys()
        span = _Span(start, self.offset + brackets, start, self.offset + brackets)
        path: KeyPath = ()
        for depth, (name, _, _) in enumerate(keys, start=1):
            path = (*path, name)
            self._note(path, span)
            if brackets == 2 and depth == len(keys):  # noqa: PLR2004 - as in `[[`
                self.last_item[path] = self.last_item.get(path, -1) + 1
            if path in self.last_item:
                path = (*path, self.last_item[path])
                self._note(path, span)
        return path

    def _pair(self, prefix: KeyPath) -> None:
        """`key = value`, the key perhaps dotted."""
        keys = self._keys()
        if not keys or not self._at("="):
            return
        self.offset += 1
        value = self._value((*prefix, *(name for name, _, _ in keys)))
        path = prefix
        for name, start, end in keys:
            path = (*path, name)
            self._note(path, _Span(start, end, *value))

    def _keys(self) -> list[tuple[str, int, int]]:
        """The parts of a dotted key, each with where it starts and ends."""
        keys: list[tuple[str, int, int]] = []
        while True:
            start = self._skip(_BLANKS)
            if bare := _BARE_KEY.match(self.text, start):
                keys.append((bare[0], *bare.span()))
            elif string := _STRING.match(self.text, start):
                name = "".join(char for char, _ in _characters(self.text, *string.span()))
                keys.append((name, *string.span()))
            else:
                break
            self.offset = keys[-1][2]
            self._skip(_BLANKS)
            if not self._at("."):
                break
            self.offset += 1
        return keys[:_MOST_NESTED]

    def _value(self, path: KeyPath) -> tuple[int, int]:
        """Goes over a value; where it starts and ends."""
        start = self._skip(_BLANKS)
        if string := _STRING.match(self.text, start):
            self.offset = string.end()
        elif self._at("[", "{") and len(path) >= _MOST_NESTED:
            self._skip_nested()
        elif self._at("["):
            self._array(path)
        elif self._at("{"):
            self._inline_table(path)
        else:
            scalar = _SCALAR.match(self.text, start)
            found = scalar[0] if scalar else ""
            self.offset = start + len(found)
            return start, start + len(found.rstrip())
        return start, self.offset

    def _array(self, path: KeyPath) -> None:
        self.offset += 1
        for index in itertools.count():
            before = self._skip(_BLANK_LINES)
            if self._at("]"):
                self.offset += 1
                return
            start, end = self._value((*path, index))
            self._note((*path, index), _Span(start, end, start, end))
            if not self._goes_on(before):
                return

    def _inline_table(self, path: KeyPath) -> None:
        self.offset += 1
        while True:
            before = self._skip(_BLANK_LINES)
            if self._at("}"):
                self.offset += 1
                return
            self._pair(path)
            if not self._goes_on(before):
                return

    def _goes_on(self, before: int) -> bool:
        """Past a comma; False when there was nothing to go past, which TOML does not have."""
        self._skip(_BLANK_LINES)
        if self._at(","):
            self.offset += 1
        return self.offset > before

    def _skip_nested(self) -> None:
        depth = 0
        while token := _NESTED.match(self.text, self.offset):
            self.offset = token.end()
            depth += (token[0] in "[{") - (token[0] in "]}")
            if depth == 0:
                return

    def _at(self, *marks: str) -> bool:
        return self.text.startswith(marks, self.offset)

    def _skip(self, pattern: re.Pattern[str]) -> int:
        """Go to the end of what a pattern matches here; the new offset."""
        if found := pattern.match(self.text, self.offset):
            self.offset = found.end()
        return self.offset

    def _note(self, path: KeyPath, span: _Span) -> None:
        self.spans.setdefault(path, span)


def _quotes(text: str, start: int) -> int:
    return 3 if text.startswith(('"""', "'''"), start) else 1


def _characters(text: str, start: int, end: int) -> Iterator[tuple[str, int]]:
    """What a string between two offsets says: each character, and the offset it is written at."""
    quotes, literal = _quotes(text, start), text[start] == "'"
    at, end = start + quotes, end - quotes
    if quotes > 1 and (line_end := _LINE_END.match(text, at)):
        at = line_end.end()  # TOML drops a line end right behind the opening quotes
    while at < end:
        escape = None if literal else _ESCAPE.match(text, at, end)
        line_end = _LINE_END.match(text, at, end)
        if escape is None:
            yield ("\n" if line_end else text[at]), at
        elif escape["line_end"] is None:
            yield _unescaped(escape), at
        found = escape or line_end
        at = found.end() if found else at + 1


def _unescaped(escape: re.Match[str]) -> str:
    digits = escape["short"] or escape["long"]
    if digits is None:
        return _ESCAPED.get(escape[0][1], escape[0][1])
    return chr(min(int(digits, 16), sys.maxunicode))

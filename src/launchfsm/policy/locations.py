"""Locations: a rule file's text, and at which line and column of it a key or a value stands.

The parser, `tomli`, keeps no positions, so the text is scanned a second time, only when a fault or
an explanation names a place. The scan never fails: what it finds no place for stands where the
thing around it stands.
"""

from __future__ import annotations

import bisect
import functools
import itertools
import re
import sys
from collections.abc import Iterator
from typing import TypeAlias

from launchfsm.engine.text import literal
from launchfsm.engine.types import Location

KeyPath: TypeAlias = tuple[str | int, ...]
"""The way to a value: `("rule", 2, "when")`."""

_Stretch: TypeAlias = tuple[int, int]
"""Where something starts and ends, as offsets into the text."""

_MOST_NESTED = 32
"""Rule files nest a handful deep; what is deeper has the place of what is around it."""

MOST_SOURCE = 400
"""Characters of a line that a location shows."""

_BLANKS = re.compile(r"[ \t]*")
_BLANK_LINES = re.compile(r"(?:[ \t\r\n]|#[^\n]*)*")
_LINE = re.compile(r"[^\n]*\n?")
BARE_KEY = re.compile(r"[A-Za-z0-9_-]+")
_LONG_STRING = (
    r'"""(?:[^\\]|\\.)*?"{3,5}(?!")'  # up to two quotes may stand right before the closing three
    r"|'''.*?'{3,5}(?!')"
)
_SHORT_STRING = r'"[^"\\\n]*(?:\\.[^"\\\n]*)*"' r"|'[^'\n]*'"
_STRING = re.compile(f"{_LONG_STRING}|{_SHORT_STRING}", re.DOTALL)
_PART = re.compile(rf"{BARE_KEY.pattern}|{_SHORT_STRING}")
_KEY = re.compile(rf"(?:{_PART.pattern})(?:[ \t]*\.[ \t]*(?:{_PART.pattern}))*[ \t]*")
_SCALAR = re.compile(r"[^,\]}#\n]*")
_TOKEN = re.compile(
    rf"{_LONG_STRING}|(?!'{{3}}|\"{{3}})(?:{_SHORT_STRING})|#[^\n]*|[^\[\]{{}}\"'#]+|.", re.DOTALL
)
"""A quote alone begins a text that is never closed; two before a third are no text."""
_LINE_END = re.compile(r"\r?\n")
_ESCAPE = re.compile(
    r"\\(?:u(?P<short>[0-9A-Fa-f]{4})|U(?P<long>[0-9A-Fa-f]{8})"
    r"|(?P<line_end>[ \t]*\r?\n[ \t\r\n]*)|.)",
    re.DOTALL,
)
_ESCAPED = {"b": "\b", "t": "\t", "n": "\n", "f": "\f", "r": "\r"}


def path_text(path: KeyPath) -> str:
    """A path as faults write it: `$.rule[2].when`; keys that are no bare ones in quotes."""
    bare = (isinstance(step, str) and BARE_KEY.fullmatch(step) for step in path)
    steps = zip(path, bare, strict=True)
    return "$" + "".join(f".{step}" if is_bare else f"[{literal(step)}]" for step, is_bare in steps)


class RuleFile:
    """One TOML file of a policy, at its path as faults name it, and where things stand in it."""

    def __init__(self, path: str, text: str) -> None:
        self.path = path
        self.text = text

    def key(self, path: KeyPath) -> Location:
        """Where the key of a path stands, or else the thing around it."""
        while path not in self._places:
            path = path[:-1]
        return self.at(*self._places[path][0])

    def value(self, path: KeyPath) -> Location:
        """Where the value of a path stands, or else the key of the thing around it."""
        found = self._places.get(path)
        return self.at(*found[1]) if found else self.key(path)

    def inside(self, path: KeyPath, offset: int, length: int) -> Location:
        """A stretch of a string value, told in characters of what the string says."""
        found = self._places.get(path)
        if found is None or not _STRING.match(self.text, found[1][0]):
            return self.value(path)
        start, end = found[1]
        characters = _characters(self.text, start, end)
        offsets = [at for _, at in itertools.islice(characters, offset + length + 1)]
        offsets.append(end - _quotes(self.text, start))
        last = len(offsets) - 1
        return self.at(offsets[min(offset, last)], offsets[min(offset + length, last)])

    def unclosed(self) -> tuple[Location, str] | None:
        """Where a text begins that is never closed, and its quote; `None` when none does."""
        tokens = _TOKEN.finditer(self.text)
        offset = next((found.start() for found in tokens if found[0] in {"'", '"'}), None)
        if offset is None:
            return None
        line_end = self.text.find("\n", offset)
        place = self.at(offset, len(self.text) if line_end < 0 else line_end)
        return place, self.text[offset] * _quotes(self.text, offset)

    def at(self, start: int, end: int) -> Location:
        """The place between two offsets into the text, as far as it is on the first one's line."""
        line = bisect.bisect_right(self._starts, start) - 1
        return self._on_line(line, start - self._starts[line], end - start)

    def line(self, number: int, column: int = 1) -> Location:
        """The place of a line, counted from 1; of the last one when there are not as many."""
        return self._on_line(max(1, min(number, len(self._lines))) - 1, column - 1, 1)

    def _on_line(self, line: int, column: int, length: int) -> Location:
        source = self._lines[line].rstrip("\r")
        length = max(1, min(length, len(source) - column))
        first = 0
        if len(source) > MOST_SOURCE:
            first = max(0, min(column - MOST_SOURCE // 4, len(source) - MOST_SOURCE))
            source = source[first : first + MOST_SOURCE]
            length = max(1, min(length, first + len(source) - column))
        return Location(self.path, line + 1, column + 1, length, source, first)

    @functools.cached_property
    def _lines(self) -> list[str]:
        return self.text.split("\n")

    @functools.cached_property
    def _starts(self) -> list[int]:
        """The offset of each line."""
        lengths = (len(line) + 1 for line in self._lines[:-1])
        return list(itertools.accumulate(lengths, initial=0))

    @functools.cached_property
    def _places(self) -> dict[KeyPath, tuple[_Stretch, _Stretch]]:
        return _Scanner(self.text).scan()


class _Scanner:
    """Goes over a text once, and notes where keys and values stand.

    It knows TOML's headers, keys, arrays, inline tables and strings, and nothing of what they mean.
    """

    def __init__(self, text: str) -> None:
        self.text = text
        self.offset = 0
        self.places: dict[KeyPath, tuple[_Stretch, _Stretch]] = {(): ((0, 0), (0, 0))}
        self.last_item: dict[KeyPath, int] = {}

    def scan(self) -> dict[KeyPath, tuple[_Stretch, _Stretch]]:
        """Of each path where its key stands, and where its value does."""
        prefix: KeyPath = ()
        while self._skip(_BLANK_LINES) < len(self.text):
            if self._at("["):
                prefix = self._header()
            else:
                self._pair(prefix)
            self._skip(_LINE)
        return self.places

    def _header(self) -> KeyPath:
        """`[a.b]` or `[[a.b]]`: the path that the lines below it are under."""
        start, brackets = self.offset, 2 if self._at("[[") else 1
        self.offset += brackets
        keys = self._keys()
        stretch = start, self.offset + brackets
        path: KeyPath = ()
        for depth, (name, _) in enumerate(keys, start=1):
            path = (*path, name)
            self.places.setdefault(path, (stretch, stretch))
            if brackets == 2 and depth == len(keys):  # noqa: PLR2004 - as in `[[`
                self.last_item[path] = self.last_item.get(path, -1) + 1
            if path in self.last_item:
                path = (*path, self.last_item[path])
                self.places.setdefault(path, (stretch, stretch))
        return path

    def _pair(self, prefix: KeyPath) -> None:
        """`key = value`, the key perhaps dotted."""
        keys = self._keys()
        if keys and self._at("="):
            self.offset += 1
            value = self._value((*prefix, *(name for name, _ in keys)))
            for name, key in keys:
                prefix = (*prefix, name)
                self.places.setdefault(prefix, (key, value))

    def _keys(self) -> list[tuple[str, _Stretch]]:
        """The parts of a dotted key, each with where it stands."""
        found = _KEY.match(self.text, self._skip(_BLANKS))
        if found is None:
            return []
        self.offset = found.end()
        keys: list[tuple[str, _Stretch]] = []
        for part in itertools.islice(_PART.finditer(self.text, *found.span()), _MOST_NESTED):
            name = part[0]
            if name[0] in "\"'":
                name = "".join(char for char, _ in _characters(self.text, *part.span()))
            keys.append((name, part.span()))
        return keys

    def _value(self, path: KeyPath) -> _Stretch:
        """Goes over a value; where it stands."""
        start = self._skip(_BLANKS)
        if string := _STRING.match(self.text, start):
            self.offset = string.end()
        elif self._at("[", "{") and len(path) >= _MOST_NESTED:
            depth = 0
            while token := _TOKEN.match(self.text, self.offset):
                self.offset = token.end()
                depth += (token[0] in "[{") - (token[0] in "]}")
                if depth == 0:
                    break
        elif self._at("["):
            self._items(path, "]")
        elif self._at("{"):
            self._items(path, "}")
        else:
            return start, start + len(self.text[start : self._skip(_SCALAR)].rstrip())
        return start, self.offset

    def _items(self, path: KeyPath, closing: str) -> None:
        """Goes over the items of an array, or the pairs of an inline table."""
        self.offset += 1
        for index in itertools.count():
            before = self._skip(_BLANK_LINES)
            if self._at(closing):
                self.offset += 1
                return
            if closing == "]":
                item = self._value((*path, index))
                self.places.setdefault((*path, index), (item, item))
            else:
                self._pair(path)
            self._skip(_BLANK_LINES)
            if self._at(","):
                self.offset += 1
            if self.offset == before:  # which TOML does not have
                return

    def _at(self, *marks: str) -> bool:
        return self.text.startswith(marks, self.offset)

    def _skip(self, pattern: re.Pattern[str]) -> int:
        """Go to the end of what a pattern matches here; the new offset."""
        if found := pattern.match(self.text, self.offset):
            self.offset = found.end()
        return self.offset


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
        elif digits := escape["short"] or escape["long"]:
            yield chr(min(int(digits, 16), sys.maxunicode)), at
        elif escape["line_end"] is None:
            yield _ESCAPED.get(escape[0][1], escape[0][1]), at
        found = escape or line_end
        at = found.end() if found else at + 1

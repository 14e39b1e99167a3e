"""Positions: at which line and column of a TOML text a JSON path stands.

The standard `tomllib` keeps no positions. Rule files use a narrow part of TOML (headers, keys,
inline tables), so a scan of the text's own lines is enough to point an author at the right place;
where the scan knows no better it points at the nearest enclosing key or header.

Here: that scan. Not here: parsing (`tomllib`), or faults (`faults`).
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import attrs

from launchfsm.policy.faults import Place

if TYPE_CHECKING:
    from collections.abc import Iterator

_HEADER = re.compile(r"^\s*(\[\[?)\s*([\w.\-]+)\s*\]\]?\s*(?:#.*)?$")
_KEY = re.compile(r"""^\s*(?:([\w\-]+)|"([^"\\]+)")\s*=\s*""")
_STRING = re.compile(
    r'"""(?:[^\\]|\\.)*?"""|\'\'\'.*?\'\'\'|"(?:[^"\\\n]|\\.)*"|\'[^\'\n]*\'|#[^\n]*', re.DOTALL
)


@attrs.frozen
class _Value:
    """Where one key and its value stand, as offsets into the text."""

    key: int
    start: int
    end: int


class Positions:
    """The places of a TOML text by JSON path.

    Args:
        file: The path to name in places.
        text: The text, which `tomllib` has read or will.
    """

    def __init__(self, file: str, text: str) -> None:
        self.file = file
        self.text = text
        self.lines = text.split("\n")
        self._values: dict[str, _Value] = {}
        for path, value in _scan(text):
            self._values.setdefault(path, value)

    def key(self, path: str) -> Place:
        """Where the key of a path stands, or the nearest thing around it."""
        value, exact = self._nearest(path)
        name = re.split(r"[.\[]", path)[-1]
        start = value.key
        if not exact and (found := self._inside(value, name)) is not None:
            start = found
        length = len(name) if exact and self.text.startswith(name, start) else 1
        if not exact and start != value.key:
            length = len(name)
        return self.at(start, length)

    def value(self, path: str) -> Place:
        """Where the value of a path starts, underlined to its end on that line."""
        value, exact = self._nearest(path)
        if not exact:
            return self.key(path)
        first_line = self.text[value.start : value.end].split("\n", 1)[0].rstrip()
        return self.at(value.start, max(1, len(first_line)))

    def inside(self, path: str, line: int, column: int, length: int) -> Place:
        """A place inside a string value: a line and a column of its content."""
        value, exact = self._nearest(path)
        if not exact:
            return self.key(path)
        text = self.text[value.start : value.end]
        skip = 3 if text.startswith(('"""', "'''")) else 1
        if text[skip : skip + 1] == "\n" and skip > 1:
            skip += 1  # TOML drops a line end right behind the opening quotes
        start = value.start + skip
        for _ in range(line):
            start = self.text.find("\n", start) + 1
        return self.at(start + column, length)

    def at(self, offset: int, length: int = 1) -> Place:
        """The place of an offset into the text."""
        offset = max(0, min(offset, len(self.text)))
        line = self.text.count("\n", 0, offset)
        column = offset - (self.text.rfind("\n", 0, offset) + 1)
        return Place(self.file, line + 1, column + 1, length, self.lines[line].rstrip("\r"))

    def line(self, number: int, column: int = 1) -> Place:
        """The place of a line, counted from 1."""
        number = max(1, min(number, len(self.lines)))
        return Place(self.file, number, column, 1, self.lines[number - 1].rstrip("\r"))

    def _nearest(self, path: str) -> tuple[_Value, bool]:
        wanted = path
        while wanted and wanted not in self._values:
            wanted = re.sub(r"(\.[^.\[\]]+|\[\d+\])$", "", wanted) if wanted != "$" else ""
        found = self._values.get(wanted, _Value(0, 0, 0))
        return found, wanted == path

    def _inside(self, value: _Value, name: str) -> int | None:
        match = re.search(rf"\b{re.escape(name)}\b", self.text[value.start : value.end])
        return value.start + match.start() if match and name else None


def _scan(text: str) -> Iterator[tuple[str, _Value]]:
    """Every header and every key of the text, as (JSON path, where)."""
    prefix, offset = "$", 0
    counts: dict[str, int] = {}
    while offset < len(text):
        end = text.find("\n", offset)
        end = len(text) if end < 0 else end
        line = text[offset:end]
        if header := _HEADER.match(line):
            prefix = _header_path(header[1], header[2], counts)
            yield prefix, _Value(offset + header.start(1), offset + header.start(1), end)
        elif key := _KEY.match(line):
            name = key[1] or key[2]
            start = offset + key.end()
            end = _value_end(text, start)
            at = offset + key.start(1 if key[1] else 2)
            yield f"{prefix}.{name}", _Value(at, start, end)
        offset = end + 1


def _header_path(bracket: str, name: str, counts: dict[str, int]) -> str:
    """`$.rule[2].test[0]` for the n-th `[[rule.test]]` under the last `[[rule]]`."""
    path = "$"
    parts = name.split(".")
    for depth, part in enumerate(parts):
        path = f"{path}.{part}"
        last = depth == len(parts) - 1
        if bracket == "[[" and last:
            counts[path] = counts.get(path, -1) + 1
        if path in counts:
            path = f"{path}[{counts[path]}]"
    return path


def _value_end(text: str, start: int) -> int:
    """Where a value ends: the end of the line on which its brackets and strings are closed."""
    depth, offset = 0, start
    while offset < len(text):
        if string := _STRING.match(text, offset):
            offset = string.end()
            continue
        char = text[offset]
        if char in "[{":
            depth += 1
        elif char in "]}":
            depth -= 1
        elif char == "\n" and depth <= 0:
            return offset
        offset += 1
    return len(text)

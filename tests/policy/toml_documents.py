"""TOML documents that know where they wrote everything: a strategy for tests of positions.

A document is written piece by piece, in styles that hypothesis chooses, and every piece notes its
offset. What `tomllib` reads of it is noted too, so that the writer itself is checked.
"""

from __future__ import annotations

import string
from typing import Any

from attrs import define, field
from hypothesis import strategies as st

from launchfsm.policy.locations import KeyPath

BARE = string.ascii_letters + string.digits + "_-"
PRINTABLE = st.characters(codec="utf-8", exclude_categories=["Cc", "Cs"])
TEXTS = st.text(st.one_of(PRINTABLE, st.sampled_from("\n\t\"'\\#[]{}=,é\x00")), max_size=8)
NAMES = st.one_of(
    st.text(BARE, min_size=1, max_size=6), TEXTS.filter(lambda text: "\n" not in text)
)


@define
class Located:
    """One key and its value: stretches of the text, and of a string where each character stands."""

    key: tuple[int, int]
    value: tuple[int, int]
    characters: list[int] = field(factory=list)


@define
class TomlDocument:
    """A text, what it says, and where it says it."""

    text: str = ""
    says: dict[str, Any] = field(factory=dict)
    places: dict[KeyPath, Located] = field(factory=dict)


class _Writer:
    def __init__(self, draw: st.DrawFn) -> None:
        self.draw = draw
        self.line_end = draw(st.sampled_from(["\n", "\r\n"]))
        self.document = TomlDocument()

    def put(self, piece: str) -> tuple[int, int]:
        start = len(self.document.text)
        self.document.text += piece
        return start, len(self.document.text)

    def blanks(self) -> None:
        self.put(self.draw(st.sampled_from(["", "", " ", "\t ", "   "])))

    def gap(self, *, lines: bool) -> None:
        """Space between the parts of a value; over several lines and with comments if allowed."""
        self.blanks()
        if lines and self.draw(st.booleans()):
            self.put(self.draw(st.sampled_from(["", "# ] } \" ' é, a = 1"])) + self.line_end)
            self.blanks()

    def end_line(self) -> None:
        self.blanks()
        self.put(self.draw(st.sampled_from(["", "", '# [x] = """ \''])) + self.line_end)

    # -- Keys ------------------------------------------------------------------------------------

    def key(self, name: str) -> tuple[int, int]:
        if name and set(name) <= set(BARE) and self.draw(st.integers(0, 3)):
            return self.put(name)
        if "'" not in name and all(char == "\t" or char.isprintable() for char in name):
            quoted = f"'{name}'"
            if self.draw(st.booleans()):
                return self.put(quoted)
        return self.put('"' + "".join(_escaped(char) for char in name) + '"')

    def pair(self, names: list[str], prefix: KeyPath, into: dict[str, Any], depth: int) -> None:
        spans = []
        for index, name in enumerate(names):
            if index:
                self.blanks()
                self.put(".")
                self.blanks()
            spans.append(self.key(name))
        self.blanks()
        self.put("=")
        self.blanks()
        path = (*prefix, *names)
        value, characters, says = self.value(path, depth)
        for index, span in enumerate(spans, start=len(prefix) + 1):
            own = characters if index == len(path) else []
            self.document.places[path[:index]] = Located(span, value, own)
        for name in names[:-1]:
            into = into.setdefault(name, {})
        into[names[-1]] = says

    def pairs(self, prefix: KeyPath, into: dict[str, Any], used: set[str]) -> None:
        for name in self.draw(st.lists(NAMES, max_size=3, unique=True)):
            if name in used:
                continue
            used.add(name)
            dotted = self.draw(st.sampled_from([[], [], ["x"], ["x", "é y"]]))
            self.blanks()
            self.pair([name, *dotted], prefix, into, 0)
            self.end_line()

    # -- Values ----------------------------------------------------------------------------------

    def value(self, path: KeyPath, depth: int) -> tuple[tuple[int, int], list[int], Any]:
        kind = self.draw(st.sampled_from(["scalar", "string", "string", "array", "inline"]))
        start = len(self.document.text)
        characters: list[int] = []
        says: Any
        if kind == "string":
            characters, says = self.string(self.draw(TEXTS))
        elif kind == "array" and depth < 3:
            says = self.array(path, depth)
        elif kind == "inline" and depth < 3:
            says = self.inline_table(path, depth)
        else:
            written, says = self.draw(st.sampled_from([("12", 12), ("-3.5", -3.5), ("true", True)]))
            self.put(written)
        return (start, len(self.document.text)), characters, says

    def array(self, path: KeyPath, depth: int) -> list[Any]:
        says = []
        self.put("[")
        for index in range(self.draw(st.integers(0, 3))):
            self.gap(lines=True)
            span, characters, item = self.value((*path, index), depth + 1)
            self.document.places[*path, index] = Located(span, span, characters)
            says.append(item)
            self.gap(lines=True)
            self.put(",")
        self.gap(lines=True)
        self.put("]")
        return says

    def inline_table(self, path: KeyPath, depth: int) -> dict[str, Any]:
        says: dict[str, Any] = {}
        self.put("{")
        for index, name in enumerate(self.draw(st.lists(NAMES, max_size=3, unique=True))):
            if index:
                self.put(",")
            self.blanks()
            self.pair([name], path, says, depth + 1)
            self.blanks()
        self.put("}")
        return says

    def string(self, text: str) -> tuple[list[int], str]:
        styles = ["basic", "lines"]
        if "'" not in text and all(char in "\t\n" or char.isprintable() for char in text):
            styles += ["literal lines"] + ([] if "\n" in text else ["literal"])
        style = self.draw(st.sampled_from(styles))
        quotes = {"basic": '"', "lines": '"""', "literal": "'", "literal lines": "'''"}[style]
        self.put(quotes)
        if "lines" in style and (text.startswith("\n") or self.draw(st.booleans())):
            self.put(self.line_end)  # which is no part of the string
        characters = []
        for char in text:
            if style == "lines" and char not in " \t\n" and self.draw(st.integers(0, 7)) == 0:
                self.put(f"\\{self.line_end}  ")  # neither is that, with the blanks after it
            characters.append(len(self.document.text))
            self.put(self.character(char, style))
        characters.append(len(self.document.text))
        self.put(quotes)
        return characters, text

    def character(self, char: str, style: str) -> str:
        if char == "\n" and "lines" in style:
            return self.line_end
        return char if "literal" in style else _escaped(char)


def _escaped(char: str) -> str:
    if char in '"\\':
        return f"\\{char}"
    if char == "\n":
        return "\\n"
    return char if char == "\t" or char.isprintable() else f"\\U{ord(char):08x}"


@st.composite
def toml_documents(draw: st.DrawFn) -> TomlDocument:
    """A document with pairs, tables, arrays of tables and tables inside those."""
    writer = _Writer(draw)
    says = writer.document.says
    used: set[str] = set()
    writer.pairs((), says, used)
    for name in draw(st.lists(NAMES, max_size=3, unique=True)):
        if name in used:
            continue
        items = draw(st.integers(0, 2))
        _section(writer, name, items)
    return writer.document


def _section(writer: _Writer, name: str, items: int) -> None:
    """`[name]`, or with items `[[name]]` as often, each with a `[[name.sub]]`."""
    says = writer.document.says
    if not items:
        _header(writer, [name], "[", "]", (name,))
        writer.pairs((name,), says.setdefault(name, {}), set())
        return
    for index in range(items):
        _header(writer, [name], "[[", "]]", (name, index))
        table: dict[str, Any] = {}
        says.setdefault(name, []).append(table)
        used = {"sub"}
        writer.pairs((name, index), table, used)
        _header(writer, [name, "sub"], "[[", "]]", (name, index, "sub", 0))
        inner: dict[str, Any] = {}
        table["sub"] = [inner]
        writer.pairs((name, index, "sub", 0), inner, set())


def _header(writer: _Writer, names: list[str], opening: str, closing: str, path: KeyPath) -> None:
    start, _ = writer.put(opening)
    for index, name in enumerate(names):
        if index:
            writer.put(".")
        writer.blanks()
        writer.key(name)
        writer.blanks()
    _, end = writer.put(closing)
    writer.document.places[path] = Located((start, end), (start, end))
    writer.end_line()

"""Faults: what is wrong with a rule file, where, and what to do about it.

Here: one fault, the error that carries all of a policy's, and how they read.
Not here: finding them (`documents`, `merging`, `checking`), or where a key stands (`positions`).
"""

from __future__ import annotations

import unicodedata
from typing import TYPE_CHECKING

import attrs

if TYPE_CHECKING:
    from collections.abc import Iterable

# A rule file may hold, or spell with escapes, what would move a terminal's cursor or turn its text
# around: control characters are shown as their pictures, the others as a replacement.
_PICTURES = {code: 0x2400 + code for code in range(0x20) if chr(code) not in "\t\n"} | {
    0x7F: 0x2421
}
_UNSHOWN = [*range(0x80, 0xA0), *range(0x202A, 0x202F), *range(0x2066, 0x206A)]
_SHOWABLE = _PICTURES | dict.fromkeys(_UNSHOWN, 0xFFFD)


@attrs.frozen
class Place:
    """A stretch of a rule file.

    Attributes:
        file: The file's path as the caller spelled it.
        line: From 1.
        column: From 1, in characters.
        length: Characters to underline, at least 1.
        source: The line's own text, for the caret.
    """

    file: str
    line: int
    column: int = 1
    length: int = 1
    source: str = ""

    def text(self) -> str:
        """`file:line:column`, which editors and terminals make a link of."""
        return f"{self.file}:{self.line}:{self.column}"

    def order(self) -> tuple[str, int, int]:
        """Sorts places by file, and in a file from its top."""
        return self.file, self.line, self.column

    def caret(self) -> str:
        """The line and, under it, the underlined stretch; empty when the line is not known."""
        if not self.source:
            return ""
        start = self.column - 1
        indent = "".join(
            "\t" if char == "\t" else " " * _cells(char) for char in self.source[:start]
        )
        under = sum(_cells(char) for char in self.source[start : start + self.length])
        return f"    {self.source}\n    {indent}{'^' * max(1, under)}"


def _cells(char: str) -> int:
    """How many columns of a terminal a character takes."""
    if unicodedata.combining(char):
        return 0
    return 2 if unicodedata.east_asian_width(char) in {"W", "F"} else 1


@attrs.frozen
class Problem:
    """What is wrong with a text of a rule file, and where in the text.

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
class Diagnostic:
    """One thing that is wrong in a policy.

    Attributes:
        code: A stable name such as `unknown-fact`, for tools and annotations.
        message: What is wrong, why, and what to do.
        place: Where.
        path: The JSON path inside the document, such as `$.rule[2].when`.
        related: Another place that the message speaks of, when there are two.
    """

    code: str
    message: str
    place: Place
    path: str = "$"
    related: Place | None = None

    def text(self) -> str:
        """The fault as a compiler would print it: place, message, line and caret."""
        lines = [f"{self.place.text()}: {self.message} [{self.code}]", self.place.caret()]
        if self.related is not None:
            lines += [f"  see {self.related.text()}", self.related.caret()]
        return "\n".join(line for line in lines if line).translate(_SHOWABLE)


class PolicyError(ValueError):
    """A policy cannot be loaded.

    Attributes:
        faults: Everything that is wrong with it, by file, and in a file from its top.
    """

    def __init__(self, faults: Iterable[Diagnostic]) -> None:
        self.faults = tuple(sorted(faults, key=lambda fault: fault.place.order()))
        super().__init__(self.faults)

    def __str__(self) -> str:
        count = len(self.faults)
        head = f"{count} {'fault' if count == 1 else 'faults'} in the policy"
        return "\n".join([head, *(fault.text() for fault in self.faults)])

"""Faults: what is wrong with a rule file, where, and what to do about it.

Here: one fault, the error that carries all of a policy's, and how they read.
Not here: finding them (`loading`, `conditions`) or where a key stands (`positions`).
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import attrs

if TYPE_CHECKING:
    from collections.abc import Iterable


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

    def caret(self) -> str:
        """The line and, under it, the underlined stretch; empty when the line is not known."""
        if not self.source:
            return ""
        indent = "".join("\t" if char == "\t" else " " for char in self.source[: self.column - 1])
        return f"    {self.source}\n    {indent}{'^' * max(1, self.length)}"


@attrs.frozen
class Fault:
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
        head = f"{self.place.text()}: {self.message} [{self.code}]"
        lines = [head, self.place.caret()]
        if self.related is not None:
            lines += [f"  see {self.related.text()}", self.related.caret()]
        return "\n".join(line for line in lines if line)


class PolicyError(ValueError):
    """A policy cannot be loaded; `faults` has everything that is wrong with it, in file order."""

    def __init__(self, faults: Iterable[Fault]) -> None:
        self.faults = tuple(faults)
        count = len(self.faults)
        head = f"{count} {'fault' if count == 1 else 'faults'} in the policy"
        super().__init__("\n".join([head, *(fault.text() for fault in self.faults)]))

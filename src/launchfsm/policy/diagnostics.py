"""Diagnostics: what is wrong with a rule file, where, and what to do about it."""

from __future__ import annotations

import unicodedata
from typing import TYPE_CHECKING

import attrs

from launchfsm.engine.text import pictured, visible
from launchfsm.engine.types import Location
from launchfsm.errors import LaunchfsmError

if TYPE_CHECKING:
    from collections.abc import Iterable


def caret(location: Location) -> str:
    """The line and, under it, the underlined stretch; empty when the line is not known."""
    if not location.source:
        return ""
    start = location.column - 1 - location.skipped
    before, stretch = location.source[:start], location.source[start : start + location.length]
    indent = "".join("\t" if char == "\t" else " " * _cells(char) for char in before)
    under = sum(_cells(char) for char in stretch)
    return f"    {pictured(location.source)}\n    {indent}{'^' * max(1, under)}"


def _cells(char: str) -> int:
    """How many columns of a terminal a character takes."""
    if unicodedata.combining(char):
        return 0
    return 2 if unicodedata.east_asian_width(char) in {"W", "F"} else 1


@attrs.frozen
class Diagnostic:
    """One thing that is wrong in a policy.

    Attributes:
        code: A stable name such as `unknown-fact`, for tools and annotations.
        message: What is wrong, why, and what to do.
        location: Where.
        path: The JSON path inside the document, such as `$.rule[2].when`.
        related: Another place that the message speaks of, when there are two.
    """

    code: str
    message: str
    location: Location
    path: str = "$"
    related: Location | None = None

    def text(self) -> str:
        """The fault as a compiler would print it: place, message, line and caret."""
        head = visible(f"{self.location.text()}: {self.message} [{self.code}]")
        lines = [head, caret(self.location)]
        if self.related is not None:
            lines += [f"  see {visible(self.related.text())}", caret(self.related)]
        return "\n".join(line for line in lines if line)


class PolicyError(LaunchfsmError, ValueError):
    """A policy cannot be loaded.

    Attributes:
        faults: Everything that is wrong with it, by file, and in a file from its top.
    """

    def __init__(self, faults: Iterable[Diagnostic]) -> None:
        self.faults = tuple(sorted(faults, key=lambda fault: fault.location.order()))
        super().__init__(self.faults)

    def __str__(self) -> str:
        count = len(self.faults)
        head = f"{count} {'fault' if count == 1 else 'faults'} in the policy"
        return "\n".join([head, *(fault.text() for fault in self.faults)])

"""Diagnostics: what is wrong with a rule file, where, and what to do about it."""

from __future__ import annotations

import contextlib
import unicodedata
from collections.abc import Iterable, Iterator, Mapping
from typing import Final, Literal, TypeAlias

import attrs

from launchfsm.engine.text import pictured, visible
from launchfsm.engine.types import Location
from launchfsm.errors import LaunchfsmError

MOST_FAULTS: Final = 100
"""Faults of one policy that are told; behind them nothing of it is checked."""

MOST_MESSAGE: Final = 4_000
"""Characters of a message."""

MEANINGS: Final[Mapping[str, str]] = {
    # files
    "unreadable": "A file or a folder's policy.toml cannot be read as UTF-8 text.",
    "outside": "A rule file is a link that leads out of its policy's folder.",
    "toml": "A file is not TOML.",
    "too-large": "A policy has more bytes, files, rules, tests, parents or own tables than it may.",
    "too-many-faults": "There are more faults than are told.",
    "unknown-key": "A key has no meaning where it stands.",
    "missing-key": "A key that has to be there is missing.",
    "wrong-type": "A value is not of the type that its place has.",
    # what is extended
    "unknown-policy": "The extended policy cannot be found.",
    "no-policy": "What is extended is no policy.",
    "policy-name": "A policy's name is too long, or has characters that nobody sees.",
    "cycle": "Policies extend one another, or own tables stand on one another, in a circle.",
    "duplicate-policy": "A policy has the name of one that it extends.",
    "unused-override": "A rule overrides or disables one that is not inherited.",
    "unknown-id": "A rule is named that the table does not have.",
    "duplicate-id": "Two rules of a table have the same id.",
    "rule-id": "A rule's id is empty, `nothing`, too long, or has characters that nobody sees.",
    "type-change": "Something inherited, such as a param or a field, gets another type or value.",
    "contradiction": "Two keys of a rule exclude one another.",
    # tables
    "unknown-table": "There is no decision of this name, and no own table.",
    "duplicate-table": "A policy has a table twice.",
    "missing-table": "A policy lacks a table.",
    "hit-policy": "The hit policy is none that the decision takes.",
    "no-default": "A table has no rule without `when`, and its outcome has no default.",
    "table-name": "An own table's name has other characters than it may have.",
    "field-name": "A field of an own table has a fact's name, or one that rules cannot spell.",
    "unused-param": "No rule names a param.",
    "param-name": "A param has a fact's name, or one that conditions cannot spell.",
    # conditions
    "syntax": "A condition cannot be parsed.",
    "too-long": "A condition or a text is longer than it may be.",
    "too-deep": "A condition is nested deeper than it can be read.",
    "not-allowed": "Something stands in a condition that conditions do not have.",
    "unknown-fact": "The decision has no such fact.",
    "unknown-param": "The table has no such param.",
    "not-boolean": "A fact that is no boolean stands alone.",
    "operator": "A fact cannot be compared in this way.",
    "chained": "Comparisons are chained.",
    "left-side": "The left side of a comparison is no fact.",
    "not-none": "`is` compares with something else than None.",
    "always-known": "A fact that is always known is asked whether it is.",
    "constant": "A constant stands for a condition.",
    # outcomes and tests
    "missing-outcome": "A rule lacks what its outcome needs, or an own table answers nothing.",
    "unknown-field": "The outcome has no such field.",
    "template": "The braces of a text cannot be read.",
    "test": "An inline test asks nothing, or of facts that cannot be.",
}
"""What each code stands for. Tools go by these names: one may be added, but none renamed."""


def _cut(message: str) -> str:
    return message if len(message) <= MOST_MESSAGE else f"{message[:MOST_MESSAGE]}…"


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
    message: str = attrs.field(converter=_cut)
    location: Location
    path: str = "$"
    related: Location | None = None

    def text(self) -> str:
        """The fault as a compiler would print it: location, message, line and caret."""
        head = visible(f"{self.location.text()}: {self.message} [{self.code}]")
        lines = [head, caret(self.location)]
        if self.related is not None:
            lines += [f"  see {visible(self.related.text())}", caret(self.related)]
        return "\n".join(line for line in lines if line)


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


class PolicyError(LaunchfsmError, ValueError):
    """A policy cannot be loaded.

    Attributes:
        faults: What is wrong with it, by file, and in a file from its top.
    """

    def __init__(self, faults: Iterable[Diagnostic]) -> None:
        self.faults = tuple(sorted(faults, key=lambda fault: fault.location.order()))
        super().__init__(self.faults)

    def __str__(self) -> str:
        count = len(self.faults)
        head = f"{count} {'fault' if count == 1 else 'faults'} in the policy"
        return "\n".join([head, *(fault.text() for fault in self.faults)])


Role: TypeAlias = Literal["plain", "unread", "missing"]


class TooManyFaultsError(LaunchfsmError):
    """Enough is wrong: nothing more is looked for."""


@attrs.define
class Diagnostics:
    """What is found to be wrong with a policy, up to a bound.

    What a table seems to lack may stand in a part that cannot be read: where there is one, such a
    fault is not told.

    Attributes:
        table: The table that faults added here are about; empty for the policy as a whole.
        entries: The faults, shared by all tables.
    """

    table: str = ""
    entries: list[tuple[str, Role, Diagnostic]] = attrs.field(factory=list)

    def of(self, table: str) -> Diagnostics:
        """The same, for faults of one table."""
        return Diagnostics(table, self.entries)

    def add(self, fault: Diagnostic, role: Role = "plain") -> None:
        """Add a fault: `unread` of a part that cannot be read, `missing` of what may stand in one.

        Raises:
            TooManyFaultsError: There are more than are told.
        """
        if len(self.entries) == MOST_FAULTS:
            message = f"there are more than {MOST_FAULTS} faults; behind them nothing was checked"
            last = Diagnostic("too-many-faults", message, fault.location, fault.path)
            self.entries.append(("", "plain", last))
            raise TooManyFaultsError
        self.entries.append((self.table, role, fault))

    def told(self) -> tuple[Diagnostic, ...]:
        """The faults to report, by file and place."""
        unread = {table for table, role, _ in self.entries if role == "unread"}
        faults = (
            fault
            for table, role, fault in self.entries
            if role != "missing" or not (unread & {"", table} if table else unread)
        )
        return PolicyError(faults).faults

    @contextlib.contextmanager
    def raised(self) -> Iterator[None]:
        """Look for faults, until all or enough of them were found, and raise those to tell."""
        with contextlib.suppress(TooManyFaultsError):
            yield
        if told := self.told():
            raise PolicyError(told)

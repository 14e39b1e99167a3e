"""What an audit can find, how grave each finding is, and what an audit returns.

An *error* is a record that contradicts the lifecycles or another record, so that one of them tells
of something that cannot have happened. A *warning* is a record that is damaged, left behind or
incomplete, as crashes and clocks leave them. An *info* is ordinary, and worth knowing when the rest
is read. Which code is which is said in the table `codes.md` and nowhere else.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from importlib import resources
from types import MappingProxyType
from typing import Final, Literal, TypeAlias, cast

import attrs

from launchfsm.engine.text import duration_text
from launchfsm.records.documents import JOURNAL_FILE, LAUNCH_FILE, LOCK_FILE, STATE_FILE
from launchfsm.vocabulary import Severity

AuditCode: TypeAlias = Literal[
    # what cannot be read
    "unreadable-file", "unreadable-line", "torn-line", "line-end-missing", "journal-cut",
    "incomplete-record", "wrong-type", "unknown-word", "unknown-type", "other-team",
    # the journal by itself
    "illegal-step", "repeated-step", "step-untold", "spawned-again", "late-confirmation",
    "late-sighting", "confirmed-then-failed", "member-out-of-phase", "head-missing",
    "run-begins-midway", "runs-interleaved", "late-record", "two-holders", "released-by-other",
    "other-run", "time-backwards", "time-ahead",
    # the journal against the state
    "journal-missing", "journal-empty", "state-missing", "state-contradiction",
    "run-not-journaled", "state-of-older-run", "between-writes", "one-event-apart",
    "phase-denied", "terminal-denied", "end-unsaid", "member-denied", "member-not-journaled",
    "member-unlisted", "task-denied", "state-older",
    # the lock
    "lock-left", "lock-stale", "lock-of-other-run", "lock-released", "lock-missing",
    # the launcher's snapshot
    "snapshot-of-other-run", "snapshot-names-differ", "snapshot-states-differ",
    "snapshot-not-journaled", "member-contradiction", "summary-denied",
]  # fmt: skip
"""What a finding is called, for good: scripts may rely on it."""


@attrs.frozen
class CodeMeaning:
    """How grave every finding of a code is, and in a sentence or two what was found."""

    severity: Severity
    text: str


def codes_table() -> str:
    """Return the codes as a table in Markdown, as `audit/codes.md` has them."""
    return resources.files("launchfsm.audit").joinpath("codes.md").read_text("utf-8")


CODES: Final[Mapping[AuditCode, CodeMeaning]] = MappingProxyType(
    {  # a test holds the words of the table against the types
        cast("AuditCode", code.strip("`")): CodeMeaning(cast("Severity", severity), text)
        for row in codes_table().splitlines()[2:]
        for code, severity, text in (row[2:-2].split(" | "),)
    }
)
"""Every code, in the order of the table."""

SEVERITIES: Final[tuple[Severity, ...]] = ("error", "warning", "info")
"""The worst first."""


# -- Findings --------------------------------------------------------------------------------------

_FILES: Final = (JOURNAL_FILE, STATE_FILE, LOCK_FILE, LAUNCH_FILE)
MOST_OF_A_CODE: Final = 100
"""Findings of one code that are kept; a hostile journal has room for a hundred thousand."""


@attrs.frozen
class AuditFinding:
    """One thing that an audit found.

    Attributes:
        code: What it is called; see `CODES`.
        severity: How grave it is.
        file: The file's path below the team's folder, such as `bootstrap-journal.jsonl`.
        message: What was found, in a line; texts from files are quoted, and safe to show.
        line: The line of the journal, from 1.
        path: The JSON path in the file, or in the line, such as `$.members[3].status`.
    """

    code: AuditCode
    severity: Severity
    file: str
    message: str
    line: int | None = None
    path: str | None = None

    @property
    def place(self) -> str:
        """Where it is, by file and line or JSON path, such as `bootstrap-state.json $.phase`."""
        place = self.file if self.line is None else f"{self.file}:{self.line}"
        return place if self.path is None else f"{place} {self.path}"

    def text(self) -> str:
        """The finding in one line."""
        return f"{self.severity:<8} {self.code}  {self.place}  {self.message}"


def found(
    code: AuditCode,
    file: str,
    message: str,
    *,
    line: int | None = None,
    path: str | None = None,
    recent: bool = False,
) -> AuditFinding:
    """A finding of a code, as grave as the table of codes says.

    A `recent` one is an ordinary sight, as a writer may be between two writes.
    """
    if recent:
        code = "between-writes"
    return AuditFinding(code, CODES[code].severity, file, message, line, path)


@attrs.define
class Findings:
    """Findings as they are made; of each code the first 100 are kept, and the others counted."""

    _kept: list[AuditFinding] = attrs.Factory(list)
    _counts: Counter[AuditCode] = attrs.Factory(Counter)

    def add(self, findings: Iterable[AuditFinding]) -> None:
        """Count findings, and keep those of codes of which there are few."""
        self._kept += [finding for finding in findings if self._is_wanted(finding.code)]

    def of_line(self, code: AuditCode, message: str, line: int, path: str | None = None) -> None:
        """Count a finding of a line of the journal, and make it when it is to be kept."""
        if self._is_wanted(code):
            self._kept.append(found(code, JOURNAL_FILE, message, line=line, path=path))

    def _is_wanted(self, code: AuditCode) -> bool:
        self._counts[code] += 1
        return self._counts[code] <= MOST_OF_A_CODE

    def kept(self) -> tuple[AuditFinding, ...]:
        """Those that are kept, the gravest first."""

        def order(one: AuditFinding) -> tuple[int, int, int]:
            return SEVERITIES.index(one.severity), _FILES.index(one.file), one.line or 0

        return tuple(sorted(self._kept, key=order))

    def left_out(self) -> dict[AuditCode, int]:
        """How many more were found, by code."""
        more = {code: count - MOST_OF_A_CODE for code, count in self._counts.items()}
        return {code: count for code, count in more.items() if count > 0}


@attrs.frozen(kw_only=True)
class Audit:
    """What an audit of one team found.

    Attributes:
        team: The name of the team's folder.
        audited_at: When, as a text.
        severity: The severity of the gravest finding; `None` when there is none.
        records: How many records of the journal were replayed.
        runs: Of how many runs they were.
        findings: What was found, the gravest first, of one file in the order of its lines.
        left_out: How many more were found of a code, by code: of each the first 100 are kept.
    """

    team: str
    audited_at: str
    severity: Severity | None
    records: int = 0
    runs: int = 0
    findings: tuple[AuditFinding, ...] = ()
    left_out: Mapping[AuditCode, int] = attrs.Factory(dict)

    def text(self) -> str:
        """The audit in lines: how many findings of what severity, then each of them."""
        counts = Counter(finding.severity for finding in self.findings)
        for code, more in self.left_out.items():
            counts[CODES[code].severity] += more
        told = [_counted(counts[word], word) for word in SEVERITIES if counts[word]]
        replayed = f"{_counted(self.records, 'record')} of {_counted(self.runs, 'run')} replayed"
        summary = f"{', '.join(told) or 'nothing'} found; {replayed}"
        lines = [f"{self.severity or 'ok':<8} {self.team}  {summary}"]
        lines += [f"  {finding.text()}" for finding in self.findings]
        for code, more in self.left_out.items():
            lines.append(f"  {CODES[code].severity:<8} {code}  and {more} more")
        return "\n".join(lines)


def _counted(number: int, word: str) -> str:
    return f"{number} {word}{'' if number == 1 or word == 'info' else 's'}"


def span_text(ms: float) -> str:
    """How long a span is, in ms; records may give numbers further apart than any two dates."""
    text = duration_text(ms)
    return "more than 500,000 years" if text == "unknown" else text

"""Findings: what an audit finds, and what it returns.

Here: one finding, findings as they are made, an audit of a team, and how they read. Not here: the
codes (`codes`), or finding anything.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from typing import Final

import attrs

from launchfsm.audit.codes import CODES, SEVERITIES, AuditCode
from launchfsm.records.documents import JOURNAL_FILE, LAUNCH_FILE, LOCK_FILE, STATE_FILE
from launchfsm.vocabulary import Severity

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
        """Where it is: `bootstrap-journal.jsonl:9` or `bootstrap-state.json $.phase`."""
        place = self.file if self.line is None else f"{self.file}:{self.line}"
        return place if self.path is None else f"{place} {self.path}"

    def text(self) -> str:
        """The finding in one line."""
        return f"{self.severity:<8} {self.code}  {self.place}  {self.message}"


def found(
    code: AuditCode, file: str, message: str, *, line: int | None = None, path: str | None = None
) -> AuditFinding:
    """A finding of a code, as grave as the table of codes says."""
    return AuditFinding(code, CODES[code].severity, file, message, line, path)


@attrs.define
class Findings:
    """Findings as they are made; of each code the first 100 are kept, and the others counted."""

    _kept: list[AuditFinding] = attrs.Factory(list)
    _counts: Counter[AuditCode] = attrs.Factory(Counter)

    def wants(self, code: AuditCode) -> bool:
        """Count a finding of a code, and say whether it is worth making: it would be kept."""
        self._counts[code] += 1
        return self._counts[code] <= MOST_OF_A_CODE

    def keep(self, finding: AuditFinding) -> None:
        """Keep a finding that was counted."""
        self._kept.append(finding)

    def add(self, findings: Iterable[AuditFinding]) -> None:
        """Count findings, and keep those that are wanted."""
        for finding in findings:
            if self.wants(finding.code):
                self.keep(finding)

    def kept(self) -> tuple[AuditFinding, ...]:
        """Those that are kept, the gravest first."""
        return tuple(sorted(self._kept, key=_order))

    def left_out(self) -> dict[AuditCode, int]:
        """How many more were found, by code."""
        more = {code: count - MOST_OF_A_CODE for code, count in self._counts.items()}
        return {code: count for code, count in more.items() if count > 0}


def _order(finding: AuditFinding) -> tuple[int, int, int]:
    return (
        SEVERITIES.index(finding.severity),
        _FILES.index(finding.file),
        finding.line or 0,
    )


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
        return "\n".join(self._lines())

    def _lines(self) -> Iterator[str]:
        counts = Counter(finding.severity for finding in self.findings)
        for code, more in self.left_out.items():
            counts[CODES[code].severity] += more
        told = [_counted(counts[word], word) for word in SEVERITIES if counts[word]]
        replayed = f"{_counted(self.records, 'record')} of {_counted(self.runs, 'run')} replayed"
        summary = f"{', '.join(told) or 'nothing'} found; {replayed}"
        yield f"{self.severity or 'ok':<8} {self.team}  {summary}"
        for finding in self.findings:
            yield f"  {finding.text()}"
        for code, more in self.left_out.items():
            yield f"  {CODES[code].severity:<8} {code}  and {more} more"


def _counted(number: int, word: str) -> str:
    return f"{number} {word}{'' if number == 1 or word == 'info' else 's'}"

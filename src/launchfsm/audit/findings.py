"""What an audit can find, how grave each finding is, and what an audit returns.

An *error* is a record that contradicts the lifecycles or another record, so that one of them tells
of something that cannot have happened. A *warning* is a record that is damaged, left behind or
incomplete, as crashes and clocks leave them. An *info* is ordinary, and worth knowing when the rest
is read. Which code is which is judged in the table `CODES` and nowhere else.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from types import MappingProxyType
from typing import Final, Literal, TypeAlias

import attrs

from launchfsm.engine.text import duration_text
from launchfsm.records.documents import JOURNAL_FILE, LAUNCH_FILE, LOCK_FILE, STATE_FILE
from launchfsm.vocabulary import Severity

AuditCode: TypeAlias = Literal[
    # what cannot be read
    "unreadable-file",
    "unreadable-line",
    "torn-line",
    "line-end-missing",
    "journal-cut",
    "incomplete-record",
    "wrong-type",
    "unknown-word",
    "unknown-type",
    "other-team",
    # the journal by itself
    "illegal-step",
    "repeated-step",
    "step-untold",
    "spawned-again",
    "late-confirmation",
    "late-sighting",
    "confirmed-then-failed",
    "member-out-of-phase",
    "head-missing",
    "run-begins-midway",
    "runs-interleaved",
    "late-record",
    "two-holders",
    "released-by-other",
    "other-run",
    "time-backwards",
    "time-ahead",
    # the journal against the state
    "journal-missing",
    "journal-empty",
    "state-missing",
    "state-contradiction",
    "run-not-journaled",
    "state-of-older-run",
    "between-writes",
    "one-event-apart",
    "phase-denied",
    "terminal-denied",
    "end-unsaid",
    "member-denied",
    "member-not-journaled",
    "member-unlisted",
    "task-denied",
    "state-older",
    # the lock
    "lock-left",
    "lock-stale",
    "lock-of-other-run",
    "lock-released",
    "lock-missing",
    # the launcher's snapshot
    "snapshot-of-other-run",
    "snapshot-names-differ",
    "snapshot-states-differ",
    "snapshot-not-journaled",
    "member-contradiction",
    "summary-denied",
]
"""What a finding is called, for good: scripts may rely on it."""


@attrs.frozen
class CodeMeaning:
    """What a code stands for.

    Attributes:
        severity: How grave every finding of this code is.
        text: What was found, in a sentence or two.
    """

    severity: Severity
    text: str


CODES: Final[Mapping[AuditCode, CodeMeaning]] = MappingProxyType(
    {
        "unreadable-file": CodeMeaning(
            "error",
            "A file is there and cannot be used: it is not a regular file, oversized, damaged, or "
            "of another version. Nothing that it says was audited.",
        ),
        "unreadable-line": CodeMeaning(
            "warning",
            "A line of the journal is not a JSON object. It may hide one event of every member "
            "and of the bootstrap, and between two runs a whole run, so no record is blamed for "
            "what it hides.",
        ),
        "torn-line": CodeMeaning(
            "info",
            "The last line of the journal has no line end and is not a whole record: it was being "
            "written, or its writer died.",
        ),
        "line-end-missing": CodeMeaning(
            "info",
            "The last line of the journal is a whole record that only lacks its line end.",
        ),
        "journal-cut": CodeMeaning(
            "warning",
            "The journal is larger than a reader reads. It was read from its end, and what was "
            "written before that was not audited.",
        ),
        "incomplete-record": CodeMeaning(
            "warning",
            "A record lacks a field that all of its kind have. A journal record without a type, a "
            "run, or what it tells is not replayed.",
        ),
        "wrong-type": CodeMeaning(
            "warning",
            "A field has a value that no reader uses, and counts as absent.",
        ),
        "unknown-word": CodeMeaning(
            "warning",
            "A phase, an action or a status is not one that the lifecycles know; judging goes on "
            "with the next known one.",
        ),
        "unknown-type": CodeMeaning(
            "info",
            "A record of the journal has a type that readers pass over.",
        ),
        "other-team": CodeMeaning(
            "warning",
            "A record names another team than its folder, as after a copy, a restore or a rename.",
        ),
        "illegal-step": CodeMeaning(
            "error",
            "The journal tells of a step that cannot follow what it told before: a phase out of "
            "order or after the end, a second end, or a report of a member that was confirmed "
            "already.",
        ),
        "repeated-step": CodeMeaning(
            "info",
            "The journal tells the same step again, as a rewrite does.",
        ),
        "step-untold": CodeMeaning(
            "info",
            "A member was seen or confirmed and its spawn is not told; writers may leave steps "
            "out.",
        ),
        "spawned-again": CodeMeaning(
            "info",
            "A member was spawned again after it had failed (a retry) or was confirmed (a "
            "restart).",
        ),
        "late-confirmation": CodeMeaning(
            "info",
            "A member was confirmed after it had failed, as when it checks in after its timeout. "
            "The confirmation stands, and the end of the run may still say otherwise.",
        ),
        "late-sighting": CodeMeaning(
            "info",
            "A member was seen after it had failed; reports may arrive in any order.",
        ),
        "confirmed-then-failed": CodeMeaning(
            "warning",
            "A member was confirmed, then failed. The confirmation stands for the launch.",
        ),
        "member-out-of-phase": CodeMeaning(
            "warning",
            "A member is spawned, confirmed or failed in a phase in which no launch does that, "
            "such as before `spawning_members`.",
        ),
        "head-missing": CodeMeaning(
            "info",
            "The beginning of the journal's first run is not in it, as after a rotation. The run "
            "is judged from its first phase on.",
        ),
        "run-begins-midway": CodeMeaning(
            "warning",
            "A later run does not begin with the first phase, and no rotation can have taken its "
            "beginning.",
        ),
        "runs-interleaved": CodeMeaning(
            "warning",
            "A run wrote a phase, an end or a lock record after a later run had begun: two wrote "
            "at once, or one wrote without the lock.",
        ),
        "late-record": CodeMeaning(
            "info",
            "A record of a member or of the first task came after a later run had begun. It "
            "belongs to the run that it names.",
        ),
        "two-holders": CodeMeaning(
            "error",
            "A run acquired the lock while another held it, and the other went on writing.",
        ),
        "released-by-other": CodeMeaning(
            "error",
            "The lock was released by a process that had not taken it.",
        ),
        "other-run": CodeMeaning(
            "info",
            "The journal also tells of another run than the one audited.",
        ),
        "time-backwards": CodeMeaning(
            "warning",
            "A time lies more than ten seconds before the one that it follows, as after a clock "
            "was set back.",
        ),
        "time-ahead": CodeMeaning(
            "warning",
            "A time lies more than a minute in the future.",
        ),
        "journal-missing": CodeMeaning(
            "warning",
            "There is a state and no journal, so the state could not be checked against one.",
        ),
        "journal-empty": CodeMeaning(
            "warning",
            "There is a state, and the journal beside it holds no record.",
        ),
        "state-missing": CodeMeaning(
            "info",
            "There is a journal and no state: it was cleared, or is not written yet.",
        ),
        "state-contradiction": CodeMeaning(
            "error",
            "The state's phase and its terminal status contradict each other.",
        ),
        "run-not-journaled": CodeMeaning(
            "warning",
            "The journal has no record of the state's run, or the state names no run.",
        ),
        "state-of-older-run": CodeMeaning(
            "warning",
            "The journal goes on with a later run than the state's.",
        ),
        "between-writes": CodeMeaning(
            "info",
            "Two records differ as they do between two writes, and the last write was within the "
            "minute: look again.",
        ),
        "one-event-apart": CodeMeaning(
            "warning",
            "Journal and state are one event apart, and have been for longer than a minute: a "
            "writer stopped between the two writes, or one was lost.",
        ),
        "phase-denied": CodeMeaning(
            "error",
            "The state's phase and the journal's last phase of the same run are more than one "
            "event apart.",
        ),
        "terminal-denied": CodeMeaning(
            "error",
            "State and journal tell of different ends of the same run.",
        ),
        "end-unsaid": CodeMeaning(
            "info",
            "A run has ended by its phase, and only one of state and journal tells with which "
            "status.",
        ),
        "member-denied": CodeMeaning(
            "error",
            "What journal and state tell of a member is more than one event apart.",
        ),
        "member-not-journaled": CodeMeaning(
            "error",
            "The state says that a member is confirmed, and the journal, whole for that run, "
            "never names it.",
        ),
        "member-unlisted": CodeMeaning(
            "error",
            "The journal tells of a member that the state of the same run does not list.",
        ),
        "task-denied": CodeMeaning(
            "warning",
            "State and journal disagree about whether the first task was submitted.",
        ),
        "state-older": CodeMeaning(
            "warning",
            "The state was last written before the journal's last event of the same run.",
        ),
        "lock-left": CodeMeaning(
            "warning",
            "The lock of a run that has ended is still there, and its owner is gone.",
        ),
        "lock-stale": CodeMeaning(
            "warning",
            "The lock of a run that has not ended is there, and its owner is gone.",
        ),
        "lock-of-other-run": CodeMeaning(
            "warning",
            "The lock is of another run than the state.",
        ),
        "lock-released": CodeMeaning(
            "warning",
            "The journal says that the lock was released, and it is still there; its owner is not "
            "known to be gone.",
        ),
        "lock-missing": CodeMeaning(
            "warning",
            "A run goes on, its owner is alive, and it has no lock.",
        ),
        "snapshot-of-other-run": CodeMeaning(
            "info",
            "The launcher's snapshot is of another run than the bootstrap's records, so they were "
            "not compared.",
        ),
        "snapshot-names-differ": CodeMeaning(
            "warning",
            "The launcher's snapshot and the bootstrap's records name different members.",
        ),
        "snapshot-states-differ": CodeMeaning(
            "warning",
            "The launcher's snapshot says that a member, or the whole launch, is confirmed and "
            "the bootstrap's records that it failed, or the other way round.",
        ),
        "snapshot-not-journaled": CodeMeaning(
            "warning",
            "The launcher's snapshot says that a member is confirmed, and the journal, whole for "
            "that run, never names it.",
        ),
        "member-contradiction": CodeMeaning(
            "warning",
            "Two fields of one member's record contradict each other.",
        ),
        "summary-denied": CodeMeaning(
            "warning",
            "A record's summary or end is not what its own members add up to.",
        ),
    }
)
"""Every code, in the order in which it is told here."""

SEVERITIES: Final[tuple[Severity, ...]] = ("error", "warning", "info")
"""The worst first."""


def codes_table() -> str:
    """Return the codes as a table in Markdown, the same text every time."""
    rows = [f"| `{code}` | {known.severity} | {known.text} |" for code, known in CODES.items()]
    return "\n".join(["| code | severity | meaning |", "| --- | --- | --- |", *rows]) + "\n"


# -- Findings --

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


# -- Moments --

# Two writes are some milliseconds apart; on a disk that is slow or full, some seconds.
_BETWEEN_WRITES: Final = 60_000  # ms


@attrs.frozen
class Moment:
    """When an audit looks, and when what it looks at was last written.

    Attributes:
        now: The time of the audit, in ms since 1970.
        written: When any of the records in question was last written; `None` when none says.
    """

    now: float
    written: float | None

    @property
    def is_passing(self) -> bool:
        """Whether a writer may be between two writes."""
        return self.written is not None and abs(self.now - self.written) < _BETWEEN_WRITES

    def found(
        self,
        code: AuditCode,
        file: str,
        message: str,
        *,
        path: str | None = None,
    ) -> AuditFinding:
        """A finding that is an ordinary one while a writer may be between two writes."""
        if self.is_passing:
            code = "between-writes"
        return found(code, file, message, path=path)


def latest(*moments: float | None) -> float | None:
    """The latest of some times that may not be known."""
    return max((moment for moment in moments if moment is not None), default=None)


def span_text(ms: float) -> str:
    """How long a span is, in ms; records may give numbers further apart than any two dates."""
    text = duration_text(ms)
    return "more than 500,000 years" if text == "unknown" else text

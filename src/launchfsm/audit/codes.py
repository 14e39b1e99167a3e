"""Codes: everything that an audit can find, what it means, and how grave it is.

Which discrepancy is an error and which a warning is judged here and nowhere else. The measure:

- *error*: records that contradict the machines or each other, so that one of them tells of
  something that cannot have happened; or that cannot be read at all.
- *warning*: records that are damaged, left behind or incomplete, as crashes and clocks leave them.
  Readers tolerate them; whoever wrote them will want to know.
- *info*: ordinary, but worth knowing when the rest is read.

Here: that table. Not here: finding anything (the other modules of this package).
"""

from __future__ import annotations

from types import MappingProxyType
from typing import TYPE_CHECKING, Final, Literal, TypeAlias

import attrs

from launchfsm.vocabulary import Severity

if TYPE_CHECKING:
    from collections.abc import Mapping

AuditCode: TypeAlias = Literal[
    # what cannot be read
    "unreadable-file",
    "unreadable-line",
    "torn-line",
    "line-end-missing",
    "incomplete-record",
    "wrong-type",
    "unknown-word",
    "unknown-type",
    # the journal by itself
    "illegal-step",
    "repeated-step",
    "never-spawned",
    "member-out-of-phase",
    "late-sighting",
    "head-missing",
    "run-begins-midway",
    "runs-interleaved",
    "other-run",
    "time-backwards",
    "time-ahead",
    # the journal against the state
    "journal-missing",
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
            "A file is there and cannot be used: it is no regular file, oversized, damaged, "
            "or of another version. Nothing it says was audited.",
        ),
        "unreadable-line": CodeMeaning(
            "warning",
            "A line of the journal is no JSON object. It may hide one event of every machine, "
            "and between two runs a run: that is then not held against anybody.",
        ),
        "torn-line": CodeMeaning(
            "warning",
            "The last line of the journal has no line end and is no record: its writer died "
            "while it wrote.",
        ),
        "line-end-missing": CodeMeaning(
            "info",
            "The last line of the journal is a whole record that lacks its line end only.",
        ),
        "incomplete-record": CodeMeaning(
            "warning",
            "A record lacks a field that all of its kind have. Without a type, a run, or what "
            "it tells, a record of the journal is not replayed.",
        ),
        "wrong-type": CodeMeaning(
            "warning",
            "A field is there with a value that no reader uses, and counts as absent.",
        ),
        "unknown-word": CodeMeaning(
            "warning",
            "A phase, an action or a status is none that the machines know; what follows is "
            "judged from the next known one on.",
        ),
        "unknown-type": CodeMeaning(
            "info",
            "A record of the journal is of a type that readers pass over.",
        ),
        "illegal-step": CodeMeaning(
            "error",
            "The journal tells of a step that a machine refuses where it stands.",
        ),
        "repeated-step": CodeMeaning(
            "warning",
            "The journal tells again of the step that led to where a machine stands already. "
            "Nothing moved.",
        ),
        "never-spawned": CodeMeaning(
            "error",
            "A member is said to run, to be confirmed or to have failed, and the journal, "
            "whole for that run, never spawned it.",
        ),
        "member-out-of-phase": CodeMeaning(
            "warning",
            "A member is spawned, settled or retried in a phase in which no launch does that, "
            "such as before `spawning_members`.",
        ),
        "late-sighting": CodeMeaning(
            "info",
            "A member was seen after it was settled; reports may arrive in any order.",
        ),
        "head-missing": CodeMeaning(
            "info",
            "The first run of the journal does not begin in it, as after a rotation. It is "
            "judged from its first phase on.",
        ),
        "run-begins-midway": CodeMeaning(
            "warning",
            "A later run does not begin with the first phase, and no rotation can have taken "
            "its beginning.",
        ),
        "runs-interleaved": CodeMeaning(
            "warning",
            "A run wrote again after another had begun to: two wrote at once, or one wrote "
            "without the lock.",
        ),
        "other-run": CodeMeaning(
            "info",
            "The journal tells of another run than the state's, too.",
        ),
        "time-backwards": CodeMeaning(
            "warning",
            "A time lies before the one that it follows, as after a clock was set back.",
        ),
        "time-ahead": CodeMeaning(
            "warning",
            "A time lies in the future by more than a minute.",
        ),
        "journal-missing": CodeMeaning(
            "warning",
            "There is a state and no journal to replay, so nothing that the state says could "
            "be held against it.",
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
            "The journal knows nothing of the state's run, or the state names none.",
        ),
        "state-of-older-run": CodeMeaning(
            "warning",
            "The journal goes on with a later run than the state's.",
        ),
        "between-writes": CodeMeaning(
            "info",
            "Two records differ as they do between two writes, and the last write was within "
            "the minute: look again.",
        ),
        "one-event-apart": CodeMeaning(
            "warning",
            "Journal and state are one event apart, and have been for longer than a minute: a "
            "writer stopped between the two writes, or one was lost.",
        ),
        "phase-denied": CodeMeaning(
            "error",
            "The state's phase and the journal's last phase of the same run are further apart "
            "than one event.",
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
            "Journal and state tell of a member what is further apart than one event.",
        ),
        "member-unlisted": CodeMeaning(
            "error",
            "The journal tells of a member that the state of the same run does not list.",
        ),
        "task-denied": CodeMeaning(
            "warning",
            "State and journal tell differently whether the first task was submitted.",
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
            "The journal says that the lock was released, and it is still there; its owner is not"
            " known to be gone.",
        ),
        "lock-missing": CodeMeaning(
            "warning",
            "A run goes on, its owner lives, and it has no lock.",
        ),
        "snapshot-of-other-run": CodeMeaning(
            "info",
            "The launcher's snapshot is of another run than the state, so neither was held "
            "against the other.",
        ),
        "snapshot-names-differ": CodeMeaning(
            "warning",
            "State and launcher's snapshot are not of the same members.",
        ),
        "snapshot-states-differ": CodeMeaning(
            "warning",
            "One of state and launcher's snapshot says that a member is confirmed, the other "
            "that it failed.",
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

"""Journals: what a person is told of a bootstrap's last events (§9).

Here: messages, the warning and the last phase. Not here: reading lines (`documents`), or where
the warning is shown (`progress`).
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import attrs

from launchfsm import decisions
from launchfsm.documents import JOURNAL_FILE, DocumentFault, JournalLines, journal_of
from launchfsm.facts import JournalWarningFacts, UnreadableFacts
from launchfsm.files import ReadProblem

if TYPE_CHECKING:
    from launchfsm.policy.engine import Judge


@attrs.frozen
class JournalVerdict:
    """What a journal's last lines say.

    Attributes:
        warnings: For people: why it is unreadable, or its recent events; or nothing.
        last_phase: The phase that its last `phase` record reports, known or not.
    """

    warnings: tuple[str, ...]
    last_phase: str | None


def judge_journal(judge: Judge, read: bytes | ReadProblem) -> JournalVerdict:
    """What the journal says, whatever became of the file."""
    if isinstance(read, ReadProblem):
        if read.outcome == "absent":
            return JournalVerdict((), None)
        return JournalVerdict((_unreadable(judge, read.outcome),), None)
    recent = judge.policy.param(decisions.JOURNAL_WARNING, "recent_lines")
    journal = journal_of(read, recent)
    phases = [
        record.phase
        for record in journal.records
        if record.type == "phase" and record.phase is not None
    ]
    return JournalVerdict(_warnings(judge, journal), phases[-1] if phases else None)


def _warnings(judge: Judge, journal: JournalLines) -> tuple[str, ...]:
    messages = _messages(judge, journal)
    separator = judge.policy.param(decisions.JOURNAL_WARNING, "separator")
    facts = JournalWarningFacts(journal.lines, separator.join(messages) if messages else None)
    verdict = judge.decide(decisions.JOURNAL_WARNING, facts)
    if verdict.invalid:
        return (_unreadable(judge, "invalid"),)
    return () if verdict.warning is None else (verdict.warning,)


def _messages(judge: Judge, journal: JournalLines) -> list[str]:
    messages = []
    for record in journal.records:
        verdict = judge.decide(decisions.JOURNAL, record)
        if verdict.message is not None:
            messages.append(verdict.message)
    return messages


def _unreadable(judge: Judge, fault: DocumentFault) -> str:
    facts = UnreadableFacts("journal", JOURNAL_FILE, fault)
    return judge.decide(decisions.UNREADABLE, facts).message

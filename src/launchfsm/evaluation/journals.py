"""Journals: what a person is told of a bootstrap's last events (§9).

Here: messages, the warning and the last phase. Not here: reading lines (`documents`), or where
the warning is shown (`progress`).
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import attrs

from launchfsm.decisions import catalogue
from launchfsm.decisions.facts import JournalWarningFacts, UnreadableFacts
from launchfsm.evaluation.runs import named_run
from launchfsm.records.documents import JOURNAL_FILE, DocumentFault, journal_of
from launchfsm.system.files import ReadProblem

if TYPE_CHECKING:
    from launchfsm.engine.engine import Engine


@attrs.define
class JournalVerdict:
    """What a journal's last lines say.

    Attributes:
        warnings: For people: why it is unreadable, or its recent events; or nothing.
        last_phase: The phase that its last `phase` record reports, known or not.
        written_at: The time that the last record of this run gives, in ms since 1970.
    """

    warnings: tuple[str, ...] = ()
    last_phase: str | None = None
    written_at: float | None = None


def judge_journal(
    engine: Engine, read: bytes | ReadProblem, run_id: str | None = None
) -> JournalVerdict:
    """What the journal says, whatever became of the file.

    Args:
        engine: Applies the policy.
        read: The journal's bytes, or why there are none.
        run_id: The run that somebody asks about, when it is known.
    """
    if isinstance(read, ReadProblem):
        if read.outcome == "absent":
            return JournalVerdict()
        return JournalVerdict((_unreadable(engine, read.outcome),))
    recent = engine.policy.param(catalogue.JOURNAL_WARNING, "recent_lines")
    journal = journal_of(read, recent)
    messages, phase, foreign, written_at = [], None, 0, None
    ours = named_run(run_id) if engine.policy.reads(catalogue.JOURNAL, "same_run") else None
    for record in journal.records:
        theirs = None if ours is None else named_run(record.run_id)
        if theirs is not None:
            record.same_run = theirs == ours
        verdict = engine.decide(catalogue.JOURNAL, record)
        if verdict.message is not None:
            messages.append(verdict.message)
        if verdict.foreign:
            foreign += 1
            continue
        if record.type == "phase" and record.phase is not None:
            phase = record.phase
        if record.ts is not None:
            written_at = record.ts
    warnings = _warnings(engine, journal.lines, messages, foreign)
    return JournalVerdict(warnings, phase, written_at)


def _warnings(engine: Engine, lines: int, messages: list[str], foreign: int) -> tuple[str, ...]:
    separator = engine.policy.param(catalogue.JOURNAL_WARNING, "separator")
    joined = separator.join(messages) if messages else None
    verdict = engine.decide(catalogue.JOURNAL_WARNING, JournalWarningFacts(lines, joined, foreign))
    if verdict.invalid:
        return (_unreadable(engine, "invalid"),)
    return () if verdict.warning is None else (verdict.warning,)


def _unreadable(engine: Engine, fault: DocumentFault) -> str:
    facts = UnreadableFacts("journal", JOURNAL_FILE, fault)
    return engine.decide(catalogue.UNREADABLE, facts).message

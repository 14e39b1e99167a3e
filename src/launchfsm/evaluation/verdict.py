"""Verdicts: how a launch stands, in a word and a line, after everything about it was judged.

Here: the facts that are left of a judgement, and the verdict. Not here: the words (the policy's
`verdict` table), or anything that the verdict rests on (`judgement`).
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, Literal, TypeAlias

from launchfsm.decisions import catalogue
from launchfsm.decisions.facts import VerdictFacts
from launchfsm.ecma.dates import read_time
from launchfsm.evaluation.selection import is_expired
from launchfsm.records.results import LaunchSnapshot, LaunchSummary

if TYPE_CHECKING:
    from collections.abc import Mapping

    from launchfsm.decisions.facts import Side
    from launchfsm.decisions.outcomes import TeamVerdict
    from launchfsm.engine.engine import Engine
    from launchfsm.evaluation.evidence import Evidence
    from launchfsm.evaluation.pipeline import Judgement
    from launchfsm.records.bootstrap import BootstrapState
    from launchfsm.vocabulary import TerminalStatus

Records: TypeAlias = Literal["none", "unreadable", "readable"]

_ENDED: Final[Mapping[str | None, TerminalStatus]] = {
    "completed": "completed",
    "failed": "failed",
    "canceled": "canceled",
}
"""The status that a terminal phase amounts to, where the state tells none (§3, §4)."""


def judge_verdict(engine: Engine, evidence: Evidence, judgement: Judgement) -> TeamVerdict:
    """How a launch stands, from what was judged of it."""
    return engine.decide(catalogue.VERDICT, _facts(engine, evidence, judgement))


def _facts(engine: Engine, evidence: Evidence, judgement: Judgement) -> VerdictFacts:
    believed = judgement.preferred_snapshot
    summary = LaunchSummary() if believed is None else believed.summary
    judged: LaunchSnapshot | None = believed or judgement.bootstrap_snapshot
    side: Side = judgement.preferred_source or "bootstrap"
    progress = None if judgement.runtime_state is None else judgement.runtime_state.progress
    return VerdictFacts(
        team_state=None if believed is None else believed.team_launch_state,
        launch_phase=None if believed is None else believed.launch_phase,
        names=_names(summary),
        confirmed=summary.confirmed_count,
        pending=summary.pending_count,
        failed=summary.failed_count,
        skipped=summary.skipped_count,
        expired=(
            judged is not None
            and is_expired(
                engine, judged, now=evidence.now, side=side, background=judgement.background
            )
        ),
        progress_state=None if progress is None else progress.state,
        progress_severity=None if progress is None else progress.message_severity,
        progress_message=None if progress is None else progress.message,
        progress_error=None if progress is None else progress.error,
        ended=None if evidence.state is None else _ended(evidence.state),
        records=_records(evidence),
        ahead=_ahead(evidence.now, judgement.bootstrap_snapshot, judgement.launcher_snapshot),
        age=None if side in judgement.background.undated else _age(evidence.now, judged),
    )


def _ahead(now: int, *snapshots: LaunchSnapshot | None) -> int | None:
    ages = [age for age in (_age(now, snapshot) for snapshot in snapshots) if age is not None]
    return -min(ages) if ages else None


def _age(now: int, snapshot: LaunchSnapshot | None) -> int | None:
    updated_at = None if snapshot is None else read_time(snapshot.updated_at)
    return None if updated_at is None else now - updated_at


def _names(summary: LaunchSummary) -> int:
    return (
        summary.confirmed_count
        + summary.pending_count
        + summary.failed_count
        + summary.skipped_count
    )


def _ended(state: BootstrapState) -> TerminalStatus | None:
    return state.terminal.status or _ENDED.get(state.phase)


def _records(evidence: Evidence) -> Records:
    documents = (evidence.state_document, evidence.launch_document)
    if any(document.value is not None for document in documents):
        return "readable"
    return "unreadable" if any(document.fault is not None for document in documents) else "none"

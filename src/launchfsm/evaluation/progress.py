"""What is shown of a bootstrap's progress, and what its journal tells (§7, §8, §9, j)."""

from __future__ import annotations

import itertools
from operator import attrgetter
from typing import Final

import attrs

from launchfsm.decisions import bootstrap
from launchfsm.decisions.verdict import REMAINS, RemainsFacts, RemainsVerdict
from launchfsm.ecma.dates import iso, read_instant
from launchfsm.ecma.text import is_blank, read_finite
from launchfsm.engine.engine import Engine
from launchfsm.evaluation.bootstrap import known_liveness, phase_kind_of
from launchfsm.evaluation.causes import classes_in_order, classify, common_cause
from launchfsm.evaluation.evidence import Evidence
from launchfsm.evaluation.runs import instant, minus, moment_of
from launchfsm.lifecycle.machines import BOOTSTRAP
from launchfsm.records.bootstrap import BootstrapState
from launchfsm.records.documents import JOURNAL_FILE, STATE_FILE, DocumentFault
from launchfsm.records.journal import JournalRun, last_records, named_run
from launchfsm.records.lock import LockRecord
from launchfsm.records.names import is_teammate
from launchfsm.records.results import Progress, RuntimeState
from launchfsm.records.roster import MEMBERS_META, TEAM_META, MembersMeta, TeamConfig
from launchfsm.system.files import ReadProblem
from launchfsm.vocabulary import Liveness

_OF_TIME: Final = ("state_ahead", "journal_ahead", "quiet")
"""What not every policy asks of progress."""


def runtime_of_state(
    engine: Engine, evidence: Evidence, state: BootstrapState, owner: bootstrap.OwnerVerdict
) -> RuntimeState | None:
    """What is shown of a readable state (§7).

    `None` when the policy shows nothing, or a date in the state is none.
    """
    shown = _phase_text(engine, state.phase, state.listed)
    journal = None
    facts = bootstrap.ProgressFacts(
        phase_kind=phase_kind_of(state.phase),
        phase_message=shown.message,
        owner_dead=owner.dead,
        owner_stale=owner.stale,
        owner_reason=owner.reason,
        folder=evidence.team,
        terminal_status=state.terminal.status,
        owner=known_liveness(evidence.owner, owner),
    )
    if engine.policy.reads(bootstrap.PROGRESS, *_OF_TIME):
        journal = judge_journal(engine, evidence.files.journal_lines, state.run_id)
        now, state_at = evidence.now, read_instant(state.updated_at)
        known = [one for one in (state_at, journal.written_at) if one is not None]
        facts.state_ahead = minus(state_at, now)
        facts.journal_ahead = minus(journal.written_at, now)
        facts.quiet = minus(now, max(known, default=None))
    verdict = engine.decide(bootstrap.PROGRESS, facts)
    progress_state = verdict.state or shown.state
    started_at = iso(state.started_at, evidence.now_text)
    updated_at = None if started_at is None else iso(state.updated_at, started_at)
    if not verdict.shown or progress_state is None or started_at is None or updated_at is None:
        return None
    if journal is None:
        journal = judge_journal(engine, evidence.files.journal_lines, state.run_id)
    team = state.team_name or evidence.team
    run_id, pid = state.run_id, read_finite(state.owner_pid)
    if not owner.dead:  # of a dead owner even a blank run and an odd pid are shown: all there is
        run_id = None if run_id is None or is_blank(run_id) else run_id
        pid = None if pid is None or pid <= 0 else pid
    progress = Progress(
        run_id=(verdict.run or evidence.team) if run_id is None else run_id,
        team_name=team,
        state=progress_state,
        message=verdict.message or "",
        message_severity=verdict.severity,
        error=verdict.error,
        warnings=journal.warnings or None,
        started_at=started_at,
        updated_at=updated_at,
        pid=pid,
    )
    return RuntimeState(team_name=team, run_id=run_id, progress=progress)


def _phase_text(engine: Engine, phase: str | None, members: int) -> bootstrap.PhaseText:
    known = phase if phase in BOOTSTRAP.states else None
    return engine.decide(bootstrap.PHASE, bootstrap.PhaseFacts(known, members))


def runtime_of_lock(
    engine: Engine, evidence: Evidence, lock: LockRecord, owner: Liveness
) -> RuntimeState | None:
    """What is shown of a usable lock whose run has no state to read.

    Of an unreadable state that is all that is left (§8). Where there is none, the shipped
    `reference` shows nothing.
    """
    verdict: bootstrap.RecoveryVerdict | bootstrap.BeginningVerdict
    fault = evidence.state_document.fault if evidence.state is None else None
    if fault is None:
        verdict = engine.decide(bootstrap.BEGINNING, _beginning(engine, evidence, lock, owner))
        if verdict.state is None:
            return None
        journal = judge_journal(engine, evidence.files.journal_lines, lock.run_id)
        state, warnings = verdict.state, journal.warnings
    else:
        journal = judge_journal(engine, evidence.files.journal_lines, lock.run_id)
        text = _phase_text(engine, journal.last_phase, 0)
        unreadable = bootstrap.UnreadableFacts("state", STATE_FILE, fault)
        message = engine.decide(bootstrap.UNREADABLE, unreadable).message
        facts = bootstrap.RecoveryFacts(owner, lock.pid or 0, text.state, text.message, message)
        verdict = engine.decide(bootstrap.RECOVERY, facts)
        shown = verdict.state or text.state
        if shown is None:
            return None
        state, warnings = shown, (message, *journal.warnings)
    run_id, now = lock.run_id or "", evidence.now_text
    progress = Progress(
        run_id=run_id,
        team_name=evidence.team,
        state=state,
        message=verdict.message or "",
        message_severity=verdict.severity,
        error=verdict.error,
        warnings=warnings or None,
        started_at=instant(lock.owner_started_at) or now,
        updated_at=now,
        pid=lock.pid,
    )
    return RuntimeState(team_name=evidence.team, run_id=run_id, progress=progress)


def _beginning(
    engine: Engine, evidence: Evidence, lock: LockRecord, owner: Liveness
) -> bootstrap.BeginningFacts:
    facts = bootstrap.BeginningFacts(
        owner=owner,
        owner_pid=lock.pid or 0,
        other_host=evidence.other.host,
        lock_age=minus(evidence.now, moment_of(lock.created_at)),
    )
    if engine.policy.reads(bootstrap.BEGINNING, "journal"):
        run = evidence.journal.run(lock.run_id or "")
        facts.journal = None if run is None else "ended" if run.ended else "open"
    return facts


# -- The journal (§9) ------------------------------------------------------------------------------


@attrs.define
class JournalVerdict:
    """What a journal's last lines say.

    Warnings are for people, the last phase is as recorded, known or not, and `written_at` is the
    time that the last record of this run gives, in ms since 1970.
    """

    warnings: tuple[str, ...] = ()
    last_phase: str | None = None
    written_at: float | None = None


_journal_facts_of: Final = attrgetter(
    *(field.name for field in attrs.fields(bootstrap.JournalFacts) if field.name != "same_run")
)
"""The facts about a record of the journal, in their order, which it has under the same names."""


def judge_journal(
    engine: Engine, read: bytes | ReadProblem, run_id: str | None = None
) -> JournalVerdict:
    """What the journal says, or why there is none; `run_id` is the run that is asked about."""
    if isinstance(read, ReadProblem):
        if read.outcome == "absent":
            return JournalVerdict()
        return JournalVerdict((_unreadable(engine, read.outcome),))
    recent = engine.policy.param(bootstrap.JOURNAL_WARNING, "recent_lines")
    records, lines = last_records(read, recent)
    messages, phase, foreign, written_at = [], None, 0, None
    ours = named_run(run_id) if engine.policy.reads(bootstrap.JOURNAL, "same_run") else None
    for record in records:
        told = bootstrap.JournalFacts(*_journal_facts_of(record))
        theirs = None if ours is None else named_run(record.run_id)
        told.same_run = None if theirs is None else theirs == ours
        verdict = engine.decide(bootstrap.JOURNAL, told)
        if verdict.message is not None:
            messages.append(verdict.message)
        if verdict.foreign:
            foreign += 1
            continue
        if record.type == "phase" and record.phase is not None:
            phase = record.phase
        if record.ts is not None:
            written_at = record.ts
    separator = engine.policy.param(bootstrap.JOURNAL_WARNING, "separator")
    joined = separator.join(messages) if messages else None
    facts = bootstrap.JournalWarningFacts(lines, joined, foreign)
    shown = engine.decide(bootstrap.JOURNAL_WARNING, facts)
    warning = _unreadable(engine, "invalid") if shown.invalid else shown.warning
    return JournalVerdict(() if warning is None else (warning,), phase, written_at)


def _unreadable(engine: Engine, fault: DocumentFault) -> str:
    facts = bootstrap.UnreadableFacts("journal", JOURNAL_FILE, fault)
    return engine.decide(bootstrap.UNREADABLE, facts).message


# -- What is left of launches without state and snapshot: journal, lock, rosters (j) ---------------


def run_error(evidence: Evidence) -> str | None:
    """Why the bootstrap ended as it did, as its state says, or else the journal of its run."""
    state = evidence.state
    if state is None or state.terminal.reason is not None:
        return None if state is None else state.terminal.reason
    run_id = named_run(state.run_id)
    for run in reversed(evidence.journal.runs):
        if run_id is None or run.id == run_id:
            return run.reason
    return None


def teammates_of(evidence: Evidence) -> tuple[int | None, int]:
    """How many teammates the rosters name that were not removed, and how many were removed.

    The first is `None` when nobody looked.
    """
    if "members" not in evidence.wanted:
        return None, 0
    config = evidence.side.config or TeamConfig()
    meta = evidence.side.members_meta or MembersMeta()
    named = {one.name or "" for one in (*meta.members, *config.members) if not one.is_lead}
    there = sum(is_teammate(name) and name.lower() not in meta.removed for name in named)
    return there, len(meta.removed)


def judge_remains(
    engine: Engine, evidence: Evidence, owner: Liveness | None
) -> tuple[RemainsVerdict, list[str]]:
    """How a launch stands of which neither state nor snapshot is left, and what to add to that.

    `owner` is whether the owner of its lock is there, as the policy finds.
    """
    facts = RemainsFacts()
    journal, lock = evidence.journal, evidence.lock
    runs, run = journal.runs, journal.runs[-1] if journal.runs else None
    if lock is not None:
        held = journal.run(lock.run_id or "")
        if owner == "alive" and held is not None:
            run = held
        if held is None or held is run:
            facts.lock = "other" if held is None else "this"
            facts.lock_owner, facts.lock_pid = owner, lock.pid
    if run is not None:
        _add_run(engine, facts, evidence.now, run)
        facts.runs, facts.ended_runs = len(runs), sum(one.ended for one in runs)
        begun = None if evidence.freshness is None else evidence.freshness.run_id
        if begun is not None and not journal.cut and journal.run(begun) is None:
            facts.begun_run = begun
    if evidence.config is not None:
        facts.config = len(evidence.config.members)
        facts.deleted_at = instant(evidence.config.deleted_at)
    facts.teammates, _ = teammates_of(evidence)
    facts.settings = any(map(evidence.side.has, (TEAM_META.name, MEMBERS_META.name)))
    return engine.decide(REMAINS, facts), [] if run is None else _last_steps(run)


_MOST_STEPS: Final = 10
_LONGEST_STEP: Final = 200  # in characters, of which a detail may have thousands


def _last_steps(run: JournalRun) -> list[str]:
    """What was recorded last of each member of a run, in a line, if it names any."""
    steps = [
        f"{name} {member.action}" + (f": {member.last.reason}" if member.last.reason else "")
        for name, member in itertools.islice(run.members.items(), _MOST_STEPS)
    ]
    if not steps:
        return []
    more = len(run.members) - len(steps)
    told = ", ".join(step[:_LONGEST_STEP] for step in steps)
    return [f"its members' last steps: {told}" + (f", and {more} more" if more else "")]


_ENDS: Final = {
    "completed": "completed",
    "partial_success": "ended with partial success",
    "failed": "failed",
    "canceled": "was canceled",
    None: "ended",
}
"""How a run ended, in words, by its status."""


def _add_run(engine: Engine, facts: RemainsFacts, now: int, run: JournalRun) -> None:
    """Add what the last run of the journal tells."""
    failed = run.failed
    facts.journal = "ended" if run.ended else "open"
    facts.status, facts.reason = run.status, run.reason
    if run.ended:
        at = instant(run.ended_at)
        facts.end = _ENDS[run.status] if at is None else f"{_ENDS[run.status]} at {at}"
    facts.names, facts.confirmed = len(run.members) - run.skipped, run.confirmed
    facts.failed = len(failed)
    facts.pending = facts.names - facts.confirmed - facts.failed
    facts.quiet = minus(now, run.written_at)
    reasons = {
        name: (classify(engine, why, name).name, why)
        for name, why in failed.items()
        if why is not None
    }
    cause = common_cause(reasons, order=classes_in_order(engine), failed=True)
    facts.failure = None if cause is None else cause.text
    told = bootstrap.JournalFacts(*_journal_facts_of(run.records[-1]))
    facts.last = engine.decide(bootstrap.JOURNAL, told).message

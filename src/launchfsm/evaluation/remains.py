"""What is left of launches without state and snapshot: journal, lock, rosters (j)."""

from __future__ import annotations

from launchfsm.decisions.bootstrap import JOURNAL
from launchfsm.decisions.verdict import REMAINS, RemainsFacts, RemainsVerdict
from launchfsm.engine.engine import Engine
from launchfsm.evaluation.causes import classes_in_order, classify, common_cause
from launchfsm.evaluation.evidence import Evidence
from launchfsm.evaluation.progress import facts_of
from launchfsm.evaluation.runs import instant, minus
from launchfsm.records.journal import JournalRun, named_run, parse_journal
from launchfsm.records.roster import MEMBERS_META, TEAM_META, MembersMeta, TeamConfig
from launchfsm.vocabulary import Liveness


def run_error(evidence: Evidence) -> str | None:
    """Why the bootstrap ended as it did, as its state says, or else the journal of its run."""
    state = evidence.state
    if state is None or state.terminal.reason is not None:
        return None if state is None else state.terminal.reason
    run_id = named_run(state.run_id)
    for run in reversed(parse_journal(evidence.files.journal_lines).runs):
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
    named = {one.name for one in (*meta.members, *config.members) if not one.is_lead}
    there = sum(name is not None and name.lower() not in meta.removed for name in named)
    return there, len(meta.removed)


def judge_remains(engine: Engine, evidence: Evidence, owner: Liveness | None) -> RemainsVerdict:
    """How a launch stands of which neither state nor snapshot is left.

    `owner` is whether the owner of its lock is there, as the policy finds.
    """
    facts = RemainsFacts()
    journal, lock = parse_journal(evidence.files.journal_lines), evidence.lock
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
    return engine.decide(REMAINS, facts)


def _add_run(engine: Engine, facts: RemainsFacts, now: int, run: JournalRun) -> None:
    """Add what the last run of the journal tells."""
    failed = run.failed
    facts.journal = "ended" if run.ended else "open"
    facts.status, facts.reason = run.status, run.reason
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
    told = facts_of(run.records[-1], same_run=None)
    facts.last = engine.decide(JOURNAL, told).message

"""What is left of a team's launches when neither state nor snapshot is: journal, lock, rosters (j)."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import attrs

from launchfsm.decisions import catalogue
from launchfsm.decisions.remains import REMAINS, RemainsFacts
from launchfsm.ecma.text import trim
from launchfsm.evaluation.causes import classify, common_cause
from launchfsm.evaluation.progress import facts_of
from launchfsm.evaluation.runs import named_run
from launchfsm.records.journal import JournalRecord, journal_of
from launchfsm.records.names import is_recorded_member
from launchfsm.records.roster import MEMBERS_META_FILE, TEAM_META_FILE
from launchfsm.system.files import ReadProblem
from launchfsm.vocabulary import TerminalStatus

if TYPE_CHECKING:
    from collections.abc import Mapping

    from launchfsm.decisions.remains import RemainsVerdict
    from launchfsm.engine.engine import Engine
    from launchfsm.evaluation.evidence import Evidence
    from launchfsm.vocabulary import Liveness

_ALL_LINES: Final = 1_000_000
_FAILED: Final = frozenset({"failed", "spawn_failed"})
_ENDS: Final[Mapping[str, TerminalStatus]] = {
    "completed": "completed",
    "partial_success": "partial_success",
    "failed": "failed",
    "canceled": "canceled",
}


@attrs.define(eq=False)
class JournalRun:
    """One run as the journal tells it.

    Attributes:
        id: Its id; `None` for records that name none.
        status: How it ended; `None` while it did not, or when it ended in no way of ours.
        ended: Whether it ended.
        reason: Why it ended so.
        members: By name the last that was told of each: the action and its detail.
        last: Its last record.
        written_at: When its last dated record was written, in ms since 1970.
    """

    id: str | None
    status: TerminalStatus | None = None
    ended: bool = False
    reason: str | None = None
    members: dict[str, tuple[str, str | None]] = attrs.field(factory=dict)
    last: JournalRecord | None = None
    written_at: float | None = None

    def add(self, record: JournalRecord) -> None:
        """Take in the run's next record."""
        self.last = record
        if record.ts is not None:
            self.written_at = record.ts
        if record.type == "terminal":
            self.ended, self.reason = True, record.reason
            self.status = _ENDS.get(record.status or "")
        name = None if record.name is None else trim(record.name)
        if record.type != "member" or record.action is None or not is_recorded_member(name):
            return
        known = self.members.get(name, ("", None))[0]
        if known == "bootstrap_confirmed" and record.action != "spawn_started":
            return  # a confirmation stands until the member is spawned again
        self.members[name] = (record.action, record.detail)

    @property
    def confirmed(self) -> int:
        """How many members are confirmed."""
        return sum(action == "bootstrap_confirmed" for action, _ in self.members.values())

    @property
    def failed(self) -> dict[str, str | None]:
        """By name the members that failed, with the detail."""
        return {name: why for name, (action, why) in self.members.items() if action in _FAILED}


def runs_of_journal(read: bytes | ReadProblem) -> tuple[JournalRun, ...]:
    """The runs that a journal has records of, by their last records; the last run comes last."""
    if isinstance(read, ReadProblem):
        return ()
    found: dict[str | None, JournalRun] = {}
    for record in journal_of(read, _ALL_LINES).records:
        run = named_run(record.run_id)
        one = found.pop(run, None) or JournalRun(run)
        found[run] = one
        one.add(record)
    return tuple(found.values())


def run_error(evidence: Evidence) -> str | None:
    """Why the bootstrap ended as it did, as its state says, or else the journal of its run."""
    state = evidence.state
    if state is None or state.terminal.reason is not None:
        return None if state is None else state.terminal.reason
    run_id = named_run(state.run_id)
    for run in reversed(runs_of_journal(evidence.files.journal_lines)):
        if run_id is None or run.id == run_id:
            return run.reason
    return None


def teammates_of(evidence: Evidence) -> int | None:
    """How many teammates the rosters name that were not removed; `None` if nobody looked."""
    if "members" not in evidence.wanted:
        return None
    config, meta = evidence.side.config, evidence.side.members_meta
    removed = frozenset() if meta is None else meta.removed
    named = {one.name for one in (() if meta is None else meta.members) if not one.is_lead}
    named |= {one.name for one in (() if config is None else config.members) if not one.is_lead}
    return sum(name is not None and name.lower() not in removed for name in named)


def removed_of(evidence: Evidence) -> int:
    """How many members `members.meta.json` calls removed."""
    meta = evidence.side.members_meta if "members" in evidence.wanted else None
    return 0 if meta is None else len(meta.removed)


def judge_remains(engine: Engine, evidence: Evidence, owner: Liveness | None) -> RemainsVerdict:
    """How a launch stands of which neither state nor snapshot is left.

    Args:
        engine: Applies the policy.
        evidence: What is known of the team.
        owner: Whether the owner of its lock is there, as the policy finds.
    """
    facts = RemainsFacts()
    runs, lock = runs_of_journal(evidence.files.journal_lines), evidence.lock
    if runs:
        _add_run(engine, facts, evidence, runs[-1])
        facts.runs, facts.ended_runs = len(runs), sum(run.ended for run in runs)
    if lock is not None:
        known = runs and named_run(lock.run_id) == runs[-1].id
        facts.lock = "this" if known else "other"
        facts.lock_owner, facts.lock_pid = owner, lock.pid
    if "config" in evidence.wanted and evidence.side.config is not None:
        facts.config = len(evidence.side.config.members)
    facts.teammates = teammates_of(evidence)
    facts.settings = not {TEAM_META_FILE, MEMBERS_META_FILE}.isdisjoint(evidence.side.names)
    return engine.decide(REMAINS, facts)


def _add_run(engine: Engine, facts: RemainsFacts, evidence: Evidence, run: JournalRun) -> None:
    """Add what the last run of the journal tells."""
    failed = run.failed
    facts.journal = "ended" if run.ended else "open"
    facts.status, facts.reason = run.status, run.reason
    facts.names, facts.confirmed, facts.failed = len(run.members), run.confirmed, len(failed)
    facts.pending = facts.names - facts.confirmed - facts.failed
    facts.quiet = None if run.written_at is None else evidence.now - run.written_at
    reasons = {
        name: (classify(engine, why, name).name, why)
        for name, why in failed.items()
        if why is not None
    }
    cause = common_cause(reasons, order=(), failed=True)
    facts.failure = None if cause is None else cause.text
    if run.last is not None:
        told = run.last
        facts.last = engine.decide(catalogue.JOURNAL, facts_of(told, same_run=None)).message

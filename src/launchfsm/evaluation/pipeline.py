"""From a team's evidence to its verdict, in the order in which it happens.

It is pure: no file, no clock and no process is touched but through the evidence, so that running
it again with an engine that takes notes is its own explanation.
"""

from __future__ import annotations

import functools
from collections.abc import Callable, Mapping
from typing import Final, Literal, cast

import attrs

from launchfsm.decisions.bootstrap import OwnerVerdict
from launchfsm.decisions.facts import Side
from launchfsm.decisions.members import SPAWN_STATUS
from launchfsm.decisions.present import RunsVerdict
from launchfsm.decisions.reconciliation import CAUSE, LANE_TEXT, MEMBER_WORD
from launchfsm.decisions.verdict import (
    ADVICE,
    FOREMOST,
    NOTES,
    VERDICT,
    Foremost,
    ForemostFacts,
    RemainsVerdict,
    TeamVerdict,
    VerdictFacts,
)
from launchfsm.ecma.dates import read_time
from launchfsm.engine.engine import Engine
from launchfsm.evaluation.bootstrap import (
    goes_on,
    judge_lock_owner,
    judge_owner,
    known_liveness,
    snapshot_of_state,
)
from launchfsm.evaluation.causes import TeamCause, cause_text
from launchfsm.evaluation.evidence import Evidence, left_lock_pid
from launchfsm.evaluation.launch_state import snapshot_of_document
from launchfsm.evaluation.member_records import TeamRecords
from launchfsm.evaluation.members import name_members
from launchfsm.evaluation.progress import (
    judge_remains,
    run_error,
    runtime_of_lock,
    runtime_of_state,
    teammates_of,
)
from launchfsm.evaluation.reconciliation import reconcile, reconciles
from launchfsm.evaluation.reports import (
    MemberReport,
    Reconciled,
    advise,
    member_reports,
    spawn_statuses,
    team_cause,
)
from launchfsm.evaluation.runs import (
    Stop,
    dropped_names,
    instant,
    judge_runs,
    judge_stop,
    judge_team_name,
    minus,
    moment_of,
)
from launchfsm.evaluation.selection import choose, is_expired
from launchfsm.records.bootstrap import BootstrapState, TerminalRecord
from launchfsm.records.documents import LAUNCH_FILE, LOCK_FILE, STATE_FILE
from launchfsm.records.names import is_lead
from launchfsm.records.results import (
    LAUNCH_VERSION,
    LaunchSnapshot,
    LaunchSummary,
    MemberLaunch,
    MemberSpawnStatus,
    RuntimeState,
)
from launchfsm.vocabulary import Liveness, TerminalPhase, TerminalStatus, values


@attrs.define(eq=False)
class BootstrapView:
    """What the bootstrap's state tells, or its lock where there is no state to read.

    Attributes:
        snapshot: The launch.
        show: Works out what a progress display shows.
        owner: Whether the owner is there; `None` when nobody knows who it is, and when the
            bootstrap ended.
    """

    snapshot: LaunchSnapshot | None = None
    show: Callable[[], RuntimeState | None] = lambda: None
    owner: Liveness | None = None

    @functools.cached_property
    def shown(self) -> RuntimeState | None:
        """What a progress display shows (§7, §8)."""
        return self.show()


@attrs.define(eq=False)
class Judgement:
    """What follows from a team's evidence; each `None` means that there is none.

    `present` is what the bootstrap tells of the present run, `runs` which records are of an older
    one, and `stop` the last word on the team. `reconciled` is the preferred snapshot (§11).
    """

    engine: Engine
    evidence: Evidence
    bootstrap_snapshot: LaunchSnapshot | None
    present: BootstrapView
    launcher_snapshot: LaunchSnapshot | None
    preferred_source: Side | None
    reconciled: Reconciled | None
    stop: Stop | None
    runs: RunsVerdict

    @property
    def preferred_snapshot(self) -> LaunchSnapshot | None:
        """The snapshot that is believed (§11); of the launcher's, members may be healed."""
        return None if self.reconciled is None else self.reconciled.snapshot

    @property
    def runtime_state(self) -> RuntimeState | None:
        """What a progress display shows (§7, §8)."""
        return self.present.shown

    def is_expired(self, engine: Engine, snapshot: LaunchSnapshot | None) -> bool:
        """Whether the snapshot that is believed, or else the bootstrap's, is too old (§11)."""
        return snapshot is not None and is_expired(
            engine,
            snapshot,
            now=self.evidence.now,
            side=self.preferred_source or "bootstrap",
            owner=self.present.owner,
            undated=self.evidence.undated,
        )

    @functools.cached_property
    def reports(self) -> Mapping[str, MemberReport]:
        """What is told of each member of the preferred snapshot, by name."""
        found = self.reconciled
        return {} if found is None else member_reports(self.engine, found)

    @functools.cached_property
    def statuses(self) -> Mapping[str, MemberSpawnStatus]:
        """The members of the preferred snapshot as a roster shows them, by name."""
        found = self.preferred_snapshot
        return {} if found is None else spawn_statuses(self.engine, found)

    @functools.cached_property
    def cause(self) -> TeamCause | None:
        """Why members failed, or the errors that pending members tell."""
        found = self.reconciled
        return None if found is None else team_cause(self.engine, found, self.reports)

    @functools.cached_property
    def advice(self) -> str | None:
        """What a person can do next."""
        left = left_lock_pid(self.evidence)
        return advise(self.engine, self.reports, self.cause, left_lock_pid=left)

    @functools.cached_property
    def verdict(self) -> TeamVerdict:
        """How the launch stands in a word and a line."""
        return judge_verdict(self.engine, self)


def judge_team(engine: Engine, evidence: Evidence, *, at_once: bool = False) -> Judgement:
    """Everything that a policy says of a team's evidence, but the verdict.

    `at_once` works out what a display shows where an explanation has it, not when somebody asks.
    """
    engine = engine.answering()
    without = dropped_names(engine, evidence)
    if evidence.state is None:
        view = _view_of_lock(engine, evidence)
    else:
        view = _view_of_state(engine.about(STATE_FILE), evidence, evidence.state, without)
    if at_once:
        view.shown  # noqa: B018 - asks
    launcher = _launcher(engine.about(LAUNCH_FILE), evidence, without)
    stop = judge_stop(engine, evidence, launcher, view.owner)
    runs = judge_runs(engine, evidence, launcher, view.owner)
    present, heals = view, True  # whether the bootstrap's members may confirm the launcher's
    of_now: dict[Side | None, LaunchSnapshot | None] = {
        "bootstrap": view.snapshot,
        "launcher": launcher,
    }
    if launcher is not None and evidence.state is not None:
        name, about = evidence.state.team_name, engine.about(STATE_FILE)
        heals = judge_team_name(about, evidence, "bootstrap", name).heals
        if not heals:
            of_now["bootstrap"] = None  # it names another team
    if runs.older in {"bootstrap", "both"}:
        present = _view_of_lock(engine, evidence) if runs.lock_begins else BootstrapView()
        of_now["bootstrap"], heals = None, False
        if at_once:
            present.shown  # noqa: B018 - asks
    if runs.older in {"launcher", "both"}:
        of_now["launcher"] = None
    source = choose(
        engine,
        of_now["bootstrap"],
        of_now["launcher"],
        now=evidence.now,
        owner=present.owner,
        undated=evidence.undated,
    )
    base, reconciled = of_now.get(source), None
    if source is not None and base is not None:
        if stop is not None:
            base = _stopped(engine, evidence, base, source, without)
        reconciled = Reconciled(base, base, {}, {})
        if reconciles(engine.policy):
            team = TeamRecords(engine, evidence, base, source, present.owner, heals=heals)
            reconciled = reconcile(team, stopped=stop is not None)
    bootstrap = view.snapshot
    return Judgement(engine, evidence, bootstrap, present, launcher, source, reconciled, stop, runs)


def _stopped(
    engine: Engine,
    evidence: Evidence,
    snapshot: LaunchSnapshot,
    side: Side,
    without: frozenset[str],
) -> LaunchSnapshot:
    """The base snapshot of a team that was stopped: as it was before, and nobody is there (c5).

    That the launch is over, and that its owner is gone, is the stop's doing and fails nobody.
    """
    state, left = evidence.state, None
    if side == "launcher":
        document = evidence.launch_document.value | {"launchPhase": "active"}
        left = snapshot_of_document(
            engine.about(LAUNCH_FILE),
            evidence.team,
            document,
            now=evidence.now_text,
            without=without,
        )
    elif state is not None:
        going_on = attrs.evolve(state, phase="spawning_members", terminal=TerminalRecord())
        about = engine.about(STATE_FILE)
        left = snapshot_of_state(about, evidence, going_on, OwnerVerdict(), without=without)
    left = left or snapshot
    members = {
        name: member.like(runtime_alive=False, stopped=True)
        for name, member in left.members.items()
    }
    return left.like(launch_phase=snapshot.launch_phase, members=members)


# -- The two sides (§3, §4, §7, §8, §10) -----------------------------------------------------------


def _view_of_lock(engine: Engine, evidence: Evidence) -> BootstrapView:
    """What a lock tells of a run that has no state to read."""
    lock = evidence.lock
    if lock is None:
        return BootstrapView()
    engine = engine.about(LOCK_FILE)
    verdict = judge_lock_owner(engine, evidence, lock)
    owner = known_liveness(evidence.lock_owner, verdict)
    if owner is None:
        return BootstrapView()
    show = functools.partial(runtime_of_lock, engine, evidence, lock, owner)
    return BootstrapView(show=show, owner=owner)


def _view_of_state(
    engine: Engine, evidence: Evidence, state: BootstrapState, without: frozenset[str]
) -> BootstrapView:
    verdict, owner = judge_owner(engine, evidence, state), None
    if goes_on(state):
        owner = known_liveness(evidence.owner, verdict)
    return BootstrapView(
        snapshot_of_state(engine, evidence, state, verdict, without=without),
        functools.partial(runtime_of_state, engine, evidence, state, verdict),
        owner,
    )


def _launcher(engine: Engine, evidence: Evidence, without: frozenset[str]) -> LaunchSnapshot | None:
    """The launch as the launcher tells it (§10); `None` also when it tells of another team."""
    document = evidence.launch_document.value
    if isinstance(document, dict) and document.get("version") == LAUNCH_VERSION:
        name = document.get("teamName")
        if judge_team_name(engine, evidence, "launcher", name).unread:
            return None
    return snapshot_of_document(
        engine, evidence.team, document, now=evidence.now_text, without=without
    )


# -- The verdict -----------------------------------------------------------------------------------

OWNER_GONE: Final = "owner gone"
"""The class of failures that the end of the bootstrap's owner is the reason of."""

_MOST_OTHERS: Final = 4
"""How many members are told of by name that failed for other reasons than most."""

_ENDED: Final[Mapping[str | None, TerminalStatus]] = {
    phase: phase for phase in cast("tuple[TerminalPhase, ...]", values(TerminalPhase))
}
"""The status that a terminal phase amounts to, where the state tells none (§3, §4)."""


def judge_verdict(engine: Engine, judgement: Judgement) -> TeamVerdict:
    """How a launch stands in a word and a line, from what was judged of it."""
    evidence, facts = judgement.evidence, _verdict_facts(engine, judgement)
    first: Foremost | RemainsVerdict = Foremost()
    notes = _moment_of_pack(evidence)
    if facts.records == "none" and judgement.stop is None:
        first, more = judge_remains(engine, evidence, judgement.present.owner)
        notes += more
    if first.severity is None and evidence.wanted:
        known = _foremost_facts(facts, judgement)
        notes += [note.text for note in engine.decide(NOTES, known)]
        first = engine.decide(FOREMOST, known)
    if first.severity is None:
        verdict = engine.decide(VERDICT, facts, follow=False)
    else:
        verdict = TeamVerdict(first.severity, first.text)
    if also := tuple(dict.fromkeys(note for note in notes if note not in verdict.text)):
        verdict = attrs.evolve(verdict, also=also)
    engine.follow(VERDICT, facts, verdict)
    return verdict


def _moment_of_pack(evidence: Evidence) -> list[str]:
    """When a pack was taken and of which run, in a line; no line outside a pack."""
    manifest = evidence.side.manifest
    at, run = instant(manifest.created_at), manifest.run_id
    told = [f"at {at}"] if at is not None else []
    told += [f"run {run}"] if run is not None else []
    return [f"this is a copy of its records: {', '.join(told)}"] if told else []


def judge_whole(engine: Engine, evidence: Evidence, *, reports: bool = False) -> Judgement:
    """Everything that `judge_team` says and the verdict; with own tables, all that these need.

    `reports` tells whether members' reports, the cause and the advice are judged in any case.
    """
    judgement = judge_team(engine, evidence, at_once=True)
    judgement.verdict  # noqa: B018 - asks
    judge_shown(judgement, reports=reports)
    return judgement


_REPORTED: Final = frozenset({MEMBER_WORD.name, CAUSE.name, LANE_TEXT.name, ADVICE.name})


def judge_shown(judgement: Judgement, *, reports: bool = False) -> None:
    """Ask what only displays ask, where own tables stand on it, or reports are wanted anyway."""
    own = judgement.engine.policy.own.keys()
    if SPAWN_STATUS.name in own:
        judgement.statuses  # noqa: B018 - asks
    if reports or not own.isdisjoint(_REPORTED):
        judgement.advice  # noqa: B018 - asks


_SAME: Final = attrs.fields_dict(ForemostFacts).keys() & attrs.fields_dict(VerdictFacts).keys()


def _foremost_facts(told: VerdictFacts, judgement: Judgement) -> ForemostFacts:
    """What not every policy asks: stops, runs, causes, who waits, who is gone."""
    evidence, believed = judgement.evidence, judgement.preferred_snapshot
    if told.ended in {"failed", "canceled", "partial_success"}:
        told.run_error = run_error(evidence)
    facts = ForemostFacts(
        **{name: getattr(told, name) for name in _SAME},
        believed=believed is not None,
        owner_error=told.progress_error,
        canceled=told.ended == "canceled",
    )
    if told.names > 0:
        facts.members = "failed" if told.failed else "pending" if told.pending else "there"
    else:
        facts.teammates, facts.removed = teammates_of(evidence)
    if told.progress_state == "failed" or told.ended in {"failed", "canceled"}:
        facts.bootstrap = "badly"
        if told.ended is not None and told.run_error is not None:
            facts.bad_end = f"{told.ended}: {told.run_error}"
    elif told.progress_state is not None:
        facts.bootstrap = "under way"
    elif told.ended is not None:
        facts.bootstrap = "completed"
    if evidence.config is not None:
        facts.deleted_at = instant(evidence.config.deleted_at)
    _add_runs(facts, judgement)
    if believed is not None:
        _add_members(facts, judgement, believed)
        _add_cause(facts, judgement.cause, judgement.reports)
    return facts


def _add_members(facts: ForemostFacts, judgement: Judgement, believed: LaunchSnapshot) -> None:
    """Add who waits and who is gone, and how the lead is."""
    members = believed.members.values()
    for decision in (FOREMOST, NOTES):
        name_members(judgement.engine, decision, facts, believed.members, believed.counts)
    leads_first = sorted(members, key=lambda one: (not is_lead(one.name), one.name))
    if facts.pending:
        facts.stalled = sum(member.is_stalled for member in members)
    blocked = [member for member in leads_first if member.waits_for_permission]
    if blocked:
        facts.blocked, facts.blocked_for = len(blocked), "; ".join(map(_waiting, blocked))
    lead = leads_first[0] if leads_first and is_lead(leads_first[0].name) else None
    if lead is not None:
        failed = lead.launch_state == "failed_to_start"
        facts.lead = "failed" if failed else "blocked" if lead.waits_for_permission else "other"
        facts.lead_reason = lead.hard_failure_reason or "no reason is recorded"
    facts.gone = sum(report.word == "gone" for report in judgement.reports.values())
    if facts.gone:
        facts.gone_are = "all" if facts.gone >= believed.summary.confirmed_count else "some"


def _add_cause(
    facts: ForemostFacts, cause: TeamCause | None, reports: Mapping[str, MemberReport]
) -> None:
    if cause is None:
        return
    if not cause.failed:
        facts.trouble, facts.trouble_class = cause.text, cause.name
        facts.trouble_count = cause.count
        return
    facts.failure, facts.failure_count = cause.text, cause.count
    others = sorted(name for found in cause.others.values() for name in found)
    told = [f"{name} failed: {cause_text(reports[name].reason or '')}" for name in others]
    facts.failed_otherwise = "; ".join(told[:_MOST_OTHERS]) or None
    facts.failed_for = "several reasons" if cause.others else "one reason"
    run_error = facts.run_error
    if cause.name == OWNER_GONE and not cause.others:
        facts.failed_for = "the owner's end"
    elif cause.everybody and run_error is not None and cause_text(run_error) == cause.text:
        facts.failed_for = "the run"  # whose error the launcher copied to each (k3)


def _add_runs(facts: ForemostFacts, judgement: Judgement) -> None:
    """Add the stop, the run that was begun, and what older records tell."""
    stop, runs = judgement.stop, judgement.runs
    facts.undecided = runs.undecided
    state, freshness = judgement.evidence.state, judgement.evidence.freshness
    if judgement.preferred_snapshot is None and not runs.undecided and freshness is not None:
        facts.begun_run = freshness.run_id if freshness.kind == "launch" else None
    told: list[str] = []
    if stop is not None:
        facts.stopped = "undated" if stop.at is None else "dated"
        facts.stopped_at = instant(stop.at)
        found = judgement.preferred_snapshot or judgement.bootstrap_snapshot
        began = None if state is None else moment_of(state.started_at)
        later = minus(began, stop.at) if judgement.preferred_source != "launcher" else None
        when = "begun since it was stopped" if (later or 0) > 0 else "before it was stopped"
        told += [] if found is None else [f"{when}: {_tally(found)}"]
    launcher = judgement.launcher_snapshot
    if runs.older in {"bootstrap", "both"} and judgement.bootstrap_snapshot is not None:
        run = None if state is None else state.run_id
        told.append(f"run {run}: {_tally(judgement.bootstrap_snapshot)}")
    if runs.older in {"launcher", "both"} and launcher is not None:
        run = launcher.publication_run_id or "before"
        told.append(f"run {run}: {_tally(launcher)}")
    facts.history = "; ".join(told) or None


def _tally(snapshot: LaunchSnapshot) -> str:
    summary, names = snapshot.summary, snapshot.summary.names
    failed = f", {summary.failed_count} failed" if summary.failed_count else ""
    return f"{summary.confirmed_count} of {names} confirmed{failed}"


def _waiting(member: MemberLaunch) -> str:
    who = "the lead" if is_lead(member.name) else member.name
    requests = ", ".join(member.pending_permission_request_ids or ())
    return f"{who} waits for permission {requests}" if requests else f"{who} waits for permission"


def _verdict_facts(engine: Engine, judgement: Judgement) -> VerdictFacts:
    evidence, now = judgement.evidence, judgement.evidence.now
    believed = judgement.preferred_snapshot
    summary = LaunchSummary() if believed is None else believed.summary
    judged = believed or judgement.bootstrap_snapshot
    side: Side = judgement.preferred_source or "bootstrap"
    progress = None if judgement.runtime_state is None else judgement.runtime_state.progress
    snapshots = (judgement.bootstrap_snapshot, judgement.launcher_snapshot)
    documents = (evidence.state_document, evidence.launch_document)
    records: Literal["none", "unreadable", "readable"] = "none"
    if any(document.value is not None for document in documents):
        records = "readable"
    elif any(document.fault is not None for document in documents):
        records = "unreadable"
    ages = [age for age in (_age(now, snapshot) for snapshot in snapshots) if age is not None]
    facts = VerdictFacts(
        team_state=None if believed is None else believed.team_launch_state,
        launch_phase=None if believed is None else believed.launch_phase,
        names=summary.names,
        confirmed=summary.confirmed_count,
        pending=summary.pending_count,
        failed=summary.failed_count,
        skipped=summary.skipped_count,
        expired=judgement.is_expired(engine, judged),
        progress_state=None if progress is None else progress.state,
        progress_severity=None if progress is None else progress.message_severity,
        progress_message=None if progress is None else progress.message,
        progress_error=None if progress is None else progress.error,
        ended=(
            None
            if evidence.state is None or judgement.runs.older in {"bootstrap", "both"}
            else evidence.state.terminal.status or _ENDED.get(evidence.state.phase)
        ),
        records=records,
        ahead=-min(ages) if ages else None,
        age=None if side in evidence.undated else _age(now, judged),
    )
    if believed is not None:
        name_members(engine, VERDICT, facts, believed.members, believed.counts)
    return facts


def _age(now: int, snapshot: LaunchSnapshot | None) -> int | None:
    updated_at = None if snapshot is None else read_time(snapshot.updated_at)
    return None if updated_at is None else now - updated_at

"""The members of the base snapshot, held against every other record of them (a, e, f, k1).

What a record's word does to a member, and whether it counts at all, are the policy's tables
(`launchfsm.decisions.reconciliation`); here is the order in which they are asked, and what they
are told.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, Final, Literal

import attrs

from launchfsm.decisions.causes import CAUSE, Cause
from launchfsm.decisions.facts import Side
from launchfsm.decisions.reconciliation import (
    CLEARING,
    CURRENCY,
    GRACE,
    LANE_TEXT,
    MEMBER_PROCESS,
    MEMBER_WORD,
    RECONCILIATION,
    STALL,
    TRANSPORT,
    ClearingFacts,
    CurrencyFacts,
    GraceFacts,
    LaneText,
    LaneTextFacts,
    MemberProcessFacts,
    MemberWord,
    MemberWordFacts,
    ProcessWord,
    ReconciliationFacts,
    StallFacts,
    TransportFacts,
)
from launchfsm.ecma.dates import iso_from_ms, read_instant, read_time
from launchfsm.ecma.text import trim
from launchfsm.evaluation.bootstrap import complete_snapshot
from launchfsm.evaluation.causes import TeamCause, classify, common_cause
from launchfsm.evaluation.member_evidence import MemberEvidence, NoMemberEvidence
from launchfsm.evaluation.members import KnownMembers, diagnose, member_like, walk
from launchfsm.evaluation.runtime import (
    Spawn,
    Word,
    by_sender,
    newest_word,
    proof_of,
    stages_of,
)
from launchfsm.records.bootstrap import BootstrapState
from launchfsm.records.results import LaunchSnapshot, Sources

if TYPE_CHECKING:
    from launchfsm.decisions.reconciliation import ReconciliationVerdict
    from launchfsm.engine.decision import Decision
    from launchfsm.engine.engine import Engine
    from launchfsm.engine.table import Policy
    from launchfsm.lifecycle.machines import MemberEvent
    from launchfsm.records.bootstrap import MemberRecord
    from launchfsm.records.inbox import Message
    from launchfsm.records.results import MemberLaunch
    from launchfsm.records.roster import ConfigMember

Witness = Literal["inbox", "own", "bootstrap", "proof"]

_ACCEPTED: Final = frozenset(
    {"spawn_started", "registered", "runtime_alive", "bootstrap_confirmed"}
)
_SESSION_RECORDED: Final = "member_session_recorded at "
_STALE: Final = frozenset({"stale_metadata", "registered_only"})
_STALE_TEXT: Final = "persisted runtime pid is not alive"
_UNAVAILABLE: Final = ("process table", "unavailable")
_DEFAULT_REASON: Final = "deterministic bootstrap failed"


@attrs.frozen(kw_only=True)
class ReconciliationContext:
    """What is known beyond the base snapshot.

    Attributes:
        now: The time, in ms since 1970.
        team: The name of the team's folder.
        side: Whose snapshot is the base.
        evidence: What can be looked at of the members.
        state: The bootstrap's state, where its members may say something of the base's: not of
            another team, nor of an older run.
        bootstrap_live: Whether the bootstrap of the base's run is at work: in an active phase, its
            owner alive.
        launcher_members: The members as `launch-state.json` has them, raw.
        elsewhere: Whether pids mean nothing here: another host or pid namespace, or a copy.
    """

    now: int
    team: str
    side: Side
    evidence: MemberEvidence = attrs.field(factory=NoMemberEvidence)
    state: BootstrapState | None = None
    bootstrap_live: bool = False
    launcher_members: Mapping[str, Any] = attrs.field(factory=dict)
    elsewhere: bool = False


@attrs.frozen
class Cleared:
    """A recorded failure that gave way.

    Attributes:
        reason: The failure's reason; `None` when none was recorded.
        by: Which record cleared it: `own`, `bootstrap`, `inbox`, `proof` or `events`.
        at: When that record says that it happened, in ms since 1970.
    """

    reason: str | None
    by: str
    at: int | None


@attrs.frozen
class MemberReport:
    """What is told of a member beside its record.

    Attributes:
        word: Where it stands, in a word for people.
        remark: What is said besides.
        process: What is known of its process; `None` when no pid is recorded, or nobody looked.
        cause: The class of the reason below; `None` without a reason.
        reason: Why it failed, or the error that its record tells while it is pending.
        requests: The permissions that it waits for.
        cleared: The failure that gave way to a confirmation.
    """

    word: MemberWord
    remark: str | None = None
    process: ProcessWord | None = None
    cause: Cause | None = None
    reason: str | None = None
    requests: tuple[str, ...] = ()
    cleared: Cleared | None = None


@attrs.frozen
class Reconciled:
    """The base snapshot, its members as all records together tell them.

    Attributes:
        snapshot: The snapshot; the same object when nothing changed.
        members: What is told of each beside.
        cause: Why members failed, or are pending with an error; `None` when none is told.
    """

    snapshot: LaunchSnapshot
    members: Mapping[str, MemberReport]
    cause: TeamCause | None


def reconcile(
    engine: Engine, context: ReconciliationContext, snapshot: LaunchSnapshot
) -> Reconciled:
    """Hold the members of the base snapshot against every other record of them.

    Args:
        engine: Applies the policy.
        context: What else is known.
        snapshot: The base snapshot.
    """
    team = _Team(engine, context, snapshot)
    found = {name: _Member(team, member) for name, member in snapshot.members.items()}
    changed = False
    for member in found.values():
        member.reconcile()
        changed = changed or member.now is not member.before
    if changed:
        snapshot = complete_snapshot(
            engine,
            team_name=snapshot.team_name,
            updated_at=snapshot.updated_at,
            launch_phase=snapshot.launch_phase,
            expected=snapshot.expected_members,
            members={name: member.now for name, member in found.items()},
            settler=KnownMembers(engine, snapshot.launch_phase),
            bootstrap_expected=snapshot.bootstrap_expected_members or (),
            lead_session_id=snapshot.lead_session_id,
            publication_run_id=snapshot.publication_run_id,
        )
    reports = {
        name: found[name].report(member)
        for name, member in snapshot.members.items()
        if name in found
    }
    return Reconciled(snapshot, reports, _cause(engine, snapshot, reports))


def _cause(
    engine: Engine, snapshot: LaunchSnapshot, reports: Mapping[str, MemberReport]
) -> TeamCause | None:
    """The cause of the failures, or else of the errors that pending members tell (e12, k3)."""
    reasons = {
        name: (report.cause, report.reason)
        for name, report in reports.items()
        if report.cause is not None and report.reason is not None
    }
    failed = {name for name in reasons if snapshot.members[name].launch_state == "failed_to_start"}
    kept = {name: told for name, told in reasons.items() if name in failed or not failed}
    order = tuple(rule.then.get("name", "") for rule in engine.policy.tables[CAUSE.name].rules)
    return common_cause(kept, order=order, failed=bool(failed))


def _says(policy: Policy, *decisions: Decision[Any, Any]) -> bool:
    """Whether a policy's rules say anything at one of some decisions."""
    return any(rule.then for decision in decisions for rule in policy.tables[decision.name].rules)


class _Team:
    """What all members of a snapshot share, each thing worked out when first asked for."""

    def __init__(
        self, engine: Engine, context: ReconciliationContext, snapshot: LaunchSnapshot
    ) -> None:
        policy = engine.policy
        self.engine = engine
        self.context = context
        self.snapshot = snapshot
        self.names = tuple(dict.fromkeys((*snapshot.expected_members, *snapshot.members)))
        self.looks = "member_process" in policy.needs
        self.identifies = "member_identity" in policy.needs
        self.judges = _says(policy, RECONCILIATION)
        self.follows = _says(policy, TRANSPORT)
        self.stalls = _says(policy, STALL)
        self.times = _says(policy, GRACE)
        self.weighs = _says(policy, LANE_TEXT)
        self.classifies = _says(policy, CAUSE)
        state = context.state
        self.records: dict[str, MemberRecord] = {}
        self.run_id: str | None = None
        self.written_at: float | None = None
        if state is not None:
            self.records = {record.name: record for record in state.members if record.name}
            self.run_id = trim(state.run_id or "") or None
            self.written_at = read_instant(state.updated_at)
        self._messages: dict[str, list[Message]] | None = None
        self._claims: frozenset[str] | None = None

    def config(self, name: str) -> ConfigMember | None:
        """What the roster of the tool that runs the members says of one."""
        config = self.context.evidence.config()
        return None if config is None else config.member(name)

    def messages(self, name: str) -> list[Message]:
        """A member's messages to the lead, newest first."""
        if self._messages is None:
            evidence = self.context.evidence
            config = evidence.config()
            lead = "team-lead" if config is None else config.lead_name
            self._messages = by_sender(evidence.messages(), self.names, lead)
        return self._messages.get(name, [])

    def claims_alive(self, name: str) -> bool:
        """Whether the base's record of a member says that its runtime is alive."""
        if self.context.side == "bootstrap":
            record = self.records.get(name)
            return record is not None and record.status == "runtime_alive"
        if self._claims is None:
            raw = self.context.launcher_members.items()
            self._claims = frozenset(
                trim(key)
                for key, value in raw
                if isinstance(value, dict) and value.get("runtimeAlive") is True
            )
        return name in self._claims


class _Member:
    """One member of the base snapshot, as record after record is held against it."""

    def __init__(self, team: _Team, member: MemberLaunch) -> None:
        self.team = team
        self.engine = team.engine
        self.name = member.name
        self.before = member
        self.now = member
        self.record = team.records.get(member.name)
        self.cleared: Cleared | None = None
        self.lane = is_own_lane(member)
        self.failed_at: float | None = _time(member.last_evaluated_at)
        self._config: tuple[ConfigMember | None] | None = None
        self._spawn: Spawn | None = None
        self._proof: tuple[int | None] | None = None
        self._process: tuple[ProcessWord | None] | None = None

    # -- The order of events -----------------------------------------------------------------------

    def reconcile(self) -> None:
        """Hold every record against the member, in the order of the page."""
        team, state = self.team, self.now.launch_state
        if self.now.skipped_for_launch is True or state == "skipped_for_launch":
            return
        if team.judges:
            self._hold_against_records()
        if self.now.launch_state == "confirmed_alive":
            return
        if team.follows:
            self._follow_events()
        if team.stalls and self.lane:
            self._stall()
        if team.times:
            self._run_out_of_time()
        if team.weighs and self.lane:
            self._say_specifically()

    def _hold_against_records(self) -> None:
        settled = self.now.launch_state == "confirmed_alive"
        word = None
        if not settled or self.team.snapshot.launch_phase == "active":
            word = self._word()
        if word is not None and word.failed and not settled:
            self._fail_by_word(word)
        elif self.now.launch_state == "failed_to_start" and self._confirms_itself():
            self._confirm("own", None)
        self._hear_bootstrap()
        if word is not None and not word.failed and self._unconfirmed():
            self._confirm("inbox", word.at, later=_later(word.at, self.failed_at))
        if self._unconfirmed() and not self.lane:
            proof = self.proof()
            if proof is not None:
                self._confirm("proof", proof)
        self._accept()

    def _unconfirmed(self) -> bool:
        return self.now.launch_state != "confirmed_alive"

    def _confirms_itself(self) -> bool:
        return self.before.bootstrap_confirmed or (
            self.before.liveness_kind == "confirmed_bootstrap"
        )

    # -- Words (a2-a4, a9, e4) ---------------------------------------------------------------------

    def _word(self) -> Word | None:
        """The newest word to the lead after the spawn; looked for when there is a spawn time."""
        spawned_at = self.spawned_at
        if spawned_at is None:
            config = self.config
            spawned_at = None if config is None else config.bootstrap_expected_after
        if spawned_at is None:
            return None
        return newest_word(self.engine, self.team.messages(self.name), self.name, spawned_at)

    def _fail_by_word(self, word: Word) -> None:
        verdict = self._ask(
            "inbox", "failed", confirmed_since=self._confirmed_after(word.at, self.record)
        )
        self._fail(verdict, word.text, word.at)

    def _hear_bootstrap(self) -> None:
        record = self.record
        if record is None or self.team.context.side == "bootstrap" or self.lane:
            return
        if record.status == "bootstrap_confirmed" and self._unconfirmed():
            observed_at = read_instant(record.last_observed_at)
            self._confirm("bootstrap", observed_at, current=self._is_current("confirmed"))
        elif record.status == "failed":
            observed_at = read_instant(record.last_observed_at)
            since = observed_at is not None and self._confirmed_after(observed_at, None)
            undated = observed_at is None and not self._unconfirmed()
            verdict = self._ask(
                "bootstrap",
                "failed",
                current=self._is_current("failed"),
                confirmed_since=since or undated,
            )
            reason = record.failure_reason or self.now.hard_failure_reason or _DEFAULT_REASON
            self._fail(verdict, reason, observed_at)

    def _confirm(
        self,
        witness: Witness,
        at: float | None,
        *,
        current: bool = False,
        later: bool | None = None,
    ) -> None:
        verdict = self._ask(witness, "confirmed", current=current, later=later)
        state = walk(self.engine, verdict.events, self.name)
        if not verdict.events or state != "confirmed_alive":
            return
        member = self.now
        time = None if at is None else iso_from_ms(at)
        heard = time if witness == "inbox" else member.last_heartbeat_at or time
        diagnostic, severity = member.runtime_diagnostic, member.runtime_diagnostic_severity
        if diagnostic is not None and self._class(diagnostic).clears:
            diagnostic = severity = None
        sources = attrs.evolve(member.sources or Sources(), hard_failure_signal=None)
        if witness == "inbox":
            sources = attrs.evolve(sources, inbox_heartbeat=True)
        kind = member.liveness_kind
        if kind is None or kind in _STALE:
            kind = "confirmed_bootstrap"
        if member.launch_state == "failed_to_start":
            when = None if at is None else int(at)
            self.cleared = Cleared(member.hard_failure_reason, witness, when)
        self._become(
            verdict.note,
            launch_state=state,
            agent_tool_accepted=True,
            bootstrap_confirmed=True,
            bootstrap_stalled=None,
            hard_failure=False,
            hard_failure_reason=None,
            last_heartbeat_at=heard,
            liveness_kind=kind,
            runtime_diagnostic=diagnostic,
            runtime_diagnostic_severity=severity,
            sources=sources,
        )

    def _fail(self, verdict: ReconciliationVerdict, reason: str, at: float | None) -> None:
        if not verdict.events:
            return
        if walk(self.engine, verdict.events, self.name) != "failed_to_start":
            return
        self._become_failed(reason, verdict.note)
        self.failed_at = at

    def _ask(
        self,
        witness: Witness,
        says: Literal["confirmed", "accepted", "failed"],
        *,
        current: bool = False,
        later: bool | None = None,
        confirmed_since: bool = False,
    ) -> ReconciliationVerdict:
        member = self.now
        failed = member.launch_state == "failed_to_start"
        cause = self._class(member.hard_failure_reason or member.runtime_diagnostic)
        facts = ReconciliationFacts(
            witness=witness,
            says=says,
            launch_state=member.launch_state,
            accepted=member.agent_tool_accepted,
            lane=self.lane,
            skipped=member.skipped_for_launch is True,
            current=current,
            clears=failed and cause.clears,
            clearable=failed and self._may_be_cleared(cause),
            accepts=failed and cause.accepts,
            later=later,
            confirmed_since=confirmed_since,
        )
        return self.engine.decide(RECONCILIATION, facts, self.name)

    def _may_be_cleared(self, cause: Cause) -> bool:
        member = self.now
        texts = " ".join(filter(None, (member.hard_failure_reason, member.runtime_diagnostic)))
        facts = ClearingFacts(
            clears=cause.clears,
            unsafe=cause.unsafe,
            severity=member.runtime_diagnostic_severity,
            diagnostic_clears=self._class(member.runtime_diagnostic).clears,
            liveness_kind=member.liveness_kind,
            table_unavailable=all(word in texts.lower() for word in _UNAVAILABLE),
        )
        return self.engine.decide(CLEARING, facts, self.name).allowed

    def _class(self, reason: str | None) -> Cause:
        return classify(self.engine, reason, self.name)

    def _confirmed_after(self, at: float, record: MemberRecord | None) -> bool:
        """Whether the member, a bootstrap's record or a proof confirms it later than an instant."""
        member = self.before
        own: float | None = None
        if self._confirms_itself():
            own = _time(member.last_heartbeat_at)
            if own is None and member.launch_state == "confirmed_alive":
                own = _time(member.last_evaluated_at)
        times: list[float | None] = [own]
        if record is not None and record.status == "bootstrap_confirmed" and not self.lane:
            observed_at = read_instant(record.last_observed_at)
            if observed_at is not None and observed_at > at and self._is_current("confirmed"):
                return True
        if not self.lane:
            times.append(self.proof())
        return any(time is not None and time > at for time in times)

    # -- Whose word counts (a7) --------------------------------------------------------------------

    def _is_current(self, says: Literal["confirmed", "accepted", "failed"]) -> bool:
        record, team = self.record, self.team
        if record is None:
            return False
        run = self.run_id
        same = None if run is None or team.run_id is None else run == team.run_id
        attempt, observed = self.record_spawned_at, read_instant(record.last_observed_at)
        said_at = attempt if says == "accepted" and attempt is not None else observed
        boundary = self.spawned_at
        if boundary is not None and says == "confirmed" and same and attempt is not None:
            boundary = min(boundary, attempt)
        looked_at = _time(self.before.last_evaluated_at)
        dated_at = said_at if said_at is not None else team.written_at
        facts = CurrencyFacts(
            says=says,
            same_run=same,
            member_run_known=run is not None,
            bootstrap_run_known=team.run_id is not None,
            boundary=boundary is not None,
            before_boundary=(None if boundary is None or said_at is None else boundary - said_at),
            behind=None if looked_at is None or dated_at is None else looked_at - dated_at,
            dated=dated_at is not None,
            ahead=None if dated_at is None else dated_at - team.context.now,
        )
        return self.engine.decide(CURRENCY, facts, self.name).current

    @property
    def config(self) -> ConfigMember | None:
        """What the roster of the tool that runs it says of it."""
        if self._config is None:
            self._config = (self.team.config(self.name),)
        return self._config[0]

    @property
    def run_id(self) -> str | None:
        """The run that spawned it."""
        config, member = self.config, self.before
        if config is not None and config.bootstrap_run_id is not None:
            return config.bootstrap_run_id
        if member.bootstrap_run_id is not None:
            return member.bootstrap_run_id
        if self.team.context.side == "bootstrap":
            return self.team.run_id
        # An OpenCode member's is its lane's run, which no bootstrap knows.
        return None if member.provider_id == "opencode" else member.runtime_run_id

    @property
    def record_spawned_at(self) -> float | None:
        """When the bootstrap's record says that it was spawned, where its dates agree."""
        record = self.record
        if record is None:
            return None
        attempt, observed = (
            read_instant(record.last_attempt_at),
            read_instant(record.last_observed_at),
        )
        return (
            None if attempt is not None and observed is not None and attempt > observed else attempt
        )

    @property
    def spawned_at(self) -> float | None:
        """When its spawn was accepted, by the base's record of it, where its dates agree."""
        if self.team.context.side == "bootstrap":
            return self.record_spawned_at
        spawned = _time(self.now.first_spawn_accepted_at)
        looked = _time(self.before.last_evaluated_at)
        return None if spawned is not None and looked is not None and spawned > looked else spawned

    def spawn(self) -> Spawn:
        """What is known of its spawn, to tell its events from another one's (e1)."""
        if self._spawn is None:
            config, member, record = self.config, self.now, self.record
            at = self.spawned_at
            if at is None and config is not None:
                at = config.bootstrap_expected_after
            ids = (
                member.agent_id,
                None if config is None else config.agent_id,
                None if record is None else record.agent_id,
            )
            self._spawn = Spawn(
                name=self.name,
                names=self.team.names,
                team=self.team.context.team,
                agent_id=next((one for one in ids if one is not None), None),
                run_id=self.run_id,
                pid=self.pid,
                at=at,
                config=config,
            )
        return self._spawn

    def events(self) -> tuple[Any, ...]:
        """What its process reported."""
        config = self.config
        path = None if config is None else config.bootstrap_runtime_events_path
        path = path or self.before.bootstrap_runtime_events_path
        return self.team.context.evidence.events(self.name, path)

    def proof(self) -> int | None:
        """When it proved its bootstrap."""
        if self._proof is None:
            self._proof = (proof_of(self.events(), self.spawn()),)
        return self._proof[0]

    # -- Acceptance, stages, time (a6, e6-e10) -----------------------------------------------------

    def _accept(self) -> None:
        record, member = self.record, self.now
        if record is None or self.team.context.side == "bootstrap" or self.lane:
            return
        if record.status not in _ACCEPTED or member.agent_tool_accepted or not self._unconfirmed():
            return
        verdict = self._ask("bootstrap", "accepted", current=self._is_current("accepted"))
        if not verdict.events:
            return
        state = walk(self.engine, verdict.events, self.name)
        if member.pending_permission_request_ids:
            state = "runtime_pending_permission"
        times = (self.record_spawned_at, read_instant(record.last_observed_at))
        at = next((time for time in times if time is not None), None)
        if member.launch_state == "failed_to_start":
            when = None if at is None else int(at)
            self.cleared = Cleared(member.hard_failure_reason, "bootstrap", when)
        accepted_at = member.first_spawn_accepted_at or (None if at is None else iso_from_ms(at))
        self._become(
            verdict.note,
            launch_state=state,
            agent_tool_accepted=True,
            hard_failure=False,
            hard_failure_reason=None,
            first_spawn_accepted_at=accepted_at,
            sources=attrs.evolve(member.sources or Sources(), hard_failure_signal=None),
        )
        self._spawn = None

    def _follow_events(self) -> None:
        member = self.now
        failed = member.launch_state == "failed_to_start"
        is_open = not failed or self._class(member.hard_failure_reason).auto
        if self.lane or not is_open or not self._is_process():
            return
        stages = stages_of(self.events(), self.spawn())
        facts = TransportFacts(
            launch_state=member.launch_state,
            process_backend=True,
            lane=self.lane,
            waiting=self._waits_for_permission(),
            open=is_open,
            ended=stages.ended,
            stage=stages.last,
            submitted=stages.submitted,
            launch_phase=self.team.snapshot.launch_phase,
            bootstrap_live=self._bootstrap_is_live(),
            since_spawn=self._since(self._accepted_at),
        )
        verdict = self.engine.decide(TRANSPORT, facts, self.name)
        if verdict.outcome == "fails" and verdict.reason is not None:
            self._become_failed(verdict.reason, None)
        elif verdict.outcome == "waits":
            changes: dict[str, Any] = {
                "runtime_diagnostic": verdict.diagnostic,
                "runtime_diagnostic_severity": verdict.severity,
            }
            if failed:
                self.cleared = Cleared(member.hard_failure_reason, "events", None)
                accepted = member.agent_tool_accepted
                state = walk(self.engine, ["accept_spawn"] if accepted else [], self.name)
                sources = attrs.evolve(member.sources or Sources(), hard_failure_signal=None)
                changes |= {
                    "launch_state": state,
                    "hard_failure": False,
                    "hard_failure_reason": None,
                    "sources": sources,
                }
            self._become(None, **changes)

    def _is_process(self) -> bool:
        config, record = self.config, self.record
        kinds = {
            self.before.backend_type,
            None if config is None else config.backend_type,
            None if record is None else record.backend_type,
        }
        panes = (self.before.tmux_pane_id, None if config is None else config.tmux_pane_id)
        return "process" in kinds or any(pane and pane.startswith("process:") for pane in panes)

    def _stall(self) -> None:
        member = self.now
        texts = [self._lane_text(text) for text in member.diagnostics or ()]
        session = member.runtime_session_id
        facts = StallFacts(
            launch_state=member.launch_state,
            lane=True,
            waiting=self._waits_for_permission(),
            fatal=any(text.fatal for text in texts),
            session=session is not None and not session.startswith("failed:"),
            pid=member.runtime_pid is not None,
            liveness_kind=member.liveness_kind,
            since_spawn=self._since(self._session_at()),
        )
        verdict = self.engine.decide(STALL, facts, self.name)
        if not verdict.stalled or member.bootstrap_stalled is True:
            return
        told = member.runtime_diagnostic_severity == "error"
        self._change(
            bootstrap_stalled=True,
            runtime_diagnostic=member.runtime_diagnostic if told else verdict.diagnostic,
            runtime_diagnostic_severity="error" if told else "warning",
        )

    def _session_at(self) -> float | None:
        """When its spawn was accepted or its session recorded, whichever was first."""
        times = [_time(self.now.first_spawn_accepted_at)]
        times += [
            read_time(text[len(_SESSION_RECORDED) :])
            for text in self.now.diagnostics or ()
            if text.startswith(_SESSION_RECORDED)
        ]
        return min((time for time in times if time is not None), default=None)

    def _run_out_of_time(self) -> None:
        member = self.now
        if member.launch_state in {"confirmed_alive", "failed_to_start"}:
            return
        facts = GraceFacts(
            launch_state=member.launch_state,
            accepted=member.agent_tool_accepted,
            lane=self.lane,
            waiting=self._waits_for_permission(),
            stalled=member.bootstrap_stalled is True,
            process=self.process(),
            claims_alive=self.team.claims_alive(self.name),
            bootstrap_live=self._bootstrap_is_live(),
            since_spawn=self._since(self._accepted_at),
        )
        verdict = self.engine.decide(GRACE, facts, self.name)
        if not self._takes(verdict.events):
            return
        told = member.runtime_diagnostic_severity == "error"
        recorded = member.hard_failure_reason or (member.runtime_diagnostic if told else None)
        sources = attrs.evolve(member.sources or Sources(), process_alive=None)
        self._become_failed(
            recorded or verdict.reason or _DEFAULT_REASON,
            None,
            runtime_alive=False,
            sources=attrs.evolve(sources, hard_failure_signal=True),
        )

    def _takes(self, events: tuple[MemberEvent, ...]) -> bool:
        """Whether its machine takes some events, and fails by them."""
        return (
            bool(events)
            and walk(self.engine, events, self.name, start=self.now.launch_state)
            == "failed_to_start"
        )

    @property
    def _accepted_at(self) -> float | None:
        return self.spawned_at

    def _since(self, moment: float | None) -> float | None:
        return None if moment is None else self.team.context.now - moment

    def _bootstrap_is_live(self) -> bool:
        run = self.run_id if self.team.context.bootstrap_live else None
        same = run is None or self.team.run_id is None or run == self.team.run_id
        return self.team.context.bootstrap_live and same

    def _waits_for_permission(self) -> bool:
        member = self.now
        if member.launch_state in {"confirmed_alive", "failed_to_start", "skipped_for_launch"}:
            return False
        return member.launch_state == "runtime_pending_permission" or bool(
            member.pending_permission_request_ids
        )

    # -- Its process (f) ---------------------------------------------------------------------------

    @property
    def pid(self) -> float | None:
        """The pid of its process, by the first record that has one of its own (f1)."""
        member, record, team = self.before, self.record, self.team
        foreign = self.engine.policy.param(MEMBER_PROCESS, "foreign_sources")
        if member.runtime_pid is not None and member.pid_source not in foreign:
            return member.runtime_pid
        if record is not None and record.runtime_pid is not None:
            return record.runtime_pid
        if member.launch_state == "confirmed_alive":
            return None
        config = self.config
        if config is None or config.runtime_pid is None or config.bootstrap_run_id is None:
            return None
        runs = {member.bootstrap_run_id, team.run_id, team.snapshot.publication_run_id}
        if member.provider_id != "opencode":
            runs.add(member.runtime_run_id)
        return config.runtime_pid if config.bootstrap_run_id in runs else None

    def process(self) -> ProcessWord | None:
        """What is known of its process; `None` when no pid is recorded, or nobody looks."""
        if self._process is None:
            self._process = (self._look() if self.team.looks else None,)
        return self._process[0]

    def _look(self) -> ProcessWord | None:
        context, pid = self.team.context, self.pid
        if context.elsewhere:
            facts = MemberProcessFacts(None, elsewhere=True)
            return self.engine.decide(MEMBER_PROCESS, facts, self.name).process
        found = None if pid is None else context.evidence.process(pid)
        if pid is None or found is None:
            return None
        facts = MemberProcessFacts(found.liveness, found.basis)
        if found.liveness == "alive" and self.team.identifies:
            identity = context.evidence.identity(pid)
            last = self._last_word_of_process()
            if identity is not None and identity.started_at is not None and last is not None:
                facts.began_after = identity.started_at - last
        return self.engine.decide(MEMBER_PROCESS, facts, self.name).process

    def _last_word_of_process(self) -> float | None:
        if self.team.context.side == "bootstrap" and self.record is not None:
            return read_instant(self.record.last_observed_at)
        seen = _time(self.before.runtime_last_seen_at)
        return _time(self.before.last_evaluated_at) if seen is None else seen

    # -- What is told ------------------------------------------------------------------------------

    def _lane_text(self, text: str) -> LaneText:
        return self.engine.decide(LANE_TEXT, LaneTextFacts(trim(text).lower()), self.name)

    def _say_specifically(self) -> None:
        """Let a lane's general reason give way to the specific one among its diagnostics (k1)."""
        member = self.now
        if member.launch_state != "failed_to_start":
            return
        reason = member.hard_failure_reason
        specific = self._specific() if reason is None or self._lane_text(reason).general else None
        if specific is not None and specific != reason:
            self._change(hard_failure_reason=specific)

    def _specific(self) -> str | None:
        texts = [(self._lane_text(text), trim(text)) for text in self.now.diagnostics or ()]
        told = [(found.rank, text) for found, text in texts if not found.general]
        return max(told, key=lambda one: one[0])[1] if told else None

    def report(self, member: MemberLaunch) -> MemberReport:
        """What is told of the member beside its record, after everything was judged.

        Args:
            member: The member as the completed snapshot has it.
        """
        self.now = member
        reason = self._told_reason()
        cause = None
        if reason is not None and self.team.classifies:
            cause = self._class(reason)
        waiting = self._waits_for_permission()
        failed = member.launch_state in {"failed_to_start", "skipped_for_launch"}
        process = None if failed else self.process()
        facts = MemberWordFacts(
            launch_state=member.launch_state,
            accepted=member.agent_tool_accepted,
            waiting=waiting,
            process=process,
            stale_record=(
                self.before.liveness_kind in _STALE
                or _STALE_TEXT in {self.before.runtime_diagnostic, self.before.hard_failure_reason}
            ),
            told_error=reason is not None and member.launch_state != "failed_to_start",
        )
        verdict = self.engine.decide(MEMBER_WORD, facts, self.name)
        requests = (member.pending_permission_request_ids or ()) if waiting else ()
        return MemberReport(
            verdict.word, verdict.remark, process, cause, reason, requests, self.cleared
        )

    def _told_reason(self) -> str | None:
        member = self.now
        if member.launch_state == "failed_to_start":
            return member.hard_failure_reason or member.runtime_diagnostic
        if member.launch_state in {"confirmed_alive", "skipped_for_launch"}:
            return None
        if self.lane and self.team.weighs and member.diagnostics:
            specific = self._specific()
            cause = None if specific is None else self._class(specific)
            if cause is not None and cause.name != "other" and not cause.clears:
                return specific
        return member.runtime_diagnostic if member.runtime_diagnostic_severity == "error" else None

    # -- Changing it -------------------------------------------------------------------------------

    def _change(self, **changes: Any) -> None:
        self.now = member_like(self.now, **changes)

    def _become(self, note: str | None, **changes: Any) -> None:
        """Change it, with the usual lines about it and a note."""
        self._change(**changes)
        lines = diagnose(self.engine, self.now, self.name)
        self._change(diagnostics=lines if note is None else (*lines, note))

    def _become_failed(self, reason: str, note: str | None, **changes: Any) -> None:
        sources = attrs.evolve(self.now.sources or Sources(), hard_failure_signal=True)
        fields = {
            "launch_state": "failed_to_start",
            "bootstrap_confirmed": False,
            "hard_failure": True,
            "hard_failure_reason": reason,
            "sources": sources,
        }
        self._become(note, **(fields | changes))


def is_own_lane(member: MemberLaunch) -> bool:
    """Whether a member runs on an OpenCode lane of its own, which alone confirms it (a1)."""
    return (
        member.provider_id == "opencode"
        and member.lane_kind == "secondary"
        and member.lane_owner_provider_id == "opencode"
        and bool(trim(member.lane_id or ""))
    )


def _time(text: str | None) -> int | None:
    return None if text is None else read_time(text)


def _later(at: float, than: float | None) -> bool | None:
    return None if than is None else at > than

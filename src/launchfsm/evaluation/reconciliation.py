"""The members of the base snapshot, held against every other record of them (a, e, k1).

What a record's word does to a member, and whether it counts at all, are the policy's tables
(`launchfsm.decisions.reconciliation`); here is the order in which they are asked, and what follows
for the member.
"""

from __future__ import annotations

from typing import Any, Final, Literal

from launchfsm.decisions.reconciliation import (
    CLEARING,
    GRACE,
    LANE_TEXT,
    RECONCILIATION,
    STALL,
    TRANSPORT,
    Cause,
    ProcessWord,
    ReconciliationVerdict,
)
from launchfsm.ecma.dates import read_time
from launchfsm.engine.decision import Decision
from launchfsm.engine.table import Policy
from launchfsm.evaluation.causes import classify
from launchfsm.evaluation.member_records import MemberRecords, Says, TeamRecords
from launchfsm.evaluation.members import changed_snapshot, diagnose, walk
from launchfsm.evaluation.reports import STALE_KINDS, Cleared, Reconciled, lane_text, specific_text
from launchfsm.evaluation.runs import instant, minus
from launchfsm.lifecycle.machines import MemberEvent
from launchfsm.records.results import MemberLaunch, Sources

Witness = Literal["inbox", "own", "bootstrap", "proof"]

_DECISIONS: Final[tuple[Decision[Any, Any], ...]] = (
    RECONCILIATION,
    TRANSPORT,
    STALL,
    GRACE,
    LANE_TEXT,
)
_ACCEPTED: Final = frozenset(
    {"spawn_started", "registered", "runtime_alive", "bootstrap_confirmed"}
)
_SESSION_RECORDED: Final = "member_session_recorded at "
_UNAVAILABLE: Final = ("process table", "unavailable")
_DEFAULT_REASON: Final = "deterministic bootstrap failed"


def reconciles(policy: Policy) -> bool:
    """Whether any rule of a policy asks what other records say of members."""
    return "member_process" in policy.needs or any(map(policy.says, _DECISIONS))


def reconcile(team: TeamRecords, *, stopped: bool = False) -> Reconciled:
    """Hold the members of the base snapshot against every other record of them.

    Those of a team that was stopped stay as recorded before, whatever any record says.
    """
    snapshot = team.snapshot
    changed: dict[str, MemberLaunch] = {}
    processes: dict[str, ProcessWord] = {}
    cleared: dict[str, Cleared] = {}
    stalled: set[str] = set()
    for name, member in snapshot.members.items():
        if team.leaves_alone(member):
            continue
        one = _Member(team, member)
        if stopped:
            one.look()
        else:
            one.reconcile()
        if one.member is not member:
            changed[name] = one.member
        if one.cleared is not None:
            cleared[name] = one.cleared
        if one.process is not None:
            processes[name] = one.process
        pending = one.member.launch_state not in {"confirmed_alive", "failed_to_start"}
        if pending and not one.lane and team.says(name, "bootstrapStalled"):
            stalled.add(name)
    found = changed_snapshot(team.engine, snapshot, changed) if changed else snapshot
    return Reconciled(found, snapshot, processes, cleared, frozenset(stalled))


class _Member(MemberRecords):
    """One member of the base snapshot, as record after record is held against it."""

    def __init__(self, team: TeamRecords, recorded: MemberLaunch) -> None:
        super().__init__(team, recorded)
        self.process: ProcessWord | None = None
        self.cleared: Cleared | None = None
        self._failed_at: float | None = None

    def reconcile(self) -> None:
        """Hold every record against the member, one after another; no silent table is asked."""
        says, lane = self.engine.policy.says, self.lane
        if says(RECONCILIATION):
            self._hold_against_records()
        if not self._is_confirmed:
            if says(TRANSPORT) and not lane:
                self._follow_events()
            if says(STALL) and lane:
                self._stall()
        self.look()
        if self._is_confirmed:
            return
        if says(GRACE):
            self._run_out_of_time()
        if says(LANE_TEXT) and lane:
            self._say_specifically()
        if self.member.runtime_alive and self.process == "gone":
            # What its record says of its process was true when somebody looked (f5).
            sources = self.member.sources
            found = None if sources is None else sources.like(process_alive=None)
            self._become(None, runtime_alive=False, sources=found)

    def look(self) -> None:
        """Look for its process, unless it failed by then."""
        if not self._has_failed:
            self.process = self.find_process()

    @property
    def _is_confirmed(self) -> bool:
        return self.member.launch_state == "confirmed_alive"

    @property
    def _has_failed(self) -> bool:
        return self.member.launch_state == "failed_to_start"

    @property
    def _confirms_itself(self) -> bool:
        recorded = self.recorded
        return recorded.bootstrap_confirmed or recorded.liveness_kind == "confirmed_bootstrap"

    # -- Words (a2-a6, a9, e4) ---------------------------------------------------------------------

    def _hold_against_records(self) -> None:
        word = self.word()
        if word is not None and word.failed and self._is_confirmed:
            word = None  # what is written after a launch is over fails nobody confirmed by then
        if word is not None and word.failed:
            since = self._confirmed_after(word.at, heard_by_bootstrap=True)
            verdict = self._ask("inbox", "failed", confirmed_since=since)
            self._fail(verdict, word.text, word.at)
        if self._failed_at is None and self._has_failed and self._confirms_itself:
            self._confirm("own", None)
        self._hear_bootstrap()
        if word is not None and not word.failed and not self._is_confirmed:
            failed_at = self.looked_at if self._failed_at is None else self._failed_at
            later = None if failed_at is None else word.at > failed_at
            self._confirm("inbox", word.at, later=later)
        if not self._is_confirmed and not self.lane:
            proof = self.proof()
            if proof is not None:
                self._confirm("proof", proof)
        if not self._is_confirmed:
            self._accept()

    def _hear_bootstrap(self) -> None:
        record = self.other
        if record is None:
            return
        observed_at = self.observed_at
        if record.status == "bootstrap_confirmed" and not self._is_confirmed:
            current = self.is_current("confirmed")
            self._confirm("bootstrap", observed_at, current=current)
        elif record.status == "failed":
            undated = observed_at is None and self._is_confirmed
            confirmed_since = undated or (
                observed_at is not None
                and self._confirmed_after(observed_at, heard_by_bootstrap=False)
            )
            current = self.is_current("failed")
            verdict = self._ask(
                "bootstrap", "failed", current=current, confirmed_since=confirmed_since
            )
            reason = record.failure_reason or self.member.hard_failure_reason or _DEFAULT_REASON
            self._fail(verdict, reason, observed_at)

    def _confirm(self, witness: Witness, at: float | None, **facts: Any) -> None:
        """Let a record's confirmation count, if it does; what a healed member looks like (a10)."""
        verdict = self._ask(witness, "confirmed", **facts)
        state = walk(self.engine, verdict.events, self.name)
        if not verdict.events or state != "confirmed_alive":
            return
        member = self.member
        heard_at = instant(at)
        diagnostic, severity = member.runtime_diagnostic, member.runtime_diagnostic_severity
        if diagnostic is not None and self._class(diagnostic).clears:
            diagnostic = severity = None
        sources = member.sources or Sources()
        if witness == "inbox":
            sources = sources.like(inbox_heartbeat=True)
        else:
            heard_at = member.last_heartbeat_at or heard_at
        kind = member.liveness_kind
        self._clear(
            witness,
            at,
            verdict.note,
            launch_state=state,
            agent_tool_accepted=True,
            bootstrap_confirmed=True,
            bootstrap_stalled=None,
            last_heartbeat_at=heard_at,
            liveness_kind="confirmed_bootstrap" if kind is None or kind in STALE_KINDS else kind,
            runtime_diagnostic=diagnostic,
            runtime_diagnostic_severity=severity,
            sources=sources,
        )

    def _accept(self) -> None:
        record, member = self.other, self.member
        if record is None or record.status not in _ACCEPTED or member.agent_tool_accepted:
            return
        verdict = self._ask("bootstrap", "accepted", current=self.is_current("accepted"))
        if not verdict.events:
            return
        state = walk(self.engine, verdict.events, self.name)
        if member.asks_permission and state != "failed_to_start":
            state = "runtime_pending_permission"
        at = self.observed_at if self.attempted_at is None else self.attempted_at
        accepted_at = member.first_spawn_accepted_at
        if self.spawned_at is None and at is not None:
            accepted_at = instant(at)
        accepted = {"agent_tool_accepted": True, "first_spawn_accepted_at": accepted_at}
        if state == "failed_to_start":
            self._become(verdict.note, **accepted)
        else:
            self._clear("bootstrap", at, verdict.note, launch_state=state, **accepted)

    def _ask(self, witness: Witness, says: Says, **facts: Any) -> ReconciliationVerdict:
        member, failed = self.member, self._has_failed
        cause = self._class(member.hard_failure_reason or member.runtime_diagnostic)
        return self.decide(
            RECONCILIATION,
            witness=witness,
            says=says,
            clears=failed and cause.clears,
            clearable=failed and self._may_be_cleared(cause),
            accepts=failed and cause.accepts,
            **facts,
        )

    def _may_be_cleared(self, cause: Cause) -> bool:
        member = self.member
        texts = " ".join(filter(None, (member.hard_failure_reason, member.runtime_diagnostic)))
        return self.decide(
            CLEARING,
            clears=cause.clears,
            unsafe=cause.unsafe,
            diagnostic_clears=self._class(member.runtime_diagnostic).clears,
            table_unavailable=all(word in texts.lower() for word in _UNAVAILABLE),
        ).allowed

    def _class(self, reason: str | None) -> Cause:
        return classify(self.engine, reason, self.name)

    def _confirmed_after(self, at: float, *, heard_by_bootstrap: bool) -> bool:
        """Whether the member, a proof, or the bootstrap confirms it later than an instant."""
        recorded = self.recorded
        if self._confirms_itself:
            own = read_time(recorded.last_heartbeat_at)
            if own is None and recorded.launch_state == "confirmed_alive":
                own = self.looked_at
            if own is not None and own > at:
                return True
        if self.lane:
            return False
        proof = self.proof()
        if proof is not None and proof > at:
            return True
        record, observed_at = self.bootstrap, self.observed_at
        return (
            heard_by_bootstrap
            and record.status == "bootstrap_confirmed"
            and observed_at is not None
            and observed_at > at
            and self.is_current("confirmed")
        )

    # -- Stages and time (e6-e10) ------------------------------------------------------------------

    def _follow_events(self) -> None:
        if not self.events or not self.is_process:
            return
        member, failed = self.member, self._has_failed
        reason = member.hard_failure_reason or member.runtime_diagnostic
        is_open = not failed or self._class(reason).auto
        if not is_open:
            return
        stages = self.stages()
        verdict = self.decide(
            TRANSPORT,
            process_backend=True,
            open=is_open,
            ended=stages.ended,
            stage=stages.last,
            submitted=stages.submitted,
            launch_phase=self.team.snapshot.launch_phase,
            bootstrap_live=self.bootstrap_is_live,
            since_spawn=self.since_spawn,
        )
        if verdict.outcome == "fails":
            self._become_failed(verdict.reason or _DEFAULT_REASON)
        elif verdict.outcome == "waits":
            told: dict[str, Any] = {
                "runtime_diagnostic": verdict.diagnostic,
                "runtime_diagnostic_severity": verdict.severity,
            }
            if failed:
                events: list[MemberEvent] = ["accept_spawn"] if member.agent_tool_accepted else []
                state = walk(self.engine, events, self.name)
                self._clear("events", None, None, launch_state=state, **told)
            else:
                self._become(None, **told)

    def _stall(self) -> None:
        member = self.member
        texts = [lane_text(self.engine, text, self.name) for text in member.diagnostics or ()]
        session, spawned_at = member.runtime_session_id, self._session_at()
        verdict = self.decide(
            STALL,
            fatal=any(text.fatal for text in texts),
            session=session is not None and not session.startswith("failed:"),
            since_spawn=minus(self.team.evidence.now, spawned_at),
        )
        if not verdict.stalled or member.is_stalled:
            return
        told = member.runtime_diagnostic_severity == "error"
        self._change(
            bootstrap_stalled=True,
            runtime_diagnostic=member.runtime_diagnostic if told else verdict.diagnostic,
            runtime_diagnostic_severity="error" if told else "warning",
        )

    def _session_at(self) -> float | None:
        """When its spawn was accepted or its session recorded, whichever was first."""
        times = [read_time(self.member.first_spawn_accepted_at)]
        times += [
            read_time(text[len(_SESSION_RECORDED) :])
            for text in self.member.diagnostics or ()
            if text.startswith(_SESSION_RECORDED)
        ]
        return min((time for time in times if time is not None), default=None)

    def _run_out_of_time(self) -> None:
        member = self.member
        if self._is_confirmed or self._has_failed:
            return
        verdict = self.decide(
            GRACE,
            process=self.process,
            claims_alive=self.team.claims_alive(self.name),
            bootstrap_live=self.bootstrap_is_live,
            since_spawn=self.since_spawn,
        )
        if not verdict.events:
            return
        state = walk(self.engine, verdict.events, self.name, start=member.launch_state)
        if state != "failed_to_start":
            return
        told = member.runtime_diagnostic_severity == "error"
        recorded = member.hard_failure_reason or (member.runtime_diagnostic if told else None)
        self._become_failed(recorded or verdict.reason or _DEFAULT_REASON, exited=True)

    def _say_specifically(self) -> None:
        """Let a lane's general reason give way to the specific one among its diagnostics (k1)."""
        member = self.member
        if not self._has_failed:
            return
        reason = member.hard_failure_reason
        if reason is not None and not lane_text(self.engine, reason, self.name).general:
            return
        specific = specific_text(self.engine, member)
        if specific is not None and specific != reason:
            self._change(hard_failure_reason=specific)

    # -- Changing it -------------------------------------------------------------------------------

    def _clear(self, by: str, at: float | None, note: str | None, **changes: Any) -> None:
        """Change it to one that did not fail; a failure that gives way is told of."""
        if self._has_failed:
            self.cleared = Cleared(self.member.hard_failure_reason, by, instant(at))
        sources = changes.get("sources") or self.member.sources or Sources()
        changes["sources"] = sources.like(hard_failure_signal=None)
        self._become(note, hard_failure=False, hard_failure_reason=None, **changes)

    def _fail(self, verdict: ReconciliationVerdict, reason: str, at: float | None) -> None:
        state = walk(self.engine, verdict.events, self.name)
        if verdict.events and state == "failed_to_start":
            self._become_failed(reason, verdict.note)
            self._failed_at = at

    def _become_failed(self, reason: str, note: str | None = None, *, exited: bool = False) -> None:
        """Let it have failed; if it exited, nothing that was seen of its process counts."""
        sources = self.member.sources or Sources()
        self._become(
            note,
            launch_state="failed_to_start",
            runtime_alive=self.member.runtime_alive and not exited,
            bootstrap_confirmed=False,
            hard_failure=True,
            hard_failure_reason=reason,
            sources=sources.like(
                process_alive=None if exited else sources.process_alive, hard_failure_signal=True
            ),
        )

    def _become(self, note: str | None, **changes: Any) -> None:
        """Change it, with the usual lines about it and a note."""
        self._change(**changes)
        lines = diagnose(self.engine, self.member)
        self.member = self.member.like(diagnostics=lines if note is None else (*lines, note))

    def _change(self, **changes: Any) -> None:
        sources = changes.get("sources")
        if sources and self.team.side == "launcher" and True not in vars(sources).values():
            changes["sources"] = None  # as of a launcher's record that says so (§10)
        self.member = self.member.like(**changes)

"""Against the state: what the bootstrap's record says, held against the replayed journal.

The two are written one after the other for each event, so they may be one event apart: for a moment
while a launch goes on, and for good when its writer stopped in between. What is further apart was
not written by one launcher about one run.

Of a run whose beginning is not in the journal, members that it does not mention are not looked for.

Here: that comparison, and what the state says against itself. Not here: times (`against_clock`).
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import attrs

from launchfsm.audit.findings import AuditFinding, found
from launchfsm.audit.grace_period import Moment, latest
from launchfsm.audit.replay import PHASES_OF_STATUS
from launchfsm.audit.replayed import Replay, RunReplay
from launchfsm.ecma.dates import read_instant
from launchfsm.ecma.text import is_blank, trim
from launchfsm.evaluation.names import is_recorded_member
from launchfsm.lifecycle.machines import BOOTSTRAP, EVENT_OF_ACTION, STATE_OF_STATUS
from launchfsm.records.bootstrap import BootstrapState, MemberRecord
from launchfsm.records.documents import JOURNAL_FILE, STATE_FILE
from launchfsm.records.fields import shown

if TYPE_CHECKING:
    from collections.abc import Iterator

    from launchfsm.audit.codes import AuditCode
    from launchfsm.audit.state_set import Standing
    from launchfsm.evaluation.evidence import Evidence
    from launchfsm.vocabulary import MemberStatus


def against_state(evidence: Evidence, replay: Replay) -> Iterator[AuditFinding]:
    """Everything in which the state and the journal, or the state and itself, disagree."""
    state = evidence.state
    if state is None:
        if replay.runs and evidence.state_document.fault is None:
            yield found("state-missing", STATE_FILE, "only the journal tells of the launch")
        return
    yield from _against_itself(state)
    run = replay.runs.get(trim(state.run_id or ""))
    if run is None:
        yield from _unknown_run(evidence, state, replay)
        return
    moment = Moment(evidence.now, latest(run.ts, read_instant(state.updated_at)))
    yield from _Comparison(state, run, moment).findings()
    yield from _other_runs(evidence, run, replay)


def recorded_statuses(state: BootstrapState) -> dict[str, MemberStatus | None]:
    """The members that a state lists with their statuses; of a repeated name the last counts."""
    return {name: record.status for name, record in _recorded_members(state).items()}


def _recorded_members(state: BootstrapState) -> dict[str, MemberRecord]:
    return {
        record.name: record
        for record in state.members
        if record.name is not None and is_recorded_member(record.name)
    }


def _against_itself(state: BootstrapState) -> Iterator[AuditFinding]:
    phase, status = state.phase, state.terminal.status
    if phase is None or is_blank(phase):
        yield found("incomplete-record", STATE_FILE, "it tells no phase", path="$.phase")
    elif phase not in BOOTSTRAP.states:
        message = f"{shown(phase)} is none of {', '.join(BOOTSTRAP.states)}"
        yield found("unknown-word", STATE_FILE, message, path="$.phase")
    elif status is not None and phase not in PHASES_OF_STATUS[status]:
        message = f"the phase is {phase!r}, and the terminal status {status!r}"
        yield found("state-contradiction", STATE_FILE, message, path="$.terminal.status")


def _unknown_run(
    evidence: Evidence, state: BootstrapState, replay: Replay
) -> Iterator[AuditFinding]:
    if replay.empty:
        yield found("journal-missing", JOURNAL_FILE, "there is a state, and no journal of it")
    elif is_blank(state.run_id or ""):
        yield found("run-not-journaled", STATE_FILE, "it does not name its run", path="$.runId")
    elif replay.last is not None and not replay.hides_runs:
        moment = Moment(evidence.now, read_instant(state.updated_at))
        message = f"the journal knows nothing of the run {shown(state.run_id)}"
        yield moment.found("run-not-journaled", STATE_FILE, message, path="$.runId")


def _other_runs(evidence: Evidence, run: RunReplay, replay: Replay) -> Iterator[AuditFinding]:
    last = replay.last
    for other in replay.runs.values():
        if other is last and other.first_line > run.first_line:
            moment = Moment(evidence.now, other.ts)
            message = f"it is of {shown(run.id)}, and the journal goes on with {shown(other.id)}"
            yield moment.found("state-of-older-run", STATE_FILE, message, path="$.runId")
        elif other is not run:
            message = (
                f"run {shown(other.id)}: {other.records} records up to line {other.last_line},"
                f" last phase {shown(other.phase)}"
            )
            yield found("other-run", JOURNAL_FILE, message, line=other.first_line)


def _likeliest(standing: Standing) -> Standing:
    """An end by its likeliest phase, for a state that is in none of those it may stand in.

    A run that completed or failed, whichever it was, had come as far as to complete. That a run can
    fail much earlier is no reason to call a state that lags behind this one one event apart.
    """
    ended = all(state in BOOTSTRAP.terminal for state in standing.states)
    return attrs.evolve(standing, states=standing.states[:1]) if ended else standing


@attrs.frozen(eq=False)
class _Comparison:
    """A state and what the journal tells of the same run."""

    state: BootstrapState
    run: RunReplay
    moment: Moment

    def findings(self) -> Iterator[AuditFinding]:
        yield from self._phase()
        yield from self._status()
        yield from self._listed_members()
        yield from self._unlisted_members()
        yield from self._task()

    def _phase(self) -> Iterator[AuditFinding]:
        phase, run = self.state.phase, self.run
        if phase not in BOOTSTRAP.states or phase == run.phase:
            return
        told = f"the journal's last phase is {shown(run.phase)} (line {run.phase_line})"
        standing = run.standing
        if run.phase_line == run.status_line:  # no phase was told with its end
            told = f"the journal's end is {shown(run.status)} (line {run.status_line})"
            standing = standing if phase in standing.states else _likeliest(standing)
        message = f"it says {phase!r}, and {told}"
        yield from self._apart(standing, phase, "phase-denied", message, "$.phase")

    def _status(self) -> Iterator[AuditFinding]:
        said, told, run = self.state.terminal.status, self.run.status, self.run
        if said is not None and told is not None and said != told:
            message = f"it says {said!r}, and the journal {told!r} (line {run.status_line})"
            yield found("terminal-denied", STATE_FILE, message, path="$.terminal.status")
        elif said is None and told is not None and self.state.phase in BOOTSTRAP.terminal:
            message = f"it does not say {told!r}, as the journal does (line {run.status_line})"
            yield found("end-unsaid", STATE_FILE, message, path="$.terminal.status")
        elif said is not None and told is None and run.ended and not run.has_gaps:
            message = f"it does not say {said!r}, as the state does"
            yield found("end-unsaid", JOURNAL_FILE, message, line=run.phase_line)

    def _listed_members(self) -> Iterator[AuditFinding]:
        for name, record in _recorded_members(self.state).items():
            if record.status is not None and (name in self.run.members or self.run.whole):
                yield from self._member(name, record.status, record)

    def _member(
        self, name: str, status: MemberStatus, record: MemberRecord
    ) -> Iterator[AuditFinding]:
        state, member = STATE_OF_STATUS[status], self.run.member(name)
        told = f"the journal tells of it in line {member.line}" if member.line else "it is not told"
        message = f"member {shown(name)}: it says {status!r}, and {told}"
        if self.run.never_spawned(name, state) or self._runs_unspawned(name, record):
            message = f"member {shown(name)}: it says {status!r}, and the journal never spawned it"
            yield found("never-spawned", STATE_FILE, message, path="$.members")
            return
        yield from self._apart(member.standing, state, "member-denied", message, "$.members")

    def _runs_unspawned(self, name: str, record: MemberRecord) -> bool:
        """Whether a member was seen to run, and cannot have been one event after the journal."""
        if record.status in EVENT_OF_ACTION:
            return False  # that is a step of its own, not a sight
        seen_at = read_instant(record.last_observed_at)
        if seen_at is None:
            seen_at = read_instant(self.state.updated_at)  # no later than that
        return self.run.runs_unspawned(name, seen_at)

    def _unlisted_members(self) -> Iterator[AuditFinding]:
        listed = recorded_statuses(self.state)
        for name, member in self.run.members.items():
            if name not in listed:
                message = f"it does not list {shown(name)}, of whom the journal tells"
                yield self.moment.found(
                    "member-unlisted",
                    STATE_FILE,
                    f"{message} (line {member.line})",
                    path="$.members",
                )

    def _task(self) -> Iterator[AuditFinding]:
        said, told = self.state.real_task_submission, self.run.task
        if told is not None and said != told:
            message = f"it says {shown(said)}, and the journal {told!r} (line {self.run.task_line})"
            path = "$.realTaskSubmissionState"
            yield self.moment.found("task-denied", STATE_FILE, message, path=path)

    def _apart(
        self, standing: Standing, state: str, denied: AuditCode, message: str, path: str
    ) -> Iterator[AuditFinding]:
        """A state that the journal does not have, by how far from there it is."""
        distance = standing.distance(state)
        if not standing.known or distance == "same":
            return
        near = distance == "one_event"
        code: AuditCode = "one-event-apart" if near else denied
        if near or standing.is_ahead_of(state):  # of a state read first, by any number of events
            yield self.moment.found(code, STATE_FILE, message, path=path)
        else:
            yield found(code, STATE_FILE, message, path=path)

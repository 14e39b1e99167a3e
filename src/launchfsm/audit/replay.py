"""Journal replay: the whole journal, sent through the machines.

Theory of operation
===================

A journal is appended to across runs (§13). Each run gets a bootstrap machine of its own, each of
its members a member machine, and each record is the event that its writer took. What a machine
refuses cannot have happened so; how the replay goes on after that is told in `standing`.

The head of a journal may be missing, because writers rotate it. So the run that the journal begins
with need not begin in it: it is judged from its first phase on, and of its members nothing is
known but what is told; nobody is blamed for a spawn that may have been told in the missing part.
Of a later run there is no such excuse, as rotation takes from the front. It is said once that such
a run begins midway, and then it is judged as leniently.

Two records may tell the end, a `phase` and a `terminal`, in either order; each may once. Two phases
go with `partial_success`, so after its record alone the bootstrap may stand in both. A member
is sighted (`registered`, `runtime_alive`) without moving, for as long as it may be confirmed. What
members do in which phase is told by the table that joins the two machines (`SYNCHRONIZATION`).

Here: from lines to where every machine may stand, and what was wrong on the way. Not here: reading
lines (`journal_lines`), or holding the result against anything (`against_state` and others).
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, cast

import attrs

from launchfsm.audit.durations import span_text
from launchfsm.audit.findings import found
from launchfsm.audit.journal_lines import JournalLine
from launchfsm.audit.replayed import MemberReplay, Replay, RunReplay
from launchfsm.ecma.text import trim
from launchfsm.evaluation.names import is_recorded_member
from launchfsm.lifecycle.machines import (
    BOOTSTRAP,
    EVENT_OF_ACTION,
    MEMBER,
    PHASE_EVENTS,
    STATE_OF_STATUS,
    MemberEvent,
)
from launchfsm.lifecycle.synchronization import SYNCHRONIZATION
from launchfsm.records.documents import JOURNAL_FILE
from launchfsm.records.fields import shown
from launchfsm.vocabulary import (
    LaunchState,
    LockAction,
    Phase,
    RealTaskSubmission,
    TerminalStatus,
    values,
)

if TYPE_CHECKING:
    from collections.abc import Mapping

    from launchfsm.audit.codes import AuditCode
    from launchfsm.audit.journal_lines import JournalReading

# Tables are read by their columns.
# fmt: off
PHASES_OF_STATUS: Final[Mapping[str, tuple[Phase, ...]]] = {
    # status            the phases it goes with; the first is the one that it leads to
    "completed":       ("completed",),
    "partial_success": ("completed", "failed"),
    "failed":          ("failed",),
    "canceled":        ("canceled",),
}
"""A terminal status is a way to have ended (§4); `partial_success` is no phase of its own."""
# fmt: on

_STATE_OF_ACTION: Final[Mapping[str, LaunchState]] = {
    **STATE_OF_STATUS,
    "spawn_failed": "failed_to_start",
}
_LOCK_ACTIONS: Final = values(LockAction)
_TASK_STATES: Final = values(RealTaskSubmission)


def replay_journal(reading: JournalReading) -> Replay:
    """Send every record of a journal through the machines of its run."""
    replay = Replay(gaps=reading.gaps, empty=reading.empty, findings=reading.findings)
    gaps = 0
    for line in reading.lines:
        run = replay.runs.get(line.run)
        if run is None:
            after_gap = line.gaps > gaps
            excused = replay.last is None or after_gap
            replay.hides_runs = replay.hides_runs or after_gap
            run = replay.runs[line.run] = RunReplay(line.run, line.number, line.gaps, excused)
        _Telling(replay, run, line).tell()
        replay.last, gaps = run, line.gaps
    replay.hides_runs = replay.hides_runs or replay.gaps > gaps
    for run in replay.runs.values():
        run.standing.widen(replay.gaps)
        for member in run.members.values():
            member.standing.widen(replay.gaps)
    return replay


@attrs.frozen(eq=False)
class _Telling:
    """One record, told to the machines of its run."""

    replay: Replay
    run: RunReplay
    line: JournalLine

    def tell(self) -> None:
        self._date()
        if self.run.records and self.replay.last is not self.run:
            other = shown(self.replay.last.id if self.replay.last else None)
            self._find("runs-interleaved", f"it goes on after the run {other} has written")
        self.run.records += 1
        self.run.last_line = self.line.number
        match self.line.type:
            case "phase":
                self._phase(self.line.record.phase or "")
            case "terminal":
                self._terminal(self.line.record.status or "")
            case "member":
                self._member(trim(self.line.record.name or ""), self.line.record.action or "")
            case "lock":
                self.run.lock = self._known("$.action", self.line.record.action, _LOCK_ACTIONS)
            case "real_task":
                self.run.task = self._known("$.state", self.line.record.state, _TASK_STATES)
                self.run.task_line = self.line.number

    def _find(self, code: AuditCode, message: str, path: str | None = None) -> None:
        if self.replay.findings.wants(code):
            message = f"run {shown(self.run.id)}: {message}"
            self.replay.findings.keep(
                found(code, JOURNAL_FILE, message, line=self.line.number, path=path)
            )

    def _known(self, path: str, word: str | None, known: tuple[str, ...]) -> str | None:
        """The word, when it is a known one."""
        if word in known:
            return word
        self._find("unknown-word", f"{shown(word)} is none of {', '.join(known)}", path)
        return None

    def _date(self) -> None:
        # Whoever holds the lock appends, one after another, so runs have one time among them.
        ts, before = self.line.record.ts, self.replay.ts
        if ts is None:
            return
        if before is not None and ts < before:
            earlier = span_text(before - ts)
            self._find("time-backwards", f"{earlier} before the record that it follows", "$.ts")
        self.run.ts = self.replay.ts = ts
        if self.line.type != "lock":
            self.run.event_ts, self.run.event_line = ts, self.line.number
        if self.run.first_ts is None:
            self.run.first_ts = ts
        if self.replay.latest is None or ts > self.replay.latest[0]:
            self.replay.latest = (ts, self.line.number)

    # -- The bootstrap -------------------------------------------------------------------------

    def _phase(self, word: str) -> None:
        self._remember_phase(word)
        if self._known("$.phase", word, BOOTSTRAP.states) is None:
            self.run.standing.forget()
        elif self.run.whole is None and word == BOOTSTRAP.initial:
            self.run.whole = True
            self.run.standing.place(word, self.line.gaps)
        else:
            self._begin_midway()
            self._move((word,))

    def _terminal(self, word: str) -> None:
        self._begin_midway()
        status = self._known("$.status", word, tuple(PHASES_OF_STATUS))
        if status is None:
            self.run.standing.forget()
            return
        phases = PHASES_OF_STATUS[status]
        self._move(phases)
        self.run.status, self.run.status_line = cast("TerminalStatus", status), self.line.number
        if self.run.phase not in phases:
            entered = (state for state in self.run.standing.states if state in phases)
            self._remember_phase(next(entered, phases[0]))

    def _remember_phase(self, word: str) -> None:
        self.run.phase, self.run.phase_line = word, self.line.number

    def _begin_midway(self) -> None:
        """Note that the run's beginning is not in the journal, when that is not known yet."""
        if self.run.whole is not None:
            return
        self.run.whole = False
        torn = self.line.gaps > self.run.gaps_before  # after its first record, which is of its lock
        if not self.run.excused and not torn:
            self._find("run-begins-midway", f"it does not begin in {BOOTSTRAP.initial!r}")
        elif self.run is next(iter(self.replay.runs.values())):
            self._find("head-missing", "its beginning is not in the journal; judged from here on")

    def _move(self, told: tuple[str, ...]) -> None:
        """Take an event that leads to a phase; of an end the record may tell the second half.

        Args:
            told: The phase that the record tells, or those that go with its terminal status.
        """
        run, kind = self.run, self.line.type
        run.standing.widen(self.line.gaps)
        stands = next((state for state in run.standing.states if state in told), None)
        if stands in BOOTSTRAP.terminal and kind not in run.ended_by and run.ended_by:
            run.ended_by.add(kind)
            run.standing.place(cast("str", stands), self.line.gaps)
            return
        refused = self._enter(told)
        if told[0] in BOOTSTRAP.terminal and (refused is None or not run.ended_by):
            run.ended_by = {kind}
        if refused is not None:
            again = stands is not None and not self._is_another_end()
            code: AuditCode = "repeated-step" if again else "illegal-step"
            self._find(code, f"{kind} {shown(self._word())}: {refused}")

    def _enter(self, told: tuple[str, ...]) -> str | None:
        """Have the machine take an event that enters a phase; why it was refused, if it was."""
        standing, first = self.run.standing, BOOTSTRAP.initial
        if first not in told:
            events = {str(PHASE_EVENTS[cast("Phase", phase)]): phase for phase in told}
            refusal = standing.take_any(events, self.line.gaps)
            return None if refusal is None else refusal.text()
        if not standing.known:
            standing.place(first, self.line.gaps)
            return None
        standing.doubt(first)
        return f"{BOOTSTRAP.name}: a run begins in {first!r}, and no event leads back there"

    def _is_another_end(self) -> bool:
        """Whether the record tells another terminal status than the one before it, in one phase."""
        return self.line.type == "terminal" and self.run.status not in {None, self._word()}

    def _word(self) -> str:
        record = self.line.record
        return (record.phase if self.line.type == "phase" else record.status) or ""

    # -- Members -------------------------------------------------------------------------------

    def _member(self, name: str, action: str) -> None:
        if not is_recorded_member(name):
            return  # the lead and the user are not launched
        self._begin_midway()
        member = self.run.members[name] = self.run.member(name)
        member.line = self.line.number
        member.spawned = member.spawned or action == "spawn_started"
        if self._known("$.action", action, tuple(_STATE_OF_ACTION)) is None:
            member.standing.forget()
            member.spawned = True  # or may be, for all that is known
            return
        event, state = EVENT_OF_ACTION.get(action), _STATE_OF_ACTION[action]
        member.standing.widen(self.line.gaps)
        if not member.standing.known:
            member.standing.place(state, self.line.gaps)
        elif event is None:
            self._sight(member, name, state)
        elif action != "pending" or state not in member.standing.states:
            self._settle(member, name, event, state)

    def _settle(self, member: MemberReplay, name: str, event: MemberEvent, state: str) -> None:
        again = state in member.standing.states
        refusal = member.standing.take(event, state, self.line.gaps)
        told = f"member {shown(name)} {shown(self.line.record.action)}"
        if refusal is not None:
            self._find("repeated-step" if again else "illegal-step", f"{told}: {refusal.text()}")
        else:
            self._demand_phase(event, told)

    def _demand_phase(self, event: MemberEvent, told: str) -> None:
        """See to it that the bootstrap is where members take such an event, as far as is known."""
        standing = self.run.standing
        standing.widen(self.line.gaps)
        places = [phase for phase, row in SYNCHRONIZATION.phases.items() if event in row.one]
        if not standing.known or any(state in places for state in standing.states):
            return
        phase = standing.states[0]
        self._find("member-out-of-phase", f"{told}: no launch does that in {phase!r}")
        if not self.run.ended:
            standing.doubt(places[0])  # the record that tells of that phase may be missing

    def _sight(self, member: MemberReplay, name: str, state: str) -> None:
        """A member was seen, which moves nothing."""
        standing = member.standing
        able = tuple(
            here
            for here in standing.states
            if "confirm" in MEMBER.allowed(cast("LaunchState", here))
        )
        told = f"member {shown(name)} {shown(self.line.record.action)}"
        if able:
            standing.states = able
        elif MEMBER.initial in standing.states:
            standing.doubt(state)
            self._find("never-spawned", f"{told}: it was not spawned")
        else:
            self._find("late-sighting", f"{told}: it stands in {standing.states[0]!r} already")

"""The journal, replayed record by record through the lifecycles of each run.

Theory of operation
===================

A journal is appended to across runs (§13). Each run has a bootstrap, each of its members a member's
lifecycle, and each record is an event. An event that a lifecycle refuses, and that is not one of
the detours below, cannot have happened so.

*One mistake is one finding.* After a refused event either the record is wrong or a record before it
is missing. So the lifecycle may be where it was, or where the record says; the next record is taken
from the first of these states that has an edge for it. A record that leaves open which of several
events it tells of is treated alike. An unreadable line hides at most one event of each lifecycle,
so afterwards each may be where it was or one event further on.

*What is missing at the front is excused.* Writers rotate journals, so the run that a journal begins
with need not begin in it. It is judged from its first phase on, and of its members only what is
told is known. A later run has no such excuse: that is said once, and then it is judged as
leniently.

*Detours.* Members do what the lifecycle of a launch has no edge for, and legitimately so: one that
ran into a timeout checks in late, one that failed is spawned again, a confirmed one is restarted.
Writers leave steps out. `_DETOURS` lists these; they are told, not blamed.

*Two records may tell an end*, a `phase` and a `terminal`, in either order; each may once. Two
phases go with `partial_success`, so after its record alone the bootstrap may be in both. Sightings
of a member (`registered`, `runtime_alive`) move nothing as long as it may still be confirmed.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any, Final, Literal, cast

import attrs

from launchfsm.audit.findings import AuditCode, Findings, span_text
from launchfsm.audit.journal import JournalReading
from launchfsm.ecma.text import number_text, trim
from launchfsm.lifecycle.machines import (
    BOOTSTRAP,
    ENDINGS,
    EVENT_OF_ACTION,
    MEMBER,
    PHASE_EVENTS,
    STATE_OF_ACTION,
    Lifecycle,
    MemberEvent,
    Refusal,
)
from launchfsm.lifecycle.synchronization import SYNCHRONIZATION
from launchfsm.records.bootstrap import BootstrapState
from launchfsm.records.fields import shown
from launchfsm.records.journal import JournalRecord
from launchfsm.records.names import is_recorded_member
from launchfsm.vocabulary import (
    LaunchState,
    LockAction,
    Phase,
    RealTaskSubmission,
    TerminalStatus,
    values,
)

# Tables are read by their columns.
# fmt: off
_DETOURS: Final[Mapping[tuple[str, str], tuple[LaunchState, AuditCode]]] = {
    # where a member is   its event        where that leads            what it is called
    ("starting",        "sight"):         ("runtime_pending_bootstrap", "step-untold"),
    ("starting",        "confirm"):       ("confirmed_alive",           "step-untold"),
    ("failed_to_start", "sight"):         ("failed_to_start",           "late-sighting"),
    ("failed_to_start", "confirm"):       ("confirmed_alive",           "late-confirmation"),
    ("failed_to_start", "accept_spawn"):  ("runtime_pending_bootstrap", "spawned-again"),
    ("confirmed_alive", "accept_spawn"):  ("runtime_pending_bootstrap", "spawned-again"),
    ("confirmed_alive", "fail"):          ("failed_to_start",           "confirmed-then-failed"),
}
# fmt: on

_LOCK_ACTIONS: Final = values(LockAction)
_TASK_STATES: Final = values(RealTaskSubmission)
CLOCK_STEP: Final = 10_000
"""How far back a time may lie, in ms: clocks are set back by some seconds without any harm."""


# -- Where a lifecycle may be ----------------------------------------------------------------------


@attrs.define
class StateSet:
    """Where one lifecycle may be after what a journal told."""

    machine: Lifecycle[Any, Any]
    states: tuple[str, ...] = ()  # the likeliest first; none when nothing is known
    gaps: int = 0  # how many unreadable lines it has taken into account

    def take(self, told: Mapping[str, str]) -> Refusal | None:
        """Take the event that a record tells of, when the record may mean any of several.

        These are `told`, the likeliest first, with the state that each is said to lead to. When no
        possible state has an edge for any, the lifecycle stays where it was, and the refusal of the
        likeliest is returned.
        """
        reached: list[str] = []
        for event in told:  # each from the likeliest state that has an edge for it
            outcomes = (self.machine.step(state, event) for state in self.states)
            reached += [str(to) for to in outcomes if not isinstance(to, Refusal)][:1]
        if reached or not self.states:
            self.states = tuple(reached) or tuple(told.values())
            return None
        refused = self.machine.step(self.states[0], next(iter(told)))
        return refused if isinstance(refused, Refusal) else None

    def doubt(self, *told: str) -> None:
        """Hold all for possible: that it is where it was, and where a record says."""
        self.states = tuple(dict.fromkeys((*self.states[:1], *told)))

    def widen(self, gaps: int) -> None:
        """Hold for possible what the unreadable lines since may have told, an event each."""
        for _ in range(min(gaps - self.gaps, len(self.machine.states))):
            self.states = tuple(dict.fromkeys((*self.states, *self._following(self.states))))
        self.gaps = gaps

    def distance(self, state: str) -> Literal["same", "one_event", "further"]:
        """How far a state that another record tells of is from here, one way or the other."""
        if state in self.states:
            return "same"
        back = self._following((state,))
        near = state in self._following(self.states) or any(here in back for here in self.states)
        return "one_event" if near else "further"

    def is_ahead_of(self, state: str) -> bool:
        """Whether any number of events may have led from a state to here."""
        return any(self.machine.path(here, start=state) is not None for here in self.states)

    def _following(self, states: Iterable[str]) -> list[str]:
        """Every state that one event, or one detour of a member, leads to from some states."""
        found = [
            str(self.machine.step(state, event))
            for state in states
            for event in self.machine.allowed(state)
        ]
        if self.machine is MEMBER:
            found += [
                after
                for (state, _), (after, code) in _DETOURS.items()
                if state in states and code != "step-untold"  # which is two events
            ]
        return found


# -- What is known after a replay ------------------------------------------------------------------


@attrs.frozen
class ToldWord:
    """A word that a record tells, and the number of its line, from 1."""

    word: str
    line: int


@attrs.define
class MemberReplay:
    """Where the lifecycle of a run's member may be, and the line of its last record; 0 for none."""

    state: StateSet
    line: int = 0


@attrs.define
class RunReplay:
    """One run of a journal, its members by trimmed name. Words are those told last."""

    id: str
    gaps_before: int  # how many unreadable lines there were before its first record
    # Whether its beginning may be in what is missing: it is the journal's first, or unreadable
    # lines are right before it.
    excused: bool
    records: list[JournalRecord] = attrs.Factory(list)
    whole: bool | None = None  # whether its beginning is there; `None` until a record tells
    state: StateSet = attrs.Factory(lambda: StateSet(BOOTSTRAP))
    members: dict[str, MemberReplay] = attrs.Factory(dict)
    phase: ToldWord | None = None  # of a terminal record the likelier that it leads to
    status: ToldWord | None = None
    task: ToldWord | None = None
    lock: ToldWord | None = None
    ended_by: set[str] = attrs.Factory(set)  # the types of records that told the end

    @property
    def written_at(self) -> float | None:
        """The time of its last record that has one, in ms since 1970."""
        times = (record.ts for record in reversed(self.records) if record.ts is not None)
        return next(times, None)

    @property
    def began_at(self) -> float | None:
        """When it began, in ms since 1970; `None` when that is not in the journal."""
        times = (record.ts for record in self.records if record.ts is not None)
        return next(times, None) if self.whole else None

    @property
    def last_event(self) -> tuple[float, int] | None:
        """The time and line of its last dated record but for the lock, which no state mentions."""
        for record in reversed(self.records):
            if record.type != "lock" and record.ts is not None:
                return record.ts, record.line
        return None

    @property
    def ended(self) -> bool:
        """Whether it is in a terminal phase, as far as is known."""
        states = self.state.states
        return bool(states) and all(state in BOOTSTRAP.terminal for state in states)

    @property
    def has_gaps(self) -> bool:
        """Whether lines could not be read since it began, any of which may be its own."""
        return self.state.gaps > self.gaps_before

    def member(self, name: str) -> MemberReplay:
        """A member, named or not."""
        states = (MEMBER.initial,) if self.whole else ()
        member = self.members.get(name) or MemberReplay(StateSet(MEMBER, states, self.gaps_before))
        member.state.widen(self.state.gaps)
        return member

    def never_names(self, name: str) -> bool:
        """Whether all of the run is in the journal, and does not name a member."""
        return bool(self.whole) and not self.has_gaps and name not in self.members


@attrs.define
class Replay:
    """A whole journal, and what was wrong with its lines and with what they tell."""

    runs: dict[str, RunReplay] = attrs.Factory(dict)  # by id, in the order in which they begin
    # Whether a whole run may have been among lines that could not be read: right before the first
    # record of a run, or after the last record of all.
    hides_runs: bool = False
    empty: bool = True  # not even damage is in it
    findings: Findings = attrs.Factory(Findings)
    # Who has the lock, as far as was told: the run that took it last, and its process.
    holder: str | None = None
    holder_pid: float | None = None
    # Of runs whose lock another acquired while they held it: that other, and its line.
    intruders: dict[str, ToldWord] = attrs.Factory(dict)

    @property
    def newest(self) -> RunReplay | None:
        """The run that begins last; records of older runs may follow its own."""
        return next(reversed(self.runs.values()), None)

    def run_of(self, state: BootstrapState) -> RunReplay | None:
        """The run that a state is of."""
        return self.runs.get(trim(state.run_id or ""))


# -- Replaying -------------------------------------------------------------------------------------


def replay_journal(reading: JournalReading) -> Replay:
    """Send every record of a journal through the lifecycles of its run."""
    replay = Replay(empty=reading.empty, findings=reading.findings)
    before: RunReplay | None = None
    gaps_before, last_time = 0, None
    for gaps, record in reading.records:
        run_id, ts = record.run_id or "", record.ts
        run = replay.runs.get(run_id)
        if run is None:
            replay.hides_runs = replay.hides_runs or gaps > gaps_before
            excused = not replay.runs or gaps > gaps_before
            run = replay.runs[run_id] = RunReplay(run_id, gaps, excused)
        run.records.append(record)
        run.state.widen(gaps)
        step = _Step(replay, run, record)
        # Whoever holds the lock appends, one after another, so runs have one time among them.
        if ts is not None:
            if last_time is not None and last_time - ts > CLOCK_STEP:
                message = f"{span_text(last_time - ts)} before the record that it follows"
                step.find("time-backwards", message, "$.ts")
            last_time = ts
        if run is not before:
            step.check_turn()
        step.take()
        before, gaps_before = run, gaps
    replay.hides_runs = replay.hides_runs or reading.gaps > gaps_before
    for run in replay.runs.values():
        for state in (run.state, *(member.state for member in run.members.values())):
            state.widen(reading.gaps)
    return replay


@attrs.frozen(eq=False)
class _Step:
    """One record of a journal, told to the lifecycles of its run."""

    replay: Replay
    run: RunReplay
    record: JournalRecord

    def take(self) -> None:
        """Take the event that the record tells of."""
        record = self.record
        match record.type:
            case "phase":
                self._phase(record.phase or "")
            case "terminal":
                self._terminal(record.status or "")
            case "member":
                self._member(trim(record.name or ""), record.action or "")
            case "lock":
                self._lock(record.action or "")
            case "real_task":
                if self._known("$.state", record.state or "", _TASK_STATES):
                    self.run.task = self._told(record.state or "")

    def _told(self, word: str) -> ToldWord:
        return ToldWord(word, self.record.line)

    def find(self, code: AuditCode, message: str, path: str | None = None) -> None:
        """Report a finding about this record."""
        message = f"run {shown(self.run.id)}: {message}"
        self.replay.findings.of_line(code, message, self.record.line, path)

    def _known(self, path: str, word: str, known: tuple[str, ...]) -> bool:
        """Whether a word is a known one; if not, that is a finding."""
        if word in known:
            return True
        self.find("unknown-word", f"{shown(word)} is none of {', '.join(known)}", path)
        return False

    # -- Runs and their lock -------------------------------------------------------------------

    def check_turn(self) -> None:
        """Find an older run that writes beside the newest, but for late reports."""
        newest = self.replay.newest
        if newest is None or newest is self.run:
            return
        intruder = self.replay.intruders.get(self.run.id)
        if self.record.type in {"member", "real_task"}:
            self.find("late-record", f"it comes after the run {shown(newest.id)} began")
        elif intruder is not None and self.record.type != "lock":
            told = f"the run {shown(intruder.word)} acquired the lock in line {intruder.line}"
            self.find("two-holders", f"{told}, and this run, which held it, goes on")
        else:
            self.find("runs-interleaved", f"it goes on after the run {shown(newest.id)} began")

    def _lock(self, action: str) -> None:
        replay, run, pid = self.replay, self.run, self.record.owner_pid
        if not self._known("$.action", action, _LOCK_ACTIONS):
            run.lock = None
            return
        run.lock = self._told(action)
        if action != "released":
            if replay.holder not in {None, run.id} and action != "stolen":
                replay.intruders[replay.holder or ""] = self._told(run.id)
            replay.holder, replay.holder_pid = run.id, pid
            return
        replay.intruders.pop(run.id, None)
        if replay.holder == run.id:
            if None not in {pid, replay.holder_pid} and pid != replay.holder_pid:
                told = f"pid {number_text(pid or 0)} released the lock"
                taker = number_text(replay.holder_pid or 0)
                self.find("released-by-other", f"{told} that pid {taker} had taken")
            replay.holder = replay.holder_pid = None

    # -- The bootstrap -------------------------------------------------------------------------

    def _phase(self, word: str) -> None:
        self.run.phase = self._told(word)
        if not self._known("$.phase", word, BOOTSTRAP.states):
            self.run.state.states = ()
        elif self.run.whole is None and word == BOOTSTRAP.initial:
            self.run.whole = True
            self.run.state.states = (word,)
        else:
            self._begin_midway()
            self._move((word,), word)

    def _terminal(self, word: str) -> None:
        self._begin_midway()
        if not self._known("$.status", word, tuple(ENDINGS)):
            self.run.state.states = ()
            return
        phases = ENDINGS[cast("TerminalStatus", word)].phases
        self._move(phases, word)
        self.run.status = self._told(word)
        if self.run.phase is None or self.run.phase.word not in phases:
            entered = (state for state in self.run.state.states if state in phases)
            self.run.phase = self._told(next(entered, phases[0]))

    def _begin_midway(self) -> None:
        """Note that the run's beginning is not in the journal, when that is not known yet."""
        if self.run.whole is not None:
            return
        self.run.whole = False
        torn = self.run.has_gaps  # after its first record, which is of its lock
        if not self.run.excused and not torn:
            self.find("run-begins-midway", f"it does not begin in {BOOTSTRAP.initial!r}")
        elif self.run is next(iter(self.replay.runs.values())):
            self.find("head-missing", "its beginning is not in the journal; judged from here on")

    def _move(self, told: tuple[str, ...], word: str) -> None:
        """Take an event that leads to one of some phases; an end may be told in two records."""
        run, kind = self.run, self.record.type or ""
        state, first = run.state, BOOTSTRAP.initial
        reached = next((here for here in state.states if here in told), None)
        if reached in BOOTSTRAP.terminal and run.ended_by and kind not in run.ended_by:
            run.ended_by.add(kind)
            state.states = (cast("str", reached),)
            return
        refused = None
        if first not in told:
            events = {str(PHASE_EVENTS[cast("Phase", phase)]): phase for phase in told}
            refusal = state.take(events)
            if refusal is not None:
                state.doubt(*told)
                refused = refusal.text()
        elif state.states:
            state.doubt(first)
            refused = f"{BOOTSTRAP.name}: a run begins in {first!r}, and no event leads back there"
        else:
            state.states = (first,)
        if told[0] in BOOTSTRAP.terminal and (refused is None or not run.ended_by):
            run.ended_by = {kind}
        if refused is None:
            return
        another_end = kind == "terminal" and run.status is not None and run.status.word != word
        if reached is not None and not another_end:
            self.find("repeated-step", f"{kind} {shown(word)}: it is in {reached!r} already")
        else:
            self.find("illegal-step", f"{kind} {shown(word)}: {refused}")

    # -- Members -------------------------------------------------------------------------------

    def _member(self, name: str, action: str) -> None:
        if not is_recorded_member(name):
            return  # the lead and the user are not launched
        self._begin_midway()
        member = self.run.members[name] = self.run.member(name)
        member.line = self.record.line
        state = member.state
        if not self._known("$.action", action, tuple(STATE_OF_ACTION)):
            state.states = ()
            return
        told, event = STATE_OF_ACTION[action], EVENT_OF_ACTION.get(action)
        if not state.states or action == "resumed":  # which tells of a way in an earlier run
            state.states = (told,)
            return
        named = f"member {shown(name)} {shown(action)}"
        if event is None:  # a sighting, of a member that can still be confirmed
            able = [at for at in state.states if "confirm" in MEMBER.allowed(cast("Any", at))]
            if able:
                state.states = tuple(able)
            else:
                self._detour(state, event, told, named)
        elif state.take({event: told}) is None:
            self._is_in_phase(event, named)
        else:
            self._detour(state, event, told, named)

    def _detour(self, state: StateSet, event: MemberEvent | None, told: str, named: str) -> None:
        """Take an event for which the member's lifecycle has no edge where it may be."""
        here = state.states[0]
        if event is not None and told in state.states:
            if (here, event) != ("starting", "retry"):  # it is pending from the start
                self.find("repeated-step", f"{named}: it is in {told!r} already")
            return
        detour = _DETOURS.get((here, event or "sight"))
        if detour is not None:
            after, code = detour
            if event is None or self._is_in_phase(event, named):
                self.find(code, f"{named}: it was in {here!r}")
            # The confirmation stands, and a late failure beside it; else the record is believed.
            both = (*state.states, after) if event == "fail" else (after, *state.states)
            state.states = tuple(dict.fromkeys(both))
            return
        refused = MEMBER.step(cast("LaunchState", here), event or "accept_spawn")
        why = refused.text() if isinstance(refused, Refusal) else f"it was in {here!r}"
        self.find("illegal-step", f"{named}: {why}")
        state.doubt(told)

    def _is_in_phase(self, event: MemberEvent, named: str) -> bool:
        """Whether the bootstrap may be where members take such an event; if not, find that."""
        state = self.run.state
        places = [phase for phase, row in SYNCHRONIZATION.phases.items() if event in row.one]
        if not state.states or any(here in places for here in state.states):
            return True
        self.find("member-out-of-phase", f"{named}: no launch does that in {state.states[0]!r}")
        if not self.run.ended:
            state.doubt(places[0])  # the record that tells of that phase may be missing
        return False

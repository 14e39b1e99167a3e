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

from typing import TYPE_CHECKING, Any, Final, Literal, TypeAlias, cast

import attrs

from launchfsm.audit.findings import AuditCode, Findings, found, span_text
from launchfsm.audit.journal import JournalLine, JournalReading
from launchfsm.ecma.text import number_text, trim
from launchfsm.lifecycle.machines import (
    BOOTSTRAP,
    ENDINGS,
    EVENT_OF_ACTION,
    MEMBER,
    PHASE_EVENTS,
    STATE_OF_STATUS,
    Lifecycle,
    MemberEvent,
    Refusal,
)
from launchfsm.lifecycle.synchronization import SYNCHRONIZATION
from launchfsm.records.documents import JOURNAL_FILE
from launchfsm.records.fields import shown
from launchfsm.records.names import is_recorded_member
from launchfsm.vocabulary import (
    LaunchState,
    LockAction,
    Phase,
    RealTaskSubmission,
    TerminalStatus,
    values,
)

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

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

_STATE_OF_ACTION: Final[Mapping[str, LaunchState]] = {
    **STATE_OF_STATUS,
    "spawn_failed": "failed_to_start",
    "resumed": "confirmed_alive",
}
_LOCK_ACTIONS: Final = values(LockAction)
_TASK_STATES: Final = values(RealTaskSubmission)
CLOCK_STEP: Final = 10_000
"""How far back a time may lie, in ms: clocks are set back by some seconds without any harm."""


# -- Where a lifecycle may be ----------------------------------------------------------------------

Distance: TypeAlias = Literal["same", "one_event", "further"]
"""How far a state is from where a lifecycle may be."""


@attrs.define
class StateSet:
    """Where one lifecycle may be after what a journal told.

    Attributes:
        machine: The lifecycle.
        states: Where it may be, the likeliest first; none when nothing is known.
        gaps: How many unreadable lines it has taken into account.
    """

    machine: Lifecycle[Any, Any]
    states: tuple[str, ...] = ()
    gaps: int = 0

    @property
    def known(self) -> bool:
        """Whether anything is known of where it is."""
        return bool(self.states)

    def place(self, state: str, gaps: int) -> None:
        """Believe a record without judging it."""
        self.states, self.gaps = (state,), gaps

    def forget(self) -> None:
        """Know nothing any more: a record told of something that the lifecycle has no word for."""
        self.states = ()

    def take(self, told: Mapping[str, str], gaps: int) -> Refusal | None:
        """Take the event that a record tells of, when the record may mean any of several.

        Args:
            told: Those events, the likeliest first, and the state that each is said to lead to.
            gaps: How many unreadable lines there were before the record.

        Returns:
            The refusal of the likeliest event, when no possible state has an edge for any; then
            the lifecycle is where it was.
        """
        self.widen(gaps)
        reached = tuple(state for event in told for state in self._after(event))
        if reached or not self.states:
            self.states = reached or tuple(told.values())
            return None
        refused = self.machine.step(self.states[0], next(iter(told)))
        return refused if isinstance(refused, Refusal) else None

    def _after(self, event: str) -> tuple[str, ...]:
        """Where an event leads from the likeliest state that has an edge for it, if any has."""
        outcomes = (self.machine.step(state, event) for state in self.states)
        return tuple(str(after) for after in outcomes if not isinstance(after, Refusal))[:1]

    def doubt(self, *told: str) -> None:
        """Hold all for possible: that it is where it was, and where a record says."""
        self.states = tuple(dict.fromkeys((*self.states[:1], *told)))

    def widen(self, gaps: int) -> None:
        """Hold for possible what the unreadable lines since may have told, an event each."""
        for _ in range(min(gaps - self.gaps, len(self.machine.states))):
            self.states = tuple(dict.fromkeys((*self.states, *self._following(self.states))))
        self.gaps = gaps

    def distance(self, state: str) -> Distance:
        """How far a state that another record tells of is from here, one way or the other."""
        if state in self.states:
            return "same"
        back = self._following((state,))
        near = state in self._following(self.states) or any(here in back for here in self.states)
        return "one_event" if near else "further"

    def is_ahead_of(self, state: str) -> bool:
        """Whether any number of events may have led from a state to here."""
        return any(self.machine.path(here, start=state) is not None for here in self.states)

    def _following(self, states: Iterable[str]) -> tuple[str, ...]:
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
        return tuple(dict.fromkeys(found))


# -- What is known after a replay ------------------------------------------------------------------


@attrs.frozen
class Told:
    """A word that a record tells, and its line.

    Attributes:
        word: The word.
        line: The number of the line, from 1.
    """

    word: str
    line: int


@attrs.define
class MemberReplay:
    """A member of one run.

    Attributes:
        state: Where its lifecycle may be.
        line: The line of its last record; 0 when it was never named.
    """

    state: StateSet
    line: int = 0


@attrs.define
class RunReplay:
    """One run of a journal.

    Attributes:
        lines: Its records, in the order of the file; there is at least one.
        excused: Whether its beginning may be in what is missing: it is the journal's first, or
            unreadable lines are right before it.
        whole: Whether its beginning is there; `None` until a record tells.
        state: Where the bootstrap's lifecycle may be.
        members: Its members by trimmed name.
        phase: The phase told last, as it is; of a terminal record the likelier that it leads to.
        status: The terminal status told last.
        task: The state of the first task, told last.
        lock: What was done to its lock last.
        ended_by: The types of records that told the end.
    """

    lines: list[JournalLine]
    excused: bool
    whole: bool | None = None
    state: StateSet = attrs.Factory(lambda: StateSet(BOOTSTRAP))
    members: dict[str, MemberReplay] = attrs.Factory(dict)
    phase: Told | None = None
    status: Told | None = None
    task: Told | None = None
    lock: Told | None = None
    ended_by: set[str] = attrs.Factory(set)

    @property
    def id(self) -> str:
        """Its id."""
        return self.lines[0].run

    @property
    def gaps_before(self) -> int:
        """How many unreadable lines there were before its first record."""
        return self.lines[0].gaps

    @property
    def times(self) -> list[float]:
        """The times of its records that have one, in ms since 1970."""
        return [line.record.ts for line in self.lines if line.record.ts is not None]

    @property
    def written_at(self) -> float | None:
        """The time of its last record that has one."""
        return next(reversed(self.times), None)

    @property
    def last_event(self) -> tuple[float, int] | None:
        """The time and the line of its last dated record that is not of the lock.

        A state says nothing of the lock.
        """
        for line in reversed(self.lines):
            if line.type != "lock" and line.record.ts is not None:
                return line.record.ts, line.number
        return None

    @property
    def began_at(self) -> float | None:
        """When it began, in ms since 1970; `None` when that is not in the journal."""
        return next(iter(self.times), None) if self.whole else None

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
        known = self.members.get(name)
        if known is not None:
            return known
        member = MemberReplay(
            StateSet(MEMBER, (MEMBER.initial,) if self.whole else (), self.gaps_before)
        )
        member.state.widen(self.state.gaps)
        return member

    def never_names(self, name: str) -> bool:
        """Whether all of the run is in the journal, and does not name a member."""
        return bool(self.whole) and not self.has_gaps and name not in self.members


@attrs.define
class Replay:
    """A whole journal.

    Attributes:
        runs: Its runs by id, in the order in which they begin.
        gaps: How many lines could not be read.
        hides_runs: Whether some of these are where a whole run may have been: right before the
            first record of a run, or after the last record of all.
        empty: Whether there is nothing in the journal, not even damage.
        findings: What was wrong with its lines, and with what they tell.
    """

    runs: dict[str, RunReplay] = attrs.Factory(dict)
    gaps: int = 0
    hides_runs: bool = False
    empty: bool = True
    findings: Findings = attrs.Factory(Findings)

    @property
    def newest(self) -> RunReplay | None:
        """The run that begins last; records of older runs may follow its own."""
        return next(reversed(self.runs.values()), None)


# -- Replaying -------------------------------------------------------------------------------------


def replay_journal(reading: JournalReading) -> Replay:
    """Send every record of a journal through the lifecycles of its run."""
    replay = Replay(gaps=reading.gaps, empty=reading.empty, findings=reading.findings)
    lock = _LockWatch()
    gaps, before = 0, None
    writing: RunReplay | None = None
    for line in reading.lines:
        run = replay.runs.get(line.run)
        if run is None:
            after_gap = line.gaps > gaps
            replay.hides_runs = replay.hides_runs or after_gap
            run = replay.runs[line.run] = RunReplay([], not replay.runs or after_gap)
        run.lines.append(line)
        _Step(replay, run, line, before, lock, is_turn=writing is not run).tell()
        gaps, writing = line.gaps, run
        before = before if line.record.ts is None else line.record.ts
    replay.hides_runs = replay.hides_runs or replay.gaps > gaps
    for run in replay.runs.values():
        run.state.widen(replay.gaps)
        for member in run.members.values():
            member.state.widen(replay.gaps)
    return replay


@attrs.define
class _LockWatch:
    """Who has the lock, as far as the journal told.

    Attributes:
        holder: The run that took it last and has not released it.
        pid: The process that took it, when the record says.
        intruders: Of runs whose lock another acquired while they held it: that other, and its line.
    """

    holder: str | None = None
    pid: float | None = None
    intruders: dict[str, Told] = attrs.Factory(dict)

    def taken(self, run: str, line: JournalLine, *, stolen: bool) -> None:
        """A run took the lock."""
        if self.holder is not None and self.holder != run and not stolen:
            self.intruders[self.holder] = Told(run, line.number)
        self.holder, self.pid = run, line.record.owner_pid

    def released(self, run: str) -> None:
        """A run gave the lock up."""
        self.intruders.pop(run, None)
        if self.holder == run:
            self.holder = self.pid = None


@attrs.frozen(eq=False)
class _Step:
    """One record, told to the lifecycles of its run.

    Attributes:
        replay: The journal.
        run: The record's run.
        line: The record.
        before: The time of the last dated record before it, of whatever run.
        lock: Who has the lock.
        is_turn: Whether the record before it is of another run.
    """

    replay: Replay
    run: RunReplay
    line: JournalLine
    before: float | None
    lock: _LockWatch
    is_turn: bool

    def tell(self) -> None:
        record = self.line.record
        if record.ts is not None and self.before is not None:
            # Whoever holds the lock appends, one after another, so runs have one time among them.
            earlier = self.before - record.ts
            if earlier > CLOCK_STEP:
                told = f"{span_text(earlier)} before the record that it follows"
                self._find("time-backwards", told, "$.ts")
        self._demand_order()
        match self.line.type:
            case "phase":
                self._phase(record.phase or "")
            case "terminal":
                self._terminal(record.status or "")
            case "member":
                self._member(trim(record.name or ""), record.action or "")
            case "lock":
                self._lock(record.action)
            case "real_task":
                if self._known("$.state", record.state, _TASK_STATES):
                    self.run.task = Told(record.state or "", self.line.number)

    def _find(self, code: AuditCode, message: str, path: str | None = None) -> None:
        if self.replay.findings.wants(code):
            message = f"run {shown(self.run.id)}: {message}"
            self.replay.findings.keep(
                found(code, JOURNAL_FILE, message, line=self.line.number, path=path)
            )

    def _known(self, path: str, word: str | None, known: tuple[str, ...]) -> bool:
        """Whether a word is a known one; if not, that is a finding."""
        if word in known:
            return True
        self._find("unknown-word", f"{shown(word)} is none of {', '.join(known)}", path)
        return False

    # -- Runs and their lock -------------------------------------------------------------------

    def _demand_order(self) -> None:
        """See to it that older runs do not write beside the newest, but for late reports."""
        newest = self.replay.newest
        if newest is None or newest is self.run or not self.is_turn:
            return
        intruder = self.lock.intruders.get(self.run.id)
        if self.line.type in {"member", "real_task"}:
            self._find("late-record", f"it comes after the run {shown(newest.id)} began")
        elif intruder is not None and self.line.type != "lock":
            told = f"the run {shown(intruder.word)} acquired the lock in line {intruder.line}"
            self._find("two-holders", f"{told}, and this run, which held it, goes on")
        else:
            self._find("runs-interleaved", f"it goes on after the run {shown(newest.id)} began")

    def _lock(self, action: str | None) -> None:
        if not self._known("$.action", action, _LOCK_ACTIONS):
            self.run.lock = None
            return
        self.run.lock = Told(action or "", self.line.number)
        if action != "released":
            self.lock.taken(self.run.id, self.line, stolen=action == "stolen")
            return
        pid, took = self.line.record.owner_pid, self.lock.pid
        if self.lock.holder == self.run.id and None not in {pid, took} and pid != took:
            told = f"pid {number_text(pid or 0)} released the lock"
            self._find("released-by-other", f"{told} that pid {number_text(took or 0)} had taken")
        self.lock.released(self.run.id)

    # -- The bootstrap -------------------------------------------------------------------------

    def _phase(self, word: str) -> None:
        self.run.phase = Told(word, self.line.number)
        if not self._known("$.phase", word, BOOTSTRAP.states):
            self.run.state.forget()
        elif self.run.whole is None and word == BOOTSTRAP.initial:
            self.run.whole = True
            self.run.state.place(word, self.line.gaps)
        else:
            self._begin_midway()
            self._move((word,), word)

    def _terminal(self, word: str) -> None:
        self._begin_midway()
        if not self._known("$.status", word, tuple(ENDINGS)):
            self.run.state.forget()
            return
        phases = ENDINGS[cast("TerminalStatus", word)].phases
        self._move(phases, word)
        self.run.status = Told(word, self.line.number)
        if self.run.phase is None or self.run.phase.word not in phases:
            entered = (state for state in self.run.state.states if state in phases)
            self.run.phase = Told(next(entered, phases[0]), self.line.number)

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

    def _move(self, told: tuple[str, ...], word: str) -> None:
        """Take an event that leads to a phase; of an end the record may tell the second half.

        Args:
            told: The phase that the record tells, or those that go with its terminal status.
            word: That phase or status.
        """
        run, kind = self.run, self.line.type
        run.state.widen(self.line.gaps)
        reached = next((state for state in run.state.states if state in told), None)
        if reached in BOOTSTRAP.terminal and run.ended_by and kind not in run.ended_by:
            run.ended_by.add(kind)
            run.state.place(cast("str", reached), self.line.gaps)
            return
        refused = self._enter(told)
        if told[0] in BOOTSTRAP.terminal and (refused is None or not run.ended_by):
            run.ended_by = {kind}
        if refused is not None:
            another_end = kind == "terminal" and run.status is not None and run.status.word != word
            if reached is not None and not another_end:
                self._find("repeated-step", f"{kind} {shown(word)}: it is in {reached!r} already")
            else:
                self._find("illegal-step", f"{kind} {shown(word)}: {refused}")

    def _enter(self, told: tuple[str, ...]) -> str | None:
        """Have the bootstrap take an event that enters a phase; why it was refused, if it was."""
        state, first = self.run.state, BOOTSTRAP.initial
        if first not in told:
            events = {str(PHASE_EVENTS[cast("Phase", phase)]): phase for phase in told}
            refusal = state.take(events, self.line.gaps)
            if refusal is None:
                return None
            state.doubt(*told)
            return refusal.text()
        if not state.known:
            state.place(first, self.line.gaps)
            return None
        state.doubt(first)
        return f"{BOOTSTRAP.name}: a run begins in {first!r}, and no event leads back there"

    # -- Members -------------------------------------------------------------------------------

    def _member(self, name: str, action: str) -> None:
        if not is_recorded_member(name):
            return  # the lead and the user are not launched
        self._begin_midway()
        member = self.run.members[name] = self.run.member(name)
        member.line = self.line.number
        if not self._known("$.action", action, tuple(_STATE_OF_ACTION)):
            member.state.forget()
            return
        state, told = member.state, _STATE_OF_ACTION[action]
        state.widen(self.line.gaps)
        if not state.known or action == "resumed":  # which tells of a way in an earlier run
            state.place(told, self.line.gaps)
            return
        event: MemberEvent | None = EVENT_OF_ACTION.get(action)
        if event is None:
            able = tuple(
                here
                for here in state.states
                if "confirm" in MEMBER.allowed(cast("LaunchState", here))
            )
            if able:
                state.states = able
                return
        elif state.take({event: told}, self.line.gaps) is None:
            self._is_in_phase(event)
            return
        self._detour(state, event, told)

    def _detour(self, state: StateSet, event: MemberEvent | None, told: str) -> None:
        """Take an event for which the member's lifecycle has no edge where it may be."""
        named = (
            f"member {shown(trim(self.line.record.name or ''))} {shown(self.line.record.action)}"
        )
        here = state.states[0]
        if event is not None and told in state.states:
            if (here, event) != ("starting", "retry"):  # it is pending from the start
                self._find("repeated-step", f"{named}: it is in {told!r} already")
            return
        detour = _DETOURS.get((here, event or "sight"))
        if detour is not None:
            after, code = detour
            if event is None or self._is_in_phase(event):
                self._find(code, f"{named}: it was in {here!r}")
            # The confirmation stands, and a late failure beside it; else the record is believed.
            both = (*state.states, after) if event == "fail" else (after, *state.states)
            state.states = tuple(dict.fromkeys(both))
            return
        refused = MEMBER.step(cast("LaunchState", here), event or "accept_spawn")
        why = refused.text() if isinstance(refused, Refusal) else f"it was in {here!r}"
        self._find("illegal-step", f"{named}: {why}")
        state.doubt(told)

    def _is_in_phase(self, event: MemberEvent) -> bool:
        """Whether the bootstrap may be where members take such an event; if not, find that."""
        state = self.run.state
        state.widen(self.line.gaps)
        places = [phase for phase, row in SYNCHRONIZATION.phases.items() if event in row.one]
        if not state.known or any(here in places for here in state.states):
            return True
        told = f"member {shown(trim(self.line.record.name or ''))} {shown(self.line.record.action)}"
        self._find("member-out-of-phase", f"{told}: no launch does that in {state.states[0]!r}")
        if not self.run.ended:
            state.doubt(places[0])  # the record that tells of that phase may be missing
        return False

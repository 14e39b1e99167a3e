"""Replayed: what is known of runs and members after their journal was replayed.

Here: those records. Not here: replaying (`journal_replay`).
"""

from __future__ import annotations

import attrs

from launchfsm.audit.findings import Findings
from launchfsm.audit.state_set import Standing
from launchfsm.lifecycle.machines import BOOTSTRAP, MEMBER
from launchfsm.vocabulary import LaunchState, TerminalStatus


@attrs.define
class MemberReplay:
    """A member of one run.

    Attributes:
        standing: Where its machine may stand.
        line: The line of its last record.
        spawned: Whether a spawn of it was told, or may have been, by an unknown word.
    """

    standing: Standing
    line: int = 0
    spawned: bool = False


@attrs.define
class RunReplay:
    """One run of a journal.

    Attributes:
        id: Its id.
        first_line: The line of its first record.
        gaps_before: How many unreadable lines there were before that.
        excused: Whether its beginning may be in what is missing: it is the journal's first, or
            unreadable lines are right before it.
        last_line: The line of its last record.
        records: How many records it has.
        whole: Whether its beginning is there; `None` until a record tells.
        standing: Where the bootstrap's machine may stand.
        phase: The phase told last, as it is; of a terminal record the likelier that it leads to.
        phase_line: The line that told it.
        status: The terminal status told last.
        status_line: The line that told it.
        ended_by: The types of records that told the end.
        members: Its members by trimmed name.
        task: The state of the first task, told last.
        task_line: The line that told it.
        lock: What was done to its lock last.
        first_ts: The time of its first record that has one, in ms since 1970.
        ts: The time of its last record that has one.
        event_ts: The same without records of the lock, of which a state says nothing.
        event_line: The line of that.
    """

    id: str
    first_line: int
    gaps_before: int
    excused: bool
    last_line: int = 0
    records: int = 0
    whole: bool | None = None
    standing: Standing = attrs.Factory(lambda: Standing.unknown(BOOTSTRAP))
    phase: str | None = None
    phase_line: int = 0
    status: TerminalStatus | None = None
    status_line: int = 0
    ended_by: set[str] = attrs.Factory(set)
    members: dict[str, MemberReplay] = attrs.Factory(dict)
    task: str | None = None
    task_line: int = 0
    lock: str | None = None
    first_ts: float | None = None
    ts: float | None = None
    event_ts: float | None = None
    event_line: int = 0

    @property
    def began_at(self) -> float | None:
        """When it began, in ms since 1970; `None` when none of its records has a time.

        `None` as well when its beginning is not there: what was rotated away was earlier.
        """
        return self.first_ts if self.whole else None

    @property
    def ended(self) -> bool:
        """Whether it stands in a terminal phase, as far as is known."""
        states = self.standing.states
        return bool(states) and all(state in BOOTSTRAP.terminal for state in states)

    @property
    def has_gaps(self) -> bool:
        """Whether lines could not be read since it began, any of which may be its own."""
        return self.standing.gaps > self.gaps_before

    @property
    def tells_all(self) -> bool:
        """Whether its beginning is there, and every line since could be read."""
        return bool(self.whole) and not self.has_gaps

    def goes_on_past(self, moment: float | None) -> bool:
        """Whether it has ended, or has a record of later than a moment."""
        later = moment is not None and self.ts is not None and self.ts > moment
        return later or self.ended

    def member(self, name: str) -> MemberReplay:
        """A member, told of or not."""
        known = self.members.get(name)
        if known is not None:
            return known
        initial = (MEMBER.initial,) if self.whole else ()
        member = MemberReplay(Standing(MEMBER, initial, self.gaps_before))
        member.standing.widen(self.standing.gaps)
        return member

    def never_spawned(self, name: str, state: LaunchState) -> bool:
        """Whether a member cannot be where another record says, for lack of a spawn.

        A member that failed need not have been spawned, but to fail it must have been tried.
        """
        if not self.tells_all:
            return False
        known = self.members.get(name)
        if state == "failed_to_start":
            return known is None
        spawned = known is not None and known.spawned
        return state == "confirmed_alive" and not spawned

    def runs_unspawned(self, name: str, seen_at: float | None) -> bool:
        """Whether a member was seen to run, and a journal that goes on past that never spawned it.

        A member is spawned before it is seen. Where the journal ends before it was seen, the spawn
        may be the one event that it lacks, as its writer stopped there.

        Args:
            name: The member.
            seen_at: When another record has it run, at the latest; `None` when that is not known.
        """
        member = self.member(name)
        if "runtime_pending_bootstrap" in member.standing.states:
            return False  # the journal has it run, too
        return self.tells_all and not member.spawned and self.goes_on_past(seen_at)


@attrs.define
class Replay:
    """A whole journal.

    Attributes:
        runs: Its runs by id, in the order in which they begin.
        last: The run of the last record; `None` when there is none.
        gaps: How many lines could not be read.
        hides_runs: Whether some of these are where a whole run may have been: right before the
            first record of a run, or after the last record of all.
        empty: Whether there is nothing in the journal, not even damage.
        ts: The time of the last record that has one, of whatever run.
        latest: The latest time that a record gives, and its line.
        findings: What was wrong with its lines, and with what they tell.
    """

    runs: dict[str, RunReplay] = attrs.Factory(dict)
    last: RunReplay | None = None
    gaps: int = 0
    hides_runs: bool = False
    empty: bool = True
    ts: float | None = None
    latest: tuple[float, int] | None = None
    findings: Findings = attrs.Factory(Findings)

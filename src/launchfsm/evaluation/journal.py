"""The runs that a team's journal tells of."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import attrs

from launchfsm.ecma.text import trim
from launchfsm.records.journal import JournalRecord, journal_of
from launchfsm.records.names import is_recorded_member
from launchfsm.system.files import ReadProblem
from launchfsm.vocabulary import TerminalStatus

if TYPE_CHECKING:
    from collections.abc import Mapping

_ALL_LINES: Final = 1_000_000
_FAILED: Final = frozenset({"failed", "spawn_failed"})
_ENDS: Final[Mapping[str, TerminalStatus]] = {
    "completed": "completed",
    "partial_success": "partial_success",
    "failed": "failed",
    "canceled": "canceled",
}


def named_run(run_id: str | None) -> str | None:
    """The run that an id names, trimmed; `None` for a blank one, which names no run."""
    return None if run_id is None else trim(run_id) or None


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
        place: Which run of the journal it is, by its first record.
    """

    id: str | None
    status: TerminalStatus | None = None
    ended: bool = False
    reason: str | None = None
    members: dict[str, tuple[str, str | None]] = attrs.field(factory=dict)
    last: JournalRecord | None = None
    written_at: float | None = None
    place: int = 0

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
        one = found.pop(run, None) or JournalRun(run, place=len(found))
        found[run] = one
        one.add(record)
    return tuple(found.values())

"""The journal, `bootstrap-journal.jsonl`: its lines, and what they tell of each run (§9, §13).

It keeps to what is recorded: whether a run is alive is judged elsewhere.
"""

from __future__ import annotations

import codecs
import math
import os
from collections.abc import Iterator, Mapping
from typing import Annotated, Any, Final, Literal, TypeAlias

import attrs

from launchfsm.ecma.json import JsonError, parse_json_text
from launchfsm.ecma.text import trim
from launchfsm.records.documents import (
    JOURNAL_FILE,
    LARGEST_FILE,
    TeamSource,
    encoding_fault,
    object_in,
)
from launchfsm.records.fields import (
    FINITE,
    NUMBER,
    TEXT,
    TRIMMED,
    WORD,
    Finding,
    findings_of,
    reader_of,
    type_error,
)
from launchfsm.records.names import is_recorded_member
from launchfsm.records.results import ON_THE_WIRE
from launchfsm.records.side_files import PACK_NAMES
from launchfsm.system.files import FileEnd, ReadProblem
from launchfsm.system.folders import team_folder
from launchfsm.vocabulary import JournalType, TerminalStatus, values


@attrs.define
class JournalRecord:
    """One record of the journal. Its texts are as they are, reason and detail trimmed.

    The type is `None` when it is none of ours; `ts` is in ms since 1970; `line` counts from 1, and
    is 0 when only the last lines were read.
    """

    type: Annotated[JournalType | None, WORD] = None
    phase: Annotated[str | None, TEXT] = None
    action: Annotated[str | None, TEXT] = None
    owner_pid: Annotated[float | None, NUMBER] = None
    name: Annotated[str | None, TEXT] = None
    detail: Annotated[str | None, TRIMMED] = None
    status: Annotated[str | None, TEXT] = None
    reason: Annotated[str | None, TRIMMED] = None
    state: Annotated[str | None, TEXT] = None
    run_id: Annotated[str | None, TEXT] = None
    ts: Annotated[float | None, FINITE] = None
    line: int = 0


_read_record = reader_of(JournalRecord)


def journal_record(value: Mapping[str, Any], line: int) -> JournalRecord:
    """The record of an object in a line of that number."""
    record = _read_record(value)
    record.line = line
    return record


def last_records(data: bytes, recent: int) -> tuple[tuple[JournalRecord, ...], int]:
    """The records in the last `recent` lines that are not blank, and how many such lines there are.

    Each is parsed alone (§9), from the end: a long journal costs no more than its last lines.
    """
    texts: list[str] = []
    end = len(data) - data.endswith(b"\n")
    while end >= 0 and len(texts) < recent:
        start = data.rfind(b"\n", 0, end) + 1
        line = data[start:end]
        end = start - 1
        if not line or line.isspace():  # and all like it before it at once: there may be thousands
            end = len(data[:start].rstrip()) or -1
        elif text := trim(line.decode("utf-8", "replace")):
            texts.append(text)
    found = [object_in(text) for text in reversed(texts)]  # `None` of a torn line
    return tuple([_read_record(value) for value in found if value is not None]), len(texts)


def numbered_lines(data: bytes) -> Iterator[tuple[int, str]]:
    """The lines that are not blank, trimmed, each with its number from 1."""
    for number, line in enumerate(data.split(b"\n"), start=1):
        text = trim(line.decode("utf-8", "replace")) if line else ""
        if text:
            yield number, text


def journal_findings(read: bytes | ReadProblem) -> Iterator[Finding]:
    """What is wrong with a journal, line by line; unlike the evaluation, in every line."""
    if isinstance(read, ReadProblem):
        if read.outcome != "absent":
            yield Finding(JOURNAL_FILE, "$", read.detail, "a readable journal")
        return
    fault = encoding_fault(read)
    if fault is not None and not read.startswith(codecs.BOM_UTF8):  # lines are trimmed of that one
        yield Finding(JOURNAL_FILE, "$", fault, "a readable journal")
        return
    for number, text in numbered_lines(read):
        path = f"line {number}: $"
        try:
            value = parse_json_text(text)
        except JsonError as error:
            yield Finding(JOURNAL_FILE, path, str(error), "a JSON object")
            continue
        if isinstance(value, dict):
            yield from findings_of(JournalRecord, value, JOURNAL_FILE, path)
        else:
            yield type_error(JOURNAL_FILE, path, value, "an object")


# -- Runs ------------------------------------------------------------------------------------------

MemberOutcome: TypeAlias = Literal["confirmed", "failed", "skipped", "pending"]
"""What the last record of a member tells of it."""

_OUTCOMES: Final[dict[str, MemberOutcome]] = {
    "bootstrap_confirmed": "confirmed",
    "resumed": "confirmed",  # in an earlier run, which this one took over from
    "failed": "failed",
    "spawn_failed": "failed",
    "skipped": "skipped",
}
_BEGINNINGS: Final = frozenset({"spawn_started", "pending"})
_STATUSES: Final = frozenset(values(TerminalStatus))


def named_run(run_id: str | None) -> str | None:
    """The run that an id names, trimmed; `None` for a blank one, which names no run."""
    return None if run_id is None else trim(run_id) or None


@attrs.define
class PhaseSpan:
    """A phase of a run, from when to when, in ms since 1970; `None` is not told."""

    phase: str
    began_at: float | None = None
    ended_at: float | None = None


@attrs.define
class Attempt:
    """One attempt to start a member. Times are in ms since 1970; `None` is not told.

    It ended when the member was confirmed, failed or skipped. The reason is the detail of its last
    record: of a failure or a skip, why.
    """

    began_at: float | None = None
    spawned_at: float | None = None
    registered_at: float | None = None
    alive_at: float | None = None
    ended_at: float | None = None
    outcome: MemberOutcome = "pending"
    reason: str | None = None


@attrs.define
class JournalMember:
    """A member of a run, its attempts oldest first: another begins when it is spawned again.

    `action` is what was told of it last; a confirmation stands until it is spawned again.
    """

    action: str = ""
    attempts: list[Attempt] = attrs.Factory(list)

    @property
    def last(self) -> Attempt:
        """Its last attempt."""
        return self.attempts[-1]

    def add(self, action: str, record: JournalRecord) -> None:
        """Take in the member's next record."""
        confirmed = bool(self.attempts) and self.last.outcome == "confirmed"
        if confirmed and action != "spawn_started":
            return
        if not self.attempts or (action in _BEGINNINGS and self.action != "pending"):
            self.attempts.append(Attempt())
        self.action = action
        attempt, ts = self.last, record.ts
        if attempt.began_at is None:
            attempt.began_at = ts
        if action == "spawn_started":
            attempt.spawned_at = ts
        elif action == "registered":
            attempt.registered_at = ts
        elif action == "runtime_alive":
            attempt.alive_at = ts
        attempt.outcome = _OUTCOMES.get(action, "pending")
        attempt.ended_at = None if attempt.outcome == "pending" else ts
        attempt.reason = record.detail


@attrs.define
class JournalRun:
    """One run as the journal tells it. Times are in ms since 1970; `None` is not told.

    Attributes:
        id: Its id; `None` for records that name none.
        place: Which run of the journal it is, by its first record, from 0.
        status: How it ended; `None` while it did not, or when it ended in no way of ours.
        reason: Why it ended so.
        began_at: The time of its first dated record.
        written_at: The time of its last dated record.
        members: Its members, by name.
        records: Its records, oldest first; not in its JSON.
    """

    id: str | None
    place: int = 0
    status: TerminalStatus | None = None
    ended: bool = False
    reason: str | None = None
    began_at: float | None = None
    written_at: float | None = None
    ended_at: float | None = None
    phases: list[PhaseSpan] = attrs.Factory(list)
    members: dict[str, JournalMember] = attrs.Factory(dict)
    records: list[JournalRecord] = attrs.field(factory=list, metadata={ON_THE_WIRE: False})

    def add(self, record: JournalRecord) -> None:
        """Take in the run's next record."""
        ts = record.ts
        self.records.append(record)
        if ts is not None:
            self.written_at = ts
            self.began_at = ts if self.began_at is None else self.began_at
        if record.type == "terminal":
            self.ended, self.reason, self.ended_at = True, record.reason, ts
            known = record.status in _STATUSES
            self.status = record.status if known else None  # type: ignore[assignment]  # one of them
            self._leave_phase(ts)
        elif record.type == "phase" and record.phase is not None:
            self._leave_phase(ts)
            self.phases.append(PhaseSpan(record.phase, ts))
        elif record.type == "member" and record.action is not None:
            name = None if record.name is None else trim(record.name)
            if is_recorded_member(name):
                self.members.setdefault(name, JournalMember()).add(record.action, record)

    def _leave_phase(self, ts: float | None) -> None:
        if self.phases and self.phases[-1].ended_at is None:
            self.phases[-1].ended_at = ts

    @property
    def confirmed(self) -> int:
        """How many members are confirmed."""
        return sum(member.last.outcome == "confirmed" for member in self.members.values())

    @property
    def skipped(self) -> int:
        """How many members are skipped."""
        return sum(member.last.outcome == "skipped" for member in self.members.values())

    @property
    def failed(self) -> dict[str, str | None]:
        """By name the members that failed, with the reason."""
        return {
            name: member.last.reason
            for name, member in self.members.items()
            if member.last.outcome == "failed"
        }

    @property
    def cause(self) -> str | None:
        """Why it ended as it did, by the reason of its end, or else of the first failed member."""
        told = (f"{name}: {why}" for name, why in self.failed.items() if why is not None)
        return self.reason or next(told, None)

    @property
    def duration(self) -> float | None:
        """How long it took, in ms, to its end or to its last record; `None` without two times."""
        last = self.ended_at if self.ended_at is not None else self.written_at
        if last is None or self.began_at is None:
            return None
        took = last - self.began_at
        return took if math.isfinite(took) else None  # of two times that no clock tells


@attrs.define
class Journal:
    """A whole journal, or its end.

    Attributes:
        records: The lines that hold an object, oldest first, each with its number.
        runs: Its runs; the one of the last record comes last.
        unreadable: How many other lines there are that are not blank.
        cut: Whether only its end was read; lines are counted from there.
        problem: Why it could not be read; `None` when it was.
    """

    records: tuple[JournalRecord, ...] = ()
    runs: tuple[JournalRun, ...] = ()
    unreadable: int = 0
    cut: bool = False
    problem: str | None = None

    def run(self, run_id: str) -> JournalRun | None:
        """The run of an id; `None` when the journal has none."""
        return next((run for run in self.runs if run.id == named_run(run_id)), None)


def parse_journal(read: bytes | FileEnd | ReadProblem) -> Journal:
    """A journal's records and runs, whatever became of the file; of its end, every whole line."""
    if isinstance(read, ReadProblem):
        return Journal(problem=read.detail)
    records: list[JournalRecord] = []
    runs: dict[str | None, JournalRun] = {}
    unreadable = 0
    for number, text in numbered_lines(read if isinstance(read, bytes) else read.lines):
        value = object_in(text)
        if value is None:  # a torn line, or one that is no JSON object
            unreadable += 1
            continue
        record = journal_record(value, number)
        records.append(record)
        run_id = named_run(record.run_id)
        run = runs.pop(run_id, None) or JournalRun(run_id, len(runs))
        runs[run_id] = run
        run.add(record)
    cut = isinstance(read, FileEnd) and not read.whole
    return Journal(tuple(records), tuple(runs.values()), unreadable, cut)


def read_journal(place: str | os.PathLike[str], team: str | None = None) -> Journal:
    """Read a team's journal. No content makes it raise; `problem` says why there is nothing.

    At most its last 262,144 bytes are read, as by every reader of launchfsm.

    Args:
        place: The teams root; without a team the team's folder, or the journal (`….jsonl`) itself.
        team: The name of the team's folder.

    Raises:
        TeamNameError: The name is not one plain path component. No file was touched.
    """
    folder, name = os.fspath(place), JOURNAL_FILE
    if team is not None:
        folder = team_folder(folder, team)
    elif folder.endswith(".jsonl"):
        folder, name = os.path.split(folder)
    source = TeamSource(folder or ".")
    found = source.read_end(name, limit=LARGEST_FILE)
    if isinstance(found, ReadProblem) and found.outcome == "absent" and name == JOURNAL_FILE:
        copy = source.read_end(PACK_NAMES[JOURNAL_FILE], limit=LARGEST_FILE)
        found = found if isinstance(copy, ReadProblem) else copy
    return parse_journal(found)

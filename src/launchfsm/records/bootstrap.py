"""The bootstrap's state: `bootstrap-state.json`, version 1 (§1, §13).

A field that is absent, or of another type than the page names, is `None`. Times are carried as
they stand, a text or a number, because each use of them has its own fallback (§2).
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Annotated, Any, Final

import attrs

from launchfsm.records.documents import STATE_FILE, Document, member_findings, parse_document
from launchfsm.records.fields import (
    NUMBER,
    PID,
    TEXT,
    TIME,
    TRIMMED,
    Finding,
    at,
    fields_reader_of,
    findings_of,
    one_of,
    reader_of,
    rows_reader_of,
    shown,
    type_error,
)
from launchfsm.vocabulary import (
    MemberStatus,
    RealTaskSubmission,
    TerminalStatus,
    values,
)

if TYPE_CHECKING:
    from collections.abc import Iterator

    from launchfsm.system.files import ReadProblem

_VERSION: Final = 1

# Records are made for every member of every evaluation and dropped after it: `define`, because
# frozen classes set their fields several times slower.


@attrs.define
class SpawnRecord:
    """What one of `members` says of the attempt to spawn it."""

    runtime_pid: Annotated[int | None, PID] = None
    agent_id: Annotated[str | None, TRIMMED] = None
    backend_type: Annotated[str | None, TRIMMED] = None
    logical_identity: Annotated[str | None, TRIMMED] = None
    desired_role: Annotated[str | None, TRIMMED] = None
    cwd: Annotated[str | None, TRIMMED] = None


_read_spawn = reader_of(SpawnRecord)


@attrs.define
class MemberRecord:
    """One of `members` in `bootstrap-state.json` (§4).

    Attributes:
        raw: Its JSON object.
    """

    name: Annotated[str | None, TRIMMED] = None
    status: Annotated[MemberStatus | None, one_of(values(MemberStatus))] = None
    last_attempt_at: Annotated[Any, TIME] = None
    last_observed_at: Annotated[Any, TIME] = None
    failure_reason: Annotated[str | None, TRIMMED] = None
    raw: Mapping[str, Any] = attrs.field(factory=dict, eq=False, repr=False)

    @property
    def spawn(self) -> SpawnRecord:
        """What it says of its spawn, which few ask for."""
        return _read_spawn(self.raw)

    @property
    def runtime_pid(self) -> int | None:
        """The pid of its process, which most records lack: then nothing else is read."""
        return self.spawn.runtime_pid if "runtimePid" in self.raw else None


@attrs.define
class TerminalRecord:
    """`terminal` in `bootstrap-state.json`: how the bootstrap says it ended (§4)."""

    status: Annotated[TerminalStatus | None, one_of(values(TerminalStatus))] = None
    finished_at: Annotated[Any, TIME] = None
    reason: Annotated[str | None, TRIMMED] = None


@attrs.define
class BootstrapState:
    """`bootstrap-state.json`, version 1.

    Attributes:
        run_id: The run's id as it is, even blank.
        team_name: The team's name, trimmed.
        owner_pid: The pid of the process that runs the bootstrap; any JSON number.
        started_at: When the run began.
        updated_at: When this record was written.
        phase: The phase as it is, known or not.
        real_task_submission: Whether the team was given its first task (§12).
        members: The records among `members` that are objects with a text for a name, in file order.
        listed: How many entries `members` has, of whatever type; 0 when it is no list.
        terminal: How the bootstrap says it ended.
    """

    run_id: Annotated[str | None, TEXT] = None
    team_name: Annotated[str | None, TRIMMED] = None
    owner_pid: Annotated[float | None, NUMBER] = None
    started_at: Annotated[Any, TIME] = None
    updated_at: Annotated[Any, TIME] = None
    phase: Annotated[str | None, TEXT] = None
    real_task_submission: Annotated[
        RealTaskSubmission | None,
        at("realTaskSubmissionState", one_of(values(RealTaskSubmission))),
    ] = None
    members: tuple[MemberRecord, ...] = ()
    listed: int = 0
    terminal: TerminalRecord = attrs.field(factory=TerminalRecord)


_read_state = fields_reader_of(BootstrapState)
_read_members = rows_reader_of(MemberRecord)
_read_terminal = reader_of(TerminalRecord)

_NOT_TERMINAL: Final = TerminalRecord()


def parse_state_document(read: bytes | ReadProblem) -> Document:
    """`bootstrap-state.json`; without version 1 it is of an unsupported schema (§1)."""
    document = parse_document(read)
    if document.fault is not None or document.value is None:
        return document
    raw = document.value
    version = raw.get("version") if isinstance(raw, dict) else None
    if isinstance(version, bool) or version != _VERSION:
        return Document(None, "unsupported_version", f"its version is {shown(version)}")
    return document


def state_of(raw: dict[str, Any]) -> BootstrapState:
    """The record of a parsed state."""
    listed = raw.get("members")
    terminal = raw.get("terminal")
    if not isinstance(listed, list):
        listed = []
    named = [  # to read thousands of objects of which none can be a member would take long
        item for item in listed if item.__class__ is dict and item.get("name").__class__ is str
    ]
    return BootstrapState(
        **_read_state(raw),
        members=tuple(_read_members(named)),
        listed=len(listed),
        terminal=_read_terminal(terminal) if isinstance(terminal, dict) else _NOT_TERMINAL,
    )


def state_findings(document: Document) -> Iterator[Finding]:
    """What is wrong with a state, field by field."""
    if document.fault is not None:
        yield Finding(STATE_FILE, "$", document.detail, "a readable version 1 document")
    raw = document.value
    if raw is None:
        return
    yield from findings_of(BootstrapState, raw, STATE_FILE, "$")
    terminal = raw.get("terminal")
    if isinstance(terminal, dict):
        yield from findings_of(TerminalRecord, terminal, STATE_FILE, "$.terminal")
    elif terminal is not None:
        yield type_error(STATE_FILE, "$.terminal", terminal, "an object")
    yield from member_findings(document, STATE_FILE, MemberRecord, SpawnRecord)

"""The bootstrap's state: `bootstrap-state.json`, version 1 (§1, §13).

A field that is absent, or of another type than the page names, is `None`. Times are carried as
they stand, a text or a number, because each use of them has its own fallback (§2).
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Annotated, Any, Final

import attrs

from launchfsm.records.documents import STATE_FILE, Document, document_findings, parse_document
from launchfsm.records.fields import (
    NUMBER,
    PID,
    TEXT,
    TIME,
    TRIMMED,
    WORD,
    At,
    Finding,
    fields_reader_of,
    needed,
    object_of,
    reader_of,
    record_of,
    rows_of,
    rows_reader_of,
    shown,
)
from launchfsm.system.files import ReadProblem
from launchfsm.vocabulary import MemberStatus, RealTaskSubmission, TerminalStatus

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
    """One of `members` in `bootstrap-state.json` (§4), and its JSON object as it is."""

    name: Annotated[str | None, needed(TRIMMED)] = None
    status: Annotated[MemberStatus | None, WORD] = None
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

    status: Annotated[TerminalStatus | None, WORD] = None
    finished_at: Annotated[Any, TIME] = None
    reason: Annotated[str | None, TRIMMED] = None


_read_rows = rows_reader_of(MemberRecord)


def _read_members(rows: list[Any]) -> list[MemberRecord]:
    """The records of those with a text for a name: to read thousands of others would take long."""
    return _read_rows(
        [row for row in rows if row.__class__ is dict and row.get("name").__class__ is str]
    )


@attrs.define
class BootstrapState:
    """`bootstrap-state.json`, version 1.

    The run's id and the phase are as they are, even blank or unknown. `members` are the entries
    that are objects with a text for a name, in file order; `listed` is how many entries there are.
    """

    run_id: Annotated[str | None, TEXT] = None
    team_name: Annotated[str | None, TRIMMED] = None
    owner_pid: Annotated[float | None, NUMBER] = None
    started_at: Annotated[Any, TIME] = None
    updated_at: Annotated[Any, TIME] = None
    phase: Annotated[str | None, TEXT] = None
    real_task_submission: Annotated[
        RealTaskSubmission | None, At("realTaskSubmissionState", WORD)
    ] = None
    terminal: Annotated[TerminalRecord, record_of(TerminalRecord)] = attrs.field(
        factory=TerminalRecord
    )
    members: Annotated[
        tuple[MemberRecord, ...], rows_of(MemberRecord, SpawnRecord, read=_read_members)
    ] = ()
    listed: int = 0


_read_state = fields_reader_of(BootstrapState)


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
    return BootstrapState(**_read_state(raw), listed=len(listed) if isinstance(listed, list) else 0)


def state_findings(document: Document) -> Iterator[Finding]:
    """What is wrong with a state, field by field."""
    kind = object_of(BootstrapState)
    return document_findings(document, STATE_FILE, kind, usable="a readable version 1 document")

"""Records: what a bootstrap leaves on disk, one attrs class a document (§1, §13).

A field that is absent, or of another type than the page names, is `None`. Times are carried as
they stand, a text or a number, because each use of them has its own fallback (§2).

Here: the bootstrap's state, its members, the lock. Not here: the journal's records, which are facts
as they stand (`facts`), the launcher's own snapshot (`saved_records`), or how bytes become records
(`documents`).
"""

from __future__ import annotations

from typing import Annotated, Any

import attrs

from launchfsm.records.fields import FINITE, NUMBER, PID, TEXT, TIME, TRIMMED, at, one_of
from launchfsm.vocabulary import (
    MemberStatus,
    RealTaskSubmission,
    TerminalStatus,
    values,
)

# Records are made for every member of every evaluation and dropped after it: `define`, because
# frozen classes set their fields several times slower.


@attrs.define
class MemberRecord:
    """One of `members` in `bootstrap-state.json` (§4)."""

    name: Annotated[str | None, at("name", TRIMMED)] = None
    status: Annotated[MemberStatus | None, at("status", one_of(values(MemberStatus)))] = None
    last_attempt_at: Annotated[Any, at("lastAttemptAt", TIME)] = None
    last_observed_at: Annotated[Any, at("lastObservedAt", TIME)] = None
    failure_reason: Annotated[str | None, at("failureReason", TRIMMED)] = None
    runtime_pid: Annotated[int | None, PID] = None
    agent_id: Annotated[str | None, TRIMMED] = None
    backend_type: Annotated[str | None, TRIMMED] = None
    logical_identity: Annotated[str | None, TRIMMED] = None
    desired_role: Annotated[str | None, TRIMMED] = None
    cwd: Annotated[str | None, TRIMMED] = None


@attrs.define
class TerminalRecord:
    """`terminal` in `bootstrap-state.json`: how the bootstrap says it ended (§4)."""

    status: Annotated[TerminalStatus | None, at("status", one_of(values(TerminalStatus)))] = None
    finished_at: Annotated[Any, at("finishedAt", TIME)] = None


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

    run_id: Annotated[str | None, at("runId", TEXT)] = None
    team_name: Annotated[str | None, at("teamName", TRIMMED)] = None
    owner_pid: Annotated[float | None, at("ownerPid", NUMBER)] = None
    started_at: Annotated[Any, at("startedAt", TIME)] = None
    updated_at: Annotated[Any, at("updatedAt", TIME)] = None
    phase: Annotated[str | None, at("phase", TEXT)] = None
    real_task_submission: Annotated[
        RealTaskSubmission | None,
        at("realTaskSubmissionState", one_of(values(RealTaskSubmission))),
    ] = None
    members: tuple[MemberRecord, ...] = ()
    listed: int = 0
    terminal: TerminalRecord = attrs.field(factory=TerminalRecord)


@attrs.define
class LockRecord:
    """`.bootstrap.lock/metadata.json`: who holds the bootstrap lock (§8)."""

    pid: Annotated[float | None, at("pid", FINITE)] = None
    run_id: Annotated[str | None, at("runId", TRIMMED)] = None
    owner_started_at: Annotated[float | None, at("ownerStartedAt", FINITE)] = None
    created_at: Annotated[float | None, at("createdAt", FINITE)] = None
    since_boot: Annotated[float | None, at("ownerSinceBoot", FINITE)] = None
    boot_id: Annotated[str | None, at("bootId", TRIMMED)] = None
    host: Annotated[str | None, at("host", TRIMMED)] = None

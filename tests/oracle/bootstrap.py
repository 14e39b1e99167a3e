"""The oracle's §1, §3, §4, §7 to §9 and §12: what the bootstrap's own files say.

Wire dicts in, wire dicts out. Completing a snapshot (§5, §6) is in `launch`.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any, Final, Literal

from attrs import frozen

from tests.oracle.launch import Wire, complete, present
from tests.oracle.words import (
    NoDateError,
    date,
    finite,
    iso,
    non_blank,
    number,
    parse_json,
    printed,
    read_time,
    text,
    trim,
    trimmed,
)

if TYPE_CHECKING:
    from tests.conformance.cases import Read

IsAlive = Callable[[float], bool]

TERMINAL_PHASES: Final = ("completed", "failed", "canceled")
TERMINAL_STATUSES: Final = ("completed", "partial_success", "failed", "canceled")
STALE_AFTER_MS: Final = 3 * 60_000
PROGRESS: Final = {
    "validating_spec": ("validating", "Validating deterministic bootstrap spec"),
    "loading_existing_state": ("configuring", "Loading existing team state"),
    "acquiring_bootstrap_lock": ("configuring", "Acquiring deterministic bootstrap lock"),
    "creating_team": ("assembling", "Creating team config"),
    "spawning_members": ("assembling", "Spawning teammate runtimes"),
    "auditing_truth": ("finalizing", "Auditing registered teammates and bootstrap truth"),
}
UNREADABLE: Final = {
    "not_regular": "is a symlink or not a regular file.",
    "oversized": "is oversized.",
    "invalid": "is invalid, truncated, inaccessible, or changed while being read.",
    "unsupported": "has an unsupported schema version.",
}


@frozen
class Journal:
    """§9: what the journal has to say."""

    warnings: list[str]
    last_phase: str | None


@frozen
class Dead:
    """§3: an owner that is gone."""

    stale: bool
    reason: str


def evaluate(
    team: str, now_ms: int, *, state: Read, journal: Read, lock: Read, is_alive: IsAlive
) -> dict[str, Any]:
    """The three results that one reading of a team's files has."""
    document, state_issue = read_state(state)
    events = read_journal(journal)
    if state_issue is not None:
        snapshot = None
        runtime = degraded_runtime(team, now_ms, state_issue, events, lock=lock, is_alive=is_alive)
    elif document is None:
        snapshot = runtime = None
    else:
        dead = dead_owner(document, now_ms, is_alive)
        snapshot = none_without_date(bootstrap_snapshot, team, now_ms, document, dead)
        runtime = none_without_date(runtime_state, team, now_ms, document, dead, events)
    return {
        "launch_snapshot": snapshot,
        "runtime_state": runtime,
        "real_task_submission": real_task_submission(document),
    }


def none_without_date(result: Callable[..., Wire | None], *facts: Any) -> Wire | None:
    """§2: the output that needs a number past the last date is `None`."""
    try:
        return result(*facts)
    except NoDateError:
        return None


# §1


def read_state(read: Read) -> tuple[Wire | None, str | None]:
    """§1: the state, or the message that says why it is unreadable, or neither when absent."""
    if read == "absent":
        return None, None
    if isinstance(read, str):
        return None, unreadable("state", read)
    try:
        document = parse_json(read.decode("utf-8", "replace"))
    except ValueError:
        return None, unreadable("state", "invalid")
    if document is None:
        return None, unreadable("state", "invalid")
    if not isinstance(document, dict) or number(document.get("version")) != 1:
        return None, unreadable("state", "unsupported")
    return document, None


def unreadable(what: Literal["state", "journal"], why: str) -> str:
    """§1: the messages."""
    file = {"state": "bootstrap-state.json", "journal": "bootstrap-journal.jsonl"}[what]
    return (
        f"Persisted deterministic bootstrap {what} is unreadable because {file} {UNREADABLE[why]}"
    )


# §3


def owner_is_alive(pid: float, is_alive: IsAlive) -> bool:
    """§3: a process is alive when signal 0 reaches it; some pids cannot be any process."""
    return pid == pid // 1 and 0 < pid <= 2**31 - 1 and is_alive(pid)


def dead_owner(document: Wire, now_ms: int, is_alive: IsAlive) -> Dead | None:
    """§3: is the owner still there? `None`: nothing to say."""
    phase, pid = text(document.get("phase")), number(document.get("ownerPid"))
    if not phase or phase in TERMINAL_PHASES or pid is None or owner_is_alive(pid, is_alive):
        return None
    updated_at = document.get("updatedAt")
    updated_ms = finite(updated_at) if number(updated_at) is not None else read_time(updated_at)
    stale = updated_ms is not None and now_ms - updated_ms >= STALE_AFTER_MS
    if stale:
        rest = "and persisted bootstrap state is stale"
    else:
        rest = "before bootstrap reached a terminal state"
    return Dead(stale=stale, reason=f"bootstrap owner pid {printed(pid)} is gone {rest}")


# §4


@frozen(kw_only=True)
class Status:
    """§4: one line of the table."""

    launch_state: str
    registered: bool
    diagnostics: tuple[str, ...] | None
    accepted: bool = True
    confirmed: bool = False
    failed: bool = False


STATUSES: Final = {
    "spawn_started": Status(
        launch_state="runtime_pending_bootstrap",
        registered=False,
        diagnostics=("spawn accepted",),
    ),
    "registered": Status(
        launch_state="runtime_pending_bootstrap",
        registered=True,
        diagnostics=("spawn accepted",),
    ),
    "runtime_alive": Status(
        launch_state="runtime_pending_bootstrap",
        registered=True,
        diagnostics=(
            "runtime alive reported by bootstrap state",
            "waiting for strict live verification",
        ),
    ),
    "bootstrap_confirmed": Status(
        launch_state="confirmed_alive",
        registered=True,
        diagnostics=("late heartbeat received",),
        confirmed=True,
    ),
    "failed": Status(
        launch_state="failed_to_start",
        registered=True,
        diagnostics=("deterministic bootstrap failed",),
        failed=True,
    ),
}
STARTING: Final = Status(
    launch_state="starting", registered=False, diagnostics=None, accepted=False
)


def bootstrap_snapshot(team: str, now_ms: int, document: Wire, dead: Dead | None) -> Wire:
    """§4: launch snapshot, from the bootstrap state."""
    updated_at = iso(document.get("updatedAt"), date(now_ms))
    members: Wire = {}
    for record in list_of(document.get("members")):
        name = trimmed(record.get("name")) if isinstance(record, dict) else None
        if name is not None and name not in ("team-lead", "user"):
            members[name] = snapshot_member(name, record, updated_at)
    if dead is not None:
        members = {name: downgraded(member, dead.reason) for name, member in members.items()}
    return complete(
        team=trimmed(document.get("teamName")) or team,
        updated_at=updated_at,
        launch_phase=launch_phase(document, dead),
        expected=list(members),
        members=members,
    )


def list_of(value: Any) -> list[Any]:
    """§2: an array, anything else is the same as absent."""
    return value if isinstance(value, list) else []


def snapshot_member(name: str, record: Wire, updated_at: str) -> Wire:
    """§4: a member by its status."""
    status = STATUSES.get(text(record.get("status")) or "", STARTING)
    reason = trimmed(record.get("failureReason"))
    said = status.diagnostics
    observed_at = iso(record.get("lastObservedAt"), updated_at)
    return present(
        {
            "name": name,
            "launchState": status.launch_state,
            "agentToolAccepted": status.accepted,
            "runtimeAlive": status.confirmed,
            "bootstrapConfirmed": status.confirmed,
            "hardFailure": status.failed,
            "hardFailureReason": reason,
            "firstSpawnAcceptedAt": (
                iso(record.get("lastAttemptAt"), updated_at) if status.accepted else None
            ),
            "lastHeartbeatAt": observed_at if status.confirmed else None,
            "lastRuntimeAliveAt": observed_at if status.confirmed else None,
            "lastEvaluatedAt": observed_at,
            "sources": present(
                {
                    "configRegistered": status.registered,
                    "processAlive": True if status.confirmed else None,
                    "hardFailureSignal": True if status.failed else None,
                }
            ),
            "diagnostics": [reason] if status.failed and reason else said and list(said),
        }
    )


def downgraded(member: Wire, reason: str) -> Wire:
    """§4: owner-dead downgrade."""
    if member["launchState"] in ("confirmed_alive", "failed_to_start"):
        return member
    return {
        **member,
        "launchState": "failed_to_start",
        "hardFailure": True,
        "hardFailureReason": reason,
        "sources": {**member["sources"], "hardFailureSignal": True},
        "diagnostics": [reason],
    }


def launch_phase(document: Wire, dead: Dead | None) -> str:
    """§4: `launchPhase`."""
    terminal = document.get("terminal")
    status = terminal.get("status") if isinstance(terminal, dict) else None
    if (
        status in TERMINAL_STATUSES
        or dead is not None
        or text(document.get("phase")) in TERMINAL_PHASES
    ):
        return "finished"
    return "active"


# §7


def runtime_state(
    team: str, now_ms: int, document: Wire, dead: Dead | None, events: Journal
) -> Wire | None:
    """§7: runtime state, for a progress display."""
    phase = text(document.get("phase"))
    if not phase:
        return None
    started_at = iso(document.get("startedAt"), date(now_ms))
    times = {"started_at": started_at, "updated_at": iso(document.get("updatedAt"), started_at)}
    team_name = trimmed(document.get("teamName")) or team
    run_id, pid = text(document.get("runId")), finite(document.get("ownerPid"))
    if dead is not None:
        return progress_report(
            team_name,
            run_id,
            team if run_id is None else run_id,
            state="failed",
            message=(
                "Deterministic bootstrap became stuck after owner process exited"
                if dead.stale
                else "Deterministic bootstrap owner exited before bootstrap completed"
            ),
            error=dead.reason,
            warnings=events.warnings,
            pid=pid,
            **times,
        )
    if phase not in PROGRESS:
        return None
    state, message = PROGRESS[phase]
    members = list_of(document.get("members"))
    if phase == "spawning_members" and members:
        message = f"{message} ({len(members)})"
    return progress_report(
        team_name,
        non_blank(run_id),
        non_blank(run_id) or f"bootstrap:{team}",
        state=state,
        message=message,
        warnings=events.warnings,
        pid=pid if pid is not None and pid > 0 else None,
        **times,
    )


def progress_report(
    team_name: str,
    run_id: str | None,
    progress_run_id: str,
    *,
    state: str,
    message: str,
    started_at: str,
    updated_at: str,
    warnings: list[str],
    pid: float | None,
    error: str | None = None,
    severity: str | None = None,
) -> Wire:
    """§7: the shape."""
    progress = present(
        {
            "runId": progress_run_id,
            "teamName": team_name,
            "state": state,
            "message": message,
            "messageSeverity": severity,
            "error": error,
            "warnings": warnings or None,
            "startedAt": started_at,
            "updatedAt": updated_at,
            "pid": pid,
        }
    )
    return {"teamName": team_name, "isAlive": False, "runId": run_id, "progress": progress}


# §8


def degraded_runtime(
    team: str, now_ms: int, issue: str, events: Journal, *, lock: Read, is_alive: IsAlive
) -> Wire | None:
    """§8: degraded recovery: the state is unreadable, the lock speaks."""
    holder = read_lock(lock)
    pid = finite(holder.get("pid"))
    run_id = trimmed(holder.get("runId"))
    if pid is None or pid <= 0 or run_id is None:
        return None
    if not owner_is_alive(pid, is_alive):
        state = "failed"
        message = (
            "Deterministic bootstrap recovery failed because persisted bootstrap state"
            " is unreadable and the bootstrap owner is gone"
        )
        error = f"{issue} Bootstrap owner pid {printed(pid)} is not alive."
    elif events.last_phase in PROGRESS:
        state, message = PROGRESS[events.last_phase]
        message, error = f"{message} (degraded recovery)", issue
    else:
        state, error = "configuring", issue
        message = (
            "Deterministic bootstrap recovery is degraded because persisted bootstrap state"
            " is unreadable"
        )
    return progress_report(
        team,
        run_id,
        run_id,
        state=state,
        message=message,
        severity="warning",
        error=error,
        warnings=[issue, *events.warnings],
        started_at=owner_started_at(holder, now_ms),
        updated_at=date(now_ms),
        pid=pid,
    )


def read_lock(read: Read) -> Wire:
    """§8: the lock's object; anything else says nothing."""
    if isinstance(read, str):
        return {}
    try:
        holder = parse_json(read.decode("utf-8", "replace"))
    except ValueError:
        return {}
    return holder if isinstance(holder, dict) else {}


def owner_started_at(holder: Wire, now_ms: int) -> str:
    """§8: `startedAt`: any sign, out of date range counts as absent."""
    started_ms = finite(holder.get("ownerStartedAt"))
    try:
        return date(now_ms if started_ms is None else started_ms)
    except NoDateError:
        return date(now_ms)


# §9


def read_journal(read: Read) -> Journal:
    """§9: the journal's issue or its one warning, and its last phase."""
    if read == "absent":
        return Journal([], None)
    if isinstance(read, str):
        return Journal([unreadable("journal", read)], None)
    lines = [trim(line) for line in read.decode("utf-8", "replace").split("\n")]
    last_three = [line for line in lines if line][-3:]
    records = [record for record in map(journal_record, last_three) if record is not None]
    messages = [message for message in map(journal_message, records) if message is not None]
    phases = [
        record["phase"]
        for record in records
        if record.get("type") == "phase" and text(record.get("phase")) is not None
    ]
    if last_three and not messages:
        warnings = [unreadable("journal", "invalid")]
    elif messages:
        warnings = [f"Recent deterministic bootstrap events: {' | '.join(messages)}"]
    else:
        warnings = []
    return Journal(warnings, phases[-1] if phases else None)


def journal_record(line: str) -> Wire | None:
    """§9: each line is parsed alone; what has no fields has no message."""
    try:
        record = parse_json(line)
    except ValueError:
        return None
    return record if isinstance(record, dict) else None


def journal_message(record: Wire) -> str | None:
    """§9: messages."""
    kind = record.get("type")
    phase, action, name = (text(record.get(key)) for key in ("phase", "action", "name"))
    status, state = text(record.get("status")), text(record.get("state"))
    detail, reason = trimmed(record.get("detail")), trimmed(record.get("reason"))
    if kind == "phase" and phase is not None:
        return f"bootstrap phase: {phase}"
    if kind == "lock" and action is not None:
        pid = number(record.get("ownerPid"))
        return f"bootstrap lock {action}" + ("" if pid is None else f" (pid {printed(pid)})")
    if kind == "member" and name is not None and action is not None:
        return f"{name}: {action}" + (f" ({detail})" if detail else "")
    if kind == "terminal" and status is not None:
        return f"bootstrap {status}" + (f": {reason}" if reason else "")
    if kind == "real_task" and state is not None:
        return f"first task {state}" + (f": {detail}" if detail else "")
    return None


# §12


def real_task_submission(document: Wire | None) -> str | None:
    """§12: real-task submission."""
    found = None if document is None else text(document.get("realTaskSubmissionState"))
    return found if found in ("not_submitted", "submitted", "unknown") else None

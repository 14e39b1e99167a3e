"""Steps: what each event makes of a run's state, and what is journaled of it. Pure.

Every step asks the two machines (``launchfsm.lifecycle.machines``), and the tables that say in
which phases members are reported and which step a launch that attaches leaves out
(``synchronization``). A refusal is raised, and then there is no new state that anybody could
write. What a step raises is told by the method of ``BootstrapRun`` that is named alike.
"""

from __future__ import annotations

import difflib
from collections.abc import Mapping
from typing import Any, Final, Literal, TypeAlias

import attrs

from launchfsm.ecma.text import is_blank
from launchfsm.launcher.errors import EventRefusedError, UnknownMemberError
from launchfsm.launcher.resume import NOTHING_TAKEN_OVER, Takeover
from launchfsm.launcher.state import (
    LONGEST_REASON,
    MemberEntry,
    RunState,
    check_id,
    demand_room,
    truncate,
)
from launchfsm.lifecycle.machines import (
    BOOTSTRAP,
    ENDINGS,
    MEMBER,
    PHASE_EVENTS,
    BootstrapEvent,
    MemberEvent,
    Refusal,
)
from launchfsm.lifecycle.synchronization import LEFT_OUT, SYNCHRONIZATION
from launchfsm.records.lock import LockRecord
from launchfsm.system.processes import HIGHEST_PID, impossible_pid
from launchfsm.vocabulary import (
    LockAction,
    MemberAction,
    MemberStatus,
    Phase,
    RealTaskSubmission,
    TerminalStatus,
    values,
)

Sighting: TypeAlias = Literal["registered", "runtime_alive"]
"""What can be seen of a member that was spawned and is not confirmed yet."""

_STATUSES: Final = values(MemberStatus)  # the first four from a spawn to a confirmation, in order


@attrs.frozen
class RunChange:
    """What an event makes of a run: its state, and the journal's records of it (§13)."""

    state: RunState
    records: tuple[Mapping[str, Any], ...]


def _record(state: RunState, now: int, kind: str, /, **fields: Any) -> dict[str, Any]:
    present = {key: value for key, value in fields.items() if value is not None}
    return {"ts": now, "type": kind, "runId": state.run_id, **present}


# -- The bootstrap ---------------------------------------------------------------------------------


def begin(
    state: RunState,
    now: int,
    *,
    stolen_from: LockRecord | None,
    takeover: Takeover = NOTHING_TAKEN_OVER,
) -> RunChange:
    """Record that a run took its lock, and from whom, that it began, and whom it took over."""
    state = state.with_members(takeover.members, now=now)
    action: LockAction = "acquired" if stolen_from is None else "stolen"
    earlier = stolen_from or LockRecord()
    told = {"previousPid": earlier.pid, "previousRunId": _truncated(earlier.run_id)}
    taken = _record(state, now, "lock", action=action, ownerPid=state.owner_pid, **told)
    run = "an earlier run" if takeover.run_id is None else f"the run {takeover.run_id}"
    resumed = []
    for name, entry in takeover.members.items():
        detail = _truncated(f"pid {entry.runtime_pid} of {run}")
        resumed.append(_record(state, now, "member", name=name, action="resumed", detail=detail))
    return RunChange(state, (taken, _record(state, now, "phase", phase=state.phase), *resumed))


def release(state: RunState, now: int) -> RunChange:
    """Record that a run is about to give up its lock."""
    record = _record(state, now, "lock", action="released", ownerPid=state.owner_pid)
    return RunChange(state, (record,))


def enter(state: RunState, now: int, phase: Phase, *, attach: bool) -> RunChange:
    """Enter an active phase."""
    BOOTSTRAP.allowed(phase)  # raises for a word that is no phase at all
    if phase not in PHASE_EVENTS:
        raise ValueError(f"every run begins in {phase!r}; enter the phases that follow on it")
    if phase in BOOTSTRAP.terminal:
        raise ValueError(f"{phase!r} is how a run ends: call finish(), with a status and a reason")
    following = _bootstrap_step(state, PHASE_EVENTS[phase], attach=attach)
    changed = attrs.evolve(state, phase=following, updated_at=now)
    return RunChange(changed, (_record(state, now, "phase", phase=following),))


def finish(
    state: RunState, now: int, status: TerminalStatus | None, reason: str | None, *, attach: bool
) -> RunChange:
    """End the run, as its members earned when ``status`` is ``None``.

    Without a reason, an end records which members are not confirmed, for people to read.
    """
    if status is None:
        status = earned_status(state)
    if status not in ENDINGS:
        raise ValueError(f"{status!r} is no way to end: choose one of {', '.join(ENDINGS)}")
    phase = _bootstrap_step(state, ENDINGS[status].event, attach=attach)
    changed = attrs.evolve(
        state, phase=phase, updated_at=now, terminal_status=status, finished_at=now
    )
    told = _truncated(reason) or _truncated(_unconfirmed(state))
    return RunChange(changed, (_record(state, now, "terminal", status=status, reason=told),))


def earned_status(state: RunState) -> TerminalStatus:
    """Say how an audited run ended: by how many were confirmed of those that are not skipped."""
    wanted = [entry for entry in state.members.values() if entry.status != "skipped"]
    confirmed = [entry.status == "bootstrap_confirmed" for entry in wanted]
    if all(confirmed):
        return "completed"
    return "partial_success" if any(confirmed) else "failed"


def _unconfirmed(state: RunState) -> str:
    """Name the members that a run ends without; empty when there are none."""
    told: dict[str, list[str]] = {}
    for entry in state.members.values():
        if entry.status != "bootstrap_confirmed":
            word = entry.status if entry.status in {"failed", "skipped"} else "not confirmed"
            told.setdefault(word, []).append(entry.name)
    return "; ".join(f"{word}: {', '.join(names)}" for word, names in told.items())


def submit_first_task(
    state: RunState, now: int, submission: RealTaskSubmission, detail: str | None
) -> RunChange:
    """Record whether the team was given its first task (§12 of the specification)."""
    known = values(RealTaskSubmission)
    if submission not in known:
        raise ValueError(
            f"{submission!r} says nothing about a task: choose one of {', '.join(known)}"
        )
    changed = attrs.evolve(state, real_task_submission=submission, updated_at=now)
    record = _record(state, now, "real_task", state=submission, detail=_truncated(detail))
    return RunChange(changed, (record,))


def _bootstrap_step(state: RunState, event: BootstrapEvent, *, attach: bool) -> Phase:
    """Return the phase that follows, by a step that this kind of launch takes."""
    outcome = BOOTSTRAP.step(state.phase, event)
    if isinstance(outcome, Refusal) or (state.phase, event) == LEFT_OUT[attach]:
        allowed = BOOTSTRAP.allowed(state.phase)
        taken = tuple(name for name in allowed if (state.phase, name) != LEFT_OUT[attach])
        raise EventRefusedError(Refusal(BOOTSTRAP.name, state.phase, event, taken))
    return outcome


# -- Members ---------------------------------------------------------------------------------------


def accept_spawn(
    state: RunState,
    now: int,
    name: str,
    *,
    runtime_pid: int | None = None,
    agent_id: str | None = None,
    backend_type: str | None = None,
) -> RunChange:
    """Record that a member's spawn was accepted."""
    entry = _member_step(state, name, "accept_spawn")
    if runtime_pid is not None and impossible_pid(runtime_pid) is not None:
        raise ValueError(
            f"{runtime_pid!r} is no pid: pids are whole numbers from 1 to {HIGHEST_PID}"
        )
    entry = attrs.evolve(
        entry,
        status="spawn_started",
        last_attempt_at=now,
        runtime_pid=None if runtime_pid is None else int(runtime_pid),
        agent_id=None if agent_id is None else check_id("an agent's id", agent_id),
        backend_type=None if backend_type is None else check_id("a backend's type", backend_type),
    )
    change = _changed(state, now, entry, "spawn_started")
    if agent_id is not None or backend_type is not None:
        demand_room(change.state)
    return change


def sight(state: RunState, now: int, name: str, seen: Sighting, detail: str | None) -> RunChange:
    """Record that a member was seen to be registered, or to run; neither confirms it.

    A member can be seen for exactly as long as its confirmation may still come. A sighting never
    takes back one that says more: they may arrive in any order.
    """
    entry = _member_step(state, name, "confirm", told=seen)
    status = max(entry.status, seen, key=_STATUSES.index)
    entry = attrs.evolve(entry, status=status, last_observed_at=now)
    return _changed(state, now, entry, seen, detail)


def confirm(state: RunState, now: int, name: str, heartbeat_at: int) -> RunChange:
    """Record that a member's bootstrap was confirmed."""
    entry = _member_step(state, name, "confirm")
    entry = attrs.evolve(entry, status="bootstrap_confirmed", last_observed_at=heartbeat_at)
    return _changed(state, now, entry, "bootstrap_confirmed")


def fail(state: RunState, now: int, name: str, reason: str) -> RunChange:
    """Record that a member failed: to be spawned, if that was not accepted yet, or to confirm."""
    recorded = _demand_reason(reason, f"did {name!r} fail")
    entry = _member_step(state, name, "fail")
    accepted = entry.status != "pending"
    entry = attrs.evolve(
        entry,
        status="failed",
        last_attempt_at=entry.last_attempt_at if accepted else now,
        last_observed_at=now,
        failure_reason=recorded,
    )
    return _changed(state, now, entry, "failed" if accepted else "spawn_failed", recorded)


def skip(state: RunState, now: int, name: str, reason: str) -> RunChange:
    """Record that the launch does without a member."""
    recorded = _demand_reason(reason, f"is {name!r} skipped")
    _member_step(state, name, "skip")
    entry = MemberEntry(name=name, status="skipped", last_observed_at=now, failure_reason=recorded)
    return _changed(state, now, entry, "skipped", recorded)


def retry(state: RunState, now: int, name: str) -> RunChange:
    """Record that a member that failed or was skipped starts over."""
    _member_step(state, name, "retry")
    return _changed(state, now, MemberEntry(name=name), "pending", "to be spawned again")


def _member_step(
    state: RunState, name: str, event: MemberEvent, *, told: str | None = None
) -> MemberEntry:
    """Return the member's entry if its machine takes the event, in this phase of the run.

    After its end a run takes no report of a member. A refusal calls the event ``told``.
    """
    entry = state.members.get(name)
    if entry is None:
        close = difflib.get_close_matches(str(name), list(state.members), n=1)
        hint = f" (did you mean {close[0]!r}?)" if close else ""
        names = ", ".join(state.members) or "none"
        raise UnknownMemberError(
            f"this run has no member {name!r}{hint}. Its members are: {names}."
        )
    if state.terminal_status is not None or event not in SYNCHRONIZATION.phases[state.phase].one:
        allowed: tuple[str, ...] = BOOTSTRAP.allowed(state.phase)
        refusal = Refusal(BOOTSTRAP.name, state.phase, told or event, allowed)
    elif isinstance(MEMBER.step(entry.launch_state, event), Refusal):
        allowed = MEMBER.allowed(entry.launch_state)
        refusal = Refusal(MEMBER.name, entry.launch_state, told or event, allowed)
    else:
        return entry
    raise EventRefusedError(refusal, member=name)


def _demand_reason(reason: str, what: str) -> str:
    recorded = _truncated(reason)
    if recorded is None:
        raise ValueError(f"why {what}? Pass a reason for people to read")
    return recorded


def _changed(
    state: RunState, now: int, entry: MemberEntry, action: MemberAction, detail: str | None = None
) -> RunChange:
    record = _record(
        state, now, "member", name=entry.name, action=action, detail=_truncated(detail)
    )
    return RunChange(state.with_member(entry, now=now), (record,))


def _truncated(text: str | None) -> str | None:
    """Return what is recorded of a text for people; ``None`` when it says nothing."""
    if text is None:
        return None
    if not isinstance(text, str):
        raise TypeError(f"what is recorded for people is text, not {type(text).__name__}")
    return None if is_blank(text) else truncate(text, LONGEST_REASON)

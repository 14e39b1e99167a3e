"""Steps: what each event makes of a run's state, and what is journaled of it. Pure.

Every step asks the two machines (``launchfsm.lifecycle.machines``), and the table that says in
which phases members are reported (``synchronization``). A refusal is raised, and then there is no
new state that anybody could write. Three things are decided here because the tables do not know
them: whether a launch attaches to an existing team or creates one (§13), in which states a member
can be seen, and that the records of a run that has ended are final. What a step raises is told by
the method of ``BootstrapRun`` that is named alike.
"""

from __future__ import annotations

import difflib
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, Final, Literal, TypeAlias

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
from launchfsm.lifecycle.synchronization import SYNCHRONIZATION
from launchfsm.records.lock import LockRecord
from launchfsm.system.processes import HIGHEST_PID, impossible_pid
from launchfsm.vocabulary import MemberStatus, RealTaskSubmission, TerminalStatus, values

if TYPE_CHECKING:
    from launchfsm.vocabulary import LockAction, MemberAction, Phase

Sighting: TypeAlias = Literal["registered", "runtime_alive"]
"""What can be seen of a member that was spawned and is not confirmed yet."""

_STATUSES: Final = values(MemberStatus)  # the first four from a spawn to a confirmation, in order


@attrs.frozen
class Change:
    """What an event makes of a run.

    Attributes:
        state: The state from then on.
        records: The journal's records of it (§13 of the specification).
    """

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
) -> Change:
    """Record that a run took its lock and began.

    Args:
        state: The initial state.
        now: The time, in ms since 1970.
        stolen_from: Whom the lock was taken over from; ``None`` when it was free.
        takeover: The members that were taken over from an earlier run.
    """
    state = state.with_members(takeover.members, now=now)
    action: LockAction = "acquired" if stolen_from is None else "stolen"
    earlier = stolen_from or LockRecord()
    told = {"previousPid": earlier.pid, "previousRunId": _truncated(earlier.run_id)}
    taken = _record(state, now, "lock", action=action, ownerPid=state.owner_pid, **told)
    run = "an earlier run" if takeover.run_id is None else f"the run {takeover.run_id}"
    details = {
        name: _truncated(f"pid {entry.runtime_pid} of {run}")
        for name, entry in takeover.members.items()
    }
    resumed = [
        _record(state, now, "member", name=name, action="resumed", detail=detail)
        for name, detail in details.items()
    ]
    return Change(state, (taken, _record(state, now, "phase", phase=state.phase), *resumed))


def release(state: RunState, now: int) -> Change:
    """Record that a run is about to give up its lock."""
    return Change(
        state, (_record(state, now, "lock", action="released", ownerPid=state.owner_pid),)
    )


def enter(state: RunState, now: int, phase: Phase, *, attach: bool) -> Change:
    """Enter an active phase."""
    BOOTSTRAP.allowed(phase)  # raises for a word that is no phase at all
    if phase not in PHASE_EVENTS:
        raise ValueError(f"every run begins in {phase!r}; enter the phases that follow on it")
    if phase in BOOTSTRAP.terminal:
        raise ValueError(f"{phase!r} is how a run ends: call finish(), with a status and a reason")
    following = _bootstrap_step(state, PHASE_EVENTS[phase], attach=attach)
    changed = attrs.evolve(state, phase=following, updated_at=now)
    return Change(changed, (_record(state, now, "phase", phase=following),))


def finish(
    state: RunState, now: int, status: TerminalStatus | None, reason: str | None, *, attach: bool
) -> Change:
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
    told = _truncated(reason) or _truncated(_without(state))
    return Change(changed, (_record(state, now, "terminal", status=status, reason=told),))


def earned_status(state: RunState) -> TerminalStatus:
    """Say how an audited run ended: by how many were confirmed of those that are not skipped."""
    wanted = [entry for entry in state.members.values() if entry.status != "skipped"]
    confirmed = [entry.status == "bootstrap_confirmed" for entry in wanted]
    if all(confirmed):
        return "completed"
    return "partial_success" if any(confirmed) else "failed"


def _without(state: RunState) -> str:
    """Name the members that a run ends without; empty when there are none."""
    words = {"failed": "failed", "skipped": "skipped", "bootstrap_confirmed": None}
    told: dict[str, list[str]] = {}
    for entry in state.members.values():
        word = words.get(entry.status, "not confirmed")
        if word is not None:
            told.setdefault(word, []).append(entry.name)
    return "; ".join(f"{word}: {', '.join(names)}" for word, names in told.items())


def submit_first_task(
    state: RunState, now: int, submission: RealTaskSubmission, detail: str | None
) -> Change:
    """Record whether the team was given its first task (§12 of the specification)."""
    known = values(RealTaskSubmission)
    if submission not in known:
        raise ValueError(
            f"{submission!r} says nothing about a task: choose one of {', '.join(known)}"
        )
    changed = attrs.evolve(state, real_task_submission=submission, updated_at=now)
    record = _record(state, now, "real_task", state=submission, detail=_truncated(detail))
    return Change(changed, (record,))


def _bootstrap_step(state: RunState, event: BootstrapEvent, *, attach: bool) -> Phase:
    outcome = BOOTSTRAP.step(state.phase, event)
    if isinstance(outcome, Refusal) or _other_way(state, event, attach=attach):
        allowed = tuple(
            name
            for name in BOOTSTRAP.allowed(state.phase)
            if not _other_way(state, name, attach=attach)
        )
        raise EventRefusedError(Refusal(BOOTSTRAP.name, state.phase, event, allowed))
    return outcome


def _other_way(state: RunState, event: BootstrapEvent, *, attach: bool) -> bool:
    """Tell whether an edge is for launches that attach while this one creates, or vice versa."""
    if state.phase != "acquiring_bootstrap_lock":
        return False
    return event == ("create_team" if attach else "spawn_members")


# -- Members ---------------------------------------------------------------------------------------


def accept_spawn(
    state: RunState,
    now: int,
    name: str,
    *,
    runtime_pid: int | None = None,
    agent_id: str | None = None,
    backend_type: str | None = None,
) -> Change:
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


def sight(state: RunState, now: int, name: str, seen: Sighting, detail: str | None) -> Change:
    """Record that a member was seen to be registered, or to run; neither confirms it.

    A sighting never takes back one that says more: they may arrive in any order.
    """
    entry = member_of(state, name)
    # A member can be seen for exactly as long as its confirmation may still come.
    if not _is_reported(state, "confirm") or "confirm" not in MEMBER.allowed(entry.launch_state):
        raise _refused(state, entry, seen, "confirm")
    status = max(entry.status, seen, key=_STATUSES.index)
    entry = attrs.evolve(entry, status=status, last_observed_at=now)
    return _changed(state, now, entry, seen, detail)


def confirm(state: RunState, now: int, name: str, heartbeat_at: int) -> Change:
    """Record that a member's bootstrap was confirmed."""
    entry = _member_step(state, name, "confirm")
    entry = attrs.evolve(entry, status="bootstrap_confirmed", last_observed_at=heartbeat_at)
    return _changed(state, now, entry, "bootstrap_confirmed")


def fail(state: RunState, now: int, name: str, reason: str) -> Change:
    """Record that a member failed: to be spawned, if that was not accepted yet, or to confirm."""
    recorded = _demand_reason(reason, f"did {name!r} fail")
    accepted = member_of(state, name).status != "pending"
    entry = _member_step(state, name, "fail")
    entry = attrs.evolve(
        entry,
        status="failed",
        last_attempt_at=entry.last_attempt_at if accepted else now,
        last_observed_at=now,
        failure_reason=recorded,
    )
    return _changed(state, now, entry, "failed" if accepted else "spawn_failed", recorded)


def skip(state: RunState, now: int, name: str, reason: str) -> Change:
    """Record that the launch does without a member."""
    recorded = _demand_reason(reason, f"is {name!r} skipped")
    entry = _member_step(state, name, "skip")
    entry = MemberEntry(
        name=entry.name, status="skipped", last_observed_at=now, failure_reason=recorded
    )
    return _changed(state, now, entry, "skipped", recorded)


def retry(state: RunState, now: int, name: str) -> Change:
    """Record that a member that failed or was skipped starts over."""
    entry = _member_step(state, name, "retry")
    return _changed(state, now, MemberEntry(name=entry.name), "pending", "to be spawned again")


def member_of(state: RunState, name: str) -> MemberEntry:
    """Return a member's entry.

    Raises:
        UnknownMemberError: The run has no such member.
    """
    entry = state.members.get(name)
    if entry is None:
        close = difflib.get_close_matches(str(name), list(state.members), n=1)
        hint = f" (did you mean {close[0]!r}?)" if close else ""
        names = ", ".join(state.members) or "none"
        raise UnknownMemberError(
            f"this run has no member {name!r}{hint}. Its members are: {names}."
        )
    return entry


def _member_step(state: RunState, name: str, event: MemberEvent) -> MemberEntry:
    """Return the member's entry if its machine takes the event, in this phase of the run."""
    entry = member_of(state, name)
    refused = isinstance(MEMBER.step(entry.launch_state, event), Refusal)
    if refused or not _is_reported(state, event):
        raise _refused(state, entry, event, event)
    return entry


def _is_reported(state: RunState, event: MemberEvent) -> bool:
    """Tell whether members take an event in a run's phase; after its end they take none."""
    return state.terminal_status is None and event in SYNCHRONIZATION.phases[state.phase].one


def _demand_reason(reason: str, what: str) -> str:
    recorded = _truncated(reason)
    if recorded is None:
        raise ValueError(f"why {what}? Pass a reason for people to read")
    return recorded


def _refused(
    state: RunState, entry: MemberEntry, event: str, asked: MemberEvent
) -> EventRefusedError:
    if not _is_reported(state, asked):
        refusal = Refusal(BOOTSTRAP.name, state.phase, event, BOOTSTRAP.allowed(state.phase))
    else:
        allowed = MEMBER.allowed(entry.launch_state)
        refusal = Refusal(MEMBER.name, entry.launch_state, event, allowed)
    return EventRefusedError(refusal, member=entry.name)


def _changed(
    state: RunState, now: int, entry: MemberEntry, action: MemberAction, detail: str | None = None
) -> Change:
    record = _record(
        state, now, "member", name=entry.name, action=action, detail=_truncated(detail)
    )
    return Change(state.with_member(entry, now=now), (record,))


def _truncated(text: str | None) -> str | None:
    """Return what is recorded of a text for people; ``None`` when it says nothing."""
    if text is None:
        return None
    if not isinstance(text, str):
        raise TypeError(f"what is recorded for people is text, not {type(text).__name__}")
    return None if is_blank(text) else truncate(text, LONGEST_REASON)

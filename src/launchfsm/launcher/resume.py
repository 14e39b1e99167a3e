"""Taking over: which confirmed members of an earlier run are still there for a new one.

A member is taken over when its process is provably the one that was confirmed: on this host, in
this boot, and no younger than its confirmation. Where that cannot be known it is not taken over,
and why is said: a member that is spawned twice is found, one that nobody spawned is missed.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

import attrs

from launchfsm.ecma.dates import read_instant
from launchfsm.launcher.inspect import NO_FILE
from launchfsm.launcher.state import LONGEST_ID, MemberEntry, RunState, demand_room
from launchfsm.records.bootstrap import MemberRecord, parse_state_document, state_of
from launchfsm.records.documents import LARGEST_FILE, STATE_FILE
from launchfsm.records.lock import Elsewhere, LockRecord, escaped
from launchfsm.system.files import ReadProblem
from launchfsm.system.folders import Folder
from launchfsm.system.processes import Place, Processes, impossible_pid

_START_TOLERANCE: Final = 1_000  # ms; when a process began is known to some 10 ms


@attrs.frozen
class Takeover:
    """What a new run has of an earlier one: members by name, and why it misses others."""

    run_id: str | None = None  # the earlier run, when its state names one
    members: Mapping[str, MemberEntry] = attrs.field(factory=dict)
    missed: Mapping[str, str] = attrs.field(factory=dict)


NOTHING_TAKEN_OVER: Final = Takeover()


def take_over(team: Folder, run: RunState, lock: LockRecord, processes: Processes) -> Takeover:
    """Look at the members of the run whose state is in a team's folder, for a new run.

    ``lock`` is the one that was taken over, without fields when it was free. An ``OSError`` says
    that the state cannot be read now, for a reason that says nothing about it.
    """
    document = parse_state_document(_read(team))
    if document.fault is not None:
        unreadable = f"the earlier run's state cannot be read: {document.detail}"
        return Takeover(missed=dict.fromkeys(run.members, unreadable))
    if document.value is None:
        return NOTHING_TAKEN_OVER
    state = state_of(document.value)
    elsewhere = _elsewhere(lock)
    if state.team_name not in {None, run.team_name}:
        elsewhere = f"the earlier run's state is of the team {escaped(state.team_name or '')}"
    members: dict[str, MemberEntry] = {}
    missed: dict[str, str] = {}
    for name, record in {record.name: record for record in state.members}.items():
        if name is None:
            continue
        why = elsewhere or _why_not(record, processes)
        if name not in run.members:
            missed[name] = "it is not among this run's members"
        elif why is None:
            members[name] = _entry(name, record)
        elif record.status not in {None, "pending", "failed", "skipped"}:
            missed[name] = why
    try:
        demand_room(run.with_members(members, now=run.updated_at))
    except ValueError:  # of all the ids, which the run can do without
        members = {
            name: attrs.evolve(entry, agent_id=None, backend_type=None)
            for name, entry in members.items()
        }
    return Takeover(state.run_id, members, missed)


def _read(team: Folder) -> bytes | ReadProblem:
    try:
        found = team.tail(STATE_FILE, LARGEST_FILE)
    except FileNotFoundError:
        return ReadProblem("absent", "there is no such file")
    except OSError as error:
        if error.errno not in NO_FILE:
            raise
        return ReadProblem("not_regular", error.strerror or str(error))
    if not found.whole:
        return ReadProblem("oversized", f"it holds {found.size} bytes, over {LARGEST_FILE}")
    return found.data


def _elsewhere(lock: LockRecord) -> str | None:
    """Say why no pid of the earlier run means anything here; ``None`` when they may."""
    here = Place.here()
    other = Elsewhere.of(lock, here)
    if other.host:
        return f"the earlier run was on the host {escaped(lock.host or '')}"
    if other.boot:
        return f"the host {here.host!r} was started again since"
    if other.namespace:
        return "its pid is of another namespace, as of a container"
    return None


def _why_not(record: MemberRecord, processes: Processes) -> str | None:
    """Say why a member cannot be taken over; ``None`` when it can."""
    pid, observed_at = record.runtime_pid, read_instant(record.last_observed_at)
    confirmed = record.status == "bootstrap_confirmed"
    if pid is None or impossible_pid(pid) is not None:
        return "no pid was recorded" if confirmed else "it was not confirmed"
    evidence, identity = processes.check(pid), processes.identify(pid)
    gone = evidence.liveness == "dead" or (identity is not None and identity.zombie)
    if not confirmed:
        still = "" if gone else f"; pid {pid} may still be its process: end it before another spawn"
        return f"it was not confirmed{still}"
    if gone:
        return f"its process, pid {pid}, has ended"
    if evidence.liveness == "unknown":
        return evidence.text()
    if identity is None or identity.started_at is None or observed_at is None:
        return f"whether pid {pid} is still its process cannot be known"
    if identity.started_at > observed_at + _START_TOLERANCE:
        return f"pid {pid} is another process by now"
    return None


def _entry(name: str, record: MemberRecord) -> MemberEntry:
    """Return a confirmed member as the new run records it."""
    times = [read_instant(at) or 0 for at in (record.last_attempt_at, record.last_observed_at)]
    attempted, observed = (int(at) if at > 0 else None for at in times)
    ids = (record.spawn.agent_id, record.spawn.backend_type)
    agent_id, backend = (text if len(text or "") <= LONGEST_ID else None for text in ids)
    return MemberEntry(
        name=name,
        status="bootstrap_confirmed",
        last_attempt_at=attempted,
        last_observed_at=observed,
        agent_id=agent_id,
        backend_type=backend,
        runtime_pid=record.runtime_pid,
    )

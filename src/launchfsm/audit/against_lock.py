"""Against the lock: who holds it, and whether that is who should.

Here: a lock that was left, is stale, of another run, released or missing; and whether its holder
lives. Not here: taking one, or how a holder is told from another process (`launchfsm.launcher`).
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from launchfsm.audit.findings import found
from launchfsm.audit.grace_period import Moment, latest
from launchfsm.ecma.dates import read_instant
from launchfsm.ecma.text import number_text, trim
from launchfsm.lifecycle.machines import BOOTSTRAP
from launchfsm.records.documents import LOCK_FILE
from launchfsm.records.fields import shown
from launchfsm.records.lock import HolderVerdict, Place, judge_holder, lock_of, read_lock

if TYPE_CHECKING:
    from collections.abc import Iterator

    from launchfsm.audit.codes import AuditCode
    from launchfsm.audit.findings import AuditFinding
    from launchfsm.audit.replayed import Replay
    from launchfsm.evaluation.evidence import Evidence
    from launchfsm.records.documents import Document
    from launchfsm.records.lock import LockRecord
    from launchfsm.system.processes import Processes

# The lock is taken in the phase before (§7), or earlier.
_LOCKED: Final = ("creating_team", "spawning_members", "auditing_truth")


def against_lock(
    evidence: Evidence, replay: Replay, holder: HolderVerdict | None
) -> Iterator[AuditFinding]:
    """Everything that is odd about the lock.

    Args:
        evidence: What was gathered of the team.
        replay: Its journal, replayed.
        holder: Whether the lock's holder lives; `None` when nobody asked.
    """
    document = evidence.lock_document
    lock = lock_of(document)
    if lock is not None:
        yield from _held(evidence, replay, lock, holder)
    elif document.fault is None and document.value is None:
        yield from _missing(evidence, replay)


def _held(
    evidence: Evidence, replay: Replay, lock: LockRecord, holder: HolderVerdict | None
) -> Iterator[AuditFinding]:
    run_id = lock.run_id or ""
    state, run = evidence.state, replay.runs.get(run_id)
    updated_at = None if state is None else read_instant(state.updated_at)
    journaled_at = None if run is None else run.ts
    moment = Moment(evidence.now, latest(lock.created_at, updated_at, journaled_at))
    whose = f"pid {number_text(lock.pid or 0)} of the run {shown(run_id)}"
    if holder is not None and holder.standing == "dead":
        ended = _has_ended(evidence, replay, run_id)
        code: AuditCode = "lock-left" if ended else "lock-stale"
        yield found(code, LOCK_FILE, f"{whose} has it: {holder.reason}", path="$.pid")
    elif run is not None and run.lock == "released":
        message = f"{whose} has it, and the journal says that it was released"
        yield moment.found("lock-released", LOCK_FILE, message)
    if state is not None and state.run_id is not None and trim(state.run_id) != run_id:
        message = f"{whose} has it, and the state is of the run {shown(state.run_id)}"
        yield moment.found("lock-of-other-run", LOCK_FILE, message, path="$.runId")


def holder_verdict(document: Document, processes: Processes) -> HolderVerdict | None:
    """Whether the process that holds a lock lives; `None` when there is no usable lock.

    A launcher that does not write down its host is taken to be of this one, as an evaluation does.
    """
    lock = lock_of(document)
    if lock is None or lock.pid is None:
        return None
    if lock.host is not None:
        return judge_holder(read_lock(document.value), here=Place.here(), processes=processes)
    evidence = processes.check(lock.pid)
    standing = "unprovable" if evidence.liveness == "unknown" else evidence.liveness
    return HolderVerdict(standing, evidence.text())


def _has_ended(evidence: Evidence, replay: Replay, run_id: str) -> bool:
    state, run = evidence.state, replay.runs.get(run_id)
    if run is not None and run.ended:
        return True
    if state is None or trim(state.run_id or "") != run_id:
        return False
    return state.phase in BOOTSTRAP.terminal or state.terminal.status is not None


def _missing(evidence: Evidence, replay: Replay) -> Iterator[AuditFinding]:
    state, owner = evidence.state, evidence.owner
    if state is None or state.phase not in _LOCKED or owner is None or owner.liveness != "alive":
        return
    run = replay.runs.get(trim(state.run_id or ""))
    if run is None or run.lock != "released":
        message = f"pid {number_text(owner.pid)} is in {state.phase!r} without it"
        yield found("lock-missing", LOCK_FILE, message)

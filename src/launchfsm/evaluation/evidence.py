"""Evidence: everything that one evaluation knows, so that nothing is looked at while it is judged.

The four files of a launch are read at once. What stands beside them in the team's folder, and
whether a process is there, is looked at when a judgement first asks, and kept: asked again, the
same evidence answers the same.
"""

from __future__ import annotations

import pickle
import zlib
from collections.abc import Callable
from typing import TYPE_CHECKING, Final

import attrs

from launchfsm.decisions.bootstrap import BEGINNING
from launchfsm.ecma.dates import iso_from_ms
from launchfsm.evaluation.side_records import SideRecords, no_side_records
from launchfsm.records.artifacts import PACK_NAMES, journal_in_pack
from launchfsm.records.bootstrap import BootstrapState, parse_state_document, state_of
from launchfsm.records.documents import (
    JOURNAL_FILE,
    LARGEST_FILE,
    LARGEST_LOCK,
    LOCK_FILE,
    Document,
    TeamFiles,
    TeamSource,
    parse_document,
)
from launchfsm.records.journal import named_run
from launchfsm.records.lock import LOCK, LockRecord
from launchfsm.system.files import ReadProblem
from launchfsm.system.folders import FolderInMemory
from launchfsm.system.processes import (
    AskedOnce,
    Processes,
    ProcessEvidence,
    ProcessIdentity,
    UnknownProcesses,
    boot_id,
    host_name,
    namespaces,
)

if TYPE_CHECKING:
    from launchfsm.engine.table import Policy

EvidenceRequest = frozenset[str]
"""What is to be looked at beyond the four files and their owner: words of `Doc.needs`."""

NOTHING_MORE: Final[EvidenceRequest] = frozenset()


def requested_by(policy: Policy) -> EvidenceRequest:
    """What the rules of a policy ask for beyond what every evaluation looks at.

    A lock without a state is looked at for whoever says something of it, even without asking.
    """
    return policy.needs | ({"lock"} if policy.says(BEGINNING) else set())


@attrs.define(eq=False)
class Evidence:
    """What is known of a team at one instant.

    Attributes:
        team: The name of the team's folder.
        now: The time of the evaluation, in ms since 1970.
        now_text: The same, as a text.
        files: The bytes of its files.
        state_document: The bootstrap's state as JSON, or why there is none.
        state: Its record; `None` when absent or unreadable.
        launch_document: The launcher's snapshot as JSON, or why there is none.
        lock: The lock, when it is usable and was needed.
        owner: What the system says of the state's owner; `None` when no pid is recorded.
        lock_owner: What the system says of the lock's owner, when there is no state of its run.
        identity: Which process has the pid of the state's owner, when it was wanted and could be
            seen; looked for when somebody first asks.
        lock_identity: The same of the lock's owner.
        other_host: Whether the lock was taken on another host; `None` when not known.
        other_namespace: Whether its pid counts in another namespace; `None` when not known.
        other_boot: Whether it was taken before this machine was started; `None` when not known.
        wanted: What was to be looked at.
        processes: Answers for members' pids; `None` when nobody can be asked.
        side: What stands beside the four files, looked at when first asked.
        source: Where the files were read from; `None` when they were given.
    """

    team: str
    now: int
    now_text: str
    files: TeamFiles
    state_document: Document
    state: BootstrapState | None
    launch_document: Document
    lock: LockRecord | None
    owner: ProcessEvidence | None
    lock_owner: ProcessEvidence | None
    _identity: ProcessIdentity | Callable[[], ProcessIdentity | None] | None = None
    lock_identity: ProcessIdentity | None = None
    other_host: bool | None = None
    other_namespace: bool | None = None
    other_boot: bool | None = None
    wanted: EvidenceRequest = NOTHING_MORE
    processes: AskedOnce | None = None
    side: SideRecords = attrs.field(factory=lambda: no_side_records(""))
    source: TeamSource | None = None

    @property
    def identity(self) -> ProcessIdentity | None:
        """Which process has the pid of the state's owner."""
        if callable(self._identity):
            self._identity = self._identity()
        return self._identity

    @property
    def lock_document(self) -> Document:
        """The lock as JSON, or why there is none."""
        return parse_document(self.files.lock)


def gather(
    source: TeamSource,
    team: str,
    *,
    now: int,
    processes: Processes,
    wanted: EvidenceRequest = NOTHING_MORE,
) -> Evidence:
    """Read a team's files and ask after the processes they name. Never raises for what it finds.

    Args:
        source: Where the team's files are read from.
        team: The name of its folder.
        now: The time, in ms since 1970.
        processes: Who answers for pids.
        wanted: What else the policy asks for.
    """
    asked, side = AskedOnce(processes), None
    files = source.read_team(listing=bool(wanted))
    if wanted:
        side = SideRecords(source, team)
        if side.is_pack:
            files, asked = _read_pack(source, files), AskedOnce(UnknownProcesses())
        elif isinstance(files.journal, ReadProblem) and files.journal.outcome == "oversized":
            end = source.read_end(JOURNAL_FILE, limit=LARGEST_FILE)
            files.journal_end = None if isinstance(end, ReadProblem) else end
    evidence = build_evidence(files, team, now=now, processes=asked, wanted=wanted, side=side)
    evidence.source, evidence.processes = source, asked
    return evidence


def _read_pack(source: TeamSource, files: TeamFiles) -> TeamFiles:
    """The files of a pack of copies, under its own names; they may be of another machine."""
    journal = source.read(PACK_NAMES[JOURNAL_FILE], limit=LARGEST_FILE)
    lock = source.read(PACK_NAMES[LOCK_FILE], limit=LARGEST_LOCK)
    whole = journal if isinstance(journal, ReadProblem) else journal_in_pack(journal)
    return attrs.evolve(files, journal=whole, lock=lock)


def build_evidence(
    files: TeamFiles,
    team: str,
    *,
    now: int,
    processes: Processes,
    wanted: EvidenceRequest = NOTHING_MORE,
    side: SideRecords | None = None,
) -> Evidence:
    """The evidence in a team's files, already read.

    The lock is looked into only when the state is unreadable, unless it is wanted: otherwise
    nobody asks (§8).
    """
    state_document = parse_state_document(files.state)
    state = None if state_document.value is None else state_of(state_document.value)
    lock = lock_owner = owner = None
    if state_document.fault is not None or "lock" in wanted:
        lock = LOCK.read(parse_document(files.lock))
    if lock is not None and lock.pid is not None and (state is None or of_other_run(lock, state)):
        lock_owner = processes.check(lock.pid)
    if state is not None and state.owner_pid is not None:
        owner = processes.check(state.owner_pid)
    evidence = Evidence(
        team,
        now,
        iso_from_ms(now) or "",
        files,
        state_document,
        state,
        parse_document(files.launch),
        lock,
        owner,
        lock_owner,
        wanted=wanted,
        side=no_side_records(team) if side is None else side,
    )
    return _identify(evidence, processes) if wanted else evidence


def _identify(evidence: Evidence, processes: Processes) -> Evidence:
    """The evidence with which processes have the owners' pids, and where the lock was taken."""
    lock = evidence.lock
    if "identity" in evidence.wanted:
        owner = evidence.owner
        evidence._identity = lambda: _identity_of(owner, processes)  # noqa: SLF001 - ours
        evidence.lock_identity = _identity_of(evidence.lock_owner, processes)
    if lock is not None and lock.host is not None:
        evidence.other_host = lock.host != host_name()
    if lock is not None and lock.namespaces is not None:
        evidence.other_namespace = lock.namespaces != namespaces()
    here = boot_id() if lock is not None and lock.boot_id is not None else None
    if lock is not None and here is not None:
        evidence.other_boot = lock.boot_id != here
    return evidence


def _identity_of(owner: ProcessEvidence | None, processes: Processes) -> ProcessIdentity | None:
    alive = owner is not None and owner.liveness == "alive"
    return processes.identify(owner.pid) if alive and owner is not None else None


def of_other_run(lock: LockRecord, state: BootstrapState) -> bool:
    """Whether a lock and a state name two runs."""
    ours, theirs = named_run(state.run_id), named_run(lock.run_id)
    return ours is not None and theirs is not None and ours != theirs


def pack(evidence: Evidence) -> bytes:
    """What was found so far, from which `unpack` makes the same evidence anywhere."""
    source = evidence.source
    if source is None:
        raise TypeError("evidence of files that were given, not read, cannot be packed")
    _ = evidence.identity  # an explanation asks for it
    where = (evidence.other_host, evidence.other_namespace, evidence.other_boot)
    read = (source.path, source.kept, source.listed, source.resolved)
    found = (evidence.team, evidence.now, evidence.wanted, evidence.processes, where, read)
    return zlib.compress(pickle.dumps(found, pickle.HIGHEST_PROTOCOL))


def unpack(packed: bytes) -> Evidence:
    """The evidence that was packed; what had not been looked at by then is not there."""
    team, now, wanted, processes, where, read = pickle.loads(zlib.decompress(packed))  # noqa: S301 - part of a pickle itself
    path, kept, listed, resolved = read
    source = TeamSource(path, FolderInMemory(kept, listed))
    source.resolved = resolved
    evidence = gather(source, team, now=now, processes=processes, wanted=wanted)
    evidence.other_host, evidence.other_namespace, evidence.other_boot = where
    return evidence


def left_lock_pid(evidence: Evidence) -> int | None:
    """The pid of the owner of a lock that was left behind; `None` when none is known to be."""
    lock, state = evidence.lock, evidence.state
    elsewhere = evidence.other_host is True or evidence.other_namespace is True
    if lock is None or lock.pid is None or elsewhere:
        return None
    owner = evidence.lock_owner
    if owner is None and state is not None and state.owner_pid == lock.pid:
        owner = evidence.owner
    gone = owner is not None and owner.basis == "no_such_process"
    return int(lock.pid) if gone else None

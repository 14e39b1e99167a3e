"""Evidence: everything that one evaluation knows, gathered once, before anything is judged.

Left of it are the disk, the clock and the processes; right of it nothing touches any of them, so
the same evidence gets the same answer anywhere and any number of times.

Here: what is gathered, and when a process is asked after. Not here: what it means.
"""

from __future__ import annotations

import attrs

from launchfsm.ecma.dates import iso_from_ms
from launchfsm.records.bootstrap import BootstrapState, LockRecord
from launchfsm.records.documents import (
    Document,
    TeamFiles,
    lock_of,
    parse_document,
    parse_state_document,
    read_team,
    state_of,
)
from launchfsm.system.processes import (
    Processes,
    ProcessEvidence,
    ProcessIdentity,
    boot_id,
    host_name,
)


@attrs.frozen
class EvidenceRequest:
    """What evidence a policy asks for beyond what every evaluation gathers.

    Attributes:
        identity: Which process has the owner's pid, which costs another look at it.
        lock: The lock, even where the state is readable or absent.
    """

    identity: bool = False
    lock: bool = False


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
        lock_owner: What the system says of the lock's owner, when there is no state to say whose
            pid counts.
        identity: Which process has that owner's pid, when it was wanted and could be seen.
        other_host: Whether the lock was taken on another host; `None` when not known.
        other_boot: Whether it was taken before this machine was started; `None` when not known.
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
    identity: ProcessIdentity | None = None
    other_host: bool | None = None
    other_boot: bool | None = None

    @property
    def lock_document(self) -> Document:
        """The lock as JSON, or why there is none."""
        return parse_document(self.files.lock)


def gather(
    folder: str, team: str, *, now: int, processes: Processes, wanted: EvidenceRequest | None = None
) -> Evidence:
    """Read a team's files and ask after the processes they name. Never raises for what it finds.

    Args:
        folder: The team's folder.
        team: Its name.
        now: The time, in ms since 1970.
        processes: Who answers for pids.
        wanted: What else the policy asks for.
    """
    return build_evidence(read_team(folder), team, now=now, processes=processes, wanted=wanted)


def build_evidence(
    files: TeamFiles,
    team: str,
    *,
    now: int,
    processes: Processes,
    wanted: EvidenceRequest | None = None,
) -> Evidence:
    """The evidence in a team's files, already read.

    The lock is looked into only when the state is unreadable, unless the policy wants it: otherwise
    nobody asks (§8).
    """
    state_document = parse_state_document(files.state)
    state = None if state_document.value is None else state_of(state_document.value)
    lock = lock_owner = owner = None
    if state_document.fault is not None or (wanted is not None and wanted.lock):
        lock = lock_of(parse_document(files.lock))
    if lock is not None and lock.pid is not None and state is None:
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
    )
    return evidence if wanted is None else _probe(evidence, processes, wanted)


def _probe(evidence: Evidence, processes: Processes, wanted: EvidenceRequest) -> Evidence:
    """The evidence with what only some policies ask for."""
    lock, identity = evidence.lock, None
    owner = evidence.owner or evidence.lock_owner
    if wanted.identity and owner is not None and owner.liveness == "alive":
        identity = processes.identify(owner.pid)
    host = None if lock is None else lock.host
    boot = None if lock is None else lock.boot_id
    here = boot_id() if wanted.lock and boot is not None else None
    return attrs.evolve(
        evidence,
        identity=identity,
        other_host=None if host is None else host != host_name(),
        other_boot=None if boot is None or here is None else boot != here,
    )

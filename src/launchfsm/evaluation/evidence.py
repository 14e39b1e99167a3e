"""Evidence: everything that one evaluation knows, so that nothing is looked at while it is judged.

The four files of a launch are read at once. What stands beside them in the team's folder, and
whether a process is there, is looked at when a judgement first asks, and kept: asked again, the
same evidence answers the same.
"""

from __future__ import annotations

import functools
import pickle
import zlib
from typing import Final

import attrs

from launchfsm.decisions.bootstrap import BEGINNING
from launchfsm.decisions.facts import Side
from launchfsm.ecma.dates import iso, iso_from_ms
from launchfsm.ecma.text import is_blank
from launchfsm.engine.table import Policy
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
from launchfsm.records.journal import Journal, named_run, parse_journal
from launchfsm.records.lock import LOCK, Elsewhere, LockRecord
from launchfsm.records.roster import MembersMeta, TeamConfig
from launchfsm.records.side_files import (
    PACK_NAMES,
    Freshness,
    SideRecords,
    journal_in_pack,
    no_side_records,
)
from launchfsm.system.files import ReadProblem
from launchfsm.system.folders import FolderInMemory
from launchfsm.system.processes import (
    AskedOnce,
    Place,
    Processes,
    ProcessEvidence,
    ProcessIdentity,
    UnknownProcesses,
)

EvidenceRequest = frozenset[str]
"""What is to be looked at beyond the four files and their owner: words of `Doc.needs`."""

_NOT_ASKED: Final = no_side_records("")
_NOT_KNOWN: Final = Elsewhere()


def requested_by(policy: Policy) -> EvidenceRequest:
    """What the rules of a policy ask for beyond what every evaluation looks at.

    A lock without a state is looked at for whoever says something of it, even without asking.
    """
    return policy.needs | ({"lock"} if policy.says(BEGINNING) else set())


@attrs.define(eq=False)
class Evidence:
    """What is known of a team at one instant, `now`, in ms since 1970.

    `state` is there when the bootstrap's state can be read, `lock` when it is usable and was
    needed. `owner` and `lock_owner` are what the system says of their pids, the latter when there
    is no state of the lock's run. `wanted` was to be looked at, and `source` is where the files
    were read from. `other` says in what the lock was taken elsewhere, when that was wanted.
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
    wanted: EvidenceRequest
    processes: AskedOnce
    side: SideRecords
    source: TeamSource | None = None
    other: Elsewhere = _NOT_KNOWN

    def identity_of(self, owner: ProcessEvidence | None) -> ProcessIdentity | None:
        """Which process has an owner's pid, when it is wanted and can be seen."""
        if owner is None or owner.liveness != "alive" or "identity" not in self.wanted:
            return None
        return self.processes.identify(owner.pid)

    @property
    def elsewhere(self) -> bool:
        """Whether pids mean nothing here: another host or pid namespace, or a copy."""
        return self.other.host is True or self.other.namespace is True or self.is_copy

    @property
    def is_copy(self) -> bool:
        """Whether the bootstrap's records were copied here: from a pack, or from another team."""
        wanted, state = self.side.team, self.state
        if self.side.is_pack or "name" not in self.wanted or state is None or wanted is None:
            return self.side.is_pack
        return state.team_name is not None and state.team_name != wanted

    @property
    def lock_document(self) -> Document:
        """The lock as JSON, or why there is none."""
        return parse_document(self.files.lock)

    @property
    def undated(self) -> tuple[Side, ...]:
        """Whose record does not say when it was written: the time of the evaluation stands in."""
        found: list[Side] = []
        if self.state is not None and not iso(self.state.updated_at, ""):
            found.append("bootstrap")
        document = self.launch_document.value
        updated_at = document.get("updatedAt") if isinstance(document, dict) else None
        if not isinstance(updated_at, str) or is_blank(updated_at):
            found.append("launcher")
        return tuple(found)

    @functools.cached_property
    def journal(self) -> Journal:
        """All records of the journal and its runs."""
        return parse_journal(self.files.journal_end or self.files.journal)

    @property
    def freshness(self) -> Freshness | None:
        """Which run was begun last, or that a stop came last, when it is wanted."""
        return self.side.freshness if "freshness" in self.wanted else None

    @property
    def config(self) -> TeamConfig | None:
        """The roster of the tool that runs the members, when it is wanted."""
        return self.side.config if "config" in self.wanted else None

    @property
    def members_meta(self) -> MembersMeta | None:
        """The roster that a person wants, when it is wanted."""
        return self.side.members_meta if "members" in self.wanted else None


def gather(
    source: TeamSource,
    team: str,
    *,
    now: int,
    processes: Processes,
    wanted: EvidenceRequest = frozenset(),
) -> Evidence:
    """Read a team's files and ask after the processes they name. Never raises for what it finds.

    `team` is the name of its folder, `now` in ms since 1970, and `wanted` is what else the policy
    asks for.
    """
    files = source.read_team(listing=bool(wanted))
    side = SideRecords(source, team) if wanted else None
    if side is not None and side.is_pack:
        journal = source.read(PACK_NAMES[JOURNAL_FILE], limit=LARGEST_FILE)
        whole = journal if isinstance(journal, ReadProblem) else journal_in_pack(journal)
        lock = source.read(PACK_NAMES[LOCK_FILE], limit=LARGEST_LOCK)
        files = attrs.evolve(files, journal=whole, lock=lock)
    elif wanted and isinstance(files.journal, ReadProblem) and files.journal.outcome == "oversized":
        end = source.read_end(JOURNAL_FILE, limit=LARGEST_FILE)
        files.journal_end = None if isinstance(end, ReadProblem) else end
    evidence = build_evidence(files, team, now=now, processes=processes, wanted=wanted, side=side)
    evidence.source = source
    return evidence


def build_evidence(
    files: TeamFiles,
    team: str,
    *,
    now: int,
    processes: Processes,
    wanted: EvidenceRequest = frozenset(),
    side: SideRecords | None = None,
) -> Evidence:
    """The evidence in a team's files, already read.

    The lock is looked into only when the state is unreadable, unless it is wanted: otherwise
    nobody asks (§8).
    """
    state_document = parse_state_document(files.state)
    state = None if state_document.value is None else state_of(state_document.value)
    lock = None
    if state_document.fault is not None or "lock" in wanted:
        lock = LOCK.read(parse_document(files.lock))
    evidence = Evidence(
        team,
        now,
        iso_from_ms(now) or "",
        files,
        state_document,
        state,
        parse_document(files.launch),
        lock,
        None,
        None,
        wanted,
        AskedOnce(processes),
        side or (no_side_records(team) if wanted else _NOT_ASKED),
    )
    if evidence.is_copy:  # perhaps of another machine
        evidence.processes = AskedOnce(UnknownProcesses())
    asked = evidence.processes
    if lock is not None and lock.pid is not None and (state is None or of_other_run(lock, state)):
        evidence.lock_owner = asked.check(lock.pid)
    if state is not None and state.owner_pid is not None:
        evidence.owner = asked.check(state.owner_pid)
    if wanted and lock is not None and (lock.host or lock.boot_id or lock.namespaces):
        evidence.other = Elsewhere.of(lock, Place.here())
    return evidence


def of_other_run(lock: LockRecord, state: BootstrapState) -> bool:
    """Whether a lock and a state name two runs."""
    ours, theirs = named_run(state.run_id), named_run(lock.run_id)
    return ours is not None and theirs is not None and ours != theirs


def pack(evidence: Evidence) -> bytes:
    """What was found so far, from which `unpack` makes the same evidence anywhere."""
    source = evidence.source
    if source is None:
        raise TypeError("evidence of files that were given, not read, cannot be packed")
    read = (source.path, source.kept, source.listed, source.resolved)
    found = (evidence.team, evidence.now, evidence.wanted, evidence.processes, evidence.other, read)
    return zlib.compress(pickle.dumps(found, pickle.HIGHEST_PROTOCOL))


def unpack(packed: bytes) -> Evidence:
    """The evidence that was packed; what had not been looked at by then is not there."""
    team, now, wanted, processes, other, read = pickle.loads(zlib.decompress(packed))  # noqa: S301 - part of a pickle itself
    path, kept, listed, resolved = read
    source = TeamSource(path, FolderInMemory(kept, listed))
    source.resolved = resolved
    evidence = gather(source, team, now=now, processes=processes, wanted=wanted)
    evidence.other = other
    return evidence


def left_lock_pid(evidence: Evidence) -> int | None:
    """The pid of the owner of a lock that was left behind; `None` when none is known to be."""
    lock, state = evidence.lock, evidence.state
    if lock is None or lock.pid is None or evidence.elsewhere:
        return None
    owner = evidence.lock_owner
    if owner is None and state is not None and state.owner_pid == lock.pid:
        owner = evidence.owner
    gone = owner is not None and owner.basis == "no_such_process"
    return int(lock.pid) if gone else None

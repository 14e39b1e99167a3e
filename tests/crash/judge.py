"""The judge: holds what a crash left on disk against the log of the writer that crashed.

Whatever instant it was, readers have to find: the state as it was before the step in flight, or
after it, whole; a journal that tells of every acknowledged step and of nothing that was not asked
for; a lock that says whose it is, exactly while somebody has it. And the evaluator has to say of
these files what the oracle of `tests.oracle` says of the records that the log leads to expect.
"""

from __future__ import annotations

import json
import os
from datetime import timedelta
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from attrs import evolve

from launchfsm import LaunchEvaluator, to_wire
from launchfsm.audit.audit import audit_evidence
from launchfsm.engine.engine import Engine
from launchfsm.evaluation.evaluator import Evaluation
from launchfsm.evaluation.evidence import Evidence, build_evidence
from launchfsm.launcher.lock import LOCK_PREFIX
from launchfsm.policies import load_policy
from launchfsm.records.documents import (
    JOURNAL_FILE,
    LARGEST_FILE,
    LAUNCH_FILE,
    LOCK_FILE,
    STATE_FILE,
    TeamFiles,
)
from launchfsm.system.files import FileSystem, ReadProblem
from launchfsm.testing import FakeProcesses
from tests.crash.log import Log, Tree, is_stale
from tests.crash.memory import MemoryFileSystem
from tests.crash.script import AT, NOW, RECOVERY, TEAM
from tests.oracle import bootstrap as oracle

if TYPE_CHECKING:
    from launchfsm.audit.findings import AuditCode
    from launchfsm.system.processes import Processes
    from tests.crash.script import Document

LATER: Final = NOW + timedelta(seconds=1)
POLICY: Final = load_policy("reference")
_FILES: Final = (STATE_FILE, JOURNAL_FILE, LOCK_FILE)
_ABSENT: Final = ReadProblem("absent", "there is no such file")
_LONGEST_LINE: Final = 4_096  # bytes that a rotation may waste at most
_AUDITED: Final = 12_000  # bytes of a journal; replaying a longer one for each crash takes too long


class MisclassifiedError(AssertionError):
    """Readers are told something that the log contradicts."""


class Quick(FileSystem):
    """The real one, that does not wait for the disk."""

    def fsync(self, descriptor: int) -> None:
        """Return at once."""


def judge(tree: Tree, log: Log, *, root: Path | None = None) -> None:
    """Hold what stands in a team's folder against a log.

    Args:
        tree: What stands there.
        log: How far the writer came.
        root: The teams root, to have the evaluator read the files themselves and ask the system
            about the writer; `None` to give it the bytes, and a process table.

    Raises:
        MisclassifiedError: They contradict each other.
    """
    state = judge_state(tree, log)
    judge_journal(tree, log)
    judge_order(tree, log, state)
    judge_lock(tree, log)
    alive = evaluation_of(tree, FakeProcesses(alive={log.pid}))
    judge_evaluation(alive, tree, log, state, alive=True)
    if root is None:
        found = evaluation_of(tree, FakeProcesses())
    else:
        found = LaunchEvaluator(root, policy=POLICY, clock=lambda: LATER).evaluate(TEAM)
    judge_evaluation(found, tree, log, state, alive=root is not None and log.pid == os.getpid())
    judge_findings(found, tree, log)
    judge_audit(tree, log)


def evaluation_of(tree: Tree, processes: Processes) -> Evaluation:
    """What `LaunchEvaluator` returns of a folder in which this stands."""
    evidence = evidence_of(tree, processes)
    engine = Engine(POLICY)
    return Evaluation(engine, evidence)


def evidence_of(tree: Tree, processes: Processes) -> Evidence:
    found = tree.entries or {}
    state, journal, lock = (found.get(name) or _ABSENT for name in _FILES)
    files = TeamFiles(state, journal, lock, found.get(LAUNCH_FILE) or _ABSENT)
    return build_evidence(files, TEAM, now=AT + 1000, processes=processes)


def fail(log: Log, what: str, *found: object) -> None:
    """Raise, with all there is to know about it."""
    told = (
        f"of {log.script.name}, {log.began} steps asked for, {log.done} done, {log.synced} synced"
    )
    raise MisclassifiedError("\n  ".join([f"{what} ({told})", *map(repr, found)]))


# -- The records -----------------------------------------------------------------------------------


def judge_state(tree: Tree, log: Log) -> bytes | None:
    """The state is that of before the step in flight or of after it; returns what is expected."""
    expected = [
        log.before.state if state is None else json.dumps(state).encode() for state in log.states()
    ]
    found = _parsed(tree.state)
    for state in expected:
        if found == _parsed(state):
            return state
    fail(log, "the state is neither of before nor of after the step", tree.state, *expected)
    raise AssertionError


def _parsed(data: bytes | None) -> Any:
    try:
        return None if data is None else json.loads(data)
    except ValueError:
        return data


def judge_journal(tree: Tree, log: Log) -> None:
    """The journal tells of all that was acknowledged, and of nothing that was not asked for."""
    if log.done == 0 and tree.journal == log.before.journal:
        return
    sure = log.done if log.synced is None else log.synced
    told = mended(log.before.journal) + lines(log.records(0, sure))
    rest = lines(log.records(sure, log.began))
    found = tree.journal
    missing = 0
    if len(told + rest) > LARGEST_FILE and not found.startswith(told):
        missing = _rotated_away(found, told + rest)
    tail = found[len(told) - missing :]
    whole = len(found) <= LARGEST_FILE and found.startswith(told[missing:])
    allowed = {0} if log.synced is not None else set()  # unsynced bytes that were never written
    torn = len(tail) <= len(rest) and all(
        byte == wanted or byte in allowed for byte, wanted in zip(tail, rest, strict=False)
    )
    if not (whole and torn):
        fail(log, "the journal does not tell what the log does", found[-2000:], told[-2000:], rest)


def judge_order(tree: Tree, log: Log, state: bytes | None) -> None:
    """The journal tells of whatever the state does, but for lines that may be lost."""
    before, *after = log.states()
    step_is_in_state = bool(after) and _parsed(state) == after[-1] != before
    records = log.records(log.done, log.began)
    if step_is_in_state and not log.lossy and not tree.journal.endswith(lines(records)):
        fail(log, "the state knows what the journal does not", tree.journal[-2000:], records)


def _rotated_away(found: bytes, full: bytes) -> int:
    """How many bytes a rotation took: the older half and nothing else."""
    first = found[: found.find(b"\n") + 1]
    missing = full.find(b"\n" + first) + 1
    return missing if first and missing <= LARGEST_FILE // 2 + _LONGEST_LINE else 0


def lines(records: list[Document]) -> bytes:
    """Records as the journal's bytes."""
    return b"".join(
        json.dumps(record, ensure_ascii=False, separators=(",", ":")).encode() + b"\n"
        for record in records
    )


def mended(journal: bytes) -> bytes:
    """A journal without the torn line at its end; a whole record there keeps its place."""
    whole, line_end, rest = journal.rpartition(b"\n")
    return journal + b"\n" if isinstance(_parsed(rest), dict) else whole + line_end


def judge_lock(tree: Tree, log: Log) -> None:
    """There is a lock exactly while somebody has it, and it says who."""
    ours = (log.run_id, log.pid)
    before = _holder(log.before)
    expected = {None if log.done == len(log.script.steps) else ours}
    if log.done == 0:
        expected = {before, ours} if log.began else {before}
    elif log.ended:
        expected.add(None)
    try:
        found = _holder(tree)
    except (ValueError, TypeError) as error:
        fail(log, "there is a lock that does not say whose it is", error, tree.entries)
    if found not in expected:
        fail(log, "the lock is somebody else's than the log's", found, expected)


def _holder(tree: Tree) -> tuple[str, int] | None:
    lock = tree.lock
    return None if lock is None else (lock["runId"], lock["pid"])


# -- What readers make of them ---------------------------------------------------------------------


def judge_evaluation(
    evaluation: Evaluation, tree: Tree, log: Log, state: bytes | None, *, alive: bool
) -> None:
    """The evaluator says what the oracle says of the expected records."""
    found = {
        "launch_snapshot": _wire(evaluation.bootstrap_snapshot),
        "runtime_state": _wire(evaluation.runtime_state),
        "real_task_submission": evaluation.real_task_submission,
    }
    expected = oracle_of(state, last_lines(tree.journal), log.pid if alive else None)
    if found != expected:
        fail(log, "the evaluator says something else", found, expected)


def judge_findings(evaluation: Evaluation, tree: Tree, log: Log) -> None:
    """Nothing is wrong with the records but torn lines."""
    for finding in evaluation.findings:
        if finding.file != JOURNAL_FILE or not _is_unreadable(finding.path, tree.journal):
            fail(log, "there is a finding that nothing explains", finding)


@lru_cache(maxsize=1000)
def oracle_of(state: bytes | None, journal: bytes, alive: int | None) -> Document:
    """What the oracle says of records whose owner lives or does not."""
    return oracle.evaluate(
        TEAM,
        AT + 1000,
        state="absent" if state is None else state,
        journal=journal or "absent",
        lock="absent",
        is_alive=lambda pid: pid == alive,
    )


def last_lines(journal: bytes) -> bytes:
    """The lines that count (§9), with one word for all that do not parse."""
    lines = [line for line in journal.split(b"\n") if line][-3:]
    return b"\n".join(line if isinstance(_parsed(line), dict) else b"{" for line in lines)


def _is_unreadable(path: str, journal: bytes) -> bool:
    number = int(path.removeprefix("line ").removesuffix(": $"))
    return not isinstance(_parsed(journal.split(b"\n")[number - 1]), dict)


def _wire(result: Any) -> Any:
    return None if result is None else to_wire(result)


_ORDINARY: Final[frozenset[AuditCode]] = frozenset(
    {
        "between-writes",  # the step in flight
        "torn-line",
        "line-end-missing",
        "state-missing",  # the first run began, and its state was not written yet
        "state-of-older-run",  # a later one, likewise
        "run-not-journaled",
        "lock-stale",
        "lock-left",
        "lock-of-other-run",
        "other-run",
        "head-missing",  # after a rotation
    }
)
_LOST_LINES: Final[frozenset[AuditCode]] = frozenset(
    {"unreadable-line", "step-untold", "member-denied", "illegal-step", "repeated-step"}
)
"""What it looks like when lines of members are lost, of which none was promised to stay."""


def judge_audit(tree: Tree, log: Log) -> None:
    """An audit finds what crashes leave, and nothing that cannot have happened."""
    if len(tree.journal) > _AUDITED:
        return
    evidence = evidence_of(tree, FakeProcesses())
    allowed = _ORDINARY | _LOST_LINES if log.lossy else _ORDINARY
    for finding in audit_evidence(evidence, policy=POLICY).findings:
        if finding.code not in allowed:
            fail(log, "the audit finds what cannot be", finding.text(), tree.journal[-2000:])


# -- The next run ----------------------------------------------------------------------------------


def recover(
    wreck: Tree,
    *,
    run_id: str = "next",
    root: Path | None = None,
    fresh: bool = False,
    lossy: bool = False,
) -> None:
    """Have the next run start over what a crash left, and finish.

    Args:
        wreck: What stands in the team's folder.
        run_id: What to call that run.
        root: The teams root; `None` to have all of it happen in memory.
        fresh: Whether it was left just now, so that temporary files may still be in use.
        lossy: Whether lines of the journal may have been lost before.

    Raises:
        MisclassifiedError: Its records are not what they would be after a clean start.
        LauncherError: It could not start, or not finish.
    """
    script = evolve(RECOVERY, attach=wreck.entries is not None, resume=True)
    log = Log(script, run_id, os.getpid(), before=wreck, lossy=lossy)
    place = Path("/in/memory") if root is None else root
    memory = MemoryFileSystem(str(place / TEAM), wreck)
    run = script.run(place, run_id, filesystem=memory if root is None else Quick())
    for step in script.steps:
        step.says(run)
        log.began = log.done = log.done + 1
    after = memory.tree() if root is None else Tree.read(root / TEAM)
    judge(after, log, root=root)
    stolen = None if run.stolen_from is None else (run.stolen_from.run_id, run.stolen_from.pid)
    if stolen != _holder(wreck):
        fail(log, "the lock was not recorded as stolen from its last holder", stolen)
    stays = {path for path in wreck.entries or {} if fresh and _may_be_in_use(path)}
    left = set(after.entries or {}) - {STATE_FILE, JOURNAL_FILE} - stays
    if left:
        fail(log, "there are stale files after the next run", left)


def _may_be_in_use(path: str) -> bool:
    return is_stale(path) and "/" not in path and not path.startswith(LOCK_PREFIX)

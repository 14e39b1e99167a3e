"""Audit: all of a team's records, held against the machines and against each other.

Here: which comparisons there are, in which order, and what each document's own findings are called
in an audit. Not here: any comparison, or the findings themselves (`documents`, `saved_snapshots`).
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from launchfsm.audit.against_clock import against_clock
from launchfsm.audit.against_lock import against_lock, holder_verdict
from launchfsm.audit.against_snapshot import against_snapshot
from launchfsm.audit.against_state import against_state
from launchfsm.audit.findings import Audit, AuditFinding, found
from launchfsm.audit.journal_lines import read_journal
from launchfsm.audit.replay import replay_journal
from launchfsm.ecma.dates import from_datetime
from launchfsm.engine.engine import Engine
from launchfsm.evaluation.evidence import Evidence, gather
from launchfsm.evaluation.launch_state import snapshot_findings, snapshot_of_document
from launchfsm.policy.loader import load_policy
from launchfsm.records.bootstrap import state_findings
from launchfsm.records.documents import LAUNCH_FILE, LOCK_FILE, STATE_FILE
from launchfsm.records.lock import lock_findings
from launchfsm.system.files import team_folder

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from launchfsm.evaluation.evaluator import LaunchEvaluator
    from launchfsm.policy.loader import PolicyLike
    from launchfsm.records.documents import Document
    from launchfsm.records.fields import Finding
    from launchfsm.records.lock import HolderVerdict

_LONGEST_PATH: Final = 200  # characters


def audit_team(evaluator: LaunchEvaluator, team: str) -> Audit:
    """Audit a team's records, as an evaluator finds them now.

    The whole journal is replayed through the two machines and held against the state, the lock and
    the launcher's snapshot. Nothing that stands in the folder raises or hangs.

    Args:
        evaluator: Whose teams root, clock, processes and policy are used.
        team: The name of the team's folder.

    Raises:
        TeamNameError: The name is not one plain path component. No file was touched.
    """
    # Users ask an evaluator for verdicts; its root, clock and processes are not theirs to see, but
    # an audit is the library's own second look at the same files.
    root, clock, processes = evaluator._root, evaluator._clock, evaluator._processes  # noqa: SLF001 - see above
    folder = team_folder(root, team)
    evidence = gather(folder, team, now=from_datetime(clock()), processes=processes)
    holder = holder_verdict(evidence.lock_document, processes)
    return audit_evidence(evidence, holder=holder, policy=evaluator.policy)


def audit_evidence(
    evidence: Evidence, *, holder: HolderVerdict | None = None, policy: PolicyLike = "default"
) -> Audit:
    """Audit what was gathered of a team; pure: no file, no clock and no process is touched.

    Args:
        evidence: What was gathered.
        holder: Whether the lock's holder lives (`against_lock.holder_verdict`); not judged when
            not given.
        policy: Completes the launcher's snapshot (§5): a name, a path, or a loaded policy.

    Raises:
        PolicyNotFoundError: There is no such policy.
        PolicyError: The policy has faults.
    """
    engine = Engine(load_policy(policy))
    replay = replay_journal(read_journal(evidence.files.journal))
    saved = snapshot_of_document(
        engine, evidence.team, evidence.launch_document.value, now=evidence.now_text
    )
    findings = replay.findings
    findings.add(_document_findings(evidence))
    findings.add(against_state(evidence, replay))
    findings.add(against_clock(evidence, replay))
    findings.add(against_lock(evidence, replay, holder))
    findings.add(against_snapshot(evidence, replay, saved))
    kept = findings.kept()
    return Audit(
        team=evidence.team,
        audited_at=evidence.now_text,
        severity=kept[0].severity if kept else None,
        records=sum(run.records for run in replay.runs.values()),
        runs=len(replay.runs),
        findings=kept,
        left_out=findings.left_out(),
    )


# -- The documents by themselves -------------------------------------------------------------------


def _document_findings(evidence: Evidence) -> Iterator[AuditFinding]:
    """What is wrong with the state, the lock and the launcher's snapshot, field by field (§2)."""
    state, lock = evidence.state_document, evidence.lock_document
    launch = evidence.launch_document
    yield from _told(STATE_FILE, state, state_findings(state))
    yield from _told(LOCK_FILE, lock, lock_findings(lock))
    if launch.fault is not None or launch.value is not None:
        yield from _told(LAUNCH_FILE, launch, snapshot_findings(launch.value))


def _told(file: str, document: Document, findings: Iterable[Finding]) -> Iterator[AuditFinding]:
    if document.fault is not None:
        yield found("unreadable-file", file, document.detail)
        return
    for finding in findings:
        path = finding.path[:_LONGEST_PATH]  # a key may be as long as its file
        if finding.got == "nothing":
            yield found("incomplete-record", file, "there is none", path=path)
        else:
            message = f"expected {finding.expected}, got {finding.got}"
            yield found("wrong-type", file, message, path=path)

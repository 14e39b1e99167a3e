"""The audit of a team: its journal replayed, and every record checked against the others."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Final

import attrs

from launchfsm.audit.checks import check_lock, check_snapshot, check_state, check_times
from launchfsm.audit.findings import Audit, AuditFinding, found
from launchfsm.audit.journal import read_lines
from launchfsm.audit.replay import replay_journal
from launchfsm.ecma.dates import from_datetime
from launchfsm.engine.engine import Engine
from launchfsm.evaluation.evaluator import LaunchEvaluator
from launchfsm.evaluation.evidence import Evidence, gather, requested_by
from launchfsm.evaluation.launch_state import snapshot_of_document
from launchfsm.policies import PolicyLike, load_policy
from launchfsm.records.bootstrap import state_findings
from launchfsm.records.documents import LAUNCH_FILE, LOCK_FILE, STATE_FILE, Document, TeamSource
from launchfsm.records.fields import Finding
from launchfsm.records.lock import LOCK, HolderVerdict, judge_holder
from launchfsm.records.results import launch_findings
from launchfsm.system.folders import team_folder
from launchfsm.system.processes import Place, Processes

_LONGEST_PATH: Final = 200  # characters


def audit_team(evaluator: LaunchEvaluator, team: str) -> Audit:
    """Audit a team's records, as an evaluator finds them now.

    The whole journal is replayed through the two lifecycles and checked against the state, the lock
    and the launcher's snapshot. No file content can make it raise or hang.

    Args:
        evaluator: Whose teams root, clock, processes and policy are used.
        team: The name of the team's folder.

    Raises:
        TeamNameError: The name is not one plain path component. No file was touched.
    """
    processes = evaluator.processes
    evidence = gather(
        TeamSource(team_folder(evaluator.root, team)),
        team,
        now=from_datetime(evaluator.clock()),
        processes=processes,
        wanted=requested_by(evaluator.policy) | {"lock"},
    )
    holder = None if evidence.is_copy else lock_holder(evidence.lock_document, processes)
    return audit_evidence(evidence, holder=holder, policy=evaluator.policy)


def lock_holder(document: Document, processes: Processes) -> HolderVerdict | None:
    """Whether the process that holds a lock is alive; `None` when there is no usable lock.

    A launcher that does not write down its host is taken to be of this one, as an evaluation does.
    """
    holder, here = LOCK.read(document), Place.here()
    if holder is None:
        return None
    return judge_holder(
        attrs.evolve(holder, host=holder.host or here.host), here=here, processes=processes
    )


def audit_evidence(
    evidence: Evidence, *, holder: HolderVerdict | None = None, policy: PolicyLike = "default"
) -> Audit:
    """Audit what was gathered of a team; pure: no file, no clock and no process is touched.

    Args:
        evidence: What was gathered.
        holder: Whether the process that holds the lock is alive; not judged when not given.
        policy: Completes the launcher's snapshot (§5): a name, a path, or a loaded policy.

    Raises:
        PolicyNotFoundError: There is no such policy.
        PolicyError: The policy has faults.
    """
    engine = Engine(load_policy(policy))
    replay = replay_journal(read_lines(evidence.files.journal_end or evidence.files.journal))
    saved = snapshot_of_document(
        engine, evidence.team, evidence.launch_document.value, now=evidence.now_text
    )
    findings = replay.findings
    findings.add(_document_findings(evidence))
    findings.add(check_state(evidence, replay))
    findings.add(check_times(evidence, replay))
    findings.add(check_lock(evidence, replay, holder))
    findings.add(check_snapshot(evidence, replay, saved))
    kept = findings.kept()
    return Audit(
        team=evidence.team,
        audited_at=evidence.now_text,
        severity=kept[0].severity if kept else None,
        records=sum(len(run.records) for run in replay.runs.values()),
        runs=len(replay.runs),
        findings=kept,
        left_out=findings.left_out(),
    )


def _document_findings(evidence: Evidence) -> Iterator[AuditFinding]:
    """What is wrong with the state, the lock and the launcher's snapshot, field by field (§2)."""
    state, lock = evidence.state_document, evidence.lock_document
    launch = evidence.launch_document
    documents: list[tuple[str, Document, Iterable[Finding]]] = [
        (STATE_FILE, state, state_findings(state)),
        (LOCK_FILE, lock, LOCK.findings(lock)),
        (LAUNCH_FILE, launch, launch_findings(launch)),
    ]
    for file, document, findings in documents:
        if document.fault is not None:
            yield found("unreadable-file", file, document.detail)
            continue
        for finding in findings:
            path = finding.path[:_LONGEST_PATH]  # a key may be as long as its file
            if finding.got == "nothing":
                yield found("incomplete-record", file, "there is none", path=path)
            else:
                message = f"expected {finding.expected}, got {finding.got}"
                yield found("wrong-type", file, message, path=path)

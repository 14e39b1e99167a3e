"""What people are shown of the members of a launch: a word each, why they failed, a roster."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

import attrs

from launchfsm.decisions.members import LIVENESS, SPAWN_STATUS
from launchfsm.decisions.reconciliation import (
    LANE_TEXT,
    MEMBER_WORD,
    LaneText,
    LaneTextFacts,
    MemberWord,
    ProcessWord,
)
from launchfsm.decisions.verdict import ADVICE, AdviceFacts
from launchfsm.ecma.text import trim
from launchfsm.engine.engine import Engine
from launchfsm.evaluation.causes import (
    NO_CAUSE,
    TeamCause,
    classes_in_order,
    classify,
    common_cause,
)
from launchfsm.evaluation.members import decide_about
from launchfsm.records.names import is_lead
from launchfsm.records.results import LaunchSnapshot, MemberLaunch, MemberSpawnStatus

STALE_KINDS: Final = frozenset({"stale_metadata", "registered_only"})
"""Kinds of life that say that no process was found when somebody looked."""
_STALE_TEXT: Final = "persisted runtime pid is not alive"


@attrs.frozen
class Cleared:
    """A recorded failure that gave way.

    Attributes:
        reason: The failure's reason; `None` when none was recorded.
        by: Which record cleared it: `own`, `bootstrap`, `inbox`, `proof` or `events`.
        at: When that record says that it happened.
    """

    reason: str | None
    by: str
    at: str | None


@attrs.define(eq=False)
class Reconciled:
    """The base snapshot, the snapshot that all records together make of it, and facts by name.

    `stalled` are members that are reported as stalled on a lane where such a report does not count.
    """

    snapshot: LaunchSnapshot
    base: LaunchSnapshot
    processes: Mapping[str, ProcessWord]
    cleared: Mapping[str, Cleared]
    stalled: frozenset[str] = frozenset()


@attrs.frozen
class MemberReport:
    """What is told of a member beside its record.

    Attributes:
        word: Where it stands, in a word for people.
        remark: What is said besides.
        process: What is known of its process; `None` when no pid is recorded, or nobody looked.
        cause: The class of the reason below (`cause` table); `None` without a reason.
        reason: Why it failed, or the error that its record tells while it is pending.
        requests: The permissions that it waits for.
        cleared: The failure that gave way to a confirmation.
    """

    word: MemberWord
    remark: str | None = None
    process: ProcessWord | None = None
    cause: str | None = None
    reason: str | None = None
    requests: tuple[str, ...] = ()
    cleared: Cleared | None = None


def member_reports(engine: Engine, reconciled: Reconciled) -> dict[str, MemberReport]:
    """What people are told of each member of a launch, by name."""
    weighs = engine.policy.says(LANE_TEXT)
    base = reconciled.base.members
    reports = {}
    for name, member in reconciled.snapshot.members.items():
        recorded, process = base.get(name, member), reconciled.processes.get(name)
        reason = _told_reason(engine, member, weighs=weighs)
        waiting = member.waits_for_permission
        told = {recorded.runtime_diagnostic, recorded.hard_failure_reason}
        verdict = decide_about(
            engine,
            MEMBER_WORD,
            member,
            reason=reason,
            process=process,
            said_to_stall=name in reconciled.stalled,
            stale_record=recorded.liveness_kind in STALE_KINDS or _STALE_TEXT in told,
        )
        reports[name] = MemberReport(
            word=verdict.word,
            remark=verdict.remark,
            process=process,
            cause=None if reason is None else classify(engine, reason, name).name,
            reason=reason,
            requests=(member.pending_permission_request_ids or ()) if waiting else (),
            cleared=reconciled.cleared.get(name),
        )
    return reports


def _told_reason(engine: Engine, member: MemberLaunch, *, weighs: bool) -> str | None:
    """Why a member failed, or the error that a pending one tells (e12)."""
    if member.launch_state == "failed_to_start":
        return member.hard_failure_reason or member.runtime_diagnostic
    if member.launch_state in {"confirmed_alive", "skipped_for_launch"}:
        return None
    if weighs and member.diagnostics and member.has_own_lane:
        specific = specific_text(engine, member)
        cause = classify(engine, specific, member.name)
        if cause.name != NO_CAUSE.name and not cause.clears:
            return specific
    return member.runtime_diagnostic if member.runtime_diagnostic_severity == "error" else None


def team_cause(
    engine: Engine, reconciled: Reconciled, reports: Mapping[str, MemberReport]
) -> TeamCause | None:
    """Why members failed, or else the errors that pending members tell (e12, k3).

    `None` when no member gives a reason.
    """
    members = reconciled.snapshot.members
    reasons = {
        name: (report.cause, report.reason)
        for name, report in reports.items()
        if report.cause is not None and report.reason is not None
    }
    failed = {name for name in reasons if members[name].launch_state == "failed_to_start"}
    kept = {name: told for name, told in reasons.items() if name in failed or not failed}
    return common_cause(kept, order=classes_in_order(engine), failed=bool(failed))


def advise(
    engine: Engine,
    reports: Mapping[str, MemberReport],
    cause: TeamCause | None,
    *,
    left_lock_pid: int | None,
) -> str | None:
    """What a person can do next; `None` when there is nothing to say."""
    asking = [name for name, report in reports.items() if report.requests]
    member = min(asking, key=lambda name: (not is_lead(name), name), default=None)
    requests = () if member is None else reports[member].requests
    facts = AdviceFacts(
        cause=None if cause is None else cause.name,
        member=member,
        request=next(iter(requests), None),
        left_lock_pid=left_lock_pid,
        gone=sum(report.word == "gone" for report in reports.values()),
    )
    return engine.decide(ADVICE, facts).text


# -- The texts of a lane (k1) ----------------------------------------------------------------------


def lane_text(engine: Engine, text: str, member: str) -> LaneText:
    """What one text of a lane's diagnostics tells."""
    return engine.decide(LANE_TEXT, LaneTextFacts(trim(text).lower()), member)


def specific_text(engine: Engine, member: MemberLaunch) -> str | None:
    """The most specific reason among a lane's diagnostics; `None` when there is none."""
    texts = [
        (lane_text(engine, text, member.name), trim(text)) for text in member.diagnostics or ()
    ]
    told = [(found.rank, text) for found, text in texts if not found.general]
    return max(told, key=lambda one: one[0])[1] if told else None


# -- The roster of a display (§10) -----------------------------------------------------------------

_SAME: Final = attrs.fields_dict(MemberSpawnStatus).keys() & attrs.fields_dict(MemberLaunch).keys()
"""The fields that a member has under the same names."""


def spawn_statuses(engine: Engine, snapshot: LaunchSnapshot) -> dict[str, MemberSpawnStatus]:
    """The roster of a snapshot by member name, one entry a record (§10)."""
    return {name: _spawn_status(engine, member) for name, member in snapshot.members.items()}


def _spawn_status(engine: Engine, member: MemberLaunch) -> MemberSpawnStatus:
    skipped = member.is_skipped or member.launch_state == "skipped_for_launch"
    strong = not skipped and decide_about(engine, LIVENESS, member).strong
    verdict = decide_about(engine, SPAWN_STATUS, member, strongly_alive=strong)
    told = {name: getattr(member, name) for name in _SAME}
    told |= {
        "agent_tool_accepted": not skipped and member.agent_tool_accepted,
        "runtime_alive": strong,
        "bootstrap_confirmed": not skipped and member.bootstrap_confirmed,
        "hard_failure": not skipped and member.hard_failure,
        "bootstrap_stalled": member.is_stalled,
    }
    return MemberSpawnStatus(
        **told,
        status=verdict.status,
        liveness_source=verdict.source,
        liveness_last_checked_at=member.runtime_last_seen_at or member.last_evaluated_at,
        updated_at=member.last_evaluated_at,
        error=member.hard_failure_reason if member.hard_failure else None,
    )

"""Saved snapshots: what a launcher's own record of a launch says (§10).

Here: a parsed `launch-state.json`, version 2 or legacy, read and judged into a `LaunchSnapshot`.
Not here: the type of each field (`saved_records`), what a completed snapshot is (`snapshots`),
or the reason texts (`reasons`).
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final, cast

from launchfsm import decisions
from launchfsm.documents import LAUNCH_FILE
from launchfsm.ecmascript import trim
from launchfsm.facts import LegacyMemberFacts, LivenessFacts, MemberStateFacts, StalledFacts
from launchfsm.members import diagnose, member_like, walk
from launchfsm.names import is_member
from launchfsm.reasons import reason_text
from launchfsm.results import (
    BootstrapCandidate,
    LaunchIdentity,
    LaunchSnapshot,
    MemberLaunch,
    Sources,
)
from launchfsm.saved_records import (
    TRIMMED_TEXTS,
    LegacyMarker,
    SavedCandidate,
    SavedIdentity,
    SavedMember,
    SavedSnapshot,
    SavedSources,
    backend_of,
)
from launchfsm.shapes import Finding, findings_of, misfit, reader_of, shown
from launchfsm.snapshots import complete_snapshot

if TYPE_CHECKING:
    from collections.abc import Iterator

    from launchfsm.policy.engine import Judge
    from launchfsm.vocabulary import LaunchPhase, Provider

_VERSION: Final = 2
_LEGACY_STATE: Final = "partial_launch_failure"

_read_snapshot = reader_of(SavedSnapshot)
_read_marker = reader_of(LegacyMarker)
_read_member = reader_of(SavedMember)
_read_identity = reader_of(SavedIdentity)
_read_candidate = reader_of(SavedCandidate)
_read_sources = reader_of(SavedSources)


def snapshot_of_document(
    judge: Judge, team: str, document: object, *, now: str
) -> LaunchSnapshot | None:
    """The launch as the launcher's own record tells it (§10).

    Args:
        judge: Applies the policy.
        team: The name of the team's folder.
        document: The parsed JSON, of any type.
        now: The time of the evaluation, as a text.

    Returns:
        The snapshot; `None` when the document is of neither form.
    """
    if not isinstance(document, dict):
        return None
    if document.get("state") == _LEGACY_STATE:
        return _snapshot_of_marker(judge, team, _read_marker(document), now)
    if isinstance(document.get("version"), bool) or document.get("version") != _VERSION:
        return None
    return _snapshot_of_record(judge, team, _read_snapshot(document), now)


# -- Version 2 -------------------------------------------------------------------------------------


def _snapshot_of_record(judge: Judge, team: str, record: SavedSnapshot, now: str) -> LaunchSnapshot:
    updated_at = record.updated_at or now
    members = {}
    for key, raw in (record.members or {}).items():
        name = trim(key)
        if is_member(name) and isinstance(raw, dict | list):
            fields = raw if isinstance(raw, dict) else {}
            members[name] = _member(judge, name, _read_member(fields), updated_at)
    return complete_snapshot(
        judge,
        team_name=record.team_name or team,
        updated_at=updated_at,
        # A record that does not say is of a launch nobody is running any more.
        launch_phase=record.launch_phase or "finished",
        expected=record.expected_members or (),
        members=members,
        bootstrap_expected=record.bootstrap_expected_members or (),
        lead_session_id=record.lead_session_id,
    )


def _member(judge: Judge, name: str, saved: SavedMember, updated_at: str) -> MemberLaunch:
    skipped = saved.skipped_for_launch is True or saved.launch_state == "skipped_for_launch"
    accepted = not skipped and saved.agent_tool_accepted is True
    confirmed = not skipped and (
        saved.bootstrap_confirmed is True or saved.launch_state == "confirmed_alive"
    )
    failed = not skipped and (saved.hard_failure is True or saved.launch_state == "failed_to_start")
    life = LivenessFacts(saved.runtime_alive is True, confirmed, saved.liveness_kind)
    alive = not skipped and judge.decide(decisions.LIVENESS, life, name).strong
    reason = saved.hard_failure_reason if failed else None
    member = MemberLaunch(
        name=name,
        provider_id=saved.provider_id,
        provider_backend_id=backend_of(saved.provider_id, saved.provider_backend),
        billing_mode=saved.billing_mode,
        model=saved.model,
        effort=saved.effort,
        selected_fast_mode=saved.selected_fast_mode,
        resolved_fast_mode=saved.resolved_fast_mode,
        lane_id=saved.lane_id,
        lane_kind=saved.lane_kind,
        lane_owner_provider_id=saved.lane_owner_provider_id,
        launch_identity=_identity(saved.launch_identity, saved.provider_id),
        app_managed_bootstrap_candidate=_candidate(saved.candidate),
        skipped_for_launch=skipped,
        skip_reason=saved.skip_reason,
        skipped_at=saved.skipped_at,
        agent_tool_accepted=accepted,
        runtime_alive=alive,
        bootstrap_confirmed=confirmed,
        hard_failure=failed,
        hard_failure_reason=None if reason is None else reason_text(reason),
        pending_permission_request_ids=saved.permission_requests,
        runtime_pid=saved.runtime_pid,
        runtime_run_id=saved.runtime_run_id,
        runtime_session_id=saved.runtime_session_id,
        liveness_kind=saved.liveness_kind,
        pid_source=saved.pid_source,
        runtime_diagnostic=saved.runtime_diagnostic,
        runtime_diagnostic_severity=saved.runtime_diagnostic_severity,
        runtime_last_seen_at=saved.runtime_last_seen_at,
        bootstrap_evidence_source=saved.bootstrap_evidence_source,
        bootstrap_mode=saved.bootstrap_mode,
        first_spawn_accepted_at=saved.first_spawn_accepted_at,
        last_heartbeat_at=saved.last_heartbeat_at,
        last_runtime_alive_at=saved.last_runtime_alive_at,
        last_evaluated_at=(
            updated_at if saved.last_evaluated_at is None else saved.last_evaluated_at
        ),
        sources=_sources(saved.sources, alive=alive),
    )
    return _judged(judge, saved, member)


def _judged(judge: Judge, saved: SavedMember, member: MemberLaunch) -> MemberLaunch:
    """The member with what follows from its flags: state, stalled or not, the lines about it."""
    state = saved.launch_state
    if state is None:
        flags = MemberStateFacts(
            skipped=member.skipped_for_launch is True,
            failed=member.hard_failure,
            confirmed=member.bootstrap_confirmed,
            permission_pending=member.pending_permission_request_ids is not None,
            alive=member.runtime_alive,
            accepted=member.agent_tool_accepted,
        )
        state = judge.decide(decisions.MEMBER_STATE, flags, member.name).launch_state
    facts = StalledFacts(
        reported=saved.bootstrap_stalled is True,
        provider=member.provider_id,
        lane_kind=member.lane_kind,
        lane_owner=member.lane_owner_provider_id,
        launch_state=state,
        confirmed=member.bootstrap_confirmed,
        failed=member.hard_failure,
        alive=member.runtime_alive,
        runtime_pid=member.runtime_pid,
        runtime_session=member.runtime_session_id,
        liveness_kind=member.liveness_kind,
    )
    stalled = judge.decide(decisions.STALLED, facts, member.name).stalled
    judged = {"launch_state": state, "bootstrap_stalled": stalled or None}
    if saved.diagnostics:
        return member_like(member, **judged, diagnostics=saved.diagnostics)
    member = member_like(member, **judged)
    return member_like(member, diagnostics=diagnose(judge, member, member.name))


def _sources(raw: dict[str, Any] | None, *, alive: bool) -> Sources | None:
    """The seven flags; absent when none of them is true."""
    if raw is None:
        return None
    saved = _read_sources(raw)
    flags = Sources(
        inbox_heartbeat=saved.inbox_heartbeat is True,
        native_heartbeat=saved.native_heartbeat is True,
        process_alive=(saved.process_alive is True) if alive else None,
        config_registered=saved.config_registered is True,
        config_drift=saved.config_drift is True,
        hard_failure_signal=saved.hard_failure_signal is True,
        duplicate_respawn_blocked=saved.duplicate_respawn_blocked is True,
    )
    return flags if True in _values(flags) else None


def _values(record: object) -> tuple[Any, ...]:
    return tuple(getattr(record, name) for name in record.__slots__ if name != "__weakref__")  # type: ignore[attr-defined]  # attrs classes are slotted


def _identity(raw: dict[str, Any] | None, provider: Provider | None) -> LaunchIdentity | None:
    if raw is None:
        return None
    saved = _read_identity(raw)
    own = saved.provider_id or provider
    if own is None:
        return None
    return LaunchIdentity(
        provider_id=own,
        provider_backend_id=backend_of(own, saved.provider_backend),
        selected_model=saved.selected_model,
        selected_model_kind=saved.selected_model_kind or "default",
        resolved_launch_model=saved.resolved_launch_model,
        catalog_id=saved.catalog_id,
        catalog_source=saved.catalog_source or "unavailable",
        catalog_fetched_at=saved.catalog_fetched_at,
        selected_effort=saved.selected_effort,
        resolved_effort=saved.resolved_effort,
        selected_fast_mode=saved.selected_fast_mode,
        resolved_fast_mode=saved.resolved_fast_mode,
        fast_resolution_reason=saved.fast_resolution_reason,
        billing_mode=saved.billing_mode,
    )


def _candidate(raw: dict[str, Any] | None) -> BootstrapCandidate | None:
    """The candidate when everything that it must say is said."""
    if raw is None:
        return None
    saved = _read_candidate(raw)
    *needed, _model, _agent = _values(saved)
    return None if None in needed else BootstrapCandidate(*_values(saved))


# -- The legacy marker -----------------------------------------------------------------------------


def _snapshot_of_marker(
    judge: Judge, team: str, marker: LegacyMarker, now: str
) -> LaunchSnapshot | None:
    expected, missing = marker.expected_members, marker.missing_members
    if expected is None or missing is None:
        return None
    confirmed = marker.confirmed_members or ()
    updated_at = now if marker.updated_at is None else marker.updated_at
    members = {
        name: _marked_member(
            judge, name, updated_at, missing=name in missing, confirmed=name in confirmed
        )
        for name in expected
    }
    return complete_snapshot(
        judge,
        team_name=team,
        updated_at=updated_at,
        launch_phase=cast(
            "LaunchPhase", judge.policy.param(decisions.LEGACY_MEMBER, "launch_phase")
        ),
        expected=expected,
        members=members,
        lead_session_id=marker.lead_session_id,
    )


def _marked_member(
    judge: Judge, name: str, updated_at: str, *, missing: bool, confirmed: bool
) -> MemberLaunch:
    facts = LegacyMemberFacts(missing, confirmed)
    verdict = judge.decide(decisions.LEGACY_MEMBER, facts, name)
    member = MemberLaunch(
        name=name,
        launch_state=walk(judge, verdict.events, name),
        agent_tool_accepted=verdict.accepted,
        bootstrap_confirmed=verdict.confirmed,
        hard_failure=verdict.failed,
        hard_failure_reason=verdict.reason,
        last_evaluated_at=updated_at,
    )
    return member_like(member, diagnostics=diagnose(judge, member, name))


# -- Findings --------------------------------------------------------------------------------------


def snapshot_findings(document: object) -> Iterator[Finding]:
    """What is wrong with a launcher's record, field by field."""
    if not isinstance(document, dict):
        yield misfit(LAUNCH_FILE, "$", document, "an object")
    elif document.get("state") == _LEGACY_STATE:
        yield from _marker_findings(document)
    elif isinstance(document.get("version"), bool) or document.get("version") != _VERSION:
        expected = "the number 2, or `state` partial_launch_failure"
        yield misfit(LAUNCH_FILE, "$.version", document.get("version"), expected)
    else:
        yield from findings_of(SavedSnapshot, document, LAUNCH_FILE, "$")
        members = document.get("members")
        for key, raw in (members if isinstance(members, dict) else {}).items():
            yield from _member_findings(f"$.members[{shown(key)}]", raw)


def _marker_findings(document: dict[str, Any]) -> Iterator[Finding]:
    yield from findings_of(LegacyMarker, document, LAUNCH_FILE, "$")
    for key in ("expectedMembers", "missingMembers"):
        names = document.get(key, [])
        if isinstance(names, list) and TRIMMED_TEXTS.read(names) is None:
            yield Finding(LAUNCH_FILE, f"$.{key}", "no name", "at least one: else it marks nothing")


def _member_findings(path: str, raw: object) -> Iterator[Finding]:
    if not isinstance(raw, dict):
        yield misfit(LAUNCH_FILE, path, raw, "an object")
        return
    yield from findings_of(SavedMember, raw, LAUNCH_FILE, path)
    inner = {
        "launchIdentity": SavedIdentity,
        "appManagedBootstrapCandidate": SavedCandidate,
        "sources": SavedSources,
    }
    for key, cls in inner.items():
        if isinstance(raw.get(key), dict):
            # An identity says of what it does not know that it is null.
            told = {name: value for name, value in raw[key].items() if value is not None}
            fields = told if cls is SavedIdentity else raw[key]
            yield from findings_of(cls, fields, LAUNCH_FILE, f"{path}.{key}")

"""The launcher's own record of a launch, `launch-state.json`: read, checked and written (§10)."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, Final, cast

from launchfsm.decisions.members import LEGACY_MEMBER, LIVENESS, MEMBER_STATE, STALLED
from launchfsm.decisions.present import LEAD
from launchfsm.ecma.json import json_bytes, parse_json
from launchfsm.ecma.text import trim
from launchfsm.engine.engine import Engine
from launchfsm.errors import LaunchfsmError
from launchfsm.evaluation.causes import reason_text
from launchfsm.evaluation.members import (
    ASKED_OF_ALL,
    Counts,
    MemberResult,
    complete_member,
    complete_snapshot,
    decide_about,
    diagnose,
    member_facts_of,
    walk,
)
from launchfsm.records.documents import LARGEST_FILE
from launchfsm.records.fields import OBJECT
from launchfsm.records.names import is_lead, is_member, member_names
from launchfsm.records.results import (
    LAUNCH_VERSION,
    LEGACY_STATE,
    LaunchSnapshot,
    LegacyMarker,
    MemberLaunch,
    read_marker,
    read_member,
    read_snapshot_fields,
)
from launchfsm.records.wire import to_wire
from launchfsm.vocabulary import LaunchPhase, LaunchState


def snapshot_of_document(
    engine: Engine, team: str, document: object, *, now: str, without: frozenset[str] = frozenset()
) -> LaunchSnapshot | None:
    """The launch as the launcher's own record, JSON of any type, tells it (§10).

    `team` is the name of the team's folder, `now` a text, and `without` are names in lower case
    that it is told without. `None` when the document is of neither form.
    """
    if not isinstance(document, dict):
        return None
    if document.get("state") == LEGACY_STATE:
        marker = read_marker(document)
        if marker is None:
            return None
        return _snapshot_of_marker(engine, team, marker, now, without)
    if document.get("version") != LAUNCH_VERSION:
        return None
    return _snapshot_of_record(engine, team, read_snapshot_fields(document), now, without)


# -- Version 2 -------------------------------------------------------------------------------------


def _snapshot_of_record(
    engine: Engine, team: str, said: dict[str, Any], now: str, without: frozenset[str]
) -> LaunchSnapshot:
    updated_at = said.get("updated_at") or now
    # A record that does not say is of a launch nobody is running any more.
    launch_phase: LaunchPhase = said.get("launch_phase") or "finished"
    records: dict[str, dict[str, Any]] = {}
    for key, raw in said.get("members", {}).items():
        name = trim(key)
        found = OBJECT.read(raw)
        if found is None or (without and name.lower() in without):
            continue
        counts = is_member(name)
        if is_lead(name):
            lead = MemberLaunch.of(read_member(found) | {"name": name})
            counts = decide_about(engine, LEAD, lead).counts
        if counts:
            records[name] = found

    def complete(name: str, *, expected: bool) -> MemberResult:
        return complete_record(
            engine, name, records[name], launch_phase, updated_at, expected=expected
        )

    return complete_snapshot(
        engine,
        team_name=said.get("team_name") or team,
        updated_at=updated_at,
        launch_phase=launch_phase,
        expected=member_names(said.get("expected_members", ()), without),
        recorded=records,
        complete=complete,
        bootstrap_expected=member_names(said.get("bootstrap_expected_members", ()), without),
        lead_session_id=said.get("lead_session_id"),
        publication_run_id=said.get("publication_run_id"),
    )


_ASKED: Final = (MEMBER_STATE, STALLED, *ASKED_OF_ALL)
_facts_of: Final = member_facts_of(*_ASKED)[1]


def complete_record(
    engine: Engine,
    name: str,
    raw: dict[str, Any],
    launch_phase: LaunchPhase,
    updated_at: str,
    *,
    expected: bool,
) -> MemberResult:
    """A member, by its trimmed name, as a launcher recorded it, completed (§5, §10).

    `updated_at` is when the record was written: it stands in for a date that the member lacks.
    """
    fields = read_member(raw)
    fields["name"] = name
    fields.setdefault("last_evaluated_at", updated_at)
    said, state = MemberLaunch.of(fields), fields.get("launch_state")
    alike = (  # all that the answer depends on, and what it may replace
        "launcher members",
        launch_phase,
        expected,
        state,
        *_facts_of(said),
        said.skipped_for_launch,
        said.bootstrap_stalled,
        said.sources,
        said.lane_id is not None,
        said.runtime_session_id is not None,
        said.diagnostics is not None,
    )

    def changes_and_counts() -> tuple[dict[str, Any], Counts]:
        judged = _judged(engine, said, state)
        found = complete_member(engine, judged, launch_phase, expected=expected)
        before, after = said.__dict__, found.member.__dict__
        changes = {field: value for field, value in after.items() if value is not before[field]}
        return changes, found.counts

    changes, counts = engine.cached(alike, name, changes_and_counts, asks=_ASKED)
    return MemberResult(MemberLaunch.of(fields | changes), counts)


def _judged(engine: Engine, said: MemberLaunch, state: LaunchState | None) -> MemberLaunch:
    """A member as its record means it: its flags, its state, stalled or not, the lines about it.

    `state` is the launch state that the record states, if it does.
    """
    skipped = said.is_skipped or state == "skipped_for_launch"
    confirmed = not skipped and (said.bootstrap_confirmed or state == "confirmed_alive")
    failed = not skipped and (said.hard_failure or state == "failed_to_start")
    accepted = not skipped and said.agent_tool_accepted
    alive = not skipped and decide_about(engine, LIVENESS, said, confirmed=confirmed).strong
    if state is None:
        state = decide_about(
            engine,
            MEMBER_STATE,
            said,
            skipped=skipped,
            failed=failed,
            confirmed=confirmed,
            permission_pending=said.pending_permission_request_ids is not None,
            alive=alive,
            accepted=accepted,
        ).launch_state
    stalled = decide_about(
        engine,
        STALLED,
        said,
        reported=said.is_stalled,
        launch_state=state,
        confirmed=confirmed,
        failed=failed,
        alive=alive,
        session=said.runtime_session_id is not None,
    ).stalled
    reason = said.hard_failure_reason if failed else None
    sources = said.sources
    if sources is not None and not alive:
        sources = sources.like(process_alive=None)
    if sources is not None and True not in vars(sources).values():
        sources = None
    judged = said.like(
        launch_state=state,
        skipped_for_launch=skipped,
        agent_tool_accepted=accepted,
        runtime_alive=alive,
        bootstrap_confirmed=confirmed,
        bootstrap_stalled=stalled or None,
        hard_failure=failed,
        hard_failure_reason=None if reason is None else reason_text(reason),
        sources=sources,
    )
    if said.diagnostics is not None:
        return judged
    return judged.like(diagnostics=diagnose(engine, judged))


# -- The legacy marker -----------------------------------------------------------------------------


def _snapshot_of_marker(
    engine: Engine, team: str, marker: LegacyMarker, now: str, without: frozenset[str]
) -> LaunchSnapshot:
    names = [name for name in marker.expected_members if name.lower() not in without]
    lost, confirmed = frozenset(marker.missing_members), frozenset(marker.confirmed_members)
    updated_at = now if marker.updated_at is None else marker.updated_at
    launch_phase = cast("LaunchPhase", engine.policy.param(LEGACY_MEMBER, "launch_phase"))

    def complete(name: str, *, expected: bool) -> MemberResult:
        member = MemberLaunch(name)
        verdict = decide_about(
            engine, LEGACY_MEMBER, member, missing=name in lost, confirmed=name in confirmed
        )
        member = member.like(
            launch_state=walk(engine, verdict.events, name),
            agent_tool_accepted=verdict.accepted,
            bootstrap_confirmed=verdict.confirmed,
            hard_failure=verdict.failed,
            hard_failure_reason=verdict.reason,
            last_evaluated_at=updated_at,
        )
        told = member.like(diagnostics=diagnose(engine, member))
        return complete_member(engine, told, launch_phase, expected=expected)

    return complete_snapshot(
        engine,
        team_name=team,
        updated_at=updated_at,
        launch_phase=launch_phase,
        expected=names,
        recorded=names,
        complete=complete,
        lead_session_id=marker.lead_session_id,
    )


# -- Saving ----------------------------------------------------------------------------------------


class SnapshotRefusedError(LaunchfsmError, ValueError):
    """A snapshot must not be saved where it was to go: the message says why and what to do."""


def snapshot_bytes(engine: Engine, team: str, snapshot: LaunchSnapshot, *, now: str) -> bytes:
    """A snapshot as JSON that a reader takes for the same snapshot, or `SnapshotRefusedError`.

    That of a bootstrap says less than the form of a launcher's record does: there an unknown
    source is `false`, a member that nobody skipped says so, and one of whom nothing is told is
    told of by what it is (§10). So it is written as it is read, which adds these and loses nothing.
    """
    if snapshot.team_name != team:
        raise SnapshotRefusedError(
            f"this is a snapshot of team {snapshot.team_name!r} and would be saved as that of "
            f"{team!r}; save it in its own team's folder"
        )
    said = parse_json(json_bytes(to_wire(snapshot)))
    read = to_wire(snapshot_of_document(engine, team, said, now=now))
    data = json_bytes(read)
    if len(data) > LARGEST_FILE:
        raise SnapshotRefusedError(
            f"the snapshot takes {len(data)} bytes and readers read at most {LARGEST_FILE}; "
            "shorten its diagnostics or split the team"
        )
    lost = [*_lost(said, read, "$")]
    if lost:
        raise SnapshotRefusedError(
            f"the snapshot would not read back equal: {', '.join(lost)}; "
            "save what parse_launch_snapshot makes of it"
        )
    return data


def _lost(said: object, read: object, path: str) -> Iterator[str]:
    """The JSON paths at which a document says what another one does not."""
    unsaid = said == [] or (said is False and read is None)
    if isinstance(said, dict) and isinstance(read, dict):
        for key, value in said.items():
            yield from _lost(value, read.get(key), f"{path}.{key}")
    elif isinstance(said, dict):  # all of it is gone, which is one loss if it says anything
        if any([*_lost(value, None, path)] for value in said.values()):
            yield path
    elif said != read and not unsaid:
        yield path

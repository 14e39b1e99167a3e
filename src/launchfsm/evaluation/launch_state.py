"""The launcher's own record of a launch, `launch-state.json`: read, checked and written (§10)."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final, cast

from launchfsm.decisions import catalogue
from launchfsm.decisions.facts import LegacyMemberFacts
from launchfsm.decisions.present import LEAD, LeadFacts
from launchfsm.ecma.json import json_bytes, parse_json
from launchfsm.ecma.text import is_blank, trim
from launchfsm.evaluation.bootstrap import complete_snapshot
from launchfsm.evaluation.launch_members import SavedMembers, read_fields
from launchfsm.evaluation.members import KnownMembers, diagnose, member_like, walk
from launchfsm.evaluation.names import is_lead, is_member
from launchfsm.records.documents import LARGEST_FILE, LAUNCH_FILE
from launchfsm.records.fields import (
    OBJECT,
    TRIMMED_TEXTS,
    Finding,
    findings_of,
    reader_of,
    shown,
    type_error,
)
from launchfsm.records.launch_state import (
    LegacyMarker,
    SavedCandidate,
    SavedIdentity,
    SavedMember,
    SavedSnapshot,
    SavedSources,
)
from launchfsm.records.results import LaunchSnapshot, MemberLaunch
from launchfsm.records.wire import to_wire

if TYPE_CHECKING:
    from collections.abc import Iterator

    from launchfsm.engine.engine import Engine
    from launchfsm.vocabulary import LaunchPhase

LAUNCH_VERSION: Final = 2
_LEGACY_STATE: Final = "partial_launch_failure"

_read_snapshot = reader_of(SavedSnapshot)
_read_marker = reader_of(LegacyMarker)


def snapshot_of_document(
    engine: Engine,
    team: str,
    document: object,
    *,
    now: str,
    without: frozenset[str] = frozenset(),
) -> LaunchSnapshot | None:
    """The launch as the launcher's own record tells it (§10).

    Args:
        engine: Applies the policy.
        team: The name of the team's folder.
        document: The parsed JSON, of any type.
        now: The time of the evaluation, as a text.
        without: Names, in lower case, that it is told without.

    Returns:
        The snapshot; `None` when the document is of neither form.
    """
    if not isinstance(document, dict):
        return None
    if document.get("state") == _LEGACY_STATE:
        return _snapshot_of_marker(engine, team, _read_marker(document), now, without)
    if document.get("version") != LAUNCH_VERSION:
        return None
    return _snapshot_of_record(engine, team, _read_snapshot(document), now, without)


# -- Version 2 -------------------------------------------------------------------------------------


def _snapshot_of_record(
    engine: Engine, team: str, record: SavedSnapshot, now: str, without: frozenset[str]
) -> LaunchSnapshot:
    updated_at = record.updated_at or now
    # A record that does not say is of a launch nobody is running any more.
    launch_phase = record.launch_phase or "finished"
    members: dict[str, dict[str, Any]] = {}
    for key, raw in (record.members or {}).items():
        name = trim(key)
        found = OBJECT.read(raw)
        if found is None or (without and name.lower() in without):
            continue
        if is_member(name) or (is_lead(name) and _counts(engine, name, found)):
            members[name] = found
    return complete_snapshot(
        engine,
        team_name=record.team_name or team,
        updated_at=updated_at,
        launch_phase=launch_phase,
        expected=_kept(record.expected_members or (), without),
        members=members,
        settler=SavedMembers(engine, launch_phase, updated_at),
        bootstrap_expected=_kept(record.bootstrap_expected_members or (), without),
        lead_session_id=record.lead_session_id,
        publication_run_id=record.publication_run_id,
    )


def _counts(engine: Engine, name: str, raw: dict[str, Any]) -> bool:
    """Whether a lead's record counts as a member's."""
    saved = SavedMember(**read_fields(raw))
    facts = LeadFacts(
        saved.provider_id, saved.lane_kind, saved.lane_owner_provider_id, saved.lane_id
    )
    return engine.decide(LEAD, facts, name).counts


def _kept(names: tuple[str, ...], without: frozenset[str]) -> tuple[str, ...]:
    """The names that a launch is told with."""
    if not without:
        return names
    return tuple([name for name in names if trim(name).lower() not in without])


# -- The legacy marker -----------------------------------------------------------------------------


def _snapshot_of_marker(
    engine: Engine, team: str, marker: LegacyMarker, now: str, without: frozenset[str]
) -> LaunchSnapshot | None:
    expected, missing = marker.expected_members, marker.missing_members
    if expected is None or missing is None:
        return None
    expected = _kept(expected, without)
    lost, confirmed = frozenset(missing), frozenset(marker.confirmed_members or ())
    updated_at = now if marker.updated_at is None else marker.updated_at
    members = {
        name: _marked_member(
            engine, name, updated_at, missing=name in lost, confirmed=name in confirmed
        )
        for name in expected
    }
    launch_phase = cast("LaunchPhase", engine.policy.param(catalogue.LEGACY_MEMBER, "launch_phase"))
    return complete_snapshot(
        engine,
        team_name=team,
        updated_at=updated_at,
        launch_phase=launch_phase,
        expected=expected,
        members=members,
        settler=KnownMembers(engine, launch_phase),
        lead_session_id=marker.lead_session_id,
    )


def _marked_member(
    engine: Engine, name: str, updated_at: str, *, missing: bool, confirmed: bool
) -> MemberLaunch:
    facts = LegacyMemberFacts(missing, confirmed)
    verdict = engine.decide(catalogue.LEGACY_MEMBER, facts, name)
    member = MemberLaunch(
        name=name,
        launch_state=walk(engine, verdict.events, name),
        agent_tool_accepted=verdict.accepted,
        bootstrap_confirmed=verdict.confirmed,
        hard_failure=verdict.failed,
        hard_failure_reason=verdict.reason,
        last_evaluated_at=updated_at,
    )
    return member_like(member, diagnostics=diagnose(engine, member, name))


def is_undated(document: object) -> bool:
    """Whether a launcher's record does not say when it was written."""
    updated_at = document.get("updatedAt") if isinstance(document, dict) else None
    return not isinstance(updated_at, str) or is_blank(updated_at)


# -- Findings --------------------------------------------------------------------------------------


def snapshot_findings(document: object) -> Iterator[Finding]:
    """What is wrong with a launcher's record, field by field."""
    if not isinstance(document, dict):
        yield type_error(LAUNCH_FILE, "$", document, "an object")
    elif document.get("state") == _LEGACY_STATE:
        yield from _marker_findings(document)
    elif document.get("version") != LAUNCH_VERSION:
        expected = "the number 2, or `state` partial_launch_failure"
        yield type_error(LAUNCH_FILE, "$.version", document.get("version"), expected)
    else:
        yield from findings_of(SavedSnapshot, document, LAUNCH_FILE, "$")
        members = document.get("members")
        for key, raw in (members if isinstance(members, dict) else {}).items():
            yield from _member_findings(f"$.members[{shown(key)}]", raw)


def _marker_findings(document: dict[str, Any]) -> Iterator[Finding]:
    yield from findings_of(LegacyMarker, document, LAUNCH_FILE, "$")
    for key in ("expectedMembers", "missingMembers"):
        names = document.get(key)
        if names is None or (isinstance(names, list) and TRIMMED_TEXTS.read(names) is None):
            yield Finding(LAUNCH_FILE, f"$.{key}", "no name", "at least one: else it marks nothing")


def _member_findings(path: str, raw: object) -> Iterator[Finding]:
    if not isinstance(raw, dict):
        yield type_error(LAUNCH_FILE, path, raw, "an object")
        return
    yield from findings_of(SavedMember, raw, LAUNCH_FILE, path)
    inner = {
        "launchIdentity": SavedIdentity,
        "appManagedBootstrapCandidate": SavedCandidate,
        "sources": SavedSources,
    }
    for key, cls in inner.items():
        if isinstance(raw.get(key), dict):
            yield from findings_of(cls, raw[key], LAUNCH_FILE, f"{path}.{key}")


# -- Saving ----------------------------------------------------------------------------------------


class SnapshotRefusedError(ValueError):
    """A snapshot must not be saved where it was to go: the message says why and what to do."""


def snapshot_bytes(engine: Engine, team: str, snapshot: LaunchSnapshot, *, now: str) -> bytes:
    """A snapshot as JSON that a reader takes for the same snapshot.

    Args:
        engine: Applies the policy when the bytes are read back.
        team: The team whose folder they are for.
        snapshot: The snapshot.
        now: The time, as a text.

    Raises:
        SnapshotRefusedError: It is of another team, too large, or would not read back equal.
    """
    if snapshot.team_name != team:
        raise SnapshotRefusedError(
            f"this is a snapshot of team {snapshot.team_name!r} and would be saved as that of "
            f"{team!r}; save it in its own team's folder"
        )
    data = json_bytes(to_wire(snapshot))
    if len(data) > LARGEST_FILE:
        raise SnapshotRefusedError(
            f"the snapshot takes {len(data)} bytes and readers read at most {LARGEST_FILE}; "
            "shorten its diagnostics or split the team"
        )
    read_back = snapshot_of_document(engine, team, parse_json(data), now=now)
    if read_back != snapshot:
        raise SnapshotRefusedError(
            "the snapshot would not read back equal: "
            f"{', '.join(_differences(to_wire(snapshot), to_wire(read_back), '$'))}; "
            "save what parse_launch_snapshot makes of it"
        )
    return data


def _differences(mine: object, theirs: object, path: str) -> Iterator[str]:
    """The JSON paths at which two documents differ."""
    if isinstance(mine, dict) and isinstance(theirs, dict):
        for key in sorted(mine.keys() | theirs.keys()):
            yield from _differences(mine.get(key), theirs.get(key), f"{path}.{key}")
    elif mine != theirs:
        yield path

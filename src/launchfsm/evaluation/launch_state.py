"""The launcher's own record of a launch, `launch-state.json`: read, checked and written (§10)."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, cast

import attrs

from launchfsm.decisions import catalogue
from launchfsm.decisions.facts import LegacyMemberFacts
from launchfsm.decisions.present import LEAD, LeadFacts
from launchfsm.ecma.json import json_bytes, parse_json
from launchfsm.ecma.text import is_blank, trim
from launchfsm.errors import LaunchfsmError
from launchfsm.evaluation.bootstrap import complete_snapshot
from launchfsm.evaluation.causes import decide_about
from launchfsm.evaluation.launch_members import LauncherMembers
from launchfsm.evaluation.members import KnownMembers, diagnose, walk
from launchfsm.records.documents import LARGEST_FILE
from launchfsm.records.fields import OBJECT
from launchfsm.records.launch_state import (
    LAUNCH_VERSION,
    LEGACY_STATE,
    LegacyMarker,
    read_marker,
    read_member_fields,
    read_snapshot_fields,
)
from launchfsm.records.names import is_lead, is_member
from launchfsm.records.results import LaunchSnapshot, MemberLaunch, Sources
from launchfsm.records.wire import to_wire

if TYPE_CHECKING:
    from collections.abc import Iterator

    from launchfsm.engine.engine import Engine
    from launchfsm.vocabulary import LaunchPhase


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
    if document.get("state") == LEGACY_STATE:
        return _snapshot_of_marker(engine, team, read_marker(document), now, without)
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
    members: dict[str, dict[str, Any]] = {}
    for key, raw in said.get("members", {}).items():
        name = trim(key)
        found = OBJECT.read(raw)
        if found is None or (without and name.lower() in without):
            continue
        if is_member(name) or (is_lead(name) and _counts(engine, name, found)):
            members[name] = found
    return complete_snapshot(
        engine,
        team_name=said.get("team_name") or team,
        updated_at=updated_at,
        launch_phase=launch_phase,
        expected=_kept(said.get("expected_members", ()), without),
        members=members,
        completer=LauncherMembers(engine, launch_phase, updated_at),
        bootstrap_expected=_kept(said.get("bootstrap_expected_members", ()), without),
        lead_session_id=said.get("lead_session_id"),
        publication_run_id=said.get("publication_run_id"),
    )


def _counts(engine: Engine, name: str, raw: dict[str, Any]) -> bool:
    """Whether a lead's record counts as a member's."""
    said = read_member_fields(raw).get
    facts = LeadFacts(
        said("provider_id"), said("lane_kind"), said("lane_owner_provider_id"), said("lane_id")
    )
    return decide_about(engine, LEAD, facts, name).counts


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
        completer=KnownMembers(engine, launch_phase),
        lead_session_id=marker.lead_session_id,
    )


def _marked_member(
    engine: Engine, name: str, updated_at: str, *, missing: bool, confirmed: bool
) -> MemberLaunch:
    facts = LegacyMemberFacts(missing, confirmed)
    verdict = decide_about(engine, catalogue.LEGACY_MEMBER, facts, name)
    member = MemberLaunch(
        name=name,
        launch_state=walk(engine, verdict.events, name),
        agent_tool_accepted=verdict.accepted,
        bootstrap_confirmed=verdict.confirmed,
        hard_failure=verdict.failed,
        hard_failure_reason=verdict.reason,
        last_evaluated_at=updated_at,
    )
    return member.like(diagnostics=diagnose(engine, member, name))


def is_undated(document: object) -> bool:
    """Whether a launcher's record does not say when it was written."""
    updated_at = document.get("updatedAt") if isinstance(document, dict) else None
    return not isinstance(updated_at, str) or is_blank(updated_at)


# -- Saving ----------------------------------------------------------------------------------------


class SnapshotRefusedError(LaunchfsmError, ValueError):
    """A snapshot must not be saved where it was to go: the message says why and what to do."""


def snapshot_bytes(engine: Engine, team: str, snapshot: LaunchSnapshot, *, now: str) -> bytes:
    """A snapshot as JSON that a reader takes for the same snapshot.

    That of a bootstrap says less than the form of a launcher's record does: there an unknown source
    is `false`, a member that nobody skipped says so, and one of whom nothing is told is told of by
    what it is (§10). So it is written, and reads back, with these filled in.

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
    read_back = snapshot_of_document(engine, team, parse_json(data), now=now)
    if read_back is not None:
        snapshot = _filled_in(snapshot, read_back)
        data = json_bytes(to_wire(snapshot))
    if len(data) > LARGEST_FILE:
        raise SnapshotRefusedError(
            f"the snapshot takes {len(data)} bytes and readers read at most {LARGEST_FILE}; "
            "shorten its diagnostics or split the team"
        )
    if read_back != snapshot:
        raise SnapshotRefusedError(
            "the snapshot would not read back equal: "
            f"{', '.join(_differences(to_wire(snapshot), to_wire(read_back), '$'))}; "
            "save what parse_launch_snapshot makes of it"
        )
    return data


def _filled_in(snapshot: LaunchSnapshot, form: LaunchSnapshot) -> LaunchSnapshot:
    """A snapshot with what only the form of a launcher's record says, where it does not differ."""
    members = dict(snapshot.members)
    for name, member in snapshot.members.items():
        read = form.members.get(name)
        if read is None:
            continue
        changes: dict[str, Any] = {}
        if not member.diagnostics:
            changes["diagnostics"] = read.diagnostics
        if not member.skipped_for_launch:
            changes["skipped_for_launch"] = read.skipped_for_launch
        if _true_flags(member.sources) == _true_flags(read.sources):
            changes["sources"] = read.sources
        members[name] = member.like(**changes)
    return snapshot.like(members=members)


def _true_flags(sources: Sources | None) -> set[str]:
    return (
        set() if sources is None else {key for key, flag in attrs.asdict(sources).items() if flag}
    )


def _differences(mine: object, theirs: object, path: str) -> Iterator[str]:
    """The JSON paths at which two documents differ."""
    if isinstance(mine, dict) and isinstance(theirs, dict):
        for key in sorted(mine.keys() | theirs.keys()):
            yield from _differences(mine.get(key), theirs.get(key), f"{path}.{key}")
    elif mine != theirs:
        yield path

"""Which run a team's folder is of, and whether somebody stopped the team.

`launch-freshness.json` names the run that was begun last, or says that a stop came last;
`launch-stopped.json` says when a person stopped the team.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Final, Literal

import attrs

from launchfsm.records.documents import Document, missing_findings, object_findings
from launchfsm.records.fields import (
    ISO_TIME,
    NON_EMPTY,
    TEXT,
    TRIMMED,
    VERSION_1,
    Finding,
    one_of,
    reader_of,
    type_error,
)

if TYPE_CHECKING:
    from collections.abc import Iterator

FRESHNESS_FILE: Final = "launch-freshness.json"
LARGEST_FRESHNESS: Final = 65_536
STOPPED_FILE: Final = "launch-stopped.json"
LARGEST_STOPPED: Final = 65_536


@attrs.frozen
class Freshness:
    """`launch-freshness.json`: which run was begun last, or that a stop came last.

    Attributes:
        version: 1.
        team_name: The team, exactly as its folder is called.
        kind: `launch` when a run was begun last, `stop` when the team was stopped since.
        run_id: The run that was begun; of a `launch`.
        stop_id: The stop; of a `stop`.
        stopped_run_id: The run that was stopped, when known; of a `stop`.
    """

    version: Annotated[int | None, VERSION_1] = None
    team_name: Annotated[str | None, TEXT] = None
    kind: Annotated[Literal["launch", "stop"] | None, one_of(("launch", "stop"))] = None
    run_id: Annotated[str | None, NON_EMPTY] = None
    stop_id: Annotated[str | None, NON_EMPTY] = None
    stopped_run_id: Annotated[str | None, TEXT] = None


@attrs.frozen
class StopMarker:
    """`launch-stopped.json`: a person stopped the team.

    Attributes:
        version: 1.
        team_name: The team, trimmed.
        stop_id: The stop; newer writers only.
        stopped_at: When, in ms since 1970; `None` when that is not recorded or not readable.
    """

    version: Annotated[int | None, VERSION_1] = None
    team_name: Annotated[str | None, TRIMMED] = None
    stop_id: Annotated[str | None, NON_EMPTY] = None
    stopped_at: Annotated[int | None, ISO_TIME] = None


_read_freshness = reader_of(Freshness)
_read_marker = reader_of(StopMarker)


def freshness_of(document: Document, team: str) -> Freshness | None:
    """The freshness of a team's folder; `None` when there is none that is valid for this team."""
    if not isinstance(document.value, dict):
        return None
    found = _read_freshness(document.value)
    named = found.stop_id if found.kind == "stop" else found.run_id
    known = found.version is not None and found.kind is not None and named is not None
    return found if known and found.team_name == team else None


def freshness_findings(document: Document, team: str) -> Iterator[Finding]:
    """What is wrong with a freshness; it counts as absent when it lacks what it must say."""
    yield from object_findings(Freshness, document, FRESHNESS_FILE)
    if isinstance(document.value, dict):
        named = "stopId" if document.value.get("kind") == "stop" else "runId"
        needed = ("version", "teamName", "kind", named)
        yield from missing_findings(document.value, needed, FRESHNESS_FILE)
        name = _read_freshness(document.value).team_name
        if name is not None and name != team:
            yield type_error(FRESHNESS_FILE, "$.teamName", name, f"the folder's name, {team!r}")


def stop_marker_of(document: Document, team: str) -> StopMarker | None:
    """The stop marker of a team's folder; `None` when there is none that is valid for this team."""
    if not isinstance(document.value, dict):
        return None
    found = _read_marker(document.value)
    return found if found.version is not None and found.team_name == team else None


def stop_marker_findings(document: Document, team: str) -> Iterator[Finding]:
    """What is wrong with a stop marker; of another version or team it counts as absent."""
    yield from object_findings(StopMarker, document, STOPPED_FILE)
    if isinstance(document.value, dict):
        yield from missing_findings(
            document.value, ("version", "teamName", "stoppedAt"), STOPPED_FILE
        )
        name = _read_marker(document.value).team_name
        if name is not None and name != team:
            yield type_error(STOPPED_FILE, "$.teamName", name, f"the folder's name, {team!r}")

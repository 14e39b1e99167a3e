"""Which run a team's folder is of, and whether somebody stopped the team.

`launch-freshness.json` names the run that was begun last, or says that a stop came last;
`launch-stopped.json` says when a person stopped the team.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Annotated, Final, Literal, TypeAlias

import attrs

from launchfsm.records.documents import Document, RecordFile
from launchfsm.records.fields import (
    ISO_TIME,
    NON_EMPTY,
    TEXT,
    TRIMMED,
    VERSION_1,
    Finding,
    needed,
    one_of,
    type_error,
)

_Kind: TypeAlias = Literal["launch", "stop"]


@attrs.frozen
class Freshness:
    """`launch-freshness.json`: which run was begun last, or that a stop came last.

    Attributes:
        team_name: The team, exactly as its folder is called.
        kind: `launch` when a run was begun last, `stop` when the team was stopped since.
        run_id: The run that was begun; of a `launch`.
        stop_id: The stop; of a `stop`.
        stopped_run_id: The run that was stopped, when known; of a `stop`.
    """

    version: Annotated[int | None, needed(VERSION_1)] = None
    team_name: Annotated[str | None, needed(TEXT)] = None
    kind: Annotated[_Kind | None, needed(one_of(_Kind))] = None
    run_id: Annotated[str | None, NON_EMPTY] = None
    stop_id: Annotated[str | None, NON_EMPTY] = None
    stopped_run_id: Annotated[str | None, TEXT] = None


@attrs.frozen
class StopMarker:
    """`launch-stopped.json`: a person stopped the team.

    Attributes:
        stop_id: The stop; newer writers only.
        stopped_at: When, in ms since 1970.
    """

    version: Annotated[int | None, needed(VERSION_1)] = None
    team_name: Annotated[str | None, needed(TRIMMED)] = None
    stop_id: Annotated[str | None, NON_EMPTY] = None
    stopped_at: Annotated[int | None, needed(ISO_TIME)] = None


FRESHNESS: Final = RecordFile("launch-freshness.json", 65_536, Freshness)
STOPPED: Final = RecordFile("launch-stopped.json", 65_536, StopMarker)


def freshness_of(document: Document, team: str) -> Freshness | None:
    """The freshness of a team's folder; `None` when there is none that is valid for this team."""
    found = FRESHNESS.read(document)
    if found is None or found.team_name != team:
        return None
    return None if (found.stop_id if found.kind == "stop" else found.run_id) is None else found


def stop_marker_of(document: Document, team: str) -> StopMarker | None:
    """The stop marker of a team's folder; `None` when there is none that is valid for this team."""
    found = STOPPED.read(document)
    return None if found is None or found.team_name != team else found


def freshness_findings(document: Document, team: str) -> Iterator[Finding]:
    """What is wrong with a freshness; it counts as absent when it lacks what it must say."""
    yield from FRESHNESS.findings(document)
    if isinstance(document.value, dict):
        key = "stopId" if document.value.get("kind") == "stop" else "runId"
        if document.value.get(key) is None:
            yield Finding(FRESHNESS.name, f"$.{key}", "nothing", NON_EMPTY.expected)
        yield from _team_findings(FRESHNESS.name, TEXT.read(document.value.get("teamName")), team)


def stop_marker_findings(document: Document, team: str) -> Iterator[Finding]:
    """What is wrong with a stop marker; of another version or team it counts as absent."""
    yield from STOPPED.findings(document)
    if isinstance(document.value, dict):
        yield from _team_findings(STOPPED.name, TRIMMED.read(document.value.get("teamName")), team)


def _team_findings(file: str, name: str | None, team: str) -> Iterator[Finding]:
    if name is not None and name != team:
        yield type_error(file, "$.teamName", name, f"the folder's name, {team!r}")

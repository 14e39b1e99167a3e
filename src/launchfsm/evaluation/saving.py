"""Saving: a snapshot as the bytes of `launch-state.json`, or why it must not be one (§10).

Here: what is refused, before anything is written. Not here: writing (`files.replace_file`), or
reading it back (`saved_snapshots`).
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from launchfsm.ecma.json import json_bytes, parse_json
from launchfsm.evaluation.launch_state import snapshot_of_document
from launchfsm.records.documents import LARGEST_FILE
from launchfsm.records.wire import to_wire

if TYPE_CHECKING:
    from collections.abc import Iterator

    from launchfsm.engine.engine import Engine
    from launchfsm.records.results import LaunchSnapshot


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

"""A pack of copies, taken when a launch failed: a folder under `launch-failure-artifacts/`.

A pack tells of its own moment, and perhaps of another machine: no pid in it says anything of a
process here and now.
"""

from __future__ import annotations

from collections.abc import Collection
from typing import Annotated, Any, Final

import attrs

from launchfsm.records.documents import (
    JOURNAL_FILE,
    LAUNCH_FILE,
    LOCK_FILE,
    STATE_FILE,
    RecordFile,
)
from launchfsm.records.fields import (
    FINITE,
    ISO_TIME,
    LIST,
    OBJECT,
    PID,
    TEXTS,
    TRIMMED,
    VERSION_1,
    record_of,
)

PACK_NAMES: Final = {
    STATE_FILE: STATE_FILE,
    LAUNCH_FILE: LAUNCH_FILE,
    JOURNAL_FILE: "bootstrap-journal.tail.jsonl",
    LOCK_FILE: "bootstrap-lock-metadata.json",
}
"""What a team's files are called in a pack."""

_CUT: Final = b"[truncated to last "


@attrs.frozen
class Classification:
    """What a pack's writer took for the cause, with its confidence from 0 to 1."""

    code: Annotated[str | None, TRIMMED] = None
    confidence: Annotated[float | None, FINITE] = None
    evidence: Annotated[tuple[str, ...] | None, TEXTS] = None


@attrs.frozen
class Manifest:
    """`manifest.json` of a pack.

    Attributes:
        created_at: When the pack was taken, in ms since 1970.
        started_at: When the launch began, in ms since 1970.
        reason: Why the pack was taken, such as `launch_progress_failed`.
        pid: The pid of the launched process, of the machine of then.
        member_spawn_statuses: The members as a roster showed them, by name.
    """

    version: Annotated[int | None, VERSION_1] = None
    created_at: Annotated[int | None, ISO_TIME] = None
    reason: Annotated[str | None, TRIMMED] = None
    team_name: Annotated[str | None, TRIMMED] = None
    run_id: Annotated[str | None, TRIMMED] = None
    started_at: Annotated[int | None, ISO_TIME] = None
    cwd: Annotated[str | None, TRIMMED] = None
    pid: Annotated[int | None, PID] = None
    provider_id: Annotated[str | None, TRIMMED] = None
    model: Annotated[str | None, TRIMMED] = None
    expected_members: Annotated[tuple[str, ...] | None, TEXTS] = None
    member_spawn_statuses: Annotated[dict[str, Any] | None, OBJECT] = None
    copied_files: Annotated[list[Any] | None, LIST] = None
    classification: Annotated[Classification | None, record_of(Classification)] = None


MANIFEST: Final = RecordFile("manifest.json", 2_097_152, Manifest)


def is_pack(names: Collection[str]) -> bool:
    """Whether a folder with these names is a pack, and so to be read under a pack's names."""
    if PACK_NAMES[JOURNAL_FILE] in names or PACK_NAMES[LOCK_FILE] in names:
        return True
    return MANIFEST.name in names and JOURNAL_FILE not in names


def journal_in_pack(data: bytes) -> bytes:
    """The lines of a copied journal: without the line that says that only its end was copied."""
    return data[data.find(b"\n") + 1 or len(data) :] if data.startswith(_CUT) else data

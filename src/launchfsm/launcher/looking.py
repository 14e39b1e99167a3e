"""Looking at a team's lock: is there one, who holds it, and does that process live.

Here: everything that can be said of a lock without touching it. Not here: taking it (``lock``).
"""

# Paths as plain text, as in ``files``:
# ruff: noqa: PTH118

from __future__ import annotations

import os
from typing import Any, Final

import attrs

from launchfsm.documents import LARGEST_LOCK, LOCK_FILE
from launchfsm.files import ReadProblem, read_bounded
from launchfsm.json_text import JsonError, parse_json
from launchfsm.launcher.holder import HolderVerdict, LockHolder, Place, holder_of, judge_holder
from launchfsm.processes import Processes, SystemProcesses
from launchfsm.timestamps import iso_from_ms

LOCK_FOLDER: Final = os.path.dirname(LOCK_FILE)  # noqa: PTH120 - a name inside the team's folder
_LOOKS: Final = 3


@attrs.frozen
class FoundLock:
    """A lock that is there.

    Attributes:
        holder: Its metadata; all fields are ``None`` where none could be read.
        verdict: Whether its holder lives.
    """

    holder: LockHolder
    verdict: HolderVerdict

    def text(self) -> str:
        """Say who holds it since when, as far as it says so."""
        holder = self.holder
        run = "" if holder.run_id is None else f" for the run {holder.run_id!r}"
        since = None if holder.created_at is None else iso_from_ms(holder.created_at)
        who = "it does not say who" if holder.pid is None else f"pid {holder.pid:.0f}{run}"
        return who if since is None else f"{who}, since {since}"


def find_lock(
    folder: str, *, processes: Processes | None = None, here: Place | None = None
) -> FoundLock | None:
    """Look at a team's lock without touching it.

    Args:
        folder: The team's folder.
        processes: Whom to ask about its holder; the system when ``None``.
        here: Where this process runs; found out when ``None``.

    Returns:
        The lock and whether its holder lives, or ``None`` when there is no lock.
    """
    found = read_metadata(folder)
    if found is None:
        return None
    if isinstance(found, str):
        return FoundLock(LockHolder(), HolderVerdict("unprovable", found))
    holder = holder_of(found)
    here = here or Place.here()
    return FoundLock(
        holder, judge_holder(holder, here=here, processes=processes or SystemProcesses())
    )


def read_metadata(folder: str) -> dict[str, Any] | str | None:
    """Return a lock's metadata, why there is none to use, or ``None`` when there is no lock.

    Args:
        folder: The team's folder.
    """
    read: bytes | ReadProblem = b""
    for _ in range(_LOOKS):  # it may be taken between the two looks, and then has metadata
        read = read_bounded(os.path.join(folder, LOCK_FILE), limit=LARGEST_LOCK)
        if not isinstance(read, ReadProblem) or read.outcome != "absent":
            break
        if not os.path.lexists(os.path.join(folder, LOCK_FOLDER)):
            return None
    if isinstance(read, ReadProblem):
        return f"its metadata cannot be read: {read.detail}"
    try:
        document = parse_json(read)
    except JsonError as error:
        return f"its metadata is damaged: {error}"
    return document if isinstance(document, dict) else "its metadata is damaged: it is no object"

"""The journal as it is written: one line a record, repaired after a crash, rotated in time.

- *Repair.* A crash can leave the last line torn. Before a run's first line it is cut off, or, if it
  is a whole record that lacks its line end only, given one. No earlier line is touched.
- *Rotation.* Readers take a journal of at most ``LARGEST_FILE`` bytes (§1 of the specification).
  A line that would take it past that replaces it by its own last half, with the line at its end.
- *Taking back.* A record that belongs to a change that then failed is cut off again.

Repair and rotation replace the file, so that whenever the process dies there is the old journal or
the new one. All of it happens under the run's lock; there is one writer.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from contextlib import suppress
from typing import Any, Final

from launchfsm.ecma.json import JsonError, json_bytes, parse_json
from launchfsm.records.documents import JOURNAL_FILE, LARGEST_FILE
from launchfsm.system.folders import Folder

_KEPT: Final = LARGEST_FILE // 2


def repair(team: Folder) -> None:
    """Make a team's journal end with a whole line, and small enough to be read; absent is fine.

    A journal that has another name as well (a hard link) is replaced by a copy of its own, so that
    what is appended does not show under the other name. An error leaves it as it was.
    """
    # The folder tells whether it is there: a disk that says so of a torn file would leave it torn.
    if JOURNAL_FILE not in team.names():
        return
    status, found = team.lstat(JOURNAL_FILE), _tail(team, LARGEST_FILE)
    repaired = repaired_tail(found)
    if repaired != found or status.st_size > LARGEST_FILE or status.st_nlink > 1:
        team.replace(JOURNAL_FILE, repaired)


def append(team: Folder, records: Iterable[Mapping[str, Any]], *, durable: bool) -> int:
    """Append records to a team's journal, all of them or none; return where, for ``take_back``."""
    lines = [json_bytes(record) for record in records]
    start, needed = _size(team), sum(len(line) + 1 for line in lines)
    if start + needed > LARGEST_FILE:
        kept = last_lines(_tail(team, _KEPT), LARGEST_FILE - needed)
        team.replace(JOURNAL_FILE, kept)
        start = len(kept)
    try:
        for line in lines:
            team.append_line(JOURNAL_FILE, line, durable=durable)
    except BaseException:
        with suppress(OSError):
            take_back(team, start)
        raise
    return start


def take_back(team: Folder, start: int) -> None:
    """Take back everything from a place on that ``append`` returned."""
    if _size(team) > start:  # cutting past the end would add zeros
        team.cut(JOURNAL_FILE, start)


def _size(team: Folder) -> int:
    try:
        return team.lstat(JOURNAL_FILE).st_size
    except FileNotFoundError:
        return 0


def _tail(team: Folder, limit: int) -> bytes:
    """Read what fits into ``limit`` bytes, from the beginning of a line on."""
    # One byte more tells whether the first line is whole.
    return last_lines(team.tail(JOURNAL_FILE, limit + 1).data, limit)


def repaired_tail(data: bytes) -> bytes:
    r"""Return the end of a journal with its last line whole.

    A last line without a line end is given one when it is a record, a JSON object, and is cut off
    otherwise: no beginning of a record is a record itself.
    """
    whole, line_end, rest = data.rpartition(b"\n")
    if not rest:
        return data
    try:
        is_record = isinstance(parse_json(rest), dict)
    except JsonError:
        is_record = False
    return data + b"\n" if is_record else whole + line_end


def last_lines(data: bytes, limit: int) -> bytes:
    r"""Return the end of a journal, at most ``limit`` bytes of it, from the beginning of a line on.

    What precedes the first line end in the cut is the rest of a line, whatever it looks like.
    """
    if len(data) <= limit:
        return data
    line_end = data.find(b"\n", len(data) - limit - 1)
    return b"" if line_end < 0 else data[line_end + 1 :]

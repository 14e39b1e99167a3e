"""The journal as it is written: one line a record, mended after a crash, rotated in time.

Appending is ``append_line`` of ``files``: one write a line. What comes on top:

- *Mending.* A crash can leave the last line torn. Before a run's first line it is cut off, or, if
  it is a whole record that lacks its line end only, given one. No earlier line is touched.
- *Rotation.* Readers take a journal of at most ``LARGEST_FILE`` bytes (§1 of the specification).
  A line that would take it past that replaces it by its own last half, with the line at its end.
- *Taking back.* A record that belongs to a change that then failed is cut off again.

Mending and rotating replace the file, so that whenever the process dies there is the old journal or
the new one. All of it happens under the run's lock; there is one writer.

Here: the bytes. Not here: which records there are (``steps``), or reading them (``documents``).
"""

# Paths as plain text, as in ``files``:
# ruff: noqa: PTH118

from __future__ import annotations

import os
from contextlib import suppress
from typing import TYPE_CHECKING, Any, Final

from launchfsm.ecma.json import JsonError, json_bytes, parse_json
from launchfsm.launcher.reading import read_end
from launchfsm.records.documents import JOURNAL_FILE, LARGEST_FILE
from launchfsm.system.files import append_line, replace_file

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from launchfsm.system.files import FileSystem

_KEPT: Final = LARGEST_FILE // 2
_WRITE: Final = os.O_WRONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC


class Journal:
    """A team's journal, for the holder of its lock.

    Args:
        folder: The team's folder.
        filesystem: The system calls to write with.
    """

    def __init__(self, folder: str, *, filesystem: FileSystem) -> None:
        self._path = os.path.join(folder, JOURNAL_FILE)
        self._filesystem = filesystem

    def mend(self) -> None:
        """Make the journal end with a whole line, and small enough to be read; absent is fine.

        Raises:
            OSError: It could not be read or replaced, and is as it was.
        """
        size = self._size()
        try:
            found = self._tail(LARGEST_FILE)
        except FileNotFoundError:
            if size > 0:  # it was there just now: unseen, its last line may be torn
                raise
            return
        mended = mended_tail(found)
        if mended != found or size > LARGEST_FILE:
            replace_file(self._path, mended, filesystem=self._filesystem)

    def append(self, records: Iterable[Mapping[str, Any]], *, durable: bool) -> int:
        """Append records, all of them or none.

        Args:
            records: JSON objects, one for each line.
            durable: Whether to wait for the disk.

        Returns:
            Where they begin, for ``cut``.

        Raises:
            OSError: They could not be appended; the journal ends as it did.
        """
        lines = [json_bytes(record) for record in records]
        start = self._make_room(sum(len(line) + 1 for line in lines))
        try:
            for line in lines:
                append_line(self._path, line, durable=durable, filesystem=self._filesystem)
        except BaseException:
            with suppress(OSError):
                self.cut(start)
            raise
        return start

    def cut(self, start: int) -> None:
        """Take back everything from a place on that ``append`` returned.

        Raises:
            OSError: It could not be cut, and still has what was to be taken back.
        """
        if self._size() <= start:
            return  # nothing is there to take back, and cutting past the end would add zeros
        descriptor = self._filesystem.open(self._path, _WRITE)
        try:
            self._filesystem.ftruncate(descriptor, start)
        finally:
            self._filesystem.close(descriptor)

    def _make_room(self, needed: int) -> int:
        """Return the journal's size, after rotating it if that and ``needed`` are too much."""
        size = self._size()
        if size + needed <= LARGEST_FILE:
            return size
        kept = last_lines(self._tail(_KEPT), LARGEST_FILE - needed)
        replace_file(self._path, kept, filesystem=self._filesystem)
        return len(kept)

    def _size(self) -> int:
        try:
            return self._filesystem.lstat(self._path).st_size
        except FileNotFoundError:
            return 0

    def _tail(self, limit: int) -> bytes:
        """Read what fits into ``limit`` bytes, from the end of a line on."""
        # One byte more tells whether the first line is whole.
        found, _ = read_end(self._path, limit + 1, filesystem=self._filesystem)
        return last_lines(found, limit)


def mended_tail(data: bytes) -> bytes:
    r"""Return the end of a journal with its last line whole.

    A last line without a line end is given one when it is a record, a JSON object, and is cut off
    otherwise: no beginning of a record is a record itself.
    """
    whole, line_end, rest = data.rpartition(b"\n")
    if not rest:
        return data
    return data + b"\n" if _is_record(rest) else whole + line_end


def last_lines(data: bytes, limit: int) -> bytes:
    r"""Return the end of a journal, at most ``limit`` bytes of it, from the beginning of a line on.

    What precedes the first line end in the cut is the rest of a line, whatever it looks like.
    """
    if len(data) <= limit:
        return data
    line_end = data.find(b"\n", len(data) - limit - 1)
    return b"" if line_end < 0 else data[line_end + 1 :]


def _is_record(line: bytes) -> bool:
    try:
        return isinstance(parse_json(line), dict)
    except JsonError:
        return False

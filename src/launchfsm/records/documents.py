"""A team's files: which there are, their bounds, a file as a JSON document, and its record (§1)."""

from __future__ import annotations

import codecs
import errno
import functools
import os
from collections.abc import Callable, Iterator
from typing import Any, Final, Generic, Literal, TypeAlias, TypeVar

import attrs

from launchfsm.ecma.json import JsonError, parse_json, parse_json_text
from launchfsm.records.fields import FieldType, Finding, misfits, object_of, usable_reader_of
from launchfsm.system.files import ABSENT_FILE, FileEnd, ReadProblem
from launchfsm.system.folders import Folder, FolderInMemory, Listing, open_folder

T = TypeVar("T")

STATE_FILE: Final = "bootstrap-state.json"
JOURNAL_FILE: Final = "bootstrap-journal.jsonl"
LOCK_FOLDER: Final = ".bootstrap.lock"
LOCK_FILE: Final = f"{LOCK_FOLDER}/metadata.json"
LAUNCH_FILE: Final = "launch-state.json"

# The reader's own protection, not a judgement: whoever may change policies must not be able to
# make an evaluation read without bound (§1).
LARGEST_FILE: Final = 262_144
LARGEST_LOCK: Final = 65_536
BOUNDS: Final = {
    STATE_FILE: LARGEST_FILE,
    JOURNAL_FILE: LARGEST_FILE,
    LOCK_FILE: LARGEST_LOCK,
    LAUNCH_FILE: LARGEST_FILE,
}

DocumentFault: TypeAlias = Literal["not_regular", "oversized", "invalid", "unsupported_version"]
"""Why a document that is there cannot be used."""


@attrs.define(eq=False)
class TeamFiles:
    """The bytes of a team's four files, or why there are none.

    `journal_end` holds the last bytes of a journal over its bound, when somebody asked for them.
    """

    state: bytes | ReadProblem
    journal: bytes | ReadProblem
    _lock: bytes | ReadProblem | Callable[[], bytes | ReadProblem]
    launch: bytes | ReadProblem
    journal_end: FileEnd | None = None

    @property
    def lock(self) -> bytes | ReadProblem:
        """`.bootstrap.lock/metadata.json`, which few ask for: it may be read when they do."""
        if callable(self._lock):
            self._lock = self._lock()
        return self._lock

    @property
    def journal_lines(self) -> bytes | ReadProblem:
        """The journal, or the whole lines of its end."""
        return self.journal if self.journal_end is None else self.journal_end.lines


_EMPTY: Final = Listing()
_NOT_LISTED: Final = Listing(whole=False)


class TeamSource:
    """Where a team's files are read from; never raises for anything that stands there.

    What was read is `kept` by its path below the folder, and `resolved` is where absolute paths lie
    below it, so that both can be told again somewhere else. `folder` is its content in memory.
    """

    def __init__(self, path: str, folder: FolderInMemory | None = None) -> None:
        self.path = path
        self.kept: dict[str, bytes | FileEnd | ReadProblem] = {}
        self.listed = _EMPTY
        self.resolved: dict[str, str | None] = {}
        self._folder = folder

    def read_team(self, *, listing: bool = False) -> TeamFiles:
        """Read a team's four files, the lock once asked for; list the folder if that is asked."""
        found = self._in_folder(lambda folder: self._read_team(folder, listing=listing))
        if isinstance(found, ReadProblem):
            self.kept.update(dict.fromkeys(BOUNDS, found))
            return TeamFiles(found, found, found, found)
        return found

    def _read_team(self, folder: Folder | FolderInMemory, *, listing: bool) -> TeamFiles:
        state = folder.read(STATE_FILE, limit=LARGEST_FILE)
        journal = folder.read(JOURNAL_FILE, limit=LARGEST_FILE)
        listed = _NOT_LISTED
        if listing:  # then nothing is opened that is not there
            listed = self.listed = folder.listing()
        launch: bytes | ReadProblem = ABSENT_FILE
        lock: ReadProblem | Callable[[], bytes | ReadProblem] = ABSENT_FILE
        if listed.may_have(LAUNCH_FILE):
            launch = folder.read(LAUNCH_FILE, limit=LARGEST_FILE)
        if listed.may_have(LOCK_FOLDER):
            lock = functools.partial(self.read, LOCK_FILE, limit=LARGEST_LOCK)
        self.kept |= {STATE_FILE: state, JOURNAL_FILE: journal, LAUNCH_FILE: launch}
        return TeamFiles(state, journal, lock, launch)

    def read(self, name: str, *, limit: int) -> bytes | ReadProblem:
        """Read one file as `read_team` does."""
        found = self._in_folder(lambda folder: folder.read(name, limit=limit))
        self.kept[name] = found
        return found

    def read_end(self, name: str, *, limit: int) -> FileEnd | ReadProblem:
        """Read the last bytes of one file, at most `limit` of them."""
        found = self._in_folder(lambda folder: folder.read_end(name, limit=limit))
        self.kept[name] = found
        return found

    def below(self, folder: str, path: str) -> str | None:
        """Where an absolute path lies below one of the team's folders, links resolved.

        `None` when it does not lie there, or is not absolute.
        """
        if not path.startswith("/") or "\0" in path:
            return None
        if path not in self.resolved:
            resolve = os.path.realpath if self._folder is None else os.path.normpath
            inside = resolve(os.path.join(self.path, folder))  # noqa: PTH118 - paths are plain text here
            found = os.path.relpath(resolve(path), inside)
            outside = found == os.curdir or found.split(os.sep, 1)[0] == os.pardir
            self.resolved[path] = None if outside else f"{folder}/{found}"
        return self.resolved[path]

    def _in_folder(self, read: Callable[[Folder | FolderInMemory], T]) -> T | ReadProblem:
        """Read something in the team's folder, or say why the folder cannot be opened."""
        if self._folder is not None:
            return read(self._folder)
        try:
            opened = open_folder(self.path)
        except FileNotFoundError:
            return ReadProblem("absent", "there is no such folder")
        except OSError as error:
            if error.errno in {errno.ENOTDIR, errno.ELOOP}:
                detail = "the team's folder is a link, or no folder at all"
                return ReadProblem("not_regular", detail)
            return ReadProblem("invalid", error.strerror or str(error))
        except ValueError as error:
            return ReadProblem("invalid", f"its path cannot name a file: {error}")
        with opened:
            return read(opened)


@attrs.define(eq=False)
class Document:
    """A document: its JSON, or the fault for which it cannot be used, with what was found in words.

    Neither is there when there is no such file.
    """

    value: Any = None
    fault: DocumentFault | None = None
    detail: str = ""


ABSENT: Final = Document()


def parse_document(read: bytes | ReadProblem) -> Document:
    """A file's JSON, or why there is none; a JSON `null` counts as invalid."""
    if isinstance(read, ReadProblem):
        return ABSENT if read.outcome == "absent" else Document(None, read.outcome, read.detail)
    try:
        value = parse_json(read)
    except JsonError as error:
        return Document(None, "invalid", encoding_fault(read) or str(error))
    if value is None:
        return Document(None, "invalid", "it says null")
    return Document(value)


def document_findings(
    document: Document, file: str, kind: FieldType, *, usable: str = "a readable JSON document"
) -> Iterator[Finding]:
    """What is wrong with a file that should be `usable` and hold a value of a type."""
    if document.fault is not None:
        yield Finding(file, "$", document.detail, usable)
    elif document.value is not None:
        yield from misfits(kind, document.value, file, "$")


@attrs.frozen(eq=False)
class RecordFile(Generic[T]):
    """A file that holds one object: its path below the team's folder, its bound, its record."""

    name: str
    limit: int
    record: type[T]
    _read: Callable[[object], T | None] = attrs.field(
        init=False,
        default=attrs.Factory(lambda self: usable_reader_of(self.record), True),  # noqa: FBT003 - takes_self
    )

    def read(self, document: Document) -> T | None:
        """The record; `None` without an object, or when a field is missing that it needs."""
        return self._read(document.value)

    def findings(self, document: Document) -> Iterator[Finding]:
        """What is wrong with the file, field by field; that it is absent is not wrong."""
        return document_findings(document, self.name, object_of(self.record))


def object_in(text: str) -> dict[str, Any] | None:
    """The JSON object that a trimmed text is; `None` when it is none."""
    if not text.startswith("{"):
        return None
    try:
        found: dict[str, Any] = parse_json_text(text)
    except JsonError:
        return None
    return found


def encoding_fault(data: bytes) -> str | None:
    """What is wrong with how a text is written, when it is not UTF-8 without a byte-order mark."""
    if data.startswith(codecs.BOM_UTF8):
        return "it begins with a byte-order mark: save it as UTF-8 without one"
    half_nul = len(data) > 1 and data[:2].count(0) == 1  # two are what a power cut may leave
    if data.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)) or half_nul:
        return "it is UTF-16: save it as UTF-8"
    return None

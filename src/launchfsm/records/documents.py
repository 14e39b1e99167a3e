"""Documents: from a team's folder to records, and what was wrong on the way (§1).

Here: which files there are and their bounds, bytes to records, the findings of each document.
Not here: reading a file at all (`files`), JSON (`json_text`), the type of each field (`shapes`),
what records mean (everything right of here), nor the launcher's own snapshot (`saved_records`).
"""

from __future__ import annotations

import codecs
import errno
from typing import TYPE_CHECKING, Any, Final, Literal, TypeAlias

import attrs

from launchfsm.decisions.facts import JournalFacts
from launchfsm.ecma.json import JsonError, parse_json, parse_json_text
from launchfsm.ecma.text import is_blank, read_finite, trim
from launchfsm.records.bootstrap import BootstrapState, LockRecord, MemberRecord, TerminalRecord
from launchfsm.records.fields import Finding, findings_of, reader_of, shown, type_error
from launchfsm.system.files import Folder, ReadProblem, open_folder

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

STATE_FILE: Final = "bootstrap-state.json"
JOURNAL_FILE: Final = "bootstrap-journal.jsonl"
LOCK_FILE: Final = ".bootstrap.lock/metadata.json"
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

_STATE_VERSION: Final = 1
_JSON_SPACE: Final = " \t\n\r"

_read_state = reader_of(BootstrapState)
_read_member = reader_of(MemberRecord)
_read_terminal = reader_of(TerminalRecord)
_read_journal_record = reader_of(JournalFacts)
_read_lock = reader_of(LockRecord)

_NOT_TERMINAL: Final = TerminalRecord()


@attrs.define(eq=False)
class TeamFiles:
    """The bytes of a team's four files, or why there are none.

    Attributes:
        state: `bootstrap-state.json`.
        journal: `bootstrap-journal.jsonl`.
        lock: `.bootstrap.lock/metadata.json`.
        launch: `launch-state.json`.
    """

    state: bytes | ReadProblem
    journal: bytes | ReadProblem
    lock: bytes | ReadProblem
    launch: bytes | ReadProblem


def read_team(folder: str) -> TeamFiles:
    """Read a team's four files, once each; never raises for anything that stands in the folder."""
    try:
        opened = open_folder(folder)
    except FileNotFoundError:
        problem = ReadProblem("absent", "there is no such folder")
    except OSError as error:
        link = error.errno in {errno.ENOTDIR, errno.ELOOP}
        problem = (
            ReadProblem("not_regular", "the team's folder is a link, or no folder at all")
            if link
            else ReadProblem("invalid", error.strerror or str(error))
        )
    except ValueError as error:
        problem = ReadProblem("invalid", f"its path cannot name a file: {error}")
    else:
        with opened:
            return read_files(opened)
    return TeamFiles(problem, problem, problem, problem)


def read_files(folder: Folder) -> TeamFiles:
    """Read the four files of a team's open folder, once each."""
    return TeamFiles(
        folder.read(STATE_FILE, limit=LARGEST_FILE),
        folder.read(JOURNAL_FILE, limit=LARGEST_FILE),
        folder.read(LOCK_FILE, limit=LARGEST_LOCK),
        folder.read(LAUNCH_FILE, limit=LARGEST_FILE),
    )


@attrs.define(eq=False)
class Document:
    """One document as far as it could be read.

    Attributes:
        value: The parsed JSON, `None` when there is none to use.
        fault: Why it cannot be used; `None` when it can, or when there is no such file.
        detail: What was found, for findings.
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


def object_findings(cls: type, document: Document, file: str) -> Iterator[Finding]:
    """What is wrong with a file that must hold one object, field by field; absent is not wrong."""
    if document.fault is not None:
        yield Finding(file, "$", document.detail, "a readable JSON document")
    elif document.value is not None and not isinstance(document.value, dict):
        yield type_error(file, "$", document.value, "an object")
    elif document.value is not None:
        yield from findings_of(cls, document.value, file, "$")


def member_findings(cls: type, document: Document, file: str) -> Iterator[Finding]:
    """What is wrong with the list `members` of a file's object, field by field."""
    members = document.value.get("members") if isinstance(document.value, dict) else None
    if members is None:
        return
    if not isinstance(members, list):
        yield type_error(file, "$.members", members, "a list of objects")
        return
    for index, raw in enumerate(members):
        path = f"$.members[{index}]"
        if not isinstance(raw, dict):
            yield type_error(file, path, raw, "an object")
            continue
        yield from findings_of(cls, raw, file, path)
        if raw.get("name") is None:
            yield Finding(file, f"{path}.name", "nothing", "a text that is not blank")


def missing_findings(raw: dict[str, Any], keys: Iterable[str], file: str) -> Iterator[Finding]:
    """The keys that a file's object needs and lacks."""
    for key in keys:
        if raw.get(key) is None:
            yield Finding(file, f"$.{key}", "nothing", f"{file} needs it")


def encoding_fault(data: bytes) -> str | None:
    """What is wrong with how a text is written, when it is not UTF-8 without a byte-order mark."""
    if data.startswith(codecs.BOM_UTF8):
        return "it begins with a byte-order mark: save it as UTF-8 without one"
    if data.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)) or b"\0" in data[:2]:
        return "it is UTF-16: save it as UTF-8"
    return None


# -- The bootstrap's state -------------------------------------------------------------------------


def parse_state_document(read: bytes | ReadProblem) -> Document:
    """`bootstrap-state.json`; without version 1 it is of an unsupported schema (§1)."""
    document = parse_document(read)
    if document.fault is not None or document.value is None:
        return document
    raw = document.value
    version = raw.get("version") if isinstance(raw, dict) else None
    if isinstance(version, bool) or version != _STATE_VERSION:
        return Document(None, "unsupported_version", f"its version is {shown(version)}")
    return document


def state_of(raw: dict[str, Any]) -> BootstrapState:
    """The record of a parsed state."""
    listed = raw.get("members")
    terminal = raw.get("terminal")
    if not isinstance(listed, list):
        listed = []
    return _read_state(
        raw,
        # To read thousands of objects of which none can be a member would take long.
        tuple(
            [
                _read_member(item)
                for item in listed
                if item.__class__ is dict and item.get("name").__class__ is str
            ]
        ),
        len(listed),
        _read_terminal(terminal) if isinstance(terminal, dict) else _NOT_TERMINAL,
    )


def state_findings(document: Document) -> Iterator[Finding]:
    """What is wrong with a state, field by field."""
    if document.fault is not None:
        yield Finding(STATE_FILE, "$", document.detail, "a readable version 1 document")
    raw = document.value
    if raw is None:
        return
    yield from findings_of(BootstrapState, raw, STATE_FILE, "$")
    terminal = raw.get("terminal")
    if isinstance(terminal, dict):
        yield from findings_of(TerminalRecord, terminal, STATE_FILE, "$.terminal")
    elif terminal is not None:
        yield type_error(STATE_FILE, "$.terminal", terminal, "an object")
    yield from member_findings(MemberRecord, document, STATE_FILE)


# -- The lock --------------------------------------------------------------------------------------


def lock_of(document: Document) -> LockRecord | None:
    """The lock's record when it is usable: a pid above 0 and a run's id (§8)."""
    if not isinstance(document.value, dict):
        return None
    lock = _read_lock(document.value)
    usable = lock.pid is not None and lock.pid > 0 and lock.run_id is not None
    return lock if usable else None


def lock_findings(document: Document) -> Iterator[Finding]:
    """What is wrong with a lock, field by field."""
    yield from object_findings(LockRecord, document, LOCK_FILE)
    if isinstance(document.value, dict):
        for key in ("pid", "runId"):
            if document.value.get(key) is None:
                yield Finding(LOCK_FILE, f"$.{key}", "nothing", "a lock names its pid and its run")
        pid = read_finite(document.value.get("pid"))
        if pid is not None and pid <= 0:
            yield type_error(LOCK_FILE, "$.pid", pid, "a number above 0")


# -- The journal -----------------------------------------------------------------------------------


@attrs.define(eq=False)
class JournalLines:
    """The last lines of a journal, parsed.

    Attributes:
        records: The lines that parse to an object, oldest first.
        lines: How many lines there are among the last ones, whatever they hold.
    """

    records: tuple[JournalFacts, ...]
    lines: int


def journal_of(data: bytes, recent: int) -> JournalLines:
    """The last `recent` lines that are not blank, each parsed alone (§9)."""
    lines = _last_lines(data, recent)
    values = [_parse_line(line) for line in lines]
    records = [_read_journal_record(value, None) for value in values if value.__class__ is dict]
    return JournalLines(tuple(records), len(lines))


def _last_lines(data: bytes, recent: int) -> list[bytes]:
    """From the end, so that a long journal costs no more than its last lines."""
    found: list[bytes] = []
    end = len(data) - data.endswith(b"\n")
    while end >= 0 and len(found) < recent:
        start = data.rfind(b"\n", 0, end) + 1
        line = data[start:end]
        end = start - 1
        if not line or line.isspace():  # and all like it before it at once: there may be thousands
            end = len(data[:start].rstrip()) or -1
        elif line.startswith(b"{") or not is_blank(line.decode("utf-8", "replace")):
            found.append(line)
    found.reverse()
    return found


def _parse_line(line: bytes) -> Any:
    """A line's value; `None` when it does not parse."""
    try:
        return parse_json(line)
    except JsonError:
        text = line.decode("utf-8", "replace")
    trimmed = trim(text)
    if trimmed == text.strip(_JSON_SPACE):
        return None
    try:  # what ECMAScript trims is more than what JSON takes for space
        return parse_json_text(trimmed)
    except JsonError:
        return None


def journal_findings(read: bytes | ReadProblem) -> Iterator[Finding]:
    """What is wrong with a journal, line by line; unlike the evaluation, in every line."""
    if isinstance(read, ReadProblem):
        if read.outcome != "absent":
            yield Finding(JOURNAL_FILE, "$", read.detail, "a readable journal")
        return
    fault = encoding_fault(read)
    if fault is not None and not read.startswith(codecs.BOM_UTF8):  # lines are trimmed of that one
        yield Finding(JOURNAL_FILE, "$", fault, "a readable journal")
        return
    for number, line in enumerate(read.split(b"\n"), start=1):
        text = trim(line.decode("utf-8", "replace"))
        if not text:
            continue
        path = f"line {number}: $"
        try:
            value = parse_json_text(text)
        except JsonError as error:
            yield Finding(JOURNAL_FILE, path, str(error), "a JSON object")
            continue
        if isinstance(value, dict):
            yield from findings_of(JournalFacts, value, JOURNAL_FILE, path)
        else:
            yield type_error(JOURNAL_FILE, path, value, "an object")

"""A journal as numbered records, and what is wrong with its lines.

An evaluation looks at the last few lines (§9); an audit reads all of them.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

import attrs

from launchfsm.audit.findings import AuditCode, Findings, found
from launchfsm.ecma.json import JsonError, parse_json_text
from launchfsm.ecma.text import is_blank, trim
from launchfsm.records.documents import JOURNAL_FILE
from launchfsm.records.fields import findings_of, shown
from launchfsm.records.journal import JournalRecord, numbered_lines, record_of
from launchfsm.system.files import FileEnd, ReadProblem
from launchfsm.vocabulary import JournalType

if TYPE_CHECKING:
    from collections.abc import Mapping

_HEAD: Final = ("ts", "runId")
# What a record needs to say something, and what it may add (§13).
_NEEDED: Final[Mapping[JournalType, tuple[str, ...]]] = {
    "phase": ("phase",),
    "lock": ("action",),
    "member": ("name", "action"),
    "terminal": ("status",),
    "real_task": ("state",),
}
_OPTIONAL: Final[Mapping[JournalType, tuple[str, ...]]] = {
    "phase": (),
    "lock": ("ownerPid",),
    "member": ("detail",),
    "terminal": ("reason",),
    "real_task": ("detail",),
}
_SHOWN_END: Final = 40


@attrs.frozen
class JournalLine:
    """A record of the journal that tells something.

    Attributes:
        number: The number of its line, from 1.
        type: What it tells of.
        record: Its fields.
        run: The run that wrote it, trimmed.
        gaps: How many lines before it could not be read.
    """

    number: int
    type: JournalType
    record: JournalRecord
    run: str
    gaps: int


@attrs.define
class JournalReading:
    """A journal, read to its end.

    Attributes:
        lines: The records that tell something, oldest first.
        gaps: How many lines could not be read.
        objects: How many lines hold a JSON object, whatever it tells.
        findings: What is wrong with the lines.
    """

    lines: list[JournalLine] = attrs.Factory(list)
    gaps: int = 0
    objects: int = 0
    findings: Findings = attrs.Factory(Findings)

    @property
    def empty(self) -> bool:
        """Whether there is nothing in it, not even damage."""
        return not self.objects and not self.gaps


def read_lines(read: bytes | FileEnd | ReadProblem) -> JournalReading:
    """Every line of a journal, whatever became of the file; of its end alone, every whole line."""
    reading = JournalReading()
    if isinstance(read, ReadProblem):
        if read.outcome != "absent":
            reading.gaps = 1
            reading.findings.add([found("unreadable-file", JOURNAL_FILE, read.detail)])
        return reading
    data = read if isinstance(read, bytes) else read.data
    if isinstance(read, FileEnd) and not read.whole:
        data = data.partition(b"\n")[2]
        message = f"it holds {read.size} bytes; lines are counted from its last {len(data)} on"
        reading.findings.add([found("journal-cut", JOURNAL_FILE, message)])
    last = data.count(b"\n") + 1
    for number, text in numbered_lines(data):
        _take_line(reading, number, text, last=number == last)
    return reading


def _take_line(reading: JournalReading, number: int, text: str, *, last: bool) -> None:
    raw = _object_of(text)
    if isinstance(raw, str):
        reading.gaps += 1
        _find(reading, "torn-line" if last else "unreadable-line", number, raw)
        return
    reading.objects += 1
    if last:
        _find(reading, "line-end-missing", number, "the record is whole, its line end is missing")
    _find_faults(reading, raw, number)
    told = _told(raw, number, reading.gaps)
    if told is not None:
        reading.lines.append(told)
    elif not _is_of_unknown_type(raw):
        reading.gaps += 1  # a step may have been told here, and nobody can say which


def _object_of(text: str) -> dict[str, Any] | str:
    """A line's object, or why it holds none."""
    if not text.startswith("{"):
        return f"it is no JSON object: {shown(text)}"
    if not text.endswith("}"):
        return f"it breaks off, and ends in {shown(text[-_SHOWN_END:])}"
    try:
        raw: dict[str, Any] = parse_json_text(text)
    except JsonError as error:
        return f"it is no JSON: {error.problem} (column {error.column})"
    return raw


def _told(raw: dict[str, Any], number: int, gaps: int) -> JournalLine | None:
    """What an object tells; `None` when it is not of a known type, or lacks what it needs."""
    record = record_of(raw, number)
    run = trim(record.run_id or "")
    if record.type is None or not run:
        return None
    needed = [raw.get(key) for key in _NEEDED[record.type]]
    told = all(isinstance(value, str) and not is_blank(value) for value in needed)
    return JournalLine(number, record.type, record, run, gaps) if told else None


# -- What is wrong with a record -------------------------------------------------------------------


def _find(
    reading: JournalReading, code: AuditCode, number: int, message: str, path: str | None = None
) -> None:
    if reading.findings.wants(code):
        reading.findings.keep(found(code, JOURNAL_FILE, message, line=number, path=path))


def _is_of_unknown_type(raw: dict[str, Any]) -> bool:
    word = raw.get("type")
    return isinstance(word, str) and word not in _NEEDED


def _find_faults(reading: JournalReading, raw: dict[str, Any], number: int) -> None:
    kind: Any = raw.get("type")
    if _is_of_unknown_type(raw):
        message = f"a record of the type {shown(kind)} tells of no step"
        _find(reading, "unknown-type", number, message, "$.type")
        return
    known = isinstance(kind, str)
    needed = ("type", *_HEAD, *(_NEEDED[kind] if known else ()))
    missing = [key for key in needed if raw.get(key) is None or _is_blank_text(raw[key])]
    if missing:
        _find(reading, "incomplete-record", number, f"it has no {', no '.join(missing)}")
    # Values that no reader uses. What may be left out, a reason or a detail, may be blank as well.
    keys = (*needed, *(_OPTIONAL[kind] if known else ()))
    judged = {key: raw[key] for key in keys if key in raw and not _is_blank_text(raw[key])}
    for fault in findings_of(JournalRecord, judged, JOURNAL_FILE, "$"):
        message = f"expected {fault.expected}, got {fault.got}"
        _find(reading, "wrong-type", number, message, fault.path)


def _is_blank_text(value: object) -> bool:
    return isinstance(value, str) and is_blank(value)

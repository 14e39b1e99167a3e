"""A journal as numbered records, and what is wrong with its lines.

An evaluation looks at the last few lines (§9); an audit reads all of them.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

import attrs

from launchfsm.audit.findings import Findings, found
from launchfsm.ecma.json import JsonError, parse_json_text
from launchfsm.ecma.text import is_blank
from launchfsm.records.documents import JOURNAL_FILE
from launchfsm.records.fields import findings_of, shown
from launchfsm.records.journal import JournalRecord, journal_record, named_run, numbered_lines
from launchfsm.system.files import FileEnd, ReadProblem

# What a record needs to say something, and what it may add (§13).
_FIELDS: Final[Mapping[str, tuple[tuple[str, ...], tuple[str, ...]]]] = {
    "phase": (("phase",), ()),
    "lock": (("action",), ("ownerPid",)),
    "member": (("name", "action"), ("detail",)),
    "terminal": (("status",), ("reason",)),
    "real_task": (("state",), ("detail",)),
}
_SHOWN_END: Final = 40


@attrs.define
class JournalReading:
    """A journal, read to its end, and what is wrong with its lines."""

    # Those that tell something, oldest first; before each, how many lines could not be read so far.
    records: list[tuple[int, JournalRecord]] = attrs.Factory(list)
    gaps: int = 0  # how many lines could not be read
    empty: bool = True  # whether there is nothing in it, not even damage
    findings: Findings = attrs.Factory(Findings)


def read_lines(read: bytes | FileEnd | ReadProblem) -> JournalReading:
    """Every line of a journal, whatever became of the file; of its end alone, every whole line."""
    reading = JournalReading()
    if isinstance(read, ReadProblem):
        if read.outcome != "absent":
            reading.gaps, reading.empty = 1, False
            reading.findings.add([found("unreadable-file", JOURNAL_FILE, read.detail)])
        return reading
    data = read if isinstance(read, bytes) else read.lines
    if isinstance(read, FileEnd) and not read.whole:
        message = f"it holds {read.size} bytes; lines are counted from its last {len(data)} on"
        reading.findings.add([found("journal-cut", JOURNAL_FILE, message)])
    last = data.count(b"\n") + 1
    for number, text in numbered_lines(data):
        reading.empty = False
        _take_line(reading, number, text, last=number == last)
    return reading


def _take_line(reading: JournalReading, number: int, text: str, *, last: bool) -> None:
    find = reading.findings.of_line
    raw = _object_of(text)
    if isinstance(raw, str):
        reading.gaps += 1
        find("torn-line" if last else "unreadable-line", raw, number)
        return
    if last:
        find("line-end-missing", "the record is whole, its line end is missing", number)
    kind: Any = raw.get("type")
    if isinstance(kind, str) and kind not in _FIELDS:
        message = f"a record of the type {shown(kind)} tells of no step"
        find("unknown-type", message, number, "$.type")
        return
    tells, may_tell = _FIELDS[kind] if isinstance(kind, str) else ((), ())
    needed = ("type", "ts", "runId", *tells)
    blank = {key for key, value in raw.items() if isinstance(value, str) and is_blank(value)}
    missing = [key for key in needed if raw.get(key) is None or key in blank]
    if missing:
        find("incomplete-record", f"it has no {', no '.join(missing)}", number)
    # Values that no reader uses. What may be left out, a reason or a detail, may be blank as well.
    judged = {key: raw[key] for key in (*needed, *may_tell) if key in raw and key not in blank}
    for fault in findings_of(JournalRecord, judged, JOURNAL_FILE, "$"):
        find("wrong-type", f"expected {fault.expected}, got {fault.got}", number, fault.path)
    record = journal_record(raw, number)
    record.run_id = named_run(record.run_id)
    told = [record.run_id, *(raw.get(key) for key in tells)]
    if record.type and all(isinstance(one, str) and not is_blank(one) for one in told):
        reading.records.append((reading.gaps, record))
    else:
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

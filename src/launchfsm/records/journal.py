"""The bootstrap's journal: `bootstrap-journal.jsonl`, one record a line (§9, §13)."""

from __future__ import annotations

import codecs
from typing import TYPE_CHECKING, Annotated, Any, Final

import attrs

from launchfsm.ecma.json import JsonError, parse_json, parse_json_text
from launchfsm.ecma.text import is_blank, trim
from launchfsm.records.documents import JOURNAL_FILE, encoding_fault
from launchfsm.records.fields import (
    FINITE,
    NUMBER,
    TEXT,
    TRIMMED,
    Finding,
    findings_of,
    one_of,
    reader_of,
    type_error,
)
from launchfsm.system.files import ReadProblem
from launchfsm.vocabulary import JournalType, values

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

_JSON_SPACE: Final = " \t\n\r"


@attrs.define
class JournalRecord:
    """One record of the journal.

    Attributes:
        type: Its type; `None` when it is none of ours.
        phase: The phase that it reports, as it is.
        action: What was done to a lock or a member, as it is.
        owner_pid: The pid of a lock's owner.
        name: The member's name, as it is.
        detail: The detail, trimmed.
        status: The status with which the bootstrap ended, as it is.
        reason: The reason, trimmed.
        state: The state of the first task, as it is.
        run_id: The run that wrote it, as it is.
        ts: When it was written, in ms since 1970.
        line: The number of its line, from 1; 0 when only the last lines were read.
    """

    type: Annotated[JournalType | None, one_of(values(JournalType))] = None
    phase: Annotated[str | None, TEXT] = None
    action: Annotated[str | None, TEXT] = None
    owner_pid: Annotated[float | None, NUMBER] = None
    name: Annotated[str | None, TEXT] = None
    detail: Annotated[str | None, TRIMMED] = None
    status: Annotated[str | None, TEXT] = None
    reason: Annotated[str | None, TRIMMED] = None
    state: Annotated[str | None, TEXT] = None
    run_id: Annotated[str | None, TEXT] = None
    ts: Annotated[float | None, FINITE] = None
    line: int = 0


_read_record = reader_of(JournalRecord)


def record_of(value: Mapping[str, Any], line: int) -> JournalRecord:
    """The record of a line's object.

    Args:
        value: The object.
        line: The number of the line, from 1.
    """
    record = _read_record(value)
    record.line = line
    return record


@attrs.define(eq=False)
class JournalLines:
    """The last lines of a journal, parsed.

    Attributes:
        records: The lines that parse to an object, oldest first.
        lines: How many lines there are among the last ones, whatever they hold.
    """

    records: tuple[JournalRecord, ...]
    lines: int


def journal_of(data: bytes, recent: int) -> JournalLines:
    """The last `recent` lines that are not blank, each parsed alone (§9)."""
    lines = _last_lines(data, recent)
    values = [parse_line(line) for line in lines]
    records = [_read_record(value) for value in values if value.__class__ is dict]
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


def parse_line(line: bytes) -> Any:
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


def numbered_lines(data: bytes) -> Iterator[tuple[int, str]]:
    """The lines that are not blank, trimmed, each with its number from 1."""
    for number, line in enumerate(data.split(b"\n"), start=1):
        text = trim(line.decode("utf-8", "replace")) if line else ""
        if text:
            yield number, text


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
    for number, text in numbered_lines(read):
        path = f"line {number}: $"
        try:
            value = parse_json_text(text)
        except JsonError as error:
            yield Finding(JOURNAL_FILE, path, str(error), "a JSON object")
            continue
        if isinstance(value, dict):
            yield from findings_of(JournalRecord, value, JOURNAL_FILE, path)
        else:
            yield type_error(JOURNAL_FILE, path, value, "an object")

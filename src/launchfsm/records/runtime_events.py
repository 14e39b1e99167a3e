"""What a member's own process reported: `runtime/<prefix>.runtime.jsonl`."""

from __future__ import annotations

import re
from typing import Annotated, Final

import attrs

from launchfsm.ecma.text import trim
from launchfsm.records.documents import object_in
from launchfsm.records.fields import (
    BOOLEAN,
    ISO_TIME,
    PID,
    SECRET,
    TEXT,
    TRIMMED,
    VERSION_1,
    At,
    needed,
    usable_reader_of,
)
from launchfsm.system.files import FileEnd

RUNTIME: Final = "runtime"
EVENTS_TAIL: Final = 262_144
"""How many bytes of the file's end are read."""
MOST_EVENTS: Final = 256
LONGEST_EVENT: Final = 16_384

_NOT_IN_PREFIX: Final = re.compile(r"[^A-Za-z0-9]")
_DEVICE: Final = re.compile(r"con|prn|aux|nul|com[1-9]|lpt[1-9]")
_TOKEN: Final = re.compile(r"""(bootstrapProofToken[\\"']*\s*[:=]\s*[\\"']*)[^\\"'\s,}]+""")
_MAY_STAND_IN_DETAIL: Final = (
    "source",
    "runId",
    "bootstrapProofToken",
    "contextHash",
    "briefingHash",
)


@attrs.frozen
class RuntimeEvent:
    """One line of what a member's process reported, in file order.

    Attributes:
        type: What happened, as it is; types that nobody knows occur.
        occurred_at: When, in ms since 1970. It serves as a boundary only: the order is the file's.
        run_id: The bootstrap's run in a proof, and a session's id in most other events.
        bootstrap_run_id: The bootstrap's run.
        detail: What else was said, with no proof token in it.
        retryable: Whether the process will try again by itself.
        bootstrap_proof_token: What a proof repeats from `config.json`; never shown.
    """

    version: Annotated[int | None, needed(VERSION_1)] = None
    type: Annotated[str | None, needed(TEXT)] = None
    occurred_at: Annotated[int | None, At("timestamp", needed(ISO_TIME))] = None
    pid: Annotated[int | None, PID] = None
    team_name: Annotated[str | None, TRIMMED] = None
    agent_name: Annotated[str | None, TRIMMED] = None
    agent_id: Annotated[str | None, TRIMMED] = None
    run_id: Annotated[str | None, TRIMMED] = None
    bootstrap_run_id: Annotated[str | None, TRIMMED] = None
    source: Annotated[str | None, TRIMMED] = None
    detail: Annotated[str | None, TRIMMED] = None
    retryable: Annotated[bool | None, BOOLEAN] = None
    bootstrap_proof_token: Annotated[str | None, SECRET] = attrs.field(default=None, repr=False)
    context_hash: Annotated[str | None, TRIMMED] = None
    briefing_hash: Annotated[str | None, TRIMMED] = None


_read_event = usable_reader_of(RuntimeEvent)


def events_prefix(name: str) -> str:
    """The prefix of a member's files under `runtime/`; two names may share one."""
    units = name.encode("utf-16-le", "surrogatepass")
    spelled = "".join(
        chr(int.from_bytes(units[i : i + 2], "little")) for i in range(0, len(units), 2)
    )
    prefix = _NOT_IN_PREFIX.sub("-", spelled).lower()
    return f"_{prefix}" if _DEVICE.fullmatch(prefix) else prefix


def events_file(name: str) -> str:
    """The path of a member's events, below the team's folder, where no record states another."""
    return f"{RUNTIME}/{events_prefix(name)}.runtime.jsonl"


def events_of(end: FileEnd) -> tuple[RuntimeEvent, ...]:
    """The events in the end of a file, oldest first; lines that are none are skipped."""
    lines = [line for line in end.lines.split(b"\n") if line and not line.isspace()]
    found = [_event_of(line) for line in lines[-MOST_EVENTS:] if len(line) <= LONGEST_EVENT]
    return tuple([event for event in found if event is not None])


def _event_of(line: bytes) -> RuntimeEvent | None:
    raw = object_in(trim(line.decode("utf-8", "replace")))
    if raw is None:
        return None
    detail = raw.get("detail")
    if isinstance(detail, str):
        within = object_in(trim(detail)) or {}
        raw = {key: within[key] for key in _MAY_STAND_IN_DETAIL if key in within} | raw
        raw["detail"] = _TOKEN.sub(r"\1[hidden]", detail)
    return _read_event(raw)

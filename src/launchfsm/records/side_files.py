"""The files beside the four of a launch: freshness, stop marker, inbox, events, packs; rosters.

Each is read when first asked for. What rosters hold stands in `roster`.
"""

from __future__ import annotations

import functools
import re
from collections.abc import Collection, Iterator
from typing import Annotated, Any, Final, Literal, TypeAlias

import attrs

from launchfsm.ecma.text import trim
from launchfsm.records.documents import (
    ABSENT,
    JOURNAL_FILE,
    LAUNCH_FILE,
    LOCK_FILE,
    STATE_FILE,
    Document,
    RecordFile,
    TeamSource,
    document_findings,
    object_in,
    parse_document,
)
from launchfsm.records.fields import (
    BOOLEAN,
    ISO_TIME,
    NON_EMPTY,
    PID,
    SECRET,
    TEXT,
    TRIMMED,
    VERSION_1,
    At,
    Finding,
    needed,
    one_of,
    reader_of,
    rows_of,
    type_error,
    usable_reader_of,
)
from launchfsm.records.roster import CONFIG, MEMBERS_META, TEAM_META, MembersMeta, TeamConfig
from launchfsm.system.files import FileEnd, ReadProblem
from launchfsm.system.folders import FolderInMemory

# -- Which run is the last, and whether somebody stopped the team ----------------------------------

_Kind: TypeAlias = Literal["launch", "stop"]


@attrs.frozen
class Freshness:
    """`launch-freshness.json`: which run was begun last (`launch`), or that a stop came last.

    A `launch` has `run_id`; a `stop` has `stop_id` and, when known, the run that was stopped.
    """

    version: Annotated[int | None, needed(VERSION_1)] = None
    team_name: Annotated[str | None, needed(TEXT)] = None
    kind: Annotated[_Kind | None, needed(one_of(_Kind))] = None
    run_id: Annotated[str | None, NON_EMPTY] = None
    stop_id: Annotated[str | None, NON_EMPTY] = None
    stopped_run_id: Annotated[str | None, TEXT] = None


@attrs.frozen
class StopMarker:
    """`launch-stopped.json`: a person stopped the team; `stopped_at` is in ms since 1970.

    Only newer writers give the stop an id.
    """

    version: Annotated[int | None, needed(VERSION_1)] = None
    team_name: Annotated[str | None, needed(TRIMMED)] = None
    stop_id: Annotated[str | None, NON_EMPTY] = None
    stopped_at: Annotated[int | None, needed(ISO_TIME)] = None


FRESHNESS: Final = RecordFile("launch-freshness.json", 65_536, Freshness)
STOPPED: Final = RecordFile("launch-stopped.json", 65_536, StopMarker)


def freshness_of(document: Document, team: str) -> Freshness | None:
    """The freshness of a team's folder; `None` when there is none that is valid for this team."""
    found = FRESHNESS.read(document)
    if found is None or found.team_name != team:
        return None
    return None if (found.stop_id if found.kind == "stop" else found.run_id) is None else found


def stop_marker_of(document: Document, team: str) -> StopMarker | None:
    """The stop marker of a team's folder; `None` when there is none that is valid for this team."""
    found = STOPPED.read(document)
    return None if found is None or found.team_name != team else found


def marker_findings(file: RecordFile[Any], document: Document, team: str) -> Iterator[Finding]:
    """What is wrong with a freshness or a stop marker; of another team it counts as absent."""
    yield from file.findings(document)
    raw = document.value
    if not isinstance(raw, dict):
        return
    key = "stopId" if raw.get("kind") == "stop" else "runId"
    if file is FRESHNESS and raw.get(key) is None:
        yield Finding(file.name, f"$.{key}", "nothing", NON_EMPTY.expected)
    name = (TEXT if file is FRESHNESS else TRIMMED).read(raw.get("teamName"))
    if name is not None and name != team:
        yield type_error(file.name, "$.teamName", name, f"the folder's name, {team!r}")


# -- Messages to a team's lead ---------------------------------------------------------------------

INBOXES: Final = "inboxes"
LARGEST_INBOX: Final = 2_097_152


def inbox_file(name: str) -> str:
    """The path of somebody's inbox below the team's folder; the name must be one path component."""
    return f"{INBOXES}/{name}.json"


@attrs.frozen
class Message:
    """One message of an inbox; `sent_at` is in ms since 1970, the sender may be a numbered name."""

    sender: Annotated[str | None, At("from", TEXT)] = None
    text: Annotated[str | None, TEXT] = None
    sent_at: Annotated[int | None, At("timestamp", ISO_TIME)] = None
    to: Annotated[str | None, TEXT] = None
    message_id: Annotated[str | None, TEXT] = None
    read: Annotated[bool | None, BOOLEAN] = None
    source: Annotated[str | None, TEXT] = None
    summary: Annotated[str | None, TEXT] = None

    @property
    def protocol_type(self) -> str | None:
        """The `type` of a message that is a JSON object, such as `idle_notification`."""
        value = object_in(trim(self.text or ""))
        return None if value is None else TEXT.read(value.get("type"))


MESSAGES: Final = rows_of(Message)
"""An inbox."""

_read_message = reader_of(Message)
_NEEDED: Final = ("from", "text", "timestamp")


def messages_of(document: Document) -> tuple[Message, ...]:
    """The messages that have a sender, a text and a timestamp, in file order."""
    rows = document.value if isinstance(document.value, list) else []
    return tuple(
        [
            _read_message(row)
            for row in rows
            if isinstance(row, dict) and all(isinstance(row.get(key), str) for key in _NEEDED)
        ]
    )


# -- What a member's own process reported ----------------------------------------------------------

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
    """One line of `runtime/<prefix>.runtime.jsonl`, whose lines are in the order of events.

    `occurred_at`, in ms since 1970, serves as a boundary only. `run_id` is the bootstrap's run in a
    proof, and a session's id in most other events. `detail` has no proof token in it.
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


def events_file(name: str) -> str:
    """The path of a member's events, below the team's folder, where no record states another.

    Two names may share one.
    """
    units = name.encode("utf-16-le", "surrogatepass")
    spelled = "".join(
        chr(int.from_bytes(units[i : i + 2], "little")) for i in range(0, len(units), 2)
    )
    prefix = _NOT_IN_PREFIX.sub("-", spelled).lower()
    return f"{RUNTIME}/{'_' if _DEVICE.fullmatch(prefix) else ''}{prefix}.runtime.jsonl"


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


# -- Packs of copies, taken when a launch failed: folders under `launch-failure-artifacts/` --------

PACK_NAMES: Final = {
    STATE_FILE: STATE_FILE,
    LAUNCH_FILE: LAUNCH_FILE,
    JOURNAL_FILE: "bootstrap-journal.tail.jsonl",
    LOCK_FILE: "bootstrap-lock-metadata.json",
}
"""What a team's files are called in a pack."""

_CUT: Final = b"[truncated to last "


@attrs.frozen
class Manifest:
    """The fields of a pack's `manifest.json` that are in use; `created_at` is in ms since 1970.

    The pids in a pack are of the time when it was taken, and perhaps of another machine.
    """

    version: Annotated[int | None, VERSION_1] = None
    team_name: Annotated[str | None, TRIMMED] = None
    created_at: Annotated[int | None, ISO_TIME] = None
    run_id: Annotated[str | None, TRIMMED] = None


MANIFEST: Final = RecordFile("manifest.json", 2_097_152, Manifest)
_NO_MANIFEST: Final = Manifest()


def is_pack(names: Collection[str]) -> bool:
    """Whether a folder with these names is a pack, and so to be read under a pack's names."""
    if PACK_NAMES[JOURNAL_FILE] in names or PACK_NAMES[LOCK_FILE] in names:
        return True
    return MANIFEST.name in names and JOURNAL_FILE not in names


def journal_in_pack(data: bytes) -> bytes:
    """The lines of a copied journal: without the line that says that only its end was copied."""
    return data[data.find(b"\n") + 1 or len(data) :] if data.startswith(_CUT) else data


# -- All of them, of one team ----------------------------------------------------------------------

SUMMARY_FILE: Final = "launch-summary.json"

SIDE_FILES: Final = {
    file.name: file for file in (FRESHNESS, STOPPED, CONFIG, MEMBERS_META, TEAM_META, MANIFEST)
}
"""These files, by name."""


class SideRecords:
    """The further records of a team, each read once from a source that is listed already.

    `may_have` says whether a name may stand there: it was listed, or the folder has too many to
    list. `is_quiet` is a folder with neither messages nor reports of processes to look at. `team`
    is the name that the team's records bear: the folder's; of a pack that of its manifest.
    """

    def __init__(self, source: TeamSource, team: str) -> None:
        self._source = source
        self._team = team
        self._names = source.listed.names
        self.may_have = source.listed.may_have
        self._inbox, self._inbox_file = ABSENT, ""
        self._events: dict[str, tuple[RuntimeEvent, ...]] = {}
        self._unread: list[Finding] = []
        self._documents: dict[str, Document] = {}
        if source.listed.whole and SIDE_FILES.keys().isdisjoint(self._names):
            self.freshness = self.stop = self.config = self.members_meta = None
        self.is_quiet: Final = not self.may_have(RUNTIME) and not self.may_have(INBOXES)
        self.is_pack: Final = is_pack(self._names)
        self.manifest = _NO_MANIFEST
        self.team: str | None = team
        if self.is_pack:
            self.manifest = MANIFEST.read(self.document(MANIFEST.name)) or _NO_MANIFEST
            self.team = self.manifest.team_name

    def has(self, name: str) -> bool:
        """Whether a file is there, whatever it holds."""
        return self.document(name) is not ABSENT

    def document(self, name: str) -> Document:
        """One of the files as JSON, or why there is none."""
        if not self.may_have(name):
            return ABSENT
        found = self._documents.get(name)
        if found is None:
            read = self._source.read(name, limit=SIDE_FILES[name].limit)
            found = self._documents[name] = parse_document(read)
        return found

    @functools.cached_property
    def freshness(self) -> Freshness | None:
        """Which run was begun last, or that a stop came last."""
        return freshness_of(self.document(FRESHNESS.name), self._team)

    @functools.cached_property
    def stop(self) -> StopMarker | None:
        """When a person stopped the team; `None` also when no time is recorded."""
        return stop_marker_of(self.document(STOPPED.name), self._team)

    @functools.cached_property
    def config(self) -> TeamConfig | None:
        """The roster of the tool that runs the members."""
        return CONFIG.read(self.document(CONFIG.name))

    @functools.cached_property
    def members_meta(self) -> MembersMeta | None:
        """The roster that a person wants."""
        return MEMBERS_META.read(self.document(MEMBERS_META.name))

    # -- What members wrote and their processes reported -------------------------------------------

    @property
    def member_files(self) -> tuple[str, ...]:
        """The files about members that were looked for, below the team's folder."""
        return (*([self._inbox_file] if self._inbox_file else []), *self._events)

    @functools.cached_property
    def messages(self) -> tuple[Message, ...]:
        """The messages in the lead's inbox, in file order."""
        lead = (self.config or TeamConfig()).lead_name
        if "/" not in lead and lead not in {".", ".."} and self.may_have(INBOXES):
            self._inbox_file = inbox_file(lead)
            read = self._source.read(self._inbox_file, limit=LARGEST_INBOX)
            self._inbox = parse_document(read)
        return messages_of(self._inbox)

    def events(self, name: str, configured: str | None) -> tuple[RuntimeEvent, ...]:
        """What a member's process reported, in file order.

        `configured` is the absolute path that the member's record says that its process reports to;
        it counts when it lies inside `runtime/` once links are resolved.
        """
        if not self.may_have(RUNTIME):
            return ()
        below = None if configured is None else self._source.below(RUNTIME, configured)
        path = events_file(name) if below is None else below
        if path not in self._events:
            end = self._source.read_end(path, limit=EVENTS_TAIL)
            self._events[path] = () if isinstance(end, ReadProblem) else events_of(end)
            if isinstance(end, ReadProblem) and end.outcome != "absent":
                self._unread.append(Finding(path, "$", end.detail, "a readable log of events"))
        return self._events[path]

    # -- What is wrong with them -------------------------------------------------------------------

    def findings(self) -> tuple[Finding, ...]:
        """What is wrong with those of the files that were read, file by file."""
        found: list[Finding] = []
        for name, file in SIDE_FILES.items():
            document = self._documents.get(name, ABSENT)
            if file is FRESHNESS or file is STOPPED:
                found += marker_findings(file, document, self._team)
            else:
                found += file.findings(document)
        found += document_findings(self._inbox, self._inbox_file, MESSAGES)
        found += self._unread
        if SUMMARY_FILE in self._names and not self.may_have(LAUNCH_FILE):
            found.append(Finding(SUMMARY_FILE, "$", "alone", f"{LAUNCH_FILE}, which it sums up"))
        return tuple(found)


def no_side_records(team: str) -> SideRecords:
    """Nothing beside the four files."""
    return SideRecords(TeamSource("", FolderInMemory({})), team)

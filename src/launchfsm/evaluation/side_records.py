"""What stands beside the four files of a launch, each file read when first asked for.

Rosters, stop marker and freshness, the messages to the lead, and what the processes of members
reported.
"""

from __future__ import annotations

import functools
from typing import Final

from launchfsm.records.documents import (
    ABSENT,
    LAUNCH_FILE,
    Document,
    TeamSource,
    document_findings,
    parse_document,
)
from launchfsm.records.fields import Finding
from launchfsm.records.roster import CONFIG, MEMBERS_META, TEAM_META, MembersMeta, TeamConfig
from launchfsm.records.side_files import (
    EVENTS_TAIL,
    FRESHNESS,
    INBOXES,
    LARGEST_INBOX,
    MANIFEST,
    MESSAGES,
    RUNTIME,
    STOPPED,
    Freshness,
    Manifest,
    Message,
    RuntimeEvent,
    StopMarker,
    events_file,
    events_of,
    freshness_of,
    inbox_file,
    is_pack,
    marker_findings,
    messages_of,
    stop_marker_of,
)
from launchfsm.system.files import ReadProblem
from launchfsm.system.folders import FolderInMemory

SUMMARY_FILE: Final = "launch-summary.json"

SIDE_FILES: Final = {
    file.name: file for file in (FRESHNESS, STOPPED, CONFIG, MEMBERS_META, TEAM_META, MANIFEST)
}
"""These files, by name."""


class SideRecords:
    """The further records of a team; asked again, they answer the same.

    Args:
        source: Where they are read from, listed already.
        team: The name of the team's folder.

    Attributes:
        may_have: Whether a name may stand there: it was listed, or the folder has too many to list.
        is_quiet: Whether there are neither messages nor reports of processes to look at.
        is_pack: Whether the folder is a pack of copies, taken when a launch failed.
        manifest: What the pack's writer said of it; nothing where there is no pack.
        team: The name that the team's records bear: the folder's; of a pack that of its manifest.
    """

    def __init__(self, source: TeamSource, team: str) -> None:
        self._source = source
        self._team = team
        self._names = source.listed.names
        self.may_have = source.listed.may_have
        self._inbox, self._inbox_file = ABSENT, ""
        self._events: dict[str, tuple[RuntimeEvent, ...]] = {}
        self._documents: dict[str, Document] = {}
        if source.listed.whole and SIDE_FILES.keys().isdisjoint(self._names):
            self.freshness = self.stop = self.config = self.members_meta = None
        self.is_quiet: Final = not self.may_have(RUNTIME) and not self.may_have(INBOXES)
        self.is_pack: Final = is_pack(self._names)
        self.manifest = Manifest()
        self.team: str | None = team
        if self.is_pack:
            self.manifest = MANIFEST.read(self.document(MANIFEST.name)) or Manifest()
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
        if SUMMARY_FILE in self._names and not self.may_have(LAUNCH_FILE):
            found.append(Finding(SUMMARY_FILE, "$", "alone", f"{LAUNCH_FILE}, which it sums up"))
        return tuple(found)


def no_side_records(team: str) -> SideRecords:
    """Nothing beside the four files."""
    return SideRecords(TeamSource("", FolderInMemory({})), team)

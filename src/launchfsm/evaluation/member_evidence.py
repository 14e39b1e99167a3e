"""What can be looked at of a team's members beyond the snapshots, each thing when first asked for.

The roster of the tool that runs them, their messages to the lead, what their own processes
reported, and those processes themselves.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

from launchfsm.records.documents import ABSENT, Document, parse_document, read_end_in, read_in
from launchfsm.records.inbox import (
    INBOXES,
    LARGEST_INBOX,
    Message,
    inbox_file,
    inbox_findings,
    messages_of,
)
from launchfsm.records.runtime_events import (
    EVENTS_TAIL,
    RUNTIME,
    RuntimeEvent,
    events_file,
    events_of,
)
from launchfsm.system.files import ReadProblem

if TYPE_CHECKING:
    from launchfsm.evaluation.side_records import SideRecords
    from launchfsm.records.fields import Finding
    from launchfsm.records.roster import TeamConfig
    from launchfsm.system.processes import Processes, ProcessEvidence, ProcessIdentity


class MemberEvidence(Protocol):
    """What a reconciliation may look at; asked again, it answers the same."""

    @property
    def is_quiet(self) -> bool:
        """Whether there are neither messages nor reports of processes to look at."""

    @property
    def pids(self) -> tuple[float, ...]:
        """The pids that were asked after."""

    @property
    def files(self) -> tuple[str, ...]:
        """The files that were read, below the team's folder."""

    def config(self) -> TeamConfig | None:
        """`config.json`; `None` when there is none to use."""

    def messages(self) -> tuple[Message, ...]:
        """The messages in the lead's inbox, in file order."""

    def events(self, name: str, configured: str | None) -> tuple[RuntimeEvent, ...]:
        """What a member's process reported, in file order.

        Args:
            name: The member's name.
            configured: Where its record says that its process reports to.
        """

    def process(self, pid: float) -> ProcessEvidence | None:
        """Whether a process is there; `None` when nobody can be asked."""

    def identity(self, pid: float) -> ProcessIdentity | None:
        """Which process has a pid; `None` when that could not be seen."""

    def findings(self) -> tuple[Finding, ...]:
        """What is wrong with the messages, where they were looked at."""


class NoMemberEvidence:
    """Nothing beyond the snapshots."""

    @property
    def is_quiet(self) -> bool:
        """There is nothing."""
        return True

    pids: tuple[float, ...] = ()
    files: tuple[str, ...] = ()

    def config(self) -> TeamConfig | None:
        """None."""
        return None

    def messages(self) -> tuple[Message, ...]:
        """No messages."""
        return ()

    def events(self, name: str, configured: str | None) -> tuple[RuntimeEvent, ...]:  # noqa: ARG002 - the protocol's
        """No events."""
        return ()

    def process(self, pid: float) -> ProcessEvidence | None:  # noqa: ARG002 - the protocol's
        """Nobody to ask."""
        return None

    def identity(self, pid: float) -> ProcessIdentity | None:  # noqa: ARG002 - the protocol's
        """Nobody to ask."""
        return None

    def findings(self) -> tuple[Finding, ...]:
        """None."""
        return ()


class FolderMemberEvidence:
    """What a team's folder and a machine's processes tell, each read once.

    Args:
        folder: The team's folder.
        processes: Who answers for pids.
        side: What stands in the folder, and its roster.
    """

    def __init__(self, folder: str, processes: Processes, side: SideRecords) -> None:
        self._folder = folder
        self._processes = processes
        self._side = side
        self._messages: tuple[Message, ...] | None = None
        self._inbox, self._inbox_file = ABSENT, ""
        self._events: dict[str, tuple[RuntimeEvent, ...]] = {}
        self._found: dict[float, ProcessEvidence] = {}
        self._identities: dict[float, ProcessIdentity | None] = {}
        self._read: dict[str, None] = {}

    @property
    def is_quiet(self) -> bool:
        """Whether there are neither messages nor reports of processes to look at."""
        return not self._side.may_have(RUNTIME) and not self._side.may_have(INBOXES)

    def config(self) -> TeamConfig | None:
        """`config.json`; `None` when there is none to use."""
        return self._side.config

    def messages(self) -> tuple[Message, ...]:
        """The messages in the lead's inbox, in file order."""
        if self._messages is None:
            config = self.config()
            lead = "team-lead" if config is None else config.lead_name
            if "/" not in lead and lead not in {".", ".."}:
                self._inbox_file = inbox_file(lead)
                self._inbox = self._document(self._inbox_file, limit=LARGEST_INBOX)
            self._messages = messages_of(self._inbox)
        return self._messages

    def events(self, name: str, configured: str | None) -> tuple[RuntimeEvent, ...]:
        """What a member's process reported, in file order."""
        if not self._side.may_have(RUNTIME):
            return ()
        path = events_file(name, configured, self._folder)
        found = self._events.get(path)
        if found is None:
            found = self._events_at(path)
            self._events[path] = found
        return found

    def process(self, pid: float) -> ProcessEvidence | None:
        """Whether a process is there, asked once a pid."""
        found = self._found.get(pid)
        if found is None:
            found = self._found[pid] = self._processes.check(pid)
        return found

    def identity(self, pid: float) -> ProcessIdentity | None:
        """Which process has a pid, asked once a pid."""
        if pid not in self._identities:
            self._identities[pid] = self._processes.identify(pid)
        return self._identities[pid]

    @property
    def pids(self) -> tuple[float, ...]:
        """The pids that were asked after."""
        return tuple(dict.fromkeys((*self._found, *self._identities)))

    @property
    def files(self) -> tuple[str, ...]:
        """The files that were read, below the team's folder."""
        return tuple(self._read)

    def findings(self) -> tuple[Finding, ...]:
        """What is wrong with the messages, where they were looked at."""
        return tuple(inbox_findings(self._inbox, self._inbox_file))

    def _document(self, name: str, *, limit: int) -> Document:
        self._read[name] = None
        if not self._side.may_have(name.partition("/")[0]):
            return ABSENT
        return parse_document(read_in(self._folder, name, limit=limit))

    def _events_at(self, path: str) -> tuple[RuntimeEvent, ...]:
        self._read[path] = None
        end = read_end_in(self._folder, path, limit=EVENTS_TAIL)
        return () if isinstance(end, ReadProblem) else events_of(end.data, whole=end.whole)

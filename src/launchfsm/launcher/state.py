"""The state of a run, an immutable value, and the file that it is written to (§13)."""

from __future__ import annotations

import errno
from collections.abc import Iterable, Mapping
from functools import partial
from types import MappingProxyType
from typing import Any, Final

import attrs

from launchfsm.ecma.json import json_bytes
from launchfsm.ecma.text import is_blank, trim
from launchfsm.lifecycle.machines import BOOTSTRAP, STATE_OF_STATUS
from launchfsm.records.documents import LARGEST_FILE, STATE_FILE
from launchfsm.records.names import is_member
from launchfsm.system.processes import HIGHEST_PID
from launchfsm.vocabulary import (
    LaunchState,
    MemberStatus,
    Phase,
    RealTaskSubmission,
    TerminalStatus,
)

LONGEST_REASON: Final = 2_000
"""How many characters of a reason are recorded."""
LONGEST_ID: Final = 200
"""How many characters a name, an id or a hash may have."""

_GAP: Final = " … "
_LATEST: Final = 8_640_000_000_000_000  # the last time there is, in ms since 1970
_REST: Final = 200  # bytes that the phase, the task and the end may still come to

# A launch of many members of which all fail must still be one that readers take.
_REASON_LIMITS: Final = (LONGEST_REASON, 500, 100, 20, 0)


@attrs.frozen(kw_only=True)
class MemberEntry:
    """A member as the run records it (§13 of the specification); times in ms since 1970.

    Attributes:
        status: What was last reported of it.
        last_attempt_at: When its spawn was last tried.
        last_observed_at: When it was last heard of.
        failure_reason: Why it failed, or is skipped.
        agent_id: What its backend calls it.
        backend_type: What runs it.
    """

    name: str
    status: MemberStatus = "pending"
    last_attempt_at: int | None = None
    last_observed_at: int | None = None
    failure_reason: str | None = None
    agent_id: str | None = None
    backend_type: str | None = None
    runtime_pid: int | None = None

    @property
    def launch_state(self) -> LaunchState:
        """The state of the member's machine that its status stands for (§4)."""
        return STATE_OF_STATUS[self.status]

    @property
    def settled(self) -> bool:
        """Whether the member was confirmed, has failed or is skipped."""
        return self.status in {"bootstrap_confirmed", "failed", "skipped"}

    def document(self, longest_reason: int = LONGEST_REASON) -> dict[str, Any]:
        """Return the member's JSON object; what is not known is left out."""
        return _present(
            name=self.name,
            status=self.status,
            lastAttemptAt=self.last_attempt_at,
            lastObservedAt=self.last_observed_at,
            failureReason=truncate(self.failure_reason or "", longest_reason) or None,
            agentId=self.agent_id,
            backendType=self.backend_type,
            runtimePid=self.runtime_pid,
        )


def _read_only(members: Mapping[str, MemberEntry]) -> Mapping[str, MemberEntry]:
    return MappingProxyType(dict(members))


@attrs.frozen(kw_only=True)
class RunState:
    """All that a run's state document says; times in ms since 1970.

    Attributes:
        owner_pid: The process that runs it.
        members: The members by name, in the order they were given.
        phase: Where the bootstrap stands.
        real_task_submission: Whether the team was given its first task (§12).
        terminal_status: How the run ended; ``None`` while it goes on.
    """

    run_id: str
    team_name: str
    owner_pid: int
    started_at: int
    updated_at: int
    members: Mapping[str, MemberEntry] = attrs.field(converter=_read_only)
    phase: Phase = BOOTSTRAP.initial
    real_task_submission: RealTaskSubmission = "not_submitted"
    terminal_status: TerminalStatus | None = None
    finished_at: int | None = None

    def __reduce__(self) -> tuple[Any, ...]:
        fields = attrs.asdict(self, recurse=False)
        return partial(RunState, **{**fields, "members": dict(self.members)}), ()

    def with_member(self, entry: MemberEntry, *, now: int) -> RunState:
        """Return the state with a member's entry replaced."""
        return self.with_members({entry.name: entry}, now=now)

    def with_members(self, entries: Mapping[str, MemberEntry], *, now: int) -> RunState:
        """Return the state with some members' entries replaced, by name."""
        return attrs.evolve(self, members={**self.members, **entries}, updated_at=now)

    def document(self, longest_reason: int = LONGEST_REASON) -> dict[str, Any]:
        """Return the state's JSON object (§13 of the specification)."""
        terminal = self.terminal_status and {
            "status": self.terminal_status,
            "finishedAt": self.finished_at,
        }
        return _present(
            version=1,
            runId=self.run_id,
            teamName=self.team_name,
            ownerPid=self.owner_pid,
            startedAt=self.started_at,
            updatedAt=self.updated_at,
            phase=self.phase,
            realTaskSubmissionState=self.real_task_submission,
            members=[entry.document(longest_reason) for entry in self.members.values()],
            terminal=terminal,
        )


def _present(**values: Any) -> dict[str, Any]:
    return {key: value for key, value in values.items() if value is not None}


def check_id(what: str, text: str) -> str:
    """Return a name or an id if readers would read it as it is; the error says ``what`` it is."""
    if not isinstance(text, str):
        raise TypeError(f"{what} must be text, not {type(text).__name__}")
    if is_blank(text) or trim(text) != text:
        fault = "readers trim it, and it would not be the same afterwards"
    elif len(text) > LONGEST_ID:
        fault = f"it has {len(text)} characters, and at most {LONGEST_ID} are recorded"
    else:
        return text
    raise ValueError(f"{what} cannot be {truncate(ascii(text), 60)}: {fault}")


def members_of(names: Iterable[str]) -> dict[str, MemberEntry]:
    """Return the entries of members of whom nothing happened yet, in order."""
    if isinstance(names, str):
        raise ValueError(f"members are a list of names: pass [{names!r}] for one member")  # noqa: TRY004 - the type is right, the value is not
    members: dict[str, MemberEntry] = {}
    for name in names:
        check_id("a member's name", name)
        if not is_member(name):
            raise ValueError(
                f"no member can be called {name!r}: readers count neither the lead nor the user"
                " among the members"
            )
        if name in members:
            raise ValueError(f"two members cannot both be called {name!r}")
        members[name] = MemberEntry(name=name)
    return members


def demand_room(state: RunState) -> None:
    """Make sure that readers take a run's state whatever becomes of its members."""
    fullest = {
        name: attrs.evolve(
            entry,
            status="bootstrap_confirmed",
            last_attempt_at=_LATEST,
            last_observed_at=_LATEST,
            runtime_pid=HIGHEST_PID,
        )
        for name, entry in state.members.items()
    }
    size = len(json_bytes(attrs.evolve(state, members=fullest).document(0))) + _REST
    if size > LARGEST_FILE:
        raise ValueError(
            f"the state of {len(fullest)} members may take {size} bytes, and readers take at most"
            f" {LARGEST_FILE}: launch them as several teams"
        )


def state_bytes(state: RunState) -> bytes:
    """Return a state as the bytes of its file, with reasons cut as far as readers' bound asks."""
    for longest_reason in _REASON_LIMITS:
        data = json_bytes(state.document(longest_reason))
        if len(data) <= LARGEST_FILE:
            return data
    raise OSError(
        errno.EFBIG,
        f"a state of {len(data)} bytes is over the {LARGEST_FILE} that readers take",
        STATE_FILE,
    )


def truncate(text: str, limit: int) -> str:
    """Return at most ``limit`` characters of a text: its beginning and its end, the gap marked.

    Both ends matter in a reason: what happened comes first, the last words of a log come last.
    """
    if len(text) <= limit:
        return text
    room = max(0, limit - len(_GAP))
    tail = room // 2
    return (text[: room - tail] + _GAP + text[len(text) - tail :])[:limit]

"""Who belongs to a team: `config.json`, `members.meta.json` and `team.meta.json`."""

from __future__ import annotations

import functools
import re
from collections.abc import Iterable
from typing import Annotated, Any, Final

import attrs

from launchfsm.ecma.text import read_finite, trim
from launchfsm.records.documents import RecordFile
from launchfsm.records.fields import (
    BOOLEAN,
    FINITE,
    ISO_TIME,
    PID,
    SECRET,
    TEXT,
    TRIMMED,
    VERSION_1,
    FieldType,
    needed,
    rows_of,
    usable_reader_of,
)
from launchfsm.records.names import LEAD

_LEAD_TYPES: Final = frozenset({LEAD, "lead", "orchestrator"})
_NUMBERED: Final = re.compile(r"(.+)-([1-9][0-9]*)", re.DOTALL)

_REMOVED_AT: Final = FieldType(
    "a number of ms other than 0", lambda value: read_finite(value) or None
)
_REMOVES_NOBODY: Final = FieldType(
    "nothing: only members.meta.json removes a member", lambda _: None
)


def numbered_name(name: str) -> str | None:
    """The name that another one is, with a number from 2 on: `alice` of `alice-2`."""
    found = _NUMBERED.fullmatch(name)
    return None if found is None or found[2] == "1" else found[1]


class RosterMember:
    """What both rosters say of a member."""

    __slots__ = ()
    name: str | None
    agent_type: str | None

    @property
    def is_lead(self) -> bool:
        """Whether it is a lead, by its type or its name."""
        return self.agent_type in _LEAD_TYPES or (self.name or "").lower() == LEAD


@attrs.frozen
class ConfigMember(RosterMember):
    """One of `members` in `config.json`; the fields of a spawn are of the member's latest spawn.

    Times are in ms since 1970. `is_active` may still be true once its process has ended. Without
    `bootstrap_run_id` the run that spawned it is not known. The path of its events is absolute.
    """

    name: Annotated[str | None, needed(TRIMMED)] = None
    agent_id: Annotated[str | None, TRIMMED] = None
    agent_type: Annotated[str | None, TRIMMED] = None
    model: Annotated[str | None, TRIMMED] = None
    provider_id: Annotated[str | None, TRIMMED] = None
    provider: Annotated[str | None, TRIMMED] = None
    joined_at: Annotated[float | None, FINITE] = None
    cwd: Annotated[str | None, TRIMMED] = None
    tmux_pane_id: Annotated[str | None, TEXT] = None
    backend_type: Annotated[str | None, TRIMMED] = None
    is_active: Annotated[bool | None, BOOLEAN] = None
    runtime_pid: Annotated[int | None, PID] = None
    runtime_session_id: Annotated[str | None, TRIMMED] = None
    bootstrap_expected_after: Annotated[int | None, ISO_TIME] = None
    bootstrap_proof_token: Annotated[str | None, SECRET] = attrs.field(default=None, repr=False)
    bootstrap_run_id: Annotated[str | None, TRIMMED] = None
    bootstrap_proof_mode: Annotated[str | None, TRIMMED] = None
    bootstrap_context_hash: Annotated[str | None, TRIMMED] = None
    bootstrap_briefing_hash: Annotated[str | None, TRIMMED] = None
    bootstrap_runtime_events_path: Annotated[str | None, TRIMMED] = None
    removed_at: Annotated[None, _REMOVES_NOBODY] = None


@attrs.frozen
class TeamConfig:
    """`config.json`: the roster of the tool that runs the agents. Times are in ms since 1970.

    The files of a deleted team may stay. `members` are the entries that are objects with a name,
    in file order.
    """

    name: Annotated[str | None, TRIMMED] = None
    description: Annotated[str | None, TEXT] = None
    created_at: Annotated[float | None, FINITE] = None
    lead_agent_id: Annotated[str | None, TRIMMED] = None
    lead_session_id: Annotated[str | None, TRIMMED] = None
    project_path: Annotated[str | None, TRIMMED] = None
    deleted_at: Annotated[int | None, ISO_TIME] = None
    members: Annotated[tuple[ConfigMember, ...], rows_of(ConfigMember)] = ()

    @property
    def lead_name(self) -> str:
        """The name of the first member that is a lead, or the one that a lead has by default."""
        return next((one.name for one in self.members if one.is_lead and one.name), LEAD)

    def member(self, name: str) -> ConfigMember | None:
        """The member of that exact name, else the only one that is numbered after it."""
        exact, numbered = self._by_name
        found = exact.get(name)
        if found is not None:
            return found
        alike = numbered.get(name, [])
        return alike[0] if len(alike) == 1 else None

    @functools.cached_property
    def _by_name(self) -> tuple[dict[str, ConfigMember], dict[str, list[ConfigMember]]]:
        """The members by name, and those that are numbered by the name that they number."""
        exact: dict[str, ConfigMember] = {}
        numbered: dict[str, list[ConfigMember]] = {}
        for member in self.members:
            name = member.name or ""
            exact.setdefault(name, member)
            base = numbered_name(name)
            if base is not None:
                numbered.setdefault(base, []).append(member)
        return exact, numbered


@attrs.frozen
class MetaMember(RosterMember):
    """One of `members` in `members.meta.json`; its times are in ms since 1970."""

    name: Annotated[str | None, needed(TRIMMED)] = None
    role: Annotated[str | None, TEXT] = None
    provider_id: Annotated[str | None, TRIMMED] = None
    provider_backend_id: Annotated[str | None, TRIMMED] = None
    model: Annotated[str | None, TRIMMED] = None
    effort: Annotated[str | None, TRIMMED] = None
    agent_type: Annotated[str | None, TRIMMED] = None
    joined_at: Annotated[float | None, FINITE] = None
    agent_id: Annotated[str | None, TRIMMED] = None
    cwd: Annotated[str | None, TRIMMED] = None
    removed_at: Annotated[float | None, _REMOVED_AT] = None


_read_meta_member = usable_reader_of(MetaMember)


def _wanted(rows: list[Any]) -> list[MetaMember]:
    """Of a repeated name the last, without those numbered after a name that is not removed."""
    last = {one.name: one for one in map(_read_meta_member, rows) if one is not None and one.name}
    living = {name for name, one in last.items() if one.removed_at is None}
    return [one for name, one in last.items() if numbered_name(name) not in living]


@attrs.frozen
class MembersMeta:
    """`members.meta.json`: the roster that a person wants.

    `members` are the entries that are objects with a name, of a repeated name the last; without
    those numbered after a name that is there and not removed.
    """

    version: Annotated[int | None, VERSION_1] = None
    provider_backend_id: Annotated[str | None, TRIMMED] = None
    members: Annotated[tuple[MetaMember, ...], rows_of(MetaMember, read=_wanted)] = ()

    @property
    def removed(self) -> frozenset[str]:
        """The names that were removed, in lower case."""
        names = [one.name for one in self.members if one.removed_at is not None and one.name]
        return frozenset(map(str.lower, names))


@attrs.frozen
class TeamMeta:
    """`team.meta.json`: what a person set for the whole team; times are in ms since 1970."""

    version: Annotated[int | None, VERSION_1] = None
    display_name: Annotated[str | None, TEXT] = None
    cwd: Annotated[str | None, TRIMMED] = None
    provider_id: Annotated[str | None, TRIMMED] = None
    model: Annotated[str | None, TRIMMED] = None
    created_at: Annotated[float | None, FINITE] = None


CONFIG: Final = RecordFile("config.json", 10_485_760, TeamConfig)
MEMBERS_META: Final = RecordFile("members.meta.json", 262_144, MembersMeta)
TEAM_META: Final = RecordFile("team.meta.json", 262_144, TeamMeta)


class NameIndex:
    """Members' names, to find the member that a sender's name means; of equal names the first."""

    def __init__(self, names: Iterable[str]) -> None:
        self._alike: dict[str, list[str]] = {}
        for name in dict.fromkeys(names):
            self._alike.setdefault(name.lower(), []).append(name)

    def resolve(self, name: str) -> str | None:
        """The same name, ignoring case; else the only one that the name is a numbered form of.

        `None` when there is none, or more than one.
        """
        wanted = trim(name).lower()
        alike = self._alike.get(wanted)
        if alike is None:
            base = numbered_name(wanted)
            alike = [] if base is None else self._alike.get(base, [])
        return alike[0] if len(alike) == 1 else None

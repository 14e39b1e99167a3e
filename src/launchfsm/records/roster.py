"""Who belongs to a team: `config.json`, `members.meta.json` and `team.meta.json`."""

from __future__ import annotations

import functools
import re
from typing import TYPE_CHECKING, Annotated, Any, Final

import attrs

from launchfsm.ecma.text import read_finite, trim
from launchfsm.records.documents import Document, member_findings, object_findings
from launchfsm.records.fields import (
    BOOLEAN,
    FINITE,
    ISO_TIME,
    PID,
    SECRET,
    TEXT,
    TRIMMED,
    VERSION_1,
    Finding,
    Shape,
    fields_reader_of,
    reader_of,
    type_error,
)

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

CONFIG_FILE: Final = "config.json"
LARGEST_CONFIG: Final = 10_485_760
MEMBERS_META_FILE: Final = "members.meta.json"
TEAM_META_FILE: Final = "team.meta.json"
LARGEST_META: Final = 262_144

DEFAULT_LEAD: Final = "team-lead"
_LEAD_TYPES: Final = frozenset({"team-lead", "lead", "orchestrator"})
_NUMBERED: Final = re.compile(r"(.+)-([1-9][0-9]*)", re.DOTALL)


REMOVED_AT: Final = Shape("a number of ms other than 0", lambda value: read_finite(value) or None)


@attrs.frozen
class ConfigMember:
    """One of `members` in `config.json`; the fields of a spawn are of the member's latest spawn.

    Attributes:
        joined_at: When it joined, in ms since 1970.
        is_active: Whether somebody wrote that it is active; it outlives the process.
        runtime_pid: The pid of its process.
        bootstrap_expected_after: When its spawn was asked for, in ms since 1970.
        bootstrap_proof_token: What a proof of its bootstrap must repeat; never shown.
        bootstrap_run_id: The run that spawned it; no value says nothing.
        bootstrap_runtime_events_path: Where its process reports to, absolute.
    """

    name: Annotated[str | None, TRIMMED] = None
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

    @property
    def is_lead(self) -> bool:
        """Whether it is a lead, by its type or its name."""
        return self.agent_type in _LEAD_TYPES or (self.name or "").lower() == DEFAULT_LEAD


@attrs.frozen
class TeamConfig:
    """`config.json`: the roster of the tool that runs the agents.

    Attributes:
        created_at: When the team was made, in ms since 1970.
        deleted_at: When the team was deleted, in ms since 1970; its files may stay.
        members: Its entries that are objects with a name, in file order.
    """

    name: Annotated[str | None, TRIMMED] = None
    description: Annotated[str | None, TEXT] = None
    created_at: Annotated[float | None, FINITE] = None
    lead_agent_id: Annotated[str | None, TRIMMED] = None
    lead_session_id: Annotated[str | None, TRIMMED] = None
    project_path: Annotated[str | None, TRIMMED] = None
    deleted_at: Annotated[int | None, ISO_TIME] = None
    members: tuple[ConfigMember, ...] = ()

    @property
    def lead(self) -> ConfigMember | None:
        """The first member that is a lead."""
        return next((member for member in self.members if member.is_lead), None)

    @property
    def lead_name(self) -> str:
        """The lead's name, or the one that a lead has by default."""
        lead = self.lead
        return DEFAULT_LEAD if lead is None or lead.name is None else lead.name

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
class MetaMember:
    """One of `members` in `members.meta.json`.

    Attributes:
        joined_at: When it joined, in ms since 1970.
        removed_at: When it was removed, in ms since 1970; `None` when it was not.
    """

    name: Annotated[str | None, TRIMMED] = None
    role: Annotated[str | None, TEXT] = None
    provider_id: Annotated[str | None, TRIMMED] = None
    provider_backend_id: Annotated[str | None, TRIMMED] = None
    model: Annotated[str | None, TRIMMED] = None
    effort: Annotated[str | None, TRIMMED] = None
    agent_type: Annotated[str | None, TRIMMED] = None
    joined_at: Annotated[float | None, FINITE] = None
    agent_id: Annotated[str | None, TRIMMED] = None
    cwd: Annotated[str | None, TRIMMED] = None
    removed_at: Annotated[float | None, REMOVED_AT] = None

    @property
    def is_lead(self) -> bool:
        """Whether it is a lead, by its type or its name."""
        return self.agent_type in _LEAD_TYPES or (self.name or "").lower() == DEFAULT_LEAD


@attrs.frozen
class MembersMeta:
    """`members.meta.json`: the roster that a person wants.

    Attributes:
        members: Its entries that are objects with a name, of a repeated name the last; without
            those numbered after a name that is there and not removed.
    """

    version: Annotated[int | None, VERSION_1] = None
    provider_backend_id: Annotated[str | None, TRIMMED] = None
    members: tuple[MetaMember, ...] = ()

    @property
    def removed(self) -> frozenset[str]:
        """The names that were removed, in lower case."""
        names = [one.name for one in self.members if one.removed_at is not None and one.name]
        return frozenset(map(str.lower, names))


@attrs.frozen
class TeamMeta:
    """`team.meta.json`: what a person set for the whole team.

    Attributes:
        created_at: When the team was made, in ms since 1970.
    """

    version: Annotated[int | None, VERSION_1] = None
    display_name: Annotated[str | None, TEXT] = None
    cwd: Annotated[str | None, TRIMMED] = None
    provider_id: Annotated[str | None, TRIMMED] = None
    model: Annotated[str | None, TRIMMED] = None
    created_at: Annotated[float | None, FINITE] = None


_read_config = fields_reader_of(TeamConfig)
_read_config_member = reader_of(ConfigMember)
_read_members_meta = fields_reader_of(MembersMeta)
_read_meta_member = reader_of(MetaMember)
_read_team_meta = reader_of(TeamMeta)


def config_of(document: Document) -> TeamConfig | None:
    """The roster in `config.json`; `None` when there is no object to read."""
    raw = document.value
    if not isinstance(raw, dict):
        return None
    return TeamConfig(**_read_config(raw), members=tuple(map(_read_config_member, _named(raw))))


def config_findings(document: Document) -> Iterator[Finding]:
    """What is wrong with `config.json`, field by field."""
    yield from object_findings(TeamConfig, document, CONFIG_FILE)
    yield from member_findings(document, CONFIG_FILE, ConfigMember)
    members = document.value.get("members") if isinstance(document.value, dict) else None
    for index, raw in enumerate(members if isinstance(members, list) else ()):
        if isinstance(raw, dict) and raw.get("removedAt") is not None:
            path = f"$.members[{index}].removedAt"
            expected = f"nothing: only {MEMBERS_META_FILE} removes a member"
            yield type_error(CONFIG_FILE, path, raw["removedAt"], expected)


def members_meta_of(document: Document) -> MembersMeta | None:
    """The roster in `members.meta.json`; `None` when there is no object to read."""
    raw = document.value
    if not isinstance(raw, dict):
        return None
    last = {one.name: one for one in map(_read_meta_member, _named(raw)) if one.name}
    living = {name for name, one in last.items() if one.removed_at is None}
    members = [one for name, one in last.items() if numbered_name(name) not in living]
    return MembersMeta(**_read_members_meta(raw), members=tuple(members))


def members_meta_findings(document: Document) -> Iterator[Finding]:
    """What is wrong with `members.meta.json`, field by field."""
    yield from object_findings(MembersMeta, document, MEMBERS_META_FILE)
    yield from member_findings(document, MEMBERS_META_FILE, MetaMember)


def team_meta_of(document: Document) -> TeamMeta | None:
    """The settings in `team.meta.json`; `None` when there is no object to read."""
    return _read_team_meta(document.value) if isinstance(document.value, dict) else None


def team_meta_findings(document: Document) -> Iterator[Finding]:
    """What is wrong with `team.meta.json`, field by field."""
    return object_findings(TeamMeta, document, TEAM_META_FILE)


def numbered_name(name: str) -> str | None:
    """The name that another one is, with a number from 2 on: `alice` of `alice-2`."""
    found = _NUMBERED.fullmatch(name)
    return None if found is None or found[2] == "1" else found[1]


class NameIndex:
    """Names of members, to find whom somebody means who signs with a name.

    Args:
        names: The names; of a repeated one the first counts.
    """

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


def _named(raw: dict[str, Any]) -> list[dict[str, Any]]:
    """The entries of `members` that are objects with a name."""
    members = raw.get("members")
    if not isinstance(members, list):
        return []
    return [one for one in members if isinstance(one, dict) and TRIMMED.read(one.get("name"))]

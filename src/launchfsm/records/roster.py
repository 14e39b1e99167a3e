"""Who belongs to a team: `config.json`, `members.meta.json` and `team.meta.json`."""

from __future__ import annotations

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


def _read_removal(value: Any) -> float | None:
    return read_finite(value) or None


REMOVED_AT: Final = Shape("a number of ms other than 0", _read_removal)


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
        for member in self.members:
            if member.name == name:
                return member
        numbered = [member for member in self.members if is_numbered(member.name or "", name)]
        return numbered[0] if len(numbered) == 1 else None


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
    living = [name for name, one in last.items() if one.removed_at is None]
    members = [one for name, one in last.items() if not any(is_numbered(name, of) for of in living)]
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


def is_numbered(name: str, of: str) -> bool:
    """Whether a name is another one with a number from 2 on: `alice-2` is, of `alice`."""
    found = _NUMBERED.fullmatch(name)
    return found is not None and found[1] == of and found[2] != "1"


def resolve_name(name: str, names: Iterable[str]) -> str | None:
    """Which of some names somebody means who signs with a name.

    The same name, ignoring case; else the only one that the name is a numbered form of. `None`
    when there is none, or more than one.
    """
    wanted = trim(name).lower()
    known = {one: one.lower() for one in names}
    same = [one for one, lower in known.items() if lower == wanted]
    if not same:
        same = [one for one, lower in known.items() if is_numbered(wanted, lower)]
    return same[0] if len(same) == 1 else None


def _named(raw: dict[str, Any]) -> list[dict[str, Any]]:
    """The entries of `members` that are objects with a name."""
    members = raw.get("members")
    if not isinstance(members, list):
        return []
    return [one for one in members if isinstance(one, dict) and TRIMMED.read(one.get("name"))]

"""The launcher's own record: `launch-state.json`, version 2 or the legacy marker (§10).

A record of version 2 has the fields that a `LaunchSnapshot` and a `MemberLaunch` have, so they are
declared there. What a record holds is a dictionary by field name, without what it does not say.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any, Final

import attrs

from launchfsm.ecma.text import trim
from launchfsm.records.documents import LAUNCH_FILE
from launchfsm.records.fields import (
    TEXT,
    TRIMMED,
    TRIMMED_TEXTS,
    Finding,
    fields_reader_of,
    findings_of,
    reader_of,
    shown,
    type_error,
)
from launchfsm.records.results import (
    BootstrapCandidate,
    LaunchIdentity,
    LaunchSnapshot,
    MemberLaunch,
    Sources,
)
from launchfsm.vocabulary import (
    Backend,
    CodexBackend,
    GeminiBackend,
    OpencodeBackend,
    Provider,
    values,
)

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

LAUNCH_VERSION: Final = 2
LEGACY_STATE: Final = "partial_launch_failure"

BACKENDS: Final[Mapping[Provider, Mapping[str, Backend]]] = {
    "codex": dict.fromkeys(("", "auto", "adapter", "api", *values(CodexBackend)), "codex-native"),
    "gemini": {word: word for word in values(GeminiBackend)},  # type: ignore[misc]  # values() is str
    "opencode": {word: word for word in values(OpencodeBackend)},  # type: ignore[misc]  # values() is str
}
"""What a provider runs on, by every spelling that is read as it; `""` is blank or no text.

A provider that is not named here, such as `anthropic`, runs on itself alone.
"""


def backend_of(provider: Provider | None, spelling: str | None) -> Backend | None:
    """The backend of a provider, from the text recorded for it (§10)."""
    if provider is None:
        return None
    return BACKENDS.get(provider, {}).get(trim(spelling or ""))


read_snapshot_fields: Final = fields_reader_of(LaunchSnapshot)
"""The fields of a snapshot that a record of version 2 holds; its members are still JSON."""
read_member_fields: Final = fields_reader_of(MemberLaunch)
"""The fields of a member that one of `members` holds; the objects in it are still JSON."""
_read_identity = fields_reader_of(LaunchIdentity)
_read_candidate = fields_reader_of(BootstrapCandidate)
_read_sources = fields_reader_of(Sources)

_UNKNOWN_IDENTITY: Final = dict.fromkeys(attrs.fields_dict(LaunchIdentity)) | {
    "selected_model_kind": "default",
    "catalog_source": "unavailable",
}
_CANDIDATE_NEEDS: Final = frozenset(
    field.name for field in attrs.fields(BootstrapCandidate) if field.default is attrs.NOTHING
)


def true_sources(raw: dict[str, Any]) -> tuple[str, ...]:
    """The names of the sources that a record says are true, in its order."""
    return tuple([name for name, value in _read_sources(raw).items() if value])


def identity_of(raw: dict[str, Any], provider: Provider | None) -> LaunchIdentity | None:
    """The identity that a member was launched with; `None` when no provider is known."""
    said = _read_identity(raw)
    own = said.get("provider_id") or provider
    if own is None:
        return None
    backend = backend_of(own, said.get("provider_backend_id"))
    known = {**_UNKNOWN_IDENTITY, **said, "provider_id": own, "provider_backend_id": backend}
    return LaunchIdentity(**known)


def candidate_of(raw: dict[str, Any]) -> BootstrapCandidate | None:
    """The candidate when everything that it must say is said."""
    said = _read_candidate(raw)
    return BootstrapCandidate(**said) if said.keys() >= _CANDIDATE_NEEDS else None


@attrs.define
class LegacyMarker:
    """The old form of `launch-state.json`: a partial failure, names only."""

    updated_at: Annotated[str | None, TEXT] = None
    lead_session_id: Annotated[str | None, TRIMMED] = None
    expected_members: Annotated[tuple[str, ...] | None, TRIMMED_TEXTS] = None
    confirmed_members: Annotated[tuple[str, ...] | None, TRIMMED_TEXTS] = None
    missing_members: Annotated[tuple[str, ...] | None, TRIMMED_TEXTS] = None


read_marker: Final = reader_of(LegacyMarker)


def snapshot_findings(document: object) -> Iterator[Finding]:
    """What is wrong with a launcher's record, field by field."""
    if not isinstance(document, dict):
        yield type_error(LAUNCH_FILE, "$", document, "an object")
    elif document.get("state") == LEGACY_STATE:
        yield from _marker_findings(document)
    elif document.get("version") != LAUNCH_VERSION:
        version, expected = (
            document.get("version"),
            "the number 2, or `state` partial_launch_failure",
        )
        if isinstance(version, int | float) and version > LAUNCH_VERSION:
            expected += " (a newer format is not read)"
        yield type_error(LAUNCH_FILE, "$.version", version, expected)
    else:
        yield from findings_of(LaunchSnapshot, document, LAUNCH_FILE, "$")
        members = document.get("members")
        for key, raw in (members if isinstance(members, dict) else {}).items():
            yield from _member_findings(f"$.members[{shown(key)}]", raw)


def _marker_findings(document: dict[str, Any]) -> Iterator[Finding]:
    yield from findings_of(LegacyMarker, document, LAUNCH_FILE, "$")
    for key in ("expectedMembers", "missingMembers"):
        names = document.get(key)
        if names is None or (isinstance(names, list) and TRIMMED_TEXTS.read(names) is None):
            yield Finding(LAUNCH_FILE, f"$.{key}", "no name", "at least one: else it marks nothing")


def _member_findings(path: str, raw: object) -> Iterator[Finding]:
    if not isinstance(raw, dict):
        yield type_error(LAUNCH_FILE, path, raw, "an object")
        return
    yield from findings_of(MemberLaunch, raw, LAUNCH_FILE, path)
    inner = {
        "launchIdentity": LaunchIdentity,
        "appManagedBootstrapCandidate": BootstrapCandidate,
        "sources": Sources,
    }
    for key, cls in inner.items():
        if isinstance(raw.get(key), dict):
            yield from findings_of(cls, raw[key], LAUNCH_FILE, f"{path}.{key}")

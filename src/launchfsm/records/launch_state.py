"""The launcher's own record: `launch-state.json`, version 2 or the legacy marker (§10).

A record of version 2 has the fields that a `LaunchSnapshot` and a `MemberLaunch` have, so they are
declared there. What a record holds is a dictionary by field name, without what it does not say.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Annotated, Any, Final

import attrs

from launchfsm.ecma.text import trim
from launchfsm.records.documents import LAUNCH_FILE, Document, document_findings
from launchfsm.records.fields import (
    STRICT_OBJECT,
    TEXT,
    TRIMMED,
    TRIMMED_TEXTS,
    Finding,
    fields_reader_of,
    findings_of,
    needed,
    reader_of,
    type_error,
)
from launchfsm.records.results import LaunchIdentity, LaunchSnapshot, MemberLaunch
from launchfsm.vocabulary import (
    Backend,
    CodexBackend,
    GeminiBackend,
    OpencodeBackend,
    Provider,
    values,
)

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
_read_member = fields_reader_of(MemberLaunch)
_read_identity = fields_reader_of(LaunchIdentity)

_UNKNOWN_IDENTITY: Final = dict.fromkeys(attrs.fields_dict(LaunchIdentity)) | {
    "selected_model_kind": "default",
    "catalog_source": "unavailable",
}


def read_member(raw: dict[str, Any]) -> dict[str, Any]:
    """The fields of `MemberLaunch` that one of `members` states."""
    fields = _read_member(raw)
    provider = fields.get("provider_id")
    fields["provider_backend_id"] = backend_of(provider, fields.get("provider_backend_id"))
    if "launch_identity" in fields:
        fields["launch_identity"] = _identity_of(fields["launch_identity"], provider)
    return fields


def _identity_of(raw: dict[str, Any], provider: Provider | None) -> LaunchIdentity | None:
    """The identity that a member was launched with; `None` when no provider is known."""
    said = _read_identity(raw)
    own = said.get("provider_id") or provider
    if own is None:
        return None
    backend = backend_of(own, said.get("provider_backend_id"))
    known = {**_UNKNOWN_IDENTITY, **said, "provider_id": own, "provider_backend_id": backend}
    return LaunchIdentity(**known)


_SOME_NAMES: Final = attrs.evolve(needed(TRIMMED_TEXTS), expected="a list of at least one name")


@attrs.define
class LegacyMarker:
    """The old form of `launch-state.json`: a partial failure, names only."""

    updated_at: Annotated[str | None, TEXT] = None
    lead_session_id: Annotated[str | None, TRIMMED] = None
    expected_members: Annotated[tuple[str, ...] | None, _SOME_NAMES] = None
    confirmed_members: Annotated[tuple[str, ...] | None, TRIMMED_TEXTS] = None
    missing_members: Annotated[tuple[str, ...] | None, _SOME_NAMES] = None


read_marker: Final = reader_of(LegacyMarker)


def launch_findings(document: Document) -> Iterator[Finding]:
    """What is wrong with a launcher's file, field by field; that it is absent is not wrong."""
    raw = document.value
    if not isinstance(raw, dict):
        yield from document_findings(document, LAUNCH_FILE, STRICT_OBJECT)
    elif raw.get("state") == LEGACY_STATE:
        yield from findings_of(LegacyMarker, raw, LAUNCH_FILE, "$")
    elif raw.get("version") == LAUNCH_VERSION:
        yield from findings_of(LaunchSnapshot, raw, LAUNCH_FILE, "$")
    else:
        version = raw.get("version")
        newer = isinstance(version, int | float) and version > LAUNCH_VERSION
        expected = "the number 2, or `state` partial_launch_failure"
        expected += " (a newer format is not read)" if newer else ""
        yield type_error(LAUNCH_FILE, "$.version", version, expected)

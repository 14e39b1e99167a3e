"""What an evaluation says of a launch, as immutable values, and the launcher's own record of it.

Fields are in the order and under the names of the wire form (snake_case here). `None` is absent,
and is left out on the wire. Where `launch-state.json` has a field too, its type there is stated
beside its type; what a record of it holds is a dictionary by field name.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Annotated, Any, Final, Literal, Self

import attrs

from launchfsm.ecma.text import trim
from launchfsm.records.documents import LAUNCH_FILE, Document, document_findings
from launchfsm.records.fields import (
    BOOLEAN,
    NON_BLANK,
    OBJECT,
    PID,
    STRICT_OBJECT,
    TEXT,
    TEXTS,
    TRIMMED,
    TRIMMED_TEXTS,
    VERSION_1,
    WORD,
    At,
    FieldType,
    Finding,
    fields_reader_of,
    findings_of,
    needed,
    object_of,
    one_of,
    record_of,
    type_error,
    usable_reader_of,
)
from launchfsm.vocabulary import (
    Backend,
    BillingMode,
    BootstrapMode,
    CatalogSource,
    CodexBackend,
    Effort,
    EvidenceSource,
    FastMode,
    GeminiBackend,
    LaneKind,
    LaunchPhase,
    LaunchState,
    LivenessKind,
    LivenessSource,
    ModelKind,
    OpencodeBackend,
    PidSource,
    ProgressState,
    Provider,
    Severity,
    SpawnStatus,
    TeamLaunchState,
    values,
)

EFFORT: Final = one_of(Effort, newer=("ultra",))

ON_THE_WIRE: Final = "on_the_wire"


def _beside() -> Any:
    """A field that a record carries beside its wire form: neither compared nor written (§10)."""
    return attrs.field(default=None, eq=False, metadata={ON_THE_WIRE: False})


class _Changeable:
    """A value of which copies are made with some fields changed."""

    @classmethod
    def of_all(cls, fields: dict[str, Any]) -> Self:
        """A value of all its fields, by name and unchecked, in a fraction of the time of a call."""
        made = cls.__new__(cls)
        object.__setattr__(made, "__dict__", fields)  # as it is frozen
        return made

    def like(self, **changes: Any) -> Self:
        """A copy with some fields changed; their names are not checked."""
        return self.of_all(self.__dict__ | changes)


@attrs.frozen(slots=False)
class Sources(_Changeable):
    """Where a member's record got its knowledge from; `None` is not said (§4, §10)."""

    inbox_heartbeat: Annotated[bool | None, BOOLEAN] = None
    native_heartbeat: Annotated[bool | None, BOOLEAN] = None
    process_alive: Annotated[bool | None, BOOLEAN] = None
    config_registered: Annotated[bool | None, BOOLEAN] = None
    config_drift: Annotated[bool | None, BOOLEAN] = None
    hard_failure_signal: Annotated[bool | None, BOOLEAN] = None
    duplicate_respawn_blocked: Annotated[bool | None, BOOLEAN] = None


_read_flags: Final = fields_reader_of(Sources)


def _read_sources(value: object) -> Sources | None:
    """All seven are said: what is not `true` is `false`."""
    raw = OBJECT.read(value)
    if raw is None:
        return None
    told = _read_flags(raw)
    return Sources(**{name: told.get(name, False) for name in attrs.fields_dict(Sources)})


_SOURCES: Final = FieldType("an object", _read_sources, records=(Sources,))


@attrs.frozen
class LaunchIdentity:
    """With which provider, model and effort a member was launched (§10).

    Unlike everywhere else an unknown value is said, as `null`; `billing_mode` alone is left out.
    """

    provider_id: Annotated[Provider, WORD]
    provider_backend_id: Annotated[Backend | None, TEXT]
    selected_model: Annotated[str | None, TRIMMED]
    selected_model_kind: Annotated[ModelKind, WORD]
    resolved_launch_model: Annotated[str | None, TRIMMED]
    catalog_id: Annotated[str | None, TRIMMED]
    catalog_source: Annotated[CatalogSource, WORD]
    catalog_fetched_at: Annotated[str | None, TRIMMED]
    selected_effort: Annotated[Effort | None, EFFORT]
    resolved_effort: Annotated[Effort | None, EFFORT]
    selected_fast_mode: Annotated[FastMode | None, WORD]
    resolved_fast_mode: Annotated[bool | None, BOOLEAN]
    fast_resolution_reason: Annotated[str | None, TRIMMED]
    billing_mode: Annotated[BillingMode | None, WORD] = None


@attrs.frozen
class BootstrapCandidate:
    """A bootstrap that an application claims to have managed itself (§10)."""

    schema_version: Annotated[Literal[1], VERSION_1]
    source: Annotated[Literal["app_managed_bootstrap"], WORD]
    team_name: Annotated[str, TRIMMED]
    member_name: Annotated[str, TRIMMED]
    run_id: Annotated[str, TRIMMED]
    lane_id: Annotated[str, TRIMMED]
    runtime_session_id: Annotated[str, TRIMMED]
    message_id: Annotated[str, At("messageID", TRIMMED)]
    context_hash: Annotated[str, TRIMMED]
    briefing_hash: Annotated[str, TRIMMED]
    injection_verified_at: Annotated[str, TRIMMED]
    candidate_at: Annotated[str, TRIMMED]
    model: Annotated[str | None, TRIMMED] = None
    agent: Annotated[str | None, TRIMMED] = None


@attrs.frozen(slots=False)
class MemberLaunch(_Changeable):
    """One member of a launch: where it stands, and everything known of it (§4, §5, §10).

    Times are texts as records carry them. `last_evaluated_at` is when somebody last looked.
    """

    name: str
    provider_id: Annotated[Provider | None, WORD] = None
    provider_backend_id: Annotated[Backend | None, TEXT] = None
    billing_mode: Annotated[BillingMode | None, WORD] = None
    model: Annotated[str | None, TRIMMED] = None
    effort: Annotated[Effort | None, EFFORT] = None
    selected_fast_mode: Annotated[FastMode | None, WORD] = None
    resolved_fast_mode: Annotated[bool | None, BOOLEAN] = None
    lane_id: Annotated[str | None, TRIMMED] = None
    lane_kind: Annotated[LaneKind | None, WORD] = None
    lane_owner_provider_id: Annotated[Provider | None, WORD] = None
    launch_identity: Annotated[LaunchIdentity | None, object_of(LaunchIdentity, kind=OBJECT)] = None
    app_managed_bootstrap_candidate: Annotated[
        BootstrapCandidate | None, record_of(BootstrapCandidate)
    ] = None
    launch_state: Annotated[LaunchState, WORD] = "starting"
    skipped_for_launch: Annotated[bool | None, BOOLEAN] = None
    skip_reason: Annotated[str | None, TRIMMED] = None
    skipped_at: Annotated[str | None, TRIMMED] = None
    agent_tool_accepted: Annotated[bool, BOOLEAN] = False
    runtime_alive: Annotated[bool, BOOLEAN] = False
    bootstrap_confirmed: Annotated[bool, BOOLEAN] = False
    hard_failure: Annotated[bool, BOOLEAN] = False
    hard_failure_reason: Annotated[str | None, TRIMMED] = None
    pending_permission_request_ids: Annotated[tuple[str, ...] | None, TRIMMED_TEXTS] = None
    runtime_pid: Annotated[int | None, PID] = None
    runtime_run_id: Annotated[str | None, TRIMMED] = None
    runtime_session_id: Annotated[str | None, TRIMMED] = None
    liveness_kind: Annotated[LivenessKind | None, WORD] = None
    pid_source: Annotated[PidSource | None, WORD] = None
    runtime_diagnostic: Annotated[str | None, TRIMMED] = None
    runtime_diagnostic_severity: Annotated[Severity | None, WORD] = None
    runtime_last_seen_at: Annotated[str | None, TRIMMED] = None
    bootstrap_evidence_source: Annotated[EvidenceSource | None, WORD] = None
    bootstrap_mode: Annotated[BootstrapMode | None, WORD] = None
    bootstrap_stalled: Annotated[bool | None, BOOLEAN] = None
    first_spawn_accepted_at: Annotated[str | None, TEXT] = None
    last_heartbeat_at: Annotated[str | None, TEXT] = None
    last_runtime_alive_at: Annotated[str | None, TEXT] = None
    last_evaluated_at: Annotated[str | None, TEXT] = None
    sources: Annotated[Sources | None, _SOURCES] = None
    diagnostics: Annotated[tuple[str, ...] | None, TEXTS] = None
    # Of the member's spawn, as its record says; neither compared nor in the wire form.
    stopped: bool | None = _beside()
    bootstrap_run_id: Annotated[str | None, TRIMMED] = _beside()
    bootstrap_expected_after: Annotated[str | None, TRIMMED] = _beside()
    bootstrap_runtime_events_path: Annotated[str | None, TRIMMED] = _beside()
    agent_id: Annotated[str | None, TRIMMED] = _beside()
    backend_type: Annotated[str | None, TRIMMED] = _beside()
    tmux_pane_id: Annotated[str | None, TRIMMED] = _beside()
    cwd: Annotated[str | None, TRIMMED] = _beside()

    @property
    def spawning_run_id(self) -> str | None:
        """The bootstrap's run that its record names.

        `None` also for an OpenCode member: it names its lane's run, which no bootstrap knows (b10).
        """
        return None if self.provider_id == "opencode" else self.runtime_run_id

    @property
    def is_skipped(self) -> bool:
        """Whether its record says that it was skipped."""
        return self.skipped_for_launch is True

    @property
    def is_stalled(self) -> bool:
        """Whether its record says that its bootstrap stalled."""
        return self.bootstrap_stalled is True

    @property
    def was_stopped(self) -> bool:
        """Whether its team was stopped."""
        return self.stopped is True

    @property
    def has_pid(self) -> bool:
        """Whether its record has a pid."""
        return bool(self.runtime_pid)

    @property
    def is_respawn_blocked(self) -> bool:
        """Whether its record says that it could not be spawned again beside another of its name."""
        return self.sources is not None and self.sources.duplicate_respawn_blocked is True

    @property
    def has_config_drift(self) -> bool:
        """Whether its record says that the team's configuration changed under it."""
        return self.sources is not None and self.sources.config_drift is True

    @property
    def asks_permission(self) -> bool:
        """Whether its record has requests that nobody answered."""
        return bool(self.pending_permission_request_ids)

    @property
    def waits_for_permission(self) -> bool:
        """Whether it waits for a person's permission, and for nothing else (e11)."""
        if self.launch_state in {"confirmed_alive", "failed_to_start", "skipped_for_launch"}:
            return False
        return self.launch_state == "runtime_pending_permission" or self.asks_permission

    @property
    def has_own_lane(self) -> bool:
        """Whether it runs on an OpenCode lane of its own, which alone confirms it (a1)."""
        return (
            self.provider_id == "opencode"
            and self.lane_kind == "secondary"
            and self.lane_owner_provider_id == "opencode"
            and bool(trim(self.lane_id or ""))
        )

    @classmethod
    def of(cls, fields: Mapping[str, Any]) -> MemberLaunch:
        """A member of these fields, `name` among them; their names are not checked."""
        return cls.of_all({**_MEMBER_DEFAULTS, **fields})


_MEMBER_DEFAULTS: Final = {
    field.name: field.default
    for field in attrs.fields(MemberLaunch)
    if field.default is not attrs.NOTHING
}


@attrs.frozen(slots=False)  # with slots it is made three times slower
class LaunchSummary:
    """How many members stand where (§5).

    The first four add up to the number of names; the others count pending members once more.
    """

    confirmed_count: int = 0
    pending_count: int = 0
    failed_count: int = 0
    skipped_count: int = 0
    runtime_alive_pending_count: int = 0
    shell_only_pending_count: int = 0
    runtime_process_pending_count: int = 0
    runtime_candidate_pending_count: int = 0
    no_runtime_pending_count: int = 0
    permission_pending_count: int = 0

    @property
    def names(self) -> int:
        """How many names there are."""
        return self.confirmed_count + self.pending_count + self.failed_count + self.skipped_count


@attrs.frozen(kw_only=True, slots=False)
class LaunchSnapshot(_Changeable):
    """How a launch stands, whichever record says so (§5).

    Attributes:
        updated_at: When the record behind it was written; a text as records carry it.
        lead_session_id: The session of the team's lead, when known.
        launch_phase: Whether the launch is going on.
        expected_members: The names expected, in order, each once.
        bootstrap_expected_members: Whom the bootstrap expected, where that differs.
        members: The members by name: the expected ones, then others that have a record.
        team_launch_state: The state of all of them together.
        publication_run_id: The run that published the record, when it says so; not on the wire.
        counts: The fields of the summary that each member adds to, by name; not on the wire.
    """

    version: Literal[2] = 2
    team_name: Annotated[str, TRIMMED]
    updated_at: Annotated[str, NON_BLANK]
    lead_session_id: Annotated[str | None, TRIMMED] = None
    launch_phase: Annotated[LaunchPhase, WORD]
    expected_members: Annotated[tuple[str, ...], TEXTS]
    bootstrap_expected_members: Annotated[tuple[str, ...] | None, TEXTS] = None
    members: Annotated[
        Mapping[str, MemberLaunch], attrs.evolve(OBJECT, entries=object_of(MemberLaunch))
    ]
    summary: LaunchSummary
    team_launch_state: TeamLaunchState
    publication_run_id: Annotated[str | None, TRIMMED] = _beside()
    counts: Mapping[str, tuple[str, ...]] = attrs.field(
        factory=dict, eq=False, repr=False, metadata={ON_THE_WIRE: False}
    )


@attrs.frozen(kw_only=True, slots=False)
class Progress:
    """What a progress display shows of a run (§7).

    Attributes:
        run_id: The run, or what stands in for it.
        error: What went wrong.
        warnings: What else a person should know.
        started_at: When the run began, as records carry it.
        updated_at: When its record was written, likewise.
        pid: The owner's pid.
    """

    run_id: str
    team_name: str
    state: ProgressState
    message: str
    message_severity: Severity | None = None
    error: str | None = None
    warnings: tuple[str, ...] | None = None
    started_at: str
    updated_at: str
    pid: float | None = None


@attrs.frozen(kw_only=True, slots=False)
class RuntimeState:
    """The runtime state of a team for a progress display (§7).

    Attributes:
        is_alive: Always false: a persisted record is nobody's life.
        run_id: The run as recorded; `None` when none is, and said as `null` on the wire.
    """

    team_name: str
    is_alive: Literal[False] = False
    run_id: str | None
    progress: Progress


@attrs.frozen
class MemberSpawnStatus:
    """One member in a roster display (§10)."""

    status: SpawnStatus
    launch_state: LaunchState
    agent_tool_accepted: bool
    runtime_alive: bool
    bootstrap_confirmed: bool
    hard_failure: bool
    bootstrap_stalled: bool
    liveness_last_checked_at: str | None
    updated_at: str | None
    error: str | None = None
    hard_failure_reason: str | None = None
    liveness_source: LivenessSource | None = None
    liveness_kind: LivenessKind | None = None
    last_heartbeat_at: str | None = None
    first_spawn_accepted_at: str | None = None
    runtime_diagnostic: str | None = None
    runtime_diagnostic_severity: Severity | None = None
    skipped_for_launch: bool | None = None
    skipped_at: str | None = None
    skip_reason: str | None = None
    bootstrap_mode: BootstrapMode | None = None
    bootstrap_evidence_source: EvidenceSource | None = None
    pending_permission_request_ids: tuple[str, ...] | None = None
    app_managed_bootstrap_candidate: BootstrapCandidate | None = None


# -- Read from `launch-state.json`, version 2 or the legacy marker (§10) ---------------------------

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
_read_member: Final = fields_reader_of(MemberLaunch)
_read_identity: Final = fields_reader_of(LaunchIdentity)

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

    expected_members: Annotated[tuple[str, ...], _SOME_NAMES]
    missing_members: Annotated[tuple[str, ...], _SOME_NAMES]
    confirmed_members: Annotated[tuple[str, ...], TRIMMED_TEXTS] = ()
    updated_at: Annotated[str | None, TEXT] = None
    lead_session_id: Annotated[str | None, TRIMMED] = None


read_marker: Final = usable_reader_of(LegacyMarker)


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

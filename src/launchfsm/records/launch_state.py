"""Saved records: what a launcher's own snapshot holds, one attrs class an object (§10).

The many enumerated fields are data: each takes its words from `vocabulary`, so a new provider or
liveness kind is a word there and nothing here. A field of the wrong type is `None`, as if absent.

Here: the objects of `launch-state.json`. Not here: what they mean together (`saved_members`,
`saved_snapshots`), or the bootstrap's own records (`records`).
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any, Final

import attrs

from launchfsm.ecma.text import trim
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
    at,
    one_of,
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
    ModelKind,
    OpencodeBackend,
    PidSource,
    Provider,
    Severity,
    values,
)

if TYPE_CHECKING:
    from collections.abc import Mapping


PROVIDER: Final = one_of(values(Provider))
EFFORT: Final = one_of(values(Effort))
FAST_MODE: Final = one_of(values(FastMode))
BILLING_MODE: Final = one_of(values(BillingMode))
LAUNCH_STATE: Final = one_of(values(LaunchState))

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


@attrs.define
class SavedIdentity:
    """`launchIdentity` of a member."""

    provider_id: Annotated[Provider | None, at("providerId", PROVIDER)]
    provider_backend_id: Annotated[str | None, at("providerBackendId", TEXT)]
    billing_mode: Annotated[BillingMode | None, at("billingMode", BILLING_MODE)]
    selected_model: Annotated[str | None, at("selectedModel", TRIMMED)]
    selected_model_kind: Annotated[
        ModelKind | None, at("selectedModelKind", one_of(values(ModelKind)))
    ]
    resolved_launch_model: Annotated[str | None, at("resolvedLaunchModel", TRIMMED)]
    catalog_id: Annotated[str | None, at("catalogId", TRIMMED)]
    catalog_source: Annotated[
        CatalogSource | None, at("catalogSource", one_of(values(CatalogSource)))
    ]
    catalog_fetched_at: Annotated[str | None, at("catalogFetchedAt", TRIMMED)]
    selected_effort: Annotated[Effort | None, at("selectedEffort", EFFORT)]
    resolved_effort: Annotated[Effort | None, at("resolvedEffort", EFFORT)]
    selected_fast_mode: Annotated[FastMode | None, at("selectedFastMode", FAST_MODE)]
    resolved_fast_mode: Annotated[bool | None, at("resolvedFastMode", BOOLEAN)]
    fast_resolution_reason: Annotated[str | None, at("fastResolutionReason", TRIMMED)]


@attrs.define
class SavedCandidate:
    """`appManagedBootstrapCandidate` of a member."""

    schema_version: Annotated[float | None, at("schemaVersion", VERSION_1)]
    source: Annotated[str | None, at("source", one_of(("app_managed_bootstrap",)))]
    team_name: Annotated[str | None, at("teamName", TRIMMED)]
    member_name: Annotated[str | None, at("memberName", TRIMMED)]
    run_id: Annotated[str | None, at("runId", TRIMMED)]
    lane_id: Annotated[str | None, at("laneId", TRIMMED)]
    runtime_session_id: Annotated[str | None, at("runtimeSessionId", TRIMMED)]
    message_id: Annotated[str | None, at("messageID", TRIMMED)]
    context_hash: Annotated[str | None, at("contextHash", TRIMMED)]
    briefing_hash: Annotated[str | None, at("briefingHash", TRIMMED)]
    injection_verified_at: Annotated[str | None, at("injectionVerifiedAt", TRIMMED)]
    candidate_at: Annotated[str | None, at("candidateAt", TRIMMED)]
    model: Annotated[str | None, at("model", TRIMMED)]
    agent: Annotated[str | None, at("agent", TRIMMED)]


@attrs.define
class SavedSources:
    """`sources` of a member."""

    inbox_heartbeat: Annotated[bool | None, at("inboxHeartbeat", BOOLEAN)]
    native_heartbeat: Annotated[bool | None, at("nativeHeartbeat", BOOLEAN)]
    process_alive: Annotated[bool | None, at("processAlive", BOOLEAN)]
    config_registered: Annotated[bool | None, at("configRegistered", BOOLEAN)]
    config_drift: Annotated[bool | None, at("configDrift", BOOLEAN)]
    hard_failure_signal: Annotated[bool | None, at("hardFailureSignal", BOOLEAN)]
    duplicate_respawn_blocked: Annotated[bool | None, at("duplicateRespawnBlocked", BOOLEAN)]


@attrs.define
class SavedMember:
    """One of `members` in `launch-state.json`."""

    provider_id: Annotated[Provider | None, at("providerId", PROVIDER)] = None
    provider_backend_id: Annotated[str | None, at("providerBackendId", TEXT)] = None
    billing_mode: Annotated[BillingMode | None, at("billingMode", BILLING_MODE)] = None
    model: Annotated[str | None, at("model", TRIMMED)] = None
    effort: Annotated[Effort | None, at("effort", EFFORT)] = None
    selected_fast_mode: Annotated[FastMode | None, at("selectedFastMode", FAST_MODE)] = None
    resolved_fast_mode: Annotated[bool | None, at("resolvedFastMode", BOOLEAN)] = None
    lane_id: Annotated[str | None, at("laneId", TRIMMED)] = None
    lane_kind: Annotated[LaneKind | None, at("laneKind", one_of(values(LaneKind)))] = None
    lane_owner_provider_id: Annotated[Provider | None, at("laneOwnerProviderId", PROVIDER)] = None
    launch_identity: Annotated[dict[str, Any] | None, at("launchIdentity", OBJECT)] = None
    app_managed_bootstrap_candidate: Annotated[
        dict[str, Any] | None, at("appManagedBootstrapCandidate", STRICT_OBJECT)
    ] = None
    launch_state: Annotated[LaunchState | None, at("launchState", LAUNCH_STATE)] = None
    skipped_for_launch: Annotated[bool | None, at("skippedForLaunch", BOOLEAN)] = None
    skip_reason: Annotated[str | None, at("skipReason", TRIMMED)] = None
    skipped_at: Annotated[str | None, at("skippedAt", TRIMMED)] = None
    agent_tool_accepted: Annotated[bool | None, at("agentToolAccepted", BOOLEAN)] = None
    runtime_alive: Annotated[bool | None, at("runtimeAlive", BOOLEAN)] = None
    bootstrap_confirmed: Annotated[bool | None, at("bootstrapConfirmed", BOOLEAN)] = None
    hard_failure: Annotated[bool | None, at("hardFailure", BOOLEAN)] = None
    hard_failure_reason: Annotated[str | None, at("hardFailureReason", TRIMMED)] = None
    pending_permission_request_ids: Annotated[
        tuple[str, ...] | None, at("pendingPermissionRequestIds", TRIMMED_TEXTS)
    ] = None
    runtime_pid: Annotated[int | None, at("runtimePid", PID)] = None
    runtime_run_id: Annotated[str | None, at("runtimeRunId", TRIMMED)] = None
    runtime_session_id: Annotated[str | None, at("runtimeSessionId", TRIMMED)] = None
    liveness_kind: Annotated[
        LivenessKind | None, at("livenessKind", one_of(values(LivenessKind)))
    ] = None
    pid_source: Annotated[PidSource | None, at("pidSource", one_of(values(PidSource)))] = None
    runtime_diagnostic: Annotated[str | None, at("runtimeDiagnostic", TRIMMED)] = None
    runtime_diagnostic_severity: Annotated[
        Severity | None, at("runtimeDiagnosticSeverity", one_of(values(Severity)))
    ] = None
    runtime_last_seen_at: Annotated[str | None, at("runtimeLastSeenAt", TRIMMED)] = None
    bootstrap_evidence_source: Annotated[
        EvidenceSource | None, at("bootstrapEvidenceSource", one_of(values(EvidenceSource)))
    ] = None
    bootstrap_mode: Annotated[
        BootstrapMode | None, at("bootstrapMode", one_of(values(BootstrapMode)))
    ] = None
    bootstrap_stalled: Annotated[bool | None, at("bootstrapStalled", BOOLEAN)] = None
    first_spawn_accepted_at: Annotated[str | None, at("firstSpawnAcceptedAt", TEXT)] = None
    last_heartbeat_at: Annotated[str | None, at("lastHeartbeatAt", TEXT)] = None
    last_runtime_alive_at: Annotated[str | None, at("lastRuntimeAliveAt", TEXT)] = None
    last_evaluated_at: Annotated[str | None, at("lastEvaluatedAt", TEXT)] = None
    sources: Annotated[dict[str, Any] | None, at("sources", OBJECT)] = None
    diagnostics: Annotated[tuple[str, ...] | None, at("diagnostics", TEXTS)] = None
    bootstrap_run_id: Annotated[str | None, TRIMMED] = None
    bootstrap_expected_after: Annotated[str | None, TRIMMED] = None
    bootstrap_runtime_events_path: Annotated[str | None, TRIMMED] = None
    agent_id: Annotated[str | None, TRIMMED] = None
    backend_type: Annotated[str | None, TRIMMED] = None
    tmux_pane_id: Annotated[str | None, TRIMMED] = None
    cwd: Annotated[str | None, TRIMMED] = None


@attrs.define
class SavedSnapshot:
    """`launch-state.json`, version 2."""

    team_name: Annotated[str | None, at("teamName", TRIMMED)]
    updated_at: Annotated[str | None, at("updatedAt", NON_BLANK)]
    lead_session_id: Annotated[str | None, at("leadSessionId", TRIMMED)]
    launch_phase: Annotated[LaunchPhase | None, at("launchPhase", one_of(values(LaunchPhase)))]
    expected_members: Annotated[tuple[str, ...] | None, at("expectedMembers", TEXTS)]
    bootstrap_expected_members: Annotated[
        tuple[str, ...] | None, at("bootstrapExpectedMembers", TEXTS)
    ]
    members: Annotated[dict[str, Any] | None, at("members", OBJECT)]
    publication_run_id: Annotated[str | None, TRIMMED]


@attrs.define
class LegacyMarker:
    """The old form of `launch-state.json`: a partial failure, names only."""

    updated_at: Annotated[str | None, at("updatedAt", TEXT)]
    lead_session_id: Annotated[str | None, at("leadSessionId", TRIMMED)]
    expected_members: Annotated[tuple[str, ...] | None, at("expectedMembers", TRIMMED_TEXTS)]
    confirmed_members: Annotated[tuple[str, ...] | None, at("confirmedMembers", TRIMMED_TEXTS)]
    missing_members: Annotated[tuple[str, ...] | None, at("missingMembers", TRIMMED_TEXTS)]

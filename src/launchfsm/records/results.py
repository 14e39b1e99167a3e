"""Results: what an evaluation says, as immutable values.

One class a shape of the specification, its fields in the order and under the names of the wire
form (snake_case here). `None` is "absent", and is left out on the wire.

Here: the shapes. Not here: working them out (`members`, `snapshots`, `progress`), or JSON (`wire`).
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final, Literal

import attrs

from launchfsm.vocabulary import (
    Backend,
    BillingMode,
    BootstrapMode,
    CatalogSource,
    Effort,
    EvidenceSource,
    FastMode,
    LaneKind,
    LaunchPhase,
    LaunchState,
    LivenessKind,
    LivenessSource,
    ModelKind,
    PidSource,
    ProgressState,
    Provider,
    Severity,
    SpawnStatus,
    TeamLaunchState,
)

ON_THE_WIRE: Final = "on_the_wire"


def _beside() -> Any:
    """A field that a record carries beside its wire form: neither compared nor written (§5, §10)."""
    return attrs.field(default=None, eq=False, metadata={ON_THE_WIRE: False})


@attrs.frozen
class Sources:
    """Where a member's record got its knowledge from; `None` is not said (§4, §10)."""

    inbox_heartbeat: bool | None = None
    native_heartbeat: bool | None = None
    process_alive: bool | None = None
    config_registered: bool | None = None
    config_drift: bool | None = None
    hard_failure_signal: bool | None = None
    duplicate_respawn_blocked: bool | None = None


@attrs.frozen
class LaunchIdentity:
    """With which provider, model and effort a member was launched (§10).

    Unlike everywhere else an unknown value is said, as `null`; `billing_mode` alone is left out.
    """

    provider_id: Provider
    provider_backend_id: Backend | None
    selected_model: str | None
    selected_model_kind: ModelKind
    resolved_launch_model: str | None
    catalog_id: str | None
    catalog_source: CatalogSource
    catalog_fetched_at: str | None
    selected_effort: Effort | None
    resolved_effort: Effort | None
    selected_fast_mode: FastMode | None
    resolved_fast_mode: bool | None
    fast_resolution_reason: str | None
    billing_mode: BillingMode | None = None


@attrs.frozen
class BootstrapCandidate:
    """A bootstrap that an application claims to have managed itself (§10)."""

    schema_version: Literal[1]
    source: Literal["app_managed_bootstrap"]
    team_name: str
    member_name: str
    run_id: str
    lane_id: str
    runtime_session_id: str
    message_id: str
    context_hash: str
    briefing_hash: str
    injection_verified_at: str
    candidate_at: str
    model: str | None = None
    agent: str | None = None


@attrs.frozen(slots=False)
class MemberLaunch:
    """One member of a launch: where it stands, and everything known of it (§4, §5, §10).

    Times are texts as records carry them. `last_evaluated_at` is when somebody last looked.
    """

    name: str
    provider_id: Provider | None = None
    provider_backend_id: Backend | None = None
    billing_mode: BillingMode | None = None
    model: str | None = None
    effort: Effort | None = None
    selected_fast_mode: FastMode | None = None
    resolved_fast_mode: bool | None = None
    lane_id: str | None = None
    lane_kind: LaneKind | None = None
    lane_owner_provider_id: Provider | None = None
    launch_identity: LaunchIdentity | None = None
    app_managed_bootstrap_candidate: BootstrapCandidate | None = None
    launch_state: LaunchState = "starting"
    skipped_for_launch: bool | None = None
    skip_reason: str | None = None
    skipped_at: str | None = None
    agent_tool_accepted: bool = False
    runtime_alive: bool = False
    bootstrap_confirmed: bool = False
    hard_failure: bool = False
    hard_failure_reason: str | None = None
    pending_permission_request_ids: tuple[str, ...] | None = None
    runtime_pid: int | None = None
    runtime_run_id: str | None = None
    runtime_session_id: str | None = None
    liveness_kind: LivenessKind | None = None
    pid_source: PidSource | None = None
    runtime_diagnostic: str | None = None
    runtime_diagnostic_severity: Severity | None = None
    runtime_last_seen_at: str | None = None
    bootstrap_evidence_source: EvidenceSource | None = None
    bootstrap_mode: BootstrapMode | None = None
    bootstrap_stalled: bool | None = None
    first_spawn_accepted_at: str | None = None
    last_heartbeat_at: str | None = None
    last_runtime_alive_at: str | None = None
    last_evaluated_at: str | None = None
    sources: Sources | None = None
    diagnostics: tuple[str, ...] | None = None
    # Of the member's spawn, as its record says; neither compared nor in the wire form.
    bootstrap_run_id: str | None = _beside()
    bootstrap_expected_after: str | None = _beside()
    bootstrap_runtime_events_path: str | None = _beside()
    agent_id: str | None = _beside()
    backend_type: str | None = _beside()
    tmux_pane_id: str | None = _beside()
    cwd: str | None = _beside()


# Members are made for every launch that is evaluated, most of them alike in all but a name and some
# dates. So that `members` can make one by copying the few fields of another that say something,
# the class itself holds the defaults of the fields that an instance does not.
for _field in attrs.fields(MemberLaunch):
    if _field.default is not attrs.NOTHING:
        setattr(MemberLaunch, _field.name, _field.default)


@attrs.frozen
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


@attrs.frozen(kw_only=True, slots=False)
class LaunchSnapshot:
    """How a launch stands, whichever record says so (§5).

    Attributes:
        version: Always 2.
        team_name: The team.
        updated_at: When the record behind it was written; a text as records carry it.
        lead_session_id: The session of the team's lead, when known.
        launch_phase: Whether the launch is going on.
        expected_members: The names expected, in order, each once.
        bootstrap_expected_members: Whom the bootstrap expected, where that differs.
        members: The members by name: the expected ones, then others that have a record.
        summary: The members counted.
        team_launch_state: The verdict over all of them.
        publication_run_id: The run that published the record, when it says so; not on the wire.
    """

    version: Literal[2] = 2
    team_name: str
    updated_at: str
    lead_session_id: str | None = None
    launch_phase: LaunchPhase
    expected_members: tuple[str, ...]
    bootstrap_expected_members: tuple[str, ...] | None = None
    members: Mapping[str, MemberLaunch]
    summary: LaunchSummary
    team_launch_state: TeamLaunchState
    publication_run_id: str | None = _beside()


@attrs.frozen(kw_only=True, slots=False)
class Progress:
    """What a progress display shows of a run (§7).

    Attributes:
        run_id: The run, or what stands in for it.
        team_name: The team.
        state: The state shown.
        message: The message shown.
        message_severity: How loudly the message is shown.
        error: What went wrong.
        warnings: What else a person should know.
        started_at: When the run began.
        updated_at: When its record was written.
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
        team_name: The team.
        is_alive: Always false: a persisted record is nobody's life.
        run_id: The run as recorded; `None` when none is, and said as `null` on the wire.
        progress: What is shown.
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

"""The decisions about members as they are recorded, counted and shown."""

from __future__ import annotations

from typing import Annotated, Literal, TypeAlias

import attrs

from launchfsm.decisions.facts import (
    EACH_COUNTED,
    FAILED_NAMED,
    AboutMember,
    Line,
    OverMembers,
    known_where,
)
from launchfsm.engine.decision import Decision
from launchfsm.engine.types import Doc, ValueType
from launchfsm.lifecycle.machines import MemberEvent
from launchfsm.vocabulary import (
    LaneKind,
    LaunchPhase,
    LaunchState,
    LivenessKind,
    LivenessSource,
    MemberStatus,
    Provider,
    SpawnStatus,
    TeamLaunchState,
    values,
)

Standing: TypeAlias = Literal["confirmed", "skipped", "failed", "pending"]
"""How the summary counts a member: exactly one of these."""

PendingCount: TypeAlias = Literal[
    "runtime_alive",
    "permission",
    "shell_only",
    "runtime_process",
    "runtime_candidate",
    "no_runtime",
]
"""What else the summary counts a pending member as: any number of these."""

MemberEvents: TypeAlias = Annotated[
    tuple[MemberEvent, ...], Doc("What happened to the member, from its start on.")
]

SentEvent: TypeAlias = Annotated[
    MemberEvent | None, Doc("The event sent to the member's machine, which may refuse it.")
]


@attrs.define
class MemberFacts(AboutMember):
    """What the bootstrap wrote about a member."""

    status: Annotated[MemberStatus | None, Doc("Its status; unknown when it is none of ours.")]
    failure_reason: Annotated[str | None, Doc("Why it failed or is skipped, when not blank.")]


@attrs.frozen
class MemberVerdict:
    events: MemberEvents = ()
    accepted: Annotated[bool, Doc("Its spawn was accepted.")] = False
    alive: Annotated[bool, Doc("Its runtime is believed to be alive.")] = False
    confirmed: Annotated[bool, Doc("Its bootstrap is confirmed.")] = False
    failed: Annotated[bool, Doc("It failed.")] = False
    skipped: Annotated[bool, Doc("It is skipped for this launch, for the recorded reason.")] = False
    registered: Annotated[bool, Doc("It stands in the team's configuration.")] = False
    diagnostics: Annotated[tuple[str, ...] | None, Doc("What a person is told.")] = None


MEMBER = Decision(
    "member", MemberFacts, MemberVerdict, "What does a member's recorded status mean? (§4)"
)


@attrs.define
class LegacyMemberFacts(AboutMember):
    """Where an old partial-failure marker names an expected member."""

    missing: Annotated[bool, Doc("It is named among the missing members.")]
    confirmed: Annotated[bool, Doc("It is named among the confirmed members.")]


@attrs.frozen
class LegacyMemberVerdict:
    events: MemberEvents = ()
    accepted: Annotated[bool, Doc("Its spawn was accepted.")] = False
    confirmed: Annotated[bool, Doc("Its bootstrap is confirmed.")] = False
    failed: Annotated[bool, Doc("It failed.")] = False
    reason: Annotated[str | None, Doc("Why it failed.")] = None


LEGACY_MEMBER = Decision(
    "legacy_member",
    LegacyMemberFacts,
    LegacyMemberVerdict,
    "What does an old partial-failure marker mean for a member? (§10)",
    params={"launch_phase": ValueType("word", values(LaunchPhase))},
)


@attrs.define
class DowngradeFacts(AboutMember):
    owner_dead: Annotated[bool, Doc("The `owner` table found the owner dead.")]
    owner_reason: Annotated[str | None, Doc("The reason that the `owner` table gave.")]
    launch_state: Annotated[LaunchState, Doc("Where the member's lifecycle stands.")]


@attrs.frozen
class DowngradeVerdict:
    event: SentEvent = None
    reason: Annotated[str | None, Doc("The failure reason, when the event is taken.")] = None
    diagnostics: Annotated[tuple[str, ...], Doc("What a person is told, when it is taken.")] = ()


DOWNGRADE = Decision(
    "downgrade",
    DowngradeFacts,
    DowngradeVerdict,
    "What does a dead owner do to a member? (§4)",
    preconditions=known_where("owner_dead", "owner_reason"),
    matters=dict.fromkeys(("reason", "diagnostics"), "event is not None"),
)


@attrs.define
class NeverSpawnedFacts(AboutMember):
    """An expected member of a launch that may be over."""

    launch_phase: Annotated[LaunchPhase, Doc("Whether the launch is still active.")]
    launch_state: Annotated[LaunchState, Doc("Where the member's lifecycle stands.")]
    accepted: Annotated[bool, Doc("Its spawn was accepted.")]
    alive: Annotated[bool, Doc("Its runtime is alive.")]
    confirmed: Annotated[bool, Doc("Its bootstrap is confirmed.")]
    failed: Annotated[bool, Doc("It failed.")]
    skipped: Annotated[bool, Doc("It is skipped for this launch.")]
    lane_kind: Annotated[LaneKind | None, Doc("The kind of lane it runs on.")]
    lane_owner: Annotated[Provider | None, Doc("The provider that owns its lane.")]
    lane: Annotated[bool, Doc("Its lane has an id.")]
    failure_reason: Annotated[str | None, Doc("The reason of an earlier failure.")]


@attrs.frozen
class NeverSpawnedVerdict:
    event: SentEvent = None
    reason: Annotated[str | None, Doc("The failure reason, when the event is taken.")] = None


NEVER_SPAWNED = Decision(
    "never_spawned",
    NeverSpawnedFacts,
    NeverSpawnedVerdict,
    "Is a member lost because the launch ended before it was spawned? (§5)",
    matters={"reason": "event is not None"},
)


@attrs.define
class MemberStateFacts(AboutMember):
    """A member whose launch state is not told, only its flags."""

    skipped: Annotated[bool, Doc("It is skipped for this launch.")]
    failed: Annotated[bool, Doc("It failed.")]
    confirmed: Annotated[bool, Doc("Its bootstrap is confirmed.")]
    permission_pending: Annotated[bool, Doc("It waits for permission requests.")]
    alive: Annotated[bool, Doc("Its runtime is alive.")]
    accepted: Annotated[bool, Doc("Its spawn was accepted.")]


@attrs.frozen
class MemberStateVerdict:
    launch_state: Annotated[LaunchState, Doc("The derived state.")]


MEMBER_STATE = Decision(
    "member_state",
    MemberStateFacts,
    MemberStateVerdict,
    "Which launch state do a member's flags add up to? (§6)",
)


@attrs.define
class LivenessFacts(AboutMember):
    alive: Annotated[bool, Doc("A record says that its runtime is alive.")]
    confirmed: Annotated[bool, Doc("Its bootstrap is confirmed.")]
    liveness_kind: Annotated[LivenessKind | None, Doc("What its liveness rests on.")]


@attrs.frozen
class LivenessVerdict:
    strong: Annotated[bool, Doc("There is evidence that it is alive.")] = False


LIVENESS = Decision(
    "liveness",
    LivenessFacts,
    LivenessVerdict,
    "Is a member that is said to be alive believed to be? (§5)",
)


@attrs.define
class StalledFacts(AboutMember):
    reported: Annotated[bool, Doc("The launcher reported its bootstrap as stalled.")]
    provider: Annotated[Provider | None, Doc("Its provider.")]
    lane_kind: Annotated[LaneKind | None, Doc("The kind of lane it runs on.")]
    lane_owner: Annotated[Provider | None, Doc("The provider that owns its lane.")]
    launch_state: Annotated[LaunchState, Doc("Where the member's lifecycle stands.")]
    confirmed: Annotated[bool, Doc("Its bootstrap is confirmed.")]
    failed: Annotated[bool, Doc("It failed.")]
    alive: Annotated[bool, Doc("Its runtime is alive.")]
    pid: Annotated[bool, Doc("Its runtime has a pid.")]
    session: Annotated[bool, Doc("Its runtime has a session.")]
    liveness_kind: Annotated[LivenessKind | None, Doc("What its liveness rests on.")]


@attrs.frozen
class StalledVerdict:
    stalled: Annotated[bool, Doc("The bootstrap is stalled.")] = False


STALLED = Decision(
    "stalled", StalledFacts, StalledVerdict, "Is a report of a stalled bootstrap believed? (§10)"
)


@attrs.define
class DiagnosticFacts(AboutMember):
    accepted: Annotated[bool, Doc("Its spawn was accepted.")]
    alive: Annotated[bool, Doc("Its runtime is alive.")]
    confirmed: Annotated[bool, Doc("Its bootstrap is confirmed.")]
    failed: Annotated[bool, Doc("It failed.")]
    skipped: Annotated[bool, Doc("It is skipped for this launch.")]
    permission_pending: Annotated[bool, Doc("It waits for permission requests.")]
    stalled: Annotated[bool, Doc("Its bootstrap is stalled.")]
    failure_reason: Annotated[str | None, Doc("Why it failed.")]
    skip_reason: Annotated[str | None, Doc("Why it is skipped.")]
    respawn_blocked: Annotated[bool, Doc("A second spawn of it was blocked.")]
    config_drift: Annotated[bool, Doc("Its configuration drifted.")]


DIAGNOSTICS = Decision(
    "diagnostics", DiagnosticFacts, Line, "What is a person told of a member? (§6)", collect=True
)


@attrs.define
class StandingFacts(AboutMember):
    launch_state: Annotated[LaunchState, Doc("Where the member's lifecycle stands.")]
    skipped: Annotated[bool, Doc("It is skipped for this launch.")]


@attrs.frozen
class StandingVerdict:
    standing: Annotated[Standing, Doc("The count that it adds to.")]


STANDING = Decision(
    "standing", StandingFacts, StandingVerdict, "How does the summary count a member? (§5)"
)


@attrs.define
class PendingFacts(AboutMember):
    strongly_alive: Annotated[bool, Doc("The `liveness` table believes that it is alive.")]
    launch_state: Annotated[LaunchState, Doc("Where the member's lifecycle stands.")]
    liveness_kind: Annotated[LivenessKind | None, Doc("What its liveness rests on.")]


@attrs.frozen
class PendingVerdict:
    count: Annotated[PendingCount, Doc("The count that it adds to.")]


PENDING = Decision(
    "pending",
    PendingFacts,
    PendingVerdict,
    "What else does the summary count a pending member as? (§5)",
    collect=True,
)


@attrs.define
class TeamStateFacts(OverMembers):
    names: Annotated[int, Doc("How many members there are, expected or recorded.", low=0)]
    confirmed: Annotated[int, Doc("How many are confirmed.", low=0)]
    pending: Annotated[int, Doc("How many are pending.", low=0)]
    failed: Annotated[int, Doc("How many failed.", low=0)]
    skipped: Annotated[int, Doc("How many are skipped.", low=0)]
    bootstrap_failed: Annotated[bool, Doc("The bootstrap failed, or its owner is dead.")] = False


@attrs.frozen
class TeamStateVerdict:
    team_state: Annotated[TeamLaunchState, Doc("The team's launch state.")]


TEAM_STATE = Decision(
    "team_state",
    TeamStateFacts,
    TeamStateVerdict,
    "What is the state of all members together? (§5)",
    preconditions=FAILED_NAMED,
    sums=(EACH_COUNTED,),
)


@attrs.define
class SpawnStatusFacts(AboutMember):
    launch_state: Annotated[LaunchState, Doc("Where the member's lifecycle stands.")]
    accepted: Annotated[bool, Doc("Its spawn was accepted.")]
    strongly_alive: Annotated[bool, Doc("The `liveness` table believes that it is alive.")]
    confirmed: Annotated[bool, Doc("Its bootstrap is confirmed.")]
    failed: Annotated[bool, Doc("It failed.")]
    stalled: Annotated[bool, Doc("Its bootstrap is stalled.")]
    provider: Annotated[Provider | None, Doc("Its provider.")]
    lane_kind: Annotated[LaneKind | None, Doc("The kind of lane it runs on.")]
    lane_owner: Annotated[Provider | None, Doc("The provider that owns its lane.")]
    stopped: Annotated[bool, Doc("Its team was stopped, and nothing was begun since.")] = False


@attrs.frozen
class SpawnStatusVerdict:
    status: Annotated[SpawnStatus, Doc("The status shown.")]
    source: Annotated[LivenessSource | None, Doc("What says that it is online.")] = None


SPAWN_STATUS = Decision(
    "spawn_status", SpawnStatusFacts, SpawnStatusVerdict, "How does a roster show a member? (§10)"
)

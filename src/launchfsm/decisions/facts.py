"""Facts: what a rule may ask, typed, each with its sentence.

One class a decision. A field is a fact; its type says which values there are (`None` is
"unknown"), its `Doc` says what it means. The catalogue for rule authors is made from these lines.
"""

from __future__ import annotations

from typing import Annotated, Literal, TypeAlias

import attrs

from launchfsm.engine.types import Doc
from launchfsm.vocabulary import (
    Basis,
    JournalType,
    LaneKind,
    LaunchPhase,
    LaunchState,
    Liveness,
    LivenessKind,
    MemberStatus,
    Phase,
    ProgressState,
    Provider,
    Severity,
    TeamLaunchState,
    TerminalStatus,
)

PhaseKind: TypeAlias = Literal["active", "terminal", "other"]
"""What sort of phase the bootstrap recorded; `other` is a text that is no phase of ours."""

Side: TypeAlias = Literal["bootstrap", "launcher"]
"""Which of two snapshots: the bootstrap's or the launcher's."""

# Facts are made for one decision and dropped after it. `define` rather than `frozen` because
# frozen classes set their fields several times slower, and this is the hot path.


@attrs.define(kw_only=True)
class AboutMember:
    """Who it is that is judged; known where a rule, or an own table, asks for it."""

    name: Annotated[str, Doc("The member's name.", individual=True)] = ""
    provider: Annotated[
        Provider | None, Doc("Its provider, where its record says it.", individual=True)
    ] = None
    lane_kind: Annotated[
        LaneKind | None,
        Doc("The kind of lane that it runs on, where its record says it.", individual=True),
    ] = None
    cause: Annotated[
        str | None,
        Doc(
            "The class of the reason why it failed (`cause` table); unknown when no reason is "
            "recorded.",
            individual=True,
        ),
    ] = None


@attrs.define(kw_only=True)
class OverMembers:
    """Who is among the members of a launch that are told of together."""

    failed_names: Annotated[
        tuple[str, ...], Doc("The names of the members that count as failed.", lazy=True)
    ] = ()
    blocked_names: Annotated[
        tuple[str, ...], Doc("The names of the members that wait for a permission.", lazy=True)
    ] = ()


@attrs.define
class UnreadableFacts:
    """A file is there but could not be used."""

    document: Annotated[Literal["state", "journal"], Doc("Which document it is.")]
    file: Annotated[str, Doc("The file's name.")]
    fault: Annotated[
        Literal["not_regular", "oversized", "invalid", "unsupported_version"],
        Doc("What is wrong with it: §1's outcomes, or a schema version that is not 1."),
    ]


@attrs.define
class OwnerFacts:
    """The bootstrap's record of its owner, and what the system says of that process."""

    phase_kind: Annotated[
        PhaseKind | None,
        Doc("Whether the recorded phase is active or terminal; unknown when absent or empty."),
    ]
    owner: Annotated[
        Liveness | None,
        Doc("Whether the owner's process is there; unknown when no pid is recorded."),
    ]
    owner_pid: Annotated[float | None, Doc("The recorded pid of the owner.")]
    state_age: Annotated[
        float | None,
        Doc("How long ago the state was updated; negative when in the future.", unit="ms", moves=1),
    ]
    state_ahead: Annotated[
        float | None,
        Doc(
            "How far in the future the state says it was updated; negative when past.",
            unit="ms",
            moves=-1,
        ),
    ] = None
    terminal_status: Annotated[
        TerminalStatus | None, Doc("The status with which the bootstrap says it ended.")
    ] = None
    basis: Annotated[Basis | None, Doc("What the answer about the owner's process rests on.")] = (
        None
    )
    zombie: Annotated[
        bool | None,
        Doc("The owner's process has ended and only waits to be reaped.", needs=("identity",)),
    ] = None
    began_after: Annotated[
        float | None,
        Doc(
            "How long after the start of its run, or after it took its lock, whichever was first, "
            "the process with the owner's pid began; negative when it was there before.",
            unit="ms",
            needs=("lock", "identity"),
        ),
    ] = None
    replaced: Annotated[
        bool | None,
        Doc(
            "The lock names its owner's exact start, and the process that has the pid now has "
            "another, or the machine was started again since.",
            needs=("lock", "identity"),
        ),
    ] = None
    other_host: Annotated[
        bool | None,
        Doc("The lock was taken on another host, whose pids mean nothing here.", needs=("lock",)),
    ] = None
    other_namespace: Annotated[
        bool | None,
        Doc(
            "The lock was taken in another namespace of pids, as in a container; its pids mean "
            "nothing here.",
            needs=("lock",),
        ),
    ] = None


@attrs.define
class MemberFacts(AboutMember):
    """What the bootstrap wrote about a member."""

    status: Annotated[
        MemberStatus | None, Doc("Its status; unknown when absent or no status of ours.")
    ]
    failure_reason: Annotated[
        str | None,
        Doc("Why it failed or is skipped, trimmed, when not blank."),
    ]


@attrs.define
class LegacyMemberFacts(AboutMember):
    """Where an old partial-failure marker names an expected member."""

    missing: Annotated[bool, Doc("It is named among the missing members.")]
    confirmed: Annotated[bool, Doc("It is named among the confirmed members.")]


@attrs.define
class LaunchPhaseFacts:
    """How far the bootstrap came."""

    phase_kind: Annotated[
        PhaseKind | None,
        Doc("Whether the recorded phase is active or terminal; unknown when absent or empty."),
    ]
    terminal_status: Annotated[
        TerminalStatus | None, Doc("The status with which the bootstrap says it ended.")
    ]
    owner_dead: Annotated[bool, Doc("The `owner` table found the owner dead.")]


@attrs.define
class DowngradeFacts(AboutMember):
    """A member of a bootstrap whose owner may be dead."""

    owner_dead: Annotated[bool, Doc("The `owner` table found the owner dead.")]
    owner_reason: Annotated[str | None, Doc("The reason that the `owner` table gave.")]
    launch_state: Annotated[LaunchState, Doc("Where the member's lifecycle stands.")]


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


@attrs.define
class MemberStateFacts(AboutMember):
    """A member whose launch state is not told, only its flags."""

    skipped: Annotated[bool, Doc("It is skipped for this launch.")]
    failed: Annotated[bool, Doc("It failed.")]
    confirmed: Annotated[bool, Doc("Its bootstrap is confirmed.")]
    permission_pending: Annotated[bool, Doc("It waits for permission requests.")]
    alive: Annotated[bool, Doc("Its runtime is alive.")]
    accepted: Annotated[bool, Doc("Its spawn was accepted.")]


@attrs.define
class LivenessFacts(AboutMember):
    """A member that may be alive."""

    alive: Annotated[bool, Doc("A record says that its runtime is alive.")]
    confirmed: Annotated[bool, Doc("Its bootstrap is confirmed.")]
    liveness_kind: Annotated[LivenessKind | None, Doc("What its liveness rests on.")]


@attrs.define
class StalledFacts(AboutMember):
    """A member whose bootstrap a launcher reported as stalled, or not."""

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


@attrs.define
class DiagnosticFacts(AboutMember):
    """A member about which a person asks."""

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


@attrs.define
class StandingFacts(AboutMember):
    """A member that the summary counts once."""

    launch_state: Annotated[LaunchState, Doc("Where the member's lifecycle stands.")]
    skipped: Annotated[bool, Doc("It is skipped for this launch.")]


@attrs.define
class PendingFacts(AboutMember):
    """A member that the summary counts as pending."""

    strongly_alive: Annotated[bool, Doc("The `liveness` table believes that it is alive.")]
    launch_state: Annotated[LaunchState, Doc("Where the member's lifecycle stands.")]
    liveness_kind: Annotated[LivenessKind | None, Doc("What its liveness rests on.")]


@attrs.define
class TeamStateFacts(OverMembers):
    """All members of a launch, counted."""

    names: Annotated[int, Doc("How many members there are, expected or recorded.", low=0)]
    confirmed: Annotated[int, Doc("How many are confirmed.", low=0)]
    pending: Annotated[int, Doc("How many are pending.", low=0)]
    failed: Annotated[int, Doc("How many failed.", low=0)]
    skipped: Annotated[int, Doc("How many are skipped.", low=0)]
    bootstrap_failed: Annotated[
        bool, Doc("The bootstrap says that it failed, or its owner is dead.")
    ] = False


@attrs.define
class JournalFacts:
    """One record of the journal, as it stands on disk (§9, §13)."""

    type: Annotated[
        JournalType | None,
        Doc("Its type; unknown when none of ours."),
    ] = None
    phase: Annotated[str | None, Doc("The phase it reports, as it is.")] = None
    action: Annotated[str | None, Doc("What was done to a lock or a member, as it is.")] = None
    owner_pid: Annotated[float | None, Doc("The pid of a lock's owner.")] = None
    name: Annotated[str | None, Doc("The member's name, as it is.")] = None
    detail: Annotated[str | None, Doc("The detail, trimmed, when not blank.")] = None
    status: Annotated[
        str | None,
        Doc("The status with which the bootstrap ended, as it is."),
    ] = None
    reason: Annotated[str | None, Doc("The reason, trimmed, when not blank.")] = None
    state: Annotated[str | None, Doc("The state of the first task, as it is.")] = None
    run_id: Annotated[str | None, Doc("The run that wrote it.")] = None
    ts: Annotated[float | None, Doc("When it was written, in ms.")] = None
    same_run: Annotated[
        bool | None,
        Doc("It is of the run that the state, or else the lock, speaks of.", needs=("journal",)),
    ] = None


@attrs.define
class JournalWarningFacts:
    """The last lines of the journal together."""

    lines: Annotated[int, Doc("How many of the last lines count, at most `recent_lines`.", low=0)]
    messages: Annotated[str | None, Doc("Their messages, joined; unknown when there is none.")]
    foreign: Annotated[int, Doc("How many of them are another run's.", low=0)] = 0


@attrs.define
class PhaseFacts:
    """A phase that a person is shown."""

    phase: Annotated[Phase | None, Doc("The phase; unknown when it is none of ours.")]
    members: Annotated[int, Doc("How many members the state lists; 0 when it lists none.", low=0)]


@attrs.define
class ProgressFacts:
    """A bootstrap whose progress a person is shown."""

    phase_kind: Annotated[
        PhaseKind | None,
        Doc("Whether the recorded phase is active or terminal; unknown when absent or empty."),
    ]
    phase_message: Annotated[str | None, Doc("What the `phase` table says of the phase.")]
    owner_dead: Annotated[bool, Doc("The `owner` table found the owner dead.")]
    owner_stale: Annotated[bool, Doc("The `owner` table found the record stale, too.")]
    owner_reason: Annotated[str | None, Doc("The reason that the `owner` table gave.")]
    folder: Annotated[str, Doc("The name of the team's folder.")]
    terminal_status: Annotated[
        TerminalStatus | None, Doc("The status with which the bootstrap says it ended.")
    ] = None
    owner: Annotated[
        Liveness | None,
        Doc("Whether the owner's process is there; unknown when no pid is recorded."),
    ] = None
    state_ahead: Annotated[
        float | None,
        Doc(
            "How far in the future the state says it was updated; negative when past.",
            unit="ms",
            moves=-1,
        ),
    ] = None
    quiet: Annotated[
        float | None,
        Doc(
            "How long neither the state nor this run's journal was written; unknown when neither "
            "says when.",
            unit="ms",
            moves=1,
            needs=("journal",),
        ),
    ] = None
    journal_ahead: Annotated[
        float | None,
        Doc(
            "How far in the future this run's last journal record is; negative when past.",
            unit="ms",
            moves=-1,
            needs=("journal",),
        ),
    ] = None


@attrs.define
class BeginningFacts:
    """A usable lock without a state, of which there is none yet or none any more."""

    owner: Annotated[
        Liveness, Doc("Whether the lock's owner is there, as the `owner` table finds.")
    ]
    owner_pid: Annotated[float, Doc("The lock's pid.")]
    other_host: Annotated[
        bool | None, Doc("The lock was taken on another host, whose pids mean nothing here.")
    ] = None
    lock_age: Annotated[
        float | None,
        Doc("How long ago the lock was taken; unknown when not said.", unit="ms", moves=1),
    ] = None
    journal: Annotated[
        Literal["open", "ended"] | None,
        Doc(
            "Whether the lock's run ended, as the journal tells; unknown when it has no record of "
            "that run.",
            needs=("journal",),
        ),
    ] = None


@attrs.define
class RecoveryFacts:
    """A bootstrap whose state is unreadable while its lock is usable."""

    owner: Annotated[
        Liveness, Doc("Whether the lock's owner is there, as the `owner` table finds.")
    ]
    owner_pid: Annotated[float, Doc("The lock's pid.")]
    phase_state: Annotated[
        ProgressState | None, Doc("What the `phase` table makes of the journal's last phase.")
    ]
    phase_message: Annotated[
        str | None, Doc("What the `phase` table says of the journal's last phase.")
    ]
    state_message: Annotated[str, Doc("Why the state cannot be read.")]


@attrs.define
class RichnessFacts:
    """One part of a snapshot, weighed for how much it knows."""

    part: Annotated[
        Literal["name", "record", "snapshot"],
        Doc("A name in it, a member's record, or the snapshot itself."),
    ]
    expected_given: Annotated[
        bool, Doc("The snapshot says whom the bootstrap expected, and that is not empty.")
    ] = False
    provider: Annotated[Provider | None, Doc("The record's provider.")] = None
    backend: Annotated[str | None, Doc("The record's provider backend.")] = None
    selected_fast_mode: Annotated[str | None, Doc("The record's selected fast mode.")] = None
    resolved_fast_mode: Annotated[bool | None, Doc("The record's resolved fast mode.")] = None
    lane_id: Annotated[str | None, Doc("The record's lane id.")] = None
    lane_kind: Annotated[LaneKind | None, Doc("The record's lane kind.")] = None
    lane_owner: Annotated[Provider | None, Doc("The provider that owns the record's lane.")] = None
    identity: Annotated[bool, Doc("The record has a launch identity.")] = False


@attrs.define
class ExpiredFacts:
    """A snapshot that may have waited too long."""

    launch_phase: Annotated[LaunchPhase, Doc("Whether the launch is still active.")]
    team_state: Annotated[TeamLaunchState, Doc("The verdict over all its members.")]
    age: Annotated[
        int | None,
        Doc(
            "How long ago the snapshot was updated; unknown when it does not say.",
            unit="ms",
            moves=1,
        ),
    ]
    ahead: Annotated[
        int | None,
        Doc(
            "How far in the future it says it was updated; negative when past.", unit="ms", moves=-1
        ),
    ] = None
    owner: Annotated[
        Liveness | None,
        Doc(
            "Whether the bootstrap's owner is there; unknown when nobody knows who it is, and "
            "when its bootstrap ended, or never began."
        ),
    ] = None
    side: Annotated[
        Side | None, Doc("Whose snapshot it is; unknown when it is asked about alone.")
    ] = None
    permission_pending: Annotated[bool, Doc("Somebody in it waits for a person's permission.")] = (
        False
    )


@attrs.define
class SelectionFacts:
    """Two snapshots of one launch, one of which is to be believed."""

    bootstrap: Annotated[bool, Doc("There is a bootstrap's snapshot.")]
    launcher: Annotated[bool, Doc("There is a launcher's snapshot.")]
    bootstrap_expired: Annotated[bool, Doc("The bootstrap's is an expired pending one.")]
    richer: Annotated[Side | None, Doc("Which knows more; unknown when both know as much.")] = None
    wider: Annotated[Side | None, Doc("Which has more names; unknown when they have as many.")] = (
        None
    )
    newer: Annotated[
        Literal["bootstrap", "launcher", "tie"] | None,
        Doc("Which was updated later; unknown unless both times are known."),
    ] = None
    bootstrap_score: Annotated[
        int | None,
        Doc("The richness of the bootstrap's; unknown unless there are two.", behind="richer"),
    ] = None
    launcher_score: Annotated[
        int | None,
        Doc("The richness of the launcher's; unknown unless there are two.", behind="richer"),
    ] = None
    bootstrap_ahead: Annotated[
        int | None,
        Doc("How far in the future the bootstrap's says it was updated.", unit="ms", moves=-1),
    ] = None
    launcher_ahead: Annotated[
        int | None,
        Doc("How far in the future the launcher's says it was updated.", unit="ms", moves=-1),
    ] = None
    bootstrap_mixed: Annotated[
        bool | None, Doc("The bootstrap's has lanes or other signs of a mixed launch (§10).")
    ] = None
    launcher_mixed: Annotated[bool | None, Doc("The same of the launcher's.")] = None


@attrs.define
class SpawnStatusFacts(AboutMember):
    """A member in a roster display."""

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


@attrs.define
class VerdictFacts(OverMembers):
    """A launch, everything about it judged, of which a person wants to know in a word."""

    team_state: Annotated[
        TeamLaunchState | None,
        Doc("The verdict over all members of the believed snapshot; unknown when there is none."),
    ]
    launch_phase: Annotated[
        LaunchPhase | None,
        Doc("Whether the launch is still active, as the believed snapshot tells."),
    ]
    names: Annotated[int, Doc("How many members the believed snapshot has; 0 without one.", low=0)]
    confirmed: Annotated[int, Doc("How many of them are confirmed.", low=0)]
    pending: Annotated[int, Doc("How many of them are pending.", low=0)]
    failed: Annotated[int, Doc("How many of them failed.", low=0)]
    skipped: Annotated[int, Doc("How many of them are skipped.", low=0)]
    expired: Annotated[
        bool,
        Doc(
            "The believed snapshot waited too long for its members; or the bootstrap's did, "
            "when none is believed."
        ),
    ]
    progress_state: Annotated[
        ProgressState | None,
        Doc("What a progress display shows of the bootstrap; unknown when it shows nothing."),
    ]
    progress_severity: Annotated[Severity | None, Doc("How loudly it shows that.")]
    progress_message: Annotated[str | None, Doc("The message that it shows.")]
    progress_error: Annotated[str | None, Doc("The error that it shows.")]
    ended: Annotated[
        TerminalStatus | None,
        Doc("How the bootstrap says that it ended: its terminal status, else its last phase."),
    ]
    records: Annotated[
        Literal["none", "unreadable", "readable"],
        Doc(
            "Whether the bootstrap's state or the launcher's snapshot can be read; `none` when "
            "neither is there."
        ),
    ]
    ahead: Annotated[
        int | None,
        Doc(
            "How far in the future any of the two snapshots says it was updated; the furthest.",
            unit="ms",
            moves=-1,
        ),
    ] = None
    age: Annotated[
        int | None,
        Doc(
            "How long ago the believed snapshot says it was updated; or the bootstrap's, when "
            "none is believed.",
            unit="ms",
            moves=1,
        ),
    ] = None
    run_error: Annotated[
        str | None,
        Doc("Why the bootstrap ended as it did, as its state or its journal says."),
    ] = None

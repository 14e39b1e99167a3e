"""Outcomes: what a rule may answer, typed, each field with its sentence.

One class a decision. A rule's `then` names the fields it sets; the others keep the default
written here, and a field without a default must be set by every rule.
"""

from __future__ import annotations

from typing import Annotated, Final, Literal, TypeAlias

import attrs

from launchfsm.engine.types import Doc
from launchfsm.lifecycle.machines import MemberEvent
from launchfsm.vocabulary import (
    LaunchPhase,
    LaunchState,
    LivenessSource,
    ProgressState,
    Severity,
    SpawnStatus,
    TeamLaunchState,
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

VerdictSeverity: TypeAlias = Literal[
    "ok", "pending", "blocked", "warning", "failed", "stopped", "unknown"
]
"""The state of a launch, in a word; the exit status of `launchfsm check` follows it."""

WORST_FIRST: Final[tuple[VerdictSeverity, ...]] = (
    "failed",
    "blocked",
    "warning",
    "unknown",
    "pending",
    "stopped",
    "ok",
)
"""The words of a verdict in the order in which teams are shown: the worst first."""


@attrs.frozen
class UnreadableText:
    """What a person is told of a file that could not be used."""

    message: Annotated[str, Doc("The message.")]


@attrs.frozen
class OwnerVerdict:
    """Whether the bootstrap's owner is dead. The resting answer: nothing to say."""

    dead: Annotated[bool, Doc("The owner is gone before its bootstrap ended.")] = False
    stale: Annotated[bool, Doc("What it left behind is old as well.")] = False
    reason: Annotated[str | None, Doc("Why, for people.")] = None
    unsure: Annotated[bool, Doc("Nobody can say here whether the owner lives.")] = False


@attrs.frozen
class MemberVerdict:
    """What a recorded status means: events for the member's machine, and what is known of it."""

    events: Annotated[
        tuple[MemberEvent, ...], Doc("What happened to the member, from its start on.")
    ] = ()
    accepted: Annotated[bool, Doc("Its spawn was accepted.")] = False
    alive: Annotated[bool, Doc("Its runtime is believed to be alive.")] = False
    confirmed: Annotated[bool, Doc("Its bootstrap is confirmed.")] = False
    failed: Annotated[bool, Doc("It failed.")] = False
    skipped: Annotated[bool, Doc("It is skipped for this launch, for the recorded reason.")] = False
    registered: Annotated[bool, Doc("It stands in the team's configuration.")] = False
    diagnostics: Annotated[
        tuple[str, ...] | None, Doc("What a person is told; left out: nothing.")
    ] = None


@attrs.frozen
class LegacyMemberVerdict:
    """What an old partial-failure marker means for one expected member."""

    events: Annotated[
        tuple[MemberEvent, ...], Doc("What happened to the member, from its start on.")
    ] = ()
    accepted: Annotated[bool, Doc("Its spawn was accepted.")] = False
    confirmed: Annotated[bool, Doc("Its bootstrap is confirmed.")] = False
    failed: Annotated[bool, Doc("It failed.")] = False
    reason: Annotated[str | None, Doc("Why it failed.")] = None


@attrs.frozen
class LaunchPhaseVerdict:
    """How far the launch is."""

    launch_phase: Annotated[LaunchPhase, Doc("The launch's phase.")]


@attrs.frozen
class DowngradeVerdict:
    """What a dead owner does to a member. The resting answer: nothing."""

    event: Annotated[
        MemberEvent | None, Doc("The event sent to the member's machine, which may refuse it.")
    ] = None
    reason: Annotated[str | None, Doc("The failure reason, when the event is taken.")] = None
    diagnostics: Annotated[
        tuple[str, ...], Doc("What a person is told instead, when the event is taken.")
    ] = ()


@attrs.frozen
class NeverSpawnedVerdict:
    """What the end of a launch does to a member. The resting answer: nothing."""

    event: Annotated[
        MemberEvent | None, Doc("The event sent to the member's machine, which may refuse it.")
    ] = None
    reason: Annotated[str | None, Doc("The failure reason, when the event is taken.")] = None


@attrs.frozen
class MemberStateVerdict:
    """The launch state that a member's flags add up to."""

    launch_state: Annotated[LaunchState, Doc("The derived state.")]


@attrs.frozen
class LivenessVerdict:
    """Whether a member's life is more than hearsay."""

    strong: Annotated[bool, Doc("There is evidence that it is alive.")] = False


@attrs.frozen
class StalledVerdict:
    """Whether a report of a stalled bootstrap is believed."""

    stalled: Annotated[bool, Doc("The bootstrap is stalled.")] = False


@attrs.frozen
class DiagnosticLine:
    """One line for people about a member."""

    text: Annotated[str, Doc("The line.")]


@attrs.frozen
class StandingVerdict:
    """How the summary counts a member."""

    standing: Annotated[Standing, Doc("The count that it adds to.")]


@attrs.frozen
class PendingVerdict:
    """What else the summary counts a pending member as."""

    count: Annotated[PendingCount, Doc("The count that it adds to.")]


@attrs.frozen
class TeamStateVerdict:
    """The verdict over all members."""

    team_state: Annotated[TeamLaunchState, Doc("The team's launch state.")]


@attrs.frozen
class JournalMessage:
    """What a person is told of a journal record. The resting answer: nothing."""

    message: Annotated[str | None, Doc("The message.")] = None
    foreign: Annotated[bool, Doc("It is another run's: its phase does not count either.")] = False


@attrs.frozen
class JournalWarning:
    """What a person is told of the journal. The resting answer: nothing."""

    warning: Annotated[str | None, Doc("The warning.")] = None
    invalid: Annotated[bool, Doc("The journal is reported as unreadable instead.")] = False


@attrs.frozen
class PhaseText:
    """How a phase is shown. The resting answer: not at all."""

    state: Annotated[ProgressState | None, Doc("The state shown.")] = None
    message: Annotated[str | None, Doc("The message shown.")] = None


@attrs.frozen
class ProgressVerdict:
    """What a progress display shows. The resting answer: no runtime state at all."""

    shown: Annotated[bool, Doc("There is a runtime state to show.")] = False
    state: Annotated[
        ProgressState | None, Doc("The state shown; left out: what the `phase` table says.")
    ] = None
    message: Annotated[str | None, Doc("The message shown.")] = None
    error: Annotated[str | None, Doc("The error shown.")] = None
    run: Annotated[
        str | None, Doc("Stands in for the run's id in the progress when none is recorded.")
    ] = None
    severity: Annotated[Severity | None, Doc("How loudly the message is shown.")] = None


@attrs.frozen
class BeginningVerdict:
    """What a progress display shows of a lock without a state. The resting answer: nothing."""

    state: Annotated[ProgressState | None, Doc("The state shown; left out: nothing.")] = None
    message: Annotated[str | None, Doc("The message shown.")] = None
    error: Annotated[str | None, Doc("The error shown.")] = None
    severity: Annotated[Severity | None, Doc("How loudly the message is shown.")] = None


@attrs.frozen
class RecoveryVerdict:
    """What a progress display shows when only the lock speaks."""

    message: Annotated[str, Doc("The message shown.")]
    error: Annotated[str, Doc("The error shown.")]
    state: Annotated[
        ProgressState | None, Doc("The state shown; left out: what the `phase` table says.")
    ] = None
    severity: Annotated[Severity | None, Doc("How loudly the message is shown.")] = None


@attrs.frozen
class RichnessPoints:
    """What one part of a snapshot adds to its score."""

    points: Annotated[int, Doc("The points.")]


@attrs.frozen
class ExpiredVerdict:
    """Whether a snapshot waited too long. The resting answer: no."""

    expired: Annotated[bool, Doc("It is an expired pending snapshot.")] = False


@attrs.frozen
class SelectionVerdict:
    """Which snapshot to believe."""

    believe: Annotated[
        Literal["bootstrap", "launcher", "neither"], Doc("The one that is believed.")
    ]


@attrs.frozen
class SpawnStatusVerdict:
    """How a roster shows a member."""

    status: Annotated[SpawnStatus, Doc("The status shown.")]
    source: Annotated[LivenessSource | None, Doc("What says that it is online.")] = None


@attrs.frozen
class TeamVerdict:
    """How a launch stands, in a word and a line."""

    severity: Annotated[VerdictSeverity, Doc("The word.")]
    text: Annotated[str, Doc("The line, for people.")]
    also: Annotated[tuple[str, ...], Doc("What is told beside it.")] = ()


@attrs.frozen
class Note:
    """One line that is told beside a verdict."""

    text: Annotated[str, Doc("The line.")]

"""The decisions about a bootstrap: its files, its owner, and what is shown of its progress."""

from __future__ import annotations

from typing import Annotated, Literal, TypeAlias

import attrs

from launchfsm.decisions.facts import (
    Ago,
    Ahead,
    PhaseKind,
    Span,
    basis_of,
    known_where,
    known_with,
    unknown_unless,
)
from launchfsm.engine.decision import Decision
from launchfsm.engine.types import Doc, ValueType
from launchfsm.vocabulary import (
    Basis,
    JournalType,
    LaunchPhase,
    Liveness,
    Phase,
    ProgressState,
    Severity,
    TerminalStatus,
)

RecordedPhase: TypeAlias = Annotated[
    PhaseKind | None,
    Doc("Whether the recorded phase is active or terminal; unknown when absent or empty."),
]
RecordedEnd: TypeAlias = Annotated[
    TerminalStatus | None, Doc("The status with which the bootstrap says it ended.")
]
OwnerLiveness: TypeAlias = Annotated[
    Liveness | None, Doc("Whether the owner's process is there; unknown when no pid is recorded.")
]
LockOwner: TypeAlias = Annotated[
    Liveness, Doc("Whether the lock's owner is there, as the `owner` table finds.")
]
StateAhead: TypeAlias = Annotated[
    float | None, Ahead("How far in the future the state says it was updated; negative when past.")
]
ShownState: TypeAlias = Annotated[
    ProgressState | None, Doc("The state shown; left out: what the `phase` table says.")
]
Loudness: TypeAlias = Annotated[Severity | None, Doc("How loudly the message is shown.")]


@attrs.define
class UnreadableFacts:
    document: Annotated[Literal["state", "journal"], Doc("Which document it is.")]
    file: Annotated[str, Doc("The file's name.")]
    fault: Annotated[
        Literal["not_regular", "oversized", "invalid", "unsupported_version"],
        Doc("What is wrong with it: §1's outcomes, or a schema version that is not 1."),
    ]


@attrs.frozen
class UnreadableText:
    message: Annotated[str, Doc("The message.")]


UNREADABLE = Decision(
    "unreadable",
    UnreadableFacts,
    UnreadableText,
    "What is a person told of a file that is there but cannot be used? (§1)",
    preconditions=(
        "document != 'journal' or fault != 'unsupported_version'",
        "document != 'state' or file == 'bootstrap-state.json'",
        "document != 'journal' or file == 'bootstrap-journal.jsonl'",
    ),
)


@attrs.define
class OwnerFacts:
    """The bootstrap's record of its owner, and what the system says of that process."""

    phase_kind: RecordedPhase
    owner: OwnerLiveness
    owner_pid: Annotated[float | None, Doc("The recorded pid of the owner.")]
    state_age: Annotated[float | None, Ago("How long ago the state was updated.")]
    state_ahead: StateAhead = None
    terminal_status: RecordedEnd = None
    basis: Annotated[Basis | None, Doc("What the answer about its process rests on.")] = None
    zombie: Annotated[
        bool | None,
        Doc(
            "The owner's process has ended and only waits to be reaped; unknown once its bootstrap "
            "ended.",
            needs=("identity",),
        ),
    ] = None
    began_after: Annotated[
        float | None,
        Span(
            "How long after the start of its run, or after it took its lock, whichever was first, "
            "the process with the owner's pid began; negative when it was there before, and "
            "unknown once its bootstrap ended.",
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
        bool | None, Doc("The lock was taken on another host.", needs=("lock",))
    ] = None
    other_namespace: Annotated[
        bool | None,
        Doc("The lock was taken in another namespace of pids, as a container's.", needs=("lock",)),
    ] = None


@attrs.frozen
class OwnerVerdict:
    dead: Annotated[bool, Doc("The owner is gone before its bootstrap ended.")] = False
    stale: Annotated[bool, Doc("What it left behind is old as well.")] = False
    reason: Annotated[str | None, Doc("Why, for people.")] = None
    unsure: Annotated[bool, Doc("Nobody can say here whether the owner lives.")] = False


OWNER = Decision(
    "owner",
    OwnerFacts,
    OwnerVerdict,
    "Is the process that owns the bootstrap still there? (§3)",
    preconditions=(
        *known_with("owner", "owner_pid"),
        "not state_age > '0s' or not state_ahead >= '0s'",
        "not state_age >= '0s' or not state_ahead > '0s'",
        *basis_of("owner"),
        *unknown_unless("owner == 'alive'", "zombie", "began_after"),
        *unknown_unless("owner is not None", "replaced", "other_host", "other_namespace"),
    ),
    # What the tables of the downgrade and of the progress rely on.
    postconditions=(*known_where("dead", "reason"), "not stale or dead"),
)


@attrs.define
class LaunchPhaseFacts:
    phase_kind: RecordedPhase
    terminal_status: RecordedEnd
    owner_dead: Annotated[bool, Doc("The `owner` table found the owner dead.")]


@attrs.frozen
class LaunchPhaseVerdict:
    launch_phase: Annotated[LaunchPhase, Doc("The launch's phase.")]


LAUNCH_PHASE = Decision(
    "launch_phase", LaunchPhaseFacts, LaunchPhaseVerdict, "Is the launch still going on? (§4)"
)


@attrs.define
class JournalFacts:
    """One record of the journal, as it stands on disk (§9, §13)."""

    type: Annotated[JournalType | None, Doc("Its type; unknown when none of ours.")] = None
    phase: Annotated[str | None, Doc("The phase it reports, as it is.")] = None
    action: Annotated[str | None, Doc("What was done to a lock or a member, as it is.")] = None
    owner_pid: Annotated[float | None, Doc("The pid of a lock's owner.")] = None
    name: Annotated[str | None, Doc("The member's name, as it is.")] = None
    detail: Annotated[str | None, Doc("The detail, trimmed, when not blank.")] = None
    status: Annotated[str | None, Doc("The status of the bootstrap's end, as it is.")] = None
    reason: Annotated[str | None, Doc("The reason, trimmed, when not blank.")] = None
    state: Annotated[str | None, Doc("The state of the first task, as it is.")] = None
    run_id: Annotated[str | None, Doc("The run that wrote it.")] = None
    ts: Annotated[float | None, Doc("When it was written, in ms.")] = None
    same_run: Annotated[
        bool | None,
        Doc("It is of the run that the state, or else the lock, speaks of.", needs=("journal",)),
    ] = None


@attrs.frozen
class JournalMessage:
    message: Annotated[str | None, Doc("The message.")] = None
    foreign: Annotated[bool, Doc("It is another run's: its phase does not count either.")] = False


JOURNAL = Decision(
    "journal", JournalFacts, JournalMessage, "What is a person told of a journal record? (§9)"
)


@attrs.define
class JournalWarningFacts:
    lines: Annotated[int, Doc("How many of the last lines count, at most `recent_lines`.", low=0)]
    messages: Annotated[str | None, Doc("Their messages, joined; unknown when there is none.")]
    foreign: Annotated[int, Doc("How many of them are another run's.", low=0)] = 0


@attrs.frozen
class JournalWarning:
    warning: Annotated[str | None, Doc("The warning.")] = None
    invalid: Annotated[bool, Doc("The journal is reported as unreadable instead.")] = False


JOURNAL_WARNING = Decision(
    "journal_warning",
    JournalWarningFacts,
    JournalWarning,
    "What is a person told of the journal's last lines? (§9)",
    params={"recent_lines": ValueType("number"), "separator": ValueType("text")},
    preconditions=("lines != 0 or messages is None", "lines != 0 or foreign == 0"),
)


@attrs.define
class PhaseFacts:
    phase: Annotated[Phase | None, Doc("The phase; unknown when it is none of ours.")]
    members: Annotated[int, Doc("How many members the state lists; 0 when it lists none.", low=0)]


@attrs.frozen
class PhaseText:
    state: Annotated[ProgressState | None, Doc("The state shown.")] = None
    message: Annotated[str | None, Doc("The message shown.")] = None


PHASE = Decision(
    "phase",
    PhaseFacts,
    PhaseText,
    "How is a phase shown? (§7)",
    # What the table of the recovery relies on.
    postconditions=known_with("state", "message"),
)


@attrs.define
class ProgressFacts:
    phase_kind: RecordedPhase
    phase_message: Annotated[str | None, Doc("What the `phase` table says of the phase.")]
    owner_dead: Annotated[bool, Doc("The `owner` table found the owner dead.")]
    owner_stale: Annotated[bool, Doc("The `owner` table found the record stale, too.")]
    owner_reason: Annotated[str | None, Doc("The reason that the `owner` table gave.")]
    folder: Annotated[str, Doc("The name of the team's folder.")]
    terminal_status: RecordedEnd = None
    owner: OwnerLiveness = None
    state_ahead: StateAhead = None
    quiet: Annotated[
        float | None,
        Ago("How long neither state nor this run's journal was written.", needs=("journal",)),
    ] = None
    journal_ahead: Annotated[
        float | None,
        Ahead("How far in the future this run's last journal record is.", needs=("journal",)),
    ] = None


@attrs.frozen
class ProgressVerdict:
    shown: Annotated[bool, Doc("There is a runtime state to show.")] = False
    state: ShownState = None
    message: Annotated[str | None, Doc("The message shown.")] = None
    error: Annotated[str | None, Doc("The error shown.")] = None
    run: Annotated[str | None, Doc("Stands in for the run's id when none is recorded.")] = None
    severity: Loudness = None


PROGRESS = Decision(
    "progress",
    ProgressFacts,
    ProgressVerdict,
    "What does a progress display show? (§7)",
    preconditions=(
        *known_where("owner_dead", "owner_reason"),
        "not owner_stale or owner_dead",
        "not state_ahead > '0s' or not quiet >= '0s'",
    ),
    matters=dict.fromkeys(("state", "message", "error", "run", "severity"), "shown"),
)


@attrs.define
class BeginningFacts:
    """A usable lock without a state, of which there is none yet or none any more."""

    owner: LockOwner
    owner_pid: Annotated[float, Doc("The lock's pid.")]
    other_host: Annotated[bool | None, Doc("The lock was taken on another host.")] = None
    lock_age: Annotated[float | None, Ago("How long ago the lock was taken, if it says so.")] = None
    journal: Annotated[
        Literal["open", "ended"] | None,
        Doc("Whether the lock's run ended, if the journal tells of it.", needs=("journal",)),
    ] = None


@attrs.frozen
class BeginningVerdict:
    state: Annotated[ProgressState | None, Doc("The state shown; left out: nothing.")] = None
    message: Annotated[str | None, Doc("The message shown.")] = None
    error: Annotated[str | None, Doc("The error shown.")] = None
    severity: Loudness = None


BEGINNING = Decision(
    "beginning",
    BeginningFacts,
    BeginningVerdict,
    "What does a progress display show of a lock without a state?",
    preconditions=("owner_pid > 0",),
    matters=dict.fromkeys(("message", "error", "severity"), "state is not None"),
)


@attrs.define
class RecoveryFacts:
    """A bootstrap whose state is unreadable while its lock is usable."""

    owner: LockOwner
    owner_pid: Annotated[float, Doc("The lock's pid.")]
    phase_state: Annotated[
        ProgressState | None, Doc("What the `phase` table makes of the journal's last phase.")
    ]
    phase_message: Annotated[str | None, Doc("What the `phase` table says of that.")]
    state_message: Annotated[str, Doc("Why the state cannot be read.")]


@attrs.frozen
class RecoveryVerdict:
    message: Annotated[str, Doc("The message shown.")]
    error: Annotated[str, Doc("The error shown.")]
    state: ShownState = None
    severity: Loudness = None


RECOVERY = Decision(
    "recovery",
    RecoveryFacts,
    RecoveryVerdict,
    "What does a progress display show when only the lock speaks? (§8)",
    preconditions=(*known_with("phase_state", "phase_message"), "owner_pid > 0"),
)

"""The decisions about a bootstrap: its files, its owner, and what is shown of its progress."""

from __future__ import annotations

from typing import Annotated, Literal

import attrs

from launchfsm.decisions.facts import PhaseKind
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


@attrs.define
class UnreadableFacts:
    """A file is there but could not be used."""

    document: Annotated[Literal["state", "journal"], Doc("Which document it is.")]
    file: Annotated[str, Doc("The file's name.")]
    fault: Annotated[
        Literal["not_regular", "oversized", "invalid", "unsupported_version"],
        Doc("What is wrong with it: §1's outcomes, or a schema version that is not 1."),
    ]


@attrs.frozen
class UnreadableText:
    """What a person is told of a file that could not be used."""

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


@attrs.frozen
class OwnerVerdict:
    """Whether the bootstrap's owner is dead. The resting answer: nothing to say."""

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
        "owner is None or owner_pid is not None",
        "owner is not None or owner_pid is None",
        "not state_age > '0s' or not state_ahead >= '0s'",
        "not state_age >= '0s' or not state_ahead > '0s'",
        "owner is not None or basis is None",
        "not owner == 'alive' or basis is None or basis in ['reached', 'refused']",
        "not owner == 'dead' or basis is None or basis in ['no_such_process', 'impossible_pid']",
        "not owner == 'unknown' or basis is None or basis == 'error'",
        "owner == 'alive' or zombie is None",
        "owner == 'alive' or began_after is None",
        "owner is not None or (replaced is None and other_host is None)",
        "owner is not None or other_namespace is None",
    ),
    # What the tables of the downgrade and of the progress rely on.
    postconditions=(
        "not dead or reason is not None",
        "dead or reason is None",
        "not stale or dead",
    ),
)


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


@attrs.frozen
class LaunchPhaseVerdict:
    """How far the launch is."""

    launch_phase: Annotated[LaunchPhase, Doc("The launch's phase.")]


LAUNCH_PHASE = Decision(
    "launch_phase",
    LaunchPhaseFacts,
    LaunchPhaseVerdict,
    "Is the launch still going on? (§4)",
)


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


@attrs.frozen
class JournalMessage:
    """What a person is told of a journal record. The resting answer: nothing."""

    message: Annotated[str | None, Doc("The message.")] = None
    foreign: Annotated[bool, Doc("It is another run's: its phase does not count either.")] = False


JOURNAL = Decision(
    "journal",
    JournalFacts,
    JournalMessage,
    "What is a person told of a journal record? (§9)",
)


@attrs.define
class JournalWarningFacts:
    """The last lines of the journal together."""

    lines: Annotated[int, Doc("How many of the last lines count, at most `recent_lines`.", low=0)]
    messages: Annotated[str | None, Doc("Their messages, joined; unknown when there is none.")]
    foreign: Annotated[int, Doc("How many of them are another run's.", low=0)] = 0


@attrs.frozen
class JournalWarning:
    """What a person is told of the journal. The resting answer: nothing."""

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
    """A phase that a person is shown."""

    phase: Annotated[Phase | None, Doc("The phase; unknown when it is none of ours.")]
    members: Annotated[int, Doc("How many members the state lists; 0 when it lists none.", low=0)]


@attrs.frozen
class PhaseText:
    """How a phase is shown. The resting answer: not at all."""

    state: Annotated[ProgressState | None, Doc("The state shown.")] = None
    message: Annotated[str | None, Doc("The message shown.")] = None


PHASE = Decision(
    "phase",
    PhaseFacts,
    PhaseText,
    "How is a phase shown? (§7)",
    # What the table of the recovery relies on.
    postconditions=("state is not None or message is None", "state is None or message is not None"),
)


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


PROGRESS = Decision(
    "progress",
    ProgressFacts,
    ProgressVerdict,
    "What does a progress display show? (§7)",
    preconditions=(
        "not owner_dead or owner_reason is not None",
        "owner_dead or owner_reason is None",
        "not owner_stale or owner_dead",
        "not state_ahead > '0s' or not quiet >= '0s'",
    ),
    matters=dict.fromkeys(("state", "message", "error", "run", "severity"), "shown"),
)


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


@attrs.frozen
class BeginningVerdict:
    """What a progress display shows of a lock without a state. The resting answer: nothing."""

    state: Annotated[ProgressState | None, Doc("The state shown; left out: nothing.")] = None
    message: Annotated[str | None, Doc("The message shown.")] = None
    error: Annotated[str | None, Doc("The error shown.")] = None
    severity: Annotated[Severity | None, Doc("How loudly the message is shown.")] = None


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


@attrs.frozen
class RecoveryVerdict:
    """What a progress display shows when only the lock speaks."""

    message: Annotated[str, Doc("The message shown.")]
    error: Annotated[str, Doc("The error shown.")]
    state: Annotated[
        ProgressState | None, Doc("The state shown; left out: what the `phase` table says.")
    ] = None
    severity: Annotated[Severity | None, Doc("How loudly the message is shown.")] = None


RECOVERY = Decision(
    "recovery",
    RecoveryFacts,
    RecoveryVerdict,
    "What does a progress display show when only the lock speaks? (§8)",
    preconditions=(
        "phase_state is not None or phase_message is None",
        "phase_state is None or phase_message is not None",
        "owner_pid > 0",
    ),
)

"""The decisions about how a launch stands: its word and line, what is told beside, what to do."""

from __future__ import annotations

from typing import Annotated, Final, Literal, TypeAlias

import attrs

from launchfsm.decisions.facts import (
    EACH_COUNTED,
    FAILED_NAMED,
    Ago,
    Ahead,
    Line,
    OverMembers,
    known_with,
    unknown_unless,
)
from launchfsm.engine.decision import Decision, Sum
from launchfsm.engine.types import Doc
from launchfsm.vocabulary import (
    LaunchPhase,
    Liveness,
    ProgressState,
    Severity,
    TeamLaunchState,
    TerminalStatus,
)

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

Teammates: TypeAlias = Annotated[
    int | None,
    Doc(
        "How many teammates `config.json` and `members.meta.json` name that were not removed.",
        low=0,
        needs=("config", "members"),
    ),
]

DeletedAt: TypeAlias = Annotated[
    str | None, Doc("When the team was deleted; unknown when it was not.", needs=("config",))
]

RunError: TypeAlias = Annotated[
    str | None, Doc("Why the bootstrap ended as it did, as its state or its journal says.")
]


@attrs.define
class RemainsFacts:
    journal: Annotated[
        Literal["none", "open", "ended"],
        Doc(
            "Whether the last run in the journal ended, or the one that holds the lock; `none` "
            "when the journal has no run."
        ),
    ] = "none"
    status: Annotated[TerminalStatus | None, Doc("How that run ended, if it did.")] = None
    end: Annotated[str, Doc("How that run ended, and when if its end has a time, in words.")] = ""
    reason: Annotated[str | None, Doc("Why it ended so.")] = None
    names: Annotated[int, Doc("How many members that run names.", low=0)] = 0
    confirmed: Annotated[int, Doc("How many of them are confirmed, as it tells last.", low=0)] = 0
    pending: Annotated[int, Doc("How many of them are anything else.", low=0)] = 0
    failed: Annotated[int, Doc("How many of them failed, as it tells last.", low=0)] = 0
    failure: Annotated[str | None, Doc("Why most of these failed.")] = None
    last: Annotated[str | None, Doc("What its last record says.")] = None
    quiet: Annotated[float | None, Ago("How long ago its last record was written.")] = None
    runs: Annotated[int, Doc("How many runs the journal has.", low=0)] = 0
    ended_runs: Annotated[int, Doc("How many of them ended.", low=0)] = 0
    lock: Annotated[
        Literal["none", "this", "other"],
        Doc("Whose lock is left: that run's, or one that is not in the journal.", needs=("lock",)),
    ] = "none"
    lock_owner: Annotated[Liveness | None, Doc("Whether its owner lives (`owner` table).")] = None
    lock_pid: Annotated[float | None, Doc("The lock's pid.")] = None
    config: Annotated[
        int | None, Doc("How many members `config.json` names.", low=0, needs=("config",))
    ] = None
    begun_run: Annotated[
        str | None,
        Doc("The run begun last, when the journal is of other runs.", needs=("freshness",)),
    ] = None
    deleted_at: DeletedAt = None
    teammates: Teammates = None
    settings: Annotated[
        bool, Doc("`team.meta.json` or `members.meta.json` is there.", needs=("members",))
    ] = False


@attrs.frozen
class RemainsVerdict:
    severity: Annotated[VerdictSeverity | None, Doc("The word.")] = None
    text: Annotated[str, Doc("The line, for people.")] = ""


REMAINS = Decision(
    "remains",
    RemainsFacts,
    RemainsVerdict,
    "How does a launch stand of which only its journal, its lock or a roster is left?",
    preconditions=(
        "journal == 'ended' or status is None",
        "journal != 'none' or names == 0",
        "journal != 'none' or begun_run is None",
        "lock != 'none' or (lock_owner is None and lock_pid is None)",
    ),
    sums=(Sum("names", ("confirmed", "pending", "failed")),),
    matters={"text": "severity is not None"},
)


@attrs.define
class ForemostFacts(OverMembers):
    members: Annotated[
        Literal["failed", "pending", "there", "none"],
        Doc("The worst of the believed snapshot's members; `there`: none failed or is pending."),
    ] = "none"
    names: Annotated[int, Doc("How many members the believed snapshot has.", low=0)] = 0
    failed: Annotated[int, Doc("How many of them failed.", low=0)] = 0
    pending: Annotated[int, Doc("How many of them are pending.", low=0)] = 0
    skipped: Annotated[int, Doc("How many of them are skipped.", low=0)] = 0
    believed: Annotated[bool, Doc("A snapshot is believed.")] = False
    expired: Annotated[bool, Doc("It waited too long for its members.")] = False
    bootstrap: Annotated[
        Literal["under way", "completed", "badly"] | None,
        Doc("How the bootstrap stands: at work, ended well, or failed or canceled."),
    ] = None
    canceled: Annotated[bool, Doc("Somebody canceled the bootstrap.")] = False
    stopped: Annotated[
        Literal["dated", "undated"] | None,
        Doc("The team was stopped (`stopped` table), dated or undated.", needs=("freshness",)),
    ] = None
    stopped_at: Annotated[str | None, Doc("When, if it is recorded.", needs=("freshness",))] = None
    deleted_at: DeletedAt = None
    undecided: Annotated[bool, Doc("The records are of two runs, none known to be newer.")] = False
    begun_run: Annotated[
        str | None, Doc("The run begun last, when no record of it is there.", needs=("freshness",))
    ] = None
    removed: Annotated[
        int, Doc("How many members of the records were removed since.", low=0, needs=("members",))
    ] = 0
    history: Annotated[str | None, Doc("What is told of an older run or before a stop.")] = None
    lead: Annotated[
        Literal["failed", "blocked", "other"] | None,
        Doc("Where the lead stands, when its record counts; unknown when it has none."),
    ] = None
    lead_reason: Annotated[str | None, Doc("Why the lead failed.")] = None
    failure: Annotated[str | None, Doc("Why most of the failed members failed.")] = None
    failure_count: Annotated[int, Doc("How many failed members gave that reason.", low=0)] = 0
    failed_otherwise: Annotated[str | None, Doc("Who failed for another reason, and why.")] = None
    failed_for: Annotated[
        Literal["one reason", "several reasons", "the owner's end", "the run"] | None,
        Doc(
            "Whether all who failed gave reasons of one class (`cause` table), and whether that is "
            "that the bootstrap's owner is gone, or word for word the error of the run itself; "
            "unknown when nobody gave a reason."
        ),
    ] = None
    trouble: Annotated[str | None, Doc("The error that most pending members' records tell.")] = None
    trouble_class: Annotated[str | None, Doc("The class of that.")] = None
    trouble_count: Annotated[int, Doc("How many pending members tell it.", low=0)] = 0
    stalled: Annotated[int, Doc("How many pending members stalled.", low=0)] = 0
    blocked: Annotated[int, Doc("How many members wait for a person's permission.", low=0)] = 0
    blocked_for: Annotated[str | None, Doc("Who they are, and what they wait for.")] = None
    gone: Annotated[int, Doc("Of how many confirmed members the process is gone.", low=0)] = 0
    gone_are: Annotated[
        Literal["none", "some", "all"], Doc("Whether some or all of the confirmed are gone.")
    ] = "none"
    teammates: Teammates = None
    run_error: RunError = None
    bad_end: Annotated[str | None, Doc("How and why it failed or was canceled.")] = None
    owner_error: Annotated[str | None, Doc("The error that a progress display shows.")] = None
    ahead: Annotated[int | None, Ahead("How far in the future any of the snapshots is.")] = None


@attrs.frozen
class Foremost:
    severity: Annotated[VerdictSeverity | None, Doc("The word, else the `verdict` table's.")] = None
    text: Annotated[str, Doc("The line, for people.")] = ""


_NAMED = (*FAILED_NAMED, "blocked > 0 or not blocked_names", "blocked == 0 or blocked_names")

FOREMOST = Decision(
    "foremost",
    ForemostFacts,
    Foremost,
    "What has to be said of a launch before anything else?",
    matters={"text": "severity is not None"},
    preconditions=_NAMED,
)


NOTES = Decision(
    "notes",
    ForemostFacts,
    Line,
    "What is told beside the verdict?",
    collect=True,
    preconditions=_NAMED,
)


@attrs.define
class VerdictFacts(OverMembers):
    team_state: Annotated[
        TeamLaunchState | None,
        Doc("The state of all members of the believed snapshot; unknown when there is none."),
    ]
    launch_phase: Annotated[LaunchPhase | None, Doc("Whether the launch is still active.")]
    names: Annotated[int, Doc("How many members the believed snapshot has; 0 without one.", low=0)]
    confirmed: Annotated[int, Doc("How many of them are confirmed.", low=0)]
    pending: Annotated[int, Doc("How many of them are pending.", low=0)]
    failed: Annotated[int, Doc("How many of them failed.", low=0)]
    skipped: Annotated[int, Doc("How many of them are skipped.", low=0)]
    expired: Annotated[bool, Doc("The believed snapshot (else the bootstrap's) waited too long.")]
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
        Doc("Whether the state or the launcher's snapshot can be read; `none`: neither is there."),
    ]
    ahead: Annotated[int | None, Ahead("How far in the future any of the snapshots is.")] = None
    age: Annotated[
        int | None,
        Ago("How long ago the believed snapshot, or else the bootstrap's, says it was updated."),
    ] = None
    run_error: RunError = None


@attrs.frozen
class TeamVerdict:
    """How a launch stands, in a word and a line."""

    severity: Annotated[VerdictSeverity, Doc("The word.")]
    text: Annotated[str, Doc("The line, for people.")]
    also: Annotated[tuple[str, ...], Doc("What is told beside it.")] = ()


VERDICT = Decision(
    "verdict",
    VerdictFacts,
    TeamVerdict,
    "How does the launch stand, in a word and a line?",
    preconditions=(
        *known_with("team_state", "launch_phase"),
        "team_state is not None or names == 0",
        *known_with("progress_state", "progress_message"),
        *unknown_unless("progress_state is not None", "progress_severity", "progress_error"),
        *unknown_unless("records == 'readable'", "team_state", "ended", "ahead", "age"),
        "records == 'readable' or not expired",
        *FAILED_NAMED,
    ),
    sums=(EACH_COUNTED,),
)


@attrs.define
class AdviceFacts:
    cause: Annotated[str | None, Doc("The class of the cause (`cause` table).")] = None
    member: Annotated[str | None, Doc("A member that the advice is about.")] = None
    request: Annotated[str | None, Doc("What a blocked member waits for.")] = None
    left_lock_pid: Annotated[int | None, Doc("The owner's pid in a lock left behind.")] = None
    gone: Annotated[int, Doc("How many confirmed members are gone now.", low=0)] = 0


@attrs.frozen
class Advice:
    text: Annotated[str | None, Doc("What to do next, a line; left out: nothing.")] = None


ADVICE = Decision("advice", AdviceFacts, Advice, "What can a person do about it?")

"""The decisions about one member of the base snapshot, held against every other record of it.

In the order in which they are asked: of which class the reason of a failure is, what a record's
word counts for, what it does to the member, how far its start came, whether it stalled or ran out
of time, and what people are told of it.
"""

from __future__ import annotations

from typing import Annotated, Literal, TypeAlias

import attrs

from launchfsm.decisions.facts import (
    AboutMember,
    Ago,
    Ahead,
    Span,
    basis_of,
    known_where,
    unknown_unless,
)
from launchfsm.engine.decision import Decision
from launchfsm.engine.types import Doc, ValueType
from launchfsm.lifecycle.machines import MemberEvent
from launchfsm.vocabulary import (
    Basis,
    LaunchPhase,
    LaunchState,
    Liveness,
    LivenessKind,
    PidSource,
    Severity,
    values,
)

Unsafe: TypeAlias = Literal["diagnostic", "control_text", "cli_exited"]
"""Which evidence of a dead runtime keeps a failure from being cleared."""

ProcessWord: TypeAlias = Literal["there", "gone", "unknown"]
"""What is known of a member's process: seen, looked for and not there, or not to be known."""

MemberWord: TypeAlias = Literal[
    "confirmed", "running", "gone", "waiting", "blocked", "failed", "skipped", "not started"
]
"""What people are told of a member, in a word."""

KnownProcess: TypeAlias = Annotated[
    ProcessWord | None,
    Doc("What is known of its process, if a pid is recorded.", needs=("member_process",)),
]

SinceSpawn: TypeAlias = Annotated[float | None, Ago("How long ago its spawn was accepted.")]


@attrs.define
class CauseFacts:
    reason: Annotated[
        str,
        Doc(
            "The reason in small letters: routing answers reduced to what they say, the suffix "
            "about the process table cut, dashes and exit codes written in one way."
        ),
    ]


@attrs.frozen
class Cause:
    name: Annotated[str, Doc("The class, a word or two.")] = "other"
    clears: Annotated[bool, Doc("A failure of this class gives way to a confirmation.")] = False
    auto: Annotated[bool, Doc("A failure of this class gives way to runtime events.")] = False
    accepts: Annotated[bool, Doc("A failure of this class gives way to a mere acceptance.")] = False
    unsafe: Annotated[Unsafe, Doc("Which evidence of a dead runtime forbids it.")] = "diagnostic"


CAUSE = Decision("cause", CauseFacts, Cause, "Of which class is the reason of a failure?")


@attrs.define
class ClearingFacts(AboutMember):
    """A recorded failure that something confirms to be none."""

    clears: Annotated[bool, Doc("The reason's class gives way to a confirmation (`cause` table).")]
    unsafe: Annotated[Unsafe, Doc("Which evidence of a dead runtime speaks against that.")]
    severity: Annotated[Severity | None, Doc("How loud the record's diagnostic is.")] = None
    diagnostic_clears: Annotated[
        bool, Doc("The diagnostic is itself of a class that gives way to a confirmation.")
    ] = False
    liveness_kind: Annotated[LivenessKind | None, Doc("What sort of life the record saw.")] = None
    table_unavailable: Annotated[
        bool, Doc("Reason or diagnostic say that the process table could not be read.")
    ] = False


@attrs.frozen
class Clearing:
    allowed: Annotated[bool, Doc("It may.")] = False


CLEARING = Decision(
    "clearing", ClearingFacts, Clearing, "May a recorded failure be cleared by a confirmation?"
)


@attrs.define
class MemberProcessFacts(AboutMember):
    liveness: Annotated[
        Liveness | None, Doc("Whether a process has the recorded pid.", needs=("member_process",))
    ]
    basis: Annotated[Basis | None, Doc("What that answer rests on.")] = None
    began_after: Annotated[
        float | None,
        Span(
            "How long after the record's last word of it the process with the pid began; negative "
            "when it was there before.",
            needs=("member_identity",),
        ),
    ] = None
    elsewhere: Annotated[
        bool,
        Doc("The records are of another host or pid namespace, or a copy: its pids mean nothing."),
    ] = False


@attrs.frozen
class MemberProcess:
    process: Annotated[ProcessWord, Doc("What is known.")] = "unknown"


MEMBER_PROCESS = Decision(
    "member_process",
    MemberProcessFacts,
    MemberProcess,
    "What is known of a member's process?",
    params={"foreign_sources": ValueType("word", values(PidSource), many=True)},
    preconditions=(*basis_of("liveness"), *unknown_unless("liveness == 'alive'", "began_after")),
)


@attrs.define
class MessageFacts:
    """A message of a member to its lead, after its spawn."""

    text: Annotated[
        str, Doc("Its text, trimmed, without `Human:` or `User:` before it, in small letters.")
    ]
    json_type: Annotated[str | None, Doc("The `type` in it, when it is a JSON object.")] = None


@attrs.frozen
class MessageMeaning:
    says: Annotated[Literal["alive", "failed"] | None, Doc("What it says of the member.")] = None


MESSAGE = Decision(
    "message", MessageFacts, MessageMeaning, "What does a member's message to its lead say of it?"
)


@attrs.define
class CurrencyFacts(AboutMember):
    """The bootstrap's word of a member, and the member's own clock."""

    says: Annotated[Literal["confirmed", "accepted", "failed"], Doc("What the bootstrap says.")]
    same_run: Annotated[bool | None, Doc("Both records are of the same run, if known.")] = None
    member_run_known: Annotated[bool, Doc("The run of the member's spawn is known.")] = False
    bootstrap_run_known: Annotated[bool, Doc("The run of the bootstrap is known.")] = False
    boundary: Annotated[bool, Doc("It is known when the member was spawned.")] = False
    before_boundary: Annotated[
        float | None,
        Span("How long before that spawn the bootstrap's word is (after it: negative)."),
    ] = None
    behind: Annotated[
        float | None,
        Span("How much older the bootstrap's word is, at least, than the launcher's last look."),
    ] = None
    dated: Annotated[bool, Doc("There is any time of the bootstrap's word or record.")] = False
    ahead: Annotated[float | None, Ahead("How far in the future the bootstrap's word is.")] = None


@attrs.frozen
class Currency:
    current: Annotated[bool, Doc("It is.")] = False


CURRENCY = Decision(
    "currency",
    CurrencyFacts,
    Currency,
    "Is the bootstrap's word of a member of this spawn?",
    preconditions=(
        *known_where("(member_run_known and bootstrap_run_known)", "same_run"),
        *unknown_unless("boundary", "before_boundary"),
        *unknown_unless("dated", "behind", "before_boundary", "ahead"),
    ),
)


@attrs.define
class ReconciliationFacts(AboutMember):
    """One record's word of a member of the base snapshot."""

    witness: Annotated[
        Literal["inbox", "own", "bootstrap", "proof"],
        Doc("Which record: a message to the lead, its own, the bootstrap's, or runtime events."),
    ]
    says: Annotated[Literal["confirmed", "accepted", "failed"], Doc("What it says.")]
    launch_state: Annotated[LaunchState, Doc("Where the member stands so far.")]
    accepted: Annotated[bool, Doc("Its spawn was accepted, as far as is known.")] = False
    lane: Annotated[bool, Doc("It runs on an OpenCode lane of its own.")] = False
    waiting: Annotated[bool, Doc("It waits for somebody's permission.")] = False
    skipped: Annotated[bool, Doc("It is skipped for this launch.")] = False
    current: Annotated[bool, Doc("The word is of this spawn (`currency` table).")] = False
    clears: Annotated[bool, Doc("Its failure's class gives way to a confirmation.")] = False
    clearable: Annotated[bool, Doc("The failure may be cleared (`clearing` table).")] = False
    accepts: Annotated[bool, Doc("Its failure's class gives way to a mere acceptance.")] = False
    later: Annotated[bool | None, Doc("The word is later than the launcher's last look.")] = None
    confirmed_since: Annotated[bool, Doc("Something confirms it later than this word.")] = False


@attrs.frozen
class ReconciliationVerdict:
    events: Annotated[
        tuple[MemberEvent, ...],
        Doc("What happened to the member, from its start on; left out: as its record says."),
    ] = ()
    note: Annotated[str | None, Doc("What a person is told of it, besides the usual lines.")] = None


RECONCILIATION = Decision(
    "reconciliation",
    ReconciliationFacts,
    ReconciliationVerdict,
    "What does another record's word do to a member?",
    preconditions=("launch_state == 'failed_to_start' or not (clearable or clears or accepts)",),
)


@attrs.define
class TransportFacts(AboutMember):
    """How far a member's own process came, as its runtime events tell."""

    launch_state: Annotated[LaunchState, Doc("Where the member stands so far.")]
    process_backend: Annotated[bool, Doc("It runs as a process of its own.")] = False
    lane: Annotated[bool, Doc("It runs on an OpenCode lane of its own.")] = False
    waiting: Annotated[bool, Doc("It waits for somebody's permission.")] = False
    open: Annotated[bool, Doc("It did not fail, or for a reason that events may replace.")] = True
    ended: Annotated[str | None, Doc("The last event that ends a start, with its detail.")] = None
    stage: Annotated[str | None, Doc("The last stage, with its detail; unknown when none.")] = None
    submitted: Annotated[bool, Doc("The bootstrap's prompt was submitted.")] = False
    launch_phase: Annotated[LaunchPhase, Doc("Whether the launch is still active.")] = "active"
    bootstrap_live: Annotated[bool, Doc("The bootstrap of this run is at work.")] = False
    since_spawn: SinceSpawn = None


@attrs.frozen
class TransportVerdict:
    outcome: Annotated[Literal["fails", "waits"] | None, Doc("It failed, or is pending.")] = None
    reason: Annotated[str | None, Doc("Why it failed.")] = None
    diagnostic: Annotated[str | None, Doc("How far it came.")] = None
    severity: Annotated[Severity | None, Doc("How loud that is.")] = None


TRANSPORT = Decision(
    "transport",
    TransportFacts,
    TransportVerdict,
    "What do a member's runtime events do to it?",
    preconditions=(
        "not submitted or stage is not None",
        *unknown_unless("stage is not None", "ended"),
    ),
    matters={"reason": "outcome == 'fails'"},
)


@attrs.define
class StallFacts(AboutMember):
    """A member on an OpenCode lane of its own that is not confirmed."""

    launch_state: Annotated[LaunchState, Doc("Where the member stands so far.")]
    lane: Annotated[bool, Doc("It runs on an OpenCode lane of its own.")] = False
    waiting: Annotated[bool, Doc("It waits for somebody's permission.")] = False
    fatal: Annotated[bool, Doc("A text says why it cannot go on (`lane_text` table).")] = False
    session: Annotated[bool, Doc("It has a session that did not fail.")] = False
    pid: Annotated[bool, Doc("It has a pid.")] = False
    liveness_kind: Annotated[LivenessKind | None, Doc("What sort of life the record saw.")] = None
    since_spawn: Annotated[float | None, Ago("How long ago its spawn, or session, began.")] = None


@attrs.frozen
class StallVerdict:
    stalled: Annotated[bool, Doc("It did.")] = False
    diagnostic: Annotated[str | None, Doc("What a person is told of it.")] = None


STALL = Decision("stall", StallFacts, StallVerdict, "Did a lane stall?")


@attrs.define
class GraceFacts(AboutMember):
    """A member whose spawn was accepted and who did not check in."""

    launch_state: Annotated[LaunchState, Doc("Where the member stands so far.")]
    accepted: Annotated[bool, Doc("Its spawn was accepted.")] = False
    lane: Annotated[bool, Doc("It runs on an OpenCode lane of its own.")] = False
    waiting: Annotated[bool, Doc("It waits for somebody's permission.")] = False
    stalled: Annotated[bool, Doc("Its bootstrap is stalled.")] = False
    process: KnownProcess = None
    claims_alive: Annotated[bool, Doc("Its record says that its runtime is alive.")] = False
    bootstrap_live: Annotated[bool, Doc("The bootstrap of this run is at work.")] = False
    since_spawn: SinceSpawn = None


@attrs.frozen
class GraceVerdict:
    events: Annotated[tuple[MemberEvent, ...], Doc("What happened to the member since.")] = ()
    reason: Annotated[str | None, Doc("Why, where its record has no reason.")] = None


GRACE = Decision("grace", GraceFacts, GraceVerdict, "Did a member run out of time to check in?")


@attrs.define
class LaneTextFacts:
    """One text among a lane's diagnostics, or the reason of its failure."""

    text: Annotated[str, Doc("The text, in small letters.")]


@attrs.frozen
class LaneText:
    general: Annotated[bool, Doc("It says that something failed, not what.")] = False
    rank: Annotated[int, Doc("How specific it is; of several the highest is told.")] = 50
    fatal: Annotated[bool, Doc("A lane of which it is said cannot go on by itself.")] = False


LANE_TEXT = Decision(
    "lane_text", LaneTextFacts, LaneText, "What does a text of a lane's diagnostics tell?"
)


@attrs.define
class MemberWordFacts(AboutMember):
    launch_state: Annotated[LaunchState, Doc("Where it stands.")]
    accepted: Annotated[bool, Doc("Its spawn was accepted.")] = False
    waiting: Annotated[bool, Doc("It waits for somebody's permission.")] = False
    process: KnownProcess = None
    stale_record: Annotated[bool, Doc("Its record says that its process was not found.")] = False
    said_to_stall: Annotated[bool, Doc("Its record says that its bootstrap stalled.")] = False


@attrs.frozen
class MemberWordVerdict:
    word: Annotated[MemberWord, Doc("The word.")]
    remark: Annotated[str | None, Doc("What is said besides.")] = None


MEMBER_WORD = Decision(
    "member_word",
    MemberWordFacts,
    MemberWordVerdict,
    "What are people told of a member, in a word?",
)

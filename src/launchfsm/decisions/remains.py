"""The decision about a team of whose launch neither state nor snapshot is left."""

from __future__ import annotations

from typing import Annotated, Literal

import attrs

from launchfsm.decisions.outcomes import VerdictSeverity
from launchfsm.engine.decision import Decision, Sum
from launchfsm.engine.types import Doc
from launchfsm.vocabulary import Liveness, TerminalStatus


@attrs.define
class RemainsFacts:
    """What is left of a team's launches in its journal, its lock and its rosters."""

    journal: Annotated[
        Literal["none", "open", "ended"],
        Doc("Whether the last run in the journal ended; `none` when the journal has no run."),
    ] = "none"
    status: Annotated[
        TerminalStatus | None, Doc("How that run ended; unknown when it did not.")
    ] = None
    reason: Annotated[str | None, Doc("Why it ended so.")] = None
    names: Annotated[int, Doc("How many members that run names.", low=0)] = 0
    confirmed: Annotated[
        int, Doc("How many of them it tells last that they are confirmed.", low=0)
    ] = 0
    pending: Annotated[int, Doc("How many of them it tells anything else of.", low=0)] = 0
    failed: Annotated[int, Doc("How many of them it tells last that they failed.", low=0)] = 0
    failure: Annotated[str | None, Doc("Why most of these failed.")] = None
    last: Annotated[str | None, Doc("What its last record says.")] = None
    quiet: Annotated[
        float | None, Doc("How long ago its last record was written.", unit="ms", moves=1)
    ] = None
    runs: Annotated[int, Doc("How many runs the journal has.", low=0)] = 0
    ended_runs: Annotated[int, Doc("How many of them ended.", low=0)] = 0
    lock: Annotated[
        Literal["none", "this", "other"],
        Doc("Whose lock is left: that run's, or another's.", needs=("lock",)),
    ] = "none"
    lock_owner: Annotated[
        Liveness | None, Doc("Whether the lock's owner is there, as the `owner` table finds.")
    ] = None
    lock_pid: Annotated[float | None, Doc("The lock's pid.")] = None
    config: Annotated[
        int | None,
        Doc("How many members `config.json` names; unknown without it.", low=0, needs=("config",)),
    ] = None
    teammates: Annotated[
        int | None,
        Doc(
            "How many teammates `config.json` and `members.meta.json` name that were not removed.",
            low=0,
            needs=("config", "members"),
        ),
    ] = None
    settings: Annotated[
        bool, Doc("`team.meta.json` or `members.meta.json` is there.", needs=("members",))
    ] = False


@attrs.frozen
class RemainsVerdict:
    """How a launch stands of which only traces are left. The resting answer: nothing to say."""

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
        "lock != 'none' or (lock_owner is None and lock_pid is None)",
    ),
    sums=(Sum("names", ("confirmed", "pending", "failed")),),
    matters={"text": "severity is not None"},
)

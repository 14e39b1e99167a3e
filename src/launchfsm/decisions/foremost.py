"""The decisions about what comes first of a launch, and about what is told beside its verdict."""

from __future__ import annotations

from typing import Annotated, Literal

import attrs

from launchfsm.decisions.facts import OverMembers
from launchfsm.decisions.outcomes import Note, VerdictSeverity
from launchfsm.engine.decision import Decision
from launchfsm.engine.types import Doc


@attrs.define
class ForemostFacts(OverMembers):
    """A launch, everything about it judged, of which some things have to be said first."""

    members: Annotated[
        Literal["failed", "pending", "there", "none"],
        Doc(
            "The worst of the believed snapshot's members: one failed, one is pending, all are "
            "there or skipped; `none` without members."
        ),
    ] = "none"
    names: Annotated[int, Doc("How many members the believed snapshot has.", low=0)] = 0
    failed: Annotated[int, Doc("How many of them failed.", low=0)] = 0
    pending: Annotated[int, Doc("How many of them are pending.", low=0)] = 0
    skipped: Annotated[int, Doc("How many of them are skipped.", low=0)] = 0
    believed: Annotated[bool, Doc("A snapshot is believed.")] = False
    expired: Annotated[bool, Doc("It waited too long for its members.")] = False
    bootstrap: Annotated[
        Literal["under way", "completed", "badly"] | None,
        Doc(
            "How the bootstrap stands: at work, ended well, or failed or canceled; unknown when "
            "nothing tells."
        ),
    ] = None
    canceled: Annotated[bool, Doc("Somebody canceled the bootstrap.")] = False
    stopped: Annotated[
        Literal["dated", "undated"] | None,
        Doc(
            "The table `stopped` says that the team was stopped, at a recorded time or not.",
            needs=("freshness",),
        ),
    ] = None
    stopped_at: Annotated[
        str | None, Doc("When; unknown when nobody recorded it.", needs=("freshness",))
    ] = None
    deleted_at: Annotated[
        str | None, Doc("When the team was deleted; unknown when it was not.", needs=("config",))
    ] = None
    undecided: Annotated[
        bool, Doc("The records are of two runs, and nobody can say which is the newer.")
    ] = False
    begun_run: Annotated[
        str | None,
        Doc("The run that was begun last, when no record of it is there.", needs=("freshness",)),
    ] = None
    removed: Annotated[
        int, Doc("How many members of the records were removed since.", low=0, needs=("members",))
    ] = 0
    history: Annotated[
        str | None,
        Doc("What a record tells that is of an older run, or of before a stop, in a line."),
    ] = None
    lead: Annotated[
        Literal["failed", "blocked", "other"] | None,
        Doc("Where the lead stands, when its record counts; unknown when it has none."),
    ] = None
    lead_reason: Annotated[str | None, Doc("Why the lead failed.")] = None
    failure: Annotated[str | None, Doc("Why most of the failed members failed.")] = None
    failure_count: Annotated[int, Doc("How many failed members gave that reason.", low=0)] = 0
    failed_otherwise: Annotated[
        str | None, Doc("Who failed for another reason, and for which, in a line.")
    ] = None
    failed_for: Annotated[
        Literal["one reason", "several reasons", "the owner's end"] | None,
        Doc(
            "Whether all who failed gave reasons of one class (`cause` table), and whether that is "
            "that the bootstrap's owner is gone; unknown when nobody gave a reason."
        ),
    ] = None
    trouble: Annotated[
        str | None, Doc("The error that the records of pending members tell, of most of them.")
    ] = None
    trouble_class: Annotated[str | None, Doc("The class of that.")] = None
    trouble_count: Annotated[int, Doc("How many pending members tell it.", low=0)] = 0
    stalled: Annotated[
        int, Doc("How many pending members have a bootstrap that came to a stop.", low=0)
    ] = 0
    blocked: Annotated[int, Doc("How many members wait for a person's permission.", low=0)] = 0
    blocked_for: Annotated[
        str | None, Doc("Who they are, and the requests that they wait for.")
    ] = None
    gone: Annotated[
        int, Doc("Of how many confirmed members the process was looked for and not found.", low=0)
    ] = 0
    gone_are: Annotated[
        Literal["none", "some", "all"],
        Doc("Whether some, or all, of the confirmed members are gone."),
    ] = "none"
    teammates: Annotated[
        int | None,
        Doc(
            "How many teammates `config.json` and `members.meta.json` name that were not removed.",
            low=0,
            needs=("config", "members"),
        ),
    ] = None
    run_error: Annotated[
        str | None,
        Doc("Why the bootstrap ended as it did, as its state or its journal says."),
    ] = None
    bad_end: Annotated[str | None, Doc("How it ended and why, when it failed or was canceled.")] = (
        None
    )
    owner_error: Annotated[str | None, Doc("The error that a progress display shows.")] = None
    ahead: Annotated[
        int | None,
        Doc(
            "How far in the future any of the two snapshots says it was updated.",
            unit="ms",
            moves=-1,
        ),
    ] = None


@attrs.frozen
class Foremost:
    """What comes before the verdict over members and bootstrap. The resting answer: nothing."""

    severity: Annotated[
        VerdictSeverity | None, Doc("The word; left out: the `verdict` table's.")
    ] = None
    text: Annotated[str, Doc("The line, for people.")] = ""


_NAMED = (
    "failed > 0 or not failed_names",
    "failed == 0 or failed_names",
    "blocked > 0 or not blocked_names",
    "blocked == 0 or blocked_names",
)
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
    Note,
    "What is told beside the verdict?",
    collect=True,
    preconditions=_NAMED,
)

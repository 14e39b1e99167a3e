"""The decisions about what of a team's records is of the present: stops, runs, names, removals."""

from __future__ import annotations

from typing import Annotated, Literal, TypeAlias

import attrs

from launchfsm.decisions.facts import AboutMember, Ago, Ahead, Side, Span, unknown_unless
from launchfsm.engine.decision import Decision
from launchfsm.engine.types import Doc
from launchfsm.vocabulary import LaneKind, Liveness, Provider

Freshness: TypeAlias = Annotated[
    Literal["launch", "stop"] | None,
    Doc("What came last, as `launch-freshness.json` says.", needs=("freshness",)),
]
UnendedOwner: TypeAlias = Annotated[
    Liveness | None, Doc("Whether the owner of a bootstrap that did not end is there.")
]


@attrs.define
class TeamNameFacts:
    """A record that names the team that it is of."""

    record: Annotated[Side, Doc("Which record: the bootstrap's state, or the launcher's.")]
    named: Annotated[
        Literal["this", "other", "none"],
        Doc("Which team it names, trimmed: that of its folder, another, or none.", needs=("name",)),
    ]


@attrs.frozen
class TeamNameVerdict:
    """What a record's team name means. The resting answer: nothing."""

    unread: Annotated[bool, Doc("The record is not read at all.")] = False
    heals: Annotated[
        bool, Doc("It may be believed before the other record, and confirm members of it.")
    ] = True


TEAM_NAME = Decision(
    "team_name",
    TeamNameFacts,
    TeamNameVerdict,
    "Is a record read that names another team than its folder?",
)


@attrs.define
class RemovedFacts(AboutMember):
    """A member of a record whom the roster calls removed."""

    removed: Annotated[
        bool,
        Doc("`members.meta.json` has its name, in any case, with a removal.", needs=("members",)),
    ]


@attrs.frozen
class RemovedVerdict:
    """What a removal does to a member. The resting answer: nothing."""

    dropped: Annotated[bool, Doc("The launch is told without it.")] = False


REMOVED = Decision(
    "removed", RemovedFacts, RemovedVerdict, "Does a member count that was removed since?"
)


@attrs.define
class LeadFacts(AboutMember):
    """A record of the team's lead among a launcher's members."""

    provider: Annotated[Provider | None, Doc("Its provider.")]
    lane_kind: Annotated[LaneKind | None, Doc("The kind of lane it runs on.")]
    lane_owner: Annotated[Provider | None, Doc("The provider that owns its lane.")]
    lane_id: Annotated[str | None, Doc("Its lane's id.")]


@attrs.frozen
class LeadVerdict:
    """Whether the lead's record counts. The resting answer: no."""

    counts: Annotated[bool, Doc("It counts as a member's.")] = False


LEAD = Decision("lead", LeadFacts, LeadVerdict, "Does the record of a team's lead count? (§10)")


@attrs.define
class StoppedFacts:
    """What a team's folder says of a stop."""

    freshness: Freshness = None
    marker: Annotated[
        bool, Doc("`launch-stopped.json` says when a person stopped it.", needs=("freshness",))
    ] = False
    same_stop: Annotated[
        bool | None,
        Doc("The two are of the same stop; unknown unless both name one.", needs=("freshness",)),
    ] = None
    launcher_after: Annotated[
        bool | None,
        Doc("The launcher's snapshot was written after the marker's time.", needs=("freshness",)),
    ] = None
    bootstrap_after: Annotated[
        bool | None, Doc("The bootstrap's run began after the marker's time.", needs=("freshness",))
    ] = None
    other_run: Annotated[
        bool | None,
        Doc(
            "The bootstrap's run is another than the stopped one; unknown unless both are known.",
            needs=("freshness",),
        ),
    ] = None
    owner: UnendedOwner = None


@attrs.frozen
class StoppedVerdict:
    """Whether the team was stopped. The resting answer: no."""

    stopped: Annotated[bool, Doc("Somebody stopped it, and nothing was begun since.")] = False
    dated: Annotated[bool, Doc("The marker tells when.")] = False


STOPPED = Decision(
    "stopped",
    StoppedFacts,
    StoppedVerdict,
    "Did a person stop the team, and was nothing begun since?",
    preconditions=(
        *unknown_unless("marker", "same_stop", "launcher_after", "bootstrap_after"),
        "freshness == 'stop' or same_stop is None",
    ),
)


@attrs.define
class RunsFacts:
    """The runs that a team's records are of."""

    freshness: Freshness = None
    bootstrap_current: Annotated[
        bool | None,
        Doc(
            "The bootstrap's state is of the run that the freshness names; unknown unless both "
            "runs are known.",
            needs=("freshness",),
        ),
    ] = None
    launcher_current: Annotated[
        bool | None, Doc("The same of the launcher's snapshot.", needs=("freshness",))
    ] = None
    same_run: Annotated[
        bool | None, Doc("State and snapshot are of one run; unknown unless both runs are known.")
    ] = None
    later_in_journal: Annotated[
        Side | None,
        Doc(
            "Of two runs, whose first record in the journal comes later; unknown unless both are "
            "in it.",
            needs=("journal",),
        ),
    ] = None
    later_start: Annotated[
        Side | None,
        Doc(
            "Of two runs, which began later: when the state says that it began, against the "
            "earliest spawn in the snapshot; unknown unless both are known."
        ),
    ] = None
    begun_after: Annotated[
        float | None,
        Span(
            "How long after the launcher's snapshot was written the bootstrap's run began; "
            "negative when before; unknown unless both say when."
        ),
    ] = None
    begun_ahead: Annotated[
        float | None, Ahead("How far in the future the bootstrap's run says it began.")
    ] = None
    member_runs: Annotated[
        Literal["bootstrap", "other"] | None,
        Doc(
            "Which runs the native members of the snapshot name: the bootstrap's among them, or "
            "only others; unknown when they name none."
        ),
    ] = None
    spawned_after: Annotated[
        float | None,
        Span(
            "How long after the bootstrap's run began the first member of the snapshot was "
            "spawned; negative when before; unknown unless both say when."
        ),
    ] = None
    owner: UnendedOwner = None
    state_age: Annotated[float | None, Ago("How long ago the bootstrap's state was written.")] = (
        None
    )
    lock_after: Annotated[
        float | None,
        Span(
            "How long after the bootstrap's state was written a lock of another run was taken; "
            "negative when before; unknown unless both say when, and name a run.",
            needs=("lock",),
        ),
    ] = None
    lock_ahead: Annotated[
        float | None, Ahead("How far in the future that lock says it was taken.", needs=("lock",))
    ] = None
    launcher_of_lock: Annotated[
        bool, Doc("The launcher's snapshot is of that lock's run.", needs=("lock",))
    ] = False


@attrs.frozen
class RunsVerdict:
    """Which records are of an older run. The resting answer: neither."""

    older: Annotated[
        Literal["neither", "bootstrap", "launcher", "both"],
        Doc("Whose record is of an older run: told as history, believed in nothing."),
    ] = "neither"
    undecided: Annotated[
        bool, Doc("They are of two runs, and nobody can say which is the newer.")
    ] = False
    lock_begins: Annotated[
        bool, Doc("The lock's run is the present one: the `beginning` table says how it is.")
    ] = False


RUNS = Decision(
    "runs",
    RunsFacts,
    RunsVerdict,
    "Which of a team's records are of an older run than the present one?",
    preconditions=(
        "freshness == 'launch' or (bootstrap_current is None and launcher_current is None)",
        *unknown_unless(
            "(same_run is not None and not same_run)", "later_in_journal", "later_start"
        ),
    ),
)

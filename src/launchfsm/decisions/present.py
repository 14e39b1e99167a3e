"""The decisions about which of a team's records are of the present, and which snapshot counts."""

from __future__ import annotations

from typing import Annotated, Literal, TypeAlias

import attrs

from launchfsm.decisions.facts import (
    AboutMember,
    Ago,
    Ahead,
    Side,
    Span,
    known_where,
    unknown_unless,
)
from launchfsm.engine.decision import Decision
from launchfsm.engine.types import Doc
from launchfsm.vocabulary import LaneKind, LaunchPhase, Liveness, Provider, TeamLaunchState

Freshness: TypeAlias = Annotated[
    Literal["launch", "stop"] | None,
    Doc("What came last, as `launch-freshness.json` says.", needs=("freshness",)),
]
UnendedOwner: TypeAlias = Annotated[
    Liveness | None, Doc("Whether the owner of a bootstrap that did not end is there.")
]


@attrs.define
class TeamNameFacts:
    record: Annotated[Side, Doc("Which record: the bootstrap's state, or the launcher's.")]
    named: Annotated[
        Literal["this", "other", "none"],
        Doc("Which team it names, trimmed: that of its folder, another, or none.", needs=("name",)),
    ]


@attrs.frozen
class TeamNameVerdict:
    unread: Annotated[bool, Doc("The record is not read at all.")] = False
    heals: Annotated[bool, Doc("It may be believed first, and confirm the other's members.")] = True


TEAM_NAME = Decision(
    "team_name",
    TeamNameFacts,
    TeamNameVerdict,
    "Is a record read that names another team than its folder?",
)


@attrs.define
class RemovedFacts(AboutMember):
    removed: Annotated[
        bool,
        Doc("`members.meta.json` has its name, in any case, with a removal.", needs=("members",)),
    ]


@attrs.frozen
class RemovedVerdict:
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
    counts: Annotated[bool, Doc("It counts as a member's.")] = False


LEAD = Decision("lead", LeadFacts, LeadVerdict, "Does the record of a team's lead count? (§10)")


@attrs.define
class StoppedFacts:
    freshness: Freshness = None
    marker: Annotated[
        bool, Doc("`launch-stopped.json` says when a person stopped it.", needs=("freshness",))
    ] = False
    same_stop: Annotated[
        bool | None,
        Doc("The two name the same stop; unknown unless both do.", needs=("freshness",)),
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
        Doc("The bootstrap's run is not the stopped one, if known.", needs=("freshness",)),
    ] = None
    owner: UnendedOwner = None


@attrs.frozen
class StoppedVerdict:
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
    freshness: Freshness = None
    bootstrap_current: Annotated[
        bool | None, Doc("The bootstrap's state is of the run named there.", needs=("freshness",))
    ] = None
    launcher_current: Annotated[
        bool | None, Doc("The same of the launcher's snapshot.", needs=("freshness",))
    ] = None
    same_run: Annotated[bool | None, Doc("State and snapshot are of one run, if known.")] = None
    later_in_journal: Annotated[
        Side | None,
        Doc("Of two runs, whose is later in the journal, if both are in it.", needs=("journal",)),
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
        Span("How long after the launcher's snapshot the bootstrap's run began; before: negative."),
    ] = None
    begun_ahead: Annotated[float | None, Ahead("How far in the future that run began.")] = None
    member_runs: Annotated[
        Literal["bootstrap", "other"] | None,
        Doc("Which runs native members of the snapshot name: the bootstrap's, or only others."),
    ] = None
    spawned_after: Annotated[
        float | None,
        Span("How long after the bootstrap's run began the first spawn was; before: negative."),
    ] = None
    owner: UnendedOwner = None
    state_age: Annotated[float | None, Ago("How old the bootstrap's state is.")] = None
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
    older: Annotated[
        Literal["neither", "bootstrap", "launcher", "both"],
        Doc("Whose record is of an older run: told as history, believed in nothing."),
    ] = "neither"
    undecided: Annotated[bool, Doc("They are of two runs, and none is known to be newer.")] = False
    lock_begins: Annotated[bool, Doc("The lock's run is the present one (`beginning`).")] = False


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


@attrs.define
class RichnessFacts:
    """One part of a snapshot, weighed for how much it knows."""

    part: Annotated[
        Literal["name", "record", "snapshot"],
        Doc("A name in it, a member's record, or the snapshot itself."),
    ]
    expected_given: Annotated[bool, Doc("The snapshot names whom the bootstrap expected.")] = False
    provider: Annotated[Provider | None, Doc("The record's provider.")] = None
    backend: Annotated[str | None, Doc("The record's provider backend.")] = None
    selected_fast_mode: Annotated[str | None, Doc("The record's selected fast mode.")] = None
    resolved_fast_mode: Annotated[bool | None, Doc("The record's resolved fast mode.")] = None
    lane_id: Annotated[str | None, Doc("The record's lane id.")] = None
    lane_kind: Annotated[LaneKind | None, Doc("The record's lane kind.")] = None
    lane_owner: Annotated[Provider | None, Doc("The provider that owns the record's lane.")] = None
    identity: Annotated[bool, Doc("The record has a launch identity.")] = False


@attrs.frozen
class RichnessPoints:
    points: Annotated[int, Doc("The points.")]


RICHNESS = Decision(
    "richness",
    RichnessFacts,
    RichnessPoints,
    "How much does a snapshot know? (§11)",
    collect=True,
    preconditions=(
        "part == 'snapshot' or not expected_given",
        *unknown_unless("part == 'record'", "provider", "backend", "lane_id", "lane_kind"),
        *unknown_unless("part == 'record'", "lane_owner"),
        *unknown_unless("part == 'record'", "selected_fast_mode", "resolved_fast_mode"),
        "part == 'record' or not identity",
    ),
)


@attrs.define
class ExpiredFacts:
    launch_phase: Annotated[LaunchPhase, Doc("Whether the launch is still active.")]
    team_state: Annotated[TeamLaunchState, Doc("The state of all its members together.")]
    age: Annotated[int | None, Ago("How long ago the snapshot was updated, if it says so.")]
    ahead: Annotated[int | None, Ahead("How far in the future it says it was updated.")] = None
    owner: Annotated[
        Liveness | None,
        Doc("Whether the bootstrap's owner is there; unknown unless a bootstrap is under way."),
    ] = None
    side: Annotated[Side | None, Doc("Whose snapshot it is; unknown when it is alone.")] = None
    permission_pending: Annotated[bool, Doc("Somebody in it waits for permission.")] = False


@attrs.frozen
class ExpiredVerdict:
    expired: Annotated[bool, Doc("It is an expired pending snapshot.")] = False


EXPIRED = Decision(
    "expired", ExpiredFacts, ExpiredVerdict, "Has a snapshot waited for its members too long? (§11)"
)


@attrs.define
class SelectionFacts:
    bootstrap: Annotated[bool, Doc("There is a bootstrap's snapshot.")]
    launcher: Annotated[bool, Doc("There is a launcher's snapshot.")]
    bootstrap_expired: Annotated[bool, Doc("The bootstrap's is an expired pending one.")]
    richer: Annotated[Side | None, Doc("Which knows more; unknown when both know as much.")] = None
    wider: Annotated[Side | None, Doc("Which has more names; unknown when equal.")] = None
    newer: Annotated[
        Literal["bootstrap", "launcher", "tie"] | None,
        Doc("Which was updated later; unknown unless both times are known."),
    ] = None
    bootstrap_score: Annotated[
        int | None, Doc("The richness of the bootstrap's, if there are two.", behind="richer")
    ] = None
    launcher_score: Annotated[
        int | None, Doc("The richness of the launcher's, if there are two.", behind="richer")
    ] = None
    bootstrap_ahead: Annotated[
        int | None, Ahead("How far in the future the bootstrap's says it was updated.")
    ] = None
    launcher_ahead: Annotated[
        int | None, Ahead("How far in the future the launcher's says it was updated.")
    ] = None
    bootstrap_mixed: Annotated[
        bool | None, Doc("The bootstrap's has lanes or other signs of a mixed launch (§10).")
    ] = None
    launcher_mixed: Annotated[bool | None, Doc("The same of the launcher's.")] = None


@attrs.frozen
class SelectionVerdict:
    believe: Annotated[Literal["bootstrap", "launcher", "neither"], Doc("Which is believed.")]


SELECTION = Decision(
    "selection",
    SelectionFacts,
    SelectionVerdict,
    "Which of two snapshots is believed? (§11)",
    preconditions=(
        "not bootstrap_expired or bootstrap",
        *known_where("(bootstrap and launcher)", "bootstrap_score"),
        *known_where("(bootstrap and launcher)", "launcher_score"),
        *unknown_unless("(bootstrap and launcher)", "richer", "wider", "newer"),
        *unknown_unless("(bootstrap and launcher)", "bootstrap_ahead", "launcher_ahead"),
    ),
)

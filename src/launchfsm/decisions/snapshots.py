"""The decisions about snapshots: what their members add up to, and which one is believed."""

from __future__ import annotations

from typing import Annotated, Literal

import attrs

from launchfsm.decisions.facts import (
    EACH_COUNTED,
    FAILED_NAMED,
    Ago,
    Ahead,
    OverMembers,
    Side,
    known_where,
    unknown_unless,
)
from launchfsm.engine.decision import Decision
from launchfsm.engine.types import Doc
from launchfsm.vocabulary import LaneKind, LaunchPhase, Liveness, Provider, TeamLaunchState


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


@attrs.frozen
class TeamStateVerdict:
    """The verdict over all members."""

    team_state: Annotated[TeamLaunchState, Doc("The team's launch state.")]


TEAM_STATE = Decision(
    "team_state",
    TeamStateFacts,
    TeamStateVerdict,
    "What is the verdict over all members? (§5)",
    preconditions=FAILED_NAMED,
    sums=(EACH_COUNTED,),
)


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


@attrs.frozen
class RichnessPoints:
    """What one part of a snapshot adds to its score."""

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
    """A snapshot that may have waited too long."""

    launch_phase: Annotated[LaunchPhase, Doc("Whether the launch is still active.")]
    team_state: Annotated[TeamLaunchState, Doc("The verdict over all its members.")]
    age: Annotated[
        int | None, Ago("How long ago the snapshot was updated; unknown when it does not say.")
    ]
    ahead: Annotated[
        int | None, Ahead("How far in the future it says it was updated; negative when past.")
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


@attrs.frozen
class ExpiredVerdict:
    """Whether a snapshot waited too long. The resting answer: no."""

    expired: Annotated[bool, Doc("It is an expired pending snapshot.")] = False


EXPIRED = Decision(
    "expired", ExpiredFacts, ExpiredVerdict, "Has a snapshot waited for its members too long? (§11)"
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
    """Which snapshot to believe."""

    believe: Annotated[
        Literal["bootstrap", "launcher", "neither"], Doc("The one that is believed.")
    ]


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

"""Preference: which of two snapshots of one launch is believed, and whether one has expired (§11).

Here: the facts about a pair of snapshots, and the choice. Not here: where snapshots come from
(`snapshots`, `saved_snapshots`).
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal, TypeAlias

import attrs

from launchfsm import decisions
from launchfsm.facts import ExpiredFacts, PreferenceFacts, RichnessFacts, Side
from launchfsm.results import LaunchSnapshot, MemberLaunch
from launchfsm.timestamps import read_time

if TYPE_CHECKING:
    from launchfsm.policy.engine import Judge

Newer: TypeAlias = Literal["bootstrap", "launch", "tie"]


@attrs.frozen(eq=False)
class Choice:
    """Which of two snapshots is believed.

    Attributes:
        snapshot: The believed one, one of the two given; `None` when neither is.
        source: Whose it is.
    """

    snapshot: LaunchSnapshot | None
    source: Side | None


def choose(
    judge: Judge,
    bootstrap: LaunchSnapshot | None,
    launch: LaunchSnapshot | None,
    *,
    now: int,
) -> Choice:
    """Choose between the bootstrap's snapshot and the launcher's (§11).

    Args:
        judge: Applies the policy.
        bootstrap: The bootstrap's snapshot, if there is one.
        launch: The launcher's, if there is one.
        now: The time, in ms since 1970.
    """
    verdict = judge.decide(decisions.PREFERENCE, _facts(judge, bootstrap, launch, now))
    if verdict.believe == "bootstrap" and bootstrap is not None:
        return Choice(bootstrap, "bootstrap")
    if verdict.believe == "launch" and launch is not None:
        return Choice(launch, "launch")
    return Choice(None, None)


def _facts(
    judge: Judge, bootstrap: LaunchSnapshot | None, launch: LaunchSnapshot | None, now: int
) -> PreferenceFacts:
    if bootstrap is None or launch is None:
        # Nothing to compare: whoever stands alone is not weighed.
        expired = bootstrap is not None and is_expired(judge, bootstrap, now=now)
        return PreferenceFacts(bootstrap is not None, launch is not None, expired)
    mine, theirs = richness(judge, bootstrap, "bootstrap"), richness(judge, launch, "launch")
    return PreferenceFacts(
        bootstrap=True,
        launch=True,
        bootstrap_expired=is_expired(judge, bootstrap, now=now),
        richer=_larger(mine, theirs),
        wider=_larger(len(names_of(bootstrap)), len(names_of(launch))),
        newer=_newer(bootstrap, launch),
        bootstrap_score=mine,
        launch_score=theirs,
    )


def _larger(bootstrap: int, launch: int) -> Side | None:
    if bootstrap == launch:
        return None
    return "bootstrap" if bootstrap > launch else "launch"


def _newer(bootstrap: LaunchSnapshot, launch: LaunchSnapshot) -> Newer | None:
    mine, theirs = read_time(bootstrap.updated_at), read_time(launch.updated_at)
    if mine is None or theirs is None:
        return None
    if mine == theirs:
        return "tie"
    return "bootstrap" if mine > theirs else "launch"


def names_of(snapshot: LaunchSnapshot) -> frozenset[str]:
    """The names of a snapshot: expected ones and those of records, each once."""
    return frozenset(snapshot.expected_members) | frozenset(snapshot.members)


def is_expired(judge: Judge, snapshot: LaunchSnapshot, *, now: int) -> bool:
    """Whether a snapshot waited for its members too long (§11)."""
    updated_at = read_time(snapshot.updated_at)
    facts = ExpiredFacts(
        launch_phase=snapshot.launch_phase,
        team_state=snapshot.team_launch_state,
        age=None if updated_at is None else now - updated_at,
    )
    return judge.decide(decisions.EXPIRED, facts).expired


# -- Richness --------------------------------------------------------------------------------------


def richness(judge: Judge, snapshot: LaunchSnapshot, side: Side) -> int:
    """How much a snapshot knows: the points of its names, its records and itself (§11)."""
    names = names_of(snapshot)
    own = RichnessFacts("snapshot", expected_given=bool(snapshot.bootstrap_expected_members))
    total = _points(judge, own, f"{side} snapshot")
    if names:
        each = _points(judge, RichnessFacts("name"), f"{side} snapshot, each of {len(names)} names")
        total += len(names) * each
    for name, member in snapshot.members.items():
        total += _record_points(judge, member, f"{side} snapshot, {name}")
    return total


def _record_points(judge: Judge, member: MemberLaunch, subject: str) -> int:
    identity = member.launch_identity is not None
    known = (
        member.provider_id,
        member.provider_backend_id,
        member.selected_fast_mode,
        member.resolved_fast_mode,
        member.lane_id,
        member.lane_kind,
        member.lane_owner_provider_id,
    )

    memory = judge.memory("richness")
    key = (known, identity)
    points: int | None = memory.get(key)
    if points is None:
        facts = RichnessFacts("record", False, *known, identity)  # noqa: FBT003 - the facts in their order
        points = memory.put(key, _points(judge, facts, subject))
    return points


def _points(judge: Judge, facts: RichnessFacts, subject: str) -> int:
    return sum(found.points for found in judge.decide(decisions.RICHNESS, facts, subject))

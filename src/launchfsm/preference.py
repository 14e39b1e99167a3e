"""Preference: which of two snapshots of one launch is believed, and whether one has expired (§11).

Here: the facts about a pair of snapshots, and the choice. Not here: where snapshots come from
(`snapshots`, `saved_snapshots`).
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import attrs

from launchfsm import decisions
from launchfsm.facts import ExpiredFacts, PreferenceFacts, RichnessFacts, Side
from launchfsm.results import LaunchSnapshot, MemberLaunch
from launchfsm.runs import Run, older_run
from launchfsm.timestamps import read_time

if TYPE_CHECKING:
    from launchfsm.policy.engine import Judge
    from launchfsm.processes import Liveness


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
    run: Run | None = None,
    owner: Liveness | None = None,
) -> Choice:
    """Choose between the bootstrap's snapshot and the launcher's (§11).

    Args:
        judge: Applies the policy.
        bootstrap: The bootstrap's snapshot, if there is one.
        launch: The launcher's, if there is one.
        now: The time, in ms since 1970.
        run: The run that the bootstrap's snapshot is of, when it is known.
        owner: Whether that run's owner is there, when it is known who it is.
    """
    facts = PreferenceFacts(
        bootstrap=bootstrap is not None,
        launch=launch is not None,
        bootstrap_expired=(
            bootstrap is not None and is_expired(judge, bootstrap, now=now, owner=owner)
        ),
    )
    if bootstrap is not None and launch is not None:  # whoever stands alone is not weighed
        _weigh(judge, facts, bootstrap, launch, now, run)
    verdict = judge.decide(decisions.PREFERENCE, facts)
    if verdict.believe == "bootstrap" and bootstrap is not None:
        return Choice(bootstrap, "bootstrap")
    if verdict.believe == "launch" and launch is not None:
        return Choice(launch, "launch")
    return Choice(None, None)


def _weigh(
    judge: Judge,
    facts: PreferenceFacts,
    bootstrap: LaunchSnapshot,
    launch: LaunchSnapshot,
    now: int,
    run: Run | None,
) -> None:
    """Add what the two snapshots say against each other."""
    facts.bootstrap_score = richness(judge, bootstrap, "bootstrap")
    facts.launch_score = richness(judge, launch, "launch")
    facts.richer = _larger(facts.bootstrap_score, facts.launch_score)
    facts.wider = _larger(len(names_of(bootstrap)), len(names_of(launch)))
    mine, theirs = read_time(bootstrap.updated_at), read_time(launch.updated_at)
    facts.bootstrap_ahead = None if mine is None else mine - now
    facts.launch_ahead = None if theirs is None else theirs - now
    if mine is not None and theirs is not None:
        facts.newer = _larger(mine, theirs) or "tie"
    if run is not None:
        facts.older_run = older_run(run, mine, launch, theirs)


def _larger(bootstrap: int, launch: int) -> Side | None:
    if bootstrap == launch:
        return None
    return "bootstrap" if bootstrap > launch else "launch"


def names_of(snapshot: LaunchSnapshot) -> frozenset[str]:
    """The names of a snapshot: expected ones and those of records, each once."""
    return frozenset(snapshot.expected_members) | frozenset(snapshot.members)


def is_expired(
    judge: Judge, snapshot: LaunchSnapshot, *, now: int, owner: Liveness | None = None
) -> bool:
    """Whether a snapshot waited for its members too long (§11)."""
    updated_at = read_time(snapshot.updated_at)
    facts = ExpiredFacts(
        launch_phase=snapshot.launch_phase,
        team_state=snapshot.team_launch_state,
        age=None if updated_at is None else now - updated_at,
        ahead=None if updated_at is None else updated_at - now,
        owner=owner,
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

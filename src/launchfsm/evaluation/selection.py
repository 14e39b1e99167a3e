"""Which of two snapshots of one launch is believed, and whether one has expired (§11)."""

from __future__ import annotations

from launchfsm.decisions.facts import Side
from launchfsm.decisions.present import (
    EXPIRED,
    RICHNESS,
    SELECTION,
    ExpiredFacts,
    RichnessFacts,
    SelectionFacts,
)
from launchfsm.ecma.dates import read_time
from launchfsm.engine.engine import Engine
from launchfsm.records.results import LaunchSnapshot, MemberLaunch
from launchfsm.vocabulary import Liveness


def choose(
    engine: Engine,
    bootstrap: LaunchSnapshot | None,
    launch: LaunchSnapshot | None,
    *,
    now: int,
    owner: Liveness | None = None,
    undated: tuple[Side, ...] = (),
) -> Side | None:
    """Which is believed of the bootstrap's snapshot and the launcher's, where they are (§11).

    `None` when neither is believed. `now` is in ms since 1970. `owner` is whether the owner of a
    bootstrap that did not end is there, `undated` are the records that do not say when they were
    written: in their snapshots the time of the evaluation stands in.
    """
    facts = SelectionFacts(
        bootstrap=bootstrap is not None,
        launcher=launch is not None,
        bootstrap_expired=bootstrap is not None
        and is_expired(engine, bootstrap, now=now, side="bootstrap", owner=owner, undated=undated),
    )
    if bootstrap is not None and launch is not None:  # whoever stands alone is not weighed
        facts.bootstrap_score = richness(engine, bootstrap, "bootstrap")
        facts.launcher_score = richness(engine, launch, "launcher")
        facts.richer = _larger(facts.bootstrap_score, facts.launcher_score)
        facts.wider = _larger(len(names_of(bootstrap)), len(names_of(launch)))
        mine, theirs = read_time(bootstrap.updated_at), read_time(launch.updated_at)
        facts.bootstrap_ahead = None if mine is None else mine - now
        facts.launcher_ahead = None if theirs is None else theirs - now
        if mine is not None and theirs is not None:
            facts.newer = _larger(mine, theirs) or "tie"
        if engine.policy.reads(SELECTION, "launcher_mixed", "bootstrap_mixed"):
            facts.bootstrap_mixed = is_mixed(bootstrap, in_any_order=True)
            facts.launcher_mixed = is_mixed(launch, in_any_order=True)
    believe = engine.decide(SELECTION, facts).believe
    found = {"bootstrap": bootstrap, "launcher": launch, "neither": None}
    return None if believe == "neither" or found[believe] is None else believe


def _larger(bootstrap: int, launch: int) -> Side | None:
    if bootstrap == launch:
        return None
    return "bootstrap" if bootstrap > launch else "launcher"


def is_expired(
    engine: Engine,
    snapshot: LaunchSnapshot,
    *,
    now: int,
    side: Side | None = None,
    owner: Liveness | None = None,
    undated: tuple[Side, ...] = (),
) -> bool:
    """Whether a snapshot, of a side if that is known, waited for its members too long (§11).

    The rest is as `choose` takes it.
    """
    updated_at = None if side in undated else read_time(snapshot.updated_at)
    facts = ExpiredFacts(
        launch_phase=snapshot.launch_phase,
        team_state=snapshot.team_launch_state,
        age=None if updated_at is None else now - updated_at,
        ahead=None if updated_at is None else updated_at - now,
        owner=owner,
        side=side,
        permission_pending=(
            engine.policy.reads(EXPIRED, "permission_pending")
            and any(one.waits_for_permission for one in snapshot.members.values())
        ),
    )
    return engine.decide(EXPIRED, facts, f"{side} snapshot" if side else "").expired


# -- What a snapshot has ---------------------------------------------------------------------------


def names_of(snapshot: LaunchSnapshot) -> frozenset[str]:
    """The names of a snapshot: expected ones and those of records, each once."""
    return frozenset(snapshot.expected_members) | frozenset(snapshot.members)


def is_mixed(snapshot: LaunchSnapshot, *, in_any_order: bool = False) -> bool:
    """Whether a snapshot's metadata is of more than one kind of launch (§10).

    It also is when its bootstrap expected other names, or the same names in another order; with
    `in_any_order` the order does not matter.
    """
    names, others = snapshot.expected_members, snapshot.bootstrap_expected_members
    if others is not None and others != names and not (in_any_order and set(others) == set(names)):
        return True
    return any(
        member.lane_id is not None
        or member.lane_kind is not None
        or member.lane_owner_provider_id is not None
        or member.launch_identity is not None
        for member in snapshot.members.values()
    )


def richness(engine: Engine, snapshot: LaunchSnapshot, side: Side) -> int:
    """How much a snapshot knows: the points of its names, its records and itself (§11)."""
    names = names_of(snapshot)
    own = RichnessFacts("snapshot", expected_given=bool(snapshot.bootstrap_expected_members))
    total = _points(engine, own, f"{side} snapshot")
    if names:
        each = _points(
            engine, RichnessFacts("name"), f"{side} snapshot, each of {len(names)} names"
        )
        total += len(names) * each
    for name, member in snapshot.members.items():
        total += _record_points(engine, member, f"{side} snapshot, {name}")
    return total


def _record_points(engine: Engine, member: MemberLaunch, subject: str) -> int:
    known = (
        member.provider_id,
        member.provider_backend_id,
        member.selected_fast_mode,
        member.resolved_fast_mode,
        member.lane_id,
        member.lane_kind,
        member.lane_owner_provider_id,
        member.launch_identity is not None,
    )

    def work_out() -> int:
        facts = RichnessFacts("record", False, *known)  # noqa: FBT003 - the facts in their order
        return _points(engine, facts, subject)

    return engine.cached(("richness", *known), subject, work_out, asks=(RICHNESS,))


def _points(engine: Engine, facts: RichnessFacts, subject: str) -> int:
    return sum(found.points for found in engine.decide(RICHNESS, facts, subject))

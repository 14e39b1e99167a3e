"""Which of two snapshots is believed: the page's table, its weights, and what must always hold."""

from __future__ import annotations

import random
from datetime import timedelta
from typing import TYPE_CHECKING, Any

import attrs
import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from launchfsm import choose_preferred_snapshot, is_expired_pending
from launchfsm.decisions.present import SELECTION
from launchfsm.engine.engine import Engine
from launchfsm.engine.trace import TracedDecision, TracingEngine
from launchfsm.evaluation.selection import choose, is_expired, names_of, richness
from launchfsm.policies import load_policy
from launchfsm.records.results import LaunchSnapshot, LaunchSummary, MemberLaunch
from launchfsm.testing.strategies import NOW, launch_snapshots
from tests.teams import JUDGE, NOW_MS, evaluation, folder_of, ms_text, saved, saved_member

if TYPE_CHECKING:
    from pathlib import Path

    from launchfsm.decisions.facts import Side

MINUTE = 60_000


def snapshot_of(*names: str, age: float = 0, **fields: Any) -> LaunchSnapshot:
    """A snapshot that expects some names, one record each."""
    return LaunchSnapshot(
        **{
            "team_name": "demo",
            "updated_at": ms_text(NOW_MS - age),
            "launch_phase": "finished",
            "expected_members": names,
            "members": {name: MemberLaunch(name=name) for name in names},
            "summary": LaunchSummary(pending_count=len(names)),
            "team_launch_state": "partial_pending",
            **fields,
        }
    )


def chosen(bootstrap: LaunchSnapshot | None, launch: LaunchSnapshot | None) -> Side | None:
    found = choose_preferred_snapshot(bootstrap, launch, now=NOW, policy="reference")
    if found is None:
        return None
    return "bootstrap" if found is bootstrap else "launcher"


POOR = snapshot_of("bob")
RICH = snapshot_of("bob", members={"bob": MemberLaunch(name="bob", lane_id="lane-1")})
WIDE = snapshot_of("bob", "cara", members={})  # 20 points for two names, POOR has 15
LANES = {name: MemberLaunch(name=name, lane_id="lane-1") for name in ("bob", "cara")}
UNDATED = snapshot_of("bob", updated_at="soon")
OLD = 1 * MINUTE

# what is decided, the bootstrap's, the launcher's, whom to believe
CHOICES = [
    ("neither is there", None, None, None),
    ("no bootstrap's", None, POOR, "launcher"),
    ("no launcher's", POOR, None, "bootstrap"),
    ("no launcher's, and pending too long", snapshot_of("bob", age=5 * MINUTE), None, None),
    ("no bootstrap's, though pending too long", None, snapshot_of("bob", age=9e9), "launcher"),
    ("pending too long, but not alone", snapshot_of("bob", age=9e9), POOR, "launcher"),
    ("the richer bootstrap's", RICH, POOR, "bootstrap"),
    ("the richer launcher's", POOR, RICH, "launcher"),
    ("richer though older", attrs.evolve(RICH, updated_at="2020"), POOR, "bootstrap"),
    ("richer and wider", WIDE, POOR, "bootstrap"),
    (
        "richer with fewer names loses to the newer",
        snapshot_of("bob", members=LANES, age=OLD),
        snapshot_of("bob", "cara", "dan", members={}),
        "launcher",
    ),
    (
        "richer with fewer names wins when newer",
        snapshot_of("bob", members=LANES),
        snapshot_of("bob", "cara", "dan", members={}, age=OLD),
        "bootstrap",
    ),
    ("the newer launcher's", snapshot_of("bob", age=OLD), POOR, "launcher"),
    ("the newer bootstrap's", POOR, snapshot_of("bob", age=OLD), "bootstrap"),
    ("a tie", POOR, snapshot_of("bob"), "bootstrap"),
    ("newer by a millisecond", snapshot_of("bob", age=1), POOR, "launcher"),
    ("one time unknown", UNDATED, POOR, "bootstrap"),
    ("the other unknown", POOR, snapshot_of("bob", updated_at="30 February"), "bootstrap"),
    (
        "both unknown",
        snapshot_of("bob", updated_at=""),
        snapshot_of("x", updated_at="?"),
        "bootstrap",
    ),
]


@pytest.mark.parametrize(
    ("bootstrap", "launch", "believed"),
    [row[1:] for row in CHOICES],
    ids=[row[0] for row in CHOICES],
)
def test_the_choice(
    bootstrap: LaunchSnapshot | None, launch: LaunchSnapshot | None, believed: Side | None
) -> None:
    assert believed == chosen(bootstrap, launch)


# a snapshot that differs from an expired pending one, whether it is one too
EXPIRED = [
    ({}, True),
    ({"age": 5 * MINUTE - 1}, False),
    ({"age": -5 * MINUTE}, False),
    ({"launch_phase": "active"}, False),
    ({"launch_phase": "reconciled"}, False),
    ({"team_launch_state": "partial_failure"}, False),
    ({"team_launch_state": "clean_success"}, False),
    ({"updated_at": "2023-11-14"}, True),
    ({"updated_at": "never"}, False),
]


@pytest.mark.parametrize(("change", "expired"), EXPIRED)
def test_a_finished_launch_waits_five_minutes_for_its_members(
    *, change: dict[str, Any], expired: bool
) -> None:
    snapshot = snapshot_of("bob", **{"age": 5 * MINUTE, **change})

    assert expired == is_expired_pending(snapshot, now=NOW, policy="reference")


def test_time_passes_for_a_snapshot_that_waits() -> None:
    assert [False, True] == [
        is_expired_pending(
            POOR, now=NOW + timedelta(minutes=5, milliseconds=late), policy="reference"
        )
        for late in (-1, 0)
    ]


# a member's record, the points that it adds to the 15 of a name and a record
CATALOGUE = [
    ({}, 0),
    ({"providerId": "anthropic"}, 3),
    ({"providerId": "opencode", "providerBackendId": "adapter"}, 6),
    ({"selectedFastMode": "off"}, 2),
    ({"resolvedFastMode": False}, 2),
    ({"laneId": "lane-1"}, 4),
    ({"laneKind": "primary"}, 4),
    ({"laneOwnerProviderId": "codex"}, 3),
    ({"providerId": "anthropic", "launchIdentity": {}}, 9),
    ({"model": "m", "effort": "max", "billingMode": "api", "runtimePid": 1}, 0),
    ({"resolvedFastMode": "no", "laneId": " ", "laneKind": "third", "launchIdentity": {}}, 0),
]


@pytest.mark.parametrize(("record", "points"), CATALOGUE)
def test_metadata_has_its_weight(record: dict[str, Any], points: int) -> None:
    snapshot = saved({"expectedMembers": ["bob"], "members": {"bob": record}})

    assert 15 + points == richness(JUDGE, snapshot, "launcher")


# a document, its score
SCORES = [
    ({}, 0),
    ({"expectedMembers": ["a", "b"]}, 2 * 10 + 2 * 5),
    ({"expectedMembers": ["a"], "members": {"a": {}, "b": {}}}, 2 * 10 + 2 * 5),
    ({"expectedMembers": ["a"], "bootstrapExpectedMembers": ["b"]}, 15 + 20),
    ({"expectedMembers": ["a"], "bootstrapExpectedMembers": ["a"]}, 15),
    ({"expectedMembers": ["a"], "bootstrapExpectedMembers": []}, 15),
    ({"members": {"a": {}, "team-lead": {}}}, 15),
]


@pytest.mark.parametrize(("document", "score"), SCORES)
def test_names_and_records_have_their_weight(document: dict[str, Any], score: int) -> None:
    assert score == richness(JUDGE, saved(document), "launcher")


def test_a_record_of_the_lead_counts_though_nobody_expects_it() -> None:
    """§5 keeps such a record, so it is a name of the snapshot."""
    state = {"version": 1, "members": [{"name": "Team-Lead"}, {"name": "bob"}]}
    snapshot = evaluation(folder_of(state)).bootstrap_snapshot
    assert snapshot is not None

    assert {"Team-Lead", "bob"} == names_of(snapshot)
    assert 2 * 15 == richness(JUDGE, snapshot, "bootstrap")


# -- What must always hold -------------------------------------------------------------------------


def reordered(snapshot: LaunchSnapshot, seed: int) -> LaunchSnapshot:
    names, members = list(snapshot.expected_members), list(snapshot.members.items())
    shuffle = random.Random(seed).shuffle  # noqa: S311 - no secret
    shuffle(names)
    shuffle(members)
    return attrs.evolve(snapshot, expected_members=tuple(names), members=dict(members))


@given(
    bootstrap=launch_snapshots(damaged=True),
    launch=launch_snapshots(damaged=True),
    seed=st.integers(0, 2**16),
)
def test_the_choice_does_not_depend_on_the_order_of_members(
    bootstrap: LaunchSnapshot, launch: LaunchSnapshot, seed: int
) -> None:
    assert chosen(bootstrap, launch) == chosen(reordered(bootstrap, seed), reordered(launch, seed))


@given(
    bootstrap=st.none() | launch_snapshots(damaged=True),
    launch=st.none() | launch_snapshots(damaged=True),
)
def test_the_believed_one_is_one_of_those_that_are_there(
    bootstrap: LaunchSnapshot | None, launch: LaunchSnapshot | None
) -> None:
    found = choose_preferred_snapshot(bootstrap, launch, now=NOW, policy="reference")

    assert any(found is one for one in (None, bootstrap, launch))
    assert found is not None or launch is None


METADATA: dict[str, Any] = {
    "provider_id": "anthropic",
    "provider_backend_id": "codex-native",
    "selected_fast_mode": "inherit",
    "resolved_fast_mode": False,
    "lane_id": "lane-1",
    "lane_kind": "primary",
    "lane_owner_provider_id": "codex",
    "launch_identity": saved_member({"providerId": "codex", "launchIdentity": {}}).launch_identity,
}


@given(snapshot=launch_snapshots(damaged=True), seed=st.integers(0, 2**16))
def test_more_metadata_makes_a_snapshot_richer(snapshot: LaunchSnapshot, seed: int) -> None:
    missing = [
        (name, field)
        for name, member in snapshot.members.items()
        for field in METADATA
        if getattr(member, field) is None
    ]
    assume(missing)
    name, field = missing[seed % len(missing)]
    told = attrs.evolve(snapshot.members[name], **{field: METADATA[field]})
    richer = attrs.evolve(snapshot, members={**snapshot.members, name: told})

    assert richness(JUDGE, richer, "launcher") > richness(JUDGE, snapshot, "launcher")


@given(snapshot=launch_snapshots(damaged=True))
def test_another_name_makes_a_snapshot_richer(snapshot: LaunchSnapshot) -> None:
    names = (*snapshot.expected_members, "somebody else")
    richer = attrs.evolve(snapshot, expected_members=names)

    assert richness(JUDGE, richer, "launcher") == richness(JUDGE, snapshot, "launcher") + 10


def with_more(part: LaunchSnapshot, seed: int) -> LaunchSnapshot:
    """A snapshot that says all that another says, a second later, and perhaps more."""
    some = random.Random(seed)  # noqa: S311 - no secret
    members = {
        name: attrs.evolve(
            member,
            **{
                field: value
                for field, value in METADATA.items()
                if getattr(member, field) is None and some.random() < 0.2
            },
        )
        for name, member in part.members.items()
    }
    expected = part.expected_members
    if some.random() < 0.5:
        expected = (*expected, "somebody else")
        members["somebody else"] = MemberLaunch(name="somebody else")
    given_names = part.bootstrap_expected_members or some.choice((None, ("bob",)))
    return attrs.evolve(
        part,
        updated_at=ms_text(NOW_MS),
        expected_members=expected,
        members=members,
        bootstrap_expected_members=given_names,
    )


@given(snapshot=launch_snapshots(damaged=True), seed=st.integers(0, 2**16))
def test_a_snapshot_never_loses_to_an_older_one_that_it_contains(
    snapshot: LaunchSnapshot, seed: int
) -> None:
    part = attrs.evolve(snapshot, updated_at=ms_text(NOW_MS - 1_000))
    whole = with_more(part, seed)

    assert ("bootstrap", "launcher") == (chosen(whole, part), chosen(part, whole))


def test_a_newer_document_can_lose_to_one_that_it_contains() -> None:
    """Snapshots, not documents: of two lists that say the same, §5 leaves one out.

    So the older document, whose bootstrap expected one name less than its launcher, has 20 points
    for saying so; the newer one lists that name too, and has none.
    """
    names = {"expectedMembers": ["bob", "cara"]}
    part = saved({**names, "bootstrapExpectedMembers": ["bob"], "updatedAt": "2023-11-13"})
    whole = saved({**names, "bootstrapExpectedMembers": ["bob", "cara"], "updatedAt": "2023-11-14"})

    assert ("launcher", "bootstrap") == (chosen(whole, part), chosen(part, whole))


def test_a_choice_is_not_an_order() -> None:
    """Of three snapshots each can lose to the next: fewer names keep the richer from winning."""
    rich = snapshot_of("bob", age=2 * OLD, members=LANES)  # 38 points, two names
    wide = snapshot_of("a", "b", "c", age=OLD, members={})  # 30 points, three names
    other = snapshot_of("a", "b", members=dict.fromkeys("ab", MemberLaunch(name="a")))  # 30, two

    assert "launcher" == chosen(rich, wide)
    assert "launcher" == chosen(wide, other)
    assert "bootstrap" == chosen(rich, other)


# -- Whatever a policy answers ---------------------------------------------------------------------


def believing(side: str, folder: Path) -> Engine:
    """Of a policy that always believes one side."""
    (folder / "policy.toml").write_text(
        'policy = "mine"\nextends = "reference"\n\n[[tables.selection.rule]]\nid = "always"\n'
        f'before = "only-launcher"\nthen = {{ believe = "{side}" }}\n'
    )
    return Engine(load_policy(folder))


@pytest.mark.parametrize("side", ["bootstrap", "launcher", "neither"])
def test_nobody_is_believed_who_is_not_there(side: str, tmp_path: Path) -> None:
    engine = believing(side, tmp_path)

    assert (None if side == "neither" else side) == choose(engine, POOR, RICH, now=NOW_MS)
    assert (side if side == "bootstrap" else None) == choose(engine, POOR, None, now=NOW_MS)
    assert (side if side == "launcher" else None) == choose(engine, None, RICH, now=NOW_MS)


def test_a_policy_that_asks_for_runs_is_not_answered_where_nobody_knows_them() -> None:
    engine = Engine(load_policy("default"))

    assert "launcher" == choose(engine, POOR, RICH, now=NOW_MS)


def test_nothing_is_asked_of_names_that_are_not_there() -> None:
    engine = TracingEngine(JUDGE.policy)

    assert 0 == richness(engine, snapshot_of(), "launcher")
    asked = [entry.known["part"] for entry in engine.entries if isinstance(entry, TracedDecision)]
    assert ["snapshot"] == asked


@pytest.mark.parametrize(
    ("side", "subject"),
    [("bootstrap", "bootstrap snapshot"), ("launcher", "launcher snapshot"), (None, "")],
)
def test_an_explanation_says_whose_snapshot_has_expired(side: Side | None, subject: str) -> None:
    engine = TracingEngine(JUDGE.policy)

    is_expired(engine, POOR, now=NOW_MS, side=side)

    assert [subject] == [entry.subject for entry in engine.entries]


def test_two_of_one_moment_are_a_tie_and_two_of_which_one_has_none_are_not() -> None:
    def newer(one: LaunchSnapshot, other: LaunchSnapshot) -> object:
        engine = TracingEngine(JUDGE.policy)
        choose(engine, one, other, now=NOW_MS)
        decisions = (entry for entry in engine.entries if isinstance(entry, TracedDecision))
        (found,) = (decision for decision in decisions if decision.asked is SELECTION)
        return found.known["newer"]

    later = attrs.evolve(POOR, updated_at=ms_text(NOW_MS + 1))
    assert ["tie", "launcher", "bootstrap", None] == [
        newer(POOR, RICH), newer(POOR, later), newer(later, POOR), newer(POOR, UNDATED)
    ]  # fmt: skip

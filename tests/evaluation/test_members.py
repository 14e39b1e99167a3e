"""What is true of one member: its status, a dead owner, the end of the launch, and its lines."""

from __future__ import annotations

import copy
import pickle
from typing import TYPE_CHECKING, Any

import attrs
import pytest
from hypothesis import given
from hypothesis import strategies as st

from launchfsm.evaluation.members import diagnose, walk
from launchfsm.records.results import MemberLaunch, Sources
from launchfsm.testing.strategies import launch_snapshots
from launchfsm.vocabulary import LivenessKind, values
from tests.teams import JUDGE, NOW_TEXT, OWNER, launched, saved_member

if TYPE_CHECKING:
    from launchfsm.records.results import LaunchSnapshot

GONE = f"bootstrap owner pid {OWNER} is gone before bootstrap reached a terminal state"
NEVER = "Teammate was never spawned during launch."


def recorded(member: dict[str, Any], *, alive: bool = True, **state: Any) -> MemberLaunch:
    """The member `bob` of a bootstrap that goes on, unless its owner is dead."""
    document = {"phase": "spawning_members", "ownerPid": OWNER, "updatedAt": NOW_TEXT, **state}
    document["members"] = [{"name": "bob", **member}]
    return launched(document, alive=(OWNER,) if alive else ()).members["bob"]


PENDING = MemberLaunch(
    name="bob",
    launch_state="runtime_pending_bootstrap",
    agent_tool_accepted=True,
    first_spawn_accepted_at=NOW_TEXT,
    last_evaluated_at=NOW_TEXT,
    sources=Sources(config_registered=True),
    diagnostics=("spawn accepted",),
)
STARTING = MemberLaunch(
    name="bob", last_evaluated_at=NOW_TEXT, sources=Sources(config_registered=False)
)
FAILED = attrs.evolve(
    PENDING,
    launch_state="failed_to_start",
    hard_failure=True,
    sources=Sources(config_registered=True, hard_failure_signal=True),
    diagnostics=("deterministic bootstrap failed",),
)
CONFIRMED = attrs.evolve(
    PENDING,
    launch_state="confirmed_alive",
    runtime_alive=True,
    bootstrap_confirmed=True,
    last_heartbeat_at=NOW_TEXT,
    last_runtime_alive_at=NOW_TEXT,
    sources=Sources(config_registered=True, process_alive=True),
    diagnostics=("late heartbeat received",),
)

# what the bootstrap recorded, the member
RECORDED: list[tuple[dict[str, Any], MemberLaunch]] = [
    (
        {"status": "spawn_started"},
        attrs.evolve(PENDING, sources=Sources(config_registered=False)),
    ),
    ({"status": "registered"}, PENDING),
    (
        {"status": "runtime_alive"},
        attrs.evolve(
            PENDING,
            diagnostics=(
                "runtime alive reported by bootstrap state",
                "waiting for strict live verification",
            ),
        ),
    ),
    ({"status": "bootstrap_confirmed"}, CONFIRMED),
    ({"status": "failed"}, FAILED),
    (
        {"status": "failed", "failureReason": " exit 1\n"},
        attrs.evolve(FAILED, hard_failure_reason="exit 1", diagnostics=("exit 1",)),
    ),
    ({"status": "failed", "failureReason": " "}, FAILED),
    ({"status": "pending"}, STARTING),
    ({"status": "running"}, STARTING),
    ({"status": None}, STARTING),
    ({}, STARTING),
    ({"failureReason": "exit 1"}, attrs.evolve(STARTING, hard_failure_reason="exit 1")),
    (
        {"status": "bootstrap_confirmed", "failureReason": "exit 1"},
        attrs.evolve(CONFIRMED, hard_failure_reason="exit 1"),
    ),
]


@pytest.mark.parametrize(("record", "member"), RECORDED, ids=lambda one: str(one)[:50])
def test_a_status_means_what_the_page_says(record: dict[str, Any], member: MemberLaunch) -> None:
    assert member == recorded(record)


# -- A dead owner ----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "status", ["spawn_started", "registered", "runtime_alive", "pending", None]
)
@pytest.mark.parametrize("reason", [None, "exit 1"])
def test_a_dead_owner_fails_everybody_who_is_not_settled(
    status: str | None, reason: str | None
) -> None:
    before = recorded({"status": status, "failureReason": reason})
    assert before.sources is not None

    assert attrs.evolve(
        before,
        launch_state="failed_to_start",
        hard_failure=True,
        hard_failure_reason=GONE,
        sources=attrs.evolve(before.sources, hard_failure_signal=True),
        diagnostics=(GONE,),
    ) == recorded({"status": status, "failureReason": reason}, alive=False)


@pytest.mark.parametrize("status", ["bootstrap_confirmed", "failed"])
@pytest.mark.parametrize("reason", [None, "exit 1"])
def test_a_dead_owner_changes_nothing_of_who_is(status: str, reason: str | None) -> None:
    record = {"status": status, "failureReason": reason}

    assert recorded(record) == recorded(record, alive=False)


# -- The end of the launch -------------------------------------------------------------------------


def ended(member: dict[str, Any], phase: str = "finished") -> MemberLaunch:
    """The expected member `bob` of a launcher's document."""
    return saved_member(member, launchPhase=phase)


@pytest.mark.parametrize("phase", ["finished", "reconciled"])
def test_who_was_not_spawned_when_the_launch_ended_never_will_be(phase: str) -> None:
    member = ended({}, phase)

    assert ("failed_to_start", True, NEVER) == (
        member.launch_state,
        member.hard_failure,
        member.hard_failure_reason,
    )
    assert (f"hard failure reason: {NEVER}",) == member.diagnostics
    assert member.sources is None


def test_who_was_not_spawned_has_time_while_the_launch_goes_on() -> None:
    assert "starting" == ended({}, "active").launch_state


def test_a_reason_from_before_is_kept() -> None:
    member = recorded({"failureReason": "exit 1"}, phase="failed")

    assert ("failed_to_start", "exit 1") == (member.launch_state, member.hard_failure_reason)
    assert ("hard failure reason: exit 1",) == member.diagnostics
    assert Sources(config_registered=False) == member.sources


# a member of a finished launch to which something happened, or that can be picked up again
SPARED = [
    {"agentToolAccepted": True},
    {"runtimeAlive": True, "livenessKind": "runtime_process"},
    {"bootstrapConfirmed": True},
    {"launchState": "starting", "agentToolAccepted": True},
    {"launchState": "runtime_pending_bootstrap"},
    {"launchState": "runtime_pending_permission"},
    {"launchState": "confirmed_alive"},
    {"launchState": "skipped_for_launch"},
    {"laneKind": "secondary", "laneOwnerProviderId": "opencode", "laneId": "lane-1"},
]


@pytest.mark.parametrize("record", SPARED)
def test_to_whom_something_happened_was_spawned(record: dict[str, Any]) -> None:
    assert "failed_to_start" != ended(record).launch_state


# a member of a finished launch to which nothing happened
TAKEN = [
    {"launchState": "starting"},
    {"runtimeAlive": True},  # hearsay
    {"runtimePid": 4242, "livenessKind": "runtime_process"},
    {"laneKind": "secondary", "laneOwnerProviderId": "opencode"},
    {"laneKind": "secondary", "laneOwnerProviderId": "opencode", "laneId": " "},
    {"laneKind": "secondary", "laneOwnerProviderId": "codex", "laneId": "lane-1"},
    {"laneKind": "primary", "laneOwnerProviderId": "opencode", "laneId": "lane-1"},
]


@pytest.mark.parametrize("record", TAKEN)
def test_to_whom_nothing_happened_was_not(record: dict[str, Any]) -> None:
    assert ("failed_to_start", NEVER) == (
        ended(record).launch_state,
        ended(record).hard_failure_reason,
    )


def test_only_who_is_expected_is_missed() -> None:
    assert "starting" == saved_member({}, expectedMembers=[]).launch_state


def test_who_is_skipped_and_was_never_spawned_is_both() -> None:
    member = ended({"launchState": "starting", "skippedForLaunch": True, "skipReason": "later"})

    assert ("skipped_for_launch", True, True) == (
        member.launch_state,
        member.hard_failure,
        member.skipped_for_launch,
    )
    assert (f"hard failure reason: {NEVER}", "skipped for this launch: later") == member.diagnostics


# -- What people are told --------------------------------------------------------------------------

OF_NOBODY = MemberLaunch(name="bob")
ALIVE = attrs.evolve(OF_NOBODY, runtime_alive=True)

# a member, the lines about it
LINES: list[tuple[MemberLaunch, list[str]]] = [
    (OF_NOBODY, []),
    (attrs.evolve(OF_NOBODY, agent_tool_accepted=True), ["spawn accepted"]),
    (attrs.evolve(OF_NOBODY, bootstrap_confirmed=True), ["late heartbeat received"]),
    (attrs.evolve(OF_NOBODY, hard_failure=True), []),
    (attrs.evolve(OF_NOBODY, bootstrap_stalled=True), ["opencode_bootstrap_stalled"]),
    (ALIVE, ["runtime alive", "waiting for teammate check-in"]),
    (
        attrs.evolve(ALIVE, hard_failure=True),
        ["runtime alive", "bootstrap failed while runtime process was still alive"],
    ),
    (
        attrs.evolve(ALIVE, hard_failure=True, bootstrap_stalled=True),
        ["runtime alive", "opencode_bootstrap_stalled"],
    ),
    (
        attrs.evolve(
            ALIVE, bootstrap_stalled=True, pending_permission_request_ids=("p",), hard_failure=True
        ),
        ["runtime alive", "waiting for permission approval"],
    ),
    (
        attrs.evolve(ALIVE, bootstrap_confirmed=True, hard_failure=True),
        ["runtime alive", "late heartbeat received"],
    ),
    (
        attrs.evolve(OF_NOBODY, hard_failure_reason='{"routing", "summary": "exit 1"'),
        ["hard failure reason: exit 1"],
    ),
    (
        attrs.evolve(ALIVE, hard_failure_reason="exit 1"),
        ["runtime alive", "waiting for teammate check-in", "hard failure reason: exit 1"],
    ),
    (
        attrs.evolve(
            OF_NOBODY,
            bootstrap_confirmed=True,
            pending_permission_request_ids=("p",),
            hard_failure_reason="exit 1",
            skipped_for_launch=True,
            skip_reason="later",
            sources=Sources(duplicate_respawn_blocked=True),
        ),
        [
            "late heartbeat received",
            "waiting for permission approval",
            "hard failure reason: exit 1",
            "skipped for this launch: later",
            "respawn blocked as duplicate",
        ],
    ),
    (attrs.evolve(OF_NOBODY, skipped_for_launch=True), ["skipped for this launch"]),
    (
        attrs.evolve(OF_NOBODY, skipped_for_launch=True, skip_reason="later"),
        ["skipped for this launch: later"],
    ),
    (attrs.evolve(OF_NOBODY, skip_reason="later"), []),
    (
        attrs.evolve(OF_NOBODY, sources=Sources(config_drift=True, duplicate_respawn_blocked=True)),
        ["respawn blocked as duplicate", "config drift detected"],
    ),
    (
        attrs.evolve(
            ALIVE,
            agent_tool_accepted=True,
            hard_failure=True,
            hard_failure_reason="exit 1",
            skipped_for_launch=True,
            sources=Sources(config_drift=True, duplicate_respawn_blocked=False),
        ),
        [
            "spawn accepted",
            "runtime alive",
            "bootstrap failed while runtime process was still alive",
            "hard failure reason: exit 1",
            "skipped for this launch",
            "config drift detected",
        ],
    ),
]


@pytest.mark.parametrize(("member", "lines"), LINES, ids=lambda one: str(one)[:50])
def test_the_lines_about_a_member_come_in_their_order(
    member: MemberLaunch, lines: list[str]
) -> None:
    assert tuple(lines) == diagnose(JUDGE, member)


# -- Events and copies -----------------------------------------------------------------------------


def test_events_lead_where_the_machine_goes_and_refused_ones_did_not_happen() -> None:
    assert "starting" == walk(JUDGE, (), "bob")
    assert "confirmed_alive" == walk(JUDGE, ("accept_spawn", "confirm"), "bob")
    assert "starting" == walk(JUDGE, ("confirm",), "bob")
    assert "confirmed_alive" == walk(JUDGE, ("accept_spawn", "confirm", "lose_owner"), "bob")


@given(snapshot=launch_snapshots(damaged=True), kind=st.sampled_from(values(LivenessKind)))
def test_a_copy_is_what_evolve_makes(snapshot: LaunchSnapshot, kind: Any) -> None:
    for member in snapshot.members.values():
        before = attrs.evolve(member)

        changed = attrs.evolve(member, name="x", liveness_kind=kind)
        assert changed == member.like(name="x", liveness_kind=kind)
        assert before == member


@given(snapshot=launch_snapshots(damaged=True))
def test_a_member_is_a_value_however_it_was_made(snapshot: LaunchSnapshot) -> None:
    for member in snapshot.members.values():
        plain = attrs.evolve(member)

        assert plain == member
        assert (repr(plain), hash(plain)) == (repr(member), hash(member))
        assert member == copy.deepcopy(member) == pickle.loads(pickle.dumps(member))  # noqa: S301 - our own
        with pytest.raises(attrs.exceptions.FrozenInstanceError):
            member.name = "x"  # type: ignore[misc]  # that is the point

"""How a display lists the members of a launch (§10)."""

from __future__ import annotations

from typing import Any

import attrs
import pytest
from hypothesis import given

from launchfsm import has_mixed_metadata, member_spawn_statuses
from launchfsm.records.results import LaunchSnapshot, MemberLaunch, MemberSpawnStatus
from launchfsm.testing.strategies import launch_snapshots
from tests.teams import NOW_TEXT, launched, saved, saved_member


def listed(member: MemberLaunch) -> MemberSpawnStatus:
    snapshot = attrs.evolve(saved({}), members={member.name: member})
    return member_spawn_statuses(snapshot, policy="reference")[member.name]


def parsed(**member: Any) -> MemberSpawnStatus:
    return listed(saved_member(member, launchPhase="active"))


SECONDARY = {"providerId": "opencode", "laneKind": "secondary", "laneOwnerProviderId": "opencode"}
PENDING = {"launchState": "runtime_pending_bootstrap"}
RUNNING = {"runtimeAlive": True, "livenessKind": "runtime_process"}

# a member, its status, what says that it is online
STATUSES: list[tuple[dict[str, Any], str, str | None]] = [
    ({"launchState": "failed_to_start"}, "error", None),
    ({"launchState": "skipped_for_launch"}, "skipped", None),
    ({"skippedForLaunch": True}, "skipped", None),
    ({"launchState": "confirmed_alive"}, "online", "heartbeat"),
    ({"bootstrapConfirmed": True}, "online", "heartbeat"),
    ({"launchState": "confirmed_alive", "hardFailure": True}, "online", "heartbeat"),
    (PENDING, "waiting", None),
    ({**PENDING, **RUNNING}, "online", "process"),
    ({**PENDING, **RUNNING, "livenessKind": "runtime_process_candidate"}, "waiting", None),
    ({**PENDING, **RUNNING, "launchState": "runtime_pending_permission"}, "online", "process"),
    ({**PENDING, **RUNNING, **SECONDARY}, "waiting", None),
    ({**PENDING, **RUNNING, **SECONDARY, "laneKind": "primary"}, "online", "process"),
    ({**PENDING, **RUNNING, **SECONDARY, "providerId": "codex"}, "online", "process"),
    ({**PENDING, **RUNNING, **SECONDARY, "laneOwnerProviderId": "codex"}, "online", "process"),
    ({**PENDING, **RUNNING, **SECONDARY, "hardFailure": True}, "online", "process"),
    ({**PENDING, **RUNNING, **SECONDARY, "bootstrapConfirmed": True}, "online", "process"),
    (
        {**RUNNING, **SECONDARY, "launchState": "runtime_pending_permission"},
        "online",
        "process",
    ),
    ({"agentToolAccepted": True}, "waiting", None),
    ({"launchState": "starting", "agentToolAccepted": True}, "waiting", None),
    ({"launchState": "starting", **RUNNING}, "spawning", None),
    ({}, "spawning", None),
]


@pytest.mark.parametrize(("member", "status", "source"), STATUSES)
def test_a_member_has_a_status_by_its_state(
    member: dict[str, Any], status: str, source: str | None
) -> None:
    found = parsed(**member)

    assert (status, source) == (found.status, found.liveness_source)


def test_a_stalled_member_is_not_online_though_it_runs() -> None:
    member = saved_member({**PENDING, **RUNNING, "launchState": "runtime_pending_permission"})

    assert "online" == listed(member).status
    stalled = listed(attrs.evolve(member, bootstrap_stalled=True))
    assert ("waiting", True) == (stalled.status, stalled.bootstrap_stalled)


def test_an_entry_says_what_its_record_says() -> None:
    assert MemberSpawnStatus(
        status="error",
        launch_state="failed_to_start",
        agent_tool_accepted=True,
        runtime_alive=True,
        bootstrap_confirmed=False,
        hard_failure=True,
        bootstrap_stalled=False,
        liveness_last_checked_at="t1",
        updated_at="t2",
        error="exit 1",
        hard_failure_reason="exit 1",
        liveness_kind="runtime_process",
        last_heartbeat_at="t3",
        first_spawn_accepted_at="t4",
        runtime_diagnostic="slow",
        runtime_diagnostic_severity="warning",
        skipped_for_launch=False,
        skipped_at="t5",
        skip_reason="later",
        bootstrap_mode="model_tool_checkin",
        bootstrap_evidence_source="runtime_bootstrap_checkin",
        pending_permission_request_ids=("p",),
    ) == parsed(
        agentToolAccepted=True,
        **RUNNING,
        hardFailure=True,
        hardFailureReason="exit 1",
        runtimeLastSeenAt="t1",
        lastEvaluatedAt="t2",
        lastHeartbeatAt="t3",
        firstSpawnAcceptedAt="t4",
        runtimeDiagnostic="slow",
        runtimeDiagnosticSeverity="warning",
        skippedAt="t5",
        skipReason="later",
        bootstrapMode="model_tool_checkin",
        bootstrapEvidenceSource="runtime_bootstrap_checkin",
        pendingPermissionRequestIds=["p"],
    )


def test_a_candidate_is_listed() -> None:
    texts = ("teamName", "memberName", "runId", "laneId", "runtimeSessionId", "messageID",
             "contextHash", "briefingHash", "injectionVerifiedAt", "candidateAt")  # fmt: skip
    candidate = {"schemaVersion": 1, "source": "app_managed_bootstrap", **dict.fromkeys(texts, "x")}
    found = parsed(appManagedBootstrapCandidate=candidate).app_managed_bootstrap_candidate

    assert found is not None
    assert "x" == found.message_id


def test_who_was_never_seen_was_last_looked_at_when_it_was_evaluated() -> None:
    found = parsed(lastEvaluatedAt="t2")

    assert ("t2", "t2") == (found.liveness_last_checked_at, found.updated_at)
    assert (NOW_TEXT, NOW_TEXT) == (parsed().liveness_last_checked_at, parsed().updated_at)


def test_a_reason_without_a_failure_is_no_error() -> None:
    state = {"members": [{"name": "bob", "status": "registered", "failureReason": "exit 1"}]}
    found = member_spawn_statuses(launched(state), policy="reference")["bob"]

    assert (None, "exit 1") == (found.error, found.hard_failure_reason)


FLAGS = ("agent_tool_accepted", "runtime_alive", "bootstrap_confirmed", "hard_failure")
EVERYTHING = MemberLaunch(
    name="bob", liveness_kind="runtime_process", **dict.fromkeys(FLAGS, True)  # type: ignore[arg-type]  # the flags
)  # fmt: skip


@pytest.mark.parametrize(
    "skipped", [{"skipped_for_launch": True}, {"launch_state": "skipped_for_launch"}]
)
def test_who_is_skipped_has_no_flags(skipped: dict[str, Any]) -> None:
    found = listed(attrs.evolve(EVERYTHING, **skipped))

    assert [False] * 4 == [getattr(found, flag) for flag in FLAGS]
    assert [True] * 4 == [getattr(listed(EVERYTHING), flag) for flag in FLAGS]


def test_hearsay_is_not_life() -> None:
    assert not listed(
        attrs.evolve(EVERYTHING, liveness_kind=None, bootstrap_confirmed=False)
    ).runtime_alive


@given(snapshot=launch_snapshots(damaged=True))
def test_there_is_one_entry_a_record_and_only_life_can_be_online(snapshot: LaunchSnapshot) -> None:
    for name, entry in member_spawn_statuses(snapshot, policy="reference").items():
        assert snapshot.members[name].launch_state == entry.launch_state
        assert (entry.liveness_source is not None) == (entry.status == "online")


# a document, whether its metadata is mixed
MIXED: list[tuple[dict[str, Any], bool]] = [
    ({}, False),
    ({"expectedMembers": ["bob"]}, False),
    ({"expectedMembers": ["bob"], "bootstrapExpectedMembers": ["bob"]}, False),
    ({"expectedMembers": ["bob"], "bootstrapExpectedMembers": ["user"]}, False),
    ({"expectedMembers": ["bob"], "bootstrapExpectedMembers": ["cara"]}, True),
    ({"members": {"bob": {"laneId": "lane-1"}}}, True),
    ({"members": {"bob": {"laneKind": "primary"}}}, True),
    ({"members": {"bob": {"laneOwnerProviderId": "codex"}}}, True),
    ({"members": {"bob": {"launchIdentity": {"providerId": "codex"}}}}, True),
    ({"members": {"bob": {"launchIdentity": {}, "laneId": " ", "laneKind": "third"}}}, False),
    ({"members": {"bob": {"providerId": "codex", "selectedFastMode": "on"}}}, False),
]


@pytest.mark.parametrize(("document", "mixed"), MIXED)
def test_lanes_identities_and_other_expectations_make_metadata_mixed(
    *, document: dict[str, Any], mixed: bool
) -> None:
    assert mixed == has_mixed_metadata(saved(document))


def test_no_snapshot_has_no_metadata() -> None:
    assert not has_mixed_metadata(None)


def test_the_same_expectations_told_twice_are_not_mixed() -> None:
    snapshot = saved({"expectedMembers": ["bob"]})

    assert not has_mixed_metadata(attrs.evolve(snapshot, bootstrap_expected_members=("bob",)))
    assert has_mixed_metadata(attrs.evolve(snapshot, bootstrap_expected_members=("cara",)))

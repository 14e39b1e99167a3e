"""What a launcher's record says of a member (§10), worked out once for all that are alike."""

from __future__ import annotations

import itertools
from typing import TYPE_CHECKING, Any

import attrs
import pytest
from hypothesis import given

from launchfsm.engine.engine import Engine
from launchfsm.engine.trace import TracingEngine
from launchfsm.evaluation.launch_state import complete_record, snapshot_of_document
from launchfsm.policies import load_policy
from launchfsm.records.results import BootstrapCandidate, LaunchIdentity, MemberLaunch, Sources
from launchfsm.testing.strategies import launch_documents
from launchfsm.vocabulary import LaneKind, LaunchState, LivenessKind, Provider, values
from tests.teams import NOW_TEXT, saved_member

if TYPE_CHECKING:
    from launchfsm.evaluation.members import MemberResult
    from launchfsm.vocabulary import LaunchPhase

# -- What a record means ---------------------------------------------------------------------------

FLAGS = ("agent_tool_accepted", "runtime_alive", "bootstrap_confirmed", "hard_failure")
ALL_FLAGS = {
    "agentToolAccepted": True,
    "runtimeAlive": True,
    "bootstrapConfirmed": True,
    "hardFailure": True,
}


def of(member: dict[str, Any]) -> MemberLaunch:
    """The member `bob` of a launch that goes on and does not expect him."""
    return saved_member(member, launchPhase="active", expectedMembers=[])


# a record, its flags: accepted, alive, confirmed, failed
FLAGGED: list[tuple[dict[str, Any], tuple[bool, bool, bool, bool]]] = [
    ({}, (False, False, False, False)),
    ({"agentToolAccepted": True}, (True, False, False, False)),
    ({"agentToolAccepted": 1}, (False, False, False, False)),
    ({"runtimeAlive": True}, (False, False, False, False)),
    ({"runtimeAlive": True, "livenessKind": "runtime_process"}, (False, True, False, False)),
    ({"runtimeAlive": True, "livenessKind": "confirmed_bootstrap"}, (False, True, False, False)),
    ({"runtimeAlive": True, "livenessKind": "shell_only"}, (False, False, False, False)),
    ({"runtimeAlive": "x", "livenessKind": "runtime_process"}, (False, False, False, False)),
    ({"runtimeAlive": True, "bootstrapConfirmed": True}, (False, True, True, False)),
    ({"runtimeAlive": True, "launchState": "confirmed_alive"}, (False, True, True, False)),
    ({"launchState": "confirmed_alive", "bootstrapConfirmed": False}, (False, False, True, False)),
    ({"launchState": "failed_to_start"}, (False, False, False, True)),
    ({"hardFailure": True, "launchState": "confirmed_alive"}, (False, False, True, True)),
    (ALL_FLAGS, (True, True, True, True)),
    ({**ALL_FLAGS, "skippedForLaunch": True}, (False, False, False, False)),
    ({**ALL_FLAGS, "launchState": "skipped_for_launch"}, (False, False, False, False)),
    ({**ALL_FLAGS, "skippedForLaunch": 1}, (True, True, True, True)),
]


@pytest.mark.parametrize(("record", "flags"), FLAGGED)
def test_a_flag_is_true_or_follows_from_the_state(
    record: dict[str, Any], flags: tuple[bool, ...]
) -> None:
    member = of(record)

    assert flags == tuple(getattr(member, flag) for flag in FLAGS)
    skipped = record.get("skippedForLaunch") is True or "skipped" in record.get("launchState", "")
    assert skipped is member.skipped_for_launch


# a record without a state, or with none of ours, the state that its flags add up to
DERIVED: list[tuple[dict[str, Any], str]] = [
    ({}, "starting"),
    ({"agentToolAccepted": True}, "runtime_pending_bootstrap"),
    ({"runtimeAlive": True}, "starting"),
    ({"runtimeAlive": True, "livenessKind": "runtime_process"}, "runtime_pending_bootstrap"),
    ({"pendingPermissionRequestIds": ["p"]}, "runtime_pending_permission"),
    ({"pendingPermissionRequestIds": [" ", 1]}, "starting"),
    ({"pendingPermissionRequestIds": ["p"], "bootstrapConfirmed": True}, "confirmed_alive"),
    ({"bootstrapConfirmed": True, "hardFailure": True}, "failed_to_start"),
    ({"hardFailure": True, "skippedForLaunch": True}, "skipped_for_launch"),
]


@pytest.mark.parametrize(("record", "state"), DERIVED)
@pytest.mark.parametrize("given_state", [None, "Starting", 5])
def test_a_state_that_is_not_told_is_derived(
    record: dict[str, Any], state: str, given_state: Any
) -> None:
    assert state == of({**record, "launchState": given_state}).launch_state


@pytest.mark.parametrize("state", values(LaunchState))
def test_a_state_that_is_told_is_kept(state: str) -> None:
    assert state == of({**ALL_FLAGS, "launchState": state}).launch_state


@pytest.mark.parametrize(
    ("record", "reason"),
    [
        ({"hardFailureReason": "exit 1"}, None),
        ({"hardFailure": True, "hardFailureReason": " exit 1 "}, "exit 1"),
        ({"launchState": "failed_to_start", "hardFailureReason": "exit 1"}, "exit 1"),
        ({"hardFailure": True, "hardFailureReason": " "}, None),
        ({"hardFailure": True, "skippedForLaunch": True, "hardFailureReason": "exit 1"}, None),
        ({"hardFailure": True, "hardFailureReason": '"routing" "summary": "short"'}, "short"),
    ],
)
def test_there_is_a_reason_only_of_a_failure(record: dict[str, Any], reason: str | None) -> None:
    assert reason == of(record).hard_failure_reason


# sources, what is left of them
NONE = Sources(
    inbox_heartbeat=False,
    native_heartbeat=False,
    config_registered=False,
    config_drift=False,
    hard_failure_signal=False,
    duplicate_respawn_blocked=False,
)
SOURCES: list[tuple[Any, Sources | None]] = [
    (None, None),
    ("x", None),
    ({}, None),
    ([], None),
    ({"configDrift": False}, None),
    ({"configDrift": "true"}, None),
    ({"processAlive": True}, None),
    ({"configDrift": True}, attrs.evolve(NONE, config_drift=True)),
    ({"configDrift": True, "processAlive": True}, attrs.evolve(NONE, config_drift=True)),
]
LIFE = {"runtimeAlive": True, "livenessKind": "runtime_process"}


@pytest.mark.parametrize(("sources", "left"), SOURCES)
def test_sources_are_seven_flags_or_absent(sources: Any, left: Sources | None) -> None:
    assert left == of({"sources": sources}).sources


def test_the_source_of_life_is_kept_with_the_life() -> None:
    assert (
        attrs.evolve(NONE, process_alive=True)
        == of({**LIFE, "sources": {"processAlive": True}}).sources
    )
    assert (
        attrs.evolve(NONE, process_alive=False, config_drift=True)
        == of({**LIFE, "sources": {"configDrift": True}}).sources
    )


IDENTITY = LaunchIdentity(
    provider_id="gemini",
    provider_backend_id=None,
    selected_model=None,
    selected_model_kind="default",
    resolved_launch_model=None,
    catalog_id=None,
    catalog_source="unavailable",
    catalog_fetched_at=None,
    selected_effort=None,
    resolved_effort=None,
    selected_fast_mode=None,
    resolved_fast_mode=None,
    fast_resolution_reason=None,
)
GEMINI = {"providerId": "gemini"}

# a member's provider, its identity, what it is
IDENTITIES: list[tuple[dict[str, Any], Any, LaunchIdentity | None]] = [
    ({}, {}, None),
    (GEMINI, None, None),
    (GEMINI, "x", None),
    (GEMINI, {}, IDENTITY),
    (GEMINI, [], IDENTITY),
    (GEMINI, {"providerId": "mistral"}, IDENTITY),
    ({}, GEMINI, IDENTITY),
    ({"providerId": "codex"}, GEMINI, IDENTITY),
    (
        GEMINI,
        {"providerId": "codex"},
        attrs.evolve(IDENTITY, provider_id="codex", provider_backend_id="codex-native"),
    ),
    (GEMINI, {"providerBackendId": "api"}, attrs.evolve(IDENTITY, provider_backend_id="api")),
    (GEMINI, {"selectedModelKind": "explicit"},
     attrs.evolve(IDENTITY, selected_model_kind="explicit")),
    (GEMINI, {"catalogSource": "runtime"}, attrs.evolve(IDENTITY, catalog_source="runtime")),
    (GEMINI, {"catalogSource": "rumour"}, IDENTITY),
    (GEMINI, {"billingMode": "free"}, attrs.evolve(IDENTITY, billing_mode="free")),
    (GEMINI, {"resolvedFastMode": False}, attrs.evolve(IDENTITY, resolved_fast_mode=False)),
    (GEMINI, {"selectedModel": " m ", "selectedEffort": "high", "resolvedEffort": "low"},
     attrs.evolve(IDENTITY, selected_model="m", selected_effort="high", resolved_effort="low")),
    (GEMINI, {"resolvedLaunchModel": "m", "catalogId": "c", "catalogFetchedAt": "t"},
     attrs.evolve(IDENTITY, resolved_launch_model="m", catalog_id="c", catalog_fetched_at="t")),
    (GEMINI, {"selectedFastMode": "on", "fastResolutionReason": "r"},
     attrs.evolve(IDENTITY, selected_fast_mode="on", fast_resolution_reason="r")),
]  # fmt: skip


@pytest.mark.parametrize(("member", "identity", "expected"), IDENTITIES)
def test_an_identity_needs_a_provider(
    member: dict[str, Any], identity: Any, expected: LaunchIdentity | None
) -> None:
    assert expected == of({**member, "launchIdentity": identity}).launch_identity


CANDIDATE = {
    "schemaVersion": 1,
    "source": "app_managed_bootstrap",
    "teamName": " demo ",
    "memberName": "bob",
    "runId": "r",
    "laneId": "l",
    "runtimeSessionId": "s",
    "messageID": "m",
    "contextHash": "c",
    "briefingHash": "b",
    "injectionVerifiedAt": "t1",
    "candidateAt": "t2",
}


def candidate(**changes: Any) -> BootstrapCandidate | None:
    return of({"appManagedBootstrapCandidate": CANDIDATE | changes}).app_managed_bootstrap_candidate


def test_a_candidate_says_everything() -> None:
    whole = BootstrapCandidate(
        1, "app_managed_bootstrap", "demo", "bob", "r", "l", "s", "m", "c", "b", "t1", "t2"
    )

    assert whole == candidate(schemaVersion=1.0, model=" ", agent=5, someFutureKey=1)
    assert attrs.evolve(whole, model="m", agent="a") == candidate(model=" m ", agent="a")


@pytest.mark.parametrize("key", CANDIDATE)
@pytest.mark.parametrize("value", [None, " ", 2, True, []])
def test_or_it_is_none(key: str, value: Any) -> None:
    assert candidate(**{key: value}) is None


@pytest.mark.parametrize("value", [None, [], [CANDIDATE], "x", {}])
def test_a_candidate_is_an_object(value: Any) -> None:
    assert of({"appManagedBootstrapCandidate": value}).app_managed_bootstrap_candidate is None


STALLED = {
    "bootstrapStalled": True,
    "providerId": "opencode",
    "laneKind": "secondary",
    "laneOwnerProviderId": "opencode",
    "launchState": "runtime_pending_bootstrap",
    "runtimeSessionId": "s",
}

# a change to a stalled member, whether it still is
STALLS: list[tuple[dict[str, Any], bool | None]] = [
    ({}, True),
    ({"bootstrapStalled": False}, None),
    ({"bootstrapStalled": "true"}, None),
    ({"providerId": "codex"}, None),
    ({"laneKind": "primary"}, None),
    ({"laneOwnerProviderId": None}, None),
    ({"launchState": "runtime_pending_permission"}, None),
    ({"launchState": None, "agentToolAccepted": True}, True),
    ({"bootstrapConfirmed": True}, None),
    ({"hardFailure": True}, None),
    ({"runtimeSessionId": " "}, None),
    ({"runtimeSessionId": None, "runtimePid": 4242}, True),
    ({"runtimeSessionId": None, "runtimePid": 0.5}, None),
    ({"runtimeSessionId": None, "livenessKind": "runtime_process"}, True),
    ({"runtimeSessionId": None, "livenessKind": "runtime_process_candidate"}, True),
    ({"runtimeSessionId": None, "livenessKind": "registered_only"}, True),
    ({"runtimeSessionId": None, "livenessKind": "shell_only"}, None),
]


@pytest.mark.parametrize(("change", "stalled"), STALLS)
def test_a_report_of_a_stall_is_believed_of_what_can_stall(
    *, change: dict[str, Any], stalled: bool | None
) -> None:
    member = of(STALLED | change)

    assert stalled is member.bootstrap_stalled
    assert (stalled is True) == ("opencode_bootstrap_stalled" in (member.diagnostics or ()))


def test_lines_that_are_told_are_kept_as_they_are() -> None:
    assert (" d1 ", "d1") == of({"diagnostics": [" d1 ", "", 1, "d1"]}).diagnostics


@pytest.mark.parametrize("value", [None, [], [" ", 1], "d1", {}])
def test_without_any_they_are_derived(value: Any) -> None:
    assert ("spawn accepted",) == of({"agentToolAccepted": True, "diagnostics": value}).diagnostics


# -- Remembering ---------------------------------------------------------------------------------

JUDGES = [Engine(load_policy(name)) for name in ("reference", "default")]

ALIKE: dict[str, Any] = {
    "agentToolAccepted": True,
    "providerId": "opencode",
    "laneKind": "secondary",
    "laneOwnerProviderId": "opencode",
    "bootstrapStalled": True,
}


def completed(engine: Engine, raw: dict[str, Any], name: str = "bob") -> MemberResult:
    return complete_record(engine, name, raw, "finished", NOW_TEXT, expected=True)


@pytest.mark.parametrize("engine", JUDGES, ids=lambda engine: engine.policy.name)
@given(document=launch_documents(damaged=True))
def test_a_judge_that_remembers_says_what_one_says_that_does_not(
    engine: Engine, document: dict[str, Any]
) -> None:
    forgetful = TracingEngine(engine.policy)

    remembered = snapshot_of_document(engine, "demo", document, now=NOW_TEXT)

    assert snapshot_of_document(forgetful, "demo", document, now=NOW_TEXT) == remembered


def test_who_is_alike_is_judged_once() -> None:
    asked: list[str] = []

    class Counting(Engine):
        def decide(self, decision: Any, facts: Any, subject: str = "", **options: Any) -> Any:
            asked.append(decision.name)
            return super().decide(decision, facts, subject, **options)

    engine = Counting(load_policy("reference"))
    for pid, session, lane in ((1, "a", "lane-1"), (2, "b", "lane-2"), (3, "c", "lane-3")):
        raw = ALIKE | {"runtimePid": pid, "runtimeSessionId": session, "laneId": lane}
        member = completed(engine, raw, f"worker-{pid}").member
        assert (f"worker-{pid}", pid, session, lane) == (
            member.name,
            member.runtime_pid,
            member.runtime_session_id,
            member.lane_id,
        )

    assert 1 == asked.count("stalled")


# Members that differ in one thing, which may make a difference to how they are judged.
BASES: list[dict[str, Any]] = [
    {},
    ALIKE,
    {"hardFailure": True, "hardFailureReason": "exit 1"},
    {"skippedForLaunch": True, "skipReason": "not today"},
    {"agentToolAccepted": True, "runtimeAlive": True, "livenessKind": "runtime_process"},
    {"agentToolAccepted": True, "bootstrapConfirmed": True, "runtimeAlive": True},
    {"laneKind": "secondary", "laneOwnerProviderId": "opencode", "laneId": "lane-1"},
    {"agentToolAccepted": True, "launchState": "runtime_pending_permission"},
]
FLAG = (None, True, False)
CHANGES: dict[str, tuple[Any, ...]] = {
    "launchState": (None, *values(LaunchState)),
    **dict.fromkeys(
        ("skippedForLaunch", "agentToolAccepted", "runtimeAlive", "bootstrapConfirmed"), FLAG
    ),
    **dict.fromkeys(("hardFailure", "bootstrapStalled"), FLAG),
    **dict.fromkeys(("hardFailureReason", "skipReason"), (None, "exit 1", "exit 2")),
    "livenessKind": (None, *values(LivenessKind)),
    **dict.fromkeys(("providerId", "laneOwnerProviderId"), (None, *values(Provider))),
    "laneKind": (None, *values(LaneKind)),
    "runtimePid": (None, 1, 2),
    **dict.fromkeys(("runtimeSessionId", "laneId"), (None, "a", "b")),
    **dict.fromkeys(("pendingPermissionRequestIds", "diagnostics"), (None, ["a"], ["b"])),
    "sources": (None, {}, {"configDrift": True}, {"duplicateRespawnBlocked": True}),
}


@pytest.mark.parametrize("policy", ["reference", "default"])
@pytest.mark.parametrize("key", CHANGES)
def test_whoever_differs_is_judged_as_if_nobody_had_been_judged_before(
    key: str, policy: str
) -> None:
    remembering, forgetful = Engine(load_policy(policy)), TracingEngine(load_policy(policy))
    phases: tuple[LaunchPhase, ...] = ("active", "finished")
    for base, phase, expected in itertools.product(BASES, phases, (True, False)):
        for value in CHANGES[key]:
            found = [
                complete_record(
                    engine, "bob", base | {key: value}, phase, NOW_TEXT, expected=expected
                )
                for engine in (remembering, forgetful)
            ]
            assert found[0].member == found[1].member
            assert found[0].counts == found[1].counts

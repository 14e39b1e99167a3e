"""The wire form: camelCase, nothing absent, and back again."""

from __future__ import annotations

import json
import pickle
from datetime import timedelta
from typing import TYPE_CHECKING, Any

import attrs
import pytest
from hypothesis import assume, given

from launchfsm import (
    LaunchEvaluator,
    member_spawn_statuses,
    parse_launch_snapshot,
    to_wire,
)
from launchfsm.decisions.catalogue import CATALOGUE
from launchfsm.records.results import (
    BootstrapCandidate,
    LaunchIdentity,
    LaunchSnapshot,
    LaunchSummary,
    MemberLaunch,
    MemberSpawnStatus,
    Progress,
    RuntimeState,
    Sources,
)
from launchfsm.records.wire import WireError, from_wire, keys_of
from launchfsm.testing.strategies import (
    NOW,
    launch_snapshots,
    odd_values,
    runtime_states,
    saved_snapshots,
)
from tests.teams import NOW_TEXT, saved, saved_member, through_json

if TYPE_CHECKING:
    from pathlib import Path

MEMBER = MemberLaunch(
    name="bob",
    launch_identity=LaunchIdentity(
        provider_id="codex",
        provider_backend_id=None,
        selected_model="m",
        selected_model_kind="explicit",
        resolved_launch_model=None,
        catalog_id=None,
        catalog_source="runtime",
        catalog_fetched_at=None,
        selected_effort=None,
        resolved_effort="high",
        selected_fast_mode=None,
        resolved_fast_mode=False,
        fast_resolution_reason=None,
    ),
    sources=Sources(config_registered=False),
    diagnostics=(),
)
SNAPSHOT = LaunchSnapshot(
    team_name="demo",
    updated_at=NOW_TEXT,
    launch_phase="finished",
    expected_members=("bob",),
    members={"bob": MEMBER},
    summary=LaunchSummary(pending_count=1),
    team_launch_state="partial_pending",
)
RUNTIME = RuntimeState(
    team_name="demo",
    run_id=None,
    progress=Progress(
        run_id="demo",
        team_name="demo",
        state="assembling",
        message="Creating team config",
        started_at=NOW_TEXT,
        updated_at=NOW_TEXT,
        pid=4242.5,
    ),
)


def test_absent_values_are_left_out_and_unknown_ones_of_an_identity_are_null() -> None:
    assert {
        "version": 2,
        "teamName": "demo",
        "updatedAt": NOW_TEXT,
        "launchPhase": "finished",
        "expectedMembers": ["bob"],
        "members": {
            "bob": {
                "name": "bob",
                "launchIdentity": {
                    "providerId": "codex",
                    "providerBackendId": None,
                    "selectedModel": "m",
                    "selectedModelKind": "explicit",
                    "resolvedLaunchModel": None,
                    "catalogId": None,
                    "catalogSource": "runtime",
                    "catalogFetchedAt": None,
                    "selectedEffort": None,
                    "resolvedEffort": "high",
                    "selectedFastMode": None,
                    "resolvedFastMode": False,
                    "fastResolutionReason": None,
                },
                "launchState": "starting",
                "agentToolAccepted": False,
                "runtimeAlive": False,
                "bootstrapConfirmed": False,
                "hardFailure": False,
                "sources": {"configRegistered": False},
                "diagnostics": [],
            }
        },
        "summary": {
            "confirmedCount": 0,
            "pendingCount": 1,
            "failedCount": 0,
            "skippedCount": 0,
            "runtimeAlivePendingCount": 0,
            "shellOnlyPendingCount": 0,
            "runtimeProcessPendingCount": 0,
            "runtimeCandidatePendingCount": 0,
            "noRuntimePendingCount": 0,
            "permissionPendingCount": 0,
        },
        "teamLaunchState": "partial_pending",
    } == to_wire(SNAPSHOT)


def test_a_run_that_is_not_known_is_null() -> None:
    wire = to_wire(RUNTIME)

    assert {"teamName": "demo", "isAlive": False, "runId": None} == {
        key: wire[key] for key in wire if key != "progress"
    }
    assert {
        "runId": "demo",
        "teamName": "demo",
        "state": "assembling",
        "message": "Creating team config",
        "startedAt": NOW_TEXT,
        "updatedAt": NOW_TEXT,
        "pid": 4242.5,
    } == wire["progress"]


# a result, its wire form
PLAIN = [
    (None, None),
    ("submitted", "submitted"),
    (("a", "b"), ["a", "b"]),
    ([SNAPSHOT.summary], [to_wire(SNAPSHOT.summary)]),
    ({"demo": None}, {"demo": None}),
]


@pytest.mark.parametrize(("result", "wire"), PLAIN)
def test_collections_of_results_are_results(result: Any, wire: Any) -> None:
    assert wire == to_wire(result)


def test_keys_are_camel_case_but_for_the_one_that_is_not() -> None:
    assert "providerBackendId" == keys_of(MemberLaunch)["provider_backend_id"]
    assert "messageID" == keys_of(BootstrapCandidate)["message_id"]


def test_a_candidate_spells_its_message_id_as_its_writers_do() -> None:
    candidate = BootstrapCandidate(1, "app_managed_bootstrap", *"abcdefghij")

    assert candidate == from_wire(BootstrapCandidate, through_json(candidate))
    assert "f" == to_wire(candidate)["messageID"]


@pytest.mark.parametrize("result", [SNAPSHOT, RUNTIME, MEMBER], ids=lambda one: type(one).__name__)
def test_a_result_survives_the_wire(result: Any) -> None:
    assert result == from_wire(type(result), through_json(result))


@given(snapshot=launch_snapshots(damaged=True))
def test_every_snapshot_survives_the_wire(snapshot: LaunchSnapshot) -> None:
    assert snapshot == from_wire(LaunchSnapshot, through_json(snapshot))


@given(runtime=runtime_states(damaged=True))
def test_every_runtime_state_survives_the_wire(runtime: RuntimeState) -> None:
    assert runtime == from_wire(RuntimeState, through_json(runtime))


@given(snapshot=launch_snapshots(damaged=True))
def test_every_roster_survives_the_wire(snapshot: LaunchSnapshot) -> None:
    roster = member_spawn_statuses(snapshot, policy="reference")

    assert roster == {
        name: from_wire(MemberSpawnStatus, entry) for name, entry in through_json(roster).items()
    }


def says_null(value: Any) -> bool:
    if isinstance(value, dict):
        return any(says_null(item) for item in value.values())
    return any(says_null(item) for item in value) if isinstance(value, list) else value is None


@given(snapshot=launch_snapshots(damaged=True))
def test_nothing_but_an_identity_says_null(snapshot: LaunchSnapshot) -> None:
    wire = to_wire(snapshot)
    for member in wire["members"].values():
        member.pop("launchIdentity", None)

    assert not says_null(wire)
    assert not says_null(to_wire(member_spawn_statuses(snapshot, policy="reference")))


# a change to the wire form, what the error says of it
REFUSED = [
    ({"version": 1}, r"expected one of 2, got 1 @ \$\.version"),
    ({"version": True}, r"got True @ \$\.version"),
    ({"version": 2.0}, r"got 2\.0 @ \$\.version"),
    ({"teamName": 5}, r"expected str, got 5 @ \$\.teamName"),
    ({"launchPhase": "over"}, r"got 'over' @ \$\.launchPhase"),
    ({"expectedMembers": [1]}, r"expected str, got 1 @ \$\.expectedMembers\[0\]"),
    ({"summary": {}}, None),
    ({"summary": {"pendingCount": True}}, r"expected int, got True @ \$\.summary\.pendingCount"),
    ({"someFutureKey": 1}, r"someFutureKey"),
    ({"members": {"bob": {}}}, r"name"),
    ({"members": {"bob": {"name": "bob", "hardFailure": 0}}}, r"expected bool, got 0"),
    ({"teamLaunchState": []}, r"got \[\]"),
    ({"members": []}, r"\$\.members"),
    (
        {"members": {"worker_1": {"name": 1}}},
        r"expected str, got 1 @ \$\.members\['worker_1'\]\.name",
    ),
]


@pytest.mark.parametrize(("change", "fault"), REFUSED)
def test_what_we_never_write_is_refused_with_its_place(
    change: dict[str, Any], fault: str | None
) -> None:
    document = {**to_wire(SNAPSHOT), **change}
    if fault is None:
        assert LaunchSummary() == from_wire(LaunchSnapshot, document).summary
        return

    with pytest.raises(WireError, match=fault) as caught:
        from_wire(LaunchSnapshot, document)
    assert str(caught.value).startswith("no LaunchSnapshot: ")


def test_all_faults_are_told_at_once() -> None:
    with pytest.raises(WireError, match=r"(?s)teamName.*updatedAt"):
        from_wire(LaunchSnapshot, {**to_wire(SNAPSHOT), "teamName": 1, "updatedAt": 2})


@given(document=odd_values())
def test_whatever_is_no_result_is_refused(document: Any) -> None:
    with pytest.raises(WireError):
        from_wire(LaunchSnapshot, document)


# -- What the parser emits, read again -------------------------------------------------------------


def reread(snapshot: LaunchSnapshot) -> LaunchSnapshot:
    """The snapshot as the parser reads it from its own wire form, a day later."""
    found = parse_launch_snapshot(
        "demo", through_json(snapshot), now=NOW + timedelta(days=1), policy="reference"
    )
    assert found is not None
    return found


def tells_itself(member: MemberLaunch) -> bool:
    """Whether a record says all that was judged of its member: see the counterexamples below."""
    reason = member.hard_failure_reason or ""
    return (
        member.skipped_for_launch is not None
        and not (member.skipped_for_launch and member.hard_failure)
        and member.runtime_pid != 0
        and '"routing"' not in reason
        and "Message sent to" not in reason
        and not has_no_backend(member)
        and not has_no_backend(member.launch_identity)
    )


def has_no_backend(of: MemberLaunch | LaunchIdentity | None) -> bool:
    return of is not None and of.provider_id == "codex" and of.provider_backend_id is None


@given(snapshot=saved_snapshots(damaged=True))
def test_what_the_parser_emits_it_reads_as_the_same(snapshot: LaunchSnapshot) -> None:
    assume(all(tells_itself(member) for member in snapshot.members.values()))

    assert snapshot == reread(snapshot)


def test_a_pid_below_one_is_cut_to_nought_which_is_no_pid() -> None:
    snapshot = saved({"members": {"bob": {"runtimePid": 0.5}}})

    assert (0, None) == (
        snapshot.members["bob"].runtime_pid,
        reread(snapshot).members["bob"].runtime_pid,
    )


def test_codex_on_an_unknown_backend_has_none_and_then_its_only_one() -> None:
    """Of a text that is no backend of its nothing is kept, and nothing is read as its only one."""
    snapshot = saved({"members": {"bob": {"providerId": "codex", "providerBackendId": "cli-sdk"}}})

    assert (None, "codex-native") == (
        snapshot.members["bob"].provider_backend_id,
        reread(snapshot).members["bob"].provider_backend_id,
    )


def test_a_skipped_member_that_was_never_spawned_forgets_that_it_failed() -> None:
    member = {"launchState": "starting", "skippedForLaunch": True}
    snapshot = saved({"expectedMembers": ["bob"], "members": {"bob": member}})
    before, after = (one.members["bob"] for one in (snapshot, reread(snapshot)))

    assert ("skipped_for_launch", "skipped_for_launch") == (before.launch_state, after.launch_state)
    assert (True, False) == (before.hard_failure, after.hard_failure)
    assert "Teammate was never spawned during launch." == before.hard_failure_reason
    assert after.hard_failure_reason is None


def test_a_routed_reason_inside_a_routed_reason_is_taken_out_of_it() -> None:
    inner = json.dumps({"success": True, "routing": {"summary": "exit 1"}})
    outer = json.dumps({"success": True, "routing": {"summary": inner}})
    member = {"hardFailure": True, "hardFailureReason": outer}
    snapshot = saved({"members": {"bob": member}})

    assert inner == snapshot.members["bob"].hard_failure_reason
    assert "exit 1" == reread(snapshot).members["bob"].hard_failure_reason


def test_a_legacy_marker_says_more_as_version_2_than_it_did() -> None:
    names = {"expectedMembers": ["bob"], "missingMembers": ["bob"]}
    snapshot = saved({"state": "partial_launch_failure", "updatedAt": " ", **names})
    again = reread(snapshot)

    assert (None, False) == tuple(
        one.members["bob"].skipped_for_launch for one in (snapshot, again)
    )
    assert (" ", "2023-11-15T22:23:20.000Z") == (snapshot.updated_at, again.updated_at)


def test_the_bootstraps_snapshot_is_not_the_launchers() -> None:
    """Only what §10 keeps comes back: flags of sources that are all false do not, for one."""
    member = saved_member({"sources": {"configRegistered": False}})

    assert member.sources is None
    assert attrs.evolve(member, sources=Sources(config_registered=False)) != member


def test_what_a_record_carries_beside_its_wire_form_is_neither_compared_nor_written() -> None:
    plain = MemberLaunch(name="a")
    member = attrs.evolve(plain, bootstrap_run_id="r", agent_id="a@demo", cwd="/x")

    assert plain == member
    assert to_wire(plain) == to_wire(member)
    with pytest.raises(WireError):
        from_wire(MemberLaunch, {**to_wire(plain), "agentId": "a@demo"})


def test_a_member_of_fields_is_as_one_that_was_called_for() -> None:
    fields = {"name": "a", "launch_state": "confirmed_alive", "cwd": "/x", "runtime_pid": 7}
    member = MemberLaunch.of(fields)

    assert MemberLaunch(**fields) == member  # type: ignore[arg-type]  # of the types asked for
    assert attrs.asdict(MemberLaunch(**fields)) == attrs.asdict(member)  # type: ignore[arg-type]
    with pytest.raises(attrs.exceptions.FrozenInstanceError):
        member.name = "b"  # type: ignore[misc]  # what is tried


@pytest.mark.parametrize(
    "found", [b"x", {1, 2}, object(), CATALOGUE, {1: "one"}, [b"x"], {"a": b"x"}]
)
def test_what_has_no_wire_form_is_refused(found: object) -> None:
    with pytest.raises(TypeError, match="wire form"):
        to_wire(found)


def test_an_evaluation_says_what_to_call_instead(tmp_path: Path) -> None:
    evaluation = LaunchEvaluator(tmp_path).evaluate("demo")

    with pytest.raises(TypeError, match=r"Evaluation has no wire form; its to_dict\(\) gives JSON"):
        to_wire([evaluation])
    assert to_wire(["a", {"b": (1, 2.5, None, True)}]) == ["a", {"b": [1, 2.5, None, True]}]


@given(launch_snapshots())
def test_a_snapshot_comes_through_a_pickle(snapshot: LaunchSnapshot) -> None:
    again = pickle.loads(pickle.dumps(snapshot))  # noqa: S301 - our own

    assert snapshot == again
    assert [attrs.asdict(one) for one in snapshot.members.values()] == [
        attrs.asdict(one) for one in again.members.values()
    ]

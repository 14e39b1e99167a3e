"""What a launcher's own record of a launch says (§10)."""

from __future__ import annotations

from typing import Any

import attrs
import pytest
from hypothesis import given

from launchfsm import parse_launch_snapshot, to_wire
from launchfsm.results import BootstrapCandidate, LaunchIdentity, MemberLaunch, Sources
from launchfsm.saved_snapshots import snapshot_findings
from launchfsm.testing.strategies import NOW, launch_documents, legacy_documents, odd_values
from launchfsm.vocabulary import LaunchPhase, LaunchState, words
from tests.oracle import launch
from tests.teams import NOW_MS, NOW_TEXT, saved, saved_member

# -- The two forms ---------------------------------------------------------------------------------


@pytest.mark.parametrize("version", [2, 2.0])
def test_version_2_is_read(version: float) -> None:
    snapshot = saved({"version": version})

    assert ("demo", NOW_TEXT, "finished") == (
        snapshot.team_name,
        snapshot.updated_at,
        snapshot.launch_phase,
    )
    assert {} == snapshot.members


@pytest.mark.parametrize("version", [1, 3, 2.5, "2", True, None, [2], {}])
def test_any_other_version_is_not(version: Any) -> None:
    document = {"version": version, "members": {"bob": {}}}

    assert parse_launch_snapshot("demo", document, now=NOW) is None
    assert ["$.version"] == [finding.path for finding in snapshot_findings(document)]


@given(document=odd_values())
def test_what_is_no_object_is_nothing(document: Any) -> None:
    assert parse_launch_snapshot("demo", document, now=NOW) is None
    assert list(snapshot_findings(document))


# a document's field, the snapshot's field, what it is
FIELDS: list[tuple[dict[str, Any], str, Any]] = [
    ({"teamName": " crew "}, "team_name", "crew"),
    ({"teamName": "\ufeff"}, "team_name", "demo"),
    ({"updatedAt": " soon "}, "updated_at", " soon "),
    ({"updatedAt": " "}, "updated_at", NOW_TEXT),
    ({"updatedAt": NOW_MS}, "updated_at", NOW_TEXT),
    ({"updatedAt": 1}, "updated_at", NOW_TEXT),
    ({"leadSessionId": " s "}, "lead_session_id", "s"),
    ({"leadSessionId": ""}, "lead_session_id", None),
    ({"launchPhase": "over"}, "launch_phase", "finished"),
    ({"launchPhase": None}, "launch_phase", "finished"),
    *[({"launchPhase": phase}, "launch_phase", phase) for phase in words(LaunchPhase)],
    ({"expectedMembers": [" bob", 1, "", "user", "bob"]}, "expected_members", ("bob",)),
    ({"expectedMembers": {"0": "bob"}}, "expected_members", ()),
    ({"bootstrapExpectedMembers": [" bob ", "Team-Lead"]}, "bootstrap_expected_members", ("bob",)),
    ({"bootstrapExpectedMembers": "bob"}, "bootstrap_expected_members", None),
]


@pytest.mark.parametrize(("document", "field", "value"), FIELDS)
def test_a_field_of_the_document_is_one_of_the_snapshot(
    document: dict[str, Any], field: str, value: Any
) -> None:
    assert value == getattr(saved(document), field)


# what `members` holds, the names of the records
MEMBERS: list[tuple[Any, set[str]]] = [
    ({"bob": {}}, {"bob"}),
    ({" bob ": {}}, {"bob"}),
    ({"bob": []}, {"bob"}),
    ({"bob": None}, set()),
    ({"bob": "x"}, set()),
    ({"": {}, "\ufeff": {}, "user": {}, " user": {}, "User": {}}, {"User"}),
    ({"team-lead": {}, "Team-Lead": {}, " TEAM-LEAD ": {}, "team-leads": {}}, {"team-leads"}),
    ([{"name": "bob"}], set()),
    (None, set()),
]


@pytest.mark.parametrize(("members", "names"), MEMBERS)
def test_a_record_is_called_by_its_key(members: Any, names: set[str]) -> None:
    snapshot = saved({"members": members})

    assert names == set(snapshot.members) == {one.name for one in snapshot.members.values()}


# -- A member --------------------------------------------------------------------------------------

FLAGS = ("agent_tool_accepted", "runtime_alive", "bootstrap_confirmed", "hard_failure")
ALL_FLAGS = {"agentToolAccepted": True, "runtimeAlive": True, "bootstrapConfirmed": True, "hardFailure": True}  # fmt: skip  # noqa: E501 - one line is one thing


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


@pytest.mark.parametrize("state", words(LaunchState))
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


# -- The legacy marker -----------------------------------------------------------------------------

MARKER = {
    "state": "partial_launch_failure",
    "expectedMembers": [" bob ", "cara", "dan", "eve", 5, ""],
    "missingMembers": ["bob", "dan "],
    "confirmedMembers": ["cara", "dan"],
}


def test_a_marker_tells_who_is_missing_and_who_is_confirmed() -> None:
    snapshot = saved({**MARKER, "updatedAt": " soon ", "leadSessionId": " s ", "teamName": "crew"})
    told = {
        name: (one.launch_state, one.bootstrap_confirmed, one.hard_failure, one.diagnostics)
        for name, one in snapshot.members.items()
    }
    missing = "hard failure reason: Legacy partial launch marker reported teammate missing."

    assert {
        "bob": ("failed_to_start", False, True, ("spawn accepted", missing)),
        "cara": ("confirmed_alive", True, False, ("spawn accepted", "late heartbeat received")),
        "dan": (
            "failed_to_start",
            True,
            True,
            ("spawn accepted", "late heartbeat received", missing),
        ),
        "eve": ("starting", False, False, ("spawn accepted",)),
    } == told
    assert ("demo", "reconciled", " soon ", "s") == (
        snapshot.team_name,
        snapshot.launch_phase,
        snapshot.updated_at,
        snapshot.lead_session_id,
    )


def test_everybody_in_a_marker_was_accepted_and_nobody_is_alive() -> None:
    for member in saved(MARKER).members.values():
        assert (True, False, None) == (
            member.agent_tool_accepted,
            member.runtime_alive,
            member.skipped_for_launch,
        )
        assert NOW_TEXT == member.last_evaluated_at


def test_a_marker_wins_over_any_version() -> None:
    assert saved({**MARKER, "version": 2}) == saved({**MARKER, "version": "x"})


@pytest.mark.parametrize("updated_at", ["", " ", "soon"])
def test_a_markers_time_is_any_text(updated_at: str) -> None:
    assert updated_at == saved({**MARKER, "updatedAt": updated_at}).updated_at


@pytest.mark.parametrize("updated_at", [None, 5, NOW_MS])
def test_or_now(updated_at: Any) -> None:
    assert NOW_TEXT == saved({**MARKER, "updatedAt": updated_at}).updated_at


@pytest.mark.parametrize("key", ["expectedMembers", "missingMembers"])
@pytest.mark.parametrize("names", [None, [], [" ", 1], "bob", {}])
def test_a_marker_without_names_marks_nothing(key: str, names: Any) -> None:
    document = {**MARKER, key: names}

    assert parse_launch_snapshot("demo", document, now=NOW) is None
    assert key in " ".join(finding.path for finding in snapshot_findings(document))


@pytest.mark.parametrize("key", ["expectedMembers", "missingMembers"])
def test_names_of_a_marker_that_are_no_list_are_told_once(key: str) -> None:
    document = {**MARKER, "expectedMembers": ["bob"], "missingMembers": ["bob"], key: "bob"}

    assert [f"$.{key}"] == [finding.path for finding in snapshot_findings(document)]


def test_a_marker_may_have_nobody_confirmed() -> None:
    assert saved({**MARKER, "confirmedMembers": []}) == saved({**MARKER, "confirmedMembers": 5})
    assert [] == list(snapshot_findings({**MARKER, "expectedMembers": ["bob"],
                                         "confirmedMembers": []}))  # fmt: skip


@pytest.mark.parametrize("state", ["Partial_launch_failure", None, ["partial_launch_failure"]])
def test_any_other_state_is_no_marker(state: Any) -> None:
    assert parse_launch_snapshot("demo", {**MARKER, "state": state}, now=NOW) is None
    assert {} != saved({**MARKER, "state": state, "version": 2}).members


@given(document=legacy_documents(damaged=True))
def test_a_marker_says_what_the_page_says(document: dict[str, Any]) -> None:
    snapshot = parse_launch_snapshot("demo", document, now=NOW)

    assert launch.parse("demo", document, NOW_MS) == to_wire(snapshot)


# -- Findings --------------------------------------------------------------------------------------


def test_every_field_can_be_found_wanting() -> None:
    document = {
        "version": 2,
        "updatedAt": 5,
        "launchPhase": "over",
        "expectedMembers": ["bob", 5],
        "members": {
            "bob": {
                "providerId": "mistral",
                "sources": {"configDrift": "yes"},
                "launchIdentity": {"selectedModel": 5, "catalogId": None},
                "appManagedBootstrapCandidate": {"schemaVersion": 2},
                "diagnostics": ["", "fine"],
            },
            "cara": [],
        },
    }

    assert [
        "$.updatedAt: expected a text that is not blank, got 5",
        "$.launchPhase: expected one of active, finished, reconciled, got 'over'",
        "$.expectedMembers[1]: expected a text that is not blank, got 5",
        (
            "$.members['bob'].providerId: expected one of anthropic, codex, gemini, opencode,"
            " got 'mistral'"
        ),
        "$.members['bob'].diagnostics[0]: expected a text that is not blank, got ''",
        "$.members['bob'].launchIdentity.selectedModel: expected a text that is not blank, got 5",
        "$.members['bob'].appManagedBootstrapCandidate.schemaVersion: expected the number 1, got 2",
        "$.members['bob'].sources.configDrift: expected true or false, got 'yes'",
        "$.members['cara']: expected an object, got a list of 0",
    ] == [one.text().removeprefix("launch-state.json: ") for one in snapshot_findings(document)]


def test_a_path_is_short_and_printable_however_long_a_name_is() -> None:
    (finding,) = snapshot_findings({"version": 2, "members": {"\x1b" + "b" * 100_000: None}})

    assert "$.members['\\x1b" + "b" * 59 + "'…]" == finding.path


@given(document=launch_documents())
def test_nothing_is_found_in_what_launchers_write(document: Any) -> None:
    assert [] == list(snapshot_findings(document))


@pytest.mark.parametrize("flag", [field.name for field in attrs.fields(Sources)])
def test_each_source_is_told_by_its_own_flag(flag: str) -> None:
    head, *rest = flag.split("_")
    key = head + "".join(word.capitalize() for word in rest)
    member = saved_member(
        {"bootstrapConfirmed": True, "runtimeAlive": True, "sources": {key: True}}
    )

    told = {field.name: False for field in attrs.fields(Sources)}
    assert Sources(**(told | {flag: True})) == member.sources

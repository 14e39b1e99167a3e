"""What a launcher's own record of a launch says (§10)."""

from __future__ import annotations

from typing import Any

import attrs
import pytest
from hypothesis import given

from launchfsm import parse_launch_snapshot, to_wire
from launchfsm.records.documents import Document
from launchfsm.records.results import Sources, launch_findings
from launchfsm.testing.strategies import NOW, launch_documents, legacy_documents, odd_values
from launchfsm.vocabulary import LaunchPhase, values
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

    assert parse_launch_snapshot("demo", document, now=NOW, policy="reference") is None
    assert ["$.version"] == [finding.path for finding in launch_findings(Document(document))]


@given(document=odd_values())
def test_what_is_no_object_is_nothing(document: Any) -> None:
    assert parse_launch_snapshot("demo", document, now=NOW, policy="reference") is None
    assert document is None or list(launch_findings(Document(document)))


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
    *[({"launchPhase": phase}, "launch_phase", phase) for phase in values(LaunchPhase)],
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

    assert parse_launch_snapshot("demo", document, now=NOW, policy="reference") is None
    assert key in " ".join(finding.path for finding in launch_findings(Document(document)))


@pytest.mark.parametrize("key", ["expectedMembers", "missingMembers"])
def test_names_of_a_marker_that_are_no_list_are_told_once(key: str) -> None:
    document = {**MARKER, "expectedMembers": ["bob"], "missingMembers": ["bob"], key: "bob"}

    assert [f"$.{key}"] == [finding.path for finding in launch_findings(Document(document))]


def test_a_marker_may_have_nobody_confirmed() -> None:
    assert saved({**MARKER, "confirmedMembers": []}) == saved({**MARKER, "confirmedMembers": 5})
    assert [] == list(launch_findings(Document({**MARKER, "expectedMembers": ["bob"],
                                         "confirmedMembers": []})))  # fmt: skip


@pytest.mark.parametrize("state", ["Partial_launch_failure", None, ["partial_launch_failure"]])
def test_any_other_state_is_no_marker(state: Any) -> None:
    assert (
        parse_launch_snapshot("demo", {**MARKER, "state": state}, now=NOW, policy="reference")
        is None
    )
    assert {} != saved({**MARKER, "state": state, "version": 2}).members


@given(document=legacy_documents(damaged=True))
def test_a_marker_says_what_the_page_says(document: dict[str, Any]) -> None:
    snapshot = parse_launch_snapshot("demo", document, now=NOW, policy="reference")

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
        "$.members['bob'].launchIdentity.selectedModel: expected a text that is not blank, got 5",
        "$.members['bob'].appManagedBootstrapCandidate.schemaVersion: expected the number 1, got 2",
        "$.members['bob'].sources.configDrift: expected true or false, got 'yes'",
        "$.members['bob'].diagnostics[0]: expected a text that is not blank, got ''",
        "$.members['cara']: expected an object, got a list of 0",
    ] == [
        one.text().removeprefix("launch-state.json: ")
        for one in launch_findings(Document(document))
    ]


def test_null_is_absent_and_no_finding() -> None:
    nulls = {"catalogId": None, "source": None, "configDrift": None}
    member = {
        "launchIdentity": nulls,
        "appManagedBootstrapCandidate": nulls,
        "sources": nulls,
        "runtimePid": None,
    }
    document = {"version": 2, "leadSessionId": None, "members": {"bob": member}}

    assert [] == list(launch_findings(Document(document)))


def test_a_path_is_short_and_printable_however_long_a_name_is() -> None:
    (finding,) = launch_findings(
        Document({"version": 2, "members": {"\x1b" + "b" * 100_000: None}})
    )

    assert "$.members['\\u001b" + "b" * 59 + "'…]" == finding.path


@given(document=launch_documents())
def test_nothing_is_found_in_what_launchers_write(document: Any) -> None:
    assert [] == list(launch_findings(Document(document)))


@pytest.mark.parametrize("flag", [field.name for field in attrs.fields(Sources)])
def test_each_source_is_told_by_its_own_flag(flag: str) -> None:
    head, *rest = flag.split("_")
    key = head + "".join(word.capitalize() for word in rest)
    member = saved_member(
        {"bootstrapConfirmed": True, "runtimeAlive": True, "sources": {key: True}}
    )

    told = {field.name: False for field in attrs.fields(Sources)}
    assert Sources(**(told | {flag: True})) == member.sources


def test_a_snapshot_carries_what_its_record_says_of_the_run_and_of_each_spawn() -> None:
    spawn = {
        "bootstrapRunId": "r1",
        "bootstrapExpectedAfter": "2026-09-20T10:00:00Z",
        "bootstrapRuntimeEventsPath": "/x/runtime/a.runtime.jsonl",
        "agentId": "a@demo",
        "backendType": "process",
        "tmuxPaneId": "process:7",
        "cwd": "/x",
    }
    document = {"version": 2, "publicationRunId": "r1", "members": {"a": spawn}}
    snapshot = parse_launch_snapshot("demo", document, now=NOW, policy="reference")

    assert snapshot is not None
    member = snapshot.members["a"]
    assert "r1" == snapshot.publication_run_id
    assert tuple(spawn.values()) == (
        member.bootstrap_run_id,
        member.bootstrap_expected_after,
        member.bootstrap_runtime_events_path,
        member.agent_id,
        member.backend_type,
        member.tmux_pane_id,
        member.cwd,
    )
    wire = to_wire(snapshot)
    assert "publicationRunId" not in wire
    assert not spawn.keys() & wire["members"]["a"].keys()

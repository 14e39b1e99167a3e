"""The oracle against every measured case, what only the page decides, and its small words."""

from __future__ import annotations

from typing import Any

import pytest

from tests.conformance.cases import BootstrapCase, LaunchCase, bootstrap_cases, launch_cases
from tests.oracle import bootstrap, launch, words

NOW_MS = 1_700_000_600_000
NOW = "2023-11-14T22:23:20.000Z"


def test_every_bootstrap_case() -> None:
    def ask(case: BootstrapCase) -> dict[str, Any]:
        return bootstrap.evaluate(
            case.team, case.now_ms, **case.reads(), is_alive=case.answering.__contains__
        )

    answers = {case.id: (case.expect, ask(case)) for case in bootstrap_cases()}

    assert len(answers) == 600
    assert {} == {name: pair for name, pair in answers.items() if pair[0] != pair[1]}


def test_every_launch_case() -> None:
    def ask(case: LaunchCase) -> dict[str, Any]:
        snapshot = launch.parse(case.team, case.document, case.now_ms)
        other = launch.parse(case.team, case.other, case.now_ms)
        return {
            "snapshot": snapshot,
            "spawn_statuses": None if snapshot is None else launch.spawn_statuses(snapshot),
            "mixed": snapshot is not None and launch.mixed(snapshot),
            "expired_pending": (
                None if snapshot is None else launch.expired_pending(snapshot, case.now_ms)
            ),
            "preferred": launch.choose(snapshot, other, case.now_ms),
            "preferred_without_launch": launch.choose(snapshot, None, case.now_ms),
            "preferred_without_bootstrap": launch.choose(None, other, case.now_ms),
        }

    answers = {case.id: (case.expect, ask(case)) for case in launch_cases()}

    assert len(answers) == 297
    assert {} == {name: pair for name, pair in answers.items() if pair[0] != pair[1]}


# What no case shows, so that the page alone decides.


def version_2(member: dict[str, Any], **document: Any) -> dict[str, Any]:
    """The one member `bob` of a finished launch, parsed."""
    document = {"version": 2, "expectedMembers": ["bob"], "members": {"bob": member}, **document}
    snapshot = launch.parse("demo", document, NOW_MS)
    assert snapshot is not None
    return snapshot


OPENCODE_SECONDARY = {
    "providerId": "opencode",
    "laneKind": "secondary",
    "laneOwnerProviderId": "opencode",
    "laneId": "lane-1",
}


def test_a_member_on_a_recoverable_lane_is_not_swept_as_never_spawned() -> None:
    snapshot = version_2(OPENCODE_SECONDARY)

    assert "starting" == snapshot["members"]["bob"]["launchState"]
    assert "partial_pending" == snapshot["teamLaunchState"]


def test_a_skipped_starting_member_that_is_swept_keeps_being_skipped() -> None:
    member = {"launchState": "starting", "skippedForLaunch": True, "skipReason": "later"}
    snapshot = version_2(member)
    swept, status = snapshot["members"]["bob"], launch.spawn_statuses(snapshot)["bob"]

    assert ("skipped_for_launch", True) == (swept["launchState"], swept["hardFailure"])
    assert [
        "hard failure reason: Teammate was never spawned during launch.",
        "skipped for this launch: later",
    ] == swept["diagnostics"]
    assert "partial_skipped" == snapshot["teamLaunchState"]
    assert ("skipped", False) == (status["status"], status["hardFailure"])
    assert "Teammate was never spawned during launch." == status["error"]


@pytest.mark.parametrize(
    "shown",
    [
        {"runtimePid": 4242},
        {"runtimeSessionId": "session"},
        {"livenessKind": "registered_only"},
        {"livenessKind": "runtime_process", "runtimeAlive": True},
    ],
)
def test_an_opencode_secondary_that_has_shown_itself_is_kept_stalled(shown: dict[str, Any]) -> None:
    pending = {**OPENCODE_SECONDARY, "agentToolAccepted": True, "bootstrapStalled": True}
    snapshot = version_2({**pending, **shown})

    assert snapshot["members"]["bob"]["bootstrapStalled"] is True
    assert "opencode_bootstrap_stalled" in snapshot["members"]["bob"]["diagnostics"]
    assert "waiting" == launch.spawn_statuses(snapshot)["bob"]["status"]


def test_an_opencode_secondary_that_has_not_shown_itself_is_not_stalled() -> None:
    pending = {**OPENCODE_SECONDARY, "agentToolAccepted": True, "bootstrapStalled": True}
    snapshot = version_2(pending)

    assert "bootstrapStalled" not in snapshot["members"]["bob"]
    assert launch.spawn_statuses(snapshot)["bob"]["bootstrapStalled"] is False


def test_a_legacy_record_of_the_lead_is_kept_though_it_is_not_expected() -> None:
    document = {
        "state": "partial_launch_failure",
        "expectedMembers": ["bob", "Team-Lead"],
        "missingMembers": ["bob", "Team-Lead"],
        "confirmedMembers": ["bob"],
    }
    snapshot = launch.parse("demo", document, NOW_MS)

    assert snapshot is not None
    assert ["bob"] == snapshot["expectedMembers"]
    assert ["bob", "Team-Lead"] == list(snapshot["members"])
    assert 2 == snapshot["summary"]["failedCount"]
    assert snapshot["members"]["bob"]["bootstrapConfirmed"] is True


@pytest.mark.parametrize(
    ("given", "updated_at"),
    [({"state": "partial_launch_failure"}, " "), ({"version": 2}, NOW)],
    ids=["legacy", "version 2"],
)
def test_a_blank_time_of_a_document(given: dict[str, Any], updated_at: str) -> None:
    document = {**given, "expectedMembers": ["bob"], "missingMembers": ["bob"], "updatedAt": " "}
    snapshot = launch.parse("demo", document, NOW_MS)

    assert snapshot is not None
    assert updated_at == snapshot["updatedAt"]


def test_a_richer_snapshot_with_fewer_names_is_not_believed_for_its_riches() -> None:
    identity = {"launchIdentity": {}, "laneKind": "primary", "laneId": "lane-1"}
    rich = version_2(
        {"providerId": "codex", "selectedFastMode": "on", **identity}, updatedAt="2022"
    )
    many = version_2({}, expectedMembers=["bob", "dan"], updatedAt="2023")

    assert launch.richness(rich) > launch.richness(many)
    assert "bootstrap" == launch.choose(many, rich, NOW_MS)
    assert "launch" == launch.choose(rich, many, NOW_MS)


@pytest.mark.parametrize(
    ("reason", "expected"),
    [
        ('{"success":true,"routing":[]}', '{"success":true,"routing":[]}'),
        ('{"routing":{"summary":"S","content":"C"}}', "S: C"),
        ('{"routing":{"summary":"  ","content":7}}', '{"routing":{"summary":"  ","content":7}}'),
        ('"routing" "summary": "cut \\"he', 'cut "he'),
        ("no routing at all", "no routing at all"),
    ],
)
def test_the_reason_in_an_answer_of_a_message_tool(reason: str, expected: str) -> None:
    assert expected == launch.reason_text(reason)


# The small words: each expected value was measured on ECMAScript (node v20), where it has one.


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        (0.0, "0"),
        (-0.0, "0"),
        (4242.0, "4242"),
        (-4242.5, "-4242.5"),
        (1e20, "100000000000000000000"),
        (1e21, "1e+21"),
        (1.25e21, "1.25e+21"),
        (1e-6, "0.000001"),
        (1.5e-7, "1.5e-7"),
        (5e-324, "5e-324"),
        (float("inf"), "Infinity"),
        (float("-inf"), "-Infinity"),
    ],
)
def test_a_number_prints_as_in_ecmascript(value: float, expected: str) -> None:
    assert expected == words.printed(value)


@pytest.mark.parametrize(
    ("ms", "expected"),
    [
        (0, "1970-01-01T00:00:00.000Z"),
        (-1, "1969-12-31T23:59:59.999Z"),
        (-0.5, "1970-01-01T00:00:00.000Z"),
        (1_700_000_000_000.75, "2023-11-14T22:13:20.000Z"),
        (253_402_300_800_000, "+010000-01-01T00:00:00.000Z"),
        (-62_135_596_800_001, "0000-12-31T23:59:59.999Z"),
        (-62_167_219_200_001, "-000001-12-31T23:59:59.999Z"),
        (8.64e15, "+275760-09-13T00:00:00.000Z"),
        (-8.64e15, "-271821-04-20T00:00:00.000Z"),
    ],
)
def test_milliseconds_print_as_in_ecmascript(ms: float, expected: str) -> None:
    assert expected == words.date(ms)


@pytest.mark.parametrize("ms", [8_640_000_000_000_001, -8_640_000_000_000_001])
def test_past_the_last_date_there_is_none(ms: float) -> None:
    with pytest.raises(words.NoDateError):
        words.date(ms)


@pytest.mark.parametrize(
    ("spelled", "ms"),
    [
        ("2023", 1_672_531_200_000),
        ("2023-11", 1_698_796_800_000),
        ("2023-11-14", 1_699_920_000_000),
        ("+012023-11-14", 317_269_440_000_000),
        ("2023-11-14T22:20", 1_700_000_400_000),
        ("2023-11-14 22:20:05", 1_700_000_405_000),
        ("2023-11-14T22:20:05.123456Z", 1_700_000_405_123),
        ("2023-11-14T24:00", 1_700_006_400_000),
        ("2023-11-14T22:13:20+02:00", 1_699_992_800_000),
        ("2023-11-14T22:13:20+0200", 1_699_992_800_000),
        ("\ufeff 2023-11-14\n", 1_699_920_000_000),
        ("Tue, 14 Nov 2023 22:13:20 GMT", 1_700_000_000_000),
        ("14 Nov 2023 22:13 +0200", 1_699_992_780_000),
        ("14 Nov 2023 22:13:20 EST", 1_700_018_000_000),
        ("+275760-09-13T00:00:00.000Z", 8_640_000_000_000_000),
    ],
)
def test_a_text_time_is_read(spelled: str, ms: int) -> None:
    assert ms == words.read_time(spelled)


@pytest.mark.parametrize(
    "spelled",
    [
        *("", " ", "x", "not a date", "1700000000000", "٢٠٢٣"),
        *("2023-13", "2023-00-01", "2023-02-29", "2023-04-31T00:00Z", "31 Apr 2023 00:00:00 GMT"),
        *("20231114", "2023-W46", "2023-318", "2023-11-14T22", "2023-11-14T2220"),
        *("2023-11-14T24:00:01Z", "2023-11-14T25:00Z", "2023-11-14T22:60Z", "2023-11-14T22:20:60Z"),
        *("2023-11-14T22:20+24:00", "14 Nov 2023 22:13:20 A", "+275760-09-13T00:00:00.001Z"),
    ],
)
def test_another_text_is_no_time(spelled: str) -> None:
    assert words.read_time(spelled) is None


@pytest.mark.parametrize("source", ['{"a":1,"a":2}', "\t1e400\r\n", '"\\ud800"', "9" * 5_000])
def test_json_that_javascript_reads(source: str) -> None:
    expected = {"{": {"a": 2.0}, '"': "\ud800"}.get(source[0], float("inf"))

    assert expected == words.parse_json(source)


@pytest.mark.parametrize(
    "source",
    [
        "",
        "\ufeff1",
        "\u00a01",
        "\v1",
        "NaN",
        "-Infinity",
        "01",
        "1.",
        "[1,]",
        '"\t"',
        "[" * 100_000,
    ],
)
def test_json_that_javascript_refuses(source: str) -> None:
    with pytest.raises(ValueError, match=r"."):
        words.parse_json(source)


def test_json_is_read_down_to_a_nesting_of_1000() -> None:
    nested = words.parse_json("[" * 1_000 + "]" * 1_000)

    depth = 0
    while nested:
        nested, depth = nested[0], depth + 1
    assert 999 == depth


def test_trim_leaves_what_only_python_calls_white_space() -> None:
    for kept in ("\x1c", "\x1d", "\x1e", "\x1f", "\x85", "\u200b", "\u180e"):
        assert f"{kept}a{kept}" == words.trim(f"\t\n\v\f\r\ufeff {kept}a{kept}\u2028\u3000\u00a0")

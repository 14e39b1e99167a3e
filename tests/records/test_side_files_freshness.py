"""Which run a folder is of, and whether somebody stopped the team."""

from __future__ import annotations

import json
from typing import Any

import pytest

from launchfsm.records.documents import ABSENT, parse_document
from launchfsm.records.side_files import (
    FRESHNESS,
    STOPPED,
    freshness_of,
    marker_findings,
    stop_marker_of,
)
from launchfsm.system.files import ReadProblem

LAUNCH = {"version": 1, "teamName": "demo", "kind": "launch", "runId": "r1"}
STOP = {"version": 1, "teamName": "demo", "kind": "stop", "stopId": "s1", "stoppedRunId": "r1"}
MARKER = {
    "version": 1,
    "teamName": "demo",
    "stopId": "s1",
    "stoppedAt": "2026-09-20T10:00:00.500Z",
}


def document(value: object) -> Any:
    return parse_document(json.dumps(value).encode())


@pytest.mark.parametrize("value", [LAUNCH, STOP, {**STOP, "stoppedRunId": None}])
def test_a_freshness_names_a_run_or_a_stop(value: dict[str, Any]) -> None:
    found = freshness_of(document(value), "demo")

    assert found is not None
    assert (found.kind, found.run_id, found.stop_id, found.stopped_run_id) == tuple(
        value.get(key) for key in ("kind", "runId", "stopId", "stoppedRunId")
    )
    assert [] == list(marker_findings(FRESHNESS, document(value), "demo"))


@pytest.mark.parametrize(
    ("value", "path"),
    [
        ({**LAUNCH, "version": 2}, "$.version"),
        ({**LAUNCH, "version": True}, "$.version"),
        ({**LAUNCH, "teamName": "demo "}, "$.teamName"),
        ({**LAUNCH, "teamName": None}, "$.teamName"),
        ({**LAUNCH, "kind": "pause"}, "$.kind"),
        ({**LAUNCH, "kind": None}, "$.kind"),
        ({**LAUNCH, "runId": ""}, "$.runId"),
        ({**LAUNCH, "runId": 7}, "$.runId"),
        ({key: LAUNCH[key] for key in ("version", "teamName", "kind")}, "$.runId"),
        ({**STOP, "stopId": None}, "$.stopId"),
        ([LAUNCH], "$"),
    ],
)
def test_a_freshness_that_lacks_something_is_none_with_one_finding(value: Any, path: str) -> None:
    assert freshness_of(document(value), "demo") is None
    (finding,) = set(marker_findings(FRESHNESS, document(value), "demo"))
    assert (FRESHNESS.name, path) == (finding.file, finding.path)


def test_a_run_id_of_a_freshness_is_not_trimmed() -> None:
    found = freshness_of(document({**LAUNCH, "runId": " r1 "}), "demo")
    assert found is not None
    assert " r1 " == found.run_id


@pytest.mark.parametrize(
    ("value", "stopped_at"),
    [
        (MARKER, 1_789_898_400_500),
        ({**MARKER, "teamName": " demo\n"}, 1_789_898_400_500),
        ({"version": 1, "teamName": "demo"}, None),
        ({**MARKER, "stoppedAt": "yesterday"}, None),
    ],
)
def test_a_stop_marker_of_the_team_says_when_or_counts_as_absent(
    value: Any, stopped_at: int | None
) -> None:
    found = stop_marker_of(document(value), "demo")

    assert stopped_at == (None if found is None else found.stopped_at)
    wrong = [finding.path for finding in marker_findings(STOPPED, document(value), "demo")]
    assert wrong == ([] if stopped_at else ["$.stoppedAt"])


@pytest.mark.parametrize(
    ("value", "path"),
    [
        ({**MARKER, "version": "1"}, "$.version"),
        ({**MARKER, "teamName": "other"}, "$.teamName"),
        ("stopped", "$"),
    ],
)
def test_a_stop_marker_of_another_version_or_team_is_none(value: Any, path: str) -> None:
    assert stop_marker_of(document(value), "demo") is None
    (finding,) = marker_findings(STOPPED, document(value), "demo")
    assert (STOPPED.name, path) == (finding.file, finding.path)


def test_what_is_not_there_is_no_finding_and_what_cannot_be_read_is_one() -> None:
    link = parse_document(ReadProblem("not_regular", "it is a symbolic link"))

    assert freshness_of(ABSENT, "demo") is None
    assert stop_marker_of(link, "demo") is None
    assert [] == [
        *marker_findings(FRESHNESS, ABSENT, "demo"),
        *marker_findings(STOPPED, ABSENT, "demo"),
    ]
    assert ["it is a symbolic link"] == [
        one.got for one in marker_findings(FRESHNESS, link, "demo")
    ]

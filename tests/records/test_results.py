"""What a launcher's own snapshot holds: every field, its type and its words."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import attrs
import pytest

import launchfsm
from launchfsm.policy.discovery import shipped_policies
from launchfsm.records.documents import Document
from launchfsm.records.fields import fields_reader_of, placed_fields
from launchfsm.records.results import (
    BootstrapCandidate,
    LaunchIdentity,
    LaunchSnapshot,
    LegacyMarker,
    MemberLaunch,
    Sources,
    backend_of,
    launch_findings,
)
from launchfsm.vocabulary import (
    BillingMode,
    BootstrapMode,
    CatalogSource,
    Effort,
    EvidenceSource,
    FastMode,
    LaneKind,
    LaunchPhase,
    LaunchState,
    LivenessKind,
    ModelKind,
    PidSource,
    Provider,
    Severity,
    values,
)

ENUMERATED: list[tuple[type, str, object]] = [
    (MemberLaunch, "providerId", Provider),
    (MemberLaunch, "laneOwnerProviderId", Provider),
    (MemberLaunch, "billingMode", BillingMode),
    (MemberLaunch, "effort", Effort),
    (MemberLaunch, "selectedFastMode", FastMode),
    (MemberLaunch, "laneKind", LaneKind),
    (MemberLaunch, "launchState", LaunchState),
    (MemberLaunch, "livenessKind", LivenessKind),
    (MemberLaunch, "pidSource", PidSource),
    (MemberLaunch, "runtimeDiagnosticSeverity", Severity),
    (MemberLaunch, "bootstrapEvidenceSource", EvidenceSource),
    (MemberLaunch, "bootstrapMode", BootstrapMode),
    (LaunchIdentity, "providerId", Provider),
    (LaunchIdentity, "billingMode", BillingMode),
    (LaunchIdentity, "selectedModelKind", ModelKind),
    (LaunchIdentity, "catalogSource", CatalogSource),
    (LaunchIdentity, "selectedEffort", Effort),
    (LaunchIdentity, "resolvedEffort", Effort),
    (LaunchIdentity, "selectedFastMode", FastMode),
    (LaunchSnapshot, "launchPhase", LaunchPhase),
]
TRIMMED = {
    MemberLaunch: (
        "model", "laneId", "skipReason", "skippedAt", "hardFailureReason", "runtimeRunId",
        "runtimeSessionId", "runtimeDiagnostic", "runtimeLastSeenAt",
    ),
    LaunchIdentity: (
        "selectedModel", "resolvedLaunchModel", "catalogId", "catalogFetchedAt",
        "fastResolutionReason",
    ),
    BootstrapCandidate: (
        "teamName", "memberName", "runId", "laneId", "runtimeSessionId", "messageID",
        "contextHash", "briefingHash", "injectionVerifiedAt", "candidateAt", "model", "agent",
    ),
    LaunchSnapshot: ("teamName", "leadSessionId"),
    LegacyMarker: ("leadSessionId",),
}  # fmt: skip
AS_THEY_ARE = {
    MemberLaunch: (
        "firstSpawnAcceptedAt", "lastHeartbeatAt", "lastRuntimeAliveAt", "lastEvaluatedAt",
    ),
    LegacyMarker: ("updatedAt",),
}  # fmt: skip
BOOLEANS = {
    MemberLaunch: (
        "resolvedFastMode", "skippedForLaunch", "agentToolAccepted", "runtimeAlive",
        "bootstrapConfirmed", "hardFailure", "bootstrapStalled",
    ),
    LaunchIdentity: ("resolvedFastMode",),
    Sources: (
        "inboxHeartbeat", "nativeHeartbeat", "processAlive", "configRegistered", "configDrift",
        "hardFailureSignal", "duplicateRespawnBlocked",
    ),
}  # fmt: skip


def each(fields: dict[Any, tuple[str, ...]]) -> list[tuple[type, str]]:
    return [(cls, key) for cls, keys in fields.items() for key in keys]


def carried(cls: type, key: str, value: Any) -> Any:
    (name,) = (name for name, place in placed_fields(cls).items() if place.key == key)
    return fields_reader_of(cls)({key: value}).get(name)


@pytest.mark.parametrize(("cls", "key", "alias"), ENUMERATED)
def test_an_enumerated_field_carries_its_words_and_nothing_else(
    cls: type, key: str, alias: object
) -> None:
    assert list(values(alias)) == [carried(cls, key, word) for word in values(alias)]
    others: list[Any] = [
        "",
        values(alias)[0].upper(),
        f" {values(alias)[0]}",
        None,
        True,
        1,
        [],
        {},
    ]
    assert [None] * len(others) == [carried(cls, key, other) for other in others]


def test_a_text_is_trimmed_and_blank_is_absent() -> None:
    for cls, key in each(TRIMMED):
        values = [carried(cls, key, value) for value in ("\ufeffx\n", " x y ", "", "\u00a0", 5)]
        assert ["x", "x y", None, None, None] == values, key


def test_a_time_of_a_launcher_is_a_text_as_it_is() -> None:
    for cls, key in each(AS_THEY_ARE):
        values = [carried(cls, key, value) for value in (" x ", "", 1_700_000_000_000, None)]
        assert [" x ", "", None, None] == values, key


def test_a_flag_is_a_boolean() -> None:
    for cls, key in each(BOOLEANS):
        values = [carried(cls, key, value) for value in (True, False, 1, "true", None)]
        assert [True, False, None, None, None] == values, key


# a pid, what is carried
PIDS = [
    (4242, 4242), (4242.9, 4242), (0.5, 0), (0, None), (-1, None), (-0.0, None), (True, None),
    ("4242", None), (1e400, None), (10**400, None), (1e300, int(1e300)), (None, None),
]  # fmt: skip


@pytest.mark.parametrize(("value", "pid"), PIDS)
def test_a_pid_is_a_number_above_nought_cut_to_a_whole_one(value: Any, pid: int | None) -> None:
    actual = carried(MemberLaunch, "runtimePid", value)

    assert (type(pid), pid) == (type(actual), actual)


# a list; as trimmed texts once each; as texts as they are
LISTS: list[tuple[Any, tuple[str, ...] | None, tuple[str, ...] | None]] = [
    (["b", " a ", "b", "a"], ("b", "a"), ("b", " a ", "b", "a")),
    (["", " ", 1, None, ["x"], "x"], ("x",), ("x",)),
    (["\u00a0"], None, None),
    ([], None, None),
    ({}, None, None),
    ("x", None, None),
    (None, None, None),
]


@pytest.mark.parametrize(("value", "trimmed", "as_they_are"), LISTS)
def test_a_list_carries_its_texts_that_are_not_blank(
    value: Any, trimmed: Any, as_they_are: Any
) -> None:
    assert trimmed == carried(MemberLaunch, "pendingPermissionRequestIds", value)
    assert as_they_are == carried(MemberLaunch, "diagnostics", value)


def test_an_array_counts_as_an_object_without_fields() -> None:
    assert [{"a": 1}, {}, {}, None, None] == [
        carried(MemberLaunch, "launchIdentity", value) for value in ({"a": 1}, {}, [1], None, "x")
    ]
    nothing = Sources(*[False] * 7)
    assert [nothing, nothing, None] == [
        carried(MemberLaunch, "sources", value) for value in ({"configDrift": 1}, [1], "x")
    ]
    some = carried(MemberLaunch, "sources", {"configDrift": True})
    assert attrs.evolve(nothing, config_drift=True) == some


def test_a_candidate_is_one_when_it_says_all_that_it_must() -> None:
    key = "appManagedBootstrapCandidate"
    said: dict[str, Any] = {place.key: "x" for place in placed_fields(BootstrapCandidate).values()}
    said |= {"schemaVersion": 1, "source": "app_managed_bootstrap"}

    assert isinstance(carried(MemberLaunch, key, said), BootstrapCandidate)
    others: list[Any] = [{**said, "laneId": " "}, {}, []]
    assert [None] * 3 == [carried(MemberLaunch, key, other) for other in others]


@pytest.mark.parametrize(
    ("value", "version"), [(1, 1), (1.0, 1), (True, None), ("1", None), (2, None)]
)
def test_a_schema_version_is_the_number_1(value: Any, version: int | None) -> None:
    actual = carried(BootstrapCandidate, "schemaVersion", value)

    assert (type(version), version) == (type(actual), actual)


# a provider, what is recorded as its backend, what it runs on
BACKENDS: list[tuple[Provider | None, str | None, str | None]] = [
    (None, "codex-native", None),
    ("anthropic", "api", None),
    ("anthropic", None, None),
    ("codex", None, "codex-native"),
    ("codex", " ", "codex-native"),
    ("codex", "auto", "codex-native"),
    ("codex", "adapter", "codex-native"),
    ("codex", " api\n", "codex-native"),
    ("codex", "codex-native", "codex-native"),
    ("codex", "cli-sdk", None),
    ("codex", "Auto", None),
    ("gemini", " auto ", "auto"),
    ("gemini", "api", "api"),
    ("gemini", "cli-sdk", "cli-sdk"),
    ("gemini", "adapter", None),
    ("gemini", None, None),
    ("opencode", "adapter", "adapter"),
    ("opencode", "opencode-cli", "opencode-cli"),
    ("opencode", "", None),
    ("opencode", "auto", None),
]


def test_a_provider_runs_on_backends_of_its_own() -> None:
    assert BACKENDS == [
        (provider, recorded, backend_of(provider, recorded)) for provider, recorded, _ in BACKENDS
    ]


# -- A new word is a change of one line ------------------------------------------------------------

WORDS = {"providerId": "mistral", "laneOwnerProviderId": "mistral", "livenessKind": "asleep"}
LAST_WORDS = {'"anthropic", "codex", "gemini", "opencode"': "mistral", '"not_found"': "asleep"}
USE_THE_WORDS = """
import ast, sys
from datetime import UTC, datetime
import launchfsm.vocabulary
from launchfsm import member_spawn_statuses, parse_launch_snapshot, to_wire
from launchfsm.records.results import LaunchSnapshot
from launchfsm.records.documents import Document
from launchfsm.records.results import launch_findings
from launchfsm.records.wire import from_wire

copy, words = sys.argv[1], ast.literal_eval(sys.argv[2])
assert launchfsm.vocabulary.__file__.startswith(copy), launchfsm.vocabulary.__file__
now = datetime(2023, 11, 14, tzinfo=UTC)
for key, word in words.items():
    member = {"launchState": "starting", "launchIdentity": {"providerId": word}, key: word}
    document = {"version": 2, "launchPhase": "active", "members": {"bob": member}}
    snapshot = parse_launch_snapshot("demo", document, now=now)
    assert word == to_wire(snapshot)["members"]["bob"][key]
    assert snapshot == from_wire(LaunchSnapshot, to_wire(snapshot))
    assert snapshot == parse_launch_snapshot("demo", to_wire(snapshot), now=now)
    assert "spawning" == member_spawn_statuses(snapshot)["bob"].status
    assert [key for finding in launch_findings(Document(document)) if key in finding.path] == []
    print("round", key, word)
"""


def test_a_new_provider_or_liveness_kind_is_one_word_in_one_line(tmp_path: Path) -> None:
    """On a copy of the package of which two lines say one word more each."""
    package = tmp_path / "launchfsm"
    shutil.copytree(
        Path(launchfsm.__file__).parent, package, ignore=shutil.ignore_patterns("rules")
    )
    shutil.copytree(str(shipped_policies()), package / "rules")
    vocabulary = package / "vocabulary.py"
    text = vocabulary.read_text(encoding="utf-8")
    for last, word in LAST_WORDS.items():
        (before, after) = text.split(last)
        text = f'{before}{last}, "{word}"{after}'
    vocabulary.write_text(text, encoding="utf-8")

    done = subprocess.run(
        [sys.executable, "-c", USE_THE_WORDS, str(tmp_path), repr(WORDS)],
        env={**os.environ, "PYTHONPATH": str(tmp_path)},
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
    )
    assert [f"round {key} {word}" for key, word in WORDS.items()] == done.stdout.splitlines(), (
        done.stderr
    )


@pytest.mark.parametrize(("key", "word"), [("providerId", "mistral"), ("livenessKind", "asleep")])
def test_a_word_that_is_not_there_is_absent(key: str, word: str) -> None:
    assert carried(MemberLaunch, key, word) is None


def test_a_newer_format_is_called_newer() -> None:
    (found,) = launch_findings(Document({"version": 3, "teamName": "demo"}))
    (older,) = launch_findings(Document({"version": 1, "teamName": "demo"}))

    assert "newer format" in found.text()
    assert "newer format" not in older.text()

"""Strategies for JSON documents: state, lock, journal records and the launcher's snapshot.

Each comes as writers write it (§10, §13), or `damaged`: fields missing, of any type or size.
"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from hypothesis import strategies as st

from launchfsm.testing.values import (
    NOW,
    instants,
    json_objects,
    member_names,
    mostly,
    odd_times,
    odd_values,
    one_word,
    pids,
    texts,
    time_texts,
)
from launchfsm.vocabulary import (
    Backend,
    BillingMode,
    BootstrapMode,
    CatalogSource,
    Effort,
    EvidenceSource,
    FastMode,
    JournalType,
    LaneKind,
    LaunchPhase,
    LaunchState,
    LivenessKind,
    LockAction,
    MemberAction,
    MemberStatus,
    ModelKind,
    Phase,
    PidSource,
    Provider,
    RealTaskSubmission,
    Severity,
    TerminalStatus,
    values,
)

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import datetime

    from hypothesis.strategies import DrawFn, SearchStrategy

Json = dict[str, Any]

_SOURCES = (
    "inboxHeartbeat",
    "nativeHeartbeat",
    "processAlive",
    "configRegistered",
    "configDrift",
    "hardFailureSignal",
    "duplicateRespawnBlocked",
)
_CANDIDATE_TEXTS = (
    "teamName",
    "memberName",
    "runId",
    "laneId",
    "runtimeSessionId",
    "messageID",
    "contextHash",
    "briefingHash",
    "injectionVerifiedAt",
    "candidateAt",
)
_MARKED = ("expectedMembers", "missingMembers", "confirmedMembers")
_EXPECTED = st.lists(member_names(), min_size=1, max_size=3, unique=True)
_BACKENDS = (*values(Backend), "", " codex-native ")
_ROUTED = (
    "Boot failed",
    "tool not found",
    "  padded ",
    'with "quotes"',
    "line\nbreak",
    "",
    "naïve",
)


def bootstrap_states(*, now: datetime = NOW, damaged: bool = False) -> SearchStrategy[Json]:
    """What `bootstrap-state.json` holds.

    Args:
        now: The moment that its times are about.
        damaged: Whether fields may be of any type and size; it stays an object of version 1 in
            most cases.
    """
    phases = (*values(Phase), *(("", "resting") if damaged else ()))
    return json_objects(
        {
            "version": st.sampled_from((1, 1.0)) if damaged else st.just(1),
            "runId": texts(),
            "teamName": texts(),
            "ownerPid": pids(damaged=damaged),
            "startedAt": _numbers(now, damaged=damaged),
            "updatedAt": _numbers(now, damaged=damaged),
            "phase": one_word(phases, damaged=damaged),
            "members": _member_lists(now, damaged=damaged),
        },
        {
            "realTaskSubmissionState": one_word(values(RealTaskSubmission), damaged=damaged),
            "terminal": json_objects(
                {"status": one_word(values(TerminalStatus), damaged=damaged)},
                {"finishedAt": instants(now)},
                damaged=damaged,
            ),
        },
        damaged=damaged,
    )


def member_records(*, now: datetime = NOW, damaged: bool = False) -> SearchStrategy[Json]:
    """One of `members` in `bootstrap-state.json`.

    Args:
        now: The moment that its times are about.
        damaged: Whether fields may be of any type and the name any text.
    """
    return json_objects(
        {
            "name": member_names(damaged=damaged),
            "status": one_word(values(MemberStatus), damaged=damaged),
        },
        {
            "lastAttemptAt": _numbers(now, damaged=damaged),
            "lastObservedAt": _numbers(now, damaged=damaged),
            "failureReason": texts(),
            "agentId": texts(),
            "backendType": texts(),
            "runtimePid": pids(damaged=damaged),
        },
        damaged=damaged,
    )


def lock_records(*, now: datetime = NOW, damaged: bool = False) -> SearchStrategy[Json]:
    """What `.bootstrap.lock/metadata.json` holds.

    Args:
        now: The moment that its times are about.
        damaged: Whether fields may be of any type, and dates beyond any calendar.
    """
    started = _numbers(now, damaged=damaged)
    return json_objects(
        {"pid": pids(damaged=damaged), "runId": texts(), "ownerStartedAt": started},
        {"requestHash": texts(), "createdAt": instants(now), "nonce": texts()},
        damaged=damaged,
    )


def journal_records(*, now: datetime = NOW, damaged: bool = False) -> SearchStrategy[Json]:
    """One line of `bootstrap-journal.jsonl`, of any type and without regard to its neighbours.

    Args:
        now: The moment that it is about.
        damaged: Whether fields may be missing or of any type.
    """
    kinds = values(JournalType)
    if damaged:
        return st.one_of(*[_damaged_record(kind, now) for kind in (*kinds, "other")])
    return st.one_of(*[_record(kind, now) for kind in kinds])


def _record(kind: str, now: datetime) -> SearchStrategy[Json]:
    needed, optional = _journal_fields()[kind]
    head = {"ts": instants(now), "type": st.just(kind), "runId": texts()}
    return json_objects({**head, **needed}, optional, damaged=False)


def _damaged_record(kind: str, now: datetime) -> SearchStrategy[Json]:
    needed, optional = _journal_fields().get(kind, ({}, {}))
    head = {"ts": odd_times(now), "runId": texts(), **needed, **optional}
    return json_objects({"type": st.just(kind)}, head, damaged=True)


def _journal_fields() -> Mapping[str, tuple[dict[str, Any], dict[str, Any]]]:
    """The fields of each type of record: those it needs, those it may have."""
    phases, reasons = one_word(values(Phase)), {"reason": texts()}
    details = {"detail": texts()}
    return {
        "phase": ({"phase": phases}, {}),
        "lock": ({"action": one_word(values(LockAction)), "ownerPid": pids()}, {}),
        "member": (
            {"name": member_names(), "action": one_word(values(MemberAction))},
            details,
        ),
        "terminal": ({"status": one_word(values(TerminalStatus))}, reasons),
        "real_task": ({"state": one_word(values(RealTaskSubmission))}, details),
    }


def _member_lists(now: datetime, *, damaged: bool) -> SearchStrategy[list[Any]]:
    records = member_records(now=now, damaged=damaged)
    if damaged:
        return st.lists(mostly(records), max_size=4)
    return st.lists(records, max_size=4, unique_by=lambda record: record["name"])


def _numbers(now: datetime, *, damaged: bool) -> SearchStrategy[Any]:
    return odd_times(now) if damaged else instants(now)


# -- The launcher's own snapshot (§10) --


def launch_documents(*, now: datetime = NOW, damaged: bool = False) -> SearchStrategy[Any]:
    """What `launch-state.json` holds: version 2, and when damaged also anything else.

    Args:
        now: The moment that its times are about.
        damaged: Whether fields may be of any type, names repeated, and the document legacy or
            none at all.
    """
    current = _version_2(
        launch_members(now=now, damaged=damaged), _fields(now, damaged=damaged), damaged=damaged
    )
    if not damaged:
        return current
    legacy = legacy_documents(now=now, damaged=True)
    return st.one_of(current, current, current, legacy, legacy, odd_values())


def _fields(now: datetime, *, damaged: bool) -> SearchStrategy[Json]:
    """What a version 2 document says apart from whom it expects and whom it knows."""
    return json_objects(
        {
            "version": st.sampled_from((2, 2.0)) if damaged else st.just(2),
            "updatedAt": _times(now, damaged=damaged),
        },
        {
            "teamName": texts(),
            "leadSessionId": texts(),
            "launchPhase": one_word(values(LaunchPhase), damaged=damaged),
            "bootstrapExpectedMembers": _name_lists(damaged=damaged),
        },
        damaged=damaged,
    )


def _version_2(
    members: SearchStrategy[Json], fields: SearchStrategy[Json], *, damaged: bool
) -> SearchStrategy[Json]:
    expected = _name_lists(damaged=damaged)
    others = st.lists(member_names(damaged=damaged), max_size=1)
    return _assembled(
        fields,
        mostly(expected) if damaged else expected,
        others,
        mostly(members) if damaged else members,
    )


@st.composite
def _assembled(
    draw: DrawFn,
    fields: SearchStrategy[Json],
    expected: SearchStrategy[Any],
    others: SearchStrategy[list[str]],
    members: SearchStrategy[Any],
) -> Json:
    names = draw(expected)
    keys = [*_some_of(draw, names), *draw(others)]
    return {
        **draw(fields),
        "expectedMembers": names,
        "members": {key: draw(members) for key in dict.fromkeys(keys)},
    }


def legacy_documents(*, now: datetime = NOW, damaged: bool = False) -> SearchStrategy[Json]:
    """The old form of `launch-state.json`: a partial failure, names only.

    Args:
        now: The moment that its times are about.
        damaged: Whether fields may be of any type and names be missing and confirmed at once.
    """
    any_names = dict.fromkeys(_MARKED, _name_lists(damaged=True)) if damaged else {}
    fields = json_objects(
        {
            "state": st.just("partial_launch_failure"),
            **any_names,
            "updatedAt": _times(now, damaged=damaged),
        },
        {"leadSessionId": texts(), "version": st.sampled_from((1, 2))},
        damaged=damaged,
    )
    return fields if damaged else _marking(fields)


@st.composite
def _marking(draw: DrawFn, fields: SearchStrategy[Json]) -> Json:
    """A marker that marks somebody: some of the expected are missing, some others confirmed."""
    expected = draw(_EXPECTED)
    missing = draw(st.integers(1, len(expected)))
    confirmed = draw(st.integers(missing, len(expected)))
    parts = (expected, expected[:missing], expected[missing:confirmed])
    return {**draw(fields), **dict(zip(_MARKED, parts, strict=True))}


def launch_members(*, now: datetime = NOW, damaged: bool = False) -> SearchStrategy[Json]:
    """One of `members` in `launch-state.json`.

    Args:
        now: The moment that its times are about.
        damaged: Whether fields may be of any type.
    """

    def word(alias: object) -> SearchStrategy[str]:
        return one_word(values(alias), damaged=damaged)

    times = _times(now, damaged=damaged)
    ids = st.lists(mostly(texts()) if damaged else texts(), max_size=3)
    return json_objects(
        {"launchState": word(LaunchState)},
        {
            "providerId": word(Provider),
            "providerBackendId": st.sampled_from(_BACKENDS),
            "billingMode": word(BillingMode),
            "model": texts(),
            "effort": word(Effort),
            "selectedFastMode": word(FastMode),
            "resolvedFastMode": st.booleans(),
            "laneId": texts(),
            "laneKind": word(LaneKind),
            "laneOwnerProviderId": word(Provider),
            "launchIdentity": launch_identities(damaged=damaged),
            "appManagedBootstrapCandidate": bootstrap_candidates(damaged=damaged),
            "skippedForLaunch": st.booleans(),
            "skipReason": texts(),
            "skippedAt": times,
            "agentToolAccepted": st.booleans(),
            "runtimeAlive": st.booleans(),
            "bootstrapConfirmed": st.booleans(),
            "hardFailure": st.booleans(),
            "hardFailureReason": failure_reasons(),
            "pendingPermissionRequestIds": ids,
            "runtimePid": pids(damaged=damaged),
            "runtimeRunId": texts(),
            "runtimeSessionId": texts(),
            "livenessKind": word(LivenessKind),
            "pidSource": word(PidSource),
            "runtimeDiagnostic": texts(),
            "runtimeDiagnosticSeverity": word(Severity),
            "runtimeLastSeenAt": times,
            "bootstrapEvidenceSource": word(EvidenceSource),
            "bootstrapMode": word(BootstrapMode),
            "bootstrapStalled": st.booleans(),
            "firstSpawnAcceptedAt": times,
            "lastHeartbeatAt": times,
            "lastRuntimeAliveAt": times,
            "lastEvaluatedAt": times,
            "sources": json_objects({}, dict.fromkeys(_SOURCES, st.booleans()), damaged=damaged),
            "diagnostics": ids,
        },
        damaged=damaged,
    )


def launch_identities(*, damaged: bool = False) -> SearchStrategy[Json]:
    """`launchIdentity` of a member.

    Args:
        damaged: Whether fields may be of any type.
    """

    def word(alias: object) -> SearchStrategy[str]:
        return one_word(values(alias), damaged=damaged)

    return json_objects(
        {},
        {
            "providerId": word(Provider),
            "providerBackendId": st.sampled_from(_BACKENDS),
            "billingMode": word(BillingMode),
            "selectedModel": texts(),
            "selectedModelKind": word(ModelKind),
            "resolvedLaunchModel": texts(),
            "catalogId": texts(),
            "catalogSource": word(CatalogSource),
            "catalogFetchedAt": texts(),
            "selectedEffort": word(Effort),
            "resolvedEffort": word(Effort),
            "selectedFastMode": word(FastMode),
            "resolvedFastMode": st.booleans(),
            "fastResolutionReason": texts(),
        },
        damaged=damaged,
    )


def bootstrap_candidates(*, damaged: bool = False) -> SearchStrategy[Json]:
    """`appManagedBootstrapCandidate` of a member.

    Args:
        damaged: Whether fields may be of any type.
    """
    return json_objects(
        {
            "schemaVersion": st.just(1),
            "source": st.just("app_managed_bootstrap"),
            **{key: st.just(f"some {key}") for key in _CANDIDATE_TEXTS},
        },
        {"model": texts(), "agent": texts()},
        damaged=damaged,
    )


def failure_reasons() -> SearchStrategy[str]:
    """Reasons of failures: plain texts, and a message router's whole answers, some cut off."""
    return st.one_of(texts(), _routed_answers())


def _routed_answers() -> SearchStrategy[str]:
    texts_of_it = st.sampled_from(_ROUTED)
    routing = json_objects({"summary": texts_of_it, "content": texts_of_it}, {}, damaged=True)
    answers = json_objects(
        {
            "success": st.just(value=True),
            "message": st.just("Message sent to lead"),
            "routing": routing,
        },
        {},
        damaged=True,
    )
    return _written(answers)


@st.composite
def _written(draw: DrawFn, answers: SearchStrategy[Json]) -> str:
    text = json.dumps(draw(answers), ensure_ascii=draw(st.booleans()))
    whole = draw(st.integers(0, 3)) > 0
    return text if whole else text[: draw(st.integers(1, len(text)))]


def _name_lists(*, damaged: bool) -> SearchStrategy[list[Any]]:
    if not damaged:
        return st.lists(member_names(), max_size=3, unique=True)
    return st.lists(mostly(member_names(damaged=True)), max_size=3)


def _some_of(draw: DrawFn, names: Any) -> list[str]:
    """Most of the names, so that members are both expected and recorded."""
    listed = names if isinstance(names, list) else []
    return [name for name in listed if isinstance(name, str) and draw(st.integers(0, 3)) > 0]


def _times(now: datetime, *, damaged: bool) -> SearchStrategy[Any]:
    return odd_times(now) if damaged else time_texts(now)

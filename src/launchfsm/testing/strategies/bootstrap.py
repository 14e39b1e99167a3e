"""Bootstrap records: the state, its members, the journal's records and the lock (§13).

Here: the documents of a bootstrap, as JSON objects. Not here: journals that tell a run (`runs`),
the launcher's own snapshot (`saved`), or bytes (`hostile`).
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from hypothesis import strategies as st

from launchfsm.testing.strategies.values import (
    NOW,
    instants,
    json_objects,
    member_names,
    mostly,
    odd_times,
    one_word,
    pids,
    texts,
)
from launchfsm.vocabulary import (
    JournalType,
    LockAction,
    MemberAction,
    MemberStatus,
    Phase,
    RealTaskSubmission,
    TerminalStatus,
    values,
)

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import datetime

    from hypothesis.strategies import SearchStrategy

Json = dict[str, Any]


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
            "startedAt": _times(now, damaged=damaged),
            "updatedAt": _times(now, damaged=damaged),
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
            "lastAttemptAt": _times(now, damaged=damaged),
            "lastObservedAt": _times(now, damaged=damaged),
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
    started = _times(now, damaged=damaged)
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


def _times(now: datetime, *, damaged: bool) -> SearchStrategy[Any]:
    return odd_times(now) if damaged else instants(now)


def _member_lists(now: datetime, *, damaged: bool) -> SearchStrategy[list[Any]]:
    records = member_records(now=now, damaged=damaged)
    if damaged:
        return st.lists(mostly(records), max_size=4)
    return st.lists(records, max_size=4, unique_by=lambda record: record["name"])

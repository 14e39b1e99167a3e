"""The bootstrap's records: which key carries what, and which type it must have."""

from __future__ import annotations

from typing import Any

import pytest

from launchfsm.records.bootstrap import BootstrapState, LockRecord, MemberRecord, TerminalRecord
from launchfsm.records.fields import placed_fields, reader_of
from launchfsm.vocabulary import MemberStatus, RealTaskSubmission, TerminalStatus, values

# a record, a key of its, a value that is carried, what a record carries, a value that is not
FIELDS: list[tuple[type, str, Any, Any, Any]] = [
    (BootstrapState, "runId", " ", " ", 1),
    (BootstrapState, "teamName", " demo ", "demo", " "),
    (BootstrapState, "ownerPid", 1e400, float("inf"), True),
    (BootstrapState, "phase", "", "", 1),
    (BootstrapState, "realTaskSubmissionState", "submitted", "submitted", "Submitted"),
    (MemberRecord, "name", "\ufeffbob", "bob", "\ufeff"),
    (MemberRecord, "status", "registered", "registered", "running"),
    (MemberRecord, "failureReason", " exit 1", "exit 1", ""),
    (TerminalRecord, "status", "partial_success", "partial_success", "success"),
    (LockRecord, "pid", 4242.5, 4242.5, 1e400),
    (LockRecord, "runId", " run ", "run", " "),
    (LockRecord, "ownerStartedAt", -1, -1, "2023"),
    (LockRecord, "createdAt", 0, 0, None),
]


def field_of(cls: type, key: str) -> Any:
    (name,) = (name for name, place in placed_fields(cls).items() if place.key == key)
    return name


def read(cls: type, raw: dict[str, Any]) -> Any:
    elsewhere = ((), 0, TerminalRecord()) if cls is BootstrapState else ()
    return reader_of(cls)(raw, *elsewhere)


@pytest.mark.parametrize(("cls", "key", "value", "carried", "other"), FIELDS)
def test_a_field_is_carried_when_it_has_its_type(
    cls: type, key: str, value: Any, carried: Any, other: Any
) -> None:
    name = field_of(cls, key)

    assert carried == getattr(read(cls, {key: value}), name)
    assert None is getattr(read(cls, {key: other}), name)
    assert None is getattr(read(cls, {}), name)


@pytest.mark.parametrize(
    ("cls", "key"),
    [
        (BootstrapState, "startedAt"),
        (BootstrapState, "updatedAt"),
        (MemberRecord, "lastAttemptAt"),
        (MemberRecord, "lastObservedAt"),
        (TerminalRecord, "finishedAt"),
    ],
)
@pytest.mark.parametrize("value", [0, -1, "", "2023", 1e300, True, []])
def test_a_time_is_carried_as_it_stands(cls: type, key: str, value: Any) -> None:
    assert value is getattr(read(cls, {key: value}), field_of(cls, key))


@pytest.mark.parametrize(
    ("cls", "key", "alias"),
    [
        (BootstrapState, "realTaskSubmissionState", RealTaskSubmission),
        (MemberRecord, "status", MemberStatus),
        (TerminalRecord, "status", TerminalStatus),
    ],
)
def test_every_word_of_an_enumerated_field_is_carried(cls: type, key: str, alias: object) -> None:
    for word in values(alias):
        assert word == getattr(read(cls, {key: word}), field_of(cls, key))


def test_a_record_of_nothing_says_nothing() -> None:
    assert BootstrapState() == read(BootstrapState, {})
    assert MemberRecord() == read(MemberRecord, {})
    assert TerminalRecord() == read(TerminalRecord, {})
    assert LockRecord() == read(LockRecord, {})

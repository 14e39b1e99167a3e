"""The bootstrap's records: which key carries what, and which type it must have."""

from __future__ import annotations

from typing import Any

import pytest

from launchfsm.records.bootstrap import (
    BootstrapState,
    MemberRecord,
    TerminalRecord,
    parse_state_document,
    state_findings,
    state_of,
)
from launchfsm.records.documents import ABSENT, DocumentFault, parse_document
from launchfsm.records.fields import placed_fields, reader_of
from launchfsm.records.journal import journal_findings
from launchfsm.records.lock import LOCK, LockRecord
from launchfsm.system.files import ReadProblem
from launchfsm.vocabulary import MemberStatus, RealTaskSubmission, TerminalStatus, values

ABSENT_FILE = ReadProblem("absent", "there is no such file")
LINK = ReadProblem("not_regular", "it is a symbolic link")


def texts(findings: Any) -> list[str]:
    return [finding.text() for finding in findings]


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
    return reader_of(cls)(raw)


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
def test_a_time_is_carried_as_it_stands(cls: type, key: str) -> None:
    values: list[Any] = [0, -1, "", "2023", 1e300, True, []]
    for value in values:
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


# -- The document ----

# bytes or what stands there, the fault, what a finding says of it
STATES: list[tuple[bytes | ReadProblem, DocumentFault | None, str]] = [
    (b'{"version": 1}', None, ""),
    (b'{"version": 1.0, "x": NaN}', "invalid", "line 1"),
    (b'{"version": 1.0}', None, ""),
    (b' {"version": 2, "version": 1} \n', None, ""),
    (b"null", "invalid", "it says null"),
    (b"", "invalid", "line 1"),
    (b"\xef\xbb\xbf{}", "invalid", "byte-order mark"),
    ('{"version": 1}'.encode("utf-16"), "invalid", "it is UTF-16"),
    ('{"version": 1}'.encode("utf-16-le"), "invalid", "it is UTF-16"),
    ('{"version": 1}'.encode("utf-16-be"), "invalid", "it is UTF-16"),
    (b'{"version": true}', "unsupported_version", "its version is true"),
    (b'{"version": "1"}', "unsupported_version", "its version is '1'"),
    (b'{"version": 2}', "unsupported_version", "its version is 2"),
    (b'{"version": null}', "unsupported_version", "its version is null"),
    (b"{}", "unsupported_version", "its version is null"),
    (b"[1]", "unsupported_version", "its version is null"),
    (b"false", "unsupported_version", "its version is null"),
    (b"1", "unsupported_version", "its version is null"),
    (LINK, "not_regular", "it is a symbolic link"),
    (ReadProblem("oversized", "it is long"), "oversized", "it is long"),
    (ReadProblem("invalid", "Input/output error"), "invalid", "Input/output error"),
]


@pytest.mark.parametrize(("read", "fault", "detail"), STATES)
def test_a_state_is_version_1_or_unreadable(
    read: bytes | ReadProblem, fault: DocumentFault | None, detail: str
) -> None:
    document = parse_state_document(read)

    assert fault == document.fault
    assert (fault is None) == (document.value is not None)
    assert detail in document.detail
    if fault is not None:
        expected = "a readable version 1 document"
        assert [f"bootstrap-state.json: $: expected {expected}, got {document.detail}"] == texts(
            state_findings(document)
        )


def test_what_is_absent_is_neither_a_fault_nor_a_finding() -> None:
    assert ABSENT == parse_state_document(ABSENT_FILE) == parse_document(ABSENT_FILE)
    assert [] == list(state_findings(ABSENT))
    assert [] == list(LOCK.findings(ABSENT))
    assert [] == list(journal_findings(ABSENT_FILE))


# members, the records that are read of them
MEMBERS = [
    ([], []),
    ([{"name": "bob"}], [MemberRecord(name="bob")]),
    ([1, None, [], "bob", {}, {"name": 1}, {"status": "failed"}], []),
    ([{"name": " ", "status": "failed"}], [MemberRecord(status="failed")]),
    ({"0": {"name": "bob"}}, []),
    (None, []),
    ("bob", []),
]


@pytest.mark.parametrize(("members", "records"), MEMBERS)
def test_members_are_the_objects_of_a_list_that_have_a_text_for_a_name(
    members: Any, records: list[MemberRecord]
) -> None:
    state = state_of({"version": 1, "members": members})

    assert tuple(records) == state.members
    assert (len(members) if isinstance(members, list) else 0) == state.listed


@pytest.mark.parametrize("terminal", [None, 1, "failed", [], ["failed"], {}, {"status": 1}])
def test_a_terminal_that_says_nothing_is_none(terminal: Any) -> None:
    assert TerminalRecord() == state_of({"version": 1, "terminal": terminal}).terminal


def test_a_terminal_says_its_status() -> None:
    state = state_of({"version": 1, "terminal": {"status": "canceled", "finishedAt": 1}})

    assert "canceled" == state.terminal.status


def test_every_field_of_a_state_can_be_found_wanting() -> None:
    document = parse_state_document(
        b"""{"version": 1, "runId": 1, "ownerPid": "4242", "updatedAt": 0, "terminal": [],
             "realTaskSubmissionState": "perhaps",
             "members": [{"name": "bob", "status": "failed"}, 5, {"status": 1}, {"name": " "}]}"""
    )

    assert [
        "$.runId: expected a text, got 1",
        "$.ownerPid: expected a number, got '4242'",
        "$.updatedAt: expected a text, or a number of ms above 0 that has a date, got 0",
        (
            "$.realTaskSubmissionState: expected one of not_submitted, submitted, unknown,"
            " got 'perhaps'"
        ),
        "$.terminal: expected an object, got a list of 0",
        "$.members[1]: expected an object, got 5",
        "$.members[2].name: expected a text that is not blank, got nothing",
        (
            "$.members[2].status: expected one of spawn_started, registered, runtime_alive,"
            " bootstrap_confirmed, failed, pending, skipped, got 1"
        ),
        "$.members[3].name: expected a text that is not blank, got ' '",
    ] == [text.removeprefix("bootstrap-state.json: ") for text in texts(state_findings(document))]


@pytest.mark.parametrize("members", ["bob", {}, True, 1])
def test_members_that_are_no_list_are_found(members: Any) -> None:
    document = parse_document(b'{"version": 1}')
    document.value["members"] = members

    assert ["$.members"] == [finding.path for finding in state_findings(document)]

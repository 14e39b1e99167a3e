"""From bytes to records, and what was wrong on the way."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from launchfsm.ecma.text import trim
from launchfsm.records.bootstrap import MemberRecord, TerminalRecord
from launchfsm.records.documents import (
    ABSENT,
    BOUNDS,
    DocumentFault,
    journal_findings,
    journal_of,
    lock_findings,
    lock_of,
    parse_document,
    parse_state_document,
    read_team,
    state_findings,
    state_of,
)
from launchfsm.system.files import ReadProblem
from launchfsm.testing.folders import TeamFolder
from launchfsm.testing.strategies import journals, lock_records, team_folders

if TYPE_CHECKING:
    from pathlib import Path

ABSENT_FILE = ReadProblem("absent", "there is no such file")
NO_FOLDER = ReadProblem("absent", "there is no such folder")
LINKED = ReadProblem("not_regular", "the team's folder is a link, or no folder at all")
LINK = ReadProblem("not_regular", "it is a symbolic link")


def texts(findings: Any) -> list[str]:
    return [finding.text() for finding in findings]


# -- Reading ---------------------------------------------------------------------------------------


def test_each_file_of_a_team_has_its_place_and_its_bound(tmp_path: Path) -> None:
    folder = TeamFolder(state=b"state", journal=b"journal", lock=b"lock", launch=b"launch")
    files = read_team(str(folder.write(tmp_path)))

    assert (b"state", b"journal", b"lock", b"launch") == (
        files.state,
        files.journal,
        files.lock,
        files.launch,
    )
    assert {
        "bootstrap-state.json": 262_144,
        "bootstrap-journal.jsonl": 262_144,
        ".bootstrap.lock/metadata.json": 65_536,
        "launch-state.json": 262_144,
    } == BOUNDS


@pytest.mark.parametrize("name", BOUNDS)
def test_a_file_at_its_bound_is_read_and_one_byte_more_is_too_much(
    name: str, tmp_path: Path
) -> None:
    path = tmp_path / name
    path.parent.mkdir(exist_ok=True)
    field = {"s": "state", "j": "journal", ".": "lock", "l": "launch"}[
        name[10] if name.startswith("b") else name[0]
    ]

    outcomes = []
    for size in (BOUNDS[name], BOUNDS[name] + 1):
        path.write_bytes(b" " * size)
        read = getattr(read_team(str(tmp_path)), field)
        outcomes.append(read.outcome if isinstance(read, ReadProblem) else len(read))
    assert [BOUNDS[name], "oversized"] == outcomes


def test_a_folder_that_is_not_there_has_no_files(tmp_path: Path) -> None:
    files = read_team(str(tmp_path / "nobody"))

    assert [NO_FOLDER] * 4 == [files.state, files.journal, files.lock, files.launch]


def test_nothing_is_read_through_a_link_in_a_folders_place(tmp_path: Path) -> None:
    (tmp_path / "real/.bootstrap.lock").mkdir(parents=True)
    (tmp_path / "real/.bootstrap.lock/metadata.json").write_text("{}")
    (tmp_path / "team").symlink_to("real")
    (tmp_path / "other").mkdir()
    (tmp_path / "other/.bootstrap.lock").symlink_to("../real/.bootstrap.lock")

    assert LINKED == read_team(str(tmp_path / "team")).lock
    lock = read_team(str(tmp_path / "other")).lock
    assert isinstance(lock, ReadProblem)
    assert "not_regular" == lock.outcome


def test_a_journal_in_utf_16_is_one_finding() -> None:
    found = list(journal_findings('{"type": "phase"}\n'.encode("utf-16") * 5))

    assert [("$", "it is UTF-16: save it as UTF-8")] == [(one.path, one.got) for one in found]
    assert [] == list(journal_findings(b'\xef\xbb\xbf{"type": "phase"}\n'))


# -- The state -------------------------------------------------------------------------------------

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
    assert [] == list(lock_findings(ABSENT))
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
        (
            "$.members[2].status: expected one of spawn_started, registered, runtime_alive,"
            " bootstrap_confirmed, failed, pending, got 1"
        ),
        "$.members[2].name: expected a text that is not blank, got nothing",
        "$.members[3].name: expected a text that is not blank, got ' '",
    ] == [text.removeprefix("bootstrap-state.json: ") for text in texts(state_findings(document))]


@pytest.mark.parametrize("members", ["bob", {}, True, 1])
def test_members_that_are_no_list_are_found(members: Any) -> None:
    document = parse_document(b'{"version": 1}')
    document.value["members"] = members

    assert ["$.members"] == [finding.path for finding in state_findings(document)]


# -- The lock --------------------------------------------------------------------------------------

# a lock, whether it is usable, the paths of what is found
LOCKS = [
    (b'{"pid": 4242, "runId": " r "}', True, []),
    (b'{"pid": 0.5, "runId": "r"}', True, []),
    (b'{"pid": 0, "runId": "r"}', False, ["$.pid"]),
    (b'{"pid": -1, "runId": "r"}', False, ["$.pid"]),
    (b'{"pid": 1e400, "runId": "r"}', False, ["$.pid"]),
    (b'{"pid": true, "runId": "r"}', False, ["$.pid"]),
    (b'{"pid": "4242", "runId": "r"}', False, ["$.pid"]),
    (b'{"pid": 4242, "runId": " "}', False, ["$.runId"]),
    (b'{"pid": 4242, "runId": 5}', False, ["$.runId"]),
    (b'{"pid": 4242}', False, ["$.runId"]),
    (b'{"runId": "r"}', False, ["$.pid"]),
    (b"{}", False, ["$.pid", "$.runId"]),
    (b'{"pid": 4242, "runId": "r", "ownerStartedAt": "now"}', True, ["$.ownerStartedAt"]),
    (b"[4242]", False, ["$"]),
    (b"null", False, ["$"]),
    (b"{", False, ["$"]),
    (LINK, False, ["$"]),
]


@pytest.mark.parametrize(("read", "usable", "paths"), LOCKS)
def test_a_lock_is_usable_with_a_pid_and_a_run(
    *, read: bytes | ReadProblem, usable: bool, paths: list[str]
) -> None:
    document = parse_document(read)

    assert usable == (lock_of(document) is not None)
    assert paths == [finding.path for finding in lock_findings(document)]


def test_a_lock_tells_who_holds_it() -> None:
    lock = lock_of(parse_document(b'{"pid": 4242.0, "runId": " r ", "ownerStartedAt": -5}'))

    assert lock is not None
    assert (4242, "r", -5) == (lock.pid, lock.run_id, lock.owner_started_at)


@given(lock=lock_records(damaged=True))
def test_a_lock_that_is_not_usable_is_found(lock: dict[str, Any]) -> None:
    document = attrs_document(lock)

    assert lock_of(document) is not None or list(lock_findings(document))


def attrs_document(value: Any) -> Any:
    document = parse_document(b"{}")
    document.value.update(value)
    return document


# -- The journal -----------------------------------------------------------------------------------


def phases(data: bytes, recent: int = 3) -> list[str | None]:
    return [record.phase for record in journal_of(data, recent).records]


def line(phase: str) -> bytes:
    return b'{"type": "phase", "phase": "%s"}' % phase.encode()


# a journal, the phases of its last records, how many lines count
JOURNALS = [
    (b"", [], 0),
    (b"\n \n\t\r\n", [], 0),
    (line("a"), ["a"], 1),
    (line("a") + b"\n" + line("b") + b"\n", ["a", "b"], 2),
    (b"\n".join(map(line, "abcd")), ["b", "c", "d"], 3),
    (b"\r\n\r\n".join(map(line, "abcd")) + b"\r\n\n \n", ["b", "c", "d"], 3),
    (line("a") + b"\n \n" * 9 + line("b") + b" \t\x0b\n\r\n" * 9, ["a", "b"], 2),
    (b"\n \n" * 9 + line("a") + b"\n\xc2\xa0\n\n", ["a"], 1),
    (line("a") + b"\nnot json\nnull\n[1]\n", [], 3),
    (line("a") + b"\nnot json\n" + line("c"), ["a", "c"], 3),
    (line("a") + b"\n" + line("b")[:-1], ["a"], 2),
    (b"\xef\xbb\xbf" + line("a") + b"\n\xc2\xa0" + line("b") + b"\xe2\x80\xa8", ["a", "b"], 2),
    (line("a") + b"\x85\n", [], 1),  # U+0085 is no white space to ECMAScript
    (line("a") + b"\x0b" + line("b"), [], 1),
    (line("a") + b"\r" + line("b"), [], 1),  # lines end at "\n" alone
    (b"\xff\n" + line("\N{SNOWMAN}"), ["\N{SNOWMAN}"], 2),
    (b'{"type": "phase", "phase": "\xff"}', ["\ufffd"], 1),
    (b"0\n" + b'{"phase": "a", "phase": "b"}', ["b"], 2),
]


@pytest.mark.parametrize(("data", "found", "lines"), JOURNALS)
def test_the_last_lines_of_a_journal_count(data: bytes, found: list[str], lines: int) -> None:
    assert found == phases(data)
    assert lines == journal_of(data, 3).lines


def test_how_many_lines_count_is_for_the_policy() -> None:
    data = b"\n".join(map(line, "abcd"))

    assert [[], ["d"], ["a", "b", "c", "d"]] == [phases(data, recent) for recent in (0, 1, 9)]


@given(data=journals(damaged=True) | st.binary(max_size=60), recent=st.integers(0, 4))
def test_the_last_lines_are_those_of_the_page(data: bytes, recent: int) -> None:
    """§9, said plainly: split at line feeds, trimmed, blank ones dropped, the last ones."""
    lines = [trim(text) for text in data.decode("utf-8", "replace").split("\n")]
    last = [text for text in lines if text][-recent:] if recent else []

    assert len(last) == journal_of(data, recent).lines
    assert journal_of("\n".join(last).encode(), recent).records == journal_of(data, recent).records


def test_a_long_journal_costs_no_more_than_its_last_lines() -> None:
    """Only they are decoded: a line before them may be anything."""
    data = b"\xff" * 100_000 + b"\n" + line("a")

    assert ["a"] == phases(data, 1)


def test_every_line_of_a_journal_can_be_found_wanting() -> None:
    data = b'{"type": "nap"}\n\nnot json\n[1]\n{"type": "lock", "action": 1}\n'

    assert [
        ("line 1: $.type: expected one of phase, lock, member, terminal, real_task, got 'nap'"),
        ("line 3: $: expected a JSON object, got Expecting value at line 1, column 1 (offset 0)"),
        "line 4: $: expected an object, got a list of 1",
        "line 5: $.action: expected a text, got 1",
    ] == [text.removeprefix("bootstrap-journal.jsonl: ") for text in texts(journal_findings(data))]


def test_a_journal_that_cannot_be_read_is_found() -> None:
    assert [
        "bootstrap-journal.jsonl: $: expected a readable journal, got it is a symbolic link"
    ] == texts(journal_findings(LINK))


@given(folder=team_folders(damaged=True))
def test_a_document_is_usable_or_absent_or_has_a_fault(folder: TeamFolder) -> None:
    for read in (folder.files().state, folder.files().lock, folder.files().launch):
        document = parse_document(read)
        absent = isinstance(read, ReadProblem) and read.outcome == "absent"

        assert 1 == sum((absent, document.fault is not None, document.value is not None))
        assert bool(document.detail) == (document.fault is not None)

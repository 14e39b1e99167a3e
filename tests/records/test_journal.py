"""The journal: its last lines, and what is wrong with any of them."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from launchfsm.ecma.text import trim
from launchfsm.records.documents import parse_document
from launchfsm.records.journal import journal_findings, last_records, parse_journal
from launchfsm.system.files import ReadProblem
from launchfsm.testing.strategies import journals, team_folders

if TYPE_CHECKING:
    from launchfsm.testing.folders import TeamFolder

LINK = ReadProblem("not_regular", "it is a symbolic link")


def texts(findings: Any) -> list[str]:
    return [finding.text() for finding in findings]


def phases(data: bytes, recent: int = 3) -> list[str | None]:
    return [record.phase for record in last_records(data, recent)[0]]


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
    assert lines == last_records(data, 3)[1]


def test_how_many_lines_count_is_for_the_policy() -> None:
    data = b"\n".join(map(line, "abcd"))

    assert [[], ["d"], ["a", "b", "c", "d"]] == [phases(data, recent) for recent in (0, 1, 9)]


@given(data=journals(damaged=True) | st.binary(max_size=60), recent=st.integers(0, 4))
def test_the_last_lines_are_those_of_the_page(data: bytes, recent: int) -> None:
    """§9, said plainly: split at line feeds, trimmed, blank ones dropped, the last ones."""
    lines = [trim(text) for text in data.decode("utf-8", "replace").split("\n")]
    last = [text for text in lines if text][-recent:] if recent else []

    assert len(last) == last_records(data, recent)[1]
    assert last_records("\n".join(last).encode(), recent) == last_records(data, recent)


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


def test_a_journal_in_utf_16_is_one_finding() -> None:
    found = list(journal_findings('{"type": "phase"}\n'.encode("utf-16") * 5))

    assert [("$", "it is UTF-16: save it as UTF-8")] == [(one.path, one.got) for one in found]
    assert [] == list(journal_findings(b'\xef\xbb\xbf{"type": "phase"}\n'))


@pytest.mark.parametrize("data", [b"\0", b"\0" * 4096])
def test_the_zeros_that_a_power_cut_leaves_are_no_utf_16(data: bytes) -> None:
    assert ["line 1: $"] == [found.path for found in journal_findings(data)]


def test_two_times_that_no_clock_tells_have_no_duration() -> None:
    lines = [{"ts": ts, "type": "phase", "phase": "creating_team"} for ts in (-1.7e308, 1.7e308)]

    (run,) = parse_journal("".join(f"{json.dumps(line)}\n" for line in lines).encode()).runs

    assert run.duration is None

"""The journal as it is written: no earlier line is ever lost, no reader ever locked out."""

from __future__ import annotations

import errno
import json
import os
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from launchfsm.launcher import journal
from launchfsm.launcher.journal import last_lines, repaired_tail
from launchfsm.records.documents import JOURNAL_FILE, LARGEST_FILE
from launchfsm.system.files import FILE_SYSTEM, FileSystem
from launchfsm.system.folders import open_folder
from launchfsm.testing import FaultyFileSystem, InjectedFault

Record = dict[str, Any]

RECORDS = st.dictionaries(st.text(max_size=5), st.text(max_size=20) | st.integers(), min_size=1)


def repair(folder: Path, filesystem: FileSystem = FILE_SYSTEM) -> None:
    with open_folder(str(folder), filesystem=filesystem) as team:
        journal.repair(team)


def append(
    folder: Path,
    records: list[Record],
    filesystem: FileSystem = FILE_SYSTEM,
    *,
    durable: bool = False,
) -> int:
    with open_folder(str(folder), filesystem=filesystem) as team:
        return journal.append(team, records, durable=durable)


def take_back(folder: Path, start: int) -> None:
    with open_folder(str(folder)) as team:
        journal.take_back(team, start)


def contents(folder: Path) -> bytes:
    return (folder / JOURNAL_FILE).read_bytes()


def put(folder: Path, data: bytes) -> None:
    (folder / JOURNAL_FILE).write_bytes(data)


def records(folder: Path) -> list[Record]:
    return [json.loads(line) for line in contents(folder).split(b"\n") if line]


def numbered(first: int, count: int) -> list[Record]:
    return [{"n": number, "text": "x" * 80} for number in range(first, first + count)]


# -- Appending -------------------------------------------------------------------------------------


def test_a_record_is_one_line_written_at_once(tmp_path: Path) -> None:
    filesystem = FaultyFileSystem()

    append(tmp_path, [{"a": 1}, {"b": "two\nlines"}], filesystem, durable=True)

    assert contents(tmp_path) == b'{"a":1}\n{"b":"two\\nlines"}\n'
    writes = [call.arguments[1] for call in filesystem.calls if call.method == "write"]
    assert writes == [b'{"a":1}\n', b'{"b":"two\\nlines"}\n']


@pytest.mark.parametrize(("durable", "syncs"), [(True, 2), (False, 0)])
def test_an_append_waits_for_the_disk_when_told_to(
    tmp_path: Path, syncs: int, *, durable: bool
) -> None:
    put(tmp_path, b'{"a":1}\n')
    filesystem = FaultyFileSystem()

    append(tmp_path, [{"b": 2}, {"c": 3}], filesystem, durable=durable)

    assert [call.method for call in filesystem.calls].count("fsync") == syncs


def test_what_was_appended_can_be_taken_back(tmp_path: Path) -> None:
    append(tmp_path, [{"a": 1}])
    start = append(tmp_path, [{"b": 2}, {"c": 3}])

    take_back(tmp_path, start)

    assert contents(tmp_path) == b'{"a":1}\n'


def test_taking_back_never_makes_a_journal_longer(tmp_path: Path) -> None:
    put(tmp_path, b'{"a":1}\n')

    take_back(tmp_path, 1000)

    assert contents(tmp_path) == b'{"a":1}\n'


@pytest.mark.parametrize("code", [errno.ENOSPC, errno.EROFS, errno.EIO])
@pytest.mark.parametrize("before", [b"", b'{"a":1}\n'])
@pytest.mark.parametrize("written", [0, 5])
def test_whichever_call_fails_all_records_are_appended_or_none(
    tmp_path: Path, code: int, before: bytes, written: int
) -> None:
    for at in range(1, 60):
        folder = tmp_path / str(at)
        folder.mkdir()
        if before:
            put(folder, before)
        filesystem = FaultyFileSystem(InjectedFault(code, at=at, written=written))
        try:
            append(folder, [{"b": 2}, {"c": 3}], filesystem, durable=True)
        except OSError as error:
            assert error.errno in {code, errno.EIO}  # noqa: PT017 - the files are asserted below
            path = folder / JOURNAL_FILE
            assert (path.read_bytes() if path.exists() else b"") == before
        else:
            assert contents(folder) == before + b'{"b":2}\n{"c":3}\n'
        if at > len(filesystem.calls):
            return
    pytest.fail("no end of calls")


# -- Repair ----------------------------------------------------------------------------------------


@settings(deadline=None)  # it uses a disk
@given(st.lists(RECORDS), RECORDS, st.data())
def test_a_line_that_a_crash_tore_is_repaired_without_losing_an_earlier_one(
    earlier: list[Record], last: Record, data: st.DataObject
) -> None:
    whole = b"".join(json.dumps(record).encode() + b"\n" for record in earlier)
    line = json.dumps(last).encode() + b"\n"
    torn = line[: data.draw(st.integers(min_value=0, max_value=len(line)), label="torn at")]
    with TemporaryDirectory() as name:
        folder = Path(name)
        put(folder, whole + torn)

        repair(folder)
        after = contents(folder)
        append(folder, [{"next": 1}])

        complete = torn.rstrip(b"\n") == line.rstrip(b"\n")
        assert after == (whole + line if complete else whole)
        assert records(folder) == [*earlier, *([last] if complete else []), {"next": 1}]


@given(st.binary(max_size=60))
def test_a_repaired_journal_ends_with_a_whole_line_and_needs_no_more_repair(data: bytes) -> None:
    repaired = repaired_tail(data)

    assert repaired == b"" or repaired.endswith(b"\n")
    assert repaired == repaired_tail(repaired)
    assert repaired.startswith(data[: data.rfind(b"\n") + 1])


@pytest.mark.parametrize(
    "torn", [b"\0" * 4096, b'{"a":1', b"[1]", b"12", b"null", "é".encode()[:1], b" "]
)
def test_what_is_no_record_is_no_whole_line(torn: bytes) -> None:
    assert repaired_tail(b'{"a":1}\n' + torn) == b'{"a":1}\n'


@pytest.mark.parametrize("at", range(1, 8))
def test_a_journal_that_seems_to_be_gone_for_a_moment_is_repaired_or_said_not_to_be(
    tmp_path: Path, at: int
) -> None:
    """A record appended to its torn last line would be no record."""
    (tmp_path / JOURNAL_FILE).write_bytes(b'{"a":1}\n{"b"')
    filesystem = FaultyFileSystem(InjectedFault(errno.ENOENT, at=at))

    try:
        repair(tmp_path, filesystem)
    except FileNotFoundError:
        assert contents(tmp_path) == b'{"a":1}\n{"b"'
    else:
        assert contents(tmp_path) == b'{"a":1}\n'


def test_a_whole_journal_is_not_even_touched(tmp_path: Path) -> None:
    put(tmp_path, b'{"a":1}\nnot a record, but a line\n')
    filesystem = FaultyFileSystem()

    repair(tmp_path, filesystem)

    methods = [call.method for call in filesystem.calls]
    assert methods == ["open", "listdir", "lstat", "open", "fstat", "pread", "close", "close"]


def test_a_journal_with_another_name_is_copied_so_that_the_other_stays_as_it_is(
    tmp_path: Path,
) -> None:
    put(tmp_path, b'{"a":1}\n')
    other = tmp_path / "backup"
    other.hardlink_to(tmp_path / JOURNAL_FILE)

    repair(tmp_path)
    append(tmp_path, [{"b": 2}])

    assert other.read_bytes() == b'{"a":1}\n'
    assert records(tmp_path) == [{"a": 1}, {"b": 2}]


def test_there_need_not_be_a_journal_to_repair(tmp_path: Path) -> None:
    repair(tmp_path)

    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("torn", [b"", b'{"torn', b'{"t":"' + b"x" * 200_000])
def test_a_journal_that_readers_refuse_is_cut_to_its_last_lines(
    tmp_path: Path, torn: bytes
) -> None:
    put(
        tmp_path,
        b"".join(json.dumps(record).encode() + b"\n" for record in numbered(0, 4000)) + torn,
    )

    repair(tmp_path)

    assert 0 < len(contents(tmp_path)) <= LARGEST_FILE
    kept = records(tmp_path)
    assert kept == numbered(4000 - len(kept), len(kept))


def test_one_endless_line_is_no_journal(tmp_path: Path) -> None:
    put(tmp_path, b"x" * (LARGEST_FILE * 2))

    repair(tmp_path)

    assert contents(tmp_path) == b""


@pytest.mark.parametrize("kind", ["folder", "link", "fifo"])
def test_what_is_no_regular_file_is_refused_at_once(tmp_path: Path, kind: str) -> None:
    path = tmp_path / JOURNAL_FILE
    if kind == "folder":
        path.mkdir()
    elif kind == "link":
        path.symlink_to(tmp_path / "elsewhere")
        (tmp_path / "elsewhere").write_text("")
    else:
        os.mkfifo(path)

    with pytest.raises(OSError, match=JOURNAL_FILE):
        repair(tmp_path)
    with pytest.raises(OSError, match=JOURNAL_FILE):
        append(tmp_path, [{"a": 1}])


# -- Rotation --------------------------------------------------------------------------------------


def test_a_journal_stays_readable_and_keeps_its_latest_records_however_long_a_run_is(
    tmp_path: Path,
) -> None:
    written = 0
    for _ in range(90):
        append(tmp_path, numbered(written, 100))
        written += 100

        assert len(contents(tmp_path)) <= LARGEST_FILE
        kept = records(tmp_path)
        assert kept == numbered(written - len(kept), len(kept))
        assert len(contents(tmp_path)) > LARGEST_FILE // 2 - 20_000 or len(kept) == written


def test_the_last_byte_that_readers_take_is_used(tmp_path: Path) -> None:
    line = b'{"a":1}\n'
    put(tmp_path, b"x" * (LARGEST_FILE - 2 * len(line) - 1) + b"\n" + line)

    append(tmp_path, [{"a": 1}])
    assert len(contents(tmp_path)) == LARGEST_FILE
    append(tmp_path, [{"a": 1}])
    assert contents(tmp_path) == line * 3


def test_whichever_call_fails_while_rotating_the_latest_records_stay(tmp_path: Path) -> None:
    lines = [json.dumps(record).encode() + b"\n" for record in numbered(0, 2531)]
    full = b"".join(lines)
    assert LARGEST_FILE - 300 < len(full) <= LARGEST_FILE
    for at in range(1, 60):
        folder = tmp_path / str(at)
        folder.mkdir()
        put(folder, full)
        code = (errno.ENOSPC, errno.EIO)[at % 2]
        filesystem = FaultyFileSystem(InjectedFault(code, at=at))
        appended = 0
        try:
            append(folder, numbered(2531, 3), filesystem, durable=True)
            appended = 3
        except OSError as error:
            assert error.errno == code  # noqa: PT017 - the files are asserted below
        kept = records(folder)
        assert kept == numbered(2531 + appended - len(kept), len(kept))
        assert len(kept) > 1000
        if at > len(filesystem.calls):
            return
    pytest.fail("no end of calls")


@given(
    st.lists(st.binary(max_size=9).map(lambda text: text.replace(b"\n", b"")), max_size=9),
    st.integers(min_value=0, max_value=60),
)
def test_the_last_lines_are_whole_and_as_many_as_fit(lines: list[bytes], limit: int) -> None:
    data = b"".join(line + b"\n" for line in lines)

    found = last_lines(data, limit)

    fitting = [b"".join(line + b"\n" for line in lines[start:]) for start in range(len(lines) + 1)]
    assert found == next(tail for tail in fitting if len(tail) <= limit)

"""Checking in: what a member says arrives, and nothing else is written anywhere."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

import pytest
from hypothesis import given
from hypothesis import strategies as st

from launchfsm.launcher import check_in
from launchfsm.launcher.check_in import CheckIn, CheckInReader, check_in_environment
from launchfsm.vocabulary import values

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path


@pytest.fixture
def launcher(monkeypatch: pytest.MonkeyPatch) -> Iterator[int]:
    """Be a member: what is checked in can be read from this descriptor."""
    reading, writing = os.pipe()
    for name, value in check_in_environment(writing).items():
        monkeypatch.setenv(name, value)
    yield reading
    os.close(reading)
    os.close(writing)


@pytest.mark.parametrize("status", values(CheckIn))
def test_what_a_member_says_arrives(launcher: int, status: CheckIn) -> None:
    assert check_in(status, detail="on  two\nlines")

    assert CheckInReader().feed(os.read(launcher, 9_999)) == [(status, "on two lines")]


def test_a_detail_is_optional_and_bounded(launcher: int) -> None:
    assert check_in("registered")
    assert check_in("failed", detail="x" * 100_000)

    assert CheckInReader().feed(os.read(launcher, 99_999)) == [
        ("registered", ""),
        ("failed", "x" * 1_000),
    ]


def test_text_that_has_no_bytes_is_no_reason_to_fail(launcher: int) -> None:
    assert check_in("failed", detail="\udcff")

    assert CheckInReader().feed(os.read(launcher, 9_999)) == [("failed", "?")]


def test_a_process_that_nobody_spawned_is_heard_by_nobody(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("LAUNCHFSM_CHECK_IN", raising=False)
    assert not check_in("registered")
    monkeypatch.setenv("LAUNCHFSM_CHECK_IN", "no number")
    monkeypatch.setenv("LAUNCHFSM_CHECK_IN_PIPE", "1:1")
    assert not check_in("registered")
    monkeypatch.setenv("LAUNCHFSM_CHECK_IN", "/dev/fd/999999")
    assert not check_in("registered")


def test_nothing_is_written_to_a_file_that_happens_to_have_the_pipes_number(
    launcher: int, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    with (tmp_path / "precious").open("wb") as file:
        monkeypatch.setenv("LAUNCHFSM_CHECK_IN", f"/dev/fd/{file.fileno()}")

        assert not check_in("registered")

    assert (tmp_path / "precious").read_bytes() == b""
    os.set_blocking(launcher, False)
    with pytest.raises(BlockingIOError):
        os.read(launcher, 1)


def test_a_launcher_that_is_gone_hears_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    reading, writing = os.pipe()
    for name, value in check_in_environment(writing).items():
        monkeypatch.setenv(name, value)
    os.close(reading)

    assert not check_in("registered")
    os.close(writing)


def test_a_word_that_says_nothing_is_a_mistake() -> None:
    with pytest.raises(ValueError, match="registered, runtime_alive, bootstrap_confirmed, failed"):
        check_in("alive")  # type: ignore[arg-type]  # on purpose


@given(st.lists(st.binary(max_size=9)))
def test_whatever_arrives_in_whatever_pieces_is_read_without_an_error(pieces: list[bytes]) -> None:
    reader, whole = CheckInReader(), CheckInReader()

    found = [report for piece in pieces for report in reader.feed(piece)]

    assert found == whole.feed(b"".join(pieces))


@given(st.lists(st.sampled_from(values(CheckIn))), st.integers(min_value=1, max_value=30))
def test_reports_survive_being_cut_into_pieces(statuses: list[CheckIn], size: int) -> None:
    data = "".join(f"{status} why\n" for status in statuses).encode()
    reader = CheckInReader()
    pieces = [data[start : start + size] for start in range(0, len(data), size)]

    assert [report for piece in pieces for report in reader.feed(piece)] == [
        (status, "why") for status in statuses
    ]


def test_an_endless_line_takes_no_memory_and_ends_at_its_end() -> None:
    reader = CheckInReader()
    for _ in range(100):
        assert reader.feed(b"registered " * 1_000) == []
    assert len(reader._rest) <= 4_096

    assert reader.feed(b"\nbootstrap_confirmed\n") == [("bootstrap_confirmed", "")]

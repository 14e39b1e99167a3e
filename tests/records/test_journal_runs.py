"""The journal as runs: phases, members and their attempts, from records as writers write them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from launchfsm import TeamNameError, read_journal
from launchfsm.records.journal import Journal, parse_journal
from launchfsm.system.files import FileEnd
from launchfsm.testing.strategies import (
    ExampleJournal,
    hostile_bytes,
    journal_records,
    journal_runs,
)
from tests.audit.teams import BEGAN, finished, journal, member, phase, record, terminal

if TYPE_CHECKING:
    from pathlib import Path

SECOND = 1_000


def of(*records: dict[str, Any]) -> Journal:
    """The journal of records that are a second apart."""
    return parse_journal(journal(records))


def attempts(*actions: str) -> list[tuple[str, float | None, float | None]]:
    """The attempts of ada: outcome, and seconds from the first record on of beginning and end."""
    (run,) = of(*(member("ada", action) for action in actions)).runs
    return [
        (one.outcome, _since(one.began_at), _since(one.ended_at))
        for one in run.members["ada"].attempts
    ]


def _since(moment: float | None) -> float | None:
    return None if moment is None else (moment - BEGAN) / SECOND


def test_a_finished_run_tells_when_everything_began_and_ended() -> None:
    (run,) = of(*finished()).runs

    assert ("run-1", "completed", True, 0) == (run.id, run.status, run.ended, run.place)
    assert (0, 13, 14) == tuple(map(_since, (run.began_at, run.ended_at, run.written_at)))
    assert 13 * SECOND == run.duration
    spawning = run.phases[4]
    assert ("spawning_members", 5, 11) == (
        spawning.phase,
        _since(spawning.began_at),
        _since(spawning.ended_at),
    )
    ada = run.members["ada"].last
    assert (6, 8, None, 9) == tuple(
        map(_since, (ada.spawned_at, ada.registered_at, ada.alive_at, ada.ended_at))
    )
    assert (2, {}) == (run.confirmed, run.failed)


@pytest.mark.parametrize(
    ("actions", "expected"),
    [
        (("spawn_started",), [("pending", 0, None)]),
        (("spawn_started", "spawn_failed"), [("failed", 0, 1)]),
        (("registered", "bootstrap_confirmed"), [("confirmed", 0, 1)]),
        # a retry, with and without the record that says so
        (
            ("spawn_started", "failed", "pending", "spawn_started", "bootstrap_confirmed"),
            [("failed", 0, 1), ("confirmed", 2, 4)],
        ),
        (("spawn_started", "failed", "spawn_started"), [("failed", 0, 1), ("pending", 2, None)]),
        # a confirmation stands until the member is spawned again
        (("spawn_started", "bootstrap_confirmed", "failed"), [("confirmed", 0, 1)]),
        (("spawn_started", "failed", "bootstrap_confirmed"), [("confirmed", 0, 2)]),
        (("spawn_started", "nap"), [("pending", 0, None)]),
    ],
)
def test_a_member_has_an_attempt_for_each_time_it_was_spawned(
    actions: tuple[str, ...], expected: list[tuple[str, float, float | None]]
) -> None:
    assert expected == attempts(*actions)


def test_the_cause_of_a_run_is_its_reason_or_that_of_a_member() -> None:
    failed = member("ada", "failed") | {"detail": "no such file"}
    (told,) = of(failed, terminal("failed") | {"reason": "all is lost"}).runs
    (untold,) = of(failed, terminal("failed")).runs

    assert ("all is lost", "ada: no such file") == (told.cause, untold.cause)


def test_the_run_that_wrote_last_comes_last_and_keeps_its_place() -> None:
    found = of(phase("creating_team", "one"), phase("creating_team", "two"), terminal("x", "one"))

    assert [("two", 1), ("one", 0)] == [(run.id, run.place) for run in found.runs]
    assert (True, None) == (found.runs[-1].ended, found.runs[-1].status)
    assert found.run(" one ") is found.runs[-1]
    assert found.run("three") is None


def test_records_have_the_number_of_their_line_and_other_lines_are_counted() -> None:
    data = b"\n" + journal([phase("creating_team")]) + b"torn\n" + journal([phase("completed")])
    found = parse_journal(data)

    assert [2, 4] == [record.line for record in found.records]
    assert 1 == found.unreadable


def test_of_the_end_of_a_journal_every_whole_line_counts() -> None:
    found = parse_journal(FileEnd(b'd"}\n' + journal([phase("completed")]), size=500))

    assert (True, 1, 0) == (found.cut, len(found.records), found.unreadable)


def test_a_journal_is_read_by_team_by_folder_and_by_file(tmp_path: Path) -> None:
    file = tmp_path / "demo" / "bootstrap-journal.jsonl"
    file.parent.mkdir()
    file.write_bytes(journal(finished()))

    found = [read_journal(tmp_path, "demo"), read_journal(tmp_path / "demo"), read_journal(file)]
    assert [15, 15, 15] == [len(one.records) for one in found]


def test_nothing_in_a_place_raises(tmp_path: Path) -> None:
    (tmp_path / "demo").mkdir()
    (tmp_path / "link").symlink_to(tmp_path / "demo")

    assert "there is no such file" == read_journal(tmp_path, "demo").problem
    assert "there is no such folder" == read_journal(tmp_path, "nobody").problem
    assert read_journal(tmp_path, "link").problem is not None
    with pytest.raises(TeamNameError):
        read_journal(tmp_path, "../demo")


def test_a_copy_in_a_pack_is_read_under_its_name_there(tmp_path: Path) -> None:
    (tmp_path / "bootstrap-journal.tail.jsonl").write_bytes(journal(finished()))

    assert 1 == len(read_journal(tmp_path).runs)


@given(journal_runs())
def test_the_members_of_a_legal_run_are_all_there(run: ExampleJournal) -> None:
    (found,) = parse_journal(run.data()).runs
    named = {one["name"].strip() for one in run.records if one["type"] == "member"}

    assert named - {"user", "team-lead"} == set(found.members)
    assert len(run.records) == len(found.records)


@given(hostile_bytes(journal_records(damaged=True)) | st.binary())
def test_any_bytes_are_read(data: bytes) -> None:
    found = parse_journal(data)

    assert len(found.records) == sum(len(run.records) for run in found.runs)
    assert all(run.duration is None or run.duration == run.duration for run in found.runs)


def test_records_without_a_run_are_one_run_without_a_name() -> None:
    assert [None] == [run.id for run in of(record("phase", " ", phase="x"), {"type": "lock"}).runs]

from __future__ import annotations

import json
import os
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

import pytest

from launchfsm.evaluation.watch import Watcher, has_reached
from launchfsm.system.folders import TeamNameError
from launchfsm.testing import FakeClock, FakeProcesses

if TYPE_CHECKING:
    from pathlib import Path

START = datetime(2023, 11, 14, 22, 13, 20, tzinfo=UTC)
START_MS = 1_700_000_000_000
MINUTE = timedelta(minutes=1)


@pytest.fixture
def clock() -> FakeClock:
    return FakeClock(START)


@pytest.fixture
def processes() -> FakeProcesses:
    return FakeProcesses(alive={4242})


@pytest.fixture
def watcher(tmp_path: Path, clock: FakeClock, processes: FakeProcesses) -> Watcher:
    return Watcher(tmp_path, clock=clock, processes=processes)


def write(root: Path, team: str = "demo", **state: Any) -> None:
    (root / team).mkdir(exist_ok=True)
    document = {"version": 1, "ownerPid": 4242, "updatedAt": START_MS, **state}
    (root / team / "bootstrap-state.json").write_text(json.dumps(document))


def seen(watcher: Watcher) -> list[tuple[str, str]]:
    return [(found.team, found.verdict.severity) for found in watcher.look()]


def test_the_first_look_tells_of_every_team(tmp_path: Path, watcher: Watcher) -> None:
    write(tmp_path, "one", phase="creating_team")
    write(tmp_path, "two", phase="failed")

    assert [("one", "pending"), ("two", "failed")] == seen(watcher)


def test_a_second_look_at_what_has_not_changed_tells_nothing(
    tmp_path: Path, watcher: Watcher
) -> None:
    write(tmp_path, phase="creating_team")
    watcher.look()

    assert [] == seen(watcher)


def test_what_has_not_changed_is_not_even_evaluated_again(tmp_path: Path, watcher: Watcher) -> None:
    write(tmp_path, phase="creating_team")
    watcher.look()
    (before,) = watcher.evaluations

    watcher.look()

    assert (before,) == watcher.evaluations


def test_a_file_that_changed_changes_the_verdict(tmp_path: Path, watcher: Watcher) -> None:
    write(tmp_path, phase="creating_team")
    watcher.look()

    write(tmp_path, phase="failed")

    assert [("demo", "failed")] == seen(watcher)


def test_a_process_that_died_changes_the_verdict(
    tmp_path: Path, watcher: Watcher, processes: FakeProcesses
) -> None:
    write(tmp_path, phase="creating_team")
    watcher.look()

    processes.die(4242)

    assert [("demo", "failed")] == seen(watcher)


def test_a_process_that_ended_but_was_not_reaped_changes_the_verdict(
    tmp_path: Path, watcher: Watcher, processes: FakeProcesses
) -> None:
    write(tmp_path, phase="creating_team")
    watcher.look()

    processes.die(4242, reaped=False)

    assert [("demo", "failed")] == seen(watcher)


def test_another_process_with_the_pid_changes_the_verdict(
    tmp_path: Path, watcher: Watcher, processes: FakeProcesses
) -> None:
    write(tmp_path, phase="creating_team", startedAt=START_MS)
    watcher.look()

    processes.die(4242)
    processes.start(4242, started_at=START_MS + 60_000)

    assert [("demo", "failed")] == seen(watcher)


def test_a_clock_that_was_set_back_changes_the_verdict(
    tmp_path: Path, clock: FakeClock, processes: FakeProcesses
) -> None:
    clock.advance(15 * MINUTE)
    write(tmp_path, phase="creating_team", startedAt=START_MS)
    watcher = Watcher(tmp_path, clock=clock, processes=processes)
    assert [("demo", "warning")] == seen(watcher)

    clock.jump_to(START)

    assert [("demo", "pending")] == seen(watcher)


def test_a_rewrite_that_keeps_size_and_time_changes_the_verdict(
    tmp_path: Path, watcher: Watcher
) -> None:
    write(tmp_path, phase="creating_team")
    path = tmp_path / "demo/bootstrap-state.json"
    before = path.stat()
    watcher.look()

    path.write_text(path.read_text().replace("creating_team", "failed").ljust(before.st_size))
    os.utime(path, ns=(before.st_atime_ns, before.st_mtime_ns))

    assert [("demo", "failed")] == seen(watcher)


def test_a_stop_changes_the_verdict(tmp_path: Path, watcher: Watcher) -> None:
    write(tmp_path, phase="creating_team")
    watcher.look()

    stop = {"version": 1, "teamName": "demo", "kind": "stop", "stopId": "s"}
    (tmp_path / "demo/launch-freshness.json").write_text(json.dumps(stop))

    assert [("demo", "stopped")] == seen(watcher)


def test_passing_time_alone_changes_the_verdict(
    tmp_path: Path, clock: FakeClock, processes: FakeProcesses
) -> None:
    write(tmp_path, phase="creating_team", startedAt=START_MS)
    watcher = Watcher(tmp_path, policy="default", clock=clock, processes=processes)
    watcher.look()

    clock.advance(15 * MINUTE - timedelta(milliseconds=1))
    assert [] == seen(watcher)
    clock.advance(timedelta(milliseconds=1))
    assert [("demo", "warning")] == seen(watcher)


def test_a_change_that_leaves_the_verdict_as_it_was_tells_nothing_but_is_known(
    tmp_path: Path, watcher: Watcher
) -> None:
    write(tmp_path, phase="creating_team")
    watcher.look()

    write(tmp_path, phase="creating_team", members=[{"name": "alice"}])

    assert [] == seen(watcher)
    (evaluation,) = watcher.evaluations
    assert evaluation.bootstrap_snapshot is not None
    assert ("alice",) == evaluation.bootstrap_snapshot.expected_members


def test_teams_that_come_later_are_told_and_those_that_go_are_forgotten(
    tmp_path: Path, watcher: Watcher
) -> None:
    assert [] == seen(watcher)
    write(tmp_path, phase="creating_team")
    assert [("demo", "pending")] == seen(watcher)

    (tmp_path / "demo/bootstrap-state.json").unlink()
    (tmp_path / "demo").rmdir()

    assert [] == seen(watcher)
    assert () == watcher.evaluations


def test_named_teams_alone_are_watched_even_before_they_are_there(
    tmp_path: Path, clock: FakeClock, processes: FakeProcesses
) -> None:
    write(tmp_path, "other", phase="creating_team")
    watcher = Watcher(tmp_path, ["demo"], clock=clock, processes=processes)

    assert [("demo", "unknown")] == seen(watcher)


def test_a_name_that_is_no_component_of_a_path_is_refused(tmp_path: Path) -> None:
    with pytest.raises(TeamNameError):
        Watcher(tmp_path, ["../demo"]).look()


class TestUntilDue:
    def test_without_anything_due_it_is_as_long_as_asked(
        self, tmp_path: Path, watcher: Watcher
    ) -> None:
        write(tmp_path, phase="creating_team")
        watcher.look()

        assert MINUTE == watcher.until_due(MINUTE)

    def test_it_ends_when_a_verdict_may_change(
        self, tmp_path: Path, watcher: Watcher, processes: FakeProcesses
    ) -> None:
        processes.die(4242)
        write(tmp_path, phase="creating_team")
        watcher.look()

        assert 3 * MINUTE == watcher.until_due(10 * MINUTE)

    def test_it_is_never_negative(
        self, tmp_path: Path, watcher: Watcher, clock: FakeClock, processes: FakeProcesses
    ) -> None:
        processes.die(4242)
        write(tmp_path, phase="creating_team")
        watcher.look()

        clock.advance(60 * MINUTE)

        assert timedelta(0) == watcher.until_due(MINUTE)


class TestHasReached:
    @pytest.mark.parametrize(
        ("state", "finished"),
        [
            ({"phase": "creating_team"}, False),
            ({"phase": "completed"}, True),
            ({"phase": "failed"}, True),
            ({"phase": "creating_team", "ownerPid": 31337}, True),
        ],
    )
    def test_finished_is_over_one_way_or_another(
        self, tmp_path: Path, watcher: Watcher, state: dict[str, Any], *, finished: bool
    ) -> None:
        write(tmp_path, **state)
        (evaluation,) = watcher.look()

        assert finished is has_reached(evaluation, "finished")

    def test_what_ended_with_members_pending_stays_finished_when_nobody_believes_it_any_more(
        self, tmp_path: Path, watcher: Watcher, clock: FakeClock
    ) -> None:
        members = [{"name": "bob", "status": "registered"}]
        write(tmp_path, phase="completed", terminal={"status": "completed"}, members=members)
        clock.advance(60 * MINUTE)
        (evaluation,) = watcher.look()

        assert evaluation.preferred_snapshot is None
        assert has_reached(evaluation, "finished")

    def test_what_was_never_recorded_is_not_finished(
        self, tmp_path: Path, watcher: Watcher
    ) -> None:
        (tmp_path / "demo").mkdir()
        (evaluation,) = watcher.look()

        assert not has_reached(evaluation, "finished")

    def test_a_verdict_is_reached_when_it_is_the_verdict(
        self, tmp_path: Path, watcher: Watcher
    ) -> None:
        write(tmp_path, phase="failed")
        (evaluation,) = watcher.look()

        assert has_reached(evaluation, "failed")
        assert not has_reached(evaluation, "ok")

from __future__ import annotations

import json
import os
import tracemalloc
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

import pytest

from launchfsm.decisions.verdict import VerdictSeverity
from launchfsm.evaluation.evaluator import LaunchEvaluator
from launchfsm.evaluation.watch import Watcher, can_reach, is_over
from launchfsm.system.folders import TeamNameError
from launchfsm.testing import FakeClock, FakeProcesses
from launchfsm.vocabulary import values

if TYPE_CHECKING:
    from pathlib import Path

    from launchfsm.evaluation.evaluator import Evaluation
    from launchfsm.system.processes import ProcessIdentity

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
    return Watcher(LaunchEvaluator(tmp_path, clock=clock, processes=processes))


def write(root: Path, team: str = "demo", **state: Any) -> None:
    (root / team).mkdir(exist_ok=True)
    document = {"version": 1, "ownerPid": 4242, "updatedAt": START_MS, **state}
    (root / team / "bootstrap-state.json").write_text(json.dumps(document))


def seen(watcher: Watcher, *touched: str) -> list[tuple[str, str]]:
    """The transitions of a look, each with the verdict that came of it."""
    return [
        (change.team, "none" if change.new is None else change.new.verdict)
        for change in watcher.look(touched or None)
        if change.is_transition
    ]


def look(watcher: Watcher) -> Evaluation:
    """Look, and find one team evaluated."""
    (change,) = watcher.look()
    assert change.evaluation is not None
    return change.evaluation


def test_the_first_look_tells_of_every_team(tmp_path: Path, watcher: Watcher) -> None:
    write(tmp_path, "one", phase="creating_team")
    write(tmp_path, "two", phase="failed")

    assert [("one", "pending"), ("two", "failed")] == seen(watcher)


def test_a_second_look_at_what_has_not_changed_tells_nothing(
    tmp_path: Path, watcher: Watcher
) -> None:
    write(tmp_path, phase="creating_team")
    list(watcher.look())

    assert [] == seen(watcher)


def test_what_has_not_changed_is_not_even_evaluated_again(tmp_path: Path, watcher: Watcher) -> None:
    write(tmp_path, phase="creating_team")

    assert 1 == len(list(watcher.look()))
    assert [] == list(watcher.look())


def test_a_file_that_changed_changes_the_verdict(tmp_path: Path, watcher: Watcher) -> None:
    write(tmp_path, phase="creating_team")
    list(watcher.look())

    write(tmp_path, phase="failed")

    assert [("demo", "failed")] == seen(watcher)


def test_a_process_that_died_changes_the_verdict(
    tmp_path: Path, watcher: Watcher, processes: FakeProcesses
) -> None:
    write(tmp_path, phase="creating_team")
    list(watcher.look())

    processes.die(4242)

    assert [("demo", "failed")] == seen(watcher)


def test_a_process_that_ended_but_was_not_reaped_changes_the_verdict(
    tmp_path: Path, watcher: Watcher, processes: FakeProcesses
) -> None:
    write(tmp_path, phase="creating_team")
    list(watcher.look())

    processes.die(4242, reaped=False)

    assert [("demo", "failed")] == seen(watcher)


def test_another_process_with_the_pid_changes_the_verdict(
    tmp_path: Path, watcher: Watcher, processes: FakeProcesses
) -> None:
    write(tmp_path, phase="creating_team", startedAt=START_MS)
    list(watcher.look())

    processes.die(4242)
    processes.start(4242, started_at=START_MS + 60_000)

    assert [("demo", "failed")] == seen(watcher)


def test_a_clock_that_was_set_back_changes_the_verdict(
    tmp_path: Path, clock: FakeClock, processes: FakeProcesses
) -> None:
    clock.advance(15 * MINUTE)
    write(tmp_path, phase="creating_team", startedAt=START_MS)
    watcher = Watcher(LaunchEvaluator(tmp_path, clock=clock, processes=processes))
    assert [("demo", "warning")] == seen(watcher)

    clock.jump_to(START)

    assert [("demo", "pending")] == seen(watcher)


def test_a_rewrite_that_keeps_size_and_time_changes_the_verdict(
    tmp_path: Path, watcher: Watcher
) -> None:
    write(tmp_path, phase="creating_team")
    path = tmp_path / "demo/bootstrap-state.json"
    before = path.stat()
    list(watcher.look())

    path.write_text(path.read_text().replace("creating_team", "failed").ljust(before.st_size))
    os.utime(path, ns=(before.st_atime_ns, before.st_mtime_ns))

    assert [("demo", "failed")] == seen(watcher)


def test_a_stop_changes_the_verdict(tmp_path: Path, watcher: Watcher) -> None:
    write(tmp_path, phase="creating_team")
    list(watcher.look())

    stop = {"version": 1, "teamName": "demo", "kind": "stop", "stopId": "s"}
    (tmp_path / "demo/launch-freshness.json").write_text(json.dumps(stop))

    assert [("demo", "stopped")] == seen(watcher)


def test_passing_time_alone_changes_the_verdict(
    tmp_path: Path, clock: FakeClock, processes: FakeProcesses
) -> None:
    write(tmp_path, phase="creating_team", startedAt=START_MS)
    watcher = Watcher(LaunchEvaluator(tmp_path, clock=clock, processes=processes))
    list(watcher.look())

    clock.advance(15 * MINUTE - timedelta(milliseconds=1))
    assert [] == seen(watcher)
    clock.advance(timedelta(milliseconds=1))
    assert [("demo", "warning")] == seen(watcher)


def test_a_change_that_leaves_the_verdict_as_it_was_tells_nothing_but_is_known(
    tmp_path: Path, watcher: Watcher
) -> None:
    write(tmp_path, phase="creating_team")
    list(watcher.look())

    write(tmp_path, phase="creating_team", members=[{"name": "alice"}])

    (change,) = watcher.look()
    assert not change.is_transition
    assert change.evaluation is not None
    assert change.evaluation.bootstrap_snapshot is not None
    assert ("alice",) == change.evaluation.bootstrap_snapshot.expected_members
    assert [change.new] == list(watcher.rows)


def test_teams_that_come_later_are_told_and_those_that_go_are_forgotten(
    tmp_path: Path, watcher: Watcher
) -> None:
    assert [] == seen(watcher)
    write(tmp_path, phase="creating_team")
    assert [("demo", "pending")] == seen(watcher)

    (tmp_path / "demo/bootstrap-state.json").unlink()
    (tmp_path / "demo").rmdir()

    assert [("demo", "none")] == seen(watcher)
    assert [] == list(watcher.rows)
    assert [] == seen(watcher)


def test_named_teams_alone_are_watched_even_before_they_are_there(
    tmp_path: Path, clock: FakeClock, processes: FakeProcesses
) -> None:
    write(tmp_path, "other", phase="creating_team")
    watcher = Watcher(LaunchEvaluator(tmp_path, clock=clock, processes=processes), ["demo"])

    assert [] == seen(watcher)
    (tmp_path / "demo").mkdir()
    assert [("demo", "unknown")] == seen(watcher)


def test_only_teams_that_were_touched_or_are_due_are_looked_at(
    tmp_path: Path, watcher: Watcher, clock: FakeClock, processes: FakeProcesses
) -> None:
    processes.die(4242)
    write(tmp_path, "due", phase="creating_team")
    write(tmp_path, "one", phase="creating_team")
    write(tmp_path, "two", phase="creating_team")
    list(watcher.look())
    for team in ("one", "two"):
        write(tmp_path, team, phase="failed", updatedAt=START_MS + 1)
    write(tmp_path, "new", phase="failed")

    assert ["one"] == [change.team for change in watcher.look(["one"])]
    assert ["new"] == [change.team for change in watcher.look(["new", "one"])]
    clock.advance(3 * MINUTE)
    assert ["due", "two"] == [change.team for change in watcher.look([])]


def test_a_folder_that_has_rested_is_looked_at_for_what_is_in_it_alone(
    tmp_path: Path, watcher: Watcher, monkeypatch: pytest.MonkeyPatch
) -> None:
    write(tmp_path, phase="completed")
    os.utime(tmp_path / "demo", ns=(0, 0))
    list(watcher.look())
    list(watcher.look())
    looked: list[str] = []
    looking = os.lstat

    def counted(path: str) -> os.stat_result:
        looked.append(path)
        return looking(path)

    monkeypatch.setattr(os, "lstat", counted)

    assert [] == seen(watcher)
    assert [f"{tmp_path}/demo/{name}" for name in (".", "bootstrap-state.json")] == looked


@pytest.mark.parametrize("name", ["bootstrap-state.json", "launch-state.json", "team.stopped.json"])
def test_a_file_that_comes_to_a_folder_that_has_rested_is_seen(
    tmp_path: Path, watcher: Watcher, name: str
) -> None:
    (tmp_path / "demo").mkdir()
    (tmp_path / "demo" / "bootstrap-journal.jsonl").write_text("")
    os.utime(tmp_path / "demo", ns=(0, 0))
    list(watcher.look())
    list(watcher.look())

    (tmp_path / "demo" / name).write_text("{}")

    assert ["demo"] == [change.team for change in watcher.look()]


def test_a_folder_that_changed_just_now_is_looked_at_for_everything(
    tmp_path: Path, watcher: Watcher
) -> None:
    """Two changes may bear one time."""
    write(tmp_path, phase="completed")
    list(watcher.look())
    list(watcher.look())
    moment = (tmp_path / "demo").stat().st_mtime_ns

    (tmp_path / "demo" / "launch-state.json").write_text("{}")
    os.utime(tmp_path / "demo", ns=(moment, moment))

    assert ["demo"] == [change.team for change in watcher.look()]


def test_an_owner_of_many_teams_is_looked_at_once_a_look(tmp_path: Path, clock: FakeClock) -> None:
    asked: list[float] = []

    class Counting(FakeProcesses):
        def identify(self, pid: float) -> ProcessIdentity | None:
            asked.append(pid)
            return super().identify(pid)

    for number in range(5):
        write(tmp_path, f"team-{number}", phase="creating_team")
    watcher = Watcher(LaunchEvaluator(tmp_path, clock=clock, processes=Counting(alive={4242})))
    list(watcher.look())
    asked.clear()

    assert [] == list(watcher.look())
    assert [4242] == asked


def test_what_is_kept_of_a_team_is_small(tmp_path: Path, watcher: Watcher) -> None:
    for number in range(50):
        write(tmp_path, f"team-{number}", phase="creating_team", members=[{"name": "ada"}] * 5)
    list(watcher.look())
    again = Watcher(watcher._evaluator)

    tracemalloc.start()
    for change in again.look():
        del change
    size, _ = tracemalloc.get_traced_memory()
    tracemalloc.stop()

    assert size < 50 * 3 * 1024


def test_a_name_that_is_no_component_of_a_path_is_refused(tmp_path: Path) -> None:
    with pytest.raises(TeamNameError):
        list(Watcher(LaunchEvaluator(tmp_path), ["../demo"]).look())


class TestUntilDue:
    def test_without_anything_due_it_is_as_long_as_asked(
        self, tmp_path: Path, watcher: Watcher
    ) -> None:
        write(tmp_path, phase="creating_team")
        list(watcher.look())

        assert MINUTE == watcher.until_due(MINUTE)

    def test_it_ends_when_a_verdict_may_change(
        self, tmp_path: Path, watcher: Watcher, processes: FakeProcesses
    ) -> None:
        processes.die(4242)
        write(tmp_path, phase="creating_team")
        list(watcher.look())

        assert 3 * MINUTE == watcher.until_due(10 * MINUTE)

    def test_it_is_never_negative(
        self, tmp_path: Path, watcher: Watcher, clock: FakeClock, processes: FakeProcesses
    ) -> None:
        processes.die(4242)
        write(tmp_path, phase="creating_team")
        list(watcher.look())

        clock.advance(60 * MINUTE)

        assert timedelta(0) == watcher.until_due(MINUTE)


class TestIsOver:
    @pytest.mark.parametrize(
        ("state", "over"),
        [
            ({"phase": "creating_team"}, False),
            ({"phase": "completed"}, True),
            ({"phase": "failed"}, True),
            ({"phase": "creating_team", "ownerPid": 31337}, True),
        ],
    )
    def test_a_launch_is_over_one_way_or_another(
        self, tmp_path: Path, watcher: Watcher, state: dict[str, Any], *, over: bool
    ) -> None:
        write(tmp_path, **state)

        assert over is is_over(look(watcher))

    def test_what_ended_with_members_pending_stays_over_when_nobody_believes_it_any_more(
        self, tmp_path: Path, watcher: Watcher, clock: FakeClock
    ) -> None:
        members = [{"name": "bob", "status": "registered"}]
        write(tmp_path, phase="completed", terminal={"status": "completed"}, members=members)
        clock.advance(60 * MINUTE)
        evaluation = look(watcher)

        assert evaluation.preferred_snapshot is None
        assert is_over(evaluation)

    def test_what_was_never_recorded_is_not_over(self, tmp_path: Path, watcher: Watcher) -> None:
        (tmp_path / "demo").mkdir()

        assert not is_over(look(watcher))


class TestCanReach:
    @pytest.mark.parametrize(
        ("state", "verdict", "ahead"),
        [
            ({"phase": "failed"}, "failed", {"failed", "stopped"}),
            ({"phase": "canceled"}, "stopped", {"stopped"}),
            (
                {"phase": "completed", "members": [{"name": "a", "status": "bootstrap_confirmed"}]},
                "ok",
                {"ok", "warning", "stopped"},
            ),
            ({"phase": "creating_team"}, "pending", {*values(VerdictSeverity)}),
            (
                {"phase": "completed", "members": [{"name": "a", "status": "registered"}]},
                "pending",
                {*values(VerdictSeverity)},
            ),
        ],
    )
    def test_a_launch_that_is_over_keeps_its_end(
        self,
        tmp_path: Path,
        watcher: Watcher,
        state: dict[str, Any],
        verdict: str,
        ahead: set[str],
    ) -> None:
        write(tmp_path, **state)
        evaluation = look(watcher)

        assert verdict == evaluation.verdict.severity
        assert ahead == {word for word in values(VerdictSeverity) if can_reach(evaluation, {word})}
        assert can_reach(evaluation, values(VerdictSeverity))

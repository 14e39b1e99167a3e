"""A few worlds with every run; `python -m tests.modelled.worlds 2000` is the long version."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING, Any

import pytest

from launchfsm.launcher import LauncherError, steps
from tests.modelled.launches import REPORTS
from tests.modelled.worlds import CALLS, LAUNCH_EVENTS, NAMES, World, explore_worlds, main

if TYPE_CHECKING:
    from launchfsm.launcher.steps import RunChange


WRONG = (AssertionError, LauncherError, pytest.fail.Exception, BaseExceptionGroup)


LAUNCH = {(event, "launch") for event in LAUNCH_EVENTS}
MEMBERS = {(event, "member") for event in REPORTS}


@pytest.fixture
def done(monkeypatch: pytest.MonkeyPatch) -> Counter[tuple[str, str]]:
    """What happened to launches and members, by how often; refused events did not."""
    counted: Counter[tuple[str, str]] = Counter()
    real = World.send

    def count(self: World, event: str, name: str | None, way: int) -> None:
        before = self.recorded
        real(self, event, name, way)
        counted[event, whose(name)] += before is not self.recorded

    monkeypatch.setattr(World, "send", count)
    return counted


@pytest.fixture
def died(monkeypatch: pytest.MonkeyPatch) -> Counter[tuple[str, str]]:
    """What was being written when a process died, by how often."""
    counted: Counter[tuple[str, str]] = Counter()
    real = World.survives

    def count(self: World, event: str, name: str | None, way: int) -> bool:
        survived = real(self, event, name, way)
        counted[event, whose(name)] += not survived
        return survived

    monkeypatch.setattr(World, "survives", count)
    return counted


def whose(name: str | None) -> str:
    return "launch" if name is None else "member"


@pytest.mark.slow
def test_worlds_are_as_the_model_says(
    done: Counter[tuple[str, str]], died: Counter[tuple[str, str]]
) -> None:
    explore_worlds(12, 20, again=True)

    # A cancel, which few worlds come to, is walked along with every other edge in `test_paths`.
    assert (LAUNCH | MEMBERS) - {("cancel", "launch")} <= set(+done)
    assert {"launch", "member"} == {whose for _, whose in +died}


def test_whenever_a_run_dies_on_its_way_its_world_is_as_the_model_says(
    died: Counter[tuple[str, str]],
) -> None:
    """Every seventh of all system calls of a launch is at least three of each of its events."""
    world = World()
    for calls in range(0, 15 * CALLS, 7):
        world.begin(attach=False, distance=0, sent=[])
        world.die_on_the_way(failing={NAMES[0]}, calls=calls)
        for agrees in (
            world.everybody_says_the_same,
            world.the_run_remembers_what_the_disk_says,
            world.the_journal_is_a_legal_run_of_the_machines,
        ):
            agrees()
    world.teardown()

    other_ends = {("fail", "launch"), ("cancel", "launch")}
    assert (LAUNCH | MEMBERS) - other_ends == set(+died)


def test_a_run_that_forgets_is_found_out(monkeypatch: pytest.MonkeyPatch) -> None:
    """A world that cannot fail would prove nothing."""
    real = steps.accept_spawn

    def forget(state: Any, now: int, name: str, **others: Any) -> RunChange:
        return steps.RunChange(state, real(state, now, name, **others).records)

    monkeypatch.setattr(steps, "accept_spawn", forget)
    with pytest.raises(WRONG):
        explore_worlds(20, 20, shrink=False, again=True)


def test_a_run_that_writes_without_its_lock_is_found_out(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("launchfsm.launcher.lock.BootstrapLock._demand", lambda *_: None)
    with pytest.raises(WRONG):
        explore_worlds(30, 20, shrink=False, again=True)


def test_the_command_says_how_many_worlds_went_by(capsys: pytest.CaptureFixture[str]) -> None:
    main(["2", "--steps", "3"])

    assert "2 worlds of up to 3 steps, and none went wrong\n" == capsys.readouterr().out
    with pytest.raises(SystemExit):
        main([])
    assert "required: worlds" in capsys.readouterr().err

"""A few worlds with every run; `python -m tests.modelled.worlds 2000` is the long version."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING, Any

import pytest

from launchfsm.launcher import LauncherError, steps
from tests.modelled.worlds import LAUNCH_EVENTS, World, explore_worlds, main

if TYPE_CHECKING:
    from launchfsm.launcher.steps import Change


WRONG = (AssertionError, LauncherError, pytest.fail.Exception, BaseExceptionGroup)


def test_worlds_are_as_the_model_says(monkeypatch: pytest.MonkeyPatch) -> None:
    done: Counter[str] = Counter()
    real = World.send

    def count(self: World, event: str, name: str | None, way: int) -> None:
        before = self.recorded
        real(self, event, name, way)
        done[event] += before is not self.recorded

    monkeypatch.setattr(World, "send", count)
    explore_worlds(20, 20, again=True)

    assert {*LAUNCH_EVENTS[:4], "accept_spawn", "fail"} <= set(+done)


def test_a_run_that_forgets_is_found_out(monkeypatch: pytest.MonkeyPatch) -> None:
    """A world that cannot fail would prove nothing."""
    real = steps.accept_spawn

    def forget(state: Any, now: int, name: str, **others: Any) -> Change:
        return steps.Change(state, real(state, now, name, **others).records)

    monkeypatch.setattr(steps, "accept_spawn", forget)
    with pytest.raises(WRONG):
        explore_worlds(20, 20, shrink=False, again=True)


def test_a_run_that_writes_without_its_lock_is_found_out(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("launchfsm.launcher.lock.BootstrapLock._look_for_loss", lambda _: None)
    with pytest.raises(WRONG):
        explore_worlds(30, 20, shrink=False, again=True)


def test_the_command_says_how_many_worlds_went_by(capsys: pytest.CaptureFixture[str]) -> None:
    main(["2", "--steps", "3"])

    assert "2 worlds of up to 3 steps, and none went wrong\n" == capsys.readouterr().out
    with pytest.raises(SystemExit):
        main([])
    assert "required: worlds" in capsys.readouterr().err

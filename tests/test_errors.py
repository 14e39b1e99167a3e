"""Every error that launchfsm raises: of one base, and the same after pickle, copy and a process."""

from __future__ import annotations

import copy
import errno
import importlib
import inspect
import pickle
import pkgutil
import signal
from concurrent.futures import ProcessPoolExecutor
from multiprocessing import get_context
from typing import TYPE_CHECKING, Any

import pytest

import launchfsm
from launchfsm import ExecutorFailedError, LaunchfsmError
from launchfsm.ecma.json import JsonError, parse_json
from launchfsm.launcher.errors import (
    EventRefusedError,
    LauncherError,
    LockHeldError,
    LockLostError,
    RecordNotDurableError,
    RecordWriteError,
    TeamsRootMissingError,
)
from launchfsm.launcher.signals import SignalExit
from launchfsm.lifecycle.machines import BOOTSTRAP, LifecycleError, Refusal
from launchfsm.policies import load_policy
from launchfsm.policy.authoring.ask import FactsError
from launchfsm.policy.diagnostics import PolicyError
from launchfsm.system.folders import NotDurableError

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path


def error_classes() -> set[type[BaseException]]:
    """Every public exception that any module of the package defines."""
    found: set[type[BaseException]] = set()
    for module in pkgutil.walk_packages(launchfsm.__path__, "launchfsm."):
        if module.name.endswith("__main__"):
            continue
        members = inspect.getmembers(importlib.import_module(module.name), inspect.isclass)
        found |= {
            member
            for name, member in members
            if issubclass(member, BaseException)
            and member.__module__.startswith("launchfsm")
            and not name.startswith("_")
        }
    return found


def policy_error(folder: Path) -> PolicyError:
    (folder / "verdict.toml").write_text('policy_format = 1\nunknown = "x"\n', encoding="utf-8")
    with pytest.raises(PolicyError) as caught:
        load_policy(str(folder))
    return caught.value


def json_error() -> JsonError:
    with pytest.raises(JsonError) as caught:
        parse_json(b'{"a": [1,}')
    return caught.value


def samples(folder: Path) -> Iterator[BaseException]:
    """An error of every class, each with all that it can carry."""
    refusal = BOOTSTRAP.step("validating_spec", "complete")
    assert isinstance(refusal, Refusal)
    for kind in error_classes():
        if {"__init__", "__reduce__"}.isdisjoint(kind.__dict__) and not issubclass(kind, OSError):
            yield kind("what happened, and what to do")
    for written in (
        NotDurableError,
        RecordWriteError,
        RecordNotDurableError,
        TeamsRootMissingError,
    ):
        yield written(errno.ENOSPC, "No space left on device", "/teams/demo/bootstrap-state.json")
    for lock in (LockHeldError, LockLostError):
        yield lock("it is held", provable=True)
        yield lock("it is held", provable=False)
    yield ExecutorFailedError("the executor failed", ("team-1", "team-2"))
    yield FactsError(["a fact is missing", "another is none"])
    yield SignalExit(signal.SIGTERM)
    yield LifecycleError(refusal)
    yield EventRefusedError(refusal)
    yield EventRefusedError(refusal, member="alice")
    yield json_error()
    yield policy_error(folder)


@pytest.fixture
def errors(tmp_path: Path) -> list[BaseException]:
    return list(samples(tmp_path))


def carried(error: BaseException) -> Any:
    """All that somebody who catches an error can look at."""
    attributes = {
        name: getattr(error, name)
        for name in dir(error)
        if not name.startswith("_") and not callable(getattr(error, name, len))
    }
    return type(error), str(error), attributes, error.args


def test_there_is_a_sample_of_every_error(errors: list[BaseException]) -> None:
    assert {type(error) for error in errors} == error_classes()


def test_every_error_has_the_one_base_and_a_built_in_one(errors: list[BaseException]) -> None:
    others = [error for error in errors if not isinstance(error, LaunchfsmError)]

    assert [type(error) for error in others] == [SignalExit]  # which ends the process


def test_every_error_is_the_same_after_pickle_and_copy(errors: list[BaseException]) -> None:
    for error in errors:
        error.add_note("a note")
        for protocol in range(pickle.HIGHEST_PROTOCOL + 1):
            again = pickle.loads(pickle.dumps(error, protocol))  # noqa: S301 - our own bytes
            assert carried(again) == carried(error)
            assert again.__notes__ == ["a note"]
        assert carried(copy.copy(error)) == carried(error)
        assert carried(copy.deepcopy(error)) == carried(error)


def raise_again(error: BaseException) -> None:
    raise error


def test_every_error_comes_out_of_a_process_pool_as_it_went_in(
    errors: list[BaseException],
) -> None:
    with ProcessPoolExecutor(1, get_context("fork")) as pool:
        raised = [pool.submit(raise_again, error).exception() for error in errors]

    assert [carried(error) for error in raised if error] == [carried(error) for error in errors]


def test_every_error_of_a_launcher_can_be_imported_from_the_package(
    errors: list[BaseException],
) -> None:
    names = {type(error).__name__ for error in errors if isinstance(error, LauncherError)}

    assert names <= set(launchfsm.__all__)
    for name in names:
        assert getattr(launchfsm, name).__name__ == name

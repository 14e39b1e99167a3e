"""A launch is judged as it is written down, and prints as what makes it again."""

from __future__ import annotations

import contextlib
import io
import json
from datetime import UTC, datetime, timedelta, timezone
from typing import Any, get_args

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from launchfsm.ecma.dates import from_datetime
from launchfsm.properties import Launch, OwnerIs
from launchfsm.properties.launches import NOW
from launchfsm.records.wire import to_wire
from launchfsm.testing import FakeProcesses, TeamFolder, strategies
from tests.teams import evaluation

NOW_MS = from_datetime(NOW)
LATER = datetime(2030, 1, 1, 12, 30, tzinfo=UTC)
STATE = {
    "version": 1,
    "runId": "run-1",
    "ownerPid": 4242,
    "startedAt": NOW_MS - 60_000,
    "updatedAt": NOW_MS - 1_000,
    "phase": "spawning_members",
    "members": [{"name": "bob", "status": "spawn_started"}],
}
FOLDER = TeamFolder(state=json.dumps(STATE).encode())


def owner_rule(owner: OwnerIs, policy: str = "default") -> str:
    (won,) = Launch(folder=FOLDER, owner=owner, policy=policy).evaluate().explain().of("owner").won
    return won


OWNERS: tuple[OwnerIs, ...] = ("alive", "dead")


def test_its_moment_is_that_of_the_strategies() -> None:
    assert strategies.NOW == NOW


def test_each_word_for_the_owner_is_what_default_tells_apart() -> None:
    assert {
        "alive": "owner-there",
        "hidden": "not-to-be-looked-at",
        "unknown": "unknown",
        "zombie": "zombie",
        "replaced": "began-after-the-run",
        "dead": "owner-gone",
    } == {owner: owner_rule(owner) for owner in get_args(OwnerIs)}


def test_reference_looks_at_life_alone() -> None:
    assert {"owner-there", "owner-gone"} == {
        owner_rule(owner, "reference") for owner in get_args(OwnerIs)
    }


@settings(max_examples=30)
@given(folder=strategies.team_folders(damaged=True))
def test_it_is_judged_as_an_evaluator_judges(folder: TeamFolder) -> None:
    launch = Launch(folder=folder, policy="reference")
    alive, dead = (launch.evaluate(owner=owner) for owner in OWNERS)

    assert to_wire(dead.runtime_state) == to_wire(evaluation(folder).runtime_state)
    everybody = evaluation(folder, (4242, 777, 31337))
    assert to_wire(alive.bootstrap_snapshot) == to_wire(everybody.bootstrap_snapshot)


def test_one_thing_can_be_otherwise() -> None:
    launch = Launch(folder=FOLDER)
    later = NOW + timedelta(hours=1)

    assert "pending" == launch.evaluate().verdict.severity
    assert "failed" == launch.evaluate(owner="dead").verdict.severity
    assert later == launch.evaluate(now=later).evaluated_at
    assert launch.evaluate(folder=TeamFolder()).bootstrap_snapshot is None
    assert launch.evaluate() is not launch.evaluate(afresh=True)


def test_impossible_pids_are_dead_whatever_the_owner_is() -> None:
    folder = Launch(folder=FOLDER).with_state(ownerPid=0.5)
    found = Launch(folder=folder, owner="zombie", policy="default").evaluate()

    assert ("owner-gone",) == found.explain().of("owner").won


def test_documents_can_be_looked_into_and_changed() -> None:
    launch = Launch(folder=TeamFolder(state=FOLDER.state, launch=b'{"version": 2}'))
    changed = Launch(folder=launch.with_state(phase="completed", runId=None))

    assert STATE == launch.state
    assert {"version": 2} == launch.saved
    assert changed.state is not None
    assert "completed" == changed.state["phase"]
    assert "runId" not in changed.state
    assert b'{"version": 2, "a": 1}' == launch.with_saved(a=1).launch


@pytest.mark.parametrize("content", [None, "fifo", b"[1]", b"nonsense", b"[" * 100_000])
def test_what_is_no_document_stays_as_it_is(content: Any) -> None:
    launch = Launch(folder=TeamFolder(state=content))

    assert launch.state is None
    assert launch.folder == launch.with_state(phase="completed")


@settings(max_examples=30)
@given(
    folder=strategies.team_folders(damaged=True),
    owner=st.sampled_from(get_args(OwnerIs)),
    now=st.sampled_from((NOW, LATER, LATER.astimezone(timezone(timedelta(hours=-3))))),
)
def test_what_it_prints_makes_it_again(folder: TeamFolder, owner: OwnerIs, now: datetime) -> None:
    launch = Launch(folder=folder, owner=owner, now=now, policy="reference")
    made: dict[str, Any] = {}
    with contextlib.redirect_stdout(io.StringIO()) as shown:
        exec(launch.pasted("reference"), made)  # noqa: S102 - that it is code is the point

    assert launch == made["launch"]
    assert launch.evaluate().explain().text() in shown.getvalue()


def test_its_processes_are_those_that_fakes_would_be() -> None:
    """One pid or every pid: what is found of them is the same."""
    fakes = {
        "alive": FakeProcesses(alive=[4242], started_at={4242: 0}),
        "hidden": FakeProcesses(refused=[4242]),
        "unknown": FakeProcesses(unknown=[4242]),
        "dead": FakeProcesses(),
    }
    for owner, processes in fakes.items():
        launch = Launch(folder=FOLDER, owner=owner)  # type: ignore[arg-type]  # keys are a dict's
        checked = launch.evaluate()._evidence.owner
        assert checked is not None
        assert (processes.check(4242).liveness, processes.check(4242).basis) == (
            checked.liveness,
            checked.basis,
        )

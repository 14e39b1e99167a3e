"""A standing moves as its machine does, and doubts no further than one false record goes."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from launchfsm.audit.state_set import Standing, following
from launchfsm.lifecycle.machines import BOOTSTRAP, MEMBER, PHASE_EVENTS, Lifecycle, Refusal

MACHINES: tuple[Lifecycle[Any, Any], ...] = (BOOTSTRAP, MEMBER)
STEPS = [
    (machine, state, event)
    for machine in MACHINES
    for state in machine.states
    for event in machine.events
]
PAIRS = [
    (machine, one, other)
    for machine in MACHINES
    for one in machine.states
    for other in machine.states
]
SPAWNING = Standing(BOOTSTRAP, ("spawning_members",))


def standing(*states: str) -> Standing:
    return Standing(BOOTSTRAP, states)


@pytest.mark.parametrize(("machine", "state", "event"), STEPS)
def test_from_one_state_it_steps_as_the_machine_does(
    machine: Lifecycle[Any, Any], state: str, event: str
) -> None:
    here = Standing(machine, (state,))
    outcome = machine.step(state, event)

    refusal = here.take(event, "told", 0)

    if isinstance(outcome, Refusal):
        assert (outcome, (state, "told")) == (refusal, here.states)
    else:
        assert (None, (outcome,)) == (refusal, here.states)


@pytest.mark.parametrize(("machine", "one", "other"), PAIRS)
def test_a_distance_is_what_the_fewest_events_are(
    machine: Lifecycle[Any, Any], one: str, other: str
) -> None:
    there = machine.path(other, start=one)
    back = machine.path(one, start=other)
    fewest = min(len(path) for path in (there, back, range(9)) if path is not None)

    distance = Standing(machine, (one,)).distance(other)

    assert {0: "same", 1: "one_event"}.get(fewest, "further") == distance
    assert (back is not None) == Standing(machine, (one,)).is_ahead_of(other)


def test_one_false_record_is_one_finding() -> None:
    here = standing("spawning_members")

    assert here.take("complete", "completed", 0) is not None
    assert here.take("audit", "auditing_truth", 0) is None
    assert ("auditing_truth",) == here.states


def test_one_missing_record_is_one_finding() -> None:
    here = standing("validating_spec")

    assert here.take("spawn_members", "spawning_members", 0) is not None
    assert here.take("audit", "auditing_truth", 0) is None
    assert ("auditing_truth",) == here.states


def test_a_second_false_record_replaces_the_first() -> None:
    here = standing("validating_spec")

    here.take("spawn_members", "spawning_members", 0)
    refusal = here.take("complete", "completed", 0)

    assert refusal == BOOTSTRAP.step("validating_spec", "complete")
    assert ("validating_spec", "completed") == here.states


def test_of_several_events_each_that_can_be_is_taken() -> None:
    ways = {"complete": "completed", "fail": "failed"}
    audited, spawning = standing("auditing_truth"), standing("spawning_members")
    canceled = standing("canceled")

    assert (None, ("completed", "failed")) == (audited.take_any(ways, 0), audited.states)
    assert (None, ("failed",)) == (spawning.take_any(ways, 0), spawning.states)
    refusal = BOOTSTRAP.step("canceled", "complete")
    assert (refusal, ("canceled", "completed", "failed")) == (
        canceled.take_any(ways, 0),
        canceled.states,
    )


def test_an_unreadable_line_may_hide_one_event() -> None:
    here = standing("validating_spec")

    assert here.take("acquire_lock", "acquiring_bootstrap_lock", 1) is None
    assert here.take("spawn_members", "spawning_members", 1) is None
    assert here.take("complete", "completed", 1) is not None


def test_an_unreadable_line_hides_no_two() -> None:
    assert standing("validating_spec").take("create_team", "creating_team", 1) is not None
    assert standing("validating_spec").take("create_team", "creating_team", 2) is None


@given(st.integers(9, 10**9))
def test_any_number_of_unreadable_lines_hides_every_way(gaps: int) -> None:
    here = standing("validating_spec")

    here.widen(gaps)

    assert set(BOOTSTRAP.states) == set(here.states)
    assert "validating_spec" == here.states[0]


def test_lines_that_were_taken_into_account_are_not_again() -> None:
    here = standing("validating_spec")

    here.widen(1)
    states = here.states
    here.widen(1)

    assert states == here.states


def test_of_the_unknown_every_record_is_believed_once() -> None:
    here = Standing.unknown(BOOTSTRAP)

    assert not here.known
    assert here.take("complete", "completed", 5) is None
    assert (True, ("completed",)) == (here.known, here.states)


def test_what_is_forgotten_is_unknown() -> None:
    here = standing("completed")

    here.forget()

    assert not here.known
    assert ("failed",) == (here.take("fail", "failed", 0) or here.states)


@pytest.mark.parametrize("machine", MACHINES)
def test_what_follows_is_what_the_edges_say(machine: Lifecycle[Any, Any]) -> None:
    for state in machine.states:
        reached = {machine.step(state, event) for event in machine.allowed(state)}

        assert reached == set(following(machine, [state]))


def test_each_phase_has_one_event() -> None:
    """What tells a repeated record from an illegal one rests on it."""
    for phase, event in PHASE_EVENTS.items():
        reached = {BOOTSTRAP.step(state, event) for state in BOOTSTRAP.states}
        assert {phase} == {state for state in reached if isinstance(state, str)}

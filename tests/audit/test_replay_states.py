"""Where a lifecycle may be moves as the lifecycle does, and doubts no further than one record."""

from __future__ import annotations

import itertools
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from launchfsm.audit.replay import StateSet
from launchfsm.lifecycle.machines import BOOTSTRAP, MEMBER, PHASE_EVENTS, Lifecycle, Refusal

MACHINES: tuple[Lifecycle[Any, Any], ...] = (BOOTSTRAP, MEMBER)
STEPS = [
    (machine, state, event)
    for machine in MACHINES
    for state in machine.states
    for event in machine.events
]


def at(*states: str) -> StateSet:
    return StateSet(BOOTSTRAP, states)


def told(here: StateSet, event: str, state: str, gaps: int = 0) -> Refusal | None:
    """Take an event that leads to a state; doubt both when it is refused."""
    here.widen(gaps)
    refusal = here.take({event: state})
    if refusal is not None:
        here.doubt(state)
    return refusal


def test_from_one_state_it_steps_as_the_lifecycle_does() -> None:
    for machine, state, event in STEPS:
        here = StateSet(machine, (state,))
        outcome = machine.step(state, event)

        refusal = here.take({event: "told"})

        if isinstance(outcome, Refusal):
            assert (outcome, (state,)) == (refusal, here.states)
        else:
            assert (None, (outcome,)) == (refusal, here.states)


def test_a_distance_is_what_the_fewest_events_are() -> None:
    for one, other in itertools.product(BOOTSTRAP.states, repeat=2):
        there, back = BOOTSTRAP.path(other, start=one), BOOTSTRAP.path(one, start=other)
        fewest = min(len(path) for path in (there, back, range(9)) if path is not None)

        assert {0: "same", 1: "one_event"}.get(fewest, "further") == at(one).distance(other)
        assert (back is not None) == at(one).is_ahead_of(other)


@pytest.mark.parametrize(
    ("one", "other"),
    [("failed_to_start", "confirmed_alive"), ("confirmed_alive", "runtime_pending_bootstrap")],
)
def test_what_members_may_do_besides_is_one_event(one: str, other: str) -> None:
    assert "one_event" == StateSet(MEMBER, (one,)).distance(other)


def test_one_false_record_is_one_finding() -> None:
    here = at("spawning_members")

    assert told(here, "complete", "completed") is not None
    assert told(here, "audit", "auditing_truth") is None
    assert ("auditing_truth",) == here.states


def test_one_missing_record_is_one_finding() -> None:
    here = at("validating_spec")

    assert told(here, "spawn_members", "spawning_members") is not None
    assert told(here, "audit", "auditing_truth") is None
    assert ("auditing_truth",) == here.states


def test_a_second_false_record_replaces_the_first() -> None:
    here = at("validating_spec")

    told(here, "spawn_members", "spawning_members")
    refusal = told(here, "complete", "completed")

    assert refusal == BOOTSTRAP.step("validating_spec", "complete")
    assert ("validating_spec", "completed") == here.states


def test_of_several_events_each_that_can_be_is_taken() -> None:
    ways = {"complete": "completed", "fail": "failed"}
    audited, spawning, canceled = at("auditing_truth"), at("spawning_members"), at("canceled")

    assert (None, ("completed", "failed")) == (audited.take(ways), audited.states)
    assert (None, ("failed",)) == (spawning.take(ways), spawning.states)
    assert BOOTSTRAP.step("canceled", "complete") == canceled.take(ways)


def test_an_unreadable_line_may_hide_one_event_and_not_two() -> None:
    here = at("validating_spec")

    assert told(here, "acquire_lock", "acquiring_bootstrap_lock", 1) is None
    assert told(here, "spawn_members", "spawning_members", 1) is None
    assert told(here, "complete", "completed", 1) is not None
    assert told(at("validating_spec"), "create_team", "creating_team", 1) is not None
    assert told(at("validating_spec"), "create_team", "creating_team", 2) is None


@given(st.integers(9, 10**9))
def test_any_number_of_unreadable_lines_hides_every_way(gaps: int) -> None:
    here = at("validating_spec")

    here.widen(gaps)
    here.widen(gaps)

    assert set(BOOTSTRAP.states) == set(here.states)
    assert "validating_spec" == here.states[0]


def test_of_the_unknown_every_record_is_believed_once() -> None:
    here = at()

    assert not here.states
    assert here.take({"complete": "completed"}) is None
    assert ("completed",) == here.states


def test_each_phase_has_one_event() -> None:
    """What tells a repeated record from an illegal one rests on it."""
    for phase, event in PHASE_EVENTS.items():
        reached = {BOOTSTRAP.step(state, event) for state in BOOTSTRAP.states}
        assert {phase} == {state for state in reached if isinstance(state, str)}

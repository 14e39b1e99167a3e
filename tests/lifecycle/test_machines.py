"""Both lifecycles, over every state and every event, and the machines that can be built of them."""

from __future__ import annotations

import asyncio
import pickle
import subprocess
import sys
from types import SimpleNamespace
from typing import TYPE_CHECKING, Any, assert_type

import attrs
import pytest
from hypothesis import given
from hypothesis import strategies as st
from transitions import Machine, MachineError
from transitions.extensions import HierarchicalMachine
from transitions.extensions.asyncio import AsyncMachine

from launchfsm.lifecycle.machines import (
    BOOTSTRAP,
    EVENT_OF_ACTION,
    MEMBER,
    PHASE_EVENTS,
    STATE_OF_ACTION,
    STATE_OF_STATUS,
    BootstrapEvent,
    Lifecycle,
    LifecycleError,
    MemberEvent,
    Refusal,
    UnknownNameError,
)
from launchfsm.vocabulary import (
    ActivePhase,
    LaunchState,
    MemberAction,
    MemberStatus,
    Phase,
    TerminalPhase,
    values,
)
from tests.lifecycle.walks import walk

if TYPE_CHECKING:
    from collections.abc import Callable

# The lifecycles told a second time, by state rather than by event.
END_BOOTSTRAP = {"fail": "failed", "cancel": "canceled"}
BOOTSTRAP_EDGES: dict[str, dict[str, str]] = {
    "validating_spec": {"load_state": "loading_existing_state"} | END_BOOTSTRAP,
    "loading_existing_state": {"acquire_lock": "acquiring_bootstrap_lock"} | END_BOOTSTRAP,
    "acquiring_bootstrap_lock": {
        "create_team": "creating_team",
        "spawn_members": "spawning_members",
    }
    | END_BOOTSTRAP,
    "creating_team": {"spawn_members": "spawning_members"} | END_BOOTSTRAP,
    "spawning_members": {"audit": "auditing_truth"} | END_BOOTSTRAP,
    "auditing_truth": {"complete": "completed"} | END_BOOTSTRAP,
    "completed": {},
    "failed": {},
    "canceled": {},
}
MEMBER_EDGES: dict[str, dict[str, str]] = {
    "starting": {
        "accept_spawn": "runtime_pending_bootstrap",
        "fail": "failed_to_start",
        "lose_owner": "failed_to_start",
        "never_spawned": "failed_to_start",
        "skip": "skipped_for_launch",
    },
    "runtime_pending_bootstrap": {
        "request_permission": "runtime_pending_permission",
        "confirm": "confirmed_alive",
        "fail": "failed_to_start",
        "lose_owner": "failed_to_start",
        "skip": "skipped_for_launch",
    },
    "runtime_pending_permission": {
        "resolve_permission": "runtime_pending_bootstrap",
        "confirm": "confirmed_alive",
        "fail": "failed_to_start",
        "lose_owner": "failed_to_start",
        "skip": "skipped_for_launch",
    },
    "confirmed_alive": {},
    "failed_to_start": {"skip": "skipped_for_launch", "retry": "starting"},
    "skipped_for_launch": {"retry": "starting"},
}

BOOTSTRAP_DIAGRAM = """\
stateDiagram-v2
    [*] --> validating_spec
    validating_spec --> loading_existing_state: load_state
    validating_spec --> failed: fail
    validating_spec --> canceled: cancel
    loading_existing_state --> acquiring_bootstrap_lock: acquire_lock
    loading_existing_state --> failed: fail
    loading_existing_state --> canceled: cancel
    acquiring_bootstrap_lock --> creating_team: create_team
    acquiring_bootstrap_lock --> spawning_members: spawn_members
    acquiring_bootstrap_lock --> failed: fail
    acquiring_bootstrap_lock --> canceled: cancel
    creating_team --> spawning_members: spawn_members
    creating_team --> failed: fail
    creating_team --> canceled: cancel
    spawning_members --> auditing_truth: audit
    spawning_members --> failed: fail
    spawning_members --> canceled: cancel
    auditing_truth --> completed: complete
    auditing_truth --> failed: fail
    auditing_truth --> canceled: cancel
    completed --> [*]
    failed --> [*]
    canceled --> [*]
"""
MEMBER_DIAGRAM = """\
stateDiagram-v2
    [*] --> starting
    starting --> runtime_pending_bootstrap: accept_spawn
    starting --> failed_to_start: fail, lose_owner, never_spawned
    starting --> skipped_for_launch: skip
    runtime_pending_bootstrap --> runtime_pending_permission: request_permission
    runtime_pending_bootstrap --> confirmed_alive: confirm
    runtime_pending_bootstrap --> failed_to_start: fail, lose_owner
    runtime_pending_bootstrap --> skipped_for_launch: skip
    runtime_pending_permission --> runtime_pending_bootstrap: resolve_permission
    runtime_pending_permission --> confirmed_alive: confirm
    runtime_pending_permission --> failed_to_start: fail, lose_owner
    runtime_pending_permission --> skipped_for_launch: skip
    failed_to_start --> skipped_for_launch: skip
    failed_to_start --> starting: retry
    skipped_for_launch --> starting: retry
    confirmed_alive --> [*]
"""

# To a test that goes through both, they are lifecycles of texts.
BOTH: list[Lifecycle[Any, Any]] = [BOOTSTRAP, MEMBER]
TOLD = {"bootstrap": BOOTSTRAP_EDGES, "member": MEMBER_EDGES}
EVERY_STATE = [
    pytest.param(lifecycle, state, id=f"{lifecycle.name}-{state}")
    for lifecycle in BOTH
    for state in lifecycle.states
]
both = pytest.mark.parametrize("lifecycle", BOTH, ids=lambda lifecycle: lifecycle.name)


@attrs.define
class Handle:
    """A detached model: the machine moves it without knowing it."""

    state: str


def trigger(machine: Machine, state: str, event: str) -> str | None:
    """What the Machine itself makes of an event: the next state, or ``None`` for a refusal."""
    handle = Handle(state)
    try:
        assert machine.events[event].trigger(handle)
    except MachineError:
        assert state == handle.state
        return None
    return handle.state


# --- The tables ---


@both
def test_the_states_are_the_words_of_the_vocabulary(lifecycle: Lifecycle[Any, Any]) -> None:
    alias = {"bootstrap": Phase, "member": LaunchState}[lifecycle.name]
    assert values(alias) == lifecycle.states


@both
def test_the_events_are_the_words_of_their_alias(lifecycle: Lifecycle[Any, Any]) -> None:
    alias = {"bootstrap": BootstrapEvent, "member": MemberEvent}[lifecycle.name]
    assert values(alias) == lifecycle.events


def test_a_bootstrap_begins_by_validating_and_a_member_by_starting() -> None:
    assert "validating_spec" == BOOTSTRAP.initial
    assert "starting" == MEMBER.initial


def test_the_terminal_states_are_the_terminal_phases_and_only_the_confirmed_member() -> None:
    assert values(TerminalPhase) == BOOTSTRAP.terminal
    assert ("confirmed_alive",) == MEMBER.terminal


@both
def test_a_step_goes_where_the_page_says_or_is_refused_and_the_machine_agrees(
    lifecycle: Lifecycle[Any, Any],
) -> None:
    machine = lifecycle.machine()
    for state in lifecycle.states:
        for event in lifecycle.events:
            told = TOLD[lifecycle.name][state].get(event)
            refused = Refusal(lifecycle.name, state, event, lifecycle.allowed(state))
            assert (told or refused) == lifecycle.step(state, event)
            assert told == trigger(machine, state, event)


@pytest.mark.parametrize(("lifecycle", "state"), EVERY_STATE)
def test_exactly_the_allowed_events_are_not_refused(
    lifecycle: Lifecycle[Any, Any], state: str
) -> None:
    taken = [e for e in lifecycle.events if not isinstance(lifecycle.step(state, e), Refusal)]
    assert tuple(taken) == lifecycle.allowed(state)
    assert set(TOLD[lifecycle.name][state]) == set(taken)


def test_a_lost_owner_leaves_only_settled_members_and_never_touches_those() -> None:
    """The bound of the owner-dead downgrade (§4) is the set of missing edges."""
    kept = {s for s in MEMBER.states if isinstance(MEMBER.step(s, "lose_owner"), Refusal)}
    assert {"confirmed_alive", "failed_to_start", "skipped_for_launch"} == kept
    assert {"failed_to_start"} == {MEMBER.step(s, "lose_owner") for s in set(MEMBER.states) - kept}


def test_only_a_member_that_still_starts_was_never_spawned() -> None:
    assert "failed_to_start" == MEMBER.step("starting", "never_spawned")
    assert all(
        isinstance(MEMBER.step(state, "never_spawned"), Refusal)
        for state in MEMBER.states
        if state != "starting"
    )


def test_each_phase_but_the_first_is_entered_by_one_event_and_that_is_mapped() -> None:
    entering = {
        phase: {event for row in BOOTSTRAP_EDGES.values() for event in row if row[event] == phase}
        for phase in BOOTSTRAP.states
    }
    assert entering == {
        phase: {PHASE_EVENTS[phase]} if phase in PHASE_EVENTS else set()
        for phase in BOOTSTRAP.states
    }
    assert {"validating_spec"} == set(BOOTSTRAP.states) - set(PHASE_EVENTS)


def test_an_action_of_the_journal_leads_where_its_status_stands() -> None:
    standing = {
        **STATE_OF_STATUS, "spawn_failed": "failed_to_start", "resumed": "confirmed_alive",
    }  # fmt: skip

    assert set(values(MemberStatus)) == set(STATE_OF_STATUS)
    assert standing == STATE_OF_ACTION
    assert set(values(MemberAction)) == set(standing)
    for action, event in EVENT_OF_ACTION.items():
        assert {standing[action]} == {row[event] for row in MEMBER_EDGES.values() if event in row}


@pytest.mark.parametrize("table", [PHASE_EVENTS, STATE_OF_STATUS, EVENT_OF_ACTION])
def test_what_words_mean_cannot_be_changed(table: Any) -> None:
    with pytest.raises(TypeError):
        table["failed"] = "skip"


# --- Paths ---


def test_a_fresh_team_is_created_and_an_attached_one_is_not() -> None:
    fresh: tuple[BootstrapEvent, ...] = (
        "load_state",
        "acquire_lock",
        "create_team",
        "spawn_members",
        "audit",
        "complete",
    )
    attached = tuple(event for event in fresh if event != "create_team")
    assert "completed" == walk(BOOTSTRAP, fresh)[-1]
    assert "completed" == walk(BOOTSTRAP, attached)[-1]


@pytest.mark.parametrize(("lifecycle", "state"), EVERY_STATE)
def test_every_state_can_be_reached_and_its_path_leads_there(
    lifecycle: Lifecycle[Any, Any], state: str
) -> None:
    path = lifecycle.path(state)
    assert path is not None
    assert state == walk(lifecycle, path)[-1]


def test_a_path_is_the_shortest_and_the_first_by_the_table() -> None:
    assert () == MEMBER.path("starting")
    assert ("fail",) == MEMBER.path("failed_to_start")
    assert ("accept_spawn", "confirm") == MEMBER.path("confirmed_alive")
    assert (
        "load_state",
        "acquire_lock",
        "spawn_members",
        "audit",
    ) == BOOTSTRAP.path("auditing_truth")
    assert (
        "retry",
        "accept_spawn",
        "request_permission",
    ) == MEMBER.path("runtime_pending_permission", start="failed_to_start")


def test_a_path_takes_the_short_way_round_from_wherever_the_machine_begins() -> None:
    """The initial state need not be the first, nor the short way the last that was found."""
    maze: Lifecycle[str, str] = Lifecycle(
        "maze",
        ("end", "a", "b", "c", "top"),
        "top",
        [
            *(("left", ["top"], "a"), ("right", ["top"], "b"), ("on", ["b"], "c")),
            *(("onwards", ["c"], "end"), ("off", ["a"], "end")),
        ],
    )
    assert "top" == maze.initial
    assert ("left", "off") == maze.path("end")


def test_there_is_no_path_out_of_a_terminal_state() -> None:
    assert MEMBER.path("starting", start="confirmed_alive") is None
    assert BOOTSTRAP.path("completed", start="failed") is None


@both
@given(data=st.data())
def test_any_walk_stays_among_the_states_and_agrees_with_the_machine(
    lifecycle: Lifecycle[Any, Any], data: st.DataObject
) -> None:
    """Event by event, refusals included, the pure function and a triggered handle stay together."""
    state, handle = lifecycle.initial, Handle(lifecycle.initial)
    machine = lifecycle.machine()
    for event in data.draw(st.lists(st.sampled_from(lifecycle.events), max_size=30)):
        outcome = lifecycle.step(state, event)
        if isinstance(outcome, Refusal):
            with pytest.raises(MachineError):
                machine.events[event].trigger(handle)
        else:
            machine.events[event].trigger(handle)
            state = outcome
        assert state in lifecycle.states
        assert state == handle.state


@both
@given(data=st.data())
def test_once_terminal_no_event_leads_anywhere(
    lifecycle: Lifecycle[Any, Any], data: st.DataObject
) -> None:
    state = data.draw(st.sampled_from(lifecycle.terminal))
    event = data.draw(st.sampled_from(lifecycle.events))
    outcome = lifecycle.step(state, event)
    assert Refusal(lifecycle.name, state, event, ()) == outcome


@pytest.mark.parametrize("state", values(ActivePhase))
@pytest.mark.parametrize("end", values(TerminalPhase))
def test_every_active_phase_can_still_end_in_every_way(state: Any, end: Any) -> None:
    path = BOOTSTRAP.path(end, start=state)
    assert path is not None
    assert end == walk(BOOTSTRAP, path, start=state)[-1]


@pytest.mark.parametrize("state", MEMBER.states)
def test_every_member_that_is_not_confirmed_can_still_be(state: LaunchState) -> None:
    path = MEMBER.path("confirmed_alive", start=state)
    assert path is not None
    assert "confirmed_alive" == walk(MEMBER, path, start=state)[-1]


@given(st.lists(st.sampled_from(MEMBER.events), max_size=30))
def test_no_member_is_confirmed_without_an_accepted_spawn(events: list[MemberEvent]) -> None:
    state: LaunchState = MEMBER.initial
    accepted = False
    for event in events:
        outcome = MEMBER.step(state, event)
        if not isinstance(outcome, Refusal):
            accepted = (accepted or event == "accept_spawn") and event != "retry"
            state = outcome
        assert accepted or state != "confirmed_alive"


# --- Refusals and mistakes ---


def test_a_refusal_names_the_state_the_event_and_what_is_allowed() -> None:
    refusal = BOOTSTRAP.step("spawning_members", "complete")
    assert isinstance(refusal, Refusal)
    assert (
        "bootstrap: the event 'complete' is refused in state 'spawning_members'."
        " Allowed there: audit, fail, cancel."
    ) == refusal.text()


def test_a_refusal_in_a_terminal_state_says_so() -> None:
    refusal = MEMBER.step("confirmed_alive", "lose_owner")
    assert isinstance(refusal, Refusal)
    assert (
        "member: the event 'lose_owner' is refused in state 'confirmed_alive',"
        " which is terminal: no event leads out of it."
    ) == refusal.text()


def test_a_refusal_cannot_be_changed() -> None:
    refusal = Refusal("member", "starting", "confirm", ())
    with pytest.raises(attrs.exceptions.FrozenInstanceError):
        refusal.state = "confirmed_alive"  # type: ignore[misc]  # that is the test


def test_an_error_carries_its_refusal_and_survives_pickling() -> None:
    refusal = Refusal("member", "starting", "confirm", ("skip",))
    error = LifecycleError(refusal)
    copy = pickle.loads(pickle.dumps(error))  # noqa: S301  # pickled on the same line
    assert isinstance(error, ValueError)
    assert refusal.text() == str(error)
    assert refusal == copy.refusal
    assert str(error) == str(copy)


def test_an_unknown_event_raises_with_the_one_that_was_meant() -> None:
    with pytest.raises(UnknownNameError) as caught:
        MEMBER.step("starting", "confrim")  # type: ignore[arg-type]  # that is the test
    assert (
        "member: there is no event 'confrim' (did you mean 'confirm'?). Its events are:"
        " accept_spawn, request_permission, resolve_permission, confirm, fail, lose_owner,"
        " never_spawned, skip, retry."
    ) == str(caught.value)


def test_an_unknown_state_raises_with_the_one_that_was_meant() -> None:
    with pytest.raises(UnknownNameError) as caught:
        BOOTSTRAP.step("cancelled", "fail")  # type: ignore[arg-type]  # that is the test
    assert str(caught.value).startswith(
        "bootstrap: there is no state 'cancelled' (did you mean 'canceled'?). Its states are:"
        " validating_spec, "
    )


@both
@pytest.mark.parametrize(
    "ask",
    [
        lambda it: it.step("zzz", it.events[0]),
        lambda it: it.allowed("zzz"),
        lambda it: it.path("zzz"),
        lambda it: it.path(it.initial, start="zzz"),
    ],
)
def test_a_state_that_no_lifecycle_has_raises_whatever_is_asked(
    lifecycle: Lifecycle[Any, Any], ask: Callable[[Lifecycle[Any, Any]], object]
) -> None:
    """Nothing resembles it, so nothing is suggested."""
    with pytest.raises(UnknownNameError, match=r"there is no state 'zzz'\. Its states are: "):
        ask(lifecycle)


@both
def test_an_unknown_event_raises_even_where_every_event_is_refused(
    lifecycle: Lifecycle[Any, Any],
) -> None:
    with pytest.raises(UnknownNameError, match="there is no event 'zzz'"):
        lifecycle.step(lifecycle.terminal[0], "zzz")


def test_the_types_know_which_words_belong_to_which_lifecycle() -> None:
    assert_type(BOOTSTRAP.step("validating_spec", "fail"), Phase | Refusal)
    assert_type(MEMBER.step("starting", "fail"), LaunchState | Refusal)
    assert_type(MEMBER.allowed("starting"), tuple[MemberEvent, ...])
    with pytest.raises(UnknownNameError):
        MEMBER.step("validating_spec", "fail")  # type: ignore[arg-type]  # that is the test


# --- Diagrams ---


def test_the_diagrams_say_exactly_this() -> None:
    assert BOOTSTRAP_DIAGRAM == BOOTSTRAP.mermaid()
    assert MEMBER_DIAGRAM == MEMBER.mermaid()


@both
def test_a_diagram_has_every_edge_and_no_other(lifecycle: Lifecycle[Any, Any]) -> None:
    drawn: dict[str, dict[str, str]] = {state: {} for state in lifecycle.states}
    for line in lifecycle.mermaid().splitlines():
        arrow, _, events = line.strip().partition(": ")
        source, _, dest = arrow.partition(" --> ")
        if events:
            drawn[source] |= dict.fromkeys(events.split(", "), dest)
    assert TOLD[lifecycle.name] == drawn


def test_a_diagram_is_the_same_in_another_process() -> None:
    """Whatever the hash seed, so it can be compared with what a document shows."""
    script = (
        "from launchfsm.lifecycle.machines import *; print(BOOTSTRAP.mermaid() + MEMBER.mermaid())"
    )
    for seed in ("1", "2"):
        done = subprocess.run(
            [sys.executable, "-c", script],
            capture_output=True,
            text=True,
            check=True,
            timeout=60,
            env={"PYTHONHASHSEED": seed},
        )
        assert f"{BOOTSTRAP_DIAGRAM}{MEMBER_DIAGRAM}\n" == done.stdout


# --- Machines of transitions ---


class Recorder:
    """A model with a callback, which a machine of ``transitions`` calls by its name."""

    def __init__(self) -> None:
        self.seen: list[str] = []

    def on_enter_confirmed_alive(self) -> None:
        self.seen.append("confirmed")


def test_a_machine_drives_a_model_and_calls_its_callbacks() -> None:
    model: Any = Recorder()
    machine = MEMBER.machine(model, after_state_change=lambda: model.seen.append("moved"))

    model.accept_spawn()
    model.confirm()

    assert "confirmed_alive" == model.state
    assert ["moved", "confirmed", "moved"] == model.seen
    assert [model] == machine.models


def test_every_machine_is_a_fresh_one() -> None:
    changed = BOOTSTRAP.machine()
    changed.add_transition("reopen", "completed", "validating_spec")

    assert "reopen" not in BOOTSTRAP.machine().events
    with pytest.raises(UnknownNameError):
        BOOTSTRAP.step("completed", "reopen")  # type: ignore[arg-type]  # that is the test


def test_a_machine_can_be_of_another_class() -> None:
    async def confirm(model: Any) -> None:
        MEMBER.machine(model, AsyncMachine)
        await model.accept_spawn()
        await model.confirm()

    model: Any = SimpleNamespace()
    asyncio.run(confirm(model))
    assert "confirmed_alive" == model.state

    nested = MEMBER.machine(None, HierarchicalMachine, initial="failed_to_start")
    assert isinstance(nested, HierarchicalMachine)
    assert "failed_to_start" == nested.initial


def test_the_machine_has_the_states_and_events_of_the_table() -> None:
    for lifecycle in BOTH:
        machine = lifecycle.machine()
        assert lifecycle.states == tuple(machine.states)
        assert lifecycle.events == tuple(machine.events)
        assert (lifecycle.name, lifecycle.initial) == (
            machine.name.removesuffix(": "),
            machine.initial,
        )


NAMES = st.lists(
    st.text(alphabet="abc_ é", min_size=1, max_size=4), min_size=2, max_size=5, unique=True
)


@st.composite
def tables(draw: st.DrawFn) -> list[tuple[str, list[str], str]]:
    """The rows of any table of a few states and events."""
    states, events = draw(NAMES), draw(NAMES)
    return [
        (f"go {event}", sorted(draw(st.sets(st.sampled_from(states), min_size=1))), states[0])
        for event in events
    ]


@given(tables())
def test_machine_and_table_agree_whatever_the_table(
    edges: list[tuple[str, list[str], str]],
) -> None:
    states = sorted({state for _, sources, after in edges for state in (*sources, after)})
    lifecycle = Lifecycle[str, str]("any", tuple(states), states[-1], edges)
    machine = lifecycle.machine()
    for state in lifecycle.states:
        for event in lifecycle.events:
            outcome = lifecycle.step(state, event)
            expected = None if isinstance(outcome, Refusal) else outcome
            assert expected == trigger(machine, state, event)


@pytest.mark.parametrize(
    ("initial", "edges"),
    [
        ("opne", [("close", ["open"], "shut")]),
        ("open", [("close", ["opne"], "shut")]),
        ("open", [("close", ["shut"], "opne")]),
    ],
)
def test_a_table_that_names_a_state_it_does_not_have_is_a_mistake(
    initial: str, edges: list[tuple[str, list[str], str]]
) -> None:
    with pytest.raises(UnknownNameError, match=r"door: there is no state 'opne' \(did you mean"):
        Lifecycle[str, str]("door", ("open", "shut"), initial, edges)


# --- Import ---


def test_the_machines_load_no_extension_of_transitions() -> None:
    """Those cost more than everything else together, and nothing here nests, waits or locks."""
    script = (
        "import sys; import launchfsm.lifecycle.machines;"
        "print([name for name in sys.modules if name.startswith('transitions.extensions')])"
    )
    done = subprocess.run(
        [sys.executable, "-c", script], capture_output=True, text=True, check=True, timeout=60
    )
    assert "[]\n" == done.stdout


def test_a_lifecycle_prints_in_a_line() -> None:
    assert "Lifecycle(name='member', initial='starting')" == repr(MEMBER)

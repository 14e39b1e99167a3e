"""Both lifecycles, over every state and every event, and what they refuse to become."""

from __future__ import annotations

import pickle
import subprocess
import sys
from enum import StrEnum
from types import SimpleNamespace
from typing import TYPE_CHECKING, Any, assert_type

import attrs
import pytest
from hypothesis import given
from hypothesis import strategies as st
from transitions import Machine, MachineError, State
from transitions.extensions import HierarchicalMachine
from transitions.extensions.asyncio import AsyncMachine

from launchfsm.lifecycle.machines import (
    BOOTSTRAP,
    EVENT_OF_ACTION,
    MEMBER,
    PHASE_EVENTS,
    STATE_OF_STATUS,
    BootstrapEvent,
    Lifecycle,
    LifecycleError,
    MemberEvent,
    Refusal,
    SealedMachineError,
    UncompilableMachineError,
    UnknownNameError,
    _SealableMachine,
    compile_table,
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
EVERY_PAIR = [
    pytest.param(lifecycle, state, event, id=f"{state}-{event}")
    for lifecycle in BOTH
    for state in lifecycle.states
    for event in lifecycle.events
]
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


def flat(**changes: Any) -> Machine:
    """A small machine that compiles, but for the changes."""
    told: dict[str, Any] = {
        "name": "door",
        "model": None,
        "states": ["open", "shut"],
        "initial": "open",
        "transitions": [
            {"trigger": "close", "source": "open", "dest": "shut"},
            {"trigger": "open_up", "source": "shut", "dest": "open"},
        ],
        "auto_transitions": False,
    }
    return Machine(**(told | changes))


def edge(**changes: Any) -> list[dict[str, Any]]:
    """The transitions of a machine with one edge, changed."""
    return [{"trigger": "close", "source": "open", "dest": "shut"} | changes]


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


@pytest.mark.parametrize(("lifecycle", "state", "event"), EVERY_PAIR)
def test_a_step_goes_where_the_page_says_or_is_refused(
    lifecycle: Lifecycle[Any, Any], state: str, event: str
) -> None:
    told = TOLD[lifecycle.name][state]
    expected = told.get(event, Refusal(lifecycle.name, state, event, lifecycle.allowed(state)))
    assert expected == lifecycle.step(state, event)


@pytest.mark.parametrize(("lifecycle", "state", "event"), EVERY_PAIR)
def test_the_table_and_the_machine_agree_and_a_refusal_moves_nothing(
    lifecycle: Lifecycle[Any, Any], state: str, event: str
) -> None:
    moved = trigger(lifecycle.machine, state, event)
    outcome = lifecycle.step(state, event)
    assert moved == (None if isinstance(outcome, Refusal) else outcome)


@pytest.mark.parametrize(("lifecycle", "state"), EVERY_STATE)
def test_exactly_the_allowed_events_are_not_refused(
    lifecycle: Lifecycle[Any, Any], state: str
) -> None:
    taken = [e for e in lifecycle.events if not isinstance(lifecycle.step(state, e), Refusal)]
    assert tuple(taken) == lifecycle.allowed(state)
    assert set(TOLD[lifecycle.name][state]) == set(taken)


@both
def test_the_compiled_table_is_the_table_of_the_page(lifecycle: Lifecycle[Any, Any]) -> None:
    assert TOLD[lifecycle.name] == compile_table(lifecycle.machine)


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
    standing = {**STATE_OF_STATUS, "spawn_failed": "failed_to_start"}

    assert set(values(MemberStatus)) == set(STATE_OF_STATUS)
    assert set(values(MemberAction)) == set(standing)
    for action, event in EVENT_OF_ACTION.items():
        assert {standing[action]} == {row[event] for row in MEMBER_EDGES.values() if event in row}


@pytest.mark.parametrize("table", [PHASE_EVENTS, STATE_OF_STATUS, EVENT_OF_ACTION])
def test_what_words_mean_cannot_be_changed(table: Any) -> None:
    with pytest.raises(TypeError):
        table["failed"] = "skip"


# --- Walks and paths ---


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
    assert "completed" == BOOTSTRAP.walk(fresh)
    assert "completed" == BOOTSTRAP.walk(attached)


def test_a_walk_stops_at_the_first_refusal_and_takes_no_event_after_it() -> None:
    def events() -> Any:
        yield "load_state"
        yield "complete"
        pytest.fail("an event after a refused one was asked for")

    assert Refusal(
        "bootstrap",
        "loading_existing_state",
        "complete",
        ("acquire_lock", "fail", "cancel"),
    ) == BOOTSTRAP.walk(events())


def test_a_walk_of_nothing_stays_where_it_starts() -> None:
    assert "starting" == MEMBER.walk([])
    assert "skipped_for_launch" == MEMBER.walk([], start="skipped_for_launch")


def test_a_walk_can_start_anywhere() -> None:
    assert "confirmed_alive" == MEMBER.walk(
        ["retry", "accept_spawn", "confirm"], start="failed_to_start"
    )


@pytest.mark.parametrize(("lifecycle", "state"), EVERY_STATE)
def test_every_state_can_be_reached_and_its_path_leads_there(
    lifecycle: Lifecycle[Any, Any], state: str
) -> None:
    path = lifecycle.path(state)
    assert path is not None
    assert state == lifecycle.walk(path)
    handle = Handle(lifecycle.initial)
    for event in path:
        lifecycle.machine.events[event].trigger(handle)
    assert state == handle.state


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
    ways = [["left", "top", "a"], ["right", "top", "b"], ["on", "b", "c"], ["on", "c", "end"]]
    maze: Lifecycle[str, str] = Lifecycle.of(
        flat(
            states=["end", "a", "b", "c", "top"],
            initial="top",
            transitions=[*ways, ["off", "a", "end"]],
        )
    )
    assert "top" == maze.walk([])
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
    for event in data.draw(st.lists(st.sampled_from(lifecycle.events), max_size=30)):
        outcome = lifecycle.step(state, event)
        if isinstance(outcome, Refusal):
            with pytest.raises(MachineError):
                lifecycle.machine.events[event].trigger(handle)
        else:
            lifecycle.machine.events[event].trigger(handle)
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
    outcome = lifecycle.walk([event], start=state)
    assert Refusal(lifecycle.name, state, event, ()) == outcome


@pytest.mark.parametrize("state", values(ActivePhase))
@pytest.mark.parametrize("end", values(TerminalPhase))
def test_every_active_phase_can_still_end_in_every_way(state: Any, end: Any) -> None:
    path = BOOTSTRAP.path(end, start=state)
    assert path is not None
    assert end == BOOTSTRAP.walk(path, start=state)


@pytest.mark.parametrize("state", MEMBER.states)
def test_every_member_that_is_not_confirmed_can_still_be(state: LaunchState) -> None:
    path = MEMBER.path("confirmed_alive", start=state)
    assert path is not None
    assert "confirmed_alive" == MEMBER.walk(path, start=state)


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
        lambda it: it.walk([], start="zzz"),
        lambda it: it.walk(it.events, start="zzz"),
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
    assert_type(BOOTSTRAP.walk(["load_state"]), Phase | Refusal)
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


# --- Sealed machines ---

CHANGES: dict[str, Callable[[Machine, str, str], object]] = {
    "add a state": lambda it, _state, _event: it.add_state("paused"),
    "add states": lambda it, _state, _event: it.add_states(["paused", "gone"]),
    "add a transition": lambda it, state, event: it.add_transition(event, state, state),
    "add transitions": lambda it, state, event: it.add_transitions([[event, "*", state]]),
    "add a new event": lambda it, state, _event: it.add_transition("teleport", "*", state),
    "order transitions": lambda it, _state, _event: it.add_ordered_transitions(),
    "remove a transition": lambda it, _state, event: it.remove_transition(event),
    "attach a model": lambda it, state, _event: it.add_model(Handle(state)),
    "set the initial state": lambda it, _state, _event: setattr(it, "initial", "paused"),
    "swallow refusals": lambda it, _state, _event: setattr(it, "ignore_invalid_triggers", True),
    "hook the machine": lambda it, _state, _event: setattr(it, "before_state_change", print),
    "hook a state": lambda it, state, _event: it.states[state].add_callback("enter", print),
    "hook a state by name": lambda it, state, _event: getattr(it, f"on_enter_{state}")(print),
    "hook an event": lambda it, _state, event: it.events[event].add_callback("before", print),
    "hook an event by name": lambda it, _state, event: getattr(it, f"after_{event}")(print),
}


@both
@pytest.mark.parametrize("change", CHANGES.values(), ids=list(CHANGES))
def test_a_shipped_machine_refuses_every_change_and_stays_what_it_was(
    lifecycle: Lifecycle[Any, Any], change: Callable[[Machine, str, str], object]
) -> None:
    with pytest.raises(SealedMachineError):
        change(lifecycle.machine, lifecycle.initial, lifecycle.events[0])
    assert TOLD[lifecycle.name] == compile_table(lifecycle.machine)
    assert lifecycle.initial == lifecycle.machine.initial
    assert [] == lifecycle.machine.models


@both
def test_the_refused_change_names_the_machine_and_the_way_out(
    lifecycle: Lifecycle[Any, Any],
) -> None:
    with pytest.raises(SealedMachineError) as caught:
        lifecycle.machine.add_state("paused")
    assert (
        f"the machine '{lifecycle.name}' is sealed and cannot take the state 'paused': its table is"
        " compiled and relied upon. Build a Machine of your own and wrap it with Lifecycle.of()."
    ) == str(caught.value)


@both
@pytest.mark.parametrize("kind", ["states", "events"])
def test_the_parts_of_a_shipped_machine_are_read_only(
    lifecycle: Lifecycle[Any, Any], kind: str
) -> None:
    parts = getattr(lifecycle.machine, kind)
    with pytest.raises(TypeError):
        parts["paused"] = None
    with pytest.raises(TypeError):
        del parts[next(iter(parts))]


def test_looking_for_a_missing_edge_does_not_make_one() -> None:
    """In an ordinary machine it does: from then on the event is accepted, and does nothing."""
    ordinary = flat()
    assert trigger(ordinary, "shut", "close") is None
    assert [] == ordinary.events["close"].transitions["shut"]
    assert ordinary.events["close"].trigger(Handle("shut")) is False

    with pytest.raises(KeyError):
        MEMBER.machine.events["confirm"].transitions["starting"]
    assert trigger(MEMBER.machine, "starting", "confirm") is None


def test_a_shipped_machine_still_answers_questions() -> None:
    machine = MEMBER.machine
    assert ["skip", "retry"] == machine.get_triggers("failed_to_start")
    assert ["starting"] == [e.dest for e in machine.get_transitions("retry", "failed_to_start")]
    assert "starting" == machine.get_state("starting").name


# --- compile_table ---


def test_a_flat_machine_compiles_to_its_edges_and_serves_as_a_lifecycle() -> None:
    machine = flat()
    door: Lifecycle[str, str] = Lifecycle.of(machine)
    assert {"open": {"close": "shut"}, "shut": {"open_up": "open"}} == compile_table(machine)
    assert (door.name, door.initial, door.terminal) == ("door", "open", ())
    assert "shut" == door.step("open", "close")
    assert Refusal("door", "open", "open_up", ("close",)) == door.step("open", "open_up")


def test_a_lifecycle_does_not_see_what_its_machine_becomes_later() -> None:
    machine = flat()
    door: Lifecycle[str, str] = Lifecycle.of(machine)
    machine.add_transition("open_up", "open", "shut")
    assert isinstance(door.step("open", "open_up"), Refusal)


def test_a_machine_with_models_compiles_like_one_without() -> None:
    class Door:
        pass

    machine = flat()
    machine.add_model(Door())
    assert compile_table(flat()) == compile_table(machine)


def test_an_unnamed_machine_is_called_a_machine() -> None:
    assert "machine" == Lifecycle[str, str].of(flat(name=None)).name


class Coded(StrEnum):
    """States whose value is not their name."""

    OPEN = "open"
    SHUT = "shut"


GUARDS = "guards are rules, never callbacks"
MISTAKEN = "an event that changes nothing is no edge"

UNCOMPILABLE: dict[str, tuple[Callable[[], Machine], str]] = {
    "conditions": (
        lambda: flat(transitions=edge(conditions=bool)),
        f"the event 'close' out of 'open': it has conditions; {GUARDS}",
    ),
    "unless": (
        lambda: flat(transitions=edge(unless=bool)),
        f"the event 'close' out of 'open': it has conditions; {GUARDS}",
    ),
    "prepare": (
        lambda: flat(transitions=edge(prepare=print)),
        f"the event 'close' out of 'open': it has prepare; {GUARDS}",
    ),
    "before": (
        lambda: flat(transitions=edge(before=print)),
        f"the event 'close' out of 'open': it has before; {GUARDS}",
    ),
    "after": (
        lambda: flat(transitions=edge(after=print)),
        f"the event 'close' out of 'open': it has after; {GUARDS}",
    ),
    "on_enter": (
        lambda: flat(states=["open", State("shut", on_enter=print)]),
        f"state 'shut': it has on_enter; {GUARDS}",
    ),
    "on_exit": (
        lambda: flat(states=[State("open", on_exit=print), "shut"]),
        f"state 'open': it has on_exit; {GUARDS}",
    ),
    "prepare_event": (
        lambda: flat(prepare_event=print),
        f"the machine: it has prepare_event; {GUARDS}",
    ),
    "before_state_change": (
        lambda: flat(before_state_change=print),
        f"the machine: it has before_state_change; {GUARDS}",
    ),
    "after_state_change": (
        lambda: flat(after_state_change=print),
        f"the machine: it has after_state_change; {GUARDS}",
    ),
    "finalize_event": (
        lambda: flat(finalize_event=print),
        f"the machine: it has finalize_event; {GUARDS}",
    ),
    "on_exception": (
        lambda: flat(on_exception=print),
        f"the machine: it has on_exception; {GUARDS}",
    ),
    "on_final": (
        lambda: flat(on_final=print),
        f"the machine: it has on_final; {GUARDS}",
    ),
    "duplicate edge": (
        lambda: flat(transitions=edge() + edge()),
        "the event 'close' out of 'open': 2 edges, of which only the first can be taken",
    ),
    "conflicting edge": (
        lambda: flat(states=["open", "shut", "ajar"], transitions=edge() + edge(dest="ajar")),
        "the event 'close' out of 'open': 2 edges, of which only the first can be taken",
    ),
    "unknown source": (
        lambda: flat(transitions=edge(source="opne")),
        "the event 'close' out of 'opne': there is no such state (did you mean 'open'?)",
    ),
    "unknown destination": (
        lambda: flat(transitions=edge(dest="shutt")),
        (
            "the event 'close' out of 'open': it leads to 'shutt', and there is no such state"
            " (did you mean 'shut'?)"
        ),
    ),
    "nameless destination": (
        lambda: flat(states=["open", "shut", ""], transitions=edge(dest="")),
        f"the event 'close' out of 'open': internal, it leads nowhere; {MISTAKEN}",
    ),
    "internal": (
        lambda: flat(transitions=edge(dest=None)),
        f"the event 'close' out of 'open': internal, it leads nowhere; {MISTAKEN}",
    ),
    "reflexive": (
        lambda: flat(transitions=edge(dest="=")),
        f"the event 'close' out of 'open': reflexive, it stays; {MISTAKEN}",
    ),
    "wildcard": (
        lambda: flat(transitions=edge(source="*")),
        f"the event 'close' out of 'shut': reflexive, it stays; {MISTAKEN}",
    ),
    "automatic transitions": (
        lambda: flat(auto_transitions=True),
        f"the event 'to_open' out of 'open': reflexive, it stays; {MISTAKEN}",
    ),
    "queued": (
        lambda: flat(queued=True),
        "it is queued: all models share one queue, and a trigger answers before it happened",
    ),
    "ignores invalid triggers": (
        lambda: flat(ignore_invalid_triggers=True),
        "it ignores invalid triggers: a refusal has to be seen",
    ),
    "one state ignores invalid triggers": (
        lambda: flat(states=["open", State("shut", ignore_invalid_triggers=True)]),
        "state 'shut' ignores invalid triggers: a refusal has to be seen",
    ),
    "no initial state": (lambda: flat(initial=None), "it has no initial state"),
    "enum states": (
        lambda: flat(states=Coded, initial=Coded.OPEN, transitions=[]),
        "state 'OPEN' has the value <Coded.OPEN: 'open'>: name and value must be equal",
    ),
    "hierarchical": (
        lambda: HierarchicalMachine(
            model=None, states=["open", "shut"], initial="open", auto_transitions=False
        ),
        "it is a kind of HierarchicalMachine: only a flat machine that answers at once is a table",
    ),
    "asynchronous": (
        lambda: AsyncMachine(
            model=None, states=["open", "shut"], initial="open", auto_transitions=False
        ),
        "it is a kind of AsyncMachine: only a flat machine that answers at once is a table",
    ),
}


@pytest.mark.parametrize(("build", "fault"), UNCOMPILABLE.values(), ids=list(UNCOMPILABLE))
def test_what_a_table_cannot_say_is_refused(build: Callable[[], Machine], fault: str) -> None:
    with pytest.raises(UncompilableMachineError) as caught:
        compile_table(build())
    assert f"- {fault}" in str(caught.value).splitlines()


def test_an_edge_that_only_a_look_has_made_is_refused() -> None:
    machine = flat()
    machine.events["close"].transitions["shut"]
    with pytest.raises(UncompilableMachineError, match="accepted, but there is no edge"):
        compile_table(machine)


def test_all_faults_of_a_machine_are_told_at_once() -> None:
    machine = flat(queued=True, transitions=edge(dest="shutt", before=print))
    with pytest.raises(UncompilableMachineError) as caught:
        Lifecycle[str, str].of(machine)
    assert (
        "the machine 'door' cannot be compiled into a table:\n"
        "- it is queued: all models share one queue, and a trigger answers before it happened\n"
        "- the event 'close' out of 'open': it leads to 'shutt', and there is no such state"
        " (did you mean 'shut'?)\n"
        "- the event 'close' out of 'open': it has before; guards are rules, never callbacks"
    ) == str(caught.value)


NAMES = st.lists(
    st.text(alphabet="abc_ é", min_size=1, max_size=4), min_size=2, max_size=5, unique=True
)


@st.composite
def tables(draw: st.DrawFn) -> dict[str, dict[str, str]]:
    """Any table of a few states and events, without edges that stay."""
    states, events = draw(NAMES), draw(NAMES)
    return {
        state: {
            f"go {event}": draw(st.sampled_from([it for it in states if it != state]))
            for event in sorted(draw(st.sets(st.sampled_from(events))))
        }
        for state in states
    }


@given(tables())
def test_any_table_survives_being_a_machine(table: dict[str, dict[str, str]]) -> None:
    """Machine and table say the same of every state and event, whatever the lifecycle."""
    machine = Machine(
        model=None,
        states=list(table),
        initial=next(iter(table)),
        transitions=[[e, s, dest] for s, row in table.items() for e, dest in row.items()],
        auto_transitions=False,
    )
    lifecycle: Lifecycle[str, str] = Lifecycle.of(machine)
    assert table == compile_table(machine)
    for state in lifecycle.states:
        for event in lifecycle.events:
            outcome = lifecycle.step(state, event)
            expected = None if isinstance(outcome, Refusal) else outcome
            assert expected == trigger(machine, state, event)


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
    assert "Lifecycle(name='member', initial='starting', terminal=('confirmed_alive',))" == repr(
        MEMBER
    )


def test_until_it_is_sealed_a_machine_can_be_changed() -> None:
    machine = _SealableMachine(model=None, states=["a"], initial="a", auto_transitions=False)
    machine.add_states(["b", "c"])
    machine.add_transition("go", "a", "b")
    machine.add_transition("go", "b", "c")
    machine.remove_transition("go", source="a")

    model = SimpleNamespace()
    machine.add_model(model)

    assert [model] == machine.models
    assert {"a": {}, "b": {"go": "c"}, "c": {}} == compile_table(machine)
    machine.seal()
    with pytest.raises(SealedMachineError):
        machine.remove_transition("go")
    assert {"a": {}, "b": {"go": "c"}, "c": {}} == compile_table(machine)

"""The product of both tables: how much there is, what holds of it, and that broken tables show."""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING, Any

import attrs
import pytest

from launchfsm.lifecycle.machines import BOOTSTRAP, MEMBER, Lifecycle, Refusal
from launchfsm.lifecycle.product import (
    PROPERTIES,
    Edge,
    Event,
    Exploration,
    LaunchModel,
    Member,
    ProductState,
    explore,
)
from launchfsm.lifecycle.synchronization import SYNCHRONIZATION, PhaseSynchronization

if TYPE_CHECKING:
    from launchfsm.vocabulary import Phase

STARTING = Member("starting")


@cache
def explored(members: int, attach: bool | None = None) -> Exploration:  # noqa: FBT001 - a key
    return explore(members, LaunchModel(attach=attach))


def edges_of(lifecycle: Lifecycle[Any, Any]) -> list[tuple[str, list[str], str]]:
    """The rows of a lifecycle's table, an edge each."""
    rows = []
    for state in lifecycle.states:
        for event in lifecycle.allowed(state):
            after = lifecycle.step(state, event)
            assert not isinstance(after, Refusal)
            rows.append((event, [state], after))
    return rows


def changed(
    lifecycle: Lifecycle[Any, Any],
    *,
    more: list[tuple[str, list[str], str]] | None = None,
    without: str = "",
) -> Lifecycle[Any, Any]:
    """A lifecycle with more edges, or where an event leads out of fewer states: ``event state``."""
    kept = [
        (event, sources, after)
        for event, sources, after in edges_of(lifecycle)
        if without != f"{event} {sources[0]}"
    ]
    return Lifecycle(lifecycle.name, lifecycle.states, lifecycle.initial, [*kept, *(more or [])])


def refuted(members: int = 2, **parts: Any) -> dict[str, tuple[Edge, ...]]:
    """The properties that do not hold of a model, with a run each."""
    exploration = explore(members, LaunchModel(**parts))
    found = {name: holds(exploration) for name, holds in PROPERTIES.items()}
    return {name: run for name, run in found.items() if run is not None}


def test_eight_members_are_some_ten_thousand_states_and_every_property_holds_of_them() -> None:
    exploration = explored(8)

    assert (10_237, 103_225) == (len(exploration.states), len(exploration.edges))
    assert {} == {
        name: run for name, holds in PROPERTIES.items() if (run := holds(exploration)) is not None
    }


@pytest.mark.parametrize(
    ("members", "attach", "states", "edges"),
    [(2, False, 155, 668), (2, True, 151, 662), (2, None, 155, 669), (0, True, 13, 20)],
)
def test_a_launch_that_attaches_creates_no_team(
    members: int, *, attach: bool | None, states: int, edges: int
) -> None:
    exploration = explored(members, attach)

    assert (states, edges) == (len(exploration.states), len(exploration.edges))
    creating = any(state.phase == "creating_team" for state in exploration.states)
    assert creating is (attach is not True)


def test_it_is_the_product_with_members_told_apart_but_for_their_order() -> None:
    """The same search without sorting: what it finds, sorted, is what the product has."""
    model = LaunchModel()
    found = {model.initial(2)}
    waiting = list(found)
    while waiting:
        before = waiting.pop()
        for index in range(2):
            for name in MEMBER.events:
                one = before._replace(members=(before.members[index],))
                after = model.step(one, Event(name, before.members[index]))
                if isinstance(after, ProductState):
                    members = list(before.members)
                    members[index] = after.members[0]
                    further(before._replace(members=tuple(members)), found, waiting)
        for event in (*map(Event, BOOTSTRAP.events), Event("lose_owner")):
            after = model.step(before, event)
            if isinstance(after, ProductState):
                further(after, found, waiting)

    ordered = {state._replace(members=tuple(sorted(state.members))) for state in found}
    assert set(explored(2).states) == ordered
    assert len(found) > len(ordered)


def further(state: ProductState, found: set[ProductState], waiting: list[ProductState]) -> None:
    if state not in found:
        found.add(state)
        waiting.append(state)


def test_a_run_to_every_state_is_a_chain_of_edges_from_the_beginning() -> None:
    exploration = explored(2)
    for state in exploration.states:
        at = exploration.model.initial(2)
        for edge in exploration.run_to(state):
            assert at == edge.before
            at = edge.after
        assert state == at


def test_a_shortest_run_reads_as_a_launch() -> None:
    run = explored(1).find(
        lambda state: state.phase == "completed" and state.count("confirmed_alive") == 1
    )

    assert run is not None
    assert [
        "load_state -> loading_existing_state: 1 starting",
        "acquire_lock -> acquiring_bootstrap_lock: 1 starting",
        "spawn_members -> spawning_members: 1 starting",
        "accept_spawn of a starting member -> spawning_members: 1 runtime_pending_bootstrap",
    ] == [edge.text() for edge in run[:4]]
    assert {"confirm", "audit", "complete"} == {edge.event.name for edge in run[4:]}


def test_the_loss_of_the_owner_settles_every_member_at_once() -> None:
    model = LaunchModel()
    pending = Member("runtime_pending_bootstrap", accepted=True)
    confirmed = Member("confirmed_alive", accepted=True)
    launch = ProductState(
        "spawning_members", owner_lost=False, members=(STARTING, pending, confirmed)
    )

    after = model.step(launch, Event("lose_owner"))

    failed = Member("failed_to_start"), Member("failed_to_start", accepted=True)
    assert launch._replace(owner_lost=True, members=(*failed, confirmed)) == after
    assert "spawning_members, owner lost: 2 failed_to_start, 1 confirmed_alive" == after.text()
    assert after.settled
    assert not after.terminal


def test_what_cannot_be_reached_has_no_run() -> None:
    assert explored(1).find(lambda state: state.count("starting") > 1) is None
    assert explored(1).find_edge(lambda edge: not edge.event.name) is None
    with pytest.raises(KeyError):
        explored(1).run_to(ProductState("completed", owner_lost=True, members=()))


def test_nobody_reports_a_member_before_members_are_spawned() -> None:
    model = LaunchModel()
    assert model.step(model.initial(1), Event("accept_spawn", STARTING)) is None
    spawning = model.initial(1)._replace(phase="spawning_members")
    refusal = model.step(spawning, Event("confirm", STARTING))
    assert isinstance(refusal, Refusal)
    assert "no members" in model.initial(0).text()


def test_every_edge_of_both_tables_is_taken_somewhere() -> None:
    taken = {
        (edge.event.name, edge.event.member and edge.event.member.state)
        for edge in explored(2).edges
    }
    for event, sources, _ in edges_of(MEMBER):
        if event not in {"lose_owner", "never_spawned"}:
            assert (event, sources[0]) in taken
    phases = {(edge.event.name, edge.before.phase) for edge in explored(2).edges}
    for event, sources, _ in edges_of(BOOTSTRAP):
        assert (event, sources[0]) in phases


# --- Broken tables are found out -----------------------------------------------------------------

BROKEN: dict[str, tuple[dict[str, Any], str]] = {
    "a terminal phase reopens": (
        {"bootstrap": changed(BOOTSTRAP, more=[("audit", ["completed"], "auditing_truth")])},
        "terminal states absorb",
    ),
    "a confirmation is taken back": (
        {"member": changed(MEMBER, more=[("fail", ["confirmed_alive"], "failed_to_start")])},
        "terminal states absorb",
    ),
    "a phase has no way out": (
        {
            "bootstrap": Lifecycle(
                "bootstrap",
                BOOTSTRAP.states,
                BOOTSTRAP.initial,
                [row for row in edges_of(BOOTSTRAP) if row[1] != ["auditing_truth"]],
            )
        },
        "every launch with an owner can still end",
    ),
    "a member is confirmed without a spawn": (
        {"member": changed(MEMBER, more=[("confirm", ["starting"], "confirmed_alive")])},
        "no member is confirmed without an accepted spawn",
    ),
    "a lost owner leaves a pending member": (
        {"member": changed(MEMBER, without="lose_owner runtime_pending_permission")},
        "a lost owner leaves no member pending",
    ),
    "an end forgets the unspawned": (
        {
            "synchronization": attrs.evolve(
                SYNCHRONIZATION,
                phases={
                    phase: attrs.evolve(row, on_entering=None)
                    for phase, row in SYNCHRONIZATION.phases.items()
                },
            )
        },
        "an ended launch leaves no member starting",
    ),
}


@pytest.mark.parametrize(("parts", "name"), BROKEN.values(), ids=list(BROKEN))
def test_a_broken_table_is_refuted_by_a_run_that_ends_there(
    parts: dict[str, Any], name: str
) -> None:
    run = refuted(**parts)[name]

    model = LaunchModel(**parts)
    at = model.initial(2)
    for edge in run:
        assert at == edge.before
        at = edge.after


def test_the_shipped_tables_are_not() -> None:
    assert {} == refuted()


@pytest.mark.parametrize("phase", BOOTSTRAP.states)
def test_the_synchronization_has_a_row_for_every_phase(phase: Phase) -> None:
    assert isinstance(SYNCHRONIZATION.phases[phase], PhaseSynchronization)


def test_every_event_of_a_member_is_sent_to_one_or_to_all() -> None:
    rows = SYNCHRONIZATION.phases.values()
    to_all = {event for row in rows for event in (row.on_entering, row.on_owner_lost) if event}
    assert {*SYNCHRONIZATION.member_events(), *to_all} == {*MEMBER.events}

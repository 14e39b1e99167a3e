"""The exploration against formulas, against the product with members told apart, and with flaws."""

from __future__ import annotations

import subprocess
import sys
from collections import Counter, deque
from functools import cache
from math import comb
from typing import TYPE_CHECKING, Any, TypeAlias

import attrs
import pytest
from hypothesis import given
from hypothesis import strategies as st
from transitions import Machine

from launchfsm.exploration import (
    CONFIRMED_WAS_ACCEPTED,
    END_LEAVES_NOBODY_STARTING,
    EVERY_STATE_CAN_END,
    LOST_OWNER_LEAVES_NOBODY_PENDING,
    PROPERTIES,
    SYNCHRONIZATION,
    TERMINAL_STATES_ABSORB,
    Edge,
    Event,
    Exploration,
    LaunchModel,
    Member,
    Move,
    NumberedEvent,
    PhaseSynchronization,
    ProductState,
    Property,
    Run,
    Synchronization,
    explore,
)
from launchfsm.lifecycle.machines import BOOTSTRAP, MEMBER, Lifecycle, Refusal, UnknownNameError
from launchfsm.vocabulary import ActivePhase, Phase, TerminalPhase, values

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

EITHER_KIND = pytest.mark.parametrize("attach", [None, True, False])
EVERY_PROPERTY = pytest.mark.parametrize("prop", PROPERTIES, ids=lambda prop: prop.name)


@cache
def explored(members: int, attach: bool | None = None) -> Exploration:  # noqa: FBT001  # a key
    return explore(LaunchModel(members=members, attach=attach))


# --- How many there are --------------------------------------------------------------------------


def states_by_formula(members: int, attach: bool | None) -> int:  # noqa: FBT001  # a key
    """Multisets: ``members`` of ``kinds`` can be had in C(members + kinds - 1, kinds - 1) ways."""
    before_spawning = 3 if attach else 4  # nobody has moved
    # starting; pending twice; confirmed; failed with and without a spawn; skipped
    spawning_and_auditing = 2 * comb(members + 6, 6)
    terminal = 3 * comb(members + 5, 5)  # the same without starting
    lost_before_spawning = before_spawning * comb(members + 1, 1)  # failed without a spawn; skipped
    lost_after = 2 * comb(members + 3, 3)  # confirmed; failed twice; skipped
    return before_spawning + spawning_and_auditing + terminal + lost_before_spawning + lost_after


def edges_by_formula(members: int, attach: bool | None) -> int:  # noqa: FBT001  # a key
    """A kind of member is there in as many states as there are multisets of one member fewer."""
    before_spawning = 3 if attach else 4
    # One step on, fail, cancel, lose the owner; and both ways on where both are open.
    early = 4 * before_spawning + (attach is None)
    launch = 2 * 4 * comb(members + 6, 6)  # one step on, fail, cancel, lose the owner
    # starting 3, pending 4 and 4, failed 2 and 2, skipped 1
    member = 2 * 16 * comb(members + 5, 6)
    terminal = 3 * 10 * comb(members + 4, 5)  # pending 4 and 4, failed 1 and 1
    lost_before_spawning = before_spawning * comb(members, 1)  # skip who failed
    lost_after = 2 * 2 * comb(members + 2, 3)  # skip who failed, with and without a spawn
    return early + launch + member + terminal + lost_before_spawning + lost_after


@EITHER_KIND
@pytest.mark.parametrize("members", range(6))
def test_there_are_as_many_states_and_edges_as_the_formulas_say(
    members: int, *, attach: bool | None
) -> None:
    exploration = explored(members, attach)

    assert states_by_formula(members, attach) == exploration.states
    assert edges_by_formula(members, attach) == exploration.edges


def test_eight_members_are_some_ten_thousand_states() -> None:
    exploration = explore()

    assert 10_237 == states_by_formula(8, None) == exploration.states
    assert 103_225 == edges_by_formula(8, None) == exploration.edges
    assert (
        "10,237 states and 103,225 edges of a launch with 8 members,"
        " for 16,700,550 states with members told apart"
    ) == exploration.text()
    assert all(exploration.verify(prop) for prop in PROPERTIES)


@EITHER_KIND
def test_what_is_counted_is_what_is_gone_through(*, attach: bool | None) -> None:
    exploration = explored(2, attach)
    states = list(exploration.iter_states())
    edges = list(exploration.iter_edges())

    assert exploration.states == len(states) == len(set(states))
    assert exploration.edges == len(edges) == len(set(edges))


# --- The product with members told apart: the same story, told a second time ----------------------

Apart: TypeAlias = tuple[str, bool, tuple[tuple[str, bool], ...]]
Sent: TypeAlias = tuple[str, int | None]

SPAWNS = ("spawning_members", "auditing_truth")
REPORTS = ("request_permission", "resolve_permission", "confirm", "fail", "skip")
MEMBER_EVENTS = ("accept_spawn", "retry", *REPORTS)
LAUNCH_EVENTS = (*BOOTSTRAP.events, "lose_owner")

# To a test that sends anything, they are lifecycles of texts.
bootstrap: Lifecycle[Any, Any] = BOOTSTRAP
member: Lifecycle[Any, Any] = MEMBER


def sent_to(one: tuple[str, bool], event: str) -> tuple[str, bool] | None:
    state = member.step(one[0], event)
    if isinstance(state, Refusal):
        return None
    if event == "accept_spawn":
        return state, True
    return state, one[1] and event not in ("skip", "retry")


def sent_to_all(members: tuple[tuple[str, bool], ...], event: str) -> tuple[tuple[str, bool], ...]:
    return tuple(sent_to(one, event) or one for one in members)


def happens(state: Apart, sent: Sent, attach: bool | None) -> Apart | None:  # noqa: FBT001  # a key
    """Return what follows when an event happens to a launch with members told apart, if it does."""
    phase, owner_lost, members = state
    event, number = sent
    over = owner_lost or phase in values(TerminalPhase)
    if number is not None:
        allowed = REPORTS if over else MEMBER_EVENTS if phase in SPAWNS else ()
        one = sent_to(members[number], event) if event in allowed else None
        if one is None:
            return None
        return phase, owner_lost, (*members[:number], one, *members[number + 1 :])
    if owner_lost:
        return None
    if event == "lose_owner":
        return None if over else (phase, True, sent_to_all(members, "lose_owner"))
    following = bootstrap.step(phase, event)
    if isinstance(following, Refusal) or (attach is True and event == "create_team"):
        return None
    if attach is False and (phase, event) == ("acquiring_bootstrap_lock", "spawn_members"):
        return None
    ends = following in values(TerminalPhase)
    return following, False, sent_to_all(members, "never_spawned") if ends else members


def everything_sent(members: int) -> list[Sent]:
    return [
        *((event, None) for event in LAUNCH_EVENTS),
        *((event, number) for number in range(members) for event in MEMBER_EVENTS),
    ]


def told_apart(members: int, attach: bool | None) -> dict[Apart, int]:  # noqa: FBT001  # a key
    """Return every reachable state with its distance from the beginning."""
    first: Apart = ("validating_spec", False, (("starting", False),) * members)
    distance = {first: 0}
    queue = deque([first])
    while queue:
        state = queue.popleft()
        for sent in everything_sent(members):
            following = happens(state, sent, attach)
            if following is not None and following not in distance:
                distance[following] = distance[state] + 1
                queue.append(following)
    return distance


Counted: TypeAlias = tuple[str, bool, frozenset[tuple[tuple[str, bool], int]]]


def counted(state: Apart) -> Counted:
    phase, owner_lost, members = state
    return phase, owner_lost, frozenset(Counter(members).items())


def of(state: ProductState) -> Counted:
    members = (((one.state, one.accepted), count) for one, count in state.members)
    return state.phase, state.owner_lost, frozenset(members)


def of_event(event: Event) -> tuple[str, tuple[str, bool] | None]:
    one = event.member
    return event.name, None if one is None else (one.state, one.accepted)


def of_sent(state: Apart, sent: Sent) -> tuple[str, tuple[str, bool] | None]:
    event, number = sent
    return event, None if number is None else state[2][number]


@EITHER_KIND
@pytest.mark.parametrize("members", range(4))
def test_by_symmetry_it_is_the_product_with_members_told_apart(
    members: int, *, attach: bool | None
) -> None:
    exploration = explored(members, attach)
    distance = told_apart(members, attach)

    assert len(distance) == exploration.arrangements
    assert {counted(state): steps for state, steps in distance.items()} == {
        of(state): len(exploration.run_to(state).edges) for state in exploration.iter_states()
    }

    happening, refused = set(), set()
    for state in distance:
        for sent in everything_sent(members):
            following = happens(state, sent, attach)
            what = (counted(state), of_sent(state, sent))
            if following is None:
                refused.add(what)
            else:
                happening.add((*what, counted(following)))

    assert happening == {
        (of(edge.before), of_event(edge.event), of(edge.after)) for edge in exploration.iter_edges()
    }
    assert refused == {
        (of(found.state), of_event(found.event)) for found in exploration.iter_refusals()
    }


def test_what_does_not_happen_is_refused_by_a_machine_or_sent_by_nobody() -> None:
    for found in explored(2).iter_refusals():
        if found.refusal is None:
            assert f"{found.event.text()}: nobody sends it in {found.state.text()}." == found.text()
        else:
            one = found.event.member
            asked = found.state.phase if one is None else one.state
            lifecycle = bootstrap if one is None else member
            assert lifecycle.step(asked, found.event.name) == found.refusal
            assert found.refusal.text() == found.text()


def test_the_same_model_is_explored_in_the_same_order_whatever_the_hash_seed() -> None:
    script = (
        "from launchfsm.exploration import LaunchModel, explore\n"
        "for edge in explore(LaunchModel(members=2)).iter_edges(): print(edge.text())\n"
    )
    texts = {
        subprocess.run(
            [sys.executable, "-c", script],
            env={"PYTHONHASHSEED": seed},
            capture_output=True,
            check=True,
            text=True,
        ).stdout
        for seed in ("1", "2")
    }

    assert ["".join(f"{edge.text()}\n" for edge in explored(2).iter_edges())] == list(texts)


# --- Runs ----------------------------------------------------------------------------------------


def replayed(run: Run, attach: bool | None = None) -> Apart:  # noqa: FBT001  # a key
    """Do what a run says to members told apart; fail when something does not happen."""
    state: Apart = ("validating_spec", False, (("starting", False),) * len(run.members))
    for event in run.events:
        following = happens(state, at(event), attach)
        assert following is not None, f"{event.text()} does not happen in {state}"
        state = following
    return state


def at(event: NumberedEvent) -> Sent:
    return event.name, None if event.member is None else event.member - 1


def test_there_is_a_run_for_every_edge_and_it_can_be_done() -> None:
    exploration = explored(2)
    for edge in exploration.iter_edges():
        run = exploration.run_through(edge)

        assert edge == run.edges[-1]
        assert len(exploration.run_to(edge.before).edges) + 1 == len(run.edges)
        assert of(edge.after) == counted(replayed(run))


def test_there_is_a_run_before_every_refusal_and_then_nothing_happens() -> None:
    exploration = explored(2)
    for found in exploration.iter_refusals():
        run = exploration.run_to(found.state)

        assert happens(replayed(run), at(run.numbered(found.event)), None) is None


@cache
def edges_by_state(
    members: int,
    attach: bool | None,  # noqa: FBT001  # a key
) -> dict[ProductState, list[Edge]]:
    leaving: dict[ProductState, list[Edge]] = {}
    for edge in explored(members, attach).iter_edges():
        leaving.setdefault(edge.before, []).append(edge)
    return leaving


@given(members=st.integers(0, 4), attach=st.sampled_from([None, True, False]), data=st.data())
def test_any_walk_along_edges_can_be_done(
    members: int, *, attach: bool | None, data: st.DataObject
) -> None:
    exploration = explored(members, attach)
    leaving = edges_by_state(members, attach)
    run = Run(exploration.model.initial)
    for _ in range(data.draw(st.integers(0, 20))):
        if run.end not in leaving:
            break
        run = run.then(data.draw(st.sampled_from(leaving[run.end])))

    _, _, replayed_members = state = replayed(run, attach)
    assert of(run.end) == counted(state)
    assert [(one.state, one.accepted) for one in run.members] == list(replayed_members)
    assert len(exploration.run_to(run.end).edges) <= len(run.edges)


@given(members=st.integers(1, 3), data=st.data())
def test_the_moves_of_an_edge_are_the_difference_between_its_states(
    members: int, data: st.DataObject
) -> None:
    leaving = edges_by_state(members, None)
    edge = data.draw(st.sampled_from(list(leaving.values())).flatmap(st.sampled_from))
    becomes = {move.before: move.after for move in edge.moves}
    expected: Counter[Member] = Counter()
    for one, count in edge.before.members:
        moving = 0 if one not in becomes else 1 if edge.event.member else count
        expected[one] += count - moving
        if moving:
            expected[becomes[one]] += moving

    assert +expected == Counter(dict(edge.after.members))


HAPPY_RUN = """\
validating_spec: 2 starting
  1. load_state -> loading_existing_state: 2 starting
  2. acquire_lock -> acquiring_bootstrap_lock: 2 starting
  3. create_team -> creating_team: 2 starting
  4. spawn_members -> spawning_members: 2 starting
  5. member 1: accept_spawn -> spawning_members: 1 starting, 1 runtime_pending_bootstrap (accepted)
  6. member 2: accept_spawn -> spawning_members: 2 runtime_pending_bootstrap (accepted)
  7. member 1: confirm -> spawning_members: 1 runtime_pending_bootstrap (accepted), \
1 confirmed_alive (accepted)
  8. member 2: confirm -> spawning_members: 2 confirmed_alive (accepted)
  9. audit -> auditing_truth: 2 confirmed_alive (accepted)
 10. complete -> completed: 2 confirmed_alive (accepted)"""


def test_the_shortest_path_to_success_reads_as_a_launch() -> None:
    run = explored(2, attach=False).shortest_path(
        to=lambda state: state.phase == "completed" and state.count("confirmed_alive") == 2
    )

    assert run is not None
    assert HAPPY_RUN == run.text()
    assert HAPPY_RUN.count("\n") == len(run.edges)


def test_the_loss_of_the_owner_happens_to_all_members_at_once() -> None:
    run = explored(3).shortest_path(
        to=lambda state: (
            state.owner_lost
            and state.count("confirmed_alive") == 1
            and state.count("failed_to_start", accepted=True) == 1
            and state.count("failed_to_start", accepted=False) == 1
        )
    )

    assert run is not None
    assert [
        "load_state",
        "acquire_lock",
        "spawn_members",
        "member 1: accept_spawn",
        "member 2: accept_spawn",
        "member 1: confirm",
        "lose_owner",
    ] == [event.text() for event in run.events]
    assert "spawning_members, owner lost: " in run.end.text()
    failed, failed_after_spawn = (Member("failed_to_start", accepted) for accepted in (False, True))
    assert {
        Move(Member("starting", accepted=False), failed),
        Move(Member("runtime_pending_bootstrap", accepted=True), failed_after_spawn),
    } == set(run.edges[-1].moves)


def test_there_is_no_path_to_what_cannot_be_reached() -> None:
    attaching = explored(1, attach=True)

    assert attaching.shortest_path(to=lambda state: state.phase == "creating_team") is None
    assert attaching.shortest_path(to=lambda state: state.terminal and state.owner_lost) is None


def test_the_shortest_path_to_the_beginning_is_no_event() -> None:
    run = explored(0).shortest_path(to=lambda _: True)

    assert run is not None
    assert () == run.events
    assert "validating_spec: no members" == run.text()


@pytest.mark.parametrize("to", ["completed", None, True])
def test_a_path_to_what_cannot_be_asked_is_a_mistake(to: Any) -> None:
    with pytest.raises(
        TypeError,
        match=r"to= of shortest_path\(\) takes a callable of a state, such as "
        rf"`lambda state: state\.phase == 'completed'`; not {to!r}",
    ):
        explored(0).shortest_path(to=to)


def test_a_path_to_what_is_answered_in_other_words_is_a_mistake() -> None:
    vague: Any = lambda state: state.phase  # noqa: E731  # what is typed like this by hand

    with pytest.raises(
        TypeError,
        match=r"to= of shortest_path\(\) must return True or False; it returned 'validating_spec'",
    ):
        explored(0).shortest_path(to=vague)


def test_a_state_that_no_launch_reaches_has_no_run() -> None:
    stranger = attrs.evolve(explored(1).model.initial, phase="completed")

    with pytest.raises(ValueError, match=r"no launch of this model reaches completed: 1 starting"):
        explored(1).run_to(stranger)


def test_a_run_goes_on_only_from_where_it_ended() -> None:
    second = list(explored(1).iter_edges())[-1]

    with pytest.raises(ValueError, match=r"a run that ends in validating_spec: 1 starting cannot"):
        Run(explored(1).model.initial).then(second)


def test_a_run_has_no_number_for_a_member_that_is_not_there() -> None:
    event = Event("retry", Member("failed_to_start", accepted=True))

    with pytest.raises(ValueError, match=r"retry of a member that is failed_to_start \(accepted\)"):
        Run(explored(1).model.initial).numbered(event)


# --- What a predicate may ask --------------------------------------------------------------------


def test_members_are_counted_by_state_and_by_whether_their_spawn_was_accepted() -> None:
    failed, accepted = (Member("failed_to_start", accepted=value) for value in (False, True))
    state = ProductState(
        "spawning_members",
        owner_lost=False,
        members=((Member("starting", accepted=False), 3), (failed, 2), (accepted, 1)),
    )

    assert (3, 3, 6, 0) == (
        state.count("starting"),
        state.count("failed_to_start"),
        state.count("starting", "failed_to_start"),
        state.count("confirmed_alive"),
    )
    assert (2, 1) == (
        state.count("failed_to_start", accepted=False),
        state.count("failed_to_start", accepted=True),
    )


def test_to_count_what_no_member_can_be_is_a_mistake() -> None:
    typo: Any = "confirmed"

    with pytest.raises(UnknownNameError, match=r"in 'confirmed': .*states are: starting, .*alive"):
        explored(1).check(never=lambda state: state.count("starting", typo) > 1)


def test_a_state_says_whether_it_is_terminal_ended_and_settled() -> None:
    for state in explored(2).iter_states():
        assert (state.phase in ("completed", "failed", "canceled")) == state.terminal
        assert (state.terminal or state.owner_lost) == state.ended
        pending = {"starting", "runtime_pending_bootstrap", "runtime_pending_permission"}
        assert pending.isdisjoint(one.state for one, _ in state.members) == state.settled


# --- Claims --------------------------------------------------------------------------------------


@EVERY_PROPERTY
@EITHER_KIND
@pytest.mark.parametrize("members", range(5))
def test_the_shipped_properties_hold_and_not_of_nothing(
    members: int, prop: Property, *, attach: bool | None
) -> None:
    verdict = explored(members, attach).verify(prop)

    assert verdict.holds, verdict.text()
    assert verdict
    assert 0 < verdict.judged
    assert prop.reason


def test_a_verdict_says_of_how_much_a_property_holds() -> None:
    verdict = explored(2).verify(LOST_OWNER_LEAVES_NOBODY_PENDING)

    lost = 4 * 3 + 2 * 10
    assert (lost, 155, 669) == (verdict.judged, verdict.states, verdict.edges)
    assert verdict.judged_edges is None
    assert "holds: a lost owner leaves no pending member (32 of 155 states)" == verdict.text()


def test_a_verdict_on_edges_says_of_how_many_edges_it_holds() -> None:
    exploration = explored(2)
    leaving = [edge for edge in exploration.iter_edges() if edge.before.owner_lost]

    def stays_lost(edge: Edge) -> bool:
        return edge.after.owner_lost

    verdict = exploration.check(name="x", given=lambda s: s.owner_lost, every_edge=stays_lost)

    assert (32, len(leaving)) == (verdict.judged, verdict.judged_edges)
    assert f"holds: x (32 of 155 states, {len(leaving)} of 669 edges)" == verdict.text()
    assert 669 == exploration.check(every_edge=lambda _: True).judged_edges


def test_a_verdict_that_refutes_shows_the_events() -> None:
    verdict = explored(1).check(name="owners stay", never=lambda state: state.owner_lost)

    assert not verdict
    assert "never" == verdict.claim
    assert (
        "refuted (never): owners stay, after 1 event:\n"
        "validating_spec: 1 starting\n"
        "  1. lose_owner -> validating_spec, owner lost: 1 failed_to_start"
    ) == verdict.text()


def test_eventually_finds_the_nearest_trap() -> None:
    def completed(state: ProductState) -> bool:
        return state.phase == "completed"

    exploration = explored(1)

    verdict = exploration.check(eventually=completed)
    assert verdict.counterexample is not None
    assert ("eventually", "failed") == (verdict.claim, verdict.counterexample.end.phase)
    assert 1 == len(verdict.counterexample.edges)

    assert exploration.check(given=lambda state: not state.ended, eventually=completed)


def test_every_edge_finds_the_nearest_edge() -> None:
    verdict = explored(2).check(every_edge=lambda edge: edge.event.name != "retry")

    assert verdict.counterexample is not None
    assert "every_edge" == verdict.claim
    assert ["load_state", "acquire_lock", "spawn_members", "member 1: fail", "member 1: retry"] == [
        event.text() for event in verdict.counterexample.events
    ]


def test_of_several_claims_the_one_refuted_soonest_is_shown() -> None:
    verdict = explored(1).check(
        always=lambda state: state.phase != "acquiring_bootstrap_lock",
        never=lambda state: state.phase == "loading_existing_state",
        every_edge=lambda edge: edge.event.name != "audit",
    )

    assert verdict.counterexample is not None
    assert ("never", 1) == (verdict.claim, len(verdict.counterexample.edges))


def test_what_is_given_bounds_every_claim() -> None:
    def spawning(state: ProductState) -> bool:
        return state.phase == "spawning_members"

    exploration = explored(1)

    assert exploration.check(given=spawning, always=spawning)
    assert exploration.check(given=spawning, never=lambda state: not spawning(state))
    assert exploration.check(given=spawning, every_edge=lambda edge: spawning(edge.before))
    assert exploration.check(given=spawning, eventually=lambda state: state.ended)


@pytest.mark.parametrize("claim", ["always", "never", "eventually", "every_edge"])
def test_what_is_asked_of_no_state_does_not_hold(claim: str) -> None:
    asked: dict[str, Any] = {claim: lambda _: True}
    verdict = explored(1).check(
        name="the lost complete", given=lambda s: s.owner_lost and s.terminal, **asked
    )

    assert not verdict
    assert not verdict.holds
    assert (0, None, None) == (verdict.judged, verdict.claim, verdict.counterexample)
    assert (
        "asked of nothing: the lost complete, as what is given is true in none of 52 states"
    ) == verdict.text()


def test_what_is_asked_of_no_edge_does_not_hold() -> None:
    verdict = explored(2).check(
        name="the happy stay",
        given=lambda state: state.terminal and state.count("confirmed_alive") == 2,
        every_edge=lambda _: True,
    )

    assert not verdict
    assert (3, 0, None) == (verdict.judged, verdict.judged_edges, verdict.counterexample)
    assert (
        "asked of nothing: the happy stay, as no edge leaves the states that it is about"
        " (3 of 155 states)"
    ) == verdict.text()


@given(members=st.integers(0, 2), data=st.data())
def test_a_claim_on_edges_is_about_those_that_leave_the_states_given(
    members: int, data: st.DataObject
) -> None:
    exploration = explored(members)
    scope = data.draw(st.sets(st.sampled_from(list(exploration.iter_states())), max_size=5))
    asked = [edge for edge in exploration.iter_edges() if edge.before in scope]

    wrong = data.draw(st.sets(st.sampled_from(asked), max_size=1)) if asked else set()

    verdict = exploration.check(
        given=lambda state: state in scope, every_edge=lambda edge: edge not in wrong
    )

    said = "refuted (every_edge): " if wrong else "holds: " if asked else "asked of nothing: "
    assert verdict.text().startswith(said)
    assert (len(asked), bool(asked) and not wrong) == (verdict.judged_edges, verdict.holds)


def test_a_claim_on_edges_that_asks_nothing_is_not_covered_for_by_one_on_states() -> None:
    """Each claim is to be asked of something; one that is refuted is refuted all the same."""
    exploration = explored(0)

    def completed(state: ProductState) -> bool:
        return state.phase == "completed"

    assert not exploration.check(given=completed, always=completed, every_edge=lambda _: True)
    refutes = exploration.check(given=completed, never=completed, every_edge=lambda _: True)
    assert ("never", 0) == (refutes.claim, refutes.judged_edges)
    assert refutes.text().startswith("refuted (never): ")


def test_to_claim_nothing_is_a_mistake() -> None:
    with pytest.raises(ValueError, match=r"'idle' claims nothing.*give it at least one of always="):
        explored(0).check(name="idle", given=lambda state: state.terminal)


@pytest.mark.parametrize("place", ["given", "always", "never", "eventually", "every_edge"])
@pytest.mark.parametrize("value", [True, "completed", ("completed",)])
def test_to_claim_what_cannot_be_asked_is_a_mistake(place: str, value: Any) -> None:
    asked: dict[str, Any] = {"never": lambda _: False, place: value}
    takes = "an edge, such as `lambda edge" if place == "every_edge" else "a state, such as `lambda"

    with pytest.raises(
        TypeError, match=rf"^{place}= of the property 'odd' takes a callable of {takes}"
    ) as caught:
        Property(name="odd", **asked)
    assert str(caught.value).endswith(f"; not {value!r}")

    with pytest.raises(TypeError, match=rf"^{place}= of the property 'what was asked' takes"):
        explored(0).check(**asked)


@pytest.mark.parametrize("place", ["given", "always", "never", "eventually", "every_edge"])
@pytest.mark.parametrize("answer", [None, "yes", 1, 0])
def test_to_answer_in_other_words_than_true_and_false_is_a_mistake(place: str, answer: Any) -> None:
    asked: dict[str, Any] = {"always": lambda _: True, place: lambda _: answer}

    with pytest.raises(
        TypeError,
        match=rf"^{place}= of the property 'odd' must return True or False;"
        rf" it returned {answer!r} for .*(validating_spec|load_state)",
    ) as caught:
        explored(0).check(name="odd", **asked)
    assert (answer is None) == str(caught.value).endswith(". Is there a return missing?")


def test_a_property_needs_a_name() -> None:
    nameless: Any = None

    for name in ("", " "):
        with pytest.raises(ValueError, match="a property needs a name, such as 'owners stay'"):
            Property(name=name, always=lambda _: True)
    with pytest.raises(TypeError, match="name is text, such as 'owners stay'; not None"):
        Property(name=nameless, always=lambda _: True)
    with pytest.raises(ValueError, match="a property needs a name"):
        explored(0).check(name="", always=lambda _: True)


@pytest.mark.parametrize("wrong", ["x", PROPERTIES, None, Property, lambda _: True])
def test_only_one_property_at_a_time_is_verified(wrong: Any) -> None:
    with pytest.raises(
        TypeError,
        match=rf"verify\(\) takes one Property, not {type(wrong).__name__}\. .*"
        r"for prop in PROPERTIES.*check\(never=",
    ):
        explored(0).verify(wrong)


def reachable_from(leaving: dict[ProductState, set[ProductState]], first: ProductState) -> set[Any]:
    found = {first}
    queue = [first]
    while queue:
        for following in leaving.get(queue.pop(), set()) - found:
            found.add(following)
            queue.append(following)
    return found


@cache
def reachable(members: int) -> dict[ProductState, set[ProductState]]:
    leaving: dict[ProductState, set[ProductState]] = {}
    for edge in explored(members).iter_edges():
        leaving.setdefault(edge.before, set()).add(edge.after)
    return {state: reachable_from(leaving, state) for state in explored(members).iter_states()}


@given(data=st.data())
def test_eventually_is_reachability_from_everywhere(data: st.DataObject) -> None:
    exploration = explored(2)
    states = list(exploration.iter_states())
    goals = data.draw(st.sets(st.sampled_from(states), max_size=5))
    scope = data.draw(st.sets(st.sampled_from(states), max_size=20))
    traps = [state for state in scope if not goals & reachable(2)[state]]

    verdict = exploration.check(
        given=lambda state: state in scope, eventually=lambda state: state in goals
    )

    assert (bool(scope) and not traps, len(scope)) == (verdict.holds, verdict.judged)
    if verdict.counterexample is not None:
        assert verdict.counterexample.end in traps
        assert min(len(exploration.run_to(state).edges) for state in traps) == len(
            verdict.counterexample.edges
        )


@given(data=st.data())
def test_always_and_never_find_a_nearest_state(data: st.DataObject) -> None:
    exploration = explored(2)
    bad = data.draw(st.sets(st.sampled_from(list(exploration.iter_states())), max_size=5))
    nearest = min((len(exploration.run_to(state).edges) for state in bad), default=None)

    for verdict in (
        exploration.check(always=lambda state: state not in bad),
        exploration.check(never=lambda state: state in bad),
    ):
        run = verdict.counterexample
        assert nearest == (None if run is None else len(run.edges))
        assert run is None or run.end in bad


# --- Seeded flaws --------------------------------------------------------------------------------

Table: TypeAlias = dict[tuple[str, str], str]


def table_of(lifecycle: Lifecycle[Any, Any]) -> Table:
    table = {}
    for state in lifecycle.states:
        for event in lifecycle.allowed(state):
            following: Any = lifecycle.step(state, event)
            table[state, event] = following
    return table


def built(lifecycle: Lifecycle[Any, Any], table: Table) -> Lifecycle[Any, Any]:
    return Lifecycle.of(
        Machine(
            name=lifecycle.name,
            model=None,
            states=list(lifecycle.states),
            initial=lifecycle.initial,
            transitions=[[event, source, dest] for (source, event), dest in table.items()],
            auto_transitions=False,
        )
    )


def with_edge(lifecycle: Lifecycle[Any, Any], source: str, event: str, dest: str) -> Any:
    return built(lifecycle, table_of(lifecycle) | {(source, event): dest})


def without(
    lifecycle: Lifecycle[Any, Any], unwanted: Callable[[str, str], bool]
) -> Lifecycle[Any, Any]:
    kept = {edge: dest for edge, dest in table_of(lifecycle).items() if not unwanted(*edge)}
    return built(lifecycle, kept)


def refuted(model: LaunchModel) -> dict[str, list[str]]:
    """Return, by the names of the properties that a model breaks, the events that show it."""
    exploration = explore(model)
    found = {}
    for prop in PROPERTIES:
        run = exploration.verify(prop).counterexample
        if run is not None:
            found[prop.name] = [event.text() for event in run.events]
    return found


SPAWNED = ["load_state", "acquire_lock", "spawn_members"]


def test_a_machine_built_of_the_same_table_breaks_nothing() -> None:
    model = LaunchModel(
        members=2,
        bootstrap=built(BOOTSTRAP, table_of(BOOTSTRAP)),
        member=built(MEMBER, table_of(MEMBER)),
    )

    assert {} == refuted(model)


@pytest.mark.parametrize("members", [1, 2, 3])
def test_a_confirmation_without_a_spawn_is_found(members: int) -> None:
    flawed = with_edge(MEMBER, "starting", "confirm", "confirmed_alive")

    assert {CONFIRMED_WAS_ACCEPTED.name: [*SPAWNED, "member 1: confirm"]} == refuted(
        LaunchModel(members=members, member=flawed)
    )


def test_a_confirmation_by_the_spawn_before_the_retry_is_found() -> None:
    table = table_of(MEMBER)
    table["failed_to_start", "retry"] = "runtime_pending_bootstrap"
    del table["failed_to_start", "skip"]
    del table["starting", "fail"]

    assert {
        CONFIRMED_WAS_ACCEPTED.name: [
            *SPAWNED,
            "member 1: accept_spawn",
            "member 1: fail",
            "member 1: retry",
            "member 1: confirm",
        ]
    } == refuted(LaunchModel(members=1, member=built(MEMBER, table)))


@pytest.mark.parametrize("event", MEMBER.events)
@pytest.mark.parametrize("dest", [state for state in MEMBER.states if state != "confirmed_alive"])
def test_every_edge_that_takes_a_confirmation_back_is_found(event: str, dest: str) -> None:
    flawed = with_edge(MEMBER, "confirmed_alive", event, dest)

    events = refuted(LaunchModel(members=1, member=flawed))[TERMINAL_STATES_ABSORB.name]
    confirmed = [*SPAWNED, "member 1: accept_spawn", "member 1: confirm"]
    last = {"lose_owner": "lose_owner", "never_spawned": "fail"}.get(event, f"member 1: {event}")
    assert [*confirmed, last] == events


@pytest.mark.parametrize("source", values(TerminalPhase))
@pytest.mark.parametrize("event", BOOTSTRAP.events)
def test_every_edge_out_of_a_terminal_phase_is_found(source: str, event: str) -> None:
    way = bootstrap.path(source)
    assert way is not None
    for dest in values(Phase):
        if dest != source:
            flawed = with_edge(BOOTSTRAP, source, event, dest)
            events = refuted(LaunchModel(members=1, bootstrap=flawed))[TERMINAL_STATES_ABSORB.name]
            assert [*way, event] == events


@pytest.mark.parametrize(
    ("kept", "events"),
    [
        ("starting", ["lose_owner"]),
        ("runtime_pending_bootstrap", [*SPAWNED, "member 1: accept_spawn", "lose_owner"]),
        (
            "runtime_pending_permission",
            [*SPAWNED, "member 1: accept_spawn", "member 1: request_permission", "lose_owner"],
        ),
    ],
)
def test_every_pending_state_that_a_lost_owner_leaves_alone_is_found(
    kept: str, events: list[str]
) -> None:
    flawed = without(MEMBER, lambda state, event: (state, event) == (kept, "lose_owner"))

    found = refuted(LaunchModel(members=2, member=flawed))
    assert events == found[LOST_OWNER_LEAVES_NOBODY_PENDING.name]


def test_a_machine_that_does_not_know_an_event_refuses_it_everywhere() -> None:
    flawed = without(MEMBER, lambda _, event: event == "never_spawned")
    assert "never_spawned" not in flawed.events

    assert {END_LEAVES_NOBODY_STARTING.name: ["fail"]} == refuted(
        LaunchModel(members=2, member=flawed)
    )


def test_nobody_moves_twice_at_one_event_of_the_launch() -> None:
    flawed = with_edge(MEMBER, "starting", "lose_owner", "runtime_pending_bootstrap")

    exploration = explore(LaunchModel(members=2, member=flawed))
    run = exploration.shortest_path(
        to=lambda state: state.owner_lost and state.phase == "spawning_members"
    )
    assert run is not None
    assert "spawning_members, owner lost: 2 runtime_pending_bootstrap" == run.end.text()


def test_a_phase_without_a_way_out_is_found() -> None:
    flawed = without(BOOTSTRAP, lambda phase, _: phase == "auditing_truth")

    assert {EVERY_STATE_CAN_END.name: [*SPAWNED, "audit"]} == refuted(
        LaunchModel(members=2, bootstrap=flawed)
    )


def test_a_member_that_can_never_be_settled_is_found() -> None:
    flawed = without(
        MEMBER,
        lambda state, event: state == "runtime_pending_permission" and event != "lose_owner",
    )

    assert {
        EVERY_STATE_CAN_END.name: [
            *SPAWNED,
            "member 1: accept_spawn",
            "member 1: request_permission",
        ]
    } == refuted(LaunchModel(members=2, member=flawed))


def recoupled(change: Callable[[PhaseSynchronization], PhaseSynchronization]) -> Synchronization:
    return attrs.evolve(
        SYNCHRONIZATION,
        phases={phase: change(row) for phase, row in SYNCHRONIZATION.phases.items()},
    )


def on_owner_lost(event: Any) -> Callable[[PhaseSynchronization], PhaseSynchronization]:
    return lambda row: attrs.evolve(row, on_owner_lost=row.on_owner_lost and event)


def test_an_owner_whose_loss_reaches_only_the_unspawned_is_found() -> None:
    flawed = recoupled(on_owner_lost("never_spawned"))

    assert {
        LOST_OWNER_LEAVES_NOBODY_PENDING.name: [*SPAWNED, "member 1: accept_spawn", "lose_owner"]
    } == refuted(LaunchModel(members=2, coupling=flawed))


def test_an_end_that_forgets_the_unspawned_is_found() -> None:
    flawed = recoupled(lambda row: attrs.evolve(row, on_entering=None))

    assert ["fail"] == refuted(LaunchModel(members=2, coupling=flawed))[
        END_LEAVES_NOBODY_STARTING.name
    ]


def test_a_retry_after_the_end_is_found() -> None:
    flawed = attrs.evolve(SYNCHRONIZATION, after_owner_lost=("retry",))

    found = refuted(LaunchModel(members=1, coupling=flawed))
    assert {
        LOST_OWNER_LEAVES_NOBODY_PENDING.name: ["lose_owner", "member 1: retry"],
        END_LEAVES_NOBODY_STARTING.name: ["lose_owner", "member 1: retry"],
    } == found


# --- Models --------------------------------------------------------------------------------------


def test_the_coupling_has_a_row_for_every_phase_and_sends_every_member_event() -> None:
    assert set(values(Phase)) == set(SYNCHRONIZATION.phases)
    assert set(MEMBER.events) == set(SYNCHRONIZATION.sent())
    assert set(values(ActivePhase)) == {
        phase for phase, row in SYNCHRONIZATION.phases.items() if row.on_owner_lost == "lose_owner"
    }
    assert set(values(TerminalPhase)) == {
        phase for phase, row in SYNCHRONIZATION.phases.items() if row.on_entering == "never_spawned"
    }


@EITHER_KIND
def test_every_edge_of_both_machines_is_taken_somewhere(*, attach: bool | None) -> None:
    taken = {
        (edge.before.phase, edge.event.name) if one is None else (one.state, edge.event.name)
        for edge in explored(1, attach).iter_edges()
        for one in [edge.event.member]
    }
    left_out = {
        True: {("acquiring_bootstrap_lock", "create_team")}
        | {("creating_team", event) for event in ("spawn_members", "fail", "cancel")},
        False: {("acquiring_bootstrap_lock", "spawn_members")},
        None: set(),
    }[attach]
    sent_to_all_only = {"lose_owner", "never_spawned"}
    one_member = {edge for edge in table_of(MEMBER) if edge[1] not in sent_to_all_only}

    assert (set(table_of(BOOTSTRAP)) - left_out) | one_member == {
        edge for edge in taken if edge[1] != "lose_owner"
    }


def faults() -> Iterator[Any]:
    anything: Any = {}
    row = SYNCHRONIZATION.phases["completed"]
    door: Any = Lifecycle.of(
        Machine(
            name="door",
            model=None,
            states=["open", "shut"],
            initial="open",
            transitions=[["slam", "open", "shut"]],
            auto_transitions=False,
        )
    )
    yield {"members": -1}, ValueError, "a launch has 0 members or more, not -1"
    yield {"members": True}, TypeError, "a whole number; not True"
    yield {"members": 2.0}, TypeError, r"a whole number; not 2\.0"
    yield {"attach": "yes"}, TypeError, "attach is True, False or None .*; not 'yes'"
    yield {"attach": 1}, TypeError, "not 1"
    yield {"attach": anything}, TypeError, r"not \{\}"
    yield {"bootstrap": MEMBER}, ValueError, "'member' cannot stand in for a launch's bootstrap"
    yield {"member": door}, ValueError, r"knows nothing of 'open', 'shut', 'slam'\."
    yield (
        {"coupling": Synchronization({}, ())},
        ValueError,
        "phases without a row: 'validating_spec', ",
    )
    typo: Any = "lose_ownr"
    phases = {**SYNCHRONIZATION.phases, "completed": attrs.evolve(row, on_entering=typo)}
    yield {"coupling": Synchronization(phases, ())}, ValueError, "do not have: 'lose_ownr'"


@pytest.mark.parametrize(("arguments", "error", "message"), list(faults()))
def test_a_model_that_means_no_launch_is_a_mistake(
    arguments: dict[str, Any], error: type[Exception], message: str
) -> None:
    with pytest.raises(error, match=message):
        LaunchModel(**arguments)


@pytest.mark.parametrize("wrong", [0, 2, "", "reference", False, {}, LaunchModel])
def test_what_is_no_model_is_not_explored(wrong: Any) -> None:
    with pytest.raises(
        TypeError,
        match=r"explore\(\) takes a LaunchModel, as in explore\(LaunchModel\(members=2\)\); not ",
    ) as caught:
        explore(wrong)
    assert str(caught.value).endswith(f"; not {wrong!r}")

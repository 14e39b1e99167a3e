"""Every reachable state of a model, by number, and the edges between them.

What lives here: the search, breadth first, and what it found, each state with the way it was first
reached. What does not: what an event does (``model``), and what is asked of it all
(``exploring``).

Symmetry: all members have the same machine and the coupling treats them alike, so exchanging two of
them turns runs into runs. States that differ only in who is who behave alike, and one of them
stands for all: the numbers of members in each state are enough.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Mapping
from functools import cached_property
from typing import TYPE_CHECKING, TypeAlias

import attrs

from launchfsm.exploration.model import Effect, LaunchModel
from launchfsm.exploration.runs import Run
from launchfsm.exploration.states import Edge, Event, Member, ProductState, Refused
from launchfsm.lifecycle.machines import Refusal
from launchfsm.vocabulary import Phase

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

# A state while it is searched for: its phase, whether the owner is lost, how many of each kind.
_Counts: TypeAlias = tuple[int, ...]
_Node: TypeAlias = tuple[Phase, bool, _Counts]


@attrs.frozen(eq=False)
class _PhaseEffects:
    """What events do in one phase, with members by the index of their kind.

    Attributes:
        member: By kind, the events of one of its members: effect, and the kind it becomes.
        launch: The launch's events: effect, and the kinds that move, from and to.
        refused: Events that do not happen, with the machine's answer if it was asked.
    """

    member: tuple[tuple[tuple[Effect, int], ...], ...]
    launch: tuple[tuple[Effect, tuple[tuple[int, int], ...]], ...]
    refused: tuple[tuple[Event, Refusal | None], ...]


def _effects_in(model: LaunchModel, phase: Phase, *, owner_lost: bool) -> _PhaseEffects:
    index = {kind: number for number, kind in enumerate(model.kinds)}
    outcomes = [
        (event, model.outcome(phase, event, owner_lost=owner_lost)) for event in model.events
    ]
    effects = [answer for _, answer in outcomes if isinstance(answer, Effect)]
    return _PhaseEffects(
        member=tuple(
            tuple(
                (effect, index[effect.moves[0].after])
                for effect in effects
                if effect.event.member == kind
            )
            for kind in model.kinds
        ),
        launch=tuple(
            (effect, tuple((index[move.before], index[move.after]) for move in effect.moves))
            for effect in effects
            if effect.event.member is None
        ),
        refused=tuple(
            (event, answer) for event, answer in outcomes if not isinstance(answer, Effect)
        ),
    )


def _successors(node: _Node, effects: _PhaseEffects) -> Iterator[tuple[Effect, _Node]]:
    phase, owner_lost, counts = node
    for before, count in enumerate(counts):
        if count:
            for effect, after in effects.member[before]:
                yield effect, (phase, owner_lost, _one_moved(counts, before, after))
    for effect, moves in effects.launch:
        yield effect, (effect.phase, effect.owner_lost, _all_moved(counts, moves))


def _one_moved(counts: _Counts, before: int, after: int) -> _Counts:
    moved = list(counts)
    moved[before] -= 1
    moved[after] += 1
    return tuple(moved)


def _all_moved(counts: _Counts, moves: Iterable[tuple[int, int]]) -> _Counts:
    moved = list(counts)
    for before, after in moves:
        # From `counts`, not from `moved`: they all move at once, so nobody moves twice.
        moved[before] -= counts[before]
        moved[after] += counts[before]
    return tuple(moved)


def _node(state: ProductState, kinds: Sequence[Member]) -> _Node:
    held = dict(state.members)
    return state.phase, state.owner_lost, tuple(held.get(kind, 0) for kind in kinds)


def _state(node: _Node, kinds: Sequence[Member]) -> ProductState:
    phase, owner_lost, counts = node
    members = tuple((kind, count) for kind, count in zip(kinds, counts, strict=True) if count)
    return ProductState(phase, owner_lost, members)


@attrs.frozen(eq=False, kw_only=True)
class Graph:
    """What the search found, in the order that it was found: no state is nearer than one before it.

    Attributes:
        states: The states; a state's number is its place here, and 0 is where launches begin.
        leaving: By state: what happens there.
        following: By state: the numbers of the states that follow, one for each in ``leaving``.
        found_by: By state: the number of the state that it was first reached from, and by what.
    """

    states: tuple[ProductState, ...]
    # Two tuples a state and not one for each edge: 100,000 small tuples are what the garbage
    # collector would spend a third of the search on.
    leaving: tuple[tuple[Effect, ...], ...]
    following: tuple[tuple[int, ...], ...]
    found_by: tuple[tuple[int, Effect] | None, ...]
    _effects: Mapping[tuple[Phase, bool], _PhaseEffects]

    @cached_property
    def numbers(self) -> dict[ProductState, int]:
        """The number of each state."""
        return {state: number for number, state in enumerate(self.states)}

    def edges_of(self, number: int) -> Iterator[Edge]:
        """Go through the edges that leave a state."""
        for effect, target in zip(self.leaving[number], self.following[number], strict=True):
            yield self._edge(number, effect, target)

    def refusals_of(self, number: int) -> Iterator[Refused]:
        """Go through the events that do not happen in a state, to it or to members it has."""
        state = self.states[number]
        present = {None, *(member for member, _ in state.members)}
        for event, refusal in self._effects[state.phase, state.owner_lost].refused:
            if event.member in present:
                yield Refused(state, event, refusal)

    def run_to(self, number: int) -> Run:
        """Return the way that a state was first reached: a shortest one."""
        edges: list[Edge] = []
        found = self.found_by[number]
        while found is not None:
            before, effect = found
            edges.append(self._edge(before, effect, number))
            number, found = before, self.found_by[before]
        return Run(self.states[0], tuple(reversed(edges)))

    def able_to_reach(self, targets: Iterable[int]) -> set[int]:
        """Return the states from which some edges lead to one of these, themselves included."""
        entering: list[list[int]] = [[] for _ in self.states]
        for number, following in enumerate(self.following):
            for target in following:
                entering[target].append(number)
        able = set(targets)
        queue = deque(able)
        while queue:
            for before in entering[queue.popleft()]:
                if before not in able:
                    able.add(before)
                    queue.append(before)
        return able

    def _edge(self, number: int, effect: Effect, target: int) -> Edge:
        before = self.states[number]
        moves = effect.moves
        if effect.event.member is None and moves:
            held = dict(before.members)
            moves = tuple(move for move in moves if move.before in held)
        return Edge(before, effect.event, self.states[target], moves)


def search(model: LaunchModel) -> Graph:
    """Find every state that a launch of a model can reach, nearest first, by the tables' order."""
    kinds = model.kinds
    effects = {
        (phase, owner_lost): _effects_in(model, phase, owner_lost=owner_lost)
        for phase in model.bootstrap.states
        for owner_lost in (False, True)
    }
    nodes = [_node(model.initial, kinds)]
    numbers = {nodes[0]: 0}
    found_by: list[tuple[int, Effect] | None] = [None]
    leaving: list[tuple[Effect, ...]] = []
    following: list[tuple[int, ...]] = []
    for number, node in enumerate(nodes):  # a queue: the nodes that are found are appended to it
        happening, targets = [], []
        for effect, after in _successors(node, effects[node[:2]]):
            target = numbers.setdefault(after, len(nodes))
            if target == len(nodes):
                nodes.append(after)
                found_by.append((number, effect))
            happening.append(effect)
            targets.append(target)
        leaving.append(tuple(happening))
        following.append(tuple(targets))
    return Graph(
        states=tuple(_state(node, kinds) for node in nodes),
        leaving=tuple(leaving),
        following=tuple(following),
        found_by=tuple(found_by),
        effects=effects,
    )

"""Every state that a launch can reach: a breadth-first search over both tables together.

Members are interchangeable: they have the same table, and are synchronized alike. States that
differ only in which member is which are searched as one, with the members sorted::

    exploration = explore(members=8)
    print(len(exploration.states), len(exploration.edges))
    for name, holds in PROPERTIES.items():
        assert holds(exploration) is None, name
"""

from __future__ import annotations

from collections import Counter, deque
from collections.abc import Callable, Iterator, Mapping
from types import MappingProxyType
from typing import Any, Final, NamedTuple

import attrs

from launchfsm.lifecycle.machines import (
    BOOTSTRAP,
    MEMBER,
    BootstrapEvent,
    Lifecycle,
    MemberEvent,
    Refusal,
)
from launchfsm.lifecycle.synchronization import (
    LEFT_OUT,
    SPAWN_ACCEPTED,
    SYNCHRONIZATION,
    Synchronization,
)
from launchfsm.vocabulary import LaunchState, Phase, TerminalPhase, values

# The vocabulary says which phases are terminal, not the table that is examined: a table with an
# edge out of `completed` would say that `completed` is not terminal.
_TERMINAL: Final = frozenset(values(TerminalPhase))
_SETTLED: Final = frozenset({"confirmed_alive", "failed_to_start", "skipped_for_launch"})


class Member(NamedTuple):
    """A member: its launch state, and whether its spawn was accepted in this attempt."""

    state: LaunchState
    accepted: bool = False


class ProductState(NamedTuple):
    """A launch at one moment: its phase, whether its owner is lost, and its members."""

    phase: Phase
    owner_lost: bool
    members: tuple[Member, ...]

    @property
    def terminal(self) -> bool:
        """Whether the phase is completed, failed or canceled."""
        return self.phase in _TERMINAL

    @property
    def settled(self) -> bool:
        """Whether every member is confirmed, failed or skipped."""
        return all(member.state in _SETTLED for member in self.members)

    def count(self, state: LaunchState) -> int:
        """Return how many members are in a state."""
        return sum(member.state == state for member in self.members)

    def text(self) -> str:
        """Return the launch in a line for people."""
        counted = Counter(member.state for member in self.members).items()
        members = ", ".join(f"{number} {state}" for state, number in counted)
        return f"{self.phase}{', owner lost' * self.owner_lost}: {members or 'no members'}"


class Event(NamedTuple):
    """An event of the launch, or of one member: the first that equals ``member``."""

    name: BootstrapEvent | MemberEvent
    member: Member | None = None


class Edge(NamedTuple):
    """An event that happens, with the launch before and after."""

    before: ProductState
    event: Event
    after: ProductState

    def text(self) -> str:
        """Return the event and what follows, in a line for people."""
        name, member = self.event
        whose = "" if member is None else f" of a {member.state} member"
        return f"{name}{whose} -> {self.after.text()}"


@attrs.frozen(kw_only=True, eq=False)
class LaunchModel:
    """What an event does to a launch, by the two lifecycles and their synchronization.

    Attributes:
        attach: ``True``: launches that attach to an existing team and create none (§13 of the
            specification); ``False``: launches that create one; ``None``: both.
        bootstrap: The bootstrap's lifecycle.
        member: The members' lifecycle.
        synchronization: Which events are sent to members, and when.
    """

    attach: bool | None = None
    bootstrap: Lifecycle[Phase, BootstrapEvent] = BOOTSTRAP
    member: Lifecycle[LaunchState, MemberEvent] = MEMBER
    synchronization: Synchronization = SYNCHRONIZATION

    def initial(self, members: int) -> ProductState:
        """Return a launch of so many members at its beginning."""
        first = Member(self.member.initial)
        return ProductState(self.bootstrap.initial, owner_lost=False, members=(first,) * members)

    def events(self, launch: ProductState) -> Iterator[Event]:
        """Go through every event that somebody could send: members' events, then the launch's."""
        for member in dict.fromkeys(launch.members):
            for name in self.synchronization.member_events():
                yield Event(name, member)
        yield from map(Event, self.bootstrap.events)
        yield Event("lose_owner")

    def step(self, launch: ProductState, event: Event) -> ProductState | Refusal | None:
        """Return what follows, the refusal of the machine, or ``None``: nobody sends it there."""
        phases, name = self.synchronization.phases, event.name
        row = phases[launch.phase]
        if event.member is not None:
            if name not in (
                self.synchronization.after_owner_lost if launch.owner_lost else row.one
            ):
                return None
            moved = self._member(event.member, name)
            if isinstance(moved, Refusal):
                return moved
            members = list(launch.members)
            members[members.index(event.member)] = moved
            return launch._replace(members=tuple(members))
        if launch.owner_lost or (launch.phase, name) == LEFT_OUT[self.attach]:
            return None
        if name == "lose_owner":
            after, sent = launch._replace(owner_lost=True), row.on_owner_lost
            if sent is None:
                return None
        else:
            phase = self.bootstrap.step(launch.phase, name)  # type: ignore[arg-type]  # not a member's
            if isinstance(phase, Refusal):
                return phase
            after, sent = launch._replace(phase=phase), phases[phase].on_entering
        if sent is None:
            return after
        results = ((member, self._member(member, sent)) for member in launch.members)
        return after._replace(
            members=tuple(was if isinstance(now, Refusal) else now for was, now in results)
        )

    def _member(self, member: Member, event: Any) -> Member | Refusal:
        state = self.member.step(member.state, event)
        if isinstance(state, Refusal):
            return state
        return Member(state, SPAWN_ACCEPTED.get(event, member.accepted))


@attrs.frozen(eq=False)
class Exploration:
    """Every reachable state of a launch, the nearest first, and every edge between them.

    Attributes:
        model: What was explored.
        states: Each state with the edge that first led to it; ``None`` for the initial state.
        edges: Every edge, by the state that it leaves.
    """

    model: LaunchModel
    states: Mapping[ProductState, Edge | None] = attrs.field(repr=False)
    edges: tuple[Edge, ...] = attrs.field(repr=False)

    def run_to(self, state: ProductState) -> tuple[Edge, ...]:
        """Return a shortest run to a reachable state.

        Raises:
            KeyError: The state cannot be reached.
        """
        run: list[Edge] = []
        while (edge := self.states[state]) is not None:
            run.append(edge)
            state = edge.before
        return tuple(reversed(run))

    def find(self, predicate: Callable[[ProductState], bool]) -> tuple[Edge, ...] | None:
        """Return a shortest run to a state that fulfils a predicate; ``None`` when none does."""
        return next((self.run_to(state) for state in self.states if predicate(state)), None)

    def find_edge(self, predicate: Callable[[Edge], bool]) -> tuple[Edge, ...] | None:
        """Return a shortest run that ends with an edge that fulfils a predicate, or ``None``."""
        found = next((edge for edge in self.edges if predicate(edge)), None)
        return None if found is None else (*self.run_to(found.before), found)


def explore(members: int = 8, model: LaunchModel | None = None) -> Exploration:
    """Visit every state that a launch can reach, breadth first.

    Args:
        members: How many members the launch has. The states grow with about the sixth power of it.
        model: What its events do; ``None``: ``LaunchModel()``.
    """
    model = LaunchModel() if model is None else model
    initial = model.initial(members)
    states: dict[ProductState, Edge | None] = {initial: None}
    edges: list[Edge] = []
    queue = deque([initial])
    while queue:
        before = queue.popleft()
        for event in model.events(before):
            after = model.step(before, event)
            if after is None or isinstance(after, Refusal):
                continue
            after = after._replace(members=tuple(sorted(after.members)))
            edge = Edge(before, event, after)
            edges.append(edge)
            if after not in states:
                states[after] = edge
                queue.append(after)
    return Exploration(model, states, tuple(edges))


# --- What holds of every launch ------------------------------------------------------------------


def _leaves_an_end(edge: Edge) -> bool:
    moved = edge.before.terminal and edge.after.phase != edge.before.phase
    return moved or edge.after.count("confirmed_alive") < edge.before.count("confirmed_alive")


def _stuck_with_an_owner(exploration: Exploration) -> tuple[Edge, ...] | None:
    sources: dict[ProductState, list[ProductState]] = {}
    for edge in exploration.edges:
        sources.setdefault(edge.after, []).append(edge.before)
    can_end = {state for state in exploration.states if state.terminal and state.settled}
    waiting = list(can_end)
    while waiting:
        further = [before for before in sources.get(waiting.pop(), ()) if before not in can_end]
        can_end.update(further)
        waiting += further
    return exploration.find(lambda state: not state.owner_lost and state not in can_end)


_UNACCEPTED: Final = Member("confirmed_alive", accepted=False)

PROPERTIES: Final[Mapping[str, Callable[[Exploration], tuple[Edge, ...] | None]]] = (
    MappingProxyType(
        {
            "terminal states absorb": lambda found: found.find_edge(_leaves_an_end),
            "every launch with an owner can still end": _stuck_with_an_owner,
            "no member is confirmed without an accepted spawn": lambda found: found.find(
                lambda state: _UNACCEPTED in state.members
            ),
            "a lost owner leaves no member pending": lambda found: found.find(
                lambda state: state.owner_lost and not state.settled
            ),
            "an ended launch leaves no member starting": lambda found: found.find(
                lambda state: (state.terminal or state.owner_lost) and state.count("starting") > 0
            ),
        }
    )
)
"""By name, what holds of every launch; each returns a shortest run against it, or ``None``."""

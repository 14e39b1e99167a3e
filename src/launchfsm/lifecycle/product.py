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
from collections.abc import Callable, Mapping
from types import MappingProxyType
from typing import TYPE_CHECKING, Any, Final, NamedTuple, TypeAlias

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
    OWNER_LOST,
    SPAWN_ACCEPTED,
    SYNCHRONIZATION,
    Synchronization,
)
from launchfsm.vocabulary import LaunchState, Phase, TerminalPhase, values

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

# The vocabulary says which phases are terminal, not the table that is examined: a table with an
# edge out of `completed` would say that `completed` is not terminal.
_TERMINAL: Final = frozenset(values(TerminalPhase))
_SETTLED: Final = frozenset({"confirmed_alive", "failed_to_start", "skipped_for_launch"})


class Member(NamedTuple):
    """A member: its launch state, and whether its spawn was accepted in this attempt."""

    state: LaunchState
    accepted: bool = False


class Launch(NamedTuple):
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

    def text(self) -> str:
        """Return the event in a few words."""
        return self.name if self.member is None else f"{self.name} of a {self.member.state} member"


class Edge(NamedTuple):
    """An event that happens, with the launch before and after."""

    before: Launch
    event: Event
    after: Launch

    def text(self) -> str:
        """Return the event and what follows, in a line for people."""
        return f"{self.event.text()} -> {self.after.text()}"


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

    def initial(self, members: int) -> Launch:
        """Return a launch of so many members at its beginning."""
        first = Member(self.member.initial)
        return Launch(self.bootstrap.initial, owner_lost=False, members=(first,) * members)

    def events(self, launch: Launch) -> Iterator[Event]:
        """Go through every event that somebody could send: members' events, then the launch's."""
        for member in dict.fromkeys(launch.members):
            for name in self.synchronization.member_events():
                yield Event(name, member)
        yield from map(Event, self.bootstrap.events)
        yield Event(OWNER_LOST)

    def step(self, launch: Launch, event: Event) -> Launch | Refusal | None:
        """Return what follows, the refusal of the machine, or ``None``: nobody sends it there."""
        row, name = self.synchronization.phases[launch.phase], event.name
        if event.member is not None:
            if name not in self.synchronization.one_member(
                launch.phase, owner_lost=launch.owner_lost
            ):
                return None
            after = self._member(event.member, name)
            if isinstance(after, Refusal):
                return after
            index = launch.members.index(event.member)
            return launch._replace(
                members=(*launch.members[:index], after, *launch.members[index + 1 :])
            )
        if launch.owner_lost or (launch.phase, name) == LEFT_OUT[self.attach]:
            return None
        if name == OWNER_LOST:
            if row.on_owner_lost is None:
                return None
            return launch._replace(owner_lost=True, members=self._all(launch, row.on_owner_lost))
        phase = self.bootstrap.step(launch.phase, name)  # type: ignore[arg-type]  # not a member's
        if isinstance(phase, Refusal):
            return phase
        entering = self.synchronization.phases[phase].on_entering
        return launch._replace(phase=phase, members=self._all(launch, entering))

    def _all(self, launch: Launch, event: MemberEvent | None) -> tuple[Member, ...]:
        if event is None:
            return launch.members
        afters = ((member, self._member(member, event)) for member in launch.members)
        return tuple(was if isinstance(after, Refusal) else after for was, after in afters)

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
    states: Mapping[Launch, Edge | None] = attrs.field(repr=False)
    edges: tuple[Edge, ...] = attrs.field(repr=False)

    def run_to(self, state: Launch) -> tuple[Edge, ...]:
        """Return a shortest run to a reachable state.

        Raises:
            KeyError: The state cannot be reached.
        """
        run: list[Edge] = []
        while (edge := self.states[state]) is not None:
            run.append(edge)
            state = edge.before
        return tuple(reversed(run))

    def find(self, predicate: Callable[[Launch], bool]) -> tuple[Edge, ...] | None:
        """Return a shortest run to a state that fulfils a predicate; ``None`` when none does."""
        return next((self.run_to(state) for state in self.states if predicate(state)), None)

    def find_edge(self, predicate: Callable[[Edge], bool]) -> tuple[Edge, ...] | None:
        """Return a shortest run that ends with an edge that fulfils a predicate, or ``None``."""
        found = next((edge for edge in self.edges if predicate(edge)), None)
        return None if found is None else (*self.run_to(found.before), found)

    def reaching(self, goals: Iterable[Launch]) -> set[Launch]:
        """Return the states from which one of the goals can be reached."""
        sources: dict[Launch, list[Launch]] = {}
        for edge in self.edges:
            sources.setdefault(edge.after, []).append(edge.before)
        reaching = set(goals)
        waiting = list(reaching)
        while waiting:
            for before in sources.get(waiting.pop(), ()):
                if before not in reaching:
                    reaching.add(before)
                    waiting.append(before)
        return reaching


def explore(members: int = 8, model: LaunchModel | None = None) -> Exploration:
    """Visit every state that a launch can reach, breadth first.

    Args:
        members: How many members the launch has. The states grow with about the sixth power of it.
        model: What its events do; ``None``: ``LaunchModel()``.
    """
    model = LaunchModel() if model is None else model
    initial = model.initial(members)
    states: dict[Launch, Edge | None] = {initial: None}
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

Counterexample: TypeAlias = tuple[Edge, ...] | None


def _terminal_states_absorb(exploration: Exploration) -> Counterexample:
    def leaves(edge: Edge) -> bool:
        moved = edge.before.terminal and edge.after.phase != edge.before.phase
        return moved or edge.after.count("confirmed_alive") < edge.before.count("confirmed_alive")

    return exploration.find_edge(leaves)


def _every_state_can_end(exploration: Exploration) -> Counterexample:
    ends = (state for state in exploration.states if state.terminal and state.settled)
    can = exploration.reaching(ends)
    return exploration.find(lambda state: not state.owner_lost and state not in can)


def _confirmed_was_accepted(exploration: Exploration) -> Counterexample:
    return exploration.find(
        lambda state: Member("confirmed_alive", accepted=False) in state.members
    )


def _lost_owner_settles_all(exploration: Exploration) -> Counterexample:
    return exploration.find(lambda state: state.owner_lost and not state.settled)


def _end_leaves_nobody_starting(exploration: Exploration) -> Counterexample:
    return exploration.find(
        lambda state: (state.terminal or state.owner_lost) and state.count("starting") > 0
    )


PROPERTIES: Final[Mapping[str, Callable[[Exploration], Counterexample]]] = MappingProxyType(
    {
        "terminal states absorb": _terminal_states_absorb,
        "every launch with an owner can still end": _every_state_can_end,
        "no member is confirmed without an accepted spawn": _confirmed_was_accepted,
        "a lost owner leaves no member pending": _lost_owner_settles_all,
        "an ended launch leaves no member starting": _end_leaves_nobody_starting,
    }
)
"""By name, what holds of every launch; each returns a shortest run against it, or ``None``."""

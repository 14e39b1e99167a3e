"""Runs of a launch: one event after another, from its beginning.

What lives here: a sequence of edges, the numbers that it gives to members, and its text. What does
not: the search for one.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import attrs

from launchfsm.exploration.states import Edge, Event, Member, ProductState
from launchfsm.lifecycle.machines import BootstrapEvent, MemberEvent

if TYPE_CHECKING:
    from collections.abc import Iterator


@attrs.frozen
class NumberedEvent:
    """An event of a run, with the member that it happens to by its number.

    Attributes:
        name: An event of the bootstrap, or ``lose_owner``; or an event of a member.
        member: The member's number, from 1; ``None``: it happens to the launch as a whole.
    """

    name: BootstrapEvent | MemberEvent
    member: int | None

    def text(self) -> str:
        """Say what happens, and to whom."""
        return self.name if self.member is None else f"member {self.member}: {self.name}"


@attrs.frozen
class Run:
    """A sequence of events that a launch can go through, and the states on the way.

    In the product members are counted, not named. A run gives them numbers: of several members
    that an event could happen to, it always happens to the one with the lowest number.

    Attributes:
        start: The state that it begins in, with every member alike.
        edges: What happens, in order; each begins where the one before it ended.
    """

    start: ProductState
    edges: tuple[Edge, ...] = ()

    @property
    def end(self) -> ProductState:
        """The state that it ends in."""
        return self.edges[-1].after if self.edges else self.start

    @property
    def members(self) -> tuple[Member, ...]:
        """What each member is at the end, number 1 first."""
        members = _first_members(self.start)
        for edge in self.edges:
            _move(members, edge)
        return tuple(members)

    @property
    def events(self) -> tuple[NumberedEvent, ...]:
        """What happens, in order, with numbered members: enough to do it again to real ones."""
        return tuple(self._numbered_events())

    def then(self, edge: Edge) -> Run:
        """Return this run with one more edge.

        Raises:
            ValueError: The edge begins in another state than this run ends in.
        """
        if edge.before != self.end:
            raise ValueError(
                f"a run that ends in {self.end.text()} cannot go on with {edge.event.text()}"
                f" from {edge.before.text()}"
            )
        return attrs.evolve(self, edges=(*self.edges, edge))

    def numbered(self, event: Event) -> NumberedEvent:
        """Return an event as it would happen, or be refused, at the end of this run.

        Raises:
            ValueError: At its end no member is what the event asks for.
        """
        return _numbered(list(self.members), event)

    def text(self) -> str:
        """Return a line for the start and one for each event: what happened, and what followed."""
        lines = [self.start.text()]
        for number, (event, edge) in enumerate(zip(self.events, self.edges, strict=True), start=1):
            lines.append(f"{number:3}. {event.text()} -> {edge.after.text()}")
        return "\n".join(lines)

    def _numbered_events(self) -> Iterator[NumberedEvent]:
        members = _first_members(self.start)
        for edge in self.edges:
            yield _numbered(members, edge.event)
            _move(members, edge)


def _first_members(state: ProductState) -> list[Member]:
    return [member for member, number in state.members for _ in range(number)]


def _numbered(members: list[Member], event: Event) -> NumberedEvent:
    if event.member is None:
        return NumberedEvent(event.name, None)
    if event.member not in members:
        raise ValueError(f"{event.text()}: there is no such member at the end of this run")
    return NumberedEvent(event.name, members.index(event.member) + 1)


def _move(members: list[Member], edge: Edge) -> None:
    moves = {move.before: move.after for move in edge.moves}
    if edge.event.member is not None:
        index = members.index(edge.event.member)
        members[index] = moves[edge.event.member]
    else:
        members[:] = [moves.get(member, member) for member in members]

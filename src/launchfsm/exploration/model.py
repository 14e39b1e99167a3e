"""The launches that are meant, and what an event does to one of them.

What lives here: how many members, which machines, which coupling, and the semantics of a single
event. What does not: the states that all events together lead to (``graph``).
"""

from __future__ import annotations

from typing import Any, TypeVar

import attrs

from launchfsm.exploration.states import Event, Member, Move, ProductState
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
from launchfsm.vocabulary import LaunchState, Phase

StateT = TypeVar("StateT", bound=str)
EventT = TypeVar("EventT", bound=str)


@attrs.frozen
class Effect:
    """What an event does when it happens.

    Attributes:
        event: What happens.
        phase: The phase that follows.
        owner_lost: Whether the owner is lost after it.
        moves: What members become. An event of one member has one, for that one; an event of the
            launch moves all members of each kind named here.
    """

    event: Event
    phase: Phase
    owner_lost: bool
    moves: tuple[Move, ...]


def _members(_model: LaunchModel, _: attrs.Attribute[int], value: Any) -> None:
    if isinstance(value, bool) or not isinstance(value, int):
        raise TypeError(f"members is how many members a launch has, a whole number; not {value!r}")
    if value < 0:
        raise ValueError(f"a launch has 0 members or more, not {value}")


def _attach(_model: LaunchModel, _: attrs.Attribute[bool | None], value: Any) -> None:
    if value is not None and not isinstance(value, bool):
        raise TypeError(f"attach is True, False or None (either kind of launch); not {value!r}")


def _like(shipped: Lifecycle[Any, Any]) -> Any:
    def known(_model: LaunchModel, _: object, lifecycle: Lifecycle[Any, Any]) -> None:
        unknown = [repr(state) for state in lifecycle.states if state not in shipped.states]
        unknown += [repr(event) for event in lifecycle.events if event not in shipped.events]
        if unknown:
            raise ValueError(
                f"the lifecycle {lifecycle.name!r} cannot stand in for a launch's {shipped.name}:"
                f" the coupling knows nothing of {', '.join(unknown)}."
                f" Its states may be: {', '.join(shipped.states)};"
                f" its events: {', '.join(shipped.events)}."
            )

    return known


def _whole(model: LaunchModel, _: object, coupling: Synchronization) -> None:
    missing = [repr(phase) for phase in model.bootstrap.states if phase not in coupling.phases]
    unknown = [repr(event) for event in coupling.sent() if event not in MEMBER.events]
    if missing or unknown:
        raise ValueError(
            "the coupling does not fit the lifecycles:"
            f" phases without a row: {', '.join(missing) or 'none'};"
            f" events that members do not have: {', '.join(unknown) or 'none'}"
        )


@attrs.frozen(kw_only=True, eq=False)
class LaunchModel:
    """Which launches are meant: a bootstrap, any number of like members, and what couples them.

    Attributes:
        members: How many members a launch has. The states grow with about the sixth power of it.
        attach: ``True``: launches that attach to an existing team, and have no ``creating_team``
            (§13 of the specification); ``False``: those that create one; ``None``: both.
        bootstrap: The bootstrap's lifecycle. An event that it does not have at all is refused
            everywhere.
        member: The members' lifecycle, likewise.
        coupling: Which events are sent to whom, and when.

    Raises:
        TypeError: ``members`` is no whole number, or ``attach`` is none of its three.
        ValueError: ``members`` is negative, a lifecycle has states or events of its own, or the
            coupling has no row for a phase or sends an event that no member has.
    """

    members: int = attrs.field(default=8, validator=_members)
    attach: bool | None = attrs.field(default=None, validator=_attach)
    bootstrap: Lifecycle[Phase, BootstrapEvent] = attrs.field(
        default=BOOTSTRAP, validator=_like(BOOTSTRAP)
    )
    member: Lifecycle[LaunchState, MemberEvent] = attrs.field(
        default=MEMBER, validator=_like(MEMBER)
    )
    coupling: Synchronization = attrs.field(default=SYNCHRONIZATION, validator=_whole)

    @property
    def initial(self) -> ProductState:
        """How a launch begins: in the first phase, with nobody spawned."""
        first = Member(self.member.initial, accepted=False)
        members = ((first, self.members),) if self.members else ()
        return ProductState(self.bootstrap.initial, owner_lost=False, members=members)

    @property
    def kinds(self) -> tuple[Member, ...]:
        """Every kind that a member can become, in the order of its lifecycle's states."""
        kinds = [Member(self.member.initial, accepted=False)]
        for kind in kinds:  # a queue: the kinds that are found are appended to it
            for event in self.coupling.sent():
                following = self._following(kind, event)
                if not isinstance(following, Refusal) and following not in kinds:
                    kinds.append(following)
        order = self.member.states
        return tuple(sorted(kinds, key=lambda kind: (order.index(kind.state), kind.accepted)))

    @property
    def events(self) -> tuple[Event, ...]:
        """Every event that can be sent at all: those of one member, then the launch's own."""
        return (
            *(Event(name, kind) for name in self.coupling.member_events() for kind in self.kinds),
            *(Event(name) for name in BOOTSTRAP.events),
            Event(OWNER_LOST),
        )

    def outcome(self, phase: Phase, event: Event, *, owner_lost: bool) -> Effect | Refusal | None:
        """Return what an event does to a launch.

        Args:
            phase: The phase that the launch is in.
            event: What is sent.
            owner_lost: Whether the owner is lost already.

        Returns:
            Its effect, or the refusal of the machine, or ``None`` where nobody sends the event.
        """
        if event.member is not None:
            return self._member_outcome(phase, event, event.member, owner_lost=owner_lost)
        if owner_lost:
            return None
        if event.name == OWNER_LOST:
            return self._owner_lost(phase, event)
        return self._bootstrap_outcome(phase, event)

    def _member_outcome(
        self, phase: Phase, event: Event, member: Member, *, owner_lost: bool
    ) -> Effect | Refusal | None:
        if event.name not in self.coupling.one_member(phase, owner_lost=owner_lost):
            return None
        following = self._following(member, event.name)
        if isinstance(following, Refusal):
            return following
        return Effect(event, phase, owner_lost, (Move(member, following),))

    def _bootstrap_outcome(self, phase: Phase, event: Event) -> Effect | Refusal | None:
        if (phase, event.name) == LEFT_OUT[self.attach]:
            return None
        following = _step(self.bootstrap, phase, event.name)
        if isinstance(following, Refusal):
            return following
        sent = self.coupling.phases[following].on_entering
        return Effect(event, following, owner_lost=False, moves=self._sent_to_all(sent))

    def _owner_lost(self, phase: Phase, event: Event) -> Effect | None:
        sent = self.coupling.phases[phase].on_owner_lost
        if sent is None:
            return None
        return Effect(event, phase, owner_lost=True, moves=self._sent_to_all(sent))

    def _sent_to_all(self, event: MemberEvent | None) -> tuple[Move, ...]:
        if event is None:
            return ()
        answers = ((kind, self._following(kind, event)) for kind in self.kinds)
        return tuple(Move(kind, what) for kind, what in answers if not isinstance(what, Refusal))

    def _following(self, member: Member, event: Any) -> Member | Refusal:
        state = _step(self.member, member.state, event)
        if isinstance(state, Refusal):
            return state
        return Member(state, SPAWN_ACCEPTED.get(event, member.accepted))


def _step(lifecycle: Lifecycle[StateT, EventT], state: StateT, event: Any) -> StateT | Refusal:
    if event in lifecycle.events:
        return lifecycle.step(state, event)
    # A machine that lost the last edge of an event no longer knows the event.
    return Refusal(lifecycle.name, state, event, lifecycle.allowed(state))

"""States, events and edges of the product of the two lifecycles, as its readers see them.

What lives here: values, and the texts that people read. What does not: where an event leads
(``model``) and which states there are (``graph``).
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import attrs

from launchfsm.lifecycle.machines import BootstrapEvent, MemberEvent, Refusal, UnknownNameError
from launchfsm.vocabulary import LaunchState, Phase, TerminalPhase, values

if TYPE_CHECKING:
    from collections.abc import Iterable

# Whether a phase is terminal is for the vocabulary to say, not for the machine that is examined:
# a machine with an edge out of `completed` would say that `completed` is not terminal.
_TERMINAL: Final = frozenset(values(TerminalPhase))
_MEMBER_STATES: Final = frozenset(values(LaunchState))
_UNSETTLED: Final[tuple[LaunchState, ...]] = (
    "starting",
    "runtime_pending_bootstrap",
    "runtime_pending_permission",
)


@attrs.frozen(cache_hash=True)
class Member:
    """All there is to tell two members apart: where one is, and what is remembered of it.

    Attributes:
        state: Its launch state (§4, §6 and §10 of the specification).
        accepted: Whether its spawn was accepted in this attempt (``agentToolAccepted``). The
            machine forgets that; here it is kept, so that a property can ask.
    """

    state: LaunchState
    accepted: bool

    def text(self) -> str:
        """Say what the member is, in a word or two."""
        return f"{self.state} (accepted)" if self.accepted else self.state


@attrs.frozen
class ProductState:
    """A launch at one moment: its phase, and how many of its members are in which state.

    Members are interchangeable, so they are counted, not named: all arrangements of the same
    members are one state.

    Attributes:
        phase: The bootstrap's phase.
        owner_lost: Whether the bootstrap's owner is gone (§3 of the specification).
        members: The kinds of member that there are, each with how many (above 0), in the order of
            the member's lifecycle.
    """

    phase: Phase
    owner_lost: bool
    members: tuple[tuple[Member, int], ...]

    @property
    def terminal(self) -> bool:
        """Whether the bootstrap is in a terminal phase: completed, failed or canceled."""
        return self.phase in _TERMINAL

    @property
    def ended(self) -> bool:
        """Whether the launch is over: its phase is terminal, or its owner is lost."""
        return self.owner_lost or self.terminal

    @property
    def settled(self) -> bool:
        """Whether no member is pending: each is confirmed, failed or skipped."""
        return not self.count(*_UNSETTLED)

    def count(self, *states: LaunchState, accepted: bool | None = None) -> int:
        """Return how many members are in any of the states.

        Args:
            states: Launch states; without one nobody is counted.
            accepted: Count only those whose spawn was accepted, or was not; ``None``: both.

        Raises:
            UnknownNameError: No member can be in such a state: a count of it would always be 0,
                and a property that asks for it would hold of anything.
        """
        if not _MEMBER_STATES.issuperset(states):
            _refuse_unknown(states)
        return sum(
            number
            for member, number in self.members
            if member.state in states and accepted in (None, member.accepted)
        )

    def text(self) -> str:
        """Say what the launch is, in a line for people."""
        owner = ", owner lost" if self.owner_lost else ""
        members = ", ".join(f"{number} {member.text()}" for member, number in self.members)
        return f"{self.phase}{owner}: {members or 'no members'}"


def _refuse_unknown(states: Iterable[str]) -> None:
    unknown = ", ".join(repr(state) for state in states if state not in _MEMBER_STATES)
    raise UnknownNameError(
        f"members cannot be counted in {unknown}: there is no such launch state."
        f" The launch states are: {', '.join(values(LaunchState))}."
    )


@attrs.frozen
class Event:
    """Something that may happen to a launch as a whole, or to one of its members.

    Attributes:
        name: An event of the bootstrap, or ``lose_owner``; or an event of a member.
        member: What the one member is that it happens to; ``None``: the launch as a whole.
    """

    name: BootstrapEvent | MemberEvent
    member: Member | None = None

    def text(self) -> str:
        """Say what happens, in a few words."""
        if self.member is None:
            return self.name
        return f"{self.name} of a member that is {self.member.text()}"


@attrs.frozen
class Move:
    """What an edge makes of a kind of member: of one of them, or of all when the launch moves.

    Attributes:
        before: What it was.
        after: What it is.
    """

    before: Member
    after: Member


@attrs.frozen
class Edge:
    """An event that happens, with the states before and after.

    Attributes:
        before: The state that it happens in.
        event: What happens.
        after: The state that follows.
        moves: The kinds of member that it moves. An event of one member moves that one; an event of
            the launch moves all of a kind, and any number of kinds.
    """

    before: ProductState
    event: Event
    after: ProductState
    moves: tuple[Move, ...]

    def text(self) -> str:
        """Say what happens and what follows, in a line for people."""
        return f"{self.event.text()} -> {self.after.text()}"


@attrs.frozen
class Refused:
    """An event that does not happen in a state.

    Attributes:
        state: The state that it does not happen in.
        event: What does not happen.
        refusal: What the machine answers; ``None``: the machine is never asked, because nobody
            sends this event there (``Synchronization``).
    """

    state: ProductState
    event: Event
    refusal: Refusal | None

    def text(self) -> str:
        """Say what does not happen and why, in a line for people."""
        if self.refusal is not None:
            return self.refusal.text()
        return f"{self.event.text()}: nobody sends it in {self.state.text()}."

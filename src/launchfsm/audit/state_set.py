"""Standing: where a machine stands after what a journal told, as far as that can be known.

Theory of operation
===================

A replay that trusted every record would be led astray by the first false one: if a phase is told
that cannot follow, either the record is wrong, or a record before it is missing. So after a refused
event the machine may stand where it stood, or where the record says. The next record decides: the
event is taken from the first of these states that has an edge for it. That way one false record is
one finding, and so is one missing record.

A record may also leave open which of several events it tells of. Then the machine may stand
wherever one of them leads.

The same goes for a line that cannot be read. It hides at most one event of each machine, so the
machine may stand where it stood or one event further on, and what fits either is no finding.

Of a run whose beginning is missing nothing is known until something is told: no state is possible
in particular, and the first record places the machine, without being judged.

Here: that, for one machine. Not here: which records lead to which events (`journal_replay`).
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Literal, TypeAlias

import attrs

from launchfsm.lifecycle.machines import Lifecycle, Refusal

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

Distance: TypeAlias = Literal["same", "one_event", "further"]
"""How far a state is from where a machine may stand."""


@attrs.define
class Standing:
    """Where a machine may stand.

    Attributes:
        machine: The lifecycle.
        states: Where it may stand, the likeliest first; none when nothing is known.
        gaps: How many unreadable lines it has taken into account.
    """

    machine: Lifecycle[Any, Any]
    states: tuple[str, ...]
    gaps: int = 0

    @classmethod
    def unknown(cls, machine: Lifecycle[Any, Any]) -> Standing:
        """A machine of which nothing is known."""
        return cls(machine, ())

    @property
    def known(self) -> bool:
        """Whether anything is known of where it stands."""
        return bool(self.states)

    def place(self, state: str, gaps: int) -> None:
        """Believe a record without judging it."""
        self.states, self.gaps = (state,), gaps

    def forget(self) -> None:
        """Know nothing any more: a record told of something that the machine has no word for."""
        self.states = ()

    def take(self, event: str, told: str, gaps: int) -> Refusal | None:
        """Take the event that a record tells of.

        Args:
            event: The event.
            told: The state that the record says it led to.
            gaps: How many unreadable lines there were before the record.

        Returns:
            The refusal of the likeliest state, when no possible state has an edge for the event.
        """
        return self.take_any({event: told}, gaps)

    def take_any(self, told: Mapping[str, str], gaps: int) -> Refusal | None:
        """Take the event that a record tells of, when the record may mean any of several.

        Args:
            told: Those events, the likeliest first, and the state that each is said to lead to.
            gaps: How many unreadable lines there were before the record.

        Returns:
            The refusal of the likeliest event, when no possible state has an edge for any.
        """
        self.widen(gaps)
        reached = tuple(state for event in told for state in self._after(event))
        if reached or not self.states:
            self.states = reached or tuple(told.values())
            return None
        refusal = self.machine.step(self.states[0], next(iter(told)))
        self.doubt(*told.values())
        return refusal

    def _after(self, event: str) -> tuple[str, ...]:
        """Where an event leads from the likeliest state that has an edge for it, if any has."""
        outcomes = (self.machine.step(state, event) for state in self.states)
        return tuple(str(after) for after in outcomes if not isinstance(after, Refusal))[:1]

    def doubt(self, *told: str) -> None:
        """Hold all for possible: that it stands where it stood, and where a record says."""
        self.states = tuple(dict.fromkeys((*self.states[:1], *told)))

    def widen(self, gaps: int) -> None:
        """Hold for possible what the unreadable lines since may have told, an event each."""
        for _ in range(min(gaps - self.gaps, len(self.machine.states))):
            further = following(self.machine, self.states)
            self.states = tuple(dict.fromkeys((*self.states, *further)))
        self.gaps = gaps

    def distance(self, state: str) -> Distance:
        """How far a state that another record tells of is from here, one way or the other."""
        if state in self.states:
            return "same"
        onwards = following(self.machine, self.states)
        back = following(self.machine, (state,))
        near = state in onwards or any(here in back for here in self.states)
        return "one_event" if near else "further"

    def is_ahead_of(self, state: str) -> bool:
        """Whether any number of events may have led from a state to here."""
        return any(self.machine.path(here, start=state) is not None for here in self.states)


def following(machine: Lifecycle[Any, Any], states: Iterable[str]) -> tuple[str, ...]:
    """Every state that one event leads to from one of some states."""
    return tuple(
        dict.fromkeys(
            str(machine.step(state, event)) for state in states for event in machine.allowed(state)
        )
    )

"""What became of a property: it holds, there is a run that refutes it, or it was never asked.

What lives here: the verdict and its text. What does not: how it is found (``exploring``).
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal, TypeAlias

import attrs

from launchfsm.exploration.runs import Run

if TYPE_CHECKING:
    from collections.abc import Iterator

Claim: TypeAlias = Literal["always", "never", "eventually", "every_edge"]


@attrs.frozen(kw_only=True)
class Verdict:
    """Whether a property holds, and if not, the shortest run that refutes it.

    It is true exactly when the property holds. One that was asked of no state does not, nor does
    one on edges that was asked of no edge: what is given is misspelled more often than it is
    impossible.

    Attributes:
        name: The property's name.
        judged: How many reachable states it was about; with 0 it does not hold.
        states: How many reachable states there are.
        edges: How many edges there are.
        judged_edges: How many edges it was about: those that leave the states it was about, with 0
            it does not hold. ``None`` when it claims nothing of edges.
        claim: The claim that is refuted; ``None`` when none is.
        counterexample: The shortest run to where it is: to the state that should not be, that lacks
            what it should have, or that is a trap; or up to and with the edge.
    """

    name: str
    judged: int
    states: int
    edges: int
    judged_edges: int | None = None
    claim: Claim | None = None
    counterexample: Run | None = None

    def __bool__(self) -> bool:
        # Without this `assert exploration.check(…)` would pass whatever the verdict is.
        return self.holds

    @property
    def holds(self) -> bool:
        """Whether the property holds in all of the model, and is about some of it."""
        return self.counterexample is None and self._asked_of_nothing() is None

    def text(self) -> str:
        """Say whether it holds, of how much, and if not, how it is refuted, event by event."""
        if self.counterexample is not None:
            events = len(self.counterexample.edges)
            after = f"after {events} event{'' if events == 1 else 's'}"
            return f"refuted ({self.claim}): {self.name}, {after}:\n{self.counterexample.text()}"
        nothing = self._asked_of_nothing()
        if nothing is not None:
            return f"asked of nothing: {self.name}, as {nothing}"
        return f"holds: {self.name} ({', '.join(self._asked_of())})"

    def _asked_of_nothing(self) -> str | None:
        if self.judged == 0:
            return f"what is given is true in none of {self.states:,} states"
        if self.judged_edges == 0:
            # A claim on states does not cover for it: what is said of edges is said of none.
            return f"no edge leaves the states that it is about ({self._states_asked()})"
        return None

    def _asked_of(self) -> Iterator[str]:
        yield self._states_asked()
        if self.judged_edges is not None:
            yield f"{self.judged_edges:,} of {self.edges:,} edges"

    def _states_asked(self) -> str:
        return f"{self.judged:,} of {self.states:,} states"

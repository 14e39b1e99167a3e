"""What became of a property: it holds, there is a run that refutes it, or it was never asked.

What lives here: the verdict and its text. What does not: how it is found (``exploring``).
"""

from __future__ import annotations

from typing import Literal, TypeAlias

import attrs

from launchfsm.exploration.runs import Run

Claim: TypeAlias = Literal["always", "never", "eventually", "every_edge"]


@attrs.frozen(kw_only=True)
class Verdict:
    """Whether a property holds, and if not, the shortest run that refutes it.

    It is true exactly when the property holds. One that was asked of no state does not: what is
    given is misspelled more often than it is impossible.

    Attributes:
        name: The property's name.
        judged: How many reachable states it was about; with 0 it does not hold.
        states: How many reachable states there are.
        edges: How many edges there are.
        claim: The claim that is refuted; ``None`` when none is.
        counterexample: The shortest run to where it is: to the state that should not be, that lacks
            what it should have, or that is a trap; or up to and with the edge.
    """

    name: str
    judged: int
    states: int
    edges: int
    claim: Claim | None = None
    counterexample: Run | None = None

    def __bool__(self) -> bool:
        # Without this `assert exploration.check(…)` would pass whatever the verdict is.
        return self.holds

    @property
    def holds(self) -> bool:
        """Whether the property holds in all of the model, and is about some of it."""
        return self.counterexample is None and self.judged > 0

    def text(self) -> str:
        """Say whether it holds, of how much, and if not, how it is refuted, event by event."""
        if self.judged == 0:
            none = f"what is given is true in none of {self.states:,} states"
            return f"asked of nothing: {self.name}, as {none}"
        if self.counterexample is None:
            scope = f"{self.judged:,} of {self.states:,} states, {self.edges:,} edges"
            return f"holds: {self.name} ({scope})"
        events = len(self.counterexample.edges)
        after = f"after {events} event{'' if events == 1 else 's'}"
        return f"refuted ({self.claim}): {self.name}, {after}:\n{self.counterexample.text()}"

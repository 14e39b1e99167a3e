"""Everything that a launch can go through, and the questions that can be asked of it.

What lives here: ``explore`` and the ``Exploration`` that it returns. What does not: the search
(``graph``), and the properties to ask (``properties``).
"""

from __future__ import annotations

from math import factorial, prod
from typing import TYPE_CHECKING, Any

import attrs

from launchfsm.exploration.graph import Graph, search
from launchfsm.exploration.model import LaunchModel
from launchfsm.exploration.properties import (
    EdgePredicate,
    Property,
    StatePredicate,
    answering_strictly,
    require_predicate,
    strictly,
)
from launchfsm.exploration.verdicts import Claim, Verdict

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from launchfsm.exploration.runs import Run
    from launchfsm.exploration.states import Edge, ProductState, Refused


@attrs.frozen(eq=False, kw_only=True)
class Exploration:
    """Every state that a launch can reach, every edge between them, and what can be asked of them.

    Attributes:
        model: The launches that were explored.
    """

    model: LaunchModel
    _graph: Graph = attrs.field(repr=False)

    @property
    def states(self) -> int:
        """How many states can be reached."""
        return len(self._graph.states)

    @property
    def edges(self) -> int:
        """How many edges lead out of them: events of the launch, and of each kind of member."""
        return sum(map(len, self._graph.leaving))

    @property
    def arrangements(self) -> int:
        """How many states they stand for: as many as there would be, were members told apart."""
        orders = factorial(self.model.members)
        return sum(
            orders // prod(factorial(count) for _, count in state.members)
            for state in self._graph.states
        )

    def text(self) -> str:
        """Say how much was explored, in a line for people."""
        return (
            f"{self.states:,} states and {self.edges:,} edges of a launch with"
            f" {self.model.members} members, for {self.arrangements:,} states with members told"
            " apart"
        )

    # --- Going through it --------------------------------------------------------------------

    def iter_states(self) -> Iterator[ProductState]:
        """Go through the states, nearest to the beginning first."""
        return iter(self._graph.states)

    def iter_edges(self) -> Iterator[Edge]:
        """Go through the edges, by the state that they leave."""
        for number in range(self.states):
            yield from self._graph.edges_of(number)

    def iter_refusals(self) -> Iterator[Refused]:
        """Go through every state with every event that does not happen there.

        Of one member's events those of its members are meant: there is no refusing a member that
        the state does not have.
        """
        for number in range(self.states):
            yield from self._graph.refusals_of(number)

    # --- Finding a way -----------------------------------------------------------------------

    def shortest_path(self, *, to: StatePredicate) -> Run | None:
        """Return the fewest events that lead to a state that satisfies a predicate.

        Of several equally short runs it is always the same one.

        Args:
            to: What to look for.

        Returns:
            The run, or ``None`` when no reachable state satisfies it.

        Raises:
            TypeError: ``to`` cannot be called, or answers something other than a bool.
        """
        place = "to= of shortest_path()"
        require_predicate(place, to)
        sought = strictly(place, to)
        for number, state in enumerate(self._graph.states):
            if sought(state):
                return self._graph.run_to(number)
        return None

    def run_to(self, state: ProductState) -> Run:
        """Return the fewest events that lead to a state.

        Raises:
            ValueError: No launch of the model reaches it.
        """
        number = self._graph.numbers.get(state)
        if number is None:
            raise ValueError(
                f"no launch of this model reaches {state.text()}; it has {self.model.members}"
                " members, and iter_states() goes through the states that it does reach"
            )
        return self._graph.run_to(number)

    def run_through(self, edge: Edge) -> Run:
        """Return the fewest events that end with an edge.

        Raises:
            ValueError: No launch of the model reaches it.
        """
        return self.run_to(edge.before).then(edge)

    # --- Proving -----------------------------------------------------------------------------

    def check(
        self,
        *,
        name: str = "what was asked",
        given: StatePredicate | None = None,
        always: StatePredicate | None = None,
        never: StatePredicate | None = None,
        eventually: StatePredicate | None = None,
        every_edge: EdgePredicate | None = None,
    ) -> Verdict:
        """Prove something of every reachable state or edge, or find the shortest run against it.

        What is asked of no state, because what is given is true in none, does not hold; nor does
        ``every_edge`` when no edge leaves those states.

        Args:
            name: What to call it.
            given: Which states it is about; ``None``: all. Of an edge, the state before it.
            always: To be true in every state.
            never: To be true in no state.
            eventually: From every state, one that satisfies this can still be reached: no state is
                a trap. That somebody then sends the events is taken for granted (fairness).
            every_edge: To be true of every edge.

        Raises:
            TypeError: The name is no text, what is to be asked cannot be called, or it answers
                something other than a bool.
            ValueError: The name is empty, or nothing is claimed.
        """
        return self.verify(
            Property(
                name=name,
                given=given,
                always=always,
                never=never,
                eventually=eventually,
                every_edge=every_edge,
            )
        )

    def verify(self, prop: Property) -> Verdict:
        """Prove a property, or find the shortest run that refutes one of its claims.

        A property that is asked of no state, because what is given is true in none, does not hold;
        nor does one with ``every_edge`` when no edge leaves those states.

        Raises:
            TypeError: It is no property, or one of its predicates answers something other than a
                bool.
        """
        _require_property(prop)
        prop = answering_strictly(prop)
        given = prop.given
        scope = [n for n, state in enumerate(self._graph.states) if given is None or given(state)]
        searches: tuple[tuple[Claim, Run | None], ...] = (
            ("always", self._against_always(prop.always, scope)),
            ("never", self._against_never(prop.never, scope)),
            ("eventually", self._against_eventually(prop.eventually, scope)),
            ("every_edge", self._against_every_edge(prop.every_edge, scope)),
        )
        refuted = [(claim, run) for claim, run in searches if run is not None]
        claim, run = min(refuted, key=lambda found: len(found[1].edges), default=(None, None))
        return Verdict(
            name=prop.name,
            judged=len(scope),
            states=self.states,
            edges=self.edges,
            judged_edges=None if prop.every_edge is None else self._leaving(scope),
            claim=claim,
            counterexample=run,
        )

    # Each takes the states in the order they were found, so the first one found is a nearest one.

    def _against_always(self, claim: StatePredicate | None, scope: list[int]) -> Run | None:
        if claim is None:
            return None
        return self._first_run(n for n in scope if not claim(self._graph.states[n]))

    def _against_never(self, claim: StatePredicate | None, scope: list[int]) -> Run | None:
        if claim is None:
            return None
        return self._first_run(n for n in scope if claim(self._graph.states[n]))

    def _against_eventually(self, claim: StatePredicate | None, scope: list[int]) -> Run | None:
        if claim is None:
            return None
        can = self._graph.able_to_reach(
            n for n, state in enumerate(self._graph.states) if claim(state)
        )
        return self._first_run(n for n in scope if n not in can)

    def _against_every_edge(self, claim: EdgePredicate | None, scope: list[int]) -> Run | None:
        if claim is None:
            return None
        for number in scope:
            for edge in self._graph.edges_of(number):
                if not claim(edge):
                    return self._graph.run_to(number).then(edge)
        return None

    def _leaving(self, scope: list[int]) -> int:
        return sum(len(self._graph.leaving[number]) for number in scope)

    def _first_run(self, numbers: Iterable[int]) -> Run | None:
        for number in numbers:
            return self._graph.run_to(number)
        return None


def explore(model: LaunchModel | None = None) -> Exploration:
    """Go through every state that a launch of a model can reach.

    The same model gives the same exploration, in the same order: nearest states first, those at one
    distance in the order of the tables.

    Args:
        model: Which launches are meant; ``None`` is ``LaunchModel()``: 8 members, attaching or not.

    Raises:
        TypeError: It is no model.
    """
    model = LaunchModel() if model is None else model
    _require_model(model)
    return Exploration(model=model, graph=search(model))


# --- What is asked for wrongly -------------------------------------------------------------------


def _require_model(model: Any) -> None:
    if not isinstance(model, LaunchModel):
        raise TypeError(
            f"explore() takes a LaunchModel, as in explore(LaunchModel(members=2)); not {model!r}"
        )


def _require_property(prop: Any) -> None:
    if not isinstance(prop, Property):
        raise TypeError(
            f"verify() takes one Property, not {type(prop).__name__}. Of several it is asked one"
            " by one, as in `all(exploration.verify(prop) for prop in PROPERTIES)`; a claim of"
            " your own is for check(), as in `exploration.check(never=lambda state:"
            " state.owner_lost)`"
        )

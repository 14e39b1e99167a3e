"""What can be asked of every state and edge at once, and the properties that are shipped.

What lives here: the form of a property, what its predicates may answer, and five properties, each
with its reason. What does not: how one is proven (``exploring``), and the properties of policies,
which judge and move nothing.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Final, TypeAlias, TypeVar

import attrs

from launchfsm.exploration.states import Edge, ProductState

StatePredicate: TypeAlias = Callable[[ProductState], bool]
EdgePredicate: TypeAlias = Callable[[Edge], bool]
AskedT = TypeVar("AskedT", ProductState, Edge)

_OF_A_STATE: Final = "a callable of a state, such as `lambda state: state.phase == 'completed'`"
_OF_AN_EDGE: Final = "a callable of an edge, such as `lambda edge: edge.event.name != 'retry'`"
_PREDICATES: Final = ("given", "always", "never", "eventually", "every_edge")


# --- Predicates ----------------------------------------------------------------------------------


def require_predicate(place: str, value: Any, takes: str = _OF_A_STATE) -> None:
    """Refuse what cannot be asked.

    Args:
        place: Where it was passed, for the message.
        value: What was passed.
        takes: What is to be passed there.

    Raises:
        TypeError: It cannot be called.
    """
    if not callable(value):
        raise TypeError(f"{place} takes {takes}; not {value!r}")


def strictly(place: str, predicate: Callable[[AskedT], bool]) -> Callable[[AskedT], bool]:
    """Return a predicate that answers as another one does, and raises ``TypeError`` for no answer.

    What is merely true or false is refused too: a predicate that forgets its ``return`` would hold
    of anything as ``never=``, and one that returns a text as ``always=``.
    """

    def answer(asked: AskedT) -> bool:
        said: Any = predicate(asked)
        if said is True or said is False:
            return said
        hint = ". Is there a return missing?" if said is None else ""
        raise TypeError(
            f"{place} must return True or False; it returned {said!r} for {asked.text()}{hint}"
        )

    return answer


# --- Properties ----------------------------------------------------------------------------------


def _named(_prop: Property, _: attrs.Attribute[str], name: Any) -> None:
    if not isinstance(name, str):
        raise TypeError(f"a property's name is text, such as 'owners stay'; not {name!r}")
    if not name.strip():
        raise ValueError("a property needs a name, such as 'owners stay': its verdict goes by it")


def _of_a_state(prop: Property, attribute: attrs.Attribute[Any], value: Any) -> None:
    if value is not None:
        require_predicate(_place(prop, attribute.name), value)


def _of_an_edge(prop: Property, attribute: attrs.Attribute[Any], value: Any) -> None:
    if value is not None:
        require_predicate(_place(prop, attribute.name), value, _OF_AN_EDGE)


def _place(prop: Property, argument: str) -> str:
    return f"{argument}= of the property {prop.name!r}"


@attrs.frozen(kw_only=True)
class Property:
    """Something to prove of all launches of a model. It holds when each of its claims does.

    Attributes:
        name: What it says, in half a sentence.
        reason: Why that should be so.
        given: Which states it is about; ``None``: all. Of an edge, the state before it is asked.
        always: True in every reachable state.
        never: True in no reachable state.
        eventually: From every reachable state a state satisfying this one can still be reached.
            Whether it *is* reached is another matter: somebody has to send the events. So this is
            liveness under fairness: no state is a trap.
        every_edge: True of every edge out of a reachable state.

    Raises:
        TypeError: The name is no text, or what is to be asked cannot be called.
        ValueError: It has no name, or claims nothing.
    """

    name: str = attrs.field(validator=_named)
    reason: str = ""
    given: StatePredicate | None = attrs.field(default=None, validator=_of_a_state)
    always: StatePredicate | None = attrs.field(default=None, validator=_of_a_state)
    never: StatePredicate | None = attrs.field(default=None, validator=_of_a_state)
    eventually: StatePredicate | None = attrs.field(default=None, validator=_of_a_state)
    every_edge: EdgePredicate | None = attrs.field(default=None, validator=_of_an_edge)

    def __attrs_post_init__(self) -> None:
        claims = (self.always, self.never, self.eventually, self.every_edge)
        if all(claim is None for claim in claims):
            raise ValueError(
                f"the property {self.name!r} claims nothing, so it would hold of anything:"
                " give it at least one of always=, never=, eventually= and every_edge="
            )


def answering_strictly(prop: Property) -> Property:
    """Return a property whose predicates raise ``TypeError`` for answers that are no bool."""
    predicates = {name: getattr(prop, name) for name in _PREDICATES}
    asked: dict[str, Any] = {
        name: strictly(_place(prop, name), predicate)
        for name, predicate in predicates.items()
        if predicate is not None
    }
    return attrs.evolve(prop, **asked)


# --- The shipped properties ----------------------------------------------------------------------


def _absorbs(edge: Edge) -> bool:
    phase_stays = not edge.before.terminal or edge.after.phase == edge.before.phase
    return phase_stays and all(move.before.state != "confirmed_alive" for move in edge.moves)


def _owner_there(state: ProductState) -> bool:
    return not state.owner_lost


def _owner_lost(state: ProductState) -> bool:
    return state.owner_lost


def _ended(state: ProductState) -> bool:
    return state.ended


def _settled(state: ProductState) -> bool:
    return state.settled


def _terminal_and_settled(state: ProductState) -> bool:
    return state.terminal and state.settled


def _confirmed_without_spawn(state: ProductState) -> bool:
    return state.count("confirmed_alive", accepted=False) > 0


def _somebody_starting(state: ProductState) -> bool:
    return state.count("starting") > 0


TERMINAL_STATES_ABSORB: Final = Property(
    name="terminal states absorb",
    reason=(
        "What was reported as over stays over: no event leads from completed, failed or canceled"
        " to another phase (§3 of the specification), and none takes a confirmation back (§4)."
    ),
    every_edge=_absorbs,
)
"""No edge out of a terminal phase, and none moves a member that is confirmed alive."""

EVERY_STATE_CAN_END: Final = Property(
    name="every state can still end",
    reason=(
        "No launch gets stuck: while it has its owner, it can come to a terminal phase with"
        " nobody pending (§5). A lost owner is an end in itself, and is no way out for the others:"
        " nothing reaches a terminal phase through it."
    ),
    given=_owner_there,
    eventually=_terminal_and_settled,
)
"""With its owner there, a launch can always reach a terminal phase with every member settled."""

CONFIRMED_WAS_ACCEPTED: Final = Property(
    name="no confirmed member without an accepted spawn",
    reason=(
        "A confirmation is the answer to a spawn of this very attempt: who confirms without one is"
        " somebody else, or left over from before (§4)."
    ),
    never=_confirmed_without_spawn,
)
"""Whoever is confirmed alive was accepted since it last started over."""

LOST_OWNER_LEAVES_NOBODY_PENDING: Final = Property(
    name="a lost owner leaves no pending member",
    reason=(
        "Nobody is left to spawn or to listen, so to wait on would be forever: the owner-dead"
        " downgrade reaches everybody whose fate is open (§4)."
    ),
    given=_owner_lost,
    always=_settled,
)
"""Once the owner is lost, every member is confirmed, failed or skipped."""

END_LEAVES_NOBODY_STARTING: Final = Property(
    name="an ended launch leaves nobody starting",
    reason=(
        "After the end nobody is spawned: who was not by then never will be, and has failed (§5)."
    ),
    given=_ended,
    never=_somebody_starting,
)
"""Once a launch is over, no member is ``starting``, and none becomes so again."""

PROPERTIES: Final[tuple[Property, ...]] = (
    TERMINAL_STATES_ABSORB,
    EVERY_STATE_CAN_END,
    CONFIRMED_WAS_ACCEPTED,
    LOST_OWNER_LEAVES_NOBODY_PENDING,
    END_LEAVES_NOBODY_STARTING,
)
"""All shipped properties."""

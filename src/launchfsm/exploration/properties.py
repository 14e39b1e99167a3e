"""What can be asked of every state and edge at once, and the properties that are shipped.

What lives here: the form of a property and five of them, each with its reason. What does not: how
one is proven (``exploring``), and the properties of policies, which judge and move nothing.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Final, TypeAlias

import attrs

from launchfsm.exploration.states import Edge, ProductState

StatePredicate: TypeAlias = Callable[[ProductState], bool]
EdgePredicate: TypeAlias = Callable[[Edge], bool]


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
        ValueError: It claims nothing.
    """

    name: str
    reason: str = ""
    given: StatePredicate | None = None
    always: StatePredicate | None = None
    never: StatePredicate | None = None
    eventually: StatePredicate | None = None
    every_edge: EdgePredicate | None = None

    def __attrs_post_init__(self) -> None:
        claims = (self.always, self.never, self.eventually, self.every_edge)
        if all(claim is None for claim in claims):
            raise ValueError(
                f"the property {self.name!r} claims nothing, so it would hold of anything:"
                " give it at least one of always=, never=, eventually= and every_edge="
            )


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

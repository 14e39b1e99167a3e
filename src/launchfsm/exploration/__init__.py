"""Everything a launch can go through, by exhaustion: the product of the two lifecycles.

What lives here: the public names. A ``LaunchModel`` says which launches are meant, ``explore``
visits every state that one of them can reach, and the ``Exploration`` answers: how many there are,
the shortest way to one, whether a property holds in all of them, and a run for every edge.

    exploration = explore(LaunchModel(members=8))
    verdict = exploration.check(never=lambda state: state.owner_lost and not state.settled)
    assert verdict.holds, verdict.text()

The rooms: ``coupling`` (what joins the two machines), ``model`` (what an event does), ``states``
(states, events and edges, as a reader sees them), ``runs`` (sequences of events), ``graph`` (the
search), ``properties`` (what to ask), ``exploring`` (the asking) and ``verdicts`` (the answers).

What does not live here: files, clocks, processes and policies. What is proven here is proven of the
tables in ``machines``, not yet of the code that writes and reads a launch.
"""

from __future__ import annotations

from launchfsm.exploration.exploring import Exploration, explore
from launchfsm.exploration.model import Effect, LaunchModel
from launchfsm.exploration.properties import (
    CONFIRMED_WAS_ACCEPTED,
    END_LEAVES_NOBODY_STARTING,
    EVERY_STATE_CAN_END,
    LOST_OWNER_LEAVES_NOBODY_PENDING,
    PROPERTIES,
    TERMINAL_STATES_ABSORB,
    Property,
)
from launchfsm.exploration.runs import NumberedEvent, Run
from launchfsm.exploration.states import Edge, Event, Member, Move, ProductState, Refused
from launchfsm.exploration.verdicts import Verdict
from launchfsm.lifecycle.synchronization import (
    SYNCHRONIZATION,
    PhaseSynchronization,
    Synchronization,
)

__all__ = [
    "CONFIRMED_WAS_ACCEPTED",
    "END_LEAVES_NOBODY_STARTING",
    "EVERY_STATE_CAN_END",
    "LOST_OWNER_LEAVES_NOBODY_PENDING",
    "PROPERTIES",
    "SYNCHRONIZATION",
    "TERMINAL_STATES_ABSORB",
    "Edge",
    "Effect",
    "Event",
    "Exploration",
    "LaunchModel",
    "Member",
    "Move",
    "NumberedEvent",
    "PhaseSynchronization",
    "ProductState",
    "Property",
    "Refused",
    "Run",
    "Synchronization",
    "Verdict",
    "explore",
]

"""How the two machines make a launch: which member events are sent in which phase of the bootstrap.

What an event leads to is for the machines alone; an event that they refuse does not happen.

The reasons for the table, column by column:

- *One member at a time.* Nobody reports a member before ``spawning_members``: until then nobody
  was started. From there to the end every event may come of any member in any order, in
  ``auditing_truth`` too, because each member is reported by a process of its own and late reports
  are late. That is deliberately more than a tidy launcher does: what is proven of more runs holds
  for fewer. After the end nothing is spawned any more, so no spawn is accepted and none is retried
  (another attempt is another run); but whoever was spawned goes on, and may still ask, confirm,
  fail or be skipped: a finished launch can have members that are pending (§11 of the
  specification).
- *Every member, on entering.* A launch ends in a terminal phase, and in the same step whoever was
  never spawned fails (§5): ``never_spawned`` goes to all, and only ``starting`` takes it.
- *Every member, when the owner is lost.* The owner can be lost in an active phase; in a terminal
  one its exit is nobody's loss (§3). ``lose_owner`` goes to all members at once, and the machine
  says who takes it (§4). The phase stays what it was: nobody is left to write another, so no event
  of the bootstrap follows, and of its members no more than after any other end.
"""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import Final

import attrs

from launchfsm.lifecycle.machines import BootstrapEvent, MemberEvent
from launchfsm.vocabulary import Phase

_LATE: Final[tuple[MemberEvent, ...]] = (
    "request_permission",
    "resolve_permission",
    "confirm",
    "fail",
    "skip",
)
_ANY: Final[tuple[MemberEvent, ...]] = ("accept_spawn", *_LATE, "retry")

# A launch that attaches to an existing team does not write one, any other does (§13).
LEFT_OUT: Final[Mapping[bool | None, tuple[Phase, BootstrapEvent] | None]] = MappingProxyType(
    {
        True: ("acquiring_bootstrap_lock", "create_team"),
        False: ("acquiring_bootstrap_lock", "spawn_members"),
        None: None,
    }
)
"""By whether a launch attaches to a team (``None``: may be either): the step it does not take."""

# What a member's record says of its spawn (`agentToolAccepted`): set when it is accepted, cleared
# when the member is skipped (§10) or starts over, and kept by all else, failing included (§4).
SPAWN_ACCEPTED: Final[Mapping[MemberEvent, bool]] = MappingProxyType(
    {"accept_spawn": True, "skip": False, "retry": False}
)
"""The events that a member's history remembers: whether its spawn was accepted, in this attempt."""


@attrs.frozen
class PhaseSynchronization:
    """A row of the table: what may happen to the members while the bootstrap is in a phase.

    Attributes:
        one: The events that may be sent to any one member.
        on_entering: The event that every member is sent as the phase is entered, if any.
        on_owner_lost: The event that every member is sent when the owner is lost in this phase;
            ``None``: it cannot be lost here.
    """

    one: tuple[MemberEvent, ...]
    on_entering: MemberEvent | None
    on_owner_lost: MemberEvent | None


@attrs.frozen
class Synchronization:
    """The whole table. ``SYNCHRONIZATION`` is the shipped one; ``attrs.evolve`` makes others of it.

    Attributes:
        phases: A row for every phase.
        after_owner_lost: The events that may be sent to any one member once the owner is lost,
            whatever the phase.
    """

    phases: Mapping[Phase, PhaseSynchronization]
    after_owner_lost: tuple[MemberEvent, ...]

    def member_events(self) -> tuple[MemberEvent, ...]:
        """Return every event that may be sent to one member somewhere, each once."""
        rows = (*(row.one for row in self.phases.values()), self.after_owner_lost)
        return tuple(dict.fromkeys(event for row in rows for event in row))


# A table is read by its columns.
# fmt: off
SYNCHRONIZATION: Final = Synchronization(MappingProxyType({
    # phase                                          one member  every member,    every member, when
    #                                                at a time   on entering      the owner is lost
    "validating_spec":          PhaseSynchronization((),         None,            "lose_owner"),
    "loading_existing_state":   PhaseSynchronization((),         None,            "lose_owner"),
    "acquiring_bootstrap_lock": PhaseSynchronization((),         None,            "lose_owner"),
    "creating_team":            PhaseSynchronization((),         None,            "lose_owner"),
    "spawning_members":         PhaseSynchronization(_ANY,       None,            "lose_owner"),
    "auditing_truth":           PhaseSynchronization(_ANY,       None,            "lose_owner"),
    "completed":                PhaseSynchronization(_LATE,      "never_spawned", None),
    "failed":                   PhaseSynchronization(_LATE,      "never_spawned", None),
    "canceled":                 PhaseSynchronization(_LATE,      "never_spawned", None),
}), after_owner_lost=_LATE)
# fmt: on
"""How ``BOOTSTRAP`` and ``MEMBER`` are synchronized: §3, §4, §5 and §13 of the specification."""

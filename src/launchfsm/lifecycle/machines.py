"""The two lifecycles of a launch, as literal tables: which state may follow which, by which event.

*Whether* an owner is gone or a member was never spawned is for a policy's rules to say, from
facts; *what may follow* is for the tables below.

Theory of operation
===================

A launch is one bootstrap and any number of members, and they do not move together. A bootstrap
may complete while a member failed; its owner may die while half of its members are confirmed and
stay so. One machine for both would need a state for every combination (9 phases times 6 states a
member), and each of its edges would have to say which half of the launch it is about. So there are
two small machines, and what couples them are events: when the owner is gone each member is sent
``lose_owner``, when nothing more will be spawned each is sent ``never_spawned``, and a member's
machine answers for itself.

The **bootstrap** (§3, §7 of the specification) goes down a line of six active phases. It checks
its spec, loads what exists, takes the lock, writes the team, spawns the members, audits the
result, and completes. A launch that attaches to an existing team has no team to write: it spawns
as soon as it holds the lock (§13). From every active phase it may fail or be canceled. A terminal
phase has no way out: another attempt is another run, with a machine of its own.

A **member** (§4, §6, §10) waits in ``starting`` until its spawn was accepted, then for its
bootstrap to be confirmed, possibly with a permission asked for and resolved in between, any number
of times. It is ``confirmed_alive`` in the end, or ``failed_to_start``, or somebody decided to skip
it. The last two can be tried again, and then it starts over.

An evaluation does not believe what a file says of a member. It replays the records as events, from
the initial state on, and ignores an event that the table refuses.

Where readers go wrong
======================

- *A reported runtime is not a confirmation.* A member whose runtime was seen (status
  ``runtime_alive``) is still pending, and there is no event for the sight: a process that runs may
  never check in. Only ``confirm`` leads to ``confirmed_alive``, and only an accepted spawn can be
  confirmed, so there is no ``confirm`` out of ``starting``.
- *The missing edges are the rule.* ``lose_owner`` leads out of ``starting`` and the two pending
  states. That it has no edge out of ``confirmed_alive``, ``failed_to_start`` and
  ``skipped_for_launch`` *is* the bound of the owner-dead downgrade (§4): no condition anywhere else
  repeats it, and a caller sends the event to every member and lets the table refuse. The same goes
  for ``never_spawned`` and the members that were spawned (§5).
- *Guards are rules, never callbacks.* An edge has no condition and does nothing. Whether to send
  an event is decided before, where it can be explained and tested. A program that wants callbacks
  builds a machine of its own with ``Lifecycle.machine``.
- *A refusal is an answer.* ``step`` returns it; nothing moved, nothing raises. A word that the
  machine does not know at all is a mistake in the calling code, and that raises.
- *Failed is not the end of a member*, only of its attempt: ``retry`` leads out of it, and out of
  ``skipped_for_launch``. The one terminal state of a member is ``confirmed_alive``; what becomes
  of it after its launch is not the launch's business. For a bootstrap ``failed`` is the end.
- *Two reads of a file are not one event apart.* A writer takes every edge; a reader sees a state
  now and then and must not hold a missing one against the writer.
- *Status is not phase.* ``partial_success`` is a way for a bootstrap to have ended (§4); no phase
  is called so. And a phase from a file that none of the words below names is no state of this
  machine: the reader decides about it first (§3 counts it as not terminal).
"""

from __future__ import annotations

import functools
from collections import deque
from collections.abc import Mapping, Sequence
from types import MappingProxyType
from typing import Any, Final, Generic, Literal, TypeAlias, TypeVar, cast, overload

import attrs
from transitions import Machine

from launchfsm.errors import LaunchfsmError
from launchfsm.vocabulary import (
    ActivePhase,
    LaunchState,
    MemberAction,
    MemberStatus,
    Phase,
    TerminalPhase,
    TerminalStatus,
    values,
)

# --- The bootstrap's table -----------------------------------------------------------------------

BootstrapEvent: TypeAlias = Literal[
    "load_state",
    "acquire_lock",
    "create_team",
    "spawn_members",
    "audit",
    "complete",
    "fail",
    "cancel",
]

_ACTIVE: Final = cast("tuple[ActivePhase, ...]", values(ActivePhase))

# A table is read by its columns.
# fmt: off
_BOOTSTRAP_EDGES: Final[tuple[tuple[BootstrapEvent, tuple[Phase, ...], Phase], ...]] = (
    # event           from                                           to
    ("load_state",    ("validating_spec",),                          "loading_existing_state"),
    ("acquire_lock",  ("loading_existing_state",),                   "acquiring_bootstrap_lock"),
    ("create_team",   ("acquiring_bootstrap_lock",),                 "creating_team"),
    ("spawn_members", ("acquiring_bootstrap_lock", "creating_team"), "spawning_members"),
    ("audit",         ("spawning_members",),                         "auditing_truth"),
    ("complete",      ("auditing_truth",),                           "completed"),
    ("fail",          _ACTIVE,                                       "failed"),
    ("cancel",        _ACTIVE,                                       "canceled"),
)
# fmt: on


@attrs.frozen
class Ending:
    """What a terminal status goes with: the event that ends a bootstrap so, and its phases.

    The event leads to the first phase; a state may tell the status in any of them.
    """

    event: BootstrapEvent
    phases: tuple[TerminalPhase, ...]


# A table is read by its columns.
# fmt: off
ENDINGS: Final[Mapping[TerminalStatus, Ending]] = MappingProxyType({
    "completed":       Ending("complete", ("completed",)),
    "partial_success": Ending("complete", ("completed", "failed")),  # no phase of its own (§4)
    "failed":          Ending("fail",     ("failed",)),
    "canceled":        Ending("cancel",   ("canceled",)),
})
# fmt: on

# --- The member's table --------------------------------------------------------------------------

MemberEvent: TypeAlias = Literal[
    "accept_spawn",
    "request_permission",
    "resolve_permission",
    "confirm",
    "fail",
    "lose_owner",
    "never_spawned",
    "skip",
    "retry",
]

_PENDING: Final[tuple[LaunchState, ...]] = (
    "runtime_pending_bootstrap",
    "runtime_pending_permission",
)
_UNSETTLED: Final[tuple[LaunchState, ...]] = ("starting", *_PENDING)

# A table is read by its columns.
# fmt: off
_MEMBER_EDGES: Final[tuple[tuple[MemberEvent, tuple[LaunchState, ...], LaunchState], ...]] = (
    # event                from                                       to
    ("accept_spawn",       ("starting",),                             "runtime_pending_bootstrap"),
    ("request_permission", ("runtime_pending_bootstrap",),            "runtime_pending_permission"),
    ("resolve_permission", ("runtime_pending_permission",),           "runtime_pending_bootstrap"),
    ("confirm",            _PENDING,                                  "confirmed_alive"),
    ("fail",               _UNSETTLED,                                "failed_to_start"),
    ("lose_owner",         _UNSETTLED,                                "failed_to_start"),
    ("never_spawned",      ("starting",),                             "failed_to_start"),
    ("skip",               (*_UNSETTLED, "failed_to_start"),          "skipped_for_launch"),
    ("retry",              ("failed_to_start", "skipped_for_launch"), "starting"),
)
# fmt: on

# --- Refusals and errors -------------------------------------------------------------------------


@attrs.frozen
class Refusal:
    """An event that a state has no edge for. The state stays what it was.

    ``allowed`` are the events that this state does take, in the order of the table.
    """

    machine: str
    state: str
    event: str
    allowed: tuple[str, ...]

    def text(self) -> str:
        """Say what was refused, where, and what would be allowed there, in a line for people."""
        refused = f"{self.machine}: the event {self.event!r} is refused in state {self.state!r}"
        if not self.allowed:
            return f"{refused}, which is terminal: no event leads out of it."
        return f"{refused}. Allowed there: {', '.join(self.allowed)}."


class LifecycleError(LaunchfsmError, ValueError):
    """A refused event, for callers who cannot go on after a refusal.

    ``refusal`` says what was refused, where, and what would have been allowed.
    """

    def __init__(self, refusal: Refusal) -> None:
        super().__init__(refusal)
        self.refusal = refusal

    def __str__(self) -> str:
        return self.refusal.text()


class UnknownNameError(LaunchfsmError, ValueError):
    """A state or an event that the lifecycle does not have: a mistake in the calling code."""


# --- Lifecycles ----------------------------------------------------------------------------------

StateT = TypeVar("StateT", bound=str)
EventT = TypeVar("EventT", bound=str)
MachineT = TypeVar("MachineT", bound=Machine)


@attrs.frozen(eq=False)
class Lifecycle(Generic[StateT, EventT]):
    """A table of states and events, as a pure function: the next state, or a refusal.

    A lifecycle holds no state of its own: one serves any number of launches and threads.
    ``BOOTSTRAP`` and ``MEMBER`` are the two of a launch.

    Attributes:
        name: What errors and refusals call it.
        initial: The state that a run begins in.
        edges: Rows of an event, the states that it leads out of, and the one that follows.

    Raises:
        UnknownNameError: An edge, or ``initial``, names a state that is not in ``states``.
    """

    name: str
    states: tuple[StateT, ...] = attrs.field(repr=False)
    initial: StateT
    edges: Sequence[tuple[EventT, Sequence[StateT], StateT]] = attrs.field(repr=False)

    def __attrs_post_init__(self) -> None:
        named = [state for _, sources, to in self.edges for state in (*sources, to)]
        for state in (self.initial, *named):
            if state not in self.states:
                raise _unknown_name(self.name, "state", state, self.states)

    @functools.cached_property
    def events(self) -> tuple[EventT, ...]:
        """Every event, in the order of the table."""
        return tuple(dict.fromkeys(event for event, _, _ in self.edges))

    @functools.cached_property
    def terminal(self) -> tuple[StateT, ...]:
        """The states that no event leads out of."""
        return tuple(state for state in self.states if not self._following[state])

    @functools.cached_property
    def _following(self) -> Mapping[StateT, Mapping[EventT, StateT]]:
        return {
            state: {event: to for event, sources, to in self.edges if state in sources}
            for state in self.states
        }

    @functools.cached_property
    def _outcomes(self) -> Mapping[StateT, Mapping[EventT, StateT | Refusal]]:
        """Every state with every event: a step is two lookups, whatever it answers."""
        return {
            state: {
                event: row.get(event, Refusal(self.name, state, event, tuple(row)))
                for event in self.events
            }
            for state, row in self._following.items()
        }

    @overload
    def machine(self, model: object = None, **options: Any) -> Machine: ...

    @overload
    def machine(self, model: object, cls: type[MachineT], **options: Any) -> MachineT: ...

    def machine(
        self, model: object = None, cls: type[Machine] = Machine, **options: Any
    ) -> Machine:
        """Build a fresh ``transitions`` machine with these states and edges, for any use.

        Args:
            model: The object, or list of objects, that the machine drives; ``None`` for none.
            cls: The class of machine: ``GraphMachine``, ``AsyncMachine`` or one of your own.
            **options: More arguments of the class, such as ``after_state_change=…``. They win over
                what this method passes.
        """
        told: dict[str, Any] = {
            "name": self.name,
            "states": list(self.states),
            "initial": self.initial,
            "transitions": [
                {"trigger": event, "source": state, "dest": row[event]}
                for event in self.events
                for state, row in self._following.items()
                if event in row
            ],
            "auto_transitions": False,
        }
        return cls(model=model, **{**told, **options})

    def step(self, state: StateT, event: EventT) -> StateT | Refusal:
        """Return the state that follows, or a refusal; nothing is changed and nothing remembered.

        Raises:
            UnknownNameError: This lifecycle has no such state, or no such event anywhere.
        """
        try:
            return self._outcomes[state][event]
        except KeyError:
            self.allowed(state)
            raise _unknown_name(self.name, "event", event, self.events) from None

    def allowed(self, state: StateT) -> tuple[EventT, ...]:
        """Return the events that lead out of a state, in the order of the table.

        Raises:
            UnknownNameError: This lifecycle has no such state.
        """
        if state not in self._following:
            raise _unknown_name(self.name, "state", state, self.states)
        return tuple(self._following[state])

    def path(self, to: StateT, *, start: StateT | None = None) -> tuple[EventT, ...] | None:
        """Return the fewest events that lead to a state from another (``None``: the initial one).

        ``None`` when none do; of several equally short ways the first by the table's order.

        Raises:
            UnknownNameError: This lifecycle has no such state.
        """
        first = self.initial if start is None else start
        for state in (first, to):
            self.allowed(state)
        ways: dict[StateT, tuple[EventT, ...]] = {first: ()}
        queue = deque([first])
        while queue:
            state = queue.popleft()
            for event, following in self._following[state].items():
                if following not in ways:
                    ways[following] = (*ways[state], event)
                    queue.append(following)
        return ways.get(to)

    def mermaid(self) -> str:
        """Return the lifecycle as a Mermaid ``stateDiagram-v2``, the same text every time.

        One line an edge, in the order of the states; the events that share an edge share its line.
        """
        lines = ["stateDiagram-v2", f"    [*] --> {self.initial}"]
        for state, row in self._following.items():
            for following in dict.fromkeys(row.values()):
                events = ", ".join(event for event in row if row[event] == following)
                lines.append(f"    {state} --> {following}: {events}")
        lines.extend(f"    {state} --> [*]" for state in self.terminal)
        return "\n".join(lines) + "\n"


def _unknown_name(
    machine: str, kind: str, word: object, known: Sequence[object]
) -> UnknownNameError:
    import difflib  # noqa: PLC0415  # only a mistake pays for loading it

    words = [str(one) for one in known]
    close = difflib.get_close_matches(str(word), words, n=1)
    hint = f" (did you mean {close[0]!r}?)" if close else ""
    return UnknownNameError(
        f"{machine}: there is no {kind} {word!r}{hint}. Its {kind}s are: {', '.join(words)}."
    )


BOOTSTRAP: Final[Lifecycle[Phase, BootstrapEvent]] = Lifecycle(
    "bootstrap", cast("tuple[Phase, ...]", values(Phase)), "validating_spec", _BOOTSTRAP_EDGES
)
"""The bootstrap's lifecycle, over the phases of §3 of the specification."""

MEMBER: Final[Lifecycle[LaunchState, MemberEvent]] = Lifecycle(
    "member", cast("tuple[LaunchState, ...]", values(LaunchState)), "starting", _MEMBER_EDGES
)
"""A member's lifecycle, over the launch states of §4, §6 and §10 of the specification."""

PHASE_EVENTS: Final[Mapping[Phase, BootstrapEvent]] = MappingProxyType(
    {phase: event for event, _, phase in _BOOTSTRAP_EDGES}
)
"""The one event that enters a phase; the initial phase is entered by none."""

# A table is read by its columns.
# fmt: off
_RECORDED: Final[tuple[tuple[MemberAction, MemberEvent | None, LaunchState], ...]] = (
    # status or action      event             state that it means
    ("pending",             "retry",          "starting"),
    ("spawn_started",       "accept_spawn",   "runtime_pending_bootstrap"),
    ("registered",          None,             "runtime_pending_bootstrap"),
    ("runtime_alive",       None,             "runtime_pending_bootstrap"),
    ("bootstrap_confirmed", "confirm",        "confirmed_alive"),
    ("failed",              "fail",           "failed_to_start"),
    ("spawn_failed",        "fail",           "failed_to_start"),
    ("skipped",             "skip",           "skipped_for_launch"),
    ("resumed",             None,             "confirmed_alive"),
)
# fmt: on

STATE_OF_ACTION: Final[Mapping[str, LaunchState]] = MappingProxyType(
    {word: state for word, _, state in _RECORDED}
)
"""The state of a member's machine after an action of the journal (§9)."""

STATE_OF_STATUS: Final[Mapping[str, LaunchState]] = MappingProxyType(
    {status: STATE_OF_ACTION[status] for status in values(MemberStatus)}
)
"""The state of a member's machine that a recorded status means (§4)."""

EVENT_OF_ACTION: Final[Mapping[str, MemberEvent]] = MappingProxyType(
    {word: event for word, event, _ in _RECORDED if event is not None}
)
"""The event that an action of the journal means for a member's machine (§9).

`registered` and `runtime_alive` are no step: the member's spawn was accepted before. `resumed` is
none either: the member went its way in an earlier run.
"""

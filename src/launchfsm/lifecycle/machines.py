"""The two lifecycles of a launch: everything that moves a state from one word to another.

What lives here: the theory, the tables, the two machines built of them, and the pure function
``Lifecycle.step``. What does not: any judgement. *Whether* an owner is gone or a member was never
spawned is for a policy's rules to say, from facts; *what may follow* is for the tables below.

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

An evaluation does not believe what a file says of a member; it brings it in as events, from the
initial state on, and what the table refuses did not happen.

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
  an event is decided before, where it can be explained and tested; ``compile_table`` refuses a
  machine that knows better.
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

from collections import deque
from collections.abc import Mapping
from types import MappingProxyType
from typing import TYPE_CHECKING, Any, Final, Generic, Literal, NoReturn, TypeAlias, TypeVar, cast

import attrs
from transitions import Machine, State, Transition

from launchfsm.vocabulary import ActivePhase, LaunchState, Phase, values

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

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

_BOOTSTRAP_INITIAL: Final[Phase] = "validating_spec"

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

_MEMBER_INITIAL: Final[LaunchState] = "starting"

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

    Attributes:
        machine: The lifecycle that refused, ``bootstrap`` or ``member``.
        state: The state it was asked in, and still is in.
        event: What was refused.
        allowed: The events that this state does take, in the order of the table.
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


class LifecycleError(ValueError):
    """A refused event, for callers who cannot go on after a refusal.

    Attributes:
        refusal: What was refused, where, and what would have been allowed.
    """

    def __init__(self, refusal: Refusal) -> None:
        super().__init__(refusal)
        self.refusal = refusal

    def __str__(self) -> str:
        return self.refusal.text()


class UnknownNameError(ValueError):
    """A state or an event that the lifecycle does not have: a mistake in the calling code."""


class SealedMachineError(TypeError):
    """An attempt to change a lifecycle's machine after it was built."""


class UncompilableMachineError(ValueError):
    """A machine whose behaviour is more, or less, than a table of states and events can say."""


# --- Machines that stay what they are ------------------------------------------------------------


def _name(machine: Machine) -> str:
    # transitions keeps the name as the prefix of its log lines.
    return machine.name.removesuffix(": ") or "machine"


def _refuse_callback(owner: str) -> NoReturn:
    raise SealedMachineError(
        f"{owner} takes no callback: lifecycles are tables, and guards are rules. Decide before"
        " sending the event, and act on what step() returned."
    )


class _PlainState(State):
    """A state that cannot be given callbacks, not even by ``machine.on_enter_…``."""

    def add_callback(self, trigger: str, func: object) -> None:
        _refuse_callback(f"state {self.name!r} ({trigger}, {func!r})")


class _PlainTransition(Transition):
    """An edge that cannot be given callbacks, not even by ``machine.before_…``."""

    def add_callback(self, trigger: str, func: object) -> None:
        _refuse_callback(f"the edge {self.source!r} to {self.dest!r} ({trigger}, {func!r})")


class _SealableMachine(Machine):
    """A machine that, once sealed, refuses to be changed and says so.

    Models are refused as well: the machine would keep each of them alive, and takes callbacks from
    any model that happens to have a method ``on_enter_…``. Trigger a detached object instead.
    """

    state_cls = _PlainState
    transition_cls = _PlainTransition
    _sealed = False

    def seal(self) -> None:
        """Close the machine, for good."""
        for event in self.events.values():
            # In the defaultdict that this replaces, merely reading a source without an edge adds
            # one, and the machine then accepts the event it has to refuse (and does nothing).
            edges = {source: tuple(found) for source, found in event.transitions.items()}
            event.transitions = cast("Any", MappingProxyType(edges))
        self.states = cast("Any", MappingProxyType(self.states))
        self.events = cast("Any", MappingProxyType(self.events))
        self._sealed = True

    def _check_open(self, change: str) -> None:
        if self._sealed:
            raise SealedMachineError(
                f"the machine {_name(self)!r} is sealed and cannot {change}: its"
                " table is compiled and relied upon. Build a Machine of your own and wrap it with"
                " Lifecycle.of()."
            )

    def __setattr__(self, name: str, value: object) -> None:
        self._check_open(f"have its {name} set")
        super().__setattr__(name, value)

    def add_states(self, states: Any, *args: Any, **kwargs: Any) -> None:
        self._check_open(f"take the state {states!r}")
        super().add_states(states, *args, **kwargs)

    def add_transition(self, trigger: str, *args: Any, **kwargs: Any) -> None:
        self._check_open(f"take a transition for the event {trigger!r}")
        super().add_transition(trigger, *args, **kwargs)

    def remove_transition(self, trigger: str, *args: Any, **kwargs: Any) -> None:
        self._check_open(f"lose a transition of the event {trigger!r}")
        super().remove_transition(trigger, *args, **kwargs)

    def add_model(self, model: Any, *args: Any, **kwargs: Any) -> None:
        self._check_open("take a model (trigger a detached one: machine.events[event].trigger(it))")
        super().add_model(model, *args, **kwargs)


def _sealed_machine(
    name: str,
    alias: object,
    initial: str,
    edges: Iterable[tuple[str, Sequence[str], str]],
) -> Machine:
    machine = _SealableMachine(
        name=name,
        model=None,
        states=values(alias),
        initial=initial,
        transitions=[
            {"trigger": event, "source": list(sources), "dest": dest}
            for event, sources, dest in edges
        ],
        auto_transitions=False,
        send_event=False,
    )
    machine.seal()
    return machine


# --- From a machine to a table -------------------------------------------------------------------

_MACHINE_CALLBACKS: Final = (
    "prepare_event",
    "before_state_change",
    "after_state_change",
    "finalize_event",
    "on_exception",
    "on_final",
)
_STATE_CALLBACKS: Final = ("on_enter", "on_exit")
_EDGE_CALLBACKS: Final = ("prepare", "conditions", "before", "after")  # `unless` is in conditions

# By name: loading the extensions to ask them would cost more than all of this module.
_NOT_FLAT: Final = frozenset({"HierarchicalMachine", "AsyncMachine"})


def compile_table(machine: Machine) -> dict[str, dict[str, str]]:
    """Read a machine's edges out as ``table[state][event]``, the state that follows.

    The table says exactly what the machine does, or there is none: whatever a table cannot say is
    refused.

    Args:
        machine: Any ``transitions.Machine``, with or without models.

    Returns:
        Every state, in the machine's order, with the events that lead out of it, in the machine's
        order. A state that nothing leads out of has an empty row.

    Raises:
        UncompilableMachineError: The machine is nested, asynchronous or queued, has callbacks or
            conditions, has no initial state, swallows invalid events, keys a state by another name
            than its value, or has an edge that stays where it is, doubles another, or names a state
            that it does not have. All faults at once.
    """
    faults = [*_machine_faults(machine), *_state_faults(machine), *_edge_faults(machine)]
    if faults:
        raise UncompilableMachineError(
            f"the machine {_name(machine)!r} cannot be compiled into a table:\n"
            + "\n".join(f"- {fault}" for fault in faults)
        )
    return {
        state: {
            event: cast("str", edges.transitions[state][0].dest)
            for event, edges in machine.events.items()
            if state in edges.transitions
        }
        for state in machine.states
    }


def _machine_faults(machine: Machine) -> Iterator[str]:
    for base in _NOT_FLAT & {base.__name__ for base in type(machine).__mro__}:
        yield f"it is a kind of {base}: only a flat machine that answers at once is a table"
    if machine.initial is None:
        yield "it has no initial state"
    yield from _callback_faults("the machine", machine, _MACHINE_CALLBACKS)
    if machine.has_queue:
        yield "it is queued: all models share one queue, and a trigger answers before it happened"
    if machine.ignore_invalid_triggers:
        yield "it ignores invalid triggers: a refusal has to be seen"


def _state_faults(machine: Machine) -> Iterator[str]:
    for name, state in machine.states.items():
        yield from _callback_faults(f"state {name!r}", state, _STATE_CALLBACKS)
        if state.ignore_invalid_triggers and not machine.ignore_invalid_triggers:
            yield f"state {name!r} ignores invalid triggers: a refusal has to be seen"
        if state.value != name:
            yield f"state {name!r} has the value {state.value!r}: name and value must be equal"


def _edge_faults(machine: Machine) -> Iterator[str]:
    for event, edges in machine.events.items():
        for source, found in edges.transitions.items():
            where = f"the event {event!r} out of {source!r}"
            if source not in machine.states:
                yield f"{where}: there is no such state{_hint(source, machine.states)}"
            if not found:
                yield f"{where}: accepted, but there is no edge (were its transitions read by key?)"
            if len(found) > 1:
                yield f"{where}: {len(found)} edges, of which only the first can be taken"
            for edge in found:
                yield from _destination_faults(machine, edge, where)
                yield from _callback_faults(where, edge, _EDGE_CALLBACKS)


def _destination_faults(machine: Machine, edge: Transition, where: str) -> Iterator[str]:
    if not edge.dest:  # `None`, and to the machine a nameless state too, is no destination at all
        yield f"{where}: internal, it leads nowhere; an event that changes nothing is no edge"
    elif edge.dest == edge.source:
        yield f"{where}: reflexive, it stays; an event that changes nothing is no edge"
    elif edge.dest not in machine.states:
        hint = _hint(edge.dest, machine.states)
        yield f"{where}: it leads to {edge.dest!r}, and there is no such state{hint}"


def _callback_faults(where: str, owner: object, names: Iterable[str]) -> Iterator[str]:
    for name in names:
        if getattr(owner, name):
            yield f"{where}: it has {name}; guards are rules, never callbacks"


def _hint(word: object, known: Iterable[str]) -> str:
    import difflib  # noqa: PLC0415  # only a mistake pays for loading it

    close = difflib.get_close_matches(str(word), list(known), n=1)
    return f" (did you mean {close[0]!r}?)" if close else ""


# --- Lifecycles ----------------------------------------------------------------------------------

StateT = TypeVar("StateT", bound=str)
EventT = TypeVar("EventT", bound=str)


@attrs.frozen(eq=False, kw_only=True)
class Lifecycle(Generic[StateT, EventT]):
    """A machine as a pure function: from a state and an event to the next state or a refusal.

    It holds no state of its own: one lifecycle serves any number of launches and threads. Two are
    shipped, ``BOOTSTRAP`` and ``MEMBER``; ``Lifecycle.of`` makes one of any flat machine.

    Attributes:
        name: What errors and refusals call it.
        machine: The ``transitions.Machine`` that it was compiled from.
        initial: The state that a run begins in.
        states: Every state, in the machine's order.
        events: Every event, in the machine's order.
        terminal: The states that no event leads out of.
    """

    name: str
    machine: Machine = attrs.field(repr=False)
    initial: StateT
    states: tuple[StateT, ...] = attrs.field(repr=False)
    events: tuple[EventT, ...] = attrs.field(repr=False)
    terminal: tuple[StateT, ...]
    _edges: Mapping[StateT, Mapping[EventT, StateT]] = attrs.field(repr=False)
    # Every state with every event, refusals included: a step is two lookups, whatever it answers.
    _outcomes: Mapping[StateT, Mapping[EventT, StateT | Refusal]] = attrs.field(repr=False)

    @classmethod
    def of(cls, machine: Machine) -> Lifecycle[StateT, EventT]:
        """Compile a lifecycle from a machine, which is read once: later changes are not seen.

        Args:
            machine: A flat machine with an initial state, without callbacks and conditions. Its
                name becomes the lifecycle's.

        Raises:
            UncompilableMachineError: A table cannot say what the machine does (``compile_table``).
        """
        name = _name(machine)
        table: Any = compile_table(machine)
        states: Any = tuple(table)
        events: Any = tuple(machine.events)
        initial: Any = machine.initial
        return cls(
            name=name,
            machine=machine,
            initial=initial,
            states=states,
            events=events,
            terminal=tuple(state for state in states if not table[state]),
            edges=table,
            outcomes={
                state: {
                    event: row[event] if event in row else Refusal(name, state, event, tuple(row))
                    for event in events
                }
                for state, row in table.items()
            },
        )

    def step(self, state: StateT, event: EventT) -> StateT | Refusal:
        """Return the state that follows, or a refusal; nothing is changed and nothing remembered.

        Raises:
            UnknownNameError: This lifecycle has no such state, or no such event anywhere.
        """
        try:
            return self._outcomes[state][event]
        except KeyError:
            raise self._unknown(state, event) from None

    def allowed(self, state: StateT) -> tuple[EventT, ...]:
        """Return the events that lead out of a state, in the order of the table.

        Raises:
            UnknownNameError: This lifecycle has no such state.
        """
        try:
            return tuple(self._edges[state])
        except KeyError:
            raise self._unknown(state) from None

    def walk(self, events: Iterable[EventT], *, start: StateT | None = None) -> StateT | Refusal:
        """Return the state that the events lead to, or the first refusal among them.

        Args:
            events: What happened, in order.
            start: Where to begin; ``None`` is the initial state.

        Raises:
            UnknownNameError: This lifecycle has no such state or event.
        """
        state = self._known(start)
        for event in events:
            outcome = self.step(state, event)
            if isinstance(outcome, Refusal):
                return outcome
            state = outcome
        return state

    def path(self, to: StateT, *, start: StateT | None = None) -> tuple[EventT, ...] | None:
        """Return the fewest events that lead to a state, or ``None`` when none do.

        Of several equally short ways it is always the same one: the first by the table's order.

        Args:
            to: The state to reach.
            start: Where to begin; ``None`` is the initial state.

        Raises:
            UnknownNameError: This lifecycle has no such state.
        """
        first = self._known(start)
        ways: dict[StateT, tuple[EventT, ...]] = {first: ()}
        queue = deque([first])
        while queue:
            state = queue.popleft()
            for event, following in self._edges[state].items():
                if following not in ways:
                    ways[following] = (*ways[state], event)
                    queue.append(following)
        return ways.get(self._known(to))

    def mermaid(self) -> str:
        """Return the lifecycle as a Mermaid ``stateDiagram-v2``, the same text every time.

        One line an edge, in the order of the states; the events that share an edge share its line.
        """
        lines = ["stateDiagram-v2", f"    [*] --> {self.initial}"]
        for state, row in self._edges.items():
            for following in dict.fromkeys(row.values()):
                events = ", ".join(event for event in row if row[event] == following)
                lines.append(f"    {state} --> {following}: {events}")
        lines.extend(f"    {state} --> [*]" for state in self.terminal)
        return "\n".join(lines) + "\n"

    def _known(self, state: StateT | None) -> StateT:
        if state is None:
            return self.initial
        if state not in self._edges:
            raise self._unknown(state)
        return state

    def _unknown(self, state: StateT, event: EventT | None = None) -> UnknownNameError:
        kind, word, known = (
            ("event", event, self.events) if state in self._edges else ("state", state, self.states)
        )
        return UnknownNameError(
            f"{self.name}: there is no {kind} {word!r}{_hint(word, known)}."
            f" Its {kind}s are: {', '.join(known)}."
        )


BOOTSTRAP: Final[Lifecycle[Phase, BootstrapEvent]] = Lifecycle.of(
    _sealed_machine("bootstrap", Phase, _BOOTSTRAP_INITIAL, _BOOTSTRAP_EDGES)
)
"""The bootstrap's lifecycle, over the phases of §3 of the specification."""

MEMBER: Final[Lifecycle[LaunchState, MemberEvent]] = Lifecycle.of(
    _sealed_machine("member", LaunchState, _MEMBER_INITIAL, _MEMBER_EDGES)
)
"""A member's lifecycle, over the launch states of §4, §6 and §10 of the specification."""

PHASE_EVENTS: Final[Mapping[Phase, BootstrapEvent]] = MappingProxyType(
    {phase: event for event, _, phase in _BOOTSTRAP_EDGES}
)
"""The one event that enters a phase; the initial phase is entered by none."""

STATE_OF_STATUS: Final[Mapping[str, LaunchState]] = MappingProxyType(
    {
        "pending": "starting",
        "spawn_started": "runtime_pending_bootstrap",
        "registered": "runtime_pending_bootstrap",
        "runtime_alive": "runtime_pending_bootstrap",
        "bootstrap_confirmed": "confirmed_alive",
        "failed": "failed_to_start",
    }
)
"""Where a member's machine stands by its recorded status (§4)."""

EVENT_OF_ACTION: Final[Mapping[str, MemberEvent]] = MappingProxyType(
    {
        "spawn_started": "accept_spawn",
        "bootstrap_confirmed": "confirm",
        "failed": "fail",
        "spawn_failed": "fail",
        "pending": "retry",
    }
)
"""What a member's machine is sent for an action of the journal (§9).

`registered` and `runtime_alive` tell of no step, only more of a member whose spawn was accepted.
"""

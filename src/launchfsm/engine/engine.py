"""The engine: applies a policy to facts, and steps machines, without knowing what they are about.

`TracingEngine` in `trace` does the same and notes every decision, so that an explanation is the
evaluation run once more and not a second account of it.
"""

from __future__ import annotations

from collections.abc import Callable, Hashable, Mapping
from typing import TYPE_CHECKING, Any, Protocol, TypeVar, cast

if TYPE_CHECKING:
    from launchfsm.engine.decision import Decision, F, R
    from launchfsm.engine.table import Policy, Table

S = TypeVar("S", bound=str)
E = TypeVar("E", bound=str)
V = TypeVar("V")

_LARGEST_CACHES = 16_000_000
"""The most bytes that an engine's caches may take, as estimated by their keys."""
_ANSWER = 500  # what an answer takes beside its texts, roughly


class Machine(Protocol[S, E]):
    """A state machine as a pure function."""

    @property
    def name(self) -> str:
        """What explanations call it."""
        ...

    @property
    def initial(self) -> S:
        """The state that a run begins in."""
        ...

    @property
    def events(self) -> tuple[E, ...]:
        """Every event that it takes somewhere."""
        ...

    def step(self, state: S, event: E, /) -> Any:
        """The state that follows an event, or a refusal, whose `text()` says why."""
        ...


class Cache(dict[Hashable, V]):
    """What a pure piece of judgement answered, by everything that the answer depends on.

    Args:
        make_room: Told how many bytes an answer may take before it is kept; may clear caches.
    """

    def __init__(self, make_room: Callable[[int], None] | None = None) -> None:
        super().__init__()
        self._make_room = make_room

    def put(self, key: Hashable, answer: V) -> V:
        """Remember an answer, and return it."""
        if self._make_room is not None:
            self._make_room(_size_of(key))
        self[key] = answer
        return answer


def _size_of(key: object) -> int:
    """How many bytes an answer may take, by its key: what it holds of texts stands in that."""
    if isinstance(key, str):
        return _ANSWER + 4 * len(key)
    if isinstance(key, tuple):
        return _ANSWER + sum(_size_of(part) for part in key if isinstance(part, str | tuple))
    return _ANSWER


class _Functions(dict[str, Callable[[Any], Any]]):
    """The compiled tables of a policy, by name, each fetched when it is first asked."""

    def __init__(self, tables: Mapping[str, Table]) -> None:
        super().__init__()
        self._tables = tables

    def __missing__(self, name: str) -> Callable[[Any], Any]:
        function = self[name] = self._tables[name].decide
        return function


class Engine:
    """Applies one policy. Pure: the same facts get the same answer, whatever was asked before.

    Args:
        policy: The policy to apply.
    """

    def __init__(self, policy: Policy) -> None:
        self.policy = policy
        self._functions = _Functions(policy.tables)
        self._caches: dict[tuple[Hashable, ...], Cache[Any]] = {}
        self._cached = 0

    def __reduce__(self) -> tuple[Any, ...]:
        # Without compiled functions and cached answers, which come again by themselves.
        return type(self), (self.policy,)

    def decide(self, decision: Decision[F, R], facts: F, subject: str = "") -> R:  # noqa: ARG002 - for who records
        """The policy's answer.

        Args:
            decision: What is asked.
            facts: What is known.
            subject: Whom or what it is about, for explanations.
        """
        answer: R = self._functions[decision.name](facts)
        return answer

    def step(self, machine: Machine[S, E], state: S, event: E, subject: str = "") -> S | None:  # noqa: ARG002 - for who records
        """The state that follows an event, or `None` when the machine refuses it."""
        after: S | object = machine.step(state, event)
        return cast("S", after) if isinstance(after, str) else None

    def about(self, source: str) -> Engine:  # noqa: ARG002 - for who records
        """The same engine, for decisions about one record, which explanations name.

        Args:
            source: The record's name; empty when they are about all records together.
        """
        return self

    def cache(self, *context: Hashable) -> Cache[Any]:
        """The cache of a piece of judgement in a context, to look answers up in and put them.

        Args:
            context: Which piece of judgement it is, and what all its answers depend on.
        """
        found = self._caches.get(context)
        if found is None:
            self._make_room(_size_of(context))
            found = self._caches[context] = Cache(self._make_room)
        return found

    def _make_room(self, size: int) -> None:
        """Forget everything when what is remembered would grow too large; files hold long texts."""
        self._cached += size
        if self._cached > _LARGEST_CACHES:
            for cache in self._caches.values():
                cache.clear()
            self._caches.clear()
            self._cached = size


def engine_for(policy: Policy) -> Engine:
    """An engine that applies a policy."""
    return Engine(policy)

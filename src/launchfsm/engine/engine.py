"""The engine: applies a policy to facts, and steps machines, without knowing what they are about.

`AnsweringEngine` also asks the decisions that a policy adds. `TracingEngine` in `trace` notes every
decision, so that an explanation is the evaluation run once more and not a second account of it.
"""

from __future__ import annotations

from collections.abc import Callable, Hashable, Mapping
from typing import TYPE_CHECKING, Any, Protocol, TypeVar, cast

import attrs

from launchfsm.engine.decision import OwnDecision

if TYPE_CHECKING:
    from launchfsm.engine.decision import Decision, F, R
    from launchfsm.engine.table import Policy, Table

S = TypeVar("S", bound=str)
E = TypeVar("E", bound=str)
V = TypeVar("V")

_LARGEST_CACHES = 2_000_000
"""The most bytes that an engine's caches may take, as estimated by their keys."""
_LARGEST_ANSWER = 8_000
"""The most that one answer may take: long texts are of one team, which may be gone already."""
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

    def find(self, key: Hashable, subject: str) -> V | None:  # noqa: ARG002 - for who keeps more
        """The answer that was put, about the same or another; `None` when there is none."""
        return self.get(key)

    def put(self, key: Hashable, answer: V) -> V:
        """Remember an answer, unless a text makes it large, and return it."""
        size = _size_of(key)
        if size <= _LARGEST_ANSWER:
            if self._make_room is not None:
                self._make_room(size)
            self[key] = answer
        return answer


class _Answers(Cache[Any]):
    """A cache that also keeps what own decisions answered meanwhile, and tells it of others."""

    def __init__(self, kept: Cache[Any], engine: AnsweringEngine) -> None:
        super().__init__()
        self._kept, self._engine = kept, engine

    def find(self, key: Hashable, subject: str) -> Any:
        found = self._kept.get(key)
        if found is None:
            self._engine.fresh.clear()
            return None
        for table, each, said, lines in found[1]:
            self._engine.note(table, subject if each else "", said, lines)
        return found[0]

    def put(self, key: Hashable, answer: Any) -> Any:
        fresh = tuple(self._engine.fresh)
        if len(str(fresh)) <= _LARGEST_ANSWER:
            self._kept.put(key, (answer, fresh))
        return answer


class NoCache(Cache[V]):
    """A cache that keeps nothing."""

    def put(self, key: Hashable, answer: V) -> V:  # noqa: ARG002 - as said
        """Return the answer."""
        return answer


def _size_of(key: object) -> int:
    """How many bytes an answer may take, by its key: what it holds of texts stands in that."""
    return _ANSWER + _size_of_texts(key)


def _size_of_texts(key: object) -> int:
    if isinstance(key, tuple):
        return sum(_size_of_texts(part) for part in key if isinstance(part, str | tuple))
    return 4 * len(key) if isinstance(key, str) else 0


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

    def decide(
        self,
        decision: Decision[F, R],
        facts: F,
        subject: str = "",  # noqa: ARG002 - for who records
        *,
        follow: bool = True,  # noqa: ARG002 - for who asks own decisions
    ) -> R:
        """The policy's answer.

        Args:
            decision: What is asked.
            facts: What is known.
            subject: Whom or what it is about, for explanations.
            follow: Whether the policy's own decisions on it are asked, too, by an engine that
                does; else `follow` asks them, about an answer that needs something added.
        """
        answer: R = self._functions[decision.name](facts)
        return answer

    def follow(self, decision: Decision[F, R], facts: F, answer: R, subject: str = "") -> None:
        """Ask the own decisions of the policy that stand on a decision which is answered.

        Args:
            decision: What was asked.
            facts: What was known.
            answer: The answer, whoever gave it.
            subject: Whom or what it is about.
        """
        for own in self.policy.own.get(decision.name, ()):
            self.decide(own, own.asked(facts, answer), subject)

    @property
    def given(self) -> tuple[OwnAnswer, ...]:
        """The last answer of each own decision, by table, subject and source, where it is kept."""
        return ()

    def answering(self) -> Engine:
        """An engine for one evaluation, which asks own decisions; itself when there are none."""
        return AnsweringEngine(self) if self.policy.own else self

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

    def cache(self, *context: Hashable, asks: tuple[Decision[Any, Any], ...] = ()) -> Cache[Any]:
        """The cache of a piece of judgement in a context, to look answers up in and put them.

        Args:
            context: Which piece of judgement it is, and what all its answers depend on.
            asks: What it asks about those that are alike; they are looked up by `Cache.find`.
                Nothing is kept when the policy tells them apart.
        """
        individual = self.policy.individual
        if individual and not individual.isdisjoint(one.name for one in asks):
            return NoCache()
        found = self._caches.get(context)
        if found is None:
            self._make_room(_size_of(context))
            found = self._caches[context] = Cache(self._make_room)
        return found

    def _make_room(self, size: int) -> None:
        """Forget everything when what is remembered would grow too large; files hold long texts."""
        self._cached += size
        if self._cached > _LARGEST_CACHES:
            self._caches = {}  # other threads may be at work with what was in it
            self._cached = size


@attrs.frozen
class OwnAnswer:
    """What a policy's own decision answered once.

    Attributes:
        table: The decision's table.
        subject: Whom or what it is about; empty for what is asked once.
        source: The record that it is about, as `Engine.about` was told.
        answer: The fields of the answer by name; a tuple of them for *collect*.
        lines: What displays show of it.
    """

    table: str
    subject: str
    source: str
    answer: Any
    lines: tuple[str, ...]


class AnsweringEngine(Engine):
    """An engine that asks a policy's own decisions as well, and keeps what they answer.

    Args:
        engine: What it shares its caches with.
    """

    def __init__(self, engine: Engine) -> None:
        super().__init__(engine.policy)
        self._shared = engine
        self._functions = engine._functions  # noqa: SLF001 - compiled once for all
        self._concerned = engine.policy.concerned
        self._source = ""
        self._given: dict[tuple[str, str, str], OwnAnswer] = {}
        self.fresh: list[tuple[str, bool, Any, tuple[str, ...]]] = []

    def __reduce__(self) -> tuple[Any, ...]:
        return Engine, (self.policy,)  # what was answered is of one evaluation

    @property
    def given(self) -> tuple[OwnAnswer, ...]:
        """What own decisions answered: of table, subject and source the last."""
        return tuple(self._given.values())

    def decide(
        self, decision: Decision[F, R], facts: F, subject: str = "", *, follow: bool = True
    ) -> R:
        """As `Engine.decide`; the own decisions that stand on it are asked as well."""
        name = decision.name
        answer: R = self._functions[name](facts)
        if name not in self._concerned:
            return answer
        if isinstance(decision, OwnDecision):
            said, lines = decision.said(answer), self.policy.tables[name].shown(facts, answer)
            self.note(name, subject if decision.each else "", said, lines)
            self.fresh.append((name, decision.each, said, lines))
        if follow:
            self.follow(decision, facts, answer, subject)
        return answer

    def note(self, table: str, subject: str, answer: Any, lines: tuple[str, ...]) -> None:
        """Keep an answer, behind those before it."""
        key = table, subject, self._source
        self._given.pop(key, None)
        self._given[key] = OwnAnswer(*key, answer, lines)

    def about(self, source: str) -> Engine:
        """The same engine, for decisions about one record."""
        other = object.__new__(AnsweringEngine)  # with what this one has, and several a launch
        other.__dict__.update(self.__dict__, _source=source)
        return other

    def answering(self) -> Engine:
        """Itself."""
        return self

    def cache(self, *context: Hashable, asks: tuple[Decision[Any, Any], ...] = ()) -> Cache[Any]:
        """The cache of the engine that it shares caches with; with answers where it needs them."""
        if self._concerned.isdisjoint(one.name for one in asks):
            return self._shared.cache(*context, asks=asks)
        kept = self._shared.cache("with answers", *context, asks=asks)
        return kept if isinstance(kept, NoCache) else _Answers(kept, self)


def engine_for(policy: Policy) -> Engine:
    """An engine that applies a policy."""
    return Engine(policy)

"""The engine: applies a policy to facts, and steps machines, without knowing what they are about.

`TracingEngine` in `trace` notes every decision, so that an explanation is the evaluation run once
more and not a second account of it.
"""

from __future__ import annotations

from collections.abc import Callable, Hashable
from typing import Any, Protocol, TypeVar, cast

import attrs

from launchfsm.engine.decision import Decision, F, OwnDecision, R
from launchfsm.engine.table import Policy

S = TypeVar("S", bound=str)
V = TypeVar("V")

_LARGEST_CACHES = 2_000_000
"""The most bytes that an engine's caches may take, as estimated by their keys."""
_LARGEST_ANSWER = 8_000
"""The most that one answer may take: long texts are of one team, which may be gone already."""
_ANSWER = 500  # what an answer takes beside its texts, roughly


class Machine(Protocol):
    """A state machine as a pure function."""

    @property
    def name(self) -> str:
        """What explanations call it."""
        ...

    def step(self, state: Any, event: Any, /) -> Any:
        """The state that follows an event, or a refusal, whose `text()` says why."""
        ...


@attrs.frozen
class OwnAnswer:
    """What a policy's own decision answered once, and the lines that displays show of it.

    `answer` has the fields of the answer by name; for *collect* it is a tuple of such.
    """

    table: str
    subject: str
    source: str
    answer: Any
    lines: tuple[str, ...]


class _Kept:
    """What engines of a policy share: their caches by context, and how large they are."""

    def __init__(self) -> None:
        self.caches: dict[Hashable, Cache] = {}
        self.size = 0

    def make_room(self, size: int) -> None:
        """Forget everything when what is kept would grow too large; files hold long texts."""
        self.size += size
        if self.size > _LARGEST_CACHES:
            self.caches = {}  # other threads may be at work with what was in it
            self.size = size


class Cache:
    """What a pure piece of judgement answered, by everything that the answer depends on.

    It keeps nothing without `shared`, which makes room for what is kept.
    """

    def __init__(self, shared: _Kept | None) -> None:
        self.shared = shared
        self.answers: dict[Hashable, Any] = {}

    def __len__(self) -> int:
        return len(self.answers)

    def answer(self, key: Hashable, subject: str, work_out: Callable[[], V]) -> V:  # noqa: ARG002 - for own decisions
        """The answer for a key, about whatever subject; worked out now if none is kept.

        `work_out` never returns `None`.
        """
        found: V | None = self.answers.get(key)
        if found is None:
            found = work_out()
            self.keep(key, found)
        return found

    def keep(self, key: Hashable, answer: object) -> None:
        """Keep an answer, unless a text makes it large."""
        size = _ANSWER + _size_of_texts(key)
        if size <= _LARGEST_ANSWER and self.shared is not None:
            self.shared.make_room(size)
            self.answers[key] = answer


def _size_of_texts(key: object) -> int:
    """How many bytes the texts of an answer may take: what it holds of them stands in its key."""
    if isinstance(key, tuple):
        return sum(_size_of_texts(part) for part in key if isinstance(part, str | tuple))
    return 4 * len(key) if isinstance(key, str) else 0


class Engine:
    """Applies one policy. Pure: the same facts get the same answer, whatever was asked before.

    Args:
        policy: The policy to apply.
        shared: An engine of the same policy, whose caches it uses; then it is for one
            evaluation, asks the policy's own decisions as well, and keeps their answers.
    """

    def __init__(self, policy: Policy, *, shared: Engine | None = None) -> None:
        self.policy = policy
        self._tables = policy.tables
        self._kept: _Kept = _Kept() if shared is None else shared._kept  # noqa: SLF001
        self._concerned: frozenset[str] = frozenset() if shared is None else policy.concerned
        self._source = ""
        self._given: dict[tuple[str, str, str], OwnAnswer] = {}
        self.log: list[tuple[OwnDecision, Any, tuple[str, ...]]] = []

    def __reduce__(self) -> tuple[Any, ...]:
        # Without compiled functions and cached answers, which come again by themselves.
        return type(self), (self.policy,)

    def decide(
        self, decision: Decision[F, R], facts: F, subject: str = "", *, follow: bool = True
    ) -> R:
        """The policy's answer.

        Args:
            decision: What is asked.
            facts: What is known.
            subject: Whom or what it is about, for explanations.
            follow: Whether own decisions on it are asked at once, and not by `follow` later.
        """
        name = decision.name
        answer: R = self._tables[name].decide(facts)
        if name not in self._concerned:
            return answer
        if isinstance(decision, OwnDecision):
            lines = self._tables[name].shown(facts, answer)
            self.give(decision, subject, decision.said(answer), lines)
        if follow:
            self.follow(decision, facts, answer, subject)
        return answer

    def follow(self, decision: Decision[F, R], facts: F, answer: R, subject: str = "") -> None:
        """Ask the own decisions of the policy that stand on a decision which is answered."""
        for own in self.policy.own.get(decision.name, ()):
            self.decide(own, own.asked(facts, answer), subject)

    def give(self, decision: OwnDecision, subject: str, said: Any, lines: tuple[str, ...]) -> None:
        """Keep the answer of an own decision, behind those before it."""
        key = decision.name, subject if decision.each else "", self._source
        self._given.pop(key, None)
        self._given[key] = OwnAnswer(*key, said, lines)
        self.log.append((decision, said, lines))

    @property
    def given(self) -> tuple[OwnAnswer, ...]:
        """The last answer of each own decision, by table, subject and source, where it is kept."""
        return tuple(self._given.values())

    def answering(self) -> Engine:
        """An engine for one evaluation, which asks own decisions; itself when there are none."""
        asks = self._concerned or not self.policy.own
        return self if asks else Engine(self.policy, shared=self)

    def step(self, machine: Machine, state: S, event: str, subject: str = "") -> S | None:  # noqa: ARG002 - for who records
        """The state that follows an event, or `None` when the machine refuses it."""
        after: S | object = machine.step(state, event)
        return cast("S", after) if isinstance(after, str) else None

    def about(self, source: str) -> Engine:
        """The same engine, for decisions about one record; `""` for all records together."""
        other = object.__new__(type(self))  # with all that this one has and notes
        other.__dict__.update(self.__dict__, _source=source)
        return other

    def cache(self, *context: Hashable, asks: tuple[Decision[Any, Any], ...] = ()) -> Cache:
        """The cache of a piece of judgement: `context` is which, and what all answers depend on.

        `asks` are its decisions about those that are alike: it keeps nothing when the policy tells
        them apart.
        """
        concerned = False
        if asks and (self._concerned or self.policy.individual):
            names = [one.name for one in asks]
            if not self.policy.individual.isdisjoint(names):
                return Cache(None)
            concerned = not self._concerned.isdisjoint(names)
            context = (concerned, *context)
        found = self._kept.caches.get(context)
        if found is None:
            self._kept.make_room(_ANSWER + _size_of_texts(context))
            found = self._kept.caches[context] = Cache(self._kept)
        return _AnsweringCache(found, self) if concerned else found


class _AnsweringCache(Cache):
    """A cache that also keeps what own decisions answered meanwhile, and gives it of others."""

    def __init__(self, kept: Cache, engine: Engine) -> None:
        super().__init__(kept.shared)
        self.answers, self.engine = kept.answers, engine

    def answer(self, key: Hashable, subject: str, work_out: Callable[[], V]) -> V:
        found: tuple[V, tuple[Any, ...]] | None = self.answers.get(key)
        if found is not None:
            for decision, said, lines in found[1]:
                self.engine.give(decision, subject, said, lines)
            return found[0]
        before = len(self.engine.log)
        answer = work_out()
        given = tuple(self.engine.log[before:])
        if len(str([one[1:] for one in given])) <= _LARGEST_ANSWER:
            self.keep(key, (answer, given))
        return answer


def engine_for(policy: Policy) -> Engine:
    """An engine that applies a policy."""
    return Engine(policy)

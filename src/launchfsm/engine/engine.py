"""The engine: applies a policy to facts, and steps machines, without knowing what they are about.

`TracingEngine` in `trace` notes every decision, so that an explanation is the evaluation run once
more and not a second account of it.
"""

from __future__ import annotations

from collections.abc import Callable, Hashable, Iterable
from typing import Any, Protocol, TypeAlias, TypeVar, cast

import attrs

from launchfsm.engine.decision import Decision, F, OwnDecision, R
from launchfsm.engine.table import Policy

S = TypeVar("S", bound=str)
V = TypeVar("V")

_LARGEST_CACHE = 2_000_000
"""The most bytes that an engine's cache may take, as estimated by its keys."""
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


_Answered: TypeAlias = tuple[OwnDecision, Any, tuple[str, ...]]
"""An own decision, what it answered, and the lines that displays show of that."""


class _Cache:
    """What engines of a policy worked out, and what own decisions answered meanwhile."""

    def __init__(self) -> None:
        self.found: dict[Hashable, tuple[Any, tuple[_Answered, ...]]] = {}
        self.size = 0

    def keep(self, key: Hashable, answer: object, answered: tuple[_Answered, ...]) -> None:
        """Keep an answer, unless long texts make it large; with too many, forget all others."""
        size = _ANSWER + _size_of_texts(key) + sum(len(str(one[1:])) for one in answered)
        if size > _LARGEST_ANSWER:
            return
        self.size += size
        if self.size > _LARGEST_CACHE:
            self.found = {}  # other threads may be at work with what was in it
            self.size = size
        self.found[key] = answer, answered


def _size_of_texts(key: object) -> int:
    """How many bytes the texts of an answer may take: what it holds of them stands in its key."""
    if isinstance(key, tuple):
        return sum(_size_of_texts(part) for part in key if isinstance(part, str | tuple))
    return 4 * len(key) if isinstance(key, str) else 0


class Engine:
    """Applies one policy. Pure: the same facts get the same answer, whatever was asked before.

    Args:
        policy: The policy to apply.
        shared: An engine of the same policy, whose cache it uses; then it is for one
            evaluation, asks the policy's own decisions as well, and keeps their answers.
    """

    _keeps = True

    def __init__(self, policy: Policy, *, shared: Engine | None = None) -> None:
        self.policy = policy
        self._tables = policy.tables
        # Engines for one evaluation share a second cache, in which each answer stands with what own
        # decisions answered meanwhile.
        self._cache: _Cache = _Cache() if shared is None else shared._of_answering  # noqa: SLF001
        self._of_answering: _Cache = _Cache() if shared is None else self._cache
        self._concerned: frozenset[str] = frozenset() if shared is None else policy.concerned
        self._source = ""
        self._own_answers: dict[tuple[str, str, str], OwnAnswer] = {}
        self.log: list[_Answered] = []

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
            self.record(decision, subject, decision.said(answer), lines)
        if follow:
            self.follow(decision, facts, answer, subject)
        return answer

    def follow(self, decision: Decision[F, R], facts: F, answer: R, subject: str = "") -> None:
        """Ask the own decisions of the policy that stand on a decision which is answered."""
        for own in self.policy.own.get(decision.name, ()):
            self.decide(own, own.asked(facts, answer), subject)

    def record(
        self, decision: OwnDecision, subject: str, said: Any, lines: tuple[str, ...]
    ) -> None:
        """Keep the answer of an own decision, behind those before it."""
        key = decision.name, subject if decision.each else "", self._source
        self._own_answers.pop(key, None)
        self._own_answers[key] = OwnAnswer(*key, said, lines)
        self.log.append((decision, said, lines))

    @property
    def own_answers(self) -> tuple[OwnAnswer, ...]:
        """The last answer of each own decision, by table, subject and source, where it is kept."""
        return tuple(self._own_answers.values())

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
        if self._keeps and not self._concerned:  # nobody asks which record it was
            return self
        other = object.__new__(type(self))  # with all that this one has and notes
        other.__dict__.update(self.__dict__, _source=source)
        return other

    def cached(
        self,
        key: tuple[Hashable, ...],
        subject: str,
        work_out: Callable[[], V],
        *,
        asks: Iterable[Decision[Any, Any]] = (),
    ) -> V:
        """What was worked out about somebody alike, else what is worked out now and kept.

        Args:
            key: Which piece of judgement it is, and everything that its answer depends on.
            subject: Whom or what it is about, for own decisions, which answer again.
            work_out: Works out the answer.
            asks: The decisions that it asks. When rules of one of them ask who is asked about, as
                by name, nothing is kept.
        """
        found = self._cache.found.get(key)
        if found is None:
            before = len(self.log)
            answer = work_out()
            if self._keeps and self.policy.individual.isdisjoint(one.name for one in asks):
                self._cache.keep(key, answer, tuple(self.log[before:]))
            return answer
        for decision, said, lines in found[1]:
            self.record(decision, subject, said, lines)
        kept: V = found[0]
        return kept


def engine_for(policy: Policy) -> Engine:
    """An engine that applies a policy."""
    return Engine(policy)

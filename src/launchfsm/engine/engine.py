"""The engine: applies a policy at its decision points, or applies it and takes notes.

`Engine` is what everything right of the facts is given: it answers at decision points and takes the
machines' steps. `TracingEngine` answers the same and remembers every decision, so an explanation
is the evaluation run once more, not a second account of it.

Here: applying and recording. Not here: what is asked when (the modules that evaluate), or how a
record reads (`launchfsm.engine.trace`).
"""

from __future__ import annotations

import functools
import itertools
from collections.abc import Callable, Hashable, Mapping
from typing import TYPE_CHECKING, Any, TypeVar

import attrs

from launchfsm.engine.conditions import FailedTest, unmet
from launchfsm.engine.table import Policy, Rule, Table
from launchfsm.lifecycle.machines import Lifecycle, Refusal
from launchfsm.policy.loader import PolicyLike, load_policy

if TYPE_CHECKING:
    from launchfsm.engine.decision import Decision, F, R

S = TypeVar("S", bound=str)
E = TypeVar("E", bound=str)
V = TypeVar("V")

_MOST_REMEMBERED = 4096
"""Plans kept a judge; keys may hold texts from files, so there has to be an end to them."""


class Cache(dict[Hashable, V]):
    """What a pure piece of judgement answered, by everything that the answer depends on.

    Keys may hold texts from files, so there is an end to them: a full memory forgets everything.
    """

    def put(self, key: Hashable, answer: V) -> V:
        """Remember an answer, and return it."""
        if len(self) >= _MOST_REMEMBERED:
            self.clear()
        self[key] = answer
        return answer


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
        self._memories: Cache[Any] = Cache()

    def decide(self, point: Decision[F, R], facts: F, subject: str = "") -> R:  # noqa: ARG002 - for who records
        """The policy's answer at a decision point.

        Args:
            point: The decision point.
            facts: What is known.
            subject: Whom or what it is about, for explanations.
        """
        answer: R = self._functions[point.name](facts)
        return answer

    def step(self, lifecycle: Lifecycle[S, E], state: S, event: E, subject: str = "") -> S | None:  # noqa: ARG002 - for who records
        """The state that follows an event, or `None` when the machine refuses it."""
        after = lifecycle.step(state, event)
        return None if isinstance(after, Refusal) else after

    def about(self, source: str) -> Engine:  # noqa: ARG002 - for who records
        """The same engine, for decisions about one record, which explanations name.

        Args:
            source: The record's name; empty when they are about all records together.
        """
        return self

    def cache(self, *context: Hashable) -> Cache[Any]:
        """The memory of a piece of judgement in a context, to look answers up in and put them.

        Args:
            context: Which piece of judgement it is, and what all its answers depend on.
        """
        found: Cache[Any] | None = self._memories.get(context)
        if found is None:
            found = Cache()
            self._memories.put(context, found)
        return found


def engine_for(policy: PolicyLike) -> Engine:
    """The judge of a policy, which remembers what it answered from call to call.

    Args:
        policy: The policy: a name, a path, or a loaded one.

    Raises:
        PolicyNotFoundError: There is no such policy.
        PolicyError: The policy has faults.
    """
    return _judge_of(load_policy(policy))


@functools.lru_cache(maxsize=16)
def _judge_of(policy: Policy) -> Engine:
    return Engine(policy)


@attrs.frozen
class RuleResult:
    """One rule that was tried for a decision.

    Attributes:
        rule: The rule.
        fired: Whether its condition held.
        unmet: The tests that kept it from firing.
    """

    rule: Rule
    fired: bool
    unmet: tuple[FailedTest, ...]


@attrs.frozen(eq=False)
class TracedDecision:
    """One decision: what was asked, with which facts, which rule answered what.

    Which rules were tried is worked out when somebody asks, from the facts as they were: most
    decisions of most records are never looked at.

    Attributes:
        table: The table that decided.
        subject: Whom or what it is about; empty for the launch as a whole.
        known: Every fact of the decision point.
        outcome: The answer, or the answers.
        source: The record that it is about, as `Engine.about` was told.
    """

    table: Table
    subject: str
    known: Mapping[str, Any]
    outcome: Any
    source: str = ""

    @property
    def point(self) -> Decision[Any, Any]:
        """The decision point."""
        return self.table.point

    @functools.cached_property
    def rule_results(self) -> tuple[RuleResult, ...]:
        """The rules tried, in order; those of a single answer end with the winner."""
        return rule_results(self.table, self.known)

    @functools.cached_property
    def winners(self) -> tuple[Rule, ...]:
        """The rules that answered: one, or all that fired under *collect*, or none."""
        fired = (rule for rule in self.table.rules if rule.when.holds(self.known))
        return tuple(fired) if self.point.collect else tuple(itertools.islice(fired, 1))

    @functools.cached_property
    def facts(self) -> Mapping[str, Any]:
        """The facts that the tried rules asked for and the winners' texts mention.

        And those that stand behind another fact, which nobody has to ask for.
        """
        asked = {fact for trial in self.rule_results for fact in trial.rule.reads()}
        asked |= {name for name, field in self.point.fact_fields.items() if field.behind in asked}
        for rule in self.winners:
            asked.update(rule.mentions())
        return {name: value for name, value in self.known.items() if name in asked}


@attrs.frozen
class TracedStep:
    """One event sent to a machine.

    Attributes:
        machine: The machine's name.
        subject: The member concerned; empty for the launch.
        state: Where the machine stood.
        event: What was sent.
        after: Where it went; the same state when it refused.
        refusal: Why it refused; `None` when it went.
        source: The record that it is about, as `Engine.about` was told.
    """

    machine: str
    subject: str
    state: str
    event: str
    after: str
    refusal: str | None
    source: str = ""


class TracingEngine(Engine):
    """An engine that remembers every decision and step, in order, in `entries`."""

    def __init__(self, policy: Policy) -> None:
        super().__init__(policy)
        self.entries: list[TracedDecision | TracedStep] = []
        self._source = ""

    def about(self, source: str) -> TracingEngine:
        """An engine that notes in the same list what it decides of one record."""
        other = TracingEngine(self.policy)
        other.entries, other._source = self.entries, source
        return other

    def decide(self, point: Decision[F, R], facts: F, subject: str = "") -> R:
        """As `Engine.decide`, and noted."""
        outcome = super().decide(point, facts, subject)
        known = {name: getattr(facts, name) for name in point.fact_fields}
        table = self.policy.tables[point.name]
        self.entries.append(TracedDecision(table, subject, known, outcome, self._source))
        return outcome

    def step(self, lifecycle: Lifecycle[S, E], state: S, event: E, subject: str = "") -> S | None:
        """As `Engine.step`, and noted."""
        after = lifecycle.step(state, event)
        refusal, went = (after.text(), None) if isinstance(after, Refusal) else (None, after)
        where = went or state
        self.entries.append(
            TracedStep(lifecycle.name, subject, state, event, where, refusal, self._source)
        )
        return went

    def cache(self, *context: Hashable) -> Cache[Any]:  # noqa: ARG002 - nothing is remembered here
        """A memory that keeps nothing: what it answered would not be noted."""
        return _NoMemory()


class _NoMemory(Cache[V]):
    """A memory that keeps nothing."""

    def put(self, key: Hashable, answer: V) -> V:  # noqa: ARG002 - as said
        """Return the answer."""
        return answer


def rule_results(table: Table, facts: Mapping[str, Any]) -> tuple[RuleResult, ...]:
    """The rules of a table as they are tried: to the first that fires, or all under *collect*."""
    rule_results: list[RuleResult] = []
    for rule in table.rules:
        missing = unmet(rule.when, facts)
        rule_results.append(RuleResult(rule, not missing, missing))
        if not missing and table.hit != "collect":
            break
    return tuple(rule_results)

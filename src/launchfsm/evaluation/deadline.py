"""Rechecking: when an evaluation can change though no file and no process does.

Durations alone move by themselves (`Doc.moves`), and they matter only where a rule holds one
against a threshold. One more run of the evaluation notes these decisions; from the facts of each
follows at which instant another of its rules wins.

Where a record gives no time, the time of the evaluation stands in for it (§2), and may pass a time
that another record gives. Only then is the evaluation judged again, at one instant after another.
"""

from __future__ import annotations

import copy
import math
from collections.abc import Iterable
from typing import Any, Final, TypeAlias

import attrs

from launchfsm.ecma.dates import iso_from_ms, read_instant
from launchfsm.engine.decision import Decision, F, R
from launchfsm.engine.engine import Engine
from launchfsm.engine.table import Policy, Table
from launchfsm.engine.trace import TracedDecision, TracedStep, TracingEngine
from launchfsm.evaluation.evidence import Evidence
from launchfsm.evaluation.pipeline import Judgement, judge_whole

_LAST_MS: Final = 8_640_000_000_000_000
_MOST_DECIDED: Final = 20_000  # decisions in all tries together, a second's work: files are hostile

Winners: TypeAlias = tuple[tuple[str, str, tuple[str, ...]], ...]
"""Which rules won which decisions, in order: what a verdict is made of."""


class _NotingEngine(Engine):
    """As another engine, and notes the decisions whose rules compare durations that move."""

    def __init__(self, engine: Engine) -> None:
        super().__init__(engine.policy, shared=engine)
        self.noted: list[tuple[Table, Any]] = []

    def decide(
        self, decision: Decision[F, R], facts: F, subject: str = "", *, follow: bool = True
    ) -> R:
        table = self.policy.tables[decision.name]
        if table.moving:
            self.noted.append((table, facts))
        return super().decide(decision, facts, subject, follow=follow)


def next_change(engine: Engine, evidence: Evidence) -> int | None:
    """The first instant at which another rule wins somewhere, in ms since 1970.

    `None` when passing time alone changes nothing any more; files and processes are taken to stay
    as they are. For records made to name thousands of future times it is the first instant that
    was not tried, so never too late.
    """
    noting = _NotingEngine(engine)
    judgement = judge_whole(noting, evidence)
    ahead = {
        (distance, number)
        for number, (table, facts) in enumerate(noting.noted)
        for distance in _crossings(table, facts)
        if evidence.now + distance <= _LAST_MS
    }
    snapshots = {"bootstrap": judgement.bootstrap_snapshot, "launcher": judgement.launcher_snapshot}
    if any(snapshots[side] is not None for side in evidence.undated):
        moments = {evidence.now + distance for distance, _ in ahead} | recorded_instants(judgement)
        return _first_tried(engine.policy, evidence, moments)
    for tries, (distance, number) in enumerate(sorted(ahead)):
        if tries >= _MOST_DECIDED or _changes(*noting.noted[number], distance):
            return evidence.now + distance
    return None


def _crossings(table: Table, facts: Any) -> set[int]:
    """In how many ms a duration meets a threshold, and a rule that wants more than it is met."""
    found = set()
    for fact, moves, thresholds in table.moving:
        value = getattr(facts, fact)
        if value is not None:
            for threshold in thresholds:
                distance = (threshold - value) * moves
                found |= {math.ceil(distance), math.floor(distance) + 1}
    return {distance for distance in found if distance > 0}


def _changes(table: Table, facts: Any, after: int) -> bool:
    """Whether other rules of a table win some ms later."""
    later = copy.copy(facts)
    for fact, moves, _ in table.moving:
        value = getattr(facts, fact)
        setattr(later, fact, None if value is None else value + moves * after)
    if table.decide(facts) is table.decide(later):  # a rule's answer is one object, mostly
        return False
    now, then = (
        table.winners({name: getattr(asked, name) for name in table.decision.fact_fields})
        for asked in (facts, later)
    )
    return now != then


# -- Where no time is recorded ---------------------------------------------------------------------


def _first_tried(policy: Policy, evidence: Evidence, moments: set[int]) -> int | None:
    now = winners(traced(policy, evidence)[0])
    most = max(1, _MOST_DECIDED // (1 + len(now)))
    ahead = sorted(moment for moment in moments if evidence.now < moment <= _LAST_MS)
    for tries, moment in enumerate(ahead):
        later = attrs.evolve(evidence, now=moment, now_text=iso_from_ms(moment) or "")
        if tries >= most or winners(traced(policy, later)[0]) != now:
            return moment
    return None


def recorded_instants(judgement: Judgement) -> set[int]:
    """The instants that snapshots speak of, and those just past them."""
    times: list[object] = []
    for snapshot in (judgement.bootstrap_snapshot, judgement.launcher_snapshot):
        if snapshot is not None:
            times.append(snapshot.updated_at)
            for member in snapshot.members.values():
                times += [member.first_spawn_accepted_at, member.last_evaluated_at]
    moments = [moment for moment in map(read_instant, times) if moment is not None]
    return {*map(math.ceil, moments), *(math.floor(moment) + 1 for moment in moments)}


def winners(entries: Iterable[TracedDecision | TracedStep]) -> Winners:
    """Which rules won which decisions."""
    return tuple(
        (entry.asked.name, entry.subject, tuple(rule.id for rule in entry.winners))
        for entry in entries
        if isinstance(entry, TracedDecision)
    )


def traced(
    policy: Policy, evidence: Evidence, *, reports: bool = False
) -> tuple[list[TracedDecision | TracedStep], Judgement]:
    """Every decision and step of an evaluation, in order, and what it comes to."""
    engine = TracingEngine(policy)
    judgement = judge_whole(engine, evidence, reports=reports)
    return engine.entries, judgement

"""Rechecking: when an evaluation's verdict can change though no file and no process does.

Two things move by themselves. Durations do, and they matter only where a rule holds one against a
threshold. And where a record gives no time, the time of the evaluation stands in for it (§2), which
matters when it passes a time that another record gives. So the instants at which anything can
change are known in advance. Each is tried, the nearest first, by judging the same evidence then.
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Final, TypeAlias

import attrs

from launchfsm.ecma.dates import iso_from_ms, read_instant
from launchfsm.engine.trace import TracedDecision, TracingEngine
from launchfsm.evaluation.pipeline import Judgement, judge_whole

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from launchfsm.engine.table import Policy
    from launchfsm.engine.trace import TracedStep
    from launchfsm.evaluation.evidence import Evidence

_LAST_MS: Final = 8_640_000_000_000_000
_MOST_JUDGED: Final = 20_000  # decisions in all tries together, a second's work: files are hostile

Winners: TypeAlias = tuple[tuple[str, str, tuple[str, ...]], ...]
"""Which rules won which decisions, in order: what a verdict is made of."""


def next_change(policy: Policy, evidence: Evidence) -> int | None:
    """The first instant at which another rule wins somewhere, in ms since 1970.

    Args:
        policy: The policy that judges.
        evidence: What is known; its files and processes are taken to stay as they are.

    Returns:
        The instant; `None` when passing time alone changes nothing any more. For a record made to
        name thousands of future times it is the first that was not tried, so never too late.
    """
    entries, judgement = traced(policy, evidence)
    now = winners(entries)
    ahead = _crossings(entries, evidence.now) | _recorded(judgement)
    moments = sorted(moment for moment in ahead if evidence.now < moment <= _LAST_MS)
    tries = max(1, _MOST_JUDGED // (1 + len(now)))
    for moment in moments[:tries]:
        later = attrs.evolve(evidence, now=moment, now_text=iso_from_ms(moment) or "")
        if winners(traced(policy, later)[0]) != now:
            return moment
    return moments[tries] if len(moments) > tries else None


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


def _crossings(entries: Iterable[TracedDecision | TracedStep], now: int) -> set[int]:
    """The instants ahead at which a duration that was read meets a threshold.

    A duration may grow or shrink with time, and a comparison may turn at its threshold or just
    past it; all of these are candidates, and trying them tells.
    """
    found = set()
    for entry in entries:
        if isinstance(entry, TracedDecision):
            for distance in _distances(entry):
                found |= {now + math.ceil(distance), now + math.floor(distance) + 1}
    return found


def _recorded(judgement: Judgement) -> set[int]:
    """The instants that snapshots speak of, and those just past them."""
    times: list[object] = []
    for snapshot in (judgement.bootstrap_snapshot, judgement.launcher_snapshot):
        if snapshot is not None:
            times.append(snapshot.updated_at)
            for member in snapshot.members.values():
                times += [member.first_spawn_accepted_at, member.last_evaluated_at]
    moments = [moment for moment in map(read_instant, times) if moment is not None]
    return {
        instant for moment in moments for instant in (math.ceil(moment), math.floor(moment) + 1)
    }


def _distances(decision: TracedDecision) -> Iterator[float]:
    """How far the durations of a decision are from the thresholds of its table."""
    fields = decision.asked.fact_fields
    for rule in decision.table.rules:
        for test in rule.when.tests():
            value = decision.known[test.fact]
            if fields[test.fact].kind.name == "duration" and value is not None:
                finite = (threshold for threshold in test.constants if math.isfinite(threshold))
                yield from (abs(threshold - value) for threshold in finite)

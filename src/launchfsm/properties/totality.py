"""Answering: that every table answers, and answers the same, in every situation.

Unlike claims that are settled by computing with sets, these put the question itself, in one
situation after another, to the compiled tables that evaluations ask.

Here: `EveryTableAnswers` and `AnswersAreSettled`. Not here: what is answered (`situations`).
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import attrs

from launchfsm.engine.engine import Engine
from launchfsm.policy.analysis.coverage import cut
from launchfsm.policy.analysis.spanning import space_of
from launchfsm.properties.check_context import ONE_BY_ONE, situations_of
from launchfsm.properties.report import Counterexample, Part
from launchfsm.properties.reproducers import inline_test, won_text

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

    from launchfsm.engine.table import Policy, Table
    from launchfsm.policy.analysis.coverage import Coverage
    from launchfsm.policy.analysis.space import Space
    from launchfsm.properties.check_context import Asked


@attrs.frozen
class EveryTableAnswers:
    """That whatever a table is asked, it answers, with an outcome of its decision point."""

    def settle(self, asked: Asked) -> Part:
        """Ask every table in every situation."""
        return _settled("every table answers", asked.policy, _unanswered)


def _unanswered(engine: Engine, table: Table, space: Space) -> Counterexample | None:
    for _, facts in situations_of(space):
        complaint, won = _no_answer(engine, table, facts)
        if complaint:
            return _wrong(table, facts, complaint, won)
    return None


def _no_answer(
    engine: Engine, table: Table, facts: Mapping[str, Any]
) -> tuple[str, tuple[str, ...]]:
    """What is wrong with the answer, and which rules gave it; nothing where a table raises."""
    point = table.point
    try:
        answer = engine.decide(point, point.facts(**facts))
    except Exception as error:  # noqa: BLE001 - whatever a table raises is what was looked for
        return f"{table.point.name} raises {type(error).__name__}: {error}", ()
    answers = answer if point.collect else (answer,)
    if all(isinstance(one, point.outcome) for one in answers):
        return "", ()
    return f"{table.point.name} has no answer", won_text(table, facts)


@attrs.frozen
class AnswersAreSettled:
    """That the same facts get the same answer, and that no two rules compete to give it."""

    def settle(self, asked: Asked) -> Part:
        """Ask every table in every situation twice, and look for rules that compete."""
        return _settled("every table answers alike again", asked.policy, _unsettled)


def _unsettled(engine: Engine, table: Table, space: Space) -> Counterexample | None:
    point = table.point
    seen: list[tuple[Any, Any]] = []
    for _, facts in situations_of(space):
        competing = _competing(table, facts) if table.hit == "unique" else ()
        if competing:
            return _wrong(
                table,
                facts,
                f"of {' and '.join(competing)} only one may fire",
                won_text(table, facts),
            )
        asked = point.facts(**facts)
        seen.append((asked, engine.decide(point, asked)))
    for asked, before in reversed(seen):  # again in another order, after others were asked
        if engine.decide(point, asked) != before:
            facts = {name: getattr(asked, name) for name in point.fact_fields}
            complaint = f"{point.name} answers otherwise when asked again"
            return _wrong(table, facts, complaint, won_text(table, facts))
    return None


def _competing(table: Table, facts: Mapping[str, Any]) -> tuple[str, ...]:
    """The rules that fire, when they are several."""
    fired = tuple(rule.id for rule in table.rules if rule.when.holds(facts))
    return fired if fired[1:] else ()


# -- Table by table --------------------------------------------------------------------------------


def _settled(
    about: str, policy: Policy, search: Callable[[Engine, Table, Space], Counterexample | None]
) -> Part:
    engine, looked_at, unseen = Engine(policy), 0, 0
    for table, space, coverage in _spaces(policy):
        looked_at += coverage.situations if coverage else 0
        unseen += coverage.unseen if coverage else 0
        found = search(engine, table, space)
        if found is not None:
            return Part(about=about, status="refuted", looked_at=looked_at, counterexample=found)
    return Part(
        about=about,
        status="not_all" if unseen else "proven",
        looked_at=looked_at,
        unseen=unseen,
    )


def _spaces(policy: Policy) -> Iterator[tuple[Table, Space, Coverage | None]]:
    """Every part of every table's space; with the first of a table how much it is in all."""
    for table in policy.tables.values():
        parts = cut(space_of(table), ONE_BY_ONE)
        coverage: Coverage | None = parts.coverage(len(table.rules))
        for part in parts.parts():
            yield table, part, coverage
            coverage = None


def _wrong(
    table: Table, facts: Mapping[str, Any], complaint: str, won: tuple[str, ...]
) -> Counterexample:
    return Counterexample(
        complaint=complaint,
        facts=(facts,),
        won=won,
        paste=inline_test(table, facts),
    )

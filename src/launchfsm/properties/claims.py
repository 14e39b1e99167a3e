"""Situations: a claim about one table, proven over every situation that the table can tell apart.

Nothing is sampled: the situations in which the claim fails are a set, computed from the rules
(`launchfsm.policy.analysis`). One of them is shown, with what the compiled table itself answers.

Here: `SituationClaim`. Not here: claims about two situations (`moving`), or about all tables
(`answering`).
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import attrs

from launchfsm.engine.conditions import Condition
from launchfsm.policy.analysis.coverage import Area, cut
from launchfsm.policy.analysis.outputs import answer_of, resting_answer
from launchfsm.policy.analysis.situations import regions_of
from launchfsm.properties.check_context import condition_over, point_of, space_with
from launchfsm.properties.report import Counterexample, Part
from launchfsm.properties.reproducers import inline_test, won_text

if TYPE_CHECKING:
    from collections.abc import Mapping

    from launchfsm.engine.decision import Decision
    from launchfsm.engine.table import Table
    from launchfsm.engine.types import Field
    from launchfsm.policy.analysis.situations import Regions
    from launchfsm.policy.analysis.space import Situations
    from launchfsm.properties.check_context import Asked
    from launchfsm.properties.report import Status


@attrs.frozen(kw_only=True)
class SituationClaim:
    """That wherever a condition holds, the answer fulfils another one, or never does.

    Attributes:
        table: The decision table.
        when: A condition over its facts; empty: always.
        then: A condition over the fields of its outcome.
        wanted: Whether the answer has to fulfil `then`; else it must not.

    Raises:
        ValueError: There is no such table, or a condition is none.
    """

    table: str
    when: str
    then: str
    wanted: bool
    _given: Condition = attrs.field(init=False, eq=False, repr=False)
    _asked: Condition = attrs.field(init=False, eq=False, repr=False)

    def __attrs_post_init__(self) -> None:
        point = point_of(self.table)
        given = condition_over(self.when, point.fact_fields, "when")
        object.__setattr__(self, "_given", given)
        object.__setattr__(self, "_asked", _over_outcome(self.then, point))

    def text(self) -> str:
        """The claim in a sentence."""
        where = f"when {self.when}, " if self.when else ""
        word = "always" if self.wanted else "never"
        return f"{self.table}: {where}{word} {self.then}"

    def settle(self, asked: Asked) -> Part:
        """Prove it, or find the situations in which it fails."""
        table = asked.policy.tables[self.table]
        parts = cut(space_with(table, self._given), asked.limits)
        coverage, wrong, looked_at = parts.coverage(len(table.rules)), Area(parts.space), 0
        for part in parts.parts():
            given = part.where(self._given) & part.possible
            looked_at += part.count(given)
            wrong.add(part, given & self._failing(table, regions_of(table, part)))
        found = self._counterexample(table, wrong)
        status: Status = "asked_of_nothing"
        if looked_at:
            status = "proven" if coverage.complete else "not_all"
        return Part(
            about=self.text(),
            status=status if found is None else "refuted",
            looked_at=looked_at,
            unseen=coverage.unseen,
            counterexample=found,
        )

    def _failing(self, table: Table, regions: Regions) -> Situations:
        """Where the claim fails, `when` not asked."""
        fulfilled = broken = 0
        for rule, wins in zip(table.rules, regions.wins, strict=True):
            if self._asked.holds(dict(answer_of(table, rule))):
                fulfilled |= wins
            else:
                broken |= wins
        if not table.point.collect and self._asked.holds(dict(resting_answer(table))):
            fulfilled |= regions.nothing
        else:
            broken |= regions.nothing
        if not self.wanted:
            return fulfilled
        return broken & ~fulfilled

    def _counterexample(self, table: Table, wrong: Area) -> Counterexample | None:
        if wrong.sample is None:
            return None
        space, situation = wrong.sample
        facts = space.facts_of(situation)
        return Counterexample(
            complaint=self._complaint(table, facts),
            when=wrong.when(),
            facts=(facts,),
            won=won_text(table, facts),
            paste=inline_test(table, facts),
        )

    def _complaint(self, table: Table, facts: Mapping[str, Any]) -> str:
        if table.decide(table.point.facts(**facts)) in (None, ()):
            return "there is no answer"
        return f"the answer is {'not ' if self.wanted else ''}`{self.then}`"


def _to_ask(field: Field) -> str:
    if field.kind.optional:
        return f"ask `{field.name} is None` or `is not None`"
    return "nothing can be asked of it that is proven; Property.launches() can look for it"


def _over_outcome(text: str, point: Decision[Any, Any]) -> Condition:
    fields = point.outcome_fields
    if not text.strip():
        raise ValueError(
            f"`then` is empty: say what of the answer of table {point.name!r} is meant, as a "
            f"condition over its fields: {', '.join(fields)}"
        )
    condition = condition_over(text, fields, "then")
    for test in condition.tests():
        if fields[test.fact].kind.name == "text" and not test.asks_presence:
            raise ValueError(
                f"then `{text}`: {test.fact} is a text, and may have facts in it that are known "
                f"only when a launch is judged; {_to_ask(fields[test.fact])}"
            )
    return condition

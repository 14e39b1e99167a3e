"""Claims about tables: proven, or refuted, over every situation that a table can tell apart.

Nothing is sampled: the sets of situations in which a claim fails are computed from the rules
(`launchfsm.policy.analysis`). The compiled tables are asked once for each rule that answers.
"""

from __future__ import annotations

import functools
import itertools
import operator
from collections.abc import Callable, Iterator, Mapping
from typing import Any, Final

import attrs

from launchfsm.decisions.catalogue import CATALOGUE
from launchfsm.engine.conditions import ALWAYS, Condition
from launchfsm.engine.decision import Decision
from launchfsm.engine.engine import Engine
from launchfsm.engine.parser import parse_condition
from launchfsm.engine.table import Policy, Table
from launchfsm.engine.text import choices, quoted
from launchfsm.policy.analysis.cover import describe
from launchfsm.policy.analysis.outputs import outputs_of
from launchfsm.policy.analysis.reports import coverage_of, rule_refs
from launchfsm.policy.analysis.sets import Situations, Work
from launchfsm.policy.analysis.space import WORK, Space, look_at, regions_of, space_of
from launchfsm.policy.authoring.suggest import answer_text, inline_test
from launchfsm.properties.report import Counterexample, Part

EXAMPLES: Final = 200
"""How many launches a search looks at unless told."""


@attrs.frozen(eq=False, kw_only=True)
class CheckContext:
    """The policy that claims are checked of, how hard to look, and whose violations do not count.

    `source` is what to load the policy by again: its name or its path.
    """

    policy: Policy
    source: str
    examples: int = EXAMPLES
    seed: int = 0
    work: int = WORK
    parent: Policy | None = None


# -- What a condition says of the answers ---------------------------------------------------------


@attrs.frozen(kw_only=True)
class SituationClaim:
    """That wherever a condition over a table's facts holds, the answer fulfils another one.

    Or, where that is not `wanted`, that it never does. An empty `when` always holds. Making it
    raises `ValueError` where a condition over a table of the catalogue is none; of a policy's own
    table checking it does.
    """

    table: str
    when: str
    then: str
    wanted: bool

    def __attrs_post_init__(self) -> None:
        if self.table in CATALOGUE:
            self._conditions(CATALOGUE[self.table])
        elif not self.then.strip():
            raise ValueError("`then` is empty: say what of the answer is meant")

    def conditions(self, policy: Policy) -> tuple[Condition, Condition]:
        """`when` and `then`, read for a policy; `ValueError` when it has no such table."""
        if self.table not in policy.tables:
            near = choices(self.table, policy.tables, "it has")
            raise ValueError(f"policy {policy.name!r} has no table {quoted(self.table)}{near}")
        return self._conditions(policy.tables[self.table].decision)

    def _conditions(self, decision: Decision[Any, Any]) -> tuple[Condition, Condition]:
        fields = decision.outcome_fields
        if not self.then.strip():
            raise ValueError(
                f"`then` is empty: say what of the answer of table {decision.name!r} is meant, as "
                f"a condition over its fields: {', '.join(fields)}"
            )
        given: Condition = ALWAYS
        if self.when.strip():
            parsed = parse_condition(self.when, facts=decision.fact_fields, params={})
            given = parsed.faultless(f"when `{self.when}`")
        asked = parse_condition(self.then, facts=fields, params={}).faultless(f"then `{self.then}`")
        for test in asked.tests():
            kind = fields[test.fact].kind
            if kind.name == "text" and not test.asks_presence:
                known = f"ask `{test.fact} is None` or `is not None`"
                looked_for = (
                    "nothing can be asked of it that is proven; Property.launches() can look for it"
                )
                raise ValueError(
                    f"then `{self.then}`: {test.fact} is a text, and may have facts in it that are "
                    f"known only when a launch is judged; {known if kind.optional else looked_for}"
                )
        return given, asked

    def text(self) -> str:
        """The claim in a sentence."""
        where = f"when {self.when}, " if self.when else ""
        word = "always" if self.wanted else "never"
        return f"{self.table}: {where}{word} {self.then}"

    def check(self, context: CheckContext) -> Part:
        """Prove it, or find the situations in which it fails, and does not under the parent."""
        given, asked = self.conditions(context.policy)
        table = context.policy.tables[self.table]
        parent = None if context.parent is None else context.parent.tables.get(self.table)
        if parent is not None and not (  # an own table that is extended may be about other things
            dict(parent.decision.fact_fields) == dict(table.decision.fact_fields)
            and dict(parent.decision.outcome_fields) == dict(table.decision.outcome_fields)
        ):
            parent = None
        tables = (table,) if parent is None else (table, parent)

        def look(part: Space) -> tuple[Situations, Situations, Situations]:
            about = part.where(given) & part.possible
            failing, *as_before = (about & self._failing(asked, one, part) for one in tables)
            inherited = failing & as_before[0] if as_before else part.nothing
            return about, failing - inherited, inherited

        looked, found = look_at(space_of(*tables, also=given, work=Work(context.work)), look)
        coverage = coverage_of(table, looked, found)
        about, worse, inherited = found or (looked.nothing,) * 3
        part = Part(
            about=self.text(),
            status="proven" if coverage.complete else "not_all",
            looked_at=about.count(),
            unseen=coverage.unseen,
            inherited=inherited.count(),
        )
        if not about:
            return attrs.evolve(part, status="asked_of_nothing")
        if not worse:
            return attrs.evolve(part, status="inherited") if part.inherited else part
        facts = looked.facts_of(worse.first())
        said = f"the answer is {'not ' if self.wanted else ''}`{self.then}`"
        if table.decide(table.decision.facts(**facts)) in (None, ()):
            said = "there is no answer"
        against = _wrong(table, facts, said, describe(looked, worse))
        return attrs.evolve(part, status="refuted", counterexample=against)

    def _failing(self, asked: Condition, table: Table, part: Space) -> Situations:
        """Where the claim fails of a table, `when` not asked."""
        answers = outputs_of(table, part)
        fulfilling = (where for answer, where in answers if asked.holds(dict(answer)))
        fulfilled = functools.reduce(operator.or_, fulfilling, part.nothing)
        return part.possible - fulfilled if self.wanted else fulfilled


# -- That every table answers, and the same again -------------------------------------------------


@attrs.frozen(eq=False)
class EveryTableClaim:
    """That a search finds nothing wrong with how any table of a policy answers."""

    about: str
    search: Callable[[Engine, Table, Space], Iterator[Counterexample]]

    def check(self, context: CheckContext) -> Part:
        """Look at the whole space of every table, up to the first counterexample."""
        engine = Engine(context.policy)

        def first(table: Table, space: Space) -> list[Counterexample]:
            return list(itertools.islice(self.search(engine, table, space), 1))

        part = Part(about=self.about, status="proven", looked_at=0)
        for table in context.policy.tables.values():
            space = space_of(table, work=Work(context.work))
            looked, found = look_at(space, functools.partial(first, table))
            coverage = coverage_of(table, looked, found)
            part = attrs.evolve(
                part,
                status="proven" if part.status == "proven" and coverage.complete else "not_all",
                looked_at=part.looked_at + coverage.situations,
                unseen=part.unseen + coverage.unseen,
            )
            if found:
                return attrs.evolve(part, status="refuted", counterexample=found[0])
        return part


def _unanswered(engine: Engine, table: Table, space: Space) -> Iterator[Counterexample]:
    decision, regions = table.decision, regions_of(table, space)
    for where in filter(None, (*regions.wins, regions.nothing)):
        facts = space.facts_of(where.first())
        try:
            answer = engine.decide(decision, decision.facts(**facts))
        except Exception as error:  # noqa: BLE001 - whatever a table raises is what was looked for
            said = f"{decision.name} raises {type(error).__name__}: {error}"
            yield _wrong(table, facts, said, won=False)
            continue
        answers = answer if decision.collect else (answer,)
        if not all(isinstance(one, decision.outcome) for one in answers):
            yield _wrong(table, facts, f"{decision.name} has no answer")


def _changing(engine: Engine, table: Table, space: Space) -> Iterator[Counterexample]:
    decision, regions = table.decision, regions_of(table, space)
    if table.hit == "unique":
        for fires, wins in zip(regions.fires, regions.wins, strict=True):
            if shared := fires - wins:
                facts = space.facts_of(shared.first())
                fired = " and ".join(rule.id for rule in table.rules if rule.when.holds(facts))
                yield _wrong(table, facts, f"of {fired} only one may fire")
    found = [space.facts_of(wins.first()) for wins in regions.wins if wins]
    answers = [engine.decide(decision, decision.facts(**facts)) for facts in found]
    for facts, before in reversed(list(zip(found, answers, strict=True))):
        if engine.decide(decision, decision.facts(**facts)) != before:
            yield _wrong(table, facts, f"{decision.name} answers otherwise when asked again")


EVERY_TABLE_ANSWERS: Final = EveryTableClaim("every table answers", _unanswered)
"""That whatever a table is asked, it answers: some rule does everywhere, each when it is asked."""

ANSWERS_ARE_DETERMINISTIC: Final = EveryTableClaim("every table answers alike again", _changing)
"""That no two rules compete to answer, and that each rule's answer is the same when asked again."""


def _wrong(
    table: Table,
    facts: Mapping[str, Any],
    violation: str,
    when: tuple[str, ...] = (),
    *,
    won: bool = True,
) -> Counterexample:
    """A situation in which something is wrong, with the rules that answer if they can be asked."""
    rules = table.winners(facts)
    answers = table.decide(table.decision.facts(**facts)) if won else ()
    answers = answers if table.decision.collect or not won else (answers,)
    answered = tuple(
        f"{rule.text()} -> {answer_text(table, answer)}"
        for rule, answer in zip(rule_refs(rules), answers, strict=False)
    )
    return Counterexample(
        violation=violation,
        when=when,
        facts=(facts,),
        won=(answered or ("no rule",)) if won else (),
        place=next((rule.location().text() for rule in (*rules, *table.rules)), ""),
        paste=inline_test(table, facts),
    )

"""Claims about tables: proven, or refuted, over every situation that a table can tell apart.

Nothing is sampled. `SituationClaim` computes the set of situations in which it fails from the rules
(`launchfsm.policy.analysis`); `EveryTableAnswers` and `AnswersAreDeterministic` ask the compiled
tables in one situation after another.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

import attrs

from launchfsm.decisions.catalogue import CATALOGUE
from launchfsm.engine.conditions import ALWAYS, Condition, parse_condition
from launchfsm.engine.engine import Engine
from launchfsm.engine.table import Policy, Rule
from launchfsm.engine.text import did_you_mean
from launchfsm.engine.types import Location
from launchfsm.policy.analysis.coverage import Area, Limits, Looked, look_at, split
from launchfsm.policy.analysis.outputs import answer_of, resting_answer
from launchfsm.policy.analysis.reports import rule_ref, winners
from launchfsm.policy.analysis.sets import Work
from launchfsm.policy.analysis.space import regions_of, space_of
from launchfsm.policy.authoring.suggest import answer_text, inline_test
from launchfsm.properties.report import Counterexample, Part

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

    from launchfsm.engine.decision import Decision
    from launchfsm.engine.table import Table
    from launchfsm.engine.types import Field
    from launchfsm.policy.analysis.coverage import Coverage
    from launchfsm.policy.analysis.sets import Situations
    from launchfsm.policy.analysis.space import Regions, Space
    from launchfsm.properties.report import Status

# -- What every claim is checked with -------------------------------------------------------------

EXAMPLES: Final = 200
"""How many launches a search looks at unless told."""

ONE_BY_ONE: Final = Limits(at_once=2**12, parts=8)
"""The parts of a larger space whose situations are gone through one by one, not as sets."""

_FEW: Final = 2**18
"""How many situations are gone through one by one without a cut."""


@attrs.frozen(eq=False, kw_only=True)
class CheckContext:
    """The policy that claims are checked of, and how hard to look.

    Attributes:
        policy: The policy.
        source: What to load it by again: its name or its path.
        examples: How many launches a search looks at.
        seed: Where a search begins.
        limits: How much work a table may take.
    """

    policy: Policy
    source: str
    examples: int = EXAMPLES
    seed: int = 0
    limits: Limits = attrs.Factory(Limits)


def decision_of(table: str) -> Decision[Any, Any]:
    """The decision that a table answers.

    Raises:
        ValueError: There is no such table.
    """
    if table not in CATALOGUE:
        raise ValueError(
            f"there is no table {table!r}{did_you_mean(table, CATALOGUE)}; "
            f"there are: {', '.join(CATALOGUE)}"
        )
    return CATALOGUE[table]


def condition_over(text: str, fields: Mapping[str, Field], what: str) -> Condition:
    """A condition over facts, or over the fields of an outcome; the empty text always holds.

    Args:
        text: The condition, spelled as in rule files.
        fields: What it may ask for.
        what: What the condition is, for the message.

    Raises:
        ValueError: It is none.
    """
    if not text.strip():
        return ALWAYS
    parsed = parse_condition(text, facts=fields, params={})
    if parsed.problems:
        reasons = "; ".join(problem.message for problem in parsed.problems)
        raise ValueError(f"{what} `{text}`: {reasons}")
    return parsed.condition


def space_with(table: Table, *conditions: Condition, work: Work | None = None) -> Space:
    """The space of a table in which some conditions are told apart, too.

    They stand in a table beside it, so that all of them cut the same facts and what cannot occur
    together is left out of both alike.
    """
    asked = tuple(
        Rule(f"asked-{number}", condition, {}, "", (), "audit", _nowhere)
        for number, condition in enumerate(conditions)
    )
    return space_of(table, attrs.evolve(table, rules=asked, tests=()), work=work)


def _nowhere() -> Location:
    return Location("audit", 1)


def situations_of(space: Space) -> Iterator[dict[str, Any]]:
    """Concrete facts for every situation that can occur, in order.

    `Space.facts_of` for all of them, in a tenth of the time.
    """
    rest: dict[str, Any] | None = None
    names = [axis.field.name for axis in space.axes]
    examples = [[cell.example() for cell in axis.cells] for axis in space.axes]
    added = [names.index(fact) for declared in space.sums for fact in declared.facts]
    counts: dict[tuple[int, ...], dict[str, Any]] = {}
    for situation in space.possible:
        if rest is None:
            rest = space.facts_of(situation)
        facts = rest | {
            name: values[number]
            for name, values, number in zip(names, examples, situation, strict=True)
        }
        if added:
            cells = tuple(situation[index] for index in added)
            if cells not in counts:
                told = space.facts_of(situation)
                counts[cells] = {names[index]: told[names[index]] for index in added}
            facts |= counts[cells]
        yield facts


# -- What a condition says of the answers ---------------------------------------------------------


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
        decision = decision_of(self.table)
        given = condition_over(self.when, decision.fact_fields, "when")
        object.__setattr__(self, "_given", given)
        object.__setattr__(self, "_asked", _over_outcome(self.then, decision))

    def text(self) -> str:
        """The claim in a sentence."""
        where = f"when {self.when}, " if self.when else ""
        word = "always" if self.wanted else "never"
        return f"{self.table}: {where}{word} {self.then}"

    def check(self, context: CheckContext) -> Part:
        """Prove it, or find the situations in which it fails."""
        table = context.policy.tables[self.table]
        space = space_with(table, self._given, work=Work(context.limits.work))

        def look(part: Space) -> tuple[int, Situations]:
            given = part.where(self._given) & part.possible
            failing = self._failing(table, part, regions_of(table, part))
            return given.count(), given & failing

        looked = look_at(space, context.limits, look)
        coverage, wrong, looked_at = looked.coverage(len(table.rules)), Area(space), 0
        for part, (about, failing) in zip(looked.parts, looked.found, strict=True):
            looked_at += about
            wrong.add(part, failing)
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

    def _failing(self, table: Table, part: Space, regions: Regions) -> Situations:
        """Where the claim fails, `when` not asked."""
        fulfilled = broken = part.nothing
        for rule, wins in zip(table.rules, regions.wins, strict=True):
            if self._asked.holds(dict(answer_of(table, rule))):
                fulfilled |= wins
            else:
                broken |= wins
        if not table.decision.collect and self._asked.holds(dict(resting_answer(table))):
            fulfilled |= regions.nothing
        else:
            broken |= regions.nothing
        if not self.wanted:
            return fulfilled
        return broken - fulfilled

    def _counterexample(self, table: Table, wrong: Area) -> Counterexample | None:
        if wrong.sample is None:
            return None
        space, situation = wrong.sample
        facts = space.facts_of(situation)
        return Counterexample(
            violation=self._violation(table, facts),
            when=wrong.when(),
            facts=(facts,),
            won=won_text(table, facts),
            paste=inline_test(table, facts),
        )

    def _violation(self, table: Table, facts: Mapping[str, Any]) -> str:
        if table.decide(table.decision.facts(**facts)) in (None, ()):
            return "there is no answer"
        return f"the answer is {'not ' if self.wanted else ''}`{self.then}`"


def _to_ask(field: Field) -> str:
    if field.kind.optional:
        return f"ask `{field.name} is None` or `is not None`"
    return "nothing can be asked of it that is proven; Property.launches() can look for it"


def _over_outcome(text: str, decision: Decision[Any, Any]) -> Condition:
    fields = decision.outcome_fields
    if not text.strip():
        raise ValueError(
            f"`then` is empty: say what of the answer of table {decision.name!r} is meant, as a "
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


# -- That every table answers, and the same again -------------------------------------------------


@attrs.frozen
class EveryTableAnswers:
    """That whatever a table is asked, it answers, with an outcome of its decision."""

    def check(self, context: CheckContext) -> Part:
        """Ask every table in every situation."""
        return _checked_everywhere("every table answers", context.policy, _unanswered)


def _unanswered(engine: Engine, table: Table, space: Space) -> Counterexample | None:
    for facts in situations_of(space):
        violation, won = _no_answer(engine, table, facts)
        if violation:
            return _wrong(table, facts, violation, won)
    return None


def _no_answer(
    engine: Engine, table: Table, facts: Mapping[str, Any]
) -> tuple[str, tuple[str, ...]]:
    """What is wrong with the answer, and which rules gave it; nothing where a table raises."""
    decision = table.decision
    try:
        answer = engine.decide(decision, decision.facts(**facts))
    except Exception as error:  # noqa: BLE001 - whatever a table raises is what was looked for
        return f"{table.decision.name} raises {type(error).__name__}: {error}", ()
    answers = answer if decision.collect else (answer,)
    if all(isinstance(one, decision.outcome) for one in answers):
        return "", ()
    return f"{table.decision.name} has no answer", won_text(table, facts)


@attrs.frozen
class AnswersAreDeterministic:
    """That the same facts get the same answer, and that no two rules compete to give it."""

    def check(self, context: CheckContext) -> Part:
        """Ask every table in every situation twice, and look for rules that compete."""
        return _checked_everywhere("every table answers alike again", context.policy, _changing)


def _changing(engine: Engine, table: Table, space: Space) -> Counterexample | None:
    decision = table.decision
    seen: list[tuple[Any, Any]] = []
    for facts in situations_of(space):
        competing = _competing(table, facts) if table.hit == "unique" else ()
        if competing:
            return _wrong(
                table,
                facts,
                f"of {' and '.join(competing)} only one may fire",
                won_text(table, facts),
            )
        asked = decision.facts(**facts)
        seen.append((asked, engine.decide(decision, asked)))
    for asked, before in reversed(seen):  # again in another order, after others were asked
        if engine.decide(decision, asked) != before:
            facts = {name: getattr(asked, name) for name in decision.fact_fields}
            violation = f"{decision.name} answers otherwise when asked again"
            return _wrong(table, facts, violation, won_text(table, facts))
    return None


def _competing(table: Table, facts: Mapping[str, Any]) -> tuple[str, ...]:
    """The rules that fire, when they are several."""
    fired = tuple(rule.id for rule in table.rules if rule.when.holds(facts))
    return fired if fired[1:] else ()


# -- Table by table --------------------------------------------------------------------------------


def _checked_everywhere(
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
        space = space_of(table)
        few = space.possible.count() <= _FEW
        parts = (space,) if few else tuple(split(space, ONE_BY_ONE))
        looked = Looked(space, parts, parts, complete=few)
        coverage: Coverage | None = looked.coverage(len(table.rules))
        for part in parts:
            yield table, part, coverage
            coverage = None


def _wrong(
    table: Table, facts: Mapping[str, Any], violation: str, won: tuple[str, ...]
) -> Counterexample:
    return Counterexample(
        violation=violation,
        facts=(facts,),
        won=won,
        paste=inline_test(table, facts),
    )


# -- The rules that answer -------------------------------------------------------------------------


def won_text(table: Table, facts: Mapping[str, Any]) -> tuple[str, ...]:
    """The rules that answer to facts, each with its place and what came of it."""
    answers = table.decide(table.decision.facts(**facts))
    answers = answers if table.decision.collect else (answers,)
    won = winners(table, facts)
    if not won:
        return ("no rule",)
    return tuple(
        f"{rule_ref(rule).text()} -> {answer_text(table, answer)}"
        for rule, answer in zip(won, answers, strict=True)
    )

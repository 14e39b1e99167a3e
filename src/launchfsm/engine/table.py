"""Rules, the tables they stand in, the policy that holds the tables, and tables as functions."""

from __future__ import annotations

import functools
import itertools
import math
from collections.abc import Callable, Mapping, Sequence
from typing import Any, Literal

import attrs

from launchfsm.engine.conditions import Condition
from launchfsm.engine.decision import Decision, OwnDecision
from launchfsm.engine.templates import UNKNOWN, Template, plain, template_names, writer
from launchfsm.engine.types import Location

HitPolicy = Literal["first", "unique", "collect"]
"""Which firing rules answer: the first in file order, the only one, or all of them."""

NOTHING = "nothing"
"""What a test of a table writes for the winner when no rule may answer."""


@attrs.frozen
class RuleTest:
    """An inline test of one rule, or of a whole table.

    Attributes:
        facts: Every fact of the decision, those left out at their resting value.
        fires: Whether the rule's condition holds; `None` for a test of the table.
        decides: The id of the only rule that answers, or `NOTHING`; `None` when not asked.
        then: Fields that the table's outcome, or one of several, must have; empty when not asked.
        open: The facts that it leaves open, as no answer to it depends on them; `facts` has some
            value of each.
    """

    facts: Mapping[str, Any]
    fires: bool | None
    decides: str | None
    then: Mapping[str, Any]
    location: Callable[[], Location] = attrs.field(eq=False, repr=False)
    open: frozenset[str] = frozenset()


@attrs.frozen
class Rule:
    """One row of a decision table.

    Attributes:
        when: The condition; the empty `and` when the rule always fires.
        then: Field name to constant or `Template`; the fields left out take their default.
        why: The author's reason, shown by explanations; may be empty.
        tests: The inline tests below it.
        origin: The name of the policy that wrote it last.
    """

    id: str
    when: Condition
    then: Mapping[str, Any]
    why: str
    tests: tuple[RuleTest, ...]
    origin: str
    location: Callable[[], Location] = attrs.field(eq=False, repr=False)

    @property
    def size(self) -> int:
        """How many tests its condition has and facts its texts mention, and one."""
        mentions = (fact for said in self.then.values() for fact in template_names(said))
        return 1 + sum(1 for _ in itertools.chain(self.when.tests(), mentions))

    def reads(self) -> tuple[str, ...]:
        """The facts that the condition asks for, each once, in order."""
        return tuple(dict.fromkeys(test.fact for test in self.when.tests()))

    def mentions(self) -> tuple[str, ...]:
        """The facts that the texts of the outcome mention, each once, in order."""
        return tuple(
            dict.fromkeys(fact for value in self.then.values() for fact in template_names(value))
        )


@attrs.frozen(eq=False)
class Table:
    """A decision table: one decision's rules, in the order in which they are tried.

    Attributes:
        params: As facts carry them where the decision declares them, else as TOML has them.
        tests: Tests of the table as a whole.
        show: Of an own decision: the line that displays have of an answer that some rule gave,
            with its facts and the fields of the answer; `None` when they show nothing.
    """

    decision: Decision[Any, Any]
    hit: HitPolicy
    params: Mapping[str, Any]
    rules: tuple[Rule, ...]
    tests: tuple[RuleTest, ...]
    show: Template | None = None

    @functools.cached_property
    def decide(self) -> Callable[[Any], Any]:
        """The table, compiled when it is first asked: facts to outcome, or outcomes (*collect*)."""
        return compile_table(self.decision, self.hit, self.rules)

    @functools.cached_property
    def moving(self) -> tuple[tuple[str, int, tuple[float, ...]], ...]:
        """Durations that its rules compare: name, how it moves (`Doc.moves`), compared with."""
        found: dict[str, set[float]] = {}
        fields = self.decision.fact_fields
        for test in (test for rule in self.rules for test in rule.when.tests()):
            if fields[test.fact].moves:
                finite = (value for value in test.constants if math.isfinite(value))
                found.setdefault(test.fact, set()).update(finite)
        return tuple(
            (name, fields[name].moves, tuple(found[name])) for name in found if found[name]
        )

    @functools.cached_property
    def reads(self) -> frozenset[str]:
        """The facts that any of its conditions or texts ask for."""
        asked = (fact for rule in self.rules for fact in (*rule.reads(), *rule.mentions()))
        return frozenset((*asked, *template_names(self.show)))

    def winners(self, facts: Mapping[str, Any]) -> tuple[Rule, ...]:
        """The rules that answer: the first that fires, or all that do under *collect*."""
        fired = (rule for rule in self.rules if rule.when.holds(facts))
        return tuple(fired) if self.hit == "collect" else tuple(itertools.islice(fired, 1))

    @functools.cached_property
    def size(self) -> int:
        """The sizes of its rules together: what it takes to ask it."""
        return sum(rule.size for rule in self.rules)

    def shown(self, facts: Any, answer: Any) -> tuple[str, ...]:
        """The lines that displays have of an answer: none of one that no rule gave."""
        if self.show is None:
            return ()
        answers = answer if self.hit == "collect" else (answer,)
        resting = self.decision.outcome()
        return tuple(self._line(self.show, facts, one) for one in answers if one != resting)

    def _line(self, show: Template, facts: Any, answer: Any) -> str:
        said, known = self.decision.outcome_fields, self.decision.fact_fields
        line = ""
        for literal, name in show.parts:
            line += literal
            if name in said:
                line += writer(said[name].kind)(getattr(answer, name))
            elif name:
                line += writer(known[name].kind)(getattr(facts, name))
        return line


@attrs.frozen(eq=False)
class Policy:
    """A set of decision tables, one for each decision, and own ones; made by `load_policy`.

    The pickle of a loaded one says what it was loaded from, with a digest: whoever reads the pickle
    needs the same files.

    Attributes:
        name: As its `policy.toml` says.
        description: One or two sentences.
        lineage: The names of the policies that it extends, itself first.
        tables: By table name.
    """

    name: str
    description: str
    lineage: tuple[str, ...]
    tables: Mapping[str, Table]

    def __reduce__(self) -> tuple[Any, ...]:
        raise TypeError(
            f"policy {self.name!r} was built in memory, so it cannot be pickled; "
            "write it to a file and load that"
        )

    def param(self, decision: Decision[Any, Any], name: str) -> Any:
        """A param that the asking code itself reads; durations in ms.

        Raises:
            KeyError: The decision declares no such param.
        """
        return self.tables[decision.name].params[name]

    @functools.cached_property
    def needs(self) -> frozenset[str]:
        """What has to be looked at for the facts that its rules ask for (`Doc.needs`)."""
        return frozenset(
            need
            for table in self.tables.values()
            for name, field in table.decision.fact_fields.items()
            if name in table.reads
            for need in field.needs
        )

    @functools.cached_property
    def own(self) -> Mapping[str, tuple[OwnDecision, ...]]:
        """The decisions that the policy adds, by the name of the one that they are asked after."""
        found: dict[str, tuple[OwnDecision, ...]] = {}
        for table in self.tables.values():
            if isinstance(table.decision, OwnDecision):
                on = table.decision.on.name
                found[on] = (*found.get(on, ()), table.decision)
        return found

    @functools.cached_property
    def concerned(self) -> frozenset[str]:
        """The own decisions, and those that they stand on."""
        return frozenset((*self.own, *(one.name for found in self.own.values() for one in found)))

    @functools.cached_property
    def individual(self) -> frozenset[str]:
        """The decisions of which rules, or own tables behind them, ask who is asked about."""
        return frozenset(
            name
            for name, table in self.tables.items()
            if any(table.decision.fact_fields[fact].individual for fact in self._reads[name])
        )

    @functools.cached_property
    def _reads(self) -> Mapping[str, frozenset[str]]:
        """By table: the facts that it asks for, and those that the tables asked after it do."""
        reads: dict[str, frozenset[str]] = {}
        # A table that is asked after another one stands behind that.
        for name, table in reversed(list(self.tables.items())):
            later = (reads[own.name] for own in self.own.get(name, ()))
            reads[name] = table.reads.union(*later) & table.decision.fact_fields.keys()
        return reads

    @functools.cached_property
    def _speaking(self) -> frozenset[str]:
        tables = self.tables.items()
        spoken = {name for name, table in tables if any(rule.then for rule in table.rules)}
        return frozenset(spoken.union(self.own))

    def says(self, decision: Decision[Any, Any]) -> bool:
        """Whether any rule answers more than nothing, so that it is worth asking."""
        return decision.name in self._speaking

    def reads(self, decision: Decision[Any, Any], *facts: str) -> bool:
        """Whether any rule asks for any of the facts, so that those hard to know may wait."""
        return not self._reads[decision.name].isdisjoint(facts)


# -- Tables as functions ---------------------------------------------------------------------------


def compile_table(
    decision: Decision[Any, Any], hit: HitPolicy, rules: Sequence[Rule]
) -> Callable[[Any], Any]:
    """The function that a table's rules become: facts object to outcome or outcomes.

    The generated source is made of the names of facts and outcome fields, which are attributes of
    Python classes, and of numbered constants: never of text from a rule file. A fact is read once,
    into a local, where the first rule asks for it; an outcome whose texts mention no fact is built
    before. Every name of the source but a fact's or a field's starts with an underscore, which
    theirs do not. Nothing of it nests deeper than a condition, however long a text or a list is.

    Under *unique* the first rule that fires answers, as under *first*: that no two fire is proven
    before a policy is published, not checked on every call.
    """
    names = _Names(decision)
    lines: list[str] = []
    for rule in rules:
        asked = [fact for fact in rule.reads() if fact not in names.known]
        names.known.update(asked)
        answer = names.answer(rule)
        act = f"_found.append({answer})" if hit == "collect" else f"return {answer}"
        lines += [f"    {fact} = _facts.{fact}" for fact in asked]
        lines += [f"    if {rule.when.code(names.constant)}:", f"        {act}"]
    if hit == "collect":
        lines = ["    _found = []", *lines, "    return _tuple(_found)"]
    elif not any(field.required for field in decision.outcome_fields.values()):
        lines.append(f"    return {names.constant(decision.outcome())}")
    source = "\n".join(["def _decide(_facts):", *lines])
    exec(compile(source, f"<table {decision.name}>", "exec"), names.space)  # noqa: S102 - names and constants of ours only, see above
    decide: Callable[[Any], Any] = names.space["_decide"]
    return decide


class _Names:
    """The names that the source of one table may use, by what they stand for.

    Attributes:
        space: Names of constants.
        known: The facts that are read into locals already.
    """

    def __init__(self, decision: Decision[Any, Any]) -> None:
        self.decision = decision
        self.space: dict[str, Any] = {"_outcome": decision.outcome, "_join": "".join}
        self.space |= {"_any": any, "_all": all, "_tuple": tuple}  # a fact may be called `any`
        self.space["_unknown"] = UNKNOWN
        self.known: set[str] = set()

    def constant(self, value: Any) -> str:
        """The name of a constant."""
        name = f"_{len(self.space)}"
        self.space[name] = value
        return name

    def answer(self, rule: Rule) -> str:
        """The expression of a rule's outcome: ready, unless a text mentions a fact."""
        if not rule.mentions():
            ready = {name: plain(value) for name, value in rule.then.items()}
            return self.constant(self.decision.outcome(**ready))
        # By position, in half the time that it takes by name.
        given = [
            self.value(rule.then.get(name, field.default))
            for name, field in self.decision.outcome_fields.items()
        ]
        return f"_outcome({', '.join(given)})"

    def value(self, value: Any) -> str:
        """The expression of one field of an outcome."""
        if next(template_names(value), None) is None:
            return self.constant(plain(value))
        if isinstance(value, tuple):
            return f"({''.join(f'{self.value(item)}, ' for item in value)})"
        parts = []
        for literal, fact in value.parts:
            if literal:
                parts.append(self.constant(literal))
            if fact:
                parts.append(self.mention(fact))
        return f"_join(({', '.join(parts)},))"  # a sum would nest as deep as it is long

    def mention(self, fact: str) -> str:
        """The expression of a fact inside a text."""
        kind = self.decision.fact_fields[fact].kind
        value = fact if fact in self.known else f"_facts.{fact}"
        if kind.name in {"text", "word"} and not kind.many:
            return f"(_unknown if {value} is None else {value})"
        return f"{self.constant(writer(kind))}({value})"

"""Checker: a merged table becomes a table that can be applied, or a list of faults."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from typing import Any

import attrs

from launchfsm.engine.conditions import ALWAYS, Condition
from launchfsm.engine.decision import Decision
from launchfsm.engine.parser import Problem, parse_condition
from launchfsm.engine.table import NOTHING, HitPolicy, Rule, RuleTest, Table
from launchfsm.engine.templates import read_template
from launchfsm.engine.text import choices, did_you_mean, quoted, short, show
from launchfsm.engine.types import Field, ValueType, read_value
from launchfsm.policy.completion import MOST_ASKED, at_rest, completed, cost
from launchfsm.policy.diagnostics import Diagnostic, Diagnostics, TooManyFaultsError
from launchfsm.policy.documents import Located
from launchfsm.policy.locations import path_text
from launchfsm.policy.overlay import LONGEST_NAME, MergedRule, MergedTable, naming

_SINGLE: tuple[HitPolicy, ...] = ("first", "unique")
_PARAM_NAME = re.compile(rf"[A-Za-z_][A-Za-z0-9_]{{0,{LONGEST_NAME - 1}}}")


def check_tables(
    merged: Mapping[str, MergedTable],
    decisions: Mapping[str, Decision[Any, Any]],
    faults: Diagnostics,
) -> dict[str, Table]:
    """The tables of those decisions that have one; they can be applied when no fault was added."""
    tables: dict[str, Table] = {}
    left = MOST_ASKED
    for name, decision in decisions.items():
        if name in merged:
            checker = _Checker(merged[name], decision, faults.of(name), left)
            tables[name] = checker.check()
            left = checker.left
    return tables


class _Checker:
    """Checks one table; `left` is how many conditions its tests may still ask."""

    def __init__(
        self, merged: MergedTable, decision: Decision[Any, Any], faults: Diagnostics, left: int
    ) -> None:
        self.merged = merged
        self.head = merged.written
        self.decision = decision
        self.facts = decision.fact_fields
        self.outcome = decision.outcome_fields
        self.needed = [name for name, field in self.outcome.items() if field.required]
        self.written_params: Mapping[str, Located] = self.head.said("params", {})
        self.params = {name: written.value for name, written in self.written_params.items()}
        self.used: set[str] = set(decision.params)
        self.ids = dict.fromkeys([*(rule.id for rule in merged.rules), NOTHING])
        self.cache: dict[Any, Any] = {}
        self.names_known = True
        self.faults = faults
        self.left = left

    def check(self) -> Table:
        """The whole table."""
        params, hit = {**self.params, **self._own_params()}, self._hit()
        rules = tuple(self._rule(rule) for rule in self.merged.rules)
        untested = Table(self.decision, hit, params, rules, ())
        tested = tuple(
            attrs.evolve(rule, tests=self._tests(merged.written, untested, rule))
            for rule, merged in zip(rules, self.merged.rules, strict=True)
        )
        tests = self._tests(self.head, untested, None)
        line = self.head.get("show")
        told = {**self.facts, **self.outcome}
        show = None if line is None else self._template(line, facts=told)
        self._params_can_be_named()
        self._answers_always()
        return Table(self.decision, hit, params, tested, tests, show)

    # -- The table itself ------------------------------------------------------------------------

    def _hit(self) -> HitPolicy:
        written, name = self.head.get("hit"), self.decision.name
        known: tuple[HitPolicy, ...] = ("collect",) if self.decision.collect else _SINGLE
        choices = " or ".join(map(repr, known))
        if written is not None and written.value in known:
            hit: HitPolicy = written.value
            return hit
        if written is None:
            message = f"table {name!r} has no hit policy; give it `hit = {choices}`"
            self.faults.add(self.head.key_fault("missing-key", message), "missing")
        else:
            message = (
                f"table {name!r} needs hit policy {choices}, got {show(written.value)}: "
                f"{'every firing rule answers' if self.decision.collect else 'one rule answers'}"
            )
            self.faults.add(written.fault("hit-policy", message))
        return "first"

    def _own_params(self) -> dict[str, Any]:
        """The params that the asking code itself reads, typed."""
        values = {}
        for name, kind in self.decision.params.items():
            written = self.written_params.get(name)
            if written is None:
                message = f"table {self.decision.name!r} needs the param {name}, a {kind.text()}"
                self.faults.add(self.head.key_fault("missing-key", message), "missing")
            else:
                values[name] = self._value(f"param {name}", kind, written)
        return values

    def _params_can_be_named(self) -> None:
        """Every param can be named, and each that the last policy wrote is named.

        An inherited one may have lost its rule.
        """
        for name, written in self.written_params.items():
            if name in self.facts:
                message = f"param {name} has the name of a fact; give it one of its own"
                self.faults.add(written.key_fault("param-name", message))
            elif not _PARAM_NAME.fullmatch(name):
                message = (
                    f"param {quoted(short(name))} cannot be named in a condition; use at most "
                    f"{LONGEST_NAME} letters, digits and _"
                )
                self.faults.add(written.key_fault("param-name", message))
            mine = written.file is self.head.file
            if mine and self.names_known and name not in self.used:
                near = did_you_mean(name, (one for one in self.used if one not in self.params))
                message = f"param {name} is used by no rule{near}; remove it or name it"
                self.faults.add(written.key_fault("unused-param", message), "missing")

    def _answers_always(self) -> None:
        """Some rule answers in every situation where the outcome has no default."""
        always = any(rule.written.get("when") is None for rule in self.merged.rules)
        if self.needed and not self.decision.collect and not always:
            message = (
                f"table {self.decision.name!r} must end in a rule without `when`: "
                f"its outcome needs {', '.join(self.needed)} in every situation"
            )
            if self.merged.inherits:
                message += "; an inherited one may have been disabled, or got a condition"
            fault = naming(self.head).key_fault("no-default", message)
            self.faults.add(fault, "missing")

    # -- Its rules -------------------------------------------------------------------------------

    def _rule(self, merged: MergedRule) -> Rule:
        head = merged.written
        when: Condition = ALWAYS
        if (asked := head.get("when")) is not None:
            parsed = parse_condition(
                asked.value, facts=self.facts, params=self.params, cache=self.cache
            )
            when = parsed.condition
            self.used |= parsed.params
            self._problems(parsed.problems, asked)
        answers: Mapping[str, Located] = head.said("then", {})
        then = self._values(answers, self.outcome)
        for name, value in then.items():
            if self.outcome[name].kind.name == "text":
                at = answers[name]
                then[name] = (
                    tuple(self._template(at.under(i, value=item)) for i, item in enumerate(value))
                    if isinstance(value, tuple)
                    else self._template(at)
                )
        if head.get("then") is None:
            message = f"rule {merged.id!r} has no outcome; give it `then = {{ … }}`"
            self.faults.add(head.key_fault("missing-outcome", message), "missing")
        elif missing := [name for name in self.needed if name not in answers]:
            message = f"the outcome of rule {merged.id!r} lacks {', '.join(missing)}"
            self.faults.add(head.key_fault("missing-outcome", message))
        return Rule(merged.id, when, then, head.said("why", ""), (), merged.origin, head.key)

    def _values(self, given: Mapping[str, Located], fields: Mapping[str, Field]) -> dict[str, Any]:
        """Values of facts or of outcome fields, read; the wrong ones are left out."""
        values = {}
        for name, written in given.items():
            if name in fields:
                value = self._value(name, fields[name].kind, written)
                if value is not None:
                    values[name] = value
            elif fields is self.facts:
                message = f"{quoted(short(name))} is no fact{choices(name, fields, 'facts')}"
                self.faults.add(written.key_fault("unknown-fact", message))
            else:
                # Most outcomes call what people are told their text.
                meant = "text" if name in {"message", "line"} and "text" in fields else name
                told = choices(meant, fields, "fields")
                message = f"{quoted(short(name))} is no field of this outcome{told}"
                self.faults.add(written.key_fault("unknown-field", message))
        return values

    def _value(self, name: str, kind: ValueType, written: Located) -> Any:
        """A value, read; `None` when it is not of its type."""
        try:
            return read_value(kind, written.value)
        except ValueError as error:
            self.faults.add(written.fault("wrong-type", f"{name}: {error}"))
            return None

    def _template(self, written: Located, facts: Mapping[str, Field] | None = None) -> Any:
        read = read_template(written.value, facts=facts or self.facts, params=self.params)
        self.used |= read.params
        self._problems(read.problems, written)
        return read.template

    def _problems(self, problems: Iterable[Problem], written: Located) -> None:
        """Add what is wrong inside a text, at its place there or where the param is written."""
        for problem in problems:
            self.names_known = False  # the text may name more params than could be read
            location = written.file.inside(written.at, problem.offset, problem.length)
            fault = Diagnostic(problem.code, problem.message, location, path_text(written.at))
            if (param := self.written_params.get(problem.param)) is not None:
                fault = attrs.evolve(param.fault(problem.code, problem.message), related=location)
            self.faults.add(fault)

    # -- Inline tests ----------------------------------------------------------------------------

    def _tests(self, head: Located, table: Table, rule: Rule | None) -> tuple[RuleTest, ...]:
        """The tests of a rule, or of the whole table when there is none."""
        return tuple(self._test(written, table, rule) for written in head.said("test", ()))

    def _test(self, written: Located, table: Table, rule: Rule | None) -> RuleTest:
        fires, decides = written.said("fires"), written.said("decides")
        wrong = ""
        if rule is not None and decides is not None:
            wrong = "a test below a rule says `fires`; `decides` belongs to a test of the table"
        elif rule is not None and fires is None:
            wrong = "a test below a rule needs `fires = true` or `false`"
        elif rule is None and fires is not None:
            wrong = "a test of the table says which rule `decides`; `fires` belongs below a rule"
        elif rule is None and decides is None and written.get("then") is None:
            wrong = "this test asks nothing; give it `decides` or `then`"
        if wrong:
            self.faults.add(written.key_fault("test", wrong))
        if decides is not None and decides not in self.ids:
            message = f"no rule is named {show(decides)}{choices(decides, self.ids, 'ids')}"
            self.faults.add(written.under("decides").fault("unknown-id", message))
        said = written.said("facts", {})
        given = self._values(said, self.facts)
        then = self._values(written.said("then", {}), self.outcome)
        facts, missing = at_rest(self.decision, given)
        unsaid: tuple[str, ...] = ()
        if missing:
            self._count(cost(table, rule, then), written)
            facts, missing, unsaid = completed(table, facts, missing, rule=rule, then=then)
        problems = self.decision.broken(facts, missing=missing)
        if unsaid:
            told = ", ".join(f"{name} ({self.facts[name].kind.text()})" for name in unsaid)
            problems = (f"the test must say what it depends on and is never unknown: {told}",)
        for problem in problems if len(given) == len(said) else ():
            self.faults.add(written.key_fault("test", problem))
        return RuleTest(facts, fires, decides, then, written.key, missing)

    def _count(self, asked: int, written: Located) -> None:
        """Stop when tests that leave facts open ask too much, each its rule or every rule."""
        self.left -= asked
        if self.left < 0:
            message = (
                f"the tests that leave out facts which have no neutral value ask at most "
                f"{MOST_ASKED} conditions; give each of them its facts; behind this test nothing "
                "was checked"
            )
            self.faults.add(written.key_fault("too-large", message), "unread")
            raise TooManyFaultsError

"""Checker: a merged table becomes a table that can be applied, or a list of faults.

Everything that can be wrong with conditions, outcomes, params and inline tests, given the decision
that they are for.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

import attrs

from launchfsm.engine.conditions import ALWAYS, Condition, parse_condition
from launchfsm.engine.table import NOTHING, HitPolicy, Rule, RuleTest, Table
from launchfsm.engine.templates import read_template
from launchfsm.engine.text import did_you_mean, listing, short, show
from launchfsm.engine.types import Field, read_value
from launchfsm.policy.completion import added_up, left_out, needed
from launchfsm.policy.diagnostics import Diagnostic
from launchfsm.policy.locations import path_text
from launchfsm.policy.overlay import LONGEST_NAME, naming

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from launchfsm.engine.conditions import Problem
    from launchfsm.engine.decision import Decision
    from launchfsm.policy.diagnostics import Diagnostics
    from launchfsm.policy.documents import TestDocument
    from launchfsm.policy.overlay import Located, MergedRule, MergedTable

_SINGLE: Mapping[str, HitPolicy] = {"first": "first", "unique": "unique"}
_MANY: Mapping[str, HitPolicy] = {"collect": "collect"}
_PARAM_NAME = re.compile(rf"[A-Za-z_][A-Za-z0-9_]{{0,{LONGEST_NAME - 1}}}")


def check_table(merged: MergedTable, decision: Decision[Any, Any], faults: Diagnostics) -> Table:
    """The table, which can be applied when no faults were added to `faults`."""
    return _Checker(merged, decision, faults.of(merged.name)).check()


class _Checker:
    """Checks one table."""

    def __init__(
        self, merged: MergedTable, decision: Decision[Any, Any], faults: Diagnostics
    ) -> None:
        self.merged = merged
        self.decision = decision
        self.facts = decision.fact_fields
        self.outcome = decision.outcome_fields
        self.needed = [name for name, field in self.outcome.items() if field.required]
        self.params = {name: written.value for name, written in merged.params.items()}
        self.used: set[str] = set(decision.params)
        self.cache: dict[Any, Any] = {}
        self.names_known = True
        self.faults = faults

    def check(self) -> Table:
        """The whole table."""
        self._param_names()
        params = {**self.params, **self._own_params()}
        hit = self._hit()
        ids = {rule.id for rule in self.merged.rules} | {NOTHING}
        rules = tuple(self._rule(rule) for rule in self.merged.rules)
        tests = _Tests(self.decision, hit, rules, ids, self.faults)
        rules = tuple(
            attrs.evolve(rule, tests=tests.of_rule(rule, merged.tests)) if merged.tests else rule
            for rule, merged in zip(rules, self.merged.rules, strict=True)
        )
        table_tests = tests.of_table(self.merged.tests)
        written = self.merged.show
        show = None if written is None else self._template(written, told=self.outcome)
        if self.names_known:
            self._unused_params()
        self._answers_always()
        return Table(self.decision, hit, params, rules, table_tests, show)

    # -- The table itself ------------------------------------------------------------------------

    def _hit(self) -> HitPolicy:
        written, name = self.merged.hit, self.decision.name
        known = _MANY if self.decision.collect else _SINGLE
        choices = " or ".join(repr(word) for word in known)
        if written is None:
            message = f"table {name!r} has no hit policy; give it `hit = {choices}`"
            fault = self.merged.head.key_fault("missing-key", message)
            self.faults.add(fault, "missing")
        elif written.value not in known:
            message = (
                f"table {name!r} needs hit policy {choices}, got {show(written.value)}: "
                f"{'every firing rule answers' if self.decision.collect else 'one rule answers'}"
            )
            self.faults.add(written.fault("hit-policy", message))
        return known.get(written.value if written else "", "first")

    def _param_names(self) -> None:
        for name, written in self.merged.params.items():
            if name in self.facts:
                message = f"param {name} has the name of a fact; give it one of its own"
                self.faults.add(written.key_fault("param-name", message))
            elif not _PARAM_NAME.fullmatch(name):
                message = (
                    f"param {short(name)!r} cannot be named in a condition; use at most "
                    f"{LONGEST_NAME} letters, digits and _"
                )
                self.faults.add(written.key_fault("param-name", message))

    def _own_params(self) -> dict[str, Any]:
        """The params that the asking code itself reads, typed."""
        values = {}
        for name, kind in self.decision.params.items():
            written = self.merged.params.get(name)
            if written is not None:
                try:
                    values[name] = read_value(kind, written.value)
                except ValueError as error:
                    self.faults.add(written.fault("wrong-type", f"param {name}: {error}"))
            else:
                message = f"table {self.decision.name!r} needs the param {name}, a {kind.text()}"
                fault = self.merged.head.key_fault("missing-key", message)
                self.faults.add(fault, "missing")
        return values

    def _unused_params(self) -> None:
        """Params that the last policy wrote for nothing; one inherited may have lost its rule."""
        for name, written in self.merged.params.items():
            if name not in self.used and written.file is self.merged.head.file:
                near = did_you_mean(name, (one for one in self.used if one not in self.params))
                message = f"param {name} is used by no rule{near}; remove it or name it"
                self.faults.add(written.key_fault("unused-param", message), "missing")

    def _answers_always(self) -> None:
        """Where an outcome has no resting value, some rule has to answer whatever the facts."""
        always = any(rule.when is None for rule in self.merged.rules)
        if self.needed and not self.decision.collect and not always:
            message = (
                f"table {self.decision.name!r} must end in a rule without `when`: "
                f"its outcome needs {', '.join(self.needed)} in every situation"
            )
            if self.merged.inherits:
                message += "; an inherited one may have been disabled, or got a condition"
            fault = naming(self.merged.head).key_fault("no-default", message)
            self.faults.add(fault, "missing")

    # -- Its rules -------------------------------------------------------------------------------

    def _rule(self, merged: MergedRule) -> Rule:
        if merged.id in {"", NOTHING}:
            message = f"a rule cannot be named {merged.id!r}; tests say that for no rule at all"
            self.faults.add(merged.head.under("id").fault("rule-id", message))
        when: Condition = ALWAYS
        if merged.when is not None:
            parsed = parse_condition(
                merged.when.value, facts=self.facts, params=self.params, cache=self.cache
            )
            when = parsed.condition
            self.used |= parsed.params
            self._problems(parsed.problems, merged.when)
        given = merged.then or {}
        then = {name: self._then(name, written) for name, written in given.items()}
        self._complete(merged)
        why, origin, location = merged.why, merged.origin, merged.head.key
        return Rule(merged.id, when, then, why, (), origin, location)

    def _complete(self, merged: MergedRule) -> None:
        if merged.then is None:
            message = f"rule {merged.id!r} has no outcome; give it `then = {{ … }}`"
            fault = merged.head.key_fault("missing-outcome", message)
            self.faults.add(fault, "missing")
        elif missing := [name for name in self.needed if name not in merged.then]:
            message = f"the outcome of rule {merged.id!r} lacks {', '.join(missing)}"
            self.faults.add(merged.head.key_fault("missing-outcome", message))

    def _then(self, name: str, written: Located) -> Any:
        field = self.outcome.get(name)
        if field is None:
            # Most outcomes call what people are told their text.
            meant = name in {"message", "line"} and "text" in self.outcome
            near = " (did you mean 'text'?)" if meant else did_you_mean(name, self.outcome)
            message = (
                f"{short(name)!r} is no field of this outcome{near}; "
                f"fields: {listing(self.outcome)}"
            )
            self.faults.add(written.key_fault("unknown-field", message))
            return None
        try:
            value = read_value(field.kind, written.value)
        except ValueError as error:
            self.faults.add(written.fault("wrong-type", f"{field.name}: {error}"))
            return None
        if field.kind.name != "text" or value is None:
            return value
        if isinstance(value, tuple):
            items = enumerate(value)
            return tuple(self._template(written.under(index, value=item)) for index, item in items)
        return self._template(written)

    def _template(self, written: Located, *, told: Mapping[str, Field] | None = None) -> Any:
        facts = {**self.facts, **(told or {})}
        read = read_template(written.value, facts=facts, params=self.params)
        self.used |= read.params
        self._problems(read.problems, written)
        return read.template

    def _problems(self, problems: Iterable[Problem], written: Located) -> None:
        """What is wrong inside a text: where it stands in there, or where the param is written."""
        for problem in problems:
            self.names_known = False  # the text may name more params than could be read
            inside = written.file.positions.inside(written.at, problem.offset, problem.length)
            where, location, related = written, inside, None
            if (param := self.merged.params.get(problem.param)) is not None:
                where, location, related = param, param.location(), inside
            path = path_text(where.at)
            self.faults.add(Diagnostic(problem.code, problem.message, location, path, related))


# -- Inline tests ----------------------------------------------------------------------------------


class _Tests:
    """Reads the tests of one table.

    Args:
        decision: The decision that the table answers.
        hit: The table's hit policy.
        rules: The table's rules.
        ids: Their ids, and what a test says for none of them.
        faults: What is wrong is added here.
    """

    def __init__(
        self,
        decision: Decision[Any, Any],
        hit: HitPolicy,
        rules: Sequence[Rule],
        ids: set[str],
        faults: Diagnostics,
    ) -> None:
        self.decision = decision
        self.hit = hit
        self.rules = rules
        self.ids = ids
        self.faults = faults

    def of_rule(self, rule: Rule, tests: Iterable[Located]) -> tuple[RuleTest, ...]:
        """The tests below a rule."""
        return tuple(self._test(test, rule, self._asks_of_rule(test.value)) for test in tests)

    def of_table(self, tests: Iterable[Located]) -> tuple[RuleTest, ...]:
        """The tests of the table as a whole."""
        return tuple(self._test(test, None, self._asks_of_table(test.value)) for test in tests)

    def _asks_of_rule(self, test: TestDocument) -> str | None:
        """What is wrong with what a test below a rule asks."""
        if test.decides is not None:
            return "a test below a rule says `fires`; `decides` belongs to a test of the table"
        if test.fires is None:
            return "a test below a rule needs `fires = true` or `false`"
        return None

    def _asks_of_table(self, test: TestDocument) -> str | None:
        """What is wrong with what a test of the table asks."""
        if test.fires is not None:
            return "a test of the table says which rule `decides`; `fires` belongs below a rule"
        if test.decides is None and test.then is None:
            return "this test asks nothing; give it `decides` or `then`"
        return None

    def _test(self, written: Located, rule: Rule | None, wrong: str | None) -> RuleTest:
        test: TestDocument = written.value
        if wrong is not None:
            self.faults.add(written.key_fault("test", wrong))
        if test.decides is not None and test.decides not in self.ids:
            known = sorted(self.ids, key=lambda one: one == NOTHING)
            message = (
                f"no rule is named {show(test.decides)}{did_you_mean(test.decides, known)}; "
                f"ids: {listing(known)}"
            )
            self.faults.add(written.under("decides").fault("unknown-id", message))
        fields = self.decision.fact_fields
        given = self._values("facts", "fact", fields, test.facts, written)
        facts, missing = added_up(self.decision, given), left_out(self.decision, given)
        if missing:
            then = test.then or ()
            missing -= needed(facts, missing, self.rules, self.hit, rule=rule, then=then)
            for name in missing:
                facts[name] = fields[name].resting
        if len(given) == len(test.facts):
            self._possible(facts, missing, written)
        outcome = self.decision.outcome_fields
        then = self._values("then", "field of this outcome", outcome, test.then or {}, written)
        return RuleTest(facts, test.fires, test.decides, then, written.key, missing)

    def _values(
        self,
        key: str,
        noun: str,
        fields: Mapping[str, Field],
        given: Mapping[str, object],
        written: Located,
    ) -> dict[str, Any]:
        """The facts or the outcome's fields that a test gives, as facts and outcomes carry them."""
        values = {}
        for name, value in given.items():
            at = written.under(key, name)
            field = fields.get(name)
            if field is None:
                message = f"{short(name)!r} is no {noun}{did_you_mean(name, fields)}"
                known = f"known here: {listing(fields)}"
                self.faults.add(at.key_fault(_UNKNOWN_CODES[key], f"{message}; {known}"))
                continue
            try:
                values[name] = read_value(field.kind, value)
            except ValueError as error:
                self.faults.add(at.fault("wrong-type", f"{name}: {error}"))
        return values

    def _possible(
        self, facts: Mapping[str, Any], missing: frozenset[str], written: Located
    ) -> None:
        """A test of facts that cannot occur together proves nothing."""
        fields = self.decision.fact_fields
        unsaid = [
            f"{name} ({fields[name].kind.text()})"
            for name, value in facts.items()
            if value is None and not fields[name].kind.optional
        ]
        if unsaid:
            told = ", ".join(unsaid)
            message = f"the test must say what it depends on and is never unknown: {told}"
            self.faults.add(written.key_fault("test", message))
            return
        for message in self.decision.broken(facts, missing=missing):
            self.faults.add(written.key_fault("test", message))


_UNKNOWN_CODES = {"facts": "unknown-fact", "then": "unknown-field"}

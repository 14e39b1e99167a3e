"""Checking: a merged table becomes a table that can be applied, or a list of faults.

Here: everything that can be wrong with conditions, outcomes, params and tests, given the decision
point they are for. Not here: the files' shape (`documents`), or what overrides what (`merging`).
"""

from __future__ import annotations

import string
from typing import TYPE_CHECKING, Any

import attrs

from launchfsm.policy.compiling import compile_table
from launchfsm.policy.conditions import ALWAYS, Condition, Parsed, parse_condition
from launchfsm.policy.faults import Fault
from launchfsm.policy.kinds import Field, did_you_mean, read_value
from launchfsm.policy.rules import HitPolicy, Rule, RuleTest, Table, Template, template_names

if TYPE_CHECKING:
    from collections.abc import Mapping

    from launchfsm.policy.documents import TestDocument
    from launchfsm.policy.merging import MergedRule, MergedTable, Written
    from launchfsm.policy.points import DecisionPoint

NOTHING = "nothing"
"""What a test writes for the winner when no rule may win."""

_SINGLE: Mapping[str, HitPolicy] = {"first": "first", "unique": "unique"}
_MANY: Mapping[str, HitPolicy] = {"collect": "collect"}


def check_table(
    merged: MergedTable, point: DecisionPoint[Any, Any], faults: list[Fault]
) -> Table | None:
    """The table, ready to apply; `None` when it has faults, which are all added to `faults`."""
    checker = _Checker(merged, point)
    table = checker.check()
    faults += checker.faults
    return table


class _Checker:
    """Checks one table; `faults` has what was found so far."""

    def __init__(self, merged: MergedTable, point: DecisionPoint[Any, Any]) -> None:
        self.merged = merged
        self.point = point
        self.facts = point.fact_fields
        self.outcome = point.outcome_fields
        self.params = {name: written.value for name, written in merged.params.items()}
        self.used: set[str] = set(point.params)
        self.impossible = tuple(
            parse_condition(text, facts=self.facts, params={}).condition
            for text in point.impossible
        )
        self.faults: list[Fault] = []

    def check(self) -> Table | None:
        """The whole table."""
        hit = self._hit()
        params = {**self.params, **self._own_params()}
        rules = tuple(self._rule(rule) for rule in self.merged.rules)
        tests = tuple(self._test(test, of_rule=False) for test in self.merged.tests)
        self._unused_params()
        self._last_resort(rules)
        if self.faults or hit is None:
            return None
        decide = compile_table(self.point, hit, rules, params)
        return Table(self.point, hit, params, rules, tests, decide)

    def _fault(self, code: str, message: str, written: Written) -> None:
        self.faults.append(Fault(code, message, written.place(), written.path))

    def _hit(self) -> HitPolicy | None:
        written = self.merged.hit
        known = _MANY if self.point.collects else _SINGLE
        choices = " or ".join(repr(name) for name in known)
        if written is None:
            message = f"table {self.point.name!r} has no hit policy; give it `hit = {choices}`"
            self.faults.append(Fault("missing-key", message, self.merged.head.key()))
            return None
        if written.value not in known:
            message = (
                f"table {self.point.name!r} needs hit policy {choices}, got {written.value!r}: "
                f"{'every firing rule answers' if self.point.collects else 'one rule answers'}"
            )
            self._fault("hit-policy", message, written)
            return None
        return known[written.value]

    def _own_params(self) -> dict[str, Any]:
        """The params that evaluation itself reads, typed."""
        values = {}
        for name, kind in self.point.params.items():
            written = self.merged.params.get(name)
            if written is None:
                message = f"table {self.point.name!r} needs the param {name}, a {kind.text()}"
                self.faults.append(Fault("missing-key", message, self.merged.head.key()))
                continue
            try:
                values[name] = read_value(kind, written.value)
            except ValueError as error:
                self._fault("wrong-type", f"param {name}: {error}", written)
        return values

    def _unused_params(self) -> None:
        for name, written in self.merged.params.items():
            if name not in self.used:
                near = did_you_mean(name, self.used - self.params.keys())
                message = f"param {name} is used by no rule{near}; remove it or name it"
                path = written.path
                self.faults.append(Fault("unused-param", message, written.key(), path))

    def _last_resort(self, rules: tuple[Rule, ...]) -> None:
        """Where an outcome has no resting value, some rule has to answer whatever the facts."""
        needy = [name for name, field in self.outcome.items() if field.required]
        if self.point.collects or not needy or any(rule.when == ALWAYS for rule in rules):
            return
        message = (
            f"table {self.point.name!r} must end in a rule without `when`: "
            f"its outcome needs {', '.join(needy)} in every situation"
        )
        self.faults.append(Fault("no-default", message, self.merged.head.key()))

    def _rule(self, merged: MergedRule) -> Rule:
        when = self._condition(merged.when)
        then = {name: self._then(name, written) for name, written in merged.then.items()}
        missing = [
            name for name, field in self.outcome.items() if field.required and name not in then
        ]
        if missing:
            message = f"the outcome of rule {merged.id!r} lacks {', '.join(missing)}"
            head = merged.head
            self.faults.append(Fault("missing-outcome", message, head.key(), head.path))
        for value in then.values():
            self.used.update(template_names(value))
        tests = tuple(self._test(test, of_rule=True) for test in merged.tests)
        why, origin, head = merged.why, merged.origin, merged.head
        return Rule(merged.id, when, then, why, tests, origin, head.key)

    def _condition(self, written: Written | None) -> Condition:
        if written is None:
            return ALWAYS
        parsed: Parsed = parse_condition(written.value, facts=self.facts, params=self.params)
        self.used |= parsed.params
        for problem in parsed.problems:
            place = written.file.positions.inside(
                written.path, problem.line, problem.column, problem.length
            )
            self.faults.append(Fault(problem.code, problem.message, place, written.path))
        return parsed.condition

    def _then(self, name: str, written: Written) -> Any:
        field = self.outcome.get(name)
        if field is None:
            message = (
                f"{name!r} is no field of this outcome{did_you_mean(name, self.outcome)}; "
                f"fields: {', '.join(self.outcome)}"
            )
            self.faults.append(Fault("unknown-field", message, written.key(), written.path))
            return None
        value = self._typed(field, written)
        if field.kind.name != "text" or value is None:
            return value
        if isinstance(value, tuple):
            return tuple(self._template(item, written) for item in value)
        return self._template(value, written)

    def _typed(self, field: Field, written: Written, code: str = "wrong-type") -> Any:
        try:
            return read_value(field.kind, written.value)
        except ValueError as error:
            self._fault(code, f"{field.name}: {error}", written)
            return None

    def _template(self, text: str, written: Written) -> Template:
        parts: list[tuple[str, str]] = []
        try:
            for literal, name, form, conversion in string.Formatter().parse(text):
                if form or conversion:
                    self._fault(
                        "template", f"{{{name}}} takes no format; write the name alone", written
                    )
                if name is not None and name not in self.facts and name not in self.params:
                    known = [*self.facts, *self.params]
                    message = f"{{{name}}} is no fact or param here{did_you_mean(name, known)}"
                    self._fault("unknown-fact", f"{message}; facts: {', '.join(known)}", written)
                    continue
                parts.append((literal, name or ""))
        except ValueError as error:
            message = f"the text cannot be read: {error}; a brace itself is written twice"
            self._fault("template", message, written)
        return Template(text, tuple(parts))

    def _test(self, written: Written, *, of_rule: bool) -> RuleTest:
        document: TestDocument = written.value
        self._asks_something(document, written, of_rule=of_rule)
        facts = {name: field.default for name, field in self.facts.items()}
        for name, value in document.facts.items():
            field = self.facts.get(name)
            at = attrs.evolve(written, value=value, path=f"{written.path}.facts.{name}")
            if field is None:
                message = f"{name} is no fact here{did_you_mean(name, self.facts)}"
                facts_known = ", ".join(self.facts)
                where = at.key()
                self.faults.append(
                    Fault("unknown-fact", f"{message}; facts: {facts_known}", where, at.path)
                )
            else:
                facts[name] = self._typed(field, at)
        self._possible(facts, written)
        then = {
            name: self._expected(name, attrs.evolve(written, value=value))
            for name, value in (document.then or {}).items()
        }
        return RuleTest(facts, document.fires, document.decides, then, written.key)

    def _asks_something(self, document: TestDocument, written: Written, *, of_rule: bool) -> None:
        if of_rule and document.decides is not None:
            message = "a test below a rule says `fires`; `decides` belongs to a test of the table"
            self._fault("test", message, written)
        elif of_rule and document.fires is None:
            self._fault("test", "a test below a rule needs `fires = true` or `false`", written)
        elif not of_rule and document.fires is not None:
            message = "a test of the table says which rule `decides`; `fires` belongs below a rule"
            self._fault("test", message, written)
        elif not of_rule and document.decides is None and document.then is None:
            message = "this test asks nothing; give it `decides` or `then`"
            self._fault("test", message, written)
        known = {rule.id for rule in self.merged.rules} | {NOTHING}
        if document.decides is not None and document.decides not in known:
            message = f"no rule is named {document.decides!r}"
            near = did_you_mean(document.decides, known)
            self._fault("unknown-id", f"{message}{near}; ids: {', '.join(sorted(known))}", written)

    def _possible(self, facts: Mapping[str, Any], written: Written) -> None:
        """A test of facts that cannot occur together proves nothing."""
        for name, field in self.facts.items():
            if facts[name] is None and not field.kind.optional:
                message = f"the test must say {name}, which is never unknown: {field.kind.text()}"
                self._fault("test", message, written)
                return
        for text, condition in zip(self.point.impossible, self.impossible, strict=True):
            if condition.holds(facts):
                self._fault("test", f"these facts cannot occur together: {text}", written)

    def _expected(self, name: str, written: Written) -> Any:
        field = self.outcome.get(name)
        at = attrs.evolve(written, path=f"{written.path}.then.{name}")
        if field is None:
            message = f"{name!r} is no field of this outcome{did_you_mean(name, self.outcome)}"
            self.faults.append(Fault("unknown-field", message, at.key(), at.path))
            return None
        return self._typed(field, at)

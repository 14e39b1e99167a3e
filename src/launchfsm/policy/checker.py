"""Checking: a merged table becomes a table that can be applied, or a list of faults.

Here: everything that can be wrong with conditions, outcomes and params, given the decision point
they are for. Not here: the files' shape (`documents`), what overrides what (`merging`), or the
inline tests (`inline_tests`).
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

from launchfsm.engine.conditions import ALWAYS, Condition, parse_condition
from launchfsm.engine.table import NOTHING, HitPolicy, Rule, Table
from launchfsm.engine.templates import read_template
from launchfsm.engine.text import did_you_mean
from launchfsm.engine.types import Field, read_value
from launchfsm.policy.diagnostics import Diagnostic
from launchfsm.policy.inline_tests import InlineTests
from launchfsm.policy.locations import path_text
from launchfsm.policy.overlay import naming

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from launchfsm.engine.conditions import Problem
    from launchfsm.engine.decision import Decision
    from launchfsm.policy.overlay import Located, MergedRule, MergedTable

_SINGLE: Mapping[str, HitPolicy] = {"first": "first", "unique": "unique"}
_MANY: Mapping[str, HitPolicy] = {"collect": "collect"}
_PARAM_NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")


def check_table(
    merged: MergedTable, point: Decision[Any, Any], faults: list[Diagnostic]
) -> Table | None:
    """The table, ready to apply; `None` when it has faults, which are all added to `faults`."""
    return _Checker(merged, point, faults).check()


class _Checker:
    """Checks one table.

    `whole` is False once a part of it cannot be read: what then seems to be unused or missing may
    not be.
    """

    def __init__(
        self, merged: MergedTable, point: Decision[Any, Any], faults: list[Diagnostic]
    ) -> None:
        self.merged = merged
        self.point = point
        self.facts = point.fact_fields
        self.outcome = point.outcome_fields
        self.needed = [name for name, field in self.outcome.items() if field.required]
        self.params = {name: written.value for name, written in merged.params.items()}
        self.used: set[str] = set(point.params)
        self.whole = merged.whole
        self.faults = faults

    def check(self) -> Table | None:
        """The whole table."""
        before = len(self.faults)
        self._param_names()
        params = {**self.params, **self._own_params()}
        hit = self._hit()
        tests = InlineTests(self.point, [rule.id for rule in self.merged.rules], self.faults)
        rules = tuple(self._rule(rule, tests) for rule in self.merged.rules)
        table_tests = tests.of_table(self.merged.tests)
        if self.whole:
            self._unused_params()
            self._answers_always(rules)
        if hit is None or len(self.faults) > before:
            return None
        return Table(self.point, hit, params, rules, table_tests)

    # -- The table itself ------------------------------------------------------------------------

    def _hit(self) -> HitPolicy | None:
        written = self.merged.hit
        known = _MANY if self.point.collect else _SINGLE
        choices = " or ".join(repr(name) for name in known)
        if written is None:
            if self.merged.whole:
                message = f"table {self.point.name!r} has no hit policy; give it `hit = {choices}`"
                self.faults.append(self.merged.head.key_fault("missing-key", message))
        elif written.value not in known:
            message = (
                f"table {self.point.name!r} needs hit policy {choices}, got {written.value!r}: "
                f"{'every firing rule answers' if self.point.collect else 'one rule answers'}"
            )
            self.faults.append(written.fault("hit-policy", message))
        return known.get(written.value) if written else None

    def _param_names(self) -> None:
        for name, written in self.merged.params.items():
            if name in self.facts:
                message = f"param {name} has the name of a fact; give it one of its own"
                self.faults.append(written.key_fault("param-name", message))
            elif not _PARAM_NAME.fullmatch(name):
                message = (
                    f"param {name!r} cannot be named in a condition; use letters, digits and _"
                )
                self.faults.append(written.key_fault("param-name", message))

    def _own_params(self) -> dict[str, Any]:
        """The params that evaluation itself reads, typed."""
        values = {}
        for name, kind in self.point.params.items():
            written = self.merged.params.get(name)
            if written is not None:
                try:
                    values[name] = read_value(kind, written.value)
                except ValueError as error:
                    self.faults.append(written.fault("wrong-type", f"param {name}: {error}"))
            elif self.merged.whole:
                message = f"table {self.point.name!r} needs the param {name}, a {kind.text()}"
                self.faults.append(self.merged.head.key_fault("missing-key", message))
        return values

    def _unused_params(self) -> None:
        """Params that the last policy wrote for nothing; one inherited may have lost its rule."""
        for name, written in self.merged.params.items():
            if name not in self.used and written.file is self.merged.head.file:
                near = did_you_mean(name, self.used - self.params.keys())
                message = f"param {name} is used by no rule{near}; remove it or name it"
                self.faults.append(written.key_fault("unused-param", message))

    def _answers_always(self, rules: tuple[Rule, ...]) -> None:
        """Where an outcome has no resting value, some rule has to answer whatever the facts."""
        if self.needed and not self.point.collect and all(rule.when != ALWAYS for rule in rules):
            at, lost = naming(self.merged.head), ""
            if (undone := self.merged.removed_default) is not None:
                at = undone
                lost = f"; rule {undone.value!r} was the one, until this"
            message = (
                f"table {self.point.name!r} must end in a rule without `when`: "
                f"its outcome needs {', '.join(self.needed)} in every situation{lost}"
            )
            self.faults.append(at.key_fault("no-default", message))

    # -- Its rules -------------------------------------------------------------------------------

    def _rule(self, merged: MergedRule, tests: InlineTests) -> Rule:
        self._named(merged)
        when = self._condition(merged.when)
        given = merged.then or {}
        then = {name: self._then(name, written) for name, written in given.items()}
        self._complete(merged, then)
        why, origin, place = merged.why, merged.origin, merged.head.key
        return Rule(merged.id, when, then, why, tests.of_rule(merged.tests), origin, place)

    def _named(self, merged: MergedRule) -> None:
        if merged.id in {"", NOTHING}:
            message = f"a rule cannot be named {merged.id!r}; tests say that for no rule at all"
            self.faults.append(merged.head.under("id").fault("rule-id", message))

    def _complete(self, merged: MergedRule, then: Mapping[str, Any]) -> None:
        missing = [name for name in self.needed if name not in then]
        if merged.then is None and self.merged.whole:
            message = f"rule {merged.id!r} has no outcome; give it `then = {{ … }}`"
            self.faults.append(merged.head.key_fault("missing-outcome", message))
        elif merged.then is not None and missing:
            message = f"the outcome of rule {merged.id!r} lacks {', '.join(missing)}"
            self.faults.append(merged.head.key_fault("missing-outcome", message))

    def _condition(self, written: Located | None) -> Condition:
        if written is None:
            return ALWAYS
        parsed = parse_condition(written.value, facts=self.facts, params=self.params)
        self.used |= parsed.params
        self._problems(parsed.problems, written)
        return parsed.condition

    def _then(self, name: str, written: Located) -> Any:
        field = self.outcome.get(name)
        if field is None:
            message = (
                f"{name!r} is no field of this outcome{self._meant(name)}; "
                f"fields: {', '.join(self.outcome)}"
            )
            self.faults.append(written.key_fault("unknown-field", message))
            return None
        value = self._typed(field, written)
        if field.kind.name != "text" or value is None:
            return value
        if isinstance(value, tuple):
            items = enumerate(value)
            return tuple(self._template(written.under(index, value=item)) for index, item in items)
        return self._template(written)

    def _meant(self, name: str) -> str:
        """Which field is meant: most outcomes call what people are told their text."""
        if name in {"message", "line"} and "text" in self.outcome:
            return " (did you mean 'text'?)"
        return did_you_mean(name, self.outcome)

    def _typed(self, field: Field, written: Located) -> Any:
        try:
            return read_value(field.kind, written.value)
        except ValueError as error:
            self.faults.append(written.fault("wrong-type", f"{field.name}: {error}"))
            return None

    def _template(self, written: Located) -> Any:
        read = read_template(written.value, facts=self.facts, params=self.params)
        self.used |= read.params
        self._problems(read.problems, written)
        return read.template

    def _problems(self, problems: Iterable[Problem], written: Located) -> None:
        """What is wrong inside a text: where it stands in there, or where the param is written."""
        for problem in problems:
            self.whole = False
            place = written.file.positions.inside(written.at, problem.offset, problem.length)
            param = self.merged.params.get(problem.param)
            if param is None:
                at = path_text(written.at)
                self.faults.append(Diagnostic(problem.code, problem.message, place, at))
            else:
                at = path_text(param.at)
                self.faults.append(
                    Diagnostic(problem.code, problem.message, param.place(), at, place)
                )

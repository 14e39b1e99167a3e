"""Inline tests: what an author's examples say, checked against the decision point.

Here: everything that can be wrong with a test before it runs. Not here: its shape in a file
(`documents`), or running it (`testing`).
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from launchfsm.engine.table import NOTHING, RuleTest
from launchfsm.engine.text import did_you_mean
from launchfsm.engine.types import Field, read_value

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from launchfsm.engine.decision import Decision
    from launchfsm.policy.diagnostics import Diagnostic
    from launchfsm.policy.documents import TestDocument
    from launchfsm.policy.overlay import Located


class InlineTests:
    """Reads the tests of one table.

    Args:
        point: The decision point that the table answers.
        rules: The ids of the table's rules.
        faults: What is wrong is added here.
    """

    def __init__(
        self, point: Decision[Any, Any], rules: list[str], faults: list[Diagnostic]
    ) -> None:
        self.facts = point.fact_fields
        self.outcome = point.outcome_fields
        self.sums = point.sums
        self.required = list(zip(point.preconditions, point.required, strict=True))
        self.resting = {name: field.default for name, field in self.facts.items()}
        self.never_unknown = [name for name, field in self.facts.items() if not field.kind.optional]
        self.rules = rules
        self.faults = faults

    def of_rule(self, tests: Iterable[Located]) -> tuple[RuleTest, ...]:
        """The tests below a rule."""
        return tuple(self._test(test, self._asks_of_rule(test.value)) for test in tests)

    def of_table(self, tests: Iterable[Located]) -> tuple[RuleTest, ...]:
        """The tests of the table as a whole."""
        return tuple(self._test(test, self._asks_of_table(test.value)) for test in tests)

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

    def _test(self, written: Located, wrong: str | None) -> RuleTest:
        test: TestDocument = written.value
        if wrong is not None:
            self.faults.append(written.key_fault("test", wrong))
        if test.decides is not None:
            self._known_rule(test.decides, written)
        before = len(self.faults)
        facts = self.resting | self._values("facts", "fact", self.facts, test.facts, written)
        if len(self.faults) == before:
            self._possible(facts, written)
        then = self._values("then", "field of this outcome", self.outcome, test.then or {}, written)
        return RuleTest(facts, test.fires, test.decides, then, written.key)

    def _known_rule(self, decides: str, written: Located) -> None:
        known = [*self.rules, NOTHING]
        if decides not in known:
            message = f"no rule is named {decides!r}{did_you_mean(decides, known)}"
            at = written.under("decides")
            self.faults.append(at.fault("unknown-id", f"{message}; ids: {', '.join(known)}"))

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
                message = f"{name!r} is no {noun}{did_you_mean(name, fields)}"
                known = f"known here: {', '.join(fields)}"
                self.faults.append(at.key_fault(_UNKNOWN_CODES[key], f"{message}; {known}"))
                continue
            try:
                values[name] = read_value(field.kind, value)
            except ValueError as error:
                self.faults.append(at.fault("wrong-type", f"{name}: {error}"))
        return values

    def _possible(self, facts: Mapping[str, Any], written: Located) -> None:
        """A test of facts that cannot occur together proves nothing."""
        missing = [name for name in self.never_unknown if facts[name] is None]
        if missing:
            told = ", ".join(f"{name} ({self.facts[name].kind.text()})" for name in missing)
            message = f"the test must say what is never unknown: {told}"
            self.faults.append(written.key_fault("test", message))
            return
        for text, condition in self.required:
            if not condition.holds(facts):
                message = f"these facts cannot occur together: always {text}"
                self.faults.append(written.key_fault("test", message))
        for declared in self.sums:
            if not declared.holds(facts):
                added = " + ".join(str(facts[part]) for part in declared.parts)
                message = (
                    f"these facts cannot occur together: always {declared.text()}, "
                    f"but {facts[declared.total]} is not {added}"
                )
                self.faults.append(written.key_fault("test", message))


_UNKNOWN_CODES = {"facts": "unknown-fact", "then": "unknown-field"}

"""Merging: a policy's documents laid over those that it extends.

A table is the list of its rules in order, each knowing which file wrote which of its keys, so that
a fault or an explanation can always name the right place.

Here: overriding, disabling, inserting, params. Not here: reading the files (`documents`), checking
what conditions and outcomes say (`checking`).
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import attrs

from launchfsm.policy.documents import RuleDocument, RuleFile, TableDocument, TestDocument
from launchfsm.policy.faults import Fault, Place
from launchfsm.policy.kinds import did_you_mean, show


@attrs.frozen
class Written:
    """A value and where it was written: the file, and the JSON path in it."""

    value: Any
    file: RuleFile
    path: str

    def key(self) -> Place:
        """Where its key stands."""
        return self.file.key(self.path)

    def place(self) -> Place:
        """Where the value stands."""
        return self.file.value(self.path)


@attrs.frozen
class MergedRule:
    """A rule with everything that policies said of it so far.

    Attributes:
        id: Its name.
        head: Where it was written last.
        when: The condition's text, `None` when it always fires.
        then: The outcome's fields.
        why: The author's reason.
        tests: The tests of the policy that is being loaded; inherited ones are its parents' own.
        origin: The policy that wrote it last.
    """

    id: str
    head: Written
    when: Written | None
    then: Mapping[str, Written]
    why: str
    tests: tuple[Written, ...]
    origin: str


@attrs.frozen
class MergedTable:
    """A table with everything that policies said of it so far."""

    name: str
    head: Written
    hit: Written | None = None
    params: Mapping[str, Written] = attrs.field(factory=dict)
    rules: tuple[MergedRule, ...] = ()
    tests: tuple[Written, ...] = ()


@attrs.frozen
class TableSource:
    """One policy's document of one table, and where it stands."""

    name: str
    document: TableDocument
    file: RuleFile
    path: str
    origin: str

    def written(self, key: str, value: Any) -> Written:
        """A value under a key of this document."""
        return Written(value, self.file, f"{self.path}.{key}")


def lay_over(base: MergedTable | None, source: TableSource, faults: list[Fault]) -> MergedTable:
    """The table as it is once `source` has had its say over what it inherits."""
    document = source.document
    start = base or MergedTable(source.name, Written(None, source.file, source.path))
    start = attrs.evolve(start, rules=tuple(_inherited(rule) for rule in start.rules))
    hit = source.written("hit", document.hit) if document.hit is not None else start.hit
    if base is not None and base.hit is not None and hit is not None:
        _same_hit(base.hit, hit, faults)
    rules = list(start.rules)
    for index, rule in enumerate(document.rule):
        head = source.written(f"rule[{index}]", rule)
        _lay_rule(rules, rule, head, source.origin, faults)
    return MergedTable(
        source.name,
        Written(None, source.file, source.path),
        hit,
        _params(start.params, source, faults),
        tuple(rules),
        _tests(document.test, source.file, f"{source.path}.test"),
    )


def inherited(base: MergedTable) -> MergedTable:
    """A table that the extending policy does not mention: its tests stay its own policy's."""
    rules = tuple(_inherited(rule) for rule in base.rules)
    return attrs.evolve(base, rules=rules, tests=())


def _inherited(rule: MergedRule) -> MergedRule:
    return attrs.evolve(rule, tests=())


def _tests(tests: list[TestDocument], file: RuleFile, path: str) -> tuple[Written, ...]:
    return tuple(Written(test, file, f"{path}[{index}]") for index, test in enumerate(tests))


def _same_hit(base: Written, hit: Written, faults: list[Fault]) -> None:
    if base.value != hit.value:
        message = f"the table is inherited with hit policy {base.value!r}, which cannot be changed"
        faults.append(Fault("type-change", message, hit.place(), hit.path, base.place()))


def _params(
    base: Mapping[str, Written], source: TableSource, faults: list[Fault]
) -> Mapping[str, Written]:
    merged = dict(base)
    for name, value in source.document.params.items():
        written = source.written(f"params.{name}", value)
        old = base.get(name)
        if old is not None and _toml_type(old.value) != _toml_type(value):
            message = (
                f"param {name} is inherited as {_toml_type(old.value)} {show(old.value)} "
                f"and cannot become {_toml_type(value)} {show(value)}"
            )
            faults.append(Fault("type-change", message, written.place(), written.path, old.place()))
            continue
        merged[name] = written
    return merged


def _toml_type(value: object) -> str:
    if isinstance(value, bool):
        return "boolean"
    if isinstance(value, int | float):
        return "number"
    if isinstance(value, str):
        return "text"
    return "list" if isinstance(value, list) else "table or date"


def _lay_rule(
    rules: list[MergedRule], rule: RuleDocument, head: Written, origin: str, faults: list[Fault]
) -> None:
    at = next((index for index, old in enumerate(rules) if old.id == rule.id), None)
    if rule.override or rule.disable:
        _change_rule(rules, at, rule, head, origin, faults)
        return
    if at is not None:
        message = (
            f"rule {rule.id!r} is there already; choose another id, "
            "or say `override = true` to change an inherited rule"
        )
        path = f"{head.path}.id"
        faults.append(
            Fault("duplicate-id", message, head.file.value(path), path, rules[at].head.key())
        )
        return
    new = MergedRule(
        rule.id,
        head,
        _written(head, "when", rule.when),
        _then(head, rule),
        rule.why or "",
        _tests(rule.test, head.file, f"{head.path}.test"),
        origin,
    )
    if rule.then is None:
        message = f"rule {rule.id!r} has no outcome; give it `then = {{ … }}`"
        faults.append(Fault("missing-outcome", message, head.key(), head.path))
    rules.insert(_where(rules, rule, head, faults), new)


def _written(head: Written, key: str, value: Any) -> Written | None:
    return None if value is None else Written(value, head.file, f"{head.path}.{key}")


def _then(head: Written, rule: RuleDocument) -> Mapping[str, Written]:
    return {
        name: Written(value, head.file, f"{head.path}.then.{name}")
        for name, value in (rule.then or {}).items()
    }


def _change_rule(
    rules: list[MergedRule],
    at: int | None,
    rule: RuleDocument,
    head: Written,
    origin: str,
    faults: list[Fault],
) -> None:
    verb = "override" if rule.override else "disable"
    if at is None or rules[at].origin == origin:
        known = [old.id for old in rules if old.origin != origin]
        message = (
            f"no inherited rule is named {rule.id!r}, so there is nothing to {verb}"
            f"{did_you_mean(rule.id, known)}"
        )
        path = f"{head.path}.id"
        related = rules[0].head.key() if rules else None
        faults.append(Fault("unused-override", message, head.file.value(path), path, related))
    elif rule.override and rule.disable:
        message = f"rule {rule.id!r} is either overridden or disabled, not both"
        faults.append(Fault("contradiction", message, head.key(), head.path, rules[at].head.key()))
    elif rule.disable:
        _nothing_else(rule, head, faults)
        del rules[at]
    else:
        rules[at] = _overridden(rules[at], rule, head, origin)
        if rule.before or rule.after:
            moved = rules.pop(at)
            rules.insert(_where(rules, rule, head, faults), moved)


def _nothing_else(rule: RuleDocument, head: Written, faults: list[Fault]) -> None:
    """A disabled rule says nothing more: what it said would silently be lost."""
    given = [key for key in ("when", "then", "why", "before", "after") if getattr(rule, key)]
    if rule.test:
        given.append("test")
    for key in given:
        message = f"rule {rule.id!r} is disabled, so its {key!r} does nothing; remove one of them"
        path = f"{head.path}.{key}"
        faults.append(Fault("contradiction", message, head.file.key(path), path))


def _overridden(old: MergedRule, rule: RuleDocument, head: Written, origin: str) -> MergedRule:
    return MergedRule(
        rule.id,
        head,
        _written(head, "when", rule.when) or old.when,
        {**old.then, **_then(head, rule)},
        rule.why or old.why,
        _tests(rule.test, head.file, f"{head.path}.test"),
        origin,
    )


def _where(rules: list[MergedRule], rule: RuleDocument, head: Written, faults: list[Fault]) -> int:
    """The index at which a rule goes: as `before` or `after` say, else at the end."""
    if rule.before is not None and rule.after is not None:
        message = f"rule {rule.id!r} goes before one rule or after one, not both"
        faults.append(Fault("contradiction", message, head.key(), head.path))
    side, wanted = ("before", rule.before) if rule.before is not None else ("after", rule.after)
    if wanted is None:
        return len(rules)
    for index, other in enumerate(rules):
        if other.id == wanted:
            return index + (side == "after")
    known = [other.id for other in rules]
    message = f"no rule is named {wanted!r}{did_you_mean(wanted, known)}; ids: {', '.join(known)}"
    path = f"{head.path}.{side}"
    related = rules[0].head.key() if rules else None
    faults.append(Fault("unknown-id", message, head.file.value(path), path, related))
    return len(rules)

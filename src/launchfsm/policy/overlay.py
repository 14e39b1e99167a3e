"""Merging: a policy's documents laid over those that it extends.

A table is the list of its rules in order, each knowing which file wrote which of its keys, so that
a fault or an explanation can always name the right place.

Where a part of a table could not be read, the table is not *whole*: what a rule of it then seems to
lack may stand in that part, so nothing is said of it.

Here: overriding, disabling, inserting, params. Not here: reading the files (`rule_files`,
`documents`), or checking what conditions and outcomes say (`checking`).
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING, Any

import attrs

from launchfsm.engine.text import did_you_mean, parse_duration, show
from launchfsm.policy.diagnostics import Diagnostic
from launchfsm.policy.documents import RuleDocument, TableDocument, TestDocument
from launchfsm.policy.locations import Path, path_text
from launchfsm.policy.rule_files import RuleFile

if TYPE_CHECKING:
    from launchfsm.engine.types import Location


@attrs.frozen
class Located:
    """A value and where it was written: the file, and the way to it in there."""

    value: Any
    file: RuleFile
    at: Path

    def under(self, *keys: str | int, value: Any = None) -> Located:
        """A value that stands inside this one."""
        return Located(value, self.file, (*self.at, *keys))

    def key(self) -> Location:
        """Where its key stands."""
        return self.file.key(self.at)

    def place(self) -> Location:
        """Where the value stands."""
        return self.file.value(self.at)

    def fault(self, code: str, message: str, *, other: Located | None = None) -> Diagnostic:
        """A fault of the value, which another one may have a part in."""
        return Diagnostic(
            code, message, self.place(), path_text(self.at), other.key() if other else None
        )

    def key_fault(self, code: str, message: str, *, other: Located | None = None) -> Diagnostic:
        """A fault of the key itself, or of all that stands under it."""
        return Diagnostic(
            code, message, self.key(), path_text(self.at), other.key() if other else None
        )


@attrs.frozen
class MergedRule:
    """A rule with everything that policies said of it so far.

    Attributes:
        id: Its name.
        head: Where it was written last.
        when: The condition's text, `None` when it always fires.
        then: The outcome's fields; `None` when nobody gave it an outcome.
        why: The author's reason.
        tests: The tests of the policy that is being loaded; inherited ones are its parents' own.
        origin: The policy that wrote it last.
    """

    id: str
    head: Located
    when: Located | None
    then: Mapping[str, Located] | None
    why: str
    tests: tuple[Located, ...]
    origin: str


@attrs.frozen
class MergedTable:
    """A table with everything that policies said of it so far.

    Attributes:
        name: Its name.
        head: Where it was written last.
        hit: The hit policy; `None` when nobody said.
        params: The params.
        rules: The rules, in order.
        tests: The tests of the policy that is being loaded.
        whole: Whether everything that was written of it could be read.
        removed_default: What took the last rule without a condition away, the rule's id its value;
            `None` when nothing did.
    """

    name: str
    head: Located
    hit: Located | None
    params: Mapping[str, Located]
    rules: tuple[MergedRule, ...]
    tests: tuple[Located, ...]
    whole: bool
    removed_default: Located | None = None


@attrs.frozen
class TableSource:
    """One policy's document of one table.

    Attributes:
        name: The table's name.
        document: What the policy says of it.
        file: The file that says it.
        origin: The policy.
        whole: Whether all of it could be read.
    """

    name: str
    document: TableDocument
    file: RuleFile
    origin: str
    whole: bool

    @property
    def head(self) -> Located:
        """Where it stands."""
        return Located(None, self.file, self.document.at)


def overlay(
    base: MergedTable | None, source: TableSource, faults: list[Diagnostic], *, whole: bool = True
) -> MergedTable:
    """The table as it is once a policy has had its say over what it inherits.

    Args:
        base: The table as inherited; `None` when it is new.
        source: What the policy says of it.
        faults: What is wrong is added here.
        whole: Whether everything that the policy inherits could be read.
    """
    layer = _Layer(base, source, faults, whole=whole)
    for rule in source.document.rule:
        layer.lay(rule)
    return MergedTable(
        source.name,
        source.head,
        layer.hit(),
        layer.params(),
        tuple(layer.rules),
        _tests(source.head, source.document.test),
        layer.whole,
        layer.removed_default,
    )


def naming(head: Located) -> Located:
    """Where a table's name is written: in its file's `table`, or as a key of the whole policy."""
    return head if head.at else head.under("table")


def inherited(base: MergedTable) -> MergedTable:
    """A table as the policy that extends its policy sees it: the tests stay with their policy."""
    rules = tuple(attrs.evolve(rule, tests=()) for rule in base.rules)
    return attrs.evolve(base, rules=rules, tests=())


def _tests(head: Located, tests: Iterable[TestDocument]) -> tuple[Located, ...]:
    return tuple(Located(test, head.file, test.at) for test in tests)


class _Layer:
    """One policy's say over one table: `rules` are the table's rules so far."""

    def __init__(
        self,
        base: MergedTable | None,
        source: TableSource,
        faults: list[Diagnostic],
        *,
        whole: bool,
    ) -> None:
        self.base = inherited(base) if base else None
        self.source = source
        self.faults = faults
        self.whole = whole and source.whole and (base is None or base.whole)
        self.rules: list[MergedRule] = list(self.base.rules) if self.base else []
        self.mine: dict[str, Located] = {}
        self.removed_default = base.removed_default if base else None

    # -- The table itself ------------------------------------------------------------------------

    def hit(self) -> Located | None:
        """The hit policy, which an inherited table keeps."""
        old = self.base.hit if self.base else None
        if self.source.document.hit is None:
            return old
        new = self.source.head.under("hit", value=self.source.document.hit)
        if old is not None and old.value != new.value:
            message = f"the table is inherited with hit policy {old.value!r}, which cannot change"
            self.faults.append(new.fault("type-change", message, other=old))
            return old
        return new

    def params(self) -> Mapping[str, Located]:
        """The params: inherited ones may change their value, but not its type."""
        merged = dict(self.base.params) if self.base else {}
        for name, value in self.source.document.params.items():
            new, old = self.source.head.under("params", name, value=value), merged.get(name)
            if old is not None and _toml_type(old.value) != _toml_type(value):
                message = (
                    f"param {name} is inherited as {_toml_type(old.value)} {show(old.value)} "
                    f"and cannot become {_toml_type(value)} {show(value)}{_instead(old.value)}"
                )
                self.faults.append(new.fault("type-change", message, other=old))
            else:
                merged[name] = new
        return merged

    # -- Its rules -------------------------------------------------------------------------------

    def lay(self, rule: RuleDocument) -> None:
        """Add a rule, or change or remove an inherited one."""
        head = Located(rule, self.source.file, rule.at)
        if rule.id in self.mine:
            message = f"rule {rule.id!r} is in this table twice; give each rule an id of its own"
            other = self.mine[rule.id]
            self.faults.append(head.under("id").fault("duplicate-id", message, other=other))
            return
        self.mine[rule.id] = head
        index = self.index(rule.id)
        if rule.override or rule.disable:
            self.change(index, rule, head)
        elif index is None:
            self.add(rule, head)
        else:
            message = (
                f"rule {rule.id!r} is inherited; say `override = true` to change it, "
                "or choose another id"
            )
            other = self.rules[index].head
            self.faults.append(head.under("id").fault("duplicate-id", message, other=other))

    def add(self, rule: RuleDocument, head: Located) -> None:
        """A new rule."""
        new = self.merged(rule, head, None)
        self.rules.insert(self.place_of(rule, head), new)

    def change(self, index: int | None, rule: RuleDocument, head: Located) -> None:
        """Override or disable the inherited rule at an index."""
        both = rule.override and rule.disable
        if both:
            message = f"rule {rule.id!r} is either overridden or disabled, not both"
            other = None if index is None else self.rules[index].head
            self.faults.append(head.key_fault("contradiction", message, other=other))
        if index is not None and not both:
            self.change_one_way(index, rule, head)
            return
        if index is None:
            self.unused(rule, head)
        self.place_of(rule, head)  # what is wrong with its place is told all the same

    def change_one_way(self, index: int, rule: RuleDocument, head: Located) -> None:
        """Override the inherited rule at an index, or disable it."""
        self.note_default(index, rule, head)
        if rule.disable:
            self.says_nothing_else(rule, head)
            del self.rules[index]
        else:
            self.override(index, rule, head)

    def note_default(self, index: int, rule: RuleDocument, head: Located) -> None:
        """Note what takes away that the inherited rule at an index always fires."""
        key = "disable" if rule.disable else "when"
        if self.rules[index].when is None and (rule.disable or rule.when is not None):
            self.removed_default = head.under(key, value=rule.id)

    def override(self, index: int, rule: RuleDocument, head: Located) -> None:
        """Change the inherited rule at an index, and perhaps its place."""
        if not _given(rule) and self.whole:
            message = f"this overrides nothing of rule {rule.id!r}; say what changes, or remove it"
            self.faults.append(
                head.key_fault("unused-override", message, other=self.rules[index].head)
            )
        new = self.merged(rule, head, self.rules.pop(index))
        if rule.before is not None or rule.after is not None:
            index = self.place_of(rule, head)
        self.rules.insert(index, new)

    def merged(self, rule: RuleDocument, head: Located, old: MergedRule | None) -> MergedRule:
        """A rule as it is now: what it says itself, and what it inherits where it says nothing."""
        when, then, why = (old.when, old.then, old.why) if old else (None, None, "")
        if rule.when is not None:
            when = head.under("when", value=rule.when)
        if rule.then is not None:
            own = {name: head.under("then", name, value=rule.then[name]) for name in rule.then}
            then = {**(then or {}), **own}
        if rule.why is not None:
            why = rule.why
        tests = _tests(head, rule.test)
        return MergedRule(rule.id, head, when, then, why, tests, self.source.origin)

    def unused(self, rule: RuleDocument, head: Located) -> None:
        """An override of what is not there, unless that may stand in a part not read."""
        if self.whole:
            verb = "override" if rule.override else "disable"
            known = [old.id for old in self.base.rules] if self.base else []
            message = (
                f"no inherited rule is named {rule.id!r}, so there is nothing to {verb}"
                f"{did_you_mean(rule.id, known)}; inherited ids: {', '.join(known) or 'none'}"
            )
            other = naming(self.base.head) if self.base else None
            self.faults.append(head.under("id").fault("unused-override", message, other=other))

    def says_nothing_else(self, rule: RuleDocument, head: Located) -> None:
        """What a disabled rule said besides would silently be lost."""
        for key in _given(rule):
            message = f"rule {rule.id!r} is disabled, so its {key!r} does nothing; remove one"
            self.faults.append(head.under(key).key_fault("contradiction", message))

    # -- Their order -----------------------------------------------------------------------------

    def place_of(self, rule: RuleDocument, head: Located) -> int:
        """The index at which a rule goes: as `before` or `after` say, else at the end."""
        if rule.before is not None and rule.after is not None:
            message = f"rule {rule.id!r} goes before one rule or after one, not both"
            self.faults.append(head.key_fault("contradiction", message))
        place = len(self.rules)
        for side, wanted in (("after", rule.after), ("before", rule.before)):
            index = None if wanted is None else self.index(wanted)
            if index is not None:
                place = index + (side == "after")
            elif wanted is not None and self.whole:
                self.unknown_neighbour(side, wanted, head)
        return place

    def unknown_neighbour(self, side: str, wanted: str, head: Located) -> None:
        """A place beside a rule that is not there."""
        known = [other.id for other in self.rules]
        message = (
            f"no rule is named {wanted!r}{did_you_mean(wanted, known)}; "
            f"ids so far: {', '.join(known)}"
        )
        other = naming(self.base.head) if self.base else None
        self.faults.append(head.under(side).fault("unknown-id", message, other=other))

    def index(self, wanted: str) -> int | None:
        """Where a rule stands; `None` when there is none of that id."""
        return next((index for index, rule in enumerate(self.rules) if rule.id == wanted), None)


def _given(rule: RuleDocument) -> list[str]:
    """The keys of a rule that change something, as far as it gives them."""
    keys = ["when", "then", "why", "before", "after"]
    return [key for key in keys if getattr(rule, key) is not None] + (["test"] if rule.test else [])


def _instead(inherited: object) -> str:
    """What to write where a duration is inherited; empty where something else is."""
    if not isinstance(inherited, str):
        return ""
    try:
        parse_duration(inherited)
    except ValueError:
        return ""
    return '; a duration is a text with its units, as in "300s" or "5m"'


def _toml_type(value: object) -> str:
    if isinstance(value, bool):
        return "boolean"
    if isinstance(value, int | float):
        return "number"
    if isinstance(value, str):
        return "text"
    return "list" if isinstance(value, list) else "table or date"

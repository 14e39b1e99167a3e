"""Overlay: a policy's documents laid over those that it extends.

A table is the list of its rules in order, each knowing which file wrote which of its keys, so that
a fault or an explanation can always name the right place.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import TYPE_CHECKING, Any, Final

import attrs

from launchfsm.engine.text import did_you_mean, listing, parse_duration, show, visible
from launchfsm.policy.diagnostics import Diagnostic, Diagnostics
from launchfsm.policy.documents import RuleDocument, RuleFile, TableDocument, TestDocument
from launchfsm.policy.locations import KeyPath, path_text

if TYPE_CHECKING:
    from launchfsm.engine.types import Location

LONGEST_NAME: Final = 200
"""Characters of a rule's id, and of a policy's name."""


@attrs.frozen
class Located:
    """A value and where it was written: the file, and the way to it in there."""

    value: Any
    file: RuleFile
    at: KeyPath

    def under(self, *keys: str | int, value: Any = None) -> Located:
        """A value that stands inside this one."""
        return Located(value, self.file, (*self.at, *keys))

    def key(self) -> Location:
        """Where its key stands."""
        return self.file.key(self.at)

    def location(self) -> Location:
        """Where the value stands."""
        return self.file.value(self.at)

    def fault(self, code: str, message: str, *, other: Located | None = None) -> Diagnostic:
        """A fault of the value, which another one may have a part in."""
        related = other.key() if other else None
        return Diagnostic(code, message, self.location(), path_text(self.at), related)

    def key_fault(self, code: str, message: str, *, other: Located | None = None) -> Diagnostic:
        """A fault of the key itself, or of all that stands under it."""
        related = other.key() if other else None
        return Diagnostic(code, message, self.key(), path_text(self.at), related)


@attrs.frozen
class TableSource:
    """One policy's document of one table.

    Attributes:
        name: The table's name.
        document: What the policy says of it.
        file: The file that says it.
        origin: The policy.
    """

    name: str
    document: TableDocument
    file: RuleFile
    origin: str

    @property
    def head(self) -> Located:
        """Where it stands."""
        return Located(None, self.file, self.document.at)


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
        on: Of an own table: after which decision it is asked; `None` of any other.
        hit: The hit policy; `None` when nobody said.
        doc: What it decides; may be empty.
        outcome: Of an own table: what its rules may answer, by name.
        show: Of an own table: the line that displays have of its answer; `None` for none.
        params: The params.
        rules: The rules, in order.
        tests: The tests of the policy that is being loaded.
        inherits: Whether another policy had its say before.
    """

    name: str
    head: Located
    on: Located | None
    hit: Located | None
    doc: str
    outcome: Mapping[str, Located]
    show: Located | None
    params: Mapping[str, Located]
    rules: tuple[MergedRule, ...]
    tests: tuple[Located, ...]
    inherits: bool


def naming(head: Located) -> Located:
    """Where a table's name is written: in its file's `table`, or as a key of the whole policy."""
    return head if head.at else head.under("table")


def overlay(base: MergedTable | None, source: TableSource, faults: Diagnostics) -> MergedTable:
    """The table as it is once a policy has had its say over what it inherits.

    Args:
        base: The table as inherited, its tests left behind; `None` when it is new.
        source: What the policy says of it.
        faults: What is wrong is added here.
    """
    faults, document = faults.of(source.name), source.document
    show = source.head.under("show", value=document.show)
    return MergedTable(
        source.name,
        source.head,
        _kept(base.on if base else None, "on", source, faults),
        _kept(base.hit if base else None, "hit", source, faults),
        (base.doc if base else "") if document.doc is None else document.doc,
        _outcome(base, source, faults),
        (base.show if base else None) if document.show is None else show,
        _params(base, source, faults),
        _rules(base, source, faults),
        _tests(source.head, source.document.test),
        base is not None,
    )


def inherited(base: MergedTable) -> MergedTable:
    """A table as the policy that extends its policy sees it: the tests stay with their policy."""
    rules = tuple(attrs.evolve(rule, tests=()) for rule in base.rules)
    return attrs.evolve(base, rules=rules, tests=())


def _tests(head: Located, tests: Iterable[TestDocument]) -> tuple[Located, ...]:
    return tuple(Located(test, head.file, test.at) for test in tests)


# -- The table itself ------------------------------------------------------------------------------


_CALLED: Final = {"hit": "with hit policy", "on": "standing on"}


def _kept(
    old: Located | None, key: str, source: TableSource, faults: Diagnostics
) -> Located | None:
    """A text that an inherited table keeps: its hit policy, or what it stands on."""
    value = getattr(source.document, key)
    if value is None:
        return old
    new = source.head.under(key, value=value)
    if old is not None and old.value != new.value:
        message = f"the table is inherited {_CALLED[key]} {old.value!r}, which cannot change"
        faults.add(new.fault("type-change", message, other=old))
        return old
    return new


def _outcome(
    base: MergedTable | None, source: TableSource, faults: Diagnostics
) -> Mapping[str, Located]:
    """What an own table answers: more than is inherited, but nothing else."""
    merged = dict(base.outcome) if base else {}
    for name, field in source.document.outcome.items():
        new = source.head.under("outcome", name, value=field)
        if name in merged:
            message = f"{name} is inherited and cannot be declared again; answer it by a rule"
            faults.add(new.key_fault("type-change", message, other=merged[name]))
        else:
            merged[name] = new
    return merged


def _params(
    base: MergedTable | None, source: TableSource, faults: Diagnostics
) -> Mapping[str, Located]:
    """The params: inherited ones may change their value, but not its type."""
    merged = dict(base.params) if base else {}
    for name, value in source.document.params.items():
        new, old = source.head.under("params", name, value=value), merged.get(name)
        if old is not None and _toml_type(old.value) != _toml_type(value):
            message = (
                f"param {name} is inherited as {_toml_type(old.value)} {show(old.value)} "
                f"and cannot become {_toml_type(value)} {show(value)}{_instead(old.value)}"
            )
            faults.add(new.fault("type-change", message, other=old))
        else:
            merged[name] = new
    return merged


def _instead(inherited: object) -> str:
    """What to write where a duration is inherited; empty where something else is."""
    try:
        parse_duration(inherited if isinstance(inherited, str) else "")
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


# -- Its rules -------------------------------------------------------------------------------------


class _Order:
    """Ids in an order in which each can be placed beside another, or removed, at once."""

    def __init__(self, ids: Iterable[str]) -> None:
        self._after: dict[str | None, str | None] = {None: None}
        self._before: dict[str | None, str | None] = {None: None}
        for one in ids:
            self.put(one, before=None)

    def put(self, one: str, *, before: str | None) -> None:
        """Place an id ahead of another; at the end when that is `None`."""
        last = self._before[before]
        self._after[last], self._before[one] = one, last
        self._after[one], self._before[before] = before, one

    def put_after(self, one: str, other: str) -> None:
        """Place an id right behind another."""
        self.put(one, before=self._after[other])

    def remove(self, one: str) -> None:
        """Take an id out."""
        last, following = self._before.pop(one), self._after.pop(one)
        self._after[last], self._before[following] = following, last

    def __iter__(self) -> Iterator[str]:
        one = self._after[None]
        while one is not None:
            yield one
            one = self._after[one]


def _rules(
    base: MergedTable | None, source: TableSource, faults: Diagnostics
) -> tuple[MergedRule, ...]:
    """The rules in order, as the policy adds to them, changes, moves and removes them."""
    rules = {rule.id: rule for rule in base.rules} if base else {}
    order = _Order(rules)
    mine: dict[str, Located] = {}
    for document in source.document.rule:
        head = Located(document, source.file, document.at)
        if _is_named(document, head, mine, faults):
            old = rules.get(document.id)
            changes = document.override or document.disable
            if document.override and document.disable:
                message = f"rule {document.id!r} is either overridden or disabled, not both"
                other = old.head if old else None
                faults.add(head.key_fault("contradiction", message, other=other))
            elif changes and old is None:
                _nothing_to_change(document, head, base, faults)
            elif old is not None and not changes:
                message = (
                    f"rule {document.id!r} is inherited; say `override = true` to change it, "
                    "or choose another id"
                )
                faults.add(head.under("id").fault("duplicate-id", message, other=old.head))
            elif document.disable:
                for key in _given(document):  # it would silently be lost
                    message = (
                        f"rule {document.id!r} is disabled, so its {key!r} does nothing; remove one"
                    )
                    faults.add(head.under(key).key_fault("contradiction", message))
                del rules[document.id]
                order.remove(document.id)
            else:
                if old is not None and not _given(document):
                    message = (
                        f"this overrides nothing of rule {old.id!r}; say what changes, or remove it"
                    )
                    fault = head.key_fault("unused-override", message, other=old.head)
                    faults.add(fault, "missing")
                rules[document.id] = _merged(document, head, old, source.origin)
                _place(document, head, order, rules, naming(base.head) if base else None, faults)
    return tuple(rules[one] for one in order)


def _is_named(
    document: RuleDocument, head: Located, mine: dict[str, Located], faults: Diagnostics
) -> bool:
    """Whether a rule has a name that can be seen, and that no other of the table has."""
    code, other = "rule-id", None
    message = (
        f"a rule cannot be named {show(document.id)}: an id has at most {LONGEST_NAME} characters, "
        "all of which can be seen"
    )
    if len(document.id) <= LONGEST_NAME and visible(document.id) == document.id:
        code, other = "duplicate-id", mine.setdefault(document.id, head)
        message = f"rule {document.id!r} is in this table twice; give each rule an id of its own"
    if other is head:
        return True
    faults.add(head.under("id").fault(code, message, other=other))
    return False


def _merged(
    document: RuleDocument, head: Located, old: MergedRule | None, origin: str
) -> MergedRule:
    """A rule as it is now: what it says itself, and what it inherits where it says nothing."""
    when, then, why = (old.when, old.then, old.why) if old else (None, None, "")
    if document.when is not None:
        when = head.under("when", value=document.when)
    if document.then is not None:
        own = {name: head.under("then", name, value=value) for name, value in document.then.items()}
        then = {**(then or {}), **own}
    why = why if document.why is None else document.why
    return MergedRule(document.id, head, when, then, why, _tests(head, document.test), origin)


def _place(
    document: RuleDocument,
    head: Located,
    order: _Order,
    rules: Mapping[str, MergedRule],
    base: Located | None,
    faults: Diagnostics,
) -> None:
    """Put a rule where its `before` or `after` says; else a new one at the end."""
    moves = document.before is not None or document.after is not None
    if document.override and not moves:
        return
    if document.override:
        order.remove(document.id)
    if document.before is not None and document.after is not None:
        message = f"rule {document.id!r} goes before one rule or after one, not both"
        faults.add(head.key_fault("contradiction", message))
    side, wanted = (
        ("before", document.before) if document.after is None else ("after", document.after)
    )
    if wanted is None:
        order.put(document.id, before=None)
    elif wanted not in rules or wanted == document.id:
        known = [one for one in rules if one != document.id]
        message = (
            f"no rule is named {show(wanted)}{did_you_mean(wanted, known)}; "
            f"ids so far: {listing(known)}"
        )
        faults.add(head.under(side).fault("unknown-id", message, other=base), "missing")
        order.put(document.id, before=None)
    elif side == "before":
        order.put(document.id, before=wanted)
    else:
        order.put_after(document.id, wanted)


def _nothing_to_change(
    document: RuleDocument, head: Located, base: MergedTable | None, faults: Diagnostics
) -> None:
    verb = "override" if document.override else "disable"
    known = [rule.id for rule in base.rules] if base else []
    message = (
        f"no inherited rule is named {document.id!r}, so there is nothing to {verb}"
        f"{did_you_mean(document.id, known)}; inherited ids: {listing(known)}"
    )
    other = naming(base.head) if base else None
    fault = head.under("id").fault("unused-override", message, other=other)
    faults.add(fault, "missing")


def _given(rule: RuleDocument) -> list[str]:
    """The keys of a rule that change something, as far as it gives them."""
    keys = ["when", "then", "why", "before", "after"]
    return [key for key in keys if getattr(rule, key) is not None] + (["test"] if rule.test else [])

"""Overlay: a policy's tables laid over those that it extends.

A table is the list of its rules in order, each knowing which file wrote which of its keys, so that
a fault or an explanation can always name the right place.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

import attrs

from launchfsm.engine.text import did_you_mean, listing, parse_duration, show, visible
from launchfsm.policy.diagnostics import Diagnostics
from launchfsm.policy.documents import Located

LONGEST_NAME: Final = 200
"""Characters of a rule's id, and of a policy's name."""


@attrs.frozen
class MergedRule:
    """A rule with everything that policies said of it so far.

    Attributes:
        head: Where it was written last.
        origin: The policy that wrote it last.
        tests: The tests of the policy that is being loaded; inherited ones are its parents' own.
    """

    id: str
    head: Located
    origin: str
    when: Located | None = None
    then: Mapping[str, Located] | None = None
    why: str = ""
    tests: tuple[Located, ...] = ()


@attrs.frozen
class MergedTable:
    """A table with everything that policies said of it so far.

    Attributes:
        head: Where it was written last.
        on: Of an own table, as `outcome` and `show`: after which decision it is asked.
        rules: The rules, in the order in which they are tried.
        tests: The tests of the policy that is being loaded.
        inherits: Whether another policy had its say before.
    """

    name: str
    head: Located
    on: Located | None = None
    hit: Located | None = None
    doc: str = ""
    outcome: Mapping[str, Located] = attrs.field(factory=dict)
    show: Located | None = None
    params: Mapping[str, Located] = attrs.field(factory=dict)
    rules: tuple[MergedRule, ...] = ()
    tests: tuple[Located, ...] = ()
    inherits: bool = False


def naming(head: Located) -> Located:
    """Where a table's name is written: in its file's `table`, or as a key of the whole policy."""
    return head if head.at else head.under("table")


def overlay(
    base: MergedTable | None, name: str, head: Located, origin: str, faults: Diagnostics
) -> MergedTable:
    """The table as it is once a policy has had its say over what it inherits.

    Args:
        base: The table as inherited, its tests left behind; `None` when it is new.
        name: Its name.
        head: What the policy says of it.
        origin: The policy's name.
        faults: What is wrong is added here.
    """
    faults, old = faults.of(name), base or MergedTable(name, head)
    rules = _Rules(base, origin, faults)
    for rule in head.said("rule", ()):
        rules.add(rule)
    return MergedTable(
        name,
        head,
        on=_kept(old.on, head.get("on"), "standing on", faults),
        hit=_kept(old.hit, head.get("hit"), "with hit policy", faults),
        doc=head.said("doc", old.doc),
        outcome=_outcome(old.outcome, head.said("outcome", {}), faults),
        show=head.get("show") or old.show,
        params=_params(old.params, head.named("params"), faults),
        rules=tuple(rules.rules[one] for one in rules.order),
        tests=head.said("test", ()),
        inherits=base is not None,
    )


def inherited(base: MergedTable) -> MergedTable:
    """A table as the policy that extends its policy sees it: the tests stay with their policy."""
    rules = tuple(attrs.evolve(rule, tests=()) for rule in base.rules)
    return attrs.evolve(base, rules=rules, tests=())


# -- The table itself ------------------------------------------------------------------------------


def _kept(
    old: Located | None, new: Located | None, called: str, faults: Diagnostics
) -> Located | None:
    """A text that an inherited table keeps: its hit policy, or what it stands on."""
    if old is None or new is None:
        return new or old
    if old.value != new.value:
        message = f"the table is inherited {called} {old.value!r}, which cannot change"
        faults.add(new.fault("type-change", message, other=old))
        return old
    return new


def _outcome(
    old: Mapping[str, Located], new: Mapping[str, Located], faults: Diagnostics
) -> Mapping[str, Located]:
    """What an own table answers: more than is inherited, but nothing else."""
    merged = dict(old)
    for name, field in new.items():
        if name in merged:
            message = f"{name} is inherited and cannot be declared again; answer it by a rule"
            faults.add(field.key_fault("type-change", message, other=merged[name]))
        else:
            merged[name] = field
    return merged


def _params(
    old: Mapping[str, Located], new: Mapping[str, Located], faults: Diagnostics
) -> Mapping[str, Located]:
    """The params: inherited ones may change their value, but not its type."""
    merged = dict(old)
    for name, written in new.items():
        value, was = written.value, old[name].value if name in old else written.value
        if _toml_type(was) == _toml_type(value):
            merged[name] = written
        else:
            message = (
                f"param {name} is inherited as {_toml_type(was)} {show(was)} "
                f"and cannot become {_toml_type(value)} {show(value)}"
            )
            if _is_duration(was):
                message += '; a duration is a text with its units, as in "300s" or "5m"'
            faults.add(written.fault("type-change", message, other=old[name]))
    return merged


def _is_duration(value: object) -> bool:
    try:
        parse_duration(value if isinstance(value, str) else "")
    except ValueError:
        return False
    return True


def _toml_type(value: object) -> str:
    if isinstance(value, bool):
        return "boolean"
    if isinstance(value, int | float):
        return "number"
    if isinstance(value, str):
        return "text"
    return "list" if isinstance(value, list) else "table or date"


# -- Its rules -------------------------------------------------------------------------------------


_CHANGING: Final = ("when", "then", "why", "before", "after", "test")
"""The keys of a rule that change something."""


class _Rules:
    """The rules of a table, as a policy adds to them, changes, moves and removes them."""

    def __init__(self, base: MergedTable | None, origin: str, faults: Diagnostics) -> None:
        self.rules = {rule.id: rule for rule in base.rules} if base else {}
        self.inherited = tuple(self.rules)
        self.order = list(self.rules)
        self.mine: dict[str, Located] = {}
        self.above = naming(base.head) if base else None
        self.origin = origin
        self.faults = faults

    def add(self, head: Located) -> None:
        """One `[[rule]]` of the policy."""
        name: str = head.said("id")
        if len(name) > LONGEST_NAME or visible(name) != name:
            message = (
                f"a rule cannot be named {show(name)}: an id has at most {LONGEST_NAME} "
                "characters, all of which can be seen"
            )
            self.faults.add(head.under("id").fault("rule-id", message))
        elif (first := self.mine.setdefault(name, head)) is not head:
            message = f"rule {name!r} is in this table twice; give each rule an id of its own"
            self.faults.add(head.under("id").fault("duplicate-id", message, other=first))
        elif head.said("override") or head.said("disable"):
            self._change(name, head)
        elif name in self.rules:
            message = (
                f"rule {name!r} is inherited; say `override = true` to change it, "
                "or choose another id"
            )
            other = self.rules[name].head
            self.faults.add(head.under("id").fault("duplicate-id", message, other=other))
        else:
            self.rules[name] = self._merged(MergedRule(name, head, self.origin), head)
            self._place(name, head)

    def _change(self, name: str, head: Located) -> None:
        """Override or disable an inherited rule."""
        old, override, disable = self.rules.get(name), head.said("override"), head.said("disable")
        given = [key for key in _CHANGING if head.said(key, ()) != ()]
        if override and disable:
            message = f"rule {name!r} is either overridden or disabled, not both"
            other = old.head if old else None
            self.faults.add(head.key_fault("contradiction", message, other=other))
        elif old is None:
            message = (
                f"no inherited rule is named {name!r}, so there is nothing to "
                f"{'override' if override else 'disable'}{did_you_mean(name, self.inherited)}; "
                f"inherited ids: {listing(self.inherited)}"
            )
            fault = head.under("id").fault("unused-override", message, other=self.above)
            self.faults.add(fault, "missing")
        elif disable:
            for key in given:  # it would silently be lost
                message = f"rule {name!r} is disabled, so its {key!r} does nothing; remove one"
                self.faults.add(head.under(key).key_fault("contradiction", message))
            del self.rules[name]
            self.order.remove(name)
        else:
            if not given:
                message = f"this overrides nothing of rule {name!r}; say what changes, or remove it"
                fault = head.key_fault("unused-override", message, other=old.head)
                self.faults.add(fault, "missing")
            self.rules[name] = self._merged(old, head)
            if head.get("before") or head.get("after"):
                self.order.remove(name)
                self._place(name, head)

    def _merged(self, old: MergedRule, head: Located) -> MergedRule:
        """A rule as it is now: what it says itself, and what it had where it says nothing."""
        then = {**(old.then or {}), **head.named("then")}
        return MergedRule(
            old.id,
            head,
            self.origin,
            when=head.get("when") or old.when,
            then=old.then if head.get("then") is None else then,
            why=head.said("why", old.why),
            tests=head.said("test", ()),
        )

    def _place(self, name: str, head: Located) -> None:
        """Put a rule where its `before` or `after` says, else at the end."""
        before, after = head.get("before"), head.get("after")
        if before and after:
            message = f"rule {name!r} goes before one rule or after one, not both"
            self.faults.add(head.key_fault("contradiction", message))
        beside = after or before
        if beside is None:
            self.order.append(name)
        elif beside.value not in self.rules or beside.value == name:
            known = [one for one in self.rules if one != name]
            message = (
                f"no rule is named {show(beside.value)}{did_you_mean(beside.value, known)}; "
                f"ids so far: {listing(known)}"
            )
            self.faults.add(beside.fault("unknown-id", message, other=self.above), "missing")
            self.order.append(name)
        else:
            self.order.insert(self.order.index(beside.value) + bool(after), name)

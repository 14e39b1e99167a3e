"""Overlay: a policy's tables laid over those that it extends.

A table is the list of its rules in order. It and its rules know which file wrote which of their
keys, so that a fault or an explanation can always name the right place.
"""

from __future__ import annotations

import contextlib
from collections.abc import Mapping
from typing import Any, Final

import attrs

from launchfsm.engine.table import NOTHING
from launchfsm.engine.text import choices, parse_duration, quoted, show, visible
from launchfsm.policy.diagnostics import Diagnostics
from launchfsm.policy.documents import Located

LONGEST_NAME: Final = 200
"""Characters of a rule's id, and of a policy's name."""


@attrs.frozen
class MergedRule:
    """A rule with everything that policies said of it so far.

    Attributes:
        written: What they said, at the place where it was written last.
        origin: The policy that wrote it last.
    """

    id: str
    written: Located
    origin: str


@attrs.frozen
class MergedTable:
    """A table with everything that policies said of it so far.

    Attributes:
        written: What they said, at the place where it was written last; of the rules, and of the
            tests, only what the last policy said.
        rules: The rules, in the order in which they are tried.
        inherits: Whether another policy had its say before.
    """

    name: str
    written: Located
    rules: tuple[MergedRule, ...] = ()
    inherits: bool = False


def unfit(what: str, name: str) -> str:
    """Why a rule or a policy cannot have a name; empty when it can."""
    if len(name) > LONGEST_NAME or visible(name) != name:
        why = f": a name has at most {LONGEST_NAME} characters, all of which can be seen"
    elif what == "rule" and name in {"", NOTHING}:
        why = "; tests say that for no rule at all"
    else:
        return ""
    return f"a {what} cannot be named {show(name)}{why}"


def naming(head: Located) -> Located:
    """Where a table's name is written: in its file's `table`, or as a key of the whole policy."""
    return head if head.at else head.under("table")


def overlay(
    base: MergedTable | None, name: str, head: Located, origin: str, faults: Diagnostics
) -> MergedTable:
    """The table that comes of what a policy inherits and what it says itself.

    Args:
        base: The table as inherited, its tests left behind; `None` when it is new.
        head: What the policy says of it.
        origin: The policy's name.
    """
    faults, old = faults.of(name), base.written if base else head.under(value={})
    said: dict[str, Located] = {**old.value, **head.value}
    for key, called in (("on", "standing on"), ("hit", "with hit policy")):
        was, now = old.get(key), head.get(key)
        if was is not None and now is not None and was.value != now.value:
            message = f"the table is inherited {called} {quoted(was.value)}, which cannot change"
            faults.add(now.fault("type-change", message, other=was))
            said[key] = was
    fields, more = old.said("outcome", {}), head.said("outcome", {})
    for field in more:
        if field in fields:
            message = f"{field} is inherited and cannot be declared again; answer it by a rule"
            faults.add(more[field].key_fault("type-change", message, other=fields[field]))
    # Inherited fields come first, and stay what they are.
    said["outcome"] = head.under("outcome", value={**fields, **more, **fields})
    params = _params(old.said("params", {}), head.said("params", {}), faults)
    said["params"] = head.under("params", value=params)
    rules = _Rules(base, origin, faults)
    for rule in head.said("rule", ()):
        rules.add(rule)
    ordered = tuple(rules.rules[one] for one in rules.order)
    return MergedTable(name, head.under(value=said), ordered, inherits=base is not None)


def inherited(base: MergedTable) -> MergedTable:
    """A table as the policy that extends its policy sees it: the tests stay with their policy."""
    rules = (attrs.evolve(rule, written=_untested(rule.written)) for rule in base.rules)
    return attrs.evolve(base, written=_untested(base.written), rules=tuple(rules))


def _untested(written: Located) -> Located:
    return written.under(value={key: said for key, said in written.value.items() if key != "test"})


# -- The table itself ------------------------------------------------------------------------------


def _params(
    old: Mapping[str, Located], new: Mapping[str, Located], faults: Diagnostics
) -> Mapping[str, Located]:
    """The params: inherited ones may change their value, but not its type."""
    merged = {**old, **new}
    for name, written in new.items():
        value, was = written.value, old.get(name, written).value
        if _toml_type(was) != _toml_type(value):
            message = (
                f"param {name} is inherited as {_toml_type(was)} {show(was)} "
                f"and cannot become {_toml_type(value)} {show(value)}"
            )
            with contextlib.suppress(ValueError):
                parse_duration(was if isinstance(was, str) else "")
                message += '; a duration is a text with its units, as in "300s" or "5m"'
            faults.add(written.fault("type-change", message, other=old[name]))
            merged[name] = old[name]
    return merged


_TOML_TYPES: Final = {bool: "boolean", int: "number", float: "number", str: "text", list: "list"}


def _toml_type(value: object) -> str:
    return _TOML_TYPES.get(type(value), "table or date")


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
        self.above = naming(base.written) if base else None
        self.origin = origin
        self.faults = faults

    def add(self, head: Located) -> None:
        """One `[[rule]]` of the policy."""
        name: str = head.said("id")
        old = self.rules.get(name)
        if wrong := unfit("rule", name):
            self.faults.add(head.under("id").fault("rule-id", wrong), "unread")
        elif (first := self.mine.setdefault(name, head)) is not head:
            message = f"rule {name!r} is in this table twice; give each rule an id of its own"
            self.faults.add(head.under("id").fault("duplicate-id", message, other=first))
        elif head.said("override") or head.said("disable"):
            self._change(name, head, old)
        elif old is not None:
            message = (
                f"rule {name!r} is inherited; say `override = true` to change it, "
                "or choose another id"
            )
            self.faults.add(head.under("id").fault("duplicate-id", message, other=old.written))
        else:
            self.rules[name] = MergedRule(name, head, self.origin)
            self._place(name, head)

    def _change(self, name: str, head: Located, old: MergedRule | None) -> None:
        """Override or disable an inherited rule."""
        override, disable = head.said("override"), head.said("disable")
        given = [key for key in _CHANGING if head.said(key, ()) != ()]
        if override and disable:
            message = f"rule {name!r} is either overridden or disabled, not both"
            other = old.written if old else None
            self.faults.add(head.key_fault("contradiction", message, other=other))
        elif old is None:
            message = (
                f"no inherited rule is named {name!r}, so there is nothing to "
                f"{'override' if override else 'disable'}"
                + choices(name, self.inherited, "inherited ids")
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
                fault = head.key_fault("unused-override", message, other=old.written)
                self.faults.add(fault, "missing")
            said: dict[str, Any] = {**old.written.value, **head.value}
            then = {**old.written.said("then", {}), **head.said("then", {})}
            if "then" in said:
                said["then"] = said["then"].under(value=then)
            self.rules[name] = MergedRule(name, head.under(value=said), self.origin)
            if head.get("before") or head.get("after"):
                self.order.remove(name)
                self._place(name, head)

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
            told = choices(beside.value, known, "ids so far")
            message = f"no rule is named {show(beside.value)}{told}"
            self.faults.add(beside.fault("unknown-id", message, other=self.above), "missing")
            self.order.append(name)
        else:
            self.order.insert(self.order.index(beside.value) + bool(after), name)

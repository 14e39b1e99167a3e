"""Own tables: the decisions that a policy adds to those of its catalogue.

Each becomes a decision like any other, with the facts of the one that it stands on and of that
one's answer, so that everything that works on tables works on own ones.
"""

from __future__ import annotations

import keyword
import re
from collections.abc import Mapping
from typing import Any, Final, get_args

import attrs

from launchfsm.engine.decision import Decision, OwnDecision
from launchfsm.engine.text import choices, quoted, short, show
from launchfsm.engine.types import Field, TypeName, ValueType, read_value
from launchfsm.policy.diagnostics import Diagnostic, Diagnostics
from launchfsm.policy.documents import Located
from launchfsm.policy.overlay import MergedTable

MOST_OWN: Final = 50
"""The most own tables of a policy, those of what it extends included."""

MOST_CHAINED: Final = 8
"""The most own tables that stand on one another."""

MOST_FIELDS: Final = 30
"""The most fields that an own table answers."""

MOST_WORDS: Final = 200
"""The most words of one field."""

_TABLE_NAME: Final = re.compile(r"[A-Za-z][A-Za-z0-9_-]{0,99}")
_FIELD_NAME: Final = re.compile(r"[a-z][a-z0-9_]{0,99}")
_TYPES: Final = get_args(TypeName)


def own_decisions(
    tables: Mapping[str, MergedTable],
    catalogue: Mapping[str, Decision[Any, Any]],
    faults: Diagnostics,
) -> dict[str, OwnDecision]:
    """The decisions of a policy's own tables, each after the one that it stands on.

    A table that cannot be asked has no decision, but a fault.
    """
    own = {name: table.written for name, table in tables.items() if name not in catalogue}
    if len(own) > MOST_OWN:
        last = list(own)[MOST_OWN]
        message = f"a policy has at most {MOST_OWN} own tables, and this one {len(own)}"
        faults.of(last).add(own[last].key_fault("too-large", message))
        return {}
    depths: dict[str, int] = {}
    for name, table in own.items():
        chain = [name]
        while (on := own[chain[-1]].get("on")) and on.value in own and on.value not in chain:
            chain.append(on.value)
        if on and on.value in chain:
            if on.value == name == min(chain):  # a circle is told once
                names = " -> ".join(map(quoted, [*chain, name]))
                message = f"own tables stand on one another in a circle: {names}"
                faults.of(name).add(on.fault("cycle", message, other=table.get("on")))
        elif len(chain) > MOST_CHAINED:
            message = f"at most {MOST_CHAINED} own tables stand on one another, not {len(chain)}"
            faults.of(name).add(table.key_fault("too-large", message))
        else:
            depths[name] = len(chain)
    made: dict[str, OwnDecision] = {}
    for name in sorted(depths, key=depths.__getitem__):
        decision = _decision(name, own, {**catalogue, **made}, faults.of(name))
        if decision is not None:
            made[name] = decision
    return made


def _decision(
    name: str,
    own: Mapping[str, Located],
    known: Mapping[str, Decision[Any, Any]],
    faults: Diagnostics,
) -> OwnDecision | None:
    """The decision of one table; `None` when it cannot be asked."""
    table = own[name]
    on, outcome, hit = table.get("on"), table.said("outcome", {}), table.said("hit")
    if not _TABLE_NAME.fullmatch(name):
        message = f"an own table is named with up to 100 letters, digits, _ and -, not {show(name)}"
        faults.add(table.key_fault("table-name", message))
    elif on is None or on.value not in known:
        if on is not None and on.value not in own:
            others = [other for other in {**known, **own} if other != name]
            told = choices(on.value, others, "there are")
            faults.add(on.fault("unknown-table", f"no decision is named {show(on.value)}{told}"))
    elif not 0 < len(outcome) <= MOST_FIELDS:
        message = (
            f"an own table answers between 1 and {MOST_FIELDS} fields; declare each, as in "
            '`[outcome.page]` with `type = "boolean"`'
        )
        faults.add(table.key_fault("missing-outcome", message))
    else:
        asked = known[on.value]
        found = [_field(field, written, asked, faults) for field, written in outcome.items()]
        fields = tuple(field for field in found if field is not None)
        if len(fields) == len(found):
            doc = table.said("doc", "")
            return OwnDecision(name, asked, fields, doc, collect=hit == "collect")
    return None


def _field(
    name: str, written: Located, on: Decision[Any, Any], faults: Diagnostics
) -> Field | None:
    """A field of the outcome; `None` when it cannot be answered."""
    kind, words, many = written.said("type"), written.said("words", []), bool(written.said("list"))
    default, type_ = written.get("default"), ValueType(kind, tuple(words), many=many)
    fault: Diagnostic | None = None
    value = () if many else False if kind == "boolean" else None
    if name in on.fact_fields or name in on.outcome_fields:
        message = f"{name} is a fact of this table, as {on.name!r} has it; choose another name"
        fault = written.key_fault("field-name", message)
    elif not _FIELD_NAME.fullmatch(name) or keyword.iskeyword(name) or name == "self":
        message = (
            f"a field is named with up to 100 small letters, digits and _, and by no word of "
            f"Python, not {show(name)}"
        )
        fault = written.key_fault("field-name", message)
    elif kind not in _TYPES:
        message = f"no type is named {show(kind)}{choices(kind, _TYPES, 'types')}"
        fault = written.under("type").fault("wrong-type", message)
    elif problem := _wrong_words(kind, words):
        fault = written.key_fault("wrong-type", f"{name} {problem}")
    elif default is not None:
        try:
            value = read_value(type_, default.value)
        except ValueError as error:
            fault = default.fault("wrong-type", f"{name}: {error}")
    if fault is not None:
        faults.add(fault)
        return None
    if value is None:
        type_ = attrs.evolve(type_, optional=True)
    return Field(written.said("doc", ""), name=name, kind=type_, default=value)


def _wrong_words(kind: str, words: list[Any]) -> str:
    """What is wrong with the words of a field; empty when nothing is."""
    if kind != "word":
        return f'is a {kind}, which has no words; say `type = "word"`' if words else ""
    wrong = next((word for word in words if not isinstance(word, str) or not word), None)
    if wrong is not None:
        return f"has a word that is none: {short(show(wrong))}; words are texts"
    if not 0 < len(words) <= MOST_WORDS or len(set(words)) < len(words):
        return f'needs its words, each once, at most {MOST_WORDS}, as in `words = ["yes", "no"]`'
    return ""

"""Rules: the mutants of a rule file.

Params one unit off, conditions (`conditions`), outcomes of another word, number or text, optional
fields left out, adjacent rules swapped, rules left out, and in a policy that extends another also
the place of a rule.

The tests below a rule stay with it: they are what may notice.

Here: rule files. Not here: whether a mutant is a policy at all (`proofs`).
"""

from __future__ import annotations

import copy
import json
import re
import tomllib
from typing import TYPE_CHECKING, Any, Final

from launchfsm.decisions.catalogue import CATALOGUE
from launchfsm.engine.types import ValueType
from tests.mutation.code import ROOT
from tests.mutation.conditions import other_conditions, other_values
from tests.mutation.mutants import RuleMutant, told_apart

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from pathlib import Path

    from launchfsm.engine.types import Field

POLICIES: Final = ("reference", "default")
RULES: Final = ROOT / "rules"
_DURATION: Final = re.compile(r"(\d+(ms|[smhd]))+")


def rule_mutants(policy: str) -> list[RuleMutant]:
    """Every mutant of a shipped policy, file by file."""
    files = sorted(path for path in (RULES / policy).glob("*.toml") if path.stem != "policy")
    return [mutant for path in files for mutant in _mutants_of(path)]


def toml_of(document: Mapping[str, Any]) -> str:
    """A document as TOML, a line a key."""
    return "".join(f"{key} = {_toml(value)}\n" for key, value in document.items())


def _toml(value: Any) -> str:
    if isinstance(value, dict):
        pairs = ", ".join(f"{json.dumps(key)} = {_toml(item)}" for key, item in value.items())
        return f"{{ {pairs} }}"
    if isinstance(value, list):
        return f"[{', '.join(map(_toml, value))}]"
    return json.dumps(value, ensure_ascii=False)


def _mutants_of(path: Path) -> list[RuleMutant]:
    document = tomllib.loads(path.read_text(encoding="utf-8"))
    found = list(_documents(document))
    changes = told_apart((where, change) for where, change, _ in found)
    part, file = f"rules/{path.parent.name}", path.relative_to(ROOT).as_posix()
    return [
        RuleMutant(part, file, where, change, document["table"], other)
        for change, (where, _, other) in zip(changes, found, strict=True)
    ]


def _documents(document: dict[str, Any]) -> Iterator[tuple[str, str, dict[str, Any]]]:
    """Where something is different, what, and the document in which it is."""
    for change, params in _params(document.get("params", {}), document["table"]):
        yield "", change, document | {"params": params}
    rules = document.get("rule", [])
    for index, rule in enumerate(rules):
        rest = [*rules[:index], *rules[index + 1 :]]
        yield rule["id"], "rule dropped", document | {"rule": rest}
        if index + 1 < len(rules):
            swapped = [*rules[:index], rules[index + 1], rule, *rules[index + 2 :]]
            change = f"swapped with {rules[index + 1]['id']}"
            yield rule["id"], change, document | {"rule": swapped}
        for change, other in _rules(rule, document["table"]):
            changed = [*rules[:index], other, *rules[index + 1 :]]
            yield rule["id"], change, document | {"rule": changed}


def _params(params: dict[str, Any], table: str) -> Iterator[tuple[str, dict[str, Any]]]:
    for name, value in params.items():
        kind = CATALOGUE[table].params.get(name) or _kind_of(value)
        for other in _others(kind, value):
            yield f"{name} = {_toml(other)}", params | {name: other}


def _kind_of(value: Any) -> ValueType:
    """What a param seems to be that no decision declares."""
    if isinstance(value, list):
        return ValueType("text", many=True)
    if isinstance(value, bool):
        return ValueType("boolean")
    if isinstance(value, str):
        return ValueType("duration" if _DURATION.fullmatch(value) else "text")
    return ValueType("number")


def _rules(rule: dict[str, Any], table: str) -> Iterator[tuple[str, dict[str, Any]]]:
    decision = CATALOGUE[table]
    if "when" in rule:
        for when in other_conditions(rule["when"], decision.fact_fields):
            yield f"when {when}", rule | {"when": when}
        yield "when dropped", _without(rule, "when")
    for change, then in _outcomes(rule.get("then", {}), decision.outcome_fields):
        yield change, rule | {"then": then}
    for here, there in (("before", "after"), ("after", "before")):
        if here in rule:
            yield f"{there} {rule[here]}", _without(rule, here) | {there: rule[here]}
            yield f"{here} dropped", _without(rule, here)


def _outcomes(
    then: dict[str, Any], fields: Mapping[str, Field]
) -> Iterator[tuple[str, dict[str, Any]]]:
    for name, value in then.items():
        for other in _others(fields[name].kind, value):
            yield f"{name} = {_toml(other)}", then | {name: other}
        if not fields[name].required:
            yield f"{name} dropped", _without(then, name)


def _others(kind: ValueType, value: Any) -> Iterator[Any]:
    """Other values; of a list those with one item less, or the list the other way round."""
    if not kind.many:
        yield from other_values(kind, value)
        return
    for index in range(len(value)):
        yield [*value[:index], *value[index + 1 :]]
    if len(value) > 1 and kind.name == "word":
        yield value[::-1]


def _without(table: dict[str, Any], key: str) -> dict[str, Any]:
    return {name: copy.deepcopy(value) for name, value in table.items() if name != key}


def without_tests(document: dict[str, Any]) -> dict[str, Any]:
    """A document as if nobody had written tests for it."""
    rules = [_without(rule, "test") for rule in document.get("rule", ())]
    return _without(document, "test") | {"rule": rules}

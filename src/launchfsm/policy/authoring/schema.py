"""Schema: a JSON Schema of rule files, so that editors complete and check them.

It knows which tables there are, which facts a test may give and which fields an outcome has. What
only the loader can say (conditions, what is inherited) is not in it.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any, Final, get_args

from launchfsm.engine.decision import Decision
from launchfsm.engine.types import TypeName, ValueType
from launchfsm.policy.documents import FIELD, POLICY, RULE, TABLE, TEST, Shape
from launchfsm.policy.loader import Catalogue

_DIALECT: Final = "https://json-schema.org/draft/2020-12/schema"
_DURATION: Final = "^-?(?=[0-9])([0-9]+d)? ?([0-9]+h)? ?([0-9]+m)? ?([0-9]+s)? ?([0-9]+ms)?$"
_LEFT_OUT: Final = (
    "Those left out are unknown, or false or 0 when they never are. "
    "A word or a text that is never unknown has to be given."
)
_TEXT: Final = {"type": "string"}
_KINDS: Final[Mapping[str, Mapping[str, Any]]] = {
    "text": _TEXT,
    "boolean": {"type": "boolean"},
    "value": {},
}
_PARAM: Final = {
    "description": "A threshold, a weight, a text or a list, which conditions and texts name.",
    "type": ["string", "number", "boolean", "array"],
}


def rule_file_schema(catalogue: Catalogue) -> dict[str, Any]:
    """The schema of `policy.toml`, of a file that holds one table, and of a policy in one file."""
    own = _table(None)
    table = {"description": "A table of one's own.", "not": {"enum": list(catalogue)}, **_TEXT}
    tables = _object({name: _object(_table(one), doc=one.doc) for name, one in catalogue.items()})
    tables["additionalProperties"] = _ref("own tables")
    definitions = {
        "policy": _object(_keys(POLICY, tables=tables), required=["policy"]),
        # What a schema cannot know of own tables: their facts and outcomes.
        "own-facts": {"type": "object"},
        "own-outcome": {"type": "object"},
        "own-rule": _rule("own"),
        "own-tables": _object(own, required=["on"]),
        "own-table": _object({"table": table, **own}, required=["table", "on"]),
    }
    for name, decision in catalogue.items():
        facts, outcome = (
            {one.name: {"description": one.doc, **_kind(one.kind)} for one in fields.values()}
            for fields in (decision.fact_fields, decision.outcome_fields)
        )
        table = {"description": decision.doc, "const": name}
        definitions |= {
            f"{name}-facts": _object(facts, doc=_LEFT_OUT),
            f"{name}-outcome": _object(outcome, doc="The fields left out take their default."),
            f"{name}-rule": _rule(name),
            f"{name}-table": _object({"table": table, **_table(decision)}, required=["table"]),
        }
    return {
        "$schema": _DIALECT,
        "title": "A launchfsm rule file",
        "type": "object",
        "oneOf": [_ref("policy"), *(_ref(f"{name} table") for name in (*catalogue, "own"))],
        "$defs": definitions,
    }


def _ref(name: str) -> dict[str, str]:
    return {"$ref": f"#/$defs/{name.replace(' ', '-')}"}


def _object(
    properties: Mapping[str, Any], *, required: Iterable[str] = (), doc: str = ""
) -> dict[str, Any]:
    return {
        **({"description": doc} if doc else {}),
        "type": "object",
        "properties": dict(properties),
        "required": list(required),
        "additionalProperties": False,
    }


def _keys(shape: Shape, **known: Mapping[str, Any]) -> dict[str, Any]:
    """The keys of a shape, with what is known of some beyond their type."""
    return {
        name: {
            **({"description": key.doc} if key.doc else {}),
            **(known.get(name) or _KINDS[key.kind]),
        }
        for name, key in shape.items()
    }


def _table(decision: Decision[Any, Any] | None) -> dict[str, Any]:
    """The keys of a table: of a decision's, or of any own one."""
    name = "own" if decision is None else decision.name
    params = {} if decision is None else decision.params
    hits = ["first", "unique", "collect"]
    if decision is not None:
        hits = hits[2:] if decision.collect else hits[:2]
    types = _keys(
        FIELD, type={"enum": list(get_args(TypeName))}, words={"type": "array", "items": _TEXT}
    )
    keys = _keys(
        TABLE,
        hit={"enum": hits},
        outcome={"type": "object", "additionalProperties": _object(types, required=["type"])},
        params={
            "type": "object",
            "properties": {param: _kind(kind) for param, kind in params.items()},
            "additionalProperties": _PARAM,
        },
        rule={"type": "array", "items": _ref(f"{name} rule")},
        test=_tests(name, "decides"),
    )
    if decision is not None:
        for key in ("on", "outcome", "show"):
            del keys[key]
    return keys


def _rule(name: str) -> dict[str, Any]:
    keys = _keys(RULE, then=_ref(f"{name} outcome"), test=_tests(name, "fires"))
    return _object(keys, required=["id"])


def _tests(name: str, asks: str) -> dict[str, Any]:
    keys = _keys(TEST, facts=_ref(f"{name} facts"), then=_ref(f"{name} outcome"))
    asked = {key: said for key, said in keys.items() if key in {"facts", "then", asks}}
    return {"type": "array", "items": _object(asked)}


def _kind(kind: ValueType) -> dict[str, Any]:
    singles: Mapping[TypeName, dict[str, Any]] = {
        "boolean": {"type": "boolean"},
        "word": {"enum": list(kind.words)},
        "text": _TEXT,
        "number": {"type": "integer" if kind.whole else "number"},
        "duration": {"type": "string", "pattern": _DURATION},
    }
    single = singles[kind.name]
    return {"type": "array", "items": single} if kind.many else single

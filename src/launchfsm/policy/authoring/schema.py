"""Schema: a JSON Schema of rule files, so that editors complete and check them.

It knows which tables there are, which facts a test may give and which fields an outcome has. What
only the loader can say (conditions, what is inherited) is not in it.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final, get_args

from launchfsm.engine.types import TypeName

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from launchfsm.engine.decision import Decision
    from launchfsm.engine.types import Field, ValueType
    from launchfsm.policy.loader import Catalogue

_DIALECT: Final = "https://json-schema.org/draft/2020-12/schema"
_DURATION: Final = "^-?(?=[0-9])([0-9]+d)? ?([0-9]+h)? ?([0-9]+m)? ?([0-9]+s)? ?([0-9]+ms)?$"
_LEFT_OUT: Final = (
    "Those left out are unknown, or false or 0 when they never are. "
    "A word or a text that is never unknown has to be given."
)
_TEXT: Final = {"type": "string"}
_PARAM: Final = {
    "description": "A threshold, a weight, a text or a list, which conditions and texts name.",
    "type": ["string", "number", "boolean", "array"],
}


def rule_file_schema(catalogue: Catalogue) -> dict[str, Any]:
    """The schema of `policy.toml`, of a file that holds one table, and of a policy in one file."""
    definitions = {"policy": _policy(catalogue), **_own(catalogue)}
    for decision in catalogue.values():
        definitions |= _definitions(decision)
    return {
        "$schema": _DIALECT,
        "title": "A launchfsm rule file",
        "type": "object",
        "oneOf": [_ref("policy"), *(_ref(f"{name} table") for name in (*catalogue, "own"))],
        "$defs": definitions,
    }


def _ref(name: str) -> dict[str, str]:
    return {"$ref": f"#/$defs/{name.replace(' ', '-')}"}


def _definitions(decision: Decision[Any, Any]) -> dict[str, Any]:
    """What is said once of each table: its facts, its outcome, its rules, and the file it is."""
    name = decision.name
    facts = {fact: _field(field) for fact, field in decision.fact_fields.items()}
    outcome = {answer: _field(field) for answer, field in decision.outcome_fields.items()}
    table = {"description": decision.doc, "const": name}
    said = _table_of(decision)
    return {
        f"{name}-facts": _object(facts, description=_LEFT_OUT),
        f"{name}-outcome": _object(outcome, description="The fields left out take their default."),
        f"{name}-rule": _rule(name),
        f"{name}-table": _object({"table": table, **said}, required=["table"]),
    }


def _own(catalogue: Catalogue) -> dict[str, Any]:
    """The same of own tables, whose facts and outcomes a schema cannot know."""
    fields = {
        "type": {"enum": list(get_args(TypeName))},
        "doc": {"description": "A sentence on what it means.", "type": "string"},
        "words": {"description": "What a word may be.", "type": "array", "items": _TEXT},
        "default": {"description": "What it is where a rule does not say."},
        "list": {"description": "Whether it is a list of such values.", "type": "boolean"},
    }
    outcome = {"type": "object", "additionalProperties": _object(fields, required=["type"])}
    own = {
        "on": {"description": "After which decision it is asked.", **_TEXT},
        "show": {"description": "The line that displays have of its answer.", **_TEXT},
        "outcome": {"description": "What its rules may answer.", **outcome},
        **_table("own", ["first", "unique", "collect"], {}),
    }
    table = {"description": "A table of one's own.", "not": {"enum": list(catalogue)}, **_TEXT}
    return {
        "own-facts": {"type": "object"},
        "own-outcome": {"type": "object"},
        "own-rule": _rule("own"),
        "own-tables": _object(own, required=["on"]),
        "own-table": _object({"table": table, **own}, required=["table", "on"]),
    }


def _object(
    properties: Mapping[str, Any], *, required: Iterable[str] = (), description: str = ""
) -> dict[str, Any]:
    return {
        **({"description": description} if description else {}),
        "type": "object",
        "properties": dict(properties),
        "required": list(required),
        "additionalProperties": False,
    }


def _policy(catalogue: Catalogue) -> dict[str, Any]:
    tables = {
        name: _object(_table_of(decision), description=decision.doc)
        for name, decision in catalogue.items()
    }
    return _object(
        {
            "policy": {"description": "The policy's name.", "type": "string"},
            "description": {"description": "One or two sentences.", "type": "string"},
            "extends": {
                "description": "The name or the path of the policy that it starts from.",
                "type": "string",
            },
            "tables": {
                **_object(tables, description="Tables, for a policy in one file."),
                "additionalProperties": _ref("own tables"),
            },
        },
        required=["policy"],
    )


def _table_of(decision: Decision[Any, Any]) -> dict[str, Any]:
    hits = ["collect"] if decision.collect else ["first", "unique"]
    return _table(decision.name, hits, decision.params)


def _table(name: str, hits: list[str], params: Mapping[str, ValueType]) -> dict[str, Any]:
    return {
        "hit": {"description": "Which firing rules answer.", "enum": hits},
        "doc": {"description": "A sentence on what the table decides.", "type": "string"},
        "params": {
            "type": "object",
            "properties": {param: _kind(kind) for param, kind in params.items()},
            "additionalProperties": _PARAM,
        },
        "rule": {"type": "array", "items": _ref(f"{name} rule")},
        "test": {
            "description": "Tests of the table as a whole.",
            "type": "array",
            "items": _test(name, {"decides": {"type": "string"}}),
        },
    }


def _rule(name: str) -> dict[str, Any]:
    properties = {
        "id": {"description": "The rule's name, unique in the table.", **_TEXT},
        "when": {"description": "The condition; left out, the rule always fires.", **_TEXT},
        "then": _ref(f"{name} outcome"),
        "why": {"description": "The reason, shown by explanations.", **_TEXT},
        "override": {"description": "Changes the inherited rule of this id.", "type": "boolean"},
        "disable": {"description": "Removes the inherited rule of this id.", "type": "boolean"},
        "before": {"description": "Puts a rule ahead of the rule of this id.", **_TEXT},
        "after": {"description": "Puts a rule right behind the rule of this id.", **_TEXT},
        "test": {
            "description": "Tests of this rule's condition.",
            "type": "array",
            "items": _test(name, {"fires": {"type": "boolean"}}),
        },
    }
    return _object(properties, required=["id"])


def _test(name: str, asks: Mapping[str, Any]) -> dict[str, Any]:
    facts, then = _ref(f"{name} facts"), _ref(f"{name} outcome")
    return _object({"facts": facts, "then": then, **asks})


def _field(field: Field) -> dict[str, Any]:
    return {"description": field.doc, **_kind(field.kind)}


def _kind(kind: ValueType) -> dict[str, Any]:
    if kind.many:
        return {"type": "array", "items": _single(kind)}
    return _single(kind)


def _single(kind: ValueType) -> dict[str, Any]:
    match kind.name:
        case "word":
            return {"enum": list(kind.words)}
        case "duration":
            return {"type": "string", "pattern": _DURATION}
        case "number":
            return {"type": "integer" if kind.whole else "number"}
        case "boolean":
            return {"type": "boolean"}
        case "text":
            return {"type": "string"}

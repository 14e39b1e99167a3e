"""The JSON Schema of an evaluation: `python -m tests.evaluation.schema` writes the shipped file."""

from __future__ import annotations

import json
import re
import types
from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, Any, Literal, Union, get_args, get_origin, get_type_hints

import attrs

from launchfsm import Evaluation, LaunchEvaluator
from launchfsm.evaluation import evaluator
from launchfsm.records.results import MemberSpawnStatus
from launchfsm.records.wire import keys_of

AGE = {
    "description": "How old something was when the team was evaluated.",
    "type": "object",
    "properties": {"at": {"type": "string"}, "ms": {"type": "integer"}},
}

# Of a key that is no property of an evaluation: the type of its value.
BESIDE = {
    "policy": str,
    "evaluatedAt": str,
    "stoppedAt": str | None,
    "spawnStatuses": Mapping[str, MemberSpawnStatus],
}


def derived_schema() -> dict[str, Any]:
    """The schema of an evaluation's document, derived from the types of what it holds."""
    definitions: dict[str, Any] = {"Age": AGE}
    properties: dict[str, Any] = {}
    for key in LaunchEvaluator("").evaluate("nobody").to_dict():
        name = re.sub("([A-Z])", lambda found: f"_{found[1].lower()}", key)
        found = vars(Evaluation).get(name)
        if key == "recorded":
            properties[key] = {"anyOf": [{"$ref": "#/$defs/Age"}, {"type": "null"}]}
        elif key in BESIDE:
            properties[key] = _schema(BESIDE[key], definitions)
        else:
            asked = found.fget if isinstance(found, property) else found.func  # type: ignore[union-attr]
            properties[key] = _schema(get_type_hints(asked)["return"], definitions)
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": "An evaluation of a team's launch, as `launchfsm status --json` prints it",
        "description": "What `Evaluation.to_dict` gives, and `launchfsm status --json` prints of a "
        "team.",
        "type": "object",
        "properties": properties,
        "required": list(properties),
        "additionalProperties": False,
        "$defs": dict(sorted(definitions.items())),
    }


def _object_schema(cls: Any, definitions: dict[str, Any]) -> dict[str, Any]:
    hints = get_type_hints(cls)
    summary = (cls.__doc__ or "").strip().partition("\n")[0]
    return {
        "description": summary,
        "type": "object",
        "properties": {
            key: _schema(hints[name], definitions) for name, key in keys_of(cls).items()
        },
    }


def _schema(hint: Any, definitions: dict[str, Any]) -> dict[str, Any]:
    origin, parts = get_origin(hint), get_args(hint)
    if origin is Annotated:
        return _schema(parts[0], definitions)
    if origin in (Union, types.UnionType):
        return {"anyOf": [_schema(part, definitions) for part in parts]}
    if origin is Literal:
        return {"enum": list(parts)}
    if origin is tuple:
        return {"type": "array", "items": _schema(parts[0], definitions)}
    if isinstance(origin, type) and issubclass(origin, Mapping):
        return {"type": "object", "additionalProperties": _schema(parts[1], definitions)}
    if attrs.has(hint):
        if hint.__name__ not in definitions:
            definitions[hint.__name__] = {}  # so that a class that holds itself comes to an end
            definitions[hint.__name__] = _object_schema(hint, definitions)
        return {"$ref": f"#/$defs/{hint.__name__}"}
    names = {str: "string", bool: "boolean", int: "integer", float: "number", type(None): "null"}
    return {"type": names[hint]} if hint in names else {}


if __name__ == "__main__":
    path = Path(evaluator.__file__).with_name("evaluation.schema.json")
    path.write_text(json.dumps(derived_schema(), indent=1, ensure_ascii=False) + "\n")

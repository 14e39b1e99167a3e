"""The JSON Schema of an evaluation: `python -m tests.evaluation.schema` writes the shipped file."""

from __future__ import annotations

import json
import types
from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, Any, Literal, Union, get_args, get_origin, get_type_hints

import attrs

from launchfsm.evaluation import document
from launchfsm.evaluation.document import EvaluationDocument
from launchfsm.records.results import ON_THE_WIRE
from launchfsm.records.wire import camel


def derived_schema() -> dict[str, Any]:
    """The schema of an evaluation's document, derived from the classes of the results."""
    definitions: dict[str, Any] = {}
    top = _object_schema(EvaluationDocument, definitions)
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": "An evaluation of a team's launch, as `launchfsm status --json` prints it",
        **top,
        "required": list(top["properties"]),
        "additionalProperties": False,
        "$defs": dict(sorted(definitions.items())),
    }


def _object_schema(cls: type[Any], definitions: dict[str, Any]) -> dict[str, Any]:
    hints = get_type_hints(cls)
    fields = [field for field in attrs.fields(cls) if field.metadata.get(ON_THE_WIRE, True)]
    summary = (cls.__doc__ or "").strip().partition("\n")[0]
    return {
        "description": summary,
        "type": "object",
        "properties": {
            camel(field.name): _schema(hints[field.name], definitions) for field in fields
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
    path = Path(document.__file__).with_name("evaluation.schema.json")
    path.write_text(json.dumps(derived_schema(), indent=1, ensure_ascii=False) + "\n")

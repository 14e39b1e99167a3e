"""An evaluation as a JSON document, and the JSON Schema of such documents."""

from __future__ import annotations

import json
import types
from collections.abc import Mapping
from importlib import resources
from typing import (
    Annotated,
    Any,
    Literal,
    Union,
    get_args,
    get_origin,
    get_type_hints,
)

import attrs

from launchfsm.decisions.outcomes import TeamVerdict
from launchfsm.ecma.dates import iso_from_ms, read_time
from launchfsm.evaluation.causes import TeamCause
from launchfsm.evaluation.reports import MemberReport
from launchfsm.records.fields import Finding
from launchfsm.records.results import (
    ON_THE_WIRE,
    LaunchSnapshot,
    MemberSpawnStatus,
    RuntimeState,
)
from launchfsm.records.wire import camel, to_wire
from launchfsm.vocabulary import RealTaskSubmission


@attrs.frozen
class Age:
    """How old something was when the team was evaluated.

    Attributes:
        at: The instant, as an ISO text.
        ms: How many ms ago; negative when it lies in the future.
    """

    at: str
    ms: int


@attrs.frozen
class EvaluationDocument:
    """What `Evaluation.to_dict` gives, and `launchfsm status --json` prints of a team.

    Attributes:
        team: The name of the team's folder.
        policy: The name of the policy that judged.
        evaluated_at: When, as an ISO text.
        verdict: How the launch stands, in a word and a line, and what is told beside it.
        cause: Why members failed, or the errors that pending members tell.
        advice: What a person can do next.
        answers: What the policy's own tables answer, by table.
        expired: Whether the preferred snapshot is too old to be shown as the present.
        stopped_at: When the team was stopped, when that is the last word on it and recorded.
        recorded: How old the preferred snapshot is.
        preferred_source: Whose snapshot is believed.
        preferred_snapshot: The snapshot that is believed.
        members: What people are told of its members, by name.
        spawn_statuses: Its members as a roster shows them, by name.
        bootstrap_snapshot: The launch as the bootstrap's state tells it.
        launcher_snapshot: The launch as the launcher's own record tells it.
        runtime_state: What a progress display shows.
        real_task_submission: Whether the team was given its first task.
        findings: What was wrong in the team's files.
    """

    team: str
    policy: str
    evaluated_at: str
    verdict: TeamVerdict
    cause: TeamCause | None
    advice: str | None
    answers: Mapping[str, Any]
    expired: bool
    stopped_at: str | None
    recorded: Age | None
    preferred_source: Literal["bootstrap", "launcher"] | None
    preferred_snapshot: LaunchSnapshot | None
    members: Mapping[str, MemberReport]
    spawn_statuses: Mapping[str, MemberSpawnStatus]
    bootstrap_snapshot: LaunchSnapshot | None
    launcher_snapshot: LaunchSnapshot | None
    runtime_state: RuntimeState | None
    real_task_submission: RealTaskSubmission | None
    findings: tuple[Finding, ...]

    def wire(self) -> dict[str, Any]:
        """As a JSON-ready dict; keys are camelCase."""
        names = attrs.fields_dict(EvaluationDocument)
        return {camel(name): to_wire(getattr(self, name)) for name in names}


def age_of(now: int, updated_at: str) -> Age | None:
    """How old a record is that was written at a text time; `None` when that is no time.

    Args:
        now: The time of the evaluation, in ms since 1970.
        updated_at: When the record says that it was written.
    """
    at = read_time(updated_at)
    return None if at is None else Age(iso_from_ms(at) or updated_at, now - at)


# -- The schema ------------------------------------------------------------------------------------


def document_schema() -> dict[str, Any]:
    """The JSON Schema of `Evaluation.to_dict`, as it is shipped in the package."""
    text = resources.files("launchfsm.evaluation").joinpath("evaluation.schema.json").read_text()
    return dict(json.loads(text))


def derived_schema() -> dict[str, Any]:
    """The same, derived from the classes of the results; the shipped file is made of it."""
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

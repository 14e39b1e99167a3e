"""An evaluation as a JSON document, and the schema of such documents."""

from __future__ import annotations

import json
from collections.abc import Mapping
from importlib import resources
from typing import Any, Literal

import attrs

from launchfsm.decisions.verdict import TeamVerdict
from launchfsm.ecma.dates import iso_from_ms, read_time
from launchfsm.evaluation.causes import TeamCause
from launchfsm.evaluation.reports import MemberReport
from launchfsm.records.fields import Finding
from launchfsm.records.results import LaunchSnapshot, MemberSpawnStatus, RuntimeState
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

    Most fields are the evaluation's properties.

    Attributes:
        policy: The name of the policy that judged.
        evaluated_at: When, as an ISO text.
        stopped_at: When the team was stopped, when that is the last word on it and recorded.
        recorded: How old the preferred snapshot is.
        spawn_statuses: Its members as a roster shows them, by name.
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


def age_of(now: int, updated_at: str) -> Age | None:
    """How old a record is that was written at a text time; `None` when that is no time."""
    at = read_time(updated_at)
    return None if at is None else Age(iso_from_ms(at) or updated_at, now - at)


def document_schema() -> dict[str, Any]:
    """The JSON Schema of `Evaluation.to_dict`, as it is shipped in the package."""
    text = resources.files("launchfsm.evaluation").joinpath("evaluation.schema.json").read_text()
    return dict(json.loads(text))

"""An evaluation as a JSON document, and the schema of such documents."""

from __future__ import annotations

import json
from collections.abc import Mapping
from importlib import resources
from typing import Any, Literal

import attrs

from launchfsm.decisions.outcomes import TeamVerdict
from launchfsm.ecma.dates import iso_from_ms, read_time
from launchfsm.evaluation.causes import TeamCause
from launchfsm.evaluation.reports import MemberReport
from launchfsm.records.fields import Finding
from launchfsm.records.results import LaunchSnapshot, MemberSpawnStatus, RuntimeState
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


def document_schema() -> dict[str, Any]:
    """The JSON Schema of `Evaluation.to_dict`, as it is shipped in the package."""
    text = resources.files("launchfsm.evaluation").joinpath("evaluation.schema.json").read_text()
    return dict(json.loads(text))

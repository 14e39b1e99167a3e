"""What a launcher's own record says of one member, completed (§5, §10).

Nothing that is judged of a member depends on its name, its dates or much else that it carries, so
an answer is worked out once for all members that are alike in the rest, and remembered.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

import attrs

from launchfsm.decisions import catalogue
from launchfsm.decisions.facts import LivenessFacts, MemberStateFacts, StalledFacts
from launchfsm.evaluation.causes import decide_about, reason_text
from launchfsm.evaluation.members import (
    ASKED_OF_ALL,
    Counted,
    MemberResult,
    complete_member,
    diagnose,
)
from launchfsm.records.launch_state import (
    backend_of,
    candidate_of,
    identity_of,
    read_member_fields,
    true_sources,
)
from launchfsm.records.results import MemberLaunch, Sources

if TYPE_CHECKING:
    from collections.abc import Hashable

    from launchfsm.engine.engine import Engine
    from launchfsm.vocabulary import LaunchPhase, LaunchState

_ONLY_WHETHER: Final = frozenset(
    {
        "lane_id",
        "runtime_pid",
        "runtime_session_id",
        "pending_permission_request_ids",
        "diagnostics",
    }
)
"""Fields of which judgements ask only whether they are there."""
_CARRIED: Final = frozenset(
    {
        "name",
        "provider_backend_id",
        "billing_mode",
        "model",
        "effort",
        "selected_fast_mode",
        "resolved_fast_mode",
        "launch_identity",
        "app_managed_bootstrap_candidate",
        "skipped_at",
        "runtime_run_id",
        "pid_source",
        "runtime_diagnostic",
        "runtime_diagnostic_severity",
        "runtime_last_seen_at",
        "bootstrap_evidence_source",
        "bootstrap_mode",
        "first_spawn_accepted_at",
        "last_heartbeat_at",
        "last_runtime_alive_at",
        "last_evaluated_at",
        "bootstrap_run_id",
        "bootstrap_expected_after",
        "bootstrap_runtime_events_path",
        "agent_id",
        "backend_type",
        "tmux_pane_id",
        "cwd",
    }
)
"""Fields that no judgement of a record asks for: they say what they say."""


@attrs.define(eq=False)
class CompletedAlike:
    """What was judged of the members that are recorded alike.

    Attributes:
        changes: The fields of `MemberLaunch` that differ from what their records say.
        counted: What each adds to the summary.
    """

    changes: dict[str, Any]
    counted: Counted


class LauncherMembers:
    """Completes members as a launcher recorded them, in one launch (§5, §10).

    Args:
        engine: Applies the policy.
        launch_phase: Whether the launch is going on.
        updated_at: When the record was written; it stands in for a date that a member lacks.
    """

    def __init__(self, engine: Engine, launch_phase: LaunchPhase, updated_at: str) -> None:
        self._engine = engine
        self._launch_phase = launch_phase
        self._updated_at = updated_at
        self._known = engine.cache(
            "launcher members",
            launch_phase,
            asks=(catalogue.MEMBER_STATE, catalogue.STALLED, *ASKED_OF_ALL),
        )

    def complete(self, name: str, raw: dict[str, Any], *, expected: bool) -> MemberResult:
        """A member as the completed snapshot has it.

        Args:
            name: Its name, trimmed.
            raw: Its JSON object.
            expected: Whether the launch expects it.
        """
        fields = _said(raw)
        fields["name"] = name
        if "last_evaluated_at" not in fields:
            fields["last_evaluated_at"] = self._updated_at
        key = (expected, _asked(fields))
        alike = self._known.answer(key, name, lambda: self._work_out(fields, expected=expected))
        return MemberResult(MemberLaunch.of(fields | alike.changes), alike.counted)

    def _work_out(self, fields: dict[str, Any], *, expected: bool) -> CompletedAlike:
        said = MemberLaunch.of(fields)
        judged = _judged(self._engine, said, fields.get("launch_state"))
        completed = complete_member(
            self._engine, judged, self._launch_phase, expected=expected, subject=said.name
        )
        before = said.__dict__
        changes = {
            name: value
            for name, value in completed.member.__dict__.items()
            if value is not before[name]
        }
        return CompletedAlike(changes, completed.counted)


def _asked(fields: dict[str, Any]) -> Hashable:
    """What judgements can tell of a member's fields."""
    return tuple(
        [
            (name, bool(value) if name in _ONLY_WHETHER else value)
            for name, value in fields.items()
            if name not in _CARRIED
        ]
    )


def _judged(engine: Engine, said: MemberLaunch, state: LaunchState | None) -> MemberLaunch:
    """A member as its record means it: its flags, its state, stalled or not, the lines about it.

    Args:
        engine: Applies the policy.
        said: What its record says.
        state: The launch state that the record states, if it does.
    """
    skipped = said.skipped_for_launch is True or state == "skipped_for_launch"
    confirmed = not skipped and (said.bootstrap_confirmed or state == "confirmed_alive")
    failed = not skipped and (said.hard_failure or state == "failed_to_start")
    accepted = not skipped and said.agent_tool_accepted
    life = LivenessFacts(said.runtime_alive, confirmed, said.liveness_kind)
    alive = not skipped and decide_about(engine, catalogue.LIVENESS, life, said.name, said).strong
    if state is None:
        flags = MemberStateFacts(
            skipped=skipped,
            failed=failed,
            confirmed=confirmed,
            permission_pending=said.pending_permission_request_ids is not None,
            alive=alive,
            accepted=accepted,
        )
        state = decide_about(engine, catalogue.MEMBER_STATE, flags, said.name, said).launch_state
    facts = StalledFacts(
        reported=said.bootstrap_stalled is True,
        provider=said.provider_id,
        lane_kind=said.lane_kind,
        lane_owner=said.lane_owner_provider_id,
        launch_state=state,
        confirmed=confirmed,
        failed=failed,
        alive=alive,
        pid=bool(said.runtime_pid),
        session=said.runtime_session_id is not None,
        liveness_kind=said.liveness_kind,
    )
    stalled = decide_about(engine, catalogue.STALLED, facts, said.name, said).stalled
    reason = said.hard_failure_reason if failed else None
    judged = said.like(
        launch_state=state,
        skipped_for_launch=skipped,
        agent_tool_accepted=accepted,
        runtime_alive=alive,
        bootstrap_confirmed=confirmed,
        bootstrap_stalled=stalled or None,
        hard_failure=failed,
        hard_failure_reason=None if reason is None else reason_text(reason),
        sources=_sources(said.sources, alive=alive),
    )
    if said.diagnostics is not None:
        return judged
    return judged.like(diagnostics=diagnose(engine, judged, said.name))


def _sources(said: Sources | None, *, alive: bool) -> Sources | None:
    """The seven flags; absent when none of them is true."""
    if said is None:
        return None
    flags = attrs.asdict(said)
    if not alive:
        del flags["process_alive"]
    return Sources(**flags) if True in flags.values() else None


def _said(raw: dict[str, Any]) -> dict[str, Any]:
    """The fields of `MemberLaunch` that a record states, its objects read as well."""
    fields = read_member_fields(raw)
    provider = fields.get("provider_id")
    fields["provider_backend_id"] = backend_of(provider, fields.get("provider_backend_id"))
    if "launch_identity" in fields:
        fields["launch_identity"] = identity_of(fields["launch_identity"], provider)
    if "app_managed_bootstrap_candidate" in fields:
        candidate = candidate_of(fields["app_managed_bootstrap_candidate"])
        fields["app_managed_bootstrap_candidate"] = candidate
    if "sources" in fields:
        told = true_sources(fields["sources"])
        fields["sources"] = Sources(**{name: name in told for name in attrs.fields_dict(Sources)})
    return fields

"""What a launcher's own record says of one member, settled (§5, §10).

Nothing that is judged of a member depends on its name, its dates or much else that it carries, so
an answer is worked out once for all members that are alike in the rest, and remembered.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

import attrs

from launchfsm.decisions import catalogue
from launchfsm.decisions.facts import LivenessFacts, MemberStateFacts, StalledFacts
from launchfsm.evaluation.members import (
    Counted,
    MemberResult,
    diagnose,
    member_like,
    member_of,
    settle,
)
from launchfsm.evaluation.reasons import reason_text
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
    from launchfsm.vocabulary import LaunchPhase

_WEIGHED: Final = (
    "launch_state",
    "skipped_for_launch",
    "agent_tool_accepted",
    "runtime_alive",
    "bootstrap_confirmed",
    "bootstrap_stalled",
    "hard_failure",
    "hard_failure_reason",
    "skip_reason",
    "liveness_kind",
    "provider_id",
    "lane_kind",
    "lane_owner_provider_id",
)
"""What judgements read of a record as it stands."""

_DECIDED: Final = (
    "launch_state",
    "bootstrap_stalled",
    "skipped_for_launch",
    "agent_tool_accepted",
    "runtime_alive",
    "bootstrap_confirmed",
    "hard_failure",
    "hard_failure_reason",
    "sources",
)
"""What a settled member has by judgement, whatever its record says."""


@attrs.define(eq=False)
class Answer:
    """What was judged of the members that are recorded alike.

    Attributes:
        fields: The fields of `MemberLaunch` that were judged.
        counted: What each adds to the summary.
    """

    fields: dict[str, Any]
    counted: Counted


class SavedMembers:
    """Settles members as a launcher recorded them, in one launch (§5, §10).

    Args:
        engine: Applies the policy.
        launch_phase: Whether the launch is going on.
        updated_at: When the record was written; it stands in for a date that a member lacks.
    """

    def __init__(self, engine: Engine, launch_phase: LaunchPhase, updated_at: str) -> None:
        self._engine = engine
        self._launch_phase = launch_phase
        self._updated_at = updated_at
        self._known = engine.cache("saved", launch_phase)
        tables = engine.policy.tables
        stalled = tables[catalogue.STALLED.name].classes
        self._pid, self._session = stalled["runtime_pid"], stalled["runtime_session"]
        self._lane = tables[catalogue.NEVER_SPAWNED.name].classes["lane_id"]

    def settle(self, name: str, raw: dict[str, Any], *, expected: bool) -> MemberResult:
        """A member as the completed snapshot has it.

        Args:
            name: Its name, trimmed.
            raw: Its JSON object.
            expected: Whether the launch expects it.
        """
        fields = read_member_fields(raw)
        saved_sources = fields.get("sources")
        told = None if saved_sources is None else true_sources(saved_sources)
        key = (expected, told, *map(fields.get, _WEIGHED), *self._classes(fields))
        answer: Answer | None = self._known.get(key)
        if answer is None:
            answer = self._known.put(key, self._work_out(name, fields, told, expected=expected))
        _convert(fields)
        fields.update(answer.fields)
        fields["name"] = name
        if "last_evaluated_at" not in fields:
            fields["last_evaluated_at"] = self._updated_at
        return MemberResult(member_of(fields), answer.counted)

    def _classes(self, fields: dict[str, Any]) -> tuple[Hashable, ...]:
        """What judgements can tell of the fields that hardly two members have in common."""
        pid, session, lane = (
            fields.get("runtime_pid"),
            fields.get("runtime_session_id"),
            fields.get("lane_id"),
        )
        return (
            None if pid is None else self._pid(pid),
            None if session is None else self._session(session),
            None if lane is None else self._lane(lane),
            "pending_permission_request_ids" in fields,
            "diagnostics" in fields,
        )

    def _work_out(
        self, name: str, fields: dict[str, Any], told: tuple[str, ...] | None, *, expected: bool
    ) -> Answer:
        engine = self._engine
        member = _judged(engine, fields, _member(engine, name, fields, told))
        settled = settle(engine, member, self._launch_phase, expected=expected, subject=name)
        decided = {field: getattr(settled.member, field) for field in _DECIDED}
        if settled.member.diagnostics is not fields.get("diagnostics"):
            decided["diagnostics"] = settled.member.diagnostics
        return Answer(decided, settled.counted)


def _member(
    engine: Engine, name: str, said: dict[str, Any], told: tuple[str, ...] | None
) -> MemberLaunch:
    """The member as far as judgements look at it, its flags as its record means them (§10)."""
    skipped = (
        said.get("skipped_for_launch") is True or said.get("launch_state") == "skipped_for_launch"
    )
    confirmed = not skipped and (
        said.get("bootstrap_confirmed") is True or said.get("launch_state") == "confirmed_alive"
    )
    failed = not skipped and (
        said.get("hard_failure") is True or said.get("launch_state") == "failed_to_start"
    )
    life = LivenessFacts(said.get("runtime_alive") is True, confirmed, said.get("liveness_kind"))
    alive = not skipped and engine.decide(catalogue.LIVENESS, life, name).strong
    reason = said.get("hard_failure_reason") if failed else None
    return MemberLaunch(
        name=name,
        provider_id=said.get("provider_id"),
        lane_id=said.get("lane_id"),
        lane_kind=said.get("lane_kind"),
        lane_owner_provider_id=said.get("lane_owner_provider_id"),
        skipped_for_launch=skipped,
        skip_reason=said.get("skip_reason"),
        agent_tool_accepted=not skipped and said.get("agent_tool_accepted") is True,
        runtime_alive=alive,
        bootstrap_confirmed=confirmed,
        hard_failure=failed,
        hard_failure_reason=None if reason is None else reason_text(reason),
        pending_permission_request_ids=said.get("pending_permission_request_ids"),
        runtime_pid=said.get("runtime_pid"),
        runtime_session_id=said.get("runtime_session_id"),
        liveness_kind=said.get("liveness_kind"),
        sources=_sources(told, alive=alive),
    )


def _judged(engine: Engine, said: dict[str, Any], member: MemberLaunch) -> MemberLaunch:
    """The member with what follows from its flags: state, stalled or not, the lines about it."""
    state = said.get("launch_state")
    if state is None:
        flags = MemberStateFacts(
            skipped=member.skipped_for_launch is True,
            failed=member.hard_failure,
            confirmed=member.bootstrap_confirmed,
            permission_pending=member.pending_permission_request_ids is not None,
            alive=member.runtime_alive,
            accepted=member.agent_tool_accepted,
        )
        state = engine.decide(catalogue.MEMBER_STATE, flags, member.name).launch_state
    facts = StalledFacts(
        reported=said.get("bootstrap_stalled") is True,
        provider=member.provider_id,
        lane_kind=member.lane_kind,
        lane_owner=member.lane_owner_provider_id,
        launch_state=state,
        confirmed=member.bootstrap_confirmed,
        failed=member.hard_failure,
        alive=member.runtime_alive,
        runtime_pid=member.runtime_pid,
        runtime_session=member.runtime_session_id,
        liveness_kind=member.liveness_kind,
    )
    stalled = engine.decide(catalogue.STALLED, facts, member.name).stalled
    judged = {"launch_state": state, "bootstrap_stalled": stalled or None}
    if "diagnostics" in said:
        return member_like(member, **judged, diagnostics=said["diagnostics"])
    member = member_like(member, **judged)
    return member_like(member, diagnostics=diagnose(engine, member, member.name))


# -- The objects of a member -----------------------------------------------------------------------


def _convert(fields: dict[str, Any]) -> None:
    """Turn what a record says of the provider, the identity and the candidate into what it means.

    Nothing of it is judged: it is carried.
    """
    provider = fields.get("provider_id")
    fields["provider_backend_id"] = backend_of(provider, fields.get("provider_backend_id"))
    if "launch_identity" in fields:
        fields["launch_identity"] = identity_of(fields["launch_identity"], provider)
    if "app_managed_bootstrap_candidate" in fields:
        candidate = candidate_of(fields["app_managed_bootstrap_candidate"])
        fields["app_managed_bootstrap_candidate"] = candidate


def _sources(told: tuple[str, ...] | None, *, alive: bool) -> Sources | None:
    """The seven flags; absent when none of them is true."""
    if told is None:
        return None
    flags = {name: name in told for name in attrs.fields_dict(Sources)}
    if not alive:
        del flags["process_alive"]
    return Sources(**flags) if True in flags.values() else None

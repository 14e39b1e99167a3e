"""What a member's own process and messages tell of it: proofs, stages, words (e2-e8)."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Final

import attrs

from launchfsm.decisions.reconciliation import MESSAGE, MessageFacts
from launchfsm.ecma.text import trim
from launchfsm.engine.engine import Engine
from launchfsm.evaluation.causes import masked, unquoted
from launchfsm.records.roster import ConfigMember, NameIndex
from launchfsm.records.side_files import Message, RuntimeEvent

_STAGES: Final = frozenset(
    {
        "process_spawned",
        "stdout_attached",
        "mailbox_bootstrap_written",
        "cli_started",
        "startup_checkpoint",
        "runtime_ready",
        "inbox_poller_ready",
        "bootstrap_prompt_observed",
        "bootstrap_submit_attempted",
        "bootstrap_submit_deferred",
        "bootstrap_submit_rejected",
        "bootstrap_submit_accepted_without_uuid",
        "bootstrap_submitted",
        "bootstrap_context_loaded",
        "failed",
        "exited",
    }
)
_WITHOUT_DETAIL: Final = frozenset({"process_spawned", "stdout_attached", "cli_started"})
_ENDS: Final = frozenset({"failed", "exited", "bootstrap_submit_accepted_without_uuid"})
_CONFIRMED: Final = "bootstrap_confirmed"
_BY_BRIEFING: Final = "member_briefing_tool_success"
_BY_PRIVATE_TURN: Final = "native_app_managed_bootstrap_private_turn"
_PRIVATE_TURN_MODE: Final = "native_app_managed_context"
_LONGEST_DETAIL: Final = 500
_LONGEST_WORD: Final = 280
_NOBODY: Final = frozenset({"user", "system"})


@attrs.frozen
class Spawn:
    """What tells a member's spawn from another one; `at` is in ms since 1970."""

    name: str
    names: NameIndex
    team: str
    agent_id: str | None
    run_id: str | None
    pid: float | None
    at: float | None
    config: ConfigMember

    def is_its_name(self, name: str | None) -> bool:
        """Whether somebody who signs so is this member."""
        return name is not None and self.names.resolve(name) == self.name


@attrs.frozen
class Stages:
    """How far a start came: its last stage, and the last event that ended it, in words."""

    last: str | None = None
    ended: str | None = None
    submitted: bool = False


@attrs.frozen
class Word:
    """A member's newest word to its lead: that it failed, or else that it is there."""

    failed: bool
    text: str
    at: int


def proof_of(events: Iterable[RuntimeEvent], spawn: Spawn) -> int | None:
    """When a member proved its bootstrap, in ms since 1970; the newest proof (e5)."""
    times = [event.occurred_at for event in events if _is_proof(event, spawn)]
    return max((time for time in times if time is not None), default=None)


def _is_proof(event: RuntimeEvent, spawn: Spawn) -> bool:
    config, token = spawn.config, spawn.config.bootstrap_proof_token
    if event.type != _CONFIRMED or event.occurred_at is None:
        return False
    if _differ(event.team_name, spawn.team):
        return False
    if token is None if spawn.at is None else event.occurred_at < spawn.at:
        return False
    if token is not None and event.bootstrap_proof_token != token:
        return False
    same_id = spawn.agent_id is not None and event.agent_id == spawn.agent_id
    if not same_id and not spawn.is_its_name(event.agent_name):
        return False
    if event.source == _BY_BRIEFING:
        return True
    repeated = (
        (event.run_id, config.bootstrap_run_id),
        (event.context_hash, config.bootstrap_context_hash),
        (event.briefing_hash, config.bootstrap_briefing_hash),
    )
    return (
        event.source == _BY_PRIVATE_TURN
        and event.team_name is not None
        and token is not None
        and config.bootstrap_proof_mode == _PRIVATE_TURN_MODE
        and all(one is not None and one == other for one, other in repeated)
    )


def stages_of(events: Iterable[RuntimeEvent], spawn: Spawn) -> Stages:
    """How far a start came, by the events that are of this spawn (e6-e8)."""
    if spawn.run_id is None and spawn.pid is None and spawn.at is None:
        return Stages()
    last = ended = None
    submitted = False
    for event in events:
        if event.type not in _STAGES or not _is_current(event, spawn):
            continue
        last = _words(event, spawn)
        submitted = submitted or event.type == "bootstrap_submitted"
        refused = event.type == "bootstrap_submit_rejected" and event.retryable is False
        if event.type in _ENDS or refused:
            ended = last
    return Stages(last, ended, submitted)


def _is_current(event: RuntimeEvent, spawn: Spawn) -> bool:
    return not (
        _differ(event.team_name, spawn.team)
        or _differ(event.agent_id, spawn.agent_id)
        or _differ(event.pid, spawn.pid)
        or (event.agent_name is not None and not spawn.is_its_name(event.agent_name))
        or (event.bootstrap_run_id is not None and event.bootstrap_run_id != spawn.run_id)
        or (spawn.at is not None and (event.occurred_at is None or event.occurred_at < spawn.at))
    )


def _differ(one: object, other: object) -> bool:
    return one is not None and other is not None and one != other


def _words(event: RuntimeEvent, spawn: Spawn) -> str:
    kind = event.type or ""
    words = kind.replace("_", " ")
    if event.detail is None or kind in _WITHOUT_DETAIL:
        return words
    detail = event.detail[: 4 * _LONGEST_DETAIL]
    for secret in (spawn.config.bootstrap_proof_token, event.bootstrap_proof_token):
        detail = detail.replace(secret, "[hidden]") if secret else detail
    return f"{words}: {masked(detail)[:_LONGEST_DETAIL]}"


# -- Words to the lead -----------------------------------------------------------------------------


def by_sender(messages: Iterable[Message], names: NameIndex, lead: str) -> dict[str, list[Message]]:
    """The dated messages that members wrote, by the member that is meant, newest first (e2, e4)."""
    nobody = _NOBODY | {lead.lower(), "team-lead"}
    resolved: dict[str, str | None] = {}
    found: dict[str, list[Message]] = {}
    for message in messages:
        if message.sent_at is None or message.sender is None:
            continue
        sender = trim(message.sender)
        if sender not in resolved:
            resolved[sender] = None if sender.lower() in nobody else names.resolve(sender)
        name = resolved[sender]
        if name is not None:
            found.setdefault(name, []).append(message)
    for written in found.values():
        written.sort(key=lambda one: (one.sent_at or 0, one.message_id or ""), reverse=True)
    return found


def newest_word(
    engine: Engine, messages: Iterable[Message], name: str, spawned_at: float | None
) -> Word | None:
    """The newest message of a member after its spawn that says something of it (e3, e4)."""
    if spawned_at is None:
        return None
    for message in messages:
        if message.sent_at is None or message.sent_at < spawned_at:
            return None
        text = trim(message.text or "")
        if not text:
            continue
        meaning = engine.decide(
            MESSAGE, MessageFacts(unquoted(text).lower(), message.protocol_type), name
        )
        if meaning.says is not None:
            return Word(meaning.says == "failed", text[:_LONGEST_WORD], message.sent_at)
    return None

"""The words that records, results and machines are written in, each set of them in one place.

One ``Literal`` alias for each enumerated field of the specification, in the order of its
paragraphs, the words in the order they are told there. A new provider or liveness kind is one word
here.

What a word means, which field carries it and what becomes of a text that is none of them lives with
whoever reads the field. This module imports nothing but ``typing``, so anything may import it.
"""

from __future__ import annotations

from typing import Literal, TypeAlias, get_args, get_origin

# §3: the phases of a bootstrap, from which "is its owner still there?" is asked.
ActivePhase: TypeAlias = Literal[
    "validating_spec",
    "loading_existing_state",
    "acquiring_bootstrap_lock",
    "creating_team",
    "spawning_members",
    "auditing_truth",
]
TerminalPhase: TypeAlias = Literal["completed", "failed", "canceled"]
Phase: TypeAlias = Literal[ActivePhase, TerminalPhase]

# §3: whether a process is there, `unknown` being an answer of its own, and what that rests on.
Liveness: TypeAlias = Literal["alive", "dead", "unknown"]
Basis: TypeAlias = Literal["reached", "refused", "no_such_process", "impossible_pid", "error"]

# §4: what the bootstrap wrote about a member. `skipped` is launchfsm's own: to the specification it
# is an unknown status.
MemberStatus: TypeAlias = Literal[
    "spawn_started",
    "registered",
    "runtime_alive",
    "bootstrap_confirmed",
    "failed",
    "pending",
    "skipped",
]

# §4 and §13: how a bootstrap says it ended. `partial_success` is a status, never a phase.
TerminalStatus: TypeAlias = Literal["completed", "partial_success", "failed", "canceled"]

# §4 and §10: `active` and `finished` are what a bootstrap's snapshot can be.
LaunchPhase: TypeAlias = Literal["active", "finished", "reconciled"]

# §5: the state of all members together.
TeamLaunchState: TypeAlias = Literal[
    "partial_failure", "partial_pending", "partial_skipped", "clean_success"
]

# §4, §6 and §10: the state of one member, in the order a member goes through them.
LaunchState: TypeAlias = Literal[
    "starting",
    "runtime_pending_bootstrap",
    "runtime_pending_permission",
    "confirmed_alive",
    "failed_to_start",
    "skipped_for_launch",
]

# §7: what a progress display shows. Here it is `cancelled`; the phase is `canceled`.
ProgressState: TypeAlias = Literal[
    "validating", "configuring", "assembling", "finalizing", "ready", "failed", "cancelled"
]

# §9: the records of the journal that have a message.
JournalType: TypeAlias = Literal["phase", "lock", "member", "terminal", "real_task"]

# §10: who runs a member, and who owns the lane it runs on.
Provider: TypeAlias = Literal["anthropic", "codex", "gemini", "opencode"]

# §10: what a provider runs on, after a provider's other spellings were read. `anthropic` has none.
CodexBackend: TypeAlias = Literal["codex-native"]
GeminiBackend: TypeAlias = Literal["auto", "api", "cli-sdk"]
OpencodeBackend: TypeAlias = Literal["adapter", "opencode-cli"]
Backend: TypeAlias = Literal[CodexBackend, GeminiBackend, OpencodeBackend]

# §10: the enumerated fields of a member and of its launch identity.
BillingMode: TypeAlias = Literal["api", "subscription", "free", "unknown"]
Effort: TypeAlias = Literal["none", "minimal", "low", "medium", "high", "xhigh", "max"]
FastMode: TypeAlias = Literal["inherit", "on", "off"]
LaneKind: TypeAlias = Literal["primary", "secondary"]
LivenessKind: TypeAlias = Literal[
    "confirmed_bootstrap",
    "runtime_process",
    "runtime_process_candidate",
    "permission_blocked",
    "shell_only",
    "registered_only",
    "stale_metadata",
    "not_found",
]
PidSource: TypeAlias = Literal[
    "lead_process",
    "tmux_pane",
    "tmux_child",
    "agent_process_table",
    "opencode_bridge",
    "runtime_bootstrap",
    "persisted_metadata",
]
Severity: TypeAlias = Literal["info", "warning", "error"]  # §8 too: `messageSeverity`
EvidenceSource: TypeAlias = Literal["runtime_bootstrap_checkin", "app_managed_bootstrap"]
BootstrapMode: TypeAlias = Literal["model_tool_checkin", "app_managed_context"]

# §10: the enumerated fields of a launch identity alone.
ModelKind: TypeAlias = Literal["explicit", "default"]
CatalogSource: TypeAlias = Literal[
    "anthropic-models-api",
    "anthropic-compatible-api",
    "app-server",
    "static-fallback",
    "runtime",
    "unavailable",
]

# §10: what a roster display shows of a member, and what says it is online.
SpawnStatus: TypeAlias = Literal["error", "skipped", "online", "waiting", "spawning", "offline"]
LivenessSource: TypeAlias = Literal["heartbeat", "process"]

# §12: whether the team was given its first task.
RealTaskSubmission: TypeAlias = Literal["not_submitted", "submitted", "unknown"]

# §13: what writers put into the `action` of a journal's lock and member records. `resumed` is
# launchfsm's own: a confirmed member that a new run took over from an earlier one.
LockAction: TypeAlias = Literal["acquired", "released", "stolen"]
MemberAction: TypeAlias = Literal[MemberStatus, "spawn_failed", "resumed"]


def values(alias: object) -> tuple[str, ...]:
    """Return the words of an alias, those of the aliases it is made of included, in order."""
    found = get_args(alias) if get_origin(alias) is Literal else ()
    if not found or not all(isinstance(word, str) for word in found):
        raise TypeError(
            f"{alias!r} has no words: pass a Literal alias of texts, such as vocabulary.Provider"
        )
    return found

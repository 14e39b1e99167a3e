"""Decisions: every point at which evaluation asks the policy.

Reading them from the top is reading an evaluation: files, owner, members, the launch, what is
shown, which snapshot is believed, the verdict. Each has one decision table, in
`rules/<policy>/<name>.toml`.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from launchfsm.decisions import facts, outcomes
from launchfsm.decisions.causes import ADVICE, CAUSE
from launchfsm.decisions.foremost import FOREMOST, NOTES
from launchfsm.decisions.present import LEAD, REMOVED, RUNS, STOPPED, TEAM_NAME
from launchfsm.decisions.reconciliation import (
    CLEARING,
    CURRENCY,
    GRACE,
    LANE_TEXT,
    MEMBER_PROCESS,
    MEMBER_WORD,
    MESSAGE,
    RECONCILIATION,
    STALL,
    TRANSPORT,
)
from launchfsm.decisions.remains import REMAINS
from launchfsm.engine.decision import Decision, Sum
from launchfsm.engine.types import ValueType
from launchfsm.vocabulary import LaunchPhase, values

if TYPE_CHECKING:
    from collections.abc import Mapping

_NAMED: Final = ("failed > 0 or not failed_names", "failed == 0 or failed_names")
_COUNTED: Final = Sum("names", ("confirmed", "pending", "failed", "skipped"))
"""Every member is counted, and counted as one thing."""

UNREADABLE = Decision(
    "unreadable",
    facts.UnreadableFacts,
    outcomes.UnreadableText,
    "What is a person told of a file that is there but cannot be used? (§1)",
    preconditions=(
        "document != 'journal' or fault != 'unsupported_version'",
        "document != 'state' or file == 'bootstrap-state.json'",
        "document != 'journal' or file == 'bootstrap-journal.jsonl'",
    ),
)
OWNER = Decision(
    "owner",
    facts.OwnerFacts,
    outcomes.OwnerVerdict,
    "Is the process that owns the bootstrap still there? (§3)",
    preconditions=(
        "owner is None or owner_pid is not None",
        "owner is not None or owner_pid is None",
        "not state_age > '0s' or not state_ahead >= '0s'",
        "not state_age >= '0s' or not state_ahead > '0s'",
        "owner is not None or basis is None",
        "not owner == 'alive' or basis is None or basis in ['reached', 'refused']",
        "not owner == 'dead' or basis is None or basis in ['no_such_process', 'impossible_pid']",
        "not owner == 'unknown' or basis is None or basis == 'error'",
        "owner == 'alive' or zombie is None",
        "owner == 'alive' or began_after is None",
        "owner is not None or (replaced is None and other_host is None)",
        "owner is not None or other_namespace is None",
    ),
    # What the tables of the downgrade and of the progress rely on.
    postconditions=(
        "not dead or reason is not None",
        "dead or reason is None",
        "not stale or dead",
    ),
)
MEMBER = Decision(
    "member",
    facts.MemberFacts,
    outcomes.MemberVerdict,
    "What does a member's recorded status mean? (§4)",
)
LEGACY_MEMBER = Decision(
    "legacy_member",
    facts.LegacyMemberFacts,
    outcomes.LegacyMemberVerdict,
    "What does an old partial-failure marker mean for a member? (§10)",
    params={"launch_phase": ValueType("word", values(LaunchPhase))},
)
LAUNCH_PHASE = Decision(
    "launch_phase",
    facts.LaunchPhaseFacts,
    outcomes.LaunchPhaseVerdict,
    "Is the launch still going on? (§4)",
)
DOWNGRADE = Decision(
    "downgrade",
    facts.DowngradeFacts,
    outcomes.DowngradeVerdict,
    "What does a dead owner do to a member? (§4)",
    preconditions=(
        "not owner_dead or owner_reason is not None",
        "owner_dead or owner_reason is None",
    ),
    matters=dict.fromkeys(("reason", "diagnostics"), "event is not None"),
)
NEVER_SPAWNED = Decision(
    "never_spawned",
    facts.NeverSpawnedFacts,
    outcomes.NeverSpawnedVerdict,
    "Is a member lost because the launch ended before it was spawned? (§5)",
    matters={"reason": "event is not None"},
)
MEMBER_STATE = Decision(
    "member_state",
    facts.MemberStateFacts,
    outcomes.MemberStateVerdict,
    "Which launch state do a member's flags add up to? (§6)",
)
LIVENESS = Decision(
    "liveness",
    facts.LivenessFacts,
    outcomes.LivenessVerdict,
    "Is a member that is said to be alive believed to be? (§5)",
)
STALLED = Decision(
    "stalled",
    facts.StalledFacts,
    outcomes.StalledVerdict,
    "Is a report of a stalled bootstrap believed? (§10)",
)
DIAGNOSTICS = Decision(
    "diagnostics",
    facts.DiagnosticFacts,
    outcomes.DiagnosticLine,
    "What is a person told of a member? (§6)",
    collect=True,
)
STANDING = Decision(
    "standing",
    facts.StandingFacts,
    outcomes.StandingVerdict,
    "How does the summary count a member? (§5)",
)
PENDING = Decision(
    "pending",
    facts.PendingFacts,
    outcomes.PendingVerdict,
    "What else does the summary count a pending member as? (§5)",
    collect=True,
)
TEAM_STATE = Decision(
    "team_state",
    facts.TeamStateFacts,
    outcomes.TeamStateVerdict,
    "What is the verdict over all members? (§5)",
    preconditions=_NAMED,
    sums=(_COUNTED,),
)
JOURNAL = Decision(
    "journal",
    facts.JournalFacts,
    outcomes.JournalMessage,
    "What is a person told of a journal record? (§9)",
)
JOURNAL_WARNING = Decision(
    "journal_warning",
    facts.JournalWarningFacts,
    outcomes.JournalWarning,
    "What is a person told of the journal's last lines? (§9)",
    params={"recent_lines": ValueType("number"), "separator": ValueType("text")},
    preconditions=("lines != 0 or messages is None", "lines != 0 or foreign == 0"),
)
PHASE = Decision(
    "phase",
    facts.PhaseFacts,
    outcomes.PhaseText,
    "How is a phase shown? (§7)",
    # What the table of the recovery relies on.
    postconditions=("state is not None or message is None", "state is None or message is not None"),
)
PROGRESS = Decision(
    "progress",
    facts.ProgressFacts,
    outcomes.ProgressVerdict,
    "What does a progress display show? (§7)",
    preconditions=(
        "not owner_dead or owner_reason is not None",
        "owner_dead or owner_reason is None",
        "not owner_stale or owner_dead",
        "not state_ahead > '0s' or not quiet >= '0s'",
    ),
    matters=dict.fromkeys(("state", "message", "error", "run", "severity"), "shown"),
)
BEGINNING = Decision(
    "beginning",
    facts.BeginningFacts,
    outcomes.BeginningVerdict,
    "What does a progress display show of a lock without a state?",
    preconditions=("owner_pid > 0",),
    matters=dict.fromkeys(("message", "error", "severity"), "state is not None"),
)
RECOVERY = Decision(
    "recovery",
    facts.RecoveryFacts,
    outcomes.RecoveryVerdict,
    "What does a progress display show when only the lock speaks? (§8)",
    preconditions=(
        "phase_state is not None or phase_message is None",
        "phase_state is None or phase_message is not None",
        "owner_pid > 0",
    ),
)
RICHNESS = Decision(
    "richness",
    facts.RichnessFacts,
    outcomes.RichnessPoints,
    "How much does a snapshot know? (§11)",
    collect=True,
    preconditions=(
        "part == 'snapshot' or not expected_given",
        "part == 'record' or provider is None",
        "part == 'record' or backend is None",
        "part == 'record' or selected_fast_mode is None",
        "part == 'record' or resolved_fast_mode is None",
        "part == 'record' or lane_id is None",
        "part == 'record' or lane_kind is None",
        "part == 'record' or lane_owner is None",
        "part == 'record' or not identity",
    ),
)
EXPIRED = Decision(
    "expired",
    facts.ExpiredFacts,
    outcomes.ExpiredVerdict,
    "Has a snapshot waited for its members too long? (§11)",
)
SELECTION = Decision(
    "selection",
    facts.SelectionFacts,
    outcomes.SelectionVerdict,
    "Which of two snapshots is believed? (§11)",
    preconditions=(
        "not bootstrap_expired or bootstrap",
        "(bootstrap and launcher) or richer is None",
        "(bootstrap and launcher) or wider is None",
        "(bootstrap and launcher) or newer is None",
        "not bootstrap or not launcher or bootstrap_score is not None",
        "not bootstrap or not launcher or launcher_score is not None",
        "(bootstrap and launcher) or bootstrap_score is None",
        "(bootstrap and launcher) or launcher_score is None",
        "(bootstrap and launcher) or bootstrap_ahead is None",
        "(bootstrap and launcher) or launcher_ahead is None",
    ),
)
SPAWN_STATUS = Decision(
    "spawn_status",
    facts.SpawnStatusFacts,
    outcomes.SpawnStatusVerdict,
    "How does a roster show a member? (§10)",
)
VERDICT = Decision(
    "verdict",
    facts.VerdictFacts,
    outcomes.TeamVerdict,
    "How does the launch stand, in a word and a line?",
    preconditions=(
        "team_state is not None or launch_phase is None",
        "team_state is None or launch_phase is not None",
        "team_state is not None or names == 0",
        "progress_state is not None or progress_severity is None",
        "progress_state is not None or progress_message is None",
        "progress_state is None or progress_message is not None",
        "progress_state is not None or progress_error is None",
        "records == 'readable' or team_state is None",
        "records == 'readable' or ended is None",
        "records == 'readable' or not expired",
        "records == 'readable' or ahead is None",
        "records == 'readable' or age is None",
        *_NAMED,
    ),
    sums=(_COUNTED,),
)

CATALOGUE: Mapping[str, Decision[Any, Any]] = {
    decision.name: decision
    for decision in (
        UNREADABLE,
        TEAM_NAME,
        REMOVED,
        OWNER,
        MEMBER,
        LEGACY_MEMBER,
        LAUNCH_PHASE,
        DOWNGRADE,
        NEVER_SPAWNED,
        MEMBER_STATE,
        LIVENESS,
        STALLED,
        LEAD,
        DIAGNOSTICS,
        STANDING,
        PENDING,
        TEAM_STATE,
        JOURNAL,
        JOURNAL_WARNING,
        PHASE,
        PROGRESS,
        BEGINNING,
        RECOVERY,
        STOPPED,
        RUNS,
        RICHNESS,
        EXPIRED,
        SELECTION,
        CAUSE,
        CLEARING,
        MESSAGE,
        CURRENCY,
        RECONCILIATION,
        TRANSPORT,
        STALL,
        MEMBER_PROCESS,
        GRACE,
        LANE_TEXT,
        MEMBER_WORD,
        SPAWN_STATUS,
        REMAINS,
        NOTES,
        FOREMOST,
        VERDICT,
        ADVICE,
    )
}
"""Every decision by name, in the order in which an evaluation reaches them."""

"""Decisions: every point at which evaluation asks the policy.

Reading them from the top is reading an evaluation: files, owner, members, the launch, what is
shown, which snapshot is believed, the verdict. Each has one decision table, in
`rules/<policy>/<name>.toml`.

Here: which questions there are. Not here: what may be asked (`launchfsm.decisions.facts`) and answered
(`launchfsm.decisions.outcomes`), nor the answers (the rule files).
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from launchfsm.decisions import facts, outcomes
from launchfsm.engine.decision import Decision, many, one
from launchfsm.engine.sums import Sum
from launchfsm.engine.types import ValueType
from launchfsm.vocabulary import LaunchPhase, values

if TYPE_CHECKING:
    from collections.abc import Mapping

_COUNTED: Final = Sum("names", ("confirmed", "pending", "failed", "skipped"))
"""Every member is counted, and counted as one thing."""

UNREADABLE = one(
    "unreadable",
    facts.UnreadableFacts,
    outcomes.UnreadableText,
    "What is a person told of a file that is there but cannot be used? (§1)",
    impossible=(
        "document == 'journal' and fault == 'unsupported_version'",
        "document == 'state' and file != 'bootstrap-state.json'",
        "document == 'journal' and file != 'bootstrap-journal.jsonl'",
    ),
)
OWNER = one(
    "owner",
    facts.OwnerFacts,
    outcomes.OwnerVerdict,
    "Is the process that owns the bootstrap still there? (§3)",
    impossible=(
        "owner is not None and owner_pid is None",
        "owner is None and owner_pid is not None",
        "state_age > '0s' and state_ahead >= '0s'",
        "state_age >= '0s' and state_ahead > '0s'",
        "owner is None and basis is not None",
        "owner == 'alive' and basis not in ['reached', 'refused']",
        "owner == 'dead' and basis not in ['no_such_process', 'impossible_pid']",
        "owner == 'unknown' and basis != 'error'",
        "not owner == 'alive' and zombie is not None",
        "not owner == 'alive' and began_after is not None",
        "owner is None and (replaced is not None or other_host is not None)",
    ),
    # What the tables of the downgrade and of the progress rely on.
    inconsistent=(
        "dead and reason is None",
        "not dead and reason is not None",
        "stale and not dead",
    ),
)
MEMBER = one(
    "member",
    facts.MemberFacts,
    outcomes.MemberVerdict,
    "What does a member's recorded status mean? (§4)",
)
LEGACY_MEMBER = one(
    "legacy_member",
    facts.LegacyMemberFacts,
    outcomes.LegacyMemberVerdict,
    "What does an old partial-failure marker mean for a member? (§10)",
    params={"launch_phase": ValueType("word", values(LaunchPhase))},
)
LAUNCH_PHASE = one(
    "launch_phase",
    facts.LaunchPhaseFacts,
    outcomes.LaunchPhaseVerdict,
    "Is the launch still going on? (§4)",
)
DOWNGRADE = one(
    "downgrade",
    facts.DowngradeFacts,
    outcomes.DowngradeVerdict,
    "What does a dead owner do to a member? (§4)",
    impossible=(
        "owner_dead and owner_reason is None",
        "not owner_dead and owner_reason is not None",
    ),
)
NEVER_SPAWNED = one(
    "never_spawned",
    facts.NeverSpawnedFacts,
    outcomes.NeverSpawnedVerdict,
    "Is a member lost because the launch ended before it was spawned? (§5)",
)
MEMBER_STATE = one(
    "member_state",
    facts.MemberStateFacts,
    outcomes.MemberStateVerdict,
    "Which launch state do a member's flags add up to? (§6)",
)
LIVENESS = one(
    "liveness",
    facts.LivenessFacts,
    outcomes.LivenessVerdict,
    "Is a member that is said to be alive believed to be? (§5)",
)
STALLED = one(
    "stalled",
    facts.StalledFacts,
    outcomes.StalledVerdict,
    "Is a report of a stalled bootstrap believed? (§10)",
)
DIAGNOSTICS = many(
    "diagnostics",
    facts.DiagnosticFacts,
    outcomes.DiagnosticLine,
    "What is a person told of a member? (§6)",
)
STANDING = one(
    "standing",
    facts.StandingFacts,
    outcomes.StandingVerdict,
    "How does the summary count a member? (§5)",
)
PENDING = many(
    "pending",
    facts.PendingFacts,
    outcomes.PendingVerdict,
    "What else does the summary count a pending member as? (§5)",
)
TEAM_STATE = one(
    "team_state",
    facts.TeamStateFacts,
    outcomes.TeamStateVerdict,
    "What is the verdict over all members? (§5)",
    sums=(_COUNTED,),
)
JOURNAL = one(
    "journal",
    facts.JournalFacts,
    outcomes.JournalMessage,
    "What is a person told of a journal record? (§9)",
)
JOURNAL_WARNING = one(
    "journal_warning",
    facts.JournalWarningFacts,
    outcomes.JournalWarning,
    "What is a person told of the journal's last lines? (§9)",
    params={"recent_lines": ValueType("number"), "separator": ValueType("text")},
    impossible=("lines == 0 and messages is not None", "lines == 0 and foreign > 0"),
)
PHASE = one(
    "phase",
    facts.PhaseFacts,
    outcomes.PhaseText,
    "How is a phase shown? (§7)",
    # What the table of the recovery relies on.
    inconsistent=("state is None and message is not None", "state is not None and message is None"),
)
PROGRESS = one(
    "progress",
    facts.ProgressFacts,
    outcomes.ProgressVerdict,
    "What does a progress display show? (§7)",
    impossible=(
        "owner_dead and owner_reason is None",
        "not owner_dead and owner_reason is not None",
        "owner_stale and not owner_dead",
        "state_ahead > '0s' and quiet >= '0s'",
    ),
)
BEGINNING = one(
    "beginning",
    facts.BeginningFacts,
    outcomes.BeginningVerdict,
    "What does a progress display show of a lock without a state?",
    impossible=("owner_pid <= 0",),
)
RECOVERY = one(
    "recovery",
    facts.RecoveryFacts,
    outcomes.RecoveryVerdict,
    "What does a progress display show when only the lock speaks? (§8)",
    impossible=(
        "phase_state is None and phase_message is not None",
        "phase_state is not None and phase_message is None",
        "owner_pid <= 0",
    ),
)
RICHNESS = many(
    "richness",
    facts.RichnessFacts,
    outcomes.RichnessPoints,
    "How much does a snapshot know? (§11)",
    impossible=(
        "part != 'snapshot' and expected_given",
        "part != 'record' and provider is not None",
        "part != 'record' and backend is not None",
        "part != 'record' and selected_fast_mode is not None",
        "part != 'record' and resolved_fast_mode is not None",
        "part != 'record' and lane_id is not None",
        "part != 'record' and lane_kind is not None",
        "part != 'record' and lane_owner is not None",
        "part != 'record' and identity",
    ),
)
EXPIRED = one(
    "expired",
    facts.ExpiredFacts,
    outcomes.ExpiredVerdict,
    "Has a snapshot waited for its members too long? (§11)",
)
SELECTION = one(
    "selection",
    facts.SelectionFacts,
    outcomes.SelectionVerdict,
    "Which of two snapshots is believed? (§11)",
    impossible=(
        "bootstrap_expired and not bootstrap",
        "not (bootstrap and launcher) and richer is not None",
        "not (bootstrap and launcher) and wider is not None",
        "not (bootstrap and launcher) and newer is not None",
        "bootstrap and launcher and bootstrap_score is None",
        "bootstrap and launcher and launcher_score is None",
        "not (bootstrap and launcher) and bootstrap_score is not None",
        "not (bootstrap and launcher) and launcher_score is not None",
        "not (bootstrap and launcher) and bootstrap_ahead is not None",
        "not (bootstrap and launcher) and launcher_ahead is not None",
        "not (bootstrap and launcher) and older_run is not None",
    ),
)
RECONCILIATION = one(
    "reconciliation",
    facts.ReconciliationFacts,
    outcomes.ReconciliationVerdict,
    "Does the bootstrap know better of a member than the launcher, who is believed?",
)
SPAWN_STATUS = one(
    "spawn_status",
    facts.SpawnStatusFacts,
    outcomes.SpawnStatusVerdict,
    "How does a roster show a member? (§10)",
)
VERDICT = one(
    "verdict",
    facts.VerdictFacts,
    outcomes.TeamVerdict,
    "How does the launch stand, in a word and a line?",
    impossible=(
        "team_state is None and launch_phase is not None",
        "team_state is not None and launch_phase is None",
        "team_state is None and names > 0",
        "progress_state is None and progress_severity is not None",
        "progress_state is None and progress_message is not None",
        "progress_state is not None and progress_message is None",
        "progress_state is None and progress_error is not None",
        "records != 'readable' and team_state is not None",
        "records != 'readable' and ended is not None",
        "records != 'readable' and expired",
        "records != 'readable' and ahead is not None",
        "records != 'readable' and age is not None",
    ),
    sums=(_COUNTED,),
)

CATALOGUE: Mapping[str, Decision[Any, Any]] = {
    point.name: point
    for point in (
        UNREADABLE,
        OWNER,
        MEMBER,
        LEGACY_MEMBER,
        LAUNCH_PHASE,
        DOWNGRADE,
        NEVER_SPAWNED,
        MEMBER_STATE,
        LIVENESS,
        STALLED,
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
        RICHNESS,
        EXPIRED,
        SELECTION,
        RECONCILIATION,
        SPAWN_STATUS,
        VERDICT,
    )
}
"""Every decision point by name, in the order in which an evaluation reaches them."""

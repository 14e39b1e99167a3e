"""The catalogue: every decision, in the order in which an evaluation reaches them.

Reading it from the top is reading an evaluation: files, owner, members, the launch, what is shown,
which snapshot is believed, the verdict. Each decision has one table, in
`rules/<policy>/<name>.toml`.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from launchfsm.decisions.bootstrap import (
    BEGINNING,
    JOURNAL,
    JOURNAL_WARNING,
    LAUNCH_PHASE,
    OWNER,
    PHASE,
    PROGRESS,
    RECOVERY,
    UNREADABLE,
)
from launchfsm.decisions.members import (
    DIAGNOSTICS,
    DOWNGRADE,
    LEGACY_MEMBER,
    LIVENESS,
    MEMBER,
    MEMBER_STATE,
    NEVER_SPAWNED,
    PENDING,
    SPAWN_STATUS,
    STALLED,
    STANDING,
)
from launchfsm.decisions.present import LEAD, REMOVED, RUNS, STOPPED, TEAM_NAME
from launchfsm.decisions.reconciliation import (
    CAUSE,
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
from launchfsm.decisions.snapshots import EXPIRED, RICHNESS, SELECTION, TEAM_STATE
from launchfsm.decisions.verdict import ADVICE, FOREMOST, NOTES, REMAINS, VERDICT

if TYPE_CHECKING:
    from collections.abc import Mapping

    from launchfsm.engine.decision import Decision

_IN_ORDER: tuple[tuple[Decision[Any, Any], ...], ...] = (
    (UNREADABLE, TEAM_NAME, REMOVED, OWNER),
    (MEMBER, LEGACY_MEMBER, LAUNCH_PHASE, DOWNGRADE, NEVER_SPAWNED, MEMBER_STATE),
    (LIVENESS, STALLED, LEAD, DIAGNOSTICS, STANDING, PENDING, TEAM_STATE),
    (JOURNAL, JOURNAL_WARNING, PHASE, PROGRESS, BEGINNING, RECOVERY),
    (STOPPED, RUNS, RICHNESS, EXPIRED, SELECTION),
    (CAUSE, CLEARING, MESSAGE, CURRENCY, RECONCILIATION, TRANSPORT, STALL),
    (MEMBER_PROCESS, GRACE, LANE_TEXT, MEMBER_WORD, SPAWN_STATUS),
    (REMAINS, NOTES, FOREMOST, VERDICT, ADVICE),
)

CATALOGUE: Mapping[str, Decision[Any, Any]] = {
    decision.name: decision for decisions in _IN_ORDER for decision in decisions
}
"""Every decision by name, in the order in which an evaluation reaches them."""

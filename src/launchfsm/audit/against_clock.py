"""Against the clock: what records say of when they were written.

Here: times in the future, a state that was written or ended before it began, a state that is older
than the journal's last event. Not here: the journal's own order (`journal_replay`).
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from launchfsm.audit.durations import span_text
from launchfsm.audit.findings import found
from launchfsm.audit.grace_period import Moment
from launchfsm.ecma.dates import read_instant
from launchfsm.ecma.text import trim
from launchfsm.records.documents import JOURNAL_FILE, LAUNCH_FILE, LOCK_FILE, STATE_FILE

if TYPE_CHECKING:
    from collections.abc import Iterator

    from launchfsm.audit.findings import AuditFinding
    from launchfsm.audit.replayed import Replay
    from launchfsm.evaluation.evidence import Evidence
    from launchfsm.records.bootstrap import BootstrapState

# What clocks of machines that keep them may differ by.
_AHEAD: Final = 60_000  # ms
# A writer may take the time for an event's two records twice.
_SAME_EVENT: Final = 5_000  # ms


def against_clock(evidence: Evidence, replay: Replay) -> Iterator[AuditFinding]:
    """Every time that cannot be, or cannot be yet."""
    for file, path, line, moment in _times(evidence, replay):
        if moment is not None and moment - evidence.now > _AHEAD:
            ahead = span_text(moment - evidence.now)
            yield found("time-ahead", file, f"it is {ahead} in the future", line=line, path=path)
    yield from _state_times(evidence, replay)


def _times(
    evidence: Evidence, replay: Replay
) -> Iterator[tuple[str, str, int | None, float | None]]:
    if replay.latest is not None:
        moment, line = replay.latest
        yield JOURNAL_FILE, "$.ts", line, moment
    if evidence.state is not None:
        yield STATE_FILE, "$.startedAt", None, read_instant(evidence.state.started_at)
        yield STATE_FILE, "$.updatedAt", None, read_instant(evidence.state.updated_at)
    for file, document, key in (
        (LOCK_FILE, evidence.lock_document, "createdAt"),
        (LAUNCH_FILE, evidence.launch_document, "updatedAt"),
    ):
        if isinstance(document.value, dict):
            yield file, f"$.{key}", None, read_instant(document.value.get(key))


def _state_times(evidence: Evidence, replay: Replay) -> Iterator[AuditFinding]:
    state = evidence.state
    if state is not None:
        yield from _before_the_start(state)
        yield from _before_the_last_event(evidence, state, replay)


def _before_the_start(state: BootstrapState) -> Iterator[AuditFinding]:
    started_at = read_instant(state.started_at)
    for path, time in (
        ("$.updatedAt", state.updated_at),
        ("$.terminal.finishedAt", state.terminal.finished_at),
    ):
        moment = read_instant(time)
        if moment is not None and started_at is not None and moment < started_at:
            message = f"it lies {span_text(started_at - moment)} before startedAt"
            yield found("time-backwards", STATE_FILE, message, path=path)


def _before_the_last_event(
    evidence: Evidence, state: BootstrapState, replay: Replay
) -> Iterator[AuditFinding]:
    updated_at, run = read_instant(state.updated_at), replay.runs.get(trim(state.run_id or ""))
    if updated_at is None or run is None or run.event_ts is None:
        return
    if run.event_ts - updated_at > _SAME_EVENT:
        older = span_text(run.event_ts - updated_at)
        message = f"it lies {older} before the journal's last event (line {run.event_line})"
        moment = Moment(evidence.now, run.event_ts)
        yield moment.found("state-older", STATE_FILE, message, path="$.updatedAt")

"""The records of a team checked against the replayed journal, each other, themselves and the clock.

A launcher writes state and journal one after the other for each event, so they may be one event
apart: for a moment while a launch goes on, and for good when its writer stopped in between. What is
further apart was not written by one launcher about one run.

The launcher knows more members than the bootstrap: it starts those on secondary lanes itself, and
nobody starts those that are skipped. Neither are looked for in the bootstrap's records. Its
snapshot may be of another run; then the two are not compared. Where the state is gone, the
journal's newest run stands in for it.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

import attrs

from launchfsm.audit.findings import AuditCode, AuditFinding, Moment, found, latest, span_text
from launchfsm.audit.replay import CLOCK_STEP, RunReplay, StateSet, Told
from launchfsm.ecma.dates import read_instant, read_time
from launchfsm.ecma.text import is_blank, number_text, trim
from launchfsm.evaluation.runs import Run, is_same_run, run_of
from launchfsm.lifecycle.machines import BOOTSTRAP, ENDINGS, STATE_OF_STATUS
from launchfsm.records.bootstrap import BootstrapState
from launchfsm.records.documents import (
    JOURNAL_FILE,
    LAUNCH_FILE,
    LOCK_FILE,
    STATE_FILE,
)
from launchfsm.records.fields import shown
from launchfsm.records.lock import LOCK
from launchfsm.records.names import is_member, is_recorded_member
from launchfsm.system.files import ReadProblem

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from launchfsm.audit.replay import Replay
    from launchfsm.evaluation.evidence import Evidence
    from launchfsm.records.bootstrap import MemberRecord
    from launchfsm.records.lock import HolderVerdict, LockRecord
    from launchfsm.records.results import LaunchSnapshot, MemberLaunch

# What clocks of machines that keep them may differ by.
_AHEAD: Final = 60_000  # ms
# A writer may take the time for an event's two records twice.
_SAME_EVENT: Final = 5_000  # ms
# The lock is taken in the phase before (§7), or earlier.
_LOCKED: Final = ("creating_team", "spawning_members", "auditing_truth")
_SHOWN_NAMES: Final = 5


def is_absent(read: bytes | ReadProblem) -> bool:
    """Whether there is no such file, rather than one that cannot be used."""
    return isinstance(read, ReadProblem) and read.outcome == "absent"


# -- The clock -------------------------------------------------------------------------------------


def against_clock(evidence: Evidence, replay: Replay) -> Iterator[AuditFinding]:
    """Find times that cannot be, or cannot be yet."""
    for file, path, line, moment in _times(evidence, replay):
        if moment is not None and moment - evidence.now > _AHEAD:
            ahead = span_text(moment - evidence.now)
            yield found("time-ahead", file, f"it is {ahead} in the future", line=line, path=path)
    if evidence.state is not None:
        yield from _before_the_start(evidence.state)
        yield from _before_the_last_event(evidence, evidence.state, replay)


def _times(
    evidence: Evidence, replay: Replay
) -> Iterator[tuple[str, str, int | None, float | None]]:
    dated = [
        (line.record.ts, line.number)
        for run in replay.runs.values()
        for line in run.lines
        if line.record.ts is not None
    ]
    if dated:
        moment, line = max(dated)
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


def _before_the_start(state: BootstrapState) -> Iterator[AuditFinding]:
    started_at = read_instant(state.started_at)
    for path, time in (
        ("$.updatedAt", state.updated_at),
        ("$.terminal.finishedAt", state.terminal.finished_at),
    ):
        moment = read_instant(time)
        if moment is not None and started_at is not None and started_at - moment > CLOCK_STEP:
            message = f"it lies {span_text(started_at - moment)} before startedAt"
            yield found("time-backwards", STATE_FILE, message, path=path)


def _before_the_last_event(
    evidence: Evidence, state: BootstrapState, replay: Replay
) -> Iterator[AuditFinding]:
    updated_at, run = read_instant(state.updated_at), replay.runs.get(trim(state.run_id or ""))
    if updated_at is None or run is None or run.last_event is None:
        return
    told_at, line = run.last_event
    if told_at - updated_at > _SAME_EVENT:
        older = span_text(told_at - updated_at)
        message = f"it lies {older} before the journal's last event (line {line})"
        moment = Moment(evidence.now, told_at)
        yield moment.found("state-older", STATE_FILE, message, path="$.updatedAt")


# -- The state -------------------------------------------------------------------------------------


def against_state(evidence: Evidence, replay: Replay) -> Iterator[AuditFinding]:
    """Find where the state and the journal, or the state and itself, disagree."""
    state = evidence.state
    if state is None:
        if replay.runs and is_absent(evidence.files.state):
            yield found("state-missing", STATE_FILE, "only the journal tells of the launch")
        return
    yield from _against_itself(evidence, state)
    run = replay.runs.get(trim(state.run_id or ""))
    if run is None:
        yield from _unknown_run(evidence, state, replay)
        return
    moment = Moment(evidence.now, latest(run.written_at, read_instant(state.updated_at)))
    yield from _Comparison(state, run, moment).findings()
    yield from _other_runs(evidence, run, replay)


def recorded_members(state: BootstrapState) -> dict[str, MemberRecord]:
    """The members that a state lists; of a repeated name the last record counts."""
    return {
        record.name: record
        for record in state.members
        if record.name is not None and is_recorded_member(record.name)
    }


def _against_itself(evidence: Evidence, state: BootstrapState) -> Iterator[AuditFinding]:
    phase, status = state.phase, state.terminal.status
    if phase is None or is_blank(phase):
        yield found("incomplete-record", STATE_FILE, "it tells no phase", path="$.phase")
    elif phase not in BOOTSTRAP.states:
        message = f"{shown(phase)} is none of {', '.join(BOOTSTRAP.states)}"
        yield found("unknown-word", STATE_FILE, message, path="$.phase")
    elif status is not None and phase not in ENDINGS[status].phases:
        message = f"the phase is {phase!r}, and the terminal status {status!r}"
        yield found("state-contradiction", STATE_FILE, message, path="$.terminal.status")
    yield from _of_other_team(evidence, STATE_FILE, state.team_name)
    members = recorded_members(state)
    if status == "completed":
        failed = [name for name, record in members.items() if record.status == "failed"]
        if failed:
            message = f"the launch is completed, and {_listed(failed)} failed"
            yield found("summary-denied", STATE_FILE, message, path="$.terminal.status")
    for name, record in members.items():
        tried, seen = read_instant(record.last_attempt_at), read_instant(record.last_observed_at)
        if tried is not None and seen is not None and tried - seen > _SAME_EVENT:
            message = f"member {shown(name)}: lastAttemptAt is {span_text(tried - seen)} later"
            message = f"{message} than lastObservedAt"
            yield found("member-contradiction", STATE_FILE, message, path="$.members")


def _of_other_team(evidence: Evidence, file: str, name: str | None) -> Iterator[AuditFinding]:
    team = evidence.side.team  # the folder's; of a pack of copies, its manifest's
    if None not in {name, team} and not is_blank(name or "") and trim(name or "") != team:
        message = f"it is of the team {shown(name)}, and its folder of {shown(team)}"
        yield found("other-team", file, message, path="$.teamName")


def _unknown_run(
    evidence: Evidence, state: BootstrapState, replay: Replay
) -> Iterator[AuditFinding]:
    if is_absent(evidence.files.journal):
        yield found("journal-missing", JOURNAL_FILE, "there is a state, and no journal beside it")
    elif replay.empty:
        yield found("journal-empty", JOURNAL_FILE, "there is a state, and no record in the journal")
    elif is_blank(state.run_id or ""):
        yield found("run-not-journaled", STATE_FILE, "it does not name its run", path="$.runId")
    elif replay.runs and not replay.hides_runs:
        moment = Moment(evidence.now, read_instant(state.updated_at))
        message = f"the journal has no record of the run {shown(state.run_id)}"
        yield moment.found("run-not-journaled", STATE_FILE, message, path="$.runId")


def _other_runs(evidence: Evidence, run: RunReplay, replay: Replay) -> Iterator[AuditFinding]:
    for other in replay.runs.values():
        if other is replay.newest and other is not run:
            moment = Moment(evidence.now, other.written_at)
            message = f"it is of {shown(run.id)}, and the journal goes on with {shown(other.id)}"
            yield moment.found("state-of-older-run", STATE_FILE, message, path="$.runId")
        elif other is not run:
            first, last = other.lines[0].number, other.lines[-1].number
            phase = None if other.phase is None else other.phase.word
            message = f"run {shown(other.id)}: {len(other.lines)} records up to line {last},"
            message = f"{message} last phase {shown(phase)}"
            yield found("other-run", JOURNAL_FILE, message, line=first)


@attrs.frozen(eq=False)
class _Comparison:
    """A state and its run in the journal."""

    state: BootstrapState
    run: RunReplay
    moment: Moment

    def findings(self) -> Iterator[AuditFinding]:
        if self.run.state.known and self.run.phase is not None:
            yield from self._phase(self.run.phase)
        yield from self._status()
        yield from self._listed_members()
        yield from self._unlisted_members()
        yield from self._task()

    def _phase(self, told: Told) -> Iterator[AuditFinding]:
        phase, run, standing = self.state.phase, self.run, self.run.state
        if phase not in BOOTSTRAP.states or phase == told.word:
            return
        said = f"the journal's last phase is {shown(told.word)} (line {told.line})"
        if run.status is not None and run.status.line == told.line:  # no phase came with its end
            said = f"the journal's end is {shown(run.status.word)} (line {told.line})"
            if phase not in standing.states:
                # Of an end that may be in two phases the likelier, for a state that is in neither.
                standing = StateSet(standing.machine, standing.states[:1], standing.gaps)
        message = f"it says {phase!r}, and {said}"
        yield from self._apart(standing, phase, "phase-denied", message, "$.phase")

    def _status(self) -> Iterator[AuditFinding]:
        said, told, run = self.state.terminal.status, self.run.status, self.run
        path = "$.terminal.status"
        if said is not None and told is not None and said != told.word:
            message = f"it says {said!r}, and the journal {told.word!r} (line {told.line})"
            yield found("terminal-denied", STATE_FILE, message, path=path)
        elif said is None and told is not None and self.state.phase in BOOTSTRAP.terminal:
            message = f"it does not say {told.word!r}, as the journal does (line {told.line})"
            yield found("end-unsaid", STATE_FILE, message, path=path)
        elif said is not None and told is None and run.ended and not run.has_gaps:
            line = None if run.phase is None else run.phase.line
            message = f"it does not say {said!r}, as the state does"
            yield found("end-unsaid", JOURNAL_FILE, message, line=line)

    def _listed_members(self) -> Iterator[AuditFinding]:
        for name, record in recorded_members(self.state).items():
            status, member = record.status, self.run.member(name)
            if status is None or not (member.line or self.run.whole):
                continue
            said, confirmed = STATE_OF_STATUS[status], "confirmed_alive" in member.state.states
            if said == "failed_to_start" and self.run.ended and not confirmed:
                continue  # whoever ends a launch fails those that did not confirm, untold
            message = f"member {shown(name)}: it says {status!r}, and"
            if said == "confirmed_alive" and self.run.never_names(name):
                message = f"{message} the journal never names it"
                yield self.moment.found(
                    "member-not-journaled", STATE_FILE, message, path="$.members"
                )
                continue
            told = (
                f"the journal tells of it in line {member.line}"
                if member.line
                else "it is not told"
            )
            message = f"{message} {told}"
            yield from self._apart(member.state, said, "member-denied", message, "$.members")

    def _unlisted_members(self) -> Iterator[AuditFinding]:
        listed = recorded_members(self.state)
        for name, member in self.run.members.items():
            if name not in listed:
                message = f"it does not list {shown(name)}, of whom the journal tells"
                message = f"{message} (line {member.line})"
                yield self.moment.found("member-unlisted", STATE_FILE, message, path="$.members")

    def _task(self) -> Iterator[AuditFinding]:
        said, told = self.state.real_task_submission, self.run.task
        if told is not None and said != told.word:
            message = f"it says {shown(said)}, and the journal {told.word!r} (line {told.line})"
            path = "$.realTaskSubmissionState"
            yield self.moment.found("task-denied", STATE_FILE, message, path=path)

    def _apart(
        self, journaled: StateSet, state: str, denied: AuditCode, message: str, path: str
    ) -> Iterator[AuditFinding]:
        """A state that the journal does not have, by how far from there it is."""
        distance = journaled.distance(state)
        if not journaled.known or distance == "same":
            return
        near = distance == "one_event"
        code: AuditCode = "one-event-apart" if near else denied
        if near or journaled.is_ahead_of(state):  # of a state read first, by any number of events
            yield self.moment.found(code, STATE_FILE, message, path=path)
        else:
            yield found(code, STATE_FILE, message, path=path)


# -- The lock --------------------------------------------------------------------------------------


def against_lock(
    evidence: Evidence, replay: Replay, holder: HolderVerdict | None
) -> Iterator[AuditFinding]:
    """Find a lock that was left, is stale, of another run, released or missing.

    Args:
        evidence: What was gathered of the team.
        replay: Its journal, replayed.
        holder: Whether the process that holds the lock is alive; `None` when nobody asked.
    """
    lock = LOCK.read(evidence.lock_document)
    if lock is not None:
        yield from _held(evidence, replay, lock, holder)
    elif is_absent(evidence.files.lock):
        yield from _lock_missing(evidence, replay)


def _held(
    evidence: Evidence, replay: Replay, lock: LockRecord, holder: HolderVerdict | None
) -> Iterator[AuditFinding]:
    run_id = lock.run_id or ""
    state, run = evidence.state, replay.runs.get(run_id)
    updated_at = None if state is None else read_instant(state.updated_at)
    journaled_at = None if run is None else run.written_at
    moment = Moment(evidence.now, latest(lock.created_at, updated_at, journaled_at))
    whose = f"pid {number_text(lock.pid or 0)} of the run {shown(run_id)}"
    if holder is not None and holder.standing == "dead":
        ended = _has_ended(state, run, run_id)
        code: AuditCode = "lock-left" if ended else "lock-stale"
        yield found(code, LOCK_FILE, f"{whose} has it: {holder.reason}", path="$.pid")
    elif run is not None and run.lock is not None and run.lock.word == "released":
        message = f"{whose} has it, and the journal says that it was released"
        yield moment.found("lock-released", LOCK_FILE, message)
    if state is not None and state.run_id is not None and trim(state.run_id) != run_id:
        message = f"{whose} has it, and the state is of the run {shown(state.run_id)}"
        yield moment.found("lock-of-other-run", LOCK_FILE, message, path="$.runId")


def _has_ended(state: BootstrapState | None, run: RunReplay | None, run_id: str) -> bool:
    if run is not None and run.ended:
        return True
    if state is None or trim(state.run_id or "") != run_id:
        return False
    return state.phase in BOOTSTRAP.terminal or state.terminal.status is not None


def _lock_missing(evidence: Evidence, replay: Replay) -> Iterator[AuditFinding]:
    state, owner = evidence.state, evidence.owner
    if state is None or state.phase not in _LOCKED or owner is None or owner.liveness != "alive":
        return
    run = replay.runs.get(trim(state.run_id or ""))
    if run is None or run.lock is None or run.lock.word != "released":
        message = f"pid {number_text(owner.pid)} is in {state.phase!r} without it"
        yield found("lock-missing", LOCK_FILE, message)


# -- The launcher's snapshot -----------------------------------------------------------------------


def against_snapshot(
    evidence: Evidence, replay: Replay, saved: LaunchSnapshot | None
) -> Iterator[AuditFinding]:
    """Find where the launcher's snapshot disagrees with itself or with the bootstrap's records.

    Args:
        evidence: What was gathered of the team.
        replay: Its journal, replayed.
        saved: The snapshot, read and completed; `None` when there is none to use.
    """
    raw = evidence.launch_document.value
    if not isinstance(raw, dict):
        return
    team = raw.get("teamName")
    yield from _of_other_team(evidence, LAUNCH_FILE, team if isinstance(team, str) else None)
    if saved is None:
        return
    if raw.get("state") != "partial_launch_failure":  # which lists names alone
        yield from _members_against_themselves(raw)
        yield from _summary(raw, saved)
    yield from _against_bootstrap(evidence, replay, raw, saved)


def _against_bootstrap(
    evidence: Evidence, replay: Replay, raw: Mapping[str, Any], saved: LaunchSnapshot
) -> Iterator[AuditFinding]:
    state = evidence.state
    journaled = replay.newest if state is None else replay.runs.get(trim(state.run_id or ""))
    if state is not None:
        run = run_of(state)
    elif journaled is not None:
        run = Run(journaled.id, journaled.began_at)
    else:
        return
    published = raw.get("publicationRunId")
    launch_time = read_time(saved.updated_at)
    of_run = {
        name: member
        for name, member in saved.members.items()
        if is_same_run(run, member, launch_time)
    }
    other = (
        isinstance(published, str) and run.id is not None and trim(published) not in {"", run.id}
    )
    if other or (saved.members and not of_run):
        named = any(member.runtime_run_id is not None for member in saved.members.values())
        # When the run began is not known where its journal was rotated. Then members have to say.
        if other or run.started_at is not None or (run.id is not None and named):
            message = f"none of its members is known to be of the run {shown(run.id)}"
            if other:
                message = (
                    f"it is of the run {shown(published)}, and the bootstrap's {shown(run.id)}"
                )
            yield found("snapshot-of-other-run", LAUNCH_FILE, message)
        return
    members = {
        name: member
        for name, member in of_run.items()
        if member.lane_kind != "secondary"
        and not member.skipped_for_launch
        and member.launch_state != "skipped_for_launch"
    }
    statuses = _bootstrapped(state, journaled)
    written = None if state is None else read_instant(state.updated_at)
    if state is None and journaled is not None:
        written = journaled.written_at
    moment = Moment(evidence.now, latest(written, launch_time))
    complete = state is not None  # a journal need not name everybody
    yield from _names(list(statuses), saved, members, moment, complete=complete)
    yield from _states(statuses, members, moment, "the journal" if state is None else "the state")
    if journaled is not None:
        yield from _ends(journaled, saved, statuses, moment)
        for name, member in members.items():
            if member.launch_state == "confirmed_alive" and journaled.never_names(name):
                message = f"member {shown(name)}: it is confirmed, and the journal never names it"
                path = f"$.members[{shown(name)}]"
                yield found("snapshot-not-journaled", LAUNCH_FILE, message, path=path)


def _bootstrapped(
    state: BootstrapState | None, journaled: RunReplay | None
) -> dict[str, str | None]:
    """The launch states of the bootstrap's members; of the journal's, where there is no state."""
    if state is not None:
        return {
            name: None if record.status is None else STATE_OF_STATUS[record.status]
            for name, record in recorded_members(state).items()
            if is_member(name)
        }
    members = {} if journaled is None else journaled.members
    return {
        name: next(iter(member.state.states), None)
        for name, member in members.items()
        if is_member(name)
    }


def _names(
    listed: list[str],
    saved: LaunchSnapshot,
    members: Mapping[str, MemberLaunch],
    moment: Moment,
    *,
    complete: bool,
) -> Iterator[AuditFinding]:
    expected = saved.bootstrap_expected_members or saved.expected_members
    known = {*expected, *saved.expected_members, *saved.members}
    unlisted = members.keys() & set(expected) - set(listed) if complete else ()
    lacking = [name for name in listed if name not in known]
    more = [name for name in expected if name in unlisted]
    whose = "state" if complete else "journal"
    for names, how in ((lacking, f"only the {whose} lists"), (more, "the state does not list")):
        if names:
            message = f"{how} {_listed(names)}"
            path = "$.expectedMembers"
            yield moment.found("snapshot-names-differ", LAUNCH_FILE, message, path=path)


def _states(
    statuses: Mapping[str, str | None],
    members: Mapping[str, MemberLaunch],
    moment: Moment,
    whose: str,
) -> Iterator[AuditFinding]:
    for name, state in statuses.items():
        member = members.get(name)
        if member is not None and {state, member.launch_state} == {
            "confirmed_alive",
            "failed_to_start",
        }:
            message = f"it says {member.launch_state!r}, and {whose} {state!r}"
            message = f"member {shown(name)}: {message}"
            path = f"$.members[{shown(name)}]"
            yield moment.found("snapshot-states-differ", LAUNCH_FILE, message, path=path)


def _ends(
    journaled: RunReplay,
    saved: LaunchSnapshot,
    statuses: Mapping[str, str | None],
    moment: Moment,
) -> Iterator[AuditFinding]:
    """A launch that is clean though its run failed; late confirmations make up for that."""
    status = journaled.status
    if status is None or status.word not in {"failed", "canceled"}:
        return
    unconfirmed = [name for name, state in statuses.items() if state != "confirmed_alive"]
    if saved.team_launch_state == "clean_success" and (unconfirmed or not statuses):
        message = f"it says 'clean_success', and the journal {status.word!r} (line {status.line})"
        yield moment.found("snapshot-states-differ", LAUNCH_FILE, message, path="$.teamLaunchState")


# -- The launcher's snapshot against itself --------------------------------------------------------

_NOT_ENDED: Final = (
    ("bootstrapConfirmed", True),
    ("hardFailure", True),
    ("skippedForLaunch", True),
)
# Fields that contradict a launch state, each with the value that does.
_CONTRADICTIONS: Final[Mapping[str, tuple[tuple[str, bool], ...]]] = {
    "confirmed_alive": (("bootstrapConfirmed", False), *_NOT_ENDED[1:]),
    "failed_to_start": (("hardFailure", False), ("skippedForLaunch", True)),
    "skipped_for_launch": (("skippedForLaunch", False),),
    "starting": (("agentToolAccepted", True), *_NOT_ENDED),
    "runtime_pending_bootstrap": _NOT_ENDED,
    "runtime_pending_permission": _NOT_ENDED,
}


def _members_against_themselves(raw: Mapping[str, Any]) -> Iterator[AuditFinding]:
    members = raw.get("members")
    if not isinstance(members, dict):
        return
    for name, member in members.items():
        if not isinstance(member, dict):
            continue
        path = f"$.members[{shown(name)}]"
        for message in _contradictions(name, member):
            yield found(
                "member-contradiction", LAUNCH_FILE, f"member {shown(name)}: {message}", path=path
            )
        if (
            member.get("launchState") == "failed_to_start"
            and member.get("bootstrapConfirmed") is True
        ):
            message = f"member {shown(name)}: it was confirmed, and marked as failed afterwards"
            yield found("confirmed-then-failed", LAUNCH_FILE, message, path=path)


def _contradictions(name: str, member: Mapping[str, Any]) -> Iterator[str]:
    state = member.get("launchState")
    for key, value in _CONTRADICTIONS.get(state, ()) if isinstance(state, str) else ():
        if member.get(key) is value:
            yield f"launchState is {state!r}, and {key} is {str(value).lower()}"
    own = member.get("name")
    if isinstance(own, str) and trim(own) != trim(name):
        yield f"its name is {shown(own)}"
    spawned, seen = (
        read_instant(member.get(key)) for key in ("firstSpawnAcceptedAt", "lastHeartbeatAt")
    )
    late = None if spawned is None or seen is None else spawned - seen
    if state == "confirmed_alive" and late is not None and late > _AHEAD:
        yield f"firstSpawnAcceptedAt is {span_text(late)} later than lastHeartbeatAt"


def _summary(raw: Mapping[str, Any], saved: LaunchSnapshot) -> Iterator[AuditFinding]:
    """What a snapshot counts, against its members as they are written, or as §5 completes them."""
    counted, with_lead = _counts(raw), _counts(raw, lead=True)
    summary = raw.get("summary")
    completed = {
        "confirmedCount": saved.summary.confirmed_count,
        "pendingCount": saved.summary.pending_count,
        "failedCount": saved.summary.failed_count,
        "skippedCount": saved.summary.skipped_count,
    }
    for key, count in completed.items():
        said = summary.get(key) if isinstance(summary, dict) else None
        if isinstance(said, int) and said not in {count, counted[key], with_lead[key]}:
            message = f"it says {said}, and its members add up to {counted[key]}"
            yield found("summary-denied", LAUNCH_FILE, message, path=f"$.summary.{key}")
    said, computed = raw.get("teamLaunchState"), _team_state(counted)
    able = {computed, _team_state(with_lead), saved.team_launch_state}
    if isinstance(said, str) and said not in able:
        message = f"it says {shown(said)}, and its members add up to {computed!r}"
        yield found("summary-denied", LAUNCH_FILE, message, path="$.teamLaunchState")


_COUNT_OF_STATE: Final = {
    "confirmed_alive": "confirmedCount",
    "failed_to_start": "failedCount",
    "skipped_for_launch": "skippedCount",
}


def _counts(raw: Mapping[str, Any], *, lead: bool = False) -> dict[str, int]:
    """The members of a snapshot by the launch state that is written (§5).

    Args:
        raw: The snapshot.
        lead: Whether the lead counts, as it does for writers of teams whose lead is launched, too.
    """
    members, expected = raw.get("members"), raw.get("expectedMembers")
    bodies = members.items() if isinstance(members, dict) else ()
    names = (
        [name for name in expected if isinstance(name, str)] if isinstance(expected, list) else []
    )
    states: dict[str, Any] = {trim(name): None for name in names}
    states |= {trim(key): body.get("launchState") for key, body in bodies if isinstance(body, dict)}
    counts = dict.fromkeys(("confirmedCount", "pendingCount", "failedCount", "skippedCount"), 0)
    for name, state in states.items():
        if lead or is_member(name):
            word = state if isinstance(state, str) else ""
            counts[_COUNT_OF_STATE.get(word, "pendingCount")] += 1
    return counts


def _team_state(counts: Mapping[str, int]) -> str:
    states = {
        "failedCount": "partial_failure",
        "pendingCount": "partial_pending",
        "skippedCount": "partial_skipped",
    }
    return next((state for key, state in states.items() if counts[key]), "clean_success")


def _listed(names: list[str]) -> str:
    more = f" and {len(names) - _SHOWN_NAMES} more" if len(names) > _SHOWN_NAMES else ""
    return ", ".join(shown(name) for name in names[:_SHOWN_NAMES]) + more

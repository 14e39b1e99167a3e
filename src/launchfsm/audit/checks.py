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

from collections.abc import Iterator, Mapping
from typing import Any, Final

import attrs

from launchfsm.audit.findings import AuditCode, AuditFinding, found, span_text
from launchfsm.audit.replay import CLOCK_STEP, Replay, RunReplay, StateSet
from launchfsm.ecma.dates import read_instant, read_time
from launchfsm.ecma.text import is_blank, number_text, trim
from launchfsm.evaluation.evidence import Evidence
from launchfsm.evaluation.runs import moment_of
from launchfsm.lifecycle.machines import BOOTSTRAP, ENDINGS, STATE_OF_STATUS
from launchfsm.records.bootstrap import BootstrapState, MemberRecord
from launchfsm.records.documents import JOURNAL_FILE, LAUNCH_FILE, LOCK_FILE, STATE_FILE
from launchfsm.records.fields import shown
from launchfsm.records.journal import named_run
from launchfsm.records.lock import LOCK, HolderVerdict, LockRecord
from launchfsm.records.names import is_member, is_recorded_member
from launchfsm.records.results import LaunchSnapshot, MemberLaunch
from launchfsm.records.wire import to_wire
from launchfsm.system.files import ReadProblem

# What clocks of machines that keep them may differ by.
_AHEAD: Final = 60_000  # ms
# A writer may take the time for an event's two records twice.
_SAME_EVENT: Final = 5_000  # ms
# Two writes are some milliseconds apart; on a disk that is slow or full, some seconds.
_BETWEEN_WRITES: Final = 60_000  # ms
# The lock is taken in the phase before (§7), or earlier.
_LOCKED: Final = ("creating_team", "spawning_members", "auditing_truth")
_SHOWN_NAMES: Final = 5


def _is_absent(read: bytes | ReadProblem) -> bool:
    """Whether there is no such file, rather than one that cannot be used."""
    return isinstance(read, ReadProblem) and read.outcome == "absent"


def _is_recent(evidence: Evidence, *written: float | None) -> bool:
    """Whether the last of these writes was within the minute, so that the next may be under way."""
    last = max((moment for moment in written if moment is not None), default=None)
    return last is not None and abs(evidence.now - last) < _BETWEEN_WRITES


def _listed(names: list[str]) -> str:
    more = f" and {len(names) - _SHOWN_NAMES} more" if len(names) > _SHOWN_NAMES else ""
    return ", ".join(shown(name) for name in names[:_SHOWN_NAMES]) + more


def _recorded_members(state: BootstrapState) -> dict[str, MemberRecord]:
    """The members that a state lists; of a repeated name the last record counts."""
    return {
        record.name: record
        for record in state.members
        if record.name is not None and is_recorded_member(record.name)
    }


# -- Times -----------------------------------------------------------------------------------------


def check_times(evidence: Evidence, replay: Replay) -> Iterator[AuditFinding]:
    """Find times that cannot be, or cannot be yet."""
    dated = [
        (record.ts, record.line)
        for run in replay.runs.values()
        for record in run.records
        if record.ts is not None
    ]
    moment, line = max(dated, default=(None, None))
    times = [(JOURNAL_FILE, "ts", line, moment)]
    for file, document, key in (
        (STATE_FILE, evidence.state_document, "startedAt"),
        (STATE_FILE, evidence.state_document, "updatedAt"),
        (LOCK_FILE, evidence.lock_document, "createdAt"),
        (LAUNCH_FILE, evidence.launch_document, "updatedAt"),
    ):
        if isinstance(document.value, dict):
            times.append((file, key, None, read_instant(document.value.get(key))))
    for file, key, line, moment in times:
        if moment is not None and moment - evidence.now > _AHEAD:
            message = f"it is {span_text(moment - evidence.now)} in the future"
            yield found("time-ahead", file, message, line=line, path=f"$.{key}")
    if evidence.state is not None:
        yield from _state_times(evidence, replay, evidence.state)


def _state_times(
    evidence: Evidence, replay: Replay, state: BootstrapState
) -> Iterator[AuditFinding]:
    started_at, updated_at = read_instant(state.started_at), read_instant(state.updated_at)
    finished_at = read_instant(state.terminal.finished_at)
    for path, moment in (("$.updatedAt", updated_at), ("$.terminal.finishedAt", finished_at)):
        if moment is not None and started_at is not None and started_at - moment > CLOCK_STEP:
            message = f"it lies {span_text(started_at - moment)} before startedAt"
            yield found("time-backwards", STATE_FILE, message, path=path)
    run = replay.run_of(state)
    if updated_at is None or run is None or run.last_event is None:
        return
    told_at, line = run.last_event
    if told_at - updated_at > _SAME_EVENT:
        older = span_text(told_at - updated_at)
        message = f"it lies {older} before the journal's last event (line {line})"
        recent = _is_recent(evidence, told_at)
        yield found("state-older", STATE_FILE, message, path="$.updatedAt", recent=recent)


# -- The state -------------------------------------------------------------------------------------


def check_state(evidence: Evidence, replay: Replay) -> Iterator[AuditFinding]:
    """Find where the state and the journal, or the state and itself, disagree."""
    state = evidence.state
    if state is None:
        if replay.runs and _is_absent(evidence.files.state):
            yield found("state-missing", STATE_FILE, "only the journal tells of the launch")
        return
    yield from _state_itself(evidence, state)
    run = replay.run_of(state)
    if run is None:
        yield from _unknown_run(evidence, state, replay)
        return
    recent = _is_recent(evidence, run.written_at, read_instant(state.updated_at))
    yield from _phase(state, run, recent=recent)
    yield from _terminal_status(state, run)
    yield from _members(state, run, recent=recent)
    said, told = state.real_task_submission, run.task
    if told is not None and said != told.word:
        message = f"it says {shown(said)}, and the journal {told.word!r} (line {told.line})"
        path = "$.realTaskSubmissionState"
        yield found("task-denied", STATE_FILE, message, path=path, recent=recent)
    yield from _other_runs(evidence, run, replay)


def _state_itself(evidence: Evidence, state: BootstrapState) -> Iterator[AuditFinding]:
    phase, status = state.phase, state.terminal.status
    if phase is None or is_blank(phase):
        yield found("incomplete-record", STATE_FILE, "it tells no phase", path="$.phase")
    elif phase not in BOOTSTRAP.states:
        message = f"{shown(phase)} is none of {', '.join(BOOTSTRAP.states)}"
        yield found("unknown-word", STATE_FILE, message, path="$.phase")
    elif status is not None and phase not in ENDINGS[status].phases:
        message = f"the phase is {phase!r}, and the terminal status {status!r}"
        yield found("state-contradiction", STATE_FILE, message, path="$.terminal.status")
    yield from _other_team(evidence, STATE_FILE, state.team_name)
    members = _recorded_members(state)
    failed = [name for name, record in members.items() if record.status == "failed"]
    if status == "completed" and failed:
        message = f"the launch is completed, and {_listed(failed)} failed"
        yield found("summary-denied", STATE_FILE, message, path="$.terminal.status")
    for name, record in members.items():
        tried, seen = read_instant(record.last_attempt_at), read_instant(record.last_observed_at)
        if tried is not None and seen is not None and tried - seen > _SAME_EVENT:
            message = f"member {shown(name)}: lastAttemptAt is {span_text(tried - seen)} later"
            message = f"{message} than lastObservedAt"
            yield found("member-contradiction", STATE_FILE, message, path="$.members")


def _other_team(evidence: Evidence, file: str, name: str | None) -> Iterator[AuditFinding]:
    # The folder's; of a pack of copies, its manifest's.
    team = evidence.side.team if evidence.wanted else evidence.team
    if None not in {name, team} and not is_blank(name or "") and trim(name or "") != team:
        message = f"it is of the team {shown(name)}, and its folder of {shown(team)}"
        yield found("other-team", file, message, path="$.teamName")


def _unknown_run(
    evidence: Evidence, state: BootstrapState, replay: Replay
) -> Iterator[AuditFinding]:
    if _is_absent(evidence.files.journal):
        yield found("journal-missing", JOURNAL_FILE, "there is a state, and no journal beside it")
    elif replay.empty:
        yield found("journal-empty", JOURNAL_FILE, "there is a state, and no record in the journal")
    elif is_blank(state.run_id or ""):
        yield found("run-not-journaled", STATE_FILE, "it does not name its run", path="$.runId")
    elif replay.runs and not replay.hides_runs:
        message = f"the journal has no record of the run {shown(state.run_id)}"
        recent = _is_recent(evidence, read_instant(state.updated_at))
        yield found("run-not-journaled", STATE_FILE, message, path="$.runId", recent=recent)


def _other_runs(evidence: Evidence, run: RunReplay, replay: Replay) -> Iterator[AuditFinding]:
    for other in replay.runs.values():
        if other is run:
            continue
        if other is replay.newest:
            message = f"it is of {shown(run.id)}, and the journal goes on with {shown(other.id)}"
            recent = _is_recent(evidence, other.written_at)
            yield found("state-of-older-run", STATE_FILE, message, path="$.runId", recent=recent)
        else:
            first, last = other.records[0].line, other.records[-1].line
            phase = None if other.phase is None else other.phase.word
            message = f"run {shown(other.id)}: {len(other.records)} records up to line {last},"
            message = f"{message} last phase {shown(phase)}"
            yield found("other-run", JOURNAL_FILE, message, line=first)


def _phase(state: BootstrapState, run: RunReplay, *, recent: bool) -> Iterator[AuditFinding]:
    phase, told, journaled = state.phase, run.phase, run.state
    if told is None or phase not in BOOTSTRAP.states or phase == told.word:
        return
    said = f"the journal's last phase is {shown(told.word)} (line {told.line})"
    if run.status is not None and run.status.line == told.line:  # no phase came with its end
        said = f"the journal's end is {shown(run.status.word)} (line {told.line})"
        if phase not in journaled.states:
            # Of an end that may be in two phases the likelier, for a state that is in neither.
            journaled = attrs.evolve(journaled, states=journaled.states[:1])
    message = f"it says {phase!r}, and {said}"
    yield from _apart(journaled, phase, "phase-denied", message, "$.phase", recent=recent)


def _terminal_status(state: BootstrapState, run: RunReplay) -> Iterator[AuditFinding]:
    said, told = state.terminal.status, run.status
    path = "$.terminal.status"
    if said is not None and told is not None and said != told.word:
        message = f"it says {said!r}, and the journal {told.word!r} (line {told.line})"
        yield found("terminal-denied", STATE_FILE, message, path=path)
    elif said is None and told is not None and state.phase in BOOTSTRAP.terminal:
        message = f"it does not say {told.word!r}, as the journal does (line {told.line})"
        yield found("end-unsaid", STATE_FILE, message, path=path)
    elif said is not None and told is None and run.ended and not run.has_gaps:
        line = None if run.phase is None else run.phase.line
        message = f"it does not say {said!r}, as the state does"
        yield found("end-unsaid", JOURNAL_FILE, message, line=line)


def _members(state: BootstrapState, run: RunReplay, *, recent: bool) -> Iterator[AuditFinding]:
    listed, path = _recorded_members(state), "$.members"
    for name, record in listed.items():
        status, member = record.status, run.member(name)
        if status is None or not (member.line or run.whole):
            continue
        said, confirmed = STATE_OF_STATUS[status], "confirmed_alive" in member.state.states
        if said == "failed_to_start" and run.ended and not confirmed:
            continue  # whoever ends a launch fails those that did not confirm, untold
        message = f"member {shown(name)}: it says {status!r}, and"
        if said == "confirmed_alive" and run.never_names(name):
            message = f"{message} the journal never names it"
            yield found("member-not-journaled", STATE_FILE, message, path=path, recent=recent)
            continue
        line = member.line
        told = f"the journal tells of it in line {line}" if line else "it is not told"
        message = f"{message} {told}"
        yield from _apart(member.state, said, "member-denied", message, path, recent=recent)
    for name, member in run.members.items():
        if name not in listed:
            message = f"it does not list {shown(name)}, of whom the journal tells"
            message = f"{message} (line {member.line})"
            yield found("member-unlisted", STATE_FILE, message, path=path, recent=recent)


def _apart(
    journaled: StateSet, state: str, denied: AuditCode, message: str, path: str, *, recent: bool
) -> Iterator[AuditFinding]:
    """A state that the journal does not have, by how far from there it is."""
    distance = journaled.distance(state)
    if not journaled.states or distance == "same":
        return
    near = distance == "one_event"
    code: AuditCode = "one-event-apart" if near else denied
    # A state that was read first may be behind by any number of events.
    recent = recent and (near or journaled.is_ahead_of(state))
    yield found(code, STATE_FILE, message, path=path, recent=recent)


# -- The lock --------------------------------------------------------------------------------------


def check_lock(
    evidence: Evidence, replay: Replay, holder: HolderVerdict | None
) -> Iterator[AuditFinding]:
    """Find a lock that was left, is stale, of another run, released or missing.

    `holder` is `None` when nobody asked whether the process that holds the lock is alive.
    """
    lock = LOCK.read(evidence.lock_document)
    if lock is not None:
        yield from _held_lock(evidence, replay, lock, holder)
        return
    state, owner = evidence.state, evidence.owner
    if state is None or owner is None or not _is_absent(evidence.files.lock):
        return
    run = replay.run_of(state)
    released = run is not None and run.lock is not None and run.lock.word == "released"
    if state.phase in _LOCKED and owner.liveness == "alive" and not released:
        message = f"pid {number_text(owner.pid)} is in {state.phase!r} without it"
        yield found("lock-missing", LOCK_FILE, message)


def _held_lock(
    evidence: Evidence, replay: Replay, lock: LockRecord, holder: HolderVerdict | None
) -> Iterator[AuditFinding]:
    run_id = lock.run_id or ""
    state, run = evidence.state, replay.runs.get(run_id)
    of_state = state is not None and trim(state.run_id or "") == run_id
    whose = f"pid {number_text(lock.pid or 0)} of the run {shown(run_id)}"
    recent = _is_recent(
        evidence,
        lock.created_at,
        None if state is None else read_instant(state.updated_at),
        None if run is None else run.written_at,
    )
    if holder is not None and holder.standing == "dead":
        ended = run is not None and run.ended
        if state is not None and of_state:
            ended = ended or state.phase in BOOTSTRAP.terminal or state.terminal.status is not None
        code: AuditCode = "lock-left" if ended else "lock-stale"
        yield found(code, LOCK_FILE, f"{whose} has it: {holder.reason}", path="$.pid")
    elif run is not None and run.lock is not None and run.lock.word == "released":
        message = f"{whose} has it, and the journal says that it was released"
        yield found("lock-released", LOCK_FILE, message, recent=recent)
    if state is not None and state.run_id is not None and not of_state:
        message = f"{whose} has it, and the state is of the run {shown(state.run_id)}"
        yield found("lock-of-other-run", LOCK_FILE, message, path="$.runId", recent=recent)


# -- The launcher's snapshot -----------------------------------------------------------------------


def check_snapshot(
    evidence: Evidence, replay: Replay, saved: LaunchSnapshot | None
) -> Iterator[AuditFinding]:
    """Find where the launcher's snapshot disagrees with itself or with the bootstrap's records.

    `saved` is the snapshot, read and completed; `None` when there is none to use.
    """
    raw = evidence.launch_document.value
    if not isinstance(raw, dict):
        return
    team = raw.get("teamName")
    yield from _other_team(evidence, LAUNCH_FILE, team if isinstance(team, str) else None)
    if saved is None:
        return
    if raw.get("state") != "partial_launch_failure":  # which lists names alone
        members = raw.get("members")
        for name, body in members.items() if isinstance(members, dict) else ():
            for code, what in _snapshot_member(name, body) if isinstance(body, dict) else ():
                message, path = f"member {shown(name)}: {what}", f"$.members[{shown(name)}]"
                yield found(code, LAUNCH_FILE, message, path=path)
        yield from _summary(raw, saved)
    state, journaled = evidence.state, replay.newest
    if state is not None:
        run_id, began_at = named_run(state.run_id), moment_of(state.started_at)
        journaled = replay.run_of(state)
    elif journaled is not None:
        run_id, began_at = journaled.id, journaled.began_at
    else:
        return
    launch_time = read_time(saved.updated_at)
    of_run = {
        name: member
        for name, member in saved.members.items()
        if is_of_run(member, run_id, began_at, launch_time)
    }
    published = raw.get("publicationRunId")
    if isinstance(published, str) and run_id is not None and trim(published) not in {"", run_id}:
        message = f"it is of the run {shown(published)}, and the bootstrap's {shown(run_id)}"
        yield found("snapshot-of-other-run", LAUNCH_FILE, message)
    elif saved.members and not of_run:
        named = any(member.spawning_run_id is not None for member in saved.members.values())
        # When the run began is not known where its journal was rotated. Then members have to say.
        if began_at is not None or (run_id is not None and named):
            message = f"none of its members is known to be of the run {shown(run_id)}"
            yield found("snapshot-of-other-run", LAUNCH_FILE, message)
    else:
        yield from _same_run(evidence, journaled, saved, of_run)


def is_of_run(
    member: MemberLaunch, run_id: str | None, began_at: float | None, launch_time: float | None
) -> bool | None:
    """Whether a member of the launcher's snapshot is of a run; `None` when nobody can say.

    `began_at` is when the run began, `launch_time` when the snapshot was written, in ms since 1970.
    """
    named = member.spawning_run_id
    if named is not None and run_id is not None:
        return named == run_id
    spawned_at = read_time(member.first_spawn_accepted_at)
    times = [moment for moment in (spawned_at, launch_time) if moment is not None]
    return min(times) >= began_at if times and began_at is not None else None


def _same_run(
    evidence: Evidence,
    journaled: RunReplay | None,
    saved: LaunchSnapshot,
    of_run: Mapping[str, MemberLaunch],
) -> Iterator[AuditFinding]:
    """Compare a snapshot with the bootstrap's records of the same run; the journal's, if alone."""
    state = evidence.state
    told: dict[str, str | None] = {}
    whose, updated_at = "state", None
    if state is not None:
        updated_at = read_instant(state.updated_at)
        for name, record in _recorded_members(state).items():
            told[name] = None if record.status is None else STATE_OF_STATUS[record.status]
    elif journaled is not None:
        whose, updated_at = "journal", journaled.written_at
        for name, replayed in journaled.members.items():
            told[name] = next(iter(replayed.state.states), None)
    states = {name: word for name, word in told.items() if is_member(name)}
    recent = _is_recent(evidence, updated_at, read_time(saved.updated_at))
    members = {
        name: member
        for name, member in of_run.items()
        if member.lane_kind != "secondary"
        and not member.skipped_for_launch
        and member.launch_state != "skipped_for_launch"
    }
    expected = saved.bootstrap_expected_members or saved.expected_members
    known = {*expected, *saved.expected_members, *saved.members}
    # A journal need not name everybody.
    unlisted = [name for name in expected if state and name in members and name not in states]
    lacking = [name for name in states if name not in known]
    for names, how in ((lacking, f"only the {whose} lists"), (unlisted, "the state does not list")):
        if names:
            message, path = f"{how} {_listed(names)}", "$.expectedMembers"
            yield found("snapshot-names-differ", LAUNCH_FILE, message, path=path, recent=recent)
    yield from _differing_states(members, states, journaled, whose, recent=recent)
    end = None if journaled is None else journaled.status
    if end is not None and end.word in {"failed", "canceled"}:
        # A launch may be clean though its run failed, when everybody was confirmed later.
        confirmed = {*states.values()} == {"confirmed_alive"}
        if saved.team_launch_state == "clean_success" and not confirmed:
            message = f"it says 'clean_success', and the journal {end.word!r} (line {end.line})"
            path = "$.teamLaunchState"
            yield found("snapshot-states-differ", LAUNCH_FILE, message, path=path, recent=recent)


def _differing_states(
    members: Mapping[str, MemberLaunch],
    states: Mapping[str, str | None],
    journaled: RunReplay | None,
    whose: str,
    *,
    recent: bool,
) -> Iterator[AuditFinding]:
    for name, member in members.items():
        path, said = f"$.members[{shown(name)}]", member.launch_state
        if {states.get(name), said} == {"confirmed_alive", "failed_to_start"}:
            message = f"member {shown(name)}: it says {said!r}, and the {whose} {states[name]!r}"
            yield found("snapshot-states-differ", LAUNCH_FILE, message, path=path, recent=recent)
        if said == "confirmed_alive" and journaled is not None and journaled.never_names(name):
            message = f"member {shown(name)}: it is confirmed, and the journal never names it"
            yield found("snapshot-not-journaled", LAUNCH_FILE, message, path=path)


# -- The launcher's snapshot by itself -------------------------------------------------------------

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


def _snapshot_member(name: str, member: Mapping[str, Any]) -> Iterator[tuple[AuditCode, str]]:
    state = member.get("launchState")
    for key, value in _CONTRADICTIONS.get(state, ()) if isinstance(state, str) else ():
        if member.get(key) is value:
            message = f"launchState is {state!r}, and {key} is {str(value).lower()}"
            yield "member-contradiction", message
    own = member.get("name")
    if isinstance(own, str) and trim(own) != trim(name):
        yield "member-contradiction", f"its name is {shown(own)}"
    spawned = read_instant(member.get("firstSpawnAcceptedAt"))
    seen = read_instant(member.get("lastHeartbeatAt"))
    late = None if spawned is None or seen is None else spawned - seen
    if state == "confirmed_alive" and late is not None and late > _AHEAD:
        message = f"firstSpawnAcceptedAt is {span_text(late)} later than lastHeartbeatAt"
        yield "member-contradiction", message
    if state == "failed_to_start" and member.get("bootstrapConfirmed") is True:
        yield "confirmed-then-failed", "it was confirmed, and marked as failed afterwards"


# The state that members are counted in, what counts them, and what one of them makes of a team.
_SUMMARY: Final = (
    ("failed_to_start", "failedCount", "partial_failure"),
    (None, "pendingCount", "partial_pending"),  # whoever is in no other state
    ("skipped_for_launch", "skippedCount", "partial_skipped"),
    ("confirmed_alive", "confirmedCount", "clean_success"),
)


def _summary(raw: Mapping[str, Any], saved: LaunchSnapshot) -> Iterator[AuditFinding]:
    """What a snapshot counts, against its members as they are written, or as §5 completes them.

    The lead may count as well: some writers launch it, too.
    """
    members, expected = raw.get("members"), raw.get("expectedMembers")
    states: dict[str, Any] = {}
    for name in expected if isinstance(expected, list) else ():
        if isinstance(name, str):
            states[trim(name)] = None
    for key, body in members.items() if isinstance(members, dict) else ():
        if isinstance(body, dict):
            states[trim(key)] = body.get("launchState")
    counted = _counts([word for name, word in states.items() if is_member(name)])
    with_lead = _counts(list(states.values()))
    summary, completed = raw.get("summary"), to_wire(saved.summary)
    for _, key, _ in _SUMMARY:
        said = summary.get(key) if isinstance(summary, dict) else None
        if isinstance(said, int) and said not in {completed[key], counted[key], with_lead[key]}:
            message = f"it says {said}, and its members add up to {counted[key]}"
            yield found("summary-denied", LAUNCH_FILE, message, path=f"$.summary.{key}")
    said, computed = raw.get("teamLaunchState"), _team_state(counted)
    able = {computed, _team_state(with_lead), saved.team_launch_state}
    if isinstance(said, str) and said not in able:
        message = f"it says {shown(said)}, and its members add up to {computed!r}"
        yield found("summary-denied", LAUNCH_FILE, message, path="$.teamLaunchState")


def _counts(states: list[Any]) -> dict[str, int]:
    """How many members are in launch states (§5), by what a summary calls the numbers."""
    counts = {key: sum(word == state for word in states) for state, key, _ in _SUMMARY if state}
    counts["pendingCount"] = len(states) - sum(counts.values())
    return counts


def _team_state(counts: Mapping[str, int]) -> str:
    return next((team for _, key, team in _SUMMARY if counts[key]), "clean_success")

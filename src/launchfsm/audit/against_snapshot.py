"""Against the launcher's snapshot: held against the bootstrap's state and against the journal.

The launcher knows of more members than the bootstrap: those on secondary lanes it starts itself,
and those that are skipped nobody starts. Neither are looked for in the bootstrap's records. And its
snapshot may be of another run, of which these records say nothing.

Here: that comparison. Not here: reading the snapshot (`launchfsm.evaluation.launch_state`), or which of two
snapshots to believe (the policy).
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from launchfsm.audit.against_state import recorded_statuses
from launchfsm.audit.findings import found
from launchfsm.audit.grace_period import Moment, latest
from launchfsm.ecma.dates import read_instant, read_time
from launchfsm.ecma.text import trim
from launchfsm.evaluation.names import is_member
from launchfsm.evaluation.runs import Run, is_same_run, run_of
from launchfsm.lifecycle.machines import STATE_OF_STATUS
from launchfsm.records.documents import LAUNCH_FILE
from launchfsm.records.fields import shown

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from launchfsm.audit.findings import AuditFinding
    from launchfsm.audit.replayed import Replay, RunReplay
    from launchfsm.evaluation.evidence import Evidence
    from launchfsm.records.bootstrap import BootstrapState
    from launchfsm.records.results import LaunchSnapshot, MemberLaunch

_SHOWN_NAMES = 5
_PENDING = ("runtime_pending_bootstrap", "runtime_pending_permission")
_OPPOSITES = frozenset(
    {("confirmed_alive", "failed_to_start"), ("failed_to_start", "confirmed_alive")}
)


def against_snapshot(
    evidence: Evidence, replay: Replay, saved: LaunchSnapshot | None
) -> Iterator[AuditFinding]:
    """Everything in which the launcher's snapshot and the other records disagree."""
    state = evidence.state
    journaled = replay.last if state is None else replay.runs.get(trim(state.run_id or ""))
    run = _run(state, journaled)
    if saved is None or run is None:
        return
    of_run = _members_of_run(run, saved)
    if saved.members and not of_run:
        if _is_of_other_run(run, saved):
            message = f"none of its members is known to be of the run {shown(run.id)}"
            yield found("snapshot-of-other-run", LAUNCH_FILE, message)
        return
    members = {name: member for name, member in of_run.items() if _is_bootstrapped(member)}
    if state is not None:
        written = latest(read_instant(state.updated_at), read_time(saved.updated_at))
        moment = Moment(evidence.now, written)
        yield from _names(state, saved, members, moment)
        yield from _states(state, members, moment)
    if journaled is not None:
        yield from _unspawned(journaled, saved, members)


def _run(state: BootstrapState | None, journaled: RunReplay | None) -> Run | None:
    if state is not None:
        return run_of(state)
    return None if journaled is None else Run(journaled.id, journaled.began_at)


def _members_of_run(run: Run, saved: LaunchSnapshot) -> dict[str, MemberLaunch]:
    launch_time = read_time(saved.updated_at)
    return {
        name: member
        for name, member in saved.members.items()
        if is_same_run(run, member, launch_time)
    }


def _is_of_other_run(run: Run, saved: LaunchSnapshot) -> bool:
    """Whether it can be told that a snapshot, none of whose members is of a run, is of another."""
    # When the run began is not known where its journal was rotated. Then the snapshot has to say.
    named = any(member.runtime_run_id is not None for member in saved.members.values())
    return run.started_at is not None or (run.id is not None and named)


def _is_bootstrapped(member: MemberLaunch) -> bool:
    """Whether a member of the launcher's is one that the bootstrap starts."""
    skipped = member.skipped_for_launch or member.launch_state == "skipped_for_launch"
    return member.lane_kind != "secondary" and not skipped


def _names(
    state: BootstrapState,
    saved: LaunchSnapshot,
    members: Mapping[str, MemberLaunch],
    moment: Moment,
) -> Iterator[AuditFinding]:
    listed = [name for name in recorded_statuses(state) if is_member(name)]
    expected = saved.bootstrap_expected_members or saved.expected_members
    known = {*expected, *saved.expected_members, *saved.members}
    unlisted = members.keys() & set(expected) - set(listed)
    lacking = [name for name in listed if name not in known]
    more = [name for name in expected if name in unlisted]
    for names, how in ((lacking, "only the state lists"), (more, "the state does not list")):
        if names:
            message = f"{how} {_listed(names)}"
            path = "$.expectedMembers"
            yield moment.found("snapshot-names-differ", LAUNCH_FILE, message, path=path)


def _states(
    state: BootstrapState, members: Mapping[str, MemberLaunch], moment: Moment
) -> Iterator[AuditFinding]:
    for name, status in recorded_statuses(state).items():
        member = members.get(name)
        if member is None or status is None:
            continue
        if (STATE_OF_STATUS[status], member.launch_state) in _OPPOSITES:
            message = f"it says {member.launch_state!r}, and the state {status!r}"
            yield moment.found(
                "snapshot-states-differ",
                LAUNCH_FILE,
                f"member {shown(name)}: {message}",
                path=_path(name),
            )


def _unspawned(
    journaled: RunReplay, saved: LaunchSnapshot, members: Mapping[str, MemberLaunch]
) -> Iterator[AuditFinding]:
    """Members that must have been spawned, and were not."""
    seen_at = read_time(saved.updated_at)
    for name, member in members.items():
        # A reconciled snapshot is put together afterwards, and may say of everybody: accepted.
        tried = member.agent_tool_accepted and saved.launch_phase != "reconciled"
        claimed = member.launch_state == "confirmed_alive" or tried
        missed = (
            journaled.runs_unspawned(name, seen_at)
            if member.launch_state in _PENDING
            else journaled.never_spawned(name, member.launch_state)
        )
        if claimed and missed:
            message = f"it says {member.launch_state!r}, and the journal never spawned it"
            message = f"member {shown(name)}: {message}"
            yield found("never-spawned", LAUNCH_FILE, message, path=_path(name))


def _path(name: str) -> str:
    return f"$.members[{shown(name)}]"


def _listed(names: list[str]) -> str:
    more = f" and {len(names) - _SHOWN_NAMES} more" if len(names) > _SHOWN_NAMES else ""
    return ", ".join(shown(name) for name in names[:_SHOWN_NAMES]) + more

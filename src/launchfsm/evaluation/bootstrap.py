"""How a launch stands, built from the bootstrap's state and completed (§4, §5).

`complete_snapshot` is the one way to a `LaunchSnapshot`: the bootstrap's and the launcher's own
records both pass it.
"""

from __future__ import annotations

import operator
from typing import TYPE_CHECKING, Final, Protocol, TypeVar

import attrs

from launchfsm.decisions import catalogue
from launchfsm.decisions.facts import LaunchPhaseFacts, PhaseKind, TeamStateFacts
from launchfsm.ecma.dates import iso
from launchfsm.evaluation.members import (
    Counted,
    MemberResult,
    RecordedAlike,
    RecordedMembers,
    StartingMembers,
    complete_member,
    count_member,
    name_members,
)
from launchfsm.records.names import is_recorded_member, member_names
from launchfsm.records.results import LaunchSnapshot, LaunchSummary, MemberLaunch

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from launchfsm.decisions.outcomes import OwnerVerdict
    from launchfsm.engine.engine import Engine
    from launchfsm.records.bootstrap import BootstrapState
    from launchfsm.vocabulary import LaunchPhase


R_contra = TypeVar("R_contra", contravariant=True)

_COUNTS: Final = tuple(field.name for field in attrs.fields(LaunchSummary))
_COUNTS_OF: Final = operator.attrgetter(*_COUNTS)


def snapshot_of_state(
    engine: Engine,
    state: BootstrapState,
    phase_kind: PhaseKind | None,
    owner: OwnerVerdict,
    *,
    folder: str,
    now: str,
    without: frozenset[str] = frozenset(),
) -> LaunchSnapshot | None:
    """The launch as the bootstrap's state tells it (§4).

    Args:
        engine: Applies the policy.
        state: The state.
        phase_kind: What sort of phase the state records.
        owner: Whether the owner is dead.
        folder: The name of the team's folder, in case the state names no team.
        now: The time of the evaluation, as a text.
        without: Names, in lower case, that it is told without.

    Returns:
        The snapshot; `None` when a date in it is a number that has no date.
    """
    updated_at = iso(state.updated_at, now)
    if updated_at is None:
        return None
    facts = LaunchPhaseFacts(phase_kind, state.terminal.status, owner.dead)
    launch_phase = engine.decide(catalogue.LAUNCH_PHASE, facts).launch_phase
    recorded = RecordedMembers(engine, owner, launch_phase)
    members: dict[str, MemberLaunch] = {}
    alike: dict[str, RecordedAlike] = {}
    for record in state.members:  # of a repeated name the last one counts
        name = record.name
        if not is_recorded_member(name) or (without and name.lower() in without):
            continue
        one = recorded.complete(name, record)
        observed = iso(record.last_observed_at, updated_at)
        accepted = iso(record.last_attempt_at, updated_at) if one.accepted else updated_at
        if observed is None or accepted is None:
            return None
        members[name], alike[name] = one.member(name, accepted, observed), one
    return _assembled(
        engine,
        team_name=state.team_name or folder,
        updated_at=updated_at,
        launch_phase=launch_phase,
        names=tuple([name for name, one in alike.items() if one.expected]),
        members=members,
        counted=[one.counted for one in alike.values()],
        bootstrap_failed=(
            owner.dead or state.phase == "failed" or state.terminal.status == "failed"
        ),
    )


class MemberCompleter(Protocol[R_contra]):
    """Completes the members of a launch, whatever their records are like (§5)."""

    def complete(self, name: str, record: R_contra, *, expected: bool) -> MemberResult:
        """A member as the completed snapshot has it.

        Args:
            name: Its name, trimmed.
            record: Its record.
            expected: Whether the launch expects it; only then it can be missed.
        """


def complete_snapshot(
    engine: Engine,
    *,
    team_name: str,
    updated_at: str,
    launch_phase: LaunchPhase,
    expected: Iterable[str],
    members: Mapping[str, R_contra],
    completer: MemberCompleter[R_contra],
    bootstrap_expected: Iterable[str] = (),
    lead_session_id: str | None = None,
    publication_run_id: str | None = None,
) -> LaunchSnapshot:
    """Complete a launch's records to a snapshot; completing one twice changes nothing (§5).

    Args:
        engine: Applies the policy.
        team_name: The team.
        updated_at: When the records were written.
        launch_phase: Whether the launch is going on.
        expected: The expected names, as found.
        members: The records by name; those of nobody expected are kept.
        completer: Completes a member.
        bootstrap_expected: Whom the bootstrap expected, as found.
        lead_session_id: The session of the team's lead.
        publication_run_id: The run that published the records.
    """
    names = member_names(expected)
    starting = StartingMembers(engine, launch_phase, updated_at)
    completed = {
        name: completer.complete(name, members[name], expected=True)
        if name in members
        else starting.complete(name)
        for name in names
    }
    for name, record in members.items():
        if name not in completed:
            completed[name] = completer.complete(name, record, expected=False)
    return _assembled(
        engine,
        team_name=team_name,
        updated_at=updated_at,
        launch_phase=launch_phase,
        names=names,
        members={name: found.member for name, found in completed.items()},
        counted=[found.counted for found in completed.values()],
        bootstrap_expected=member_names(bootstrap_expected),
        lead_session_id=lead_session_id,
        publication_run_id=publication_run_id,
    )


def changed_snapshot(
    engine: Engine, snapshot: LaunchSnapshot, changed: Mapping[str, MemberLaunch]
) -> LaunchSnapshot:
    """A completed snapshot with some of its members changed, completed and counted anew.

    Args:
        engine: Applies the policy.
        snapshot: The snapshot, complete.
        changed: What becomes of some of its members, by name.
    """
    members, counts = dict(snapshot.members), list(_COUNTS_OF(snapshot.summary))
    expected = frozenset(snapshot.expected_members)
    for name, member in changed.items():
        found = complete_member(
            engine, member, snapshot.launch_phase, expected=name in expected, subject=name
        )
        for position in count_member(engine, members[name], name).positions:
            counts[position] -= 1
        for position in found.counted.positions:
            counts[position] += 1
        members[name] = found.member
    summary = LaunchSummary(*counts)
    facts = _team_facts(summary, bootstrap_failed=False)
    name_members(engine, catalogue.TEAM_STATE, facts, members.values())
    state = engine.decide(catalogue.TEAM_STATE, facts).team_state
    return snapshot.like(members=members, summary=summary, team_launch_state=state)


def _assembled(
    engine: Engine,
    *,
    team_name: str,
    updated_at: str,
    launch_phase: LaunchPhase,
    names: tuple[str, ...],
    members: Mapping[str, MemberLaunch],
    counted: Iterable[Counted],
    bootstrap_expected: tuple[str, ...] = (),
    lead_session_id: str | None = None,
    publication_run_id: str | None = None,
    bootstrap_failed: bool = False,
) -> LaunchSnapshot:
    """The snapshot of completed members."""
    summary = _summary(engine, counted)
    facts = _team_facts(summary, bootstrap_failed=bootstrap_failed)
    name_members(engine, catalogue.TEAM_STATE, facts, members.values())
    different = bootstrap_expected and bootstrap_expected != names
    return LaunchSnapshot(
        team_name=team_name,
        updated_at=updated_at,
        launch_phase=launch_phase,
        expected_members=names,
        members=members,
        summary=summary,
        team_launch_state=engine.decide(catalogue.TEAM_STATE, facts).team_state,
        bootstrap_expected_members=bootstrap_expected if different else None,
        lead_session_id=lead_session_id,
        publication_run_id=publication_run_id,
    )


def _summary(engine: Engine, counted: Iterable[Counted]) -> LaunchSummary:
    counts = [0] * len(_COUNTS)
    for one in counted:
        for position in one.positions:
            counts[position] += 1
    return engine.cache("summary").answer(tuple(counts), "", lambda: LaunchSummary(*counts))


def _team_facts(summary: LaunchSummary, *, bootstrap_failed: bool) -> TeamStateFacts:
    confirmed, pending = summary.confirmed_count, summary.pending_count
    failed, skipped = summary.failed_count, summary.skipped_count
    return TeamStateFacts(summary.names, confirmed, pending, failed, skipped, bootstrap_failed)

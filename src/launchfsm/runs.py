"""Runs: which run of a team's launcher a record is of, and which run came first.

A team may be launched many times over. The state names its run; the launcher's snapshot may name
it for each member, and when it does not, times tell: what was last written before a run began is
of an older one.

Here: those comparisons. Not here: what follows from them (the policy).
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import attrs

from launchfsm.timestamps import read_instant, read_time

if TYPE_CHECKING:
    from launchfsm.facts import Side
    from launchfsm.records import BootstrapState
    from launchfsm.results import LaunchSnapshot, MemberLaunch


@attrs.frozen
class Run:
    """A run as the bootstrap's state knows it.

    Attributes:
        id: Its id, when one is recorded.
        started_at: When it began, in ms since 1970, when that is known.
    """

    id: str | None
    started_at: float | None


def run_of(state: BootstrapState) -> Run:
    """The run that a state is of."""
    return Run(state.run_id, read_instant(state.started_at))


def older_run(
    run: Run, bootstrap_time: float | None, launch: LaunchSnapshot, launch_time: float | None
) -> Side | None:
    """Whose snapshot is of an older run than the other's; `None` when neither provably is.

    Args:
        run: The run of the bootstrap's snapshot.
        bootstrap_time: When that was written, in ms since 1970.
        launch: The launcher's snapshot.
        launch_time: When that was written.
    """
    named = {member.runtime_run_id for member in launch.members.values()} - {None}
    if run.id in named:
        return None
    if launch_time is not None and run.started_at is not None and launch_time < run.started_at:
        return "launch"
    spawned = [_spawned_at(member) for member in launch.members.values()]
    first = min((moment for moment in spawned if moment is not None), default=None)
    later = first is not None and bootstrap_time is not None and bootstrap_time < first
    return "bootstrap" if named and run.id is not None and later else None


def is_same_run(run: Run, member: MemberLaunch, launch_time: float | None) -> bool | None:
    """Whether a member of the launcher's snapshot is of a run; `None` when nobody can say."""
    if member.runtime_run_id is not None and run.id is not None:
        return member.runtime_run_id == run.id
    if launch_time is None or run.started_at is None:
        return None
    return launch_time >= run.started_at


def _spawned_at(member: MemberLaunch) -> float | None:
    text = member.first_spawn_accepted_at
    return None if text is None else read_time(text)

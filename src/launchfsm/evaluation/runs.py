"""Runs: which run of a team's launcher a record is of, and which run came first.

A team may be launched many times over. The state names its run; the launcher's snapshot may name
it for each member, and when it does not, times tell: what was last written before a run began is
of an older one.

Here: those comparisons. Not here: what follows from them (the policy).
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import attrs

from launchfsm.ecma.dates import read_instant, read_time
from launchfsm.ecma.text import trim

if TYPE_CHECKING:
    from launchfsm.decisions.facts import Side
    from launchfsm.records.bootstrap import BootstrapState
    from launchfsm.records.results import LaunchSnapshot, MemberLaunch


@attrs.define
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
    return Run(named_run(state.run_id), moment_of(state.started_at))


def named_run(run_id: str | None) -> str | None:
    """The run that an id names, trimmed; `None` for a blank one, which names no run."""
    return None if run_id is None else trim(run_id) or None


def moment_of(value: object) -> float | None:
    """The time of a record's date, in ms since 1970; as in §2 a number up to 0 is none."""
    moment = read_instant(value)
    return None if moment is None or moment <= 0 else moment


def older_run(
    run: Run, bootstrap_time: float | None, launch: LaunchSnapshot, launch_time: float | None
) -> Side | None:
    """Whose snapshot is of an older run than the other's; `None` when nothing tells.

    What was written before a run began is of an older one. Of two runs that are known to differ
    the older one is that whose members were all spawned before the other began, or else that
    which was written to before the other.

    Args:
        run: The run of the bootstrap's snapshot.
        bootstrap_time: When that was written, in ms since 1970.
        launch: The launcher's snapshot.
        launch_time: When that was written.
    """
    members = launch.members.values()
    named = {member.runtime_run_id for member in members} - {None}
    if run.id in named:
        return None
    began = _earliest(run.started_at, bootstrap_time)
    if began is not None and launch_time is not None and launch_time < began:
        return "launcher"
    if run.id is None or not named:
        return None
    spawned = [moment for moment in map(_spawned_at, members) if moment is not None]
    if began is not None and spawned and max(spawned) < began:
        return "launcher"
    if bootstrap_time is None or launch_time is None or bootstrap_time == launch_time:
        return None
    return "bootstrap" if bootstrap_time < launch_time else "launcher"


def is_same_run(run: Run, member: MemberLaunch, launch_time: float | None) -> bool | None:
    """Whether a member of the launcher's snapshot is of a run; `None` when nobody can say.

    Args:
        run: The run of the bootstrap's snapshot.
        member: The launcher's record of the member.
        launch_time: When the launcher's snapshot was written, in ms since 1970.
    """
    if member.runtime_run_id is not None and run.id is not None:
        return member.runtime_run_id == run.id
    touched = _earliest(_spawned_at(member), launch_time)
    if touched is None or run.started_at is None:
        return None
    return touched >= run.started_at


def _spawned_at(member: MemberLaunch) -> float | None:
    text = member.first_spawn_accepted_at
    return None if text is None else read_time(text)


def _earliest(*moments: float | None) -> float | None:
    return min((moment for moment in moments if moment is not None), default=None)

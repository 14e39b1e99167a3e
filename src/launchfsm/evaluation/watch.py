"""Watching: which teams' verdicts have changed since somebody last looked.

Three things change a verdict: a file, a process, and time. A look asks the first two directly
(the files' identity, size and time; whether the pids behind the verdict still live) and knows the
third in advance from `Evaluation.recheck_at`; only teams for which one of them happened are
evaluated again.

Here: looking, and how long to wait until the next look. Not here: waiting, or showing anything
(`launchfsm.cli.watch`, `launchfsm.cli.wait`).
"""

from __future__ import annotations

import os
from datetime import timedelta
from typing import TYPE_CHECKING, TypeAlias

import attrs

from launchfsm.evaluation.evaluator import Clock, Evaluation, LaunchEvaluator, system_clock
from launchfsm.records.documents import BOUNDS
from launchfsm.system.folders import team_folder
from launchfsm.system.processes import Processes, SystemProcesses

if TYPE_CHECKING:
    from collections.abc import Iterable

    from launchfsm.policies import PolicyLike

Signs: TypeAlias = tuple[object, ...]
"""What a team's files look like from outside, and which of its processes live."""


@attrs.define(eq=False)
class _Watched:
    """A team as it was when it was last evaluated."""

    evaluation: Evaluation
    signs: Signs


class Watcher:
    """Tells which teams' verdicts have changed.

    Args:
        teams_root: The folder that holds one folder a team.
        teams: The teams to watch; all of the root, whenever they appear, when `None`.
        policy: The policy to judge by: a name, a path, or a loaded one.
        clock: Says the time, as an aware datetime; the machine's own by default.
        processes: Answers for pids; the machine's own by default.

    Raises:
        PolicyNotFoundError: There is no such policy.
        PolicyError: The policy has faults.
    """

    def __init__(
        self,
        teams_root: str | os.PathLike[str],
        teams: Iterable[str] | None = None,
        *,
        policy: PolicyLike = "default",
        clock: Clock | None = None,
        processes: Processes | None = None,
    ) -> None:
        self._root = os.fspath(teams_root)
        self._teams = None if teams is None else tuple(teams)
        self._clock = clock or system_clock
        self._processes = processes or SystemProcesses()
        self._evaluator = LaunchEvaluator(
            self._root, policy=policy, clock=self._clock, processes=self._processes
        )
        self._watched: dict[str, _Watched] = {}

    @property
    def evaluations(self) -> tuple[Evaluation, ...]:
        """The watched teams as they stand since the last look, by name."""
        return tuple(watched.evaluation for _, watched in sorted(self._watched.items()))

    def look(self) -> tuple[Evaluation, ...]:
        """The teams whose verdict is another than at the last look; the first time, all of them.

        Raises:
            TeamNameError: A team to watch has a name that is not one plain path component.
        """
        names = self._evaluator.teams() if self._teams is None else self._teams
        for gone in self._watched.keys() - set(names):
            del self._watched[gone]
        return tuple(changed for name in names if (changed := self._look_at(name)) is not None)

    def _look_at(self, team: str) -> Evaluation | None:
        known = self._watched.get(team)
        if known is not None and not self._stirred(team, known):
            return None
        # Before it is read: what changes meanwhile is seen to have changed at the next look.
        files = self._files(team)
        evaluation = self._evaluator.evaluate(team)
        self._watched[team] = _Watched(evaluation, (*files, *self._lives(evaluation)))
        before = None if known is None else known.evaluation.verdict
        now = evaluation.verdict
        same = before is not None and (before.severity, before.text) == (now.severity, now.text)
        return None if same else evaluation

    def _stirred(self, team: str, known: _Watched) -> bool:
        due = known.evaluation.recheck_at
        if due is not None and self._clock() >= due:
            return True
        return known.signs != (*self._files(team), *self._lives(known.evaluation))

    def _files(self, team: str) -> Signs:
        folder = team_folder(self._root, team)
        return tuple(_look_of(f"{folder}/{file}") for file in BOUNDS)

    def _lives(self, evaluation: Evaluation) -> Signs:
        return tuple(self._processes.check(pid).liveness for pid in evaluation.pids)

    def until_due(self, most: timedelta) -> timedelta:
        """How long nothing changes by passing time alone, at most `most`."""
        now = self._clock()
        due = [evaluation.recheck_at for evaluation in self.evaluations]
        left = [moment - now for moment in due if moment is not None]
        return max(timedelta(0), min([most, *left]))


def _look_of(path: str) -> object:
    """What a file looks like from outside; never raises for what stands at the path."""
    try:
        found = os.lstat(path)
    except OSError as error:
        return error.errno
    return (found.st_ino, found.st_dev, found.st_size, found.st_mtime_ns, found.st_mode)


def has_reached(evaluation: Evaluation, goal: str) -> bool:
    """Whether a launch has come where somebody waits for it to come.

    Args:
        evaluation: The launch.
        goal: A word of `VerdictSeverity`, or `finished`: it is over, one way or another.
    """
    if goal != "finished":
        return evaluation.verdict.severity == goal
    if evaluation.runtime_state is not None:
        return evaluation.runtime_state.progress.state in {"ready", "failed", "cancelled"}
    # Of snapshots that nobody believes any more, because they waited too long, either tells.
    snapshot = (
        evaluation.preferred_snapshot
        or evaluation.bootstrap_snapshot
        or evaluation.launcher_snapshot
    )
    return snapshot is not None and snapshot.launch_phase != "active"

"""Watching: which teams' verdicts have changed since somebody last looked.

Three things change a verdict: a file, a process, and time. A look asks the first two directly
(the files' identity, size and time; whether the pids behind the verdict still live) and knows the
third in advance from `Evaluation.recheck_at`; only teams for which one of them happened are
evaluated again.
"""

from __future__ import annotations

import os
import stat
from datetime import timedelta
from typing import TYPE_CHECKING, TypeAlias

import attrs

from launchfsm.evaluation.evaluator import (
    EVERY_FILE,
    Clock,
    Evaluation,
    LaunchEvaluator,
    system_clock,
)
from launchfsm.system.folders import team_folder
from launchfsm.system.processes import Processes, SystemProcesses

if TYPE_CHECKING:
    from collections.abc import Iterable

    from launchfsm.policies import PolicyLike

Signs: TypeAlias = tuple[dict[str, object], tuple[object, ...]]
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
        # Before it is read: what changes meanwhile is seen to have changed at the next look, and so
        # is a file of which only the evaluation says that it counts.
        files = self._files(team, EVERY_FILE if known is None else known.evaluation.files)
        evaluation = self._evaluator.evaluate(team)
        before, now = None if known is None else known.evaluation.verdict, evaluation.verdict
        seen = {file: files.get(file) for file in evaluation.files}
        self._watched[team] = _Watched(evaluation, (seen, self._lives(evaluation)))
        same = before is not None and (before.severity, before.text) == (now.severity, now.text)
        return None if same else evaluation

    def _stirred(self, team: str, known: _Watched) -> bool:
        now, due = self._clock(), known.evaluation.recheck_at
        if now < known.evaluation.evaluated_at or (due is not None and now >= due):
            return True
        files = self._files(team, known.evaluation.files)
        return known.signs != (files, self._lives(known.evaluation))

    def _files(self, team: str, names: Iterable[str]) -> dict[str, object]:
        folder = team_folder(self._root, team)
        return {name: _look_of(f"{folder}/{name}") for name in names}

    def _lives(self, evaluation: Evaluation) -> tuple[object, ...]:
        """Which processes live, and which they are: a pid may be a zombie's, or another's."""
        return tuple(
            (self._processes.check(pid).liveness, self._identity(pid)) for pid in evaluation.pids
        )

    def _identity(self, pid: float) -> object:
        found = self._processes.identify(pid)
        return None if found is None else (found.zombie, found.since_boot)

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
    if stat.S_ISDIR(found.st_mode):  # what else is in it is none of its own business
        return (found.st_ino, found.st_dev, found.st_mtime_ns)
    # The last change of the file tells also of a rewrite that keeps its size and its time.
    return (found.st_ino, found.st_dev, found.st_size, found.st_ctime_ns, found.st_mode)


def has_reached(evaluation: Evaluation, goal: str) -> bool:
    """Whether a launch has reached the state that somebody waits for.

    Args:
        evaluation: The launch.
        goal: A word of `VerdictSeverity`, or `finished`: it is over, one way or another.
    """
    severity = evaluation.verdict.severity
    if goal != "finished":
        return severity == goal
    if severity == "stopped":
        return True
    if evaluation.runtime_state is not None:
        return evaluation.runtime_state.progress.state in {"ready", "failed", "cancelled"}
    # Of snapshots that nobody believes any more, because they waited too long, either tells.
    snapshot = (
        evaluation.preferred_snapshot
        or evaluation.bootstrap_snapshot
        or evaluation.launcher_snapshot
    )
    if snapshot is None:  # cleared after its end, as what is left of it tells
        return severity in {"ok", "failed"}
    return snapshot.launch_phase != "active"

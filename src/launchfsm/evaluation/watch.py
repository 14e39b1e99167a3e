"""Watching: which teams have changed since somebody last looked.

Three things change a verdict: a file, a process, and time. A look asks the first two directly
(the files' identity, size and time; whether the pids behind the verdict still live) and knows the
third in advance from `Evaluation.recheck_at`; only teams for which one of them happened are
evaluated again. Of a watched team only its row is kept, and what would tell of a change.
"""

from __future__ import annotations

import os
import stat
import time
from collections.abc import Collection, Iterable, Iterator, Mapping
from datetime import datetime, timedelta
from typing import Final

import attrs

from launchfsm.decisions.verdict import VerdictSeverity
from launchfsm.evaluation.evaluator import EVERY_FILE, Evaluation, LaunchEvaluator
from launchfsm.evaluation.many import Row
from launchfsm.system.folders import team_folder
from launchfsm.system.processes import AskedOnce, Processes

_REST: Final = 3_000_000_000  # ns; the time of a folder is exact to 2 s on some file systems


@attrs.frozen(kw_only=True)
class Change:
    """A team that was evaluated again, or is gone, with its row before and now.

    There is no old row when nobody had looked at it or it was not there, and no new one when it is
    gone. `new` is the row of `evaluation`.
    """

    team: str
    old: Row | None
    new: Row | None
    evaluation: Evaluation | None

    @property
    def is_transition(self) -> bool:
        """Whether the verdict is another word than before; a change of its line alone is none."""
        return (self.old and self.old.verdict) != (self.new and self.new.verdict)


@attrs.define(eq=False)
class _Watched:
    """A team as it was when it was last evaluated."""

    row: Row
    files: tuple[str, ...]  # to look at; the folder is one of them
    pids: tuple[float, ...]
    identified: frozenset[float]  # those of the pids of which it matters which process has them
    due: datetime | None
    signs: int  # the hash of what the files look like from outside, and of which processes live

    def is_due(self, now: datetime) -> bool:
        """Whether time alone may have changed it, or the clock was set back."""
        return now < self.row.evaluated_at or (self.due is not None and now >= self.due)


class Watcher:
    """Tells which teams have changed; the evaluator's clock says when a team is due.

    It watches `teams`, whether or not they are there, or all of the root.
    """

    def __init__(self, evaluator: LaunchEvaluator, teams: Iterable[str] | None = None) -> None:
        self._evaluator = evaluator
        self._teams = None if teams is None else tuple(teams)
        self._watched: dict[str, _Watched] = {}

    @property
    def rows(self) -> Iterator[Row]:
        """The watched teams that are there, as they stand since the last look."""
        return (watched.row for watched in self._watched.values())

    def look(self, touched: Collection[str] | None = None) -> Iterator[Change]:
        """Look at the teams, and yield those that were evaluated again, each as soon as it was.

        The first time, all of them. `touched` are the only ones of which a file has changed, when
        somebody knows that; then those that are due are looked at, too.

        Raises:
            TeamNameError: A team to watch has a name that is not one plain path component.
        """
        if touched is not None:
            now = self._evaluator.clock()
            due = [team for team, one in self._watched.items() if one.is_due(now)]
            asked = {*due, *(touched if self._teams is None else {*touched} & {*self._teams})}
        else:
            there = self._evaluator.teams() if self._teams is None else self._teams
            asked = {*self._watched, *there}
        processes = AskedOnce(self._evaluator.processes)  # many teams have one owner
        for team in sorted(asked):
            change = self._look_at(team, team_folder(self._evaluator.root, team), processes)
            if change is not None:
                yield change

    def _look_at(self, team: str, folder: str, processes: Processes) -> Change | None:
        known = self._watched.get(team)
        old = None if known is None else known.row
        if known is not None and not known.is_due(self._evaluator.clock()):
            looks = [_look_of(f"{folder}/{name}") for name in known.files]
            if known.signs == _signs(looks, known, processes):
                self._narrow(known, folder, looks, processes)
                return None
        # Before it is read: what changes meanwhile is seen to have changed at the next look, and so
        # is a file of which only the evaluation says that it counts.
        names = (*EVERY_FILE, *(() if known is None else known.files))
        before = {name: _look_of(f"{folder}/{name}") for name in dict.fromkeys(names)}
        if not isinstance(before["."], tuple):
            self._watched.pop(team, None)
            return old if old is None else Change(team=team, old=old, new=None, evaluation=None)
        evaluation = self._evaluator.evaluate(team)
        row, due = Row.of(evaluation), evaluation.recheck_at
        files, pids = evaluation.files, evaluation.pids
        found = _Watched(row, files, pids, evaluation.identified, due, 0)
        found.signs = _signs([before.get(name) for name in files], found, processes)
        self._watched[team] = found
        return Change(team=team, old=old, new=row, evaluation=evaluation)

    def _narrow(
        self, known: _Watched, folder: str, looks: list[object], processes: Processes
    ) -> None:
        """Look from now on only at what is there: what comes to the folder changes the folder.

        Only once the folder has rested: its time may not tell two changes apart that are close.
        """
        folder_look = looks[0]
        if len(known.files) < len(EVERY_FILE) or not isinstance(folder_look, tuple):
            return
        if time.time_ns() - folder_look[2] < _REST:
            return
        kept = {
            name: look
            for name, look in zip(known.files, looks, strict=True)
            if isinstance(_look_of(f"{folder}/{name.partition('/')[0]}"), tuple)
        }
        known.files = tuple(kept)
        known.signs = _signs([*kept.values()], known, processes)

    def until_due(self, most: timedelta) -> timedelta:
        """How long nothing changes by passing time alone, at most `most`."""
        now = self._evaluator.clock()
        left = [one.due - now for one in self._watched.values() if one.due is not None]
        return max(timedelta(0), min([most, *left]))


def _signs(looks: list[object], known: _Watched, processes: Processes) -> int:
    lives: list[object] = []
    for pid in known.pids:
        lives.append(processes.check(pid).liveness)
        if pid in known.identified:  # a pid may be a zombie's, or another process's
            found = processes.identify(pid)
            lives.append(None if found is None else (found.zombie, found.since_boot))
    return hash((*looks, *lives))


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


_STILL_TO_COME: Final[Mapping[str, frozenset[VerdictSeverity]]] = {
    "failed": frozenset({"failed", "stopped"}),
    "stopped": frozenset({"stopped"}),
    "ok": frozenset({"ok", "warning", "stopped"}),
}
"""What a launch that is over may still become, by its verdict; of the others, anything."""


def is_over(evaluation: Evaluation) -> bool:
    """Whether a launch is over, one way or another."""
    severity = evaluation.verdict.severity
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


def can_reach(evaluation: Evaluation, verdicts: Collection[str]) -> bool:
    """Whether a launch may still get, or has, one of some verdicts, without being started anew.

    A launch that is over and failed does not become `ok`: its bootstrap retries nobody any more. (A
    message that comes later may clear a failure; that is no reason to wait for it.)
    """
    ahead = _STILL_TO_COME.get(evaluation.verdict.severity)
    return ahead is None or not is_over(evaluation) or not ahead.isdisjoint(verdicts)

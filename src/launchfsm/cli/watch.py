"""The commands that go on looking at teams: `watch` and `wait`."""

from __future__ import annotations

import functools
import importlib.util
import itertools
import math
import os
import signal
import subprocess
import sys
import time
from collections import deque
from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any, Final, NamedTuple

import click

from launchfsm.cli import options
from launchfsm.cli.output import is_terminal, show, show_if_possible, show_json, shown
from launchfsm.decisions.verdict import WORST_FIRST
from launchfsm.ecma.dates import from_datetime, iso_from_ms
from launchfsm.evaluation.many import Row
from launchfsm.evaluation.watch import Change, Watcher, can_reach, is_over
from launchfsm.report.views import row_line, told

if TYPE_CHECKING:
    from concurrent.futures import Future

REACHED: Final = 0
TIMED_OUT: Final = 1
OUT_OF_REACH: Final = 2

# How often `watch` looks at everything, without watchfiles and with it, and how often `wait` does.
_QUICK: Final = timedelta(seconds=0.5)
_SLOW: Final = timedelta(seconds=5)
_WAITING: Final = timedelta(seconds=0.25)
_TICK: Final = 50  # ms at most, after which a wait looks whether it is over


# -- When to look ----------------------------------------------------------------------------------


class _Looks:
    """Looks at the watched teams again and again: when a file changes, when one is due, in the end.

    Of a `root` watchfiles, where it is installed, tells what changed; `report` is told when it
    cannot. Everything is looked at once an `interval`, by default less often with watchfiles.
    """

    def __init__(
        self,
        watcher: Watcher,
        interval: timedelta | None,
        *,
        root: str | None = None,
        report: Callable[[str], None] = show_if_possible,
    ) -> None:
        self._watcher, self._report, self._woken = watcher, report, False
        notified = root is not None and importlib.util.find_spec("watchfiles") is not None
        self._interval = interval or (_SLOW if notified else _QUICK)
        self._root = root if notified else None

    def wake(self, *_: object) -> None:
        """End the present wait soon, though no file has changed; a signal may ask for it."""
        self._woken = True

    def __call__(
        self, *, most: int | None = None, end: float = math.inf
    ) -> Iterator[Iterator[Change]]:
        """The changes of each look, which are to be taken before the next look.

        There is one look at least, at most `most`, and the last at `end`, by the monotonic clock.
        """
        touched: set[str] | None = None
        ticks = self._ticks()
        for done in itertools.count(1):
            yield self._watcher.look(touched)
            if done == most or time.monotonic() >= end:
                return
            if touched is None:
                everything = time.monotonic() + self._interval.total_seconds()
            if done == 1:
                next(ticks)
                # What changes before the files are watched is seen soon.
                everything = min(everything, time.monotonic() + _QUICK.total_seconds())
            left = timedelta(seconds=max(0.0, min(everything, end) - time.monotonic()))
            due = time.monotonic() + self._watcher.until_due(left).total_seconds()
            touched = set()
            while not touched and not self._woken and time.monotonic() < due:
                touched = next(ticks)
            self._woken = False
            if time.monotonic() >= everything:
                touched = None

    def _ticks(self) -> Iterator[set[str]]:
        """The teams whose files have changed, at least once a tick, mostly none."""
        tick = min(_TICK, self._interval // timedelta(milliseconds=1))
        if self._root is not None:
            import watchfiles  # noqa: PLC0415 - an extra

            try:
                for changes in watchfiles.watch(
                    self._root,
                    watch_filter=None,
                    step=tick,
                    rust_timeout=tick,
                    yield_on_timeout=True,
                ):
                    paths = (os.path.relpath(path, self._root) for _, path in changes)
                    yield {path.partition(os.sep)[0] for path in paths}
            except Exception as error:  # noqa: BLE001 - such as too many folders, or one is gone
                if self._interval == _SLOW:
                    self._interval = _QUICK
                self._report(
                    f"files are looked at every {self._interval.total_seconds():g} s, as "
                    f"watchfiles does not tell of their changes: {shown(str(error), most=200)}"
                )
        while True:
            yield set()
            time.sleep(tick / 1000)


# -- Commands --------------------------------------------------------------------------------------


class _Commands:
    """Runs a shell command once a transition, at most `jobs` at a time.

    The commands are in sessions of their own, so Ctrl-C does not end them. What they print goes to
    the stream `output`; what fails is told to `report`.
    """

    def __init__(
        self, command: str, root: str, jobs: int, *, output: int, report: Callable[[str], None]
    ) -> None:
        from concurrent.futures import ThreadPoolExecutor  # noqa: PLC0415 - 10 ms for few

        self._command, self._output, self._report = command, output, report
        self._root = os.path.abspath(root)  # noqa: PTH100 - paths are plain text here
        self._pool = ThreadPoolExecutor(jobs)
        self._pending: set[Future[None]] = set()

    def finish(self) -> None:
        """Wait until all have run."""
        if left := len(self._pending):
            self._report(f"waiting for {left} commands of --exec")
        self._pool.shutdown()

    def run(self, change: Change) -> None:
        """Run the command for a transition, soon."""
        text = "" if change.new is None else told(change.new.text, change.new.evaluated_at)
        about = {
            "LAUNCHFSM_TEAM": change.team,
            "LAUNCHFSM_OLD": _word(change.old),
            "LAUNCHFSM_NEW": _word(change.new),
            "LAUNCHFSM_TEXT": text,
            "LAUNCHFSM_ROOT": self._root,
        }
        future = self._pool.submit(self._run, about)
        self._pending.add(future)
        future.add_done_callback(self._pending.discard)

    def _run(self, about: Mapping[str, str]) -> None:
        try:
            status = subprocess.run(  # noqa: S602 - the command is the user's own
                self._command,
                shell=True,
                env={**os.environ, **about},
                stdin=subprocess.DEVNULL,
                stdout=self._output,
                stderr=self._output,
                start_new_session=True,
                check=False,
            ).returncode
            failure = f"exit status {status}" if status else None
        except (OSError, ValueError) as error:
            failure = shown(str(error))
        if failure is not None:
            self._report(
                f"--exec for {shown(about['LAUNCHFSM_TEAM'])}, {about['LAUNCHFSM_OLD']} -> "
                f"{about['LAUNCHFSM_NEW']}, failed: {failure}"
            )


def _word(row: Row | None) -> str:
    """The verdict of a team; `none` of one that is not there."""
    return "none" if row is None else row.verdict


# -- watch -----------------------------------------------------------------------------------------


@click.command("watch")
@options.teams_argument
@options.form_option(
    "jsonl", "Print JSON Lines, one object per transition, with the decision and the rule."
)
@click.option("--initial", is_flag=True, help="Also print the first states, from `none`.")
@click.option(
    "--exec",
    "command",
    metavar="CMD",
    help="Run this in a shell once per transition. It gets LAUNCHFSM_TEAM, LAUNCHFSM_OLD, "
    "LAUNCHFSM_NEW, LAUNCHFSM_TEXT and LAUNCHFSM_ROOT in its environment.",
)
@click.option(
    "--exec-jobs",
    metavar="N",
    type=click.IntRange(1, 1_000),
    default=4,
    show_default=True,
    help="How many of these commands run at a time; others wait for their turn.",
)
@click.option(
    "--interval",
    metavar="SECONDS",
    type=options.read_interval,
    help="How often to look at all files and processes.  [default: 0.5; with watchfiles, which "
    "tells of changed files at once, 5]",
)
@click.option(
    "--looks",
    metavar="N",
    type=click.IntRange(min=1),
    help="Stop after so many looks, instead of never.",
)
@options.judges
def watch(
    teams: options.Teams,
    *,
    names: tuple[str, ...],
    as_jsonl: bool,
    initial: bool,
    command: str | None,
    exec_jobs: int,
    interval: timedelta | None,
    looks: int | None,
) -> None:
    """Print a line whenever a verdict changes.

    A changed file, the death of a process and passing time can each change a verdict. On a terminal
    a list of the teams stays current, the worst first; elsewhere each transition is a line with its
    time, such as `pending -> failed`. A team that comes or goes is a transition from or to `none`.
    Without a TEAM, all teams of the root, also those that come later. Ends when it is interrupted,
    after all commands of --exec have run.
    """
    watcher = teams.watcher(names)
    live = is_terminal() and not as_jsonl
    failures: deque[str] = deque(maxlen=100)
    with ExitStack() as stack:
        stack.callback(lambda: show_if_possible(*failures, err=True) if failures else None)
        tell: list[Callable[[Change], None]] = []
        report = failures.append if live else functools.partial(show_if_possible, err=True)
        if command is not None:
            output = subprocess.DEVNULL if live or sys.stderr is None else 2  # standard error
            commands = _Commands(command, teams.path, exec_jobs, output=output, report=report)
            stack.callback(commands.finish)
            tell.append(commands.run)
        look = _Looks(watcher, interval, root=teams.path, report=report)
        view = None
        if live:
            from launchfsm.cli.tables import LiveView  # noqa: PLC0415 - rich is for terminals alone

            clock = teams.evaluator.clock
            view = LiveView(watcher, names, clock=clock, failures=failures)
            stack.enter_context(view.live)
            if hasattr(signal, "SIGWINCH"):
                stack.callback(
                    signal.signal, signal.SIGWINCH, signal.signal(signal.SIGWINCH, look.wake)
                )
        else:
            tell.append(_show_json_line if as_jsonl else _show_line)
        for number, changes in enumerate(look(most=looks)):
            for change in changes:
                if change.is_transition and (number or initial):
                    for one in tell:
                        one(change)
                if view is not None:
                    view.take(change)
            if view is not None:
                view.draw()


def _show_line(change: Change) -> None:
    arrow = f"{_word(change.old)} -> {_word(change.new)}"
    if change.new is None:
        moment, rest = datetime.now(UTC), f"{shown(change.team)}  its folder is gone"
    else:
        moment, rest = change.new.evaluated_at, row_line(change.new).partition(" ")[2].lstrip()
    show(f"{_time(moment)}  {arrow:<18}  {rest}")


def _show_json_line(change: Change) -> None:
    """A transition as JSON; a team that is not there has no verdict."""
    new, evaluation = change.new, change.evaluation
    document: dict[str, Any] = {
        "team": change.team,
        "old": change.old and change.old.verdict,
        "new": new and new.verdict,
    }
    if new is not None and evaluation is not None:
        decision = evaluation.explain_verdict()
        rule, due = decision.rule_results[-1], evaluation.recheck_at
        document |= {
            "text": new.text,
            "cause": new.cause,
            "advice": evaluation.advice,
            "decision": decision.table,
            "rule": rule.rule,
            "location": rule.location,
            "evaluatedAt": _time(new.evaluated_at),
            "recheckAt": None if due is None else _time(due),
        }
    show_json(document, indent=None)


def _time(moment: datetime) -> str:
    return iso_from_ms(from_datetime(moment)) or ""


# -- wait ------------------------------------------------------------------------------------------


class _Waited(NamedTuple):
    """A team that is waited for: how it stands, and why it cannot reach a goal any more."""

    row: Row | None = None
    reached: bool = False
    hopeless: str | None = None


@click.command("wait")
@click.argument(
    "names", metavar="TEAM...", nargs=-1, required=True, shell_complete=options.complete_teams
)
@click.option(
    "--for",
    "goals",
    type=options.WordList(("finished", *WORST_FIRST)),
    default="finished",
    show_default=True,
    help="What to wait for: that the launch is over, or one of these verdicts; several are "
    "separated by commas.",
)
@click.option("--any", "one", is_flag=True, help="Wait for one of the teams, not for all of them.")
@click.option("--create", is_flag=True, help="Also wait for teams that are not there yet.")
@click.option(
    "--timeout",
    metavar="DURATION",
    type=options.read_wait,
    help="How long to wait at most, such as 5m or 90s.  [default: for ever]",
)
@options.judges
def wait(
    teams: options.Teams,
    *,
    names: tuple[str, ...],
    goals: tuple[str, ...],
    one: bool,
    create: bool,
    timeout: timedelta | None,
) -> int:
    """Wait for launches to reach a state.

    Ends when all teams are in one of the wanted states at once; with --any, when one team is. Ends
    as soon as that cannot happen any more: a launch that is over and failed does not become ok
    unless somebody launches the team again.

    Exit status 0: reached. 1: the timeout came first. 2: it cannot be reached any more. 3: no such
    team, a faulty policy. Prints the verdicts at the end of the wait.
    """
    watcher = teams.watcher(names, create=create)
    end = math.inf if timeout is None else time.monotonic() + timeout.total_seconds()
    absent = _Waited(hopeless=None if create else "its folder is gone")

    def waited(change: Change) -> _Waited:
        row, evaluation = change.new, change.evaluation
        if row is None or evaluation is None:
            return absent
        reached = row.verdict in goals or ("finished" in goals and is_over(evaluation))
        possible = reached or can_reach(evaluation, goals)
        hopeless = None if possible else f"it is {row.verdict}, and its launch is over"
        return _Waited(row, reached, hopeless)

    known = dict.fromkeys(names, absent)
    every, some = (any, all) if one else (all, any)
    status = TIMED_OUT
    for changes in _Looks(watcher, _WAITING)(end=end):
        known.update((change.team, waited(change)) for change in changes)
        if every(team.reached for team in known.values()):
            status = REACHED
            break
        if some(team.hopeless for team in known.values()):
            status = OUT_OF_REACH
            break
    for name, team in known.items():
        missing = f"{'unknown':<8} {shown(name)}  there is no such team"
        show_if_possible(missing if team.row is None else row_line(team.row))
    if status == OUT_OF_REACH:
        wanted = " or ".join(goals)
        for name, team in known.items():
            if team.hopeless:
                why = f"{shown(name)} cannot become {wanted} any more: {team.hopeless}"
                show_if_possible(why, err=True)
    return status

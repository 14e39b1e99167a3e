"""Judging: the options of every subcommand that evaluates teams, and what they make.

Here: `--root`, `--policy`, `--now`, and the teams they lead to. Not here: what is said of a team.
"""

# Paths are plain text here, as in the evaluator:
# ruff: noqa: PTH110, PTH111, PTH112

from __future__ import annotations

import functools
import os
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any, Final, TypeVar, cast

import attrs
import click

from launchfsm.cli.escaping import LONGEST_NAME, shown, shown_lines
from launchfsm.ecma.dates import read_time
from launchfsm.engine.types import did_you_mean
from launchfsm.evaluation.evaluator import Clock, Evaluation, LaunchEvaluator
from launchfsm.evaluation.watch import Watcher
from launchfsm.policy.diagnostics import PolicyError
from launchfsm.policy.discovery import PolicyNotFoundError
from launchfsm.system.files import TeamNameError, team_folder

F = TypeVar("F", bound=Callable[..., Any])

_EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)
_MOST_NAMES: Final = 12


@attrs.frozen(eq=False)
class Teams:
    """The teams of a root, and who judges them.

    Attributes:
        root: The folder that holds one folder a team.
        evaluator: Judges them.
        clock: Says the time; the machine's own when `None`.
    """

    root: str
    evaluator: LaunchEvaluator
    clock: Clock | None = None

    def names(self) -> tuple[str, ...]:
        """The names of all teams, sorted.

        Raises:
            ClickException: The root cannot be read.
        """
        if not os.path.isdir(self.root):
            what = "is no folder" if os.path.exists(self.root) else "does not exist"
            raise click.ClickException(
                f"{shown(self.root)} {what}: name the folder that holds your teams with "
                "--root or $LAUNCHFSM_ROOT"
            )
        return self.evaluator.teams()

    def known(self, team: str) -> str:
        """A team's name, when there is such a team.

        Raises:
            ClickException: There is none.
        """
        try:
            folder = team_folder(self.root, team)
        except TeamNameError as error:
            raise click.ClickException(shown_lines(str(error))) from None
        if not os.path.isdir(folder):
            raise click.ClickException(self._unknown(team))
        return team

    def evaluate(self, team: str) -> Evaluation:
        """What is true of a team.

        Raises:
            ClickException: There is no such team.
        """
        return self.evaluator.evaluate(self.known(team))

    def _unknown(self, team: str) -> str:
        names = self.names()
        listed = ", ".join(shown(name, most=LONGEST_NAME) for name in names[:_MOST_NAMES])
        more = f" and {len(names) - _MOST_NAMES} more" if len(names) > _MOST_NAMES else ""
        near = shown(did_you_mean(team, names))
        return (
            f"there is no team {shown(team, most=LONGEST_NAME)!r} under {shown(self.root)}{near}; "
            f"there are: {listed or 'none'}{more}"
        )


def watcher_of(teams: Teams, names: tuple[str, ...]) -> Watcher:
    """Who tells which of some teams have changed; of all teams of the root when none is named.

    Raises:
        ClickException: There is no such team.
    """
    known = [teams.known(name) for name in names]
    return Watcher(teams.root, known or None, policy=teams.evaluator.policy, clock=teams.clock)


def judges(function: F) -> F:
    """Give a subcommand `--root`, `--policy` and `--now`, and pass it the `Teams` they make."""

    @click.option("--root", metavar="FOLDER", help="As before the command; this one wins.")
    @click.option(
        "--policy",
        metavar="NAME_OR_PATH",
        default="default",
        show_default=True,
        help="The policy to judge by.",
    )
    @click.option(
        "--now",
        metavar="TIME",
        callback=_read_now,
        help="Engine as of this time, such as 2026-03-02T09:00:00Z, to look at old records as they "
        "looked then. Whether a process is alive is asked now all the same.",
    )
    def asked(root: str | None, policy: str, now: Clock | None, **others: Any) -> Any:
        ctx = click.get_current_context()
        folder = os.path.expanduser(root if root is not None else ctx.find_root().obj)
        return ctx.invoke(function, Teams(folder, _evaluator(folder, policy, now), now), **others)

    return cast("F", functools.update_wrapper(asked, function))


def _evaluator(root: str, policy: str, now: Clock | None) -> LaunchEvaluator:
    try:
        return LaunchEvaluator(root, policy=policy, clock=now)
    except (PolicyNotFoundError, PolicyError) as error:
        raise click.ClickException(shown_lines(str(error))) from None


def _read_now(_ctx: click.Context, _parameter: click.Parameter, text: str | None) -> Clock | None:
    if text is None:
        return None
    ms = read_time(text)
    try:
        moment = None if ms is None else _EPOCH + timedelta(milliseconds=ms)
    except OverflowError:
        moment = None
    if moment is None:
        raise click.BadParameter(
            f"{shown(text)!r} is no time; write one such as 2026-03-02T09:00:00Z or 2026-03-02"
        )
    return lambda: moment

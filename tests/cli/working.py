"""What workers are asked in `test_workers`; a module of its own, since each of them imports it."""

from __future__ import annotations

import os
import signal
import sys
from collections import Counter
from pathlib import Path
from typing import TYPE_CHECKING

from launchfsm import LaunchEvaluator
from launchfsm.cli.options import Teams
from launchfsm.cli.workers import evaluated

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from launchfsm import Evaluation


def team_of(evaluation: Evaluation) -> str:
    return evaluation.team


def hold_the_first(evaluation: Evaluation) -> str:
    """Wait at the first team until the test lets go of the pipe."""
    if evaluation.team == "team-00":
        Path(os.environ["HELD"]).read_bytes()
    return evaluation.team


def die_at_seven(evaluation: Evaluation) -> str:
    if evaluation.team == "team-07":
        os.kill(os.getpid(), signal.SIGKILL)
    return evaluation.team


def ask(root: str, *, jobs: int = 2, each: Callable[[Evaluation], str] = team_of) -> Iterator[str]:
    teams = Teams(root, LaunchEvaluator(root))
    read = evaluated(teams, teams.names(), each, jobs=jobs, totals=Counter())
    return (text for _, text in read)


def main() -> None:
    print(sum(1 for _ in ask(sys.argv[1], each=hold_the_first)))  # noqa: T201 - read by the test

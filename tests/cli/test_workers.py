"""Worker processes of `--jobs` end with the command, however either of them ends."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import TYPE_CHECKING

import click
import psutil
import pytest

from tests.cli.working import ask, die_at_seven

if TYPE_CHECKING:
    from collections.abc import Iterator

HERE = Path(__file__).parents[2]
MOST_SECONDS = 60


@pytest.fixture
def root(tmp_path: Path) -> str:
    for number in range(60):
        (tmp_path / "teams" / f"team-{number:02}").mkdir(parents=True)
    return str(tmp_path / "teams")


@contextmanager
def held(root: str) -> Iterator[tuple[subprocess.Popen[bytes], list[psutil.Process], int]]:
    """A command in the midst of a team, its processes, and the pipe that the team waits for."""
    pipe = Path(root).parent / "held"
    os.mkfifo(pipe)
    with subprocess.Popen(
        [sys.executable, "-c", "from tests.cli.working import main; main()", root],
        cwd=HERE,
        env={**os.environ, "HELD": str(pipe)},
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        start_new_session=True,
    ) as command:
        end = os.open(pipe, os.O_WRONLY)  # waits until the worker has opened it, too
        children = psutil.Process(command.pid).children(recursive=True)
        try:
            yield command, children, end
        finally:
            command.kill()
            for child in children:
                with suppress(psutil.NoSuchProcess):
                    child.kill()


def test_several_processes_answer_for_every_team(root: str) -> None:
    assert sorted(ask(root, jobs=1)) == sorted(ask(root, jobs=2))


def test_nothing_is_left_after_an_end(root: str) -> None:
    with held(root) as (command, children, pipe):
        os.close(pipe)
        out, errors = command.communicate(timeout=MOST_SECONDS)

        assert (b"60\n", b"", 0) == (out, errors, command.returncode)
        assert_gone(children)


def test_nothing_is_left_after_ctrl_c(root: str) -> None:
    with held(root) as (command, children, pipe):
        os.killpg(command.pid, signal.SIGINT)
        os.close(pipe)
        out, errors = command.communicate(timeout=MOST_SECONDS)

        assert b"" == out
        assert errors.rstrip().endswith(b"KeyboardInterrupt")
        assert 1 == errors.count(b"Traceback")
        assert_gone(children)


def test_nothing_is_left_when_the_command_is_killed(root: str) -> None:
    with held(root) as (command, children, pipe):
        command.kill()
        command.wait()

        assert_gone(children)
        os.close(pipe)


def assert_gone(processes: list[psutil.Process]) -> None:
    assert len(processes) >= 3  # two workers at least, and what starts them
    assert [] == psutil.wait_procs(processes, timeout=MOST_SECONDS)[1]


def test_a_worker_that_is_killed_is_told_with_what_it_took(root: str) -> None:
    with pytest.raises(click.ClickException, match=r"teams were not evaluated, team-\d\d first"):
        list(ask(root, each=die_at_seven))

"""Children: processes forked to try one mutant each, with an end to their time, memory and mess.

A mutant may loop, allocate or crash, so it never runs in the process that counts. A child has a
folder of its own, which its parent removes, and no more processor time, memory and file size than
it is given.

Here: forking, limits, reaping. Not here: what a child does.
"""

from __future__ import annotations

import contextlib
import os
import resource
import shutil
import signal
import tempfile
import time
import traceback
from pathlib import Path
from typing import TYPE_CHECKING, Final, TypeVar

import attrs

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator

T = TypeVar("T")

_MOST_MEMORY: Final = 4 * 2**30
_LARGEST_FILE: Final = 64 * 2**20
_FAILED: Final = 70
_IDLE_SECONDS: Final = 240
"""How long a child may do nothing: one that waits uses no processor time."""


@attrs.frozen
class Ended:
    """How a child ended.

    Attributes:
        status: Its exit status; `None` when it was killed or crashed.
        said: What it wrote to the file that it was given.
    """

    status: int | None
    said: str


@attrs.define
class _Running:
    task: object
    folder: Path
    until: float


def tried(
    tasks: Iterable[T], work: Callable[[T, Path], int], *, seconds: Callable[[T], int], jobs: int
) -> Iterator[tuple[T, Ended]]:
    """Do some work for every task, each in a process of its own.

    Args:
        tasks: What is to be done; asked for one when there is room for a process.
        work: Run in the child, with a folder to write in. It returns the exit status; what it
            writes to the file `said` there is handed on.
        seconds: The processor time that a task may take.
        jobs: How many processes at once.

    Yields:
        Each task and how it ended, in the order of ending.

    Raises:
        RuntimeError: The work itself raised.
    """
    running: dict[int, _Running] = {}
    left = iter(tasks)
    try:
        while True:
            for task in left:
                folder = Path(tempfile.mkdtemp(prefix="launchfsm-mutant-"))
                until = time.monotonic() + _IDLE_SECONDS + 20 * seconds(task)
                pid = _start(task, work, seconds(task), folder)
                running[pid] = _Running(task, folder, until)
                if len(running) >= jobs:
                    break
            if not running:
                return
            pid, ended = _next(running)
            if ended.status == _FAILED:
                raise RuntimeError(ended.said)
            yield running.pop(pid).task, ended  # type: ignore[misc]
    finally:
        for pid, child in running.items():
            _end(pid)
            os.waitpid(pid, 0)
            shutil.rmtree(child.folder, ignore_errors=True)


def _start(task: T, work: Callable[[T, Path], int], seconds: int, folder: Path) -> int:
    if pid := os.fork():
        return pid
    status = _FAILED
    try:
        os.setsid()  # its own children end with it
        _silence()
        _limit(seconds)
        status = work(task, folder)
    except MemoryError:
        os.kill(os.getpid(), signal.SIGKILL)
    except Exception:  # noqa: BLE001 - the parent raises
        (folder / "said").write_text(traceback.format_exc(), encoding="utf-8")
    finally:
        os._exit(status)


def _silence() -> None:
    nowhere = os.open(os.devnull, os.O_RDWR)
    for descriptor in (0, 1, 2):
        os.dup2(nowhere, descriptor)


def _limit(seconds: int) -> None:
    for what, most in (
        (resource.RLIMIT_CPU, seconds),
        (resource.RLIMIT_AS, _MOST_MEMORY),
        (resource.RLIMIT_FSIZE, _LARGEST_FILE),
        (resource.RLIMIT_CORE, 0),
    ):
        resource.setrlimit(what, (most, most))


def _next(running: dict[int, _Running]) -> tuple[int, Ended]:
    """The child that ends next; those that only wait are ended."""
    while True:
        for pid, child in running.items():
            found, status = os.waitpid(pid, os.WNOHANG)
            if found:
                _end(pid)
                return pid, _ended(child.folder, os.waitstatus_to_exitcode(status))
            if time.monotonic() > child.until:
                _end(pid)
        time.sleep(0.005)


def _ended(folder: Path, status: int) -> Ended:
    file = folder / "said"
    said = file.read_text(encoding="utf-8") if file.is_file() else ""
    shutil.rmtree(folder, ignore_errors=True)
    return Ended(status if status >= 0 else None, said)


def _end(pid: int) -> None:
    """Kill what is left of a child and of the processes that it started."""
    with contextlib.suppress(ProcessLookupError, PermissionError):
        os.killpg(pid, signal.SIGKILL)

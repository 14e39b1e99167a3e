"""Many teams: evaluated by `--jobs` processes that end with the command, behind a progress bar."""

from __future__ import annotations

import functools
import os
import signal
import sys
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from typing import TYPE_CHECKING, Final, TypeVar

import click

from launchfsm.cli.options import Teams
from launchfsm.cli.output import is_terminal, shown
from launchfsm.decisions.verdict import VerdictSeverity
from launchfsm.evaluation.evaluator import Evaluation
from launchfsm.evaluation.many import ExecutorFailedError, Row, evaluate_many

if TYPE_CHECKING:
    from concurrent.futures import Executor


T = TypeVar("T")

CHUNK_SIZE: Final = 50
"""Teams a chunk. After Ctrl-C the chunks that are begun are finished, which must not take long."""

PATIENCE = 1.0
"""Seconds without an end before a progress bar is shown."""

jobs_option = click.option(
    "--jobs",
    metavar="N",
    type=click.IntRange(1, 1024),
    default=1,
    show_default=True,
    help="Evaluate by so many processes, when there are many teams.",
)


def evaluated(
    teams: Teams,
    names: Sequence[str],
    each: Callable[[Evaluation], T],
    *,
    jobs: int,
    totals: Counter[VerdictSeverity],
    bar: bool = True,
) -> Iterator[tuple[Row, T]]:
    """The teams as they are read, each with what `each` makes of it; counts their verdicts.

    With one job they come in the order of the names, and this process evaluates; several jobs are
    as many processes at most, fewer when there are few teams, and `each` is a module's function.

    Raises:
        ClickException: A process was killed. All that can be yielded has been.
    """
    jobs = min(jobs, -(-len(names) // CHUNK_SIZE)) or 1
    with local_workers(jobs) as executor:
        read = evaluate_many(
            teams.path,
            names,
            policy=teams.evaluator.policy,
            clock=teams.evaluator.clock,
            processes=teams.evaluator.processes,
            executor=executor,
            chunk_size=CHUNK_SIZE,
            in_flight=2 * jobs,
            each=functools.partial(_row_with, each),
        )
        try:
            for one in tracked(read, len(names), "Reading teams", bar=bar):
                totals[one[0].verdict] += 1
                yield one
        except ExecutorFailedError as error:
            raise click.ClickException(
                f"{len(error.teams)} teams were not evaluated, {shown(error.teams[0])} first: "
                f"{shown(str(error.__cause__))} Try again with fewer --jobs, or without."
            ) from None


def _row_with(each: Callable[[Evaluation], T], evaluation: Evaluation) -> tuple[Row, T]:
    return Row.of(evaluation), each(evaluation)


@contextmanager
def local_workers(jobs: int) -> Iterator[Executor | None]:
    """Some worker processes, which have ended when the block is left; `None` instead of one."""
    if jobs == 1:
        yield None
        return
    from concurrent.futures import ProcessPoolExecutor  # noqa: PLC0415 - 20 ms, for several jobs
    from multiprocessing import get_all_start_methods, get_context  # noqa: PLC0415 - the same

    # Forked from this process they would inherit locks of its threads, and its signal handlers.
    forks = "forkserver" in get_all_start_methods()
    context = get_context("forkserver" if forks else "spawn")
    if forks:
        context.set_forkserver_preload(["launchfsm.evaluation.many"])
    with ProcessPoolExecutor(jobs, mp_context=context, initializer=_begin) as executor:
        try:
            yield executor
        finally:
            executor.shutdown(cancel_futures=True)


def _begin() -> None:
    """Leave Ctrl-C to the command, which the terminal interrupts as well; end when it is killed."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    threading.Thread(target=_end_with_parent, daemon=True).start()


def _end_with_parent() -> None:
    from multiprocessing import parent_process  # noqa: PLC0415 - as above

    parent = parent_process()
    if parent is not None:
        parent.join()
        os._exit(1)


def tracked(items: Iterable[T], total: int, doing: str, *, bar: bool = True) -> Iterator[T]:
    """The items; at a terminal with a progress bar when it takes longer than `PATIENCE`.

    Lines that are printed meanwhile stand above the bar; whoever prints JSON asks for none.
    """
    progress = None
    begun = time.monotonic()
    waited_for = bar and (is_terminal() or is_terminal(sys.stderr))
    try:
        for done, item in enumerate(items, start=1):
            yield item
            if progress is not None:
                progress.update(progress.task_ids[0], completed=done)
            elif waited_for and time.monotonic() - begun >= PATIENCE:
                from launchfsm.cli import tables  # noqa: PLC0415 - rich, for few

                progress = tables.progress_bar(total, doing)
    finally:
        if progress is not None:
            progress.stop()

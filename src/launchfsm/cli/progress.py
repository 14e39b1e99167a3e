"""A progress bar for whoever waits at a terminal."""

from __future__ import annotations

import functools
import sys
import time
from typing import TYPE_CHECKING, TypeVar

from launchfsm.cli.output import is_terminal, print_above

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

T = TypeVar("T")

PATIENCE = 1.0
"""Seconds without an end before the bar is shown."""


def tracked(items: Iterable[T], total: int, doing: str, *, bar: bool = True) -> Iterator[T]:
    """The items; with a progress bar when it takes longer than `PATIENCE`.

    Args:
        items: What is yielded.
        total: How many these are.
        doing: What takes so long.
        bar: Whether there may be a bar; what is printed meanwhile by other means than `show` would
            stand in it.
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
                if is_terminal():
                    print_above(functools.partial(tables.print_above, progress))
    finally:
        print_above(None)
        if progress is not None:
            progress.stop()

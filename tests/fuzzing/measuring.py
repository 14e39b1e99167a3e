"""Measuring: what a case costs, on a machine that does other things as well.

Time is the time of this process's own processor, so that waiting for a turn is not counted. What
still disturbs it (caches, the collector) only ever adds: the least of several measurements is the
nearest to what the case itself takes. Cache is the most that Python had allocated at once beyond
what it had before, by `tracemalloc`; that slows a case down, so it is measured apart.
"""

from __future__ import annotations

import time
import tracemalloc
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Callable


_AGAIN: Final = 3
"""How many times at most what seems slow is measured again."""


def seconds(act: Callable[[], object], *, limit: float) -> float:
    """Return for how many seconds of processor time something runs.

    Args:
        act: What to do.
        limit: What takes longer is measured again.
    """
    best = _seconds(act)
    for _ in range(_AGAIN):
        if best <= limit:
            break
        best = min(best, _seconds(act))
    return best


def _seconds(act: Callable[[], object]) -> float:
    start = time.process_time()
    act()
    return time.process_time() - start


def allocated(act: Callable[[], object]) -> int:
    """Return how many bytes something has allocated at once, at the most."""
    tracemalloc.start()
    try:
        before, _ = tracemalloc.get_traced_memory()
        act()
        _, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    return peak - before

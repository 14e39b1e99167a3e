"""The campaign: everything that this folder does to runs, shared among workers, in figures.

Workers would not find these functions in `__main__`, which only calls them.
"""

# It prints what it found, as scripts do:
# ruff: noqa: T201

from __future__ import annotations

import argparse
import itertools
import multiprocessing
import os
import time
from collections import Counter
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any, Final

from tests.crash.faults import FaultCampaign, ordeals
from tests.crash.kills import Campaign
from tests.crash.replay import DURABILITIES, Walk, record, scenarios
from tests.launcher.contention import race

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator

_KILLS: Final = 250  # that are a share
_PARTS: Final = ("kills", "replay", "errors", "contention")
_SHARES: Final = 8  # of an ordeal, so that workers end at about the same time


def kill(share: tuple[int, int]) -> Counter[str]:
    """Kill a share of the writers, by a seed of its own."""
    seed, count = share
    return Campaign(seed).kill(count)


def replay(index: int) -> Counter[str]:
    """Walk through one of the recordings, byte by byte."""
    script, before = scenarios()[index // len(DURABILITIES)]
    walk = Walk()
    walk.through(record(script, before, DURABILITIES[index % len(DURABILITIES)]))
    return walk.figures


def fault(task: tuple[int, int]) -> Counter[str]:
    """Have every call of one of the ordeals fail in a share of all ways."""
    index, first = task
    campaign = FaultCampaign(every=_SHARES, first=first)
    campaign.through(ordeals()[index])
    return campaign.figures


@contextmanager
def timed(name: str) -> Iterator[Callable[[Iterable[Counter[str]]], None]]:
    """Add up what workers return, and print it with the time that it took."""
    began = time.monotonic()

    def show(parts: Iterable[Counter[str]]) -> None:
        total: Counter[str] = Counter()
        for part in parts:
            total.update(part)
        figures = ", ".join(f"{number:,} {what}" for what, number in total.items())
        print(f"{name:<11} {figures}; {time.monotonic() - began:.0f} s", flush=True)

    yield show


def arguments() -> Any:
    parser = argparse.ArgumentParser(description="Run the whole crash campaign.")
    parser.add_argument("--kills", type=int, default=20_000)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--processes", type=int, default=50, help="that race for a lock")
    parser.add_argument("--rounds", type=int, default=200, help="of that race")
    parser.add_argument("--workers", type=int, default=os.cpu_count() or 1)
    parser.add_argument("--only", action="append", choices=_PARTS, help="this part, not all")
    return parser.parse_args()


def main() -> int:
    """Run all of it."""
    asked = arguments()
    # By seeds of their own, so that it does not matter how many workers there are.
    shares = [
        (asked.seed * 1_000_000 + first, min(_KILLS, asked.kills - first))
        for first in range(0, asked.kills, _KILLS)
    ]
    walks = range(len(scenarios()) * len(DURABILITIES))
    tasks = itertools.product(range(len(ordeals())), range(_SHARES))
    parts = asked.only or _PARTS
    with multiprocessing.get_context("spawn").Pool(asked.workers) as pool:
        if "kills" in parts:
            with timed("kill -9") as show:
                show(pool.imap_unordered(kill, shares))
        if "replay" in parts:
            with timed("replay") as show:
                show(pool.imap_unordered(replay, walks))
        if "errors" in parts:
            with timed("errors") as show:
                show(pool.imap_unordered(fault, tasks))
    if "contention" in parts:
        with timed("contention") as show:
            figures = race(asked.processes, asked.rounds)
            show([Counter({name: figures[name] for name in ("processes", "rounds", "winners")})])
    print("misclassifications: 0")
    return 0

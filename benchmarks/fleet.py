"""Measure launchfsm on many teams: `python benchmarks/fleet.py --teams 1000 10000 100000`.

Each measurement is a process of its own, and this one samples the CPU time and the memory of that
process and of all that it starts. Memory is the proportional set size where the system tells it:
what processes share counts once. The teams have eight members and thirty lines of journal each.
"""

from __future__ import annotations

import argparse
import gc
import json
import subprocess
import sys
import tempfile
import time
from collections import deque
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Final

import psutil
from run import bare_read, parse_state_and_recent

from launchfsm import LaunchEvaluator, evaluate_many
from launchfsm.evaluation.watch import Watcher
from launchfsm.records.documents import JOURNAL_FILE, STATE_FILE
from teams import now, write_teams

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Sequence
    from concurrent.futures import Executor

Figures = dict[str, float]

LOOP: Final = "loop"
EXECUTORS: Final = ("threads", "processes", "Dask")
KEPT: Final = "loop, rows kept"
COMMAND: Final = "status --jsonl"
LOOKS: Final = "looks"
RECHECK: Final = "recheck_at"
FEW: Final = 200
SECONDS_BETWEEN_SAMPLES: Final = 0.05
MIB: Final = 2**20


# -- What is measured, each in a process of its own ------------------------------------------------


@contextmanager
def executor_of(kind: str, jobs: int) -> Iterator[Executor | None]:
    """An executor of a kind, with so many workers; none for a loop."""
    if kind == "threads":
        from concurrent.futures import ThreadPoolExecutor  # noqa: PLC0415 - others do without

        with ThreadPoolExecutor(jobs) as threads:
            yield threads
    elif kind == "processes":
        from concurrent.futures import ProcessPoolExecutor  # noqa: PLC0415 - the same

        with ProcessPoolExecutor(jobs) as processes:
            yield processes
    elif kind == "Dask":
        from distributed import Client, LocalCluster  # noqa: PLC0415 - the same, and an extra

        with (
            LocalCluster(jobs, threads_per_worker=1, dashboard_address=":0") as cluster,  # type: ignore[no-untyped-call]  # it has no types
            Client(cluster) as client,  # type: ignore[no-untyped-call]  # the same
        ):
            yield client.get_executor()
    else:
        yield None


def measure_rows(root: Path, names: list[str], kind: str, jobs: int) -> Figures:
    """The rows of all teams: the seconds, those until the first, and the size of a row kept."""
    with executor_of(kind, jobs) as executor:
        begun = time.perf_counter()
        rows = evaluate_many(root, names, clock=now, executor=executor)
        next(rows)
        first = time.perf_counter() - begun
        kept = deque(rows, maxlen=None if kind == KEPT else 0)
        seconds = time.perf_counter() - begun
        del kept
    return {"seconds": seconds, "first": first}


def measure_command(root: Path, names: list[str], _kind: str, _jobs: int) -> Figures:
    """The command that prints an object a team: the seconds, and those until the first line."""
    command = [sys.executable, "-m", "launchfsm", "--root", str(root), *COMMAND.split()]
    begun = time.perf_counter()
    with subprocess.Popen([*command, "--now", now().isoformat()], stdout=subprocess.PIPE) as asked:
        lines = iter(asked.stdout or ())
        next(lines)
        first = time.perf_counter() - begun
        count = 1 + sum(1 for _ in lines)
    if count != len(names):
        sys.exit(f"{COMMAND} printed {count} lines for {len(names)} teams")
    return {"seconds": time.perf_counter() - begun, "first": first}


def measure_looks(root: Path, names: list[str], _kind: str, _jobs: int) -> Figures:
    """A watcher's first look, one at teams that have not changed, and what it keeps of a team."""

    def bare() -> None:
        for name in names:
            state = bare_read(f"{root}/{name}/{STATE_FILE}")
            parse_state_and_recent(state, bare_read(f"{root}/{name}/{JOURNAL_FILE}"))

    evaluator = LaunchEvaluator(root, clock=now)
    # What is loaded, compiled and cached for any team is not what is kept of one.
    deque(Watcher(evaluator, names[:FEW]).look(), maxlen=0)
    before = memory_of(psutil.Process())
    watcher = Watcher(evaluator, names)
    first = seconds_of(lambda: deque(watcher.look(), maxlen=0))
    gc.collect()
    kept = memory_of(psutil.Process()) - before
    unchanged = min(seconds_of(lambda: deque(watcher.look(), maxlen=0)) for _ in range(3))
    ratio = unchanged / min(seconds_of(bare) for _ in range(3))
    return {"seconds": first, "unchanged": unchanged, "of bare": ratio, "kept": kept / len(names)}


def measure_recheck(root: Path, names: list[str], _kind: str, _jobs: int) -> Figures:
    """What it costs to ask when to look again, in evaluations."""
    evaluator, few = LaunchEvaluator(root, clock=now), names[:FEW]
    evaluations = [evaluator.evaluate(name) for name in few]
    verdicts = seconds_of(lambda: [evaluation.verdict for evaluation in evaluations])
    asked = seconds_of(lambda: [evaluation.recheck_at for evaluation in evaluations])
    evaluated = verdicts + seconds_of(lambda: [evaluator.evaluate(name) for name in few])
    return {"seconds": asked, "asked": len(few), "evaluations": asked / evaluated}


MEASUREMENTS: Final = {
    **dict.fromkeys((LOOP, KEPT, *EXECUTORS), measure_rows),
    COMMAND: measure_command,
    LOOKS: measure_looks,
    RECHECK: measure_recheck,
}


def seconds_of(work: Callable[[], object]) -> float:
    """How long some work takes."""
    begun = time.perf_counter()
    work()
    return time.perf_counter() - begun


# -- From outside ----------------------------------------------------------------------------------


def measured(kind: str, root: Path, jobs: int) -> Figures:
    """The figures of a measurement, with `cpu`, `peak` and `start` of its processes."""
    command = [sys.executable, __file__, "--measure", kind, "--root", str(root)]
    with subprocess.Popen(
        [*command, "--jobs", str(jobs)], stdout=subprocess.PIPE, text=True
    ) as process:
        cpu: dict[int, float] = {}
        peak, measuring = 0, psutil.Process(process.pid)
        while process.poll() is None:
            memory = 0
            try:
                for one in (measuring, *measuring.children(recursive=True)):
                    times = one.cpu_times()
                    cpu[one.pid] = times.user + times.system
                    memory += memory_of(one)
            except psutil.Error:  # it ended meanwhile
                continue
            peak = max(peak, memory)
            time.sleep(SECONDS_BETWEEN_SAMPLES)
        told, _ = process.communicate()
    if process.returncode:
        sys.exit(f"measuring {kind!r} failed")
    figures: Figures = json.loads(told)
    return {**figures, "cpu": sum(cpu.values()), "peak": peak}


def memory_of(process: psutil.Process) -> int:
    """The memory of a process, in bytes."""
    full = process.memory_full_info()
    return int(getattr(full, "pss", full.rss))


def show_size(root: Path, count: int, jobs: int, executors: Iterable[str]) -> dict[str, Figures]:
    """Measure everything with so many teams, and print it."""
    print(f"\n{count:,} teams, {jobs} workers")
    print(f"  {'':16} {'teams/s':>8} {'x loop':>7} {'first s':>8} {'CPU s':>8} {'peak MiB':>9}")
    found: dict[str, Figures] = {}
    for kind in (LOOP, KEPT, *executors, COMMAND):
        figures = found[kind] = measured(kind, root, jobs)
        loop = found[LOOP]["seconds"] / figures["seconds"]
        print(
            f"  {kind:16} {count / figures['seconds']:8,.0f} {loop:7.2f} {figures['first']:8.3f} "
            f"{figures['cpu']:8.2f} {figures['peak'] / MIB:9.1f}"
        )
    looks = found[LOOKS] = measured(LOOKS, root, jobs)
    print(
        f"  looks: the first {looks['seconds']:.2f} s; of unchanged teams "
        f"{looks['unchanged'] / count * 1e6:.1f} µs each, {looks['of bare']:.2f} times opening, "
        f"reading and parsing their files; {looks['kept'] / 1024:.2f} KiB kept a team, "
        f"peak {looks['peak'] / MIB:.1f} MiB"
    )
    recheck = found[RECHECK] = measured(RECHECK, root, jobs)
    print(
        f"  recheck_at: {recheck['evaluations']:.2f} evaluations, "
        f"{recheck['seconds'] / recheck['asked'] * 1e6:.0f} µs"
    )
    return found


def show_growth(sizes: Sequence[int], found: Sequence[dict[str, Figures]]) -> None:
    """Print how the figures of the largest size compare with those of the smallest."""
    (least, most), (small, large) = (sizes[0], sizes[-1]), (found[0], found[-1])
    print(f"\nFrom {least:,} to {most:,} teams")
    for kind in large:
        if kind != RECHECK:
            each = (large[kind]["seconds"] / most) / (small[kind]["seconds"] / least)
            memory = (large[kind]["peak"] - small[kind]["peak"]) / (most - least)
            print(f"  {kind:16} {each:5.2f} times as long a team, {memory:7.0f} bytes a team more")


def main() -> None:
    """Measure every size, or what one process of it measures."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--teams", type=int, nargs="+", default=[1_000, 10_000], help="the sizes")
    parser.add_argument("--jobs", type=int, default=2, help="how many workers; 2 by default")
    parser.add_argument(
        "--executors",
        nargs="*",
        choices=EXECUTORS,
        default=EXECUTORS,
        help="what to compare with a loop; all by default",
    )
    parser.add_argument("--root", type=Path, help=argparse.SUPPRESS)
    parser.add_argument("--measure", choices=MEASUREMENTS, help=argparse.SUPPRESS)
    asked = parser.parse_args()
    if asked.measure is not None:
        names = list(LaunchEvaluator(asked.root).teams())
        measure = MEASUREMENTS[asked.measure]
        print(json.dumps(measure(asked.root, names, asked.measure, asked.jobs)))
        return
    sizes = sorted(asked.teams)
    with tempfile.TemporaryDirectory() as folder:
        found = []
        for count in sizes:
            root = Path(folder, str(count))
            write_teams(root, teams=count)
            found.append(show_size(root, count, asked.jobs, asked.executors))
    if len(sizes) > 1:
        show_growth(sizes, found)
    print(
        "\nAims: two processes 1.7 times a loop; rows of 100,000 teams in 150 MiB; an unchanged\n"
        "team 0.8 times its files, in 3 KiB; recheck_at 1.5 evaluations."
    )


if __name__ == "__main__":
    main()

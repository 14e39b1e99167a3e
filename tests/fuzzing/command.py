"""The command: `python -m tests.fuzzing`, in as many processes as asked for.

Here: arguments, processes, what is printed and what is saved.
"""

from __future__ import annotations

import argparse
import gc
import time
from concurrent.futures import ProcessPoolExecutor
from pathlib import Path
from typing import TYPE_CHECKING

from launchfsm.policies import load_policy
from tests.fuzzing.campaign import Campaign, Failure, Plan, Report
from tests.fuzzing.case import POLICIES, Case
from tests.fuzzing.corpus import corpus

if TYPE_CHECKING:
    from collections.abc import Sequence
_SEEDS_APART = 1_000_003  # so that campaigns of neighbouring seeds have no process in common


def _arguments(arguments: Sequence[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        prog="python -m tests.fuzzing",
        description="Evaluate damaged team folders, from bytes, by both policies."
        " The exit status is 1 when one raised, took too long or too much memory.",
    )
    parser.add_argument("--cases", type=int, default=100_000, help="how many (%(default)s)")
    parser.add_argument("--minutes", type=float, help="stop after that time")
    parser.add_argument("--jobs", type=int, default=1, help="processes (%(default)s)")
    parser.add_argument("--seed", type=int, default=0, help="of all that is random (%(default)s)")
    parser.add_argument(
        "--largest", type=int, default=Plan().largest, help="bytes a file grows to (%(default)s)"
    )
    parser.add_argument(
        "--save", type=Path, default=Path("fuzzing-found"), help="where failures go (%(default)s)"
    )
    return parser.parse_args(arguments)


def campaign(plan: Plan) -> Report:
    """Run one process's share."""
    for policy in POLICIES:  # tables are compiled once, which is no case's own time
        for table in load_policy(policy).tables.values():
            table.decide  # noqa: B018 - compiled when first asked for
    started = Campaign(plan, corpus(seed=plan.seed))
    gc.freeze()  # what is there for the whole campaign need not be looked at again and again
    try:
        return started.run()
    finally:
        gc.unfreeze()


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the campaign, print what came of it, and return the exit status."""
    asked = _arguments(arguments)
    start = time.monotonic()
    plans = [
        Plan(
            seed=asked.seed * _SEEDS_APART + job,
            cases=asked.cases // asked.jobs + (job < asked.cases % asked.jobs),
            deadline=None if asked.minutes is None else start + 60 * asked.minutes,
            largest=asked.largest,
        )
        for job in range(asked.jobs)
    ]
    report = Report()
    if asked.jobs == 1:
        report.add(campaign(plans[0]))
    else:
        with ProcessPoolExecutor(asked.jobs) as pool:
            for part in pool.map(campaign, plans):
                report.add(part)
    print_report(report, time.monotonic() - start, Plan(largest=asked.largest))
    for failure in report.failures.values():
        print(f"\n{failure.kind}: saved as {_saved(failure, asked.save)}\n{failure.detail}")  # noqa: T201 - a command
    return 1 if report.failures else 0


def print_report(report: Report, took: float, plan: Plan) -> None:
    """Say what came of it."""
    lines = {
        "cases": f"{report.cases:,} by one of two policies each, files of up to {plan.largest:,}"
        f" bytes; {report.thorough:,} asked everything by both (findings, explanation, JSON)",
        "speed": f"{report.cases / took:,.0f} cases/s, {took:.0f} s",
        "failures": f"{report.failed:,} of {len(report.failures)} kinds",
        "slowest": f"{report.slowest * 1_000:.1f} ms of processor time, limit"
        f" {plan.longest * 1_000:.0f} ms; {_outline(report.slowest_case)}",
        "memory": f"{report.heaviest / 2**20:.2f} MiB at once, limit"
        f" {plan.most_memory / 2**20:.0f} MiB; {report.weighed:,} cases measured, all of"
        f" {plan.weighed_from:,} bytes or more among them; {_outline(report.heaviest_case)}",
        "growth": f"{report.grown / 2**20:.1f} MiB of the process, over all cases",
        "coverage": f"{report.edges:,} edges; {report.traced:,} cases traced,"
        f" {report.kept:,} kept for something new",
    }
    for name, line in lines.items():
        print(f"{name:9} {line}")  # noqa: T201 - a command


def _outline(case: Case | None) -> str:
    if case is None:
        return "no case"
    folder = case.folder
    contents = {
        "state": folder.state,
        "journal": folder.journal,
        "lock": folder.lock,
        "launch": folder.launch,
    }
    sizes = [
        f"{name} {len(content):,}"
        for name, content in contents.items()
        if isinstance(content, bytes)
    ]
    return f"bytes: {', '.join(sizes) or 'none'}"


def _saved(failure: Failure, folder: Path) -> Path:
    folder.mkdir(parents=True, exist_ok=True)
    number = len(list(folder.iterdir())) + 1
    path = folder / f"found_{number}.py"
    comment = "".join(f"# {line}\n" for line in failure.detail.splitlines())
    path.write_text(f"{comment}{failure.case.text()}", encoding="utf-8")
    return path

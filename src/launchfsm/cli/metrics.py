"""The command `metrics`: a root's teams in numbers, for Prometheus and what reads its formats."""

from __future__ import annotations

import os
import time
from collections import Counter
from collections.abc import Iterable
from typing import get_args

import click

from launchfsm.cli.options import Teams, judges
from launchfsm.cli.output import show_text, writing
from launchfsm.cli.workers import evaluated, jobs_option
from launchfsm.decisions.reconciliation import MemberWord
from launchfsm.decisions.verdict import VerdictSeverity
from launchfsm.evaluation.evaluator import Evaluation
from launchfsm.evaluation.many import Row
from launchfsm.system.files import demand_replaceable
from launchfsm.system.folders import open_folder

_READABLE = 0o644  # by whoever collects


@click.command("metrics")
@click.option(
    "--output",
    metavar="FILE",
    help="Replace this file, whole or not at all, instead of printing. A textfile collector reads "
    "files whose names end in .prom.",
)
@jobs_option
@judges
def metrics(teams: Teams, *, output: str | None, jobs: int) -> None:
    """Print the root's teams as OpenMetrics.

    Teams by verdict, members by state, the age of the oldest launches that are pending or blocked,
    findings, and when and how long was evaluated. All are gauges without names of teams, so that
    their number stays the same whatever is launched.
    """
    try:
        from prometheus_client import CollectorRegistry, Gauge  # noqa: PLC0415 - an extra
        from prometheus_client.openmetrics.exposition import generate_latest  # noqa: PLC0415 - same
    except ImportError:
        raise click.ClickException(
            "this needs prometheus-client, which is not installed: pip install 'launchfsm[metrics]'"
        ) from None
    registry = CollectorRegistry()

    def gauge(name: str, doc: str) -> Gauge:
        return Gauge(f"launchfsm_{name}", doc, registry=registry)

    def gauges(name: str, doc: str, label: str, words: Iterable[str]) -> dict[str, Gauge]:
        parent = Gauge(f"launchfsm_{name}", doc, (label,), registry=registry)
        return {word: parent.labels(word) for word in words}

    by_verdict = gauges("teams", "Teams by verdict.", "verdict", get_args(VerdictSeverity))
    by_state = gauges("members", "Members by state.", "state", get_args(MemberWord))
    ages = {"pending": 0.0, "blocked": 0.0}
    oldest = gauges(
        "oldest_launch_age_seconds",
        "Time since the oldest launch of this verdict began; 0 when there is none.",
        "verdict",
        ages,
    )
    problems = gauge("findings", "Problems found in the teams' files.")
    evaluated_at = gauge("evaluation_timestamp_seconds", "When the teams were evaluated.")
    duration = gauge("evaluation_duration_seconds", "How long that took.")

    begun = time.monotonic()
    evaluated_at.set(teams.evaluator.clock().timestamp())
    for row, members, findings in evaluated(teams, teams.names(), jobs=jobs, each=_sample):
        by_verdict[row.verdict].inc()
        for word, count in members.items():
            by_state[word].inc(count)
        problems.inc(findings)
        since = row.started_at or row.updated_at
        if row.verdict in ages and since is not None:
            age = (row.evaluated_at - since).total_seconds()
            ages[row.verdict] = max(age, ages[row.verdict])
    for verdict, age in ages.items():
        oldest[verdict].set(age)
    duration.set(time.monotonic() - begun)
    text: bytes = generate_latest(registry)  # type: ignore[no-untyped-call]  # it has no types
    if output is None:
        show_text(text.decode())
        return
    folder, name = os.path.split(output)
    with writing(output), open_folder(folder or ".", follow=True) as place:
        demand_replaceable(output)
        place.replace(name, text, durable=False, mode=_READABLE)


def _sample(evaluation: Evaluation) -> tuple[Row, Counter[MemberWord], int]:
    words = Counter(report.word for report in evaluation.members.values())
    return Row.of(evaluation), words, len(evaluation.findings)

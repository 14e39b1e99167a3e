"""The command `metrics`: a root's teams in numbers, for Prometheus and what reads its formats."""

from __future__ import annotations

import os
import time
from collections import Counter
from typing import TYPE_CHECKING, get_args

import click

from launchfsm.cli.options import Teams, judges
from launchfsm.cli.output import show_text, writing
from launchfsm.cli.workers import evaluated, jobs_option
from launchfsm.decisions.reconciliation import MemberWord
from launchfsm.decisions.verdict import VerdictSeverity
from launchfsm.evaluation.many import Row
from launchfsm.system.files import demand_replaceable
from launchfsm.system.folders import open_folder

if TYPE_CHECKING:
    from collections.abc import Iterable

    from launchfsm.evaluation.evaluator import Evaluation

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
        import prometheus_client.openmetrics.exposition  # noqa: F401, PLC0415 - an extra
    except ImportError:
        raise click.ClickException(
            "this needs prometheus-client, which is not installed: pip install 'launchfsm[metrics]'"
        ) from None
    begun, at = time.monotonic(), teams.evaluator.clock()
    numbers = _Numbers()
    numbers.add_all(evaluated(teams, teams.names(), jobs=jobs, each=_sample))
    text = numbers.exposition(seconds=time.monotonic() - begun, at=at.timestamp())
    if output is None:
        show_text(text)
        return
    folder, name = os.path.split(output)
    with writing(output), open_folder(folder or ".", follow=True) as place:
        demand_replaceable(output)
        place.replace(name, text.encode(), durable=False, mode=_READABLE)


def _sample(evaluation: Evaluation) -> tuple[Row, Counter[MemberWord], int]:
    words = Counter(report.word for report in evaluation.members.values())
    return Row.of(evaluation), words, len(evaluation.findings)


class _Numbers:
    """The teams, counted."""

    def __init__(self) -> None:
        self.teams: Counter[VerdictSeverity] = Counter()
        self.members: Counter[MemberWord] = Counter()
        self.oldest = {"pending": 0.0, "blocked": 0.0}
        self.findings = 0

    def add_all(self, samples: Iterable[tuple[Row, Counter[MemberWord], int]]) -> None:
        for row, members, findings in samples:
            self.teams[row.verdict] += 1
            self.members += members
            self.findings += findings
            since = row.started_at or row.updated_at
            if row.verdict in self.oldest and since is not None:
                age = (row.evaluated_at - since).total_seconds()
                self.oldest[row.verdict] = max(age, self.oldest[row.verdict])

    def exposition(self, *, seconds: float, at: float) -> str:
        from prometheus_client import CollectorRegistry, Gauge  # noqa: PLC0415 - an extra
        from prometheus_client.openmetrics.exposition import generate_latest  # noqa: PLC0415 - same

        registry = CollectorRegistry()

        def gauge(name: str, doc: str, *labels: str) -> Gauge:
            return Gauge(f"launchfsm_{name}", doc, labels, registry=registry)

        teams = gauge("teams", "Teams by verdict.", "verdict")
        for verdict in get_args(VerdictSeverity):
            teams.labels(verdict).set(self.teams[verdict])
        members = gauge("members", "Members by state.", "state")
        for word in get_args(MemberWord):
            members.labels(word).set(self.members[word])
        oldest = gauge(
            "oldest_launch_age_seconds",
            "Time since the oldest launch of this verdict began; 0 when there is none.",
            "verdict",
        )
        for name, age in self.oldest.items():
            oldest.labels(name).set(age)
        gauge("findings", "Problems found in the teams' files.").set(self.findings)
        gauge("evaluation_timestamp_seconds", "When the teams were evaluated.").set(at)
        gauge("evaluation_duration_seconds", "How long that took.").set(seconds)
        text: bytes = generate_latest(registry)  # type: ignore[no-untyped-call]  # it has no types
        return text.decode()

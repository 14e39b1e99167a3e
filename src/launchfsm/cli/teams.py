"""The commands that look once at many teams: `status`, `check`, `report` and `metrics`."""

from __future__ import annotations

import fnmatch
import itertools
import operator
import os
import pickle
import time
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping
from datetime import timedelta
from tempfile import SpooledTemporaryFile
from typing import Any, Final, TypeAlias, TypeVar, get_args

import attrs
import click

from launchfsm.cli import options
from launchfsm.cli.output import (
    is_terminal,
    show,
    show_if_possible,
    show_json,
    show_json_list,
    show_text,
    shown,
    writing,
)
from launchfsm.cli.workers import evaluated, jobs_option
from launchfsm.decisions.reconciliation import MemberWord
from launchfsm.decisions.verdict import WORST_FIRST, VerdictSeverity
from launchfsm.evaluation.evaluator import Evaluation
from launchfsm.evaluation.many import Row
from launchfsm.report.views import row_line, team_lines, totals_text, view_of, worst_first
from launchfsm.system.files import demand_replaceable
from launchfsm.system.folders import open_folder

EXIT_STATUS: Final[Mapping[VerdictSeverity, int]] = {
    "ok": 0,
    "pending": 1,
    "blocked": 1,
    "warning": 1,
    "stopped": 1,
    "failed": 2,
    "unknown": 3,
}
"""The exit status of `check`."""

_UNREMARKABLE: Final = frozenset({"confirmed", "running", "skipped"})
_HELD_IN_MEMORY: Final = 8_000_000  # bytes; what is more waits on the disk
_READABLE: Final = 0o644  # metrics, by whoever collects them

T = TypeVar("T")
Key: TypeAlias = Callable[[Row], Any]


# -- status ----------------------------------------------------------------------------------------


def _oldest_first(row: Row) -> tuple[timedelta, str]:
    return timedelta.max if row.age is None else -row.age, row.team


_KEYS: Final[Mapping[str, Key]] = {
    "verdict": worst_first,
    "name": operator.attrgetter("team"),
    "age": _oldest_first,
}


@click.command("status")
@options.teams_argument
@click.option("--members", is_flag=True, help="Show the members of several teams, too.")
@click.option(
    "--verdict",
    "verdicts",
    type=options.WordList(WORST_FIRST),
    help="Show only teams of these verdicts, which are separated by commas.",
)
@click.option("--match", "pattern", metavar="GLOB", help="Only teams with such a name: `docs-*`.")
@click.option(
    "--sort",
    type=click.Choice(tuple(_KEYS)),
    help="The worst verdict first, by name, or the oldest records first.  [default: verdict; for "
    "JSON the order in which teams are read]",
)
@click.option("--limit", metavar="N", type=click.IntRange(min=0), help="Show at most N teams.")
@options.form_option("json", "Print a JSON list, one object per team.")
@options.form_option("jsonl", "Print the same objects, one per line.")
@jobs_option
@options.judges
def status(
    teams: options.Teams,
    *,
    names: tuple[str, ...],
    members: bool,
    verdicts: tuple[str, ...] | None,
    pattern: str | None,
    sort: str | None,
    limit: int | None,
    as_json: bool,
    as_jsonl: bool,
    jobs: int,
) -> None:
    """Show the state of each team's launch.

    Of one named team the verdict, then its members, as the preferred of the team's two snapshots
    tells of them. Of several teams a line each: the verdict, the team, how many members are
    confirmed, the age of the records, and the cause; the worst come first, the totals last. Without
    a TEAM, all teams of the root.

    A failed team is shown as soon as it is read, since none is worse; others wait until all are
    read. With --sort name, --json or --jsonl each team is shown as soon as it is read.
    """
    asked = teams.asked(names)
    if pattern is not None:
        asked = tuple(name for name in asked if fnmatch.fnmatchcase(name, pattern))
    key = None if sort is None and (as_json or as_jsonl) else _KEYS[sort or "verdict"]
    if sort == "name" and jobs == 1:
        asked, key = tuple(sorted(asked)), None
    totals: Counter[VerdictSeverity] = Counter()

    def chosen(each: Callable[[Evaluation], T]) -> Iterator[tuple[Row, T]]:
        bar = not (as_json or as_jsonl) or not is_terminal()
        read = evaluated(teams, asked, each, jobs=jobs, totals=totals, bar=bar)
        wanted = (one for one in read if verdicts is None or one[0].verdict in verdicts)
        # None is worse than a failed team, which need not wait.
        at_once = WORST_FIRST[0] if key is worst_first else None
        return ordered(wanted, key, limit=limit, at_once=at_once)

    if as_json:
        show_json_list(document for _, document in chosen(Evaluation.to_dict))
    elif as_jsonl:
        for _, document in chosen(Evaluation.to_dict):
            show_json(document, indent=None)
    elif not asked:
        such = "" if pattern is None else f" whose name matches {shown(pattern)}"
        show(f"There are no teams{such} under {shown(teams.path)}.", err=True)
    elif members or len(names) == 1:
        views = (view for _, view in chosen(view_of))
        if is_terminal():
            from launchfsm.cli import tables  # noqa: PLC0415 - rich is for terminals alone

            tables.print_views(views)
        else:
            for view in views:
                show(*team_lines(view))
    else:
        rows = (row for row, _ in chosen(_nothing))

        def total(count: int) -> str:
            return totals_text(totals) + (f"; {count} shown" if count < totals.total() else "")

        if is_terminal():
            from launchfsm.cli import tables  # noqa: PLC0415 - rich is for terminals alone

            tables.print_rows(rows, asked, total)
        else:
            count = 0
            for count, row in enumerate(rows, start=1):  # noqa: B007 - the last one counts
                show(row_line(row))
            show(f"{'total':<8} {total(count)}")


def _nothing(_evaluation: Evaluation) -> None:
    return None


def ordered(
    found: Iterable[tuple[Row, T]],
    key: Key | None,
    *,
    limit: int | None = None,
    at_once: VerdictSeverity | None = None,
) -> Iterator[tuple[Row, T]]:
    """Teams in an order, at most so many; all are read to the end.

    Without a `key` they stay as they come; teams of the verdict `at_once` come first, unsorted.
    What has to wait for its turn does so on the disk, when it is much.
    """
    count = 0
    with SpooledTemporaryFile(max_size=_HELD_IN_MEMORY) as held:
        places = []
        for one in found:
            row = one[0]
            if key is None or row.verdict == at_once:
                count += 1
                if limit is None or count <= limit:
                    yield one
            else:
                places.append((key(row), held.tell()))
                pickle.dump(one, held)
        for _, place in sorted(places)[: None if limit is None else max(0, limit - count)]:
            held.seek(place)
            yield pickle.load(held)  # noqa: S301 - written above


# -- check -----------------------------------------------------------------------------------------


@click.command("check")
@options.teams_argument
@jobs_option
@options.judges
def check(teams: options.Teams, *, names: tuple[str, ...], jobs: int) -> int:
    """Report the verdict as an exit status.

    Of one named team, prints the verdict, the members that need attention, and the rule that
    decided. Of several, prints the totals, then each team that is not ok, the worst first; the
    worst gives the exit status. Without a TEAM, all teams of the root.

    The statuses are those of Nagios plugins. 0: ok. 1: pending, blocked, stopped or a warning. 2:
    failed. 3: unknown, or there was nothing to check: no such team, no team at all, a faulty
    policy. When teams differ: failed counts as the worst, then blocked, warning, unknown, pending,
    stopped. 64: wrong usage.
    """
    asked = teams.asked(names)
    if not asked:
        raise click.ClickException(f"there are no teams under {shown(teams.path)} to check")
    if len(names) == 1:
        evaluation = teams.evaluate(names[0])
        show_if_possible(*_check_lines(evaluation))
        return EXIT_STATUS[evaluation.verdict.severity]
    totals: Counter[VerdictSeverity] = Counter()
    read = evaluated(teams, asked, _nothing, jobs=jobs, totals=totals)
    remarkable = ordered(((row, None) for row, _ in read if row.verdict != "ok"), worst_first)
    first = next(remarkable, None)  # now all are read
    worst: VerdictSeverity = "ok" if first is None else first[0].verdict
    show_if_possible(f"{worst:<8} {totals_text(totals)}")
    for row, _ in itertools.chain([] if first is None else [first], remarkable):
        show_if_possible(row_line(row))
    return EXIT_STATUS[worst]


def _check_lines(evaluation: Evaluation) -> Iterator[str]:
    view = view_of(evaluation)
    members = tuple(member for member in view.members if member.word not in _UNREMARKABLE)
    yield from team_lines(attrs.evolve(view, members=members))
    rule = evaluation.explain_verdict().rule_results[-1]
    place = options.short_rules(rule.location)
    held = f"{rule.rule}: {rule.when or 'no rule before it fired'} ({place})"
    yield f"  because     {shown(f'{held}. {rule.why}' if rule.why else held)}"


# -- report ----------------------------------------------------------------------------------------


@click.command("report")
@options.teams_argument
@options.output_option
@click.option(
    "--redact",
    is_flag=True,
    help="Replace the names, ids, paths and texts of records, each by the same stand-in "
    "everywhere, for a bug report. Times, numbers and the words of rules stay.",
)
@options.judges
def report(teams: options.Teams, *, names: tuple[str, ...], file: str, redact: bool) -> None:
    """Write a page about teams, for a browser.

    One HTML file that needs nothing else: an overview, the worst first, then for each team the
    verdict and its reasons, the members, the timeline, the lifecycles, and what is wrong in its
    records. Without a TEAM, all teams of the root.

    Exit status 3: no such team, a faulty policy, or the file cannot be written.
    """
    from launchfsm.report.page import write_team_report  # noqa: PLC0415 - for this alone

    asked = teams.asked(names)
    with writing(file):
        write_team_report(teams.evaluator, asked, file, redact=redact)
    show(f"wrote {shown(file)}: {len(asked)} {'team' if len(asked) == 1 else 'teams'}")


# -- metrics ---------------------------------------------------------------------------------------


@click.command("metrics")
@click.option(
    "--output",
    metavar="FILE",
    help="Replace this file, whole or not at all, instead of printing. A textfile collector reads "
    "files whose names end in .prom.",
)
@jobs_option
@options.judges
def metrics(teams: options.Teams, *, output: str | None, jobs: int) -> None:
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
    begun, now = time.monotonic(), teams.evaluator.clock()
    verdicts: Counter[VerdictSeverity] = Counter(dict.fromkeys(get_args(VerdictSeverity), 0))
    states: Counter[MemberWord] = Counter(dict.fromkeys(get_args(MemberWord), 0))
    oldest, problems = {"pending": 0.0, "blocked": 0.0}, 0
    names = teams.names()
    read = evaluated(teams, names, _counts, jobs=jobs, totals=verdicts, bar=False)
    for row, (words, findings) in read:
        states.update(words)
        problems += findings
        since = row.started_at or row.updated_at
        if row.verdict in oldest and since is not None:
            age = (row.evaluated_at - since).total_seconds()
            oldest[row.verdict] = max(age, oldest[row.verdict])
    registry = CollectorRegistry()

    def gauge(name: str, doc: str, value: float) -> None:
        Gauge(f"launchfsm_{name}", doc, registry=registry).set(value)

    def gauges(name: str, doc: str, label: str, values: Mapping[Any, float]) -> None:
        parent = Gauge(f"launchfsm_{name}", doc, (label,), registry=registry)
        for word, value in values.items():
            parent.labels(word).set(value)

    gauges("teams", "Teams by verdict.", "verdict", verdicts)
    gauges("members", "Members by state.", "state", states)
    told = "Time since the oldest launch of this verdict began; 0 when there is none."
    gauges("oldest_launch_age_seconds", told, "verdict", oldest)
    gauge("findings", "Problems found in the teams' files.", problems)
    gauge("evaluation_timestamp_seconds", "When the teams were evaluated.", now.timestamp())
    gauge("evaluation_duration_seconds", "How long that took.", time.monotonic() - begun)
    text: bytes = generate_latest(registry)  # type: ignore[no-untyped-call]  # it has no types
    if output is None:
        show_text(text.decode())
        return
    folder, name = os.path.split(output)
    with writing(output), open_folder(folder or ".", follow=True) as place:
        demand_replaceable(output)
        place.replace(name, text, durable=False, mode=_READABLE)


def _counts(evaluation: Evaluation) -> tuple[Counter[MemberWord], int]:
    words = Counter(report.word for report in evaluation.members.values())
    return words, len(evaluation.findings)

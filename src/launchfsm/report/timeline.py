"""A run as a chart of bars over time: phases above, members below; laid out once, drawn twice.

`chart_of` says what is drawn; `chart_lines` draws it as text, and the pages draw it as SVG.
"""

from __future__ import annotations

import itertools
import math
from typing import TYPE_CHECKING, Any, Final, Literal

import attrs

from launchfsm.ecma.dates import iso_from_ms
from launchfsm.engine.text import duration_text
from launchfsm.records.wire import to_wire

if TYPE_CHECKING:
    from collections.abc import Iterator

    from launchfsm.records.runs import Attempt, Journal, JournalMember, JournalRun, PhaseSpan

BarKind = Literal["phase", "spawned", "seen"]
"""What a bar shows: a phase, a member that was spawned, or one that was seen since."""

_WIDTH: Final = 40  # columns of a bar's track
_LONGEST_NAME: Final = 26
_DRAWN: Final = {"phase": "=", "spawned": "-", "seen": "="}
_MARKS: Final = {"confirmed": "+", "failed": "x", "skipped": "s", "pending": ">"}
LEGEND: Final = (
    "- spawned   = registered or seen   + confirmed   x failed   s skipped   > no end recorded"
)


@attrs.frozen
class Bar:
    """A stretch of time, as fractions of the run's duration from 0 to 1.

    Attributes:
        kind: What it shows.
        begin: Where it begins.
        end: Where it ends, at or after `begin`.
    """

    kind: BarKind
    begin: float
    end: float


@attrs.frozen
class Row:
    """A phase or a member.

    Attributes:
        kind: Which of the two.
        name: Its name, as recorded.
        outcome: What came of a member at last; of a phase nothing.
        text: What came of it, and how long it took.
        reason: Why a member ended so, as recorded.
        bars: Its bars.
        ends: Of a member where its attempts end, and with which outcome.
    """

    kind: Literal["phase", "member"]
    name: str
    outcome: str
    text: str
    reason: str
    bars: tuple[Bar, ...]
    ends: tuple[tuple[float, str], ...] = ()


@attrs.frozen
class Chart:
    """A run, laid out.

    Attributes:
        run: The run's id as recorded; empty when the records name none.
        status: How it ended; `ended` when in no way of ours, `open` when no end is recorded.
        began: When it began, as an ISO text; empty when that is not told.
        took: How long it took, to its end or its last record; empty when that is not told.
        cause: Why it ended so; empty when that is not told.
        confirmed: How many members are confirmed, such as `2/3 confirmed`.
        rows: Its phases, then its members.
    """

    run: str
    status: str
    began: str
    took: str
    cause: str
    confirmed: str
    rows: tuple[Row, ...]


def chart_of(run: JournalRun) -> Chart:
    """A run as a chart. What is not dated has no bar; bars without an end reach the last record."""
    times = [record.ts for record in run.records if record.ts is not None]
    first, last = (min(times), max(times)) if times else (0.0, 0.0)
    scale = _Scale(first, last)
    rows = [*map(scale.phase, run.phases), *itertools.starmap(scale.member, run.members.items())]
    return Chart(
        run=run.id or "",
        status=run.status or ("ended" if run.ended else "open"),
        began="" if run.began_at is None else iso_from_ms(run.began_at) or "",
        took="" if run.duration is None else duration_text(run.duration),
        cause=run.cause or "",
        confirmed=f"{run.confirmed}/{len(run.members)} confirmed",
        rows=tuple(rows),
    )


@attrs.frozen
class _Scale:
    """Makes rows of what happened between two times, in ms since 1970."""

    first: float
    last: float

    def at(self, moment: float) -> float:
        span = self.last - self.first
        place = (moment - self.first) / span if 0 < span < math.inf else 0.0
        return min(max(place, 0.0), 1.0)

    def bar(self, kind: BarKind, begin: float | None, end: float | None) -> Iterator[Bar]:
        if begin is not None:
            here = self.at(begin)
            yield Bar(kind, here, max(here, self.at(self.last if end is None else end)))

    def phase(self, span: PhaseSpan) -> Row:
        bars = tuple(self.bar("phase", span.began_at, span.ended_at))
        text = _took(span.began_at, span.ended_at) or "no end recorded"
        return Row("phase", span.phase, "", text, "", bars)

    def member(self, name: str, member: JournalMember) -> Row:
        bars: list[Bar] = []
        ends = []
        for attempt in member.attempts:
            sights = (attempt.registered_at, attempt.alive_at)
            seen = min((moment for moment in sights if moment is not None), default=None)
            begin = attempt.began_at
            bars += self.bar("spawned", begin, attempt.ended_at if seen is None else seen)
            bars += self.bar("seen", seen, attempt.ended_at)
            end = self.last if attempt.ended_at is None else attempt.ended_at
            if begin is not None:
                ends.append((max(self.at(begin), self.at(end)), attempt.outcome))
        text = _attempt_text(member.last)
        if len(member.attempts) > 1:
            text = f"{text}, attempt {len(member.attempts)}"
        last = member.last
        reason = "" if last.outcome == "pending" else last.reason or ""
        return Row("member", name, last.outcome, text, reason, tuple(bars), tuple(ends))


def _took(begin: float | None, end: float | None) -> str:
    return "" if begin is None or end is None else duration_text(max(end - begin, 0))


def _attempt_text(attempt: Attempt) -> str:
    """What came of an attempt, and after how long."""
    if attempt.outcome == "pending":
        told = {
            "spawned": attempt.spawned_at,
            "registered": attempt.registered_at,
            "seen running": attempt.alive_at,
        }
        steps = ", ".join(word for word, moment in told.items() if moment is not None)
        return f"{steps or 'pending'}; no end recorded"
    took = _took(attempt.began_at, attempt.ended_at)
    return f"{attempt.outcome} after {took}" if took else attempt.outcome


# -- As text and as JSON ---------------------------------------------------------------------------


def run_line(chart: Chart) -> str:
    """A run in a line: its status, its id, when it began, how long it took, and why it ended."""
    told = "took" if chart.status != "open" else "last record after"
    parts = (
        f"{chart.status:<15}",
        chart.run or "(no run id)",
        chart.began,
        f"{told} {chart.took}" if chart.took else "",
        chart.confirmed,
        chart.cause,
    )
    return "  ".join(part for part in parts if part)


def chart_lines(chart: Chart) -> Iterator[str]:
    """A run as text: its line, then one a phase and one a member."""
    yield run_line(chart)
    names = min(max((len(row.name) for row in chart.rows), default=0), _LONGEST_NAME)
    for row in chart.rows:
        track = [" "] * _WIDTH
        for bar in row.bars:
            begin, end = _column(bar.begin), _column(bar.end)
            track[begin : end + 1] = _DRAWN[bar.kind] * (end + 1 - begin)
        for place, outcome in row.ends:
            track[_column(place)] = _MARKS[outcome]
        text = f"{row.text}: {row.reason}" if row.reason else row.text
        yield f"  {row.kind:<6}  {row.name:<{names}}  |{''.join(track)}|  {text}"


def _column(place: float) -> int:
    return min(int(place * _WIDTH), _WIDTH - 1)


def journal_document(team: str, journal: Journal, runs: tuple[JournalRun, ...]) -> dict[str, Any]:
    """Some runs of a team's journal, JSON-ready; times are in ms since 1970."""
    return {
        "team": team,
        "problem": journal.problem,
        "cut": journal.cut,
        "unreadableLines": journal.unreadable,
        "runs": [{**to_wire(run), "cause": run.cause, "durationMs": run.duration} for run in runs],
    }

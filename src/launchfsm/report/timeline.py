"""A run as a chart of bars over time: phases above, members below; laid out once, drawn twice.

`chart_of` says what is drawn; `chart_lines` draws it as text, and the pages draw it as SVG.
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from typing import Any, Final, Literal, TypeAlias

import attrs

from launchfsm.ecma.dates import iso_from_ms
from launchfsm.engine.text import duration_text
from launchfsm.records.journal import Attempt, Journal, JournalMember, JournalRun
from launchfsm.records.wire import to_wire
from launchfsm.report.words import PLAIN, Words

BarKind: TypeAlias = Literal["phase", "spawned", "seen"]
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
    """A stretch of time, from `begin` to `end` as fractions of the run's duration from 0 to 1."""

    kind: BarKind
    begin: float
    end: float


@attrs.frozen
class ChartRow:
    """A phase or a member, what came of it, and its bars; what is not told is empty."""

    kind: Literal["phase", "member"]
    name: str
    text: str  # what came of it, and how long it took
    bars: tuple[Bar, ...]
    reason: str = ""  # why a member ended so, as recorded
    ends: tuple[tuple[float, str], ...] = ()  # where attempts of a member end, and the outcome


@attrs.frozen
class Chart:
    """A run, laid out; what is not told is empty."""

    run: str  # its id
    status: str  # `ended` when in no way of ours, `open` when no end is recorded
    began: str  # as an ISO text
    took: str  # to its end or its last record
    cause: str
    confirmed: str  # such as `2/3 confirmed`
    rows: tuple[ChartRow, ...]  # its phases, then its members


def chart_of(run: JournalRun, words: Words = PLAIN, *, most_rows: int | None = None) -> Chart:
    """A run as a chart. What is not dated has no bar; bars without an end reach the last record."""
    times = [record.ts for record in run.records if record.ts is not None]
    scale = _Scale(min(times, default=0.0), max(times, default=0.0))
    rows: list[ChartRow] = []
    for span in run.phases[:most_rows]:
        text = _took(span.began_at, span.ended_at) or "no end recorded"
        bars = tuple(scale.bar("phase", span.began_at, span.ended_at))
        rows.append(ChartRow("phase", words.say("phase", span.phase), text, bars))
    for name, member in [*run.members.items()][:most_rows]:
        rows.append(_member_row(words.say("member", name), member, scale, words))
    return Chart(
        run=words.say("run", run.id) if run.id else "",
        status=run.status or ("ended" if run.ended else "open"),
        began="" if run.began_at is None else iso_from_ms(run.began_at) or "",
        took="" if run.duration is None else duration_text(run.duration),
        cause=words.say("text", run.cause) if run.cause else "",
        confirmed=f"{run.confirmed}/{len(run.members)} confirmed",
        rows=tuple(rows[:most_rows]),
    )


@attrs.frozen
class _Scale:
    """Places times between two others, all in ms since 1970."""

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


def _member_row(name: str, member: JournalMember, scale: _Scale, words: Words) -> ChartRow:
    bars: list[Bar] = []
    ends, last = [], member.last
    for attempt in member.attempts:
        begin, end = attempt.began_at, attempt.ended_at
        sights = (attempt.registered_at, attempt.alive_at)
        seen = min((moment for moment in sights if moment is not None), default=None)
        bars += scale.bar("spawned", begin, end if seen is None else seen)
        bars += scale.bar("seen", seen, end)
        ends += [(whole.end, attempt.outcome) for whole in scale.bar("seen", begin, end)]
    number = f", attempt {len(member.attempts)}" if len(member.attempts) > 1 else ""
    reason = "" if last.outcome == "pending" or not last.reason else words.say("text", last.reason)
    return ChartRow("member", name, _attempt_text(last) + number, tuple(bars), reason, tuple(ends))


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

"""Teams on a terminal, once or kept current.

Texts are handed to rich as `Text`, never as markup, so nothing in a file is interpreted.
"""

from __future__ import annotations

import functools
import heapq
import time
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Final

from rich.cells import cell_len
from rich.console import Console, Group, RenderableType
from rich.live import Live
from rich.padding import Padding
from rich.progress import Progress
from rich.table import Table
from rich.text import Text

from launchfsm.cli.output import LONGEST_NAME, is_coloured, is_terminal, shown
from launchfsm.engine.text import duration_text
from launchfsm.evaluation.many import Row
from launchfsm.evaluation.watch import Change, Watcher
from launchfsm.report.views import (
    MemberView,
    TeamView,
    member_text,
    row_tally,
    told,
    totals_text,
    view_of,
    worst_first,
)

_STYLES: Final[Mapping[str, str]] = {
    # verdicts
    "ok": "bold green",
    "pending": "bold cyan",
    "blocked": "bold yellow",
    "warning": "bold yellow",
    "failed": "bold red",
    "stopped": "bold",
    "unknown": "bold magenta",
    # notes
    "cause": "red",
    "error": "red",
    "note": "dim",
    "advice": "green",
    "answer": "bold",
    "finding": "yellow",
    # members
    "confirmed": "green",
    "running": "green",
    "gone": "red",
    "waiting": "cyan",
    "skipped": "dim",
    "not started": "dim",
}

_NARROW: Final = 72
"""With fewer columns of text than this there is no room for a table."""

_NARROWEST_TEXT: Final = 32
"""With fewer columns beside its beginning, a text stands below it."""

_INDENT: Final = 4
_WIDEST: Final = 1_000
_SECONDS_BETWEEN_DRAWINGS: Final = 0.5


# -- The terminal ----------------------------------------------------------------------------------


@functools.cache
def terminal_console(*, err: bool = False) -> Console:
    """The console, which interprets nothing in the texts that it is given."""
    console = Console(
        stderr=err,
        force_terminal=True,
        color_system="auto" if is_coloured() else None,
        markup=False,
        highlight=False,
        emoji=False,
    )
    if console.width > _WIDEST or console.height > _WIDEST:  # $COLUMNS can say anything
        console.size = min(console.width, _WIDEST), min(console.height, _WIDEST)
    return console


def progress_bar(total: int, doing: str) -> Progress:
    """A progress bar that has begun, with one task; what is printed meanwhile stands above it."""
    console = terminal_console() if is_terminal() else terminal_console(err=True)
    console.soft_wrap = True  # the terminal breaks long lines, as it does without a bar
    progress = Progress(
        console=console, transient=True, redirect_stdout=is_terminal(), redirect_stderr=False
    )
    progress.add_task(doing, total=total)
    progress.start()
    return progress


def _hanging(start: Text, text: str, width: int) -> Text:
    """A text beside its beginning, and continued below itself; below the beginning if need be."""
    indent = start.cell_len
    if width - indent < min(_NARROWEST_TEXT, cell_len(text)):
        indent = _INDENT
        start = Text.assemble(start, "\n", " " * indent)
    lines = Text(text).wrap(terminal_console(), max(1, width - indent))
    return Text.assemble(start, Text("\n" + " " * indent).join(lines))


# -- A line a team ---------------------------------------------------------------------------------


def print_rows(rows: Iterable[Row], names: Iterable[str], total: Callable[[int], str]) -> None:
    """Print a line a team, in columns, and below them the total, by how many were printed.

    `names` are those of all teams that may come, from which the columns are known at once.
    """
    console = terminal_console()
    widest = _widest(names, console.width)
    count = 0
    for count, row in enumerate(rows, start=1):  # noqa: B007 - the last one counts
        start = _row_start(row, widest, row.evaluated_at)
        console.print(_hanging(start, told(row.text, row.evaluated_at), console.width))
    console.print(_hanging(Text(f"{'total':<8} "), total(count), console.width))


def _widest(names: Iterable[str], width: int) -> int:
    """The columns for names; a longer one shifts its line."""
    longest = max((cell_len(shown(name, most=LONGEST_NAME)) for name in names), default=0)
    return min(longest, max(12, width // 3))


def _row_start(row: Row, widest: int, now: datetime) -> Text:
    name = shown(row.team, most=LONGEST_NAME)
    name += " " * (widest - cell_len(name))
    age = ""
    if row.updated_at is not None:
        age = duration_text((now - row.updated_at) / timedelta(milliseconds=1))
    word = (f"{row.verdict:<8}", _STYLES[row.verdict])
    return Text.assemble(
        word, " ", (name, "bold"), f" {row_tally(row):>5}  ", (f"{age:>7}  ", "dim")
    )


# -- Kept current ----------------------------------------------------------------------------------


class LiveView:
    """The watched teams on a screen of their own: the worst first, as many as fit.

    Of one named team all that `status` shows of it. Below them stands the last of `failures`, which
    tell what went wrong besides. `live` is the screen, a context.
    """

    def __init__(
        self,
        watcher: Watcher,
        names: Sequence[str],
        *,
        clock: Callable[[], datetime],
        failures: Sequence[str],
    ) -> None:
        self._watcher, self._clock, self._failures = watcher, clock, failures
        self._is_single = len(names) == 1
        self._view: TeamView | None = None
        self._drawn = time.monotonic()
        self.live = Live(console=terminal_console(), auto_refresh=False, screen=True)

    def take(self, change: Change) -> None:
        """Take note of a change; when many come, what is known so far is drawn meanwhile."""
        if self._is_single:
            self._view = None if change.evaluation is None else view_of(change.evaluation)
        if time.monotonic() - self._drawn > _SECONDS_BETWEEN_DRAWINGS:
            self.draw()

    def draw(self) -> None:
        """Draw the teams, for the terminal's present size."""
        width, height = terminal_console().size
        last = []
        if self._failures:
            last.append(Text(self._failures[-1], no_wrap=True, overflow="ellipsis"))
        if self._view is not None:
            parts = _renderables(self._view, width)
        else:
            parts = self._lines(width, height - len(last))
        self.live.update(Group(*parts, *last), refresh=True)
        self._drawn = time.monotonic()

    def _lines(self, width: int, height: int) -> Iterator[RenderableType]:
        totals = Counter(row.verdict for row in self._watcher.rows)
        yield Text(totals_text(totals), style="dim")
        room = height - 1 if totals.total() < height else height - 2
        rows = heapq.nsmallest(max(0, room), self._watcher.rows, key=worst_first)
        widest, now = _widest((row.team for row in rows), width), self._clock()
        for row in rows:
            start, text = _row_start(row, widest, now), told(row.text, row.evaluated_at)
            yield Text.assemble(start, text, no_wrap=True, overflow="ellipsis")
        more = totals - Counter(row.verdict for row in rows)
        if more:
            yield Text(f"and {totals_text(more)}", style="dim")


# -- A team and its members ------------------------------------------------------------------------


def print_views(views: Iterable[TeamView]) -> None:
    """Print each team as its verdict, a table of its members, and notes."""
    console = terminal_console()
    for index, view in enumerate(views):
        if index:
            console.print()
        for part in _renderables(view, console.width):
            console.print(part, soft_wrap=False)


def _renderables(view: TeamView, width: int) -> Iterator[RenderableType]:
    """A team as its verdict, a table of its members, and notes.

    Where there is no room for a table, a member is a line as in a pipe.
    """
    word = (f"{view.severity:<8}", _STYLES[view.severity])
    yield _hanging(Text.assemble(word, " ", (view.team, "bold"), "  "), view.text, width)
    if view.about:
        yield _indented(Text(view.about, style="dim"))
    causes, notes = view.parted_notes()
    yield from (_line(kind, "", text, width) for kind, text in causes)
    if width < _NARROW:
        for member in view.members:
            yield _line(member.word, f"{member.name}  ", member_text(member), width)
    elif view.members:
        yield _indented(_table(view.members))
    yield from (_line(kind, "", text, width) for kind, text in notes)


def _line(word: str, about: str, text: str, width: int) -> Padding:
    start = Text.assemble((word, _STYLES[word]), "  ", (about, "bold"))
    return _indented(_hanging(start, text, width - 2))


def _indented(what: Text | Table) -> Padding:
    return Padding(what, (0, 0, 0, 2), expand=False)


def _table(members: tuple[MemberView, ...]) -> Table:
    """The members, with those columns of which something is known."""
    rows = [
        (
            Text(member.name),
            Text(member.word, style=_STYLES[member.word]),
            Text(_spaced(member.lane)),
            Text(_spaced(member.liveness)),
            Text(member.permissions),
            Text(member.note),
        )
        for member in members
    ]
    heads = ("member", "state", "lane", "liveness", "permission", "note")
    known = [column for column in zip(heads, *rows, strict=True) if any(column[1:])]
    table = Table(box=None, pad_edge=False, padding=(0, 2, 0, 0), header_style="dim")
    for head, *_ in known:
        table.add_column(head, overflow="fold")
    for row in zip(*(cells for _, *cells in known), strict=True):
        table.add_row(*row)
    return table


def _spaced(word: str) -> str:
    """A word of several parts, so that it can be broken between them where columns are narrow."""
    return word.replace("_", " ").replace("/", " ")

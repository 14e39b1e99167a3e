"""Teams as tables on a terminal, once or kept current.

Texts are handed to rich as `Text`, never as markup, so nothing in a file is interpreted.
"""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Final

from rich.console import Console, Group
from rich.live import Live
from rich.padding import Padding
from rich.table import Table
from rich.text import Text

from launchfsm.cli.output import is_coloured
from launchfsm.cli.render import view_of

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping
    from datetime import timedelta

    from rich.console import RenderableType

    from launchfsm.cli.render import MemberView, NoteKind, TeamView
    from launchfsm.evaluation.watch import Watcher

_STYLES: Final[Mapping[str, str]] = {
    # verdicts and notes
    "ok": "bold green",
    "pending": "bold cyan",
    "blocked": "bold yellow",
    "warning": "bold yellow",
    "failed": "bold red",
    "stopped": "bold",
    "unknown": "bold magenta",
    "cause": "red",
    "error": "red",
    "note": "dim",
    "advice": "green",
    "answer": "bold",
    "finding": "yellow",
}

_MEMBER_STYLES: Final[Mapping[str, str]] = {
    "confirmed": "green",
    "running": "green",
    "gone": "red",
    "waiting": "cyan",
    "blocked": "yellow",
    "failed": "red",
    "skipped": "dim",
    "not started": "dim",
}

_NARROW: Final = 72
"""With fewer columns of text than this there is no room for a table."""

_WIDEST: Final = 1_000

_COLUMNS: Final[tuple[tuple[str, Callable[[MemberView], str]], ...]] = (
    ("member", lambda member: member.name),
    ("state", lambda member: member.word),
    ("lane", lambda member: _spaced(member.lane)),
    ("liveness", lambda member: _spaced(member.liveness)),
    ("permission", lambda member: member.permissions),
    ("note", lambda member: member.note),
)


def _spaced(word: str) -> str:
    """A word of several parts, so that it can be broken between them where columns are narrow."""
    return word.replace("_", " ").replace("/", " ")


def print_tables(views: Iterable[TeamView]) -> None:
    """Print each team as its verdict, a table of its members, and notes."""
    console = terminal_console()
    for index, view in enumerate(views):
        if index:
            console.print()
        for part in _renderables(view, narrow=console.width < _NARROW):
            console.print(part)


def show_live(watcher: Watcher, interval: timedelta, looks: int | None) -> None:
    """Show the watched teams until interrupted, or for so many looks."""
    done = 0
    console = terminal_console()
    with Live(console=console, auto_refresh=False) as live:
        while True:
            if watcher.look() or not done:
                live.update(_teams(watcher, narrow=console.width < _NARROW), refresh=True)
            done += 1
            if looks is not None and done >= looks:
                return
            time.sleep(watcher.until_due(interval).total_seconds())


def _teams(watcher: Watcher, *, narrow: bool) -> RenderableType:
    views = [view_of(evaluation) for evaluation in watcher.evaluations]
    if not views:
        return Text("There are no teams yet.", style="dim")
    parts: list[RenderableType] = []
    for view in views:
        if parts:
            parts.append(Text())
        parts += _renderables(view, narrow=narrow)
    return Group(*parts)


def terminal_console(*, err: bool = False) -> Console:
    """A console that interprets nothing in the texts that it is given.

    Args:
        err: Write to standard error instead.
    """
    console = Console(
        stderr=err,
        force_terminal=True,
        color_system="auto" if is_coloured() else None,
        markup=False,
        highlight=False,
        emoji=False,
    )
    console.width = min(console.width, _WIDEST)  # $COLUMNS can say anything
    return console


def _renderables(view: TeamView, *, narrow: bool) -> Iterator[RenderableType]:
    """A team as its verdict, a table of its members, and notes.

    Args:
        view: The team.
        narrow: Whether there is no room for a table, so that what is known of a member stands in
            lines below its name.
    """
    yield _verdict(view)
    about = ", ".join(part for part in (view.tally, view.source, view.updated) if part)
    if about:
        yield _indented(Text(about, style="dim"))
    yield from _notes(view, "cause")
    if view.members and narrow:
        yield from (_indented(_stack(member)) for member in view.members)
    elif view.members:
        yield _indented(_table(view.members))
    yield from _notes(view, "error", "note", "advice", "answer", "finding")


def _notes(view: TeamView, *kinds: NoteKind) -> Iterator[RenderableType]:
    for kind, text in view.notes:
        if kind in kinds:
            yield _indented(Text.assemble((kind, _STYLES[kind]), "  ", text))


def _indented(what: Text | Table) -> Padding:
    return Padding(what, (0, 0, 0, 2), expand=False)


def _verdict(view: TeamView) -> Text:
    word = (f"{view.severity:<8}", _STYLES[view.severity])
    return Text.assemble(word, " ", (view.team, "bold"), "  ", view.text)


def _stack(member: MemberView) -> Text:
    word = (member.word, _MEMBER_STYLES[member.word])
    known = [f"\n  {head}: {read(member)}" for head, read in _COLUMNS[2:] if read(member)]
    return Text.assemble((member.name, "bold"), "  ", word, *known)


def _table(members: tuple[MemberView, ...]) -> Table:
    """The members, with those columns of which something is known."""
    columns = [(head, read) for head, read in _COLUMNS if any(read(member) for member in members)]
    table = Table(box=None, pad_edge=False, padding=(0, 2, 0, 0), header_style="dim")
    for head, _ in columns:
        table.add_column(head, overflow="fold")
    for member in members:
        table.add_row(
            *[
                Text(read(member), style=_MEMBER_STYLES[member.word] if head == "state" else "")
                for head, read in columns
            ]
        )
    return table

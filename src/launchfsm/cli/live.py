"""Live: a table of teams on a terminal that stays current.

Here: drawing it again and again. Not here: the table (`tables`), or what has changed
(`launchfsm.evaluation.watch`).
"""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

from rich.console import Group
from rich.live import Live
from rich.text import Text

from launchfsm.cli.tables import NARROW, console_for_terminal, team_renderables
from launchfsm.cli.views import view_of

if TYPE_CHECKING:
    from datetime import timedelta

    from rich.console import RenderableType

    from launchfsm.evaluation.watch import Watcher


def watch_live(watcher: Watcher, most: timedelta, looks: int | None) -> None:
    """Show the watched teams until interrupted, or for so many looks."""
    done = 0
    console = console_for_terminal()
    with Live(console=console, auto_refresh=False) as live:
        while True:
            if watcher.look() or not done:
                live.update(_teams(watcher, narrow=console.width < NARROW), refresh=True)
            done += 1
            if looks is not None and done >= looks:
                return
            time.sleep(watcher.until_due(most).total_seconds())


def _teams(watcher: Watcher, *, narrow: bool) -> RenderableType:
    views = [view_of(evaluation) for evaluation in watcher.evaluations]
    if not views:
        return Text("There are no teams yet.", style="dim")
    parts: list[RenderableType] = []
    for view in views:
        if parts:
            parts.append(Text())
        parts += team_renderables(view, narrow=narrow)
    return Group(*parts)

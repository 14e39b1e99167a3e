"""A lifecycle as a diagram: its states one below another, its table's rows as arrows beside them.

An event that leads to the next state is an arrow between the two. Every other row of the table is
a line in a lane on the right: from each state that the event leads out of, to the one it leads to.
"""

from __future__ import annotations

from collections import defaultdict
from typing import Any, Final

import attrs

from launchfsm.lifecycle.machines import Lifecycle

BOX_WIDTH: Final = 190
BOX_HEIGHT: Final = 24
LEFT: Final = 3
_EDGE: Final = LEFT + BOX_WIDTH
_PITCH: Final = 42
_LANE: Final = 17
_BACK: Final = 108  # where, below a box, the arrow to the state above begins


@attrs.frozen
class Arrow:
    """Events that lead from some states to one."""

    events: str  # the label
    paths: tuple[str, ...]  # in the syntax of SVG; the last one ends in the arrowhead
    x: float  # where the label is
    y: float
    turned: bool  # whether the label stands upright along its lane


@attrs.frozen
class Diagram:
    """A lifecycle, laid out."""

    name: str
    width: int
    height: int
    tops: dict[str, int]  # the upper edges of the states' boxes
    arrows: tuple[Arrow, ...]


def diagram(lifecycle: Lifecycle[Any, Any]) -> Diagram:
    """Lay a lifecycle out."""
    rows = _rows(lifecycle)
    lanes = _lanes([row for row in rows if row.length != 1])
    count = max(lanes.values(), default=-1) + 1
    return Diagram(
        name=lifecycle.name,
        width=_EDGE + _LANE * count + 14,
        height=_PITCH * len(lifecycle.states) - (_PITCH - BOX_HEIGHT) + 2 * LEFT,
        tops={state: _top(index) for index, state in enumerate(lifecycle.states)},
        arrows=tuple(
            _beside(row, lanes[row], count) if row in lanes else _between(row) for row in rows
        ),
    )


@attrs.frozen
class _Row:
    """Events that lead from some states to one; states are by their number."""

    sources: tuple[int, ...]
    target: int
    events: str

    @property
    def states(self) -> tuple[int, ...]:
        return (*self.sources, self.target)

    @property
    def length(self) -> int:
        return max(self.states) - min(self.states)


def _rows(lifecycle: Lifecycle[Any, Any]) -> list[_Row]:
    """The rows of the table, those with the same ends as one; a step to a neighbour is its own."""
    place = {state: index for index, state in enumerate(lifecycle.states)}
    found: dict[tuple[tuple[int, ...], int], list[str]] = defaultdict(list)
    for event in lifecycle.events:
        leads: dict[tuple[int, int | None], list[int]] = defaultdict(list)
        for source, state in enumerate(lifecycle.states):
            if event in lifecycle.allowed(state):
                target = place[lifecycle.step(state, event)]
                neighbour = source if abs(source - target) == 1 else None
                leads[target, neighbour].append(source)
        for (target, _), sources in leads.items():
            found[tuple(sources), target].append(event)
    return [_Row(*ends, ", ".join(events)) for ends, events in found.items()]


def _lanes(lines: list[_Row]) -> dict[_Row, int]:
    """A lane for each line, short ones first, so that none overlap in a lane."""
    lanes: dict[_Row, int] = {}
    for line in sorted(lines, key=lambda one: one.length):
        taken = {
            lane
            for other, lane in lanes.items()
            if min(other.states) <= max(line.states) and min(line.states) <= max(other.states)
        }
        lanes[line] = next(lane for lane in range(len(lines)) if lane not in taken)
    return lanes


def _top(index: int) -> int:
    return LEFT + _PITCH * index


def _between(row: _Row) -> Arrow:
    """An arrow between two boxes, down at the left or up further right."""
    (source,), target = row.sources, row.target
    down = target > source
    x = LEFT + (12 if down else _BACK)
    begin = _top(source) + (BOX_HEIGHT if down else 0)
    end = _top(target) + (0 if down else BOX_HEIGHT)
    return Arrow(row.events, (f"M{x} {begin}V{end}",), x + 5, (begin + end) / 2 + 3, turned=False)


def _beside(row: _Row, lane: int, count: int) -> Arrow:
    """A line in one of the lanes: a stub from each source, and an arrow into the target."""
    x, below = _EDGE + _LANE * (lane + 1), BOX_HEIGHT * (lane + 1) / (count + 1)
    ports = {state: round(_top(state) + below, 1) for state in row.states}
    top, bottom = min(ports.values()), max(ports.values())
    stubs = "".join(f"M{_EDGE} {ports[state]}H{x}" for state in row.sources)
    paths = (f"{stubs}M{x} {top}V{bottom}", f"M{x} {ports[row.target]}H{_EDGE}")
    return Arrow(row.events, paths, x + 9, round((top + bottom) / 2, 1), turned=True)

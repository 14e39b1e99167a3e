"""A lifecycle as a diagram: its states one below another, its table's rows as arrows beside them.

An event that leads to the next state is an arrow between the two. Every other row of the table is
a line in a lane on the right: from each state that the event leads out of, to the one it leads to.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

import attrs

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from launchfsm.lifecycle.machines import Lifecycle

BOX_WIDTH: Final = 190
BOX_HEIGHT: Final = 24
LEFT: Final = 3
_PITCH: Final = 42
_LANE: Final = 17
_BACK: Final = 108  # where, below a box, the arrow to the state above begins


@attrs.frozen
class Arrow:
    """Events that lead from some states to one.

    Attributes:
        events: Their names, as the label shows them.
        paths: The lines, in the syntax of SVG; the last one ends in the arrowhead.
        x: Where the label is.
        y: The same.
        turned: Whether the label stands upright along its lane.
    """

    events: str
    paths: tuple[str, ...]
    x: float
    y: float
    turned: bool


@attrs.frozen
class Diagram:
    """A lifecycle, laid out.

    Attributes:
        name: The lifecycle's name.
        width: Of the picture.
        height: The same.
        tops: The upper edges of its states' boxes, by name; the left ones are at `LEFT`.
        arrows: Its events.
    """

    name: str
    width: int
    height: int
    tops: dict[str, int]
    arrows: tuple[Arrow, ...]


def diagram(lifecycle: Lifecycle[Any, Any]) -> Diagram:
    """Lay a lifecycle out."""
    states = lifecycle.states
    place = {state: index for index, state in enumerate(states)}
    rows: dict[tuple[tuple[int, ...], int], list[str]] = {}
    for event in lifecycle.events:
        leads: dict[int, list[int]] = {}
        for state in states:
            if event in lifecycle.allowed(state):
                leads.setdefault(place[lifecycle.step(state, event)], []).append(place[state])
        for target, sources in leads.items():
            beside = [one for one in sources if one == target - 1 or sources == [target + 1]]
            for group in (beside, [one for one in sources if one not in beside]):
                if group:
                    rows.setdefault((tuple(group), target), []).append(event)
    arrows, lines = [], []
    for (origins, target), events in rows.items():
        label = ", ".join(events)
        if len(origins) == 1 and abs(origins[0] - target) == 1:
            arrows.append(_between(origins[0], target, label))
        else:
            lines.append(_Line(origins, target, label))
    lanes = _lanes(lines)
    for line, lane in zip(lines, lanes, strict=True):
        meets = {state: [one for one in lines if state in one.states] for state in line.states}
        ports = {
            state: round(_top(state) + BOX_HEIGHT * (met.index(line) + 1) / (len(met) + 1), 1)
            for state, met in meets.items()
        }
        arrows.append(_beside(line, LEFT + BOX_WIDTH + _LANE * (lane + 1), ports))
    return Diagram(
        name=lifecycle.name,
        width=LEFT + BOX_WIDTH + _LANE * (max(lanes, default=0) + 1) + 14,
        height=_PITCH * len(states) - (_PITCH - BOX_HEIGHT) + 2 * LEFT,
        tops={state: _top(index) for state, index in place.items()},
        arrows=tuple(arrows),
    )


@attrs.frozen
class _Line:
    """A row of the table that gets a lane; states are by their number."""

    sources: tuple[int, ...]
    target: int
    events: str

    @property
    def states(self) -> tuple[int, ...]:
        return (*self.sources, self.target)


def _top(index: int) -> int:
    return LEFT + _PITCH * index


def _between(source: int, target: int, events: str) -> Arrow:
    """An arrow between two boxes, down at the left or up further right."""
    x = LEFT + (12 if target > source else _BACK)
    begin, end = (
        (_top(source) + BOX_HEIGHT, _top(target))
        if target > source
        else (_top(source), _top(target) + BOX_HEIGHT)
    )
    middle = (begin + end) / 2
    return Arrow(events, (f"M{x} {begin}V{end}",), x + 5, middle + 3, turned=False)


def _lanes(lines: Sequence[_Line]) -> list[int]:
    """A lane for each line, short ones first, so that none overlap in a lane."""
    taken: list[list[_Line]] = []
    lanes: dict[_Line, int] = {}
    for line in sorted(lines, key=lambda one: max(one.states) - min(one.states)):
        free = (
            number
            for number, others in enumerate(taken)
            if all(
                max(line.states) < min(other.states) or max(other.states) < min(line.states)
                for other in others
            )
        )
        lane = next(free, len(taken))
        if lane == len(taken):
            taken.append([])
        taken[lane].append(line)
        lanes[line] = lane
    return [lanes[line] for line in lines]


def _beside(line: _Line, x: int, ports: Mapping[int, float]) -> Arrow:
    """A line in a lane: a stub from each source, and an arrow into the target."""
    edge = LEFT + BOX_WIDTH
    top, bottom = min(ports.values()), max(ports.values())
    stubs = "".join(f"M{edge} {ports[state]}H{x}" for state in line.sources)
    paths = (f"{stubs}M{x} {top}V{bottom}", f"M{x} {ports[line.target]}H{edge}")
    return Arrow(line.events, paths, x + 9, round((top + bottom) / 2, 1), turned=True)

"""The diagrams of the lifecycles have every edge of the table, and nothing lies on another."""

from __future__ import annotations

from itertools import pairwise
from typing import Any

import pytest

from launchfsm.lifecycle.machines import BOOTSTRAP, MEMBER, Lifecycle
from launchfsm.report.lifecycles import BOX_HEIGHT, BOX_WIDTH, LEFT, Diagram, diagram

LIFECYCLES: list[Lifecycle[Any, Any]] = [BOOTSTRAP, MEMBER]


def drawn_edges(found: Diagram) -> set[tuple[str, str, str]]:
    """The edges that can be read off the picture: event, from, to."""
    edges = set()
    for arrow in found.arrows:
        *_, tip = arrow.paths
        if len(arrow.paths) == 1:  # down or up between two boxes
            begin, end = (float(number) for number in tip.partition(" ")[2].split("V"))
            sources, target = [state_at(found, begin)], state_at(found, end)
        else:
            stubs = arrow.paths[0].split("M")[1:-1]
            sources = [state_at(found, float(stub.split()[1].partition("H")[0])) for stub in stubs]
            target = state_at(found, float(tip.split()[1].partition("H")[0]))
        edges |= {
            (event, source, target) for event in arrow.events.split(", ") for source in sources
        }
    return edges


def state_at(found: Diagram, y: float) -> str:
    (state,) = [state for state, top in found.tops.items() if top <= y <= top + BOX_HEIGHT]
    return state


@pytest.mark.parametrize("lifecycle", LIFECYCLES, ids=lambda one: one.name)
def test_every_edge_of_the_table_is_drawn_and_no_other(lifecycle: Lifecycle[Any, Any]) -> None:
    table = {
        (event, state, lifecycle.step(state, event))
        for state in lifecycle.states
        for event in lifecycle.allowed(state)
    }

    assert table == drawn_edges(diagram(lifecycle))


@pytest.mark.parametrize("lifecycle", LIFECYCLES, ids=lambda one: one.name)
def test_nothing_lies_on_something_else_or_outside(lifecycle: Lifecycle[Any, Any]) -> None:
    found = diagram(lifecycle)
    tops = [*found.tops.values()]

    assert lifecycle.states == (*found.tops,)
    assert all(above + BOX_HEIGHT < below for above, below in pairwise(tops))
    assert found.height >= tops[-1] + BOX_HEIGHT
    assert found.width > LEFT + BOX_WIDTH
    turned = [arrow for arrow in found.arrows if arrow.turned]
    for one in turned:
        assert BOX_WIDTH < one.x < found.width
    assert len({(one.x, one.y) for one in turned}) == len(turned)

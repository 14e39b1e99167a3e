"""Walks through a lifecycle: the states that some events lead through."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from launchfsm.lifecycle.machines import Lifecycle, Refusal

if TYPE_CHECKING:
    from collections.abc import Iterable


def walk(
    lifecycle: Lifecycle[Any, Any], events: Iterable[str], *, start: str | None = None
) -> list[str]:
    """Every state of a walk, its beginning first; no event of it is refused."""
    states = [lifecycle.initial if start is None else start]
    for event in events:
        state = lifecycle.step(states[-1], event)
        assert not isinstance(state, Refusal)
        states.append(state)
    return states

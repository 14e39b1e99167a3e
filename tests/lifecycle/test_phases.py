"""Every table that lists phases lists all of them: a new phase fails where it is missing."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import pytest

from launchfsm.decisions.bootstrap import PHASE, PhaseFacts
from launchfsm.engine.engine import engine_for
from launchfsm.lifecycle.machines import _BOOTSTRAP_EDGES, BOOTSTRAP, ENDINGS
from launchfsm.lifecycle.synchronization import SYNCHRONIZATION
from launchfsm.policies import load_policy
from launchfsm.vocabulary import ActivePhase, Phase, TerminalPhase, TerminalStatus, values

if TYPE_CHECKING:
    from collections.abc import Iterable

ACTIVE: Final = set(values(ActivePhase))
TERMINAL: Final = set(values(TerminalPhase))
STATUSES: Final = set(values(TerminalStatus))

TABLES: Final[dict[str, tuple[set[str], Iterable[str | None]]]] = {
    "machines._BOOTSTRAP_EDGES, entered": (
        {*values(Phase)} - {BOOTSTRAP.initial},
        [to for _, _, to in _BOOTSTRAP_EDGES],
    ),
    "machines._BOOTSTRAP_EDGES, left": (
        ACTIVE,
        [source for _, sources, _ in _BOOTSTRAP_EDGES for source in sources],
    ),
    "synchronization.SYNCHRONIZATION": ({*values(Phase)}, SYNCHRONIZATION.phases),
    "machines.ENDINGS": (STATUSES, ENDINGS),
    "machines.ENDINGS, its phases": (
        TERMINAL,
        [phase for ending in ENDINGS.values() for phase in ending.phases],
    ),
}


@pytest.mark.parametrize("name", TABLES)
def test_a_table_that_lists_phases_lists_every_one(name: str) -> None:
    expected, listed = TABLES[name]

    assert expected == set(listed)


@pytest.mark.parametrize("status", values(TerminalStatus))
def test_the_event_of_an_ending_leads_to_the_first_of_its_phases(status: TerminalStatus) -> None:
    ending = ENDINGS[status]

    assert [ending.phases[0]] == [to for event, _, to in _BOOTSTRAP_EDGES if event == ending.event]


def test_every_terminal_phase_is_a_status_to_end_with() -> None:
    assert TERMINAL <= STATUSES


@pytest.mark.parametrize("policy", ["reference", "default"])
@pytest.mark.parametrize("phase", values(Phase))
def test_every_phase_is_shown_by_a_rule_of_its_own(phase: Phase, policy: str) -> None:
    shown = engine_for(load_policy(policy)).decide(PHASE, PhaseFacts(phase, 0))

    assert shown.state is not None
    assert shown.message is not None

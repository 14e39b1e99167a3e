"""Terminal wins: a bootstrap with a terminal status is not downgraded by a dead owner."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from launchfsm.testing import FakeProcesses
from launchfsm.vocabulary import ActivePhase, TerminalStatus, values
from tests.default_policy.launches import (
    ADA,
    BOB,
    OWNER,
    both,
    is_dead,
    nobody,
    rule,
    shown,
    standing,
    state,
)

if TYPE_CHECKING:
    from pathlib import Path


@pytest.mark.parametrize("status", values(TerminalStatus))
@pytest.mark.parametrize("phase", [*values(ActivePhase), "resting"])
def test_a_terminal_status_wins_over_a_dead_owner(tmp_path: Path, status: str, phase: str) -> None:
    ended = state(ADA, BOB, phase=phase, terminal={"status": status})

    found = both(tmp_path, state=ended, processes=nobody())

    assert rule(found.default, "owner") == "says-it-ended"
    assert not is_dead(found.default)
    assert standing(found.default, "bob") == "runtime_pending_bootstrap"
    assert found.default.runtime_state is None
    assert found.default.bootstrap_snapshot is not None
    assert found.default.bootstrap_snapshot.launch_phase == "finished"
    assert is_dead(found.reference)
    assert standing(found.reference, "bob") == "failed_to_start"


def test_a_terminal_status_wins_over_a_living_owner_too(tmp_path: Path) -> None:
    """A launcher may live on for days after its bootstrap ended; it is not hung."""
    found = both(tmp_path, state=state(ADA, terminal={"status": "completed"}))

    assert found.default.runtime_state is None
    assert found.default.verdict.severity == "ok"
    assert shown(found.reference)[0] == "assembling"


@pytest.mark.parametrize("processes", [nobody(), FakeProcesses(zombies={OWNER})])
def test_a_status_of_nobodys_is_no_terminal_status(
    tmp_path: Path, processes: FakeProcesses
) -> None:
    found = both(tmp_path, state=state(BOB, terminal={"status": "done"}), processes=processes)

    assert is_dead(found.default)
    assert standing(found.default, "bob") == "failed_to_start"


def test_members_that_were_never_spawned_still_fail_with_the_end(tmp_path: Path) -> None:
    waiting = {"name": "bob", "status": "pending"}
    ended = state(waiting, terminal={"status": "partial_success"})

    found = both(tmp_path, state=ended, processes=nobody())

    assert standing(found.default, "bob") == "failed_to_start"
    assert found.default.bootstrap_snapshot is not None
    reason = found.default.bootstrap_snapshot.members["bob"].hard_failure_reason
    assert reason == "Teammate was never spawned during launch."

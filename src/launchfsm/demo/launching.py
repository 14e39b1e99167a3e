"""Launching: the demo's launcher, a process of its own so that it can be killed.

After each step it writes a line to its output and waits for one on its input, so that whoever shows
the launch sees every step, and kills the launcher at a known one.

Here: `python -m launchfsm.demo.launching ROOT TEAM`. Not here: showing what it does (`showing`).
"""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING, Final

from launchfsm.demo.scenarios import SCENARIOS
from launchfsm.launcher import BootstrapRun, MemberProcesses

if TYPE_CHECKING:
    from launchfsm.vocabulary import Phase

_BEFORE_MEMBERS: Final[tuple[Phase, ...]] = (
    "loading_existing_state",
    "acquiring_bootstrap_lock",
    "creating_team",
    "spawning_members",
)


def launch(root: str, team: str) -> None:
    """Launch a scenario's team, step by step."""
    scenario = SCENARIOS[team]
    with BootstrapRun(root, team, members=scenario.members) as run:
        _step("took the lock")
        for phase in _BEFORE_MEMBERS:
            run.enter(phase)
            _step(f"entered {phase}")
        members = MemberProcesses(run, confirm_within=60.0)
        for name, script in scenario.members.items():
            members.spawn(name, ["sh", "-c", script])
            if scenario.killed_at == f"spawned {name}":
                _step(f"spawned {name}")  # and is killed here
            members.wait()
            _step(f"{name}: {run.state.members[name].status}")
        run.enter("auditing_truth")
        run.submit_first_task()
        _step("entered auditing_truth")
    _step(f"ended as {run.state.terminal_status}")


def _step(said: str) -> None:
    print(said, flush=True)  # noqa: T201 - the other end of a pipe reads it
    sys.stdin.readline()


if __name__ == "__main__":
    launch(*sys.argv[1:3])

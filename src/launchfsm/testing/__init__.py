"""Fakes, team folders and strategies, for tests of policies and of launchers.

Fakes stand in for the clock, the processes and the files. A `TeamFolder` holds one team's files, to
be written to a disk or handed over in memory. `launchfsm.testing.strategies`, which alone needs
`hypothesis` to be installed, generates records, folders and policies.
"""

from __future__ import annotations

from launchfsm.testing.fakes import (
    FakeClock,
    FakeProcesses,
    FaultyFileSystem,
    FileCall,
    FileMethod,
    InjectedFault,
)
from launchfsm.testing.folders import StandIn, TeamFolder

__all__ = [
    "FakeClock", "FakeProcesses", "FaultyFileSystem", "FileCall", "FileMethod", "InjectedFault",
    "StandIn", "TeamFolder",
]  # fmt: skip

"""What tests of rules and launchers need: fakes for the clock, the processes and the files."""

from __future__ import annotations

from launchfsm.testing.fakes import (
    FakeClock,
    FakeProcesses,
    Fault,
    FaultyFileSystem,
    FileCall,
    FileMethod,
)

__all__ = [
    "FakeClock",
    "FakeProcesses",
    "Fault",
    "FaultyFileSystem",
    "FileCall",
    "FileMethod",
]

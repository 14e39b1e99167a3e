"""Fakes, team folders and strategies, for tests of policies and of launchers.

Fakes stand in for the clock, the processes and the files. A `TeamFolder` holds one team's files, to
be written to a disk or handed over in memory. `launchfsm.testing.strategies`, which alone needs
`hypothesis` to be installed, generates records, folders and policies.
"""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from launchfsm.testing.fakes import (
        FakeClock,
        FakeProcesses,
        FaultyFileSystem,
        FileCall,
        FileMethod,
        InjectedFault,
    )
    from launchfsm.testing.folders import StandIn, TeamFolder

# Imported when first asked for (PEP 562): hypothesis imports this package wherever it is installed.
__all__ = [
    "FakeClock", "FakeProcesses", "FaultyFileSystem", "FileCall", "FileMethod", "InjectedFault",
    "StandIn", "TeamFolder",
]  # fmt: skip
_IN_FOLDERS = frozenset({"StandIn", "TeamFolder"})


def __getattr__(name: str) -> Any:
    if name not in __all__:
        raise AttributeError(f"module 'launchfsm.testing' has no attribute {name!r}")
    home = "folders" if name in _IN_FOLDERS else "fakes"
    value = globals()[name] = getattr(importlib.import_module(f"launchfsm.testing.{home}"), name)
    return value


def __dir__() -> list[str]:
    return sorted(__all__)

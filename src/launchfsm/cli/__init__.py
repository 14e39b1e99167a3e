"""The command line: a thin reader of the library, one module a subcommand.

Here: what a person at a terminal sees and types. Not here: any judgement. The library never
imports this package, and this package alone imports click and rich.
"""

from __future__ import annotations

from launchfsm.cli.program import main

__all__ = ["main"]

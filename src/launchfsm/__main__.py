"""`python -m launchfsm`: the command, where no script is installed."""

from __future__ import annotations

from launchfsm.cli import main

main()

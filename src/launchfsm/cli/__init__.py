"""The `launchfsm` command; the only package that imports click and rich."""

from __future__ import annotations

from launchfsm.cli.program import main

__all__ = ["main"]

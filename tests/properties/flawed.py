"""Policies with one flaw each, that load and pass their tests; and how to lay them down."""

from __future__ import annotations

from typing import TYPE_CHECKING

from launchfsm.policies import load_policy

if TYPE_CHECKING:
    from pathlib import Path

    from launchfsm.engine.table import Policy

HEALS = """
[[tables.progress.rule]]
id = "old-failure"
before = "owner-dead-stale"
when = "owner_dead and quiet >= '1d'"
then = {}
why = "Nobody wants to see the failures of yesterday."
"""
"""A dead owner's bootstrap is shown as failed for a day."""

FORGIVES = """
[[tables.owner.rule]]
id = "owner-gone"
override = true
when = "owner == 'dead' and not state_age >= '2m'"
"""
"""A dead owner is dead for two minutes, and again from three on, when it is stale."""

REVIVES = """
[[tables.owner.rule]]
id = "still-listed"
before = "zombie"
when = "zombie"
then = {}
"""
"""A zombie is taken for alive, so that a hidden owner that turns out to be one revives."""

FORGETS = """
[[tables.progress.rule]]
id = "old-failure"
before = "owner-dead-stale"
when = "owner_dead and owner_stale"
then = {}
"""
"""A failure is not shown any more once the `owner` table finds the record stale, too."""

HIDES = """
[[tables.progress.rule]]
id = "old-failure"
before = "owner-dead-stale"
when = "owner_dead and quiet >= '1d'"
then = { state = "failed" }
"""
"""A failure of yesterday keeps its word and is not shown."""

SOOTHES = """
[[tables.progress.rule]]
id = "gone"
before = "owner-dead-stale"
when = "owner_dead"
then = { shown = true, message = "somebody will take over" }

[[tables.progress.rule]]
id = "hung-for-good"
before = "hung"
when = "phase_kind == 'active' and not owner_dead and quiet >= '20m'"
then = { shown = true, state = "failed", message = "it hangs" }
"""
"""A silent owner's bootstrap is shown as failed, unless the owner is dead."""

RESURRECTS = """
[[tables.beginning.rule]]
id = "failed-to-begin"
override = true
when = "owner == 'unknown'"
"""
"""A lock whose owner cannot be asked after has failed; one whose owner is dead has not."""

DOUBTS = """
[[tables.standing.rule]]
id = "doubted"
before = "confirmed"
when = "launch_state == 'confirmed_alive' and skipped"
then = { standing = "skipped" }
"""
"""Who is confirmed and skipped counts as skipped."""

UNENDED = """
[[tables.owner.rule]]
id = "says-it-ended"
disable = true
"""
"""A bootstrap that says that it ended may still lose its owner."""


def flawed(folder: Path, flaw: str, *, extends: str = "default") -> Policy:
    """A policy that extends another by a flaw."""
    path = folder / "flawed.toml"
    path.write_text(f'policy = "flawed"\nextends = "{extends}"\n{flaw}', encoding="utf-8")
    return load_policy(path)

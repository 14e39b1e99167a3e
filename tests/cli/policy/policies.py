"""Small policies to run the commands on."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pathlib import Path

SOUND = """
[[rule]]
id = "never-updated"
before = "owner-gone-stale"
when = "owner == 'dead' and state_age is None"
then = { dead = true, stale = true, reason = "pid {owner_pid} is gone" }

[[rule.test]]
facts = { phase_kind = "active", owner = "dead", owner_pid = 4242 }
fires = true

[[rule.test]]
facts = { phase_kind = "active", owner = "dead", owner_pid = 4242, state_age = "1m" }
fires = false
"""
"""A change to the table `owner`, with its tests."""

FAULTY = """
[[rule]]
id = "never-updated"
when = "ownr == 'dead' and state_age is None"
then = { dead = "yes" }

[[rule]]
id = "owner-goon"
disable = true
"""
"""An unknown fact in line 5, a wrong type in line 6, a rule that is not inherited in line 9."""


def lay_policy(folder: Path, owner: str = SOUND, *, extends: str = "reference") -> Path:
    """A policy that extends another, with a table `owner` of its own."""
    folder.mkdir(parents=True)
    head = f'policy = {json.dumps(folder.name)}\nextends = "{extends}"\n'
    (folder / "policy.toml").write_text(head)
    (folder / "owner.toml").write_text(f'table = "owner"\n\n{owner.lstrip()}')
    return folder

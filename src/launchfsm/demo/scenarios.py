"""Scenarios: the teams that the demo launches, and what befalls them.

Here: their members, as shell scripts, and who dies. Not here: launching or showing them.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

import attrs

_CONFIRMS: Final = 'echo bootstrap_confirmed >> "$LAUNCHFSM_CHECK_IN"; exec sleep 600'
_FAILS: Final = 'echo registered >> "$LAUNCHFSM_CHECK_IN"; echo "no model" >&2; exit 3'
_WAITS: Final = "exec sleep 600"


@attrs.frozen
class Scenario:
    """One launch of the demo.

    Attributes:
        title: What happens, for people.
        members: Their scripts, by name, in the order in which they are spawned.
        killed_at: The step after which the launcher is killed; empty when it lives.
        explain: Which decisions are explained at the end, as (table, subject).
    """

    title: str
    members: Mapping[str, str]
    killed_at: str = ""
    explain: tuple[tuple[str, str], ...] = ()


SCENARIOS: Final[Mapping[str, Scenario]] = {
    "all-well": Scenario(
        "A launch that succeeds",
        {"researcher": _CONFIRMS, "writer": _CONFIRMS},
        explain=(("member", "writer"), ("team_state", ""), ("verdict", "")),
    ),
    "one-fails": Scenario(
        "A launch with a member that fails",
        {"researcher": _CONFIRMS, "writer": _FAILS},
        explain=(("member", "writer"), ("team_state", ""), ("verdict", "")),
    ),
    "owner-killed": Scenario(
        "A launch whose owner is killed half way",
        {"researcher": _CONFIRMS, "writer": _WAITS},
        killed_at="spawned writer",
        explain=(
            ("owner", ""),
            ("downgrade", "researcher"),
            ("downgrade", "writer"),
            ("verdict", ""),
        ),
    ),
}
"""The scenarios by the name of their team."""

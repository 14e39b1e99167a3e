"""Names: which texts name a member of a launch (§4, §5, §10).

The lead and the user take part in a team without being launched, so they are no members. That is
how these files identify who they speak of, as a key's spelling is, and no judgement of a policy.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from launchfsm.ecmascript import trim

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

LEAD: Final = "team-lead"
USER: Final = "user"

_LEAD_LENGTH: Final = len(LEAD)
_NOBODY: Final = frozenset({"", USER})

NOT_RECORDED: Final = frozenset({None, "", LEAD, USER})
"""Names, or none, that are no member's in a bootstrap's state, which spells exactly."""


def is_member(name: str) -> bool:
    """Whether a trimmed name can be a member's in a completed snapshot, whatever its case."""
    if len(name) == _LEAD_LENGTH:  # so that nearly no name is lowered
        return name.lower() != LEAD
    return name not in _NOBODY


def is_recorded_member(name: str) -> bool:
    """Whether a trimmed name can be a member's in a bootstrap's state, which spells exactly."""
    return name not in NOT_RECORDED


def leads_among(names: Sequence[str]) -> frozenset[str]:
    """The names that spell the lead's, in whatever case."""
    if LEAD not in map(str.lower, names):
        return frozenset()
    return frozenset(name for name in names if name.lower() == LEAD)


def member_names(names: Iterable[str]) -> tuple[str, ...]:
    """Names as a snapshot expects them: trimmed, members only, each once, in order (§5)."""
    return tuple(dict.fromkeys(name for name in map(trim, names) if is_member(name)))

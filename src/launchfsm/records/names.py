"""Names: which texts name a member of a launch (§4, §5, §10).

The lead and the user take part in a team without being launched, so they are no members. That is
how these files identify who they speak of, as a key's spelling is, and no judgement of a policy.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Final, TypeGuard

from launchfsm.ecma.text import trim

LEAD: Final = "team-lead"
USER: Final = "user"

_NOBODY: Final = frozenset({"", USER})
_NOT_RECORDED: Final = frozenset({None, "", LEAD, USER})


def is_member(name: str) -> bool:
    """Whether a trimmed name can be a member's in a completed snapshot, whatever its case."""
    return name not in _NOBODY and name.lower() != LEAD


def is_teammate(name: str) -> bool:
    """Whether a trimmed name of a roster is that of a member, and not of a helper (h6)."""
    return is_member(name) and not name.endswith("-provisioner")


def is_lead(name: str) -> bool:
    """Whether a trimmed name is a spelling of the lead's."""
    return name.lower() == LEAD


def is_recorded_member(name: str | None) -> TypeGuard[str]:
    """Whether a trimmed name can be a member's in a bootstrap's state, which spells exactly."""
    return name not in _NOT_RECORDED


def member_names(names: Iterable[str], without: frozenset[str] = frozenset()) -> tuple[str, ...]:
    """Names as a snapshot expects them: trimmed, members only, each once, in order (§5).

    `without` are names in lower case that are left out.
    """
    once = filter(is_member, dict.fromkeys(map(trim, dict.fromkeys(names))))
    return tuple([name for name in once if not without or name.lower() not in without])

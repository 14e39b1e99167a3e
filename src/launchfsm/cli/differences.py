"""Differences: where two snapshots of one launch disagree, member by member, field by field.

Compared is the wire form, so fields are named as in the files, and a field that one of them lacks
differs from one that says something.

Here: the comparison. Not here: which snapshots, or how the answer is printed (`diff`).
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

import attrs

from launchfsm.records.wire import to_wire

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from launchfsm.records.results import LaunchSnapshot

ABSENT: Final = object()
"""The value of a field that a snapshot does not have."""


@attrs.frozen
class Difference:
    """One field about which two snapshots disagree.

    Attributes:
        member: The member; `None` for the launch as a whole.
        field: The field's path on the wire, such as `sources.configRegistered`.
        bootstrap: What the bootstrap's snapshot says, or `ABSENT`.
        launch: What the launcher's says, or `ABSENT`.
    """

    member: str | None
    field: str
    bootstrap: Any
    launch: Any


def differences(bootstrap: LaunchSnapshot, launch: LaunchSnapshot) -> Iterator[Difference]:
    """Every disagreement: about the launch first, then about each member in turn."""
    mine, theirs = to_wire(bootstrap), to_wire(launch)
    members, others = mine.pop("members"), theirs.pop("members")
    yield from _disagreements(None, mine, theirs)
    for name in dict.fromkeys([*members, *others]):
        yield from _disagreements(name, members.get(name, {}), others.get(name, {}))


def _disagreements(
    member: str | None, mine: Mapping[str, Any], theirs: Mapping[str, Any]
) -> Iterator[Difference]:
    ours, others = dict(_flat(mine)), dict(_flat(theirs))
    for path in dict.fromkeys([*ours, *others]):
        said, denied = ours.get(path, ABSENT), others.get(path, ABSENT)
        if said != denied:
            yield Difference(member, path, said, denied)


def _flat(document: Mapping[str, Any], above: str = "") -> Iterator[tuple[str, Any]]:
    """The leaves of a document by path; a list is a leaf."""
    for key, value in document.items():
        if value and isinstance(value, dict):
            yield from _flat(value, f"{above}{key}.")
        else:
            yield f"{above}{key}", value

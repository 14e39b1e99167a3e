"""Publishing: a list of differences that is kept in a file and held against what is found.

A policy that means to differ from another publishes on what. The list says only what anybody can
notice: in which situations which answer changes to which. Ids of rules, their places and the
examples may change without a new list.
"""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterable, Mapping
from typing import Any

import attrs

from launchfsm.policy.analysis.render import table_text
from launchfsm.policy.analysis.reports import Comparison, conditions_text
from launchfsm.records.wire import WireError, from_wire, to_wire


@attrs.frozen(kw_only=True)
class PublishedDifference:
    """One difference as a list has it.

    Attributes:
        table: The table.
        when: The situations: conditions of which one holds; `param` and a name for a param.
        before: What the other policy answers.
        after: What the policy answers.
        reordered: Whether both give the same answers, in another order.
    """

    table: str
    when: tuple[str, ...]
    before: tuple[Mapping[str, Any], ...]
    after: tuple[Mapping[str, Any], ...]
    reordered: bool

    def text(self) -> str:
        """The difference in three lines."""
        sides = [
            f"    {name} {', '.join(map(table_text, answers)) or 'nothing'}"
            for name, answers in (("was", self.before), ("is ", self.after))
        ]
        if self.reordered:
            sides = ["    the same answers in another order"]
        return "\n".join([f"{self.table}: when {conditions_text(self.when)}", *sides])


@attrs.frozen(kw_only=True)
class Departures:
    """In what a comparison departs from a published list.

    Attributes:
        unpublished: Differences that were found and are not in the list.
        missing: Differences in the list that were not found.
    """

    unpublished: tuple[PublishedDifference, ...]
    missing: tuple[PublishedDifference, ...]

    @property
    def none(self) -> bool:
        """Whether the list says exactly what was found."""
        return not self.unpublished and not self.missing

    def text(self) -> str:
        """What is not in the list, then what is in it only."""
        blocks = [f"not in the list: {found.text()}" for found in self.unpublished]
        blocks += [f"only in the list: {found.text()}" for found in self.missing]
        return "\n".join(blocks) or "as published"


def published(comparison: Comparison) -> tuple[PublishedDifference, ...]:
    """The differences of a comparison as a list to publish; `to_wire` makes JSON of it."""
    params = [
        PublishedDifference(
            table=found.table,
            when=(f"param {found.param}",),
            before=({found.param: found.before},),
            after=({found.param: found.after},),
            reordered=False,
        )
        for found in comparison.params
    ]
    differences = [
        PublishedDifference(
            table=found.table,
            when=found.when,
            before=found.before,
            after=found.after,
            reordered=found.reordered,
        )
        for found in comparison.differences
    ]
    return (*params, *differences)


def departures(comparison: Comparison, document: object) -> Departures:
    """In what a comparison departs from a published list.

    Args:
        comparison: The comparison.
        document: The list as parsed JSON.

    Raises:
        WireError: The document is no such list.
    """
    listed = _read(document)
    found = published(comparison)
    return Departures(unpublished=_without(found, listed), missing=_without(listed, found))


def _without(
    these: Iterable[PublishedDifference], those: Iterable[PublishedDifference]
) -> tuple[PublishedDifference, ...]:
    rest = Counter(_key(difference) for difference in those)
    kept = []
    for difference in these:
        key = _key(difference)
        if rest[key]:
            rest[key] -= 1
        else:
            kept.append(difference)
    return tuple(kept)


def _key(difference: PublishedDifference) -> str:
    return json.dumps(to_wire(difference), sort_keys=True)


def _read(document: object) -> tuple[PublishedDifference, ...]:
    if not isinstance(document, list):
        raise WireError("no list of published differences: expected a JSON array")
    return tuple(from_wire(PublishedDifference, item) for item in document)

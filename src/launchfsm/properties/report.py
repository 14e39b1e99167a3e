"""Reports: what came of asking a policy for its properties, as values that read as text.

Three things are kept apart: what is *proven*, because every situation was looked at; what is *not
refuted*, because examples were searched for and none was found; and what was not looked at, or not
all of it. Reports go through `to_wire` like any result.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping
from typing import Any, Final, Literal, TypeAlias

import attrs

Status: TypeAlias = Literal[
    "proven", "not_refuted", "not_all", "inherited", "asked_of_nothing", "not_searched", "refuted"
]
"""What came of one claim, the strongest first.

`not_all` is a space too large; `inherited` is refuted as of the policy that is extended, and
nowhere else; `asked_of_nothing` is a claim about nothing that was looked at, and `not_searched` a
missing hypothesis.
"""

_STATUSES: Final[Mapping[Status, tuple[str, str, str]]] = {
    "proven": ("proven", "proven", "proven over {looked_at:,} {unit}"),
    "not_refuted": ("holds", "not refuted", "not refuted in {looked_at:,} {unit}"),
    "not_all": (
        "holds",
        "not refuted",
        (
            "not refuted in {looked_at:,} {unit}, which is NOT ALL, "
            "up to {unseen:,} more were not looked at"
        ),
    ),
    "inherited": (
        "inherited",
        "inherited",
        "inherited, {inherited:,} of {looked_at:,} {unit} are as wrong for the parent",
    ),
    "asked_of_nothing": (
        "unknown",
        "asked of nothing",
        "asked of nothing, there are no {unit} that it is about",
    ),
    "not_searched": (
        "unknown",
        "not searched",
        "not searched, hypothesis is missing; pip install hypothesis",
    ),
    "refuted": ("REFUTED", "refuted", "refuted"),
}
"""The statuses from the strongest to the weakest: the word that a property is headed by, what it is
counted as, and how far a claim was looked into."""


@attrs.frozen(kw_only=True)
class Counterexample:
    """The smallest thing found against a claim: of a table a situation, else a launch."""

    violation: str  #: what is wrong with it
    when: tuple[str, ...] = ()  #: conditions of which one holds in each situation that is wrong
    facts: tuple[Mapping[str, Any], ...] = ()  #: every fact of a situation; durations in ms
    won: tuple[str, ...] = ()  #: the rules that answered, each with its place and its answer
    place: str = ""  #: ``file:line:column`` of a rule to look at; empty when none is known
    paste: str  #: inline tests for the table's file, or a test in Python

    def text(self) -> str:
        """The counterexample for people."""
        lines = [self.violation]
        for index, condition in enumerate(self.when):
            lines.append(f"{'  or ' if index else 'when '}{condition}")
        lines += [f"won: {rule}" for rule in self.won]
        return "\n".join([*lines, "to paste:", *_below(self.paste)])


def _below(text: str) -> Iterator[str]:
    """The lines of a text, indented."""
    return (f"  {line}".rstrip() for line in text.split("\n"))


@attrs.frozen(kw_only=True)
class Part:
    """What came of one claim of a property.

    Those that are `inherited` speak against it as they do under the policy that is extended; they
    were not counted as violations.
    """

    about: str  #: what is claimed, of what
    status: Status
    looked_at: int  #: how many situations or launches were looked at
    unit: str = "situations"
    unseen: int = 0  #: at most how many more there are; 0 when none are, or nobody can say
    inherited: int = 0
    counterexample: Counterexample | None = None

    def text(self) -> str:
        """What came of it, the counterexample below."""
        extent = _STATUSES[self.status][2]
        if self.status == "asked_of_nothing" and self.unseen:
            extent = (
                "asked of nothing so far, it is about none of the {unit} looked at, "
                "up to {unseen:,} more were not"
            )
        lines = [f"{extent.format(**attrs.asdict(self, recurse=False))}: {self.about}"]
        if self.counterexample is not None:
            lines += _below(self.counterexample.text())
        return "\n".join(lines)


@attrs.frozen(kw_only=True)
class PropertyVerdict:
    """What came of one property, claim by claim. It is true exactly when the property holds."""

    name: str
    sentence: str
    parts: tuple[Part, ...]

    def __bool__(self) -> bool:
        # Without this `assert verdict` would pass whatever was found.
        return self.holds

    @property
    def status(self) -> Status:
        """The status of its weakest part, so that it is proven only when all of it is."""
        return max((part.status for part in self.parts), key=tuple(_STATUSES).index)

    @property
    def holds(self) -> bool:
        """Whether nothing was found against it, and something was looked at for each claim."""
        return self.status not in {"refuted", "asked_of_nothing", "not_searched"}

    def text(self) -> str:
        """The property, and what came of each of its claims."""
        lines = [f"{_STATUSES[self.status][0]:<9} {self.name}: {self.sentence}"]
        for part in self.parts:
            lines += _below(part.text())
        return "\n".join(lines)


@attrs.frozen(kw_only=True)
class PolicyAudit:
    """What came of all properties that a policy was asked for. It is true when all of them hold."""

    policy: str
    verdicts: tuple[PropertyVerdict, ...]  #: in the order in which they were asked for
    parent: str | None = None  #: the policy whose violations do not count; `None` when all count

    def __bool__(self) -> bool:
        # Without this `assert audit_policy(policy)` would pass whatever was found.
        return self.holds

    @property
    def holds(self) -> bool:
        """Whether every property holds."""
        return all(verdict.holds for verdict in self.verdicts)

    @property
    def refuted(self) -> tuple[PropertyVerdict, ...]:
        """The properties against which something was found."""
        return tuple(verdict for verdict in self.verdicts if verdict.status == "refuted")

    def of(self, name: str) -> PropertyVerdict:
        """What came of the property of a name.

        Raises:
            LookupError: It was not asked for; the message names those that were.
        """
        for verdict in self.verdicts:
            if verdict.name == name:
                return verdict
        known = ", ".join(verdict.name for verdict in self.verdicts)
        raise LookupError(f"the property {name!r} was not asked for; these were: {known}")

    def text(self) -> str:
        """Every property with what came of it, and a line that counts."""
        return "\n".join([*(verdict.text() for verdict in self.verdicts), self.summary()])

    def summary(self) -> str:
        """How many properties came to what, in a line."""
        counts = Counter(_STATUSES[verdict.status][1] for verdict in self.verdicts)
        words = dict.fromkeys(counted for _, counted, _ in _STATUSES.values())
        told = ", ".join(f"{counts[word]} {word}" for word in words if counts[word])
        noun = "property" if len(self.verdicts) == 1 else "properties"
        beyond = "" if self.parent is None else f", held against {self.parent}"
        return f"{self.policy}: {len(self.verdicts)} {noun}{beyond}: {told or 'none asked for'}"

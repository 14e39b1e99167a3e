"""Words and facts that several decisions share.

A field of a class of facts is a fact: its type says which values there are (`None` is "unknown"),
its `Doc` says what it means. The catalogue for rule authors is made from these lines. An outcome is
at rest, and says nothing, where all its fields have their defaults.
"""

from __future__ import annotations

import functools
from typing import Annotated, Final, Literal, TypeAlias

import attrs

from launchfsm.engine.decision import Sum
from launchfsm.engine.types import Doc
from launchfsm.vocabulary import LaneKind, Provider

PhaseKind: TypeAlias = Literal["active", "terminal", "other"]
"""What sort of phase the bootstrap recorded; `other` is a text that is no phase of ours."""

Side: TypeAlias = Literal["bootstrap", "launcher"]
"""Which of two snapshots: the bootstrap's or the launcher's."""

Ago: Final = functools.partial(Doc, unit="ms", moves=1)
"""A `Doc` of how long ago something was."""

Ahead: Final = functools.partial(Doc, unit="ms", moves=-1)
"""A `Doc` of how far in the future something is."""

Span: Final = functools.partial(Doc, unit="ms")
"""A `Doc` of how long it is from one thing to another."""

# Facts are made for one decision and dropped after it. `define` rather than `frozen` because
# frozen classes set their fields several times slower, and this is the hot path.


@attrs.define(kw_only=True)
class AboutMember:
    """Who it is that is judged; known where a rule, or an own table, asks for it."""

    name: Annotated[str, Doc("The member's name.", individual=True)] = ""
    provider: Annotated[Provider | None, Doc("Its provider, if recorded.", individual=True)] = None
    lane_kind: Annotated[
        LaneKind | None, Doc("The kind of its lane, if recorded.", individual=True)
    ] = None
    cause: Annotated[
        str | None,
        Doc("The class of the reason why it failed (`cause` table), if known.", individual=True),
    ] = None


@attrs.define(kw_only=True)
class OverMembers:
    """Who is among the members of a launch that are told of together."""

    failed_names: Annotated[
        tuple[str, ...], Doc("The names of the members that count as failed.", lazy=True)
    ] = ()
    blocked_names: Annotated[
        tuple[str, ...], Doc("The names of the members that wait for a permission.", lazy=True)
    ] = ()


@attrs.frozen
class Line:
    """One line for people."""

    text: Annotated[str, Doc("The line.")]


def unknown_unless(condition: str, *facts: str) -> tuple[str, ...]:
    """Preconditions: where a condition does not hold, some facts are unknown."""
    return tuple(f"{condition} or {fact} is None" for fact in facts)


def known_where(condition: str, fact: str) -> tuple[str, str]:
    """Preconditions: a fact is known where a condition holds, and nowhere else."""
    return f"not {condition} or {fact} is not None", f"{condition} or {fact} is None"


def known_with(other: str, fact: str) -> tuple[str, str]:
    """Preconditions: a fact is known where another one is, and nowhere else."""
    return f"{other} is None or {fact} is not None", f"{other} is not None or {fact} is None"


def basis_of(liveness: str) -> tuple[str, ...]:
    """Preconditions: what a fact of liveness says, and the fact `basis` of what that rests on."""
    dead = "['no_such_process', 'impossible_pid']"
    return (
        f"{liveness} is not None or basis is None",
        f"not {liveness} == 'alive' or basis is None or basis in ['reached', 'refused']",
        f"not {liveness} == 'dead' or basis is None or basis in {dead}",
        f"not {liveness} == 'unknown' or basis is None or basis == 'error'",
    )


FAILED_NAMED: Final = ("failed > 0 or not failed_names", "failed == 0 or failed_names")
"""Preconditions: there are names of failed members where there are failed members."""

EACH_COUNTED: Final = Sum("names", ("confirmed", "pending", "failed", "skipped"))
"""Every member is counted, and counted as one thing."""

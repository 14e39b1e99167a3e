"""The properties that every policy is asked for unless others are named.

Each with the function that says what is wrong with how a launch is judged: it takes a launch,
evaluates it and variants of it, and returns what is wrong, or `None`.
"""

from __future__ import annotations

import functools
import itertools
import json
from collections.abc import Iterator, Mapping, Sequence
from datetime import timedelta
from typing import Any, Final, get_args

import attrs

from launchfsm.engine.table import Policy
from launchfsm.evaluation.evaluator import Evaluation
from launchfsm.policies import load_policy
from launchfsm.properties.claims import (
    ANSWERS_ARE_DETERMINISTIC,
    EVERY_TABLE_ANSWERS,
    SituationClaim,
)
from launchfsm.properties.launches import Launch, OwnerIs
from launchfsm.properties.property import Property
from launchfsm.properties.search import LaunchClaim
from launchfsm.records.results import LaunchSnapshot
from launchfsm.records.wire import to_wire
from launchfsm.testing.folders import TeamFolder
from launchfsm.vocabulary import TerminalPhase, values

_A_SECOND: Final = 1_000
_TEN_YEARS: Final = 315_532_800_000
_NEARER_TO_DEATH: Final[Mapping[OwnerIs, tuple[OwnerIs, ...]]] = {
    "alive": ("unknown", "zombie", "replaced"),
    "hidden": ("zombie", "dead"),
    "unknown": ("dead",),
    "zombie": ("dead",),
    "replaced": ("dead",),
}
"""What can be found of an owner's process, and what would speak more for its death.

A process that was hidden and turns out to have begun lately may still be older than its run.
"""
_LIKE_DEAD: Final = frozenset({"failed", "stopped"})
"""The severities of a launch that is over; `unknown` is between them and all others."""
_SHOWN: Final = 3
"""How many differences between two evaluations a counterexample shows."""


# -- Total, deterministic --------------------------------------------------------------------------


def unanswered(launch: Launch) -> str | None:
    """There is no verdict, or something that cannot be said in JSON."""
    found = launch.evaluate()
    json.dumps(found.to_dict())
    return None if found.verdict.text.strip() else "the verdict has no text"


TOTAL: Final = Property(
    name="total",
    sentence="whatever is asked, there is an answer",
    claims=(EVERY_TABLE_ANSWERS, LaunchClaim(violation=unanswered, damaged=True)),
)


def judged_otherwise_again(launch: Launch) -> str | None:
    """Judged once more, or by a judge that was asked nothing before, it is judged otherwise."""
    first, again, afresh = launch.evaluate(), launch.evaluate(), launch.evaluate(afresh=True)
    if first.to_dict() != again.to_dict():
        return f"judged twice, it is judged otherwise the second time: {_differing(first, again)}"
    if first.to_dict() != afresh.to_dict():
        return f"what was asked before makes a difference: {_differing(afresh, first)}"
    return None


DETERMINISTIC: Final = Property(
    name="deterministic",
    sentence="the same evidence gets the same answer, whatever was asked before",
    claims=(ANSWERS_ARE_DETERMINISTIC, LaunchClaim(violation=judged_otherwise_again, damaged=True)),
)


def _always(table: str, when: str, then: str) -> SituationClaim:
    return SituationClaim(table=table, when=when, then=then, wanted=True)


def _never(table: str, when: str, then: str) -> SituationClaim:
    return SituationClaim(table=table, when=when, then=then, wanted=False)


# -- Terminal, confirmed ---------------------------------------------------------------------------


def ended(launch: Launch) -> Launch | None:
    """The launch with a bootstrap that says that it ended: as it does already, or completed."""
    if launch.state is None:
        return None
    status = (launch.state.get("terminal") or {}).get("status")
    if status is not None or launch.state.get("phase") in values(TerminalPhase):
        return launch
    return attrs.evolve(launch, folder=launch.with_state(terminal={"status": "completed"}))


def terminal_that_moves(launch: Launch) -> str | None:
    """A bootstrap that ended is judged otherwise when its owner is gone, or is still shown."""
    alive, found = launch.evaluate(owner="alive"), launch.evaluate()
    if to_wire(alive.bootstrap_snapshot) != to_wire(found.bootstrap_snapshot):
        differing = _differing(alive, found)
        return f"that its owner is {launch.owner} changes a launch that ended: {differing}"
    shown, run = found.runtime_state, (launch.state or {}).get("runId")
    # The lock of a newer run tells of another bootstrap.
    if shown is not None and (found.bootstrap_snapshot is None or shown.run_id == run):
        return f"progress is shown of what ended: {shown.progress.message}"
    return None


_ENDED: Final = "(phase_kind == 'terminal' or terminal_status is not None)"

TERMINAL_ABSORBS: Final = Property(
    name="terminal-absorbs",
    sentence="what says that it ended has ended, and its owner's death changes nothing",
    claims=(
        _always("launch_phase", _ENDED, "launch_phase == 'finished'"),
        _never("owner", _ENDED, "dead"),
        _never("progress", f"{_ENDED} and not owner_dead", "shown"),
        LaunchClaim(violation=terminal_that_moves, given=ended),
    ),
)


def confirmation_lost(launch: Launch) -> str | None:
    """Somebody is confirmed while the owner lives, and less when it does not, or if believed."""
    living, found = launch.evaluate(owner="alive"), launch.evaluate()
    as_read = {"bootstrap": found.bootstrap_snapshot, "launcher": found.launcher_snapshot}
    believed = as_read.get(found.preferred_source or "")
    told = (
        ("the owner's fate", living.bootstrap_snapshot, found.bootstrap_snapshot),
        ("being believed", believed, found.preferred_snapshot),
    )
    for what, before, after in told:
        if after is None:
            continue
        for name in _members(before, "confirmed_alive"):
            now = after.members[name].launch_state
            if now != "confirmed_alive":
                return f"{name} was confirmed; {what} makes it {now}"
    return None


_CONFIRMED: Final = "launch_state == 'confirmed_alive'"

CONFIRMED_STAYS: Final = Property(
    name="confirmed-stays",
    sentence="a member whose bootstrap is confirmed is nothing less, whatever happens around it",
    claims=(
        _always("member", "status == 'bootstrap_confirmed'", "confirmed and not failed"),
        _always("legacy_member", "confirmed and not missing", "confirmed and not failed"),
        _always("member_state", "confirmed and not failed and not skipped", _CONFIRMED),
        _always("standing", _CONFIRMED, "standing == 'confirmed'"),
        _always("spawn_status", f"{_CONFIRMED} and not stopped", "status == 'online'"),
        LaunchClaim(violation=confirmation_lost),
    ),
)


# -- Time, death -----------------------------------------------------------------------------------


def time_that_heals(launch: Launch) -> str | None:
    """Somebody failed at some moment, and at a later one did not, though nothing else happened."""
    # Now, around every threshold that the policy has, and in ten years.
    passed = (0, *_durations(load_policy(launch.policy)), _TEN_YEARS)
    evaluations = (launch.evaluate(now=launch.now + timedelta(milliseconds=ms)) for ms in passed)
    for before, after in itertools.pairwise(evaluations):
        violation = _failure_lost(before, after)
        was, now = before.verdict.severity, after.verdict.severity
        same = before.preferred_source == after.preferred_source
        if violation is None and same and was == "failed" and now not in _LIKE_DEAD:
            violation = f"the verdict was failed, and is {now}"
        if violation is not None:
            return f"{violation} {after.evaluated_at - launch.now} later"
    return None


@functools.lru_cache(maxsize=16)
def _durations(policy: Policy) -> tuple[float, ...]:
    """The durations that a policy compares with, and a little more than each, ascending.

    Those of more than ten years are left out: the calendar ends, and nobody waits so long.
    """
    compared = {
        abs(value)
        for table in policy.tables.values()
        for rule in table.rules
        for test in rule.when.tests()
        if table.decision.fact_fields[test.fact].kind.name == "duration"
        for value in test.constants
        if abs(value) < _TEN_YEARS
    }
    steps = {ms + more for ms in compared | {_A_SECOND} for more in (0, _A_SECOND)}
    return tuple(sorted(steps - {0}))


TIME_NEVER_HEALS: Final = Property(
    name="time-never-heals",
    sentence="who is dead or failed is so later, while only time passes and one record is believed",
    claims=(LaunchClaim(violation=time_that_heals),),
)
"""That another record comes to be believed is not healing.

Where a state does not say when it was written, and the launcher's snapshot is dated a moment ahead,
the state is the newer one as soon as that moment has come (§11), and what it says counts then.
"""


def death_that_revives(launch: Launch) -> str | None:
    """The launch looks more alive with less of its owner to be found."""
    found = {owner: launch.evaluate(owner=owner) for owner in get_args(OwnerIs)}
    pairs = ((more, less) for more, nearer in _NEARER_TO_DEATH.items() for less in nearer)
    for more, less in pairs:
        before, after = found[more], found[less]
        violation = _failure_lost(before, after)
        was, now = (
            0 if severity in _LIKE_DEAD else 1 if severity == "unknown" else 2
            for severity in (before.verdict.severity, after.verdict.severity)
        )
        # One that is shown as failed is not alive, whatever the word, which may be a warning.
        if violation is None and not _shows_failure(after) and now > was:
            violation = (
                f"the verdict is {after.verdict.severity} instead of {before.verdict.severity}"
            )
        if violation is not None:
            return f"{violation}, where the owner is {less} instead of {more}"
    return None


def _failure_lost(before: Evaluation, after: Evaluation) -> str | None:
    """Who, or what, failed in the one and did not in the other."""
    failed, still = (_members(one.bootstrap_snapshot, "failed_to_start") for one in (before, after))
    if lost := failed - still:
        return f"{min(lost)} had failed, and has not any more"
    if _shows_failure(before) and not _shows_failure(after):
        return "a bootstrap that was shown as failed is not any more"
    return None


def _shows_failure(found: Evaluation) -> bool:
    return found.runtime_state is not None and found.runtime_state.progress.state == "failed"


def _members(snapshot: LaunchSnapshot | None, state: str) -> set[str]:
    """The members in a launch state."""
    members = {} if snapshot is None else snapshot.members
    return {name for name, member in members.items() if member.launch_state == state}


DEATH_NEVER_REVIVES: Final = Property(
    name="death-never-revives",
    sentence="more evidence of an owner's death never makes a team look more alive",
    claims=(LaunchClaim(violation=death_that_revives),),
)
"""A warning is no sign of death, nor of life.

Under `default` a living owner that is silent for 15 minutes is
warned of, and one that cannot be asked after is not, before an hour. And where
the bootstrap is shown as failed a dead owner is warned of if no member is missing, while with less
known of an owner a launch of yesterday is `unknown`.
"""


# -- Order -----------------------------------------------------------------------------------------


def judged_by_order(launch: Launch) -> str | None:
    """The launch is judged otherwise with its members in another order."""
    found = launch.evaluate()
    for file, order, other, folder in _in_other_orders(launch):
        if differing := _differing(found, launch.evaluate(folder=folder), ordered=False):
            return (
                f"the order of members in {file} makes a difference: with {_names(order)}, instead"
                f" of {_names(other)}: {differing}"
            )
    return None


def _names(order: Sequence[Any]) -> str:
    names = (str(one.get("name") if isinstance(one, dict) else one) for one in order)
    return ", ".join(dict.fromkeys(names))


def _in_other_orders(
    launch: Launch,
) -> Iterator[tuple[str, Sequence[Any], Sequence[Any], TeamFolder]]:
    """The launch's files with members in other orders: which file, its order, and the other."""
    members = (launch.state or {}).get("members")
    if isinstance(members, list):
        for other in (members[::-1], members[1:] + members[:1]):
            yield "bootstrap-state.json", members, other, launch.with_state(members=other)
    saved = launch.saved or {}
    known, expected = saved.get("members"), saved.get("expectedMembers")
    if isinstance(known, dict) and isinstance(expected, list):
        turned = {"members": dict(reversed(known.items())), "expectedMembers": expected[::-1]}
        # Whether the bootstrap expected the same members is asked of the two lists as they are
        # written (§10), so they are turned together.
        if isinstance(bootstrap := saved.get("bootstrapExpectedMembers"), list):
            turned["bootstrapExpectedMembers"] = bootstrap[::-1]
        order, other = ([*expected, *known], [*expected[::-1], *reversed(known)])
        yield "launch-state.json", order, other, launch.with_saved(**turned)


def _without_order(value: Any) -> Any:
    """What was said, as if no list had an order."""
    if isinstance(value, dict):
        return {key: _without_order(item) for key, item in value.items()}
    if isinstance(value, list):
        return sorted((_without_order(item) for item in value), key=repr)
    return value


ORDER_IRRELEVANT: Final = Property(
    name="order-irrelevant",
    sentence="in which order members are recorded makes no difference",
    claims=(LaunchClaim(violation=judged_by_order),),
)


# -- What was said ---------------------------------------------------------------------------------


def _differing(found: Evaluation, other: Evaluation, *, ordered: bool = True) -> str:
    """What two evaluations say of the same thing, for the first few things of which they differ."""
    told, else_told = found.to_dict(), other.to_dict()
    if not ordered:
        # Findings name the places of members, which are others.
        told, else_told = (_without_order(one | {"findings": []}) for one in (told, else_told))
    differences = list(_differences("", told, else_told))
    more = len(differences) - _SHOWN
    return "; ".join([*differences[:_SHOWN], *([f"and {more} more"] if more > 0 else ())])


def _differences(path: str, one: Any, other: Any) -> Iterator[str]:
    if isinstance(one, dict) and isinstance(other, dict):
        for key in dict.fromkeys((*one, *other)):
            place = f"{path}.{key}" if path else str(key)
            yield from _differences(place, one.get(key), other.get(key))
    elif one != other:
        yield f"{path} is {one!r} instead of {other!r}"


PROPERTIES: Final[tuple[Property, ...]] = (
    TOTAL,
    DETERMINISTIC,
    TERMINAL_ABSORBS,
    CONFIRMED_STAYS,
    TIME_NEVER_HEALS,
    DEATH_NEVER_REVIVES,
    ORDER_IRRELEVANT,
)
"""All shipped properties."""

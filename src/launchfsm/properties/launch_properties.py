"""Judged launches: what can be wrong with how whole launches are judged, one function a property.

Each takes a launch, evaluates it and variants of it, and returns what is wrong, or `None`.

Here: the complaints of the shipped properties. Not here: what is claimed of single tables
(`shipped`), or the search for launches (`searching`).
"""

from __future__ import annotations

import functools
import itertools
import json
from datetime import timedelta
from typing import TYPE_CHECKING, Any, Final

import attrs

from launchfsm.policy.loader import load_policy
from launchfsm.records.wire import to_wire
from launchfsm.vocabulary import TerminalPhase, values

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from launchfsm.engine.table import Policy
    from launchfsm.evaluation.evaluator import Evaluation
    from launchfsm.properties.launches import Launch, OwnerIs
    from launchfsm.records.results import LaunchSnapshot

_A_SECOND: Final = 1_000
_TEN_YEARS: Final = 315_532_800_000
_LESS_AND_LESS_ALIVE: Final[tuple[OwnerIs, ...]] = ("alive", "unknown", "dead")
_LOOKS: Final[Mapping[str, int]] = {"failed": 0, "unknown": 1, "warning": 2, "pending": 2, "ok": 2}
"""How alive a launch looks, by the word of its verdict; a warning is of much else than life."""


# -- Total, deterministic --------------------------------------------------------------------------


def unanswered(launch: Launch) -> str | None:
    """There is no verdict, or something that cannot be said in JSON."""
    found = launch.evaluate()
    json.dumps(_said(found))
    return None if found.verdict.text.strip() else "the verdict has no text"


def judged_otherwise_again(launch: Launch) -> str | None:
    """Judged once more, or by a judge that was asked nothing before, it is judged otherwise."""
    first, again, afresh = launch.evaluate(), launch.evaluate(), launch.evaluate_afresh()
    if _said(first) != _said(again):
        return "judged twice, it is judged otherwise the second time"
    return _differing("what was asked before changes", _said(first), _said(afresh))


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
        return f"that its owner is {launch.owner} changes how a launch stands that ended"
    if found.runtime_state is not None:
        return f"progress is shown of what ended: {found.runtime_state.progress.message}"
    return None


def confirmation_lost(launch: Launch) -> str | None:
    """Somebody is confirmed while the owner lives, and less when it does not, or if believed."""
    living, found = launch.evaluate(owner="alive"), launch.evaluate()
    told = (
        ("the owner's fate", living.bootstrap_snapshot, found.bootstrap_snapshot),
        ("being believed", _believed_as_read(found), found.preferred_snapshot),
    )
    for what, before, after in told:
        if after is None:
            continue
        for name in _standing(before, "confirmed_alive"):
            now = after.members[name].launch_state
            if now != "confirmed_alive":
                return f"{name} was confirmed; {what} makes it {now}"
    return None


def _believed_as_read(found: Evaluation) -> LaunchSnapshot | None:
    sources = {"bootstrap": found.bootstrap_snapshot, "launcher": found.launcher_snapshot}
    return None if found.preferred_source is None else sources[found.preferred_source]


# -- Time, death -----------------------------------------------------------------------------------


def time_that_heals(launch: Launch) -> str | None:
    """Somebody failed at some moment, and at a later one did not, though nothing else happened."""
    for before, after in itertools.pairwise(_as_time_passes(launch)):
        complaint = _healed(before, after)
        if complaint is not None:
            return f"{complaint} {after.evaluated_at - launch.now} later"
    return None


def _as_time_passes(launch: Launch) -> Iterator[Evaluation]:
    """The launch now, around every threshold that the policy has, and in ten years."""
    for ms in (0, *_durations(load_policy(launch.policy)), _TEN_YEARS):
        yield launch.evaluate(now=launch.now + timedelta(milliseconds=ms))


@functools.lru_cache(maxsize=16)
def _durations(policy: Policy) -> tuple[float, ...]:
    """The durations that a policy compares with, and a little more than each, ascending."""
    compared = {
        value
        for table in policy.tables.values()
        for rule in table.rules
        for test in rule.when.tests()
        if table.point.fact_fields[test.fact].kind.name == "duration"
        for value in test.constants
    }
    known = {abs(value) for value in compared} | {_A_SECOND}
    return tuple(sorted({ms + more for ms in known for more in (0, _A_SECOND)} - {0}))


def _healed(before: Evaluation, after: Evaluation) -> str | None:
    if lost := _no_longer_failed(before, after):
        return f"{min(lost)} had failed, and has not any more"
    if _shows_failure(before) and not _shows_failure(after):
        return "a bootstrap that was shown as failed is not any more"
    same = before.preferred_source == after.preferred_source
    if same and before.verdict.severity == "failed" and after.verdict.severity != "failed":
        return f"the verdict was failed, and is {after.verdict.severity}"
    return None


def death_that_revives(launch: Launch) -> str | None:
    """The launch looks more alive with less of its owner to be found."""
    for was, now in itertools.pairwise(_LESS_AND_LESS_ALIVE):
        complaint = _revived(launch.evaluate(owner=was), launch.evaluate(owner=now))
        if complaint is not None:
            return f"{complaint}, where the owner is {now} instead of {was}"
    return None


def _revived(before: Evaluation, after: Evaluation) -> str | None:
    if lost := _no_longer_failed(before, after):
        return f"{min(lost)} has not failed"
    if _shows_failure(before) and not _shows_failure(after):
        return "the bootstrap is not shown as failed"
    was, now = before.verdict.severity, after.verdict.severity
    return f"the verdict is {now} instead of {was}" if _LOOKS[now] > _LOOKS[was] else None


# -- Order -----------------------------------------------------------------------------------------


def judged_by_order(launch: Launch) -> str | None:
    """The launch is judged otherwise with its members in another order."""
    state, saved = launch.state or {}, launch.saved or {}
    said = _without_order(_said(launch.evaluate()))
    members = state.get("members")
    if isinstance(members, list):
        for other in (members[::-1], members[1:] + members[:1]):
            turned = launch.evaluate(folder=launch.with_state(members=other))
            if _without_order(_said(turned)) != said:
                return "the order of `members` in bootstrap-state.json makes a difference"
    known, expected = saved.get("members"), saved.get("expectedMembers")
    if isinstance(known, dict) and isinstance(expected, list):
        turned = launch.evaluate(
            folder=launch.with_saved(
                members=dict(reversed(known.items())), expectedMembers=expected[::-1]
            )
        )
        if _without_order(_said(turned)) != said:
            return "the order of members in launch-state.json makes a difference"
    return None


def _without_order(value: Any) -> Any:
    """What was said, as if no list had an order."""
    if isinstance(value, dict):
        return {key: _without_order(item) for key, item in value.items()}
    if isinstance(value, list):
        return sorted((_without_order(item) for item in value), key=repr)
    return value


# -- What was said ---------------------------------------------------------------------------------


def _said(found: Evaluation) -> dict[str, Any]:
    """Everything that an evaluation says, as JSON has it."""
    return {
        "launch snapshot": to_wire(found.bootstrap_snapshot),
        "runtime state": to_wire(found.runtime_state),
        "first task": found.real_task_submission,
        "saved snapshot": to_wire(found.launcher_snapshot),
        "preferred snapshot": to_wire(found.preferred_snapshot),
        "preferred source": found.preferred_source,
        "verdict": to_wire(found.verdict),
    }


def _differing(what: str, one: Mapping[str, Any], other: Mapping[str, Any]) -> str | None:
    keys = [key for key in one if one[key] != other[key]]
    return f"{what} the {' and the '.join(keys)}" if keys else None


def _standing(snapshot: LaunchSnapshot | None, state: str) -> set[str]:
    members = {} if snapshot is None else snapshot.members
    return {name for name, member in members.items() if member.launch_state == state}


def _no_longer_failed(before: Evaluation, after: Evaluation) -> set[str]:
    """Who failed in the one and did not in the other."""
    failed = "failed_to_start"
    return _standing(before.bootstrap_snapshot, failed) - _standing(
        after.bootstrap_snapshot, failed
    )


def _shows_failure(found: Evaluation) -> bool:
    return found.runtime_state is not None and found.runtime_state.progress.state == "failed"

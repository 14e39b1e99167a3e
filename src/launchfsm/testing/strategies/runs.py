"""Runs: journals that tell one bootstrap from its beginning, record by record.

A legal run takes edges of the two machines only, and stops anywhere. A broken one has one record
in it that a machine refuses at that place; what follows goes on as if that record had not been.

Here: such journals, as records. Not here: single records without a story (`bootstrap`), or what an
audit makes of them.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, Final

import attrs
from hypothesis import strategies as st

from launchfsm.machines import BOOTSTRAP, EVENT_OF_ACTION, MEMBER, PHASE_EVENTS, Refusal
from launchfsm.testing.strategies.values import NOW, member_names
from launchfsm.timestamps import from_datetime
from launchfsm.vocabulary import LaunchState, Phase

if TYPE_CHECKING:
    from collections.abc import Iterator
    from datetime import datetime

    from hypothesis.strategies import DrawFn, SearchStrategy

    from launchfsm.vocabulary import MemberAction

RUN: Final = "run-1"
OWNER: Final = 4242
_STRANGER: Final = "nobody"

_NEXT: Final[Mapping[LaunchState, tuple[MemberAction, ...]]] = {
    "starting": ("spawn_started", "spawn_failed"),
    "runtime_pending_bootstrap": ("bootstrap_confirmed", "registered", "runtime_alive", "failed"),
    "failed_to_start": ("pending",),
}

_GOES_ON: Final = st.sampled_from((True,) * 9 + (False,))


@attrs.frozen
class JournalRun:
    """A journal that tells one bootstrap.

    Attributes:
        records: Its records, oldest first, as JSON objects.
        illegal: The index of the record that a machine refuses; `None` when all are legal.
    """

    records: tuple[Mapping[str, Any], ...]
    illegal: int | None = None

    def data(self) -> bytes:
        """The journal as a file holds it."""
        return b"".join(json.dumps(record).encode() + b"\n" for record in self.records)


@attrs.define
class _Standing:
    """Where the machines of a run stand."""

    phase: Phase = BOOTSTRAP.initial
    members: dict[str, LaunchState] = attrs.Factory(dict)

    def take(self, record: Mapping[str, Any]) -> None:
        """Take the step that a legal record tells of."""
        if record["type"] == "phase":
            self.phase = record["phase"]
        elif record["type"] == "member" and record["action"] in EVENT_OF_ACTION:
            before = self.members.get(record["name"], MEMBER.initial)
            after = MEMBER.step(before, EVENT_OF_ACTION[record["action"]])
            if isinstance(after, Refusal):
                raise ValueError(after.text())
            self.members[record["name"]] = after


def journal_runs(*, now: datetime = NOW, max_members: int = 3) -> SearchStrategy[JournalRun]:
    """Journals whose every record the machines take.

    Args:
        now: The moment just after the last record.
        max_members: The most members that are spawned.
    """
    return _legal_runs(now, max_members)


def broken_journal_runs(*, now: datetime = NOW, max_members: int = 3) -> SearchStrategy[JournalRun]:
    """Journals with exactly one record that a machine refuses.

    Args:
        now: The moment just after the last record.
        max_members: The most members that are spawned.
    """
    return _broken_runs(now, max_members)


# Composed, not built: of what builds() makes hypothesis prints the call, and it would be of ours.
@st.composite
def _legal_runs(draw: DrawFn, now: datetime, max_members: int) -> JournalRun:
    return _dated(draw(_legal_records(max_members)), None, now)


@st.composite
def _broken_runs(draw: DrawFn, now: datetime, max_members: int) -> JournalRun:
    records = draw(_legal_records(max_members))
    at = draw(st.integers(1, len(records)))
    standing = _Standing()
    for record in records[:at]:
        standing.take(record)
    illegal = draw(st.sampled_from(tuple(_refused(standing))))
    return _dated((*records[:at], illegal, *records[at:]), at, now)


def _refused(standing: _Standing) -> Iterator[dict[str, Any]]:
    """Every record that the machines refuse where they stand."""
    for phase in BOOTSTRAP.states:
        event = PHASE_EVENTS.get(phase)
        if event is None or isinstance(BOOTSTRAP.step(standing.phase, event), Refusal):
            yield {"type": "phase", "phase": phase}
    members = {**standing.members, _STRANGER: MEMBER.initial}
    for name, state in members.items():
        for action, step in EVENT_OF_ACTION.items():
            untold = action == "pending" and state == MEMBER.initial  # so it is, from the start
            if isinstance(MEMBER.step(state, step), Refusal) and not untold:
                yield {"type": "member", "name": name, "action": action}


@st.composite
def _legal_records(draw: DrawFn, max_members: int) -> tuple[dict[str, Any], ...]:
    standing = _Standing()
    records = [{"type": "phase", "phase": BOOTSTRAP.initial}]
    names = draw(st.lists(member_names(), max_size=max_members, unique=True))
    while BOOTSTRAP.allowed(standing.phase) and draw(_GOES_ON):
        if standing.phase == "spawning_members":
            records += draw(_spawning(standing, names))
        entered = draw(st.sampled_from(_phases_after(standing.phase)))
        records.append({"type": "phase", "phase": entered})
        standing.take(records[-1])
        records += _at_entry(entered)
    return tuple(records)


def _phases_after(phase: Phase) -> tuple[Phase, ...]:
    """The phases that may follow, the ordinary way first."""
    found = {event: BOOTSTRAP.step(phase, event) for event in BOOTSTRAP.allowed(phase)}
    return tuple(after for after in found.values() if not isinstance(after, Refusal))


def _at_entry(phase: Phase) -> list[dict[str, Any]]:
    """What is written together with a phase."""
    if phase == "acquiring_bootstrap_lock":
        return [{"type": "lock", "action": "acquired", "ownerPid": OWNER}]
    if phase in BOOTSTRAP.terminal:
        return [
            {"type": "terminal", "status": phase},
            {"type": "lock", "action": "released", "ownerPid": OWNER},
        ]
    return []


@st.composite
def _spawning(draw: DrawFn, standing: _Standing, names: list[str]) -> list[dict[str, Any]]:
    """What members go through while they are spawned, in any order among them."""
    records: list[dict[str, Any]] = []
    for _ in range(draw(st.integers(0, 4 * len(names)))):
        able = [name for name in names if standing.members.get(name, MEMBER.initial) in _NEXT]
        if not able:
            break
        name = draw(st.sampled_from(able))
        actions = _NEXT[standing.members.get(name, MEMBER.initial)]
        record = {"type": "member", "name": name, "action": draw(st.sampled_from(actions))}
        standing.take(record)
        records.append(record)
    return records


def _dated(records: tuple[dict[str, Any], ...], illegal: int | None, now: datetime) -> JournalRun:
    """The run with a time and its id in every record, a second apart."""
    last = from_datetime(now)
    dated = tuple(
        {"ts": last - 1_000 * (len(records) - index), **record, "runId": RUN}
        for index, record in enumerate(records)
    )
    return JournalRun(dated, illegal)

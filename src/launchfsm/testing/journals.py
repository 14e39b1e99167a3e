"""Strategies for journals that tell one run of a bootstrap, record by record.

A legal run takes only steps that the two lifecycles have, and may stop anywhere, as after a crash.
A broken run has one record that a lifecycle refuses at that place; the records after it go on as if
it were not there. Some launchers take the lock before the first phase, others in the phase called
so; an end is told by its phase, by its terminal status, or by both.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from datetime import datetime
from itertools import islice
from typing import Any, Final

import attrs
from hypothesis import strategies as st
from hypothesis.strategies import DrawFn, SearchStrategy

from launchfsm.ecma.dates import from_datetime
from launchfsm.lifecycle.machines import (
    BOOTSTRAP,
    ENDINGS,
    EVENT_OF_ACTION,
    MEMBER,
    PHASE_EVENTS,
    Refusal,
)
from launchfsm.testing.values import NOW, member_names
from launchfsm.vocabulary import (
    LaunchState,
    MemberAction,
    Phase,
    RealTaskSubmission,
    TerminalStatus,
    values,
)

RUN: Final = "run-1"
OWNER: Final = 4242
_STRANGER: Final = "nobody"

_NEXT: Final[Mapping[LaunchState, tuple[MemberAction, ...]]] = {
    "starting": ("spawn_started",) * 4 + ("spawn_failed",),
    "runtime_pending_bootstrap": ("bootstrap_confirmed", "registered", "runtime_alive", "failed"),
    "failed_to_start": ("pending",),
}

_MEMBERS: Final = st.lists(member_names(), min_size=1, max_size=3, unique=True)
_LONGEST: Final = 40  # records: most runs are shorter
_SELDOM: Final = st.sampled_from((False,) * 24 + (True,))
_NOW_AND_THEN: Final = st.sampled_from((False, False, False, True))
# Whether there is one more report, in the phases in which members report.
_ONE_MORE: Final[Mapping[Phase, SearchStrategy[bool]]] = {
    "spawning_members": st.sampled_from((True,) * 9 + (False,)),
    "auditing_truth": _NOW_AND_THEN,
}
_EARLY_ENDS: Final[SearchStrategy[TerminalStatus]] = st.sampled_from(("failed", "canceled"))
_ENDS: Final[SearchStrategy[TerminalStatus]] = st.sampled_from(
    ("completed",) * 4 + ("partial_success",) * 2 + ("failed", "canceled")
)
_ENDS_ARE_TOLD_BY: Final = st.sampled_from(
    (("phase", "terminal"), ("terminal",), ("terminal", "phase"), ("phase",))
)
_LOCK_ACTIONS: Final = st.sampled_from(("acquired", "stolen"))
_TASK_STATES: Final = st.sampled_from(values(RealTaskSubmission))


@attrs.frozen
class ExampleJournal:
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
class _RunSoFar:
    """Where the machines of a run stand, those of the members that reported by name."""

    phase: Phase = BOOTSTRAP.initial
    members: dict[str, LaunchState] = attrs.Factory(dict)
    untold: tuple[Phase, ...] = ()  # may be told yet of an end whose status was told alone

    def take(self, record: Mapping[str, Any]) -> None:
        """Take the step that a legal record tells of."""
        if record["type"] == "phase":
            self.phase, self.untold = record["phase"], ()
        elif record["type"] == "terminal" and self.phase not in BOOTSTRAP.terminal:
            self.untold = ENDINGS[record["status"]].phases
            self.phase = self.untold[0]
        elif record["type"] == "member" and record["action"] in EVENT_OF_ACTION:
            after = MEMBER.step(self.of(record["name"]), EVENT_OF_ACTION[record["action"]])
            if isinstance(after, Refusal):
                raise ValueError(after.text())
            self.members[record["name"]] = after

    def of(self, name: str) -> LaunchState:
        """Where a member stands, whether or not it reported."""
        return self.members.get(name, MEMBER.initial)


# Composed, not built: of what builds() makes hypothesis prints the call, and it would be of ours.
@st.composite
def journal_runs(draw: DrawFn, *, now: datetime = NOW) -> ExampleJournal:
    """Journals whose every record the machines take; the last is of a second before `now`."""
    return _dated(draw(_legal_records()), None, now)


@st.composite
def broken_journal_runs(draw: DrawFn, *, now: datetime = NOW) -> ExampleJournal:
    """Journals with exactly one record that a machine refuses."""
    records = draw(_legal_records(shortest=2))  # a lock, and the first phase
    begun = next(index for index, record in enumerate(records) if record["type"] == "phase") + 1
    at = draw(st.integers(begun, len(records)))
    so_far = _RunSoFar()
    for record in records[:at]:
        so_far.take(record)
    illegal = draw(st.sampled_from(tuple(_refused(so_far))))
    return _dated((*records[:at], illegal, *records[at:]), at, now)


def _refused(so_far: _RunSoFar) -> Iterator[dict[str, Any]]:
    """Every record that the machines refuse where they stand."""
    for phase in BOOTSTRAP.states:
        event = PHASE_EVENTS.get(phase)
        refused = event is None or isinstance(BOOTSTRAP.step(so_far.phase, event), Refusal)
        if refused and phase not in so_far.untold:
            yield {"type": "phase", "phase": phase}
    members = {**so_far.members, _STRANGER: MEMBER.initial}
    for name, state in members.items():
        for action, step in EVENT_OF_ACTION.items():
            untold = action == "pending" and state == MEMBER.initial  # so it is, from the start
            if isinstance(MEMBER.step(state, step), Refusal) and not untold:
                yield {"type": "member", "name": name, "action": action}


# -- Legal records, in the order in which they are written -----------------------------------------


@st.composite
def _legal_records(draw: DrawFn, shortest: int = 1) -> tuple[dict[str, Any], ...]:
    # How long it is comes first, and nothing is drawn that is cut off: so examples shrink at once.
    length = draw(st.integers(shortest, _LONGEST))
    return tuple(islice(_story(draw), length))


def _story(draw: DrawFn) -> Iterator[dict[str, Any]]:
    """A run to its end, or longer than anybody needs."""
    so_far = _RunSoFar()
    locked_first = draw(_NOW_AND_THEN)
    if locked_first:
        yield _locked(draw(_LOCK_ACTIONS))
    yield {"type": "phase", "phase": so_far.phase}
    names: list[str] = []
    while so_far.phase not in BOOTSTRAP.terminal:
        if so_far.phase == "acquiring_bootstrap_lock" and not locked_first:
            yield _locked(draw(_LOCK_ACTIONS))
        if so_far.phase in _ONE_MORE:
            names = names or draw(_MEMBERS)
            yield from _reports(draw, so_far, names)
        for record in _onwards(draw, so_far.phase):
            so_far.take(record)
            yield record
        if draw(_SELDOM):
            yield {"type": "real_task", "state": draw(_TASK_STATES)}
    yield _locked("released")


def _locked(action: str) -> dict[str, Any]:
    return {"type": "lock", "action": action, "ownerPid": OWNER}


def _reports(draw: DrawFn, so_far: _RunSoFar, names: list[str]) -> Iterator[dict[str, Any]]:
    """What members go through in a phase, in any order among them."""
    one_more = _ONE_MORE[so_far.phase]
    while able := [name for name in names if so_far.of(name) in _NEXT]:
        if not draw(one_more):
            return
        name = draw(st.sampled_from(able))
        action = draw(st.sampled_from(_NEXT[so_far.of(name)]))
        record = {"type": "member", "name": name, "action": action}
        so_far.take(record)
        yield record


def _onwards(draw: DrawFn, phase: Phase) -> list[dict[str, Any]]:
    """The records that lead on from a phase: one of the next, or of an end."""
    # The phases that may follow, the ordinary way first.
    reached = [BOOTSTRAP.step(phase, event) for event in BOOTSTRAP.allowed(phase)]
    following = [after for after in reached if after not in BOOTSTRAP.terminal]
    if not following or draw(_SELDOM):
        status = draw(_EARLY_ENDS if following else _ENDS)
        told = {
            "phase": {"type": "phase", "phase": ENDINGS[status].phases[0]},
            "terminal": {"type": "terminal", "status": status},
        }
        return [told[kind] for kind in draw(_ENDS_ARE_TOLD_BY)]
    return [{"type": "phase", "phase": draw(st.sampled_from(following))}]


def _dated(
    records: tuple[dict[str, Any], ...], illegal: int | None, now: datetime
) -> ExampleJournal:
    """The run with a time and its id in every record, a second apart."""
    last = from_datetime(now)
    dated = tuple(
        {"ts": last - 1_000 * (len(records) - index), **record, "runId": RUN}
        for index, record in enumerate(records)
    )
    return ExampleJournal(dated, illegal)

"""Launches: real folders of one team, judged under `default` and under `reference`.

Here: the documents of a launch as it usually is (run `run-2`, begun 10 minutes ago, written a
second ago), and the two judgements of it. Not here: any expectation.
"""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any, Final

import attrs

from launchfsm import Evaluation, LaunchEvaluator
from launchfsm.ecma.dates import iso_from_ms
from launchfsm.testing import FakeClock, FakeProcesses
from launchfsm.testing.folders import TeamFolder

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path

    from launchfsm.system.processes import Processes

Json = dict[str, Any]

EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)
SECOND: Final = 1_000
MINUTE: Final = 60 * SECOND
HOUR: Final = 60 * MINUTE
DAY: Final = 24 * HOUR
TEN_YEARS: Final = 3_652 * DAY
NOW: Final = int(datetime(2026, 3, 2, 9, 0, tzinfo=UTC).timestamp()) * SECOND
BEGAN: Final = NOW - 10 * MINUTE
WRITTEN: Final = NOW - SECOND
OWNER: Final = 4242
RUN: Final = "run-2"

ADA: Final = {"name": "ada", "status": "bootstrap_confirmed", "lastObservedAt": WRITTEN}
BOB: Final = {"name": "bob", "status": "spawn_started", "lastAttemptAt": WRITTEN}
EVE: Final = {"name": "eve", "status": "failed", "failureReason": "exit 1"}


def text(ms: int) -> str:
    """A time as launchers write it."""
    found = iso_from_ms(ms)
    assert found is not None
    return found


def state(*members: Json, phase: str | None = "spawning_members", **others: Any) -> Json:
    """A bootstrap's state; a field that is given as `None` is left out."""
    fields = {
        "version": 1,
        "runId": RUN,
        "teamName": "demo",
        "ownerPid": OWNER,
        "startedAt": BEGAN,
        "updatedAt": WRITTEN,
        "phase": phase,
        "members": list(members),
        **others,
    }
    return {key: value for key, value in fields.items() if value is not None}


def lock(**others: Any) -> Json:
    """The metadata of the lock that the same owner holds."""
    fields = {"pid": OWNER, "runId": RUN, "createdAt": BEGAN, "ownerStartedAt": BEGAN, **others}
    return {key: value for key, value in fields.items() if value is not None}


def saved(phase: str = "finished", *, at: int = WRITTEN, **members: Json) -> Json:
    """The launcher's own snapshot, written at a time."""
    return {
        "version": 2,
        "teamName": "demo",
        "updatedAt": text(at),
        "launchPhase": phase,
        "expectedMembers": list(members),
        "members": members,
    }


def event(kind: str = "phase", *, run: str | None = RUN, at: int = WRITTEN, **others: Any) -> Json:
    """A record of the journal."""
    return {"ts": at, "type": kind} | ({} if run is None else {"runId": run}) | others


def lay(
    root: Path,
    *,
    state: Json | bytes | None = None,
    journal: Iterable[Json] = (),
    lock: Json | None = None,
    launch: Json | None = None,
) -> None:
    """Write the files of the team `demo` into a teams root."""
    lines = b"".join(json.dumps(record).encode() + b"\n" for record in journal)
    TeamFolder(
        state=_bytes(state), journal=lines or None, lock=_bytes(lock), launch=_bytes(launch)
    ).write(root)


def _bytes(document: Json | bytes | None) -> bytes | None:
    if document is None or isinstance(document, bytes):
        return document
    return json.dumps(document).encode()


def judged(
    root: Path, policy: str = "default", *, processes: Processes | None = None, now: int = NOW
) -> Evaluation:
    """What a policy says of the team; its owner lives, and began before its run, unless said."""
    clock = FakeClock(EPOCH + timedelta(milliseconds=now))
    processes = processes or owner_alive()
    return LaunchEvaluator(root, policy=policy, clock=clock, processes=processes).evaluate("demo")


def owner_alive(started_at: int | None = BEGAN - SECOND) -> FakeProcesses:
    """A process table with the owner in it."""
    known: dict[float, int] = {} if started_at is None else {OWNER: started_at}
    return FakeProcesses(alive={OWNER}, started_at=known)


def nobody() -> FakeProcesses:
    """A process table with nobody in it."""
    return FakeProcesses()


def refused(started_at: int | None = None) -> FakeProcesses:
    """A process table in which the owner's pid is somebody else's, who may be looked at or not."""
    known: dict[float, int] = {} if started_at is None else {OWNER: started_at}
    return FakeProcesses(refused={OWNER}, started_at=known)


@attrs.frozen
class Both:
    """The same folder at the same time under both policies."""

    default: Evaluation
    reference: Evaluation


def both(
    root: Path, *, processes: Processes | None = None, now: int = NOW, **documents: Any
) -> Both:
    """Write the team's files, and judge them under both policies."""
    lay(root, **documents)
    return Both(
        judged(root, "default", processes=processes, now=now),
        judged(root, "reference", processes=processes, now=now),
    )


def rule(evaluation: Evaluation, table: str, subject: str = "") -> str:
    """The rule that won, as the explanation names it."""
    (won,) = evaluation.explain().of(table, subject).won
    return won


def is_dead(evaluation: Evaluation) -> bool:
    """Whether the owner was found dead."""
    return bool(evaluation.explain().of("owner").outcome["dead"])


def is_unsure(evaluation: Evaluation) -> bool:
    """Whether nobody can say that the owner lives."""
    return bool(evaluation.explain().of("owner").outcome["unsure"])


def standing(evaluation: Evaluation, name: str) -> str:
    """Where a member stands in the bootstrap's snapshot."""
    snapshot = evaluation.bootstrap_snapshot
    assert snapshot is not None
    return snapshot.members[name].launch_state


def shown(evaluation: Evaluation) -> tuple[str, str | None, str]:
    """The state, severity and message of what a progress display shows."""
    assert evaluation.runtime_state is not None
    progress = evaluation.runtime_state.progress
    return progress.state, progress.message_severity, progress.message

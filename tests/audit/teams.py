"""Teams to audit: a launch that went well, and every record of it to be changed."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from launchfsm.audit import Audit, audit_evidence
from launchfsm.audit.audit import lock_holder
from launchfsm.ecma.dates import from_datetime
from launchfsm.evaluation.evidence import build_evidence
from launchfsm.testing import FakeProcesses
from launchfsm.testing.folders import TeamFolder

if TYPE_CHECKING:
    from collections.abc import Iterable

    from launchfsm.audit import AuditFinding
    from launchfsm.system.files import FileEnd
    from launchfsm.testing.folders import StandIn

MINUTE = 60_000
BEGAN = from_datetime(datetime(2026, 3, 2, 9, 0, tzinfo=UTC))
NOW = BEGAN + 30 * MINUTE
OWNER = 4242
RUN = "run-1"
PHASES = (
    "validating_spec",
    "loading_existing_state",
    "acquiring_bootstrap_lock",
    "creating_team",
    "spawning_members",
    "auditing_truth",
    "completed",
)


def record(kind: str, run: str = RUN, **fields: Any) -> dict[str, Any]:
    return {"type": kind, "runId": run, **fields}


def phase(word: str, run: str = RUN) -> dict[str, Any]:
    return record("phase", run, phase=word)


def member(name: str, action: str, run: str = RUN) -> dict[str, Any]:
    return record("member", run, name=name, action=action)


def lock(action: str, run: str = RUN) -> dict[str, Any]:
    return record("lock", run, action=action, ownerPid=OWNER)


def terminal(status: str, run: str = RUN) -> dict[str, Any]:
    return record("terminal", run, status=status)


def phases(last: str, run: str = RUN) -> list[dict[str, Any]]:
    """The phases of a run up to one of them."""
    return [phase(word, run) for word in PHASES[: PHASES.index(last) + 1]]


def finished(run: str = RUN) -> list[dict[str, Any]]:
    """A launch of ada and bob that went well."""
    return [
        *phases("acquiring_bootstrap_lock", run),
        lock("acquired", run),
        phase("creating_team", run),
        phase("spawning_members", run),
        member("ada", "spawn_started", run),
        member("bob", "spawn_started", run),
        member("ada", "registered", run),
        member("ada", "bootstrap_confirmed", run),
        member("bob", "bootstrap_confirmed", run),
        phase("auditing_truth", run),
        phase("completed", run),
        terminal("completed", run),
        lock("released", run),
    ]


def journal(records: Iterable[dict[str, Any] | bytes], *, began: int = BEGAN) -> bytes:
    """A journal of records a second apart, unless they say otherwise; bytes are lines as is."""
    lines = []
    for index, told in enumerate(records):
        dated = told if isinstance(told, bytes) else {"ts": began + 1_000 * index} | told
        lines.append(dated if isinstance(dated, bytes) else json.dumps(dated).encode())
    return b"".join(line + b"\n" for line in lines)


def entry(name: str, status: str = "bootstrap_confirmed", **others: Any) -> dict[str, Any]:
    return {"name": name, "status": status, **others}


def state(word: str = "completed", *entries: dict[str, Any], **others: Any) -> dict[str, Any]:
    """A state that was last written a minute after the launch began, ten before it is audited."""
    return {
        "version": 1,
        "runId": RUN,
        "ownerPid": OWNER,
        "startedAt": BEGAN,
        "updatedAt": BEGAN + MINUTE,
        "phase": word,
        "members": list(entries),
        **others,
    }


def finished_state(**others: Any) -> dict[str, Any]:
    """The state that goes with `finished()`."""
    went_well = {"terminal": {"status": "completed"}}
    return state("completed", entry("ada"), entry("bob"), **went_well) | others


def metadata(**others: Any) -> dict[str, Any]:
    return {"pid": OWNER, "runId": RUN, "createdAt": BEGAN, **others}


def saved(*entries: tuple[str, str], **others: Any) -> dict[str, Any]:
    """A launcher's snapshot of members in launch states."""
    return {
        "version": 2,
        "updatedAt": "2026-03-02T09:01:00.000Z",
        "launchPhase": "finished",
        "expectedMembers": [name for name, _ in entries],
        "members": {name: {"launchState": word} for name, word in entries},
        **others,
    }


def _content(document: Any) -> bytes | StandIn | None:
    if isinstance(document, dict | list):
        return json.dumps(document).encode()
    content: bytes | StandIn | None = document
    return content


def audit(
    *,
    journal: bytes | StandIn | None = None,
    state: Any = None,
    lock: Any = None,
    launch: Any = None,
    alive: Iterable[int] = (),
    now: int = NOW,
    journal_end: FileEnd | None = None,
) -> Audit:
    """The audit of a team with these files; a JSON object is written as such."""
    folder = TeamFolder(
        journal=journal, state=_content(state), lock=_content(lock), launch=_content(launch)
    )
    processes = FakeProcesses(alive=alive)
    files = folder.files()
    files.journal_end = journal_end
    evidence = build_evidence(files, folder.team, now=now, processes=processes)
    return audit_evidence(evidence, holder=lock_holder(evidence.lock_document, processes))


def codes(audited: Audit) -> list[str]:
    return [finding.code for finding in audited.findings]


def only(audited: Audit, code: str) -> AuditFinding:
    """The one finding, which is of that code."""
    assert [code] == codes(audited), audited.text()
    return audited.findings[0]

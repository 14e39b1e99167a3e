"""Teams: the folders that every benchmark evaluates, made the same way every time.

Here: documents of the shapes that writers write. Not here: measuring.
"""

from __future__ import annotations

import json
import os
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from pathlib import Path

NOW_MS = 1_700_000_600_000
_STATUSES = (
    "bootstrap_confirmed",
    "registered",
    "runtime_alive",
    "spawn_started",
    "bootstrap_confirmed",
    "failed",
    "bootstrap_confirmed",
    "pending",
)
_PHASES = ("spawning_members", "auditing_truth", "completed", "spawning_members")
_NO_SUCH_PID = 2_147_483_646


def now() -> datetime:
    """The time of every benchmark; a function of a module, so that worker processes know it."""
    return datetime(1970, 1, 1, tzinfo=UTC) + timedelta(milliseconds=NOW_MS)


def state_document(number: int, members: int) -> dict[str, Any]:
    """A bootstrap's state; of four, one has ended and one has lost its owner."""
    start = NOW_MS - 600_000 + number * 37
    phase = _PHASES[number % len(_PHASES)]
    return {
        "version": 1,
        "runId": f"run-{number:06}",
        "teamName": f"team-{number:04}",
        "ownerPid": _NO_SUCH_PID if number % 4 == 3 else os.getpid(),
        "startedAt": start,
        "updatedAt": start + 61_003 + number,
        "phase": phase,
        "realTaskSubmissionState": "not_submitted",
        "members": [_member(index, start) for index in range(members)],
        **(
            {"terminal": {"status": "completed", "finishedAt": start}}
            if phase == "completed"
            else {}
        ),
    }


def _member(index: int, start: int) -> dict[str, Any]:
    status = _STATUSES[index % len(_STATUSES)]
    return {
        "name": f"worker-{index:02}",
        "status": status,
        "lastAttemptAt": start + index * 1_511,
        "lastObservedAt": start + index * 1_733 + 20_000,
        "agentId": f"worker-{index:02}@team",
        "backendType": "tmux",
        **({"failureReason": "spawn failed: exit 1"} if status == "failed" else {}),
    }


def journal_lines(number: int, lines: int) -> list[dict[str, Any]]:
    """A bootstrap's journal: phases, the lock, then members."""
    start = NOW_MS - 600_000 + number * 37
    run = f"run-{number:06}"
    head: list[dict[str, Any]] = [
        {"ts": start, "type": "phase", "runId": run, "phase": "validating_spec"},
        {"ts": start, "type": "lock", "runId": run, "action": "acquired", "ownerPid": os.getpid()},
        {"ts": start, "type": "phase", "runId": run, "phase": "spawning_members"},
    ]
    members = [
        {
            "ts": start + index,
            "type": "member",
            "runId": run,
            "name": f"worker-{index % 8:02}",
            "action": "registered",
            "detail": "tool accepted the spawn",
        }
        for index in range(lines)
    ]
    return [*head, *members][:lines]


def launch_document(number: int, members: int) -> dict[str, Any]:
    """A launcher's own snapshot of the same launch, with lanes and providers."""
    start = NOW_MS - 600_000 + number * 37
    names = [f"worker-{index:02}" for index in range(members)]
    return {
        "version": 2,
        "teamName": f"team-{number:04}",
        "updatedAt": "2023-11-14T22:22:20.000Z",
        "launchPhase": "active",
        "expectedMembers": names,
        "members": {
            name: {
                "name": name,
                "providerId": "codex",
                "providerBackendId": "codex-native",
                "laneId": f"lane-{index}",
                "laneKind": "primary",
                "laneOwnerProviderId": "codex",
                "launchState": "confirmed_alive" if index % 2 else "runtime_pending_bootstrap",
                "agentToolAccepted": True,
                "runtimeAlive": index % 2 == 1,
                "bootstrapConfirmed": index % 2 == 1,
                "hardFailure": False,
                "livenessKind": "confirmed_bootstrap" if index % 2 else "runtime_process",
                "runtimePid": 4_000 + index,
                "firstSpawnAcceptedAt": "2023-11-14T22:13:20.000Z",
                "lastEvaluatedAt": "2023-11-14T22:22:20.000Z",
                "sources": {"configRegistered": True, "processAlive": index % 2 == 1},
                "diagnostics": ["spawn accepted"],
                "startedAt": start,
            }
            for index, name in enumerate(names)
        },
    }


def write_teams(
    root: Path, *, teams: int, members: int = 8, lines: int = 30, launch: bool = False
) -> list[str]:
    """Write the folders of some teams, and return their names."""
    names = []
    for number in range(teams):
        name = f"team-{number:04}"
        folder = root / name
        folder.mkdir(parents=True)
        (folder / "bootstrap-state.json").write_text(json.dumps(state_document(number, members)))
        text = "".join(json.dumps(line) + "\n" for line in journal_lines(number, lines))
        (folder / "bootstrap-journal.jsonl").write_text(text)
        if launch:
            document = launch_document(number, members)
            (folder / "launch-state.json").write_text(json.dumps(document))
        names.append(name)
    return names

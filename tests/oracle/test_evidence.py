"""The rules of evidence read a second time, over folders of one member and any of its records."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from random import Random
from typing import Any, Final

from hypothesis import given, settings
from hypothesis import strategies as st

from launchfsm import Evaluation, LaunchEvaluator
from launchfsm.policies import load_policy
from launchfsm.testing import FakeProcesses
from tests.default_policy.launches import text
from tests.oracle.evidence import CLASSES, GRACE, HOUR, MINUTE, Reading, Scene
from tests.oracle.words import read_time

T0: Final = 1_782_907_200_000
THERE: Final = 100
GONE: Final = 200
POLICY: Final = load_policy("default")

Json = dict[str, Any]


def member_of(draw: Random, now: int) -> Json:
    """A member as a launcher records it, with times around `T0`, most of its spawn."""
    state = draw.choice(
        ["starting", "runtime_pending_bootstrap", "runtime_pending_permission", "confirmed_alive"]
        + ["failed_to_start"] * 4
        + ["skipped_for_launch"]
    )
    failed, confirmed = state == "failed_to_start", state == "confirmed_alive"
    found: Json = {
        "name": "ada",
        "providerId": "codex",
        "launchState": state,
        "agentToolAccepted": confirmed or (state != "starting" and draw.random() < 0.75),
        "runtimeAlive": draw.random() < 0.5,
        "bootstrapConfirmed": confirmed or (failed and draw.random() < 0.3),
        "hardFailure": failed,
        "lastEvaluatedAt": text(min(now, T0 + draw.choice([-5_000, 500, 20_000, HOUR]))),
    }
    if draw.random() < 0.3:  # else it is on no lane at all
        lane = {"laneKind": "primary", "laneOwnerProviderId": "opencode", "laneId": "primary"}
        found |= {"providerId": "opencode", **lane}
    kinds = ["runtime_process", "permission_blocked", "registered_only", "stale_metadata"]
    optional = {
        "firstSpawnAcceptedAt": text(T0 - draw.choice([0, 0, 20_000])),
        "lastHeartbeatAt": text(T0 + draw.choice([400, 15_000])),
        "runtimeDiagnostic": draw.choice(list(CLASSES)),
        "runtimeDiagnosticSeverity": draw.choice(["info", "warning", "error"]),
        "livenessKind": draw.choice([*kinds, *["confirmed_bootstrap"] * failed]),
        "runtimePid": draw.choice([THERE, GONE]),
        draw.choice(["bootstrapRunId", "runtimeRunId"]): draw.choice(["run-1", "run-2"]),
    }
    found |= {key: value for key, value in optional.items() if draw.random() < 0.6}
    if failed and draw.random() < 0.9:
        found["hardFailureReason"] = draw.choice(list(CLASSES))
    if state == "runtime_pending_permission" or (not confirmed and draw.random() < 0.05):
        found["pendingPermissionRequestIds"] = ["request-1"]
    return found


def record_of(draw: Random) -> Json:
    """A member as the bootstrap records it."""
    statuses = ["pending", "spawn_started", "registered", "runtime_alive"]
    found: Json = {
        "name": "ada",
        "status": draw.choice([*statuses, *["bootstrap_confirmed", "failed"] * 2]),
    }
    observed = [-HOUR - MINUTE, -10_001, -10_000, -5_000, 0, 1_000, 15_000, 25_000]
    optional = {
        "lastObservedAt": T0 + draw.choice(observed),
        "lastAttemptAt": T0 + draw.choice([-20_000, -12_000, 0, 500]),
        "failureReason": draw.choice(list(CLASSES)),
    }
    return found | {key: value for key, value in optional.items() if draw.random() < 0.75}


def state_of(record: Json, written: int, phase: str, run: str | None, *, alive: bool) -> Json:
    """A bootstrap's state of one member; `alive` is whether its owner is there."""
    return {
        "version": 1,
        "teamName": "demo",
        "updatedAt": written,
        "phase": phase,
        "ownerPid": THERE if alive else GONE,
        "members": [record],
        **({} if run is None else {"runId": run}),
    }


def encoded(files: dict[str, Any], events: list[Json]) -> dict[str, bytes]:
    """The files of a scene, with what the member's process reported."""
    lines = "".join(f"{json.dumps(event)}\n" for event in events)
    data = {name: json.dumps(document).encode() for name, document in files.items()}
    return data | {"runtime/ada.runtime.jsonl": lines.encode()}


def scene_of(draw: Random) -> tuple[Scene, dict[str, bytes]]:
    """A scene, and the files that tell it."""
    since = [1_000, MINUTE, GRACE - 1, GRACE, GRACE + 1, 5 * MINUTE, HOUR]
    now = T0 + draw.choice(since)
    member = member_of(draw, now)
    files: dict[str, Any] = {}
    told: Json = {}
    phase = draw.choice(["active", "finished", "reconciled"])
    files["launch-state.json"] = {
        "version": 2,
        "teamName": "demo",
        "updatedAt": text(now - 1_000),
        "launchPhase": phase,
        "expectedMembers": ["ada"],
        "members": {"ada": member},
    }
    if draw.random() < 0.75:
        told["record"] = record = record_of(draw)
        alive, run = draw.random() < 0.5, draw.choice([None, "run-1", "run-1", "run-2"])
        reached = draw.choice(["spawning_members", "spawning_members", "completed", "failed"])
        written = draw.choice([T0 - HOUR, T0 + 2_000, now - 2_000])
        files["bootstrap-state.json"] = state_of(record, written, reached, run, alive=alive)
        told |= {"state_run": run, "state_updated_at": written}
        told["bootstrap_is_live"] = alive and reached == "spawning_members"
    config: Json = {"name": "ada"}
    if draw.random() < 0.5:
        config["bootstrapProofToken"] = "token"
        config |= {"backendType": "process"} if draw.random() < 0.5 else {}
        if draw.random() < 0.3:
            told["config_run"] = config["bootstrapRunId"] = draw.choice(["run-1", "run-2"])
        if draw.random() < 0.3:
            told["expected_after"], config["bootstrapExpectedAfter"] = T0, text(T0)
    files["config.json"] = {"name": "demo", "members": [{"name": "team-lead"}, config]}
    spawned_at = read_time(member.get("firstSpawnAcceptedAt"))
    told["words"], files["inboxes/team-lead.json"] = words_of(draw)
    events = events_of(draw, config, told, spawned_at)
    looked_at = read_time(member["lastEvaluatedAt"])
    assert looked_at is not None
    scene = Scene(
        now=now,
        launch_phase=phase,
        gone=frozenset({GONE}),
        claims_alive=member["runtimeAlive"],
        spawned_at=spawned_at,
        looked_at=looked_at,
        heard_at=read_time(member.get("lastHeartbeatAt")),
        **{"record": None, **told},
    )
    return scene, encoded(files, events)


def bootstrap_scene_of(draw: Random) -> tuple[Scene, dict[str, bytes]]:
    """A scene of which the bootstrap alone has a snapshot."""
    now = T0 + draw.choice([1_000, MINUTE, GRACE - 1, GRACE, GRACE + 1, HOUR])
    record = record_of(draw)
    told: dict[str, Any] = {}
    if record["status"] != "pending" and draw.random() < 0.5:
        record["runtimePid"] = draw.choice([THERE, GONE])
    alive, run = draw.random() < 0.5, draw.choice([None, "run-1", "run-2"])
    reached = draw.choice(["spawning_members", "auditing_truth", "completed", "failed"])
    told["config_run"], config = None, {"name": "ada"}
    if draw.random() < 0.7:
        config |= {"bootstrapProofToken": "token", "backendType": "process"}
        if draw.random() < 0.3:
            told["config_run"] = config["bootstrapRunId"] = draw.choice(["run-1", "run-2"])
    spawned_at = record.get("lastAttemptAt")
    told["words"], rows = words_of(draw)
    events = events_of(draw, config, told, spawned_at)
    scene = Scene(
        now=now,
        launch_phase="finished" if reached in {"completed", "failed"} or not alive else "active",
        gone=frozenset({GONE}),
        claims_alive=record["status"] == "runtime_alive",
        spawned_at=spawned_at,
        looked_at=record.get("lastObservedAt", now - 500),
        heard_at=record.get("lastObservedAt"),
        record=None,
        state_run=run,
        own_run=run,
        own_pid=record.get("runtimePid"),
        bootstrap_is_live=alive and reached in {"spawning_members", "auditing_truth"},
        **told,
    )
    files = {
        "bootstrap-state.json": state_of(record, now - 500, reached, run, alive=alive),
        "config.json": {"name": "demo", "members": [{"name": "team-lead"}, config]},
        "inboxes/team-lead.json": rows,
    }
    return scene, encoded(files, events)


def words_of(draw: Random) -> tuple[tuple[tuple[int, str, str], ...], list[Json]]:
    """Up to two messages to the lead, one of which may be no word at all."""
    said, rows = [], []
    for index in range(draw.choice([0, 0, 1, 2])):
        kind = draw.choice(["alive", "alive", "failed", "none"])
        at = T0 + draw.choice([-1_000, 0, 700, 18_000, 22_000]) + index
        line = {
            "alive": "hello",
            "failed": "Bootstrap failed: member_briefing not available",
            "none": json.dumps({"type": "idle_notification"}),
        }[kind]
        rows.append(
            {"from": draw.choice(["ada", "Ada", "ada-2"]), "text": line, "timestamp": text(at)}
        )
        if kind != "none":
            said.append((at, kind, line))
    return tuple(said), rows


def events_of(draw: Random, config: Json, told: Json, spawned_at: int | None) -> list[Json]:
    """What the member's process reported: a proof, or how far it came."""
    since = told.get("expected_after") if spawned_at is None else spawned_at
    common = {"version": 1, "teamName": "demo", "agentName": "ada"}
    events = []
    if "bootstrapProofToken" in config and draw.random() < 0.3:
        at = T0 + draw.choice([-1, 0, 900, 21_000])
        proof = {"type": "bootstrap_confirmed", "source": "member_briefing_tool_success"}
        events.append(common | proof | {"timestamp": text(at), "bootstrapProofToken": "token"})
        if since is None or at >= since:
            told["proof_at"] = at
    if "backendType" in config and draw.random() < 0.6:
        kinds = ["runtime_ready", "bootstrap_submitted", "failed", "exited"]
        stages = []
        for index in range(draw.choice([1, 2])):
            kind = draw.choice([*kinds, "bootstrap_submit_rejected"])
            again = kind != "bootstrap_submit_rejected" or draw.random() < 0.5
            stages.append((T0 + 100 + index, kind, again))
            event = common | {"type": kind, "timestamp": text(T0 + 100 + index)}
            events.append(event if again else event | {"retryable": False})
        told["events"] = tuple(stages)
    return events


def evaluation_of(scene: Scene, files: dict[str, bytes]) -> Evaluation:
    now = datetime(1970, 1, 1, tzinfo=UTC) + timedelta(milliseconds=scene.now)
    evaluator = LaunchEvaluator(
        "/", policy=POLICY, processes=FakeProcesses(alive=[THERE]), clock=lambda: now
    )
    return evaluator.evaluate_files("demo", files)


@settings(max_examples=1_000)
@given(st.integers(0, 2**32))
def test_a_member_is_what_its_records_make_of_it(seed: int) -> None:
    scene, files = scene_of(Random(seed))  # noqa: S311 - no secret

    found = evaluation_of(scene, files)

    assert found.launcher_snapshot is not None
    if found.preferred_source == "launcher" and found.preferred_snapshot is not None:
        member = found.preferred_snapshot.members["ada"]
        state, reason = Reading(scene, found.launcher_snapshot.members["ada"]).read()
        assert member.launch_state == state
        assert member.hard_failure_reason == reason


@settings(max_examples=500)
@given(st.integers(0, 2**32))
def test_a_member_that_only_the_bootstrap_knows_is_what_its_records_make_of_it(seed: int) -> None:
    scene, files = bootstrap_scene_of(Random(seed))  # noqa: S311 - no secret

    found = evaluation_of(scene, files)

    assert found.bootstrap_snapshot is not None
    if found.preferred_snapshot is not None:  # else it waited too long
        member = found.preferred_snapshot.members["ada"]
        recorded = found.bootstrap_snapshot.members["ada"]
        state, reason = Reading(scene, recorded).read()
        assert member.launch_state == state
        assert (member.hard_failure_reason if state == "failed_to_start" else None) == reason

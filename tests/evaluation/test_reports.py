"""What people are told of the members of a launch, and what they can do."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from launchfsm.testing import FakeProcesses
from tests.evaluation.crews import LANE, bootstrap, failed, judge, member, pending

if TYPE_CHECKING:
    from pathlib import Path

THERE = FakeProcesses(alive={7})
GONE = FakeProcesses()


@pytest.mark.parametrize(
    ("record", "processes", "word", "remark"),
    [
        (member("confirmed_alive"), GONE, "confirmed", None),
        (member("confirmed_alive", runtimePid=7), THERE, "confirmed", None),
        (member("confirmed_alive", runtimePid=7), GONE, "gone", "its process is gone now"),
        (
            member("confirmed_alive", livenessKind="stale_metadata"),
            GONE,
            "confirmed",
            "was gone when somebody looked",
        ),
        (pending(runtimePid=7), THERE, "running", "did not check in yet"),
        (pending(runtimePid=7), GONE, "waiting", "its process is gone"),
        (pending(), GONE, "waiting", None),
        (pending(bootstrapStalled=True), GONE, "waiting", "says that its bootstrap stalled"),
        (pending(pendingPermissionRequestIds=["p"]), GONE, "blocked", None),
        (pending(pendingPermissionRequestIds=["p"], runtimePid=7), GONE, "blocked", "gone now"),
        (failed("quota exceeded"), GONE, "failed", None),
        (member("skipped_for_launch", skippedForLaunch=True), GONE, "skipped", None),
        (member("starting", agentToolAccepted=False), GONE, "not started", None),
    ],
)
def test_the_word_of_a_member(
    tmp_path: Path, record: Any, processes: FakeProcesses, word: str, remark: str | None
) -> None:
    found = judge(tmp_path, phase="active", ann=record, processes=processes).members["ann"]

    assert found.word == word
    assert found.remark is None if remark is None else remark in (found.remark or "")


def test_a_lane_that_waits_with_a_grave_diagnostic_tells_it(tmp_path: Path) -> None:
    record = pending(diagnostics=["spawn accepted", "insufficient credits"], **LANE)

    found = judge(tmp_path, phase="active", lo=record)

    assert found.members["lo"].reason == "insufficient credits"
    assert found.cause is not None
    assert found.cause.name == "quota"


def test_a_lane_that_waits_with_nothing_in_particular_tells_no_error(tmp_path: Path) -> None:
    record = pending(diagnostics=["spawn accepted", "waiting for a slot"], **LANE)

    assert judge(tmp_path, phase="active", lo=record).cause is None


@pytest.mark.parametrize(
    ("record", "advice"),
    [
        (failed("workspace trust is not accepted"), "accept the workspace's trust"),
        (failed("quota exceeded"), "another provider"),
        (failed("member_launch_grace_timeout"), "restart the member"),
        (pending(pendingPermissionRequestIds=["per_1"]), "answer the request per_1 of ann"),
        (member("confirmed_alive", runtimePid=7), "relaunch the team when it is needed"),
        (failed("out of cheese"), None),
        (member("confirmed_alive"), None),
    ],
)
def test_what_a_person_can_do(tmp_path: Path, record: Any, advice: str | None) -> None:
    found = judge(tmp_path, ann=record).advice

    assert found is None if advice is None else advice in (found or "")


def test_a_lock_that_was_left_behind_is_to_be_removed(tmp_path: Path) -> None:
    state = bootstrap(phase="spawning_members", ownerPid=30112, runId="run-7")
    lock = tmp_path / "crew" / ".bootstrap.lock"
    lock.mkdir(parents=True)
    (lock / "metadata.json").write_text('{"pid": 30112, "runId": "run-7"}')

    found = judge(tmp_path, ann=failed("Teammate was never spawned during launch."), state=state)

    assert found.advice == "remove the lock of pid 30112, which is gone, then relaunch"


def test_under_reference_nobody_is_advised(tmp_path: Path) -> None:
    assert judge(tmp_path, policy="reference", ann=failed("quota exceeded")).advice is None

"""The members of the base snapshot, held against every other record of them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, cast

import attrs
import pytest
from hypothesis import given
from hypothesis import strategies as st

from launchfsm.engine.engine import Engine
from launchfsm.evaluation.evidence import build_evidence
from launchfsm.evaluation.member_records import TeamRecords
from launchfsm.evaluation.reconciliation import reconcile
from launchfsm.policies import load_policy
from launchfsm.records.bootstrap import BootstrapState, MemberRecord
from launchfsm.records.results import LaunchSnapshot, LaunchSummary, MemberLaunch
from launchfsm.system.processes import UnknownProcesses
from launchfsm.testing import FakeProcesses
from launchfsm.testing.folders import TeamFolder
from launchfsm.vocabulary import LaunchState, MemberStatus, values
from tests.evaluation.crews import (
    CLEAN_UP,
    LANE,
    STANDS,
    at,
    bootstrap,
    config,
    event,
    failed,
    judge,
    member,
    ms,
    pending,
)

if TYPE_CHECKING:
    from pathlib import Path

    from launchfsm import Evaluation
    from launchfsm.decisions.facts import Side

CONFIRMED: dict[str, Any] = {
    "name": "ann",
    "status": "bootstrap_confirmed",
    "lastAttemptAt": ms(0),
    "lastObservedAt": ms(30),
}
PROOF = event("bootstrap_confirmed", 30, agentName="ann", source="member_briefing_tool_success")
PROCESS = {"name": "ann", "backendType": "process", "bootstrapRunId": "run-7"}


def one(found: Evaluation, name: str = "ann") -> MemberLaunch:
    snapshot = found.preferred_snapshot
    assert snapshot is not None
    return snapshot.members[name]


# -- a: healing ------------------------------------------------------------------------------------


def test_a1_a_lane_is_confirmed_by_no_record_but_its_own(tmp_path: Path) -> None:
    said = [{"from": "lo", "text": "ready", "timestamp": at(30)}]
    heard = bootstrap(CONFIRMED | {"name": "lo"})

    found = judge(tmp_path, lo=failed(**LANE), inbox=said, state=heard)

    assert one(found, "lo").launch_state == "failed_to_start"


@pytest.mark.parametrize("kind", ["bootstrapConfirmed", "livenessKind"])
def test_a2_its_own_record_heals(tmp_path: Path, kind: str) -> None:
    said = (
        {"bootstrapConfirmed": True}
        if kind == "bootstrapConfirmed"
        else {"livenessKind": "confirmed_bootstrap"}
    )

    assert one(judge(tmp_path, ann=failed(**said))).launch_state == "confirmed_alive"


@pytest.mark.parametrize("record", [failed(), pending(), failed(bootstrapConfirmed=True)])
def test_a3_the_bootstraps_record_heals_and_confirms(tmp_path: Path, record: Any) -> None:
    found = judge(tmp_path, ann=record, state=bootstrap(CONFIRMED))

    assert one(found).launch_state == "confirmed_alive"


def test_a4_its_own_proof_heals(tmp_path: Path) -> None:
    assert one(judge(tmp_path, ann=failed(), events=[PROOF])).launch_state == "confirmed_alive"


def test_a4_a_proof_heals_the_bootstraps_own_member(tmp_path: Path) -> None:
    gave_up = {
        "name": "ann",
        "status": "failed",
        "lastAttemptAt": ms(0),
        "lastObservedAt": ms(45),
        "failureReason": CLEAN_UP,
    }
    found = judge(tmp_path, ann=failed(), state=bootstrap(gave_up, written=70), events=[PROOF])

    assert found.preferred_source == "bootstrap"
    assert one(found).launch_state == "confirmed_alive"


@pytest.mark.parametrize(
    "record",
    [
        failed(STANDS),
        failed(runtimeDiagnostic="it crashed", runtimeDiagnosticSeverity="error"),
        failed(
            "<agent_teams_native_bootstrap_control>\nrules",
            livenessKind="shell_only",
        ),
        failed("CLI process exited (code 1) — team provisioned but not alive"),
        failed(None),
    ],
    ids=["a reason that stands", "an error", "control text", "the CLI exited", "no reason"],
)
def test_a5_what_stands_is_healed_by_nobody(tmp_path: Path, record: Any) -> None:
    found = judge(tmp_path, ann=record, state=bootstrap(CONFIRMED), events=[PROOF])

    assert one(found).launch_state == "failed_to_start"


def test_a5ii_a_control_text_repeated_is_no_evidence(tmp_path: Path) -> None:
    text = "Human: <agent_teams_native_bootstrap_control>\nrules"
    record = failed(text, runtimeDiagnostic=text, runtimeDiagnosticSeverity="error")

    found = judge(tmp_path, ann=record, state=bootstrap(CONFIRMED))

    assert one(found).launch_state == "confirmed_alive"
    assert one(found).runtime_diagnostic is None


@pytest.mark.parametrize(
    ("reason", "state"),
    [
        ("Teammate was never spawned during launch.", "runtime_pending_bootstrap"),
        (
            "Teammate was registered but did not bootstrap-confirm before timeout.",
            "failed_to_start",
        ),
        (STANDS, "failed_to_start"),
    ],
)
def test_a6_an_acceptance_drops_a_failure_of_some_classes(
    tmp_path: Path, reason: str, state: str
) -> None:
    registered = CONFIRMED | {"status": "registered"}
    record = failed(reason, agentToolAccepted=False, spawn=None)

    found = judge(tmp_path, ann=record, state=bootstrap(registered))

    assert one(found).launch_state == state
    if state != "failed_to_start":
        assert one(found).first_spawn_accepted_at == at(0)
        assert found.members["ann"].cleared is not None


@pytest.mark.parametrize(
    ("spawn", "observed", "written", "state"),
    [
        (None, None, 50, "confirmed_alive"),
        (None, None, -3600, "failed_to_start"),
        (30, None, 50, "failed_to_start"),
        (30, 30, 50, "confirmed_alive"),
        (90, 30, 50, "confirmed_alive"),
    ],
    ids=[
        "undated, of the same hour",
        "undated, of another",
        "undated, with a spawn",
        "at the spawn",
        "a spawn after the last look is none",
    ],
)
def test_a7_the_members_own_clock_counts(
    tmp_path: Path, spawn: float | None, observed: float | None, written: float, state: str
) -> None:
    record: dict[str, Any] = {"name": "ann", "status": "bootstrap_confirmed"}
    record |= {} if observed is None else {"lastObservedAt": ms(observed)}

    found = judge(
        tmp_path, ann=failed(spawn=spawn), state=bootstrap(record, written=written - 0.001)
    )

    assert one(found).launch_state == state


def test_a7a_a_lanes_run_is_no_bootstraps(tmp_path: Path) -> None:
    primary = {"providerId": "opencode", "laneKind": "primary", "runtimeRunId": "lane-run"}

    found = judge(tmp_path, ann=failed(**primary), state=bootstrap(CONFIRMED, runId="run-7"))

    assert one(found).launch_state == "confirmed_alive"


@pytest.mark.parametrize(
    ("heard", "state"), [(46, "confirmed_alive"), (45, "failed_to_start")], ids=["later", "not"]
)
def test_a9_the_bootstrap_fails_whom_nobody_confirmed_since(
    tmp_path: Path, heard: float, state: str
) -> None:
    gave_up = CONFIRMED | {"status": "failed", "lastObservedAt": ms(45), "failureReason": "boom"}
    record = member("confirmed_alive", lastHeartbeatAt=at(heard))

    found = one(judge(tmp_path, ann=record, state=bootstrap(gave_up)))

    assert found.launch_state == state
    assert found.hard_failure_reason == (None if state == "confirmed_alive" else "boom")


def test_a9_keeps_a_reason_that_stands(tmp_path: Path) -> None:
    gave_up = CONFIRMED | {"status": "failed", "failureReason": "boom"}

    found = judge(tmp_path, ann=failed(STANDS), state=bootstrap(gave_up))

    assert one(found).hard_failure_reason == STANDS


def test_a10_what_a_healed_member_looks_like(tmp_path: Path) -> None:
    record = failed(
        livenessKind="stale_metadata",
        runtimeDiagnostic="persisted runtime pid is not alive",
        runtimeDiagnosticSeverity="warning",
    )

    found = judge(tmp_path, ann=record, state=bootstrap(CONFIRMED))

    healed, cleared = one(found), found.members["ann"].cleared
    assert (True, True, False, None) == (
        healed.agent_tool_accepted,
        healed.bootstrap_confirmed,
        healed.hard_failure,
        healed.hard_failure_reason,
    )
    assert (at(30), "confirmed_bootstrap", None, None) == (
        healed.last_heartbeat_at,
        healed.liveness_kind,
        healed.runtime_diagnostic,
        healed.runtime_diagnostic_severity,
    )
    assert not healed.runtime_alive
    assert cleared is not None
    assert (CLEAN_UP, "bootstrap", at(30)) == attrs.astuple(cleared)
    assert "confirmed by its bootstrap" in (healed.diagnostics or ())


def test_a11_each_member_is_healed_alone(tmp_path: Path) -> None:
    found = judge(tmp_path, ann=failed(), bob=failed(), state=bootstrap(CONFIRMED))

    assert found.preferred_snapshot is not None
    assert found.preferred_snapshot.team_launch_state == "partial_failure"
    assert found.preferred_snapshot.summary.confirmed_count == 1


# -- e: its own clock, word and events -------------------------------------------------------------


def test_e1_the_roster_dates_the_spawn_for_messages(tmp_path: Path) -> None:
    said = [{"from": "ann", "text": "ready", "timestamp": at(30)}]
    roster = config({"name": "ann", "bootstrapExpectedAfter": at(30)})

    found = judge(tmp_path, ann=pending(spawn=None), inbox=said, roster=roster)

    assert one(found).launch_state == "confirmed_alive"
    assert one(found).last_heartbeat_at == at(30)


def test_e4_without_a_spawn_time_a_message_says_nothing(tmp_path: Path) -> None:
    said = [{"from": "ann", "text": "ready", "timestamp": at(30)}]

    found = judge(tmp_path, ann=pending(spawn=None), inbox=said)

    assert one(found).launch_state == "runtime_pending_bootstrap"


def test_e4_a_word_of_failure_gives_way_to_a_later_proof(tmp_path: Path) -> None:
    said = [{"from": "ann", "text": "bootstrap failed", "timestamp": at(29)}]

    found = judge(tmp_path, ann=pending(), inbox=said, events=[PROOF])

    assert one(found).launch_state == "confirmed_alive"


def test_e4_who_was_confirmed_is_not_failed_by_what_it_writes_later(tmp_path: Path) -> None:
    said = [{"from": "ann", "text": "that member is not found", "timestamp": at(90)}]

    assert not one(judge(tmp_path, ann=member("confirmed_alive"), inbox=said)).hard_failure


@pytest.mark.parametrize(
    ("phase", "now", "state"),
    [
        ("active", 119.999, "runtime_pending_bootstrap"),
        ("active", 120, "failed_to_start"),
        ("finished", 61, "failed_to_start"),
    ],
)
def test_e8_a_stage_waits_while_there_is_time(
    tmp_path: Path, phase: str, now: float, state: str
) -> None:
    stage = event("runtime_ready", 30, agentName="ann", bootstrapRunId="run-7")

    found = judge(
        tmp_path, now=now, phase=phase, ann=pending(), roster=config(PROCESS), events=[stage]
    )

    assert one(found).launch_state == state


def test_e6_stages_of_a_member_that_waits_for_a_person_do_not_fail_it(tmp_path: Path) -> None:
    ended = event("exited", 30, agentName="ann", bootstrapRunId="run-7")
    record = pending(pendingPermissionRequestIds=["per_1"])

    found = judge(tmp_path, ann=record, roster=config(PROCESS), events=[ended])

    assert not one(found).hard_failure
    assert found.members["ann"].requests == ("per_1",)


def test_e7_a_refusal_that_may_be_repeated_ends_nothing(tmp_path: Path) -> None:
    refused = event("bootstrap_submit_rejected", 30, agentName="ann", bootstrapRunId="run-7")

    found = judge(
        tmp_path, now=60, phase="active", ann=pending(), roster=config(PROCESS), events=[refused]
    )

    assert one(found).launch_state == "runtime_pending_bootstrap"


@pytest.mark.parametrize(
    ("record", "processes", "state"),
    [
        (pending(runtimeAlive=True), FakeProcesses(), "runtime_pending_bootstrap"),
        (pending(runtimePid=7, runtimeAlive=True), FakeProcesses(), "failed_to_start"),
        (pending(runtimePid=7), FakeProcesses(alive={7}), "runtime_pending_bootstrap"),
        (pending(runtimePid=7), FakeProcesses(refused={7}), "runtime_pending_bootstrap"),
        (pending(runtimePid=7), FakeProcesses(unknown={7}), "runtime_pending_bootstrap"),
        (pending(spawn=None), FakeProcesses(), "runtime_pending_bootstrap"),
        (pending(**LANE), FakeProcesses(), "runtime_pending_bootstrap"),
    ],
    ids=["claims", "claims and is gone", "there", "refused", "unknown", "undated", "a lane"],
)
def test_e10_time_fails_who_has_no_process(
    tmp_path: Path, record: Any, processes: FakeProcesses, state: str
) -> None:
    assert one(judge(tmp_path, now=200, ann=record, processes=processes)).launch_state == state


def test_e12_an_error_of_a_pending_member_is_told(tmp_path: Path) -> None:
    record = pending(
        runtimePid=7,
        runtimeDiagnostic="timed out waiting for runtime_ready",
        runtimeDiagnosticSeverity="error",
    )

    found = judge(tmp_path, ann=record, processes=FakeProcesses(alive={7}))

    assert one(found).launch_state == "runtime_pending_bootstrap"
    assert found.cause is not None
    assert (found.cause.name, found.cause.failed) == ("process readiness", False)


# -- f: its process --------------------------------------------------------------------------------


def test_f1_the_rosters_pid_counts_for_its_run(tmp_path: Path) -> None:
    roster = config(PROCESS | {"runtimePid": 7})
    processes = FakeProcesses(alive={7})

    found = judge(
        tmp_path, now=200, ann=pending(runtimeRunId="run-7"), roster=roster, processes=processes
    )
    other = judge(
        tmp_path / "other",
        now=200,
        ann=pending(runtimeRunId="run-6"),
        roster=roster,
        processes=processes,
    )

    assert found.members["ann"].word == "running"
    assert other.members["ann"].word == "failed"


def test_f2_a_pid_that_members_share_is_probed_once(tmp_path: Path) -> None:
    class Counting(FakeProcesses):
        asked = 0

        def check(self, pid: float) -> Any:
            self.asked += 1
            return super().check(pid)

    processes = Counting()
    record = member("confirmed_alive", runtimePid=7)

    judge(tmp_path, processes=processes, ann=record, bob=record)

    assert processes.asked == 1


def test_f4_a_failure_stands_whatever_its_process_does(tmp_path: Path) -> None:
    found = judge(tmp_path, ann=failed(STANDS, runtimePid=7), processes=FakeProcesses(alive={7}))

    assert found.members["ann"].word == "failed"


def test_reference_reads_nothing_but_the_snapshot(tmp_path: Path) -> None:
    found = judge(
        tmp_path,
        now=200,
        policy="reference",
        ann=failed(),
        bob=pending(runtimePid=7),
        state=bootstrap(CONFIRMED),
        events=[PROOF],
    )

    assert found.preferred_snapshot == found.launcher_snapshot
    assert {"ann": "failed", "bob": "waiting"} == {
        name: report.word for name, report in found.members.items()
    }


# -- What holds of every member --------------------------------------------------------------------

ENGINE = Engine(load_policy("default"))
REASONS = st.sampled_from([None, CLEAN_UP, STANDS, "persisted runtime pid is not alive"])
TIMES = st.one_of(st.none(), st.integers(-7200, 200).map(at))


@st.composite
def members(draw: st.DrawFn) -> MemberLaunch:
    state = cast("LaunchState", draw(st.sampled_from(values(LaunchState))))
    lane = draw(st.booleans())
    return MemberLaunch(
        name="ann",
        launch_state=state,
        skipped_for_launch=state == "skipped_for_launch",
        agent_tool_accepted=draw(st.booleans()),
        bootstrap_confirmed=state == "confirmed_alive" or draw(st.booleans()),
        hard_failure=state == "failed_to_start",
        hard_failure_reason=draw(REASONS) if state == "failed_to_start" else None,
        runtime_pid=draw(st.sampled_from([None, 7])),
        first_spawn_accepted_at=draw(TIMES),
        last_evaluated_at=draw(TIMES),
        last_heartbeat_at=draw(TIMES),
        provider_id="opencode" if lane else None,
        lane_id="secondary:opencode:ann" if lane else None,
        lane_kind="secondary" if lane else None,
        lane_owner_provider_id="opencode" if lane else None,
    )


@st.composite
def states(draw: st.DrawFn) -> BootstrapState | None:
    known = st.one_of(st.none(), st.sampled_from(values(MemberStatus)))
    status = cast("MemberStatus | None", draw(known))
    if status is None:
        return None
    instants = st.one_of(st.none(), st.integers(-7200, 200).map(ms))
    record = MemberRecord("ann", status, draw(instants), draw(instants), draw(REASONS))
    return BootstrapState(run_id=draw(st.sampled_from([None, "run-7"])), members=(record,))


def reconciled(
    one: MemberLaunch, state: BootstrapState | None, side: Side = "launcher", now: float = 100
) -> MemberLaunch:
    snapshot = LaunchSnapshot(
        team_name="crew",
        updated_at=at(60),
        launch_phase="finished",
        expected_members=("ann",),
        members={"ann": one},
        summary=LaunchSummary(),
        team_launch_state="partial_pending",
    )
    nothing = build_evidence(
        TeamFolder().files(), "crew", now=ms(now), processes=UnknownProcesses()
    )
    evidence = attrs.evolve(nothing, state=state)
    return reconcile(TeamRecords(ENGINE, evidence, snapshot, side)).snapshot.members["ann"]


@given(members(), states())
def test_no_record_touches_a_skipped_member(
    one: MemberLaunch, state: BootstrapState | None
) -> None:
    if one.launch_state == "skipped_for_launch":
        assert reconciled(one, state) is one


@given(members(), states())
def test_no_bootstrap_confirms_a_lane_member(
    one: MemberLaunch, state: BootstrapState | None
) -> None:
    if one.lane_kind == "secondary" and not one.bootstrap_confirmed:
        assert reconciled(one, state).launch_state != "confirmed_alive"


@given(members(), states(), st.integers(0, 10**6))
def test_time_and_a_dead_pid_never_fail_who_is_confirmed(
    one: MemberLaunch, state: BootstrapState | None, later: int
) -> None:
    told = state is not None and state.members[0].status == "failed"
    if one.launch_state == "confirmed_alive" and not told:
        assert reconciled(one, state, now=100 + later).launch_state == "confirmed_alive"


@given(members(), states())
def test_what_was_reconciled_once_stays_so(one: MemberLaunch, state: BootstrapState | None) -> None:
    first = reconciled(one, state)

    assert reconciled(first, state).launch_state == first.launch_state

"""Steps: every event in every state, against the machines, and what is journaled of it."""

from __future__ import annotations

from itertools import pairwise
from typing import TYPE_CHECKING, Any

import attrs
import pytest

from launchfsm.launcher import steps
from launchfsm.launcher.errors import EventRefusedError, UnknownMemberError
from launchfsm.launcher.state import MemberEntry, RunState, members_of
from launchfsm.lifecycle.machines import LifecycleError, UnknownNameError
from launchfsm.records.lock import LockRecord
from launchfsm.vocabulary import (
    ActivePhase,
    MemberStatus,
    Phase,
    RealTaskSubmission,
    TerminalPhase,
    TerminalStatus,
    values,
)
from tests.oracle import bootstrap as oracle

if TYPE_CHECKING:
    from collections.abc import Callable

    from launchfsm.launcher.steps import RunChange

NOW = 1_700_000_000_999
ACTIVE: list[Any] = list(values(ActivePhase))
TERMINAL: list[Any] = list(values(TerminalPhase))
CREATING: list[Any] = [
    "validating_spec",
    "loading_existing_state",
    "acquiring_bootstrap_lock",
    "creating_team",
    "spawning_members",
    "auditing_truth",
]
ATTACHING = [phase for phase in CREATING if phase != "creating_team"]


def state_in(phase: Phase = "spawning_members", status: MemberStatus = "pending") -> RunState:
    ended = phase in values(TerminalPhase)
    return RunState(
        run_id="run-1",
        team_name="demo",
        owner_pid=4242,
        started_at=1,
        updated_at=2,
        members={**members_of(["alice", "bob"]), "alice": MemberEntry(name="alice", status=status)},
        phase=phase,
        terminal_status="completed" if ended else None,
    )


def recorded(change: RunChange) -> dict[str, Any]:
    (record,) = change.records
    return dict(record)


# -- The bootstrap ---------------------------------------------------------------------------------


@pytest.mark.parametrize("attach", [False, True])
def test_exactly_the_next_phase_of_a_launch_can_be_entered(*, attach: bool) -> None:
    way = ATTACHING if attach else CREATING
    for phase in [*way, *TERMINAL]:
        for wanted in ACTIVE[1:]:
            follows = [phase, wanted] in [list(pair) for pair in pairwise(way)]
            state = state_in(phase)
            if follows:
                change = steps.enter(state, NOW, wanted, attach=attach)
                assert change.state == attrs.evolve(state, phase=wanted, updated_at=NOW)
                assert recorded(change) == {
                    "ts": NOW, "type": "phase", "runId": "run-1", "phase": wanted,
                }  # fmt: skip
            else:
                with pytest.raises(EventRefusedError):
                    steps.enter(state, NOW, wanted, attach=attach)


def test_a_refusal_names_the_state_the_event_and_what_is_allowed() -> None:
    with pytest.raises(LifecycleError) as caught:
        steps.enter(state_in("acquiring_bootstrap_lock"), NOW, "auditing_truth", attach=False)

    assert str(caught.value) == (
        "bootstrap: the event 'audit' is refused in state 'acquiring_bootstrap_lock'."
        " Allowed there: create_team, fail, cancel."
    )


def test_a_launch_that_attaches_is_not_told_that_it_may_create_the_team() -> None:
    with pytest.raises(EventRefusedError) as caught:
        steps.enter(state_in("acquiring_bootstrap_lock"), NOW, "creating_team", attach=True)
    with pytest.raises(EventRefusedError, match=r"Allowed there: spawn_members, fail, cancel\.$"):
        steps.finish(state_in("acquiring_bootstrap_lock"), NOW, "completed", None, attach=True)

    assert caught.value.refusal.allowed == ("spawn_members", "fail", "cancel")


def test_the_first_phase_and_the_last_ones_are_not_entered() -> None:
    with pytest.raises(ValueError, match="every run begins in 'validating_spec'"):
        steps.enter(state_in(), NOW, "validating_spec", attach=False)
    with pytest.raises(ValueError, match=r"call finish\(\)"):
        steps.enter(state_in(), NOW, "completed", attach=False)
    with pytest.raises(UnknownNameError, match="did you mean 'auditing_truth'"):
        steps.enter(state_in(), NOW, "auditing_truths", attach=False)  # type: ignore[arg-type]  # on purpose


@pytest.mark.parametrize("phase", values(Phase))
@pytest.mark.parametrize("status", values(TerminalStatus))
def test_a_run_ends_well_from_its_audit_alone_and_badly_from_every_active_phase(
    phase: Phase, status: TerminalStatus
) -> None:
    active = phase in values(ActivePhase)
    possible = phase == "auditing_truth" or (active and status in {"failed", "canceled"})
    state = state_in(phase)
    if not possible:
        with pytest.raises(EventRefusedError):
            steps.finish(state, NOW, status, "why", attach=False)
        return

    change = steps.finish(state, NOW, status, "why", attach=False)

    ended: Any = {"failed": "failed", "canceled": "canceled"}.get(status, "completed")
    assert change.state == attrs.evolve(
        state, phase=ended, updated_at=NOW, terminal_status=status, finished_at=NOW
    )
    assert recorded(change) == {
        "ts": NOW, "type": "terminal", "runId": "run-1", "status": status, "reason": "why",
    }  # fmt: skip


def test_there_is_no_other_way_to_end() -> None:
    with pytest.raises(ValueError, match="completed, partial_success, failed, canceled"):
        steps.finish(state_in(), NOW, "done", None, attach=False)  # type: ignore[arg-type]  # on purpose


@pytest.mark.parametrize(
    ("statuses", "earned"),
    [
        ([], "completed"),
        (["bootstrap_confirmed"], "completed"),
        (["bootstrap_confirmed", "failed"], "partial_success"),
        (["runtime_alive", "bootstrap_confirmed"], "partial_success"),
        (["failed", "pending"], "failed"),
        (["skipped", "bootstrap_confirmed"], "completed"),
        (["skipped", "failed"], "failed"),
        (["skipped"], "completed"),
    ],
)
def test_an_audited_run_earns_its_end_by_its_members(
    statuses: list[MemberStatus], earned: TerminalStatus
) -> None:
    members = {
        str(number): MemberEntry(name=str(number), status=status)
        for number, status in enumerate(statuses)
    }

    assert steps.earned_status(attrs.evolve(state_in(), members=members)) == earned


@pytest.mark.parametrize("submission", values(RealTaskSubmission))
@pytest.mark.parametrize("phase", values(Phase))
def test_the_first_task_is_recorded_whenever_it_is_given(
    submission: RealTaskSubmission, phase: Phase
) -> None:
    change = steps.submit_first_task(state_in(phase), NOW, submission, "a task")

    assert change.state.real_task_submission == submission
    assert recorded(change) == {
        "ts": NOW, "type": "real_task", "runId": "run-1", "state": submission, "detail": "a task",
    }  # fmt: skip


def test_a_word_that_says_nothing_about_a_task_is_refused() -> None:
    with pytest.raises(ValueError, match="not_submitted, submitted, unknown"):
        steps.submit_first_task(state_in(), NOW, "given", None)  # type: ignore[arg-type]  # on purpose


def test_a_run_begins_with_its_lock_and_its_first_phase() -> None:
    change = steps.begin(state_in("validating_spec"), NOW, stolen_from=None)

    assert change.records == (
        {"ts": NOW, "type": "lock", "runId": "run-1", "action": "acquired", "ownerPid": 4242},
        {"ts": NOW, "type": "phase", "runId": "run-1", "phase": "validating_spec"},
    )


def test_a_stolen_lock_is_recorded_with_whose_it_was() -> None:
    earlier = LockRecord(pid=17, run_id="run-0")

    record = steps.begin(state_in(), NOW, stolen_from=earlier).records[0]

    assert record == {
        "ts": NOW, "type": "lock", "runId": "run-1", "action": "stolen", "ownerPid": 4242,
        "previousPid": 17, "previousRunId": "run-0",
    }  # fmt: skip


def test_of_a_stranger_s_endless_run_id_a_part_is_recorded() -> None:
    """Else one line would push a quarter of the journal out."""
    earlier = LockRecord(pid=17, run_id="x" * 60_000)

    record = steps.begin(state_in(), NOW, stolen_from=earlier).records[0]

    assert len(record["previousRunId"]) == 2_000


def test_a_lock_that_did_not_say_whose_it_was_is_recorded_as_stolen_all_the_same() -> None:
    record = steps.begin(state_in(), NOW, stolen_from=LockRecord()).records[0]

    assert record["action"] == "stolen"
    assert "previousPid" not in record


def test_a_release_is_recorded_and_changes_no_state() -> None:
    change = steps.release(state_in(), NOW)

    assert change.state == state_in()
    assert recorded(change)["action"] == "released"


# -- Members ---------------------------------------------------------------------------------------

EVENTS: dict[str, Callable[[RunState], RunChange]] = {
    "accept_spawn": lambda state: steps.accept_spawn(state, NOW, "alice", runtime_pid=7),
    "registered": lambda state: steps.sight(state, NOW, "alice", "registered", None),
    "runtime_alive": lambda state: steps.sight(state, NOW, "alice", "runtime_alive", "seen"),
    "confirm": lambda state: steps.confirm(state, NOW, "alice", 77),
    "fail": lambda state: steps.fail(state, NOW, "alice", "why"),
    "skip": lambda state: steps.skip(state, NOW, "alice", "nobody needs it"),
    "retry": lambda state: steps.retry(state, NOW, "alice"),
}
SPAWNED = ("spawn_started", "registered", "runtime_alive")
# From each status, by each event, to which status; what is missing is refused.
FOLLOWS: dict[tuple[str, str], str] = {
    ("pending", "accept_spawn"): "spawn_started",
    ("pending", "fail"): "failed",
    ("failed", "retry"): "pending",
    ("skipped", "retry"): "pending",
    **{(status, "skip"): "skipped" for status in ("pending", "failed", *SPAWNED)},
    ("spawn_started", "registered"): "registered",
    ("registered", "registered"): "registered",
    ("runtime_alive", "registered"): "runtime_alive",
    **{(status, "runtime_alive"): "runtime_alive" for status in SPAWNED},
    **{(status, "confirm"): "bootstrap_confirmed" for status in SPAWNED},
    **{(status, "fail"): "failed" for status in SPAWNED},
}
ACTIONS = {
    "accept_spawn": "spawn_started",
    "registered": "registered",
    "runtime_alive": "runtime_alive",
    "confirm": "bootstrap_confirmed",
    "skip": "skipped",
    "retry": "pending",
}


@pytest.mark.parametrize("status", values(MemberStatus))
@pytest.mark.parametrize("event", EVENTS)
def test_every_event_of_a_member_in_every_status(status: MemberStatus, event: str) -> None:
    state = state_in(status=status)
    expected = FOLLOWS.get((status, event))
    if expected is None:
        with pytest.raises(EventRefusedError) as caught:
            EVENTS[event](state)
        assert caught.value.member == "alice"
        assert caught.value.refusal.event == event
        assert caught.value.refusal.state == state.members["alice"].launch_state
        assert str(caught.value).startswith("alice: member: ")
        return

    change = EVENTS[event](state)

    assert change.state.members["alice"].status == expected
    assert change.state.members["bob"] is state.members["bob"]
    assert attrs.evolve(change.state, members=state.members, updated_at=2) == state
    failed = "spawn_failed" if status == "pending" else "failed"
    assert recorded(change)["action"] == ACTIONS.get(event, failed)
    assert recorded(change)["name"] == "alice"
    assert oracle.journal_message(recorded(change)) is not None


@pytest.mark.parametrize("phase", ACTIVE[:-2])
@pytest.mark.parametrize("event", EVENTS)
def test_nobody_is_reported_before_anybody_is_spawned(phase: Phase, event: str) -> None:
    status: MemberStatus = {"accept_spawn": "pending", "retry": "failed"}.get(event, "registered")  # type: ignore[assignment]  # they are
    with pytest.raises(EventRefusedError, match="from spawning_members on") as caught:
        EVENTS[event](state_in(phase, status))
    assert caught.value.refusal.state == phase


def test_an_end_says_who_is_not_confirmed_when_nobody_says_why() -> None:
    state = state_in("auditing_truth", "failed")
    state = steps.skip(state, NOW, "bob", "nobody needs it").state

    told = recorded(steps.finish(state, NOW, "completed", None, attach=False))
    assert (told["status"], told["reason"]) == ("completed", "failed: alice; skipped: bob")
    assert recorded(steps.finish(state, NOW, None, "why", attach=False))["reason"] == "why"
    assert recorded(steps.finish(state, NOW, None, None, attach=False))["status"] == "failed"


@pytest.mark.parametrize("phase", values(TerminalPhase))
@pytest.mark.parametrize("status", values(MemberStatus))
@pytest.mark.parametrize("event", EVENTS)
def test_nothing_happens_to_the_members_of_a_run_that_has_ended(
    phase: Phase, status: MemberStatus, event: str
) -> None:
    with pytest.raises(EventRefusedError, match="which is terminal"):
        EVENTS[event](state_in(phase, status))


def test_what_is_known_of_a_member_grows_with_its_events() -> None:
    state = state_in()
    state = steps.accept_spawn(
        state, 10, "alice", runtime_pid=7, agent_id="alice@demo", backend_type="tmux"
    ).state
    state = steps.sight(state, 20, "alice", "registered", None).state

    assert state.members["alice"] == MemberEntry(
        name="alice", status="registered", last_attempt_at=10, last_observed_at=20,
        agent_id="alice@demo", backend_type="tmux", runtime_pid=7,
    )  # fmt: skip
    assert steps.confirm(state, 30, "alice", 25).state.members["alice"].last_observed_at == 25
    assert steps.fail(state, 30, "alice", "why").state.members["alice"] == attrs.evolve(
        state.members["alice"], status="failed", last_observed_at=30, failure_reason="why"
    )


def test_a_spawn_that_failed_was_attempted_when_it_failed() -> None:
    entry = steps.fail(state_in(), NOW, "alice", "no such command").state.members["alice"]

    assert (entry.last_attempt_at, entry.failure_reason) == (NOW, "no such command")


def test_a_member_that_is_tried_again_starts_over() -> None:
    state = steps.fail(state_in(), NOW, "alice", "why").state

    assert steps.retry(state, NOW, "alice").state.members["alice"] == MemberEntry(name="alice")


def test_long_reasons_are_cut_in_the_middle() -> None:
    change = steps.fail(state_in(), NOW, "alice", "exited:" + "x" * 9000 + "the end")

    reason = change.state.members["alice"].failure_reason
    assert reason is not None
    assert len(reason) == 2000
    assert reason.startswith("exited:")
    assert reason.endswith("the end")
    assert recorded(change)["detail"] == reason


def test_a_failure_has_a_reason() -> None:
    with pytest.raises(ValueError, match="why did 'alice' fail"):
        steps.fail(state_in(), NOW, "alice", " \n")


def test_an_unknown_member_is_a_mistake_with_a_hint() -> None:
    with pytest.raises(UnknownMemberError, match=r"no member 'alcie' \(did you mean 'alice'\?\)"):
        steps.confirm(state_in(), NOW, "alcie", 1)
    with pytest.raises(UnknownMemberError, match="Its members are: none"):
        steps.retry(attrs.evolve(state_in(), members={}), NOW, "alice")

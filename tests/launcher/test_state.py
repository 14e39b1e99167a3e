"""The state document as it is written, and that readers always take it."""

from __future__ import annotations

import copy
import json
import pickle
from typing import Any

import attrs
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from launchfsm.launcher import FoundLock
from launchfsm.launcher.state import (
    MemberEntry,
    RunState,
    demand_room,
    members_of,
    state_bytes,
)
from launchfsm.records.documents import LARGEST_FILE
from launchfsm.records.lock import HolderVerdict
from launchfsm.vocabulary import MemberStatus, values
from tests.conformance.cases import BOUNDS
from tests.launcher.helpers import claim
from tests.oracle import bootstrap as oracle


def state_of(*names: str) -> RunState:
    return RunState(
        run_id="run-1",
        team_name="demo",
        owner_pid=4242,
        started_at=1_700_000_000_000,
        updated_at=1_700_000_000_500,
        members=members_of(names),
    )


def failed(name: str, reason: str) -> MemberEntry:
    return MemberEntry(name=name, status="failed", failure_reason=reason)


def test_a_new_run_is_written_in_the_shape_of_the_specification() -> None:
    assert json.loads(state_bytes(state_of("alice"))) == {
        "version": 1,
        "runId": "run-1",
        "teamName": "demo",
        "ownerPid": 4242,
        "startedAt": 1_700_000_000_000,
        "updatedAt": 1_700_000_000_500,
        "phase": "validating_spec",
        "realTaskSubmissionState": "not_submitted",
        "members": [{"name": "alice", "status": "pending"}],
    }


def test_an_ended_run_says_how_and_when() -> None:
    ended = attrs.evolve(
        state_of(), phase="completed", terminal_status="partial_success", finished_at=7
    )

    assert json.loads(state_bytes(ended))["terminal"] == {
        "status": "partial_success",
        "finishedAt": 7,
    }


def test_a_member_is_written_with_all_that_is_known_of_it() -> None:
    entry = MemberEntry(
        name="alice",
        status="failed",
        last_attempt_at=1,
        last_observed_at=2,
        failure_reason="why",
        agent_id="alice@demo",
        backend_type="tmux",
        runtime_pid=3,
    )

    assert entry.document() == {
        "name": "alice",
        "status": "failed",
        "lastAttemptAt": 1,
        "lastObservedAt": 2,
        "failureReason": "why",
        "agentId": "alice@demo",
        "backendType": "tmux",
        "runtimePid": 3,
    }


@pytest.mark.parametrize("status", values(MemberStatus))
def test_a_members_machine_stands_where_readers_of_its_status_believe_it(
    status: MemberStatus,
) -> None:
    entry = MemberEntry(name="alice", status=status)

    known = {"skipped": "skipped_for_launch"}  # launchfsm's own
    expected = oracle.STATUSES.get(status, oracle.STARTING).launch_state
    assert entry.launch_state == known.get(status, expected)


def test_replacing_a_member_keeps_the_order_and_the_others() -> None:
    state = state_of("alice", "bob").with_member(failed("alice", "why"), now=9)

    assert list(state.members) == ["alice", "bob"]
    assert [entry.status for entry in state.members.values()] == ["failed", "pending"]
    assert state.updated_at == 9


@settings(deadline=None)  # large documents take their time
@given(
    st.integers(min_value=1, max_value=400),
    st.text(st.characters(exclude_categories=())),
    st.integers(min_value=1, max_value=2000),
)
def test_readers_take_the_state_however_many_members_failed_for_however_long_reasons(
    count: int, text: str, repeated: int
) -> None:
    state = state_of(*(f"member-{number}" for number in range(count)))
    for name in state.members:
        state = state.with_member(failed(name, (text * repeated)[:2000] or "x"), now=1)

    data = state_bytes(state)

    assert len(data) <= LARGEST_FILE
    written = json.loads(data)["members"]
    assert [member["name"] for member in written] == list(state.members)
    assert {member["status"] for member in written} == {"failed"}


def test_reasons_are_kept_whole_where_there_is_room() -> None:
    state = state_of("alice").with_member(failed("alice", "r" * 2000), now=1)

    assert json.loads(state_bytes(state))["members"][0]["failureReason"] == "r" * 2000


def test_a_run_of_more_members_than_readers_take_is_refused_before_it_begins() -> None:
    names = [f"member-{number}" for number in range(3000)]

    with pytest.raises(ValueError, match=r"3000 members may take .* launch them as several teams"):
        demand_room(state_of(*names))


def test_where_there_is_room_at_the_beginning_there_is_room_at_the_end() -> None:
    count = 1
    names = [f"m{number}" for number in range(2000)]
    low, high = 1, 2000
    while low < high:
        count = (low + high + 1) // 2
        try:
            demand_room(state_of(*names[:count]))
        except ValueError:
            high = count - 1
        else:
            low = count
    state = attrs.evolve(state_of(*names[:low]), phase="acquiring_bootstrap_lock")
    for name in state.members:
        state = state.with_member(
            MemberEntry(
                name=name,
                status="bootstrap_confirmed",
                last_attempt_at=8_640_000_000_000_000,
                last_observed_at=8_640_000_000_000_000,
                runtime_pid=2**31 - 1,
            ),
            now=8_640_000_000_000_000,
        )
    state = attrs.evolve(
        state, terminal_status="partial_success", finished_at=8_640_000_000_000_000
    )

    assert low > 1000
    assert LARGEST_FILE - 400 < len(state_bytes(state)) <= BOUNDS["state"]


def test_a_state_that_readers_would_refuse_is_not_written() -> None:
    entry = MemberEntry(name="alice", agent_id="x" * LARGEST_FILE)

    with pytest.raises(OSError, match="over the 262144 that readers take"):
        state_bytes(state_of("alice").with_member(entry, now=1))


@pytest.mark.parametrize(
    "names",
    [
        ["team-lead"],
        ["Team-Lead"],
        ["user"],
        [""],
        [" "],
        [" alice"],
        ["a\ufeff"],
        ["a", "a"],
        ["x" * 201],
    ],
)
def test_a_name_that_readers_would_not_give_back_is_refused(names: list[str]) -> None:
    with pytest.raises(ValueError, match=r"member.* cannot (both )?be|no member can be called"):
        members_of(names)


@pytest.mark.parametrize("name", [1, None, b"a", ["a"]])
def test_a_name_is_text(name: Any) -> None:
    with pytest.raises(TypeError, match="a member's name must be text"):
        members_of([name])


@given(st.lists(st.text(max_size=20), unique=True, max_size=5))
def test_every_name_that_is_taken_is_given_back_by_readers(names: list[str]) -> None:
    try:
        state = state_of(*names)
    except ValueError:
        return

    evaluated = oracle.evaluate(
        "demo",
        1,
        state=state_bytes(state),
        journal="absent",
        lock="absent",
        is_alive=lambda _: True,
    )

    assert list(evaluated["launch_snapshot"]["members"]) == names
    assert evaluated["launch_snapshot"]["expectedMembers"] == names


def test_a_state_and_what_is_in_it_survives_pickle_and_copy() -> None:
    entry = MemberEntry(name="alice", status="failed", failure_reason="why", runtime_pid=4242)
    state = state_of("alice", "bob").with_member(entry, now=5)

    for again in (pickle.loads(pickle.dumps(state)), copy.copy(state), copy.deepcopy(state)):  # noqa: S301 - our own bytes
        assert again == state
        assert list(again.members) == ["alice", "bob"]
        with pytest.raises(TypeError):
            again.members["eve"] = entry  # type: ignore[index]  # which is what is tried


def test_what_is_found_of_a_lock_survives_pickle_and_copy() -> None:
    found = FoundLock(claim(), HolderVerdict("alive", "it was seen"))

    for again in (pickle.loads(pickle.dumps(found)), copy.copy(found), copy.deepcopy(found)):  # noqa: S301 - our own bytes
        assert again == found

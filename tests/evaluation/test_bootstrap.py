"""Snapshots: built from the bootstrap's state, and completed from whatever is known."""

from __future__ import annotations

from types import MappingProxyType
from typing import TYPE_CHECKING, Any

import attrs
import pytest

from launchfsm.engine.engine import Engine
from launchfsm.evaluation.members import MemberResult, complete_member, complete_snapshot
from launchfsm.policies import load_policy
from launchfsm.records.results import LaunchSummary, MemberLaunch
from launchfsm.vocabulary import LaunchState, LivenessKind, Phase, TerminalStatus, values
from tests.teams import (
    JUDGE,
    NOW_MS,
    NOW_TEXT,
    OWNER,
    evaluation,
    folder_of,
    judging,
    launched,
    ms_text,
)

if TYPE_CHECKING:
    from pathlib import Path

HOUR = 60 * 60_000


def expected(*members: Any, **state: Any) -> tuple[str, ...]:
    return launched({"members": list(members), **state}).expected_members


def named(*names: Any) -> list[dict[str, Any]]:
    return [{"name": name, "status": "registered"} for name in names]


# -- Who is a member -------------------------------------------------------------------------------


def test_members_are_expected_in_the_order_of_the_file() -> None:
    assert ("cara", "bob", "alice") == expected(*named("cara", "bob", "alice"))


@pytest.mark.parametrize("other", [None, "bob", 1, [], {}, *named("", " ", 5, None, "user")])
def test_what_is_no_member_is_passed_over(other: Any) -> None:
    assert ("bob",) == expected(other, *named("bob"))


def test_names_are_trimmed() -> None:
    assert ("bob", "\u0085bob") == expected(*named("\u00a0bob\ufeff", "\u0085bob\n"))


def test_of_a_repeated_name_the_last_record_counts_in_the_place_of_the_first() -> None:
    snapshot = launched(
        {
            "members": [
                {"name": "bob", "status": "failed"},
                {"name": "cara", "status": "registered"},
                {"name": " bob ", "status": "registered"},
            ]
        }
    )

    assert ("bob", "cara") == snapshot.expected_members == tuple(snapshot.members)
    assert "runtime_pending_bootstrap" == snapshot.members["bob"].launch_state


def test_the_lead_is_nobody_however_its_name_is_spelled() -> None:
    snapshot = launched({"members": named("team-lead", "Team-Lead", "bob")})

    assert ("bob",) == snapshot.expected_members
    assert {"bob", "Team-Lead"} == set(snapshot.members)


def test_a_lead_in_another_spelling_is_downgraded_before_it_is_dropped() -> None:
    state = {"phase": "x", "ownerPid": OWNER, "members": named("Team-Lead")}
    snapshot = launched(state)

    assert () == snapshot.expected_members
    assert "failed_to_start" == snapshot.members["Team-Lead"].launch_state
    assert 1 == snapshot.summary.failed_count


# -- Times -----------------------------------------------------------------------------------------

# a field's value, what becomes of it: a text, or what a missing one would be
TIMES: list[tuple[Any, str | None]] = [
    (1_700_000_000_500, "2023-11-14T22:13:20.500Z"),
    (1_700_000_000_500.75, "2023-11-14T22:13:20.500Z"),
    (0.5, "1970-01-01T00:00:00.000Z"),
    (253_402_300_800_000, "+010000-01-01T00:00:00.000Z"),
    (8.64e15, "+275760-09-13T00:00:00.000Z"),
    (" not a time ", " not a time "),
    ("2023-02-30", "2023-02-30"),
    (" ", None),
    ("", None),
    (0, None),
    (-1, None),
    (1e400, None),
    (True, None),
    (None, None),
    ([1], None),
]


@pytest.mark.parametrize(("value", "text"), TIMES)
def test_a_time_is_a_text_or_a_date_or_the_fallback(value: Any, text: str | None) -> None:
    snapshot = launched({"updatedAt": value, "members": named("bob")})

    assert (text or NOW_TEXT) == snapshot.updated_at
    assert snapshot.updated_at == snapshot.members["bob"].last_evaluated_at


@pytest.mark.parametrize(("value", "text"), TIMES)
def test_a_members_dates_fall_back_to_the_snapshots(value: Any, text: str | None) -> None:
    member = {"name": "bob", "status": "bootstrap_confirmed"}
    before = ms_text(NOW_MS - HOUR)
    snapshot = launched(
        {
            "updatedAt": NOW_MS - HOUR,
            "members": [{**member, "lastAttemptAt": value, "lastObservedAt": value}],
        }
    )
    bob = snapshot.members["bob"]

    assert {text or before} == {
        bob.first_spawn_accepted_at,
        bob.last_heartbeat_at,
        bob.last_runtime_alive_at,
        bob.last_evaluated_at,
    }


# a status, which dates a member of it has besides the last look
DATED = [
    ("spawn_started", {"first_spawn_accepted_at"}),
    ("registered", {"first_spawn_accepted_at"}),
    ("runtime_alive", {"first_spawn_accepted_at"}),
    ("failed", {"first_spawn_accepted_at"}),
    (
        "bootstrap_confirmed",
        {"first_spawn_accepted_at", "last_heartbeat_at", "last_runtime_alive_at"},
    ),
    ("pending", set()),
]


@pytest.mark.parametrize(("status", "dates"), DATED)
def test_a_date_is_there_only_for_what_happened(status: str, dates: set[str]) -> None:
    times = {"lastAttemptAt": NOW_MS - 2, "lastObservedAt": NOW_MS - 1}
    bob = launched({"members": [{"name": "bob", "status": status, **times}]}).members["bob"]
    known = ("first_spawn_accepted_at", "last_heartbeat_at", "last_runtime_alive_at")

    assert dates == {name for name in known if getattr(bob, name) is not None}
    assert bob.first_spawn_accepted_at in (None, ms_text(NOW_MS - 2))
    assert ms_text(NOW_MS - 1) == bob.last_evaluated_at


DATELESS = 8.64e15 + 2

# a state with a number that has no date, whether that is the end of the snapshot
WITHOUT_DATE: list[tuple[dict[str, Any], bool]] = [
    ({"updatedAt": DATELESS}, True),
    ({"startedAt": DATELESS}, False),
    ({"members": [{"name": "bob", "lastObservedAt": DATELESS}]}, True),
    ({"members": [{"name": "bob", "lastAttemptAt": DATELESS}]}, False),
    ({"members": [{"name": "bob", "status": "failed", "lastAttemptAt": DATELESS}]}, True),
    ({"members": [{"name": "user", "lastObservedAt": DATELESS}]}, False),
    ({"members": [{"name": " ", "lastObservedAt": DATELESS}]}, False),
    ({"members": [{"name": "bob", "lastObservedAt": DATELESS}, {"name": "bob"}]}, True),
    ({"members": [{"name": "Team-Lead", "lastObservedAt": DATELESS}]}, True),
]


@pytest.mark.parametrize(("state", "lost"), WITHOUT_DATE)
def test_a_number_without_a_date_is_the_end_of_what_needs_it(
    *, state: dict[str, Any], lost: bool
) -> None:
    found = evaluation(folder_of({"version": 1, **state}))

    assert lost == (found.bootstrap_snapshot is None)
    assert found.findings


# -- The launch ------------------------------------------------------------------------------------


@pytest.mark.parametrize("phase", [*values(Phase), "resting", "", None])
def test_a_launch_is_over_when_its_phase_is_terminal(phase: str | None) -> None:
    over = phase in ("completed", "failed", "canceled")

    assert ("finished" if over else "active") == launched({"phase": phase}).launch_phase


@pytest.mark.parametrize("status", [*values(TerminalStatus), "over", "", None, 1, []])
def test_a_launch_is_over_when_it_says_how_it_ended(status: Any) -> None:
    snapshot = launched({"phase": "creating_team", "terminal": {"status": status}})

    assert (
        "finished" if status in ("completed", "partial_success", "failed", "canceled") else "active"
    ) == snapshot.launch_phase


def test_a_launch_is_over_when_its_owner_is_dead() -> None:
    state = {"phase": "creating_team", "ownerPid": OWNER}

    assert "finished" == launched(state).launch_phase
    assert "active" == launched(state, alive=(OWNER,)).launch_phase


@pytest.mark.parametrize(
    ("given", "name"), [(" crew ", "crew"), ("", "demo"), ("\ufeff", "demo"), (5, "demo")]
)
def test_a_team_is_called_as_it_says_or_as_its_folder(given: Any, name: str) -> None:
    assert name == launched({"teamName": given}).team_name


@pytest.mark.parametrize("document", [None, b"", b"null", b"[]", b"{}", "symlink", "fifo"])
def test_without_a_readable_state_there_is_no_snapshot(document: Any) -> None:
    folder = folder_of(launch={"version": 2})
    object.__setattr__(folder, "state", document)

    assert evaluation(folder).bootstrap_snapshot is None


# -- Completing ------------------------------------------------------------------------------------


def completed(
    *names: str,
    phase: Any = "active",
    members: Any = MappingProxyType({}),
    engine: Engine = JUDGE,
    **fields: Any,
) -> Any:
    def complete(name: str, *, expected: bool) -> MemberResult:
        return complete_member(engine, members[name], phase, expected=expected)

    given: dict[str, Any] = {"expected": names, "team_name": "demo", **fields}
    return complete_snapshot(
        engine,
        updated_at=NOW_TEXT,
        launch_phase=phase,
        recorded=members,
        complete=complete,
        **given,
    )


def test_who_is_expected_and_unknown_is_starting() -> None:
    snapshot = completed(" bob ", "user", "bob", "Team-Lead")

    assert ("bob",) == snapshot.expected_members
    assert {
        "bob": MemberLaunch(
            name="bob", skipped_for_launch=False, last_evaluated_at=NOW_TEXT, diagnostics=()
        )
    } == snapshot.members


def test_who_is_known_and_not_expected_is_kept_and_counted() -> None:
    stranger = MemberLaunch(name="eve", launch_state="confirmed_alive")
    snapshot = completed("bob", members={"eve": stranger})

    assert ["bob", "eve"] == list(snapshot.members)
    assert LaunchSummary(confirmed_count=1, pending_count=1) == snapshot.summary


# whom the bootstrap expected besides bob and cara, what a snapshot says of it
OTHERS: list[tuple[tuple[str, ...], tuple[str, ...] | None]] = [
    ((), None),
    ((" ", "user", "TEAM-LEAD"), None),
    (("bob", "cara"), None),
    ((" bob", "bob", "cara", "user"), None),
    (("cara", "bob"), ("cara", "bob")),
    (("bob",), ("bob",)),
]


@pytest.mark.parametrize(("others", "said"), OTHERS)
def test_whom_the_bootstrap_expected_is_said_where_it_differs(
    others: tuple[str, ...], said: tuple[str, ...] | None
) -> None:
    snapshot = completed("bob", "cara", bootstrap_expected=others)

    assert said == snapshot.bootstrap_expected_members


# -- Counting --------------------------------------------------------------------------------------


def counted(**member: Any) -> dict[str, int]:
    """The counts of a launch of one member that are not 0."""
    fields = {"launch_state": "runtime_pending_bootstrap", **member}
    summary = completed(members={"bob": MemberLaunch(name="bob", **fields)}).summary
    return {name: count for name, count in attrs.asdict(summary).items() if count}


# a member, where it is counted
STANDINGS: list[tuple[dict[str, Any], str]] = [
    ({"launch_state": "confirmed_alive"}, "confirmed"),
    ({"launch_state": "confirmed_alive", "skipped_for_launch": True}, "confirmed"),
    ({"launch_state": "skipped_for_launch"}, "skipped"),
    ({"launch_state": "failed_to_start", "skipped_for_launch": True}, "skipped"),
    ({"launch_state": "starting", "skipped_for_launch": True}, "skipped"),
    ({"launch_state": "failed_to_start"}, "failed"),
    ({"launch_state": "failed_to_start", "liveness_kind": "shell_only"}, "failed"),
    ({"launch_state": "starting", "hard_failure": True}, "pending"),
]


@pytest.mark.parametrize(("member", "standing"), STANDINGS)
def test_a_member_stands_in_one_place(member: dict[str, Any], standing: str) -> None:
    assert {f"{standing}_count": 1} == counted(**member)


KINDS = {
    "shell_only": "shell_only",
    "runtime_process": "runtime_process",
    "runtime_process_candidate": "runtime_candidate",
    "not_found": "no_runtime",
    "stale_metadata": "no_runtime",
    "registered_only": "no_runtime",
}


@pytest.mark.parametrize("kind", [*values(LivenessKind), None])
def test_a_pending_member_is_counted_by_what_its_life_rests_on(kind: Any) -> None:
    further = {f"{KINDS[kind]}_pending_count": 1} if kind in KINDS else {}

    assert {"pending_count": 1, **further} == counted(liveness_kind=kind)


# a pending member, whether its life is more than hearsay
LIVES: list[tuple[dict[str, Any], bool]] = [
    ({"runtime_alive": True}, False),
    ({"runtime_alive": True, "bootstrap_confirmed": True}, True),
    ({"runtime_alive": True, "liveness_kind": "confirmed_bootstrap"}, True),
    ({"runtime_alive": True, "liveness_kind": "runtime_process"}, True),
    ({"runtime_alive": True, "liveness_kind": "runtime_process_candidate"}, False),
    ({"bootstrap_confirmed": True, "liveness_kind": "runtime_process"}, False),
]


@pytest.mark.parametrize(("member", "strong"), LIVES)
def test_strong_life_of_the_pending_is_counted(*, member: dict[str, Any], strong: bool) -> None:
    assert strong == ("runtime_alive_pending_count" in counted(**member))


def test_who_waits_for_permission_is_counted() -> None:
    assert {"pending_count": 1, "permission_pending_count": 1} == counted(
        launch_state="runtime_pending_permission"
    )


# the states of a launch's members, the state of all of them together
VERDICTS = [
    ((), "clean_success"),
    (("confirmed_alive",), "clean_success"),
    (("confirmed_alive", "skipped_for_launch"), "partial_skipped"),
    (("skipped_for_launch", "starting"), "partial_pending"),
    (("confirmed_alive", "runtime_pending_permission"), "partial_pending"),
    (("failed_to_start", "starting", "skipped_for_launch"), "partial_failure"),
    (values(LaunchState), "partial_failure"),
]


@pytest.mark.parametrize(("states", "verdict"), VERDICTS)
def test_the_worst_of_the_members_is_the_verdict(states: tuple[Any, ...], verdict: str) -> None:
    members = {state: MemberLaunch(name=state, launch_state=state) for state in states}

    assert verdict == completed(members=members).team_launch_state


# -- Other policies --------------------------------------------------------------------------------


def test_a_verdict_may_ask_how_many_there_are_in_all(tmp_path: Path) -> None:
    rule = 'id = "five"\nbefore = "some-failed"\nwhen = "names == 5"\n'
    engine = judging(tmp_path, "team_state", f'{rule}then = {{ team_state = "clean_success" }}')
    states: tuple[LaunchState, ...] = (
        "confirmed_alive",
        "starting",
        "failed_to_start",
        "skipped_for_launch",
    )
    verdicts = [
        completed(
            members={str(n): MemberLaunch(name=str(n), launch_state=s) for n, s in enumerate(all_)},
            engine=engine,
        ).team_launch_state
        for state in states
        for all_ in [(*states, state)]
    ]

    assert ["clean_success"] * 4 == verdicts


def test_who_is_beyond_being_missed_stays_as_it_is_whatever_the_policy_says(tmp_path: Path) -> None:
    engine = judging(tmp_path, "never_spawned", 'id = "something-happened"\ndisable = true')
    member = MemberLaunch(
        name="bob", launch_state="confirmed_alive", bootstrap_confirmed=True, diagnostics=()
    )
    snapshot = completed("bob", phase="finished", members={"bob": member}, engine=engine)

    assert {"bob": member} == snapshot.members


@pytest.mark.parametrize(
    ("state", "verdict"),
    [
        ({"phase": "failed"}, "partial_failure"),
        ({"phase": "auditing_truth", "terminal": {"status": "failed"}}, "partial_failure"),
        ({"phase": "auditing_truth", "ownerPid": OWNER + 1}, "partial_failure"),
        ({"phase": "auditing_truth"}, "clean_success"),
        ({"phase": "completed"}, "clean_success"),
    ],
)
def test_a_policy_may_ask_whether_the_bootstrap_failed(state: dict[str, Any], verdict: str) -> None:
    folder = folder_of({"version": 1, "ownerPid": OWNER, **state})
    snapshot = evaluation(
        folder, (OWNER,), engine=Engine(load_policy("default"))
    ).bootstrap_snapshot

    assert snapshot is not None
    assert verdict == snapshot.team_launch_state


def test_of_a_launchers_record_nobody_says_that_a_bootstrap_failed() -> None:
    engine = Engine(load_policy("default"))
    folder = folder_of(launch={"version": 2, "members": {}})
    snapshot = evaluation(folder, engine=engine).launcher_snapshot

    assert snapshot is not None
    assert "clean_success" == snapshot.team_launch_state

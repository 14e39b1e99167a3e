"""A replayed journal is held to what the machines allow, line by line, and to no more than that."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import attrs
import pytest
from hypothesis import given
from hypothesis import strategies as st

from launchfsm.audit.journal import read_lines
from launchfsm.audit.replay import ToldWord, replay_journal
from launchfsm.lifecycle.machines import BOOTSTRAP, MEMBER, PHASE_EVENTS, Refusal
from launchfsm.testing.strategies import ExampleJournal, broken_journal_runs, journal_runs
from launchfsm.vocabulary import MemberAction, Phase, TerminalStatus, values
from tests.audit.teams import (
    BEGAN,
    MINUTE,
    PHASES,
    finished,
    journal,
    lock,
    member,
    phase,
    phases,
    record,
    terminal,
)
from tests.lifecycle.walks import walk

if TYPE_CHECKING:
    from launchfsm.audit import AuditFinding
    from launchfsm.audit.replay import Replay

SPAWNING = phases("spawning_members")
STEPS = {
    "illegal-step",
    "repeated-step",
    "step-untold",
    "spawned-again",
    "late-confirmation",
    "confirmed-then-failed",
    "member-out-of-phase",
}
HOUR = 60 * MINUTE


def replay(data: bytes) -> Replay:
    return replay_journal(read_lines(data))


def findings(data: bytes) -> list[AuditFinding]:
    return list(replay(data).findings.kept())


def told(*records: dict[str, Any] | bytes) -> list[tuple[str, int | None]]:
    return [(found.code, found.line) for found in findings(journal(records))]


# -- What must hold of every journal ---------------------------------------------------------------


@given(journal_runs())
def test_of_a_legal_run_nothing_is_found(run: ExampleJournal) -> None:
    assert [] == findings(run.data())


@given(broken_journal_runs())
def test_of_a_run_with_one_illegal_step_just_that_is_found(run: ExampleJournal) -> None:
    assert run.illegal is not None

    (found,) = findings(run.data())

    assert run.illegal + 1 == found.line
    assert found.code in STEPS


def renamed(run: ExampleJournal, name: str, *, later: int = 0) -> bytes:
    """A run under another name, some hours later; no run takes that long."""
    records = tuple(
        {**record, "runId": name, "ts": record["ts"] + later * HOUR} for record in run.records
    )
    return attrs.evolve(run, records=records).data()


@given(st.lists(journal_runs(), max_size=4))
def test_runs_one_after_another_are_judged_each_by_itself(runs: list[ExampleJournal]) -> None:
    replayed = replay(
        b"".join(renamed(run, f"run-{index}", later=index) for index, run in enumerate(runs))
    )

    assert () == replayed.findings.kept()
    assert [len(run.records) for run in runs] == [
        len(run.records) for run in replayed.runs.values()
    ]


def one_after_another(older: ExampleJournal, newer: ExampleJournal) -> list[bytes]:
    """The lines of two runs in one journal."""
    return (renamed(older, "run-0") + renamed(newer, "run-1", later=1)).splitlines(keepends=True)


def tear_one(lines: list[bytes], data: st.DataObject) -> int:
    """Tear one of the lines, and say which."""
    torn = data.draw(st.integers(0, len(lines) - 1), "the line that is torn")
    lines[torn] = lines[torn][:20] + b"\n"
    return torn


@given(journal_runs(), journal_runs(), st.data())
def test_a_rotated_journal_is_not_held_against_its_writer(
    older: ExampleJournal, newer: ExampleJournal, data: st.DataObject
) -> None:
    lines = one_after_another(older, newer)
    cut = data.draw(st.integers(0, len(lines)), "lines that were rotated away")

    assert {"head-missing"} >= {found.code for found in findings(b"".join(lines[cut:]))}


@given(journal_runs(), st.data())
def test_an_unreadable_line_is_not_held_against_its_neighbours(
    run: ExampleJournal, data: st.DataObject
) -> None:
    lines = run.data().splitlines(keepends=True)
    torn = tear_one(lines, data)

    found = [
        (one.code, one.line) for one in findings(b"".join(lines)) if one.code != "head-missing"
    ]

    assert [("unreadable-line", torn + 1)] == found


@given(journal_runs(), journal_runs(), st.data())
def test_an_unreadable_line_is_not_held_against_another_run(
    older: ExampleJournal, newer: ExampleJournal, data: st.DataObject
) -> None:
    lines = one_after_another(older, newer)
    torn = tear_one(lines, data)

    found = {one.code for one in findings(b"".join(lines))}

    assert {"unreadable-line"} == found - ({"head-missing"} if torn < len(older.records) else set())


@given(journal_runs(), st.data())
def test_a_missing_line_is_at_most_one_finding(run: ExampleJournal, data: st.DataObject) -> None:
    lines = run.data().splitlines(keepends=True)
    del lines[data.draw(st.integers(0, len(lines) - 1), "the line that is missing")]

    assert 1 >= len(findings(b"".join(lines)))


# -- The bootstrap ---------------------------------------------------------------------------------


@pytest.mark.parametrize("before", BOOTSTRAP.states)
def test_a_phase_may_follow_where_its_machine_says(before: Phase) -> None:
    way = BOOTSTRAP.path(before)
    assert way is not None
    walked = [phase(state) for state in walk(BOOTSTRAP, way)]
    for after in BOOTSTRAP.states:
        event = PHASE_EVENTS.get(after)
        refused = event is None or isinstance(BOOTSTRAP.step(before, event), Refusal)

        found = told(*walked, phase(after))

        code = "repeated-step" if before == after else "illegal-step"
        assert ([(code, len(walked) + 1)] if refused else []) == found


def test_a_refusal_is_told_in_the_machines_words() -> None:
    (found,) = findings(journal([*SPAWNING, phase("completed")]))

    refusal = BOOTSTRAP.step("spawning_members", "complete")
    assert isinstance(refusal, Refusal)
    assert f"run 'run-1': phase 'completed': {refusal.text()}" == found.message


def test_nothing_leads_back_to_the_beginning() -> None:
    (found,) = findings(journal([*SPAWNING, phase("validating_spec")]))

    assert found.message.endswith(
        "a run begins in 'validating_spec', and no event leads back there"
    )


def test_a_launch_that_attaches_creates_no_team() -> None:
    attached = [phase(word) for word in PHASES if word != "creating_team"]

    assert [] == told(*attached)


@pytest.mark.parametrize("word", ["failed", "canceled"])
@pytest.mark.parametrize("last", PHASES[:-1])
def test_a_launch_may_end_in_any_active_phase(last: str, word: str) -> None:
    assert [] == told(*phases(last), terminal(word))


@pytest.mark.parametrize(
    "end",
    [
        [phase("completed")],
        [terminal("completed")],
        [terminal("partial_success")],
        [phase("completed"), terminal("completed")],
        [phase("completed"), terminal("partial_success")],
        [terminal("completed"), phase("completed")],
        [phase("failed"), terminal("partial_success")],
        [terminal("partial_success"), phase("completed")],
        [terminal("partial_success"), phase("failed")],
        [phase("failed"), terminal("failed")],
        [terminal("canceled"), phase("canceled"), lock("released")],
    ],
)
def test_an_end_may_be_told_by_phase_and_status_once_each(end: list[dict[str, Any]]) -> None:
    assert [] == told(*phases("auditing_truth"), *end)


@pytest.mark.parametrize(
    ("end", "code"),
    [
        ([phase("completed"), phase("completed")], "repeated-step"),
        ([terminal("failed"), terminal("failed")], "repeated-step"),
        ([phase("completed"), terminal("completed"), phase("completed")], "repeated-step"),
        ([phase("completed"), terminal("failed")], "illegal-step"),
        ([terminal("completed"), phase("failed")], "illegal-step"),
        ([terminal("canceled"), terminal("completed")], "illegal-step"),
        ([terminal("partial_success"), phase("canceled")], "illegal-step"),
        ([terminal("partial_success"), terminal("failed")], "illegal-step"),
        ([terminal("completed"), terminal("partial_success")], "illegal-step"),
        ([terminal("partial_success"), terminal("partial_success")], "repeated-step"),
        ([terminal("partial_success"), phase("failed"), phase("failed")], "repeated-step"),
        ([terminal("partial_success"), phase("failed"), phase("completed")], "illegal-step"),
    ],
)
def test_an_end_is_not_told_twice_nor_otherwise(end: list[dict[str, Any]], code: str) -> None:
    assert [(code, 6 + len(end))] == told(*phases("auditing_truth"), *end)


@pytest.mark.parametrize("last", PHASES[:-1])
def test_a_partial_success_may_have_failed_in_any_active_phase(last: str) -> None:
    ends = [terminal("partial_success"), phase("failed")]

    assert [] == told(*phases(last), *ends)
    assert [] == told(*phases(last), *ends[::-1])


def test_a_partial_success_was_completed_after_its_audit_alone() -> None:
    ends = [terminal("partial_success"), phase("completed")]

    assert [("illegal-step", 7)] == told(*SPAWNING, *ends)
    assert [("illegal-step", 6)] == told(*SPAWNING, *ends[::-1])


def test_an_unreadable_line_may_be_the_audit_before_a_partial_success() -> None:
    ends = [terminal("partial_success"), phase("completed")]

    assert [("unreadable-line", 6)] == told(*SPAWNING, b"{", *ends)


def test_an_end_that_came_too_early_is_one_finding_though_told_twice() -> None:
    assert [("illegal-step", 6)] == told(*SPAWNING, phase("completed"), terminal("completed"))


def test_of_one_end_too_many_the_other_is_judged_as_if_it_had_not_been() -> None:
    records = [*SPAWNING, phase("failed"), phase("completed"), terminal("failed")]

    assert [("illegal-step", 7)] == told(*records)


@pytest.mark.parametrize("status", values(TerminalStatus))
def test_an_end_is_remembered(status: str) -> None:
    (run,) = replay(journal([*phases("auditing_truth"), terminal(status)])).runs.values()

    assert (ToldWord(status, 7), True) == (run.status, run.ended)
    assert run.phase == ToldWord({"partial_success": "completed"}.get(status, status), 7)


def test_after_an_unknown_phase_the_next_known_one_is_believed() -> None:
    records = [*SPAWNING, phase("resting"), phase("creating_team"), phase("completed")]

    assert [("illegal-step", 8), ("unknown-word", 6)] == told(*records)


# -- Members ---------------------------------------------------------------------------------------

# What leads a member there, and where that is.
WAYS = {
    "starting": [],
    "runtime_pending_bootstrap": ["spawn_started"],
    "confirmed_alive": ["spawn_started", "bootstrap_confirmed"],
    "failed_to_start": ["spawn_started", "failed"],
}
AGAIN, UNTOLD, RESPAWN = "repeated-step", "step-untold", "spawned-again"
ILLEGAL, SEEN, LATE = "illegal-step", "late-sighting", "late-confirmation"
BOTH = "confirmed-then-failed"
# What is found of a record, by where the member is before it.
TOLD = {
    # where it is:         starting pending  confirmed failed
    "spawn_started":       (None,   AGAIN,   RESPAWN,  RESPAWN),
    "registered":          (UNTOLD, None,    ILLEGAL,  SEEN),
    "runtime_alive":       (UNTOLD, None,    ILLEGAL,  SEEN),
    "bootstrap_confirmed": (UNTOLD, None,    AGAIN,    LATE),
    "failed":              (None,   None,    BOTH,     AGAIN),
    "spawn_failed":        (None,   None,    BOTH,     AGAIN),
    "pending":             (None,   ILLEGAL, ILLEGAL,  None),
    "skipped":             (None,   None,    ILLEGAL,  None),
    "resumed":             (None,   None,    None,     None),
}  # fmt: skip


@pytest.mark.parametrize("action", values(MemberAction))
@pytest.mark.parametrize(("place", "way"), list(enumerate(WAYS.values())))
def test_what_may_be_told_of_a_member(place: int, way: list[str], action: str) -> None:
    found = told(*SPAWNING, *(member("ada", before) for before in way), member("ada", action))

    code = TOLD[action][place]
    assert ([] if code is None else [code]) == [code for code, _ in found]
    assert {6 + len(way)} >= {line for _, line in found}


def test_a_members_refusal_is_told_in_the_lifecycles_words() -> None:
    records = [member("ada", "spawn_started"), member("ada", "pending")]
    (found,) = findings(journal([*SPAWNING, *records]))

    refusal = MEMBER.step("runtime_pending_bootstrap", "retry")
    assert isinstance(refusal, Refusal)
    assert f"run 'run-1': member 'ada' 'pending': {refusal.text()}" == found.message


def test_a_missing_spawn_is_told_once_whatever_follows() -> None:
    records = [member("ada", "registered"), member("ada", "bootstrap_confirmed")]

    assert [("step-untold", 6)] == told(*SPAWNING, *records)


@pytest.mark.parametrize("failed", ["failed", "spawn_failed"])
@pytest.mark.parametrize(
    "between", [[], [phase("auditing_truth")], [phase("failed"), terminal("failed")]]
)
def test_a_member_that_failed_may_be_confirmed_late(failed: str, between: list[Any]) -> None:
    records = [member("ada", "spawn_started"), member("ada", failed), *between]

    found = told(*SPAWNING, *records, member("ada", "bootstrap_confirmed"))

    assert [("late-confirmation", 8 + len(between))] == found


@pytest.mark.parametrize("seen", ["registered", "runtime_alive"])
def test_a_confirmed_member_is_not_seen_again_unless_it_was_restarted(seen: str) -> None:
    confirmed = [member("ada", "spawn_started"), member("ada", "bootstrap_confirmed")]
    again = [member("ada", "spawn_started"), member("ada", seen)]

    assert [("illegal-step", 8)] == told(*SPAWNING, *confirmed, member("ada", seen))
    assert [("spawned-again", 8)] == told(*SPAWNING, *confirmed, *again)
    late = [member("ada", "failed"), member("ada", "bootstrap_confirmed"), member("ada", seen)]
    assert ["illegal-step", "late-confirmation"] == [code for code, _ in told(*SPAWNING, *late)]


def test_a_confirmation_stands_though_a_failure_follows() -> None:
    records = [member("ada", "bootstrap_confirmed"), member("ada", "failed")]
    replayed = replay(journal([*SPAWNING, member("ada", "spawn_started"), *records]))

    assert "confirmed_alive" == replayed.runs["run-1"].members["ada"].state.states[0]


@pytest.mark.parametrize("last", PHASES)
def test_members_are_spawned_in_two_phases(last: str) -> None:
    found = [code for code, _ in told(*phases(last), member("ada", "spawn_started"))]

    allowed = last in {"spawning_members", "auditing_truth"}
    assert ([] if allowed else ["member-out-of-phase"]) == found


def test_members_that_tell_of_a_missing_phase_are_one_finding() -> None:
    records = [*phases("creating_team"), member("ada", "spawn_started"), member("bob", "failed")]

    assert [("member-out-of-phase", 5)] == told(*records, phase("auditing_truth"))


def test_no_member_takes_a_launch_back_from_its_end() -> None:
    records = [*finished(), member("eve", "spawn_started"), phase("auditing_truth")]

    assert [("illegal-step", 17), ("member-out-of-phase", 16)] == told(*records)


@pytest.mark.parametrize("action", ["bootstrap_confirmed", "failed"])
def test_a_member_may_be_late(action: str) -> None:
    records = [*SPAWNING, member("ada", "spawn_started"), phase("canceled"), member("ada", action)]

    assert [] == told(*records)


@pytest.mark.parametrize("name", ["team-lead", "user", " user "])
def test_the_lead_and_the_user_are_no_members(name: str) -> None:
    assert [] == told(*phases("creating_team"), member(name, "bootstrap_confirmed"))


def test_members_are_known_by_their_trimmed_names() -> None:
    records = [member(" ada ", "spawn_started"), member("ada", "bootstrap_confirmed")]
    (run,) = replay(journal([*SPAWNING, *records])).runs.values()

    assert ["ada"] == list(run.members)
    assert ("confirmed_alive",) == run.members["ada"].state.states


def test_each_run_has_members_of_its_own() -> None:
    records = [*phases("spawning_members", "run-2"), member("ada", "bootstrap_confirmed", "run-2")]

    assert [("step-untold", 21)] == told(*finished(), *records)


def test_after_an_unknown_action_the_next_known_one_is_believed() -> None:
    records = [member("ada", "vanished"), member("ada", "bootstrap_confirmed")]

    assert [("unknown-word", 6)] == told(*SPAWNING, *records)


# -- Runs ------------------------------------------------------------------------------------------


def test_a_lock_may_be_taken_before_the_first_phase() -> None:
    assert [] == told(lock("acquired"), *finished())


@pytest.mark.parametrize(
    "first",
    [phase("loading_existing_state"), terminal("failed"), member("ada", "bootstrap_confirmed")],
)
def test_a_journal_that_begins_midway_lacks_its_head(first: dict[str, Any]) -> None:
    assert [("head-missing", 2)] == told(lock("acquired"), first)


def test_only_the_first_run_may_lack_its_head() -> None:
    assert [("run-begins-midway", 6)] == told(*SPAWNING, phase("creating_team", "run-2"))


def test_a_beginning_may_be_in_an_unreadable_line() -> None:
    second = [phase("creating_team", "run-2"), phase("failed", "run-2")]

    assert [("unreadable-line", 6)] == told(*SPAWNING, b"{", *second)


@pytest.mark.parametrize(
    "before", [[lock("acquired", "run-2"), b"{"], [b"{", lock("stolen", "run-2")]]
)
def test_a_beginning_may_be_in_an_unreadable_line_about_a_lock(before: list[Any]) -> None:
    second = [phase("loading_existing_state", "run-2"), phase("failed", "run-2")]

    assert ["unreadable-line"] == [code for code, _ in told(*SPAWNING, *before, *second)]


def test_of_a_run_without_head_members_are_not_asked_for_their_spawn() -> None:
    records = [phase("spawning_members"), member("ada", "registered"), member("bob", "failed")]

    assert [("head-missing", 1)] == told(*records)
    assert [("head-missing", 1), ("illegal-step", 4)][::-1] == told(*records, phase("completed"))


def test_of_a_run_without_head_members_are_judged_from_their_first_record_on() -> None:
    records = [phase("spawning_members"), member("ada", "failed"), member("ada", "failed")]

    assert [("head-missing", 1), ("repeated-step", 3)] == told(*records)


def test_runs_that_write_by_turns_are_told_at_every_turn() -> None:
    first, second = phases("completed"), phases("completed", "run-2")
    turns = [first[0], second[0], first[1], second[1], second[2]]

    assert [("runs-interleaved", 3)] == told(*turns)


@pytest.mark.parametrize(
    "late", [member("ada", "bootstrap_confirmed"), record("real_task", state="submitted")]
)
def test_a_report_of_an_older_run_belongs_to_it(late: dict[str, Any]) -> None:
    older = [*SPAWNING, member("ada", "spawn_started"), lock("stolen", "run-2")]
    newer = phases("spawning_members", "run-2")
    replayed = replay(journal([*older, *newer[:2], late, *newer[2:]]))

    assert ["late-record"] == [found.code for found in replayed.findings.kept()]
    assert replayed.newest is replayed.runs["run-2"]


def test_two_runs_do_not_hold_the_lock_at_once() -> None:
    holding = [*phases("acquiring_bootstrap_lock"), lock("acquired")]
    taking = [phase("validating_spec", "run-2"), lock("acquired", "run-2")]
    after = phase("creating_team")

    assert [("two-holders", 7)] == told(*holding, *taking, after)
    assert [] == told(*holding, *taking)  # the first died, and the second noticed
    stolen = [taking[0], lock("stolen", "run-2")]
    assert [("runs-interleaved", 7)] == told(*holding, *stolen, after)
    released = [*holding, lock("released"), *taking, after]
    assert [("runs-interleaved", 8)] == told(*released)


def test_a_lock_is_released_by_the_process_that_took_it() -> None:
    holding = [*phases("acquiring_bootstrap_lock"), lock("acquired")]
    (found,) = findings(journal([*holding, lock("released") | {"ownerPid": 777}]))

    assert ("released-by-other", 5) == (found.code, found.line)
    assert "run 'run-1': pid 777 released the lock that pid 4242 had taken" == found.message
    assert [] == told(*holding, lock("released") | {"ownerPid": None})[1:]


def test_a_run_that_began_before_the_one_that_it_follows_is_told_once() -> None:
    early = journal(phases("creating_team", "run-2"), began=BEGAN - 8 * MINUTE)
    (found,) = findings(journal(SPAWNING) + early)

    assert ("time-backwards", 6, "$.ts") == (found.code, found.line, found.path)
    assert "run 'run-2': 8m 4s before the record that it follows" == found.message


def test_runs_of_different_clocks_are_told_where_the_time_goes_back() -> None:
    first, second = phases("creating_team"), phases("creating_team", "run-2")
    times = [10_000, 20_000, 7_000, 8_000, 21_000, 22_000]
    turns = [*first[:2], *second[:2], *first[2:]]
    dated = [record | {"ts": ts} for record, ts in zip(turns, times, strict=True)]

    assert [("time-backwards", 3), ("runs-interleaved", 5)] == told(*dated)


def test_a_time_is_compared_with_the_last_one_that_is_known() -> None:
    undated = {**phase("loading_existing_state"), "ts": None}
    later = [{**phase("acquiring_bootstrap_lock"), "ts": 5_000}]

    found = told(phase("validating_spec") | {"ts": 19_000}, undated, b"{", *later)

    assert ("time-backwards", 4) in found


def test_a_time_that_runs_backwards_is_told_once() -> None:
    times = [10_000, 30_000, 15_000, 16_000, 20_000, 20_000]
    dated = zip(phases("auditing_truth"), times, strict=True)
    records = [record | {"ts": ts} for record, ts in dated]
    (found,) = findings(journal(records))

    assert ("time-backwards", 3, "$.ts") == (found.code, found.line, found.path)
    assert "run 'run-1': 15s before the record that it follows" == found.message


def test_a_clock_may_be_set_back_by_some_seconds() -> None:
    times = [10_000, 20_000, 10_000, 11_000, 12_000, 12_000]
    dated = zip(phases("auditing_truth"), times, strict=True)

    assert [] == told(*[record | {"ts": ts} for record, ts in dated])


def test_a_record_without_a_time_is_replayed_all_the_same() -> None:
    undated = {**phase("completed"), "ts": None}

    assert [("illegal-step", 6), ("incomplete-record", 6)] == told(*SPAWNING, undated)


def test_what_is_known_of_a_run_after_its_replay() -> None:
    records = [*finished(), record("real_task", state="submitted")]
    replayed = replay(journal(records, began=1_000) + json.dumps(phase("x", "run-2")).encode())
    run = replayed.runs["run-1"]

    assert list(range(1, 17)) == [record.line for record in run.records]
    assert (True, True) == (run.whole, run.ended)
    assert (ToldWord("completed", 13), ToldWord("completed", 14)) == (run.phase, run.status)
    assert (1_000, 16_000, (16_000, 16)) == (run.began_at, run.written_at, run.last_event)
    assert (ToldWord("submitted", 16), ToldWord("released", 15)) == (run.task, run.lock)
    assert replayed.newest is replayed.runs["run-2"]


@pytest.mark.parametrize(
    ("records", "began_at"),
    [
        ([], None),
        ([phase("validating_spec") | {"ts": 5}, phase("failed") | {"ts": 9}], 5),
        ([lock("acquired") | {"ts": 4}, phase("validating_spec") | {"ts": 5}], 4),
        ([phase("validating_spec") | {"ts": None}, phase("failed") | {"ts": 9}], 9),
        ([phase("validating_spec") | {"ts": None}], None),
        ([phase("creating_team") | {"ts": 5}], None),
        ([lock("released") | {"ts": 5}], None),
    ],
)
def test_a_run_began_at_its_first_time_unless_its_beginning_is_missing(
    records: list[dict[str, Any]], began_at: int | None
) -> None:
    runs = replay(journal(records)).runs.values()

    assert [began_at for _ in runs] == [run.began_at for run in runs]


def test_a_lock_record_is_no_event_of_a_state() -> None:
    (run,) = replay(journal([*SPAWNING, lock("released")], began=1_000)).runs.values()

    assert (6_000, (5_000, 5)) == (run.written_at, run.last_event)

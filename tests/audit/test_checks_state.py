"""The state is held against the journal of the same run, and only as far as the journal goes."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from launchfsm.lifecycle.machines import BOOTSTRAP, MEMBER
from launchfsm.testing.strategies import ExampleJournal, journal_runs
from launchfsm.vocabulary import MemberStatus, Phase, TerminalStatus, values
from tests.audit.teams import (
    BEGAN,
    MINUTE,
    OWNER,
    PHASES,
    RUN,
    audit,
    codes,
    entry,
    finished,
    finished_state,
    journal,
    member,
    only,
    phase,
    phases,
    record,
    state,
    terminal,
)
from tests.lifecycle.walks import walk

SPAWNING = phases("spawning_members")
DONE = journal(finished())
TORN = b'{"ts": 1'
SOON = BEGAN + MINUTE + 59_999  # the state is of a minute after the launch began

STATUS = {
    "starting": "pending",
    "runtime_pending_bootstrap": "spawn_started",
    "confirmed_alive": "bootstrap_confirmed",
    "failed_to_start": "failed",
}
WAYS: dict[str, list[str]] = {
    "starting": [],
    "runtime_pending_bootstrap": ["spawn_started"],
    "confirmed_alive": ["spawn_started", "bootstrap_confirmed"],
    "failed_to_start": ["spawn_started", "failed"],
}


ENDS = {
    "completed": "completed",
    "partial_success": "completed",
    "failed": "failed",
    "canceled": "canceled",
}


def standing(run: ExampleJournal) -> dict[str, Any]:
    """The state that a launcher has written when it has journaled this run."""

    def told(kind: str, key: str) -> list[str]:
        return [line[key] for line in run.records if line["type"] == kind]

    ends, tasks = told("terminal", "status"), told("real_task", "state")
    statuses = dict(zip(told("member", "name"), told("member", "action"), strict=True))
    return {
        "version": 1,
        "runId": run.records[0]["runId"],
        "updatedAt": run.records[-1]["ts"],
        "phase": [PHASES[0], *told("phase", "phase"), *(ENDS[end] for end in ends)][-1],
        "members": [
            entry(name, status.replace("spawn_failed", "failed"))
            for name, status in statuses.items()
        ],
        **({"terminal": {"status": ends[-1]}} if ends else {}),
        **({"realTaskSubmissionState": tasks[-1]} if tasks else {}),
    }


@given(journal_runs())
def test_a_state_that_was_written_with_its_journal_agrees_with_it(run: ExampleJournal) -> None:
    found = audit(journal=run.data(), state=standing(run))

    assert {"end-unsaid", "summary-denied"} >= set(codes(found))


@given(journal_runs(), st.data())
def test_a_state_that_is_one_event_behind_is_never_an_error(
    run: ExampleJournal, data: st.DataObject
) -> None:
    behind = data.draw(st.integers(1, len(run.records)), "the records that the state knows of")
    state = standing(ExampleJournal(run.records[:behind]))
    known = {one["name"] for one in state["members"]}
    everybody = [one["name"] for one in standing(run)["members"]]
    state["members"] += [entry(name, "pending") for name in everybody if name not in known]

    found = audit(journal=ExampleJournal(run.records[: behind + 1]).data(), state=state)

    assert "error" != found.severity


# -- Phases ----------------------------------------------------------------------------------------


@pytest.mark.parametrize("told", BOOTSTRAP.states)
def test_a_phase_is_denied_by_how_far_it_is_away(told: Phase) -> None:
    way = BOOTSTRAP.path(told)
    assert way is not None
    walked = walk(BOOTSTRAP, way)
    for said in BOOTSTRAP.states:
        one_way, other = BOOTSTRAP.path(said, start=told), BOOTSTRAP.path(told, start=said)
        apart = min(len(path) for path in (one_way, other, range(9)) if path is not None)

        found = codes(audit(journal=journal(map(phase, walked)), state=state(said)))

        assert {0: [], 1: ["one-event-apart"]}.get(apart, ["phase-denied"]) == found


def test_a_denial_says_what_both_say() -> None:
    found = only(audit(journal=journal(SPAWNING), state=state("completed")), "phase-denied")

    assert "it says 'completed', and the journal's last phase is 'spawning_members' (line 5)" == (
        found.message
    )
    assert "bootstrap-state.json $.phase" == found.place


@pytest.mark.parametrize(("now", "code"), [(SOON, "between-writes"), (SOON + 1, "one-event-apart")])
def test_one_event_apart_is_ordinary_for_a_minute(now: int, code: str) -> None:
    audited = audit(journal=journal(SPAWNING), state=state("auditing_truth"), now=now)

    only(audited, code)


def test_a_state_that_was_read_first_may_be_any_number_of_events_behind() -> None:
    files: dict[str, Any] = {
        "journal": journal(phases("completed")),
        "state": state("creating_team"),
    }

    only(audit(**files, now=SOON), "between-writes")
    only(audit(**files), "phase-denied")


def test_a_state_ahead_by_several_events_is_denied_at_once() -> None:
    files: dict[str, Any] = {
        "journal": journal(phases("creating_team")),
        "state": state("completed"),
    }

    only(audit(**files, now=SOON), "phase-denied")


def test_an_unreadable_line_may_be_what_the_state_knows_of() -> None:
    assert ["torn-line"] == codes(
        audit(journal=journal(SPAWNING) + TORN, state=state("auditing_truth"))
    )


def test_a_phase_that_both_know_and_no_machine_does_is_no_denial() -> None:
    audited = audit(journal=journal([*SPAWNING, phase("resting")]), state=state("resting"))

    assert ["unknown-word", "unknown-word"] == codes(audited)


def test_a_state_without_phase_is_incomplete() -> None:
    audited = audit(journal=journal(SPAWNING), state={"version": 1, "runId": RUN})

    assert ["incomplete-record"] == codes(audited)


# -- The end ---------------------------------------------------------------------------------------


@pytest.mark.parametrize("status", values(TerminalStatus))
def test_an_end_goes_with_its_phases(status: str) -> None:
    phases_of = {
        "completed": {"completed"},
        "partial_success": {"completed", "failed"},
        "failed": {"failed"},
        "canceled": {"canceled"},
    }[status]
    agreeing = {
        word
        for word in BOOTSTRAP.states
        if "state-contradiction" not in codes(audit(state=state(word, terminal={"status": status})))
    }

    assert phases_of == agreeing


@pytest.mark.parametrize("ended", ["completed", "failed"])
def test_a_partial_success_whose_phase_was_not_told_goes_with_either(ended: str) -> None:
    data = journal([*phases("auditing_truth"), terminal("partial_success")])
    said = state(ended, terminal={"status": "partial_success"})

    assert () == audit(journal=data, state=said).findings


@pytest.mark.parametrize("ended", ["completed", "failed"])
def test_a_partial_success_goes_with_the_phase_that_was_told_after_it(ended: str) -> None:
    ends = [terminal("partial_success"), phase("failed")]
    said = state(ended, terminal={"status": "partial_success"})

    found = codes(audit(journal=journal([*phases("auditing_truth"), *ends]), state=said))

    assert ([] if ended == "failed" else ["phase-denied"]) == found


def test_an_early_partial_success_was_not_completed() -> None:
    data = journal([*SPAWNING, terminal("partial_success")])
    said = state("completed", terminal={"status": "partial_success"})

    found = only(audit(journal=data, state=said), "phase-denied")

    assert found.message == (
        "it says 'completed', and the journal's end is 'partial_success' (line 6)"
    )


@pytest.mark.parametrize("said", PHASES[:-2])
def test_a_state_that_the_audit_lay_between_is_far_from_a_partial_success(said: str) -> None:
    """Its machine can fail at any time, but the one of this journal was audited first."""
    data = journal([*phases("auditing_truth"), terminal("partial_success")])

    only(audit(journal=data, state=state(said)), "phase-denied")


def test_two_ends_are_one_too_many() -> None:
    data = journal([*phases("auditing_truth"), terminal("partial_success")])
    found = only(
        audit(journal=data, state=state("completed", terminal={"status": "completed"})),
        "terminal-denied",
    )

    assert "it says 'completed', and the journal 'partial_success' (line 7)" == found.message


def test_an_end_that_may_be_in_an_unreadable_line_is_not_missed() -> None:
    audited = audit(journal=journal(phases("completed")) + TORN, state=finished_state(members=[]))

    assert ["torn-line"] == codes(audited)


# -- Members ---------------------------------------------------------------------------------------


@pytest.mark.parametrize("told", WAYS)
@pytest.mark.parametrize("said", WAYS)
def test_a_member_is_denied_by_how_far_it_is_away(said: str, told: str) -> None:
    records = [*SPAWNING, *(member("ada", action) for action in WAYS[told])]
    one_way = MEMBER.path(said, start=told)  # type: ignore[arg-type]  # parametrised
    other = MEMBER.path(told, start=said)  # type: ignore[arg-type]  # parametrised
    apart = min(len(path) for path in (one_way, other, range(9)) if path is not None)
    late = {said, told} == {"confirmed_alive", "failed_to_start"}  # in either order, as it happens
    expected = {0: [], 1: ["one-event-apart"]}.get(1 if late else apart, ["member-denied"])

    found = codes(
        audit(journal=journal(records), state=state("spawning_members", entry("ada", STATUS[said])))
    )

    unnamed = told == "starting" and said == "confirmed_alive"
    assert (["member-not-journaled"] if unnamed else expected) == found


@pytest.mark.parametrize("status", values(MemberStatus))
def test_a_sighting_is_no_state_of_its_own(status: str) -> None:
    records = [*SPAWNING, member("ada", "spawn_started")]
    found = codes(
        audit(journal=journal(records), state=state("spawning_members", entry("ada", status)))
    )

    assert (status in {"spawn_started", "registered", "runtime_alive"}) == (found == [])


def test_a_member_that_failed_to_be_spawned_was_tried() -> None:
    records = [*SPAWNING, member("ada", "spawn_failed")]

    assert (
        ()
        == audit(
            journal=journal(records), state=state("spawning_members", entry("ada", "failed"))
        ).findings
    )


def test_a_denied_member_says_where_it_was_told() -> None:
    audited = audit(
        journal=DONE, state=finished_state(members=[entry("ada", "pending"), entry("bob")])
    )

    assert "member 'ada': it says 'pending', and the journal tells of it in line 10" == (
        only(audited, "member-denied").message
    )


@pytest.mark.parametrize("word", ["failed", "canceled"])
@pytest.mark.parametrize("actions", [[], ["spawn_started"], ["spawn_started", "registered"]])
def test_who_ends_a_launch_fails_the_unconfirmed_without_a_record_each(
    word: str, actions: list[str]
) -> None:
    records = [*SPAWNING, *(member("ada", action) for action in actions), terminal(word)]
    said = state(word, entry("ada", "failed"), terminal={"status": word})

    assert () == audit(journal=journal(records), state=said).findings


def test_an_end_is_not_contradicted_by_a_late_confirmation() -> None:
    failed = [member("ada", "spawn_started"), member("ada", "failed"), terminal("failed")]
    records = [*SPAWNING, *failed, member("ada", "bootstrap_confirmed")]
    said = state("failed", entry("ada", failureReason="timeout"), terminal={"status": "failed"})

    assert ["late-confirmation"] == codes(audit(journal=journal(records), state=said))


@pytest.mark.parametrize(("ended", "told"), [("completed", "failed"), ("failed", "completed")])
def test_a_state_and_its_journal_do_not_end_differently(ended: str, told: str) -> None:
    records = [*phases("auditing_truth"), phase(told)]

    only(audit(journal=journal(records), state=state(ended)), "phase-denied")


def test_a_file_that_is_there_is_not_said_to_be_missing() -> None:
    said = {"journal-missing", "state-missing", "lock-missing"}
    spawning = state("spawning_members")
    for files in (
        {"journal": b"\n", "state": finished_state()},
        {"journal": b"", "state": finished_state()},
        {"journal": "oversized", "state": finished_state()},
        {"journal": DONE, "state": "symlink"},
        {"journal": DONE, "state": [1]},
        {"journal": DONE, "state": {"version": 9}},
        {"journal": DONE, "state": spawning, "lock": {"pid": "none"}, "alive": {OWNER}},
        {"journal": DONE, "state": spawning, "lock": "folder", "alive": {OWNER}},
    ):
        assert not said & set(codes(audit(**files))), files


def test_of_a_run_without_head_members_are_not_asked_for_their_spawn() -> None:
    records = [phase("spawning_members"), member("ada", "registered")]
    members = [entry("ada", "registered"), entry("bob")]

    assert ["head-missing"] == codes(
        audit(journal=journal(records), state=state("spawning_members", *members))
    )


def test_of_a_run_without_head_members_that_are_told_are_compared() -> None:
    records = [phase("spawning_members"), member("ada", "bootstrap_confirmed")]

    assert ["member-denied", "head-missing"] == codes(
        audit(journal=journal(records), state=state("spawning_members", entry("ada", "pending")))
    )


def test_an_unreadable_line_may_be_the_spawn() -> None:
    audited = audit(
        journal=journal(SPAWNING) + TORN, state=state("spawning_members", entry("ada", "failed"))
    )

    assert ["torn-line"] == codes(audited)


@pytest.mark.parametrize(
    ("members", "expected"),
    [
        ([entry("ada"), entry("bob", "pending"), entry(" bob ")], []),
        ([entry("ada"), entry("bob"), entry("team-lead", "failed"), entry("user")], []),
        ([entry("ada"), entry("bob"), {"name": "ada"}], []),
        ([entry("ada"), entry("Bob")], ["member-not-journaled", "member-unlisted"]),
    ],
)
def test_members_are_compared_as_an_evaluation_reads_them(
    members: list[Any], expected: list[str]
) -> None:
    audited = audit(journal=DONE, state=finished_state(members=members))

    assert expected == sorted(codes(audited))


def test_an_unlisted_member_is_ordinary_while_the_state_may_be_on_its_way() -> None:
    only(
        audit(journal=DONE, state=finished_state(members=[entry("bob")]), now=SOON),
        "between-writes",
    )


# -- Runs and the first task -----------------------------------------------------------------------


def test_a_run_is_known_by_its_trimmed_name() -> None:
    assert () == audit(journal=DONE, state=finished_state(runId=f" {RUN}\n")).findings


def test_a_state_of_a_run_that_is_about_to_be_journaled_is_ordinary() -> None:
    only(audit(journal=DONE, state=state("completed", runId="run-2"), now=SOON), "between-writes")


def test_of_an_unreadable_journal_no_run_is_asked_for() -> None:
    assert ["unreadable-file"] == codes(audit(journal="fifo", state=finished_state()))
    assert ["torn-line"] == codes(audit(journal=TORN, state=finished_state()))


@pytest.mark.parametrize("word", ["validating_spec", "completed"])
def test_a_run_that_may_be_in_an_unreadable_line_is_not_asked_for(word: str) -> None:
    said = state(word, runId="run-2")
    between: list[dict[str, Any] | bytes] = [*finished(), b"{", *phases("completed", "run-3")]

    assert ["torn-line"] == codes(audit(journal=DONE + TORN, state=said))
    assert ["unreadable-line"] == codes(audit(journal=journal(between), state=said))


def test_no_whole_run_is_in_a_line_in_the_midst_of_another() -> None:
    records: list[dict[str, Any] | bytes] = [*finished()[:5], b"{", *finished()[5:]]
    audited = audit(journal=journal(records), state=state("completed", runId="run-2"))

    assert ["run-not-journaled", "unreadable-line"] == sorted(codes(audited))


def test_another_run_is_told_with_what_it_came_to() -> None:
    records = [*phases("creating_team", "run-0"), terminal("failed", "run-0"), *finished()]
    found = only(
        audit(journal=journal(records), state=finished_state(updatedAt=BEGAN + MINUTE)), "other-run"
    )

    assert ("run 'run-0': 5 records up to line 5, last phase 'failed'", 1) == (
        found.message,
        found.line,
    )


@pytest.mark.parametrize(
    ("said", "told", "expected"),
    [
        ("submitted", "submitted", []),
        ("submitted", None, []),
        (None, None, []),
        ("unknown", "submitted", ["task-denied"]),
        (None, "submitted", ["task-denied"]),
    ],
)
def test_the_first_task_is_compared_when_the_journal_tells_of_it(
    said: str | None, told: str | None, expected: list[str]
) -> None:
    records = finished() if told is None else [*finished(), record("real_task", state=told)]
    others = {} if said is None else {"realTaskSubmissionState": said}

    assert expected == codes(audit(journal=journal(records), state=finished_state(**others)))


def test_a_state_alone_is_told_to_lack_its_journal_whoever_owns_it() -> None:
    assert ["journal-missing"] == codes(audit(state=finished_state(), alive={OWNER}))

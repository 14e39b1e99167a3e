"""What a progress display shows of a bootstrap (§7), and of one whose state is unreadable (§8)."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import attrs
import pytest

from launchfsm.decisions.bootstrap import OwnerVerdict
from launchfsm.engine.engine import Engine
from launchfsm.engine.trace import TracedDecision
from launchfsm.evaluation.evidence import build_evidence, requested_by
from launchfsm.evaluation.pipeline import judge_team
from launchfsm.evaluation.progress import runtime_of_state
from launchfsm.records.bootstrap import BootstrapState
from launchfsm.records.results import Progress, RuntimeState
from launchfsm.testing import FakeProcesses, TeamFolder
from launchfsm.vocabulary import Phase, values
from tests.teams import (
    NOW_MS,
    NOW_TEXT,
    OWNER,
    POLICY,
    evaluation,
    folder_of,
    journal_bytes,
    judging,
    ms_text,
)

if TYPE_CHECKING:
    from pathlib import Path

    from launchfsm.testing.folders import StandIn

HOUR = 60 * 60_000
BEFORE = ms_text(NOW_MS - HOUR)


def shown(state: dict[str, Any], *, alive: bool = True, **files: Any) -> RuntimeState | None:
    """What is shown of a team in `creating_team`, unless its state says otherwise."""
    document = {"version": 1, "phase": "creating_team", "ownerPid": OWNER, **state}
    return evaluation(folder_of(document, **files), (OWNER,) if alive else ()).runtime_state


def progress(state: dict[str, Any], *, alive: bool = True, **files: Any) -> Progress:
    found = shown(state, alive=alive, **files)
    assert found is not None
    return found.progress


def test_a_bootstrap_that_goes_on_is_shown() -> None:
    assert RuntimeState(
        team_name="crew",
        run_id="run-1",
        progress=Progress(
            run_id="run-1",
            team_name="crew",
            state="assembling",
            message="Creating team config",
            started_at=BEFORE,
            updated_at=NOW_TEXT,
            pid=OWNER,
        ),
    ) == shown(
        {
            "runId": "run-1",
            "teamName": " crew ",
            "startedAt": NOW_MS - HOUR,
            "updatedAt": NOW_MS,
        }
    )


def test_a_state_that_names_no_team_is_called_by_its_folder() -> None:
    found = shown({"runId": "run-1"})

    assert found is not None
    assert ("demo", "demo") == (found.team_name, found.progress.team_name)


# a phase, what is shown of it
ACTIVE = {
    "validating_spec": ("validating", "Validating deterministic bootstrap spec"),
    "loading_existing_state": ("configuring", "Loading existing team state"),
    "acquiring_bootstrap_lock": ("configuring", "Acquiring deterministic bootstrap lock"),
    "creating_team": ("assembling", "Creating team config"),
    "spawning_members": ("assembling", "Spawning teammate runtimes"),
    "auditing_truth": ("finalizing", "Auditing registered teammates and bootstrap truth"),
}


@pytest.mark.parametrize("phase", ACTIVE)
def test_an_active_phase_has_its_state_and_message(phase: str) -> None:
    found = progress({"phase": phase})

    assert ACTIVE[phase] == (found.state, found.message)
    assert (None, None, None) == (found.error, found.warnings, found.message_severity)


@pytest.mark.parametrize("phase", [word for word in values(Phase) if word not in ACTIVE])
def test_a_bootstrap_that_has_ended_has_no_progress(phase: str) -> None:
    assert shown({"phase": phase}) is shown({"phase": phase}, alive=False) is None


@pytest.mark.parametrize("phase", [None, "", 1, []])
def test_without_a_phase_there_is_nothing_to_show(phase: Any) -> None:
    assert shown({"phase": phase}) is shown({"phase": phase}, alive=False) is None


def test_an_unknown_phase_is_shown_only_when_its_owner_is_dead() -> None:
    assert shown({"phase": "resting"}) is None
    assert "failed" == progress({"phase": "resting"}, alive=False).state


# what `members` holds, what is added to the message
COUNTS: list[tuple[Any, str]] = [
    ([], ""),
    ([{"name": "bob"}], " (1)"),
    ([1, None, "x", {}], " (4)"),
    ({"0": 1}, ""),
    (None, ""),
]


@pytest.mark.parametrize(("members", "count"), COUNTS)
def test_spawning_says_how_many_are_listed(members: Any, count: str) -> None:
    found = progress({"phase": "spawning_members", "members": members})

    assert f"Spawning teammate runtimes{count}" == found.message
    assert "Creating team config" == progress({"members": members}).message


# a run's id; the run, and what is shown for it, while it goes on; the same of a dead owner
RUNS: list[tuple[Any, tuple[Any, str], tuple[Any, str]]] = [
    ("run-1", ("run-1", "run-1"), ("run-1", "run-1")),
    (" run-1 ", (" run-1 ", " run-1 "), (" run-1 ", " run-1 ")),
    ("", (None, "bootstrap:demo"), ("", "")),
    (" \ufeff", (None, "bootstrap:demo"), (" \ufeff", " \ufeff")),
    (None, (None, "bootstrap:demo"), (None, "demo")),
    (5, (None, "bootstrap:demo"), (None, "demo")),
]


@pytest.mark.parametrize(("run_id", "going_on", "gone"), RUNS)
def test_a_run_is_called_by_its_id(run_id: Any, going_on: Any, gone: Any) -> None:
    found = [shown({"runId": run_id}, alive=alive) for alive in (True, False)]

    assert [going_on, gone] == [one and (one.run_id, one.progress.run_id) for one in found]


# a pid; what is shown of it while its owner lives, and when it is dead
PIDS: list[tuple[Any, Any, Any]] = [
    (OWNER, OWNER, OWNER),
    (4242.0, 4242.0, 4242.0),
    ("4242", None, None),
    (True, None, None),
]


@pytest.mark.parametrize(("pid", "alive", "dead"), PIDS)
def test_the_owner_is_shown(pid: Any, alive: Any, dead: Any) -> None:
    assert alive == progress({"ownerPid": pid}).pid
    found = shown({"ownerPid": pid}, alive=False)

    assert dead == (found and found.progress.pid)


@pytest.mark.parametrize(("pid", "shown_pid"), [(0, 0), (-5, -5), (4242.5, 4242.5), (1e400, None)])
def test_of_the_dead_any_finite_pid_is_shown(pid: float, shown_pid: float | None) -> None:
    assert shown_pid == progress({"ownerPid": pid}, alive=False).pid


def test_a_dead_owner_is_shown_with_the_reason() -> None:
    early = progress({"updatedAt": NOW_MS}, alive=False)
    late = progress({"updatedAt": NOW_MS - HOUR}, alive=False)
    gone = f"bootstrap owner pid {OWNER} is gone"

    assert (
        "failed",
        "Deterministic bootstrap owner exited before bootstrap completed",
        f"{gone} before bootstrap reached a terminal state",
    ) == (early.state, early.message, early.error)
    assert (
        "failed",
        "Deterministic bootstrap became stuck after owner process exited",
        f"{gone} and persisted bootstrap state is stale",
    ) == (late.state, late.message, late.error)


# when it started and when it was updated, what is shown
TIMES: list[tuple[Any, Any, tuple[str, str]]] = [
    (None, None, (NOW_TEXT, NOW_TEXT)),
    (NOW_MS - HOUR, None, (BEFORE, BEFORE)),
    (None, NOW_MS - HOUR, (NOW_TEXT, BEFORE)),
    ("long ago", " ", ("long ago", "long ago")),
    (0, -1, (NOW_TEXT, NOW_TEXT)),
]


@pytest.mark.parametrize(("started_at", "updated_at", "times"), TIMES)
def test_times_fall_back_to_the_start_and_to_now(
    started_at: Any, updated_at: Any, times: tuple[str, str]
) -> None:
    found = progress({"startedAt": started_at, "updatedAt": updated_at})

    assert times == (found.started_at, found.updated_at)


@pytest.mark.parametrize("key", ["startedAt", "updatedAt"])
def test_a_number_without_a_date_is_the_end_of_what_needs_it(key: str) -> None:
    assert shown({key: 8.64e15 + 2}) is None


def test_the_journals_warning_is_shown() -> None:
    events = [{"type": "phase", "phase": "creating_team"}]

    assert ("Recent deterministic bootstrap events: bootstrap phase: creating_team",) == progress(
        {}, journal=events
    ).warnings
    assert (
        progress({}, journal=events, alive=False).warnings == progress({}, journal=events).warnings
    )


# -- When the state is unreadable ------------------------------------------------------------------

UNREADABLE = "Persisted deterministic bootstrap state is unreadable because bootstrap-state.json"
INVALID = f"{UNREADABLE} is invalid, truncated, inaccessible, or changed while being read."
LOCK = {"pid": OWNER, "runId": " run-1 "}


def recovered(
    lock: Any = LOCK, *, alive: bool = True, state: bytes | StandIn = b"", journal: Any = None
) -> RuntimeState | None:
    """What is shown of a team whose state is empty, unless it is something worse."""
    folder = attrs.evolve(folder_of(lock=lock, journal=journal), state=state)
    return evaluation(folder, (OWNER,) if alive else ()).runtime_state


def test_a_living_lock_speaks_for_an_unreadable_state() -> None:
    assert (
        RuntimeState(
            team_name="demo",
            run_id="run-1",
            progress=Progress(
                run_id="run-1",
                team_name="demo",
                state="configuring",
                message=(
                    "Deterministic bootstrap recovery is degraded because persisted bootstrap state"
                    " is unreadable"
                ),
                message_severity="warning",
                error=INVALID,
                warnings=(INVALID,),
                started_at=NOW_TEXT,
                updated_at=NOW_TEXT,
                pid=OWNER,
            ),
        )
        == recovered()
    )


def test_a_dead_one_speaks_too() -> None:
    found = recovered(alive=False)
    assert found is not None
    progress = found.progress

    assert (
        "failed",
        (
            "Deterministic bootstrap recovery failed because persisted bootstrap state is"
            " unreadable and the bootstrap owner is gone"
        ),
        f"{INVALID} Bootstrap owner pid {OWNER} is not alive.",
        (INVALID,),
    ) == (progress.state, progress.message, progress.error, progress.warnings)


# what stands in the state's place, why it is unreadable
FAULTS: list[tuple[bytes | StandIn, str]] = [
    (b"{", "is invalid, truncated, inaccessible, or changed while being read."),
    (b"null", "is invalid, truncated, inaccessible, or changed while being read."),
    (b"[]", "has an unsupported schema version."),
    (b'{"version": "1"}', "has an unsupported schema version."),
    ("symlink", "is a symlink or not a regular file."),
    ("folder", "is a symlink or not a regular file."),
    ("fifo", "is a symlink or not a regular file."),
    ("oversized", "is oversized."),
]


@pytest.mark.parametrize(("state", "why"), FAULTS, ids=lambda one: str(one)[:20])
def test_it_says_why_the_state_is_unreadable(state: bytes | StandIn, why: str) -> None:
    found = recovered(state=state)
    assert found is not None

    assert f"{UNREADABLE} {why}" == found.progress.error


@pytest.mark.parametrize(
    "lock",
    [None, [], {}, {"pid": OWNER}, {"runId": "r"}, {**LOCK, "pid": 0}, {**LOCK, "pid": -1},
     {**LOCK, "pid": "4242"}, {**LOCK, "pid": 1e400}, {**LOCK, "runId": " "}, {**LOCK, "runId": 5}],
)  # fmt: skip
def test_a_lock_that_is_not_usable_says_nothing(lock: Any) -> None:
    assert recovered(lock) is None


def test_a_lock_is_not_asked_while_the_state_is_readable() -> None:
    folder = folder_of({"version": 1, "phase": "completed"}, lock=LOCK)

    assert evaluation(folder, (OWNER,)).runtime_state is None


def test_a_lock_without_a_state_says_nothing() -> None:
    assert evaluation(folder_of(lock=LOCK), (OWNER,)).runtime_state is None


@pytest.mark.parametrize("phase", [*values(Phase), "resting", ""])
def test_the_journals_last_phase_is_shown_while_the_lock_lives(phase: str) -> None:
    events = [{"type": "phase", "phase": phase}]
    alive, dead = recovered(journal=events), recovered(journal=events, alive=False)
    assert alive is not None
    assert dead is not None
    plain = ("configuring", ("Deterministic bootstrap recovery is degraded because persisted"
             " bootstrap state is unreadable"))  # fmt: skip
    state, message = ACTIVE.get(phase, plain)

    assert state == alive.progress.state
    assert message + (" (degraded recovery)" if phase in ACTIVE else "") == alive.progress.message
    assert "failed" == dead.progress.state
    assert (INVALID, f"Recent deterministic bootstrap events: bootstrap phase: {phase}") == (
        alive.progress.warnings
    )


# when the lock's owner started, what is shown
STARTS: list[tuple[Any, str]] = [
    (NOW_MS - HOUR, BEFORE),
    (NOW_MS - HOUR + 0.75, BEFORE),
    (0, "1970-01-01T00:00:00.000Z"),
    (-1, "1969-12-31T23:59:59.999Z"),
    (8.64e15, "+275760-09-13T00:00:00.000Z"),
    (8.64e15 + 2, NOW_TEXT),
    (-8.64e15 - 2, NOW_TEXT),
    (1e400, NOW_TEXT),
    ("2023-11-14", NOW_TEXT),
    (None, NOW_TEXT),
]


@pytest.mark.parametrize(("started", "shown_start"), STARTS)
def test_the_owners_start_is_a_date_of_any_sign(started: Any, shown_start: str) -> None:
    found = recovered({**LOCK, "ownerStartedAt": started})
    assert found is not None

    assert (shown_start, NOW_TEXT) == (found.progress.started_at, found.progress.updated_at)


@pytest.mark.parametrize("pid", [4242.5, 2**31, 1e21])
def test_a_pid_that_no_process_can_have_is_shown_and_dead(pid: float) -> None:
    found = recovered({**LOCK, "pid": pid})
    assert found is not None

    assert ("failed", pid) == (found.progress.state, found.progress.pid)


# -- What only other policies would show -----------------------------------------------------------


@pytest.mark.parametrize(
    ("pid", "living", "dead"), [(None, None, None), (-1, None, -1), (0, None, 0), (0.5, 0.5, 0.5)]
)
def test_a_pid_that_nobody_has_is_shown_of_a_dead_owner_alone(
    pid: float | None, living: float | None, dead: float | None
) -> None:
    state = BootstrapState(owner_pid=pid, phase="creating_team", updated_at=NOW_MS)
    evidence = build_evidence(TeamFolder().files(), "demo", now=NOW_MS, processes=FakeProcesses())

    for owner, expected in ((OwnerVerdict(), living), (OwnerVerdict(dead=True), dead)):
        found = runtime_of_state(Engine(POLICY), evidence, state, owner)
        assert found is not None
        assert found.progress.pid == expected


@pytest.mark.parametrize("phase", [None, "", "resting", "Completed"])
def test_rules_are_asked_of_no_phase_that_is_none_of_the_bootstraps(phase: str | None) -> None:
    asked = evaluation(folder_of({"version": 1, "phase": phase, "ownerPid": OWNER})).record()

    (known,) = [
        one.known
        for one in asked
        if isinstance(one, TracedDecision) and one.table.decision.name == "phase"
    ]
    assert known["phase"] is None


@pytest.mark.parametrize(("told", "message"), [(', message = "at work"', "at work"), ("", "")])
def test_progress_of_a_policy_that_names_no_run_is_called_by_its_team(
    told: str, message: str, tmp_path: Path
) -> None:
    engine = judging(
        tmp_path, "progress", f'id = "mine"\nbefore = "active"\nthen = {{ shown = true{told} }}'
    )
    document = {"version": 1, "phase": "creating_team", "ownerPid": OWNER}
    found = evaluation(folder_of(document), (OWNER,), engine=engine).runtime_state

    assert found is not None
    assert (None, "demo", message) == (found.run_id, found.progress.run_id, found.progress.message)


def test_a_beginning_of_which_a_policy_says_no_word_has_none(tmp_path: Path) -> None:
    rule = 'id = "mine"\nbefore = "nothing-recorded"\nthen = { state = "configuring" }'
    engine = judging(tmp_path, "beginning", rule)
    folder = folder_of(lock={"pid": OWNER, "runId": "run-1"})
    evidence = build_evidence(
        folder.files(),
        "demo",
        now=NOW_MS,
        processes=FakeProcesses(alive=[OWNER]),
        wanted=requested_by(engine.policy),
    )
    found = judge_team(engine, evidence).runtime_state

    assert found is not None
    assert ("run-1", "configuring", "", OWNER) == (
        found.run_id,
        found.progress.state,
        found.progress.message,
        found.progress.pid,
    )
    assert found.progress.warnings is None, "there is no journal"


@pytest.mark.parametrize("fact", ["state_ahead", "journal_ahead", "quiet"])
def test_a_policy_that_reads_one_time_is_told_it(fact: str, tmp_path: Path) -> None:
    rule = (
        f'id = "mine"\nbefore = "active"\nwhen = "{fact} is not None"\n'
        f'then = {{ shown = true, message = "{{{fact}}}" }}'
    )
    engine = judging(tmp_path, "progress", rule)
    document = {"version": 1, "phase": "creating_team", "ownerPid": OWNER, "updatedAt": NOW_MS}
    journal = [{"ts": NOW_MS - 60_000, "type": "phase", "phase": "creating_team"}]
    found = evaluation(folder_of(document, journal=journal), (OWNER,), engine=engine).runtime_state

    assert found is not None
    told = {"state_ahead": "0s", "journal_ahead": "-1m", "quiet": "0s"}
    assert told[fact] == found.progress.message


def test_a_policy_may_show_a_phase_that_has_no_state_only_by_giving_it_one(tmp_path: Path) -> None:
    engine = judging(
        tmp_path, "progress", 'id = "mine"\nbefore = "no-phase"\nthen = { shown = true }'
    )
    document = {"version": 1, "phase": "resting", "ownerPid": OWNER}

    assert evaluation(folder_of(document), (OWNER,), engine=engine).runtime_state is None


def test_what_is_left_of_a_lock_without_a_phase_may_have_no_state(tmp_path: Path) -> None:
    rule = 'id = "mine"\nbefore = "owner-gone"\nthen = { message = "m", error = "e" }'
    engine = judging(tmp_path, "recovery", rule)
    folder = TeamFolder(state=b"torn", lock=b'{"pid": 4242, "runId": "run-1"}')

    assert evaluation(folder, (OWNER,), engine=engine).runtime_state is None


def test_of_a_lock_alone_nobody_knows_how_many_members_there_are() -> None:
    journal = [{"type": "phase", "phase": "spawning_members"}]
    lock = b'{"pid": 4242, "runId": "run-1"}'
    folder = TeamFolder(state=b"torn", lock=lock, journal=journal_bytes(journal))

    phase = evaluation(folder, (OWNER,)).explain().of("phase")
    assert {"phase": "spawning_members", "members": 0} == phase.facts

"""What is true of every evaluation under `default`, whatever the files hold."""

from __future__ import annotations

import json
from datetime import timedelta
from typing import TYPE_CHECKING, Any

import attrs
from hypothesis import assume, given
from hypothesis import strategies as st

from launchfsm import Evaluation, to_wire
from launchfsm.decisions.verdict import VerdictSeverity
from launchfsm.ecma.dates import from_datetime, iso_from_ms
from launchfsm.engine.engine import Engine
from launchfsm.evaluation.evidence import build_evidence, requested_by
from launchfsm.evaluation.selection import names_of
from launchfsm.policies import load_policy
from launchfsm.testing import FakeProcesses
from launchfsm.testing.folders import TeamFolder
from launchfsm.testing.strategies import NOW, bootstrap_states, launch_documents, team_folders
from launchfsm.vocabulary import TerminalStatus, values

if TYPE_CHECKING:
    from datetime import datetime

    from launchfsm.records.results import LaunchSnapshot, MemberLaunch

JUDGE = Engine(load_policy("default"))
WANTED = requested_by(JUDGE.policy)
NOW_MS = from_datetime(NOW)
MINUTE = 60_000
TEN_YEARS = timedelta(days=3_652)
PIDS = (4242, 777, 31337)  # those that generated records name

NOBODY = FakeProcesses()
EVERYBODY = FakeProcesses(alive=PIDS, started_at=dict.fromkeys(PIDS, 0))
ZOMBIES = FakeProcesses(zombies=PIDS)
HIDDEN = FakeProcesses(refused=PIDS)
UNASKED = FakeProcesses(unknown=PIDS)
YOUNG = FakeProcesses(alive=PIDS, started_at=dict.fromkeys(PIDS, NOW_MS - 2 * MINUTE))
TABLES = st.sampled_from((NOBODY, EVERYBODY, ZOMBIES, HIDDEN, UNASKED, YOUNG))

FOLDERS = team_folders(damaged=True)
SOUND = team_folders()


def evaluation(
    folder: TeamFolder, processes: FakeProcesses = NOBODY, *, now: datetime = NOW
) -> Evaluation:
    evidence = build_evidence(
        folder.files(), folder.team, now=from_datetime(now), processes=processes, wanted=WANTED
    )
    return Evaluation(JUDGE, evidence)


def folder_of(state: Any = None, launch: Any = None) -> TeamFolder:
    """A folder of JSON documents; `None` is no file."""
    return TeamFolder(
        state=None if state is None else json.dumps(state).encode(),
        launch=None if launch is None else json.dumps(launch).encode(),
    )


def all_members(*snapshots: LaunchSnapshot | None) -> dict[str, MemberLaunch]:
    found: dict[str, MemberLaunch] = {}
    for snapshot in snapshots:
        found |= {} if snapshot is None else snapshot.members
    return found


def liveness(found: Evaluation) -> Any:
    """Who is dead and who failed: everything about life, nothing about time."""
    owners = [
        (decision.outcome["dead"], decision.outcome["unsure"])
        for decision in found.explain().decisions
        if decision.table == "owner"
    ]
    members = {
        name: (member.launch_state, member.runtime_alive, member.hard_failure)
        for name, member in all_members(found.bootstrap_snapshot).items()
    }
    runtime = found.runtime_state
    return owners, members, runtime is not None and runtime.progress.state == "failed"


# -- Total, and at one with itself -----------------------------------------------------------------


@given(FOLDERS, TABLES)
def test_default_answers_whatever_the_files_hold(
    folder: TeamFolder, processes: FakeProcesses
) -> None:
    found = evaluation(folder, processes)

    for said in (found.bootstrap_snapshot, found.launcher_snapshot, found.preferred_snapshot):
        json.dumps(to_wire(said))
    json.dumps(to_wire(found.runtime_state))
    assert found.verdict.severity in values(VerdictSeverity)
    assert found.verdict.text
    assert found.explain().text()


@given(FOLDERS, TABLES)
def test_the_explanation_ends_with_the_verdict_that_was_given(
    folder: TeamFolder, processes: FakeProcesses
) -> None:
    found = evaluation(folder, processes)

    last = found.explain().decisions[-1]

    assert last.table in {"verdict", "foremost", "remains"}
    assert last.outcome["severity"] == found.verdict.severity
    assert last.outcome["text"] == found.verdict.text


@given(FOLDERS, TABLES)
def test_the_summary_counts_every_name_once(folder: TeamFolder, processes: FakeProcesses) -> None:
    found = evaluation(folder, processes)

    for snapshot in (found.bootstrap_snapshot, found.launcher_snapshot, found.preferred_snapshot):
        if snapshot is not None:
            summary = snapshot.summary
            counts = (
                summary.confirmed_count,
                summary.pending_count,
                summary.failed_count,
                summary.skipped_count,
            )
            assert len(names_of(snapshot)) == sum(counts)


@given(FOLDERS, TABLES)
def test_the_verdict_never_says_more_than_the_members(
    folder: TeamFolder, processes: FakeProcesses
) -> None:
    found = evaluation(folder, processes)
    believed = found.preferred_snapshot

    if found.verdict.severity == "ok":
        assert believed is not None
        assert believed.team_launch_state in {"clean_success", "partial_skipped"}
        assert found.runtime_state is None
        assert names_of(believed) or found.verdict.text == "no members besides the lead"
    if believed is not None and believed.team_launch_state == "partial_failure":
        verdict = found.verdict
        canceled = verdict.severity == "stopped" and "canceled" in verdict.text
        assert verdict.severity == "failed" or canceled, "what failed before is told beside it"


@given(FOLDERS, TABLES)
def test_a_source_is_named_exactly_when_somebody_is_believed(
    folder: TeamFolder, processes: FakeProcesses
) -> None:
    found = evaluation(folder, processes)

    match found.preferred_source:
        case "bootstrap":
            assert found.preferred_snapshot is found.bootstrap_snapshot
        case "launcher":
            assert found.preferred_snapshot is not None
            assert found.launcher_snapshot is not None
            assert names_of(found.preferred_snapshot) == names_of(found.launcher_snapshot)
        case None:
            assert found.preferred_snapshot is None


# -- Identity --------------------------------------------------------------------------------------


@given(FOLDERS, st.sampled_from((HIDDEN, UNASKED)))
def test_who_cannot_be_looked_at_costs_no_member_more_than_the_living(
    folder: TeamFolder, processes: FakeProcesses
) -> None:
    """A hidden process that the record is older than is known to be another, and so dead."""
    found, alive = evaluation(folder, processes), evaluation(folder, EVERYBODY)

    assert to_wire(found.bootstrap_snapshot) == to_wire(alive.bootstrap_snapshot)


@given(FOLDERS)
def test_a_zombie_is_as_dead_as_nobody(folder: TeamFolder) -> None:
    zombie, nobody = evaluation(folder, ZOMBIES), evaluation(folder, NOBODY)

    assert liveness(zombie) == liveness(nobody)


# -- Members ---------------------------------------------------------------------------------------


@given(FOLDERS, TABLES)
def test_who_is_confirmed_stays_confirmed(folder: TeamFolder, processes: FakeProcesses) -> None:
    living, found = evaluation(folder, EVERYBODY), evaluation(folder, processes)

    for name, member in all_members(living.bootstrap_snapshot).items():
        if member.launch_state == "confirmed_alive":
            assert found.bootstrap_snapshot is not None
            assert found.bootstrap_snapshot.members[name] == member
    sources = {
        "bootstrap": found.bootstrap_snapshot,
        "launcher": found.launcher_snapshot,
        None: None,
    }
    for name, member in all_members(sources[found.preferred_source]).items():
        if member.launch_state == "confirmed_alive":
            assert found.preferred_snapshot is not None
            assert found.preferred_snapshot.members[name] == member


@given(bootstrap_states(), st.sampled_from(values(TerminalStatus)), TABLES)
def test_no_owner_takes_anything_from_a_bootstrap_that_says_it_ended(
    state: dict[str, Any], status: str, processes: FakeProcesses
) -> None:
    ended = folder_of(state | {"terminal": {"status": status}})

    found, living = evaluation(ended, processes), evaluation(ended, EVERYBODY)

    assert to_wire(found.bootstrap_snapshot) == to_wire(living.bootstrap_snapshot)
    assert found.runtime_state is None


# -- Runs ------------------------------------------------------------------------------------------


@given(bootstrap_states(), launch_documents(), st.integers(1, 10**9), TABLES)
def test_a_launchers_snapshot_of_an_older_run_never_wins_however_rich(
    state: dict[str, Any], launch: dict[str, Any], since: int, processes: FakeProcesses
) -> None:
    began = NOW_MS - MINUTE
    members = launch.get("members") or {}
    for member in members.values():
        member["runtimeRunId"] = "an older run"
    state = state | {"startedAt": began, "updatedAt": NOW_MS, "runId": "this run"}
    state["teamName"] = "demo"
    launch = launch | {"updatedAt": iso_from_ms(began - since)}
    launch.pop("publicationRunId", None)  # two named runs need more to be told apart

    found = evaluation(folder_of(state, launch), processes)

    assert found.bootstrap_snapshot is not None
    assert found.preferred_source == "bootstrap"


@given(bootstrap_states(), launch_documents(), st.integers(1, 10**9), TABLES)
def test_a_bootstraps_snapshot_of_an_older_run_never_wins_however_rich(
    state: dict[str, Any], launch: dict[str, Any], since: int, processes: FakeProcesses
) -> None:
    written = NOW_MS - since
    spawned = iso_from_ms(written)
    members = {"ada": {"runtimeRunId": "this run", "firstSpawnAcceptedAt": spawned}}
    launch = launch | {"version": 2, "state": None, "members": members}
    launch |= {"updatedAt": iso_from_ms(NOW_MS), "teamName": "demo"}
    state = state | {"startedAt": written - MINUTE, "updatedAt": written, "runId": "an older run"}

    found = evaluation(folder_of(state, launch), processes)

    assert found.launcher_snapshot is not None
    assert found.preferred_source == "launcher"


# -- Clock, and never forever ----------------------------------------------------------------------


@given(FOLDERS, TABLES, st.sampled_from((-TEN_YEARS, TEN_YEARS)))
def test_no_jump_of_the_clock_changes_who_lives(
    folder: TeamFolder, processes: FakeProcesses, jump: timedelta
) -> None:
    before, after = evaluation(folder, processes), evaluation(folder, processes, now=NOW + jump)

    assert liveness(before) == liveness(after)


@given(FOLDERS, st.sampled_from((NOBODY, ZOMBIES, HIDDEN, UNASKED)))
def test_nothing_that_nobody_drives_is_pending_for_ever(
    folder: TeamFolder, processes: FakeProcesses
) -> None:
    found = evaluation(folder, processes, now=NOW + TEN_YEARS)

    assert found.verdict.severity != "pending"


@given(SOUND)
def test_what_a_living_owner_drives_is_pending_no_longer_without_a_warning(
    folder: TeamFolder,
) -> None:
    """Nothing that was written ten years ago is simply under way."""
    found = evaluation(attrs.evolve(folder, lock=None), EVERYBODY, now=NOW + TEN_YEARS)

    assert found.runtime_state is None or found.verdict.severity != "pending"


@given(FOLDERS, TABLES)
def test_passing_time_never_heals_anybody(folder: TeamFolder, processes: FakeProcesses) -> None:
    """Who failed in what is believed now, and is still believed later, failed later too."""
    now, later = evaluation(folder, processes), evaluation(folder, processes, now=NOW + TEN_YEARS)
    assume(now.preferred_source == later.preferred_source)

    failed = {
        name
        for name, member in all_members(now.preferred_snapshot).items()
        if member.launch_state == "failed_to_start"
    }
    assert failed <= {
        name
        for name, member in all_members(later.preferred_snapshot).items()
        if member.launch_state == "failed_to_start"
    }
